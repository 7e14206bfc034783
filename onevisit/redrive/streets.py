"""Stretches of street on which a vehicle may measure: of the street network, else those that were driven."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS
from scipy.spatial import cKDTree

from fusion.attribution.information.passes import RoadPlaces
from ingest.coordinates import to_grid, to_lonlat
from ingest.roads.read import Road, Roads
from tracks.schema import Track
from tracks.segments.network import roads_of_tracks
from tracks.settings import TrackSettings

Floats = NDArray[np.float64]

LONGEST_M = 340.0
"""A stretch is about a block: short enough that a plan need not drive past what tells nothing."""
SHORTEST_M = 30.0
REACH_M = 700.0
"""From what is in question to a street that is asked: farther, a ground-level plume is wide and weak."""
ABOUT_M = 2_000.0
"""Choice: about what is in question; ways between stretches lie within it."""
BIN_M = 30.0
"""Along a street: what a vehicle at 25 km/h tells apart with a response of a few seconds."""


@dataclass(frozen=True, eq=False)
class StreetPart:
    """A stretch of street on the grid: vertices (n, 2), m; ``oneway`` as in `ingest.roads.read.Road`."""

    name: str
    xy: Floats
    oneway: int = 0

    @property
    def length_m(self) -> float:
        """Along the street."""
        return float(np.hypot(*np.diff(self.xy, axis=0).T).sum())


def roads_about(roads: Roads, places: Floats, crs: CRS) -> Roads:
    """The part of a network in the rectangle of places (n, 2) [m], `ABOUT_M` wider: no more is looked through."""
    corners = np.array([places.min(axis=0) - ABOUT_M, places.max(axis=0) + ABOUT_M])
    west_south, east_north = np.column_stack(to_lonlat(corners[:, 0], corners[:, 1], crs))
    return Roads(
        tuple(
            line
            for line in roads.lines
            if (line.vertices.min(axis=0) <= east_north).all() and (line.vertices.max(axis=0) >= west_south).all()
        )
    )


def stretches_near(roads: Roads, places: Floats, crs: CRS) -> tuple[StreetPart, ...]:
    """Streets within `REACH_M` of places (n, 2) [m], cut to stretches of at most `LONGEST_M`.

    Motorways and tunnels are left out: nobody stops there, and a tunnel has no wind.
    """
    near = cKDTree(places)
    found = []
    for line in roads.lines:
        if not line.may_stop:
            continue
        xy = np.column_stack(to_grid(line.vertices[:, 0], line.vertices[:, 1], crs))
        if not np.ptp(xy, axis=0).any():
            continue
        middle = shapely.get_coordinates(shapely.LineString(xy).segmentize(200.0))
        if np.min(near.query(middle)[0]) > REACH_M + 200.0:
            continue
        for part in _cut(xy):
            one = StreetPart(line.name, part, line.oneway)
            if one.length_m >= SHORTEST_M and float(near.query(part.mean(axis=0))[0]) <= REACH_M:
                found.append(one)
    return tuple(found)


def streets_driven(tracks: Sequence[Track], settings: TrackSettings) -> Roads:
    """The streets that were driven, as a network of their own: where no other is known."""
    if not tracks:
        return Roads(())
    network = roads_of_tracks(tracks, settings)
    lines = []
    for number in range(network.lines):
        edges = network.edges[network.line == number]
        lon, lat = network.plane.inverse(*np.concatenate([edges[:, :2], edges[-1:, 2:]]).T)
        lines.append(Road(np.column_stack([lon, lat])))
    return Roads(tuple(lines))


def bins_of(stretches: Sequence[StreetPart]) -> RoadPlaces:
    """Middles of bins of about `BIN_M` along each stretch."""
    rows = []
    for one in stretches:
        line = shapely.LineString(one.xy)
        count = max(1, round(line.length / BIN_M))
        at = shapely.line_interpolate_point(line, (np.arange(count) + 0.5) / count, normalized=True)
        rows.append(shapely.get_coordinates(at))
    most = max((len(row) for row in rows), default=0)
    places = np.full((2, len(rows), most), np.nan)
    for k, row in enumerate(rows):
        places[:, k, : len(row)] = row.T
    return RoadPlaces(places[0], places[1])


def degrees(xy: Floats, crs: CRS) -> tuple[tuple[float, float], ...]:
    """WGS 84 longitude and latitude of places on the grid."""
    return tuple((float(lon), float(lat)) for lon, lat in zip(*to_lonlat(xy[:, 0], xy[:, 1], crs), strict=True))


def _cut(xy: Floats) -> list[Floats]:
    """Parts of equal length, none longer than `LONGEST_M`."""
    steps = np.hypot(*np.diff(xy, axis=0).T)
    along = np.concatenate([[0.0], np.cumsum(steps)])
    xy, along = xy[np.append(True, steps > 0)], along[np.append(True, steps > 0)]
    borders = np.linspace(0.0, along[-1], int(np.ceil(along[-1] / LONGEST_M)) + 1)
    parts = []
    for start, end in pairwise(borders):
        inner = (along > start) & (along < end)
        at = np.concatenate([[start], along[inner], [end]])
        parts.append(np.column_stack([np.interp(at, along, xy[:, axis]) for axis in (0, 1)]))
    return parts
