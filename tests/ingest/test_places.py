"""Coordinates of a register: notations, swapped columns, zones, shifted systems, and refusals."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from ingest.coordinates import bd09_from_gcj02, gcj02_from_wgs84
from ingest.places import ImpossiblePlace, crs_name, distance_m, guess_crs, read_place
from ingest.schema import CrsSource
from ingest.spelled import parse_angle

CHENGDU = (104.0657, 30.6574)


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
            swapped = any("swapped" in decision for decision, _ in place.notes)
            assert swapped == (x == north)


def test_zone_prefix_against_a_declared_plain_zone_is_refused() -> None:
    """35 410 451 m declared as EPSG:4544 is outside of it, and the message names the zone that fits."""
    with pytest.raises(ImpossiblePlace, match="zone number 35 means EPSG:4523"):
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
    with pytest.raises(ImpossiblePlace, match=words):
        read_place(x, y, crs)


def test_empty_cells_are_no_place() -> None:
    """Nothing written is not an error."""
    assert read_place("", " ", "") is None


def test_swapped_degrees_are_put_back_with_a_note() -> None:
    """A longitude in the latitude column is seen in China by its range."""
    place = read_place("30.6574", "104.0657", "WGS 84")
    assert place is not None
    assert (place.lon, place.lat) == CHENGDU
    assert "swapped back" in place.notes[0][0]


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
