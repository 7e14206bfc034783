"""What the monitor records of sites say, each where its point or its site stands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ingest.schema import Site
from monitors.schema import Anomaly
from onevisit.handover.data.geojson import write_places
from onevisit.leads.named import sites_of
from onevisit.leads.records import anomaly_id


def write_anomalies(path: Path, anomalies: Sequence[Anomaly], sites: Sequence[Site]) -> None:
    """Write ``anomalies.geojson``: a feature an anomaly, without a place where neither point nor site has one.

    ``site_id`` is that of the site which the record names by permit code, else by credit code, else by its name, if
    there is just one; else it is null.
    """
    write_places(path, _features(anomalies, sites))


def _features(
    anomalies: Sequence[Anomaly], sites: Sequence[Site]
) -> Iterator[tuple[tuple[float, float] | None, dict[str, Any]]]:
    for number, (one, site) in enumerate(zip(anomalies, sites_of(anomalies, sites), strict=True), start=1):
        place = (one.lon, one.lat) if one.lon is not None and one.lat is not None else None
        if place is None and site is not None:
            place = site.lon, site.lat
        own = {key: value for key, value in vars(one).items() if key not in ("lon", "lat", "values")}
        named = {"id": anomaly_id(number), "site_id": site.site_id if site else None}
        yield place, {**named, **own, "cause": one.cause, **one.values}
