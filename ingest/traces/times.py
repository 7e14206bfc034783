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
from ingest.text.stamps import Stamps, TimeArray, date_in_name, parse_stamps
from ingest.text.tables import Table
from ingest.traces.columns import Use, claimed_offset_s
from ingest.traces.epochs import epoch_among, is_epoch, tested
from ingest.traces.record import Layout, TraceSettings


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
        return _with_note(stamps, tested(stamps.time, frame, epoch, stamp, table.item, order)), "UTC", ""
    if "epoch" in by_role:
        stamps = _epoch_times(frame[f"c{by_role['epoch'].index}"], table)
        return _add_nanoseconds(stamps, frame, by_role.get("epoch_ns")), "UTC", ""
    column, use = _stamp_column(frame, by_role, table, layout)
    if is_epoch(column):
        return _epoch_times(column.str.strip_chars().cast(pl.Float64, strict=False), table), "UTC", ""
    stamps = parse_stamps(column, table.item, date_order=order, day=layout.date)
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
    if day is not None and (time is not None or clock is not None):
        use = clock or time
        if use is not None:
            return frame.select(pl.concat_str([f"c{day.index}", f"c{use.index}"], separator=" ")).to_series(), use
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
    scale = next((scale for below, scale in ((1e11, 1.0), (1e14, 1e-3), (1e17, 1e-6)) if middle < below), 1e-9)
    numbers = numbers * scale
    valid = np.isfinite(numbers) & (numbers > 0) & (numbers < 4.1e9)
    whole = np.floor(np.where(valid, numbers, 0))
    part = np.round((np.where(valid, numbers, 0) - whole) * 1e6) * 1e3
    time = whole.astype("int64").astype("datetime64[s]").astype("datetime64[ns]") + part.astype("timedelta64[ns]")
    time[~valid] = np.datetime64("NaT")
    return Stamps(time, 0.0)


def _add_nanoseconds(stamps: Stamps, frame: pl.DataFrame, use: Use | None) -> Stamps:
    if use is None:
        return stamps
    part = np.nan_to_num(frame[f"c{use.index}"].to_numpy().astype(float)).clip(0, 1e9)
    time: TimeArray = stamps.time + part.astype("int64").astype("timedelta64[ns]")
    return replace(stamps, time=time)
