"""Waves that no plant makes: three days of values that are one sine of a few hours, with little beside it."""

from __future__ import annotations

import numpy as np

from monitors.shape.evidence import Bools, Floats
from numerics.compiled import compiled

_ROWS = 72
_STRIDE = 12
_PADDED = 4
_MOST_ROWS, _LEAST_ROWS = 8.2, 2.2
_KNOWN = 18
_SHARE = 0.8
"""Of the variance in one wave, in two windows in succession. Of 18 values of noise the best of some 30 waves holds
about 0.4; a shift of eight hours that rises and falls comes nearer now and then."""
_LEAST_SCATTER = 1e-9
_LOT = 8
"""Windows of one matrix product: too few for BLAS to spread them over threads, which would wait for each other."""


def _waves() -> Floats:
    """Cosines and sines of the frequencies asked for, shape (rows, 2 frequencies): few of those of a transform."""
    first, last = (int(_PADDED * _ROWS / rows) for rows in (_MOST_ROWS, _LEAST_ROWS))
    angles = 2.0 * np.pi / (_PADDED * _ROWS) * np.outer(np.arange(_ROWS), np.arange(first, last + 1))
    return np.hstack([np.cos(angles), np.sin(angles)])


_WAVES = _waves()


@compiled
def _windows(values: Floats, count: int) -> tuple[Floats, Floats]:
    """Windows less their mean, 0 where nothing is known, in lots; what a pure wave would have, 0 if not judged."""
    lots = (count + _LOT - 1) // _LOT
    centred, whole = np.zeros((lots, _LOT, _ROWS)), np.zeros(lots * _LOT)
    for window in range(count):
        part = values[window * _STRIDE : window * _STRIDE + _ROWS]
        known, total, size = 0, 0.0, 0.0
        for value in part:
            if np.isfinite(value):
                known += 1
                total += value
        if known < _KNOWN:
            continue
        mean = total / known
        for k in range(_ROWS):
            off = part[k] - mean if np.isfinite(part[k]) else 0.0
            centred[window // _LOT, window % _LOT, k] = off
            size += off**2
        if size * known / 2.0 > _LEAST_SCATTER * (size + known * mean**2):
            whole[window] = size * known / 2.0
    return centred, whole


def periodic_rows(values: Floats) -> tuple[Bools, Floats]:
    """Rows of successive windows of 72 in which one wave of 2.2 to 8.2 rows holds 80 % of the variance; that share.

    The share is that of a least-squares sine of the rows that have a value, at least 18 of them, at the frequencies
    of the transform of the window padded to four times its length. It tells a formula from a measurement, not
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
    centred, whole = _windows(values, (n - _ROWS) // _STRIDE + 1)
    parts = (centred @ _WAVES).reshape(len(whole), 2, -1)
    parts *= parts
    wave = (parts[:, 0] + parts[:, 1]).max(axis=1)
    share = np.divide(wave, whole, out=np.zeros_like(wave), where=whole > 0)
    waved = share > _SHARE
    lasting = waved & (np.append(waved[1:], False) | np.append(False, waved[:-1]))
    for window in np.flatnonzero(lasting).tolist():
        rows = slice(window * _STRIDE, window * _STRIDE + _ROWS)
        told[rows] = True
        most[rows] = np.maximum(most[rows], share[window])
    return told, most
