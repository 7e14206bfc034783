"""A located table → a record: times, positions, species with units, wind as components, the rest in SI units."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from ingest.errors import FileError
from ingest.flags import Flag
from ingest.outcome import Decision, Notes, Outcome, Phrase, Reject
from ingest.species import fold
from ingest.text.cells import unit_of_cells
from ingest.text.encodings import decode
from ingest.text.headings import CONCENTRATIONS, Meaning, Quantity, split_heading
from ingest.text.sections import find_tables, split_at_headings
from ingest.text.sources import Source
from ingest.text.tables import Table, first_rows, heading_with_unit, read_columns, split_line
from ingest.text.times.stamps import Stamps
from ingest.traces.cellwords import flag_bounds, limits_of, said_of, with_limit, words_of_cells
from ingest.traces.checks.conventions import advised_unit, is_chinese, unit_by_convention, why_no_convention
from ingest.traces.checks.vockinds import with_voc_kind
from ingest.traces.columns import Use, choose_columns, columns_named
from ingest.traces.pieces import join_pieces
from ingest.traces.qualified import QUALIFYING, RowPlaces, platforms_of, settle_positions, settle_uses
from ingest.traces.record import Channel, FloatArray, Layout, Record, TraceSettings
from ingest.traces.status import StatusColumn, apply_statuses
from ingest.traces.times import read_times
from ingest.traces.winds import wind_channels
from ingest.units import Unit, convert, parse_unit

_ROWS_OF_UNITS = 40  # rows in which a unit behind numbers is looked for
_TEXT_ROLES = ("time", "date", "clock", "status", *QUALIFYING)
_BEAUFORT = re.compile(r"级|beaufort|\bbft\b", re.IGNORECASE)
_M_S_OF_BEAUFORT = 0.836  # WMO: v = 0.836 B^(3/2), Manual on Codes (WMO-No. 306), table 1.7.1
_ANGLES = tuple(f"{axis}{part}" for axis in ("lon", "lat") for part in ("", "_deg", "_min", "_sec"))
_UNIT_KIND_CODES = {
    "mole fraction": "a_mole_fraction",
    "mass concentration": "a_mass_concentration",
    "number concentration": "a_number_concentration",
    "fraction": "a_fraction",
    "temperature": "a_temperature",
    "pressure": "a_pressure",
    "speed": "a_speed",
    "angle": "an_angle",
    "length": "a_length",
    "duration": "a_duration",
    "voltage": "a_voltage",
}
#: Species whose unit may be guessed.
_GUESSED_SPECIES_CODES = {
    "ch4": "methane",
    "ch4_dry": "methane_in_dry_air",
    "co2": "carbon_dioxide",
    "co2_dry": "carbon_dioxide_in_dry_air",
    "h2o": "water_vapour",
}


def read_delimited(
    source: Source, settings: TraceSettings, layout: Layout | None = None
) -> Outcome[tuple[Record, ...]]:
    """Read any delimited table with a heading row: one record."""
    rules = layout or Layout()
    notes = Notes()
    # No name keeps the file's bytes once its numbers are read.
    parsed = notes.take(_parse_source(source, settings, rules))
    return notes.outcome(notes.take(_records(parsed, settings, rules)))


def _parse_source(source: Source, settings: TraceSettings, rules: Layout) -> Outcome[tuple[Rows, ...]]:
    known = {fold(key): value for key, value in {**rules.columns, **settings.columns}.items()}
    text = decode(source, settings)
    tables = find_tables(text, columns=known, comment=rules.comment, first_line=rules.first_line)
    return _parse_tables(tables, settings, rules)


def _parse_tables(
    tables: Outcome[tuple[Table, ...]], settings: TraceSettings, rules: Layout
) -> Outcome[tuple[Rows, ...]]:
    """Parse the tables of a file; one that cannot be read is a reject where another can."""
    notes = Notes(tables.value[0].decisions)
    found: list[Rows] = []
    refused: list[FileError] = []
    notes.take(tables)
    for table in tables.value:
        try:
            found.append(parse_rows(table, settings, rules))
        except FileError as error:
            refused.append(error)
    if not found:
        raise refused[0]
    notes.keep(*(error.reject for error in refused))
    return notes.outcome(tuple(found))


def _records(parsed: Sequence[Rows], settings: TraceSettings, rules: Layout) -> Outcome[tuple[Record, ...]]:
    """Records of the tables of a file, those of the same quantities joined."""
    if len(parsed) == 1:
        one = record_from_rows(parsed[0], settings, rules)
        return Outcome((one.value,), one.decisions, one.rejects)
    notes = Notes()
    records: list[Record] = []
    refused: list[FileError] = []
    for rows in parsed:
        try:
            records.append(notes.take(record_from_rows(rows, settings, rules)))
        except FileError as error:
            refused.append(error)
    if not records:
        raise refused[0]
    notes.keep(*(error.reject for error in refused))
    return notes.outcome(join_pieces(records))


def records_from_table(table: Table, settings: TraceSettings, layout: Layout) -> Outcome[tuple[Record, ...]]:
    """Turn a located table, and those below it with other headings, into records."""
    known = {fold(key): value for key, value in {**layout.columns, **settings.columns}.items()}
    notes = Notes()
    parsed = notes.take(_parse_tables(split_at_headings(replace(table, decisions=()), known), settings, layout))
    return notes.outcome(notes.take(_records(parsed, settings, layout)))


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
    table, unit_notes = _units_of_cells(table)
    chosen = choose_columns(table, known)
    uses = chosen.value
    numeric = [use.index for use in uses if use.role not in _TEXT_ROLES]
    textual = [use.index for use in uses if use.role in _TEXT_ROLES]
    angles = [use.index for use in uses if use.meaning.quantity.unit in ("degree", "rad")]
    frame, parse_notes = read_columns(table, numeric, textual, missing=layout.missing, angles=angles)
    if frame.height == 0:
        raise FileError(table.item, "no_rows_below_the_headings", where=f"line {table.heading_line}")
    notes = Notes((*unit_notes, *chosen.decisions, *parse_notes))
    uses, frame = notes.take(settle_uses(table.item, uses, frame))
    return Rows(table.without_rows(), uses, frame, tuple(notes.decisions))


def _units_of_cells(table: Table) -> tuple[Table, tuple[Decision, ...]]:
    """Take the unit of a column whose heading has none from behind its numbers, where all of the first have one."""
    rows = [split_line(line, table.delimiter) for line in first_rows(table, _ROWS_OF_UNITS)]
    units = list(table.units) + [""] * (len(table.headings) - len(table.units))
    notes = Notes()
    for index, heading in enumerate(table.headings):
        if split_heading(heading_with_unit(table, index)).unit_text:
            continue
        unit = unit_of_cells([row[index] for row in rows if len(row) > index])
        if unit and parse_unit(unit):
            units[index] = unit
            notes.decide(table.item, "unit_behind_numbers", {"heading": heading, "unit": unit})
    return (replace(table, units=tuple(units)), tuple(notes.decisions)) if notes.decisions else (table, ())


def record_from_rows(rows: Rows, settings: TraceSettings, layout: Layout) -> Outcome[Record]:
    """Turn parsed columns into a record."""
    table = rows.table
    stamps, zone, hint = read_times(rows.frame, rows.uses, table, settings, layout)
    notes = Notes((*rows.decisions, *stamps.decisions))
    good = ~np.isnat(stamps.time)
    blank = rows.frame.select(pl.all_horizontal(pl.exclude("^.*_(said|limit)$").is_null())).to_series().to_numpy()
    notes.keep(*_untimed_rows(table, good | blank))
    record = notes.take(_fill(rows, stamps, good, settings, layout))
    return notes.outcome(replace(record, zone=zone, stated_offset_s=stamps.offset_s, zone_hint=hint))


# --- rows ---------------------------------------------------------------------------------------------------------


def _untimed_rows(table: Table, good: np.ndarray) -> list[Reject]:
    missing = np.flatnonzero(~good)
    if not len(missing):
        return []
    shown = ", ".join(str(int(row) + table.first_line) for row in missing[:5])
    where = f"data lines {shown}" + (", ..." if len(missing) > 5 else "")
    return [Reject(table.item, where, "rows_without_readable_time", {"count": len(missing), "rows": len(good)})]


# --- values --------------------------------------------------------------------------------------------------------


def _fill(rows: Rows, stamps: Stamps, good: np.ndarray, settings: TraceSettings, layout: Layout) -> Outcome[Record]:
    frame, item = rows.frame, rows.table.item
    notes = Notes()
    channels: list[Channel] = []
    sources: list[int] = []
    places: dict[str, FloatArray] = {}
    wind: dict[str, tuple[FloatArray, str]] = {}
    gnss: FloatArray | None = None
    empty: list[str] = []
    chinese = is_chinese(rows.table.headings)
    for use in rows.uses:
        if use.role in (*_TEXT_ROLES, "epoch", "epoch_ns", "gps_week", "gps_seconds"):
            continue
        values = _values_of(frame[f"c{use.index}"], good)
        if use.role in _ANGLES:
            other_side = use.meaning.quantity.slug in ("lon_west", "lat_south")
            places[use.role] = -np.abs(values) if other_side else values
        elif not np.isfinite(values).any():
            empty.append(use.heading)
        elif use.role == "gnss_clock":
            gnss = values
        elif "wind" in use.role and use.role != "other":
            wind.setdefault(use.role, (notes.take(_wind_values(values, use, item)), use.heading))
        else:
            made = make_channel(values, use.meaning, use.unit, item, use.heading, layout.instrument, chinese=chinese)
            channel = notes.take(made)
            if channel is not None:
                channel = notes.take(with_voc_kind(channel, use.heading, layout.instrument, item))
                channel = flag_bounds(channel, said_of(frame, use.index, good))
                channels.append(with_limit(channel, limits_of(frame, use.index, good)))
                sources.append(use.index)
    if empty:
        notes.decide(item, "columns_left_out", columns_named(empty))
    wind_frame = settings.wind_frame or layout.wind_frame
    components = notes.take(wind_channels(wind, item, wind_frame, layout.instrument))
    channels = _unique_names([*channels, *components])
    lon, lat = notes.take(settle_positions(item, places, rows.uses, frame, good))
    record = Record(
        item=item,
        reader="",
        instrument=layout.instrument,
        time=stamps.time[good],
        zone="",
        lon=lon,
        lat=lat,
        channels=tuple(channels),
        qc_flag=np.zeros(int(good.sum()), np.uint32),
        gnss_clock_s=gnss,
        platforms=notes.take(platforms_of(item, rows.uses, frame, good, RowPlaces(stamps.time[good], lon, lat))),
    )
    names = dict(zip(sources, (channel.name for channel in channels), strict=False))
    statuses = [*_status_columns(frame, rows.uses, good, names), *words_of_cells(frame, rows.uses, good, names)]
    return notes.outcome(notes.take(apply_statuses(record, statuses, settings, layout.status_words)))


def _status_columns(
    frame: pl.DataFrame, uses: Sequence[Use], good: np.ndarray, names: Mapping[int, str]
) -> list[StatusColumn]:
    """Texts of the placed rows of every status column; one whose channels were all left out says nothing."""
    columns = []
    for use in uses:
        of = tuple(names[index] for index in use.of if index in names)
        if use.role == "status" and (of or not use.of):
            texts = frame[f"c{use.index}"]
            columns.append(StatusColumn(use.heading, texts if good.all() else texts.filter(pl.Series(good)), of))
    return columns


def _values_of(series: pl.Series, good: np.ndarray) -> FloatArray:
    """Values of the placed rows without a copy where all are placed; infinities are no measurements."""
    values: FloatArray = np.asarray(series.to_numpy(), np.float64)
    if not good.all():
        values = values[good]
    infinite = np.isinf(values)
    return np.where(infinite, np.nan, values) if infinite.any() else values


def _wind_values(values: FloatArray, use: Use, item: str) -> Outcome[FloatArray]:
    """Speeds in m s-1 and directions in radians; a heading without unit means m s-1 or degrees, which is said."""
    canonical = parse_unit(use.meaning.quantity.unit)
    if canonical is None or (use.unit is not None and use.unit.kind == canonical.kind):
        return Outcome(values if canonical is None or use.unit is None else convert(values, use.unit, canonical))
    if canonical.name == "m s-1" and _BEAUFORT.search(use.heading):
        note = Decision(item, "column_in_beaufort", {"heading": use.heading})
        return Outcome(_M_S_OF_BEAUFORT * np.clip(values, 0, None) ** 1.5, (note,))
    usual = "degree" if canonical.name == "rad" else canonical.name
    unit = parse_unit(usual)
    median = float(np.nanmedian(values))
    note = Decision(
        item,
        "column_unit_believed",
        {"heading": use.heading, "unit": usual},
        Phrase("plausible_in_unit", {"median": median}),
    )
    return Outcome(values if unit is None else convert(values, unit, canonical), (note,))


def make_channel(
    values: FloatArray,
    meaning: Meaning,
    unit: Unit | None,
    item: str,
    heading: str,
    instrument: str,
    *,
    chinese: bool = False,
) -> Outcome[Channel | None]:
    """Make a channel of one column: a species in its own unit, all else in the canonical unit.

    ``chinese`` says that units which are not stated follow the national convention
    (`ingest.traces.checks.conventions`).
    """
    quantity = meaning.quantity
    label = " ".join(part for part in (instrument, meaning.instrument) if part)
    if quantity.role == "species":
        return _species_channel(values, quantity, unit, item, heading, label, chinese=chinese)
    notes = Notes()
    canonical = parse_unit(quantity.unit)
    raw = values
    if canonical is not None:
        values = notes.take(_believed_unit(values, quantity, unit, canonical, item, heading, chinese=chinese))
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
    scale = _factor(raw, values) if quantity.slug == "speed" else 1.0
    if not qc.any():
        return notes.outcome(Channel(quantity.slug, values, attrs, scale=scale))
    notes.decide(
        item,
        "column_out_of_range",
        {
            "count": int(np.count_nonzero(qc)),
            "heading": heading,
            "low": quantity.low,
            "high": quantity.high,
            "unit": quantity.unit,
            "median": float(np.nanmedian(values)),
        },
    )
    return notes.outcome(Channel(quantity.slug, values, attrs, qc.astype(np.uint32), scale))


def _factor(raw: FloatArray, values: FloatArray) -> float:
    """What values were multiplied by."""
    at = next(iter(np.flatnonzero(np.isfinite(raw) & (raw != 0))), None)
    return 1.0 if at is None else float(values[at] / raw[at])


def _believed_unit(
    values: FloatArray,
    quantity: Quantity,
    unit: Unit | None,
    canonical: Unit,
    item: str,
    heading: str,
    *,
    chinese: bool = False,
) -> Outcome[FloatArray]:
    """Convert to the canonical unit; where the heading gives none, take the first plausible one."""
    if unit is not None and unit.kind == canonical.kind:
        return Outcome(convert(values, unit, canonical))
    if unit is None and canonical.name in ("1", "m", "s") and quantity.slug != "relative_humidity":
        return Outcome(values)
    if unit is not None:
        stated, expected = Phrase(_UNIT_KIND_CODES[unit.kind]), Phrase(_UNIT_KIND_CODES[canonical.kind])
        why = Phrase("unit_of_another_kind", {"unit": unit.name, "kind": stated, "expected": expected})
        return Outcome(values, (Decision(item, "column_kept_as_it_is", {"heading": heading}, why),))
    options = {
        "K": ("degC", "K", "degF"),
        "1": ("percent", "1"),
        "Pa": ("hPa", "kPa", "Pa"),
        "rad": ("degree",),
        "m s-1": ("m s-1", "km h-1"),
    }.get(canonical.name, (canonical.name,))
    if chinese and quantity.slug == "speed":
        options = options[::-1]
    for name in options:
        candidate = parse_unit(name)
        if candidate is not None:
            converted = convert(values, candidate, canonical)
            if quantity.low <= float(np.nanmedian(converted)) <= quantity.high:
                median = {"median": float(np.nanmedian(values))}
                why = Phrase("plausible_by_convention" if chinese else "plausible_in_unit", median)
                note = Decision(item, "column_unit_believed", {"heading": heading, "unit": name}, why)
                return Outcome(converted, (note,))
    why = Phrase("no_plausible_unit")
    return Outcome(values, (Decision(item, "column_kept_as_it_is", {"heading": heading}, why),))


def _species_channel(
    values: FloatArray, quantity: Quantity, unit: Unit | None, item: str, heading: str, label: str, *, chinese: bool
) -> Outcome[Channel | None]:
    notes = Notes()
    if unit is None or unit.kind not in CONCENTRATIONS:
        stated = unit
        unit = notes.take(_guess_unit(values, quantity, unit, item, heading))
        if unit is None and stated is None and chinese:
            unit = notes.take(unit_by_convention(values, quantity, item, heading))
        if unit is None:
            advice = advised_unit(values, quantity)
            why = why_no_convention(values, quantity) if chinese and stated is None else ""
            notes.reject(
                item,
                f'column "{heading}"',
                "species_without_unit",
                {"heading": heading, "species": quantity.slug, "unit": advice, "why": why},
            )
            return notes.outcome(None)
    return notes.outcome(Channel(quantity.slug, values, species_attributes(quantity, unit, label)))


def _guess_unit(
    values: FloatArray, quantity: Quantity, unit: Unit | None, item: str, heading: str
) -> Outcome[Unit | None]:
    median = float(np.nanmedian(values))
    for name, low, high in quantity.guesses:
        if low <= median <= high:
            stated = Phrase("unit_of_no_concentration", {"unit": unit.name}) if unit else Phrase("no_unit_in_heading")
            species = Phrase(_GUESSED_SPECIES_CODES[quantity.slug])
            why = Phrase("plausible_for_species", {"stated": stated, "median": median, "species": species})
            note = Decision(item, "column_unit_believed", {"heading": heading, "unit": name}, why)
            return Outcome(parse_unit(name), (note,))
    return Outcome(None)


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
