"""Lists of sites as bureaus keep them (CSV, Excel, GeoJSON) → rows of named texts.

What a heading means comes from one vocabulary of Chinese and English names; a column with an unknown heading is left
out and named in the decisions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from shapely.geometry.base import BaseGeometry

from ingest.errors import UnknownFormat
from ingest.outcome import Decision, Phrase
from ingest.registers.columns import kind_of_columns
from ingest.shapes import Feature, read_features, shape_of
from ingest.systems import ImpossiblePlace
from ingest.text.fields import field_of_heading
from ingest.text.persons import is_of_a_person
from ingest.text.sheets import (
    Sheet,
    cell_text,
    csv_rows,
    decode_text,
    encoding_decisions,
    is_workbook,
    read_bytes,
    workbook_sheets,
)
from ingest.text.sources import Limits

_HEADING_ROWS = 25
_MAX_FIELD = 1_000_000

_IDENTIFYING = {"permit_code", "uscc", "name", "site_id"}
_EXPECTED = ("单位名称", "经度", "纬度")


@dataclass(frozen=True)
class RegisterRow:
    """One line of a register: where it stands, its texts by field, and its shape where the format carries one.

    ``crs`` is what the file says about coordinates of the row, empty where it says nothing. ``problem`` says why a
    shape that the file gives is none.
    """

    where: str
    values: Mapping[str, str]
    geometry: BaseGeometry | None = None
    crs: str = ""
    problem: Phrase | None = None

    def get(self, name: str) -> str:
        """Return a field's text, empty where it is absent."""
        return self.values.get(name, "")


@dataclass(frozen=True)
class Register:
    """The rows of one file, with what was decided on reading it."""

    item: str
    rows: tuple[RegisterRow, ...]
    decisions: tuple[Decision, ...] = field(default=())


def read_register(path: Path, item: str, limits: Limits) -> Register:
    """Read one register file, by its content rather than its name.

    Raises
    ------
    FileError
        If it is empty, too large, damaged, or has no heading row that names a site.
    """
    data = read_bytes(path, item, limits)
    if not is_workbook(data):
        text, encoding = decode_text(data, item)
        if text.lstrip()[:1] in ("{", "["):
            return _read_geojson(text, item)
        return _table(item, Sheet("line", csv_rows(text, item)), encoding_decisions(item, encoding))
    registers, problems = [], []
    for sheet in workbook_sheets(data, item, limits):
        try:
            registers.append(_table(item, sheet, ()))
        except UnknownFormat as error:
            problems.append(error)
    if not registers:
        raise problems[0] if problems else UnknownFormat(item, "register_without_sheets")
    return Register(
        item, tuple(r for g in registers for r in g.rows), tuple(d for g in registers for d in g.decisions)
    )


# --- tables --------------------------------------------------------------------------------------------------------


def _table(item: str, sheet: Sheet, decisions: tuple[Decision, ...]) -> Register:
    """Find the heading row and name the fields of the rows below it."""
    iterator = iter(sheet.rows)
    first: list[str] = []
    for index, (_, row) in enumerate(iterator):
        fields = [field_of_heading(cell) for cell in row]
        if not first and any(cell.strip() for cell in row):
            first = row
        if _IDENTIFYING & set(fields) and len(set(fields) - {""}) >= 2:
            break
        if index >= _HEADING_ROWS:
            raise _no_heading(item, first)
    else:
        raise _no_heading(item, first)
    if kind_of_columns(row) not in ("", "checks"):  # of a workbook that has lists of sites too
        return Register(item, (), decisions)
    left = [cell.strip() for cell, name in zip(row, fields, strict=True) if cell.strip() and not name]
    personal = tuple(cell for cell in left if is_of_a_person(cell))
    unknown = tuple(cell for cell in left if cell not in personal)
    if unknown:
        decisions = (*decisions, Decision(item, "unknown_columns_left_out", {"columns": unknown[:12]}))
    if personal:
        said = Decision(item, "personal_columns_dropped", {"count": len(personal), "columns": personal})
        decisions = (*decisions, said)
    found = tuple(
        RegisterRow(f"{sheet.unit} {number}", values)
        for number, cells in iterator
        if (values := _named_values(fields, cells))
    )
    return Register(item, found, decisions)


def _named_values(fields: Sequence[str], cells: Sequence[str]) -> dict[str, str]:
    """Texts by field; where two columns mean the same, the first that is not empty."""
    values: dict[str, str] = {}
    for name, cell in zip(fields, cells, strict=False):
        text = cell.strip()[:_MAX_FIELD]
        if name and text:
            values.setdefault(name, text)
    return values


def _no_heading(item: str, first: Sequence[str]) -> UnknownFormat:
    came = ", ".join(cell.strip() for cell in first[:8])
    if came.startswith("<") or "\x00" in came or item.lower().endswith((".shp", ".kml")):
        return UnknownFormat(item, "register_no_table")
    return UnknownFormat(
        item,
        "register_heading_missing" if came else "register_without_text",
        {"first_row": came[:100], "expected": _EXPECTED},
    )


# --- GeoJSON -------------------------------------------------------------------------------------------------------


def _read_geojson(text: str, item: str) -> Register:
    """Read features; a ``crs`` member of the 2008 format is kept, without one the file says nothing."""
    return Register(item, tuple(_feature_row(feature) for feature in read_features(text, item)))


def _feature_row(feature: Feature) -> RegisterRow:
    values: dict[str, str] = {}
    for heading, value in feature.properties.items():
        name = field_of_heading(str(heading))
        text = ",".join(map(str, value)) if isinstance(value, list) else cell_text(value)
        if name and text.strip():
            values.setdefault(name, text.strip())
    if "site_id" not in values and isinstance(feature.id, str | int):
        values["site_id"] = str(feature.id)
    try:
        return RegisterRow(feature.where, values, shape_of(feature.geometry), feature.crs)
    except ImpossiblePlace as error:
        return RegisterRow(feature.where, values, None, feature.crs, error.phrase)
