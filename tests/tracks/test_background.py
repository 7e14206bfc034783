"""Backgrounds: constants, equivariance, a slow obvious version, and the authors' own states."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from ingest.flags import REJECTING, Flag
from ingest.schema import new_trace
from numerics.noise import estimate_noise
from numerics.plane import seconds_since_start
from numerics.rolling import block_means, interpolate_rows, rolling_percentile
from onevisit.words.telling import tell
from tracks.background import _noise, add_enhancements
from tracks.background_models import MODELS, phase_shift_background, source_states
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


def trace_of(
    values: np.ndarray, *, t: np.ndarray | None = None, flags: np.ndarray | None = None, **attrs: object
) -> xr.Dataset:
    """A trace of one species, CO in ppb, with the flags of its rows."""
    n = len(values)
    seconds = np.arange(n, dtype=float) if t is None else t
    time = np.datetime64("2024-05-01T02:00:00", "ns") + (seconds * 1e9).astype("timedelta64[ns]")
    about = {"units": "ppb", "species": "co", "instrument": "a", **attrs}
    return new_trace("walk", time, np.full(n, 104.0), np.full(n, 30.0), {"co": (values, about)}, qc_flag=flags)


LOWEST = TrackSettings(background_percentile=0.0, detection_sd=0.0)
FOR_NO_BACKGROUND = Flag.INSTRUMENT_FAULT | Flag.CALIBRATION | Flag.REMOVED_BY_HAND | Flag.OWN_EXHAUST


@pytest.mark.parametrize("flag", list(Flag))
def test_rows_of_zero_gas_and_faults_do_not_enter_the_background(flag: Flag) -> None:
    """Zeros in flagged rows are the background unless the row is a fault, calibration, own exhaust or taken out."""
    values = np.full(100, 2.0)
    values[30:70] = 0.0
    flags = np.where(values == 0, np.uint32(flag), np.uint32(0))
    background = add_enhancements(trace_of(values, flags=flags), LOWEST).value["co_background"].values
    assert background.tolist() == [2.0 if flag & FOR_NO_BACKGROUND else 0.0] * 100


@pytest.mark.parametrize("flag", list(Flag))
def test_refused_values_do_not_enter_the_background(flag: Flag) -> None:
    """Zeros whose own flag no estimate may use are left out; flags that inform only are not; all flags are kept."""
    values = np.full(100, 2.0)
    values[30:70] = 0.0
    own = np.where(values == 0, np.uint32(flag), np.uint32(0))
    trace = trace_of(values).assign(co_qc=("obs", own))
    found = add_enhancements(trace, LOWEST).value
    assert found["co_background"].values.tolist() == [2.0 if flag & REJECTING else 0.0] * 100
    assert (found["co_qc"].values & np.uint32(flag)).tolist()[30:70] == [int(flag)] * 40
    np.testing.assert_array_equal(trace["co_qc"].values, own)


def test_both_kinds_of_flags_are_heeded_at_once() -> None:
    """A row under calibration and a value out of range are both left out, wherever the platform was."""
    values = np.full(100, 2.0)
    values[[20, 50, 80]] = 0.0, 0.5, 1.0
    flags, own = np.zeros((2, 100), np.uint32)
    flags[20], own[50], flags[80] = Flag.CALIBRATION, Flag.VALUE_OUT_OF_RANGE, Flag.POSITION_MISSING
    found = add_enhancements(trace_of(values, flags=flags).assign(co_qc=("obs", own)), LOWEST).value
    assert (found["co_background"].values - found["co_background"].attrs["offset"]).tolist() == [1.0] * 100
    assert found["qc_flag"].values.tolist() == flags.tolist()


def test_missing_values_are_flagged_and_every_other_row_is_measured_against_the_background() -> None:
    """NaN is VALUE_MISSING with no enhancement; zero excess at a limit of zero is not below it, less is."""
    values = np.full(100, 2.0)
    values[10], values[20], values[30] = np.nan, 5.0, 1.0
    settings = TrackSettings(background_percentile=50.0, detection_sd=0.0)
    found = add_enhancements(trace_of(values), settings).value
    expected = np.zeros(100, np.uint32)
    expected[10], expected[30] = Flag.VALUE_MISSING, Flag.BELOW_DETECTION_LIMIT
    np.testing.assert_array_equal(found["co_qc"].values, expected)
    assert found["co_qc"].values.dtype == np.uint32
    assert found["co_background"].values.tolist() == [2.0] * 100
    excess = np.zeros(100)
    excess[10], excess[20], excess[30] = np.nan, 3.0, -1.0
    np.testing.assert_array_equal(found["co_enhancement"].values, excess)


def test_the_offset_of_clean_air_is_part_of_the_background() -> None:
    """Values ±1 in turn about 5: the 20 % quantile of the window is 4, clean air lies at −Φ⁻¹(0.1) sd above it."""
    settings = TrackSettings(background_percentile=20.0, detection_sd=2.5)
    trace = trace_of(5 + np.tile([1.0, -1.0], 50), lag_s=3.5, lag_sd_s=0.8)
    found = add_enhancements(trace, settings).value
    sd = 2 * 1.482602218505602 / np.sqrt(2)  # of steps of 2 between neighbours; the quantiles differ by nothing
    about = found["co_background"].attrs
    assert about.pop("noise_sd") == pytest.approx(sd)
    assert about.pop("detection_limit") == pytest.approx(2.5 * sd)
    assert about == {
        "units": "ppb",
        "model": "percentile",
        "background_of": "co",
        "offset": 0.0,
        "lag_s": 3.5,
        "lag_sd_s": 0.8,
    }
    assert found["co_enhancement"].attrs["noise_sd"] == pytest.approx(sd)
    assert found["co_qc"].attrs == {"long_name": "quality-control flag of co", "standard_name": "quality_flag"}
    assert found["co_background"].dims == found["co_enhancement"].dims == found["co_qc"].dims == ("obs",)
    np.testing.assert_array_equal(found["co_enhancement"].values, np.tile([2.0, 0.0], 50))
    assert (found["co_qc"].values == np.uint32(Flag.BELOW_DETECTION_LIMIT)).all()


def test_clean_air_scatters_around_zero() -> None:
    """The background of the 10 % quantile is lifted by the offset that the attributes name."""
    rng = np.random.default_rng(0)
    trace = trace_of(7 + rng.normal(0, 0.5, 5000))
    found = add_enhancements(trace, TrackSettings(background_window_s=1200.0)).value
    attrs = found["co_enhancement"].attrs
    assert np.mean(found["co_enhancement"].values) == pytest.approx(0, abs=0.03)
    assert attrs["offset"] == pytest.approx(1.2816 * 0.5, abs=0.05)
    assert attrs["noise_sd"] == pytest.approx(0.5, rel=0.05)
    assert (found["co_background"].values + found["co_enhancement"].values).tolist() == pytest.approx(
        trace["co"].values.tolist()
    )
    below = (found["co_qc"].values & np.uint32(Flag.BELOW_DETECTION_LIMIT)) != 0
    np.testing.assert_array_equal(below, found["co_enhancement"].values < 3 * attrs["noise_sd"])


def test_fast_rows_are_averaged_before_the_background_is_taken() -> None:
    """At 4 Hz the lowest mean of 2 s counts, not the lowest value."""
    values = np.full(80, 2.0)
    values[16] = 0.0
    t = 0.25 * np.arange(80)
    settings = TrackSettings(background_percentile=0.0, background_step_s=2.0, background_window_s=1000.0)
    background = add_enhancements(trace_of(values, t=t), settings).value["co_background"]
    np.testing.assert_allclose(background.values - background.attrs["offset"], 2 - 2 / 8, atol=1e-12)


@pytest.mark.parametrize("model", BACKGROUND_MODELS)
def test_the_chosen_model_is_used_and_named(model: str) -> None:
    """The background is that of the model of the settings, up to the offset of clean air."""
    trace = trace_of(drive(n=600)[1])
    t, values = seconds_since_start(trace["time"].values), trace["co"].values
    chosen = TrackSettings(background_model=model)
    found = add_enhancements(trace, chosen).value["co_background"]
    assert found.attrs["model"] == model
    np.testing.assert_allclose(found.values - found.attrs["offset"], MODELS[model](t, values, chosen), atol=1e-9)


def test_no_usable_value_is_said_for_each_species() -> None:
    """Without a usable value there is no background, no noise and no known lag; the decision names the gas."""
    trace = trace_of(np.full(50, 2.0), flags=np.full(50, int(Flag.CALIBRATION), np.uint32))
    outcome = add_enhancements(trace, SETTINGS)
    said = [(d.item, tell(d).decision, tell(d).evidence) for d in outcome.decisions]
    assert said == [("walk", "no background for co", "no usable value")]
    assert np.isnan(outcome.value["co_background"].values).all()
    assert np.isnan(outcome.value["co_enhancement"].values).all()
    assert not outcome.value["co_qc"].values.any()
    attrs = outcome.value["co_enhancement"].attrs
    assert np.isnan([attrs["noise_sd"], attrs["detection_limit"], attrs["offset"], attrs["lag_sd_s"]]).all()
    assert attrs["lag_s"] == 0.0
    assert add_enhancements(trace_of(np.full(50, 2.0)), SETTINGS).decisions == ()


@pytest.mark.parametrize(("count", "skips"), [(500_000, False), (500_001, True), (1_000_001, True)])
def test_the_noise_of_very_many_rows_is_that_of_stretches(count: int, skips: bool) -> None:
    """Beyond half a million usable rows only every so many stretches of a thousand tell the noise."""
    every = -(-count // 500_000)
    values = np.where(np.arange(count) // 1000 % every == 0, 0.0, 1e6)
    sd, offset = _noise(np.arange(float(count)), values, np.zeros(count), np.ones(count, bool), SETTINGS)
    assert offset == 0.0
    assert (sd < 1e-12) == (skips or every == 1)


def test_only_usable_rows_tell_the_noise() -> None:
    """Rows that are not usable are left out; the rest is compared over 3 s, and the background is taken off."""
    t = np.arange(60.0)
    values, background = np.where(t % 3 == 0, 7.0 + np.where(t % 2 == 0, 1, -1), 99.0), np.full(60, 5.0)
    sd, offset = _noise(t, values, background, t % 3 == 0, TrackSettings(value_gap_s=1.0))
    assert (sd, offset) == (pytest.approx(2 * 1.482602218505602 / np.sqrt(2)), 1.0)
    sparse = np.append(np.arange(40.0), [50.0, 60.0])
    steps = np.append(np.zeros(40), [4.0, 8.0])
    assert _noise(sparse, steps, np.zeros(42), np.ones(42, bool), SETTINGS)[0] < 1e-12


def test_sibar_states(shared_data: Path) -> None:
    """At least 95 % of the rows of SIBaR's demonstration get the authors' own state."""
    table = pd.read_csv(shared_data / "plume_labels" / "SIBaR_DemoData.csv.gz", parse_dates=["Time"])
    t = (table["Time"] - table["Time"][0]).dt.total_seconds().to_numpy()
    states = source_states(t, table["Original"].to_numpy()) + 1
    assert len(table) == 15_741
    assert (states == table["State"].to_numpy()).mean() >= 0.95
