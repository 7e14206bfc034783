"""Which number of a day is the month, in columns of registers and marks: by all rows, in their own order."""

from __future__ import annotations

from datetime import date

import pytest

from ingest.outcome import Notes
from ingest.text.times.dateorder import order_if_settled


@pytest.mark.parametrize(
    ("texts", "known", "order", "said"),
    [
        (["05/06/2024", "03/04/2024", "10/01/2024"], None, "", 0),  # would run in mdy if they were sorted as texts
        (["05/01/2024", "05/01/2024", "03/02/2024", "08/03/2024"], None, "dmy", 1),
        (["03/04/2024", "25/04/2024", "04/05/2024"], None, "dmy", 0),
        (["03/04/2024", "04/25/2024"], None, "mdy", 0),
        (["13/04/2024", "04/13/2024"], None, "", 0),  # the rows contradict each other
        (["03/04/2024", "02/01/2024"], date(2024, 4, 3), "dmy", 1),
        (["2024-03-04", "长期", ""], None, "", 0),
        ([], None, "", 0),
    ],
)
def test_the_order_of_a_column(texts: list[str], known: date | None, order: str, said: int) -> None:
    """By a day above twelve, the day in the name, or rows that run; what nothing settles is left to each row."""
    notes = Notes()
    assert order_if_settled(texts, "r.csv", known, notes) == order
    assert len(notes.decisions) == said and notes.rejects == []
