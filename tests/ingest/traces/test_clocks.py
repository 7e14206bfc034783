"""Clocks: stamps of every spelling, zones that a file states, joining by time."""

from __future__ import annotations

from datetime import UTC, date
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.coordinates import time_zone_at, zone_of
from ingest.errors import FileError, SettingError
from ingest.flags import Flag
from ingest.text.times.stamps import date_in_name, parse_stamps
from ingest.traces.clocks import bracket, interpolate, interpolate_angle, localise, shift_clock
from ingest.traces.read import read_traces
from ingest.traces.record import TraceSettings
from onevisit.words.telling import tell
from tests.ingest.traces.readings import make_record, said, seconds
from tests.told import raises_told


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024/10/8 9:05:03", "2024-10-08T09:05:03"),
        ("2024-10-08T09:05:03.250", "2024-10-08T09:05:03.250"),
        ("2024年10月8日 9:05:03", "2024-10-08T09:05:03"),
        ("2024年10月8日9时5分3秒", "2024-10-08T09:05:03"),
        ("20241008090503", "2024-10-08T09:05:03"),
        ("20241008 090503", "2024-10-08T09:05:03"),
        ("25-09-2019 10:00:00", "2019-09-25T10:00:00"),
        ("09/25/19 10:00:00", "2019-09-25T10:00:00"),
        ("1/22/2018 8:36", "2018-01-22T08:36:00"),
        ("9/25/2024 1:05:03 PM", "2024-09-25T13:05:03"),
        ("2024.10.08 09:05:03", "2024-10-08T09:05:03"),
    ],
)
def test_spellings_of_stamps(text: str, expected: str) -> None:
    """Stamps as loggers and spreadsheets write them; no offset, so local."""
    stamps = parse_stamps(pl.Series([text, text]), "f.csv")
    assert stamps.offset_s is None
    assert stamps.time[0] == np.datetime64(expected)


@pytest.mark.parametrize(
    ("text", "expected", "offset"),
    [
        ("2014-02-21T19:32:18-05:00", "2014-02-22T00:32:18", -18000.0),
        ("2014-02-21T19:32:18Z", "2014-02-21T19:32:18", 0.0),
        ("2023-04-19 07:10:05.669701-07:00", "2023-04-19T14:10:05.669701", -25200.0),
        ("2023-04-19 07:10:05+0530", "2023-04-19T01:40:05", 19800.0),
    ],
)
def test_offsets_are_applied(text: str, expected: str, offset: float) -> None:
    """A stamp with an offset becomes UTC by it."""
    stamps = parse_stamps(pl.Series([text]), "f.csv")
    assert stamps.offset_s == offset
    assert stamps.time[0] == np.datetime64(expected)


def test_offsets_may_change_inside_a_file() -> None:
    """A drive over the end of summer time: each stamp by its own offset, and a decision."""
    stamps = parse_stamps(pl.Series(["2024-10-27T02:59:59+02:00", "2024-10-27T02:00:00+01:00"]), "f.csv")
    assert (stamps.time[1] - stamps.time[0]) == np.timedelta64(1, "s")
    assert any("own offset" in tell(d).decision for d in stamps.decisions)


def test_day_and_month_are_settled_by_values_name_or_declaration() -> None:
    """13 cannot be a month; the day in the file name decides; else the file is refused with the line to write."""
    assert parse_stamps(pl.Series(["01-02-2024 00:00:00", "13-02-2024 00:00:00"]), "f").time[0] == np.datetime64(
        "2024-02-01"
    )
    named = parse_stamps(pl.Series(["03/04/2024 00:00:00"]), "20240304_a.csv")
    assert named.time[0] == np.datetime64("2024-03-04")
    assert parse_stamps(pl.Series(["03/04/2024"]), "f", date_order="dmy").time[0] == np.datetime64("2024-04-03")
    with raises_told(FileError, match="date_order"):
        parse_stamps(pl.Series(["03/04/2024 00:00:00"]), "f.csv")


def test_unreadable_stamps_are_nat_not_lost() -> None:
    """One bad stamp among good ones."""
    stamps = parse_stamps(pl.Series(["2024-10-08 09:00:00", "bad", None, "2024-10-08 09:00:02"]), "f")
    assert np.isnat(stamps.time).tolist() == [False, True, True, False]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("2019_09_25_h091000.csv", date(2019, 9, 25)),
        ("drive-20241008T09.csv", date(2024, 10, 8)),
        ("99999999.csv", None),
    ],
)
def test_date_in_name(name: str, expected: date | None) -> None:
    """Days in file names."""
    assert date_in_name(name) == expected


def test_zone_at_places() -> None:
    """Chengdu, Ürümqi's civil zone, the ocean."""
    assert time_zone_at(104.07, 30.66) == "Asia/Shanghai"
    assert time_zone_at(77.6, 13.0) == "Asia/Kolkata"


def test_localise_flags_doubtful_hours() -> None:
    """Berlin 2024-10-27 02:30 exists twice, 2024-03-31 02:30 not at all: standard time, flagged."""
    utc, flags = localise(np.array(["2024-10-27T02:30", "2024-10-27T12:00"], "datetime64[ns]"), "Europe/Berlin")
    assert utc[0] == np.datetime64("2024-10-27T01:30")
    assert flags.tolist() == [int(Flag.TIME_REPAIRED), 0]
    _, spring = localise(np.array(["2024-03-31T02:30"], "datetime64[ns]"), "Europe/Berlin")
    assert spring[0] == int(Flag.TIME_REPAIRED)
    with raises_told(SettingError, match="is not a zone"):
        localise(utc, "Mars/Olympus")


def test_declared_offset_works_as_a_zone() -> None:
    """+08:00 is a zone."""
    utc, _ = localise(np.array(["2024-10-08T09:00"], "datetime64[ns]"), "+08:00")
    assert utc[0] == np.datetime64("2024-10-08T01:00")


LOCAL = "时间,经度,纬度,NO2(ppb)\n" + "".join(f"2024-10-08 09:00:{i:02d},104.07,30.66,{i}\n" for i in range(30))


def test_local_time_without_zone_is_refused_with_the_line_to_write(tmp_path: Path) -> None:
    """The reject names the zone of the place and the file it goes into."""
    (tmp_path / "a.csv").write_text(LOCAL)
    outcome = read_traces([tmp_path / "a.csv"], TraceSettings())
    assert not outcome.value
    assert 'time_zone = "Asia/Shanghai"' in tell(outcome.rejects[0]).reason
    assert "mission.toml" in tell(outcome.rejects[0]).reason


def test_declared_zone_is_used_and_recorded(tmp_path: Path) -> None:
    """Declared: eight hours earlier, and a decision."""
    (tmp_path / "a.csv").write_text(LOCAL)
    outcome = read_traces([tmp_path / "a.csv"], TraceSettings(time_zone="Asia/Shanghai"))
    assert outcome.value[0]["time"].values[0] == np.datetime64("2024-10-08T01:00:00")
    assert any("Asia/Shanghai" in tell(d).decision for d in outcome.decisions)


def test_zone_of_the_place_only_where_allowed(tmp_path: Path) -> None:
    """unsettled_zone = position takes the civil zone and says so."""
    (tmp_path / "a.csv").write_text(LOCAL)
    outcome = read_traces([tmp_path / "a.csv"], TraceSettings(unsettled_zone="position"))
    assert outcome.value[0]["time"].values[0] == np.datetime64("2024-10-08T01:00:00")
    assert any("not settled" in tell(d).evidence for d in outcome.decisions)


@pytest.mark.parametrize(("start", "utc"), [("09:00", "01:00"), ("01:00", "01:00")])
def test_agreement_with_gnss_settles_the_zone(tmp_path: Path, start: str, utc: str) -> None:
    """A logger beside a GPX in UTC: whichever of local time and UTC overlaps it is taken, with that as evidence."""
    hour = start[:2]
    rows = "".join(f"2024-10-08 {hour}:{i:02d}:00,{i}\n" for i in range(30))
    (tmp_path / "a.csv").write_text("time,NO2(ppb)\n" + rows)
    points = "".join(
        f'<trkpt lat="30.66" '
        f'lon="{104.07 + i * 1e-5:.5f}"><time>2024-10-08T01:{i // 12:02d}:{i % 12 * 5:02d}Z</time></trkpt>'
        for i in range(350)
    )
    (tmp_path / "b.gpx").write_text(f"<gpx><trk><trkseg>{points}</trkseg></trk></gpx>")
    outcome = read_traces([tmp_path / "a.csv", tmp_path / "b.gpx"], TraceSettings())
    assert outcome.value[0]["time"].values[0] == np.datetime64(f"2024-10-08T{utc}:00")
    assert any("overlaps b.gpx" in tell(d).evidence for d in outcome.decisions)


def test_gnss_clock_in_the_file_settles_the_zone(tmp_path: Path) -> None:
    """A GPS time of day beside a local clock gives the offset."""
    rows = "".join(f"2024-10-08 09:00:{i:02d},{3600 + i},104.07,30.66,{i}\n" for i in range(30))
    (tmp_path / "a.csv").write_text("time,GPS Time,lon,lat,NO2(ppb)\n" + rows)
    outcome = read_traces([tmp_path / "a.csv"], TraceSettings())
    assert outcome.value[0]["time"].values[0] == np.datetime64("2024-10-08T01:00:00")
    assert any("UTC+8.00 h" in tell(d).decision for d in outcome.decisions)


@pytest.mark.parametrize(
    ("heading", "utc"),
    [("时间(UTC+8)", "01:00"), ("北京时间", "01:00"), ("Timestamp(UTC)", "09:00"), ("time [GMT+05:30]", "03:30")],
)
def test_the_heading_may_state_the_zone(tmp_path: Path, heading: str, utc: str) -> None:
    """UTC+8 in a heading is not UTC."""
    (tmp_path / "a.csv").write_text(LOCAL.replace("时间", heading))
    outcome = read_traces([tmp_path / "a.csv"], TraceSettings())
    assert outcome.value[0]["time"].values[0] == np.datetime64(f"2024-10-08T{utc}:00")


def test_a_utc_column_is_preferred_to_a_local_one(tmp_path: Path) -> None:
    """Two time columns: the one that states its zone is read."""
    rows = "".join(f"2024-10-08 09:00:{i:02d},2024-10-08 01:00:{i:02d},104,30,{i}\n" for i in range(5))
    (tmp_path / "a.csv").write_text("time,time UTC,lon,lat,no2 (ppb)\n" + rows)
    outcome = read_traces([tmp_path / "a.csv"], TraceSettings())
    assert outcome.value[0]["time"].values[0] == np.datetime64("2024-10-08T01:00:00")


def test_declared_clock_offset(tmp_path: Path) -> None:
    """clock_offset_s moves the clock of the files that match."""
    (tmp_path / "a.csv").write_text(LOCAL)
    rules = TraceSettings(time_zone="Asia/Shanghai", clock_offset_s={"a*.csv": -66.5})
    trace = read_traces([tmp_path / "a.csv"], rules).value[0]
    assert trace["time"].values[0] == np.datetime64("2024-10-08T00:58:53.500")


@given(
    gaps=st.lists(st.floats(0.1, 8.0), min_size=1, max_size=30),
    targets=st.lists(st.floats(-5.0, 100.0), min_size=1, max_size=20),
)
def test_interpolation_agrees_with_the_slow_way(gaps: list[float], targets: list[float]) -> None:
    """Inside a gap of at most 5 s numpy's interpolation, elsewhere NaN."""
    seconds = np.round(np.cumsum([0.0, *gaps]), 3)
    times = np.datetime64("2024-01-01", "ns") + (seconds * 1e9).astype("int64").astype("timedelta64[ns]")
    values = np.sin(seconds)
    milliseconds = np.round(seconds * 1000).astype(int)
    wanted = np.round(np.array(targets), 3)
    moments = np.datetime64("2024-01-01", "ns") + (wanted * 1e9).astype("int64").astype("timedelta64[ns]")
    got = interpolate(values, bracket(times, moments, 5.0))
    exact = (moments - np.datetime64("2024-01-01", "ns")).astype("int64") / 1e9
    knots = (times - np.datetime64("2024-01-01", "ns")).astype("int64") / 1e9
    for value, moment in zip(got, exact, strict=True):
        after = np.searchsorted(knots, moment)
        inside = knots[0] <= moment <= knots[-1]
        near = inside and (knots[after] == moment or milliseconds[after] - milliseconds[after - 1] <= 5000)
        if near:
            assert value == pytest.approx(np.interp(moment, knots, values), abs=1e-9)
        else:
            assert np.isnan(value)


def test_angles_are_interpolated_over_north() -> None:
    """Half way between 350° and 10° is north, not south."""
    times = np.array(["2024-01-01T00:00:00", "2024-01-01T00:00:02"], "datetime64[ns]")
    where = bracket(times, np.array(["2024-01-01T00:00:01"], "datetime64[ns]"), 5.0)
    angle = interpolate_angle(np.radians([350.0, 10.0]), where)[0]
    assert np.cos(angle) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("offsets", "moved", "pattern"),
    [
        ({"traces/a*.csv": 1.5}, 1.5, "traces/a*.csv"),
        ({"a.csv": -0.25}, -0.25, "a.csv"),
        ({"b.csv": 9.0, "*.csv": 2.0, "a.csv": 3.0}, 2.0, "*.csv"),
        ({"b.csv": 9.0}, 0.0, ""),
        ({}, 0.0, ""),
        ({"a.csv": 1e-9}, 1e-9, "a.csv"),
    ],
)
def test_clocks_are_moved_as_declared(offsets: dict[str, float], moved: float, pattern: str) -> None:
    """The first pattern that fits path or name; later is positive; to the nanosecond."""
    record = make_record(time=seconds(0, 1), item="traces/a.csv")
    outcome = shift_clock(record, offsets)
    assert (outcome.value.time - record.time == np.timedelta64(round(moved * 1e9), "ns")).all()
    note = [(f"clock moved by {moved:+.3f} s", f"declared for {pattern!r} in mission.toml")]
    assert said(outcome.decisions) == (note if pattern else [])


def test_angles_between_samples_by_hand() -> None:
    """A quarter of the way from 0° to 90° through the chord: atan(1/3); from 0 to 2π; missing where far."""
    where = bracket(seconds(0, 4, 20), seconds(1, 0, 4, 10), 5.0)
    angles = interpolate_angle(np.array([0.0, np.pi / 2, np.pi]), where)
    np.testing.assert_allclose(angles, [np.arctan(1 / 3), 0.0, np.pi / 2, np.nan], atol=1e-12)
    assert interpolate_angle(np.array([-np.pi / 2, 0.0, 0.0]), where)[1] == pytest.approx(1.5 * np.pi)


@given(
    st.integers(0, 366 * 24 * 12),
    st.lists(st.integers(0, 3 * 24 * 60), min_size=1, max_size=20),
    st.sampled_from(["Europe/Berlin", "America/Sao_Paulo", "Africa/Casablanca", "Asia/Shanghai", "Pacific/Apia"]),
)
def test_a_zone_without_a_change_near_is_one_subtraction(start: int, minutes: list[int], name: str) -> None:
    """Of days far from a change and near one, the moments are those of the calendar of the standard library."""
    first = np.datetime64("2011-01-01T00:00") + np.timedelta64(5 * start, "m")
    local = np.sort(first + np.array(minutes).astype("timedelta64[m]")).astype("datetime64[ns]")
    utc, flags = localise(local, name)
    zone = zone_of(name)
    for moment, found, flag in zip(local, utc, flags, strict=True):
        read = moment.astype("datetime64[us]").item().replace(tzinfo=zone)
        once = read.utcoffset() == read.replace(fold=1).utcoffset()
        if once:
            expected = np.datetime64(read.astimezone(UTC).replace(tzinfo=None), "ns")
            assert found == expected and flag == 0
