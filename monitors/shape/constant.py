"""Values that repeat, counted in the series' own habit of repeating."""

from __future__ import annotations

import numpy as np

from monitors.shape.evidence import MOST_NATS, Floats

_HABIT_ROWS = 96


def weigh_holds(values: Floats) -> Floats:
    """Weigh how surprising it is, in nats, that a value was repeated so often, for all rows of its run.

    A row repeats the one before it with a chance p, the share of repeats among the 96 rows to either side, at least
    that of the whole series; a run of k + 1 equal values then has the chance p^k. What a coarse resolution or a
    measuring cycle of several rows repeats is in p, so that neither counts; nor does a series that stands still.

    Parameters
    ----------
    values : array, shape (n,)
        No NaN.

    Returns
    -------
    array, shape (n,)
        0 to `MOST_NATS`.

    Examples
    --------
    >>> moving = np.arange(20.0)
    >>> weigh_holds(np.r_[moving, [20.0] * 4, moving]).round(1)[[0, 20, 23]]
    array([0. , 7.3, 7.3])
    """
    n = len(values)
    if n < 2:
        return np.zeros(n)
    repeats = np.diff(values, prepend=np.nan) == 0
    starts = np.flatnonzero(~repeats)
    length = np.diff(np.r_[starts, n])
    times = np.repeat(length - 1.0, length)
    row = np.flatnonzero(times)
    counted = np.r_[0, np.cumsum(repeats)]
    first, last = np.maximum(row - _HABIT_ROWS, 0), np.minimum(row + _HABIT_ROWS + 1, n)
    habit = (counted[last] - counted[first] + 1.0) / (last - first + 2.0)
    habit = np.maximum(habit, (counted[-1] + 1.0) / (n + 2.0))
    surprise = np.zeros(n)
    surprise[row] = np.clip(-times[row] * np.log(habit), 0.0, MOST_NATS)
    return surprise
