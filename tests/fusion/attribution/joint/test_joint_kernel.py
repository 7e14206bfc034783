"""The compiled loops against slow and obvious versions."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import t as student

from fusion.air.dispersion import Weather, plume_of
from fusion.attribution.joint.background import first_background
from fusion.attribution.joint.case import geometry_of
from fusion.attribution.joint.footprint import (
    ANGLE_RAD,
    ANGLES,
    DISTANCES_M,
    LOG_STEP,
    BlockWind,
    Model,
    block_wind,
    footprints,
)
from fusion.attribution.joint.kernel import block_likelihood, concentrations, lifted, mixed
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
    """u*, L and z0 of the mast are those of the block; σv is the spread of a block without steps."""
    mast = new_mast(
        "m", np.array([0.0, 300.0]), np.full(2, 3.0), np.zeros(2), height_m=2.5,
        friction_m_s=np.full(2, 0.3), inverse_obukhov_per_m=np.full(2, -0.02), lateral_sd_m_s=np.full(2, 0.6),
        roughness_m=np.full(2, 0.05),
    )  # fmt: skip
    wind = block_wind(mast, 0.0, 300.0, JointSettings())
    assert wind is not None
    assert wind.weather == Weather(0.3, -0.02, 0.6, 0.05, JointSettings().mixing_height_m)
    assert wind.direction_sd_rad == pytest.approx(0.2)
    assert block_wind(mast, 9000.0, 300.0, JointSettings()) is None


def test_kernels_are_compiled() -> None:
    """A loop in plain Python would take minutes."""
    assert type(mixed) is type(compiled(lambda x: x))
