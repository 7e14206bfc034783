"""Lists of sites as bureaus keep them (CSV, Excel, GeoJSON) → rows of named texts.

What a heading means comes from one vocabulary of Chinese and English names; a column with an unknown heading is left
out and named in the decisions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from shapely.geometry.base import BaseGeometry

from ingest.errors import FileError, UnknownFormat
from ingest.outcome import Decision, Notes, Phrase
from ingest.registers.columns import kind_of_columns
from ingest.shapes import Feature, read_features, shape_of
from ingest.systems import ImpossiblePlace
from ingest.text.asides import aside_of
from ingest.text.fields import field_of_heading
from ingest.text.layers import Headings, join_heading_rows
from ingest.text.lines import Ahead, Asides
from ingest.text.pages import page_of
from ingest.text.persons import tell_left_out
from ingest.text.qualifiers import settled_angles
from ingest.text.sheets import (
    Sheet,
    cell_text,
    csv_rows,
    is_workbook,
    office_text,
    page_sheets,
    read_bytes,
    refuse_bomb,
    tell_unread,
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
    refuse_bomb(data, item, limits)
    page = page_of(data, path, item)
    if page is not None:
        return _sheets(item, page_sheets(page), page.decisions)
    if not is_workbook(data):
        text, decisions = office_text(data, item)
        if text.lstrip()[:1] in ("{", "["):
            return _read_geojson(text, item)
        return _table(item, Sheet("line", csv_rows(text, item)), decisions)
    return _sheets(item, list(workbook_sheets(data, item, limits)), ())


def _sheets(item: str, sheets: Sequence[Sheet], decisions: tuple[Decision, ...]) -> Register:
    """The rows of all sheets that name sites; the others are told by name, but for those of other kinds."""
    if not sheets:
        raise UnknownFormat(item, "register_without_sheets")
    notes = Notes(decisions)
    rows: list[RegisterRow] = []
    refused: list[tuple[str, FileError]] = []
    for sheet in sheets:
        listed = list(sheet.rows)
        try:
            register = _table(item, replace(sheet, rows=listed), ())
        except UnknownFormat as error:
            named = any(kind_of_columns(cells) for _, cells in listed[:_HEADING_ROWS])
            empty = not any(cell.strip() for _, cells in listed for cell in cells)
            if len(sheets) == 1 or not (named or empty):
                refused.append((sheet.name, error))
            continue
        rows += register.rows
        notes.keep(*register.decisions)
    tell_unread(item, refused, len(sheets) - len(refused), notes)
    return Register(item, tuple(rows), tuple(notes.decisions))


# --- tables --------------------------------------------------------------------------------------------------------


def _table(item: str, sheet: Sheet, decisions: tuple[Decision, ...]) -> Register:
    """Find the heading rows and name the fields of the rows below them; a second heading row holds from there on."""
    rows = Ahead(sheet.rows)
    headings = _first_headings(item, rows)
    if kind_of_columns(headings.texts) not in ("", "checks"):  # of a workbook that has lists of sites too
        return Register(item, (), decisions)
    notes = Notes(decisions)
    aside = Asides(sheet.unit)
    found: list[RegisterRow] = []
    fields = _fields(item, headings, notes)
    for number, cells in rows:
        later = _headings_at(cells, rows)
        if later is not None:
            rows.skip(later.rows - 1)
            if later.texts == headings.texts:
                aside.add("same", number, cells)
                continue
            headings = later
            notes.decide(item, "headings_change", {"line": number, "headings": headings.texts[:12]})
            fields = _fields(item, headings, notes)
            continue
        values = _named_values(fields, cells)
        kind = aside_of(cells) if not _is_site(values) else ""
        if kind:
            aside.add(kind, number, cells)
        elif values:
            found.append(RegisterRow(f"{sheet.unit} {number}", settled_angles(values)))
    aside.tell(item, notes)
    return Register(item, tuple(found), tuple(notes.decisions))


def _first_headings(item: str, rows: Ahead) -> Headings:
    first: list[str] = []
    for index, (_, row) in enumerate(rows):
        if not first and any(cell.strip() for cell in row):
            first = row
        headings = _headings_at(row, rows)
        if headings is not None:
            rows.skip(headings.rows - 1)
            return headings
        if index >= _HEADING_ROWS:
            break
    raise _no_heading(item, first)


def _headings_at(row: Sequence[str], rows: Ahead) -> Headings | None:
    """Headings that begin with a row, None where it is no heading row: it names a site and something else."""
    filled = [cell for cell in row if cell.strip()]
    if len(filled) < 2 or not any(map(field_of_heading, filled[:3])):
        return None
    below = rows.ahead(3)
    if not _name_sites(row) and below and _name_sites(below[0]):
        return None  # a title above the headings
    headings = join_heading_rows([row, *below], lambda text: bool(field_of_heading(text)))
    return headings if _name_sites(headings.texts) else None


def _name_sites(texts: Sequence[str]) -> bool:
    """Whether headings name a site and something else."""
    fields = {field_of_heading(text) for text in texts} - {""}
    return bool(_IDENTIFYING & fields) and len(fields) >= 2


def _fields(item: str, headings: Headings, notes: Notes) -> list[str]:
    """Fields by column; a column whose heading means nothing is named."""
    fields = [field_of_heading(text) for text in headings.texts]
    tell_left_out([text for text, name in zip(headings.texts, fields, strict=True) if text and not name], item, notes)
    return fields


def _is_site(values: Mapping[str, str]) -> bool:
    """Whether a row names a site by more than a word of summaries."""
    if values.get("permit_code") or values.get("uscc"):
        return True
    return bool(values.get("name")) and not aside_of([values["name"]])


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
    features, notes = read_features(text, item), Notes()
    headings = dict.fromkeys(str(heading) for feature in features for heading in feature.properties)
    tell_left_out([heading for heading in headings if heading and not field_of_heading(heading)], item, notes)
    return Register(item, tuple(map(_feature_row, features)), tuple(notes.decisions))


def _feature_row(feature: Feature) -> RegisterRow:
    values: dict[str, str] = {}
    for heading, value in feature.properties.items():
        name = field_of_heading(str(heading))
        text = ",".join(map(str, value)) if isinstance(value, list) else cell_text(value)
        if name and text.strip():
            values.setdefault(name, text.strip())
    if "site_id" not in values and isinstance(feature.id, str | int):
        values["site_id"] = str(feature.id)
    values = settled_angles(values)
    try:
        return RegisterRow(feature.where, values, shape_of(feature.geometry), feature.crs)
    except ImpossiblePlace as error:
        return RegisterRow(feature.where, values, None, feature.crs, error.phrase)
