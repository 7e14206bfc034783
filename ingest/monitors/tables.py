"""Tables that platforms export → values of monitor series, and marks.

Wide tables have one column a quantity (``二氧化硫折算值(mg/m3)``), long ones a column that names it (``监测因子``).
A table with a beginning and an end of time is one of marks; one with a device or a meter is of power and treatment.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, tzinfo
from functools import lru_cache
from itertools import chain, islice

import numpy as np

from ingest.errors import FileError, SettingError, UnknownFormat
from ingest.monitors.codes import Code, code_of
from ingest.monitors.collect import Attributes, Collector, Points, SeriesKey
from ingest.monitors.marks import Mark
from ingest.monitors.positions import ROLES as PLACES
from ingest.monitors.positions import Spot, spot_of
from ingest.monitors.times import ROLES as WHEN
from ingest.monitors.times import UnusableRow, open_end_ns, say_times, settle_times, sound_start_ns
from ingest.outcome import Notes, Phrase
from ingest.registers.codes import is_permit_code, is_uscc, normalise_code, uscc_of_permit
from ingest.text.fields import field_of_heading, monitor_headings
from ingest.text.marks import NO_MARK
from ingest.text.sheets import Sheet

TIME_ROLES = frozenset(WHEN)
_HEADING_ROWS = 25
_ROWS_OF_INTERVAL = 20_000
_SUFFIXES = (
    ("corrected", ("折算值", "折算浓度", "折算均值", "折算", "corrected")),
    ("mark", ("数据标识", "数据标记", "标记", "标识", "flag", "mark")),
    ("limit", ("标准限值", "排放限值", "标准值", "限值", "limit")),
    ("skip", ("排放量", "累计", "总量")),
    ("value", ("实测浓度", "实测值", "监测值", "小时均值", "日均值", "均值", "浓度", "实测", "value", "")),
)
_STATES = {
    "开": 1.0, "启": 1.0, "启动": 1.0, "运行": 1.0, "正常": 1.0, "生产": 1.0, "开启": 1.0, "on": 1.0, "run": 1.0,
    "关": 0.0, "停": 0.0, "停运": 0.0, "停止": 0.0, "停机": 0.0, "关闭": 0.0, "停产": 0.0, "off": 0.0, "stop": 0.0,
    "校准": 2.0, "维护": 3.0, "报警": 4.0, "反吹": 5.0,
}  # fmt: skip
_DEVICE_UNITS = {"power": "kW", "current": "A", "energy": "kWh", "state": "1", "hours": "h"}
_ROLES = (("treatment", ("治污", "治理", "处理", "净化", "treat")), ("production", ("产污", "生产", "produc")))
_VALUE = re.compile(r"\s*([-+]?[\d.]+(?:[eE][-+]?\d+)?)\s*[(（]?([A-Za-z]?)[)）]?\s*")
# Longitude and latitude in a register; beside measured values "WD" is as well a wind direction or a temperature.
_NO_PLACES = ("jd", "wd")
_SITE_NAMES = ("permit_code", "uscc", "site_name")
_SYMBOLS = (("毫克", "mg"), ("微克", "ug"), ("立方米", "m3"), ("升", "l"), ("秒", "s"), ("小时", "h"), ("时", "h"))


@dataclass
class Device:
    """What a list of devices says of one: its site and point, the limits of its quantities by code, and its place."""

    site: dict[str, str]
    limits: dict[str, float] = field(default_factory=dict)
    spot: Spot | None = None


@dataclass(frozen=True)
class _Column:
    """What a column holds: a role, or a part of a quantity with its unit."""

    role: str
    code: Code | None = None
    unit: str = ""


def read_table(
    sheet: Sheet,
    item: str,
    zone: tzinfo,
    collector: Collector,
    marks: list[Mark],
    devices: dict[str, Device],
    notes: Notes,
    today: date | None = None,
) -> bool:
    """Add the values of one table to the collector, its marks to the list, or what it says of ``devices``.

    Returns whether every time in it names its zone; ``today`` is the machine's by default.

    Raises
    ------
    UnknownFormat
        If no row of the first ones names a time and something measured.
    """
    iterator = iter(sheet.rows)
    columns = _find_heading(iterator, item)
    unknown = [column.unit for column in columns if column.role == "" and column.unit]
    if unknown:
        notes.decide(item, "unknown_columns_left_out", {"columns": tuple(unknown[:12])})
    roles = {column.role for column in columns}
    rows = _filled_rows(iterator, notes)
    first = list(islice(rows, _ROWS_OF_INTERVAL))
    roles_of, units = [column.role for column in columns], [column.unit for column in columns]
    times = settle_times(roles_of, units, first, rows, item, zone, notes, today)
    bad: Counter[Phrase] = Counter()
    for number, row in chain(first, rows):
        where = f"{sheet.unit} {number}"
        try:
            texts = _texts(columns, row)
            if "mn" in roles:
                _add_device_of_list(texts, devices, spot_of(texts, item, where))
            if {"start", "end"} <= roles:
                marks.append(_mark(texts, f"{item}, {where}", zone))
            elif roles & TIME_ROLES:
                site = _site(texts)
                time_ns = times.time_ns(row, (*site.values(), texts.get("species", ""), texts.get("device", "")))
                points = collector.points(SeriesKey(times.interval, source=item, **site))
                _add_row(columns, row, texts, time_ns, points)
                if (spot := spot_of(texts, item, where)) is not None:
                    points.place(spot)
        except (UnusableRow, SettingError) as error:
            bad[error.phrase] += 1
            if bad[error.phrase] == 1:
                notes.reject(item, where, "row_not_used", {"reason": error.phrase})
    for reason, count in bad.items():
        if count > 1:
            notes.reject(item, sheet.unit, "more_rows_not_used", {"count": count - 1, "reason": reason})
    return say_times(times, item, notes)


def _filled_rows(rows: Iterator[tuple[int, list[str]]], notes: Notes) -> Iterator[tuple[int, list[str]]]:
    """Rows with a text, one at a time; where the file breaks off, those above are used and the rest is a reject."""
    try:
        for number, row in rows:
            if any(cell.strip() for cell in row):
                yield number, row
    except FileError as error:
        notes.reject(error.item, error.where, "table_breaks_off", {"error": error.phrase})


# --- headings ------------------------------------------------------------------------------------------------------


def _find_heading(iterator: Iterator[tuple[int, list[str]]], item: str) -> list[_Column]:
    first = ""
    for index, (_, row) in enumerate(iterator):
        columns = [_column(cell) for cell in row]
        roles = {column.role for column in columns}
        measured = any(c.code is not None for c in columns) or roles & {
            "value",
            "power",
            "current",
            "energy",
            "state",
        }
        names_device = "mn" in roles and roles & {"permit_code", "uscc", "name", *PLACES}
        if (roles & {"time", "date"} and measured) or {"start", "end"} <= roles or names_device:
            return columns
        first = first or ", ".join(cell.strip() for cell in row[:8] if cell.strip())
        if index >= _HEADING_ROWS:
            break
    expected = {"time": "监测时间", "value": "实测值"}
    raise UnknownFormat(item, "record_heading_missing", {"first_row": first, **expected})


def _column(heading: str) -> _Column:
    """Understand one heading; an unknown one keeps its text in ``unit``, to be named."""
    text = heading.strip().lower().replace("\ufeff", "")
    unit = re.search(r"[(（\[]([^)）\]]*)[)）\]]", text)
    bare = re.sub(r"[(（\[][^)）\]]*[)）\]]|[\s_:：*]", "", text)
    role = monitor_headings().get(bare.replace("-", ""))
    if role == "height" and unit and unit.group(1).strip() not in ("m", "米"):
        return _Column("", unit=heading.strip())
    if role:
        return _Column(role, unit=unit.group(1) if unit else "")
    site = field_of_heading(heading)
    if site in ("permit_code", "uscc", "name") or (site in ("lon", "lat", "crs") and bare not in _NO_PLACES):
        return _Column(site)
    for part, words in _SUFFIXES:
        for word in words:
            if bare.endswith(word):
                code = code_of(bare[: len(bare) - len(word)].rstrip("-_"))
                if code is not None:
                    return _Column(part, code, unit.group(1) if unit else "")
    return _Column("", unit=heading.strip())


# --- rows ----------------------------------------------------------------------------------------------------------


def _texts(columns: Sequence[_Column], row: Sequence[str]) -> dict[str, str]:
    """Texts of the columns that have a role of their own, by role."""
    found: dict[str, str] = {}
    for column, cell in zip(columns, row, strict=False):
        if column.code is None and column.role and cell.strip():
            found.setdefault(column.role, cell.strip())
    return found


def _site(texts: Mapping[str, str]) -> dict[str, str]:
    """What names the site and the point of a row; codes of the wrong shape are left out."""
    permit, uscc = normalise_code(texts.get("permit_code", "")), normalise_code(texts.get("uscc", ""))
    return {
        "mn": texts.get("mn", ""),
        "point": texts.get("point", ""),
        "permit_code": permit if is_permit_code(permit) else "",
        "uscc": uscc if is_uscc(uscc) else uscc_of_permit(permit),
        "site_name": texts.get("name", ""),
    }


def _add_device_of_list(texts: Mapping[str, str], devices: dict[str, Device], spot: Spot | None) -> None:
    """Remember site, point and place of a device, and the limit of a quantity; what is said first counts."""
    site = _site(texts)
    named = any(site[name] for name in _SITE_NAMES)
    if site["mn"] and (named or spot is not None):
        device = devices.setdefault(site["mn"], Device(site))
        if not any(device.site[name] for name in _SITE_NAMES):
            device.site = site
        device.spot = device.spot or spot
        known, limit = code_of(texts.get("species", "")), _number(texts.get("limit", ""))
        if known is not None and limit is not None:
            device.limits.setdefault(known.code, limit)


def _add_row(
    columns: Sequence[_Column], row: Sequence[str], texts: Mapping[str, str], time_ns: int, points: Points
) -> None:
    for role, unit in _DEVICE_UNITS.items():
        if role in texts:
            _add_device(points, time_ns, texts, role, unit)
    if "species" in texts and ("value" in texts or "corrected" in texts):
        known = code_of(texts["species"])
        name = known.code if known else texts["species"]
        attributes = _attributes(name, texts.get("unit", ""), _number(texts.get("limit", "")))
        _add_value(points, time_ns, name, texts.get("value", ""), attributes)
        if "corrected" in texts:
            _add_value(points, time_ns, f"{name}_corrected", texts["corrected"], attributes)
        if "mark" in texts:
            points.add(time_ns, f"{name}_mark", texts["mark"][:64])
    elif "mark" in texts or "mark_kind" in texts:
        text = texts.get("mark_kind", texts.get("mark", ""))[:64]
        of_device = any(role in texts for role in _DEVICE_UNITS)
        if text not in NO_MARK:
            points.add(time_ns, f"{_device_name(texts)}_mark" if of_device else "mark", text)
    _add_wide(columns, row, time_ns, points)


def _add_wide(columns: Sequence[_Column], row: Sequence[str], time_ns: int, points: Points) -> None:
    """Add the quantities that have columns of their own."""
    limits = {
        column.code.code: limit
        for column, cell in zip(columns, row, strict=False)
        if column.code and column.role == "limit" and (limit := _number(cell)) is not None
    }
    for column, cell in zip(columns, row, strict=False):
        code = column.code
        if code is None or not cell.strip():
            continue
        if column.role == "mark":
            points.add(time_ns, f"{code.code}_mark", cell.strip()[:64])
        elif column.role in ("value", "corrected"):
            name = code.code if column.role == "value" else f"{code.code}_corrected"
            _add_value(points, time_ns, name, cell, _attributes(code.code, column.unit, limits.get(code.code)))


def _device_name(texts: Mapping[str, str]) -> str:
    return (texts.get("device") or texts.get("point") or "meter").replace("/", "_")[:48]


def _add_device(points: Points, time_ns: int, texts: Mapping[str, str], role: str, unit: str) -> None:
    device = _device_name(texts)
    value = _STATES.get(texts[role].lower()) if role == "state" else None
    if value is None:
        value = _number(texts[role])
    if value is not None:
        attributes = _attributes_of_device(device, texts.get("role", ""), texts.get("linked", ""), unit)
        points.add(time_ns, f"{device}_{role}", value, attributes)


@lru_cache(maxsize=4096)
def _attributes_of_device(device: str, kind: str, linked: str, unit: str) -> Attributes:
    said = (kind.lower(), device.lower())
    role = next((name for name, words in _ROLES if any(word in text for word in words for text in said)), "")
    return {"units": unit, "long_name": device, "role": role, "linked_to": linked}


def _add_value(points: Points, time_ns: int, name: str, text: str, attributes: Attributes) -> None:
    """Add a number; a value with a letter behind it (``12.3(M)``) gives its mark too."""
    match = _VALUE.fullmatch(text)
    value = _number(match.group(1)) if match else None
    points.add(time_ns, name, np.nan if value is None else value, attributes)
    if match and match.group(2):
        points.add(time_ns, f"{name.removesuffix('_corrected')}_mark", match.group(2).upper())


@lru_cache(maxsize=4096)
def _attributes(name: str, unit: str, limit: float | None) -> Attributes:
    """Attributes of a quantity's values; made once for all the rows that say the same."""
    code = code_of(name)
    found = {
        "code": name,
        "long_name": code.name_en if code else name,
        "units": _unit(unit) or (code.unit if code else "1"),
    }
    return found if limit is None else {**found, "limit": limit}


def _unit(text: str) -> str:
    """Bring ``mg/m³`` and ``毫克/升`` into UDUNITS form; empty for empty.

    Examples
    --------
    >>> _unit("mg/m³"), _unit("毫克/升"), _unit("μg/m3")
    ('mg m-3', 'mg L-1', 'ug m-3')
    """
    text = text.strip().lower().replace("μ", "u").replace("µ", "u").replace("³", "3").replace(" ", "")
    for word, symbol in _SYMBOLS:
        text = text.replace(word, symbol)
    known = {
        "mg/m3": "mg m-3", "ug/m3": "ug m-3", "mg/l": "mg L-1", "l/s": "L s-1", "m3/h": "m3 h-1", "m3/s": "m3 s-1",
        "m/s": "m s-1", "℃": "degC", "无量纲": "1", "kw": "kW", "kwh": "kWh", "kpa": "kPa",
    }  # fmt: skip
    return known.get(text, text)


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if abs(value) < 1e300 else None


# --- marks ---------------------------------------------------------------------------------------------------------


def _mark(texts: Mapping[str, str], where: str, zone: tzinfo) -> Mark:
    start, end = sound_start_ns(texts.get("start", ""), zone), open_end_ns(texts.get("end", ""), zone)
    if end < start:
        raise UnusableRow(Phrase("mark_ends_before_start"))
    known = code_of(texts.get("species", ""))
    text = texts.get("mark_kind") or texts.get("mark") or texts.get("state") or "mark"
    return Mark(where, text[:48], start, end, known.code if known else "", **_site(texts))
