"""A local plane for one trace: metres east and north of its first position."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_A = 6378137.0  # WGS 84 semi-major axis, m
_E2 = 6.69437999014e-3  # WGS 84 first eccentricity squared
_ROWS_FOR_INTERVAL = 10_000  # enough to know the usual interval between rows


@dataclass(frozen=True)
class Plane:
    """Metres east and north on the ellipsoid's tangent at (``lon``, ``lat``) degrees.

    East–west lengths are those of latitude ``lat``: 50 km north of it they are 1 % off at 50° N. Good for speeds,
    headings and cells of 30 m along one outing; maps use a projected grid.

    Examples
    --------
    >>> plane = Plane(104.0, 30.0)
    >>> east, north = plane.forward(np.array([104.001]), np.array([30.001]))
    >>> float(east[0].round(1)), float(north[0].round(1))
    (96.5, 110.9)
    """

    lon: float
    lat: float

    @property
    def metres_per_degree(self) -> tuple[float, float]:
        """Length in m of one degree of longitude and of latitude."""
        sine = np.sin(np.radians(self.lat))
        root = np.sqrt(1 - _E2 * sine**2)
        north = np.radians(_A * (1 - _E2) / root**3)
        return float(np.radians(_A / root * np.cos(np.radians(self.lat)))), float(north)

    def forward(self, lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
        """Degrees to metres east and north; longitudes may lie on either side of the antimeridian."""
        east, north = self.metres_per_degree
        x, y = lon - self.lon, lat - self.lat
        x += 180.0  # in place: traces are long
        x %= 360.0
        x -= 180.0
        x *= east
        y *= north
        return x, y

    def inverse(self, x: Floats, y: Floats) -> tuple[Floats, Floats]:
        """Metres east and north to degrees, longitude in [−180, 180)."""
        east, north = self.metres_per_degree
        lon, lat = x / east, y / north
        lon += self.lon
        lon += 180.0
        lon %= 360.0
        lon -= 180.0
        lat += self.lat
        return lon, lat


def plane_of(lon: Floats, lat: Floats) -> Plane:
    """Return the plane at the first row that has a position; at (0, 0) where none has."""
    found = np.isfinite(lon) & np.isfinite(lat)
    if not found.any():
        return Plane(0.0, 0.0)
    first = int(np.argmax(found))
    return Plane(float(lon[first]), float(np.clip(lat[first], -89.0, 89.0)))


def seconds_since_start(time: NDArray[np.datetime64]) -> Floats:
    """Seconds after the first row; empty for no rows."""
    if len(time) == 0:
        return np.empty(0)
    seconds: Floats = (time - time[0]).astype(np.int64) * 1e-9
    return seconds


def longest_step(t: Floats, at_least_s: float) -> float:
    """Return the interval in s up to which rows count as neighbours: 2.5 times the usual one, or more.

    Examples
    --------
    >>> longest_step(np.array([0.0, 10.0, 20.0]), 3.0), longest_step(np.arange(3.0), 3.0)
    (25.0, 3.0)
    """
    usual_s = float(np.median(np.diff(t[:_ROWS_FOR_INTERVAL]))) if len(t) > 1 else 0.0
    return max(at_least_s, 2.5 * usual_s)
