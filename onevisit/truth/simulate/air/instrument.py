"""What an instrument makes of the air at its inlet: lag, response, noise, drift, detection limit, its own clock."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from onevisit.truth.simulate.air.wind import ornstein_uhlenbeck

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Analyte:
    """One species of an analyser: background and its wander, white noise, detection limit, in the unit written."""

    species: str
    heading: str
    unit: str
    per_g_m3: float
    background: float
    wander: float
    noise: float
    detection_limit: float
    digits: int


CHANNELS: tuple[Analyte, ...] = (
    Analyte("TVOC", "TVOC(ug/m3)", "ug m-3", 1e6, 95.0, 9.0, 3.0, 3.0, 1),
    Analyte("toluene", "甲苯(ug/m3)", "ug m-3", 1e6, 9.0, 1.0, 0.8, 1.0, 2),
    Analyte("xylene", "二甲苯(ug/m3)", "ug m-3", 1e6, 6.0, 0.8, 0.7, 1.0, 2),
    Analyte("PM2.5", "PM2.5(ug/m3)", "ug m-3", 1e6, 46.0, 3.0, 1.5, 1.0, 1),
    Analyte("NOx", "NOx(ug/m3)", "ug m-3", 1e6, 52.0, 6.0, 2.5, 2.0, 1),
    Analyte("CO", "CO(mg/m3)", "mg m-3", 1e3, 0.65, 0.04, 0.03, 0.05, 3),
)


@dataclass(frozen=True)
class Analyser:
    """A vehicle's analyser: inlet lag and response time in seconds, gain error, drift in noise units an hour."""

    lag_s: float
    response_s: float
    gain: float
    drift_per_hour: float
    clock_offset_s: float


def measure(true_g_m3: Floats, channel: Analyte, analyser: Analyser, rng: np.random.Generator) -> Floats:
    """Turn the true enhancement at the inlet (g m-3, 1 Hz) into what is logged at the same seconds.

    The reading is ``background + gain · enhancement``, delayed by the lag, smeared by the first-order response,
    with white noise and a linear drift; values below the detection limit are written as half of it.
    """
    n = len(true_g_m3)
    seconds = np.arange(n, dtype=float)
    air = np.interp(seconds - analyser.lag_s, seconds, true_g_m3) * channel.per_g_m3 * analyser.gain
    smeared = _respond(air, analyser.response_s)
    background = channel.background + ornstein_uhlenbeck(n, channel.wander, 1500.0, rng)
    drift = analyser.drift_per_hour * channel.noise * seconds / 3600.0
    reading = background + smeared + drift + rng.normal(0.0, channel.noise, n)
    low = reading < channel.detection_limit
    return np.asarray(np.round(np.where(low, channel.detection_limit / 2, reading), channel.digits), float)


def _respond(values: Floats, response_s: float) -> Floats:
    """First-order response at 1 Hz."""
    keep = np.exp(-1.0 / response_s)
    out = np.empty_like(values)
    last = values[0]
    for k, value in enumerate(values):
        last = keep * last + (1.0 - keep) * value
        out[k] = last
    return out
