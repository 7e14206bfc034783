"""Subtitles of DJI videos: where the camera was at each moment of a video.

Three families are read: ``GPS(lon,lat,n) BAROMETER:h``, ``GPS (lon, lat, n), ..., H 85.8m, G.PRY (p, r, y)`` and
``[latitude: ...] [longitude: ...]`` (also ``longtitude``). Enterprise drones write the first one with latitude first
and metres in the third place; the order is settled by that, or by a value beyond ±90, and is a decision.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from math import isfinite, radians
from pathlib import Path

from ingest.coordinates import time_zone_at
from ingest.errors import FileError
from ingest.images.exposures import local_to_utc
from ingest.outcome import Decision, Notes, Outcome
from ingest.schema import Pose

_MAX_BYTES = 100_000_000
_NUMBER = r"([-+]?\d+(?:\.\d+)?)"
_SPAN = re.compile(r"(\d+):(\d{2}):(\d{2})[,.](\d{1,3})\s*-->")
_BRACKET = re.compile(
    rf"\b(latitude|long?t?itude|altitude|rel_alt|abs_alt|focal_len|gb_yaw|gb_pitch|gb_roll)\s*:\s*{_NUMBER}"
)
_GPS = re.compile(rf"GPS\s*\(\s*{_NUMBER}\s*,\s*{_NUMBER}\s*(?:,\s*{_NUMBER}\s*(M?)\s*)?\)", re.IGNORECASE)
_HEIGHT = re.compile(rf"(?:\bH|BAROMETER:|Hb:)\s*{_NUMBER}")
_GIMBAL = re.compile(rf"G\.PRY\s*\(\s*{_NUMBER}°?,\s*{_NUMBER}°?,\s*{_NUMBER}")
_CLOCK = re.compile(r"(\d{4})[-.](\d{1,2})[-.](\d{1,2})\s+(\d{1,2}):(\d{2}):(\d{2})(?:[,.](\d{3}))?")


@dataclass(frozen=True)
class VideoPoint:
    """One subtitle: seconds from the beginning of the video, UTC if the clock's zone is known, the tagged pose.

    ``focal_35mm`` is the 35 mm equivalent focal length in mm, where it is written.
    """

    video_s: float
    time: datetime | None
    pose: Pose
    focal_35mm: float | None = None


def read_srt(
    path: Path, item: str, *, time_zone: str = "", horizontal_sd_m: float = 5.0
) -> Outcome[tuple[VideoPoint, ...]]:
    """Read the subtitles of one video.

    Parameters
    ----------
    path : Path
    item : str
        Name for messages.
    time_zone : str
        Zone of the clock in the subtitles; empty means that of the place, which is then a decision.
    horizontal_sd_m : float
        Standard deviation of the positions, m; the subtitles state none, and four decimals are 11 m apart.

    Returns
    -------
    Outcome of tuple of VideoPoint
        In the order of the file; subtitles without a position are counted in one reject.

    Raises
    ------
    FileError
        If the file cannot be read or holds no position at all.
    SettingError
        If the zone is unknown.
    """
    try:
        with path.open("rb") as file:
            text = file.read(_MAX_BYTES).decode("utf-8-sig", "replace")
    except OSError as error:
        raise FileError(item, "subtitles_unreadable", {"error": error.strerror or str(error)}) from error
    points: list[VideoPoint] = []
    notes = Notes()
    missing = 0
    for block in _blocks(text):
        point = _parse_block(block, item, time_zone, horizontal_sd_m, notes)
        if point is None:
            missing += 1
        else:
            points.append(point)
    if not points:
        raise FileError(item, "subtitles_without_any_position", {"count": missing})
    if missing:
        notes.reject(item, "", "subtitles_without_position", {"count": missing})
    return notes.outcome(tuple(points))


def _blocks(text: str) -> Iterator[str]:
    """Subtitles, parted by empty lines (some files put several between them)."""
    for block in re.split(r"\n[ \t]*\n", text.replace("\r\n", "\n").replace("\r", "\n")):
        if any(mark in block for mark in ("-->", "GPS", "[")):
            yield block


def _parse_block(block: str, item: str, time_zone: str, horizontal_sd_m: float, notes: Notes) -> VideoPoint | None:
    values = {name: float(text) for name, text in _BRACKET.findall(block)}
    place = _place(block, item, values, notes)
    if place is None:
        return None
    lon, lat = place
    height = _HEIGHT.search(block)
    gimbal = _GIMBAL.search(block)
    pitch, roll, yaw = (radians(float(v)) for v in gimbal.groups()) if gimbal else (None, None, None)
    if "gb_yaw" in values:
        yaw, pitch, roll = (radians(values[n]) if n in values else None for n in ("gb_yaw", "gb_pitch", "gb_roll"))
    pose = Pose(
        lon,
        lat,
        height_m=values.get("abs_alt", values.get("altitude")),
        height_above_takeoff_m=values.get("rel_alt", float(height[1]) if height else None),
        yaw_rad=yaw,
        pitch_rad=pitch,
        roll_rad=roll,
        horizontal_sd_m=horizontal_sd_m,
    )
    span = _SPAN.search(block)
    video_s = (
        int(span[1]) * 3600 + int(span[2]) * 60 + int(span[3]) + int(span[4]) / 10 ** len(span[4]) if span else 0.0
    )
    focal = values.get("focal_len")
    return VideoPoint(
        video_s, _time(block, item, (lon, lat), time_zone, notes), pose, focal / 10.0 if focal else None
    )


def _place(block: str, item: str, values: dict[str, float], notes: Notes) -> tuple[float, float] | None:
    """Longitude and latitude; None where there is none, or the (0, 0) of a camera without a fix."""
    lon = next((values[name] for name in ("longitude", "longtitude") if name in values), None)
    lat = values.get("latitude")
    if lon is None or lat is None:
        match = _GPS.search(block)
        if match is None:
            return None
        first, second = float(match[1]), float(match[2])
        latitude_first = (match[4] or "").upper() == "M" and abs(first) <= 90.0
        if latitude_first:
            _decide_once(notes, Decision(item, "latitude_read_first"))
        lon, lat = (second, first) if latitude_first or abs(second) > 90.0 else (first, second)
    if not (abs(lon) <= 180.0 and abs(lat) <= 90.0 and isfinite(lon + lat)) or (lon, lat) == (0.0, 0.0):
        return None
    return lon, lat


def _time(block: str, item: str, place: tuple[float, float], time_zone: str, notes: Notes) -> datetime | None:
    match = _CLOCK.search(block)
    if match is None:
        return None
    year, month, day, hour, minute, second = (int(match[k]) for k in range(1, 7))
    try:
        local = datetime(year, month, day, hour, minute, second, int(match[7] or 0) * 1000)
    except ValueError:
        return None
    zone = time_zone or time_zone_at(*place)
    if not zone:
        return None
    if not time_zone:
        _decide_once(notes, Decision(item, "subtitle_clock_zone_of_place", {"zone": zone}))
    return local_to_utc(local, zone).astimezone(UTC)


def _decide_once(notes: Notes, decision: Decision) -> None:
    """Note what holds for many subtitles once."""
    if decision not in notes.decisions:
        notes.keep(decision)
