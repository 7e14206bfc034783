"""Weeks of records as files: list of stations, packets, hourly export, marks, power, daily energy, orders."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path

import numpy as np

from onevisit.truth.simulate.records.monitors import write_rows
from onevisit.truth.simulate.records.outlet import SiteRecord, readings
from onevisit.truth.simulate.records.packets import hour_packet
from onevisit.truth.simulate.records.plants import Floats
from onevisit.truth.simulate.records.series import daily_kwh, point_of, states

_ROLES = {"production": "产污设施", "treatment": "治污设施"}


def write_weeks(mission: Path, records: Sequence[SiteRecord], day: datetime, rng: np.random.Generator) -> None:
    """Write ``monitors/`` and, if there are orders, ``registers/停限产令.csv`` of a mission."""
    folder = mission / "monitors"
    folder.mkdir(parents=True, exist_ok=True)
    monitored = [r for r in records if r.plant.monitored]
    values = [readings(r, rng) for r in monitored]
    write_rows(folder / "自动监控点位.csv", [*_station_rows(monitored)])
    packets = [p for r, v in zip(monitored, values, strict=True) if r.plant.packets for p in _packets(r, v)]
    if packets:
        (folder / f"hj212_{day:%Y%m%d}.txt").write_bytes("".join(packets).encode("ascii"))
    exported = [(r, v) for r, v in zip(monitored, values, strict=True) if not r.plant.packets]
    write_rows(folder / "小时数据导出.csv", [*_export_rows(exported)])
    write_rows(folder / "用电监控.csv", [*_power_rows([r for r in records if not r.plant.daily_energy])])
    for name, rows in (
        ("数据标记.csv", [*_span_rows(monitored)]),
        ("日用电量.csv", [*_energy_rows([r for r in records if r.plant.daily_energy])]),
    ):
        if len(rows) > 1:
            write_rows(folder / name, rows)
    orders = [*_order_rows(records)]
    if len(orders) > 1:
        write_rows(mission / "registers" / "停限产令.csv", orders)


def _station_rows(records: Sequence[SiteRecord]) -> Iterator[list[str]]:
    yield ["MN号", "排污许可证编号", "企业名称", "排放口编号", "监测因子编码", "监测因子", "单位", "标准限值"]
    for r in records:
        outlet = "DW001" if r.plant.trade.water else "DA001"
        for q in r.plant.limited:
            yield [r.plant.number, r.plant.site_id, r.plant.name, outlet, q.code, q.name, q.unit, f"{q.limit:g}"]


def _packets(record: SiteRecord, values: Mapping[str, Floats]) -> list[str]:
    """Packets in the order in which they came: late ones stand behind those of later hours."""
    plant = record.plant
    kind = "32" if plant.trade.water else "31"
    sent = []
    for hour in np.flatnonzero(~record.lost).tolist():
        factors = {q.code: (v := float(values[q.code][hour]), v, v) for q in plant.quantities}
        converted = {q.code: float(values[f"{q.code}_corrected"][hour]) for q in plant.quantities if q.converted}
        flags = {q.code: str(record.flags[q.code][hour]) for q in plant.quantities}
        late = int(record.late_h[hour])
        text = hour_packet(
            plant.number, kind, record.moment(hour + plant.clock_h), factors, flags, converted=converted, digits=3,
            late_h=late,
        )  # fmt: skip
        sent.append((hour + late, hour, text))
    return [text for _, _, text in sorted(sent)]


def _export_rows(records: Sequence[tuple[SiteRecord, Mapping[str, Floats]]]) -> Iterator[list[str]]:
    yield [
        "企业名称", "排污许可证编号", "监控点名称", "监测时间", "监测因子", "浓度均值", "折算值", "单位", "标准限值",
        "数据标记",
    ]  # fmt: skip
    for record, values in records:
        plant = record.plant
        for hour in np.flatnonzero(~record.lost).tolist():
            stamp = f"{record.moment(hour + plant.clock_h):%Y-%m-%d %H:%M}"
            for q in plant.quantities:
                limit = "" if q.limit is None else f"{q.limit:g}"
                texts = [
                    _text(values[n][hour], q.digits) if n in values else "" for n in (q.code, f"{q.code}_corrected")
                ]
                yield [
                    plant.name, plant.site_id, point_of(record), stamp, q.name, *texts, q.unit, limit,
                    str(record.flags[q.code][hour]),
                ]  # fmt: skip


def _text(value: float, digits: int) -> str:
    return f"{value:.{digits}f}" if np.isfinite(value) else ""


def _span_rows(records: Sequence[SiteRecord]) -> Iterator[list[str]]:
    yield ["排污许可证编号", "企业名称", "监控点名称", "开始时间", "结束时间", "标记类型"]
    for r in records:
        outlet = "DW001" if r.plant.trade.water else "DA001"
        point = outlet if r.plant.packets else point_of(r)
        for span in r.spans:
            times = [f"{r.moment(h + r.plant.clock_h):%Y-%m-%d %H:%M}" for h in (span.first, span.last)]
            yield [r.plant.site_id, r.plant.name, point, *times, span.text]


def _power_rows(records: Sequence[SiteRecord]) -> Iterator[list[str]]:
    yield [
        "排污许可证编号", "企业名称", "设备编号", "设备类型", "关联产污设备", "时间", "有功功率(kW)", "运行状态",
        "申报工况",
    ]  # fmt: skip
    for r in records:
        running = {d.code: states(d) for d in r.devices}
        for hour in range(r.hours):
            stamp = f"{r.moment(hour):%Y-%m-%d %H:%M}"
            for d in r.devices:
                if np.isnan(d.kw[hour]):
                    continue
                state = "" if not r.plant.states else "运行" if running[d.code][hour] else "停机"
                yield [
                    r.plant.site_id, r.plant.name, d.code, _ROLES[d.role], d.linked_to, stamp, _text(d.kw[hour], 2),
                    state,
                    "停运" if d.declared_stopped[hour] else "正常",
                ]  # fmt: skip


def _energy_rows(records: Sequence[SiteRecord]) -> Iterator[list[str]]:
    yield ["排污许可证编号", "企业名称", "设备编号", "时间", "用电量(kWh)"]
    for r in records:
        for day, kwh in enumerate(daily_kwh(r).tolist()):
            yield [r.plant.site_id, r.plant.name, "总表", f"{r.moment(24 * day):%Y-%m-%d}", f"{kwh:.1f}"]


def _order_rows(records: Sequence[SiteRecord]) -> Iterator[list[str]]:
    yield ["排污许可证编号", "企业名称", "绩效等级", "开始日期", "结束日期", "管控措施"]
    for r in records:
        for o in r.orders:
            yield [r.plant.site_id, r.plant.name, o.grade, f"{o.start:%Y-%m-%d}", f"{o.end:%Y-%m-%d}", o.measure]
