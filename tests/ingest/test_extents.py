"""Workbooks with a cell far from all others are refused before they are read."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from ingest.errors import FileError
from ingest.extents import refuse_far_cells
from ingest.text.sheets import read_sheets
from ingest.text.sources import Limits
from ingest.traces.read import TraceSettings, read_traces
from tests.ingest.text.test_sheets import workbook
from tests.told import raises_told

_TABLE = "urn:oasis:names:tc:opendocument:xmlns:table:1.0"
_OFFICE = "urn:oasis:names:tc:opendocument:xmlns:office:1.0"


def _xlsx(cells: str) -> bytes:
    """A workbook whose sheet is replaced by these rows."""
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(workbook({"a": [["time", "so2 (ppb)"]]}))) as old,
        zipfile.ZipFile(stream, "w") as new,
    ):
        for entry in old.infolist():
            data = old.read(entry)
            if entry.filename == "xl/worksheets/sheet1.xml":
                space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
                data = f'<worksheet xmlns="{space}"><sheetData>{cells}</sheetData></worksheet>'.encode()
            new.writestr(entry.filename, data)
    return stream.getvalue()


def _ods(rows: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        body = f"<o:body><o:spreadsheet><t:table>{rows}</t:table></o:spreadsheet></o:body>"
        content = f'<o:document-content xmlns:o="{_OFFICE}" xmlns:t="{_TABLE}">{body}</o:document-content>'
        archive.writestr("content.xml", content)
    return stream.getvalue()


_FIRST = '<row r="1"><c r="A1"><v>1</v></c></row>'


@pytest.mark.parametrize(
    ("cells", "extent"),
    [
        ('<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>', "row 1048576 or column 16384"),
        ('<row r="1048576"><c s="1" r="AD1048576" t="n"><v>1</v></c></row>', "row 1048576 or column 30"),
        ("<row r='9'><c r = 'XFD9'>\n<v>1</v></c></row><row><c r='A99999'><v>1</v></c></row>", "row 99999 or"),
    ],
)
def test_a_far_cell_is_refused(tmp_path: Path, cells: str, extent: str) -> None:
    """By every reader, with its row and column: 30 columns of all rows are 31 million cells."""
    path = tmp_path / "a.xlsx"
    path.write_bytes(_xlsx(_FIRST + cells))
    with raises_told(FileError, match=extent):
        read_sheets(path, "a.xlsx", Limits())
    assert [r.code for r in read_traces([path], TraceSettings()).rejects] == ["workbook_cell_far_away"]


@pytest.mark.parametrize(
    "cells",
    [
        '<row r="1048576"><c r="Z1048576"><v>1</v></c></row>',
        '<row r="1048576" ht="15"/><row r="5"><c r="XFD5" s="3"/><c r="XFC5" s="3"></c><c r="AB5"><v>1</v></c></row>',
        '<row r="9"><c r="XFD9"><v>1</v></c></row>',
    ],
)
def test_wide_long_and_coloured_sheets_stay(cells: str) -> None:
    """A long table, a coloured row that holds nothing, and a wide row are no danger."""
    refuse_far_cells(_xlsx(_FIRST + cells), "a.xlsx")


_EMPTY = '<t:table-cell t:number-columns-repeated="16384"/>'
_FILLED = f'<t:table-cell o:value-type="float" t:number-columns-repeated="100"/>{_EMPTY}'


def test_repeated_rows_of_an_open_document() -> None:
    """300 001 rows of 100 filled cells are 30 million and 100; empty ones behind do not count, before they do."""
    row = '<t:table-row t:number-rows-repeated="{}">{}</t:table-row>'
    refuse_far_cells(_ods(row.format(300_000, _FILLED) + row.format(1_000_000, _EMPTY)), "a.ods")
    for rows in (row.format(300_001, _FILLED), row.format(300_000, _EMPTY) + row.format(1, _FILLED)):
        with raises_told(FileError, match="row 300001 or column 100"):
            refuse_far_cells(_ods(rows), "a.ods")


def test_a_document_type_in_an_open_document_is_refused() -> None:
    """Entities could hide what is repeated."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("content.xml", '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>')
    with raises_told(FileError, match="document type"):
        refuse_far_cells(stream.getvalue(), "a.ods")
