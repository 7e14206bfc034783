"""Runs of equal statements in matrices of (quantity, slot): found in whole matrices, never slot by slot."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


class Run(NamedTuple):
    """Slots ``first`` to ``last``, both of the run, of one quantity."""

    quantity: int
    first: int
    last: int

    @property
    def slots(self) -> slice:
        """Its slots."""
        return slice(self.first, self.last + 1)

    @property
    def length(self) -> int:
        """How many slots."""
        return self.last - self.first + 1


def find_runs(flags: Bools, least: int = 1) -> list[Run]:
    """Return the runs of true values along the last axis, by quantity and time.

    Parameters
    ----------
    flags : array of bool, shape (quantity, slot) or (slot,)
    least : int
        Shorter runs are left out.

    Examples
    --------
    >>> [tuple(run) for run in find_runs(np.array([[True, True, False, True]]), 1)]
    [(0, 0, 1), (0, 3, 3)]
    """
    flags = np.atleast_2d(flags)
    if not flags.any():
        return []
    framed = np.zeros((flags.shape[0], flags.shape[1] + 2), np.int8)
    framed[:, 1:-1] = flags
    change = np.diff(framed, axis=1)
    quantity, first = np.nonzero(change == 1)
    last = np.nonzero(change == -1)[1] - 1
    kept = last - first + 1 >= least
    return [Run(*run) for run in zip(quantity[kept].tolist(), first[kept].tolist(), last[kept].tolist(), strict=True)]


def join_runs(runs: list[Run], gap: int) -> list[Run]:
    """Join runs of one quantity that are at most ``gap`` slots apart."""
    joined: list[Run] = []
    for run in runs:
        before = joined[-1] if joined else None
        if before is not None and before.quantity == run.quantity and run.first - before.last - 1 <= gap:
            joined[-1] = Run(run.quantity, before.first, max(before.last, run.last))
        else:
            joined.append(run)
    return joined


def mark_runs(runs: list[Run], shape: tuple[int, ...]) -> Bools:
    """Return a matrix of that shape which is true in the runs."""
    edges = np.zeros((shape[0], shape[1] + 1), np.int32)
    for run in runs:
        edges[run.quantity, run.first] += 1
        edges[run.quantity, run.last + 1] -= 1
    return np.asarray(np.cumsum(edges[:, :-1], axis=1) > 0)
