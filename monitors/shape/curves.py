"""What one curve says of itself, row by row, before the others of its site are asked."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from monitors.shape.constant import weigh_holds
from monitors.shape.evidence import Bools, Floats, resolution_of
from monitors.shape.levels import weigh_levels
from monitors.shape.missing import clock_step
from monitors.shape.outliers import Outliers, weigh_outliers


@dataclass(frozen=True, eq=False)
class Clock:
    """Moments of rows, strictly increasing, shape (n,)."""

    time: NDArray[np.datetime64]

    @cached_property
    def seconds(self) -> Floats:
        """Seconds since the first row."""
        since: Floats = (self.time - self.time[:1]) / np.timedelta64(1, "s")
        return since

    @cached_property
    def step_s(self) -> float:
        """Step of the clock, s."""
        return clock_step(self.time)


@dataclass(frozen=True, eq=False)
class Curve:
    """One quantity over time.

    ``time`` is strictly increasing, shape (n,); ``values`` is NaN where nothing was measured. ``judged`` is False for
    rows of which nothing is to be said, as of marked ones: they are neither missing nor compared with. ``clock`` is
    that of ``time``, where several curves share one.
    """

    time: NDArray[np.datetime64]
    values: Floats
    judged: Bools | None = None
    clock: Clock | None = None

    @cached_property
    def own_clock(self) -> Clock:
        """The clock of its rows."""
        return self.clock or Clock(self.time)

    @property
    def seconds(self) -> Floats:
        """Seconds since the first row."""
        return self.own_clock.seconds

    @property
    def step_s(self) -> float:
        """Step of the clock, s."""
        return self.own_clock.step_s

    @cached_property
    def missing(self) -> Bools:
        """Rows that should have a value and have none."""
        gone: Bools = ~np.isfinite(self.values)
        return gone if self.judged is None else gone & self.judged

    @cached_property
    def rows(self) -> NDArray[np.intp]:
        """Rows with a value to be judged."""
        there = np.isfinite(self.values)
        return np.flatnonzero(there if self.judged is None else there & self.judged)

    @cached_property
    def shown(self) -> Floats:
        """Their values."""
        return self.values[self.rows]

    @cached_property
    def resolution(self) -> float:
        """Step in which values are given."""
        return resolution_of(self.shown)

    @cached_property
    def outliers(self) -> Outliers:
        """Evidence of values that leave the curve and of levels that change, of all rows."""
        of = weigh_outliers(self.shown, self.resolution)
        return Outliers(*(self.on_rows(one) for one in (of.spike, of.pulse, of.shift, of.around)))

    @cached_property
    def holds(self) -> Floats:
        """Evidence of held values, of all rows."""
        return self.on_rows(weigh_holds(self.shown))

    @cached_property
    def levels(self) -> tuple[Floats, Floats]:
        """Robust z and strength of the level of the day, of all rows."""
        z, strength = weigh_levels(self.seconds[self.rows], self.shown, step_s=self.step_s)
        return self.on_rows(z), self.on_rows(strength)

    def on_rows(self, shown: Floats) -> Floats:
        """Values of the judged rows among all rows, 0 elsewhere."""
        out = np.zeros(len(self.values))
        out[self.rows] = shown
        return out
