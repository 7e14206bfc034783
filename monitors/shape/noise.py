"""Scatter that goes: a blocked line or an instrument that no longer sees the air gives a curve that is too smooth."""

from __future__ import annotations

import numpy as np

from monitors.shape.evidence import Bools, Floats
from numerics.rolling import centred_median

_HALF_ROWS = 12
_COLLAPSED = 0.2
_LEAST_ROWS = 36
_USUAL_STEPS = 3.0
_QUIET_SHARE = 0.15


def collapsed_noise(values: Floats, resolution: float) -> tuple[Bools, Floats]:
    """Rows in which the scatter of a day of rows is less than a fifth of what is usual, and how many times less.

    Scatter is the median size of the change between rows, over 25 rows; the usual one is its median over the series.
    A series whose usual scatter is not three steps of its resolution, or that is quiet in more than 15 % of its rows
    by habit, is not judged. Runs shorter than 36 rows are left out.

    Parameters
    ----------
    values : array, shape (n,)
        No NaN.
    resolution : float
        Step in which values are given.
    """
    n = len(values)
    if n < 4 * _LEAST_ROWS:
        return np.zeros(n, bool), np.ones(n)
    scatter = centred_median(np.abs(np.diff(values, prepend=values[:1])), _HALF_ROWS)
    usual = float(np.median(scatter))
    times = usual / np.maximum(scatter, max(0.1 * resolution, 1e-3 * usual, 1e-300))
    quiet = times > 1.0 / _COLLAPSED
    if usual < _USUAL_STEPS * resolution or quiet.mean() > _QUIET_SHARE:
        return np.zeros(n, bool), times
    edges = np.flatnonzero(np.diff(quiet, prepend=False, append=False))
    for first, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        if end - first < _LEAST_ROWS:
            quiet[first:end] = False
    return quiet, times
