"""A plant whose records do not change, so that what an upset does to them can be worked out by hand."""

from __future__ import annotations

from datetime import datetime

import numpy as np

from onevisit.truth.simulate.records.outlet import Device, SiteRecord
from onevisit.truth.simulate.records.plants import TRADES, Plant

START = datetime(2026, 3, 2)
"""A Monday."""
HOURS = 480


def steady_plant(trade: str = "power", **changed: object) -> Plant:
    """A plant that runs all day; oxygen is that of reference, so that converted values are the measured ones."""
    kind = TRADES[trade]
    levels = {q.code: 0.5 * (q.limit or 100.0) for q in kind.quantities} | {"a19001": kind.reference_o2 or 0.0}
    own: dict[str, object] = {
        "site_id": "91510199MA00000000001P", "name": "厂", "uscc": "91510199MA00000000", "number": "0" * 24,
        "trade": kind, "monitored": True, "kw": 100.0, "rhythm": "always", "opens_h": 8.0, "works_h": 24.0,
        "second_line": False, "standby": 0.0, "levels": levels,
    }  # fmt: skip
    return Plant(**{**own, **changed})  # type: ignore[arg-type]


def steady_record(trade: str = "power", **changed: object) -> SiteRecord:
    """Twenty days at half of each limit, with 100 kW of production and 25 kW of treatment."""
    plant = steady_plant(trade, **changed)
    codes, empty, nothing = [q.code for q in plant.quantities], np.full(HOURS, np.nan), np.zeros(HOURS, bool)
    check = nothing if plant.check_hour is None else np.arange(HOURS) % 24 == plant.check_hour
    letters = np.full(HOURS, "N", "<U1")
    devices = (
        Device("MF0001", "production", "", np.full(HOURS, 100.0), nothing),
        Device("TA001", "treatment", "MF0001", np.full(HOURS, 25.0), nothing),
    )
    limited = {q.code for q in plant.limited}
    return SiteRecord(
        plant, START, np.ones(60 * HOURS, bool), np.ones(HOURS),
        {c: np.full(HOURS, plant.levels[c]) for c in codes}, {c: np.ones(HOURS) for c in codes},
        {c: np.zeros(HOURS) for c in codes}, dict.fromkeys(codes, empty), dict.fromkeys(codes, empty),
        {q.code: empty for q in plant.quantities if q.converted}, nothing,
        {c: np.where(check & (c in limited), "C", letters) for c in codes}, check, devices, np.zeros(HOURS, np.int64),
    )  # fmt: skip
