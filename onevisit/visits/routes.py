"""Visits → one route per team and day, each site at most once, within a shift.

The team orienteering problem with prizes, solved by PyVRP (Wouda, Lan and Kool 2024, doi:10.1287/ijoc.2023.0055). A
count of iterations and a fixed seed end the search, so that the same visits give the same routes on any machine.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

import numpy as np
from numpy.typing import NDArray
from pyvrp import Model
from pyvrp.stop import MaxIterations

from ingest.coordinates import zone_of
from ingest.errors import ContractError, SettingError
from ingest.outcome import Decision, Notes, Outcome, Reject
from ingest.roads.read import Roads
from onevisit.schema import Route, Stop, Visit
from onevisit.settings import RouteSettings
from onevisit.visits.travel import StreetTravel, Travel, straight_travel, street_travel

Floats = NDArray[np.float64]


def plan_routes(
    visits: Sequence[Visit], settings: RouteSettings, *, day: date, roads: Roads | None = None
) -> Outcome[tuple[Route, ...]]:
    """Put visits into driving order for the teams of one day.

    Where the shift is too short for all, those of higher priority stay: one step of priority is worth more than the
    longest detour. Visits left over, and sites that no street reaches, are rejected by name.

    Parameters
    ----------
    visits : sequence of Visit
        Each site at most once.
    settings : RouteSettings
    day : date
        Day of the routes.
    roads : Roads, optional
        The street network; without one (or with an empty one) distances are straight lines times a detour factor.

    Returns
    -------
    Outcome of a tuple of `Route`
        At most one per team, only routes with stops, the one with most priority first.

    Raises
    ------
    ContractError
        If a site comes twice.
    SettingError
        If ``shift_start`` or ``time_zone`` cannot be read.
    """
    if len({visit.site_id for visit in visits}) != len(visits):
        raise ContractError("a site comes twice; merge its matters into one visit before planning routes")
    start = _shift_start(settings, day)
    if not visits:
        return Outcome(())
    travel, reached = _measure(_places(visits, settings), roads, settings)
    is_reached = reached[bool(settings.depot) :]
    notes = Notes([_depot_decision(settings), _travel_decision(travel, settings)])
    if not all(is_reached):
        notes.keep(*(_unreachable(v, settings) for v, good in zip(visits, is_reached, strict=True) if not good))
        visits = [v for v, good in zip(visits, is_reached, strict=True) if good]
        if not visits:
            return notes.outcome(())
        travel, _ = _measure(_places(visits, settings), roads, settings)
    orders = _solve(visits, travel.duration_s, settings)
    routes = tuple(
        _build_route(number, [visits[i] for i in order], order, travel, settings, start)
        for number, order in enumerate(orders, start=1)
    )
    planned = {i for order in orders for i in order}
    notes.keep(*(_left_over(v, i, travel, settings) for i, v in enumerate(visits) if i not in planned))
    return notes.outcome(routes)


def _measure(places: Floats, roads: Roads | None, settings: RouteSettings) -> tuple[Travel, NDArray[np.bool_]]:
    """Ways between all places, and which places they reach."""
    if roads is not None and roads.lines:
        return street_travel(places, roads, settings)
    return straight_travel(places, settings), np.ones(len(places), np.bool_)


def _places(visits: Sequence[Visit], settings: RouteSettings) -> Floats:
    """The depot, if any, then the gates; WGS 84 degrees, shape (n, 2)."""
    depot = [settings.depot] if settings.depot else []
    return np.array([*depot, *((v.lon, v.lat) for v in visits)], np.float64)


def _solve(visits: Sequence[Visit], duration_s: Floats, settings: RouteSettings) -> list[list[int]]:
    """Indices of visits per route in driving order, the route with most priority first."""
    model = Model()
    seconds = np.ceil(duration_s).astype(np.int64)
    shift_s = round(settings.shift_h * 3600)
    depot_place = model.add_location(0, 0)
    depot = model.add_depot(depot_place)
    # One step of priority outweighs the longest detour: there, back, and the stay.
    step = 2 * int(seconds.max()) + max(v.service_s for v in visits) + 1
    places = [model.add_location(0, 0) for _ in visits]
    for place, visit in zip(places, visits, strict=True):
        model.add_client(place, service_duration=visit.service_s, prize=step * visit.priority, required=False)
    model.add_vehicle_type(
        settings.teams,
        start_depot=depot,
        end_depot=depot,
        tw_late=shift_s,
        shift_duration=shift_s,
        unit_distance_cost=0,
        unit_duration_cost=1,
    )
    all_places = [depot_place, *places] if settings.depot else places
    for i, start in enumerate(all_places):
        for j, end in enumerate(all_places):
            if i != j:
                model.add_edge(start, end, distance=int(seconds[i, j]), duration=int(seconds[i, j]))
    if not settings.depot:
        for place in places:
            model.add_edge(depot_place, place, distance=0, duration=0)
            model.add_edge(place, depot_place, distance=0, duration=0)
    result = model.solve(MaxIterations(settings.iterations), seed=settings.seed, display=False, collect_stats=False)
    orders = [[item.idx for item in route.schedule() if item.is_client()] for route in result.best.routes()]
    return sorted((o for o in orders if o), key=lambda o: (-sum(visits[i].priority for i in o), min(o)))


def _build_route(
    number: int,
    visits: Sequence[Visit],
    order: Sequence[int],
    travel: Travel,
    settings: RouteSettings,
    start: datetime,
) -> Route:
    shift = 1 if settings.depot else 0
    stops: list[Stop] = []
    clock, place = start, 0 if settings.depot else order[0]
    for visit, index in zip(visits, order, strict=True):
        leg = travel.leg(place, index + shift)
        arrive = clock + timedelta(seconds=float(np.ceil(leg.duration_s)))
        clock = arrive + timedelta(seconds=visit.service_s)
        stops.append(Stop(visit, arrive, clock, leg))
        place = index + shift
    back = travel.leg(place, 0) if settings.depot else None
    return Route(f"R{number}", f"team {number}", start.date(), tuple(stops), travel.on_roads, back)


def _shift_start(settings: RouteSettings, day: date) -> datetime:
    try:
        clock = time.fromisoformat(settings.shift_start)
    except ValueError as error:
        raise SettingError(f'[teams] shift_start: {settings.shift_start!r}; expected "09:00"') from error
    return datetime.combine(day, clock, tzinfo=zone_of(settings.time_zone or "UTC"))


def _depot_decision(settings: RouteSettings) -> Decision:
    if settings.depot:
        lon, lat = settings.depot
        return Decision("routes", "routes_from_depot", {"lon": lon, "lat": lat})
    return Decision("routes", "routes_without_depot")


def _travel_decision(travel: Travel, settings: RouteSettings) -> Decision:
    speed_km_h = settings.speed_km_h
    if isinstance(travel, StreetTravel):
        vertices = len(travel.nodes_lonlat)
        return Decision("routes", "distances_on_streets", {"vertices": vertices, "speed_km_h": speed_km_h})
    factor = settings.detour_factor
    return Decision("routes", "distances_are_straight", {"factor": factor, "speed_km_h": speed_km_h})


def _unreachable(visit: Visit, settings: RouteSettings) -> Reject:
    return Reject(
        f"site {visit.site_id}",
        "roads/",
        "site_without_street",
        {"name": visit.name, "distance_m": settings.snap_m},
    )


def _left_over(visit: Visit, index: int, travel: Travel, settings: RouteSettings) -> Reject:
    alone_s = float(visit.service_s)
    if settings.depot:
        alone_s += float(travel.duration_s[0, index + 1] + travel.duration_s[index + 1, 0])
    return Reject(
        f"site {visit.site_id}",
        "routes",
        "visit_longer_than_shift" if alone_s > settings.shift_h * 3600 else "visit_left_over",
        {"name": visit.name, "hours": alone_s / 3600, "teams": settings.teams, "shift_h": settings.shift_h},
    )
