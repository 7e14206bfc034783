"""What `tracks` gives to the rooms downstream."""

from __future__ import annotations

from dataclasses import dataclass

import xarray as xr


@dataclass(frozen=True)
class Track:
    """One outing after processing: every row with its drive pass and enhancement, and the plumes found in it.

    Parameters
    ----------
    passes : xarray.Dataset
        The trace itself, no row removed, flags added, positions smoothed. Adds per row ``speed`` (m s-1), ``heading``
        (radian, clockwise from north, NaN while standing), ``pass_index`` (int32, −1 outside of any drive pass),
        ``horizontal_sd`` (m, standard deviation per axis of the position), ``<species>_qc``,
        ``<species>_background`` and ``<species>_enhancement``; their attributes hold ``model``, ``noise_sd``,
        ``detection_limit``, ``lag_s`` and ``lag_sd_s`` (s: the inlet lag that was applied, and the standard deviation
        of what is left of it, which displaces values along the track by speed times it).
        With wind also ``u``, ``v`` and ``wind_sd`` (m s-1, per component).
    plumes : xarray.Dataset
        Dimension ``plume``: ``species``, ``pass_index``, ``start_time``, ``peak_time``, ``end_time``, ``lon`` and
        ``lat`` of the peak, ``maximum`` (enhancement), ``background``, ``area`` (enhancement times metres driven),
        ``width_m``, ``snr``, ``first_row``, ``peak_row``, ``last_row``, ``units``, and ``source`` (an index that
        plumes seen at one place on several passes share) with its ``passes_seen`` and ``passes_crossed``.
    """

    passes: xr.Dataset
    plumes: xr.Dataset


@dataclass(frozen=True)
class RateEstimate:
    """An emission rate with its interval; never a bare number.

    ``low_g_s`` and ``high_g_s`` bound a 95 % interval. ``confidence`` is ``"high"``, ``"medium"``, ``"low"`` or
    ``"none"`` (nothing could be estimated: the rates are NaN); ``flags`` say why it is not high. Of transects also
    how many ``crossings`` were used, and where the source was seen, in degrees.
    """

    file: str
    method: str
    rate_g_s: float
    low_g_s: float
    high_g_s: float
    confidence: str
    flags: tuple[str, ...] = ()
    crossings: int | None = None
    lon: float | None = None
    lat: float | None = None
