"""Made-up drives with a known source, as the tracks room would give them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from fusion.cube.grid import unproject
from ingest.schema import new_trace
from tracks.schema import Track

CRS = "EPSG:4544"
ORIGIN = (405_000.0, 3_396_000.0)
Floats = NDArray[np.float64]


def make_track(
    x: Floats,
    y: Floats,
    enhancement: Floats,
    *,
    name: str = "drive",
    wind: tuple[float, float] | None = (3.0, 0.0),
    start: str = "2024-05-01T02:00:00",
    pass_index: Floats | None = None,
    background: float = 2.0,
    step_s: float = 1.0,
) -> Track:
    """A track whose samples lie at metres ``x``, ``y`` east and north of `ORIGIN`, one a second."""
    lon, lat = unproject(x + ORIGIN[0], y + ORIGIN[1], CRS)
    time = np.datetime64(start, "ns") + (np.arange(x.size) * step_s * 1e9).astype("timedelta64[ns]")
    attrs = {"units": "ppm", "species": "CH4", "instrument": "test", "long_name": "methane"}
    wind_attrs = {"units": "m s-1"}
    variables = {"ch4": (enhancement + background, attrs)}
    if wind is not None:
        variables |= {"u": (np.full(x.size, wind[0]), wind_attrs), "v": (np.full(x.size, wind[1]), wind_attrs)}
    passes = new_trace(name, time, lon, lat, variables)
    index = np.zeros(x.size, np.int32) if pass_index is None else pass_index.astype(np.int32)
    passes["pass_index"] = ("obs", index)
    passes["ch4_background"] = ("obs", np.full(x.size, background), {"units": "ppm"})
    passes["ch4_enhancement"] = ("obs", np.asarray(enhancement, np.float64), {"units": "ppm", "noise_sd": 0.01})
    return Track(passes, passes[[]])


def road_drives(
    number: int, *, seed: int = 0, plume_at: float | None = 1500.0, length_m: float = 4000.0, size: float = 1.0
) -> list[Track]:
    """Drives along one straight road with smooth noise, and a plume 60 m wide at ``plume_at`` metres on each."""
    rng = np.random.default_rng(seed)
    x = np.arange(0.0, length_m, 8.0)
    tracks = []
    for k in range(number):
        noise = np.convolve(rng.standard_normal(x.size + 10), np.ones(3) / 3, "same")[: x.size] * 0.05
        plume = 0.0 if plume_at is None else size * np.exp(-0.5 * ((x - plume_at) / 30.0) ** 2)
        tracks.append(
            make_track(
                x, rng.normal(0, 2, x.size), noise + plume, name=f"d{k}", start=f"2024-05-0{k % 9 + 1}T02:00:00"
            )
        )
    return tracks


@pytest.fixture(scope="session")
def drives() -> Callable[..., Sequence[Track]]:
    """`road_drives`."""
    return road_drives


@pytest.fixture(scope="session")
def track() -> Callable[..., Track]:
    """`make_track`."""
    return make_track
