"""What is proposed to be measured again."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import time

LonLat = tuple[float, float]

OUTSIDE = "outside"
"""Of every zone of the register of airspace."""


@dataclass(frozen=True)
class Settles:
    """What a drive or a flight is expected to tell about one hotspot.

    ``nats`` of the ``open_nats`` by which its explanations are not known, between ``rivals`` (ids of sites,
    ``unlisted`` or ``background``, likeliest first). ``check_first`` are sites among them whose position in the
    register is in doubt: that is looked up before anybody drives.
    """

    hotspot_id: str
    nats: float
    open_nats: float
    rivals: tuple[str, ...]
    check_first: tuple[str, ...] = ()

    @property
    def share(self) -> float:
        """Part of what is open that would be settled."""
        return min(self.nats / self.open_nats, 1.0) if self.open_nats > 0 else 0.0


@dataclass(frozen=True)
class RedriveStreet:
    """A stretch of street to be passed ``passes`` times: on which side of what is in question it lies (N, NE, ...).

    ``settles`` is what its passes alone are expected to tell.
    """

    number: int
    name: str
    line: tuple[LonLat, ...]
    length_m: float
    passes: int
    side: str
    settles: tuple[Settles, ...]


@dataclass(frozen=True)
class Hours:
    """Local hours of a day, ``end`` on the next one where it is not later than ``start``."""

    start: time
    end: time


@dataclass(frozen=True)
class Redrive:
    """One drive: streets in the order in which they are driven, the wind that it waits for, and the hours.

    ``wind_from_deg`` is good to ``wind_half_width_deg``; ``also_from_deg`` are other winds in which the same streets
    tell nearly as much. ``wind_m_s`` bounds the speed. ``way`` is all of it, ways between streets included.
    """

    id: str
    streets: tuple[RedriveStreet, ...]
    way: tuple[LonLat, ...]
    length_m: float
    driving_s: float
    wind_from_deg: float
    wind_half_width_deg: float
    also_from_deg: tuple[float, ...]
    wind_m_s: tuple[float, float]
    hours: Hours | None
    settles: tuple[Settles, ...]
    on_roads: bool

    @property
    def nats_per_km(self) -> float:
        """What it is expected to settle for each kilometre."""
        return sum(s.nats for s in self.settles) / (self.length_m / 1000)


@dataclass(frozen=True)
class Flight:
    """Waypoints of a drone across the wind, at ``height_m`` above ground, in the daylight of the planned day.

    ``airspace`` is the zone of the register that holds it, ``outside`` where none does, and empty where no register
    of airspace came: then it stays to be cleared.
    """

    id: str
    waypoints: tuple[LonLat, ...]
    height_m: float
    length_m: float
    wind_from_deg: float
    wind_half_width_deg: float
    daylight: Hours
    airspace: str
    settles: tuple[Settles, ...]

    @property
    def is_outside(self) -> bool:
        """Whether a register of airspace came, and none of its zones is crossed."""
        return self.airspace == OUTSIDE


@dataclass(frozen=True)
class Again:
    """Everything that is to be measured again."""

    drives: tuple[Redrive, ...] = ()
    flights: tuple[Flight, ...] = ()

    def of_hotspots(self, hotspot_ids: Collection[str]) -> tuple[str, ...]:
        """Ids of the drives and flights that would tell about any of these hotspots, in the order planned."""
        told = [(one.id, one.settles) for one in self.drives] + [(one.id, one.settles) for one in self.flights]
        return tuple(name for name, settles in told if any(s.hotspot_id in hotspot_ids for s in settles))
