"""Emission rates from transects: published relations of maximum and area, always with an interval."""

from __future__ import annotations

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from tracks.schema import RateEstimate
from tracks.settings import TrackSettings

__all__ = ["quantify_transects", "rate_from_area", "rate_from_maximum"]

Floats = NDArray[np.float64]

_G_S_PER_L_MIN = 16.043 / 24.055 / 60  # methane at 20 °C and 1 atm


def rate_from_maximum(maximum_ppm: Floats, *, relation: str = "tettenborn") -> Floats:
    """Methane emission in L min-1 from the largest enhancement of one crossing on the street.

    Leaks of city gas at or below the street, 0.1–100 L min-1, crossed within some tens of metres at driving speed.

    Parameters
    ----------
    maximum_ppm : array
        Enhancement, ppm.
    relation : {"tettenborn", "weller"}
        ln(max) = 0.854 ln(Q) − 1.25, or ln(max) = 0.817 ln(Q) − 0.988.

    References
    ----------
    Tettenborn et al. 2025, doi:10.5194/amt-18-3569-2025; Weller et al. 2019, doi:10.1371/journal.pone.0212287.

    Examples
    --------
    >>> float(rate_from_maximum(np.exp(np.array([-1.25])))[0])
    1.0
    """
    slope, intercept = {"tettenborn": (0.854, -1.25), "weller": (0.817, -0.988)}[relation]
    return np.exp((np.log(maximum_ppm) - intercept) / slope)


def rate_from_area(area_ppm_m: Floats) -> Floats:
    """Methane emission in L min-1 from the area of one crossing (ppm m): ln(area) = 0.774 ln(Q) + 1.84.

    References
    ----------
    Tettenborn et al. 2025, doi:10.5194/amt-18-3569-2025.

    Examples
    --------
    >>> float(rate_from_area(np.exp(np.array([1.84])))[0])
    1.0
    """
    return np.exp((np.log(area_ppm_m) - 1.84) / 0.774)


def quantify_transects(plumes: xr.Dataset, *, name: str, settings: TrackSettings | None = None) -> RateEstimate:
    """Emission rate of one methane source from its plumes on several passes.

    Every crossing gives three readings (maximum after Tettenborn and after Weller, area after Tettenborn); their mean
    logarithm is the rate. The interval has a part that shrinks with crossings and a part that does not: conditions of
    one day are common to all crossings.

    Parameters
    ----------
    plumes : xarray.Dataset
        Methane plumes in ppm of one source (rows of ``Track.plumes``).
    name : str
        Shown as ``file`` of the estimate.
    settings : TrackSettings, optional

    Returns
    -------
    RateEstimate
        NaN and confidence ``"none"`` without a methane plume in ppm.
    """
    settings = settings or TrackSettings()
    method = "transects: maximum (Tettenborn 2025, Weller 2019) and area (Tettenborn 2025)"
    usable = (plumes["units"].values == "ppm") & (plumes["maximum"].values > 0) & (plumes["area"].values > 0)
    if not usable.any():
        return RateEstimate(name, method, np.nan, np.nan, np.nan, "none", ("no_methane_plume_in_ppm",))
    maximum, area = plumes["maximum"].values[usable], plumes["area"].values[usable]
    readings = np.log(
        np.stack([rate_from_maximum(maximum), rate_from_maximum(maximum, relation="weller"), rate_from_area(area)])
    )
    per_crossing = readings.mean(axis=0)
    count = len(per_crossing)
    sd = np.hypot(settings.transect_log_sd / np.sqrt(count), settings.transect_common_log_sd)
    rate = float(np.exp(per_crossing.mean())) * _G_S_PER_L_MIN
    flags = ("few_crossings",) if count < settings.transects_for_medium else ()
    confidence = "low" if flags else "medium"
    return RateEstimate(
        name, method, rate, rate * float(np.exp(-1.96 * sd)), rate * float(np.exp(1.96 * sd)), confidence, flags
    )
