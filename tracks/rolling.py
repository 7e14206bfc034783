"""A percentile in a moving window of time, in one pass over the rows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tracks.compiled import compiled

__all__ = ["block_means", "interpolate_rows", "rolling_percentile"]

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@compiled
def _place(window: Floats, count: int, value: float) -> int:
    """Return the first position in the sorted ``window[:count]`` whose value is not below ``value``."""
    low, high = 0, count
    while low < high:
        middle = (low + high) >> 1
        if window[middle] < value:
            low = middle + 1
        else:
            high = middle
    return low


@compiled
def _swap(window: Floats, count: int, old: float, new: float) -> None:
    """Replace ``old`` by ``new`` in the sorted window, moving only what lies between them."""
    if new >= old:
        k = _place(window, count, old)
        while k + 1 < count and window[k + 1] < new:
            window[k] = window[k + 1]
            k += 1
    else:
        k = _place(window, count, old)
        while k > 0 and window[k - 1] > new:
            window[k] = window[k - 1]
            k -= 1
    window[k] = new


@compiled
def _roll(t: Floats, v: Floats, before_s: float, after_s: float, share: float) -> Floats:
    n = len(t)
    out = np.empty(n)
    window = np.empty(64)
    count = head = tail = 0
    for i in range(n):
        while head < n and t[head] <= t[i] + after_s:
            if tail < i and t[tail] < t[i] - before_s:
                _swap(window, count, v[tail], v[head])
                tail += 1
                head += 1
                continue
            if count == len(window):
                grown = np.empty(2 * count)
                grown[:count] = window
                window = grown
            place = _place(window, count, v[head])
            for k in range(count, place, -1):
                window[k] = window[k - 1]
            window[place] = v[head]
            count += 1
            head += 1
        while tail < i and t[tail] < t[i] - before_s:
            place = _place(window, count, v[tail])
            for k in range(place, count - 1):
                window[k] = window[k + 1]
            count -= 1
            tail += 1
        rank = share * (count - 1)
        low = int(rank)
        high = min(low + 1, count - 1)
        out[i] = window[low] + (rank - low) * (window[high] - window[low])
    return out


def rolling_percentile(t: Floats, values: Floats, *, before_s: float, after_s: float, percentile: float) -> Floats:
    """Percentile of the values within [t − ``before_s``, t + ``after_s``] of each row.

    The window is short at both ends of the trace. Values are kept sorted, so that a row costs one insertion and one
    deletion, whatever the window.

    Parameters
    ----------
    t : array, shape (n,)
        Seconds, increasing.
    values : array, shape (n,)
        No NaN.
    before_s, after_s : float
        Reach of the window, s.
    percentile : float
        0–100, interpolated linearly between ranks (numpy's default).

    Examples
    --------
    >>> rolling_percentile(np.arange(4.0), np.array([3.0, 1, 2, 9]), before_s=1, after_s=1, percentile=0)
    array([1., 1., 1., 2.])
    """
    return _roll(t, values, before_s, after_s, percentile / 100)


@compiled
def _blocks(t: Floats, v: Floats, usable: Bools, step_s: float, tb: Floats, vb: Floats) -> int:
    count = -1
    current = np.int64(-1)
    members = 0
    for i in range(len(t)):
        if not usable[i] or np.isnan(v[i]):
            continue
        block = np.int64(np.floor(t[i] / step_s + 1e-9))
        if block != current:
            if members > 0:
                tb[count] /= members
                vb[count] /= members
            count += 1
            current = block
            members = 0
            tb[count] = 0.0
            vb[count] = 0.0
        tb[count] += t[i]
        vb[count] += v[i]
        members += 1
    if members > 0:
        tb[count] /= members
        vb[count] /= members
    return count + 1


def block_means(t: Floats, values: Floats, usable: Bools, step_s: float) -> tuple[Floats, Floats]:
    """Average usable values over blocks of ``step_s``; a trace that is slower keeps its values.

    Returns
    -------
    times, means : arrays, shape (blocks,)
        Mean time and value of each block that holds a usable value.

    Examples
    --------
    >>> every = np.ones(4, bool)
    >>> block_means(np.array([0.0, 0.5, 1.0, 1.5]), np.array([1.0, 3.0, 5.0, np.nan]), every, 1.0)
    (array([0.25, 1.  ]), array([2., 5.]))
    """
    if len(t) == 0:
        return np.empty(0), np.empty(0)
    size = min(len(t), int((t[-1] - t[0]) / step_s) + 2)
    tb, vb = np.empty(size), np.empty(size)
    count = _blocks(t, values, usable, step_s, tb, vb)
    return tb[:count], vb[:count]


@compiled
def _spread(t: Floats, tb: Floats, vb: Floats) -> Floats:
    out = np.empty(len(t))
    last = len(tb) - 1
    k = 0
    for i in range(len(t)):
        while k < last and tb[k + 1] < t[i]:
            k += 1
        if k == last or t[i] <= tb[k]:
            out[i] = vb[k]
        else:
            out[i] = vb[k] + (vb[k + 1] - vb[k]) * (t[i] - tb[k]) / (tb[k + 1] - tb[k])
    return out


def interpolate_rows(t: Floats, times: Floats, values: Floats) -> Floats:
    """Linear interpolation from blocks back to rows, constant beyond the first and last; NaN without blocks."""
    if len(times) == 0:
        return np.full(len(t), np.nan)
    return _spread(t, times, values)
