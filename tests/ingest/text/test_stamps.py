"""Stamps of every spelling and the columns that hold them: exact moments, offsets, and days that do not exist."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.errors import FileError
from ingest.outcome import Notes
from ingest.text.times import stamps
from ingest.text.times.dateorder import settle_order
from ingest.text.times.stamps import date_in_name, parse_regular, parse_stamps
from ingest.traces.record import TraceSettings
from onevisit.words.telling import tell
from tests.ingest.traces.readings import read_file, said, the_record, utc
from tests.told import raises_told


def _times(*texts: str | None, **more: object) -> list[str]:
    stamps = parse_stamps(pl.Series(texts, dtype=pl.String), "f.csv", **more)  # type: ignore[arg-type]
    assert stamps.time.dtype == np.dtype("datetime64[ns]")
    return [str(time).rstrip("0").rstrip(".") if "." in str(time) else str(time) for time in stamps.time]


def _seconds(text: str) -> str:
    """A moment as `_times` writes it: with the seconds."""
    return text + "T00:00:00" if len(text) == 10 else text


# --- one stamp -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-10-08 09:05:03.1", "2024-10-08T09:05:03.1"),
        ("2024-10-08T09:05:03.123456789", "2024-10-08T09:05:03.123456789"),
        ("2024/10/08 23:59:59.999", "2024-10-08T23:59:59.999"),
        ("2024.10.08 00:00:00", "2024-10-08T00:00:00"),
        ("2024-02-29 00:00:00", "2024-02-29T00:00:00"),
        ("2000-02-29 12:00:00", "2000-02-29T12:00:00"),
        ("2024-12-31 00:00:00", "2024-12-31T00:00:00"),
        ("1969-12-31 23:59:59", "1969-12-31T23:59:59"),
        (" 2024-10-08 09:05:03 ", "2024-10-08T09:05:03"),
        ('"2024-10-08 09:05:03"', "2024-10-08T09:05:03"),
        ("2024-10-08 9:05", "2024-10-08T09:05:00"),
        ("2024-10-08", "2024-10-08"),
        ("25-09-2019", "2019-09-25"),
        ("25.9.19 9:05:03.5", "2019-09-25T09:05:03.5"),
        ("2024-10-08, 09:05:03", "2024-10-08T09:05:03"),
        ("9/25/2024 12:05:03 AM", "2024-09-25T00:05:03"),
        ("9/25/2024 12:05 pm", "2024-09-25T12:05:00"),
        ("2024年10月8日", "2024-10-08"),
        ("2024年10月8 9:05", "2024-10-08T09:05:00"),
        ("2024年10月8日 9时5分", "2024-10-08T09:05:00"),
        ("2024年10月8日9时5分3秒", "2024-10-08T09:05:03"),
        ("2024年10月8日 9时5", "2024-10-08T09:05:00"),
        ("20241008", "2024-10-08"),
        ("20241008T090503", "2024-10-08T09:05:03"),
        ("20241008_090503", "2024-10-08T09:05:03"),
        ("03/03/2024 01:02:03", "2024-03-03T01:02:03"),
        ("2024-01-01 24:00:00", "2024-01-02T00:00:00"),
    ],
)
def test_a_stamp_by_hand(text: str, expected: str) -> None:
    """Fractions to the nanosecond, leap days, times before 1970, noon and midnight, days without a clock."""
    assert _times(text, text) == [_seconds(expected)] * 2


@pytest.mark.parametrize(
    "wrong",
    [
        *("2024-02-30 00:00:00", "2023-02-29 00:00:00", "2100-02-29 00:00:00", "2024-04-31 00:00:00"),
        *("2024-13-01 00:00:00", "2024-00-01 00:00:00", "2024-01-00 00:00:00", "2024-01-32 00:00:00"),
        *("2024-01-01 24:00:01", "2024-01-01 00:60:00", "2024-01-01 0a:00:00", "2024-01-01 00:00;00"),
    ],
)
def test_a_moment_that_does_not_exist_is_missing(wrong: str) -> None:
    """Never the first of March for the thirtieth of February; the rows around it stand."""
    good = "2024-01-31 23:59:59"
    assert _times(good, wrong, good) == ["2024-01-31T23:59:59", "NaT", "2024-01-31T23:59:59"]
    assert parse_regular(pl.Series([good, wrong])) is None


@pytest.mark.parametrize(
    ("text", "regular"),
    [
        ("1678-01-01 00:00:00", True),
        ("1677-12-31 00:00:00", False),
        ("2261-12-31 23:59:59", True),
        ("2262-01-01 00:00:00", False),
        ("2024-12-31 23:59:59", True),
        ("2024-01-01 00:00:60", False),
        ("2024-01-01 00:00:00.1234567890", False),
        ("2024-1-01 00:00:00", False),
    ],
)
def test_what_is_read_by_digits(text: str, regular: bool) -> None:
    """Years that 64 bits of nanoseconds hold, real clocks, up to nine digits of a fraction."""
    times = parse_regular(pl.Series([text]))
    assert (times is not None) == regular
    if times is not None:
        assert times.tolist() == [np.datetime64(text, "ns").item()]


def test_what_is_read_by_digits_only_as_a_whole() -> None:
    """Another length, another separator, a missing row, no row: the general way is taken."""
    good = "2024-10-08 09:00:00"
    for other in ("2024-10-08 09:00:00.5", "2024/10/08 09:00:00", "2024-10-08T09:00:00", None, "温024-10-08 09:00:0"):
        assert parse_regular(pl.Series([good, other])) is None
    assert parse_regular(pl.Series([None, good])) is None
    assert parse_regular(pl.Series([], dtype=pl.String)) is None


def test_a_long_column_is_read_in_parts_that_join() -> None:
    """Every second of a day and a bit: 2 · 65 536 rows and one, none lost or repeated; a bad row in the last part."""
    start = datetime(2024, 10, 8)
    texts = [(start + timedelta(seconds=i)).isoformat(sep=" ") for i in range(131_073)]
    times = parse_regular(pl.Series(texts))
    assert times is not None
    assert (times == np.datetime64("2024-10-08", "ns") + np.arange(131_073) * np.timedelta64(1, "s")).all()
    assert parse_regular(pl.Series([*texts[:-1], "2024-02-30 00:00:00"])) is None


@given(st.datetimes(datetime(1680, 1, 1), datetime(2260, 1, 1)), st.integers(0, 6))
def test_digits_give_what_the_standard_library_gives(moment: datetime, places: int) -> None:
    """Any moment, cut at any digit of its fraction."""
    text = moment.strftime("%Y-%m-%d %H:%M:%S.%f").zfill(26)[: 19 + (places and places + 1)]
    times = parse_regular(pl.Series([text, text]))
    assert times is not None
    assert times.tolist() == [np.datetime64(text.replace(" ", "T"), "ns").item()] * 2


def test_the_commonest_spelling_is_tried_first() -> None:
    """Whatever stands first; rare ones beyond six are left out."""
    texts = ["2024-10-08 09:15", *["2024-10-08 09:15:30"] * 3, *["2024-10-08 09:15:30.5"] * 2]
    matches = [match for text in texts if (match := stamps._DATE.match(text))]
    expected = ["%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%d %H:%M"]
    assert stamps._formats(matches, "ymd") == expected


def test_several_spellings_in_one_column() -> None:
    """Seconds or not, a fraction or not, slashes or not: each row by its own."""
    assert _times("2024-10-08 9:05:03", "2024-10-08 9:05", "2024-10-08 9:05:03.5", "2024/10/08 9:05:04", "x") == [
        *("2024-10-08T09:05:03", "2024-10-08T09:05:00", "2024-10-08T09:05:03.5", "2024-10-08T09:05:04", "NaT"),
    ]


@pytest.mark.parametrize("texts", [("", " "), (None, None)])
def test_an_empty_column_is_refused(texts: tuple[str | None, ...]) -> None:
    """It says so."""
    with raises_told(FileError, match=r"f\.csv: the time column is empty"):
        _times(*texts)


def test_what_is_no_time_is_refused_with_an_example() -> None:
    """The first stamp is shown, forty characters of it."""
    with raises_told(FileError, match=r"time stamp 'lunch' is not understood; expected 2024-10-08 09:05:03"):
        _times("lunch", "dinner")
    with raises_told(FileError, match=r"no time stamp could be read; the first is '2024-13-45 09:00:00'"):
        _times("2024-13-45 09:00:00")


# --- offsets -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected", "offset"),
    [
        ("2024-10-08T09:00:00+08:00", "2024-10-08T01:00:00", 28800.0),
        ("2024-10-08 09:00:00 +0800", "2024-10-08T01:00:00", 28800.0),
        ("2024-10-08 09:00:00-03:30", "2024-10-08T12:30:00", -12600.0),
        ("2024-10-08 09:00:00-00:30", "2024-10-08T09:30:00", -1800.0),
        ("2024-10-08 09:00:00+05:45", "2024-10-08T03:15:00", 20700.0),
        ("2024-10-08 09:00:00 UTC", "2024-10-08T09:00:00", 0.0),
        ("2024-10-08 09:00:00GMT", "2024-10-08T09:00:00", 0.0),
        ("2024/10/8 9:00:00Z", "2024-10-08T09:00:00", 0.0),
    ],
)
def test_offsets_by_hand(text: str, expected: str, offset: float) -> None:
    """East is ahead of UTC, west behind it; half and quarter hours on the right side."""
    stamps = parse_stamps(pl.Series([text] * 2), "f.csv")
    assert stamps.offset_s == offset
    assert stamps.time.tolist() == [np.datetime64(expected, "ns").item()] * 2
    assert stamps.decisions == ()


@pytest.mark.parametrize("text", ["08-10-2024", "8-10-2024", "2024-10-08", "2024-10-08 09:00:00"])
def test_a_year_or_a_day_is_no_offset(text: str) -> None:
    """-2024 and -08 at the end of a date."""
    stamps = parse_stamps(pl.Series([text] * 2), "f.csv", date_order="dmy")
    assert stamps.offset_s is None
    assert str(stamps.time[0])[:10] == "2024-10-08"


def test_offsets_that_differ_are_each_applied_and_listed() -> None:
    """Their median is the offset of the file; a stamp without one is UTC, which is said."""
    texts = [
        "2024-10-27T02:59:59+02:00",
        "2024-10-27T02:00:00+01:00",
        "2024-10-27T01:00:01",
        "2024-10-27T02:00:02+01:00",
    ]
    stamps = parse_stamps(pl.Series(texts), "f.csv")
    assert [str(t)[11:19] for t in stamps.time] == ["00:59:59", "01:00:00", "01:00:01", "01:00:02"]
    assert stamps.offset_s == 3600.0
    assert [(d.item, tell(d).decision, tell(d).evidence) for d in stamps.decisions] == [
        ("f.csv", "stamps without an offset read as UTC among stamps with one", "1 of 4 stamps"),
        ("f.csv", "each stamp read with its own offset", "offsets [0.0, 1.0, 2.0] h in one file"),
    ]


# --- day and month -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (("12/11/2024", "13/11/2024"), "2024-11-12"),
        (("11/12/2024", "11/13/2024"), "2024-11-12"),
        (("05/05/2024", "06/06/2024"), "2024-05-05"),
    ],
)
def test_a_thirteenth_settles_day_and_month(texts: tuple[str, ...], expected: str) -> None:
    """In the first place it is a day, in the second a day too; where both are always equal it does not matter."""
    assert _times(*texts)[0] == _seconds(expected)


@pytest.mark.parametrize(
    ("item", "day", "expected", "order"),
    [
        ("20240403.csv", None, "2024-04-03", "dmy"),
        ("20240304.csv", None, "2024-03-04", "mdy"),
        ("x.csv", date(2024, 4, 3), "2024-04-03", "dmy"),
        ("20240403.csv", date(2024, 3, 4), "2024-03-04", "mdy"),
    ],
)
def test_the_day_of_the_file_settles_day_and_month(item: str, day: date | None, expected: str, order: str) -> None:
    """That of the preamble before that of the name; it is a decision with the stamp and the day."""
    stamps = parse_stamps(pl.Series(["03/04/2024 10:00:00", "03/05/2024 10:00:00"]), item, day=day)
    assert str(stamps.time[0])[:10] == expected
    (note,) = stamps.decisions
    assert (note.item, tell(note).decision) == (item, f"dates read as {order}")
    assert tell(note).evidence == f"first stamp '03/04/2024 10:00:00' on the day {expected} of the file"


@pytest.mark.parametrize("item", ["f.csv", "20240505.csv", "20240607.csv"])
def test_day_and_month_that_cannot_be_told_apart_are_refused(item: str) -> None:
    """No day in the name, one that is its own month, or another day; the line to write is there."""
    with raises_told(FileError, match=r"'03/04/2024' cannot be told apart; put `date_order = \"dmy\"` or"):
        parse_stamps(pl.Series(["03/04/2024"]), item)
    assert str(parse_stamps(pl.Series(["03/04/2024"]), item, date_order="mdy").time[0])[:10] == "2024-03-04"
    with raises_told(FileError, match="cannot be told apart"):
        parse_stamps(pl.Series(["03/04/2024"]), item, date_order="ymd")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a/20240403.csv", date(2024, 4, 3)),
        ("20240403/a.csv", None),
        ("1999.12.31-x.csv", date(1999, 12, 31)),
        ("x2024-04_03y", date(2024, 4, 3)),
        ("20241340_20240403.csv", date(2024, 4, 3)),
        ("120240403.csv", None),
        ("20240403123.csv", None),
        ("2024040312.csv", date(2024, 4, 3)),
        ("21240403.csv", None),
    ],
)
def test_days_in_names(name: str, expected: date | None) -> None:
    """In the file's own name, from 1900 to 2099, not inside of a longer number; an impossible day is passed over."""
    assert date_in_name(name) == expected


# --- columns of a table --------------------------------------------------------------------------------------------


def _table(headings: str, *rows: str) -> str:
    return f"{headings},no2 (ppb)\n" + "".join(f"{row},{i + 1}\n" for i, row in enumerate(rows))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (("1728349200.25", "1728349201"), ("2024-10-08T01:00:00.250", "2024-10-08T01:00:01")),
        (("1728349200250", "1728349201000"), ("2024-10-08T01:00:00.250", "2024-10-08T01:00:01")),
        (("1728349200250000", "1728349201000001"), ("2024-10-08T01:00:00.250", "2024-10-08T01:00:01.000001")),
        (("0.5", "4099999999"), ("1970-01-01T00:00:00.5", "2099-12-03T16:53:19")),
        (("99999999999", "99999999999"), ("NaT", "NaT")),
        (("1e11", "1e11"), ("1973-03-03T09:46:40", "1973-03-03T09:46:40")),
        (("99999999999999", "99999999999999"), ("NaT", "NaT")),
        (("1e14", "1e14"), ("1973-03-03T09:46:40", "1973-03-03T09:46:40")),
        (("1728349200", "0"), ("2024-10-08T01:00:00", "NaT")),
        (("1728349200", "-5"), ("2024-10-08T01:00:00", "NaT")),
        (("1728349200", "4100000000"), ("2024-10-08T01:00:00", "NaT")),
        (("1728349200", ""), ("2024-10-08T01:00:00", "NaT")),
    ],
)
def test_epochs(tmp_path: Path, values: tuple[str, str], expected: tuple[str, str]) -> None:
    """Seconds below 1e11, milliseconds below 1e14, else microseconds; 0, negatives and the year 2100 are none."""
    outcome = read_file(tmp_path, "a.csv", _table("epoch", *values))
    record = the_record(outcome)
    assert record.zone == "UTC" and record.stated_offset_s == 0.0
    assert list(record.time) == utc(*(text for text in expected if text != "NaT"))
    rows = [i + 1.0 for i, text in enumerate(expected) if text != "NaT"]
    assert [channel.values.tolist() for channel in record.channels] == ([rows] if rows else [])


def test_an_epoch_column_without_numbers_is_refused(tmp_path: Path) -> None:
    """It says so."""
    with raises_told(FileError, match="the epoch column holds no number"):
        read_file(tmp_path, "a.csv", _table("epoch", "x", "y"))


def test_an_epoch_is_preferred_and_rounded_to_the_microsecond(tmp_path: Path) -> None:
    """Beside a clock of its own; 0.1 s in binary is 0.1 s."""
    text = _table("epoch,time", "1728349200.1,2020-01-01 00:00:00", "1728349201.1,2020-01-01 00:00:01")
    assert list(the_record(read_file(tmp_path, "a.csv", text)).time) == utc(
        "2024-10-08T01:00:00.100", "2024-10-08T01:00:01.100"
    )


def test_nanoseconds_are_added_to_the_epoch(tmp_path: Path) -> None:
    """From 0 to one second, none where missing."""
    text = _table("epoch,nanoseconds", "1728349200,999999999", "1728349201,-5", "1728349202,2e9", "1728349203,")
    assert list(the_record(read_file(tmp_path, "a.csv", text)).time) == utc(
        "2024-10-08T01:00:00.999999999", "2024-10-08T01:00:01", "2024-10-08T01:00:03", "2024-10-08T01:00:03"
    )


@pytest.mark.parametrize(
    ("values", "zone"),
    [
        (("1728349200", " 1728349201.5 "), "UTC"),
        (("1728349200.0", "1728349201.5"), "UTC"),
    ],
)
def test_an_epoch_under_the_heading_time(tmp_path: Path, values: tuple[str, str], zone: str) -> None:
    """Ten digits that begin with 1 in every row are seconds since 1970."""
    record = the_record(read_file(tmp_path, "a.csv", _table("time", *values)))
    assert record.zone == zone
    assert list(record.time) == utc("2024-10-08T01:00:00", "2024-10-08T01:00:01.500")


@pytest.mark.parametrize("value", ["17283492000", "x", "2024-10-08 01:00:00"])
def test_what_is_no_epoch_among_epochs(tmp_path: Path, value: str) -> None:
    """Eleven digits, a word, a stamp that may be of another zone: left out, the others stand."""
    rows = "1728349200", "1728349201", value
    outcome = read_file(tmp_path, "a.csv", _table("time", *rows))
    assert list(the_record(outcome).time) == utc("2024-10-08T01:00:00", "2024-10-08T01:00:01")
    assert [reject.values["count"] for reject in outcome.rejects] == [1]


@pytest.mark.parametrize(
    ("headings", "first", "expected"),
    [
        ("date,time", "2024-10-08,09:05:03", "2024-10-08T09:05:03"),
        ("date,clock", "2024-10-08,09:05:03", "2024-10-08T09:05:03"),
        ("clock,date", "09:05:03,2024-10-08", "2024-10-08T09:05:03"),
        ("date,clock,time", "2024-10-08,09:05:03,x", "2024-10-08T09:05:03"),
        ("日期,时刻", "2024/10/8,9:05:03", "2024-10-08T09:05:03"),
        ("time,clock", "2024-10-08 01:00:00,09:05:03", "2024-10-08T01:00:00"),
        ("date", "2024-10-08 09:05:03", "2024-10-08T09:05:03"),
        ("clock", "2024-10-08 09:05:03", "2024-10-08T09:05:03"),
    ],
)
def test_date_and_clock_are_put_together(tmp_path: Path, headings: str, first: str, expected: str) -> None:
    """A date with a clock beside it, before a time; a time, a date or a clock alone may hold all of it."""
    record = the_record(read_file(tmp_path, "a.csv", _table(headings, first, first)))
    assert list(record.time) == utc(expected, expected)
    assert (record.zone, record.zone_hint) == ("", "")


@pytest.mark.parametrize(
    ("clocks", "expected"),
    [
        (("9:05", "09:06"), ("08T09:05:00", "08T09:06:00")),
        (("09:05:03.5", "09:05:04.5"), ("08T09:05:03.5", "08T09:05:04.5")),
        (("11:59:59 PM", "12:00:00 AM"), ("08T23:59:59", "08T00:00:00")),
        (("23:59:59", "00:00:00", "00:00:01"), ("08T23:59:59", "09T00:00:00", "09T00:00:01")),
        (("13:00:00", "01:00:00"), ("08T13:00:00", "08T01:00:00")),  # 12 h back is no midnight
        (("14:00:00", "01:00:00"), ("08T14:00:00", "09T01:00:00")),
        (("23:00:00", "00:00:00", "23:00:00", "00:00:00"), ("08T23", "09T00", "09T23", "10T00")),
    ],
)
def test_times_of_day_on_the_day_of_the_file(
    tmp_path: Path, clocks: tuple[str, ...], expected: tuple[str, ...]
) -> None:
    """The day of the name; the next one where the clock falls by more than half a day."""
    record = the_record(read_file(tmp_path, "20241008_a.csv", _table("time", *clocks)))
    assert list(record.time) == utc(*(f"2024-10-{text}" for text in expected))


def test_times_of_day_without_a_day_are_refused(tmp_path: Path) -> None:
    """With the column, the first of them and what to do."""
    with raises_told(FileError, match=r"time of day only \('9:05'\).*put the day into the file name") as caught:
        read_file(tmp_path, "a.csv", _table("x,时间", "1,9:05", "2,9:06"))
    assert caught.value.where == 'column 2 "时间"'


# --- zones in headings ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("heading", "hour", "note"),
    [
        ("时间(UTC+8)", "01", "times taken as UTC+8 h"),
        ("time [GMT+05:30]", "03:30", "times taken as UTC+5.5 h"),
        ("time (UTC-5)", "14", "times taken as UTC-5 h"),
        ("time (utc +0330)", "05:30", "times taken as UTC+3.5 h"),
        ("北京时间", "01", "times taken as UTC+8 h"),
        ("Time (Beijing time)", "01", "times taken as UTC+8 h"),
        ("time UTC", "09", ""),
        ("Time (GMT)", "09", ""),
    ],
)
def test_a_heading_that_states_an_offset(tmp_path: Path, heading: str, hour: str, note: str) -> None:
    """Ahead of UTC is earlier in UTC; an offset of zero moves nothing and needs no decision."""
    outcome = read_file(tmp_path, "a.csv", _table(heading, "2024-10-08 09:00:00", "2024-10-08 09:00:01"))
    record = the_record(outcome)
    assert record.zone == "UTC"
    start = f"2024-10-08T{hour}" + (":00:00" if len(hour) == 2 else ":00")
    assert list(record.time) == [np.datetime64(start, "ns"), np.datetime64(start, "ns") + np.timedelta64(1, "s")]
    assert said(outcome.decisions) == ([(note, f"the heading {heading!r} says so")] if note else [])


@pytest.mark.parametrize("heading", ["time (cutc)", "time (UTCX)"])
def test_letters_around_utc_make_another_word(tmp_path: Path, heading: str) -> None:
    """No zone is read out of them."""
    record = the_record(read_file(tmp_path, "a.csv", _table(heading, "2024-10-08 09:00:00", "2024-10-08 09:00:01")))
    assert record.zone == ""


@pytest.mark.parametrize(
    ("heading", "hint"),
    [
        ("local time", "local"),
        ("Time (LT)", "local"),
        ("date_lt", "local"),
        ("LST", "local"),
        ("time (local)", "local"),
        ("time", ""),
        ("time (alt)", ""),
    ],
)
def test_a_heading_that_says_local(tmp_path: Path, heading: str, hint: str) -> None:
    """As a hint for whoever settles the zone."""
    record = the_record(read_file(tmp_path, "a.csv", _table(heading, "2024-10-08 09:00:00", "2024-10-08 09:00:01")))
    assert (record.zone, record.zone_hint) == ("", hint)


@pytest.mark.parametrize(
    ("heading", "stamp", "note"),
    [
        ("time (UTC)", "2024-10-08 09:00:00+08:00", "the stamps carry +8.0 h, the heading says +0.0 h"),
        ("time (UTC+8)", "2024-10-08 01:00:00Z", "the stamps carry +0.0 h, the heading says +8.0 h"),
        ("time (UTC+8)", "2024-10-08 09:00:00+08:00", ""),
        ("time", "2024-10-08 09:00:00+08:00", ""),
    ],
)
def test_offsets_in_the_stamps_are_believed(tmp_path: Path, heading: str, stamp: str, note: str) -> None:
    """Before the heading; where the two differ it is said."""
    outcome = read_file(tmp_path, "a.csv", _table(heading, stamp, stamp))
    record = the_record(outcome)
    assert record.zone == "UTC" and record.time[0] == np.datetime64("2024-10-08T01:00:00")
    expected = [(f"offset in the stamps believed, not the heading {heading!r}", note)] if note else []
    assert said(outcome.decisions) == expected


def test_the_order_of_day_and_month_may_be_declared(tmp_path: Path) -> None:
    """For a table without a format of its own."""
    text = _table("time", "03/04/2024 09:00:00", "03/04/2024 09:00:01")
    record = the_record(read_file(tmp_path, "a.csv", text, TraceSettings(date_order="dmy")))
    assert record.time[0] == np.datetime64("2024-04-03T09:00:00")


@given(tail=st.text(alphabet="0123456789\x00:x ", max_size=4), lead=st.sampled_from(["", " ", "\t", "\u3000"]))
def test_a_date_that_runs_into_what_follows_is_a_broken_row_and_no_error(tail: str, lead: str) -> None:
    """Its order is settled by the whole rows, whatever a broken one holds; ten of them say day before month."""
    whole = [f"{day}/12/2016 08:00" for day in range(14, 24)]
    assert settle_order(pl.Series([f"{lead}13/12/2016{tail}", *whole]), "a.csv", "", None, Notes()) == "dmy"
    assert settle_order(pl.Series([*whole, f"{lead}13/12/2016{tail}"]), "a.csv", "", None, Notes()) == "dmy"
