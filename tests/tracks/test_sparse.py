"""Loggers of one row in seconds or minutes: what they drove is what they are said to have driven."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.flags import Flag
from ingest.schema import new_trace
from tests.tracks.position_traces import has
from tracks.positions import clean_positions
from tracks.settings import TrackSettings
from tracks.wind import add_wind

SETTINGS = TrackSettings()
_START = np.datetime64("2024-05-01T02:00:00", "ns")


def _drive(
    step: float, *, speed: float = 8.33, heading: float = 1.0, rows: int = 12, jitter: float = 0.0, **more: np.ndarray
) -> xr.Dataset:
    """A straight drive of one row each ``step`` s, its stamps up to ``jitter`` of a step late."""
    t = step * (np.arange(rows) + jitter * np.random.default_rng(0).random(rows))
    time = _START + np.round(t * 1e9).astype("int64").astype("timedelta64[ns]")
    x, y = speed * t * np.sin(heading), speed * t * np.cos(heading)
    units = {"heading": "rad"}
    variables = {name: (values, {"units": units.get(name, "m s-1")}) for name, values in more.items()}
    return new_trace("d", time, 104 + x / 96486.3, 30 + y / 110852.4, variables)


@settings(deadline=None, max_examples=60)
@given(
    step=st.floats(1.0, 300.0),
    speed=st.floats(3.0, 30.0),
    heading=st.floats(0.0, 6.28),
    rows=st.integers(3, 40),
    jitter=st.floats(0.0, 0.3),
)
def test_a_straight_drive_has_its_speed_and_heading(
    step: float, speed: float, heading: float, rows: int, jitter: float
) -> None:
    """Within 4 % at any step from 1 s to 5 min, with the wind that a calm or windy day gives; no row stands."""
    wind = 3.0, -1.0  # towards east and north
    along = wind[0] * np.sin(heading) + wind[1] * np.cos(heading) - speed
    left = wind[1] * np.sin(heading) - wind[0] * np.cos(heading)
    felt = {"u_apparent": np.full(rows, along), "v_apparent": np.full(rows, left)}
    trace = _drive(step, speed=speed, heading=heading, rows=rows, jitter=jitter, **felt)
    cleaned = clean_positions(trace, SETTINGS).value
    assert not cleaned["qc_flag"].values.any()
    np.testing.assert_allclose(cleaned["speed"].values, speed, rtol=0.04)
    turned = cleaned["heading"].values - heading
    assert np.abs((turned + np.pi) % (2 * np.pi) - np.pi).max() < 0.03
    found = add_wind(cleaned, SETTINGS).value
    np.testing.assert_allclose(found["u"].values, wind[0], atol=0.05 * speed + 0.02)
    np.testing.assert_allclose(found["v"].values, wind[1], atol=0.05 * speed + 0.02)


def _with_own(step: float, own: np.ndarray, heading: float = 1.1) -> xr.Dataset:
    trace = _drive(step, rows=len(own))
    return trace.assign(speed=("obs", own), heading=("obs", np.full(len(own), heading)))


@pytest.mark.parametrize("step", [6.0, 10.0, 30.0, 60.0, 300.0])
def test_a_files_own_speed_and_heading_are_kept_where_fixes_are_sparse(step: float) -> None:
    """A car that happens to stand at two of its rows stands there, and drives elsewhere as its column says."""
    own = np.array([8.0, 9.0, 0.0, 8.0, 8.5, 8.0, 8.0, 0.2, 9.0, 8.0])
    outcome = clean_positions(_with_own(step, own), SETTINGS)
    np.testing.assert_array_equal(outcome.value["speed"].values, own)
    assert np.flatnonzero(has(outcome.value, Flag.STATIONARY)).tolist() == [2, 7]
    assert outcome.value["heading"].values[0] == pytest.approx(1.1)
    assert [d.code for d in outcome.decisions] == ["own_speed_kept"]


@pytest.mark.parametrize("factor", [0.0, 3.6])
def test_a_column_of_speed_that_the_fixes_deny_is_not_kept(factor: float) -> None:
    """Dead, or in km/h under a heading of m/s: the fixes are believed, and it is said."""
    outcome = clean_positions(_with_own(60.0, np.full(10, 8.33 * factor)), SETTINGS)
    np.testing.assert_allclose(outcome.value["speed"].values, 8.33, rtol=0.03)
    assert [(d.code, round(float(str(d.values["ratio"])), 1)) for d in outcome.decisions] == [
        ("own_speed_not_kept", factor)
    ]


def test_a_heading_that_the_fixes_deny_is_not_kept() -> None:
    """A compass mounted the other way round."""
    outcome = clean_positions(_with_own(60.0, np.full(10, 8.0), heading=1.0 + np.pi), SETTINGS)
    np.testing.assert_allclose(outcome.value["heading"].values, 1.0, atol=0.03)


def test_a_parked_logger_stands_at_any_step() -> None:
    """The same fix once a minute, and a tenth of a metre of noise."""
    place = np.random.default_rng(1).normal(0, 1e-6, 20)
    t = _START + (60 * np.arange(20)).astype("timedelta64[s]")
    cleaned = clean_positions(new_trace("d", t, 104 + place, 30 + place[::-1], {}), SETTINGS).value
    assert has(cleaned, Flag.STATIONARY).all()


def test_a_fix_alone_between_long_gaps_is_not_standing() -> None:
    """Nothing is known of its motion: no speed, and no flag that says it stood."""
    t = np.concatenate([np.arange(30.0), [400.0], 800 + np.arange(30.0)])
    time = _START + (t * 1e9).astype("int64").astype("timedelta64[ns]")
    cleaned = clean_positions(new_trace("d", time, 104 + 8 * t / 96486.3, np.full(61, 30.0), {}), SETTINGS).value
    assert np.isnan(cleaned["speed"].values[30]) and not has(cleaned, Flag.STATIONARY)[30]
    assert cleaned["lon"].values[30] == pytest.approx(104 + 8 * 400 / 96486.3, abs=1e-5)
