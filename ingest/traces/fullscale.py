"""Values that no air has: the top of a range row after row, and fine particles above coarse ones.

An instrument at the end of its range, or whose sensor died, repeats the largest number that its format holds: 999.9,
9999, 65535. It is doubted where such a number is the extreme of its column and stands row after row.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ingest.flags import Flag
from ingest.outcome import Notes, Outcome, Value
from ingest.traces.record import Channel, FloatArray, Record

#: Digits of full-scale numbers, wherever their point stands: nines, a one before nines, and the ends of 10 to 32 bits.
_FULL_SCALE = re.compile(r"1?9{3,}|1023|2047|4095|8191|16383|32767|32768|65535|65534|2147483647|4294967295")
_ROWS = 3  # so often in a row, exactly, is no chance among decimals
_ROWS_OF_WHOLE = 10  # whole numbers repeat by chance: so often, or far above all others
_FAR = 1.2  # times the next lower value
_SHARE_ABOVE = 0.95  # of rows in which the finer particles are above the coarser ones
_RATIO_ABOVE = 1.1  # median ratio beyond the difference of two instruments
_SIZES = ("pm1", "pm25", "pm4", "pm10", "pm_total")


def is_full_scale(value: float) -> bool:
    """Whether a number is one with which a range ends.

    Examples
    --------
    >>> [is_full_scale(value) for value in (999.9, 1999.9, 6553.5, -999.0, 99.9, 1200.0, 0.0)]
    [True, True, True, True, True, False, False]
    """
    digits = f"{abs(value):.6f}".rstrip("0").rstrip(".").replace(".", "").lstrip("0")
    return abs(value) >= 50 and bool(_FULL_SCALE.fullmatch(digits))


def flag_full_scale(record: Record) -> Outcome[Record]:
    """Flag values of species at the end of their range (`Flag.VALUE_OUT_OF_RANGE`), and say how many and which."""
    notes = Notes()
    channels = []
    for channel in record.channels:
        rows = _at_the_end(channel.values) if channel.is_species else np.zeros(0, bool)
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


def _at_the_end(values: FloatArray) -> NDArray[np.bool_]:
    """Rows that hold a full-scale number which is the extreme of the column and repeats."""
    found = np.zeros(len(values), bool)
    finite = values[np.isfinite(values)]
    if len(finite) < _ROWS:
        return found
    for extreme, others in (
        (finite.max(), finite[finite < finite.max()]),
        (finite.min(), finite[finite > finite.min()]),
    ):
        negative = extreme < 0
        if not is_full_scale(float(extreme)) or (extreme == finite.min() and not negative and len(others)):
            continue
        rows = values == extreme
        needed = _ROWS if negative or _is_far(extreme, others) or (others % 1 != 0).any() else _ROWS_OF_WHOLE
        if _longest_run(rows[np.isfinite(values)]) >= needed:
            found |= rows
    return found


def _is_far(extreme: float, others: FloatArray) -> bool:
    return bool(len(others)) and abs(extreme) > _FAR * float(np.abs(others).max())


def _longest_run(rows: NDArray[np.bool_]) -> int:
    edges = np.flatnonzero(np.diff(np.r_[False, rows, False].astype(np.int8)))
    return int((edges[1::2] - edges[::2]).max()) if len(edges) else 0


def flag_exchanged_sizes(record: Record) -> Outcome[Record]:
    """Flag two sizes of particles where the finer is above the coarser in nearly every row: the columns are exchanged."""
    notes = Notes()
    channels = list(record.channels)
    for fine, coarse in _pairs(channels):
        one, other = channels[fine], channels[coarse]
        both = np.isfinite(one.values) & np.isfinite(other.values) & (other.values > 0) & (one.values > 0)
        if both.sum() < _ROWS_OF_WHOLE or one.attrs["units"] != other.attrs["units"]:
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
        for fine, coarse in zip(present, present[1:], strict=False)
        if channels[fine].attrs.get("instrument") == channels[coarse].attrs.get("instrument")
    ]


def _flagged(channel: Channel, rows: NDArray[np.bool_]) -> Channel:
    old = np.zeros(len(channel.values), np.uint32) if channel.qc is None else channel.qc
    return replace(channel, qc=np.where(rows, old | np.uint32(Flag.VALUE_OUT_OF_RANGE), old).astype(np.uint32))
