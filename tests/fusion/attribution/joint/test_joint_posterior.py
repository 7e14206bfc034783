"""Places, sites, rates and vanes from readings that the model itself made."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from fusion.attribution.joint.case import Vane, geometry_of
from fusion.attribution.joint.footprint import LOG_STEP, Model, block_wind, footprints
from fusion.attribution.joint.kernel import concentrations
from fusion.attribution.joint.patterns import pattern_odds
from fusion.attribution.joint.posterior import JointPosterior, locate_sources, vane_of, weigh_sites
from fusion.attribution.joint.readings import Mast, Readings, Sensor, new_mast
from fusion.attribution.joint.settings import JointSettings
from fusion.attribution.joint.stations import readings_of
from ingest.errors import SettingError
from ingest.outcome import Outcome

pytestmark = pytest.mark.slow

ONE = JointSettings(widths=(1.0,), depths=(1.6,), source_heights_m=(0.5,))
SOURCE, RATE = (8.0, -6.0), 0.2
BLOCKS = 24


def _mast(turn_rad: float = 0.0, *, speed: float = 2.5, name: str = "mast") -> Mast:
    """A row a minute; each five minutes blow from another side, and a little differently each minute."""
    time = np.arange(-20, BLOCKS * 5) * 60.0
    angle = 2.4 * np.floor(time / 300.0) + 0.1 * np.sin(time / 60.0) + turn_rad
    return new_mast(name, time, speed * np.cos(angle), speed * np.sin(angle))


def _sensors(turn_rad: float = 0.0, count: int = 8) -> tuple[Sensor, ...]:
    around = [40.0 * np.exp(1j * (2 * np.pi * k / count + turn_rad)) for k in range(count)]
    return tuple(Sensor(f"s{k}", z.real, z.imag, z.real, z.imag, 2.0) for k, z in enumerate(around))


def _readings(
    *, turn_rad: float = 0.0, mast: Mast | None = None, rate: float = RATE, sensors: tuple[Sensor, ...] | None = None
) -> Readings:
    """What sensors meet of one source, the wind of which is that of `_mast`; ``mast`` is what was written down."""
    truth, sensors = _mast(turn_rad), sensors or _sensors(turn_rad)
    source = complex(*SOURCE) * np.exp(1j * turn_rad)
    winds = [w for k in range(BLOCKS) if (w := block_wind(truth, 300.0 * k, 300.0, ONE)) is not None]
    g = geometry_of(sensors)
    table = footprints(truth, winds, g.heights_m, Model(1.0, 1.6, 0.5), ONE)
    met = np.empty((BLOCKS, len(sensors), 1))
    concentrations(
        source.real, source.imag, g.x, g.y, g.first, g.level, table, np.zeros(1, np.int64), False, LOG_STEP, met
    )
    noise = np.random.default_rng(1).normal(0.0, 2e-6, met.shape[:2])
    value = 1.3e-3 + rate * met[:, :, 0] + noise
    time = np.repeat(np.arange(BLOCKS) * 300.0 + 150.0, len(sensors))
    return Readings(sensors, (mast or truth,), time, np.tile(np.arange(len(sensors)), BLOCKS), value.ravel())


def _found(readings: Readings, **known: Vane) -> JointPosterior:
    found = locate_sources(readings, ONE, most=1, **known).value
    assert found is not None
    return found


def _codes(outcome: Outcome[object]) -> set[str]:
    return {said.code for said in outcome.decisions}


@pytest.fixture(scope="module")
def straight() -> JointPosterior:
    """The posterior with a vane that is right."""
    return _found(_readings())


def test_source_is_found(straight: JointPosterior) -> None:
    """Within a few metres and a third of the rate, its interval about it; the vane is right."""
    (one,) = straight.sources
    assert np.hypot(one.mean[0] - SOURCE[0], one.mean[1] - SOURCE[1]) < 4.0
    assert 0.67 < one.rate / RATE < 1.5 and one.rate_90[0] < RATE < one.rate_90[1]
    assert abs(straight.turn_deg) < 5.0 and not straight.mirrored
    assert one.odds > 10.0


def test_turning_everything_turns_the_answer(straight: JointPosterior) -> None:
    """Sensors, wind and source turned by a right angle: the place turns with them."""
    (one,), (turned,) = straight.sources, _found(_readings(turn_rad=np.pi / 2)).sources
    assert turned.mean[0] == pytest.approx(-one.mean[1], abs=1.5)
    assert turned.mean[1] == pytest.approx(one.mean[0], abs=1.5)
    assert turned.rate == pytest.approx(one.rate, rel=0.1)


def test_a_small_turn_of_the_vane_is_found() -> None:
    """12° off: the place holds, and the turn that was needed is said."""
    found = _found(_readings(mast=_mast(np.radians(-12.0))))
    (one,) = found.sources
    assert np.hypot(one.mean[0] - SOURCE[0], one.mean[1] - SOURCE[1]) < 5.0
    assert found.turn_deg == pytest.approx(12.0, abs=5.0)


@pytest.mark.parametrize("quarter", [1, 2, 3])
def test_a_grossly_wrong_vane_is_found_and_said(quarter: int) -> None:
    """A quarter, a half ("to" for "from") and three quarters of a turn."""
    outcome = locate_sources(_readings(mast=_mast(-quarter * np.pi / 2)), ONE, most=1)
    assert outcome.value is not None and _codes(outcome) == {"joint_vane_turned"}
    off = (outcome.value.turn_deg - 90.0 * quarter + 180) % 360 - 180
    assert abs(off) < 8.0
    (one,) = outcome.value.sources
    assert np.hypot(one.mean[0] - SOURCE[0], one.mean[1] - SOURCE[1]) < 5.0


def test_a_component_of_the_wrong_sign_is_found_and_said() -> None:
    """Northward wind written as southward."""
    right = _mast()
    outcome = locate_sources(_readings(mast=replace(right, v=-right.v)), ONE, most=1)
    assert outcome.value is not None and outcome.value.mirrored
    assert _codes(outcome) == {"joint_vane_mirrored"}
    (one,) = outcome.value.sources
    assert np.hypot(one.mean[0] - SOURCE[0], one.mean[1] - SOURCE[1]) < 5.0


def test_vane_of_several_days() -> None:
    """Two days with the same quarter tell it together; days without a plume tell nothing."""
    day = _readings(mast=_mast(np.pi / 2))
    assert abs((vane_of([day, day], ONE).turn * 2 - 270 + 180) % 360 - 180) <= 12
    assert vane_of([replace(day, value=np.full(day.value.size, 1.0))], ONE) == Vane(0)


def test_of_two_masts_that_disagree_the_plumes_choose() -> None:
    """The right one is taken, whichever comes first, and it is said."""
    right, wrong = _mast(), _mast(np.radians(70.0), name="roof")
    readings = replace(_readings(), masts=(wrong, right))
    outcome = locate_sources(readings, ONE, most=1)
    assert outcome.value is not None and "joint_masts_disagree" in _codes(outcome)
    assert {d.item for d in outcome.decisions} == {"mast"}
    assert abs(outcome.value.turn_deg) < 6.0


def test_a_sensor_twice_counts_once(straight: JointPosterior) -> None:
    """Every sensor doubled at its place leaves the posterior as it was."""
    readings = _readings(sensors=(*_sensors(), *_sensors()))
    half = readings.sensor % 8
    value = readings.value.reshape(BLOCKS, 16)
    value[:, 8:] = value[:, :8]
    once = replace(readings, sensors=readings.sensors[:8], sensor=half, value=value.ravel())
    (twice,), (one,) = _found(replace(readings, value=value.ravel())).sources, _found(once).sources
    assert twice.odds == pytest.approx(one.odds)
    np.testing.assert_allclose(twice.mean, one.mean)


def test_rate_by_mass_is_that_while_the_source_was_on() -> None:
    """A source of the middle half of the day: its spell is found, and its rate is not thinned over the whole day."""
    readings = _readings()
    block = np.floor(readings.time / 300.0)
    off = (block < 6) | (block >= 18)
    met = pattern_odds(replace(readings, value=np.where(off, 1.3e-3, readings.value)), replace(ONE, depths=(1.6,)))
    assert met is not None
    logs, weights = met.balance(*SOURCE)
    assert logs.shape == weights.shape == (1,)
    assert np.exp(logs[0]) == pytest.approx(RATE, rel=0.15)


def test_sites(straight: JointPosterior) -> None:
    """The right one of three; the same site listed twice shares; nothing adds up to more than one."""
    readings = _readings()
    x, y = np.array([SOURCE[0], -20.0, 25.0]), np.array([SOURCE[1], 15.0, 20.0])
    odds = weigh_sites(readings, x, y, ONE).value
    assert odds.probability[0] > 0.9
    assert odds.probability.sum() + odds.none == pytest.approx(1.0)
    both = weigh_sites(readings, x[[0, 0]], y[[0, 0]], ONE).value
    assert both.probability[0] == pytest.approx(both.probability[1]) and both.probability.sum() > 0.9


def test_sites_without_the_source_leave_it_to_none() -> None:
    """Where the two listed sites are elsewhere, none of them is said."""
    odds = weigh_sites(_readings(), np.array([-30.0, 25.0]), np.array([25.0, 25.0]), ONE).value
    assert odds.none > 0.9


def test_no_sites() -> None:
    """Nothing is listed: none of these, for certain."""
    odds = weigh_sites(_readings(), np.zeros(0), np.zeros(0), ONE).value
    assert odds.probability.size == 0 and odds.none == pytest.approx(1.0)


def test_sensors_at_one_point_have_an_answer() -> None:
    """Eight sensors at one place are one: a rate and a place without a tight area."""
    sensors = tuple(Sensor(f"s{k}", 30.0, 0.0, 30.0, 0.0, 2.0) for k in range(8))
    found = locate_sources(_readings(sensors=sensors), ONE, most=1).value
    assert found is not None
    assert found.sources[0].places.densest(0.9)[1] > 100.0


@pytest.mark.parametrize("speed", [0.05, 0.3])
def test_calm_all_day_says_nothing(speed: float) -> None:
    """No wind has a direction: no place, and the prior for sites."""
    readings = _readings(mast=_mast(speed=speed))
    outcome = locate_sources(readings, ONE)
    assert outcome.value is None and _codes(outcome) == {"joint_nothing_met"}
    odds = weigh_sites(readings, np.zeros(2), np.ones(2), ONE).value
    assert odds.probability.tolist() == pytest.approx([0.45, 0.45]) and odds.none == pytest.approx(0.1)


def test_all_below_detection_says_nothing() -> None:
    """One value for all is no plume; nor is no reading at all."""
    readings = _readings()
    for value in (np.full(readings.value.size, 1e-3), np.full(readings.value.size, np.nan)):
        outcome = locate_sources(replace(readings, value=value), ONE)
        assert outcome.value is None and _codes(outcome) == {"joint_nothing_met"}


def test_settings_that_cannot_be_meant() -> None:
    """A block of no length and a certain absence are refused."""
    with pytest.raises(SettingError, match="block_s"):
        JointSettings(block_s=0.0)
    with pytest.raises(SettingError, match="off_share"):
        JointSettings(off_share=1.0)


# --- stations -------------------------------------------------------------------------------------------------------

CRS = "EPSG:32650"


def _station(name: str, **place: object) -> xr.Dataset:
    time = np.datetime64("2026-01-01T00:00", "ns") + np.arange(3) * np.timedelta64(60, "s")
    value = ("obs", np.array([1.0, 2.0, np.nan]), {"units": "mg m-3"})
    return xr.Dataset(
        {"tvoc": value}, coords={"time": ("obs", time), "station": name, **place}, attrs={"averaging_s": 60.0}
    )


def test_stations_become_readings() -> None:
    """A point and a path on the grid, g m-3, times in the middle of their intervals, wind as a mast."""
    windy = _station("A", lon=117.0, lat=30.0, height=4.0).assign(
        u=("obs", [1.0, np.nan, 2.0]), v=("obs", [0.0, 0.0, 1.0])
    )
    path = _station("B", path_lon=("path_end", [117.0, 117.0]), path_lat=("path_end", [30.0, 30.001]))
    outcome = readings_of([windy, path, _station("C")], "tvoc", CRS)
    readings = outcome.value
    assert readings is not None and [r.item for r in outcome.rejects] == ["C"]
    point, line = readings.sensors
    assert point.length_m == 0.0 and point.height_m == 4.0
    assert line.length_m == pytest.approx(110.8, abs=0.3)
    np.testing.assert_allclose(readings.value[:2], [1e-3, 2e-3])
    assert readings.time[1] - readings.time[0] == 60.0
    assert readings.time[0] == np.datetime64("2026-01-01T00:00:30").astype("datetime64[s]").astype(float)
    (mast,) = readings.masts
    assert mast.u == pytest.approx([1.0, 2.0], abs=0.02)


def test_stations_of_another_species() -> None:
    """Nobody measured it: no readings."""
    assert readings_of([_station("A", lon=117.0, lat=30.0)], "so2", CRS).value is None
