"""Cells of monitor records → values and marks of a series; what is no plain number is counted and told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import xarray as xr

from ingest.monitors.collect import Attributes, Points
from ingest.monitors.marks import mark_texts, mark_variable
from ingest.monitors.times import UnusableRow
from ingest.outcome import Decision, Notes, Outcome, Phrase, Value
from ingest.ranges import rows_at_the_end
from ingest.text.cells import ABOVE, BELOW, DECIMAL, MARK, NUMBER, THOUSANDS, Tally, comma_of_column, read_cell, shows
from ingest.text.marks import NO_MARK
from ingest.units import convert, parse_unit

#: Marks of values that are known only to be beyond a limit; the second is the letter of HJ 212.
_BOUND_MARKS = {BELOW: "below detection", ABOVE: "T"}
_COMMA_CODES = {"decimal": "comma_is_decimal", "thousands": "comma_parts_thousands"}


class Cells:
    """Reads the cells of one table, and remembers what was odd in which column.

    ``commas`` says of a column what a comma before three digits means (`ingest.text.cells`), ``units`` in what the
    quantities of ambient air are that state no unit; ``bare`` gathers those of rows that name their quantity.
    """

    def __init__(self, commas: Mapping[str, str] | None = None, units: Mapping[str, str] | None = None) -> None:
        self.commas = commas or {}
        self.units = units or {}
        self.bare: dict[str, str] = {}
        self.tallies: dict[str, Tally] = {}

    def value(self, column: str, text: str, unit: str, where: str) -> tuple[float, str]:
        """The number of a cell, NaN where there is none, and the mark that it carries; an odd one is counted."""
        cell = read_cell(text, unit=unit, comma=self.commas.get(column, ""))
        if cell.odd or cell.kind != NUMBER:
            self.tallies.setdefault(column, Tally()).add(text.strip(), cell, where)
        if cell.kind == NUMBER:
            return cell.value, cell.letter
        return np.nan, cell.word if cell.kind == MARK else _BOUND_MARKS.get(cell.kind, "")

    def number(self, column: str, text: str, unit: str, where: str) -> float | None:
        """The number of a cell that is no measured value; None where it is none, which is counted."""
        if not text.strip():
            return None
        value, _ = self.value(column, text, unit, where)
        return None if np.isnan(value) else value

    def limit(self, column: str, text: str, where: str) -> float | None:
        """The number of a limit, also of one written ``≤50``; None where it is none, which is counted."""
        if not text.strip():
            return None
        cell = read_cell(text, comma=self.commas.get(column, ""))
        if cell.kind == BELOW and np.isfinite(cell.bound):
            return cell.bound
        return self.number(column, text, "", where)

    def decisions(self, item: str) -> Iterator[Decision]:
        """What is to be said of all columns."""
        for column, tally in self.tallies.items():
            yield from tally.decisions(item, f'"{column}"')


def add_value(
    points: Points,
    cells: Cells,
    time_ns: int,
    name: str,
    text: str,
    attributes: Attributes,
    *,
    column: str,
    where: str,
    stated: bool = False,
) -> str:
    """Add the number of a cell to a series and return the mark that the cell carries, empty for none.

    ``stated`` says that the row itself names the unit, which may be another than that of the rows above.

    Raises
    ------
    UnusableRow
        If it is in a unit that cannot be brought to that of the rows above.
    """
    value, mark = cells.value(column, text, str(attributes["units"]), where)
    if stated and np.isfinite(value):
        value = _in_unit_above(value, str(attributes["units"]), points.unit_of(name))
    points.add(time_ns, name, value, attributes)
    return mark


def _in_unit_above(value: float, unit: str, above: str) -> float:
    if not above or unit == above:
        return value
    source, target = parse_unit(unit), parse_unit(above)
    if source is None or target is None or source.kind != target.kind:
        raise UnusableRow(Phrase("row_unit_differs", {"unit": unit, "above": above}))
    return float(convert(np.array([value]), source, target)[0])


def stronger_mark(first: str, second: str) -> str:
    """Of two marks of one value the one that marks something; both, if they do and differ."""
    if not first or first in NO_MARK:
        return second or first
    return first if not second or second in NO_MARK or second == first else f"{first}|{second}"


def commas_of_columns(columns: Mapping[str, Sequence[str]], item: str) -> tuple[dict[str, str], list[Decision]]:
    """Decide for every column of a table what a comma before three digits means in it, with what is to be said.

    Parameters
    ----------
    columns : mapping
        Texts of the first rows by column.
    item : str
        The file.
    """
    shown = {shows(text.strip()) for texts in columns.values() for text in texts if "," in text or "." in text}
    elsewhere = DECIMAL if DECIMAL in shown else THOUSANDS if THOUSANDS in shown else ""
    found, said = {}, []
    for column, texts in columns.items():
        comma = (
            comma_of_column(texts, elsewhere=elsewhere)
            if any("," in text or "，" in text for text in texts)
            else None
        )
        found[column] = comma.meaning if comma else elsewhere
        if comma:
            count = sum("," in text or "，" in text for text in texts)
            meaning = Phrase(_COMMA_CODES[comma.meaning])
            values: dict[str, Value] = {
                "count": count,
                "column": f'"{column}"',
                "example": comma.example,
                "meaning": meaning,
            }
            said.append(Decision(item, "comma_of_column", values, comma.why))
    return found, said


def without_full_scale(series: xr.Dataset) -> Outcome[xr.Dataset]:
    """Take values of codes that repeat at the end of a range as missing, with the mark of HJ 212 for it, and say so.

    Assumes values in the order of time. What is measured by no code (power, states) is left alone.
    """
    notes = Notes()
    for name, variable in series.data_vars.items():
        if variable.dtype.kind != "f" or variable.dims != ("obs",) or not variable.attrs.get("code"):
            continue
        rows = rows_at_the_end(variable.values)
        if not rows.any():
            continue
        said: dict[str, Value] = {"name": str(variable.attrs.get("long_name", name)), "count": int(rows.sum())}
        said["value"] = float(variable.values[rows][0])
        notes.decide(str(series.attrs["source"]), "record_at_full_scale", said)
        mark = f"{str(name).removesuffix('_corrected')}_mark"
        texts = mark_texts(series[mark]) if mark in series else {}
        before = [texts.get(int(number), "") for number in series[mark].values] if texts else [""] * len(rows)
        after = [stronger_mark(text, "T") if row else text for text, row in zip(before, rows.tolist(), strict=True)]
        known = list(dict.fromkeys(("", *after)))
        index = np.array([known.index(text) for text in after], np.int32)
        values = variable.copy(data=np.where(rows, np.nan, variable.values))
        series = series.assign({name: values, mark: mark_variable(index, known)})
    return notes.outcome(series)
