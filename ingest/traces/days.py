"""Is the day of a record possible? Clocks that were never set, GPS weeks that rolled over, names of another day.

A row has a day that can be from 2005 on (or that of the file's name) until tomorrow. Rows before the clock was set
are left out and counted; a record of which no row can be is refused, unless 1024 or 2048 weeks more make its days
those of the file's name, or of another record of the same mission.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from ingest.errors import FileError
from ingest.outcome import Decision, Notes, Outcome, Phrase, Value
from ingest.text.times.dates import FIRST_DAY, day_from_today
from ingest.text.times.stamps import TimeArray, dates_in_name
from ingest.traces.checks.plausibility import take
from ingest.traces.clocks import declared_offset
from ingest.traces.record import Record, TraceSettings

_DAY = np.timedelta64(1, "D")
_ROLLOVER_WEEKS = (1024, 2048)  # IS-GPS-200, 20.3.3.3.1.1: ten bits of a week
_NAME_DAYS = 2  # by which name and rows may differ: zones, and a drive past midnight
_ZONES = np.timedelta64(15, "h")  # by which a local clock may be off UTC


@dataclass(frozen=True)
class _Dated:
    """A record with its times as the declared offset makes them, and the days in the name of its file."""

    record: Record
    time: TimeArray
    named: tuple[date, ...]
    declared: bool

    def possible(self, today: date | None) -> np.ndarray:
        """Which rows have a day that can be."""
        first = min((FIRST_DAY, *(day - timedelta(days=_NAME_DAYS) for day in self.named)))
        low, high = np.datetime64(first, "ns"), np.datetime64(day_from_today(today), "ns") + _DAY
        inside: np.ndarray = (self.time >= low) & (self.time < high)
        return inside

    def is_named(self, weeks: int = 0) -> bool:
        """Whether a day in the name is one of the rows', these many weeks later."""
        low, high = (t + np.timedelta64(7 * weeks, "D") for t in (self.time.min(), self.time.max()))
        slack = (_NAME_DAYS + 1) * _DAY
        return any(low - slack < np.datetime64(day, "ns") < high + slack - _DAY for day in self.named)


def settle_days(
    records: Sequence[Record], settings: TraceSettings, today: date | None = None
) -> Outcome[tuple[Record, ...]]:
    """Leave out, move or refuse what cannot be of its day; ``today`` is the machine's by default."""
    notes = Notes()
    dated = [_dated(record, settings) for record in records]
    sound = [d for d in dated if len(d.time) and d.possible(today).all()]
    kept = []
    for one in dated:
        try:
            kept.append(notes.take(_settle(one, sound, today)))
        except FileError as error:
            notes.keep(error.reject)
    return notes.outcome(tuple(kept))


def _dated(record: Record, settings: TraceSettings) -> _Dated:
    found = declared_offset(record, settings.clock_offset_s)
    offset = np.timedelta64(round(found[1] * 1e9) if found else 0, "ns")
    return _Dated(record, record.time + offset, dates_in_name(record.item), found is not None)


def _settle(one: _Dated, sound: Sequence[_Dated], today: date | None) -> Outcome[Record]:
    if not len(one.time):
        return Outcome(one.record)
    rolled = None if one.declared else _rollover(one, [other for other in sound if other is not one], today)
    if rolled is not None:
        later, said = rolled
        moved = replace(one, record=replace(one.record, time=one.record.time + later), time=one.time + later)
        settled = _settle(moved, sound, today)
        return Outcome(settled.value, (said, *settled.decisions), settled.rejects)
    possible = one.possible(today)
    notes = Notes()
    item, name = one.record.item, one.record.item.rsplit("/", 1)[-1]
    if not possible.any():
        first = str(one.time[0])[:10]
        shifted = str(one.time[0] + np.timedelta64(7 * 1024, "D"))[:10]
        raise FileError(
            item, "days_impossible", {"first": first, "later": shifted, "name": name}, where="time column"
        )
    record = one.record
    if not possible.all():
        bad = one.time[~possible]
        values: dict[str, Value] = {
            "count": len(bad),
            "rows": len(possible),
            "first": str(bad[0])[:10],
            "last": str(bad[-1])[:10],
        }
        notes.reject(item, "time column", "rows_of_impossible_days", values)
        record = take(record, possible)
        one = replace(one, record=record, time=one.time[possible])
    if (
        one.named
        and not one.is_named()
        and not (_day(one.time.max()) < max(one.named) and min(one.named) < _day(one.time.min()))
    ):
        other: dict[str, Value] = {"first": str(one.time[0])[:10], "named": str(one.named[0]), "name": name}
        notes.decide(item, "name_says_another_day", other)
    return notes.outcome(record)


def _day(moment: np.datetime64) -> date:
    day: date = moment.astype("datetime64[D]").item()
    return day


def _rollover(one: _Dated, others: Sequence[_Dated], today: date | None) -> tuple[np.timedelta64, Decision] | None:
    """The time by which a GPS week rolled over, where the name or another record says so, and the decision on it."""
    if one.is_named():
        return None
    for weeks in _ROLLOVER_WEEKS:
        later = np.timedelta64(7 * weeks, "D")
        if replace(one, time=one.time + later).possible(today).mean() < 0.5:
            continue
        other = next(
            (o for o in others if _overlap(one.time + later, o.time) and not _overlap(one.time, o.time)), None
        )
        if not one.is_named(weeks) and other is None:
            continue
        why = (
            Phrase("rollover_by_name")
            if one.is_named(weeks)
            else Phrase("rollover_by_file", {"other": other.record.item if other else ""})
        )
        days: dict[str, Value] = {
            "first": str(one.time[0])[:10],
            "moved": str(one.time[0] + later)[:10],
            "weeks": weeks,
        }
        return later, Decision(one.record.item, "gps_weeks_added", days, why)
    return None


def _overlap(first: TimeArray, second: TimeArray) -> bool:
    return bool(first.min() <= second.max() + _ZONES and second.min() <= first.max() + _ZONES)
