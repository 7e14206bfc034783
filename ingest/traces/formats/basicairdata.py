"""BasicAirData GPS Logger text: ``type,time,latitude,longitude,...``, UTC inside, local time in the file name."""

from __future__ import annotations

from ingest.outcome import Outcome
from ingest.text.sources import Source
from ingest.traces.assemble import read_delimited
from ingest.traces.record import Layout, Reader, Record, TraceSettings

_LAYOUT = Layout(
    instrument="GNSS", zone="UTC", columns={"sat inview": "", "geoid height": "", "name": "", "desc": ""}
)


def _recognises(head: bytes) -> bool:
    return head.lstrip(b"\xef\xbb\xbf").startswith(b"type,time,latitude,longitude,accuracy (m)")


def read(source: Source, settings: TraceSettings) -> Outcome[tuple[Record, ...]]:
    """Read a GPS Logger text export."""
    return read_delimited(source, settings, _LAYOUT)


READER = Reader(
    name="BasicAirData GPS Logger",
    suffixes=(".txt",),
    recognises=_recognises,
    read=read,
    reads="UTC time, position, accuracy, altitude, speed, bearing, satellites",
    infers="nothing",
    tested_with="20181024-095557.txt",
)
