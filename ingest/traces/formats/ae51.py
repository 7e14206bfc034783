"""AethLabs microAeth AE51: preamble with units, local date and time, black carbon in ng m-3, attenuation."""

from __future__ import annotations

import re

from ingest.outcome import Outcome
from ingest.text.sources import Source
from ingest.traces.assemble import read_delimited
from ingest.traces.record import Layout, Reader, Record, TraceSettings


def _recognises(head: bytes) -> bool:
    return b"AethLabs" in head[:400]


def read(source: Source, settings: TraceSettings) -> Outcome[tuple[Record, ...]]:
    """Read an AE51 log; the unit of BC is the one its preamble states."""
    head = source.head[:4096].decode("latin-1")
    device = re.search(r"Device ID = (\S+)", head)
    unit = re.search(r"BC units = (\S+)", head)
    columns = {
        "bc": f"bc {unit[1] if unit else 'ng/m3'}",
        "pcb temp": "",
        "ref": "",
        "sen": "",
        "battery": "",
        "flow": "",
    }
    layout = Layout(instrument=f"microAeth {device[1]}" if device else "microAeth AE51", columns=columns)
    return read_delimited(source, settings, layout)


READER = Reader(
    name="microAeth AE51",
    suffixes=(".csv", ".csv.gz"),
    recognises=_recognises,
    read=read,
    reads="local date and time, black carbon, attenuation; status codes other than 0 are named, not judged",
    infers="zone by the positions",
    tested_with="2019_09_25_h091000_KAN_AE51.csv.gz",
)
