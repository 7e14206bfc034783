"""Stations from tags, their footprints and the error of the ground they see: every value by hand."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import shapely

from imagery import ImagerySettings, Station
from imagery.camera import heading_from_rotation, rotation_from_attitude, rotation_from_vector
from imagery.orientation.checks import Verdict
from imagery.orientation.stations import footprint, ground_sd, ground_variance, off_nadir_rad, station_from_tags
from imagery.surface import surface_from_plane
from ingest.schema import Camera, Frame, Pose

CAMERA = Camera(1000, 800, 1000.0, 499.5, 399.5)
CENTRE = np.array([500.0, 700.0, 100.0])
SETTINGS = ImagerySettings(tilt_sd_rad=0.02, untagged_tilt_sd_rad=0.15, height_relative_sd_m=0.25)
LEVEL = surface_from_plane(0.0, 2.0)
HALF = math.pi / 2


def _frame(pitch: float | None = -HALF, yaw: float | None = 0.0, roll: float | None = 0.0) -> Frame:
    pose = Pose(104.0, 30.0, 600.0, "unknown", 100.0, yaw, pitch, roll, horizontal_sd_m=2.5, vertical_sd_m=4.0)
    return Frame("p.jpg", Path("p.jpg"), CAMERA, pose)


def _placed(
    frame: Frame, verdict: Verdict, *, convergence: float = 0.0, boresight: tuple[float, float] = (0, 0)
) -> Station:
    return station_from_tags(frame, CENTRE, convergence, verdict, SETTINGS, boresight=np.array(boresight, float))


def _down(yaw: float = 0.0, pitch: float = -HALF, covariance: np.ndarray | None = None) -> Station:
    known = np.zeros((6, 6)) if covariance is None else covariance
    return Station(_frame(), CAMERA, CENTRE, rotation_from_attitude(yaw, pitch, 0.0), known)


@pytest.mark.parametrize(("pitch_deg", "yaw"), [(-90.0, 2.0), (-75.0, 0.91), (-60.0, 2.0), (-20.0, -2.0)])
def test_heading_is_the_one_that_was_settled(pitch_deg: float, yaw: float) -> None:
    """Whatever the yaw tag says: 0.9 to the grid's north, with the tagged pitch."""
    station = _placed(_frame(math.radians(pitch_deg), yaw=yaw), Verdict(0.9, 0.05), convergence=0.01)
    assert heading_from_rotation(station.rotation) == pytest.approx(0.9, abs=1e-9)
    assert off_nadir_rad(station) == pytest.approx(math.radians(90.0 + pitch_deg), abs=1e-9)
    np.testing.assert_allclose(station.rotation, rotation_from_attitude(0.9, math.radians(pitch_deg), 0.0), atol=1e-9)


def test_convergence_is_taken_off_the_yaw() -> None:
    """A yaw of 0.5 to true north with 0.02 of convergence is 0.48 to grid north: nothing is left to turn."""
    station = _placed(_frame(math.radians(-60), yaw=0.5, roll=0.1), Verdict(0.0, 0.05), convergence=0.02)
    plain = rotation_from_attitude(0.48, math.radians(-60), 0.1)
    turned = float(heading_from_rotation(plain))
    np.testing.assert_allclose(station.rotation, plain @ rotation_from_vector(np.array([0, 0, -turned])), atol=1e-9)


def test_a_turn_of_the_image_is_about_its_axis_near_nadir_and_about_the_vertical_else() -> None:
    """At −71° the picture turns in its plane and looks where it looked; at −69° the view goes round with it."""
    for pitch_deg, stays in ((-71.0, True), (-69.0, False)):
        frame = _frame(math.radians(pitch_deg))
        forward = _placed(frame, Verdict(HALF, 0.05)).rotation[2]
        along = math.cos(math.radians(pitch_deg))
        np.testing.assert_allclose(forward[:2], [0.0, along] if stays else [along, 0.0], atol=1e-9)


def test_camera_without_angles_looks_straight_down() -> None:
    """No yaw, no pitch, no roll: level, with the doubt of an untagged camera."""
    station = _placed(_frame(None, None, None), Verdict(0.3, 0.05))
    np.testing.assert_allclose(station.rotation, rotation_from_attitude(0.3, -HALF, 0.0), atol=1e-12)
    assert np.diag(station.covariance)[:2] == pytest.approx([0.15**2] * 2)


def test_covariance_is_that_of_the_tags() -> None:
    """Tilt twice, heading, position twice, height: variances in that order and nothing beside them."""
    station = _placed(_frame(), Verdict(0.0, 0.05, turn_rad=0.5))
    expected = np.diag(np.square([0.02, 0.02, 0.05, 2.5, 2.5, 0.25]))
    np.testing.assert_allclose(station.covariance, expected)
    untagged = replace(_frame(), pose=replace(_frame().pose, height_above_takeoff_m=None))
    assert _placed(untagged, Verdict(0.0, 0.05)).covariance[5, 5] == 16.0
    assert (station.frame.item, station.camera, station.turn_rad) == ("p.jpg", CAMERA, 0.5)
    assert station.centre is CENTRE


@pytest.mark.parametrize(
    ("boresight", "turn", "seen"),
    [
        ((0.0, 0.0), 0.0, (0.0, 0.0)),
        ((0.01, 0.0), 0.0, (1.0, 0.0)),  # right of an image whose top is north: east
        ((0.0, 0.01), 0.0, (0.0, -1.0)),  # bottom: south
        ((0.01, 0.0), HALF, (0.0, 1.0)),  # the viewer turned it: what was right is now up
    ],
)
def test_boresight_moves_the_middle_of_the_photo(
    boresight: tuple[float, float], turn: float, seen: tuple[float, float]
) -> None:
    """0.01 rad from 100 m are 1 m on the ground, on the side of the image as it was taken."""
    station = _placed(_frame(), Verdict(0.0, 0.05, turn_rad=turn), boresight=boresight)
    forward = station.rotation[2]
    np.testing.assert_allclose(forward[:2] / -forward[2] * 100.0, seen, atol=1e-3)


def test_off_nadir_angle() -> None:
    """Straight down 0, 30° below the horizon 60°."""
    assert off_nadir_rad(_down()) == 0.0
    assert off_nadir_rad(_down(pitch=-math.pi / 6)) == pytest.approx(math.pi / 3)


def test_footprint_by_hand() -> None:
    """1000 × 800 px of 10 cm: 100 m by 80 m about the nadir point, the other way round when it looks east."""
    assert footprint(_down(), LEVEL, SETTINGS).equals(shapely.box(450, 660, 550, 740))
    turned = footprint(_down(yaw=HALF), LEVEL, SETTINGS)
    assert turned.symmetric_difference(shapely.box(460, 650, 540, 750)).area < 1e-6
    lifted = footprint(_down(), surface_from_plane(50.0, 2.0), SETTINGS)
    assert lifted.symmetric_difference(shapely.box(475, 680, 525, 720)).area < 1e-6


def test_footprint_is_drawn_in_where_the_view_is_too_flat() -> None:
    """At a limit of atan 0.45 the sides are cut at 45 m; with 30° of tilt nothing reaches beyond the limit."""
    narrow = replace(SETTINGS, max_off_nadir_rad=math.atan(0.45))
    west, south, east, north = footprint(_down(), LEVEL, narrow).bounds
    assert (west, south, east, north) == pytest.approx((455.0, 660.0, 545.0, 740.0))
    assert shapely.Point(500, 700).hausdorff_distance(footprint(_down(), LEVEL, narrow)) == pytest.approx(45.0)
    tilted = footprint(_down(pitch=-math.pi / 3), LEVEL, replace(SETTINGS, max_off_nadir_rad=math.radians(45)))
    assert shapely.Point(500, 700).hausdorff_distance(tilted) == pytest.approx(100.0, abs=1e-6)


def test_footprint_that_folds_onto_itself_becomes_its_box() -> None:
    """A level camera's outline lies on one arc at the limit, 26.6° to either side: the box around it is taken."""
    sky, reach = footprint(_down(pitch=0.0), LEVEL, SETTINGS), 100.0 * math.tan(1.10)
    assert sky.equals(shapely.box(*sky.bounds))
    west, south, east, north = sky.bounds
    assert (west, east) == pytest.approx((500.0 - reach * math.sqrt(0.2), 500.0 + reach * math.sqrt(0.2)))
    assert (south, north) == pytest.approx((700.0 + reach * math.sqrt(0.8), 700.0 + reach))


@pytest.mark.parametrize(
    ("index", "sd", "expected"),
    [
        (0, 0.01, 100**2 * 1e-4 * (1 + 0.4**2) ** 2 + 100**2 * 1e-4 * (0.3 * 0.4) ** 2),  # about image right
        (2, 0.01, 50**2 * 1e-4),  # about the axis: r σ
        (3, 2.0, 4.0),
        (4, 3.0, 9.0),
        (5, 2.0, 0.5**2 * 4.0),  # tan θ σ
    ],
)
def test_variance_of_a_ground_point_term_by_term(index: int, sd: float, expected: float) -> None:
    """30 m east and 40 m north of the nadir point, 100 m below: each error alone, to first order."""
    covariance = np.zeros((6, 6))
    covariance[index, index] = sd**2
    place = CENTRE + np.array([30.0, 40.0, -100.0])
    assert ground_variance(_down(covariance=covariance), place, 0.0) == pytest.approx(expected)


def test_variance_of_the_ground_and_the_focal_length() -> None:
    """tan θ σ_ground and r σ_f / f, for several points at once."""
    places = CENTRE + np.array([[[30.0, 40.0, -100.0], [0.0, 0.0, -100.0]]])
    np.testing.assert_allclose(ground_variance(_down(), places, 2.0), [[0.25 * 4.0, 0.0]], atol=1e-12)
    zoomed = replace(_down(), camera=replace(CAMERA, focal_sd_px=20.0))
    np.testing.assert_allclose(ground_variance(zoomed, places, 0.0), [[50**2 * 0.02**2, 0.0]], atol=1e-12)


def test_variance_is_that_of_the_moved_place() -> None:
    """A turned, tilted camera with everything correlated: differences of where rays meet the ground."""
    rng = np.random.default_rng(4)
    root = rng.normal(size=(6, 6)) * [0.01, 0.01, 0.02, 1.0, 1.0, 1.0]
    covariance = root.T @ root
    station = _down(yaw=0.8, pitch=-1.2, covariance=covariance)
    place = CENTRE + np.array([60.0, 10.0, -100.0])
    ray = station.rotation @ (place - CENTRE)

    def met(step: np.ndarray) -> np.ndarray:
        turned = (rotation_from_vector(step[:3]) @ station.rotation).T @ ray
        centre = CENTRE + step[3:]
        return np.asarray((centre + turned * (-centre[2] / turned[2]))[:2])

    jacobian = np.column_stack([(met(h) - met(-h)) / 2e-5 for h in 1e-5 * np.eye(6)])
    expected = np.trace(jacobian @ covariance @ jacobian.T)
    assert ground_variance(station, place, 0.0) == pytest.approx(expected, rel=1e-6)


def test_error_in_the_middle_of_a_photo() -> None:
    """Down: H σ_tilt twice and the position twice; 45° aside the ground counts once; NaN towards the sky."""
    covariance = np.diag(np.square([0.02, 0.02, 0.05, 3.0, 3.0, 0.0]))
    assert ground_sd(_down(covariance=covariance), LEVEL) == pytest.approx(math.sqrt(2 * 4.0 + 2 * 9.0))
    assert ground_sd(_down(pitch=-math.pi / 4), LEVEL) == pytest.approx(2.0)
    assert math.isnan(ground_sd(_down(pitch=0.2), LEVEL))
