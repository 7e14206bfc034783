"""A small drive past a source: what a mission computes, in two seconds once the loops are compiled."""

from __future__ import annotations

import numpy as np
import xarray as xr
from pyproj import CRS

from fusion import FusionSettings, attribute_hotspots, find_hotspots, region_geobox, touch_cells
from ingest.roads.read import Road, Roads
from ingest.schema import CrsSource, Site, new_trace
from tracks import TrackSettings, map_segments, process_trace

_LON, _LAT = 104.0, 30.6
_DEGREES_PER_M = 1 / 95_800.0  # of longitude at that latitude
_SPEED_M_S, _LENGTH_M, _LAPS = 10.0, 1_500.0, 6


def small_trace() -> xr.Dataset:
    """A vehicle to and fro on a street for 15 minutes, 1 Hz: a plume in its middle, a car ahead at times."""
    seconds = np.arange(int(_LAPS * _LENGTH_M / _SPEED_M_S))
    along = np.abs((seconds * _SPEED_M_S + _LENGTH_M) % (2 * _LENGTH_M) - _LENGTH_M)
    chance = np.random.default_rng(0)
    plume = np.exp(-0.5 * ((along - _LENGTH_M / 2) / 40.0) ** 2)
    noise = {name: chance.normal(0, 1, seconds.size) for name in ("ch4", "co", "no", "u", "v", "x", "y")}
    car = np.where(seconds % 97 < 3, 60.0, 0.0)
    ones = np.ones(seconds.size)
    return new_trace(
        "warm",
        np.datetime64("2026-01-01T02:00:00", "ns") + seconds.astype("timedelta64[s]"),
        _LON + (along + noise["x"]) * _DEGREES_PER_M,
        _LAT + noise["y"] / 110_900.0,
        {
            "ch4": (2.0 + 0.6 * plume + 0.004 * noise["ch4"], {"units": "ppm", "species": "ch4", "instrument": "a"}),
            "co": (300.0 + 5 * noise["co"] + 10 * car, {"units": "ppb", "species": "co", "instrument": "a"}),
            "no": (5.0 + noise["no"] + car, {"units": "ppb", "species": "no", "instrument": "a"}),
            "u": (0.3 * noise["u"], {"units": "m s-1", "instrument": "b"}),
            "v": (2.0 * ones + 0.3 * noise["v"], {"units": "m s-1", "instrument": "b"}),
            "speed": (_SPEED_M_S * ones, {"units": "m s-1", "instrument": "c"}),
        },
    )


def follow_a_drive() -> int:
    """Do with the small drive what `onevisit.job` does with a mission's; the number of hotspots found."""
    track = process_trace(small_trace(), TrackSettings(lag_s=1.0)).value
    street = Road(np.array([[_LON, _LAT], [_LON + _LENGTH_M * _DEGREES_PER_M, _LAT]]))
    for roads in (None, Roads((street,))):
        map_segments([track], TrackSettings(), roads=roads)
    lon, lat = track.passes["lon"].values, track.passes["lat"].values
    settings, crs = FusionSettings(), CRS.from_epsg(4544).to_string()
    touched = touch_cells([track], region_geobox(lon, lat, crs=crs, resolution_m=settings.cell_m))
    hotspots = find_hotspots(touched, settings=settings).value
    middle = _LON + _LENGTH_M / 2 * _DEGREES_PER_M
    sites = [Site(name, name, middle, _LAT + north, 20.0, "WGS84", CrsSource.DECLARED) for name, north in
             (("a", -0.0012), ("b", 0.0012))]  # fmt: skip
    attribute_hotspots(hotspots, [track], sites, settings, crs=crs)
    return len(hotspots)
