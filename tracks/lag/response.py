"""Response time: what a slow sensor would have shown had it been fast."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.signal import savgol_filter

from numerics.plane import longest_step

Floats = NDArray[np.float64]


def correct_response(
    t: Floats, values: Floats, response_s: float, *, smooth_rows: int = 9, gap_s: float = 3.0
) -> Floats:
    """Undo a first-order response: c + τ dc/dt, on values smoothed by local cubic polynomials.

    Assumes one time constant, the same for rising and falling. The derivative multiplies noise by about τ over the
    interval between rows, which is why values are smoothed; peaks shorter than the smoothing stay flattened. Runs of
    fewer than ``smooth_rows`` values, and the last value of a run, keep what was measured.

    Parameters
    ----------
    t, values : arrays, shape (n,)
        Seconds, and the measured values; NaN and gaps end a run.
    response_s : float
        Time constant τ; 0 changes nothing.
    smooth_rows : int
        Odd; the window of the cubic smoothing.
    gap_s : float
        Values further apart are not in one run (at least 2.5 usual intervals).

    References
    ----------
    Savitzky and Golay 1964, doi:10.1021/ac60214a047 (the smoothing).

    Examples
    --------
    >>> t = np.arange(200.0)
    >>> slow = 1 - np.exp(-t / 20)
    >>> bool(np.allclose(correct_response(t, slow, 20.0)[10:-10], 1.0, atol=0.03))
    True
    """
    if response_s == 0 or len(t) < smooth_rows:
        return values
    corrected = values.copy()
    known = np.flatnonzero(np.isfinite(values))
    if not len(known):
        return corrected
    gap_s = longest_step(t[known], gap_s)
    for run in np.split(known, np.flatnonzero(np.diff(t[known]) > gap_s) + 1):
        if len(run) >= smooth_rows:
            smooth = savgol_filter(values[run], smooth_rows, 3)
            corrected[run[:-1]] = smooth[:-1] + response_s * np.diff(smooth) / np.diff(t[run])
            corrected[run[-1]] = smooth[-1]
    return corrected
