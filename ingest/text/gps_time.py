"""GPS time → UTC: weeks and seconds since 1980-01-06, and the leap seconds that GPS time does not know."""

from __future__ import annotations

import numpy as np

from ingest.text.stamps import TimeArray

#: Moments (UTC) from which GPS time is so many seconds ahead of UTC (IERS Bulletin C 70: still 18).
_LEAP_SECONDS = (
    ("1999-01-01", 13),
    ("2006-01-01", 14),
    ("2009-01-01", 15),
    ("2012-07-01", 16),
    ("2015-07-01", 17),
    ("2017-01-01", 18),
)
_EPOCH = np.datetime64("1980-01-06T00:00:00", "ns")
_DAY_S = 86_400


def leap_seconds(gps: TimeArray) -> np.ndarray:
    """Seconds that GPS time is ahead of UTC, at moments of GPS time since 1999.

    Examples
    --------
    >>> leap_seconds(np.array(["2016-12-31T12:00:00", "2024-05-01T10:00:00"], "datetime64[ns]")).tolist()
    [17, 18]
    """
    since = np.array([day for day, _ in _LEAP_SECONDS], "datetime64[ns]")
    ahead = np.array([seconds for _, seconds in _LEAP_SECONDS])
    starts = since + ahead.astype("timedelta64[s]")
    return np.asarray(ahead[np.clip(np.searchsorted(starts, gps, side="right") - 1, 0, None)])


def utc_of_gps(gps: TimeArray) -> TimeArray:
    """Take the leap seconds off moments of GPS time; ``NaT`` stays.

    Examples
    --------
    >>> str(utc_of_gps(np.array(["2024-05-01T10:00:00"], "datetime64[ns]"))[0])[:19]
    '2024-05-01T09:59:42'
    """
    utc: TimeArray = np.subtract(gps, leap_seconds(gps).astype("timedelta64[s]")).astype("datetime64[ns]")
    return utc


def moments_of_weeks(week: np.ndarray, seconds: np.ndarray) -> TimeArray:
    """GPS weeks (whole, without rollover) and seconds of the week → moments of GPS time; NaN becomes ``NaT``.

    Examples
    --------
    >>> str(moments_of_weeks(np.array([2312.0]), np.array([295200.0]))[0])[:19]
    '2024-05-01T10:00:00'
    """
    known = np.isfinite(week) & np.isfinite(seconds)
    whole = np.where(known, np.nan_to_num(week) * 7 * _DAY_S * 1e3, 0.0) + np.nan_to_num(seconds) * 1e3
    moments: TimeArray = _EPOCH + np.round(whole).astype("int64").astype("timedelta64[ms]")
    return np.where(known, moments, np.datetime64("NaT", "ns"))
