"""Inlet lag: found where the drive tells it, called unknown where it does not, never nonsense."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import xarray as xr

from ingest.flags import Flag
from ingest.schema import new_trace
from tracks import TrackSettings, process_trace
from tracks.lag import apply_lag, find_lags
from tracks.lag_estimate import LagEvidence, estimate_lag, lag_grid, lag_prior
from tracks.lag_meetings import shuffled
from tracks.positions import clean_positions

Make = Callable[..., xr.Dataset]
SETTINGS = TrackSettings()


def laps(make_drive: Make, *, lag: int, seed: int, plumes: int = 4, wander_m: float = 15.0) -> xr.Dataset:
    """Five laps of 3 km out and back at 10 m/s; each crossing finds a plume elsewhere by ``wander_m`` (sd)."""
    rng = np.random.default_rng(seed)
    out = 10.0 * np.arange(300)
    x = np.tile(np.concatenate([out, out[::-1]]), 5)
    methane = rng.normal(0, 0.002, len(x))
    for place in rng.uniform(300, 2700, plumes):
        for way in range(10):
            rows = slice(300 * way, 300 * (way + 1))
            middle = place + rng.normal(0, wander_m)
            methane[rows] += 0.1 * np.exp(-(((x[rows] - middle) / 30) ** 2) / 2)
    return make_drive(x, np.tile(np.repeat([0.0, 3.0], 300), 5), methane=2.0 + np.roll(methane, lag))


def test_plumes_that_wander_give_the_lag_within_its_standard_deviation(make_drive: Make) -> None:
    """Of twelve drives with lags of 2 to 24 s, at least eleven estimates are within two of their own sd."""
    lags = np.arange(2, 26, 2)
    traces = [laps(make_drive, lag=int(lag), seed=int(lag)) for lag in lags]
    found = [find_lags(clean_positions(trace, SETTINGS).value, SETTINGS)["methane"] for trace in traces]
    error = np.array([estimate.lag_s for estimate in found]) - lags
    assert (np.abs(error) <= 2 * np.array([estimate.sd_s for estimate in found])).sum() >= 11
    assert np.median(np.abs(error)) < 2.0
    assert max(estimate.sd_s for estimate in found) < 10.0


def test_noise_alone_leaves_the_lag_unknown(make_drive: Make) -> None:
    """Without plumes a lag is called known no more often than chance has it, and stays near the published lags."""
    traces = [laps(make_drive, lag=0, seed=seed, plumes=0) for seed in range(20)]
    found = [find_lags(clean_positions(trace, SETTINGS).value, SETTINGS)["methane"] for trace in traces]
    assert sum(estimate.known for estimate in found) <= 3
    assert max(estimate.lag_s for estimate in found) < 15
    assert np.median([estimate.sd_s for estimate in found]) > 5


def test_an_unknown_lag_is_told(make_drive: Make) -> None:
    """The manifest says that the lag is not known, what is assumed instead and its standard deviation."""
    outcome = process_trace(laps(make_drive, lag=0, seed=1, plumes=0))
    attrs = outcome.value.passes["methane_enhancement"].attrs
    said = [decision.decision for decision in outcome.decisions if "inlet lag" in decision.decision]
    assumed = f"{attrs['lag_s']:g} ± {attrs['lag_sd_s']:g} s"
    assert said == [f"inlet lag not known, {assumed} assumed; give lag_s: methane"]
    assert attrs["lag_sd_s"] > 4


def test_one_direction_leaves_the_lag_unknown(make_drive: Make) -> None:
    """Nothing is applied, the standard deviation is that of published lags about zero, and the manifest says so."""
    methane = 2.0 + np.exp(-(((np.arange(600) - 300) / 4.0) ** 2))
    outcome = process_trace(make_drive(10.0 * np.arange(600), methane=methane))
    attrs = outcome.value.passes["methane_enhancement"].attrs
    assert attrs["lag_s"] == 0
    assert attrs["lag_sd_s"] == pytest.approx(np.sqrt(lag_prior(SETTINGS) @ lag_grid(SETTINGS) ** 2), abs=0.1)
    said = [decision.decision for decision in outcome.decisions if "inlet lag" in decision.decision]
    assert said == [
        f"inlet lag not known, none applied (standard deviation {attrs['lag_sd_s']:g} s); give lag_s: methane"
    ]


def test_a_given_lag_has_a_small_standard_deviation(make_drive: Make) -> None:
    """A lag of settings is applied as given, with the standard deviation of a lag timed by hand."""
    trace = laps(make_drive, lag=6, seed=1)
    for settings in (TrackSettings(lag_s=6.0), TrackSettings(estimate_lag=False)):
        attrs = process_trace(trace, settings).value.passes["methane_enhancement"].attrs
        assert (attrs["lag_s"], attrs["lag_sd_s"]) == (settings.lag_s, settings.lag_given_sd_s)


def test_strong_evidence_beats_the_published_lags() -> None:
    """A score of 6 at 28 s gives 28 s; the same score where chance explains it gives the published lags."""
    lags = lag_grid(SETTINGS)
    score = 6.0 * np.exp(-(((lags - 28) / 4) ** 2) / 2)
    clear = estimate_lag(LagEvidence(score, 0.0001, 500), SETTINGS)
    assert clear.known
    assert clear.lag_s == pytest.approx(28, abs=1)
    accident = estimate_lag(LagEvidence(score, 0.9, 500), SETTINGS)
    assert not accident.known
    assert accident.lag_s == pytest.approx(estimate_lag(None, SETTINGS).lag_s, abs=1)
    assert accident.sd_s > estimate_lag(None, SETTINGS).sd_s / 2


def test_published_lags_are_within_reach() -> None:
    """The prior sums to one and leaves 28 s, Hamburg's, inside of its 98 %."""
    lags, prior = lag_grid(SETTINGS), lag_prior(SETTINGS)
    assert prior.sum() == pytest.approx(1)
    assert prior[lags >= 28].sum() > 0.02
    assert prior[(lags >= 1) & (lags <= 30)].sum() > 0.7


def test_shuffled_signals_keep_their_values() -> None:
    """Every shuffled signal holds the same values in another order, the same on every call."""
    t = np.arange(1000.0)
    signal = np.random.default_rng(0).normal(size=1000)
    table = shuffled(t, signal)
    np.testing.assert_array_equal(np.sort(table, axis=1), np.sort(signal)[None].repeat(len(table), axis=0))
    assert (table != signal).any(axis=1).all()
    np.testing.assert_array_equal(table, shuffled(t, signal))


def test_flags_of_values_go_with_them() -> None:
    """Rows 10 to 19 are calibration and CO row 30 out of range; with a lag of 2.5 s they lie 3 to 2 rows before."""
    n = 60
    time = np.datetime64("2024-05-01T02:00:00", "ns") + np.arange(n) * np.timedelta64(1, "s")
    attrs = {"units": "ppm", "species": "co", "instrument": "a"}
    flags = np.zeros(n, np.uint32)
    flags[10:20] = int(Flag.CALIBRATION)
    trace = new_trace(
        "d", time, 104 + np.arange(n) * 1e-4, np.full(n, 30.0), {"co": (np.ones(n), attrs)}, qc_flag=flags
    )
    own = np.zeros(n, np.uint32)
    own[30] = int(Flag.VALUE_OUT_OF_RANGE)
    lagged = apply_lag(trace.assign(co_qc=("obs", own)), TrackSettings(lag_s=2.5)).value
    quality = lagged["co_qc"].values
    assert np.flatnonzero(quality & np.uint32(Flag.CALIBRATION)).tolist() == [*range(7, 18)]
    assert np.flatnonzero(quality & np.uint32(Flag.VALUE_OUT_OF_RANGE)).tolist() == [27, 28]
    np.testing.assert_array_equal(lagged["qc_flag"].values, flags)
