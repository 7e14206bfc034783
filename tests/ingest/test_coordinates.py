"""Grids, datum shifts and the shifted systems of Chinese maps."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import CRS

from ingest.coordinates import (
    bd09_from_gcj02,
    crs_from_text,
    gcj02_from_bd09,
    gcj02_from_wgs84,
    grid_crs,
    is_mainland_china,
    meridian_convergence_rad,
    time_zone_at,
    to_grid,
    to_lonlat,
    wgs84_from_gcj02,
)
from ingest.errors import SettingError
from tests.told import raises_told

METRES_PER_DEGREE = 111_320.0


def read_rows(path: Path) -> list[dict[str, str]]:
    """Rows of a small CSV."""
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize(
    ("lon", "lat", "epsg"),
    [
        (104.0657, 30.6574, 4544),  # Chengdu, CM 105
        (103.46, 30.41, 4543),  # Qionglai, nearest to CM 102
        (121.47, 31.23, 4549),  # Shanghai, CM 120
        (116.40, 39.90, 4548),  # Beijing, CM 117
        (87.6, 43.8, 4538),  # Urumqi, CM 87
        (114.17, 22.30, 32650),  # Hong Kong keeps UTM
        (121.56, 25.03, 32651),  # Taipei keeps UTM
        (-91.99, 46.84, 32615),
        (151.2, -33.9, 32756),
        (179.9, 0.0, 32660),
    ],
)
def test_grid_crs_follows_the_place(lon: float, lat: float, epsg: int) -> None:
    """Mainland China gets the nearest 3-degree zone without number, the rest of the world its UTM zone."""
    assert grid_crs(lon, lat).to_epsg() == epsg


def test_grid_crs_takes_the_median_of_finite_positions() -> None:
    """One stray position and missing values do not move the zone."""
    assert grid_crs([104.0, 104.1, 104.2, -91.0, np.nan], [30.6, 30.6, 30.6, 46.0, np.nan]).to_epsg() == 4544


def test_grid_crs_without_positions_is_refused() -> None:
    """No position, no grid, and the message says what to write."""
    with pytest.raises(SettingError, match=r"mission\.toml"):
        grid_crs([np.nan], [np.nan])


def test_heartland_shortcut_agrees_with_the_time_zone_map() -> None:
    """The corners and edges of the shortcut box are mainland by the map too."""
    from timezonefinder import TimezoneFinder

    finder = TimezoneFinder(in_memory=True)
    for lon in np.linspace(100.0, 115.0, 16):
        for lat in (25.0, 40.0):
            assert finder.timezone_at(lng=float(lon), lat=lat) == "Asia/Shanghai"
            assert is_mainland_china(float(lon), lat)


def test_projection_matches_published_points(shared_data: Path) -> None:
    """Eastings and northings of eight places around Chengdu agree to a millimetre in four systems."""
    for row in read_rows(shared_data / "domain" / "chengdu_crs_vectors.csv"):
        lon, lat = float(row["lon_cgcs2000"]), float(row["lat_cgcs2000"])
        for code, column in ((4544, "E_4544"), (4523, "E_4523"), (4543, "E_4543_wrong_zone"), (32648, "E_32648")):
            x, _ = to_grid(lon, lat, CRS.from_epsg(code))
            assert float(x) == pytest.approx(float(row[column]), abs=1e-3)


def test_wgs84_is_taken_as_cgcs2000() -> None:
    """No shift lies between WGS 84 degrees and a CGCS2000 zone: the central meridian keeps its false easting."""
    x, _ = to_grid(105.0, 30.0, CRS.from_epsg(4544))
    assert float(x) == pytest.approx(500_000.0, abs=1e-6)


@given(st.floats(103.0, 107.0), st.floats(26.0, 34.0))
def test_grid_round_trip(lon: float, lat: float) -> None:
    """Degrees survive the way to the grid and back."""
    crs = CRS.from_epsg(4544)
    assert np.allclose(to_lonlat(*to_grid(lon, lat, crs), crs), (lon, lat), atol=1e-9)


def test_convergence_turns_true_north_to_grid_north() -> None:
    """The angle equals what a short step due north makes in the grid, computed the slow way, and (λ − λ0) sin φ."""
    crs, lon, lat = CRS.from_epsg(4544), 104.0657, 30.6574
    (x0, x1), (y0, y1) = to_grid([lon, lon], [lat, lat + 1e-5], crs)
    grid_bearing_of_true_north = np.arctan2(x1 - x0, y1 - y0)
    convergence = float(meridian_convergence_rad(lon, lat, crs))
    assert convergence == pytest.approx(-grid_bearing_of_true_north, abs=1e-5)
    assert convergence == pytest.approx(np.radians(lon - 105.0) * np.sin(np.radians(lat)), rel=1e-3)


@pytest.mark.parametrize("text", ["EPSG:4610", 2334, "EPSG:4214", 2433, "+proj=tmerc +lon_0=104 +ellps=GRS80"])
def test_ballpark_shifts_are_refused(text: str | int) -> None:
    """Xi'an 1980, Beijing 1954 and a plane without a datum are refused, with the way out."""
    with raises_told(SettingError, match="towgs84"):
        crs_from_text(text)


def test_given_parameters_are_accepted() -> None:
    """A local grid with a stated datum shift is used (the generic CM 104 plane of Chengdu)."""
    crs = crs_from_text("+proj=tmerc +lon_0=104 +x_0=500000 +ellps=GRS80 +units=m +towgs84=0,0,0,0,0,0,0")
    x, y = to_grid(104.0657, 30.6574, crs)
    assert (float(x), float(y)) == pytest.approx((506296.951, 3392993.292), abs=2e-3)


def test_unknown_crs_is_refused() -> None:
    """A code that does not exist is named."""
    with raises_told(SettingError, match="9999999"):
        crs_from_text("EPSG:9999999")


def test_gcj02_matches_the_published_vectors(shared_data: Path) -> None:
    """The five vectors of eviltransform's own tests come out to 1e-11 degrees."""
    for row in read_rows(shared_data / "domain" / "gcj_eviltransform_official_tests.csv"):
        lon, lat = gcj02_from_wgs84(float(row["wgs_lng"]), float(row["wgs_lat"]))
        assert float(lon) == pytest.approx(float(row["gcj_lng"]), abs=1e-11)
        assert float(lat) == pytest.approx(float(row["gcj_lat"]), abs=1e-11)


def test_gcj02_inverse_of_the_published_vectors_is_below_a_millimetre(shared_data: Path) -> None:
    """The published GCJ-02 positions lead back to the published WGS 84 positions."""
    for row in read_rows(shared_data / "domain" / "gcj_eviltransform_official_tests.csv"):
        lon, lat = wgs84_from_gcj02(float(row["gcj_lng"]), float(row["gcj_lat"]))
        error_deg = max(abs(float(lon) - float(row["wgs_lng"])), abs(float(lat) - float(row["wgs_lat"])))
        assert error_deg * METRES_PER_DEGREE < 1e-3


def test_bd09_matches_the_computed_points(shared_data: Path) -> None:
    """GCJ-02 and BD-09 of the eight Chengdu points agree to the printed 8 digits."""
    for row in read_rows(shared_data / "domain" / "chengdu_crs_vectors.csv"):
        gcj = gcj02_from_wgs84(float(row["lon_cgcs2000"]), float(row["lat_cgcs2000"]))
        assert np.allclose(gcj, (float(row["gcj02_lon"]), float(row["gcj02_lat"])), atol=6e-9, rtol=0)
        expected = (float(row["bd09_lon"]), float(row["bd09_lat"]))
        assert np.allclose(bd09_from_gcj02(*gcj), expected, atol=6e-9, rtol=0)


@given(st.floats(73.5, 135.0), st.floats(4.0, 53.5))
def test_shifted_systems_round_trip_below_a_millimetre(lon: float, lat: float) -> None:
    """WGS 84 → GCJ-02 → BD-09 and back is within 1 µm everywhere in the box."""
    gcj = gcj02_from_wgs84(lon, lat)
    assert np.allclose(wgs84_from_gcj02(*gcj), (lon, lat), atol=1e-11, rtol=0)
    assert np.allclose(gcj02_from_bd09(*bd09_from_gcj02(*gcj)), gcj, atol=1e-11, rtol=0)


def test_one_place_and_many_give_the_same() -> None:
    """The quick way for a single place is the way for arrays, also outside of the box."""
    lon, lat = np.array([104.06, 121.5, -91.99, 73.0]), np.array([30.66, 31.2, 46.8, 0.9])
    many = np.array(wgs84_from_gcj02(lon, lat)).T
    one = np.array([wgs84_from_gcj02(x, y) for x, y in zip(lon, lat, strict=True)])
    assert np.allclose(many, one, atol=1e-13, rtol=0)


def test_shifted_systems_keep_missing_values() -> None:
    """A missing position stays missing and does not spoil its neighbours."""
    lon, lat = gcj02_from_bd09(*bd09_from_gcj02([np.nan, 104.0], [30.0, 30.6]))
    assert np.isnan(lon[0])
    assert (lon[1], lat[1]) == pytest.approx((104.0, 30.6), abs=1e-11)


# --- without files beside the repository ---------------------------------------------------------------------------


def _krueger(lon: float, lat: float, central: float) -> tuple[float, float]:
    """Gauss-Krüger on GRS 80 by the series in n to third order (Krüger 1912), good to a millimetre here."""
    flattening = 1 / 298.257222101
    n = flattening / (2 - flattening)
    radius = 6378137.0 / (1 + n) * (1 + n**2 / 4 + n**4 / 64)
    alphas = (n / 2 - 2 * n**2 / 3 + 5 * n**3 / 16, 13 * n**2 / 48 - 3 * n**3 / 5, 61 * n**3 / 240)
    phi, lam = np.radians(lat), np.radians(lon - central)
    e = np.sqrt(flattening * (2 - flattening))
    t = np.sinh(np.arctanh(np.sin(phi)) - e * np.arctanh(e * np.sin(phi)))
    xi, eta = np.arctan2(t, np.cos(lam)), np.arctanh(np.sin(lam) / np.sqrt(1 + t**2))
    east = eta + sum(a * np.cos(2 * j * xi) * np.sinh(2 * j * eta) for j, a in enumerate(alphas, 1))
    north = xi + sum(a * np.sin(2 * j * xi) * np.cosh(2 * j * eta) for j, a in enumerate(alphas, 1))
    return 500000.0 + radius * east, radius * north


@pytest.mark.parametrize(("lon", "lat"), [(104.0657, 30.6574), (106.2, 26.1), (105.0, 45.0)])
def test_projection_by_the_series_of_krueger(lon: float, lat: float) -> None:
    """Easting and northing to a millimetre, easting first; and back."""
    crs = CRS.from_epsg(4544)
    x, y = to_grid(lon, lat, crs)
    assert (float(x), float(y)) == pytest.approx(_krueger(lon, lat, 105.0), abs=1e-3)
    back = to_lonlat(*_krueger(lon, lat, 105.0), crs)
    assert (float(back[0]), float(back[1])) == pytest.approx((lon, lat), abs=1e-8)


@pytest.mark.parametrize(
    ("lon", "lat", "epsg"),
    [
        (103.49, 30.0, 4543),
        (103.51, 30.0, 4544),
        (73.6, 39.4, 4534),  # the westernmost corner: CM 75
        (134.5, 48.3, 4554),  # the easternmost: CM 135
        (-180.0, 10.0, 32601),
        (180.0, 10.0, 32601),
        (-174.01, 10.0, 32601),
        (-174.0, 10.0, 32602),
        (5.99, 50.0, 32631),
        (6.0, 50.0, 32632),
        (10.0, -0.1, 32732),
        (10.0, 0.0, 32632),
    ],
)
def test_zones_at_their_edges(lon: float, lat: float, epsg: int) -> None:
    """Half way between central meridians, the ends of the country, the date line, the equator."""
    assert grid_crs(lon, lat).to_epsg() == epsg


def test_a_grid_takes_whole_positions_only() -> None:
    """Half a position counts for nothing: the median is that of the others."""
    assert grid_crs([104.0, 120.0, 120.0], [30.6, np.nan, np.nan]).to_epsg() == 4544
    assert grid_crs([104.0, np.nan, np.nan], [30.6, -40.0, -40.0]).to_epsg() == 4544


@pytest.mark.parametrize(
    ("lon", "lat", "mainland"),
    [
        (100.0, 25.0, True),
        (115.0, 40.0, True),
        (108.3, 22.8, True),  # Nanning, south of the heartland
        (108.0, 44.0, False),  # Mongolia, north of it
        (99.0, 21.0, False),  # Myanmar, west of it
        (121.5, 25.05, False),  # Taipei
        (114.17, 22.3, False),  # Hong Kong
        (121.47, 31.2, True),
        (75.99, 39.5, True),  # Kashgar keeps Urumqi or Beijing time
        (72.9, 39.5, False),
        (135.6, 48.0, False),
        (110.0, 17.4, False),
        (110.0, 54.1, False),
        (126.5, 45.75, True),
    ],
)
def test_what_is_mainland(lon: float, lat: float, mainland: bool) -> None:
    """By the map of time zones, inside and outside of the box that needs no map."""
    assert is_mainland_china(lon, lat) is mainland


def test_zones_of_time() -> None:
    """To a hundredth of a degree."""
    assert time_zone_at(104.07, 30.66) == "Asia/Shanghai"
    assert time_zone_at(2.35, 48.85) == "Europe/Paris"
    assert time_zone_at(-74.0, 40.7) == "America/New_York"


def test_convergence_changes_its_sign_at_the_central_meridian() -> None:
    """Negative to the west, positive to the east, zero on it; an array for an array."""
    angles = meridian_convergence_rad([104.0, 105.0, 106.0], [30.0, 30.0, 30.0], CRS.from_epsg(4544))
    expected = np.arctan(np.tan(np.radians([-1.0, 0.0, 1.0])) * np.sin(np.radians(30.0)))  # of a sphere
    np.testing.assert_allclose(angles, expected, atol=2e-6)


@pytest.mark.parametrize("text", ["EPSG:4544", 4544, "4544", "urn:ogc:def:crs:EPSG::4544"])
def test_spellings_of_a_coordinate_system(text: str | int) -> None:
    """All of them the one grid."""
    assert crs_from_text(text).to_epsg() == 4544


def test_messages_of_coordinate_systems() -> None:
    """What came and what to try."""
    with raises_told(SettingError, match=r"'EPSG:9999999' is not known: .*; try \"EPSG:4544\""):
        crs_from_text("EPSG:9999999")
    with raises_told(SettingError, match=r"Xian 1980.*no datum shift to WGS 84 is known here.*CGCS2000"):
        crs_from_text(2334)


#: Published with eviltransform (tests of github.com/googollee/eviltransform): WGS 84, then GCJ-02.
PUBLISHED = (121.5272106, 31.1774276, 121.531541859215, 31.17530398364597)


def test_gcj02_of_published_places() -> None:
    """Shanghai by eviltransform's own test, to its last digit."""
    lon, lat, gcj_lon, gcj_lat = PUBLISHED
    assert np.allclose(gcj02_from_wgs84(lon, lat), (gcj_lon, gcj_lat), atol=1e-11, rtol=0)
    assert np.allclose(wgs84_from_gcj02(gcj_lon, gcj_lat), (lon, lat), atol=1e-11, rtol=0)


def _eviltransform(lon: float, lat: float) -> tuple[float, float]:
    """The published code, line by line."""
    pi, absx = np.pi, np.sqrt(abs(lon - 105.0))
    x, y = lon - 105.0, lat - 35.0
    d = 20.0 * np.sin(6.0 * x * pi) + 20.0 * np.sin(2.0 * x * pi)
    north = d + 20.0 * np.sin(y * pi) + 40.0 * np.sin(y * pi / 3.0)
    north = (north + 160.0 * np.sin(y * pi / 12.0) + 320.0 * np.sin(y * pi / 30.0)) * 2.0 / 3.0
    north += -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * absx
    east = d + 20.0 * np.sin(x * pi) + 40.0 * np.sin(x * pi / 3.0)
    east = (east + 150.0 * np.sin(x * pi / 12.0) + 300.0 * np.sin(x * pi / 30.0)) * 2.0 / 3.0
    east += 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * absx
    ee, earth = 0.00669342162296594323, 6378245.0
    magic = 1 - ee * np.sin(np.radians(lat)) ** 2
    north = north * 180.0 / ((earth * (1 - ee)) / (magic * np.sqrt(magic)) * pi)
    east = east * 180.0 / (earth / np.sqrt(magic) * np.cos(np.radians(lat)) * pi)
    return lon + east, lat + north


@given(st.floats(72.1, 137.8), st.floats(0.9, 55.8))
def test_gcj02_is_the_published_code(lon: float, lat: float) -> None:
    """Everywhere in its box, for one place and for many."""
    expected = _eviltransform(lon, lat)
    assert np.allclose(gcj02_from_wgs84(lon, lat), expected, atol=1e-11, rtol=0)
    assert np.allclose(np.ravel(gcj02_from_wgs84([lon], [lat])), expected, atol=1e-11, rtol=0)


@pytest.mark.parametrize(
    ("lon", "lat", "inside"),
    [
        (72.004, 30.0, True),
        (72.0039, 30.0, False),
        (137.8347, 30.0, True),
        (137.8348, 30.0, False),
        (104.0, 0.8293, True),
        (104.0, 0.8292, False),
        (104.0, 55.8271, True),
        (104.0, 55.8272, False),
    ],
)
def test_gcj02_ends_at_its_box(lon: float, lat: float, inside: bool) -> None:
    """All four sides belong to it; outside nothing moves, one by one and many at once, there and back."""
    for places in ((lon, lat), ([lon, 104.0], [lat, 30.0])):
        moved = np.ravel(np.array(gcj02_from_wgs84(*places)))[[0, -1 if np.ndim(places[0]) == 0 else 2]]
        assert (abs(moved - [lon, lat]).max() > 1e-5) == inside
    one = np.array(wgs84_from_gcj02(lon, lat))
    many = np.array(wgs84_from_gcj02([lon, lon], [lat, lat]))[:, 0]
    if not inside:
        assert one.tolist() == [lon, lat]
    assert np.allclose(one, many, atol=1e-6, rtol=0) or inside


def test_bd09_by_the_published_formula() -> None:
    """z = √(x² + y²) + 2e-5 sin(y·3000π/180), θ = atan2(y, x) + 3e-6 cos(x·3000π/180), then 0.0065 and 0.006."""
    x, y = 104.0657, 30.6574
    turn = 3000.0 * np.pi / 180.0
    z, angle = np.hypot(x, y) + 2e-5 * np.sin(y * turn), np.arctan2(y, x) + 3e-6 * np.cos(x * turn)
    expected = (z * np.cos(angle) + 0.0065, z * np.sin(angle) + 0.006)
    assert np.allclose(bd09_from_gcj02(x, y), expected, atol=1e-12, rtol=0)
    assert np.allclose(gcj02_from_bd09(*expected), (x, y), atol=1e-12, rtol=0)
    many = gcj02_from_bd09(*bd09_from_gcj02([x, 121.5], [y, 31.2]))
    assert np.allclose(many, ([x, 121.5], [y, 31.2]), atol=1e-12, rtol=0)


def test_one_longitude_goes_with_many_latitudes() -> None:
    """As arrays of numpy do."""
    lon, lat = gcj02_from_wgs84(104.0, [30.0, 31.0])
    assert lon.shape == lat.shape == (2,)
    assert float(lon[1]) == pytest.approx(_eviltransform(104.0, 31.0)[0], abs=1e-11)
