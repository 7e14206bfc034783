"""Packets become series: codes, commands, fields, numbers, times, roles, refusals, split messages."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ingest.monitors.codes import code_of, hj212_codes
from ingest.schema import check_monitor
from onevisit.words.telling import tell
from tests.ingest.monitors.mark_rows import rows_of_marks
from tests.ingest.monitors.monitor_packets import MN, hourly, log, packet, read, realtime


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
