"""Made-up vans with several species and their plumes, and crossings by hand: what the tests of places share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from odc.geo.geobox import GeoBox

from fusion import FusionSettings, Hotspot, find_hotspots, region_geobox, touch_cells
from fusion.cube.grid import unproject
from fusion.hotspots.crossings import Crossings, Drive
from fusion.hotspots.joining import UpwindPath
from ingest.outcome import Outcome
from ingest.schema import new_trace
from ingest.species import species_of
from tracks.plumes import find_plumes
from tracks.schema import Track
from tracks.settings import TrackSettings

CRS = "EPSG:4544"
ORIGIN = (405_000.0, 3_396_000.0)
NOISE = 0.1
QUICK = FusionSettings(surrogates=99)
Floats = NDArray[np.float64]


def bump(x: Floats, at: float, height: float, width: float = 20.0) -> Floats:
    """A plume along a road."""
    return np.asarray(height * np.exp(-0.5 * ((x - at) / width) ** 2))


def van(
    x: Floats,
    y: Floats,
    species: Mapping[str, Floats],
    *,
    name: str = "van",
    start: str = "2024-05-01T02:00:00",
    wind: tuple[float, float] | None = (0.0, -3.0),
    pass_index: ArrayLike = 0,
    step_s: float = 1.0,
    flags: ArrayLike = 0,
    units: str = "ppb",
    lag_sd_s: float | None = None,
) -> Track:
    """A van whose enhancements over noise of `NOISE` are given, one sample a second, with the plumes in them."""
    lon, lat = unproject(np.asarray(x) + ORIGIN[0], np.asarray(y) + ORIGIN[1], CRS)
    time = np.datetime64(start, "ns") + (np.arange(x.size) * step_s * 1e9).astype("timedelta64[ns]")
    variables: dict[str, tuple[Floats, dict[str, str]]] = {}
    for key, value in species.items():
        kind = species_of(key)
        attrs = {"units": units, "species": kind.slug if kind else key, "instrument": "test", "long_name": key}
        variables[key] = (np.asarray(value, float) * NOISE + 5.0, attrs)
    if wind is not None:
        variables |= {k: (np.full(x.size, w), {"units": "m s-1"}) for k, w in zip("uv", wind, strict=True)}
    passes = new_trace(name, time, lon, lat, variables)
    passes["pass_index"] = ("obs", np.broadcast_to(np.asarray(pass_index, np.int32), x.shape).copy())
    passes["qc_flag"] = ("obs", np.broadcast_to(np.asarray(flags, np.uint32), x.shape).copy())
    for key, value in species.items():
        attrs = {"units": units, "noise_sd": NOISE} | ({} if lag_sd_s is None else {"lag_sd_s": lag_sd_s})
        passes[f"{key}_enhancement"] = ("obs", np.asarray(value, float) * NOISE, attrs)
        passes[f"{key}_background"] = ("obs", np.full(x.size, 5.0), {"units": units})
        passes[f"{key}_qc"] = ("obs", np.zeros(x.size, np.uint32))
    return Track(passes, find_plumes(passes, TrackSettings()))


def crossings_by_hand(
    place: ArrayLike,
    snr: ArrayLike,
    *,
    species: tuple[str, ...] = ("ch4",),
    drive: ArrayLike | None = None,
    drives: tuple[Drive, ...] | None = None,
    width_m: float = 40.0,
    plume_from: float = 5.0,
    seconds: float = 4.0,
) -> Crossings:
    """Crossings at places (n, 2) with values over noise (n, species); each on a drive of its own if not said."""
    where = np.asarray(place, float).reshape(-1, 2)
    values = np.asarray(snr, float).reshape(where.shape[0], len(species))
    number = np.arange(where.shape[0]) if drive is None else np.asarray(drive)
    if drives is None:
        drives = tuple(road(f"d{k}#0") for k in range(int(number.max(initial=-1)) + 1))
    peak = np.arange(where.shape[0]) * 600.0
    return Crossings(
        species,
        species,
        drives,
        number.astype(np.int64),
        number.astype(np.int64),
        peak - seconds / 2,
        peak,
        peak + seconds / 2,
        where[:, 0],
        where[:, 1],
        np.full(where.shape[0], width_m),
        values,
        np.nan_to_num(values) >= plume_from,
        np.asarray(np.nanargmax(values, axis=1), np.int64) if values.size else np.empty(0, np.int64),
        np.arange(len(drives)),
    )


def road(label: str, length_m: float = 1000.0, y: float = 0.0) -> Drive:
    """A straight drive to the east from the origin."""
    x = np.arange(0.0, length_m + 1.0, 5.0)
    return Drive(label, x, np.full(x.size, y))


def straight_path(
    x: float, y: float, from_deg: float = 0.0, *, width: float = 10.0, error: float = 10.0, length_m: float = 600.0
) -> UpwindPath:
    """Air that came straight from a direction, with one width of the plume and one error of its axis all the way."""
    towards = np.radians(from_deg + 180.0)
    cos, sin = np.sin(towards), np.cos(towards)
    away = np.arange(10.0, length_m + 1.0, 10.0)
    n = away.size
    return UpwindPath(
        x - away * cos, y - away * sin, np.full(n, cos), np.full(n, sin), np.full(n, 5.0), np.full(n, width),
        np.full(n, error),
    )  # fmt: skip


def box_of(tracks: Sequence[Track], cell_m: float = 20.0) -> GeoBox:
    """The grid of the region of tracks."""
    lon, lat = (np.concatenate([t.passes[name].values for t in tracks]) for name in ("lon", "lat"))
    return region_geobox(lon, lat, crs=CRS, resolution_m=cell_m)


def find_places(tracks: Sequence[Track], settings: FusionSettings = QUICK) -> Outcome[tuple[Hotspot, ...]]:
    """Hotspots of tracks with their plumes."""
    return find_hotspots(touch_cells(tracks, box_of(tracks)), tracks, settings)
