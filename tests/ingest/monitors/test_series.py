"""Values of monitor records, collected: the table of codes, replaced values, and the datasets that come out."""

from __future__ import annotations

import numpy as np
import pytest

from ingest.monitors import series
from ingest.monitors.series import Code, Collector, SeriesKey, code_of, hj212_codes
from ingest.outcome import Decision
from tests.ingest.immutable import mutable_values

T0 = 1_727_740_800_000_000_000  # 2024-10-01 00:00 UTC
HOUR = 3_600_000_000_000
# HJ 212-2017, annex B, as "2017 code: 2005 code".
PUBLISHED = """
w00000:B01 w01001:001 w01002:002 w01012:003 w01017:010 w01018:011 w01020:015 w02003:550 w19002:520 w20012:039
w20023:037 w20038:040 w20061:038 w20089:041 w20092:036 w20111:020 w20113:021 w20115:022 w20116:023 w20117:024
w20119:026 w20120:027 w20121:028 w20122:029 w20123:030 w20124:031 w20125:032 w21001:065 w21003:060 w21011:101
w21016:070 w21017:072 w21019:071 w21022:090 w22001:080 w23002:110 a00000:B02 a01010:37 a01011:S02 a01012:S03
a01013:S08 a01014:S05 a01017:S04 a05001:30 a19001:S01 a20025:33 a20043:32 a20057:31 a21001:10 a21002:03 a21005:04
a21017:07 a21018:06 a21022:11 a21024:08 a21026:02 a21028:05 a23001:27 a24046:29 a24087:25 a25003:17 a25005:18
a25010:23 a31001:19 a34013:01 a34038:09 a34039:14 a34040:15 a99051:12
"""
# Everything that is not a mass per volume.
UNITS = {
    "w00000": "L s-1", "w01001": "1", "w01002": "1", "w01003": "1", "w01010": "degC", "w01014": "uS cm-1",
    "w02003": "1", "a00000": "m3 s-1", "a01001": "degC", "a01002": "%", "a01006": "kPa", "a01007": "m s-1",
    "a01008": "degree", "a01010": "1", "a01011": "m s-1", "a01012": "degC", "a01013": "kPa", "a01014": "%",
    "a01017": "kPa", "a19001": "%", "a05024": "ug m-3", "a34002": "ug m-3", "a34004": "ug m-3",
}  # fmt: skip


# --- codes ---------------------------------------------------------------------------------------------------------


def test_old_codes_are_the_published_ones() -> None:
    """Every quantity that had a number in 2005 has the one that the standard of 2017 prints beside it."""
    published = dict(pair.split(":") for pair in PUBLISHED.split())
    assert {code.code: code.old for code in hj212_codes() if code.old} == published


def test_units_of_all_quantities() -> None:
    """Water in mg/L, air in mg/m³, but for what is no concentration, and fine dust and ozone."""
    for code in hj212_codes():
        common = "mg L-1" if code.code.startswith("w") else "mg m-3"
        assert code.unit == UNITS.get(code.code, common), code


def test_no_name_stands_for_two_quantities() -> None:
    """Codes, names and abbreviations are each of one quantity, old codes too, so that no row hides another."""
    names = [n for c in hj212_codes() for n in {w.lower() for w in (c.code, c.name_zh, c.name_en, *c.aliases)}]
    assert len(names) == len(set(names))
    old = [c.old for c in hj212_codes() if c.old]
    assert len(old) == len(set(old))


@pytest.mark.parametrize("name", ["w01018", "011", " COD ", "CODcr", "化学需氧量", "Chemical Oxygen Demand"])
def test_every_name_leads_to_the_whole_quantity(name: str) -> None:
    """Code, old code, names in any case and blanks around them."""
    assert code_of(name) == Code("w01018", "011", "化学需氧量", "chemical oxygen demand", "mg L-1", ("cod", "codcr"))


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("a00000", "烟气流量 标况流量 废气"), ("w00000", "流量 废水流量 flow"), ("w01001", "pH PH值"),
        ("w01012", "SS 悬浮物"), ("w01009", "DO 溶解氧"), ("w01019", "CODMn 高锰酸盐指数"), ("w01017", "BOD BOD5"),
        ("w01020", "TOC"),
        ("w21001", "TN 总氮"), ("w21003", "NH3-N 氨氮"), ("w21011", "TP 总磷"), ("w20117", "六价铬"),
        ("w20111", "总汞"),
        ("a21026", "SO2 二氧化硫"), ("a21002", "NOx 氮氧化物"), ("a21003", "NO"), ("a21004", "NO2"), ("a21005", "CO"),
        ("a05001", "CO2"), ("a05024", "O3 臭氧"), ("a19001", "O2 氧含量 含氧量"), ("a21001", "NH3 氨 氨气"),
        ("a21028", "H2S 硫化氢"), ("a21024", "HCl 氯化氢"), ("a21018", "HF 氟化物"), ("a24088", "NMHC 非甲烷总烃"),
        ("a24087", "THC 总烃"), ("a99054", "VOCs TVOC voc"), ("a25002", "苯 benzene"), ("a25003", "甲苯 toluene"),
        ("a25005", "二甲苯 xylene"), ("a31001", "HCHO 甲醛"), ("a34002", "PM10"), ("a34004", "PM2.5 pm25"),
        ("a34013", "颗粒物 烟尘 粉尘 PM dust"), ("a01011", "流速 烟气流速"), ("a01012", "烟温"), ("a01013", "烟压"),
        ("a01014", "含湿量"), ("a01001", "气温"), ("a01007", "风速"), ("a01008", "风向"),
    ],
)  # fmt: skip
def test_common_names_of_quantities(code: str, names: str) -> None:
    """Formulas and words as platforms write them."""
    assert {name: getattr(code_of(name), "code", None) for name in names.split()} == dict.fromkeys(
        names.split(), code
    )


def test_what_is_no_quantity_is_none() -> None:
    """Other words, nothing at all, and an old code in small letters."""
    assert [code_of(name) for name in ("电话", "", "s01", "w0101")] == [None] * 4


# --- the collector -------------------------------------------------------------------------------------------------


def test_a_series_holds_everything_under_its_name() -> None:
    """Times of all variables in order, gaps as NaN or empty, attributes of the first value, names of the site."""
    key = SeriesKey("hour", "M1", "DA001", "P1", "U1", "厂", "a.csv")
    collector = Collector()
    collector.add(key, T0 + HOUR, "a21026", 2.0, {"units": "mg m-3", "limit": 50.0})
    collector.add(key, T0, "a21026", 1.0, {"units": "ppm"})
    collector.add(key, T0 + 2 * HOUR, "mark", "停运" * 20)
    collector.add(key, T0, "x", 7.0)
    collector.add(key, T0, "a21026_mark", "N")
    [series], decisions = collector.datasets()
    assert decisions == []
    assert series["time"].values.tolist() == [T0, T0 + HOUR, T0 + 2 * HOUR]
    assert series["time"].attrs == {"standard_name": "time", "axis": "T"}
    np.testing.assert_array_equal(series["a21026"].values, [1.0, 2.0, np.nan])
    np.testing.assert_array_equal(series["x"].values, [7.0, np.nan, np.nan])
    assert (series["a21026"].dtype, series["x"].dtype) == (np.dtype(np.float64), np.dtype(np.float64))
    assert series["mark"].values.tolist() == ["", "", "停运" * 20]
    assert (series["mark"].dtype, series["a21026_mark"].dtype) == (np.dtype("<U40"), np.dtype("<U8"))
    assert series["a21026"].attrs == {"units": "mg m-3", "limit": 50.0}
    assert (series["x"].attrs, series["mark"].attrs) == ({"units": "1"}, {})
    assert series.attrs == {
        "interval": "hour", "mn": "M1", "point": "DA001", "permit_code": "P1", "uscc": "U1", "site_name": "厂",
        "source": "a.csv",
    }  # fmt: skip


def test_a_column_of_numbers_and_words_is_one_of_words() -> None:
    """A number among texts is kept as its text, in full length."""
    collector, key = Collector(), SeriesKey("hour")
    collector.add(key, T0, "x", "on")
    collector.add(key, T0 + HOUR, "x", 0.123456789012)
    [series], _ = collector.datasets()
    assert series["x"].values.tolist() == ["on", "0.123456789012"]


@pytest.mark.parametrize(
    ("first", "second", "left", "count"),
    [
        (1.0, 2.0, 2.0, 1),
        (1.0, 1.0, 1.0, 0),
        (np.nan, np.nan, np.nan, 0),
        (np.nan, 2.0, 2.0, 1),
        (1.0, np.nan, np.nan, 1),
        ("N", "D", "D", 1),
        ("N", "N", "N", 0),
    ],
)
def test_the_later_value_of_a_time_counts(
    first: float | str, second: float | str, left: float | str, count: int
) -> None:
    """Another value replaces and is counted, the same value and a second gap are neither."""
    collector, key = Collector(), SeriesKey("hour", source="a.csv")
    collector.add(key, T0, "x", first)
    collector.add(key, T0, "x", second)
    [series], decisions = collector.datasets()
    np.testing.assert_array_equal(series["x"].values, [left])
    text = f"{count} values replaced by later ones of the same time"
    assert decisions == ([Decision("a.csv", text, "same point, quantity and time")] if count else [])


def test_replaced_values_are_counted_by_file() -> None:
    """Two points of one file together, another file apart."""
    collector = Collector()
    for source, mn, times in (("a", "1", 2), ("a", "2", 3), ("b", "1", 2)):
        for number in range(times):
            collector.add(SeriesKey("hour", mn, source=source), T0, "x", float(number))
    assert [(d.item, d.decision[:8]) for d in collector.datasets()[1]] == [("a", "3 values"), ("b", "1 values")]


@pytest.mark.parametrize("name", ["interval", "mn", "point", "permit_code", "uscc", "site_name", "source"])
def test_series_differ_by_every_part_of_their_key(name: str) -> None:
    """Two keys that differ in one part only are two series, in the order of that part."""
    collector = Collector()
    words = ("minute", "hour") if name == "interval" else ("b", "a")
    for word in words:
        collector.add(SeriesKey(**({"interval": "day"} | {name: word})), T0, "x", 1.0)
    assert [series.attrs[name] for series in collector.datasets()[0]] == sorted(words)


def test_series_are_sorted_by_site_then_point_then_interval_then_file() -> None:
    """Permit code before credit code before name before device, point, interval and file."""
    order = ("permit_code", "uscc", "site_name", "mn", "point", "interval", "source")
    collector = Collector()
    for k, name in enumerate(order):  # the k-th key is low in the k-th part only
        values = {n: "hour" if n == "interval" else "b" for n in order}
        collector.add(SeriesKey(**(values | {name: "day" if name == "interval" else "a"})), T0, str(k), 1.0)
    assert [next(iter(s.data_vars)) for s in collector.datasets()[0]] == [str(k) for k in range(len(order))]


def test_values_are_immutable() -> None:
    """Nothing that is handed on can be changed."""
    assert mutable_values(series) == []
