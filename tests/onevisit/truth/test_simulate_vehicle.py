"""The simulated vehicle: what it measures and writes, second by second, against numbers worked out by hand."""

from __future__ import annotations

import csv
import io
import math
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely

from onevisit.truth.simulate.air.instrument import CHANNELS, Analyser, Analyte, measure
from onevisit.truth.simulate.air.sources import EmissionSource
from onevisit.truth.simulate.confounders import CONFOUNDERS, choose_confounders
from onevisit.truth.simulate.drives.files import stamps, texts, write_table
from onevisit.truth.simulate.drives.handheld import write_handheld
from onevisit.truth.simulate.drives.laps import Fixes
from onevisit.truth.simulate.drives.vehicle import (
    Log,
    _calibrate,
    _drift,
    _freeze,
    _own_exhaust,
    _trucks,
    air_along,
    draw_analyser,
    log_drive,
    write_log,
)
from onevisit.truth.simulate.names import INDUSTRIES
from onevisit.truth.simulate.world import ParkSite, World
from tests.onevisit.truth.dice import Dice
from tests.onevisit.truth.steady import steady_wind
from tests.onevisit.truth.vehicle_world import straight_drive

OFF = dict.fromkeys([c.name for c in CONFOUNDERS], False)

EXACT = Analyte("x", "x(ug/m3)", "ug m-3", 1e6, 10.0, 0.0, 0.0, 1.0, 2)
"""A channel without noise and wander."""


# --- confounders ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("confounder", CONFOUNDERS, ids=lambda c: c.name)
def test_a_confounder_is_on_in_its_share_of_seeds(confounder: Any) -> None:
    """A throw below its probability switches it on, one at it or above does not."""
    below, at = Dice(confounder.probability - 1e-9), Dice(confounder.probability)
    drawn = [choose_confounders(dice, world=2)[confounder.name] for dice in (below, at)]  # type: ignore[arg-type]
    assert drawn == [True, False]
    assert choose_confounders(Dice(0.0))[confounder.name] is (confounder.world == 1)  # type: ignore[arg-type]


def test_confounders_are_drawn_in_their_order_each_by_its_own_throw() -> None:
    """Throws of 1 and 0 by turns switch every second one on; ``only`` and ``without`` win over them."""
    names = [c.name for c in CONFOUNDERS]
    throws = [float(k % 2 == 0) for k in range(len(names))]
    drawn = choose_confounders(Dice(throws), world=2)  # type: ignore[arg-type]
    assert [n for n, on in drawn.items() if on] == names[1::2]
    only = choose_confounders(Dice(0.0), only=("trucks", "calm"), without=("calm",))  # type: ignore[arg-type]
    assert [n for n, on in only.items() if on] == ["trucks"]
    assert set(only) == set(names)


# --- the instrument ------------------------------------------------------------------------------------------------


def test_a_vehicles_instrument_has_the_lag_and_response_that_the_page_says() -> None:
    """3 to 14 s, 1 to 4 s, a gain error of 4 %, no drift, a clock off by 1.5 s."""
    assert draw_analyser(Dice(0.0, z=1.0)) == Analyser(3.0, 1.0, math.exp(0.04), 0.0, 1.5)  # type: ignore[arg-type]
    assert draw_analyser(Dice(1.0, z=-2.0)) == Analyser(14.0, 4.0, math.exp(-0.08), 0.0, -3.0)  # type: ignore[arg-type]


def test_without_noise_a_reading_is_background_gain_lag_and_response() -> None:
    """A step of 2 µg at second 10 arrives 3 s later, times 1.5, and rises by 1 − exp(−k/τ)."""
    air = np.where(np.arange(40) >= 10, 2e-6, 0.0)
    reading = measure(air, EXACT, Analyser(3.0, 4.0, 1.5, 0.0, 0.0), Dice())  # type: ignore[arg-type]
    k = np.arange(40) - 12
    expected = 10.0 + 3.0 * np.where(k > 0, 1 - np.exp(-k / 4.0), 0.0)
    assert reading == pytest.approx(np.round(expected, 2), abs=1e-9)


def test_a_drift_is_stated_in_noise_an_hour() -> None:
    """Two noises an hour on a noise of 0.5: one unit after 3600 s."""
    channel = replace(EXACT, noise=0.5)
    reading = measure(np.zeros(3601), channel, Analyser(0.0, 1.0, 1.0, 2.0, 0.0), Dice())  # type: ignore[arg-type]
    assert (reading[0], reading[1800], reading[3600]) == (10.0, 10.5, 11.0)


@pytest.mark.parametrize(("background", "written"), [(0.99, 0.5), (1.0, 1.0), (1.01, 1.01)])
def test_below_the_detection_limit_half_of_it_is_written(background: float, written: float) -> None:
    """At the limit the value itself."""
    channel = replace(EXACT, background=background)
    reading = measure(np.zeros(3), channel, Analyser(0.0, 1.0, 1.0, 0.0, 0.0), Dice())  # type: ignore[arg-type]
    assert reading.tolist() == [written] * 3


def test_noise_is_that_of_the_channel() -> None:
    """One standard deviation up: background, noise and wander each once."""
    channel = replace(EXACT, noise=0.25, wander=2.0)
    reading = measure(np.zeros(2), channel, Analyser(0.0, 1.0, 1.0, 0.0, 0.0), Dice(z=1.0))  # type: ignore[arg-type]
    assert reading[0] == 12.25
    keep = math.exp(-1 / 1500)
    assert reading[1] == round(10.25 + 2.0 * keep + 2.0 * math.sqrt(1 - keep**2), 2)


@pytest.mark.parametrize("channel", CHANNELS, ids=lambda c: c.species)
def test_a_channels_heading_unit_and_factor_agree(channel: Analyte) -> None:
    """µg in a gram, mg in a gram; quiet air is above the detection limit and below a plume."""
    part = {"ug m-3": ("ug/m3", 1e6), "mg m-3": ("mg/m3", 1e3)}[channel.unit]
    assert channel.heading.endswith(f"({part[0]})") and channel.per_g_m3 == part[1]
    words = {"toluene": "甲苯", "xylene": "二甲苯"}
    assert channel.heading.startswith(words.get(channel.species, channel.species) + "(")
    assert channel.background > 5 * channel.detection_limit > channel.noise > 0
    assert 0 < channel.wander < 0.2 * channel.background


# --- what is laid over it ------------------------------------------------------------------------------------------


def test_the_air_along_a_drive_is_the_sum_of_the_sources_by_their_profiles() -> None:
    """Two sources of one species add up; what nobody emits is zero."""
    place = ParkSite("s", "n", "u", INDUSTRIES[0], shapely.box(0, 0, 1, 1), shapely.Point(), shapely.Point(), ())
    first = EmissionSource("S1", place, 0, 0, 5, (("TVOC", 1.0), ("xylene", 0.25)), np.ones(3), 0)
    second = replace(first, id="S2", profile=(("xylene", 0.5),))
    air = air_along([first, second], np.array([[4.0, 0.0], [8.0, 2.0], [0.0, 6.0]]))
    assert set(air) == {c.species for c in CHANNELS}
    assert air["TVOC"].tolist() == [4.0, 8.0, 0.0]
    assert air["xylene"].tolist() == [1.0, 3.0, 3.0]
    assert not air["NOx"].any()


@pytest.mark.parametrize(("share", "start", "length"), [(0.0, 20, 3), (1.0, 819, 10)])
def test_a_truck_is_a_half_sine_of_four_species(share: float, start: int, length: int) -> None:
    """One truck each seven minutes and one more, of 3 to 10 s, not within 20 s of the ends."""
    air = {c.species: np.zeros(840) for c in CHANNELS}
    episodes = _trucks(air, straight_drive(np.arange(840.0)), Dice(share, z=1.0))  # type: ignore[arg-type]
    species = ("NOx", "CO", "PM2.5", "TVOC")
    assert [(e.confounder, e.start_s, e.end_s, e.species) for e in episodes] == [
        ("trucks", start, start + length, species)
    ] * 3
    shape = np.sin(np.pi * (np.arange(length) + 0.5) / length)
    peaks = {"NOx": 3.5e-4, "CO": 9e-4, "PM2.5": 6e-5, "TVOC": 4e-5}
    for name, series in air.items():
        expected = np.zeros(840)
        expected[start : start + length] = 3 * math.exp(0.5) * peaks.get(name, 0.0) * shape
        assert series == pytest.approx(expected)


@pytest.mark.parametrize(
    ("stop_s", "behind", "met"),
    [(6, 0.2, True), (5, 0.2, False), (6, 0.19, False), (12, 1.0, True)],
)
def test_own_exhaust_needs_a_stop_of_six_seconds_and_wind_from_behind(stop_s: int, behind: float, met: bool) -> None:
    """It rises over 8 s while the vehicle stands, in NOx, CO and TVOC."""
    speed = np.full(60, 5.0)
    speed[20 : 20 + stop_s] = 0.4
    air = {c.species: np.zeros(60) for c in CHANNELS}
    u = np.full(60, behind + 1e-12)
    episodes = _own_exhaust(air, straight_drive(np.arange(60.0), speed), u, np.zeros(60), Dice())  # type: ignore[arg-type]
    told = [(e.confounder, e.start_s, e.end_s, e.species) for e in episodes]
    assert told == ([("own_exhaust", 20, 20 + stop_s, ("NOx", "CO", "TVOC"))] if met else [])
    ramp = np.minimum(np.arange(stop_s) / 8.0, 1.0) * met
    for name, level in (("NOx", 1.2e-4), ("CO", 8e-4), ("TVOC", 4e-5), ("PM2.5", 0.0)):
        expected = np.zeros(60)
        expected[20 : 20 + stop_s] = level * ramp
        assert air[name] == pytest.approx(expected, abs=1e-15)


def test_wind_from_behind_is_along_the_heading() -> None:
    """To the north with wind from the south it is behind, with wind from the west it is not."""
    speed = np.zeros(20)
    for u, v, count in ((0.0, 1.0, 1), (1.0, 0.0, 0), (0.0, -1.0, 0)):
        air = {c.species: np.zeros(20) for c in CHANNELS}
        drive = straight_drive(np.arange(20.0), speed, heading=0.0)
        found = _own_exhaust(air, drive, np.full(20, u), np.full(20, v), Dice())  # type: ignore[arg-type]
        assert len(found) == count


@pytest.mark.parametrize(("share", "species", "start", "end"), [(0.0, "TVOC", 60, 120), (1.0, "CO", 799, 978)])
def test_a_frozen_analyser_repeats_one_species_for_one_to_three_minutes(
    share: float, species: str, start: int, end: int
) -> None:
    """The value of its first second, to the last digit; others go on."""
    readings = {c.species: np.arange(1000.0) for c in CHANNELS}
    episode = _freeze(readings, 1000, Dice(share))  # type: ignore[arg-type]
    assert (episode.confounder, episode.start_s, episode.end_s, episode.species) == (
        "frozen_analyser",
        start,
        end,
        (species,),
    )
    expected = np.arange(1000.0)
    expected[start:end] = start
    assert readings.pop(species).tolist() == expected.tolist()
    assert all(series.tolist() == list(range(1000)) for series in readings.values())


@pytest.mark.parametrize(("share", "channel", "rise"), [(0.0, CHANNELS[0], 0.3), (1.0, CHANNELS[-1], 0.7)])
def test_a_drifting_analyser_rises_by_a_third_of_its_background_an_hour_or_more(
    share: float, channel: Analyte, rise: float
) -> None:
    """0.3 to 0.7 of the background over an hour, on one species, for the whole drive."""
    readings = {c.species: np.zeros(3601) for c in CHANNELS}
    episode = _drift(readings, 3601, Dice(share))  # type: ignore[arg-type]
    assert (episode.confounder, episode.start_s, episode.end_s) == ("drifting_analyser", 0, 3601)
    assert episode.species == (channel.species,)
    series = readings.pop(channel.species)
    expected = channel.background * rise * np.array([0.0, 0.5, 1.0])
    assert series[[0, 1800, 3600]] == pytest.approx(expected, abs=0.51 * 10.0**-channel.digits)
    assert not any(s.any() for s in readings.values())


@pytest.mark.parametrize(("share", "start"), [(0.0, 120), (1.0, 599)])
def test_a_calibration_is_zero_gas_for_a_minute_and_span_gas_for_two(share: float, start: int) -> None:
    """Zero at twice the noise, span at five times the background; the status column says so in these seconds."""
    readings = {c.species: np.full(1000, 7.0) for c in CHANNELS}
    status = ["正常"] * 1000
    episode = _calibrate(readings, status, 1000, Dice(share))  # type: ignore[arg-type]
    assert (episode.confounder, episode.start_s, episode.end_s, episode.species) == (
        "calibration",
        start,
        start + 180,
        (),
    )
    assert [k for k, word in enumerate(status) if word != "正常"] == list(range(start, start + 180))
    assert set(status[start : start + 180]) == {"校准"}
    for channel in CHANNELS:
        expected = np.full(1000, 7.0)
        expected[start : start + 60] = round(2 * channel.noise, channel.digits)
        expected[start + 60 : start + 180] = 5 * channel.background
        assert readings[channel.species] == pytest.approx(expected)


def test_calibration_readings_are_never_below_zero() -> None:
    """Three noises down from twice the noise."""
    readings = {c.species: np.full(1000, 7.0) for c in CHANNELS}
    _calibrate(readings, ["正常"] * 1000, 1000, Dice(z=-3.0))  # type: ignore[arg-type]
    assert all((series[120:180] == 0.0).all() for series in readings.values())


def test_a_quiet_drive_logs_background_wind_and_no_episodes() -> None:
    """Wind of 3 m/s towards 60° comes from 240°; plumes in the air come 4 s late in their species alone."""
    n = 50
    air = {"TVOC": np.where(np.arange(n) == 20, 1e-4, 0.0)}
    wind = steady_wind(3.0, n + 100, toward_rad=math.radians(60.0))
    analyser = Analyser(4.0, 1e-3, 1.0, 0.0, 0.0)
    log = log_drive(air, straight_drive(np.arange(float(n))), wind, analyser, OFF, Dice())  # type: ignore[arg-type]
    assert log.episodes == () and set(log.status) == {"正常"}
    assert log.wind_speed == pytest.approx(np.full(n, 3.0)) and log.wind_from_deg == pytest.approx(np.full(n, 240.0))
    expected = np.full(n, 95.0)
    expected[24] += 100.0
    assert log.readings["TVOC"] == pytest.approx(expected)
    assert (log.readings["CO"] == 0.65).all() and set(log.readings) == {c.species for c in CHANNELS}
    assert air["TVOC"].max() == 1e-4


def test_the_mast_reads_the_wind_to_eight_percent_and_nine_degrees() -> None:
    """One standard deviation up."""
    wind = steady_wind(2.0, 10)
    log = log_drive({}, straight_drive(np.arange(10.0)), wind, Analyser(0, 1, 1, 0, 0), OFF, Dice(z=1.0))  # type: ignore[arg-type]
    assert log.wind_speed == pytest.approx(np.full(10, 2.0 * math.exp(0.08)))
    assert log.wind_from_deg == pytest.approx(np.full(10, 189.0))


@pytest.mark.parametrize("name", ["trucks", "own_exhaust", "frozen_analyser", "drifting_analyser", "calibration"])
def test_each_switch_makes_its_own_episodes(name: str) -> None:
    """And none of the others; a spell of calm is told whether or not anything is switched on."""
    speed = np.full(1000, 5.0)
    speed[300:320] = 0.0
    calm = np.zeros(1000, bool)
    calm[500:520] = True
    wind = replace(steady_wind(2.0, 1000, toward_rad=math.pi / 2), calm=calm)
    drive = straight_drive(np.arange(1000.0), speed)
    log = log_drive({}, drive, wind, Analyser(0, 1, 1, 0, 0), {**OFF, name: True}, Dice())  # type: ignore[arg-type]
    assert {e.confounder for e in log.episodes} == {name, "calm"}
    [spell] = [e for e in log.episodes if e.confounder == "calm"]
    assert (spell.start_s, spell.end_s, spell.species) == (500, 520, ())


def test_only_the_winds_last_seconds_are_those_of_the_drive() -> None:
    """What blew while plumes built up is not logged, and its calm is no episode."""
    early = np.zeros(30, bool)
    early[:10] = True
    wind = replace(steady_wind(1.0, 30), u=np.r_[np.full(10, 9.0), np.full(20, 1.0)], v=np.zeros(30), calm=early)
    log = log_drive({}, straight_drive(np.arange(20.0)), wind, Analyser(0, 1, 1, 0, 0), OFF, Dice())  # type: ignore[arg-type]
    assert log.wind_speed.tolist() == [1.0] * 20 and log.episodes == ()


# --- files ---------------------------------------------------------------------------------------------------------


def test_stamps_are_a_second_apart_from_a_clock_that_is_off() -> None:
    """Rounded to the second; the pattern is the file's."""
    start = datetime(2026, 3, 2, 9, 59, 58)
    assert stamps(start, 3, offset_s=1.4) == ["2026/03/02 09:59:59", "2026/03/02 10:00:00", "2026/03/02 10:00:01"]
    assert stamps(start, 1, offset_s=-1.6, pattern="%H%M%S") == ["095956"]


def test_a_table_has_headings_rows_and_windows_line_ends(tmp_path: Path) -> None:
    """A title goes first where there is one; missing values are empty cells."""
    columns = [("时间", ["a", "b"]), ("值", texts(np.array([1.25, np.nan]), 1))]
    write_table(tmp_path / "t.csv", columns, encoding="gb18030", title="标题")
    assert (tmp_path / "t.csv").read_bytes().decode("gb18030") == "标题\r\n时间,值\r\na,1.2\r\nb,\r\n"
    write_table(tmp_path / "t.csv", columns, encoding="utf-8-sig")
    assert (tmp_path / "t.csv").read_bytes() == b"\xef\xbb\xbf" + "时间,值\r\na,1.2\r\nb,\r\n".encode()


def _logged(tmp_path: Path, world: World, **on: bool) -> list[dict[str, str]]:
    fixes = Fixes(np.array([0.0, np.nan, 20.0]), np.array([5.0, np.nan, 7.0]), (), ())
    drive = straight_drive(np.arange(3.0), np.array([0.0, 5.0, 10.0]), heading=math.radians(45.0))
    readings = {c.species: np.full(3, c.background) for c in CHANNELS}
    log = Log(readings, np.full(3, 2.345), np.full(3, 123.4), ("正常", "校准", "正常"), ())
    clock = Analyser(5.0, 1.0, 1.0, 0.0, 2.0)
    write_log(
        tmp_path / "log.csv", world, log, fixes, drive, datetime(2026, 3, 2, 9, 0), clock, {**OFF, **on},
        encoding="gb18030",
    )  # fmt: skip
    return list(csv.DictReader(io.StringIO((tmp_path / "log.csv").read_bytes().decode("gb18030"))))


def test_the_vehicles_table_holds_what_was_logged(tmp_path: Path, world: World) -> None:
    """Local time by its own clock, degrees of the fixes, km/h, degrees, units in the headings, marks."""
    rows = _logged(tmp_path, world)
    lon, lat = world.lonlat([0.0, 20.0], [5.0, 7.0])
    assert [r["时间"] for r in rows] == [f"2026/03/02 09:00:0{k}" for k in (2, 3, 4)]
    assert [r["经度"] for r in rows] == [f"{lon[0]:.7f}", "", f"{lon[1]:.7f}"]
    assert [r["纬度"] for r in rows] == [f"{lat[0]:.7f}", "", f"{lat[1]:.7f}"]
    assert [r["车速(km/h)"] for r in rows] == ["0.0", "18.0", "36.0"]
    assert {r["航向(°)"] for r in rows} == {"45.0"}
    assert {c.heading for c in CHANNELS} < set(rows[0])
    assert (rows[0]["TVOC(ug/m3)"], rows[0]["甲苯(ug/m3)"], rows[0]["CO(mg/m3)"]) == ("95.0", "9.00", "0.650")
    assert (rows[0]["风速(m/s)"], rows[0]["风向(°)"]) in (("2.35", "123"), ("2.34", "123"))
    assert [r["状态"] for r in rows] == ["正常", "校准", "正常"]


def test_swapped_columns_and_a_wrong_unit_are_in_the_headings_alone(tmp_path: Path, world: World) -> None:
    """Latitudes stand under longitude; CO keeps its mg under a heading that says µg."""
    right, wrong = _logged(tmp_path, world), _logged(tmp_path, world, swapped_columns=True, mislabelled_units=True)
    assert (wrong[0]["经度"], wrong[0]["纬度"]) == (right[0]["纬度"], right[0]["经度"])
    assert wrong[0]["CO(ug/m3)"] == right[0]["CO(mg/m3)"] and "CO(mg/m3)" not in wrong[0]
    assert wrong[0]["NOx(ug/m3)"] == right[0]["NOx(ug/m3)"]


@pytest.mark.parametrize(("says_utc", "hour"), [(True, "09"), (False, "01")])
def test_the_dust_meter_writes_local_time_under_the_name_of_utc_or_utc(
    tmp_path: Path, world: World, says_utc: bool, hour: str
) -> None:
    """RETIGO's headings; one second of lag, a gain of 1.05 to 1.3, the fixes of its own receiver."""
    drive = straight_drive(10.0 * np.arange(60.0))
    dust = np.where(np.arange(60) >= 30, 1e-4, 0.0)
    write_handheld(
        tmp_path / "d.csv", world, dust, drive, datetime(2026, 3, 2, 9, 0, 5), Dice(1.0), says_utc=says_utc  # type: ignore[arg-type]
    )  # fmt: skip
    lines = (tmp_path / "d.csv").read_text(encoding="ascii").splitlines()
    assert lines[0] == "## RETIGO upload"
    assert lines[1] == "Timestamp(UTC),EAST_LONGITUDE(deg),NORTH_LATITUDE(deg),ID(-),pm2.5(ug/m3)"
    cells = [line.split(",") for line in lines[2:]]
    assert [c[0] for c in cells[:2]] == [f"2026-03-02T{hour}:00:05+00:00", f"2026-03-02T{hour}:00:06+00:00"]
    lon, lat = world.lonlat(10.0 * np.arange(60.0), np.zeros(60))
    assert np.array([float(c[1]) for c in cells]) == pytest.approx(lon, abs=6e-7)
    assert np.array([float(c[2]) for c in cells]) == pytest.approx(lat, abs=6e-7)
    assert {c[3] for c in cells} == {"dust-1"}
    values = np.array([float(c[4]) for c in cells])
    k = np.maximum(np.arange(60) - 30, 0)
    assert values == pytest.approx(46.0 + 130.0 * (1 - np.exp(-k / 2.0)), abs=0.06)


def test_the_dust_meters_clock_is_off_by_three_seconds_or_so(tmp_path: Path, world: World) -> None:
    """One standard deviation: three seconds."""
    start = datetime(2026, 3, 2, 9, 0, 0)
    write_handheld(tmp_path / "d.csv", world, np.zeros(5), straight_drive(np.arange(5.0)), start, Dice(0.0, z=1.0),  # type: ignore[arg-type]
                   says_utc=True)  # fmt: skip
    assert (tmp_path / "d.csv").read_text(encoding="ascii").splitlines()[2].startswith("2026-03-02T09:00:03+00:00")
