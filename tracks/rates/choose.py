"""Emission rate of a record, parked or driven: which of the two it is, is seen from its positions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import xarray as xr

from numerics.plane import plane_of
from tracks.process import process_trace
from tracks.rates.parked import METHOD, quantify_parked
from tracks.rates.transects import quantify_drive
from tracks.schema import RateEstimate
from tracks.settings import TrackSettings

NEEDS_PLACE = "distance_and_source_height_needed"  # the flag of a parked run without them
_FAR_M = 60.0  # the relations of transects are of sources crossed within some tens of metres


def is_parked(trace: xr.Dataset, settings: TrackSettings) -> bool:
    """True when nearly all positions lie within ``parked_radius_m`` of their median, or there are none."""
    lon, lat = trace["lon"].values, trace["lat"].values
    known = np.isfinite(lon) & np.isfinite(lat)
    if not known.any():
        return True
    x, y = plane_of(lon, lat).forward(lon[known], lat[known])
    away = np.hypot(x - np.median(x), y - np.median(y))
    return bool(np.quantile(away, 0.95) <= settings.parked_radius_m)


def quantify_trace(
    trace: xr.Dataset,
    *,
    distance_m: float | None,
    source_height_m: float | None,
    settings: TrackSettings | None = None,
) -> RateEstimate:
    """Estimate the emission rate of one source from a parked run or from transects.

    Parameters
    ----------
    trace : xarray.Dataset
    distance_m, source_height_m : float, optional
        Of the source; a parked run needs both, transects only compare the distance with the reach of their relations.
    settings : TrackSettings, optional

    Returns
    -------
    RateEstimate
        Of `tracks.rates.parked.quantify_parked` or `tracks.rates.transects.quantify_drive`.
    """
    settings = settings or TrackSettings()
    name = str(trace["trajectory"].values)
    if not is_parked(trace, settings):
        estimate = quantify_drive(process_trace(trace, settings).value, name=name, settings=settings)
        far = distance_m is not None and distance_m > _FAR_M
        return replace(estimate, flags=(*estimate.flags, "further_than_the_relations_hold")) if far else estimate
    if distance_m is None or source_height_m is None:
        return RateEstimate(name, METHOD, np.nan, np.nan, np.nan, "none", (NEEDS_PLACE,))
    return quantify_parked(trace, distance_m=distance_m, source_height_m=source_height_m, settings=settings)
