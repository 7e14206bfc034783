"""Values that are not there: rows without a value, and time stamps that a clock of this step should have given."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from monitors.shape.evidence import Bools
from numerics.quantiles import median


def clock_step(time: NDArray[np.datetime64]) -> float:
    """Seconds of the middle one of the steps between rows; 0 for fewer than two rows."""
    if len(time) < 2:
        return 0.0
    return median(np.diff(time).astype(np.float64)) * 1e-9


def absent_spans(
    time: NDArray[np.datetime64], missing: Bools, *, step_s: float, least: int = 1
) -> Iterator[tuple[np.datetime64, np.datetime64, int]]:
    """Start and end of every span without a value, rows or not, and how many intervals are in it.

    Parameters
    ----------
    time : array of datetime64, shape (n,)
        Strictly increasing.
    missing : array of bool, shape (n,)
        Whether the row has no value.
    step_s : float
        Step of the clock, s; 0 for none.
    least : int
        Intervals of a span at least.
    """
    if step_s <= 0:
        return
    step = np.timedelta64(round(step_s * 1e9), "ns")
    here = time[~missing]
    edges = np.concatenate([time[:1] - step, here, time[-1:] + step])
    absent = np.rint(np.diff(edges) / step).astype(int) - 1
    for row in np.flatnonzero((np.diff(edges) > 1.5 * step) & (absent >= least)):
        yield edges[row] + step, edges[row + 1], int(absent[row])
