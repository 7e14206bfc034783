"""The Getis-Ord Gi* statistic on a grid with gaps, and on the scattered cells of a drive."""

from __future__ import annotations

from typing import Any

import dask.array as da
import numpy as np
from dask.delayed import delayed
from numpy.typing import NDArray
from scipy import ndimage, signal, sparse, stats

from fusion.gistar_kernel import box_gi_star, moments
from ingest.errors import ContractError

__all__ = ["disc_kernel", "gi_star", "gi_star_cells", "gi_star_lazy", "neighbour_matrix", "rank_normal"]

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
    _check_kernel(kernel)
    values = np.asarray(values, np.float64)
    if valid is not None:
        values = np.where(valid, values, np.nan)
    n, mean, sd = moments(values)
    return _gi_star(values, kernel, n, mean, sd)


def gi_star_lazy(values: da.Array, kernel: Floats) -> Any:
    """Gi* of a grid too large for memory: moments first, then block by block with a margin; equal to `gi_star`.

    Nothing is computed before the result is. Peak memory is that of the blocks in work.

    Parameters
    ----------
    values : dask array, shape (y, x)
        Scores; NaN is not valid. Chunks must be at least half as wide as the kernel.
    kernel : array, odd shape
        Symmetric weights, the centre included.
    """
    _check_kernel(kernel)
    finite = da.isfinite(values)
    n = finite.sum()
    mean = da.where(finite, values, 0.0).sum() / n
    sd = da.sqrt((da.where(finite, values - mean, 0.0) ** 2).sum() / n)
    reach = {0: kernel.shape[0] // 2, 1: kernel.shape[1] // 2}
    wider = da.overlap.overlap(values, reach, {0: np.nan, 1: np.nan})
    whole = delayed(_whole_map)(n, mean, sd)
    blocks = wider.map_blocks(_gi_star_block, kernel=kernel, whole=whole, dtype=np.float64, meta=np.empty((0, 0)))
    return da.overlap.trim_internal(blocks, reach, {0: np.nan, 1: np.nan})


def _whole_map(n: int, mean: float, sd: float) -> tuple[int, float, float]:
    return int(n), float(mean), float(sd)


def _gi_star_block(values: Floats, kernel: Floats, whole: tuple[int, float, float]) -> Floats:
    return _gi_star(np.ascontiguousarray(values, np.float64), kernel, *whole)


def _check_kernel(kernel: Floats) -> None:
    if any(length % 2 == 0 for length in kernel.shape):
        raise ContractError(f"a Gi* kernel needs odd lengths, got {kernel.shape}")


def _gi_star(values: Floats, kernel: Floats, n: int, mean: float, sd: float) -> Floats:
    """Gi* given the moments of the whole map, of which ``values`` may be a part."""
    valid = np.isfinite(values)
    if n < 2 or not sd > 1e-12 * abs(mean):
        return np.where(valid, 0.0, np.nan)
    if (kernel == kernel.flat[0]).all():
        return np.asarray(box_gi_star(values, kernel.shape[0] // 2, kernel.shape[1] // 2, n, mean, sd))
    # centred values: the sums stay small, so that their differences keep their digits
    total = _weighted_sum(np.where(valid, values - mean, 0.0), kernel)
    weight = _weighted_sum(valid.astype(np.float64), kernel)
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
    if kernel.size <= _DIRECT_CELLS:
        return np.asarray(ndimage.convolve(values, kernel[::-1, ::-1], mode="constant"))
    return np.asarray(signal.fftconvolve(values, kernel[::-1, ::-1], mode="same"))


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
