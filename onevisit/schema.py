"""What the end of the job gives away: leads, visits and routes.

All output is a *lead* (线索), never a conclusion: every record carries what else could explain it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from ingest.schema import SitePlace


class Disposition(StrEnum):
    """What a lead asks for, from least to most intrusive: doubtful leads are measured again before anyone is told."""

    NONE = "none"
    MEASURE_AGAIN = "measure_again"
    REMIND = "remind"
    HELP = "help"
    VISIT = "visit"


class VisitKind(StrEnum):
    """Kind of an entry: yearly plan, approved campaign, or a case (which no yearly cap counts)."""

    DAILY = "daily"
    SPECIAL = "special"
    CASE = "case"


class Rival(StrEnum):
    """Names of the explanations that a lead weighs against each other."""

    THIS_SITE = "this_site"
    OTHER_SITES = "other_listed_sites"
    UNLISTED = "unlisted_source"
    BACKGROUND = "background_or_traffic"
    FAULT = "instrument_fault"


@dataclass(frozen=True)
class Evidence:
    """One thing that speaks for looking at a site: ``kind`` (``hotspot``, ``register``, ``monitor``, ...), its id
    there, its time (UTC; None where it has none), and a sentence in both languages."""

    kind: str
    id: str
    time: datetime | None
    text_en: str
    text_zh: str


@dataclass(frozen=True)
class Explanation:
    """One rival explanation of a lead's evidence and its probability; those of one lead sum to 1.

    ``name`` is one of `Rival`, or of a record's causes with ``cause_`` before it where only records speak.
    """

    name: str
    probability: float


@dataclass(frozen=True)
class Matter:
    """Something to settle at a site, with the reason why it is on the list today.

    ``disposition`` is what this matter asks for on its own: only `Disposition.VISIT` causes an entry; all others are
    settled off site, and checked along when an entry happens anyway. ``kind`` is the kind of visit it would need,
    ``code`` the line of the checklist. ``explanations`` are what can have made it, where that was weighed, ``time``
    (UTC) is when it was last so, None where it has no time.
    """

    site_id: str
    code: str
    kind: VisitKind
    disposition: Disposition
    text_en: str
    text_zh: str
    evidence_id: str = ""
    explanations: tuple[Explanation, ...] = ()
    time: datetime | None = None


@dataclass(frozen=True)
class Lead:
    """What speaks for looking at one site, what else could explain it, and what to do about it.

    ``probability`` is that of `Rival.THIS_SITE` (0 where no measurement points at the site). ``lon``/``lat`` are
    WGS 84 degrees of the site's gate where known, else of its reference point; of a site in doubt at the place that
    ``places[0]`` tells, which best explains what was measured (empty without a doubt). ``calibration_en`` and
    ``calibration_zh`` say what is known of the instrument's calibration. ``urgent`` are those of its hotspots that
    the duty officer has to clear before anything else is done about them. ``redrives`` are the drives and flights
    that would tell more about its hotspots, where it is to be measured again.
    """

    site_id: str
    name: str
    permit_code: str
    lon: float
    lat: float
    evidence: tuple[Evidence, ...]
    explanations: tuple[Explanation, ...]
    probability: float
    disposition: Disposition
    reasons_en: tuple[str, ...]
    reasons_zh: tuple[str, ...]
    matters: tuple[Matter, ...] = ()
    hotspot_ids: tuple[str, ...] = ()
    calibration_en: str = ""
    calibration_zh: str = ""
    at_gate: bool = False
    places: tuple[SitePlace, ...] = ()
    urgent: tuple[str, ...] = ()
    redrives: tuple[str, ...] = ()

    @property
    def reason_en(self) -> str:
        """All reasons as one sentence."""
        return "; ".join(self.reasons_en)

    @property
    def reason_zh(self) -> str:
        """All reasons as one sentence, Chinese."""
        return "；".join(self.reasons_zh)


@dataclass(frozen=True)
class Visit:
    """One entry into one site, everything checked at once.

    ``visits_this_year`` counts registered daily visits of the year; ``cap`` is the allowed number, None where none
    is configured. ``at_gate`` is False where ``lon``/``lat`` are the site's reference point, not its gate.
    ``priority`` is 1 to 5; ``service_s`` the planned stay. ``places`` are all places of a site in doubt, the one to
    which the visit leads first; empty without a doubt.
    """

    site_id: str
    name: str
    permit_code: str
    address: str
    lon: float
    lat: float
    at_gate: bool
    position_sd_m: float
    kind: VisitKind
    counts_against_cap: bool
    visits_this_year: int
    cap: int | None
    matters: tuple[Matter, ...]
    reasons_en: tuple[str, ...]
    reasons_zh: tuple[str, ...]
    explanations: tuple[Explanation, ...]
    evidence: tuple[Evidence, ...]
    probability: float
    priority: int
    service_s: int
    places: tuple[SitePlace, ...] = ()


@dataclass(frozen=True)
class Leg:
    """The way to a stop: length and duration, and its line in WGS 84 degrees, ((lon, lat), ...)."""

    distance_m: float
    duration_s: float
    line: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Stop:
    """One visit on a route: arrival and departure (with the time zone of the mission), and the way there."""

    visit: Visit
    arrive: datetime
    leave: datetime
    leg: Leg


@dataclass(frozen=True)
class Route:
    """One team's visits of one day in driving order. ``team`` is a label; who goes is for the bureau to fill in.

    ``on_roads`` is True where distances were taken from a street network, False where they are straight lines times
    a detour factor. ``back`` is the way from the last stop to the depot, None without a depot.
    """

    name: str
    team: str
    day: date
    stops: tuple[Stop, ...]
    on_roads: bool
    back: Leg | None = None

    @property
    def distance_m(self) -> float:
        """Length of all legs, m."""
        return sum(stop.leg.distance_m for stop in self.stops) + (self.back.distance_m if self.back else 0.0)

    @property
    def driving_s(self) -> float:
        """Driving time of all legs, s."""
        return sum(stop.leg.duration_s for stop in self.stops) + (self.back.duration_s if self.back else 0.0)
