"""The plume model."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import quad, solve_ivp

from benchmarks.city_fusion import per_rate
from fusion.air.dispersion import (
    Plume,
    Weather,
    crosswind_sd_m,
    mean_plume_height_m,
    obukhov_from_sun,
    plume_of,
    solar_elevation_rad,
    stability_correction,
    vertical_sd_m_s,
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
            [per_rate(plume, np.full(y.size, distance), y, height_m=float(h), source_height_m=3.0).sum() for h in z]
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
    assert per_rate(plume_of(NEUTRAL), -50.0, 0.0, height_m=2.0, source_height_m=2.0) == 0


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


@pytest.mark.parametrize("zeta", [-3.0, -1.0, -0.1, -0.01])
def test_unstable_profiles_are_those_of_dyer_and_paulson(zeta: float) -> None:
    """φm = (1 − 16 ζ)^−¼ and φh = (1 − 16 ζ)^−½ (Dyer 1974); ψm is the integral of (1 − φm) / ζ (Paulson 1970)."""
    psi, phi = stability_correction(np.array([zeta]))
    integral, _ = quad(lambda z: (1 - (1 - 16 * z) ** -0.25) / z, zeta, 0.0)
    assert psi[0] == pytest.approx(-integral, rel=1e-6)
    assert phi[0] == pytest.approx((1 - 16 * zeta) ** -0.5)


@pytest.mark.parametrize(("zeta", "psi", "phi"), [(0.2, -1.0, 2.0), (0.99, -4.95, 5.95), (1.0, -5, 6), (3.0, -5, 6)])
def test_stable_profiles_are_linear_and_held_at_one(zeta: float, psi: float, phi: float) -> None:
    """φ = 1 + 5 ζ and ψ = −5 ζ up to z/L = 1."""
    found = stability_correction(np.array([zeta]))
    assert (found[0][0], found[1][0]) == pytest.approx((psi, phi))


@pytest.mark.parametrize(("inverse", "psi"), [(0.02, -5 * (0.2 - 0.002)), (-0.1, None)])
def test_wind_follows_monin_and_obukhov(inverse: float, psi: float | None) -> None:
    """U = u* / κ (ln z/z0 − ψ(z/L) + ψ(z0/L)), at 10 m over a roughness of 0.1 m."""
    if psi is None:
        psi = -quad(lambda z: (1 - (1 - 16 * z) ** -0.25) / z, 10 * inverse, 0.1 * inverse)[0]
    weather = replace(NEUTRAL, inverse_obukhov_per_m=inverse, friction_velocity_m_s=0.3)
    assert float(wind_profile(np.array(10.0), weather)) == pytest.approx(0.3 / 0.4 * (np.log(100.0) - psi))


@pytest.mark.parametrize(("height", "wind"), [(-1.0, 0.4), (0.0, 0.4), (0.1, 0.4), (0.14, 0.4), (0.2, np.log(2.0))])
def test_wind_is_never_below_the_friction_velocity(height: float, wind: float) -> None:
    """At the roughness length, below it and at the ground it is u*, not zero or undefined."""
    assert float(wind_profile(np.array(height), NEUTRAL)) == pytest.approx(wind)


@pytest.mark.parametrize("height", [0.5, 2.0, 5.0, 20.0])
def test_mean_height_in_neutral_air_is_the_closed_form(height: float) -> None:
    """κ² x = z̄ (ln p z̄/z0 − 1) − z0 (ln p − 1), p = 1.55: the integral of Horst 1979, eq. 9, for 1/L = 0."""
    x = (height * (np.log(1.55 * height / 0.1) - 1) - 0.1 * (np.log(1.55) - 1)) / 0.4**2
    assert float(mean_plume_height_m(np.array(x), NEUTRAL)) == pytest.approx(height, rel=2e-3)


@pytest.mark.parametrize("inverse", [-0.2, -0.02, 0.03])
def test_mean_height_solves_its_equation(inverse: float) -> None:
    """The quadrature equals a general solver of dz̄/dx, with turbulence as the limit of its growth."""
    weather = Weather(0.4, inverse, 0.8, 0.1, 2000.0)

    def slope(_: float, height: np.ndarray) -> np.ndarray:
        z = 1.55 * height
        psi, phi = stability_correction(z * inverse)
        growth = 0.16 / (np.maximum(np.log(z / 0.1) - psi, 0.1) * phi)
        sigma_w = 1.3 * 0.4 * (1 - 3 * np.minimum(np.minimum(height, 200.0) * inverse, 0.0)) ** (1 / 3)
        return np.minimum(growth, np.sqrt(2 / np.pi) * sigma_w / wind_profile(height, weather))

    x = np.array([20.0, 200.0, 2000.0])
    solved = solve_ivp(slope, (0.0, 2000.0), [0.1], t_eval=x, rtol=1e-8, atol=1e-8).y[0]
    assert mean_plume_height_m(x, weather) == pytest.approx(solved, rel=5e-3)


def test_a_plume_stops_rising_at_half_of_the_boundary_layer() -> None:
    """Under a lid of 40 m the mean height reaches 20 m and goes up no further than a thousandth of its pace."""
    low = replace(NEUTRAL, mixing_height_m=40.0)
    assert float(mean_plume_height_m(np.array(500.0), low)) == pytest.approx(
        float(mean_plume_height_m(np.array(500.0), NEUTRAL)), rel=0.01
    )
    there = (20 * (np.log(1.55 * 20 / 0.1) - 1) + 0.1 * (1 - np.log(1.55))) / 0.16
    far = float(mean_plume_height_m(np.array(10 * there), low))
    assert 20.0 < far < 20.6


@pytest.mark.parametrize(
    ("inverse", "height", "sd"),
    [(-0.1, 10.0, 1.3 * 4 ** (1 / 3)), (-0.1, 500.0, 1.3 * 31 ** (1 / 3)), (-0.1, 100.0, 1.3 * 31 ** (1 / 3)),
     (0.0, 10.0, 1.3), (0.1, 50.0, 1.3)],
)  # fmt: skip
def test_vertical_turbulence_is_that_of_panofsky(inverse: float, height: float, sd: float) -> None:
    """1.3 u* (1 − 3 z/L)^⅓ by day, held above a tenth of the layer; 1.3 u* by night."""
    weather = Weather(1.0, inverse, 0.8, 0.1, 1000.0)
    assert float(vertical_sd_m_s(np.array(height), weather)) == pytest.approx(sd)


def test_crosswind_spread_in_very_light_wind_is_that_of_a_tenth() -> None:
    """Travel time has no meaning without wind: below 0.1 m/s it is that of 0.1 m/s; (90 m, 0.1 m/s) is 900 s."""
    expected = 0.3 * 90.0 / (1 + 0.9 * np.sqrt(3.0))
    for wind in (0.0, 0.05, 0.1):
        assert crosswind_sd_m(np.array(90.0), 0.3, wind) == pytest.approx(expected)


TWO = Plume(np.array([10.0, 1000.0]), np.array([5.0, 50.0]), np.array([2.0, 20.0]), np.array([2.0, 4.0]))


def test_concentration_on_the_axis_by_hand() -> None:
    """Direct and reflected plume over 2π U σy σz, at ground, at the height of the source and above it."""
    first, second = 2 * np.pi * 2 * 5 * 2, 2 * np.pi * 4 * 50 * 20
    assert TWO.on_axis(height_m=0.0, source_height_m=0.0) == pytest.approx([2 / first, 2 / second])
    assert TWO.on_axis(height_m=2.0, source_height_m=2.0) == pytest.approx(
        [(1 + np.exp(-2)) / first, (1 + np.exp(-0.02)) / second]
    )
    assert TWO.on_axis(height_m=1.0, source_height_m=5.0)[0] == pytest.approx((np.exp(-2) + np.exp(-4.5)) / first)


def test_concentration_beside_the_axis_by_hand() -> None:
    """Halfway between two distances by ratio, width and axis are the means of both; one width off is e^−½ of it."""
    axis = TWO.on_axis(height_m=0.0, source_height_m=0.0)
    across = np.array([0.0, 27.5, -55.0])
    found = per_rate(TWO, 100.0, across, height_m=0.0, source_height_m=0.0)
    assert found == pytest.approx(axis.mean() * np.exp([0.0, -0.5, -2.0]))


@pytest.mark.parametrize(("along", "some"), [(-20.0, False), (9.9, False), (10.0, False), (10.1, True), (5e3, True)])
def test_concentration_begins_beyond_the_first_distance(along: float, some: bool) -> None:
    """Upwind and up to the first tabulated distance there is none; beyond the last it stays that of the last."""
    found = float(per_rate(TWO, along, 0.0, height_m=0.0, source_height_m=0.0))
    assert (found > 0) is some
    if along > 1000:
        assert found == pytest.approx(float(TWO.on_axis(height_m=0.0, source_height_m=0.0)[1]))


@pytest.mark.parametrize("given", [None, 0.1])
def test_spreads_and_transport_of_a_plume(given: float | None) -> None:
    """σz from the mean height, σy from Draxler at the wind of 200 m, both with the size of the source; U at 0.6 z̄."""
    plume = plume_of(NEUTRAL, direction_sd_rad=given, width=0.6, depth=1.5, source_radius_m=4.0)
    x = plume.distance_m
    assert (x[0], x[-1], x.size) == (pytest.approx(1.0), pytest.approx(20_000.0), 120)
    assert np.ptp(np.diff(np.log(x))) < 1e-9
    height = 1.5 * mean_plume_height_m(x, NEUTRAL)
    assert plume.wind_m_s == pytest.approx(wind_profile(0.6 * height, NEUTRAL))
    assert plume.sigma_z_m == pytest.approx(np.sqrt(np.pi / 2 * height**2 + 2.0**2))
    speed = float(np.interp(200.0, x, plume.wind_m_s))
    spread = NEUTRAL.lateral_sd_m_s / speed if given is None else given
    assert plume.sigma_y_m == pytest.approx(np.sqrt((0.6 * crosswind_sd_m(x, spread, speed)) ** 2 + 4.0**2))


def test_a_plume_is_a_mean_over_minutes_of_a_small_source_unless_told() -> None:
    """Width and depth are 1, the source is 3 m wide."""
    plain, told = plume_of(NEUTRAL), plume_of(NEUTRAL, width=1.0, depth=1.0, source_radius_m=3.0)
    assert plain.sigma_y_m.tolist() == told.sigma_y_m.tolist()
    assert plain.sigma_z_m.tolist() == told.sigma_z_m.tolist()


@pytest.mark.parametrize(
    ("time", "degrees", "tolerance"),
    [
        ("1992-10-13T00:00", -7.785, 0.012),  # Meeus, Astronomical Algorithms 1998, example 25.a
        (
            "2003-10-17T19:30:30",
            -9.314,
            0.012,
        ),  # Reda and Andreas 2004 (doi:10.1016/j.solener.2003.12.003), table A5.1
        ("2000-01-01T12:00", -23.033, 0.012),  # Astronomical Almanac 2000, at J2000.0
        ("2100-06-21T14:32", 23.426, 0.006),  # the obliquity of 2100, at the solstice
    ],
)
def test_the_declination_of_the_sun_is_that_of_the_almanac(time: str, degrees: float, tolerance: float) -> None:
    """At the pole the elevation is the declination."""
    found = np.degrees(solar_elevation_rad(np.datetime64(time), 37.0, 90.0))
    assert found == pytest.approx(degrees, abs=tolerance)


@pytest.mark.parametrize(
    ("time", "lon", "lat", "degrees"),
    [
        # Reda and Andreas 2004, table A5.1: topocentric elevation without refraction 39.872046
        ("2003-10-17T19:30:30", -105.1786, 39.742476, 39.872),
        # solar noon and midnight at Greenwich: 90 − |latitude − declination|, and its like below the horizon
        ("2024-03-20T12:07:25", 0.0, -35.0, 90 - 35.0 - 0.15),
        ("2024-03-20T00:07:35", 0.0, 35.0, -(90 - 35.0) - 0.05),
    ],
)
def test_the_elevation_of_the_sun_is_the_published_one(time: str, lon: float, lat: float, degrees: float) -> None:
    """East of Greenwich is positive, north is positive, and the hour is right to half a minute."""
    found = np.degrees(solar_elevation_rad(np.datetime64(time), lon, lat))
    assert found == pytest.approx(degrees, abs=0.08)


@pytest.mark.parametrize(("wind", "sun", "cloud"), [(4.0, 60.0, 0.0), (6.0, 30.0, 0.4), (5.0, 45.0, 1.0)])
def test_by_day_stability_and_wind_bear_each_other_out(wind: float, sun: float, cloud: float) -> None:
    """1/L = −κ g H / (ρ cp T u*³) with 0.3 of (990 sin φ − 30)(1 − 0.75 N^3.4), and the wind at its height is met."""
    found = obukhov_from_sun(
        wind, np.radians(sun), roughness_m=0.3, mixing_height_m=900.0, wind_height_m=12.0, cloud=cloud
    )
    heat = 0.3 * (990 * np.sin(np.radians(sun)) - 30) * (1 - 0.75 * cloud**3.4)
    friction = found.friction_velocity_m_s
    assert found.inverse_obukhov_per_m == pytest.approx(
        -0.4 * 9.81 * heat / (1.2 * 1005.0 * 293.0 * friction**3), rel=1e-3
    )
    assert float(wind_profile(np.array(12.0), found)) == pytest.approx(wind, rel=1e-3)
    assert found.lateral_sd_m_s == pytest.approx(
        friction * (12 - 0.5 * 900.0 * found.inverse_obukhov_per_m) ** (1 / 3)
    )
    assert (found.roughness_m, found.mixing_height_m) == (0.3, 900.0)


@pytest.mark.parametrize("sun", [-30.0, 0.0, 1.73])
def test_by_night_the_length_is_that_of_venkatram(sun: float) -> None:
    """L = 1100 u*² until the sun gives more than 30 W m⁻²; σv = 12^⅓ u*."""
    found = obukhov_from_sun(6.0, np.radians(sun), roughness_m=0.3, mixing_height_m=800.0)
    friction = found.friction_velocity_m_s
    assert 1 / found.inverse_obukhov_per_m == pytest.approx(1100 * friction**2, rel=1e-3)
    assert float(wind_profile(np.array(10.0), found)) == pytest.approx(6.0, rel=1e-3)
    assert found.lateral_sd_m_s == pytest.approx(12 ** (1 / 3) * friction)


def test_stability_is_bounded_and_light_wind_is_not_none() -> None:
    """1/L lies between −0.5 and 0.2 m⁻¹, σv is not below 0.3 m/s, wind below 0.3 m/s counts as that."""
    site = {"roughness_m": 0.3, "mixing_height_m": 800.0}
    day, night = (obukhov_from_sun(0.3, np.radians(sun), **site) for sun in (60.0, -30.0))
    assert (day.inverse_obukhov_per_m, night.inverse_obukhov_per_m) == (-0.5, 0.2)
    assert night.lateral_sd_m_s == 0.3
    for wind in (0.0, 0.1, 0.29):
        assert obukhov_from_sun(wind, np.radians(60.0), **site) == day
    assert obukhov_from_sun(0.4, np.radians(60.0), **site) != day


def test_stability_is_of_ten_metres_and_a_sky_four_tenths_covered_unless_told() -> None:
    """Height of the wind and cloud, when they are not given."""
    site = {"roughness_m": 0.3, "mixing_height_m": 800.0}
    assert obukhov_from_sun(3.0, 0.8, **site) == obukhov_from_sun(3.0, 0.8, wind_height_m=10.0, cloud=0.4, **site)


@pytest.mark.parametrize("field", ["friction_velocity_m_s", "roughness_m", "mixing_height_m"])
@pytest.mark.parametrize("value", [0.0, -1.0, float("nan")])
def test_weather_without_a_logarithm_is_refused(field: str, value: float) -> None:
    """Friction velocity, roughness and depth must each be positive."""
    with pytest.raises(ContractError, match="positive"):
        replace(NEUTRAL, **{field: value})
