"""Delimited tables in any language: bytes → encoding, delimiter, heading row, columns of numbers and texts.

Nothing here knows what a heading means except through `ingest.text.headings.understand`, which decides
which line is
the heading row. Every guess is a `Decision`; what does not parse is counted, never lost.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

import polars as pl

from ingest.errors import FileError, UnknownFormat
from ingest.outcome import Decision, Notes
from ingest.species import fold
from ingest.text.cells import DECIMAL, MISSING_TOKENS, THOUSANDS, shows
from ingest.text.encodings import Decoded
from ingest.text.headings import split_heading, understand
from ingest.text.layers import Headings, is_in_sixtieths, is_value, join_heading_rows
from ingest.text.numbers import Reading, commas_elsewhere, numbers_of_texts
from ingest.text.parts import part_of
from ingest.units import parse_unit

TABLE_HEAD_BYTES = 1 << 18
HEAD_LINES = 400
_TIME_ROLES = ("time", "date", "clock", "epoch", "gps_seconds", "stamp_year")
_DELIMITERS = (",", "\t", ";", "|")


@dataclass(frozen=True)
class Table:
    """A located table: its headings (unit row merged in), where its rows begin, and how its fields are separated.

    ``heading_line`` and ``first_line`` count from 1 in the file; ``offset`` is the byte at which the rows begin.
    ``cut`` says that the bytes are those of its rows alone.
    """

    text: Decoded
    headings: tuple[str, ...]
    delimiter: str
    heading_line: int
    first_line: int
    offset: int
    units: tuple[str, ...] = ()
    decimal_comma: bool = False
    comment: str = ""
    decisions: tuple[Decision, ...] = field(default=())
    cut: bool = False

    @property
    def item(self) -> str:
        """The file's name as shown to people."""
        return self.text.item

    def without_rows(self) -> Table:
        """Return the table without the file's bytes, for what is said about it after its rows were read."""
        return replace(self, text=replace(self.text, data=b""))


# --- where the table is --------------------------------------------------------------------------------------------


def find_table(
    text: Decoded,
    *,
    columns: Mapping[str, str] | None = None,
    comment: str = "",
    first_line: int = 0,
) -> Table:
    """Locate the heading row: the line, within the first `HEAD_LINES`, that names most quantities, among them a time.

    Parameters
    ----------
    text : Decoded
        The file.
    columns : mapping, optional
        Folded headings that are known although the vocabulary does not list them.
    comment : str
        Lines that begin with it are not rows.
    first_line : int
        Lines before this index (from 0) are preamble and are not looked at.

    Raises
    ------
    UnknownFormat
        If no line names a time and something else.
    """
    lines = text.data[:TABLE_HEAD_BYTES].decode("utf-8", errors="replace").split("\n")[:HEAD_LINES]
    found: list[_Candidate] = []
    for index, line in enumerate(lines[first_line:], start=first_line):
        if line.strip() and not (comment and line.startswith(comment)):
            block = [text for text in lines[index : index + 4] if not comment or not text.startswith(comment)]
            for delimiter in _DELIMITERS:
                if delimiter in line:
                    candidate = _candidate(block, index, delimiter, columns or {})
                    found += [candidate] if candidate.score >= 2 else []
    if not found:
        raise _no_heading(text, lines)
    best = max(found, key=lambda candidate: (candidate.score, -candidate.index))
    # A table above the one with most quantities is a table all the same.
    first = next((c for c in found if c.index < best.index and _has_rows(c, lines, comment)), best)
    return _build_table(text, lines, first, comment)


@dataclass(frozen=True)
class _Candidate:
    """A line that may be the heading row: how many quantities it names, its place, its fields (rows joined)."""

    score: int
    index: int
    delimiter: str
    fields: Sequence[str]
    rows: int = 1


def _candidate(block: Sequence[str], index: int, delimiter: str, known: Mapping[str, str]) -> _Candidate:
    """Read a line and those behind it as one or more heading rows."""
    fields = split_line(block[0], delimiter)[:2000]
    if _are_values(fields):
        return _Candidate(0, index, delimiter, fields)
    joined = heading_rows(block, delimiter, known)
    return _Candidate(_heading_score(joined.texts, known), index, delimiter, joined.texts, joined.rows)


def _are_values(fields: Sequence[str]) -> bool:
    """Whether more than 0.3 of the fields are numbers; the rest is not looked at, for most lines are data."""
    numbers = 0
    for text in fields:
        numbers += parse_number(text) is not None
        if numbers > 0.3 * len(fields):
            return True
    return False


def heading_rows(lines: Sequence[str], delimiter: str, known: Mapping[str, str]) -> Headings:
    """Headings of which the first line is a row, with those below that belong to it; a row of units stays apart."""
    rows = [split_line(line, delimiter)[:2000] for line in lines]
    alone = join_heading_rows(rows[:1], lambda _: False)
    with_parts = len(rows) > 1 and (any(map(part_of, rows[1])) or is_in_sixtieths(rows[1]))
    if sum(1 for text in rows[0] if text) < 2 or len(rows) < 2:
        return alone
    if len(rows[0]) < len(rows[1]):  # a line of a preamble: merged headings keep their empty cells
        return alone
    if _is_unit_row(rows[1], len(rows[0])) and not with_parts:
        return alone
    joined = join_heading_rows(rows, lambda text: _is_listed(text) or fold(text) in known)
    fewer = _heading_score(joined.texts, known) < _heading_score(alone.texts, known)
    return alone if fewer and not with_parts else joined


def _is_listed(text: str) -> bool:
    """Whether a heading means something that is in the table of quantities."""
    meaning = understand(text)
    return meaning is not None and bool(meaning.quantity.words)


def _has_rows(candidate: _Candidate, lines: Sequence[str], comment: str) -> bool:
    """Whether a measured quantity is named and two rows of values as wide as the headings stand below."""
    named = [meaning for text in candidate.fields if (meaning := understand(text)) is not None]
    if not any(meaning.quantity.role in ("lon", "lat", "species") for meaning in named):
        return False
    below = [line for line in lines[candidate.index + candidate.rows :] if line.strip()]
    rows = [
        split_line(line, candidate.delimiter) for line in below[:4] if not comment or not line.startswith(comment)
    ]
    rows = rows[1:] if rows and _is_unit_row(rows[0], len(candidate.fields)) else rows
    return len(rows) >= 2 and all(_is_row(row, len(candidate.fields)) for row in rows[:2])


def _is_row(fields: Sequence[str], width: int) -> bool:
    filled = [text for text in fields if text]
    return abs(len(fields) - width) <= 1 and 2 * sum(map(is_value, filled)) >= len(filled) > 0


def split_line(line: str, delimiter: str) -> list[str]:
    """Split one line as CSV, quotes respected."""
    try:
        return [part.strip() for part in next(csv.reader([line.rstrip("\r")], delimiter=delimiter))]
    except (csv.Error, StopIteration):
        return [part.strip() for part in line.split(delimiter)]


def heading_score(fields: Sequence[str], known: Mapping[str, str]) -> int:
    """How many quantities a line names, among them a time; 0 where it is no heading row."""
    return _heading_score(fields, known)


def _heading_score(fields: Sequence[str], known: Mapping[str, str]) -> int:
    """Count the quantities a line names; 0 unless one is a time, or where it is a row of numbers."""
    slugs: set[str] = set()
    timed = False
    for text in fields[:2000]:
        meaning = understand(text)
        if meaning is not None:
            slugs.add(f"{meaning.instrument} {meaning.quantity.slug}")
            timed = timed or meaning.quantity.role in _TIME_ROLES
        elif fold(text) in known:
            slugs.add(text)
            timed = timed or known[fold(text)].split(" ")[0] in _TIME_ROLES
    numbers = sum(1 for text in fields if parse_number(text) is not None)
    return len(slugs) if timed and numbers <= 0.3 * len(fields) else 0


def _no_heading(text: Decoded, lines: Sequence[str]) -> UnknownFormat:
    for number, line in enumerate(lines[:50], start=1):
        fields = split_line(line, ",")
        meanings = [understand(part) for part in fields]
        empty = sum(1 for part in fields if not part)
        if any(m is not None and m.quantity.role in _TIME_ROLES for m in meanings) and empty >= 2:
            return UnknownFormat(
                text.item, "headings_empty", {"count": empty, "columns": len(fields)}, where=f"line {number}"
            )
    first = next((line.strip() for line in lines if line.strip()), "")
    return UnknownFormat(text.item, "no_heading_row", {"beginning": first[:60]}, where="line 1")


def _build_table(text: Decoded, lines: Sequence[str], found: _Candidate, comment: str) -> Table:
    index, delimiter, fields = found.index, found.delimiter, found.fields
    data_index = index + found.rows
    units, rows = unit_rows(lines[data_index : data_index + 2], delimiter, len(fields))
    data_index += rows
    sample = [line for line in lines[data_index : data_index + 50] if line.strip()]
    offset = _start_of_line(text.data, data_index)
    comma = delimiter in ";\t|" and _uses_decimal_comma(sample, delimiter)
    notes = list(text.decisions)
    if comma:
        notes.append(Decision(text.item, "decimal_comma", {"example": _comma_example(sample, delimiter)}))
    headings = tuple(fields)
    return Table(
        text, headings, delimiter, index + 1, data_index + 1, offset, tuple(units), comma, comment, tuple(notes)
    )


def _start_of_line(data: bytes, index: int) -> int:
    """Byte at which a line begins (from 0), counted in the bytes: wrong ones are longer once they are replaced."""
    start = 0
    for _ in range(index):
        end = data.find(b"\n", start)
        start = end + 1 if end >= 0 else len(data) + 1
    return start


def unit_rows(lines: Sequence[str], delimiter: str, width: int) -> tuple[list[str], int]:
    """Units of one or two rows below the headings, and how many rows they are; what the first leaves out counts."""
    units: list[str] = []
    for number, line in enumerate(lines):
        fields = split_line(line, delimiter)
        if not _is_unit_row(fields, width):
            return units, number
        fields += [""] * (width - len(fields))
        units = [own or other for own, other in zip(units or fields, fields, strict=False)]
    return units, len(lines)


def _is_unit_row(fields: Sequence[str], width: int) -> bool:
    """Whether a line holds units and not values: no number, and something that is a unit or a date pattern."""
    if not fields or len(fields) > width + 1 or any(parse_number(part) is not None for part in fields):
        return False
    return any(parse_unit(part.strip("()[]")) or re.fullmatch(r"[dMyhms:/.\- ]{5,}", part) for part in fields if part)


_COMMA_NUMBER = re.compile(r"[+-]?\d+,\d+")


def _comma_example(sample: Sequence[str], delimiter: str) -> str:
    return next((f for line in sample for f in line.split(delimiter) if _COMMA_NUMBER.fullmatch(f.strip())), "")


def _uses_decimal_comma(sample: Sequence[str], delimiter: str) -> bool:
    """Whether commas are commoner than points, and one of them can be nothing but decimal."""
    fields = [part.strip().strip('"') for line in sample for part in line.split(delimiter)]
    commas = sum(1 for part in fields if _COMMA_NUMBER.fullmatch(part))
    points = sum(1 for part in fields if re.fullmatch(r"[+-]?\d+\.\d+", part))
    return commas > points and any(shows(part.lstrip("+-")) == DECIMAL for part in fields)


def parse_number(text: str) -> float | None:
    """Return the number a text is, or None; a decimal comma is taken only where the text has no point."""
    if len(text) > 40:
        return None
    try:
        return float(text)
    except ValueError:
        if _COMMA_NUMBER.fullmatch(text.strip()):
            return float(text.strip().replace(",", "."))
        return None


# --- columns -------------------------------------------------------------------------------------------------------


def read_columns(
    table: Table,
    numeric: Sequence[int],
    textual: Sequence[int],
    *,
    missing: Sequence[str] = (),
    angles: Sequence[int] | None = None,
) -> tuple[pl.DataFrame, tuple[Decision, ...]]:
    """Parse the chosen columns: numbers as Float64 (missing and unreadable as null), the rest as String.

    Parameters
    ----------
    table : Table
    numeric, textual : sequence of int
        Columns by their place.
    missing : sequence of str
        Further texts that mean "no value".
    angles : sequence of int, optional
        Numeric columns that may be spelled as degrees or points of the compass; without, those whose heading is one.

    Returns
    -------
    DataFrame, decisions
        Columns named ``c0``, ``c1``, ... by their place in the file, and what had to be said about unreadable fields.
        Where cells of ``c1`` say something else than a number, ``c1_said`` holds it, and ``c1_limit`` the limits
        of detection that values are below (`ingest.text.numbers`).

    Raises
    ------
    FileError
        If the rows cannot be read at all.
    """
    rows = _rows_of(table)
    # Looking for tokens in every field triples the time and most files have none: so first without, then with them.
    for tokens in ((), (*MISSING_TOKENS, *missing)):
        floats = _parse(table, rows, numeric, textual, tokens, as_text=False)
        if floats is not None:
            return _sentinels_to_null(floats, missing), ()
    texts = _parse(table, rows, numeric, textual, (*MISSING_TOKENS, *missing), as_text=True)
    if texts is None:
        raise FileError(table.item, "rows_not_readable", where=f"line {table.first_line}")
    angular = _angular(table) if angles is None else angles
    return _numbers_from_texts(table, texts, numeric, missing, angular)


def _angular(table: Table) -> set[int]:
    """Columns whose heading names a position or an angle."""
    meanings = ((index, understand(heading)) for index, heading in enumerate(table.headings))
    return {i for i, meaning in meanings if meaning and meaning.quantity.unit in ("degree", "rad")}


def first_rows(table: Table, count: int) -> list[str]:
    """The first lines below the headings that are not blank."""
    data = table.text.data[table.offset : table.offset + TABLE_HEAD_BYTES]
    lines = data.decode("utf-8", errors="replace").split("\n", count)[:count]
    return [line for line in lines if line.strip() and not (table.comment and line.startswith(table.comment))]


@dataclass(frozen=True)
class _Rows:
    """What polars is given: bytes, how many lines to pass over, and whether the next line holds names."""

    data: bytes
    skip_lines: int
    named: bool


def _rows_of(table: Table) -> _Rows:
    """Return the text itself where its first row is as wide as the headings, else a copy under a line of names.

    polars takes the number of columns from the first line it reads.
    """
    data, width = table.text.data, len(table.headings)
    end = data.find(b"\n", table.offset, table.offset + 1_000_000)
    first = data[table.offset : end if end >= 0 else table.offset + 1_000_000]
    if not table.cut and first.count(table.delimiter.encode()) == width - 1 and b'"' not in first and first.strip():
        return _Rows(data, table.first_line - 1, named=False)
    names = table.delimiter.join(f"c{i}" for i in range(width)).encode()
    return _Rows(names + b"\n" + data[table.offset :], 0, named=True)


def _sentinels_to_null(frame: pl.DataFrame, missing: Sequence[str]) -> pl.DataFrame:
    """Numbers that mean "no value" → null."""
    codes = sorted({value for token in (*MISSING_TOKENS, *missing) if (value := parse_number(token)) is not None})
    codes = [code for code in codes if math.isfinite(code)]
    floats = [name for name, kind in frame.schema.items() if kind == pl.Float64]
    # Extremes tell at once that no code is there, as in most columns.
    below, above = max((c for c in codes if c < 0), default=-math.inf), min(c for c in [*codes, math.inf] if c >= 0)
    near = (pl.col(floats).min() <= below) | (pl.col(floats).max() >= above)
    suspect = [name for name, found in frame.select(near).row(0, named=True).items() if found] if floats else []
    present = [name for name in suspect if frame[name].is_in(codes).any()]
    return frame.with_columns(
        pl.when(pl.col(name).is_in(codes)).then(None).otherwise(pl.col(name)).alias(name) for name in present
    )


def _parse(
    table: Table,
    rows: _Rows,
    numeric: Sequence[int],
    textual: Sequence[int],
    tokens: Sequence[str],
    *,
    as_text: bool,
) -> pl.DataFrame | None:
    kind: type[pl.String] | type[pl.Float64] = pl.String if as_text else pl.Float64
    wanted = set(numeric) | set(textual)
    schema = {f"c{i}": (kind if i in numeric else pl.String) for i in range(len(table.headings))}
    quotes: tuple[str | None, ...] = ('"', None) if b'"' in rows.data else (None,)
    for quote in quotes:
        try:
            return pl.read_csv(
                rows.data,
                separator=table.delimiter,
                schema=schema,
                has_header=rows.named,
                skip_lines=rows.skip_lines,
                columns=sorted(wanted),
                null_values=list(tokens) or None,
                truncate_ragged_lines=True,
                quote_char=quote,
                comment_prefix=table.comment or None,
                decimal_comma=table.decimal_comma and not as_text,
                encoding="utf8-lossy",
            )
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException):
            continue
    return None


def _numbers_from_texts(
    table: Table, texts: pl.DataFrame, numeric: Sequence[int], missing: Sequence[str], angles: Collection[int]
) -> tuple[pl.DataFrame, tuple[Decision, ...]]:
    """Cast text columns to numbers, and say what the fields were that are none, with the first of each kind."""
    notes = Notes()
    columns: list[pl.Series] = []
    said: list[pl.Series] = []
    tokens = [*MISSING_TOKENS, *missing]
    stripped = {series.name: series.str.strip_chars(" \t\r\"'") for series in texts.iter_columns()}
    numbers = {f"c{index}" for index in numeric}
    elsewhere = DECIMAL if table.decimal_comma else commas_elsewhere(stripped[name] for name in sorted(numbers))
    for series in texts.iter_columns():
        index = int(series.name[1:])
        if series.name not in numbers:
            columns.append(series)
            continue
        reading = Reading(
            table.item,
            f'{index + 1} "{table.headings[index]}"',
            unit=split_heading(heading_with_unit(table, index)).unit_text,
            tokens=tokens,
            elsewhere=elsewhere,
            default=THOUSANDS if table.delimiter == "," else DECIMAL,
            comma_told=table.decimal_comma,
            angle=index in angles,
        )
        numbers_found = notes.take(numbers_of_texts(stripped[series.name], reading))
        columns.append(numbers_found.values)
        if numbers_found.words is not None:
            said.append(numbers_found.words.alias(f"{series.name}_said"))
        if numbers_found.limits is not None:
            said.append(numbers_found.limits.alias(f"{series.name}_limit"))
    frame = _sentinels_to_null(pl.DataFrame(columns), missing)
    return frame.with_columns(said), tuple(notes.decisions)


def heading_with_unit(table: Table, index: int) -> str:
    """Return the heading of a column with the unit row's unit in brackets where the heading has none itself."""
    heading = table.headings[index]
    unit = table.units[index].strip("()[]") if index < len(table.units) else ""
    if unit and not split_heading(heading).unit_text and parse_unit(unit):
        return f"{heading}({unit})"
    return heading
