"""Visits in driving order."""

from __future__ import annotations

import itertools
from datetime import date

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.errors import ContractError, SettingError
from ingest.roads import Road, Roads
from onevisit.routes import plan_routes
from onevisit.settings import RouteSettings
from onevisit.travel import straight_travel

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
    assert "longer than the shift of 7 h" in outcome.rejects[0].reason


def test_without_depot_the_first_stop_starts_the_shift(make_visit):
    """The way to the first stop is not invented, and a decision says that it is not counted."""
    outcome = plan_routes([make_visit()], RouteSettings(time_zone="Asia/Shanghai"), day=DAY)
    (route,) = outcome.value
    assert route.stops[0].arrive.isoformat() == "2026-03-02T09:00:00+08:00"
    assert route.back is None and route.distance_m == 0.0
    assert "not counted" in outcome.decisions[0].decision


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
    assert outcome.rejects[0].item == "site S3" and "no street within 500 m" in outcome.rejects[0].reason


def test_maxspeed_is_not_the_mean_speed(make_visit):
    """A limit of 60 km/h is driven at 36 km/h on average (share 0.6)."""
    street = Roads((Road(np.array([(104.0, 30.0), (104.01, 30.0)]), 0, 60.0),))
    visits = [make_visit("S1", 104.0, 30.0), make_visit("S2", 104.01, 30.0)]
    (route,) = plan_routes(visits, RouteSettings(teams=1), day=DAY, roads=street).value
    leg = route.stops[1].leg
    assert leg.distance_m / leg.duration_s == pytest.approx(10.0, rel=1e-3)
