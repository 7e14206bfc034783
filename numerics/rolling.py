"""A percentile or a median in a moving window, in one pass over the rows; means over blocks of time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from numerics.compiled import compiled

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Rows = NDArray[np.int64]

_SPARE = 32  # sorted values beyond those that the rank needs
_LOT = 8  # doubles of a vector register, at most


@compiled
def _place(low: Floats, count: int, value: float) -> int:
    """Return the first position in the sorted ``low[:count]`` whose value is not below ``value``.

    Without branches: which half comes next cannot be predicted, and a wrong guess costs more than the comparison.
    """
    if count == 0:
        return 0
    first = 0
    while count > 1:
        half = count >> 1
        first += half * (low[np.uint64(first + half - 1)] < value)
        count -= half
    return first + int(low[np.uint64(first)] < value)


@compiled
def _insert(low: Floats, count: int, value: float) -> None:
    """Insert into the sorted ``low[:count]``, which has room; unsigned indices let the loop be vectorised."""
    place = _place(low, count, value)
    for k in range(count - place):
        low[np.uint64(count - k)] = low[np.uint64(count - k - 1)]
    low[place] = value


@compiled
def _remove(low: Floats, count: int, value: float) -> None:
    """Take one ``value`` out of the sorted ``low[:count]``."""
    place = _place(low, count, value)
    for k in range(count - 1 - place):
        low[np.uint64(place + k)] = low[np.uint64(place + k + 1)]


@compiled
def _roll(t: Floats, v: Floats, before_s: float, after_s: float, share: float) -> Floats:
    """Keep only the lowest values of the window sorted: all that do not exceed ``limit``, which is chosen again when
    they become too few for the rank that is wanted, or many more than it needs.
    """
    n = len(t)
    out = np.empty(n)
    low = np.empty(64)
    size = head = tail = 0
    limit = -np.inf
    most = 0
    for i in range(n):
        while head < n and t[head] <= t[i] + after_s:
            if v[head] <= limit:
                if size == len(low):
                    low = np.append(low, np.empty(size))
                _insert(low, size, v[head])
                size += 1
            head += 1
        while tail < i and t[tail] < t[i] - before_s:
            if v[tail] <= limit:
                _remove(low, size, v[tail])
                size -= 1
            tail += 1
        rank = share * (head - tail - 1)
        k = int(rank)
        needed = min(k + 2, head - tail)
        if size < needed or size > most:
            window = np.sort(v[tail:head])
            last = needed + _SPARE + needed // 4
            limit = window[last] if last < len(window) else np.inf
            size = int(np.searchsorted(window, limit, side="right"))
            if size > len(low):
                low = np.empty(2 * size)
            low[:size] = window[:size]
            most = 2 * size + _SPARE
        high = min(k + 1, head - tail - 1)
        out[i] = low[k] + (rank - k) * (low[high] - low[k])
    return out


def rolling_percentile(t: Floats, values: Floats, *, before_s: float, after_s: float, percentile: float) -> Floats:
    """Percentile of the values within [t − ``before_s``, t + ``after_s``] of each row.

    The window is short at both ends of the trace. Of its values only those about and below the rank are kept sorted,
    so that most rows of a low percentile cost two comparisons; a high one is the low one of the negative values.

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
    if percentile > 50:
        return -_roll(t, -values, before_s, after_s, 1 - percentile / 100)
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


@compiled
def _exchange(held: Floats, spare: Floats, reach: int, old: float, new: float) -> None:
    """Write the sorted values of ``held``, less ``old`` and with ``new``, to ``spare``; inf is none.

    At 0 stands -inf, beyond the values inf. Without branches and in whole lots, so that the loop is vectorised; as a
    window grows or shrinks by one at a time, ``reach`` rewrites all that ``spare`` held before.
    """
    for k in range(1, (reach + _LOT) // _LOT * _LOT + 1):
        before, own, after = held[np.uint64(k - 1)], held[np.uint64(k)], held[np.uint64(k + 1)]
        left = before if before < old else own
        right = own if own < old else after
        right = right if right < new else new
        spare[np.uint64(k)] = left if left > right else right


@compiled
def _medians(v: Floats, first: Rows, last: Rows) -> Floats:
    """Median of ``v[first : last]`` of each row; bounds never fall, and no window is empty."""
    out = np.empty(len(first))
    one = np.full(np.max(last - first) + 2 * _LOT, np.inf)
    one[0] = -np.inf
    other = one.copy()
    in_one = True  # to let the arrays change names would cost more than the exchange
    size = head = tail = 0
    for i in range(len(first)):
        while head < last[i] or tail < first[i]:
            more, less = int(head < last[i]), int(tail < first[i] and size > 0)
            new = v[head] if more else np.inf
            old = v[tail] if less else np.inf
            if in_one:
                _exchange(one, other, size + more, old, new)
            else:
                _exchange(other, one, size + more, old, new)
            in_one = not in_one
            head, tail, size = head + more, tail + less, size + more - less
        below, above = (size + 1) // 2, size // 2 + 1
        low = one[below] if in_one else other[below]
        high = one[above] if in_one else other[above]
        out[i] = low + 0.5 * (high - low)
    return out


@compiled
def _windows(t: Floats, before_s: float, after_s: float) -> tuple[Rows, Rows]:
    n = len(t)
    first, last = np.empty(n, np.int64), np.empty(n, np.int64)
    head = tail = 0
    for i in range(n):
        while head < n and t[head] <= t[i] + after_s:
            head += 1
        while tail < i and t[tail] < t[i] - before_s:
            tail += 1
        first[i], last[i] = tail, head
    return first, last


def windowed_median(t: Floats, values: Floats, *, before_s: float, after_s: float) -> Floats:
    """Median of the values within [t − ``before_s``, t + ``after_s``] of each row, as `rolling_percentile` has it.

    All values of the window are kept sorted, which is faster where it holds some hundreds of them at most.

    Parameters
    ----------
    t, values : array, shape (n,)
        Seconds, increasing; finite.
    before_s, after_s : float
        Reach of the window, s.

    Examples
    --------
    >>> windowed_median(np.arange(4.0), np.array([3.0, 1, 2, 9]), before_s=1, after_s=1)
    array([2. , 2. , 2. , 5.5])
    """
    return _medians(values, *_windows(t, before_s, after_s)) if len(t) else np.empty(0)


def centred_median(values: Floats, half: int) -> Floats:
    """Median of each value and the ``half`` ones to either side; the window is short at both ends. All are finite.

    Examples
    --------
    >>> centred_median(np.array([3.0, 1, 2, 9]), 1)
    array([2. , 2. , 2. , 5.5])
    """
    row = np.arange(len(values))
    last = np.minimum(row + half + 1, len(values))
    return _medians(values, np.maximum(row - half, 0), last) if len(values) else np.empty(0)
