"""KML and KMZ: ``gx:Track`` (and ``gx:MultiTrack``), and placemarks with a ``TimeStamp`` and a point.

A track is a list of ``when`` and a list of ``gx:coord`` (longitude, latitude, altitude), in any mixture; arrays of
its ``ExtendedData`` (``gx:SimpleArrayData``) and data of placemarks are read as columns by their names. Lines
without times cannot be placed on a clock. Layout: OGC 07-147r2 (KML 2.2) and Google's KML reference, ``gx``
extensions.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element, ParseError

import numpy as np
import polars as pl
from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

from ingest.errors import FileError
from ingest.outcome import Notes, Outcome
from ingest.text.sheets import refuse_bomb
from ingest.text.sources import ZIP_ERRORS, Source
from ingest.text.times.stamps import parse_stamps
from ingest.traces.pointdata import channels_of_points
from ingest.traces.record import Channel, Reader, Record, TraceSettings

_MOST_NAMES = 200


@dataclass(frozen=True)
class _Points:
    """What was found so far: texts of times and coordinates, and of further data by name and row."""

    when: list[str] = field(default_factory=list)
    coord: list[str] = field(default_factory=list)
    data: dict[str, dict[int, str]] = field(default_factory=dict)
    left_out: dict[str, int] = field(default_factory=lambda: {"uneven": 0, "untimed": 0})

    def say(self, name: str, row: int, text: str | None) -> None:
        """Keep one datum of a row."""
        if name and text and text.strip() and (name in self.data or len(self.data) < _MOST_NAMES):
            self.data.setdefault(name, {})[row] = text.strip()


def _is_kmz(head: bytes) -> bool:
    name = head[30 : 30 + int.from_bytes(head[26:28], "little")].lower()
    return head[:4] == b"PK\x03\x04" and (name.endswith(b".kml") or b"doc.kml" in head)


def _recognises(head: bytes) -> bool:
    return b"<kml" in head[:4096].replace(b"\x00", b"") or _is_kmz(head)


def read(source: Source, settings: TraceSettings) -> Outcome[tuple[Record, ...]]:
    """Read all timed positions of a KML or KMZ as one record.

    Raises
    ------
    FileError
        If the XML is broken from the start or unsafe, or holds no position with a time.
    """
    notes = Notes()
    points = notes.take(_points(_unpacked(source, settings), source.item))
    if not points.when:
        raise FileError(source.item, "kml_without_times", {"count": points.left_out["untimed"]})
    stamps = parse_stamps(pl.Series(points.when, dtype=pl.String), source.item)
    notes.keep(*stamps.decisions)
    place = _coordinates(points.coord)
    order = np.argsort(stamps.time, kind="stable")  # NaT last
    order = order[~np.isnat(stamps.time[order])]
    lost = len(points.when) - len(order) + points.left_out["uneven"]
    if lost or points.left_out["untimed"]:
        notes.reject(
            source.item, "points", "kml_points_left_out", {"uneven": lost, "untimed": points.left_out["untimed"]}
        )
    time, height = stamps.time[order], place[order, 2]
    channels: list[Channel] = []
    if np.isfinite(height).any() and np.nanmax(np.abs(height)) > 0:
        attrs = {"units": "m", "long_name": "altitude", "vertical_datum": "unknown"}
        channels.append(Channel("altitude", height, attrs))
    columns = {name: [rows.get(int(row)) for row in order] for name, rows in points.data.items()}
    carried = notes.take(channels_of_points(source, time, columns, settings, {c.name for c in channels}))
    channels += carried
    record = Record(
        item=source.item,
        reader="",
        instrument="GNSS",
        time=time,
        zone="UTC" if stamps.offset_s is not None else "",
        lon=place[order, 0],
        lat=place[order, 1],
        channels=tuple(channels),
        qc_flag=np.zeros(len(time), np.uint32),
        stated_offset_s=stamps.offset_s,
    )
    return notes.outcome((record,))


def _unpacked(source: Source, settings: TraceSettings) -> bytes:
    """Return the KML, out of its archive where it is in one."""
    data = source.load()
    if data[:4] != b"PK\x03\x04":
        return data
    refuse_bomb(data, source.item, settings)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            name = next((n for n in archive.namelist() if n.lower().endswith(".kml")), None)
            if name is None:
                raise FileError(source.item, "kml_without_times", {"count": 0})
            return archive.read(name)
    except ZIP_ERRORS as error:
        raise FileError(source.item, "xml_not_readable", {"error": str(error)}) from error


def _points(data: bytes, item: str) -> Outcome[_Points]:
    """Collect timed points; what stands before a break in the XML is kept and the break is reported."""
    points, notes = _Points(), Notes()
    try:
        for _, element in iterparse(io.BytesIO(data), events=("end",), forbid_dtd=True):
            name = _local(element)
            if name == "Track":
                _take_track(points, element)
                element.clear()
                element.set("taken", "1")
            elif name == "Placemark":
                _take_placemark(points, element)
                element.clear()
    except (ParseError, ValueError, LookupError) as error:
        if isinstance(error, DefusedXmlException):
            raise FileError(item, "xml_unsafe", {"error": type(error).__name__}) from error
        if not points.when:
            raise FileError(item, "xml_not_readable", {"error": str(error)}) from error
        notes.reject(item, "end of file", "xml_breaks_off", {"error": str(error), "count": len(points.when)})
    return notes.outcome(points)


def _local(element: Element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _take_track(points: _Points, track: Element) -> None:
    when = [(child.text or "").strip() for child in track if _local(child) == "when"]
    coord = [(child.text or "").strip() for child in track if _local(child) == "coord"]
    first, rows = len(points.when), min(len(when), len(coord))
    points.left_out["uneven"] += max(len(when), len(coord)) - rows
    points.when.extend(when[:rows])
    points.coord.extend(coord[:rows])
    for array in track.iter():
        if _local(array) == "SimpleArrayData":
            values = [child.text for child in array if _local(child) == "value"]
            for row, text in enumerate(values[:rows]):
                points.say(array.get("name", ""), first + row, text)


def _take_placemark(points: _Points, placemark: Element) -> None:
    found: Mapping[str, Element] = {_local(child): child for child in placemark.iter()}
    if "Track" in found:
        return
    if "Point" not in found or "when" not in found:
        points.left_out["untimed"] += "Point" in found or "LineString" in found
        return
    row = len(points.when)
    points.when.append((found["when"].text or "").strip())
    texts = [c.text or "" for c in found["Point"].iter() if _local(c) == "coordinates"]
    points.coord.append(" ".join(texts).strip().replace(",", " "))
    for datum in placemark.iter():
        if _local(datum) == "Data":
            value = next((child.text for child in datum if _local(child) == "value"), None)
            points.say(datum.get("name", ""), row, value)
        elif _local(datum) == "SimpleData":
            points.say(datum.get("name", ""), row, datum.text)


def _coordinates(texts: list[str]) -> np.ndarray:
    """Longitude, latitude and altitude, shape (n, 3); NaN where one is missing."""
    parts = pl.Series(texts, dtype=pl.String).str.split(" ")
    columns = [parts.list.get(i, null_on_oob=True).cast(pl.Float64, strict=False).to_numpy() for i in range(3)]
    return np.column_stack([np.asarray(column, float) for column in columns])


READER = Reader(
    name="KML, KMZ",
    suffixes=(".kml", ".kmz"),
    recognises=_recognises,
    read=read,
    reads="gx:Track and placemarks with a time: position, altitude, data by their names",
    infers="nothing; lines and points without times are counted and left out",
    tested_with="tests/ingest/traces/test_formats_tracks.py",
)
