"""Subtitles line by line: every spelling, which number is what, and what is refused."""

from __future__ import annotations

from datetime import UTC, datetime
from math import degrees
from pathlib import Path

import pytest

from ingest.errors import FileError
from ingest.images.srt import VideoPoint, read_srt
from ingest.outcome import Outcome
from onevisit.words.telling import tell
from tests.told import raises_told

SPAN = "1\n00:00:01,000 --> 00:00:02,000\n"


def _read(folder: Path, text: str, **more: object) -> Outcome[tuple[VideoPoint, ...]]:
    path = folder / "a.SRT"
    path.write_text(text, encoding="utf-8", newline="")
    return read_srt(path, "a.SRT", **more)  # type: ignore[arg-type]


def _one(folder: Path, line: str) -> VideoPoint:
    (point,) = _read(folder, SPAN + line).value
    return point


@pytest.mark.parametrize(
    ("line", "lon", "lat"),
    [
        ("[latitude: 30.5] [longitude: 104.5]", 104.5, 30.5),
        ("[latitude : -30.5] [longtitude : -104.5]", -104.5, -30.5),
        ("GPS(104.5,30.5,19) BAROMETER:20.1", 104.5, 30.5),
        ("GPS (104.5, 30.5, 15), D 1m", 104.5, 30.5),
        ("gps(104.5, 30.5)", 104.5, 30.5),
        ("GPS(30.5,104.5,19)", 104.5, 30.5),  # a latitude is never beyond 90°
        ("GPS(30.5,90.0,19)", 30.5, 90.0),
        ("GPS(36.6,-6.1,75.1M)", -6.1, 36.6),  # the third value in metres: latitude first
        ("GPS(104.5,-6.1,75.1M)", 104.5, -6.1),  # but 104.5 is no latitude
        ("GPS(90.0,-6.1,75.1m)", -6.1, 90.0),
        ("GPS(1.5, 2.5, 3) [latitude: 30.5] [longitude: 104.5]", 104.5, 30.5),
        ("GPS(180,90,1)", 180.0, 90.0),
        ("GPS(0.0,1.0,1)", 0.0, 1.0),
    ],
)
def test_places(tmp_path: Path, line: str, lon: float, lat: float) -> None:
    """Brackets before GPS; longitude first unless metres or the size of a number say otherwise."""
    point = _one(tmp_path, line)
    assert (point.pose.lon, point.pose.lat) == (lon, lat)
    assert (point.time, point.focal_35mm, point.pose.yaw_rad, point.pose.height_m) == (None, None, None, None)
    assert point.pose.horizontal_sd_m == 5.0


@pytest.mark.parametrize(
    "line",
    [
        "GPS(0.0,0.0,0)",
        "GPS(180.1,1,0)",
        "[latitude: -90.1] [longitude: 1.0]",
        "[latitude: 1.0]",
        "[longitude: 1.0]",
        "GPS(,,)",
    ],
)
def test_places_that_are_none(tmp_path: Path, line: str) -> None:
    """No fix, beyond the earth, half of a place: counted; where there is no other, the file is refused."""
    with raises_told(FileError, match="1 subtitle, none with a position"):
        _read(tmp_path, SPAN + line)
    outcome = _read(tmp_path, f"{SPAN}{line}\n\n{SPAN}GPS(104.5,30.5,1)\n\n{SPAN}{line}\n")
    assert len(outcome.value) == 1
    (reject,) = outcome.rejects
    assert (reject.item, reject.where, tell(reject).reason) == ("a.SRT", "", "2 subtitles without a position")


def test_latitude_first_is_told_once(tmp_path: Path) -> None:
    """However many subtitles; the order by size alone is not told."""
    outcome = _read(tmp_path, f"{SPAN}GPS(36.6,-6.1,75.1M)\n\n{SPAN}GPS(36.7,-6.1,75.1M)")
    assert [(d.item, tell(d).decision) for d in outcome.decisions] == [("a.SRT", "latitude read before longitude")]
    assert _read(tmp_path, f"{SPAN}GPS(30.5,104.5,19)").decisions == ()


@pytest.mark.parametrize(
    ("span", "seconds"),
    [("01:02:03,5", 3723.5), ("00:00:00,033", 0.033), ("00:00:07.25", 7.25), ("no span", 0.0)],
)
def test_seconds_of_the_video(tmp_path: Path, span: str, seconds: float) -> None:
    """Hours, minutes, seconds and a fraction of any length."""
    (point,) = _read(tmp_path, f"1\n{span} --> 00:00:09,000\nGPS(104.5,30.5,1)").value
    assert point.video_s == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("line", "above", "absolute"),
    [
        ("[rel_alt: 100.3 abs_alt: 592.1]", 100.3, 592.1),
        ("[altitude: 592.1]", None, 592.1),
        ("[abs_alt: 592.1] [altitude: 1.0]", None, 592.1),
        ("BAROMETER:20.1", 20.1, None),
        ("Hb: 20.1", 20.1, None),
        ("H 85.80m, H.S 0.00m/s", 85.8, None),
        ("H -3.5m", -3.5, None),
        ("[rel_alt: 100.3] H 85.80m", 100.3, None),
        ("D 85m", None, None),
    ],
)  # fmt: skip
def test_heights(tmp_path: Path, line: str, above: float | None, absolute: float | None) -> None:
    """Above take-off by the barometer, and above what nobody says."""
    pose = _one(tmp_path, f"GPS(104.5,30.5,1) {line}").pose
    assert (pose.height_above_takeoff_m, pose.height_m, pose.vertical_datum) == (above, absolute, "unknown")


@pytest.mark.parametrize(
    ("line", "angles"),
    [
        ("G.PRY (-24.4°, 0.5°, 110.4°)", (110.4, -24.4, 0.5)),
        ("G.PRY (-24.4, 0.5, 110.4)", (110.4, -24.4, 0.5)),
        ("F.PRY (2.7°, -7.0°, 110.1°)", (None, None, None)),
        ("[gb_yaw: -35.5 gb_pitch: -90.0 gb_roll: 1.5]", (-35.5, -90.0, 1.5)),
        ("[gb_yaw: -35.5]", (-35.5, None, None)),
        ("[gb_pitch: -80.0]", (None, None, None)),
        ("G.PRY (-24.4, 0.5, 110.4) [gb_yaw: 1.0 gb_pitch: -2.0 gb_roll: 3.0]", (1.0, -2.0, 3.0)),
    ],
)  # fmt: skip
def test_angles(tmp_path: Path, line: str, angles: tuple[float | None, ...]) -> None:
    """Pitch, roll, yaw in one family, named in the other."""
    pose = _one(tmp_path, f"GPS(104.5,30.5,1) {line}").pose
    found = [None if a is None else degrees(a) for a in (pose.yaw_rad, pose.pitch_rad, pose.roll_rad)]
    assert found == [None if a is None else pytest.approx(a) for a in angles]


@pytest.mark.parametrize(
    ("text", "focal"), [("[focal_len: 240]", 24.0), ("[focal_len: 0]", None), ("[fnum: 28]", None)]
)
def test_focal_length(tmp_path: Path, text: str, focal: float | None) -> None:
    """Tenths of a millimetre."""
    assert _one(tmp_path, f"GPS(104.5,30.5,1) {text}").focal_35mm == focal


@pytest.mark.parametrize(
    ("clock", "utc"),
    [
        ("2024-10-08 09:15:30.250", datetime(2024, 10, 8, 1, 15, 30, 250_000, tzinfo=UTC)),
        ("2024.1.8 9:15:30", datetime(2024, 1, 8, 1, 15, 30, tzinfo=UTC)),
        ("2024-10-08 09:15:30,005", datetime(2024, 10, 8, 1, 15, 30, 5_000, tzinfo=UTC)),
        ("2024-13-08 09:15:30", None),
        ("at nine", None),
    ],
)  # fmt: skip
def test_clock(tmp_path: Path, clock: str, utc: datetime | None) -> None:
    """The place's zone, which is told; a declared one is not; an impossible time is none."""
    outcome = _read(tmp_path, f"{SPAN}{clock} GPS(104.5,30.5,1)")
    assert outcome.value[0].time == utc
    assert [tell(d).decision for d in outcome.decisions] == (["clock read as Asia/Shanghai"] if utc else [])
    declared = _read(tmp_path, f"{SPAN}{clock} GPS(104.5,30.5,1)", time_zone="UTC+9")
    assert declared.decisions == ()
    assert utc is None or (utc - declared.value[0].time).total_seconds() == 3600.0  # type: ignore[operator]


def test_blocks_and_line_ends(tmp_path: Path) -> None:
    """Windows and old Macintosh line ends, blank lines with blanks, several of them; other text is no subtitle."""
    blocks = [f"{SPAN}GPS(104.{k},30.5,1)" for k in range(1, 4)]
    for text in ("\n\n".join(blocks), "\n \t\n\n\n".join(blocks), "\r\n\r\n".join(blocks), "\r\r".join(blocks)):
        assert [p.pose.lon for p in _read(tmp_path, "a title\n\n" + text).value] == [104.1, 104.2, 104.3]
    assert _read(tmp_path, blocks[0], horizontal_sd_m=2.0).value[0].pose.horizontal_sd_m == 2.0


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    """Named."""
    with raises_told(FileError, match=r"gone\.SRT: cannot be read"):
        read_srt(tmp_path / "gone.SRT", "gone.SRT")
