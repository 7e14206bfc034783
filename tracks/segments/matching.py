"""Map matching: which road segment a row was driven on, by position, heading and what came before."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from ingest.flags import BAD_POSITION, is_usable
from numerics.compiled import compiled
from numerics.plane import seconds_since_start
from tracks.segments.network import RoadNetwork
from tracks.settings import TrackSettings

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_CELL_M = 30.0  # of the index of edges
_CANDIDATES = 6  # lines that are considered for one row
_BLOCK_ROWS = 100_000  # matched together; the memory of the most likely path
_TOUCHING_COST = 1.0  # of going on to a line that shares a vertex, in squared standard deviations
_JUMP_COST = 9.0  # of changing to a line that does not: three standard deviations


def match_segments(passes: xr.Dataset, network: RoadNetwork, settings: TrackSettings) -> NDArray[np.int32]:
    """Return the segment of each row, −1 where none fits or the platform hardly moves.

    Of the streets within ``match_distance_m`` whose direction differs by less than ``match_angle_deg`` (both
    directions, but on a one-way street only its own), the most likely sequence is taken: a row costs the squares of
    distance and angle in standard deviations, weighted by the time that it stands for, and a change of street costs
    more where the streets do not touch. So a row at a crossing does not snap to the side street, and one of two
    parallel streets is kept. Slower than ``match_speed`` there is no heading to go by.

    Parameters
    ----------
    passes : xarray.Dataset
        Of a `tracks.schema.Track`.
    network : RoadNetwork
    settings : TrackSettings

    References
    ----------
    Newson and Krumm 2009, doi:10.1145/1653771.1653818 (the hidden Markov model; here without route lengths).
    """
    out = np.full(passes.sizes["obs"], -1, np.int32)
    heading = passes["heading"].values
    good = is_usable(passes["qc_flag"].values, BAD_POSITION) & (passes["speed"].values >= settings.match_speed)
    rows = np.flatnonzero(good & np.isfinite(heading) & np.isfinite(passes["lon"].values))
    if not len(rows) or not network.segments:
        return out
    t = seconds_since_start(passes["time"].values)[rows]
    x, y = network.plane.forward(passes["lon"].values[rows], passes["lat"].values[rows])
    sd = np.hypot(passes["horizontal_sd"].values[rows], settings.road_sd_m)
    limits = np.array(
        [settings.match_distance_m, np.radians(settings.match_angle_deg), np.radians(settings.match_angle_sd_deg)]
    )
    index = _index(network, settings.match_distance_m)
    shape = (network.line, network.oneway, network.touching)
    for start in range(0, len(rows), _BLOCK_ROWS):
        part = slice(start, start + _BLOCK_ROWS)
        state = np.column_stack([t[part], x[part], y[part], heading[rows[part]], sd[part]])
        edge = _most_likely(state, network.edges, shape, index, limits, network.lines)
        out[rows[part]] = np.where(edge >= 0, network.segment[edge], -1)
    return out


@lru_cache(maxsize=1)
def _index(network: RoadNetwork, reach: float) -> tuple[Ints, Ints, Ints]:
    """Edges by cell: sorted keys of cells, where the edges of each start, and the edges; once for all tracks."""
    low = np.floor((np.minimum(network.edges[:, :2], network.edges[:, 2:]) - reach) / _CELL_M).astype(np.int64)
    high = np.floor((np.maximum(network.edges[:, :2], network.edges[:, 2:]) + reach) / _CELL_M).astype(np.int64)
    columns, rows = (high - low + 1).T
    edge = np.repeat(np.arange(len(low)), columns * rows)
    number = np.arange(len(edge)) - np.repeat(np.cumsum(columns * rows) - columns * rows, columns * rows)
    cx, cy = low[edge, 0] + number // rows[edge], low[edge, 1] + number % rows[edge]
    keys = (cx + 1073741824) * 2147483648 + cy + 1073741824
    order = np.argsort(keys, kind="stable")
    cells, starts = np.unique(keys[order], return_index=True)
    return cells, np.append(starts, len(edge)).astype(np.int64), edge[order].astype(np.int64)


@compiled
def _touch(touching: Ints, a: int, b: int, lines: int) -> bool:
    """True when two lines share a vertex."""
    key = a * lines + b
    place = np.searchsorted(touching, key)
    return bool(place < len(touching) and touching[place] == key)


@compiled
def _candidates(
    state: Floats,
    edges: Floats,
    shape: tuple[Ints, Ints, Ints],
    index: tuple[Ints, Ints, Ints],
    limits: Floats,
    found: Ints,
    cost: Floats,
) -> int:
    """Fill the best edge of each line near one row (t, x, y, heading, sd), and its cost; returns how many."""
    cells, starts, members = index
    key = (np.int64(np.floor(state[1] / _CELL_M)) + 1073741824) * 2147483648
    key += np.int64(np.floor(state[2] / _CELL_M)) + 1073741824
    place = np.searchsorted(cells, key)
    count = 0
    if place >= len(cells) or cells[place] != key:
        return 0
    for k in range(starts[place], starts[place + 1]):
        e = members[k]
        ex, ey = edges[e, 2] - edges[e, 0], edges[e, 3] - edges[e, 1]
        share = ((state[1] - edges[e, 0]) * ex + (state[2] - edges[e, 1]) * ey) / (ex * ex + ey * ey)
        share = min(1.0, max(0.0, share))
        away = np.hypot(edges[e, 0] + share * ex - state[1], edges[e, 1] + share * ey - state[2])
        if away > limits[0]:
            continue
        turn = abs((state[3] - np.arctan2(ex, ey) + np.pi) % (2 * np.pi) - np.pi)
        way = shape[1][e]
        if way < 0 or (way == 0 and turn > np.pi / 2):
            turn = np.pi - turn
        if turn > limits[1]:
            continue
        price = (away / state[4]) ** 2 + (turn / limits[2]) ** 2
        slot = -1
        for c in range(count):
            if shape[0][found[c]] == shape[0][e]:
                slot = c
        if slot < 0 and count < len(found):
            slot = count
            count += 1
            cost[slot] = np.inf
        elif slot < 0:
            worst = int(np.argmax(cost))
            slot = worst if price < cost[worst] else -1
        if slot >= 0 and price < cost[slot]:
            found[slot], cost[slot] = e, price
    return count


@compiled
def _most_likely(
    state: Floats,
    edges: Floats,
    shape: tuple[Ints, Ints, Ints],
    index: tuple[Ints, Ints, Ints],
    limits: Floats,
    lines: int,
) -> Ints:
    """Edge of each row on the cheapest sequence, −1 where there is no candidate."""
    n = len(state)
    found, back = np.full((n, _CANDIDATES), -1, np.int32), np.full((n, _CANDIDATES), -1, np.int8)
    total, before = np.zeros(_CANDIDATES), np.zeros(_CANDIDATES)
    edge, price = np.empty(_CANDIDATES, np.int64), np.empty(_CANDIDATES)
    best_last = np.full(n, -1, np.int8)
    have = 0
    for i in range(n):
        count = _candidates(state[i], edges, shape, index, limits, edge, price)
        weight = min(1.0, state[i, 0] - state[i - 1, 0]) if i else 1.0
        for c in range(count):
            cheapest = 0.0
            for b in range(have):
                old, new = shape[0][found[i - 1, b]], shape[0][edge[c]]
                step = before[b]
                if old != new:
                    step += _TOUCHING_COST if _touch(shape[2], old, new, lines) else _JUMP_COST
                if back[i, c] < 0 or step < cheapest:
                    cheapest, back[i, c] = step, b
            total[c] = cheapest + weight * price[c]
            found[i, c] = edge[c]
        have = count
        if count:
            best_last[i] = np.argmin(total[:count])
            before[:count] = total[:count] - total[best_last[i]]
    out = np.full(n, -1, np.int64)
    chosen = -1
    for i in range(n - 1, -1, -1):
        if best_last[i] < 0:
            chosen = -1
            continue
        if chosen < 0:
            chosen = best_last[i]
        out[i] = found[i, chosen]
        chosen = back[i, chosen]
    return out
