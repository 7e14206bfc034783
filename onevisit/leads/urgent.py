"""Values above a level of acute harm: somebody is called before anything else is done with them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from fusion.schema import Hotspot
from ingest.outcome import Notes, Outcome, Value
from ingest.species import species_of, substance_of
from ingest.units import convert, grams_per_m3, parse_unit
from onevisit.leads.plumes import PlumeLine
from onevisit.leads.reference import REFERENCE
from onevisit.settings import AcuteLevel, AcuteSettings


@dataclass(frozen=True)
class Alarm:
    """The largest value of one species at one place, above its level; ``value`` is in the unit of the level.

    ``hotspot_id`` is None where the plume is in no place. ``lon``, ``lat`` and ``time`` (UTC) are of the value.
    """

    hotspot_id: str | None
    species: str
    value: float
    level: AcuteLevel
    time: datetime
    lon: float
    lat: float


@dataclass(frozen=True)
class _Value:
    """One value that was met; ``at`` is the place that it speaks for."""

    at: object
    hotspot_id: str | None
    species: str
    value: float
    unit: str
    time: datetime
    lon: float
    lat: float


def find_alarms(
    hotspots: Sequence[Hotspot], plumes: Sequence[PlumeLine], settings: AcuteSettings
) -> Outcome[tuple[Alarm, ...]]:
    """Hold what stood in the air at every place (background and enhancement) against the acute levels.

    The value is that of the highest row of each plume, seconds long, and the level one of an hour: it errs to the
    side of the call. A plume in no place counts as one of its own; a hotspot of cells alone by its mean. Mole
    fractions and masses are compared at `onevisit.leads.reference.REFERENCE`.

    Returns
    -------
    Outcome of tuple of Alarm
        One a place and species, most times above its level first. Decisions name the alarms, and say where no level
        is set or none can be compared.
    """
    notes = Notes()
    if not settings.levels:
        notes.decide("acute", "no_acute_levels")
    found: dict[tuple[object, str], Alarm] = {}
    not_compared: dict[str, str] = {}
    for met in _values(hotspots, plumes):
        slug = substance_of(met.species)
        level = settings.level_of(slug)
        if level is None:
            continue
        value = _in_unit(met.value, met.unit, level.unit, slug)
        if value is None:
            not_compared[met.species] = met.unit
        elif value > level.value and ((met.at, slug) not in found or value > found[met.at, slug].value):
            found[met.at, slug] = Alarm(met.hotspot_id, slug, value, level, met.time, met.lon, met.lat)
    for species, unit in sorted(not_compared.items()):
        notes.decide("acute", "acute_level_not_compared", {"species": species, "unit": unit})
    alarms = sorted(found.values(), key=lambda alarm: (-alarm.value / alarm.level.value, alarm.time))
    for alarm in alarms:
        values: dict[str, Value] = {"species": alarm.species, "value": alarm.value, "source": alarm.level.source}
        values |= {"level": alarm.level.value, "unit": alarm.level.unit}
        notes.decide(alarm.hotspot_id or "acute", "acute_level_exceeded", values)
    return notes.outcome(tuple(alarms))


def _values(hotspots: Sequence[Hotspot], plumes: Sequence[PlumeLine]) -> Iterable[_Value]:
    """Every plume's maximum, then the means of hotspots that no plume of their species tells of."""
    told = set()
    for p in plumes:
        at = p.place or (p.trajectory, p.species, p.source)
        told.add((p.place, p.species))
        yield _Value(at, p.place, p.species, p.value, p.unit, p.peak, p.lon, p.lat)
    for h in hotspots:
        if (h.id, h.species) not in told:
            yield _Value(h.id, h.id, h.species, h.background + h.enhancement, h.unit, h.last_seen, h.lon, h.lat)


def _in_unit(value: float, unit: str, wanted: str, slug: str) -> float | None:
    """A concentration of a species in another unit; None where the two cannot be compared."""
    own, other = parse_unit(unit), parse_unit(wanted)
    if own is None or other is None:
        return None
    if own.kind == other.kind:
        return float(convert(np.array([value]), own, other)[0])
    known = species_of(slug)
    counted = known.counted_as or known.slug if known else slug
    masses = [
        grams_per_m3(text, counted, temperature_k=REFERENCE.temperature_k, pressure_pa=REFERENCE.pressure_pa)
        for text in (unit, wanted)
    ]
    return value * masses[0] / masses[1] if masses[0] is not None and masses[1] is not None else None
