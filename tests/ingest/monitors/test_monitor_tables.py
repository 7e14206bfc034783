"""Tables of platforms: times, headings and values."""

from __future__ import annotations

import re
from importlib.resources import files

import numpy as np
import pytest

from ingest.errors import UnknownFormat
from onevisit.words.telling import ToldDecision, ToldReject, tell
from tests.ingest.monitors.mark_rows import rows_of_marks
from tests.ingest.monitors.monitor_sheets import PERMIT, USCC, parse, utc
from tests.told import raises_told

NAN = float("nan")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-10-01 08:00", "2024-10-01T00:00:00"),
        ("2024-10-01 08:05:07", "2024-10-01T00:05:07"),
        ("2024-10-01T08:05:07", "2024-10-01T00:05:07"),
        ("2024-10-01 08:05:07.250", "2024-10-01T00:05:07.250"),
        ("2024-10-01 08:00:00.0", "2024-10-01T00:00:00"),
        ("2024/1/2 3:04", "2024-01-01T19:04:00"),
        ("2024.1.2 3", "2024-01-01T19:00:00"),
        ("2024年10月1日8时5分7秒", "2024-10-01T00:05:07"),
        ("2024年10月1日 8点", "2024-10-01T00:00:00"),
        ("2024年10月1日8时5分", "2024-10-01T00:05:00"),
        ("2024年10月1号", "2024-09-30T16:00:00"),
        ("2024-10-01", "2024-09-30T16:00:00"),
        ("2024-10-01 23:59:59", "2024-10-01T15:59:59"),
        ("2024-10-01 24:00", "2024-10-01T16:00:00"),
        ("2024-12-31 24:00:00", "2024-12-31T16:00:00"),
        ("2024-10-01T08:00:00Z", "2024-10-01T08:00:00"),
        ("2024-10-01T08:00:00+08:00", "2024-10-01T00:00:00"),
        ("2024-10-01 08:00:00-0330", "2024-10-01T11:30:00"),
        ("2024-10-01 08：05：07", "2024-10-01T00:05:07"),
        ("2024-02-29 08:00", "2024-02-29T00:00:00"),
        ("20241001 08:00", "2024-10-01T00:00:00"),
        ("2024-10-01 08:00 PM", "2024-10-01T12:00:00"),
    ],
)
def test_times_as_people_write_them(text: str, expected: str) -> None:
    """Local time of the site in any punctuation; 24:00 is midnight at the day's end; a stated zone is believed."""
    found = parse(f"企业名称,时间,二氧化硫\n甲,{text},1\n")
    assert found.one["time"].values.tolist() == [utc(expected)]


def test_times_are_of_the_zone_that_is_given() -> None:
    """The same text in another zone, with its summer time."""
    for zone, expected in (("UTC", "2024-07-01T08:00"), ("Europe/Berlin", "2024-07-01T06:00")):
        found = parse("时间,二氧化硫\n2024-07-01 08:00,1\n", zone=zone)
        assert found.one["time"].values.tolist() == [utc(expected)]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("昨天", "its time is not like 2024-10-01 08:00"),
        ("", "its time is not like 2024-10-01 08:00"),
        ("2024-10-011", "its time is not like 2024-10-01 08:00"),
        (
            "2024-10-01 08:00-09:00",
            "its time is a span; put its beginning into a column of its own, as 2024-10-01 08:00",
        ),
        ("2024-13-01 08:00", "its time is not in the calendar"),
        ("2023-02-29 08:00", "its time is not in the calendar"),
        ("2024-10-01 25:00", "its time is not in the calendar"),
        ("2024-10-01 48:00", "its time is not in the calendar"),
        ("2024-10-01 08:60", "its time is not in the calendar"),
        ("2024-10-01 08:00:60", "its time is not in the calendar"),
        ("2262-04-12 08:00", "its year is 2262, before 2005 or after today: the clock of the device was reset"),
        ("1677-09-21 08:00", "its year is 1677, before 2005 or after today: the clock of the device was reset"),
        ("2000-01-01 08:00", "its year is 2000, before 2005 or after today: the clock of the device was reset"),
    ],
)
def test_times_that_are_none(text: str, reason: str) -> None:
    """The row is named with the reason, the others are read; a second such row is counted."""
    rows = f"甲,{text},1\n" * 3
    found = parse(f"企业名称,时间,二氧化硫\n甲,2024-10-01 08:00,5\n{rows}甲,2024-10-01 09:00,6\n")
    assert found.one["a21026"].values.tolist() == [5.0, 6.0]
    assert [tell(r) for r in found.rejects] == [
        ToldReject("t.csv", "line 3", f"row not used: {reason}"),
        ToldReject("t.csv", "line", f"2 more rows not used: {reason}"),
    ]


def test_one_bad_row_is_told_once() -> None:
    """There is no second line on rows of which there is one."""
    found = parse("时间,二氧化硫\n昨天,1\n2024-13-01,1\n")
    assert [(r.where, tell(r).reason[:22]) for r in found.rejects] == [
        ("line 2", "row not used: its time"), ("line 3", "row not used: its time"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("times", "interval"),
    [
        (("2024-10-01 00:00:00", "2024-10-01 00:00:49"), "realtime"),
        (("2024-10-01 00:00:00", "2024-10-01 00:00:50"), "minute"),
        (("2024-10-01 00:00:00", "2024-10-01 00:29:59"), "minute"),
        (("2024-10-01 00:00:00", "2024-10-01 00:30:00"), "hour"),
        (("2024-10-01 00:00:00", "2024-10-01 22:13:19"), "hour"),
        (("2024-10-01 00:00:00", "2024-10-01 22:13:20"), "day"),
        (("2024-10-01", "2024-10-02", "2024-10-05"), "day"),
        (("2024-10-01",), "day"),
        (("2024-10-01 00:00",), "day"),
        (("2024-10-01 08:00",), "hour"),
        (("2024-10-01 08:00", "2024-10-01 08:00"), "hour"),
        (("2024-10-01 10:00", "2024-10-01 08:00", "2024-10-01 09:00"), "hour"),
        # the commonest step, not the mean nor the extremes
        (("2024-10-01 08:00", "2024-10-01 08:01", "2024-10-01 08:02", "2024-10-03 08:03"), "minute"),
        (("2024-10-01 08:00", "2024-10-01 08:01", "2024-10-01 09:01", "2024-10-01 10:01"), "hour"),
        (("昨天", "2024-10-01 08:00", "2024-10-01 08:01"), "minute"),
    ],
)
def test_interval_by_the_commonest_step(times: tuple[str, ...], interval: str) -> None:
    """50 s, half an hour and 80 000 s part moments, minutes, hours and days; dates without a clock are days."""
    found = parse("时间,二氧化硫\n" + "".join(f"{time},1\n" for time in times))
    assert found.one.attrs["interval"] == interval


@pytest.mark.parametrize("word", ["折算值", "折算浓度", "折算均值", "折算", "corrected", "-折算值", "_corrected"])
def test_words_of_corrected_columns(word: str) -> None:
    """The value at reference oxygen has its own variable."""
    one = parse(f"时间,SO2{word}(mg/m3)\n2024-10-01 08:00,5\n").one
    assert {name: float(v[0]) for name, v in one.data_vars.items()} == {"a21026_corrected": 5.0}
    assert one["a21026_corrected"].attrs == {"code": "a21026", "long_name": "sulfur dioxide", "units": "mg m-3"}


@pytest.mark.parametrize("word", ["数据标识", "数据标记", "标记", "标识", "flag", "mark", " Flag"])
def test_words_of_mark_columns(word: str) -> None:
    """A mark of a quantity is a text of up to 64 characters."""
    one = parse(f"时间,SO2{word}\n2024-10-01 08:00, {'D' * 70} \n").one
    assert {name: rows_of_marks(v) for name, v in one.data_vars.items()} == {"a21026_mark": ["D" * 64]}


@pytest.mark.parametrize("word", ["标准限值", "排放限值", "标准值", "限值", "limit"])
def test_words_of_limit_columns(word: str) -> None:
    """A limit is an attribute of both values of its quantity, and no value of its own."""
    one = parse(f"时间,SO2,SO2折算,SO2{word},NOx\n2024-10-01 08:00,5,6,35,7\n").one
    assert sorted(one.data_vars) == ["a21002", "a21026", "a21026_corrected"]
    assert (one["a21026"].attrs["limit"], one["a21026_corrected"].attrs["limit"]) == (35.0, 35.0)
    assert "limit" not in one["a21002"].attrs


@pytest.mark.parametrize("word", ["排放量", "累计", "总量"])
def test_words_of_columns_that_are_passed_over(word: str) -> None:
    """Amounts are understood and not used: no value of the quantity, and named."""
    found = parse(f"时间,SO2(mg/m3),SO2{word}(kg)\n2024-10-01 08:00,5,6\n")
    assert list(found.one.data_vars) == ["a21026"]
    assert [decision.values for decision in found.decisions] == [{"columns": (f"SO2{word}(kg)",)}]


@pytest.mark.parametrize(
    "word", ["实测浓度", "实测值", "监测值", "小时均值", "日均值", "均值", "浓度", "实测", "value", "", "：", "*"]
)
def test_words_of_value_columns(word: str) -> None:
    """The measured value under the code of its quantity."""
    one = parse(f"时间,SO2{word}\n2024-10-01 08:00,5\n").one
    assert {name: float(v[0]) for name, v in one.data_vars.items()} == {"a21026": 5.0}


@pytest.mark.parametrize(
    ("unit", "expected"),
    [
        ("(mg/m³)", "mg m-3"), ("（毫克/立方米）", "mg m-3"), ("[ug/m3]", "ug m-3"), ("(μg/m³)", "ug m-3"),
        ("(µg/m3)", "ug m-3"), ("(微克/立方米)", "ug m-3"), ("(毫克/升)", "mg L-1"), ("(MG/L)", "mg L-1"),
        ("(升/秒)", "L s-1"), ("(立方米/小时)", "m3 h-1"), ("(立方米/时)", "m3 h-1"), ("(m3/s)", "m3 s-1"),
        ("(m/s)", "m s-1"), ("(℃)", "degC"), ("(无量纲)", "1"), ("(kW)", "kW"), ("(kWh)", "kWh"), ("(kPa)", "kPa"),
        ("(%)", "%"), ("(ppm)", "ppm"), ("()", "mg m-3"), ("", "mg m-3"), ("( mg / m3 )", "mg m-3"),
    ],
)  # fmt: skip
def test_units_of_headings(unit: str, expected: str) -> None:
    """Chinese and Latin symbols in any brackets; the unit of the standard where the heading has none."""
    assert parse(f"时间,SO2{unit}\n2024-10-01 08:00,5\n").one["a21026"].attrs["units"] == expected


def test_columns_that_nobody_knows_are_named() -> None:
    """With their whole heading, twelve at most; an empty heading is none."""
    unknown = [f"备注{k}(x)" for k in range(13)]
    found = parse(f"时间,,SO2(mg/m3),{','.join(unknown)}\n2024-10-01 08:00,x,5{',1' * 13}\n")
    text = "columns left out: " + ", ".join(unknown[:12])
    why = "their headings are not in the vocabulary"
    assert [tell(d) for d in found.decisions] == [ToldDecision("t.csv", text, why)]


@pytest.mark.parametrize(
    ("heading", "found"),
    [
        ("时间,SO2(mg/m3)", True), ("时间,实测值,监测因子", True), ("时间,功率,设备", True), ("时间,电流,设备", True),
        ("时间,电量,设备", True), ("时间,状态,设备", True), ("开始时间,结束时间", True), ("MN,企业名称", True),
        ("MN,排污许可证编号", True), ("MN,统一社会信用代码", True), ("时间,电话", False), ("SO2,电话", False),
        ("开始时间,SO2", False), ("企业名称,排污许可证编号", False), ("MN,电话", False),
    ],
)  # fmt: skip
def test_what_makes_a_heading_row(heading: str, found: bool) -> None:
    """A time with something measured, a beginning with an end, or a device with the name of its site."""
    text = f"标题\n{heading},x\n1,2,3\n"
    if found:
        assert [tell(d).decision for d in parse(text).decisions] == ["columns left out: x"]
    else:
        with raises_told(UnknownFormat, match="no heading row names a time and a quantity; the first row is '标题'"):
            parse(text)


@pytest.mark.parametrize(("titles", "found"), [(25, True), (26, False)])
def test_the_heading_is_looked_for_in_the_first_26_rows(titles: int, found: bool) -> None:
    """25 rows may stand above it, one more is too many; the message quotes eight cells of the first with a text."""
    cells = ",".join(f"c{k}" for k in range(9))
    text = "\n" + f"{cells}\n" * (titles - 1) + "时间,SO2\n2024-10-01 08:00,5\n"
    if found:
        assert parse(text).one["a21026"].values.tolist() == [5.0]
    else:
        with raises_told(UnknownFormat, match="'c0, c1, c2, c3, c4, c5, c6, c7'; expected 监测时间 and 实测值"):
            parse(text)


@pytest.mark.parametrize(
    ("role", "headings"),
    [
        ("time", "监测时间 数据时间 上报时间 DataTime Time 时间 日期"),
        ("mn", "MN MN号 设备MN号 数采仪编号 MN-号"),
        ("point", "监控点名称 排口名称 排放口编号 Outlet"),
        ("permit_code", "排污许可证编号 permit_code"),
        ("uscc", "统一社会信用代码"),
        ("name", "企业名称 单位名称"),
        ("species", "监测因子 污染物 因子编码"),
        ("value", "实测值 监测浓度 平均值 avg"),
        ("corrected", "折算值 ZsAvg"),
        ("limit", "标准限值 排放标准"),
        ("unit", "单位 计量单位"),
        ("mark", "标记 数据标识 Flag"),
    ],
)
def test_headings_of_long_tables(role: str, headings: str) -> None:
    """Each of the names of a column, in the place of the usual one, gives the same row."""
    usual = {
        "time": "时间", "mn": "MN", "point": "监控点", "permit_code": "许可证编号", "uscc": "信用代码",
        "name": "企业", "species": "因子", "value": "数值", "corrected": "折算", "limit": "限值", "unit": "单位",
        "mark": "标记",
    }  # fmt: skip
    row = f"2024-10-01 08:00,M1,DA001,{PERMIT},{USCC},甲,COD,30.5,31.5,50,毫克/升,D"
    for heading in headings.split():
        head = ",".join((usual | {role: heading}).values())
        one = parse(f"{head}\n{row}\n").one
        assert one.attrs == {
            "interval": "hour", "mn": "M1", "point": "DA001", "permit_code": PERMIT, "uscc": USCC, "site_name": "甲",
            "source": "t.csv",
        }, heading  # fmt: skip
        attrs = {"code": "w01018", "long_name": "chemical oxygen demand", "units": "mg L-1", "limit": 50.0}
        values = ("w01018", "w01018_corrected")
        assert {k: (v.values.tolist(), v.attrs) for k, v in one[list(values)].data_vars.items()} == {
            "w01018": ([30.5], attrs), "w01018_corrected": ([31.5], attrs),
        }, heading  # fmt: skip
        assert rows_of_marks(one["w01018_mark"]) == ["D"], heading


# What a heading means by the words in it; the first that fits.
WORDS = (
    ("start_lon", "(起.*点?|发射.)经度|^startlon"), ("start_lat", "(起.*点?|发射.)纬度|^startlat"),
    ("end_lon", "(终.*点?|接收.|反射.)经度|^endlon"), ("end_lat", "(终.*点?|接收.|反射.)纬度|^endlat"),
    ("height", "高度|height"),
    ("start", "开始|起始|^start"), ("end", "结束|截止|终止|^end"), ("interval", "数据类型|时间类型|周期|interval"),
    ("clock", "时刻"), ("hour", "^小时$|时段|^hour$"),
    ("hours", "运行(时间|小时|时长)|hours"), ("time", "时间|日期|time|^date"), ("mn", "mn|数采仪|唯一标识"),
    ("mark_kind", "标记(类型|内容|名称|原因)|工况|异常类型|markkind"), ("linked", "关联|对应|linked"),
    ("limit", "限值|标准|limit"), ("corrected", "折算|corrected|^zs"), ("role", "类型|类别|role"),
    ("unit", "单位|unit"), ("mark", "标记|标识|数据状态|flag|mark"), ("state", "状态|state"), ("power", "功率|power"),
    ("current", "电流|current"), ("energy", "电量|energy"), ("device", "设备|设施|计量点|device|meter"),
    ("species", "因子|污染|项目|指标|species|pollutant|code"), ("value", "值|浓度|value|avg"),
    ("point", "点|口|outlet|point"),
)  # fmt: skip


def test_every_heading_means_what_its_words_say() -> None:
    """All of the vocabulary, each heading once and written as headings are compared."""
    text = (files("ingest.text") / "monitor_headings.csv").read_text(encoding="utf-8")
    rows = [line.split(",") for line in text.splitlines()[1:]]
    found = {heading: next((role for role, words in WORDS if re.search(words, heading)), "") for _, heading in rows}
    assert found == {heading: role for role, heading in rows}
    assert len(found) == len(rows)
    assert not any(re.search(r"[A-Z\s_:：*()（）\[\]-]", heading) for heading in found)


@pytest.mark.parametrize(
    ("text", "value", "mark"),
    [
        ("12.3", 12.3, None), ("-1.5e-3", -0.0015, None), ("+4", 4.0, None), ("2E2", 200.0, None), (" 7 ", 7.0, None),
        ("12.3(M)", 12.3, "M"), ("12.3（d）", 12.3, "D"), ("12.3 T", 12.3, "T"), ("12.3 ( )", NAN, None),
        ("1.2.3", NAN, None), ("<0.5", NAN, "below detection"), ("12.3(MM)", 12.3, "MM"), ("-", NAN, None),
        ("停运", NAN, "停运"),
        ("1e299", 1e299, None), ("1e300", NAN, None), ("-1e300", NAN, None), ("1e999", NAN, None),
    ],
)  # fmt: skip
def test_numbers_with_and_without_a_letter(text: str, value: float, mark: str | None) -> None:
    """A letter behind a number is its mark, in a wide table and a long one, measured or corrected; words are gaps."""
    for head, name in (("时间,SO2", "a21026"), ("时间,SO2折算值", "a21026_corrected")):
        one = parse(f"{head}\n2024-10-01 08:00,{text}\n").one
        np.testing.assert_array_equal(one[name].values, [value])
        assert (rows_of_marks(one["a21026_mark"]) if "a21026_mark" in one else None) == ([mark] if mark else None)
    one = parse(f"时间,因子,实测值,折算值\n2024-10-01 08:00,SO2,,{text}\n").one
    np.testing.assert_array_equal(one["a21026_corrected"].values, [value])
    assert ("a21026_mark" in one) == (mark is not None)


def test_empty_cells_of_a_wide_table_are_no_values() -> None:
    """A time without the quantity is a gap only where another quantity has the time."""
    one = parse("时间,SO2,NOx\n2024-10-01 08:00,5,\n2024-10-01 09:00, ,6\n2024-10-01 10:00,,\n").one
    assert one["time"].values.tolist() == [utc("2024-10-01T00:00"), utc("2024-10-01T01:00")]
    np.testing.assert_array_equal(one["a21026"].values, [5.0, np.nan])
    np.testing.assert_array_equal(one["a21002"].values, [np.nan, 6.0])


def test_a_long_row_with_one_value_only() -> None:
    """Corrected alone leaves a gap in the measured value; a limit in words is none; no value, no row."""
    head = "时间,因子,实测值,折算值,限值,标记"
    one = parse(f"{head}\n2024-10-01 08:00,SO2,,6,无,N\n").one
    np.testing.assert_array_equal(one["a21026"].values, [np.nan])
    assert one["a21026_corrected"].values.tolist() == [6.0]
    assert rows_of_marks(one["a21026_mark"]) == ["N"]
    assert "limit" not in one["a21026"].attrs
    one = parse(f"{head}\n2024-10-01 08:00,SO2,5,,,\n").one
    assert {k: v.values.tolist() for k, v in one.data_vars.items()} == {"a21026": [5.0]}
    one = parse(f"{head}\n2024-10-01 08:00,SO2,,,,停运\n").one
    assert {k: rows_of_marks(v) for k, v in one.data_vars.items()} == {"mark": ["停运"]}
    assert parse(f"{head}\n2024-10-01 08:00,SO2,,,50,\n").series == ()


def test_a_quantity_that_is_not_in_the_standard_keeps_its_name() -> None:
    """Its own name as code and variable, its unit as written, a pure number where there is none."""
    one = parse("时间,因子,数值,单位\n2024-10-01 08:00,某物,5,个\n2024-10-01 08:00,另物,6,\n").one
    assert one["某物"].attrs == {"code": "某物", "long_name": "某物", "units": "个"}
    assert one["另物"].attrs == {"code": "另物", "long_name": "另物", "units": "1"}


@pytest.mark.parametrize(
    ("permit", "uscc", "expected"),
    [
        (PERMIT, "", (PERMIT, USCC)),
        (PERMIT, "91350100M000100Y43", (PERMIT, "91350100M000100Y43")),
        (PERMIT, USCC[:17] + "0", (PERMIT, USCC)),
        (PERMIT[:20], USCC, ("", USCC)),
        (PERMIT[:20], "", ("", "")),
        (PERMIT.lower(), "", (PERMIT, USCC)),
        ("", USCC.lower(), ("", USCC)),
    ],
)
def test_codes_of_the_site(permit: str, uscc: str, expected: tuple[str, str]) -> None:
    """Codes of the wrong shape are left out; the credit code comes from the permit code where the row has none."""
    one = parse(f"许可证编号,信用代码,时间,SO2\n{permit},{uscc},2024-10-01 08:00,5\n").one
    assert (one.attrs["permit_code"], one.attrs["uscc"]) == expected
