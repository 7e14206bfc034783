"""A level of the day that the series had not in the weeks around."""

from __future__ import annotations

import numpy as np

from monitors.shape.evidence import Floats, rolling_median

_DAY_S = 86400.0
_STRIDE_S = 3 * 3600.0
_WEEKS_S = 28 * _DAY_S
"""To either side: four weeks, as a season changes no level within them by as much as a fault."""
_LEAST_S = 10 * _DAY_S
_OUTLIER = 3.25
"""Near the 3.5 of Iglewicz and Hoaglin (1993) for a robust z; below it, as the tail is held down as well."""
_TAIL = 2.5
_HELD_BY = {0.5: 0.6745, 0.75: 1.1503}
_TAIL_BY = {0.9: 1.6449}
"""Normal quantiles of an absolute deviation."""


def weigh_levels(t: Floats, values: Floats, *, step_s: float) -> tuple[Floats, Floats]:
    """Robust z of the level of a day against that of four weeks to either side, and what it is over what is told.

    The level is the median of 24 h, so that the shape of the day is not in it; its usual deviation is that of the
    central half of the series, or that of nine tenths where this is wider.

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
    if n < 3 or t[-1] - t[0] < _LEAST_S:
        return np.zeros(n), np.zeros(n)
    level = rolling_median(t, values, before_s=_DAY_S / 2, after_s=_DAY_S / 2, step_s=step_s)
    part = np.unique(np.searchsorted(t, np.arange(t[0], t[-1] + _STRIDE_S, _STRIDE_S)).clip(0, n - 1))
    usual = rolling_median(t[part], level[part], before_s=_WEEKS_S, after_s=_WEEKS_S, step_s=_STRIDE_S)
    off = level - np.interp(t, t[part], usual)
    size = np.abs(off)
    held = max(float(np.quantile(size, share)) / normal for share, normal in _HELD_BY.items())
    tail = max(held, *(float(np.quantile(size, share)) / normal for share, normal in _TAIL_BY.items()))
    if held <= 0:
        return np.zeros(n), np.zeros(n)
    return off / held, np.minimum(size / held / _OUTLIER, size / tail / _TAIL)
