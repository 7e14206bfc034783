"""`onevisit locate`: a pixel of one photo on the ground, by hand; its ellipse by the budget of one ray; refusals."""

from __future__ import annotations

import json
import math
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from click.testing import CliRunner, Result
from PIL import Image
from pyproj import Geod

from ingest.errors import NothingUsable, OnevisitError
from onevisit.cli import cli
from onevisit.truth.simulate.flights.files import WrittenTags, write_photo
from onevisit.words.telling import tell

LON, LAT, EAST, NORTH = 105.0, 30.0, 500_000.0, 3_320_113.397894
"""On the central meridian of EPSG:4544: grid north is true north, the scale is 1."""
FACTOR = math.sqrt(-2.0 * math.log(0.1))
"""Of the half axes of the 90 % ellipse to standard deviations."""
GPS, TILT, YAW, FOCAL, HEIGHT, GROUND = 3.0, 0.026, 0.087, 0.005, math.hypot(0.3, 1.0), 2.0
"""What a photo of DJI without RTK is believed to: m, rad, rad, share, m, m."""


def _photo(
    path: Path, *, yaw: float = 0.0, pitch: float = -90.0, above: float = 100.0, lon: float = LON, lat: float = LAT
) -> Path:
    """1000 × 800 px of 0.1 m from 100 m, the axis at the corner of the four middle pixels, 499.5, 399.5."""
    tags = WrittenTags(
        datetime(2025, 6, 1, 11), lon, lat, 540.0, above, yaw, pitch, 0.0, yaw, "FC6310", 8.8, 24, 1000.0, 1000, 800,
    )  # fmt: skip
    write_photo(path, np.zeros((800, 1000, 3), np.uint8), tags)
    return path


def _told(result: Result) -> str:
    """The error of a run in words."""
    assert isinstance(result.exception, OnevisitError)
    return tell(result.exception)


def _run(photo: Path, column: float, row: float, *more: str) -> Result:
    return CliRunner().invoke(cli, ["locate", *more, "--", str(photo), str(column), str(row)])


def _located(photo: Path, column: float, row: float, *more: str) -> dict[str, Any]:
    result = _run(photo, column, row, "--json", "--quiet", *more)
    assert result.exit_code == 0, result.output
    value: dict[str, Any] = json.loads(result.stdout)
    return value


def _off(place: dict[str, Any]) -> tuple[float, float]:
    """Metres east and north of the photo, by the geodesic on the ellipsoid."""
    bearing, _, distance = Geod(ellps="GRS80").inv(LON, LAT, place["lon"], place["lat"])
    return distance * math.sin(math.radians(bearing)), distance * math.cos(math.radians(bearing))


@pytest.mark.parametrize(
    ("pixel", "east", "north"),
    [
        ((499.5, 399.5), 0.0, 0.0),
        ((599.5, 299.5), 10.0, 10.0),
        ((-0.5, -0.5), -50.0, 40.0),
        ((999.5, -0.5), 50.0, 40.0),
        ((999.5, 799.5), 50.0, -40.0),
        ((-0.5, 799.5), -50.0, -40.0),
    ],
)
def test_pixels_of_a_photo_straight_down(
    tmp_path: Path, pixel: tuple[float, float], east: float, north: float
) -> None:
    """A pixel is 0.1 m from 100 m: the middle, a pixel beside it, and the four corners."""
    place = _located(_photo(tmp_path / "a.jpg"), *pixel)
    assert _off(place) == pytest.approx((east, north), abs=0.02)
    assert (place["easting_m"], place["northing_m"]) == pytest.approx((EAST + east, NORTH + north), abs=0.011)
    assert place["slant_range_m"] == pytest.approx(math.hypot(100.0, east, north), abs=0.01)
    assert (place["crs"], place["grid_crs"], place["height_above_takeoff_m"]) == ("EPSG:4326", "EPSG:4544", 0.0)


def test_a_turned_photo_turns_its_pixels(tmp_path: Path) -> None:
    """With its top to the east, what is 10 m to the right of the middle is 10 m south."""
    assert _off(_located(_photo(tmp_path / "a.jpg", yaw=90.0), 599.5, 399.5)) == pytest.approx((0.0, -10.0), abs=0.02)


def test_an_oblique_photo_looks_ahead(tmp_path: Path) -> None:
    """45° down and to the north from 100 m: 100 m ahead, 141 m away."""
    place = _located(_photo(tmp_path / "a.jpg", pitch=-45.0), 499.5, 399.5)
    assert _off(place) == pytest.approx((0.0, 100.0), abs=0.02)
    assert place["slant_range_m"] == pytest.approx(100.0 * math.sqrt(2.0), abs=0.01)


def test_the_ellipse_in_the_middle_is_position_and_tilt(tmp_path: Path) -> None:
    """Straight down the 90 % ellipse is a circle of √(σ_gps² + (H σ_tilt)²) times √(−2 ln 0.1)."""
    place = _located(_photo(tmp_path / "a.jpg"), 499.5, 399.5)
    expected = FACTOR * math.hypot(GPS, 100.0 * TILT)
    assert (place["semi_major_m"], place["semi_minor_m"]) == pytest.approx((expected, expected), abs=0.011)
    assert place["probability"] == 0.9


def test_the_ellipse_at_the_edge_has_every_term(tmp_path: Path) -> None:
    """50 m east of the foot: tilt over cos², heights by tan θ, focal length along; tilt, yaw across."""
    place = _located(_photo(tmp_path / "a.jpg"), 999.5, 399.5)
    tan = 0.5
    along = math.hypot(GPS, 100.0 * TILT * (1 + tan**2), tan * HEIGHT, tan * GROUND, 50.0 * FOCAL)
    # A roll is tagged about the axis too, where it turns like the yaw.
    across = math.hypot(GPS, 100.0 * TILT, 50.0 * YAW, 50.0 * TILT)
    assert place["semi_major_m"] == pytest.approx(FACTOR * max(along, across), abs=0.02)
    assert place["semi_minor_m"] == pytest.approx(FACTOR * min(along, across), abs=0.02)
    assert place["bearing_deg"] == pytest.approx(0.0 if across > along else 90.0, abs=0.1)


def test_an_oblique_ellipse_lies_across_the_view(tmp_path: Path) -> None:
    """30° down, 173 m ahead at 30°: the compass makes the longer axis, across; tilt and heights the shorter one."""
    place = _located(_photo(tmp_path / "a.jpg", yaw=30.0, pitch=-30.0), 499.5, 399.5)
    tan, ahead, slant = math.sqrt(3.0), 100.0 * math.sqrt(3.0), 200.0
    along = math.hypot(GPS, 100.0 * TILT * (1 + tan**2), tan * HEIGHT, tan * GROUND)
    across = math.hypot(GPS, ahead * YAW, slant * TILT * 0.5)
    assert place["bearing_deg"] == pytest.approx(120.0, abs=0.1)
    assert place["semi_major_m"] == pytest.approx(FACTOR * across, abs=0.02)
    assert place["semi_minor_m"] == pytest.approx(FACTOR * along, abs=0.02)


def test_a_bearing_is_told_from_true_north(tmp_path: Path) -> None:
    """1.4° east of the central meridian grid north is 0.7° off; yaw and bearing are both true."""
    place = _located(_photo(tmp_path / "a.jpg", yaw=30.0, pitch=-30.0, lon=106.4), 499.5, 399.5)
    assert place["grid_crs"] == "EPSG:4544"
    assert place["bearing_deg"] == pytest.approx(120.0, abs=0.05)


def _saved(path: Path, exif: Image.Exif) -> Path:
    """The photo with other EXIF tags, its XMP packet kept."""
    with Image.open(path) as image:
        image.load()
        packet = image.info["xmp"]
        image.save(path, "JPEG", exif=exif.tobytes(), xmp=packet)
    return path


def test_another_probability_is_another_ellipse(tmp_path: Path) -> None:
    """The half axes grow by √(ln 0.5 / ln 0.1) from 90 to 50 %; both say which they are."""
    photo = _photo(tmp_path / "a.jpg")
    wide, narrow = (_located(photo, 9.0, 9.0, "--probability", text) for text in ("0.9", "0.5"))
    ratio = math.sqrt(math.log(0.5) / math.log(0.1))
    assert narrow["semi_major_m"] == pytest.approx(ratio * wide["semi_major_m"], abs=0.01)
    assert (wide["probability"], narrow["probability"]) == (0.9, 0.5)


def test_position_for_navigation(tmp_path: Path) -> None:
    """The series of GCJ-02 at 105° E, 30° N by hand: 290 m east, 296.6 m south; none outside of China."""
    place = _located(_photo(tmp_path / "a.jpg"), 499.5, 399.5)
    shifted = _off({"lon": place["gcj02_lon"], "lat": place["gcj02_lat"]})
    south = -100 - 15 + 5 + 80 / 3 * math.sin(math.pi / 3) - 2 / 3 * (160 * math.sin(5 * math.pi / 12) + 160)
    assert shifted == pytest.approx((290.0, south), abs=0.1)
    photo = _photo(tmp_path / "b.jpg", lon=-92.0, lat=46.8)
    abroad = _located(photo, 499.5, 399.5)
    assert (abroad["gcj02_lon"], abroad["gcj02_lat"], abroad["grid_crs"]) == (None, None, "EPSG:32615")
    assert "GCJ-02" not in _run(photo, 499.5, 399.5).stdout


def _dem(path: Path, slope: float, *, half: int = 60, step: float = 10.0) -> Path:
    """A ramp that rises to the east from 500 m below the photo."""
    x = step * (np.arange(2 * half) - half + 0.5)
    heights = np.broadcast_to(500.0 + slope * x, (2 * half, 2 * half)).astype(np.float32)
    with rasterio.open(
        path, "w", driver="GTiff", width=2 * half, height=2 * half, count=1, dtype="float32", crs="EPSG:4544",
        transform=rasterio.Affine(step, 0, EAST - half * step, 0, -step, NORTH + half * step),
    ) as file:  # fmt: skip
        file.write(heights, 1)
    return path


def test_ground_of_an_elevation_model(tmp_path: Path) -> None:
    """A slope of 0.5 to the east meets the ray of 0.5 at 40 m: 100 − z = 2 x and z = x / 2."""
    photo, dem = _photo(tmp_path / "a.jpg"), _dem(tmp_path / "dem.tif", 0.5)
    place = _located(photo, 999.5, 399.5, "--dem", str(dem), "--takeoff", "105", "30")
    assert _off(place) == pytest.approx((40.0, 0.0), abs=0.02)
    assert place["height_above_takeoff_m"] == pytest.approx(20.0, abs=0.01)
    assert [d["decision"] for d in place["decisions"]][-1] == "ground taken from this elevation model"


def test_take_off_elsewhere_lowers_the_ground(tmp_path: Path) -> None:
    """Taken off 60 m up the slope, 30 m higher than the foot of the photo: straight down there are 130 m."""
    photo, dem = _photo(tmp_path / "a.jpg"), _dem(tmp_path / "dem.tif", 0.5)
    lon, lat, _ = Geod(ellps="GRS80").fwd(LON, LAT, 90.0, 60.0)
    place = _located(photo, 499.5, 399.5, "--dem", str(dem), "--takeoff", f"{lon:.9f}", f"{lat:.9f}")
    assert place["height_above_takeoff_m"] == pytest.approx(-30.0, abs=0.02)
    assert place["slant_range_m"] == pytest.approx(130.0, abs=0.02)


def test_unknown_take_off_puts_the_relief_into_the_doubt(tmp_path: Path) -> None:
    """On a ramp the root mean square of its heights within 400 m, 0.1 · 400 / √3 m, works by tan θ; it is said."""
    photo, dem = _photo(tmp_path / "a.jpg"), _dem(tmp_path / "dem.tif", 0.1)
    sure = _located(photo, 999.5, 399.5, "--dem", str(dem), "--takeoff", "105", "30")
    unsure = _located(photo, 999.5, 399.5, "--dem", str(dem))
    assert _off(unsure) == pytest.approx(_off(sure), abs=0.01)
    tan, relief = 0.5, 0.1 * 400.0 / math.sqrt(3.0)
    steeper = tan / (1.0 + 0.1 * tan)
    assert unsure["semi_major_m"] > FACTOR * steeper * relief
    (said,) = [d["decision"] for d in unsure["decisions"] if "take-off below" in d["decision"]]
    assert said.startswith("take-off below the photo taken as the zero of its height, ± 23.")


def test_ground_far_away_is_met_on_the_elevation_model(tmp_path: Path) -> None:
    """9° down from 100 m over a plain the ground is 631 m away, beyond the first window."""
    photo, dem = _photo(tmp_path / "a.jpg", pitch=-9.0), _dem(tmp_path / "dem.tif", 0.0, half=100)
    place = _located(photo, 499.5, 399.5, "--dem", str(dem))
    assert _off(place) == pytest.approx((0.0, 100.0 / math.tan(math.radians(9.0))), abs=0.05)


def test_ground_beyond_the_elevation_model_is_refused(tmp_path: Path) -> None:
    """5° down the ray comes down 1143 m away; the model ends at 600 m."""
    photo, dem = _photo(tmp_path / "a.jpg", pitch=-5.0), _dem(tmp_path / "dem.tif", 0.0)
    result = _run(photo, 499.5, 399.5, "--dem", str(dem))
    assert result.exit_code == 1
    assert "has no height where the ray of a.jpg comes down, 1147 m away; give a larger one" in _told(result)


def test_lines_for_a_person(tmp_path: Path) -> None:
    """Place, ellipse, navigation, distance, and what was believed."""
    result = _run(_photo(tmp_path / "a.jpg"), 499.5, 399.5)
    first, ellipse, gcj, distance, *believed = result.stdout.splitlines()
    assert first == "a.jpg, column 499.5, row 399.5: lon 105.000000, lat 30.000000 (WGS 84) ± 8.5 m"
    assert ellipse.endswith("8.5 m across; it holds the place with 90 %")
    assert gcj.startswith("  GCJ-02    lon 105.00")
    assert distance == "  distance  100 m from the camera, the ground +0.0 m of the take-off"
    assert any("level ground at the take-off height, ± 2 m" in line for line in believed)


def test_a_turned_photo_is_counted_as_stored(tmp_path: Path) -> None:
    """EXIF orientation 6 moves no pixel, and a decision says that viewers show it otherwise."""
    photo = _photo(tmp_path / "a.jpg")
    with Image.open(photo) as image:
        exif = image.getexif()
    exif[0x0112] = 6
    place = _located(_saved(photo, exif), 599.5, 299.5)
    assert _off(place) == pytest.approx((10.0, 10.0), abs=0.02)
    assert "columns and rows counted in the photo as it is stored" in json.dumps(place["decisions"])


@pytest.mark.parametrize("pixel", [(1000, 10), (10, 800), (-0.6, 10), (10, -0.6)])
def test_a_pixel_outside_is_a_wrong_call(tmp_path: Path, pixel: tuple[float, float]) -> None:
    """Exit 2, with what came and what was expected."""
    result = CliRunner().invoke(cli, ["locate", str(_photo(tmp_path / "a.jpg")), "--", *map(str, pixel)])
    assert result.exit_code == 2
    assert "is outside of a.jpg, which has 1000 × 800 px" in result.output
    assert "a COLUMN from 0 to 999 and a ROW from 0 to 799" in result.output


def test_a_pixel_above_the_horizon_meets_no_ground(tmp_path: Path) -> None:
    """Looking level, the upper half sees sky: exit 1."""
    result = _run(_photo(tmp_path / "a.jpg", pitch=0.0), 499.5, 10.0)
    assert result.exit_code == 1
    assert "looks at or above the horizon" in _told(result)


def test_a_photo_without_attitude_is_refused(tmp_path: Path) -> None:
    """Tags without yaw and pitch: exit 1, and what to do instead."""
    photo = _photo(tmp_path / "a.jpg")
    photo.write_bytes(photo.read_bytes().replace(b"GimbalYawDegree", b"GimbalNonDegree"))
    result = _run(photo, 1.0, 1.0)
    assert result.exit_code == 1
    assert "a.jpg, attitude: states no yaw or no pitch" in _told(result)


def test_a_photo_without_height_needs_a_declared_one(tmp_path: Path) -> None:
    """Refused with the way out, and placed with it."""
    photo = _photo(tmp_path / "a.jpg")
    photo.write_bytes(photo.read_bytes().replace(b"RelativeAltitude", b"RelativeNothing_"))
    refused = _run(photo, 599.5, 399.5)
    assert refused.exit_code == 1
    assert "no height above the ground: the tags have no relative altitude; give the flying" in _told(refused)
    place = _located(photo, 599.5, 399.5, "--flying-height", "50")
    assert _off(place) == pytest.approx((5.0, 0.0), abs=0.02)
    assert any(d["decision"] == "1 photos taken at 50 m above take-off" for d in place["decisions"])


def test_a_photo_on_the_ground_is_refused(tmp_path: Path) -> None:
    """A height of 0 m is before the flight."""
    result = _run(_photo(tmp_path / "a.jpg", above=0.0), 1.0, 1.0)
    assert result.exit_code == 1
    assert "0 m above take-off: taken before or after the flight" in _told(result)


def test_what_is_no_photo_is_refused(tmp_path: Path) -> None:
    """A text file and a picture without GPS: exit 1, with the reader's reason; a name that is not there: exit 2."""
    (tmp_path / "a.txt").write_text("no photo", encoding="utf-8")
    Image.fromarray(np.zeros((8, 8, 3), np.uint8)).save(tmp_path / "b.jpg")
    for name, words in (("a.txt", "JPEG or TIFF"), ("b.jpg", "no GPS position")):
        result = _run(tmp_path / name, 1.0, 1.0)
        assert result.exit_code == 1 and _told(result) == f"{name} is no photo that can be placed"
        assert isinstance(result.exception, NothingUsable)
        (reject,) = result.exception.rejects
        assert words in tell(reject).reason
    assert _run(tmp_path / "c.jpg", 1.0, 1.0).exit_code == 2


def test_take_off_without_an_elevation_model_is_a_wrong_call(tmp_path: Path) -> None:
    """It would change nothing, so it is refused."""
    result = _run(_photo(tmp_path / "a.jpg"), 1.0, 1.0, "--takeoff", "105", "30")
    assert result.exit_code == 2
    assert "only together with --dem" in result.output
