"""Which number of a date is the day, the month and the year: settled by all rows of a column, not its first ones."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from itertools import groupby, pairwise

import polars as pl

from ingest.errors import FileError
from ingest.outcome import Notes, Phrase
from ingest.text.times.dates import FIRST_DAY, day_from_today, ordered_day, plain_text

_DATE = r"^(\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4})"
_DOUBTFUL_DAY = re.compile(r"\d{1,2}[-/.]\d{1,2}[-/.](?:\d{4}|\d{2})(?:\s.*)?")
_FEW_WRONG = 0.98  # of the dates: the rest are broken rows, which are counted


def settle_order(
    texts: pl.Series, item: str, declared: str, known: date | None, notes: Notes, *, usual: str = ""
) -> str:
    """Settle by all rows whether the stamps are year-month-day, day-month-year or month-day-year.

    ``declared`` is obeyed where it fits the rows; ``usual`` is taken, and told, where nothing settles it.

    Raises
    ------
    FileError
        If nothing settles it, or the rows contradict each other.
    """
    if texts.str.contains(r"^\s*(?:\d{4}|\d{1,3}\D{2}|\D)").fill_null(True).all():
        return "ymd"
    heads = texts.str.strip_chars().str.head(10).rle().struct.field("value").str.extract(_DATE)
    runs = [head for head in heads.drop_nulls().to_list() if not re.match(r"\d{4}", head)]
    if not runs:
        return "ymd"
    first = str(texts.filter(texts.str.strip_chars().str.starts_with(runs[0]))[0])
    return order_of_dates(runs, item, declared, known, notes, first=first, usual=usual)


def order_if_settled(texts: Iterable[str], item: str, known: date | None, notes: Notes) -> str:
    """Settle the order of a column of days; empty where none needs it or nothing settles it.

    Parameters
    ----------
    texts : iterable of str
        Cells in the order of their rows.
    item : str
        The file.
    known : date or None
        The day in its name.
    notes : Notes
        Takes what was decided; a cell whose day stays doubtful is refused by its reader, by row.
    """
    plain = [text.split()[0] for text in map(plain_text, texts) if _DOUBTFUL_DAY.fullmatch(text)]
    dates = [text for text, _ in groupby(plain)]
    said = Notes()
    try:
        order = order_of_dates(dates, item, "", known, said) if dates else ""
    except FileError:
        return ""
    notes.keep(*said.decisions)
    return order


def order_of_dates(
    dates: Sequence[str],
    item: str,
    declared: str,
    known: date | None,
    notes: Notes,
    *,
    first: str = "",
    usual: str = "",
) -> str:
    """Settle the order of day, month and year of dates in the order of their rows; see `settle_order`."""
    parts = [p for text in dates if len(p := re.split(r"[-/.]", text)) == 3]
    days = {o: [ordered_day((p[0], p[1], p[2]), o) for p in parts] for o in ("ymd", "dmy", "mdy")}
    share = {o: sum(d is not None for d in found) / max(1, len(found)) for o, found in days.items()}
    best = max(share.values(), default=0.0)
    if best < _FEW_WRONG:
        shown = [next(t for t, d in zip(dates, days[o], strict=True) if d is not None) for o in days if share[o] > 0]
        if not shown:
            raise FileError(item, "no_stamp_readable", {"stamp": dates[0][:40]})
        raise FileError(item, "date_orders_mixed", {"stamps": tuple(shown)})
    fitting = {o: [d for d in days[o] if d is not None] for o in days if share[o] == best}
    if declared in fitting:
        return declared
    if len({tuple(found) for found in fitting.values()}) == 1:
        return next(iter(fitting))
    return _doubtful_order(fitting, first or dates[0], item, known, notes, usual)


def _doubtful_order(
    fitting: Mapping[str, list[date]], first: str, item: str, known: date | None, notes: Notes, usual: str
) -> str:
    """Choose among orders that all rows allow: by the file's day, by what is possible, by the order of the rows.

    What is left is as the maker of the instrument delivers it (``usual``), if that is known.
    """
    if known is not None:
        same = [o for o, found in fitting.items() if found[0] == known]
        if len(same) == 1:
            notes.decide(item, "date_order_taken", {"order": same[0], "stamp": first, "day": str(known)})
            return same[0]
    last = day_from_today(None)
    possible = [o for o, found in fitting.items() if min(found) >= FIRST_DAY and max(found) <= last]
    if len(possible) == 1:
        why = Phrase("date_order_possible", {"stamp": first, "day": str(fitting[possible[0]][0])})
        notes.decide(item, "date_order_taken", {"order": possible[0]}, why)
        return possible[0]
    running = [o for o in possible or fitting if all(a <= b for a, b in pairwise(fitting[o]))]
    steady = [o for o in running if all((b - a).days <= 1 for a, b in pairwise(fitting[o])) and len(fitting[o]) > 1]
    for chosen in (running, steady):
        if len(chosen) == 1 and len(fitting[chosen[0]]) > 1:
            why = Phrase("date_order_by_rows", {"stamp": first, "day": str(fitting[chosen[0]][0])})
            notes.decide(item, "date_order_taken", {"order": chosen[0]}, why)
            return chosen[0]
    if "." in first and "dmy" in fitting and "ymd" in fitting:
        why = Phrase("date_order_of_points", {"stamp": first})
        notes.decide(item, "date_order_taken", {"order": "dmy"}, why)
        return "dmy"
    if usual in fitting:
        why = Phrase("date_order_of_maker", {"stamp": first, "day": str(fitting[usual][0])})
        notes.decide(item, "date_order_taken", {"order": usual}, why)
        return usual
    raise FileError(item, "year_and_day_alike" if "ymd" in fitting else "day_and_month_alike", {"stamp": first})
