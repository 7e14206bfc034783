"""Clocks: which zone a local clock kept, and instruments with clocks of their own joined by time.

A local time becomes UTC by declaration or by evidence. Evidence is a GNSS time of day beside it, or the
agreement in time
with a record that is in UTC already. Where nothing decides, the file is refused with the line for ``mission.toml``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from fnmatch import fnmatch
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from ingest.coordinates import time_zone_at, zone_of
from ingest.errors import NoTimeZone
from ingest.flags import Flag, FlagArray
from ingest.outcome import Decision, Notes, Outcome, Phrase
from ingest.text.times.stamps import TimeArray
from ingest.traces.record import FloatArray, Record, TraceSettings

LIKELIEST_ZONE = "Asia/Shanghai"
"""Of times about which nothing else is known: the clock of all of China."""
_SPAN = np.timedelta64(183, "D")
_MARGIN = np.timedelta64(3, "D")  # more than a zone is off UTC, and than a clock is set by
ASKED_CODES = ("zone_likeliest_by_place", "zone_likeliest_without_place", "zone_answered")
"""Evidence of a zone that nothing in the mission settles."""


def localise(local: TimeArray, name: str) -> tuple[TimeArray, FlagArray]:
    """Local readings → UTC; readings that a clock change makes double or impossible are flagged ``TIME_REPAIRED``.

    Double readings are told apart by the order of the rows where it shows (the hour twice, or rows that go on from
    the hour before or into the hour after); else they are taken as standard time. Impossible ones are moved to the
    first valid moment.
    """
    zone = zone_of(name)
    offset = _constant_offset(local, zone)
    if offset is not None:
        shifted: TimeArray = local - offset
        return shifted, np.zeros(len(local), np.uint32)
    index = pd.DatetimeIndex(local)
    plain = np.zeros(len(index), bool)
    early = index.tz_localize(zone, ambiguous=~plain, nonexistent="shift_forward")
    first = index.tz_localize(zone, ambiguous=plain, nonexistent="shift_forward")
    double = np.asarray(early != first)
    settled = plain
    if double.any():
        summer, settled = _summer_by_order(local, double)
        first = index.tz_localize(zone, ambiguous=summer, nonexistent="shift_forward")
    second = index.tz_localize(zone, ambiguous=np.ones(len(index), bool), nonexistent="NaT")
    utc = first.tz_convert("UTC").tz_localize(None).to_numpy().astype("datetime64[ns]")
    other = second.tz_convert("UTC").tz_localize(None).to_numpy().astype("datetime64[ns]")
    doubtful = np.where(
        (utc != other) & ~double | (double & ~settled), np.uint32(Flag.TIME_REPAIRED), np.uint32(0)
    ).astype(np.uint32)
    return utc, doubtful


def _constant_offset(local: TimeArray, zone: tzinfo) -> np.timedelta64 | None:
    """What a zone's clock is ahead of UTC; None where it changes near the readings, or they cover half a year."""
    first, last = (local.min(), local.max()) if len(local) else (np.datetime64("NaT"), np.datetime64("NaT"))
    if np.isnat(first) or np.isnat(last) or last - first > _SPAN:
        return None
    days = np.arange(first.astype("datetime64[D]") - _MARGIN, last.astype("datetime64[D]") + _MARGIN)
    offsets = {datetime.combine(day, datetime.min.time(), zone).utcoffset() for day in days.tolist()}
    offset = offsets.pop() if len(offsets) == 1 else None
    return None if offset is None else np.timedelta64(round(offset.total_seconds()), "s")


def _hours_twice(local: TimeArray, name: str) -> np.ndarray:
    """Which readings a clock shows twice, at the end of summer time."""
    if _constant_offset(local, zone_of(name)) is not None:
        return np.zeros(len(local), bool)
    index = pd.DatetimeIndex(local)
    passes = [
        index.tz_localize(zone_of(name), ambiguous=np.full(len(index), summer), nonexistent="shift_forward")
        for summer in (True, False)
    ]
    return np.asarray(passes[0] != passes[1])


def _summer_by_order(local: TimeArray, double: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which of the double readings are summer time, and of which the order of the rows tells it."""
    summer, settled = np.zeros(len(local), bool), np.zeros(len(local), bool)
    rows = np.flatnonzero(double)
    near = np.timedelta64(10, "m")
    for block in np.split(
        rows, np.flatnonzero((np.diff(rows) > 1) | (np.diff(local[rows]) > np.timedelta64(1, "D"))) + 1
    ):
        start, stop = block[0], block[-1] + 1
        back = np.flatnonzero(np.diff(local[block]) < -np.timedelta64(10, "m"))
        before = start > 0 and np.timedelta64(0, "s") <= local[start] - local[start - 1] <= near
        after = stop < len(local) and np.timedelta64(0, "s") <= local[stop] - local[stop - 1] <= near
        if len(back) == 1:
            summer[block[: back[0] + 1]] = True
        elif len(back) or before == after:
            continue
        else:
            summer[block] = before
        settled[block] = True
    return summer, settled


# --- the zone of a local clock -------------------------------------------------------------------------------------


def settle_zone(record: Record, others: Sequence[Record], settings: TraceSettings) -> Outcome[Record]:
    """Bring a record's local clock to UTC.

    In this order: the stamps or the format say it already; a GNSS time of day in the file; the declared zone;
    agreement in
    time with another record that is in UTC (``others``) under the civil zone of that record's place, and not
    without it.

    Raises
    ------
    NoTimeZone
        If nothing settles it.
    """
    if record.zone == "UTC":
        return Outcome(record, _check_stated_offset(record))
    if record.gnss_clock_s is not None:
        found = _offset_from_gnss(record)
        if found is not None:
            return found
    if settings.time_zone:
        return _with_zone(record, settings.time_zone, Phrase("zone_declared"))
    return _settle_by_agreement(record, others, settings)


def _check_stated_offset(record: Record) -> tuple[Decision, ...]:
    """Report where the offset in the stamps is not that of the civil zone at the place and day."""
    place = _place(record)
    if record.stated_offset_s is None or record.stated_offset_s == 0 or place is None or not len(record.time):
        return ()
    name = time_zone_at(*place)
    if not name:
        return ()
    moment = datetime.fromtimestamp(float(record.time[0].astype("datetime64[s]").astype("int64")), UTC)
    civil = ZoneInfo(name).utcoffset(moment.astimezone(ZoneInfo(name)))
    if civil is None or civil.total_seconds() == record.stated_offset_s:
        return ()
    return (
        Decision(
            record.item,
            "stated_offset_believed",
            {"stated_h": record.stated_offset_s / 3600, "zone": name, "civil_h": civil.total_seconds() / 3600},
        ),
    )


def _offset_from_gnss(record: Record) -> Outcome[Record] | None:
    """Offset of the local clock from a GNSS time of day in the same rows, rounded to a quarter of an hour."""
    if record.gnss_clock_s is None or not len(record.time):
        return None
    day = record.time.astype("datetime64[D]")
    local = (record.time - day) / np.timedelta64(1, "s")
    good = np.isfinite(record.gnss_clock_s) & (record.gnss_clock_s > 0) & (record.gnss_clock_s < 86400)
    if np.count_nonzero(good) < 10:
        return None
    difference = (local[good] - record.gnss_clock_s[good] + 43200.0) % 86400.0 - 43200.0
    offset = float(np.median(difference))
    rounded = round(offset / 900.0) * 900.0
    spread = float(np.median(np.abs(difference - offset)))
    if abs(offset - rounded) > 300.0 or spread > 60.0:
        return None
    time = record.time - np.timedelta64(int(rounded), "s")
    decision = Decision(
        record.item, "offset_from_gnss", {"hours": rounded / 3600, "offset_s": offset, "spread_s": spread}
    )
    return Outcome(replace(record, time=time, zone="UTC"), (decision,))


def _with_zone(record: Record, name: str, why: Phrase) -> Outcome[Record]:
    time, flags = localise(record.time, name)
    notes = Notes()
    notes.decide(record.item, "zone_taken", {"zone": name}, why)
    doubtful = int(np.count_nonzero(flags))
    twice = int(np.count_nonzero(_hours_twice(record.time, name) & (flags == 0)))
    if twice:
        notes.decide(record.item, "double_hour_by_rows", {"count": twice})
    if doubtful:
        notes.decide(record.item, "standard_time_taken", {"count": doubtful})
    return notes.outcome(replace(record, time=time, zone="UTC", qc_flag=record.qc_flag | flags))


def _place(record: Record) -> tuple[float, float] | None:
    if not record.has_position or record.lon is None or record.lat is None:
        return None
    good = np.isfinite(record.lon + record.lat) & ((record.lon != 0) | (record.lat != 0))
    if not good.any():
        return None
    lon, lat = float(np.median(record.lon[good])), float(np.median(record.lat[good]))
    return (lon, lat) if abs(lon) <= 180 and abs(lat) <= 90 else None


def _settle_by_agreement(record: Record, others: Sequence[Record], settings: TraceSettings) -> Outcome[Record]:
    own = _place(record)
    for other in others:
        place = own or _place(other)
        name = time_zone_at(*place) if place is not None else ""
        if not name or name == "UTC":
            continue
        as_zone = _overlap(localise(record.time, name)[0], other.time)
        as_utc = _overlap(record.time, other.time)
        if max(as_zone, as_utc) > 0.5 and min(as_zone, as_utc) < 0.05:
            return _with_zone(
                record,
                name if as_zone > as_utc else "UTC",
                Phrase("zone_by_overlap", {"other": other.item, "zone": name, "as_zone": as_zone, "as_utc": as_utc}),
            )
    name = time_zone_at(*own) if own is not None else ""
    if not name:
        name = next((time_zone_at(*place) for place in map(_place, others) if place is not None), "")
    if name and (settings.unsettled_zone == "position" or record.zone_hint == "local"):
        local = record.zone_hint == "local"
        return _with_zone(record, name, Phrase("civil_zone_as_headed" if local else "civil_zone_as_allowed"))
    if settings.unsettled_zone == "likeliest":
        return _with_likeliest(record, name, settings)
    raise NoTimeZone(
        record.item,
        "zone_not_settled",
        {"first": str(record.time[0])[:19], "example": name or "Asia/Shanghai"},
        where="time column",
    )


def _with_likeliest(record: Record, civil: str, settings: TraceSettings) -> Outcome[Record]:
    """Take the zone that a person gave when asked, else the civil one of the place, else China's."""
    if settings.assumed_zone:
        return _with_zone(record, settings.assumed_zone, Phrase("zone_answered"))
    evidence = Phrase("zone_likeliest_by_place" if civil else "zone_likeliest_without_place")
    return _with_zone(record, civil or LIKELIEST_ZONE, evidence)


def _overlap(first: TimeArray, second: TimeArray) -> float:
    """Common time of two records as a part of the shorter one."""
    if len(first) < 2 or len(second) < 2:
        return 0.0
    start, end = max(first.min(), second.min()), min(first.max(), second.max())
    shorter = min(first.max() - first.min(), second.max() - second.min())
    return 0.0 if end <= start or shorter <= np.timedelta64(0, "ns") else float((end - start) / shorter)


def declared_offset(record: Record, offsets: Mapping[str, float]) -> tuple[str, float] | None:
    """Return the first file name pattern that matches, and its clock offset (s)."""
    names = record.item, record.item.rsplit("/", 1)[-1]
    return next(((p, s) for p, s in offsets.items() if any(fnmatch(name, p) for name in names)), None)


def shift_clock(record: Record, offsets: Mapping[str, float]) -> Outcome[Record]:
    """Add the declared clock offset (s) of the first file name pattern that matches."""
    found = declared_offset(record, offsets)
    if found is None:
        return Outcome(record)
    pattern, seconds = found
    time = record.time + np.timedelta64(round(seconds * 1e9), "ns")
    decision = Decision(record.item, "clock_moved", {"seconds": seconds, "pattern": pattern})
    return Outcome(replace(record, time=time), (decision,))


# --- joining by time -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Bracket:
    """For every target time: the samples before and after, the weight of the later one, and whether both are near."""

    before: np.ndarray
    after: np.ndarray
    weight: FloatArray
    near: np.ndarray
    exact: np.ndarray


def bracket(times: TimeArray, targets: TimeArray, gap_s: float) -> Bracket:
    """Find the samples around every target; near means not more than ``gap_s`` apart, or exact."""
    position = np.searchsorted(times, targets, side="left")
    after = np.clip(position, 0, len(times) - 1)
    before = np.clip(position - 1, 0, len(times) - 1)
    exact = times[after] == targets
    before = np.where(exact, after, before)
    span = (times[after] - times[before]) / np.timedelta64(1, "s")
    inside = (targets >= times[0]) & (targets <= times[-1])
    with np.errstate(invalid="ignore", divide="ignore"):
        weight = np.where(exact | (span == 0), 0.0, (targets - times[before]) / np.timedelta64(1, "s") / span)
    return Bracket(before, after, weight, inside & (exact | (span <= gap_s)), exact)


def interpolate(values: FloatArray, where: Bracket) -> FloatArray:
    """Interpolate linearly in time; NaN where no samples are near."""
    with np.errstate(invalid="ignore"):
        mixed = np.where(
            where.weight == 0.0,
            values[where.before],
            values[where.before] * (1.0 - where.weight) + values[where.after] * where.weight,
        )
    return np.where(where.near, mixed, np.nan)


def interpolate_angle(values_rad: FloatArray, where: Bracket) -> FloatArray:
    """Interpolate an angle (rad) through its unit vector, so that 359° and 1° meet at 0°."""
    sine, cosine = interpolate(np.sin(values_rad), where), interpolate(np.cos(values_rad), where)
    return np.arctan2(sine, cosine) % (2.0 * np.pi)
