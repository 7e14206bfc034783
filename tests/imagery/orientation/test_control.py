"""Ground control: it removes the error that all GPS positions share, and check points tell what is left."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from imagery import ImagerySettings, process_frames
from imagery.camera import project
from ingest.coordinates import to_lonlat
from ingest.errors import FileError
from ingest.images.control import ControlMark, ControlPoint, read_control
from onevisit.words.telling import tell
from tests.imagery.conftest import CAMERA, EAST, GRID, NORTH, Block
from tests.told import raises_told

DATUM_M = 512.0  # height of the take-off level in the survey's datum
SHIFT = np.array([2.5, -1.8])


def _survey(block: Block, *, east_north: list[tuple[float, float]], check: int) -> list[ControlPoint]:
    """Points on the (level) ground with exact marks in every photo that sees them; the last ones are check points."""
    points = []
    for n, (east, north) in enumerate(east_north):
        place = np.array([EAST + east, NORTH - 120.0 + north, 0.0])
        marks = []
        for frame, centre, rotation in zip(block.frames, block.centres, block.rotations, strict=True):
            pixel, front = project(CAMERA, rotation, centre, place)
            if front and (pixel > 5).all() and pixel[0] < 394 and pixel[1] < 294:
                marks.append(ControlMark(frame.item, float(pixel[0]) + 0.5, float(pixel[1]) + 0.5))
        assert len(marks) >= 2
        is_check = n >= len(east_north) - check
        points.append(ControlPoint(f"P{n}", place[0], place[1], DATUM_M, tuple(marks), is_check))
    return points


PLACES = [(28.0, 44.0), (68.0, 46.0), (30.0, 76.0), (66.0, 78.0), (48.0, 60.0), (38.0, 66.0), (58.0, 52.0)]


@pytest.fixture
def off(shaken: Block) -> Block:
    """The shaken flight with all GPS positions off by three metres."""
    frames = []
    for frame in shaken.frames:
        x, y = EAST, NORTH
        lon, lat = (float(v) for v in to_lonlat(x, y, GRID))
        there = [float(v) for v in to_lonlat(x + SHIFT[0], y + SHIFT[1], GRID)]
        pose = replace(frame.pose, lon=frame.pose.lon + there[0] - lon, lat=frame.pose.lat + there[1] - lat)
        frames.append(replace(frame, pose=pose))
    return replace(shaken, frames=tuple(frames))


def test_control_removes_the_common_error(off: Block, settings: ImagerySettings) -> None:
    """Check points that were three metres off lie within a decimetre, and heights come out in the survey's datum."""
    refined = replace(settings, mode="refined")
    points = _survey(off, east_north=PLACES, check=3)
    outcome = process_frames(off.frames, refined, crs=GRID, control=points)
    told = {r.name: r for r in outcome.value.control}
    assert [told[f"P{n}"].role for n in range(7)] == ["control"] * 4 + ["check"] * 3
    for n in (4, 5, 6):
        assert math.hypot(told[f"P{n}"].east_m, told[f"P{n}"].north_m) < 0.1
        assert abs(told[f"P{n}"].height_m) < 0.5
    assert any("3 check points" in tell(d).decision for d in outcome.decisions)
    errors = [p.position_error_m for p in outcome.value.poses]
    assert np.median(errors) < 0.3  # 4.2 m without control


def test_without_control_points_are_check_points(off: Block, settings: ImagerySettings) -> None:
    """In direct mode nothing is adjusted: all points tell how far the tags are off."""
    points = _survey(off, east_north=PLACES[:4], check=0)
    outcome = process_frames(off.frames, settings, crs=GRID, control=points)
    assert {r.role for r in outcome.value.control} == {"check"}
    middle = np.median([[r.east_m, r.north_m] for r in outcome.value.control], axis=0)
    np.testing.assert_allclose(middle, SHIFT, atol=0.9)
    assert all(math.isnan(r.height_m) for r in outcome.value.control)


def test_point_marked_wrongly_is_rejected(off: Block, settings: ImagerySettings) -> None:
    """A point typed 30 m off is named and not adjusted on; the others still are."""
    points = _survey(off, east_north=PLACES, check=2)
    points[1] = replace(points[1], easting_m=points[1].easting_m + 30.0)
    outcome = process_frames(off.frames, replace(settings, mode="refined"), crs=GRID, control=points)
    told = {r.name: r for r in outcome.value.control}
    assert told["P1"].role == "rejected"
    assert [r.item for r in outcome.rejects] == ["P1"]
    assert math.hypot(told["P5"].east_m, told["P5"].north_m) < 0.1


def test_survey_in_another_system_is_refused(off: Block, settings: ImagerySettings) -> None:
    """Points that all lie far from the photos are not adjusted on: their coordinate system is wrong."""
    points = [replace(p, northing_m=p.northing_m + 900.0) for p in _survey(off, east_north=PLACES, check=0)]
    outcome = process_frames(off.frames, replace(settings, mode="refined"), crs=GRID, control=points)
    assert len(outcome.rejects) == 7
    assert "coordinate system" in tell(outcome.rejects[0]).reason
    assert outcome.value.quality.position_error_m > 2.0


def test_point_in_no_photo_is_told(off: Block, settings: ImagerySettings) -> None:
    """A mark in a photo that is not there is a reject, not an error."""
    point = ControlPoint("far", EAST, NORTH, 0.0, (ControlMark("other.jpg", 10.0, 10.0),))
    outcome = process_frames(off.frames[:2], settings, crs=GRID, control=[point])
    assert [r.item for r in outcome.rejects] == ["far"]
    assert outcome.value.control == ()


def test_list_of_opendronemap_is_read(tmp_path: Path) -> None:
    """Marks of one point are joined, other systems brought to the grid, lines that are none rejected."""
    path = tmp_path / "gcp_list.txt"
    path.write_text(
        "EPSG:4326\n104.0657 30.6574 500.5 100.5 200.5 a.jpg north\n104.0657 30.6574 500.5 300 20 b.jpg north\n"
        "# a comment\n104.0660\t30.6570\tNaN\t1\t2\tc d.jpg\tsouth\tcheck\n1 2 3\n104 x 0 1 2 e.jpg\n",
        encoding="utf-8",
    )
    outcome = read_control(path, crs=GRID)
    north, south = outcome.value
    assert (north.name, len(north.marks), north.check) == ("north", 2, False)
    assert north.easting_m == pytest.approx(410451.04, abs=0.01)
    assert (south.name, south.marks[0].photo, south.check) == ("south", "c d.jpg", True)
    assert math.isnan(south.height_m)
    assert [r.where for r in outcome.rejects] == ["line 6", "line 7"]


def test_list_without_a_system_is_refused(tmp_path: Path) -> None:
    """Coordinates whose system nobody named are not guessed."""
    path = tmp_path / "gcp_list.txt"
    path.write_text("410451 3393363 500 1 2 a.jpg\n", encoding="utf-8")
    with raises_told(FileError, match="coordinate system"):
        read_control(path, crs=GRID)
    path.write_text("WGS84 UTM 48N\n410451 3393363 500 1 2 a.jpg\n", encoding="utf-8")
    assert len(read_control(path, crs=GRID).value) == 1
