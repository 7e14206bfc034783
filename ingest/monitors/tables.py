"""Tables that platforms export → values of monitor series, and marks.

Wide tables have one column a quantity (``二氧化硫折算值(mg/m3)``), long ones a column that names it (``监测因子``).
A table with a beginning and an end of time is one of marks; one with a device or a meter is of power and treatment.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from itertools import chain, islice

import numpy as np

from ingest.coordinates import zone_of
from ingest.errors import FileError, OnevisitError, SettingError, UnknownFormat
from ingest.monitors.codes import Code, code_of
from ingest.monitors.collect import LAST_NS, Attributes, Collector, Points, SeriesKey
from ingest.monitors.marks import Mark
from ingest.monitors.positions import ROLES as PLACES
from ingest.monitors.positions import Spot, spot_of
from ingest.monitors.values import Cells, add_value, commas_of_columns, stronger_mark
from ingest.outcome import Notes, Phrase
from ingest.registers.codes import is_permit_code, is_uscc, normalise_code, uscc_of_permit
from ingest.text.cells import UNIT_WORDS
from ingest.text.fields import field_of_heading, monitor_headings
from ingest.text.marks import NO_MARK
from ingest.text.sheets import Sheet

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
_VALUES = ("value", "corrected")
_DEVICE_UNITS = {"power": "kW", "current": "A", "energy": "kWh", "state": "1", "hours": "h"}
_ROLES = (("treatment", ("治污", "治理", "处理", "净化", "treat")), ("production", ("产污", "生产", "produc")))
# Date, clock, and the zone where it is written; "08:00-09:00" is a span of time and no zone.
_TIME = re.compile(
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})"
    r"(?:(?:[日号]|[日号]?\s*T|\s+)\s*"
    r"(\d{1,2})(?:[:：时点](?:(\d{1,2})(?:[:：分](?:(\d{1,2})(?:[.,](\d{1,9}))?秒?)?)?)?)?)?"
    r"[日号]?\s*(Z|\+\d{2}:?\d{2}|(?<=:\d\d:\d\d)-\d{2}:?\d{2})?"
)
# Longitude and latitude in a register; beside measured values "WD" is as well a wind direction or a temperature.
_NO_PLACES = ("jd", "wd")
_SITE_NAMES = ("permit_code", "uscc", "site_name")


class UnusableRow(OnevisitError, ValueError):
    """A row of which nothing can be used; the phrase is the same for every such row, so that they are counted."""


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
    heading: str = ""


def read_table(
    sheet: Sheet,
    item: str,
    zone: tzinfo,
    collector: Collector,
    marks: list[Mark],
    devices: dict[str, Device],
    notes: Notes,
) -> None:
    """Add the values of one table to the collector, its marks to the list, or what it says of ``devices``.

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
    bare = tuple(f"{c.heading} {c.code.unit}" for c in columns if c.code and c.role in _VALUES and not c.unit)
    if bare:
        notes.decide(item, "record_units_by_convention", {"columns": bare[:12]})
    roles = {column.role for column in columns}
    rows = _filled_rows(iterator, notes)
    first = list(islice(rows, _ROWS_OF_INTERVAL))
    commas, said = commas_of_columns(_texts_of_columns(columns, first), item)
    notes.keep(*said)
    cells = Cells(commas)
    interval = _interval(columns, first)
    bad: Counter[Phrase] = Counter()
    for number, row in chain(first, rows):
        where = f"{sheet.unit} {number}"
        try:
            texts = _texts(columns, row)
            if "mn" in roles:
                _add_device_of_list(texts, devices, spot_of(texts, item, where), cells, where)
            if {"start", "end"} <= roles:
                marks.append(_mark(texts, f"{item}, {where}", zone))
            elif "time" in roles:
                time_ns = _time_ns(texts.get("time", ""), zone)
                points = collector.points(SeriesKey(interval, source=item, **_site(texts)))
                _add_row(columns, row, texts, time_ns, points, cells, where)
                if (spot := spot_of(texts, item, where)) is not None:
                    points.place(spot)
        except (UnusableRow, SettingError) as error:
            bad[error.phrase] += 1
            if bad[error.phrase] == 1:
                notes.reject(item, where, "row_not_used", {"reason": error.phrase})
    notes.keep(*cells.decisions(item))
    for reason, count in bad.items():
        if count > 1:
            notes.reject(item, sheet.unit, "more_rows_not_used", {"count": count - 1, "reason": reason})


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
        if ("time" in roles and measured) or {"start", "end"} <= roles or names_device:
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
                    return _Column(part, code, unit.group(1) if unit else "", heading.strip())
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


def _add_device_of_list(
    texts: Mapping[str, str], devices: dict[str, Device], spot: Spot | None, cells: Cells, where: str
) -> None:
    """Remember site, point and place of a device, and the limit of a quantity; what is said first counts."""
    site = _site(texts)
    named = any(site[name] for name in _SITE_NAMES)
    if site["mn"] and (named or spot is not None):
        device = devices.setdefault(site["mn"], Device(site))
        if not any(device.site[name] for name in _SITE_NAMES):
            device.site = site
        device.spot = device.spot or spot
        known, limit = code_of(texts.get("species", "")), cells.limit("limit", texts.get("limit", ""), where)
        if known is not None and limit is not None:
            device.limits.setdefault(known.code, limit)


def _add_row(
    columns: Sequence[_Column],
    row: Sequence[str],
    texts: Mapping[str, str],
    time_ns: int,
    points: Points,
    cells: Cells,
    where: str,
) -> None:
    for role, unit in _DEVICE_UNITS.items():
        if role in texts:
            _add_device(points, time_ns, texts, role, unit, cells, where)
    if "species" in texts and ("value" in texts or "corrected" in texts):
        _add_long(texts, time_ns, points, cells, where)
    elif "mark" in texts or "mark_kind" in texts:
        text = texts.get("mark_kind", texts.get("mark", ""))[:64]
        of_device = any(role in texts for role in _DEVICE_UNITS)
        if text not in NO_MARK:
            points.add(time_ns, f"{_device_name(texts)}_mark" if of_device else "mark", text)
    _add_wide(columns, row, time_ns, points, cells, where)


def _add_long(texts: Mapping[str, str], time_ns: int, points: Points, cells: Cells, where: str) -> None:
    """Add the one quantity that a row names; a word in its cell and its mark column are one mark."""
    known = code_of(texts["species"])
    name = known.code if known else texts["species"]
    attributes = _attributes(name, texts.get("unit", ""), cells.limit("limit", texts.get("limit", ""), where))
    mark = texts.get("mark", "")[:64]
    text = texts.get("value", "")
    said = add_value(points, cells, time_ns, name, text, attributes, column=texts["species"], where=where)
    if "corrected" in texts:
        text, column = texts["corrected"], f"{texts['species']} corrected"
        also = add_value(
            points, cells, time_ns, f"{name}_corrected", text, attributes, column=column, where=where
        )  # fmt: skip
        said = stronger_mark(said, also)
    if mark := stronger_mark(mark, said):
        points.add(time_ns, f"{name}_mark", mark)


def _add_wide(
    columns: Sequence[_Column], row: Sequence[str], time_ns: int, points: Points, cells: Cells, where: str
) -> None:
    """Add the quantities that have columns of their own, with the marks in them and beside them."""
    limits = {
        column.code.code: limit
        for column, cell in zip(columns, row, strict=False)
        if column.code and column.role == "limit" and (limit := cells.limit(column.heading, cell, where)) is not None
    }
    marks: dict[str, str] = {}
    for column, cell in zip(columns, row, strict=False):
        code = column.code
        if code is None or not cell.strip():
            continue
        mark = ""
        if column.role == "mark":
            mark = cell.strip()[:64]
        elif column.role in _VALUES:
            name = code.code if column.role == "value" else f"{code.code}_corrected"
            attributes = _attributes(code.code, column.unit, limits.get(code.code))
            mark = add_value(
                points, cells, time_ns, name, cell, attributes, column=column.heading, where=where
            )  # fmt: skip
        if mark:
            marks[code.code] = stronger_mark(marks.get(code.code, ""), mark)
    for code_name, mark in marks.items():
        points.add(time_ns, f"{code_name}_mark", mark)


def _texts_of_columns(columns: Sequence[_Column], rows: Sequence[tuple[int, Sequence[str]]]) -> dict[str, list[str]]:
    """Texts of the first rows by the name under which their cells are counted: a heading, or a species."""
    found: dict[str, list[str]] = {}
    roles = {column.role: index for index, column in enumerate(columns) if column.code is None}
    for column, index in [(c.heading, i) for i, c in enumerate(columns) if c.code is not None and c.role != "mark"]:
        found[column] = [row[index] for _, row in rows if len(row) > index]
    named = [(role, end) for role, end in (("value", ""), ("corrected", " corrected")) if role in roles]
    for role, end in named if "species" in roles else ():
        for _, row in rows:
            if len(row) > max(roles["species"], roles[role]):
                found.setdefault(f"{row[roles['species']].strip()}{end}", []).append(row[roles[role]])
    for role in ("limit", *_DEVICE_UNITS):
        if role in roles:
            found[role] = [row[roles[role]] for _, row in rows if len(row) > roles[role]]
    return found


def _device_name(texts: Mapping[str, str]) -> str:
    return (texts.get("device") or texts.get("point") or "meter").replace("/", "_")[:48]


def _add_device(
    points: Points, time_ns: int, texts: Mapping[str, str], role: str, unit: str, cells: Cells, where: str
) -> None:
    device = _device_name(texts)
    value = _STATES.get(texts[role].lower()) if role == "state" else None
    if value is None:
        value = cells.number(role, texts[role], unit, where)
    if value is not None:
        attributes = _attributes_of_device(device, texts.get("role", ""), texts.get("linked", ""), unit)
        points.add(time_ns, f"{device}_{role}", value, attributes)


@lru_cache(maxsize=4096)
def _attributes_of_device(device: str, kind: str, linked: str, unit: str) -> Attributes:
    said = (kind.lower(), device.lower())
    role = next((name for name, words in _ROLES if any(word in text for word in words for text in said)), "")
    return {"units": unit, "long_name": device, "role": role, "linked_to": linked}


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
    for word, symbol in UNIT_WORDS:
        text = text.replace(word, symbol)
    known = {
        "mg/m3": "mg m-3", "ug/m3": "ug m-3", "mg/l": "mg L-1", "l/s": "L s-1", "m3/h": "m3 h-1", "m3/s": "m3 s-1",
        "m/s": "m s-1", "℃": "degC", "无量纲": "1", "kw": "kW", "kwh": "kWh", "kpa": "kPa",
    }  # fmt: skip
    return known.get(text, text)


# --- time ----------------------------------------------------------------------------------------------------------


def _time_ns(text: str, zone: tzinfo) -> int:
    """Nanoseconds since 1970 of a local time as people and spreadsheets write it; a zone behind it is believed.

    Raises
    ------
    UnusableRow
        If the text is no time.
    SettingError
        If the zone behind it is none.
    """
    match = _TIME.fullmatch(text)
    if match is None:
        raise UnusableRow(Phrase("row_time_not_understood"))
    *numbers, fraction, stated = match.groups()
    year, month, day, hour, minute, second = (int(part or 0) for part in numbers)
    try:
        start = datetime(year, month, day, 0 if hour == 24 else hour, minute, second, tzinfo=zone)
    except ValueError as error:
        raise UnusableRow(Phrase("row_time_not_in_calendar")) from error
    if stated:
        start = start.replace(tzinfo=zone_of(stated))
    seconds = int(start.timestamp()) + (86_400 if hour == 24 else 0)
    time_ns = seconds * 1_000_000_000 + int((fraction or "").ljust(9, "0"))
    if abs(time_ns) > LAST_NS:
        raise UnusableRow(Phrase("row_time_out_of_range"))
    return time_ns


def _interval(columns: Sequence[_Column], rows: Sequence[tuple[int, Sequence[str]]]) -> str:
    """Interval of a table, from the commonest step between its times; times without a clock are days."""
    at = next((index for index, column in enumerate(columns) if column.role == "time"), None)
    if at is None:
        return "hour"
    zone = UTC
    texts = list(dict.fromkeys(row[at].strip() for _, row in rows if len(row) > at))
    times = []
    for text in texts:
        try:
            times.append(_time_ns(text, zone))
        except ValueError:
            continue
    if not times or all(time % (86_400 * 10**9) == 0 for time in times):
        return "day" if times else "hour"
    steps = np.diff(np.unique(times)) / 1e9
    step = float(np.median(steps)) if len(steps) else 3600.0
    return "day" if step >= 80_000 else "hour" if step >= 1_800 else "minute" if step >= 50 else "realtime"


# --- marks ---------------------------------------------------------------------------------------------------------


def _mark(texts: Mapping[str, str], where: str, zone: tzinfo) -> Mark:
    start, end = _time_ns(texts.get("start", ""), zone), _time_ns(texts.get("end", ""), zone)
    if end < start:
        raise UnusableRow(Phrase("mark_ends_before_start"))
    known = code_of(texts.get("species", ""))
    text = texts.get("mark_kind") or texts.get("mark") or texts.get("state") or "mark"
    return Mark(where, text[:48], start, end, known.code if known else "", **_site(texts))
