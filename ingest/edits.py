"""Human corrections: ``edits.csv`` in the mission folder, read as data and kept in the manifest.

Columns ``start, end, action, name, comment``; times as traces may have them, with zone. Actions:

``remove``
    rows of a trace between start and end are flagged ``removed_by_hand``; ``name`` is the trajectory, empty for all.
``reject``
    the photo or site called ``name`` is not used; start and end stay empty.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import xarray as xr

from ingest.errors import FileError, OnevisitError
from ingest.flags import Flag
from ingest.outcome import Notes, Outcome, Phrase
from ingest.text.sheets import read_sheets
from ingest.text.sources import Limits
from ingest.text.times.dateorder import order_if_settled
from ingest.text.times.dates import NoMoment, read_moment

_COLUMNS = ("start", "end", "action", "name", "comment")
_NEEDED = _COLUMNS[:-1]
_ACTIONS = ("remove", "reject")


class UnreadableEdit(OnevisitError):
    """A line of ``edits.csv`` that asks for nothing that can be done; the phrase says what to write."""


@dataclass(frozen=True)
class Edit:
    """One line of ``edits.csv``; ``line`` is its number in the file, ``start`` and ``end`` are UTC."""

    line: int
    action: str
    name: str
    comment: str
    start: datetime | None = None
    end: datetime | None = None


def read_edits(path: Path) -> Outcome[tuple[Edit, ...]]:
    """Read ``edits.csv`` in any encoding of an office; a line that cannot be read is rejected by number.

    Cells behind the last column belong to a comment in it, whose commas nobody quoted.
    """
    notes = Notes()
    try:
        sheets, decisions = read_sheets(path, path.name, Limits())
        notes.keep(*decisions)
        rows = [(number, row) for sheet in sheets[:1] for number, row in sheet.rows if any(map(str.strip, row))]
    except FileError as error:
        notes.keep(error.reject)
        return notes.outcome(())
    _, headings = rows[0]
    names = [heading.strip().lower() for heading in headings]
    if missing := [name for name in _NEEDED if name not in names]:
        notes.reject(path.name, f"line {rows[0][0]}", "edit_columns_missing", {"missing": missing, "known": _COLUMNS})
        return notes.outcome(())
    edits, order = [], _date_order(names, [row for _, row in rows[1:]], path.name, notes)
    for number, row in rows[1:]:
        try:
            edits.append(_edit_from_row(number, _cells(names, row), order))
        except UnreadableEdit as error:
            notes.reject(path.name, f"line {number}", error.phrase.code, error.phrase.values)
    return notes.outcome(tuple(edits))


def _date_order(names: Sequence[str], rows: Sequence[Sequence[str]], item: str, notes: Notes) -> str:
    """Order of day and month in the times of all lines."""
    at = [names.index(name) for name in ("start", "end")]
    return order_if_settled([row[k] for row in rows for k in at if len(row) > k], item, None, notes)


def _cells(names: Sequence[str], row: Sequence[str]) -> dict[str, str]:
    """Cells by column; those behind the last one are the rest of a comment.

    Raises
    ------
    UnreadableEdit
        If the last column is none of comments.
    """
    own, rest = row[: len(names)], row[len(names) :]
    cells = {name: cell.strip() for name, cell in zip(names, own, strict=False)}
    if any(cell.strip() for cell in rest):
        if names[-1] != "comment":
            raise UnreadableEdit(Phrase("edit_cells_too_many", {"count": len(row), "columns": len(names)}))
        cells["comment"] = ",".join([row[len(names) - 1], *rest]).strip()
    return cells


def apply_edits(traces: Sequence[xr.Dataset], edits: Sequence[Edit]) -> Outcome[tuple[xr.Dataset, ...]]:
    """Flag the rows that a person removed; say for every edit how many rows it touched."""
    notes = Notes()
    result = list(traces)
    for edit in (e for e in edits if e.action == "remove"):
        touched = 0
        for number, trace in enumerate(result):
            if edit.name and edit.name != str(trace["trajectory"].values):
                continue
            inside = _between(trace["time"].values, edit)
            touched += int(inside.sum())
            flags = np.where(
                inside, trace["qc_flag"].values | np.uint32(Flag.REMOVED_BY_HAND), trace["qc_flag"].values
            )
            result[number] = trace.assign(qc_flag=("obs", flags.astype(np.uint32), trace["qc_flag"].attrs))
        span = {"start": _said(edit.start), "end": _said(edit.end), "comment": edit.comment}
        notes.decide(f"edits.csv line {edit.line}", "rows_removed_by_hand", {"count": touched, **span})
    return notes.outcome(tuple(result))


def _edit_from_row(line: int, cells: Mapping[str, str], order: str) -> Edit:
    action = cells.get("action", "")
    if action not in _ACTIONS:
        raise UnreadableEdit(Phrase("edit_action_not_known", {"action": action, "known": _ACTIONS}))
    start, end = (_time(cells.get(name, ""), name, order) for name in ("start", "end"))
    if action == "reject" and not cells.get("name"):
        raise UnreadableEdit(Phrase("edit_reject_without_name"))
    if start is not None and end is not None and end < start:
        raise UnreadableEdit(Phrase("edit_ends_before_start", {"start": start.isoformat(), "end": end.isoformat()}))
    return Edit(line, action, cells.get("name", ""), cells.get("comment", ""), start, end)


def _time(text: str, name: str, order: str) -> datetime | None:
    if not text:
        return None
    try:
        moment = read_moment(text, order)
    except NoMoment as error:
        raise UnreadableEdit(Phrase("edit_time_not_understood", {"column": name, "why": error.phrase})) from error
    if moment.offset_s is None and moment.kind != "epoch":
        raise UnreadableEdit(Phrase("edit_time_without_zone", {"column": name, "text": text}))
    utc_ns = moment.local_ns - (moment.offset_s or 0) * 1_000_000_000
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=utc_ns // 1000)


def _between(
    time: np.ndarray[tuple[int], np.dtype[np.datetime64]], edit: Edit
) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    inside = np.ones(len(time), bool)
    if edit.start is not None:
        inside &= time >= np.datetime64(edit.start.replace(tzinfo=None), "ns")
    if edit.end is not None:
        inside &= time <= np.datetime64(edit.end.replace(tzinfo=None), "ns")
    return inside


def _said(time: datetime | None) -> str | Phrase:
    return time.isoformat() if time else Phrase("edit_end_open")
