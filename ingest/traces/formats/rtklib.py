"""RTKLIB and Emlid solutions, ``.pos``: ``%`` lines, then time, latitude, longitude, height, quality and deviations.

The last ``%`` line names the columns; the first of them is the time system. GPST is ahead of UTC by the leap seconds
(18 s since 2017), JST by nine hours. Times are calendar dates or GPS week and seconds; angles are degrees or
degrees, minutes and seconds. Q: 1 fixed, 2 float, 3 SBAS, 4 differential, 5 single, 6 precise point. Layout: RTKLIB
manual 2.4.2, appendix B.1; Emlid Studio writes the same.
"""

from __future__ import annotations

import re

import numpy as np
import polars as pl

from ingest.errors import FileError
from ingest.outcome import Notes, Outcome
from ingest.text.encodings import decode
from ingest.text.sources import Source
from ingest.text.times.gpstime import seconds_ahead, utc_from_gps, utc_from_week
from ingest.text.times.stamps import TimeArray, parse_stamps
from ingest.traces.record import Channel, FloatArray, Reader, Record, TraceSettings

_SYSTEMS = ("GPST", "UTC", "JST")
_JST_S = 9 * 3600


def _heading(head: bytes) -> list[str] | None:
    for line in head.decode("latin-1").split("\n")[:200]:
        if (
            line.startswith("%")
            and re.search(r"\b(GPST|UTC|JST)\b", line)
            and re.search(r"latitude|x-ecef|e-baseline", line)
        ):
            return [part for part in re.split(r"[\s,;]+", line.lstrip("%").strip()) if part]
    return None


def _recognises(head: bytes) -> bool:
    return head[:1].replace(b"\xef", b"%") == b"%" and _heading(head[:16384]) is not None


def read(source: Source, settings: TraceSettings) -> Outcome[tuple[Record, ...]]:
    """Read a solution file as a record of positions in UTC.

    Raises
    ------
    FileError
        If it holds no degrees (x, y, z or a baseline), or no row.
    """
    names = _heading(source.head[:16384]) or []
    if not any(name.startswith("latitude") for name in names):
        raise FileError(source.item, "pos_without_degrees", {"columns": tuple(names[1:4])}, where="heading line")
    text = decode(source, settings)
    lines = [line for line in text.data.decode("utf-8", errors="replace").splitlines() if line.strip()]
    rows = [re.split(r"[\s,;]+", line.strip().rstrip(",;")) for line in lines if not line.startswith("%")]
    dms = any(name.startswith("latitude(d") and "'" in name for name in names)
    fewest = 2 + (7 if dms else 3)
    good = [row for row in rows if len(row) >= fewest]
    if not good:
        raise FileError(source.item, "pos_without_rows")
    notes = Notes(text.decisions)
    times = _times(good, names[0], source.item, notes)
    table = _numbers([row[2:] for row in good])
    named = ([*(f"lat{i}" for i in range(3)), *(f"lon{i}" for i in range(3))] if dms else ["lat0", "lon0"]) + [
        name.split("(")[0] for name in names[3:]
    ]
    columns = {name: table[:, i] for i, name in enumerate(named) if i < table.shape[1]}
    lat, lon = (_angle(columns, name, dms) for name in ("lat", "lon"))
    usable = np.isfinite(lat + lon) & ~np.isnat(times)
    lost = len(rows) - int(usable.sum())
    if lost:
        notes.reject(source.item, "rows", "pos_rows_unreadable", {"count": lost, "rows": len(rows)})
    record = Record(
        item=source.item,
        reader="",
        instrument="GNSS",
        time=times[usable],
        zone="UTC",
        lon=lon[usable],
        lat=lat[usable],
        channels=tuple(_channels(columns, usable)),
        qc_flag=np.zeros(int(usable.sum()), np.uint32),
    )
    return notes.outcome((record,))


def _times(rows: list[list[str]], system: str, item: str, notes: Notes) -> TimeArray:
    """Calendar dates, or GPS week and seconds, in UTC."""
    if re.fullmatch(r"\d{3,4}", rows[0][0]):
        weeks = _numbers([row[:2] for row in rows])
        utc = utc_from_week(weeks[:, 0], weeks[:, 1])  # weeks are those of GPS, whatever the heading says
        system = "GPST"
    else:
        moments = parse_stamps(pl.Series([f"{row[0]} {row[1]}" for row in rows]), item).time
        utc = utc_from_gps(moments)
    if system == "GPST":
        notes.decide(item, "gps_time_made_utc", {"seconds": int(seconds_ahead(utc[~np.isnat(utc)])[0])})
        return utc
    return np.asarray(moments - np.timedelta64(_JST_S if system == "JST" else 0, "s"))


def _numbers(rows: list[list[str]]) -> FloatArray:
    """Return a rectangle of numbers, NaN where a cell is none or missing."""
    width = max(len(row) for row in rows)
    cells = [cell for row in rows for cell in (*row, *[""] * (width - len(row)))]
    numbers = pl.Series(cells, dtype=pl.String).cast(pl.Float64, strict=False).to_numpy()
    return np.asarray(numbers, float).reshape(len(rows), width)


def _angle(columns: dict[str, FloatArray], name: str, dms: bool) -> FloatArray:
    if not dms:
        return columns[f"{name}0"]
    degrees, minutes, seconds = (columns[f"{name}{i}"] for i in range(3))
    sign = np.where(np.signbit(degrees), -1.0, 1.0)
    return np.asarray(sign * (np.abs(degrees) + minutes / 60 + seconds / 3600))


def _channels(columns: dict[str, FloatArray], usable: np.ndarray) -> list[Channel]:
    north, east = columns.get("sdn"), columns.get("sde")
    sd = None if north is None or east is None else np.sqrt((north**2 + east**2) / 2)
    found = (
        ("altitude", columns.get("height"), "m", "height above the ellipsoid"),
        ("fix_quality", columns.get("Q"), "1", "1 fixed, 2 float, 3 SBAS, 4 differential, 5 single, 6 precise point"),
        ("satellites", columns.get("ns"), "1", "satellites used"),
        ("gnss_accuracy", sd, "m", "standard deviation an axis, as computed by RTKLIB"),
    )
    datum = {"vertical_datum": "WGS 84 ellipsoid"}
    return [
        Channel(name, values[usable], {"units": unit, "long_name": text} | (datum if name == "altitude" else {}))
        for name, values, unit, text in found
        if values is not None and np.isfinite(values).any()
    ]


READER = Reader(
    name="RTKLIB, Emlid .pos",
    suffixes=(".pos",),
    recognises=_recognises,
    read=read,
    reads="time (GPST, JST, UTC; date or week and seconds), position, height, quality, satellites, deviations",
    infers="nothing; solutions in x, y, z or baselines are refused",
    tested_with="tests/ingest/traces/test_formats_tracks.py",
)
