"""Drive passes: contiguous stretches of one trace in which no place is visited twice."""

from __future__ import annotations

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from tracks.compiled import compiled
from tracks.plane import plane_of, seconds_since_start
from tracks.settings import TrackSettings

__all__ = ["split_passes"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]


@compiled
def _slot(keys: NDArray[np.int64], key: int, mask: int) -> int:
    """Return the slot of ``key`` in the open-addressing table: its own, or the first empty one."""
    mixed = np.uint64(key) * np.uint64(0x9E3779B97F4A7C15)
    slot = np.int64(mixed >> np.uint64(20)) & mask
    while keys[slot] != -1 and keys[slot] != key:
        slot = (slot + 1) & mask
    return int(slot)


@compiled
def _cell_key(column: int, row: int) -> int:
    return ((column + 1073741824) << 31) | (row + 1073741824)


@compiled
def _changes(x: Floats, y: Floats, cell: float) -> int:
    """Count how often the track enters another cell."""
    count = 1
    cx = cy = -1073741823
    for i in range(len(x)):
        if not np.isnan(x[i]):
            nx, ny = int(np.floor(x[i] / cell)), int(np.floor(y[i] / cell))
            if nx != cx or ny != cy:
                count += 1
                cx, cy = nx, ny
    return count


@compiled
def _split(t: Floats, x: Floats, y: Floats, limits: Floats, size: int) -> Ints:
    """Number the passes; ``limits`` are (cell_m, revisit_s, gap_s), ``size`` the table's, a power of two."""
    cell, revisit_s, gap_s = limits[0], limits[1], limits[2]
    n = len(t)
    index = np.full(n, -1, np.int32)
    keys = np.full(size, -1, np.int64)
    owner = np.full(size, -1, np.int32)
    left = np.zeros(size)
    mask = size - 1
    number = -1
    cx = cy = 0
    previous = -1
    for i in range(n):
        if np.isnan(x[i]):
            continue
        nx, ny = int(np.floor(x[i] / cell)), int(np.floor(y[i] / cell))
        if previous < 0 or t[i] - t[previous] > gap_s:
            number += 1
        elif nx != cx or ny != cy:
            for dx in range(-1, 2):
                for dy in range(-1, 2):
                    slot = _slot(keys, _cell_key(cx + dx, cy + dy), mask)
                    if keys[slot] != -1 and owner[slot] == number:
                        left[slot] = t[previous]
            slot = _slot(keys, _cell_key(nx, ny), mask)
            if keys[slot] != -1 and owner[slot] == number and t[i] - left[slot] > revisit_s:
                number += 1
        if previous < 0 or nx != cx or ny != cy or index[previous] != number:
            slot = _slot(keys, _cell_key(nx, ny), mask)
            keys[slot] = _cell_key(nx, ny)
            owner[slot] = number
            left[slot] = t[i]
        index[i] = number
        cx, cy = nx, ny
        previous = i
    return index


def split_passes(trace: xr.Dataset, settings: TrackSettings) -> xr.Dataset:
    """Add ``pass_index``: a new drive pass starts where a place is visited again, and after a gap.

    A place is a cell of ``pass_cell_m``; it is visited again when the platform enters it more than
    ``pass_revisit_s`` after it last was in it or in one of its eight neighbours. So waiting, turning and jitter of
    the position at a cell's edge do not start a pass, and a car that stands for hours stays in one. Two lanes of one
    road are one place where they share a cell.

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
    size = 1 << int(np.ceil(np.log2(2 * _changes(x, y, settings.pass_cell_m) + 2)))
    limits = np.array([settings.pass_cell_m, settings.pass_revisit_s, settings.pass_gap_s])
    index = _split(seconds_since_start(trace["time"].values), x, y, limits, size)
    attrs = {"long_name": "drive pass", "units": "1", "comment": "-1 outside of any drive pass"}
    return trace.assign(pass_index=("obs", index, attrs))
