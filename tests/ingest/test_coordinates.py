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
    to_grid,
    to_lonlat,
    wgs84_from_gcj02,
)
from ingest.errors import SettingError

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
    with pytest.raises(SettingError, match="towgs84"):
        crs_from_text(text)


def test_given_parameters_are_accepted() -> None:
    """A local grid with a stated datum shift is used (the generic CM 104 plane of Chengdu)."""
    crs = crs_from_text("+proj=tmerc +lon_0=104 +x_0=500000 +ellps=GRS80 +units=m +towgs84=0,0,0,0,0,0,0")
    x, y = to_grid(104.0657, 30.6574, crs)
    assert (float(x), float(y)) == pytest.approx((506296.951, 3392993.292), abs=2e-3)


def test_unknown_crs_is_refused() -> None:
    """A code that does not exist is named."""
    with pytest.raises(SettingError, match="9999999"):
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
