"""Leads that are to be measured again name the drives and flights that would tell more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ingest.outcome import Outcome
from onevisit.redrive.schema import Again
from onevisit.schema import Disposition, Lead


def with_redrives(leads: Sequence[Lead], again: Again) -> Outcome[tuple[Lead, ...]]:
    """The leads, each *measure again* with the ids of what would tell about its hotspots, in the order planned."""
    return Outcome(tuple(_named(lead, again) for lead in leads))


def _named(lead: Lead, again: Again) -> Lead:
    if lead.disposition is not Disposition.MEASURE_AGAIN:
        return lead
    return replace(lead, redrives=again.of_hotspots(lead.hotspot_ids))
