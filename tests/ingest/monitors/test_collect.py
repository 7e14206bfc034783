"""Values of monitor records, collected: columns, replaced values, and the datasets that come out."""

from __future__ import annotations

import tracemalloc
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.monitors import collect
from ingest.monitors.collect import LAST_NS, Collected, Collector, SeriesKey
from ingest.monitors.positions import Spot
from onevisit.words.telling import ToldDecision, tell
from tests.ingest.immutable import mutable_values
from tests.ingest.monitors.mark_rows import rows_of_marks
from tests.ingest.monitors.slow_collector import Value, collect_slowly

T0 = 1_727_740_800_000_000_000  # 2024-10-01 00:00 UTC
HOUR = 3_600_000_000_000


def collected(values: Sequence[tuple[int, str, float | str]], source: str = "") -> Collected:
    """What a series of these times, names and values gives."""
    collector = Collector()
    for time_ns, name, value in values:
        collector.points(SeriesKey("hour", source=source)).add(time_ns, name, value)
    return collector.drain()


def test_a_series_holds_everything_under_its_name() -> None:
    """Times of all variables in order, gaps as NaN or 0, attributes of the first value, names of the site."""
    collector = Collector()
    points = collector.points(SeriesKey("hour", "M1", "DA001", "P1", "U1", "厂", "a.csv"))
    points.add(T0 + HOUR, "a21026", 2.0, {"units": "mg m-3", "limit": 50.0})
    points.add(T0, "a21026", 1.0, {"units": "ppm"})
    points.add(T0 + 2 * HOUR, "mark", "停运" * 20)
    points.add(T0, "x", 7.0)
    points.add(T0, "a21026_mark", "N")
    found = collector.drain()
    [series] = found.series
    assert (found.decisions, found.spots) == ((), (None,))
    assert list(series.data_vars) == ["a21026", "mark", "x", "a21026_mark"]
    assert series["time"].values.tolist() == [T0, T0 + HOUR, T0 + 2 * HOUR]
    assert series["time"].attrs == {"standard_name": "time", "axis": "T"}
    np.testing.assert_array_equal(series["a21026"].values, [1.0, 2.0, np.nan])
    np.testing.assert_array_equal(series["x"].values, [7.0, np.nan, np.nan])
    assert (series["a21026"].dtype, series["x"].dtype) == (np.dtype(np.float64), np.dtype(np.float64))
    assert (series["mark"].values.tolist(), series["a21026_mark"].values.tolist()) == ([0, 0, 16], [1, 0, 0])
    assert rows_of_marks(series["mark"]) == ["", "", "停运" * 20]
    assert series["a21026"].attrs == {"units": "mg m-3", "limit": 50.0}
    assert series["x"].attrs == {"units": "1"}
    assert series.attrs == {
        "interval": "hour", "mn": "M1", "point": "DA001", "permit_code": "P1", "uscc": "U1", "site_name": "厂",
        "source": "a.csv",
    }  # fmt: skip


def test_a_number_under_the_name_of_marks_is_a_text() -> None:
    """In full length; what is a mark is told by the name, whichever comes first."""
    for values in ((0.123456789012, "on"), ("on", 0.123456789012)):
        [series] = collected([(T0 + k * HOUR, "x_mark", value) for k, value in enumerate(values)]).series
        assert rows_of_marks(series["x_mark"]) == [str(value) for value in values]


def test_a_text_under_the_name_of_numbers_is_an_error() -> None:
    """A reader that mixes them is wrong."""
    with pytest.raises(TypeError):
        collected([(T0, "x", "on")])


@pytest.mark.parametrize(
    ("first", "second", "left", "count"),
    [
        (1.0, 2.0, 2.0, 1), (1.0, 1.0, 1.0, 0), (np.nan, np.nan, np.nan, 0), (np.nan, 2.0, 2.0, 1),
        (1.0, np.nan, np.nan, 1),
    ],
)  # fmt: skip
def test_the_later_value_of_a_time_counts(first: float, second: float, left: float, count: int) -> None:
    """Another value replaces and is counted, the same value and a second gap are neither."""
    found = collected([(T0, "x", first), (T0, "x", second)], "a.csv")
    np.testing.assert_array_equal(found.series[0]["x"].values, [left])
    text = f"{count} values replaced by later ones of the same time"
    told = ToldDecision("a.csv", text, "same point, quantity and time")
    assert [tell(d) for d in found.decisions] == ([told] if count else [])


@pytest.mark.parametrize(("texts", "count"), [("ND", 1), ("NN", 0), ("NDN", 2)])
def test_the_later_mark_of_a_time_counts(texts: str, count: int) -> None:
    """As with numbers; a mark that comes back is a replacement twice."""
    found = collected([(T0, "mark", text) for text in texts])
    assert rows_of_marks(found.series[0]["mark"]) == [texts[-1]]
    assert [tell(d).decision[:8] for d in found.decisions] == ([f"{count} values"] if count else [])


def test_a_value_that_says_the_same_leaves_what_stands() -> None:
    """Minus zero equals zero: the sign of the first stays, and nothing is counted."""
    found = collected([(T0, "x", 0.0), (T0, "x", -0.0), (T0 + HOUR, "x", 1.0)])
    assert np.signbit(found.series[0]["x"].values).tolist() == [False, False]
    assert found.decisions == ()


def test_replaced_values_are_counted_by_file() -> None:
    """Two points of one file together, another file apart, in the order in which the files came."""
    collector = Collector()
    for source, mn, times in (("b", "1", 2), ("b", "2", 3), ("a", "1", 2)):
        for number in range(times):
            collector.points(SeriesKey("hour", mn, source=source)).add(T0, "x", float(number))
    assert [(d.item, tell(d).decision[:8]) for d in collector.drain().decisions] == [
        ("b", "3 values"),
        ("a", "1 values"),
    ]


@pytest.mark.parametrize("name", ["interval", "mn", "point", "permit_code", "uscc", "site_name", "source"])
def test_series_differ_by_every_part_of_their_key(name: str) -> None:
    """Two keys that differ in one part only are two series, in the order of that part."""
    collector = Collector()
    words = ("minute", "hour") if name == "interval" else ("b", "a")
    for word in words:
        collector.points(SeriesKey(**({"interval": "day"} | {name: word}))).add(T0, "x", 1.0)
    assert [series.attrs[name] for series in collector.drain().series] == sorted(words)


def test_series_are_sorted_by_site_then_point_then_interval_then_file() -> None:
    """Permit code before credit code before name before device, point, interval and file."""
    order = ("permit_code", "uscc", "site_name", "mn", "point", "interval", "source")
    collector = Collector()
    for k, name in enumerate(order):  # the k-th key is low in the k-th part only
        values = {n: "hour" if n == "interval" else "b" for n in order}
        key = SeriesKey(**(values | {name: "day" if name == "interval" else "a"}))
        collector.points(key).add(T0, str(k), 1.0)
    assert [next(iter(s.data_vars)) for s in collector.drain().series] == [str(k) for k in range(len(order))]


def test_a_series_without_values_is_none_and_a_collector_is_emptied() -> None:
    """Rows that gave nothing leave no series; what was handed on is not handed on again."""
    collector = Collector()
    collector.points(SeriesKey("hour", "1"))
    collector.points(SeriesKey("hour", "2")).add(T0, "x", 1.0)
    assert [series.attrs["mn"] for series in collector.drain().series] == ["2"]
    assert collector.drain() == Collected((), (), (), ())


def test_the_first_position_of_a_series_counts() -> None:
    """The same words again are no other position; others are counted by file."""
    collector = Collector()
    points = collector.points(SeriesKey("hour", source="a.csv"))
    points.add(T0, "x", 1.0)
    for number, lon in enumerate(("104.1", "104.1", "104.2", "104.1", "104.3")):
        points.place(Spot((lon,), ("30.5",), item="a.csv", where=f"line {number}"))
    found = collector.drain()
    assert [spot and (spot.lons, spot.where) for spot in found.spots] == [(("104.1",), "line 0")]
    text = "2 rows name another position than their series"
    told = ToldDecision("a.csv", text, "the first position of a series is taken")
    assert [tell(d) for d in found.decisions] == [told]


def test_the_first_and_the_last_time_that_fit() -> None:
    """1677 and 2262, to the nanosecond; one that does not fit 64 bits is an error of the reader."""
    [series] = collected([(LAST_NS, "x", 1.0), (-LAST_NS, "x", 2.0)]).series
    assert series["time"].values.astype("M8[s]").astype(str).tolist() == [
        "1677-09-21T00:13:20",
        "2262-04-11T23:46:40",
    ]
    assert series["x"].values.tolist() == [2.0, 1.0]
    with pytest.raises(OverflowError):
        collected([(2**63, "x", 1.0)])


TIMES = st.integers(0, 6).map(lambda hour: T0 + hour * HOUR)
NUMBERS = st.sampled_from([0.0, -0.0, 1.0, 2.0, float("nan"), float("inf")])
TEXTS = st.sampled_from(["N", "停产", "启炉"])
VALUES = st.lists(
    st.one_of(
        st.tuples(st.sampled_from("ab"), TIMES, st.sampled_from("xyz"), NUMBERS),
        st.tuples(st.sampled_from("ab"), TIMES, st.sampled_from(["mark", "x_mark"]), TEXTS),
    ),
    max_size=60,
)  # fmt: skip


def as_slow(found: Collected) -> dict[str, dict[str, dict[int, float | str]]]:
    """The series as the slow collector has them, without rows that are gaps."""
    result: dict[str, dict[str, dict[int, float | str]]] = {}
    for series in found.series:
        names = result.setdefault(series.attrs["source"], {})
        for name, variable in series.data_vars.items():
            marks = variable.dtype.kind == "i"
            values = rows_of_marks(variable) if marks else variable.values.tolist()
            rows = zip(series["time"].values.tolist(), values, strict=True)
            names[str(name)] = {time: value for time, value in rows if value not in ("",) and value == value}
    return result


@given(VALUES)
def test_columns_hold_what_a_dictionary_would(values: list[Value]) -> None:
    """Every value, variable, time and count of replaced values; the sign of zero too."""
    collector = Collector()
    for source, time_ns, name, value in values:
        collector.points(SeriesKey("hour", source=source)).add(time_ns, name, value)
    found = collector.drain()
    slow, replaced = collect_slowly(values)
    without_gaps = {
        source: {name: {t: v for t, v in column.items() if v == v} for name, column in names.items()}
        for source, names in slow.items()
    }
    assert repr(sorted_deep(as_slow(found))) == repr(sorted_deep(without_gaps))
    times = {s.attrs["source"]: s["time"].values.tolist() for s in found.series}
    assert times == {source: sorted({t for c in names.values() for t in c}) for source, names in slow.items()}
    assert {d.item: int(tell(d).decision.split()[0]) for d in found.decisions} == {
        k: n for k, n in replaced.items() if n
    }


def sorted_deep(tree: object) -> object:
    """Dictionaries as sorted lists, all the way down."""
    return [(k, sorted_deep(v)) for k, v in sorted(tree.items())] if isinstance(tree, dict) else tree


@given(st.permutations(range(12)))
def test_the_order_of_arrival_does_not_matter(order: list[int]) -> None:
    """Values of different times give the same series, marks numbered alike, in whatever order they come."""
    values = [(T0 + k * HOUR, name, value) for k in range(6) for name, value in (("x", k / 2), ("mark", f"m{k % 3}"))]
    points = Collector()
    for name in ("x", "mark"):  # the order of variables is that of their first values
        points.points(SeriesKey("hour")).add(*next(value for value in values if value[1] == name))
    for at in order:
        points.points(SeriesKey("hour")).add(*values[at])
    [series] = points.drain().series
    assert series["x"].values.tolist() == [0.0, 0.5, 1.0, 1.5, 2.0, 2.5]
    assert series["mark"].values.tolist() == [16, 17, 18, 16, 17, 18]
    assert series["mark"].attrs["flag_meanings"] == "no_mark m0 m1 m2"


def test_a_million_values_take_twenty_bytes_each_at_most() -> None:
    """From the first value to the last dataset, at the peak: 16 for time and value, the rest is room to grow."""
    keys = [SeriesKey("hour", str(number)) for number in range(100)]
    tracemalloc.start()
    collector = Collector()
    for hour in range(1000):
        time_ns = T0 + hour * HOUR
        for key in keys:
            points = collector.points(key)
            for name in ("a", "b", "c", "d", "e", "f", "g", "h", "i", "j"):
                points.add(time_ns, name, 1.5)
    found = collector.drain()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert sum(series["a"].size for series in found.series) == 100_000
    assert peak <= 20_000_000


def test_values_are_immutable() -> None:
    """Nothing that is handed on can be changed."""
    assert mutable_values(collect) == []
