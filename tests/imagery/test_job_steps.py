"""Steps of the imagery job by hand: its grid, its quality, its sentences, and what reaches which record."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
import shapely
import xarray as xr
from pyproj import CRS

from imagery import ImagerySettings, process_frames
from imagery.camera import rotation_from_attitude, rotation_from_vector
from imagery.mosaic.ortho import View
from imagery.mosaic.radiometry import Tone
from imagery.multispectral import BandView, Capture
from imagery.orientation.adjust import Adjusted
from imagery.orientation.checks import Verdict
from imagery.orientation.refine import Refined
from imagery.orientation.tiepoints import PairMatch
from imagery.orientation.ties import TiePoints
from imagery.process import (
    _adjustment_told,
    _boresight,
    _feature_scale,
    _Flight,
    _geobox,
    _kept_reduction,
    _nothing,
    _poses,
    _quality,
    _reach,
    _surface,
    _usable_photos,
)
from imagery.schema import FramePose, Station
from imagery.surface import surface_from_plane
from ingest.coordinates import meridian_convergence_rad, to_grid, to_lonlat
from ingest.errors import NothingUsable, SettingError
from ingest.outcome import Decision, Phrase, Reject
from ingest.schema import Camera, Frame, Pose
from onevisit.words.telling import say, tell
from tests.imagery.conftest import EAST, GRID, NORTH, Block
from tests.told import raises_told

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
    said = say(_nothing([_frame("a", 1.0)] * 7, rejects))
    assert said.startswith("none of 7 photos can be placed: 3 × far; 2 × dark; 1 × ")
    assert said.count("×") == 3


def test_reasons_with_values_of_their_own_are_one_reason() -> None:
    """Black photos are counted together, with the level of one of them; equal ones as what they are."""
    rejects = [Reject(f"{k}", "x", "photo_black", {"level": 0.1 * k, "usable_from": 4.0}) for k in range(3)]
    said = say(_nothing([_frame("a", 1.0)] * 3, rejects))
    assert said.startswith("none of 3 photos can be placed: 3 × for instance black: mean level 0.0 of 255")
    alike = [Reject(f"{k}", "x", "photo_flat", {"spread": 0.5}) for k in range(2)]
    assert "2 × flat: levels vary by 0.50 of 255" in say(_nothing([_frame("a", 1.0)] * 2, alike))
    zh = say(_nothing([_frame("a", 1.0)] * 5, [*rejects, *alike]), "zh")
    assert zh.startswith("5 张像片均无法定位：3 张，例如：全黑") and "；另有：2 张：无反差" in zh


# --- which photos --------------------------------------------------------------------------------------------------


def _kinds(*kinds: str) -> list[Frame]:
    """Photos in reverse order of time, one of each kind given."""
    start = datetime(2025, 6, 1, tzinfo=UTC)
    frames = [
        replace(_frame(f"{k}", 50.0), kind=kind, time=start - timedelta(seconds=k)) for k, kind in enumerate(kinds)
    ]
    bands = (BandView("red", frames[0]), BandView("nir", frames[0]))
    return [Capture(**vars(f), bands=bands) if f.kind == "multispectral" else f for f in frames]


@pytest.mark.parametrize(
    ("kinds", "kept"),
    [
        (("thermal", "rgb", "thermal"), "thermal"),
        (("thermal", "rgb"), "rgb"),
        (("multispectral", "thermal"), "multispectral"),
    ],
)
def test_the_kind_of_most_photos_stays(kinds: tuple[str, ...], kept: str) -> None:
    """Colour where there are as many, a capture counts its bands; the others are named with both kinds."""
    frames = _kinds(*kinds)
    outcome = _usable_photos(frames, ImagerySettings(), GRID)
    flight, rejects = outcome.value, outcome.rejects
    assert [f.item for f in flight.frames] == [f.item for f in frames if f.kind == kept][::-1]
    assert [(r.item, r.where) for r in rejects] == [(f.item, "kind") for f in frames if f.kind != kept]
    other = next(k for k in kinds if k != kept)
    assert tell(rejects[0]).reason == f"{other} photo among {kept} photos; give it a folder of its own"
    assert outcome.decisions == ()


def test_photos_without_a_camera_a_time_or_of_another_unit() -> None:
    """No focal length is refused; a photo without a time comes last; one in °C among counts is refused."""
    frames = [*_kinds(*["thermal"] * 4), replace(_frame("timeless", 50.0), kind="thermal", time=None)]
    frames = [replace(f, tags={"ThermalUnit": "count"}) for f in frames]
    frames[1] = replace(frames[1], camera=replace(frames[1].camera, focal_px=0.0))
    frames[2] = replace(frames[2], tags={"ThermalUnit": "degC"})
    outcome = _usable_photos(frames, ImagerySettings(), GRID)
    flight, rejects = outcome.value, outcome.rejects
    assert [f.item for f in flight.frames] == ["3", "0", "timeless"]
    assert [(r.item, r.where) for r in rejects] == [("1", "camera"), ("2", "values")]
    x, y = (float(v) for v in to_grid(104.0, 30.0, GRID))
    np.testing.assert_allclose(flight.centres, [[x, y]] * 3)
    convergence = float(meridian_convergence_rad(104.0, 30.0, GRID))
    np.testing.assert_allclose(flight.convergence, [convergence] * 3)
    kept = replace(flight, features=("a", "b", "c")).keep([Reject("0", "", "")])  # type: ignore[arg-type]
    assert [f.item for f in kept.frames] == ["3", "timeless"]
    assert kept.features == ("a", "c") and kept.centres.shape == (2, 2) and kept.convergence.shape == (2,)


# --- ground --------------------------------------------------------------------------------------------------------


def test_ground_is_the_dem_else_the_laser_else_the_plane() -> None:
    """A DEM around the footprints and 50 m beyond, to the flight's own error; a range; the height and doubt given."""
    rotation = rotation_from_attitude(0.0, -math.pi / 2, 0.0)
    frame = replace(_frame("p", 80.0), target_distance_m=86.0)
    station = Station(frame, CAMERA, np.array([EAST, NORTH, 80.0]), rotation, np.zeros((6, 6)))
    settings, takeoff = ImagerySettings(height_relative_sd_m=0.4), (EAST, NORTH)
    axis = 10.0 * np.arange(-40, 41)
    dem = xr.DataArray(
        np.full((81, 81), 500.0) + 0.1 * axis,
        {"y": NORTH - axis, "x": EAST + axis},
        ("y", "x"),
        attrs={"crs": "EPSG:4544"},
    )
    found = _surface([station], (1.5, 2.5), settings, GRID, dem, takeoff).value
    assert (found.source, found.sd_m, found.cell_m) == ("DEM", 0.4, 10.0)
    # 1000 × 800 px of 7.85 cm above the plane at 1.5 m
    assert (found.west, found.north) == pytest.approx((EAST - 0.5 * 78.5 - 50, NORTH + 0.4 * 78.5 + 50))
    assert float(found.at(np.array([EAST + 30.0]), np.array([NORTH]))[0]) == pytest.approx(3.0)
    laser = _surface([station], (1.5, 2.5), settings, GRID, None, takeoff)
    assert laser.value.source == "laser range" and len(laser.decisions) == 1
    plain = _surface([replace(station, frame=_frame("p", 80.0))], (1.5, 2.5), settings, GRID, None, takeoff).value
    assert (plain.source, plain.heights.tolist(), plain.sd_m) == ("take-off plane", [[1.5]], 2.5)


def test_what_the_adjustment_did_is_told_in_numbers() -> None:
    """Focal lengths before and after, k1, boresight in degrees, the median turn of those that were tied."""
    rotation = rotation_from_attitude(0.0, -math.pi / 2, 0.0)
    before = [Station(_frame(f"{k}", 80.0), CAMERA, np.zeros(3), rotation, np.zeros((6, 6))) for k in range(3)]
    turned = rotation_from_vector(np.radians([0.0, 2.5, 0.0])) @ rotation
    after = replace(
        before[0], rotation=turned, camera=replace(CAMERA, focal_px=1010.4, distortion=(-0.01, 0, 0, 0, 0))
    )
    ties = TiePoints(np.empty(0, np.intp), np.empty(0, np.intp), np.empty((0, 2)), 321)
    adjusted = Adjusted(
        (after, after), np.zeros((321, 3)), ties, np.empty((0, 2)), np.radians([[1.0, -2.0, 0.5]]),
        np.zeros(321), np.zeros(3),
    )  # fmt: skip
    refined = Refined(
        (after, before[1], after), adjusted, surface_from_plane(0.0, 1.0), np.array([True, False, True]),
        np.array([5, 0, 5]), np.zeros(3),
    )  # fmt: skip
    told = _adjustment_told("flight of x", before, refined)
    assert (told.item, tell(told).decision) == ("flight of x", "orientation of 2 photos adjusted on 321 tie points")
    assert tell(told).evidence == (
        "focal length 1000 → 1010 px, k1 -0.0100, boresight +1.0°, -2.0°, +0.5° (about image right, down, forward), "
        "attitudes turned by 2.5° (median)"
    )


@pytest.mark.parametrize(("times", "told"), [(40, True), (5, False)])
def test_boresight_is_used_from_three_standard_errors(times: int, told: bool) -> None:
    """Opposite photos from 100 m whose axes lie 2 m and 1 m aside of their nadirs: 0.02 and 0.01 rad."""
    frames = (_frame("a", 100.0), _frame("b", 100.0))
    flight = _Flight(frames, np.array([[0.0, 0.0], [20.0, 0.0]]), np.zeros(2), ())
    verdicts = [Verdict(0.0, 0.05), Verdict(math.pi, 0.05)]
    middle = np.array([499.5, 399.5])
    # The axes meet the ground at (2, -1) and (18, 1): 160 px right and 20 px above the middle of the first photo.
    turn = np.column_stack([-np.eye(2), 2 * middle + np.array([160.0, -20.0])])
    match = PairMatch(0, 1, np.empty(0, np.intp), np.empty(0, np.intp), turn)
    settings = ImagerySettings(boresight_sd_rad=0.035, gps_relative_sd_m=0.8, tilt_sd_rad=0.026)
    outcome = _boresight(flight, verdicts, np.full(2, 100.0), [match] * times, settings)
    weight, prior = times * 200.0**2 / (2 * 0.8**2 + 2 * 2.6**2), 0.035**-2
    if not told:
        assert outcome.value.tolist() == [0.0, 0.0] and outcome.decisions == ()
        return
    np.testing.assert_allclose(outcome.value, np.array([0.02, 0.01]) * weight / (weight + prior), rtol=1e-6)
    (decision,) = outcome.decisions
    assert decision.item == "flight of a"
    assert (
        tell(decision).decision
        == "camera looks +1.1° to the right and +0.6° to the bottom of its image beyond its tags"
    )
    assert tell(decision).evidence == "baselines in 40 overlaps against GPS, standard errors 0.2°, 0.2°"


def _refined() -> tuple[list[Station], Refined]:
    """Three photos straight down from 100 m, 20 m apart; two tie points that two of them put 5 m and 10 m apart."""
    rotation = rotation_from_attitude(0.0, -math.pi / 2, 0.0)
    covariance = np.diag(np.square([0.0, 0.0, 0.05, 3.0, 4.0, 0.3]))
    stations = []
    for k, focal in enumerate((1000.0, 1000.0, 1010.0)):
        centre, camera = np.array([20.0 * k, 0.0, 100.0]), replace(CAMERA, focal_px=focal)
        stations.append(Station(_frame(f"{k}", 100.0), camera, centre, rotation, covariance))
    middle = np.array([499.5, 399.5])
    pixels = middle + np.array([[100.0, 0], [-130, 40], [150, 0], [-110, 80]])  # 10, 20 − 13, 15, 20 − 11 m east
    ties = TiePoints(np.array([0, 1, 0, 1]), np.array([0, 0, 1, 1]), pixels, 2)
    residuals = np.array([[0.3, 0.0], [0.0, 0.4], [0.3, 0.0], [0.0, 0.4]])
    adjusted = Adjusted(
        tuple(stations[:2]), np.zeros((2, 3)), ties, residuals, np.zeros((1, 3)), np.zeros(2), np.zeros(3)
    )
    error = np.array([0.25, 0.5, math.nan])
    tied = np.array([True, True, False])
    return stations, Refined(
        tuple(stations), adjusted, surface_from_plane(0.0, 0.0), tied, np.array([7, 9, 0]), error
    )


def test_rows_and_quality_of_an_adjusted_flight() -> None:
    """Ties and errors of each photo, reasons of those corrected or refused; medians and percentiles of the block."""
    stations, refined = _refined()
    told = {f"{k}": Verdict(0.0, 0.05) for k in range(4)}
    told["1"] = Verdict(0.0, 0.05, True, Decision("1", "heading corrected"))
    gone, odd = _frame("3", 100.0), _frame("4", 100.0)
    frames = [gone, *(s.frame for s in stations), odd]
    settings, plane = ImagerySettings(mode="refined", gsd_m=0.1), surface_from_plane(0.0, 0.0)
    rejects = [Reject("3", "pixels", "black")]
    poses, views = _poses(frames, stations, told, plane, rejects, GRID, settings, refined)
    assert [(p.item, p.used, say(p.reason), p.ties) for p in poses] == [
        ("3", False, "black", 0), ("0", True, "used", 7), ("1", True, "heading corrected", 9), ("2", True, "used", 0),
        ("4", False, "not placed", 0),
    ]  # fmt: skip
    assert [p.reprojection_error_px for p in poses[1:3]] == [0.25, 0.5] and math.isnan(poses[3].reprojection_error_px)
    assert [p.position_error_m for p in poses[1:4]] == [pytest.approx(5.0)] * 3
    assert [v.index for v in views] == [1, 2, 3]
    assert [v.station for v in views] == stations and {v.tone for v in views} == {Tone()}
    box = _geobox(views, plane, settings, GRID)
    quality = _quality(poses, told, box, settings, 12.5, refined, plane)
    assert (quality.mode, quality.photos, quality.used, quality.corrected) == ("refined", 5, 3, 1)
    assert (quality.tied, quality.tie_points, quality.gsd_m, quality.seconds) == (2, 2, 0.1, 12.5)
    assert quality.reprojection_error_px == pytest.approx(math.sqrt(2 * (0.09 + 0.16) * 2 / 8))
    assert quality.mismatch_m == pytest.approx((5.0 + 10.0) / 2)
    assert quality.mismatch_p90_m == pytest.approx(5.0 + 0.9 * 5.0)
    assert quality.position_error_m == pytest.approx(5.0)
    assert quality.focal_px == 1000.0


# --- a whole flight ------------------------------------------------------------------------------------------------


def test_rows_and_quality_of_a_flight(block: Block, settings: ImagerySettings) -> None:
    """Every field of a pose and of the quality, of two perfect photos in direct mode."""
    frames = block.frames[:2]
    ortho = process_frames(frames, settings, crs=GRID).value
    for k, pose in enumerate(ortho.poses):
        centre = block.centres[k]
        assert (pose.item, pose.used, pose.reason, pose.ties) == (frames[k].item, True, Phrase("photo_used"), 0)
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
    assert say(row.reason).startswith("-2 m above take-off")
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
    with raises_told(NothingUsable, match="looks 63° away from straight down; a mosaic takes up to 63°") as refused:
        process_frames([frame], settings, crs=GRID)
    assert isinstance(refused.value, NothingUsable)
    assert [(r.item, r.where) for r in refused.value.rejects] == [(frame.item, "pitch")]


def test_photo_without_any_heading_is_refused(block: Block, settings: ImagerySettings) -> None:
    """No yaw and nothing that overlaps."""
    bare = replace(block.frames[0], pose=replace(block.frames[0].pose, yaw_rad=None), flight_yaw_rad=None)
    with raises_told(NothingUsable, match="no heading: no yaw tag") as refused:
        process_frames([bare], settings, crs=GRID)
    assert isinstance(refused.value, NothingUsable)
    assert [(r.item, r.where) for r in refused.value.rejects] == [(bare.item, "yaw")]
