"""Airdata.com flight logs: ``time(millisecond), datetime(utc), latitude, longitude, height_above_takeoff(feet)``.

The clock has whole seconds at 10 rows a second, the milliseconds since the start tell them apart. Units stand in the
headings (feet and mph as delivered, metres and m/s where the user set them); an export may be in local time
(``datetime(local)``). Headings: README of AirDataUAV (PyPI), reference of egemose/DroneVideoMeasure (GitHub).
"""

from __future__ import annotations

import re

import polars as pl

from ingest.errors import FileError
from ingest.outcome import Outcome
from ingest.text.encodings import decode
from ingest.text.sources import Source
from ingest.traces.record import Layout, Reader, Record, TraceSettings
from ingest.traces.rewritten import read_rewritten, require, texts_of

_COLUMNS = {
    "height above takeoff": "height_above_takeoff",
    "altitude above sealevel": "altitude",
    "speed": "speed",
    "satellites": "satellites",
}
_FORMATS = ("%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S%.f")


def _recognises(head: bytes) -> bool:
    line = head[:4096].split(b"\n")[0].lower()
    return b"time(millisecond" in line and b"datetime(" in line and b"latitude" in line


def read(source: Source, settings: TraceSettings) -> Outcome[tuple[Record, ...]]:
    """Read a flight log as a record of positions."""
    frame = texts_of(decode(source, settings))
    stamp = next((name for name in frame.columns if name.lower().startswith("datetime(")), None)
    if stamp is None:
        raise FileError(source.item, "no_column_names_a_time", where="line 1")
    require(frame, ("latitude", "longitude"), source.item)
    kept = [name for name in frame.columns if re.sub(r"\(.*", "", name).lower().replace("_", " ") in _COLUMNS]
    plain = frame.select(
        _finer(frame, stamp).alias(stamp), *(n for n in frame.columns if n in ("latitude", "longitude")), *kept
    )
    layout = Layout(instrument="Airdata", columns=_COLUMNS, usual_date_order="mdy")
    return read_rewritten(source, plain, settings, layout)


def _finer(frame: pl.DataFrame, stamp: str) -> pl.Series:
    """Stamps of whole seconds with the milliseconds of the other column, where the two run together."""
    texts = frame[stamp]
    parsed = next(
        (
            t
            for t in (texts.str.to_datetime(f, strict=False, time_unit="ms") for f in _FORMATS)
            if t.null_count() == 0
        ),
        None,
    )
    count = next((name for name in frame.columns if name.lower().startswith("time(millisecond")), None)
    if parsed is None or count is None:
        return texts
    passed = frame[count].cast(pl.Float64, strict=False).round(0).cast(pl.Int64, strict=False)
    start = (parsed.dt.epoch("ms") - passed).max()
    late = (parsed.dt.epoch("ms") - passed - start).abs().max() if passed.null_count() == 0 else None
    if start is None or late is None or int(str(late)) > 1500:
        return texts
    moments = (passed + int(str(start))).cast(pl.Datetime("ms"))
    return moments.dt.strftime("%Y-%m-%d %H:%M:%S%.3f")


READER = Reader(
    name="Airdata flight log",
    suffixes=(".csv",),
    recognises=_recognises,
    read=read,
    reads="time (UTC, or local) to the millisecond, position, height above take-off, altitude, speed, satellites",
    infers="civil zone of the place where the export is in local time",
    tested_with="tests/ingest/traces/test_formats_tracks.py",
)
