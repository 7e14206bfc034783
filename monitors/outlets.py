"""What the outlets of a site measured, held against the hours in which its devices ran."""

from __future__ import annotations

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from monitors.devices import DAY_S, SiteDevice
from monitors.records.conditions import Condition, conditions_of
from monitors.records.quantities import is_pollutant
from monitors.schema import SiteRecords

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Times = NDArray[np.datetime64]

_NO_VALUE = (
    Condition.CALIBRATION
    | Condition.FAULT
    | Condition.MAINTENANCE
    | Condition.NO_COMMUNICATION
    | Condition.BY_HAND
    | Condition.OVER_RANGE
    | Condition.SUBSTITUTED
)
_LEAST = 3  # hours of an outlet beside a case, and as many elsewhere


def measured(series: xr.Dataset, name: str) -> Floats:
    """Values without those whose mark says that nothing was measured; what stands is measured, too."""
    values = np.asarray(series[name].values, np.float64)
    for mark in (f"{name}_mark", "mark"):
        if mark in series:
            values = np.where(conditions_of(series[mark], name) & _NO_VALUE, np.nan, values)
    return values


def on_grid(series: xr.Dataset, share: Floats, time: Times, step_s: float) -> Floats:
    """Values of rows on the intervals of a site: the mean of shorter ones, each of longer ones for all it covers."""
    own, step = series["time"].values, np.timedelta64(round(step_s * 1e9), "ns")
    length_s = {"hour": 3600.0, "day": DAY_S}.get(str(series.attrs["interval"]), step_s)
    if length_s > step_s:
        row = np.searchsorted(own, time, side="right") - 1
        covers = (row >= 0) & ((time - own[row]) < np.timedelta64(round(length_s), "s"))
        return np.where(covers, share[row], np.nan)
    at = np.floor((own - time[0]) / step).astype(np.int64)
    kept = np.isfinite(share) & (at >= 0) & (at < len(time))
    counts = np.bincount(at[kept], minlength=len(time))
    return np.where(counts > 0, np.bincount(at[kept], share[kept], len(time)) / np.maximum(counts, 1), np.nan)


def outlet_rise(records: SiteRecords, device: SiteDevice, runs: Bools, rows: tuple[int, int]) -> float:
    """Median over the pollutants of a site's outlets of what left them in some rows over what does usually.

    Only intervals of production count on both sides; NaN where no outlet tells.

    Parameters
    ----------
    records : SiteRecords
    device : SiteDevice
        Whose intervals ``runs`` and ``rows`` are.
    runs : array of bool
        Intervals of production.
    rows : (int, int)
        First row of the case and the row behind its last.
    """
    inside = np.zeros(len(runs), np.bool_)
    inside[rows[0] : rows[1]] = True
    found = []
    for series in records.series:
        for name, variable in series.data_vars.items():
            if not is_pollutant(str(variable.attrs.get("code", ""))) or str(name) != variable.attrs["code"]:
                continue
            values = on_grid(series, measured(series, str(name)), device.time, device.step_s)
            known = np.isfinite(values) & runs
            during, usual = values[known & inside], values[known & ~inside]
            if min(len(during), len(usual)) >= _LEAST and np.median(usual) > 0:
                found.append(float(np.median(during) / np.median(usual)))
    return float(np.median(found)) if found else float("nan")
