"""Which cells stand out: scores per pass, recurrence over passes, and p-values against surrogates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from fusion.hotspots.gistar import disc_kernel, gi_star_cells, neighbour_matrix, rank_normal
from fusion.hotspots.surrogates import field_surrogates, phase_surrogates, rotation_surrogates
from fusion.settings import FusionSettings

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_BATCH = 50


@dataclass(frozen=True, eq=False)
class PassScores:
    """One pass as scores on its visited cells.

    ``cells`` (n,) sorted flat cells, ``order`` (n,) their indices in order of visiting, ``scores`` (n,) rank-normal
    mean enhancement, ``area`` whether the pass covers ground (a flight) rather than a line (a drive).
    """

    number: int
    cells: Ints
    order: Ints
    scores: Floats
    area: bool


@dataclass(frozen=True, eq=False)
class CellTest:
    """A statistic per cell with its p-values.

    ``p_map`` (cells,) is the probability that the largest statistic anywhere reaches this one without a source;
    ``p_cell`` that of the cell alone; ``q`` is ``p_cell`` after Benjamini-Hochberg (or -Yekutieli).
    """

    cells: Ints
    statistic: Floats
    p_map: Floats
    p_cell: Floats
    q: Floats


def score_pass(
    number: int,
    cells: Ints,
    mean: Floats,
    visited_at: Floats,
    *,
    width: int,
    kernel: Floats,
    settings: FusionSettings,
) -> PassScores | None:
    """Score one pass, or None where it has too few cells or only one value: nothing can stand out from that."""
    mean = _told_apart(mean)
    if cells.size < settings.minimum_visited or np.ptp(mean) == 0:
        return None
    window = neighbour_matrix(cells, cells, np.ones(kernel.shape), width)
    fullness = float(window.sum(axis=1).mean()) / kernel.size
    order = np.argsort(visited_at, kind="stable")
    return PassScores(number, cells, order, rank_normal(mean), fullness >= settings.area_share)


def _told_apart(mean: Floats) -> Floats:
    """Means to twelve figures of the largest: what adding equal samples leaves in the last ones is no difference."""
    step = 1e-12 * np.abs(mean).max(initial=0.0)
    return np.round(mean / step) * step if step > 0 else mean


def without_cells(p: PassScores, cells: Ints, settings: FusionSettings) -> PassScores | None:
    """Leave ``cells`` out of a pass and rank the rest anew; None where too few remain.

    Testing what remains after a hotspot was found keeps it from hiding weaker ones: its own values would go on
    making the surrogates high. Zhang, Assunção and Kulldorff 2010, J. Probability and Statistics 642379
    (doi:10.1155/2010/642379). On a map without a source nothing is found first, and nothing changes.
    """
    keep = ~np.isin(p.cells, cells)
    if keep.all():
        return p
    scores = p.scores[keep]
    if scores.size < settings.minimum_visited or np.ptp(scores) == 0:
        return None
    place = np.cumsum(keep) - 1
    return replace(p, cells=p.cells[keep], order=place[p.order[keep[p.order]]], scores=rank_normal(scores))


def recurrence_test(
    passes: Sequence[PassScores], *, width: int, kernel: Floats, reach: float, number: int, settings: FusionSettings
) -> CellTest | None:
    """Test every cell that two or more passes crossed for scores that are high again and again.

    Statistic: Gi* per pass, cut to [0, cap], its largest value within ``reach`` cells, standardised over that pass,
    and summed over the passes that came by, divided by the root of their number (Stouffer). Null: every pass rotated
    (areas: random field) on its own. The agreement of passes is what is tested: a pass alone, however high, is found
    in the surrogates too.
    """
    if len(passes) < 2:
        return None
    everywhere = np.unique(np.concatenate([p.cells for p in passes]))
    matrices = [neighbour_matrix(everywhere, p.cells, kernel, width) for p in passes]
    presence = np.array([np.asarray(m.sum(axis=1)).ravel() > 0 for m in matrices])
    tested = np.flatnonzero(presence.sum(axis=0) >= 2)
    if tested.size == 0:
        return None
    matrices = [m[tested] for m in matrices]
    near = _near(everywhere[tested], width, reach)
    moments = [_moments(p, m, near, settings) for p, m in zip(passes, matrices, strict=True)]
    crossed = presence[:, tested].sum(axis=0)
    observed = _combine([p.scores[:, None] for p in passes], matrices, near, moments, crossed, settings)[:, 0]
    rng = np.random.default_rng(settings.seed)
    pool = _Exceedances(observed)
    for size in _batches(number):
        draws = [_surrogates(p, size, rng, width, recurrence=True) for p in passes]
        pool.add(_combine(draws, matrices, near, moments, crossed, settings))
    return pool.test(everywhere[tested], settings.fdr)


def sighting_test(
    passes: Sequence[PassScores], *, width: int, kernel: Floats, number: int, settings: FusionSettings
) -> list[CellTest]:
    """Test every pass on its own against random-phase surrogates; p_map is over all passes together."""
    rng = np.random.default_rng(settings.seed + 1)
    matrices = [neighbour_matrix(p.cells, p.cells, kernel, width) for p in passes]
    statistics = [_studentised(p.scores[:, None], m)[:, 0] for p, m in zip(passes, matrices, strict=True)]
    pools = [_Exceedances(s) for s in statistics]
    for size in _batches(number):
        for p, m, pool in zip(passes, matrices, pools, strict=True):
            pool.add(_studentised(_surrogates(p, size, rng, width, recurrence=False), m))
    maxima = np.max([pool.maxima for pool in pools], axis=0) if pools else np.empty(0)
    return [pool.test(p.cells, settings.fdr, maxima) for p, pool in zip(passes, pools, strict=True)]


def _surrogates(p: PassScores, size: int, rng: np.random.Generator, width: int, *, recurrence: bool) -> Floats:
    if p.area:
        row, column = np.divmod(p.cells, width)
        return field_surrogates(p.scores, row, column, size, rng)
    if recurrence:
        return rotation_surrogates(p.scores, p.order, size, rng)
    return phase_surrogates(p.scores, p.order, size, rng)


def _studentised(scores: Floats, matrix: Any) -> Floats:
    """Gi* divided by its own spread over the pass, so that a smooth pass is measured by its own smoothness."""
    return gi_star_cells(scores, matrix)


def _near(cells: Ints, width: int, reach: float) -> Ints:
    """Places in ``cells`` of all cells within ``reach`` cells of each (its own place where there is none)."""
    row, column = np.divmod(cells, width)
    offsets = np.argwhere(disc_kernel(reach)) - int(reach)
    found = np.tile(np.arange(cells.size), (len(offsets), 1))
    for k, (i, j) in enumerate(offsets):
        target = (row + i) * width + column + j
        place = np.minimum(np.searchsorted(cells, target), cells.size - 1)
        hit = (cells[place] == target) & (column + j >= 0) & (column + j < width)
        found[k, hit] = place[hit]
    return found


def _widened(z: Floats, near: Ints) -> Floats:
    """Largest value within reach of each cell: the wind moves a plume along the road between passes."""
    widest = z
    for places in near:
        widest = np.fmax(widest, z[places])
    return np.where(np.isfinite(z), widest, np.nan)


def _moments(p: PassScores, matrix: Any, near: Ints, settings: FusionSettings) -> tuple[float, float]:
    z = _widened(_cut(gi_star_cells(p.scores, matrix), settings), near)
    return float(np.nanmean(z)), max(float(np.nanstd(z)), 1e-9)


def _cut(z: Floats, settings: FusionSettings) -> Floats:
    return np.clip(z, 0.0, settings.score_cap)


def _combine(
    scores: Sequence[Floats],
    matrices: Sequence[Any],
    near: Ints,
    moments: Sequence[tuple[float, float]],
    crossed: Ints,
    settings: FusionSettings,
) -> Floats:
    """Standardised sum over passes, (tested cells, surrogates)."""
    total = np.zeros((crossed.size, scores[0].shape[1]))
    for values, matrix, (mean, sd) in zip(scores, matrices, moments, strict=True):
        z = (_widened(_cut(gi_star_cells(values, matrix), settings), near) - mean) / sd
        total += np.where(np.isfinite(z), z, 0.0)
    return np.asarray(total / np.sqrt(crossed)[:, None])


def _batches(number: int) -> list[int]:
    return [_BATCH] * (number // _BATCH) + ([number % _BATCH] if number % _BATCH else [])


class _Exceedances:
    """Counts how often surrogates reach the observed statistics, without keeping the surrogates."""

    def __init__(self, observed: Floats) -> None:
        self._observed = observed
        self._sorted = np.sort(observed)
        self._reached = np.zeros(observed.size + 1, np.int64)
        self._drawn = 0
        self._maxima: list[Floats] = []

    @property
    def maxima(self) -> Floats:
        """Largest statistic of each surrogate map."""
        return np.concatenate(self._maxima)

    def add(self, surrogate: Floats) -> None:
        """Take in surrogate statistics of shape (cells, surrogates)."""
        place = np.searchsorted(self._sorted, surrogate.ravel(), side="right")
        self._reached += np.bincount(place, minlength=self._reached.size)
        self._drawn += surrogate.size
        self._maxima.append(surrogate.max(axis=0))

    def test(self, cells: Ints, fdr: str, maxima: Floats | None = None) -> CellTest:
        """Turn the counts into p-values; ``maxima`` replaces this map's own maxima for ``p_map``."""
        at_least = np.cumsum(self._reached[::-1])[::-1]  # surrogates whose place is >= k reach sorted[k - 1]
        p_sorted = (1 + at_least[1:]) / (1 + self._drawn)
        p_cell = np.empty_like(p_sorted)
        p_cell[np.argsort(self._observed, kind="stable")] = p_sorted
        highest = np.sort(self.maxima if maxima is None else maxima)
        reached = highest.size - np.searchsorted(highest, self._observed, side="left")
        p_map = (1 + reached) / (1 + highest.size)
        q = stats.false_discovery_control(p_cell, method="bh" if fdr == "bh" else "by")
        return CellTest(cells, self._observed, p_map, p_cell, np.asarray(q))
