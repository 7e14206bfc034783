"""Below the first heading row: heading rows that come again or change, summaries and footers.

From a second heading row on the new headings hold; one that repeats the first is passed over. A file without such
lines is searched once and left as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np

from ingest.outcome import Notes, Outcome, Value
from ingest.species import fold
from ingest.text.asides import aside_of
from ingest.text.encodings import Decoded
from ingest.text.headings import understand
from ingest.text.layers import is_value
from ingest.text.tables import Table, find_table, heading_rows, heading_score, split_line, unit_rows

#: A line that begins with a letter, whatever quotes and empty fields stand before it.
_WORDS_FIRST = re.compile(rb"\n[ \t\"',;|]*[A-Za-z#\[(\xc2-\xf4]")
_WORDS_OF_TIME = (
    *(b"time", b"Time", b"TIME", b"date", b"Date", b"DATE", b"epoch", b"Epoch", b"stamp", b"clock", b"utc", b"UTC"),
    *(word.encode() for word in ("时间", "日期", "时刻", "时分秒")),
)
_MAY_BEGIN_WORD = ~np.isin(np.arange(256), list(b"0123456789.+-"))
_CHUNK_BYTES = 1 << 20
_SAMPLE = 50
_MOST_LINES = 20_000
_SHOWN = 5


@dataclass(frozen=True)
class _Line:
    """A line that is no data: where it begins and ends (with those that belong to it), and which kind it is."""

    start: int
    end: int
    number: int
    kind: str
    headings: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    lines: int = 1


def find_tables(
    text: Decoded, *, columns: Mapping[str, str] | None = None, comment: str = "", first_line: int = 0
) -> Outcome[tuple[Table, ...]]:
    """Locate all tables of a file: the first heading row, and those further down that name other columns.

    Parameters
    ----------
    text, columns, comment, first_line
        As for `ingest.text.tables.find_table`.

    Returns
    -------
    Outcome of tables
        In the order of the file; the decisions of the first one are its own, those here are about the other lines.
        Rows under a heading row without a time are a reject.

    Raises
    ------
    UnknownFormat
        If no line names a time and something else.
    """
    return split_at_headings(find_table(text, columns=columns, comment=comment, first_line=first_line), columns or {})


def split_at_headings(table: Table, known: Mapping[str, str]) -> Outcome[tuple[Table, ...]]:
    """Cut a located table where its headings change, and leave out lines between its rows that are no data."""
    lines = list(_no_data(table, known))
    notes = Notes()
    if not lines:
        return Outcome((table,))
    _tell(table, lines, notes)
    data = table.text.data
    tables: list[Table] = []
    current, pieces, at, read = replace(table, cut=True, offset=0), list[bytes](), table.offset, True
    for line in (*lines, None):
        end = len(data) if line is None else line.start
        pieces.append(data[at:end])
        if line is None or line.kind in ("other", "untimed"):
            if read:
                tables.append(replace(current, text=replace(table.text, data=b"".join(pieces))))
            pieces = []
        else:
            pieces.append(b"\n" * line.lines)
        if line is not None:
            at = line.end
            read = line.kind != "untimed" if line.kind in ("other", "untimed") else read
            if line.kind == "other":
                first = line.number + line.lines
                current = replace(
                    current, headings=line.headings, units=line.units, heading_line=line.number, first_line=first,
                    decisions=(),
                )  # fmt: skip
    return notes.outcome(tuple(tables))


def _tell(table: Table, lines: Sequence[_Line], notes: Notes) -> None:
    for kind in ("same", "summary", "footer"):
        found = [line for line in lines if line.kind == kind]
        shown = tuple(line.number for line in found[:_SHOWN])
        values: dict[str, Value] = {"count": len(found), "lines": shown}
        if found and kind == "same":
            notes.decide(table.item, "headings_repeated", values)
        elif found:
            text = _text(table, found[0])
            notes.decide(
                table.item, "rows_of_summary" if kind == "summary" else "rows_of_footer", values | {"text": text}
            )
    for line in lines:
        if line.kind == "other":
            notes.decide(table.item, "headings_change", {"line": line.number, "headings": line.headings[:12]})
        elif line.kind == "untimed":
            shown_headings = {"headings": line.headings[:12]}
            notes.reject(table.item, f"line {line.number}", "headings_without_time", shown_headings)


def _text(table: Table, line: _Line) -> str:
    """The first filled cells of a line."""
    fields = split_line(table.text.data[line.start : line.end].decode("utf-8", errors="replace"), table.delimiter)
    return next((cell for cell in fields if aside_of([cell])), "")[:40]


# --- the lines -----------------------------------------------------------------------------------------------------


def _no_data(table: Table, known: Mapping[str, str]) -> Iterator[_Line]:
    """Lines below the headings that are none of its rows."""
    data, current = table.text.data, table.headings
    number, counted, after = table.first_line, table.offset, table.offset
    for start in _starts(table):
        if start < after:
            continue
        number += data.count(b"\n", counted, start)
        counted = start
        line = _understood(table, current, start, number, known)
        if line is not None:
            after = line.end
            current = line.headings if line.kind in ("other", "untimed") else current
            yield line


def _starts(table: Table) -> list[int]:
    """Bytes at which lines begin that may be no data: those that begin with a word, if rows do not."""
    data, offset = table.text.data, max(table.offset - 1, 0)
    sample = data[offset : offset + 100_000].split(b"\n")[: _SAMPLE + 1]
    wordy = sum(1 for line in sample if _WORDS_FIRST.match(b"\n" + line))
    if wordy <= 0.2 * len(sample):
        found = (end + 1 for end in _line_ends(data, offset) if _WORDS_FIRST.match(data, end))
        return list(islice(found, _MOST_LINES + 1))
    starts: set[int] = set()
    for word in _WORDS_OF_TIME:
        at = data.find(word, offset)
        while at >= 0 and len(starts) <= _MOST_LINES:
            starts.add(data.rfind(b"\n", 0, at) + 1)
            end = data.find(b"\n", at)
            at = data.find(word, end) if end >= 0 else -1
    return sorted(start for start in starts if start >= table.offset)


def _line_ends(data: bytes, offset: int) -> Iterator[int]:
    """Bytes at which lines end that are followed by a byte with which a word, or what stands before it, may begin.

    Rows begin with digits, and there are many: their bytes are looked at together.
    """
    for start in range(offset, len(data), _CHUNK_BYTES):
        chunk = np.frombuffer(data, np.uint8, min(_CHUNK_BYTES + 1, len(data) - start), start)
        ends = np.flatnonzero(chunk[:-1] == ord("\n"))
        yield from (start + ends[_MAY_BEGIN_WORD[chunk[ends + 1]]]).tolist()


def _understood(
    table: Table, current: Sequence[str], start: int, number: int, known: Mapping[str, str]
) -> _Line | None:
    data = table.text.data
    if table.comment and data.startswith(table.comment.encode(), start):
        return None
    texts, ends = _lines_from(data, start)
    fields = split_line(texts[0], table.delimiter)
    if any(map(is_value, fields)) and (aside := _aside(fields)):
        return _Line(start, ends[0], number, aside)
    if sum(map(is_value, fields)) > 0.3 * len(fields):
        return None
    joined = heading_rows(texts, table.delimiter, known)
    units, rows = unit_rows(texts[joined.rows : joined.rows + 2], table.delimiter, len(joined.texts))
    used = joined.rows + rows
    if [fold(text) for text in joined.texts] == [fold(text) for text in current]:
        return _Line(start, ends[used - 1], number, "same", lines=used)
    kind = "other" if heading_score(joined.texts, known) >= 2 else "untimed" if _names_columns(joined.texts) else ""
    if kind:
        return _Line(start, ends[used - 1], number, kind, joined.texts, tuple(units), used)
    aside = _aside(fields)
    return _Line(start, ends[0], number, aside) if aside else None


def _aside(fields: Sequence[str]) -> str:
    """Summary or footer, where no cell is a time."""
    timed = any(is_value(cell) and re.search(r"\d[-/:年.]\d.*[-/:月]", cell) for cell in fields)
    return "" if timed else aside_of(fields)


def _names_columns(fields: Sequence[str]) -> bool:
    """Whether most fields of a line name quantities, at least two of them measured."""
    filled = [text for text in fields if text]
    meanings = [meaning for text in filled if (meaning := understand(text)) is not None]
    measured = {m.quantity.slug for m in meanings if m.quantity.role in ("species", "lon", "lat")}
    return len(measured) >= 2 and 2 * len(meanings) > len(filled)


def _lines_from(data: bytes, start: int) -> tuple[list[str], list[int]]:
    """Up to six lines from a byte on, and the byte behind each."""
    texts, ends, at = [], [], start
    for _ in range(6):
        end = data.find(b"\n", at)
        end = len(data) if end < 0 else end + 1
        if at >= end:
            break
        texts.append(data[at:end].decode("utf-8", errors="replace").strip("\r\n"))
        ends.append(end)
        at = end
    return texts, ends
