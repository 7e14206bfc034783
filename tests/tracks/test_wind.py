"""True wind from a moving platform."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import xarray as xr

from ingest.flags import Flag
from tracks import TrackSettings, process_trace
from tracks.wind import true_wind

Make = Callable[..., xr.Dataset]


def square(make_drive: Make, u: float, v: float, *, sign: float = 1.0) -> xr.Dataset:
    """Sides of 600 m at 10 m/s in wind (u, v), with a sonic that feels it on the moving car."""
    side = np.arange(60) * 10.0
    x = np.concatenate([side, np.full(60, 600.0), 600 - side, np.zeros(60)])
    y = np.concatenate([np.zeros(60), side, np.full(60, 600.0), 600 - side])
    heading = np.repeat([np.pi / 2, 0.0, -np.pi / 2, np.pi], 60)
    forward = u * np.sin(heading) + v * np.cos(heading) - 10
    left = -u * np.cos(heading) + v * np.sin(heading)
    return make_drive(x, y, u_apparent=sign * forward, v_apparent=sign * left)


@pytest.mark.parametrize("heading", np.linspace(0, 2 * np.pi, 7))
def test_calm_air_is_calm_in_every_direction(heading: float) -> None:
    """Driving at 15 m/s in calm air feels −15 ahead and gives no wind."""
    u, v = true_wind(np.array([-15.0]), np.array([0.0]), np.array([15.0]), np.array([heading]))
    np.testing.assert_allclose([u[0], v[0]], 0, atol=1e-12)


def test_the_wind_turns_with_its_input() -> None:
    """Turning the heading by an angle turns the true wind by it."""
    u, v = true_wind(np.array([-7.0, -7.0]), np.array([2.0, 2.0]), np.array([10.0, 10.0]), np.array([0.3, 1.3]))
    turned = np.arctan2(u[0], v[0]) - np.arctan2(u[1], v[1])
    assert np.mod(-turned, 2 * np.pi) == pytest.approx(1.0)


def test_the_wind_of_a_square_is_one_wind(make_drive: Make) -> None:
    """Four headings in one wind give this wind away from the corners, with an uncertainty that covers the error."""
    passes = process_trace(square(make_drive, 2.0, -1.0)).value.passes
    straight = np.r_[10:50, 70:110, 130:170, 190:230]
    np.testing.assert_allclose(passes["u"].values[straight], 2, atol=0.3)
    np.testing.assert_allclose(passes["v"].values[straight], -1, atol=0.3)
    assert (passes["wind_sd"].values[straight] > 0.3).all()


def test_a_sensor_that_counts_head_wind_as_positive_is_turned_and_told(make_drive: Make) -> None:
    """A sensor of the other sign is recognised while the speed changes, and the decision says so."""
    t = np.arange(400.0)
    speed = 10 + 6 * np.sin(t / 30)
    trace = make_drive(np.cumsum(speed), u_apparent=speed - 2.0, v_apparent=np.zeros(400))
    outcome = process_trace(trace, TrackSettings(estimate_lag=False))
    assert any("turned round" in decision.decision for decision in outcome.decisions)
    assert np.median(outcome.value.passes["u"].values) == pytest.approx(2.0, abs=0.3)


def test_impossible_wind_is_flagged_and_kept(make_drive: Make) -> None:
    """70 m/s are flagged implausible; the value stays."""
    u = np.full(100, 3.0)
    u[40] = 70
    passes = process_trace(make_drive(10.0 * np.arange(100), u=u, v=np.zeros(100))).value.passes
    flagged = np.flatnonzero(passes["qc_flag"].values & np.uint32(Flag.WIND_IMPLAUSIBLE))
    assert flagged.tolist() == [40]
    assert passes["u"].values[40] == 70


def test_the_uncertainty_grows_with_the_apparent_wind(make_drive: Make) -> None:
    """The same wind is known worse from a faster car."""
    slow, fast = (
        process_trace(make_drive(s * np.arange(100.0), u=np.ones(100), v=np.zeros(100))).value.passes for s in (5, 25)
    )
    assert fast["wind_sd"].values[50] > slow["wind_sd"].values[50] + 0.5
