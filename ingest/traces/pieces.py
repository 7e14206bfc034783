"""Records of one file → one record, where they hold the same quantities in another order of columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import polars as pl

from ingest.traces.record import Channel, FloatArray, Record


def join_pieces(records: Sequence[Record]) -> tuple[Record, ...]:
    """Put records one behind the other that hold the same quantities in the same units; the others stay apart."""
    joined: list[Record] = []
    for record in records:
        at = next((n for n, other in enumerate(joined) if are_alike(other, record)), None)
        if at is None:
            joined.append(record)
        else:
            joined[at] = _behind(joined[at], record)
    return tuple(joined)


def _quantities(record: Record) -> set[tuple[str, str]]:
    return {(channel.name, channel.attrs.get("units", "")) for channel in record.channels}


def are_alike(first: Record, second: Record) -> bool:
    """Whether two records hold the same quantities in the same units, by the same clock."""
    return (
        _quantities(first) == _quantities(second)
        and (first.zone, first.stated_offset_s, first.instrument)
        == (second.zone, second.stated_offset_s, second.instrument)
        and (first.lon is None, first.lat is None) == (second.lon is None, second.lat is None)
    )


def _behind(first: Record, second: Record) -> Record:
    others = {channel.name: channel for channel in second.channels}
    return replace(
        first,
        time=np.r_[first.time, second.time],
        lon=_both(first.lon, second.lon),
        lat=_both(first.lat, second.lat),
        qc_flag=np.r_[first.qc_flag, second.qc_flag],
        gnss_clock_s=_both(first.gnss_clock_s, second.gnss_clock_s),
        channels=tuple(_channel(channel, others[channel.name]) for channel in first.channels),
        platforms=_platforms(first, second),
    )


def _both(first: FloatArray | None, second: FloatArray | None) -> FloatArray | None:
    return None if first is None or second is None else np.r_[first, second]


def _channel(first: Channel, second: Channel) -> Channel:
    qc = None
    if first.qc is not None or second.qc is not None:
        parts = [np.zeros(len(c.values), np.uint32) if c.qc is None else c.qc for c in (first, second)]
        qc = np.concatenate(parts)
    limits = [c.detection_limit for c in (first, second) if c.detection_limit is not None]
    values = np.r_[first.values, second.values]
    return replace(first, values=values, qc=qc, detection_limit=max(limits, default=None))


def _platforms(first: Record, second: Record) -> pl.Series | None:
    if first.platforms is None and second.platforms is None:
        return None
    parts = [pl.Series([""] * len(r.time)) if r.platforms is None else r.platforms for r in (first, second)]
    return pl.concat([part.alias("platform") for part in parts])
