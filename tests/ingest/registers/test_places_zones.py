"""Coordinates of a register in metres: which zone they are of, and when no zone is believed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pyproj import CRS

from ingest.coordinates import to_grid
from ingest.registers.places import ImpossiblePlace, Place, read_place, to_wgs84
from ingest.schema import CrsSource
from tests.ingest.registers.place_readings import read, said
from tests.told import raises_told


@pytest.mark.parametrize(
    ("zone", "code", "meridian"),
    [(25, 4513, 75), (35, 4523, 105), (45, 4533, 135), (13, 4491, 75), (18, 4496, 105), (23, 4501, 135)],
)
def test_zone_numbers_in_front_of_an_easting(zone: int, code: int, meridian: int) -> None:
    """25 to 45 are 3-degree zones of meridian 3 n, 13 to 23 6-degree ones of 6 n - 3; 500 km lie on it."""
    x, y = zone * 1_000_000 + 500_000.0, 3_320_113.398  # 30° N: the meridian's length from the equator (GRS 80)
    place = read(x, y)
    assert (place.lon, place.lat) == pytest.approx((meridian, 30.0), abs=1e-8)
    width = "3" if zone >= 25 else "6"
    note = (
        f"coordinates read as EPSG:{code}",
        f"easting {x:.0f} carries zone number {zone} of the {width}-degree zones",
    )
    expected = Place(x, y, f"EPSG:{code}", CrsSource.GUESSED, 0, 0, 0.5, place.notes)
    assert (replace(place, lon=0, lat=0), said(place)) == (expected, [note])
    swapped = read(y, x)
    note = ("easting and northing columns swapped back", f"{y:g} can only be a northing in China")
    assert swapped == replace(place, notes=swapped.notes)
    assert said(swapped) == [note, *said(place)]


@pytest.mark.parametrize("x", [12.5e6, 24.5e6, 46.5e6, 35_099_999.0, 35_900_001.0, 99_999.0, 900_001.0, 0.5e6])
def test_eastings_that_tell_no_zone(x: float) -> None:
    """Numbers that no zone has, more than 400 km from a meridian, or nothing in front: refused with what to set."""
    with raises_told(
        ImpossiblePlace, match=r'are metres of an unknown zone; put `crs = "EPSG:4544"` \(or another\) under'
    ):
        read_place(repr(x), "3320113.4", "")


@pytest.mark.parametrize("x", [35_100_000.0, 35_900_000.0])
def test_eastings_at_the_edge_of_a_zone(x: float) -> None:
    """400 km from the meridian are within the zone's numbers."""
    assert read(x, "3320113.4").crs == "EPSG:4523"


@pytest.mark.parametrize(
    ("y", "possible"), [(1_900_000.0, True), (1_899_999.0, False), (6_000_000.0, True), (6_000_001.0, False)]
)
def test_northings_of_china(y: float, possible: bool) -> None:
    """1900 to 6000 km from the equator, the limits included, in either column."""
    for x, other in ((35_500_000.0, y), (y, 35_500_000.0)):
        if possible:
            assert read(x, other).y == y
        else:
            with raises_told(ImpossiblePlace, match="are no coordinates in China"):
                read_place(repr(x), repr(other), "")


@pytest.mark.parametrize("x", [100_000.0, 500_000.0, 900_000.0])
def test_swapped_columns_without_zone_number(x: float) -> None:
    """A northing in the easting's column is seen beside any easting, its limits included."""
    if x == 500_000.0:
        place, swapped = read(x, 3_320_113.4, "", (105.0, 30.0)), read(3_320_113.4, x, "", (105.0, 30.0))
        note = ("easting and northing columns swapped back", "3.32011e+06 can only be a northing in China")
        assert swapped == replace(place, notes=swapped.notes)
        assert said(swapped) == [note, *said(place)]
    with raises_told(ImpossiblePlace, match=f"^{x:g}, .*unknown zone"):
        read_place("3320113.4", repr(x), "")


@pytest.mark.parametrize(
    ("d_lon", "d_lat", "found"),
    [
        (0.0, 0.99, True), (0.0, -0.99, True), (0.0, 1.01, False), (0.0, -1.01, False), (0.99, 0.0, True),
        (-0.99, 0.0, True), (1.01, 0.0, False), (-1.01, 0.0, False), (0.71, 0.71, False), (0.7, -0.7, True),
    ],
)  # fmt: skip
def test_zone_by_the_other_sites(d_lon: float, d_lat: float, found: bool) -> None:
    """Metres without a zone number are in the zone of the other sites if that puts them within 1° of those."""
    x, y = (float(v) for v in to_grid(105.0, 31.0, CRS.from_epsg(4544)))
    near = (105.0 + d_lon, 31.0 + d_lat)
    if not found:
        with raises_told(ImpossiblePlace, match="unknown zone"):
            read_place(repr(x), repr(y), "", near=near)
        return
    place = read(x, y, "", near)
    note = "no zone number; in this zone the point is within 1° of the other sites (105.000)"
    assert (place.crs, place.crs_source, place.rounding_m) == ("EPSG:4544", CrsSource.GUESSED, 0.5)
    assert said(place) == [("coordinates read as EPSG:4544", note)]
    assert (place.lon, place.lat) == pytest.approx((105.0, 31.0), abs=1e-8)


def test_a_degree_from_the_other_sites_is_too_far() -> None:
    """Just one degree is not within one degree."""
    lon, lat = to_wgs84(500_000.0, 3_431_000.0, "EPSG:4544")
    assert lat - (lat - 1.0) == 1.0
    with raises_told(ImpossiblePlace, match="unknown zone"):
        read_place("500000", "3431000", "", near=(lon, lat - 1.0))


# Area of use of EPSG:4544 in the EPSG data set: 103.5 to 106.51° E, 22.5 to 42.21° N; 2° more are allowed.
@pytest.mark.parametrize(
    ("lon", "lat", "inside"),
    [
        (101.51, 30.0, True), (101.49, 30.0, False), (108.50, 30.0, True), (108.52, 30.0, False),
        (105.0, 20.51, True), (105.0, 20.49, False), (105.0, 44.20, True), (105.0, 44.22, False),
    ],
)  # fmt: skip
def test_declared_zone_is_believed_to_two_degrees_beyond_its_area(lon: float, lat: float, inside: bool) -> None:
    """On all four sides; the columns may be swapped, and what fits neither way is refused."""
    x, y = (float(v) for v in to_grid(lon, lat, CRS.from_epsg(4544)))
    if not inside:
        with raises_told(ImpossiblePlace, match=r"are not in the area of EPSG:4544 \(look for the right zone\)"):
            read_place(repr(x), repr(y), "EPSG:4544")
        return
    place = read(x, y, "EPSG:4544")
    assert (place.lon, place.lat) == pytest.approx((lon, lat), abs=1e-8)
    assert replace(place, lon=0, lat=0) == Place(x, y, "EPSG:4544", CrsSource.DECLARED, 0, 0, 0.5, ())
    swapped = read(y, x, "EPSG:4544")
    note = ("easting and northing columns swapped back", "as labelled, the point is outside of EPSG:4544")
    assert swapped == replace(place, notes=swapped.notes)
    assert said(swapped) == [note]


@pytest.mark.parametrize(
    ("x", "words"),
    [
        (25_410_451.0, "the zone number 25 means EPSG:4513"),
        (45_410_451.0, "the zone number 45 means EPSG:4533"),
        (18_410_451.0, "look for the right zone"),
    ],
)
def test_the_zone_that_a_number_means_is_named(x: float, words: str) -> None:
    """3-degree zones in either column."""
    for pair in ((repr(x), "3393363.76"), ("3393363.76", repr(x))):
        with raises_told(ImpossiblePlace, match=f"area of EPSG:4544 .{words}"):
            read_place(*pair, "EPSG:4544")


def test_a_projection_without_an_area_is_believed() -> None:
    """A system of a PROJ string has no area of use: every place on the earth is in it."""
    text = "+proj=tmerc +lat_0=30 +lon_0=104 +x_0=50000 +y_0=60000 +datum=WGS84 +units=m"
    place = read("50000", "60000", text)
    assert (place.lon, place.lat) == pytest.approx((104.0, 30.0), abs=1e-9)
    with raises_told(ImpossiblePlace, match="are not in the area of"):
        read_place("5e9", "6e9", text)
