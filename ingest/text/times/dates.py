"""One stamp as people, loggers and spreadsheets write it → the reading of a clock, or what is wrong with it.

The whole text must be understood: a half of the day, an offset, a zone in letters are obeyed or refused.
Columns of stamps are read by `ingest.text.times.stamps`, which comes here for what is not written plainly.
"""

from __future__ import annotations

import calendar
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache

from ingest.errors import OnevisitError
from ingest.outcome import Phrase

_NS = 1_000_000_000
_DAY_S = 86_400
#: Times further from 1970 than this (1677 and 2262) do not fit 64 bits of nanoseconds.
LAST_NS = 9_223_372_000 * _NS
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_EXCEL_ZERO = date(1899, 12, 30).toordinal() - _EPOCH_DAY  # ECMA-376 18.17.4.1, right from March 1900 on
_MATLAB_ZERO = 719_529  # datenum(1970, 1, 1)
_EXCEL_DAYS = (20_000, 73_051)  # October 1954 to 2100: what is smaller or larger is no day number of a record
_MATLAB_DAYS = (719_529, 767_012)  # 1970 to 2100
#: Seconds since 1970 between 2001 and 2100, and the digits by which finer units are longer.
_EPOCH_S = (978_307_200, 4_102_444_800)
_EPOCH_DIGITS = {10: 0, 13: 3, 16: 6, 19: 9}

_MONTHS = {name.lower(): n for n, name in enumerate(calendar.month_abbr) if name}
_MONTH = r"(?P<month>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_WEEKDAY = r"(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?,?\s+)?"
_CN_WEEKDAY = r"(?:\s*[(（]?(?:星期|周|礼拜)[一二三四五六日天][)）]?)?"
_HALVES = {"am": 0, "上午": 0, "凌晨": 0, "早上": 0, "清晨": 0, "pm": 1, "下午": 1, "晚上": 1, "傍晚": 1, "中午": 2}
_HALF = r"上午|下午|凌晨|早上|清晨|中午|晚上|傍晚|[ap]\.?m\.?(?![a-z])"
_DAYS = (
    rf"(?P<a>\d{{4}}|\d{{1,2}})\s*(?P<sep>[-/.年])\s*(?P<b>\d{{1,2}})\s*[-/.月]\s*(?P<c>\d{{4}}|\d{{1,2}})\s*[日号]?{_CN_WEEKDAY}",
    rf"{_WEEKDAY}(?P<nd>\d{{1,2}})[\s/-]*{_MONTH}[\s,/-]*(?P<ny>\d{{4}}|\d{{2}})",
    rf"{_WEEKDAY}{_MONTH}\s*(?P<nd>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<ny>\d{{4}})",
    r"(?P<digits>\d{8}|\d{6})",
)
_CLOCK = (
    rf"(?:(?P<before>{_HALF})\s*)?"
    r"(?:(?P<h>\d{1,2})(?:[:时点](?P<mi>\d{1,2})(?:[:分](?P<s>\d{1,2})(?:[.,](?P<f>\d{1,12})|:(?P<ms>\d{3}))?秒?|分)?"
    r"|[时点]整?)?"
    r"|(?P<hms>\d{6}|\d{4})(?:\.(?P<hf>\d{1,9}))?)"
    rf"(?:\s*(?P<behind>{_HALF}))?"
)
_WEST_OF = (r":\d\d:\d\d", r"[.,]\d", r"[.,]\d\d", r"[.,]\d{3}", r"[.,]\d{6}", r"\d\d:\d\d ", r"t\d\d:\d\d")
_ZONE = (
    r"(?:\s*\(?(?P<zone>(?:utc|gmt)?\+\d{1,2}(?::?\d{2})?|(?:utc|gmt)-\d{1,2}(?::?\d{2})?"
    # "08:00-09:00" is a span: west of Greenwich stands behind seconds, a blank, or the clock of ISO 8601.
    rf"|(?:{'|'.join(f'(?<={before})' for before in _WEST_OF)})-\d{{2}}(?::?\d{{2}})?"
    r"|z|北京时间|[a-z]{2,5}|\[[a-z_/]+\])\)?(?:\[[a-z_/]+\])?)?"
)
_STAMPS = tuple(
    re.compile(rf"{day}(?:(?:\s*,\s*|\s*t\s*|[\s_-]+|(?<=[日号一二三四五六天)）])){_CLOCK}{_ZONE})?") for day in _DAYS
)
_CTIME = re.compile(
    rf"{_WEEKDAY}{_MONTH}\s+(?P<nd>\d{{1,2}})\s+(?P<h>\d{{1,2}}):(?P<mi>\d{{2}}):(?P<s>\d{{2}})"
    r"(?:\s+(?P<zone>[a-z]{2,5}|(?:utc|gmt)?[+-]\d{2}:?\d{2}))?\s+(?P<ny>\d{4})"
)
_MONTH_ONLY = re.compile(
    r"(?P<y>(?:19|20|99)\d{2})\s*(?:年\s*(?P<m>\d{1,2})\s*月份?|[-/](?P<m2>\d{1,2})|\.(?P<m3>\d{2}))"
)
_CLOCK_ONLY = re.compile(_CLOCK)
_NUMBER = re.compile(r"\+?(\d+)(?:\.(\d*))?(e[+-]?\d+)?")
_ISO_WEEK = re.compile(r"\d{4}-?w\d{2}(?:-?\d)?.*|\d{4}-\d{3}(?!\d).*|\d{7}")
_ZONES_S = {"z": 0, "utc": 0, "gmt": 0, "北京时间": 28_800, "bjt": 28_800}
_SPAN = re.compile(r".*\d\s*(?:[-~—–至到]+)\s*\d{1,2}(?::\d{2}|时|点).*")


class NoMoment(OnevisitError, ValueError):
    """A text that is no stamp, or not one only; its phrase says what it is."""


@dataclass(frozen=True)
class Moment:
    """What a stamp says: the reading of a clock (ns since 1970 as if UTC), and its offset where it states one.

    ``kind`` is ``clock``, ``day``, ``month``, ``epoch`` (which is UTC), ``excel`` or ``matlab`` (days in numbers).
    ``letters`` is a zone in letters that several zones share (``CST``), empty where none is stated.
    """

    local_ns: int
    offset_s: int | None = None
    kind: str = "clock"
    letters: str = ""

    @property
    def day(self) -> date:
        """The day of the reading."""
        return date.fromordinal(_EPOCH_DAY + self.local_ns // (_DAY_S * _NS))


def _wrong(text: str) -> NoMoment:
    return NoMoment(Phrase("stamp_not_understood", {"stamp": text[:40]}))


def plain_text(text: str) -> str:
    """Return the text with full-width digits, colons and letters as ASCII, without quotes and blanks around it."""
    return (
        text.strip(" \t\r\n\"'") if text.isascii() else unicodedata.normalize("NFKC", text).strip(" \t\r\n\"'\ufeff")
    )


@lru_cache(maxsize=1 << 16)
def read_moment(text: str, order: str = "") -> Moment:
    """Read one stamp.

    Parameters
    ----------
    text : str
        ``2024-10-08 09:05:03.5+08:00``, ``2024/10/8 下午 3:05``, ``2024年10月8日9时``, ``08-Oct-2024 9:05 PM``,
        ``20241008 0905``, ``45573.378`` (days of a spreadsheet), ``1728349201`` (seconds since 1970), ...
    order : str
        ``ymd``, ``dmy`` or ``mdy`` for dates whose numbers do not tell which is which.

    Raises
    ------
    NoMoment
        If it is none, or could be several.

    Examples
    --------
    >>> str(read_moment("2024/10/8 下午 3:05").day), read_moment("2024-10-08T09:00:00Z").offset_s
    ('2024-10-08', 0)
    """
    clean = plain_text(text).lower()
    if number := _NUMBER.fullmatch(clean):
        if month := _MONTH_ONLY.fullmatch(clean):
            return _month(month, text)
        return _moment_of_number(number, text, order)
    for pattern in _STAMPS:
        if match := pattern.fullmatch(clean):
            return _moment_of_match(match.groupdict(), text, order)
    if match := _CTIME.fullmatch(clean):
        return _moment_of_match(
            {"before": None, "behind": None, "f": None, "ms": None, "hms": None, **match.groupdict()}, text, order
        )
    if match := _MONTH_ONLY.fullmatch(clean):
        return _month(match, text)
    if _ISO_WEEK.fullmatch(clean):
        raise NoMoment(Phrase("stamp_of_a_week", {"stamp": text[:40]}))
    if _SPAN.fullmatch(clean):
        raise NoMoment(Phrase("stamp_is_a_span", {"stamp": text[:40]}))
    raise _wrong(text)


def _month(match: re.Match[str], text: str) -> Moment:
    month = int(match["m"] or match["m2"] or match["m3"])
    return Moment(_days(int(match["y"]), month, 1, text) * _DAY_S * _NS, kind="month")


def _days(year: int, month: int, day: int, text: str) -> int:
    """Days since 1970."""
    try:
        return date(year, month, day).toordinal() - _EPOCH_DAY
    except ValueError as error:
        raise NoMoment(Phrase("stamp_not_in_calendar", {"stamp": text[:40]})) from error


def _moment_of_match(match: dict[str, str | None], text: str, order: str) -> Moment:
    days = _days(*_year_month_day(match, text, order), text)
    if not (match.get("h") or match.get("hms")):
        return Moment(days * _DAY_S * _NS, kind="day")
    offset, letters = _offset(match.get("zone"), text)
    return Moment(days * _DAY_S * _NS + _clock_ns(match, text), offset, letters=letters)


def _year_month_day(match: dict[str, str | None], text: str, order: str) -> tuple[int, int, int]:
    if name := match.get("month"):
        return _year(match["ny"] or ""), _MONTHS[name], int(match["nd"] or 0)
    if digits := match.get("digits"):
        return _year(digits[:-4]), int(digits[-4:-2]), int(digits[-2:])
    parts = match["a"] or "", match["b"] or "", match["c"] or ""
    if len(parts[0]) == 4 or match["sep"] == "年":
        order = "ymd"
    found = {name: ymd for name in date_orders(parts) if (ymd := _ordered(parts, name)) is not None}
    if order in found:
        return found[order]
    if len(set(found.values())) == 1:
        return next(iter(found.values()))
    code = "stamp_order_unknown" if found and not order else "stamp_not_in_calendar"
    raise NoMoment(Phrase(code, {"stamp": text[:40]}))


def date_orders(parts: tuple[str, str, str]) -> tuple[str, ...]:
    """Orders that three numbers of a date may have, by their digits alone."""
    if len(parts[0]) == 4:
        return ("ymd",) if len(parts[2]) <= 2 else ()
    if len(parts[2]) == 4:
        return ("dmy", "mdy")
    return tuple(o for o in ("ymd", "dmy", "mdy") if len(parts[0 if o == "ymd" else 2]) == 2)


def _ordered(parts: tuple[str, str, str], order: str) -> tuple[int, int, int] | None:
    year, month, day = (parts[order.index(letter)] for letter in "ymd")
    try:
        date(_year(year), int(month), int(day))
    except ValueError:
        return None
    return _year(year), int(month), int(day)


def ordered_day(parts: tuple[str, str, str], order: str) -> date | None:
    """The day of three numbers in an order, None where the calendar has none."""
    found = _ordered(parts, order) if order in date_orders(parts) else None
    return None if found is None else date(*found)


def _year(text: str) -> int:
    return int(text) + (2000 if len(text) <= 2 else 0)


def _clock_ns(match: dict[str, str | None], text: str) -> int:
    """Nanoseconds since midnight; 24:00 is the midnight at the end of the day (ISO 8601)."""
    if digits := match.get("hms"):
        hour, minute, second = int(digits[:2]), int(digits[2:4]), int(digits[4:] or 0)
        fraction = match.get("hf") or ""
    else:
        hour, minute, second = int(match["h"] or 0), int(match["mi"] or 0), int(match["s"] or 0)
        fraction = match.get("f") or match.get("ms") or ""
    hour = _hour_of_half(hour, (match.get("before") or match.get("behind") or "").replace(".", ""), text)
    nanoseconds = round(int(fraction.ljust(12, "0")) / 1000) if fraction else 0
    total = ((hour * 60 + minute) * 60 + second) * _NS + nanoseconds
    if hour > 24 or minute > 59 or second > 59 or (hour == 24 and total != _DAY_S * _NS):
        raise NoMoment(Phrase("stamp_not_in_calendar", {"stamp": text[:40]}))
    return total


def _hour_of_half(hour: int, half: str, text: str) -> int:
    """Hour of the day of one that is counted by halves; 13 PM and 下午13 say the same twice."""
    if not half:
        return hour
    part = _HALVES[half]
    late_midnight = half in ("晚上", "傍晚") and hour == 12
    if (part == 0 and hour > 12) or hour > 23 or late_midnight or (part == 2 and hour not in (11, 12, 13, 1)):
        raise NoMoment(Phrase("stamp_not_in_calendar", {"stamp": text[:40]}))
    if part == 0:
        return hour % 12
    if part == 2:
        return 13 if hour == 1 else hour
    return hour if hour >= 12 else hour + 12


def _offset(zone: str | None, text: str) -> tuple[int | None, str]:
    """Offset from UTC (s), or the letters of a zone that is not one only."""
    zone = (zone or "").strip().strip("[]")
    if not zone:
        return None, ""
    if zone in _ZONES_S:
        return _ZONES_S[zone], ""
    stated = re.fullmatch(r"(?:utc|gmt)?([+-])(\d{1,2})(?::?(\d{2}))?", zone)
    if stated is None:
        return None, zone.upper()
    minutes = int(stated[2]) * 60 + int(stated[3] or 0)
    if minutes > 14 * 60 or int(stated[3] or 0) > 59:
        raise NoMoment(Phrase("stamp_offset_impossible", {"stamp": text[:40]}))
    return (minutes if stated[1] == "+" else -minutes) * 60, ""


# --- numbers -------------------------------------------------------------------------------------------------------


def _moment_of_number(match: re.Match[str], text: str, order: str) -> Moment:
    """A stamp in digits only: a calendar's, seconds since 1970, or days in numbers."""
    whole, part = match[1], match[2] or ""
    if match[3]:
        raise NoMoment(Phrase("stamp_rounded", {"stamp": text[:40]}))
    if len(whole) in (14, 17):
        moment = _of_digits(whole[:8], whole[8:14], text)
        return replace(moment, local_ns=moment.local_ns + int((whole[14:] + part).ljust(9, "0")[:9]))
    if len(whole) == 12 and not part:
        return _of_twelve(whole, text, order)
    if len(whole) == 10 and whole[0] == "2" and not part:
        return _of_digits(whole[:8], whole[8:] + "00", text)
    if len(whole) == 8 and not part:
        return Moment(_of_digits(whole, "0000", text).local_ns, kind="day")
    if len(whole) in _EPOCH_DIGITS or len(whole) == 9:
        return _epoch(whole, part, text)
    for name, (low, high), zero in (("excel", _EXCEL_DAYS, _EXCEL_ZERO), ("matlab", _MATLAB_DAYS, -_MATLAB_ZERO)):
        if low <= int(whole) < high:
            return Moment(zero * _DAY_S * _NS + _rounded_days_ns(whole, part), kind=name)
    if len(whole) == 6 and not part:
        return _of_six(whole, text)
    if _ISO_WEEK.fullmatch(whole):
        raise NoMoment(Phrase("stamp_of_a_week", {"stamp": text[:40]}))
    raise _wrong(text)


def _of_digits(day: str, clock: str, text: str) -> Moment:
    days = _days(int(day[:-4]) if len(day) == 8 else _year(day[:2]), int(day[-4:-2]), int(day[-2:]), text)
    return Moment(days * _DAY_S * _NS + _clock_ns({"hms": clock}, text))


def _of_twelve(digits: str, text: str, order: str) -> Moment:
    """YYYYMMDDHHMM (``order`` is ``long``) or YYMMDDHHMMSS (``short``), whichever the calendar has."""
    found = []
    for name, size in (("long", 8), ("short", 6)):
        try:
            if order in ("", name) and (size == 6 or digits[:2] in ("19", "20")):
                found.append(_of_digits(digits[:size], digits[size:], text))
        except NoMoment:
            continue
    if len(found) == 1:
        return found[0]
    raise NoMoment(Phrase("stamp_order_unknown" if found else "stamp_not_in_calendar", {"stamp": text[:40]}))


def order_of_twelve(texts: Sequence[str]) -> str:
    """``long`` or ``short`` for stamps of twelve digits: the reading that all have; empty for both or none.

    Examples
    --------
    >>> order_of_twelve(["201205010000", "201204301300"]), order_of_twelve(["201205010000"])
    ('long', '')
    """
    orders = {"long", "short"}
    for text in {text for text in texts if len(text) == 12}:
        for order in tuple(orders):
            try:
                read_moment(text, order)
            except NoMoment:
                orders.discard(order)
    return orders.pop() if len(orders) == 1 else ""


def _of_six(digits: str, text: str) -> Moment:
    """YYMMDD or YYYYMM, whichever the calendar has."""
    month = digits[:2] in ("19", "20") and 1 <= int(digits[4:]) <= 12
    try:
        day: Moment | None = Moment(_of_digits(digits, "0000", text).local_ns, kind="day")
    except NoMoment:
        day = None
    if month and day is None:
        return Moment(_days(int(digits[:4]), int(digits[4:]), 1, text) * _DAY_S * _NS, kind="month")
    if day is None or month:
        raise NoMoment(
            Phrase("stamp_not_in_calendar" if day is None else "stamp_order_unknown", {"stamp": text[:40]})
        )
    return day


def _epoch(whole: str, part: str, text: str) -> Moment:
    finer = _EPOCH_DIGITS.get(len(whole), 0)
    nanoseconds: int = int(whole) * 10 ** (9 - finer) + (int(part.ljust(9, "0")[:9]) // 10**finer if part else 0)
    if len(whole) > 9 and not _EPOCH_S[0] <= nanoseconds // _NS < _EPOCH_S[1]:
        raise _wrong(text)
    return Moment(nanoseconds, 0, "epoch")


def _rounded_days_ns(whole: str, part: str) -> int:
    """Days → ns: to the second where the digits do not tell another (45573.08333 is 01:59:59.7), else to 1 ms."""
    digits = part[:15] or "0"
    size: int = 10 ** len(digits)
    milliseconds = (int(digits) * _DAY_S * 1000 * 2 + size) // (2 * size)
    doubt = max(1.0, 0.5 * _DAY_S * 1000 / size)
    seconds = round(milliseconds / 1000)
    if abs(milliseconds - seconds * 1000) <= min(doubt, 500.0):
        milliseconds = seconds * 1000
    return int(whole) * _DAY_S * _NS + milliseconds * 1_000_000


# --- clocks alone, days --------------------------------------------------------------------------------------------


@lru_cache(maxsize=4096)
def read_clock(text: str) -> int:
    """Nanoseconds since midnight of a time of day: ``09:05``, ``下午 3:05:10``, ``9时``, ``0.378`` of a spreadsheet.

    The date 1899-12-30 or 1900-01-00 before it is what a spreadsheet writes for none.

    Raises
    ------
    NoMoment
        If it is none.

    Examples
    --------
    >>> read_clock("下午 3:05") // 60_000_000_000
    905
    """
    clean = re.sub(r"^(?:1899-12-3[01]|1900-01-0[01]|0?1/0?[01]/1900)[t ]+", "", plain_text(text).lower())
    if re.fullmatch(r"0?\.\d+|0", clean):
        return _rounded_days_ns("0", clean.partition(".")[2])
    if re.fullmatch(r"1 day, 0:00(?::00)?", clean):
        return _DAY_S * _NS
    match = _CLOCK_ONLY.fullmatch(clean)
    if match is None:
        raise _wrong(text)
    return _clock_ns(match.groupdict(), text)


_NO_END = re.compile(
    r"长期(?:有效)?|永久(?:有效)?|无固定期限|无限期|不限期?|无期限"
    r"|forever|permanent|indefinite|unlimited|no expiry|no end",
    re.IGNORECASE,
)
_PARTS_OF_RANGE = re.compile(r"\s*(?:至|到|~|—|–|―|－|\bto\b|\buntil\b)\s*|\s+-+\s+", re.IGNORECASE)
_DAY_IN_TEXT = re.compile(
    r"\d{4}\s*[-/.年]\s*\d{1,2}\s*[-/.月]\s*\d{1,2}\s*[日号]?(?!\d)|\d{4}年\s*\d{1,2}\s*月|(?<!\d)(?:19|20)\d{6}(?!\d)"
    r"|(?<!\d)\d{1,2}[-/.]\d{1,2}[-/.]\d{4}(?!\d)"
)


@dataclass(frozen=True)
class Day:
    """A day of a register; ``day`` is None where the text says that there is no end."""

    day: date | None
    is_month: bool = False


@lru_cache(maxsize=1 << 14)
def read_day(text: str, order: str = "", *, whole: bool = False) -> Day:
    """Read the last day in a cell: ``45291``, ``20231231``, ``2020-01-01至2025-12-31``, ``2023年12月``, ``长期``.

    A month is its last day; the year 9999 is no end. ``whole`` says that the cell must be a day and nothing else.

    Raises
    ------
    NoMoment
        If it is none.

    Examples
    --------
    >>> read_day("45291").day, read_day("2023年12月").day, read_day("长期").day
    (datetime.date(2023, 12, 31), datetime.date(2023, 12, 31), None)
    """
    clean = plain_text(text)
    try:
        return _whole_day(clean, order)
    except NoMoment as error:
        if whole:
            raise
        reason = error
    for part in reversed(_PARTS_OF_RANGE.split(clean)[1:]):
        if _NO_END.fullmatch(part.strip("。. ()（）")):
            return Day(None)
    found = _DAY_IN_TEXT.findall(clean)
    if not found:
        raise reason
    return _whole_day(found[-1], order)


def _whole_day(text: str, order: str) -> Day:
    if _NO_END.fullmatch(text) or re.match(r"9999|2999", text):
        return Day(None)
    moment = read_moment(text, order)
    if moment.kind == "month":
        first = moment.day
        return Day(first.replace(day=calendar.monthrange(first.year, first.month)[1]), is_month=True)
    local_ns = moment.local_ns
    if moment.kind == "epoch":
        local_ns += 28_800 * _NS  # registers are those of China
    return Day(date.fromordinal(_EPOCH_DAY + local_ns // (_DAY_S * _NS)))


FIRST_DAY = date(2005, 1, 1)
"""Of a record that is believed: HJ/T 212-2005 is the first standard of such records; clocks that were never set
are at 1970, 1980 or 2000."""


_WRITTEN = date(2026, 1, 1)  # of this line: a machine whose own clock is behind refuses nothing that is older


def day_from_today(today: date | None) -> date:
    """The last day that a record may have: tomorrow, for zones east of here; ``today`` by default the machine's."""
    return (today or max(date.today(), _WRITTEN)) + timedelta(days=1)
