"""When a photo was taken: the camera's clock, GPS time, and the zone between the two."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

from ingest.coordinates import time_zone_at, zone_of
from ingest.images.exif import PhotoTags
from ingest.images.mrk import leap_seconds
from ingest.outcome import Decision, Phrase

_ZONE_STEP = timedelta(minutes=15)
_ZONE_LIMIT = timedelta(hours=14)


@dataclass(frozen=True)
class ExposureTime:
    """UTC of an exposure, or None, and how it became known (without item; None where a tag says it outright)."""

    utc: datetime | None
    decision: Decision | None = None


def exposure_time(
    tags: PhotoTags, xmp: Mapping[str, str], lon: float, lat: float, *, time_zone: str, clock_tolerance_s: float
) -> ExposureTime:
    """Find the UTC of an exposure.

    In this order: ``UTCAtExposure`` (which holds GPS time); the camera's clock with its ``OffsetTime``; with the
    declared zone; with the zone that GPS time implies (a multiple of 15 minutes, within ``clock_tolerance_s``); GPS
    time alone; with the zone of the place. Without any clock the time is None.

    Raises
    ------
    SettingError
        If the declared zone is unknown.
    """
    stated = _parse_time(xmp.get("drone-dji:UTCAtExposure", ""))
    if stated:
        # DJI writes GPS time under this name (dji-geotagger 3.1.1, release notes).
        gps_time = stated.replace(tzinfo=UTC)
        utc = gps_time - timedelta(seconds=leap_seconds(gps_time))
        return ExposureTime(utc, Decision("", "utc_tag_holds_gps_time"))
    local = _camera_clock(tags)
    gps = _gps_time(tags)
    if local is None:
        told = Decision("", "photo_time_of_gps", evidence=Phrase("photo_without_clock"))
        return ExposureTime(gps, told) if gps else ExposureTime(None)
    offset = _parse_offset(tags.text("OffsetTimeOriginal") or tags.text("OffsetTime"))
    if offset is not None:
        return ExposureTime((local - offset).replace(tzinfo=UTC))
    if time_zone:
        return ExposureTime(local_to_utc(local, time_zone))
    if gps:
        return _from_gps(local, gps, clock_tolerance_s)
    name = time_zone_at(lon, lat)
    if not name:
        return ExposureTime(None, Decision("", "photo_left_without_time"))
    utc = local_to_utc(local, name)
    hours = (local.replace(tzinfo=UTC) - utc).total_seconds() / 3600.0
    return ExposureTime(utc, Decision("", "camera_clock_zone_of_place", {"zone": name, "hours": hours}))


def _from_gps(local: datetime, gps: datetime, tolerance_s: float) -> ExposureTime:
    """Trust the camera's clock for the second, GPS for the zone; where they do not fit together, GPS alone."""
    difference = local.replace(tzinfo=UTC) - gps
    offset = round(difference / _ZONE_STEP) * _ZONE_STEP
    residual_s = (difference - offset).total_seconds()
    if abs(offset) <= _ZONE_LIMIT and abs(residual_s) <= tolerance_s:
        hours = offset.total_seconds() / 3600.0
        told = Decision("", "camera_clock_zone_of_gps", {"hours": hours, "tolerance_s": tolerance_s})
        return ExposureTime((local - offset).replace(tzinfo=UTC), told)
    why = Phrase("camera_clock_off", {"tolerance_s": tolerance_s})
    return ExposureTime(gps, Decision("", "photo_time_of_gps", evidence=why))


def local_to_utc(local: datetime, name: str) -> datetime:
    """Convert a clock without zone to UTC; the zone as `zone_of` names it: ``Asia/Shanghai``, ``UTC+8``.

    Raises
    ------
    SettingError
        If the zone is unknown.
    """
    return local.replace(tzinfo=zone_of(name)).astimezone(UTC)


def _camera_clock(tags: PhotoTags) -> datetime | None:
    for name, fraction in (("DateTimeOriginal", "SubSecTimeOriginal"), ("DateTime", "SubSecTime")):
        clock = _parse_time(tags.text(name))
        if clock:
            digits = tags.text(fraction)
            micro = int(digits[:6].ljust(6, "0")) if digits.isascii() and digits.isdigit() else 0
            return clock.replace(microsecond=micro)
    return None


def _gps_time(tags: PhotoTags) -> datetime | None:
    day, clock = _parse_time(tags.text("GPSDateStamp") + " 00:00:00"), tags.numbers("GPSTimeStamp")
    if day is None or len(clock) != 3 or not all(0 <= value < 61 for value in clock):
        return None
    hours, minutes, seconds = clock
    return (day + timedelta(hours=hours, minutes=minutes, seconds=seconds)).replace(tzinfo=UTC)


def _parse_time(text: str) -> datetime | None:
    """Read ``2016:06:23 16:31:59`` and its variants with ``-``, ``T`` and fractions; None for anything else."""
    head, _, fraction = text.strip().replace("T", " ").partition(".")
    try:
        clock = datetime.strptime(head.replace("-", ":"), "%Y:%m:%d %H:%M:%S")
    except ValueError:
        return None
    digits = fraction[:6]
    return clock.replace(microsecond=int(digits.ljust(6, "0"))) if digits.isdigit() else clock


def _parse_offset(text: str) -> timedelta | None:
    """Read ``+08:00``, ``+8``, ``-0330`` or ``Z``; None for anything else."""
    text = text.strip()
    if text == "Z":
        return timedelta(0)
    if not text or text[0] not in "+-" or not text[1:].replace(":", "").isdigit():
        return None
    digits = text[1:].replace(":", "")
    hours, minutes = (int(digits[:-2]), int(digits[-2:])) if len(digits) > 2 else (int(digits), 0)
    offset = timedelta(hours=hours, minutes=minutes)
    if offset >= timedelta(hours=24):
        return None
    return timezone(offset if text[0] == "+" else -offset).utcoffset(None)
