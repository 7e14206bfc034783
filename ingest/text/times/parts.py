"""Times whose parts stand in columns of their own: year, month and day or day of the year, hour, minute, second."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ingest.species import fold

PARTS: Mapping[str, tuple[str, ...]] = {
    "stamp_year": ("year", "yyyy", "yr", "年", "年份"),
    "stamp_month": ("month", "mon", "mm", "mo", "月", "月份"),
    "stamp_day": ("day", "dd", "day of month", "日", "日期", "日数"),
    "stamp_doy": ("doy", "day of year", "dayofyear", "yday", "julian day", "jday", "年积日"),
    "stamp_hour": ("hour", "hh", "hr", "h", "时", "小时", "点"),
    "stamp_minute": ("minute", "min", "mi", "m", "分", "分钟"),
    "stamp_second": ("second", "sec", "ss", "s", "seconds", "秒", "秒钟"),
}
"""By slug of a part: headings, as they are folded, that mean it where a year stands beside them."""
_PART = {word: part for part, words in PARTS.items() for word in words}
_WRITTEN = {part: f"stamp part {part.removeprefix('stamp_')}" for part in PARTS}
WORDS: Mapping[str, str] = _WRITTEN
"""By slug: the heading that a part is given, which means nothing else."""
_SMALLEST = (("hour", 3600), ("minute", 60), ("second", 1))


def name_parts(headings: Sequence[str]) -> list[str]:
    """Headings in which the parts of a time have one name each, where a day is complete in them; else as they were.

    Examples
    --------
    >>> name_parts(["年", "月", "日", "时", "NO2(ppb)"])
    ['stamp part year', 'stamp part month', 'stamp part day', 'stamp part hour', 'NO2(ppb)']
    >>> name_parts(["Year", "Hour", "NO2(ppb)"])
    ['Year', 'Hour', 'NO2(ppb)']
    """
    at: dict[str, int] = {}
    for index, text in enumerate(headings):
        part = _PART.get(fold(text.removesuffix("(UTC)")))
        if part is not None:
            at.setdefault(part, index)
    day = "stamp_doy" in at or {"stamp_month", "stamp_day"} <= at.keys()
    if "stamp_year" not in at or not day:
        return list(headings)
    if "stamp_hour" not in at:  # then "min" and "s" are something else
        at = {part: index for part, index in at.items() if part not in ("stamp_minute", "stamp_second")}
    named = {index: _WRITTEN[part] for part, index in at.items()}
    return [named.get(index, text) for index, text in enumerate(headings)]


def days_and_clocks(parts: Mapping[str, NDArray[np.float64]]) -> tuple[pl.Series, pl.Series | None]:
    """Texts of days (``2026-03-05``), and of clocks if hours are among the parts or the day has a fraction.

    Parameters
    ----------
    parts : mapping of str to array (obs,)
        By slug; a year of two digits is of this century.

    Examples
    --------
    >>> parts = {"stamp_year": np.array([2026.0]), "stamp_doy": np.array([64.5])}
    >>> [series.to_list() for series in days_and_clocks(parts)]
    [['2026-03-05'], ['12:00:00.000']]
    """
    year = parts["stamp_year"] + np.where(parts["stamp_year"] < 100, 2000, 0)
    doy = parts.get("stamp_doy")
    if doy is not None:
        ordinal, month, day = np.floor(doy), np.ones_like(year), np.ones_like(year)
        fraction = doy - ordinal
    else:
        ordinal, month, day = np.ones_like(year), parts["stamp_month"], parts["stamp_day"]
        fraction = np.zeros_like(year)
    days = _days(year, month, day, ordinal)
    if "stamp_hour" not in parts and not np.nansum(fraction):
        return pl.Series(days, dtype=pl.String), None
    seconds = 86_400 * fraction
    for name, size in _SMALLEST:
        seconds = seconds + size * parts.get(f"stamp_{name}", np.zeros_like(year))
    fits = np.isfinite(seconds) & (seconds >= 0) & (seconds < 86_400)
    milli = np.minimum(np.round(np.where(fits, seconds, 0) * 1000), 86_399_999).astype(np.int64)
    clocks = [
        f"{ms // 3_600_000:02d}:{ms // 60_000 % 60:02d}:{ms // 1000 % 60:02d}.{ms % 1000:03d}" if fine else None
        for ms, fine in zip(milli.tolist(), fits.tolist(), strict=True)
    ]
    return pl.Series(days, dtype=pl.String), pl.Series(clocks, dtype=pl.String)


def _days(
    year: NDArray[np.float64], month: NDArray[np.float64], day: NDArray[np.float64], ordinal: NDArray[np.float64]
) -> list[str | None]:
    """ISO days; None where there is no such day."""
    known = np.isfinite(year + month + day + ordinal)
    known &= (year >= 1900) & (year < 2200) & (month >= 1) & (month <= 12) & (day >= 1) & (ordinal >= 1)
    whole = [np.where(known, values, 1).astype(np.int64) for values in (year, month, day, ordinal)]
    months = (whole[0] - 1970).astype("datetime64[Y]").astype("datetime64[M]") + (whole[1] - 1)
    found = months.astype("datetime64[D]") + (whole[2] - 1) + (whole[3] - 1)
    known &= (found.astype("datetime64[M]") == months) | (whole[3] > 1)  # no 30 February
    known &= found.astype("datetime64[Y]") == months.astype("datetime64[Y]")  # no day 366 of 2026
    return [str(one) if fine else None for one, fine in zip(found, known, strict=True)]
