"""PurpleAir sensors, files of the SD card: ``UTCDateTime``, channels A and B, CF=1 and ATM.

Two laser counters in one box. Their mean of CF=1 is what corrections are made for; where they differ by more than 5
µg m-3 and 61 % one of them is at fault (Barkjohn et al. 2021, doi:10.5194/amt-14-4617-2021). Temperature and
humidity are those inside the box. Headings: public readers of the sensor's data, GitHub.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl

from ingest.flags import Flag
from ingest.outcome import Notes, Outcome
from ingest.text.encodings import decode
from ingest.text.sources import Source
from ingest.traces.record import Channel, Layout, Reader, Record, TraceSettings
from ingest.traces.rewritten import read_rewritten, require, texts_of

_APART_UG, _APART_SHARE = 5.0, 0.61
_SIZES = {"pm1_0": "pm1", "pm2_5": "pm25", "pm10_0": "pm10"}


def _recognises(head: bytes) -> bool:
    line = head[:4096].split(b"\n")[0]
    return b"UTCDateTime" in line and b"pm2_5_cf_1" in line


def read(source: Source, settings: TraceSettings) -> Outcome[tuple[Record, ...]]:
    """Read a file of the SD card: the mean of both channels, flagged where they disagree."""
    frame = texts_of(decode(source, settings))
    require(frame, ("UTCDateTime",), source.item)
    columns = {f"{old}_cf_1{side}": f"{new}{side or '_a'}" for old, new in _SIZES.items() for side in ("", "_b")}
    kept = [name for name in columns if name in frame.columns]
    places = [name for name in ("latitude", "longitude", "lat", "lon") if name in frame.columns]
    plain = frame.select(
        pl.col("UTCDateTime").str.to_uppercase().alias("time utc"),
        *(pl.col(name) for name in (*places, *(["pressure"] if "pressure" in frame.columns else []))),
        *(pl.col(name).alias(columns[name]) for name in kept),
    )
    known = {columns[name].replace("_", " "): f"{columns[name]} ug m-3" for name in kept}
    notes = Notes()
    records = notes.take(read_rewritten(source, plain, settings, Layout(instrument="PurpleAir", columns=known)))
    return notes.outcome(tuple(notes.take(_means(record)) for record in records))


def _means(record: Record) -> Outcome[Record]:
    channels = {channel.name: channel for channel in record.channels}
    notes = Notes()
    for new in _SIZES.values():
        pair = [channels.pop(f"{new}_{side}") for side in "ab" if f"{new}_{side}" in channels]
        if not pair:
            continue
        a, b = pair[0].values, pair[-1].values
        with np.errstate(invalid="ignore", divide="ignore"):
            apart = (np.abs(a - b) > _APART_UG) & (2 * np.abs(a - b) > _APART_SHARE * (a + b))
        qc = np.where(apart, np.uint32(Flag.INSTRUMENT_FAULT), np.uint32(0)).astype(np.uint32)
        mean = np.where(np.isnan(a), b, np.where(np.isnan(b), a, (a + b) / 2))
        attrs = {**pair[0].attrs, "species": new, "long_name": new}
        channels[new] = Channel(new, mean, attrs, qc if apart.any() else None)
        if apart.any():
            notes.decide(record.item, "purpleair_channels_apart", {"count": int(apart.sum()), "species": new})
    return notes.outcome(replace(record, channels=tuple(channels.values())))


READER = Reader(
    name="PurpleAir SD card",
    suffixes=(".csv",),
    recognises=_recognises,
    read=read,
    reads="UTC time, PM1, PM2.5, PM10 (CF=1, mean of channels A and B), pressure",
    infers="values are flagged where both channels disagree; ATM, counts and the air in the box are left out",
    tested_with="tests/ingest/traces/test_formats_sensors.py",
)
