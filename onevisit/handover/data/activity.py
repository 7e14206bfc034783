"""When sites ran, as far as their records can tell, each where its site stands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from ingest.schema import Site
from monitors.schema import Activity
from onevisit.handover.data.geojson import write_places
from onevisit.leads.named import sites_of

DAYS = 7
"""So many days before that of the visits are written; a year of hours would be a file that nobody opens."""


def write_activity(path: Path, activities: Sequence[Activity], sites: Sequence[Site], day: date) -> None:
    """Write ``activity.geojson``: a feature a site, without a place where it is on no list.

    ``time`` are the starts of intervals of ``length_s`` seconds, ``running`` the probability that the site ran in
    each, null where no record says anything; ``basis`` names the series that it rests on.
    """
    write_places(path, _features(activities, sites, day))


def _features(
    activities: Sequence[Activity], sites: Sequence[Site], day: date
) -> Iterator[tuple[tuple[float, float] | None, dict[str, Any]]]:
    first = np.datetime64(day, "ns") - np.timedelta64(DAYS, "D")
    for one, site in zip(activities, sites_of(activities, sites), strict=True):
        late = one.time >= first
        yield (
            (site.lon, site.lat) if site is not None else None,
            {
                "site_id": site.site_id if site is not None else None,
                "permit_code": one.permit_code,
                "uscc": one.uscc,
                "site_name": one.site_name,
                "basis": list(one.basis),
                "time": [f"{moment}Z" for moment in np.datetime_as_string(one.time[late], "s").tolist()],
                "length_s": one.length_s[late].tolist(),
                "running": [round(p, 4) if np.isfinite(p) else None for p in one.running[late].tolist()],
            },
        )
