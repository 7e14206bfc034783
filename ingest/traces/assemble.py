"""A located table → a record: times, positions, species with units, wind as components, the rest in SI units."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from ingest.errors import FileError
from ingest.flags import Flag
from ingest.outcome import Decision, Outcome, Reject
from ingest.species import fold
from ingest.text.encodings import decode
from ingest.text.headings import CONCENTRATIONS, Meaning, Quantity
from ingest.text.sources import Source
from ingest.text.stamps import Stamps
from ingest.text.tables import Table, find_table, read_columns
from ingest.traces.columns import Use, choose_columns
from ingest.traces.record import Channel, FloatArray, Layout, Record, TraceSettings
from ingest.traces.status import StatusColumn, apply_statuses
from ingest.traces.times import read_times
from ingest.traces.winds import wind_channels
from ingest.units import Unit, convert, parse_unit

_TEXT_ROLES = ("time", "date", "clock", "status")


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
    numeric = [use.index for use in uses if use.role not in _TEXT_ROLES]
    textual = [use.index for use in uses if use.role in _TEXT_ROLES]
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


# --- rows ---------------------------------------------------------------------------------------------------------


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
    sources: list[int] = []
    places: dict[str, FloatArray] = {}
    wind: dict[str, tuple[FloatArray, str]] = {}
    gnss: FloatArray | None = None
    empty: list[str] = []
    for use in uses:
        if use.role in (*_TEXT_ROLES, "epoch", "epoch_ns"):
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
                sources.append(use.index)
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
    names = dict(zip(sources, (channel.name for channel in channels), strict=False))
    statuses = _status_columns(frame, uses, good, names)
    flagged = apply_statuses(record, statuses, settings, layout.status_words)
    return flagged.value, [*decisions, *wind_notes, *flagged.decisions], rejects


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
