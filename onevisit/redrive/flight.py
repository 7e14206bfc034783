"""Flights across the wind, where a drone would tell more than a vehicle on the streets."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from fusion.air.dispersion import solar_elevation_rad
from fusion.attribution.information.passes import RoadPlaces
from ingest.registers.kinds import Zone
from onevisit.redrive.questions import Question
from onevisit.redrive.schema import Hours
from onevisit.redrive.streets import BIN_M, degrees

Floats = NDArray[np.float64]

HIGHEST_M = 120.0
"""无人驾驶航空器飞行管理暂行条例 (2023), art. 19: open airspace for light drones is below 120 m true height."""
HEIGHT_M = 30.0
"""Choice: above halls and trees, and as low as that allows, since plumes of low sources stay near the ground."""
LOWEST_M = 20.0
"""Choice: below a zone's limit of so much nobody flies over a works."""
BETWEEN_M = 60.0
"""Choice: between transects; a source is told from its neighbour by the transect that lies between them."""
MOST_TRANSECTS = 6
BESIDE_M = 60.0
"""Choice: of a transect beyond what is in question, either side."""


@dataclass(frozen=True, eq=False)
class Pattern:
    """Transects across a wind: ends (transects, 2, 2), m, and their bins."""

    ends: Floats
    road: RoadPlaces

    @property
    def waypoints(self) -> Floats:
        """Ends in the order flown, there and back by turns, (2 transects, 2), m."""
        turned = [pair if k % 2 == 0 else pair[::-1] for k, pair in enumerate(self.ends)]
        return np.concatenate(turned)

    @property
    def length_m(self) -> float:
        """From the first waypoint to the last."""
        return float(np.hypot(*np.diff(self.waypoints, axis=0).T).sum())


def pattern_of(question: Question, towards_rad: float) -> Pattern:
    """Transects across the wind every `BETWEEN_M`, from among the places in question to behind the last of them."""
    places, _ = question.places
    along_axis = np.array([math.cos(towards_rad), math.sin(towards_rad)])
    across_axis = np.array([-along_axis[1], along_axis[0]])
    along, across = places @ along_axis, places @ across_axis
    first, last = along.min() + BETWEEN_M, along.max() + BETWEEN_M
    count = int(min(MOST_TRANSECTS, math.floor((last - first) / BETWEEN_M + 1e-9) + 1))
    low, high = across.min() - BESIDE_M, across.max() + BESIDE_M
    at = np.linspace(last - (count - 1) * BETWEEN_M, last, count)
    ends = np.stack([[a * along_axis + low * across_axis, a * along_axis + high * across_axis] for a in at])
    bins = max(1, round((high - low) / BIN_M))
    share = (np.arange(bins) + 0.5) / bins
    xy = ends[:, :1] + share[None, :, None] * (ends[:, 1:] - ends[:, :1])
    return Pattern(ends, RoadPlaces(xy[..., 0], xy[..., 1]))


def height_allowed(pattern: Pattern, zones: Sequence[Zone], crs: CRS) -> tuple[float, str]:
    """How high the pattern may be flown [m], 0 for not at all, and the zone that says so (empty: none)."""
    line = shapely.LineString(degrees(pattern.waypoints, crs))
    lowest = min((zone for zone in zones if zone.shape.intersects(line)), key=lambda z: z.limit_m, default=None)
    if lowest is None:
        return min(HEIGHT_M, HIGHEST_M), ""
    height = min(HEIGHT_M, lowest.limit_m, HIGHEST_M)
    return (height if height >= LOWEST_M else 0.0), lowest.name


def daylight(day: date, lon: float, lat: float, zone: tzinfo) -> Hours | None:
    """From sunrise to sunset in local time, to ten minutes; None where the sun does not rise.

    Examples
    --------
    >>> found = daylight(date(2026, 3, 20), 0.0, 0.0, UTC)
    >>> found.start.hour, found.end.hour
    (6, 18)
    """
    midnight = datetime.combine(day, time(), tzinfo=zone)
    up = []
    for step in range(144):
        at = midnight + timedelta(minutes=10 * step)
        utc = np.datetime64(at.astimezone(UTC).replace(tzinfo=None), "s")
        if solar_elevation_rad(utc, lon, lat) > 0:
            up.append(at)
    return Hours(up[0].time(), up[-1].time()) if up else None
