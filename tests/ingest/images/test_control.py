"""Ground control lists line by line: systems, separators, names, roles, and what is no mark."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from pyproj import CRS

from ingest.coordinates import to_grid
from ingest.errors import FileError, OnevisitError
from ingest.images.control import ControlMark, ControlPoint, read_control
from ingest.outcome import Outcome
from onevisit.words.telling import tell
from tests.told import raises_told

GRID = CRS.from_epsg(4544)


def _read(folder: Path, *lines: str, crs: CRS = GRID) -> Outcome[tuple[ControlPoint, ...]]:
    path = folder / "gcp_list.txt"
    path.write_text("\n".join(lines), encoding="utf-8")
    return read_control(path, crs=crs)


@pytest.mark.parametrize("separator", [" ", "   ", "\t", ", ", " ;"])
def test_every_column_of_a_line(tmp_path: Path, separator: str) -> None:
    """Easting, northing, height, column, row, photo, name, role; blanks, tabs, commas or semicolons."""
    cells = ["410451.5", "3393363.25", "500.5", "10.5", "20.25", "a.jpg", "P1", "Check"]
    outcome = _read(tmp_path, "EPSG:4544", f" {separator.join(cells)} ")
    mark = ControlMark("a.jpg", 10.5, 20.25)
    assert outcome.value == (ControlPoint("P1", 410451.5, 3393363.25, 500.5, (mark,), True),)
    assert outcome.rejects == ()


def test_marks_of_one_point_are_joined_by_its_name_or_its_place(tmp_path: Path) -> None:
    """The first place counts; one check mark makes a check point; without names the text of the place is the name."""
    outcome = _read(
        tmp_path, "EPSG:4544", "1 2 3 4 5 a.jpg P1", "9 9 9 6 7 b.jpg P1 check", "8 8 8 1 1 c.jpg",
        "8 8 8 2 2 d.jpg", "8 8.0 8 3 3 e.jpg",
    )  # fmt: skip
    first, second, third = outcome.value
    assert first == ControlPoint("P1", 1.0, 2.0, 3.0, (ControlMark("a.jpg", 4, 5), ControlMark("b.jpg", 6, 7)), True)
    assert (second.name, [m.photo for m in second.marks], second.check) == ("8 8", ["c.jpg", "d.jpg"], False)
    assert third.name == "8 8.0"


@pytest.mark.parametrize("text", ["NaN", "-", "none", "None"])
def test_points_without_a_height(tmp_path: Path, text: str) -> None:
    """However it is written."""
    (point,) = _read(tmp_path, "EPSG:4544", f"1 2 {text} 4 5 a.jpg").value
    assert math.isnan(point.height_m)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("1 2 3 4 5", "5 columns, expected 6 or more"),
        ("1 2 x 4 5 a.jpg", "no number"),
        ("1 2 3 4 y a.jpg", "no number"),
        ("inf 2 3 4 5 a.jpg", "not finite"),
        ("1 2 3 nan 5 a.jpg", "not finite"),
    ],
)
def test_lines_that_are_no_mark(tmp_path: Path, line: str, words: str) -> None:
    """Named with the number of the line; empty lines and comments are nothing."""
    outcome = _read(tmp_path, "EPSG:4544", "", " # a comment", line, "1 2 3 4 5 a.jpg")
    assert len(outcome.value) == 1
    (reject,) = outcome.rejects
    assert (reject.item, reject.where) == ("gcp_list.txt", "line 4")
    assert words in tell(reject).reason


@pytest.mark.parametrize(
    ("head", "epsg", "lonlat"),
    [
        ("EPSG:4326", 4326, (104.0657, 30.6574)), ("WGS84 UTM 48N", 32648, (104.0657, 30.6574)),
        ("wgs 84 utm 48 n", 32648, (104.0657, 30.6574)), ("WGS84 UTM 56S", 32756, (151.2, -33.9)),
        ("+proj=utm +zone=48 +datum=WGS84", 32648, (104.0657, 30.6574)),
    ],
)  # fmt: skip
def test_other_systems_are_brought_to_the_grid(
    tmp_path: Path, head: str, epsg: int, lonlat: tuple[float, float]
) -> None:
    """Longitude first in degrees; UTM of both hemispheres; a PROJ string."""
    x, y = lonlat if epsg == 4326 else (float(v) for v in to_grid(*lonlat, CRS.from_epsg(epsg)))
    (point,) = _read(tmp_path, head, f"{x!r} {y!r} 5 1 2 a.jpg").value
    expected = [float(v) for v in to_grid(*lonlat, GRID)]
    assert (point.easting_m, point.northing_m) == pytest.approx(expected, abs=0.01)
    assert (point.height_m, len(point.marks)) == (5.0, 1)


@pytest.mark.parametrize("head", ["", "410451 3393363 500 1 2 a.jpg", "-5.5 3 4"])
def test_first_line_must_name_a_system(tmp_path: Path, head: str) -> None:
    """The line is quoted, and an example given."""
    with raises_told(FileError, match="names no coordinate system") as refused:
        _read(tmp_path, head, "1 2 3 4 5 a.jpg")
    assert (refused.value.item, refused.value.where) == ("gcp_list.txt", "line 1")
    with pytest.raises(OnevisitError):
        _read(tmp_path, "EPSG:99999999", "1 2 3 4 5 a.jpg")


def test_files_that_are_no_text(tmp_path: Path) -> None:
    """Absent, or of other bytes; a byte order mark is no part of the first line."""
    path = tmp_path / "gcp_list.txt"
    with raises_told(FileError, match="cannot be read as text"):
        read_control(path, crs=GRID)
    path.write_bytes(b"\xff\xfe\x00")
    with raises_told(FileError, match="cannot be read as text"):
        read_control(path, crs=GRID)
    path.write_bytes(b"\xef\xbb\xbfEPSG:4544\n1 2 3 4 5 a.jpg\n")
    assert len(read_control(path, crs=GRID).value) == 1
    path.write_text("")
    with raises_told(FileError, match="names no coordinate system"):
        read_control(path, crs=GRID)
