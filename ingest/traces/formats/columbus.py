"""Columbus (Visiontac) V-900, V-990, V-1000, P-1: ``INDEX,TAG,DATE,TIME,LATITUDE N/S,LONGITUDE E/W,HEIGHT,SPEED``.

Dates are YYMMDD, times HHMMSS in UTC (a P-1 or V-1000 may be set to local time: then declare ``clock_offset_s``),
the hemisphere is a letter behind the degrees, speed is in km/h; fields are padded with blanks or zero bytes.
Layouts: v900.cc of gpsbabel, ColumbusGpsFormat of RouteConverter.
"""

from __future__ import annotations

import polars as pl

from ingest.outcome import Outcome
from ingest.text.sources import Source
from ingest.traces.record import Layout, Reader, Record, TraceSettings
from ingest.traces.rewritten import decoded_without_zeros, read_rewritten, require, texts_of

_COLUMNS = {
    "height": "altitude m",
    "speed": "speed km h-1",
    "heading": "heading degree",
    "hdop": "hdop",
    "pres": "pressure hPa",
    "temp": "temperature degC",
}


def _recognises(head: bytes) -> bool:
    return head[:200].replace(b"\x00", b"").lstrip(b"\xef\xbb\xbf").startswith(b"INDEX,TAG,DATE,TIME,LATITUDE N/S")


def read(source: Source, settings: TraceSettings) -> Outcome[tuple[Record, ...]]:
    """Read a Columbus log as a record of positions."""
    frame = texts_of(decoded_without_zeros(source, settings))
    require(frame, ("DATE", "TIME", "LATITUDE N/S", "LONGITUDE E/W"), source.item)
    day, clock = pl.col("DATE").str.zfill(6), pl.col("TIME").str.zfill(6)
    stamp = "20" + day + clock
    plain = frame.select(
        stamp.str.replace(r"^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$", "$1-$2-$3 $4:$5:${6}Z").alias("time"),
        _degrees("LATITUDE N/S", "S").alias("lat"),
        _degrees("LONGITUDE E/W", "W").alias("lon"),
        *(pl.col(name) for name in frame.columns if name.lower() in _COLUMNS),
    )
    return read_rewritten(source, plain, settings, Layout(instrument="Columbus", columns=_COLUMNS))


def _degrees(name: str, negative: str) -> pl.Expr:
    """``035.206969E`` → degrees; a letter of the other hemisphere makes them negative."""
    size = pl.col(name).str.extract(r"^([\d.]+)", 1).cast(pl.Float64, strict=False)
    return pl.when(pl.col(name).str.to_uppercase().str.ends_with(negative)).then(-size).otherwise(size)


READER = Reader(
    name="Columbus V-900",
    suffixes=(".csv",),
    recognises=_recognises,
    read=read,
    reads="UTC time, position, height, speed, heading, HDOP, air pressure and temperature",
    infers="nothing; voice and waypoint tags are left out",
    tested_with="tests/ingest/traces/test_formats_tracks.py",
)
