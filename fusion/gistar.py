"""The Getis-Ord Gi* statistic on a grid with gaps, and on the scattered cells of a drive."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, signal, sparse, stats

from ingest.errors import ContractError

__all__ = ["disc_kernel", "gi_star", "gi_star_cells", "neighbour_matrix", "rank_normal"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

_DIRECT_CELLS = 81  # above this many cells in a kernel that is not a box, FFT beats direct summation


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


def gi_star(values: Floats, kernel: Floats, valid: Bools | None = None) -> Floats:
    """Gi* of every valid cell of a grid, by convolution; cells never visited take no part and get NaN.

    Ord and Getis 1995, Geographical Analysis 27, 286-306, eq. 14 (doi:10.1111/j.1538-4632.1995.tb00912.x), with
    sums over valid cells only, edges included. Where all values are equal there is nothing to compare and Gi* is 0.

    Parameters
    ----------
    values : array, shape (y, x)
        Scores; NaN is not valid.
    kernel : array, odd shape
        Symmetric weights, the centre included.
    valid : array of bool, shape (y, x), optional
        Finite values by default.

    Returns
    -------
    array, shape (y, x)
        z-scores under the hypothesis of exchangeable values, NaN where not valid.
    """
    if any(length % 2 == 0 for length in kernel.shape):
        raise ContractError(f"a Gi* kernel needs odd lengths, got {kernel.shape}")
    finite = np.isfinite(values)
    valid = finite if valid is None else valid & finite
    n = int(valid.sum())
    if n < 2:
        return np.where(valid, 0.0, np.nan)
    mean, sd = float(values[valid].mean()), float(values[valid].std())
    # centred values: the sums stay small, so that their differences keep their digits
    total = _weighted_sum(np.where(valid, values - mean, 0.0), kernel)
    whole = bool(valid.all())
    weight = _window_counts(valid.shape, kernel) if whole else _weighted_sum(valid.astype(np.float64), kernel)
    if np.array_equal(kernel, kernel.astype(bool)):
        weight = np.rint(weight)
        weight_squares = weight
    else:
        weight_squares = _weighted_sum(valid.astype(np.float64), kernel**2)
    return np.where(valid, _standardise(total, weight, weight_squares, n, sd), np.nan)


def _standardise(total: Floats, weight: Floats, weight_squares: Floats, n: int, sd: float) -> Floats:
    """Eq. 14 for centred sums; 0 where its denominator vanishes (equal values, or a window that holds everything)."""
    variance = (n * weight_squares - weight**2) / (n - 1)
    scale = sd * np.sqrt(np.maximum(variance, 0.0))
    usable = scale > 1e-12 * max(sd, np.finfo(float).tiny)
    return np.divide(total, scale, out=np.zeros_like(total), where=usable & (sd > 0))


def _weighted_sum(values: Floats, kernel: Floats) -> Floats:
    """Sum of values under the kernel, zero outside of the grid."""
    if (kernel == kernel.flat[0]).all():
        mean = ndimage.uniform_filter(values, kernel.shape, mode="constant")
        return np.asarray(mean * kernel.sum())
    if kernel.size <= _DIRECT_CELLS:
        return np.asarray(ndimage.convolve(values, kernel[::-1, ::-1], mode="constant"))
    return np.asarray(signal.fftconvolve(values, kernel[::-1, ::-1], mode="same"))


def _window_counts(shape: tuple[int, ...], kernel: Floats) -> Floats:
    """Weight under the kernel for a grid without gaps; a box needs only its two edges."""
    if not (kernel == kernel.flat[0]).all():
        return _weighted_sum(np.ones(shape), kernel)
    sides = []
    for length, window in zip(shape, kernel.shape, strict=True):
        at, reach = np.arange(length), window // 2
        sides.append(np.minimum(at + reach, length - 1) - np.maximum(at - reach, 0) + 1.0)
    return np.asarray(kernel.flat[0] * sides[0][:, None] * sides[1][None, :])


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
        hit = (cells[found] == target) & (target_column >= 0) & (target_column < width) if cells.size else target < 0
        rows.append(np.flatnonzero(hit))
        columns.append(found[hit])
        weights.append(np.full(int(hit.sum()), kernel[i, j]))
    return sparse.csr_matrix(
        (np.concatenate(weights), (np.concatenate(rows), np.concatenate(columns))), shape=(at.size, cells.size)
    )


def gi_star_cells(scores: Floats, matrix: Any) -> Floats:
    """Gi* of scattered cells: ``scores`` (cells,) or (cells, surrogates), ``matrix`` from `neighbour_matrix`.

    Same formula as `gi_star`. Rows of the matrix without any neighbour give NaN.
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
