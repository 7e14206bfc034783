"""The compiled loops against slow and obvious versions."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import t as student

from fusion.air.dispersion import plume_of, wind_profile
from fusion.air.trajectory import WindHistory
from fusion.attribution.joint.background import above_running_low, first_background
from fusion.attribution.joint.case import geometry_of
from fusion.attribution.joint.footprint import (
    ANGLE_RAD,
    ANGLES,
    DISTANCES_M,
    LOG_STEP,
    BlockWind,
    Model,
    _smoothed,
    block_wind,
    footprints,
)
from fusion.attribution.joint.kernel import block_likelihood, concentrations, lifted, mixed, pattern_evidence
from fusion.attribution.joint.readings import Sensor, new_mast, without_spikes
from fusion.attribution.joint.settings import JointSettings
from numerics.compiled import compiled

RNG = np.random.default_rng(5)


def _log_error(y: float, model: float, noise: float, settings: JointSettings) -> float:
    """Log-density of one reading, as the docstring of the kernel writes it."""
    scale = np.sqrt(noise**2 + (settings.model_error * model) ** 2 + (settings.surprise * max(y, 0.0)) ** 2)
    return float(student.logpdf((y - model) / scale, settings.tail) - np.log(scale))


def test_likelihood_of_a_block_is_that_of_student() -> None:
    """Every turn and rate against the density of scipy, unread sensors left out."""
    s = JointSettings()
    model, rates = RNG.uniform(0.5, 2.0, (14, 3)), np.array([0.5, 1.0, 2.0])
    y, noise, base = RNG.normal(1.0, 1.0, 14), np.full(14, 0.1), RNG.uniform(0.0, 0.5, 14)
    y[3] = np.nan
    found = np.empty((3, 3))
    block_likelihood(model, y, noise, base, rates, s.model_error, s.surprise, s.tail, s.shared, found)
    for turn in range(3):
        for q, rate in enumerate(rates):
            gain = sum(
                _log_error(y[j], base[j] + rate * model[j, turn], 0.1, s) - _log_error(y[j], base[j], 0.1, s)
                for j in range(14)
                if j != 3
            )
            assert found[turn, q] == pytest.approx(gain / s.shared)


def test_a_lift_is_averaged_over_its_nodes() -> None:
    """No source and a source, each as the mean over no, half and all of the lift."""
    s = JointSettings()
    errors = np.array([s.model_error, s.surprise, s.tail, s.shared])
    y, noise, base, model = np.array([1.0, 1.2]), np.full(2, 0.1), np.zeros(2), np.full((2, 1), 0.8)
    one, found = np.empty((1, 1)), np.empty((1, 1))
    nothing = lifted(model, y, noise, base, 1.0, np.array([1.0]), errors, one, found)

    def total(concentration: float, lift: float) -> float:
        return sum(_log_error(v - lift, concentration, 0.1, s) for v in y) / s.shared

    for got, concentration in ((nothing, 0.0), (found[0, 0], 0.8)):
        nodes = [total(concentration, lift) - total(0.0, 0.0) for lift in (0.0, 0.5, 1.0)]
        assert got == pytest.approx(np.log(np.mean(np.exp(nodes))))


def test_mixture_over_turn_rate_and_off() -> None:
    """A block's own turn and rate against two loops, its edges held, and the share in which it was off."""
    gain = RNG.normal(0.0, 2.0, (5, 6))
    turns, rates = np.array([0.25, 0.5, 0.25]), np.array([0.1, 0.8, 0.1])
    found = np.zeros((5, 6))
    mixed(gain, turns, rates, 0.2, 0.5, np.empty((5, 6)), found)
    for t in range(5):
        for q in range(6):
            on = sum(
                turns[a + 1] * rates[b + 1] * np.exp(gain[np.clip(t + a, 0, 4), np.clip(q + b, 0, 5)])
                for a in (-1, 0, 1)
                for b in (-1, 0, 1)
            )
            assert found[t, q] == pytest.approx(np.log(0.2 * np.exp(0.5) + 0.8 * on) - 0.5)


def _steady(speed: float = 3.0) -> tuple[np.ndarray, BlockWind]:
    """A footprint in a steady wind from the west, and its wind."""
    time = np.arange(-600.0, 900.0, 60.0)
    mast = new_mast("m", time, np.full(time.size, speed), np.zeros(time.size))
    wind = block_wind(mast, 0.0, 300.0, JointSettings())
    assert wind is not None
    return footprints(mast, [wind], np.array([1.5]), Model(1.0, 1.0, 0.5), JointSettings())[0, 0], wind


def test_footprint_in_a_steady_wind_is_the_plume() -> None:
    """On the axis upwind of the point the plume's own values; nothing downwind."""
    table, wind = _steady()
    plume = plume_of(wind.weather, direction_sd_rad=wind.direction_sd_rad, source_radius_m=1.0)
    axis = plume.on_axis(height_m=1.5, source_height_m=0.5)
    west = ANGLES // 2
    for r in (20, 30):
        expected = np.exp(np.interp(np.log(DISTANCES_M[r]), np.log(plume.distance_m), np.log(axis)))
        assert table[r, west] == pytest.approx(expected, rel=0.01)
    assert table[25:, 0].max() == 0.0
    off = 5
    sigma = np.interp(DISTANCES_M[30] * np.cos(off * ANGLE_RAD), plume.distance_m, plume.sigma_y_m)
    share = np.exp(-0.5 * (DISTANCES_M[30] * np.sin(off * ANGLE_RAD) / sigma) ** 2)
    assert table[30, west + off] / table[30, west] == pytest.approx(share, rel=0.05)


def _met(sensor: Sensor, x: float, y: float, *, turn: int = 0, mirrored: bool = False) -> float:
    table, _ = _steady()
    g = geometry_of((sensor,))
    out = np.empty((1, 1, 1))
    concentrations(x, y, g.x, g.y, g.first, g.level, table[None, None], np.array([turn]), mirrored, LOG_STEP, out)
    return float(out[0, 0, 0])


def test_a_path_is_the_mean_of_its_points_and_one_of_no_length_is_a_point() -> None:
    """Means over the points of a path by hand; both ends at one place give the value there."""
    point = Sensor("p", 60.0, 5.0, 60.0, 5.0, 1.5)
    assert geometry_of((point,)).x.tolist() == [60.0]
    path = Sensor("l", 60.0, -6.0, 60.0, 6.0, 1.5)
    parts = [_met(Sensor("q", 60.0, y, 60.0, y, 1.5), 0.0, 0.0) for y in (-4.5, -1.5, 1.5, 4.5)]
    assert _met(path, 0.0, 0.0) == pytest.approx(np.mean(parts))


def test_a_turn_of_the_vane_is_a_turn_of_the_source() -> None:
    """A vane turned by 30° meets a source that is turned by 30° as the right one meets the source."""
    sensor = Sensor("p", 0.0, 0.0, 0.0, 0.0, 1.5)
    turned = -50.0 * np.exp(1j * 15 * ANGLE_RAD)
    assert _met(sensor, turned.real, turned.imag, turn=15) == pytest.approx(_met(sensor, -50.0, 0.0), rel=1e-6)
    assert _met(sensor, -50.0, 8.0, mirrored=True) == pytest.approx(_met(sensor, -50.0, -8.0), rel=1e-4)


def test_air_common_to_all_and_offsets_are_background() -> None:
    """Air that rises for all and offsets leave nothing; a plume at one sensor remains."""
    air, offsets = np.linspace(2.0, 3.0, 40), np.array([0.0, 0.1, -0.1, 0.05, 0.0, -0.05])
    value = air[:, None] + offsets + RNG.normal(0.0, 0.01, (40, 6))
    value[10:15, 2] += 1.0
    found = first_background(value, np.arange(40) * 300.0)
    rest = value - found.value - found.lift[:, None]
    assert np.abs(rest[10:15, 2] - 1.0).max() < 0.1
    rest[10:15, 2] = 0.0
    assert np.abs(rest).max() < 0.1
    assert found.noise.max() < 0.05


def test_spikes_of_wind_are_left_out() -> None:
    """65 m/s beside 2 m/s is no wind; a gust of 5 m/s is."""
    u = np.full(50, 2.0) + np.tile([0.1, -0.1], 25)
    u[7], u[20] = -65.5, 5.0
    clean, count = without_spikes(new_mast("m", np.arange(50.0), u, np.zeros(50)))
    assert count == 1 and clean.u.size == 49 and 5.0 in clean.u


def test_weather_is_what_was_measured() -> None:
    """z0, L and σv of the mast, and the profile through the wind of the block."""
    mast = new_mast(
        "m", np.array([0.0, 300.0]), np.full(2, 3.0), np.zeros(2), height_m=2.5,
        friction_m_s=np.full(2, 0.3), inverse_obukhov_per_m=np.full(2, -0.02), lateral_sd_m_s=np.full(2, 0.6),
        roughness_m=np.full(2, 0.05),
    )  # fmt: skip
    wind = block_wind(mast, 0.0, 300.0, JointSettings())
    assert wind is not None
    weather = wind.weather
    assert (weather.inverse_obukhov_per_m, weather.lateral_sd_m_s, weather.roughness_m) == (-0.02, 0.6, 0.05)
    assert wind_profile(np.array(2.5), weather) == pytest.approx(3.0)
    assert wind.direction_sd_rad == pytest.approx(0.2)
    assert block_wind(mast, 9000.0, 300.0, JointSettings()) is None


def test_roughness_is_one_for_a_mast_and_that_of_its_friction_velocity() -> None:
    """u* of a wind over 0.05 m, wrong by half in some blocks: the profile of every block is over 0.05 m."""
    time, speed = np.arange(20) * 1800.0, np.linspace(2.0, 6.0, 20)
    friction = 0.4 * speed / np.log(2.5 / 0.05)
    friction[::4] *= 1.5
    mast = new_mast(
        "m", time, speed, np.zeros(20), height_m=2.5, friction_m_s=friction, inverse_obukhov_per_m=np.zeros(20)
    )
    wind = block_wind(mast, time[4], 300.0, JointSettings())
    assert wind is not None
    assert wind.weather.roughness_m == pytest.approx(0.05)
    assert wind.weather.friction_velocity_m_s == pytest.approx(0.4 * speed[4] / np.log(50.0))


@pytest.mark.parametrize("inverse", [-0.05, -0.01, 0.0])
def test_stability_of_a_sonic_is_told_by_its_turbulence(inverse: float) -> None:
    """σv / u* = (12 − zi / 2L)^(1/3) with u* = σw / 1.3 gives 1/L back; the block is as unstable as that."""
    s, friction = JointSettings(), 0.3
    rows = 18000
    lateral = friction * (12 - 0.5 * s.mixing_height_m * inverse) ** (1 / 3)
    noise = np.random.default_rng(4).normal(size=(2, rows))
    noise = (noise - noise.mean(axis=1, keepdims=True)) / noise.std(axis=1, keepdims=True)
    mast = new_mast("m", np.arange(rows) * 0.1, np.full(rows, 3.0), lateral * noise[0], w=1.3 * friction * noise[1])
    wind = block_wind(mast, 0.0, 300.0, s)
    assert wind is not None
    assert wind.weather.inverse_obukhov_per_m == pytest.approx(inverse, abs=1e-3)


def _slow_evidence(model: np.ndarray, x: np.ndarray, shared: float, least: int, whole: float) -> float:
    """`pattern_evidence` for one turn by correlation coefficients."""
    known, blocks = np.isfinite(x), x.shape[0]
    gains, weights = [], []
    for i in range(blocks):
        for e in range(i + least, blocks + 1):
            m = np.zeros(x.shape)
            m[i:e] = np.sqrt(model[i:e])
            r = max(float(np.corrcoef(m[known], x[known])[0, 1]), 0.0)
            gains.append((1 - r**2) ** (-0.5 * known.sum() / shared))
            weights.append(i == 0 and e == blocks)
    share = np.where(weights, whole, (1 - whole) / max(len(gains) - 1, 1))
    return float(np.log(np.sum(share * gains)))


def test_evidence_of_a_pattern() -> None:
    """Against correlation coefficients over every spell; unread values are in neither."""
    model, x = RNG.uniform(0.1, 1.0, (7, 3, 2)), RNG.normal(1.0, 1.0, (7, 3))
    x[2, 1] = x[5, :] = np.nan
    out = np.empty(2)
    pattern_evidence(model, x, 4.0, 3, 0.6, out)
    for t in range(2):
        assert out[t] == pytest.approx(_slow_evidence(model[:, :, t], x, 4.0, 3, 0.6))


@pytest.mark.parametrize("value", [np.nan, 0.0, 2.0])
def test_a_pattern_without_a_change_is_no_evidence(value: float) -> None:
    """Nothing read, nothing met, or the same everywhere: 0 for every place."""
    out = np.ones(2)
    pattern_evidence(RNG.uniform(0.1, 1.0, (7, 3, 2)), np.full((7, 3), value), 4.0, 3, 0.6, out)
    assert out.tolist() == [0.0, 0.0]


def test_what_rises_above_the_running_low_of_a_sensor() -> None:
    """Of eleven values in ± 90 minutes the second lowest is the low; an offset and a far later time leave it."""
    value = np.array([5.0, 3.0, 4.0, 9.0, 6.0, 8.0, 7.0, 13.0, 12.0, 11.0, 10.0])[:, None] + [0.0, 100.0]
    start = np.arange(11) * 900.0
    rise = above_running_low(value, start)
    assert rise[5].tolist() == pytest.approx([4.0, 4.0])
    far = above_running_low(np.concatenate([value, value + 50]), np.concatenate([start, start + 1e6]))
    np.testing.assert_allclose(far, np.concatenate([rise, rise]))


def test_kernels_are_compiled() -> None:
    """A loop in plain Python would take minutes."""
    assert type(mixed) is type(compiled(lambda x: x))


@pytest.mark.parametrize("times", [np.arange(1500.0, 1800.0, 30.0), np.array([1500.0])])
def test_a_mast_that_reads_once_an_hour_has_a_wind_between(times: np.ndarray) -> None:
    """No reading falls into the block: the wind is what lies between the two beside it."""
    seldom = WindHistory(np.array([0.0, 3600.0]), np.array([1.0, 4.6]), np.array([0.0, 0.0]), float("nan"))
    smooth = _smoothed(seldom, times)
    np.testing.assert_allclose(smooth.u, 1.0 + times / 1000.0)
    np.testing.assert_array_equal(smooth.time, times)
