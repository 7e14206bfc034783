"""Subtitles of videos: a dozen DJI models, broken files, hand-made lines."""

from __future__ import annotations

from datetime import UTC, datetime
from math import degrees
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.errors import FileError
from ingest.images.srt import VideoPoint, read_srt
from ingest.outcome import Outcome
from onevisit.words.telling import tell
from tests.told import raises_told


def write(folder: Path, text: str) -> Outcome[tuple[VideoPoint, ...]]:
    """Read a subtitle file with this text."""
    path = folder / "a.SRT"
    path.write_text(text, encoding="utf-8", newline="")
    return read_srt(path, "a.SRT")


@pytest.mark.parametrize(
    ("name", "count", "lon", "lat"),
    [
        ("air2s.srt", 17, 2.234156, 41.424724),
        ("m2zoom.SRT", 7113, 74.398751, 31.452012),
        ("matrice_300.srt", 381, -6.1120, 36.6146),  # latitude first
        ("mavic_2_style.SRT", 468, 149.0251, -20.2533),  # longtitude
        ("mavic_air2.srt", 25, 2.162162, 41.420684),
        ("mavic_mini.SRT", 117, -121.7458, 48.0771),
        ("mavic_pro.SRT", 468, 149.0251, -20.2533),
        ("old_format.SRT", 468, 149.0251, -20.2533),
        ("p4_rtk.SRT", 55, -58.851745, -34.237922),
        ("p4p_sample.SRT", 5, 8.2090, 47.4692),
    ],
)
def test_models_are_read(shared_data: Path, name: str, count: int, lon: float, lat: float) -> None:
    """Every subtitle has a position, the first is the one written."""
    outcome = read_srt(shared_data / "uav" / "srt" / name, name)
    assert (len(outcome.value), outcome.rejects) == (count, ())
    assert (outcome.value[0].pose.lon, outcome.value[0].pose.lat) == (lon, lat)


@pytest.mark.parametrize("name", ["broken_empty.SRT", "broken_empty2.SRT", "mavic_air.SRT"])
def test_files_without_any_position_are_refused(shared_data: Path, name: str) -> None:
    """Empty files and a camera without GPS are one clear line."""
    with raises_told(FileError, match="none with a position"):
        read_srt(shared_data / "uav" / "srt" / name, name)


@pytest.mark.parametrize(("name", "missing"), [("broken_incomplete.SRT", 1), ("broken_incomplete2.SRT", 2)])
def test_incomplete_subtitles_are_counted(shared_data: Path, name: str, missing: int) -> None:
    """What is whole is read, the rest is a reject with its number."""
    outcome = read_srt(shared_data / "uav" / "srt" / name, name)
    assert outcome.value
    reason = "1 subtitle without a position" if missing == 1 else f"{missing} subtitles without a position"
    assert tell(outcome.rejects[0]).reason == reason


def test_attitude_height_and_time_of_a_phantom_4_rtk(tmp_path: Path) -> None:
    """G.PRY is pitch, roll, yaw; H is above take-off; the third number is satellites, not a height."""
    text = (
        "1\n00:01:02,500 --> 00:01:03,500\nF/5.6, GPS (104.0657, 30.6574, 15), HOME (104, 30, -57.98m), D 698.70m, "
        "H 85.80m, H.S 0.00m/s, F.PRY (2.7°, -7.0°, 110.1°), G.PRY (-24.4°, 0.5°, 110.4°)\n"
    )
    [point] = write(tmp_path, text).value
    assert (point.video_s, point.pose.height_above_takeoff_m, point.pose.height_m) == (62.5, 85.8, None)
    angles = (point.pose.yaw_rad, point.pose.pitch_rad, point.pose.roll_rad)
    assert [degrees(a or 0.0) for a in angles] == pytest.approx([110.4, -24.4, 0.5])


def test_brackets_with_gimbal_and_both_heights(tmp_path: Path) -> None:
    """Newer models write rel_alt, abs_alt and gb_* in brackets; the clock is that of the place."""
    text = (
        "1\r\n00:00:00,000 --> 00:00:00,033\r\n<font>SrtCnt : 1\r\n2024-10-08 09:15:30,250\r\n"
        "[focal_len: 24.00] [latitude: 30.657400] [longitude: 104.065700] [rel_alt: 100.300 abs_alt: 592.100] "
        "[gb_yaw: -35.5 gb_pitch: -90.0 gb_roll: 0.0] </font>\r\n"
    )
    outcome = write(tmp_path, text)
    [point] = outcome.value
    assert (point.pose.height_above_takeoff_m, point.pose.height_m) == (100.3, 592.1)
    assert degrees(point.pose.yaw_rad or 0.0) == pytest.approx(-35.5)
    assert point.time == datetime(2024, 10, 8, 1, 15, 30, 250_000, tzinfo=UTC)
    assert any("Asia/Shanghai" in tell(d).decision for d in outcome.decisions)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=200), st.integers(0, 200))
def test_damaged_subtitles_never_raise_anything_else(tmp_path: Path, noise: str, at: int) -> None:
    """Noise anywhere: points on the earth, or a FileError."""
    text = "1\n00:00:01,000 --> 00:00:02,000\n2017.07.03 10:15:03\nGPS(-58.4563,-34.7383,19) BAROMETER:20.1\n\n" * 2
    path = tmp_path / "a.SRT"
    path.write_bytes((text[:at] + noise + text[at:]).encode("utf-8", "surrogatepass"))
    try:
        outcome = read_srt(path, "a.SRT", time_zone="UTC")
    except FileError:
        return
    assert all(abs(p.pose.lon) <= 180 and abs(p.pose.lat) <= 90 for p in outcome.value)
