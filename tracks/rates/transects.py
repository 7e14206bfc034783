"""Emission rates from transects: published relations of maximum and area, always with an interval."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from tracks.rates.parked import PER_UNIT, rate_variable
from tracks.schema import RateEstimate, Track
from tracks.settings import TrackSettings

Floats = NDArray[np.float64]

METHOD = "transects: maximum (Tettenborn 2025, Weller 2019) and area (Tettenborn 2025)"
_RANGE_L_MIN = (0.1, 120.0)  # of the releases behind the relations
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
    one day are common to all crossings. Passes that came by and saw nothing are flagged: they bias the rate high.

    Parameters
    ----------
    plumes : xarray.Dataset
        Methane plumes of one source (rows of ``Track.plumes``), mole fractions.
    name : str
        Shown as ``file`` of the estimate.
    settings : TrackSettings, optional

    Returns
    -------
    RateEstimate
        NaN and confidence ``"none"`` without a methane plume in a mole fraction.
    """
    settings = settings or TrackSettings()
    to_ppm = np.array([1e6 * PER_UNIT.get(unit, np.nan) for unit in plumes["units"].values.astype(str)])
    maximum, area = plumes["maximum"].values * to_ppm, plumes["area"].values * to_ppm
    usable = (maximum > 0) & (area > 0)
    if not usable.any():
        return RateEstimate(name, METHOD, np.nan, np.nan, np.nan, "none", ("no_methane_plume",))
    maximum, area = maximum[usable], area[usable]
    readings = np.log(
        np.stack([rate_from_maximum(maximum), rate_from_maximum(maximum, relation="weller"), rate_from_area(area)])
    )
    per_crossing = readings.mean(axis=0)
    count = len(per_crossing)
    sd = np.hypot(settings.transect_log_sd / np.sqrt(count), settings.transect_common_log_sd)
    rate = float(np.exp(per_crossing.mean()))
    flags = _flags(plumes, count, rate, settings)
    confidence = "medium" if not flags else "low"
    low, high = rate * float(np.exp(-1.96 * sd)), rate * float(np.exp(1.96 * sd))
    lon, lat = (_weighted(plumes, what, usable, maximum) for what in ("lon", "lat"))
    per_s = _G_S_PER_L_MIN
    return RateEstimate(name, METHOD, rate * per_s, low * per_s, high * per_s, confidence, flags, count, lon, lat)


def _weighted(plumes: xr.Dataset, what: str, usable: NDArray[np.bool_], weight: Floats) -> float | None:
    """Mean of a coordinate over the crossings; None where the plumes have no place."""
    return float(np.average(plumes[what].values[usable], weights=weight)) if what in plumes else None


def _flags(plumes: xr.Dataset, count: int, litres_min: float, settings: TrackSettings) -> tuple[str, ...]:
    """Say why the rate of some crossings is not to be trusted much."""
    missed = (
        int((plumes["passes_crossed"].values - plumes["passes_seen"].values).max())
        if {"passes_crossed", "passes_seen"} <= set(plumes)
        else 0
    )
    doubts = {
        "few_crossings": count < settings.transects_for_medium,
        "not_seen_on_every_pass": missed > 0,
        "outside_the_range_of_the_relations": not _RANGE_L_MIN[0] <= litres_min <= _RANGE_L_MIN[1],
    }
    return tuple(name for name, doubt in doubts.items() if doubt)


def quantify_drive(track: Track, *, name: str, settings: TrackSettings | None = None) -> RateEstimate:
    """Emission rate of the methane source of a drive that most passes saw; the strongest of those.

    Parameters
    ----------
    track : Track
        From `tracks.process.process_trace`.
    name : str
        Shown as ``file`` of the estimate.
    settings : TrackSettings, optional

    Returns
    -------
    RateEstimate
        Flagged ``several_sources`` where the drive saw more than this one.
    """
    settings = settings or TrackSettings()
    species = rate_variable(track.passes, settings)
    if species is None:
        return RateEstimate(name, METHOD, np.nan, np.nan, np.nan, "none", (f"no_{settings.rate_species}",))
    plumes = track.plumes.isel(plume=np.flatnonzero(track.plumes["species"].values == species))
    if not plumes.sizes["plume"]:
        return RateEstimate(name, METHOD, np.nan, np.nan, np.nan, "none", ("no_plume",))
    best = np.lexsort([plumes["maximum"].values, plumes["passes_seen"].values])[-1]
    source = plumes["source"].values
    estimate = quantify_transects(
        plumes.isel(plume=np.flatnonzero(source == source[best])), name=name, settings=settings
    )
    several = ("several_sources",) if len(np.unique(source)) > 1 else ()
    return replace(estimate, flags=estimate.flags + several)
