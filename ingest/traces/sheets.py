"""Several tables of one file, sheets of a workbook or tables of a page: each one is read, or said by name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np

from ingest.errors import FileError, UnknownFormat
from ingest.outcome import Notes, Outcome, Phrase
from ingest.text.sheets import tell_unread
from ingest.text.times.stamps import TimeArray
from ingest.traces.pieces import are_alike, join_pieces
from ingest.traces.record import FloatArray, Record

_SHEETS_SHOWN = 3
_ALIKE = 1e-6  # of a value that was written with fewer digits
_MOSTLY = 0.9  # of the values; the first and last of a series, and what was smoothed by hand, may differ


def read_each(
    item: str, names: Sequence[str], read: Callable[[int], Outcome[tuple[Record, ...]]]
) -> Outcome[tuple[Record, ...]]:
    """Read all tables of a file; those of the same quantities are joined where one follows the other in time.

    Parameters
    ----------
    item : str
        The file, for messages.
    names : sequence of str
        What each table is called.
    read : callable
        The records of a table, by its place among ``names``.

    Returns
    -------
    Outcome of records
        Tables of the same quantities at the same times are platforms of their own, named as the tables are.

    Raises
    ------
    FileError
        If no table can be read: of one that is a table, else why each is none.
    """
    notes = Notes()
    found: list[tuple[str, Record]] = []
    refused: list[tuple[str, FileError]] = []
    for place, name in enumerate(names):
        try:
            outcome = read(place)
        except FileError as error:
            refused.append((name, error))
            continue
        copied = next((n for n, r in found if len(outcome.value) == 1 and _same(r, outcome.value[0])), None)
        if copied is not None:
            notes.decide(item, "sheet_is_a_copy", {"sheet": name, "of": copied})
            continue
        derived = next((n for n, r in found if len(outcome.value) == 1 and _follows(r, outcome.value[0])), None)
        if derived is not None:
            notes.decide(item, "sheet_is_derived", {"sheet": name, "of": derived})
            continue
        why = Phrase("sheet_with_table", {"count": len(names)}) if len(names) > 1 else Phrase("only_sheet_with_table")
        notes.decide(item, "sheet_read", {"sheet": name}, why)
        found += [(name, record) for record in notes.take(outcome)]
    if not found and all(isinstance(error, UnknownFormat) for _, error in refused):
        raise _no_table(item, refused)
    tell_unread(item, refused, len(found), notes)
    return notes.outcome(_together(found))


def _together(found: Sequence[tuple[str, Record]]) -> tuple[Record, ...]:
    records = [record for _, record in found]
    if not any(are_alike(a, b) and _overlap(a, b) for a, b in combinations(records, 2)):
        return join_pieces(records)
    return tuple(
        record if record.platforms is not None or record.platform else replace(record, platform=name)
        for name, record in found
    )


def _same(first: Record, second: Record) -> bool:
    """Whether two records hold the same values at the same times: a sheet that was copied."""
    if not are_alike(first, second) or not np.array_equal(first.time, second.time):
        return False
    others = {channel.name: channel for channel in second.channels}
    pairs = [(channel.values, others[channel.name].values) for channel in first.channels]
    if first.lon is not None and second.lon is not None and first.lat is not None and second.lat is not None:
        pairs += [(first.lon, second.lon), (first.lat, second.lat)]
    return all(np.array_equal(a, b, equal_nan=True) for a, b in pairs)


def _follows(first: Record, second: Record) -> bool:
    """Whether a record tells at its times what another told last, in all that it measures: worked out of it."""
    others = {channel.name: channel.values for channel in first.channels}
    own = [channel for channel in second.channels if channel.is_species]
    if not own or any(channel.name not in others for channel in own) or not _overlap(first, second):
        return False
    return all(_tells_last(first.time, others[channel.name], second.time, channel.values) for channel in own)


def _tells_last(times: TimeArray, values: FloatArray, when: TimeArray, told: FloatArray) -> bool:
    """Whether nine in ten values are the last or the next one of a series, to its digits."""
    known = np.isfinite(values)
    asked = np.isfinite(told) & (when >= times.min()) & (when <= times.max())
    if not known.any() or not asked.any():
        return False
    at = np.searchsorted(times[known], when[asked], side="right")
    last = values[known][np.maximum(at - 1, 0)]
    following = values[known][np.minimum(at, int(known.sum()) - 1)]
    alike = np.isclose(last, told[asked], rtol=_ALIKE) | np.isclose(following, told[asked], rtol=_ALIKE)
    return bool(alike.mean() >= _MOSTLY)


def _overlap(first: Record, second: Record) -> bool:
    if not len(first.time) or not len(second.time):
        return False
    return bool(first.time.min() <= second.time.max() and second.time.min() <= first.time.max())


def _no_table(item: str, refused: Sequence[tuple[str, FileError]]) -> FileError:
    """Say why each of the first sheets holds no table, and how many more there are."""
    if not refused:
        return FileError(item, "workbook_without_sheets")
    (sheet, error), *others = refused
    reasons = Phrase("sheet_refused", {"sheet": sheet, "reason": error.phrase})
    for sheet, error in others[: _SHEETS_SHOWN - 1]:
        reasons = Phrase("sheet_refused_too", {"before": reasons, "sheet": sheet, "reason": error.phrase})
    if len(refused) > _SHEETS_SHOWN:
        reasons = Phrase("more_sheets_refused", {"before": reasons, "count": len(refused) - _SHEETS_SHOWN})
    return FileError(item, "no_sheet_with_table", {"reasons": reasons})
