"""Time stamps of every spelling → datetime64[ns], with the offset they state and the order of day and month."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ingest.errors import FileError
from ingest.outcome import Decision, Notes

TimeArray = NDArray[np.datetime64]

_DATE = re.compile(
    r"^\s*(?P<a>\d{1,4})(?P<sep>[-/.年])(?P<b>\d{1,2})[-/.月](?P<c>\d{1,4})日?(?P<t>[T ,]+)?"
    r"(?P<clock>\d{1,2}[:时]\d{1,2}(?:[:分]\d{1,2}(?P<f>[.,]\d+)?秒?|分)?)?\s*(?P<half>[AaPp][Mm])?\s*"
    r"(?P<zone>Z|UTC|GMT|[+-]\d{2}:?\d{2})?\s*$"
)
_COMPACT = re.compile(r"^\s*(\d{8})[T _]?(\d{6})?\s*$")
_OFFSET = r"([+-]\d{2}):?(\d{2})$"


@dataclass(frozen=True)
class Stamps:
    """Parsed stamps: UTC where ``offset_s`` is not None, else local; NaT where unreadable."""

    time: TimeArray
    offset_s: float | None
    decisions: tuple[Decision, ...] = ()


def date_in_name(item: str) -> date | None:
    """Return the day written in a file name (``20190925``, ``2019_09_25``, ``2019-09-25``), or None.

    Examples
    --------
    >>> date_in_name("2019_09_25_h091000_KAN_CPC3007.csv")
    datetime.date(2019, 9, 25)
    """
    for found in re.finditer(r"(?<!\d)(20\d\d|19\d\d)[-_.]?(\d\d)[-_.]?(\d\d)(?!\d{3})", item.rsplit("/", 1)[-1]):
        try:
            return date(*(int(part) for part in found.groups()))
        except ValueError:
            continue
    return None


def parse_stamps(texts: pl.Series, item: str, *, date_order: str = "", day: date | None = None) -> Stamps:
    """Parse a column of stamps.

    Parameters
    ----------
    texts : Series of str
        One stamp a row: ISO 8601, ``2024/10/8 9:05:03``, ``25-09-2019 10:00:00``, ``09/25/19 ...``,
        ``2024年10月8日 ...``,
        ``20241008090503``.
    item : str
        The file, for messages and for the day in its name.
    date_order : str
        ``ymd``, ``dmy`` or ``mdy`` where it is known.
    day : date, optional
        The day of the first row, where it is known otherwise: it settles the order of day and month.

    Raises
    ------
    FileError
        If nothing parses, or day and month cannot be told apart.
    """
    plain = parse_regular(texts)
    if plain is not None:
        return Stamps(plain, None)
    stripped = texts.str.strip_chars(" \t\r\"'")
    notes = Notes()
    offset, stripped = _split_offset(stripped, item, notes)
    sample = [value for value in stripped.drop_nulls().head(2000).to_list() if value]
    if not sample:
        raise FileError(item, "time_column_empty")
    compact = _COMPACT.match(sample[0])
    if compact:
        formats = [_compact_format(sample[0])]
    else:
        matches = [match for match in map(_DATE.match, sample) if match]
        if not matches:
            raise FileError(item, "stamp_not_understood", {"stamp": sample[0][:40]})
        formats = _formats(matches, _date_order(matches, item, date_order, day, notes))
    regular = parse_regular(stripped)
    if regular is not None:
        time = regular
    else:
        parsed = _try_formats(stripped, formats)
        if parsed.null_count() == len(parsed):
            raise FileError(item, "no_stamp_readable", {"stamp": sample[0][:40]})
        time = parsed.to_numpy().astype("datetime64[ns]")
    if isinstance(offset, np.ndarray):
        shift: NDArray[np.timedelta64] = offset.astype("timedelta64[s]")
        utc: TimeArray = np.subtract(time, shift).astype("datetime64[ns]")
        return Stamps(utc, float(np.median(offset)), tuple(notes.decisions))
    if offset is not None:
        shifted: TimeArray = np.subtract(time, np.timedelta64(int(offset), "s")).astype("datetime64[ns]")
        return Stamps(shifted, offset, tuple(notes.decisions))
    return Stamps(time, None, tuple(notes.decisions))


def _split_offset(texts: pl.Series, item: str, notes: Notes) -> tuple[float | np.ndarray | None, pl.Series]:
    """Take the offsets off the stamps: one for all, or one a row where they differ."""
    first = next((value for value in texts.head(1000).to_list() if value), "")
    if not re.search(r"(Z|UTC|GMT|[+-]\d{2}:?\d{2})$", first) or re.fullmatch(r"\d{1,4}-\d{1,2}-\d{4}", first):
        return None, texts
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", first):
        return None, texts
    local = texts.str.replace(r"\s*(Z|UTC|GMT|[+-]\d{2}:?\d{2})$", "")
    parts = texts.str.extract_groups(_OFFSET).struct.unnest()
    hours = parts.to_series(0).cast(pl.Int32, strict=False)
    minutes = parts.to_series(1).cast(pl.Int32, strict=False)
    sign = pl.select(pl.when(parts.to_series(0).str.starts_with("-")).then(-1).otherwise(1)).to_series()
    seconds = (hours * 3600 + sign * minutes * 60).fill_null(0)
    distinct = seconds.unique().sort().to_list()
    missing = int((~texts.str.contains(r"(Z|UTC|GMT|[+-]\d{2}:?\d{2})$")).fill_null(False).sum())
    if missing:
        notes.decide(item, "stamps_without_offset", {"count": missing, "stamps": len(texts)})
    if len(distinct) == 1:
        return float(distinct[0]), local
    notes.decide(item, "offset_of_each_stamp", {"offsets_h": tuple(d / 3600 for d in distinct[:6])})
    return seconds.to_numpy(), local


def _compact_format(text: str) -> str:
    match = _COMPACT.match(text)
    separator = re.sub(r"\d", "", text.strip())
    return "%Y%m%d" + separator + ("%H%M%S" if match and match[2] else "")


def _date_order(matches: list[re.Match[str]], item: str, declared: str, day: date | None, notes: Notes) -> str:
    """Settle whether the stamps are year-month-day, day-month-year or month-day-year."""
    if all(len(match["a"]) == 4 for match in matches):
        return "ymd"
    first = np.array([int(match["a"]) for match in matches])
    second = np.array([int(match["b"]) for match in matches])
    if first.max() > 12:
        return "dmy"
    if second.max() > 12:
        return "mdy"
    if declared in ("dmy", "mdy"):
        return declared
    known = day or date_in_name(item)
    if known is not None and known.day != known.month:
        for order, (d, m) in (("dmy", (first[0], second[0])), ("mdy", (second[0], first[0]))):
            if (d, m) == (known.day, known.month):
                notes.decide(item, "date_order_taken", {"order": order, "stamp": matches[0][0], "day": str(known)})
                return order
    if (first == second).all():
        return "dmy"
    raise FileError(item, "day_and_month_alike", {"stamp": matches[0][0].strip()})


def _formats(matches: list[re.Match[str]], order: str) -> list[str]:
    """Formats that the sample uses, commonest first (seconds or not, fraction or not, AM and PM)."""
    counts: dict[str, int] = {}
    for match in matches:
        chosen = _format_of(match, order)
        counts[chosen] = counts.get(chosen, 0) + 1
    return sorted(counts, key=lambda name: -counts[name])[:6]


def _format_of(match: re.Match[str], order: str) -> str:
    separator = match["sep"]
    year = "%Y" if max(len(match["a"]), len(match["c"])) == 4 else "%y"
    if separator == "年":
        day = "%Y年%m月%d" + ("日" if "日" in match[0] else "")
    else:
        day = separator.join({"y": year, "m": "%m", "d": "%d"}[letter] for letter in order)
    clock = match["clock"] or ""
    if not clock:
        return day
    parts = len(re.findall(r"\d+", clock.split(".")[0].split(",")[0]))
    hour = "%I" if match["half"] else "%H"
    if "时" in clock:
        body = (
            f"{hour}时%M"
            + ("分" if "分" in clock else "")
            + ("%S秒" if "秒" in clock else "%S" if parts == 3 else "")
        )
    else:
        body = f"{hour}:%M" + (":%S" if parts == 3 else "")
    fraction = "%.f" if match["f"] else ""
    half = " %p" if match["half"] else ""
    return day + (match["t"] or "") + body + fraction + half


_CHUNK = 1 << 16  # rows at a time: the digits of a day at 10 Hz would otherwise take as much memory as the file
_REGULAR = re.compile(r"\d{4}[-/.]\d\d[-/.]\d\d[T ]\d\d:\d\d:\d\d(\.\d{1,9})?", re.ASCII)


def parse_regular(texts: pl.Series) -> TimeArray | None:
    """Parse stamps that are all as long as the first and written ``YYYY-MM-DD HH:MM:SS[.f]``, by digit arithmetic.

    Ten times faster than a format string; returns None where any row is written otherwise, so that the general way is
    taken.
    """
    first = texts[0] if len(texts) else None
    if first is None or texts.null_count() or _REGULAR.fullmatch(first) is None:
        return None
    length = len(first)
    if not bool((texts.str.len_bytes() == length).all()):
        return None
    result = np.empty(len(texts), "datetime64[ns]")
    for start in range(0, len(texts), _CHUNK):
        part = _parse_chunk(texts.slice(start, _CHUNK), first, length)
        if part is None:
            return None
        result[start : start + _CHUNK] = part
    return result


def _parse_chunk(texts: pl.Series, first: str, length: int) -> TimeArray | None:
    joined: str = texts.str.join("").item()
    digits = np.frombuffer(joined.encode(), np.uint8).reshape(-1, length) - np.uint8(48)
    separators = [4, 7, 10, 13, 16, *([19] if length > 19 else [])]
    numbers = [i for i in range(length) if i not in separators]
    pattern = np.frombuffer(first.encode(), np.uint8)[separators] - np.uint8(48)
    if any((digits[:, i] > 9).any() for i in numbers) or (digits[:, separators] != pattern).any():
        return None
    return _from_digits(digits, length)


def _from_digits(digits: NDArray[np.uint8], length: int) -> TimeArray | None:
    def number(start: int, stop: int) -> NDArray[np.int64]:
        value = np.zeros(len(digits), np.int64)
        for column in range(start, stop):
            value = value * 10 + digits[:, column]
        return value

    year, month, day = number(0, 4), number(5, 7), number(8, 10)
    hour, minute, second = number(11, 13), number(14, 16), number(17, 19)
    if year.min() < 1678 or year.max() > 2261 or month.min() < 1 or month.max() > 12 or day.min() < 1:
        return None
    if hour.max() > 23 or minute.max() > 59 or second.max() > 59:
        return None
    months = ((year - 1970) * 12 + month - 1).astype("datetime64[M]")
    days = months.astype("datetime64[D]") + (day - 1).astype("timedelta64[D]")
    if (days.astype("datetime64[M]") != months).any():
        return None
    fraction = number(20, length) * 10 ** (9 - (length - 20)) if length > 20 else np.zeros(len(digits), np.int64)
    clock = ((hour * 60 + minute) * 60 + second) * 1_000_000_000 + fraction
    time: TimeArray = days.astype("datetime64[ns]") + clock.astype("timedelta64[ns]")
    return time


def _try_formats(texts: pl.Series, formats: list[str]) -> pl.Series:
    result: pl.Series | None = None
    for form in formats:
        has_clock = "%H" in form or "%I" in form
        try:
            if has_clock:
                parsed = texts.str.to_datetime(form, strict=False, time_unit="ns", ambiguous="null")
            else:
                parsed = texts.str.to_date(form, strict=False).cast(pl.Datetime("ns"))
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException):
            continue
        result = parsed if result is None else pl.select(pl.coalesce(result, parsed)).to_series()
        if result.null_count() == texts.null_count():
            break
    if result is None:
        return pl.Series([None] * len(texts), dtype=pl.Datetime("ns"))
    return result
