"""DJI flight records made into tables: by converters of ``DJIFlightRecord_*.txt`` and of ``FLY*.DAT``.

Converters of TXT (TXTlogToCSVtool, PhantomHelp, Flight Reader) write ``OSD.latitude`` and the like, some below
``sep=,``. ``CUSTOM.date [local]`` with ``CUSTOM.updateTime [local]`` (month first, AM and PM) is the clock of the
place, ``CUSTOM.updateTime`` without a note UTC. DatCon writes ``GPS(0):Lat[degrees]`` with ``GPS(0):Date``
(YYYYMMDD) and ``GPS(0):Time`` (HHMMSS), or ``GPS:dateTimeStamp``, in UTC. Headings: egemose/DroneVideoMeasure,
mikeemoo/dji-log-parser and others on GitHub. The records themselves are encrypted and not read.
"""

from __future__ import annotations

import polars as pl

from ingest.errors import FileError
from ingest.outcome import Outcome
from ingest.text.encodings import decode
from ingest.text.sources import Source
from ingest.traces.record import Layout, Reader, Record, TraceSettings
from ingest.traces.rewritten import read_rewritten, texts_of

_TXT = {
    "osd.latitude": "lat",
    "osd.longitude": "lon",
    "osd.height": "height_above_takeoff",
    "osd.altitude": "altitude",
    "osd.hspeed": "speed",
    "calc.hspeed": "speed",
    "osd.gpsnum": "satellites",
}
_DAT = {"lat": "lat", "long": "lon", "heightmsl": "altitude m", "numsv": "satellites", "hdop": "hdop"}


def _recognises(head: bytes) -> bool:
    lines = head[:65536].split(b"\n")[:2]
    txt = any(b"OSD.latitude" in line and b"CUSTOM." in line for line in lines)
    return txt or any(
        b"GPS(0):Lat" in line or (b"GPS:Lat" in line and b"GPS:dateTimeStamp" in line) for line in lines
    )


def read(source: Source, settings: TraceSettings) -> Outcome[tuple[Record, ...]]:
    """Read the table of a flight record as a record of positions."""
    text = decode(source, settings)
    lines_above = int(text.data.lstrip().lower().startswith((b"sep=", b'"sep=')))
    frame = texts_of(text, lines_above=lines_above)
    plain, known = _of_txt(frame) if "OSD.latitude" in frame.columns else _of_dat(frame)
    if "time" not in plain.columns and "time (local)" not in plain.columns:
        raise FileError(source.item, "no_column_names_a_time", where=f"line {lines_above + 1}")
    zone = "" if "time (local)" in plain.columns else "UTC"
    layout = Layout(instrument="DJI", zone=zone, columns=known, usual_date_order="mdy")
    return read_rewritten(source, plain, settings, layout, lines_above=lines_above)


def _of_txt(frame: pl.DataFrame) -> tuple[pl.DataFrame, dict[str, str]]:
    local = ("CUSTOM.date [local]", "CUSTOM.updateTime [local]")
    times = []
    if set(local) <= set(frame.columns):
        times = [(pl.col(local[0]) + " " + pl.col(local[1])).alias("time (local)")]
    else:
        named = ("CUSTOM.dateTime [UTC]", "CUSTOM.updateTime [UTC]", "CUSTOM.updateTime", "DateTime(utc)")
        times = [pl.col(name).alias("time") for name in named if name in frame.columns][:1]
    kept: dict[str, str] = {}
    for name in frame.columns:
        key = name.split(" [")[0].lower()
        if key in _TXT and _TXT[key] not in kept.values():
            kept[name] = _TXT[key]
    known = {name.split(" [")[0].lower(): meaning for name, meaning in kept.items()}
    return frame.select(*times, *kept), known


def _of_dat(frame: pl.DataFrame) -> tuple[pl.DataFrame, dict[str, str]]:
    bare = {name.split("[")[0].lower(): name for name in frame.columns}
    prefix = "gps(0):" if "gps(0):lat" in bare else "gps:"
    times = []
    if {f"{prefix}date", f"{prefix}time"} <= set(bare):
        day, clock = pl.col(bare[f"{prefix}date"]), pl.col(bare[f"{prefix}time"]).str.zfill(6)
        stamp = (day + clock).str.replace(r"^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$", "$1-$2-$3 $4:$5:$6")
        times = [pl.when(day.str.contains(r"^20\d{6}$")).then(stamp).otherwise(None).alias("time")]
    else:
        times = [pl.col(bare[n]).alias("time") for n in ("gps(0):datetimestamp", "gps:datetimestamp") if n in bare][
            :1
        ]
    kept = {bare[prefix + key]: meaning for key, meaning in _DAT.items() if prefix + key in bare}
    named = {name: meaning.split(" ")[0] for name, meaning in kept.items()}
    return frame.select(*times, *(pl.col(name).alias(new) for name, new in named.items())), {
        meaning.split(" ")[0]: meaning for meaning in kept.values()
    }


READER = Reader(
    name="DJI flight record as a table",
    suffixes=(".csv",),
    recognises=_recognises,
    read=read,
    reads="time, position, height above take-off, altitude, speed, satellites, in the units of the headings",
    infers="civil zone of the place for local times; month first unless rows or the file's name say otherwise",
    tested_with="tests/ingest/traces/test_formats_tracks.py",
)
