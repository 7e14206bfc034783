"""Coordinates of a register: notations, degrees, swapped columns, shifted systems, and refusals."""

from __future__ import annotations

import csv
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pyproj import CRS

from ingest.coordinates import bd09_from_gcj02, gcj02_from_wgs84, to_grid
from ingest.outcome import Decision, Phrase
from ingest.registers import places
from ingest.registers.places import (
    HYPOTHESES,
    ImpossiblePlace,
    Place,
    crs_name,
    distance_m,
    guess_crs,
    read_place,
    shape_to_wgs84,
    to_wgs84,
)
from ingest.schema import CrsSource
from ingest.text.spelled import parse_angle
from tests.ingest.immutable import mutable_values
from tests.ingest.registers.place_readings import read, said
from tests.told import raises_told

CHENGDU = (104.0657, 30.6574)


def shifted(lon: float, lat: float, system: str) -> tuple[float, float]:
    """The numbers of a place in one of the three systems."""
    x, y = np.float64(lon), np.float64(lat)
    if system != "WGS 84":
        x, y = gcj02_from_wgs84(x, y)
    if system == "BD-09":
        x, y = bd09_from_gcj02(x, y)
    return float(x), float(y)


@pytest.mark.parametrize(
    "text",
    [
        "104.0657",
        "104°3'56.52\"",
        "104°03′56.52″E",
        "东经104度3分56.52秒",
        "104-03-56.52",
        "104 3 56.52",
        "E104.0657",
    ],
)
def test_angles_are_read_in_any_notation(text: str) -> None:
    """Decimal degrees and degrees, minutes, seconds with any marks are one longitude."""
    assert parse_angle(text) == pytest.approx(104.0657, abs=1e-9)


@pytest.mark.parametrize("text", ["", "无", "104°99'00\"", "1 2 3 4", "nan", "inf", "x" * 100])
def test_texts_that_are_no_angle_are_none(text: str) -> None:
    """Words, impossible minutes, four numbers and infinities are not taken for coordinates."""
    assert parse_angle(text) is None


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("GCJ02", "GCJ-02"), ("火星坐标系", "GCJ-02"), ("高德", "GCJ-02"), ("百度坐标系", "BD-09"),
        ("BD-09", "BD-09"),
        ("CGCS2000", "WGS 84"), ("国家2000坐标系", "WGS 84"), ("WGS-84", "WGS 84"), ("EPSG:4326", "WGS 84"),
        ("urn:ogc:def:crs:OGC:1.3:CRS84", "WGS 84"), ("urn:ogc:def:crs:EPSG::4490", "WGS 84"),
        ("EPSG:4544", "EPSG:4544"), ("CGCS2000/4544", "EPSG:4544"), ("", ""),
    ],
)  # fmt: skip
def test_names_of_systems(text: str, name: str) -> None:
    """What people write into the column 坐标系 is understood."""
    assert crs_name(text) == name


NAMES = {
    "WGS 84": "wgs84 wgs1984 WGS_1984 gps 4326 crs84 4490 cgcs2000 2000 大地2000 国家2000 2000国家大地 国家大地2000",
    "GCJ-02": "gcj02 gcj 高德 高德地图 腾讯 火星 火星坐标 火星坐标系 国测局 amap",
    "BD-09": "bd09 bd 百度 百度地图 百度坐标 baidu",
}


@pytest.mark.parametrize(("name", "words"), NAMES.items())
def test_every_name_of_a_degree_system(name: str, words: str) -> None:
    """Alone, with blanks and signs, with 坐标, 坐标系, 坐标系统 or 经纬度 behind it, in either case."""
    for word in words.split():
        for text in (
            word,
            f" {word.upper()} ",
            f"{word}坐标",
            f"{word} 坐标系",
            f"{word}坐标系统",
            f"({word})经纬度",
        ):
            assert crs_name(text) == name, text


@pytest.mark.parametrize("code", [4400, 4491, 4544, 4554, 4599])
def test_codes_of_zones_within_a_text(code: int) -> None:
    """Four digits of 44xx or 45xx are an EPSG code, whatever stands around them, but for other digits."""
    for text in (str(code), f"EPSG:{code}", f"CGCS2000 3度带 {code}", f"CGCS2000/{code}"):
        assert crs_name(text) == f"EPSG:{code}"
    for text in (f"1{code}", f"{code}1", str(code - 1000), str(code + 1000)):
        assert crs_name(text) == text


@pytest.mark.parametrize(("text", "name"), [(" EPSG:32648 ", "EPSG:32648"), ("EPSG", "EPSG"), ("坐标系", "坐标系")])
def test_other_systems_are_left_to_proj(text: str, name: str) -> None:
    """The text as it came, without blanks around it."""
    assert crs_name(text) == name


# --- conversions ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("system", [*HYPOTHESES, "EPSG:4544", "EPSG:4258"])
def test_numbers_of_any_system_to_wgs84_and_back(system: str) -> None:
    """A point and the same point as a shape come back to where they were, easting or longitude first."""
    truth = (10.5, 48.5) if system == "EPSG:4258" else CHENGDU
    if system.startswith("EPSG"):
        x, y = (float(v) for v in to_grid(*truth, CRS.from_user_input(system)))
    else:
        x, y = shifted(*truth, system)
    assert to_wgs84(x, y, system) == pytest.approx(truth, abs=1e-9)
    line = shape_to_wgs84(shapely.LineString([(x, y), (x, y)]), system)
    np.testing.assert_allclose(np.array(line.coords), [truth, truth], atol=1e-9)
    place = Place(x, y, "", CrsSource.UNKNOWN, 0.0, 0.0)
    assert place.in_system(system) == to_wgs84(x, y, system)


def test_zones_with_and_without_prefix_are_the_same_place(shared_data: Path) -> None:
    """Easting 35 410 451 and 410 451 are one point, in either column order, with the zone found from the values."""
    with (shared_data / "domain" / "chengdu_crs_vectors.csv").open(encoding="utf-8") as file:
        row = next(csv.DictReader(file))
    north = row["N_4544"]
    for east, crs, source in (
        (row["E_4523"], "", CrsSource.GUESSED),
        (row["E_4544"], "EPSG:4544", CrsSource.DECLARED),
        (row["E_4544"], "", CrsSource.GUESSED),
    ):
        for x, y in ((east, north), (north, east)):
            place = read_place(x, y, crs, near=(104.2, 30.7))
            assert place is not None
            assert (place.lon, place.lat) == pytest.approx(CHENGDU, abs=1e-8)
            assert place.crs_source is source
            swapped = any("swapped" in decision for decision, _ in said(place))
            assert swapped == (x == north)


def test_zone_prefix_against_a_declared_plain_zone_is_refused() -> None:
    """35 410 451 m declared as EPSG:4544 is outside of it, and the message names the zone that fits."""
    with raises_told(ImpossiblePlace, match="zone number 35 means EPSG:4523"):
        read_place("35410451.04", "3393363.76", "EPSG:4544")


@pytest.mark.parametrize(
    ("x", "y", "crs", "words"),
    [
        ("0", "0", "", "mean that there are none"),
        ("abc", "30.6", "", "are not numbers"),
        ("200", "95", "", "no coordinates in China"),
        ("120", "95", "", "not on the earth"),
        ("410451", "3393363", "", "unknown zone"),
        ("410451", "3393363", "WGS 84", "are metres, but WGS 84 has degrees"),
        ("104.0657", "30.6574", "EPSG:4544", "are degrees, but EPSG:4544 has metres"),
        ("5e8", "5e8", "", "no coordinates in China"),
    ],
)
def test_impossible_coordinates_are_refused_in_words(x: str, y: str, crs: str, words: str) -> None:
    """Values on no map are refused with what came."""
    with raises_told(ImpossiblePlace, match=words):
        read_place(x, y, crs)


@pytest.mark.parametrize(("x", "y"), [("", " "), ("104", ""), (" ", "30")])
def test_empty_cells_are_no_place(x: str, y: str) -> None:
    """Nothing written is not an error, nor is one cell of two."""
    assert read_place(x, y, "") is None


@pytest.mark.parametrize(("x", "y"), [("104.1", "abc"), ("abc", "30.6")])
def test_both_cells_must_be_numbers(x: str, y: str) -> None:
    """A word in either is said as it came."""
    with raises_told(ImpossiblePlace, match=f"coordinates {x!r}, {y!r} are not numbers"):
        read_place(x, y, "")


def test_the_equator_and_greenwich_are_places() -> None:
    """Only both zeros together mean that there is nothing."""
    assert (read("0", "51.5").lon, read("0", "51.5").lat) == (0.0, 51.5)
    assert (read("100.5", "0").lon, read("100.5", "0").lat) == (100.5, 0.0)


@pytest.mark.parametrize(
    ("crs", "source"), [("WGS 84", CrsSource.DECLARED), ("", CrsSource.UNKNOWN)], ids=["declared", "not declared"]
)
def test_every_field_of_a_place_in_degrees(crs: str, source: CrsSource) -> None:
    """In China degrees without a system are taken as WGS 84 and marked as unknown."""
    assert read("104.0657", "30.6574", crs) == Place(
        104.0657, 30.6574, "WGS 84", source, 104.0657, 30.6574, pytest.approx(5.566), ()
    )


def test_degrees_outside_china_can_only_be_wgs84() -> None:
    """The shifted systems are not used there; 0.004° do not matter for that."""
    assert read("-91.99", "46.84") == Place(
        -91.99, 46.84, "WGS 84", CrsSource.GUESSED, -91.99, 46.84, pytest.approx(556.6), ()
    )
    assert read("126.97", "37.56").crs_source is CrsSource.GUESSED  # Seoul, within the box around China


@pytest.mark.parametrize("system", ["GCJ-02", "BD-09"])
def test_declared_shifts_are_undone(system: str) -> None:
    """The numbers stay as written beside the place in WGS 84."""
    x, y = shifted(*CHENGDU, system)
    place = read(x, y, system)
    assert (place.x, place.y, place.crs, place.crs_source) == (x, y, system, CrsSource.DECLARED)
    assert (place.lon, place.lat) == pytest.approx(CHENGDU, abs=1e-9)


def test_degrees_of_another_datum_are_read() -> None:
    """A geographic system of PROJ has degrees too."""
    place = read("10.5", "48.5", "EPSG:4258")
    assert (place.crs, place.crs_source) == ("EPSG:4258", CrsSource.DECLARED)
    assert (place.lon, place.lat) == pytest.approx((10.5, 48.5), abs=1e-6)


@pytest.mark.parametrize(
    ("x", "y", "swapped"),
    [
        (17.0, 73.0, True), (16.99, 73.0, False), (17.0, 72.99, False),
        (54.5, 73.0, True), (54.51, 73.0, False), (54.5, 89.0, True), (10.0, 90.0, False),
        (10.0, 90.01, True), (10.0, -90.0, False), (10.0, -90.01, True), (30.0, 180.0, True), (-30.0, 180.0, True),
        (30.0, 136.0, True), (30.0, 136.01, True), (104.0, 30.0, False), (-180.0, 30.0, False), (180.0, -30.0, False),
    ],
)  # fmt: skip
def test_which_degrees_are_swapped(x: float, y: float, swapped: bool) -> None:
    """Latitudes beyond 90°, and pairs that would be a place in China the other way round; the limits belong to it."""
    place = read(x, y, "WGS 84")
    assert (place.x, place.y) == (place.lon, place.lat) == ((y, x) if swapped else (x, y))
    note = ("longitude and latitude columns swapped back", f"latitude {y:g} would not be in China or on the earth")
    assert said(place) == ([note] if swapped else [])


@pytest.mark.parametrize(("x", "y"), [("180.01", "30"), ("30", "180.01"), ("-181", "30"), ("30", "-181")])
def test_degrees_beyond_180_are_none(x: str, y: str) -> None:
    """They are taken for metres then, and those are no place in China."""
    with raises_told(ImpossiblePlace, match=r"no coordinates in China; declare crs in mission.toml"):
        read_place(x, y, "")


@pytest.mark.parametrize(
    ("x", "y", "half_deg"),
    [
        ("104.1", "30.65", 0.005), ("104.15", "30.6", 0.005), ("104", "30", 0.5), ("104.", "30", 0.5),
        ("+104.123456", " 30.123456 ", 5e-7), ("-104.12", "30.12", 0.005), ("104°3'56\"", "30.65", 0.0),
        ("104.1E", "30.65", 0.0),
    ],
)  # fmt: skip
def test_half_of_the_last_digit_of_the_finer_one(x: str, y: str, half_deg: float) -> None:
    """In metres of latitude; angles that are spelled have none."""
    assert read(x, y, "WGS 84").rounding_m == pytest.approx(half_deg * 111_320.0, rel=1e-12)


# --- degrees and the guess -----------------------------------------------------------------------------------------


def test_swapped_degrees_are_put_back_with_a_note() -> None:
    """A longitude in the latitude column is seen in China by its range."""
    place = read_place("30.6574", "104.0657", "WGS 84")
    assert place is not None
    assert (place.lon, place.lat) == CHENGDU
    assert "swapped back" in said(place)[0][0]


def test_rounding_of_the_text_is_kept() -> None:
    """Two decimals are half a kilometre of doubt, DMS to hundredths none worth naming."""
    coarse, fine = read_place("104.07", "30.66", "WGS 84"), read_place("104.0657", "30.6574", "WGS 84")
    assert coarse is not None
    assert fine is not None
    assert coarse.rounding_m == pytest.approx(556.6)
    assert fine.rounding_m == pytest.approx(5.566)


@given(st.floats(103.0, 105.0), st.floats(30.0, 31.5), st.sampled_from(["WGS 84", "GCJ-02", "BD-09"]))
def test_system_is_guessed_from_the_parcel(lon: float, lat: float, truth: str) -> None:
    """A point typed in any of the three systems is found to be of that system when its parcel is known."""
    x, y = lon, lat
    if truth != "WGS 84":
        x, y = (float(v) for v in gcj02_from_wgs84(lon, lat))
    if truth == "BD-09":
        x, y = (float(v) for v in bd09_from_gcj02(x, y))
    place = read_place(repr(x), repr(y), "")
    assert place is not None
    guess = guess_crs(
        place, [shapely.box(lon - 1e-3, lat - 1e-3, lon + 1e-3, lat + 1e-3)], tolerance_m=120.0, margin=2.0
    )
    assert guess is not None
    assert guess.crs == truth
    assert (guess.lon, guess.lat) == pytest.approx((lon, lat), abs=1e-7)


def reference(east_m: float, north_m: float) -> shapely.Point:
    """A point so many metres from Chengdu's."""
    lon, lat = CHENGDU
    return shapely.Point(lon + east_m / (111_320.0 * math.cos(math.radians(lat))), lat + north_m / 111_320.0)


BEFORE = Decision("", "degrees_swapped_back", {}, Phrase("latitude_elsewhere", {"latitude": 104.0}))

UNSETTLED = Place(*CHENGDU, "WGS 84", CrsSource.UNKNOWN, *CHENGDU, 5.0, (BEFORE,))


def test_a_guess_keeps_the_numbers_and_says_the_distances() -> None:
    """System, source and place change; the note lists all three, nearest first, to their nearest reference."""
    there = to_wgs84(*CHENGDU, "GCJ-02")
    references = [reference(20_000.0, 0.0), shapely.Point(there)]
    guess = guess_crs(UNSETTLED, references, tolerance_m=120.0, margin=2.0)
    assert guess is not None
    apart = {name: distance_m(*to_wgs84(*CHENGDU, name), references[1]) for name in HYPOTHESES}
    distances = ", ".join(f"{name} {apart[name]:.0f} m" for name in ("GCJ-02", "WGS 84", "BD-09"))
    assert apart["GCJ-02"] < apart["WGS 84"] < apart["BD-09"]
    note = ("coordinates read as GCJ-02", f"distance to the site's own parcel or other register: {distances}")
    assert guess == replace(
        UNSETTLED, crs="GCJ-02", crs_source=CrsSource.GUESSED, lon=there[0], lat=there[1], notes=guess.notes
    )
    assert (guess.notes[:-1], said(guess)[-1]) == ((BEFORE,), note)


@pytest.mark.parametrize(("tolerance_m", "found"), [(100.001, True), (99.999, False)])
def test_the_best_system_must_be_within_the_tolerance(tolerance_m: float, found: bool) -> None:
    """A hundred metres from the reference is near enough for a tolerance of a hundred metres, and for no less."""
    guess = guess_crs(UNSETTLED, [reference(60.0, 80.0)], tolerance_m=tolerance_m, margin=1.0)
    assert (guess.crs if guess else None) == ("WGS 84" if found else None)


def test_limits_of_a_guess_belong_to_it() -> None:
    """Best at the tolerance, second at the tolerance, second at the margin: a guess; the next number is none."""
    here = [reference(60.0, 80.0)]
    best, second, _ = sorted(distance_m(*to_wgs84(*CHENGDU, name), here[0]) for name in HYPOTHESES)
    for tolerance, margin, found in (
        (best, 1.0, True),
        (np.nextafter(best, 0.0), 1.0, False),
        (second, 1.0, True),
        (np.nextafter(second, 1e9), 1.0, False),
        (best, second / best * (1 - 1e-12), True),
        (best, second / best * (1 + 1e-12), False),
    ):
        guess = guess_crs(UNSETTLED, here, tolerance_m=float(tolerance), margin=margin)
        assert (guess is not None) == found


def test_a_parcel_larger_than_the_shift_tells_nothing() -> None:
    """Where all hypotheses lie within the parcel, none is preferred."""
    place = read_place("104.0657", "30.6574", "")
    assert place is not None
    assert guess_crs(place, [shapely.box(104.0, 30.6, 104.1, 30.7)], tolerance_m=120.0, margin=2.0) is None


def test_distance_to_a_shape_is_in_metres() -> None:
    """A thousandth of a degree of latitude is 111 m, of longitude 111 m times the cosine."""
    point = shapely.Point(104.0, 30.001)
    assert distance_m(104.0, 30.0, point) == pytest.approx(111.32, rel=1e-6)
    assert distance_m(104.001, 30.0, shapely.Point(104.0, 30.0)) == pytest.approx(111.32 * 0.8660254, rel=1e-6)
    box = shapely.box(104.0, 30.0, 104.002, 30.002)
    assert distance_m(104.001, 30.001, box) == 0.0
    assert distance_m(104.001, 29.999, box) == pytest.approx(111.32, rel=1e-6)
    assert distance_m(104.003, 30.0, box) == pytest.approx(111.32 * 0.8660254, rel=1e-6)


def test_values_are_immutable() -> None:
    """Nothing that is handed on can be changed."""
    assert mutable_values(places) == []
