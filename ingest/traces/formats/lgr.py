"""LGR and ABB greenhouse gas analysers: ``gga_2015-01-30_f0000.txt`` and the like.

A line with version, build and serial number (``VC:904M BD:May 23 2013 SN:LGR-13-0171``), padded headings, rows, and
in many files a signed block at the end. ``[CH4]_ppm`` is in the air as it came, ``[CH4]d_ppm`` in dry air; ``_sd``
are standard deviations of the interval; ``GasP``, ``GasT`` and ``AmbT`` are of the cell and the box. The clock is
local, its order of day and month a setting of the instrument, month first as delivered. Layout: public notes and
readers of LGR files on GitHub (a GGA of 2013 and one of 2020).
"""

from __future__ import annotations

import re
from dataclasses import replace

from ingest.outcome import Outcome
from ingest.text.sources import Source
from ingest.traces.assemble import read_delimited
from ingest.traces.record import Layout, Reader, Record, TraceSettings

_GAS = re.compile(r"\[(\w+)\](d?)_(ppm|ppb)")
_SLUGS = {
    "CH4": "ch4",
    "CO2": "co2",
    "H2O": "h2o",
    "CO": "co",
    "N2O": "n2o",
    "NH3": "nh3",
    "C2H6": "c2h6",
    "C2H2": "c2h2",
}
_OTHERS = ("gasp torr", "gast c", "ambt c", "rd0 us", "rd1 us", "fit flag", "miu", "miu valve", "miu desc", "systime")


def _recognises(head: bytes) -> bool:
    return re.search(rb"^\s*(Time|SysTime)\s*,.*\[\w+\]d?_pp[mb]", head[:8192], re.MULTILINE) is not None


def read(source: Source, settings: TraceSettings) -> Outcome[tuple[Record, ...]]:
    """Read a text file of an LGR or ABB analyser; standard deviations and the state of the cell are left out."""
    lines = source.head[:16384].decode("latin-1").split("\n")
    number = next((n for n, line in enumerate(lines) if _GAS.search(line) and "," in line), 0)
    columns = dict.fromkeys(_OTHERS, "") | {
        "time": "time",
        "systime": "" if "Time," in lines[number][:40] else "time",
    }
    for heading in (part.strip() for part in lines[number].split(",")):
        gas = _GAS.fullmatch(heading)
        if gas is not None:
            slug = _SLUGS.get(gas[1].upper(), gas[1].lower()) + ("_dry" if gas[2] else "")
            columns[heading.lower().replace("_", " ")] = f"{slug} {gas[3]}"
        elif heading.lower().endswith("_sd"):
            columns[heading.lower().replace("_", " ")] = ""
    serial = re.search(r"SN:\s*(\S+)", "\n".join(lines[:number]))
    layout = Layout(
        instrument=" ".join(["LGR", serial[1] if serial else ""]).strip(),
        columns=columns,
        usual_date_order="mdy",
        first_line=number,
        comment="-----",
    )
    return read_delimited(_without_signature(source), settings, layout)


def _without_signature(source: Source) -> Source:
    """Cut off the signed block that follows the rows."""

    def load() -> bytes:
        return source.load().partition(b"-----BEGIN")[0]

    return replace(source, load=load)


READER = Reader(
    name="LGR, ABB GLA",
    suffixes=(".txt",),
    recognises=_recognises,
    read=read,
    reads="local time, gases in ppm or ppb as they came and in dry air ([CH4]d_ppm is ch4_dry)",
    infers="order of day and month: by the rows, the day in the name, else month first; zone by declaration",
    tested_with="tests/ingest/traces/test_formats_analysers.py",
)
