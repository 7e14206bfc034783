"""A drive over two streets, twice, with concentrations in round numbers: what road segments are made of.

Main runs 90 m east from (104 E, 30 N), Side 60 m north from its end: segments of 30 m with three rows each, 10 m and
a second apart. The second pass comes ten minutes later; the analyser of SO2 fails on its last segment.
"""

from __future__ import annotations

import numpy as np
import xarray as xr

from ingest.roads.read import Road, Roads
from ingest.schema import new_trace
from numerics.plane import Plane
from tracks.schema import Track

PLANE = Plane(104.0, 30.0)
START = "2024-05-01T02:00:00"
BACKGROUND = 50.0
FIRST = (1.0, 2.0, 3.0, 4.0, 4.0, 4.0, 0.0, 0.0, 6.0, 1.0, 1.0, 1.0, 2.0, 2.0, 2.0)
SECOND = (3.0, 4.0, 5.0, 8.0, 8.0, 8.0, 9.0, 10.0, 11.0, 5.0, 5.0, 5.0, np.nan, np.nan, np.nan)
MEDIANS = (3.0, 6.0, 6.0, 3.0, 2.0)
"""Over the background, of the pass means 2 and 4, 4 and 8, 2 and 10, 1 and 5, and 2 alone."""
PASSES = (2, 2, 2, 2, 1)
_X = np.array([*np.arange(5.0, 90.0, 10.0), *[90.0] * 6])
_Y = np.array([*[0.0] * 9, *np.arange(5.0, 60.0, 10.0)])


def streets() -> Roads:
    """Main and, without a name, the side street."""
    lines = ([(0.0, 0.0), (90.0, 0.0)], [(90.0, 0.0), (90.0, 60.0)])
    degrees = [np.column_stack(PLANE.inverse(*np.array(line).T)) for line in lines]
    return Roads((Road(degrees[0], name="Main"), Road(degrees[1])))


def drive(*levels: tuple[float, ...]) -> Track:
    """A track of these passes."""
    levels = levels or (FIRST, SECOND)
    n = len(levels)
    seconds = (600.0 * np.arange(n)[:, None] + np.arange(15.0)).ravel()
    time = np.datetime64(START, "ns") + (1e9 * seconds).astype("timedelta64[ns]")
    lon, lat = PLANE.inverse(np.tile(_X, n), np.tile(_Y, n))
    excess = np.concatenate([np.array(level) for level in levels])
    attrs = {"units": "ppb", "species": "so2", "instrument": "a"}
    trace = new_trace("made", time, lon, lat, {"so2": (BACKGROUND + excess, attrs)})
    heading = np.tile(np.where(np.arange(15) < 9, np.pi / 2, 0.0), n)
    columns = {
        "pass_index": np.repeat(np.arange(n, dtype=np.int32), 15), "speed": np.full(15 * n, 10.0),
        "heading": heading, "horizontal_sd": np.ones(15 * n), "so2_enhancement": excess,
        "so2_background": np.full(15 * n, BACKGROUND), "so2_qc": np.zeros(15 * n, np.uint32),
    }  # fmt: skip
    plumes = xr.Dataset({"species": ("plume", np.empty(0, str))})
    return Track(trace.assign({name: ("obs", values) for name, values in columns.items()}), plumes)
