"""Response time: polynomials that the smoothing keeps give the correction exactly."""

from __future__ import annotations

import numpy as np
import pytest

from tracks.lag.response import correct_response


def cubic(t: np.ndarray) -> np.ndarray:
    """A cubic, which cubic smoothing leaves as it is."""
    return 2 + 0.3 * t - 0.02 * t**2 + 0.001 * t**3


def expected(t: np.ndarray, response_s: float) -> np.ndarray:
    """The value plus τ times the slope to the next row; the last value as it is."""
    values = cubic(t)
    return np.append(values[:-1] + response_s * np.diff(values) / np.diff(t), values[-1])


@pytest.mark.parametrize("step_s", [1.0, 0.5, 4.0])
def test_a_cubic_gets_its_slope_times_the_response_added(step_s: float) -> None:
    """c + τ dc/dt, row by row, at any interval of rows."""
    t = step_s * np.arange(40)
    np.testing.assert_allclose(correct_response(t, cubic(t), 5.0), expected(t, 5.0), rtol=1e-9)


def test_no_response_changes_nothing() -> None:
    """Zero gives the values as they came, noise and all."""
    values = np.random.default_rng(0).normal(size=50)
    np.testing.assert_array_equal(correct_response(np.arange(50.0), values, 0.0), values)


def test_nine_values_in_a_run_are_enough_and_eight_are_not() -> None:
    """A run as long as the smoothing is corrected, a shorter one keeps what was measured; the input stays."""
    t = np.arange(9.0)
    values = cubic(t)
    np.testing.assert_allclose(correct_response(t, values, 5.0), expected(t, 5.0), rtol=1e-9)
    np.testing.assert_array_equal(values, cubic(t))
    np.testing.assert_array_equal(correct_response(t[:8], values[:8], 5.0), values[:8])


def test_each_run_between_gaps_is_for_itself() -> None:
    """Rows up to 3 s apart are one run, further apart two; a run of 8 at the end keeps its values."""
    t = np.concatenate([np.arange(20.0), 22 + np.arange(12.0), 33.1 + 3 + np.arange(8.0)])
    found = correct_response(t, cubic(t), 5.0)
    smooth = correct_response(t[:32], cubic(t[:32]), 5.0)
    np.testing.assert_array_equal(found[:32], smooth)
    assert smooth[19] != cubic(t)[19]
    assert smooth[31] == pytest.approx(cubic(t)[31], rel=1e-9)
    np.testing.assert_array_equal(found[32:], cubic(t)[32:])


def test_a_gap_longer_than_the_given_one_ends_a_run() -> None:
    """The same 4 s pause is bridged with gap_s = 4 and ends a run with gap_s = 3."""
    t = np.concatenate([np.arange(15.0), 18 + np.arange(15.0)])
    ends = correct_response(t, cubic(t), 5.0, gap_s=3.0)
    bridged = correct_response(t, cubic(t), 5.0, gap_s=4.0)
    assert ends[14] == pytest.approx(cubic(t)[14])
    assert bridged[14] != pytest.approx(cubic(t)[14])


def test_missing_values_are_left_out_and_stay_missing() -> None:
    """A value that is missing does not end a run of a second each; all missing stays all missing."""
    t = np.arange(40.0)
    values = cubic(t)
    values[10] = np.nan
    found = correct_response(t, values, 5.0)
    assert np.isnan(found[10])
    known = np.delete(np.arange(40), 10)
    assert np.isfinite(found[known]).all()
    assert found[9] != pytest.approx(values[9])
    nothing = np.full(40, np.nan)
    assert np.isnan(correct_response(t, nothing, 5.0)).all()


def test_a_slow_trace_has_longer_neighbours() -> None:
    """Of rows a minute apart a gap of 2 min is none: 2.5 usual intervals are one run."""
    t = 60.0 * np.append(np.arange(12), 13 + np.arange(12))
    found = correct_response(t, t / 60, 60.0)
    np.testing.assert_allclose(found[[0, 5]], [1, 6], atol=1e-9)
    assert found[11] == pytest.approx(12)


def test_other_windows_of_smoothing() -> None:
    """With a window of 5 rows, 5 rows are enough."""
    t = np.arange(5.0)
    np.testing.assert_allclose(correct_response(t, cubic(t), 2.0, smooth_rows=5), expected(t, 2.0), rtol=1e-9)
