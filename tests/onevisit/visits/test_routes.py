"""Visits in driving order."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from math import ceil, pi
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.errors import ContractError, SettingError
from ingest.roads.read import Road, Roads
from onevisit.settings import RouteSettings
from onevisit.visits.routes import plan_routes
from onevisit.visits.travel import straight_travel
from onevisit.words.telling import ToldDecision, ToldReject, tell

DAY = date(2026, 3, 2)
DEPOT = (104.0, 30.0)


def test_one_route_has_the_shortest_order(make_visit):
    """Six visits of one team: no order of the 720 is shorter than the one that was found."""
    rng = np.random.default_rng(5)
    places = np.array(DEPOT) + rng.uniform(-0.1, 0.1, (6, 2))
    visits = [make_visit(f"S{k}", *place) for k, place in enumerate(places)]
    means = RouteSettings(teams=1, depot=DEPOT, shift_h=24.0)
    (route,) = plan_routes(visits, means, day=DAY).value
    seconds = np.ceil(straight_travel(np.vstack([DEPOT, places]), means).duration_s)

    def length(order):
        stops = [0, *(k + 1 for k in order), 0]
        return sum(seconds[a, b] for a, b in itertools.pairwise(stops))

    found = [int(stop.visit.site_id[1:]) for stop in route.stops]
    assert length(found) == min(length(order) for order in itertools.permutations(range(6)))


@settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    places=st.lists(st.tuples(st.floats(-0.3, 0.3), st.floats(-0.3, 0.3)), min_size=1, max_size=12),
    teams=st.integers(1, 3),
    has_depot=st.booleans(),
)
def test_each_site_at_most_once_within_the_shift(make_visit, places, teams, has_depot):
    """Planned and left over are all visits, none twice; every route is back before the shift ends."""
    visits = [make_visit(f"S{k}", 104.0 + x, 30.0 + y) for k, (x, y) in enumerate(places)]
    means = RouteSettings(teams=teams, shift_h=5.0, iterations=150, depot=DEPOT if has_depot else ())
    outcome = plan_routes(visits, means, day=DAY)
    planned = [stop.visit.site_id for route in outcome.value for stop in route.stops]
    left = [reject.item.removeprefix("site ") for reject in outcome.rejects]
    assert sorted(planned + left) == sorted(v.site_id for v in visits)
    assert len(outcome.value) <= teams
    for route in outcome.value:
        start = route.stops[0].arrive.replace(hour=9, minute=0, second=0)
        end = route.stops[-1].leave
        hours = (end - start).total_seconds() / 3600 + (route.back.duration_s / 3600 if route.back else 0)
        assert hours <= 5.0 + 1e-3
        for first, second in itertools.pairwise(route.stops):
            assert second.arrive >= first.leave


def test_same_visits_give_the_same_routes(make_visit):
    """Seed and count of iterations are fixed: two runs agree to the last second."""
    rng = np.random.default_rng(3)
    visits = [make_visit(f"S{k}", *(np.array(DEPOT) + rng.uniform(-0.1, 0.1, 2))) for k in range(15)]
    first, second = (plan_routes(visits, RouteSettings(iterations=300), day=DAY).value for _ in range(2))
    assert first == second


def test_priority_outweighs_the_longest_detour(make_visit):
    """One slot: the far visit of priority 3 is planned, the near one of priority 2 waits in the rejects."""
    visits = [
        make_visit("near", 104.001, 30.0, priority=2, service_s=5000),
        make_visit("far", 104.3, 30.2, priority=3, service_s=5000),
    ]
    means = RouteSettings(teams=1, shift_h=5.0, depot=DEPOT, speed_km_h=30.0)
    outcome = plan_routes(visits, means, day=DAY)
    assert [stop.visit.site_id for route in outcome.value for stop in route.stops] == ["far"]
    assert outcome.rejects[0].item == "site near"


def test_visit_longer_than_the_shift_is_said(make_visit):
    """A site a thousand kilometres away is on no route, and the reason gives the hours."""
    outcome = plan_routes([make_visit("S1", 114.0, 30.0)], RouteSettings(depot=DEPOT), day=DAY)
    assert outcome.value == ()
    assert "longer than the shift of 7 h" in tell(outcome.rejects[0]).reason


def test_without_depot_the_first_stop_starts_the_shift(make_visit):
    """The way to the first stop is not invented, and a decision says that it is not counted."""
    outcome = plan_routes([make_visit()], RouteSettings(time_zone="Asia/Shanghai"), day=DAY)
    (route,) = outcome.value
    assert route.stops[0].arrive.isoformat() == "2026-03-02T09:00:00+08:00"
    assert route.back is None and route.distance_m == 0.0
    assert "not counted" in tell(outcome.decisions[0]).decision


def test_no_visits_give_no_routes():
    """Nothing to do is not an error."""
    assert plan_routes([], RouteSettings(), day=DAY).value == ()


def test_site_twice_is_refused(make_visit):
    """Matters of one site are merged before, never driven to twice."""
    with pytest.raises(ContractError, match="merge"):
        plan_routes([make_visit(), make_visit()], RouteSettings(), day=DAY)


@pytest.mark.parametrize("changes", [{"shift_start": "nine"}, {"time_zone": "Asia/Nowhere"}])
def test_impossible_times_are_refused(make_visit, changes):
    """The message names the setting."""
    with pytest.raises(SettingError, match=next(iter(changes))):
        plan_routes([make_visit()], RouteSettings(**changes), day=DAY)


def test_impossible_means_are_refused():
    """No team, no route."""
    with pytest.raises(SettingError, match="teams"):
        RouteSettings(teams=0)


def grid_of_streets(oneway: int = 0) -> Roads:
    """A ring of four streets of about 1 km around (104, 30), and a stray street 20 km north."""
    a, b, c, d = (104.0, 30.0), (104.01, 30.0), (104.01, 30.01), (104.0, 30.01)
    ring = [np.array([p, q]) for p, q in ((a, b), (b, c), (c, d), (d, a))]
    stray = np.array([(104.0, 30.2), (104.01, 30.2)])
    return Roads((*(Road(line, oneway) for line in ring), Road(stray)))


def test_streets_are_followed(make_visit):
    """Across a ring the way is two sides long, and the line goes round the corner."""
    visits = [make_visit("S1", 104.0, 30.0), make_visit("S2", 104.01, 30.01)]
    (route,) = plan_routes(visits, RouteSettings(teams=1), day=DAY, roads=grid_of_streets()).value
    leg = route.stops[1].leg
    assert route.on_roads
    assert leg.distance_m == pytest.approx(964.9 + 1108.6, rel=2e-3)
    assert leg.duration_s == pytest.approx(leg.distance_m / (30 / 3.6), rel=1e-6)
    corners = np.array([(104.01, 30.0), (104.0, 30.01)])
    assert np.abs(np.array(leg.line)[:, None] - corners).sum(axis=-1).min() < 1e-5


def test_oneway_streets_are_driven_one_way(make_visit):
    """On a one-way ring the next corner back is three sides away."""
    visits = [make_visit("S1", 104.01, 30.0), make_visit("S2", 104.0, 30.0, priority=5)]
    means = RouteSettings(teams=1, depot=(104.01, 30.0))
    (route,) = plan_routes(visits[1:], means, day=DAY, roads=grid_of_streets(1)).value
    assert route.stops[0].leg.distance_m == pytest.approx(2 * 1108.6 + 964.9, rel=2e-3)
    assert route.back.distance_m == pytest.approx(964.9, rel=2e-3)


def test_site_that_no_connected_street_reaches_is_rejected(make_visit):
    """The stray street is near the site, but no way leads to it."""
    visits = [make_visit("S1", 104.0, 30.0), make_visit("S2", 104.01, 30.0), make_visit("S3", 104.005, 30.2)]
    outcome = plan_routes(visits, RouteSettings(), day=DAY, roads=grid_of_streets())
    planned = {stop.visit.site_id for route in outcome.value for stop in route.stops}
    assert planned == {"S1", "S2"}
    assert outcome.rejects[0].item == "site S3" and "no street within 500 m" in tell(outcome.rejects[0]).reason


def test_maxspeed_is_not_the_mean_speed(make_visit):
    """A limit of 60 km/h is driven at 36 km/h on average (share 0.6)."""
    street = Roads((Road(np.array([(104.0, 30.0), (104.01, 30.0)]), 0, 60.0),))
    visits = [make_visit("S1", 104.0, 30.0), make_visit("S2", 104.01, 30.0)]
    (route,) = plan_routes(visits, RouteSettings(teams=1), day=DAY, roads=street).value
    leg = route.stops[1].leg
    assert leg.distance_m / leg.duration_s == pytest.approx(10.0, rel=1e-3)


# --- every field of a route, worked out on the equator --------------------------------------------------------------

Make = Callable[..., Any]
DEGREE_M = 6378137.0 * pi / 180
"""A degree of longitude on the equator of WGS 84."""
MEANS = RouteSettings(teams=1, depot=(10.0, 0.0), detour_factor=2.0, speed_km_h=36.0, time_zone="Europe/Berlin")


def test_every_field_of_a_route_by_hand(make_visit: Make) -> None:
    """Twice the straight line at 10 m/s, whole seconds on the way, stays of one and of two hours, and back."""
    visits = [make_visit("S1", 10.01, 0.0), make_visit("S2", 10.03, 0.0, service_s=7200)]
    outcome = plan_routes(visits, MEANS, day=DAY)
    (route,) = outcome.value
    assert (route.name, route.team, route.day, route.on_roads) == ("R1", "team 1", DAY, False)
    clock, lon = datetime(2026, 3, 2, 9, tzinfo=ZoneInfo("Europe/Berlin")), 10.0
    for stop in route.stops:
        metres = 2 * DEGREE_M * abs(stop.visit.lon - lon)
        assert stop.leg.distance_m == pytest.approx(metres, rel=1e-6)
        assert stop.leg.duration_s == pytest.approx(metres / 10.0, rel=1e-6)
        assert stop.leg.line == ((lon, 0.0), (stop.visit.lon, 0.0))
        assert stop.arrive == clock + timedelta(seconds=ceil(metres / 10.0))
        assert stop.leave == stop.arrive + timedelta(seconds=stop.visit.service_s)
        clock, lon = stop.leave, stop.visit.lon
    assert sorted(stop.visit.site_id for stop in route.stops) == ["S1", "S2"]
    assert all(stop.visit in visits for stop in route.stops)
    assert route.back is not None and route.back.line == ((lon, 0.0), (10.0, 0.0))
    assert route.distance_m == pytest.approx(2 * DEGREE_M * 0.06, rel=1e-6)
    assert route.driving_s == pytest.approx(route.distance_m / 10.0, rel=1e-9)
    assert outcome.rejects == ()
    assert tuple(map(tell, outcome.decisions)) == (
        ToldDecision("routes", "routes start and end at the depot", "depot 10.00000, 0.00000 of the profile"),
        ToldDecision(
            "routes",
            "distances are straight lines times 2, at 36 km/h",
            "no street network in roads/ (GeoJSON lines)",
        ),
    )


@pytest.mark.parametrize(
    ("zone", "clock", "utc"),
    [("", "09:00", (9, 0)), ("Asia/Shanghai", "08:30", (0, 30)), ("Europe/Berlin", "13:05", (12, 5))],
)
def test_the_shift_starts_at_its_local_time(make_visit: Make, zone: str, clock: str, utc: tuple[int, int]) -> None:
    """UTC where no zone is known; the offset of the day elsewhere."""
    (route,) = plan_routes([make_visit()], RouteSettings(time_zone=zone, shift_start=clock), day=DAY).value
    assert route.stops[0].arrive.astimezone(UTC) == datetime(2026, 3, 2, *utc, tzinfo=UTC)


def test_a_route_without_depot_runs_from_stop_to_stop(make_visit: Make) -> None:
    """The first leg has no length, and the second starts where the first stop is."""
    visits = [make_visit("S1", 10.01, 0.0), make_visit("S2", 10.03, 0.0)]
    means = RouteSettings(teams=1, detour_factor=2.0, speed_km_h=36.0)
    (route,) = plan_routes(visits, means, day=DAY).value
    first, second = route.stops
    assert first.leg.distance_m == 0.0 and first.arrive.time().isoformat() == "09:00:00"
    assert first.leg.line == ((first.visit.lon, 0.0),) * 2
    assert second.leg.line == ((first.visit.lon, 0.0), (second.visit.lon, 0.0))
    assert second.leg.distance_m == pytest.approx(2 * DEGREE_M * 0.02, rel=1e-6)
    assert second.arrive - first.leave == timedelta(seconds=ceil(2 * DEGREE_M * 0.02 / 10.0))
    assert route.distance_m == second.leg.distance_m


@pytest.mark.parametrize(("spare_s", "fits"), [(0, True), (-1, False)])
def test_a_shift_may_be_used_to_the_last_second(make_visit: Make, spare_s: int, fits: bool) -> None:
    """There, an hour, and back: 3600 + 2 · 223 s; of the lowest priority, and still worth the way."""
    visit = make_visit("S1", 10.01, 0.0, priority=1)
    shift_h = (3600 + 2 * ceil(2 * DEGREE_M * 0.01 / 10.0) + spare_s) / 3600
    means = RouteSettings(
        teams=1, depot=(10.0, 0.0), detour_factor=2.0, speed_km_h=36.0, shift_h=shift_h, iterations=50
    )
    outcome = plan_routes([visit], means, day=DAY)
    assert len(outcome.value) == fits and len(outcome.rejects) == (not fits)


def test_a_far_visit_of_the_lowest_priority_is_worth_its_way(make_visit: Make) -> None:
    """Two hours there and two back for a stay of a minute."""
    means = RouteSettings(teams=1, depot=(10.0, 0.0), detour_factor=1.0, speed_km_h=36.0, iterations=50)
    outcome = plan_routes([make_visit("S1", 10.6, 0.0, priority=1, service_s=60)], means, day=DAY)
    assert [stop.visit.site_id for stop in outcome.value[0].stops] == ["S1"]


@pytest.mark.parametrize(
    ("priorities", "kept"), [((3, 5, 4), ["S1", "S2"]), ((3, 3, 3), None), ((1, 2, 3), ["S2", "S1"])]
)
def test_each_team_has_a_route_and_the_most_urgent_is_the_first(
    make_visit: Make, priorities: tuple[int, ...], kept: list[str] | None
) -> None:
    """Three visits that each fill a shift, two teams: the least urgent is left; equal ones stay in their order."""
    visits = [make_visit(f"S{k}", 104.0, 30.0, priority=p, service_s=3600) for k, p in enumerate(priorities)]
    outcome = plan_routes(visits, RouteSettings(teams=2, shift_h=1.0, iterations=200), day=DAY)
    assert [(route.name, route.team) for route in outcome.value] == [("R1", "team 1"), ("R2", "team 2")]
    planned = [stop.visit.site_id for route in outcome.value for stop in route.stops]
    assert planned == (kept or sorted(planned))
    (left,) = outcome.rejects
    name = left.item.removeprefix("site ")
    assert name not in planned
    assert tell(left) == ToldReject(
        f"site {name}",
        "routes",
        f"Works {name} (1.0 h) does not fit into 2 teams' shifts of 1 h; plan it for another day, or set teams or "
        "shift_h under [teams] in mission.toml",
    )


def test_hours_of_a_visit_that_is_too_long_include_both_ways(make_visit: Make) -> None:
    """Half an hour there, an hour's stay, half an hour back: two hours where the shift has one and a half."""
    metres = 0.25 * DEGREE_M
    means = RouteSettings(
        teams=1, depot=(10.0, 0.0), detour_factor=1.0, speed_km_h=metres / 500.0, shift_h=1.5, iterations=20
    )
    visits = [make_visit("S0", 10.0, 0.0, service_s=60), make_visit("S1", 10.25, 0.0)]
    outcome = plan_routes(visits, means, day=DAY)
    assert tuple(map(tell, outcome.rejects)) == (
        ToldReject("site S1", "routes", "Works S1 alone takes 2.0 h, longer than the shift of 1.5 h"),
    )


# --- on streets ----------------------------------------------------------------------------------------------------


def test_a_oneway_ring_is_driven_in_its_direction(make_visit: Make) -> None:
    """From the south-west corner by south-east, north-east and north-west: one round, not three."""
    corners = {"S1": (104.0, 30.01), "S2": (104.01, 30.01), "S3": (104.01, 30.0)}
    visits = [make_visit(name, *place) for name, place in corners.items()]
    means = RouteSettings(teams=1, depot=(104.0, 30.0))
    (route,) = plan_routes(visits, means, day=DAY, roads=grid_of_streets(1)).value
    assert [stop.visit.site_id for stop in route.stops] == ["S3", "S2", "S1"]
    assert route.distance_m == pytest.approx(2 * (964.9 + 1108.5), rel=2e-3)
    (route,) = plan_routes(visits, means, day=DAY, roads=grid_of_streets(-1)).value
    assert [stop.visit.site_id for stop in route.stops] == ["S1", "S2", "S3"]


def test_a_site_off_the_streets_takes_no_other_with_it(make_visit: Make) -> None:
    """The two on the ring are driven to from the depot; the third is named with the distance that was sought."""
    visits = [make_visit("S3", 104.005, 30.2), make_visit("S1", 104.0, 30.0), make_visit("S2", 104.01, 30.0)]
    means = RouteSettings(teams=1, depot=(104.01, 30.01), snap_m=400.0, speed_km_h=20.0)
    outcome = plan_routes(visits, means, day=DAY, roads=grid_of_streets())
    (route,) = outcome.value
    assert sorted(stop.visit.site_id for stop in route.stops) == ["S1", "S2"]
    assert route.stops[0].leg.line[0] == (104.01, 30.01)
    assert route.distance_m == pytest.approx(2 * (964.9 + 1108.5), rel=2e-3)
    assert tuple(map(tell, outcome.rejects)) == (
        ToldReject(
            "site S3",
            "roads/",
            "Works S3 has no street within 400 m that is connected to the others, so it is on no route: give the "
            "position of its gate, or a larger street network",
        ),
    )
    assert tell(outcome.decisions[1]).decision == (
        "distances are shortest times on the street network, without turn restrictions"
    )
    assert tell(outcome.decisions[1]).evidence.endswith(" vertices; 20 km/h where a street has no maxspeed")


def test_no_site_near_a_street_is_no_route(make_visit: Make) -> None:
    """Both are rejected, and it is still told how distances are taken."""
    visits = [make_visit("S1", 104.5, 30.5), make_visit("S2", 104.6, 30.5)]
    outcome = plan_routes(visits, RouteSettings(), day=DAY, roads=grid_of_streets())
    assert outcome.value == () and [r.item for r in outcome.rejects] == ["site S1", "site S2"]
    assert len(outcome.decisions) == 2


def test_a_network_without_lines_is_none(make_visit: Make) -> None:
    """Straight lines then, and the decision says so."""
    outcome = plan_routes([make_visit()], RouteSettings(), day=DAY, roads=Roads(()))
    assert not outcome.value[0].on_roads and "straight lines" in tell(outcome.decisions[1]).decision


def test_shift_start_is_read_even_without_visits() -> None:
    """A setting that cannot be meant is refused before it matters."""
    with pytest.raises(SettingError, match=r"shift_start: '9 am'; expected \"09:00\""):
        plan_routes([], RouteSettings(shift_start="9 am"), day=DAY)
