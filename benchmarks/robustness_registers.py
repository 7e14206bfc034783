"""A right register, and the ways in which offices write it; for `benchmarks.robustness`."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np
import openpyxl

from ingest.coordinates import crs_from_text, to_grid

__all__ = ["REGISTER_WAYS", "Register", "RegisterWay", "draw_register"]


@dataclass(frozen=True, eq=False)
class Register:
    """The truth of a register: names, WGS 84 places, and the day a permit ends; ``unusable`` rows have no place."""

    names: tuple[str, ...]
    lon: np.ndarray
    lat: np.ndarray
    until: tuple[date, ...]
    unusable: np.ndarray = field(default_factory=lambda: np.zeros(6, bool))


@dataclass(frozen=True)
class RegisterWay:
    """One way of writing a register: ``months`` says that only the month of an expiry is written."""

    kind: str
    name: str
    write: Callable[[Register], tuple[str, bytes]]
    words: tuple[str, ...] = ()
    holed: bool = False
    months: bool = False
    dated: bool = True
    near_deg: float = 2e-6
    reader: str = "registers"


def draw_register(rng: np.random.Generator, *, holed: bool) -> Register:
    """Six sites of a city."""
    signs = rng.permutation(list("甲乙丙丁戊己庚辛"))[:6]
    days = [date(2026, 1, 31) + timedelta(days=int(d)) for d in rng.integers(0, 1200, 6)]
    unusable = np.arange(6) == (int(rng.integers(0, 6)) if holed else -1)
    return Register(
        tuple(f"成都{sign}化工有限公司" for sign in signs), np.round(104.06 + rng.uniform(-0.02, 0.02, 6), 6),
        np.round(30.66 + rng.uniform(-0.02, 0.02, 6), 6), tuple(days), unusable,
    )  # fmt: skip


_HEADINGS = ["单位名称", "经度", "纬度", "坐标系", "有效期至"]


def _rows(r: Register, days: Sequence[str] | None = None) -> list[list[str]]:
    days = days or [day.isoformat() for day in r.until]
    return [
        [name, "" if off else f"{x:.6f}", "" if off else f"{y:.6f}", "WGS84", day]
        for name, x, y, day, off in zip(r.names, r.lon, r.lat, days, r.unusable, strict=True)
    ]


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]], encoding: str = "utf-8") -> tuple[str, bytes]:
    text = "\n".join(",".join(f'"{c}"' if "," in c else c for c in row) for row in [headings, *rows]) + "\n"
    return "list.csv", text.encode(encoding)


def _dated(spell: Callable[[date], str]) -> Callable[[Register], tuple[str, bytes]]:
    return lambda r: _table(_HEADINGS, _rows(r, [spell(day) for day in r.until]))


def _book(r: Register) -> tuple[str, bytes]:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(_HEADINGS)
    for row, day in zip(_rows(r), r.until, strict=True):
        sheet.append([row[0], float(row[1]), float(row[2]), row[3], day])
    stream = io.BytesIO()
    book.save(stream)
    return "list.xlsx", stream.getvalue()


def _dms(degrees: float) -> tuple[int, int, float]:
    minutes = 60 * (degrees % 1)
    return int(degrees), int(minutes), round(60 * (minutes % 1), 3)


def _three_columns(r: Register) -> tuple[str, bytes]:
    upper = ["单位名称", "经度", "", "", "纬度", "", "", "坐标系", "有效期至"]
    lower = ["", "度", "分", "秒", "度", "分", "秒", "", ""]
    rows = [
        [row[0], *map(str, _dms(x)), *map(str, _dms(y)), *row[3:]]
        for row, x, y in zip(_rows(r), r.lon, r.lat, strict=True)
    ]
    return _table(upper, [lower, *rows])


def _spelled(template: str) -> Callable[[Register], tuple[str, bytes]]:
    def write(r: Register) -> tuple[str, bytes]:
        rows = [
            [row[0], template.format(*_dms(x)), template.format(*_dms(y)), *row[3:]]
            for row, x, y in zip(_rows(r), r.lon, r.lat, strict=True)
        ]
        return _table(_HEADINGS, rows)

    return write


def _merged(r: Register) -> tuple[str, bytes]:
    return _table(["单位名称", "经纬度", "", "坐标系", "有效期至"], [["", "经度", "纬度", "", ""], *_rows(r)])


def _one_cell(r: Register) -> tuple[str, bytes]:
    rows = [[row[0], f"{row[1]},{row[2]}", *row[3:]] for row in _rows(r)]
    return _table(["单位名称", "经纬度", "坐标系", "有效期至"], rows)


def _exchanged(r: Register) -> tuple[str, bytes]:
    return _table(_HEADINGS, [[row[0], row[2], row[1], *row[3:]] for row in _rows(r)])


def _grid(crs: str, offset: float) -> Callable[[Register], tuple[str, bytes]]:
    """Eastings and northings of CGCS2000, with the number of the zone before the easting or without."""

    def write(r: Register) -> tuple[str, bytes]:
        east, north = to_grid(r.lon, r.lat, crs_from_text(crs))
        rows = [
            [row[0], f"{x + offset:.3f}", f"{y:.3f}", "CGCS2000", row[4]]
            for row, x, y in zip(_rows(r), np.asarray(east), np.asarray(north), strict=True)
        ]
        return _table(["单位名称", "横坐标", "纵坐标", "坐标系", "有效期至"], rows)

    return write


def _codes_as_floats(r: Register) -> tuple[str, bytes]:
    rows = [[row[0], "9.15101E+17", *row[1:]] for row in _rows(r)]
    return _table(["单位名称", "统一社会信用代码", *_HEADINGS[1:]], rows)


def _html(r: Register) -> tuple[str, bytes]:
    rows = "".join("<tr>" + "".join(f"<td>{c}</td>" for c in row) + "</tr>" for row in [_HEADINGS, *_rows(r)])
    return "list.xls", f'<html><meta charset="utf-8"><table>{rows}</table></html>'.encode()


def _geojson(*, parcels: bool, latitude_first: bool, named: bool) -> Callable[[Register], tuple[str, bytes]]:
    def place(x: float, y: float) -> list[float]:
        return [y, x] if latitude_first else [x, y]

    def write(r: Register) -> tuple[str, bytes]:
        features = []
        for name, x, y, day in zip(r.names, r.lon.tolist(), r.lat.tolist(), r.until, strict=True):
            ring = [(x - 3e-4, y - 2e-4), (x + 3e-4, y - 2e-4), (x + 3e-4, y + 2e-4), (x - 3e-4, y + 2e-4)]
            shape = [[place(*corner) for corner in [*ring, ring[0]]]] if parcels else place(x, y)
            features.append({
                "type": "Feature", "properties": {"单位名称": name, "有效期至": day.isoformat()},
                "geometry": {"type": "Polygon" if parcels else "Point", "coordinates": shape},
            })  # fmt: skip
        content: dict[str, object] = {"type": "FeatureCollection", "features": features}
        if named:
            content["crs"] = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4490"}}
        return "list.geojson", json.dumps(content, ensure_ascii=False).encode()

    return write


def _with_rows(before: str = "", after: str = "") -> Callable[[Register], tuple[str, bytes]]:
    def write(r: Register) -> tuple[str, bytes]:
        name, content = _table(_HEADINGS, _rows(r))
        return name, before.encode() + content + after.encode()

    return write


_DATES = "stamps", "headings", "cells with text", "units and encodings", "places"
STAMPS, HEADINGS, CELLS, BYTES, PLACES = _DATES

REGISTER_WAYS: tuple[RegisterWay, ...] = (
    RegisterWay("as it should be", "plain", lambda r: _table(_HEADINGS, _rows(r))),
    RegisterWay(STAMPS, "Excel serial days", _dated(lambda d: str((d - date(1899, 12, 30)).days)), ("date",)),
    RegisterWay(STAMPS, "digits", _dated(lambda d: f"{d:%Y%m%d}"), ("date",)),
    RegisterWay(STAMPS, "年月日", _dated(lambda d: f"{d.year}年{d.month}月{d.day}日"), ("date",)),
    RegisterWay(STAMPS, "points", _dated(lambda d: f"{d.year}.{d.month}.{d.day}"), ("date",)),
    RegisterWay(STAMPS, "with a clock", _dated(lambda d: f"{d.isoformat()} 00:00:00"), ("date",)),
    RegisterWay(STAMPS, "年月", _dated(lambda d: f"{d.year}年{d.month}月"), ("date",), months=True),
    RegisterWay(STAMPS, "至年月日", _dated(lambda d: f"2023-01-01至{d.isoformat()}"), ("date",)),
    RegisterWay(STAMPS, "dates of a workbook", _book, ("date",)),
    RegisterWay(HEADINGS, "经度 over 度, 分, 秒", _three_columns, ("heading",)),
    RegisterWay(HEADINGS, "经纬度 over 经度, 纬度", _merged, ("heading",)),
    RegisterWay(HEADINGS, "a title above", _with_rows(before="排污单位名录,,,,\n")),
    RegisterWay(HEADINGS, "合计 below", _with_rows(after="合计,6,,,\n"), ("合计",)),
    RegisterWay(CELLS, "104°3′40.3″", _spelled("{}°{}′{}″")),
    RegisterWay(CELLS, "104度3分40.3秒", _spelled("{}度{}分{}秒")),
    RegisterWay(CELLS, "经纬度 in one cell", _one_cell, ("经纬度", "position")),
    RegisterWay(CELLS, "codes rounded by a spreadsheet", _codes_as_floats, ("as text",)),
    RegisterWay(CELLS, "a row without a place", lambda r: _table(_HEADINGS, _rows(r)), ("position",), holed=True),
    RegisterWay(PLACES, "columns exchanged", _exchanged, ("swapped", "exchanged")),
    RegisterWay(PLACES, "CGCS2000 with the zone", _grid("EPSG:4523", 0.0), near_deg=1e-5),
    RegisterWay(PLACES, "CGCS2000 without the zone", _grid("EPSG:4544", 0.0), ("zone",), near_deg=1e-5),
    *(
        RegisterWay(
            PLACES, f"{'parcels' if parcels else 'points'}, {order} first{', by name' if named else ''}",
            _geojson(parcels=parcels, latitude_first=order == "latitude", named=named), ("latitude",),
        )
        for parcels in (False, True) for order in ("longitude", "latitude") for named in (False, True)
    ),
    *(RegisterWay(BYTES, e, lambda r, e=e: _table(_HEADINGS, _rows(r), e))  # type: ignore[misc]
      for e in ("gb18030", "utf-8-sig", "utf-16")),
    RegisterWay(BYTES, "a page named xls", _html, ("HTML",)),
)  # fmt: skip
