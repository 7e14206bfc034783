"""Bundle adjustment: derivatives, recovery of known poses, and what happens where there is nothing to adjust on."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from imagery import ImagerySettings, process_frames
from imagery.camera import rotation_from_attitude, rotation_from_vector
from imagery.orientation.jacobian import Lens, observe
from imagery.orientation.tiepoints import Features, PairMatch
from imagery.orientation.ties import TiePoints, join_matches, thin_ties
from ingest.schema import Camera
from onevisit.words.telling import tell
from tests.imagery.conftest import GRID, Block


def _two_photos() -> tuple[np.ndarray, np.ndarray, Lens, np.ndarray, TiePoints]:
    rng = np.random.default_rng(5)
    rotations = np.array([rotation_from_attitude(a, -1.4, 0.05) for a in (0.3, 2.0)])
    centres = np.array([[0.0, 0.0, 40.0], [10.0, 3.0, 41.0]])
    lens = Lens(
        np.array([[400.0, -0.1, 0.02]] * 2), np.array([[1e-3, -2e-3, 0.01]] * 2), np.array([[200.0, 150.0]] * 2)
    )
    points = rng.uniform(-8, 8, (6, 3)) * [1, 1, 0.3]
    ties = TiePoints(np.repeat([0, 1], 6), np.tile(np.arange(6), 2), np.zeros((12, 2)), 6)
    return rotations, centres, lens, points, ties


def test_analytic_derivatives_match_differences() -> None:
    """Every column of the Jacobian agrees with a central difference."""
    rotations, centres, lens, points, ties = _two_photos()
    seen = observe(rotations, centres, lens, points, ties)
    step = 1e-6
    for axis in range(3):
        unit = np.eye(3)[axis] * step
        turned = [np.array([rotation_from_vector(s * unit) @ r for r in rotations]) for s in (1, -1)]
        by_angle = [observe(t, centres, lens, points, ties).pixels for t in turned]
        by_place = [observe(rotations, centres + s * unit, lens, points, ties).pixels for s in (1, -1)]
        by_point = [observe(rotations, centres, lens, points + s * unit, ties).pixels for s in (1, -1)]
        for pair, column in (
            (by_angle, seen.pose[..., axis]),
            (by_place, seen.pose[..., 3 + axis]),
            (by_point, seen.point[..., axis]),
        ):
            np.testing.assert_allclose((pair[0] - pair[1]) / (2 * step), column, rtol=1e-4, atol=1e-3)
        delta = np.zeros(3)
        delta[axis] = 1e-4
        by_lens = [
            observe(rotations, centres, replace(lens, adjustable=lens.adjustable + s * delta), points, ties).pixels
            for s in (1, -1)
        ]
        np.testing.assert_allclose((by_lens[0] - by_lens[1]) / 2e-4, seen.lens[..., axis], rtol=1e-4, atol=1e-3)


def _features(pixels: list[tuple[float, float]]) -> Features:
    return Features(
        np.array(pixels, float),
        np.zeros((len(pixels), 128), np.uint8),
        100.0,
        40.0,
        100.0,
        np.empty((0, 0, 0), np.float32),
    )


def test_matches_of_three_photos_become_one_tie_point() -> None:
    """A feature matched 0-1 and 1-2 is one point with three observations; one that meets a photo twice is dropped."""
    features = [_features([(1, 1), (2, 2)]), _features([(3, 3), (4, 4)]), _features([(5, 5), (6, 6)])]
    identity = np.eye(2, 3)
    matches = [
        PairMatch(0, 1, np.array([0, 1]), np.array([0, 1]), identity),
        PairMatch(1, 2, np.array([0, 1]), np.array([0, 1]), identity),
        PairMatch(0, 2, np.array([0]), np.array([1]), identity),
    ]
    contradicting = join_matches(features, matches)
    assert contradicting.count == 0
    joined = join_matches(features, matches[:2])
    assert joined.count == 2
    assert sorted(joined.photo.tolist()) == [0, 0, 1, 1, 2, 2]


def test_thinning_keeps_the_longest_chains() -> None:
    """Of two points in one cell the one seen in three photos stays."""
    camera = Camera(800, 600, 800.0, 399.5, 299.5)
    ties = TiePoints(np.array([0, 1, 0, 1, 2]), np.array([0, 0, 1, 1, 1]), np.full((5, 2), 50.0), 2)
    kept = thin_ties(ties, [camera] * 3, per_cell=1)
    assert kept.count == 1
    assert len(kept.photo) == 3


def test_adjustment_recovers_the_tilt(shaken: Block, settings: ImagerySettings) -> None:
    """With 1.2 degrees of unknown tilt and 0.5 m of GPS noise, neighbours agree to a pixel and tilts come back."""
    outcome = process_frames(shaken.frames, replace(settings, mode="refined"), crs=GRID)
    quality = outcome.value.quality
    assert quality.tied == 12
    assert quality.mismatch_m < 0.1
    assert quality.reprojection_error_px < 0.6
    found = np.array([p.rotation for p in outcome.value.poses])
    off = [np.linalg.norm(f[2] - t[2]) for f, t in zip(found, shaken.rotations, strict=True)]
    tagged = [np.linalg.norm(np.array([0, 0, -1.0]) - t[2]) for t in shaken.rotations]
    assert np.median(off) < 0.5 * np.median(tagged)


def test_adjustment_beats_the_tags(shaken: Block, settings: ImagerySettings) -> None:
    """The ground point in the middle of each photo lands nearer to the truth than its tags put it."""

    def errors(mode: str) -> np.ndarray:
        outcome = process_frames(shaken.frames, replace(settings, mode=mode), crs=GRID)
        result = []
        for pose, centre, rotation in zip(outcome.value.poses, shaken.centres, shaken.rotations, strict=True):
            assert pose.rotation is not None
            here = np.array([pose.easting_m, pose.northing_m, pose.height_m])
            level = outcome.value.surface.at(here[:1], here[1:2])[0]
            seen = here + pose.rotation[2] * ((level - here[2]) / pose.rotation[2, 2])
            true = centre - rotation[2] * (centre[2] / rotation[2, 2])
            result.append(np.hypot(*(seen - true)[:2]))
        return np.array(result)

    assert np.median(errors("refined")) < 0.7 * np.median(errors("direct"))


def test_stated_error_covers_the_truth(shaken: Block, settings: ImagerySettings) -> None:
    """At most two of twelve photo centres lie outside of the stated 90 % circle (1.52 times the standard error)."""
    outcome = process_frames(shaken.frames, replace(settings, mode="refined"), crs=GRID)
    outside = 0
    for pose, centre in zip(outcome.value.poses, shaken.centres, strict=True):
        off = math.hypot(pose.easting_m - centre[0], pose.northing_m - centre[1])
        outside += off > 1.52 * pose.position_error_m
    assert outside <= 2


def test_one_photo_stays_on_its_tags(block: Block, settings: ImagerySettings) -> None:
    """Refined mode with nothing to tie falls back to direct and says so."""
    outcome = process_frames(block.frames[:1], replace(settings, mode="refined"), crs=GRID)
    assert any("stays on its tags" in tell(d).decision for d in outcome.decisions)
    assert math.isnan(outcome.value.quality.mismatch_m)


@pytest.mark.parametrize("mode", ["direct", "refined"])
def test_order_of_photos_does_not_matter(block: Block, settings: ImagerySettings, mode: str) -> None:
    """Poses belong to their photos whatever the order they come in."""
    settings = replace(settings, mode=mode)
    forward = process_frames(block.frames, settings, crs=GRID).value.poses
    backward = process_frames(block.frames[::-1], settings, crs=GRID).value.poses[::-1]
    assert [p.item for p in forward] == [p.item for p in backward]
    np.testing.assert_allclose([p.easting_m for p in forward], [p.easting_m for p in backward], atol=1e-6)


def test_batches_hold_every_observation_once() -> None:
    """Batches cut between points, never within one, and their sums by point are those of the whole."""
    rng = np.random.default_rng(4)
    point = rng.integers(0, 40, 300).astype(np.intp)
    ties = TiePoints(rng.integers(0, 9, 300).astype(np.intp), point, rng.random((300, 2)), 40).in_order()
    whole = ties.sum_by_point(ties.pixels)
    parts = list(ties.batches(25))
    assert len(parts) > 5
    assert sum(len(part.photo) for part, _ in parts) == 300
    assert [points.start for _, points in parts[1:]] == [points.stop for _, points in parts[:-1]]
    np.testing.assert_allclose(np.concatenate([p.sum_by_point(p.pixels) for p, _ in parts]), whole)


def test_point_with_more_rays_than_a_batch_holds_is_a_batch() -> None:
    """A batch may not be empty, however long a chain is."""
    ties = TiePoints(np.arange(9), np.repeat(np.arange(3), 3), np.zeros((9, 2)), 3)
    assert [len(part.photo) for part, _ in ties.batches(2)] == [3, 3, 3]
