"""Road segments: streets cut into pieces of about 30 m, from a street network or from the tracks themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely
from numpy.typing import NDArray

from ingest.flags import BAD_POSITION, is_usable
from ingest.roads.read import Roads
from numerics.compiled import compiled
from numerics.plane import Plane, plane_of
from tracks.schema import Track
from tracks.settings import TrackSettings

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_NODE_M = 10.0  # between the vertices of a street made from a track
_OWN_NODES = 6  # the last vertices of a street do not count as a street that is there already


@dataclass(frozen=True, eq=False)
class RoadNetwork:
    """Streets as straight edges, each in one segment of one line.

    Parameters
    ----------
    plane : Plane
        The edges' coordinates are metres in it.
    edges : array, shape (edges, 4)
        x, y of start and end, m, in the direction of the line.
    line, segment : arrays of int64, shape (edges,)
        Which line and which segment an edge belongs to; segments are numbered 0, 1, ... along the lines.
    oneway : array of int64, shape (edges,)
        0 both ways, 1 along the edge, −1 against it.
    touching : array of int64, sorted
        Keys ``a · lines + b`` of lines that share a vertex.
    source : str
        ``"roads"`` or ``"tracks"``: where the streets come from.
    names : tuple of str
        Of the lines, where the streets come from a network; empty where a street has none.
    """

    plane: Plane
    edges: Floats
    line: Ints
    segment: Ints
    oneway: Ints
    touching: Ints
    source: str
    names: tuple[str, ...] = ()

    @property
    def segments(self) -> int:
        """Number of segments."""
        return int(self.segment[-1]) + 1 if len(self.segment) else 0

    @property
    def lines(self) -> int:
        """Number of lines."""
        return int(self.line.max()) + 1 if len(self.line) else 0

    def geometries(self, segments: Ints) -> NDArray[np.object_]:
        """Return the lines of segments in degrees, their edges joined."""
        first, last = (np.searchsorted(self.segment, np.asarray(segments) + step) for step in (0, 1))
        count = last - first
        which = np.repeat(np.arange(len(count)), count)
        edge = np.repeat(first - np.cumsum(count) + count, count) + np.arange(count.sum())
        # Every edge gives its start, the last edge of a segment its end as well.
        points = np.concatenate([self.edges[edge, :2], self.edges[last - 1, 2:]])
        which = np.append(which, np.arange(len(count)))
        order = np.argsort(which, kind="stable")
        degrees = np.column_stack(self.plane.inverse(*points[order].T))
        return np.asarray(shapely.linestrings(degrees, indices=which[order]), object)

    def lengths(self, segments: Ints) -> Floats:
        """Return the lengths of segments, m."""
        edges = np.hypot(*(self.edges[:, 2:] - self.edges[:, :2]).T)
        return np.asarray(np.bincount(self.segment, edges, self.segments)[segments])

    def street(self, segment: int) -> str:
        """Return the name of the street that a segment belongs to, empty where it has none."""
        return self.names[self.line[np.searchsorted(self.segment, segment)]] if self.names else ""


def cut_roads(
    roads: Roads, tracks: Sequence[Track], settings: TrackSettings, *, plane: Plane | None = None
) -> RoadNetwork:
    """Cut the streets near the tracks into segments of about ``segment_m``.

    Each line is cut into equal pieces whose length is nearest to ``segment_m``; a shorter line is one segment. Lines
    that come nowhere near a position of the tracks are left out.

    Parameters
    ----------
    roads : Roads
        From `ingest.roads.read.read_roads`.
    tracks : sequence of Track
    settings : TrackSettings
    plane : Plane, optional
        That of the first position of the tracks where not given.
    """
    lon, lat = _positions(tracks)
    plane = plane or plane_of(lon, lat)
    x, y = plane.forward(lon, lat)
    reach = settings.match_distance_m
    near = (
        {(int(a), int(b)) for a, b in np.unique(np.floor(np.column_stack([x, y]) / 500), axis=0)} if len(x) else set()
    )
    lines, oneway, names = [], [], []
    for road in roads.lines:
        points = np.column_stack(plane.forward(road.vertices[:, 0], road.vertices[:, 1]))
        if near and _comes_near(points, near, reach):
            lines.append(points)
            oneway.append(road.oneway)
            names.append(road.name)
    return replace(_network(plane, lines, oneway, settings, "roads"), names=tuple(names))


def _comes_near(points: Floats, near: set[tuple[int, int]], reach: float) -> bool:
    """True when the line's bounding box touches a cell of 500 m with a position."""
    low, high = np.floor((points.min(axis=0) - reach) / 500), np.floor((points.max(axis=0) + reach) / 500)
    columns, rows = range(int(low[0]), int(high[0]) + 1), range(int(low[1]), int(high[1]) + 1)
    if len(columns) * len(rows) > len(near):
        return any(low[0] <= a <= high[0] and low[1] <= b <= high[1] for a, b in near)
    return any((a, b) in near for a in columns for b in rows)


def _positions(tracks: Sequence[Track]) -> tuple[Floats, Floats]:
    """Longitude and latitude of all usable rows."""
    places = [np.empty((2, 0))]
    for track in tracks:
        lon, lat = track.passes["lon"].values, track.passes["lat"].values
        usable = np.isfinite(lon) & is_usable(track.passes["qc_flag"].values, BAD_POSITION)
        places.append(np.stack([lon[usable], lat[usable]]))
    lon, lat = np.concatenate(places, axis=1)
    return lon, lat


def _network(
    plane: Plane, lines: Sequence[Floats], oneway: Sequence[int], settings: TrackSettings, source: str
) -> RoadNetwork:
    """Cut lines (m) into segments and edges."""
    edges, line, segment, ways = [np.empty((0, 4))], [], [], []
    count = 0
    for number, (points, way) in enumerate(zip(lines, oneway, strict=True)):
        pieces, part = _cut(points, settings.segment_m)
        edges.append(pieces)
        line.append(np.full(len(part), number))
        segment.append(count + part)
        ways.append(np.full(len(part), way))
        count += int(part[-1]) + 1 if len(part) else 0
    none = np.empty(0, np.int64)
    of_line, of_segment, of_way = (
        np.concatenate([none, *arrays]).astype(np.int64) for arrays in (line, segment, ways)
    )
    return RoadNetwork(plane, np.concatenate(edges), of_line, of_segment, of_way, _touching(lines), source)


def _cut(points: Floats, segment_m: float) -> tuple[Floats, Ints]:
    """Edges of one line, cut at the borders of its segments, and the segment of each; repeated vertices go."""
    along = np.append(0.0, np.cumsum(np.hypot(*np.diff(points, axis=0).T)))
    fresh = np.append(True, np.diff(along) > 0)
    points, along = points[fresh], along[fresh]
    if len(points) < 2:
        return np.empty((0, 4)), np.empty(0, np.int64)
    borders = np.linspace(0, along[-1], max(1, round(along[-1] / segment_m)) + 1)
    inner = borders[1:-1]
    after = np.searchsorted(along, inner)
    apart = np.minimum(along[after] - inner, inner - along[after - 1]) > 1e-6
    at = np.sort(np.append(along, inner[apart]))
    x, y = np.interp(at, along, points[:, 0]), np.interp(at, along, points[:, 1])
    part = np.clip(np.searchsorted(borders, (at[1:] + at[:-1]) / 2) - 1, 0, len(borders) - 2)
    return np.column_stack([x[:-1], y[:-1], x[1:], y[1:]]), part.astype(np.int64)


def _touching(lines: Sequence[Floats]) -> Ints:
    """Keys of pairs of lines with a common vertex (to 1 cm), both ways round."""
    if not lines:
        return np.empty(0, np.int64)
    owner = np.repeat(np.arange(len(lines)), [len(points) for points in lines])
    _, vertex = np.unique(np.round(np.concatenate(list(lines)) * 100), axis=0, return_inverse=True)
    order = np.argsort(vertex.ravel(), kind="stable")
    vertex, owner = vertex.ravel()[order], owner[order]
    keys = []
    step = 1
    while (same := vertex[step:] == vertex[:-step]).any():
        a, b = owner[step:][same], owner[:-step][same]
        keys += [a * len(lines) + b, b * len(lines) + a]
        step += 1
    return np.unique(np.concatenate([np.empty(0, np.int64), *keys]))


def roads_of_tracks(tracks: Sequence[Track], settings: TrackSettings) -> RoadNetwork:
    """Make the streets from the tracks: where no street is known within reach, a pass becomes one.

    A moving row starts or continues a street unless a vertex of a street, of either direction, lies within
    ``match_distance_m`` and ``match_angle_deg``; then it drives on that one. Passes of one street further apart than
    that (a wide road, a bad receiver) make two. Directions of a street share its segments.

    Parameters
    ----------
    tracks : sequence of Track
        In the order given: the first pass of a street draws it.
    settings : TrackSettings
    """
    plane = plane_of(*_positions(tracks))
    parts = [_moving(track, plane, settings) for track in tracks]
    x, y, heading, drive = (np.concatenate([np.empty(0), *(part[k] for part in parts)]) for k in range(4))
    new = np.append(True, np.diff(drive) != 0) if len(drive) else np.empty(0, bool)
    track = np.repeat(np.arange(len(parts)), [len(part[0]) for part in parts])
    if len(track):
        new[1:] |= np.diff(track) != 0
    limits = np.array([settings.match_distance_m, np.radians(settings.match_angle_deg), _NODE_M])
    nodes, line = _draw(x, y, heading, new, limits)
    lines = np.split(nodes, np.flatnonzero(np.diff(line)) + 1) if len(line) else []
    lines = [points for points in lines if len(points) > 1]
    return _network(plane, lines, [0] * len(lines), settings, "tracks")


def _moving(track: Track, plane: Plane, settings: TrackSettings) -> tuple[Floats, Floats, Floats, Floats]:
    """Metres, heading and drive pass of rows that move and are where they say."""
    passes = track.passes
    heading = passes["heading"].values
    good = is_usable(passes["qc_flag"].values, BAD_POSITION) & (passes["speed"].values >= settings.match_speed)
    good &= np.isfinite(heading) & (passes["pass_index"].values >= 0)
    x, y = plane.forward(passes["lon"].values[good], passes["lat"].values[good])
    return x, y, heading[good], passes["pass_index"].values[good].astype(np.float64)


@compiled
def _turned(a: float, b: float) -> float:
    """Angle between two undirected lines, radian."""
    off = abs(a - b) % np.pi
    return min(off, np.pi - off)


@compiled
def _draw(x: Floats, y: Floats, heading: Floats, new: NDArray[np.bool_], limits: Floats) -> tuple[Floats, Ints]:
    """Vertices of the streets and the street of each; ``limits`` are (reach_m, angle, step_m)."""
    reach, angle, step = limits[0], limits[1], limits[2]
    n = len(x)
    size = 64
    while size < 2 * n + 2:
        size *= 2
    keys, heads = np.full(size, -1, np.int64), np.full(size, -1, np.int64)
    nodes, line = np.empty((2 * n + 1, 2)), np.empty(2 * n + 1, np.int64)
    towards, following = np.empty(2 * n + 1), np.full(2 * n + 1, -1, np.int64)
    count, number = 0, -1
    drawing = False
    ax = ay = np.nan
    for i in range(n):
        if new[i]:
            drawing = False
            ax = ay = np.nan
        if not np.isnan(ax) and np.hypot(x[i] - ax, y[i] - ay) < step:
            continue
        far = np.isnan(ax) or np.hypot(x[i] - ax, y[i] - ay) > 5 * step
        ax, ay = x[i], y[i]
        cx, cy = int(np.floor(x[i] / reach)), int(np.floor(y[i] / reach))
        there = -1
        nearest = reach
        for dx in range(-1, 2):
            for dy in range(-1, 2):
                slot = _slot_of(keys, cx + dx, cy + dy)
                k = heads[slot] if keys[slot] != -1 else -1
                while k >= 0:
                    own = drawing and line[k] == number and count - k <= _OWN_NODES
                    away = np.hypot(nodes[k, 0] - x[i], nodes[k, 1] - y[i])
                    if not own and away <= nearest and _turned(towards[k], heading[i]) <= angle:
                        there, nearest = k, away
                    k = following[k]
        if there >= 0:
            if drawing and not far:
                nodes[count, 0], nodes[count, 1], line[count] = nodes[there, 0], nodes[there, 1], number
                towards[count] = heading[i]
                count += 1
            drawing = False
            continue
        if not drawing or far:
            number += 1
            drawing = True
        nodes[count, 0], nodes[count, 1], line[count], towards[count] = x[i], y[i], number, heading[i]
        slot = _slot_of(keys, cx, cy)
        keys[slot] = _key_of(cx, cy)
        following[count] = heads[slot]
        heads[slot] = count
        count += 1
    return nodes[:count], line[:count]


@compiled
def _key_of(column: int, row: int) -> int:
    """Return the key of a cell."""
    return ((column + 1073741824) << 31) | (row + 1073741824)


@compiled
def _slot_of(keys: Ints, column: int, row: int) -> int:
    """Return the slot of a cell in the open-addressing table: its own, or the first empty one."""
    key = _key_of(column, row)
    mask = len(keys) - 1
    slot = np.int64((np.uint64(key) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(20)) & mask
    while keys[slot] != -1 and keys[slot] != key:
        slot = (slot + 1) & mask
    return int(slot)
