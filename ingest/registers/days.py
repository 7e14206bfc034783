"""Days in registers: until when a permit is valid, when a site was visited; what is no day is named with its row."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date

from ingest.outcome import Decision, Notes, Phrase
from ingest.registers.joins import Group
from ingest.registers.listings import Listing, RowNotes
from ingest.text.times.dateorder import order_if_settled
from ingest.text.times.dates import Day, NoMoment, day_from_today, read_day
from ingest.text.times.stamps import date_in_name

FIELDS = ("permit_valid_to", "visit_day")
Orders = Mapping[tuple[str, str], str]
"""Order of day and month by register and field, for those whose dates do not begin with the year."""
_FIRST_YEAR = 1990  # permits for discharge were first issued in the late 1980s; 1900 and 1970 are empty cells


def date_orders(listings: Sequence[Listing], notes: Notes) -> Orders:
    """Settle the order of day and month of every register's columns by all of its rows, where they settle it."""
    texts: dict[tuple[str, str], list[str]] = defaultdict(list)
    for listing in listings:
        for field in FIELDS:
            texts[listing.register, field].append(listing.row.get(field))
    return {
        (register, field): order
        for (register, field), found in texts.items()
        if (order := order_if_settled(found, register, date_in_name(register), notes))
    }


def last_valid_day(group: Group, orders: Orders, notes: RowNotes) -> date | None:
    """Return the last day of a permit, None where it has no end or nobody knows; a cell that is no day is named."""
    for listing in group.listings:
        text = listing.row.get("permit_valid_to")
        if not text:
            continue
        day = _read(listing, "permit_valid_to", orders, notes)
        if day is None:
            continue
        if day.day is None:
            decision = Decision(listing.register, "permit_without_end", {}, Phrase("text_of_cell", {"text": text}))
            notes.keep_row(listing.row.where, decision)
        return day.day
    return None


def _read(listing: Listing, field: str, orders: Orders, notes: RowNotes) -> Day | None:
    text = listing.row.get(field)
    try:
        day = read_day(text, orders.get((listing.register, field), ""))
        if day.day is None or day.day.year >= _FIRST_YEAR:
            return day
        why = Phrase("day_of_an_empty_cell", {"text": text})
    except NoMoment as error:
        why = error.phrase
    notes.keep_row(listing.row.where, Decision(listing.register, "permit_end_not_read", {}, why))
    return None


def visit_day(listing: Listing, orders: Orders, notes: RowNotes, today: date | None) -> date | None:
    """Return the day of a row's visit; one that is none, only a month, or after today is left out and named."""
    text = listing.row.get("visit_day")
    try:
        found = read_day(text, orders.get((listing.register, "visit_day"), ""))
    except NoMoment as error:
        plain = error.phrase.code == "stamp_not_understood"
        why = Phrase("visit_day_not_a_date", {"text": text}) if plain else error.phrase
        decision = Decision(listing.register, "visit_left_out", {}, why)
    else:
        if found.day is None or found.is_month:
            decision = Decision(listing.register, "visit_of_a_month_left_out", {"text": text})
        elif found.day.year < _FIRST_YEAR or found.day > day_from_today(today):
            decision = Decision(
                listing.register, "visit_of_impossible_day_left_out", {"text": text, "day": str(found.day)}
            )
        else:
            return found.day
    notes.keep_row(listing.row.where, decision)
    return None
