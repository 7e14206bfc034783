"""The air of the simulated park: wind, puffs against the steady plume and Prairie Grass."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from onevisit.simulate.puffs import Emitter, friction_velocity, plume_speed, sample_puffs, vertical_growth
from onevisit.simulate.wind import blow, ornstein_uhlenbeck, steady_wind


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
