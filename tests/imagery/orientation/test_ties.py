"""Tie points: what is joined, kept, renumbered and summed, against slow obvious versions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imagery.orientation.tiepoints import Features, PairMatch
from imagery.orientation.ties import TiePoints, join_matches, thin_ties
from ingest.schema import Camera

CAMERA = Camera(800, 600, 800.0, 399.5, 299.5)


def _ties(photo: list[int], point: list[int], pixels: np.ndarray | None = None) -> TiePoints:
    places = np.column_stack([np.arange(len(photo)), 10.0 * np.arange(len(photo))]) if pixels is None else pixels
    return TiePoints(np.array(photo, np.intp), np.array(point, np.intp), places, max(point, default=-1) + 1)


def _features(count: int, first: float) -> Features:
    pixels = np.column_stack([first + np.arange(count), np.full(count, first)])
    return Features(pixels, np.empty((0, 128), np.uint8), 0.0, 0.0, 0.0, np.empty((0, 0, 0), np.float32))


def _match(first: int, second: int, rows: list[tuple[int, int]]) -> PairMatch:
    one, two = (np.array(side, np.intp) for side in zip(*rows, strict=True))
    return PairMatch(first, second, one, two, np.eye(2, 3))


def test_select_drops_points_with_one_ray_and_numbers_the_rest() -> None:
    """Of points 0, 1, 2 the middle one is left with one observation: it goes, 2 becomes 1."""
    ties = _ties([0, 1, 0, 1, 2, 0, 2], [0, 0, 1, 1, 2, 2, 2])
    kept = ties.select(np.array([True, True, True, False, True, True, True]))
    assert kept.photo.tolist() == [0, 1, 2, 0, 2]
    assert kept.point.tolist() == [0, 0, 1, 1, 1]
    assert kept.pixels[:, 0].tolist() == [0, 1, 4, 5, 6]
    assert (kept.count, kept.point.dtype) == (2, np.intp)


def test_order_of_points_keeps_the_order_of_their_rays() -> None:
    """Sorted by point; within a point as before."""
    ordered = _ties([3, 1, 2, 0], [1, 0, 1, 0]).in_order()
    assert ordered.point.tolist() == [0, 0, 1, 1]
    assert ordered.photo.tolist() == [1, 0, 3, 2]
    assert ordered.pixels[:, 0].tolist() == [1, 3, 0, 2]
    assert ordered.count == 2


def test_batches_are_as_full_as_they_may_be() -> None:
    """Points of 2, 2, 3, 1 rays and at most 4 in a batch: two, then two."""
    ties = _ties(list(range(8)), [0, 0, 1, 1, 2, 2, 2, 3])
    parts = list(ties.batches(4))
    assert [(s.start, s.stop) for _, s in parts] == [(0, 2), (2, 4)]
    assert [p.point.tolist() for p, _ in parts] == [[0, 0, 1, 1], [0, 0, 0, 1]]
    assert [p.photo.tolist() for p, _ in parts] == [[0, 1, 2, 3], [4, 5, 6, 7]]
    assert [p.pixels[0, 0] for p, _ in parts] == [0.0, 4.0]
    assert [p.count for p, _ in parts] == [2, 2]
    assert [(s.start, s.stop) for _, s in ties.batches(3)] == [(0, 1), (1, 2), (2, 3), (3, 4)]


def test_sums_by_point() -> None:
    """Rows of each point added up, also of more than one dimension."""
    ties = _ties([0, 1, 0, 1, 2], [0, 0, 1, 1, 1])
    assert ties.sum_by_point(ties.pixels).tolist() == [[1.0, 10.0], [9.0, 90.0]]
    assert ties.sum_by_point(np.ones((5, 2, 2))).tolist() == [[[2.0] * 2] * 2, [[3.0] * 2] * 2]


def test_chains_get_their_photos_and_pixels() -> None:
    """Features 0-1 and 1-2 joined: one point with the pixels of the three features; unmatched features are not in."""
    features = [_features(3, 0.0), _features(2, 100.0), _features(4, 200.0)]
    ties = join_matches(features, [_match(0, 1, [(2, 0)]), _match(1, 2, [(0, 3)]), _match(0, 2, [(0, 1)])])
    found = {(int(p), tuple(x)) for p, x in zip(ties.photo, ties.pixels.tolist(), strict=True)}
    assert found == {(0, (2, 0)), (1, (100, 100)), (2, (203, 200)), (0, (0, 0)), (2, (201, 200))}
    assert ties.count == 2
    by_point = {tuple(sorted(ties.photo[ties.point == k].tolist())) for k in range(2)}
    assert by_point == {(0, 1, 2), (0, 2)}


def test_no_matches_are_no_ties() -> None:
    """Empty, and of the right shape."""
    ties = join_matches([_features(3, 0.0)], [])
    assert (len(ties.photo), len(ties.point), ties.pixels.shape, ties.count) == (0, 0, (0, 2), 0)


def test_only_the_contradicting_chain_is_dropped() -> None:
    """One chain meets photo 2 in two places, the other does not."""
    features = [_features(2, 0.0), _features(2, 100.0), _features(3, 200.0)]
    ties = join_matches(
        features, [_match(0, 1, [(0, 0), (1, 1)]), _match(1, 2, [(0, 0), (1, 1)]), _match(0, 2, [(0, 2)])]
    )
    assert ties.count == 1
    assert ties.pixels.tolist() == [[1.0, 0.0], [101.0, 100.0], [201.0, 200.0]]


def test_one_point_a_cell_of_a_photo() -> None:
    """8 cells of 100 px along the long side: points in one cell compete, in two cells they do not; ties by number."""
    pixels = np.repeat([[99.0, 50.0], [99.5, 99.5], [100.0, 50.0], [99.0, 100.0]], 2, axis=0)
    ties = _ties([0, 1] * 4, [0, 0, 1, 1, 2, 2, 3, 3], pixels)
    kept = thin_ties(ties, [CAMERA] * 2, per_cell=1)
    assert sorted({tuple(p) for p in kept.pixels.tolist()}) == [(99.0, 50.0), (99.0, 100.0), (100.0, 50.0)]
    assert thin_ties(ties, [CAMERA] * 2, per_cell=2).count == 4
    assert thin_ties(ties, [CAMERA] * 2, per_cell=1, cells=4).count == 1


def test_a_point_stays_if_any_photo_wants_it() -> None:
    """Crowded in photo 0, alone in its cell of photo 1."""
    pixels = np.array([[10.0, 10.0], [10, 10], [12, 12], [700, 500]])
    kept = thin_ties(_ties([0, 1, 0, 1], [0, 0, 1, 1], pixels), [CAMERA] * 2, per_cell=1)
    assert kept.count == 2


def test_cells_are_those_of_each_camera() -> None:
    """A camera of 1600 px has cells of 200 px; an upright one counts its height; pixels beyond belong to the last."""
    for camera in (Camera(1600, 600, 800.0, 0, 0), Camera(600, 1600, 800.0, 0, 0)):
        pixels = np.array([[110.0, 10.0], [110, 10], [190, 190], [190, 190], [9000, 9000], [9000, 9000]])
        kept = thin_ties(_ties([0, 1] * 3, [0, 0, 1, 1, 2, 2], pixels), [camera] * 2, per_cell=1)
        assert kept.count == 2


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 3))
def test_thinning_against_a_slow_version(seed: int, per_cell: int) -> None:
    """The longest chains of every cell of every photo, lower numbers first, and nothing else."""
    rng = np.random.default_rng(seed)
    chains = [rng.permutation(4)[: rng.integers(2, 5)] for _ in range(30)]
    photo = np.concatenate(chains)
    point = np.concatenate([np.full(len(chain), k) for k, chain in enumerate(chains)])
    pixels = rng.uniform(0, 1, (len(photo), 2)) * [800, 600]
    ties = TiePoints(photo.astype(np.intp), point.astype(np.intp), pixels, 30)
    length = np.bincount(point)
    wanted = set()
    for k in range(4):
        for cell in range(64):
            here = [
                (-length[p], p)
                for p, c in zip(point[photo == k], pixels[photo == k] // 100, strict=True)
                if c[0] * 8 + c[1] == cell
            ]
            wanted |= {int(p) for _, p in sorted(here)[:per_cell]}
    kept = thin_ties(ties, [CAMERA] * 4, per_cell=per_cell)
    assert sorted(map(tuple, kept.pixels.tolist())) == sorted(
        tuple(x) for x, p in zip(pixels.tolist(), point, strict=True) if int(p) in wanted
    )


@pytest.mark.parametrize("most", [1, 2, 7, 100])
def test_batches_lose_nothing(most: int) -> None:
    """Whatever the size: all observations once, in order."""
    ties = _ties(list(range(10)), [0, 0, 1, 2, 2, 2, 2, 3, 3, 4])
    assert np.concatenate([p.photo for p, _ in ties.batches(most)]).tolist() == list(range(10))
