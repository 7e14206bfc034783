"""Three peers that tell from fixed sensors which of several sites emitted, each as simple as it is described.

All take what rises above the running low of each sensor (quantile 0.1 of ± 90 minutes), minute by minute, and the
wind as the mast has it. None gives a probability: the site with the highest score is their answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from fusion.attribution.joint.background import above_running_low
from fusion.attribution.joint.readings import Readings

__all__ = ["PEERS", "crude_plume", "puff_correlation", "wind_cone"]

Floats = NDArray[np.float64]
Complex = NDArray[np.complex128]

_CONE_RAD = np.radians(20.0)
_STRONG = 0.9
_PUFF_S, _LIFE_S = 4.0, 300.0
_INLET_M, _SOURCE_M = 2.4, 2.0


def crude_plume(readings: Readings, sites: Complex) -> Floats:
    """Correlation over sensor-minutes with a straight plume: σy = 0.2 x + 1, σz = 0.1 x + 0.5 [m]."""
    rise, wind, sensors = _minutes(readings)
    apart = (sensors - sites[:, None, None]) * np.exp(-1j * np.angle(wind))[:, None]
    along = np.maximum(apart.real, 1.0)
    wide, deep = 0.2 * along + 1.0, 0.1 * along + 0.5
    model = np.exp(-0.5 * (apart.imag / wide) ** 2 - 0.5 * (_INLET_M / deep) ** 2)
    model = np.where(apart.real > 1.0, model / (np.maximum(np.abs(wind), 0.3)[:, None] * wide * deep), 0.0)
    return np.array([_correlation(m, rise) for m in model])


def puff_correlation(readings: Readings, sites: Complex) -> Floats:
    """The same with puffs that the wind carries: σy = 0.128 x^0.9 + 0.5, σz = 0.1 x^0.9 + 0.4 [m], x their way."""
    rise, wind, sensors = _minutes(readings)
    length = readings.masts[0].interval_s
    steps = np.arange(0.0, length * len(rise), _PUFF_S)
    middle = length * (np.arange(len(rise)) + 0.5)
    carried = np.interp(steps, middle, wind.real) + 1j * np.interp(steps, middle, wind.imag)
    model = np.zeros((sites.size, *rise.shape))
    place, way = (
        np.zeros((sites.size, round(_LIFE_S / _PUFF_S)), np.complex128),
        np.full(round(_LIFE_S / _PUFF_S), -1.0),
    )
    for k, blown in enumerate(carried):
        slot = k % way.size
        place[:, slot], way[slot] = sites, 0.0
        place += blown * _PUFF_S
        way[way >= 0] += abs(blown) * _PUFF_S
        wide, deep = 0.128 * np.abs(way) ** 0.9 + 0.5, 0.1 * np.abs(way) ** 0.9 + 0.4
        vertical = sum(np.exp(-0.5 * ((_INLET_M + s * _SOURCE_M) / deep) ** 2) for s in (-1, 1))
        weight = np.where(way >= 0, vertical / (wide**2 * deep), 0.0)
        square = np.abs(place[:, :, None] - sensors) ** 2 / wide[:, None] ** 2
        model[:, int(steps[k] // length)] += (np.exp(-0.5 * square) * weight[:, None]).sum(axis=1)
    return np.array([_correlation(m, rise) for m in model])


def wind_cone(readings: Readings, sites: Complex) -> Floats:
    """Sum of the strongest tenth of sensor-minutes whose sensor stands within ± 20° downwind."""
    rise, wind, sensors = _minutes(readings)
    angle = np.angle((sensors - sites[:, None, None]) * np.exp(-1j * np.angle(wind))[:, None])
    strong = np.where(rise > np.quantile(rise, _STRONG), rise, 0.0)
    return np.asarray(((np.abs(angle) < _CONE_RAD) * strong).sum(axis=(1, 2)))


PEERS: Mapping[str, Callable[[Readings, Complex], Floats]] = {
    "puff correlation": puff_correlation,
    "crude plume": crude_plume,
    "wind cone": wind_cone,
}


def _minutes(readings: Readings) -> tuple[Floats, Complex, Complex]:
    """Rise (minutes, sensors), wind (minutes,) and places of sensors that all read with the mast."""
    count, order = len(readings.sensors), np.lexsort((readings.sensor, readings.time))
    value, time = (a[order].reshape(-1, count) for a in (readings.value, readings.time))
    rise = np.maximum(above_running_low(value, time[:, 0]), 0.0)
    mast = readings.masts[0]
    return rise, mast.u + 1j * mast.v, np.array([s.x + 1j * s.y for s in readings.sensors])


def _correlation(model: Floats, rise: Floats) -> float:
    m, x = model - model.mean(), rise - rise.mean()
    return float((m * x).sum() / np.sqrt(max((m * m).sum() * (x * x).sum(), 1e-300)))
