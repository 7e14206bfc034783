"""DJI's MRK files line by line: every value in its field, what is no exposure, and which photo gets which."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingest.errors import FileError
from ingest.images.mrk import MrkExposure, apply_marks_of_exposure, parse_mrk, read_mrk
from ingest.schema import Camera, Frame, Pose
from onevisit.words.telling import tell
from tests.told import raises_told

LINE = "{n}\t177348.5\t[2335]\t   -12,N\t    -4,E\t   190,V\t{lat},Lat\t{lon},Lon\t512.345,Ellh\t0.012, 0.009, 0.021\t{q}"  # noqa: E501
CAMERA = Camera(64, 48, 50.0, 31.5, 23.5)


def _line(n: int = 7, lat: str = "30.65740100", lon: str = "104.06570200", q: str = "16,Q") -> str:
    return LINE.format(n=n, lat=lat, lon=lon, q=q)


def _frame(path: Path, lat: float = 30.657401, lon: float = 104.065702) -> Frame:
    pose = Pose(lon, lat, 600.0, "unknown", 80.0, 0.5, -1.5, 0.1)
    return Frame(path.name, path, CAMERA, pose, datetime(2020, 1, 1, tzinfo=UTC), tags={"Model": "P4R"})


def test_every_value_of_a_line() -> None:
    """Number, UTC, place, height, deviations of north, east, up, and status."""
    assert parse_mrk(_line()) == MrkExposure(
        7,
        datetime(2024, 10, 8, 1, 15, 30, 500_000, tzinfo=UTC),
        104.065702,
        30.657401,
        512.345,
        0.012,
        0.009,
        0.021,
        16,
    )
    south = parse_mrk(_line(lat="-30.5", lon="-104.5", q=""))
    assert south is not None
    assert (south.lat, south.lon, south.status) == (-30.5, -104.5, 0)


@pytest.mark.parametrize(
    ("line", "there"),
    [
        (_line(lat="90.0", lon="180.0"), True),
        (_line(lat="-90.0", lon="-180.0"), True),
        (_line(lat="90.1"), False),
        (_line(lon="180.1"), False),
        (_line(lat="0.0", lon="0.0"), False),
        (_line(lat="0.0"), True),
        (_line().replace("177348.5", "604800"), True),
        (_line().replace("177348.5", "604800.1"), False),
        (_line().replace("[2335]", "[9999]"), True),
        (_line().replace("[2335]", "[10000]"), False),
        (_line().replace("[2335]", "2335"), False),
        (_line().replace(",Lat", ""), False),
        (_line().replace(",Lon", ""), False),
        (_line().replace("0.012, 0.009, 0.021", "0.012, 0.009"), False),
        ("rubbish", False),
    ],
)
def test_lines_that_are_exposures(line: str, there: bool) -> None:
    """At every limit in, beyond it out; nothing may be missing but the status."""
    assert (parse_mrk(line) is not None) == there


def test_file_with_damaged_lines(tmp_path: Path) -> None:
    """Empty lines are nothing, damaged ones are named with their number."""
    path = tmp_path / "a_Timestamp.MRK"
    path.write_text(f"{_line(1)}\n\nrubbish\n{_line(2)}\n", encoding="ascii")
    outcome = read_mrk(path, "a.MRK")
    assert [e.number for e in outcome.value] == [1, 2]
    assert [(r.item, r.where, r.code) for r in outcome.rejects] == [("a.MRK", "line 3", "mrk_line_without_exposure")]
    path.write_text("rubbish\n", encoding="ascii")
    with raises_told(FileError, match=r"a\.MRK: holds no exposure"):
        read_mrk(path, "a.MRK")
    with raises_told(FileError, match="cannot be read"):
        read_mrk(tmp_path / "gone.MRK", "gone.MRK")


def test_exposure_takes_the_place_of_the_tags(tmp_path: Path) -> None:
    """Place, height, datum, deviations (the larger of both axes), time and status; angles and the rest stay."""
    log = tmp_path / "100_0001_Timestamp.MRK"
    log.write_text(_line(7) + "\n", encoding="ascii")
    frame = _frame(tmp_path / "100_0001_0007.JPG", lat=30.657410)
    outcome = apply_marks_of_exposure([frame], [(log, "log")], conflict_m=20.0)
    (found,), (told,) = outcome.value, outcome.decisions
    expected = replace(
        frame,
        pose=replace(
            frame.pose, lon=104.065702, lat=30.657401, height_m=512.345, vertical_datum="ellipsoid",
            horizontal_sd_m=0.012, vertical_sd_m=0.021,
        ),
        time=datetime(2024, 10, 8, 1, 15, 30, 500_000, tzinfo=UTC),
        tags={"Model": "P4R", "RtkFlag": "16"},
    )  # fmt: skip
    assert found == expected
    assert (told.item, tell(told).decision) == ("log", "position and time of 1 photo taken from it")
    assert outcome.rejects == ()


@pytest.mark.parametrize(
    ("axis", "metres", "used"), [(0, 19.9, True), (0, 20.1, False), (1, 19.9, True), (1, 20.1, False)]
)
def test_exposures_far_from_the_photo_are_not_used(tmp_path: Path, axis: int, metres: float, used: bool) -> None:
    """On either axis, at 30.66° north a degree of longitude is 95.8 km."""
    log = tmp_path / "F_Timestamp.MRK"
    log.write_text(_line(7) + "\n", encoding="ascii")
    step = metres / (111_320.0 * (0.860215 if axis == 0 else 1.0))
    frame = _frame(tmp_path / "F_0007.JPG", lat=30.657401 + step * axis, lon=104.065702 + step * (1 - axis))
    outcome = apply_marks_of_exposure([frame], [(log, "log")], conflict_m=20.0)
    (found,), (told,) = outcome.value, outcome.decisions
    assert (found.pose.lat == 30.657401 and found.pose.lon == 104.065702) == used
    if not used:
        assert found is frame
        assert (told.item, tell(told).decision) == (frame.item, "exposure of the MRK file not used")
        assert tell(told).evidence == "log number 7 is 20 m from the photo's own position"


def test_photos_find_their_file_and_number(tmp_path: Path) -> None:
    """By the beginning of the name, in the same folder; the number before a suffix of letters."""
    (tmp_path / "other").mkdir()
    logs = []
    for name, number in (("A", 7), ("B", 8), ("other/A", 7)):
        log = tmp_path / f"{name}_Timestamp.MRK"
        log.write_text(_line(number) + "\n" + _line(30) + "\n", encoding="ascii")
        logs.append((log, name))
    names = [
        "A_0007.JPG",
        "B_0008.JPG",
        "A_0008.JPG",
        "C_0007.JPG",
        "A_0007_W.JPG",
        "A_007.JPG",
        "other/X_0007.JPG",
        "B_0030_IR.TIF",
    ]
    frames = [_frame(tmp_path / name) for name in names]
    outcome = apply_marks_of_exposure(frames, logs, conflict_m=20.0)
    # C belongs to neither of two logs; the only log of a folder serves every photo in it.
    assert [f.pose.vertical_datum == "ellipsoid" for f in outcome.value] == [
        True,
        True,
        False,
        False,
        True,
        False,
        True,
        True,
    ]
    assert {d.item: tell(d).decision.split(" of ")[1][0] for d in outcome.decisions} == {
        "A": "2",
        "B": "2",
        "other/A": "1",
    }


def test_unreadable_log_is_a_reject_and_photos_stay(tmp_path: Path) -> None:
    """With the damaged lines of readable ones; a photo beside no log is as it was."""
    empty, log = tmp_path / "E_Timestamp.MRK", tmp_path / "F_Timestamp.MRK"
    empty.write_text("", encoding="ascii")
    log.write_text("rubbish\n" + _line(7), encoding="ascii")
    frames = [_frame(tmp_path / "F_0007.JPG"), _frame(tmp_path / "sub" / "F_0007.JPG")]
    outcome = apply_marks_of_exposure(frames, [(empty, "empty"), (log, "log")], conflict_m=20.0)
    found, rejects = outcome.value, outcome.rejects
    assert [(r.item, r.where) for r in rejects] == [("empty", ""), ("log", "line 1")]
    assert "holds no exposure" in tell(rejects[0]).reason
    assert found[0].pose.vertical_datum == "ellipsoid" and found[1] is frames[1]
