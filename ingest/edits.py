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

from ingest.flags import Flag
from ingest.outcome import Decision, Outcome, Reject

_ACTIONS = ("remove", "reject")


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
    edits, rejects = [], []
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = csv.DictReader(stream)
        for row in rows:
            try:
                edits.append(_edit_from_row(rows.line_num, row))
            except ValueError as error:
                rejects.append(Reject(path.name, f"line {rows.line_num}", str(error)))
    return Outcome(tuple(edits), (), tuple(rejects))


def apply_edits(traces: Sequence[xr.Dataset], edits: Sequence[Edit]) -> Outcome[tuple[xr.Dataset, ...]]:
    """Flag the rows that a person removed; say for every edit how many rows it touched."""
    decisions = []
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
        span = f"{_text(edit.start)} to {_text(edit.end)}"
        decisions.append(
            Decision(
                f"edits.csv line {edit.line}", f"{touched} rows flagged as removed by hand", f"{span}: {edit.comment}"
            )
        )
    return Outcome(tuple(result), tuple(decisions))


def _edit_from_row(line: int, row: dict[str, str | None]) -> Edit:
    cells = {str(key).strip(): (value or "").strip() for key, value in row.items() if key is not None}
    action = cells.get("action", "")
    if action not in _ACTIONS:
        raise ValueError(f"action {action!r} is not known; use one of {', '.join(_ACTIONS)}")
    start, end = (_time(cells.get(name, ""), name) for name in ("start", "end"))
    if action == "reject" and not cells.get("name"):
        raise ValueError("a reject needs the name of a photo or site")
    return Edit(line, action, cells.get("name", ""), cells.get("comment", ""), start, end)


def _time(text: str, name: str) -> datetime | None:
    if not text:
        return None
    try:
        time = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"{name} {text!r} is not ISO 8601; write 2026-05-01T09:00:00+08:00") from error
    if time.tzinfo is None:
        raise ValueError(f"{name} {text!r} has no zone; write {text}+08:00")
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


def _text(time: datetime | None) -> str:
    return time.isoformat() if time else "open"
