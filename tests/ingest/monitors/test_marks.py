"""Marks as integers with their meanings, back to texts, and laid over spans of time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from ingest.monitors import marks as monitor_marks
from ingest.monitors.collect import Collector, SeriesKey
from ingest.monitors.marks import Mark, apply_marks, mark_texts, mark_variable
from ingest.schema import check_monitor
from ingest.text.marks import HJ212_FLAGS, HJ212_MARKS
from onevisit.words.telling import ToldReject, tell
from tests.ingest.immutable import mutable_values
from tests.ingest.monitors.mark_rows import rows_of_marks

HOUR = 3_600_000_000_000


def marked(*texts: str) -> xr.DataArray:
    """A mark variable with these texts, a row each."""
    known = list(dict.fromkeys(("", *texts)))
    return xr.DataArray(mark_variable(np.array([known.index(text) for text in texts], int), known))


# --- texts and integers --------------------------------------------------------------------------------------------


def test_letters_have_the_numbers_of_their_table() -> None:
    """From 1 on in every variable, whatever else it holds; what they mean is said by a word each."""
    letters = "NCDMFBST"
    assert "".join(known.letter for known in HJ212_FLAGS) == letters
    assert list(HJ212_MARKS) == list(letters.lower())
    variable = marked(*letters, "停产")
    assert variable.values.tolist() == [1, 2, 3, 4, 5, 6, 7, 8, 16]
    assert variable.attrs["flag_values"].tolist() == [0, 1, 2, 3, 4, 5, 6, 7, 8, 16]
    assert variable.attrs["flag_meanings"] == (
        "no_mark normal calibration fault maintenance out_of_operation no_communication set_by_hand "
        "beyond_upper_limit 停产"
    )
    assert rows_of_marks(variable) == [*letters, "停产"]


def test_only_what_occurs_is_listed_but_for_no_mark() -> None:
    """The numbers of other letters are not among the values."""
    variable = marked("D", "d", "D")
    assert variable.values.tolist() == [3, 3, 3]
    assert (variable.attrs["flag_values"].tolist(), variable.attrs["flag_meanings"]) == ([0, 3], "no_mark fault")
    assert mark_variable(np.array([2]), ["", "x", "y"]).attrs["flag_meanings"] == "no_mark y"


def test_other_texts_are_numbered_by_the_alphabet() -> None:
    """So that the same texts have the same numbers, in whatever order they came."""
    assert marked("启炉", "停产", "", "启炉").values.tolist() == [17, 16, 0, 17]
    assert marked("停产", "启炉").values.tolist() == [16, 17]


def test_blanks_become_underscores_and_come_back() -> None:
    """A meaning is one word; runs of blanks of any kind are one."""
    variable = marked("Span  gas", "停运　检修\t二号", "Span gas")
    assert variable.attrs["flag_meanings"] == "no_mark Span_gas 停运_检修_二号"
    assert rows_of_marks(variable) == ["Span gas", "停运 检修 二号", "Span gas"]


@pytest.mark.parametrize(
    ("count", "dtype"), [(1, np.int8), (112, np.int8), (113, np.int16), (32_752, np.int16), (32_753, np.int32)]
)
def test_the_smallest_integers_that_hold_the_numbers(count: int, dtype: type) -> None:
    """112 texts from 16 on end at 127, 32 752 at 32 767; values and variable are of one type."""
    variable = mark_variable(np.arange(1, count + 1), ["", *(f"t{k:05d}" for k in range(count))])
    assert (variable.dtype, variable.attrs["flag_values"].dtype) == (np.dtype(dtype), np.dtype(dtype))
    assert int(variable.values[-1]) == 15 + count


@given(st.lists(st.sampled_from(["", "N", "d", "S", "停产", "a b", "no_mark", "fault", "x|y", "7"]), max_size=20))
def test_no_text_is_lost(texts: list[str]) -> None:
    """Letters come back as capitals, underscores as blanks, all else as it was; meanings are as many as values."""
    variable = marked(*texts)
    expected = [text.upper() if text == "d" else text.replace("_", " ") for text in texts]
    assert rows_of_marks(variable) == expected
    assert set(mark_texts(variable)) == set(variable.attrs["flag_values"].tolist())


def test_marks_survive_a_file(tmp_path) -> None:  # type: ignore[no-untyped-def]
    """Numbers, types, values and meanings are the same after netCDF-4."""
    series = hourly(3, mn="M1").assign(mark=marked("停产", "", "N").variable)
    series.to_netcdf(tmp_path / "a.nc", engine="netcdf4")
    with xr.open_dataset(tmp_path / "a.nc", engine="netcdf4") as read:
        assert read["mark"].dtype == np.int8
        assert read["mark"].values.tolist() == [16, 0, 1]
        assert rows_of_marks(read["mark"]) == ["停产", "", "N"]


# --- marks over spans of time --------------------------------------------------------------------------------------


MARK = Mark("t.csv, line 2", "停运", 0, 1, "", "", "", "", "", "")
NOBODY = {"mn": "", "point": "", "permit_code": "", "uscc": "", "site_name": ""}


@pytest.mark.parametrize(
    ("mark", "series", "covered"),
    [
        ({"mn": "M1"}, {"mn": "M1"}, True),
        ({"mn": "M1"}, {"mn": "M2"}, False),
        ({"mn": "M1"}, {}, False),
        ({}, {"mn": "M1"}, False),
        ({"permit_code": "P"}, {"permit_code": "P"}, True),
        ({"permit_code": "P"}, {"permit_code": "Q"}, False),
        ({"uscc": "U"}, {"uscc": "U"}, True),
        ({"uscc": "U"}, {"uscc": "V"}, False),
        ({"site_name": "甲"}, {"site_name": "甲"}, True),
        ({"site_name": "甲"}, {"site_name": "乙"}, False),
        ({"mn": "M1", "site_name": "甲"}, {"mn": "M1", "site_name": "乙"}, False),
        ({"mn": "M1", "site_name": "甲"}, {"site_name": "甲"}, True),
        ({"mn": "M1", "point": "DA001"}, {"mn": "M1", "point": "DA001"}, True),
        ({"mn": "M1", "point": "DA001"}, {"mn": "M1", "point": "DA002"}, False),
        ({"mn": "M1", "point": "DA001"}, {"mn": "M1", "point": ""}, True),
        ({"mn": "M1", "point": "DA001"}, {"mn": "M1", "point": "M1"}, True),
        ({"mn": "M1"}, {"mn": "M1", "point": "DA002"}, True),
        ({"point": "DA001"}, {"point": "DA001"}, False),
    ],
)
def test_whom_a_mark_covers(mark: dict[str, str], series: dict[str, str], covered: bool) -> None:
    """At least one name of both and none that differs; a point only where both name one."""
    dataset = xr.Dataset(attrs=NOBODY | series)
    assert replace(MARK, **mark).covers(dataset) == covered


def hourly(count: int, **names: str) -> xr.Dataset:
    """A series of hours from time 0."""
    collector = Collector()
    for hour in range(count):
        collector.points(SeriesKey("hour", **names)).add(hour * HOUR, "a21026", float(hour))
    return collector.drain().series[0]


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        (1 * HOUR, 3 * HOUR, [1, 2]),
        (1 * HOUR + 1, 3 * HOUR + 1, [2, 3]),
        (1 * HOUR, 1 * HOUR, [1]),
        (1 * HOUR + 1, 1 * HOUR + 1, []),
        (-HOUR, 0, []),
        (-HOUR, 1, [0]),
        (3 * HOUR, 99 * HOUR, [3]),
        (4 * HOUR, 99 * HOUR, []),
    ],
)
def test_a_mark_covers_from_its_start_to_before_its_end(start: int, end: int, hours: list[int]) -> None:
    """The hour of the start is in, that of the end is not; a mark without a length covers its own moment."""
    [found] = apply_marks([hourly(4, mn="M1")], [replace(MARK, mn="M1", start_ns=start, end_ns=end)]).value
    assert rows_of_marks(found["mark"]) == ["停运" if hour in hours else "" for hour in range(4)]
    check_monitor(found)


def test_marks_are_added_to_marks() -> None:
    """Own texts first, then the marks in order, with the code of their quantity; nothing is cut off."""
    series = hourly(2, mn="M1").assign(mark=marked("检修", "").variable)
    marks = [
        replace(MARK, mn="M1", text="a", start_ns=0, end_ns=9 * HOUR),
        replace(MARK, mn="M1", text="b" * 70, code="a21026", start_ns=0, end_ns=HOUR),
    ]
    outcome = apply_marks([series, hourly(1, mn="M2")], marks)
    found, other = outcome.value
    assert rows_of_marks(found["mark"]) == ["检修|a|a21026:" + "b" * 70, "a"]
    assert "mark" not in other
    assert outcome.rejects == ()


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ({"mn": "M9", "point": "DA001", "site_name": "乙"}, "M9"),
        ({"point": "DA001", "site_name": "乙"}, "DA001"),
        ({"site_name": "乙"}, "乙"),
        ({}, "no site named"),
    ],
)
def test_a_mark_of_nobody_is_rejected(names: dict[str, str], said: str) -> None:
    """With its file and line, its text and whom it names."""
    series = hourly(1, mn="M1")
    outcome = apply_marks([series], [replace(MARK, **names)])
    assert outcome.value[0] is series
    told = ToldReject("t.csv", "line 2", f"mark '停运' fits no series ({said})")
    assert [tell(r) for r in outcome.rejects] == [told]


def test_a_mark_that_is_there_is_not_said_twice() -> None:
    """Two rows of one list that overlap, and a text of the record itself."""
    series = hourly(3, mn="M1").assign(mark=marked("停运", "", "").variable)
    marks = [
        replace(MARK, mn="M1", start_ns=0, end_ns=2 * HOUR),
        replace(MARK, mn="M1", start_ns=HOUR, end_ns=9 * HOUR),
    ]
    [found] = apply_marks([series], marks).value
    assert rows_of_marks(found["mark"]) == ["停运", "停运", "停运"]
    assert found["mark"].values.tolist() == [16, 16, 16]


@given(st.lists(st.tuples(st.integers(-1, 9), st.integers(0, 5), st.sampled_from("xyz")), max_size=8))
def test_marks_lie_where_a_row_by_row_search_finds_them(spans: list[tuple[int, int, str]]) -> None:
    """Every row has the texts of the marks that cover it, in their order, each once."""
    marks = [replace(MARK, mn="M1", text=t, start_ns=s * HOUR, end_ns=(s + n) * HOUR) for s, n, t in spans]
    [found] = apply_marks([hourly(8, mn="M1")], marks).value
    expected = [
        "|".join(dict.fromkeys(m.text for m in marks if m.start_ns <= t * HOUR < max(m.end_ns, m.start_ns + 1)))
        for t in range(8)
    ]
    assert (rows_of_marks(found["mark"]) if "mark" in found else [""] * 8) == expected


def test_values_are_immutable() -> None:
    """Nothing that is handed on can be changed."""
    assert mutable_values(monitor_marks) == []
