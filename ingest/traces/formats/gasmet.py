"""Gasmet DX4015, DX4040, GT5000: results text of Calcmet, a column a gas with its unit in the column behind it.

Tab, semicolon or comma; Date and Time (Datum and Zeit), names of spectra, then ``Methane CH4``, ``Unit``,
``Compensation``, ``Residual`` and so on for each gas. Where no unit column follows, the unit stands in the heading
or is declared. Layout: as public importers read it (goFlux ``import.DX4015`` and ``import.GT5000``,
``read_aneco_daily_results``), GitHub.
"""

from __future__ import annotations

import re

import polars as pl

from ingest.outcome import Outcome
from ingest.text.encodings import decode
from ingest.text.sources import Source
from ingest.traces.record import Layout, Reader, Record, TraceSettings
from ingest.traces.rewritten import read_rewritten, renamed, require, texts_of

_GAS = re.compile(
    r"^[A-Z][A-Za-z0-9, -]* (CH4|CO2|CO|N2O|NH3|H2O|NO|NO2|SO2|HCl|HCN|HF|C2H6|C2H4|C3H8|C6H6|C7H8|CH2O|O3)\b"
)
_SLUGS = {"c6h6": "benzene", "c7h8": "toluene", "ch2o": "hcho"}
_UNITS = {"vol-%": "vol%", "vol %": "vol%", "%": "vol%"}
_DATES, _CLOCKS = ("date", "datum"), ("time", "zeit")


def _heading(head: bytes) -> tuple[int, str, list[str]] | None:
    for number, line in enumerate(head[:16384].decode("latin-1").split("\n")[:30]):
        for separator in ("\t", ";", ","):
            names = [part.strip().strip('"') for part in line.rstrip("\r").split(separator)]
            low = {name.lower() for name in names}
            if low & set(_DATES) and low & set(_CLOCKS) and any(_GAS.match(name) for name in names):
                return number, separator, names
    return None


def _recognises(head: bytes) -> bool:
    return _heading(head) is not None


def read(source: Source, settings: TraceSettings) -> Outcome[tuple[Record, ...]]:
    """Read a results file; compensations, residuals and names of spectra are left out."""
    found = _heading(source.head)
    number, separator, names = found or (0, ",", [])
    frame = texts_of(decode(source, settings), lines_above=number, separator=separator)
    frame = renamed(frame, [*names, *[""] * frame.width][: frame.width])
    day = next((name for name in frame.columns if name.lower() in _DATES), "Date")
    clock = next((name for name in frame.columns if name.lower() in _CLOCKS), "Time")
    require(frame, (day, clock), source.item)
    frame = frame.filter(pl.col(day) != day)  # headings repeat where the analyser was started again
    columns, known = [], {}
    for place, name in enumerate(frame.columns):
        gas = _GAS.match(name)
        if gas is None:
            continue
        unit = re.search(r"[(\[]([^)\]]+)[)\]]", name)
        unit_text = unit[1] if unit else _unit_behind(frame, place)
        slug = _SLUGS.get(gas[1].lower(), gas[1].lower())
        values = frame[name].str.replace(",", ".", literal=True) if separator != "," else frame[name]
        columns.append(values.alias(name))
        known[" ".join(name.lower().split())] = f"{slug} {_UNITS.get(unit_text.lower(), unit_text)}".strip()
    plain = frame.select((pl.col(day) + " " + pl.col(clock)).alias("time"), *columns)
    layout = Layout(instrument="Gasmet", columns=known)
    return read_rewritten(source, plain, settings, layout, lines_above=number)


def _unit_behind(frame: pl.DataFrame, place: int) -> str:
    """Unit of the column behind a gas, where that is one of units."""
    behind = frame.columns[place + 1] if place + 1 < len(frame.columns) else ""
    if not behind.lower().startswith(("unit", "einheit")):
        return ""
    return next((text for text in frame[behind].to_list() if text), "")


READER = Reader(
    name="Gasmet results",
    suffixes=(".txt", ".csv"),
    recognises=_recognises,
    read=read,
    reads="local date and time, every gas with the unit of the column behind it or of its heading",
    infers="zone by declaration or agreement; a gas without a unit is named with the line that gives it one",
    tested_with="tests/ingest/traces/test_formats_analysers.py",
)
