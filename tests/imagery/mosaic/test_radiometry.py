"""Tones by hand: two photos of one place, chains, colour and temperature, and what overlaps too little to tell."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from imagery import ImagerySettings
from imagery.mosaic.radiometry import Tone, balance_tones
from imagery.orientation.tiepoints import Features, PairMatch
from ingest.schema import Camera

CAMERA = Camera(400, 300, 400.0, 199.5, 149.5)
SETTINGS = ImagerySettings(gain_limit=0.35)
NO_ROWS = np.empty(0, np.intp)
IDENTITY = np.eye(2, 3)


def _features(small: NDArray[np.generic]) -> Features:
    return Features(np.empty((0, 2)), np.empty((0, 128), np.uint8), 100.0, 40.0, 9.0, small.astype(np.float32))


def _level(*bands: float) -> Features:
    """A photo of one level a band, 50 × 37 px for 400 × 300."""
    return _features(np.broadcast_to(np.array(bands), (37, 50, len(bands))))


def _match(first: int, second: int, shift: tuple[float, float] = (0.0, 0.0)) -> PairMatch:
    return PairMatch(first, second, NO_ROWS, NO_ROWS, np.column_stack([np.eye(2), shift]))


def _balance(features: list[Features], matches: list[PairMatch], *, additive: bool) -> tuple[Tone, ...]:
    return balance_tones(features, [CAMERA] * len(features), matches, SETTINGS, additive=additive)


def test_colours_meet_in_the_middle() -> None:
    """Each band by its own logarithm of levels plus 4; a weight of 400 against two priors of 1 leaves 400 / 801."""
    one, two = _balance([_level(96, 46, 76), _level(116, 51, 76)], [_match(0, 1)], additive=False)
    part = 400.0 / 801.0
    expected = [(120 / 100) ** part, (55 / 50) ** part, 1.0]
    assert one.gain == pytest.approx(expected, rel=1e-6)
    assert two.gain == pytest.approx(1.0 / np.array(expected), rel=1e-6)
    assert one.offset == (0.0, 0.0, 0.0)


def test_temperatures_meet_in_the_middle() -> None:
    """Two photos 10 apart: half of it up, half of it down, gain one; the prior is the spread of the means, 5."""
    one, two = _balance([_level(20), _level(30)], [_match(0, 1)], additive=True)
    assert one.offset == pytest.approx([10.0 * 400.0 / 801.0], rel=1e-6)
    assert two.offset == pytest.approx([-10.0 * 400.0 / 801.0], rel=1e-6)
    assert one.gain == (1.0,)


def test_prior_of_temperatures_is_the_larger_spread() -> None:
    """Within photos ± 40, between them ± 5: whichever prior, the relative weights are those of the overlaps."""
    pattern = np.where(np.arange(50) % 2, 40.0, -40.0)[None, :, None] + np.zeros((37, 50, 1))
    chain = [_features(pattern), _features(pattern + 10.0), _features(pattern + 10.0)]
    one, two, three = _balance(chain, [_match(0, 1), _match(1, 2)], additive=True)
    # Three photos in a row, steps 10 and 0, stiffness 400 of the prior's: solved by hand from the normal equations.
    matrix = np.array([[401.0, -400, 0], [-400, 801, -400], [0, -400, 401]])
    assert [t.offset[0] for t in (one, two, three)] == pytest.approx(
        np.linalg.solve(matrix, [4000.0, -4000.0, 0.0]), rel=1e-5
    )


def test_overlaps_count_by_their_share() -> None:
    """Half of the photo overlaps: weight 0.5, which leaves 200 / 401 of the step."""
    one, _ = _balance([_level(20), _level(30)], [_match(0, 1, (196.0, 0.0))], additive=True)
    share = float(np.mean((np.arange(50) + 0.5) * 8 - 0.5 + 196 <= 49 * 8 + 3.5))
    assert 0.45 < share < 0.55
    assert one.offset == pytest.approx([10.0 * 400 * share / (800 * share + 1)], rel=1e-6)


def test_the_same_ground_is_compared() -> None:
    """A ramp of 1 a pixel seen from 80 px (10 small ones) further, and brighter by 5: the step is 5, not 15."""
    ramp = np.arange(50.0)[None, :, None] + np.zeros((37, 1, 1))
    for shift, sign in (((-80.0, 0.0), 1.0), ((80.0, 0.0), -1.0)):
        other = _features(ramp + sign * 10.0 + 5.0)
        one, two = _balance([_features(ramp), other], [_match(0, 1, shift)], additive=True)
        assert one.offset[0] - two.offset[0] == pytest.approx(5.0, abs=0.05)
    falling = np.arange(37.0)[:, None, None] + np.zeros((1, 50, 1))
    one, two = _balance(
        [_features(falling), _features(falling + 10.0 + 5.0)], [_match(0, 1, (0, -80.0))], additive=True
    )
    assert one.offset[0] - two.offset[0] == pytest.approx(5.0, abs=0.05)


def test_photos_of_two_sizes_are_compared_on_the_same_ground() -> None:
    """A camera of twice the pixels sees the same ramp at twice the places."""
    ramp = np.arange(50.0)[None, :, None] + np.zeros((37, 1, 1))
    double = Camera(800, 600, 800.0, 399.5, 299.5)
    match = PairMatch(0, 1, NO_ROWS, NO_ROWS, np.array([[2.0, 0.0, 0.5], [0.0, 2.0, 0.5]]))
    one, two = balance_tones(
        [_features(ramp), _features(ramp + 7.0)], [CAMERA, double], [match], SETTINGS, additive=True
    )
    assert one.offset[0] - two.offset[0] == pytest.approx(7.0, rel=0.01)


def test_gains_stop_at_the_limit() -> None:
    """A photo of night among those of day is not stretched beyond a factor of e^0.35 either way."""
    one, two = _balance([_level(1), _level(250)], [_match(0, 1)], additive=False)
    assert (one.gain[0], two.gain[0]) == pytest.approx((math.exp(0.35), math.exp(-0.35)))


@pytest.mark.parametrize("additive", [False, True])
def test_what_cannot_be_compared_keeps_its_tone(additive: bool) -> None:
    """No match, no pixels, other bands, hardly any overlap: as it was."""
    none = _features(np.empty((0, 0, 0)))
    cases = [
        ([_level(20), _level(30)], []),
        ([_level(20), none], [_match(0, 1)]),
        ([none, _level(20)], [_match(0, 1)]),
        ([_level(20), _level(30, 30, 30)], [_match(0, 1)]),
        ([_level(20), _level(30)], [_match(0, 1, (396.0, 0.0))]),
    ]
    for features, matches in cases:
        for tone in _balance(features, matches, additive=additive):
            assert set(tone.gain) == {1.0} and set(tone.offset) == {0.0}


def test_tones_have_as_many_bands_as_the_photos() -> None:
    """One band of temperature, three of colour; three where no photo has pixels."""
    assert len(_balance([_level(20)], [], additive=True)[0].gain) == 1
    assert len(_balance([_level(20)], [], additive=True)[0].offset) == 1
    assert len(_balance([_level(20, 30)], [], additive=False)[0].offset) == 2
    assert _balance([_features(np.empty((0, 0, 0)))], [], additive=False) == (Tone(),)
    assert Tone() == Tone((1.0, 1.0, 1.0), (0.0, 0.0, 0.0))


@pytest.mark.parametrize(("rows", "told"), [(2, True), (1, False)])
def test_twenty_pixels_are_enough(rows: int, told: bool) -> None:
    """An overlap of 10 columns by 2 rows tells, of 10 by 1 does not."""
    features = [_features(np.full((rows, 10, 1), v)) for v in (20.0, 30.0)]
    cameras = [Camera(80, 8 * rows, 80.0, 39.5, 4.0 * rows - 0.5)] * 2
    one, _ = balance_tones(features, cameras, [_match(0, 1)], SETTINGS, additive=True)
    assert (one.offset[0] > 4.0) == told
