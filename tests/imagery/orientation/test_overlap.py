"""Headings, scales and boresight from overlaps: flights made by hand come back, wild pairs do not pull them."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from imagery import ImagerySettings
from imagery.orientation.overlap import estimate_boresight, measure_overlap, wrap
from imagery.orientation.tiepoints import PairMatch
from ingest.schema import Camera, Frame, Pose

Floats = NDArray[np.float64]
WIDE = Camera(1000, 800, 1000.0, 510.0, 390.0)
TELE = Camera(1200, 900, 1500.0, 590.0, 460.0)
SETTINGS = ImagerySettings(gps_relative_sd_m=0.8, tilt_sd_rad=0.026, min_baseline_ratio=0.05, boresight_sd_rad=0.035)
NO_ROWS = np.empty(0, np.intp)


def _frame(k: int, camera: Camera = WIDE) -> Frame:
    return Frame(f"{k}", Path(f"{k}"), camera, Pose(104.0, 30.0))


def _to_ground(heading: float) -> Floats:
    """Image right and image bottom as east and north: the top points to the heading."""
    return np.array([[math.cos(heading), -math.sin(heading)], [-math.sin(heading), -math.cos(heading)]])


def _pair(
    frames: list[Frame], centres: Floats, headings: Floats, gsd: Floats, i: int, j: int, axes: Floats | None = None
) -> PairMatch:
    """The similarity that takes pixels of one nadir photo to those of another, from where both are."""
    axes = np.zeros_like(centres) if axes is None else axes
    middle = [np.array([f.camera.centre_x_px, f.camera.centre_y_px]) for f in (frames[i], frames[j])]
    linear = np.linalg.inv(_to_ground(headings[j])) @ _to_ground(headings[i]) * gsd[i] / gsd[j]
    apart = np.linalg.inv(_to_ground(headings[j])) @ ((centres + axes)[i] - (centres + axes)[j]) / gsd[j]
    return PairMatch(i, j, NO_ROWS, NO_ROWS, np.column_stack([linear, middle[1] + apart - linear @ middle[0]]))


CENTRES = np.array([[0.0, 0.0], [12.0, 5.0], [25.0, -3.0], [20.0, 18.0], [3.0, 20.0]])
HEADINGS = np.array([0.4, 0.5, -2.0, 3.0, 1.5])
HEIGHTS = np.array([100.0, 104.0, 96.0, 110.0, 100.0])
FRAMES = [_frame(0), _frame(1), _frame(2, TELE), _frame(3), _frame(4, TELE)]
GSD = HEIGHTS / np.array([f.camera.focal_px for f in FRAMES])
PAIRS = [(0, 1), (1, 2), (2, 3), (3, 4), (0, 4), (1, 3)]
MATCHES = [_pair(FRAMES, CENTRES, HEADINGS, GSD, i, j) for i, j in PAIRS]


@pytest.mark.parametrize(
    ("angle", "expected"), [(0.0, 0.0), (4.0, 4.0 - 2 * math.pi), (-4.0, 2 * math.pi - 4.0), (math.pi, -math.pi)]
)
def test_angles_are_brought_into_one_turn(angle: float, expected: float) -> None:
    """From −π, which is in, to π, which is not."""
    assert float(wrap(angle)) == pytest.approx(expected)


def test_a_flight_of_two_cameras_comes_back() -> None:
    """Five photos of all headings and heights, principal points off the middle: exact."""
    found = measure_overlap(FRAMES, CENTRES, MATCHES, SETTINGS)
    np.testing.assert_allclose(wrap(found.heading - HEADINGS), 0.0, atol=1e-6)
    np.testing.assert_allclose(found.gsd, GSD, rtol=1e-6)
    assert found.ties.tolist() == [2, 3, 2, 3, 2]


def test_wild_pairs_do_not_pull() -> None:
    """One match of seven that says another turn and another scale moves the rest by a degree and 5 % at most."""
    wrong = _pair(FRAMES, CENTRES, HEADINGS + np.array([1.5, 0, 0, 0, 0]), GSD * [1.6, 1, 1, 1, 1], 0, 2)
    found = measure_overlap(FRAMES, CENTRES, [*MATCHES, wrong], SETTINGS)
    assert np.abs(wrap(found.heading - HEADINGS)).max() < 0.02
    assert np.abs(found.gsd / GSD - 1.0).max() < 0.06


def test_what_is_not_tied_is_not_known() -> None:
    """A sixth photo without a match, and two that hover over one place, have neither heading nor scale."""
    frames = [*FRAMES, _frame(5), _frame(6), _frame(7)]
    centres = np.vstack([CENTRES, [[90.0, 0.0], [120.0, 0.0], [121.5, 0.0]]])
    hover = _pair(frames, centres, np.zeros(8), np.full(8, 0.1), 6, 7)
    found = measure_overlap(frames, centres, [*MATCHES, hover], SETTINGS)
    assert np.isfinite(found.heading).tolist() == [True] * 5 + [False] * 3
    assert np.isfinite(found.gsd).tolist() == [True] * 5 + [False] * 3
    assert found.ties.tolist() == [2, 3, 2, 3, 2, 0, 1, 1]
    nothing = measure_overlap(frames, centres, [hover], SETTINGS)
    assert np.isnan(nothing.heading).all() and np.isnan(nothing.gsd).all()
    assert len(measure_overlap(frames, centres, [], SETTINGS).heading) == 8


@pytest.mark.parametrize(
    ("apart_m", "gsd", "told"),
    [
        (1.6, 0.03, True),  # twice the GPS noise, 53 px
        (1.59, 0.03, False),
        (5.0, 5.0 / 50.0, True),  # a twentieth of 1000 px
        (5.0, 5.0 / 49.9, False),
    ],
)
def test_baselines_must_be_long_enough_on_the_ground_and_in_the_photo(apart_m: float, gsd: float, told: bool) -> None:
    """At both limits and a hair below: a shorter one says nothing of the heading."""
    frames, centres = [_frame(0), _frame(1)], np.array([[0.0, 0.0], [apart_m, 0.0]])
    match = _pair(frames, centres, np.zeros(2), np.full(2, gsd), 0, 1)
    match = replace(match, similarity=match.similarity.round(9))
    assert np.isfinite(measure_overlap(frames, centres, [match], SETTINGS).heading).all() == told


def test_long_baselines_count_more() -> None:
    """Headings of a long and of a short baseline that disagree are weighed by (1.6 / length + 0.026)⁻²."""
    frames, centres = [_frame(0), _frame(1), _frame(2)], np.array([[0.0, 0.0], [40.0, 0.0], [8.0, 0.0]])
    gsd = np.full(3, 0.1)
    # Each match is made for a heading of photo 0 of its own; the two others agree with theirs.
    long = _pair(frames, centres, np.array([0.02, 0.02, 0.0]), gsd, 0, 1)
    short = _pair(frames, centres, np.array([-0.02, 0.0, -0.02]), gsd, 0, 2)
    found = measure_overlap(frames, centres, [long, short], SETTINGS).heading
    weight = [(1.6 / length + 0.026) ** -2 for length in (40.0, 8.0)]
    expected = 0.02 * (weight[0] - weight[1]) / sum(weight)
    assert found[0] == pytest.approx(expected, abs=3e-4)


# --- boresight -----------------------------------------------------------------------------------------------------


def _looking_aside(beta: Floats, turns: Floats) -> list[PairMatch]:
    """Matches of photos whose axes meet the ground aside of their nadirs, by a boresight fixed to the camera."""
    spin = [np.array([[math.cos(-t), -math.sin(-t)], [math.sin(-t), math.cos(-t)]]) for t in turns]
    axes = np.array([h * _to_ground(a) @ s @ beta for h, a, s in zip(HEIGHTS, HEADINGS, spin, strict=True)])
    return [_pair(FRAMES, CENTRES, HEADINGS, GSD, i, j, axes) for i, j in PAIRS]


@pytest.mark.parametrize("turns", [np.zeros(5), np.array([0.0, math.pi, 0.0, math.pi / 2, 0.0])])
def test_boresight_comes_back(turns: Floats) -> None:
    """Right and bottom of the image as taken, also where a viewer turned it; the prior pulls a little."""
    beta, exact = np.array([0.02, -0.03]), replace(SETTINGS, boresight_sd_rad=1e3)
    matches = _looking_aside(beta, turns)
    found, sd = estimate_boresight(FRAMES, CENTRES, HEIGHTS, HEADINGS, turns, matches, exact)
    np.testing.assert_allclose(found, beta, atol=1e-6)
    assert ((sd > 0.002) & (sd < 0.02)).all()
    pulled, _ = estimate_boresight(FRAMES, CENTRES, HEIGHTS, HEADINGS, turns, matches, SETTINGS)
    assert np.linalg.norm(pulled) < np.linalg.norm(beta)
    np.testing.assert_allclose(pulled, beta, atol=0.003)


def test_boresight_of_two_opposite_photos_by_hand() -> None:
    """Headings 0 and π from 100 m: axes 200 m × β apart, σ² = 2 · 0.8² + 2 · 2.6², and the prior."""
    frames, centres = [_frame(0), _frame(1)], np.array([[0.0, 0.0], [20.0, 0.0]])
    headings, heights, gsd = np.array([0.0, math.pi]), np.full(2, 100.0), np.full(2, 0.1)
    axes = np.array([h * _to_ground(a) @ [0.02, 0.01] for h, a in zip(heights, headings, strict=True)])
    match = _pair(frames, centres, headings, gsd, 0, 1, axes)
    found, sd = estimate_boresight(frames, centres, heights, headings, np.zeros(2), [match], SETTINGS)
    weight, prior = 200.0**2 / (2 * 0.8**2 + 2 * 2.6**2), 0.035**-2
    np.testing.assert_allclose(found, np.array([0.02, 0.01]) * weight / (weight + prior), rtol=1e-6)
    np.testing.assert_allclose(sd, 1.0 / math.sqrt(weight + prior), rtol=1e-6)


def test_boresight_outliers_are_weighted_down() -> None:
    """One wild match of seven moves the angle by less than a tenth of what it says."""
    wild = _pair(FRAMES, CENTRES, HEADINGS, GSD, 0, 2, np.array([[60.0, 0.0]] + [[0.0, 0.0]] * 4))
    found, _ = estimate_boresight(FRAMES, CENTRES, HEIGHTS, HEADINGS, np.zeros(5), [*MATCHES, wild], SETTINGS)
    assert np.abs(found).max() < 0.01


def test_boresight_stays_zero_where_nothing_tells_it() -> None:
    """One heading, no match, or photos whose heading or height nobody knows: zero, with the error of the prior."""
    one = np.full(5, 0.4)
    matches = [_pair(FRAMES, CENTRES, one, np.full(5, 0.1), i, j) for i, j in PAIRS]
    level = np.array([100.0, 100.0, 150.0, 100.0, 150.0])
    same, sd = estimate_boresight(FRAMES, CENTRES, level, one, np.zeros(5), matches[:1], SETTINGS)
    np.testing.assert_allclose(same, 0.0, atol=1e-9)
    np.testing.assert_allclose(sd, 0.035)
    unknown = np.full(5, np.nan)
    for heights, headings, found in (
        (HEIGHTS, HEADINGS, []), (HEIGHTS, unknown, MATCHES), (unknown, HEADINGS, MATCHES),
    ):  # fmt: skip
        angle, sd = estimate_boresight(FRAMES, CENTRES, heights, headings, np.zeros(5), found, SETTINGS)
        assert angle.tolist() == [0.0, 0.0] and sd.tolist() == [0.035, 0.035]
