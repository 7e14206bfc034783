"""Records of one small plant, made by hand, for the tests of this folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from ingest.monitors.marks import mark_variable
from ingest.schema import check_monitor
from monitors.schema import SiteRecords

START = np.datetime64("2026-03-01T16:00", "ns")  # midnight of the 2nd in Beijing
_STEPS = {"hour": np.timedelta64(3600, "s"), "day": np.timedelta64(86400, "s"), "minute": np.timedelta64(60, "s")}

Power = Mapping[str, tuple[str, str, ArrayLike]]


def meters(
    power: Power,
    *,
    quantity: str = "power",
    interval: str = "hour",
    marks: Mapping[str, Sequence[str]] | None = None,
    source: str = "用电监控.csv",
) -> xr.Dataset:
    """A series of meters: role, link and values by device; marks are texts of each row."""
    unit = {"power": "kW", "energy": "kWh", "state": "1", "hours": "h", "current": "A"}[quantity]
    data = {
        f"{name}_{quantity}": xr.Variable(
            "obs", np.asarray(values, float), {"units": unit, "long_name": name, "role": role, "linked_to": linked}
        )
        for name, (role, linked, values) in power.items()
    }
    for name, texts in (marks or {}).items():
        words, index = np.unique(np.array(["", *texts]), return_inverse=True)
        data[f"{name}_mark"] = mark_variable(index[1:].astype(np.int32), words.tolist())
    return series(data, interval=interval, source=source)


def outlet(code: str, values: ArrayLike, *, interval: str = "hour", unit: str = "mg m-3") -> xr.Dataset:
    """A series of one quantity of an outlet."""
    variable = xr.Variable("obs", np.asarray(values, float), {"units": unit, "code": code, "long_name": code})
    return series({code: variable}, interval=interval, source="小时数据导出.csv")


def series(data: Mapping[str, xr.Variable], *, interval: str, source: str) -> xr.Dataset:
    """Any series of the plant from midnight of 2 March 2026 on, which keeps the contract of `ingest.schema`."""
    count = len(next(iter(data.values())))
    time = START + np.arange(count) * _STEPS[interval]
    names = {"mn": "", "point": "", "permit_code": "P1", "uscc": "", "site_name": "厂", "source": source}
    made = xr.Dataset(dict(data), {"time": ("obs", time)}, {"interval": interval, **names})
    check_monitor(made)
    return made


def records(*own: xr.Dataset) -> SiteRecords:
    """The records of the plant."""
    return SiteRecords("P1", "", "厂", own)


def days_of_work(days: int, *, on: float = 100.0, off: float = 5.0, scatter: float = 0.05) -> np.ndarray:
    """Hours of a plant that works from 8 to 18 every day, with a load that scatters."""
    hour = np.arange(24 * days)
    load = 1.0 + scatter * np.sin(hour * 2.399)  # no two alike
    return np.where((hour % 24 >= 8) & (hour % 24 < 18), on, off) * load
