"""Where to measure again: drives that settle most for each kilometre, and flights where a drone settles more."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS

from fusion.attribution.information.passes import PassAir, RoadPlaces, outcome_odds
from fusion.cube.grid import grid_north_rad
from fusion.schema import Attribution, Hotspot
from fusion.settings import FusionSettings
from ingest.coordinates import zone_of
from ingest.outcome import Notes, Outcome
from ingest.registers.kinds import Zone
from ingest.roads.read import Roads
from ingest.schema import Site
from onevisit.redrive.choose import (
    LEAST_NATS_PER_KM,
    PASSES,
    Asked,
    Chosen,
    Particles,
    begin,
    choose_drive,
    gains_in_wind,
)
from onevisit.redrive.flight import Pattern, daylight, height_allowed, pattern_of
from onevisit.redrive.questions import Question, ask, open_questions, usual_air
from onevisit.redrive.schema import OUTSIDE, Again, Flight, Hours, Redrive, RedriveStreet, Settles
from onevisit.redrive.streets import StreetPart, bins_of, degrees, roads_about, streets_driven, stretches_near
from onevisit.redrive.way import MEASURING_KM_H, drive_in_order, travel_between
from onevisit.settings import RouteSettings, VisitSettings
from tracks.schema import Track
from tracks.settings import TrackSettings

Floats = NDArray[np.float64]

WINDS = 24
"""Directions that are tried, 15 degrees apart; a sector takes in the two beside its own."""
HALF_WIDTH_DEG = 22.5
MOST_M = 12_000.0
"""Choice: half an hour of measuring, in which the wind may be taken to stay."""
MOST_DRIVES = 3
MOST_FLIGHTS = 3
_NEARLY = 0.8  # of what a drive tells in its own wind: other winds that do so well are named
_FLIGHT_TELLS = 1.5  # times what the drives tell: below it no drone is asked for
_LEAST_TOLD = 0.1  # nats: what is told of a hotspot is listed from here on
_WINDS_M_S = (1.6, 5.0)
_SIDES = ("N", "NE", "E", "SE", "S", "SW", "W", "NW")
_TOWARDS: Floats = np.asarray(np.arange(WINDS) * (2 * np.pi / WINDS), np.float64)


@dataclass(frozen=True, eq=False)
class Ground:
    """One region: its grid, what was driven on it, what was found there, and who may explain it."""

    crs: CRS
    tracks: tuple[Track, ...]
    hotspots: tuple[Hotspot, ...]
    attributions: tuple[Attribution, ...]


@dataclass(frozen=True)
class Means:
    """What plans are made with; ``zone`` names that of the hours."""

    visits: VisitSettings
    routes: RouteSettings
    fusion: FusionSettings
    tracks: TrackSettings
    day: date

    @property
    def most_m(self) -> float:
        """Length of one drive: what a shift allows at measuring speed, and no more than `MOST_M`."""
        return min(MOST_M, self.routes.shift_h * MEASURING_KM_H * 1000)


def plan_again(
    grounds: Sequence[Ground],
    sites: Sequence[Site],
    roads: Roads | None,
    airspace: Sequence[Zone],
    means: Means,
    *,
    urgent: Collection[str] = (),
) -> Outcome[Again]:
    """Plan drives, and flights where they would tell more, for hotspots whose explanation is open.

    Streets are those of the network within reach, without motorways and tunnels, else those that were driven. Each
    drive has one wind; a later one is planned for what the earlier ones are expected to leave open.

    Parameters
    ----------
    grounds : sequence of Ground
    sites : sequence of Site
    roads : Roads, optional
    airspace : sequence of Zone
        Empty where no register of airspace came.
    means : Means
    urgent : collection of str
        Hotspots that the duty officer has to clear first: nobody is sent there.
    """
    notes = Notes()
    by_id = {site.site_id: site for site in sites}
    drives, flights = list[Redrive](), list[Flight]()
    for ground in grounds:
        questions = open_questions(
            ground.hotspots, ground.attributions, by_id, urgent, means.visits, means.fusion, ground.crs, notes
        )
        if not questions:
            continue
        air, is_measured = usual_air(ground.tracks, means.fusion)
        if not is_measured:
            notes.decide("redrives", "redrive_wind_assumed", {"wind_m_s": air.wind_m_s})
        stretches, network = _stretches(ground, questions, roads, means, notes)
        region = _Region(ground, questions, stretches, network, air, means)
        found, told = _plan_drives(region, len(drives), notes)
        drives += found
        flights += _plan_flights(region, told, airspace, len(flights), notes)
    if any(ground.hotspots for ground in grounds) and not drives and not flights:
        notes.decide("redrives", "redrive_nothing_to_settle", {"least": LEAST_NATS_PER_KM})
    return notes.outcome(Again(tuple(drives), tuple(flights)))


@dataclass(frozen=True, eq=False)
class _Region:
    """One ground with what is open on it; ``roads`` are those along which it is driven, None for straight ways."""

    ground: Ground
    questions: Sequence[Question]
    stretches: tuple[StreetPart, ...]
    roads: Roads | None
    air: PassAir
    means: Means

    @property
    def crs(self) -> CRS:
        return self.ground.crs

    def wind_from_deg(self, towards_rad: float, question: Question) -> float:
        """Clockwise from true north, of a wind along the grid; whole degrees."""
        north = grid_north_rad(question.hotspot.lon, question.hotspot.lat, self.crs.to_string())
        return float(round(np.degrees(1.5 * np.pi - towards_rad + north)) % 360)


def _stretches(
    ground: Ground, questions: Sequence[Question], roads: Roads | None, means: Means, notes: Notes
) -> tuple[tuple[StreetPart, ...], Roads | None]:
    places = np.concatenate([question.places[0] for question in questions])
    near = roads_about(roads, places, ground.crs) if roads is not None else Roads(())
    if found := stretches_near(near, places, ground.crs):
        return found, near
    found = stretches_near(streets_driven(ground.tracks, means.tracks), places, ground.crs)
    notes.decide("redrives", "redrive_streets_driven" if found else "redrive_no_streets", {"count": len(found)})
    return found, None


# --- drives -------------------------------------------------------------------------------------------------------


def _plan_drives(region: _Region, before: int, notes: Notes) -> tuple[list[Redrive], Floats]:
    """Drives of a region, and what they are expected to tell about each question, nats."""
    told = np.zeros(len(region.questions))
    if not region.stretches:
        return [], told
    asked = ask(region.questions, bins_of(region.stretches), _TOWARDS, region.air, region.means.fusion)
    lengths = np.array([one.length_m for one in region.stretches])
    ends = np.stack([one.xy[[0, -1]] for one in region.stretches])
    detour = region.means.routes.detour_factor
    known, drives = begin(asked), list[Redrive]()
    while len(drives) < MOST_DRIVES:
        chosen = choose_drive(asked, known, lengths, ends, most_m=region.means.most_m, detour=detour)
        if chosen is None or chosen.gains.max() < _LEAST_TOLD:
            break
        drives.append(_state(region, asked, known, chosen, f"D{before + len(drives) + 1}"))
        told += chosen.gains
        known = chosen.after
    left = tuple(
        q.hotspot.id for q, nats in zip(region.questions, told, strict=True) if nats < _LEAST_TOLD
    )  # fmt: skip
    if left:
        notes.decide("redrives", "redrive_not_worth", {"hotspots": left, "least": LEAST_NATS_PER_KM})
    return drives, told


def _state(region: _Region, asked: Sequence[Asked], known: Sequence[Particles], chosen: Chosen, name: str) -> Redrive:
    """A chosen drive as it is handed over."""
    stretches = [region.stretches[k] for k in chosen.stretches]
    travel = travel_between(stretches, region.crs, region.roads, region.means.routes)
    way = drive_in_order(stretches, PASSES, travel, region.crs)
    settles = _settles(region.questions, chosen.gains)
    by_id = {question.hotspot.id: question for question in region.questions}
    told = [by_id[s.hotspot_id] for s in settles] or list(region.questions)
    streets = tuple(
        _street(region, asked, known, chosen, chosen.stretches[k], number) for number, k in enumerate(way.order, 1)
    )
    return Redrive(
        name, streets, tuple((float(lon), float(lat)) for lon, lat in way.lonlat), way.metres, way.seconds,
        region.wind_from_deg(float(_TOWARDS[chosen.wind]), told[0]), HALF_WIDTH_DEG,
        _other_winds(region, asked, known, chosen, told[0]), _WINDS_M_S, _hours(told, region.means), settles,
        way.on_roads,
    )  # fmt: skip


def _street(
    region: _Region, asked: Sequence[Asked], known: Sequence[Particles], chosen: Chosen, stretch: int, number: int
) -> RedriveStreet:
    one = region.stretches[stretch]
    after = gains_in_wind(chosen.wind, (stretch,), asked, known)
    gains = np.array([max(a.entropy - b.entropy, 0.0) for a, b in zip(known, after, strict=True)])
    settles = _settles(region.questions, gains)
    return RedriveStreet(
        number, one.name, degrees(one.xy, region.crs), one.length_m, PASSES, _side(region, one, gains), settles
    )


def _settles(questions: Sequence[Question], gains: Floats) -> tuple[Settles, ...]:
    """What is told of each question, most first; nothing below `_LEAST_TOLD`."""
    return tuple(
        Settles(
            questions[k].hotspot.id, float(gains[k]), questions[k].explanations.entropy, questions[k].rivals,
            questions[k].check_first,
        )
        for k in np.argsort(-gains, kind="stable")
        if gains[k] >= _LEAST_TOLD
    )  # fmt: skip


def _side(region: _Region, stretch: StreetPart, gains: Floats) -> str:
    """On which side of what is in question a street lies: of the hotspot about which it tells most."""
    question = region.questions[int(np.argmax(gains))]
    places, share = question.places
    east, north = stretch.xy.mean(axis=0) - share @ places / share.sum()
    turn = grid_north_rad(question.hotspot.lon, question.hotspot.lat, region.crs.to_string())
    clockwise = np.degrees(np.pi / 2 - np.arctan2(north, east) + turn)
    return _SIDES[round(clockwise / 45.0) % 8]


def _other_winds(
    region: _Region, asked: Sequence[Asked], known: Sequence[Particles], chosen: Chosen, at: Question
) -> tuple[float, ...]:
    """Winds outside of the drive's sector in which its streets tell nearly as much."""
    found = []
    for wind in range(0, WINDS, 3):
        if min((wind - chosen.wind) % WINDS, (chosen.wind - wind) % WINDS) <= 2:
            continue
        after = gains_in_wind(wind, chosen.stretches, asked, known)
        told = sum(a.entropy - b.entropy for a, b in zip(known, after, strict=True))
        if told >= _NEARLY * chosen.gains.sum():
            found.append(region.wind_from_deg(float(_TOWARDS[wind]), at))
    return tuple(sorted(found))


def _hours(questions: Sequence[Question], means: Means) -> Hours | None:
    """Local hours at which the hotspots were met, half an hour more either side, to half hours."""
    zone = zone_of(means.routes.time_zone or "UTC")
    met = [moment for q in questions for moment in (q.hotspot.first_seen, q.hotspot.last_seen)]
    minutes = [60 * m.hour + m.minute for m in (_local(moment).astimezone(zone) for moment in met)]
    if max(minutes) - min(minutes) > 12 * 60:
        return None
    return Hours(_clock((min(minutes) - 30) // 30), _clock(-(-(max(minutes) + 30) // 30)))


def _local(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _clock(half_hours: int) -> time:
    return (datetime(2000, 1, 1) + timedelta(minutes=30 * half_hours)).time()


# --- flights ------------------------------------------------------------------------------------------------------


def _plan_flights(region: _Region, told: Floats, airspace: Sequence[Zone], before: int, notes: Notes) -> list[Flight]:
    """Flights for the questions about which drives tell least of what a drone would."""
    flights = list[Flight]()
    for k in np.argsort(told, kind="stable"):
        if len(flights) >= MOST_FLIGHTS:
            break
        flight = _plan_flight(region, region.questions[k], float(told[k]), airspace, notes)
        if flight is not None:
            flights.append(replace(flight, id=f"F{before + len(flights) + 1}"))
    return flights


def _plan_flight(
    region: _Region, question: Question, told: float, airspace: Sequence[Zone], notes: Notes
) -> Flight | None:
    """A flight in the wind in which it tells most; None where the streets do as well, or nobody may fly."""
    if told >= question.explanations.entropy / _FLIGHT_TELLS:
        return None
    best: tuple[float, float, Pattern, float, str] | None = None
    closed = set[str]()
    for towards in _TOWARDS[::3]:
        pattern = pattern_of(question, float(towards))
        height, zone = height_allowed(pattern, airspace, region.crs)
        if not height:
            closed.add(zone)
            continue
        nats = _flown(region, question, pattern, float(towards), height)
        if best is None or nats > best[0]:
            best = nats, float(towards), pattern, height, zone
    item = f"redrives of {question.hotspot.id}"
    if best is None:
        notes.decide(item, "flight_airspace_closed", {"zones": tuple(sorted(closed))})
        return None
    nats, towards, pattern, height, zone = best
    if nats < max(_FLIGHT_TELLS * told, 2 * _LEAST_TOLD):
        return None
    local = zone_of(region.means.routes.time_zone or "UTC")
    hours = daylight(region.means.day, question.hotspot.lon, question.hotspot.lat, local)
    if hours is None:
        notes.decide(item, "flight_no_daylight", {"day": str(region.means.day)})
        return None
    settles = Settles(
        question.hotspot.id, nats, question.explanations.entropy, question.rivals, question.check_first
    )  # fmt: skip
    cleared = zone or (OUTSIDE if airspace else "")
    return Flight(
        "", degrees(pattern.waypoints, region.crs), height, pattern.length_m,
        region.wind_from_deg(towards, question), HALF_WIDTH_DEG, hours, cleared, (settles,),
    )  # fmt: skip


def _flown(region: _Region, question: Question, pattern: Pattern, towards: float, height_m: float) -> float:
    """What transects flown there and back are expected to tell, nats, in a wind and those beside it."""
    air = PassAir(region.air.wind_m_s, region.air.direction_sd_rad, inlet_height_m=height_m)
    beside = np.array([towards - 2 * np.pi / WINDS, towards, towards + 2 * np.pi / WINDS])
    road: RoadPlaces = pattern.road
    odds = outcome_odds(question.explanations, road, beside, air, region.means.fusion)
    numbers = np.arange(len(road.x))
    asked = Asked(question.explanations.probability, numbers, odds)
    (start,) = begin([asked])
    (end,) = gains_in_wind(1, numbers.tolist(), [asked], [start])
    return max(start.entropy - end.entropy, 0.0)
