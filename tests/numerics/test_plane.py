"""The local plane: published lengths of a degree, both sides of the antimeridian, and what counts as neighbours."""

from __future__ import annotations

import numpy as np
import pytest

from numerics.plane import Plane, longest_step, plane_of, seconds_since_start


@pytest.mark.parametrize(
    ("lat", "east_m", "north_m"),
    [(0, 111_319.5, 110_574.3), (30, 96_486.3, 110_852.4), (45, 78_846.8, 111_131.7), (-60, 55_800.0, 111_412.3)],
)
def test_a_degree_has_its_published_length(lat: float, east_m: float, north_m: float) -> None:
    """Lengths of one degree of longitude and latitude on WGS 84, as tables of geodesy print them."""
    assert Plane(7.0, lat).metres_per_degree == (pytest.approx(east_m, abs=0.1), pytest.approx(north_m, abs=0.1))


def test_metres_are_degrees_times_their_length() -> None:
    """East is positive, north is positive, and the arrays given in are not changed."""
    lon, lat = np.array([104.0, 104.002, 103.999]), np.array([30.0, 30.0, 29.99])
    x, y = Plane(104.0, 30.0).forward(lon, lat)
    np.testing.assert_allclose(x, [0, 192.9726, -96.4863], atol=1e-3)
    np.testing.assert_allclose(y, [0, 0, -1108.524], atol=1e-2)
    assert (lon.tolist(), lat.tolist()) == ([104.0, 104.002, 103.999], [30.0, 30.0, 29.99])


@pytest.mark.parametrize(("origin", "lon", "degrees"), [(179.9, -179.9, 0.2), (-179.9, 179.9, -0.2)])
def test_the_antimeridian_is_crossed_the_short_way(origin: float, lon: float, degrees: float) -> None:
    """A place 0.2° beyond 180° is 0.2° away, not 359.8°, and comes back with its own longitude."""
    plane = Plane(origin, 0.0)
    x, y = plane.forward(np.array([lon]), np.array([0.5]))
    assert x[0] == pytest.approx(degrees * 111_319.49, abs=0.1)
    back = plane.inverse(x, y)
    assert (back[0][0], back[1][0]) == (pytest.approx(lon), pytest.approx(0.5))


def test_degrees_to_metres_and_back() -> None:
    """Forward and inverse cancel, for all four quadrants; longitudes come back within [−180, 180)."""
    plane = Plane(-70.5, -33.25)
    lon, lat = plane.lon + np.array([0.3, -0.3, 0.1, -0.2]), plane.lat + np.array([0.2, 0.1, -0.3, -0.1])
    np.testing.assert_allclose(plane.inverse(*plane.forward(lon, lat)), [lon, lat], atol=1e-12)
    assert Plane(180.0, 0.0).inverse(np.zeros(1), np.zeros(1))[0][0] == -180.0


def test_the_plane_is_that_of_the_first_full_position() -> None:
    """A row needs both coordinates; latitudes end at 89° and without any position the plane is at (0, 0)."""
    lon, lat = np.array([np.nan, 5.0, 6.0, 7.0]), np.array([1.0, np.nan, 40.0, 41.0])
    assert plane_of(lon, lat) == Plane(6.0, 40.0)
    assert plane_of(np.array([3.0]), np.array([89.9])) == Plane(3.0, 89.0)
    assert plane_of(np.array([3.0]), np.array([-90.0])) == Plane(3.0, -89.0)
    assert plane_of(lon[:2], lat[:2]) == plane_of(np.empty(0), np.empty(0)) == Plane(0.0, 0.0)


def test_seconds_count_from_the_first_row() -> None:
    """Nanoseconds become seconds after the first; no row gives no seconds."""
    time = np.datetime64("2024-05-01T02:00:00", "ns") + np.array([0, 1_500_000_000, 86_400_000_000_000])
    assert seconds_since_start(time).tolist() == [0.0, 1.5, 86_400.0]
    assert seconds_since_start(time[:0]).shape == (0,)


@pytest.mark.parametrize(
    ("t", "expected"),
    [([0, 2, 4, 6, 600], 5.0), ([0, 1, 2, 3], 3.0), ([0, 1.3, 2.6], 3.25), ([7], 3.0), ([], 3.0)],
)
def test_neighbours_are_two_and_a_half_usual_intervals_apart(t: list[float], expected: float) -> None:
    """2.5 times the median interval, at least the given 3 s, also for one row and none; one long gap says nothing."""
    assert longest_step(np.array(t, float), 3.0) == pytest.approx(expected)


def test_the_usual_interval_is_that_of_the_first_hours() -> None:
    """Of a long trace the first ten thousand rows tell the interval."""
    t = np.concatenate([np.arange(10_000.0), 10_000 + 60 * np.arange(30_000.0)])
    assert longest_step(t, 2.0) == 2.5
    assert longest_step(t[:1], 0.5) == 0.5
