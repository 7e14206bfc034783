"""What the end of the job gives away: leads, visits and routes.

All output is a *lead* (线索), never a conclusion: every record carries what else could explain it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from fusion.schema import CredibleArea
from ingest.outcome import Phrase
from ingest.schema import SitePlace
from onevisit.words.telling import say


class Disposition(StrEnum):
    """What a lead asks for, from least to most intrusive: doubtful leads are measured again before anyone is told.

    ``look`` is for a place that no listed site explains; ``review`` is done at the desk, and nobody is told of it.
    """

    NONE = "none"
    MEASURE_AGAIN = "measure_again"
    LOOK = "look"
    REMIND = "remind"
    HELP = "help"
    REVIEW = "review"
    VISIT = "visit"


LADDER = tuple(Disposition)
"""Dispositions from the lightest on: of several at one site the last decides."""


class VisitKind(StrEnum):
    """Kind of an entry: yearly plan, approved campaign, a case, or what a park or the firm itself asks for.

    Cases and what was asked for count against no yearly cap.
    """

    DAILY = "daily"
    SPECIAL = "special"
    CASE = "case"
    REQUEST = "request"


class Rival(StrEnum):
    """Names of the explanations that a lead weighs against each other; none is a verdict."""

    UNLAWFUL = "unlawful_emission"
    PERMITTED = "permitted_emission"
    FAULT = "analyser_fault"
    MAINTENANCE = "maintenance"
    TRAFFIC = "passing_traffic"
    NEIGHBOUR = "neighbour"
    UNLISTED = "unlisted_source"
    POSITION = "wrong_position"
    MARK = "wrong_mark"


@dataclass(frozen=True)
class Evidence:
    """One thing that speaks for looking at a site: what it says, its id there and its time (UTC; None without one).

    ``kind`` is ``hotspot``, ``register`` or ``record``.
    """

    kind: str
    id: str
    time: datetime | None
    text: Phrase


@dataclass(frozen=True)
class Explanation:
    """One rival explanation (`Rival`) of a lead's evidence and its probability; those of one lead sum to 1."""

    name: str
    probability: float


@dataclass(frozen=True)
class Matter:
    """Something to settle at a site, with the reason why it is on the list today.

    ``disposition`` is what this matter asks for on its own: only `Disposition.VISIT` causes an entry; all others are
    settled off site, and checked along when an entry happens anyway. `Disposition.NONE` makes no lead by itself.
    ``kind`` is the kind of visit it would need, ``code`` the line of the checklist. ``explanations`` are what can
    have made it, where that was weighed, ``time`` (UTC) is when it was last so, None where it has no time. ``source``
    is the kind of evidence that it is: ``record`` or ``register``.
    """

    site_id: str
    code: str
    kind: VisitKind
    disposition: Disposition
    text: Phrase
    evidence_id: str = ""
    explanations: tuple[Explanation, ...] = ()
    time: datetime | None = None
    source: str = "record"


@dataclass(frozen=True)
class Lead:
    """What speaks for looking at one site, or at one place that no site explains, and what to do about it.

    ``probability`` is that the site made what was measured, lawfully or not (0 where no measurement points at it).
    ``lon``/``lat`` are WGS 84 degrees of the site's gate where known, else of its reference point; of a site in doubt
    at the place that ``places[0]`` tells, which best explains what was measured (empty without a doubt). ``urgent``
    are those of its hotspots that the duty officer has to clear before anything else is done about them. ``why`` is
    the one sentence on its disposition, ``reasons`` all that speaks in it. A place without a site has the id
    ``unlisted@`` and that of its hotspot, no name, ``street`` (empty where unknown) and the ``areas`` in which its
    source lies. ``redrives`` are the drives and flights that would tell more about its hotspots, where it is to be
    measured again.
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
    why: Phrase
    reasons: tuple[Phrase, ...]
    matters: tuple[Matter, ...] = ()
    hotspot_ids: tuple[str, ...] = ()
    calibration: Phrase | None = None
    at_gate: bool = False
    places: tuple[SitePlace, ...] = ()
    urgent: tuple[str, ...] = ()
    street: str = ""
    areas: tuple[CredibleArea, ...] = ()
    redrives: tuple[str, ...] = ()

    @property
    def is_of_site(self) -> bool:
        """Whether it is about a listed site, not about a place that none explains."""
        return not self.site_id.startswith(NO_SITE)


NO_SITE = "unlisted@"
"""What the id of a lead begins with that is about a place without a site."""


def joined(phrases: Sequence[Phrase], lang: str) -> str:
    """Several sentences in one line."""
    return ("；" if lang == "zh" else "; ").join(say(phrase, lang) for phrase in phrases)


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
    reasons: tuple[Phrase, ...]
    explanations: tuple[Explanation, ...]
    evidence: tuple[Evidence, ...]
    probability: float
    priority: int
    service_s: int
    places: tuple[SitePlace, ...] = ()


@dataclass(frozen=True)
class HelpItem:
    """One thing that a firm is helped with: the id of its evidence, what was seen, the fault that it points at, what
    the firm checks first, which record proves that it is mended, and by when."""

    evidence_id: str
    seen: Phrase
    fault: Phrase
    check: Phrase
    proof: Phrase
    due: date


@dataclass(frozen=True)
class Help:
    """What is offered to one site off site; ``others`` are reminders that go along, ``why`` the sentence on it."""

    number: int
    site_id: str
    name: str
    permit_code: str
    lon: float
    lat: float
    items: tuple[HelpItem, ...]
    others: tuple[Phrase, ...]
    explanations: tuple[Explanation, ...]
    why: Phrase
    at_gate: bool = False


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
