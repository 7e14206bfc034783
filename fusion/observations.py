"""The drive passes around a hotspot as crossings with wind, error and spread: what the likelihood looks at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from fusion.crossing import Crossing
from fusion.dispersion import Plume, obukhov_from_sun, plume_of, solar_elevation_rad
from fusion.grid import project
from fusion.partials import enhanced_species, usable_rows
from fusion.settings import FusionSettings

if TYPE_CHECKING:
    from tracks.schema import Track

__all__ = ["BinnedPass", "bin_passes", "crossing_of"]

Floats = NDArray[np.float64]

_SNAPSHOT_SPREAD_RAD = 0.15  # relative diffusion: sigma of an instantaneous plume about a seventh of the distance
Bools = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class BinnedPass:
    """One pass of one species averaged over bins of ground; arrays of shape (bins,).

    ``x``, ``y`` [m] on the grid, ``value`` mean enhancement, ``time`` seconds since ``start``, ``u``, ``v`` wind
    [m s-1] (NaN without). ``noise`` is the standard deviation of a bin without a plume, ``wind_sd`` [m s-1] the
    error of the wind per component (NaN where the track does not say).
    """

    label: str
    start: np.datetime64
    lon: float
    lat: float
    x: Floats
    y: Floats
    value: Floats
    time: Floats
    u: Floats
    v: Floats
    noise: float
    wind_sd: float


def bin_passes(tracks: Sequence[Track], species: str, crs: str, settings: FusionSettings) -> tuple[BinnedPass, ...]:
    """Average every pass that measured ``species`` over squares of ``settings.bin_m``."""
    binned = []
    for track in tracks:
        passes = track.passes
        if species not in enhanced_species(passes):
            continue
        x, y = project(passes["lon"].values, passes["lat"].values, crs)
        usable = usable_rows(passes, species) & np.isfinite(x)
        index = passes["pass_index"].values
        for k in np.unique(index[usable]):
            binned.append(_bin_pass(passes, species, np.flatnonzero(usable & (index == k)), x, y, int(k), settings))
    return tuple(binned)


def _bin_pass(
    passes: xr.Dataset, species: str, rows: NDArray[np.int64], x: Floats, y: Floats, k: int, settings: FusionSettings
) -> BinnedPass:
    square = np.floor(np.column_stack([x[rows], y[rows]]) / settings.bin_m).astype(np.int64)
    _, group = np.unique(square, axis=0, return_inverse=True)
    group = group.ravel()
    count = np.bincount(group).astype(np.float64)
    time = passes["time"].values[rows]
    start = passes["time"].values[passes["pass_index"].values == k][0]

    def mean(values: Floats) -> Floats:
        return np.asarray(np.bincount(group, values) / count)

    enhancement = passes[f"{species}_enhancement"]
    value = mean(enhancement.values[rows])
    wind = "u" in passes and "v" in passes
    no_wind = np.full(count.size, np.nan)
    return BinnedPass(
        f"{passes['trajectory'].item()}#{k}",
        start,
        float(passes["lon"].values[rows].mean()),
        float(passes["lat"].values[rows].mean()),
        mean(x[rows]),
        mean(y[rows]),
        value,
        mean((time - start) / np.timedelta64(1, "s")),
        mean(passes["u"].values[rows]) if wind else no_wind,
        mean(passes["v"].values[rows]) if wind else no_wind,
        _noise(value, enhancement.attrs.get("noise_sd")),
        _wind_error(passes, rows),
    )


def _noise(value: Floats, declared: object) -> float:
    """Spread of bins without a plume: robust, from the lower half, and not below a tenth of the declared noise."""
    centre = np.median(value)
    lower = value[value <= centre]
    spread = 1.4826 * float(np.median(np.abs(lower - centre))) if lower.size else 0.0
    floor = 0.1 * float(declared) if isinstance(declared, int | float | np.floating) and float(declared) > 0 else 0.0
    smallest = 1e-6 * max(float(np.abs(value).max()), 1e-12)
    return max(spread, floor, smallest)


def _wind_error(passes: xr.Dataset, rows: NDArray[np.int64]) -> float:
    if "wind_sd" not in passes:
        return float("nan")
    values = np.broadcast_to(passes["wind_sd"].values, passes["lon"].shape)[rows]
    return float(np.sqrt(np.mean(values[np.isfinite(values)] ** 2))) if np.isfinite(values).any() else float("nan")


def crossing_of(binned: BinnedPass, x: float, y: float, settings: FusionSettings) -> Crossing | None:
    """What one pass met at a hotspot at ``x``, ``y``, or None where it stayed farther than the context away.

    Bins farther off that stand above the noise belong to another plume: a source need not explain them, and they may
    not argue against it.
    """
    distance = np.hypot(binned.x - x, binned.y - y)
    if not distance.size or distance.min() > settings.context_m:
        return None
    limit = settings.detection_sigma * binned.noise
    peak, centre_x, centre_y = _crossing_near(binned, distance <= settings.near_m, limit, (x, y))
    quiet = np.flatnonzero((distance <= settings.context_m) & (binned.value <= 0.75 * limit))
    quiet = quiet[_thin(binned.x[quiet], binned.y[quiet], 2 * settings.bin_m)]
    u, v, spread = _wind_near(binned, float(binned.time[np.argmin(distance)]), settings)
    speed = float(np.hypot(u, v))
    moving = bool(np.isfinite(speed)) and speed >= settings.calm_m_s
    return Crossing(
        binned.label,
        peak,
        centre_x,
        centre_y,
        limit,
        binned.x[quiet],
        binned.y[quiet],
        float(np.arctan2(v, u)) if moving else 0.0,
        direction_sd_rad(spread, speed, binned.wind_sd, settings) if moving else float("inf"),
        _plume(binned, speed if moving else settings.nominal_wind_m_s, settings, snapshot=moving),
        speed if np.isfinite(speed) else None,
    )


def _crossing_near(
    binned: BinnedPass, near: Bools, limit: float, hotspot: tuple[float, float]
) -> tuple[float | None, float, float]:
    """Height and centre of the plume a pass saw near a hotspot, or None and the place of the hotspot."""
    if not near.any() or float(binned.value[near].max()) <= limit:
        return None, *hotspot
    at = np.flatnonzero(near)[np.argmax(binned.value[near])]
    peak = float(binned.value[at])
    around = np.hypot(binned.x - binned.x[at], binned.y - binned.y[at]) <= 80.0
    body = around & (binned.value >= 0.4 * peak)
    return (
        peak,
        float(np.average(binned.x[body], weights=binned.value[body])),
        float(np.average(binned.y[body], weights=binned.value[body])),
    )


def _thin(x: Floats, y: Floats, step: float) -> NDArray[np.intp]:
    """One place of each square of ``step`` metres."""
    square = np.floor(np.column_stack([x, y]) / step).astype(np.int64)
    return np.asarray(np.unique(square, axis=0, return_index=True)[1], np.intp)


def direction_sd_rad(spread_rad: float, speed_m_s: float, wind_sd_m_s: float, settings: FusionSettings) -> float:
    """Error of the plume's direction, rad: √(floor² + σθ² + met²)."""
    met = np.radians(settings.direction_met_deg)
    if np.isfinite(wind_sd_m_s):
        met = float(np.arctan2(wind_sd_m_s, speed_m_s))
    floor = np.radians(settings.direction_floor_deg)
    return float(np.sqrt(floor**2 + min(spread_rad, np.radians(60.0)) ** 2 + met**2))


def _wind_near(binned: BinnedPass, at_s: float, settings: FusionSettings) -> tuple[float, float, float]:
    """Vector mean wind around a time and the Yamartino spread of its direction; NaN without wind."""
    ok = np.isfinite(binned.u) & np.isfinite(binned.v)
    close = ok & (np.abs(binned.time - at_s) <= settings.wind_window_s / 2)
    if close.sum() < 3:
        close = ok
    if not close.any():
        return float("nan"), float("nan"), float("nan")
    u, v = binned.u[close], binned.v[close]
    angle = np.arctan2(v, u)
    epsilon = np.sqrt(max(0.0, 1.0 - float(np.mean(np.cos(angle)) ** 2 + np.mean(np.sin(angle)) ** 2)))
    spread = np.arcsin(min(1.0, epsilon)) * (1 + (2 / np.sqrt(3) - 1) * epsilon**3)
    return float(u.mean()), float(v.mean()), float(spread)


def _plume(binned: BinnedPass, speed: float, settings: FusionSettings, *, snapshot: bool) -> Plume:
    elevation = solar_elevation_rad(binned.start, binned.lon, binned.lat)
    return _cached_plume(
        round(speed * 4) / 4,
        round(float(np.degrees(elevation)) / 5) * 5,
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
