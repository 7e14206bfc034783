"""Tables of text as offices keep them: CSV in the encodings of China, and the sheets of a workbook.

Rows come as texts with their number in the file, lazily for CSV; what a row means is the caller's matter. Nothing is
unpacked beyond the allowed size.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from python_calamine import CalamineError, CalamineWorkbook

from ingest.errors import FileError, UnknownFormat
from ingest.extents import refuse_far_cells
from ingest.outcome import Decision, Notes
from ingest.text.encodings import guess_encoding, is_latin, without_broken_lines
from ingest.text.pages import Page, page_of
from ingest.text.sources import ZIP_ERRORS, Limits

# Marks by which a file says how it is encoded.
_MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig", "UTF-8"),
    (b"\xff\xfe", "utf-16", "UTF-16"),
    (b"\xfe\xff", "utf-16", "UTF-16"),
)
csv.field_size_limit(10_000_000)


@dataclass(frozen=True)
class Sheet:
    """Rows of texts with their numbers, and what a row is called: ``line``, or ``sheet 名录, row``.

    ``name`` is that of one of several tables of a file.
    """

    unit: str
    rows: Iterable[tuple[int, list[str]]]
    name: str = ""


def read_sheets(path: Path, item: str, limits: Limits) -> tuple[list[Sheet], tuple[Decision, ...]]:
    """Read the tables of one file, by its content rather than its name, with what was decided about its encoding.

    Raises
    ------
    FileError
        If it is empty, too large or damaged.
    """
    data = read_bytes(path, item, limits)
    refuse_bomb(data, item, limits)
    page = page_of(data, path, item)
    if page is not None:
        return page_sheets(page), page.decisions
    if is_workbook(data):
        return list(workbook_sheets(data, item, limits)), ()
    text, decisions = office_text(data, item)
    return [Sheet("line", csv_rows(text, item))], decisions


def page_sheets(page: Page) -> list[Sheet]:
    """The tables of a page as sheets; where there is only one, it is the file."""
    if len(page.tables) == 1:
        return [Sheet("row", enumerate(page.tables[0].rows, 1))]
    return [Sheet(f"sheet {table.name}, row", enumerate(table.rows, 1), table.name) for table in page.tables]


def tell_unread(item: str, refused: Sequence[tuple[str, FileError]], read: int, notes: Notes) -> None:
    """Say by name which tables of a file are not read, and why.

    Raises
    ------
    FileError
        If none is ``read``: what is wrong with the first that is a table, else with the first.
    """
    problems = [error for _, error in refused if not isinstance(error, UnknownFormat)]
    if not read and refused:
        raise problems[0] if problems else refused[0][1]
    for name, error in refused:
        if error.phrase.code == "sheet_empty":
            continue
        if isinstance(error, UnknownFormat):
            notes.decide(item, "sheet_not_read", {"sheet": name}, error.phrase)
        else:
            notes.keep(replace(error.reject, where=f"sheet {name}"))


def office_text(data: bytes, item: str) -> tuple[str, tuple[Decision, ...]]:
    """Text of a file of an office, with what was decided about its encoding and its broken lines."""
    clean = without_broken_lines(data, item)
    text, encoding = decode_text(clean.value, item)
    return text, (*clean.decisions, *encoding_decisions(item, encoding))


def read_bytes(path: Path, item: str, limits: Limits) -> bytes:
    """Read a file that is neither empty nor larger than allowed."""
    try:
        size = path.stat().st_size
        data = path.read_bytes() if size <= limits.file_bytes else b""
    except OSError as error:
        raise FileError(item, "office_file_not_readable", {"error": str(error.strerror or error)}) from error
    if size > limits.file_bytes:
        raise FileError(item, "office_file_too_large", {"size_bytes": size, "limit_bytes": limits.file_bytes})
    if not data.removeprefix(b"\xef\xbb\xbf").strip(b"\x00 \r\n\t"):
        raise FileError(item, "office_file_empty")
    return data


def is_workbook(data: bytes) -> bool:
    """Return whether the bytes are those of xlsx or xls."""
    return data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0"))


def decode_text(data: bytes, item: str) -> tuple[str, str]:
    """Text and name of the encoding: by byte-order mark, else UTF-8 (damage as �), GB 18030, or Windows Latin."""
    for mark, codec, name in _MARKS:
        if data.startswith(mark):
            return data.decode(codec, "replace"), name
    guess = guess_encoding(data)
    if guess.startswith("utf-16"):
        return data.decode(guess, "replace"), "UTF-16"
    if guess == "utf-8":
        return data.decode("utf-8", "replace").replace("\n\ufeff", "\n"), "UTF-8"
    if guess == "cp1252" and is_latin(data):
        return data.decode("cp1252", "replace"), "Windows-1252"
    try:
        return data.decode("gb18030"), "GB 18030"
    except UnicodeDecodeError as error:
        raise FileError(item, "encoding_unknown", {"byte": error.start}) from error


def encoding_decisions(item: str, encoding: str) -> tuple[Decision, ...]:
    """Return the decision on an encoding that is not the expected one."""
    return () if encoding == "UTF-8" else (Decision(item, "table_read_as", {"encoding": encoding}),)


def csv_rows(text: str, item: str) -> Iterator[tuple[int, list[str]]]:
    """Yield line number and fields; the delimiter is the one that the first lines hold most of."""
    sample = text[:20_000]
    others = max("\t;|", key=sample.count)
    # A decimal comma is none: "30,5;1,1" has one semicolon and two of them.
    decimal = sum(1 for _ in re.finditer(r"(?<=\d),(?=\d)", sample))
    delimiter = others if sample.count(others) > max(sample.count(",") - decimal, 0) else ","
    if sample.count(others) and sample.count(",") > sample.count(others) and not _fits(sample, others):
        delimiter = ","
    reader = csv.reader(io.StringIO(text.replace("\x00", "")), delimiter=delimiter)
    try:
        for row in reader:
            yield reader.line_num, row
    except csv.Error as error:
        raise FileError(item, "csv_damaged", {"error": str(error)}, where=f"line {reader.line_num}") from error


def _fits(sample: str, delimiter: str) -> bool:
    """Whether the delimiter stands equally often in the first lines that have it."""
    counts = [count for line in sample.split("\n")[:20] if (count := line.count(delimiter))]
    return len(counts) > 1 and len(set(counts)) == 1


def workbook_sheets(data: bytes, item: str, limits: Limits) -> Iterator[Sheet]:
    """Yield the sheets of a workbook.

    Raises
    ------
    FileError
        If it is damaged, would unpack to more than is allowed, or has a cell far from all others.
    """
    refuse_bomb(data, item, limits)
    refuse_far_cells(data, item)
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        names = book.sheet_names
        tables = [book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in names]
    except (CalamineError, ValueError, OSError) as error:
        raise FileError(item, "workbook_not_readable", {"error": str(error)}) from error
    for name, rows in zip(names, tables, strict=True):
        texts = ((n, [cell_text(cell) for cell in row]) for n, row in enumerate(rows, 1))
        yield Sheet(f"sheet {name}, row", texts, name)


def cell_text(cell: object) -> str:
    """Text of a workbook cell: whole numbers without a point, times in ISO form, rounded to the second.

    A spreadsheet keeps days as a number, so that two o'clock may be 01:59:59.7.
    """
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    if isinstance(cell, dt.datetime):
        return (cell + dt.timedelta(microseconds=500_000)).replace(microsecond=0).isoformat(sep=" ")
    if isinstance(cell, dt.time):
        seconds = round(cell.hour * 3600 + cell.minute * 60 + cell.second + cell.microsecond / 1e6)
        return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    return "" if cell is None else str(cell)


def refuse_bomb(data: bytes, item: str, limits: Limits) -> None:
    """Look into the directory of a zipped workbook before anything is unpacked.

    Raises
    ------
    FileError
        If it is damaged, or says that it unpacks to more than is allowed.
    """
    if not data.startswith(b"PK"):
        return
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
    except ZIP_ERRORS as error:
        raise FileError(item, "workbook_damaged", {"error": str(error)}) from error
    if unpacked > limits.unpacked_bytes(len(data)):
        raise FileError(item, "workbook_bomb", {"unpacked_mb": unpacked / 1e6, "size_mb": len(data) / 1e6})
