"""How far the cells of a workbook reach: a sheet is read as a rectangle, and one far cell makes it endless.

A cell in the last row and column of a sheet asks for 17 thousand million cells, at which the reader of workbooks ends
the whole process. So the addresses of cells are looked at in the packed XML first.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from xml.parsers import expat

from ingest.errors import FileError
from ingest.outcome import Value
from ingest.text.sources import ZIP_ERRORS

#: More than all rows of a sheet in the columns A to Z, so that a plain sheet is never counted cell by cell.
MOST_CELLS = 30_000_000
_MOST_ROWS = 1_048_576
_CHUNK_BYTES = 1 << 22
_LONGEST_TAG = 1 << 10
# Cells that hold something: empty ones of a row that somebody coloured whole are not read.
_FILLED = rb"<(?:\w+:)?c\s(?:[^>]*?\s)?r\s*=\s*[\"']%s[\"'](?:[^>]*[^>/])?>\s*<[^/]"
_WIDE = tuple(re.compile(_FILLED % (rb"([A-Z]{%d})\d+" % letters)) for letters in (3, 2, 1))
_LONG = tuple(re.compile(_FILLED % (rb"[A-Z]+(\d{%d})" % digits)) for digits in (7, 6, 5, 4, 3, 2, 1))


def refuse_far_cells(data: bytes, item: str) -> None:
    """Refuse a zipped workbook one of whose sheets would be a rectangle of more than `MOST_CELLS`.

    Raises
    ------
    FileError
        Naming the sheet's file, rows and columns; if the archive is damaged.
    """
    if not data.startswith(b"PK"):
        return
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            _look_into(archive, item)
    except ZIP_ERRORS as error:
        raise FileError(item, "workbook_damaged", {"error": str(error)}) from error


def _look_into(archive: zipfile.ZipFile, item: str) -> None:
    for entry in archive.infolist():
        if entry.filename == "content.xml":
            rows, columns = _extent_of_open_document(archive, item)
        elif entry.filename.endswith(".xml"):
            rows, columns = _extent(archive, entry)
        else:
            continue
        if rows * columns > MOST_CELLS:
            values: dict[str, Value] = {"rows": rows, "columns": columns, "limit": MOST_CELLS}
            raise FileError(item, "workbook_cell_far_away", values, where=f"sheet {entry.filename.rsplit('/')[-1]}")


def _extent(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> tuple[int, int]:
    """Last row and column that a part of an xlsx names; only their size where that is small enough."""
    wide = _first_found(archive, entry, _WIDE)
    if wide is None:
        return 0, 0
    if wide is _WIDE[-1]:  # A to Z
        return _MOST_ROWS, 26
    columns = max(map(_column, _all(archive, entry, wide)))
    long = _first_found(archive, entry, _LONG)
    if long is None:
        return 0, 0
    largest = 10 ** (len(_LONG) - _LONG.index(long)) - 1
    rows = largest if largest * columns <= MOST_CELLS else max(map(int, _all(archive, entry, long)))
    return rows, columns


def _first_found(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, patterns: tuple[re.Pattern[bytes], ...]
) -> re.Pattern[bytes] | None:
    """The first pattern that is found anywhere: that of the largest addresses."""
    best = len(patterns)
    for chunk in _chunks(archive, entry):
        best = next((n for n, pattern in enumerate(patterns[:best]) if pattern.search(chunk)), best)
        if best == 0:
            break
    return patterns[best] if best < len(patterns) else None


def _all(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, pattern: re.Pattern[bytes]) -> set[bytes]:
    found: set[bytes] = set()
    for chunk in _chunks(archive, entry):
        found.update(pattern.findall(chunk))
    return found


def _chunks(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    """Pieces of a part, each with the end of the one before, so that no address is cut."""
    rest = b""
    with archive.open(entry) as stream:
        while piece := stream.read(_CHUNK_BYTES):
            yield (chunk := rest + piece)
            rest = chunk[-_LONGEST_TAG:]


def _column(letters: bytes) -> int:
    """Number of a column, ``A`` is 1."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


# --- OpenDocument --------------------------------------------------------------------------------------------------


class _Sheet:
    """Counts rows and columns up to the last cell that is filled, with those that a tag repeats."""

    def __init__(self) -> None:
        self.rows = self.columns = self.largest_rows = self.largest_columns = 0
        self.row = self.repeats = self.at = self.filled = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        tag = name.rpartition(":")[2]
        if tag == "table":
            self.rows = self.columns = self.row = 0
        elif tag == "table-row":
            self.repeats, self.at, self.filled = _count(attributes, "number-rows-repeated"), 0, 0
        elif tag in ("table-cell", "covered-table-cell"):
            self.at += _count(attributes, "number-columns-repeated")
            if any(key.endswith((":value-type", ":formula")) for key in attributes):
                self.filled = self.at

    def end(self, name: str) -> None:
        if name.rpartition(":")[2] != "table-row":
            return
        self.row += self.repeats
        if self.filled:
            self.rows, self.columns = self.row, max(self.columns, self.filled)
        if self.rows * self.columns > self.largest_rows * self.largest_columns:
            self.largest_rows, self.largest_columns = self.rows, self.columns


def _count(attributes: dict[str, str], name: str) -> int:
    text = next((text for key, text in attributes.items() if key.endswith(name)), "1")
    return int(text) if text.isdecimal() and len(text) < 12 else 1


def _extent_of_open_document(archive: zipfile.ZipFile, item: str) -> tuple[int, int]:
    sheet, parser = _Sheet(), expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = sheet.start, sheet.end
    parser.StartDoctypeDeclHandler = _refuse_entities
    try:
        with archive.open("content.xml") as stream:
            parser.ParseFile(stream)
    except expat.ExpatError as error:
        raise FileError(item, "workbook_damaged", {"error": str(error)}) from error
    return sheet.largest_rows, sheet.largest_columns


def _refuse_entities(*_args: object) -> None:
    raise expat.ExpatError("a document type is declared, which may hide what is repeated")
