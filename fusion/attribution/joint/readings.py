"""What fixed witnesses measured: sensors at points and along paths, masts, and their means over blocks of time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fusion.attribution.joint.settings import JointSettings

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_SPACING_M = 3.0  # of points that stand for a path: about the width of a plume a source's size from it
_LARGEST_WIND_M_S = 60.0  # above any mean over seconds near the ground; loggers write such numbers for a fault
_SPIKE = 6.0  # robust standard deviations of wind over minutes


@dataclass(frozen=True)
class Sensor:
    """A point, or a path whose other end is (``x2``, ``y2``); metres on one plane, height above ground."""

    name: str
    x: float
    y: float
    x2: float
    y2: float
    height_m: float

    @property
    def length_m(self) -> float:
        """Length of the path, 0 for a point."""
        return float(np.hypot(self.x2 - self.x, self.y2 - self.y))

    def points(self, spacing_m: float = _SPACING_M) -> tuple[Floats, Floats]:
        """Places whose mean is the mean over the path: middles of equal parts."""
        parts = max(1, int(np.ceil(self.length_m / spacing_m)))
        share = (np.arange(parts) + 0.5) / parts
        return self.x + share * (self.x2 - self.x), self.y + share * (self.y2 - self.y)


@dataclass(frozen=True, eq=False)
class Mast:
    """Wind over time at one place: ``u``, ``v`` towards east and north, m s-1, all (n,), by time in seconds.

    What else was measured is NaN where it was not: ``w`` m s-1, friction velocity, 1/L, standard deviations of the
    wind across and upwards (m s-1), and roughness (m). ``height_m`` is NaN where nobody says.
    """

    name: str
    height_m: float
    time: Floats
    u: Floats
    v: Floats
    w: Floats
    friction_m_s: Floats
    inverse_obukhov_per_m: Floats
    lateral_sd_m_s: Floats
    vertical_sd_m_s: Floats
    roughness_m: Floats

    @property
    def interval_s(self) -> float:
        """Usual time between rows; infinite for one row."""
        return float(np.median(np.diff(self.time))) if self.time.size > 1 else float("inf")


@dataclass(frozen=True, eq=False)
class Readings:
    """Values of sensors over time: ``sensor`` is the index of each row; ``value`` g m-3, ``time`` seconds, (n,)."""

    sensors: tuple[Sensor, ...]
    masts: tuple[Mast, ...]
    time: Floats
    sensor: Ints
    value: Floats


@dataclass(frozen=True, eq=False)
class Blocks:
    """Means over blocks: ``start`` [s] (blocks,), ``value`` [g m-3] (blocks, sensors), NaN where nothing was read."""

    sensors: tuple[Sensor, ...]
    start: Floats
    length_s: float
    value: Floats


def blocks_of(readings: Readings, settings: JointSettings) -> Blocks:
    """Average readings over blocks of ``settings.block_s``, or of the readings' own interval where that is longer."""
    good = np.isfinite(readings.value) & np.isfinite(readings.time)
    time, sensor, value = readings.time[good], readings.sensor[good], readings.value[good]
    length = max(settings.block_s, own_interval_s(time, sensor))
    block = np.floor(time / length + 1e-9).astype(np.int64)
    kept, row = np.unique(block, return_inverse=True)
    shape = kept.size, len(readings.sensors)
    flat = row * shape[1] + sensor
    count = np.bincount(flat, minlength=shape[0] * shape[1])
    total = np.bincount(flat, value, minlength=shape[0] * shape[1])
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(count > 0, total / count, np.nan)
    return Blocks(readings.sensors, np.asarray(kept * length, np.float64), length, mean.reshape(shape))


def own_interval_s(time: Floats, sensor: Ints) -> float:
    """Median over sensors of the median time between their readings, s; 0 where none has two."""
    steps = []
    for j in np.unique(sensor):
        step = np.diff(np.unique(time[sensor == j]))
        if step.size:
            steps.append(float(np.median(step)))
    return float(np.median(steps)) if steps else 0.0


def without_spikes(mast: Mast) -> tuple[Mast, int]:
    """The mast without rows that no wind makes, and how many those were.

    A row is a spike where the speed is above 60 m s-1, or farther from the median of the mast's speeds than six
    robust standard deviations and three times as fast.
    """
    speed = np.hypot(mast.u, mast.v)
    known = np.isfinite(speed)
    usable = known & (speed < _LARGEST_WIND_M_S)
    if usable.any():
        middle = float(np.median(speed[usable]))
        spread = 1.4826 * float(np.median(np.abs(speed[usable] - middle)))
        usable &= speed <= max(middle + _SPIKE * spread, 3 * middle)
    columns = (
        "time", "u", "v", "w", "friction_m_s", "inverse_obukhov_per_m", "lateral_sd_m_s", "vertical_sd_m_s",
        "roughness_m",
    )  # fmt: skip
    rows = (getattr(mast, name)[usable] for name in columns)
    return Mast(mast.name, mast.height_m, *rows), int((known & ~usable).sum())


def new_mast(
    name: str, time: Floats, u: Floats, v: Floats, *, height_m: float = float("nan"), **measured: Floats
) -> Mast:
    """A mast sorted by time, with NaN for what was not measured.

    Examples
    --------
    >>> mast = new_mast("A", np.array([60.0, 0.0]), np.array([2.0, 1.0]), np.zeros(2))
    >>> mast.u, mast.w
    (array([1., 2.]), array([nan, nan]))
    """
    order = np.argsort(time, kind="stable")
    nothing = np.full(time.size, np.nan)
    names = (
        "w", "friction_m_s", "inverse_obukhov_per_m", "lateral_sd_m_s", "vertical_sd_m_s", "roughness_m",
    )  # fmt: skip
    unknown = set(measured) - set(names)
    if unknown:
        raise TypeError(f"a mast measures {', '.join(names)}, not {', '.join(sorted(unknown))}")
    return Mast(name, height_m, time[order], u[order], v[order], *(measured.get(n, nothing)[order] for n in names))


def span_m(sensors: Sequence[Sensor]) -> float:
    """Diagonal of the rectangle about all sensors, m."""
    x = [value for s in sensors for value in (s.x, s.x2)]
    y = [value for s in sensors for value in (s.y, s.y2)]
    return float(np.hypot(max(x) - min(x), max(y) - min(y)))
