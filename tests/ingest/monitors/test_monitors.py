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

from ingest.errors import ContractError, SettingError
from ingest.monitors import read as monitors
from ingest.monitors.codes import code_of, hj212_codes
from ingest.monitors.crc import crc_modbus
from ingest.monitors.read import MonitorSettings, read_monitors
from ingest.outcome import Outcome
from ingest.schema import check_monitor
from ingest.settings import describe_settings
from onevisit.words.telling import tell
from tests.ingest.immutable import mutable_values
from tests.ingest.monitors.mark_rows import rows_of_marks
from tests.ingest.monitors.slow_crc import crc_hj212
from tests.told import raises_told

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
    (tmp_path / "log.txt").write_bytes(hourly(9, 20.0, "D") + b"\x01noise\r\n" + hourly(8, 10.0))
    outcome = read(tmp_path)
    [series] = outcome.value
    check_monitor(series)
    assert (series.attrs["interval"], series.attrs["mn"]) == ("hour", MN)
    assert series["time"].values.tolist() == [
        np.datetime64(f"2024-10-01T0{h}:00:00", "ns").astype(int) for h in (0, 1)
    ]
    assert series["a21026"].values.tolist() == [10.0, 20.0]
    assert series["a21026_corrected"].values.tolist() == [15.0, 30.0]
    assert rows_of_marks(series["a21026_mark"]) == ["N", "D"]
    assert series["a21026"].attrs["units"] == "mg m-3"
    assert [tell(r).reason.split(";")[0] for r in outcome.rejects] == ["1 packets refused: bytes belong to no packet"]


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
    assert (len(strict.value), tell(strict.rejects[0]).reason[:36]) == (0, "3 packets refused: Modbus sum; if th")
    assert len(tolerant.value) == 1
    assert any(tell(d).decision.startswith("3 packets accepted") for d in tolerant.decisions)


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


def log(folder: Path, *segments: str, name: str = "log.bin") -> Outcome[tuple[xr.Dataset, ...]]:
    """Read a log of packets."""
    (folder / name).write_bytes(b"".join(map(packet, segments)))
    return read(folder)


def realtime(items: str, *, st: str = "31", cn: str = "2011", time: str = "20241001080000") -> str:
    """A segment with these items."""
    return f"ST={st};CN={cn};MN={MN};Flag=4;CP=&&DataTime={time};{items}&&"


ALL_FIELDS = ",".join(
    f"a21026-{f}={k}" for k, f in enumerate(("Rtd", "Avg", "Min", "Max", "Cou", "ZsRtd", "ZsAvg"), 1)
)


@pytest.mark.parametrize(
    ("command", "interval", "values"),
    [
        ("2011", "realtime", {"a21026": 1.0, "a21026_corrected": 6.0, "a21026_Avg": 2.0, "a21026_ZsAvg": 7.0}),
        ("2051", "minute", {"a21026": 2.0, "a21026_corrected": 7.0, "a21026_Rtd": 1.0, "a21026_ZsRtd": 6.0}),
        ("2061", "hour", {"a21026": 2.0, "a21026_corrected": 7.0, "a21026_Rtd": 1.0, "a21026_ZsRtd": 6.0}),
        ("2031", "day", {"a21026": 2.0, "a21026_corrected": 7.0, "a21026_Rtd": 1.0, "a21026_ZsRtd": 6.0}),
    ],
)
def test_commands_and_their_fields(tmp_path: Path, command: str, interval: str, values: dict[str, float]) -> None:
    """HJ 212-2017, table 9: the interval of a command, its own value, and other fields under names of their own."""
    outcome = log(tmp_path, realtime(ALL_FIELDS, cn=command))
    [series] = outcome.value
    assert {name: float(v[0]) for name, v in series.data_vars.items()} == values
    assert series.attrs == {
        "interval": interval, "mn": MN, "point": MN, "permit_code": "", "uscc": "", "site_name": "",
        "source": "log.bin",
    }  # fmt: skip
    assert series["a21026"].attrs == {"code": "a21026", "long_name": "sulfur dioxide", "units": "mg m-3"}
    assert series["a21026_corrected"].attrs == {
        "code": "a21026", "long_name": "sulfur dioxide, corrected", "units": "mg m-3",
    }  # fmt: skip
    assert outcome.rejects == ()


@pytest.mark.parametrize(
    ("command", "field", "name", "units"), [("2021", "RS", "SB1_state", "1"), ("2041", "RT", "SB1_hours", "h")]
)
def test_states_and_hours_of_facilities(tmp_path: Path, command: str, field: str, name: str, units: str) -> None:
    """Under the facility's name, whatever it is treated with being unknown."""
    [series] = log(tmp_path, realtime(f"SB1-{field}=1.5", cn=command)).value
    assert series.attrs["interval"] == ("day" if command == "2041" else "realtime")
    assert series[name].values.tolist() == [1.5]
    assert series[name].attrs == {"units": units, "role": "", "linked_to": ""}


@pytest.mark.parametrize("field", ["Min", "Max", "ZsMin", "ZsMax", "Cou", "EFlag", "SampleTime"])
def test_fields_that_no_rule_uses(tmp_path: Path, field: str) -> None:
    """Extremes, sums and the device's own remarks are read and left."""
    [series] = log(tmp_path, realtime(f"a21026-Rtd=1,a21026-{field}=2")).value
    assert list(series.data_vars) == ["a21026"]


def test_other_commands_and_packets_without_a_time_give_nothing(tmp_path: Path) -> None:
    """Settings and answers are no records, nor is a record of no time; neither is an error."""
    outcome = log(tmp_path, realtime("a21026-Rtd=1", cn="1062"), f"ST=31;CN=2011;MN={MN};CP=&&a21026-Rtd=1&&")
    assert (outcome.value, outcome.rejects) == ((), ())


@pytest.mark.parametrize(
    ("text", "value"),
    [("1.5", 1.5), ("-2e3", -2000.0), ("1e299", 1e299), ("1e300", None), ("-1e300", None), ("inf", None),
     ("nan", None), ("", None), ("<0.5", None)],
)  # fmt: skip
def test_numbers_of_packets(tmp_path: Path, text: str, value: float | None) -> None:
    """What is no finite number is no value."""
    [series] = log(tmp_path, realtime(f"a21026-Rtd={text},a21026-Flag=NNNNNNNNN")).value
    assert (series["a21026"].values.tolist() if "a21026" in series else None) == (
        [value] if value is not None else None
    )
    assert rows_of_marks(series["a21026_mark"]) == ["NNNNNNNN"]


@pytest.mark.parametrize(
    ("time", "zone", "expected"),
    [
        ("20241001080507", "Asia/Shanghai", "2024-10-01T00:05:07"),
        ("20241001080507123", "Asia/Shanghai", "2024-10-01T00:05:07.123"),
        ("20240701080507", "Europe/Berlin", "2024-07-01T06:05:07"),
        ("20241201080507009", "Europe/Berlin", "2024-12-01T07:05:07.009"),
    ],
)
def test_times_of_packets(tmp_path: Path, time: str, zone: str, expected: str) -> None:
    """Seconds and milliseconds of the zone that is set, to UTC; the zone is a decision with how to change it."""
    (tmp_path / "log.bin").write_bytes(packet(realtime("a21026-Rtd=1", time=time)))
    outcome = read(tmp_path, time_zone=zone)
    assert outcome.value[0]["time"].values[0] == np.datetime64(expected, "ns")
    [decision] = outcome.decisions
    assert (decision.item, tell(decision).decision) == ("log.bin", f"times read as {zone}")
    assert "`time_zone` under [monitors]" in tell(decision).evidence


@pytest.mark.parametrize(
    ("system", "code", "name", "units"),
    [
        ("32", "011", "w01018", "mg L-1"),
        ("21", "011", "w01018", "mg L-1"),
        ("52", "060", "w21003", "mg L-1"),
        ("31", "011", "011", "1"),  # a maker's own number in gas
        ("31", "02", "a21026", "mg m-3"),
        ("32", "02", "02", "1"),
        ("31", "S01", "a19001", "%"),
        ("32", "w01018", "w01018", "mg L-1"),
        ("31", "w01018", "w01018", "mg L-1"),
        ("22", "a21026", "a21026", "ug m-3"),
        ("22", "a21005", "a21005", "mg m-3"),
        ("22", "a34004", "a34004", "ug m-3"),
        ("22", "a01007", "a01007", "m s-1"),
        ("31", "x1", "x1", "1"),
    ],
)
def test_codes_of_systems(tmp_path: Path, system: str, code: str, name: str, units: str) -> None:
    """Old numbers are believed in their own medium only; ambient stations send µg/m³, but for CO."""
    [series] = log(tmp_path, realtime(f"{code}-Rtd=1,{code}-Flag=N", st=system)).value
    assert sorted(series.data_vars) == [name, f"{name}_mark"]
    assert (series[name].attrs["code"], series[name].attrs["units"]) == (name, units)
    long_name = getattr(code_of(name), "name_en", "") if name != code or len(code) == 6 else code
    assert series[name].attrs["long_name"] == long_name


@pytest.mark.parametrize(
    ("system", "code", "role"),
    [("44", "d2x", "production"), ("44", "d3x", "treatment"), ("44", "d1x", None), ("31", "d2x", None)],
)
def test_roles_of_power_meters(tmp_path: Path, system: str, code: str, role: str | None) -> None:
    """HJ 212-2025: d2 is a production facility, d3 one of treatment, in the system of power only."""
    [series] = log(tmp_path, realtime(f"{code}-Rtd=1", st=system)).value
    expected = {"code": code, "long_name": code, "units": "1"} | ({"role": role, "linked_to": ""} if role else {})
    assert series[code].attrs == expected


@pytest.mark.parametrize("system", ["44", "80", "31"])
def test_units_of_electric_fields(tmp_path: Path, system: str) -> None:
    """Currents, voltages, powers and energies by their first letter, in the systems of power only."""
    [series] = log(tmp_path, realtime("d-Ia=1,d-Ua=2,d-Pt=3,d-Ep=4,d-Fr=5", st=system)).value
    units = ("A", "V", "kW", "kWh", "1") if system != "31" else ("1",) * 5
    for k, (name, unit) in enumerate(zip(("d_Ia", "d_Ua", "d_Pt", "d_Ep", "d_Fr"), units, strict=True), 1):
        assert (series[name].values.tolist(), series[name].attrs) == ([k], {"units": unit, "code": "d"})


def test_refused_packets_by_kind_with_the_place_of_the_first(tmp_path: Path) -> None:
    """One reject a kind: how many, where the first stands, and what can be done about that kind."""
    good = packet(realtime("a21026-Rtd=1"))
    long = packet(realtime("Info=" + "x" * 1100))
    short = b"##0050" + good[6:]
    bad = good.replace(b"Rtd=1", b"Rtd=2")
    sum_ = packet(realtime("a21026-Rtd=1"), modbus=True)
    clock = packet(realtime("a21026-Rtd=1", time="20241301080000"))
    half = packet(f"ST=31;CN=2061;MN={MN};PNUM=2;PNO=1;Flag=6;CP=&&DataTime=20241001080000;a21026-Avg=1&&")
    nobody = packet("ST=31;CN=2011;CP=&&DataTime=20241001080000;a21026-Rtd=1&&")
    pieces = [good, bad, bad, sum_, short, long, clock, half, nobody, b"\x01noise\r\n", good]
    (tmp_path / "log.bin").write_bytes(b"".join(pieces))
    outcome = read(tmp_path)
    starts = np.cumsum([0, *map(len, pieces)]).tolist()
    damaged = "damaged on the way, or cut by the collector: take the log again, or ask the keeper of the device"
    known = 'if the device is known for it, put `tolerated = ["<MN>:{}"]` under [monitors] in mission.toml'.format
    assert {r.item for r in outcome.rejects} == {"log.bin"}
    assert {(r.where, tell(r).reason) for r in outcome.rejects} == {
        (f"byte {starts[1]}", f"2 packets refused: CRC; {damaged}"),
        (f"byte {starts[3]}", f"1 packets refused: Modbus sum; {known('modbus')}"),
        (f"byte {starts[4]}", f"1 packets refused: length; {known('length')}"),
        (f"byte {starts[5]}", f"1 packets refused: longer than; {known('long')}"),
        (f"byte {starts[6]}", f"1 packets refused: DataTime; {damaged}"),
        (f"byte {starts[7]}", f"1 packets refused: incomplete; {damaged}"),
        (f"byte {starts[8]}", f"1 packets refused: header has no MN; {damaged}"),
        (f"byte {starts[9]}", f"1 packets refused: bytes belong to no packet; {damaged}"),
    }


def test_tolerated_packets_are_counted_by_device_and_kind(tmp_path: Path) -> None:
    """The decision names the device and what it does, with the number of its packets."""
    data = packet(realtime("a21026-Rtd=1"), modbus=True)
    other = packet(realtime("a21026-Rtd=1").replace(MN, "M2"), modbus=True)
    (tmp_path / "log.bin").write_bytes(data + other + data)
    outcome = read(tmp_path, tolerated=("*:modbus",))
    text = "{} packets accepted although not to the standard".format
    assert [(d.item, tell(d).decision, tell(d).evidence) for d in outcome.decisions[:2]] == [
        ("log.bin", text(2), f"{MN}: Modbus sum"), ("log.bin", text(1), "M2: Modbus sum"),
    ]  # fmt: skip


def test_parts_of_a_split_message_are_one_row(tmp_path: Path) -> None:
    """Both halves are in the series, whichever comes first."""
    head = f"ST=31;CN=2061;MN={MN};PNUM=2;Flag=6"
    one = f"{head};PNO=1;CP=&&DataTime=20241001080000;a21026-Avg=1&&"
    two = f"{head};PNO=2;CP=&&DataTime=20241001080000;a21002-Avg=2&&"
    [series] = log(tmp_path, two, one).value
    assert {name: v.values.tolist() for name, v in series.data_vars.items()} == {"a21026": [1.0], "a21002": [2.0]}


@pytest.mark.parametrize(
    ("content", "is_log"),
    [
        (b"## heading\n\xe6\x97\xb6\xe9\x97\xb4,SO2\n2024-10-01 08:00,5\n", False),
        (b"#" + packet("ST=31;CN=2011;MN=1;CP=&&&&"), True),
        (b"##0010;CN=2011", True),
        (b"x" * 4000 + b"##0010 CP=&&", True),
        (b"x" * (1 << 16) + packet("ST=31;CN=2011;MN=1;CP=&&&&"), False),
    ],
)
def test_logs_are_known_by_their_first_bytes(tmp_path: Path, content: bytes, is_log: bool) -> None:
    """A packet's start with a command or a data area within 65536 bytes; a heading of two hashes is none."""
    (tmp_path / "a.csv").write_bytes(content)
    outcome = read(tmp_path)
    is_table = bool(outcome.value) or any("no heading row" in tell(r).reason for r in outcome.rejects)
    assert is_table == (not is_log)


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
