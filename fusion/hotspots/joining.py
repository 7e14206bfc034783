"""Which crossings one source could have made: joined by where it may stand and by what it emits.

A crossing says where its source may stand: upwind along the path that its air took, as far off the path as the error
of the wind and the width of the plume allow. Two groups of crossings have one source rather than two with odds

    Σ_s L₁(s) L₂(s) / (λ a) · R,

where L(s), of sum one, is the density of the source's place in cell s of area a given a group, λ the density of
sources, and R the odds of their compositions (`composition_odds`). The product of two groups is the density of both
together. Groups are joined as long as the odds exceed one, the surest first: Bayesian hierarchical clustering
(Heller and Ghahramani 2005, doi:10.1145/1102351.1102389) with the place of the source as the only parameter.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from fusion.hotspots.crossings import Crossings

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

CELL_M = 20.0
REACH_M = 700.0
"""Farther upwind no source of a crossing is looked for, and crossings farther apart are not of one."""
_SOURCES_PER_M2 = 3e-6
"""Density of sources that are seen from the road: three per km², as in the worlds of seeds 0-29 (2 to 5); of the
sources there 90 % were joined (91 % with a third of it, 85 % with three times, 64 % with ten), without `_NEAR`."""
_OUTLIER = 0.05
"""Chance that a crossing's air came otherwise than its path says: its source may then be anywhere around."""
_NEAR = 0.3
"""Chance that it stands near, on any side: the flow between buildings is not that of the vane."""
_CALM_M = 60.0
"""Without a direction a source stands about this near, standard deviation per axis: drift of a minute or two."""
_ONE_RATIO_SD, _TWO_RATIO_SD = 0.5, 1.6
"""Scatter of the logarithm of a ratio of two species between crossings of one source, and between two sources."""
_HEARD = 3.0
"""Over its noise; a species below this in both crossings tells nothing of their composition."""
_FAINT = 1e-3
"""Cells below this share of the densest are not looked at where pairs are sought."""
_HOPELESS = 4.0
"""Logarithm of the odds against one source, beyond which compositions that agree do not make up for places."""
_WIDTH_LN_SD = 0.8
"""Scatter of the width of a crossing about that of the plume there, crossed squarely: angle, turbulence, response."""


@dataclass(frozen=True, eq=False)
class UpwindPath:
    """The path that air took to a crossing, (nodes,) each, from the crossing upwind, in metres.

    ``cos``, ``sin`` is the direction in which the air left a node, ``reach`` half of the longer step beside it,
    ``width`` the standard deviation of the plume of a source there when it is met, ``error`` that of its axis.
    """

    x: Floats
    y: Floats
    cos: Floats
    sin: Floats
    reach: Floats
    width: Floats
    error: Floats


@dataclass(frozen=True, eq=False)
class PlaceDensity:
    """Density of where a source may stand, (rows, columns) of cells of `CELL_M` from cell (``row``, ``column``)."""

    row: int
    column: int
    values: Floats

    def __mul__(self, other: PlaceDensity) -> PlaceDensity:
        """The product on the cells that both have."""
        top, left = max(self.row, other.row), max(self.column, other.column)
        bottom = max(min(self.row + self.values.shape[0], other.row + other.values.shape[0]), top)
        right = max(min(self.column + self.values.shape[1], other.column + other.values.shape[1]), left)
        mine = self.values[top - self.row : bottom - self.row, left - self.column : right - self.column]
        theirs = other.values[top - other.row : bottom - other.row, left - other.column : right - other.column]
        return PlaceDensity(top, left, mine * theirs)

    @property
    def total(self) -> float:
        """Sum over the cells."""
        return float(self.values.sum())


def place_density(x: float, y: float, path: UpwindPath | None, width_m: float) -> PlaceDensity:
    """Density, of sum one, of the place of the source of a crossing.

    Parameters
    ----------
    x, y : float
        Where the crossing was met, m on the grid.
    path : UpwindPath or None
        None where there is no direction: the source is near, on any side.
    width_m : float
        Road inside of the plume.
    """
    half = int(np.ceil(REACH_M / CELL_M))
    row, column = int(np.floor(y / CELL_M)) - half, int(np.floor(x / CELL_M)) - half
    ticks = (np.arange(2 * half + 1) + 0.5) * CELL_M
    east, north = np.meshgrid(column * CELL_M + ticks - x, row * CELL_M + ticks - y)
    squared = east**2 + north**2
    around = (squared <= REACH_M**2).astype(np.float64)
    around /= around.sum()
    near = around * np.exp(-0.5 * squared / _CALM_M**2)
    near /= near.sum()
    if path is None:
        return PlaceDensity(row, column, near)
    upwind = _along(east, north, path, (x, y), width_m) * (around > 0)
    total = upwind.sum()
    if not total > 0:
        return PlaceDensity(row, column, around)
    return PlaceDensity(row, column, (1 - _OUTLIER - _NEAR) * upwind / total + _OUTLIER * around + _NEAR * near)


def _along(east: Floats, north: Floats, path: UpwindPath, place: tuple[float, float], width_m: float) -> Floats:
    """Density over cells by their distance from the path, which each node rules on its own stretch."""
    density = np.zeros(east.shape)
    sd = np.hypot(path.error, 0.5 * path.width)
    fits = np.exp(-0.5 * (np.log(max(width_m, 5.0) / np.hypot(2.5 * path.width, CELL_M)) / _WIDTH_LN_SD) ** 2)
    for k in range(path.x.size):
        dx, dy = path.x[k] - place[0], path.y[k] - place[1]
        span = int(np.ceil((path.reach[k] + 4 * sd[k]) / CELL_M)) + 1
        column = int((dx - east[0, 0]) // CELL_M)
        row = int((dy - north[0, 0]) // CELL_M)
        window = (
            slice(max(row - span, 0), max(row + span + 1, 0)),
            slice(max(column - span, 0), max(column + span + 1, 0)),
        )
        e, n = east[window] - dx, north[window] - dy
        off = n * path.cos[k] - e * path.sin[k]
        own = np.abs(e * path.cos[k] + n * path.sin[k]) <= 1.01 * path.reach[k]
        like = np.where(own, fits[k] / sd[k] * np.exp(-0.5 * (off / sd[k]) ** 2), 0.0)
        np.maximum(density[window], like, out=density[window])
    return density


def composition_odds(one: Floats, two: Floats) -> float:
    """Log-odds that two crossings are of one composition rather than of two.

    Parameters
    ----------
    one, two : arrays, shape (species,)
        Largest enhancements over their noise; NaN where not measured.

    Returns
    -------
    float
        From the scatter of the logarithms of their ratios about a common factor; 0 where fewer than two species tell.

    Examples
    --------
    >>> like, unlike = np.array([50.0, 20.0, 1.0]), np.array([1.0, 2.0, 60.0])
    >>> composition_odds(like, 2 * like) > 0 > composition_odds(like, unlike)
    True
    """
    known = np.isfinite(one) & np.isfinite(two) & ((one > _HEARD) | (two > _HEARD))
    if known.sum() < 2:
        return 0.0
    a, b = np.maximum(one[known], 1.0), np.maximum(two[known], 1.0)
    noise = 1.0 / a**2 + 1.0 / b**2
    ratio = np.log(a / b)
    return _scatter(ratio, _ONE_RATIO_SD**2 + noise) - _scatter(ratio, _TWO_RATIO_SD**2 + noise)


def _scatter(values: Floats, variance: Floats) -> float:
    """Log-density of values about a common mean, which is not known."""
    weight = 1.0 / variance
    mean = weight @ values / weight.sum()
    return float(-0.5 * (weight @ (values - mean) ** 2 + np.log(variance).sum() + np.log(weight.sum())))


@dataclass(frozen=True, eq=False)
class _Groups:
    """Groups on the way: density, composition and strength of each, those near it, and the pairs to be joined."""

    density: dict[int, PlaceDensity]
    composition: dict[int, Floats]
    strength: dict[int, float]
    members: dict[int, list[int]]
    near: dict[int, set[int]]
    pairs: list[tuple[float, int, int]] = field(default_factory=list)

    def weigh(self, i: int, j: int) -> None:
        """Put a pair on the heap where one source is likelier than two."""
        together = (self.density[i] * self.density[j]).total
        if together > 0:
            odds = np.log(together / (_SOURCES_PER_M2 * CELL_M**2))
            odds += composition_odds(self.composition[i], self.composition[j])
            if odds > 0:
                heapq.heappush(self.pairs, (-float(odds), min(i, j), max(i, j)))

    def merge(self, i: int, j: int, new: int) -> None:
        """Make one group of two; it has the composition of the stronger."""
        both = self.density.pop(i) * self.density.pop(j)
        self.density[new] = PlaceDensity(both.row, both.column, both.values / both.total)
        self.composition[new] = self.composition[i if self.strength[i] >= self.strength[j] else j]
        self.strength[new] = max(self.strength[i], self.strength[j])
        self.members[new] = self.members.pop(i) + self.members.pop(j)
        self.near[new] = {k for k in self.near.pop(i) | self.near.pop(j) if k in self.members}
        for k in sorted(self.near[new]):
            self.near[k] = (self.near[k] - {i, j}) | {new}
            self.weigh(new, k)


def _overlapping(density: dict[int, PlaceDensity]) -> dict[int, set[int]]:
    """Of every crossing those with which it may have one source, whatever their compositions say.

    Joined densities have no more in common with a third than each of them had, but for what both agree on: pairs far
    below even odds are left out at once, by one product of sparse matrices.
    """
    cells, values, owner = [], [], []
    for k, own in density.items():
        row, column = np.nonzero(own.values > _FAINT * own.values.max())
        cells.append(_cell_code(own.row + row, own.column + column))
        values.append(own.values[row, column])
        owner.append(np.full(row.size, k))
    _, code = np.unique(np.concatenate(cells), return_inverse=True)
    matrix = sparse.csr_matrix((np.concatenate(values), (np.concatenate(owner), code)))
    common = (matrix @ matrix.T).tocoo()
    enough = common.data > np.exp(-_HOPELESS) * _SOURCES_PER_M2 * CELL_M**2
    near: dict[int, set[int]] = {k: set() for k in density}
    for i, j in zip(common.row[enough].tolist(), common.col[enough].tolist(), strict=True):
        if i != j:
            near[i].add(j)
    return near


def _cell_code(row: Ints, column: Ints) -> Ints:
    return np.asarray(row * 2**31 + column, np.int64)


def join_crossings(crossings: Crossings, paths: Sequence[UpwindPath | None]) -> Ints:
    """Number of the group (crossings,) that each crossing belongs to: those that one source could have made.

    Parameters
    ----------
    crossings : Crossings
    paths : sequence of UpwindPath or None
        Of each crossing; None where there is no direction.
    """
    count = crossings.size
    group = np.empty(count, np.int64)
    if not count:
        return group
    strength = crossings.strength
    density = {
        k: place_density(float(crossings.x[k]), float(crossings.y[k]), path, float(crossings.width_m[k]))
        for k, path in enumerate(paths)
    }
    groups = _Groups(
        density,
        dict(enumerate(crossings.composition)),
        {k: float(strength[k]) for k in range(count)},
        {k: [k] for k in range(count)},
        _overlapping(density),
    )
    for i in range(count):
        for j in sorted(groups.near[i]):
            if j > i:
                groups.weigh(i, j)
    following = count
    while groups.pairs:
        _, i, j = heapq.heappop(groups.pairs)
        if i in groups.members and j in groups.members:
            groups.merge(i, j, following)
            following += 1
    first = sorted(groups.members.values(), key=min)
    for number, members in enumerate(first):
        group[members] = number
    return group
