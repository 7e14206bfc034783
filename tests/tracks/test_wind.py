"""True wind from a moving platform."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import xarray as xr

from ingest.flags import Flag
from tracks import TrackSettings, process_trace
from tracks.wind import true_wind, wind_direction, wind_uncertainty

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


def test_the_uncertainty_grows_with_the_yaw_angle() -> None:
    """The same apparent speed is known best from ahead, worse from the side, worst from behind; both sides alike."""
    yaw = np.radians([0.0, 45.0, 90.0, 135.0, 180.0])
    sd = wind_uncertainty(-10 * np.cos(yaw), 10 * np.sin(yaw), TrackSettings())
    assert (np.diff(sd) > 0).all()
    np.testing.assert_allclose(sd, wind_uncertainty(-10 * np.cos(yaw), -10 * np.sin(yaw), TrackSettings()))


def test_the_uncertainty_of_a_given_wind_is_that_of_the_wind_felt(make_drive: Make) -> None:
    """Driving east at 10 m/s, a west wind of 4 is felt as 6 from ahead, an east wind as 14, which is known worse."""
    with_it, against = (
        process_trace(make_drive(10.0 * np.arange(100), u=np.full(100, u), v=np.zeros(100))).value.passes
        for u in (4.0, -4.0)
    )
    assert with_it["wind_sd"].values[50] == pytest.approx(np.hypot(0.3, 0.07 * 6), rel=0.02)
    assert against["wind_sd"].values[50] == pytest.approx(np.hypot(0.3, 0.07 * 14), rel=0.02)


def test_the_stated_uncertainty_covers_a_distorted_flow() -> None:
    """Of winds measured with 7 % of flow distortion and a noisy sensor, two sd hold 90 to 99.5 %."""
    rng = np.random.default_rng(3)
    n = 20_000
    speed, heading = rng.uniform(0, 20, n), rng.uniform(0, 2 * np.pi, n)
    u, v = rng.normal(0, 3, n), rng.normal(0, 3, n)
    forward = u * np.sin(heading) + v * np.cos(heading) - speed
    left = v * np.sin(heading) - u * np.cos(heading)
    felt = np.hypot(forward, left)
    ua, va = (w + rng.normal(0, 0.3, n) + 0.07 * felt * rng.normal(size=n) for w in (forward, left))
    found, _ = true_wind(ua, va, speed, heading)
    inside = np.abs(found - u) <= 2 * wind_uncertainty(ua, va, TrackSettings())
    assert 0.90 < inside.mean() < 0.995


def test_the_flow_factor_corrects_a_sensor_that_feels_too_much() -> None:
    """A sensor on a roof that feels 10 % too much gives the right wind with the factor 1 / 1.1."""
    u, v = true_wind(np.array([-13.2]), np.array([3.3]), np.array([10.0]), np.array([0.0]), flow_factor=1 / 1.1)
    assert (u[0], v[0]) == (pytest.approx(-3.0), pytest.approx(-2.0))


def test_a_calm_has_no_direction() -> None:
    """Below the calm speed the direction is NaN; above it is where the wind comes from, and turns with its input."""
    angles = np.linspace(0, 2 * np.pi, 9)[:-1]
    np.testing.assert_allclose(
        wind_direction(-3 * np.sin(angles), -3 * np.cos(angles), calm_speed=0.5), angles, atol=1e-12
    )
    assert np.isnan(wind_direction(np.array([0.3, 0.0]), np.array([0.3, 0.0]), calm_speed=0.5)).all()


def test_wind_of_nothing_is_nothing(make_drive: Make) -> None:
    """NaN wind and no rows give NaN and no rows, with no row flagged."""
    nan = np.full(50, np.nan)
    passes = process_trace(make_drive(10.0 * np.arange(50), u_apparent=nan, v_apparent=nan)).value.passes
    assert np.isnan(passes["u"].values).all()
    assert not (passes["qc_flag"].values & np.uint32(Flag.WIND_IMPLAUSIBLE)).any()
    none = np.empty(0)
    assert process_trace(make_drive(none, u_apparent=none, v_apparent=none)).value.passes.sizes["obs"] == 0
