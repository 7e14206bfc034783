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
from imagery.orientation.targets import cast_pixel, cast_pixels, ellipse_holds, station_of_single_photo
from imagery.surface import Surface, surface_from_plane
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


def _single(**changes: object) -> Frame:
    angles = {"yaw_rad": 0.5, "pitch_rad": -1.0, "roll_rad": 0.1, "horizontal_sd_m": 2.0, "vertical_sd_m": 4.0}
    return Frame("photo.jpg", Path("photo.jpg"), _CAMERA, Pose(104.0, 30.0, **(angles | changes)))  # type: ignore[arg-type]


def test_station_of_one_photo_field_by_field() -> None:
    """Attitude less the convergence; yaw about the vertical, tilt about image right, the axis and, down, the side."""
    settings = ImagerySettings(tilt_sd_rad=0.02, untagged_tilt_sd_rad=0.15, single_yaw_sd_rad=0.08)
    centre = np.array([1.0, 2.0, 100.0])
    station = station_of_single_photo(_single(), centre, 0.02, settings)
    rotation = rotation_from_attitude(0.48, -1.0, 0.1)
    np.testing.assert_allclose(station.rotation, rotation)
    up = rotation @ [0.0, 0.0, 1.0]
    expected = np.zeros((6, 6))
    expected[:3, :3] = 0.08**2 * np.outer(up, up) + np.diag([0.02**2, (0.02 * math.sin(1.0)) ** 2, 0.02**2])
    expected[3:, 3:] = np.diag([4.0, 4.0, 16.0])
    np.testing.assert_allclose(station.covariance, expected)
    assert (station.frame.item, station.camera, station.centre.tolist()) == ("photo.jpg", _CAMERA, [1.0, 2.0, 100.0])
    loose = station_of_single_photo(_single(roll_rad=None), centre, 0.0, settings)
    np.testing.assert_allclose(loose.rotation, rotation_from_attitude(0.5, -1.0, 0.0))
    up = loose.rotation[:, 2]
    assert loose.covariance[1, 1] == pytest.approx(0.08**2 * up[1] ** 2 + (0.15 * math.sin(1.0)) ** 2)
    assert loose.covariance[2, 2] == pytest.approx(0.08**2 * up[2] ** 2 + 0.15**2)
    for name in ("yaw_rad", "pitch_rad"):
        with pytest.raises(ContractError, match=r"photo\.jpg states no yaw or no pitch"):
            station_of_single_photo(_single(**{name: None}), centre, 0.0, settings)


def test_every_field_of_a_target() -> None:
    """Straight down with 3 m east and 1 m north of error: axes √(−2 ln 0.1) times these, bearing east."""
    covariance = np.diag([0.0, 0.0, 0.0, 9.0, 1.0, 0.0])
    target = cast_pixel(_station(0, -90, covariance), (599.5, 299.5), surface_from_plane(0.0, 0.0))
    assert (target.easting_m, target.northing_m) == pytest.approx((10.0, 10.0))
    assert target.height_m == pytest.approx(0.0, abs=1e-6)
    assert target.slant_range_m == pytest.approx(math.sqrt(10_200.0))
    factor = math.sqrt(-2.0 * math.log(0.1))
    assert (target.semi_major_m, target.semi_minor_m, target.level) == (
        pytest.approx(3 * factor),
        pytest.approx(factor),
        0.9,
    )
    assert target.bearing_rad == pytest.approx(math.pi / 2)
    assert np.trace(target.covariance) == pytest.approx(10.0)
    half = cast_pixel(_station(0, -90, covariance), (599.5, 299.5), surface_from_plane(0.0, 0.0), level=0.5)
    assert (half.semi_minor_m, half.level) == (pytest.approx(math.sqrt(-2.0 * math.log(0.5))), 0.5)
    tilted = np.zeros((6, 6))
    tilted[3:5, 3:5] = [[5.0, 4.0], [4.0, 5.0]]  # long axis to the north-east
    assert cast_pixel(
        _station(0, -90, tilted), (499.5, 399.5), surface_from_plane(0.0, 0.0)
    ).bearing_rad == pytest.approx(math.pi / 4)
    tilted[3:5, 3:5] = [[5.0, -4.0], [-4.0, 5.0]]  # to the south-east, told from 0 to π
    assert cast_pixel(
        _station(0, -90, tilted), (499.5, 399.5), surface_from_plane(0.0, 0.0)
    ).bearing_rad == pytest.approx(0.75 * math.pi)


def test_places_on_the_edge_of_the_ellipse() -> None:
    """Just inside and just outside along both axes."""
    target = cast_pixel(
        _station(0, -90, np.diag([0.0, 0, 0, 9.0, 1.0, 0])), (499.5, 399.5), surface_from_plane(0.0, 0.0)
    )
    for share, holds in ((0.999, True), (1.001, False)):
        assert ellipse_holds(target, share * target.semi_major_m, 0.0) == holds
        assert ellipse_holds(target, 0.0, -share * target.semi_minor_m) == holds


@pytest.mark.parametrize(
    ("pixel", "inside"),
    [((-0.5, -0.5), True), ((999.5, 799.5), True), ((-0.51, 5.0), False), ((999.51, 5.0), False),
     ((5.0, -0.51), False),
     ((5.0, 799.51), False)],
)  # fmt: skip
def test_pixels_out_to_the_outer_edge(pixel: tuple[float, float], inside: bool) -> None:
    """On all four sides; the message has the pixel and the size."""
    plane = surface_from_plane(0.0, 1.0)
    if inside:
        cast_pixel(_station(0, -90), pixel, plane)
    else:
        with pytest.raises(ContractError, match=r"outside of photo\.jpg \(1000 × 800 px\)"):
            cast_pixel(_station(0, -90), pixel, plane)


@pytest.mark.parametrize("level", [0.0, 1.0, -0.1])
def test_levels_are_probabilities(level: float) -> None:
    """Neither none nor certainty."""
    with pytest.raises(ContractError, match="level"):
        cast_pixel(_station(0, -90), (1.0, 1.0), surface_from_plane(0.0, 1.0), level=level)


def test_ground_beyond_the_reach_or_above_the_camera_is_not_met() -> None:
    """At −1° the ground is 5.7 km away; within 6 km it is met; from below the ground nothing is."""
    far = _station(0, -1)
    with pytest.raises(ContractError, match="within 5000 m"):
        cast_pixel(far, (499.5, 399.5), surface_from_plane(0.0, 1.0))
    assert cast_pixel(
        far, (499.5, 399.5), surface_from_plane(0.0, 1.0), reach_m=6000.0
    ).slant_range_m == pytest.approx(100.0 / math.sin(math.radians(1.0)), rel=1e-9)
    with pytest.raises(ContractError, match="higher than the camera"):
        cast_pixel(_station(0, -45), (499.5, 399.5), surface_from_plane(101.0, 1.0))


def test_slopes_in_both_directions_by_difference_quotients() -> None:
    """A ramp to the north-east under a turned camera with every error correlated: places of moved cameras."""
    node = 100.0 * np.arange(-20, 21)
    heights = 0.2 * node[None, :] + 0.1 * node[::-1][:, None]
    surface = Surface(-2000.0, 2000.0, 100.0, heights, 0.0, "ramp")
    root = np.random.default_rng(4).normal(size=(6, 6)) * [0.01, 0.01, 0.02, 1.0, 1.0, 1.0]
    station = replace(_station(40, -40, root.T @ root), camera=replace(_CAMERA, focal_sd_px=10.0))
    pixel = (700.0, 250.0)

    def met(step: np.ndarray, focal: float = 1000.0) -> np.ndarray:
        moved = replace(
            station, rotation=rotation_from_vector(step[:3]) @ station.rotation, centre=station.centre + step[3:],
            camera=replace(_CAMERA, focal_px=focal),
        )  # fmt: skip
        found = cast_pixel(moved, pixel, surface)
        return np.array([found.easting_m, found.northing_m])

    jacobian = np.column_stack([(met(h) - met(-h)) / 2e-3 for h in 1e-3 * np.eye(6)])
    by_focal = (met(np.zeros(6), 1001.0) - met(np.zeros(6), 999.0)) / 2.0 * 10.0
    expected = jacobian @ station.covariance @ jacobian.T + np.outer(by_focal, by_focal)
    np.testing.assert_allclose(cast_pixel(station, pixel, surface).covariance, expected, rtol=1e-3)


def test_benchmark_beats_the_peer_on_its_own_table(shared_data: Path) -> None:
    """Table of 441 clicks: smaller CEP50 and CE90 than the published estimate, 90 % inside the 90 % ellipse."""
    clicks = read_clicks(shared_data / "uav" / "tables", ImagerySettings())
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
