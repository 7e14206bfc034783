"""Registers of sites in the coordinate systems in which they come, with the mistakes that they hold."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Literal

import numpy as np
import shapely

from ingest.coordinates import bd09_from_gcj02, gcj02_from_wgs84, to_grid
from ingest.species import SPECIES, species_of_word
from onevisit.truth.simulate.world import ParkSite, World

PlaceWritten = Literal["stack", "gate", "centroid", "address"]
_PLACES: tuple[PlaceWritten, ...] = ("stack", "gate", "centroid", "address")
_PLACE_SHARES = (0.1, 0.3, 0.4, 0.2)
"""A choice: who fills in a register takes the middle of the site on a map, a phone at the gate, or a geocoder."""
_HOUSE_NUMBER_SD_M = 20.0
LATE = "未按期披露"
"""Of a site whose yearly disclosure of environmental information is overdue."""
_CREDITS = ("环保诚信", "环保良好", "环保警示", "环保不良")


@dataclass(frozen=True)
class RegisterEntry:
    """What the registers say of one site, and how far its written position is from the truth.

    ``point`` is the place that the register means (local metres; the stack where it is None), named by
    ``place_written``; ``gate_written`` says whether the gate's columns are filled in.
    """

    place: ParkSite
    written_crs: str
    declared_crs: str
    shifted: bool
    credit: str
    grade: str
    disclosure: str
    valid_to: date
    visits: tuple[tuple[date, str, str], ...]
    place_written: PlaceWritten = "stack"
    point: shapely.Point | None = None
    gate_written: bool = True


def draw_entries(
    world: World, today: date, rng: np.random.Generator, *, shifted: bool, sources: Sequence[str]
) -> tuple[RegisterEntry, ...]:
    """Draw what the registers say of every listed site.

    ``shifted`` lets three or four rows hold GCJ-02 under the name of WGS 84, a source's among them.
    """
    listed = [p for p in world.places if p.listed]
    drawn = {listed[int(k)].site_id for k in rng.choice(len(listed), 3, replace=False)}
    wrong = drawn | set([s for s in sources if any(p.site_id == s for p in listed)][:1]) if shifted else set()
    return tuple(_entry(place, today, rng, place.site_id in wrong) for place in listed)


def _entry(place: ParkSite, today: date, rng: np.random.Generator, shifted: bool) -> RegisterEntry:
    declared = str(rng.choice(["WGS84", "CGCS2000", "GCJ-02", "BD-09"], p=[0.5, 0.25, 0.2, 0.05]))
    declared, written = ("WGS84", "GCJ-02") if shifted else (declared, declared)
    visits = tuple(
        (
            today - timedelta(days=int(rng.integers(15, 330))),
            str(rng.choice(["日常", "专项", "个案"], p=[0.7, 0.2, 0.1])),
            str(rng.choice(["未发现问题", "已整改"])),
        )
        for _ in range(int(rng.choice([0, 1, 2], p=[0.6, 0.3, 0.1])))
    )
    valid_to = today + timedelta(days=int(rng.integers(61, 1500)))
    if rng.random() < 0.05:
        valid_to = today + timedelta(days=int(rng.integers(-20, 50)))
    return RegisterEntry(
        place,
        written,
        declared,
        shifted,
        str(rng.choice(_CREDITS, p=[0.25, 0.6, 0.12, 0.03])),
        str(rng.choice(["A", "B", "C", "D", "引领性"], p=[0.08, 0.25, 0.4, 0.17, 0.1])),
        str(rng.choice(["", "已披露", LATE], p=[0.7, 0.25, 0.05])),
        valid_to,
        visits,
    )


def misplace(entries: Sequence[RegisterEntry], world: World, rng: np.random.Generator) -> tuple[RegisterEntry, ...]:
    """Let the register mean the gate, the middle of the parcel or the address; half of the rows hold no gate.

    An address is the nearest point of a street, along which house numbers scatter by 20 m.
    """
    tree = shapely.STRtree([s.line for s in world.streets])
    result = []
    for entry in entries:
        meant = _PLACES[int(rng.choice(len(_PLACES), p=_PLACE_SHARES))]
        along, gate_written = float(rng.normal(0.0, _HOUSE_NUMBER_SD_M)), bool(rng.random() < 0.5)
        place = entry.place
        line = world.streets[int(tree.nearest(place.stack))].line
        at = min(max(line.project(place.stack) + along, 0.0), line.length)
        point = {
            "stack": place.stack,
            "gate": place.gate,
            "centroid": place.parcel.centroid,
            "address": line.interpolate(at),
        }[meant]
        result.append(replace(entry, place_written=meant, point=point, gate_written=gate_written))
    return tuple(result)


def write_registers(folder: Path, world: World, entries: Sequence[RegisterEntry], rng: np.random.Generator) -> None:
    """Write the four registers: permits, credit, performance grades, past visits."""
    folder.mkdir(parents=True, exist_ok=True)
    permits = [
        [
            "排污许可证编号",
            "单位名称",
            "统一社会信用代码",
            "行业类别",
            "管理类别",
            "经度",
            "纬度",
            "坐标系",
            "大门经度",
            "大门纬度",
            "主要污染物",
            "有效期至",
            "生产经营场所地址",
        ]
    ]
    for entry in entries:
        place = entry.place
        point = entry.point or place.stack
        lon, lat = _written(world, point.x, point.y, entry.written_crs)
        gate_lon, gate_lat = _written(world, place.gate.x, place.gate.y, entry.written_crs)
        permits.append(
            [
                place.site_id,
                place.name,
                place.uscc,
                place.industry.code,
                place.management_class,
                lon,
                lat,
                entry.declared_crs,
                gate_lon if entry.gate_written else "",
                gate_lat if entry.gate_written else "",
                "、".join(_pollutants(place)),
                entry.valid_to.isoformat(),
                f"四川省成都市科园片区{int(rng.integers(1, 400))}号",
            ]
        )
    _write_csv(folder / "排污许可名录.csv", permits, "utf-8-sig")
    credit = [["统一社会信用代码", "企业名称", "信用等级", "绩效分级", "信息披露"]]
    credit += [[e.place.uscc, e.place.name, e.credit, e.grade, e.disclosure] for e in entries]
    _write_csv(folder / "环境信用评价.csv", credit, "gb18030")
    visits = [["排污许可证编号", "企业名称", "检查日期", "检查类型", "检查结果"]]
    visits += [
        [e.place.site_id, e.place.name, d.isoformat(), kind, result] for e in entries for d, kind, result in e.visits
    ]
    _write_csv(folder / "入企检查记录.csv", visits, "utf-8-sig")


def _pollutants(place: ParkSite) -> list[str]:
    return [_listed(species) for species, share in place.industry.profile if share >= 0.02]


def _listed(name: str) -> str:
    """A species as a permit lists it: by its Chinese name, but particles of every size as 颗粒物."""
    species = species_of_word(name)
    if species is None:
        raise KeyError(name)
    return (SPECIES["pm_total"] if species.family == "particles" else species).register_words[0]


def _written(world: World, x: float, y: float, crs: str) -> tuple[str, str]:
    """Coordinates as the register writes them."""
    lon, lat = world.lonlat(x, y)
    if crs == "CGCS2000/4544":
        east, north = to_grid(lon, lat, world.crs)
        return f"{float(east):.2f}", f"{float(north):.2f}"
    if crs in ("GCJ-02", "BD-09"):
        lon, lat = gcj02_from_wgs84(lon, lat)
    if crs == "BD-09":
        lon, lat = bd09_from_gcj02(lon, lat)
    return f"{float(lon):.6f}", f"{float(lat):.6f}"


def _write_csv(path: Path, rows: Sequence[Sequence[str]], encoding: str) -> None:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\r\n").writerows(rows)
    path.write_bytes(stream.getvalue().encode(encoding))
