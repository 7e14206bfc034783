"""Whether other drive passes met the same spike at the same place: a source is seen again, a vehicle is not."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy.spatial import KDTree

from numerics.plane import plane_of
from tracks.sources.group import passes_by

Floats = NDArray[np.float64]

_RECURS = 0.5  # chance that a pass sees a source that another pass saw
_LEAST_ODDS = 0.05  # to which recurrence lowers a vehicle; it never raises one: a source may be seen but once
_SAME_PLACE_M = 30.0
_ALIKE = 0.5  # logarithm by which the shares of one source differ between passes, root mean square over tracers


def compositions(excesses: Sequence[Floats], runs: NDArray[np.int64]) -> Floats:
    """Logarithm of every tracer's largest excess in each run, less their mean, shape (runs, tracers).

    ``excesses`` are in standard deviations of noise; less than one of them counts as one.

    Examples
    --------
    >>> twice = compositions([np.array([0.0, 9.0, 90.0]), np.array([0.0, 9.0, 90.0])], np.array([[1, 1], [2, 2]]))
    >>> bool(np.allclose(twice, 0))
    True
    """
    peaks = np.array([[np.nanmax(e[first : last + 1], initial=1.0) for e in excesses] for first, last in runs])
    logs = np.log(peaks.reshape(len(runs), len(excesses)))
    result: Floats = logs - logs.mean(axis=1, keepdims=True)
    return result


def like_a_neighbour(composition: Floats, among: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """True for spikes whose composition is that of the spike before or after, both of them in ``among``."""
    alike = np.sqrt((np.diff(composition, axis=0) ** 2).mean(axis=1)) < _ALIKE
    alike &= among[1:] & among[:-1]
    result = np.zeros(len(composition), np.bool_)
    result[1:] |= alike
    result[:-1] |= alike
    return result


def recurrence_odds(passes: xr.Dataset, runs: NDArray[np.int64], composition: Floats) -> Floats:
    """Odds factor for a vehicle, per spike, from the other drive passes that came by its place, seen or not.

    A source is seen again with chance 0.5 a pass, and with the same composition; a vehicle's spike meets another one
    only by accident, with the chance that the trace has a spike on any such stretch of road. k spikes alike on n
    other passes have binomial odds. Spikes of another composition are other vehicles.

    Parameters
    ----------
    passes : xarray.Dataset
        With positions and ``pass_index``.
    runs : array of int, shape (spikes, 2)
        First and last row of every spike.
    composition : array, shape (spikes, tracers)
        From `compositions`.

    Returns
    -------
    array, shape (spikes,)
        At most one.
    """
    middle = (runs[:, 0] + runs[:, 1]) // 2
    lon, lat = passes["lon"].values, passes["lat"].values
    x, y = plane_of(lon, lat).forward(lon, lat)
    number = passes["pass_index"].values
    factor = np.ones(len(runs))
    known = np.flatnonzero(np.isfinite(x[middle]) & (number[middle] >= 0))
    if not len(known):
        return factor
    px, py, own = x[middle[known]], y[middle[known]], number[middle[known]]
    pairs = KDTree(np.column_stack([px, py])).query_pairs(_SAME_PLACE_M, output_type="ndarray")
    apart = composition[known[pairs[:, 0]]] - composition[known[pairs[:, 1]]]
    pairs = pairs[np.sqrt((apart**2).mean(axis=1)) < _ALIKE]
    pairs = np.concatenate([pairs, pairs[:, ::-1]])
    met = np.unique(np.column_stack([pairs[:, 0], own[pairs[:, 1]]])[own[pairs[:, 0]] != own[pairs[:, 1]]], axis=0)
    again = np.bincount(met[:, 0], minlength=len(known))
    others = np.maximum(passes_by(x, y, number, px, py, _SAME_PLACE_M) - 1, again)
    driven = np.nansum(np.hypot(np.diff(x), np.diff(y)))
    chance = float(np.clip(len(runs) * 2 * _SAME_PLACE_M / max(driven, 1.0), 0.01, _RECURS))
    missed = others - again
    log_odds = again * np.log(chance / _RECURS) + missed * np.log((1 - chance) / (1 - _RECURS))
    factor[known] = np.exp(np.clip(log_odds, np.log(_LEAST_ODDS), 0.0))
    return factor
