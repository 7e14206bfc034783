"""Where the air of a place came from, as ribbons as wide as a plume: the source-receptor relation of a drive."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from fusion.air.dispersion import Plume, obukhov_from_sun, plume_of
from fusion.air.trajectory import Air, BackPaths, WindHistory, back_paths
from fusion.settings import FusionSettings

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_SNAPSHOT_SPREAD_RAD = 0.15  # relative diffusion: sigma of an instantaneous plume about a seventh of the distance
_MARGIN = 4.0  # widths and errors of a plume beside a path that its box holds, as the kernel counts them


def upwind_ribbons(
    x: Floats,
    y: Floats,
    time: Floats,
    wind: WindHistory,
    elevation_rad: float,
    settings: FusionSettings,
    *,
    plume: Plume | None = None,
    shift_sd_m: float = 0.0,
) -> tuple[Floats, Floats, Ints]:
    """Ribbons (bins, nodes, 10), their boxes (bins, 4) and the `Air` of each (bins,); see `crossing.Stretch`.

    The plume follows from wind and sun unless one is given; ``shift_sd_m`` is the error of the pass along its road.
    Without a direction a straight path stands for every one; the likelihood turns it. Calm air spreads as it drifts,
    unknown wind carries a plume as narrow as any: the two differ in their speed and width.
    """
    speed = smoothed_speed(time, wind, settings)
    air = air_of(speed, settings)
    unmeasured = np.where(air == Air.CALM, settings.nominal_wind_m_s, settings.unknown_wind_m_s)
    carried = np.where(air == Air.MOVING, speed, unmeasured)
    step = np.maximum(np.round(carried * 4) / 4, 0.25)
    kinds = np.column_stack([step, air])
    ribbon = None
    for kind in np.unique(kinds, axis=0):
        rows = np.flatnonzero((kinds == kind).all(axis=1))
        moving = bool(kind[1] == Air.MOVING)
        spread = plume or _plume(float(kind[0]), elevation_rad, settings, snapshot=bool(kind[1] != Air.CALM))
        straight = WindHistory(np.zeros(1), kind[:1], np.zeros(1), float("nan"))
        blowing = wind if moving else straight
        paths = back_paths(x[rows], y[rows], time[rows], blowing, spread, float(kind[0]), reach_m=settings.reach_m)
        one = _ribbon(paths, spread, wind.sd, shift_sd_m, settings, directed=moving)
        if ribbon is None:
            ribbon = np.empty((x.size, *one.shape[1:]))
        ribbon[rows] = one
    if ribbon is None:
        ribbon = np.empty((0, 1, 10))
    return ribbon, box_of(ribbon), air


def box_of(ribbon: Floats) -> Floats:
    """Boxes (bins, 4), west, east, south and north of what ribbons (bins, nodes, 10) reach, m."""
    margin = _MARGIN * np.hypot(ribbon[:, :, 6], ribbon[:, :, 7])
    x, y = ribbon[:, :, 0], ribbon[:, :, 1]
    sides = [(x - margin).min(axis=1), (x + margin).max(axis=1), (y - margin).min(axis=1), (y + margin).max(axis=1)]
    return np.stack(sides, axis=-1)


def turn_ribbon(ribbon: Floats, x: Floats, y: Floats, by_rad: float) -> Floats:
    """Ribbons (bins, nodes, 10) turned counter-clockwise, each about its own bin at x, y [m] (bins,)."""
    turned = ribbon.copy()
    cos, sin = np.cos(by_rad), np.sin(by_rad)
    for k, origin_x, origin_y in ((0, x[:, None], y[:, None]), (2, 0.0, 0.0)):
        east, north = ribbon[:, :, k] - origin_x, ribbon[:, :, k + 1] - origin_y
        turned[:, :, k] = origin_x + cos * east - sin * north
        turned[:, :, k + 1] = origin_y + sin * east + cos * north
    return turned


def air_of(speed_m_s: Floats, settings: FusionSettings) -> Ints:
    """`Air` of speeds of the wind; one that is not known is not calm.

    Examples
    --------
    >>> [Air(kind).name for kind in air_of(np.array([np.nan, 0.2, 3.0]), FusionSettings())]
    ['UNKNOWN', 'CALM', 'MOVING']
    """
    known = np.where(speed_m_s >= settings.calm_m_s, Air.MOVING, Air.CALM)
    return np.where(np.isfinite(speed_m_s), known, Air.UNKNOWN).astype(np.int64)


def smoothed_speed(time: Floats, wind: WindHistory, settings: FusionSettings) -> Floats:
    """Speed of the vector mean wind over the window that carried a plume here, m s-1; NaN far from any reading."""
    if not wind.known:
        return np.full(time.size, np.nan)
    half = settings.wind_window_s / 2
    low = np.searchsorted(wind.time, time - half, side="left")
    high = np.maximum(np.searchsorted(wind.time, time + half, side="right"), low + 1)
    high, low = np.minimum(high, wind.time.size), np.minimum(low, wind.time.size - 1)
    sums = [np.concatenate([[0.0], np.cumsum(w)]) for w in (wind.u, wind.v)]
    u, v = ((s[high] - s[low]) / (high - low) for s in sums)
    return np.where(wind.known_at(time), np.hypot(u, v), np.nan)


def _ribbon(
    paths: BackPaths, plume: Plume, wind_sd: float, shift_sd_m: float, settings: FusionSettings, *, directed: bool
) -> Floats:
    """Paths with the logarithm of concentration over rate, the width of the plume and the error of its place."""
    table = np.log(plume.distance_m)
    along = np.log(np.maximum(paths.length, plume.distance_m[0]))
    axis = plume.on_axis(height_m=settings.inlet_height_m, source_height_m=settings.source_height_m)
    log_axis = np.interp(along, table, np.log(np.maximum(axis, 1e-30)))
    width = np.interp(along, table, plume.sigma_y_m)
    sigma = np.hypot(width, settings.place_sd_m)
    log_axis += np.log(width / sigma)  # bins and response blur a plume and keep its integral across the wind
    met = np.tan(np.radians(settings.direction_met_deg))
    drift = met * paths.length if not np.isfinite(wind_sd) else settings.wind_error_share * wind_sd * paths.age
    turned = np.hypot(np.radians(settings.direction_floor_deg) * paths.length, np.minimum(drift, paths.length))
    error = np.hypot(turned, shift_sd_m)
    error = error if directed else np.zeros_like(error)
    inverse = 1.0 / (sigma**2 + error**2)
    parts = [paths.x, paths.y, paths.cos, paths.sin, paths.reach, log_axis, sigma, error, inverse, paths.length]
    return np.stack(parts, axis=-1)


def direction_sd_rad(spread_rad: float, speed_m_s: float, wind_sd_m_s: float, settings: FusionSettings) -> float:
    """Error of the plume's direction, rad: √(floor² + σθ² + met²)."""
    met = np.radians(settings.direction_met_deg)
    if np.isfinite(wind_sd_m_s):
        met = float(np.arctan2(settings.wind_error_share * wind_sd_m_s, speed_m_s))
    floor = np.radians(settings.direction_floor_deg)
    return float(np.sqrt(floor**2 + min(spread_rad, np.radians(60.0)) ** 2 + met**2))


def wind_near(wind: WindHistory, at_s: float, settings: FusionSettings) -> tuple[float, float, float]:
    """Vector mean wind around a time and the Yamartino spread of its direction; NaN far from any reading."""
    if not wind.known_at(np.array([at_s]))[0]:
        return float("nan"), float("nan"), float("nan")
    apart = np.abs(wind.time - at_s)
    close = apart <= max(settings.wind_window_s / 2, float(np.sort(apart)[:3].max()))  # three readings show a spread
    u, v = wind.u[close], wind.v[close]
    angle = np.arctan2(v, u)
    epsilon = np.sqrt(max(0.0, 1.0 - float(np.mean(np.cos(angle)) ** 2 + np.mean(np.sin(angle)) ** 2)))
    spread = np.arcsin(min(1.0, epsilon)) * (1 + (2 / np.sqrt(3) - 1) * epsilon**3)
    return float(u.mean()), float(v.mean()), float(spread)


def _plume(speed: float, elevation_rad: float, settings: FusionSettings, *, snapshot: bool) -> Plume:
    return _cached_plume(
        speed,
        round(float(np.degrees(elevation_rad)) / 5) * 5,
        settings.roughness_m,
        settings.mixing_height_m,
        settings.snapshot_width if snapshot else 1.0,
    )


@lru_cache(maxsize=512)
def _cached_plume(
    speed: float, elevation_deg: int, roughness_m: float, mixing_height_m: float, width: float
) -> Plume:
    weather = obukhov_from_sun(
        speed, float(np.radians(elevation_deg)), roughness_m=roughness_m, mixing_height_m=mixing_height_m
    )
    if width == 1.0:
        return plume_of(weather)
    # a snapshot is spread by eddies smaller than the plume; the larger ones move it as a whole
    spread = min(width * weather.lateral_sd_m_s / max(speed, 0.5), _SNAPSHOT_SPREAD_RAD)
    return plume_of(weather, direction_sd_rad=spread)
