"""Visits to a site, as its other quantities show them: while one sensor gives nothing, hands are on all of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from monitors.shape.curves import Curve
from monitors.shape.evidence import Bools

_REACH_S = 3600.0
"""Hands are on a site for the hour before and after as well."""


def near_visit(curve: Curve, others: Sequence[Curve]) -> Bools:
    """Rows within an hour, or one step of the clock, of a row in which another quantity of the site has no value."""
    gone = [other.time[other.missing] for other in others]
    moments = np.sort(np.concatenate(gone)) if gone else np.empty(0, "M8[ns]")
    if not len(moments) or not len(curve.time):
        return np.zeros(len(curve.time), bool)
    reach_s = max(_REACH_S, curve.step_s) + 1e-3 * curve.step_s
    return _within(curve.time, moments, np.timedelta64(round(reach_s * 1e9), "ns"))


def _within(time: NDArray[np.datetime64], moments: NDArray[np.datetime64], reach: np.timedelta64) -> Bools:
    after = np.searchsorted(moments, time)
    last = len(moments) - 1
    to_next = moments[np.minimum(after, last)] - time
    to_last = time - moments[np.maximum(after - 1, 0)]
    return (np.abs(to_next) <= reach) | (np.abs(to_last) <= reach)
