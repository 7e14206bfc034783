"""How far and how long from each place to each other: straight lines times a detour, or a street network."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Geod
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components, dijkstra
from scipy.spatial import cKDTree

from ingest.coordinates import grid_crs, to_grid, to_lonlat
from ingest.roads.read import Roads
from onevisit.schema import Leg
from onevisit.settings import RouteSettings

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_VERTEX_GAP_M = 50.0
"""Streets get a vertex at least this often, so that a gate snaps to within half of it along the street, m."""


@dataclass(frozen=True, eq=False)
class StraightTravel:
    """Straight lines times a detour factor at one speed."""

    lonlat: Floats
    distance_m: Floats
    speed_m_s: float
    on_roads: bool = False

    @property
    def duration_s(self) -> Floats:
        """Driving time from row to column, s, shape (n, n)."""
        return self.distance_m / self.speed_m_s

    def leg(self, start: int, end: int) -> Leg:
        """The straight line from one place to another, with the lengthened distance."""
        distance = float(self.distance_m[start, end])
        return Leg(distance, distance / self.speed_m_s, (_point(self.lonlat[start]), _point(self.lonlat[end])))


@dataclass(frozen=True, eq=False)
class StreetTravel:
    """Shortest times on a street network, from each place's nearest vertex."""

    lonlat: Floats
    nodes_lonlat: Floats
    node_of: Ints
    access_m: Floats
    seconds: Floats
    metres: csr_matrix
    predecessors: NDArray[np.int32]
    speed_m_s: float
    on_roads: bool = True

    @property
    def duration_s(self) -> Floats:
        """Driving time from row to column, s, shape (n, n): to the street, along it, and from it."""
        access = self.access_m / self.speed_m_s
        total: Floats = self.seconds + access[:, None] + access[None, :]
        np.fill_diagonal(total, 0.0)
        return total

    def leg(self, start: int, end: int) -> Leg:
        """The shortest way along the streets, with the straight bits from and to the gates."""
        path = [int(self.node_of[end])]
        while path[-1] != self.node_of[start]:
            path.append(int(self.predecessors[start, path[-1]]))
        path.reverse()
        on_street = sum(float(self.metres[a, b]) for a, b in itertools.pairwise(path))
        distance = on_street + float(self.access_m[start] + self.access_m[end])
        points = [self.lonlat[start], *self.nodes_lonlat[path], self.lonlat[end]]
        return Leg(distance, float(self.duration_s[start, end]), tuple(_point(p) for p in points))


Travel = StraightTravel | StreetTravel


def straight_travel(lonlat: Floats, settings: RouteSettings) -> StraightTravel:
    """Geodesic distances times ``detour_factor``, at ``speed_km_h``.

    It holds as a mean over a city; a river or a motorway between two places makes it too short.

    Parameters
    ----------
    lonlat : array, shape (n, 2)
        WGS 84 degrees.

    Examples
    --------
    >>> places = np.array([[104.0, 30.0], [104.0, 30.01]])
    >>> round(float(straight_travel(places, RouteSettings(detour_factor=1.0)).distance_m[0, 1]), 1)
    1108.5
    """
    count = len(lonlat)
    first, second = np.repeat(lonlat, count, axis=0), np.tile(lonlat, (count, 1))
    _, _, metres = Geod(ellps="WGS84").inv(first[:, 0], first[:, 1], second[:, 0], second[:, 1])
    distance = np.asarray(metres, np.float64).reshape(count, count) * settings.detour_factor
    return StraightTravel(lonlat, distance, settings.speed_km_h / 3.6)


def street_travel(lonlat: Floats, roads: Roads, settings: RouteSettings) -> tuple[StreetTravel, NDArray[np.bool_]]:
    """Shortest driving times on a street network (Dijkstra), without turn restrictions.

    Places snap to the part of the network from which every street of that part can be reached and left again; where
    there are several such parts, to the one near most places.

    Parameters
    ----------
    lonlat : array, shape (n, 2)
        WGS 84 degrees.
    roads : Roads
        At least one line.

    Returns
    -------
    StreetTravel
    reached : array of bool, shape (n,)
        False where no street of that part is within ``snap_m``; such a place's durations mean nothing.
    """
    crs = grid_crs(lonlat[:, 0], lonlat[:, 1])
    nodes, seconds, metres = _street_graph(roads, crs, settings)
    places = np.column_stack(to_grid(lonlat[:, 0], lonlat[:, 1], crs))
    part = _main_part(nodes, seconds, places, settings)
    access, nearest = cKDTree(nodes[part]).query(places)
    node_of = part[nearest]
    times, predecessors = dijkstra(seconds, directed=True, indices=node_of, return_predecessors=True)
    travel = StreetTravel(
        lonlat,
        np.column_stack(to_lonlat(nodes[:, 0], nodes[:, 1], crs)),
        node_of,
        np.asarray(access, np.float64),
        np.asarray(times[:, node_of], np.float64),
        metres,
        predecessors,
        settings.speed_km_h / 3.6,
    )
    return travel, np.asarray(access <= settings.snap_m)


def _street_graph(roads: Roads, crs: CRS, settings: RouteSettings) -> tuple[Floats, csr_matrix, csr_matrix]:
    """Vertices in grid metres, shape (nodes, 2), and the directed graphs of seconds and of metres between them."""
    pieces, starts, ends, speeds = [], [], [], []
    offset = 0
    for line in roads.lines:
        easting, northing = to_grid(line.vertices[:, 0], line.vertices[:, 1], crs)
        if not np.ptp(line.vertices, axis=0).any():
            continue  # all of its vertices are one place
        dense = shapely.segmentize(shapely.LineString(np.column_stack([easting, northing])), _VERTEX_GAP_M)
        points = shapely.get_coordinates(dense)
        speed_km_h = settings.speed_share * line.speed_km_h if line.speed_km_h else settings.speed_km_h
        here = np.arange(offset, offset + len(points))
        directions = [(here[:-1], here[1:])] * (line.oneway >= 0) + [(here[1:], here[:-1])] * (line.oneway <= 0)
        for start, end in directions:
            starts.append(start)
            ends.append(end)
            speeds.append(np.full(len(start), speed_km_h / 3.6))
        pieces.append(points)
        offset += len(points)
    # Lines of one file share vertices to the last digit; a centimetre forgives rounding between files.
    nodes, index = np.unique(np.round(np.concatenate(pieces), 2), axis=0, return_inverse=True)
    start, end = index.ravel()[np.concatenate(starts)], index.ravel()[np.concatenate(ends)]
    length = np.linalg.norm(nodes[start] - nodes[end], axis=1)
    return np.asarray(nodes, np.float64), *_shortest_edges(
        start, end, length, length / np.concatenate(speeds), len(nodes)
    )


def _shortest_edges(
    start: Ints, end: Ints, metres: Floats, seconds: Floats, count: int
) -> tuple[csr_matrix, csr_matrix]:
    """Sparse graphs that keep the fastest of parallel edges (a sparse matrix would add them up)."""
    order = np.lexsort([seconds, end, start])
    order = order[start[order] != end[order]]
    is_first = np.r_[True, (np.diff(start[order]) != 0) | (np.diff(end[order]) != 0)][: len(order)]
    keep = order[is_first]
    where = (start[keep], end[keep])
    return (
        csr_matrix((seconds[keep], where), shape=(count, count)),
        csr_matrix((metres[keep], where), shape=(count, count)),
    )


def _main_part(nodes: Floats, graph: csr_matrix, places: Floats, settings: RouteSettings) -> Ints:
    """Nodes of the strongly connected part that is within ``snap_m`` of most places; of equal ones the largest."""
    count, label = connected_components(graph, directed=True, connection="strong")
    sizes = np.bincount(label, minlength=count)
    near = np.zeros(count, np.int64)
    for found in cKDTree(nodes).query_ball_point(places, settings.snap_m):
        near[np.unique(label[np.asarray(found, np.int64)])] += 1
    best = int(np.lexsort([sizes, near])[-1])
    return np.flatnonzero(label == best)


def _point(pair: Sequence[float] | Floats) -> tuple[float, float]:
    return float(pair[0]), float(pair[1])
