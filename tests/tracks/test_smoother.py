"""The smoother against a Kalman filter and smoother written with matrices, and jumps worked out by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tracks.smoother import Smoothed, smooth_positions

USUAL: dict[str, float] = {
    "acceleration_density": 1.0,
    "jump_gate_sd": 6.0,
    "jump_reset_s": 5.0,
    "gap_s": 5.0,
    "hold_s": 2.0,
}


def smoothed(t: Any, x: Any, y: Any = None, *, variance: Any = 1.0, **changed: float) -> Smoothed:
    """Smooth fixes with the usual limits, unless told otherwise."""
    t, x = np.asarray(t, float), np.asarray(x, float)
    y = np.zeros(len(t)) if y is None else np.asarray(y, float)
    return smooth_positions(t, x, y, np.broadcast_to(np.asarray(variance, float), t.shape).copy(), **USUAL | changed)


def matrices(dt: float, q: float) -> tuple[np.ndarray, np.ndarray]:
    """Transition and process noise of white-noise acceleration over ``dt`` (Bar-Shalom et al., section 6.2.2)."""
    noise = q * np.array([[dt**3 / 3, dt**2 / 2], [dt**2 / 2, dt]])
    return np.array([[1, dt], [0, 1]]), noise


def slow_smoother(
    t: np.ndarray, z: np.ndarray, variance: np.ndarray, q: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Position, velocity and variance of the position, one axis, by the textbook; no jump, no gap."""
    first = np.array([[variance[0], 0], [0, 900.0]])
    states, covariances, predicted, predicted_covariances = [np.array([z[0], 0.0])], [first], [None], [None]
    for i in range(1, len(t)):
        move, noise = matrices(t[i] - t[i - 1], q)
        state = move @ states[-1]
        covariance = move @ covariances[-1] @ move.T + noise
        predicted.append(state)
        predicted_covariances.append(covariance)
        if variance[i] > 0:
            gain = covariance[:, 0] / (covariance[0, 0] + variance[i])
            state = state + gain * (z[i] - state[0])
            covariance = covariance - np.outer(gain, covariance[0])
        states.append(state)
        covariances.append(covariance)
    for i in range(len(t) - 2, -1, -1):
        move, _ = matrices(t[i + 1] - t[i], q)
        gain = covariances[i] @ move.T @ np.linalg.inv(predicted_covariances[i + 1])
        states[i] = states[i] + gain @ (states[i + 1] - predicted[i + 1])
        covariances[i] = covariances[i] + gain @ (covariances[i + 1] - predicted_covariances[i + 1]) @ gain.T
    states_ = np.array(states)
    return states_[:, 0], states_[:, 1], np.array([c[0, 0] for c in covariances])


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("q", [0.3, 2.0])
def test_the_smoother_is_the_textbooks(seed: int, q: float) -> None:
    """Uneven steps, rows without fix and fixes of different quality: both axes, velocities and variance."""
    rng = np.random.default_rng(seed)
    t = np.cumsum(rng.choice([0.5, 1.0, 1.5], 80))
    x, y = (np.cumsum(rng.normal(5, 1, 80)) + rng.normal(0, 1, 80) for _ in range(2))
    variance = rng.choice([1.0, 4.0, 9.0], 80)
    variance[rng.random(80) < 0.2] = 0.0
    variance[[0, -1]] = 1.0, 4.0
    found = smoothed(t, x, y, variance=variance, acceleration_density=q, jump_gate_sd=50.0, gap_s=20.0)
    assert not found.jump.any()
    for place, speed, fixes in ((found.x, found.vx, x), (found.y, found.vy, y)):
        expected = slow_smoother(t, fixes, variance, q)
        np.testing.assert_allclose(place, expected[0], rtol=1e-6, atol=1e-6)
        np.testing.assert_allclose(speed, expected[1], rtol=1e-6, atol=1e-6)
        np.testing.assert_allclose(found.variance, expected[2], rtol=1e-6)


def test_the_velocity_of_a_single_fix_is_nothing() -> None:
    """One fix is where it says, with its own variance, and says nothing of a velocity."""
    found = smoothed([0.0], [7.0], [-3.0], variance=4.0)
    assert (found.x[0], found.y[0], found.variance[0]) == (7.0, -3.0, 4.0)
    assert np.isnan([found.vx[0], found.vy[0]]).all()
    assert not found.jump[0]


def test_what_is_not_read_may_be_anything() -> None:
    """Rows without fix are not looked at, and rows before the first fix have no place."""
    x = 10.0 * np.arange(10)
    x[[0, 1, 5]] = np.nan
    variance = np.where(np.isnan(x), 0.0, 1.0)
    found = smoothed(np.arange(10.0), x, variance=variance)
    assert np.isnan(found.x).tolist() == [True, True, *[False] * 8]
    assert found.x[5] == pytest.approx(50, abs=0.1)
    for part in (found.y, found.vx, found.vy, found.variance):
        np.testing.assert_array_equal(np.isnan(part), np.isnan(found.x))


@pytest.mark.parametrize(("off", "jumps"), [(5.99, False), (6.01, True)])
@pytest.mark.parametrize("axes", [(1.0, 0.0), (0.0, -1.0), (0.6, 0.8)])
def test_a_fix_beyond_the_gate_is_a_jump(off: float, jumps: bool, axes: tuple[float, float]) -> None:
    """After a long steady drive the gate is 6 times the root of predicted and fix variance, in any direction."""
    n = 60
    t, x, y = np.arange(float(n)), 10.0 * np.arange(n), np.zeros(n)
    predicted = steady_variance(1.0, 1.0)
    x[50] += off * axes[0] * np.sqrt(predicted + 1)
    y[50] += off * axes[1] * np.sqrt(predicted + 1)
    assert smoothed(t, x, y).jump[50] == jumps


def steady_variance(q: float, r: float) -> float:
    """Variance of the predicted position, s after s, once it no longer changes."""
    move, noise = matrices(1.0, q)
    covariance = np.diag([r, 900.0])
    for _ in range(200):
        covariance = move @ covariance @ move.T + noise
        predicted = covariance
        gain = covariance[:, 0] / (covariance[0, 0] + r)
        covariance = covariance - np.outer(gain, covariance[0])
    return float(predicted[0, 0])


def test_a_jump_is_left_out_of_the_track() -> None:
    """The place of a jump is that of a row without fix."""
    x = 10.0 * np.arange(40)
    x[20] += 500
    variance = np.ones(40)
    found = smoothed(np.arange(40.0), x, variance=variance)
    variance[20] = 0.0
    without = smoothed(np.arange(40.0), x, variance=variance)
    assert np.flatnonzero(found.jump).tolist() == [20]
    np.testing.assert_allclose(found.x, without.x)
    np.testing.assert_allclose(found.variance, without.variance)


@pytest.mark.parametrize(("away", "believed"), [(5, False), (6, True)])
def test_fixes_that_stay_away_for_the_reset_time_are_the_platform(away: int, believed: bool) -> None:
    """Fixes 2 km off for 4 s are jumps; for 5 s from the first to the last a new segment starts at the first."""
    x = 10.0 * np.arange(60)
    x[30 : 30 + away] += 2000
    found = smoothed(np.arange(60.0), x)
    assert not found.jump[:30].any()
    if believed:
        assert not found.jump[30 : 30 + away].any()
        np.testing.assert_allclose(found.x[30 : 30 + away], x[30 : 30 + away], atol=0.5)
    else:
        assert found.jump[30 : 30 + away].all()
        np.testing.assert_allclose(found.x[30 : 30 + away], 10.0 * np.arange(30, 30 + away), atol=5)
    assert not found.jump[40:].any()
    np.testing.assert_allclose(found.x[40:], x[40:], atol=0.5)


@pytest.mark.parametrize(("rows", "jumps"), [(5, True), (6, False)])
def test_a_beginning_shorter_than_the_reset_time_was_the_jump(rows: int, jumps: bool) -> None:
    """Where the drive goes on elsewhere, a first stretch of 4 s is taken back, one of 5 s is kept."""
    x = 10.0 * np.arange(40)
    x[:rows] += 3000
    found = smoothed(np.arange(40.0), x)
    assert found.jump.tolist() == [jumps] * rows + [False] * (40 - rows)
    assert np.isnan(found.x[:rows]).tolist() == [jumps] * rows
    np.testing.assert_allclose(found.x[rows:], x[rows:], atol=0.5)


def test_a_beginning_taken_back_leaves_rows_without_fix_unmarked() -> None:
    """Of a wrong beginning only fixes are jumps; the row between them has no fix to be wrong."""
    x = 10.0 * np.arange(40)
    x[:4] += 3000
    variance = np.ones(40)
    variance[1] = 0.0
    found = smoothed(np.arange(40.0), x, variance=variance)
    assert found.jump.tolist() == [True, False, True, True] + [False] * 36
    assert np.isnan(found.x[:4]).all()


@pytest.mark.parametrize(("missing", "bridged"), [(4, True), (5, False)])
def test_gaps_up_to_the_limit_are_bridged(missing: int, bridged: bool) -> None:
    """Fixes 5 s apart have a line between them; 6 s apart a new segment starts, and the last velocity lasts 2 s."""
    x = 10.0 * np.arange(40)
    variance = np.ones(40)
    variance[20 : 20 + missing] = 0.0
    found = smoothed(np.arange(40.0), x, variance=variance)
    gone = np.flatnonzero(np.isnan(found.x)).tolist()
    assert gone == ([] if bridged else [22, 23, 24])
    np.testing.assert_allclose(found.x[20:22], [200, 210], atol=0.5)
    after = slice(20 + missing, None)
    alone = smoothed(np.arange(40.0)[after], x[after])
    assert np.allclose(found.variance[after], alone.variance) == (not bridged)


@pytest.mark.parametrize(("hold", "kept"), [(2.0, 2), (3.0, 3), (0.9, 0)])
def test_the_last_velocity_is_kept_after_the_last_fix(hold: float, kept: int) -> None:
    """Rows up to hold_s after the last fix go on at its speed; later ones have no place."""
    variance = np.append(np.ones(20), np.zeros(10))
    found = smoothed(np.arange(30.0), 10.0 * np.arange(30), variance=variance, hold_s=hold)
    assert np.isfinite(found.x).tolist() == [True] * (20 + kept) + [False] * (10 - kept)
    np.testing.assert_allclose(found.x[20 : 20 + kept], 10.0 * np.arange(20, 20 + kept), atol=0.2)


def test_a_gap_bridged_by_nothing_keeps_no_velocity_towards_a_near_segment() -> None:
    """Where the next segment starts within twice the hold time, rows in between belong to neither."""
    t = np.arange(40.0)
    x = 10.0 * t
    variance = np.ones(40)
    variance[20:23] = 0.0
    near = smoothed(t, x, variance=variance, gap_s=3.0)
    assert np.flatnonzero(np.isnan(near.x)).tolist() == [20, 21, 22]
    variance[20:24] = 0.0
    far = smoothed(t, x, variance=variance, gap_s=3.0)
    assert np.flatnonzero(np.isnan(far.x)).tolist() == [22, 23]


def test_rows_from_a_jump_at_the_end_on_have_no_place() -> None:
    """A last fix far away is no place, and neither are the rows after it; those before keep the velocity."""
    x = 10.0 * np.arange(23)
    x[21] += 900
    variance = np.ones(23)
    variance[[20, 22]] = 0.0
    found = smoothed(np.arange(23.0), x, variance=variance)
    assert np.flatnonzero(found.jump).tolist() == [21]
    assert np.flatnonzero(np.isnan(found.x)).tolist() == [21, 22]
    assert found.x[20] == pytest.approx(200, abs=0.5)


def test_no_row_is_no_row() -> None:
    """Nothing in, nothing out; and rows without any fix have no place."""
    assert len(smoothed([], []).x) == 0
    assert np.isnan(smoothed(np.arange(5.0), np.zeros(5), variance=0.0).x).all()


def test_while_in_doubt_a_gap_starts_no_segment() -> None:
    """Fixes far away, every 3 s after a gap: they count as jumps until they last, then they are the place."""
    t = np.concatenate([np.arange(20.0), [22.0, 25.0, 26.0], np.arange(27.0, 40.0)])
    x = np.where(t < 20, 10.0 * t, 5000 + 10.0 * t)
    found = smoothed(t, x)
    assert not found.jump.any()
    np.testing.assert_allclose(found.x, x, atol=1.0)
    back = np.where((t >= 20) & (t < 26), 5000 + 10.0 * t, 10.0 * t)
    found = smoothed(t, back)
    assert np.flatnonzero(found.jump).tolist() == [20, 21]
