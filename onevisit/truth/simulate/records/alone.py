"""Records without a park: no street, no drive, no file, and hundreds of sites in seconds; for benchmarks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import xarray as xr

from ingest.registers.kinds import Enterprise, Order
from ingest.schema import CrsSource, Site
from onevisit.truth.simulate.confounders import CONFOUNDERS
from onevisit.truth.simulate.drives.outings import stream
from onevisit.truth.simulate.names import Industry, company_name, permit_code, uscc
from onevisit.truth.simulate.records.outlet import SiteRecord
from onevisit.truth.simulate.records.plants import TRADES, Plant, draw_plant
from onevisit.truth.simulate.records.series import series_of
from onevisit.truth.simulate.records.weeks import draw_weeks, told_anomalies, truth_of_activity, truth_of_anomaly

_MONITORED = 0.75
_SHARES: Mapping[str, float] = {
    "organics": 0.24, "dust": 0.1, "boiler": 0.14, "power": 0.1, "incineration": 0.08, "cement": 0.08,
    "paper": 0.08, "sewage": 0.18,
}  # fmt: skip
"""A mixture in which every rule has something to say; a choice."""
_WORDS: Mapping[str, str] = {
    "organics": "家具", "dust": "建材", "boiler": "热力", "power": "发电", "incineration": "环保能源",
    "cement": "水泥", "paper": "纸业", "sewage": "水务",
}  # fmt: skip


@dataclass(frozen=True)
class DrawnRecords:
    """Series as `ingest.monitors.read` gives them, the sites and orders of the registers, and what is true.

    ``truth`` has the parts ``anomalies`` and ``activity`` of a ``truth.json``.
    """

    series: tuple[xr.Dataset, ...]
    sites: tuple[Site, ...]
    orders: tuple[Order, ...]
    truth: Mapping[str, Any]


def draw_records(
    seed: int, sites: int = 60, weeks: int = 8, *, without: tuple[str, ...] = (), upset_share: float = 0.7
) -> DrawnRecords:
    """Draw weeks of hourly records of many sites, as world 2 has them.

    Parameters
    ----------
    seed : int
        From 1000 on for scoring only.
    without : tuple of str
        Confounders that are off; all others of the records are on.
    upset_share : float
        Share of the sites to which something happens.

    Examples
    --------
    >>> drawn = draw_records(3, sites=4, weeks=4)
    >>> len(drawn.sites), drawn.series[0].sizes["obs"] > 600, sorted(drawn.truth)
    (4, True, ['activity', 'anomalies'])
    """
    rng = stream(seed, "records alone")
    on = {c.name: c.name not in without for c in CONFOUNDERS}
    plants = [_plant(on, rng) for _ in range(sites)]
    start = datetime(2026, 1, 5) + timedelta(days=int(rng.integers(0, 300)))
    records = draw_weeks(plants, start, weeks * 168, on, rng, upset_share=upset_share)
    series = tuple(one for record in records for one in series_of(record, rng))
    truth = {
        "anomalies": [truth_of_anomaly(a) for record in records for a in told_anomalies(record)],
        "activity": [truth_of_activity(record) for record in records],
    }
    return DrawnRecords(series, tuple(map(_site, plants)), tuple(o for r in records for o in _orders(r)), truth)


def _plant(on: Mapping[str, bool], rng: np.random.Generator) -> Plant:
    trade = TRADES[str(rng.choice(list(_SHARES), p=list(_SHARES.values())))]
    code = uscc(rng)
    name = company_name(Industry(trade.code, "", _WORDS[trade.name], (), 0.0, 0.0), rng)
    monitored = bool(rng.random() < _MONITORED)
    return draw_plant(permit_code(code, 1, rng), name, code, trade, on, rng, monitored=monitored)


def _site(plant: Plant) -> Site:
    return Site(
        plant.site_id, plant.name, 104.07, 30.67, 10.0, "WGS84", CrsSource.DECLARED, permit_code=plant.site_id,
        uscc=plant.uscc, industry_code=plant.trade.code,
        management_class="重点管理" if plant.monitored else "简化管理",
    )  # fmt: skip


def _orders(record: SiteRecord) -> tuple[Order, ...]:
    plant = record.plant
    who = Enterprise(plant.site_id, plant.uscc, plant.name)
    return tuple(
        Order(who, "", _day(o.start), _day(o.end), o.grade, o.measure, "停限产令.csv") for o in record.orders
    )


def _day(moment: datetime) -> date:
    return moment.date()
