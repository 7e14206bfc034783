"""Is a record believable? Swapped coordinates, units that contradict values, constant channels, broken stamps.

Every function takes a record and returns it with what was decided; nothing is repaired without a `Decision`, and what
cannot be repaired is flagged or refused.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np

from ingest.errors import FileError, NoPosition
from ingest.flags import Flag
from ingest.outcome import Decision, Notes, Outcome, Phrase
from ingest.text.headings import QUANTITIES
from ingest.traces.checks.fullscale import flag_exchanged_sizes, flag_full_scale
from ingest.traces.checks.speeds import check_speed
from ingest.traces.record import Channel, FloatArray, Record, TraceSettings
from ingest.units import convert, parse_unit

_SECOND = np.timedelta64(1, "s")
_SAMPLE = 20_000  # a median of so many evenly spaced values is that of all to 1 % of their spread
_BY_SLUG = {quantity.slug: quantity for quantity in QUANTITIES}


def check_record(record: Record, settings: TraceSettings) -> Outcome[Record]:
    """Run every check on one record, in the order positions, speed, units, ends of ranges, sizes, constants."""
    notes = Notes()
    stuck = partial(flag_stuck_positions, settings=settings)
    constants = partial(flag_constants, settings=settings)
    checks = (repair_positions, check_speed, stuck, check_units, flag_full_scale, flag_exchanged_sizes, constants)
    for check in checks:
        record = notes.take(check(record))
    return notes.outcome(record)


# --- positions -----------------------------------------------------------------------------------------------------


def repair_positions(record: Record) -> Outcome[Record]:
    """Swap latitude and longitude where only that makes them possible; take 0, 0 and impossible values as missing.

    A file of measurements none of whose values can be a position stays, with the reason in ``positions_lost``: the
    track beside it may give them.

    Raises
    ------
    NoPosition
        If that is so in a file that gives positions only.
    """
    if record.lon is None or record.lat is None:
        return Outcome(record)
    lon, lat = record.lon.copy(), record.lat.copy()
    notes = Notes()
    finite = np.isfinite(lon) & np.isfinite(lat)
    if finite.any():
        repeated = _latitude_repeats(lon, lat, finite, record.item)
        if repeated is not None:
            return _without_positions(record, repeated)
        lon, lat = notes.take(_swap_back(lon, lat, finite, record.item))
    null_island = (np.abs(lon) < 1e-6) & (np.abs(lat) < 1e-6)
    impossible = (np.abs(lon) > 180) | (np.abs(lat) > 90)
    for mask in (null_island, impossible):
        if mask.any():
            why = Phrase(
                "position_of_zeros" if mask is null_island else "position_beyond_the_earth",
                {"row": int(np.flatnonzero(mask)[0]) + 1},
            )
            notes.decide(record.item, "positions_taken_as_missing", {"count": int(np.count_nonzero(mask))}, why)
    missing = null_island | impossible | ~finite
    if record.has_species and missing.all() and finite.any():
        lost = NoPosition(
            record.item,
            "no_usable_position",
            {"rows": len(lon), "lon": float(record.lon[finite][0]), "lat": float(record.lat[finite][0])},
            where="position columns",
        )
        return notes.outcome(notes.take(_without_positions(record, lost)))
    return notes.outcome(replace(record, lon=np.where(missing, np.nan, lon), lat=np.where(missing, np.nan, lat)))


def _latitude_repeats(lon: FloatArray, lat: FloatArray, finite: np.ndarray, item: str) -> NoPosition | None:
    same = finite & (lon == lat)
    if same.sum() <= 0.9 * finite.sum() or np.abs(np.nanmedian(lat)) <= 1e-6:
        return None
    return NoPosition(
        item,
        "latitude_repeats_longitude",
        {"lon": float(lon[finite][0]), "count": int(same.sum()), "rows": int(finite.sum())},
        where="latitude column",
    )


def _without_positions(record: Record, lost: NoPosition) -> Outcome[Record]:
    if not record.has_species:
        raise lost
    nowhere = np.full(len(record.time), np.nan)
    return Outcome(replace(record, lon=nowhere, lat=nowhere.copy(), positions_lost=lost.reject))


def _swap_back(
    lon: FloatArray, lat: FloatArray, finite: np.ndarray, item: str
) -> Outcome[tuple[FloatArray, FloatArray]]:
    too_far = finite & (np.abs(lat) > 90)
    if too_far.sum() > 0.5 * finite.sum() and (np.abs(lon[too_far]) <= 90).mean() > 0.9:
        farthest = float(lat[finite][np.argmax(np.abs(lat[finite]))])
        return Outcome((lat, lon), (Decision(item, "columns_swapped_back", {"lat": farthest}),))
    return Outcome((lon, lat))


def flag_stuck_positions(record: Record, settings: TraceSettings) -> Outcome[Record]:
    """Flag positions that repeat to the last digit for ``stuck_position_s`` and more while the speed says moving."""
    speed = next((channel.values for channel in record.channels if channel.name == "speed"), None)
    if record.lon is None or record.lat is None or speed is None or len(record.time) < 3:
        return Outcome(record)
    with np.errstate(invalid="ignore"):
        same = (np.diff(record.lon) == 0) & (np.diff(record.lat) == 0)
    if not same.any():
        return Outcome(record)
    starts = np.flatnonzero(np.r_[True, ~same])
    ends = np.r_[starts[1:], len(record.time)] - 1
    lasting = (record.time[ends] - record.time[starts]) / _SECOND >= settings.stuck_position_s
    stuck = np.zeros(len(record.time), bool)
    for start, end in zip(starts[lasting], ends[lasting], strict=True):
        inside = speed[start : end + 1]
        if np.isfinite(inside).any() and float(np.nanmedian(inside)) > settings.moving_speed:
            stuck[start : end + 1] = True
    count = int(stuck.sum())
    if not count:
        return Outcome(record)
    flags = (record.qc_flag | np.where(stuck, np.uint32(Flag.POSITION_STUCK), np.uint32(0))).astype(np.uint32)
    note = Decision(
        record.item,
        "positions_stuck",
        {"count": count, "seconds": settings.stuck_position_s, "speed": settings.moving_speed},
    )
    return Outcome(replace(record, qc_flag=flags), (note,))


# --- units ---------------------------------------------------------------------------------------------------------

#: (species, unit in the heading, unit to believe, median below which or above which the stated one is
#: impossible, why)
_CONTRADICTIONS: tuple[tuple[str, str, str, float, float, Phrase], ...] = (
    ("pnc", "m-3", "cm-3", 0.0, 1e6, Phrase("pnc_floor")),
    ("pnc", "cm-3", "m-3", 1e8, np.inf, Phrase("pnc_ceiling")),
    ("co", "mg m-3", "ug m-3", 100.0, np.inf, Phrase("co_mg_ceiling")),
    ("co", "ug m-3", "mg m-3", 0.0, 20.0, Phrase("co_ug_floor")),
    ("co", "ppm", "ppb", 40.0, np.inf, Phrase("co_ppm_ceiling")),
    ("co", "ppb", "ppm", 0.0, 15.0, Phrase("co_ppb_floor")),
    ("ch4", "ppb", "ppm", 0.0, 500.0, Phrase("ch4_floor")),
    ("ch4", "ppm", "ppb", 1500.0, 1e5, Phrase("ch4_background")),
    ("co2", "ppb", "ppm", 0.0, 1e5, Phrase("co2_floor")),
    ("no2", "ppm", "ppb", 2.0, np.inf, Phrase("no2_ceiling")),
    ("so2", "ppm", "ppb", 2.0, np.inf, Phrase("so2_ceiling")),
    ("o3", "ppm", "ppb", 1.0, np.inf, Phrase("o3_ceiling")),
    ("no2", "ug m-3", "ppm", 0.0, 0.3, Phrase("no2_floor")),
    ("so2", "ug m-3", "ppm", 0.0, 0.1, Phrase("so2_floor")),
    ("o3", "ug m-3", "ppm", 0.0, 0.5, Phrase("o3_floor")),
    ("ox", "ug m-3", "ppm", 0.0, 1.0, Phrase("ox_floor")),
    ("pm25", "mg m-3", "ug m-3", 5.0, np.inf, Phrase("pm25_ceiling")),
    ("pm10", "mg m-3", "ug m-3", 20.0, np.inf, Phrase("pm10_ceiling")),
    ("pm25", "ug m-3", "mg m-3", 0.0, 0.5, Phrase("pm25_floor")),
    ("pm10", "ug m-3", "mg m-3", 0.0, 0.5, Phrase("pm10_floor")),
    ("bc", "ug m-3", "ng m-3", 200.0, np.inf, Phrase("bc_ceiling")),
)
#: Mole-fraction readings under a mass heading: species whose background tells the two apart.
_EXPECTED_BACKGROUND = {"co2": (350.0, 6000.0, "ppm"), "ch4": (1.7, 100.0, "ppm")}


def check_units(record: Record) -> Outcome[Record]:
    """Replace a species' unit where the values contradict it and another explains them; flag values out of range."""
    notes = Notes()
    channels = [notes.take(_check_channel(c, record.item)) if c.is_species else c for c in record.channels]
    return notes.outcome(replace(record, channels=tuple(channels)))


def _check_channel(channel: Channel, item: str) -> Outcome[Channel]:
    sample = channel.values[:: max(1, len(channel.values) // _SAMPLE)]
    positive = sample[np.isfinite(sample) & (sample > 0)]
    notes = Notes()
    if len(positive) >= 5:
        found = _other_unit(channel.attrs["species"], channel.attrs["units"], float(np.median(positive)))
        if found is not None:
            unit, why = found
            channel = replace(channel, attrs={**channel.attrs, "units": unit})
            notes.decide(item, "channel_unit_believed", {"channel": channel.name, "unit": unit}, why)
    return notes.outcome(notes.take(_flag_range(channel, item)))


def _other_unit(species: str, stated: str, median: float) -> tuple[str, Phrase] | None:
    """Return the unit that explains a median which contradicts the stated one, and why; None where nothing does."""
    for name, heading, believed, low, high, why in _CONTRADICTIONS:
        if species == name and stated == heading and low <= median < high:
            return believed, Phrase("unit_contradicted", {"stated": stated, "median": median, "reason": why})
    found = _EXPECTED_BACKGROUND.get(species)
    unit = parse_unit(stated)
    if found and unit is not None and unit.kind == "mass concentration" and found[0] <= median <= found[1]:
        return found[2], Phrase("background_in_unit", {"stated": stated, "median": median, "unit": found[2]})
    return None


def _flag_range(channel: Channel, item: str) -> Outcome[Channel]:
    quantity = _BY_SLUG.get(channel.attrs["species"])
    unit, canonical = parse_unit(channel.attrs["units"]), parse_unit(quantity.unit) if quantity else None
    if quantity is None or unit is None or canonical is None or unit.kind != canonical.kind:
        return Outcome(channel)
    low, high = convert(np.array([quantity.low, quantity.high]), canonical, unit)
    outside = (channel.values < low) | (channel.values > high)
    count = int(np.count_nonzero(outside))
    if not count:
        return Outcome(channel)
    qc = (np.zeros(len(channel.values), np.uint32) if channel.qc is None else channel.qc.copy()).astype(np.uint32)
    qc[outside] |= np.uint32(Flag.VALUE_OUT_OF_RANGE)
    note = Decision(
        item,
        "channel_out_of_range",
        {
            "channel": channel.name,
            "count": count,
            "low": float(low),
            "high": float(high),
            "unit": unit.name,
        },
    )
    return Outcome(replace(channel, qc=qc), (note,))


# --- constants -----------------------------------------------------------------------------------------------------


def flag_constants(record: Record, settings: TraceSettings) -> Outcome[Record]:
    """Flag a species that holds one value from beginning to end, if the record is longer than ``constant_s``."""
    if len(record.time) < 10:
        return Outcome(record)
    span = float((record.time.max() - record.time.min()) / _SECOND)
    notes = Notes()
    channels = []
    for channel in record.channels:
        first = channel.values[:1000]  # enough to see that most channels vary
        varies = not channel.is_species or len(np.unique(first[np.isfinite(first)])) > 1
        finite = channel.values[:0] if varies else channel.values[np.isfinite(channel.values)]
        if len(finite) >= 10 and finite.min() == finite.max() and span > settings.constant_s:
            old = np.zeros(len(channel.values), np.uint32) if channel.qc is None else channel.qc
            channel = replace(channel, qc=(old | np.uint32(Flag.VALUE_STUCK)).astype(np.uint32))
            notes.decide(
                record.item,
                "channel_stuck",
                {"channel": channel.name, "value": float(finite[0]), "rows": len(finite)},
            )
        channels.append(channel)
    return notes.outcome(replace(record, channels=tuple(channels)))


# --- stamps --------------------------------------------------------------------------------------------------------


def repair_stamps(record: Record) -> Outcome[Record]:
    """Make the stamps strictly increasing: rows sorted, identical rows merged, equal stamps spread evenly.

    Rows that moved or whose stamp changed are flagged ``TIME_REPAIRED``.

    Raises
    ------
    FileError
        If all stamps are equal, so that they say nothing.
    """
    time = record.time
    if len(time) >= 2 and (time == time[0]).all():
        raise FileError(
            record.item, "all_stamps_equal", {"rows": len(time), "time": str(time[0])[:19]}, where="time column"
        )
    steps = np.diff(time)
    if len(time) < 2 or (steps > np.timedelta64(0, "ns")).all():
        return Outcome(record)
    notes = Notes()
    late = np.zeros(len(time), bool)
    late[1:] = time[1:] < np.maximum.accumulate(time)[:-1]
    if late.any():
        back_s = float(steps.min() / _SECOND)
        notes.decide(record.item, "rows_sorted_by_time", {"count": int(late.sum()), "back_s": back_s})
    order = np.argsort(time, kind="stable")
    record = _take(replace(record, qc_flag=_mark(record.qc_flag, late)), order)
    record, merged = _merge_identical(record)
    if merged:
        notes.decide(record.item, "repeated_rows_merged", {"count": merged})
    spread, changed = _spread_equal(record.time)
    if changed.any():
        notes.decide(record.item, "equal_stamps_spread", {"count": int(changed.sum())})
    return notes.outcome(replace(record, time=spread, qc_flag=_mark(record.qc_flag, changed)))


def _mark(flags: np.ndarray, where: np.ndarray) -> np.ndarray:
    return (flags | np.where(where, np.uint32(Flag.TIME_REPAIRED), np.uint32(0))).astype(np.uint32)


def take(record: Record, rows: np.ndarray) -> Record:
    """Return the record with these rows (indices or mask)."""
    return _take(record, rows)


def _take(record: Record, rows: np.ndarray) -> Record:
    return replace(
        record,
        time=record.time[rows],
        lon=None if record.lon is None else record.lon[rows],
        lat=None if record.lat is None else record.lat[rows],
        qc_flag=record.qc_flag[rows],
        gnss_clock_s=None if record.gnss_clock_s is None else record.gnss_clock_s[rows],
        channels=tuple(
            replace(c, values=c.values[rows], qc=None if c.qc is None else c.qc[rows]) for c in record.channels
        ),
    )


def _merge_identical(record: Record) -> tuple[Record, int]:
    """Drop rows that repeat the row before in every value."""
    same = np.zeros(len(record.time), bool)
    same[1:] = record.time[1:] == record.time[:-1]
    if not same.any():
        return record, 0
    columns = [c.values for c in record.channels] + [p for p in (record.lon, record.lat) if p is not None]
    for values in columns:
        with np.errstate(invalid="ignore"):
            same[1:] &= (values[1:] == values[:-1]) | (np.isnan(values[1:]) & np.isnan(values[:-1]))
    return (_take(record, ~same), int(same.sum())) if same.any() else (record, 0)


def _spread_equal(time: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Spread runs of equal stamps over the time to the next stamp, at most one median step."""
    first = np.r_[True, np.diff(time) > np.timedelta64(0, "ns")]
    starts = np.flatnonzero(first)
    counts = np.diff(np.r_[starts, len(time)])
    if (counts == 1).all():
        return time, np.zeros(len(time), bool)
    distinct = time[starts].astype("int64")
    gaps = np.diff(distinct)
    usual = int(np.median(gaps)) if len(gaps) else 10**9
    room = np.minimum(np.r_[gaps, usual], usual)
    index = np.arange(len(time)) - np.repeat(starts, counts)
    share = np.repeat(room, counts) * index // np.repeat(counts, counts)
    spread = (np.repeat(distinct, counts) + share).astype("datetime64[ns]")
    changed = index > 0
    keep_increasing = np.maximum.accumulate(spread.astype("int64") - np.arange(len(time))) + np.arange(len(time))
    return keep_increasing.astype("datetime64[ns]"), changed
