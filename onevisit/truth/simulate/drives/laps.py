"""A drive on the streets: laps, stops, speed, and what the GNSS receiver says of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from onevisit.truth.simulate.air.wind import ornstein_uhlenbeck
from onevisit.truth.simulate.world import World

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Drive:
    """Where the vehicle really was, second by second, in local metres. ``lap`` counts tours of the streets."""

    x: Floats
    y: Floats
    speed: Floats
    heading_rad: Floats
    lap: NDArray[np.int64]


@dataclass(frozen=True)
class Fixes:
    """What the receiver reported: local metres, NaN in a tunnel; ``jumps`` are the seconds of urban-canyon error."""

    x: Floats
    y: Floats
    jumps: tuple[tuple[int, int], ...]
    tunnels: tuple[tuple[int, int], ...]


def tour_of_crossings(rows: int, columns: int, *, turned: bool) -> list[tuple[int, int]]:
    """A closed tour over all crossings of a lattice with an even number of rows (columns, when turned).

    One column is kept for the way back, the others are swept row by row.

    Examples
    --------
    >>> tour_of_crossings(2, 2, turned=False)
    [(0, 0), (0, 1), (1, 1), (1, 0)]
    """
    if turned:
        return [(row, column) for column, row in tour_of_crossings(columns, rows, turned=False)]
    there = [
        (row, column)
        for row in range(rows)
        for column in (range(1, columns) if row % 2 == 0 else range(columns - 1, 0, -1))
    ]
    back = [(row, 0) for row in range(rows - 1, 0, -1)]
    return [(0, 0), *there, *back]


def drive_streets(
    world: World,
    laps: int,
    rng: np.random.Generator,
    *,
    corner: tuple[int, int] = (0, 0),
    span: tuple[int, int] | None = None,
    limit_s: int = 4 * 3600,
) -> Drive:
    """Drive laps over the streets at 1 Hz: two tours by turns, with bends, lights and changing traffic.

    Where the part has an odd number of rows or of columns, there is one tour.

    ``corner`` (row, column) and ``span`` (rows, columns) choose a part of the lattice of crossings; by default all.
    """
    rows, columns = span or world.nodes.shape[:2]
    nodes = world.nodes[corner[0] : corner[0] + rows, corner[1] : corner[1] + columns]
    points, lap_of_point = [], []
    for lap in range(laps):
        turned = rows % 2 == 1 or (columns % 2 == 0 and lap % 2 == 1)
        tour = tour_of_crossings(rows, columns, turned=turned)
        if lap % 4 >= 2:  # the other way round, so that every street is driven in both directions
            tour = [tour[0], *reversed(tour[1:])]
        points += [nodes[row, column] for row, column in tour]
        lap_of_point += [lap] * len(tour)
    points.append(nodes[0, 0])
    lap_of_point.append(laps - 1)
    return follow_way(np.asarray(points), np.asarray(lap_of_point), rng, limit_s)


def follow_way(points: Floats, laps: NDArray[np.int64], rng: np.random.Generator, limit_s: int) -> Drive:
    """Move along a polyline second by second, with stops and bends at its vertices.

    Parameters
    ----------
    points : array, shape (vertices, 2)
        Local metres.
    laps : array, shape (vertices,)
        Lap of the leg that begins at each vertex.
    limit_s : int
        Where the way takes longer, the drive ends there.
    """
    legs = np.hypot(*np.diff(points, axis=0).T)
    corner_s = np.concatenate([[0.0], np.cumsum(legs)])
    stop_at = {k: float(rng.exponential(22.0)) for k in range(1, len(points) - 1) if rng.random() < 0.16}
    wish = np.clip(7.8 + ornstein_uhlenbeck(limit_s, 1.2, 60.0, rng), 3.5, 10.5)
    along, speed, waiting, corner, distance = 0.0, 0.0, 0.0, 0, []
    speeds = []
    for k in range(limit_s):
        distance.append(along)
        speeds.append(speed)
        if along >= corner_s[-1]:
            break
        if waiting > 0:
            waiting, speed = waiting - 1.0, 0.0
            continue
        ahead = corner_s[corner + 1] - along
        allowed = min(wish[k], np.sqrt(2 * 1.3 * max(ahead, 0.0) + 3.0**2))
        speed = float(np.clip(allowed, speed - 2.2, speed + 1.4))
        along += speed
        if along >= corner_s[corner + 1]:
            corner += 1
            waiting = stop_at.get(corner, 0.0)
    s = np.asarray(distance)
    x, y = (np.interp(s, corner_s, points[:, axis]) for axis in (0, 1))
    x, y = _smooth(x), _smooth(y)
    leg = np.clip(np.searchsorted(corner_s, s, side="right") - 1, 0, len(legs) - 1)
    direction = np.arctan2(np.diff(points[:, 0])[leg], np.diff(points[:, 1])[leg])
    return Drive(x, y, np.asarray(speeds), np.mod(direction, 2 * np.pi), laps[leg])


def _smooth(values: Floats) -> Floats:
    """Round corners with a mean over three seconds."""
    padded = np.concatenate([values[:1], values, values[-1:]])
    return np.asarray(np.convolve(padded, np.ones(3) / 3, mode="valid"))


def measure_positions(drive: Drive, rng: np.random.Generator, *, jumps: int, tunnels: int) -> Fixes:
    """What a single-frequency receiver reports: slowly wandering error, canyon jumps, a tunnel without fixes."""
    n = len(drive.x)
    x = drive.x + ornstein_uhlenbeck(n, 1.4, 90.0, rng) + rng.normal(0, 0.25, n)
    y = drive.y + ornstein_uhlenbeck(n, 1.4, 90.0, rng) + rng.normal(0, 0.25, n)
    jumped, lost = [], []
    for _ in range(jumps):
        start = int(rng.integers(30, n - 60))
        end = start + int(rng.integers(8, 25))
        bearing, size = rng.uniform(0, 2 * np.pi), rng.uniform(35, 90)
        x[start:end] += size * np.sin(bearing) + rng.normal(0, 6, end - start)
        y[start:end] += size * np.cos(bearing) + rng.normal(0, 6, end - start)
        jumped.append((start, end))
    for _ in range(tunnels):
        start = int(rng.integers(30, n - 60))
        end = start + int(rng.integers(10, 35))
        x[start:end], y[start:end] = np.nan, np.nan
        lost.append((start, end))
    return Fixes(x, y, tuple(jumped), tuple(lost))
