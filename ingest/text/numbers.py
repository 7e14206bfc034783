"""Columns of texts → numbers: all plain ones at once, only the others cell by cell (`ingest.text.cells`)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from ingest.outcome import Notes, Outcome, Phrase, Value
from ingest.text.cells import (
    ABOVE,
    BELOW,
    DECIMAL,
    MARK,
    NUMBER,
    THOUSANDS,
    Cell,
    Comma,
    Tally,
    comma_of_column,
    read_cell,
    shows,
)
from ingest.text.spelled import read_spelled

_COMMA_CODES = {"decimal": "comma_is_decimal", "thousands": "comma_parts_thousands"}
_SAMPLE = 2000  # cells with a comma or a point that are looked at in other columns


@dataclass(frozen=True)
class Reading:
    """How a column is read: its file and name for people, unit, tokens of no value, what commas mean elsewhere.

    ``default`` is what a comma means where nothing shows it, ``comma_told`` whether decimal commas were told for the
    whole file. ``angle`` says that degrees, minutes and seconds and points of the compass are numbers here.
    """

    item: str
    column: str
    unit: str = ""
    tokens: Sequence[str] = ()
    elsewhere: str = ""
    default: str = THOUSANDS
    comma_told: bool = False
    angle: bool = False


@dataclass(frozen=True)
class Numbers:
    """A column as numbers: values (rows,), words and limits (rows,), None where no cell says anything.

    ``words`` say what stood instead of a number or beside it (`BELOW`, `ABOVE`, a mark in the words of the file);
    ``limits`` are those of detection that a value is below, in the unit of the column. Both are null for nothing.
    """

    values: pl.Series
    words: pl.Series | None = None
    limits: pl.Series | None = None


def numbers_of_texts(texts: pl.Series, reading: Reading) -> Outcome[Numbers]:
    """Cast a column to numbers.

    Parameters
    ----------
    texts : Series of String (rows,)
        Without blanks and quotes around them.
    reading : Reading

    Returns
    -------
    Outcome of Numbers
        Values are Float64, null where there is no number.
    """
    notes = Notes()
    comma = _comma_of(texts, reading)
    meaning = comma.meaning if comma else reading.elsewhere
    if comma and not (reading.comma_told and meaning == DECIMAL):
        values: dict[str, Value] = {
            "column": reading.column,
            "meaning": Phrase(_COMMA_CODES[meaning]),
            "example": comma.example,
        }
        values["count"] = int(texts.str.contains("[,，]").sum())
        notes.decide(reading.item, "comma_of_column", values, comma.why)
    settled = comma.meaning if comma else DECIMAL if reading.comma_told else ""
    numbers = _plain(texts, settled).cast(pl.Float64, strict=False)
    bad = (numbers.is_null() & texts.is_not_null() & ~texts.is_in(list(reading.tokens))).arg_true()
    if reading.angle and len(bad):
        numbers, bad = notes.take(_with_angles(numbers, bad, texts, reading))
    if not len(bad):
        return notes.outcome(Numbers(numbers))
    cells = _read_cells(texts.gather(bad), meaning, bad, reading, notes)
    numbers = numbers.scatter(bad, [cell.value if cell.kind == NUMBER else None for cell in cells])
    words = _scattered(len(texts), bad, [_word(cell) for cell in cells], pl.String)
    return notes.outcome(Numbers(numbers, words, _scattered(len(texts), bad, [_limit(c) for c in cells], pl.Float64)))


def _scattered(
    rows: int, at: pl.Series, values: Sequence[str | float | None], kind: type[pl.DataType]
) -> pl.Series | None:
    return (
        pl.Series([None] * rows, dtype=kind).scatter(at, pl.Series(values, dtype=kind))
        if any(v is not None for v in values)
        else None
    )


def commas_elsewhere(columns: Iterable[pl.Series]) -> str:
    """What the numbers of a file show of commas: `DECIMAL`, `THOUSANDS` (points are decimal), or empty."""
    found = set()
    for texts in columns:
        sample = texts.filter(texts.str.contains(r"^[+-]?[\d.,]*[.,][\d.,]*$").fill_null(value=False)).head(_SAMPLE)
        found |= {shows(text.lstrip("+-")) for text in sample.unique().to_list()}
    found.discard("")
    return DECIMAL if DECIMAL in found else found.pop() if found else ""


def _comma_of(texts: pl.Series, reading: Reading) -> Comma | None:
    with_comma = texts.filter(texts.str.contains("[,，]").fill_null(value=False))
    if not len(with_comma):
        return None
    if with_comma.str.contains(r"[1-9]\d{0,2}[,，]\d{3}$").any():
        return comma_of_column(texts.drop_nulls().to_list(), elsewhere=reading.elsewhere, default=reading.default)
    for text in with_comma.head(_SAMPLE).to_list():
        if meaning := shows(text.lstrip("+-")):
            return Comma(meaning, Phrase("comma_shown", {"example": text}), text)
    return None


def _plain(texts: pl.Series, comma: str) -> pl.Series:
    """Commas of numbers as a cast needs them; where nothing was decided they go the slow way and are told."""
    if not texts.str.contains(",", literal=True).fill_null(value=False).any():
        return texts
    column = pl.col("texts")
    as_decimal = pl.lit(comma == DECIMAL) & column.str.contains(r"^[+-]?\d*,\d+$")
    as_thousands = pl.lit(comma == THOUSANDS) & column.str.contains(r"^[+-]?[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?$")
    slow = column.str.contains(",", literal=True) | _grouped_by_points(column, comma)
    point = pl.when(as_decimal).then(column.str.replace(",", ".", literal=True))
    joined = point.when(as_thousands).then(column.str.replace_all(",", "", literal=True))
    plain = joined.when(slow).then(pl.lit("?")).otherwise(column)
    return texts.alias("texts").to_frame().select(plain).to_series().alias(texts.name)


def _grouped_by_points(column: pl.Expr, comma: str) -> pl.Expr:
    """Where commas are decimal, ``1.167`` is a thousand and more."""
    return pl.lit(comma == DECIMAL) & column.str.contains(r"^[+-]?[1-9]\d{0,2}(?:\.\d{3})+$")


def _with_angles(
    numbers: pl.Series, bad: pl.Series, texts: pl.Series, reading: Reading
) -> Outcome[tuple[pl.Series, pl.Series]]:
    notes = Notes()
    spelled, kind = read_spelled(texts.gather(bad).to_list())
    if kind is None:
        return Outcome((numbers, bad))
    column, _, heading = reading.column.partition(" ")
    example = str(texts[int(bad[0])])[:40]
    values: dict[str, Value] = {
        "column": column, "heading": heading.strip('"'), "kind": kind, "example": example,
    }  # fmt: skip
    notes.decide(reading.item, "column_spelled", values)
    numbers = numbers.scatter(bad, spelled)
    return notes.outcome((numbers, bad.filter(pl.Series([value is None for value in spelled]))))


def _read_cells(texts: pl.Series, comma: str, rows: pl.Series, reading: Reading, notes: Notes) -> list[Cell]:
    """What cells say that are no plain numbers, each text looked at once; they are counted and told."""
    known: dict[str, Cell] = {}
    tally = Tally()
    first = np.asarray(rows)
    counts: dict[str, int] = {}
    places: dict[str, int] = {}
    listed = texts.to_list()
    for row, text in zip(first.tolist(), listed, strict=True):
        counts[text] = counts.get(text, 0) + 1
        places.setdefault(text, row)
    for text, count in counts.items():
        known[text] = read_cell(text, unit=reading.unit, comma=comma)
        tally.add(text, known[text], Phrase("data_row", {"row": places[text] + 1}), count)
    notes.keep(*tally.decisions(reading.item, reading.column))
    return [known[text] for text in listed]


def _limit(cell: Cell) -> float | None:
    return cell.bound if cell.kind == BELOW and cell.bound > 0 else None


def _word(cell: Cell) -> str | None:
    if cell.kind in (BELOW, ABOVE):
        return cell.kind
    return cell.word if cell.kind == MARK else cell.letter or None
