"""What the columns of a platform's table hold: a role, or a part of a quantity with its unit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ingest.errors import UnknownFormat
from ingest.monitors.codes import Code, code_of
from ingest.monitors.positions import ROLES as PLACES
from ingest.outcome import Notes
from ingest.species import fold
from ingest.text.asides import counts_by_one, is_counter_word
from ingest.text.fields import field_of_heading, monitor_headings
from ingest.text.headings import Heading, split_heading
from ingest.text.layers import Headings, is_unit, join_heading_rows
from ingest.text.lines import Ahead
from ingest.text.parts import is_at_oxygen, split_part, unwrapped

_HEADING_ROWS = 25
#: Roles of columns that are measured without naming a quantity.
_MEASURED = {"value", "power", "current", "energy", "state"}
_ANGLES = tuple(
    f"{axis}{part}" for axis in ("lon", "lat") for part in ("", "_deg", "_min", "_sec", "_side", "_west", "_south")
)
# Longitude and latitude in a register; beside measured values "WD" is as well a wind direction or a temperature.
_NO_PLACES = ("jd", "wd")
_ROLES_OF_PARTS = {
    **dict.fromkeys(("value", "dry"), "value"),
    **{part: part for part in ("corrected", "mark", "limit", "unit")},
}


@dataclass(frozen=True)
class Column:
    """What a column holds: a role, or a part of a quantity with its unit.

    A column that is not used keeps its heading in ``unit``, to be named. ``unit_at`` is the column in which the unit
    of each value stands, ``offset_s`` what the heading of times says of their zone.
    """

    role: str
    code: Code | None = None
    unit: str = ""
    unit_at: int | None = None
    heading: str = ""


@dataclass(frozen=True)
class Columns:
    """The columns of a table, and their headings as joined."""

    headings: Headings
    columns: tuple[Column, ...]

    @property
    def unknown(self) -> tuple[str, ...]:
        """Headings of the columns that are not used."""
        return tuple(column.unit for column in self.columns if column.role == "" and column.unit)


def find_columns(rows: Ahead, item: str) -> Columns:
    """Pass over the rows up to the headings, in one row or more, and understand them.

    Raises
    ------
    UnknownFormat
        If no row of the first ones names a time and something measured.
    """
    first = ""
    for index, (_, row) in enumerate(rows):
        found = columns_at(row, rows)
        if found is not None:
            rows.skip(found.headings.rows - 1)
            return found
        first = first or ", ".join(cell.strip() for cell in row[:8] if cell.strip())
        if index >= _HEADING_ROWS:
            break
    expected = {"time": "监测时间", "value": "实测值"}
    raise UnknownFormat(item, "record_heading_missing", {"first_row": first, **expected})


def columns_at(row: Sequence[str], rows: Ahead) -> Columns | None:
    """Columns whose headings begin with a row, None where they do not."""
    if sum(1 for cell in row if cell.strip()) < 2:
        return None
    below = rows.ahead(3)
    if below and not _is_table([_column(text) for text in row]) and _is_table([_column(text) for text in below[0]]):
        return None  # a title above the headings
    headings = join_heading_rows([row, *below], _is_known)
    columns = _with_units(_once([_column(text) for text in headings.texts], headings.texts))
    return Columns(headings, tuple(columns)) if _is_table(columns) else None


def _is_table(columns: Sequence[Column]) -> bool:
    roles = {column.role for column in columns}
    measured = any(column.code is not None for column in columns) or roles & _MEASURED
    names_device = "mn" in roles and roles & {"permit_code", "uscc", "name", *PLACES}
    return bool((roles & {"time", "date"} and measured) or {"start", "end"} <= roles or names_device)


def without_counters(found: Columns, rows: Sequence[Sequence[str]], item: str, notes: Notes) -> Columns:
    """Leave out a column ``NO`` that counts rows: its values say so."""
    columns = list(found.columns)
    for at, column in enumerate(columns):
        heading = found.headings.texts[at]
        may_count = column.code is not None and not column.unit and is_counter_word(heading)
        if may_count and counts_by_one([_whole(row[at]) for row in rows if len(row) > at]):
            notes.decide(item, "counter_left_out", {"heading": heading})
            columns[at] = Column("")
    return replace(found, columns=tuple(columns))


def _whole(text: str) -> float | None:
    text = text.strip().removesuffix(".0")
    return float(text) if text.isdecimal() else None


def _is_known(heading: str) -> bool:
    column = _column(heading)
    return bool(column.role)


def _once(columns: Sequence[Column], headings: Sequence[str]) -> list[Column]:
    """The first column of each part of a quantity; others of the same are named as not used."""
    seen: set[tuple[str, str]] = set()
    found = []
    for column, heading in zip(columns, headings, strict=True):
        key = (column.role, column.code.code if column.code else "")
        again = column.code is not None and column.role != "unit" and key in seen
        seen.add(key)
        found.append(Column("", unit=heading) if again or column.role == "skip" else column)
    return found


def _with_units(columns: Sequence[Column]) -> list[Column]:
    """Give a value the column that holds its unit: one of its name, or one without a name right of it."""
    found = list(columns)
    for at, column in enumerate(columns):
        if column.role == "unit" and column.code is not None:
            for other, value in enumerate(columns):
                if value.code == column.code and value.role in ("value", "corrected"):
                    found[other] = replace(value, unit_at=at)
        elif column.role == "unit" and at and columns[at - 1].code is not None:
            found[at - 1] = replace(columns[at - 1], unit_at=at)
    return found


def _column(heading: str) -> Column:
    """Understand one heading; an unknown one keeps its text in ``unit``, to be named."""
    split = _with_rate(split_heading(heading))
    unit, bare = split.unit_text.lower(), fold(split.name).replace(" ", "").replace(":", "").replace("：", "")
    role = monitor_headings().get(bare.replace("-", ""))
    if role == "height" and unit not in ("", "m", "米"):
        return Column("", unit=heading.strip())
    if role:
        return Column(role, unit=unit)
    site = field_of_heading(heading)
    if site in ("permit_code", "uscc", "name") or (site in (*_ANGLES, "crs") and bare not in _NO_PLACES):
        return Column(site)
    known = _part_and_code(split.name)
    if known is None:
        return Column("", unit=heading.strip())
    role, code = known
    if role == "value" and is_at_oxygen(unwrapped(heading)) and code.code != "a19001":
        role, unit = "corrected", unit.split("@")[0].split(",")[0].strip()
    return Column(role, code, unit, heading=heading.strip())


def _with_rate(heading: Heading) -> Heading:
    """``COD mg/L`` is COD in mg/L too."""
    for separator in (" ", "_"):
        name, _, tail = heading.name.rpartition(separator)
        if not heading.unit_text and name and "/" in tail and is_unit(tail):
            return replace(heading, name=name.strip(), unit_text=tail)
    return heading


def _part_and_code(name: str) -> tuple[str, Code] | None:
    """Role and quantity of a name; the parts that no rule uses (amounts, extremes, wet) are to be passed over."""
    code = code_of(name) or code_of(name.replace(" ", ""))
    if code is not None:
        return "value", code
    for subject, part in split_part(name):
        inner = _part_and_code(subject)
        if inner is not None:
            role = _ROLES_OF_PARTS.get(part, "skip")
            return (inner[0] if role == "value" else role), inner[1]
    return None
