"""Backgrounds: constants, equivariance, a slow obvious version, and the authors' own states."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tracks.background_models import MODELS, phase_shift_background, source_states
from tracks.noise import estimate_noise
from tracks.rolling import block_means, interpolate_rows, rolling_percentile
from tracks.settings import BACKGROUND_MODELS, TrackSettings

SETTINGS = TrackSettings()


def drive(seed: int = 0, n: int = 4000) -> tuple[np.ndarray, np.ndarray]:
    """Noise of 0.01 around a slow drift, with twenty plumes."""
    rng = np.random.default_rng(seed)
    t = np.arange(float(n))
    values = 2 + 0.1 * np.sin(t / 3000) + rng.normal(0, 0.01, n)
    for centre in rng.uniform(0, n, 20):
        values += np.exp(-(((t - centre) / 6) ** 2))
    return t, values


def test_the_settings_name_every_model() -> None:
    """A model that exists can be chosen, and one that can be chosen exists."""
    assert set(MODELS) == set(BACKGROUND_MODELS)


@pytest.mark.parametrize("model", BACKGROUND_MODELS)
def test_a_constant_is_its_own_background(model: str) -> None:
    """Constant values have that background in every model."""
    t = np.arange(500.0)
    np.testing.assert_allclose(MODELS[model](t, np.full(500, 2.5), SETTINGS), 2.5)


@pytest.mark.parametrize("model", BACKGROUND_MODELS)
def test_an_added_constant_is_added_to_the_background(model: str) -> None:
    """background(c + k) = background(c) + k."""
    t, values = drive()
    base = MODELS[model](t, values, SETTINGS)
    np.testing.assert_allclose(MODELS[model](t, values + 7.25, SETTINGS), base + 7.25, atol=1e-9)


@pytest.mark.parametrize("model", BACKGROUND_MODELS)
def test_plumes_do_not_lift_the_background(model: str) -> None:
    """Over a drive with plumes up to 1, every model stays within 0.12 of the drift."""
    t, values = drive()
    assert np.abs(MODELS[model](t, values, SETTINGS) - 2 - 0.1 * np.sin(t / 3000)).max() < 0.12


@pytest.mark.parametrize("model", BACKGROUND_MODELS)
def test_one_value_is_enough(model: str) -> None:
    """A single value is its own background."""
    assert MODELS[model](np.zeros(1), np.array([3.0]), SETTINGS).tolist() == [3.0]


@settings(max_examples=60, deadline=None)
@given(
    hnp.arrays(float, st.integers(1, 80), elements=st.floats(-5, 5).map(lambda v: round(v, 1))),
    st.floats(0, 20),
    st.floats(0, 20),
    st.floats(0, 100),
    st.integers(0, 1000),
)
def test_rolling_percentile_is_numpy_on_each_window(
    values: np.ndarray, before: float, after: float, percentile: float, seed: int
) -> None:
    """The sliding sorted window gives numpy's percentile of every window."""
    t = np.cumsum(np.random.default_rng(seed).exponential(2, len(values)))
    fast = rolling_percentile(t, values, before_s=before, after_s=after, percentile=percentile)
    slow = [np.percentile(values[(t >= x - before) & (t <= x + after)], percentile) for x in t]
    np.testing.assert_allclose(fast, slow, atol=1e-12)


def test_phase_shift_does_not_lag_a_step() -> None:
    """A background that rises for good is followed within a minute (1 % of the window), not an hour later."""
    t = np.arange(4 * 3600.0)
    values = np.where(t < 7200, 2.0, 3.0)
    base = phase_shift_background(t, values, SETTINGS)
    middle = t[np.argmin(np.abs(base - 2.5))]
    assert abs(middle - 7200) < 60


def test_block_means_and_back() -> None:
    """Blocks keep the mean, skip what is not usable, and interpolate back to rows."""
    t = np.arange(0, 10, 0.25)
    usable = np.ones(40, bool)
    usable[:8] = False
    times, means = block_means(t, 2 * t, usable, 1.0)
    np.testing.assert_allclose(means, 2 * times)
    assert times[0] > 2
    np.testing.assert_allclose(interpolate_rows(t, times, means)[12:-4], 2 * t[12:-4])


def test_noise_is_told_from_plumes() -> None:
    """A fifth of rows in plumes raises the estimated noise by less than a third."""
    rng = np.random.default_rng(2)
    values = rng.normal(0, 1, 30_000)
    values[:6000] += rng.exponential(20, 6000)
    sd, _ = estimate_noise(np.arange(30_000.0), values, gap_s=2.0)
    assert 0.9 < sd < 1.33


def test_sibar_states(shared_data: Path) -> None:
    """At least 95 % of the rows of SIBaR's demonstration get the authors' own state."""
    table = pd.read_csv(shared_data / "plume_labels" / "SIBaR_DemoData.csv.gz", parse_dates=["Time"])
    t = (table["Time"] - table["Time"][0]).dt.total_seconds().to_numpy()
    states = source_states(t, table["Original"].to_numpy()) + 1
    assert len(table) == 15_741
    assert (states == table["State"].to_numpy()).mean() >= 0.95
