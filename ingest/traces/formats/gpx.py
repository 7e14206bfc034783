"""GPX 1.0 and 1.1 tracks: positions, and speed, course and satellites where the logger wrote them.

Parsed by defusedxml (no entities, no external files). Namespaces are ignored on purpose: loggers write 1.0
elements under
1.1 and the reverse. Points without a time cannot be placed on a clock and are rejected.
"""

from __future__ import annotations

import io
from xml.etree.ElementTree import Element, ParseError

import numpy as np
import polars as pl
from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

from ingest.errors import FileError
from ingest.outcome import Notes, Outcome
from ingest.text.sources import Source
from ingest.text.times.stamps import parse_stamps
from ingest.traces.pointdata import channels_of_points
from ingest.traces.record import Channel, FloatArray, Reader, Record, TraceSettings

_EXTRAS = {
    "ele": ("altitude", "m", 1.0, "altitude"),
    "speed": ("speed", "m s-1", 1.0, "platform speed over ground"),
    "course": ("heading", "rad", np.pi / 180.0, "direction of travel, clockwise from north"),
    "sat": ("satellites", "1", 1.0, "satellites used"),
    "hdop": ("hdop", "1", 1.0, "horizontal dilution of precision"),
}

_KNOWN = {
    *("time", "lat", "lon", *_EXTRAS, "name", "desc", "cmt", "src", "sym", "type", "fix", "vdop", "pdop"),
    *("geoidheight", "magvar", "ageofdgpsdata", "dgpsid", "extensions", "href", "text"),
}
_MOST_NAMES = 200


def _recognises(head: bytes) -> bool:
    return b"<gpx" in head[:4096].replace(b"\x00", b"")


def read(source: Source, settings: TraceSettings) -> Outcome[tuple[Record, ...]]:
    """Read all track points of a GPX file as one record of positions.

    Raises
    ------
    FileError
        If the XML is broken from the start or unsafe, or holds no track point with a time.
    """
    notes = Notes()
    rows, more = notes.take(_points(source))
    if not rows["lat"]:
        raise FileError(source.item, "gpx_without_track")
    stamps_text = pl.Series(rows["time"], dtype=pl.String)
    if stamps_text.null_count() == len(stamps_text):
        raise FileError(source.item, "gpx_without_times", {"count": len(stamps_text)})
    stamps = parse_stamps(stamps_text, source.item)
    notes.keep(*stamps.decisions)
    good = ~np.isnat(stamps.time)
    channels: list[Channel] = []
    for tag, (name, units, scale, text) in _EXTRAS.items():
        values = _numbers(rows[tag])[good]
        if np.isfinite(values).any():
            attrs = {"units": units, "long_name": text}
            attrs |= {"vertical_datum": "unknown"} if name == "altitude" else {}
            channels.append(Channel(name, values * scale, attrs))
    numbers = np.flatnonzero(good)
    columns = {name: [texts.get(int(row)) for row in numbers] for name, texts in more.items()}
    taken = {channel.name for channel in channels}
    carried = notes.take(channels_of_points(source, stamps.time[good], columns, settings, taken))
    channels += carried
    record = Record(
        item=source.item,
        reader="",
        instrument="GNSS",
        time=stamps.time[good],
        zone="UTC" if stamps.offset_s is not None else "",
        lon=_numbers(rows["lon"])[good],
        lat=_numbers(rows["lat"])[good],
        channels=tuple(channels),
        qc_flag=np.zeros(int(good.sum()), np.uint32),
        stated_offset_s=stamps.offset_s,
    )
    if not good.all():
        notes.reject(source.item, "trkpt", "track_points_untimed", {"count": int((~good).sum())})
    return notes.outcome((record,))


def _numbers(texts: list[str | None]) -> FloatArray:
    return pl.Series(texts, dtype=pl.String).str.strip_chars().cast(pl.Float64, strict=False).to_numpy().astype(float)


def _points(source: Source) -> Outcome[tuple[dict[str, list[str | None]], dict[str, dict[int, str]]]]:
    """Collect the track points; what stands before a break in the XML is kept and the break is reported."""
    rows: dict[str, list[str | None]] = {key: [] for key in ("lat", "lon", "time", *_EXTRAS)}
    more: dict[str, dict[int, str]] = {}
    notes = Notes()
    try:
        for _, element in iterparse(io.BytesIO(source.load()), events=("end",), forbid_dtd=True):
            if _local(element) == "trkpt":
                _append(rows, more, element)
                element.clear()
    except (ParseError, ValueError, LookupError) as error:
        if isinstance(error, DefusedXmlException):
            raise FileError(source.item, "xml_unsafe", {"error": type(error).__name__}) from error
        if not rows["lat"]:
            raise FileError(source.item, "xml_not_readable", {"error": str(error)}) from error
        count = len(rows["lat"])
        notes.reject(source.item, "end of file", "xml_breaks_off", {"error": str(error), "count": count})
    return notes.outcome((rows, more))


def _local(element: Element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _append(rows: dict[str, list[str | None]], more: dict[str, dict[int, str]], point: Element) -> None:
    found: dict[str, str | None] = {}
    row = len(rows["lat"])
    for child in point.iter():
        if child is point:
            continue
        name = _local(child)
        found[name] = child.text
        if name not in _KNOWN and child.text and child.text.strip() and len(more) < _MOST_NAMES:
            unit = child.get("unit") or child.get("units")
            more.setdefault(f"{name} ({unit})" if unit else name, {})[row] = child.text.strip()
    rows["lat"].append(point.get("lat"))
    rows["lon"].append(point.get("lon"))
    for key in ("time", *_EXTRAS):
        rows[key].append(found.get(key))


READER = Reader(
    name="GPX",
    suffixes=(".gpx", ".gpx.gz"),
    recognises=_recognises,
    read=read,
    reads="track points of GPX 1.0 and 1.1: time, position, altitude, speed, course, satellites, HDOP, and what "
    "extensions carry by their names (gas with its unit in the name or as an attribute, wind, weather)",
    infers="nothing; points without times are refused, a truncated file is used up to the break",
    tested_with="20181024-095557.gpx.gz",
)
