"""Two loggers of one vehicle whose clocks are hours apart: found by the path, or left alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ingest.flags import Flag
from ingest.traces import beside
from ingest.traces.beside import path_offset, settle_by_path
from ingest.traces.record import Channel, Record, TraceSettings
from onevisit.words.telling import tell
from tests.ingest.immutable import mutable_values
from tests.ingest.traces.readings import make_record, seconds, species

HOUR = 3600.0
DEGREE_M = 111_320.0


def way(rows: int = 2400, *, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Rounds of a block of 600 m by 400 m with stops and a speed that wanders; metres at each second."""
    rng = np.random.default_rng(seed)
    slow = np.convolve(rng.normal(0.0, 1.0, rows + 60), np.ones(60) / np.sqrt(60.0), "valid")[:rows]
    speed = np.clip(6.0 + 2.0 * slow, 0.0, 12.0)
    for stop in rng.integers(0, rows, 8):
        speed[stop : stop + 40] = 0.0
    length = np.cumsum(speed)
    corners = np.array([0.0, 600.0, 1000.0, 1600.0, 2000.0])
    at = length % 2000.0
    return np.interp(at, corners, [0, 600, 600, 0, 0]), np.interp(at, corners, [0, 0, 400, 400, 0])


def logger(x: np.ndarray, y: np.ndarray, *, at_s: float = 0.0, wind: bool = False, item: str = "dust.csv") -> Record:
    """A record of a way, its clock so many seconds on; with noise of the receiver of its own."""
    noise = np.random.default_rng(len(item)).normal(0.0, 2.0, (2, len(x)))
    channels: tuple[Channel, ...] = (species("pm25", np.full(len(x), 2.0), "ug m-3"),)
    if wind:
        channels += tuple(Channel(name, np.full(len(x), 2.0), {"units": "m s-1"}) for name in ("u", "v"))
    scale = DEGREE_M * np.cos(np.radians(30.0))
    return make_record(
        channels,
        time=seconds(*(np.arange(len(x)) + at_s)),
        lon=list(104.0 + (x + noise[0]) / scale),
        lat=list(30.0 + (y + noise[1]) / DEGREE_M),
        item=item,
    )


X, Y = way()
MAIN = logger(X, Y, wind=True, item="main.csv")


@pytest.mark.parametrize("at_s", [8 * HOUR, -7.5 * HOUR, 24 * HOUR, 600.0, 61.0 + 9.0])
def test_a_clock_that_is_off_comes_onto_that_of_the_path(at_s: float) -> None:
    """Hours or minutes, early or late: to the second, and told with the hours."""
    outcome = settle_by_path([logger(X, Y, at_s=at_s), MAIN], TraceSettings())
    moved, main = outcome.value
    assert main is MAIN
    assert float((moved.time[0] - MAIN.time[0]) / np.timedelta64(1, "s")) == pytest.approx(0.0, abs=1.0)
    [decision] = outcome.decisions
    assert decision.values["seconds"] == pytest.approx(-at_s, abs=1.0)
    assert tell(decision).decision == f"clock moved by {-at_s:.0f} s ({-at_s / 3600:+.2f} h), onto that of main.csv"


def test_part_of_the_drive_is_enough() -> None:
    """A logger that was switched on a lap late, with a hole and rows of a lost receiver."""
    rows = np.r_[700:1500, 1700:2400]
    late = logger(X[rows], Y[rows], at_s=0.0)
    late = replace(late, time=seconds(*(rows + 8 * HOUR)))
    flags = np.where(np.arange(len(rows)) < 100, np.uint32(Flag.POSITION_JUMP), np.uint32(0)).astype(np.uint32)
    late = replace(late, qc_flag=flags, lat=np.where(flags > 0, 31.0, late.lat))
    found = path_offset(late, MAIN)
    assert found is not None
    assert found[0] == pytest.approx(-8 * HOUR, abs=1.0) and found[1] > 0.95


@pytest.mark.parametrize("at_s", [0.0, 40.0, -50.0])
def test_less_than_a_minute_is_no_other_clock(at_s: float) -> None:
    """Left as it is; the lag of inlets is looked for elsewhere."""
    record = logger(X, Y, at_s=at_s)
    outcome = settle_by_path([record, MAIN], TraceSettings())
    assert outcome.value[0] is record and not outcome.decisions


def test_another_drive_of_the_same_streets_is_another_drive() -> None:
    """The next day's rounds of the same block, with its own stops and speeds; and streets a kilometre off."""
    again = logger(*way(seed=2), at_s=20 * HOUR)
    elsewhere = logger(X + 1000.0, Y, at_s=8 * HOUR)
    for record in (again, elsewhere):
        assert path_offset(record, MAIN) is None
        assert settle_by_path([record, MAIN], TraceSettings()).value[0] is record


def test_rounds_at_one_speed_tell_no_difference() -> None:
    """Eight laps like clockwork fit at every lap but for the ends: half as many again is asked of the best."""
    length = np.arange(2400.0) * 8 * 2000.0 / 2400.0 % 2000.0
    corners = np.array([0.0, 600.0, 1000.0, 1600.0, 2000.0])
    x, y = np.interp(length, corners, [0, 600, 600, 0, 0]), np.interp(length, corners, [0, 0, 400, 400, 0])
    assert path_offset(logger(x, y, at_s=8 * HOUR), logger(x, y, wind=True, item="main.csv")) is None


def test_a_clock_that_is_known_and_one_with_wind_stay() -> None:
    """Declared in mission.toml, told by GNSS time, or with an anemometer of its own; days apart is no clock."""
    off = logger(X, Y, at_s=8 * HOUR)
    told = replace(off, gnss_clock_s=np.full(len(X), 1.0))
    windy = logger(X, Y, at_s=8 * HOUR, wind=True)
    days = logger(X, Y, at_s=27 * HOUR)
    for record, settings in (
        (off, TraceSettings(clock_offset_s={"dust*": 0.0})), (told, TraceSettings()), (windy, TraceSettings()),
        (days, TraceSettings()),
    ):  # fmt: skip
        assert settle_by_path([record, MAIN], settings).value[0] is record


def test_a_short_way_and_a_parked_vehicle_tell_nothing() -> None:
    """Below a kilometre of road; a record without places; one that never moved."""
    short = logger(X[:150], Y[:150], at_s=8 * HOUR)
    parked = logger(np.zeros(900), np.zeros(900), at_s=8 * HOUR)
    nowhere = replace(parked, lon=np.full(900, np.nan), lat=np.full(900, np.nan))
    for record in (short, parked, nowhere, replace(parked, lon=None, lat=None)):
        assert path_offset(record, MAIN) is None


def test_values_are_immutable() -> None:
    """Nothing that is handed on can be changed."""
    assert mutable_values(beside) == []
