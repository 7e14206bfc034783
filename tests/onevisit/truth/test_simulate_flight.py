"""The simulated flight: where it goes, what its cameras see, and what their files say, against numbers by hand."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
import shapely
from numpy.typing import NDArray
from PIL import Image
from pyproj import CRS

from ingest.coordinates import meridian_convergence_rad
from onevisit.truth.simulate.flights.block import (
    THERMAL,
    FlightCamera,
    Shot,
    fly_block,
    ground_of_pixels,
    render_shot,
)
from onevisit.truth.simulate.flights.files import WrittenTags, write_photo, write_thermal
from onevisit.truth.simulate.flights.mission import _tags, _true_pose, _write_scene
from onevisit.truth.simulate.flights.scene import Scene
from onevisit.truth.simulate.world import SIZES, World
from tests.onevisit.truth.dice import Dice

Floats = NDArray[np.float64]
CAMERA = FlightCamera(200, 100, 100.0, readout_s=0.0)
"""A hundred metres up, a pixel is a metre."""


@pytest.fixture
def world() -> World:
    """Flat ground on CGCS2000 zone 35."""
    return World(
        SIZES["demo"],
        CRS.from_epsg(4544),
        410000.0,
        3393000.0,
        np.zeros((1, 1, 2)),
        (),
        (),
        (),
        (0.0, 0.0, 0.0, 400.0),
    )


def _shot(x: float = 0.0, y: float = 0.0, yaw: float = 0.0, pitch: float = -90.0, roll: float = 0.0) -> Shot:
    return Shot("DJI_0001.JPG", 7.4, x, y, 100.0, yaw, pitch, roll, x, y, 100.0, yaw, pitch, roll, yaw, 8.0, 1.0)


# --- the block -----------------------------------------------------------------------------------------------------


def test_a_block_is_flown_up_and_down_with_its_overlaps() -> None:
    """In the middle of the dice to the north: 60 % across and 70 % along, 3.4 s a photo, 6 s a turn."""
    shots = fly_block((1000.0, 500.0), 2, 3, Dice(0.5), camera=FlightCamera())  # type: ignore[arg-type]
    wide, high = 1000 / 687.5 * 105.0, 750 / 687.5 * 105.0
    expected = [(1000.0 - 0.2 * wide, 500.0 + 0.3 * high * k) for k in (-1, 0, 1)]
    expected += [(1000.0 + 0.2 * wide, 500.0 + 0.3 * high * k) for k in (1, 0, -1)]
    assert [(s.x, s.y) for s in shots] == [pytest.approx(p) for p in expected]
    assert [s.name for s in shots] == [f"DJI_000{k}.JPG" for k in range(1, 7)]
    assert [s.second for s in shots] == pytest.approx([0.0, 3.4, 6.8, 16.2, 19.6, 23.0])
    assert [s.yaw for s in shots] == [0.0] * 3 + [180.0] * 3
    first = shots[0]
    assert (first.height_m, first.pitch, first.roll) == (105.0, -90.0, 0.0)
    assert (first.tagged_x, first.tagged_y, first.tagged_height_m) == (first.x, first.y, 105.0)
    assert (first.tagged_yaw, first.flight_yaw, first.tagged_roll, first.speed, first.gain) == (
        0.0,
        0.0,
        0.0,
        8.0,
        1.0,
    )
    assert {s.tagged_pitch for s in shots} == {-89.9} and shots[3].tagged_yaw == -180.0


@pytest.mark.parametrize(("share", "yaw"), [(0.0, -25.0), (1.0, 25.0)])
def test_a_block_is_turned_by_up_to_25_degrees(share: float, yaw: float) -> None:
    """Strips run along the yaw, and across to its right."""
    shots = fly_block((0.0, 0.0), 2, 2, Dice(share), camera=FlightCamera(), height_m=50.0)  # type: ignore[arg-type]
    assert shots[0].yaw == yaw and shots[2].yaw == yaw + 180.0
    step = np.array([shots[1].x - shots[0].x, shots[1].y - shots[0].y])
    assert math.degrees(math.atan2(*step)) == pytest.approx(yaw)
    assert math.hypot(*step) == pytest.approx(0.3 * 750 / 687.5 * 50.0)
    across = np.array([shots[2].x - shots[1].x, shots[2].y - shots[1].y])
    assert math.degrees(math.atan2(*across)) == pytest.approx(yaw + 90.0)


def test_what_the_tags_do_not_tell() -> None:
    """One standard deviation: metres of drift, a common error of the receiver, barometer, compass, and a gain."""
    [shot] = fly_block((0.0, 0.0), 1, 1, Dice(0.5, z=1.0), camera=FlightCamera(), true_yaw_of_grid_north=-0.5)  # type: ignore[arg-type]
    assert (shot.x, shot.y, shot.height_m) == pytest.approx((1.0, 1.0, 105.4))
    assert (shot.yaw, shot.pitch, shot.roll) == pytest.approx((0.8, -89.65, 0.35))
    assert (shot.tagged_x, shot.tagged_y) == pytest.approx((1.0 + 1.2 + 0.35, 1.0 + 1.2 + 0.35))
    assert shot.tagged_height_m == pytest.approx(105.4 + 0.8)
    assert (shot.tagged_yaw, shot.flight_yaw) == pytest.approx((0.5, 2.5))
    assert shot.gain == pytest.approx(math.exp(0.05))


def test_the_cameras_are_the_m3ts() -> None:
    """4.4 mm on a sensor of 6.4 mm; 9.1 mm at 12 µm, at half its pixels."""
    camera = FlightCamera()
    assert camera.focal_px == pytest.approx(camera.focal_mm / 6.4 * camera.width_px)
    assert THERMAL.focal_px == pytest.approx(9.1e-3 / 12e-6 / 2, abs=0.3)
    assert (THERMAL.width_px, THERMAL.height_px, THERMAL.source) == (320, 256, "InfraredCamera")
    assert (camera.focal_35mm, THERMAL.focal_35mm) == (24, 40)


# --- what is seen --------------------------------------------------------------------------------------------------


def test_each_pixel_sees_its_metre(world: World) -> None:
    """North up: the first pixel is 99.5 m west and 49.5 m north of the foot point."""
    x, y = ground_of_pixels(_shot(10.0, 20.0), CAMERA, world)
    assert x.shape == (100, 200)
    assert x[0] == pytest.approx(10.0 + np.arange(200) - 99.5) and y[:, 0] == pytest.approx(
        20.0 + 49.5 - np.arange(100)
    )


def test_a_camera_that_looks_ahead_sees_further_on(world: World) -> None:
    """Ten degrees off nadir to the north-east: the middle lies h tan 10° along the yaw."""
    even = FlightCamera(201, 101, 100.0, readout_s=0.0)
    x, y = ground_of_pixels(_shot(yaw=45.0, pitch=-80.0), even, world)
    away = 100.0 * math.tan(math.radians(10.0))
    assert (x[50, 100], y[50, 100]) == pytest.approx((away * math.sin(math.pi / 4),) * 2)


def test_roll_turns_about_the_line_of_sight(world: World) -> None:
    """At nadir a roll of 90° brings the right of the picture to the south, as a yaw does."""
    even = FlightCamera(201, 101, 100.0, readout_s=0.0)
    rolled, turned = (ground_of_pixels(_shot(**{k: 90.0}), even, world) for k in ("roll", "yaw"))
    assert rolled[0] == pytest.approx(turned[0], abs=1e-9) and rolled[1] == pytest.approx(turned[1], abs=1e-9)
    assert rolled[1][50, 200] == pytest.approx(-100.0)


def test_a_rolling_shutter_sees_its_first_row_earlier(world: World) -> None:
    """20 ms from top to bottom at 8 m/s: the first row 8 cm behind, the middle one in place."""
    camera = replace(CAMERA, readout_s=0.02)
    still, moving = (ground_of_pixels(_shot(yaw=90.0), c, world)[0] for c in (CAMERA, camera))
    assert (moving - still)[[0, 50], 0] == pytest.approx([-0.08, 0.0])


def test_a_pixel_sees_the_terrain_where_its_ray_meets_it(world: World) -> None:
    """A slope of 1 % to the east: at 45° the ray meets it a little before or after."""
    sloping = replace(world, terrain=(0.01, 0.0, 0.0, 400.0))
    even = FlightCamera(201, 101, 100.0, readout_s=0.0)
    x, _ = ground_of_pixels(_shot(), even, sloping)
    assert (x[50, 200], x[50, 0]) == pytest.approx((100.0 / 1.01, -100.0 / 0.99), abs=1e-3)


def _scene(value: int = 100) -> Scene:
    """A plain ground 400 m wide with a bright square of 4 m, whose middle is at (30, -20)."""
    rgb = np.full((800, 800, 3), value, np.uint8)
    kelvin = np.full((800, 800), 293.0, np.float32)
    column, row = (30 + 200) * 2, (200 + 20) * 2
    rgb[row - 4 : row + 4, column - 4 : column + 4] = (200, 150, 120)
    kelvin[row - 4 : row + 4, column - 4 : column + 4] = 310.0
    return Scene(rgb, kelvin, -200.0, 200.0, 0.5, ())


def test_what_is_on_the_ground_is_in_the_picture(world: World) -> None:
    """The square at (30, −20) is 30 columns right and 20 rows below the middle, in its colours and degrees."""
    picture = render_shot(_shot(), CAMERA, _scene(), world, Dice())  # type: ignore[arg-type]
    column, row = 100 + 30, 50 + 20
    shade = 1.0 - 0.06 * (0.3**2 + 0.4**2)
    assert picture.dtype == np.uint8
    assert picture[row, column] == pytest.approx(np.array([200, 150, 120]) * shade, abs=2.5)
    assert picture[row, column - 5] == pytest.approx(np.full(3, 100 * shade), abs=1.5)
    kelvin = render_shot(_shot(), CAMERA, _scene(), world, Dice(), band="kelvin")  # type: ignore[arg-type]
    assert kelvin.dtype == np.float32
    assert (kelvin[row, column], kelvin[row, column - 5]) == (310.0, 293.0)


def test_light_falls_off_by_twelve_percent_in_the_corners(world: World) -> None:
    """And is brighter by the gain, with noise of 1.5 levels; nothing is brighter than 255."""
    shot = replace(_shot(), gain=1.5)
    plain = render_shot(shot, CAMERA, _scene(), world, Dice())  # type: ignore[arg-type]
    assert plain[50, 100, 0] == pytest.approx(150, abs=1)
    assert plain[0, 0, 0] == pytest.approx(150 * 0.88, abs=1.5)
    noisy = render_shot(shot, CAMERA, _scene(), world, Dice(z=2.0))  # type: ignore[arg-type]
    assert np.median(noisy.astype(int) - plain.astype(int)) == 3
    assert render_shot(shot, CAMERA, _scene(250), world, Dice()).max() == 255  # type: ignore[arg-type]


# --- files ---------------------------------------------------------------------------------------------------------

TAGS = WrittenTags(
    datetime(2026, 3, 5, 10, 20, 30), 104.0612345, 30.6543210, 617.25, 105.25, -12.34, -89.9, 0.5, -13.5, "M3T", 4.4,
    24, 687.5, 1000, 750,
)  # fmt: skip


def test_a_photo_says_in_exif_where_and_when_it_was_taken(tmp_path: Path) -> None:
    """Degrees, minutes and seconds; altitude in millimetres; local time without a zone; lens and size."""
    write_photo(tmp_path / "p.jpg", np.full((75, 100, 3), 90, np.uint8), TAGS)
    with Image.open(tmp_path / "p.jpg") as image:
        exif, detail, place = image.getexif(), image.getexif().get_ifd(0x8769), image.getexif().get_ifd(0x8825)
        assert image.size == (100, 75)
    assert (exif[0x010F], exif[0x0110], exif[0x0132]) == ("DJI", "M3T", "2026:03:05 10:20:30")
    assert detail[0x9003] == detail[0x9004] == "2026:03:05 10:20:30"
    assert float(detail[0x829A]) == pytest.approx(0.001) and float(detail[0x920A]) == pytest.approx(4.4)
    assert (detail[0xA002], detail[0xA003], detail[0xA405], detail[0x8827]) == (1000, 750, 24, 100)
    assert float(detail[0x829D]) == pytest.approx(2.8)
    assert (place[1], place[3]) == ("N", "E") and float(place[6]) == pytest.approx(617.25) and place[5] == b"\x00"
    for tag, value in ((2, 30.6543210), (4, 104.0612345)):
        degrees, minutes, seconds = (float(v) for v in place[tag])
        assert degrees == int(value) and 0 <= minutes < 60 and minutes == int(minutes) and 0 <= seconds < 60
        assert degrees + minutes / 60 + seconds / 3600 == pytest.approx(value, abs=2e-8)


def test_a_photo_from_the_south_west_below_the_sea(tmp_path: Path) -> None:
    """Hemispheres by letters, depth by its reference; degrees stay positive."""
    tags = replace(TAGS, lon=-70.5, lat=-33.25, absolute_altitude_m=-12.5)
    write_photo(tmp_path / "p.jpg", np.full((75, 100, 3), 90, np.uint8), tags)
    with Image.open(tmp_path / "p.jpg") as image:
        place = image.getexif().get_ifd(0x8825)
    assert (place[1], place[3], place[5], float(place[6])) == ("S", "W", b"\x01", 12.5)
    assert [float(v) for v in place[2]] == [33.0, 15.0, 0.0] and [float(v) for v in place[4]] == [70.0, 30.0, 0.0]


def _xmp_items(data: bytes) -> dict[str, str]:
    return dict(re.findall(r'drone-dji:(\w+)="([^"]*)"', data.decode("utf-8", "replace")))


def test_a_photo_says_in_xmp_how_the_camera_stood(tmp_path: Path) -> None:
    """With a leading sign, as the maker writes them."""
    write_photo(tmp_path / "p.jpg", np.full((75, 100, 3), 90, np.uint8), TAGS)
    items = _xmp_items((tmp_path / "p.jpg").read_bytes())
    expected = {
        "GpsLatitude": "+30.654321000",
        "GpsLongitude": "+104.061234500",
        "AbsoluteAltitude": "+617.250",
        "RelativeAltitude": "+105.250",
        "GimbalRollDegree": "+0.50",
        "GimbalYawDegree": "-12.34",
        "GimbalPitchDegree": "-89.90",
        "FlightYawDegree": "-13.50",
        "CalibratedFocalLength": "687.500000",
        "CalibratedOpticalCenterX": "500.000000",
        "CalibratedOpticalCenterY": "375.000000",
        "ImageSource": "WideCamera",
        "RtkFlag": "0",
    }
    assert {key: items[key] for key in expected} == expected


def test_a_thermal_picture_is_float_degrees_with_the_same_tags(tmp_path: Path) -> None:
    """One band of float32; maker and model; the same attitude."""
    celsius = np.linspace(10.0, 40.0, 12, dtype=np.float32).reshape(3, 4)
    write_thermal(tmp_path / "t.tiff", celsius, replace(TAGS, image_source="InfraredCamera"))
    with Image.open(tmp_path / "t.tiff") as image:
        assert (np.asarray(image) == celsius).all() and image.mode == "F"
        assert (image.tag_v2[271], image.tag_v2[272]) == ("DJI", "M3T")  # type: ignore[attr-defined]
        items = _xmp_items(image.tag_v2[700])  # type: ignore[attr-defined]
    assert (items["ImageSource"], items["GimbalYawDegree"]) == ("InfraredCamera", "-12.34")


def test_the_tags_of_a_shot_are_what_the_drone_believes(world: World) -> None:
    """Tagged place in degrees, 512 m above the sea where it took off, the second rounded, the camera's own lens."""
    shot = replace(_shot(), tagged_x=11.0, tagged_y=22.0, tagged_height_m=104.0, tagged_yaw=33.0, tagged_pitch=-89.9,
                   tagged_roll=0.1, flight_yaw=34.0)  # fmt: skip
    camera = FlightCamera()
    tags = _tags(shot, camera, world, datetime(2026, 3, 5, 10, 0, 0))
    lon, lat = world.lonlat(11.0, 22.0)
    assert tags == WrittenTags(
        datetime(2026, 3, 5, 10, 0, 7), float(lon), float(lat), 616.0, 104.0, 33.0, -89.9, 0.1, 34.0, "M3T", 4.4, 24,
        687.5, 1000, 750, "WideCamera",
    )  # fmt: skip


def test_the_true_pose_of_a_shot_is_against_true_north(world: World) -> None:
    """Its yaw in the grid and the bearing of grid north; from −180 to 180."""
    shot = Shot("DJI_0007.JPG", 0.0, 10.0, 20.0, 104.5678, 170.0, -89.4321, 0.2468, 0, 0, 0, 0, 0, 0, 0, 8.0, 1.0)
    lon, lat = world.lonlat(10.0, 20.0)
    assert _true_pose(shot, world, -0.5) == {
        "photo": "images/DJI_0007.JPG",
        "lon": round(float(lon), 9),
        "lat": round(float(lat), 9),
        "height_above_takeoff_m": 104.568,
        "yaw_deg": 169.5,
        "pitch_deg": -89.4321,
        "roll_deg": 0.2468,
    }
    assert _true_pose(replace(shot, yaw=179.9), world, 0.3)["yaw_deg"] == pytest.approx(-179.8)
    assert abs(math.degrees(meridian_convergence_rad(104.06, 30.65, world.crs))) < 0.6


def test_the_painted_ground_is_written_at_half_its_resolution(tmp_path: Path, world: World) -> None:
    """With the place of its corner in the grid."""
    scene = _scene()
    told = _write_scene(tmp_path, scene, world)
    assert told == {
        "file": "truth_scene.jpg",
        "crs": "EPSG:4544",
        "pixel_m": 1.0,
        "left": 410000.0 - 200.0,
        "top": 3393000.0 + 200.0,
    }
    with Image.open(tmp_path / "truth_scene.jpg") as image:
        picture = np.asarray(image)
    assert picture.shape == (400, 400, 3)
    assert picture[220, 230].astype(int) == pytest.approx([200, 150, 120], abs=25)
    assert int(picture[5, 5, 0]) == pytest.approx(100, abs=3)
    assert shapely.Point(30, -20).within(shapely.box(28, -22, 32, -18))
