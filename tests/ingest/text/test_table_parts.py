"""Parts of a table: where its headings and rows begin, units below them, commas, tokens, quotes, and odd fields."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.errors import UnknownFormat
from ingest.outcome import Decision, Phrase
from ingest.text import sections
from ingest.text.encodings import Decoded
from ingest.text.tables import (
    MISSING_TOKENS,
    Table,
    find_table,
    heading_with_unit,
    parse_number,
    read_columns,
    split_line,
)
from onevisit.words.telling import tell
from tests.told import raises_told

NAN = float("nan")


def _text(content: str) -> Decoded:
    return Decoded(
        "a.csv",
        content.encode(),
        "utf-8",
        (Decision("a.csv", "as_said", {"text": "before"}, Phrase("as_said", {"text": "x"})),),
    )


def _table(content: str, **more: object) -> Table:
    return find_table(_text(content), **more)  # type: ignore[arg-type]


def _numbers(content: str, *columns: int, **more: object) -> tuple[list[list[float | None]], list[tuple[str, str]]]:
    frame, notes = read_columns(_table(content), columns, (), **more)  # type: ignore[arg-type]
    return [frame[f"c{i}"].to_list() for i in columns], [(tell(note).decision, tell(note).evidence) for note in notes]


# --- where it is ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_a_table_by_hand(delimiter: str) -> None:
    """Headings, delimiter, line numbers, offset of the rows, unit row; what was said before goes first."""
    title = "a title\n\n"
    headings = delimiter.join(["time", "经度", "no2"]) + "\n"
    units = delimiter.join(["hh:mm:ss", "deg"]) + "\n"
    table = _table(title + headings + units + delimiter.join(["9:00:00", "104.5", "7"]) + "\n")
    assert table.item == "a.csv"
    assert (table.headings, table.delimiter) == (("time", "经度", "no2"), delimiter)
    assert (table.heading_line, table.first_line) == (3, 5)
    assert table.offset == len((title + headings + units).encode())
    assert table.units == ("hh:mm:ss", "deg", "")
    assert (table.decimal_comma, table.comment) == (False, "")
    assert [tell(d).decision for d in table.decisions] == ["before"]


def test_without_a_unit_row_the_rows_follow() -> None:
    """And the text of the file may be let go."""
    table = _table("time,no2 (ppb)\n9:00:00,7\n")
    assert (table.heading_line, table.first_line, table.offset, table.units) == (1, 2, 15, ())
    bare = table.without_rows()
    assert bare.text.data == b"" and bare.headings == table.headings and bare.item == "a.csv"
    assert table.text.data != b""


def test_the_line_that_names_most_is_the_heading_row() -> None:
    """The first of two equals; a comment and what stands before the first line allowed are not looked at."""
    text = "time,no2\ntime,no2,so2\ntime,co,so2\n1,2,3\n"
    assert _table(text).heading_line == 2
    assert _table(text, first_line=2).heading_line == 3
    assert _table("#time,no2,so2,co\ntime,no2\n1,2\n", comment="#").heading_line == 2
    assert _table("time,no2,no2,no2,no2\ntime,so2,co\n1,2\n").heading_line == 2  # one quantity counts once
    assert _table("time,A no2,B no2\ntime,no2\n1,2\n").heading_line == 1  # two instruments are two


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("time,no2", True),
        ("date,no2", True),
        ("时刻,no2", True),
        ("epoch,no2", True),
        ("lon,no2", False),
        ("time,foo", False),
        ("time,no2,1,x,x,x,x,x,x,x", True),
        ("time,no2,1,2,3,x,x,x,x,x", True),
        ("time,no2,1,2,3,4,x,x,x,x", False),
        ("time", False),
    ],
)
def test_what_a_heading_row_needs(line: str, found: bool) -> None:
    """A time and another quantity, and no more than three numbers in ten."""
    if found:
        assert _table(f"{line}\n").headings[0] == line.split(",")[0]
    else:
        with pytest.raises(UnknownFormat):
            _table(f"{line}\n")


def test_headings_that_the_mission_declares_count() -> None:
    """As quantities, and as times where they are."""
    assert _table("S1,time\n", columns={"s1": "so2 ppb"}).heading_line == 1
    assert _table("S1,当地\n", columns={"s1": "so2 ppb", "当地": "time"}).heading_line == 1
    with pytest.raises(UnknownFormat):
        _table("S1,当地\n", columns={"s1": "so2 ppb", "当地": "speed m/s"})


def test_headings_are_looked_for_in_four_hundred_lines() -> None:
    """Not in the one after."""
    assert _table("x\n" * 399 + "time,no2\n").heading_line == 400
    with pytest.raises(UnknownFormat):
        _table("x\n" * 400 + "time,no2\n")


def test_a_file_without_headings_is_shown() -> None:
    """Its first line that is not empty, sixty characters of it."""
    with raises_told(UnknownFormat, match="begins '" + "y" * 60 + "'") as caught:
        _table("\n  \n" + "y" * 70 + "\n")
    assert (caught.value.item, caught.value.where) == ("a.csv", "line 1")


def test_empty_headings_beside_a_time_are_named() -> None:
    """Two of them are enough; one is a remark column."""
    with raises_told(UnknownFormat, match="2 of 3 column headings are empty") as caught:
        _table("title\ntime,,\n1,2,3\n")
    assert caught.value.where == "line 2"
    with raises_told(UnknownFormat, match="no reader recognises it"):
        _table("time,\n1,2\n")
    with raises_told(UnknownFormat, match="no reader recognises it"):
        _table("x\n" * 50 + "time,,\n1,2,3\n")


@pytest.mark.parametrize(
    ("row", "is_units"),
    [
        (",ppb,m/s", True),
        ("(ppb),,", True),
        ("yyyy-MM-dd,,", True),
        ("yyyy,,", False),
        ("x,y,z", False),
        ("ppb,1,", False),
        (",,", False),
        ("ppb,,,", True),
        ("ppb,,,,", False),
    ],
)
def test_unit_rows(row: str, is_units: bool) -> None:
    """A unit or a pattern of a date, no number, at most one field more than the headings."""
    table = _table(f"time,no2,so2\n{row}\n1,2,3\n")
    assert (table.first_line == 3) == is_units
    assert bool(table.units) == is_units


def test_a_unit_goes_into_the_heading_that_has_none() -> None:
    """In brackets, without those it had; a word that is no unit is left."""
    table = _table("time,no2,so2 (ppm),co,x\nhh:mm:ss,(ppb),ppb,furlong\n1,2,3,4,5\n")
    expected = ["time", "no2(ppb)", "so2 (ppm)", "co", "x"]
    assert [heading_with_unit(table, i) for i in range(5)] == expected
    assert heading_with_unit(_table("time,no2\n1,2\n"), 1) == "no2"


def test_lines_are_split_as_csv() -> None:
    """Quotes hold delimiters; blanks and returns go; a broken quote is split plainly."""
    assert split_line(' a , "b, c" ,d\r', ",") == ["a", '"b', 'c"', "d"]
    assert split_line('a,"b, c",d\r', ",") == ["a", "b, c", "d"]
    assert split_line("a|b", "|") == ["a", "b"]
    assert split_line("x" * 140_000 + ",b", ",")[1] == "b"  # longer than a field of the csv module may be


# --- numbers -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1,5", 1.5),
        (" -1,25 ", -1.25),
        ("+0,5", 0.5),
        ("1,5,5", None),
        ("1,", None),
        ("1.000,5", None),
        ("5" + " " * 39, 5.0),
        ("5" + " " * 40, None),
        ("1e3", 1000.0),
        ("nan", NAN),
        ("inf", math.inf),
    ],
)
def test_numbers(text: str, value: float | None) -> None:
    """A decimal comma where there is no point; forty characters at most."""
    found = parse_number(text)
    assert found == value or (value is not None and found is not None and math.isnan(value) and math.isnan(found))


def test_a_decimal_comma_is_used_where_it_is_commoner_than_a_point() -> None:
    """In tables of semicolons, tabs and bars; the first such number is shown."""
    head = "time;no2;so2\n"
    table = _table(head + "x;1,5;2.5\nx;1,25;3\n")
    assert table.decimal_comma
    assert [(tell(d).decision, tell(d).evidence) for d in table.decisions][1:] == [
        ("numbers read with a decimal comma", "fields such as '1,5'")
    ]
    assert not _table(head + "x;1,5;2.5\n").decimal_comma
    assert not _table(head + "x;1;2\n").decimal_comma
    assert not _table('time,no2,so2\nx,"1,5",1\n').decimal_comma
    assert _table('time|no2\nx|"1,5"\n').decimal_comma
    assert _table("time\tno2\nx\t-1,5\n").decimal_comma
    assert not _table(head + "x;1;1\n" * 50 + "x;1,5;1\n").decimal_comma  # fifty rows are looked at
    assert _table(head + "x;1;1\n" * 49 + "x;1,5;1\n").decimal_comma
    assert _numbers(head + "x;1,5;2\nx;-1,25;3\n", 1, 2) == ([[1.5, -1.25], [2.0, 3.0]], [])


@pytest.mark.parametrize("token", sorted(set(MISSING_TOKENS) - {""}))
def test_every_token_of_no_value(token: str) -> None:
    """Is none in a column of numbers, and nothing needs to be said."""
    columns, notes = _numbers(f"time,no2\nx,1\nx,{token}\nx,2\n", 1)
    assert [None if value is None or math.isnan(value) else value for value in columns[0]] == [1.0, None, 2.0]
    assert notes == []


def test_tokens_of_no_value() -> None:
    """What loggers and spreadsheets of both languages write."""
    expected = (
        " NA N/A n/a na NaN nan NAN -nan null NULL None none -- - --- / * -9999 -9999.0 -9999.00 -99999 -8888 -7777 "
        "1.#QNAN -1.#IND 1.#INF -1.#INF 1.#IND #N/A 无 无数据 缺测"
    )
    assert list(MISSING_TOKENS) == expected.split(" ")


def test_a_code_of_no_value_counts_in_any_spelling() -> None:
    """-9999.000 and a format's own code; its neighbours are values, and so is the code in a column of text."""
    columns, notes = _numbers("time,no2,so2\nx,-9999.000,5\nx,-9998,-1\nx,-8888,-1.0\n", 1, 2, missing=("-1",))
    assert (columns, notes) == ([[None, -9998.0, None], [5.0, None, None]], [])
    frame, _ = read_columns(_table("time,no2\n-9999,1\n"), (1,), (0,))
    assert frame["c0"].to_list() == ["-9999"]


def test_a_word_among_numbers_is_missing_and_named() -> None:
    """The column, how many, the first and its row; blanks and quotes around numbers do not matter."""
    text = 'time,no2,so2\nx, 1 ,2\nx,fault,"3"\nx,off,4\nx,-9999,--\n'
    columns, notes = _numbers(text, 1, 2)
    assert columns == [[1.0, None, None, None], [2.0, 3.0, 4.0, None]]
    assert notes == [
        (
            '1 cells of column 2 "no2" are no plain numbers',
            "1 say what was done instead of measuring, taken as marks (fault)",
        ),
        ('1 fields of column 2 "no2" taken as missing', "not numbers; the first are off, data row 3"),
    ]
    own, notes = _numbers("time,no2\nx,1\nx,gone\nx,lost\n", 1, missing=("gone",))
    assert own == [[1.0, None, None]] and notes[0][0].startswith("1 fields")


def test_a_long_word_is_cut_at_forty() -> None:
    """In what is said of it."""
    _, notes = _numbers("time,no2\nx,1\nx," + "y" * 50 + "\n", 1)
    assert notes[0][1] == f"not numbers; the first are {'y' * 40}, data row 2"


def test_spelled_angles_are_read_and_the_rest_is_named() -> None:
    """Most of what is no number must be of one kind; texts beside stay as they are."""
    text = "time,lat,no2\na,30°36'N,1\nb,30.7,2\nc,30°42'N,x\nd,lost,4\n"
    frame, notes = read_columns(_table(text), (1, 2), (0,))
    assert frame["c1"].to_list() == [30.6, 30.7, 30.7, None]
    assert frame["c0"].to_list() == ["a", "b", "c", "d"]
    assert frame["c2"].to_list() == [1.0, 2.0, None, 4.0]
    assert [(tell(n).decision, tell(n).evidence) for n in notes] == [
        ('column 2 "lat" read as degrees, minutes and seconds', 'fields such as "30°36\'N"'),
        ('1 fields of column 2 "lat" taken as missing', "not numbers; the first are lost, data row 4"),
        ('1 fields of column 3 "no2" taken as missing', "not numbers; the first are x, data row 3"),
    ]
    assert tell(notes[0], "zh").decision == "第 2 列“lat”按度分秒读取"


def test_a_decimal_comma_beside_words() -> None:
    """Is still a comma."""
    columns, notes = _numbers("time;no2\nx;1,5\nx;off\nx;2,5\n", 1)
    assert columns == [[1.5, None, 2.5]] and len(notes) == 1
    numbers, _ = _numbers("time;no2\n" + "x;1\n" * 50 + "x;1,5\nx;off\n", 1)
    assert numbers[0][-2:] == [1.5, None]


# --- rows ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "time,no2,so2\na,1,2\nb,3,4\n",
        "title\n\ntime,no2,so2\na,1,2\nb,3,4",
        "time,no2,so2\na,1\nb,3,4\n",
        "time,no2,so2\na,1,2,9,9\nb,3,4\n",
        'time,no2,so2\n"a",1,2\nb,3,4\n',
        "time,no2,so2\n\na,1,2\nb,3,4\n",
        'time,no2,so2\na,1,2\n"b,3,4\n',
        "time,no2,so2\r\na,1,2\r\nb,3,4\r\n",
    ],
    ids=["plain", "title", "short", "long", "quoted", "blank", "open quote", "crlf"],
)
def test_rows_stand_under_their_headings(text: str) -> None:
    """Whatever the first row looks like: shorter, longer, quoted, empty; no column moves."""
    frame, _ = read_columns(_table(text), (1,), (0,))
    rows = [row for row in frame.rows() if row != (None, None)]
    assert [(str(name).strip('"'), value) for name, value in rows] == [("a", 1.0), ("b", 3.0)]


def test_comments_between_rows_are_none() -> None:
    """Where the format has them."""
    table = _table("time,no2\n##x\na,1\n## 5,5\nb,2\n", comment="##")
    frame, _ = read_columns(table, (1,), (0,))
    assert frame["c1"].to_list() == [1.0, 2.0]


def test_columns_are_those_asked_for() -> None:
    """By their place in the file, in its order."""
    frame, _ = read_columns(_table("time,a,b,no2\nx,1,2,3\n"), (3, 1), (0,))
    assert frame.columns == ["c0", "c1", "c3"]
    assert frame.rows() == [("x", 1.0, 3.0)]


@pytest.mark.parametrize("end", ["\n", ""])
def test_wrong_bytes_above_the_rows_do_not_shift_them(end: str) -> None:
    """In a title and in a heading; the offset counts bytes. Headings at the end of a file have no rows."""
    text = Decoded("a.csv", b"\xff\xfe title\ntime,no2\xff (ppb),so2\n9:00,1,2\n9:01,3,4" + end.encode(), "utf-8")
    table = find_table(text)
    assert table.offset == text.data.index(b"9:00")
    frame, _ = read_columns(table, (2,), (0,))
    assert frame.rows() == [("9:00", 2.0), ("9:01", 4.0)]
    bare = Decoded("a.csv", b"\xff\ntime,no2" + end.encode(), "utf-8")
    assert read_columns(find_table(bare), (1,), (0,))[0].height == 0


@given(
    st.lists(
        st.sampled_from(
            ["1,2", "-3,4", "平均,5", "time,so2", "", "2024-10-08,9", '"x",2', " 7,8", "#a", "é,1", "+1,2"]
        ),
        max_size=30,
    ),
    st.integers(0, 20),
)
def test_lines_that_begin_with_words_are_those_of_the_pattern(lines: list[str], offset: int) -> None:
    """Looking at the bytes behind all line ends together finds what the pattern finds, line by line."""
    data = ("h,v\n" + "\n".join(lines)).encode()
    offset = min(offset, len(data))
    slow = [match.start() for match in sections._WORDS_FIRST.finditer(data, offset)]
    quick = [end for end in sections._line_ends(data, offset) if sections._WORDS_FIRST.match(data, end)]
    assert quick == slow
