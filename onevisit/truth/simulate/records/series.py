"""Records of a site as the monitor series that ingest makes of their files, without files."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import xarray as xr

from ingest.monitors.codes import code_of
from ingest.monitors.marks import mark_variable
from onevisit.truth.simulate.records.outlet import Device, SiteRecord, readings
from onevisit.truth.simulate.records.plants import Bools, Floats

_BEIJING = np.timedelta64(8, "h")
_RUNS_ABOVE = 0.3
"""Share of the usual power above which the platform calls a device running."""


def series_of(record: SiteRecord, rng: np.random.Generator) -> tuple[xr.Dataset, ...]:
    """The outlet (if it has a monitor) and the meters of a site as `ingest.schema` describes them."""
    found = [_outlet(record, rng)] if record.plant.monitored else []
    return (*found, _energy(record) if record.plant.daily_energy else _meters(record))


def _outlet(record: SiteRecord, rng: np.random.Generator) -> xr.Dataset:
    plant, values = record.plant, readings(record, rng)
    kept = np.flatnonzero(~record.lost)
    data: dict[str, xr.Variable] = {}
    for q in plant.quantities:
        known = code_of(q.code)
        if known is None:
            raise KeyError(q.code)
        about: dict[str, object] = {"code": q.code, "long_name": known.name_en, "units": known.unit}
        about |= {"limit": q.limit} if q.limit is not None else {}
        data[q.code] = xr.Variable("obs", values[q.code][kept], about)
        if q.converted:
            named = f"{known.name_en}, corrected" if plant.packets else known.name_en
            data[f"{q.code}_corrected"] = xr.Variable(
                "obs", values[f"{q.code}_corrected"][kept], {**about, "long_name": named}
            )
        texts, index = np.unique(record.flags[q.code][kept], return_inverse=True)
        data[f"{q.code}_mark"] = mark_variable(index.astype(np.int32), texts.tolist())
    if record.spans:
        data["mark"] = _spans(record, kept)
    source = f"hj212_{record.start:%Y%m%d}.txt" if plant.packets else "小时数据导出.csv"
    point = ("DW001" if plant.trade.water else "DA001") if plant.packets else point_of(record)
    return _dataset(record, data, kept + plant.clock_h, "hour", plant.number if plant.packets else "", point, source)


def point_of(record: SiteRecord) -> str:
    """The name of its outlet on the platform."""
    return "废水总排口" if record.plant.trade.water else "废气排放口1#"


def _spans(record: SiteRecord, kept: np.ndarray[tuple[int], np.dtype[np.intp]]) -> xr.Variable:
    texts, index = [""], np.zeros(record.hours, np.int32)
    for span in record.spans:
        index[span.first : span.last] = len(texts)
        texts.append(span.text)
    return mark_variable(index[kept], texts)


def _meters(record: SiteRecord) -> xr.Dataset:
    data: dict[str, xr.Variable] = {}
    for device in record.devices:
        about = {"long_name": device.code, "role": device.role, "linked_to": device.linked_to}
        data[f"{device.code}_power"] = xr.Variable("obs", np.round(device.kw, 2), {"units": "kW", **about})
        if record.plant.states:
            state = np.where(np.isnan(device.kw), np.nan, states(device).astype(float))
            data[f"{device.code}_state"] = xr.Variable("obs", state, {"units": "1", **about})
        if device.declared_stopped.any():
            declared = (device.declared_stopped & ~np.isnan(device.kw)).astype(np.int32)
            data[f"{device.code}_mark"] = mark_variable(declared, ["", "停运"])
    if record.spans:  # a mark of a site that names another point covers what names none
        data["mark"] = _spans(record, np.clip(np.arange(record.hours) - record.plant.clock_h, 0, record.hours - 1))
    return _dataset(record, data, np.arange(record.hours), "hour", "", "", "用电监控.csv")


def states(device: Device) -> Bools:
    """Whether the power platform calls a device running."""
    kw = np.nan_to_num(device.kw)
    most = float(np.median(kw[kw > _RUNS_ABOVE * kw.max()])) if kw.max() > 0 else 1.0
    return np.asarray(kw > _RUNS_ABOVE * most, bool)


def daily_kwh(record: SiteRecord) -> Floats:
    """Energy of all devices on each whole day."""
    total = np.sum([np.nan_to_num(d.kw) for d in record.devices], axis=0)
    return np.asarray(np.round(total[: len(total) // 24 * 24].reshape(-1, 24).sum(axis=1), 1), float)


def _energy(record: SiteRecord) -> xr.Dataset:
    kwh = daily_kwh(record)
    about = {"units": "kWh", "long_name": "总表", "role": "", "linked_to": ""}
    data = {"总表_energy": xr.Variable("obs", kwh, about)}
    return _dataset(record, data, 24 * np.arange(len(kwh)), "day", "", "", "日用电量.csv")


def _dataset(
    record: SiteRecord,
    data: dict[str, xr.Variable],
    hours: np.ndarray[tuple[int], np.dtype[np.intp]],
    interval: str,
    number: str,
    point: str,
    source: str,
) -> xr.Dataset:
    plant = record.plant
    time = np.datetime64(_plain(record.start), "ns") + hours.astype("timedelta64[h]") - _BEIJING
    return xr.Dataset(
        data,
        {"time": ("obs", time, {"standard_name": "time", "axis": "T"})},
        {
            "interval": interval, "mn": number, "point": point, "permit_code": plant.site_id, "uscc": plant.uscc,
            "site_name": plant.name, "source": source,
        },
    )  # fmt: skip


def _plain(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S")
