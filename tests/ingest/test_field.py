"""Files of ordinary bad days, as users of such programs met them: the right value of each.

The inputs stand beside the project (``field/CASES.md`` says what is right in each and where the case comes from).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from ingest.flags import REJECTING
from ingest.monitors.read import MonitorSettings, read_monitors
from ingest.outcome import Outcome
from ingest.registers.read import SiteSettings, read_sites
from ingest.roads.read import Roads, read_roads
from ingest.schema import Site
from ingest.traces.read import TraceSettings, read_traces
from onevisit.words.telling import tell

BEIJING = TraceSettings(time_zone="Asia/Shanghai")


@pytest.fixture(scope="module")
def field(shared_data: Path) -> Path:
    """The folder of made inputs."""
    return shared_data / "field"


def _traces(*files: Path, settings: TraceSettings = BEIJING) -> Outcome[tuple[xr.Dataset, ...]]:
    return read_traces(files, settings)


def _trace(*files: Path, settings: TraceSettings = BEIJING) -> tuple[xr.Dataset, str]:
    """The one trace of files, and all that is said about it in one text."""
    outcome = _traces(*files, settings=settings)
    assert len(outcome.value) == 1, _told(outcome)
    return outcome.value[0], _told(outcome)


def _told(outcome: Outcome[object]) -> str:
    said = [tell(d) for d in outcome.decisions]
    lines = [f"{d.item}: {d.decision} ({d.evidence})" for d in said] + [tell(r).line for r in outcome.rejects]
    return "\n".join(lines)


def _valid(trace: xr.Dataset, name: str) -> np.ndarray:
    """Values of a species that nothing rejects, NaN elsewhere."""
    flags = trace["qc_flag"].values.astype(np.uint32)
    if f"{name}_qc" in trace:
        flags = flags | trace[f"{name}_qc"].values.astype(np.uint32)
    return np.where(flags & np.uint32(REJECTING), np.nan, trace[name].values)


def _monitors(path: Path) -> Outcome[tuple[xr.Dataset, ...]]:
    return read_monitors([path], MonitorSettings())


def _hours(series: xr.Dataset) -> list[str]:
    """Times of a series in Beijing time."""
    return [str(t)[:19] for t in series["time"].values + np.timedelta64(8, "h")]


def _sites(*paths: Path) -> tuple[dict[str, Site], str]:
    outcome = read_sites(paths, SiteSettings())
    return {site.name: site for site in outcome.value}, _told(outcome)


# --- traces: times -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["time_stamp_heading.csv", "utcdatetime_heading.csv"])
def test_headings_of_time(field: Path, name: str) -> None:
    """``Time Stamp`` (Aeris) and ``UTCDateTime`` (PurpleAir) are times."""
    trace, _ = _trace(field / name, settings=TraceSettings())
    assert str(trace["time"].values[0])[:19] == "2024-05-01T10:00:00" and trace.sizes["obs"] == 30


def test_an_epoch_beside_a_stamp(field: Path) -> None:
    """One of two columns that say the same time is used (Plume Labs)."""
    trace, _ = _trace(field / "epoch_and_stamp_columns.csv", settings=TraceSettings())
    assert str(trace["time"].values[1])[:19] == "2020-01-01T00:01:00" and trace["pm25"].values[0] == 7


def test_a_clock_that_was_never_set(field: Path) -> None:
    """1980-01-01 is no day of a drive: nothing is planned on it, and it is said."""
    outcome = _traces(field / "clock_1980.csv", settings=TraceSettings())
    usable = [t for t in outcome.value if not (t["qc_flag"].values & np.uint32(REJECTING)).all()]
    assert not usable and "1980" in _told(outcome)


def test_rows_before_the_clock_was_set(field: Path) -> None:
    """The rows of 1970 have no date: they are left out, and said."""
    trace, told = _trace(field / "trace_clock_1970.csv")
    assert str(trace["time"].values[0])[:10] == "2024-10-08" and trace.sizes["obs"] == 70 and "1970" in told


def test_gps_week_rollover_by_the_name_of_the_file(field: Path) -> None:
    """2005-02-22 is 2024-10-08 less 1 024 weeks; the name of the file says which is right."""
    outcome = _traces(field / "trace_rollover_20241008.csv")
    days = {str(t["time"].values[0])[:10] for t in outcome.value}
    assert days <= {"2024-10-08"} and "1024 weeks" in _told(outcome)


def test_gps_week_rollover_by_the_other_file(field: Path) -> None:
    """The GPX is 1 024 weeks before the gas that it was recorded with."""
    outcome = _traces(field / "trace_rollover.gpx", field / "trace_rollover_gas.csv")
    days = {str(t["time"].values[0])[:10] for t in outcome.value}
    assert days <= {"2024-10-08"} and "1024 weeks" in _told(outcome)


# --- traces: headings and columns ----------------------------------------------------------------------------------


def test_a_counter_named_no(field: Path) -> None:
    """``No`` beside ``NO2`` counts rows; it is no nitrogen monoxide and nobody is asked about it."""
    trace, told = _trace(field / "counter_column_no.csv", settings=TraceSettings())
    assert "no" not in trace and trace["no2"].values[0] == 20 and "no ppb" not in told


def test_a_second_table_further_down(field: Path) -> None:
    """400 ppm of CO2 do not become 400 ppb of ozone."""
    outcome = _traces(field / "two_tables_in_one_file.csv", settings=TraceSettings())
    ozone = np.concatenate([t["o3"].values for t in outcome.value if "o3" in t])
    assert np.nanmax(ozone) < 40
    co2 = [t["co2"].values for t in outcome.value if "co2" in t]
    assert "line 32" in _told(outcome) if not co2 else np.nanmin(np.concatenate(co2)) >= 400


def test_headings_that_change_within_a_file(field: Path) -> None:
    """From the second heading row on NOx stands before TVOC."""
    outcome = _traces(field / "trace_headings_change.csv")
    for trace in outcome.value:
        late = trace["time"].values >= np.datetime64("2024-10-08T01:06:40")
        tvoc = next(n for n in trace.data_vars if str(n).startswith("tvoc") and not str(n).endswith("_qc"))
        assert np.nanmedian(trace[tvoc].values) > np.nanmedian(trace["nox"].values)
        assert not late.any() or np.nanmedian(trace[tvoc].values[late]) > np.nanmedian(trace["nox"].values[late])
    assert outcome.value and "line 32" in _told(outcome)


def test_hemisphere_columns(field: Path) -> None:
    """112.0 with W is in Arizona."""
    trace, _ = _trace(field / "hemisphere_columns.csv", settings=TraceSettings(time_zone="UTC"))
    assert trace["lon"].values[0] == pytest.approx(-112.0) and trace["lat"].values[0] == pytest.approx(33.4)


def test_two_platforms_in_one_file(field: Path) -> None:
    """ID tells a stationary monitor from a mobile one: two traces."""
    outcome = _traces(field / "two_platforms_one_file.csv", settings=TraceSettings())
    assert len(outcome.value) == 2
    levels = sorted(float(np.nanmedian(t["pm25"].values)) for t in outcome.value)
    assert levels[0] == 2.0 and levels[1] >= 8.0
    assert all(t.sizes["obs"] == 60 for t in outcome.value)


def test_temperatures_inside_an_instrument(field: Path) -> None:
    """Electronics and heat sinks are not the air."""
    trace, _ = _trace(field / "internal_temperature.csv", settings=TraceSettings())
    assert not any("temperature" in str(name) and "electronics" not in str(name) for name in trace.data_vars)


def test_dry_methane_of_lgr(field: Path) -> None:
    """``[CH4]d_ppm`` is dry methane, not a species of its own."""
    trace, _ = _trace(field / "lgr_dry_names.csv", settings=TraceSettings())
    assert trace["ch4_dry"].values[0] == pytest.approx(2.03) and trace["ch4"].values[0] == pytest.approx(2.0)
    assert "ch4_d" not in trace


def test_a_chinese_table_without_units(field: Path) -> None:
    """The national convention holds: µg m-3, CO in mg m-3, 车速 in km/h; it is said."""
    trace, told = _trace(field / "chinese_table_without_units.csv")
    units = {n: trace[n].attrs["units"] for n in ("pm25", "pm10", "so2", "no2", "o3", "co")}
    assert units == {**dict.fromkeys(("pm25", "pm10", "so2", "no2", "o3"), "ug m-3"), "co": "mg m-3"}
    assert trace["speed"].values[0] == pytest.approx(10.0) and "convention" in told


def test_latin_1_is_not_chinese(tmp_path: Path) -> None:
    """µg/m3 and °C in Latin-1."""
    path = tmp_path / "latin1_units.csv"
    rows = [f"2024-05-01T10:00:{s:02d}Z,{9.1 + s / 1e4:.4f},55.6,{20 + s},15.0" for s in range(30)]
    path.write_bytes(
        ("Timestamp,Longitude,Latitude,NO2 (µg/m3),Temperature (°C)\n" + "\n".join(rows)).encode("latin-1")
    )
    trace, _ = _trace(path, settings=TraceSettings())
    assert trace["no2"].attrs["units"] == "ug m-3" and trace["no2"].values[0] == 20
    assert trace["temperature"].values[0] == pytest.approx(288.15)


def test_speed_is_tested_against_the_positions(field: Path) -> None:
    """SPEED 50 is km/h when the fixes say 13.9 m/s."""
    trace, told = _trace(field / "speed_without_unit.csv", settings=TraceSettings())
    assert np.nanmedian(trace["speed"].values) == pytest.approx(13.9, abs=0.1) and "km" in told


def test_a_logger_of_one_row_a_minute_drives(field: Path) -> None:
    """Speed stays 8.3 m/s and no row is stationary."""
    trace, _ = _trace(field / "one_row_a_minute.csv", settings=TraceSettings())
    assert np.nanmedian(trace["speed"].values) == pytest.approx(8.33, abs=0.05)
    from tracks import TrackSettings, process_trace  # the fault was in the next room

    track = process_trace(trace, TrackSettings()).value
    assert np.nanmedian(track.passes["speed"].values) == pytest.approx(8.33, abs=0.1)


# --- traces: cells -------------------------------------------------------------------------------------------------


def test_error_codes_are_no_values(field: Path) -> None:
    """E02, Err02 and NaN(S5) are no degrees, minutes and seconds."""
    trace, told = _trace(field / "trace_error_codes.csv")
    assert np.nanmin(trace["pm25"].values) > 20 and "degrees" not in told and "E02" in told


def test_full_scale_is_no_measurement(field: Path) -> None:
    """999.9 and 1999.9 row after row are the top of a range."""
    trace, told = _trace(field / "trace_full_scale_999.csv")
    assert np.nanmax(_valid(trace, "pm25")) < 900 and np.nanmax(_valid(trace, "pm10")) < 1900
    assert "999.9" in told


def test_thousands_are_read(field: Path) -> None:
    """ "1,167.32" is 1167.32."""
    trace, _ = _trace(field / "trace_thousands.csv")
    tvoc = next(str(n) for n in trace.data_vars if str(n).startswith("tvoc") and not str(n).endswith("_qc"))
    assert np.nanmax(trace[tvoc].values) == pytest.approx(2537.62) and np.isfinite(trace[tvoc].values).all()


def test_thousands_are_no_decimal_comma(field: Path) -> None:
    """After 998 comes 1,167."""
    names = "trace_thousands_decimal_comma.tsv", "trace_thousands_decimal_comma.gpx"
    trace, _ = _trace(*(field / name for name in names))
    tvoc = next(str(n) for n in trace.data_vars if str(n).startswith("tvoc") and not str(n).endswith("_qc"))
    assert np.nanmax(trace[tvoc].values) > 2000 and np.nanmin(trace[tvoc].values) > 10


def test_a_run_of_0xff(field: Path) -> None:
    """One broken line costs that line."""
    trace, told = _trace(field / "trace_trash_bytes.csv")
    assert trace.sizes["obs"] == 37 and "line" in told


def test_valid_min_of_netcdf(field: Path) -> None:
    """Ten values below valid_min are missing (CF 2.5.1)."""
    trace, told = _trace(field / "trace_valid_min.nc", settings=TraceSettings())
    assert int(np.isnan(_valid(trace, "no2")).sum()) == 10 and "valid_min" in told


# --- traces: positions and wind ------------------------------------------------------------------------------------


@pytest.mark.parametrize("folder", ["dead_gps_with_gpx", "partial_gps_with_gpx"])
def test_a_gpx_beside_a_dead_gps(field: Path, folder: str) -> None:
    """Rows at 0, 0 take the positions of the GPX beside them."""
    trace, told = _trace(*sorted((field / folder).iterdir()), settings=TraceSettings())
    assert trace["lon"].values == pytest.approx(9.1 + 0.0001 * np.arange(30), abs=2e-5)
    assert trace["lat"].values == pytest.approx(np.full(30, 55.6), abs=1e-6) and "track.gpx" in told


def test_wind_of_nmea(field: Path, tmp_path: Path) -> None:
    """$WIMWD is wind over the ground: 5 m/s from 225°."""
    gas = tmp_path / "gas.csv"
    rows = [f"2024-05-01T10:00:{s:02d}Z,{2 + s / 100}" for s in range(30)]
    gas.write_text("Timestamp,CH4 (ppm)\n" + "\n".join(rows), "utf-8")
    trace, _ = _trace(field / "nmea_wind.nmea", gas, settings=TraceSettings())
    assert trace["u"].values[3] == pytest.approx(5 * np.sin(np.pi / 4), abs=0.01)
    assert trace["v"].values[3] == pytest.approx(5 * np.cos(np.pi / 4), abs=0.01)


@pytest.mark.parametrize(
    ("name", "first"), [("track.kml", "2024-05-01T10:00:00"), ("rtk.pos", "2024-05-01T09:59:42")]
)
def test_tracks_of_kml_and_rtklib(field: Path, tmp_path: Path, name: str, first: str) -> None:
    """gx:Track in UTC; GPST is 18 s ahead of it."""
    gas = tmp_path / "gas.csv"
    start = np.datetime64(first)
    rows = [f"{start + np.timedelta64(s, 's')}Z,{2 + s / 100}" for s in range(30)]
    gas.write_text("Timestamp,CH4 (ppm)\n" + "\n".join(rows), "utf-8")
    trace, _ = _trace(field / name, gas, settings=TraceSettings())
    assert str(trace["time"].values[0])[:19] == first
    assert trace["lon"].values == pytest.approx(9.1 + 0.0001 * np.arange(30), abs=2e-5)


# --- monitors ------------------------------------------------------------------------------------------------------


def _one(path: Path) -> tuple[xr.Dataset, str]:
    outcome = _monitors(path)
    assert len(outcome.value) == 1, _told(outcome)
    return outcome.value[0], _told(outcome)


def _column(series: xr.Dataset, code: str) -> np.ndarray:
    return series[code].values


def test_afternoons_are_afternoons(field: Path) -> None:
    """12:00 AM is 00:00, 01:00 PM is 13:00."""
    series, _ = _one(field / "monitor_time_pm.csv")
    assert _hours(series) == [f"2024-10-08T{h:02d}:00:00" for h in range(24)]


def test_a_z_is_obeyed(field: Path) -> None:
    """2024-10-08T00:00:00Z is 08:00 in Beijing."""
    series, told = _one(field / "monitor_time_z.csv")
    assert _hours(series) == [f"2024-10-08T{h:02d}:00:00" for h in range(8, 20)]
    assert "name no zone" not in told


def test_date_and_time_in_two_columns(field: Path) -> None:
    """48 hours of two days."""
    series, _ = _one(field / "monitor_date_and_time_columns.csv")
    assert series.attrs["interval"] == "hour" and series.sizes["obs"] == 48
    assert _hours(series)[0] == "2024-10-07T00:00:00" and _hours(series)[-1] == "2024-10-08T23:00:00"


def test_excel_hours_are_rounded(field: Path) -> None:
    """01:59:59.7 is 02:00."""
    series, _ = _one(field / "monitor_excel_time_rounding.xlsx")
    assert _hours(series) == [f"2024-10-08T{h:02d}:00:00" for h in range(24)]


def test_thousands_of_flow(field: Path) -> None:
    """1,100.5 is 1100.5."""
    series, _ = _one(field / "monitor_thousands.csv")
    flow = next(v for v in series.data_vars.values() if "流量" in str(v.attrs) or "flow" in str(v.attrs).lower())
    assert flow.values[0] == 1100.5 and np.isfinite(flow.values).all()


def _with_values(series: xr.Dataset, *words: str) -> xr.DataArray:
    return next(
        v for n, v in series.data_vars.items() if v.dtype.kind == "f" and any(w in f"{n} {v.attrs}" for w in words)
    )


def test_texts_in_cells_are_information(field: Path) -> None:
    """Below and above the limit, units beside numbers, wide digits; a stop and a repair are marks of their hour."""
    series, told = _one(field / "monitor_cell_texts.csv")
    ammonia = _with_values(series, "w21003", "氨氮", "ammoni")
    assert ammonia.values[[4, 5, 6, 12]].tolist() == pytest.approx([12.3, 12.3, 12.3, 0.08])
    for text in ("<0.025", "未检出", ">50", "停运"):
        assert text in told


def test_words_in_a_long_table(field: Path) -> None:
    """停运 and 校准 are marks; ≤50 is a limit of 50 mg m-3."""
    series, _ = _one(field / "monitor_words_in_long_table.csv")
    so2 = _with_values(series, "a21026", "二氧化硫")
    assert np.isnan(so2.values[:7]).all() and np.isfinite(so2.values[7:]).all()
    marks = next(v for n, v in series.data_vars.items() if v.dtype.kind in "iu" and "flag_meanings" in v.attrs)
    assert (marks.values[:7] != marks.values[8]).all() and marks.values[0] != marks.values[6]


@pytest.mark.parametrize("name", ["monitor_two_heading_rows.xlsx", "monitor_two_heading_rows_b.csv"])
def test_two_heading_rows(field: Path, name: str) -> None:
    """Under 二氧化硫 stand 排放量, 实测浓度 and 折算浓度, in any order."""
    series, _ = _one(field / name)
    values = {
        n: float(np.nanmedian(v.values))
        for n, v in series.data_vars.items()
        if v.dtype.kind == "f" and "a21026" in str(n)
    }
    measured = values["a21026"]
    corrected = next(v for n, v in values.items() if n.endswith("_zs") or "corrected" in n)
    assert 20 <= measured <= 25 and 27 <= corrected <= 34


def test_a_page_named_xls(field: Path) -> None:
    """An HTML table is read, or the page is told by its name and what to do."""
    outcome = _monitors(field / "html_named_xls.xls")
    told = _told(outcome)
    assert (outcome.value and outcome.value[0].sizes["obs"] > 2) or ("HTML" in told and "xlsx" in told)
    told = _told(_traces(field / "html_named_xls.xls"))
    assert "HTML" in told


def test_hours_of_a_clock_that_was_reset(field: Path) -> None:
    """2000-01-01 among hours of 2024 is refused and counted."""
    outcome = _monitors(field / "hj212_clock_2000.log")
    years = {str(t)[:4] for s in outcome.value for t in s["time"].values}
    assert years == {"2024"} and "3" in _told(outcome) and "2000" in _told(outcome)


def test_flag_behind_cp(field: Path) -> None:
    """Length and CRC are right: the order of the fields is what is wrong."""
    told = _told(_monitors(field / "hj212_flag_after_cp.log"))
    assert "Flag" in told and "CP" in told and "damaged" not in told


@pytest.mark.parametrize(("name", "values"), [("hj212_receipt_lines.log", 6), ("hj212_log_with_stamps.txt", 1)])
def test_lines_between_packets_are_no_packets(field: Path, name: str, values: int) -> None:
    """Stamps of receipt do not make damaged packets; the twelve of the first file are six hours, each sent twice."""
    outcome = _monitors(field / name)
    assert "refused" not in _told(outcome) and sum(s.sizes["obs"] for s in outcome.value) == values


def test_parts_of_two_systems_are_two_messages(field: Path) -> None:
    """ST is in the key of split messages."""
    outcome = _monitors(field / "hj212_split_two_systems.log")
    values = {
        str(n): float(v.values[0]) for s in outcome.value for n, v in s.data_vars.items() if v.dtype.kind == "f"
    }
    assert values == {"a21026": 21.0, "a21002": 61.0, "w01018": 55.0, "w21003": 1.5}
    assert "incomplete" not in _told(outcome)


def test_a_code_twice_in_a_packet(field: Path) -> None:
    """18.4 and 95.0 under a right CRC must be said."""
    told = _told(_monitors(field / "hj212_same_code_twice.txt"))
    assert "w01018" in told and "18.4" in told and "95" in told


# --- registers and roads -------------------------------------------------------------------------------------------


def test_degrees_minutes_and_seconds_in_three_columns(field: Path) -> None:
    """104° 3' 40.32"."""
    sites, told = _sites(field / "register_dms_three_columns.csv")
    assert len(sites) == 4, told
    assert sites["成都甲一化工有限公司"].lon == pytest.approx(104.0612, abs=1e-4)
    assert sites["成都甲一化工有限公司"].lat == pytest.approx(30.6611, abs=1e-4)


def test_a_merged_heading_over_two_columns(field: Path) -> None:
    """经度 and 纬度 stand in the second heading row."""
    sites, told = _sites(field / "register_merged_lonlat.csv")
    assert len(sites) == 4 and sites["成都甲一化工有限公司"].lon == pytest.approx(104.0612), told


def test_latitude_first_in_geojson(field: Path) -> None:
    """EPSG:4490 by URN has latitude first; points and parcels."""
    sites, told = _sites(field / "register_geojson_lat_lon.geojson")
    assert sites["成都甲一化工有限公司"].lon == pytest.approx(104.0612, abs=1e-4), told
    sites, told = _sites(field / "register_geojson_lat_lon_parcels.geojson")
    site = sites["成都甲一化工有限公司"]
    assert site.parcel is not None and site.parcel.bounds == pytest.approx((104.0607, 30.6607, 104.0617, 30.6615)), (
        told
    )


def test_dates_as_numbers(field: Path) -> None:
    """45291 and 20231231 are 2023-12-31, 2023年12月 ends that day."""
    sites, told = _sites(field / "register_dates.xlsx")
    assert {str(site.permit_valid_to) for site in sites.values()} == {"2023-12-31"}, told


def test_days_of_visits(field: Path) -> None:
    """45566 is 2024-10-01, or is named with what to do."""
    sites, told = _sites(field / "register_dates.xlsx", field / "register_dates_visits.csv")
    days = {name: [str(v.day) for v in site.visited] for name, site in sites.items()}
    assert days["成都甲一化工有限公司"] == ["2024-10-01"] and days["成都乙二印务有限公司"] == ["2024-10-01"], told
    assert days["成都丙三家具有限公司"] == ["2024-10-01"]


def test_codes_that_a_spreadsheet_rounded(field: Path) -> None:
    """9.15101E+17 has lost its last digits: say how to export again, for both files."""
    names = "register_credit_codes_as_floats.csv", "register_credit_codes_as_floats_credit.csv"
    sites, told = _sites(*(field / name for name in names))
    assert len(sites) == 4 and all(not site.uscc for site in sites.values())
    assert told.count("as text") >= 2


CLOSED = ["roads_access_no.geojson", "roads_access_private.geojson", "roads_rail.geojson",
          "roads_building_outline.geojson", "roads_gate.osm"]  # fmt: skip


@pytest.mark.parametrize("name", CLOSED)
def test_what_is_no_street_is_not_driven(field: Path, name: str) -> None:
    """A closed way, rails, an outline of a house, a locked gate."""
    roads: Roads = read_roads([field / name]).value
    low = [road for road in roads.lines if np.allclose(road.vertices[:, 1], 30.66, atol=1e-4)]
    assert not low and roads.lines
