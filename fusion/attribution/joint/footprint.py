"""How much a source of unit rate adds to a point, over distance and bearing of the source: one table a block.

Sensors of one site share the wind of its mast, so a block has one table for all points of one height. The air of a
point is followed back in steps of seconds (`fusion.air.trajectory.back_paths`); a source at distance r and bearing φ
from the point lies r cos Δ along and r sin Δ across the path, Δ = φ − θ(r), θ(r) the bearing of the path at that
distance. A vane that is turned by ψ shifts the table by ψ along its angle; one with a component of the wrong sign
mirrors it: neither needs another table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from fusion.air.dispersion import (
    KARMAN,
    Plume,
    Weather,
    obukhov_from_sun,
    plume_of,
    stability_correction,
    wind_profile,
)
from fusion.air.trajectory import WindHistory, back_paths
from fusion.attribution.joint.kernel import fill_footprint
from fusion.attribution.joint.readings import Mast
from fusion.attribution.joint.settings import JointSettings

Floats = NDArray[np.float64]

ANGLES = 180
ANGLE_RAD = 2 * np.pi / ANGLES
_NEAREST_M, _FARTHEST_M, _PER_DECADE = 1.0, 3000.0, 14
DISTANCES_M = np.geomspace(_NEAREST_M, _FARTHEST_M, int(_PER_DECADE * np.log10(_FARTHEST_M / _NEAREST_M)) + 1)
LOG_STEP = float(np.log(DISTANCES_M[1] / DISTANCES_M[0]))
_FAST_S = 20.0  # rows nearer than this resolve the turbulence of a block
_UNRESOLVED = 0.8  # share of the lateral spread left within steps where it was not measured
_WIND_HEIGHT_M = 3.0  # of a mast of which nobody says it: field masts and sonics stand at 2 to 4 m
_SIGMA_W = 1.3  # over the friction velocity in neutral air: Panofsky et al. 1977
_SPELL_S, _FAST_ROWS = 1800.0, 10  # over which turbulence is told; rows that tell it
_INVERSE_PER_M = -0.5, 0.2
_LEAST_FRICTION_M_S = 0.02
_WIDEST_RAD = 1.0


@dataclass(frozen=True, eq=False)
class BlockWind:
    """The wind of a block: steps of ``time`` with ``speed``, its weather and spread of direction within steps."""

    time: Floats
    speed_m_s: float
    vector_m_s: float
    weather: Weather
    direction_sd_rad: float


@dataclass(frozen=True)
class Model:
    """One of the plume models that are equally likely: factors on width and depth, and the height of the source."""

    width: float
    depth: float
    source_height_m: float


def block_wind(
    mast: Mast, start_s: float, length_s: float, settings: JointSettings, elevation_rad: float | None = None
) -> BlockWind | None:
    """Wind and surface layer of a block, from all that the mast measured; None where it has no row.

    Roughness is one for the mast (`_surface`) and u* that of the profile through the mean wind. 1/L is that measured,
    else what σv and σw of the mast tell, else from sun and wind where the sun's ``elevation_rad`` is given, else
    neutral.
    """
    inside = (mast.time >= start_s) & (mast.time < start_s + length_s)
    if not inside.any():
        if not mast.time.size:
            return None
        nearest = int(np.argmin(np.abs(mast.time - (start_s + length_s / 2))))
        if abs(mast.time[nearest] - start_s - length_s / 2) > length_s:
            return None
        inside[nearest] = True
    u, v = mast.u[inside], mast.v[inside]
    mean_u, mean_v = float(u.mean()), float(v.mean())
    vector, scalar = float(np.hypot(mean_u, mean_v)), float(np.hypot(u, v).mean())
    fast = mast.interval_s <= _FAST_S and inside.sum() >= _FAST_ROWS
    weather = _weather(mast, inside, scalar, settings, elevation_rad, fast=fast)
    steps = max(1, round(length_s / max(settings.step_s, mast.interval_s)))
    time = start_s + (np.arange(steps) + 0.5) * length_s / steps
    lateral = weather.lateral_sd_m_s
    if steps > 1:
        lateral = _within_steps(mast, inside, time, length_s / steps) if fast else _UNRESOLVED * lateral
    spread = min(lateral / max(scalar, 0.1), _WIDEST_RAD)
    return BlockWind(time, scalar, vector, weather, max(spread, 0.03))


def _within_steps(mast: Mast, inside: NDArray[np.bool_], time: Floats, step_s: float) -> float:
    """Standard deviation of the wind across its mean, within steps, m s-1."""
    u, v = mast.u[inside], mast.v[inside]
    speed = max(float(np.hypot(u.mean(), v.mean())), 1e-6)
    across = (v * u.mean() - u * v.mean()) / speed
    step = np.clip(((mast.time[inside] - time[0]) / step_s + 0.5).astype(int), 0, time.size - 1)
    count = np.maximum(np.bincount(step, minlength=time.size), 1)
    mean = np.bincount(step, across, minlength=time.size) / count
    return float(np.sqrt(np.mean((across - mean[step]) ** 2)))


def _weather(
    mast: Mast,
    inside: NDArray[np.bool_],
    speed: float,
    settings: JointSettings,
    elevation_rad: float | None,
    *,
    fast: bool,
) -> Weather:
    """Surface layer of a block: the profile through its mean wind, over the ground that the mast stands on."""

    def mean(values: Floats) -> float:
        good = values[inside][np.isfinite(values[inside])]
        return float(good.mean()) if good.size else float("nan")

    height = _height_m(mast)
    ground = _surface(mast, settings)
    lateral = mean(mast.lateral_sd_m_s)
    if fast and np.isnan(lateral):
        lateral = _across_sd(mast.u[inside], mast.v[inside])
    inverse = float(np.clip(mean(mast.inverse_obukhov_per_m), *_INVERSE_PER_M))
    inverse = ground.inverse_obukhov_per_m if np.isnan(inverse) else inverse
    if np.isnan(inverse) and elevation_rad is not None:
        inverse = obukhov_from_sun(
            speed,
            elevation_rad,
            roughness_m=ground.roughness_m,
            mixing_height_m=settings.mixing_height_m,
            wind_height_m=height,
        ).inverse_obukhov_per_m
    inverse = 0.0 if np.isnan(inverse) else inverse
    unit = Weather(1.0, inverse, 1.0, ground.roughness_m, settings.mixing_height_m)
    friction = max(speed / float(wind_profile(np.array(height), unit)), _LEAST_FRICTION_M_S)
    lateral = friction * _convective(inverse, settings) if np.isnan(lateral) else lateral
    return Weather(friction, inverse, max(lateral, 0.05), ground.roughness_m, settings.mixing_height_m)


@dataclass(frozen=True)
class _Surface:
    """What a mast tells of its ground and, NaN where it does not, of 1/L."""

    roughness_m: float
    inverse_obukhov_per_m: float


@lru_cache(maxsize=64)
def _surface(mast: Mast, settings: JointSettings) -> _Surface:
    """Roughness and stability from all rows of a mast: of a single block both would be mostly noise.

    Roughness is the median of that measured, else of what the profile has with the friction velocity measured or
    σw / [1.3 (1 − 3 z/L)^(1/3)], else that of the settings. 1/L is, where it was not measured, that at which
    (12 − zi / 2L)^(1/3) is the σv / u* of the mast: Panofsky et al. 1977, both.
    """
    height = _height_m(mast)
    turbulence = [_turbulence(mast, rows) for rows in _spells(mast)]
    speed, friction, lateral, vertical, inverse, roughness = np.array(turbulence).reshape(-1, 6).T
    known = np.isfinite(friction)
    of_w = np.where(np.isfinite(vertical) & (vertical > 0), vertical / _SIGMA_W, np.nan)
    guessed = float("nan")
    if np.isnan(inverse).all() and (np.isfinite(lateral) & (known | np.isfinite(of_w))).any():
        ratio = lateral / np.where(known, friction, of_w)
        middle = float(np.nanmedian(ratio))
        guessed = float(np.clip(-2 * (middle**3 - 12) / settings.mixing_height_m, _INVERSE_PER_M[0], 0.0))
    inverse = np.where(np.isnan(inverse), 0.0 if np.isnan(guessed) else guessed, inverse)
    inverse = np.clip(inverse, *_INVERSE_PER_M)
    of_w = of_w * (1 - 3 * np.minimum(height * inverse, 0.0)) ** (-1 / 3)
    friction = np.where(known, friction, of_w)
    with np.errstate(over="ignore", divide="ignore"):
        of_profile = height * np.exp(-(KARMAN * speed / friction + stability_correction(height * inverse)[0]))
    for found in (roughness, of_profile):
        if np.isfinite(found).any():
            return _Surface(float(np.clip(np.nanmedian(found), 1e-3, 0.1 * height)), guessed)
    return _Surface(settings.roughness_m, guessed)


def _spells(mast: Mast) -> list[NDArray[np.int64]]:
    """Rows of each spell of `_SPELL_S`."""
    spell = np.floor((mast.time - mast.time[0]) / _SPELL_S).astype(int)
    return np.split(np.arange(mast.time.size), np.flatnonzero(np.diff(spell)) + 1)


def _turbulence(mast: Mast, rows: NDArray[np.int64]) -> tuple[float, ...]:
    """Mean speed, u*, σv, σw, 1/L and roughness of some rows, NaN for what nobody measured."""
    u, v, w = mast.u[rows], mast.v[rows], mast.w[rows]
    fast = mast.interval_s <= _FAST_S and rows.size >= _FAST_ROWS
    measured = (
        mast.friction_m_s, mast.lateral_sd_m_s, mast.vertical_sd_m_s, mast.inverse_obukhov_per_m, mast.roughness_m,
    )  # fmt: skip
    friction, lateral, vertical, inverse, roughness = (
        float(np.nanmedian(m[rows])) if np.isfinite(m[rows]).any() else float("nan") for m in measured
    )
    if fast and np.isnan(lateral):
        lateral = _across_sd(u, v)
    if fast and np.isnan(vertical) and np.isfinite(w).sum() >= _FAST_ROWS:
        vertical = float(np.nanstd(w))
    return float(np.hypot(u, v).mean()), friction, lateral, vertical, inverse, roughness


def _across_sd(u: Floats, v: Floats) -> float:
    """Standard deviation of the wind across its mean, m s-1."""
    total = max(float(np.hypot(u.mean(), v.mean())), 1e-6)
    return float(np.std((v * u.mean() - u * v.mean()) / total))


def _height_m(mast: Mast) -> float:
    return mast.height_m if np.isfinite(mast.height_m) else _WIND_HEIGHT_M


def _convective(inverse_obukhov_per_m: float, settings: JointSettings) -> float:
    """σv / u* (12 − zi / 2L)^(1/3): Panofsky et al. 1977."""
    return float((12 + 0.5 * settings.mixing_height_m * max(-inverse_obukhov_per_m, 0.0)) ** (1 / 3))


def footprints(
    mast: Mast, winds: Sequence[BlockWind], heights_m: Floats, model: Model, settings: JointSettings
) -> NDArray[np.float32]:
    """Tables (blocks, heights, distances, angles) of concentration over rate, s m-3, for a model."""
    history = WindHistory(mast.time, mast.u, mast.v, float("nan"))
    table = np.empty((len(winds), heights_m.size, DISTANCES_M.size, ANGLES), np.float32)
    for k, wind in enumerate(winds):
        plume = plume_of(
            wind.weather,
            direction_sd_rad=model.width * wind.direction_sd_rad,
            depth=model.depth,
            source_radius_m=settings.source_radius_m,
        )
        table[k] = _footprint(history, wind, plume, heights_m, model.source_height_m)
    return table


def _footprint(
    history: WindHistory, wind: BlockWind, plume: Plume, heights_m: Floats, source_height_m: float
) -> NDArray[np.float32]:
    steps = wind.time.size
    zero = np.zeros(steps)
    smooth = _smoothed(history, wind.time)
    paths = back_paths(zero, zero, wind.time, smooth, plume, wind.speed_m_s, reach_m=_FARTHEST_M)
    out = np.hypot(paths.x, paths.y)
    bearing = np.unwrap(np.arctan2(paths.y, paths.x), axis=1)
    axes = np.array([plume.on_axis(height_m=h, source_height_m=source_height_m) for h in heights_m])
    towards = np.array(
        [np.interp(DISTANCES_M, np.maximum.accumulate(o), b) for o, b in zip(out, bearing, strict=True)]
    )
    table = np.empty((heights_m.size, DISTANCES_M.size, ANGLES), np.float32)
    x = plume.distance_m
    fill_footprint(towards, DISTANCES_M, plume.sigma_y_m, axes, float(x[0]), float(np.log(x[1] / x[0])), table)
    return table


def _smoothed(history: WindHistory, time: Floats) -> WindHistory:
    """The wind as means over steps, held beyond the ends of the block where steps are one.

    Of a mast that reads so seldom that no reading falls into the block, what lies between its readings.
    """
    step = float(time[1] - time[0]) if time.size > 1 else 0.0
    edges = np.arange(time[0] - 40 * step - step / 2, time[-1] + step, step) if step else np.zeros(1)
    which = np.searchsorted(edges, history.time, side="right") - 1
    inside = (which >= 0) & (which < edges.size - 1)
    if not inside.any():
        u, v = history.at(time)
        return WindHistory(time, u, v, float("nan"))
    count = np.bincount(which[inside], minlength=edges.size - 1)
    u, v = (
        np.bincount(which[inside], w[inside], minlength=edges.size - 1) / np.maximum(count, 1)
        for w in (history.u, history.v)
    )
    known = count > 0
    return WindHistory((edges[:-1] + step / 2)[known], u[known], v[known], float("nan"))
