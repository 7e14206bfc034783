"""HealthyPhoton HT8700, open-path NH3 at 10 Hz: twenty fields a row, no headings.

Time (UTC with Z, or a time of day), serial number, NH3 in ppb and in µg m-3, humidity and temperature inside,
temperature and pressure of the air, optical signal, ten of the laser and detector, two words of alarm bits, cleaning
flag, one unused. 999.99 is no value. Order of the fields: the public R function ``read_ht8700`` (GitHub), old and
new layout.
"""

from __future__ import annotations

import re
from dataclasses import replace

from ingest.outcome import Outcome
from ingest.text.sources import Source
from ingest.traces.assemble import read_delimited
from ingest.traces.record import Layout, Reader, Record, TraceSettings

_ROW = re.compile(
    rb"(?:\d{4}-\d\d-\d\dT)?\d\d:\d\d:\d\d(?:\.\d+)?Z?,\s*[A-Za-z0-9-]+,(?:\s*[+-]?\d+(?:\.\d+)?,){14}"
    rb"\s*[0-9A-Fa-f]+,\s*[0-9A-Fa-f]+,\s*[^,]*,[^,]*"
)
_FIELDS = (
    *("time", "serial", "nh3", "nh3_mass", "rh_inside", "t_inside", "t_air", "p_air", "signal"),
    *(f"laser_{number}" for number in range(1, 8)),
    *("alarm_low", "alarm_high", "cleaning", "unused"),
)
_COLUMNS = {name.replace("_", " "): "" for name in _FIELDS} | {
    "time": "time",
    "nh3": "nh3 ppb",
    "t air": "temperature degC",
    "p air": "pressure hPa",
}


def _recognises(head: bytes) -> bool:
    lines = [line.strip() for line in head[:4096].split(b"\n")[:20] if line.strip()]
    return len(lines) > 1 and sum(_ROW.fullmatch(line) is not None for line in lines[:-1]) > 0.5 * (len(lines) - 1)


def read(source: Source, settings: TraceSettings) -> Outcome[tuple[Record, ...]]:
    """Read a file of an HT8700; the mass concentration repeats the mole fraction and is left out."""
    heading = ",".join(_FIELDS).encode() + b"\n"
    headed = replace(source, head=heading + source.head, load=lambda: heading + source.load())
    serial = source.head.split(b",", 2)[1].strip().decode("latin-1")
    layout = Layout(instrument=f"HealthyPhoton HT8700 {serial}", columns=_COLUMNS, missing=("999.99",))
    return read_delimited(headed, settings, layout)


READER = Reader(
    name="HealthyPhoton HT8700",
    suffixes=(".csv", ".txt", ".csv.gz"),
    recognises=_recognises,
    read=read,
    reads="time, NH3 in ppb, temperature and pressure of the air",
    infers="day from the file name where rows have a time of day; alarm bits are not judged",
    tested_with="tests/ingest/traces/test_formats_analysers.py",
)
