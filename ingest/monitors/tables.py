"""Tables that platforms export → values of monitor series, and marks.

Wide tables have one column a quantity (``二氧化硫折算值(mg/m3)``), long ones a column that names it (``监测因子``).
A table with a beginning and an end of time is one of marks; one with a device or a meter is of power and treatment.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache

import numpy as np

from ingest.coordinates import zone_of
from ingest.errors import FileError, OnevisitError, SettingError
from ingest.monitors.codes import code_of
from ingest.monitors.collect import LAST_NS, Attributes, Collector, Points, SeriesKey
from ingest.monitors.columns import Column, Columns, columns_at, find_columns, without_counters
from ingest.monitors.marks import Mark
from ingest.monitors.positions import Spot, spot_of
from ingest.outcome import Notes, Phrase, Value
from ingest.registers.codes import is_permit_code, is_uscc, normalise_code, uscc_of_permit
from ingest.text.asides import aside_of, is_summary_word
from ingest.text.fields import is_rounded_code
from ingest.text.lines import Ahead, Asides
from ingest.text.marks import NO_MARK
from ingest.text.qualifiers import settled_angles
from ingest.text.sheets import Sheet
from ingest.units import convert, parse_unit

_ROWS_OF_INTERVAL = 20_000
_STATES = {
    "开": 1.0, "启": 1.0, "启动": 1.0, "运行": 1.0, "正常": 1.0, "生产": 1.0, "开启": 1.0, "on": 1.0, "run": 1.0,
    "关": 0.0, "停": 0.0, "停运": 0.0, "停止": 0.0, "停机": 0.0, "关闭": 0.0, "停产": 0.0, "off": 0.0, "stop": 0.0,
    "校准": 2.0, "维护": 3.0, "报警": 4.0, "反吹": 5.0,
}  # fmt: skip
_DEVICE_UNITS = {"power": "kW", "current": "A", "energy": "kWh", "state": "1", "hours": "h"}
_ROLES = (("treatment", ("治污", "治理", "处理", "净化", "treat")), ("production", ("产污", "生产", "produc")))
# Date, clock, and the zone where it is written; "08:00-09:00" is a span of time and no zone.
_TIME = re.compile(
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})"
    r"(?:(?:[日号]|[日号]?\s*T|\s+)\s*"
    r"(\d{1,2})(?:[:：时点](?:(\d{1,2})(?:[:：分](?:(\d{1,2})(?:[.,](\d{1,9}))?秒?)?)?)?)?)?"
    r"[日号]?\s*(Z|\+\d{2}:?\d{2}|(?<=:\d\d:\d\d)-\d{2}:?\d{2})?"
)
_VALUE = re.compile(r"\s*([-+]?[\d.]+(?:[eE][-+]?\d+)?)\s*[(（]?([A-Za-z]?)[)）]?\s*")
_SITE_NAMES = ("permit_code", "uscc", "site_name")
_SYMBOLS = (("毫克", "mg"), ("微克", "ug"), ("立方米", "m3"), ("升", "l"), ("秒", "s"), ("小时", "h"), ("时", "h"))


class UnusableRow(OnevisitError, ValueError):
    """A row of which nothing can be used; the phrase is the same for every such row, so that they are counted."""


@dataclass
class Device:
    """What a list of devices says of one: its site and point, the limits of its quantities by code, and its place."""

    site: dict[str, str]
    limits: dict[str, float] = field(default_factory=dict)
    spot: Spot | None = None


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
    rows = Ahead(sheet.rows)
    part = _part_of_table(find_columns(rows, item), rows, item, zone, notes)
    asides = Asides(sheet.unit)
    bad: Counter[Phrase] = Counter()
    for number, row in _filled_rows(rows, notes):
        where = f"{sheet.unit} {number}"
        kind = part.aside(row)
        later = columns_at(row, rows) if kind == "" and not part.is_timed(row) else None
        if later is not None:
            rows.skip(later.headings.rows - 1)
            kind = "same" if later.headings.texts == part.found.headings.texts else kind
            if not kind:
                values: dict[str, Value] = {"line": number, "headings": later.headings.texts[:12]}
                notes.decide(item, "headings_change", values)
                part = _part_of_table(later, rows, item, zone, notes)
                continue
        if kind:
            asides.add(kind, number, row)
            continue
        try:
            _read_row(part, row, item, where, collector, marks, devices)
        except (UnusableRow, SettingError) as error:
            bad[error.phrase] += 1
            if bad[error.phrase] == 1:
                notes.reject(item, where, "row_not_used", {"reason": error.phrase})
    asides.tell(item, notes)
    for reason, count in bad.items():
        if count > 1:
            notes.reject(item, sheet.unit, "more_rows_not_used", {"count": count - 1, "reason": reason})


@dataclass(frozen=True)
class _Part:
    """Rows under one heading: their columns, the zone of their times, their interval."""

    found: Columns
    zone: tzinfo
    interval: str
    summarised: frozenset[int]

    def is_timed(self, row: Sequence[str]) -> bool:
        """Whether a row has a time or a beginning that begins with a digit."""
        times = [row[at] for at, column in enumerate(self.found.columns) if column.role in _TIMES and len(row) > at]
        return any(text.strip()[:1].isdigit() for text in times)

    def aside(self, row: Sequence[str]) -> str:
        """Kind of a row that is no data: a summary in any column but those of such words, a footer without a time."""
        texts = [cell for at, cell in enumerate(row) if at not in self.summarised and not cell[:1].isdigit()]
        if any(map(is_summary_word, texts)):
            return "summary"
        return "" if self.is_timed(row) else aside_of(texts)


_TIMES = ("time", "start", "end")


def _part_of_table(found: Columns, rows: Ahead, item: str, zone: tzinfo, notes: Notes) -> _Part:
    first = rows.ahead(_ROWS_OF_INTERVAL)
    found = without_counters(found, first[:1000], item, notes)
    if found.unknown:
        notes.decide(item, "unknown_columns_left_out", {"columns": found.unknown[:12]})
    offset_s = next((c.offset_s for c in found.columns if c.offset_s is not None), None)
    if offset_s is not None:
        notes.decide(item, "record_offset_of_heading", {"hours": offset_s / 3600.0})
        zone = timezone(timedelta(seconds=offset_s))
    interval = _interval(found.columns, list(enumerate(first)))
    return _Part(found, zone, interval, _summarised(len(found.columns), first))


def _summarised(width: int, rows: Sequence[Sequence[str]]) -> frozenset[int]:
    """Columns of which most cells are words of summaries: kinds of values (平均值), and no summary."""
    counts = [sum(1 for row in rows if len(row) > at and is_summary_word(row[at])) for at in range(width)]
    return frozenset(at for at, count in enumerate(counts) if 2 * count > len(rows))


def _read_row(
    part: _Part,
    row: Sequence[str],
    item: str,
    where: str,
    collector: Collector,
    marks: list[Mark],
    devices: dict[str, Device],
) -> None:
    columns = part.found.columns
    roles = {column.role for column in columns}
    texts = settled_angles(_texts(columns, row))
    if is_rounded_code(texts.get("mn", "")):
        raise UnusableRow(Phrase("row_device_rounded"))
    if "mn" in roles:
        _add_device_of_list(texts, devices, spot_of(texts, item, where))
    if {"start", "end"} <= roles:
        marks.append(_mark(texts, f"{item}, {where}", part.zone))
    elif "time" in roles:
        time_ns = _time_ns(texts.get("time", ""), part.zone)
        points = collector.points(SeriesKey(part.interval, source=item, **_site(texts)))
        _add_row(columns, row, texts, time_ns, points)
        if (spot := spot_of(texts, item, where)) is not None:
            points.place(spot)


def _filled_rows(rows: Iterable[tuple[int, list[str]]], notes: Notes) -> Iterator[tuple[int, list[str]]]:
    """Rows with a text, one at a time; where the file breaks off, those above are used and the rest is a reject."""
    try:
        for number, row in rows:
            if any(cell.strip() for cell in row):
                yield number, row
    except FileError as error:
        notes.reject(error.item, error.where, "table_breaks_off", {"error": error.phrase})


# --- rows ----------------------------------------------------------------------------------------------------------


def _texts(columns: Sequence[Column], row: Sequence[str]) -> dict[str, str]:
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
    columns: Sequence[Column], row: Sequence[str], texts: Mapping[str, str], time_ns: int, points: Points
) -> None:
    for role, unit in _DEVICE_UNITS.items():
        if role in texts:
            _add_device(points, time_ns, texts, role, unit)
    if "species" in texts and ("value" in texts or "corrected" in texts):
        known = code_of(texts["species"])
        name = known.code if known else texts["species"]
        attributes = _attributes(name, texts.get("unit", ""), _number(texts.get("limit", "")))
        stated = bool(texts.get("unit"))
        _add_value(points, time_ns, name, texts.get("value", ""), attributes, stated=stated)
        if "corrected" in texts:
            _add_value(points, time_ns, f"{name}_corrected", texts["corrected"], attributes, stated=stated)
        if "mark" in texts:
            points.add(time_ns, f"{name}_mark", texts["mark"][:64])
    elif "mark" in texts or "mark_kind" in texts:
        text = texts.get("mark_kind", texts.get("mark", ""))[:64]
        of_device = any(role in texts for role in _DEVICE_UNITS)
        if text not in NO_MARK:
            points.add(time_ns, f"{_device_name(texts)}_mark" if of_device else "mark", text)
    _add_wide(columns, row, time_ns, points)


def _add_wide(columns: Sequence[Column], row: Sequence[str], time_ns: int, points: Points) -> None:
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
            at = column.unit_at
            unit = row[at].strip() if at is not None and len(row) > at and row[at].strip() else column.unit
            attributes = _attributes(code.code, unit, limits.get(code.code))
            _add_value(points, time_ns, name, cell, attributes, stated=at is not None and bool(unit))


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


def _add_value(
    points: Points, time_ns: int, name: str, text: str, attributes: Attributes, *, stated: bool = False
) -> None:
    """Add a number; a value with a letter behind it (``12.3(M)``) gives its mark too.

    ``stated`` says that the row itself names the unit, which may be another than that of the rows above.
    """
    match = _VALUE.fullmatch(text)
    value = _number(match.group(1)) if match else None
    if stated and value is not None:
        value = _in_unit_above(value, str(attributes["units"]), points.unit_of(name))
    points.add(time_ns, name, np.nan if value is None else value, attributes)
    if match and match.group(2):
        points.add(time_ns, f"{name.removesuffix('_corrected')}_mark", match.group(2).upper())


def _in_unit_above(value: float, unit: str, above: str) -> float:
    """A value in the unit of the rows above.

    Raises
    ------
    UnusableRow
        If it cannot be brought to that.
    """
    if not above or unit == above:
        return value
    source, target = parse_unit(unit), parse_unit(above)
    if source is None or target is None or source.kind != target.kind:
        raise UnusableRow(Phrase("row_unit_differs", {"unit": unit, "above": above}))
    return float(convert(np.array([value]), source, target)[0])


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


def _interval(columns: Sequence[Column], rows: Sequence[tuple[int, Sequence[str]]]) -> str:
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
