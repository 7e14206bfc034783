"""ICARTT 1001 (FFI 1001): header of a stated length, seconds after midnight UTC, scale factors and missing values.

Format: NASA ESDIS-RFC-029 (ICARTT v2.0). Values at LLOD (−8888) and ULOD (−7777) flags are missing values here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import numpy as np

from ingest.errors import FileError
from ingest.outcome import Notes, Outcome
from ingest.text.encodings import decode
from ingest.text.headings import Meaning, split_heading, understand
from ingest.text.sources import Source
from ingest.text.tables import parse_number
from ingest.traces.assemble import make_channel
from ingest.traces.record import Channel, FloatArray, Reader, Record, TraceSettings
from ingest.units import Unit, convert, parse_unit


def _recognises(head: bytes) -> bool:
    return re.match(rb"\s*\d{1,4}\s*,\s*1001\b", head.lstrip(b"\xef\xbb\xbf")) is not None


def read(source: Source, settings: TraceSettings) -> Outcome[tuple[Record, ...]]:
    """Read an ICARTT 1001 file.

    Raises
    ------
    FileError
        If the header does not hold what the format demands.
    """
    text = decode(source, settings)
    lines = text.data.decode("utf-8", errors="replace").splitlines()
    try:
        length = int(lines[0].split(",")[0])
        year, month, monthday = (int(part) for part in re.split(r"[,\s]+", lines[6].strip())[:3])
        day = date(year, month, monthday)
        count = int(lines[9].split(",")[0])
        scales = [float(part) for part in re.split(r"[,\s]+", lines[10].strip().strip(","))][:count]
        missing = [float(part) for part in re.split(r"[,\s]+", lines[11].strip().strip(","))][:count]
        names = lines[12 : 12 + count]
    except (IndexError, ValueError) as error:
        where = "lines 1 to 12"
        raise FileError(source.item, "icartt_header_damaged", {"error": str(error)}, where=where) from error
    if not (12 + count <= length <= len(lines)) or len(scales) != count or len(missing) != count or count > 2000:
        raise FileError(source.item, "icartt_header_wrong", {"lines": length, "variables": count}, where="line 1")
    values, bad = _values(lines[length:], count + 1)
    if not len(values):
        raise FileError(source.item, "icartt_without_rows", where=f"line {length + 1}")
    start = np.datetime64(day.isoformat(), "ns")
    seconds = np.round(values[:, 0] * 1e9).astype("int64").astype("timedelta64[ns]")
    notes = Notes(text.decisions)
    if bad:
        notes.reject(source.item, "rows", "icartt_rows_damaged", {"count": bad, "numbers": count + 1})
    record = Record(
        source.item, "", _instrument(lines), start + seconds, "UTC", None, None, (), np.zeros(len(values), np.uint32)
    )
    filled = notes.take(_add_columns(record, names, values[:, 1:], scales, missing))
    return notes.outcome((filled,))


def _instrument(lines: Sequence[str]) -> str:
    return lines[3].strip()[:80] if len(lines) > 3 else ""


def _values(lines: Sequence[str], width: int) -> tuple[FloatArray, int]:
    rows, bad = [], 0
    for line in lines:
        if not line.strip():
            continue
        numbers = [parse_number(part) for part in re.split(r"[,\s]+", line.strip())]
        if len(numbers) == width and all(number is not None for number in numbers) and 0 <= (numbers[0] or 0) < 1e7:
            rows.append(numbers)
        else:
            bad += 1
    return np.array(rows, float).reshape(-1, width), bad


def _add_columns(
    record: Record, names: Sequence[str], values: FloatArray, scales: Sequence[float], missing: Sequence[float]
) -> Outcome[Record]:
    notes = Notes()
    channels: list[Channel] = []
    unread: list[str] = []
    places: dict[str, FloatArray] = {}
    for index, text in enumerate(names):
        name, _, rest = text.partition(",")
        unit_text = rest.split(",")[0].strip()
        column = values[:, index]
        absent = (column == missing[index]) | np.isin(column, (-8888.0, -7777.0, -9999.0))
        column = np.where(absent, np.nan, column * scales[index])
        meaning = _meaning(name.strip(), unit_text)
        if meaning is None:
            unread.append(name.strip())
        elif meaning.quantity.role in ("lon", "lat"):
            places[meaning.quantity.role] = column
        elif meaning.quantity.role in ("species", "other"):
            unit, scaled = _unit(unit_text, column)
            heading = text.strip()[:60]
            channel = notes.take(make_channel(scaled, meaning, unit, record.item, heading, record.instrument))
            if channel is not None and channel.name not in {c.name for c in channels}:
                channels.append(channel)
    if unread:
        notes.decide(record.item, "icartt_variables_unread", {"count": len(unread), "names": tuple(unread[:12])})
    filled = replace(record, lon=places.get("lon"), lat=places.get("lat"), channels=tuple(channels))
    return notes.outcome(filled)


def _meaning(name: str, unit_text: str) -> Meaning | None:
    return understand(f"{name}({unit_text})") or understand(split_heading(re.sub(r"_.*$", "", name)).name)


def _unit(text: str, values: FloatArray) -> tuple[Unit | None, FloatArray]:
    unit = parse_unit(text)
    if unit is not None and unit.name == "degree":
        return unit, values
    return unit, values if unit is None else convert(values, unit, unit)


READER = Reader(
    name="ICARTT 1001",
    suffixes=(".ict",),
    recognises=_recognises,
    read=read,
    reads="UTC time, position and every variable whose name and unit are known, scaled",
    infers="nothing; detection-limit codes (-7777, -8888) are missing values",
    tested_with="tests/ingest/traces/test_formats_text.py",
)
