"""Scatter that goes: a blocked line or an instrument that no longer sees the air gives a smooth curve."""

from __future__ import annotations

import numpy as np

from monitors.shape.evidence import Bools, Floats
from numerics.quantiles import median
from numerics.rolling import centred_median

_HALF_ROWS = 6
_COLLAPSED = 0.2
_LEAST_ROWS = 14
_USUAL_STEPS = 3.0
_MOST_QUIET = 0.35
_LOW = 0.3
"""Of the usual level: what is measured near the detection limit has no scatter of its own."""


def cycle_rows(values: Floats) -> int:
    """Rows of a measuring cycle, from the share of rows that repeat the one before; 1 where rows seldom do.

    Examples
    --------
    >>> cycle_rows(np.repeat(np.arange(50.0), 2))
    2
    """
    repeats = float(np.mean(values[1:] == values[:-1])) if len(values) > 1 else 0.0
    return max(round(1.0 / max(1.0 - repeats, 0.05)), 1) if repeats > 0.3 else 1


def collapsed_noise(values: Floats, resolution: float) -> tuple[Bools, Floats]:
    """Rows in which the scatter is less than a fifth of what is usual, and how many times less it is.

    Scatter is the median size of the change between measuring cycles, over 13 of them; the usual one is its median
    over the series. A series whose usual scatter is not three steps of its resolution, or which is quiet in a third
    of its rows by habit, is not judged, nor are runs shorter than 14 cycles and levels below a third of the usual.
    Where most cycles repeat their value it is held or substituted and not quiet, which other rules tell.

    Parameters
    ----------
    values : array, shape (n,)
        No NaN.
    resolution : float
        Step in which values are given.
    """
    n, cycle = len(values), cycle_rows(values)
    own = values[::cycle]
    if len(own) < 4 * _LEAST_ROWS:
        return np.zeros(n, bool), np.ones(n)
    scatter = centred_median(np.abs(np.diff(own, prepend=own[:1])), _HALF_ROWS)
    usual = median(scatter)
    if usual < _USUAL_STEPS * resolution or usual <= 0:
        return np.zeros(n, bool), np.ones(n)
    times = usual / np.maximum(scatter, 0.01 * usual)
    quiet = (times > 1.0 / _COLLAPSED) & (scatter > 0)
    if not _lasting(quiet).any():
        return np.zeros(n, bool), np.ones(n)
    quiet &= np.abs(centred_median(own, _HALF_ROWS)) > _LOW * abs(median(own))
    if quiet.mean() > _MOST_QUIET:
        return np.zeros(n, bool), np.ones(n)
    return np.repeat(_lasting(quiet), cycle)[:n], np.repeat(times, cycle)[:n]


def _lasting(quiet: Bools) -> Bools:
    """Those of runs of 14 and more."""
    edges = np.flatnonzero(np.diff(quiet, prepend=False, append=False))
    length = np.diff(edges, prepend=0, append=len(quiet))
    lasts = np.zeros(len(length), bool)
    lasts[1::2] = length[1::2] >= _LEAST_ROWS
    return np.repeat(lasts, length)
