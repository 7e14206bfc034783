"""What the tests of hotspots share."""

from __future__ import annotations

import numpy as np
from affine import Affine
from odc.geo.geobox import GeoBox

from fusion import FusionSettings, find_hotspots, region_geobox, touch_cells
from fusion.hotspots import agreement

CRS = "EPSG:4544"


QUICK = FusionSettings(surrogates=199)


def _box(tracks, cell=20.0):
    lon = np.concatenate([t.passes["lon"].values for t in tracks])
    lat = np.concatenate([t.passes["lat"].values for t in tracks])
    return region_geobox(lon, lat, crs=CRS, resolution_m=cell)


def _find(tracks, settings=QUICK):
    return find_hotspots(touch_cells(tracks, _box(tracks)), settings=settings)


def drive_of(track, k: int, *, start: str, wind, background: float, peak: float, offset: float = 0.0):
    """A drive of 2 km along one road of 20 m cells, one sample each 5 m and second, with a plume at 1000 m."""
    x = np.arange(2.5, 2000.0, 5.0)
    noise = np.random.default_rng(k).normal(0, 0.05, x.size)
    value = noise + peak * np.exp(-0.5 * ((x - 1000.0 - offset) / 25.0) ** 2)
    return track(x, np.full(x.size, 10.0), value, name=f"d{k}", start=start, wind=wind, background=background)


def known_drives(track):
    """Drives of a track whose background and peak are known."""
    return [
        drive_of(track, 0, start="2024-05-01T02:00:00", wind=(3.0, 0.0), background=2.0, peak=4.0),
        drive_of(track, 1, start="2023-01-15T03:30:00", wind=(2.0, -1.0), background=3.0, peak=6.0, offset=20.0),
        drive_of(track, 2, start="2024-02-29T23:59:00", wind=(1.0, -2.0), background=7.0, peak=5.0),
        drive_of(track, 3, start="2025-06-01T12:00:00", wind=(-4.0, 4.0), background=50.0, peak=0.0),
    ]


def cells_of(cells, mean, count=None, background=None):
    """Cells of a pass with their means, one sample each where nothing else is said."""
    mean = np.asarray(mean, float)
    count = np.ones(mean.size) if count is None else np.asarray(count, float)
    background = np.zeros(mean.size) if background is None else np.asarray(background, float)
    return agreement._PassCells(np.asarray(cells), count, mean, mean**2, background, np.zeros(mean.size))


BOX = GeoBox((30, 50), Affine(20.0, 0.0, 405_000.0, 0.0, -20.0, 3_396_600.0), CRS)
