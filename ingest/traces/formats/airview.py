"""Google AirView (Aclima's cars; Dublin and others): ``gps_timestamp, latitude, longitude, NO2_ugm3, PMch1_perL``.

UTC with an offset, gases in µg m-3 or mg m-3, particles by size channel in counts per litre (left out). Headings:
the Dublin data set of Smart Dublin, as public scripts on GitHub read it.
"""

from __future__ import annotations

import polars as pl

from ingest.outcome import Outcome
from ingest.text.encodings import decode
from ingest.text.sources import Source
from ingest.traces.record import Layout, Reader, Record, TraceSettings
from ingest.traces.rewritten import read_rewritten, require, texts_of

_UNITS = {"_ugm3": "ug m-3", "_mgm3": "mg m-3", "_ppb": "ppb", "_ppm": "ppm"}
_SLUGS = {"pm2.5": "pm25", "pm25": "pm25"}


def _recognises(head: bytes) -> bool:
    line = head[:4096].split(b"\n")[0].lower()
    return b"gps_timestamp" in line and b"latitude" in line and any(u.encode() in line for u in _UNITS)


def read(source: Source, settings: TraceSettings) -> Outcome[tuple[Record, ...]]:
    """Read an AirView table; an offset of hours only (``+00``) is completed, a stamp without one is UTC."""
    frame = texts_of(decode(source, settings))
    names = {name: name.lower() for name in frame.columns}
    stamp = next((name for name, low in names.items() if low == "gps_timestamp"), "gps_timestamp")
    require(frame, [stamp], source.item)
    gases = {}
    for name, low in names.items():
        unit = next((unit for ending, unit in _UNITS.items() if low.endswith(ending)), "")
        slug = low.rsplit("_", 1)[0]
        if unit:
            gases[name] = f"{_SLUGS.get(slug, slug)} {unit}"
    clock = pl.col(stamp).str.replace(r"\s*(UTC)$", "").str.replace(r"([+-]\d\d)$", "${1}:00")
    clock = (
        pl.when(clock.str.contains(r":\d\d(\.\d+)?$") & ~clock.str.contains(r"[+-]\d\d:\d\d$"))
        .then(clock + "Z")
        .otherwise(clock)
    )
    places = [name for name, low in names.items() if low in ("latitude", "longitude")]
    plain = frame.select(clock.alias("time"), *places, *gases)
    known = {name.lower().replace("_", " "): meaning for name, meaning in gases.items()}
    return read_rewritten(source, plain, settings, Layout(instrument="AirView", columns=known))


READER = Reader(
    name="Google AirView",
    suffixes=(".csv",),
    recognises=_recognises,
    read=read,
    reads="time with offset (UTC without one), position, gases and PM2.5 in the units of their headings",
    infers="nothing; counts of particles by size channel are left out",
    tested_with="tests/ingest/traces/test_formats_sensors.py",
)
