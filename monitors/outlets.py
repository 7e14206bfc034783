"""What the outlets of a site measured, held against the hours in which its devices ran."""

from __future__ import annotations

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from ingest.species import species_of_code
from monitors.devices import DAY_S, Device
from monitors.schema import SiteRecords

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Times = NDArray[np.datetime64]

_NO_MEASUREMENT = ("calibration", "fault", "maintenance", "no_communication", "set_by_hand", "beyond_upper_limit")
_LEAST = 3  # hours of an outlet beside a case, and as many elsewhere
_NO_POLLUTANTS = ("w00000", "w01001", "w01009", "w01010", "w01014")  # flow, pH, oxygen, temperature, conductivity


def is_pollutant(code: str) -> bool:
    """Whether a code of HJ 212 is that of a substance, not of flow or the state of gas or water.

    Examples
    --------
    >>> [is_pollutant(code) for code in ("a21026", "w01018", "w00000", "a01012")]
    [True, True, False, False]
    """
    return species_of_code(code) is not None or (code.startswith("w") and code not in _NO_POLLUTANTS)


def measured(series: xr.Dataset, name: str) -> Floats:
    """Values without those whose mark says that nothing was measured."""
    values = np.asarray(series[name].values, np.float64)
    mark = f"{name}_mark"
    if mark not in series:
        return values
    words = str(series[mark].attrs["flag_meanings"]).split()
    numbers = np.atleast_1d(series[mark].attrs["flag_values"])
    none = [number for number, word in zip(numbers, words, strict=True) if word in _NO_MEASUREMENT]
    return np.where(np.isin(series[mark].values, none), np.nan, values)


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


def outlet_rise(records: SiteRecords, device: Device, runs: Bools, rows: tuple[int, int]) -> float:
    """Median over the pollutants of a site's outlets of what left them in some rows over what does usually.

    Only intervals of production count on both sides; NaN where no outlet tells.

    Parameters
    ----------
    records : SiteRecords
    device : Device
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
