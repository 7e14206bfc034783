"""Published corrections of particle instruments, where the bureau asks for them: filter loading and humidity."""

from __future__ import annotations

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from ingest.outcome import Notes, Outcome, Phrase
from tracks.settings import TrackSettings

Floats = NDArray[np.float64]

_DRY_BELOW = 0.6
"""Relative humidity up to which particles are left as they are (Chakrabarti et al. 2004)."""

_HIGHEST = 0.95
"""Relative humidity at which the correction ends: its form has no bound towards 1, and fog is not particle mass."""


def correct_instruments(trace: xr.Dataset, settings: TrackSettings) -> Outcome[xr.Dataset]:
    """Correct black carbon for the loading of its filter and particle mass for humidity, where settings ask for it.

    A species is corrected where the trace holds what the correction needs: ``attenuation`` for ``bc``,
    ``relative_humidity`` (a share) for the particle mass of photometers. What cannot be corrected is said.

    Parameters
    ----------
    trace : xarray.Dataset
    settings : TrackSettings
        ``correct_bc_loading``, ``correct_pm_humidity``.

    Returns
    -------
    Outcome of xarray.Dataset
        With a decision for each species that was, or could not be, corrected.
    """
    asked = (
        (settings.correct_bc_loading, ("bc",), "attenuation", correct_filter_loading,
         Phrase("filter_loading")),
        (settings.correct_pm_humidity, ("pm1", "pm25", "pm4", "pm10", "pm_total"), "relative_humidity",
         correct_humidity, Phrase("humidity_uptake")),
    )  # fmt: skip
    item, notes = str(trace["trajectory"].values), Notes()
    for wanted, slugs, by, correct, what in asked:
        for name in trace.data_vars if wanted else ():
            if trace[name].attrs.get("species") not in slugs:
                continue
            if by not in trace:
                notes.decide(item, "species_not_corrected", {"species": str(name), "effect": what, "needed": by})
                continue
            before = trace[name].values
            after = correct(before, trace[by].values)
            trace = trace.assign({name: trace[name].copy(data=after)})
            changed = np.isfinite(after) & (after != before)
            factor = float(np.median(after[changed] / before[changed])) if changed.any() else 1.0
            notes.decide(
                item,
                "species_corrected",
                {
                    "species": str(name),
                    "effect": what,
                    "count": int(changed.sum()),
                    "rows": len(before),
                    "factor": factor,
                },
            )
    return notes.outcome(trace)


def correct_filter_loading(black_carbon: Floats, attenuation: Floats) -> Floats:
    """Black carbon of a microAeth AE51 corrected for the filter's loading: BC / (0.88·exp(−ATN/100) + 0.12).

    Made for urban soot on T60 filters at 880 nm and attenuations up to about 125; beyond that the filter is to be
    changed. Values without an attenuation stay as they are.

    Parameters
    ----------
    black_carbon : array, shape (n,)
        Any unit; the result has the same.
    attenuation : array, shape (n,)
        ATN as the instrument reports it (100 · ln(I₀/I)).

    References
    ----------
    Kirchstetter and Novakov 2007, Atmos. Environ. 41, 1874, doi:10.1016/j.atmosenv.2006.10.067; constants as used by
    mmaqshiny (doi:10.21105/joss.02250).

    Examples
    --------
    >>> correct_filter_loading(np.array([20.205, 1.0]), np.array([30.015, 0.0])).round(4)
    array([26.1783,  1.    ])
    """
    corrected = black_carbon / (0.88 * np.exp(-attenuation / 100) + 0.12)
    return np.where(np.isfinite(attenuation), corrected, black_carbon)


def correct_humidity(mass: Floats, relative_humidity: Floats) -> Floats:
    """Particle mass by light scattering corrected for the water that particles take up above 60 % humidity.

    PM / (1 + 0.25·RH²/(1 − RH)). Rural and urban aerosol with some sulfate; above 95 % the value at 95 % is used,
    because the form has no bound towards saturation.

    Parameters
    ----------
    mass : array, shape (n,)
        Any unit.
    relative_humidity : array, shape (n,)
        As a share, 0–1; values at or below 0.6, and missing ones, leave the mass as it is.

    References
    ----------
    Laulainen 1993, PNL-8720 (the form); Chakrabarti et al. 2004, Atmos. Environ. 38, 3329,
    doi:10.1016/j.atmosenv.2004.03.007 (for light scattering).

    Examples
    --------
    >>> correct_humidity(np.array([197.0, 197.0]), np.array([0.719, 0.5])).round(3)
    array([134.938, 197.   ])
    """
    humid = relative_humidity > _DRY_BELOW
    share = np.where(humid, np.minimum(relative_humidity, _HIGHEST), 0.0)
    corrected: Floats = mass / (1 + 0.25 * share**2 / (1 - share))
    return corrected
