"""Inlet lag and response time: put each value at the time when its air entered the inlet."""

from __future__ import annotations

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from ingest.schema import Decision, Outcome, species_names
from tracks.compiled import compiled
from tracks.plane import longest_step, seconds_since_start
from tracks.settings import TrackSettings

__all__ = ["apply_lag", "shift_values"]

Floats = NDArray[np.float64]


@compiled
def _shift(t: Floats, values: Floats, lag_s: float, gap_s: float) -> Floats:
    n = len(t)
    out = np.full(n, np.nan)
    left = -1
    right = 0
    for i in range(n):
        wanted = t[i] + lag_s
        while right < n and (t[right] < wanted - 1e-6 or np.isnan(values[right])):
            if not np.isnan(values[right]):
                left = right
            right += 1
        if right >= n:
            break
        if t[right] <= wanted + 1e-6:
            out[i] = values[right]
        elif left >= 0 and t[right] - t[left] <= gap_s:
            weight = (wanted - t[left]) / (t[right] - t[left])
            out[i] = values[left] + weight * (values[right] - values[left])
    return out


def shift_values(t: Floats, values: Floats, lag_s: float, *, gap_s: float) -> Floats:
    """Return the values measured ``lag_s`` after each time, by linear interpolation.

    Assumes a constant lag. Values further apart than ``gap_s`` are not interpolated over: the result is NaN there,
    and at the end, where the instrument had not yet seen the air.

    Examples
    --------
    >>> shift_values(np.arange(4.0), np.array([0.0, 10.0, 20.0, 30.0]), 1.5, gap_s=2.0)
    array([15., 25., nan, nan])
    """
    if lag_s == 0:
        return values
    return _shift(t, values, lag_s, max(gap_s, 1e-6)) if lag_s > 0 else _shift_back(t, values, -lag_s, gap_s)


def _shift_back(t: Floats, values: Floats, lead_s: float, gap_s: float) -> Floats:
    """Shift by a negative lag: mirror time, shift, mirror back."""
    return _shift(-t[::-1], values[::-1], lead_s, max(gap_s, 1e-6))[::-1]


def apply_lag(trace: xr.Dataset, settings: TrackSettings) -> Outcome[xr.Dataset]:
    """Shift every species by its inlet lag before any row is flagged away; positions and wind stay.

    The lag is the settings' ``lag_of`` of the species or its instrument, else a ``lag_s`` attribute of the variable,
    else ``lag_s``. Each species gets it as attribute ``lag_s``.

    Parameters
    ----------
    trace : xarray.Dataset
        A trace (`ingest.schema`).
    settings : TrackSettings

    Returns
    -------
    Outcome of xarray.Dataset
        With a decision for every lag that is not zero.
    """
    t = seconds_since_start(trace["time"].values)
    gap_s = longest_step(t, settings.value_gap_s)
    shifted: dict[str, tuple[str, Floats, dict[str, object]]] = {}
    lags: dict[float, list[str]] = {}
    for name in species_names(trace):
        variable = trace[name]
        default = float(variable.attrs.get("lag_s", settings.lag_s))
        own = dict(settings.lag_of)
        keys = (name, str(variable.attrs["species"]), str(variable.attrs.get("instrument", "")))
        lag_s = next((own[key] for key in keys if key in own), default)
        values = shift_values(t, variable.values, lag_s, gap_s=gap_s)
        shifted[name] = ("obs", values, {**variable.attrs, "lag_s": lag_s})
        if lag_s:
            lags.setdefault(lag_s, []).append(name)
    label = str(trace["trajectory"].values)
    decisions = tuple(
        Decision(label, f"inlet lag of {lag_s:g} s applied to {', '.join(names)}", "given in settings or file")
        for lag_s, names in lags.items()
    )
    return Outcome(trace.assign(shifted), decisions)
