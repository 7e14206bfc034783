"""Monitor records: packets, platform tables, marks, devices; contract, refusals, and hostile files."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import openpyxl
import pytest
import xarray as xr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.crc import crc_hj212, crc_modbus
from ingest.errors import ContractError, SettingError
from ingest.monitors import MonitorSettings, read_monitors
from ingest.schema import Outcome, check_monitor
from ingest.series import code_of, hj212_codes

PERMIT = "91130200699229617X001P"
MN = "010000A8900016F000169DC0"


def packet(segment: str, *, modbus: bool = False) -> bytes:
    """A packet with length and check sum."""
    data = segment.encode()
    return b"##%04d%s%04X\r\n" % (len(data), data, crc_modbus(data) if modbus else crc_hj212(data))


def hourly(hour: int, so2: float, flag: str = "N") -> bytes:
    """Hourly means of a stack, SO2 measured and corrected."""
    cp = f"DataTime=20241001{hour:02d}0000;a21026-Avg={so2},a21026-ZsAvg={so2 * 1.5},a21026-Flag={flag}"
    return packet(f"QN=20241001{hour:02d}0100000;ST=31;CN=2061;PW=123456;MN={MN};Flag=5;CP=&&{cp}&&")


def read(folder: Path, **changes: object) -> Outcome[tuple[xr.Dataset, ...]]:
    """Read all files of a folder."""
    return read_monitors(folder.iterdir(), MonitorSettings(**changes), root=folder)  # type: ignore[arg-type]


def test_codes_agree_with_the_standard(shared_data: Path) -> None:
    """Every code of our table is in the standard's, with the same old code."""
    standard = {}
    for line in (shared_data / "hj212" / "hj212_2017_codes.csv").read_text(encoding="utf-8-sig").splitlines()[1:]:
        code, _, old, *_ = line.split(",")
        standard[code] = old
    for code in hj212_codes():
        if code.code not in ("a05024", "a99054", "w01003"):  # in use, but not in the standard's list of 2017
            assert standard[code.code] == code.old, code


def test_names_lead_to_codes() -> None:
    """Abbreviations, Chinese names and 2005 codes are one quantity."""
    for name in ("COD", "化学需氧量", "011", "w01018", "CODcr"):
        assert getattr(code_of(name), "code", None) == "w01018"


def test_packets_become_hourly_series(tmp_path: Path) -> None:
    """Hours in order, corrected values beside measured ones, Beijing time taken to UTC."""
    (tmp_path / "log.txt").write_bytes(hourly(9, 20.0, "D") + b"noise\r\n" + hourly(8, 10.0))
    outcome = read(tmp_path)
    [series] = outcome.value
    check_monitor(series)
    assert (series.attrs["interval"], series.attrs["mn"]) == ("hour", MN)
    assert series["time"].values.tolist() == [
        np.datetime64(f"2024-10-01T0{h}:00:00", "ns").astype(int) for h in (0, 1)
    ]
    assert series["a21026"].values.tolist() == [10.0, 20.0]
    assert series["a21026_corrected"].values.tolist() == [15.0, 30.0]
    assert series["a21026_mark"].values.tolist() == ["N", "D"]
    assert series["a21026"].attrs["units"] == "mg m-3"
    assert [r.reason.split(";")[0] for r in outcome.rejects] == ["1 packets refused: bytes belong to no packet"]


def test_facility_states_and_hours(tmp_path: Path) -> None:
    """RS is a state, RT hours of the day."""
    states = f"ST=31;CN=2021;PW=1;MN={MN};Flag=4;CP=&&DataTime=20241001080000;SB1-RS=1;SB2-RS=0&&"
    hours = f"ST=31;CN=2041;PW=1;MN={MN};Flag=4;CP=&&DataTime=20241001000000;SB1-RT=23.5&&"
    (tmp_path / "log.bin").write_bytes(packet(states) + packet(hours))
    day, realtime = sorted(read(tmp_path).value, key=lambda s: str(s.attrs["interval"]))
    assert (float(realtime["SB1_state"][0]), float(realtime["SB2_state"][0])) == (1.0, 0.0)
    assert (float(day["SB1_hours"][0]), day["SB1_hours"].attrs["units"]) == (23.5, "h")


def test_refused_and_tolerated_packets_are_counted(tmp_path: Path) -> None:
    """Strict by default; a named device is accepted, and the decision says how often."""
    segment = f"ST=31;CN=2011;PW=1;MN={MN};Flag=4;CP=&&DataTime=20241001080000;a21026-Rtd=1.0&&"
    (tmp_path / "log.bin").write_bytes(packet(segment, modbus=True) * 3)
    strict, tolerant = read(tmp_path), read(tmp_path, tolerated=(f"{MN}:modbus",))
    assert (len(strict.value), strict.rejects[0].reason[:36]) == (0, "3 packets refused: Modbus sum; if th")
    assert len(tolerant.value) == 1
    assert any(d.decision.startswith("3 packets accepted") for d in tolerant.decisions)


def test_collected_packets_give_valid_series(shared_data: Path) -> None:
    """Every series of the collected raw files keeps the contract, old codes come under their new names."""
    outcome = read(shared_data / "hj212" / "raw")
    for series in outcome.value:
        check_monitor(series)
    old = next(s for s in outcome.value if s.attrs["source"] == "water2005_noQN_17digit_ok.bin")
    assert float(old["w01018"][0]) == 231.0
    voc = next(s for s in outcome.value if s.attrs["source"] == "voc_2011_ok_872.bin")
    assert "023" in voc  # a maker's own number in gas, not the chromium in water of 2005
    ambient = next(s for s in outcome.value if s.attrs["source"] == "air_2051_ok.bin")
    assert (ambient["a21026"].attrs["units"], ambient["a21005"].attrs["units"]) == ("ug m-3", "mg m-3")


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
    assert series["a21026_mark"].values.tolist() == ["N", "D", "M"]
    assert np.isnan(series["a21026_corrected"].values[2])
    assert (series["a21026"].attrs["units"], series["a21026_corrected"].attrs["limit"]) == ("mg m-3", 50.0)
    assert [(r.item, r.where) for r in outcome.rejects] == [("小时.csv", "line 5")]
    assert any("备注" in d.decision for d in outcome.decisions)


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
    assert series["TA001_mark"].values.tolist() == ["停运检修"]
    assert "MF0001_mark" not in series
    assert not any("left out" in d.decision for d in outcome.decisions)


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
    assert outcome.value[0]["mark"].values.tolist() == ["", "a21026:校准", ""]
    assert any(r.item == "b.csv" and r.where == "line 3" and "停运" in r.reason for r in outcome.rejects)


def test_table_of_devices_names_the_site_of_packets(tmp_path: Path) -> None:
    """MN → permit code comes from a list of devices, wherever the file stands."""
    (tmp_path / "log.bin").write_bytes(hourly(8, 10.0))
    (tmp_path / "点位.csv").write_text(
        f"企业名称,排污许可证编号,排放口编号,MN号\n某厂,{PERMIT},DA001,{MN}\n", encoding="utf-8"
    )
    [series] = read(tmp_path).value
    assert (series.attrs["permit_code"], series.attrs["point"], series.attrs["mn"]) == (PERMIT, "DA001", MN)


def test_repeated_values_are_replaced_and_told(tmp_path: Path) -> None:
    """The later of two values of one hour counts; the same value again is no decision."""
    (tmp_path / "log.bin").write_bytes(hourly(8, 10.0) + hourly(8, 10.0) + hourly(8, 12.0))
    outcome = read(tmp_path)
    assert outcome.value[0]["a21026"].values.tolist() == [12.0]
    assert [d.decision for d in outcome.decisions if "replaced" in d.decision] == [
        "2 values replaced by later ones of the same time"
    ]


def test_file_that_is_no_record_is_one_reject(tmp_path: Path) -> None:
    """The message quotes the first row and says what was expected."""
    (tmp_path / "a.csv").write_text("你好,世界\n1,2\n", encoding="utf-8")
    [reject] = read(tmp_path).rejects
    assert "你好, 世界" in reject.reason


def test_unknown_zone_is_a_setting_error(tmp_path: Path) -> None:
    """A wrong zone stops at once, and the message shows a right one."""
    with pytest.raises(SettingError, match="Asia/Shanghai"):
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
    assert json.dumps([[r.item, r.where, r.reason] for r in outcome.rejects])
