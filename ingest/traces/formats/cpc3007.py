"""TSI CPC 3007 (AIM text): the day is in the preamble (month first, two-digit year), rows carry a time of day."""

from __future__ import annotations

import re
from datetime import date

from ingest.errors import FileError
from ingest.outcome import Outcome
from ingest.text.sources import Source
from ingest.traces.assemble import read_delimited
from ingest.traces.record import Layout, Reader, Record, TraceSettings


def _recognises(head: bytes) -> bool:
    return head.startswith(b"Sample File,") and b"Model,3007" in head[:400]


def read(source: Source, settings: TraceSettings) -> Outcome[tuple[Record, ...]]:
    """Read a CPC 3007 export: particle number per cm³.

    Raises
    ------
    FileError
        If the preamble has no start date.
    """
    head = source.head[:4096].decode("latin-1")
    start = re.search(r"Start Date,(\d{1,2})/(\d{1,2})/(\d{2,4})", head)
    serial = re.search(r"Instrument ID,([^\s,]+)", head)
    if start is None:
        raise FileError(source.item, "no_start_date")
    month, day, year = (int(part) for part in start.groups())
    try:
        first = date(year + 2000 if year < 100 else year, month, day)
    except ValueError as error:
        raise FileError(source.item, "start_date_impossible", {"date": start[0][11:]}, where="preamble") from error
    layout = Layout(instrument=f"CPC {serial[1]}" if serial else "CPC 3007", date=first)
    return read_delimited(source, settings, layout)


READER = Reader(
    name="CPC 3007",
    suffixes=(".csv", ".txt"),
    recognises=_recognises,
    read=read,
    reads="local time of day with the day of the preamble, particle number concentration",
    infers="midnight; zone by the positions",
    tested_with="2019_09_25_h091000_KAN_CPC3007.csv",
)
