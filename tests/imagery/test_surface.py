"""The ground: datums that cancel, ellipsoidal photo heights over a geoid DEM, declared heights, laser ranges."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from imagery import ImagerySettings, process_frames
from imagery.camera import rotation_from_attitude
from imagery.heights import laser_ground, settle_heights
from imagery.schema import Station
from imagery.surface import (
    Surface,
    height_of_dem,
    meet_ground,
    surface_from_dem,
    surface_from_laser,
    surface_from_plane,
    surface_from_points,
)
from ingest.coordinates import to_grid
from ingest.errors import ContractError, NothingUsable, SettingError
from ingest.schema import Camera, Frame, Pose
from onevisit.words.telling import tell
from tests.imagery.conftest import EAST, GRID, HEIGHT, NORTH, Block
from tests.told import raises_told


def _dem(height: float, *, slope: float = 0.0, vertical: str = "unknown") -> xr.DataArray:
    """A DEM on the test's grid, 5 m cells, rising by ``slope`` to the east from ``height`` at EAST."""
    x, y = EAST - 300 + 5.0 * np.arange(160), NORTH + 300 - 5.0 * np.arange(160)
    heights = np.repeat((height + slope * (x - EAST))[None, :], len(y), axis=0)
    return xr.DataArray(
        heights, {"y": y, "x": x}, ("y", "x"), attrs={"crs": "EPSG:4544", "vertical": vertical, "units": "m"}
    )


def test_vertical_datum_of_a_dem_cancels() -> None:
    """500 m or 460 m at the take-off point: the flight's ground is the same ramp through zero."""
    bounds, takeoff = (EAST, NORTH - 100, EAST + 100, NORTH), (EAST + 20, NORTH - 50)
    high, low = (
        surface_from_dem(_dem(z, slope=0.1), crs=GRID, bounds=bounds, takeoff=takeoff, sd_m=0.3)
        for z in (500.0, 460.0)
    )
    x, y = np.array([EAST + 20.0, EAST + 70.0]), np.full(2, NORTH - 50.0)
    assert high.at(x, y) == pytest.approx([0.0, 5.0], abs=1e-6)
    assert low.at(x, y) == pytest.approx(high.at(x, y))


def test_dem_must_reach_the_take_off_point() -> None:
    """Without a height there, the frames cannot be joined; voids elsewhere take the nearest height."""
    bounds = (EAST, NORTH - 100, EAST + 100, NORTH)
    with pytest.raises(ContractError, match="take-off point"):
        surface_from_dem(_dem(500.0), crs=GRID, bounds=bounds, takeoff=(EAST - 9000.0, NORTH), sd_m=0.3)
    holed = _dem(500.0, slope=0.1)
    holed = holed.where((holed["x"] < EAST + 50) | (holed["x"] > EAST + 60))
    surface = surface_from_dem(holed, crs=GRID, bounds=bounds, takeoff=(EAST, NORTH - 50.0), sd_m=0.3)
    assert surface.at(np.array([EAST + 55.0]), np.array([NORTH - 50.0])) == pytest.approx([5.5], abs=1.0)


def _ellipsoidal(block: Block, height: float) -> list[Frame]:
    """The block's photos as an RTK drone without a barometer tags them."""
    return [
        replace(f, pose=replace(f.pose, height_above_takeoff_m=None, height_m=height, vertical_datum="ellipsoid"))
        for f in block.frames
    ]


def test_ellipsoidal_photos_over_a_geoid_dem(block: Block, settings: ImagerySettings) -> None:
    """Ground 500 m above a geoid at −40.5 m, photos at 499.5 m above the ellipsoid: they fly at 40 m."""
    frames = _ellipsoidal(block, 500.0 - 40.5 + HEIGHT)
    dem = _dem(500.0, vertical="EPSG:5737")
    with pytest.raises(SettingError, match="ballpark"):
        process_frames(frames, settings, crs=GRID, dem=dem)
    outcome = process_frames(frames, replace(settings, geoid_height_m=-40.5), crs=GRID, dem=dem)
    assert [p.height_m for p in outcome.value.poses] == pytest.approx([HEIGHT] * 12)
    assert any("459.5 m above the ellipsoid" in tell(d).evidence for d in outcome.decisions)


def test_barometric_photos_do_not_ask_for_a_geoid(block: Block, settings: ImagerySettings) -> None:
    """With heights above take-off the datum does not matter, and nothing is refused."""
    outcome = process_frames(block.frames, settings, crs=GRID, dem=_dem(500.0, vertical="EPSG:5737"))
    assert outcome.value.surface.source == "DEM"
    assert outcome.value.quality.used == 12


def test_declared_flying_height(block: Block, settings: ImagerySettings) -> None:
    """A camera that tags no height is refused alone, and used with a declared height, which is told."""
    bare = [replace(block.frames[0], pose=replace(block.frames[0].pose, height_above_takeoff_m=None))]
    with raises_told(NothingUsable, match="no height above ground"):
        process_frames(bare, settings, crs=GRID)
    outcome = process_frames(bare, replace(settings, flying_height_m=40.0), crs=GRID)
    assert outcome.value.poses[0].height_m == 40.0
    assert any("declared flying height" in tell(d).evidence for d in outcome.decisions)
    tagged = settle_heights(
        block.frames, crs=GRID, takeoff=(EAST, NORTH), dem=None, settings=replace(settings, flying_height_m=99.0)
    )
    assert tagged.value == block.frames


def _ranged(pitch_deg: float, height: float, distance: float | None) -> Station:
    camera = Camera(400, 300, 400.0, 199.5, 149.5)
    frame = Frame("p.jpg", Path("p.jpg"), camera, Pose(104.0, 30.0), target_distance_m=distance)
    rotation = rotation_from_attitude(0.3, math.radians(pitch_deg), 0.0)
    return Station(frame, camera, np.array([0.0, 0.0, height]), rotation, np.zeros((6, 6)))


def test_laser_target_gives_the_ground() -> None:
    """From 80 m, 86 m straight down and 98 m at 60° down end at −6 m and −4.9 m: the median is told as the ground."""
    stations = [_ranged(-90, 80.0, 86.0), _ranged(-60, 80.0, 98.0), _ranged(-90, 80.0, None)]
    outcome = laser_ground(stations, surface_from_plane(0.0, 2.2), ImagerySettings())
    deeper = 80.0 - 98.0 * math.sin(math.radians(60))
    assert float(outcome.value.heights[0, 0]) == pytest.approx((-6.0 + deeper) / 2)
    assert outcome.value.source == "laser range"
    assert "2 photos" in tell(outcome.decisions[0]).evidence


def test_laser_targets_that_scatter_do_not_overrule() -> None:
    """Ranges that end at heights metres apart say less than the plane, which stays."""
    plane = surface_from_plane(0.0, 2.2)
    scattered = [_ranged(-90, 80.0, d) for d in (80.0, 50.0, 66.0, 90.0)]
    assert laser_ground(scattered, plane, ImagerySettings()).value is plane
    assert laser_ground([_ranged(-90, 80.0, None)], plane, ImagerySettings()).value is plane


def test_laser_error_grows_with_the_view_off_nadir() -> None:
    """Straight down only the range counts; at 45° the tilt moves the target by its range times its sine."""
    down = surface_from_laser(
        np.array([[0.0, 0.0, 100.0]]),
        np.array([[0.0, 0.0, -1.0]]),
        np.array([100.0]),
        laser_sd_m=0.3,
        tilt_sd_rad=0.02,
    )
    half = math.sqrt(0.5)
    aside = surface_from_laser(
        np.array([[0.0, 0.0, 100.0]]),
        np.array([[half, 0.0, -half]]),
        np.array([100.0]),
        laser_sd_m=0.3,
        tilt_sd_rad=0.02,
    )
    assert down.sd_m == pytest.approx(0.3)
    assert aside.sd_m == pytest.approx(math.hypot(half * 0.3, half * 100 * 0.02))


def test_rays_meet_a_ramp() -> None:
    """A ray at 45° to the east from 100 m over ground that rises by a tenth ends where 100 − x = x / 10."""
    surface = surface_from_dem(
        _dem(0.0, slope=0.1), crs=GRID, bounds=(EAST, NORTH - 200, EAST + 200, NORTH), takeoff=(EAST, NORTH), sd_m=0.0
    )
    ground = meet_ground(np.array([EAST, NORTH - 100.0, 100.0]), np.array([[1.0, 0.0, -1.0]]), surface)
    assert ground[0, 0] - EAST == pytest.approx(100 / 1.1, abs=1e-3)


# --- heights on a grid ---------------------------------------------------------------------------------------------


def test_surface_is_bilinear_from_its_north_west_node() -> None:
    """Rows go south and columns east from (1000, 2000) in steps of 10 m; beyond its edge it stays as it is there."""
    surface = Surface(1000.0, 2000.0, 10.0, np.array([[0.0, 10.0, 20.0], [100.0, 110.0, 120.0]]), 0.5, "here")
    x = np.array([[1000.0, 1010.0, 1015.0], [1000.0, 1005.0, 1020.0]])
    y = np.array([[2000.0, 2000.0, 2000.0], [1990.0, 1995.0, 1995.0]])
    np.testing.assert_allclose(surface.at(x, y), [[0, 10, 15], [100, 55, 70]])
    beyond = surface.at(np.array([900.0, 1100.0, 1010.0, 1010.0]), np.array([2000.0, 1995.0, 2100.0, 1900.0]))
    np.testing.assert_allclose(beyond, [0.0, 70.0, 10.0, 110.0])


def test_plane_is_level_everywhere() -> None:
    """One height for places of any shape, with its error and its name."""
    plane = surface_from_plane(1.5, 2.0)
    assert plane.at(np.zeros((2, 3)), np.full((2, 3), 1e6)).tolist() == [[1.5] * 3] * 2
    assert (plane.sd_m, plane.source) == (2.0, "take-off plane")


def test_surface_of_a_dem_has_its_cells_and_reaches_all_bounds() -> None:
    """5 m cells from the north-west corner, beyond the south-east one; heights at nodes, not at corners."""
    dem = _dem(500.0, slope=0.1)
    west, south, east, north = EAST + 3.0, NORTH - 92.0, EAST + 105.0, NORTH - 11.0
    surface = surface_from_dem(dem, crs=GRID, bounds=(west, south, east, north), takeoff=(EAST, NORTH), sd_m=0.3)
    assert (surface.west, surface.north, surface.cell_m, surface.sd_m) == (west, north, 5.0, 0.3)
    assert surface.heights.shape == (18, 22)  # 81 / 5 and 102 / 5, and one more on either side
    np.testing.assert_allclose(surface.heights[0], 0.1 * (3.0 + 5.0 * np.arange(22)), atol=1e-9)


def test_the_longer_side_of_a_cell_counts() -> None:
    """Cells of 5 m by 10 m give a surface of 10 m, whichever axis is the coarse one."""
    for coarse in ({"x": slice(None, None, 2)}, {"y": slice(None, None, 2)}):
        dem = _dem(500.0).isel(coarse)
        bounds = (EAST, NORTH - 100, EAST + 100, NORTH)
        assert surface_from_dem(dem, crs=GRID, bounds=bounds, takeoff=(EAST, NORTH), sd_m=0.3).cell_m == 10.0


def _degrees_dem(spatial_ref: bool = False) -> xr.DataArray:
    """A DEM in degrees, 0.001° cells, that rises by 100 m a degree of longitude and 1000 m a degree of latitude."""
    lon, lat = 104.0 + 0.001 * np.arange(130), 30.7 - 0.001 * np.arange(90)
    heights = 100.0 * (lon[None, :] - 104.0) + 1000.0 * (lat[:, None] - 30.0)
    dem = xr.DataArray(heights, {"y": lat, "x": lon}, ("y", "x"))
    if spatial_ref:
        return dem.assign_coords(spatial_ref=xr.DataArray(0, attrs={"crs_wkt": "EPSG:4326"}))
    return dem.assign_attrs(crs="EPSG:4326")


@pytest.mark.parametrize("spatial_ref", [False, True])
def test_dem_in_degrees(spatial_ref: bool) -> None:
    """0.001° are 111 m; heights are those of the place, less that of the take-off point."""
    dem = _degrees_dem(spatial_ref)
    x, y = (float(v) for v in to_grid(104.05, 30.65, GRID))
    there = [float(v) for v in to_grid(104.06, 30.66, GRID)]
    bounds = (x - 500.0, y - 500.0, x + 2000.0, y + 2000.0)
    surface = surface_from_dem(dem, crs=GRID, bounds=bounds, takeoff=(x, y), sd_m=0.3)
    assert surface.cell_m == pytest.approx(111.32)
    assert float(surface.at(np.array(there[:1]), np.array(there[1:]))[0]) == pytest.approx(11.0, abs=0.05)
    assert height_of_dem(dem, crs=GRID, place=(x, y)) == pytest.approx(655.0, abs=1e-6)


def test_dem_without_a_system_is_refused() -> None:
    """Nothing is guessed about where heights are."""
    bare = _dem(500.0).assign_attrs(crs="")
    with pytest.raises(ContractError, match="coordinate system"):
        height_of_dem(bare, crs=GRID, place=(EAST, NORTH))


def test_dem_without_a_height_names_the_take_off_point() -> None:
    """The message holds the place in whole metres."""
    with pytest.raises(ContractError, match=r"\(401000, 3393000\)"):
        height_of_dem(_dem(500.0), crs=GRID, place=(EAST - 9000.0, NORTH))


def test_ground_beyond_the_dem_takes_the_nearest_height() -> None:
    """The DEM ends 495 m east of EAST: 49.5 m above the take-off point there and beyond; all beyond is level."""
    dem, takeoff = _dem(500.0, slope=0.1), (EAST, NORTH)
    bounds = (EAST + 400.0, NORTH - 50.0, EAST + 700.0, NORTH)
    surface = surface_from_dem(dem, crs=GRID, bounds=bounds, takeoff=takeoff, sd_m=0.3)
    np.testing.assert_allclose(surface.at(np.array([EAST + 450.0, EAST + 690.0]), np.full(2, NORTH)), [45.0, 49.5])
    away = (EAST + 5000.0, NORTH - 50.0, EAST + 5100.0, NORTH)
    assert (surface_from_dem(dem, crs=GRID, bounds=away, takeoff=takeoff, sd_m=0.3).heights == 0.0).all()


def test_laser_plane_is_the_median_with_the_spread_of_its_targets() -> None:
    """Targets at 1, 2 and 4 m: 2 m; ± 1.4826 × 1 m of relief beside 0.3 m of a range, not the 40 % of a mean."""
    down = np.repeat([[0.0, 0.0, -1.0]], 3, axis=0)
    centres = np.column_stack([np.zeros((3, 2)), [51.0, 52.0, 54.0]])
    surface = surface_from_laser(centres, down, np.full(3, 50.0), laser_sd_m=0.3, tilt_sd_rad=0.02)
    assert surface.heights.tolist() == [[2.0]]
    assert surface.sd_m == pytest.approx(math.hypot(0.3, 1.4826))


def test_laser_with_the_doubt_of_the_plane_does_not_overrule_it() -> None:
    """At the same standard deviation the plane stays; a hair below, the laser tells."""
    station = _ranged(-90, 80.0, 86.0)
    settings = ImagerySettings()
    assert (
        laser_ground([station], surface_from_plane(0.0, settings.laser_sd_m), settings).value.source != "laser range"
    )
    better = laser_ground([station], surface_from_plane(0.0, settings.laser_sd_m + 1e-6), settings)
    assert better.value.source == "laser range"
    (told,) = better.decisions
    assert told.item == "flight of p.jpg"
    assert tell(told).decision == "ground at -6.0 m of the take-off height, ± 0.3 m"


def test_laser_is_given_its_own_settings() -> None:
    """At 45° the tilt counts: 86 m of range times the sine times its standard deviation."""
    settings = ImagerySettings(laser_sd_m=0.1, tilt_sd_rad=0.01)
    found = laser_ground([_ranged(-45, 80.0, 86.0)], surface_from_plane(0.0, 9.0), settings).value
    assert found.sd_m == pytest.approx(math.sqrt(0.5) * math.hypot(0.1, 0.86))


# --- relief of tie points ------------------------------------------------------------------------------------------


def _cloud(height: np.ndarray | float, *, step: float = 0.5) -> np.ndarray:
    """Points every half metre over 40 m × 30 m, south-west corner at (1000, 2000)."""
    x, y = (a.ravel() for a in np.meshgrid(1000 + np.arange(0, 40.1, step), 2000 + np.arange(0, 30.1, step)))
    return np.column_stack([x, y, np.broadcast_to(height, x.shape)])


@pytest.mark.parametrize("slope", [(0.4, 0.0), (-0.4, 0.0), (0.0, 0.4), (0.0, -0.4)])
def test_relief_is_in_its_place(slope: tuple[float, float]) -> None:
    """A ramp towards every side comes back: half a cell aside would be 0.4 m off."""
    points = _cloud(0.0, step=0.1)
    points[:, 2] = slope[0] * (points[:, 0] - 1000) + slope[1] * (points[:, 1] - 2000) + 5.0
    surface = surface_from_points(points, cell_m=2.0, sd_m=0.7)
    x, y = (a.ravel() for a in np.meshgrid(np.arange(1008.0, 1033.0, 3.0), np.arange(2008.0, 2023.0, 3.0)))
    np.testing.assert_allclose(surface.at(x, y), slope[0] * (x - 1000) + slope[1] * (y - 2000) + 5.0, atol=0.06)
    assert (surface.west, surface.north, surface.cell_m) == (999.0, 2031.0, 2.0)
    assert (surface.sd_m, surface.source) == (0.7, "tie points")


def test_relief_covers_all_points() -> None:
    """One cell beyond the outermost point on every side: 44 m by 34 m in cells of 2 m, and one more."""
    assert surface_from_points(_cloud(1.0), cell_m=2.0, sd_m=0.1).heights.shape == (18, 23)


def test_spikes_are_no_relief() -> None:
    """A wild point among many of its cell, and a lone cell of wild points, leave level ground level."""
    points = _cloud(3.0)
    points[::50, 2] = 90.0
    wild = (abs(points[:, 0] - 1020.0) < 0.9) & (abs(points[:, 1] - 2015.0) < 0.9)
    points[wild, 2] = -40.0
    np.testing.assert_allclose(surface_from_points(points, cell_m=2.0, sd_m=0.1).heights, 3.0, atol=1e-9)


def test_gaps_between_points_are_linear() -> None:
    """Between two fields of points at 0 m and 10 m the ground rises evenly."""
    points = _cloud(0.0)
    points[:, 2] = np.where(points[:, 0] < 1020, 0.0, 10.0)
    points = points[(points[:, 0] <= 1009.9) | (points[:, 0] >= 1030)]
    surface = surface_from_points(points, cell_m=2.0, sd_m=0.1)
    middle = surface.at(np.array([1015.0, 1020.0, 1025.0]), np.full(3, 2015.0))
    np.testing.assert_allclose(np.diff(middle), 2.5, atol=0.3)
    np.testing.assert_allclose(surface.at(np.array([1004.0, 1036.0]), np.full(2, 2015.0)), [0.0, 10.0], atol=0.05)


@pytest.mark.parametrize("line", [0, 1])
def test_points_on_a_line_make_a_surface_too(line: int) -> None:
    """Nothing spans a triangle: the nearest height is taken."""
    points = np.full((8, 3), 1000.0)
    points[:, line] += 5.0 * np.arange(8)
    points[:, 2] = 4.0
    np.testing.assert_allclose(surface_from_points(points, cell_m=2.0, sd_m=0.1).heights, 4.0)


# --- rays ----------------------------------------------------------------------------------------------------------


def test_rays_meet_a_plane_by_hand() -> None:
    """From 50 m above a plane at 10 m: down, aside, not at all; a hair below level it is far away."""
    rays = np.array([[0, 0, -2.0], [1, -0.5, -1], [1, 0, 0], [0, 0, 1], [1, 0, -1e-6], [1, 0, -2e-6]])
    ground = meet_ground(np.array([100.0, 200.0, 60.0]), rays, surface_from_plane(10.0, 1.0))
    np.testing.assert_allclose(ground[:2], [[100, 200, 10], [150, 175, 10]])
    assert np.isnan(ground[2:5]).all()
    assert ground[5, 0] == pytest.approx(100.0 + 50.0 / 2e-6)


def test_rays_meet_a_slope_to_the_north_and_below_the_median() -> None:
    """Ground that falls by a tenth to the north is met where 100 − y / 2 = −y / 10."""
    heights = np.repeat(0.1 * 10.0 * np.arange(60)[:, None], 60, axis=1)  # rows go south: 1 m a row
    surface = Surface(-300.0, 300.0, 10.0, heights - 30.0, 0.0, "slope")
    ground = meet_ground(np.array([0.0, 0.0, 100.0]), np.array([[0.0, 2.0, -1.0]]), surface)
    np.testing.assert_allclose(ground, [[0.0, 250.0, -25.0]], atol=0.02)


# --- heights of photos ---------------------------------------------------------------------------------------------


def _tagged(item: str, above: float | None, height: float | None = None, datum: str = "ellipsoid") -> Frame:
    pose = Pose(104.0657, 30.6574, height, datum, above)
    return Frame(item, Path(item), Camera(400, 300, 400.0, 199.5, 149.5), pose)


def test_only_untagged_photos_get_the_declared_height() -> None:
    """Two of three; the count and the height are told, the tagged one keeps its own."""
    frames = [_tagged("a", None), _tagged("b", 70.0), _tagged("c", None)]
    settings = ImagerySettings(flying_height_m=55.5)
    outcome = settle_heights(frames, crs=GRID, takeoff=(EAST, NORTH), dem=None, settings=settings)
    assert [f.pose.height_above_takeoff_m for f in outcome.value] == [55.5, 70.0, 55.5]
    (told,) = outcome.decisions
    assert (told.item, tell(told).decision) == ("flight of a", "2 photos taken at 55.5 m above take-off")
    undeclared = settle_heights(frames, crs=GRID, takeoff=(EAST, NORTH), dem=None, settings=ImagerySettings())
    assert undeclared.value == tuple(frames) and undeclared.decisions == ()


def test_only_ellipsoidal_heights_are_held_against_the_dem() -> None:
    """Of four photos one has no height above take-off and an ellipsoidal one: 600 m over 480 m are 120 m."""
    frames = [
        _tagged("rtk", None, 600.0), _tagged("baro", 70.0, 600.0), _tagged("plain", None, 600.0, "unknown"),
        _tagged("none", None),
    ]  # fmt: skip
    dem = _dem(480.0, slope=0.1, vertical="ellipsoid")
    settings = ImagerySettings(flying_height_m=55.0)
    outcome = settle_heights(frames, crs=GRID, takeoff=(EAST, NORTH - 50), dem=dem, settings=settings)
    assert [f.pose.height_above_takeoff_m for f in outcome.value] == [pytest.approx(120.0), 70.0, None, None]
    (told,) = outcome.decisions
    assert tell(told).decision == "1 photos with ellipsoidal heights brought into the flight's frame"
    assert "480.0 m above the ellipsoid" in tell(told).evidence


def test_without_ellipsoidal_heights_the_declared_one_is_taken_over_a_dem() -> None:
    """A DEM alone gives a photo no height."""
    frames, settings = [_tagged("none", None)], ImagerySettings(flying_height_m=55.0)
    outcome = settle_heights(frames, crs=GRID, takeoff=(EAST, NORTH), dem=_dem(480.0), settings=settings)
    assert outcome.value[0].pose.height_above_takeoff_m == 55.0
