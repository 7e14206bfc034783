"""Production while an order to stop or to limit it holds."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from ingest.coordinates import zone_of
from ingest.registers.joins import name_key
from ingest.registers.kinds import Order
from monitors.cases import anomaly_of
from monitors.devices import DAY_S, PRODUCTION, SiteDevice, SiteDevices
from monitors.schema import Anomaly, SiteRecords
from monitors.settings import RecordSettings

Bools = NDArray[np.bool_]

_RUNS = 0.9  # from this share on an interval counts as one of production
_STOP_S = 2 * 3600.0  # a shift that ends after midnight: choice
_CUT = re.compile(r"(\d+(?:\.\d+)?)\s*[%％]")


def seek_in_stop(
    records: SiteRecords, devices: SiteDevices, orders: Sequence[Order], settings: RecordSettings
) -> Iterator[Anomaly]:
    """Find production of a site against the orders that hold for it (`monitors.treatment.seek_treatment`)."""
    held = [order for order in orders if _holds(order, records)]
    producers = devices.of_role(PRODUCTION) or devices.of_role("")
    for order in held if producers else ():
        days = _days(order, settings)
        if order.is_partial or not (order.stops or _CUT.search(order.measure)):
            continue
        for device in producers:
            inside = (device.time >= days[0]) & (device.time + device.step <= days[1])
            if _CUT.search(order.measure) and not order.stops:
                yield from _above_limit(records, device, order, inside)
            else:
                yield from _against_stop(records, device, order, inside)


def _holds(order: Order, records: SiteRecords) -> bool:
    """Whether an order is for this site: by name, or by area and grade; of a site without a grade nobody knows."""
    who, site = order.enterprise, records.site
    permit = records.permit_code or (site.permit_code if site else "")
    uscc = records.uscc or (site.uscc if site else "")
    if who.permit_code and permit:
        return who.permit_code == permit
    if who.uscc and uscc:
        return who.uscc == uscc
    if who.name:
        names = {records.site_name, site.name if site else ""} - {""}
        return name_key(who.name) in {name_key(name) for name in names}
    if not order.area or site is None or order.area not in (site.district, site.park):
        return False
    return not order.grade or order.grade == site.grade


def _days(order: Order, settings: RecordSettings) -> tuple[np.datetime64, np.datetime64]:
    """Start of the first and end of the last day of an order, UTC; without a date it has no such end."""

    def midnight(day: date | None, otherwise: str, days: int) -> np.datetime64:
        if day is None:
            return np.datetime64(otherwise, "ns")
        local = datetime(day.year, day.month, day.day, tzinfo=zone_of(settings.time_zone)) + timedelta(days=days)
        return np.datetime64(local.astimezone(UTC).replace(tzinfo=None), "ns")

    return midnight(order.start, "1990-01-01", 0), midnight(order.end, "2200-01-01", 1)


def _against_stop(records: SiteRecords, device: SiteDevice, order: Order, inside: Bools) -> Iterator[Anomaly]:
    ran = np.flatnonzero(inside & (device.running > _RUNS))
    seconds = len(ran) * device.step_s
    if seconds >= _STOP_S:
        said: dict[str, float | str] = {"hours": seconds / 3600.0, "measure": order.measure, "order": order.source}
        rows = (int(ran[0]), int(ran[-1]) + 1)
        yield anomaly_of(records, device, "production_in_stop", rows, seconds / _STOP_S, said, _doubts(device, order))


def _above_limit(records: SiteRecords, device: SiteDevice, order: Order, inside: Bools) -> Iterator[Anomaly]:
    """More than an order leaves of the usual power over whole weeks: stops by night count in both."""
    match = _CUT.search(order.measure)
    if match is None or device.quantity not in ("power", "current", "energy"):
        return
    known = np.isfinite(device.values)
    before = known & ~inside
    if np.count_nonzero(before) * device.step_s < 7 * DAY_S or not (known & inside).any():
        return
    left = 1.0 - float(match[1]) / 100.0
    share = float(device.values[known & inside].mean() / max(device.values[before].mean(), 1e-9))
    if left > 0 and share > left:
        rows = np.flatnonzero(inside & known)
        said: dict[str, float | str] = {"share": share, "left": left, "measure": order.measure, "order": order.source}
        bounds = (int(rows[0]), int(rows[-1]) + 1)
        yield anomaly_of(records, device, "production_in_stop", bounds, share / left, said, _doubts(device, order))


def _doubts(device: SiteDevice, order: Order) -> tuple[str, ...]:
    rivals = ["order_without_end"] if order.end is None else []
    rivals += [] if device.changes else ["device_never_changes"]
    rivals += ["state_only_declared"] if device.quantity == "state" else []
    return tuple(rivals)
