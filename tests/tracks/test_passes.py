"""Drive passes: where one ends and the next begins."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from numerics.plane import plane_of, seconds_since_start
from tracks.passes import split_passes
from tracks.positions import clean_positions
from tracks.settings import TrackSettings

Make = Callable[..., xr.Dataset]
SETTINGS = TrackSettings()


def slow_split(t: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The definition, row by row with a dictionary."""
    index, number = np.full(len(t), -1), -1
    until: dict[tuple[int, int, int], float] = {}
    before: list[tuple[int, int, int]] = []
    at = (0.0, 0.0)
    for i in range(len(t)):
        cells = [
            (g, int(np.floor(x[i] / 30 + 0.25 + g / 2)), int(np.floor(y[i] / 30 + 0.25 + g / 2))) for g in (0, 1)
        ]
        fresh = not before or t[i] - t[i - 1] > 300
        if not fresh and np.hypot(x[i] - at[0], y[i] - at[1]) < 10:
            index[i] = number
            continue
        at = (x[i], y[i])
        for g, cell in enumerate(cells):
            if before and cell != before[g]:
                near = [(g, before[g][1] + dx, before[g][2] + dy) for dx in (-1, 0, 1) for dy in (-1, 0, 1)]
                arrived, until[before[g]] = until[before[g]], t[i - 1]
                if t[i - 1] - arrived >= 15:
                    until.update({c: t[i - 1] for c in near if c in until and arrived - until[c] <= 60})
                fresh = fresh or (cell in until and t[i] - until[cell] > 60)
        if fresh:
            number, until = number + 1, {}
        if fresh or cells != before:
            until.update(dict.fromkeys(cells, t[i]))
        index[i], before = number, cells
    return index


def test_there_and_back_is_two_passes(make_drive: Make) -> None:
    """A street driven up and down after a turn gives one pass each way."""
    x = np.concatenate([10.0 * np.arange(200), np.full(10, 1990.0), 10.0 * np.arange(200)[::-1]])
    index = split_passes(make_drive(x), SETTINGS)["pass_index"].values
    assert index[0] == 0
    assert index[-1] == 1
    assert (np.diff(index) >= 0).all()


def test_standing_for_twenty_minutes_stays_in_one_pass(make_drive: Make) -> None:
    """A car that stands at a cell's edge with 3 m of jitter stays in one pass."""
    rng = np.random.default_rng(0)
    x = np.concatenate([10.0 * np.arange(60), 600 + rng.normal(0, 3, 1200), 600 + 10.0 * np.arange(60)])
    trace = clean_positions(make_drive(x, rng.normal(0, 3, len(x))), SETTINGS).value
    index = split_passes(trace, SETTINGS)["pass_index"].values
    assert index.max() == 0


def test_a_gap_ends_a_pass_and_no_position_is_outside(make_drive: Make) -> None:
    """A gap longer than pass_gap_s starts a pass; rows without position get −1."""
    t = np.concatenate([np.arange(100.0), np.arange(500.0, 600.0)])
    x = 10.0 * t
    x[50] = np.nan
    index = split_passes(make_drive(x, t=t), SETTINGS)["pass_index"].values
    assert index[50] == -1
    assert (index[:50] == 0).all()
    assert (index[100:] == 1).all()


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.floats(2, 40))
def test_equals_the_slow_definition(make_drive: Make, seed: int, step: float) -> None:
    """The table of cells gives the passes of the definition on random walks."""
    rng = np.random.default_rng(seed)
    x, y = np.cumsum(rng.normal(0, step, (2, 400)), axis=1)
    trace = make_drive(x, y, t=np.cumsum(rng.choice([1.0, 5.0, 400.0], 400, p=[0.7, 0.29, 0.01])))
    lon, lat = trace["lon"].values, trace["lat"].values
    px, py = plane_of(lon, lat).forward(lon, lat)
    expected = slow_split(seconds_since_start(trace["time"].values), px, py)
    np.testing.assert_array_equal(split_passes(trace, SETTINGS)["pass_index"].values, expected)


def passes_along(make_drive: Make, x: np.ndarray, t: np.ndarray, **changed: float) -> list[int]:
    """Pass of each row of a drive along a street that is not smoothed."""
    return split_passes(make_drive(x, t=t), TrackSettings(**changed))["pass_index"].values.tolist()


def test_coming_back_after_the_revisit_time_is_a_new_pass(make_drive: Make) -> None:
    """Back in the first cell 57 s after leaving it starts a pass when the limit is 56 s, not when it is 57 or 60."""
    x = np.array([0.0, 100.0, 200.0, 100.0, 0.0])
    t = np.array([0.0, 10.0, 11.0, 12.0, 57.0])
    assert passes_along(make_drive, x, t) == [0] * 5
    assert passes_along(make_drive, x, t, pass_revisit_s=57.0) == [0] * 5
    assert passes_along(make_drive, x, t, pass_revisit_s=56.0) == [0, 0, 0, 0, 1]


def test_a_pass_ends_after_a_gap_longer_than_the_limit(make_drive: Make) -> None:
    """300 s without a row are in one pass, a little more is not; the limit is the setting's."""
    x = 100.0 * np.arange(4)
    for gap, passes in ((300.0, [0, 0, 0, 0]), (300.5, [0, 0, 1, 1])):
        assert passes_along(make_drive, x, np.array([0.0, 1.0, 1 + gap, 2 + gap])) == passes
    assert passes_along(make_drive, x, np.array([0.0, 1.0, 102.0, 103.0]), pass_gap_s=100.0) == [0, 0, 1, 1]


def test_the_cell_is_that_of_the_settings(make_drive: Make) -> None:
    """Returning within 25 m of the start is the same place in cells of 60 m, and another one in cells of 10 m."""
    x, t = np.array([0.0, 100.0, 200.0, 100.0, 14.0]), np.array([0.0, 50.0, 100.0, 101.0, 102.0])
    assert passes_along(make_drive, x, t, pass_cell_m=60.0)[-1] == 1
    assert passes_along(make_drive, x[[0, 2, 4]], t[[0, 2, 4]], pass_cell_m=10.0)[-1] == 0


def test_passes_say_what_they_are(make_drive: Make) -> None:
    """A whole number of 32 bits with its words; the trace given in stays."""
    trace = make_drive(10.0 * np.arange(20))
    found = split_passes(trace, SETTINGS)["pass_index"]
    assert found.dtype == np.int32
    assert found.attrs == {"long_name": "drive pass", "units": "1", "comment": "-1 outside of any drive pass"}
    assert "pass_index" not in trace
    assert split_passes(make_drive(np.full(5, np.nan)), SETTINGS)["pass_index"].values.tolist() == [-1] * 5


def test_a_long_drive_keeps_its_cells(make_drive: Make) -> None:
    """A spiral of 300 km over itself: the slow definition, also when the table of cells has to grow many times."""
    n = 6000
    angle = np.arange(n) / 40
    radius = 1500 + 8 * angle
    x, y = radius * np.sin(angle), radius * np.cos(angle)
    t = 2.0 * np.arange(n)
    trace = make_drive(x, y, t=t)
    plane = plane_of(trace["lon"].values, trace["lat"].values)
    px, py = plane.forward(trace["lon"].values, trace["lat"].values)
    expected = slow_split(seconds_since_start(trace["time"].values), px, py)
    np.testing.assert_array_equal(split_passes(trace, SETTINGS)["pass_index"].values, expected)
