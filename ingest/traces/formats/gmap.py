"""EPA GMAP truck logs: ``key TAB value`` lines, ``<<<DATA>>>``, then a tab-separated table of 1 Hz rows.

The clock is the truck's; ``GPS Time`` beside it is the UTC second of the day and settles the zone. The 3-D sonic and
the weather station are kept as separate winds: the sonic as it was mounted (``sonic_u``, ``sonic_v``, ``sonic_w``).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ingest.errors import FileError
from ingest.flags import Flag
from ingest.outcome import Outcome
from ingest.text.sources import Source
from ingest.traces.assemble import read_delimited
from ingest.traces.record import Layout, Reader, Record, TraceSettings

#: Headings of GMAP and OTM 33A tables, whose units EPA's manuals give and the files do not (OTM 33A, section 8).
COLUMNS = {
    "co2": "co2 ppm",
    "ch4": "ch4 ppm",
    "3ds u": "sonic_u m s-1",
    "3ds v": "sonic_v m s-1",
    "3ds w": "sonic_w m s-1",
    "3ds sonic temp": "sonic_temperature degC",
    "3ds error code": "raw:sonic_error 1",
    "gps track": "heading degree",
    "gps ground speed": "raw:gps_ground_speed 1",
    "gps dop": "hdop 1",
    "ws wind speed": "wind_speed m s-1",
    "ws wind direction": "wind_direction degree",
    "ws temperature": "temperature degC",
    "ws rel humidity": "relative_humidity percent",
    "ws bar. pressure": "pressure hPa",
    "cell pressure": "",
    **dict.fromkeys(("3ds 2d speed", "3ds 3d speed", "3ds azimuth", "3ds elevation", "summa pressure"), ""),
    **dict.fromkeys(("airmar heading", "airmar ground speed", "ws compass heading"), ""),
    "cell temperature": "",
    "airmar latitude": "",
    "airmar longitude": "",
    "tiger voc": "",
    "mpod pid": "",
    **dict.fromkeys(
        ("ben", "tol", "etb", "xyo", "xym", "xyp", "so2", "sty", "for", "nh3", "no", "no2", "o3", "voc"), ""
    ),
}


def _recognises(head: bytes) -> bool:
    return b"<<<DATA>>>" in head[:16384]


def read(source: Source, settings: TraceSettings) -> Outcome[tuple[Record, ...]]:
    """Read a GMAP log. The differential-absorption columns (BEN, TOL, ...) have no stated unit and are left out.

    Raises
    ------
    FileError
        If no table follows ``<<<DATA>>>``.
    """
    lines = source.head[:65536].decode("utf-8", errors="replace").split("\n")
    marker = next((n for n, text in enumerate(lines) if "<<<DATA>>>" in text), None)
    if marker is None:
        raise FileError(source.item, "gmap_without_data")
    layout = Layout(
        instrument="GMAP", usual_date_order="mdy", columns=COLUMNS, first_line=marker + 1, wind_frame="ground"
    )
    outcome = read_delimited(source, settings, layout)
    return Outcome(tuple(_finish(record) for record in outcome.value), outcome.decisions, outcome.rejects)


def _finish(record: Record) -> Record:
    """Flag rows with a sonic error; drop the raw columns that served for it."""
    raw = {c.name: c.values for c in record.channels}
    error = raw.get("sonic_error", np.zeros(len(record.time)))
    flags = np.where(np.isfinite(error) & (error != 0), np.uint32(Flag.WIND_IMPLAUSIBLE), np.uint32(0))
    kept = tuple(c for c in record.channels if c.name not in ("sonic_error", "gps_ground_speed"))
    return replace(record, channels=kept, qc_flag=(record.qc_flag | flags).astype(np.uint32))


READER = Reader(
    name="EPA GMAP",
    suffixes=(".txt", ".txt.gz"),
    recognises=_recognises,
    read=read,
    reads="CH4, CO2, position, 3-D sonic, weather station or AirMar wind, temperature, humidity, pressure",
    infers="zone of the clock from the GPS time of day beside it",
    tested_with="180612_ST01.txt.gz",
)
