"""Time of GPS → UTC: it has no leap seconds and is ahead by 18 s since 2017; weeks and seconds since 1980-01-06."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

TimeArray = NDArray[np.datetime64]

_GPS_ZERO = np.datetime64("1980-01-06", "ns")
_WEEK_S = 604_800
#: Days (UTC) from which GPS was ahead by 1, 2, ... seconds: IERS Bulletin C, leap seconds since 1980.
_LEAPS = np.array(
    ["1981-07-01", "1982-07-01", "1983-07-01", "1985-07-01", "1988-01-01", "1990-01-01", "1991-01-01", "1992-07-01",
     "1993-07-01", "1994-07-01", "1996-01-01", "1997-07-01", "1999-01-01", "2006-01-01", "2009-01-01", "2012-07-01",
     "2015-07-01", "2017-01-01"],
    "datetime64[ns]",
)  # fmt: skip
_LEAPS_GPS = _LEAPS + np.arange(len(_LEAPS)) * np.timedelta64(1, "s")


def seconds_ahead(utc: TimeArray) -> np.ndarray:
    """Seconds that GPS time is ahead at moments of UTC.

    Examples
    --------
    >>> seconds_ahead(np.array(["2016-12-31T23:59:59", "2017-01-01"], "datetime64[ns]")).tolist()
    [17, 18]
    """
    return np.searchsorted(_LEAPS, utc, side="right")


def utc_from_gps(gps: TimeArray) -> TimeArray:
    """Times of a GPS clock → UTC.

    Examples
    --------
    >>> utc_from_gps(np.array(["2024-05-01T10:00:00"], "datetime64[ns]"))[0]
    np.datetime64('2024-05-01T09:59:42.000000000')
    """
    ahead_s = np.searchsorted(_LEAPS_GPS, gps, side="right")
    utc: TimeArray = np.subtract(gps, ahead_s.astype("timedelta64[s]")).astype("datetime64[ns]")
    return np.where(np.isnat(gps), np.datetime64("NaT"), utc)


def utc_from_week(week: np.ndarray, seconds: np.ndarray) -> TimeArray:
    """GPS weeks and seconds of the week (floats, NaN where unknown) → UTC."""
    return utc_from_seconds(week * _WEEK_S + seconds)


def utc_from_seconds(seconds: np.ndarray) -> TimeArray:
    """Seconds since 1980-01-06 on a GPS clock (floats, NaN where unknown) → UTC, to the microsecond."""
    valid = np.isfinite(seconds) & (seconds >= 0) & (seconds < 4e9)
    whole = np.floor(np.where(valid, seconds, 0.0))
    part = np.round((np.where(valid, seconds, 0.0) - whole) * 1e6) * 1e3
    gps = _GPS_ZERO + whole.astype("int64").astype("timedelta64[s]") + part.astype("int64").astype("timedelta64[ns]")
    return utc_from_gps(np.where(valid, gps, np.datetime64("NaT")))
