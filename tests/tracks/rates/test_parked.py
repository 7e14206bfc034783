"""Rates of parked runs: every part of the method by hand, and every reason why there is none."""

from __future__ import annotations

from dataclasses import astuple

import numpy as np
import pytest
import xarray as xr
from scipy.ndimage import uniform_filter1d

from ingest.schema import new_trace
from tracks.lag.align import shift_values
from tracks.rates.parked import (
    METHOD,
    _estimate,
    _fit_profile,
    _prepare,
    _rotate,
    _Run,
    _spread_of_choices,
    quantify_parked,
    rate_variable,
    vertical_density,
)
from tracks.settings import TrackSettings

SETTINGS = TrackSettings()
N = 1200


def run_of(**changed: object) -> xr.Dataset:
    """Ten minutes at 2 Hz: methane of 2 ppm with a plume when the wind swings through its mean."""
    rng = np.random.default_rng(1)
    swing = 0.4 * np.sin(np.arange(N) / 60)
    speed = 4 + 0.5 * np.sin(np.arange(N) / 17)
    sonic = {
        "sonic_u": speed * np.cos(swing + 0.7),
        "sonic_v": speed * np.sin(swing + 0.7),
        "sonic_w": 0.4 * rng.normal(size=N),
    }
    ppm = 2 + 5 * np.exp(-((swing / 0.1) ** 2) / 2) + 0.01 * rng.normal(size=N)
    wind, about = {"units": "m s-1"}, {"units": "ppm", "species": "ch4", "instrument": "a"}
    variables: dict[str, tuple[np.ndarray, dict[str, str]]] = {name: (values, wind) for name, values in sonic.items()}
    variables |= {"gas": (ppm, about), "temperature": (np.full(N, 300.0), {"units": "K"})}
    variables |= {"pressure": (np.full(N, 99_000.0), {"units": "Pa"})}
    for name, values in changed.items():
        if values is None:
            del variables[name]
        else:
            variables[name] = values if isinstance(values, tuple) else (values, variables.get(name, (0, wind))[1])
    time = np.datetime64("2024-05-01T02:00:00", "ns") + np.arange(N) * np.timedelta64(500, "ms")
    return new_trace("parked", time, np.full(N, 104.0), np.full(N, 30.0), variables)


def prepared(trace: xr.Dataset, settings: TrackSettings = SETTINGS) -> _Run:
    """What the run is brought to."""
    run = _prepare(trace, settings)
    assert isinstance(run, _Run)
    return run


def test_the_density_of_a_plume_by_hand() -> None:
    """The plume and its image in the ground, at 3 m of a source at 5 m with a spread of 4 m, and at the ground."""
    image = np.exp(-(2**2) / 32) + np.exp(-(8**2) / 32)
    assert vertical_density(sigma_z_m=4.0, source_height_m=5.0, sensor_height_m=3.0) == pytest.approx(
        image / (4 * np.sqrt(2 * np.pi))
    )
    heights = np.linspace(0, 200, 40_001)
    total = sum(vertical_density(sigma_z_m=9.0, source_height_m=7.0, sensor_height_m=h) for h in heights) * 0.005
    assert total == pytest.approx(1, abs=1e-3)


def test_rotation_puts_the_wind_along_one_axis() -> None:
    """After yaw and pitch the mean is along u, v and w are nothing, and speeds stay; a wind from behind as well."""
    rng = np.random.default_rng(0)
    for mean in ((3.0, 4.0, 1.0), (-3.0, 4.0, -1.0), (-2.0, -5.0, 0.3)):
        u, v, w = (m + rng.normal(size=500) for m in mean)
        along, across, up = _rotate(u, v, w)
        assert (across.mean(), up.mean()) == (pytest.approx(0, abs=1e-12), pytest.approx(0, abs=1e-12))
        assert along.mean() == pytest.approx(np.sqrt(u.mean() ** 2 + v.mean() ** 2 + w.mean() ** 2))
        np.testing.assert_allclose(along**2 + across**2 + up**2, u**2 + v**2 + w**2)
        turn = np.array([along[:3], across[:3], up[:3]]) @ np.linalg.inv(np.array([u[:3], v[:3], w[:3]]))
        assert np.linalg.det(turn) == pytest.approx(1)


def test_a_run_is_excess_in_kilograms_and_turned_wind() -> None:
    """ppm over the mean of the lowest 5 %, as kg m-3 at the run's own temperature and pressure, in its own step."""
    trace = run_of()
    run = prepared(trace, TrackSettings(estimate_lag=False))
    values = trace["gas"].values
    lowest = np.sort(values)[:60].mean()
    kilograms = 1e-6 * 16.043e-3 * 99_000 / 8.314462618 / 300
    np.testing.assert_allclose(run.excess, (values - lowest) * kilograms, rtol=2e-3)
    expected = _rotate(*(trace[f"sonic_{axis}"].values for axis in "uvw"))
    for found, axis in zip((run.u, run.v, run.w), expected, strict=True):
        np.testing.assert_allclose(found, axis)
    assert (run.step_s, run.flags) == (0.5, [])
    few = prepared(trace, TrackSettings(estimate_lag=False, rate_background_percent=0.0))
    assert few.excess.min() == pytest.approx(0, abs=1e-15)


@pytest.mark.parametrize(("unit", "scale"), [("ppm", 1.0), ("1e-6", 1.0), ("ppb", 1e3), ("1e-9", 1e3)])
def test_units_of_mole_fractions(unit: str, scale: float) -> None:
    """The same air in ppm and ppb is the same mass."""
    gas = run_of()["gas"].values
    other = run_of(gas=(gas * scale, {"units": unit, "species": "ch4", "instrument": "a"}))
    np.testing.assert_allclose(prepared(other).excess, prepared(run_of()).excess, rtol=1e-9)


@pytest.mark.parametrize(
    ("changed", "flags", "factor"),
    [
        ({"temperature": None}, ["no_lag_given", "no_temperature"], 300 / 288.15),
        ({"pressure": None}, ["no_lag_given", "no_pressure"], 101325 / 99000),
        ({"pressure": np.full(N, np.nan)}, ["no_lag_given", "no_pressure"], 101325 / 99000),
        ({"temperature": np.append(np.full(N - 2, 310.0), [np.nan, 900.0])}, ["no_lag_given"], 300 / 310),
        ({"sonic_w": None}, ["no_lag_given", "no_vertical_wind"], 1.0),
    ],
)
def test_what_is_missing_is_standard_and_flagged(changed: dict[str, object], flags: list[str], factor: float) -> None:
    """Without temperature 15 °C, without pressure 1 atm, medians otherwise; each assumption is a flag."""
    run = prepared(run_of(**changed))
    np.testing.assert_allclose(run.excess, prepared(run_of()).excess * factor, rtol=1e-9)
    assert run.flags == flags
    assert np.isnan(run.w).all() == ("sonic_w" in changed)


def test_the_lag_of_the_inlet_is_taken_off() -> None:
    """With a lag of 3 s the concentration is that of 3 s later; the last rows are left out."""
    trace = run_of()
    run = prepared(trace, TrackSettings(lag_s=3.0))
    values = shift_values(0.5 * np.arange(N), trace["gas"].values, 3.0, gap_s=3.0)[: N - 6]
    assert len(run.excess) == N - 6
    excess = values - np.sort(values)[:59].mean()
    np.testing.assert_allclose(run.excess, excess * 1e-6 * 16.043e-3 * 99_000 / 8.314462618 / 300, rtol=2e-3)
    assert run.flags == []


def test_winds_are_taken_in_order() -> None:
    """The sonic before the felt wind, the felt wind before the true one; without a vertical wind it is flat."""
    others = {"u_apparent": np.full(N, 1.0), "v_apparent": np.linspace(-1, 1, N)}
    others |= {"u": np.full(N, 2.0), "v": np.zeros(N)}
    trace = run_of(**others)
    assert np.allclose(prepared(trace).u, prepared(run_of()).u)
    felt = prepared(trace.drop_vars(["sonic_u", "sonic_v", "sonic_w"]))
    np.testing.assert_allclose(np.hypot(felt.u, felt.v), np.hypot(1, others["v_apparent"]))
    true = prepared(trace.drop_vars(["sonic_u", "sonic_v", "sonic_w", "u_apparent", "v_apparent"]))
    np.testing.assert_allclose(true.u, 2.0)


def test_rows_with_anything_missing_are_left_out() -> None:
    """A value or a component of the wind that is missing takes its row; 200 rows must be left."""
    for name in ("gas", "sonic_u", "sonic_v", "sonic_w"):
        for left, enough in ((200, True), (199, False)):
            values = run_of()[name].values.copy()
            values[left:] = np.nan
            trace = run_of(**{name: values})
            found = _prepare(trace, TrackSettings(rate_background_percent=5.0))
            assert (found == "too_few_rows") != enough
            assert not enough or len(found.excess) == left
    assert _prepare(run_of().isel(obs=slice(0, 199)), SETTINGS) == "too_few_rows"
    assert isinstance(_prepare(run_of().isel(obs=slice(0, 200)), SETTINGS), _Run)


UNKNOWN = "not_a_mole_fraction_of_a_known_gas"


@pytest.mark.parametrize(
    ("changed", "settings", "reason"),
    [
        ({}, TrackSettings(rate_species="c2h6"), "no_c2h6"),
        ({"gas": None}, SETTINGS, "no_ch4"),
        ({"sonic_u": None, "sonic_v": None, "sonic_w": None}, SETTINGS, "no_wind"),
        ({"gas": (np.ones(N), {"units": "mg m-3", "species": "ch4"})}, SETTINGS, UNKNOWN),
        ({"gas": (np.ones(N), {"units": "ppm", "species": "dust"})}, TrackSettings(rate_species="dust"), UNKNOWN),
        ({"sonic_u": np.full(N, 0.1), "sonic_v": np.zeros(N)}, SETTINGS, "calm"),
        ({"gas": np.full(N, 2.0)}, SETTINGS, "no_plume"),
    ],
)  # fmt: skip
def test_a_reason_instead_of_a_rate(changed: dict[str, object], settings: TrackSettings, reason: str) -> None:
    """Nothing is guessed: the estimate is NaN with confidence none, and says why."""
    found = quantify_parked(run_of(**changed), distance_m=50.0, source_height_m=2.0, settings=settings)
    assert (found.file, found.method, found.confidence) == ("parked", METHOD, "none")
    assert np.isnan([found.rate_g_s, found.low_g_s, found.high_g_s]).all()
    assert reason in found.flags
    assert len(set(found.flags)) == len(found.flags)
    assert (found.crossings, found.lon, found.lat) == (None, None, None)


@pytest.mark.parametrize("distance_m", [0.0, -5.0, float("nan")])
def test_a_distance_that_is_none_is_refused(distance_m: float) -> None:
    """Zero, less and unknown."""
    found = quantify_parked(run_of(), distance_m=distance_m, source_height_m=2.0)
    assert (found.confidence, found.flags) == ("none", ("distance_not_positive",))


def test_the_first_variable_of_the_gas_is_taken() -> None:
    """By its own name or by its species, in the order of the file."""
    trace = run_of()
    second = trace.assign(ch4=trace["gas"].assign_attrs(species="so2"))
    assert rate_variable(second, SETTINGS) == "gas"
    assert rate_variable(second.drop_vars("gas"), SETTINGS) == "ch4"
    assert rate_variable(second, TrackSettings(rate_species="so2")) == "ch4"
    assert rate_variable(second, TrackSettings(rate_species="nh3")) is None


# --- the integral ----------------------------------------------------------------------------------------------


def steady(*, n: int = 20_000, width: float = 8.0, centre: float = 10.0, w: float = 0.4) -> _Run:
    """Directions evenly within ±40°, a flux that is a Gaussian of the direction, 4 m/s throughout."""
    rng = np.random.default_rng(3)
    angle = np.radians(rng.uniform(-40, 40, n))
    excess = 1e-6 * np.exp(-((np.degrees(angle) - centre) ** 2) / 2 / width**2)
    up = np.where(np.arange(n) % 2 == 0, w, -w)
    return _Run(excess, 4 * np.cos(angle), 4 * np.sin(angle), up, 1000.0)


def test_both_readings_are_the_flux_through_the_section() -> None:
    """Peak flux 4e-6 kg m-2 s-1 and 8° at 50 m: √2π · width · distance over the density at 3 m, in g s-1."""
    chosen = TrackSettings(inlet_height_m=3.0)
    found = _estimate(steady(), 1.0, 50.0, 2.0, chosen)
    density = vertical_density(sigma_z_m=0.4 * 50 / 4, source_height_m=2.0, sensor_height_m=3.0)
    integral = 4e-6 * np.sqrt(2 * np.pi) * np.radians(8) * 50
    assert found == [pytest.approx(1000 * integral / density, rel=0.02)] * 2
    by_wind = _estimate(_flat(), 1.0, 50.0, 2.0, chosen)
    assert by_wind[0] == pytest.approx(found[0], rel=1e-6)


def test_the_sector_is_that_of_the_settings() -> None:
    """Rows more than 20° off the plume drive faster; the spread at the sensor is that of the wind within."""
    run = steady()
    near = np.abs(np.degrees(np.arctan2(run.v, run.u)) - 10) <= 20.5
    faster = np.where(near, 1.0, 2.0)
    gusty = _Run(run.excess / faster, run.u * faster, run.v * faster, run.w * np.where(near, 1, 9), run.step_s)
    chosen = TrackSettings(rate_sector_deg=20.0)
    found, expected = (_estimate(one, 1.0, 50.0, 2.0, chosen) for one in (gusty, run))
    np.testing.assert_allclose(found, expected, rtol=1e-2)


def test_two_hundred_rows_from_the_source_are_enough() -> None:
    """One row fewer in the sector is too few; so is a wind that is nearly calm."""
    assert isinstance(_estimate(steady(n=200), 1.0, 50.0, 2.0, TrackSettings(rate_bin_percent=0.0)), list)
    few = _estimate(steady(n=199), 1.0, 50.0, 2.0, TrackSettings(rate_bin_percent=0.0))
    assert few == "wind_rarely_from_the_source"
    for speed, reason in ((0.5, "no_plume"), (0.499, "calm")):
        still = _Run(np.ones(300), np.full(300, speed), np.zeros(300), np.ones(300), 1.0)
        assert _estimate(still, 1.0, 50.0, 2.0, SETTINGS) == reason


def test_a_flux_that_is_negative_in_all_is_no_plume() -> None:
    """A plume beside air that is far below the background elsewhere gives no rate."""
    run = steady()
    angle = np.radians(np.linspace(76, 84, 4000))
    away = _Run(
        np.append(run.excess, np.full(4000, -9e-6)),
        np.append(run.u, 4 * np.cos(angle)),
        np.append(run.v, 4 * np.sin(angle)),
        np.append(run.w, np.zeros(4000)),
        1000.0,
    )
    assert _estimate(away, 1.0, 50.0, 2.0, SETTINGS) == "no_plume"


def _flat() -> _Run:
    """The steady run without a vertical wind: a tenth of the mean speed stands in for its scatter."""
    run = steady()
    return _Run(run.excess, run.u, run.v, np.full(len(run.u), np.nan), run.step_s)


def test_directions_are_averaged_over_the_travel_time() -> None:
    """A share of distance over mean speed, in rows: the angle is that of running means of both components."""
    rng = np.random.default_rng(5)
    slow = np.cumsum(rng.normal(0, 0.05, 6000)) % 1.2 - 0.6
    u, v = 3 * np.cos(slow) + rng.normal(0, 0.5, 6000), 3 * np.sin(slow) + rng.normal(0, 0.5, 6000)
    excess = 1e-6 * np.exp(-(slow**2) / 2 / 0.2**2)
    run = _Run(excess, u, v, np.full(6000, 0.3) * np.where(np.arange(6000) % 2, 1, -1), 0.25)
    speed = np.hypot(u, v)
    rows = int(0.75 * 60 / speed.mean() / 0.25)
    angle = np.degrees(np.arctan2(uniform_filter1d(v, rows), uniform_filter1d(u, rows)))
    height, centre, width = _fit_profile(angle, excess * speed, SETTINGS)
    off = (angle - centre + 180) % 360 - 180
    sector = np.abs(off) <= 60
    sigma_z = 0.3 * 60 / speed[sector].mean()
    density = vertical_density(sigma_z_m=sigma_z, source_height_m=2.0, sensor_height_m=2.5)
    kernel = (np.exp(-(off**2) / 32) / (4 * np.sqrt(2 * np.pi))).mean()
    expected = [
        1000 * height * np.sqrt(2 * np.pi) * np.radians(width) * 60 / density,
        1000 * (excess * speed).mean() * 60 * np.pi / 180 / kernel / density,
    ]
    found = _estimate(run, 0.75, 60.0, 2.0, SETTINGS)
    np.testing.assert_allclose(found, expected, rtol=1e-3)


def test_the_profile_is_found_on_both_sides_of_north() -> None:
    """Height, centre and width of a Gaussian of directions, also where the centre is at 180°."""
    rng = np.random.default_rng(0)
    for centre in (10.0, -170.0, 178.0):
        off = rng.uniform(-50, 50, 20_000)
        angle = (centre + off + 180) % 360 - 180
        height, top, width = _fit_profile(angle, 3e-6 * np.exp(-(off**2) / 2 / 9**2), SETTINGS)
        assert height == pytest.approx(3e-6, rel=0.02)
        assert (top - centre + 180) % 360 - 180 == pytest.approx(0, abs=0.2)
        assert width == pytest.approx(np.hypot(9, 5 / np.sqrt(12)), rel=0.02)


def test_bins_of_few_rows_are_left_out() -> None:
    """A bin needs more than a percentage of the rows, and four bins are needed in all and near the highest."""
    angle = np.repeat([-10.0, -5.0, 0.0, 5.0, 40.0], [100, 100, 100, 100, 4])
    flux = np.repeat([1.0, 3.0, 3.0, 1.0, 90.0], [100, 100, 100, 100, 4])
    found = _fit_profile(angle, flux, SETTINGS)
    assert found[1] == pytest.approx(-2.5, abs=0.01)
    assert _fit_profile(angle, flux, TrackSettings(rate_bin_percent=0.5)) == "plume_centre_outside_the_winds_seen"
    assert _fit_profile(angle[:300], flux[:300], SETTINGS) == "no_plume"
    assert _fit_profile(angle, -flux, SETTINGS) == "no_plume"
    assert _fit_profile(angle, 0 * flux, SETTINGS) == "no_plume"
    assert _fit_profile(angle[:400], flux[:400], TrackSettings(rate_sector_deg=9.0)) == "wind_rarely_from_the_source"
    far = np.repeat([0.0, 90.0, 180.0, -90.0], 100)
    assert _fit_profile(far, np.repeat([4.0, 1, 1, 1], 100), SETTINGS) == "wind_rarely_from_the_source"


def test_rows_of_a_bin_weigh() -> None:
    """Directions seen often count more: of an uneven profile the fit stays near the bins with many rows."""
    few = np.repeat([-20.0, -10.0, 0.0, 10.0, 20.0], [400, 400, 400, 400, 20])
    level = np.array([0.2, 0.7, 1.0, 0.7, 0.9])
    many = np.repeat([-20.0, -10.0, 0.0, 10.0, 20.0], 400)
    chosen = TrackSettings(rate_bin_deg=10.0)
    light = _fit_profile(few, level[np.round(few / 10).astype(int) + 2], chosen)
    heavy = _fit_profile(many, level[np.round(many / 10).astype(int) + 2], chosen)
    assert light[1] < heavy[1] - 2


# --- what is handed over ---------------------------------------------------------------------------------------


def test_the_rate_is_the_geometric_mean_of_the_readings() -> None:
    """Of all shares of the travel time, both readings; the interval adds the settings' scatter in logarithms."""
    chosen = TrackSettings(lag_s=0.5, rate_averaging=(0.5, 1.0), rate_log_sd=0.2)
    found = quantify_parked(run_of(), distance_m=30.0, source_height_m=2.5, settings=chosen)
    run = prepared(run_of(), chosen)
    readings = [r for share in (0.5, 1.0) for r in _estimate(run, share, 30.0, 2.5, chosen)]
    logs = np.log(readings)
    sd = np.sqrt(logs.std() ** 2 + 0.2**2 + _spread_of_choices(run_of(), 30.0, 2.5, chosen) ** 2)
    assert found.rate_g_s == pytest.approx(np.exp(logs.mean()))
    assert found.low_g_s == pytest.approx(np.exp(logs.mean() - 1.96 * sd))
    assert found.high_g_s == pytest.approx(np.exp(logs.mean() + 1.96 * sd))
    assert ("readings_disagree" in found.flags) == (logs.std() > 0.25)
    assert (found.file, found.method) == ("parked", METHOD)


def test_flags_lower_the_confidence() -> None:
    """No flag is high, one is medium, more are low; 200 m are near enough, further is flagged; each flag once."""
    run = run_of(sonic_w=0.4 * np.where(np.arange(N) % 2, 1.0, -1.0))
    given = TrackSettings(lag_s=0.5)
    base = quantify_parked(run, distance_m=30.0, source_height_m=2.5, settings=given)
    assert (base.flags, base.confidence) == ((), "high")
    one = quantify_parked(run, distance_m=30.0, source_height_m=2.5)
    assert (one.flags, one.confidence) == (("no_lag_given",), "medium")
    asked = quantify_parked(run, distance_m=30.0, source_height_m=2.5, settings=TrackSettings(estimate_lag=False))
    assert asked.flags == ()
    two = quantify_parked(run.drop_vars("pressure"), distance_m=30.0, source_height_m=2.5)
    assert (two.flags, two.confidence) == (("no_lag_given", "no_pressure"), "low")
    short = TrackSettings(lag_s=0.5, rate_averaging=(0.1,))
    for distance_m, far in ((200.0, False), (200.1, True)):
        found = quantify_parked(run, distance_m=distance_m, source_height_m=2.5, settings=short)
        assert ("distance_beyond_200_m" in found.flags) == far
    assert all(np.isfinite(astuple(base)[2:5]))
