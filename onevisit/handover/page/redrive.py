"""Where to measure again, in words: drives with their streets, wind and hours, and flights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ingest.schema import Site
from onevisit.redrive.schema import Again, Flight, Redrive, RedriveStreet, Settles
from onevisit.words.numbers import probability_text, rounded
from onevisit.words.strings import Words

_MOST_RIVALS = 4


@dataclass(frozen=True)
class StreetLine:
    """One stretch of a drive."""

    number: int
    name: str
    side: str
    passes: int
    metres: str
    settles: str


@dataclass(frozen=True)
class AgainCard:
    """One drive or flight: facts in lines, what it would settle, what to look up first, its streets.

    ``airspace`` is empty for a drive; ``to_clear`` leaves a blank to be filled in.
    """

    id: str
    facts: tuple[str, ...]
    settles: tuple[str, ...]
    check_first: str
    streets: tuple[StreetLine, ...] = ()
    airspace: str = ""
    to_clear: bool = False


def again_cards(again: Again, sites: Mapping[str, Site], words: Words, minutes: Mapping[str, str]) -> list[AgainCard]:
    """Cards of drives, then of flights.

    Parameters
    ----------
    again : Again
    sites : mapping
        By id, for their names.
    words : Words
    minutes : mapping
        Driving time of each drive in words, by its id.
    """
    drives = [_drive_card(drive, sites, words, minutes[drive.id]) for drive in again.drives]
    return [*drives, *(_flight_card(flight, sites, words) for flight in again.flights)]


def _drive_card(drive: Redrive, sites: Mapping[str, Site], words: Words, driving: str) -> AgainCard:
    winds = words("comma").join(f"{deg:.0f}°" for deg in drive.also_from_deg)
    also = words("redrive_also", winds=winds) if winds else ""
    low, high = drive.wind_m_s
    wind = words(
        "redrive_wind",
        deg=f"{drive.wind_from_deg:.0f}",
        width=f"{drive.wind_half_width_deg:.0f}",
        low=f"{low:.1f}",
        high=f"{high:.1f}",
        also=also,
    )
    hours = words("redrive_any_hour")
    if drive.hours is not None:
        hours = words("redrive_hours", start=f"{drive.hours.start:%H:%M}", end=f"{drive.hours.end:%H:%M}")
    line = words("redrive_line", streets=len(drive.streets), km=rounded(drive.length_m / 1000, 2), driving=driving)
    return AgainCard(
        drive.id, (line, wind, hours), _settled(drive.settles, sites, words), _check(drive.settles, sites, words),
        tuple(_street_line(street, words) for street in drive.streets),
    )  # fmt: skip


def _street_line(street: RedriveStreet, words: Words) -> StreetLine:
    settles = words("comma").join(f"{s.hotspot_id} {probability_text(s.share)}" for s in street.settles)
    name = street.name or words("redrive_unnamed")
    side = words(f"side_{street.side}")
    return StreetLine(street.number, name, side, street.passes, rounded(street.length_m, 2), settles)


def _flight_card(flight: Flight, sites: Mapping[str, Site], words: Words) -> AgainCard:
    line = words(
        "flight_line",
        height=f"{flight.height_m:.0f}",
        km=rounded(flight.length_m / 1000, 2),
        start=f"{flight.daylight.start:%H:%M}",
        end=f"{flight.daylight.end:%H:%M}",
    )
    wind = words("flight_wind", deg=f"{flight.wind_from_deg:.0f}", width=f"{flight.wind_half_width_deg:.0f}")
    return AgainCard(
        flight.id, (line, wind), _settled(flight.settles, sites, words), _check(flight.settles, sites, words),
        (), _airspace(flight, words), not flight.airspace,
    )  # fmt: skip


def _airspace(flight: Flight, words: Words) -> str:
    if not flight.airspace:
        return words("airspace_to_clear")
    return words("airspace_outside") if flight.is_outside else words("airspace_zone", zone=flight.airspace)


def _settled(settles: Sequence[Settles], sites: Mapping[str, Site], words: Words) -> tuple[str, ...]:
    return tuple(
        words(
            "redrive_share",
            id=s.hotspot_id,
            share=probability_text(s.share),
            rivals=words("comma").join(_name(rival, sites, words) for rival in s.rivals[:_MOST_RIVALS]),
        )
        for s in settles
    )


def _check(settles: Sequence[Settles], sites: Mapping[str, Site], words: Words) -> str:
    doubted = dict.fromkeys(name for s in settles for name in s.check_first)
    named = words("comma").join(_name(site, sites, words) for site in doubted)
    return words("redrive_check", sites=named) if named else ""


def _name(rival: str, sites: Mapping[str, Site], words: Words) -> str:
    if rival in sites:
        return sites[rival].name
    known = {"unlisted": "unlisted_source", "background": "background_or_traffic"}
    return words(known[rival]) if rival in known else rival
