"""Parcels of real sizes: how large they are, and how a block is cut into them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

Cell = tuple[float, float, float, float]
MEDIAN_M2, LOG_SD = 1.0e4, 0.9
"""A choice: nineteen of twenty draws lie between 0.2 and 6 ha, from a workshop's yard to works that fill a block."""
LEAST_M2, MOST_M2 = 0.2e4, 10.0e4
LEAST_WIDTH_M = 36.0


def cut_block(block_m2: float, rng: np.random.Generator) -> list[Cell]:
    """Cut a block into parcels of log-normal sizes, none narrower than 36 m: shares (u0, v0, u1, v1) of its sides.

    What does not fit is drawn again; after fifty draws the block is one parcel.
    """
    side = float(np.sqrt(block_m2))
    for _ in range(50):
        cells = cut_square(np.sort(draw_areas(block_m2, rng))[::-1])
        if side * min(min(u1 - u0, v1 - v0) for u0, v0, u1, v1 in cells) >= LEAST_WIDTH_M:
            return _mirrored(cells, bool(rng.random() < 0.5), bool(rng.random() < 0.5))
    return [(0.0, 0.0, 1.0, 1.0)]


def _mirrored(cells: list[Cell], east_west: bool, north_south: bool) -> list[Cell]:
    if east_west:
        cells = [(1.0 - u1, v0, 1.0 - u0, v1) for u0, v0, u1, v1 in cells]
    return [(u0, 1.0 - v1, u1, 1.0 - v0) for u0, v0, u1, v1 in cells] if north_south else cells


def draw_areas(block_m2: float, rng: np.random.Generator) -> Floats:
    """Log-normal areas (0.2 to 10 ha) until a block is full, scaled so that they fill it, shape (parcel,)."""
    areas: list[float] = []
    while sum(areas) < block_m2:
        area = MEDIAN_M2 * float(np.exp(rng.normal(0.0, LOG_SD)))
        areas.append(min(max(area, LEAST_M2), MOST_M2))
    if len(areas) > 1 and sum(areas) - block_m2 > areas[-1] / 2:
        areas.pop()
    return np.array(areas) * (block_m2 / sum(areas))


def cut_square(areas: Floats) -> list[Cell]:
    """Cut the unit square into rectangles with areas in proportion: (u0, v0, u1, v1), in the order of the areas.

    A rectangle is halved across its longer side where the sums of both parts are as equal as their order allows.

    Examples
    --------
    >>> cut_square(np.array([3.0, 1.0]))
    [(0.0, 0.0, 0.75, 1.0), (0.75, 0.0, 1.0, 1.0)]
    """
    return _cut(areas, 0.0, 0.0, 1.0, 1.0)


def _cut(areas: Floats, u0: float, v0: float, u1: float, v1: float) -> list[Cell]:
    if len(areas) == 1:
        return [(u0, v0, u1, v1)]
    sums = np.cumsum(areas)
    at = int(np.argmin(np.abs(sums[:-1] - sums[-1] / 2))) + 1
    share = float(sums[at - 1] / sums[-1])
    if u1 - u0 >= v1 - v0:
        middle = u0 + share * (u1 - u0)
        return _cut(areas[:at], u0, v0, middle, v1) + _cut(areas[at:], middle, v0, u1, v1)
    middle = v0 + share * (v1 - v0)
    return _cut(areas[:at], u0, v0, u1, middle) + _cut(areas[at:], u0, middle, u1, v1)
