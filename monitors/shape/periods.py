"""Waves that no plant makes: three days of values that are one sine of a few hours, with little beside it."""

from __future__ import annotations

import numpy as np

from monitors.shape.evidence import Bools, Floats

_ROWS = 72
_STRIDE = 12
_PADDED = 4
_MOST_ROWS, _LEAST_ROWS = 8.2, 2.2
_KNOWN = 24
_SHARE = 0.8
"""Of the variance in one wave. Of 24 values of noise the best of some 30 waves holds about 0.3."""


def periodic_rows(values: Floats) -> tuple[Bools, Floats]:
    """Rows of windows of 72 rows of which one wave of 2.2 to 8.2 rows holds 80 % of the variance, and that share.

    The share is that of a least-squares sine of the rows that have a value, at least 24 of them, from the transform
    of the window padded to four times its length, where the rest is zero. It tells a formula from a measurement, not
    who wrote it; a pump that doses by the clock looks alike.

    Parameters
    ----------
    values : array, shape (n,)
        On an even clock; NaN where there is nothing to be judged.

    References
    ----------
    Scargle, J. D. (1982), Astrophys. J. 263, 835, doi:10.1086/160554.
    """
    n = len(values)
    told, most = np.zeros(n, bool), np.zeros(n)
    if n < _ROWS or np.isfinite(values).sum() < _KNOWN:
        return told, most
    windows = np.lib.stride_tricks.sliding_window_view(values, _ROWS)[::_STRIDE]
    there = np.isfinite(windows)
    known = there.sum(axis=1)
    filled = np.where(there, windows, 0.0)
    centred = np.where(there, filled - (filled.sum(axis=1) / np.maximum(known, 1))[:, None], 0.0)
    whole = (centred**2).sum(axis=1) * np.maximum(known, 1) / 2.0
    power = np.abs(np.fft.rfft(centred, _PADDED * _ROWS, axis=1)) ** 2
    first, last = (int(_PADDED * _ROWS / rows) for rows in (_MOST_ROWS, _LEAST_ROWS))
    wave = power[:, first : last + 1].max(axis=1)
    share = np.divide(wave, whole, out=np.zeros_like(wave), where=whole > 1e-9 * (filled**2).sum(axis=1))
    for window in np.flatnonzero((known >= _KNOWN) & (share > _SHARE)).tolist():
        rows = slice(window * _STRIDE, window * _STRIDE + _ROWS)
        told[rows] = True
        most[rows] = np.maximum(most[rows], share[window])
    return told, most
