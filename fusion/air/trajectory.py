"""Where the air at a place and time came from: back-trajectories in the wind that the drive itself measured.

A plume is not straight: what is met 300 m downwind left its source minutes ago, in the wind of then. Over a park of a
kilometre the wind of the vehicle stands for the wind along the path (FastGaussianPuff and other puff models of fence
lines assume the same: one wind for the site). What that leaves out grows with the path and is carried as an error.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from fusion.air.dispersion import Plume

Floats = NDArray[np.float64]

_FIRST_STEP_M = 10.0
_GROWTH = 0.2  # steps grow with the path, a fifth of it: about the width of a plume there
_SLOWEST_M_S = 0.2
_HELD_S = 300.0  # a reading stands for the wind so long before and after it: within the meander of 420 s (choice)


class Air(IntEnum):
    """What is known of the wind of a place and time: nothing, that it was calm, or from where it blew."""

    UNKNOWN = 0
    CALM = 1
    MOVING = 2


@dataclass(frozen=True, eq=False)
class WindHistory:
    """Wind over a drive, smoothed over a few seconds: ``time`` s, ``u``, ``v`` m s-1, all (n,), finite; n may be 0.

    ``sd`` [m s-1] is the error of a component of one reading, NaN where the track does not say.
    """

    time: Floats
    u: Floats
    v: Floats
    sd: float

    @property
    def known(self) -> bool:
        """Whether there is any wind."""
        return self.time.size > 0

    def known_at(self, time: Floats) -> NDArray[np.bool_]:
        """Whether a reading is near enough to stand for the wind at times."""
        if not self.known:
            return np.zeros(time.shape, bool)
        after = np.clip(np.searchsorted(self.time, time), 0, self.time.size - 1)
        before = np.maximum(after - 1, 0)
        apart = np.minimum(np.abs(self.time[after] - time), np.abs(time - self.time[before]))
        return np.asarray(apart <= _HELD_S)

    def at(self, time: Floats) -> tuple[Floats, Floats]:
        """Wind at times, the first and last value held beyond the ends."""
        return np.interp(time, self.time, self.u), np.interp(time, self.time, self.v)


def wind_history(time: Floats, u: Floats, v: Floats, wind_sd: Floats, *, smooth_s: float) -> WindHistory:
    """Smooth a wind record by a centred mean over ``smooth_s``; rows without wind are left out.

    Examples
    --------
    >>> t = np.arange(5.0)
    >>> wind_history(t, np.array([1.0, 1, 4, 1, 1]), np.zeros(5), np.full(5, 0.3), smooth_s=2.0).u
    array([1., 2., 2., 2., 1.])
    """
    known = np.isfinite(u) & np.isfinite(v) & np.isfinite(time)
    t = time[known]
    if t.size == 0:
        return WindHistory(t, t, t, float("nan"))
    low = np.searchsorted(t, t - smooth_s / 2, side="left")
    high = np.searchsorted(t, t + smooth_s / 2, side="right")
    sums = [np.concatenate([[0.0], np.cumsum(w[known])]) for w in (u, v)]
    mean_u, mean_v = ((s[high] - s[low]) / (high - low) for s in sums)
    errors = wind_sd[known]
    good = errors[np.isfinite(errors)]
    return WindHistory(t, mean_u, mean_v, float(np.sqrt(np.mean(good**2))) if good.size else float("nan"))


@dataclass(frozen=True, eq=False)
class BackPaths:
    """Paths of air upwind of places; all (places, nodes), the first node a step away from the place.

    ``x``, ``y`` [m] of the node, ``cos``, ``sin`` of the direction in which the air left it, ``length`` [m] and
    ``age`` [s] travelled from there, ``reach`` [m] half of the longer step beside the node.
    """

    x: Floats
    y: Floats
    cos: Floats
    sin: Floats
    length: Floats
    age: Floats
    reach: Floats


def back_paths(
    x: Floats, y: Floats, time: Floats, wind: WindHistory, plume: Plume, wind_m_s: float, *, reach_m: float
) -> BackPaths:
    """Follow the air back from places and times, faster or slower than the mast as the plume's height asks.

    Parameters
    ----------
    x, y, time : arrays, shape (places,)
        Metres, and seconds of ``wind.time``.
    plume : Plume
        Its transport wind over ``wind_m_s``, the wind of its table, is the share of the measured wind that carries.
    reach_m : float
        Length at which paths end.
    """
    lengths = _path_lengths(reach_m)
    share = np.interp(lengths, plume.distance_m, plume.wind_m_s) / max(wind_m_s, 0.1)
    nodes = lengths.size
    result = np.zeros((7, x.size, nodes))
    px, py, age, before = x.astype(np.float64), y.astype(np.float64), np.zeros(x.size), 0.0
    for k in range(nodes):
        u, v = wind.at(time - age)
        speed = np.maximum(np.hypot(u, v) * share[k], _SLOWEST_M_S)
        length = np.hypot(u, v)
        still = length < 1e-9
        cos, sin = (
            np.where(still, 1.0, u / np.where(still, 1.0, length)),
            np.where(still, 0.0, v / np.where(still, 1.0, length)),
        )
        step = lengths[k] - before
        px, py = px - step * cos, py - step * sin
        age = age + step / speed
        following = lengths[k + 1] - lengths[k] if k + 1 < nodes else step
        result[:, :, k] = (
            px,
            py,
            cos,
            sin,
            np.full(x.size, lengths[k]),
            age,
            np.full(x.size, 0.5 * max(step, following)),
        )
        before = lengths[k]
    return BackPaths(*result)


def _path_lengths(reach_m: float) -> Floats:
    lengths = [_FIRST_STEP_M]
    while lengths[-1] < reach_m:
        lengths.append(lengths[-1] + max(_FIRST_STEP_M, _GROWTH * lengths[-1]))
    return np.asarray(lengths)
