"""TSI DustTrak 8530 and 8533 (TrakPro text): model block, statistics, heading row, row of date pattern and units.

The 8530 calls its one channel AEROSOL: the inlet decides the size. It is read as PM2.5 unless ``[columns]`` says
otherwise, and that is a decision.
"""

from __future__ import annotations

import re

from ingest.outcome import Notes, Outcome
from ingest.species import fold
from ingest.text.sources import Source
from ingest.traces.assemble import read_delimited
from ingest.traces.record import Layout, Reader, Record, TraceSettings


def _recognises(head: bytes) -> bool:
    return b"TrakPro Version" in head[:200] and b"DustTrak" in head[:400]


def read(source: Source, settings: TraceSettings) -> Outcome[tuple[Record, ...]]:
    """Read a TrakPro export; the order of day and month is the one written in its unit row."""
    head = source.head[:8192].decode("latin-1")
    model = re.search(r"Model Number:,(\S+)", head)
    serial = re.search(r"Serial Number:,(\S+)", head)
    pattern = re.search(r"^(MM[/.-]dd|dd[/.-]MM|yyyy[/.-]MM)", head, re.MULTILINE)
    order = {"MM": "mdy", "dd": "dmy", "yy": "ymd"}[pattern[1][:2]] if pattern else ""
    name = f"DustTrak {model[1] if model else ''} {serial[1] if serial else ''}".strip()
    layout = Layout(instrument=name, date_order=order, columns={"aerosol": "pm25 mg m-3"})
    notes = Notes()
    records = notes.take(read_delimited(source, settings, layout))
    if "Date,Time,AEROSOL" in head and "aerosol" not in {fold(key) for key in settings.columns}:
        notes.decide(source.item, "aerosol_as_pm25")
    return notes.outcome(records)


READER = Reader(
    name="DustTrak 8530, 8533",
    suffixes=(".csv", ".txt"),
    recognises=_recognises,
    read=read,
    reads="local date and time, PM1, PM2.5, respirable, PM10, total in mg m-3",
    infers="AEROSOL as PM2.5; zone by the positions",
    tested_with="2019_09_25_h091000_KAN_DT8530.csv",
)
