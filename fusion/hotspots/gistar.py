"""The Getis-Ord Gi* statistic on the scattered cells of a drive."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse, stats

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def disc_kernel(radius_cells: float) -> Floats:
    """Binary weights of all cells whose centre is within ``radius_cells`` (the cell itself included).

    Examples
    --------
    >>> disc_kernel(1.0).astype(int).tolist()
    [[0, 1, 0], [1, 1, 1], [0, 1, 0]]
    """
    reach = int(np.floor(radius_cells + 1e-9))
    offset = np.arange(-reach, reach + 1)
    inside = offset[:, None] ** 2 + offset[None, :] ** 2 <= radius_cells**2 + 1e-9
    return inside.astype(np.float64)


def rank_normal(values: Floats) -> Floats:
    """Turn values into normal scores by rank: ties share their mean rank, NaN stays NaN.

    Blom's plotting position (i − 3/8) / (n + 1/4); Blom, G. 1958, Statistical Estimates and Transformed
    Beta-Variables, Wiley.
    """
    values = np.asarray(values, np.float64)
    scores = np.full(values.shape, np.nan)
    ok = np.isfinite(values)
    ranks = stats.rankdata(values[ok])
    scores[ok] = stats.norm.ppf((ranks - 0.375) / (ranks.size + 0.25))
    return scores


def neighbour_matrix(at: Ints, cells: Ints, kernel: Floats, width: int) -> Any:
    """Sparse (at, cells) matrix of kernel weights between two sets of flat cells on a grid ``width`` cells wide.

    ``cells`` must be sorted. Rows are the cells at which a window is centred, columns the cells that hold values.
    """
    reach = kernel.shape[0] // 2, kernel.shape[1] // 2
    row, column = np.divmod(at, width)
    rows, columns, weights = [], [], []
    for i, j in zip(*np.nonzero(kernel), strict=True):
        target_column = column + j - reach[1]
        target = (row + i - reach[0]) * width + target_column
        found = np.minimum(np.searchsorted(cells, target), max(cells.size - 1, 0))
        hit = (
            (cells[found] == target) & (target_column >= 0) & (target_column < width)
            if cells.size
            else np.zeros(target.size, bool)
        )
        rows.append(np.flatnonzero(hit))
        columns.append(found[hit])
        weights.append(np.full(int(hit.sum()), kernel[i, j]))
    return sparse.csr_matrix(
        (np.concatenate(weights), (np.concatenate(rows), np.concatenate(columns))), shape=(at.size, cells.size)
    )


def gi_star_cells(scores: Floats, matrix: Any) -> Floats:
    """Gi* of scattered cells: ``scores`` (cells,) or (cells, surrogates), ``matrix`` from `neighbour_matrix`.

    Ord and Getis 1995, Geographical Analysis 27, 286-306, eq. 14 (doi:10.1111/j.1538-4632.1995.tb00912.x), with sums
    over the cells that are there, edges included: z-scores under the hypothesis of exchangeable values. Where all
    values are equal, or a window holds all cells, there is nothing to compare and Gi* is 0. Rows of the matrix
    without any neighbour give NaN.
    """
    columns = scores.reshape(scores.shape[0], -1)
    n = columns.shape[0]
    sd = columns.std(axis=0)
    total = matrix @ (columns - columns.mean(axis=0))
    weight = np.asarray(matrix.sum(axis=1)).ravel()[:, None]
    squares = np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel()[:, None]
    scale = np.sqrt(np.maximum((n * squares - weight**2) / max(n - 1, 1), 0.0)) * sd
    z = np.divide(total, scale, out=np.zeros_like(total), where=scale > 1e-12 * np.maximum(sd, 1e-300))
    z[weight.ravel() == 0] = np.nan
    return np.asarray(z.reshape((matrix.shape[0], *scores.shape[1:])))
