"""Tables that platforms export → values of monitor series, and marks.

Wide tables have one column a quantity (``二氧化硫折算值(mg/m3)``), long ones a column that names it (``监测因子``).
A table with a beginning and an end of time is one of marks; one with a device or a meter is of power and treatment.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, tzinfo
from functools import lru_cache

from ingest.errors import FileError, SettingError
from ingest.monitors.codes import code_of
from ingest.monitors.collect import BY_CONVENTION, Attributes, Collector, Points, SeriesKey
from ingest.monitors.columns import Column, Columns, columns_at, find_columns, without_counters
from ingest.monitors.conventions import AIR, SOURCES, units_of_air, why_by_convention
from ingest.monitors.marks import Mark
from ingest.monitors.positions import Spot, spot_of
from ingest.monitors.times import ROLES as WHEN
from ingest.monitors.times import (
    SPAN_ROLES,
    TableTimes,
    UnusableRow,
    open_end_ns,
    say_times,
    settle_times,
    sound_start_ns,
)
from ingest.monitors.values import Cells, add_value, commas_of_columns, stronger_mark
from ingest.outcome import Notes, Phrase, Value
from ingest.registers.codes import is_permit_code, is_uscc, normalise_code, uscc_of_permit
from ingest.text.asides import aside_of, is_summary_word
from ingest.text.cells import UNIT_WORDS
from ingest.text.fields import is_rounded_code
from ingest.text.lines import Ahead, Asides
from ingest.text.marks import NO_MARK
from ingest.text.persons import tell_left_out
from ingest.text.qualifiers import settled_angles
from ingest.text.sheets import Sheet

TIME_ROLES = frozenset(WHEN)
_ROWS_OF_INTERVAL = 20_000
_STATES = {
    "开": 1.0, "启": 1.0, "启动": 1.0, "运行": 1.0, "正常": 1.0, "生产": 1.0, "开启": 1.0, "on": 1.0, "run": 1.0,
    "关": 0.0, "停": 0.0, "停运": 0.0, "停止": 0.0, "停机": 0.0, "关闭": 0.0, "停产": 0.0, "off": 0.0, "stop": 0.0,
    "校准": 2.0, "维护": 3.0, "报警": 4.0, "反吹": 5.0,
}  # fmt: skip
_VALUES = ("value", "corrected")
_DEVICE_UNITS = {"power": "kW", "current": "A", "energy": "kWh", "state": "1", "hours": "h"}
_ROLES = (("treatment", ("治污", "治理", "处理", "净化", "treat")), ("production", ("产污", "生产", "produc")))
_SITE_NAMES = ("permit_code", "uscc", "site_name")


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
    today: date | None = None,
) -> bool:
    """Add the values of one table to the collector, its marks to the list, or what it says of ``devices``.

    Returns whether every time in it names its zone; ``today`` is the machine's by default.

    Raises
    ------
    UnknownFormat
        If no row of the first ones names a time and something measured.
    """
    rows = Ahead(sheet.rows)
    part = _part_of_table(find_columns(rows, item), rows, item, zone, notes, today)
    asides, zoned = Asides(sheet.unit), True
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
                zoned = part.tell(item, notes) and zoned
                part = _part_of_table(later, rows, item, zone, notes, today)
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
    zoned = part.tell(item, notes) and zoned
    for reason, count in bad.items():
        if count > 1:
            notes.reject(item, sheet.unit, "more_rows_not_used", {"count": count - 1, "reason": reason})
    return zoned


@dataclass(frozen=True)
class _Part:
    """Rows under one heading: their columns, how their times and cells are read."""

    found: Columns
    times: TableTimes
    cells: Cells
    summarised: frozenset[int]

    def tell(self, item: str, notes: Notes) -> bool:
        """Say what its cells and times held; returns whether every time names its zone."""
        notes.keep(*self.cells.decisions(item))
        _say_units([f"{name} {unit}" for name, unit in self.cells.bare.items()], self.cells, item, notes)
        return say_times(self.times, item, notes)

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


_TIMES = (*WHEN, *SPAN_ROLES)


def _part_of_table(found: Columns, rows: Ahead, item: str, zone: tzinfo, notes: Notes, today: date | None) -> _Part:
    first = rows.ahead(_ROWS_OF_INTERVAL)
    found = without_counters(found, first[:1000], item, notes)
    tell_left_out(found.unknown, item, notes)
    numbered = list(enumerate(first))
    units = units_of_air(_codes_of_table(found.columns, first))
    bare = [(c.heading, c.code) for c in found.columns if c.code and _is_bare(c)]
    roles = [column.role for column in found.columns]
    headings = found.headings.texts
    times = settle_times(roles, headings, numbered, _further(rows, len(first)), item, zone, notes, today)
    commas, said = commas_of_columns(_texts_of_columns(found.columns, numbered), item)
    notes.keep(*said)
    cells = Cells(commas, units)
    _say_units([f"{heading} {units.get(code.code, code.unit)}" for heading, code in bare], cells, item, notes)
    return _Part(found, times, cells, _summarised(len(found.columns), first))


def _codes_of_table(columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> set[str]:
    """Codes of the quantities that have a column, or that the first rows name."""
    codes = {column.code.code for column in columns if column.code is not None}
    named = {
        row[at].strip()
        for at, column in enumerate(columns)
        if column.role == "species"
        for row in rows
        if len(row) > at
    }
    return codes | {code.code for code in map(code_of, named) if code is not None}


def _say_units(taken: Sequence[str], cells: Cells, item: str, notes: Notes) -> None:
    """Say which quantities are in the unit of the convention, because nobody states theirs."""
    if taken:
        why = why_by_convention(bool(cells.units))
        notes.decide(item, "record_units_by_convention", {"columns": taken[:12]}, why)


def _is_bare(column: Column) -> bool:
    """Whether nobody states the unit of a column of values."""
    return column.role in _VALUES and not column.unit and column.unit_at is None


def _further(rows: Ahead, start: int) -> Iterator[tuple[int, list[str]]]:
    """Rows behind the next ``start``, without passing over them."""
    while len(more := rows.ahead(start + _ROWS_OF_INTERVAL)) > start:
        yield from enumerate(more[start:], start=start)
        start = len(more)


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
    cells = part.cells
    if "mn" in roles:
        _add_device_of_list(texts, devices, spot_of(texts, item, where), cells, where)
    if {"start", "end"} <= roles:
        marks.append(_mark(texts, f"{item}, {where}", part.times))
    elif roles & TIME_ROLES:
        site = _site(texts)
        time_ns = part.times.time_ns(row, (*site.values(), texts.get("species", ""), texts.get("device", "")))
        points = collector.points(SeriesKey(part.times.interval, source=item, **site))
        _add_row(columns, row, texts, time_ns, points, cells, where)
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
    columns: Sequence[Column],
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
    limit = cells.limit("limit", texts.get("limit", ""), where)
    attributes = _attributes(name, texts.get("unit", ""), limit, cells.units.get(name, ""))
    if BY_CONVENTION in attributes:
        cells.bare.setdefault(texts["species"], str(attributes["units"]))
    mark = texts.get("mark", "")[:64]
    said, stated = "", bool(texts.get("unit"))
    for role, end in (("value", ""), ("corrected", " corrected")):
        if role in texts or role == "value":
            also = add_value(
                points, cells, time_ns, f"{name}{end.replace(' ', '_')}", texts.get(role, ""), attributes,
                column=f"{texts['species']}{end}", where=where, stated=stated,
            )  # fmt: skip
            said = stronger_mark(said, also)
    if mark := stronger_mark(mark, said):
        points.add(time_ns, f"{name}_mark", mark)


def _add_wide(
    columns: Sequence[Column], row: Sequence[str], time_ns: int, points: Points, cells: Cells, where: str
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
            at = column.unit_at
            unit = row[at].strip() if at is not None and len(row) > at and row[at].strip() else column.unit
            attributes = _attributes(code.code, unit, limits.get(code.code), cells.units.get(code.code, ""))
            mark = add_value(
                points, cells, time_ns, name, cell, attributes, column=column.heading, where=where,
                stated=at is not None and bool(unit),
            )  # fmt: skip
        if mark:
            marks[code.code] = stronger_mark(marks.get(code.code, ""), mark)
    for code_name, mark in marks.items():
        points.add(time_ns, f"{code_name}_mark", mark)


def _texts_of_columns(columns: Sequence[Column], rows: Sequence[tuple[int, Sequence[str]]]) -> dict[str, list[str]]:
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
def _attributes(name: str, unit: str, limit: float | None, in_air: str) -> Attributes:
    """Attributes of a quantity's values; made once for all the rows that say the same.

    Without ``unit`` it is that ``in_air``, if the table is of ambient air, else that of sources (HJ 212-2017).
    """
    code = code_of(name)
    found: dict[str, str | float] = {
        "code": name,
        "long_name": code.name_en if code else name,
        "units": _unit(unit) or in_air or (code.unit if code else "1"),
    }
    if code and not _unit(unit):
        found[BY_CONVENTION] = AIR if in_air else SOURCES
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


# --- marks ---------------------------------------------------------------------------------------------------------


def _mark(texts: Mapping[str, str], where: str, times: TableTimes) -> Mark:
    start = sound_start_ns(texts.get("start", ""), times.zone, times.span_order)
    end = open_end_ns(texts.get("end", ""), times.zone, times.span_order)
    if end < start:
        raise UnusableRow(Phrase("mark_ends_before_start"))
    known = code_of(texts.get("species", ""))
    text = texts.get("mark_kind") or texts.get("mark") or texts.get("state") or "mark"
    return Mark(where, text[:48], start, end, known.code if known else "", **_site(texts))
