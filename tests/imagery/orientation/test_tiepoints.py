"""Features where they are, photos described as they are, pairs that are near, matches that are mutual."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from imagery import ImagerySettings
from imagery.orientation.tiepoints import (
    Features,
    _grey,
    _mutual_matches,
    _sharpness,
    _small,
    decoding_reduction,
    extract_features,
    match_neighbours,
    neighbour_pairs,
    parallel,
    reduce_for,
    tie_photos,
)
from imagery.photocache import forget_photos
from ingest.schema import Camera, Frame, Pose
from onevisit.words.telling import say
from tests.imagery.conftest import make_texture

SETTINGS = ImagerySettings(feature_px=200, coarse_px=100, features=300, coarse_features=100, min_matches=15)


def _frame(path: Path, pixels: NDArray[np.generic], kind: str = "rgb") -> Frame:
    """A photo on disk, without loss."""
    cv2.imwrite(str(path), pixels[..., ::-1] if pixels.ndim == 3 else pixels)
    rows, columns = pixels.shape[:2]
    return Frame(path.name, path, Camera(columns, rows, 400.0, 199.5, 149.5), Pose(104.0, 30.0), kind=kind)


def _bare(count: int, descriptors: NDArray[np.uint8] | None = None) -> Features:
    described = np.zeros((count, 128), np.uint8) if descriptors is None else descriptors
    return Features(np.zeros((count, 2)), described, 0.0, 0.0, 0.0, np.empty((0, 0, 0), np.float32))


@pytest.mark.parametrize(
    ("long_side", "wanted", "reduce"),
    [(8000, 1000, 8), (7200, 1000, 8), (7199, 1000, 4), (3600, 1000, 4), (3599, 1000, 2), (1800, 1000, 2),
     (1799, 1000, 1), (100, 1000, 1)],
)  # fmt: skip
def test_reduction_leaves_nine_tenths_of_what_is_wanted(long_side: int, wanted: int, reduce: int) -> None:
    """At the limit and one pixel below it, for every reduction that a JPEG knows."""
    assert reduce_for(long_side, wanted) == reduce


@pytest.mark.parametrize(
    ("own", "pixel", "reduce"),
    [(0.1, 0.1, 1), (0.2, 0.1, 1), (0.1, 0.15, 1), (0.1, 0.2, 2), (0.1, 0.39, 2), (0.1, 0.4, 4), (0.1, 0.8, 8),
     (0.1, 9.0, 8)],
)  # fmt: skip
def test_reduction_for_a_coarser_mosaic(own: float, pixel: float, reduce: int) -> None:
    """A photo of 10 cm is decoded at half size for 20 cm, never coarser than the mosaic."""
    assert decoding_reduction(own, pixel) == reduce


def test_parallel_keeps_the_order() -> None:
    """Results in the order of the items."""
    assert parallel(lambda v: v * v, range(20)) == [v * v for v in range(20)]


@pytest.mark.parametrize(("size", "coarse"), [(400, True), (400, False), (200, False)])
def test_features_are_where_the_photo_shows_them(tmp_path: Path, size: int, coarse: bool) -> None:
    """A round spot of the full photo, sought in one two or four times smaller, is found at its middle."""
    row, column = np.mgrid[0:size, 0:size]
    spot = np.exp(-((column - 121.0) ** 2 + (row - 83.0) ** 2) / (2 * 8.0**2))
    grey = (60 + 150 * spot).round().astype(np.uint8)
    (found,) = extract_features([_frame(tmp_path / "a.png.tif", np.dstack([grey] * 3))], SETTINGS, coarse=coarse)
    nearest = found.pixels[np.argmin(np.hypot(*(found.pixels - [121.0, 83.0]).T))]
    np.testing.assert_allclose(nearest, [121.0, 83.0], atol=0.25 if coarse else 0.12)
    assert found.descriptors.shape == (len(found.pixels), 128) and found.descriptors.dtype == np.uint8
    assert found.error is None


def test_coarse_features_are_fewer(tmp_path: Path) -> None:
    """Of a picture full of corners: about 100 coarse ones of 100 px, about 300 of 200 px."""
    frame = _frame(tmp_path / "a.tif", make_texture()[:400, :400])
    coarse, fine = (extract_features([frame], SETTINGS, coarse=c)[0] for c in (True, False))
    assert len(coarse.pixels) == pytest.approx(100, abs=10)
    assert len(fine.pixels) == pytest.approx(300, abs=15)


def test_photo_without_features_is_described_all_the_same(tmp_path: Path) -> None:
    """One grey: no features, level 90, no spread, no sharpness, 50 px wide."""
    (found,) = extract_features(
        [_frame(tmp_path / "a.tif", np.full((300, 400, 3), 90, np.uint8))], SETTINGS, coarse=False
    )
    assert (len(found.pixels), found.pixels.shape, found.descriptors.shape) == (0, (0, 2), (0, 128))
    assert (found.level, found.spread, found.sharpness, found.error) == (90.0, 0.0, 0.0, None)
    assert found.small.shape == (37, 50, 3) and found.small == pytest.approx(90.0)


def test_photo_that_cannot_be_read_has_the_reason(tmp_path: Path) -> None:
    """No pixels, and the words of the reader."""
    frame = replace(_frame(tmp_path / "a.tif", np.zeros((30, 40, 3), np.uint8)), path=tmp_path / "gone.tif")
    (found,) = extract_features([frame], SETTINGS, coarse=False)
    assert found.error is not None and "cannot be read" in say(found.error)
    assert (found.level, found.spread, found.sharpness) == (0.0, 0.0, 0.0)
    assert (found.pixels.shape, found.descriptors.shape, found.small.size) == ((0, 2), (0, 128), 0)


def test_level_and_spread_of_eight_bits() -> None:
    """Half 40, half 80, averaged over bands: mean 60, deviation 20, not stretched."""
    image = np.full((10, 10, 3), 40, np.uint8)
    image[:5] = 80
    grey, level, spread = _grey(image)
    assert (level, spread, grey.dtype) == (60.0, 20.0, np.uint8)
    assert set(np.unique(grey)) == {40, 80}
    coloured = np.dstack([np.full((4, 4), v, np.uint8) for v in (30, 60, 120)])
    assert _grey(coloured)[1] == 70.0


def test_more_bits_are_stretched_from_the_first_to_the_ninety_ninth_percentile() -> None:
    """A ramp of 1001 values: 10 becomes 0, 990 becomes 255, the middle 127; gaps are no values."""
    ramp = np.arange(1001.0, dtype=np.float32).reshape(1, -1, 1) + 5000.0
    grey, level, spread = _grey(ramp)
    assert (grey[0, 10], grey[0, 990], grey[0, 500]) == (0, 255, 127)
    assert grey[0, 11 + 3] == math.floor(4 / 980 * 255)
    assert level == pytest.approx(127.0, abs=0.6)
    assert spread == pytest.approx(74.6, abs=0.7)
    counts = _grey((ramp * 3).astype(np.uint16))
    np.testing.assert_array_equal(counts[0], grey)
    assert _grey(np.full((5, 5, 1), 3.0, np.float32))[1:] == (0.0, 0.0)


def test_sharpness_is_that_of_the_blurred_direction() -> None:
    """Stripes change across, not along: along them the second difference is nothing; noise changes everywhere."""
    stripes = np.tile(np.array([0, 0, 200, 200], np.uint8), (40, 10))
    assert _sharpness(stripes) == 0.0
    assert _sharpness(stripes.T.copy()) == 0.0
    diagonal = np.where((np.add.outer(np.arange(200), np.arange(200)) // 2) % 2, 200, 0).astype(np.uint8)
    assert _sharpness(diagonal) < 2000.0  # constant along one diagonal but for the edge
    assert _sharpness(diagonal[:, ::-1].copy()) < 2000.0
    noise = np.random.default_rng(0).normal(100, 10, (300, 300)).round().astype(np.uint8)
    assert _sharpness(noise) == pytest.approx(6 * 100.0, rel=0.06)  # weights 1, −2, 1: six times the variance


def test_small_versions_are_means() -> None:
    """200 px become 50 of 4 px each; a photo of less than 50 px stays; an upright one is as wide."""
    ramp = np.tile(np.arange(200.0)[None, :, None], (120, 1, 2))
    small = _small(ramp)
    assert (small.shape, small.dtype) == ((30, 50, 2), np.float32)
    np.testing.assert_allclose(small[3, :, 1], 1.5 + 4 * np.arange(50))
    assert _small(np.zeros((30, 40, 1))).shape == (30, 40, 1)
    assert _small(np.zeros((400, 100, 3))).shape == (200, 50, 3)
    assert _small(np.zeros((1, 200, 3))).shape == (1, 50, 3)


@pytest.mark.parametrize("kind", ["rgb", "thermal"])
def test_features_in_what_is_kept_for_the_mosaic(tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Kept at full size, features at half: the kept photo is shrunk by means; a thermal one is read anew."""
    forget_photos()
    frame = _frame(tmp_path / "a.tif", make_texture()[:301, :400], kind)
    plain = extract_features([frame], SETTINGS, coarse=False)[0]
    from imagery.orientation import tiepoints

    read: list[str] = []
    reader = tiepoints.read_values

    def counted(frame: Frame, *, reduce: int = 1) -> NDArray[np.generic]:
        read.append(frame.item)
        return reader(frame, reduce=reduce)

    monkeypatch.setattr(tiepoints, "read_values", counted)
    kept = extract_features([frame], SETTINGS, coarse=False, kept=1)[0]
    assert len(read) == (0 if kind == "rgb" else 1)
    extract_features([frame], SETTINGS, coarse=False, kept=2)  # no smaller than what is kept: read as ever
    assert len(read) == (1 if kind == "rgb" else 2)
    assert kept.level == pytest.approx(plain.level, abs=1.0)
    assert len(kept.pixels) == pytest.approx(len(plain.pixels), rel=0.1)
    forget_photos()


# --- pairs ---------------------------------------------------------------------------------------------------------


def test_pairs_are_the_nearest_and_the_next() -> None:
    """On a line with two neighbours each: those beside; a far one only where it is next in order and in reach."""
    centres = np.array([[0.0, 0], [10, 0], [20, 0], [30, 0], [75, 0]])
    two = replace(SETTINGS, neighbours=2)
    assert neighbour_pairs(centres, two, reach_m=45.0) == [(0, 1), (0, 2), (1, 2), (1, 3), (2, 3), (3, 4)]
    assert neighbour_pairs(centres, two, reach_m=44.9) == [(0, 1), (0, 2), (1, 2), (1, 3), (2, 3)]
    one = replace(SETTINGS, neighbours=1)
    assert neighbour_pairs(centres[:4], one, reach_m=10.0) == [(0, 1), (1, 2), (2, 3)]
    assert neighbour_pairs(centres[:4], one, reach_m=9.9) == []


def test_few_photos_have_few_pairs() -> None:
    """None of one, one of two, all of three, whatever number of neighbours is asked for."""
    centres = np.array([[0.0, 0], [3, 4], [6, 8]])
    assert neighbour_pairs(centres[:1], SETTINGS, reach_m=99.0) == []
    assert neighbour_pairs(centres[:2], SETTINGS, reach_m=5.0) == [(0, 1)]
    assert neighbour_pairs(centres, SETTINGS, reach_m=99.0) == [(0, 1), (0, 2), (1, 2)]


def test_photos_next_in_order_are_paired_though_others_are_nearer() -> None:
    """A strip end 30 m from the next strip's beginning, with nearer ones around."""
    centres = np.array([[0.0, 0], [1, 0], [2, 0], [30, 0], [31, 0], [32, 0]])
    assert (2, 3) in neighbour_pairs(centres, replace(SETTINGS, neighbours=2), reach_m=28.0)
    assert (2, 3) not in neighbour_pairs(centres, replace(SETTINGS, neighbours=2), reach_m=27.9)


# --- matches -------------------------------------------------------------------------------------------------------


def _unit(*hot: int) -> NDArray[np.uint8]:
    rows = np.zeros((len(hot), 128), np.uint8)
    rows[np.arange(len(hot)), hot] = 200
    return rows


def test_matches_are_mutual_and_distinct() -> None:
    """Rows that are each other's best; of two that want the same only one; none where the second is as good."""
    rows, columns = _mutual_matches(_unit(3, 5, 7), _unit(7, 9, 3), 0.8)
    assert (rows.tolist(), columns.tolist()) == ([0, 2], [2, 0])
    twice = _unit(3, 3)
    twice[1, 4] = 50
    rows, columns = _mutual_matches(twice, _unit(3, 9), 0.8)
    assert (rows.tolist(), columns.tolist()) == ([0], [0])
    assert _mutual_matches(_unit(3), _unit(3, 3), 0.8)[0].tolist() == []


@pytest.mark.parametrize(("ratio", "kept"), [(0.99, True), (0.81, True), (0.79, False)])
def test_ratio_of_distances(ratio: float, kept: bool) -> None:
    """Root descriptors at squared distances in the proportion 0.64: distances 0.8 times as far."""
    near, far = 0.5, 0.5 / 0.64  # squared distances 2 − 2 cos of unit vectors
    cos = [1 - near / 2, 1 - far / 2]
    one = np.zeros((1, 128))
    one[0, 0] = 1.0
    two = np.zeros((2, 128))
    for k, c in enumerate(cos):
        two[k, 0], two[k, 1 + k] = c, math.sqrt(1 - c * c)
    squares = [np.round(v**2 * 255).astype(np.uint8) for v in (one, two)]
    assert len(_mutual_matches(*squares, ratio)[0]) == int(kept)


def test_brighter_descriptors_are_the_same_place() -> None:
    """Only the shares of a descriptor count; an empty one does no harm."""
    rng = np.random.default_rng(0)
    one = rng.integers(0, 80, (5, 128)).astype(np.uint8)
    two = (one * 3).astype(np.uint8)
    assert _mutual_matches(one, two, 0.8)[1].tolist() == [0, 1, 2, 3, 4]
    assert _mutual_matches(np.zeros((1, 128), np.uint8), two, 0.8)[0].tolist() == []


def _scattered(count: int, seed: int = 0) -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
    rng = np.random.default_rng(seed)
    return rng.uniform(0, 400, (count, 2)), rng.integers(0, 255, (count, 128)).astype(np.uint8)


def _moved(wild: int = 0, count: int = 60, off: float = 150.0) -> list[Features]:
    """The same features turned by a quarter, doubled and shifted; some of them in a wrong place."""
    pixels, descriptors = _scattered(count)
    there = pixels @ np.array([[0.0, 2.0], [-2.0, 0.0]]) + [900.0, 50.0]
    there[:wild] += off
    empty = np.empty((0, 0, 0), np.float32)
    return [Features(p, descriptors, 0.0, 0.0, 0.0, empty) for p in (pixels, there)]


def test_similarity_takes_the_first_photo_to_the_second() -> None:
    """A quarter of a turn, twice the size: (x, y) → (900 − 2 y, 50 + 2 x); wild matches are left out."""
    (match,) = match_neighbours(_moved(wild=10), [(0, 1)], SETTINGS, scale_px=1.0)
    np.testing.assert_allclose(match.similarity, [[0, -2, 900], [2, 0, 50]], atol=1e-6)
    assert (match.first, match.second) == (0, 1)
    assert match.rows_first.tolist() == match.rows_second.tolist() == list(range(10, 60))


def test_inliers_are_counted_in_pixels_of_the_reduced_photo() -> None:
    """Matches 12 px aside are wrong at full size and right where a pixel spans four."""
    features = _moved(wild=8, off=12.0 / math.sqrt(2.0))
    close, wide = (match_neighbours(features, [(0, 1)], SETTINGS, scale_px=s)[0] for s in (1.0, 4.0))
    assert close.rows_first.tolist() == list(range(8, 60))
    assert len(wide.rows_first) == 60


@pytest.mark.parametrize(("count", "matched"), [(15, 1), (14, 0)])
def test_fifteen_matches_are_enough(count: int, matched: int) -> None:
    """At the least number of matches and one below."""
    assert len(match_neighbours(_moved(count=count), [(0, 1)], SETTINGS, scale_px=1.0)) == matched


def test_pairs_that_share_too_little_are_left_out() -> None:
    """No features, other features, and right features in wrong places: no match; the others stay in order."""
    good = _moved()
    other = Features(*_scattered(60, 9), 0.0, 0.0, 0.0, np.empty((0, 0, 0), np.float32))
    shuffled = replace(good[1], pixels=np.random.default_rng(3).uniform(0, 400, (60, 2)))
    features = [good[0], good[1], _bare(0), other, shuffled]
    pairs = [(0, 1), (0, 2), (2, 0), (0, 3), (0, 4), (1, 0)]
    found = match_neighbours(features, pairs, SETTINGS, scale_px=1.0)
    assert [(m.first, m.second) for m in found] == [(0, 1), (1, 0)]


def test_batches_tie_the_same_photos(tmp_path: Path) -> None:
    """Four photos of one ground in batches of two: all pairs, in order, and no descriptors are held at the end."""
    texture = make_texture()
    frames = [_frame(tmp_path / f"{k}.tif", texture[100:400, 60 * k : 60 * k + 400]) for k in range(4)]
    pairs = [(0, 1), (0, 3), (1, 2), (2, 3)]
    few = replace(SETTINGS, batch_photos=2)
    features, matches = tie_photos(frames, pairs, few, coarse=False, scale_px=2.0)
    assert [(m.first, m.second) for m in matches] == pairs
    for match in matches:
        shift = 60.0 * (match.second - match.first)
        np.testing.assert_allclose(match.similarity, [[1, 0, -shift], [0, 1, 0]], atol=0.5)
    assert [len(f.descriptors) for f in features] == [0] * 4
    assert [len(f.pixels) > 100 for f in features] == [True] * 4
