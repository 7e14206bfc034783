"""Picarro G2201-i (and G2131-i, G2132-i): isotopes of CH4 and CO2 in the fixed-width ``*_User.dat``.

Carbon 12 and 13 are measured apart: methane is ``HP_12CH4 + HP_13CH4`` (high precision) or ``HR_12CH4 + HR_13CH4``
(high range) above 15 ppm; carbon dioxide ``12CO2 + 13CO2``. ``Delta`` columns in per mil are kept as they are. Times
are UTC (``EPOCH_TIME``). Headings: goFlux ``import.G2201i`` and Woolf's extract_picarro.r on GitHub.
"""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np

from ingest.flags import Flag
from ingest.outcome import Notes, Outcome
from ingest.species import SPECIES
from ingest.text.encodings import Decoded, decode
from ingest.text.headings import QUANTITIES
from ingest.text.sources import Source
from ingest.text.tables import find_table
from ingest.traces.assemble import record_from_table, species_attributes
from ingest.traces.formats.picarro import is_picarro_heading
from ingest.traces.record import Channel, FloatArray, Layout, Reader, Record, TraceSettings
from ingest.units import parse_unit

_HIGH_PRECISION_PPM = 15.0
_RAW = {
    "12co2": "c12", "13co2": "c13", "12co2 dry": "c12_dry", "hp 12ch4": "hp12", "hp 13ch4": "hp13",
    "hr 12ch4": "hr12", "hr 13ch4": "hr13", "hp 12ch4 dry": "hp12_dry", "hr 12ch4 dry": "hr12_dry",
    "12ch4": "m12", "13ch4": "m13", "12ch4 dry": "m12_dry", "cavitypressure": "cavity",
}  # fmt: skip
_COLUMNS = {
    "date": "", "time": "", "h2o": "h2o vol%", "species": "", "ch4": "", "co2": "",
    "delta raw ico2": "raw:delta_13c_co2 1", "hp delta ich4 raw": "raw:delta_13c_ch4 1",
    **{name: f"raw:{short} 1" for name, short in _RAW.items()},
}  # fmt: skip


def _recognises(head: bytes) -> bool:
    line = head[:8000].decode("latin-1")
    return is_picarro_heading(line) and re.search(r"\b(HP_12CH4|12CO2|12CH4)\b", line) is not None


def read(source: Source, settings: TraceSettings) -> Outcome[tuple[Record, ...]]:
    """Read a file of an isotope analyser; rows off the pressure of the cavity are flagged."""
    text = decode(source, settings)
    squeezed = re.sub(rb"[ \t]*\r?\n[ \t]*", b"\n", re.sub(rb"[ \t]+", b"\t", text.data))
    table = find_table(Decoded(text.item, squeezed, text.encoding, text.decisions))
    notes = Notes(table.decisions)
    layout = Layout(instrument="Picarro isotopes", zone="UTC", columns=_COLUMNS)
    record = notes.take(record_from_table(table, settings, layout))
    raw = {c.name: c.values for c in record.channels}
    kept = [c for c in record.channels if c.name not in _RAW.values()]
    gases = {"ch4": _methane(raw, ""), "ch4_dry": _methane(raw, "_dry"), "co2": _sum(raw, "c12", "c13")}
    gases["co2_dry"] = raw.get("c12_dry")
    added = [_species(slug, values, record.instrument) for slug, values in gases.items() if values is not None]
    only_12 = [s for s in ("ch4_dry", "co2_dry") if gases[s] is not None]
    if only_12:
        notes.decide(record.item, "carbon_12_only", {"species": tuple(only_12)})
    flags = record.qc_flag | _off_pressure(raw.get("cavity"), settings, len(record.time))
    return notes.outcome((replace(record, channels=(*added, *kept), qc_flag=flags.astype(np.uint32)),))


def _sum(raw: dict[str, FloatArray], light: str, heavy: str) -> FloatArray | None:
    if light not in raw:
        return None
    return raw[light] + np.nan_to_num(raw[heavy]) if heavy in raw else raw[light]


def _methane(raw: dict[str, FloatArray], dry: str) -> FloatArray | None:
    """High precision where that holds, high range above it."""
    precise = _sum(raw, f"hp12{dry}", "" if dry else "hp13")
    wide = _sum(raw, f"hr12{dry}", "" if dry else "hr13")
    if precise is None or wide is None:
        return precise if precise is not None else wide if wide is not None else _sum(raw, f"m12{dry}", "m13")
    return np.where(precise <= _HIGH_PRECISION_PPM, precise, wide)


def _species(slug: str, values: FloatArray, instrument: str) -> Channel:
    quantity = next(q for q in QUANTITIES if q.slug == slug)
    unit = parse_unit(SPECIES[slug].logger_unit)
    missing = values == 0.0
    attrs = species_attributes(quantity, unit, instrument) if unit is not None else {}
    return Channel(slug, np.where(missing, np.nan, values), attrs)


def _off_pressure(pressure: FloatArray | None, settings: TraceSettings, rows: int) -> np.ndarray:
    if pressure is None or not np.isfinite(pressure).any():
        return np.zeros(rows, np.uint32)
    off = ~(np.abs(pressure - np.nanmedian(pressure)) <= settings.cavity_tolerance_torr)
    return np.where(off, np.uint32(Flag.INSTRUMENT_FAULT), np.uint32(0))


READER = Reader(
    name="Picarro G2201-i .dat",
    suffixes=(".dat", ".dat.gz"),
    recognises=_recognises,
    read=read,
    reads="time (EPOCH_TIME), CH4 and CO2 as the sum of carbon 12 and 13, H2O, delta of carbon 13 as it came",
    infers="high range above 15 ppm of CH4; cavity faults; dry values are carbon 12 only; always UTC",
    tested_with="tests/ingest/traces/test_formats_analysers.py",
)
