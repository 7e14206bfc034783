"""Real drives: every file is read, or refused with a reason; joined tables agree with the published ones."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import xarray as xr

from ingest.flags import Flag
from ingest.outcome import Outcome
from ingest.schema import check_trace, species_names
from ingest.traces.read import TraceSettings, read_traces
from onevisit.words.telling import tell

Traces = Outcome[tuple[xr.Dataset, ...]]


def _read(folder: Path, pattern: str, rules: TraceSettings | None = None) -> Traces:
    outcome = read_traces(sorted(folder.glob(pattern)), rules or TraceSettings(), root=folder)
    for trace in outcome.value:
        check_trace(trace)
    return outcome


# --- Picarro -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def amld(shared_data: Path) -> Traces:
    """The twelve files of a car survey."""
    return _read(shared_data / "amld", "*.dat.gz")


def test_amld_gives_twelve_traces_and_every_row(amld: Traces, shared_data: Path) -> None:
    """Twelve files, twelve traces, as many rows as data lines."""
    assert len(amld.value) == 12
    lines = sum(gzip.decompress(p.read_bytes()).count(b"\n") for p in (shared_data / "amld").glob("*.dat.gz"))
    assert abs(sum(t.sizes["obs"] for t in amld.value) - lines) <= 12
    assert {"ch4", "co2", "h2o"} <= set(species_names(amld.value[0]))


def test_amld_values_stand_where_the_file_has_them(amld: Traces) -> None:
    """First row of a file, as it is printed in it."""
    trace = next(t for t in amld.value if "215702" in str(t["trajectory"].values))
    assert trace["time"].values[0] == np.datetime64("2017-03-14T21:56:59.706", "ns")
    assert float(trace["ch4"][0]) == pytest.approx(1.9936972081)
    assert float(trace["lat"][0]) == pytest.approx(33.504944840)
    assert float(trace["lon"][0]) == pytest.approx(-86.816507131)
    assert float(trace["v"][0]) == pytest.approx(17.218823054)
    assert float(trace["u"][0]) == pytest.approx(-9.3827302420)
    assert float(trace["u_apparent"][0]) == pytest.approx(-4.8)


def test_amld_wind_is_the_apparent_wind_plus_the_cars_own_motion(amld: Traces) -> None:
    """Sign check: over the drive, wind over the ground minus car velocity is the wind felt, so u falls as v_car
    rises.

    ``wind = felt + car``: with the signs wrong the slope of (wind − felt turned to the earth) on the car's velocity
    would be near −1; in the longest drive it is near +1.
    """
    trace = max(amld.value, key=lambda t: t.sizes["obs"])
    seconds = (trace["time"].values - trace["time"].values[0]) / np.timedelta64(1, "s")
    north = np.gradient(np.radians(trace["lat"].values), seconds) * 6.371e6
    east = np.gradient(np.radians(trace["lon"].values), seconds) * 6.371e6 * np.cos(np.radians(33.5))
    moving = (np.hypot(north, east) > 5) & (np.hypot(north, east) < 30)
    heading = np.arctan2(east, north)
    felt_north = trace["u_apparent"].values * np.cos(heading)
    good = moving & np.isfinite(trace["v"].values) & np.isfinite(felt_north)
    slope = np.polyfit(north[good], (trace["v"].values - felt_north)[good], 1)[0]
    assert 0.8 < slope < 1.2


def test_unmeasured_gases_are_missing_not_zero(amld: Traces) -> None:
    """This analyser measured CH4 only: its CO2 and H2O columns hold zeros."""
    trace = amld.value[0]
    assert np.isnan(trace["co2"].values).all()
    assert (trace["co2_qc"].values & np.uint32(Flag.VALUE_MISSING)).all()
    assert np.isfinite(trace["ch4"].values).all()


# --- Hamburg -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def hamburg(shared_data: Path) -> Traces:
    """Workbook, GPX and text of one drive."""
    return _read(shared_data / "hamburg", "*2018*")


def test_hamburg_is_one_trace_with_positions_by_time(hamburg: Traces, shared_data: Path) -> None:
    """The analyser keeps its own times; positions agree with the text log at whole seconds to its last digits."""
    assert len(hamburg.value) == 1
    trace = hamburg.value[0]
    table = pl.read_csv(shared_data / "hamburg/20181024-095557.txt")
    times = np.array(table["time"].to_list(), "datetime64[ns]")
    index = np.searchsorted(times, trace["time"].values[2000])
    weight = (trace["time"].values[2000] - times[index - 1]) / (times[index] - times[index - 1])
    expected = table["latitude"][int(index - 1)] * (1 - weight) + table["latitude"][int(index)] * weight
    assert float(trace["lat"][2000]) == pytest.approx(expected, abs=1e-9)
    assert (trace["qc_flag"].values[2000] & np.uint32(Flag.POSITION_INTERPOLATED)) > 0


def test_hamburg_gases_are_kept_only_where_measured(hamburg: Traces) -> None:
    """species 1, 2, 3: no row has two gases, and each has about a third."""
    trace = hamburg.value[0]
    present = np.stack([np.isfinite(trace[name].values) for name in ("co2", "ch4", "h2o")])
    assert present.sum(axis=0).max() == 1
    assert (present.mean(axis=1) > 0.25).all()
    assert any("one gas at a time" in tell(d).evidence for d in hamburg.decisions)


def test_hamburg_second_position_file_is_said_to_be_unused(hamburg: Traces) -> None:
    """The text log covers the same time as the GPX."""
    assert any("20181024-095557.txt" in d.item and "not used" in tell(d).decision for d in hamburg.decisions)


# --- RETIGO --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("2016-12-08_lat_*", "latitude column repeats the longitude"),
        ("2024-08-26*", 'time_zone = "America/Denver"'),
        ("junk__2008-11-05*", "9 of 10 column headings are empty"),
        ("junk__2014-09-05*", "all 916 time stamps are equal"),
    ],
)
def test_malformed_retigo_files_are_refused(shared_data: Path, pattern: str, reason: str) -> None:
    """Each with what is wrong in it."""
    outcome = _read(shared_data / "retigo", pattern)
    assert not outcome.value
    assert any(reason in tell(reject).reason for reject in outcome.rejects)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("2008-11-05*", "wind over the ground"),
        ("2008-11-05*", "pnc believed to be in cm-3"),
        ("2008-11-05*", "equal stamps"),
        ("2010-04-02*", "offset -5.0 h of the stamps believed"),
        ("2012-08-17*", "offset in the stamps believed, not the heading"),
    ],
)
def test_doubtful_retigo_files_are_read_with_decisions(shared_data: Path, pattern: str, text: str) -> None:
    """Readable, and not believed blindly."""
    outcome = _read(shared_data / "retigo", pattern)
    assert len(outcome.value) == 1
    assert any(text in tell(decision).decision for decision in outcome.decisions)


def test_good_retigo_file(shared_data: Path) -> None:
    """Rows, units and the first row as printed."""
    trace = _read(shared_data / "retigo", "2012-09-20*").value[0]
    assert trace.sizes["obs"] == 10056
    assert trace["time"].values[0] == np.datetime64("2012-09-20T11:30:04", "ns")
    assert float(trace["co"][0]) == pytest.approx(351.0505)
    assert trace["co"].attrs["standard_name"] == "mole_fraction_of_carbon_monoxide_in_air"
    assert float(trace["speed"][2]) == pytest.approx(0.44391 * 0.44704)


# --- five instruments and a GPX ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def walk(shared_data: Path) -> Traces:
    """One walk in Bengaluru."""
    return _read(shared_data / "mmaqshiny", "2019_09_25*")


@pytest.fixture(scope="module")
def joined(shared_data: Path) -> pl.DataFrame:
    """The published joined table."""
    return pl.read_csv(shared_data / "mmaqshiny/joined_file.csv", null_values=["NA"])


def test_walk_has_the_published_rows_and_positions(walk: Traces, joined: pl.DataFrame) -> None:
    """3 000 rows at the published local times (UTC+5:30, found by agreement), positions to the last digit."""
    assert len(walk.value) == 1
    trace = walk.value[0]
    assert trace.sizes["obs"] == joined.height == 3000
    local = np.array(joined["date(LT)"].to_list(), "datetime64[ns]")
    assert (trace["time"].values + np.timedelta64(330, "m") == local).all()
    np.testing.assert_array_equal(trace["lat"].values, joined["Latitude"].to_numpy())
    np.testing.assert_array_equal(trace["lon"].values, joined["Longitude"].to_numpy())
    assert sum("Asia/Kolkata" in tell(d).decision for d in walk.decisions) == 5


@pytest.mark.parametrize(
    ("name", "column", "factor"),
    [
        ("bc", "AE51_BC (ug/m3)", 1e-3),
        ("pm25", "DT8530_PM2.5 (ug/m3)", 1e3),
        ("pnc", "CPC3007_Particle Concentration (#/cm3)", 5.5),
        ("co2", "LI-COR_CO2 (ppm)", 1.0),
    ],
)
def test_walk_equals_the_published_table(
    walk: Traces, joined: pl.DataFrame, name: str, column: str, factor: float
) -> None:
    """Every published value, after the published change of unit (and of the particle counter's diluter, 5.5)."""
    published = joined[column].cast(pl.Float64).to_numpy()
    mine = walk.value[0][name].values * factor
    good = np.isfinite(published)
    assert good.sum() > 2900
    np.testing.assert_allclose(mine[good], published[good], rtol=1e-9)


def test_walk_humidity_equals_the_published_rounding(walk: Traces, joined: pl.DataFrame) -> None:
    """Humidity as a fraction, published to three decimals: equal, and within them where a second had no sample."""
    mine, published = walk.value[0]["relative_humidity"].values, joined["RH(%)"].to_numpy()
    np.testing.assert_allclose(mine, published, atol=5.01e-4)
    assert np.isclose(mine, published, rtol=1e-9).mean() > 0.998


# --- others --------------------------------------------------------------------------------------------------------


def test_gmap_zone_comes_from_its_gps_clock(shared_data: Path) -> None:
    """14:17:48 on the truck's clock is 19:17:48 UTC by the GPS time of day beside it."""
    outcome = _read(shared_data / "otm33a", "180612*")
    trace = outcome.value[0]
    assert trace["time"].values[0] == np.datetime64("2018-06-12T19:17:48", "ns")
    assert float(trace["sonic_v"][0]) == pytest.approx(-8.57)
    assert float(trace["ch4"][0]) == pytest.approx(2.92887)


def test_otm33a_runs_are_read_where_the_zone_does_not_matter(shared_data: Path) -> None:
    """All ten runs, 10 Hz, with the sonic; without the permission each is refused for its zone."""
    outcome = _read(shared_data / "otm33a", "STR_*", TraceSettings(unsettled_zone="position"))
    assert len(outcome.value) == 10
    assert all({"sonic_u", "sonic_v", "sonic_w", "ch4", "pressure"} <= set(t.data_vars) for t in outcome.value)
    refused = _read(shared_data / "otm33a", "STR_4042011_01*")
    assert "time_zone" in tell(refused.rejects[-1]).reason


def test_dusttrak_drx_reads_its_date_order(shared_data: Path) -> None:
    """dd-MM in the unit row; five size classes in mg m-3; no position, so it is refused as a trace of its own."""
    outcome = _read(shared_data / "mmaqshiny", "2019_08_30*", TraceSettings(time_zone="Asia/Kolkata"))
    assert "no positions" in tell(outcome.rejects[0]).reason
    assert "2019-08-30T08:15:35Z" in tell(outcome.rejects[0]).reason


def test_drone_log_with_two_time_columns(shared_data: Path) -> None:
    """NMT: offsets in the stamps, CH4 in ppm by its values, C2H6 refused for want of a unit."""
    outcome = _read(shared_data / "uav_insitu", "NMT*")
    assert outcome.value[0]["time"].values[0] == np.datetime64("2023-04-19T14:10:05.669701", "ns")
    assert outcome.value[0]["ch4"].attrs["units"] == "ppm"
    assert any("C2H6" in r.where for r in outcome.rejects)


@pytest.mark.parametrize("name", ["gpxpy_cerknicko-without-times.gpx", "gpxpy_gpx_with_garmin_extension.gpx"])
def test_gpx_that_cannot_place_anything_is_refused(shared_data: Path, name: str) -> None:
    """No times, or waypoints only."""
    outcome = _read(shared_data / "formats", name)
    assert not outcome.value
    assert outcome.rejects
