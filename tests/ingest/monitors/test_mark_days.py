"""Days of marks that do not begin with the year: their order is that of all rows, of both columns."""

from __future__ import annotations

import pytest

from ingest.errors import FileError
from tests.ingest.monitors.monitor_sheets import parse, utc

HEAD = "监控点,开始时间,结束时间,标记内容\n"


@pytest.mark.parametrize(
    ("rows", "first"),
    [
        (("03/04/2024 08:00,03/04/2024 09:00", "25/04/2024 08:00,25/04/2024 09:00"), "2024-04-03"),
        (("03/04/2024 08:00,03/04/2024 09:00", "04/04/2024 08:00,04/25/2024 09:00"), "2024-03-04"),
        (("03/04/2024 08:00,25/04/2024 09:00", "04/05/2024 08:00,31/12/9999 00:00"), "2024-04-03"),
    ],
)
def test_one_row_or_end_settles_all(rows: tuple[str, ...], first: str) -> None:
    """A day above twelve, in either column; an end that never comes settles nothing and is open."""
    found = parse(HEAD + "".join(f"一号,{row},检修\n" for row in rows))
    assert found.rejects == []
    assert found.marks[0].start_ns == utc(first)  # 08:00 in China
    assert len(found.marks) == len(rows)


def test_rows_that_run_settle_it_and_it_is_said() -> None:
    """From January to June in one order, jumping about in the other."""
    days = ("05/01/2024", "03/02/2024", "08/03/2024", "02/06/2024")
    found = parse(HEAD + "".join(f"一号,{day} 08:00,{day} 09:00,检修\n" for day in days))
    assert [mark.start_ns for mark in found.marks] == [
        utc(day) for day in ("2024-01-05", "2024-02-03", "2024-03-08", "2024-06-02")
    ]
    assert [d.values["order"] for d in found.decisions if d.code == "date_order_taken"] == ["dmy"]


def test_a_table_whose_days_nothing_settles_is_refused() -> None:
    """One mark that can be of March or of April: nobody guesses."""
    with pytest.raises(FileError) as caught:
        parse(HEAD + "一号,03/04/2024 08:00,03/04/2024 09:00,检修\n")
    assert caught.value.phrase.code == "record_dates_doubtful"
