"""DJI's ``*_Timestamp.MRK``: RTK position and GPS time of every exposure, by the number of the photo.

Thirteen items a line: number, seconds of the GPS week, week, offsets of antenna to sensor (mm north, east, down),
longitude and latitude **after** that compensation, ellipsoidal height, three standard deviations, status. Documents
disagree on the order of latitude and longitude, so every value is taken by the suffix that is written behind it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from ingest.coordinates import apart_m
from ingest.errors import FileError
from ingest.outcome import Notes, Outcome
from ingest.schema import Frame
from ingest.text.times.gpstime import seconds_ahead, utc_from_gps

_GPS_EPOCH = datetime(1980, 1, 6, tzinfo=UTC)
_VALUE = re.compile(r"([-+]?\d+(?:\.\d+)?)\s*,\s*(Lat|Lon|Ellh|N|E|V|Q)\b")
_HEAD = re.compile(r"\s*(\d+)\s+(\d+(?:\.\d+)?)\s+\[(\d+)\]")
_SDS = re.compile(r"Ellh\s+(\d+\.\d+)\s*,\s*(\d+\.\d+)\s*,\s*(\d+\.\d+)")
_NUMBER = re.compile(r"(?:^|_)(\d{4})(?=(?:_[A-Za-z]+)?$)")
_MAX_BYTES = 50_000_000


@dataclass(frozen=True)
class MrkExposure:
    """One exposure: number, UTC, sensor position (WGS 84 degrees, ellipsoidal metres), its deviations, status.

    ``status`` is 50 for a fixed solution, 16 to 49 for weaker ones, 0 for none.
    """

    number: int
    time: datetime
    lon: float
    lat: float
    height_m: float
    north_sd_m: float
    east_sd_m: float
    up_sd_m: float
    status: int


def gps_to_utc(week: int, seconds: float) -> datetime:
    """Convert GPS week and seconds of week to UTC.

    Examples
    --------
    >>> gps_to_utc(2079, 380397.0)
    datetime.datetime(2019, 11, 14, 9, 39, 39, tzinfo=datetime.timezone.utc)
    """
    gps = _GPS_EPOCH + timedelta(weeks=week, seconds=seconds)
    utc = utc_from_gps(np.array([gps.replace(tzinfo=None)], "datetime64[ns]")).astype("datetime64[us]")
    moment: datetime = utc[0].item()
    return moment.replace(tzinfo=UTC)


def leap_seconds(moment: datetime) -> int:
    """Seconds that GPS time is ahead of UTC (18 since 2017)."""
    known = moment.astimezone(UTC).replace(tzinfo=None)
    return int(seconds_ahead(np.array([known], "datetime64[ns]"))[0])


def read_mrk(path: Path, item: str) -> Outcome[tuple[MrkExposure, ...]]:
    """Read a file; lines that are damaged become rejects.

    Raises
    ------
    FileError
        If the file cannot be read, or no line of it is an exposure.
    """
    try:
        with path.open("rb") as file:
            text = file.read(_MAX_BYTES).decode("ascii", "replace")
    except OSError as error:
        raise FileError(item, "mrk_unreadable", {"error": error.strerror or str(error)}) from error
    exposures, notes = [], Notes()
    for number, line in enumerate(text.splitlines(), 1):
        exposure = parse_mrk(line)
        if exposure is not None:
            exposures.append(exposure)
        elif line.strip():
            notes.reject(item, f"line {number}", "mrk_line_without_exposure")
    if not exposures:
        raise FileError(item, "mrk_without_exposure")
    return notes.outcome(tuple(exposures))


def parse_mrk(line: str) -> MrkExposure | None:
    """Read one line; None if a part of it is missing or impossible."""
    head, values = _HEAD.match(line), {name: float(text) for text, name in _VALUE.findall(line)}
    sds = _SDS.search(line)
    if head is None or sds is None or not {"Lat", "Lon", "Ellh"} <= values.keys():
        return None
    number, seconds, week = int(head[1]), float(head[2]), int(head[3])
    usable = abs(values["Lat"]) <= 90.0 and abs(values["Lon"]) <= 180.0 and seconds <= 604_800.0 and week <= 9999
    if not usable or (values["Lat"], values["Lon"]) == (0.0, 0.0):
        return None
    north, east, up = (float(sd) for sd in sds.groups())
    return MrkExposure(
        number, gps_to_utc(week, seconds), values["Lon"], values["Lat"], values["Ellh"], north, east, up,
        int(values.get("Q", 0)),
    )  # fmt: skip


def apply_marks_of_exposure(
    frames: Sequence[Frame], files: Iterable[tuple[Path, str]], *, conflict_m: float
) -> Outcome[tuple[Frame, ...]]:
    """Give frames the positions and times of the MRK files beside them.

    A photo is matched by the four digits of its name, within its folder, by the file whose name begins alike; an
    exposure further than ``conflict_m`` from the tagged position is not used.
    """
    notes = Notes()
    by_folder: dict[Path, list[tuple[str, str, Mapping[int, MrkExposure]]]] = {}
    for path, item in files:
        try:
            exposures = notes.take(read_mrk(path, item))
        except FileError as error:
            notes.keep(error.reject)
            continue
        prefix = path.stem.removesuffix("Timestamp").rstrip("_")
        by_folder.setdefault(path.parent, []).append((prefix, item, {e.number: e for e in exposures}))
    used: dict[str, int] = {}
    found = []
    for frame in frames:
        tables = by_folder.get(frame.path.parent, [])
        match = _match(frame, tables)
        if match is None:
            found.append(frame)
            continue
        item, exposure = match
        apart = apart_m((exposure.lon, exposure.lat), (frame.pose.lon, frame.pose.lat))
        if apart > conflict_m:
            notes.decide(
                frame.item, "mrk_exposure_not_used",
                {"file": item, "number": exposure.number, "distance_m": apart},
            )  # fmt: skip
            found.append(frame)
            continue
        used[item] = used.get(item, 0) + 1
        found.append(_with_exposure(frame, exposure))
    for item, count in used.items():
        notes.decide(item, "mrk_used", {"count": count})
    return notes.outcome(tuple(found))


def _match(
    frame: Frame, tables: Sequence[tuple[str, str, Mapping[int, MrkExposure]]]
) -> tuple[str, MrkExposure] | None:
    number = _NUMBER.search(frame.path.stem)
    if number is None:
        return None
    named = [table for table in tables if table[0] and frame.path.stem.startswith(table[0])] or list(tables)
    if len(named) != 1:
        return None
    exposure = named[0][2].get(int(number.group(1)))
    return None if exposure is None else (named[0][1], exposure)


def _with_exposure(frame: Frame, exposure: MrkExposure) -> Frame:
    pose = replace(
        frame.pose,
        lon=exposure.lon,
        lat=exposure.lat,
        height_m=exposure.height_m,
        vertical_datum="ellipsoid",
        horizontal_sd_m=max(exposure.north_sd_m, exposure.east_sd_m),
        vertical_sd_m=exposure.up_sd_m,
    )
    tags = {**frame.tags, "RtkFlag": str(exposure.status)}
    return replace(frame, pose=pose, time=exposure.time, tags=tags)
