"""Verdicts on photos by hand: pixels, positions, parts, headings and heights, each limit from both sides."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from imagery import ImagerySettings
from imagery.orientation.checks import (
    Verdict,
    judge_headings,
    judge_heights,
    judge_parts,
    judge_pixels,
    judge_positions,
)
from imagery.orientation.overlap import Overlap
from imagery.orientation.tiepoints import Features, PairMatch
from ingest.outcome import Decision, Phrase
from ingest.schema import Camera, Frame, Pose
from onevisit.words.telling import tell

Floats = NDArray[np.float64]
SETTINGS = ImagerySettings(
    black_level=4.0, flat_sd=1.0, blur_ratio=0.04, max_distance_m=20_000.0, yaw_tolerance_rad=0.35, yaw_bias_rad=0.17,
    yaw_sd_rad=0.052, scale_tolerance=0.25, ground_sd_m=2.0, takeoff_sd_m=1.0, focal_sd_ratio=0.01, min_matches=15,
)  # fmt: skip
NAN = math.nan
RAD = math.radians
NO_ROWS = np.empty(0, np.intp)


def _frame(
    item: str = "p.jpg",
    *,
    yaw: float | None = None,
    pitch: float | None = -90.0,
    roll: float | None = 0.0,
    flight: float | None = None,
    above: float | None = 100.0,
    height: float | None = None,
    tags: dict[str, str] | None = None,
    focal_px: float = 1000.0,
) -> Frame:
    """Angles in degrees."""
    angles = [None if a is None else RAD(a) for a in (yaw, pitch, roll)]
    pose = Pose(104.0, 30.0, height, "unknown", above, *angles)
    camera = Camera(1000, 800, focal_px, 499.5, 399.5)
    return Frame(
        item, Path(item), camera, pose, flight_yaw_rad=None if flight is None else RAD(flight), tags=tags or {}
    )


def _seen(level: float = 100.0, spread: float = 40.0, sharpness: float = 100.0, error: str = "") -> Features:
    return Features(
        np.empty((0, 2)),
        np.empty((0, 128), np.uint8),
        level,
        spread,
        sharpness,
        np.zeros((1, 1, 3), np.float32),
        Phrase("as_said", {"text": error}) if error else None,
    )


# --- pixels --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        (_seen(level=4.0), ""),
        (_seen(level=3.99), "black: mean level 4.0 of 255 (usable from 4)"),
        (_seen(spread=1.0), ""),
        (_seen(spread=0.99), "flat: levels vary by 0.99 of 255"),
        (_seen(sharpness=4.0), ""),
        (_seen(sharpness=3.9), "blurred: sharpness 3.9 where the flight's median is 100.0 (usable from 4%"),
        (_seen(level=0.0, spread=0.0, sharpness=0.0, error="cut off"), "cut off"),
    ],
)
def test_pixels_at_every_limit(seen: Features, words: str) -> None:
    """At the limit usable, a hair below not: with the numbers."""
    frames = [_frame(f"{k}") for k in range(4)]
    rejects = judge_pixels(frames, [_seen(), _seen(), seen, _seen()], SETTINGS)
    assert [(r.item, r.where) for r in rejects] == ([("2", "pixels")] if words else [])
    assert all(tell(r).reason.startswith(words) for r in rejects)


def test_sharpness_of_a_flight_is_that_of_its_usable_photos() -> None:
    """Flat and unreadable photos do not lower the median: of 100, 100, 0, 0, 0 it is 100."""
    seen = [
        _seen(),
        _seen(),
        _seen(spread=0.5, sharpness=0.0),
        _seen(sharpness=0.0, error="gone"),
        _seen(sharpness=3.0),
    ]
    rejects = judge_pixels([_frame(f"{k}") for k in range(5)], seen, SETTINGS)
    assert [tell(r).reason.split(":")[0] for r in rejects] == ["flat", "gone", "blurred"]
    (alone,) = judge_pixels([_frame()], [_seen(spread=0.0)], SETTINGS)
    assert tell(alone).reason.startswith("flat")


# --- positions and parts -------------------------------------------------------------------------------------------


def test_positions_at_the_limit() -> None:
    """20 km from the median is in, a metre more is another flight; no position is told as such."""
    centres = np.array([[0.0, 0], [0, 0], [12_000, 16_000], [12_000, 16_001.5], [NAN, 0], [0, 0]])
    rejects = judge_positions([_frame(f"{k}") for k in range(6)], centres, SETTINGS)
    assert [(r.item, r.where) for r in rejects] == [("3", "GPS"), ("4", "GPS")]
    assert tell(rejects[0]).reason.startswith("20.0 km from the flight's median position")
    assert "no position" in tell(rejects[1]).reason
    nowhere = judge_positions([_frame()], np.array([[NAN, NAN]]), SETTINGS)
    assert len(nowhere) == 1


def _match(i: int, j: int) -> PairMatch:
    return PairMatch(i, j, NO_ROWS, NO_ROWS, np.eye(2, 3))


def _parts(count: int, pairs: Sequence[tuple[int, int]], centres: Floats | None = None) -> list[Decision]:
    places = np.zeros((count, 2)) if centres is None else centres
    return judge_parts([_frame(f"{k}") for k in range(count)], places, [_match(*p) for p in pairs], SETTINGS)


def test_parts_of_a_flight() -> None:
    """Three and two photos 30 m east and 40 m north of each other, and one alone."""
    centres = np.array([[0.0, 0], [1, 0], [2, 0], [31, 40], [31, 40], [500, 500]])
    (told,) = _parts(6, [(0, 1), (1, 2), (3, 4)], centres)
    assert told.item == "flight of 0"
    assert tell(told).decision == (
        "2 parts that nothing ties to one another (3, 2 photos) and 1 photos tied to none: "
        "between them only GPS holds"
    )
    assert tell(told).evidence == "neighbours share fewer than 15 points; parts 50 m apart"
    (alone,) = _parts(3, [(0, 1)])
    assert tell(alone).decision.startswith(
        "1 parts that nothing ties to one another (2 photos) and 1 photos tied to none"
    )
    (both,) = _parts(4, [(0, 1), (2, 3)])
    assert "tied to none" not in tell(both).decision


def test_whole_flights_are_not_warned_of() -> None:
    """One photo, or all joined: nothing said; no match at all: believed unchecked."""
    assert _parts(1, []) == []
    assert _parts(3, [(0, 1), (1, 2)]) == []
    (told,) = _parts(2, [])
    assert tell(told).decision == "no photo matches a neighbour: its tags are believed unchecked"
    assert "fewer than 15 points" in tell(told).evidence


# --- headings ------------------------------------------------------------------------------------------------------


def _headings(
    frames: Sequence[Frame], seen_deg: Sequence[float], *, convergence_deg: float = 0.0, ties: int = 4,
    centres: Floats | None = None,
) -> tuple[list[Verdict], list[Decision]]:  # fmt: skip
    n = len(frames)
    overlap = Overlap(np.radians(np.array(seen_deg, float)), np.full(n, NAN), np.full(n, ties))
    places = np.column_stack([np.zeros(n), 10.0 * np.arange(n)]) if centres is None else centres
    outcome = judge_headings(frames, np.full(n, RAD(convergence_deg)), places, overlap, SETTINGS)
    assert outcome.rejects == ()
    return outcome.value, list(outcome.decisions)


def _yawed(yaws: Sequence[float | None], **more: object) -> list[Frame]:
    return [_frame(f"{k}", yaw=y, **more) for k, y in enumerate(yaws)]  # type: ignore[arg-type]


def test_yaw_that_agrees_is_believed() -> None:
    """Within 0.35 rad of the overlap, less the convergence: the tag, ± 3°, nothing said."""
    frames = _yawed([10.0] * 4 + [10.0 + math.degrees(0.349)])
    verdicts, decisions = _headings(frames, [8.0] * 5, convergence_deg=2.0)
    assert decisions == []
    for verdict, heading in zip(verdicts, [8.0] * 4 + [8.0 + math.degrees(0.349)], strict=True):
        assert verdict.heading_rad == pytest.approx(RAD(heading))
        assert (verdict.sd_rad, verdict.corrected, verdict.turn_rad, verdict.decision) == (0.052, False, 0.0, None)


@pytest.mark.parametrize(
    ("yaw", "turn", "words", "heading"),
    [
        (188.0, math.pi, "by 180°", 8.0),
        (98.0, math.pi / 2, "by 90°", 8.0),
        (-82.0, -math.pi / 2, "by -90°", 8.0),
        (98.0 + 19.0, math.pi / 2, "by 90°", 27.0),
    ],
)
def test_photo_that_was_turned(yaw: float, turn: float, words: str, heading: float) -> None:
    """By half or a quarter of a turn, to the other four: the tag less the turn, told with the turn."""
    verdicts, (told,) = _headings(_yawed([8.0, 8.0, 8.0, 8.0, yaw]), [8.0] * 5)
    verdict = verdicts[4]
    assert verdict.heading_rad == pytest.approx(RAD(heading))
    assert (verdict.turn_rad, verdict.corrected, verdict.sd_rad) == (turn, True, 0.052)
    assert told.item == "4"
    assert tell(told).decision == f"photo was turned {words} after it was taken: heading corrected to {heading:+.0f}°"
    assert verdict.quiet is False


def test_photo_that_disagrees_otherwise_follows_the_overlap() -> None:
    """45° off is no turn: 0.1 rad over the root of the neighbours."""
    verdicts, (told,) = _headings(_yawed([8.0, 8.0, 8.0, 8.0, 53.0]), [8.0] * 5, ties=4)
    assert verdicts[4].heading_rad == pytest.approx(RAD(8.0))
    assert (verdicts[4].sd_rad, verdicts[4].corrected, verdicts[4].turn_rad) == (0.05, True, 0.0)
    assert tell(told).decision == "yaw tag overruled: heading +8° from overlap"
    assert "gimbal yaw +53°" in tell(told).evidence and "overlap +8°" in tell(told).evidence


def test_photo_without_yaw_takes_the_overlap() -> None:
    """Of a flight with tags or without; one neighbour is ± 0.1 rad."""
    for frames in (_yawed([8.0, None]), _yawed([None, None])):
        verdicts, decisions = _headings(frames, [8.0, 20.0], ties=1)
        assert verdicts[1].heading_rad == pytest.approx(RAD(20.0))
        assert (verdicts[1].sd_rad, verdicts[1].corrected) == (0.1, True)
        assert tell(decisions[-1]).decision == "no yaw tag: heading from overlap with neighbours"
    assert _headings(_yawed([None]), [20.0], ties=0)[0][0].sd_rad == 0.1


def test_flight_yaw_serves_where_the_gimbal_tags_none() -> None:
    """Its heading less the convergence; where neither is there, the photo is rejected by a heading of NaN."""
    verdicts, decisions = _headings([_frame(yaw=None, flight=30.0)], [NAN], convergence_deg=1.0)
    assert verdicts[0].heading_rad == pytest.approx(RAD(29.0))
    assert (verdicts[0].sd_rad, decisions) == (0.052, [])
    (nothing,), decisions = _headings([_frame(yaw=None)], [NAN])
    assert math.isnan(nothing.heading_rad) and math.isnan(nothing.sd_rad)
    assert (nothing.corrected, nothing.decision, nothing.quiet) == (False, None, False)
    assert decisions == []
    # A photo without gimbal yaw among others that have it falls back on the airframe's.
    mixed = [_frame("0", yaw=10.0, flight=10.0), _frame("1", yaw=None, flight=30.0)]
    assert _headings(mixed, [NAN, NAN])[0][1].heading_rad == pytest.approx(RAD(30.0))


def test_heading_of_a_gimbal_rolled_by_half_a_turn() -> None:
    """Straight down a roll of 180° turns the image: 10° become 190°; without a pitch it looks down."""
    verdicts, _ = _headings([_frame(yaw=10.0, roll=180.0)], [-170.0])
    assert verdicts[0].heading_rad == pytest.approx(RAD(-170.0))
    plain, _ = _headings([_frame(yaw=10.0, pitch=None, roll=None)], [10.0])
    assert plain[0].heading_rad == pytest.approx(RAD(10.0))


@pytest.mark.parametrize(("bias", "found"), [(math.degrees(0.349), False), (math.degrees(0.351), True)])
def test_bias_of_the_whole_flight(bias: float, found: bool) -> None:
    """Beyond 0.35 rad against the overlap it is taken off every photo, which is told once, ± half of 10°."""
    verdicts, decisions = _headings(_yawed([8.0 + bias] * 5), [8.0] * 5)
    if not found:
        assert decisions == [] and verdicts[0].sd_rad == 0.052
        return
    (told,) = decisions
    assert told.item == "flight of 0"
    assert tell(told).decision == "gimbal yaw is biased on the whole flight: +20° taken off every photo"
    assert tell(told).evidence == "medians over 5 photos: gimbal yaw minus overlap +20°"
    for verdict in verdicts:
        assert verdict.heading_rad == pytest.approx(RAD(8.0))
        assert (verdict.sd_rad, verdict.corrected, verdict.quiet) == (0.085, True, True)
        assert verdict.decision is not None
        assert tell(verdict.decision).decision == "heading corrected by -20°: gimbal yaw is biased"


def test_bias_is_measured_by_a_flight_yaw_that_agrees() -> None:
    """Gimbal 50° off, flight yaw 5° off the overlap: 45° are taken off; where it disagrees too, the 50°."""
    frames = [_frame(f"{k}", yaw=58.0, flight=13.0) for k in range(4)]
    verdicts, (told,) = _headings(frames, [8.0] * 4)
    assert verdicts[0].heading_rad == pytest.approx(RAD(13.0))
    assert tell(told).evidence == (
        "medians over 4 photos: gimbal yaw minus flight yaw +45°, gimbal yaw minus overlap +50°, "
        "flight yaw minus overlap +5°"
    )
    frames = [_frame(f"{k}", yaw=58.0, flight=40.0) for k in range(4)]
    assert _headings(frames, [8.0] * 4)[0][0].heading_rad == pytest.approx(RAD(8.0))


def test_bias_against_flight_yaw_where_nothing_overlaps() -> None:
    """Gimbal 90° beside the airframe on all photos: the airframe is believed; 15° is how gimbals hang."""
    verdicts, (told,) = _headings([_frame(f"{k}", yaw=100.0, flight=10.0) for k in range(4)], [NAN] * 4)
    assert verdicts[0].heading_rad == pytest.approx(RAD(10.0))
    assert "gimbal yaw minus flight yaw +90°" in tell(told).evidence
    verdicts, decisions = _headings([_frame(f"{k}", yaw=25.0, flight=10.0) for k in range(4)], [NAN] * 4)
    assert decisions == [] and verdicts[0].heading_rad == pytest.approx(RAD(25.0))


def test_bias_is_a_median_that_turned_photos_do_not_pull() -> None:
    """Offsets of 40° three times and −140° twice (turned): 40° around the circle."""
    verdicts, decisions = _headings(_yawed([40.0, 40.0, -140.0, 40.0, -140.0]), [0.0] * 5)
    assert "+40° taken off" in tell(decisions[0]).decision
    assert [round(v.turn_rad, 3) for v in verdicts] == [0, 0, 3.142, 0, 3.142]
    wrapped = _headings(_yawed([175.0] * 3), [-175.0 + 40.0] * 3)[1]
    assert "-50° taken off" in tell(wrapped[0]).decision


def test_unseen_photo_with_tags_that_disagree() -> None:
    """60° between gimbal and airframe: kept, told, ± half of it; 40° at least ± 0.3; 20.0° below 0.35 rad silent."""
    base = [_frame(f"{k}", yaw=10.0, flight=10.0) for k in range(6)]
    for flight, sd in ((70.0, RAD(30.0)), (-30.0, RAD(20.0) if RAD(20.0) > 0.3 else 0.3), (40.0, 0.3), (29.9, None)):
        verdicts, decisions = _headings([*base, _frame("x", yaw=10.0, flight=flight)], [10.0] * 6 + [NAN])
        assert verdicts[6].heading_rad == pytest.approx(RAD(10.0))
        assert verdicts[6].corrected is False
        assert verdicts[6].sd_rad == pytest.approx(0.052 if sd is None else sd)
        assert [tell(d).decision for d in decisions] == (
            []
            if sd is None
            else ["heading +10° kept without confirmation: its yaw tags disagree and no neighbour overlaps"]
        )


@pytest.mark.parametrize(
    "software", ["Microsoft Windows Photo Viewer", "Adobe Photoshop CS6", "GIMP 2.10", "Google Picasa 3"]
)
def test_unseen_photo_that_a_viewer_opened(software: str) -> None:
    """Whatever its tags say it may have been turned: ± 0.3 rad."""
    (verdict,), (told,) = _headings([_frame(yaw=10.0, tags={"Software": software, "Orientation": "6"})], [NAN])
    assert verdict.sd_rad == 0.3
    assert tell(told).decision == (
        f"heading +10° kept without confirmation: opened by {software}, which may have turned it "
        "and no neighbour overlaps"
    )
    assert f'Software "{software}", Orientation "6"' in tell(told).evidence
    assert "no overlap" in tell(told).evidence
    (plain,), decisions = _headings([_frame(yaw=10.0, tags={"Software": "v01.02", "Orientation": "1"})], [NAN])
    assert plain.sd_rad == 0.052 and decisions == []


def test_course_is_part_of_the_evidence_where_it_moves() -> None:
    """5 m east from photo to photo is a course of 90°; 2 m and less are GPS noise, and one photo has none."""
    frames = [_frame(f"{k}", yaw=53.0) for k in range(3)]
    for step, course in ((5.0, True), (2.0, False), (2.1, True)):
        centres = np.column_stack([step * np.arange(3), np.zeros(3)])
        _, decisions = _headings([*_yawed([8.0, 8.0]), _frame("2", yaw=53.0)], [8.0] * 3, centres=centres)
        assert ("GPS course +90°" in tell(decisions[-1]).evidence) == course
    north = np.column_stack([np.zeros(3), 5.0 * np.arange(3)])
    _, decisions = _headings([*_yawed([8.0, 8.0]), _frame("2", yaw=53.0)], [8.0] * 3, centres=north)
    assert "GPS course +0°" in tell(decisions[-1]).evidence
    assert len(frames) == 3
    _, (told,) = _headings([_frame(yaw=None)], [8.0])
    assert tell(told).evidence == "overlap +8° (grid bearings of the image top)"


# --- heights -------------------------------------------------------------------------------------------------------


def _heights(frames: Sequence[Frame], measured: Sequence[float]) -> tuple[Floats, float, float, list[Decision], list]:  # type: ignore[type-arg]
    gsd = np.array(measured, float) / np.array([f.camera.focal_px for f in frames])
    overlap = Overlap(np.full(len(frames), NAN), gsd, np.zeros(len(frames), np.intp))
    outcome = judge_heights(frames, overlap, SETTINGS)
    return *outcome.value, list(outcome.decisions), list(outcome.rejects)


def test_tagged_heights_stay() -> None:
    """Two photos with overlap say nothing of the ground yet: take-off height, ± 2 m and 1 m."""
    heights, ground, sd, decisions, rejects = _heights([_frame(above=100.0), _frame(above=50.0)], [90.0, NAN])
    assert heights.tolist() == [100.0, 50.0]
    assert (ground, sd) == (0.0, math.hypot(2.0, 1.0))
    assert decisions == [] and rejects == []


def test_ground_is_weighed_by_what_overlaps_say() -> None:
    """Offsets 4, 5, 6, 5 m: median 5, MAD 0.5; error of a median of four and 1 % of 95 m; by their variances."""
    frames = [_frame(f"{k}", above=100.0) for k in range(4)]
    _, ground, sd, (told,), _ = _heights(frames, [96.0, 95.0, 94.0, 95.0])
    error = math.hypot(1.2533 * 1.4826 * 0.5 / 2.0, 0.95)
    trust = 4.0 / (4.0 + error**2)
    assert ground == pytest.approx(5.0 * trust)
    assert sd == pytest.approx(math.hypot(error * math.sqrt(trust), 1.0))
    assert told.item == "flight of 0"
    assert tell(told).decision == f"ground plane at {5 * trust:+.1f} m of the take-off height"
    assert tell(told).evidence == "overlaps say 95.0 m above ground, tags 100.0 m"


def test_ground_within_a_metre_is_not_told() -> None:
    """Three photos are enough to weigh, and 0.9 m is within the barometer's error."""
    _, ground, _, decisions, _ = _heights([_frame(above=100.0)] * 3, [99.0, 99.0, 99.0])
    assert 0.5 < ground < 1.0 and decisions == []
    _, lower, _, (told,), _ = _heights([_frame(above=100.0)] * 3, [103.0, 103.0, 103.0])
    assert lower < -2.0 and "-2." in tell(told).decision


def test_photos_at_or_below_the_take_off_are_rejected() -> None:
    """0 m and −3 m: taken before or after the flight; NaN in the heights."""
    frames = [_frame("a", above=100.0), _frame("b", above=0.0), _frame("c", above=-3.0), _frame("d", above=0.1)]
    heights, _, _, _, rejects = _heights(frames, [NAN] * 4)
    assert [(r.item, r.where) for r in rejects] == [("b", "altitude"), ("c", "altitude")]
    assert tell(rejects[1]).reason.startswith("-3 m above take-off: taken before or after")
    np.testing.assert_array_equal(heights, [100.0, NAN, NAN, 0.1])


def test_absolute_altitudes_over_ground_from_the_scale() -> None:
    """560, 570, 580 m with 60, 70, 80 m of scale: ground at 500 m of the altitude; focal lengths of their own."""
    frames = [
        _frame(f"{k}", above=None, height=h, focal_px=f)
        for k, (h, f) in enumerate([(560, 900), (570, 1000), (580, 1100)])
    ]
    heights, ground, _, (told,), rejects = _heights(frames, [60.0, 70.0, 80.0])
    assert heights.tolist() == pytest.approx([60.0, 70.0, 80.0])
    assert tell(told).decision == "no height above take-off: ground taken at 500 m of the tagged altitude"
    assert tell(told).evidence == "scale of 3 photos that overlap"
    assert ground == pytest.approx(0.0) and rejects == []


@pytest.mark.parametrize(("altitude", "believed"), [(589.0, True), (591.0, False), (531.0, True), (529.0, False)])
def test_altitude_far_from_the_scale_gives_way(altitude: float, believed: bool) -> None:
    """Beyond half of the measured 60 m it is GPS noise: the median of all scales is taken, and told."""
    frames = [_frame("x", above=None, height=altitude)] + [_frame(f"{k}", above=None, height=560.0) for k in range(4)]
    heights, _, _, decisions, _ = _heights(frames, [60.0, 60.0, 60.0, 60.0, 66.0])
    assert heights[0] == pytest.approx(altitude - 500.0 if believed else 60.0)
    assert len(decisions) == (1 if believed else 2)
    if not believed:
        assert tell(decisions[1]).decision == "1 photos without a usable height: 60 m above ground taken for them"
        assert tell(decisions[1]).evidence == "scale of 5 photos that overlap"


def test_photos_without_any_height_take_the_scale() -> None:
    """Among tagged ones; one that nothing overlaps is rejected with what to give."""
    frames = [_frame("a", above=100.0), _frame("b", above=None), _frame("c", above=None)]
    heights, _, _, decisions, (reject,) = _heights(frames, [98.0, 90.0, NAN])
    np.testing.assert_array_equal(heights, [100.0, 94.0, NAN])
    assert "1 photos without a usable height: 94 m" in tell(decisions[0]).decision
    assert (reject.item, reject.where) == ("c", "altitude")
    assert tell(reject).reason.startswith("no height above ground")
