"""What all mechanisms together say of the curves of one site: which rows are told, and as what.

A row is told where the odds that it is at fault are high enough: a logistic model of five pieces of evidence, each of
which is counted against the series' own habits, so that no weight belongs to a site or to a quantity. The more rows
of a site have the same odds or higher, the less each of them says (`Odds.rarity`): a restless river is no heap of
faults.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from monitors.shape.curves import Curve
from monitors.shape.evidence import Bools, Floats, spread_over
from monitors.shape.visits import near_visit

_SPREAD_ROWS = 2
_MOST_HELD = 8.0
_DAYS_AN_EVENT = 20.0
"""Days of one series in which one event is to be expected: technicians mark one in 25 days of a series."""
_AT_VISITS = 0.5
"""Share of these events that were marked at a visit, of which a lone curve knows nothing (132 of 254)."""
_BLOCK_S = 3 * 3600.0
_OTHERS_STAY, _OTHERS_SHARE = 1.0, 0.15
"""Robust z up to which the level of another quantity is as usual, at least, and as a share of that of its own."""
JOINED_S = 3 * 3600.0
"""Rows told within three hours of each other are one event."""


@dataclass(frozen=True)
class Odds:
    """Logarithm of the odds that a row is at fault.

    ``weights`` are those of a nat of spike, pulse and shift, of a visit, and of a nat of a value held at a visit.
    ``rarity`` is what each doubling of a row's likes takes from it, in units of ln 2, ``best_rank`` the rank over the
    expected number up to which fewer likes count; a row is told from ``told`` on.

    Fitted on the technicians' marks of four site-years of the Logan River (Jones et al. 2022, doi:10.1016/j.envsoft.
    2022.105364) by `benchmarks.fit_shapes`; docs/skill-monitors.md has the fit with each site-year left out.
    """

    weights: tuple[float, ...] = (0.55, 0.97, 0.35, 1.84, 0.66)
    offset: float = -12.33
    rarity: float = 4.0
    best_rank: float = 0.3
    told: float = -5.0

    def of(self, evidence: Floats) -> Floats:
        """Odds of rows, shape (n,), from their evidence, shape (n, 5)."""
        odds: Floats = evidence @ np.array(self.weights) + self.offset
        return odds


ODDS = Odds()


@dataclass(frozen=True)
class CurveEvent:
    """One event of a curve: rows ``first`` to ``last`` of it, told as ``kind``.

    ``strength`` is 1 where the rule begins to speak; ``values`` what was compared with what.
    """

    kind: str
    first: int
    last: int
    strength: float
    values: Mapping[str, float | str] = field(default_factory=dict)


def evidence_of(curves: Sequence[Curve]) -> list[Floats]:
    """The five pieces of evidence of each curve of one site, shape (n, 5), in the order of `Odds.weights`."""
    found = []
    for number, curve in enumerate(curves):
        outliers = curve.outliers
        visited = near_visit(curve, [*curves[:number], *curves[number + 1 :]])
        own = [spread_over(one, _SPREAD_ROWS) for one in (outliers.spike, outliers.pulse, outliers.shift)]
        held: Floats = np.zeros(len(visited))
        if visited.any():
            held = np.where(visited, np.minimum(spread_over(curve.holds, _SPREAD_ROWS), _MOST_HELD), 0.0)
        found.append(np.column_stack([*own, visited, held]))
    return found


def discount_crowds(curves: Sequence[Curve], odds: Sequence[Floats], model: Odds = ODDS) -> list[Floats]:
    """Odds of the rows of one site, less for every row that has as many of its like as events are to be expected.

    Rows are counted once in three hours. ``odds`` are logarithms, shape (n,) for each curve. Those that are left rise
    with those given, so that most rows need no count: what is surely not told is -inf.
    """
    blocks = [np.sort(_blocks(curve, one)) for curve, one in zip(curves, odds, strict=True)]
    days = sum(len(block) for block in blocks) * _BLOCK_S / 86400.0
    every = np.sort(np.concatenate(blocks)) if blocks else np.empty(0)
    expected = max(days / _DAYS_AN_EVENT * (1.0 if len(curves) > 1 else 1.0 - _AT_VISITS), 1.0)

    def left_of(own: Floats) -> Floats:
        alike = np.maximum(len(every) - np.searchsorted(every, own - 1e-9), 1)
        left: Floats = own - model.rarity * np.log(np.maximum(alike / expected, model.best_rank))
        return left

    first = bisect_left(every, True, key=lambda own: bool(left_of(own) > model.told))
    told = []
    for one in odds:
        high = one > (every[first - 1] if first else -np.inf)
        left = np.full(len(one), -np.inf)
        left[high] = left_of(one[high])
        told.append(left)
    return told


def _blocks(curve: Curve, odds: Floats) -> Floats:
    """Highest odds of each three hours of the record in which something was measured."""
    if not len(curve.rows):
        return np.empty(0)
    number = np.floor(curve.seconds[curve.rows] / max(_BLOCK_S, curve.step_s))
    return np.maximum.reduceat(odds[curve.rows], np.flatnonzero(np.diff(number, prepend=-1.0)))


def strange_levels(curves: Sequence[Curve]) -> list[Bools]:
    """Rows of each curve whose level of the day is told: far from that of the weeks around, as no other quantity is.

    What moves several quantities at once is the river or the plant, not one sensor.
    """
    found = []
    for number, curve in enumerate(curves):
        told = curve.levels[1] > 1.0
        stay = np.maximum(_OTHERS_STAY, _OTHERS_SHARE * np.abs(curve.levels[0]))
        for other in (*curves[:number], *curves[number + 1 :]):
            if told.any() and len(other.rows):
                z = np.interp(curve.time.astype(np.int64), other.time.astype(np.int64), np.abs(other.levels[0]))
                told &= z < stay
        found.append(told)
    return found


def find_shapes(curves: Sequence[Curve], model: Odds = ODDS) -> list[list[CurveEvent]]:
    """Find the events of each curve of one site.

    Parameters
    ----------
    curves : sequence of Curve
        The quantities of one site; each may have a clock of its own.
    model : Odds
        What evidence is worth.

    Returns
    -------
    list of list of CurveEvent
        For each curve, in order of kind and time: ``missing`` runs of rows, ``spike`` and ``constant`` (a value held
        at a visit) from the odds, ``step`` and ``drift`` from the level of the day.
    """
    evidence = evidence_of(curves)
    odds = discount_crowds(curves, [model.of(one) for one in evidence], model)
    levels = strange_levels(curves)
    return [
        [*_missing(curve), *_odd(curve, own, weight, model), *_levels(curve, level)]
        for curve, own, weight, level in zip(curves, evidence, odds, levels, strict=True)
    ]


def joined_runs(curve: Curve, told: Bools, gap_s: float = JOINED_S) -> Iterator[tuple[int, int]]:
    """First and last row of the runs of rows that are told, gaps of at most three hours joined."""
    rows = np.flatnonzero(told)
    if rows.size:
        apart = np.diff(curve.seconds[rows]) > max(gap_s, curve.step_s)
        for run in np.split(rows, np.flatnonzero(apart) + 1):
            yield int(run[0]), int(run[-1])


def _missing(curve: Curve) -> Iterator[CurveEvent]:
    for first, last in joined_runs(curve, curve.missing):
        yield CurveEvent("missing", first, last, 1.0, {"intervals": float(curve.missing[first : last + 1].sum())})


def _odd(curve: Curve, evidence: Floats, odds: Floats, model: Odds) -> Iterator[CurveEvent]:
    told = (odds > model.told) & np.isfinite(curve.values)
    farthest = curve.outliers.spike + curve.outliers.pulse
    for first, last in joined_runs(curve, told):
        highest = float(odds[first : last + 1].max())
        best = first + int(np.argmax(farthest[first : last + 1]))
        spike, pulse, shift, visited, held = (evidence[best] * np.array(model.weights)).tolist()
        kind = "constant" if held > spike + pulse + shift else "spike"
        if last - first >= 2 * _SPREAD_ROWS:  # evidence was spread over its neighbours by so much
            first, last = first + _SPREAD_ROWS, last - _SPREAD_ROWS
        values = {"odds": highest, "value": float(curve.values[best]), "visited": float(visited > 0)}
        yield CurveEvent(kind, first, last, 1.0 + highest - model.told, values)


def _levels(curve: Curve, told: Bools) -> Iterator[CurveEvent]:
    z, strength = curve.levels
    for first, last in joined_runs(curve, told):
        best = first + int(np.argmax(strength[first : last + 1]))
        yield CurveEvent("drift", first, last, float(strength[best]), {"z": float(z[best])})
