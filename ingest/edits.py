"""Human corrections: ``edits.csv`` in the mission folder, read as data and kept in the manifest.

Columns ``start, end, action, name, comment``; times in ISO 8601 with zone. Actions:

``remove``
    rows of a trace between start and end are flagged ``removed_by_hand``; ``name`` is the trajectory, empty for all.
``reject``
    the photo or site called ``name`` is not used; start and end stay empty.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import xarray as xr

from ingest.errors import OnevisitError
from ingest.flags import Flag
from ingest.outcome import Notes, Outcome, Phrase

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
    """Read ``edits.csv``; a line that cannot be read is rejected by number, the others hold."""
    edits, notes = [], Notes()
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = csv.DictReader(stream)
        for row in rows:
            try:
                edits.append(_edit_from_row(rows.line_num, row))
            except UnreadableEdit as error:
                notes.reject(path.name, f"line {rows.line_num}", error.phrase.code, error.phrase.values)
    return notes.outcome(tuple(edits))


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


def _edit_from_row(line: int, row: dict[str, str | None]) -> Edit:
    cells = {str(key).strip(): (value or "").strip() for key, value in row.items() if key is not None}
    action = cells.get("action", "")
    if action not in _ACTIONS:
        raise UnreadableEdit(Phrase("edit_action_not_known", {"action": action, "known": _ACTIONS}))
    start, end = (_time(cells.get(name, ""), name) for name in ("start", "end"))
    if action == "reject" and not cells.get("name"):
        raise UnreadableEdit(Phrase("edit_reject_without_name"))
    return Edit(line, action, cells.get("name", ""), cells.get("comment", ""), start, end)


def _time(text: str, name: str) -> datetime | None:
    if not text:
        return None
    try:
        time = datetime.fromisoformat(text)
    except ValueError as error:
        raise UnreadableEdit(Phrase("edit_time_not_iso", {"column": name, "text": text})) from error
    if time.tzinfo is None:
        raise UnreadableEdit(Phrase("edit_time_without_zone", {"column": name, "text": text}))
    return time.astimezone(UTC)


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
