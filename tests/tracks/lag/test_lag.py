"""Inlet lag: found where the drive tells it, called unknown where it does not, never nonsense."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.flags import Flag
from ingest.schema import new_trace
from numerics.noise import estimate_noise
from numerics.plane import seconds_since_start
from onevisit.words.telling import tell
from tracks import TrackSettings, process_trace
from tracks.lag.align import _fixes, _signal, apply_lag, find_lags, shift_values
from tracks.lag.estimate import LagEstimate, LagEvidence, estimate_lag, lag_grid, lag_prior
from tracks.lag.meetings import compare_meetings, shuffled
from tracks.lag.response import correct_response
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
    said = [tell(decision).decision for decision in outcome.decisions if "inlet lag" in tell(decision).decision]
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
    said = [tell(decision).decision for decision in outcome.decisions if "inlet lag" in tell(decision).decision]
    assert said == [
        f"inlet lag not known, none applied (standard deviation {attrs['lag_sd_s']:g} s); give lag_s: methane"
    ]


def test_a_given_lag_has_a_small_standard_deviation(make_drive: Make) -> None:
    """A lag of settings is applied as given, with the standard deviation of a lag timed by hand."""
    trace = laps(make_drive, lag=6, seed=1)
    for chosen in (TrackSettings(lag_s=6.0), TrackSettings(estimate_lag=False)):
        attrs = process_trace(trace, chosen).value.passes["methane_enhancement"].attrs
        assert (attrs["lag_s"], attrs["lag_sd_s"]) == (chosen.lag_s, chosen.lag_given_sd_s)


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


# --- shifting by hand ---------------------------------------------------------------------------------


def slow_shift(t: np.ndarray, values: np.ndarray, lag_s: float, gap_s: float) -> np.ndarray:
    """Row by row: the value measured at t + lag, or on a line between the known values about it."""
    known = np.flatnonzero(np.isfinite(values))
    out = np.full(len(t), np.nan)
    for i, wanted in enumerate(t + lag_s):
        hit = [k for k in known if abs(t[k] - wanted) < 1e-6]
        before, after = ([k for k in known if sign * (t[k] - wanted) > 0] for sign in (-1, 1))
        if hit:
            out[i] = values[hit[0]]
        elif before and after and t[after[0]] - t[before[-1]] <= gap_s:
            a, b = before[-1], after[0]
            out[i] = np.interp(wanted, [t[a], t[b]], [values[a], values[b]])
    return out


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 30), st.integers(-20, 20), st.sampled_from([0.0, 0.5, 1.5, 3.0]), st.integers(0, 10_000))
def test_shifting_is_interpolation_between_known_values(n: int, halves: int, gap: float, seed: int) -> None:
    """Lags of whole and half seconds, forward and back, over gaps and missing values."""
    rng = np.random.default_rng(seed)
    t = np.cumsum(rng.choice([0.5, 1.0, 3.0], n))
    values = np.where(rng.random(n) < 0.2, np.nan, rng.normal(size=n))
    lag_s = halves / 4
    expected = slow_shift(t, values, lag_s, gap) if halves else values
    np.testing.assert_allclose(shift_values(t, values, lag_s, gap_s=gap), expected, atol=1e-9)


def test_a_gap_as_long_as_allowed_is_interpolated_over() -> None:
    """Values exactly gap_s apart are, values a little further apart are not."""
    t, values = np.array([0.0, 3.0, 6.1]), np.array([1.0, 4.0, 7.1])
    assert shift_values(t, values, 1.0, gap_s=3.0)[0] == pytest.approx(2.0)
    assert np.isnan(shift_values(t, values, 1.0, gap_s=3.0)[1])
    assert shift_values(t, values, 1.0, gap_s=3.11)[1] == pytest.approx(5.0)


def co_trace(values: np.ndarray, *, t: np.ndarray | None = None, **attrs: object) -> xr.Dataset:
    """A trace of CO by the instrument "box"."""
    n = len(values)
    seconds = np.arange(float(n)) if t is None else t
    time = np.datetime64("2024-05-01T02:00:00", "ns") + (seconds * 1e9).astype("timedelta64[ns]")
    about = {"units": "ppm", "species": "co", "instrument": "box", **attrs}
    return new_trace("d", time, 104 + np.arange(n) * 1e-4, np.full(n, 30.0), {"gas": (values, about)})


RAMP = np.arange(60.0)


@pytest.mark.parametrize(
    ("own", "attrs", "lag_s", "expected"),
    [
        ((), {}, 0.0, 0.0),
        ((), {}, 5.0, 5.0),
        ((), {"lag_s": "3"}, 5.0, 3.0),
        ((), {"lag_s": 0.0}, 5.0, 0.0),
        ((("box", 2.0),), {"lag_s": "3"}, 5.0, 2.0),
        ((("box", 2.0), ("co", 7.0)), {}, 5.0, 7.0),
        ((("box", 2.0), ("co", 7.0), ("gas", 0.0)), {"lag_s": 4.0}, 5.0, 0.0),
        ((("other", 2.0),), {}, 0.0, 0.0),
        ((("co", -2.0),), {}, 0.0, -2.0),
    ],
)
def test_the_nearest_lag_wins(
    own: tuple[tuple[str, float], ...], attrs: dict[str, object], lag_s: float, expected: float
) -> None:
    """That of the variable, of its species, of its instrument, of the file, of all; a ramp shows what was applied."""
    given = TrackSettings(lag_of=own, lag_s=lag_s, estimate_lag=False, lag_given_sd_s=0.7)
    found = apply_lag(co_trace(RAMP, **attrs), given)
    assert (found.value["gas"].attrs["lag_s"], found.value["gas"].attrs["lag_sd_s"]) == (expected, 0.7)
    shifted = RAMP + expected
    inside = (shifted >= 0) & (shifted <= 59)
    np.testing.assert_array_equal(found.value["gas"].values, np.where(inside, shifted, np.nan))
    said = [(d.item, tell(d).decision, tell(d).evidence) for d in found.decisions]
    told = [("d", f"inlet lag of {expected:g} s applied: gas", "given in settings or file")]
    assert said == (told if expected else [])


def estimate(lag_s: float, sd_s: float, *, known: bool, score: float = 4.26, chance: float = 0.123) -> LagEstimate:
    """An estimate with evidence from 77 places."""
    return LagEstimate(lag_s, sd_s, known, LagEvidence(np.array([1.0, score]), chance, 77))


WHY = "77 places passed in opposite directions: best score 4.3, as high by chance: 12%; weighed with published lags"


@pytest.mark.parametrize(
    ("found", "applied", "sd", "said"),
    [
        (estimate(7.04, 2.66, known=True), 7.0, 2.7, "inlet lag estimated as 7 ± 2.7 s and applied"),
        (estimate(6.26, 5.04, known=False), 6.3, 5.0, "inlet lag not known, 6.3 ± 5 s assumed; give lag_s"),
        (estimate(0.96, 2.5, known=True), 1.0, 2.5, "inlet lag estimated as 1 ± 2.5 s and applied"),
        (estimate(0.94, 2.5, known=True), 0.0, np.hypot(0.9, 2.5), "no inlet lag applied, none is seen"),
        (estimate(-1.5, 2.0, known=True), 0.0, 2.5, "no inlet lag applied, none is seen"),
        (estimate(0.4, 6.0, known=False), 0.4, 6.0, "inlet lag not known, 0.4 ± 6 s assumed; give lag_s"),
    ],
)
def test_an_estimate_is_applied_and_told(found: LagEstimate, applied: float, sd: float, said: str) -> None:
    """To a tenth of a second; below one second none is applied, and what is left is in the standard deviation."""
    outcome = apply_lag(co_trace(RAMP), SETTINGS, {"gas": found})
    attrs = outcome.value["gas"].attrs
    assert (attrs["lag_s"], attrs["lag_sd_s"]) == (pytest.approx(applied), pytest.approx(sd))
    assert outcome.value["gas"].values[10] == pytest.approx(10 + applied)
    assert [(d.item, tell(d).decision, tell(d).evidence) for d in outcome.decisions] == [("d", f"{said}: gas", WHY)]


def test_without_evidence_nothing_is_applied_and_the_scatter_is_that_of_lags() -> None:
    """No places in both directions, and no estimate at all: zero, known only as well as published lags."""
    far = float(np.sqrt(lag_prior(SETTINGS) @ lag_grid(SETTINGS) ** 2))
    nothing = apply_lag(co_trace(RAMP), SETTINGS, {"gas": LagEstimate(6.4, 5.0, False, None)})
    attrs = nothing.value["gas"].attrs
    assert (attrs["lag_s"], attrs["lag_sd_s"]) == (0.0, round(far, 1))
    why = "no places that were passed in opposite directions and saw a plume"
    assert tell(nothing.decisions[0]).evidence == why
    assert f"(standard deviation {round(far, 1):g} s); give lag_s: gas" in tell(nothing.decisions[0]).decision
    unasked = apply_lag(co_trace(RAMP), SETTINGS)
    assert unasked.decisions == ()
    assert (unasked.value["gas"].attrs["lag_s"], unasked.value["gas"].attrs["lag_sd_s"]) == (0.0, pytest.approx(far))


def test_species_with_one_lag_share_a_decision() -> None:
    """Two species of one lag are named together, a third one with another lag by itself."""
    trace = co_trace(RAMP)
    trace = trace.assign(two=trace["gas"].copy(), three=trace["gas"].copy())
    outcome = apply_lag(trace, TrackSettings(lag_s=2.0, lag_of=(("three", 4.0),)))
    assert [tell(d).decision for d in outcome.decisions] == [
        "inlet lag of 2 s applied: gas, two",
        "inlet lag of 4 s applied: three",
    ]


def test_values_are_shifted_over_gaps_of_the_instruments_own_pace() -> None:
    """A value every 2 s is interpolated over 5 s, 2.5 of its intervals, and not over 6; a fast one over 3 s."""
    t = np.arange(60.0)
    slow = np.where(t % 2 == 0, t, np.nan)
    slow[[20, 22, 40]] = np.nan  # 18 to 24, and 38 to 42
    found = apply_lag(co_trace(slow), TrackSettings(lag_s=1.0)).value["gas"].values
    assert np.isnan(found[17:23]).tolist() == [False, True, True, True, True, True]
    assert found[38:41].tolist() == [39.0, 40.0, 41.0]
    fast = t.copy()
    fast[20:23] = np.nan
    lagged = [apply_lag(co_trace(fast), TrackSettings(lag_s=1.0, value_gap_s=g)).value["gas"].values for g in (4, 3)]
    assert lagged[0].tolist()[:59] == (t[:59] + 1).tolist()
    assert np.flatnonzero(np.isnan(lagged[1])).tolist() == [19, 20, 21, 59]


@pytest.mark.parametrize("key", ["gas", "co", "box"])
def test_a_response_time_is_corrected_before_the_lag(key: str) -> None:
    """Given for variable, species or instrument; the values are those of the correction, shifted, and it is told."""
    values = np.exp(-((RAMP - 30) ** 2) / 50)
    chosen = TrackSettings(response_of=((key, 4.0),), lag_s=3.0)
    outcome = apply_lag(co_trace(values), chosen)
    corrected = correct_response(RAMP, values, 4.0, gap_s=3.0)
    np.testing.assert_allclose(outcome.value["gas"].values[:57], corrected[3:])
    said = [(tell(d).decision, tell(d).evidence) for d in outcome.decisions]
    assert said == [
        ("response time of 4 s corrected: gas", "given in the settings"),
        ("inlet lag of 3 s applied: gas", "given in settings or file"),
    ]
    other = apply_lag(co_trace(values), TrackSettings(response_of=(("x", 4.0),)))
    np.testing.assert_array_equal(other.value["gas"].values, values)


def test_the_response_is_corrected_run_by_run_of_the_settings() -> None:
    """A pause of 4 s ends a run of the correction with value_gap_s = 3 and does not with 4."""
    t = np.concatenate([np.arange(30.0), 33 + np.arange(30.0)])
    values = t**2 / 100
    found = [
        apply_lag(co_trace(values, t=t), TrackSettings(response_of=(("co", 4.0),), value_gap_s=gap))
        .value["gas"]
        .values
        for gap in (3.0, 4.0)
    ]
    assert found[0][29] == pytest.approx(values[29])
    assert found[1][29] > values[29] + 1


OF_THE_ANALYSER = Flag.INSTRUMENT_FAULT | Flag.CALIBRATION | Flag.VALUE_OUT_OF_RANGE


@pytest.mark.parametrize("flag", list(Flag))
def test_flags_of_the_analyser_go_with_its_values_and_others_stay(flag: Flag) -> None:
    """A flag of a row goes to its value's new place when it speaks of the analyser; flags of values always go."""
    flags, own = np.zeros((2, 60), np.uint32)
    flags[20:22], own[40:42] = flag, flag
    trace = co_trace(RAMP).assign(gas_qc=("obs", own), qc_flag=("obs", flags))
    found = apply_lag(trace, TrackSettings(lag_s=5.0)).value
    moved = np.flatnonzero(found["gas_qc"].values & np.uint32(flag)).tolist()
    assert moved == ([15, 16] if flag & OF_THE_ANALYSER else []) + [35, 36]
    np.testing.assert_array_equal(found["qc_flag"].values, flags)
    assert found["gas_qc"].attrs == {"long_name": "quality-control flag of gas", "standard_name": "quality_flag"}
    assert found["gas_qc"].values.dtype == np.uint32


@pytest.mark.parametrize(("lag_s", "rows"), [(2.5, [17, 18]), (-2.5, [22, 23]), (-2.0, [22]), (0.25, [19, 20])])
def test_an_interpolated_value_has_the_flags_of_both_neighbours(lag_s: float, rows: list[int]) -> None:
    """A flagged value at 20 s marks the rows that it is a part of, forward and back."""
    own = np.zeros(60, np.uint32)
    own[20] = Flag.VALUE_STUCK
    trace = co_trace(RAMP).assign(gas_qc=("obs", own))
    found = apply_lag(trace, TrackSettings(lag_of=(("co", lag_s),))).value["gas_qc"].values
    assert np.flatnonzero(found).tolist() == rows


def test_flags_of_values_beside_missing_ones_are_found() -> None:
    """The neighbours of an interpolated value are the known ones: rows without a value have no flag to give."""
    values, own = RAMP.copy(), np.zeros(60, np.uint32)
    values[30:32] = np.nan
    own[30:32], own[29], own[32] = Flag.VALUE_MISSING, Flag.VALUE_STUCK, Flag.VALUE_OUT_OF_RANGE
    found = apply_lag(co_trace(values).assign(gas_qc=("obs", own)), TrackSettings(lag_s=5.0)).value["gas_qc"].values
    both = int(Flag.VALUE_STUCK | Flag.VALUE_OUT_OF_RANGE)
    assert found[23:29].tolist() == [0, int(Flag.VALUE_STUCK), both, both, int(Flag.VALUE_OUT_OF_RANGE), 0]


def test_the_ends_have_the_flags_of_the_last_value() -> None:
    """Rows whose air was not yet seen carry the last value's flag; a trace without value or flag has none."""
    own = np.zeros(60, np.uint32)
    own[59] = Flag.VALUE_STUCK
    found = apply_lag(co_trace(RAMP).assign(gas_qc=("obs", own)), TrackSettings(lag_s=5.0)).value["gas_qc"].values
    assert np.flatnonzero(found).tolist() == [54, 55, 56, 57, 58, 59]
    nothing = co_trace(np.full(60, np.nan)).assign(gas_qc=("obs", own))
    assert not apply_lag(nothing, TrackSettings(lag_s=5.0)).value["gas_qc"].values.any()
    assert "gas_qc" not in apply_lag(co_trace(RAMP), SETTINGS).value


def test_without_a_lag_flags_and_values_stay() -> None:
    """Nothing is moved, and the flags keep their attributes."""
    own = np.arange(60, dtype=np.uint32)
    trace = co_trace(RAMP).assign(gas_qc=("obs", own, {"long_name": "own"}))
    found = apply_lag(trace, TrackSettings(estimate_lag=False)).value
    np.testing.assert_array_equal(found["gas_qc"].values, own)
    assert found["gas_qc"].attrs == {"long_name": "own"}
    np.testing.assert_array_equal(found["gas"].values, RAMP)


# --- what an estimate is made of ----------------------------------------------------------------------


def test_an_estimate_is_shared_by_the_quantities_of_an_instrument(make_drive: Make) -> None:
    """Two species of one instrument are compared together, another instrument by itself; a given lag is not asked."""
    trace = laps(make_drive, lag=6, seed=1)
    gas = trace["methane"]
    late = xr.DataArray(np.roll(gas.values, 9), dims="obs", attrs={**gas.attrs, "instrument": "other"})
    trace = trace.assign(
        dry=gas * 0.98,
        late=late,
        known=gas.assign_attrs(lag_s=4.0, instrument="third"),
    )
    trace["dry"].attrs = dict(gas.attrs)
    cleaned = clean_positions(trace, SETTINGS).value
    found = find_lags(cleaned, SETTINGS)
    assert set(found) == {"methane", "dry", "late"}
    assert found["methane"] is found["dry"]
    t = seconds_since_start(cleaned["time"].values)
    fixes = _fixes(cleaned, t)
    assert fixes is not None
    for names in (["methane", "dry"], ["late"]):
        signals = [_signal(t, cleaned[name].values, cleaned, name, SETTINGS) for name in names]
        expected = estimate_lag(compare_meetings(signals, fixes, SETTINGS), SETTINGS)
        assert found[names[0]].lag_s == expected.lag_s
        assert found[names[0]].evidence is not None
        np.testing.assert_array_equal(found[names[0]].evidence.score, expected.evidence.score)


def test_who_does_not_ask_or_does_not_move_gets_no_estimate(make_drive: Make) -> None:
    """No estimate without the wish, with every lag given, and at walking pace."""
    moving = clean_positions(laps(make_drive, lag=6, seed=1), SETTINGS).value
    assert find_lags(moving, TrackSettings(estimate_lag=False)) == {}
    assert find_lags(moving, TrackSettings(lag_s=3.0)) == {}
    walking = clean_positions(make_drive(1.8 * np.arange(300.0)), SETTINGS).value
    assert find_lags(walking, SETTINGS) == {}
    assert set(find_lags(clean_positions(make_drive(2.3 * np.arange(300.0)), SETTINGS).value, SETTINGS)) == {
        "methane"
    }


def test_fixes_are_places_and_velocities_of_known_rows(make_drive: Make) -> None:
    """East and north in metres from the first position, and the speed's parts along them; rows without place go."""
    cleaned = make_drive(np.array([0.0, 30, 60, 90]), np.array([0.0, 40, 80, 120])).assign(
        speed=("obs", np.array([50.0, 50, 50, 0])), heading=("obs", np.array([0.6435, 0.6435, 0.6435, np.nan]))
    )
    lon = cleaned["lon"].values.copy()
    lon[1] = np.nan
    fixes = _fixes(cleaned.assign_coords(lon=("obs", lon)), np.arange(4.0))
    assert fixes is not None
    assert fixes.t.tolist() == [0, 2, 3]
    np.testing.assert_allclose(fixes.x, [0, 60, 90], atol=1e-3)
    np.testing.assert_allclose(fixes.y, [0, 80, 120], atol=1e-2)
    np.testing.assert_allclose(fixes.vx, [30, 30, 0], atol=1e-2)
    np.testing.assert_allclose(fixes.vy, [40, 40, 0], atol=1e-2)
    slow = cleaned.assign(speed=("obs", np.full(4, 2.0)))
    assert _fixes(slow, np.arange(4.0)) is None


def slow_signal(t: np.ndarray, values: np.ndarray, chosen: TrackSettings) -> tuple[np.ndarray, np.ndarray]:
    """Means of 2 s, over a percentile of the window and the offset, in noise; logarithms of what exceeds it."""
    block = np.floor(t / 2)
    times = np.array([t[block == b].mean() for b in np.unique(block)])
    means = np.array([values[block == b].mean() for b in np.unique(block)])
    half = chosen.background_window_s / 2
    base = np.array([np.percentile(means[np.abs(times - x) <= half], chosen.background_percentile) for x in times])
    noise, offset = estimate_noise(times, means - base, gap_s=5.0)
    excess = (means - base - offset) / noise - 1
    return times, np.log(1 + np.where(excess > 0, excess, 0.0))


@pytest.mark.parametrize("flag", [None, Flag.INSTRUMENT_FAULT, Flag.CALIBRATION, Flag.REMOVED_BY_HAND])
@pytest.mark.parametrize("of_value", [False, True])
def test_the_signal_is_the_logarithm_of_the_excess_over_noise(flag: Flag | None, of_value: bool) -> None:
    """Blocks of 2 s of usable values; a row of the analyser's trouble, or a refused value, is left out."""
    rng = np.random.default_rng(0)
    values = 5 + rng.normal(0, 0.1, 400) + np.exp(-(((np.arange(400) - 200) / 5) ** 2)) * 4
    flags, own = np.zeros((2, 400), np.uint32)
    if flag:
        (own if of_value else flags)[100:110] = flag
        values[100:110] = 500.0
    chosen = TrackSettings(background_window_s=100.0, background_percentile=20.0)
    trace = co_trace(values).assign(qc_flag=("obs", flags), gas_qc=("obs", own))
    t = np.arange(400.0)
    times, signal = _signal(t, values, trace, "gas", chosen)
    kept = (flags | own) == 0
    expected = slow_signal(t[kept], values[kept], chosen)
    np.testing.assert_allclose(times, expected[0])
    np.testing.assert_allclose(signal, expected[1], atol=1e-9)
    assert signal.max() > 3


def test_too_few_blocks_are_no_signal_and_a_long_drive_is_cut() -> None:
    """Nine blocks say nothing, ten do; of many the first ten thousand count."""
    t = np.arange(20.0)
    values = np.arange(20.0) % 7
    assert [len(part) for part in _signal(t[:18], values[:18], co_trace(values[:18]), "gas", SETTINGS)] == [0, 0]
    assert [len(part) for part in _signal(t, values, co_trace(values), "gas", SETTINGS)] == [10, 10]
    long = np.arange(21_000.0)
    assert [len(p) for p in _signal(long, long % 7, co_trace(long % 7), "gas", SETTINGS)] == [10_000, 10_000]
