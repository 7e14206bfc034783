"""Small monitor series and sites, as rules are asked of them in these tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr

from ingest.monitors.marks import mark_variable
from ingest.schema import CrsSource, Site
from monitors.records.matrices import SiteMatrices, matrices_of
from monitors.schema import Activity, SiteRecords
from monitors.settings import RecordSettings

HOUR = np.timedelta64(1, "h")
MIDNIGHT = np.datetime64("2026-03-01T16:00", "ns")
"""Local midnight of Monday, 2 March 2026."""


def outlet(
    values: Mapping[str, Sequence[float]],
    *,
    limits: Mapping[str, float] | None = None,
    marks: Mapping[str, Sequence[str]] | None = None,
    corrected: Mapping[str, Sequence[float]] | None = None,
    interval: str = "hour",
    hours: Sequence[float] | None = None,
    **attrs: str,
) -> xr.Dataset:
    """Series of one point from local midnight on; ``marks`` by code, or ``mark`` of the whole point."""
    rows = len(next(iter(values.values())))
    step = {"hour": 3600, "minute": 60, "day": 86400, "realtime": 1}[interval]
    at = np.array(hours if hours is not None else np.arange(rows) * step / 3600.0) * 3600e9
    data = {}
    for code, own in values.items():
        said = {"units": "mg m-3", "code": code} | ({"limit": limits[code]} if code in (limits or {}) else {})
        data[code] = xr.Variable("obs", np.array(own, float), said)
    for code, own in (corrected or {}).items():
        data[f"{code}_corrected"] = xr.Variable("obs", np.array(own, float), {"units": "mg m-3", "code": code})
    for code, texts in (marks or {}).items():
        named = list(dict.fromkeys(texts))
        index = np.array([named.index(text) for text in texts])
        data["mark" if code == "mark" else f"{code}_mark"] = mark_variable(index, named)
    names = {"mn": "", "point": "1#", "permit_code": "P1", "uscc": "U1", "site_name": "厂", "source": "a.csv"}
    time = MIDNIGHT + at.astype(np.int64).astype("timedelta64[ns]")
    return xr.Dataset(data, {"time": ("obs", time)}, {"interval": interval, **names, **attrs})


def site_of(
    *series: xr.Dataset,
    running: Sequence[float] | None = None,
    industry: str = "",
    settings: RecordSettings | None = None,
) -> SiteMatrices:
    """Matrices of one site; ``running`` is the chance that it ran in each hour from local midnight on."""
    activity = None
    if running is not None:
        time = MIDNIGHT + np.arange(len(running)) * HOUR
        activity = Activity("P1", "U1", "厂", time, np.full(len(running), 3600.0), np.array(running, float))
    register = Site(
        "P1", "厂", 104.0, 30.6, 10.0, "WGS84", CrsSource.DECLARED, permit_code="P1", industry_code=industry
    )
    return matrices_of(SiteRecords("P1", "U1", "厂", series, register if industry else None), settings, activity)


def noisy(rows: int, level: float = 20.0, spread: float = 0.1, seed: int = 1) -> np.ndarray:
    """Log-normal hours with two decimals."""
    return np.round(level * np.exp(np.random.default_rng(seed).normal(0.0, spread, rows)), 2)
