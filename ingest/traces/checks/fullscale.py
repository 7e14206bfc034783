"""Values that no air has: the top of a range row after row, and fine particles above coarse ones.

An instrument at the end of its range, or whose sensor died, repeats the largest number that its format holds: 999.9,
9999, 65535. It is doubted where such a number is the extreme of its column and stands row after row.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ingest.flags import Flag
from ingest.outcome import Notes, Outcome, Value
from ingest.ranges import rows_at_the_end
from ingest.traces.record import Channel, Record

_ROWS_OF_SIZES = 10  # fewer rows show nothing of two columns
_SHARE_ABOVE = 0.95  # of rows in which the finer particles are above the coarser ones
_RATIO_ABOVE = 1.1  # median ratio beyond the difference of two instruments
_SIZES = ("pm1", "pm25", "pm4", "pm10", "pm_total")


def flag_full_scale(record: Record) -> Outcome[Record]:
    """Flag values of species at the end of their range (`Flag.VALUE_OUT_OF_RANGE`), and say how many and which."""
    notes = Notes()
    channels = []
    for channel in record.channels:
        rows = rows_at_the_end(channel.values) if channel.is_species else np.zeros(0, bool)
        if rows.any():
            at = int(np.flatnonzero(rows)[0])
            values: dict[str, Value] = {
                "channel": channel.name,
                "count": int(rows.sum()),
                "value": float(channel.values[at]),
                "row": at + 1,
            }
            notes.decide(record.item, "channel_at_full_scale", values)
            channel = _flagged(channel, rows)
        channels.append(channel)
    return notes.outcome(replace(record, channels=tuple(channels)))


def flag_exchanged_sizes(record: Record) -> Outcome[Record]:
    """Flag two sizes of particles where the finer is above the coarser in nearly every row: exchanged columns."""
    notes = Notes()
    channels = list(record.channels)
    for fine, coarse in _pairs(channels):
        one, other = channels[fine], channels[coarse]
        both = np.isfinite(one.values) & np.isfinite(other.values) & (other.values > 0) & (one.values > 0)
        if both.sum() < _ROWS_OF_SIZES or one.attrs["units"] != other.attrs["units"]:
            continue
        above = one.values[both] > other.values[both]
        ratio = float(np.median(one.values[both] / other.values[both]))
        if above.mean() < _SHARE_ABOVE or ratio < _RATIO_ABOVE:
            continue
        values: dict[str, Value] = {"fine": one.name, "coarse": other.name, "fine_unit": one.attrs["units"]}
        values |= {"ratio": ratio, "count": int(above.sum()), "rows": int(both.sum())}
        notes.decide(record.item, "particle_sizes_exchanged", values)
        channels[fine], channels[coarse] = (_flagged(c, np.isfinite(c.values)) for c in (one, other))
    return notes.outcome(replace(record, channels=tuple(channels)))


def _pairs(channels: list[Channel]) -> Iterable[tuple[int, int]]:
    """Neighbouring sizes of one instrument that a record has, finer first."""
    at = {c.attrs["species"]: i for i, c in reversed(list(enumerate(channels))) if c.attrs.get("species") in _SIZES}
    present = [at[size] for size in _SIZES if size in at]
    return [
        (fine, coarse)
        for fine, coarse in pairwise(present)
        if channels[fine].attrs.get("instrument") == channels[coarse].attrs.get("instrument")
    ]


def _flagged(channel: Channel, rows: NDArray[np.bool_]) -> Channel:
    old = np.zeros(len(channel.values), np.uint32) if channel.qc is None else channel.qc
    return replace(channel, qc=np.where(rows, old | np.uint32(Flag.VALUE_OUT_OF_RANGE), old).astype(np.uint32))
