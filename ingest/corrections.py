"""Published corrections of optical particle instruments. Applied only where the caller asks."""

from __future__ import annotations

import numpy as np

from ingest.loggers.record import FloatArray

__all__ = ["correct_humidity", "correct_loading"]


def correct_loading(black_carbon: FloatArray, attenuation: FloatArray) -> FloatArray:
    """Black carbon of a microAeth corrected for filter loading.

    ``BC / (0.88·exp(−ATN/100) + 0.12)``; made for urban soot on T60 filters and ATN below about 125; other
    aerosol needs
    another coefficient.

    Parameters
    ----------
    black_carbon, attenuation : arrays, shape (obs,)
        BC in any unit; ATN as the instrument writes it.

    References
    ----------
    Kirchstetter and Novakov (2007), Atmos. Environ. 41, 1874, doi:10.1016/j.atmosenv.2006.10.067; used by
    mmaqshiny (doi:10.21105/joss.02250).

    Examples
    --------
    >>> correct_loading(np.array([20.205]), np.array([30.015])).round(4)
    array([26.1783])
    """
    corrected: FloatArray = black_carbon / (0.88 * np.exp(-attenuation / 100.0) + 0.12)
    return corrected


def correct_humidity(mass: FloatArray, relative_humidity: FloatArray) -> FloatArray:
    """Photometer mass corrected for the water that particles take up above 60 % relative humidity.

    ``PM / (1 + 0.25·RH²/(1 − RH))`` where RH > 0.6, else unchanged; grows without bound towards RH = 1 and
    should not be
    used above 0.95.

    Parameters
    ----------
    mass, relative_humidity : arrays, shape (obs,)
        Mass in any unit; relative humidity as a fraction.

    References
    ----------
    Chakrabarti et al. (2004), Atmos. Environ. 38, 3329, doi:10.1016/j.atmosenv.2004.03.007.

    Examples
    --------
    >>> correct_humidity(np.array([197.0, 197.0]), np.array([0.719, 0.5])).round(3)
    array([134.938, 197.   ])
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = 1.0 + 0.25 * relative_humidity**2 / (1.0 - relative_humidity)
    corrected: FloatArray = np.where(relative_humidity > 0.6, mass / factor, mass)
    return corrected
