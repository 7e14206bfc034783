"""What a file is, by its content: which of the readers has most evidence for it.

A file in a folder of its own kind (``traces/``, ``images/``, ...) needs none of this. On a memory card nobody made
such folders: marks of a format settle what they can, and a table is shown to the readers of traces, monitors and
registers, its beginning only; the one that finds in it what it is there for takes it.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from ingest.coordinates import zone_of
from ingest.errors import FileError, OnevisitError
from ingest.images.exif import read_tags
from ingest.images.video import VIDEO_TYPES
from ingest.monitors.collect import Collector
from ingest.monitors.marks import Mark
from ingest.monitors.read import MonitorSettings
from ingest.monitors.tables import Device, read_table
from ingest.outcome import Decision, Notes, Phrase
from ingest.registers.rows import RegisterRow, read_register
from ingest.roads.osm import is_osm
from ingest.text.sheets import Sheet, is_workbook, read_sheets
from ingest.text.sources import Limits, Source, open_source
from ingest.traces.formats import delimited, workbook
from ingest.traces.read import read_traces, recognise
from ingest.traces.record import Record, TraceSettings

_MOST_ROWS = 400
"""Of a table, from its beginning, that are shown to a reader; enough for preambles and headings of all formats."""
_MOVED_DEGREES = 1e-4
"""About 10 m: a fixed instrument's positions scatter less."""
_SMALL_BYTES = 1 << 22
_PACKET = re.compile(rb"##\d{4}.{0,200}?(?:CP=&&|;CN=)", re.DOTALL)
_STREETS = re.compile(rb'"(?:highway|fclass|maxspeed|oneway)"\s*:')
_GEOMETRY = re.compile(rb'"type"\s*:\s*"(?:Multi)?(Point|LineString|Polygon)"')
_CODES = ("permit_code", "uscc")
_NO_TABLE_CODES = ("no_heading_row", "headings_empty")
"""With any other trouble the reader of traces has found a table of its own, and says itself what is wrong in it."""
_NAMES = (*_CODES, "name")


@dataclass(frozen=True)
class Sorted:
    """The kind of a file (a folder's name; empty where no reader takes it), and what shows it."""

    kind: str
    why: Phrase


def sort_file(path: Path, item: str, *, columns: Mapping[str, str] | None = None) -> Sorted:
    """Say what kind of input a file is, by its content; never raises.

    Parameters
    ----------
    path : Path
    item : str
        How the file is called in messages.
    columns : mapping, optional
        Headings that the mission declares, as in `TraceSettings`.

    Returns
    -------
    Sorted
        ``kind`` is ``traces``, ``images``, ``registers``, ``monitors``, ``roads`` or empty.

    Examples
    --------
    >>> sort_file(Path("no such file"), "no such file").kind
    ''
    """
    try:
        if path.suffix.lower() in (*VIDEO_TYPES, ".mrk"):
            return Sorted("images", Phrase("sorted_as_flight_file"))
        source = open_source(path, item, Limits())
        for test in (_picture, _packets, _streets):
            if (found := test(source)) is not None:
                return found
        return _table(source, columns or {})
    except FileError as error:
        return Sorted("", error.phrase)
    except OSError as error:
        return Sorted("", Phrase("file_not_readable", {"error": str(error.strerror or error)}))


# --- marks of formats ----------------------------------------------------------------------------------------------


def _picture(source: Source) -> Sorted | None:
    head = source.head
    if source.path.suffix.lower() == ".srt" and b"-->" in head:
        return Sorted("images", Phrase("sorted_as_flight_file"))
    if not head.startswith((b"\xff\xd8", b"II*\x00", b"MM\x00*")):
        return None
    tags = read_tags(source.path, source.item)
    if tags.text("Make") or tags.text("Model") or any(name.startswith("GPS") for name in tags.exif) or tags.xmp:
        return Sorted("images", Phrase("sorted_by_camera_tags"))
    return Sorted("", Phrase("picture_without_camera_tags"))


def _packets(source: Source) -> Sorted | None:
    head = source.head
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        head = head.decode("utf-16", "ignore").encode()
    return Sorted("monitors", Phrase("sorted_by_packets")) if _PACKET.search(head) else None


def _streets(source: Source) -> Sorted | None:
    """Extracts of OpenStreetMap, and GeoJSON: lines with tags of roads, or features that a register may hold."""
    if is_osm(source.path):
        return Sorted("roads", Phrase("sorted_by_osm"))
    if not source.head.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"{") or b'"features"' not in source.head:
        return None
    data = source.head if _GEOMETRY.search(source.head) else source.load()
    shapes = {match.group(1) for match in _GEOMETRY.finditer(data)}
    if b"LineString" in shapes:
        tagged = _STREETS.search(data) is not None
        return Sorted("roads", Phrase("sorted_by_road_tags")) if tagged else Sorted("", Phrase("lines_without_tags"))
    return Sorted("registers", Phrase("sorted_by_features")) if shapes else None


# --- tables --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Track:
    """What the readers of traces find: whether there is a species, how many places there are, and how far apart."""

    species: bool = False
    places: int = 0
    moves: bool = False
    refused: Phrase | None = None


@dataclass(frozen=True)
class _Station:
    """What the reader of monitor tables finds: how many points or devices are named, and if values are."""

    named: int = 0
    values: bool = False


@dataclass(frozen=True)
class _Names:
    """What the reader of registers finds: how many names or codes there are, rows, and whether codes are there."""

    names: int = 0
    rows: int = 0
    codes: bool = False
    placed: bool = False
    numbered: bool = False


def _table(source: Source, columns: Mapping[str, str]) -> Sorted:
    """A table goes to the reader with most evidence: what moves is a trace, what has a name stays where it is."""
    reader = recognise(source.head)
    if reader not in (delimited.READER, workbook.READER):
        return Sorted("traces", Phrase("sorted_by_format", {"format": reader.name}))
    with tempfile.TemporaryDirectory() as folder:
        beginning = _beginning(source, Path(folder))
        track = _as_trace(source, beginning, columns)
        station = _as_monitor(beginning, source.item)
        names = _as_register(beginning, source.item)
    if track.species and track.moves and max(station.named, names.names) < track.places and not names.codes:
        return Sorted("traces", Phrase("sorted_by_track"))
    if station.named and station.values:
        return Sorted("monitors", Phrase("sorted_by_points"))
    numbered = names.numbered and names.placed and not track.places  # beside times and places, 序号 counts rows
    if numbered or (names.names and (names.placed or names.codes or names.names * 2 > names.rows)):
        return Sorted("registers", Phrase("sorted_by_names"))
    if track.species or track.places:
        return Sorted("traces", Phrase("sorted_by_species" if track.species else "sorted_by_positions"))
    if track.refused is not None and track.refused.code not in _NO_TABLE_CODES:
        return Sorted("traces", Phrase("sorted_by_headings"))
    return Sorted("", track.refused or Phrase("no_reader_recognises_it"))


def _beginning(source: Source, folder: Path) -> Path:
    """The file itself where it is a workbook or small, else its first lines as a file of its own."""
    packed = source.path.suffix.lower() == ".gz"
    if not packed and (is_workbook(source.head) or source.path.stat().st_size < len(source.head)):
        return source.path
    path = folder / (source.path.stem if packed else source.path.name)
    path.write_bytes(source.head[: source.head.rfind(b"\n") + 1] or source.head)
    return path


def _as_trace(source: Source, beginning: Path, columns: Mapping[str, str]) -> _Track:
    settings = TraceSettings(columns=columns)
    try:
        start = open_source(beginning, source.item, settings)
        records = recognise(source.head).read(start, settings).value
    except FileError as error:
        return _Track(refused=error.phrase)
    species = any(np.isfinite(c.values).any() for r in records for c in r.channels if c.is_species)
    lonlat = [pair for record in records for pair in _positions(record)]
    if not lonlat:
        return _Track(species)
    places = np.array(lonlat)
    moves = bool((places.max(axis=0) - places.min(axis=0)).max() > _MOVED_DEGREES)
    return _Track(species, len(np.unique(places, axis=0)), moves)


def _positions(record: Record) -> list[tuple[float, float]]:
    if record.lon is None or record.lat is None:
        return []
    good = np.isfinite(record.lon) & np.isfinite(record.lat)
    return list(zip(record.lon[good].tolist(), record.lat[good].tolist(), strict=True))


def _as_monitor(beginning: Path, item: str) -> _Station:
    collector, marks, devices, notes = Collector(), list[Mark](), dict[str, Device](), Notes()
    zone = zone_of(MonitorSettings().time_zone)
    try:
        for sheet in read_sheets(beginning, item, Limits())[0]:
            try:
                first = Sheet(sheet.unit, islice(sheet.rows, _MOST_ROWS))
                read_table(first, item, zone, collector, marks, devices, notes)
            except FileError:
                continue
        series = collector.drain().series
    except OnevisitError:
        return _Station()
    known = ("mn", "point", "permit_code", "uscc", "site_name")
    named = {label for one in series if any(label := tuple(str(one.attrs.get(key, "")) for key in known))}
    return _Station(len(named) + len(devices) + len(marks), bool(named or devices or marks))


def _as_register(beginning: Path, item: str) -> _Names:
    try:
        rows: Sequence[RegisterRow] = read_register(beginning, item, Limits()).rows
    except FileError:
        return _Names()
    named = {row.get(name) for row in rows for name in _NAMES if row.get(name)}
    placed = any((row.get("lon") and row.get("lat")) or row.get("lonlat") or row.get("address") for row in rows)
    codes = sum(any(row.get(name) for name in _CODES) for row in rows) * 2 > len(rows) > 0
    return _Names(len(named), len(rows), codes, placed, any(row.get("site_id") for row in rows))


# --- beginnings of traces ------------------------------------------------------------------------------------------


def read_beginnings(files: Sequence[Path], settings: TraceSettings, *, root: Path) -> tuple[Decision, ...]:
    """What reading the first lines of logger files decides: quick, for a question that comes before the job."""
    with tempfile.TemporaryDirectory() as folder:
        starts = []
        for number, path in enumerate(files):
            item = path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name
            inside = Path(folder) / str(number)
            inside.mkdir()
            try:
                starts.append(_beginning(open_source(path, item, settings), inside))
            except (FileError, OSError):
                continue
        return read_traces(starts, settings).decisions
