"""Steps of the imagery job by hand: its grid, its quality, its sentences, and what reaches which record."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import shapely
from pyproj import CRS

from imagery import ImagerySettings, process_frames
from imagery.camera import rotation_from_attitude
from imagery.ortho import View
from imagery.process import _feature_scale, _Flight, _geobox, _kept_reduction, _nothing, _reach
from imagery.radiometry import Tone
from imagery.schema import FramePose, Station
from imagery.surface import surface_from_plane
from ingest.coordinates import meridian_convergence_rad, to_lonlat
from ingest.errors import NothingUsable, SettingError
from ingest.schema import Camera, Frame, Pose, Reject
from tests.imagery.conftest import EAST, GRID, NORTH, Block

CAMERA = Camera(1000, 800, 1000.0, 499.5, 399.5)
SETTINGS = ImagerySettings(gsd_m=0.0, max_pixels=1_000_000, cache_mb=10)


def _frame(item: str, above: float | None, focal_px: float = 1000.0, width: int = 1000) -> Frame:
    camera = Camera(width, 800, focal_px, 499.5, 399.5)
    return Frame(item, Path(item), camera, Pose(104.0, 30.0, height_above_takeoff_m=above))


def _flight(*frames: Frame) -> _Flight:
    n = len(frames)
    return _Flight(frames, np.zeros((n, 2)), np.zeros(n), ())


def _view(index: int, height: float, footprint: shapely.Polygon) -> View:
    rotation = rotation_from_attitude(0.0, -math.pi / 2, 0.0)
    station = Station(_frame(f"{index}", height), CAMERA, np.array([0.0, 0.0, height]), rotation, np.zeros((6, 6)))
    return View(index, station, footprint, Tone())


# --- grid ----------------------------------------------------------------------------------------------------------


def test_grid_over_all_footprints_at_their_median_resolution() -> None:
    """100, 110 and 131 m above ground at 9 m: 0.101 m is 0.1 m in two digits; whole multiples, all of it."""
    views = [_view(k, h, shapely.box(*b)) for k, (h, b) in enumerate([
        (100.0, (3.03, 5, 20, 20)), (110.0, (10, 2.07, 31, 18)), (131.0, (10, 10, 30, 40.01))])]  # fmt: skip
    box = _geobox(views, surface_from_plane(9.0, 1.0), SETTINGS, GRID)
    assert box.resolution.x == pytest.approx(0.1) and box.resolution.y == pytest.approx(-0.1)
    west, south, east, north = box.boundingbox
    assert (west, south, east, north) == pytest.approx((3.0, 2.0, 31.0, 40.1))
    assert CRS.from_user_input(str(box.crs)).to_epsg() == 4544
    asked = _geobox(views, surface_from_plane(9.0, 1.0), replace(SETTINGS, gsd_m=0.25), GRID)
    assert asked.resolution.x == 0.25
    two_digits = _geobox([_view(0, 123.7, shapely.box(0, 0, 10, 10))], surface_from_plane(0.0, 1.0), SETTINGS, GRID)
    assert two_digits.resolution.x == pytest.approx(0.12)


def test_grids_that_are_too_large() -> None:
    """100 m by 100 m of 10 cm are the million allowed; at 9.9 cm the number and the way out are told."""
    views = [_view(0, 100.0, shapely.box(0, 0, 100, 100))]
    _geobox(views, surface_from_plane(0.0, 1.0), replace(SETTINGS, gsd_m=0.1), GRID)
    with pytest.raises(SettingError, match=r"1\.02e\+06 pixels at 0\.099 m \(allowed 1e\+06\); give a larger gsd_m"):
        _geobox(views, surface_from_plane(0.0, 1.0), replace(SETTINGS, gsd_m=0.099), GRID)


# --- what is looked at ---------------------------------------------------------------------------------------------


def test_reach_is_the_diagonal_of_a_footprint() -> None:
    """The median of 100 and 120 m above ground over √(1000² + 800²) px; 300 m where no height is known."""
    diagonal = math.hypot(1000, 800) / 1000
    assert _reach(
        _flight(_frame("a", 100.0), _frame("b", 120.0), _frame("c", None), _frame("d", 0.0))
    ) == pytest.approx(110 * diagonal)
    assert _reach(_flight(_frame("a", None), _frame("b", -3.0))) == 300.0


def test_scale_of_features() -> None:
    """1000 px sought in 4000 px are a quarter; in direct mode 500 px an eighth; the coarsest camera counts."""
    settings = ImagerySettings(feature_px=1000, coarse_px=500)
    flight = _flight(_frame("a", 1.0, width=4000), _frame("b", 1.0, width=1000))
    assert _feature_scale(flight, settings) == 4
    assert _feature_scale(flight, replace(settings, mode="direct")) == 8
    assert _feature_scale(_flight(), settings) == 1


def test_reduction_that_is_kept_for_the_mosaic() -> None:
    """2.4 MB of a photo: three fit into nine tenths of 10 MB, four do not; at 20 cm a quarter is kept of each."""
    photos = [_frame(f"{k}", 100.0) for k in range(4)]
    assert _kept_reduction(photos[:3], SETTINGS) == 1
    assert _kept_reduction(photos, SETTINGS) == 0
    assert _kept_reduction(photos, replace(SETTINGS, gsd_m=0.2)) == 2
    assert _kept_reduction([_frame("a", None), _frame("b", 0.0)], SETTINGS) == 0
    exact = [_frame("x", 100.0, width=1250)] * 3  # 9 000 000 bytes
    assert _kept_reduction(exact, SETTINGS) == 1


def test_reasons_are_counted() -> None:
    """The three commonest, with their counts."""
    rejects = [Reject(f"{k}", "x", r) for k, r in enumerate(["dark"] * 2 + ["far"] * 3 + ["cut"] + ["odd"])]
    said = _nothing([_frame("a", 1.0)] * 7, rejects)
    assert said.startswith("none of 7 photos can be placed: 3 × far; 2 × dark; 1 × ")
    assert said.count("×") == 3


# --- a whole flight ------------------------------------------------------------------------------------------------


def test_rows_and_quality_of_a_flight(block: Block, settings: ImagerySettings) -> None:
    """Every field of a pose and of the quality, of two perfect photos in direct mode."""
    frames = block.frames[:2]
    ortho = process_frames(frames, settings, crs=GRID).value
    for k, pose in enumerate(ortho.poses):
        centre = block.centres[k]
        assert (pose.item, pose.used, pose.reason, pose.ties) == (frames[k].item, True, "used", 0)
        assert (pose.easting_m, pose.northing_m, pose.height_m) == pytest.approx(tuple(centre), abs=1e-3)
        assert pose.heading_rad == pytest.approx(frames[k].pose.yaw_rad, abs=1e-6)
        assert math.isnan(pose.reprojection_error_px)
        assert pose.camera == frames[k].camera
        assert pose.rotation is not None and pose.covariance is not None
        np.testing.assert_allclose(pose.rotation, block.rotations[k], atol=1e-6)
        expected = np.diag(np.square([0.026, 0.026, 0.052, 3.0, 3.0, 0.3]))
        np.testing.assert_allclose(pose.covariance, expected)
        # Looking east from 40 m at a pixel of 10 cm: 300 px across, 400 px along.
        level = ortho.surface.heights[0, 0]
        high = centre[2] - level
        box = shapely.box(
            centre[0] - 0.375 * high, centre[1] - 0.5 * high, centre[0] + 0.375 * high, centre[1] + 0.5 * high
        )
        assert pose.footprint.symmetric_difference(box).area < 0.02 * box.area
        down = 2 * 9.0 + 2 * (0.026 * high) ** 2
        assert pose.position_error_m == pytest.approx(math.sqrt(down), rel=1e-3)
    quality = ortho.quality
    assert (quality.mode, quality.photos, quality.used, quality.corrected, quality.tied, quality.tie_points) == (
        "direct",
        2,
        2,
        0,
        0,
        0,
    )
    assert (
        math.isnan(quality.reprojection_error_px)
        and math.isnan(quality.mismatch_m)
        and math.isnan(quality.mismatch_p90_m)
    )
    assert quality.gsd_m == 0.2 and quality.focal_px == 400.0
    assert quality.position_error_m == pytest.approx(float(np.median([p.position_error_m for p in ortho.poses])))
    assert 0.0 < quality.seconds < 600.0
    assert ortho.control == ()
    assert str(ortho.mosaic["green"].dtype) == "uint8" and str(ortho.mosaic["gsd"].dtype) == "float32"


def test_heading_is_to_true_north(block: Block, settings: ImagerySettings) -> None:
    """The convergence that is taken off a yaw tag comes back in the row of the photo."""
    lon, lat = block.frames[0].pose.lon, block.frames[0].pose.lat
    convergence = float(meridian_convergence_rad(lon, lat, GRID))
    assert abs(convergence) > 1e-3
    (pose,) = process_frames(block.frames[:1], settings, crs=GRID).value.poses
    assert pose.rotation is not None
    grid = math.atan2(*(pose.rotation[2] - pose.rotation[1])[:2])
    assert pose.heading_rad - grid == pytest.approx(convergence, abs=1e-9)


def test_row_of_a_photo_that_is_not_used(block: Block, settings: ImagerySettings) -> None:
    """Where its tags put it, why, and nothing else; in the order given."""
    lon, lat = (float(v) for v in to_lonlat(EAST + 5.0, NORTH - 7.0, GRID))
    below = replace(
        block.frames[1], pose=replace(block.frames[1].pose, lon=lon, lat=lat, height_above_takeoff_m=-2.0)
    )
    poses = process_frames([below, block.frames[0]], settings, crs=GRID).value.poses
    assert [p.item for p in poses] == [below.item, block.frames[0].item]
    row: FramePose = poses[0]
    assert (row.used, row.ties, row.camera, row.rotation, row.covariance) == (False, 0, None, None, None)
    assert row.reason.startswith("-2 m above take-off")
    assert (row.easting_m, row.northing_m) == pytest.approx((EAST + 5.0, NORTH - 7.0), abs=1e-3)
    assert math.isnan(row.height_m) and math.isnan(row.heading_rad) and math.isnan(row.position_error_m)
    assert row.footprint.is_empty


@pytest.mark.parametrize(("degrees_off", "used"), [(62.9, True), (63.2, False)])
def test_oblique_photos_up_to_the_limit(
    block: Block, settings: ImagerySettings, degrees_off: float, used: bool
) -> None:
    """1.10 rad is 63.03° off nadir: beyond it a photo is refused with both angles."""
    pose = replace(block.frames[0].pose, pitch_rad=math.radians(degrees_off - 90.0))
    frame = replace(block.frames[0], pose=pose)
    if used:
        assert process_frames([frame], settings, crs=GRID).value.quality.used == 1
        return
    with pytest.raises(NothingUsable, match="looks 63° away from straight down; a mosaic takes up to 63°") as refused:
        process_frames([frame], settings, crs=GRID)
    assert [(r.item, r.where) for r in refused.value.rejects] == [(frame.item, "pitch")]


def test_photo_without_any_heading_is_refused(block: Block, settings: ImagerySettings) -> None:
    """No yaw and nothing that overlaps."""
    bare = replace(block.frames[0], pose=replace(block.frames[0].pose, yaw_rad=None), flight_yaw_rad=None)
    with pytest.raises(NothingUsable, match="no heading: no yaw tag") as refused:
        process_frames([bare], settings, crs=GRID)
    assert [(r.item, r.where) for r in refused.value.rejects] == [(bare.item, "yaw")]
