"""EPA RETIGO: ``##`` comments, ``Timestamp, EAST_LONGITUDE(deg), NORTH_LATITUDE(deg), ...``, −9999 missing."""

from __future__ import annotations

from ingest.outcome import Outcome
from ingest.text.sources import Source
from ingest.traces.assemble import read_delimited
from ingest.traces.record import Layout, Reader, Record, TraceSettings

_LAYOUT = Layout(
    instrument="RETIGO",
    comment="##",
    columns={"id": "platform", "speed": "speed mile h-1", "carspeed": "speed mile h-1", "pm": "pm_total ug m-3"},
    missing=("-9999",),
)


def _recognises(head: bytes) -> bool:
    return b"EAST_LONGITUDE" in head[:2000] and b"NORTH_LATITUDE" in head[:2000]


def read(source: Source, settings: TraceSettings) -> Outcome[tuple[Record, ...]]:
    """Read a RETIGO file."""
    return read_delimited(source, settings, _LAYOUT)


READER = Reader(
    name="EPA RETIGO",
    suffixes=(".csv", ".csv.gz"),
    recognises=_recognises,
    read=read,
    reads="time with offset, position, every species with its unit, car speed, wind, meteorology",
    infers="offsets in the stamps are believed over (UTC) in the heading; particle counts per m³ that are per cm³",
    tested_with="2012-09-20_northcarolina_chapelhill_0f81e.csv.gz",
)
