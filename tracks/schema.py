"""What `tracks` gives to the rooms downstream."""

from __future__ import annotations

from dataclasses import dataclass

import xarray as xr

__all__ = ["Track"]


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
        ``detection_limit`` and ``lag_s``. With wind also ``u``, ``v`` and ``wind_sd`` (m s-1, per component).
    plumes : xarray.Dataset
        Dimension ``plume``: ``species``, ``pass_index``, ``start_time``, ``peak_time``, ``end_time``, ``lon`` and
        ``lat`` of the peak, ``maximum`` (enhancement), ``background``, ``area`` (enhancement times metres driven),
        ``width_m``, ``snr``, ``first_row``, ``peak_row``, ``last_row``, ``units``, and ``source`` (an index that
        plumes seen at one place on several passes share) with its ``passes_seen`` and ``passes_crossed``.
    """

    passes: xr.Dataset
    plumes: xr.Dataset
