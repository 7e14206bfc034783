"""Tables of platforms: devices, positions, large and damaged tables, marks."""

from __future__ import annotations

from collections.abc import Iterator
from zoneinfo import ZoneInfo

import pytest

from ingest.errors import FileError
from ingest.monitors import tables as monitor_tables
from ingest.monitors.marks import Mark
from ingest.monitors.positions import Spot
from ingest.monitors.tables import Device, read_table
from ingest.text.marks import NO_MARK
from ingest.text.sheets import Sheet
from onevisit.words.telling import ToldReject, tell
from tests.ingest.immutable import mutable_values
from tests.ingest.monitors.mark_rows import rows_of_marks
from tests.ingest.monitors.monitor_sheets import PERMIT, USCC, Parsed, parse, utc


@pytest.mark.parametrize(
    ("heading", "suffix", "unit"),
    [
        ("功率(kW)", "power", "kW"), ("总有功功率", "power", "kW"), ("电流", "current", "A"),
        ("用电量", "energy", "kWh"), ("运行状态", "state", "1"), ("运行小时", "hours", "h"),
    ],
)  # fmt: skip
def test_quantities_of_devices(heading: str, suffix: str, unit: str) -> None:
    """Power, current, energy, state and hours under the device's name, each in its unit."""
    extra = ",电流" if suffix == "hours" else ""
    one = parse(f"设备名称,时间,{heading}{extra}\n风机,2024-10-01 08:00,1.5\n").one
    assert {k: v.values.tolist() for k, v in one.data_vars.items()} == {f"风机_{suffix}": [1.5]}
    assert one[f"风机_{suffix}"].attrs == {"units": unit, "long_name": "风机", "role": "", "linked_to": ""}


@pytest.mark.parametrize(
    ("words", "value"),
    [
        ("开 启 启动 运行 正常 生产 开启 ON run", 1.0),
        ("关 停 停运 停止 停机 关闭 停产 off Stop", 0.0),
        ("校准", 2.0),
        ("维护", 3.0),
        ("报警", 4.0),
        ("反吹", 5.0),
        ("4", 4.0),
    ],
)
def test_words_of_states(words: str, value: float) -> None:
    """HJ 212-2017, table 9: 0 off, 1 run, 2 calibrate, 3 maintain, 4 alarm, 5 backflush; numbers as they are."""
    for word in words.split():
        one = parse(f"设备,时间,状态\n风机,2024-10-01 08:00,{word}\n").one
        assert one["风机_state"].values.tolist() == [value], word


def test_what_is_no_number_of_a_device_is_left_out() -> None:
    """A word that is no state, and words in the place of a power, are no values; a state's word is no power."""
    head = "设备,时间,状态,功率"
    assert parse(f"{head}\n风机,2024-10-01 08:00,不明,开\n").series == ()


@pytest.mark.parametrize(
    ("kind", "device", "role"),
    [
        ("治污设施", "x", "treatment"), ("治理", "x", "treatment"), ("处理", "x", "treatment"),
        ("净化", "x", "treatment"), ("Treatment", "x", "treatment"), ("产污", "x", "production"),
        ("生产", "x", "production"),
        ("Production", "x", "production"), ("", "净化塔", "treatment"), ("", "生产线", "production"),
        ("", "Treat 1", "treatment"), ("生产", "净化塔", "treatment"), ("其他", "x", ""),
    ],
)  # fmt: skip
def test_roles_of_devices(kind: str, device: str, role: str) -> None:
    """By the stated kind or the device's own name; treatment before production; what it is linked to is kept."""
    one = parse(f"设备,设备类型,关联设备,时间,功率\n{device},{kind},线1,2024-10-01 08:00,2\n").one
    assert one[f"{device}_power"].attrs == {"units": "kW", "long_name": device, "role": role, "linked_to": "线1"}


@pytest.mark.parametrize(
    ("device", "point", "name"),
    [("风机/1", "DA001", "风机_1"), ("", "DA/001", "DA_001"), ("", "", "meter"), ("长" * 50, "", "长" * 48)],
)
def test_names_of_devices(device: str, point: str, name: str) -> None:
    """The device, else the point, else meter; without slashes, up to 48 characters."""
    one = parse(f"设备,监控点,时间,功率\n{device},{point},2024-10-01 08:00,2\n").one
    assert list(one.data_vars) == [f"{name}_power"]


@pytest.mark.parametrize("heading", ["工况", "标记类型", "申报工况", "标记"])
def test_conditions_of_devices_and_of_points(heading: str) -> None:
    """A condition beside a device's value is of the device, one alone of the point; both up to 64 characters."""
    text = "停运检修" * 20
    one = parse(f"设备,时间,功率,{heading}\n风机,2024-10-01 08:00,2,{text}\n").one
    assert rows_of_marks(one["风机_mark"]) == [text[:64]]
    one = parse(f"设备,时间,功率,{heading}\n风机,2024-10-01 08:00,,{text}\n").one
    assert rows_of_marks(one["mark"]) == [text[:64]]


def test_a_declared_condition_comes_before_a_flag() -> None:
    """Where a row has both, the condition is the mark."""
    one = parse("时间,SO2,标记,工况\n2024-10-01 08:00,5,N,检修\n").one
    assert rows_of_marks(one["mark"]) == ["检修"]


@pytest.mark.parametrize("word", ["正常", "正常运行", "正常生产", "无", "-", "/", "N", "normal"])
def test_words_that_mark_nothing(word: str) -> None:
    """Normal conditions are no marks."""
    assert word in NO_MARK
    assert list(parse(f"时间,SO2,工况\n2024-10-01 08:00,5,{word}\n").one.data_vars) == ["a21026"]


def test_a_list_of_devices() -> None:
    """Site and limits by device: the first row of a device and of a quantity counts, rows without a site are none."""
    found = parse(
        "MN,监控点,企业名称,许可证编号,因子,限值\n"
        f"M1,DA001,甲,{PERMIT},SO2,35\n"
        f"M1,DA002,乙,,SO2,50\n"
        f"M1,DA001,甲,,氮氧化物,100\n"
        f"M1,DA001,甲,,某物,1\n"
        f"M1,DA001,甲,,CO,无\n"
        f"M2,DA001,,,SO2,35\n"
        f",DA001,甲,,SO2,35\n"
    )
    site = {"mn": "M1", "point": "DA001", "permit_code": PERMIT, "uscc": USCC, "site_name": "甲"}
    assert found.devices == {"M1": Device(site, {"a21026": 35.0, "a21002": 100.0})}
    assert (found.series, found.marks, found.rejects) == ((), [], [])


@pytest.mark.parametrize("row", [f"M1,{PERMIT},,", f"M1,,{USCC},", "M1,,,甲"])
def test_a_device_needs_one_name_of_its_site(row: str) -> None:
    """Permit code, credit code or name will do."""
    assert list(parse(f"MN,许可证编号,信用代码,企业名称\n{row}\n").devices) == ["M1"]


def test_a_table_of_values_names_its_devices_too() -> None:
    """Rows with a device, its site and a value give both."""
    found = parse("MN,企业名称,时间,SO2\nM1,甲,2024-10-01 08:00,5\n")
    assert found.devices["M1"].site["site_name"] == "甲"
    assert found.one["a21026"].values.tolist() == [5.0]


def test_positions_of_points() -> None:
    """The row's own words; the first of a series counts, the same words again are no other."""
    rows = "".join(f"甲,2024-10-01 0{hour}:00,5,104.1,30.{hour % 2},15\n" for hour in range(3))
    found = parse(f"企业名称,时间,SO2(mg/m3),经度,纬度,排口高度(m)\n{rows}")
    assert found.collected.spots == (Spot(("104.1",), ("30.0",), "15"),)
    assert [tell(d).decision for d in found.collected.decisions] == ["1 rows name another position than their series"]
    assert found.decisions == []


@pytest.mark.parametrize(
    "heading",
    [
        "起点经度,起点纬度,终点经度,终点纬度",
        "发射端经度,发射端纬度,接收端经度,接收端纬度",
        "StartLon,StartLat,EndLon,EndLat",
    ],
)
def test_ends_of_paths(heading: str) -> None:
    """Longitude and latitude of both ends, with the system that the row names."""
    found = parse(f"时间,SO2,{heading},坐标系\n2024-10-01 08:00,5,104.1,30.1,104.2,30.2,GCJ-02\n")
    assert found.collected.spots == (Spot(("104.1", "104.2"), ("30.1", "30.2"), "", "GCJ-02"),)


def test_pinyin_initials_are_no_places() -> None:
    """WD is a wind direction as well as 纬度, so neither it nor JD is believed beside measured values."""
    found = parse("时间,SO2(mg/m3),JD,WD\n2024-10-01 08:00,5,104.1,30.1\n")
    assert found.collected.spots == (None,)
    assert [tell(d).decision for d in found.decisions] == ["columns left out: JD, WD"]


@pytest.mark.parametrize("heading", ["高度(cm)", "采样高度(海拔m)"])
def test_heights_in_other_units_are_named(heading: str) -> None:
    """A height that is not in metres is a column that nobody knows."""
    found = parse(f"时间,SO2(mg/m3),{heading}\n2024-10-01 08:00,5,1500\n")
    assert found.collected.spots == (None,)
    assert [tell(d).decision for d in found.decisions] == [f"columns left out: {heading}"]


def test_a_list_of_devices_says_where_they_are() -> None:
    """A place alone makes a device; what is said first counts, and a later row gives the site."""
    found = parse(
        f"MN,经度,纬度,企业名称\nM1,104.1,30.1,\nM1,104.2,30.2,甲\nM1,,,乙\nM2,,,丙\nM3,,,\n{'M4,104.3,30.3,丁'}\n"
    )
    assert {mn: (d.site["site_name"], d.spot and d.spot.lons) for mn, d in found.devices.items()} == {
        "M1": ("甲", ("104.1",)), "M2": ("丙", None), "M4": ("丁", ("104.3",)),
    }  # fmt: skip
    spot = found.devices["M4"].spot
    assert spot is not None and (spot.item, spot.where) == ("t.csv", "line 7")


def broken_off(rows: int) -> Iterator[tuple[int, list[str]]]:
    """A table that breaks off after so many rows of values."""
    yield 1, ["时间", "SO2"]
    for number in range(rows):
        yield number + 2, [f"2024-10-{1 + number // 24:02d} {number % 24:02d}:00", "5"]
    raise FileError("t.csv", "as_said", {"text": "a cell does not end; export it again"}, where=f"line {rows + 2}")


@pytest.mark.parametrize("rows", [1, 30])
def test_a_table_that_breaks_off_is_used_up_to_there(rows: int) -> None:
    """The values above are kept, and the reject says so."""
    found = Parsed()
    sheet, zone = Sheet("line", broken_off(rows)), ZoneInfo("UTC")
    read_table(
        sheet, "t.csv", zone, found.collector, found.marks, found.devices, found.notes
    )  # fmt: skip
    assert found.one["a21026"].size == rows
    reason = "a cell does not end; export it again; the rows above are used"
    assert [tell(r) for r in found.rejects] == [ToldReject("t.csv", f"line {rows + 2}", reason)]


def test_rows_are_read_one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond those that tell the interval, no row waits for another."""
    monkeypatch.setattr(monitor_tables, "_ROWS_OF_INTERVAL", 2)  # three are looked at for headings
    found, seen = Parsed(), []

    def rows() -> Iterator[tuple[int, list[str]]]:
        yield 1, ["时间", "SO2"]
        for hour in range(5):
            seen.append(sum(len(p._columns["a21026"].times) for p in found.collector._points.values()))
            yield hour + 2, [f"2024-10-01 0{hour}:00", "5"]

    read_table(
        Sheet("line", rows()), "t.csv", ZoneInfo("UTC"), found.collector, found.marks, found.devices,
        found.notes,
    )  # fmt: skip
    assert seen == [0, 0, 0, 3, 4]
    assert found.one["a21026"].size == 5


def test_every_part_of_a_mark() -> None:
    """Where it stands, text, beginning and end in UTC, quantity, and the names of its point."""
    found = parse(
        "MN,监控点,许可证编号,企业名称,因子,标记类型,开始时间,结束时间\n"
        f"M1,DA001,{PERMIT},甲,SO2,{'校' * 60},2024-10-01 08:00,2024-10-01 09:30\n"
        "M2,,,,某物,停运,2024-10-01 08:00,2024-10-01 08:00\n"
        "M3,,,,,停运,2024-10-01 08:00,2024-10-01 07:59\n"
    )
    start, end = utc("2024-10-01T00:00"), utc("2024-10-01T01:30")
    assert found.marks == [
        Mark("t.csv, line 2", "校" * 48, start, end, "a21026", "M1", "DA001", PERMIT, USCC, "甲"),
        Mark("t.csv, line 3", "停运", start, start, "", "M2", "", "", "", ""),
    ]
    told = ToldReject("t.csv", "line 4", "row not used: its end is before its start")
    assert [tell(r) for r in found.rejects] == [told]
    assert found.series == ()


@pytest.mark.parametrize(
    ("head", "text"),
    [
        ("标记类型,标记,状态", "a"),
        ("标记,状态,x", "a"),
        ("状态,x,y", "a"),
        ("x,y,z", "mark"),
        ("标记,标记类型,x", "b"),
    ],
)
def test_text_of_a_mark(head: str, text: str) -> None:
    """The kind of mark before the flag before the state; a mark that says nothing is a mark."""
    found = parse(f"{head},开始时间,结束时间\na,b,c,2024-10-01,2024-10-02\n")
    assert [mark.text for mark in found.marks] == [text]


def test_values_are_immutable() -> None:
    """Nothing that is handed on can be changed, but for the device that is being filled."""
    assert mutable_values(monitor_tables) == ["Device"]
