"""A long series in a short plot, without losing a peak."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Envelope:
    """Lowest and highest value per slice of time; NaN where a slice has no value. Arrays of shape (bins,)."""

    low: Floats
    high: Floats


def bin_index(time_s: Floats, bins: int) -> NDArray[np.int64]:
    """The slice of equal duration that each time falls into, 0 to bins − 1."""
    start, end = float(time_s[0]), float(time_s[-1])
    width = max(end - start, 1e-9) / bins
    return np.minimum(((time_s - start) / width).astype(np.int64), bins - 1)


def envelope(time_s: Floats, values: Floats, bins: int) -> Envelope:
    """Reduce a series to the range of its values in slices of equal duration.

    Every second sample would lose every second peak; the range keeps all of them, at the price of showing noise as a
    band.

    Parameters
    ----------
    time_s : array, shape (n,)
        Increasing, n at least 1.
    values : array, shape (n,)
        NaN where there is none.

    Examples
    --------
    >>> e = envelope(np.arange(6.0), np.array([1.0, 9.0, 2.0, np.nan, np.nan, np.nan]), 2)
    >>> e.low.tolist(), e.high.tolist()
    ([1.0, nan], [9.0, nan])
    """
    low, high = np.full(bins, np.inf), np.full(bins, -np.inf)
    good = np.isfinite(values)
    index = bin_index(time_s, bins)[good]
    np.minimum.at(low, index, values[good])
    np.maximum.at(high, index, values[good])
    empty = low > high
    low[empty] = high[empty] = np.nan
    return Envelope(low, high)


def highest_rows(values: Floats, most: int) -> NDArray[np.int64]:
    """Row numbers of the highest value in each of ``most`` stretches of equal length, rows without value left out.

    Examples
    --------
    >>> highest_rows(np.array([1.0, 5.0, 2.0, np.nan, np.nan, 3.0, 7.0, 0.0]), 4).tolist()
    [0, 1, 5, 6]
    """
    rows = np.flatnonzero(np.isfinite(values))
    if len(rows) <= most:
        return rows
    edges = np.linspace(0, len(rows), most + 1).astype(np.int64)
    return _rows_of_maxima(values, rows, edges)


def _rows_of_maxima(values: Floats, rows: NDArray[np.int64], edges: NDArray[np.int64]) -> NDArray[np.int64]:
    stretch = np.searchsorted(edges, np.arange(len(rows)), side="right")
    order = np.lexsort([-values[rows], stretch])
    first = np.r_[True, np.diff(stretch[order]) != 0]
    return np.sort(rows[order[first]])
