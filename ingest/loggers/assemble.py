"""A located table → a record: times, positions, species with units, wind as components, the rest in SI units."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from ingest.errors import FileError
from ingest.flags import Flag
from ingest.loggers.record import Channel, FloatArray, Layout, Record, Source, TimeArray, TraceSettings
from ingest.loggers.stamps import Stamps, date_in_name, parse_stamps
from ingest.loggers.vocabulary import CONCENTRATIONS, QUANTITIES, Meaning, Quantity, fold, split_heading, understand
from ingest.loggers.winds import wind_channels
from ingest.schema import Decision, Outcome, Reject
from ingest.tables import Table, decode, find_table, heading_with_unit, read_columns
from ingest.units import Unit, convert, parse_unit

__all__ = ["make_channel", "read_delimited", "record_from_table", "species_attributes"]

_BY_SLUG = {quantity.slug: quantity for quantity in QUANTITIES}
_TIME_ROLES = ("time", "date", "clock", "epoch", "epoch_ns", "gnss_clock")


@dataclass(frozen=True)
class Use:
    """What one column is used for: its index in the file, meaning and unit (None where it has or needs none)."""

    index: int
    heading: str
    meaning: Meaning
    unit: Unit | None

    @property
    def role(self) -> str:
        """The role of the quantity."""
        return self.meaning.quantity.role


def read_delimited(
    source: Source, settings: TraceSettings, layout: Layout | None = None
) -> Outcome[tuple[Record, ...]]:
    """Read any delimited table with a heading row: one record."""
    rules = layout or Layout()
    known = {fold(key): value for key, value in {**rules.columns, **settings.columns}.items()}
    # One expression: no name keeps the file's bytes once its numbers are read.
    rows = parse_rows(
        find_table(decode(source, settings), columns=known, comment=rules.comment, first_line=rules.first_line),
        settings,
        rules,
    )
    outcome = record_from_rows(rows, settings, rules)
    return Outcome((outcome.value,), (*rows.table.decisions, *outcome.decisions), outcome.rejects)


def record_from_table(table: Table, settings: TraceSettings, layout: Layout) -> Outcome[Record]:
    """Turn a located table into a record.

    Raises
    ------
    FileError
        If the rows cannot be read, or no time can be made of them.
    """
    return record_from_rows(parse_rows(table, settings, layout), settings, layout)


@dataclass(frozen=True)
class Rows:
    """The parsed columns of a table, what each is used for, and what had to be said about them."""

    table: Table
    uses: tuple[Use, ...]
    frame: pl.DataFrame
    decisions: tuple[Decision, ...]


def parse_rows(table: Table, settings: TraceSettings, layout: Layout) -> Rows:
    """Choose the columns that mean something and parse them."""
    known = {fold(key): value for key, value in {**layout.columns, **settings.columns}.items()}
    uses, notes = choose_columns(table, known)
    numeric = [use.index for use in uses if use.role not in ("time", "date", "clock")]
    textual = [use.index for use in uses if use.role in ("time", "date", "clock")]
    frame, parse_notes = read_columns(table, numeric, textual, missing=layout.missing)
    if frame.height == 0:
        raise FileError(table.item, "no rows below the headings", where=f"line {table.heading_line}")
    return Rows(table.without_rows(), tuple(uses), frame, (*notes, *parse_notes))


def record_from_rows(rows: Rows, settings: TraceSettings, layout: Layout) -> Outcome[Record]:
    """Turn parsed columns into a record."""
    table, uses = rows.table, rows.uses
    stamps, zone, hint = read_times(rows.frame, uses, table, settings, layout)
    good = ~np.isnat(stamps.time)
    blank = rows.frame.select(pl.all_horizontal(pl.all().is_null())).to_series().to_numpy()
    rejects = _untimed_rows(table, good | blank)
    record, value_notes, value_rejects = _fill(rows.frame, uses, table, stamps, good, settings, layout)
    record = replace(record, zone=zone, stated_offset_s=stamps.offset_s, zone_hint=hint)
    decisions = (*rows.decisions, *stamps.decisions, *value_notes)
    return Outcome(record, decisions, (*rejects, *value_rejects))


# --- which column is what ------------------------------------------------------------------------------------------


def choose_columns(table: Table, known: Mapping[str, str]) -> tuple[list[Use], list[Decision]]:
    """Decide for every column what it is; the ones that are not used are named in a decision."""
    uses: list[Use] = []
    unread: list[str] = []
    taken: set[str] = set()
    for index, raw in enumerate(table.headings):
        heading = heading_with_unit(table, index)
        meaning, unit = _meaning_of(heading, known)
        if meaning is None or meaning.quantity.role == "ignore":
            if raw:
                unread.append(raw)
            continue
        role = meaning.quantity.role
        if role in (*_TIME_ROLES, "lon", "lat"):
            if role in taken:
                unread.append(raw)
                continue
            taken.add(role)
        uses.append(Use(index, heading, meaning, unit))
    decisions = []
    if unread:
        shown = ", ".join(unread[:12]) + (f" and {len(unread) - 12} more" if len(unread) > 12 else "")
        decisions.append(
            Decision(table.item, f"{len(unread)} columns not read", f"headings that mean nothing here: {shown}")
        )
    return uses, decisions


def _meaning_of(heading: str, known: Mapping[str, str]) -> tuple[Meaning | None, Unit | None]:
    name = split_heading(heading)
    for key in (fold(heading), fold(name.name)):
        if key in known:
            slug, _, unit = known[key].partition(" ")
            if not slug:
                return None, None
            if slug.startswith("raw:"):
                return Meaning(Quantity(slug[4:], "other", name.name, (), unit)), parse_unit(unit)
            quantity = _BY_SLUG.get(slug) or Quantity(slug, "species", name.name, ())
            return Meaning(quantity), parse_unit(unit) or name.unit
    return understand(heading), name.unit


# --- time ----------------------------------------------------------------------------------------------------------


def read_times(
    frame: pl.DataFrame, uses: Sequence[Use], table: Table, settings: TraceSettings, layout: Layout
) -> tuple[Stamps, str, str]:
    """Make times of the time columns; returns them, ``"UTC"`` or ``""`` for the zone, and a hint (``"local"``)."""
    by_role = {use.role: use for use in reversed(uses)}
    order = settings.date_order or layout.date_order
    if "epoch" in by_role:
        stamps = _epoch_times(frame[f"c{by_role['epoch'].index}"], table)
        return _add_nanoseconds(stamps, frame, by_role.get("epoch_ns")), "UTC", ""
    column, use = _stamp_column(frame, by_role, table, layout)
    if column.dtype == pl.String and column.str.contains(r"^\s*1[0-9]{9}(\.\d+)?\s*$").fill_null(False).mean() == 1.0:
        return _epoch_times(column.str.strip_chars().cast(pl.Float64, strict=False), table), "UTC", ""
    stamps = parse_stamps(column, table.item, date_order=order, day=layout.date)
    claim = split_heading(use.heading).unit_text.upper() + " " + fold(use.heading)
    if stamps.offset_s is not None:
        if "UTC" in claim and stamps.offset_s != 0:
            note = Decision(
                table.item,
                f"offset in the stamps believed, not the heading {use.heading!r}",
                f"the stamps carry {stamps.offset_s / 3600:+.1f} h, the heading says UTC",
            )
            stamps = replace(stamps, decisions=(*stamps.decisions, note))
        return stamps, "UTC", ""
    if "UTC" in claim or re.search(r"\butc\b", claim):
        return stamps, "UTC", ""
    if "北京时间" in claim:
        time = stamps.time - np.timedelta64(8, "h")
        return replace(stamps, time=time), "UTC", ""
    return stamps, layout.zone, "local" if re.search(r"\b(lt|local|lst)\b", claim.lower()) else ""


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
        raise FileError(table.item, "no column names a time", where=f"line {table.heading_line}")
    column = frame[f"c{use.index}"]
    first = next((value for value in column.head(1000).to_list() if value), "")
    if re.fullmatch(r"\s*\d{1,2}:\d{2}(:\d{2}([.,]\d+)?)?\s*([AaPp][Mm])?\s*", first):
        known = layout.date or date_in_name(table.item)
        if known is None:
            raise FileError(
                table.item,
                f"the rows carry a time of day only ({first.strip()!r}) and nothing names the day; "
                "put the day into the file name (20241008_...)",
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
    numbers = values.cast(pl.Float64, strict=False).to_numpy().astype(float)
    finite = numbers[np.isfinite(numbers)]
    if not len(finite):
        raise FileError(table.item, "the epoch column holds no number")
    scale = {True: 1.0}.get(bool(np.median(finite) < 1e11), 1e-3 if np.median(finite) < 1e14 else 1e-6)
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


def _untimed_rows(table: Table, good: np.ndarray) -> list[Reject]:
    missing = np.flatnonzero(~good)
    if not len(missing):
        return []
    shown = ", ".join(str(int(row) + table.first_line) for row in missing[:5])
    return [
        Reject(
            table.item,
            f"data lines {shown}" + (", ..." if len(missing) > 5 else ""),
            f"{len(missing)} of {len(good)} rows have no readable time and cannot be placed",
        )
    ]


# --- values --------------------------------------------------------------------------------------------------------


def _fill(
    frame: pl.DataFrame,
    uses: Sequence[Use],
    table: Table,
    stamps: Stamps,
    good: np.ndarray,
    settings: TraceSettings,
    layout: Layout,
) -> tuple[Record, list[Decision], list[Reject]]:
    decisions: list[Decision] = []
    rejects: list[Reject] = []
    channels: list[Channel] = []
    places: dict[str, FloatArray] = {}
    wind: dict[str, tuple[FloatArray, str]] = {}
    gnss: FloatArray | None = None
    empty: list[str] = []
    for use in uses:
        if use.role in ("time", "date", "clock", "epoch", "epoch_ns"):
            continue
        values = _values_of(frame[f"c{use.index}"], good)
        if use.role in ("lon", "lat"):
            places[use.role] = values
        elif not np.isfinite(values).any():
            empty.append(use.heading)
        elif use.role == "gnss_clock":
            gnss = values
        elif "wind" in use.role and use.role != "other":
            wind.setdefault(use.role, (_to_canonical(values, use), use.heading))
        else:
            made = make_channel(values, use.meaning, use.unit, table.item, use.heading, layout.instrument)
            decisions += made.decisions
            rejects += made.rejects
            if made.value is not None:
                channels.append(made.value)
    if empty:
        shown = ", ".join(empty[:12]) + (f" and {len(empty) - 12} more" if len(empty) > 12 else "")
        decisions.append(Decision(table.item, f"{len(empty)} columns left out", f"they hold no value: {shown}"))
    components, wind_notes = wind_channels(
        wind, table.item, settings.wind_frame or layout.wind_frame, layout.instrument
    )
    channels = _unique_names([*channels, *components])
    record = Record(
        item=table.item,
        reader="",
        instrument=layout.instrument,
        time=stamps.time[good],
        zone="",
        lon=places.get("lon"),
        lat=places.get("lat"),
        channels=tuple(channels),
        qc_flag=np.zeros(int(good.sum()), np.uint32),
        gnss_clock_s=gnss,
    )
    return record, decisions + wind_notes, rejects


def _values_of(series: pl.Series, good: np.ndarray) -> FloatArray:
    """Values of the placed rows without a copy where all are placed; infinities are no measurements."""
    values: FloatArray = np.asarray(series.to_numpy(), np.float64)
    if not good.all():
        values = values[good]
    infinite = np.isinf(values)
    return np.where(infinite, np.nan, values) if infinite.any() else values


def _to_canonical(values: FloatArray, use: Use) -> FloatArray:
    """Bring values to the canonical unit of their quantity; a heading without unit means the field's common one."""
    common = {"rad": "degree", "K": "degC", "1": "percent", "Pa": "hPa"}
    canonical = parse_unit(use.meaning.quantity.unit)
    if canonical is None:
        return values
    unit = use.unit
    if unit is None or unit.kind != canonical.kind:
        unit = parse_unit(common.get(canonical.name, canonical.name))
    return values if unit is None else convert(values, unit, canonical)


def make_channel(
    values: FloatArray, meaning: Meaning, unit: Unit | None, item: str, heading: str, instrument: str
) -> Outcome[Channel | None]:
    """Make a channel of one column: a species in its own unit, all else in the canonical unit."""
    quantity = meaning.quantity
    label = " ".join(part for part in (instrument, meaning.instrument) if part)
    where = f'column "{heading}"'
    if quantity.role == "species":
        return _species_channel(values, quantity, unit, item, where, label)
    decisions: tuple[Decision, ...] = ()
    canonical = parse_unit(quantity.unit)
    if canonical is not None:
        converted, decisions = _believed_unit(values, quantity, unit, canonical, item, where)
        values = converted
    attrs = {"units": quantity.unit or (unit.name if unit else "1"), "long_name": quantity.long_name}
    if quantity.cf:
        attrs["standard_name"] = quantity.cf
    if quantity.slug == "altitude":
        attrs["vertical_datum"] = "unknown"
    if label:
        attrs["instrument"] = label
    qc = np.where(
        (values < quantity.low) | (values > quantity.high), np.uint32(Flag.VALUE_OUT_OF_RANGE), np.uint32(0)
    )
    if qc.any():
        count = int(np.count_nonzero(qc))
        median = float(np.nanmedian(values))
        note = Decision(
            item,
            f"{count} values of {where} flagged value_out_of_range",
            f"outside {quantity.low:g} to {quantity.high:g} {quantity.unit}; the median is {median:.4g}",
        )
        return Outcome(Channel(quantity.slug, values, attrs, qc.astype(np.uint32)), (*decisions, note))
    return Outcome(Channel(quantity.slug, values, attrs), decisions)


def _believed_unit(
    values: FloatArray, quantity: Quantity, unit: Unit | None, canonical: Unit, item: str, where: str
) -> tuple[FloatArray, tuple[Decision, ...]]:
    """Convert to the canonical unit; where the heading gives none, take the first plausible one."""
    if unit is not None and unit.kind == canonical.kind:
        return convert(values, unit, canonical), ()
    if unit is None and canonical.name in ("1", "m", "s") and quantity.slug != "relative_humidity":
        return values, ()
    if unit is not None:
        return values, (
            Decision(
                item, f"{where} kept as it is", f"its unit {unit.name} is a {unit.kind}, expected a {canonical.kind}"
            ),
        )
    options = {
        "K": ("degC", "K", "degF"),
        "1": ("percent", "1"),
        "Pa": ("hPa", "kPa", "Pa"),
        "rad": ("degree",),
        "m s-1": ("m s-1", "km h-1"),
    }.get(canonical.name, (canonical.name,))
    for name in options:
        candidate = parse_unit(name)
        if candidate is not None:
            converted = convert(values, candidate, canonical)
            if quantity.low <= float(np.nanmedian(converted)) <= quantity.high:
                note = Decision(
                    item,
                    f"{where} believed to be in {name}",
                    f"the heading gives no unit; the median {float(np.nanmedian(values)):.4g} is plausible in it",
                )
                return converted, (note,)
    return values, (Decision(item, f"{where} kept as it is", "no unit in the heading makes its values plausible"),)


def _species_channel(
    values: FloatArray, quantity: Quantity, unit: Unit | None, item: str, where: str, label: str
) -> Outcome[Channel | None]:
    decisions: tuple[Decision, ...] = ()
    if unit is None or unit.kind not in CONCENTRATIONS:
        unit, decisions = _guess_unit(values, quantity, unit, item, where)
        if unit is None:
            reason = (
                "no unit; state it in mission.toml: [columns] "
                + where.removeprefix("column ")
                + f' = "{quantity.slug} ppb"'
            )
            return Outcome(None, decisions, (Reject(item, where, reason),))
    return Outcome(Channel(quantity.slug, values, species_attributes(quantity, unit, label)), decisions)


def _guess_unit(
    values: FloatArray, quantity: Quantity, unit: Unit | None, item: str, where: str
) -> tuple[Unit | None, tuple[Decision, ...]]:
    median = float(np.nanmedian(values))
    for name, low, high in quantity.guesses:
        if low <= median <= high:
            came = f"unit {unit.name} is not one of a concentration" if unit else "the heading gives no unit"
            note = Decision(
                item,
                f"{where} believed to be in {name}",
                f"{came}; the median {median:.4g} is plausible for {quantity.long_name}",
            )
            return parse_unit(name), (note,)
    return None, ()


def species_attributes(quantity: Quantity, unit: Unit, instrument: str) -> dict[str, str]:
    """CF attributes of a species: ``standard_name`` only where CF has one for this quantity in this kind of unit."""
    attrs = {
        "units": unit.name,
        "long_name": quantity.long_name,
        "species": quantity.slug,
        "instrument": instrument or "unknown",
    }
    name = quantity.cf
    if name.startswith("pm") and unit.kind == "mass concentration":
        attrs["standard_name"] = f"mass_concentration_of_{name}_ambient_aerosol_particles_in_air"
    elif name.startswith("number_") and unit.kind == "number concentration":
        attrs["standard_name"] = name
    elif name and not name.startswith(("pm", "number_")):
        prefix = {"mole fraction": "mole_fraction_of", "mass concentration": "mass_concentration_of"}.get(unit.kind)
        if prefix:
            attrs["standard_name"] = f"{prefix}_{name}_in_air"
    return attrs


def _unique_names(channels: Sequence[Channel]) -> list[Channel]:
    """Give clashing channels the name of their instrument, else a number."""
    seen: set[str] = set()
    result = []
    for channel in channels:
        name = channel.name
        if name in seen:
            label = re.sub(r"\W+", "_", fold(channel.attrs.get("instrument", ""))).strip("_")
            name = f"{channel.name}_{label}" if label and label != "unknown" else f"{channel.name}_2"
            number = 2
            while name in seen:
                number += 1
                name = f"{channel.name}_{number}"
        seen.add(name)
        result.append(replace(channel, name=name))
    return result
