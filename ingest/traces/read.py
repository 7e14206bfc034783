"""Logger files → traces: every format a reader knows, clocks brought to UTC, positions joined, nothing believed
blindly.

The method, as `read_traces` does it: each file is read by the first reader that recognises it; its positions,
units and stamps are checked; its clock is brought to UTC, one that is hours off is told by its path; instruments
without positions are joined by time to those that have them; each outing becomes a trace that passes
`ingest.schema.check_trace`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import date
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TypeVar

import numpy as np
import xarray as xr

from ingest.errors import FileError, UnknownFormat
from ingest.flags import Flag
from ingest.outcome import Notes, Outcome, Phrase
from ingest.schema import new_trace
from ingest.text.pages import tables_of_page
from ingest.text.sources import Source, open_source
from ingest.traces.beside import settle_by_path
from ingest.traces.checks.plausibility import check_record, repair_stamps, take
from ingest.traces.checks.speeds import check_speed
from ingest.traces.clocks import settle_zone, shift_clock
from ingest.traces.days import settle_days
from ingest.traces.fills import fill_from_tracks
from ingest.traces.formats import (
    ae51,
    aircasting,
    airdata,
    airview,
    basicairdata,
    cftrajectory,
    columbus,
    cpc3007,
    delimited,
    dji,
    dusttrak,
    g1000,
    gasmet,
    gmap,
    gpx,
    ht8700,
    icartt,
    kml,
    lgr,
    licor,
    ma200,
    nmea,
    otm33a,
    picarro,
    picarro_isotopes,
    purpleair,
    retigo,
    rtklib,
    sniffer4d,
    workbook,
)
from ingest.traces.outings import group_outings, join_outing
from ingest.traces.qualified import split_platforms
from ingest.traces.record import Reader, Record
from ingest.traces.record import TraceSettings as TraceSettings  # callers name it beside `read_traces`
from ingest.traces.sheets import read_each

logger = logging.getLogger(__name__)

#: Every reader, most particular first; the last one takes any table.
READERS: tuple[Reader, ...] = (
    cftrajectory.READER,
    picarro_isotopes.READER,
    picarro.READER,
    retigo.READER,
    licor.LI78XX,
    licor.LI850,
    gmap.READER,
    otm33a.READER,
    aircasting.READER,
    icartt.READER,
    ae51.READER,
    dusttrak.READER,
    cpc3007.READER,
    sniffer4d.READER,
    basicairdata.READER,
    airdata.READER,
    airview.READER,
    columbus.READER,
    dji.READER,
    g1000.READER,
    gasmet.READER,
    ht8700.READER,
    lgr.READER,
    ma200.READER,
    purpleair.READER,
    rtklib.READER,
    kml.READER,
    gpx.READER,
    nmea.READER,
    workbook.READER,
    delimited.READER,
)

#: Formats whose names are words, not those of an instrument or a standard.
_PLAIN_FORMAT_CODES = {"delimited table": "delimited_table", "workbook": "workbook"}

T = TypeVar("T")


def read_traces(
    files: Sequence[Path], settings: TraceSettings, *, root: Path | None = None, today: date | None = None
) -> Outcome[tuple[xr.Dataset, ...]]:
    """Read logger files of any kind into traces, one per platform and outing.

    Parameters
    ----------
    files : sequence of Path
        The files, in any order; gzipped or not.
    settings : TraceSettings
        Thresholds, and what ``mission.toml`` declares (time zone, columns, clocks, wind).
    root : Path, optional
        Names in messages are relative to it.
    today : date, optional
        The day after which no row can be; the machine's by default.

    Returns
    -------
    Outcome of datasets
        Traces sorted by their first time; every decision; a `Reject` for every file or group of rows not used.

    Examples
    --------
    >>> read_traces([], TraceSettings()).value
    ()
    """
    notes = Notes()
    read = [record for path in sorted(files) for record in _read_file(path, settings, root, notes)]
    settled = notes.take(settle_days(read, settings, today))
    dated = _to_utc(settled, settings, notes)
    records = tuple(r for r in (_guarded(partial(repair_stamps, r), notes) for r in dated) if r is not None)
    records = notes.take(settle_by_path(records, settings))
    records, used = notes.take(fill_from_tracks(records, settings))
    outings = notes.take(group_outings(records, used=used))
    traces: list[xr.Dataset] = []
    taken: set[str] = set()
    for source, instruments in outings:
        if source is None:
            continue
        joined = _guarded(partial(join_outing, source, instruments, settings), notes)
        if joined is not None:
            if instruments:
                joined = notes.take(check_speed(joined))
            named = instruments[0] if len(instruments) == 1 and not source.has_species else source
            name = _stem(named.item) + (f"-{joined.platform}" if joined.platform else "")
            traces += _split(joined, name, taken, settings, notes)
    traces.sort(key=lambda trace: (trace["time"].values[0], str(trace["trajectory"].values)))
    logger.info(Phrase("log_traces", {"files": len(files), "traces": len(traces), "rejects": len(notes.rejects)}))
    return notes.outcome(tuple(traces))


def _guarded(step: Callable[[], Outcome[T]], notes: Notes) -> T | None:
    """Run a step; a `FileError` becomes a reject and the rest goes on."""
    try:
        return notes.take(step())
    except FileError as error:
        notes.keep(error.reject)
        return None


def recognise(head: bytes, readers: Sequence[Reader] = READERS) -> Reader:
    """Return the first reader that claims the beginning of a file."""
    for reader in readers:
        if reader.recognises(head):
            return reader
    raise UnknownFormat("file", "no_reader_recognises_it")


def _read_file(path: Path, settings: TraceSettings, root: Path | None, notes: Notes) -> list[Record]:
    item = path.relative_to(root).as_posix() if root is not None and path.is_relative_to(root) else path.name
    source = _guarded(lambda: Outcome(open_source(path, item, settings)), notes)
    if source is None:
        return []
    tables = _guarded(partial(tables_of_page, source), notes)
    if tables is None:
        return []
    if len(tables) == 1:
        records = _guarded(partial(_read_source, tables[0][1], settings), notes) or ()
    else:
        names = [name for name, _ in tables]
        read = partial(read_each, item, names, lambda place: _read_source(tables[place][1], settings))
        records = _guarded(read, notes) or ()
    checked = [_guarded(partial(check_record, r, settings), notes) for r in records]
    return [record for record in checked if record is not None]


def _read_source(source: Source, settings: TraceSettings) -> Outcome[tuple[Record, ...]]:
    reader = recognise(source.head)
    notes = Notes()
    plain = reader.name in _PLAIN_FORMAT_CODES
    name = Phrase(_PLAIN_FORMAT_CODES[reader.name]) if plain else reader.name
    notes.decide(source.item, "read_as_format", {"format": name})
    kept = []
    records = notes.take(reader.read(source, settings))
    for record in chain.from_iterable(map(split_platforms, records)):
        rows = len(record.time)
        if rows < settings.minimum_rows:
            notes.reject(source.item, "rows", "too_few_rows", {"rows": rows, "needed": settings.minimum_rows})
        elif not record.has_position and not record.channels:
            notes.reject(source.item, "columns", "neither_place_nor_quantity")
        else:
            kept.append(record)
    return notes.outcome(tuple(kept))


def _to_utc(records: Sequence[Record], settings: TraceSettings, notes: Notes) -> list[Record]:
    """Bring all clocks to UTC: first those that need no evidence, then the others against them."""
    certain = [r for r in records if r.zone == "UTC"]
    doubtful = [r for r in records if r.zone != "UTC"]
    doubtful.sort(key=lambda r: (r.gnss_clock_s is None, not r.has_position))  # places settle the zones of others
    settled: list[Record] = []
    for record in (*certain, *doubtful):
        done = _guarded(partial(settle_zone, record, tuple(settled), settings), notes)
        if done is not None:
            settled.append(notes.take(shift_clock(done, settings.clock_offset_s)))
    return settled


def _stem(item: str) -> str:
    name = item.rsplit("/", 1)[-1]
    for suffix in (
        ".gz",
        ".csv",
        ".dat",
        ".txt",
        ".gpx",
        ".xlsx",
        ".log",
        ".nmea",
        ".tsv",
        ".data",
        ".nc",
        ".xls",
        ".ict",
        ".kml",
        ".kmz",
        ".pos",
    ):
        name = name[: -len(suffix)] if name.lower().endswith(suffix) and len(name) > len(suffix) else name
    return name


def _split(record: Record, name: str, taken: set[str], settings: TraceSettings, notes: Notes) -> list[xr.Dataset]:
    """Cut a record at its long pauses and build a trace of each part; their names are added to those ``taken``."""
    if not record.has_species:
        notes.reject(record.item, "columns", "no_species_recognised")
        return []
    steps = np.diff(record.time) / np.timedelta64(1, "s")
    cuts = np.flatnonzero(steps > settings.split_gap_s) + 1
    parts = np.split(np.arange(len(record.time)), cuts)
    if len(parts) > 1:
        notes.decide(
            record.item,
            "split_into_outings",
            {"count": len(parts), "limit_s": settings.split_gap_s, "longest_s": float(steps.max())},
        )
    traces = []
    for number, rows in enumerate(parts, start=1):
        label = name if len(parts) == 1 else f"{name}-{number}"
        while label in taken:
            label += "+"
        if len(rows) < settings.minimum_rows:
            notes.reject(record.item, f"outing {number}", "row_between_pauses", {"rows": len(rows)})
            continue
        taken.add(label)
        traces.append(_build(record if len(parts) == 1 else take(record, rows), label))
    return traces


def _build(record: Record, name: str) -> xr.Dataset:
    """Build the dataset of one outing, which `new_trace` checks."""
    rows = len(record.time)
    lon = np.full(rows, np.nan) if record.lon is None else record.lon
    lat = np.full(rows, np.nan) if record.lat is None else record.lat
    flags = record.qc_flag | np.where(np.isfinite(lon + lat), np.uint32(0), np.uint32(Flag.POSITION_MISSING))
    variables = {channel.name: (channel.values, channel.attrs) for channel in record.channels}
    trace = new_trace(name, record.time, lon, lat, variables, qc_flag=flags.astype(np.uint32))
    for channel in record.channels:
        if channel.is_species:
            trace = _with_quality(trace, channel.name, channel.values, channel.qc)
        if channel.detection_limit is not None:
            trace[channel.name].attrs["detection_limit_reported"] = channel.detection_limit
    trace.attrs["source"] = record.item
    if record.instrument:
        trace.attrs["instrument"] = record.instrument
    if record.platform:
        trace.attrs["platform_id"] = record.platform
    return trace


def _with_quality(trace: xr.Dataset, name: str, values: np.ndarray, qc: np.ndarray | None) -> xr.Dataset:
    missing = np.where(np.isnan(values), np.uint32(Flag.VALUE_MISSING), np.uint32(0))
    quality = (missing if qc is None else missing | qc).astype(np.uint32)
    if not quality.any():
        return trace
    attrs = dict(trace["qc_flag"].attrs) | {"long_name": f"quality-control flag of {name}"}
    attrs["standard_name"] = "quality_flag"
    trace = trace.assign({f"{name}_qc": ("obs", quality, attrs)})
    trace[name].attrs["ancillary_variables"] = f"{name}_qc"
    return trace
