"""Drive passes: contiguous stretches of one trace in which no place is visited twice."""

from __future__ import annotations

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from numerics.compiled import compiled
from numerics.plane import longest_step, plane_of, seconds_since_start
from tracks.settings import TrackSettings

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]
Table = tuple[NDArray[np.int64], Ints, Floats]  # keys of cells, the pass that was in them last, and until when


@compiled
def _slot(keys: NDArray[np.int64], key: int) -> int:
    """Return the slot of ``key`` in the open-addressing table: its own, or the first empty one."""
    mask = len(keys) - 1
    mixed = np.uint64(key) * np.uint64(0x9E3779B97F4A7C15)
    slot = np.int64(mixed >> np.uint64(20)) & mask
    while keys[slot] != -1 and keys[slot] != key:
        slot = (slot + 1) & mask
    return int(slot)


@compiled
def _key(column: int, row: int, grid: int) -> int:
    """Return the key of a cell of one of the two grids."""
    return ((2 * column + grid + 1073741824) << 31) | (row + 1073741824)


@compiled
def _cell(metres: float, cell: float, grid: int) -> int:
    """Return the cell's number; the two grids are half a cell apart, and neither has an edge at 0."""
    return int(np.floor(metres / cell + 0.25 + 0.5 * grid))


@compiled
def _tidied(table: Table, number: int) -> Table:
    """Return a table of twice the room that it needs, with the cells of pass ``number`` only: others say nothing."""
    keys, owner, left = table
    own = 0
    for slot in range(len(keys)):
        own += keys[slot] != -1 and owner[slot] == number
    size = 64
    while size < 8 * own:
        size *= 2
    fresh = (np.full(size, -1, np.int64), np.full(size, -1, np.int32), np.zeros(size))
    for slot in range(len(keys)):
        if keys[slot] != -1 and owner[slot] == number:
            place = _slot(fresh[0], keys[slot])
            fresh[0][place], fresh[1][place], fresh[2][place] = keys[slot], number, left[slot]
    return fresh


@compiled
def _leave(table: Table, cx: int, cy: int, grid: int, number: int, t: float, revisit_s: float) -> None:
    """Write down that the platform was in a cell until ``t``, and after a stay near the cells that it came from."""
    keys, owner, left = table
    slot = _slot(keys, _key(cx, cy, grid))
    arrived = left[slot]
    left[slot] = t
    if t - arrived < revisit_s / 4:
        return
    for dx in range(-1, 2):
        for dy in range(-1, 2):
            slot = _slot(keys, _key(cx + dx, cy + dy, grid))
            if keys[slot] != -1 and owner[slot] == number and arrived - left[slot] <= revisit_s:
                left[slot] = t


@compiled
def _split(t: Floats, x: Floats, y: Floats, limits: Floats) -> Ints:
    """Number the passes; ``limits`` are (cell_m, revisit_s, gap_s)."""
    cell, revisit_s, gap_s = limits[0], limits[1], limits[2]
    index = np.full(len(t), -1, np.int32)
    table = (np.full(64, -1, np.int64), np.full(64, -1, np.int32), np.zeros(64))
    used = 0
    cx, cy = np.zeros(2, np.int64), np.zeros(2, np.int64)
    number = previous = -1
    ax = ay = 0.0
    for i in range(len(t)):
        if np.isnan(x[i]):
            continue
        fresh = previous < 0 or t[i] - t[previous] > gap_s
        if not fresh and np.hypot(x[i] - ax, y[i] - ay) < cell / 3:
            index[i] = number
            previous = i
            continue
        entered = fresh
        ax, ay = x[i], y[i]
        for grid in range(2):
            nx, ny = _cell(x[i], cell, grid), _cell(y[i], cell, grid)
            if previous < 0 or (nx == cx[grid] and ny == cy[grid]):
                continue
            entered = True
            _leave(table, cx[grid], cy[grid], grid, number, t[previous], revisit_s)
            slot = _slot(table[0], _key(nx, ny, grid))
            own = table[0][slot] != -1 and table[1][slot] == number
            fresh = fresh or (own and t[i] - table[2][slot] > revisit_s)
        if fresh:
            number += 1
        if entered:
            for grid in range(2):
                cx[grid], cy[grid] = _cell(x[i], cell, grid), _cell(y[i], cell, grid)
                key = _key(cx[grid], cy[grid], grid)
                slot = _slot(table[0], key)
                used += table[0][slot] == -1
                table[0][slot], table[1][slot], table[2][slot] = key, number, t[i]
            if 2 * used > len(table[0]) - 4:
                table = _tidied(table, number)
                used = int(np.count_nonzero(table[0] != -1))
        index[i] = number
        previous = i
    return index


def split_passes(trace: xr.Dataset, settings: TrackSettings) -> xr.Dataset:
    """Add ``pass_index``: a new drive pass starts where a place is visited again, and after a gap.

    A place is a cell of ``pass_cell_m``; it is visited again when the platform enters it more than
    ``pass_revisit_s`` after it last was in it, or in a neighbour that it had entered from there; moves of less than a
    third of a cell do not count. So waiting, turning and jitter of
    the position at a cell's edge do not start a pass, and a car that stands for hours stays in one. Cells come from
    two grids half a cell apart, so that two lanes of a road along a cell's edge share one.

    Parameters
    ----------
    trace : xarray.Dataset
        With smoothed positions (`tracks.positions.clean_positions`); rows without position get −1.
    settings : TrackSettings

    Returns
    -------
    xarray.Dataset
        The trace with ``pass_index`` (int32, 0, 1, ... in order of time).
    """
    lon, lat = trace["lon"].values, trace["lat"].values
    x, y = plane_of(lon, lat).forward(lon, lat)
    t = seconds_since_start(trace["time"].values)
    gap_s = longest_step(t[np.isfinite(x)], settings.pass_gap_s)
    limits = np.array([settings.pass_cell_m, settings.pass_revisit_s, gap_s])
    index = _split(t, x, y, limits)
    attrs = {"long_name": "drive pass", "units": "1", "comment": "-1 outside of any drive pass"}
    return trace.assign(pass_index=("obs", index, attrs))
