"""The parts of a plan: stretches, the choice among them, the order in which they are driven, patterns of flights."""

from __future__ import annotations

import math
from datetime import UTC, date

import numpy as np
import pytest

from fusion.attribution.information.passes import Explanations
from fusion.settings import FusionSettings
from ingest.roads.read import Roads
from onevisit.redrive.choose import PARTICLES, Asked, begin, choose_drive, gains_in_wind
from onevisit.redrive.flight import daylight, pattern_of
from onevisit.redrive.questions import Question, usual_air
from onevisit.redrive.streets import (
    LONGEST_M,
    StreetPart,
    bins_of,
    degrees,
    roads_about,
    streets_driven,
    stretches_near,
)
from onevisit.redrive.way import drive_in_order, travel_between
from onevisit.settings import RouteSettings
from tests.onevisit import two_streets
from tests.onevisit.redrive.scene import GRID, X0, Y0, hotspot, road
from tracks.settings import TrackSettings

HERE = np.array([[X0, Y0]])
MEANS = RouteSettings(speed_km_h=36.0, detour_factor=1.0)


# --- streets --------------------------------------------------------------------------------------------------------


def test_streets_are_cut_to_equal_stretches_and_far_ones_left_out() -> None:
    """700 m make three of 233.3 m; one 2 km away, a motorway and one of 20 m make none."""
    roads = Roads((
        road((0, 0), (300, 0), (700, 0), name="A"), road((0, 2000), (300, 2000)),
        road((0, 50), (300, 50), may_stop=False), road((0, 9), (0, 29)),
    ))  # fmt: skip
    found = stretches_near(roads, HERE, GRID)
    assert [one.name for one in found] == ["A"] * 3 and LONGEST_M == 340.0
    assert [one.length_m for one in found] == pytest.approx([700 / 3] * 3, abs=0.01)
    assert found[1].xy[1] - [X0, Y0] == pytest.approx([300.0, 0.0], abs=0.01)  # the bend stays where it was


def test_only_the_network_about_the_places_is_kept() -> None:
    """A long street that crosses the rectangle stays, one that ends 2.1 km away goes."""
    crossing, away = road((-9000, 500), (9000, 500), name="A"), road((0, 2100), (0, 9000), name="B")
    assert [line.name for line in roads_about(Roads((crossing, away)), HERE, GRID).lines] == ["A"]


def test_a_street_without_length_is_none() -> None:
    """Two vertices at one place."""
    assert stretches_near(Roads((road((5, 5), (5, 5)),)), HERE, GRID) == ()


def test_bins_stand_in_the_middles_of_thirty_metres() -> None:
    """A stretch of 90 m has three, one of 40 m one; what is not there is no place."""
    stretches = (
        StreetPart("", np.array([[0.0, 0.0], [90.0, 0.0]])),
        StreetPart("", np.array([[0.0, 0.0], [0.0, 40.0]])),
    )
    places = bins_of(stretches)
    np.testing.assert_allclose(places.x, [[15.0, 45.0, 75.0], [0.0, np.nan, np.nan]])
    np.testing.assert_allclose(places.y, [[0.0, 0.0, 0.0], [20.0, np.nan, np.nan]])


def test_streets_that_were_driven_are_those_of_the_tracks() -> None:
    """90 m east and 60 m north, driven twice, are drawn once; without tracks there are none."""
    lines = streets_driven([two_streets.drive()], TrackSettings()).lines
    total = sum(
        float(np.hypot(*np.diff(np.column_stack(two_streets.PLANE.forward(*line.vertices.T)), axis=0).T).sum())
        for line in lines
    )
    assert 120.0 < total < 151.0
    assert streets_driven([], TrackSettings()).lines == ()


# --- choice ---------------------------------------------------------------------------------------------------------


def _asked(*tells: float, prior: tuple[float, float] = (0.5, 0.5)) -> Asked:
    """Two explanations; a pass over stretch k is right with probability ``tells[k]``, in every of four winds."""
    odds = np.array([[[p, 1 - p], [1 - p, p]] for p in tells])
    return Asked(np.array(prior), np.arange(len(tells)), np.broadcast_to(odds, (4, *odds.shape)))


def _choose(*asked: Asked, lengths: tuple[float, ...], most_m: float = 5000.0):
    ends = np.zeros((len(lengths), 2, 2))
    return choose_drive(asked, begin(asked), np.array(lengths), ends, most_m=most_m)


def test_particles_begin_in_the_shares_of_the_posterior() -> None:
    """A quarter of the true explanations is the second one, and nothing is known beyond the prior."""
    (start,) = begin([_asked(0.9, prior=(0.75, 0.25))])
    assert (start.truth == 1).sum() == PARTICLES / 4
    assert start.entropy == pytest.approx(-(0.75 * math.log(0.75) + 0.25 * math.log(0.25)))


def test_the_stretch_that_tells_most_comes_first_and_one_that_tells_nothing_never() -> None:
    """A coin, a hint and a witness of 100 m each."""
    chosen = _choose(_asked(0.5, 0.7, 0.95), lengths=(100.0, 100.0, 100.0))
    assert chosen is not None and chosen.stretches[0] == 2 and 0 not in chosen.stretches
    assert 0.5 < chosen.gains[0] <= math.log(2)


def test_a_long_stretch_must_tell_more_for_its_metres() -> None:
    """A witness of 2 km comes after a hint of 100 m."""
    chosen = _choose(_asked(0.95, 0.8), lengths=(2000.0, 100.0))
    assert chosen is not None and chosen.stretches[0] == 1


def test_what_is_known_is_not_asked_again() -> None:
    """Ten witnesses that are sure say the same: one is enough."""
    chosen = _choose(_asked(*[0.999] * 10), lengths=(100.0,) * 10)
    assert chosen is not None and len(chosen.stretches) == 1
    assert chosen.gains[0] == pytest.approx(math.log(2), abs=0.05)


def test_the_way_between_stretches_counts_there_and_back() -> None:
    """Two hints of 100 m whose nearest ends are 300 m apart, at a detour of 1.5: 200 m, 900 m and 200 m."""
    asked = _asked(0.7, 0.7)
    ends = np.array([[[0.0, 0.0], [100.0, 0.0]], [[400.0, 0.0], [500.0, 0.0]]])
    chosen = choose_drive([asked], begin([asked]), np.array([100.0, 100.0]), ends, most_m=5000.0, detour=1.5)
    assert chosen is not None and chosen.metres == pytest.approx(1300.0)


def test_a_drive_keeps_to_its_length() -> None:
    """Each stretch takes 200 m there and back: of five two fit into 500 m, none into 150 m."""
    hints = _asked(*[0.7] * 5)
    chosen = _choose(hints, lengths=(100.0,) * 5, most_m=500.0)
    assert chosen is not None and len(chosen.stretches) == 2 and chosen.metres == 400.0
    assert _choose(hints, lengths=(100.0,) * 5, most_m=150.0) is None
    assert choose_drive([], [], np.empty(0), np.empty((0, 2, 2)), most_m=500.0) is None


def test_a_wind_in_which_passes_tell_is_chosen() -> None:
    """Witnesses speak in wind 2 and those beside it only."""
    sure, coin = np.array([[0.95, 0.05], [0.05, 0.95]]), np.full((2, 2), 0.5)
    odds = np.stack([coin, coin, coin, sure, sure, sure, coin, coin])[:, None]
    asked = Asked(np.array([0.5, 0.5]), np.arange(1), odds)
    chosen = _choose(asked, lengths=(100.0,))
    assert chosen is not None and chosen.wind == 4


def test_a_stretch_out_of_reach_changes_nothing() -> None:
    """A pass over the stretch of another hotspot."""
    near = Asked(np.array([0.5, 0.5]), np.array([1]), _asked(0.9).odds)
    (start,) = begin([near])
    assert gains_in_wind(0, (0,), [near], [start]) == (start,)
    (after,) = gains_in_wind(0, (1,), [near], [start])
    assert after.entropy < start.entropy


# --- the way --------------------------------------------------------------------------------------------------------


def _stretch(*metres: tuple[float, float], oneway: int = 0) -> StreetPart:
    return StreetPart("", np.array(metres) + HERE[0], oneway)


def test_stretches_in_a_row_are_driven_there_and_back_without_a_detour() -> None:
    """Two of 100 m: out over both and home again, 400 m at 25 km/h."""
    stretches = [_stretch((0, 0), (100, 0)), _stretch((100, 0), (200, 0))]
    way = drive_in_order(stretches, 2, travel_between(stretches, GRID, None, MEANS), GRID)
    assert way.order == (0, 1)
    assert way.metres == pytest.approx(400.0, abs=0.5)
    assert way.seconds == pytest.approx(400.0 / (25 / 3.6), abs=0.2)
    corners = np.array([[0, 0], [100, 0], [200, 0], [100, 0], [0, 0]]) + HERE[0]
    np.testing.assert_allclose(way.lonlat, degrees(corners, GRID), atol=1e-9)


def test_the_way_between_stretches_goes_along_the_streets() -> None:
    """Two parallel streets 100 m apart that a third one joins at their ends: over the joint, never across."""
    roads = Roads((road((0, 0), (300, 0)), road((300, 0), (300, 100)), road((300, 100), (0, 100))))
    stretches = [_stretch((0, 0), (300, 0)), _stretch((0, 100), (300, 100))]
    way = drive_in_order(stretches, 1, travel_between(stretches, GRID, roads, MEANS), GRID)
    assert way.on_roads and way.metres == pytest.approx(700.0, abs=1.0)


def test_a_one_way_street_is_driven_its_way_only() -> None:
    """Twice eastwards: back along the way round, 300 m and 500 m and 300 m."""
    roads = Roads((road((0, 0), (300, 0), oneway=1), road((300, 0), (300, 100), (0, 100), (0, 0))))
    stretches = [_stretch((0, 0), (300, 0), oneway=1)]
    way = drive_in_order(stretches, 2, travel_between(stretches, GRID, roads, MEANS), GRID)
    assert way.metres == pytest.approx(1100.0, abs=1.0)
    against = [_stretch((0, 0), (300, 0), oneway=-1)]
    start = drive_in_order(against, 1, travel_between(against, GRID, None, MEANS), GRID).lonlat[0]
    np.testing.assert_allclose(start, degrees(np.array([[X0 + 300, Y0]]), GRID)[0], atol=1e-9)


def test_streets_that_do_not_hang_together_are_joined_straight() -> None:
    """An island on no way: straight lines, and not said to be on roads."""
    roads = Roads((road((0, 0), (300, 0)),))
    stretches = [_stretch((0, 0), (300, 0)), _stretch((0, 5000), (300, 5000))]
    assert not drive_in_order(stretches, 1, travel_between(stretches, GRID, roads, MEANS), GRID).on_roads


# --- flights and the air --------------------------------------------------------------------------------------------


def _question(*places: tuple[float, float]) -> Question:
    count = len(places)
    shares = np.append(np.full(count, 0.9 / count), 0.1)
    xy, ones = np.array(places), np.ones(count)
    names = (*(f"s{k}" for k in range(count)), "background")
    e = Explanations(names, shares, np.arange(count), ones, xy[:, 0], xy[:, 1], ones, ones, ones, 1.0)
    return Question(hotspot(), e, ())


def test_transects_cross_the_wind_between_and_behind_what_is_in_question() -> None:
    """In a west wind two places 120 m apart along it: transects at 60, 120 and 180 m, 60 m beyond either side."""
    pattern = pattern_of(_question((0.0, 0.0), (120.0, 20.0)), 0.0)
    assert pattern.ends[:, 0, 0] == pytest.approx([60.0, 120.0, 180.0])
    assert pattern.ends[:, :, 1] == pytest.approx(np.array([[-60.0, 80.0]] * 3))
    assert pattern.waypoints[:, 1] == pytest.approx([-60.0, 80.0, 80.0, -60.0, -60.0, 80.0])
    assert pattern.length_m == pytest.approx(3 * 140.0 + 2 * 60.0)
    assert pattern.road.y[0] == pytest.approx([-46.0, -18.0, 10.0, 38.0, 66.0])


def test_no_more_than_six_transects() -> None:
    """Of places 600 m apart those behind the last are flown."""
    pattern = pattern_of(_question((0.0, 0.0), (600.0, 0.0)), 0.0)
    assert pattern.ends[:, 0, 0] == pytest.approx([360.0, 420.0, 480.0, 540.0, 600.0, 660.0])


def test_daylight_is_from_sunrise_to_sunset_and_none_in_a_polar_night() -> None:
    """Twelve hours at the equator in March, 24 at 80° N in June, none there in December."""
    assert daylight(date(2026, 12, 20), 0.0, 80.0, UTC) is None
    summer = daylight(date(2026, 6, 20), 0.0, 80.0, UTC)
    assert summer is not None and (summer.start.hour, summer.end.hour, summer.end.minute) == (0, 23, 50)


def test_the_air_of_another_day_is_that_of_the_mission_or_what_is_assumed() -> None:
    """Without any wind 2 m/s of no known direction; calm rows do not count; a storm is not waited for."""
    settings, still = FusionSettings(), two_streets.drive()
    air, measured = usual_air([still], settings)
    assert (air.wind_m_s, measured) == (2.0, False) and math.isinf(air.direction_sd_rad)
    rows = still.passes.sizes["obs"]
    u = np.where(np.arange(rows) < rows // 2, 0.2, 3.0)
    windy = still.passes.assign(u=("obs", u), v=("obs", np.zeros(rows)), wind_sd=("obs", np.full(rows, 1.2)))
    air, measured = usual_air([type(still)(windy, still.plumes)], settings)
    assert measured and air.wind_m_s == 3.0
    assert air.direction_sd_rad == pytest.approx(0.25 * 1.2 / 3.0)
    storm = windy.assign(u=("obs", np.full(rows, 15.0)))
    assert usual_air([type(still)(storm, still.plumes)], settings)[0].wind_m_s == 5.0
