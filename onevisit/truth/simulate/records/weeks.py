"""Weeks of records of many sites, some of them upset: who has which upset, and what is true at each."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from monitors.schema import Cause
from onevisit.truth.simulate.records.emissions import exceed
from onevisit.truth.simulate.records.outlet import Anomaly, SiteRecord, WrittenOrder, draw_outlet, with_anomaly
from onevisit.truth.simulate.records.plants import Bools, Floats, Plant
from onevisit.truth.simulate.records.upsets import Upset, fitting, lay_upset, with_order, with_small_gaps

UPSET_SHARE = 0.5
"""Share of the sites to which something happens; a choice, as in world 1."""
_SECOND_SHARE = 0.3
_ORDER_SHARE = 0.15
_METERS = ("treatment_off", "idle_treatment", "meter_offline", "production_in_stop")


def draw_weeks(
    plants: Sequence[Plant],
    start: datetime,
    hours: int,
    on: Mapping[str, bool],
    rng: np.random.Generator,
    *,
    running: Mapping[str, Floats] | None = None,
    shown: Collection[str] = (),
    upset_share: float = UPSET_SHARE,
) -> tuple[SiteRecord, ...]:
    """Draw the records of every plant.

    Kinds of upset go round among the sites to which they can happen, the rarest so far first, so that each occurs
    about as often as any other.

    Parameters
    ----------
    start : datetime
        A local midnight.
    on : mapping
        The confounders; upsets of one that is off do not happen.
    running : mapping of str to array, shape (24,), optional
        By site, the share of each hour of the last day in which it emits.
    shown : collection of str
        Sites whose emission beyond the permit shows in the monitor on the last day.
    upset_share : float
        Share of the sites to which something happens.
    """
    counts: dict[str, int] = {}
    own = rng.spawn(len(plants))  # what happens at one site leaves the draws of the others as they are
    upset = set(rng.permutation(len(plants))[: round(upset_share * len(plants))].tolist())
    records = []
    for index, (plant, its) in enumerate(zip(plants, own, strict=True)):
        order = _draw_order(plant, start, hours, its)
        known = (running or {}).get(plant.site_id)
        record = draw_outlet(plant, start, hours, its, order=order, running=known)
        gone = record.lost
        if order is not None:
            record = with_order(record, order[1])
        if plant.site_id in shown and plant.limited:
            record = _show_emission(record, known, its)
        if index in upset:
            for _ in range(1 + int(its.random() < _SECOND_SHARE)):
                record = _upset(record, on, counts, its)
        records.append(with_small_gaps(record, gone))
    return tuple(records)


def _show_emission(record: SiteRecord, running: Floats | None, rng: np.random.Generator) -> SiteRecord:
    """Let the hours of the last day in which the site emits exceed; from eight to four where nobody knows them."""
    known = np.flatnonzero(np.nan_to_num(running) > 0) if running is not None else np.arange(0)
    first, last = (int(known[0]), int(known[-1]) + 1) if len(known) else (8, 16)
    window = slice(record.hours - 24 + first, record.hours - 24 + max(last, first + 2))
    code = record.plant.limited[0].code
    record = exceed(record, window, code, rng)
    start, end = record.moment(window.start), record.moment(window.stop)
    shown = Anomaly(
        "exceedance", record.plant.site_id, start, end, "visit", Cause.EMISSION, code, ("step",), name="shown"
    )
    return with_anomaly(record, shown)


def _draw_order(
    plant: Plant, start: datetime, hours: int, rng: np.random.Generator
) -> tuple[WrittenOrder, bool] | None:
    """An order of two to four days in heavy pollution, obeyed by seven of ten; plants that cannot stop get none.

    The last day is in none: of it a mission knows who emits.
    """
    given, obeyed, grade = rng.random() < _ORDER_SHARE, rng.random() < 0.7, str(rng.choice(["B", "C", "D"]))
    first, days = int(rng.integers(4, max(hours // 24 - 5, 5))), int(rng.integers(2, 5))
    if not given or plant.rhythm in ("always", "continuous") or plant.daily_energy:
        return None
    begin, end = (start + timedelta(days=day) for day in (first, min(first + days - 1, hours // 24 - 2)))
    return WrittenOrder(begin, end, grade, "限产" if grade == "B" else "停产"), bool(obeyed)


def _upset(
    record: SiteRecord, on: Mapping[str, bool], counts: dict[str, int], rng: np.random.Generator
) -> SiteRecord:
    """Let happen what happened least so far and fits; ties are drawn."""
    possible = fitting(record, on)
    order: list[Upset] = [possible[int(k)] for k in rng.permutation(len(possible))]
    for upset in sorted(order, key=lambda u: counts.get(u.name, 0)):
        changed = lay_upset(record, upset, rng)
        if changed is not None:
            counts[upset.name] = counts.get(upset.name, 0) + 1
            return changed
    return record


def told_anomalies(record: SiteRecord) -> tuple[Anomaly, ...]:
    """Its anomalies at the times of the clocks that recorded them."""
    shift = timedelta(hours=record.plant.clock_h)
    return tuple(
        a if a.kind in _METERS else replace(a, start=a.start + shift, end=a.end + shift) for a in record.anomalies
    )


def truth_of_anomaly(anomaly: Anomaly) -> dict[str, Any]:
    """What ``truth.json`` says of one; times in UTC."""
    return {
        "kind": anomaly.kind,
        "site_id": anomaly.site_id,
        "code": anomaly.code,
        "start": _utc(anomaly.start),
        "end": _utc(anomaly.end),
        "cause": str(anomaly.cause),
        "expected": anomaly.expected,
        "also": list(anomaly.also),
        "required": anomaly.required,
        "name": anomaly.name or anomaly.kind,
    }


def truth_of_activity(record: SiteRecord) -> dict[str, Any]:
    """In which minutes from ``begins`` (UTC) on a site ran: first and last of each stretch, the last not included."""
    return {
        "site_id": record.plant.site_id,
        "begins": _utc(record.start),
        "minutes": len(record.on),
        "on": _stretches(record.on),
    }


def _stretches(on: Bools) -> list[list[int]]:
    edges = np.flatnonzero(np.diff(np.r_[False, on, False].astype(np.int8)))
    return [[int(a), int(b)] for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _utc(moment: datetime) -> str:
    return (moment - timedelta(hours=8)).strftime("%Y-%m-%dT%H:%M:%SZ")
