"""Points onto a grid: counts and sums in one compiled pass, block by block where the points exceed the memory."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ingest.errors import ContractError
from tracks.compiled import compiled

__all__ = ["GridSums", "sum_blocks", "tabulate"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class GridSums:
    """Number and sum of the points in each cell, both of shape (cells,); they merge by addition."""

    count: Floats
    sum: Floats

    def mean(self) -> Floats:
        """Mean of the points in each cell, NaN where there is none."""
        empty = np.full(self.count.size, np.nan)
        return np.asarray(np.divide(self.sum, self.count, out=empty, where=self.count > 0))


def sum_blocks(blocks: Iterable[tuple[Ints, Floats]], *, size: int) -> GridSums:
    """Add up points that come in blocks; memory is that of the grid and one block, however many there are.

    Parameters
    ----------
    blocks : iterable of (cells, values)
        Flat cells, from `cell_index`, and values of the same length. Cells off the grid and values that are not
        finite are passed over.
    size : int
        Number of cells in the grid.

    Examples
    --------
    >>> block = np.array([1, 1, -1]), np.array([2.0, 4.0, 9.0])
    >>> sum_blocks([block, block], size=3).mean().tolist()
    [nan, 3.0, nan]
    """
    table = np.zeros((size, 2))
    for cells, values in blocks:
        if cells.shape != values.shape:
            raise ContractError(f"{values.size} values for {cells.size} cells; a block has one cell for each value")
        _count_and_sum(np.ascontiguousarray(cells), np.ascontiguousarray(values), table)
    return GridSums(table[:, 0], table[:, 1])


@compiled
def _count_and_sum(cells: Ints, values: Floats, table: Floats) -> None:
    """Count and sum of a cell lie side by side, so that a point costs one look into the memory."""
    for k in range(cells.size):
        cell = cells[k]
        if 0 <= cell < table.shape[0] and np.isfinite(values[k]):
            table[cell, 0] += 1.0
            table[cell, 1] += values[k]


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
