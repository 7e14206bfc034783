"""Garmin G1000 and other Garmin flight decks: ``#airframe_info``, a line of units, ``Lcl Date, Lcl Time, UTCOfst``.

Each row tells its own offset from UTC. Heights in feet, speeds in knots, ``TRK`` is the course in degrees (from
magnetic north: ``MagVar`` east is added), ``WndSpd`` and ``WndDr`` are the wind over the ground that the deck
computes. Layout: parsers of roznet/flightlogstats and of NGAFID on GitHub.
"""

from __future__ import annotations

import re

import polars as pl

from ingest.outcome import Outcome
from ingest.text.encodings import decode
from ingest.text.sources import Source
from ingest.traces.record import Layout, Reader, Record, TraceSettings
from ingest.traces.rewritten import read_rewritten, require, texts_of

_COLUMNS = {
    "Latitude": ("Latitude", "lat"),
    "Longitude": ("Longitude", "lon"),
    "AltMSL": ("altitude", "altitude ft"),
    "GndSpd": ("speed", "speed knot"),
    "OAT": ("oat", "temperature degC"),
    "WndSpd": ("wind speed", "wind_speed knot"),
    "WndDr": ("wind direction", "wind_direction degree"),
}


def _recognises(head: bytes) -> bool:
    return head[:8192].lstrip(b"\xef\xbb\xbf").startswith(b"#airframe_info") and b"Lcl Date" in head[:16384]


def read(source: Source, settings: TraceSettings) -> Outcome[tuple[Record, ...]]:
    """Read a flight log as a record of positions; rows before the receiver had a fix have no time."""
    text = decode(source, settings)
    lines = text.data[:65536].split(b"\n")
    number = next((n for n, line in enumerate(lines) if line.lstrip().startswith(b"Lcl Date")), 2)
    frame = texts_of(text, lines_above=number)
    require(frame, ("Lcl Date", "Lcl Time", "UTCOfst", "Latitude", "Longitude"), source.item)
    offset = pl.col("UTCOfst").str.replace(r"^(\d)", "+$1").str.replace(r"^([+-])(\d):", "${1}0$2:")
    stamp = pl.col("Lcl Date") + " " + pl.col("Lcl Time") + offset
    course = pl.col("TRK").cast(pl.Float64, strict=False)
    if "MagVar" in frame.columns:
        course = course + pl.col("MagVar").cast(pl.Float64, strict=False).fill_null(0.0)
    plain = frame.select(
        pl.when(pl.col("Lcl Date") == "").then(None).otherwise(stamp).alias("time"),
        *(pl.col(old).alias(new) for old, (new, _) in _COLUMNS.items() if old in frame.columns),
        *([(course % 360).alias("track")] if "TRK" in frame.columns else []),
    )
    known = {new.lower(): meaning for new, meaning in _COLUMNS.values()} | {"track": "heading degree"}
    name = re.search(rb'airframe_name="([^"]+)"', lines[0])
    instrument = f"Garmin {name[1].decode('latin-1')}" if name else "Garmin G1000"
    layout = Layout(instrument=instrument, columns=known, wind_frame="ground")
    return read_rewritten(source, plain, settings, layout, lines_above=number)


READER = Reader(
    name="Garmin G1000",
    suffixes=(".csv",),
    recognises=_recognises,
    read=read,
    reads="time with the offset of each row, position, altitude, speed, course (true), air temperature, wind",
    infers="nothing",
    tested_with="tests/ingest/traces/test_formats_tracks.py",
)
