"""Distances and times between places, worked out by hand on straight lines and small street networks."""

from __future__ import annotations

import math

import numpy as np
import pytest
from pyproj import CRS

from ingest.coordinates import to_grid, to_lonlat
from ingest.roads.read import Road, Roads
from onevisit.settings import RouteSettings
from onevisit.visits.travel import straight_travel, street_travel

GRID = CRS.from_epsg(4544)
X0, Y0 = (float(v) for v in to_grid(104.0, 30.0, GRID))
SETTINGS = RouteSettings(speed_km_h=36.0, speed_share=0.5)


def at(*metres: tuple[float, float]) -> np.ndarray:
    """Degrees of places so many metres east and north of 104, 30 on the grid of Chengdu."""
    return np.column_stack(to_lonlat([X0 + x for x, _ in metres], [Y0 + y for _, y in metres], GRID))


def street(*metres: tuple[float, float], oneway: int = 0, speed_km_h: float | None = None) -> Road:
    """A street through these places."""
    return Road(at(*metres), oneway, speed_km_h)


def test_straight_lines_are_lengthened_and_driven_at_one_speed() -> None:
    """A hundredth of a degree on the equator is 1113.19 m; at a detour of 1.5 and 10 m/s 1669.8 m and 167 s."""
    means = RouteSettings(detour_factor=1.5, speed_km_h=36.0)
    travel = straight_travel(np.array([[10.0, 0.0], [10.01, 0.0], [10.03, 0.0]]), means)
    unit = 1.5 * 6378137.0 * math.pi / 18000
    steps = np.array([[0.0, 1.0, 3.0], [1.0, 0.0, 2.0], [3.0, 2.0, 0.0]])
    assert travel.distance_m == pytest.approx(unit * steps, rel=1e-6)
    assert travel.duration_s == pytest.approx(unit * steps / 10.0, rel=1e-6)
    leg = travel.leg(2, 0)
    assert (leg.distance_m, leg.duration_s) == pytest.approx((3 * unit, 0.3 * unit), rel=1e-6)
    assert leg.line == ((10.03, 0.0), (10.0, 0.0))
    assert not travel.on_roads


def test_the_way_goes_to_the_street_along_it_and_from_it() -> None:
    """100 m to a street, 784 m along it at 5 m/s (half of 36 km/h), 60 m from it, at 10 m/s off the street."""
    places = at((98.0, 100.0), (882.0, -60.0))
    travel, reached = street_travel(places, Roads((street((0.0, 0.0), (980.0, 0.0), speed_km_h=36.0),)), SETTINGS)
    assert reached.all() and travel.on_roads
    assert travel.access_m == pytest.approx([100.0, 60.0], abs=0.02)
    assert travel.duration_s == pytest.approx(np.array([[0.0, 172.8], [172.8, 0.0]]), abs=0.02)
    leg = travel.leg(0, 1)
    assert leg.distance_m == pytest.approx(944.0, abs=0.05) and leg.duration_s == travel.duration_s[0, 1]
    x, y = to_grid(*np.array(leg.line).T, GRID)
    assert x - X0 == pytest.approx([98.0, *np.arange(98.0, 883.0, 49.0), 882.0], abs=0.02)
    assert y - Y0 == pytest.approx([100.0, *[0.0] * 17, -60.0], abs=0.02)


@pytest.mark.parametrize(("limit", "speed_m_s"), [(None, 10.0), (72.0, 10.0), (90.0, 12.5)])
def test_a_limit_is_driven_at_its_share_and_a_street_without_at_the_mean(
    limit: float | None, speed_m_s: float
) -> None:
    """Half of 72 km/h are 10 m/s, half of 90 are 12.5; no limit is 36 km/h, whatever the share."""
    places = at((0.0, 0.0), (1000.0, 0.0))
    travel, _ = street_travel(places, Roads((street((0.0, 0.0), (1000.0, 0.0), speed_km_h=limit),)), SETTINGS)
    assert travel.duration_s[0, 1] == pytest.approx(1000.0 / speed_m_s, rel=1e-4)


@pytest.mark.parametrize(("oneway", "there", "back"), [(0, 100.0, 100.0), (1, 100.0, 300.0), (-1, 300.0, 100.0)])
def test_a_ring_is_driven_in_its_direction(oneway: int, there: float, back: float) -> None:
    """Along the line for 1, against it for −1: one side of a square of 1 km, or three."""
    corners = [(0.0, 0.0), (1000.0, 0.0), (1000.0, 1000.0), (0.0, 1000.0), (0.0, 0.0)]
    travel, _ = street_travel(at(*corners[:2]), Roads((street(*corners, oneway=oneway),)), SETTINGS)
    assert travel.duration_s == pytest.approx(np.array([[0.0, there], [back, 0.0]]), abs=0.05)
    assert travel.leg(1, 0).distance_m == pytest.approx(10.0 * back, abs=0.5)


def test_the_quicker_of_two_streets_between_the_same_corners_is_taken() -> None:
    """The same line twice, with a limit of 72 and of 36 km/h: times are not added, and the order does not matter."""
    slow, fast = (street((0.0, 0.0), (1000.0, 0.0), speed_km_h=v) for v in (36.0, 72.0))
    for lines in ((slow, fast), (fast, slow)):
        travel, _ = street_travel(at((0.0, 0.0), (1000.0, 0.0)), Roads(lines), SETTINGS)
        assert travel.duration_s[0, 1] == pytest.approx(100.0, abs=0.02)
        assert travel.leg(0, 1).distance_m == pytest.approx(1000.0, abs=0.1)


def test_the_quickest_way_may_be_the_longer_one() -> None:
    """1 km at 5 m/s against 2 km round three sides at 20 m/s."""
    slow = street((0.0, 0.0), (1000.0, 0.0), speed_km_h=36.0)
    fast = street((0.0, 0.0), (0.0, 500.0), (1000.0, 500.0), (1000.0, 0.0), speed_km_h=144.0)
    travel, _ = street_travel(at((0.0, 0.0), (1000.0, 0.0)), Roads((slow, fast)), SETTINGS)
    assert travel.duration_s[0, 1] == pytest.approx(100.0, abs=0.05)
    assert travel.leg(0, 1).distance_m == pytest.approx(2000.0, abs=0.2)


def test_streets_meet_where_they_share_a_vertex_to_a_centimetre() -> None:
    """A millimetre between two files is rounding, a decimetre is a gap: then only one of the two is reached."""
    for gap_m, joined in ((0.001, True), (0.1, False)):
        lines = (street((0.0, 0.003), (1000.0, 0.003)), street((1000.0, 0.003 - gap_m), (1000.0, -2000.0)))
        places = at((0.0, 0.0), (1000.0, -2000.0), (1000.0, -1900.0))
        _, reached = street_travel(places, Roads(lines), SETTINGS)
        assert reached.tolist() == [joined, True, True]


def test_a_vertex_stands_at_least_every_fifty_metres() -> None:
    """A street of 1000 m has 21; the turn of a street is one more."""
    travel, _ = street_travel(at((0.0, 0.0)), Roads((street((0.0, 0.0), (990.0, 0.0), (990.0, 10.0)),)), SETTINGS)
    assert len(travel.nodes_lonlat) == 22
    gaps = np.diff(np.sort(to_grid(*travel.nodes_lonlat.T, GRID)[0]))
    assert gaps.max() == pytest.approx(49.5, abs=0.01)


def test_a_dead_end_that_cannot_be_left_is_not_part_of_the_network() -> None:
    """At the end of a one-way street of 300 m the place snaps to the corner that can be reached and left again."""
    two_way = street((0.0, 0.0), (1000.0, 0.0))
    dead_end = street((1000.0, 0.0), (1000.0, 300.0), oneway=1)
    travel, reached = street_travel(at((0.0, 0.0), (1000.0, 300.0)), Roads((two_way, dead_end)), SETTINGS)
    assert reached.all()
    assert travel.access_m[1] == pytest.approx(300.0, abs=0.05)
    assert travel.duration_s[0, 1] == pytest.approx(130.0, abs=0.05)


def test_a_place_at_the_farthest_allowed_distance_is_reached() -> None:
    """The limit itself belongs to what is near; a millimetre less does not reach."""
    roads = Roads((street((0.0, 0.0), (1000.0, 0.0)),))
    places = at((0.0, 0.0), (500.0, 200.0))
    travel, _ = street_travel(places, roads, SETTINGS)
    exact = float(travel.access_m[1])
    for snap_m, expected in ((exact, True), (exact - 1e-3, False)):
        _, reached = street_travel(places, roads, RouteSettings(snap_m=snap_m))
        assert reached.tolist() == [True, expected]


def test_the_part_near_most_places_is_taken_and_of_equal_ones_the_largest() -> None:
    """Two of three places decide for the short street; a place between both for the long one."""
    short, long = street((0.0, 0.0), (200.0, 0.0)), street((0.0, 900.0), (1000.0, 900.0))
    for lines in ((short, long), (long, short)):
        _, reached = street_travel(at((0.0, 0.0), (100.0, 0.0), (500.0, 900.0)), Roads(lines), SETTINGS)
        assert reached.tolist() == [True, True, False]
        travel, _ = street_travel(at((100.0, 430.0)), Roads(lines), SETTINGS)
        assert travel.access_m[0] == pytest.approx(470.0, abs=0.05)


def test_two_places_at_one_corner_have_only_the_bits_to_it_between_them() -> None:
    """30 m to the corner and 40 m from it, though the places are 50 m apart; to itself it takes no time."""
    travel, _ = street_travel(at((0.0, 30.0), (-40.0, 0.0)), Roads((street((0.0, 0.0), (100.0, 0.0)),)), SETTINGS)
    leg = travel.leg(0, 1)
    assert (leg.distance_m, leg.duration_s) == pytest.approx((70.0, 7.0), abs=0.01)
    assert len(leg.line) == 3
    assert np.diagonal(travel.duration_s).tolist() == [0.0, 0.0]


def test_a_vertex_that_comes_twice_is_no_way() -> None:
    """A line that stands still for a moment is driven like one that does not."""
    travel, _ = street_travel(
        at((0.0, 0.0), (100.0, 0.0)), Roads((street((0.0, 0.0), (50.0, 0.0), (50.0, 0.0), (100.0, 0.0)),)), SETTINGS
    )
    assert travel.duration_s[0, 1] == pytest.approx(10.0, abs=0.01)


def test_a_street_of_one_place_leads_nowhere() -> None:
    """Two vertices at one place beside a street: the way is as without it."""
    places = at((0.0, 0.0), (500.0, 0.0))
    one = street((0.0, 0.0), (500.0, 0.0))
    alone, both = (
        street_travel(places, Roads(lines), SETTINGS)[0] for lines in ((one,), (street((9, 9), (9, 9)), one))
    )
    assert both.duration_s == pytest.approx(alone.duration_s)
