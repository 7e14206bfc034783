"""What a FLIR sensor counts where it sees a temperature: the inverse of `celsius_from_raw`, written on its own."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ingest.images.flir import FlirCalibration

__all__ = ["raw_from_celsius"]

_KELVIN = 273.15


def raw_from_celsius(celsius: NDArray[np.float64], c: FlirCalibration) -> NDArray[np.float64]:
    """Object, reflection and air, each with its share of the radiation (Usamentiaga 2014)."""
    tau = _transmission(c)
    own, reflected, air = (
        _radiation(kelvin, c) for kelvin in (np.asarray(celsius) + _KELVIN, c.reflected_k, c.air_k)
    )
    return np.asarray(c.emissivity * tau * own + (1 - c.emissivity) * tau * reflected + (1 - tau) * air)


def _radiation(kelvin: NDArray[np.float64] | float, c: FlirCalibration) -> NDArray[np.float64]:
    return np.asarray(c.planck_r1 / (c.planck_r2 * (np.exp(c.planck_b / kelvin) - c.planck_f)) - c.planck_o)


def _transmission(c: FlirCalibration) -> float:
    t = c.air_k - _KELVIN
    vapour = c.humidity * np.exp(1.5587 + 0.06939 * t - 2.7816e-4 * t**2 + 6.8455e-7 * t**3)
    one, two = (
        np.exp(-np.sqrt(c.distance_m) * (alpha + beta * np.sqrt(vapour)))
        for alpha, beta in ((c.alpha_1, c.beta_1), (c.alpha_2, c.beta_2))
    )
    return float(c.transmission_x * one + (1 - c.transmission_x) * two)
