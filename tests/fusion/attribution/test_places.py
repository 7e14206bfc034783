"""Cells of ground that split."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from scipy.special import logsumexp

from fusion.attribution import places
from fusion.attribution.places import COARSE_M, Places, Resolution, search_places, square_cells


def _places() -> Places:
    """A cell of 4 m and two of 2 m; two rates."""
    joint = np.log(np.array([[1.0, 3.0], [8.0, 4.0], [0.5, 1.5]]))
    return Places(np.array([10.0, 13.0, 13.0]), np.array([20.0, 21.0, 19.0]), np.array([4.0, 2.0, 2.0]), joint)


def test_odds_area_and_probability_by_hand() -> None:
    """The mean over rates; the square of the side; their product over its sum."""
    found = _places()
    np.testing.assert_allclose(np.exp(found.odds), [2.0, 6.0, 1.0])
    assert found.area.tolist() == [16.0, 4.0, 4.0]
    np.testing.assert_allclose(found.probability, np.array([32.0, 24.0, 4.0]) / 60)
    np.testing.assert_allclose(np.exp(found.rate_odds), [16 + 32 + 2, 48 + 16 + 6])


def test_moments_of_a_place_are_of_cells_as_wide_as_they_are() -> None:
    """Mean of the centres; covariance between them, and a twelfth of the ground within."""
    found = _places()
    p = np.array([32.0, 24.0, 4.0]) / 60
    mean, covariance = found.moments()
    expected = np.array([p @ found.x, p @ found.y])
    np.testing.assert_allclose(mean, expected)
    dx, dy = found.x - expected[0], found.y - expected[1]
    within = p @ (found.side**2) / 12
    np.testing.assert_allclose(covariance, [[p @ dx**2 + within, p @ (dx * dy)], [p @ (dx * dy), p @ dy**2 + within]])


@pytest.mark.parametrize(("level", "cells"), [(0.3, [1]), (0.41, [1, 0]), (0.93, [1, 0]), (0.94, [1, 0, 2])])
def test_the_densest_cells_that_hold_a_share(level: float, cells: list[int]) -> None:
    """Dense first, 24, 32 and 4 of 60; outline and ground of exactly these squares."""
    found = _places()
    outline, ground = found.densest(level)
    half = found.side / 2
    squares = [
        shapely.box(found.x[k] - half[k], found.y[k] - half[k], found.x[k] + half[k], found.y[k] + half[k])
        for k in cells
    ]
    assert outline.symmetric_difference(shapely.union_all(squares)).area < 1e-6
    assert ground == sum(found.side[k] ** 2 for k in cells)


@pytest.mark.parametrize(
    ("reach", "side", "across"), [(32.0, 32.0, 2), (32.1, 32.0, 4), (60.0, 20.0, 6), (61.0, 20.0, 8)]
)
def test_a_square_of_cells_covers_its_reach_on_all_four_sides(reach: float, side: float, across: int) -> None:
    """Centres half a side inside, as many to the west as to the east."""
    x, y = square_cells(100.0, -50.0, reach, side)
    ticks = (np.arange(across) - across / 2 + 0.5) * side
    np.testing.assert_allclose(x.reshape(across, across), np.broadcast_to(100.0 + ticks, (across, across)))
    np.testing.assert_allclose(y.reshape(across, across), np.broadcast_to(-50.0 + ticks[:, None], (across, across)))


def test_coarse_cells_are_of_32_metres() -> None:
    """Without a side it is the coarse one."""
    assert COARSE_M == 32.0
    assert np.ptp(np.unique(square_cells(0.0, 0.0, 320.0)[0])[:2]) == 32.0


def test_quarters_of_a_cell_are_side_by_side_within_it() -> None:
    """South-west, south-east, north-west, north-east, half as wide."""
    x, y, side = places._quarters(np.array([0.0, 100.0]), np.array([0.0, 10.0]), np.array([8.0, 4.0]))
    assert x.tolist() == [-2, 2, -2, 2, 99, 101, 99, 101]
    assert y.tolist() == [-2, -2, 2, 2, 9, 9, 11, 11]
    assert side.tolist() == [4] * 4 + [2] * 4


@pytest.mark.parametrize(
    ("odds", "side", "split"),
    [
        ([30.0, 18.1, 17.9], [32.0] * 3, [True, True, False]),  # the slack of 12, below half of the best
        ([20.0, 10.1, 9.9], [32.0] * 3, [True, True, False]),  # half of the best
        ([6.0, 2.1, 1.9], [320.0, 16.0, 16.0], [True, True, False]),  # not less than 4
        ([30.0, 25.0, 23.0], [8.0, 8.0, 8.1], [True, True, True]),  # of 8 m by their share; larger ones by their odds
        ([30.0, 23.0, 23.0], [8.0, 8.0, 8.1], [True, False, True]),
        ([30.0, 30.0, 29.0], [4.0, 4.01, 4.0], [False, True, False]),  # none below the finest
        ([0.0, 0.0, -5.57, -5.47], [8.0] * 4, [True, True, False, True]),  # a share of 0.002
    ],
)
def test_cells_split_that_may_matter(odds: list[float], side: list[float], split: list[bool]) -> None:
    """Near the best while they are large, by their share when they are small, down to the finest."""
    scale = np.exp(np.array(odds) - max(odds)) * np.array(side) ** 2
    scale /= scale.sum()
    found = places._to_split(np.array(odds), np.array(side), Resolution())
    assert found.tolist() == split, scale
    assert places._to_split(np.empty(0), np.empty(0), Resolution()).size == 0


def test_what_is_asked_for_decides_how_fine_places_are() -> None:
    """Each parameter of the resolution by itself."""
    odds, side = np.array([30.0, 24.0]), np.array([8.0, 8.0])
    assert places._to_split(odds, side, Resolution(share=1e-4)).tolist() == [True, True]
    assert places._to_split(odds, side, Resolution(follow_m=7.0)).tolist() == [True, True]
    assert places._to_split(odds, side, Resolution(follow_m=7.0, slack=5.9, share=0.5)).tolist() == [True, False]
    assert places._to_split(odds, side, Resolution(finest_m=8.0)).tolist() == [False, False]
    low = np.array([2.0, -2.5])
    assert places._to_split(low, side, Resolution(follow_m=7.0, share=0.5)).tolist() == [True, False]
    assert places._to_split(low, side, Resolution(follow_m=7.0, share=0.5, least_slack=5.0)).tolist() == [True, True]
    assert places._to_split(low + 10, side, Resolution(follow_m=7.0, share=0.5)).tolist() == [True, True]


def test_a_needle_is_found_and_the_ground_is_kept() -> None:
    """A peak of 6 m among coarse cells: they cover the same ground once, fine at the peak, coarse far away."""
    asked = []

    def weigh(x, y):
        asked.append(x.size)
        peak = 20.0 - 0.5 * ((x - 70.0) ** 2 + (y + 30.0) ** 2) / 6.0**2
        return np.stack([np.maximum(peak, 0.0), np.maximum(peak, 0.0) - 1.0], axis=1)

    x, y = square_cells(0.0, 0.0, 160.0)
    found = search_places(x, y, weigh, Resolution())
    assert found.area.sum() == pytest.approx(320.0**2) and asked[0] == 100
    assert sum(asked) == found.x.size + (sum(asked) - 100) // 4  # every split gives four for one
    squares = shapely.box(
        *(found.x - found.side / 2, found.y - found.side / 2), found.x + found.side / 2, found.y + found.side / 2
    )
    assert shapely.union_all(squares).area == pytest.approx(320.0**2)
    mean, covariance = found.moments()
    assert mean == pytest.approx([70.0, -30.0], abs=0.3)
    assert np.sqrt(np.diag(covariance)) == pytest.approx([6.0, 6.0], rel=0.1)
    at = np.hypot(found.x - 70.0, found.y + 30.0)
    assert (found.side[at < 10] == 4.0).all() and (found.side[at > 120] == 32.0).all()
    np.testing.assert_allclose(found.joint, weigh(found.x, found.y))
    np.testing.assert_allclose(found.odds, logsumexp(found.joint, axis=1) - np.log(2))


def test_no_ground_has_no_places() -> None:
    """Nothing to split, nothing to weigh; the side that was given is kept."""
    none = search_places(np.empty(0), np.empty(0), lambda x, _: np.empty((x.size, 3)), Resolution())
    assert none.x.size == none.side.size == none.probability.size == 0
    flat = search_places(
        np.zeros(1), np.zeros(1), lambda x, _: np.zeros((x.size, 1)), Resolution(finest_m=5.0), side_m=5.0
    )
    assert flat.side.tolist() == [5.0]
