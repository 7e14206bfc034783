"""Candidate areas by scanning circles."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from fusion import FusionSettings, region_geobox, touch_cells
from fusion.cube.grid import project, unproject
from fusion.hotspots import areas
from fusion.hotspots.agreement import score_passes
from fusion.hotspots.areas import find_area
from fusion.hotspots.scan import scan_normal
from fusion.hotspots.significance import PassScores
from fusion.hotspots.surrogates import field_surrogates, rotation_surrogates

CRS = "EPSG:4544"


def _cube(tracks):
    lon, lat = (np.concatenate([t.passes[v].values for t in tracks]) for v in ("lon", "lat"))
    return touch_cells(tracks, region_geobox(lon, lat, crs=CRS, resolution_m=20))


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


def _high_quarter(drives, number: int, *, length_m: float):
    tracks = drives(number, plume_at=None, length_m=length_m)
    for t in tracks:
        x = np.arange(t.passes.sizes["obs"]) * 8.0
        t.passes["ch4_enhancement"].values[:] += 0.08 * (np.abs(x - 400) < 150)
    return tracks


def test_every_field_of_an_area_is_that_of_its_circle(drives) -> None:
    """Place, radius, scores, passes and p against a scan of the scores themselves, cell by cell."""
    tracks = _high_quarter(drives, 4, length_m=1200.0)
    tracks[3].passes["pass_index"].values[:95] = -1  # this one starts beyond the circle
    cube, settings = _cube(tracks), FusionSettings()
    found = find_area(cube, "ch4", settings)
    assert found is not None and found.species == "ch4"
    passes = score_passes(cube, "ch4", settings)
    width = cube.sizes["x"]
    cells, scores = np.concatenate([p.cells for p in passes]), np.concatenate([p.scores for p in passes])
    used, location = np.unique(cells, return_inverse=True)
    x, y = cube["x"].values[used % width], cube["y"].values[used // width]
    rng = np.random.default_rng(settings.seed)
    drawn = np.concatenate([rotation_surrogates(p.scores, p.order, 99, rng) for p in passes])
    cluster = scan_normal(x, y, location, scores, surrogates=drawn.T)
    assert cluster is not None
    assert found.llr == pytest.approx(cluster.llr) and found.p_value == cluster.p_value == pytest.approx(0.01)
    centre = [float(v[0]) for v in project(np.array([found.lon]), np.array([found.lat]), CRS)]
    assert np.hypot(x - centre[0], y - centre[1]).min() < 1e-3
    inside = np.hypot(x - centre[0], y - centre[1])[location] <= found.radius_m + 1e-3
    assert found.score_inside == pytest.approx(scores[inside].mean())
    assert found.score_outside == pytest.approx(scores[~inside].mean())
    assert found.radius_m == pytest.approx(cluster.radius)
    owner = np.repeat(np.arange(4), [p.cells.size for p in passes])
    assert found.passes == np.unique(owner[inside]).size == 3
    plane = shapely.transform(found.polygon, lambda p: np.column_stack(project(p[:, 0], p[:, 1], CRS)))
    west, south, east, north = plane.bounds
    assert (west, east) == pytest.approx((centre[0] - found.radius_m, centre[0] + found.radius_m), abs=0.01)
    assert (south, north) == pytest.approx((centre[1] - found.radius_m, centre[1] + found.radius_m), abs=0.01)


def test_an_area_must_be_significant(drives) -> None:
    """At the level it is one, above it none; without settings they are the usual ones."""
    cube = _cube(_high_quarter(drives, 4, length_m=1200.0))
    assert find_area(cube, "ch4") is not None
    for alpha, found in ((0.05, True), (0.0499, False)):
        assert (find_area(cube, "ch4", FusionSettings(alpha=alpha), surrogates=19) is not None) is found


@pytest.mark.parametrize(
    ("number", "joined", "locations"), [(800, 1, 800), (801, 2, 401), (1601, 4, 401), (1600, 2, 800)]
)
def test_cells_are_joined_until_they_are_few_enough(number: int, joined: int, locations: int) -> None:
    """One road in two rows of cells: by twos and fours along both axes, at most 800 places."""
    width = 2000
    road = np.arange(number)
    passes = [PassScores(0, road, road, np.zeros(number), False)]
    found, location = areas._coarsened(passes, width)
    assert found == joined and location.max() + 1 == locations
    assert (np.diff(location) >= 0).all() and np.bincount(location)[:3].tolist() == [joined] * 3
    both = [*passes, PassScores(1, road + width, road, np.zeros(number), False)]
    if number == 1600:
        found, location = areas._coarsened(both, width)
        assert found == 2 and location[:number].tolist() == location[number:].tolist()


def test_drives_are_rotated_and_flights_drawn_anew() -> None:
    """In the order of the passes, from one random stream; one map a draw."""
    rng = np.random.default_rng(0)
    cells = np.sort(rng.choice(400, 60, replace=False))
    order = rng.permutation(60)
    drive, flight = (PassScores(k, cells, order, rng.normal(size=60), k == 1) for k in (0, 1))
    found = list(areas._shuffled([drive, flight], 5, 20, np.random.default_rng(9)))
    again = np.random.default_rng(9)
    one = rotation_surrogates(drive.scores, order, 5, again)
    two = field_surrogates(flight.scores, cells // 20, cells % 20, 5, again)
    np.testing.assert_array_equal(found, np.concatenate([one, two]).T)
