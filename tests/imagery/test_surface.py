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
from imagery.surface import meet_ground, surface_from_dem, surface_from_laser, surface_from_plane
from ingest.errors import ContractError, NothingUsable, SettingError
from ingest.schema import Camera, Frame, Pose
from tests.imagery.conftest import EAST, GRID, HEIGHT, NORTH, Block


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
    assert any("459.5 m above the ellipsoid" in d.evidence for d in outcome.decisions)


def test_barometric_photos_do_not_ask_for_a_geoid(block: Block, settings: ImagerySettings) -> None:
    """With heights above take-off the datum does not matter, and nothing is refused."""
    outcome = process_frames(block.frames, settings, crs=GRID, dem=_dem(500.0, vertical="EPSG:5737"))
    assert outcome.value.surface.source == "DEM"
    assert outcome.value.quality.used == 12


def test_declared_flying_height(block: Block, settings: ImagerySettings) -> None:
    """A camera that tags no height is refused alone, and used with a declared height, which is told."""
    bare = [replace(block.frames[0], pose=replace(block.frames[0].pose, height_above_takeoff_m=None))]
    with pytest.raises(NothingUsable, match="no height above ground"):
        process_frames(bare, settings, crs=GRID)
    outcome = process_frames(bare, replace(settings, flying_height_m=40.0), crs=GRID)
    assert outcome.value.poses[0].height_m == 40.0
    assert any("declared flying height" in d.evidence for d in outcome.decisions)
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
    assert "2 photos" in outcome.decisions[0].evidence


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
