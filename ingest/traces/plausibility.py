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
from ingest.outcome import Decision, Outcome
from ingest.text.headings import QUANTITIES
from ingest.traces.record import Channel, FloatArray, Record, TraceSettings
from ingest.units import convert, parse_unit

_SECOND = np.timedelta64(1, "s")
_SAMPLE = 20_000  # a median of so many evenly spaced values is that of all to 1 % of their spread
_BY_SLUG = {quantity.slug: quantity for quantity in QUANTITIES}


def check_record(record: Record, settings: TraceSettings) -> Outcome[Record]:
    """Run every check on one record, in the order positions, units, constants."""
    decisions: list[Decision] = []
    stuck = partial(flag_stuck_positions, settings=settings)
    constants = partial(flag_constants, settings=settings)
    for check in (repair_positions, stuck, check_units, constants):
        outcome = check(record)
        record = outcome.value
        decisions += outcome.decisions
    return Outcome(record, tuple(decisions))


# --- positions -----------------------------------------------------------------------------------------------------


def repair_positions(record: Record) -> Outcome[Record]:
    """Swap latitude and longitude where only that makes them possible; take 0, 0 and impossible values as missing.

    Raises
    ------
    NoPosition
        If the file has position columns and none of their values can be a position.
    """
    if record.lon is None or record.lat is None:
        return Outcome(record)
    lon, lat = record.lon.copy(), record.lat.copy()
    decisions: list[Decision] = []
    finite = np.isfinite(lon) & np.isfinite(lat)
    if finite.any():
        lon, lat, decisions = _swap_back(lon, lat, finite, record.item)
    null_island = (np.abs(lon) < 1e-6) & (np.abs(lat) < 1e-6)
    impossible = (np.abs(lon) > 180) | (np.abs(lat) > 90)
    for mask, text in ((null_island, "0, 0"), (impossible, "beyond ±180, ±90")):
        count = int(np.count_nonzero(mask))
        if count:
            where = int(np.flatnonzero(mask)[0])
            decisions.append(
                Decision(
                    record.item, f"{count} positions taken as missing", f"{text}; the first is data row {where + 1}"
                )
            )
    missing = null_island | impossible | ~finite
    if record.has_species and missing.all() and finite.any():
        raise NoPosition(
            record.item,
            f"no usable position in {len(lon)} rows (first: lon {record.lon[finite][0]:g}, lat "
            f"{record.lat[finite][0]:g}); "
            "give the logger's GPX or NMEA file beside it, or correct the columns",
            where="position columns",
        )
    return Outcome(
        replace(record, lon=np.where(missing, np.nan, lon), lat=np.where(missing, np.nan, lat)), tuple(decisions)
    )


def _swap_back(
    lon: FloatArray, lat: FloatArray, finite: np.ndarray, item: str
) -> tuple[FloatArray, FloatArray, list[Decision]]:
    same = finite & (lon == lat)
    if same.sum() > 0.9 * finite.sum() and np.abs(np.nanmedian(lat)) > 1e-6:
        raise NoPosition(
            item,
            f"the latitude column repeats the longitude ({lon[finite][0]:g}) in {int(same.sum())} of "
            f"{int(finite.sum())} "
            "rows, so the latitude is lost; export the file again, or give the drive's GPX file beside it",
            where="latitude column",
        )
    too_far = finite & (np.abs(lat) > 90)
    if too_far.sum() > 0.5 * finite.sum() and (np.abs(lon[too_far]) <= 90).mean() > 0.9:
        note = Decision(
            item,
            "latitude and longitude swapped back",
            f"the latitude column reaches {lat[finite][np.argmax(np.abs(lat[finite]))]:g}, beyond ±90, the "
            "other stays within",
        )
        return lat, lon, [note]
    return lon, lat, []


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
        f"{count} positions flagged position_stuck",
        f"they repeat for {settings.stuck_position_s:g} s and more while the speed column is above "
        f"{settings.moving_speed:g} m s-1",
    )
    return Outcome(replace(record, qc_flag=flags), (note,))


# --- units ---------------------------------------------------------------------------------------------------------

#: (species, unit in the heading, unit to believe, median below which or above which the stated one is
#: impossible, why)
_CONTRADICTIONS: tuple[tuple[str, str, str, float, float, str], ...] = (
    ("pnc", "m-3", "cm-3", 0.0, 1e6, "the cleanest air on earth holds 1e7 particles per m³"),
    ("pnc", "cm-3", "m-3", 1e8, np.inf, "no street holds 1e8 particles per cm³"),
    ("co", "mg m-3", "ug m-3", 100.0, np.inf, "100 mg m-3 of CO is deadly within hours; background is 0.2 mg m-3"),
    ("co", "ug m-3", "mg m-3", 0.0, 20.0, "CO never falls below 50 µg m-3 outdoors"),
    ("co", "ppm", "ppb", 40.0, np.inf, "40 ppm is the alarm level of a garage; background is 0.1 ppm"),
    ("co", "ppb", "ppm", 0.0, 15.0, "CO never falls below 40 ppb outdoors"),
    ("ch4", "ppb", "ppm", 0.0, 500.0, "CH4 never falls below 1 800 ppb outdoors"),
    ("ch4", "ppm", "ppb", 1500.0, 1e5, "the background is 2 ppm"),
    ("co2", "ppb", "ppm", 0.0, 1e5, "CO2 never falls below 380 000 ppb outdoors"),
    ("no2", "ppm", "ppb", 2.0, np.inf, "2 ppm of NO2 is far above any street"),
    ("so2", "ppm", "ppb", 2.0, np.inf, "2 ppm of SO2 smells strongly"),
    ("o3", "ppm", "ppb", 1.0, np.inf, "1 ppm of O3 is ten times any ambient record"),
    ("no2", "ug m-3", "ppm", 0.0, 0.3, "NO2 below 0.3 µg m-3 is ocean air"),
    ("so2", "ug m-3", "ppm", 0.0, 0.1, "SO2 below 0.1 µg m-3 is ocean air"),
    ("o3", "ug m-3", "ppm", 0.0, 0.5, "O3 below 0.5 µg m-3 over a whole drive is no outdoor air"),
    ("ox", "ug m-3", "ppm", 0.0, 1.0, "O3 and NO2 together below 1 µg m-3 is no outdoor air"),
    ("pm25", "mg m-3", "ug m-3", 5.0, np.inf, "5 mg m-3 of PM2.5 stops traffic"),
    ("pm10", "mg m-3", "ug m-3", 20.0, np.inf, "20 mg m-3 of PM10 is a dust storm"),
    ("pm25", "ug m-3", "mg m-3", 0.0, 0.5, "PM2.5 below 0.5 µg m-3 is polar air"),
    ("pm10", "ug m-3", "mg m-3", 0.0, 0.5, "PM10 below 0.5 µg m-3 is polar air"),
    ("bc", "ug m-3", "ng m-3", 200.0, np.inf, "200 µg m-3 of black carbon is inside a chimney"),
)
#: Mole-fraction readings under a mass heading: species whose background tells the two apart.
_EXPECTED_BACKGROUND = {"co2": (350.0, 6000.0, "ppm"), "ch4": (1.7, 100.0, "ppm")}


def check_units(record: Record) -> Outcome[Record]:
    """Replace a species' unit where the values contradict it and another explains them; flag values out of range."""
    decisions: list[Decision] = []
    channels = []
    for channel in record.channels:
        if channel.is_species:
            channel, notes = _check_channel(channel, record.item)
            decisions += notes
        channels.append(channel)
    return Outcome(replace(record, channels=tuple(channels)), tuple(decisions))


def _check_channel(channel: Channel, item: str) -> tuple[Channel, list[Decision]]:
    sample = channel.values[:: max(1, len(channel.values) // _SAMPLE)]
    positive = sample[np.isfinite(sample) & (sample > 0)]
    decisions: list[Decision] = []
    if len(positive) >= 5:
        median = float(np.median(positive))
        stated = channel.attrs["units"]
        for species, heading, believed, low, high, why in _CONTRADICTIONS:
            if channel.attrs["species"] == species and stated == heading and low <= median < high:
                attrs = {**channel.attrs, "units": believed}
                channel = replace(channel, attrs=attrs)
                evidence = f"the heading says {stated}, the median is {median:.4g}: {why}"
                decisions.append(Decision(item, f"{channel.name} believed to be in {believed}", evidence))
                break
        else:
            found = _EXPECTED_BACKGROUND.get(channel.attrs["species"])
            unit = parse_unit(stated)
            if found and unit is not None and unit.kind == "mass concentration" and found[0] <= median <= found[1]:
                channel = replace(channel, attrs={**channel.attrs, "units": found[2]})
                evidence = f"the heading says {stated}, the median {median:.4g} is the background of it in {found[2]}"
                decisions.append(Decision(item, f"{channel.name} believed to be in {found[2]}", evidence))
    return _flag_range(channel, item, decisions)


def _flag_range(channel: Channel, item: str, decisions: list[Decision]) -> tuple[Channel, list[Decision]]:
    quantity = _BY_SLUG.get(channel.attrs["species"])
    unit, canonical = parse_unit(channel.attrs["units"]), parse_unit(quantity.unit) if quantity else None
    if quantity is None or unit is None or canonical is None or unit.kind != canonical.kind:
        return channel, decisions
    limits = convert(np.array([quantity.low, quantity.high]), canonical, unit)
    outside = (channel.values < limits[0]) | (channel.values > limits[1])
    count = int(np.count_nonzero(outside))
    if not count:
        return channel, decisions
    qc = (np.zeros(len(channel.values), np.uint32) if channel.qc is None else channel.qc.copy()).astype(np.uint32)
    qc[outside] |= np.uint32(Flag.VALUE_OUT_OF_RANGE)
    decisions.append(
        Decision(
            item,
            f"{count} values of {channel.name} flagged value_out_of_range",
            f"outside {limits[0]:g} to {limits[1]:g} {unit.name}",
        )
    )
    return replace(channel, qc=qc), decisions


# --- constants -----------------------------------------------------------------------------------------------------


def flag_constants(record: Record, settings: TraceSettings) -> Outcome[Record]:
    """Flag a species that holds one value from beginning to end, if the record is longer than ``constant_s``."""
    if len(record.time) < 10:
        return Outcome(record)
    span = float((record.time.max() - record.time.min()) / _SECOND)
    decisions: list[Decision] = []
    channels = []
    for channel in record.channels:
        finite = channel.values[np.isfinite(channel.values)]
        if channel.is_species and len(finite) >= 10 and finite.min() == finite.max() and span > settings.constant_s:
            old = np.zeros(len(channel.values), np.uint32) if channel.qc is None else channel.qc
            channel = replace(channel, qc=(old | np.uint32(Flag.VALUE_STUCK)).astype(np.uint32))
            decisions.append(
                Decision(
                    record.item, f"{channel.name} flagged value_stuck", f"{finite[0]:g} in all {len(finite)} rows"
                )
            )
        channels.append(channel)
    return Outcome(replace(record, channels=tuple(channels)), tuple(decisions))


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
            record.item,
            f"all {len(time)} time stamps are equal ({str(time[0])[:19]}), so nothing orders the rows in time; "
            "set the logger's clock or export the file again",
            where="time column",
        )
    steps = np.diff(time)
    if len(time) < 2 or (steps > np.timedelta64(0, "ns")).all():
        return Outcome(record)
    decisions: list[Decision] = []
    late = np.zeros(len(time), bool)
    late[1:] = time[1:] < np.maximum.accumulate(time)[:-1]
    if late.any():
        back = float(steps.min() / _SECOND)
        decisions.append(
            Decision(
                record.item,
                "rows sorted by time",
                f"{int(late.sum())} stamps are earlier than one before them (largest step back {back:.3f} s)",
            )
        )
    order = np.argsort(time, kind="stable")
    record = _take(replace(record, qc_flag=_mark(record.qc_flag, late)), order)
    record, merged = _merge_identical(record)
    if merged:
        decisions.append(
            Decision(record.item, f"{merged} repeated rows merged", "same stamp and same values as the row before")
        )
    spread, changed = _spread_equal(record.time)
    if changed.any():
        decisions.append(
            Decision(
                record.item,
                f"{int(changed.sum())} equal stamps spread evenly up to the next stamp",
                "several different rows carry one stamp (a clock coarser than the logger's rate)",
            )
        )
    return Outcome(replace(record, time=spread, qc_flag=_mark(record.qc_flag, changed)), tuple(decisions))


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
