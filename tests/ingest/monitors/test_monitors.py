"""Monitor records: platform tables, marks, devices; contract, refusals, and hostile files."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import openpyxl
import pytest
import xarray as xr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.errors import ContractError, SettingError
from ingest.monitors import read as monitors
from ingest.monitors.read import MonitorSettings, read_monitors
from ingest.schema import check_monitor
from ingest.settings import describe_settings
from onevisit.words.telling import tell
from tests.ingest.immutable import mutable_values
from tests.ingest.monitors.mark_rows import rows_of_marks
from tests.ingest.monitors.monitor_packets import MN, hourly, log, packet, read, realtime
from tests.told import raises_told

PERMIT = "91130200699229617X001P"

WIDE_HEAD = (
    "企业名称,排污许可证编号,排放口编号,监测时间,二氧化硫实测值(mg/m³),二氧化硫折算值(mg/m³),"
    "二氧化硫标准限值,二氧化硫标记,氧含量(%),备注\n"
)

WIDE = (
    WIDE_HEAD
    + """某厂,{p},DA001,2024-10-01 00:00,30.1,33.2,50,N,11.2,x
某厂,{p},DA001,2024-10-01 01:00,80.1,93.2,50,D,11.3,
某厂,{p},DA001,2024/10/1 2:00:00,31.1(M),,50,,11.2,
某厂,{p},DA001,昨天,1,1,50,,11.2,
""".replace("{p}", PERMIT)
)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_wide_hourly_table(tmp_path: Path, encoding: str) -> None:
    """Values, corrected values, limits and marks by quantity; a row without a time is named."""
    (tmp_path / "小时.csv").write_text(WIDE, encoding=encoding)
    outcome = read(tmp_path)
    [series] = outcome.value
    assert {k: series.attrs[k] for k in ("interval", "point", "permit_code", "uscc", "site_name")} == {
        "interval": "hour", "point": "DA001", "permit_code": PERMIT, "uscc": PERMIT[:18], "site_name": "某厂",
    }  # fmt: skip
    assert series["a21026"].values.tolist() == [30.1, 80.1, 31.1]
    assert rows_of_marks(series["a21026_mark"]) == ["N", "D", "M"]
    assert np.isnan(series["a21026_corrected"].values[2])
    assert (series["a21026"].attrs["units"], series["a21026_corrected"].attrs["limit"]) == ("mg m-3", 50.0)
    assert [(r.item, r.where) for r in outcome.rejects] == [("小时.csv", "line 5")]
    assert any("备注" in tell(d).decision for d in outcome.decisions)


def test_long_daily_workbook(tmp_path: Path) -> None:
    """One row a value, several quantities and sites, in a workbook with a title row; dates are days."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["日均值报表"])
    sheet.append(["企业名称", "监控点", "监测因子", "数据时间", "实测值", "标准限值", "单位", "数据标识"])
    for name in ("甲厂", "乙厂"):
        for day in (1, 2):
            sheet.append([name, "总排口", "COD", f"2024-10-0{day}", 30.0 + day, 50, "mg/L", "N"])
            sheet.append([name, "总排口", "氨氮", f"2024-10-0{day}", 1.0 + day, 5, "mg/L", "N"])
    book.save(tmp_path / "日.xlsx")
    series = read(tmp_path).value
    assert [s.attrs["site_name"] for s in series] == ["乙厂", "甲厂"]
    assert {s.attrs["interval"] for s in series} == {"day"}
    assert series[0]["w01018"].values.tolist() == [31.0, 32.0]
    assert series[0]["w21003"].attrs["limit"] == 5.0


def test_power_and_treatment_states(tmp_path: Path) -> None:
    """Devices keep their role and the production device they belong to."""
    (tmp_path / "用电.csv").write_text(
        "企业名称,设备名称,设备类型,关联设备,时间,功率(kW),运行状态\n"
        "某厂,喷涂线1,产污,,2024-10-01 00:00,30.5,运行\n"
        "某厂,活性炭风机1,治污,喷涂线1,2024-10-01 00:00,0.2,停运\n"
        "某厂,喷涂线1,产污,,2024-10-01 00:15,31.5,运行\n",
        encoding="utf-8",
    )
    [series] = read(tmp_path).value
    assert (series.attrs["interval"], series["喷涂线1_power"].values.tolist()) == ("minute", [30.5, 31.5])
    assert series["活性炭风机1_power"].attrs == {
        "units": "kW", "long_name": "活性炭风机1", "role": "treatment", "linked_to": "喷涂线1",
    }  # fmt: skip
    assert series["活性炭风机1_state"].values[0] == 0.0


def test_device_numbers_and_declared_conditions(tmp_path: Path) -> None:
    """Devices by their permit number, each with the condition that the firm declared; normal is no mark."""
    (tmp_path / "用电.csv").write_text(
        "排污许可证编号,企业名称,设备编号,设备类型,关联产污设备,时间,有功功率(kW),运行状态,申报工况\n"
        f"{PERMIT},某厂,MF0001,产污设施,,2026-04-16 12:00,150.49,运行,正常\n"
        f"{PERMIT},某厂,TA001,治污设施,MF0001,2026-04-16 12:00,0.1,停运,停运检修\n",
        encoding="utf-8",
    )
    outcome = read(tmp_path)
    [series] = outcome.value
    assert (series["TA001_power"].attrs["role"], series["TA001_power"].attrs["linked_to"]) == ("treatment", "MF0001")
    assert rows_of_marks(series["TA001_mark"]) == ["停运检修"]
    assert "MF0001_mark" not in series
    assert not any("left out" in tell(d).decision for d in outcome.decisions)


def test_marks_are_laid_over_their_point_only(tmp_path: Path) -> None:
    """A calibration from 01:00 to 02:00 covers one hour of its outlet; a mark of nobody is rejected."""
    (tmp_path / "a.csv").write_text(WIDE, encoding="utf-8")
    (tmp_path / "b.csv").write_text(
        "企业名称,排污许可证编号,监控点名称,标记类型,污染物,开始时间,结束时间\n"
        f"某厂,{PERMIT},DA001,校准,二氧化硫,2024-10-01 01:00,2024-10-01 02:00\n"
        f"某厂,{PERMIT},DA002,停运,,2024-10-01 00:00,2024-10-02 00:00\n",
        encoding="utf-8",
    )
    outcome = read(tmp_path)
    assert rows_of_marks(outcome.value[0]["mark"]) == ["", "a21026:校准", ""]
    assert any(r.item == "b.csv" and r.where == "line 3" and "停运" in tell(r).reason for r in outcome.rejects)


def test_table_of_devices_names_the_site_of_packets(tmp_path: Path) -> None:
    """MN → permit code comes from a list of devices, wherever the file stands."""
    (tmp_path / "log.bin").write_bytes(hourly(8, 10.0))
    (tmp_path / "点位.csv").write_text(
        f"企业名称,排污许可证编号,排放口编号,MN号\n某厂,{PERMIT},DA001,{MN}\n", encoding="utf-8"
    )
    [series] = read(tmp_path).value
    assert (series.attrs["permit_code"], series.attrs["point"], series.attrs["mn"]) == (PERMIT, "DA001", MN)


DEVICES = "企业名称,排污许可证编号,排放口编号,MN号,因子,限值\n"


def test_a_list_of_devices_fills_what_a_record_does_not_say(tmp_path: Path) -> None:
    """Site and point of another record are kept, limits go to quantities that have none, other devices stay bare."""
    (tmp_path / "1.csv").write_text(
        DEVICES + f"甲,{PERMIT},DA001,{MN},SO2,35\n乙,,DA002,M2,SO2,50\n", encoding="utf-8"
    )
    (tmp_path / "2.csv").write_text(
        "MN,排口,时间,SO2,SO2限值,NOx\nM2,DA009,2024-10-01 08:00,1,99,2\nM3,DA003,2024-10-01 08:00,1,,2\n",
        encoding="utf-8",
    )
    (tmp_path / "3.bin").write_bytes(packet(realtime("a21026-Rtd=1,a21026-ZsRtd=2,a21002-Rtd=3")))
    series = {str(s.attrs["mn"]): s for s in read(tmp_path).value}
    names = ("point", "permit_code", "uscc", "site_name")
    assert {mn: [s.attrs[name] for name in names] for mn, s in series.items()} == {
        MN: ["DA001", PERMIT, PERMIT[:18], "甲"], "M2": ["DA009", "", "", "乙"], "M3": ["DA003", "", "", ""],
    }  # fmt: skip
    limits = {mn: {str(k): v.attrs.get("limit") for k, v in s.data_vars.items()} for mn, s in series.items()}
    assert limits == {
        MN: {"a21026": 35.0, "a21026_corrected": 35.0, "a21002": None},
        "M2": {"a21026": 99.0, "a21002": None},
        "M3": {"a21026": None, "a21002": None},
    }
    assert series[MN]["a21026"].attrs["units"] == "mg m-3"


def test_positions_come_from_the_record_or_the_list_of_devices(tmp_path: Path) -> None:
    """The record's own before the list's; the system that is set is the one that is taken, and said."""
    (tmp_path / "1.csv").write_text(
        f"MN号,企业名称,经度,纬度,排口高度(m)\n{MN},甲,104.1,30.1,45\nM2,乙,104.2,30.2,\n", encoding="utf-8"
    )
    (tmp_path / "2.csv").write_text(
        "MN,时间,SO2,起点经度,起点纬度,终点经度,终点纬度\nM2,2024-10-01 08:00,1,104.31,30.3,104.32,30.3\n",
        encoding="utf-8",
    )
    (tmp_path / "3.csv").write_text("MN,时间,SO2\nM3,2024-10-01 08:00,1\n", encoding="utf-8")
    (tmp_path / "4.bin").write_bytes(hourly(8, 10.0) + hourly(9, 11.0))
    outcome = read(tmp_path, crs="WGS84")
    series = {str(s.attrs["mn"]): s for s in outcome.value}
    assert [float(series[MN][name]) for name in ("lon", "lat", "height")] == [104.1, 30.1, 45.0]
    assert series["M2"]["path_lon"].values.tolist() == [104.31, 104.32]
    assert {mn: sorted(map(str, s.coords)) for mn, s in series.items()} == {
        MN: ["height", "lat", "lon", "time"], "M2": ["path_lat", "path_lon", "time"], "M3": ["time"],
    }  # fmt: skip
    found = [(d.item, tell(d).decision) for d in outcome.decisions if "positions" in tell(d).decision]
    assert found == [("1.csv", "1 positions read as WGS 84"), ("2.csv", "1 positions read as WGS 84")]
    for one in outcome.value:
        check_monitor(one)


def test_an_unknown_coordinate_system_is_a_setting_error(tmp_path: Path) -> None:
    """It stops at once, and the message shows a right one."""
    with raises_told(SettingError, match="EPSG:4544"):
        read(tmp_path, crs="Mars")


def test_packets_of_years_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    """Counted as other refusals are; the packets beside them are read."""
    far = realtime("a21026-Rtd=1", time="29990101080000")
    outcome = log(tmp_path, realtime("a21026-Rtd=1"), far, far)
    assert [series["a21026"].size for series in outcome.value] == [1]
    [reject] = outcome.rejects
    assert tell(reject).reason.startswith("2 packets refused: DataTime is yet to come (the first says 2999-01-01)")


def test_repeated_values_are_replaced_and_told(tmp_path: Path) -> None:
    """The later of two values of one hour counts; the same value again is no decision."""
    (tmp_path / "log.bin").write_bytes(hourly(8, 10.0) + hourly(8, 10.0) + hourly(8, 12.0))
    outcome = read(tmp_path)
    assert outcome.value[0]["a21026"].values.tolist() == [12.0]
    assert [tell(d).decision for d in outcome.decisions if "replaced" in tell(d).decision] == [
        "2 values replaced by later ones of the same time"
    ]


def test_file_that_is_no_record_is_one_reject(tmp_path: Path) -> None:
    """The message quotes the first row and says what was expected."""
    (tmp_path / "a.csv").write_text("你好,世界\n1,2\n", encoding="utf-8")
    [reject] = read(tmp_path).rejects
    assert "你好, 世界" in tell(reject).reason


def test_files_are_read_in_order_and_named_within_the_mission(tmp_path: Path) -> None:
    """By name, whatever order they come in; beside the mission or without one by their own name."""
    inside, outside = tmp_path / "mission" / "monitors", tmp_path / "elsewhere"
    for folder in (inside, outside):
        folder.mkdir(parents=True)
    for path, value in ((inside / "b.csv", 2), (inside / "a.csv", 1), (outside / "c.csv", 3)):
        path.write_text(f"时间,SO2(mg/m3)\n2024-10-01 08:00,{value}\n", encoding="utf-8")
    files = [outside / "c.csv", inside / "b.csv", inside / "a.csv"]
    outcome = read_monitors(files, MonitorSettings(), root=tmp_path / "mission")
    assert [(s.attrs["source"], float(s["a21026"][0])) for s in outcome.value] == [
        ("c.csv", 3.0), ("monitors/a.csv", 1.0), ("monitors/b.csv", 2.0),
    ]  # fmt: skip
    assert [d.item for d in outcome.decisions] == ["c.csv", "monitors/a.csv", "monitors/b.csv"]
    outcome = read_monitors(files, MonitorSettings())
    assert sorted(d.item for d in outcome.decisions) == ["a.csv", "b.csv", "c.csv"]


def test_decisions_of_a_table_come_before_its_zone_and_replaced_values_last(tmp_path: Path) -> None:
    """Encoding, columns that were left out, the zone; then the values that were replaced, of all files."""
    text = "时间,SO2(mg/m3),备注\n2024-10-01 08:00,1,\n2024-10-01 08:00,2,\n"
    (tmp_path / "a.csv").write_text(text, encoding="gb18030")
    (tmp_path / "b.csv").write_text("时间,SO2(mg/m3)\n2024-10-01 08:00,1\n", encoding="utf-8")
    assert [(d.item, tell(d).decision) for d in read(tmp_path).decisions] == [
        ("a.csv", "read as GB 18030"),
        ("a.csv", "columns left out: 备注"),
        ("a.csv", "times read as Asia/Shanghai"),
        ("b.csv", "times read as Asia/Shanghai"),
        ("a.csv", "1 values replaced by later ones of the same time"),
    ]


def test_what_cannot_be_read_is_a_reject(tmp_path: Path) -> None:
    """A folder, a file that is too large, and an empty one; the encoding of the good one is a decision."""
    (tmp_path / "1.csv").mkdir()
    (tmp_path / "2.csv").write_text("时间,SO2(mg/m3)\n2024-10-01 08:00,1\n" + "\n" * 60, encoding="utf-8")
    (tmp_path / "3.csv").write_text("\n")
    (tmp_path / "4.csv").write_text("时间,SO2(mg/m3)\n2024-10-01 08:00,1\n", encoding="gb18030")
    outcome = read(tmp_path, maximum_file_mb=60e-6)
    assert [(r.item, r.where, tell(r).reason[:22]) for r in outcome.rejects] == [
        ("1.csv", "", "cannot be read (Is a d"), ("2.csv", "", "has 97 bytes, more tha"),
        ("3.csv", "", "is empty; export it ag"),
    ]  # fmt: skip
    assert [(d.item, tell(d).decision) for d in outcome.decisions] == [
        ("4.csv", "read as GB 18030"), ("4.csv", "times read as Asia/Shanghai"),
    ]  # fmt: skip
    assert len(outcome.value) == 1


def test_unknown_zone_is_a_setting_error(tmp_path: Path) -> None:
    """A wrong zone stops at once, and the message shows a right one."""
    with raises_told(SettingError, match="Asia/Shanghai"):
        read(tmp_path, time_zone="Mars/Base")


def test_contract_refuses_repeated_times() -> None:
    """Two rows of one time are no series."""
    time = np.array(["2024-10-01", "2024-10-01"], "datetime64[ns]")
    attrs = {"interval": "hour", "mn": "", "point": "", "permit_code": "", "uscc": "", "site_name": "", "source": "x"}
    with pytest.raises(ContractError, match="strictly increasing"):
        check_monitor(xr.Dataset(coords={"time": ("obs", time)}, attrs=attrs))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200), st.integers(0, 500), st.booleans())
def test_damaged_records_give_series_or_rejects(tmp_path: Path, noise: bytes, at: int, cut: bool) -> None:
    """Noise and cuts in a table and a packet log: valid series and rejects, never another exception."""
    for name, data in (("a.csv", WIDE.encode("gb18030")), ("b.bin", hourly(8, 1.0) + hourly(9, 2.0))):
        (tmp_path / name).write_bytes(data[:at] + noise + (b"" if cut else data[at:]))
    outcome = read(tmp_path)
    for series in outcome.value:
        check_monitor(series)
    assert json.dumps([[r.item, r.where, tell(r).reason] for r in outcome.rejects])


def test_values_are_immutable() -> None:
    """Nothing that is handed on can be changed."""
    assert mutable_values(monitors) == []


def test_settings_with_their_units() -> None:
    """Beijing time, nothing tolerated, the limits of all files."""
    lines = [(s.name, s.value, s.unit) for s in describe_settings(MonitorSettings())]
    assert lines == [
        ("maximum_file_mb", 1024.0, "MB"), ("maximum_expansion", 200.0, "1"), ("maximum_line_mb", 1.0, "MB"),
        ("time_zone", "Asia/Shanghai", ""), ("tolerated", (), ""), ("crs", "", ""),
    ]  # fmt: skip
    assert all(s.source for s in describe_settings(MonitorSettings()))


def test_every_sheet_of_a_workbook_is_read_or_named(tmp_path: Path) -> None:
    """A sheet of remarks before the record costs nothing, an empty one is not worth a word."""
    book = openpyxl.Workbook()
    book.active.append(["说明", "本表为在线监测数据"])
    book.create_sheet("空")
    for title, value in (("一月", 12.5), ("二月", 13.5)):
        sheet = book.create_sheet(title)
        sheet.append(["MN", "监测时间", "二氧化硫(mg/m3)"])
        day = "2024-01-08" if title == "一月" else "2024-02-08"
        for hour in (1, 2):
            sheet.append(["88888880000001", f"{day} 0{hour}:00:00", value])
    book.save(tmp_path / "a.xlsx")
    outcome = read_monitors([tmp_path / "a.xlsx"], MonitorSettings())
    (series,) = outcome.value
    assert series["a21026"].values.tolist() == [12.5, 12.5, 13.5, 13.5]
    assert [(d.code, d.values) for d in outcome.decisions if d.code == "sheet_not_read"] == [
        ("sheet_not_read", {"sheet": "Sheet"})
    ]
    assert outcome.rejects == ()
