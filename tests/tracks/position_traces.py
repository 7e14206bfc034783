"""What the tests of positions share."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import xarray as xr

from ingest.flags import Flag
from tracks.settings import TrackSettings

Make = Callable[..., xr.Dataset]


SETTINGS = TrackSettings()


def has(track: xr.Dataset, flag: Flag) -> np.ndarray:
    """Rows with the flag."""
    return (track["qc_flag"].values & np.uint32(flag)) != 0


def rows_with(cleaned: xr.Dataset, flag: Flag) -> list[int]:
    """Numbers of the rows with the flag."""
    return np.flatnonzero(has(cleaned, flag)).tolist()


def held(rows: int, onward: float, *, after_s: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """A drive of 10 m/s whose fix at 200 m is held for ``rows`` rows; the next one is ``onward`` m further."""
    x = np.concatenate([10.0 * np.arange(20), np.full(rows, 200.0), 200 + onward + 10.0 * np.arange(30)])
    t = np.concatenate([np.arange(20.0 + rows), 19.0 + rows + after_s + np.arange(30.0)])
    return t, x
