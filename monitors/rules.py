"""Every rule on monitor records, in the order in which they are asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

import xarray as xr
from dask.base import compute
from dask.delayed import delayed

from ingest.monitors.stored import StoredSites
from ingest.outcome import Notes, Outcome
from ingest.registers.kinds import Order
from ingest.schema import Site
from monitors.activity import infer_activity
from monitors.causes import weigh_causes
from monitors.devices import devices_of
from monitors.grouping import group_sites
from monitors.heard import Heard, hear_records
from monitors.records.balance import seek_imbalances
from monitors.records.limits import seek_exceedances
from monitors.records.marks import seek_marks
from monitors.records.matrices import SiteMatrices, matrices_of
from monitors.records.near_limit import seek_near_limit
from monitors.records.repeats import seek_repeats
from monitors.records.validity import seek_converted, seek_nitrogen_oxides
from monitors.schema import Anomaly, SiteRecords
from monitors.settings import RecordSettings
from monitors.settle import settle
from monitors.shape import seek_shapes
from monitors.treatment import seek_treatment

FAMILIES: tuple[Callable[[SiteMatrices], Iterable[Anomaly]], ...] = (
    seek_exceedances,
    seek_converted,
    seek_nitrogen_oxides,
    seek_near_limit,
    seek_repeats,
    seek_imbalances,
    seek_marks,
)
"""Rules that read the matrices of a site, one family a file."""
RULES: tuple[Callable[[SiteRecords, Sequence[Order], RecordSettings], Iterable[Anomaly]], ...] = (
    lambda records, _orders, _settings: seek_shapes(records),
    seek_treatment,
)
"""Rules that read the records of a site as they are, and the orders of all sites."""
_SITES_A_TASK = 100


def seek_anomalies(
    series: Sequence[xr.Dataset] | Sequence[StoredSites],
    sites: Sequence[Site] = (),
    orders: Sequence[Order] = (),
    settings: RecordSettings | None = None,
) -> Outcome[tuple[Anomaly, ...]]:
    """Ask every rule of the records of every site, and weigh what can have made what was found.

    Sites are asked in tasks of a hundred, in parallel where there are more; stored series are read in their task.

    Parameters
    ----------
    series : sequence of xarray.Dataset or of StoredSites
        Monitor series (`ingest.schema`), or files with all series of the sites in them.
    sites : sequence of Site
        Sites of the registers.
    orders : sequence of Order
        Stop and limit orders of the registers.
    settings : RecordSettings, optional
        What the bureau sets.

    Returns
    -------
    Outcome of tuple of Anomaly
        By site, point and time. Decisions say how many series were asked, what was found by kind, of which series no
        rule can say anything and why, and what is odd about the records.
    """
    settings = settings or RecordSettings()
    heard = Heard()
    for part in _parts(series, tuple(sites), tuple(orders), settings):
        heard.add(part)
    return heard.outcome() if series else Outcome(())


def _parts(
    series: Sequence[xr.Dataset] | Sequence[StoredSites],
    sites: tuple[Site, ...],
    orders: tuple[Order, ...],
    settings: RecordSettings,
) -> Iterator[Heard]:
    stored = [one for one in series if isinstance(one, StoredSites)]
    plain = [one for one in series if isinstance(one, xr.Dataset)]
    grouped = group_sites(plain, sites)
    yield Heard(notes=Notes(grouped.decisions, grouped.rejects))
    chunks = [grouped.value[at : at + _SITES_A_TASK] for at in range(0, len(grouped.value), _SITES_A_TASK)]
    if len(chunks) + len(stored) <= 1:
        yield from (ask_sites(chunk, orders, settings) for chunk in chunks)
        yield from (_ask_stored(one, sites, orders, settings) for one in stored)
        return
    tasks = [delayed(ask_sites)(chunk, orders, settings) for chunk in chunks]
    tasks += [delayed(_ask_stored)(one, sites, orders, settings) for one in stored]
    yield from compute(*tasks)


def _ask_stored(
    stored: StoredSites, sites: tuple[Site, ...], orders: tuple[Order, ...], settings: RecordSettings
) -> Heard:
    grouped = group_sites(stored.read(), sites)
    heard = Heard(notes=Notes(grouped.decisions, grouped.rejects))
    heard.add(ask_sites(grouped.value, orders, settings))
    return heard


def ask_sites(chunk: Sequence[SiteRecords], orders: Sequence[Order], settings: RecordSettings) -> Heard:
    """Ask all rules of some sites."""
    heard = Heard()
    for records in chunk:
        heard.add(ask_site(records, orders, settings))
    return heard


def ask_site(records: SiteRecords, orders: Sequence[Order], settings: RecordSettings) -> Heard:
    """Ask all rules of one site, of each of its series once."""
    once = _each_once(records)
    activity = infer_activity(once)
    site = matrices_of(once, settings, activity)
    found = [one for family in FAMILIES for one in family(site)]
    found += [one for rule in RULES for one in rule(once, orders, settings)]
    heard = hear_records(records, once, site)
    heard.notes.keep(*devices_of(once).decisions)
    heard.found += weigh_causes(settle(found), activity)
    return heard


def _each_once(records: SiteRecords) -> SiteRecords:
    """The same records without series that are there twice."""
    kept: list[xr.Dataset] = []
    for one in records.series:
        if not any(one is other or _same(one, other) for other in kept):
            kept.append(one)
    return records if len(kept) == len(records.series) else replace(records, series=tuple(kept))


def _same(one: xr.Dataset, other: xr.Dataset) -> bool:
    return one.sizes == other.sizes and set(one.variables) == set(other.variables) and one.identical(other)
