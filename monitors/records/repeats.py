"""Values that repeat: constants beyond cycle and resolution, frozen and copied pairs, substituted runs."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import numpy as np

from monitors.records.conditions import NOT_MEASURED, Condition
from monitors.records.matrices import SiteMatrices
from monitors.records.quantities import is_pollutant
from monitors.records.regular import Regular
from monitors.records.runs import Bools, Floats, Run, find_runs
from monitors.schema import Anomaly

_FALSE_ALARMS = 1e-3  # a quantity, as in `monitors.records.near_limit`
_LEAST_CYCLES = 4  # three repetitions: with two decimals even two are rare
_CYCLES = (2, 3, 4, 6)  # hours between samples that analysers are set to (HJ 355-2019: at least every 2 h; 4, 6)
_OF_CYCLE = 0.8  # share of the changes that fall on one phase of a cycle, to believe it
_LOW = 0.1  # of the usual value: what lies lower and repeats may be a plant that stands
_WINDOWS_H = (180, 720, 2160)  # HJ 75-2017: substitution by the highest of so many hours before
_LONGEST_COPY = 12  # slots that a pair must copy
_CHANGES = 6  # of them with a change of the value that the resolution can show
_RELATED = (
    frozenset(("a00000", "a01011")),  # flow is velocity times the section
    frozenset(("a21002", "a21003")),  # one converter
    frozenset(("a21002", "a21004")),
    frozenset(("a21003", "a21004")),
    frozenset(("a24087", "a24088")),  # one detector: total and without methane
    frozenset(("a05002", "a24087")),
)
"""Quantities that one instrument derives from one another."""


def cycle_of(values: Floats) -> int:
    """Return how many slots an analyser takes for a sample: the longest cycle on whose phase nearly all changes fall.

    Examples
    --------
    >>> cycle_of(np.repeat([3.0, 5.0, 4.0, 6.0, 2.0, 7.0, 3.0, 8.0], 2)), cycle_of(np.arange(16.0))
    (2, 1)
    """
    known = np.isfinite(values)
    changes = np.flatnonzero((values[1:] != values[:-1]) & known[1:] & known[:-1]) + 1
    if changes.size < 2 * _LEAST_CYCLES - 2:
        return 1
    for cycle in reversed(_CYCLES):
        # changes thin out with the cycle, so that what never changes is no evidence of one
        if np.bincount(changes % cycle, minlength=cycle).max() >= _OF_CYCLE * changes.size:
            return cycle
    return 1


def constant_runs(values: Floats, resolution: float, cycle: int) -> list[Run]:
    """Return the runs of one value that are longer than chance, counted in measuring cycles.

    A value repeats in the next cycle with the chance q, which is counted in the series itself without its longest
    run of each value, and at least that of its resolution: ``resolution / (change sqrt(2 pi))`` for normal
    changes. A run of k cycles among n is told if ``n q^(k - 1)`` is below 0.001, from 4 cycles on.

    Parameters
    ----------
    values : array, shape (slot,)
        NaN where nothing was measured.
    resolution : float
        Step in which values are given.
    cycle : int
        Slots of a measuring cycle.
    """
    same = np.append(False, values[1:] == values[:-1])
    runs = [Run(0, run.first - 1, run.last) for run in find_runs(same)]
    cycles = np.array([run.length for run in runs]) / cycle
    known = values[np.isfinite(values)]
    if not len(runs) or known.size < 2 * _LEAST_CYCLES:
        return []
    total = known.size / cycle
    change = float(np.median(np.abs(np.diff(known[::cycle])))) * 1.4826
    by_resolution = min(resolution / (change * np.sqrt(2.0 * np.pi)), 0.9) if change > 0 else 0.9
    ordinary = np.minimum(cycles, _LEAST_CYCLES) - 1.0
    counted = float(np.maximum(ordinary, 0.0).sum()) / total
    chance = min(max(by_resolution, counted, 1e-3), 0.95)
    least = max(1.0 + np.log(_FALSE_ALARMS / total) / np.log(chance), float(_LEAST_CYCLES))
    return [run for run, count in zip(runs, cycles.tolist(), strict=True) if count >= least]


def seek_repeats(site: SiteMatrices) -> Iterator[Anomaly]:
    """Find constant values, frozen pairs and substituted runs among the quantities of each outlet.

    ``constant``: `constant_runs` of measured values above a tenth of the usual one (a plant that stands repeats its
    zero) that did not stand elsewhere a quarter as long (half a detection limit does). Two quantities that do so
    in the same slots are one ``frozen_pair``. A run marked as set by hand or substituted, or equal to the highest
    value of the 180, 720 or 2 160 h before it (HJ 75-2017), is ``substituted``: it looks constant and is normal.
    ``strength`` is the number of cycles over the least told. It cannot tell a frozen analyser from a written
    value, nor a substitution by another rule from either.
    """
    for outlet in site.outlets:
        if outlet.interval == "day":
            continue
        runs = list(_constants(outlet))
        pairs = set(_frozen_together(runs))
        for run, strength, cycle in runs:
            window = _substituted(outlet, run)
            values: dict[str, float | str] = {
                "value": float(outlet.values[run.quantity, run.first]),
                "unit": outlet.units[run.quantity],
                "resolution": float(outlet.resolution[run.quantity]),
                "cycle": float(cycle),
                "intervals": float(run.length),
            }
            if window:
                yield outlet.tell("substituted", run, strength, values | {"window_h": float(window)})
            elif run in pairs:
                yield outlet.tell("frozen_pair", run, strength, values | {"pair": _partners(outlet, run, pairs)})
            elif not outlet.has(NOT_MEASURED)[run.quantity, run.slots].all():
                yield outlet.tell("constant", run, strength, values)
        yield from _copies(outlet)


def _constants(outlet: Regular) -> Iterator[tuple[Run, float, int]]:
    """Constant runs with their strength and the cycle of their quantity."""
    for quantity, values in enumerate(outlet.values):
        usual = outlet.usual[quantity]
        low = np.abs(values) < _LOW * usual if np.isfinite(usual) else values == 0
        live = np.where(low | (values == 0), np.nan, values)
        if not (live[1:] == live[:-1]).any():
            continue
        cycle = cycle_of(live)
        for run in constant_runs(live, float(outlet.resolution[quantity]), cycle):
            if _is_habit(outlet.values[quantity], run, cycle):
                continue
            yield run._replace(quantity=quantity), run.length / cycle / _LEAST_CYCLES, cycle


def _is_habit(values: Floats, run: Run, cycle: int) -> bool:
    """Whether the value has stood elsewhere a quarter as long: half a detection limit, the end of a scale."""
    elsewhere = values == values[run.first]
    elsewhere[run.slots] = False
    return bool(find_runs(elsewhere, max(run.length // 4, 3 * cycle)))


def _frozen_together(runs: list[tuple[Run, float, int]]) -> Iterator[Run]:
    """Runs of different quantities of which each covers most of the other."""
    for (one, _, _), (other, _, _) in combinations(runs, 2):
        shared = min(one.last, other.last) - max(one.first, other.first) + 1
        if one.quantity != other.quantity and shared > 0.8 * max(one.length, other.length):
            yield one
            yield other


def _partners(outlet: Regular, run: Run, pairs: set[Run]) -> str:
    others = {p.quantity for p in pairs if p.quantity != run.quantity and p.first <= run.last and run.first <= p.last}
    return " ".join(outlet.codes[other] for other in sorted(others))


def _substituted(outlet: Regular, run: Run) -> int:
    """Hours of the window whose highest value the run repeats, -1 where a mark says so, 0 where it is neither."""
    said = Condition.SUBSTITUTED | Condition.BY_HAND
    if np.mean(outlet.has(said)[run.quantity, run.slots]) > 0.5:
        return -1
    values, value = outlet.values[run.quantity], outlet.values[run.quantity, run.first]
    measured = outlet.measured[run.quantity]
    per_hour = int(np.timedelta64(3600, "s") / outlet.length)
    tolerance = 0.51 * outlet.resolution[run.quantity]
    for hours in _WINDOWS_H:
        before = slice(max(run.first - hours * per_hour, 0), run.first)
        there = values[before][measured[before]]
        highest = float(there.max()) if there.size >= 24 else np.inf
        if abs(highest - value) <= tolerance and there[-1] < value:
            return hours
    return 0


# --- copies --------------------------------------------------------------------------------------------------------


def _copies(outlet: Regular) -> Iterator[Anomaly]:
    """Pairs of substances whose values keep one ratio to the last digit while they change."""
    chosen = [q for q, code in enumerate(outlet.codes) if is_pollutant(code) and outlet.change[q] > 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log(np.where(outlet.measured & (outlet.values > 0), outlet.values, np.nan))
        steps = np.diff(logs, axis=1)
        # what rounding can do to the logarithm of a value, of both slots of a step
        blur = outlet.resolution[:, None] / np.where(outlet.values > 0, outlet.values, np.nan)
    for one, other in combinations(chosen, 2):
        if frozenset((outlet.codes[one], outlet.codes[other])) in _RELATED:
            continue
        yield from _copy(outlet, one, other, steps, blur)


def _copy(outlet: Regular, one: int, other: int, steps: Floats, blur: Floats) -> Iterator[Anomaly]:
    allowed = blur[one, 1:] + blur[other, 1:]
    alike: Bools = np.abs(steps[one] - steps[other]) <= allowed
    moved = np.maximum(np.abs(steps[one]), np.abs(steps[other])) > 3.0 * allowed
    for run in find_runs(alike, _LONGEST_COPY - 1):
        if np.count_nonzero(moved[run.slots]) < _CHANGES:
            continue
        both = Run(one, run.first, run.last + 1)
        ratio = float(np.median(outlet.values[other, both.slots] / outlet.values[one, both.slots]))
        values: dict[str, float | str] = {
            "pair": outlet.codes[other], "ratio": ratio, "unit": outlet.units[one], "intervals": float(both.length),
        }  # fmt: skip
        strength = both.length / _LONGEST_COPY
        yield outlet.tell("frozen_pair", both, strength, values)
        yield outlet.tell(
            "frozen_pair", both._replace(quantity=other), strength, values | {"pair": outlet.codes[one]}
        )
