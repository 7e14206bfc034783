"""Shapes in the records of outlets: what is told of a plant, and what plants do anyway."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
import xarray as xr

from monitors.schema import Anomaly, SiteRecords
from monitors.shape import seek_shapes
from monitors.shape.evidence import Floats
from monitors.shape.records import curves_of

START = datetime(2026, 1, 5, tzinfo=UTC)
HOURS = 1344


def _emission(seed: int, level: float = 30.0) -> Floats:
    """Eight weeks of hours: a shape of the day and of the week, and scatter of 10 % that remembers."""
    hours, rng = np.arange(HOURS), np.random.default_rng(seed)
    load = 1.0 + 0.15 * np.sin(2 * np.pi * hours / 24) - 0.1 * (hours // 24 % 7 >= 5)
    scatter = np.convolve(rng.normal(0.0, 0.1, HOURS + 2), [0.5, 0.4, 0.3], "valid")
    return (level * load * np.exp(scatter)).round(2)


def _series(values: Mapping[str, Floats], marks: Mapping[str, Floats] | None = None, **attrs: str) -> xr.Dataset:
    time = np.datetime64("2026-01-05", "ns") + np.arange(HOURS) * np.timedelta64(1, "h")
    variables = {code: ("obs", v, {"code": code, "units": "mg m-3"}) for code, v in values.items()}
    flags = {"flag_values": np.array([0, 1, 2], "i1"), "flag_meanings": "no_mark normal calibration"}
    said = {f"{code}_mark": ("obs", m.astype("i1"), flags) for code, m in (marks or {}).items()}
    return xr.Dataset(variables | said, {"time": ("obs", time)}, {"interval": "hour", "point": "1#"} | attrs)


def _told(*series: xr.Dataset, permit: str = "P1") -> list[Anomaly]:
    return list(seek_shapes(SiteRecords(permit, "", "", series)))


def _outlet(seed: int) -> dict[str, Floats]:
    return {"a21026": _emission(seed), "a21002": _emission(seed + 1, 80.0), "a00000": _emission(seed + 2, 1000.0)}


@pytest.mark.parametrize("seed", range(5))
def test_a_plant_with_its_days_and_weeks_is_not_told(seed: int) -> None:
    """Daily and weekly shapes, zeros from Friday evening to Monday, and starts and stops are what plants do."""
    running = _outlet(10 * seed)
    shifts = {code: np.where(np.arange(HOURS) % 24 < 8, 0.0, v) for code, v in running.items()}
    weeks = {code: np.where(np.arange(HOURS) // 24 % 7 >= 5, 0.0, v) for code, v in running.items()}
    assert [_told(_series(one)) for one in (running, shifts, weeks)] == [[], [], []]


def test_a_lone_value_is_a_spike_with_its_moment() -> None:
    """One hour at six times the others is told once, for that hour."""
    values = _outlet(1)
    values["a21026"][500] = 180.0
    told = _told(_series(values))
    assert [(one.kind, one.code) for one in told] == [("spike", "a21026")]
    assert told[0].start == START + timedelta(hours=500) and told[0].end == START + timedelta(hours=501)
    assert told[0].strength == pytest.approx(180.0 / float(told[0].values["beside"]) / 3.0)


def test_what_is_marked_is_not_judged() -> None:
    """The same hour under a mark of calibration is silent, and so is an hour that has a normal mark and value."""
    values = _outlet(1)
    values["a21026"][500] = 180.0
    mark = np.ones(HOURS)
    mark[500] = 2
    assert _told(_series(values, {"a21026": mark})) == []


def test_a_level_that_jumps_is_a_step_and_one_that_creeps_is_a_drift() -> None:
    """A third of the usual for eight days is a step; a gain that grows to 1.9 within ten days is a drift."""
    step, drift = _outlet(3), _outlet(3)
    step["a21026"][600:800] *= 0.33
    drift["a21026"][600:840] *= np.linspace(1.0, 1.9, 240)
    assert [(one.kind, one.code) for one in _told(_series(step))] == [("step", "a21026")]
    assert [(one.kind, one.code) for one in _told(_series(drift))] == [("drift", "a21026")]


def test_a_level_within_its_wandering_and_one_at_the_detection_limit_are_not_told() -> None:
    """Five days at 1.6 times the usual level, and five just above a limit for half of which other days stand."""
    wandered, filled = _outlet(3), _outlet(3)
    wandered["a21026"][600:720] *= 1.6
    below = np.random.default_rng(2).random(HOURS) < np.where(np.arange(HOURS) // 24 % 56 // 5 == 5, 0.2, 0.7)
    filled["a21026"] = np.where(below, 1.5, (3.0 + 0.02 * filled["a21026"]).round(1))
    assert not [
        one for values in (wandered, filled) for one in _told(_series(values)) if one.kind in ("step", "drift")
    ]


def test_what_moves_all_quantities_is_the_plant() -> None:
    """Eight days of half the load, which all quantities share, are no fault of one analyser."""
    half = np.where((np.arange(HOURS) >= 600) & (np.arange(HOURS) < 800), 0.5, 1.0)
    values = {code: half * v for code, v in _outlet(4).items()}
    assert not [one for one in _told(_series(values)) if one.kind in ("step", "drift")]


def test_a_curve_without_scatter_and_a_formula_are_told() -> None:
    """Four days that hardly move are a collapse of noise, six days of a sine of six hours are periodic."""
    quiet, wave = _outlet(5), _outlet(5)
    quiet["a21026"][600:700] = 30.0 + np.random.default_rng(1).normal(0.0, 0.1, 100)
    wave["a21026"][600:744] = 30.0 * (1.0 + 0.15 * np.sin(2 * np.pi * np.arange(144) / 6.0))
    assert "noise_collapse" in {one.kind for one in _told(_series(quiet))}
    assert "periodicity" in {one.kind for one in _told(_series(wave))}


def test_gaps_are_told_once_for_an_outlet_and_by_quantity_where_it_is_one() -> None:
    """Ten hours without a row are one gap without a quantity, five of one quantity its own, two are none."""
    values = _outlet(6)
    values["a21002"][300:305] = np.nan
    values["a21026"][400:402] = np.nan
    series = _series(values).isel(obs=np.r_[0:800, 810:HOURS])
    told = _told(series)
    assert [(one.kind, one.code, one.values["intervals"]) for one in told] == [
        ("missing", "a21002", 5.0), ("missing", "", 10.0),
    ]  # fmt: skip
    assert told[1].start == START + timedelta(hours=800) and told[1].end == START + timedelta(hours=810)


def test_the_unit_does_not_matter() -> None:
    """The same record in another unit gives the same anomalies."""
    values = _outlet(7)
    values["a21026"][500] = 180.0
    values["a21002"][700:900] *= 0.33
    other = {code: 1000.0 * v for code, v in values.items()}
    said = [[(one.kind, one.code, one.start, one.end) for one in _told(_series(v))] for v in (values, other)]
    assert said[0] == said[1] and len(said[0]) == 2


def test_a_sensor_in_the_open_is_held_against_itself_alone() -> None:
    """A record that names no plant is asked as the labelled rivers are, where zero is a value like any other."""
    values = {"a34004": _emission(8, 40.0)}
    values["a34004"][700] = -60.0
    told = _told(_series(values), permit="")
    assert ("spike", "a34004") in {(one.kind, one.code) for one in told}
    assert [one for one in told if one.start <= START + timedelta(hours=700) < one.end]
    assert _told(_series(values)) == []


def test_records_without_an_outlet_or_by_the_day_are_not_asked() -> None:
    """Meters, days, and a series of one row say nothing."""
    power = _series({}).assign(MF0001_power=("obs", _emission(9), {"role": "production"}))
    values = _outlet(1)
    values["a21026"][500] = 180.0
    assert _told(power, _series(values, interval="day"), _series(values).isel(obs=slice(0, 1))) == []
    assert curves_of(power) == {}


def test_an_analyser_of_two_hours_is_not_told() -> None:
    """Values that are repeated for their measuring cycle are neither quiet nor spikes nor gaps."""
    values = {code: np.repeat(v[::2], 2) for code, v in _outlet(11).items()}
    assert _told(_series(values)) == []
