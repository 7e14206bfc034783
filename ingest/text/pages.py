"""Files that are not what their name says: web pages and XML of spreadsheets as tables, others named as they are.

Platforms export "Excel" files that are HTML; servers send a login page instead of a table; a repository holds a
pointer instead of the file. All tables of a page are given, all else is refused by name with what to do.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from html.parser import HTMLParser
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from ingest.errors import FileError
from ingest.outcome import Decision, Outcome, Phrase, Value
from ingest.text.encodings import guess_encoding
from ingest.text.sources import HEAD_BYTES, ZIP_ERRORS, Source

_HTML = re.compile(
    r"\s*(?:<\?xml[^>]*>\s*|<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|meta|body|table|style|script)\b", re.I | re.S
)
_XML_SHEET = re.compile(r"\s*<\?xml.{0,4000}urn:schemas-microsoft-com:office:spreadsheet", re.S)
_SPREADSHEET = "{urn:schemas-microsoft-com:office:spreadsheet}"
_BEGINNINGS: tuple[tuple[bytes, Phrase], ...] = (
    (b"%PDF-", Phrase("a_pdf")),
    (b"version https://git-lfs.github.com/spec/", Phrase("a_git_lfs_pointer")),
    (b"/annex/objects/", Phrase("a_git_lfs_pointer")),
    (b"\x89PNG\r\n", Phrase("a_picture")),
    (b"\xff\xd8\xff", Phrase("a_picture")),
    (b"GIF8", Phrase("a_picture")),
    (b"Rar!\x1a\x07", Phrase("an_archive")),
    (b"7z\xbc\xaf\x27\x1c", Phrase("an_archive")),
    (b"SQLite format 3\x00", Phrase("a_database")),
    (b"{\\rtf", Phrase("a_document")),
)
_ZIPPED = ("xl/", "content.xml", "[Content_Types].xml")
_MOST_SPAN = 200


@dataclass(frozen=True)
class PageTable:
    """A table of a page: what it is called, and its rows, all as wide as the widest."""

    name: str
    rows: tuple[list[str], ...]


@dataclass(frozen=True)
class Page:
    """The tables of a page, and what is to be said of it."""

    tables: tuple[PageTable, ...]
    decisions: tuple[Decision, ...]


def page_of(data: bytes, path: Path, item: str) -> Page | None:
    """Return the tables of a page or of an XML spreadsheet; None for a file that is neither.

    Raises
    ------
    FileError
        If the file is something else than its name says and holds no table that can be read.
    """
    head = data[:HEAD_BYTES]
    kind = next(
        (kind for beginning, kind in _BEGINNINGS if head.lstrip(b"\xef\xbb\xbf \r\n").startswith(beginning)), None
    )
    if kind is None and head.startswith(b"MIME-Version:") and b"multipart/related" in head:
        kind = Phrase("a_web_archive")
    if kind is None and head.startswith(b"PK\x03\x04") and not _is_workbook(data):
        kind = Phrase("an_archive")
    if kind is not None:
        raise FileError(item, "file_is_something_else", {"kind": kind, "suffix": path.suffix or item})
    if b"<" not in head[:4096]:
        return None
    text = _text(head)
    if _XML_SHEET.match(text):
        return _page(_xml_tables(_text(data), item), Phrase("an_xml_spreadsheet"), "", path, item)
    if not _HTML.match(text):
        return None
    parser = _Tables()
    parser.feed(_text(data))
    parser.close()
    title = " ".join(parser.title.split())[:60] or " ".join(parser.words.split())[:60]
    return _page(parser.filled(), Phrase("an_html_page"), title, path, item)


def tables_of_page(source: Source) -> Outcome[tuple[tuple[str, Source], ...]]:
    """Return the file itself without a name, or the tables of a page by name as tab-separated text.

    Raises
    ------
    FileError
        As `page_of`.
    """
    head = source.head
    looked_at = head.lstrip(b"\xef\xbb\xbf\xff\xfe \r\n\t")
    suspect = looked_at[:1] in (b"<", b"%", b"{", b"v", b"R", b"7", b"S", b"M", b"G", b"/") or head.startswith(
        (b"\x89PNG", b"\xff\xd8\xff", b"PK\x03\x04")
    )
    if not suspect:
        return Outcome((("", source),))
    is_page = head.startswith(b"PK") or _HTML.match(_text(head)) or _XML_SHEET.match(_text(head))
    page = page_of(source.load() if is_page else head, source.path, source.item)
    if page is None:
        return Outcome((("", source),))
    return Outcome(tuple((table.name, _as_text(source, table)) for table in page.tables), page.decisions)


def _as_text(source: Source, table: PageTable) -> Source:
    stream = io.StringIO()
    csv.writer(stream, delimiter="\t", lineterminator="\n").writerows(table.rows)
    data = stream.getvalue().encode("utf-8", "replace")
    return replace(source, head=data[:HEAD_BYTES], load=lambda: data)


def _page(tables: Sequence[tuple[str, list[list[str]]]], kind: Phrase, title: str, path: Path, item: str) -> Page:
    """Those with two rows and columns at least: the others are lines that a page sets in frames."""
    kept = [
        PageTable(name, tuple(row + [""] * (width - len(row)) for row in rows))
        for name, rows in tables
        if len(rows) > 1 and (width := max(map(len, rows))) > 1
    ]
    if not kept:
        raise FileError(item, "page_without_table", {"title": title, "suffix": path.suffix or item})
    count = sum(len(table.rows) for table in kept)
    values: dict[str, Value] = {"kind": kind, "tables": len(kept), "rows": count}
    return Page(tuple(kept), (Decision(item, "page_read_as_table", values),))


def _text(data: bytes) -> str:
    guess = guess_encoding(data)
    return data.decode(guess, "replace").lstrip("\ufeff")


def _is_workbook(data: bytes) -> bool:
    """Whether a zip file is a workbook; a damaged one is for the reader of workbooks to name."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
    except ZIP_ERRORS:
        return True
    return any(name.startswith(_ZIPPED) for name in names) or not names


# --- HTML ----------------------------------------------------------------------------------------------------------


class _Table:
    """A table on its way: finished rows, the open one, and cells that reach down into the next rows."""

    def __init__(self) -> None:
        self.rows: list[list[str]] = []
        self.row: list[str] | None = None
        self.down: dict[int, tuple[int, str]] = {}
        self.cell: list[str] | None = None
        self.across = self.reach = 1
        self.heading = False

    def start_cell(self, attributes: dict[str, str | None], *, heading: bool) -> None:
        self.end_cell()
        if self.row is None:
            self.row = []
        self._fill_down()
        self.cell, self.heading = [], heading
        self.across, self.reach = _span(attributes.get("colspan")), _span(attributes.get("rowspan"))

    def end_cell(self) -> None:
        if self.cell is None or self.row is None:
            return
        text = " ".join("".join(self.cell).split())
        for offset in range(self.across):
            if self.reach > 1:
                self.down[len(self.row)] = (self.reach - 1, "" if self.heading or offset else text)
            self.row.append("" if offset else text)
        self.cell = None

    def end_row(self) -> None:
        self.end_cell()
        if self.row is not None:
            self._fill_down()
            self.rows.append(self.row)
        self.row = None

    def _fill_down(self) -> None:
        while self.row is not None and len(self.row) in self.down:
            at = len(self.row)
            left, text = self.down.pop(at)
            if left > 1:
                self.down[-at - 1] = (left - 1, text)
            self.row.append(text)

    def next_row(self) -> None:
        self.end_row()
        self.down |= {-at - 1: self.down.pop(at) for at in [at for at in self.down if at < 0]}
        self.row = []


def _span(text: str | None) -> int:
    return min(int(text), _MOST_SPAN) if text and text.strip().isdecimal() and int(text) > 0 else 1


class _Tables(HTMLParser):
    """Collects the tables of a page, each by itself, its title, and its first words."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[_Table] = []
        self.open: list[_Table] = []
        self.title = self.words = ""
        self._in = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self.tables.append(_Table())
            self.open.append(self.tables[-1])
        elif tag in ("title", "style", "script"):
            self._in = tag
        elif self.open and tag == "tr":
            self.open[-1].next_row()
        elif self.open and tag in ("td", "th"):
            self.open[-1].start_cell(dict(attrs), heading=tag == "th")
        elif self.open and tag == "br" and self.open[-1].cell is not None:
            self.open[-1].cell.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag == "table" and self.open:
            self.open.pop().end_row()
        elif tag in ("title", "style", "script"):
            self._in = ""
        elif self.open and tag == "tr":
            self.open[-1].end_row()
        elif self.open and tag in ("td", "th"):
            self.open[-1].end_cell()

    def handle_data(self, data: str) -> None:
        if self._in == "title":
            self.title += data
        elif not self._in and self.open and self.open[-1].cell is not None:
            self.open[-1].cell.append(data)
        elif not self._in and len(self.words) < 200:
            self.words += data

    def filled(self) -> list[tuple[str, list[list[str]]]]:
        """Rows that are not empty of all tables, which are numbered from 1."""
        for table in self.open:
            table.end_row()
        return [(str(n), [row for row in table.rows if any(row)]) for n, table in enumerate(self.tables, 1)]


# --- SpreadsheetML 2003 --------------------------------------------------------------------------------------------


def _xml_tables(text: str, item: str) -> list[tuple[str, list[list[str]]]]:
    """Names and rows of the worksheets of an XML spreadsheet."""
    try:
        root = fromstring(re.sub(r"^\s*<\?xml[^>]*\?>", "", text), forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise FileError(item, "workbook_not_readable", {"error": str(error)}) from error
    return [
        (sheet.get(f"{_SPREADSHEET}Name") or str(number), _rows_of_sheet(table))
        for number, sheet in enumerate(root.iter(f"{_SPREADSHEET}Worksheet"), 1)
        for table in sheet.iter(f"{_SPREADSHEET}Table")
    ]


def _rows_of_sheet(table: Element) -> list[list[str]]:
    rows = []
    for row in table.iter(f"{_SPREADSHEET}Row"):
        cells: list[str] = []
        for cell in row.iter(f"{_SPREADSHEET}Cell"):
            at = cell.get(f"{_SPREADSHEET}Index", "")
            cells += [""] * (min(int(at), 20_000) - 1 - len(cells) if at.isdecimal() else 0)
            data = cell.find(f"{_SPREADSHEET}Data")
            cells.append("" if data is None else _typed(data))
            cells += [""] * (
                _span(cell.get(f"{_SPREADSHEET}MergeAcross")) if cell.get(f"{_SPREADSHEET}MergeAcross") else 0
            )
        if any(cells):
            rows.append(cells)
    return rows


def _typed(data: Element) -> str:
    text = "".join(data.itertext()).strip()
    if data.get(f"{_SPREADSHEET}Type") == "DateTime":
        return re.sub(r"\.0+$", "", text.replace("T", " "))
    return text
