"""How far a deviation lies beyond what its own series does, counted in nats."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from numerics.quantiles import median, quantiles
from numerics.rolling import windowed_median

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

MOST_NATS = 20.0
"""Beyond one in 5e8 the tail says nothing more."""
NORMAL_TAIL = 0.2
"""Logarithm of the 99 % over the 90 % quantile of a normal deviation, over ln 10: no tail is taken for lighter."""

_LN10 = float(np.log(10.0))
_NARROWEST = 1.3  # 99 % over 90 % quantile at least: a tail in whole steps of the resolution has no width of its own
_FILLS, _FILLED_TIMES = 5, 1.8  # half a limit is given in as few digits as the values
_EPSILON = 1e-3  # rows lie on their clock to a thousandth of its step


def resolution_of(values: Floats) -> float:
    """Step in which values are given: the 2 % quantile of the changes between rows that differ; 0 for a constant.

    Examples
    --------
    >>> round(resolution_of(np.array([7.0, 7.1, 7.1, 7.3, 7.2])), 6)
    0.1
    """
    change = np.abs(np.diff(values))
    change = change[change > 0]
    return quantiles(change, [0.02])[0] if change.size else 0.0


def detection_limit(values: Floats) -> float:
    """Limit below which half of it is reported: the next value above a lowest one that stands again and again; or 0.

    Examples
    --------
    >>> detection_limit(np.array([1.5, 3.2, 1.5, 4.1, 3.0, 1.5, 1.5, 1.5]))
    3.0
    """
    above = values[values > 0]
    if not above.size:
        return 0.0
    lowest = float(above.min())
    measured = above[above > lowest]
    if len(above) - len(measured) < _FILLS or not measured.size:
        return 0.0
    limit = float(measured.min())
    return limit if limit > _FILLED_TIMES * lowest else 0.0


def nats_beyond(deviation: Floats, *, floor: float = 0.0, least_tail: float = 0.0) -> Floats:
    """Minus the logarithm of the chance that the series itself goes so far.

    Beyond the 90 % quantile the tail is taken for a power law whose exponent the 99 % quantile gives (Hill's
    estimator with two order statistics), so that a series which is heavy-tailed by nature needs a larger deviation
    than a quiet one. Holds while fewer than one row in a hundred is at fault.

    Parameters
    ----------
    deviation : array, shape (n,)
        At least 0.
    floor : float
        A deviation that means nothing, as the resolution.
    least_tail : float
        Inverse of the exponent at least, `NORMAL_TAIL` for that of a normal deviation.

    Returns
    -------
    array, shape (n,)
        0 to `MOST_NATS`.

    References
    ----------
    Hill, B. M. (1975), Ann. Stat. 3, 1163, doi:10.1214/aos/1176343247.

    Examples
    --------
    >>> nats_beyond(np.r_[np.full(905, 1.0), np.full(90, 10.0), np.full(5, 100.0)])[[0, 950, 999]].round(2)
    array([2.3 , 4.61, 6.91])
    """
    if not deviation.size:
        return np.zeros(0)
    at_ten, at_one = quantiles(deviation, [0.9, 0.99])
    start = max(at_ten, floor)
    if start <= 0:
        moved = deviation[deviation > 0]
        if not moved.size:
            return np.zeros(len(deviation))
        start = median(moved)
    tail = max(np.log(max(at_one, _NARROWEST * start) / start) / _LN10, least_tail)
    with np.errstate(divide="ignore"):
        beyond: Floats = _LN10 + np.log(deviation / start) / tail
    return np.clip(beyond, 0.0, MOST_NATS)


def rolling_median(t: Floats, values: Floats, *, before_s: float, after_s: float, step_s: float) -> Floats:
    """Median of the values from ``before_s`` before to ``after_s`` after each row; the clock steps by ``step_s``."""
    slack = _EPSILON * step_s
    return windowed_median(t, values, before_s=before_s + slack, after_s=after_s + slack)


def spread_over(evidence: Floats, rows: int) -> Floats:
    """Strongest evidence within ``rows`` rows to either side."""
    strongest = evidence.copy()
    for off in range(1, min(rows, len(evidence) - 1) + 1):
        np.maximum(strongest[off:], evidence[:-off], out=strongest[off:])
        np.maximum(strongest[:-off], evidence[off:], out=strongest[:-off])
    return strongest
