"""Whether sites ran while the plumes of hotspots were met: what monitors know, as plain values for the fusion."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import numpy as np

from fusion.schema import Hotspot, Ran
from ingest.coordinates import metres_per_degree
from ingest.schema import Site
from monitors.activity import running_at
from monitors.schema import Activity
from onevisit.leads.records import sites_of

_MARGIN_M = 500.0  # errors of places of sites and of the longest cells, generously


def ran_at_hotspots(
    hotspots: Sequence[Hotspot], activities: Sequence[Activity], sites: Sequence[Site], *, reach_m: float
) -> tuple[Ran, ...]:
    """The mean probability over the crossings of each hotspot that each site with records ran, where they tell.

    Parameters
    ----------
    hotspots, activities, sites : sequences
        Activities of sites that are not among ``sites`` are left out.
    reach_m : float
        Sites farther from a hotspot are no candidates, m.
    """
    listed = [(one, site) for one, site in zip(activities, sites_of(activities, sites), strict=True) if site]
    places = [(k, place.lon, place.lat) for k, (_, site) in enumerate(listed) for place in site.places]
    owner, lon, lat = np.array(places, np.float64).reshape(-1, 3).T
    found = []
    for hotspot in hotspots:
        east, north = metres_per_degree(hotspot.lat)
        near = np.hypot((lon - hotspot.lon) * east, (lat - hotspot.lat) * north) <= reach_m + _MARGIN_M
        for activity, site in (listed[int(k)] for k in np.unique(owner[near])):
            told = [p for moment in _moments(hotspot) if (p := running_at(activity, moment)) is not None]
            if told:
                found.append(Ran(hotspot.id, site.site_id, sum(told) / len(told)))
    return tuple(found)


def _moments(hotspot: Hotspot) -> list[datetime]:
    """The middle of each crossing; of the time in which it was seen where only cells agree."""
    spans = [(met.start, met.end) for met in hotspot.met] or [(hotspot.first_seen, hotspot.last_seen)]
    return [start + (end - start) / 2 for start, end in spans]
