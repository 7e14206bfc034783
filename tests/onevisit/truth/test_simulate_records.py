"""Simulated records: packets, a week of hours with its anomalies, and their files."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from onevisit.truth.simulate.names import Industry
from onevisit.truth.simulate.records.monitors import (
    ANOMALIES,
    HOURS,
    MonitoredSite,
    _disturb,
    _fits,
    _station,
    draw_monitored_sites,
    write_monitors,
)
from onevisit.truth.simulate.records.packets import hour_packet, packet, sum_of
from tests.onevisit.truth.dice import Dice
from tests.onevisit.truth.record_rows import FURNITURE, WATERWORKS, park_site, rows_of_file

DAY = datetime(2026, 3, 5, 10, 17, 23)
"""A Thursday; the records begin at noon of the Thursday before."""

START = datetime(2026, 2, 26, 12)

ON = {"frozen_analyser": True, "drifting_analyser": True, "calibration": True, "nothing_wrong": True}


# --- packets -------------------------------------------------------------------------------------------------------


def _slow_sum(segment: bytes) -> int:
    """Annex A of HJ 212-2017, as it is printed."""
    register = 0xFFFF
    for byte in segment:
        register = (register >> 8) ^ byte
        for _ in range(8):
            low, register = register & 1, register >> 1
            if low:
                register ^= 0xA001
    return register


@pytest.mark.parametrize("segment", [b"", b"\x00", b"123456789", bytes(range(256)), "非甲烷".encode()])
def test_the_sum_of_a_packet_is_that_of_the_standard(segment: bytes) -> None:
    """By the table and by the loop of the standard."""
    assert sum_of(segment) == _slow_sum(segment)


def test_the_standards_own_packet() -> None:
    """The example of HJ 212-2017: length 0101, sum 1C80."""
    segment = "QN=20160801085857223;ST=32;CN=1062;PW=100000;MN=010000A8900016F000169DC0;Flag=5;CP=&&RtdInterval=30&&"
    assert packet(segment) == f"##0101{segment}1C80\r\n"


def test_an_hours_packet_names_station_hour_and_three_values_a_factor() -> None:
    """DataTime is the beginning of the hour; a flag where one is given, N elsewhere; two decimals."""
    hour = datetime(2026, 3, 5, 9, 41, 7)
    factors = {"a21002": (1.0, 2.346, 3.0), "a24088": (0.0, 0.5, 1.0)}
    text = hour_packet("MN1", "31", hour, factors, {"a24088": "D"})
    body = (
        "QN=20260305090000085;ST=31;CN=2061;PW=123456;MN=MN1;Flag=4;CP=&&DataTime=20260305090000;"
        "a21002-Min=1.00,a21002-Avg=2.35,a21002-Max=3.00,a21002-Flag=N;"
        "a24088-Min=0.00,a24088-Avg=0.50,a24088-Max=1.00,a24088-Flag=D&&"
    )
    assert text == f"##{len(body):04d}{body}{_slow_sum(body.encode()):04X}\r\n"


# --- stations ------------------------------------------------------------------------------------------------------


def test_a_stations_week_of_work_is_monday_to_saturday_from_eight_to_eight() -> None:
    """Full load while working, 8 % else; the fan runs an hour longer at either end, at a quarter of the size."""
    station = _station(park_site(), START, Dice(0.0))  # type: ignore[arg-type]
    hours = [START + timedelta(hours=k) for k in range(HOURS)]
    working = np.array([h.weekday() < 6 and 8 <= h.hour < 20 for h in hours])
    assert station.production_kw == pytest.approx(np.where(working, 30.0, 2.4))
    around = working | np.roll(working, 1) | np.roll(working, -1)
    around[-1] = working[-1] or working[-2]
    assert station.treatment_kw == pytest.approx(np.where(around, 7.5, 0.225))
    assert station.marks == ("N",) * 168 and not station.stop_reported.any() and station.start == START
    load = np.where(working, 1.0, 0.08)
    assert set(station.means) == {"a24088", "a21002"}
    assert station.means["a24088"] == pytest.approx(60.0 * 0.35 * (0.6 + 0.4 * load))
    assert station.means["a21002"] == pytest.approx(150.0 * 0.45 * (0.6 + 0.4 * load))
    assert (station.kind, station.number) == ("31", "0123456789ABCDEF01234567")
    large = _station(park_site(), START, Dice([1.0, 0.0]))  # type: ignore[arg-type]
    assert large.production_kw.max() == pytest.approx(220.0)


def test_the_scatter_of_a_stations_records() -> None:
    """Load by a tenth over six hours, means by 12 % over five, the fan by 3 %."""
    still, moved = (_station(park_site(), START, Dice(0.0, z=z)) for z in (0.0, 1.0))  # type: ignore[arg-type]
    assert moved.production_kw[0] / still.production_kw[0] == pytest.approx(np.exp(0.1))
    keep = np.exp(-1 / 6.0)
    assert moved.production_kw[1] / still.production_kw[1] == pytest.approx(
        np.exp(0.1 * (keep + np.sqrt(1 - keep**2)))
    )
    assert moved.treatment_kw / still.treatment_kw == pytest.approx(np.full(HOURS, np.exp(0.03)))
    loads = [s.production_kw / 30.0 for s in (still, moved)]
    level = [(0.6 + 0.4 * load) * 21.0 for load in loads]
    assert moved.means["a24088"][0] / still.means["a24088"][0] == pytest.approx(
        level[1][0] / level[0][0] * np.exp(0.12)
    )
    keep = np.exp(-1 / 5.0)
    scatter = np.exp(0.12 * (keep + np.sqrt(1 - keep**2)))
    assert moved.means["a24088"][1] / still.means["a24088"][1] == pytest.approx(level[1][1] / level[0][1] * scatter)


def test_waterworks_have_the_factors_of_water() -> None:
    """COD, ammonia and total nitrogen in mg/L under system 32; sites under simple management have power alone."""
    station = _station(park_site(industry=WATERWORKS), START, Dice(0.0))  # type: ignore[arg-type]
    assert station.kind == "32"
    assert [(f.code, f.name, f.unit, f.limit, f.level) for f in station.factors] == [
        ("w01018", "化学需氧量", "mg/L", 50.0, 0.5),
        ("w21003", "氨氮", "mg/L", 5.0, 0.3),
        ("w21001", "总氮", "mg/L", 15.0, 0.6),
    ]
    simple = _station(park_site(kind="简化管理"), START, Dice(0.0))  # type: ignore[arg-type]
    assert simple.factors == () and simple.means == {} and simple.production_kw.max() == 30.0


@pytest.mark.parametrize(
    ("kind", "industry", "management", "fits"),
    [
        ("treatment_off", FURNITURE, "简化管理", True),
        ("stop_marked_but_running", FURNITURE, "简化管理", True),
        ("exceedance", FURNITURE, "简化管理", False),
        ("exceedance", FURNITURE, "重点管理", True),
        ("ammonia_above_total_nitrogen", FURNITURE, "重点管理", False),
        ("ammonia_above_total_nitrogen", WATERWORKS, "重点管理", True),
        ("ammonia_above_total_nitrogen", WATERWORKS, "简化管理", False),
    ],
)
def test_an_anomaly_needs_the_records_that_show_it(
    kind: str, industry: Industry, management: str, fits: bool
) -> None:
    """Power for devices, a monitor for values, a water outlet for nitrogen."""
    station = _station(park_site(industry=industry, kind=management), START, Dice(0.0))  # type: ignore[arg-type]
    assert _fits(kind, station) is fits


def _disturbed(
    kind: str, share: float = 0.0, industry: Industry = FURNITURE, z: float = 0.0
) -> tuple[MonitoredSite, MonitoredSite]:
    station = _station(park_site(industry=industry), START, Dice(0.0))  # type: ignore[arg-type]
    return station, _disturb(station, kind, Dice(share, z=z))  # type: ignore[arg-type]


LENGTHS = {"near_limit": 60, "constant": 30, "missing": 14}


@pytest.mark.parametrize("kind", [k for k in ANOMALIES if k != "ammonia_above_total_nitrogen"])
@pytest.mark.parametrize(("share", "begin"), [(0.0, "2026-03-02 09:00"), (0.999, "2026-03-04 09:00")])
def test_an_anomaly_begins_at_nine_of_a_working_day(kind: str, share: float, begin: str) -> None:
    """Two days in or more, no Sunday; five hours long where nothing else is said, none beyond the week."""
    _, station = _disturbed(kind, share)
    [anomaly] = station.anomalies
    begun = datetime.fromisoformat(begin)
    hours = LENGTHS.get(kind, HOURS if kind == "drift" else 5)
    end = min(begun + timedelta(hours=hours), START + timedelta(hours=HOURS))
    assert (anomaly.kind, anomaly.site_id, anomaly.expected) == (kind, "S1", ANOMALIES[kind])
    assert (anomaly.start, anomaly.end) == (begun, end)


def test_no_anomaly_begins_on_a_sunday() -> None:
    """Whatever the throw."""
    begun = {_disturbed("exceedance", share)[1].anomalies[0].start.weekday() for share in np.linspace(0, 0.999, 12)}
    assert begun == {0, 1, 2}


def test_what_an_anomaly_expects_is_what_the_page_of_dispositions_says() -> None:
    """Faults of monitors are helped with, gaps and near limits reminded of, marked hours nothing."""
    assert {k for k, v in ANOMALIES.items() if v == "visit"} == {
        "exceedance",
        "treatment_off",
        "stop_marked_but_running",
    }
    assert {k for k, v in ANOMALIES.items() if v == "none"} == {"marked_exceedance", "calibration_in_work_hours"}
    assert {k for k, v in ANOMALIES.items() if v == "remind"} == {"missing", "near_limit"}
    assert set(ANOMALIES.values()) == {"visit", "none", "remind", "help"}


def _window(length: int) -> slice:
    first = 93  # 09:00 of Monday, after noon of Thursday
    return slice(first, first + length)


@pytest.mark.parametrize(
    ("kind", "length", "values"),
    [
        ("exceedance", 5, 60.0 * 1.2),
        ("marked_exceedance", 5, 60.0 * 1.2),
        ("calibration_in_work_hours", 5, 60.0 * 1.6),
        ("near_limit", 60, 60.0 * 0.97),
        ("missing", 14, np.nan),
    ],
)
def test_an_anomaly_changes_the_leading_factor_in_its_hours_alone(kind: str, length: int, values: float) -> None:
    """A fifth above the limit or more, at 97 % of it, or nothing; other hours and factors are as they were."""
    before, after = _disturbed(kind)
    expected = before.means["a24088"].copy()
    expected[_window(length)] = values
    assert after.means["a24088"] == pytest.approx(expected, nan_ok=True)
    other = before.means["a21002"].copy()
    if kind == "missing":
        other[_window(length)] = np.nan
    assert after.means["a21002"] == pytest.approx(other, nan_ok=True)
    assert np.isfinite(before.means["a24088"]).all()


def test_an_exceedance_is_up_to_twice_the_limit_and_scatters() -> None:
    """At the other end of the dice, and one standard deviation up."""
    _, after = _disturbed("exceedance", 1.0, z=1.0)
    assert after.means["a24088"][141:146] == pytest.approx(np.full(5, 60.0 * 2.0 * np.exp(0.05)))
    _, near = _disturbed("near_limit", z=5.0)
    assert near.means["a24088"][_window(60)] == pytest.approx(np.full(60, 60.0 * 0.99))
    _, near = _disturbed("near_limit", z=-5.0)
    assert near.means["a24088"][_window(60)] == pytest.approx(np.full(60, 60.0 * 0.95))


def test_a_constant_repeats_its_first_hour_and_a_drifting_one_nearly_doubles() -> None:
    """Thirty hours of one value; from the first hour to the last up to 1.9 times."""
    before, after = _disturbed("constant")
    assert set(after.means["a24088"][_window(30)]) == {before.means["a24088"][93]}
    assert after.means["a24088"][105] != before.means["a24088"][105]
    assert after.means["a24088"][123:] == pytest.approx(before.means["a24088"][123:])
    before, after = _disturbed("drift")
    n = HOURS - 93
    rise = 1.0 + 0.9 * np.arange(n) / n
    assert after.means["a24088"][93:] == pytest.approx(before.means["a24088"][93:] * rise)
    assert after.means["a24088"][:93] == pytest.approx(before.means["a24088"][:93])


def test_ammonia_above_total_nitrogen_is_by_three_tenths() -> None:
    """What cannot be, in water."""
    before, after = _disturbed("ammonia_above_total_nitrogen", industry=WATERWORKS)
    expected = before.means["w21003"].copy()
    expected[_window(5)] = 1.3 * before.means["w21001"][_window(5)]
    assert after.means["w21003"] == pytest.approx(expected)
    assert after.means["w21001"] == pytest.approx(before.means["w21001"])


@pytest.mark.parametrize(
    ("kind", "mark"),
    [
        ("marked_exceedance", "M"),
        ("calibration_in_work_hours", "C"),
        ("stop_marked_but_running", "F"),
        ("exceedance", "N"),
        ("treatment_off", "N"),
    ],
)
def test_marks_explain_what_they_should(kind: str, mark: str) -> None:
    """Maintenance, calibration and stop stand in the hours of the anomaly, N everywhere else."""
    _, after = _disturbed(kind)
    marks = ["N"] * HOURS
    marks[_window(5)] = [mark] * 5
    assert list(after.marks) == marks
    stopped = np.zeros(HOURS, bool)
    stopped[_window(5)] = kind == "stop_marked_but_running"
    assert after.stop_reported.tolist() == stopped.tolist()


def test_treatment_that_is_off_draws_two_percent_while_production_runs() -> None:
    """In its five hours; else as before."""
    before, after = _disturbed("treatment_off")
    expected = before.treatment_kw.copy()
    expected[_window(5)] = 0.02 * 7.5
    assert after.treatment_kw == pytest.approx(expected)
    assert after.production_kw.tolist() == before.production_kw.tolist()


def test_every_second_station_has_one_anomaly_and_kinds_go_round() -> None:
    """Of five stations three; sites that are not listed, or registered only, have no records."""
    places = [park_site(f"S{k}") for k in range(5)]
    places += [park_site("R", kind="登记管理"), park_site("U", listed=False)]
    stations = draw_monitored_sites(places, DAY, ON, Dice(0.0))  # type: ignore[arg-type]
    assert [s.place.site_id for s in stations] == [f"S{k}" for k in range(5)]
    assert [[a.kind for a in s.anomalies] for s in stations] == [
        ["exceedance"],
        ["marked_exceedance"],
        ["constant"],
        [],
        [],
    ]
    assert all(s.start == START for s in stations)


@pytest.mark.parametrize(
    ("confounder", "kind"),
    [
        ("frozen_analyser", "constant"),
        ("drifting_analyser", "drift"),
        ("calibration", "calibration_in_work_hours"),
        ("nothing_wrong", "marked_exceedance"),
    ],
)
def test_an_anomaly_goes_with_its_confounder(confounder: str, kind: str) -> None:
    """Off, there is none of its kind; on, there is."""
    places = [park_site(f"S{k}") for k in range(40)]
    for on in (True, False):
        drawn = draw_monitored_sites(places, DAY, {**ON, confounder: on}, Dice(0.0))  # type: ignore[arg-type]
        assert (kind in {a.kind for s in drawn for a in s.anomalies}) is on


def _stations() -> tuple[MonitoredSite, ...]:
    first = _station(park_site("S1"), START, Dice(0.0))  # type: ignore[arg-type]
    water = _station(park_site("S2", WATERWORKS), START, Dice(0.0))  # type: ignore[arg-type]
    power = _station(park_site("S3", kind="简化管理"), START, Dice(0.0))  # type: ignore[arg-type]
    means = {code: values.copy() for code, values in first.means.items()}
    means["a21002"][3], means["a24088"][4], means["a21002"][4] = np.nan, np.nan, np.nan
    marks = tuple("D" if k == 5 else "N" for k in range(HOURS))
    second = {code: values.copy() for code, values in water.means.items()}
    second["w21003"][7] = np.nan
    stopped = np.arange(HOURS) == 21
    water = replace(water, means=second, stop_reported=stopped)
    return replace(first, means=means, marks=marks), water, power


def test_the_list_of_stations_names_outlets_and_limits(tmp_path: Path) -> None:
    """A row a factor, DA for air and DW for water; sites without a monitor are not on it."""
    write_monitors(tmp_path, _stations(), DAY)
    rows = [list(r.values()) for r in rows_of_file(tmp_path / "自动监控点位.csv")]
    number = "0123456789ABCDEF01234567"
    assert rows == [
        [number, "S1", "厂S1", "DA001", "a24088", "非甲烷总烃", "mg/m3", "60"],
        [number, "S1", "厂S1", "DA001", "a21002", "氮氧化物", "mg/m3", "150"],
        [number, "S2", "厂S2", "DW001", "w01018", "化学需氧量", "mg/L", "50"],
        [number, "S2", "厂S2", "DW001", "w21003", "氨氮", "mg/L", "5"],
        [number, "S2", "厂S2", "DW001", "w21001", "总氮", "mg/L", "15"],
    ]


def test_every_other_station_sends_packets(tmp_path: Path) -> None:
    """An hour each; a factor without a value is left out, an hour without any is not sent; min and max beside."""
    write_monitors(tmp_path, _stations(), DAY)
    packets = (tmp_path / "hj212_20260305.txt").read_bytes().decode("ascii").split("\r\n")
    assert packets.pop() == "" and len(packets) == HOURS - 1
    value = 21.0 * 1.0
    assert "ST=31" in packets[0] and "DataTime=20260226120000" in packets[0]
    assert f"a24088-Min={0.93 * value:.2f},a24088-Avg={value:.2f},a24088-Max={1.08 * value:.2f}" in packets[0]
    assert "a21002" not in packets[3] and "a24088-Avg" in packets[3]
    assert "DataTime=20260226170000" in packets[4] and "a24088-Flag=D" in packets[4]


def test_the_others_stand_in_the_platforms_export(tmp_path: Path) -> None:
    """A row an hour and factor, empty where there is no value; outlet, unit, limit and mark."""
    write_monitors(tmp_path, _stations(), DAY)
    rows = rows_of_file(tmp_path / "小时数据导出.csv")
    assert len(rows) == 3 * HOURS and {r["排污许可证编号"] for r in rows} == {"S2"}
    assert list(rows[0].values()) == [
        "厂S2", "S2", "废水总排口", "2026-02-26 12:00", "化学需氧量", "25.00", "mg/L", "50", "N",
    ]  # fmt: skip
    assert [r["浓度均值"] for r in rows if r["监测因子"] == "氨氮"][7] == ""
    assert rows[-1]["监测时间"] == "2026-03-05 11:00"


def test_the_power_records_say_what_runs_and_what_was_reported(tmp_path: Path) -> None:
    """Two devices a site and hour, the second linked to the first; running above three tenths of usual."""
    stations = _stations()
    write_monitors(tmp_path, stations, DAY)
    rows = rows_of_file(tmp_path / "用电监控.csv")
    assert len(rows) == 3 * 2 * HOURS
    head = [list(r.values()) for r in rows[:2]]
    assert head == [
        ["S1", "厂S1", "MF0001", "产污设施", "", "2026-02-26 12:00", "30.00", "运行", "正常"],
        ["S1", "厂S1", "TA001", "治污设施", "MF0001", "2026-02-26 12:00", "7.50", "运行", "正常"],
    ]
    mine = [r for r in rows if r["排污许可证编号"] == "S2" and r["设备编号"] == "MF0001"]
    assert [k for k, r in enumerate(mine) if r["申报工况"] == "停运"] == [21]
    hours = [START + timedelta(hours=k) for k in range(HOURS)]
    assert [r["运行状态"] == "运行" for r in mine] == [h.weekday() < 6 and 8 <= h.hour < 20 for h in hours]
    assert {r["有功功率(kW)"] for r in mine} == {"30.00", "2.40"}
