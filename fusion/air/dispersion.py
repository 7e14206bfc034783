"""The plume model: how much of what a source emits reaches a place, under a continuous stability.

Near-ground releases over flat ground. Vertical spread follows surface-layer similarity (Horst 1979, van Ulden 1978),
crosswind spread the measured or modelled fluctuation of the wind direction (Draxler 1976); the concentration is a
Gaussian plume reflected at the ground. Buildings, street canyons and terrain are not in it: that is what the model
error of the attribution is for.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ingest.errors import ContractError

Floats = NDArray[np.float64]

KARMAN = 0.4
_EDDY_TIME_S = 300.0  # Draxler 1976, ground-level release, T_i of lateral spread
_HORST_P = 1.55  # Horst 1979, eq. 9: the plume grows like the diffusivity at 1.55 times its mean height
_TABLE_M = np.geomspace(1.0, 20_000.0, 120)


@dataclass(frozen=True)
class Weather:
    """The surface layer at one time: what a plume needs to know.

    ``friction_velocity_m_s``; ``inverse_obukhov_per_m`` is 1/L (negative by day, 0 neutral, positive by night);
    ``lateral_sd_m_s`` is σv; ``roughness_m`` is z0; ``mixing_height_m`` is the depth of the boundary layer.
    """

    friction_velocity_m_s: float
    inverse_obukhov_per_m: float
    lateral_sd_m_s: float
    roughness_m: float
    mixing_height_m: float

    def __post_init__(self) -> None:
        """Refuse what has no logarithm."""
        if not (self.friction_velocity_m_s > 0 and self.roughness_m > 0 and self.mixing_height_m > 0):
            raise ContractError(f"friction velocity, roughness and mixing height must be positive: {self}")


def stability_correction(zeta: Floats) -> tuple[Floats, Floats]:
    """ψm and φh of z/L: Dyer 1974 (doi:10.1007/BF00240838), Paulson 1970 for the integral.

    Stable values are held at z/L = 1, beyond which the profiles are not known.
    """
    zeta = np.minimum(np.asarray(zeta, np.float64), 1.0)
    unstable = np.minimum(zeta, 0.0)
    a = (1 - 16 * unstable) ** 0.25
    psi = 2 * np.log((1 + a) / 2) + np.log((1 + a**2) / 2) - 2 * np.arctan(a) + np.pi / 2
    phi = (1 - 16 * unstable) ** -0.5
    stable = np.maximum(zeta, 0.0)
    return np.where(zeta < 0, psi, -5 * stable), np.where(zeta < 0, phi, 1 + 5 * stable)


def wind_profile(height_m: Floats, weather: Weather) -> Floats:
    """Mean wind at a height, m s-1: Monin-Obukhov, not below the friction velocity.

    Examples
    --------
    >>> neutral = Weather(0.4, 0.0, 0.8, 0.1, 1000.0)
    >>> round(float(wind_profile(np.array(10.0), neutral)), 3)
    4.605
    """
    z = np.maximum(np.asarray(height_m, np.float64), 1.01 * weather.roughness_m)
    inverse = weather.inverse_obukhov_per_m
    psi = stability_correction(z * inverse)[0] - stability_correction(np.asarray(weather.roughness_m * inverse))[0]
    wind = weather.friction_velocity_m_s / KARMAN * (np.log(z / weather.roughness_m) - psi)
    return np.asarray(np.maximum(wind, weather.friction_velocity_m_s))


def mean_plume_height_m(distance_m: Floats, weather: Weather) -> Floats:
    """Mean height of material released at the ground, m, as it travels.

    dz̄/dx = κ² / {[ln(p z̄/z0) − ψm(p z̄/L)] φh(p z̄/L)}, p = 1.55: Horst 1979, Atmospheric Environment 13, 489-496,
    eq. 9 (doi:10.1016/0004-6981(79)90144-6), after van Ulden 1978 (doi:10.1016/0004-6981(78)90167-1). Solved for the
    distance by quadrature over the height; z̄ starts at the roughness length, grows no faster than turbulence carries
    (√(2/π) σw / U) and stops at half of the boundary layer, where it is mixed evenly.
    """
    height = np.geomspace(weather.roughness_m, 5 * weather.mixing_height_m, 400)
    z = _HORST_P * height
    psi, phi = stability_correction(z * weather.inverse_obukhov_per_m)
    slope = KARMAN**2 / (np.maximum(np.log(z / weather.roughness_m) - psi, 0.1) * phi)
    slope = np.minimum(slope, np.sqrt(2 / np.pi) * vertical_sd_m_s(height, weather) / wind_profile(height, weather))
    slope[height > 0.5 * weather.mixing_height_m] *= 1e-3
    steps = np.diff(height) * 0.5 * (1 / slope[1:] + 1 / slope[:-1])
    travelled = np.concatenate([[0.0], np.cumsum(steps)])
    return np.interp(np.asarray(distance_m, np.float64), travelled, height)


def vertical_sd_m_s(height_m: Floats, weather: Weather) -> Floats:
    """Standard deviation of the vertical wind, m s-1: 1.3 u* (1 − 3 z/L)^(1/3), held above a tenth of the layer.

    Panofsky et al. 1977 (doi:10.1007/BF02186086), eq. 7, by day; 1.3 u* by night.
    """
    z = np.minimum(np.asarray(height_m, np.float64), 0.1 * weather.mixing_height_m)
    zeta = np.minimum(z * weather.inverse_obukhov_per_m, 0.0)
    return np.asarray(1.3 * weather.friction_velocity_m_s * (1 - 3 * zeta) ** (1 / 3))


def crosswind_sd_m(distance_m: Floats, direction_sd_rad: float, wind_m_s: float) -> Floats:
    """Crosswind standard deviation of the mean plume, m: σθ x / (1 + 0.9 √(T/Ti)), Ti = 300 s.

    Draxler 1976, Atmospheric Environment 10, 99-105 (doi:10.1016/0004-6981(76)90226-2), ground-level release.
    """
    x = np.asarray(distance_m, np.float64)
    return np.asarray(direction_sd_rad * x / (1 + 0.9 * np.sqrt(x / max(wind_m_s, 0.1) / _EDDY_TIME_S)))


@dataclass(frozen=True, eq=False)
class Plume:
    """Spread and transport tabulated over the distance from the source, ready for many evaluations.

    All arrays of shape (n,) over ``distance_m``, which has equal ratios:
    ``sigma_y_m``, ``sigma_z_m`` and the transport wind ``wind_m_s``.
    """

    distance_m: Floats
    sigma_y_m: Floats
    sigma_z_m: Floats
    wind_m_s: Floats

    def on_axis(self, *, height_m: float, source_height_m: float) -> Floats:
        """Concentration over emission rate on the axis, s m-3, at every tabulated distance.

        c/q = [exp(−(z−h)²/2σz²) + exp(−(z+h)²/2σz²)] / (2π U σy σz); Pasquill 1961, Meteorological Magazine 90, 33.
        """
        vertical = np.exp(-0.5 * ((height_m - source_height_m) / self.sigma_z_m) ** 2)
        vertical += np.exp(-0.5 * ((height_m + source_height_m) / self.sigma_z_m) ** 2)
        return np.asarray(vertical / (2 * np.pi * self.wind_m_s * self.sigma_y_m * self.sigma_z_m))


def plume_of(
    weather: Weather,
    *,
    direction_sd_rad: float | None = None,
    width: float = 1.0,
    depth: float = 1.0,
    source_radius_m: float = 3.0,
) -> Plume:
    """Tabulate the plume of a near-ground source.

    Parameters
    ----------
    weather : Weather
    direction_sd_rad : float, optional
        Measured standard deviation of the wind direction; σv / U otherwise.
    width : float
        Factor on the crosswind spread: 1 for a mean over minutes, less for a crossing in seconds.
    depth : float
        Factor on the mean height: 1 unless the error of the model is explored.
    source_radius_m : float
        Size of the source (standard deviation), added in quadrature to both spreads (half of it to the vertical).
    """
    x = _TABLE_M
    mean_height = depth * mean_plume_height_m(x, weather)
    # the transport wind is that at 0.6 of the mean height (van Ulden 1978, eq. 9)
    wind = wind_profile(0.6 * mean_height, weather)
    speed = float(np.interp(200.0, x, wind))
    spread = weather.lateral_sd_m_s / speed if direction_sd_rad is None else direction_sd_rad
    sigma_y = np.hypot(width * crosswind_sd_m(x, spread, speed), source_radius_m)
    # a reflected Gaussian has the mean height sigma sqrt(2 / pi)
    sigma_z = np.hypot(np.sqrt(np.pi / 2) * mean_height, 0.5 * source_radius_m)
    return Plume(x, sigma_y, sigma_z, wind)


def solar_elevation_rad(time: np.datetime64, lon: float, lat: float) -> float:
    """Elevation of the sun, rad, to 0.5°: mean longitude and anomaly of The Astronomical Almanac, low precision.

    Examples
    --------
    >>> round(float(np.degrees(solar_elevation_rad(np.datetime64("2024-06-21T12:00"), 0.0, 23.44))), 0)
    90.0
    """
    days = (time - np.datetime64("2000-01-01T12:00")) / np.timedelta64(1, "D")
    mean_longitude = np.radians((280.460 + 0.9856474 * days) % 360)
    anomaly = np.radians((357.528 + 0.9856003 * days) % 360)
    ecliptic = mean_longitude + np.radians(1.915 * np.sin(anomaly) + 0.020 * np.sin(2 * anomaly))
    tilt = np.radians(23.439 - 4e-7 * days)
    declination = np.arcsin(np.sin(tilt) * np.sin(ecliptic))
    ascension = np.arctan2(np.cos(tilt) * np.sin(ecliptic), np.cos(ecliptic))
    sidereal = np.radians((280.46062 + 360.985647 * days + lon) % 360)
    hour = sidereal - ascension
    phi = np.radians(lat)
    return float(np.arcsin(np.sin(phi) * np.sin(declination) + np.cos(phi) * np.cos(declination) * np.cos(hour)))


def obukhov_from_sun(
    wind_m_s: float,
    elevation_rad: float,
    *,
    roughness_m: float,
    mixing_height_m: float,
    wind_height_m: float = 10.0,
    cloud: float = 0.4,
) -> Weather:
    """Estimate stability and turbulence from wind, sun and cloud where turbulence was not measured.

    By day the heat flux of Holtslag and van Ulden 1983 (doi:10.1175/1520-0450(1983)022<0517:ASSFDE>2.0.CO;2),
    K = (990 sin φ − 30)(1 − 0.75 N^3.4) and, for a dry urban surface, H ≈ 0.3 K; by night L = 1100 u*² of Venkatram
    1980 (doi:10.1007/BF00119423). σv after Panofsky et al. 1977: u* (12 + 0.5 zi/|L|)^(1/3), not below 0.3 m s-1.
    Not valid for snow, water and winds below the calm speed.
    """
    wind = max(wind_m_s, 0.3)
    radiation = max(990 * np.sin(elevation_rad) - 30, 0.0) * (1 - 0.75 * cloud**3.4)
    inverse, friction = 0.0, KARMAN * wind / np.log(wind_height_m / roughness_m)
    for _ in range(20):
        if radiation > 0:
            heat = 0.3 * radiation
            inverse = -KARMAN * 9.81 * heat / (1.2 * 1005.0 * 293.0 * friction**3)
        else:
            inverse = 1.0 / max(1100.0 * friction**2, 5.0)
        inverse = float(np.clip(inverse, -0.5, 0.2))
        unit = Weather(1.0, inverse, 1.0, roughness_m, mixing_height_m)
        friction = float(0.5 * (friction + wind / wind_profile(np.array(wind_height_m), unit)))
    lateral = friction * (12 + 0.5 * mixing_height_m * max(-inverse, 0.0)) ** (1 / 3)
    return Weather(friction, inverse, max(float(lateral), 0.3), roughness_m, mixing_height_m)
