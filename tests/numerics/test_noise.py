"""Noise of an instrument: quantiles and neighbours worked out by hand, and what is too little to tell."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from numerics.noise import estimate_noise

EPS = float(np.finfo(float).eps)


def apart(n: int) -> np.ndarray:
    """Times so far apart that no two rows are neighbours."""
    return 10.0 * np.arange(n)


def test_the_lower_quantiles_give_scatter_and_offset() -> None:
    """The quantiles of a normal of mean −0.7 and sd 2 give these back, whatever the upper two thirds hold."""
    values = -0.7 + 2.0 * norm.ppf((np.arange(20_000) + 0.5) / 20_000)
    values[8000:] += 50
    sd, offset = estimate_noise(apart(20_000), values, gap_s=2.0)
    assert (sd, offset) == (pytest.approx(2.0, rel=1e-3), pytest.approx(-0.7, abs=1e-3))


def test_scatter_is_at_least_that_of_neighbours() -> None:
    """Values ±1 in turn: both quantiles are −1, and steps of 2 have the sd 2 · 1.4826 / √2; the offset stays −1."""
    values = np.tile([1.0, -1.0], 50)
    sd, offset = estimate_noise(np.arange(100.0), values, gap_s=1.0)
    assert (sd, offset) == (pytest.approx(2.0967, abs=1e-4), -1.0)


def test_a_step_over_a_gap_is_no_neighbour() -> None:
    """Rows exactly the gap apart are compared, rows a little further are not: nothing but rounding is left."""
    values = np.tile([1.0, -1.0], 50)
    near, far = (estimate_noise(step * np.arange(100.0), values, gap_s=2.0)[0] for step in (2.0, 2.001))
    assert near == pytest.approx(2.0967, abs=1e-4)
    assert far == 2 * EPS


def test_a_silent_instrument_has_the_noise_of_rounding() -> None:
    """A constant 5 scatters by the last digit of a double of that size, and its offset is 5."""
    assert estimate_noise(np.arange(50.0), np.full(50, -5.0), gap_s=2.0) == (6 * EPS, -5.0)


def test_ten_rows_are_enough_and_nine_are_not() -> None:
    """Nine values tell nothing."""
    values = np.arange(10.0)
    assert np.isnan(estimate_noise(apart(9), values[:9], gap_s=2.0)).all()
    sd, offset = estimate_noise(apart(10), values, gap_s=2.0)
    assert sd == pytest.approx((2.7 - 0.9) / (1.2815516 - 0.5244005), rel=1e-6)
    assert offset == pytest.approx(0.9 + 1.2815516 * sd, rel=1e-6)


def test_of_very_many_rows_every_so_many_count() -> None:
    """Two million rows: every second one tells the quantiles, and the first million tells the neighbours."""
    n = 2_000_000
    t = 10.0 * np.arange(n)
    t[n // 2 + 1 :] = t[n // 2] + 100 + np.arange(n // 2 - 1)
    assert estimate_noise(t, np.tile([100.0, 0.0], n // 2), gap_s=2.0) == (101 * EPS, 100.0)
