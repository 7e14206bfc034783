"""Which column of a table is what: its meaning, its unit, and the zone that a heading may state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ingest.outcome import Notes, Outcome, Phrase, Value
from ingest.species import fold
from ingest.text.headings import QUANTITIES, Meaning, Quantity, split_heading, status_subject, understand
from ingest.text.parts import split_part
from ingest.text.tables import Table, heading_with_unit
from ingest.text.times.parts import PARTS
from ingest.text.times.zones import claimed_offset_s
from ingest.units import Unit, parse_unit

_BY_SLUG = {quantity.slug: quantity for quantity in QUANTITIES}
_SHOWN = 12
_ONCE = (
    "lon",
    "lat",
    "lon_side",
    "lat_side",
    *(f"{axis}_{part}" for axis in ("lon", "lat") for part in ("deg", "min", "sec")),
)
_TIME_ROLES = ("time", "date", "clock", "epoch", "epoch_ns", "gnss_clock", "gps_week", "gps_seconds", *PARTS)


@dataclass(frozen=True)
class Use:
    """What one column is used for: its index in the file, meaning and unit (None where it has or needs none).

    ``of`` are the indices of the columns whose status it holds; a status without any is that of the whole row.
    """

    index: int
    heading: str
    meaning: Meaning
    unit: Unit | None
    of: tuple[int, ...] = ()

    @property
    def role(self) -> str:
        """The role of the quantity."""
        return self.meaning.quantity.role


def choose_columns(table: Table, known: Mapping[str, str]) -> Outcome[tuple[Use, ...]]:
    """Decide for every column what it is; the ones that are not used are named in a decision."""
    uses: list[Use] = []
    unread: list[str] = []
    taken: set[str] = set()
    passed = _local_time_columns(table, known)
    for index, raw in enumerate(table.headings):
        if index in passed:
            unread.append(raw)
            continue
        heading = heading_with_unit(table, index)
        meaning, unit = _meaning_of(heading, known)
        if meaning is None or meaning.quantity.role == "ignore":
            if raw:
                unread.append(raw)
            continue
        role = meaning.quantity.role
        if role in (*_TIME_ROLES, *_ONCE):
            if role in taken:
                unread.append(raw)
                continue
            taken.add(role)
        uses.append(Use(index, heading, meaning, unit))
    statuses = [*_statuses(table, unread, uses, known), *_units(table, unread, uses)]
    read = {use.heading for use in statuses}
    unread = [raw for raw in unread if raw not in read]
    notes = Notes()
    if unread:
        notes.decide(table.item, "columns_not_read", columns_named(unread))
    return notes.outcome((*uses, *statuses))


def columns_named(headings: Sequence[str]) -> Mapping[str, Value]:
    """Values of a sentence about columns: their count, the first headings, and how many more there are."""
    more = len(headings) - _SHOWN
    return {
        "count": len(headings),
        "headings": tuple(headings[:_SHOWN]),
        "more": Phrase("and_more_columns", {"count": more}) if more > 0 else "",
    }


def _statuses(table: Table, unread: Sequence[str], uses: Sequence[Use], known: Mapping[str, str]) -> list[Use]:
    """Find among the headings that mean nothing by themselves those that are the status of a species' column."""
    found = []
    for index, raw in enumerate(table.headings):
        subject = status_subject(raw) if raw in unread and fold(raw) not in known else ""
        if subject:
            of = _columns_called(subject, [use for use in uses if use.role == "species"])
            found += [Use(index, raw, Meaning(_BY_SLUG["status"]), None, of)] if of else []
    return found


def _units(table: Table, unread: Sequence[str], uses: Sequence[Use]) -> list[Use]:
    """Find the columns that hold the unit of a species' column: ``NO2_unit``, ``二氧化氮单位``."""
    found = []
    for index, raw in enumerate(table.headings):
        subject, part = next(split_part(raw), ("", "")) if raw in unread else ("", "")
        of = _columns_called(subject, [use for use in uses if use.role == "species"]) if part == "unit" else ()
        found += [Use(index, raw, Meaning(_BY_SLUG["unit"]), None, of)] if of else []
    return found


def _columns_called(subject: str, species: Sequence[Use]) -> tuple[int, ...]:
    """Return the columns with this name, else those of the quantity it names."""
    name = fold(split_heading(subject).name)
    same = tuple(use.index for use in species if fold(split_heading(use.heading).name) == name)
    meaning = understand(subject)
    if same or meaning is None:
        return same
    return tuple(use.index for use in species if use.meaning.quantity.slug == meaning.quantity.slug)


def _local_time_columns(table: Table, known: Mapping[str, str]) -> set[int]:
    """Return the columns of full stamps to pass over: those that state no zone, where another states one."""
    times = []
    for index, heading in enumerate(table.headings):
        meaning, _ = _meaning_of(heading, known)
        if meaning is not None and meaning.quantity.role == "time":
            times.append(index)
    stating = [index for index in times if claimed_offset_s(table.headings[index]) is not None]
    return set(times) - set(stating[:1]) if stating else set()


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
