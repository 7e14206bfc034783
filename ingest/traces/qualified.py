"""Columns that say something of other columns are obeyed: hemispheres, fixes, minutes and seconds, units, platforms.

Also columns that count rows and mean nothing else, though their heading (``No``) has a meaning.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from ingest.coordinates import metres_per_degree
from ingest.outcome import Notes, Outcome, Value
from ingest.text.asides import counts_by_one, is_counter_word
from ingest.text.fields import is_rounded_code
from ingest.text.qualifiers import fixes_of, side_of
from ingest.text.times.stamps import TimeArray
from ingest.traces.columns import Use, columns_named
from ingest.traces.record import FloatArray, Record
from ingest.units import convert, parse_unit

#: Roles of columns of text that qualify others.
QUALIFYING = ("lon_side", "lat_side", "fix", "platform", "unit")
_MOST_TEXTS = 40
_MOST_PLATFORMS = 50
_SHOWN = 8


def settle_uses(item: str, uses: Sequence[Use], frame: pl.DataFrame) -> Outcome[tuple[tuple[Use, ...], pl.DataFrame]]:
    """Leave out counters of rows, and give columns the unit that a column of units states."""
    notes = Notes()
    kept = []
    for use in uses:
        may_count = use.unit is None and is_counter_word(use.heading) and use.role == "species"
        if may_count and counts_by_one(frame[f"c{use.index}"].head(1000).to_list()):
            notes.decide(item, "counter_left_out", {"heading": use.heading})
            continue
        kept.append(use)
    settled = tuple(use for use in kept if use.role != "unit")
    for use in kept:
        if use.role == "unit":
            settled, frame = notes.take(_with_unit(item, use, settled, frame))
    return notes.outcome((settled, frame))


def _with_unit(
    item: str, unit_use: Use, uses: tuple[Use, ...], frame: pl.DataFrame
) -> Outcome[tuple[tuple[Use, ...], pl.DataFrame]]:
    """Give the column before (or the one named) the unit of its rows; rows in another unit are converted."""
    notes = Notes()
    target = _measured_by(unit_use, uses)
    texts = frame[f"c{unit_use.index}"].cast(pl.String).str.strip_chars(" \t\r\"'")
    counts = {str(text): int(n) for text, n in texts.drop_nulls().value_counts(sort=True).iter_rows() if text}
    if target is None or not counts or len(counts) > _MOST_TEXTS:
        if counts:
            notes.decide(item, "unit_column_not_used", {"heading": unit_use.heading, "texts": tuple(counts)[:_SHOWN]})
        return notes.outcome((uses, frame))
    units = {text: parse_unit(text) for text in counts}
    believed = next((unit for unit in units.values() if unit is not None), None)
    if believed is None:
        notes.decide(item, "unit_column_not_used", {"heading": unit_use.heading, "texts": tuple(counts)[:_SHOWN]})
        return notes.outcome((uses, frame))
    values = frame[f"c{target.index}"].to_numpy().astype(float)
    lost = 0
    for text, unit in units.items():
        rows = (texts == text).fill_null(value=False).to_numpy()
        if unit is not None and unit.kind == believed.kind:
            values = np.where(rows, convert(values, unit, believed), values)
        else:
            lost += int((rows & np.isfinite(values)).sum())
            values = np.where(rows, np.nan, values)
    stated = {"heading": target.heading, "column": unit_use.heading, "unit": believed.name}
    notes.decide(item, "unit_of_a_column", stated | {"texts": tuple(counts)[:_SHOWN], "lost": lost})
    frame = frame.with_columns(pl.Series(f"c{target.index}", values).fill_nan(None))
    return notes.outcome((tuple(replace(use, unit=believed) if use is target else use for use in uses), frame))


def _measured_by(unit_use: Use, uses: Sequence[Use]) -> Use | None:
    """The column of numbers that a column of units names, else the one before it, a status between them or not."""
    numbers = {use.index: use for use in uses if use.role == "species"}
    if unit_use.of:
        return next((numbers[index] for index in unit_use.of if index in numbers), None)
    statuses = {use.index for use in uses if use.role == "status"}
    before = unit_use.index - 1
    return numbers.get(before - 1 if before in statuses else before)


# --- positions -----------------------------------------------------------------------------------------------------


def settle_positions(
    item: str, places: Mapping[str, FloatArray], uses: Sequence[Use], frame: pl.DataFrame, good: np.ndarray
) -> Outcome[tuple[FloatArray | None, FloatArray | None]]:
    """Longitude and latitude (obs,), with minutes and seconds, sides of zero and fixes taken into account."""
    notes = Notes()
    found: dict[str, FloatArray | None] = {}
    for axis in ("lon", "lat"):
        values = places.get(axis)
        if values is None and f"{axis}_deg" in places:
            values = _sixtieths(places, axis)
            notes.decide(item, "angle_of_three_columns", {"axis": axis})
        side = next((use for use in uses if use.role == f"{axis}_side"), None)
        if values is not None and side is not None:
            values = notes.take(_on_side(item, values, side, _rows(frame, side, good)))
        found[axis] = values
    lon, lat = found["lon"], found["lat"]
    for use in uses:
        if use.role == "fix" and lon is not None and lat is not None:
            no_fix = notes.take(_without_fix(item, use, _rows(frame, use, good)))
            lon, lat = np.where(no_fix, np.nan, lon), np.where(no_fix, np.nan, lat)
    return notes.outcome((lon, lat))


def _rows(frame: pl.DataFrame, use: Use, good: np.ndarray) -> pl.Series:
    texts = frame[f"c{use.index}"].cast(pl.String).fill_null("").str.strip_chars(" \t\r\"'")
    return texts if good.all() else texts.filter(pl.Series(good))


def _sixtieths(places: Mapping[str, FloatArray], axis: str) -> FloatArray:
    degrees = places[f"{axis}_deg"]
    zero = np.zeros(len(degrees))
    size = np.abs(degrees) + places.get(f"{axis}_min", zero) / 60.0 + places.get(f"{axis}_sec", zero) / 3600.0
    signed: FloatArray = np.where(np.signbit(degrees), -size, size)
    return signed


def _on_side(item: str, values: FloatArray, use: Use, texts: pl.Series) -> Outcome[FloatArray]:
    """Values negative where the column says west or south; missing where it says neither or the opposite."""
    distinct = texts.unique().to_list()
    sides = {text: side_of(text) for text in distinct[: _MOST_TEXTS + 1]}
    notes = Notes()
    if len(distinct) > _MOST_TEXTS or not any(side is not None for side in sides.values()):
        notes.decide(item, "sides_not_understood", {"heading": use.heading, "texts": tuple(distinct[:_SHOWN])})
        return notes.outcome(values)
    sign = texts.replace_strict(
        list(sides), [float(side or 0) for side in sides.values()], return_dtype=pl.Float64
    ).to_numpy()
    lost = np.isfinite(values) & ((sign == 0) | ((sign > 0) & (values < 0)))
    other = int(((sign < 0) & np.isfinite(values)).sum())
    if other:
        notes.decide(item, "sides_of_zero", {"heading": use.heading, "count": other, "rows": len(values)})
    if lost.any():
        notes.decide(item, "sides_in_doubt", {"heading": use.heading, "count": int(lost.sum())})
    signed: FloatArray = np.where(sign < 0, -np.abs(values), values)
    return notes.outcome(np.where(lost, np.nan, signed))


def _without_fix(item: str, use: Use, texts: pl.Series) -> Outcome[np.ndarray]:
    """Rows (obs,) whose position the receiver does not call a fix."""
    none = np.zeros(len(texts), bool)
    distinct = texts.unique().to_list()
    meanings = fixes_of(distinct, use.heading) if len(distinct) <= _MOST_TEXTS else None
    notes = Notes()
    if meanings is None:
        if any(distinct):
            notes.decide(item, "fixes_not_understood", {"heading": use.heading, "texts": tuple(distinct[:_SHOWN])})
        return notes.outcome(none)
    bad = [text for text, meaning in meanings.items() if not meaning]
    if bad:
        none = texts.is_in(bad).to_numpy()
        values: dict[str, Value] = {
            "count": int(none.sum()),
            "rows": len(texts),
            "heading": use.heading,
            "texts": tuple(bad),
        }
        notes.decide(item, "positions_without_fix", values)
    return notes.outcome(none)


# --- platforms -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class RowPlaces:
    """When and where rows are: times (obs,), longitude and latitude (obs,) or None."""

    time: TimeArray
    lon: FloatArray | None
    lat: FloatArray | None


def platforms_of(
    item: str, uses: Sequence[Use], frame: pl.DataFrame, good: np.ndarray, places: RowPlaces
) -> Outcome[pl.Series | None]:
    """Name of the platform of each row (obs,), None where no column tells more than one apart.

    A column that does not say that it is of vehicles or devices (``ID``) may as well name legs of one drive: it is
    believed where the names are at two places at a time.
    """
    notes = Notes()
    names: pl.Series | None = None
    for use in uses:
        if use.role != "platform":
            continue
        texts = _rows(frame, use, good).str.strip_suffix(".0")
        counts = texts.filter(texts != "").value_counts()
        told = sorted(str(text) for text in counts[texts.name].to_list())
        if told and all(map(is_rounded_code, told)):
            notes.decide(item, "platform_codes_rounded", {"heading": use.heading, "example": told[0]})
        several = 1 < counts.height <= _MOST_PLATFORMS and min(counts["count"].to_list()) > 1
        both = texts if names is None else names + " " + texts
        if not several or (names is not None and both.n_unique() == names.n_unique()):
            continue
        if _OF_DEVICES.search(use.heading.lower()) or _are_apart(texts, places):
            names = both
            values: dict[str, Value] = {"count": len(told), "heading": use.heading, "names": tuple(told[:_SHOWN])}
            notes.decide(item, "platforms_told_apart", values)
        else:
            notes.decide(item, "columns_not_read", columns_named([use.heading]))
    return notes.outcome(names)


_OF_DEVICES = re.compile(
    r"vehicle|\bcar|device|serial|\bsn\b|imei|\bmac\b|plate|uav|drone|platform|instrument|unit|"
    r"车|设备|序列号|终端|仪器|无人机|平台"
)
_MANY_AT_ONCE = 0.3  # share of changes of name without a step of the clock
_FASTEST = 70.0  # m s-1: faster than a car or a small drone


def _are_apart(names: pl.Series, places: RowPlaces) -> bool:
    """Whether rows with another name than the row before are mostly at once, or too far off to be driven to."""
    codes = names.rank("dense").to_numpy()
    order = np.argsort(places.time, kind="stable")
    changes = np.flatnonzero(np.diff(codes[order]) != 0)
    if not len(changes):
        return False
    seconds = (np.diff(places.time[order])[changes] / np.timedelta64(1, "s")).astype(float)
    if places.lon is None or places.lat is None:
        return bool((seconds == 0).mean() > _MANY_AT_ONCE)
    lon, lat = places.lon[order], places.lat[order]
    placed = lat[np.isfinite(lat)]
    if not len(placed):
        return bool((seconds == 0).mean() > _MANY_AT_ONCE)
    east_m, north_m = metres_per_degree(float(np.median(placed)))
    apart_m = np.hypot(np.diff(lon)[changes] * east_m, np.diff(lat)[changes] * north_m)
    return bool((apart_m > np.maximum(seconds, 0.1) * _FASTEST).mean() > 0.5)


def split_platforms(record: Record) -> tuple[Record, ...]:
    """One record a platform, each named; rows that name none are a platform of their own."""
    if record.platforms is None:
        return (record,)
    from ingest.traces.checks.plausibility import take

    names = record.platforms.to_numpy()
    whole = replace(record, platforms=None)
    return tuple(
        replace(take(whole, np.flatnonzero(names == name)), platform=str(name) or "?")
        for name in sorted({str(name) for name in names})
    )
