"""Anomalies of devices: what all rules on them write alike."""

from __future__ import annotations

from collections.abc import Mapping

from monitors.devices import SiteDevice
from monitors.schema import Anomaly, SiteRecords, utc_of


def anomaly_of(
    records: SiteRecords,
    device: SiteDevice,
    kind: str,
    rows: tuple[int, int],
    strength: float,
    values: Mapping[str, float | str],
    rivals: tuple[str, ...] = (),
) -> Anomaly:
    """What is said of the intervals from the first row up to the second."""
    start, end = (utc_of(device.start + row * device.step) for row in rows)
    return Anomaly(
        kind, records.permit_code, records.uscc, records.site_name, device.point, device.source, device.name,
        start, end, strength, values, rivals,
    )  # fmt: skip


def unit_of(device: SiteDevice) -> str:
    """The unit of a device's values."""
    return {"power": "kW", "current": "A", "energy": "kWh", "state": "1", "hours": "h"}[device.quantity]
