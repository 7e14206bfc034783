"""Refined mode without photos: who is well tied, first places, mismatches, relief, and control, by hand."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from imagery import ImagerySettings, Station
from imagery.camera import project, rotation_from_attitude, rotation_from_vector
from imagery.orientation.adjust import Adjusted, adjust_block
from imagery.orientation.control import (
    control_of,
    control_told,
    intersect,
    mark_points,
    report_control,
    rms,
    shift_untied,
    with_control,
)
from imagery.orientation.refine import _first_points, _relief, _well_tied, ground_points, mismatches, refine_stations
from imagery.orientation.tiepoints import Features, PairMatch
from imagery.orientation.ties import TiePoints
from imagery.schema import ControlResult
from imagery.surface import surface_from_plane
from ingest.images.control import ControlMark, ControlPoint
from ingest.schema import Camera, Frame, Pose
from onevisit.words.telling import tell

Floats = NDArray[np.float64]
CAMERA = Camera(1000, 800, 1000.0, 499.5, 399.5, focal_sd_px=5.0)
SETTINGS = ImagerySettings(
    min_matches=5, relief_sd_ratio=0.02, ground_sd_m=2.0, surface_cell_m=2.0, control_gross_m=100.0,
    control_outlier_m=1.0, control_sd_m=0.03,
)  # fmt: skip
LEVEL = surface_from_plane(0.0, 2.0)


def _station(k: int, east: float, north: float = 0.0, height: float = 100.0) -> Station:
    frame = Frame(f"f/P{k}.JPG", Path(f"P{k}.JPG"), CAMERA, Pose(104.0, 30.0))
    covariance = np.diag(np.square([0.026, 0.026, 0.052, 3.0, 3.0, 0.3]))
    return Station(
        frame, CAMERA, np.array([east, north, height]), rotation_from_attitude(0.0, -math.pi / 2, 0.0), covariance
    )


STATIONS = [_station(0, 0.0), _station(1, 20.0), _station(2, 40.0)]


def _pixel(station: Station, place: tuple[float, float, float]) -> Floats:
    return project(CAMERA, station.rotation, station.centre, np.array(place))[0]


def _seen(*observations: tuple[int, int, tuple[float, float, float]]) -> TiePoints:
    """Photo, point and the place that the photo shows there."""
    photo, point = (np.array([o[k] for o in observations], np.intp) for k in (0, 1))
    pixels = np.array([_pixel(STATIONS[o[0]], o[2]) for o in observations])
    return TiePoints(photo, point, pixels, int(point.max()) + 1)


def test_rays_of_ties_meet_the_ground() -> None:
    """Each observation from its own photo."""
    ties = _seen((1, 0, (25, 5, 0)), (0, 0, (25, 6, 0)), (2, 1, (30, -9, 0)))
    np.testing.assert_allclose(ground_points(STATIONS, ties, LEVEL), [[25, 5, 0], [25, 6, 0], [30, -9, 0]], atol=1e-6)


def test_first_places_are_means() -> None:
    """Of where the rays meet the ground; a ray to the sky counts as the mean of all."""
    ties = _seen((0, 0, (10, 4, 0)), (1, 0, (12, 6, 0)), (1, 1, (30, 0, 0)), (2, 1, (30, 2, 0)))
    np.testing.assert_allclose(_first_points(STATIONS, ties, LEVEL), [[11, 5, 0], [30, 1, 0]], atol=1e-6)
    sky = replace(STATIONS[2], rotation=rotation_from_attitude(0.0, 0.5, 0.0))
    found = _first_points([*STATIONS[:2], sky], ties, LEVEL)
    mean = np.mean([[10, 4, 0], [12, 6, 0], [30, 0, 0]], axis=0)
    np.testing.assert_allclose(found[1], (np.array([30, 0, 0]) + mean) / 2, atol=1e-6)


def test_mismatches_are_between_photos_next_in_the_chain() -> None:
    """3-4-5 between photos 0 and 1, 1 m between 1 and 2; in the order of photos, level distances, no other pairs."""
    ties = _seen((2, 0, (13, 5, 0)), (0, 0, (10, 0, 0)), (1, 0, (13, 4, 0)), (0, 1, (1, 1, 0)), (1, 1, (1, 1, 0)))
    np.testing.assert_allclose(sorted(mismatches(STATIONS, ties, LEVEL)), [0.0, 1.0, 5.0], atol=1e-6)
    sky = [STATIONS[0], replace(STATIONS[1], rotation=rotation_from_attitude(0.0, 0.5, 0.0)), STATIONS[2]]
    assert len(mismatches(sky, ties, LEVEL)) == 0


def test_photos_with_too_few_ties_go_one_after_the_other() -> None:
    """Photo 2 has four ties and goes; photo 1 had five with it and four without; 0 and 3 stay, numbered anew."""
    pairs = [(1, 2)] * 1 + [(2, 3)] * 3 + [(0, 1)] * 1 + [(1, 3)] * 3 + [(0, 3)] * 6
    photo = np.array([p for pair in pairs for p in pair], np.intp)
    point = np.repeat(np.arange(len(pairs)), 2)
    ties = TiePoints(photo, point, np.column_stack([photo, point]).astype(float), len(pairs))
    kept, rows = _well_tied(ties, 4, SETTINGS)
    assert rows.tolist() == [0, 3]
    assert kept.count == 6 and sorted(set(kept.photo.tolist())) == [0, 1]
    assert {int(p) for p in kept.pixels[:, 0]} == {0, 3}
    nothing, rows = _well_tied(ties, 4, replace(SETTINGS, min_matches=7))
    assert len(rows) == 0 and nothing.count == 0


def _adjusted(points: Floats, sd: Floats) -> Adjusted:
    ties = TiePoints(np.empty(0, np.intp), np.empty(0, np.intp), np.empty((0, 2)), len(points))
    return Adjusted(tuple(STATIONS), points, ties, np.empty((0, 2)), np.zeros((1, 3)), sd, np.zeros(3))


def test_relief_of_points_that_are_firm() -> None:
    """Heights known to 2 % of the 95 m above them: five are enough, four leave the median level."""
    points = np.array([[0.0, 0, 5], [10, 0, 5], [20, 0, 5], [0, 10, 5], [10, 10, 5], [20, 10, 5]])
    sd = np.array([1.9, 1.9, 1.9, 1.9, 1.9, 1.91])
    surface = _relief(_adjusted(points, sd), SETTINGS)
    assert (surface.source, surface.cell_m, surface.sd_m) == ("tie points", 2.0, 0.0)
    plane = _relief(_adjusted(points + np.array([0, 0, 1.0]), sd), SETTINGS)  # 94 m above: 1.88 m allowed
    assert (plane.source, plane.sd_m, plane.heights.tolist()) == ("take-off plane", 2.0, [[6.0]])


def test_relief_error_is_the_step_to_the_next_point() -> None:
    """Points in order of their place, row after row of ten metres: steps of 0.2 m, one of 4 m."""
    east = np.array([0.0, 10, 20, 30, 40, 50])
    points = np.column_stack([east, np.zeros(6), [0, 0.2, 0.4, 0.2, 0.0, 4.0]])[[3, 0, 5, 1, 4, 2]]
    assert _relief(_adjusted(points, np.zeros(6)), SETTINGS).sd_m == pytest.approx(0.2)


def test_nothing_to_adjust_on_is_none() -> None:
    """No matches."""
    features = [
        Features(np.zeros((0, 2)), np.empty((0, 128), np.uint8), 0, 0, 0, np.empty((0, 0, 0), np.float32))
    ] * 3
    assert refine_stations(STATIONS, features, [], LEVEL, SETTINGS, scale_px=1.0) is None


def test_refined_numbers_belong_to_their_photos(monkeypatch: pytest.MonkeyPatch) -> None:
    """Photos 0, 2 and 3 share what they see, photo 1 matches nothing: it stays, and has no ties and no error."""
    rng = np.random.default_rng(2)
    places = np.column_stack([rng.uniform(-25, 65, 200), rng.uniform(-35, 35, 200), rng.normal(0, 0.3, 200)])
    true = [_station(0, 0.0), _station(1, 10.0), _station(2, 20.0), _station(3, 40.0)]
    tilted = [replace(s, rotation=rotation_from_vector(rng.normal(0, 0.01, 3)) @ s.rotation) for s in true]
    features, known = [], []
    for station in tilted:
        pixels, front = project(CAMERA, station.rotation, station.centre, places)
        rows = np.flatnonzero(front & (pixels > 0).all(axis=1) & (pixels < [1000, 800]).all(axis=1))
        noisy = pixels[rows] + rng.normal(0, 0.4, (len(rows), 2))
        features.append(Features(noisy, np.empty((0, 128), np.uint8), 0, 0, 0, np.empty((0, 0, 0), np.float32)))
        known.append(rows)
    matches = []
    for i, j in ((0, 2), (2, 3), (0, 3)):
        _, a, b = np.intersect1d(known[i], known[j], return_indices=True)
        matches.append(PairMatch(i, j, a, b, np.eye(2, 3)))
    believed = []

    def noted(*block: Any, sd_px: float, **known: Any) -> Adjusted:
        believed.append(sd_px)
        return adjust_block(*block, sd_px=sd_px, **known)

    monkeypatch.setattr("imagery.orientation.refine.adjust_block", noted)
    found = refine_stations(true, features, matches, LEVEL, SETTINGS, scale_px=2.0)
    assert found is not None
    assert found.tied.tolist() == [True, False, True, True]
    assert found.stations[1].frame is true[1].frame
    np.testing.assert_array_equal(found.stations[1].centre, true[1].centre)
    assert found.observations[1] == 0 and math.isnan(found.error_px[1])
    count = np.bincount(found.adjusted.ties.photo, minlength=3)
    assert found.observations[[0, 2, 3]].tolist() == count.tolist()
    for row, photo in enumerate((0, 2, 3)):
        mine = found.adjusted.residuals[found.adjusted.ties.photo == row]
        assert found.error_px[photo] == pytest.approx(math.sqrt(np.mean(np.sum(mine**2, axis=1))))
        assert 0.1 < found.error_px[photo] < 0.8
        assert found.stations[photo].frame is true[photo].frame
        tilt = found.stations[photo].rotation[2] - tilted[photo].rotation[2]
        assert np.linalg.norm(tilt[:2]) < 0.02
    assert found.control == () and found.refused == ()
    # The standard deviation of a tie is half a pixel of the photo in which it was sought: here a pixel.
    assert believed == [1.0]


# --- control -------------------------------------------------------------------------------------------------------


def _mark(station: Station, place: tuple[float, float, float]) -> ControlMark:
    column, row = _pixel(station, place) + 0.5
    return ControlMark(station.frame.item, float(column), float(row))


def _point(
    name: str,
    place: tuple[float, float, float],
    photos: tuple[int, ...] = (0, 1),
    *,
    shift: Floats | None = None,
    check: bool = False,
) -> ControlPoint:
    """Surveyed at its place and a shift, marked exactly where photos see it."""
    off = np.zeros(3) if shift is None else shift
    marks = tuple(_mark(STATIONS[k], place) for k in photos)
    return ControlPoint(name, place[0] + off[0], place[1] + off[1], place[2] + off[2], marks, check)


def test_marks_find_their_photos() -> None:
    """By item or by the name of the file in any case; marks beyond the photo's edge are none."""
    marks = (
        ControlMark("f/P0.JPG", 0.0, 0.0), ControlMark("other/p1.jpg", 1000.0, 800.0),
        ControlMark("P2.JPG", 1000.1, 5.0),
        ControlMark("P2.JPG", 5.0, -0.1), ControlMark("P9.JPG", 5.0, 5.0),
    )  # fmt: skip
    found = mark_points([ControlPoint("A", 1, 2, 3, marks)], STATIONS)
    (marked,) = found.value
    assert marked.rows.tolist() == [0, 1]
    assert marked.pixels.tolist() == [[-0.5, -0.5], [999.5, 799.5]]
    assert marked.point.name == "A" and found.rejects == ()
    none = mark_points([ControlPoint("B", 1, 2, 3, marks[2:])], STATIONS)
    assert none.value == []
    (reject,) = none.rejects
    assert (reject.item, reject.where) == ("B", "ground control")
    assert tell(reject).reason == "none of its 3 marks lies in a photo that is used (P2.JPG, P9.JPG)"


def test_marks_meet_in_space_or_on_the_ground() -> None:
    """Two rays meet at 4 m above the ground; one ray ends on the ground, at 3 m where that is its height."""
    two, one = mark_points([_point("A", (11.0, 7.0, 4.0)), _point("B", (11.0, 7.0, 3.0), (1,))], STATIONS).value
    np.testing.assert_allclose(intersect(STATIONS, two, LEVEL), [11, 7, 4], atol=0.05)
    np.testing.assert_allclose(intersect(STATIONS, one, surface_from_plane(3.0, 1.0)), [11, 7, 3], atol=1e-3)


PLACES: list[tuple[float, float, float]] = [(5, 5, 0), (15, -5, 1), (10, 15, 0), (12, 0, 2), (8, -9, 0)]


def test_control_that_agrees() -> None:
    """Surveyed 2 m east, 1 m south and 500 m above: the tags are off by the opposite, the level is at 500 m."""
    shift = np.array([2.0, -1.0, 500.0])
    points = [_point(f"P{k}", p, shift=shift) for k, p in enumerate(PLACES)]
    points.append(_point("C", (9, 9, 0), shift=shift, check=True))
    points.append(_point("once", (9, 9, 0), (1,), shift=shift))
    marked = mark_points(points, STATIONS).value
    outcome = control_of(marked, STATIONS, LEVEL, SETTINGS)
    (used, start), rejects = outcome.value, outcome.rejects
    assert [m.point.name for m in used] == [f"P{k}" for k in range(5)]
    np.testing.assert_allclose(start, [-2.0, 1.0, 500.0], atol=0.05)
    (alone,) = rejects
    assert (alone.item, alone.where) == ("once", "ground control")
    assert tell(alone).reason.startswith("marked in one photo only")


def test_control_off_its_neighbours_is_refused() -> None:
    """A metre and five robust deviations are allowed: 1.1 m among exact ones is too far, 0.9 m is not."""
    for off, refused in ((1.1, True), (0.9, False)):
        points = [
            _point(f"P{k}", p, shift=np.array([off if k == 2 else 0.0, 0, 500.0])) for k, p in enumerate(PLACES)
        ]
        marked = mark_points(points, STATIONS).value
        outcome = control_of(marked, STATIONS, LEVEL, SETTINGS)
        (used, start), rejects = outcome.value, outcome.rejects
        assert len(used) == (4 if refused else 5)
        assert [r.item for r in rejects] == (["P2"] if refused else [])
        assert abs(start[0]) < 0.02
        if refused:
            assert tell(rejects[0]).reason.startswith("lies 1.1 m from where the others say (allowed 1.0 m)")
    # Two points cannot say which of them is wrong.
    points = [_point("A", PLACES[0]), _point("B", PLACES[1], shift=np.array([9.0, 0, 0]))]
    marked = mark_points(points, STATIONS).value
    assert len(control_of(marked, STATIONS, LEVEL, SETTINGS).value[0]) == 2


@pytest.mark.parametrize(("away", "used"), [(99.0, 3), (101.0, 0)])
def test_control_far_from_the_photos_is_in_another_system(away: float, used: int) -> None:
    """Within 100 m of all, beyond it none, with the distance and what to check; heights nobody surveyed are none."""
    shift = np.array([0.6 * away, -0.8 * away, math.nan])
    marked = mark_points([_point(f"P{k}", p, shift=shift) for k, p in enumerate(PLACES[:3])], STATIONS).value
    outcome = control_of(marked, STATIONS, LEVEL, SETTINGS)
    (found, start), rejects = outcome.value, outcome.rejects
    assert len(found) == used
    if used:
        np.testing.assert_allclose(start, [-0.6 * away, 0.8 * away, 0.0], atol=0.05)
    else:
        assert start.tolist() == [0, 0, 0]
        assert len(rejects) == 3
        assert tell(rejects[0]).reason.startswith(
            "lies 101 m from where the photos see it, as all points do (allowed 100 m)"
        )


def test_ties_with_control_behind_them() -> None:
    """Numbers, photos and pixels appended; first places moved with the tags; heights less the level's."""
    ties = _seen((0, 0, (10, 4, 0)), (1, 0, (10, 4, 0)))
    points = [
        _point("A", (5, 5, 2), shift=np.array([0, 0, 500.0])),
        _point("B", (15, -5, 1), (1, 2), shift=np.array([0, 0, math.nan])),
    ]
    marked = mark_points(points, STATIONS).value
    start = np.array([-2.0, 1.0, 500.0])
    joined, first, control = with_control(ties, np.array([[10.0, 4.0, 0.5]]), marked, start, SETTINGS)
    assert joined.photo.tolist() == [0, 1, 0, 1, 1, 2]
    assert joined.point.tolist() == [0, 0, 1, 1, 2, 2]
    assert joined.count == 3
    np.testing.assert_allclose(joined.pixels[2:4], marked[0].pixels)
    np.testing.assert_allclose(first, [[10, 4, 0.5], [3, 6, 2], [13, -4, 0.5]])
    assert control.row.tolist() == [0, 1] and control.point.tolist() == [1, 2]
    assert control.places.tolist() == [[5, 5, 502], [15, -5, 0]]
    assert control.sd.tolist() == [[0.03, 0.03, 0.03], [0.03, 0.03, math.inf]]
    assert control.start is start


def test_untied_photos_move_with_the_tags() -> None:
    """By the shift that control found, not in height; tied ones stay."""
    adjusted = replace(_adjusted(np.zeros((1, 3)), np.zeros(1)), datum=np.array([2.0, -1.0, 500.0]))
    moved = shift_untied(STATIONS, np.array([True, False, True]), adjusted)
    assert moved[0] is STATIONS[0] and moved[2] is STATIONS[2]
    assert moved[1].centre.tolist() == [18.0, 1.0, 100.0]


def test_report_of_every_point() -> None:
    """Found less surveyed; heights with two marks and a known level alone; what was refused says so."""
    off = np.array([-0.5, 0.25, 500.0 - 0.75])
    points = [
        _point("A", PLACES[0], shift=off), _point("B", PLACES[1], shift=off, check=True),
        _point("C", PLACES[2], (1,), shift=off), _point("D", PLACES[3], (0, 1, 2), shift=off),
    ]  # fmt: skip
    marked = mark_points(points, STATIONS).value
    rejects = control_of(marked, STATIONS, LEVEL, SETTINGS).rejects
    datum = np.array([0.0, 0.0, 500.0])
    told = report_control(marked, {"A", "D"}, rejects, STATIONS, LEVEL, datum)
    assert [(r.name, r.role, r.photos) for r in told] == [
        ("A", "control", 2), ("B", "check", 2), ("C", "rejected", 1), ("D", "control", 3),
    ]  # fmt: skip
    for result in told:
        assert (result.east_m, result.north_m) == pytest.approx((0.5, -0.25), abs=0.02)
        assert math.isnan(result.height_m) if result.name == "C" else result.height_m == pytest.approx(0.75, abs=0.05)
    plain = report_control(marked, (), (), STATIONS, LEVEL, np.zeros(3))
    assert {r.role for r in plain} == {"check"} and all(math.isnan(r.height_m) for r in plain)


def test_sentences_about_control() -> None:
    """How far positions moved onto how many points, what is left, how far check points lie, and the worst."""
    results = [
        ControlResult("A", "control", 2, 0.03, 0.04, 0.0), ControlResult("B", "check", 2, 3.0, 4.0, 0.0),
        ControlResult("C", "check", 2, 0.0, -1.0, 0.0), ControlResult("D", "rejected", 2, 90.0, 0.0, 0.0),
    ]  # fmt: skip
    moved, checked = control_told("x", results, np.array([2.0, -1.0, 500.0]))
    assert (moved.item, tell(moved).decision) == (
        "x",
        "positions moved by -2.00 m east, +1.00 m north onto 1 control points",
    )
    assert tell(moved).evidence == "root mean square left at them 0.050 m"
    assert tell(checked).decision == "2 check points lie 3.61 m (root mean square) from their survey"
    assert tell(checked).evidence == "worst B: +3.00 m east, +4.00 m north"
    assert control_told("x", results[3:], np.zeros(3)) == []
    assert rms(results[1:3]) == pytest.approx(math.sqrt(13.0)) and math.isnan(rms([]))
