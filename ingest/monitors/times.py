"""The times of a monitor table: which columns hold them, what a row's is in UTC, and how far apart rows are.

A time may stand in one column, or its day in one and its clock, hour (0 to 23, or 1 to 24) or span in another. The
grammar of a stamp is that of `ingest.text.times.dates`, as for traces.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo

import numpy as np

from ingest.errors import FileError, OnevisitError
from ingest.outcome import Notes, Phrase, Value
from ingest.text.times.dateorder import order_of_dates
from ingest.text.times.dates import (
    FIRST_DAY,
    LAST_NS,
    Moment,
    NoMoment,
    day_from_today,
    order_of_twelve,
    plain_text,
    read_clock,
    read_moment,
)
from ingest.text.times.stamps import date_in_name
from ingest.text.times.zones import claimed_offset_s

ROLES = ("time", "date", "clock", "hour")
"""Roles of columns that say when."""
SPAN_ROLES = ("start", "end")
"""Roles of columns that say from when to when."""
_OPEN_YEAR = "9999"
"""Of an end that never comes, as databases write it."""
_ROWS = 20_000
_CELLS = 400
_NS = 1_000_000_000
_DAY_NS = 86_400 * _NS
_SNAP_NS = 5 * _NS  # a spreadsheet's number with four decimals is 8.6 s wide
_SPAN = re.compile(r"(\d{1,2}(?:[:时点]\d{0,2})?)[时点]?\s*(?:-|~|—|–|至|到)+\s*\d{1,2}(?:[:时点]\d{0,2})?")
_DOUBTFUL_DATE = re.compile(r"(\d{1,2}[-/.]\d{1,2}[-/.](?:\d{4}|\d{2}))(?!\d)")
_FEW_ROWS = 10
_OF_SERIES = frozenset(("mn", "point", "name", "permit_code", "uscc", "species", "device", "state", "mark"))
_REASON_CODES = {
    "stamp_not_in_calendar": "row_time_not_in_calendar",
    "stamp_offset_impossible": "row_time_not_in_calendar",
    "stamp_order_unknown": "row_time_order_unknown",
    "stamp_of_a_week": "row_time_of_a_week",
    "stamp_is_a_span": "row_time_is_a_span",
    "stamp_rounded": "row_time_rounded",
}


class UnusableRow(OnevisitError, ValueError):
    """A row of which nothing can be used; the phrase is the same for every such row, so that they are counted."""


def utc_ns(moment: Moment, zone: tzinfo, fold: int = 0) -> int:
    """Nanoseconds since 1970 of a moment, by its offset or that of the zone; of a double hour the first pass.

    Raises
    ------
    UnusableRow
        If it is of no year that 64 bits hold.
    """
    if abs(moment.local_ns) > LAST_NS:
        raise UnusableRow(Phrase("row_time_impossible", {"year": moment.day.year}))
    if moment.offset_s is not None:
        return moment.local_ns - moment.offset_s * _NS
    seconds = moment.local_ns // _NS
    local = (datetime(1970, 1, 1) + timedelta(seconds=seconds)).replace(tzinfo=zone, fold=fold)
    return int(local.timestamp()) * _NS + moment.local_ns % _NS


def moment_of(text: str, order: str = "") -> Moment:
    """Read a cell that holds a time.

    Raises
    ------
    UnusableRow
        If it holds none; the phrase says what it holds instead.
    """
    try:
        moment = read_moment(text, order)
    except NoMoment as error:
        raise _unusable(error) from error
    if moment.kind == "month":
        raise UnusableRow(Phrase("row_time_not_understood"))
    return moment


def _unusable(error: NoMoment) -> UnusableRow:
    code = error.phrase.code
    if code not in _REASON_CODES:
        return UnusableRow(Phrase("row_time_not_understood"))
    return UnusableRow(Phrase(_REASON_CODES[code]))


@dataclass(frozen=True)
class TableTimes:
    """How the times of one table are read, and what was met on the way.

    ``columns`` are the index of the column of times, or of the day and of the clock; ``order`` that of day and month,
    ``span_order`` that in columns of a beginning and an end.
    ``headed_s`` is the offset (s) that the heading states, for times that name no zone. ``met`` counts rows whose
    time names a zone (``stated``) or none (``local``), and those that were rounded (``snapped``).
    """

    columns: tuple[int, ...]
    zone: tzinfo
    interval: str = "hour"
    order: str = ""
    span_order: str = ""
    snaps: bool = False
    today: date | None = None
    headed_s: float | None = None
    met: Counter[str] = field(default_factory=Counter)
    letters: Counter[str] = field(default_factory=Counter)
    _double: dict[tuple[str, ...], tuple[int, int, bool]] = field(default_factory=dict)

    def time_ns(self, row: Sequence[str], key: tuple[str, ...] = ()) -> int:
        """Nanoseconds since 1970 of a row's time.

        Parameters
        ----------
        row : sequence of str
            Its cells.
        key : tuple of str
            What tells its series from others: of each the hour at the end of summer time may come twice.

        Raises
        ------
        UnusableRow
            If it has none, or one that cannot be.
        """
        moment = self.moment(row)
        if moment.offset_s is None and self.headed_s is not None:
            moment = replace(moment, offset_s=int(self.headed_s))
        self.met["local" if moment.offset_s is None else "stated"] += 1
        if moment.letters:
            if moment.letters != "CST":  # in a Chinese record that of China, which the settings name
                raise UnusableRow(Phrase("row_time_zone_in_letters", {"letters": moment.letters}))
            self.letters[moment.letters] += 1
        time_ns = utc_ns(moment, self.zone, self._fold(moment, key))
        off = (time_ns + 30 * _NS) % (60 * _NS) - 30 * _NS
        if self.snaps and off and abs(off) <= _SNAP_NS:
            self.met["snapped"] += 1
            time_ns -= off
        if not FIRST_DAY <= moment.day <= day_from_today(self.today):
            raise UnusableRow(Phrase("row_time_impossible", {"year": moment.day.year}))
        return time_ns

    def moment(self, row: Sequence[str]) -> Moment:
        """What the cells of a row say of its time."""
        cells = [row[at].strip() if at < len(row) else "" for at in self.columns]
        if len(cells) == 2:
            return _joined(cells[0], cells[1], self.order)
        return moment_of(cells[0] if cells else "", self.order)

    def _fold(self, moment: Moment, key: tuple[str, ...]) -> int:
        """Which pass through an hour at the end of summer time a row is of, by the rows of its series before."""
        if (
            moment.offset_s is not None
            or self.zone is UTC
            or isinstance(self.zone, timezone)
            or abs(moment.local_ns) > LAST_NS
        ):
            return 0
        double = utc_ns(moment, self.zone, 0) != utc_ns(moment, self.zone, 1)
        before, fold, falling = self._double.get(key, (moment.local_ns - 1, -1, False))
        if double and (fold < 0 or abs(moment.local_ns - before) >= _DAY_NS):
            falling = before > moment.local_ns  # newest rows first
            fold = int(falling)
        elif double and (before == moment.local_ns or (before > moment.local_ns) != falling):
            fold = int(not falling)
        self._double[key] = moment.local_ns, fold if double else -1, falling
        return fold if double else 0


def _joined(day: str, clock: str, order: str) -> Moment:
    """The moment of a day and a clock, hour or span in two cells."""
    of_day = moment_of(day, order)
    try:
        of_clock = read_clock(_begin_of_span(clock))
    except NoMoment as error:
        raise _unusable(error) from error
    return Moment(of_day.local_ns // _DAY_NS * _DAY_NS + of_clock)


def _begin_of_span(text: str) -> str:
    span = _SPAN.fullmatch(plain_text(text))
    return span[1] if span else text


# --- which columns -------------------------------------------------------------------------------------------------


def settle_times(
    roles: Sequence[str],
    headings: Sequence[str],
    rows: list[tuple[int, list[str]]],
    more: Iterator[tuple[int, list[str]]],
    item: str,
    zone: tzinfo,
    notes: Notes,
    today: date | None = None,
) -> TableTimes:
    """Choose the columns of the times by what their cells hold; reads on from ``more`` while day and month are alike.

    Raises
    ------
    FileError
        If day and month cannot be told apart in any row.
    """
    at = [index for index, role in enumerate(roles) if role in ROLES]
    kinds = {index: _kind_of_column(index, rows) for index in at}
    whole = [index for index in at if kinds[index] == "stamp"]
    days = [index for index in at if kinds[index] == "day"]
    clocks = [index for index in at if kinds[index] in ("clock", "hour", "span")]
    if not whole and days and clocks:
        columns: tuple[int, ...] = days[0], clocks[0]
        what = Phrase("span_of_row" if kinds[clocks[0]] == "span" else "clock_of_row")
        notes.decide(item, "day_and_clock_joined", {"day": days[0] + 1, "clock": clocks[0] + 1, "what": what})
    else:
        columns = tuple((whole or days or at)[:1])
        if columns and kinds[columns[0]] == "day":
            _refuse_lost_hours(columns[0], roles, rows, item)
    headed_s = next((s for at in columns if (s := claimed_offset_s(headings[at])) is not None), None)
    order = _order(columns[:1], rows, more, item, notes)
    spans = _order([at for at, role in enumerate(roles) if role in SPAN_ROLES], rows, more, item, notes)
    times = TableTimes(columns, zone, order=order, span_order=spans, today=today, headed_s=headed_s)
    if columns:
        interval, snaps = _interval(times, rows)
        return replace(times, interval=interval, snaps=snaps)
    return times


def _refuse_lost_hours(at: int, roles: Sequence[str], rows: Iterable[tuple[int, Sequence[str]]], item: str) -> None:
    """Refuse days that each have many rows of one series: their hour stands where nobody looks."""
    keys = [index for index, role in enumerate(roles) if role in _OF_SERIES]
    seen = Counter(tuple(row[i].strip() for i in (at, *keys) if i < len(row)) for _, row in rows)
    if sum(seen.values()) >= _FEW_ROWS and len(seen) < 0.5 * sum(seen.values()):
        values: dict[str, Value] = {
            "column": at + 1,
            "rows": sum(seen.values()),
            "days": len(seen),
            "hour": "小时",
            "clock": "时刻",
        }
        raise FileError(item, "record_hours_lost", values)


def _kind_of_column(at: int, rows: Iterable[tuple[int, Sequence[str]]]) -> str:
    """``stamp``, ``day``, ``clock``, ``hour`` or ``span``: what most cells of a column are, else empty."""
    cells = dict.fromkeys(row[at].strip() for _, row in rows if len(row) > at and row[at].strip())
    kinds = Counter(_kind(cell) for cell in list(cells)[:_CELLS])
    if kinds["stamp"] and kinds["day"]:  # midnights of a workbook come as days
        kinds["stamp"] += kinds.pop("day")
    return kinds.most_common(1)[0][0] if kinds else ""


def _kind(cell: str) -> str:
    try:
        moment = read_moment(cell, "dmy")
    except NoMoment:
        try:
            moment = read_moment(cell, "mdy")
        except NoMoment:
            return _kind_of_clock(cell)
    if moment.day.year < 1901:  # what a spreadsheet writes for no day
        return "clock"
    bare = moment.kind == "day" or (moment.local_ns % _DAY_NS == 0 and moment.offset_s is None)
    return "day" if bare else "stamp"


def _kind_of_clock(cell: str) -> str:
    if _SPAN.fullmatch(plain_text(cell)):
        return "span"
    try:
        read_clock(cell)
    except NoMoment:
        return ""
    return "hour" if cell.isdigit() and len(cell) <= 2 else "clock"


def _order(
    columns: Sequence[int],
    rows: list[tuple[int, list[str]]],
    more: Iterator[tuple[int, list[str]]],
    item: str,
    notes: Notes,
) -> str:
    """Order of day and month in columns by all rows; none where every date begins with its year."""
    found = _doubtful_dates(columns, rows)
    twelve = any(re.fullmatch(r"\s*\d{12}\s*", text) for text in _cells(columns, rows))
    if not found and not twelve:
        return ""
    rows.extend(more)
    if twelve:
        return order_of_twelve([text.strip() for text in _cells(columns, rows)])
    found = _doubtful_dates(columns, rows)
    try:
        return order_of_dates(found, item, "", date_in_name(item), notes)
    except FileError as error:
        if error.phrase.code in ("day_and_month_alike", "year_and_day_alike"):
            raise FileError(item, "record_dates_doubtful", {"stamp": found[0]}) from error
        raise


def _cells(columns: Sequence[int], rows: Iterable[tuple[int, Sequence[str]]]) -> Iterator[str]:
    """Cells of columns, row by row."""
    return (row[at] for _, row in rows for at in columns if len(row) > at)


def _doubtful_dates(columns: Sequence[int], rows: Iterable[tuple[int, Sequence[str]]]) -> list[str]:
    """Dates that do not begin with a year of four digits, each as often as it follows another; no open ends."""
    found: list[str] = []
    for text in _cells(columns, rows):
        match = _DOUBTFUL_DATE.match(plain_text(text))
        if match and (not found or found[-1] != match[1]) and not match[1].endswith(_OPEN_YEAR):
            found.append(match[1])
    return found


def _interval(times: TableTimes, rows: Sequence[tuple[int, Sequence[str]]]) -> tuple[str, bool]:
    """Interval of a table from the commonest step between its times, and whether these are a little off the minutes.

    Times without a clock are days.
    """
    known = set()
    for _, row in rows[:_ROWS]:
        try:
            known.add(utc_ns(times.moment(row), UTC))
        except UnusableRow:
            continue
    found = np.array(sorted(known), np.int64)
    if not len(found) or (found % _DAY_NS == 0).all():
        return "day" if len(found) else "hour", False
    steps = np.diff(found) / 1e9
    step = float(np.median(steps)) if len(steps) else 3600.0
    off = (found + 30 * _NS) % (60 * _NS) - 30 * _NS
    interval = "day" if step >= 80_000 else "hour" if step >= 1_790 else "minute" if step >= 50 else "realtime"
    near, far = np.abs(off) < _NS, np.abs(off) <= _SNAP_NS
    snaps = interval in ("hour", "day") and bool(
        off.any() and (near.all() or (far.all() and len(off) > 2 and len(set(off.tolist())) > 1))
    )
    return ("minute" if interval == "hour" and step < 1_800 and not snaps else interval), snaps


def say_times(times: TableTimes, item: str, notes: Notes) -> bool:
    """Say what was believed of the times; returns whether every row of the table named its zone."""
    if times.headed_s is not None:
        notes.decide(item, "record_heading_obeyed", {"hours": times.headed_s / 3600})
    elif times.met["stated"]:
        rows = times.met["stated"] + times.met["local"]
        notes.decide(item, "record_offsets_obeyed", {"count": times.met["stated"], "rows": rows})
    if times.letters:
        notes.decide(item, "zone_letters_are_local", {"letters": tuple(sorted(times.letters)[:4])})
    if times.met["snapped"]:
        notes.decide(item, "record_times_rounded", {"count": times.met["snapped"]})
    return bool(times.met["stated"]) and not times.met["local"]


def open_end_ns(text: str, zone: tzinfo, order: str = "") -> int:
    """The end of a span of marks: one in a year that no record has (9999) is none."""
    moment = moment_of(text, order)
    return LAST_NS if moment.local_ns > LAST_NS else utc_ns(moment, zone)


def sound_start_ns(text: str, zone: tzinfo, order: str = "") -> int:
    """The beginning of a span of marks.

    Raises
    ------
    UnusableRow
        If its day is before any record.
    """
    moment = moment_of(text, order)
    if moment.day < FIRST_DAY:
        raise UnusableRow(Phrase("row_time_impossible", {"year": moment.day.year}))
    return utc_ns(moment, zone)
