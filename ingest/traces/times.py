"""The time columns of a table → times, by whatever it has: an epoch, full stamps, date and clock, a clock alone."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import polars as pl

from ingest.errors import FileError
from ingest.outcome import Decision
from ingest.species import fold
from ingest.text.headings import split_heading
from ingest.text.tables import Table
from ingest.text.times.dates import NoMoment, read_clock
from ingest.text.times.gpstime import utc_from_gps, utc_from_seconds, utc_from_week
from ingest.text.times.parts import PARTS, days_and_clocks
from ingest.text.times.stamps import Stamps, TimeArray, coarse_steps, date_in_name, parse_stamps, share_like
from ingest.text.times.zones import claimed_offset_s
from ingest.traces.columns import Use
from ingest.traces.epochs import epoch_among, tested
from ingest.traces.record import Layout, TraceSettings

#: Seconds since 1970 between 2001 and 2033, or finer by 3, 6 or 9 digits.
_EPOCH = r"^\s*1\d{9}(\d{3}|\d{6}|\d{9})?(\.\d+)?\s*$"
_FULL = r"\d[-/.年]\s*\d{1,2}[-/.月]\s*\d+.*\d[:时]\d"


def read_times(
    frame: pl.DataFrame, uses: Sequence[Use], table: Table, settings: TraceSettings, layout: Layout
) -> tuple[Stamps, str, str]:
    """Make times of the time columns; returns them, ``"UTC"`` or ``""`` for the zone, and a hint (``"local"``)."""
    by_role = {use.role: use for use in reversed(uses)}
    order = settings.date_order or layout.date_order
    both = epoch_among(frame, by_role)
    if both is not None:
        epoch, stamp = both
        stamps = _add_nanoseconds(_epoch_times(frame[f"c{epoch.index}"], table), frame, by_role.get("epoch_ns"))
        return (
            _with_note(
                stamps, tested(stamps.time, frame, epoch, stamp, table.item, order or layout.usual_date_order)
            ),
            "UTC",
            "",
        )
    if "epoch" in by_role:
        stamps = _epoch_times(frame[f"c{by_role['epoch'].index}"], table)
        return _add_nanoseconds(stamps, frame, by_role.get("epoch_ns")), "UTC", ""
    if "gps_seconds" in by_role and not by_role.keys() & {"time", "date", "clock"}:
        return _gps_times(frame, by_role, table), "UTC", ""
    column, use = _stamp_column(frame, by_role, table, layout)
    if column.dtype == pl.String and _are_epochs(column):
        return _epoch_times(column.str.strip_chars().cast(pl.Float64, strict=False), table), "UTC", ""
    declared = bool(settings.time_zone or layout.zone)
    stamps = parse_stamps(
        column,
        table.item,
        date_order=order,
        usual_order=layout.usual_date_order,
        day=layout.date,
        letters_are_local=declared,
    )
    if re.search(r"(?<![A-Za-z])GPST(?![A-Za-z])", use.heading.upper()) and stamps.offset_s is None:
        gps = Decision(table.item, "gps_time_taken", {"heading": use.heading})
        return _with_note(replace(stamps, time=utc_from_gps(stamps.time)), gps), "UTC", ""
    claimed = claimed_offset_s(use.heading)
    if stamps.offset_s is not None:
        return _with_note(stamps, _offset_note(stamps.offset_s, claimed, use.heading, table.item)), "UTC", ""
    if claimed is not None:
        if claimed:
            shifted: TimeArray = np.subtract(stamps.time, np.timedelta64(int(claimed), "s"))
            note = Decision(
                table.item, "offset_of_the_heading_taken", {"hours": claimed / 3600, "heading": use.heading}
            )
            stamps = _with_note(replace(stamps, time=shifted), note)
        return stamps, "UTC", ""
    local = re.search(r"\b(lt|local|lst)\b", f"{split_heading(use.heading).unit_text} {fold(use.heading)}".lower())
    return stamps, layout.zone, "local" if local else ""


def _offset_note(stated: float, claimed: float | None, heading: str, item: str) -> Decision | None:
    if claimed is None or claimed == stated:
        return None
    return Decision(
        item,
        "offset_in_stamps_believed",
        {"heading": heading, "stamps_h": stated / 3600, "heading_h": claimed / 3600},
    )


def _with_note(stamps: Stamps, note: Decision | None) -> Stamps:
    return stamps if note is None else replace(stamps, decisions=(*stamps.decisions, note))


def _stamp_column(
    frame: pl.DataFrame, by_role: Mapping[str, Use], table: Table, layout: Layout
) -> tuple[pl.Series, Use]:
    """Return the column of full stamps: one column, or date and time of day put together."""
    time, day, clock = by_role.get("time"), by_role.get("date"), by_role.get("clock")
    if "stamp_year" in by_role and day is None:
        return _of_parts(frame, by_role, clock or time)
    if day is not None and (other := clock or time) is not None:
        return _day_and_clock(frame, day, other)
    use = time or day or clock
    if use is None:
        raise FileError(table.item, "no_column_names_a_time", where=f"line {table.heading_line}")
    column = frame[f"c{use.index}"]
    first = next((value for value in column.head(1000).to_list() if value), "")
    if re.fullmatch(r"\s*\d{1,2}:\d{2}(:\d{2}([.,]\d+)?)?\s*([AaPp][Mm])?\s*", first):
        known = layout.date or date_in_name(table.item)
        if known is None:
            raise FileError(
                table.item,
                "time_of_day_only",
                {"first": first.strip()},
                where=f'column {use.index + 1} "{use.heading}"',
            )
        return _roll_over_midnight(column, known.isoformat()), use
    return column, use


def _day_and_clock(frame: pl.DataFrame, day: Use, clock: Use) -> tuple[pl.Series, Use]:
    """Put day and time of day together; where one of them is a full stamp by itself it is taken alone."""
    days, clocks = frame[f"c{day.index}"].str.strip_chars(), frame[f"c{clock.index}"].str.strip_chars()
    clocks = clocks.str.replace(r"^(1899-12-3[01]|1900-01-0[01])[T ]", "")  # no day, as spreadsheets write it
    if _are_epochs(clocks) or _are_full(clocks):
        return clocks, clock
    days = days.str.replace(r"[T ]0?0:00(:00(\.0+)?)?$", "")
    if _are_epochs(days) or _are_full(days):
        return days, day
    if share_like(clocks, r"^0?\.\d+$|^0$") > 0.9:
        clocks = _clocks_of_fractions(clocks)
    elif share_like(clocks, r"^\d{1,6}(\.\d+)?$") > 0.9:
        # 90503 is 09:05:03 that lost its zero; 905 is 09:05 where no clock has seconds
        whole = clocks.str.extract(r"^(\d+)")
        width = 6 if share_like(whole, r"^\d{5}") else 4
        clocks = whole.str.zfill(width) + clocks.str.extract(r"(\.\d+)$").fill_null("")
    return days + " " + clocks, clock


def _of_parts(frame: pl.DataFrame, by_role: Mapping[str, Use], clock: Use | None) -> tuple[pl.Series, Use]:
    """Put year, month, day and the parts of the clock together, or a clock that stands in one column."""
    parts = {role: frame[f"c{by_role[role].index}"].to_numpy().astype(float) for role in PARTS if role in by_role}
    days, clocks = days_and_clocks(parts)
    year = by_role["stamp_year"]
    if clock is None:
        return (days + " 00:00:00" if clocks is None else days + " " + clocks), year
    texts = frame[f"c{clock.index}"].str.strip_chars()
    if clocks is not None or _are_epochs(texts) or _are_full(texts):
        return (texts, clock) if clocks is None else (days + " " + clocks, year)
    return days + " " + texts, clock


def _are_epochs(texts: pl.Series) -> bool:
    """Whether most texts are seconds since 1970, milliseconds, microseconds or nanoseconds."""
    return share_like(texts, _EPOCH) > 0.5


def _are_full(texts: pl.Series) -> bool:
    """Whether most texts have a date and a clock."""
    return share_like(texts, _FULL) > 0.5


def _clocks_of_fractions(texts: pl.Series) -> pl.Series:
    """Fractions of a day, as a spreadsheet keeps times of day → texts of clocks."""
    known = {}
    for text in texts.drop_nulls().unique().to_list():
        try:
            seconds = read_clock(text) / 1e9
        except NoMoment:
            continue
        known[text] = f"{int(seconds // 3600):02d}:{int(seconds % 3600 // 60):02d}:{seconds % 60:06.3f}"
    return texts.replace_strict(known, default=None, return_dtype=pl.String)


def _gps_times(frame: pl.DataFrame, by_role: Mapping[str, Use], table: Table) -> Stamps:
    """GPS week and seconds of the week, or seconds since 1980-01-06, → UTC."""
    use = by_role["gps_seconds"]
    seconds = frame[f"c{use.index}"].to_numpy().astype(float)
    week = by_role.get("gps_week")
    if week is not None:
        time = utc_from_week(frame[f"c{week.index}"].to_numpy().astype(float), seconds)
    elif np.nanmedian(seconds) > 2 * 604_800:
        time = utc_from_seconds(seconds)
    else:
        raise FileError(table.item, "gps_week_missing", {"heading": use.heading}, where=f"line {table.heading_line}")
    return Stamps(time, None, (Decision(table.item, "gps_time_taken", {"heading": use.heading}),))


def _roll_over_midnight(clock: pl.Series, day: str) -> pl.Series:
    """Put the day before times of day; the day advances where the clock falls by more than half a day."""
    hours = clock.str.strip_chars().str.extract(r"^(\d{1,2}):", 1).cast(pl.Int32, strict=False).to_numpy()
    steps = np.diff(np.nan_to_num(hours.astype(float)), prepend=0.0)
    days = np.cumsum(steps < -12)
    dates = (np.datetime64(day) + days.astype("timedelta64[D]")).astype(str)
    return pl.Series(dates) + " " + clock.str.strip_chars()


def _epoch_times(values: pl.Series, table: Table) -> Stamps:
    """Seconds, milliseconds or microseconds since 1970 → times."""
    texts = values.str.strip_chars() if values.dtype == pl.String else values
    numbers = texts.cast(pl.Float64, strict=False).to_numpy().astype(float)
    finite = numbers[np.isfinite(numbers)]
    if not len(finite):
        raise FileError(table.item, "epoch_column_without_numbers")
    middle = float(np.median(finite))
    scale = next((unit for limit, unit in ((1e11, 1.0), (1e14, 1e-3), (1e17, 1e-6)) if middle < limit), 1e-9)
    numbers = numbers * scale
    valid = np.isfinite(numbers) & (numbers > 0) & (numbers < 4.1e9)
    whole = np.floor(np.where(valid, numbers, 0))
    part = np.round((np.where(valid, numbers, 0) - whole) * 1e6) * 1e3
    time = whole.astype("int64").astype("datetime64[s]").astype("datetime64[ns]") + part.astype("timedelta64[ns]")
    time[~valid] = np.datetime64("NaT")
    return Stamps(time, 0.0, coarse_steps(time, table.item))


def _add_nanoseconds(stamps: Stamps, frame: pl.DataFrame, use: Use | None) -> Stamps:
    if use is None:
        return stamps
    part = np.nan_to_num(frame[f"c{use.index}"].to_numpy().astype(float)).clip(0, 1e9)
    time: TimeArray = stamps.time + part.astype("int64").astype("timedelta64[ns]")
    return replace(stamps, time=time)
