"""A level of the day that the series had not in the weeks around."""

from __future__ import annotations

import numpy as np

from monitors.shape.evidence import Floats, rolling_median
from numerics.quantiles import quantiles

DAY_S = 86400.0
_STRIDE_S = 3 * 3600.0
_WEEKS_S = 28 * DAY_S
"""To either side: four weeks, as a season changes no level within them by as much as a fault."""
LEAST_S = 10 * DAY_S
"""Of a shorter record no level is usual."""
_OUTLIER = 3.25
"""Near the 3.5 of Iglewicz and Hoaglin (1993) for a robust z; below it, as the tail is held down as well."""
_TAIL = 2.5
_SHARES = [0.5, 0.75, 0.9]
_HALF, _MOST, _NINE = 0.6745, 1.1503, 1.6449
"""Normal quantiles of an absolute deviation at these shares."""


def levels_of(t: Floats, values: Floats, *, step_s: float, over_s: float = DAY_S) -> tuple[Floats, Floats]:
    """Level of each row, the median of ``over_s`` about it, and the usual one, that of levels of four weeks each way.

    At both ends of the record the level is that of the first and the last whole window.

    Parameters
    ----------
    t, values : array, shape (n,)
        Seconds, increasing; no NaN.
    step_s : float
        Step of the clock, s.
    over_s : float
        Length of what is one level, s.
    """
    level = rolling_median(t, values, before_s=over_s / 2, after_s=over_s / 2, step_s=step_s)
    whole = np.searchsorted(t, [t[0] + over_s / 2, t[-1] - over_s / 2]).clip(0, len(t) - 1)
    level[: whole[0]], level[whole[1] :] = level[whole[0]], level[whole[1]]
    begins = np.diff(np.floor((t - t[0]) / _STRIDE_S), prepend=-1.0) > 0
    begins[-1] = True
    part = np.flatnonzero(begins)
    usual = rolling_median(t[part], level[part], before_s=_WEEKS_S, after_s=_WEEKS_S, step_s=_STRIDE_S)
    return level, np.interp(t, t[part], usual)


def weigh_levels(t: Floats, values: Floats, *, step_s: float) -> tuple[Floats, Floats]:
    """Robust z of the level of a day against that of four weeks to either side, and what it is over what is told.

    The usual deviation is that of the central half of the series; nine tenths of it hold a strange level down.

    Parameters
    ----------
    t, values : array, shape (n,)
        Seconds, increasing; no NaN.
    step_s : float
        Step of the clock, s.

    Returns
    -------
    z, strength : arrays, shape (n,)
        z keeps its sign; a strength of 1 is where a level is told. Zeros for a record of less than ten days.
    """
    n = len(values)
    if n < 3 or t[-1] - t[0] < LEAST_S:
        return np.zeros(n), np.zeros(n)
    level, usual = levels_of(t, values, step_s=step_s)
    off = level - usual
    size = np.abs(off)
    at_half, at_most, at_nine = quantiles(size, _SHARES)
    held = max(at_half / _HALF, at_most / _MOST)
    if held <= 0:
        return np.zeros(n), np.zeros(n)
    tail = max(held, at_nine / _NINE)
    return off / held, np.minimum(size / held / _OUTLIER, size / tail / _TAIL)
