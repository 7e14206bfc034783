"""Samples onto the rows of a table, in one compiled pass."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from numerics.compiled import compiled

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@compiled
def tabulate(cells: Ints, values: Floats, background: Floats, seconds: Floats, table: Floats) -> None:
    """Add samples to a table of count, sum, sum of squares, largest, sum of the background, and first time per cell.

    The caller fills columns 0, 1, 2 and 4 with 0, 3 with −∞ and 5 with +∞ before the first block.
    """
    for k in range(cells.size):
        row = table[cells[k]]
        row[0] += 1.0
        row[1] += values[k]
        row[2] += values[k] * values[k]
        row[3] = max(row[3], values[k])
        row[4] += background[k]
        row[5] = min(row[5], seconds[k])
