"""Files that are not what their name says: web pages and XML of spreadsheets as tables, others named as they are.

Platforms export "Excel" files that are HTML; servers send a login page instead of a table; a repository holds a
pointer instead of the file. A page with one table is read as that table, all else is refused by name with what to do.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from dataclasses import dataclass, replace
from html.parser import HTMLParser
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from ingest.errors import FileError
from ingest.outcome import Decision, Outcome, Phrase
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
class Page:
    """The rows of a page's table, and what is to be said of it."""

    rows: tuple[list[str], ...]
    decisions: tuple[Decision, ...]


def page_of(data: bytes, path: Path, item: str) -> Page | None:
    """Return the table of a page or of an XML spreadsheet; None for a file that is neither.

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
        return _page(_xml_rows(_text(data), item), Phrase("an_xml_spreadsheet"), path, item)
    if not _HTML.match(text):
        return None
    parser = _Tables()
    parser.feed(_text(data))
    parser.close()
    rows = parser.largest()
    if len(rows) < 2 or max(map(len, rows)) < 2:
        title = " ".join(parser.title.split())[:60] or " ".join(parser.words.split())[:60]
        raise FileError(item, "page_without_table", {"title": title, "suffix": path.suffix or item})
    return _page(rows, Phrase("an_html_page"), path, item)


def table_of_page(source: Source) -> Outcome[Source]:
    """Return the file itself, or the table of a page as tab-separated text.

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
        return Outcome(source)
    is_page = head.startswith(b"PK") or _HTML.match(_text(head)) or _XML_SHEET.match(_text(head))
    page = page_of(source.load() if is_page else head, source.path, source.item)
    if page is None:
        return Outcome(source)
    stream = io.StringIO()
    csv.writer(stream, delimiter="\t", lineterminator="\n").writerows(page.rows)
    data = stream.getvalue().encode("utf-8", "replace")
    return Outcome(replace(source, head=data[:HEAD_BYTES], load=lambda: data), page.decisions)


def _page(rows: list[list[str]], kind: Phrase, path: Path, item: str) -> Page:
    width = max(map(len, rows), default=0)
    if len(rows) < 2 or width < 2:
        raise FileError(item, "page_without_table", {"title": "", "suffix": path.suffix or item})
    filled = tuple(row + [""] * (width - len(row)) for row in rows)
    return Page(filled, (Decision(item, "page_read_as_table", {"kind": kind, "rows": len(filled)}),))


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

    def largest(self) -> list[list[str]]:
        """Rows of the table with most cells that are filled."""
        for table in self.open:
            table.end_row()
        filled = [[row for row in table.rows if any(row)] for table in self.tables]
        return max(filled, key=lambda rows: sum(bool(cell) for row in rows for cell in row), default=[])


# --- SpreadsheetML 2003 --------------------------------------------------------------------------------------------


def _xml_rows(text: str, item: str) -> list[list[str]]:
    """Rows of the first worksheet of an XML spreadsheet with two rows or more."""
    try:
        root = fromstring(re.sub(r"^\s*<\?xml[^>]*\?>", "", text), forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise FileError(item, "workbook_not_readable", {"error": str(error)}) from error
    tables = [_rows_of_sheet(sheet) for sheet in root.iter(f"{_SPREADSHEET}Table")]
    return next((rows for rows in tables if len(rows) > 1), tables[0] if tables else [])


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
