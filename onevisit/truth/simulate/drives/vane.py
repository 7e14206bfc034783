"""What the mast of a vehicle says of the wind in world 2: streets turn it, and the vane is not straight.

The air itself is not changed: plumes go with the wind over the roofs, the mast stands between the halls.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import shapely
from numpy.typing import NDArray

from onevisit.truth.simulate.air.wind import Wind
from onevisit.truth.simulate.drives.laps import Drive
from onevisit.truth.simulate.drives.vehicle import Log
from onevisit.truth.simulate.world import World

Floats = NDArray[np.float64]

OFFSET_SD_DEG = 8.0
_OF_THE_DAY_DEG = 7.4
"""The part that all drives of a day share; each drive's own makes it up to `OFFSET_SD_DEG`."""
_YAW_SD_DEG = 5.0
_OPEN_M = 20.0
"""Distance from a crossing within which a street does not turn the wind."""


@dataclass(frozen=True)
class Vane:
    """How a mast is off: degrees by which it is turned, and those that it errs by where the air comes from abeam."""

    offset_deg: float
    yaw_deg: float


STRAIGHT = Vane(0.0, 0.0)


def draw_vane(of_the_day: np.random.Generator, of_the_drive: np.random.Generator) -> Vane:
    """Draw the vane of one drive: N(0, 8°), of which most stays from drive to drive of a day, and N(0, 5°) abeam."""
    common, abeam = of_the_day.normal(0.0, _OF_THE_DAY_DEG), of_the_day.normal(0.0, _YAW_SD_DEG)
    own = of_the_drive.normal(0.0, np.sqrt(OFFSET_SD_DEG**2 - _OF_THE_DAY_DEG**2))
    return Vane(float(common + own), float(abeam))


def turn_vane(log: Log, vane: Vane, drive: Drive, wind: Wind) -> Log:
    """Turn the logged direction by the vane's offset and by its error abeam, times the sine of the yaw.

    The yaw is the angle between the vehicle's heading and where the air that it meets comes from.
    """
    before = len(wind.u) - len(drive.x)
    ahead, right = np.cos(drive.heading_rad), np.sin(drive.heading_rad)
    u = wind.u[before:] - drive.speed * right
    v = wind.v[before:] - drive.speed * ahead
    yaw = np.arctan2(-u, -v) - drive.heading_rad
    turned = log.wind_from_deg + vane.offset_deg + vane.yaw_deg * np.sin(yaw)
    return replace(log, wind_from_deg=np.mod(turned, 360.0))


def channel_wind(log: Log, world: World, drive: Drive, wind: Wind, rng: np.random.Generator) -> Log:
    """Let each street take away its share (0 to 0.6) of the wind across it, except at crossings."""
    shares = rng.uniform(0.0, 0.6, len(world.streets))
    axes = np.array([np.subtract(*np.asarray(s.line.coords)[[-1, 0]]) for s in world.streets])
    axes = axes / np.hypot(*axes.T)[:, None]
    places = shapely.points(drive.x, drive.y)
    street = shapely.STRtree([s.line for s in world.streets]).nearest(places)
    nodes = shapely.MultiPoint(world.nodes.reshape(-1, 2))
    share = np.where(shapely.distance(places, nodes) > _OPEN_M, shares[street], 0.0)
    before = len(wind.u) - len(drive.x)
    air = np.column_stack([wind.u[before:], wind.v[before:]])
    along = np.sum(air * axes[street], axis=1)[:, None] * axes[street]
    local = along + (1.0 - share)[:, None] * (air - along)
    turn = np.degrees(np.arctan2(-local[:, 0], -local[:, 1]) - np.arctan2(-air[:, 0], -air[:, 1]))
    slower = np.hypot(*local.T) / np.maximum(np.hypot(*air.T), 1e-9)
    return replace(
        log, wind_speed=log.wind_speed * slower, wind_from_deg=np.mod(log.wind_from_deg + turn, 360.0)
    )  # fmt: skip
