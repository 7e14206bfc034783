"""A right table with its headings written in the ways in which people write them reads to the same truth.

Traces, monitor records and registers alike; what cannot be read is refused by name.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from ingest.monitors.read import MonitorSettings, read_monitors
from ingest.outcome import Outcome
from ingest.registers.read import SiteSettings, read_sites
from ingest.traces.read import TraceSettings, read_traces
from onevisit.words.telling import tell

ROWS = 30
STAMPS = [f"2024-05-01 10:00:{s:02d}" for s in range(ROWS)]
LON = [104.06 + 1e-4 * s for s in range(ROWS)]
LAT = [30.66 + 1e-5 * s for s in range(ROWS)]
SO2 = [20.0 + s % 7 for s in range(ROWS)]
CORRECTED = [40.0 + s % 5 for s in range(ROWS)]
AMOUNT = [1.2 + s % 3 / 10 for s in range(ROWS)]
HOURS = [f"2024-10-08 {h:02d}:00" for h in range(24)]


def _told(outcome: Outcome[object]) -> str:
    said = [tell(d) for d in outcome.decisions]
    lines = [f"{d.item}: {d.decision} ({d.evidence})" for d in said] + [tell(r).line for r in outcome.rejects]
    return "\n".join(lines)


def _table(*rows: list[object]) -> str:
    return "\n".join(",".join(str(cell) for cell in row) for row in rows) + "\n"


def _drive(headings: list[list[str]], *columns: list[object] | list[str] | list[float], below: str = "") -> str:
    return _table(*headings, *map(list, zip(*columns, strict=True))) + below


def _traces(tmp_path: Path, text: str, name: str = "drive.csv") -> Outcome[tuple[xr.Dataset, ...]]:
    (tmp_path / name).write_text(text, "utf-8")
    return read_traces([tmp_path / name], TraceSettings(time_zone="UTC"))


def _trace(tmp_path: Path, text: str) -> tuple[xr.Dataset, str]:
    outcome = _traces(tmp_path, text)
    assert len(outcome.value) == 1, _told(outcome)
    return outcome.value[0], _told(outcome)


def _as_written(trace: xr.Dataset) -> None:
    assert trace["time"].values.astype("datetime64[s]").tolist() == np.array(STAMPS, "datetime64[s]").tolist()
    assert trace["lon"].values == pytest.approx(LON, abs=1e-6)
    assert trace["lat"].values == pytest.approx(LAT, abs=1e-6)
    assert trace["so2"].values.tolist() == SO2 and trace["so2"].attrs["units"] == "ug m-3"


# --- traces: headings ----------------------------------------------------------------------------------------------

#: Headings in more than one row, and the columns below: s SO2, c corrected, a amount, n mark, t x y time and place.
TWO_ROWS = {
    "parts under the quantity": (
        ["时间,经度,纬度,二氧化硫(ug/m3),,,", ",,,实测,折算,排放量,标记"], "txyscan"),
    "parts in another order": (
        ["时间,经度,纬度,二氧化硫(ug/m3),,,", ",,,折算,标记,排放量(g),实测浓度"], "txycnas"),
    "unit in the child": (
        ["时间,经度,纬度,SO2,,", ",,,corrected(ug/m3),measured(ug/m3),flag"], "txycsn"),
    "a title above": (["走航监测数据,,,,", "时间,经纬度,,SO2(μg/m³),", ",经度,纬度,标记,浓度"], "txyns"),
    "a unit row": (["Time,Longitude,Latitude,SO2", ",deg,deg,ug/m3"], "txys"),
    "two unit rows": (["Time,Longitude,Latitude,SO2", ",deg,deg,ug/m3", ",度,度,微克/立方米"], "txys"),
    "parts, then a unit row": (["时间,位置,,SO2,", ",经度,纬度,折算,实测", ",°,°,ug/m3,ug/m3"], "txycs"),
    "groups": (["时间,位置信息,,气体(ug/m3)", ",经度,纬度,SO2"], "txys"),
    "part above the quantity": (
        ["时间,经度,纬度,折算浓度(ug/m3),实测浓度(ug/m3)", ",,,SO2,SO2"], "txycs"),
    "joined": (["时间,经度,纬度,二氧化硫_折算(ug/m3),二氧化硫_实测(ug/m3),二氧化硫_标记"], "txycsn"),
    "joined by a point": (["时间,经度,纬度,SO2.折算(ug/m3),SO2.实测(ug/m3)"], "txycs"),
    "joined by a hyphen": (["时间,经度,纬度,SO2-corrected (ug/m3),SO2-measured (ug/m3)"], "txycs"),
    "in brackets": (["时间,经度,纬度,SO2（折算）(ug/m3),SO2（实测）(ug/m3)"], "txycs"),
    "filled to the right": (
        ["时间,经度,纬度,SO2,SO2,SO2", "时间,经度,纬度,最大值(ug/m3),最小值(ug/m3),平均值(ug/m3)"], "txyccs"),
    "at a reference oxygen": (["时间,经度,纬度,SO2(ug/m3@6%O2),SO2(ug/m3)"], "txycs"),
    "spelled out": (["DateTime(UTC),Longitude,Latitude,SO2浓度（微克/立方米）"], "txys"),
    "written together": (["UTCDateTime,gps_longitude,gps_latitude,SO2_ug/m3"], "txys"),
    "time stamp": (["Time Stamp,Lon,Lat,SO2 Concentration (µg/m³)"], "txys"),
    "two words": (["Timestamp_UTC,LONGITUDE,LATITUDE,so2 conc ug/m3"], "txys"),
}  # fmt: skip
COLUMNS = {"t": STAMPS, "x": LON, "y": LAT, "s": SO2, "c": CORRECTED, "a": AMOUNT, "n": ["N"] * ROWS}


@pytest.mark.parametrize("way", TWO_ROWS)
def test_headings_of_a_drive(tmp_path: Path, way: str) -> None:
    """Measured values under whatever heading rows, in any order of the parts."""
    lines, letters = TWO_ROWS[way]
    headings = [line.split(",") for line in lines]
    trace, told = _trace(tmp_path, _drive(headings, *(COLUMNS[letter] for letter in letters)))
    assert trace["so2"].values.tolist() == SO2, told
    _as_written(trace)


PLAIN = ["Time", "Longitude", "Latitude", "SO2 (ug/m3)"]


@pytest.mark.parametrize("counter", ["No", "No.", "#", "序号", "ID", "Index", "Record", "NO", "编号"])
def test_counters_of_rows(tmp_path: Path, counter: str) -> None:
    """A column that counts rows is no nitric oxide and no platform."""
    counts = list(range(1, ROWS + 1))
    trace, told = _trace(tmp_path, _drive([[counter, *PLAIN]], counts, STAMPS, LON, LAT, SO2))
    _as_written(trace)
    assert "no" not in trace and "no ppb" not in told


def test_no_is_nitric_oxide_where_its_values_say_so(tmp_path: Path) -> None:
    """NO with a unit, though it happens to count by one."""
    trace, _ = _trace(tmp_path, _drive([["NO (ppb)", *PLAIN]], list(range(ROWS)), STAMPS, LON, LAT, SO2))
    assert trace["no"].values.tolist() == list(range(ROWS))


@pytest.mark.parametrize("word", ["最大值", "平均值", "合计", "Max", "Average", "Total"])
@pytest.mark.parametrize("at", [0, 1, 3])
def test_summaries_below_a_drive(tmp_path: Path, word: str, at: int) -> None:
    """They are no data, whatever column the word stands in; counted and said."""
    summary = ["", "", "", "23"]
    summary[at] = word
    text = _drive([PLAIN], STAMPS, LON, LAT, SO2, below=_table(summary, ["制表人：张三", "", "", ""]))
    trace, told = _trace(tmp_path, text)
    _as_written(trace)
    assert "1 row of summaries" in told and "1 row of remarks" in told and word in told


def test_headings_that_come_again(tmp_path: Path) -> None:
    """They are passed over with a count."""
    rows = list(map(list, zip(STAMPS, LON, LAT, SO2, strict=True)))
    trace, told = _trace(tmp_path, _table(PLAIN, *rows[:10], PLAIN, *rows[10:20], PLAIN, *rows[20:]))
    _as_written(trace)
    assert "2 heading rows" in told and "12, 23" in told


def test_columns_in_another_order_further_down(tmp_path: Path) -> None:
    """From the second heading row on the new headings hold: one trace where the quantities are the same."""
    rows = list(map(list, zip(STAMPS, LON, LAT, SO2, strict=True)))
    late = [[row[3], row[2], row[0], row[1]] for row in rows[10:]]
    trace, told = _trace(tmp_path, _table(PLAIN, *rows[:10], ["SO2 (ug/m3)", "Latitude", "Time", "Longitude"], *late))
    _as_written(trace)
    assert "line 12" in told


def test_another_table_without_times_is_refused_by_its_line(tmp_path: Path) -> None:
    """What has no time cannot be placed."""
    rows = list(map(list, zip(STAMPS, LON, LAT, SO2, strict=True)))
    text = _table(PLAIN, *rows, ["Longitude", "Latitude", "CO2 (ppm)", "x"], *([1, 2, 400, 0] for _ in range(5)))
    trace, told = _trace(tmp_path, text)
    _as_written(trace)
    assert "line 32" in told and "time" in told


# --- traces: columns that qualify ----------------------------------------------------------------------------------

HEMISPHERES = [("E/W", "W", "N/S", "S"), ("Lon Dir", "West", "Lat Dir", "South"), ("+/-", "-", "+/-", "-"),
               ("东西经", "西经", "南北纬", "南纬"), ("经度方向", "西", "纬度方向", "南")]  # fmt: skip


@pytest.mark.parametrize(("ew", "west", "ns", "south"), HEMISPHERES)
def test_west_and_south(tmp_path: Path, ew: str, west: str, ns: str, south: str) -> None:
    """A column, whatever it is called, turns the sign."""
    headings = ["Time", "Longitude", ew, "Latitude", ns, "SO2 (ug/m3)"]
    trace, _ = _trace(tmp_path, _drive([headings], STAMPS, LON, [west] * ROWS, LAT, [south] * ROWS, SO2))
    assert trace["lon"].values == pytest.approx(-np.array(LON)) and trace["lat"].values == pytest.approx(
        -np.array(LAT)
    )


@pytest.mark.parametrize(
    ("lon", "lat"), [("西经", "南纬"), ("Longitude (W)", "Latitude (S)"), ("West Longitude", "纬度（南）")]
)
def test_west_and_south_in_the_heading(tmp_path: Path, lon: str, lat: str) -> None:
    """A heading turns it too."""
    trace, _ = _trace(tmp_path, _drive([["Time", lon, lat, "SO2 (ug/m3)"]], STAMPS, LON, LAT, SO2))
    assert trace["lon"].values == pytest.approx(-np.array(LON)) and trace["lat"].values == pytest.approx(
        -np.array(LAT)
    )


def test_minutes_and_seconds_of_a_drive(tmp_path: Path) -> None:
    """Degrees, minutes and seconds in columns of their own."""
    parts = (
        [[int(v), int(v % 1 * 60), (v * 60 % 1) * 60] for v in LON],
        [[int(v), int(v % 1 * 60), (v * 60 % 1) * 60] for v in LAT],
    )
    columns = [list(column) for part in parts for column in zip(*part, strict=True)]
    headings = [["时间", "经度", "", "", "纬度", "", "", "SO2(ug/m3)"], ["", "度", "分", "秒", "度", "分", "秒", ""]]
    trace, _ = _trace(tmp_path, _drive(headings, STAMPS, *columns, SO2))
    _as_written(trace)


@pytest.mark.parametrize(
    ("heading", "good", "bad"),
    [
        ("VALID", "SPS", "NO FIX"),
        ("Fix", "A", "V"),
        ("GPS Quality", "1", "0"),
        ("定位状态", "有效", "无效"),
        ("Fix Mode", "3", "1"),
    ],
)
def test_positions_without_fix(tmp_path: Path, heading: str, good: str, bad: str) -> None:
    """They are missing and counted."""
    fixes = [bad if 5 <= s < 9 else good for s in range(ROWS)]
    trace, told = _trace(tmp_path, _drive([[*PLAIN, heading]], STAMPS, LON, LAT, SO2, fixes))
    assert np.flatnonzero(np.isnan(trace["lon"].values)).tolist() == [5, 6, 7, 8] and "4 of 30 positions" in told


@pytest.mark.parametrize("heading", ["vehicle", "Device ID", "Serial Number", "车牌号", "设备编号", "ID"])
@pytest.mark.parametrize("interleaved", [True, False])
def test_two_platforms(tmp_path: Path, heading: str, interleaved: bool) -> None:
    """One trace a platform, each named, also where their rows alternate."""
    rows = [
        [STAMPS[s], LON[s] + far, LAT[s], SO2[s] + 100 * far, name]
        for s in range(ROWS)
        for name, far in (("甲", 0), ("乙", 1))
    ]
    rows = rows if interleaved else rows[::2] + rows[1::2]
    outcome = _traces(tmp_path, _table([*PLAIN, heading], *rows))
    found = {trace.attrs["platform_id"]: trace for trace in outcome.value}
    assert found.keys() == {"甲", "乙"}, _told(outcome)
    assert {str(trace["trajectory"].values) for trace in outcome.value} == {"drive-甲", "drive-乙"}
    _as_written(found["甲"])
    assert found["乙"]["so2"].values.tolist() == [value + 100 for value in SO2]


@pytest.mark.parametrize("columns", [("SO2", "单位"), ("SO2", "SO2_unit"), ("二氧化硫", "Unit")])
def test_units_in_a_column(tmp_path: Path, columns: tuple[str, str]) -> None:
    """They are those of the column before, each row its own."""
    units = ["ug/m3"] * 20 + ["mg/m3"] * 10
    values = [*SO2[:20], *(value / 1000 for value in SO2[20:])]
    trace, told = _trace(tmp_path, _drive([[*PLAIN[:3], *columns]], STAMPS, LON, LAT, values, units))
    assert trace["so2"].values == pytest.approx(SO2) and trace["so2"].attrs["units"] == "ug m-3", told


INSIDE = ["Electronics temperature", "Battery Temp (degC)", "TEC Sink Temp", "Cell Temperature (C)", "CavityTemp_C",
          "Inlet Heater Temperature", "CPU temp", "机箱温度(℃)", "电池温度", "板温", "Temperature (internal)",
          "Temp_Board", "Cell_Pressure_hPa", "Cavity humidity (%)", "Sensor Temperature", "机箱 湿度(%)"]  # fmt: skip


@pytest.mark.parametrize("heading", INSIDE)
def test_what_is_inside_an_instrument_is_not_the_air(tmp_path: Path, heading: str) -> None:
    """No air temperature, pressure or humidity; the heading is named."""
    trace, told = _trace(tmp_path, _drive([[*PLAIN, heading]], STAMPS, LON, LAT, SO2, [45.0] * ROWS))
    assert not {"temperature", "air_temperature", "pressure", "relative_humidity"} & {str(n) for n in trace.data_vars}
    assert heading in told


@pytest.mark.parametrize(
    ("heading", "slug"),
    [("[CH4]d_ppm", "ch4_dry"), ("CH4_dry (ppm)", "ch4_dry"), ("CH4_ppm_dry", "ch4_dry"), ("CH4干基(ppm)", "ch4_dry"),
     ("CO_dry_ppm", "co_dry"), ("[CH4]_ppm", "ch4"), ("CH4 wet (ppm)", "ch4"), ("CO2标干浓度(ppm)", "co2_dry")],
)  # fmt: skip
def test_dry_and_wet(tmp_path: Path, heading: str, slug: str) -> None:
    """Dry mole fractions are variables of their own, wet ones those of the gas."""
    trace, told = _trace(
        tmp_path, _drive([[*PLAIN, heading]], STAMPS, LON, LAT, SO2, [400.0 + s for s in range(ROWS)])
    )
    assert slug in trace, told


SPEEDS = [("SPEED", 3.6), ("Speed (m/s)", 3.6), ("speed_kmh", 3.6), ("speed_kmh", 1.0), ("速度", 1.943844),
          ("Speed (km/h)", 1.0), ("GPS Speed", 2.236936)]  # fmt: skip


@pytest.mark.parametrize(("heading", "factor"), SPEEDS)
def test_speed_is_that_of_the_positions(tmp_path: Path, heading: str, factor: float) -> None:
    """Whatever the heading says or leaves out."""
    lon = [104.06 + 13.9 / (111_195 * np.cos(np.radians(30.66))) * s for s in range(ROWS)]
    text = _drive([[*PLAIN, heading]], STAMPS, lon, [30.66] * ROWS, SO2, [round(13.9 * factor, 3)] * ROWS)
    trace, told = _trace(tmp_path, text)
    assert np.nanmedian(trace["speed"].values) == pytest.approx(13.9, abs=0.1), told


def test_feet_are_feet(tmp_path: Path) -> None:
    """An altitude in feet is brought to metres."""
    trace, _ = _trace(tmp_path, _drive([[*PLAIN, "Altitude (ft)"]], STAMPS, LON, LAT, SO2, [1000.0] * ROWS))
    assert trace["altitude"].values[0] == pytest.approx(304.8)


@pytest.mark.parametrize("shift_h", [0, 8])
def test_epoch_beside_stamps(tmp_path: Path, shift_h: int) -> None:
    """Seconds since 1970 are used, the stamps tested against them."""
    epoch = (np.array(STAMPS, "datetime64[s]").astype("int64")).tolist()
    local = [str(np.datetime64(t) + np.timedelta64(shift_h, "h")).replace("T", " ") for t in STAMPS]
    trace, told = _trace(tmp_path, _drive([["unix", "DateTime", *PLAIN[1:]]], epoch, local, LON, LAT, SO2))
    _as_written(trace)
    assert ("+8 h from it" if shift_h else "says the same") in told


# --- monitors ------------------------------------------------------------------------------------------------------


def _record(
    tmp_path: Path, headings: list[list[str]], *columns: list[object], below: str = ""
) -> tuple[xr.Dataset, str]:
    path = tmp_path / "record.csv"
    path.write_text(_table(*headings, *map(list, zip(*columns, strict=True))) + below, "utf-8")
    outcome = read_monitors([path], MonitorSettings())
    assert len(outcome.value) == 1, _told(outcome)
    return outcome.value[0], _told(outcome)


@pytest.mark.parametrize("way", [way for way, (_, letters) in TWO_ROWS.items() if letters.count("c") < 2])
def test_headings_of_a_record(tmp_path: Path, way: str) -> None:
    """The same headings over hourly values."""
    lines, letters = TWO_ROWS[way]
    headings = [line.split(",") for line in lines]
    columns = {k: v[:24] for k, v in COLUMNS.items()} | {"t": HOURS}
    series, told = _record(tmp_path, headings, *(columns[letter] for letter in letters))
    assert series["a21026"].values.tolist() == SO2[:24], told
    if "c" in letters:
        assert series["a21026_corrected"].values.tolist() == CORRECTED[:24], told
    utc = "UTC" in "".join(headings[0])
    assert series["time"].values[0] == np.datetime64("2024-10-08T00:00" if utc else "2024-10-07T16:00")


def test_summaries_and_headings_again_in_a_record(tmp_path: Path) -> None:
    """Neither is data; both are counted."""
    head = ["监测时间", "SO2(mg/m3)"]
    below = _table(head, ["2024-10-09 00:00", 7], ["最大值", 26], ["", "平均值"], ["合计", 500], ["备注：停产", ""])
    series, told = _record(tmp_path, [head], HOURS, SO2[:24], below=below)
    assert series["a21026"].values.tolist() == [*SO2[:24], 7.0]
    assert "3 rows of summaries" in told and "1 row of remarks" in told and "1 heading row" in told


def test_columns_of_a_record_in_another_order_further_down(tmp_path: Path) -> None:
    """From the second heading row on the new headings hold."""
    below = _table(["NO2(mg/m3)", "SO2(mg/m3)", "监测时间"], *([90, 7, f"2024-10-09 {h:02d}:00"] for h in range(3)))
    series, told = _record(
        tmp_path, [["监测时间", "SO2(mg/m3)", "NO2(mg/m3)"]], HOURS, SO2[:24], [50] * 24, below=below
    )
    assert series["a21026"].values.tolist() == [*SO2[:24], 7, 7, 7]
    assert series["a21004"].values.tolist() == [50] * 24 + [90] * 3 and "line 26" in told


def test_counter_and_units_of_a_record(tmp_path: Path) -> None:
    """``No`` counts rows; the unit stands right of the value."""
    counts: list[object] = list(range(1, 25))
    series, _ = _record(tmp_path, [["No", "Time", "SO2", "Unit"]], counts, HOURS, SO2[:24], ["ug/m3"] * 24)
    assert list(series.data_vars) == ["a21026"] and series["a21026"].attrs["units"] == "ug m-3"


def test_units_that_change_from_row_to_row_of_a_record(tmp_path: Path) -> None:
    """Values come in the unit of the first rows; what cannot be brought to it is refused by name."""
    path = tmp_path / "record.csv"
    head: list[object] = ["监测时间", "监测因子", "实测值", "单位"]
    units = ["mg/m3"] * 10 + ["ug/m3"] * 10 + ["ppm"] * 4
    factors = {"mg/m3": 1, "ug/m3": 1000, "ppm": 1}
    rows = [[hour, "SO2", SO2[h] * factors[units[h]], units[h]] for h, hour in enumerate(HOURS)]
    path.write_text(_table(head, *rows), "utf-8")
    outcome = read_monitors([path], MonitorSettings())
    (series,) = outcome.value
    assert series["a21026"].values == pytest.approx(SO2[:20]) and series["a21026"].attrs["units"] == "mg m-3"
    assert "ppm" in _told(outcome) and "3 more rows" in _told(outcome)


def test_rounded_device_numbers(tmp_path: Path) -> None:
    """Two devices would become one: the rows are refused with what to do."""
    path = tmp_path / "record.csv"
    path.write_text(_table(["MN", "时间", "SO2"], *(["8.8888E+13", hour, 5] for hour in HOURS)), "utf-8")
    outcome = read_monitors([path], MonitorSettings())
    assert not outcome.value and "as text" in _told(outcome)


# --- registers -----------------------------------------------------------------------------------------------------

SITES = [("甲化工", 104.0612, 30.6611), ("乙印务", 104.0655, 30.6633), ("丙家具", 104.0701, 30.665)]


def _dms(value: float) -> list[object]:
    return [int(value), int(value % 1 * 60), round(value * 60 % 1 * 60, 3)]


REGISTERS = {
    "plain": ([["单位名称", "经度", "纬度"]], [[n, x, y] for n, x, y in SITES]),
    "merged": ([["单位名称", "经纬度", ""], ["", "经度", "纬度"]], [[n, x, y] for n, x, y in SITES]),
    "latitude first": ([["单位名称", "坐标", ""], ["", "纬度", "经度"]], [[n, y, x] for n, x, y in SITES]),
    "a title": ([["名录", "", ""], ["单位名称", "位置", ""], ["", "经度", "纬度"]], [[n, x, y] for n, x, y in SITES]),
    "units below": ([["单位名称", "经度", "纬度"], ["", "°", "°"]], [[n, x, y] for n, x, y in SITES]),
    "joined": ([["单位名称", "经度_度", "经度_分", "经度_秒", "纬度_度", "纬度_分", "纬度_秒"]],
               [[n, *_dms(x), *_dms(y)] for n, x, y in SITES]),
    "in brackets": ([["单位名称", "经度(度)", "经度(分)", "经度(秒)", "纬度(度)", "纬度(分)", "纬度(秒)"]],
                    [[n, *_dms(x), *_dms(y)] for n, x, y in SITES]),
    "English": ([["Name", "Longitude", "", "", "Latitude", "", ""], ["", "deg", "min", "sec", "deg", "min", "sec"]],
                [[n, *_dms(x), *_dms(y)] for n, x, y in SITES]),
    "east and north": ([["单位名称", "经度", "E/W", "纬度", "N/S"]], [[n, x, "E", y, "N"] for n, x, y in SITES]),
    "again": ([["单位名称", "经度", "纬度"]],
              [[*SITES[0]], ["单位名称", "经度", "纬度"], [*SITES[1]], ["合计", "3", ""],
               ["单位名称", "纬度", "经度"], [SITES[2][0], SITES[2][2], SITES[2][1]], ["填表人：李四", "", ""]]),
}  # fmt: skip


@pytest.mark.parametrize("way", REGISTERS)
def test_headings_of_a_register(tmp_path: Path, way: str) -> None:
    """Every site where it is, and none that is not."""
    headings, rows = REGISTERS[way]
    path = tmp_path / "sites.csv"
    path.write_text(_table(*headings, *rows), "utf-8")
    outcome = read_sites([path], SiteSettings())
    found = {site.name: (site.lon, site.lat) for site in outcome.value}
    assert found.keys() == {name for name, _, _ in SITES}, _told(outcome)
    for name, lon, lat in SITES:
        assert found[name] == pytest.approx((lon, lat), abs=2e-5), _told(outcome)


def test_west_in_a_register(tmp_path: Path) -> None:
    """112.0 with W is in Arizona, by a column and by a heading."""
    for headings, row in (("name,lon,E/W,lat", "A,112.0,W,33.4"), ("name,西经,纬度", "A,112.0,33.4")):
        (tmp_path / "sites.csv").write_text(f"{headings}\n{row}\n", "utf-8")
        site = read_sites([tmp_path / "sites.csv"], SiteSettings()).value[0]
        assert (site.lon, site.lat) == pytest.approx((-112.0, 33.4))
