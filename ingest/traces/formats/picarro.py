"""Picarro cavity ring-down analysers: fixed-width ``*_User.dat`` and the same columns exported to a workbook.

One heading row, 26 characters a column, times in UTC (``EPOCH_TIME``). CH4 and CO2 in ppm, H2O in percent. The
G2301 measures
one gas at a time: ``species`` is 1 (CO2), 2 (CH4) or 3 (H2O) and the other columns repeat their last value, so
those are
set to missing. ``0.0`` means "not measured". ``WIND_N`` and ``WIND_E`` are the components the wind comes *from*
(north,
east), ``WS_WIND_LON`` and ``WS_WIND_LAT`` what the anemometer feels from the front and from the right: on the
drives of
JVF-CSU/MobileMethaneSurveys a regression on the GPS velocity gives ``WIND_N ≈ −1.0·v_north + LON·cos(heading)``.
"""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np

from ingest.flags import Flag, FlagArray
from ingest.outcome import Notes, Outcome
from ingest.text.encodings import Decoded, decode
from ingest.text.sources import Source
from ingest.text.tables import Table, find_table
from ingest.traces.assemble import record_from_table
from ingest.traces.record import Channel, FloatArray, Layout, Reader, Record, TraceSettings

_MODES = {1: ("co2", "co2_dry"), 2: ("ch4", "ch4_dry"), 3: ("h2o",)}
_COLUMNS = {
    "date": "",
    "time": "",
    "ch4": "ch4 ppm",
    "ch4 dry": "ch4_dry ppm",
    "co2": "co2 ppm",
    "co2 dry": "co2_dry ppm",
    "h2o": "h2o vol%",
    "species": "raw:mode 1",
    "cavitypressure": "raw:cavity_pressure torr",
    "cavitytemp": "raw:cavity_temperature degC",
    "outletvalve": "raw:outlet_valve 1",
    "gps fit": "raw:gps_fit 1",
    "ws wind lon": "raw:ws_lon m s-1",
    "ws wind lat": "raw:ws_lat m s-1",
    "ws cos heading": "raw:cos_heading 1",
    "ws sin heading": "raw:sin_heading 1",
    "wind n": "raw:wind_n m s-1",
    "wind e": "raw:wind_e m s-1",
    "car speed": "speed m s-1",
}


def is_picarro_heading(line: str) -> bool:
    """Whether a heading row is a Picarro's."""
    return "EPOCH_TIME" in line and "FRAC_DAYS_SINCE_JAN1" in line


def _recognises(head: bytes) -> bool:
    return head[:4000].lstrip().startswith(b"DATE") and is_picarro_heading(head[:4000].decode("latin-1"))


def read(source: Source, settings: TraceSettings) -> Outcome[tuple[Record, ...]]:
    """Read a ``*_User.dat`` file."""
    text = decode(source, settings)
    squeezed = re.sub(rb"[ \t]*\r?\n[ \t]*", b"\n", re.sub(rb"[ \t]+", b"\t", text.data))
    table = find_table(Decoded(text.item, squeezed, text.encoding, text.decisions))
    return read_picarro_table(table, settings)


def read_picarro_table(table: Table, settings: TraceSettings) -> Outcome[tuple[Record, ...]]:
    """Read a located table with Picarro's columns."""
    serial = re.search(r"([A-Z]{3,6}\d{4})-\d{8}", table.item)
    layout = Layout(instrument=f"Picarro {serial[1]}" if serial else "Picarro", zone="UTC", columns=_COLUMNS)
    notes = Notes(table.decisions)
    record = notes.take(record_from_table(table, settings, layout))
    return notes.outcome((notes.take(_finish(record, settings)),))


def _finish(record: Record, settings: TraceSettings) -> Outcome[Record]:
    raw = {channel.name: channel.values for channel in record.channels}
    flags = record.qc_flag | _fault_flags(raw, len(record.time), settings)
    channels = [
        c for c in record.channels if c.name not in {v.split()[0][4:] for v in _COLUMNS.values() if "raw:" in v}
    ]
    notes = Notes()
    channels = notes.take(_drop_repeats(channels, raw, record.item))
    channels += _wind(raw, record.instrument)
    faults = int(np.count_nonzero(flags & np.uint32(Flag.INSTRUMENT_FAULT)))
    if faults:
        notes.decide(record.item, "picarro_faults", {"count": faults})
    return notes.outcome(replace(record, channels=tuple(channels), qc_flag=flags))


def _fault_flags(raw: dict[str, FloatArray], rows: int, settings: TraceSettings) -> FlagArray:
    flags = np.zeros(rows, np.uint32)
    pressure = raw.get("cavity_pressure")
    if pressure is not None and np.isfinite(pressure).any():
        off = ~(np.abs(pressure - np.nanmedian(pressure)) <= settings.cavity_tolerance_torr)
        flags[off | (pressure == 0)] |= np.uint32(Flag.INSTRUMENT_FAULT)
    fit = raw.get("gps_fit")
    if fit is not None:
        flags[~(fit > 0)] |= np.uint32(Flag.GNSS_POOR)
    return flags


def _drop_repeats(channels: list[Channel], raw: dict[str, FloatArray], item: str) -> Outcome[list[Channel]]:
    """Set to missing what the analyser did not measure in a row: zeros, and gases that ``species`` does not name."""
    mode = raw.get("mode")
    modes = set() if mode is None else {int(m) for m in np.unique(mode[np.isfinite(mode)]) if m in _MODES}
    cycling = len(modes) > 1
    result, zeros, repeats = [], {}, 0
    for channel in channels:
        if not channel.is_species:
            result.append(channel)
            continue
        absent = channel.values == 0.0
        zeros[channel.name] = int(absent.sum())
        if cycling and mode is not None:
            own = next((number for number, names in _MODES.items() if channel.name in names), 0)
            stale = (mode != own) & ~absent
            repeats += int(stale.sum())
            absent = absent | stale
        qc = np.where(absent, np.uint32(Flag.VALUE_MISSING), np.uint32(0)).astype(np.uint32)
        result.append(replace(channel, values=np.where(absent, np.nan, channel.values), qc=qc))
    notes = Notes()
    if any(zeros.values()):
        shown = tuple(f"{name} {count}" for name, count in zeros.items() if count)
        notes.decide(item, "zeros_not_measured", {"rows": shown})
    if cycling:
        notes.decide(item, "repeats_not_measured", {"modes": tuple(sorted(modes)), "count": repeats})
    return notes.outcome(result)


def _wind(raw: dict[str, FloatArray], instrument: str) -> list[Channel]:
    channels: list[Channel] = []
    parts = (
        ("u", "wind_e", -1.0, "wind over the ground, eastward", "eastward_wind"),
        ("v", "wind_n", -1.0, "wind over the ground, northward", "northward_wind"),
        ("u_apparent", "ws_lon", -1.0, "apparent wind, forward", ""),
        ("v_apparent", "ws_lat", 1.0, "apparent wind, to the left", ""),
    )
    for name, source, sign, text, standard in parts:
        values = raw.get(source)
        if values is not None and np.isfinite(values).any():
            attrs = {"units": "m s-1", "long_name": text, "instrument": instrument}
            channels.append(Channel(name, sign * values, attrs | ({"standard_name": standard} if standard else {})))
    return channels


READER = Reader(
    name="Picarro .dat",
    suffixes=(".dat", ".dat.gz"),
    recognises=_recognises,
    read=read,
    reads="time (EPOCH_TIME), position, CH4, CO2, H2O wet and dry, wind over the ground and on the car, car speed",
    infers="gas that was not measured (zeros, species 1/2/3), cavity faults; always UTC",
    tested_with="CFADS2274-20170314-213411Z-DataLog_User.dat.gz",
)
