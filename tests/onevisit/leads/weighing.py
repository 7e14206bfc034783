"""How tests weigh leads: sites that may emit nothing, so that who emits offends and only the rest decides."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date

from fusion.schema import Attribution, Hotspot
from ingest.outcome import Outcome
from ingest.schema import Site
from onevisit.leads.lawful import Known
from onevisit.leads.registers import matters_of_registers
from onevisit.leads.tables import RivalTables
from onevisit.leads.weigh import weigh_leads
from onevisit.schema import Lead, Matter
from onevisit.settings import VisitSettings
from onevisit.words.telling import say

DAY = date(2026, 3, 2)
SETTINGS = VisitSettings()
SURE = VisitSettings(fault_prior=0.0)
"""Without instrument faults the explanations are those of the attribution."""
LAWLESS = RivalTables(beyond_permit=1.0 - 1e-9, misplaced={"settled": 1e-9, "doubtful": 1e-9})
"""Whoever emits emits more than it may, and stands where its register says."""


def weigh(
    sites: Sequence[Site],
    hotspots: Sequence[Hotspot],
    attributions: Sequence[Attribution],
    settings: VisitSettings = SETTINGS,
    *,
    tables: RivalTables = LAWLESS,
    known: Known | None = None,
    matters: Sequence[Matter] = (),
    urgent: Collection[str] = (),
) -> Outcome[tuple[Lead, ...]]:
    """The leads of these records and of what the sites' own register says."""
    known = known or Known(DAY)
    asked = [*matters, *matters_of_registers(sites, known.standings, settings, day=DAY)]
    shown = (sites, hotspots, attributions, settings, tables)
    return weigh_leads(*shown, known=known, matters=asked, urgent=urgent)


def told(lead: Lead, lang: str = "en") -> tuple[str, ...]:
    """The reasons of a lead in words."""
    return tuple(say(reason, lang) for reason in lead.reasons)
