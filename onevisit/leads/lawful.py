"""Whether what a site emits is within what it may: each thing that is known of it, as a likelihood ratio.

Who emits is not who offends: a licensed paint shop beside a road shows in every pass. Nothing that fusion has heard
is heard again here (which species a permit lists, when the site ran): a datum enters once, by its id. What is not
known says nothing; where nothing is known, that is said. The site's own usual rate is not heard yet: nothing
remembers it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo

import xarray as xr

from fusion.attribution.candidates import species_weight
from fusion.schema import Hotspot, Rate, SiteProbability
from fusion.settings import FusionSettings
from ingest.outcome import Phrase
from ingest.schema import Permitted, Site
from monitors.schema import Anomaly, utc_of
from onevisit.leads.emissions import rate_in_grams
from onevisit.leads.named import index_sites, sites_named, sites_of
from onevisit.leads.records import anomaly_id
from onevisit.leads.rivals import explain_record, probability_of, ratio_of_rate
from onevisit.leads.standing import Standing
from onevisit.leads.tables import RivalTables
from onevisit.schema import Rival

_SAME_TIME = timedelta(hours=2)
"""An hourly value speaks of plumes that were met within so long of it: a choice, twice its own length."""
_EMITS = frozenset({"exceedance", "treatment_off", "idle_treatment", "production_in_stop"})
_SURE = 0.5
_BY_NAME = FusionSettings()
"""By which a species that a permit lists by name, or as the sum of its family, weighs one."""
_Z90 = 1.645


@dataclass(frozen=True)
class Indication:
    """One thing that speaks of the lawfulness of an emission: the id of its datum, its likelihood ratio, its words.

    ``ratio`` is that of its probability beyond the permit to that within it.
    """

    id: str
    ratio: float
    text: Phrase


@dataclass(frozen=True)
class SiteAnomalies:
    """What the monitors of one site say: anomalies by their ids, and the span that its limited outlets cover."""

    anomalies: tuple[tuple[str, Anomaly], ...] = ()
    covered: tuple[datetime, datetime] | None = None


@dataclass(frozen=True)
class Known:
    """What is known beside the air: registers and records by the id of the site, the day of the visits, the zone."""

    day: date
    zone: tzinfo = UTC
    standings: Mapping[str, Standing] = field(default_factory=dict)
    records: Mapping[str, SiteAnomalies] = field(default_factory=dict)


def hear_lawfulness(
    site: Site, candidate: SiteProbability, hotspot: Hotspot, known: Known, tables: RivalTables
) -> tuple[Indication, ...]:
    """All that speaks of the lawfulness of what a site emits, given that it made a hotspot.

    Parameters
    ----------
    site : Site
    candidate : SiteProbability
        With the emission rate that the hotspot asks of the site.
    hotspot : Hotspot
    known : Known
        Registers and records.
    tables : RivalTables
    """
    standing = known.standings.get(site.site_id, Standing())
    recorded = known.records.get(site.site_id, SiteAnomalies())
    return (
        *_of_rate(site, candidate.rate, hotspot, tables),
        *_of_records(recorded, hotspot, tables),
        *_of_registers(site, standing, hotspot, known, tables),
    )


def _of_rate(site: Site, rate: Rate | None, hotspot: Hotspot, tables: RivalTables) -> Iterator[Indication]:
    """The measured rate against what the permit allows an hour, or a year where it states no hour."""
    grams = rate_in_grams(rate, hotspot.unit, hotspot.species)
    allowed = permitted_g_s(site, hotspot.species, tables)
    if grams is None or allowed is None or not grams.median > 0 or not grams.low > 0:
        return
    times = grams.median / allowed
    ln_sd = math.log(grams.high / grams.low) / (2.0 * _Z90)
    values = {"kg_h": grams.median * 3.6, "low": grams.low * 3.6, "high": grams.high * 3.6, "limit": allowed * 3.6}
    yield Indication(f"rate@{hotspot.id}", ratio_of_rate(times, ln_sd, tables), Phrase("heard_rate", values))


def permitted_g_s(site: Site, species: str, tables: RivalTables) -> float | None:
    """What a permit allows of a species, g s-1; None where it states nothing that can be compared.

    A yearly amount is what may be given off over ``yearly_h``: the highest rate that can keep to it.
    """
    found = [one for one in site.permitted if _is_of(one, site, species)]
    hourly = [one.kg_h / 3.6 for one in found if one.kg_h]
    yearly = [one.t_a * 1e6 / (tables.yearly_h * 3600.0) for one in found if one.t_a]
    return max(hourly or yearly, default=None)


def _is_of(one: Permitted, site: Site, species: str) -> bool:
    """Whether a limit is of a species: by name or as the sum of its family; a nameless one where one is listed."""
    if not one.species and len(site.species) != 1:
        return False
    listed = (one.species,) if one.species else site.species
    return species_weight(listed, species, _BY_NAME) == 1.0


def _of_records(recorded: SiteAnomalies, hotspot: Hotspot, tables: RivalTables) -> Iterator[Indication]:
    """A true exceedance of the site's own outlet at that time, or records that cover it and show none."""
    first, last = _utc(hotspot.first_seen) - _SAME_TIME, _utc(hotspot.last_seen) + _SAME_TIME
    shown = [
        (number, one) for number, one in recorded.anomalies
        if one.kind in _EMITS and one.start <= last and one.end >= first
        and probability_of(explain_record(one, tables), Rival.UNLAWFUL) >= _SURE
    ]  # fmt: skip
    if shown:
        number, one = max(shown, key=lambda pair: pair[1].strength)
        yield Indication(
            number, tables.exceeds, Phrase("heard_exceedance", {"id": number, "kind": f"record_{one.kind}"})
        )
    elif recorded.covered and recorded.covered[0] <= first and last <= recorded.covered[1]:
        yield Indication(f"records@{hotspot.id}", tables.clean, Phrase("heard_clean_records"))


def _of_registers(
    site: Site, standing: Standing, hotspot: Hotspot, known: Known, tables: RivalTables
) -> Iterator[Indication]:
    """A stop order that was in force, a permit that had expired, an open complaint."""
    seen = _utc(hotspot.last_seen).astimezone(known.zone).date()
    stopped = [order for order in standing.orders if order.stops and order.is_in_force(seen)]
    if stopped:
        values = {"measure": stopped[0].measure}
        yield Indication(f"order@{stopped[0].source}", tables.stop_order, Phrase("heard_stop_order", values))
    if site.permit_valid_to is not None and site.permit_valid_to < seen:
        values = {"day": site.permit_valid_to.isoformat()}
        yield Indication("permit_valid_to", tables.expired, Phrase("heard_expired", values))
    if standing.complaints:
        text = Phrase("heard_complaint", {"count": len(standing.complaints)})
        yield Indication("complaints", tables.complained, text)


def _utc(time: datetime) -> datetime:
    return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)


def covered_by_site(series: Sequence[xr.Dataset], sites: Sequence[Site]) -> dict[str, tuple[datetime, datetime]]:
    """First and last moment (UTC) of the records of outlets with a limit, by the id of the site."""
    named = index_sites(sites)
    spans: dict[str, tuple[datetime, datetime]] = {}
    for one in series:
        if not one.sizes["obs"] or not any("limit" in variable.attrs for variable in one.data_vars.values()):
            continue
        same = sites_named(named, *(str(one.attrs[name]) for name in ("permit_code", "uscc", "site_name")))
        if len(same) == 1:
            first, last = (utc_of(one["time"].values[k]) for k in (0, -1))
            before = spans.get(same[0].site_id, (first, last))
            spans[same[0].site_id] = min(first, before[0]), max(last, before[1])
    return spans


def recorded_by_site(
    anomalies: Sequence[Anomaly], covered: Mapping[str, tuple[datetime, datetime]], sites: Sequence[Site]
) -> dict[str, SiteAnomalies]:
    """What monitors say by the id of the site; anomalies in the order in which they have their ids."""
    said: dict[str, list[tuple[str, Anomaly]]] = {}
    for number, (one, site) in enumerate(zip(anomalies, sites_of(anomalies, sites), strict=True), start=1):
        if site is not None:
            said.setdefault(site.site_id, []).append((anomaly_id(number), one))
    return {key: SiteAnomalies(tuple(said.get(key, ())), covered.get(key)) for key in {*said, *covered}}
