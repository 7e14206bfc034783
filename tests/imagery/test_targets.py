"""One pixel of one photo: the place by hand, the error budget term by term, the ellipse against a simulation."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.skill_targets import cast, errors_to, nearest, places, read_clicks
from imagery import ImagerySettings, Station
from imagery.camera import project, rotation_from_attitude, rotation_from_vector
from imagery.surface import Surface, surface_from_plane
from imagery.targets import cast_pixel, cast_pixels, ellipse_holds, station_of_single_photo
from ingest.errors import ContractError
from ingest.schema import Camera, Frame, Pose

Floats = NDArray[np.float64]
_CAMERA = Camera(1000, 800, 1000.0, 499.5, 399.5)


def _station(
    yaw_deg: float, pitch_deg: float, covariance: np.ndarray | None = None, height: float = 100.0
) -> Station:
    frame = Frame("photo.jpg", Path("photo.jpg"), _CAMERA, Pose(104.0, 30.0))
    rotation = rotation_from_attitude(math.radians(yaw_deg), math.radians(pitch_deg), 0.0)
    known = np.zeros((6, 6)) if covariance is None else covariance
    return Station(frame, _CAMERA, np.array([0.0, 0.0, height]), rotation, known)


def test_pixel_beside_the_axis_of_a_tilted_camera() -> None:
    """At a pitch of −60° a ray 45° to the right of the axis has the azimuth atan(1 / cos 60°), not 45°."""
    station = replace(_station(0, -60), camera=replace(_CAMERA, focal_px=500.0))
    target = cast_pixel(station, (999.5, 399.5), surface_from_plane(0.0, 0.0))
    assert math.degrees(math.atan2(target.easting_m, target.northing_m)) == pytest.approx(math.degrees(math.atan(2)))
    assert target.northing_m == pytest.approx(100.0 / math.tan(math.radians(60)))
    assert target.slant_range_m == pytest.approx(100.0 / math.sin(math.radians(60)) * math.sqrt(2))


@pytest.mark.parametrize(
    ("index", "sd", "along", "across"),
    [
        (3, 3.0, 0.0, 3.0),  # easting: across
        (4, 3.0, 3.0, 0.0),  # northing: along
        (5, 5.0, 5.0, 0.0),  # height: tan θ σ_H, and θ is 45°
        (0, 0.01, 100 * 0.01 * 2, 0.0),  # pitch: H σ / cos² 45°
        (2, 0.01, 0.0, 100 * math.sqrt(2) * 0.01),  # about the axis: nothing in the middle
    ],
)
def test_error_budget_term_by_term(index: int, sd: float, along: float, across: float) -> None:
    """Each error alone moves the place by the textbook term: looking north at 45° from 100 m."""
    covariance = np.zeros((6, 6))
    covariance[index, index] = sd**2
    target = cast_pixel(_station(0, -45, covariance), (499.5, 399.5), surface_from_plane(0.0, 0.0))
    expected = (0.0, 0.0) if index == 2 else (across, along)
    assert np.sqrt(np.diag(target.covariance)) == pytest.approx(expected, abs=1e-9)


def test_yaw_turns_about_the_vertical() -> None:
    """A yaw error moves the target by the ground distance times the angle, across the view: r σ_yaw."""
    settings = replace(ImagerySettings(), tilt_sd_rad=1e-12)
    pose = Pose(
        104.0, 30.0, yaw_rad=0.0, pitch_rad=-math.pi / 4, roll_rad=0.0, horizontal_sd_m=0.0, vertical_sd_m=0.0
    )
    frame = Frame("photo.jpg", Path("photo.jpg"), _CAMERA, pose)
    station = station_of_single_photo(frame, np.array([0.0, 0.0, 100.0]), 0.0, settings)
    target = cast_pixel(station, (499.5, 399.5), surface_from_plane(0.0, 0.0))
    assert np.sqrt(np.diag(target.covariance)) == pytest.approx((100 * settings.single_yaw_sd_rad, 0.0), abs=1e-6)
    assert math.degrees(target.bearing_rad) == pytest.approx(90.0)


def test_focal_length_and_ground_height() -> None:
    """A focal length in doubt stretches the photo from its middle; the ground's height moves by tan θ."""
    camera = replace(_CAMERA, focal_sd_px=10.0)
    down = replace(_station(0, -90), camera=camera)
    target = cast_pixel(down, (999.5, 399.5), surface_from_plane(0.0, 2.0))
    assert math.sqrt(target.covariance[0, 0]) == pytest.approx(math.hypot(50 * 0.01, 0.5 * 2.0))
    assert target.covariance[1, 1] == pytest.approx(0.0, abs=1e-12)


def test_ray_stops_at_the_first_ground() -> None:
    """A hill between camera and plain is hit, where iterating on the plane would look through it."""
    heights = np.zeros((61, 61))
    heights[20:24, :] = 60.0  # a ridge 370 to 400 m north of the camera
    surface = Surface(-300.0, 600.0, 10.0, heights, 0.0, "ridge")
    target = cast_pixel(_station(0, -10), (499.5, 399.5), surface)
    assert 350.0 < target.northing_m < 375.0
    assert target.height_m == pytest.approx(100.0 - target.northing_m * math.tan(math.radians(10)), abs=1e-6)


def test_slope_is_felt_by_the_ellipse() -> None:
    """Ground that rises towards the camera's view shortens what a height error does: tan θ / (1 + slope tan θ)."""
    n = 201
    north = 1000.0 - 10.0 * np.arange(n)
    surface = Surface(-1000.0, 1000.0, 10.0, np.repeat((0.5 * north)[:, None], n, axis=1), 0.0, "ramp")
    covariance = np.zeros((6, 6))
    covariance[5, 5] = 1.0
    target = cast_pixel(_station(0, -45, covariance), (499.5, 399.5), surface)
    assert target.northing_m == pytest.approx(100.0 / 1.5)
    assert math.sqrt(target.covariance[1, 1]) == pytest.approx(1.0 / 1.5)


def test_ninety_percent_ellipse_holds_ninety_percent() -> None:
    """Against rays of stations that are really shaken by the covariance they state (seed 0)."""
    rng = np.random.default_rng(0)
    sds = np.array([0.02, 0.02, 0.05, 2.0, 2.0, 3.0])
    true = _station(30, -50)
    surface = surface_from_plane(0.0, 0.0)
    place = np.array([60.0, 90.0, 0.0])
    held = []
    pixel, seen = project(_CAMERA, true.rotation, true.centre, place)
    assert seen
    for draw in rng.normal(size=(2000, 6)) * sds:
        told = replace(
            true,
            rotation=rotation_from_vector(draw[:3]) @ true.rotation,
            centre=true.centre + draw[3:],
            covariance=np.diag(sds**2),
        )
        held.append(ellipse_holds(cast_pixel(told, (float(pixel[0]), float(pixel[1])), surface), 60.0, 90.0))
    assert np.mean(held) == pytest.approx(0.90, abs=0.02)


def test_what_cannot_be_cast_is_refused() -> None:
    """A pixel outside of the photo, a ray above the horizon, a photo without yaw, a level that is none."""
    plane = surface_from_plane(0.0, 1.0)
    with pytest.raises(ContractError, match="outside of"):
        cast_pixel(_station(0, -90), (1000.0, 10.0), plane)
    with pytest.raises(ContractError, match="horizon"):
        cast_pixel(_station(0, 10), (499.5, 399.5), plane)
    with pytest.raises(ContractError, match="level"):
        cast_pixels(_station(0, -90), [(1.0, 1.0)], plane, level=1.0)
    with pytest.raises(ContractError, match="no yaw"):
        station_of_single_photo(_station(0, -90).frame, np.zeros(3), 0.0, ImagerySettings())


def test_benchmark_beats_the_peer_on_its_own_table() -> None:
    """Table of 441 clicks: smaller CEP50 and CE90 than the published estimate, 90 % inside the 90 % ellipse."""
    folder = Path(__file__).parents[3] / "shared/data/uav/tables"
    if not folder.is_dir():
        pytest.skip("real data is not here")
    clicks = read_clicks(folder, ImagerySettings())
    targets = cast(clicks)
    own, peer = places(targets), clicks.peer
    truth = [clicks.surveyed[np.argmin(np.hypot(*(clicks.surveyed - place).T))] for place in own]
    off = errors_to(own, np.array(truth))
    published = errors_to(peer, nearest(peer, clicks.surveyed))
    assert np.median(published) == pytest.approx(7.7, abs=0.05)
    assert np.quantile(published, 0.9) == pytest.approx(17.3, abs=0.1)
    assert np.median(off) < 7.7
    assert np.quantile(off, 0.9) < 17.3
    assert np.mean([ellipse_holds(t, *place) for t, place in zip(targets, truth, strict=True)]) >= 0.9
