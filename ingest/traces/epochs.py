"""A column of seconds since 1970 beside a column of stamps: one is used, the other tested against it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl

from ingest.errors import FileError
from ingest.outcome import Decision
from ingest.text.times.stamps import TimeArray, parse_stamps
from ingest.text.times.zones import claimed_offset_s
from ingest.traces.columns import Use

_EPOCH = r"^\s*1[0-9]{9}(?:[0-9]{3}|[0-9]{6}|[0-9]{9})?(?:\.[0-9]+)?\s*$"
_ROLES = ("epoch", "time", "date", "clock")
_QUARTER_S = 900.0  # zones are whole quarters of an hour from UTC
_FARTHEST_S = 14 * 3600.0


def epoch_among(frame: pl.DataFrame, by_role: Mapping[str, Use]) -> tuple[Use, Use] | None:
    """The column of seconds since 1970 and one of full stamps beside it, None where a table has not both."""
    uses = [by_role[role] for role in _ROLES if role in by_role]
    epochs = [use for use in uses if use.role == "epoch" or is_epoch(frame[f"c{use.index}"])]
    stamps = [use for use in uses if use not in epochs and _is_full(frame[f"c{use.index}"])]
    return (epochs[0], stamps[0]) if epochs and stamps else None


def is_epoch(column: pl.Series) -> bool:
    """Whether all texts of a column are seconds (or milli-, micro-, nanoseconds) since 1970, of 2001 to 2033."""
    if column.dtype != pl.String:
        return False
    first = next((text for text in column.head(100).to_list() if text), "")
    if not str(first).strip()[:1].isdigit() or not column.head(100).str.contains(_EPOCH).fill_null(value=True).all():
        return False
    return bool(column.str.contains(_EPOCH).fill_null(value=True).all())


def _is_full(column: pl.Series) -> bool:
    if column.dtype != pl.String:
        return False
    first = next((text for text in column.head(100).to_list() if text), "")
    return pl.Series([first]).str.contains(r"\d{1,4}[-/.年]\d{1,2}[-/.月]\d{1,4}.*\d{1,2}[:时]\d{2}").item()  # type: ignore[no-any-return]


def tested(time: TimeArray, frame: pl.DataFrame, epoch: Use, stamp: Use, item: str, order: str) -> Decision:
    """What the stamps beside an epoch say of it."""
    named = {"epoch": epoch.heading, "stamp": stamp.heading}
    try:
        other = parse_stamps(frame[f"c{stamp.index}"], item, date_order=order)
    except FileError:
        return Decision(item, "epoch_used_alone", named)
    claimed = claimed_offset_s(stamp.heading) if other.offset_s is None else 0.0
    apart = (other.time - time) / np.timedelta64(1, "s") - (claimed or 0.0)
    apart = apart[np.isfinite(apart)]
    if not len(apart):
        return Decision(item, "epoch_used_alone", named)
    middle, spread = float(np.median(apart)), float(np.percentile(np.abs(apart - np.median(apart)), 90))
    quarters = round(middle / _QUARTER_S) * _QUARTER_S
    if spread < 2.0 and abs(middle) < 2.0:
        return Decision(item, "epoch_and_stamps_agree", named)
    if spread < 2.0 and claimed is None and abs(middle - quarters) < 2.0 and abs(quarters) <= _FARTHEST_S:
        return Decision(item, "epoch_and_local_stamps", named | {"hours": quarters / 3600.0})
    return Decision(item, "epoch_and_stamps_differ", named | {"seconds": middle})
