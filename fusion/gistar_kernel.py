"""Gi* under a box window, compiled: one pass over the grid, with gaps."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tracks.compiled import compiled

__all__ = ["box_gi_star", "moments"]

Floats = NDArray[np.float64]


@compiled
def moments(values: Floats) -> tuple[int, float, float]:
    """Number, mean and population standard deviation of the finite values; summed row by row, to keep digits."""
    height, width = values.shape
    n, total = 0, 0.0
    for i in range(height):
        part = 0.0
        for j in range(width):
            value = values[i, j]
            if np.isfinite(value):
                n += 1
                part += value
        total += part
    if n == 0:
        return 0, np.nan, np.nan
    mean, squares = total / n, 0.0
    for i in range(height):
        part = 0.0
        for j in range(width):
            value = values[i, j]
            if np.isfinite(value):
                part += (value - mean) ** 2
        squares += part
    return n, mean, np.sqrt(squares / n)


@compiled
def _add_row(sums: Floats, counts: Floats, values: Floats, i: int, mean: float, sign: float) -> None:
    """Add (or take away) one row of centred values to the sums of each column."""
    for j in range(values.shape[1]):
        value = values[i, j]
        if np.isfinite(value):
            sums[j] += sign * (value - mean)
            counts[j] += sign


@compiled
def box_gi_star(values: Floats, tall: int, wide: int, n: int, mean: float, sd: float) -> Floats:
    """Gi* for windows of 2 ``tall`` + 1 by 2 ``wide`` + 1 cells, given the moments of the whole map; NaN in gaps."""
    height, width = values.shape
    result = np.full((height, width), np.nan)
    scale = np.zeros((2 * tall + 1) * (2 * wide + 1) + 1)  # eq. 14 of Ord and Getis 1995 knows only the cells inside
    for k in range(1, min(scale.size, n)):
        scale[k] = 1.0 / (sd * np.sqrt(k * (n - k) / (n - 1.0))) if sd > 0 else 0.0
    sums, counts = np.zeros(width), np.zeros(width)
    for i in range(min(tall, height)):
        _add_row(sums, counts, values, i, mean, 1.0)
    for i in range(height):
        if i + tall < height:
            _add_row(sums, counts, values, i + tall, mean, 1.0)
        if i - tall - 1 >= 0:
            _add_row(sums, counts, values, i - tall - 1, mean, -1.0)
        total, inside = 0.0, 0.0
        for j in range(min(wide, width)):
            total += sums[j]
            inside += counts[j]
        for j in range(width):
            if j + wide < width:
                total += sums[j + wide]
                inside += counts[j + wide]
            if j - wide - 1 >= 0:
                total -= sums[j - wide - 1]
                inside -= counts[j - wide - 1]
            if np.isfinite(values[i, j]):
                result[i, j] = total * scale[int(inside)]
    return result
