"""Workbooks (xlsx, xls, ods) by calamine: the first sheet in which a table is found, Picarro exports among them."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from python_calamine import CalamineError, CalamineWorkbook, PasswordError, WorksheetNotFound, XmlError, ZipError

from ingest.errors import FileError, UnknownFormat
from ingest.extents import refuse_far_cells
from ingest.outcome import Notes, Outcome
from ingest.species import fold
from ingest.text.encodings import Decoded
from ingest.text.sheets import refuse_bomb
from ingest.text.sources import Source
from ingest.text.tables import find_table
from ingest.traces.assemble import records_from_table
from ingest.traces.formats.picarro import is_picarro_heading, read_picarro_table
from ingest.traces.record import Layout, Reader, Record, TraceSettings
from ingest.traces.sheets import read_each

_ERRORS = (CalamineError, PasswordError, WorksheetNotFound, XmlError, ZipError, OSError, ValueError)


def _recognises(head: bytes) -> bool:
    return head[:4] == b"PK\x03\x04" or head[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def read(source: Source, settings: TraceSettings) -> Outcome[tuple[Record, ...]]:
    """Read all sheets that hold a table.

    Raises
    ------
    FileError
        If the workbook is damaged, locked or a bomb, or no sheet holds a table.
    """
    data = source.load()
    refuse_bomb(data, source.item, settings)
    refuse_far_cells(data, source.item)
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        names = list(book.sheet_names)
    except _ERRORS as error:
        raise FileError(source.item, "workbook_locked_or_damaged", {"error": str(error)}) from error

    def read_one(place: int) -> Outcome[tuple[Record, ...]]:
        try:
            rows = book.get_sheet_by_name(names[place]).to_python(skip_empty_area=True)
        except _ERRORS as error:
            raise UnknownFormat(source.item, "sheet_not_readable", {"error": str(error)}) from error
        if not rows:
            raise UnknownFormat(source.item, "sheet_empty")
        return _read_sheet(source.item, rows, settings)

    return read_each(source.item, names, read_one)


def _read_sheet(item: str, rows: Sequence[Sequence[object]], settings: TraceSettings) -> Outcome[tuple[Record, ...]]:
    text = Decoded(item, sheet_as_text(rows), "workbook")
    table = find_table(text, columns={fold(key): value for key, value in settings.columns.items()})
    if is_picarro_heading("\t".join(table.headings)):
        return read_picarro_table(table, settings)
    notes = Notes(table.decisions)
    return notes.outcome(notes.take(records_from_table(table, settings, Layout())))


def sheet_as_text(rows: Sequence[Sequence[object]]) -> bytes:
    """Write a sheet as tab-separated text, dates in ISO 8601, so that one table parser serves all."""
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter="\t", lineterminator="\n")
    for row in rows:
        writer.writerow([_cell(value) for value in row])
    return stream.getvalue().encode("utf-8", errors="replace")


def _cell(value: object) -> str:
    if isinstance(value, datetime):
        return _whole_second(value).isoformat(" ")
    if isinstance(value, time):
        whole = _whole_second(datetime.combine(date(2000, 1, 1), value))
        return "24:00:00" if whole.day == 2 else whole.time().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, timedelta):
        return str(value)
    return str(value).replace("\n", " ").replace("\t", " ")


def _whole_second(moment: datetime) -> datetime:
    """Round to the second what is within 2 ms of one: days in numbers make 08:59:59.999 of nine o'clock."""
    rounded = (moment + timedelta(microseconds=500_000)).replace(microsecond=0)
    return rounded if abs(rounded - moment) <= timedelta(milliseconds=2) else moment


READER = Reader(
    name="workbook",
    suffixes=(".xlsx", ".xlsm", ".xls", ".ods"),
    recognises=_recognises,
    read=read,
    reads="all sheets with a table (merged title rows are passed over); Picarro columns as in .dat",
    infers="as for a delimited table; which sheets; unsafe archives are refused by their stated size",
    tested_with="Hamburg_G2301_20181024.xlsx",
)
