"""The plume model."""

from __future__ import annotations

import numpy as np
import pytest

from fusion.dispersion import (
    Weather,
    crosswind_sd_m,
    mean_plume_height_m,
    obukhov_from_sun,
    plume_of,
    solar_elevation_rad,
    stability_correction,
    wind_profile,
)
from ingest.errors import ContractError

NEUTRAL = Weather(0.4, 0.0, 0.8, 0.1, 1000.0)


def test_mass_is_conserved_downwind() -> None:
    """The flux through a vertical plane equals the rate, whatever the distance: ∫∫ U c dy dz = q."""
    plume = plume_of(NEUTRAL)
    y = np.linspace(-600, 600, 1201)
    z = np.linspace(0, 400, 801)
    for distance in (100.0, 500.0):
        total = np.array(
            [plume.per_rate(np.full(y.size, distance), y, height_m=float(h), source_height_m=3.0).sum() for h in z]
        )
        wind = np.interp(distance, plume.distance_m, plume.wind_m_s)
        assert np.trapezoid(total, z) * wind == pytest.approx(1.0, rel=0.02)


def test_neutral_profiles_are_logarithmic() -> None:
    """Without buoyancy ψ is 0, φ is 1 and the wind follows the logarithm."""
    psi, phi = stability_correction(np.zeros(3))
    assert psi.tolist() == pytest.approx([0, 0, 0])
    assert phi.tolist() == pytest.approx([1, 1, 1])
    assert wind_profile(np.array(10.0), NEUTRAL) == pytest.approx(0.4 / 0.4 * np.log(100.0))


def test_a_plume_rises_faster_by_day_than_by_night() -> None:
    """Mean height at 500 m: unstable above neutral above stable."""
    heights = [
        float(mean_plume_height_m(np.array(500.0), Weather(0.4, inverse, 0.8, 0.1, 1000.0)))
        for inverse in (-0.05, 0.0, 0.05)
    ]
    assert heights[0] > heights[1] > heights[2] > 5


def test_crosswind_spread_grows_with_distance_and_slows_down() -> None:
    """σθ x near the source; at the eddy time a factor 1 / 1.9 (Draxler 1976)."""
    assert crosswind_sd_m(np.array(1.0), 0.2, 5.0) == pytest.approx(0.2, rel=0.03)
    assert crosswind_sd_m(np.array(1500.0), 0.2, 5.0) == pytest.approx(0.2 * 1500 / 1.9)


def test_nothing_is_upwind() -> None:
    """Air does not carry upwind."""
    assert plume_of(NEUTRAL).per_rate(-50.0, 0.0, height_m=2.0, source_height_m=2.0) == 0


def test_the_sun_is_overhead_at_chengdu_noon_in_june_and_down_at_midnight() -> None:
    """Solar noon at 104° E is at 05:06 UTC; elevation 90 − 30.7 + 23.4°."""
    noon = solar_elevation_rad(np.datetime64("2024-06-21T05:06"), 104.0, 30.7)
    assert np.degrees(noon) == pytest.approx(82.7, abs=0.5)
    assert solar_elevation_rad(np.datetime64("2024-06-21T17:06"), 104.0, 30.7) < 0


def test_stability_follows_sun_and_wind() -> None:
    """A sunny light wind is unstable, a clear night stable, a gale nearly neutral."""
    day, night, gale = (
        obukhov_from_sun(wind, np.radians(sun), roughness_m=0.3, mixing_height_m=800.0).inverse_obukhov_per_m
        for wind, sun in ((2.0, 60.0), (2.0, -20.0), (12.0, 60.0))
    )
    assert day < -0.02
    assert night > 0.01
    assert abs(gale) < 0.002


def test_weather_without_turbulence_is_refused() -> None:
    """A friction velocity of zero has no logarithmic wind."""
    with pytest.raises(ContractError, match="positive"):
        Weather(0.0, 0.0, 0.5, 0.1, 800.0)
