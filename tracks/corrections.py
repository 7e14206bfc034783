"""Corrections of particle instruments: filter loading of the microAeth, humidity of light scattering."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["correct_filter_loading", "correct_humidity"]

Floats = NDArray[np.float64]


def correct_filter_loading(black_carbon: Floats, attenuation: Floats) -> Floats:
    """Black carbon of a microAeth AE51 corrected for the filter's loading.

    Holds for the AE51 at 880 nm and attenuations up to about 100; beyond that the filter is to be changed.

    Parameters
    ----------
    black_carbon : array, shape (n,)
        Any unit; the result has the same.
    attenuation : array, shape (n,)
        ATN as the instrument reports it (100 · ln(I₀/I)).

    References
    ----------
    Kirchstetter and Novakov 2007, doi:10.1016/j.atmosenv.2006.09.052 (the form); constants 0.88 and 0.12 as used by
    mmaqshiny (Kushwaha et al., JOSS).

    Examples
    --------
    >>> correct_filter_loading(np.array([1.0]), np.array([0.0]))
    array([1.])
    """
    return black_carbon / (0.88 * np.exp(-attenuation / 100) + 0.12)


def correct_humidity(mass: Floats, relative_humidity: Floats, *, from_humidity: float = 0.6) -> Floats:
    """Particle mass by light scattering corrected for the water that particles take up.

    Rural and urban aerosol with some sulfate; above 95 % relative humidity the correction is no more than a guess.

    Parameters
    ----------
    mass : array, shape (n,)
        Any unit.
    relative_humidity : array, shape (n,)
        As a share, 0–1; values at or below ``from_humidity``, and missing ones, leave the mass as it is.

    References
    ----------
    Laulainen 1993, PNL-8720 (the form 1 + 0.25 RH²/(1 − RH)); Chakrabarti et al. 2004,
    doi:10.1016/j.atmosenv.2004.03.007 (for the DataRAM).

    Examples
    --------
    >>> correct_humidity(np.array([197.0, 197.0]), np.array([0.719, 0.5])).round(3)
    array([134.938, 197.   ])
    """
    humid = relative_humidity > from_humidity
    share = np.where(humid, np.minimum(relative_humidity, 0.999), 0.0)
    corrected: Floats = mass / (1 + 0.25 * share**2 / (1 - share))
    return corrected
