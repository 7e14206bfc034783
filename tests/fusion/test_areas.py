"""Candidate areas by scanning circles."""

from __future__ import annotations

import numpy as np
import pytest

from fusion import FusionSettings, build_cube, region_geobox
from fusion.areas import find_area
from fusion.grid import unproject

CRS = "EPSG:4544"


def _cube(tracks):
    lon, lat = (np.concatenate([t.passes[v].values for t in tracks]) for v in ("lon", "lat"))
    return build_cube(tracks, region_geobox(lon, lat, crs=CRS, resolution_m=20))


def test_a_quarter_that_is_high_on_every_drive_is_a_candidate(drives) -> None:
    """A rise 600 m wide, about as high as the noise, on six drives."""
    tracks = drives(6, plume_at=None)
    for t in tracks:
        x = np.arange(t.passes.sizes["obs"]) * 8.0
        t.passes["ch4_enhancement"].values[:] += 0.05 * (np.abs(x - 2600) < 300)
    area = find_area(_cube(tracks), "ch4", FusionSettings())
    assert area is not None
    lon, _ = unproject(np.array([407_600.0]), np.array([3_396_000.0]), CRS)
    assert abs(area.lon - lon[0]) * 95_700 < 120
    assert 150 < area.radius_m < 450
    assert area.passes == 6
    assert area.score_inside > area.score_outside
    assert area.p_value == pytest.approx(0.01)


def test_smooth_noise_has_no_candidate_area(drives) -> None:
    """Passes shuffled whole keep their smoothness."""
    assert [find_area(_cube(drives(3, seed=k, plume_at=None)), "ch4") for k in range(4)].count(None) >= 3


def test_equal_values_have_no_area(drives) -> None:
    """Nothing can be scored."""
    tracks = drives(2)
    for t in tracks:
        t.passes["ch4_enhancement"].values[:] = 1.0
    assert find_area(_cube(tracks), "ch4") is None
