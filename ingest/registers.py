"""Lists of sites as bureaus keep them (CSV, Excel, GeoJSON) → rows of named texts.

What a heading means comes from one vocabulary of Chinese and English names; a column with an unknown heading is left
out and named in the decisions.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

import shapely
from python_calamine import CalamineError, CalamineWorkbook
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from ingest.errors import FileError, UnknownFormat
from ingest.schema import Decision

__all__ = ["Register", "RegisterRow", "field_of_heading", "heading_vocabulary", "read_register"]

_HEADING_ROWS = 25
_MAX_FIELD = 1_000_000

# Marks by which a file says how it is encoded.
_MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig", "UTF-8"),
    (b"\xff\xfe", "utf-16", "UTF-16"),
    (b"\xfe\xff", "utf-16", "UTF-16"),
)
_IDENTIFYING = {"permit_code", "uscc", "name", "site_id"}


@dataclass(frozen=True)
class RegisterRow:
    """One line of a register: where it stands, its texts by field, and its shape where the format carries one.

    ``crs`` is what the file says about coordinates of the row, empty where it says nothing.
    """

    where: str
    values: Mapping[str, str]
    geometry: BaseGeometry | None = None
    crs: str = ""

    def get(self, name: str) -> str:
        """Return a field's text, empty where it is absent."""
        return self.values.get(name, "")


@dataclass(frozen=True)
class Register:
    """The rows of one file, with what was decided on reading it."""

    item: str
    rows: tuple[RegisterRow, ...]
    decisions: tuple[Decision, ...] = field(default=())


def field_of_heading(heading: str) -> str:
    """Return the field that a heading stands for, or an empty text.

    Examples
    --------
    >>> field_of_heading("经度（°）"), field_of_heading("Permit Code"), field_of_heading("电话")
    ('lon', 'permit_code', '')
    """
    text = re.sub(r"[（(\[【].*?[)）\]】]", "", heading.strip().lower())
    return heading_vocabulary().get(re.sub(r"[\s_\-:：*/、.°\ufeff\"']", "", text), "")


@lru_cache(maxsize=1)
def heading_vocabulary() -> Mapping[str, str]:
    """Fields by heading, as they are compared: lower case, without spaces, units and punctuation."""
    text = (files("ingest") / "data" / "register_headings.csv").read_text(encoding="utf-8")
    return {row["heading"]: row["field"] for row in csv.DictReader(text.splitlines())}


def read_register(path: Path, item: str, *, max_bytes: int) -> Register:
    """Read one register file, by its content rather than its name.

    Raises
    ------
    FileError
        If it is empty, too large, damaged, or has no heading row that names a site.
    """
    try:
        size = path.stat().st_size
        data = path.read_bytes() if size <= max_bytes else b""
    except OSError as error:
        raise FileError(item, f"cannot be read ({error.strerror or error})") from error
    if size > max_bytes:
        raise FileError(item, f"has {size} bytes, more than the {max_bytes} allowed; split it")
    if not data.strip():
        raise FileError(item, "is empty; export it again")
    if data.startswith(b"PK\x03\x04") or data.startswith(b"\xd0\xcf\x11\xe0"):
        return _read_workbook(data, item, max_bytes)
    text, encoding = _decode(data, item)
    if text.lstrip()[:1] in ("{", "["):
        return _read_geojson(text, item)
    decisions = () if encoding == "UTF-8" else (Decision(item, f"read as {encoding}", "its bytes are not UTF-8"),)
    return _table(item, _csv_rows(text, item), "line", decisions)


# --- tables --------------------------------------------------------------------------------------------------------


def _decode(data: bytes, item: str) -> tuple[str, str]:
    """Text and name of the encoding: by byte-order mark, else UTF-8, else GB 18030."""
    for mark, codec, name in _MARKS:
        if data.startswith(mark):
            return data.decode(codec, "replace"), name
    for codec, name in (("utf-8", "UTF-8"), ("gb18030", "GB 18030")):
        try:
            return data.decode(codec), name
        except UnicodeDecodeError as error:
            place = error.start
    raise FileError(item, f"is neither UTF-8 nor GB 18030 (byte {place}); save it as CSV UTF-8")


def _csv_rows(text: str, item: str) -> Iterator[tuple[int, list[str]]]:
    """Yield line number and fields; the delimiter is the one that the first lines hold most of."""
    sample = text[:20_000]
    delimiter = max(",\t;|", key=sample.count)
    reader = csv.reader(io.StringIO(text.replace("\x00", "")), delimiter=delimiter)
    try:
        for row in reader:
            yield reader.line_num, row
    except csv.Error as error:
        raise FileError(item, f"{error}; export it again", where=f"line {reader.line_num}") from error


def _read_workbook(data: bytes, item: str, max_bytes: int) -> Register:
    """Read every sheet that has a heading row."""
    if data.startswith(b"PK"):
        _refuse_zip_bomb(data, item, max_bytes)
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        sheets = [(name, book.get_sheet_by_name(name).to_python(skip_empty_area=False)) for name in book.sheet_names]
    except (CalamineError, ValueError, OSError) as error:
        raise FileError(
            item, f"is not a workbook that can be read ({error}); save it again as xlsx or CSV"
        ) from error
    registers, problems = [], []
    for name, rows in sheets:
        cells = ((number, [_cell_text(cell) for cell in row]) for number, row in enumerate(rows, 1))
        try:
            registers.append(_table(item, cells, f"sheet {name}, row", ()))
        except UnknownFormat as error:
            problems.append(error)
    if not registers:
        raise problems[0] if problems else UnknownFormat(item, "has no sheets")
    return Register(
        item, tuple(r for g in registers for r in g.rows), tuple(d for g in registers for d in g.decisions)
    )


def _refuse_zip_bomb(data: bytes, item: str, max_bytes: int) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise FileError(item, f"is a damaged workbook ({error}); save it again as xlsx or CSV") from error
    if unpacked > 10 * max_bytes:
        raise FileError(item, f"unpacks to {unpacked} bytes, more than {10 * max_bytes}; save it as CSV")


def _cell_text(cell: object) -> str:
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    if isinstance(cell, dt.datetime):
        return cell.isoformat(sep=" ")
    return "" if cell is None else str(cell)


def _table(item: str, rows: Iterable[tuple[int, list[str]]], unit: str, decisions: tuple[Decision, ...]) -> Register:
    """Find the heading row and name the fields of the rows below it."""
    iterator = iter(rows)
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
    unknown = [cell.strip() for cell, name in zip(row, fields, strict=True) if cell.strip() and not name]
    if unknown:
        note = Decision(
            item, f"columns left out: {', '.join(unknown[:12])}", "their headings are not in the vocabulary"
        )
        decisions = (*decisions, note)
    found = tuple(
        RegisterRow(f"{unit} {number}", values)
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
    came = ", ".join(cell.strip() for cell in first[:8]) or "nothing"
    return UnknownFormat(
        item, f"no heading row names a site; the first row is {came!r}; expected 单位名称 or name, with 经度 and 纬度"
    )


# --- GeoJSON -------------------------------------------------------------------------------------------------------


def _read_geojson(text: str, item: str) -> Register:
    """Read features; a ``crs`` member of the 2008 format is believed, without one the file says nothing."""
    try:
        document = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        raise FileError(item, f"is not valid JSON ({error}); export it again") from error
    features = document.get("features") if isinstance(document, dict) else None
    if not isinstance(features, list):
        raise UnknownFormat(item, "is JSON without features; expected a GeoJSON FeatureCollection")
    crs = _geojson_crs(document)
    rows = tuple(_feature_row(feature, f"feature {number}", crs) for number, feature in enumerate(features, 1))
    return Register(item, rows)


def _geojson_crs(document: Mapping[str, object]) -> str:
    crs = document.get("crs")
    properties = crs.get("properties") if isinstance(crs, dict) else None
    name = properties.get("name") if isinstance(properties, dict) else None
    return name if isinstance(name, str) else ""


def _feature_row(feature: object, where: str, crs: str) -> RegisterRow:
    if not isinstance(feature, dict):
        return RegisterRow(where, {}, None, crs)
    properties = feature.get("properties")
    values: dict[str, str] = {}
    for heading, value in (properties or {}).items() if isinstance(properties, dict) else ():
        name = field_of_heading(str(heading))
        text = ",".join(map(str, value)) if isinstance(value, list) else _cell_text(value)
        if name and text.strip():
            values.setdefault(name, text.strip())
    if "site_id" not in values and isinstance(feature.get("id"), str | int):
        values["site_id"] = str(feature["id"])
    return RegisterRow(where, values, _feature_shape(feature.get("geometry")), crs)


def _feature_shape(geometry: object) -> BaseGeometry | None:
    if not isinstance(geometry, dict):
        return None
    try:
        found = shape(geometry)
    except (shapely.errors.ShapelyError, ValueError, TypeError, KeyError, AttributeError, IndexError):
        return None
    return None if found.is_empty else found
