"""Monitor, power and treatment records of world 1: a week of hours with known anomalies, and marks that explain some.

Sites under 重点管理 have an automatic monitor at one outlet; half of them send HJ 212 packets, the others stand
in the hourly export of the platform. They and the sites under 简化管理 have meters on two devices, one that produces
and one that treats.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from monitors.schema import Cause
from onevisit.truth.simulate.air.wind import ornstein_uhlenbeck
from onevisit.truth.simulate.records.outlet import Anomaly
from onevisit.truth.simulate.records.packets import hour_packet
from onevisit.truth.simulate.world import ParkSite

Floats = NDArray[np.float64]
HOURS = 7 * 24
_IDLE_LOAD, _IDLE_FAN = 0.08, 0.03


@dataclass(frozen=True)
class Factor:
    """A monitored factor: HJ 212 code, name, unit, limit, usual level as a share of the limit."""

    code: str
    name: str
    unit: str
    limit: float
    level: float


_AIR = (Factor("a24088", "非甲烷总烃", "mg/m3", 60.0, 0.35), Factor("a21002", "氮氧化物", "mg/m3", 150.0, 0.45))
_WATER = (
    Factor("w01018", "化学需氧量", "mg/L", 50.0, 0.5),
    Factor("w21003", "氨氮", "mg/L", 5.0, 0.3),
    Factor("w21001", "总氮", "mg/L", 15.0, 0.6),
)

ANOMALIES: Mapping[str, str] = {
    "exceedance": "visit",
    "marked_exceedance": "none",
    "constant": "help",
    "drift": "help",
    "calibration_in_work_hours": "none",
    "ammonia_above_total_nitrogen": "help",
    "missing": "remind",
    "treatment_off": "visit",
    "stop_marked_but_running": "visit",
    "near_limit": "remind",
}
"""Kinds of anomaly, and the disposition that is right for a site which has nothing else."""

_CAUSES: Mapping[str, Cause] = {
    "exceedance": Cause.EMISSION,
    "marked_exceedance": Cause.MAINTENANCE,
    "calibration_in_work_hours": Cause.MAINTENANCE,
    "missing": Cause.TRANSMISSION,
    "treatment_off": Cause.EMISSION,
    "stop_marked_but_running": Cause.TAMPERING,
    "near_limit": Cause.TAMPERING,
}
"""What makes them; the others are faults."""
_ALSO: Mapping[str, tuple[str, ...]] = {
    "exceedance": ("step",),
    "calibration_in_work_hours": ("marked_exceedance",),
    "drift": ("exceedance", "step"),
    "constant": ("noise_collapse",),
    "near_limit": ("step", "noise_collapse"),
    "stop_marked_but_running": ("mark_contradicted",),
}
"""What is right to say of the same hours, too."""

_NEEDS = {
    "constant": "frozen_analyser",
    "drift": "drifting_analyser",
    "calibration_in_work_hours": "calibration",
    "marked_exceedance": "nothing_wrong",
}
"""Anomalies that belong to a confounder, and come and go with its switch."""


@dataclass(frozen=True)
class MonitoredSite:
    """A site's records: hourly means per factor, marks per hour, and kW of its production and treatment device."""

    place: ParkSite
    number: str
    kind: str
    factors: tuple[Factor, ...]
    start: datetime
    means: Mapping[str, Floats]
    marks: tuple[str, ...]
    production_kw: Floats
    treatment_kw: Floats
    stop_reported: NDArray[np.bool_]
    anomalies: tuple[Anomaly, ...] = field(default=())


def draw_monitored_sites(
    places: Sequence[ParkSite],
    day: datetime,
    on: Mapping[str, bool],
    rng: np.random.Generator,
    *,
    running: Mapping[str, Floats] | None = None,
) -> tuple[MonitoredSite, ...]:
    """Draw a week of records that ends at noon of the mission's day, one anomaly for every second station.

    Parameters
    ----------
    on : mapping
        The confounders: what belongs to one of them is left out where it is off.
    running : mapping of str to array, shape (24,), optional
        Share of each hour of the mission's day in which a site emits, NaN where nobody knows. Where it is given,
        records last until midnight, and those of the site follow it.
    """
    end = day.replace(hour=12, minute=0, second=0, microsecond=0)
    end += timedelta(hours=0 if running is None else 12)
    start = end - timedelta(hours=HOURS)
    stations = [_station(p, start, rng) for p in places if p.listed and p.management_class != "登记管理"]
    known = running or {}
    stations = [_follow(s, known[s.place.site_id]) if s.place.site_id in known else s for s in stations]
    kinds = [k for k in ANOMALIES if on.get(_NEEDS.get(k, ""), True)]
    order = [int(k) for k in rng.permutation(len(stations))]
    result = list(stations)
    for turn, index in enumerate(order[: (len(stations) + 1) // 2]):
        fitting = [k for k in kinds if _fits(k, stations[index])]
        result[index] = _disturb(stations[index], fitting[turn % len(fitting)], rng)
    return tuple(result)


def _station(place: ParkSite, start: datetime, rng: np.random.Generator) -> MonitoredSite:
    monitored = place.management_class == "重点管理"
    factors = (_WATER if place.industry.code == "4620" else _AIR) if monitored else ()
    hours = (np.arange(HOURS) + start.hour) % 24
    weekday = np.array([(start + timedelta(hours=k)).weekday() < 6 for k in range(HOURS)])
    working = weekday & (hours >= 8) & (hours < 20)
    load = np.where(working, 1.0, _IDLE_LOAD) * np.exp(0.1 * ornstein_uhlenbeck(HOURS, 1.0, 6.0, rng))
    size = float(rng.uniform(30, 220))
    treating = np.convolve(working.astype(float), np.ones(3), "same") > 0
    means = {
        f.code: f.limit * f.level * (0.6 + 0.4 * load) * np.exp(ornstein_uhlenbeck(HOURS, 0.12, 5.0, rng))
        for f in factors
    }
    number = "".join(rng.choice(list("0123456789ABCDEF"), 24))
    kind = "32" if place.industry.code == "4620" else "31"
    fan = 0.25 * size * np.where(treating, 1.0, _IDLE_FAN) * np.exp(rng.normal(0, 0.03, HOURS))
    return MonitoredSite(
        place, number, kind, factors, start, means, ("N",) * HOURS, size * load, fan, np.zeros(HOURS, bool)
    )


def _follow(station: MonitoredSite, running: Floats) -> MonitoredSite:
    """Let the last day's records follow what a site emits: power of both devices, and the monitored outlet."""
    hours = HOURS - 24 + np.flatnonzero(np.isfinite(running))
    share = running[np.isfinite(running)]
    load, before = _IDLE_LOAD + (1.0 - _IDLE_LOAD) * share, _load(station.production_kw, _IDLE_LOAD)[hours]
    production, treatment = station.production_kw.copy(), station.treatment_kw.copy()
    production[hours] *= load / before
    treatment[hours] *= (_IDLE_FAN + (1.0 - _IDLE_FAN) * share) / _load(station.treatment_kw, _IDLE_FAN)[hours]
    means = {code: values.copy() for code, values in station.means.items()}
    for values in means.values():
        values[hours] *= (0.6 + 0.4 * load) / (0.6 + 0.4 * before)
    return replace(station, means=means, production_kw=production, treatment_kw=treatment)


def _load(kw: Floats, idle: float) -> Floats:
    """Share of its usual power that a device was drawn to take in each hour."""
    return np.where(kw > 0.5 * kw.max(), 1.0, idle)


def _fits(kind: str, station: MonitoredSite) -> bool:
    if kind in ("treatment_off", "stop_marked_but_running"):
        return True
    if kind == "ammonia_above_total_nitrogen":
        return station.kind == "32" and bool(station.factors)
    return bool(station.factors)


def _disturb(station: MonitoredSite, kind: str, rng: np.random.Generator) -> MonitoredSite:
    """Lay one anomaly over a station's records."""
    mornings = [24 * d + (9 - station.start.hour) % 24 for d in range(2, 6)]
    first = int(rng.choice([h for h in mornings if (station.start + timedelta(hours=h)).weekday() < 6]))
    length = {"near_limit": 60, "drift": HOURS - first, "constant": 30, "missing": 14}.get(kind, 5)
    window = slice(first, min(first + length, HOURS))
    means = {code: values.copy() for code, values in station.means.items()}
    marks, treatment = list(station.marks), station.treatment_kw.copy()
    stopped = station.stop_reported.copy()
    lead = station.factors[0] if station.factors else None
    if lead is not None:
        _change_means(kind, means, lead, window, rng)
    if kind in ("marked_exceedance", "calibration_in_work_hours"):
        marks[window] = ["M" if kind == "marked_exceedance" else "C"] * (window.stop - window.start)
    if kind == "treatment_off":
        treatment[window] = 0.02 * treatment.max()
    if kind == "stop_marked_but_running":
        stopped[window] = True
        marks[window] = ["F"] * (window.stop - window.start)
    times = [station.start + timedelta(hours=h) for h in (window.start, window.stop)]
    code = "TA001" if lead is None or kind in ("treatment_off", "stop_marked_but_running") else lead.code
    code = "w21003" if kind == "ammonia_above_total_nitrogen" else code
    cause, also = _CAUSES.get(kind, Cause.FAULT), _ALSO.get(kind, ())
    anomaly = Anomaly(kind, station.place.site_id, times[0], times[1], ANOMALIES[kind], cause, code, also)
    return MonitoredSite(
        station.place, station.number, station.kind, station.factors, station.start, means, tuple(marks),
        station.production_kw, treatment, stopped, (anomaly,),
    )  # fmt: skip


def _change_means(kind: str, means: dict[str, Floats], lead: Factor, window: slice, rng: np.random.Generator) -> None:
    """Change the leading factor (nitrogen for the ammonia case) as an anomaly does."""
    values = means[lead.code]
    n = window.stop - window.start
    if kind in ("exceedance", "marked_exceedance"):
        values[window] = lead.limit * rng.uniform(1.2, 2.0) * np.exp(rng.normal(0, 0.05, n))
    elif kind == "calibration_in_work_hours":
        values[window] = lead.limit * 1.6
    elif kind == "constant":
        values[window] = values[window.start]
    elif kind == "drift":
        values[window] *= 1.0 + 0.9 * np.arange(n) / max(n, 1)
    elif kind == "near_limit":
        values[window] = lead.limit * (0.97 + 0.01 * rng.normal(0, 1, n).clip(-2, 2))
    elif kind == "missing":
        for series in means.values():
            series[window] = np.nan
    elif kind == "ammonia_above_total_nitrogen":
        means["w21003"][window] = 1.3 * means["w21001"][window]


# --- files ---------------------------------------------------------------------------------------------------------


def write_monitors(folder: Path, stations: Sequence[MonitoredSite], day: datetime) -> None:
    """Write the station list, HJ 212 packets, the platform's hourly export, and the power records."""
    folder.mkdir(parents=True, exist_ok=True)
    monitored = [s for s in stations if s.factors]
    write_rows(folder / "自动监控点位.csv", _station_rows(monitored))
    packets = [p for s in monitored[::2] for p in _packets(s)]
    (folder / f"hj212_{day:%Y%m%d}.txt").write_bytes("".join(packets).encode("ascii"))
    write_rows(folder / "小时数据导出.csv", _export_rows(monitored[1::2]))
    write_rows(folder / "用电监控.csv", _power_rows(stations))


def _station_rows(stations: Sequence[MonitoredSite]) -> list[list[str]]:
    rows = [["MN号", "排污许可证编号", "企业名称", "排放口编号", "监测因子编码", "监测因子", "单位", "标准限值"]]
    for s in stations:
        outlet = "DW001" if s.kind == "32" else "DA001"
        rows += [
            [s.number, s.place.site_id, s.place.name, outlet, f.code, f.name, f.unit, f"{f.limit:g}"]
            for f in s.factors
        ]
    return rows


def _packets(station: MonitoredSite) -> list[str]:
    result = []
    for hour in range(HOURS):
        values = {c: series[hour] for c, series in station.means.items() if np.isfinite(series[hour])}
        if values:
            factors = {c: (0.93 * v, v, 1.08 * v) for c, v in values.items()}
            flags = dict.fromkeys(values, station.marks[hour])
            result.append(hour_packet(station.number, station.kind, _hour(station, hour), factors, flags))
    return result


def _hour(station: MonitoredSite, hour: int) -> datetime:
    return station.start + timedelta(hours=hour)


def _export_rows(stations: Sequence[MonitoredSite]) -> list[list[str]]:
    rows = [
        [
            "企业名称",
            "排污许可证编号",
            "监控点名称",
            "监测时间",
            "监测因子",
            "浓度均值",
            "单位",
            "标准限值",
            "数据标记",
        ]
    ]
    for s in stations:
        outlet = "废水总排口" if s.kind == "32" else "废气排放口1#"
        for hour in range(HOURS):
            for f in s.factors:
                value = s.means[f.code][hour]
                rows.append([
                    s.place.name, s.place.site_id, outlet, f"{_hour(s, hour):%Y-%m-%d %H:%M}", f.name,
                    f"{value:.2f}" if np.isfinite(value) else "", f.unit, f"{f.limit:g}", s.marks[hour],
                ])  # fmt: skip
    return rows


def _power_rows(stations: Sequence[MonitoredSite]) -> list[list[str]]:
    rows = [
        [
            "排污许可证编号",
            "企业名称",
            "设备编号",
            "设备类型",
            "关联产污设备",
            "时间",
            "有功功率(kW)",
            "运行状态",
            "申报工况",
        ]
    ]
    for s in stations:
        running = {
            id(kw): 0.3 * float(np.median(kw[kw > 0.3 * kw.max()])) for kw in (s.production_kw, s.treatment_kw)
        }
        for hour in range(HOURS):
            stamp, report = f"{_hour(s, hour):%Y-%m-%d %H:%M}", "停运" if s.stop_reported[hour] else "正常"
            for code, kind, linked, kw in (
                ("MF0001", "产污设施", "", s.production_kw),
                ("TA001", "治污设施", "MF0001", s.treatment_kw),
            ):
                state = "运行" if kw[hour] > running[id(kw)] else "停机"
                rows.append(
                    [s.place.site_id, s.place.name, code, kind, linked, stamp, f"{kw[hour]:.2f}", state, report]
                )
    return rows


def write_rows(path: Path, rows: Sequence[Sequence[str]]) -> None:
    """Write a table as platforms export it: UTF-8 with BOM, CR LF."""
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\r\n").writerows(rows)
    path.write_bytes(stream.getvalue().encode("utf-8-sig"))
