"""Positions: what is believed, what is flagged, and how well the smoother knows it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import xarray as xr

from ingest.flags import Flag
from tracks.plane import plane_of
from tracks.positions import clean_positions, decimals_of
from tracks.settings import TrackSettings
from tracks.smoother import smooth_positions

Make = Callable[..., xr.Dataset]
SETTINGS = TrackSettings()


def has(track: xr.Dataset, flag: Flag) -> np.ndarray:
    """Rows with the flag."""
    return (track["qc_flag"].values & np.uint32(flag)) != 0


def metres(trace: xr.Dataset, like: xr.Dataset) -> np.ndarray:
    """Metres east in the plane of ``like``."""
    plane = plane_of(like["lon"].values, like["lat"].values)
    return plane.forward(trace["lon"].values, trace["lat"].values)[0]


def test_constant_speed_is_kept(make_drive: Make) -> None:
    """A drive at 10 m/s due east keeps its positions, speed and heading."""
    trace = make_drive(10.0 * np.arange(60))
    cleaned = clean_positions(trace, SETTINGS).value
    assert np.abs(metres(cleaned, trace) - 10 * np.arange(60)).max() < 0.1
    np.testing.assert_allclose(cleaned["speed"].values[5:], 10, atol=0.05)
    np.testing.assert_allclose(cleaned["heading"].values[5:], np.pi / 2, atol=0.01)


def test_the_standard_deviation_is_honest(make_drive: Make) -> None:
    """The errors of smoothed positions have the stated standard deviation (chi-square within 10 %)."""
    rng = np.random.default_rng(3)
    acceleration = rng.normal(0, 1, 20_000)
    truth = np.cumsum(np.cumsum(acceleration))
    fixes = truth + rng.normal(0, 2.5, 20_000)
    state, jump = smooth_positions(
        np.arange(20_000.0),
        fixes,
        np.zeros(20_000),
        np.full(20_000, 2.5**2),
        acceleration_density=1.0,
        jump_gate_sd=6.0,
        jump_reset_s=5.0,
        gap_s=5.0,
        hold_s=2.0,
    )
    normed = ((state[:, 0] - truth) ** 2 / state[:, 4])[10:-10]
    assert not jump.any()
    assert 0.9 < normed.mean() < 1.1
    assert np.std(state[:, 0] - truth) < 0.8 * 2.5


def test_a_jump_is_flagged_and_bridged(make_drive: Make) -> None:
    """One fix 300 m off is flagged and its place is interpolated."""
    x = 10.0 * np.arange(60)
    x[30] += 300
    trace = make_drive(x)
    cleaned = clean_positions(trace, SETTINGS).value
    assert np.flatnonzero(has(cleaned, Flag.POSITION_JUMP)).tolist() == [30]
    assert abs(metres(cleaned, trace)[30] - 300) < 1


def test_a_wrong_first_fix_does_not_start_the_track(make_drive: Make) -> None:
    """Where fixes stay away from the first one, the first one is the jump."""
    x = 10.0 * np.arange(60)
    x[0] = 5000
    cleaned = clean_positions(make_drive(x), SETTINGS).value
    jumps = np.flatnonzero(has(cleaned, Flag.POSITION_JUMP))
    assert jumps.tolist() == [0]
    assert np.isfinite(cleaned["lon"].values[1:]).all()


def test_a_short_gap_is_interpolated_and_a_long_one_is_not(make_drive: Make) -> None:
    """Gaps up to position_gap_s are bridged with growing uncertainty, longer ones have no position."""
    x = 10.0 * np.arange(120)
    x[40:43] = np.nan
    x[80:100] = np.nan
    cleaned = clean_positions(make_drive(x), SETTINGS).value
    assert has(cleaned, Flag.POSITION_INTERPOLATED)[40:43].all()
    assert cleaned["horizontal_sd"].values[41] > cleaned["horizontal_sd"].values[30]
    assert has(cleaned, Flag.POSITION_MISSING)[83:100].all()
    assert np.isnan(cleaned["lon"].values[83:100]).all()


def test_a_frozen_receiver_is_stuck_and_a_standing_car_is_not(make_drive: Make) -> None:
    """Repeats to the last digit are frozen only when the next fix is far away."""
    frozen, standing = 10.0 * np.arange(100), 10.0 * np.arange(100)
    frozen[40:60] = frozen[40]
    standing[40:60] = standing[40]
    standing[60:] = standing[40] + 2.0 * np.arange(40)
    assert has(clean_positions(make_drive(frozen), SETTINGS).value, Flag.POSITION_STUCK)[41:60].all()
    cleaned = clean_positions(make_drive(standing), SETTINGS).value
    assert not has(cleaned, Flag.POSITION_STUCK).any()
    assert has(cleaned, Flag.STATIONARY)[45:55].all()


def test_held_fixes_do_not_pull_the_track_back(make_drive: Make) -> None:
    """A 1 Hz receiver logged at 4 Hz gives the positions between its fixes, not steps."""
    t = np.arange(0, 60, 0.25)
    trace = make_drive(15.0 * np.floor(t), t=t)
    cleaned = clean_positions(trace, SETTINGS).value
    assert np.abs(metres(cleaned, trace) - 15 * t)[:-4].max() < 0.3


def test_bad_quality_is_flagged_and_not_used(make_drive: Make) -> None:
    """Fixes with three satellites are flagged poor, and their wrong places are not followed."""
    x = 10.0 * np.arange(60)
    x[30:33] += 20
    satellites = np.full(60, 9.0)
    satellites[30:33] = 3
    trace = make_drive(x, satellites=satellites)
    cleaned = clean_positions(trace, SETTINGS).value
    assert np.flatnonzero(has(cleaned, Flag.GNSS_POOR)).tolist() == [30, 31, 32]
    assert np.abs(metres(cleaned, trace) - 10 * np.arange(60)).max() < 1


def test_warm_up_after_an_outage(make_drive: Make) -> None:
    """The first minute after more than five minutes without a fix is flagged as warm-up."""
    t = np.concatenate([np.arange(100.0), np.arange(500.0, 700.0)])
    warm = has(clean_positions(make_drive(5.0 * t, t=t), SETTINGS).value, Flag.GNSS_WARM_UP)
    assert t[warm].min() == 500
    assert t[warm].max() == 559


def test_the_antimeridian_is_no_jump() -> None:
    """A drive over 180° keeps its speed and gives longitudes within ±180."""
    from ingest.schema import new_trace

    time = np.datetime64("2024-05-01T00:00:00", "ns") + np.arange(60) * np.timedelta64(1, "s")
    lon = (179.998 + 1e-4 * np.arange(60) + 180) % 360 - 180
    cleaned = clean_positions(new_trace("fiji", time, lon, np.full(60, -17.0), {}), SETTINGS).value
    assert not has(cleaned, Flag.POSITION_JUMP).any()
    np.testing.assert_allclose(cleaned["speed"].values[5:], 10.65, atol=0.05)
    assert np.abs(cleaned["lon"].values).max() <= 180


def test_decimals_of_real_roundings() -> None:
    """Degrees are told by their decimals, and full doubles count as eight."""
    assert decimals_of(np.round(np.linspace(30, 31, 50), 5)) == 5
    assert decimals_of(np.linspace(30, 31, 50) * np.pi) == 8


def test_a_scattering_receiver_keeps_its_rows(make_drive: Make) -> None:
    """Fixes with 8 m of white noise are smoothed with that noise, told as a decision, and hardly any is rejected."""
    rng = np.random.default_rng(7)
    trace = make_drive(10.0 * np.arange(2000) + rng.normal(0, 8, 2000), rng.normal(0, 8, 2000))
    outcome = clean_positions(trace, SETTINGS)
    assert has(outcome.value, Flag.POSITION_JUMP).mean() < 0.2
    assert np.std(metres(outcome.value, trace) - 10 * np.arange(2000)) < 6
    assert any("good to" in decision.decision for decision in outcome.decisions)
