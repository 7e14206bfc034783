"""How much one instrument scatters in clean air."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_Z10, _Z30 = -1.2815515655446004, -0.5244005127080409  # standard normal quantiles of 10 % and 30 %
_SAMPLE_ROWS = 1_000_000  # more rows do not make a quantile of noise better


def estimate_noise(t: Floats, excess: Floats, *, gap_s: float) -> tuple[float, float]:
    """Return the noise's standard deviation and the offset of clean air above the background, from one species.

    The lower part of the excess over a background is clean air with noise: its 10 % and 30 % quantiles give
    a normal distribution, whose mean is the offset. The standard deviation is not below that of differences
    between neighbouring rows. Holds while less than half of the rows are in plumes.

    Parameters
    ----------
    t, excess : arrays, shape (n,)
        Seconds; values minus background, no NaN.
    gap_s : float
        Neighbours further apart are not compared.

    Returns
    -------
    noise_sd, offset : float
        In the unit of the excess; NaN for fewer than ten rows.

    Examples
    --------
    >>> noise = np.random.default_rng(1).normal(0.5, 2.0, 100_000)
    >>> sd, offset = estimate_noise(np.arange(1e5), noise, gap_s=2.0)
    >>> bool(abs(sd - 2) < 0.05), bool(abs(offset - 0.5) < 0.05)
    (True, True)
    """
    if len(excess) < 10:
        return float("nan"), float("nan")
    part = slice(0, None, max(1, len(excess) // _SAMPLE_ROWS))
    low, mid = np.quantile(excess[part], [0.10, 0.30])
    sd = float((mid - low) / (_Z30 - _Z10))
    offset = float(low - _Z10 * sd)
    rows = slice(0, _SAMPLE_ROWS)
    steps = np.diff(excess[rows])[np.diff(t[rows]) <= gap_s]
    if len(steps):
        sd = max(sd, float(np.median(np.abs(steps)) * 1.482602218505602 / np.sqrt(2)))
    return max(sd, float(np.finfo(float).eps * (1 + np.abs(excess[part]).max()))), offset
