"""Each background model against a slow version of its definition, written with numpy and scipy alone."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.interpolate import PchipInterpolator

from numerics.two_state import fit_two_states, most_likely_states
from tracks.background_models import (
    phase_shift_background,
    rolling_background,
    source_states,
    spline_background,
    two_state_background,
)
from tracks.settings import TrackSettings


def drive(n: int = 900, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Uneven rows with drift, noise and plumes."""
    rng = np.random.default_rng(seed)
    t = np.cumsum(rng.choice([1.0, 2.0, 25.0], n, p=[0.8, 0.19, 0.01]))
    values = 2 + 0.3 * np.sin(t / 400) + rng.normal(0, 0.02, n)
    for centre in rng.uniform(t[0], t[-1], 12):
        values += rng.uniform(0.2, 1.0) * np.exp(-(((t - centre) / 8) ** 2))
    return t, values


def windowed(t: np.ndarray, values: np.ndarray, before: float, after: float, percentile: float) -> np.ndarray:
    """Numpy's percentile of every window."""
    return np.array([np.percentile(values[(t >= x - before) & (t <= x + after)], percentile) for x in t])


def test_the_rolling_model_is_a_centred_percentile() -> None:
    """The window reaches half of its length either way, and the percentile is that of the settings."""
    t, values = drive(300)
    settings = TrackSettings(background_window_s=80.0, background_percentile=20.0)
    np.testing.assert_allclose(rolling_background(t, values, settings), windowed(t, values, 40, 40, 20), atol=1e-12)


def test_the_phase_shift_model_is_its_definition() -> None:
    """Percentiles ahead and behind, their maxima behind and ahead, the larger of both, Blackman-smoothed at knots."""
    t, values = drive(400)
    window, share = 120.0, 5.0
    forward = windowed(t, windowed(t, values, 0, window, share), window, 0, 100)
    backward = windowed(t, windowed(t, values, window, 0, share), 0, window, 100)
    raised = np.maximum(forward, backward)
    knots = np.arange(t[0], t[-1] + 1.0, 1.0)
    smooth = np.empty(len(knots))
    for k, knot in enumerate(knots):
        near = np.abs(t - knot) <= window / 2
        a = 2 * np.pi * (t[near] - knot) / window
        smooth[k] = np.average(raised[near], weights=0.42 + 0.5 * np.cos(a) + 0.08 * np.cos(2 * a) + 1e-12)
    settings = TrackSettings(phase_window_s=window, phase_percentile=share)
    np.testing.assert_allclose(phase_shift_background(t, values, settings), np.interp(t, knots, smooth), atol=1e-9)


def test_the_phase_shift_model_bridges_a_long_gap() -> None:
    """Knots without any row within half a window are left out: the background is a line across the gap."""
    t = np.append(np.arange(100.0), 1000 + np.arange(100.0))
    settings = TrackSettings(phase_window_s=60.0, phase_percentile=1.0)
    values = np.where(t < 500, 2.0, 3.0)
    np.testing.assert_allclose(phase_shift_background(t, values, settings), values)


def test_the_spline_goes_through_the_minima_of_blocks() -> None:
    """Blocks count from the first row; the curve is monotone between their minima and constant beyond."""
    t, values = drive(900)
    t = t + 37.0
    blocks = [np.flatnonzero(np.floor((t - t[0]) / 150) == k) for k in range(int((t[-1] - t[0]) / 150) + 1)]
    rows = np.array([rows[values[rows].argmin()] for rows in blocks if len(rows)])
    found = spline_background(t, values, TrackSettings(spline_block_s=150.0))
    np.testing.assert_allclose(found[rows], values[rows], atol=1e-12)
    np.testing.assert_allclose(found[: rows[0]], values[rows[0]])
    np.testing.assert_allclose(found[rows[-1] :], values[rows[-1]])
    inside = slice(rows[0], rows[-1] + 1)
    np.testing.assert_allclose(found[inside], PchipInterpolator(t[rows], values[rows])(t[inside]), atol=1e-12)


def test_one_block_has_its_minimum_and_two_blocks_have_a_line() -> None:
    """A trace of one block is flat; of two blocks the monotone curve between two minima is straight."""
    t = np.arange(10.0)
    values = np.array([5.0, 2, 5, 5, 5, 5, 5, 4, 5, 5])
    assert spline_background(t, values, TrackSettings(spline_block_s=10.0)).tolist() == [2.0] * 10
    found = spline_background(t, values, TrackSettings(spline_block_s=5.0))
    np.testing.assert_allclose(found, np.interp(t, [1, 7], [2, 4]))


@pytest.mark.parametrize("seed", range(8))
def test_states_are_those_of_logarithms_above_the_floor(seed: int) -> None:
    """The floor is one median-to-first-percentile below the first percentile; lower values count as a thousandth."""
    rng = np.random.default_rng(seed)
    t = 5 + np.cumsum(rng.choice([1.0, 2.0], 400))
    values = np.exp(rng.normal(0, 0.4, 400)) + 1.2 * (np.arange(400) // 20 % 3 == 0)
    values[::97] -= 3
    low, median = np.percentile(values, [1, 50])
    logs = np.log(np.maximum((values - low) / (median - low) + 1, 1e-3)) + np.log(median - low)
    tau = (t - t[0]) / np.ptp(t)
    expected = most_likely_states(tau, logs, fit_two_states(tau, logs))
    assert 0 < expected.mean() < 1
    np.testing.assert_array_equal(source_states(t, values), expected)


def test_a_floor_at_the_median_is_defined() -> None:
    """Where more than half of the values are the lowest one, the others are still the source."""
    values = np.ones(100)
    values[40:60] = 5.0
    states = source_states(np.arange(100.0), values)
    np.testing.assert_array_equal(states, (values > 1).astype(int))


def test_too_little_to_tell_is_background() -> None:
    """Nine values, equal values and values of one moment are all background; ten values can be told apart."""
    two = np.where(np.arange(10) < 5, 1.0, 9.0) + 0.01 * np.arange(10)
    assert source_states(np.arange(9.0), two[:9]).tolist() == [0] * 9
    assert source_states(np.arange(10.0), two).tolist() == [0] * 5 + [1] * 5
    assert source_states(np.arange(20.0), np.full(20, 2.0)).tolist() == [0] * 20
    assert source_states(np.zeros(10), two).tolist() == [0] * 10


def test_the_two_state_model_is_the_median_of_clean_rows() -> None:
    """A centred rolling median over rows in state background, and a line across the rows with a source."""
    t, values = drive(600)
    clean = source_states(t, values) == 0
    assert 0.1 < clean.mean() < 0.95
    median = windowed(t[clean], values[clean], 45, 45, 50)
    settings = TrackSettings(background_window_s=90.0)
    np.testing.assert_allclose(two_state_background(t, values, settings), np.interp(t, t[clean], median), atol=1e-12)


@pytest.mark.parametrize("seed", [50, 66])
def test_where_nothing_is_clean_the_rolling_model_stands_in(seed: int) -> None:
    """Coarse values that are all taken for a source have the background of the rolling percentile."""
    rng = np.random.default_rng(seed)
    values = rng.integers(0, 3, rng.integers(10, 40)).astype(float)
    t = np.arange(float(len(values)))
    assert source_states(t, values).all()
    settings = TrackSettings(background_window_s=8.0)
    np.testing.assert_array_equal(two_state_background(t, values, settings), rolling_background(t, values, settings))
