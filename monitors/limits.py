"""Exceedance: hours or days whose value lies above the limit that the record states."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from monitors.schema import Anomaly

_LENGTH = {"hour": np.timedelta64(3600, "s"), "day": np.timedelta64(86400, "s")}
"""Limits of GB standards hold for means of an hour or a day; shorter readings are not held against them."""
_NORMAL = ("no_mark", "normal")


def seek_exceedances(series: xr.Dataset) -> tuple[Anomaly, ...]:
    """Find the runs of hours or days above the limit, of every quantity of one reporting point that has one.

    The value at reference oxygen (折算) is compared where the record gives one, else the measured one; of a gap
    nothing is known, so it ends a run. What the firm marked in that time stands among the rivals: a marked exceedance
    is for a person to weigh, not one less. Says nothing of a limit that the record does not state, nor whether the
    analyser was right.

    Parameters
    ----------
    series : xarray.Dataset, dims (obs,)
        A monitor series (`ingest.schema`).

    Returns
    -------
    tuple of Anomaly
        In order of quantity and time; ``strength`` is the highest value over the limit.

    References
    ----------
    HJ 75-2017, 12 (valid hours are compared at reference oxygen); GB 13223-2011, 5.1 (hourly means).

    Examples
    --------
    >>> hours = np.datetime64("2026-03-02", "ns") + np.arange(4) * np.timedelta64(1, "h")
    >>> values = ("obs", np.array([40.0, 60.0, 75.0, 50.0]), {"units": "mg m-3", "code": "a21026", "limit": 50.0})
    >>> series = xr.Dataset({"a21026": values}, {"time": ("obs", hours)}, {"interval": "hour", "point": "1#"})
    >>> [(one.code, one.start.hour, one.end.hour, one.strength) for one in seek_exceedances(series)]
    [('a21026', 1, 3, 1.5)]
    """
    length = _LENGTH.get(series.attrs["interval"])
    if length is None:
        return ()
    found: list[Anomaly] = []
    for name, variable in series.data_vars.items():
        limit = variable.attrs.get("limit")
        if limit is not None and float(limit) > 0 and not str(name).endswith("_corrected"):
            found += _of_quantity(series, str(name), float(limit), length)
    return tuple(found)


def _of_quantity(series: xr.Dataset, name: str, limit: float, length: np.timedelta64) -> Iterator[Anomaly]:
    compared = f"{name}_corrected" if f"{name}_corrected" in series else name
    values, time = series[compared].values, series["time"].values
    for first, last in _runs(values > limit, time, length):
        highest = float(np.nanmax(values[first : last + 1]))
        yield Anomaly(
            kind="exceedance",
            permit_code=str(series.attrs.get("permit_code", "")),
            uscc=str(series.attrs.get("uscc", "")),
            site_name=str(series.attrs.get("site_name", "")),
            point=str(series.attrs.get("point", "")),
            source=str(series.attrs.get("source", "")),
            code=str(series[name].attrs["code"]),
            start=_utc(time[first]),
            end=_utc(time[last] + length),
            strength=highest / limit,
            values={
                "compared": "corrected" if compared != name else "measured",
                "highest": highest,
                "limit": limit,
                "unit": str(series[compared].attrs["units"]),
                "intervals": float(last - first + 1),
            },
            rivals=_marks(series, name, slice(first, last + 1)),
            lon=float(series["lon"]) if "lon" in series.coords else None,
            lat=float(series["lat"]) if "lat" in series.coords else None,
        )


def _runs(
    above: NDArray[np.bool_], time: NDArray[np.datetime64], length: np.timedelta64
) -> Iterator[tuple[int, int]]:
    """First and last row of every run of intervals that follow each other without a gap."""
    rows = np.flatnonzero(above)
    if not rows.size:
        return
    apart = (np.diff(rows) > 1) | (np.diff(time[rows]) > length)
    for run in np.split(rows, np.flatnonzero(apart) + 1):
        yield int(run[0]), int(run[-1])


def _marks(series: xr.Dataset, name: str, rows: slice) -> tuple[str, ...]:
    """What the record marks in these rows, each word once, in order of their numbers."""
    words: list[str] = []
    for mark in (f"{name}_mark", "mark"):
        if mark not in series:
            continue
        meanings = str(series[mark].attrs["flag_meanings"]).split()
        numbers = [int(value) for value in np.atleast_1d(series[mark].attrs["flag_values"])]
        said = dict(zip(numbers, meanings, strict=True))
        words += [said[value] for value in np.unique(series[mark].values[rows]).tolist() if value in said]
    return tuple(f"marked:{word}" for word in dict.fromkeys(words) if word not in _NORMAL)


def _utc(moment: np.datetime64) -> datetime:
    return datetime.fromtimestamp(int(moment.astype("datetime64[s]").astype(np.int64)), UTC)
