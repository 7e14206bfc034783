"""Releases drawn by seed: eight sensors about five sites less than 100 m apart, in puffs of the simulator.

Even seeds blow the simulator's wind, odd ones a real one: hours of the sonic of Chilbolton
(`real_air/chilbolton2017`) one after the other, turned and scaled by chance, where the real data is there; either
veers over the hours as the wind of a valley does. Half of the releases last from the first reading to the last. The
vane stands some degrees off, sensors have an offset, a drift and a noise of their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.real_air import read_folder
from benchmarks.real_data import data_folder
from fusion.attribution.joint.readings import Readings, Sensor, new_mast
from onevisit.truth.simulate.air.puffs import Emitter, sample_puffs
from onevisit.truth.simulate.air.wind import Wind, blow, ornstein_uhlenbeck

__all__ = ["Drawn", "draw_release"]

Floats = NDArray[np.float64]

_SITES, _SENSORS = 5, 8
_APART_M = 20.0
_BUILD_S, _LIFE_S = 600, 300  # before the first reading; a puff is past all sensors by then
_PPM_PER_G_M3 = 1475.0  # methane at 15 °C and 1 atm
_AIR_PPM = 1.95
_INLET_M = 2.4
_LONGEST_GAP_S = 120.0  # a record of wind ends at a longer gap
_LEAST_S = 2400
_CALM_M_S = 0.3
_HOURS = 2.0, 4.5
_VANE_DEG = 7.0  # of two masts: 7 and 13 degrees (real_air)
_VEER_RAD, _VEER_S = np.radians(40.0), 3600.0


@dataclass(frozen=True, eq=False)
class Drawn:
    """A release: readings, places of the sites [m], the one that it was, its rate [g s-1], turn of the vane [deg]."""

    readings: Readings
    x: Floats
    y: Floats
    truth: int
    rate_g_s: float
    turn_deg: float


def draw_release(seed: int) -> Drawn:
    """A release of two to four and a half hours, minute by minute."""
    rng = np.random.default_rng([17, seed])
    wind = _wind(rng, real=seed % 2 == 1)
    n = len(wind.u) - _BUILD_S
    x, y = _sites(rng)
    sensors = _sensors(rng)
    k, rate = int(rng.integers(_SITES)), float(np.exp(rng.uniform(np.log(0.05), np.log(1.5))))
    emitted = np.full(len(wind.u), rate)
    if rng.uniform() < 0.5:
        first = _BUILD_S + int(rng.uniform(0.05, 0.35) * n)
        emitted[:first], emitted[first + int(rng.uniform(0.4, 0.6) * n) :] = 0.0, 0.0
    emitter = Emitter(float(x[k]), float(y[k]), float(rng.uniform(0.5, 4.0)), 1.0, emitted)
    at = [np.tile([getattr(s, axis) for s in sensors], (n, 1)) for axis in ("x", "y")]
    met = sample_puffs([emitter], wind, at[0], at[1], inlet_m=_INLET_M, life_s=_LIFE_S)[:, :, 0]
    minutes = n // 60
    ppm = _PPM_PER_G_M3 * met[: minutes * 60].reshape(minutes, 60, _SENSORS).mean(axis=1) + _instruments(rng, minutes)
    turn = float(rng.normal(0.0, _VANE_DEG))
    blown = _minutes(wind, minutes) * np.exp(-1j * np.radians(turn))
    time = np.arange(minutes) * 60.0
    readings = Readings(
        sensors, (new_mast("mast", time, blown.real, blown.imag),), np.repeat(time, _SENSORS),
        np.tile(np.arange(_SENSORS), minutes), ppm.ravel() / _PPM_PER_G_M3,
    )  # fmt: skip
    return Drawn(readings, x, y, k, rate, turn)


def _minutes(wind: Wind, minutes: int) -> NDArray[np.complex128]:
    blown = (wind.u + 1j * wind.v)[_BUILD_S : _BUILD_S + 60 * minutes]
    return np.asarray(blown.reshape(minutes, 60).mean(axis=1))


def _sites(rng: np.random.Generator) -> tuple[Floats, Floats]:
    x, y = rng.uniform(-40, 40, _SITES), rng.uniform(-30, 30, _SITES)
    for _ in range(200):
        apart = np.hypot(x[:, None] - x, y[:, None] - y) + np.diag(np.full(_SITES, np.inf))
        near = int(np.argmin(apart.min(axis=1)))
        if apart.min() > _APART_M:
            break
        x[near], y[near] = rng.uniform(-40, 40), rng.uniform(-30, 30)
    return x, y


def _sensors(rng: np.random.Generator) -> tuple[Sensor, ...]:
    angle = 2 * np.pi * np.arange(_SENSORS) / _SENSORS + rng.uniform(0, 0.8)
    far = rng.uniform(0.8, 1.2, _SENSORS)
    places = [(60 * r * np.cos(a), 50 * r * np.sin(a)) for r, a in zip(far, angle, strict=True)]
    return tuple(Sensor(f"S{k + 1}", x, y, x, y, _INLET_M) for k, (x, y) in enumerate(places))


def _instruments(rng: np.random.Generator, minutes: int) -> Floats:
    """Air that drifts for all, and of each sensor an offset, a drift and a noise; ppm (minutes, sensors)."""
    air = _AIR_PPM + np.cumsum(rng.normal(0.0, 0.003, minutes))
    drift = np.cumsum(rng.normal(0.0, 0.001, (minutes, _SENSORS)), axis=0) + rng.normal(0.0, 0.05, _SENSORS)
    noise = np.exp(rng.uniform(np.log(0.01), np.log(0.05), _SENSORS))
    return np.asarray(air[:, None] + drift + rng.normal(0.0, noise, (minutes, _SENSORS)))


# --- wind -----------------------------------------------------------------------------------------------------------


def _wind(rng: np.random.Generator, *, real: bool) -> Wind:
    n = int(rng.uniform(*_HOURS) * 3600) + _BUILD_S
    records = _records(data_folder() / "real_air" / "chilbolton2017") if real else ()
    drawn = blow(-_BUILD_S, n, rng)
    blown, turbulence = drawn.u + 1j * drawn.v, drawn.turbulence
    if records:
        order = np.resize(rng.permutation(len(records)), 4 * len(records))
        blown = np.concatenate([records[k] / np.exp(1j * np.angle(records[k].mean())) for k in order])[:n]
        blown, turbulence = blown * rng.uniform(0.6, 1.3) * np.exp(1j * rng.uniform(0, 2 * np.pi)), 0.1
    blown = blown * np.exp(1j * ornstein_uhlenbeck(n, _VEER_RAD, _VEER_S, rng))
    return Wind(
        -_BUILD_S, blown.real.copy(), blown.imag.copy(), 0.0 * drawn.strain, drawn.inverse_length_per_m,
        drawn.roughness_m, turbulence, np.abs(blown) < _CALM_M_S,
    )  # fmt: skip


@lru_cache(maxsize=2)
def _records(folder: Path) -> tuple[NDArray[np.complex128], ...]:
    """Wind of each run, a row a second, where it lasts long enough without a gap."""
    found = []
    for run in read_folder(folder) if folder.is_dir() else ():
        mast = run.readings.masts[0]
        good = np.hypot(mast.u, mast.v) < 12.0  # the authors' spikes
        time, blown = mast.time[good], (mast.u + 1j * mast.v)[good]
        for part in np.split(np.arange(time.size), np.flatnonzero(np.diff(time) > _LONGEST_GAP_S) + 1):
            if part.size and np.ptp(time[part]) >= _LEAST_S:
                seconds = np.arange(time[part][0], time[part][-1])
                found.append(
                    np.interp(seconds, time[part], blown[part].real)
                    + 1j * np.interp(seconds, time[part], blown[part].imag)
                )
    return tuple(np.asarray(f, np.complex128) for f in found)
