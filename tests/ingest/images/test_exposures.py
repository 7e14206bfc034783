"""Exposure times by hand: which clock wins, what zone it had, and the limits of trust."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from ingest.errors import SettingError
from ingest.images.exif import PhotoTags, TagValue
from ingest.images.exposures import ExposureTime, exposure_time, local_to_utc
from ingest.images.mrk import gps_to_utc, leap_seconds
from onevisit.words.telling import tell
from tests.told import raises_told

CLOCK: dict[str, TagValue] = {"DateTimeOriginal": "2024:10:08 09:15:30"}
MOMENT = datetime(2024, 10, 8, 9, 15, 30, tzinfo=UTC)


def _time(
    exif: dict[str, TagValue], xmp: dict[str, str] | None = None, *, zone: str = "", lon: float = 104.07,
    lat: float = 30.66,
) -> ExposureTime:  # fmt: skip
    tags = PhotoTags("jpeg", 64, 48, exif)
    return exposure_time(tags, xmp or {}, lon, lat, time_zone=zone, clock_tolerance_s=120.0)


def _told(found: ExposureTime) -> tuple[str, str]:
    assert found.decision is not None
    told = tell(found.decision)
    return told.decision, told.evidence


def _gps(clock: tuple[float, ...], day: str = "2024:10:08") -> dict[str, TagValue]:
    return {"GPSDateStamp": day, "GPSTimeStamp": clock}


def test_zone_of_the_place_is_a_decision() -> None:
    """Chengdu: 8 h earlier, named with its zone."""
    found = _time(CLOCK)
    assert found.utc == MOMENT - timedelta(hours=8)
    assert _told(found)[0] == "camera clock read as Asia/Shanghai (UTC+8 h)"
    assert "zone of the place" in _told(found)[1]


@pytest.mark.parametrize(
    ("text", "hours"),
    [("+08:00", 8.0), ("-03:30", -3.5), ("+0545", 5.75), ("+8", 8.0), ("-11", -11.0), ("Z", 0.0), (" +08:00 ", 8.0),
     ("+23:59", 23 + 59 / 60)],
)  # fmt: skip
def test_offsets_that_are_stated(text: str, hours: float) -> None:
    """Nothing to decide: minutes count, in the direction of the sign."""
    found = _time({**CLOCK, "OffsetTimeOriginal": text})
    assert found == ExposureTime(MOMENT - timedelta(hours=hours))
    assert _time({**CLOCK, "OffsetTime": text}).utc == found.utc
    both = _time({**CLOCK, "OffsetTimeOriginal": text, "OffsetTime": "+01:00"})
    assert both.utc == found.utc


@pytest.mark.parametrize("text", ["08:00", "+24:00", "+2400", "east", "+", "", "+8h"])
def test_offsets_that_are_none(text: str) -> None:
    """The next evidence is asked: the place."""
    assert _time({**CLOCK, "OffsetTimeOriginal": text}).utc == MOMENT - timedelta(hours=8)


def test_stated_offset_beats_the_declared_zone_which_beats_gps() -> None:
    """In the order of the docstring."""
    gps = _gps((7.0, 15.0, 30.0))
    assert _time({**CLOCK, **gps, "OffsetTime": "+01:00"}, zone="UTC+9").utc == MOMENT - timedelta(hours=1)
    assert _time({**CLOCK, **gps}, zone="UTC+9") == ExposureTime(MOMENT - timedelta(hours=9))
    assert _time({**CLOCK, **gps}).utc == MOMENT - timedelta(hours=2)


def test_utc_at_exposure_beats_all() -> None:
    """18 s less since 2017, fractions kept, dashes or colons."""
    for text in ("2024-10-08T01:15:48.250", "2024:10:08 01:15:48.25"):
        found = _time({**CLOCK, "OffsetTime": "+01:00"}, {"drone-dji:UTCAtExposure": text}, zone="UTC+9")
        assert found.utc == datetime(2024, 10, 8, 1, 15, 30, 250_000, tzinfo=UTC)
        assert _told(found)[0] == "UTCAtExposure read as GPS time"
    assert _time(CLOCK, {"drone-dji:UTCAtExposure": "soon"}).utc == MOMENT - timedelta(hours=8)


@pytest.mark.parametrize(
    ("clock", "utc", "told"),
    [
        ((1.0, 15.0, 30.0), (1, 15, 30), "camera clock read as UTC+8 h"),
        ((1.0, 13.0, 30.0), (1, 15, 30), "camera clock read as UTC+8 h"),  # 120 s off
        ((1.0, 13.0, 29.9), (1, 13, 29.9), "taken from GPS time"),
        ((1.0, 17.0, 30.0), (1, 15, 30), "camera clock read as UTC+8 h"),
        ((1.0, 17.0, 30.1), (1, 17, 30.1), "taken from GPS time"),
        ((3.0, 45.0, 30.0), (3, 45, 30), "camera clock read as UTC+5.5 h"),
        ((3.0, 30.0, 30.0), (3, 30, 30), "camera clock read as UTC+5.75 h"),
        ((19.0, 15.0, 30.0), (19, 15, 30), "camera clock read as UTC-10 h"),
        ((23.0, 15.0, 30.0), (23, 15, 30), "camera clock read as UTC-14 h"),
        ((23.0, 30.0, 30.0), (23, 30, 30), "taken from GPS time"),
    ],
)
def test_zone_that_gps_time_implies(clock: tuple[float, ...], utc: tuple[int, int, float], told: str) -> None:
    """Quarters of an hour up to 14 h, the camera's own second, within two minutes; else GPS alone."""
    found = _time({**CLOCK, **_gps(clock)})
    assert found.utc == datetime(2024, 10, 8, tzinfo=UTC) + timedelta(hours=utc[0], minutes=utc[1], seconds=utc[2])
    decision, evidence = _told(found)
    assert decision == told
    assert "120 s" in evidence


def test_gps_time_alone() -> None:
    """A camera without a clock; a stamp that is none is no time."""
    found = _time(_gps((1.0, 15.0, 30.5)))
    assert found.utc == datetime(2024, 10, 8, 1, 15, 30, 500_000, tzinfo=UTC)
    assert _told(found) == ("taken from GPS time", "no DateTimeOriginal")
    for wrong in (
        _gps((1.0, 15.0)),
        _gps((1.0, 61.0, 0.0)),
        _gps((-1.0, 15.0, 0.0)),
        _gps((1.0, 1.0, 1.0), "soon"),
        {},
    ):
        assert _time(wrong) == ExposureTime(None)
    assert _time(_gps((0.0, 0.0, 60.9))).utc is not None  # a leap second


def test_fractions_of_the_camera_clock() -> None:
    """SubSecTimeOriginal of any length; that of the other clock is not taken; no digits are no fraction."""
    for digits, micro in (("25", 250_000), ("1234567", 123_456), ("000001", 1), ("x", 0), ("", 0), ("²", 0)):
        assert _time({**CLOCK, "SubSecTimeOriginal": digits, "SubSecTime": "9"}).utc == MOMENT - timedelta(
            hours=8, microseconds=-micro
        )
    plain: dict[str, TagValue] = {"DateTime": "2024:10:08 09:15:30", "SubSecTime": "5", "SubSecTimeOriginal": "9"}
    assert _time(plain).utc == MOMENT - timedelta(hours=8, microseconds=-500_000)
    both = {**plain, "DateTimeOriginal": "2024:10:08 09:15:00"}
    assert _time(both).utc == MOMENT - timedelta(hours=8, seconds=30, microseconds=-900_000)
    assert _time({**plain, "DateTimeOriginal": "0000:00:00 00:00:00"}).utc is not None


def test_clock_at_sea() -> None:
    """The middle of the Pacific has a zone by its longitude; a place without any leaves the photo without a time."""
    assert _time(CLOCK, lon=-150.0, lat=-40.0).utc == MOMENT + timedelta(hours=10)


@pytest.mark.parametrize(
    ("name", "hours"),
    [("UTC+8", 8.0), ("utc+8", 8.0), ("GMT-3", -3.0), ("UTC+05:30", 5.5), ("+8", 8.0),
     ("Asia/Shanghai", 8.0), ("America/New_York", -4.0)],
)  # fmt: skip
def test_names_of_zones(name: str, hours: float) -> None:
    """Offsets of UTC or GMT and names of the tz database with their daylight saving time."""
    found = local_to_utc(datetime(2024, 10, 8, 9, 15, 30), name)
    assert found == MOMENT - timedelta(hours=hours)
    assert found.tzinfo is UTC


@pytest.mark.parametrize("name", ["UTC8", "Asia/Chengdu", "../etc", "UTC+25"])
def test_zones_that_are_none(name: str) -> None:
    """Named, with what to try."""
    with raises_told(SettingError, match=re.escape(name) + '.*"Asia/Shanghai"'):
        local_to_utc(datetime(2024, 10, 8), name)


def test_leap_seconds_of_the_bulletin() -> None:
    """16 until July 2015, 17 until 2017, 18 since (IERS Bulletin C 49 and 52), to the second."""
    for moment, seconds in (
        (datetime(2015, 6, 30, 23, 59, 59, tzinfo=UTC), 16), (datetime(2015, 7, 1, tzinfo=UTC), 17),
        (datetime(2016, 12, 31, 23, 59, 59, tzinfo=UTC), 17), (datetime(2017, 1, 1, tzinfo=UTC), 18),
        (datetime(2026, 1, 1, tzinfo=UTC), 18),
    ):  # fmt: skip
        assert leap_seconds(moment) == seconds
    assert gps_to_utc(0, 100.0) == datetime(1980, 1, 6, 0, 1, 40, tzinfo=UTC)
    assert gps_to_utc(1851, 0.0) == datetime(2015, 6, 27, 23, 59, 44, tzinfo=UTC)
