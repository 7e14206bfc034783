"""EPA OTM 33A tables (``STR_*.csv``): parked truck at about 10 Hz, CH4 and CO2 in ppm, 3-D sonic, weather station.

Times are local without a zone. They matter only for the order of rows in a point-sensor run: `quantify` reads
them with
``unsettled_zone = "position"``.
"""

from __future__ import annotations

from ingest.outcome import Outcome
from ingest.text.sources import Source
from ingest.traces.assemble import read_delimited
from ingest.traces.formats.gmap import COLUMNS
from ingest.traces.record import Layout, Reader, Record, TraceSettings


def _recognises(head: bytes) -> bool:
    line = head[:2000].split(b"\n")[0]
    return line.startswith(b"Time,") and b"3DS Sonic Temp" in line


def read(source: Source, settings: TraceSettings) -> Outcome[tuple[Record, ...]]:
    """Read an OTM 33A table."""
    return read_delimited(source, settings, Layout(instrument="OTM 33A", columns=COLUMNS, wind_frame="ground"))


READER = Reader(
    name="EPA OTM 33A table",
    suffixes=(".csv", ".csv.gz"),
    recognises=_recognises,
    read=read,
    reads="CH4, CO2, position, sonic_u, sonic_v, sonic_w, sonic and air temperature, wind, pressure",
    infers="zone only by declaration",
    tested_with="STR_4042011_01.csv.gz",
)
