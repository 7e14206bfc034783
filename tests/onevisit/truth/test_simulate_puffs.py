"""The air of the simulated park: wind, puffs against the steady plume and Prairie Grass."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from onevisit.truth.simulate.air.puffs import Emitter, friction_velocity, plume_speed, sample_puffs, vertical_growth
from onevisit.truth.simulate.air.wind import blow, ornstein_uhlenbeck
from tests.onevisit.truth.dice import Dice
from tests.onevisit.truth.steady import steady_wind


def _column(distance: float, half_width: float, seconds: int, last: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Receptors across the wind at a distance downwind, sampled in the last seconds."""
    across = np.linspace(-half_width, half_width, 161)
    x, y = np.full((seconds, 161), np.nan), np.full((seconds, 161), np.nan)
    x[-last:], y[-last:] = across, distance
    return across, x, y


def _steady_profile(
    distance: float, *, speed: float = 4.0, turbulence: float = 0.12
) -> tuple[np.ndarray, np.ndarray]:
    wind = steady_wind(speed, 600, turbulence=turbulence)
    source = Emitter(0.0, 0.0, 0.0, 1.0, np.ones(600))
    across, x, y = _column(distance, 0.9 * distance, 600, 6)
    values = sample_puffs([source], wind, x, y, inlet_m=0.0)[-6:, :, 0].mean(axis=0)
    return across, values


@pytest.mark.parametrize("distance", [100.0, 300.0])
def test_steady_wind_gives_the_steady_plume(distance: float) -> None:
    """In steady wind, puffs add up to q / (π ū σy σz) on the axis, with σ grown over the same travel time."""
    across, values = _steady_profile(distance)
    wind = steady_wind(4.0, 1, turbulence=0.12)
    friction = friction_velocity(np.array(4.0), wind)
    sigma, sigma_z, age, along, pace = 1.0, 0.4, 0.0, 0.0, 0.0
    while along < distance:  # the analytic plume, by small steps along its own axis
        pace = float(plume_speed(np.array(0.6 * 0.798 * sigma_z), friction, wind))
        sigma_z += 0.05 * float(vertical_growth(np.array(sigma_z), np.array(0.0), friction, 0.0))
        sigma = math.sqrt(sigma**2 + 0.05 * 2 * (0.12 * 4.0) ** 2 * 50.0 * (1 - math.exp(-age / 50.0)))
        age, along = age + 0.05, along + 0.05 * pace
    expected = 1.0 / (math.pi * pace * sigma * sigma_z)
    assert values.max() == pytest.approx(expected, rel=0.06)
    width = math.sqrt((values * across**2).sum() / values.sum())
    assert width == pytest.approx(sigma, rel=0.06)


def test_mass_passes_every_distance() -> None:
    """What crosses a wall downwind, held by the air times the speed of the plume, is the rate."""
    wind = steady_wind(3.0, 600, turbulence=0.1)
    source = Emitter(0.0, 0.0, 0.0, 1.0, np.full(600, 2.0))
    across, x, y = _column(250.0, 150.0, 600, 2)
    heights = np.arange(0.0, 61.0, 3.0)
    layers = [sample_puffs([source], wind, x, y, inlet_m=float(z))[-2:, :, 0].mean(axis=0) for z in heights]
    held = np.trapezoid(np.trapezoid(np.array(layers), across, axis=1), heights)
    friction = friction_velocity(np.array(3.0), wind)
    slow, fast = (float(plume_speed(np.array(h), friction, wind)) for h in (2.0, 15.0))
    assert 2.0 / fast < held < 2.0 / slow


def test_wind_from_the_west_carries_to_the_east() -> None:
    """With the wind towards 90°, the plume lies east of the source and nowhere west of it."""
    wind = steady_wind(3.0, 300, toward_rad=math.pi / 2)
    source = Emitter(0.0, 0.0, 2.0, 2.0, np.ones(300))
    x, y = np.full((300, 2), np.nan), np.full((300, 2), np.nan)
    x[-1], y[-1] = (150.0, -150.0), (0.0, 0.0)
    east, west = sample_puffs([source], wind, x, y)[-1, :, 0]
    assert east > 1e-5
    assert west == 0.0


def test_no_source_gives_no_columns() -> None:
    """Without emitters the air holds nothing, and the result keeps its shape."""
    assert sample_puffs([], steady_wind(2.0, 10), np.zeros(10), np.zeros(10)).shape == (10, 0)


def test_taller_sources_reach_the_ground_later() -> None:
    """Close to a 15 m stack the ground holds less than close to a ground source; far off they come together."""
    ratios = []
    for distance in (60.0, 900.0):
        wind = steady_wind(3.0, 900)
        x, y = np.full((900, 1), np.nan), np.full((900, 1), np.nan)
        x[-1], y[-1] = 0.0, distance
        low, high = Emitter(0, 0, 0.0, 2.0, np.ones(900)), Emitter(0, 0, 15.0, 2.0, np.ones(900))
        values = sample_puffs([low, high], wind, x, y)[-1, 0]
        ratios.append(values[1] / values[0])
    assert ratios[0] < 0.2
    assert 0.4 < ratios[1] < 1.2


def test_ornstein_uhlenbeck_has_its_spread_and_time_scale() -> None:
    """A long series has the standard deviation, and its autocorrelation at the time scale is 1/e."""
    values = ornstein_uhlenbeck(200_000, 2.0, 40.0, np.random.default_rng(3))
    assert values.std() == pytest.approx(2.0, rel=0.05)
    centred = values - values.mean()
    assert (centred[:-40] * centred[40:]).mean() / centred.var() == pytest.approx(math.exp(-1), abs=0.05)


def test_calm_spells_can_be_switched_off() -> None:
    """The same stream without calm spells never says calm; with them, the wind in a spell is slow."""
    quiet = blow(0, 4000, np.random.default_rng(5), calm_spells=True)
    steady = blow(0, 4000, np.random.default_rng(5), calm_spells=False)
    assert not steady.calm.any()
    assert quiet.calm.any()
    assert np.median(np.hypot(quiet.u, quiet.v)[quiet.calm]) < 0.8


def _arcs(path: Path) -> list[tuple[int, float, float, np.ndarray]]:
    """Run, rate in g s-1, distance in m and rows of (degrees, g m-3) of every arc of the Prairie Grass file."""
    arcs, k = [], 0
    lines = path.read_text(encoding="ascii").splitlines()
    while k < len(lines):
        head, second = lines[k].split(","), lines[k + 1].split(",")
        rows = np.array([line.split() for line in lines[k + 2 : k + 2 + int(second[0])]], float)
        arcs.append(
            (int(head[0]), float(second[7]), float(head[4]), np.column_stack([rows[:, 1], rows[:, 3] * 1e-3]))
        )
        k += 2 + int(second[0])
    return arcs


def _crosswind_integral(run: list[float], rate: float, distance: float) -> float:
    """What puffs in the steady wind of a run give on an arc, integrated across the wind, g m-2."""
    length, friction, azimuth_sd, speed = run[1], run[2], run[8], run[9]
    wind = steady_wind(1.0, 1, inverse_length_per_m=1.0 / length, roughness_m=0.006)
    at_10_m = float(plume_speed(np.array(10.0), np.array(friction), wind))
    spread = math.tan(math.radians(azimuth_sd))
    wind = steady_wind(
        at_10_m, 400, inverse_length_per_m=1.0 / length, roughness_m=0.006, turbulence=spread * speed / at_10_m
    )
    across, x, y = _column(distance, max(4 * spread, 0.3) * distance, 400, 2)
    source = Emitter(0.0, 0.0, 0.46, 0.5, np.full(400, rate))
    return float(np.trapezoid(sample_puffs([source], wind, x, y, inlet_m=1.5)[-2:, :, 0].mean(axis=0), across))


@pytest.mark.slow
def test_prairie_grass_within_a_factor_of_two(shared_data: Path) -> None:
    """Nine in ten crosswind integrals of the 1956 releases are met within a factor of two, with little bias."""
    folder = shared_data / "fusion" / "prairie_grass_1956"
    text = (folder / "modelParamList.txt").read_text(encoding="ascii")
    weather = {int(row.split()[0]): [float(v) for v in row.split()] for row in text.splitlines()}
    errors = []
    for number, rate, distance, rows in _arcs(folder / "PGARCS.txt"):
        run = weather.get(number)
        if run is None or run[9] < 1.5 or distance not in (50.0, 200.0):
            continue
        measured = rows[:, 1].sum() * math.radians(float(np.median(np.diff(rows[:, 0])))) * distance
        if measured > 0:
            errors.append(math.log(_crosswind_integral(run, rate, distance) / measured))
    assert len(errors) > 90
    assert np.mean(np.abs(errors) < math.log(2)) > 0.9
    assert abs(np.median(errors)) < math.log(1.25)


# --- numbers by hand -----------------------------------------------------------------------------------------------


def test_in_neutral_air_the_profile_is_logarithmic() -> None:
    """u* = 0.4 U / ln(10 / z0); the speed at any height is u* / 0.4 ln(z / z0), from twice the roughness on."""
    wind = steady_wind(5.0, 1, roughness_m=0.1)
    friction = friction_velocity(np.array(5.0), wind)
    assert float(friction) == pytest.approx(0.4 * 5.0 / math.log(100.0))
    assert float(plume_speed(np.array(10.0), friction, wind)) == pytest.approx(5.0)
    assert float(plume_speed(np.array(2.0), friction, wind)) == pytest.approx(5.0 * math.log(20.0) / math.log(100.0))
    lowest = float(friction) / 0.4 * math.log(2.0)
    assert float(plume_speed(np.array(0.01), friction, wind)) == pytest.approx(lowest)
    assert float(friction_velocity(np.array(0.1), wind)) == 0.06
    assert float(friction_velocity(np.array(2.0), wind, at_height_m=2.0)) == pytest.approx(0.8 / math.log(20.0))


@pytest.mark.parametrize("inverse_length", [-0.2, -0.05, -0.01, 0.02])
def test_the_profile_is_the_integral_of_its_gradient(inverse_length: float) -> None:
    """κ U / u* is the integral of φm / z with φm = (1 − 16 ζ)^−1/4 (Dyer 1974) or 1 + 5 ζ, from the roughness up."""
    wind = steady_wind(5.0, 1, roughness_m=1e-4, inverse_length_per_m=inverse_length)
    heights = np.geomspace(1e-4, 10.0, 20001)
    zeta = heights * inverse_length
    phi = 1 + 5 * zeta if inverse_length > 0 else (1 - 16 * zeta) ** -0.25
    integral = float(np.trapezoid(phi / heights, heights))
    assert float(plume_speed(np.array(10.0), np.array(0.4), wind)) == pytest.approx(integral, rel=2e-3)
    assert float(friction_velocity(np.array(integral), wind)) == pytest.approx(0.4, rel=2e-3)


@pytest.mark.parametrize(
    ("sigma", "height", "inverse_length", "growth"),
    [
        (5.0, 0.0, 0.0, 0.4 * 0.3 * 1.2533141),
        (5.0, 0.0, 0.1, 0.4 * 0.3 * 1.2533141 / (1 + 5 * 1.55 * 0.1 * 5.0 / 1.2533141)),
        (5.0, 0.0, -0.01, 0.4 * 0.3 * 1.2533141 * math.sqrt(1 + 16 * 1.55 * 0.01 * 5.0 / 1.2533141)),
        (5.0, 0.0, -0.1, 1.3 * 0.3),
        (8.0, 16.0, 0.0, 0.4 * 0.3 * 2.0),
        (2.0, 16.0, 0.0, 1.3 * 0.3),
    ],
)
def test_puffs_grow_upwards_as_van_ulden_says(
    sigma: float, height: float, inverse_length: float, growth: float
) -> None:
    """dz̄/dt = κ u* / φh(1.55 z̄ / L), σz = z̄ √(π/2); K(H) / σz for a source at a height; never above 1.3 u*."""
    found = vertical_growth(np.array(sigma), np.array(height), np.array(0.3), inverse_length)
    assert float(found) == pytest.approx(growth, rel=1e-6)


def _one_puff(rate: float, seconds: int, **place: float) -> float:
    """What one inlet holds after so many seconds of nothing but the first puff, in air that stands."""
    emitter = Emitter(0.0, 0.0, place.get("height", 0.0), 4.0, np.r_[rate, np.zeros(seconds - 1)])
    wind = steady_wind(0.0, seconds)
    x, y = np.full((seconds, 1), np.nan), np.full((seconds, 1), np.nan)
    x[-1], y[-1] = place.get("x", 0.0), place.get("y", 0.0)
    return float(sample_puffs([emitter], wind, x, y, inlet_m=place.get("z", 0.0))[-1, 0, 0])


@pytest.mark.parametrize(("x", "z", "height"), [(0.0, 0.0, 0.0), (5.0, 2.0, 0.0), (3.0, 1.5, 2.0)])
def test_a_puff_is_a_gaussian_over_its_mirror(x: float, z: float, height: float) -> None:
    """Two seconds' mass of 3 g s-1; grown for one second by 0.12 m/s of wander and 1.3 · 0.06 or less upwards."""
    lateral = 2 * 0.12**2 * 50.0 * (1 - math.exp(-0.5 / 50.0))
    sigma = math.sqrt(16.0 + lateral)
    ground = math.sqrt(math.pi / 2)
    upwards = min(0.4 * 0.06 * max(ground, height / 1.6), 1.3 * 0.06)
    sigma_z = 1.6 + upwards
    vertical = math.exp(-0.5 * ((z - height) / sigma_z) ** 2) + math.exp(-0.5 * ((z + height) / sigma_z) ** 2)
    expected = 6.0 / ((2 * math.pi) ** 1.5 * sigma**2 * sigma_z) * math.exp(-0.5 * (x / sigma) ** 2) * vertical
    assert _one_puff(3.0, 1, x=x, z=z, height=height) == pytest.approx(expected, rel=1e-9)


def test_a_puff_is_forgotten_six_of_its_widths_away_and_after_its_life() -> None:
    """Just inside it is a trace, just outside nothing."""
    sigma = math.sqrt(16.0 + 2 * 0.12**2 * 50.0 * (1 - math.exp(-0.5 / 50.0)))
    assert _one_puff(1.0, 1, x=5.99 * sigma) > 0.0
    assert _one_puff(1.0, 1, x=6.01 * sigma) == 0.0
    emitter = Emitter(0.0, 0.0, 0.0, 4.0, np.r_[1.0, np.zeros(19)])
    places = np.zeros(20), np.zeros(20)
    kept = sample_puffs([emitter], steady_wind(0.0, 20), *places, life_s=10)[:, 0]
    assert (kept[:10] > 0).all() and (kept[10:] == 0).all()


def test_puffs_leave_every_two_seconds_with_the_rate_of_their_moment() -> None:
    """Rates of odd seconds are not looked at; what an inlet holds before it is sampled is not told."""
    rate = np.array([1.0, 99.0, 0.0, 99.0])
    same = np.array([1.0, 0.0, 0.0, 0.0])
    wind, x = steady_wind(0.0, 4), np.zeros(3)
    first, second = (sample_puffs([Emitter(0, 0, 0, 4.0, r)], wind, x, x) for r in (rate, same))
    assert (first == second).all() and first.shape == (3, 1) and (first > 0).all()


def test_each_source_has_its_own_column_and_each_inlet_its_own_row() -> None:
    """Two sources 400 m apart, two inlets beside them, one of them switched off."""
    emitters = [Emitter(x, 0.0, 0.0, 4.0, np.ones(2)) for x in (0.0, 400.0)]
    x, y = np.array([[0.0, 400.0], [0.0, np.nan]]), np.zeros((2, 2))
    held = sample_puffs(emitters, steady_wind(0.0, 2), x, y)
    assert held.shape == (2, 2, 2)
    assert held[0, 0, 0] > 0 == held[0, 0, 1] and held[0, 1, 1] > 0 == held[0, 1, 0]
    assert held[1, 0, 0] > 0 and not held[1, 1].any()


def test_wind_that_stretches_and_shears_has_no_divergence() -> None:
    """u + s x + t y, v + t x − s y, in the second asked for."""
    wind = replace(steady_wind(0.0, 3), start_s=-1, u=np.array([0.0, 5.0, 0.0]), v=np.array([0.0, 7.0, 0.0]),
                   strain=np.array([[0.0, 0.0], [0.01, 0.002], [0.0, 0.0]]))  # fmt: skip
    u, v = wind.at(0, np.array([100.0, 0.0]), np.array([0.0, 50.0]))
    assert u == pytest.approx([5.0 + 1.0, 5.0 + 0.1]) and v == pytest.approx([7.0 + 0.2, 7.0 - 0.5])


@pytest.mark.parametrize(
    ("share", "speed", "toward", "stability", "turbulence"),
    [(0.0, 1.6, 0.0, -0.03, 0.12), (1.0, 4.2, 2 * math.pi, 0.005, 0.2), (0.25, 2.25, math.pi / 2, -0.02125, 0.14)],
)
def test_without_scatter_the_wind_of_a_day_stands(
    share: float, speed: float, toward: float, stability: float, turbulence: float
) -> None:
    """1.6 to 4.2 m/s from anywhere, less 4 % for the mean of its scatter; a city's roughness."""
    wind = blow(-20, 30, Dice(share), calm_spells=False)  # type: ignore[arg-type]
    pace = speed * math.exp(-0.04)
    assert wind.u == pytest.approx(np.full(30, pace * math.sin(toward)), abs=1e-9)
    assert wind.v == pytest.approx(np.full(30, pace * math.cos(toward)), abs=1e-9)
    assert (wind.start_s, wind.roughness_m) == (-20, 0.3) and not wind.strain.any() and not wind.calm.any()
    assert (wind.inverse_length_per_m, wind.turbulence) == pytest.approx((stability, turbulence))


def test_the_scatter_of_a_days_wind() -> None:
    """One deviation: 0.35 rad an hour of veer, 8 and 5 degrees of meander and gusts, 22 and 18 % of speed."""
    wind = blow(0, 3601, Dice(0.0, z=1.0), calm_spells=False)  # type: ignore[arg-type]
    meander = math.radians(13.0)
    assert math.atan2(wind.u[0], wind.v[0]) == pytest.approx(meander)
    assert math.hypot(wind.u[0], wind.v[0]) == pytest.approx(1.6 * math.exp(0.22 + 0.18 - 0.04))
    assert wind.strain[0] == pytest.approx([1.5e-4, 1.5e-4])

    def level(scale: float, k: int) -> float:
        """Stationary value of a process whose kicks are all one standard deviation."""
        keep = math.exp(-1 / scale)
        value = 1.0
        for _ in range(k):
            value = keep * value + math.sqrt(1 - keep**2)
        return value

    k = 100
    turn = math.radians(8.0) * level(420.0, k) + math.radians(5.0) * level(40.0, k) + 0.35 * k / 3600.0
    assert math.atan2(wind.u[k], wind.v[k]) == pytest.approx(turn)
    pace = 1.6 * math.exp(0.22 * level(300.0, k) + 0.18 * level(25.0, k) - 0.04)
    assert math.hypot(wind.u[k], wind.v[k]) == pytest.approx(pace)
    assert wind.strain[k] == pytest.approx([1.5e-4 * level(600.0, k)] * 2)
    wide = blow(0, 2, Dice(1.0, z=1.0), calm_spells=False)  # type: ignore[arg-type]
    assert math.atan2(wide.u[0], wide.v[0]) == pytest.approx(math.radians(28.0))


@pytest.mark.parametrize(("share", "spells", "middle", "half"), [(0.0, 1, 0.3, 120.0), (1.0, 2, 1.0, 270.0)])
def test_calm_spells_are_four_to_nine_minutes_long(share: float, spells: int, middle: float, half: float) -> None:
    """One or two, from three tenths of the series on; a tenth of the wind is left in them, with soft edges."""
    n = 2000
    wind = blow(0, n, Dice(share), calm_spells=True)  # type: ignore[arg-type]
    away = np.abs(np.arange(n) - middle * n)
    damping = (1.0 - 0.9 / (1.0 + np.exp((away - half) / 15.0))) ** spells
    pace = (1.6 if share == 0 else 4.2) * math.exp(-0.04)
    assert np.hypot(wind.u, wind.v) == pytest.approx(pace * damping)
    assert (wind.calm == (damping < 0.5)).all() and wind.calm.any()
