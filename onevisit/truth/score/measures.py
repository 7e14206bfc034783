"""What a score is made of: items of a mission, summed up in one way, so that missions can be pooled and resampled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Measure:
    """One line of the score table.

    ``kind`` says how the items become a number: ``ratio`` is sum(items) / sum(weights), ``median`` the median of the
    items, ``total`` their sum (per mission, when pooled). Of a detector the items are what it states, the weights 1
    where it is true: ``auc`` is the area under its curve, ``flagged`` the share of false things, in per cent, above
    the value that four fifths of the true ones reach. ``built`` is False where no stage produces what is scored:
    such a line has no number, ever. ``better`` is ``high``, ``low`` or ``near 0.5``, for the reader.
    """

    key: str
    title: str
    kind: str
    unit: str
    better: str
    items: tuple[float, ...] = ()
    weights: tuple[float, ...] = ()
    built: bool = True

    @property
    def value(self) -> float | None:
        """The number, or None where nothing was there to be scored."""
        if not self.built or not self.items:
            return 0.0 if self.built and self.kind == "total" else None
        if self.kind == "ratio":
            return float(np.sum(self.items) / np.sum(self.weights)) if np.sum(self.weights) > 0 else None
        if self.kind in _CURVES:
            return _CURVES[self.kind](np.array(self.items), np.array(self.weights, bool))
        return float(np.median(self.items)) if self.kind == "median" else float(np.sum(self.items))


def _area_under_curve(stated: NDArray[np.float64], true: NDArray[np.bool_]) -> float | None:
    """Chance that a true thing is stated higher than a false one; equal ones count half."""
    if true.all() or not true.any():
        return None
    higher = np.sign(stated[true][:, None] - stated[~true])
    return float((higher.mean() + 1) / 2)


def _flagged(stated: NDArray[np.float64], true: NDArray[np.bool_]) -> float | None:
    if true.all() or not true.any():
        return None
    ordered = np.sort(stated[true])[::-1]
    bound = ordered[int(np.ceil(_RECALL * ordered.size)) - 1]
    return float(100 * (stated[~true] >= bound).mean())


_RECALL = 0.8
_CURVES = {"auc": _area_under_curve, "flagged": _flagged}


@dataclass(frozen=True)
class Pooled:
    """A measure over many missions, with the 95 % interval of resampling the missions."""

    key: str
    title: str
    unit: str
    better: str
    value: float | None
    low: float | None
    high: float | None
    items: int
    missions: int
    built: bool


def share(key: str, title: str, hits: Sequence[bool], better: str = "high") -> Measure:
    """Share of things for which something holds."""
    return Measure(key, title, "ratio", "%", better, tuple(100.0 * hit for hit in hits), (1.0,) * len(hits))


def ratio(key: str, title: str, unit: str, parts: Sequence[tuple[float, float]], better: str = "high") -> Measure:
    """Sum of the first over sum of the second parts."""
    return Measure(key, title, "ratio", unit, better, tuple(a for a, _ in parts), tuple(b for _, b in parts))


def median_of(key: str, title: str, unit: str, values: Sequence[float], better: str = "low") -> Measure:
    """Median of errors."""
    return Measure(key, title, "median", unit, better, tuple(values))


def detector(key: str, title: str, kind: str, stated: Sequence[float], true: Sequence[bool]) -> Measure:
    """How well stated values tell true things from false ones: ``auc`` or ``flagged`` of `Measure`."""
    unit, better = ("", "high") if kind == "auc" else ("%", "low")
    return Measure(key, title, kind, unit, better, tuple(stated), tuple(map(float, true)))


def total(key: str, title: str, count: int, better: str = "low") -> Measure:
    """A count; pooled it becomes the mean per mission."""
    return Measure(key, title, "total", "", better, (float(count),))


def not_built(key: str, title: str, unit: str = "", better: str = "high") -> Measure:
    """A line for what no stage produces yet."""
    return Measure(key, title, "total", unit, better, built=False)


def pool(missions: Sequence[Sequence[Measure]], *, resamples: int = 1000) -> tuple[Pooled, ...]:
    """Pool the same measures over missions, with percentile bootstrap intervals over missions.

    Missions are resampled whole, because the hotspots of one mission share one wind and one instrument. A measure
    that at least one mission produced is built.

    Parameters
    ----------
    missions : sequence of sequences of Measure
        One per mission; measures are matched by key.
    resamples : int
        Bootstrap draws, with a fixed seed.
    """
    seen = list(dict.fromkeys(m.key for mission in missions for m in mission))
    sections = list(dict.fromkeys(key.split(".")[0] for key in seen))
    keys = sorted(seen, key=lambda key: sections.index(key.split(".")[0]))
    pooled = []
    for key in keys:
        found = [m for mission in missions for m in mission if m.key == key]
        pooled.append(_pool_one(found, resamples))
    return tuple(pooled)


def _pool_one(found: Sequence[Measure], resamples: int) -> Pooled:
    built = [m for m in found if m.built]
    first = built[0] if built else found[0]
    value, low, high = (_joint(built), *_interval(built, resamples)) if built else (None, None, None)
    items = sum(len(m.items) for m in built)
    return Pooled(first.key, first.title, first.unit, first.better, value, low, high, items, len(built), bool(built))


def _interval(built: Sequence[Measure], resamples: int) -> tuple[float | None, float | None]:
    """95 % percentile interval of resampled missions; none for a single mission."""
    rng = np.random.default_rng(20240229)
    chosen = rng.integers(0, len(built), (resamples, len(built)))
    whole = built[0].kind == "median" or built[0].kind in _CURVES
    draws = _wholes(built, chosen) if whole else _sums(built, chosen)
    numbers = draws[np.isfinite(draws)]
    if len(built) < 2 or not numbers.size:
        return None, None
    low, high = np.percentile(numbers, [2.5, 97.5])
    return float(low), float(high)


def _sums(built: Sequence[Measure], chosen: NDArray[np.intp]) -> NDArray[np.float64]:
    """Sum of items over sum of weights of the missions of each draw, where a mission's total weighs 1; else NaN."""
    items = np.array([np.sum(m.items) for m in built])[chosen].sum(axis=1)
    each = [1.0 if m.kind == "total" else np.sum(m.weights) for m in built]
    weights = np.array(each, float)[chosen].sum(axis=1)
    return np.asarray(np.divide(items, weights, out=np.full(len(items), np.nan), where=weights > 0), float)


def _wholes(built: Sequence[Measure], chosen: NDArray[np.intp]) -> NDArray[np.float64]:
    """The value of all items of the missions of each draw together; NaN where they have none."""
    values = (_joint([built[k] for k in draw]) for draw in chosen)
    return np.array([np.nan if value is None else value for value in values])


def _joint(measures: Sequence[Measure]) -> float | None:
    """The value of all items of several missions together."""
    first = measures[0]
    items = tuple(item for m in measures for item in m.items)
    weights = tuple(weight for m in measures for weight in m.weights)
    value = Measure(first.key, first.title, first.kind, first.unit, first.better, items, weights).value
    return value / len(measures) if first.kind == "total" and value is not None else value
