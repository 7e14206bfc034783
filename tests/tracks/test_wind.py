"""True wind from a moving platform."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import xarray as xr

from ingest.flags import Flag
from ingest.outcome import Outcome
from onevisit.words.telling import tell
from tracks import TrackSettings, process_trace
from tracks.wind import add_wind, true_wind, wind_uncertainty

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
    assert any("turned round" in tell(decision).decision for decision in outcome.decisions)
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


def test_wind_of_nothing_is_nothing(make_drive: Make) -> None:
    """NaN wind and no rows give NaN and no rows, with no row flagged."""
    nan = np.full(50, np.nan)
    passes = process_trace(make_drive(10.0 * np.arange(50), u_apparent=nan, v_apparent=nan)).value.passes
    assert np.isnan(passes["u"].values).all()
    assert not (passes["qc_flag"].values & np.uint32(Flag.WIND_IMPLAUSIBLE)).any()
    none = np.empty(0)
    assert process_trace(make_drive(none, u_apparent=none, v_apparent=none)).value.passes.sizes["obs"] == 0


# --- by hand ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("heading_deg", "u", "v"), [(0, -2.0, -4.0), (90, -4.0, 2.0), (180, 2.0, 4.0), (270, 4.0, -2.0)]
)
def test_wind_by_hand_in_four_directions(heading_deg: float, u: float, v: float) -> None:
    """Felt 14 from ahead and 2 from the right at 10 m/s: 4 against the way and 2 to its left, over the ground."""
    found = true_wind(np.array([-14.0]), np.array([2.0]), np.array([10.0]), np.radians([heading_deg]))
    assert (found[0][0], found[1][0]) == (pytest.approx(u), pytest.approx(v))


def test_uncertainty_by_hand() -> None:
    """Felt (6, 8): 10 m/s, of which 16 / 20 of the gain; shares of 0.05 and a gain of 0.5 with a sensor of 0.4."""
    settings = TrackSettings(wind_sensor_sd=0.4, flow_distortion_sd=0.05, flow_yaw_gain=0.5)
    sd = wind_uncertainty(np.array([6.0, -6.0]), np.array([8.0, 8.0]), settings)
    np.testing.assert_allclose(sd, [np.hypot(0.4, 0.05 * (10 + 0.5 * 8)), np.hypot(0.4, 0.05 * (10 + 0.5 * 2))])


def moving(make_drive: Make, speed: np.ndarray, heading: np.ndarray, **winds: np.ndarray) -> xr.Dataset:
    """A trace whose speed and heading are given, not smoothed."""
    trace = make_drive(np.cumsum(speed), **winds)
    return trace.assign(speed=("obs", speed), heading=("obs", heading))


def said(outcome: Outcome[xr.Dataset]) -> list[tuple[str, str, str]]:
    """Item, decision and evidence of each decision."""
    return [(d.item, tell(d).decision, tell(d).evidence) for d in outcome.decisions]


def test_apparent_wind_is_turned_over_the_ground_row_by_row(make_drive: Make) -> None:
    """Driving north and then east in a wind of (3, -1), standing in between; flow factor 0.8."""
    speed = np.array([0.0, 10.0, 10.0, 0.0, 5.0])
    heading = np.array([np.nan, 0.0, 0.0, np.nan, np.pi / 2])
    course = np.array([0.0, 0.0, 0.0, 0.0, np.pi / 2])
    forward = 3 * np.sin(course) - np.cos(course) - speed
    left = -3 * np.cos(course) - np.sin(course)
    trace = moving(make_drive, speed, heading, u_apparent=forward / 0.8, v_apparent=left / 0.8)
    outcome = add_wind(trace, TrackSettings(flow_factor=0.8))
    found = outcome.value
    np.testing.assert_allclose(found["u"].values, 3, atol=1e-12)
    np.testing.assert_allclose(found["v"].values, -1, atol=1e-12)
    np.testing.assert_allclose(found["wind_sd"].values, wind_uncertainty(forward / 0.8, left / 0.8, TrackSettings()))
    assert found["u"].attrs == {"units": "m s-1", "standard_name": "eastward_wind"}
    assert found["v"].attrs == {"units": "m s-1", "standard_name": "northward_wind"}
    assert found["wind_sd"].attrs == {"units": "m s-1", "long_name": "standard deviation of each wind component"}
    assert found["qc_flag"].attrs == trace["qc_flag"].attrs
    assert said(outcome) == [("drive", "true wind computed from the apparent wind", "no true wind was given")]


def test_a_given_wind_is_believed_and_felt_on_the_way(make_drive: Make) -> None:
    """True wind stays; its uncertainty is of the wind felt, with the last heading; unknown speed counts as 0."""
    speed, heading = np.array([10.0, 0.0, np.nan, 10.0]), np.array([0.6, np.nan, np.nan, 2.0])
    u, v = np.array([3.0, 3.0, 3.0, -2.0]), np.array([-1.0, -1.0, -1.0, 4.0])
    trace = moving(make_drive, np.nan_to_num(speed), heading, u=u, v=v, u_apparent=9 * u, v_apparent=9 * v)
    outcome = add_wind(trace.assign(speed=("obs", speed)), TrackSettings())
    np.testing.assert_array_equal(outcome.value["u"].values, u)
    np.testing.assert_array_equal(outcome.value["v"].values, v)
    assert outcome.decisions == ()
    course, known = np.array([0.6, 0.6, 0.6, 2.0]), np.nan_to_num(speed)
    forward = u * np.sin(course) + v * np.cos(course) - known
    left = v * np.sin(course) - u * np.cos(course)
    np.testing.assert_allclose(outcome.value["wind_sd"].values, wind_uncertainty(forward, left, TrackSettings()))


def test_without_any_heading_a_given_wind_is_head_wind(make_drive: Make) -> None:
    """On a platform that never moves a wind of 5 m/s is felt as 5 from ahead."""
    trace = moving(make_drive, np.zeros(3), np.full(3, np.nan), u=np.full(3, 3.0), v=np.full(3, -4.0))
    sd = add_wind(trace, TrackSettings()).value["wind_sd"].values
    np.testing.assert_allclose(sd, np.hypot(0.3, 0.07 * 5))


def test_half_a_wind_is_no_wind(make_drive: Make) -> None:
    """Without wind, or with one component only, a trace stays; a half true wind does not hide the felt one."""
    speed, heading = np.full(5, 10.0), np.zeros(5)
    for winds in ({}, {"u": np.ones(5)}, {"v": np.ones(5)}, {"u_apparent": np.ones(5)}, {"v_apparent": np.ones(5)}):
        trace = moving(make_drive, speed, heading, **winds)
        outcome = add_wind(trace, TrackSettings())
        assert outcome.value is trace
        assert outcome.decisions == ()
    felt = {"u_apparent": np.full(5, -10.0), "v_apparent": np.full(5, 2.0)}
    for half in ("u", "v"):
        found = add_wind(moving(make_drive, speed, heading, **{half: np.full(5, 9.0)}, **felt), TrackSettings()).value
        np.testing.assert_allclose(found["u"].values, -2, atol=1e-12)
        np.testing.assert_allclose(found["v"].values, 0, atol=1e-12)


@pytest.mark.parametrize(("speed", "flagged"), [(40.0, 0), (40.01, 1)])
def test_wind_beyond_the_limit_is_flagged(make_drive: Make, speed: float, flagged: int) -> None:
    """40 m/s is still wind; a little more is a fault of the sensor, told with the count; other flags stay."""
    u = np.array([3.0, 0.6 * speed, 3.0])
    v = np.array([0.0, -0.8 * speed, 0.0])
    trace = moving(make_drive, np.full(3, 10.0), np.zeros(3), u=u, v=v)
    trace = trace.assign(qc_flag=("obs", np.full(3, int(Flag.STATIONARY), np.uint32)))
    outcome = add_wind(trace, TrackSettings())
    bad = int(Flag.STATIONARY | Flag.WIND_IMPLAUSIBLE) if flagged else int(Flag.STATIONARY)
    assert outcome.value["qc_flag"].values.tolist() == [int(Flag.STATIONARY), bad, int(Flag.STATIONARY)]
    assert (trace["qc_flag"].values == np.uint32(Flag.STATIONARY)).all()
    told = [("drive", "implausible wind flagged", "1 of 3 rows above 40 m s-1")]
    assert said(outcome) == (told if flagged else [])


@pytest.mark.parametrize(
    ("rows", "swing", "turned"), [(100, 2.0, True), (99, 2.0, False), (100, 1.43, True), (100, 1.40, False)]
)
def test_the_sign_of_a_sensor_needs_rows_and_changes_of_speed(
    make_drive: Make, rows: int, swing: float, turned: bool
) -> None:
    """A hundred rows whose speed scatters by 1 m/s tell that head wind is positive; fewer or steadier ones do not."""
    speed = 10 + swing * np.sin(np.linspace(0, 20 * np.pi, rows, endpoint=False))
    trace = moving(make_drive, speed, np.zeros(rows), u_apparent=speed + 2, v_apparent=np.full(rows, 3.0))
    outcome = add_wind(trace, TrackSettings())
    decisions = [decision for _, decision, _ in said(outcome)]
    assert ("apparent wind turned round: head wind was positive" in decisions) == turned
    if turned:
        np.testing.assert_allclose(outcome.value["u"].values, 3, atol=1e-9)
        np.testing.assert_allclose(outcome.value["v"].values, -2, atol=1e-9)
    else:
        np.testing.assert_allclose(outcome.value["v"].values, 2 * speed + 2)


def test_a_sensor_of_the_right_sign_is_left_alone(make_drive: Make) -> None:
    """The felt wind that falls as the speed rises is of the expected sign."""
    speed = 10 + 4 * np.sin(np.arange(200.0))
    trace = moving(make_drive, speed, np.zeros(200), u_apparent=-speed - 2, v_apparent=np.zeros(200))
    outcome = add_wind(trace, TrackSettings())
    np.testing.assert_allclose(outcome.value["v"].values, -2, atol=1e-9)
    assert len(outcome.decisions) == 1


@pytest.mark.parametrize(("slope", "turned"), [(0.29, False), (0.31, True)])
def test_a_sensor_is_turned_when_it_grows_with_the_speed(make_drive: Make, slope: float, turned: bool) -> None:
    """More than 0.3 m/s per m/s of driving is the other sign, and is told; rows without wind do not matter."""
    speed = 10 + 4 * np.sin(np.arange(200.0))
    felt = slope * speed
    felt[::10] = np.nan
    outcome = add_wind(moving(make_drive, speed, np.zeros(200), u_apparent=felt, v_apparent=felt), TrackSettings())
    assert (len(outcome.decisions) == 2) == turned
    if turned:
        assert tell(outcome.decisions[0]).evidence.startswith("it grows by 0.31 m s-1 per m s-1 of driving")
