"""Whether sites ran while the plumes of hotspots were met: what monitors know, as plain values for the fusion."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from fusion.schema import Hotspot, Ran
from ingest.schema import Site
from monitors.activity import running_at
from monitors.schema import Activity
from onevisit.leads.records import sites_of


def ran_at_hotspots(
    hotspots: Sequence[Hotspot], activities: Sequence[Activity], sites: Sequence[Site]
) -> tuple[Ran, ...]:
    """The mean probability over the crossings of each hotspot that each site with records ran, where they tell."""
    listed = [(one, site) for one, site in zip(activities, sites_of(activities, sites), strict=True) if site]
    found = []
    for hotspot in hotspots:
        for activity, site in listed:
            told = [p for moment in _moments(hotspot) if (p := running_at(activity, moment)) is not None]
            if told:
                found.append(Ran(hotspot.id, site.site_id, sum(told) / len(told)))
    return tuple(found)


def _moments(hotspot: Hotspot) -> list[datetime]:
    """The middle of each crossing; of the time in which it was seen where only cells agree."""
    spans = [(met.start, met.end) for met in hotspot.met] or [(hotspot.first_seen, hotspot.last_seen)]
    return [start + (end - start) / 2 for start, end in spans]
