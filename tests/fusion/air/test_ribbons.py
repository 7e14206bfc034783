"""Ribbons upwind of the bins of a drive."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fusion import FusionSettings
from fusion.air import ribbons
from fusion.air.dispersion import Weather, obukhov_from_sun, plume_of
from fusion.air.ribbons import direction_sd_rad, smoothed_speed, upwind_ribbons, wind_near
from fusion.air.trajectory import Air, WindHistory, back_paths

SETTINGS = FusionSettings()
PLUME = plume_of(Weather(0.35, 0.0, 0.5, 0.1, 800.0))
X, Y, TIME = np.array([10.0, 400.0]), np.array([-5.0, 30.0]), np.array([0.0, 30.0])


def _steady(u: float, v: float, sd: float = 0.4) -> WindHistory:
    return WindHistory(np.arange(-100.0, 200.0, 10.0), np.full(30, u), np.full(30, v), sd)


@pytest.mark.parametrize("wind_sd", [0.4, float("nan")])
@pytest.mark.parametrize("shift", [0.0, 7.0])
def test_every_column_of_a_ribbon_by_its_formula(wind_sd: float, shift: float) -> None:
    """Path, blurred plume and error of its place, node by node; the integral across the wind is kept."""
    wind = _steady(3.0, 1.0, wind_sd)
    ribbon, _, directed = upwind_ribbons(X, Y, TIME, wind, 0.5, SETTINGS, plume=PLUME, shift_sd_m=shift)
    paths = back_paths(X, Y, TIME, wind, PLUME, 3.25, reach_m=1500.0)  # speed to the nearest quarter
    assert directed.tolist() == [Air.MOVING, Air.MOVING] and ribbon.shape == (2, paths.x.shape[1], 10)
    for column, expected in (
        (0, paths.x),
        (1, paths.y),
        (2, paths.cos),
        (3, paths.sin),
        (4, paths.reach),
        (9, paths.length),
    ):
        np.testing.assert_allclose(ribbon[:, :, column], expected)
    table, along = np.log(PLUME.distance_m), np.log(paths.length)
    sigma_y = np.interp(along, table, PLUME.sigma_y_m)
    axis = np.interp(along, table, np.log(PLUME.on_axis(height_m=2.5, source_height_m=5.0)))
    sigma = np.sqrt(sigma_y**2 + 12.0**2)
    np.testing.assert_allclose(ribbon[:, :, 6], sigma)
    np.testing.assert_allclose(ribbon[:, :, 5], axis + np.log(sigma_y / sigma))
    drift = 0.25 * wind_sd * paths.age if np.isfinite(wind_sd) else np.tan(np.radians(15.0)) * paths.length
    error = np.sqrt((np.radians(5.0) * paths.length) ** 2 + np.minimum(drift, paths.length) ** 2 + shift**2)
    np.testing.assert_allclose(ribbon[:, :, 7], error)
    np.testing.assert_allclose(ribbon[:, :, 8], 1 / (sigma**2 + error**2))


def test_the_wind_never_errs_by_more_than_the_path() -> None:
    """A wind with an error larger than itself: at most sideways by the length."""
    ribbon, *_ = upwind_ribbons(X, Y, TIME, _steady(3.0, 0.0, 90.0), 0.5, SETTINGS, plume=PLUME)
    length = ribbon[:, :, 9]
    np.testing.assert_allclose(ribbon[:, :, 7], length * np.hypot(np.radians(5.0), 1.0))


def test_the_height_of_inlet_and_source_are_those_of_the_settings() -> None:
    """On the axis, where the table is asked; very far below what can be measured it is held."""
    settings = replace(SETTINGS, inlet_height_m=40.0, source_height_m=12.0)
    ribbon, *_ = upwind_ribbons(X, Y, TIME, _steady(3.0, 0.0), 0.5, settings, plume=PLUME)
    width = np.interp(np.log(ribbon[0, :, 9]), np.log(PLUME.distance_m), PLUME.sigma_y_m)
    axis = np.log(np.maximum(PLUME.on_axis(height_m=40.0, source_height_m=12.0), 1e-30))
    expected = np.interp(np.log(ribbon[0, :, 9]), np.log(PLUME.distance_m), axis) + np.log(width / ribbon[0, :, 6])
    np.testing.assert_allclose(ribbon[0, :, 5], expected)


def test_the_box_of_a_bin_holds_four_widths_on_each_side() -> None:
    """West, east, south, north of all nodes with four times width and error."""
    ribbon, box, _ = upwind_ribbons(X, Y, TIME, _steady(-2.0, 2.0), 0.5, SETTINGS, plume=PLUME)
    margin = 4.0 * np.sqrt(ribbon[:, :, 6] ** 2 + ribbon[:, :, 7] ** 2)
    for k in (0, 1):
        west, east, south, north = box[k]
        assert west == pytest.approx(min(ribbon[k, :, 0] - margin[k]))
        assert east == pytest.approx(max(ribbon[k, :, 0] + margin[k]))
        assert south == pytest.approx(min(ribbon[k, :, 1] - margin[k]))
        assert north == pytest.approx(max(ribbon[k, :, 1] + margin[k]))


NOWHERE = WindHistory(*[np.empty(0)] * 3, float("nan"))


@pytest.mark.parametrize(("wind", "air"), [(_steady(0.6, 0.79), Air.CALM), (NOWHERE, Air.UNKNOWN)])
def test_without_a_direction_a_straight_path_stands_for_all(wind: WindHistory, air: Air) -> None:
    """From the west at a speed of its own, without an error of its place, whatever the breath of air."""
    ribbon, box, directed = upwind_ribbons(X, Y, TIME, wind, 0.5, SETTINGS, plume=PLUME, shift_sd_m=9.0)
    assert directed.tolist() == [air, air]
    assert (ribbon[:, :, 2] == 1).all() and (ribbon[:, :, 3] == 0).all() and (ribbon[:, :, 7] == 0).all()
    np.testing.assert_allclose(ribbon[:, :, 0], X[:, None] - ribbon[:, :, 9])
    np.testing.assert_allclose(ribbon[:, :, 8], ribbon[:, :, 6] ** -2)
    assert (box[:, 1] > X).all()


def test_unknown_wind_is_not_calm() -> None:
    """Calm air drifts at 0.7 m/s in a plume as wide as its mean; unknown wind carries a narrow one at 2 m/s."""
    (calm, *_), (unknown, *_) = (
        upwind_ribbons(X, Y, TIME, wind, np.radians(38.0), SETTINGS) for wind in (_steady(0.1, 0.0), NOWHERE)
    )
    for ribbon, speed, narrow in ((calm, 0.75, False), (unknown, 2.0, True)):
        weather = obukhov_from_sun(speed, np.radians(40.0), roughness_m=0.3, mixing_height_m=800.0)
        spread = min(0.6 * weather.lateral_sd_m_s / speed, 0.15)
        plume = plume_of(weather, direction_sd_rad=spread) if narrow else plume_of(weather)
        width = np.interp(np.log(ribbon[0, :, 9]), np.log(plume.distance_m), plume.sigma_y_m)
        np.testing.assert_allclose(ribbon[0, :, 6], np.hypot(width, 12.0))
    assert (unknown[0, 5:, 6] < 0.7 * calm[0, 5:, 6]).all()


@pytest.mark.parametrize(("gap_s", "air"), [(299.0, Air.MOVING), (301.0, Air.UNKNOWN)])
def test_a_reading_is_held_for_five_minutes(gap_s: float, air: Air) -> None:
    """An anemometer that stopped: the air is as it was for a while, then unknown, never calm."""
    time = np.array([1000.0 + gap_s])
    wind = WindHistory(np.arange(0.0, 1001.0, 10.0), np.full(101, 3.0), np.zeros(101), 0.4)
    *_, found = upwind_ribbons(X[:1], Y[:1], time, wind, 0.5, SETTINGS, plume=PLUME)
    assert found.tolist() == [air]
    assert np.isfinite(wind_near(wind, float(time[0]), SETTINGS)[0]) == (air == Air.MOVING)


def test_bins_of_different_wind_have_each_their_own_plume() -> None:
    """Calm, 2 m/s and 6 m/s on one drive: as if each had been asked for alone, from the weather of its own speed."""
    time = np.array([0.0, 1000.0, 2000.0])
    wind = WindHistory(time, np.array([0.1, 2.05, 6.0]), np.zeros(3), 0.4)
    x, y = np.array([0.0, 100.0, 200.0]), np.zeros(3)
    ribbon, box, directed = upwind_ribbons(x, y, time, wind, np.radians(38.0), SETTINGS)
    assert directed.tolist() == [Air.CALM, Air.MOVING, Air.MOVING]
    for k, speed in enumerate((0.75, 2.0, 6.0)):
        weather = obukhov_from_sun(speed, np.radians(40.0), roughness_m=0.3, mixing_height_m=800.0)
        spread = None if k == 0 else min(0.6 * weather.lateral_sd_m_s / speed, 0.15)
        plume = plume_of(weather) if spread is None else plume_of(weather, direction_sd_rad=spread)
        one, one_box, _ = upwind_ribbons(
            x[k : k + 1], y[k : k + 1], time[k : k + 1], wind, 0.0, SETTINGS, plume=plume
        )
        np.testing.assert_allclose(ribbon[k], one[0])
        np.testing.assert_allclose(box[k], one_box[0])


def test_no_bins_have_no_ribbons() -> None:
    """Empty arrays of the right shape."""
    none = np.empty(0)
    ribbon, box, directed = upwind_ribbons(none, none, none, _steady(3.0, 0.0), 0.5, SETTINGS)
    assert (ribbon.shape, box.shape, directed.shape) == ((0, 1, 10), (0, 4), (0,))


@pytest.mark.parametrize(("speed", "directed"), [(0.99, False), (1.0, True), (1.01, True)])
def test_wind_at_the_calm_speed_has_a_direction(speed: float, directed: bool) -> None:
    """Below it has none."""
    *_, found = upwind_ribbons(X[:1], Y[:1], TIME[:1], _steady(0.0, speed), 0.5, SETTINGS, plume=PLUME)
    assert (found[0] == Air.MOVING) == directed


@pytest.mark.parametrize(
    ("at", "rows"), [(100.0, slice(4, 17)), (-290.0, slice(0, 1)), (580.0, slice(29, 30)), (25.0, slice(0, 9))]
)
def test_speed_is_of_the_mean_vector_over_two_minutes(at: float, rows: slice) -> None:
    """A minute to each side, both ends in; minutes from every reading that of the nearest, farther none."""
    rng = np.random.default_rng(0)
    time = np.arange(30) * 10.0
    u, v = rng.normal(2, 1, 30), rng.normal(0, 1, 30)
    found = smoothed_speed(np.array([at]), WindHistory(time, u, v, 0.1), SETTINGS)
    assert found[0] == pytest.approx(np.hypot(u[rows].mean(), v[rows].mean()))
    assert np.isnan(smoothed_speed(np.array([at]), WindHistory(*[np.empty(0)] * 3, 0.1), SETTINGS)).all()


@pytest.mark.parametrize(
    ("spread", "wind_sd", "expected"),
    [
        (0.0, np.nan, np.hypot(5.0, 15.0)), (np.radians(20.0), np.nan, np.sqrt(25 + 400 + 225)),
        (np.radians(80.0), np.nan, np.sqrt(25 + 3600 + 225)),
        (0.0, 4.0, np.hypot(5.0, np.degrees(np.arctan(0.25 * 4.0 / 2.0)))), (0.0, 0.0, 5.0),
    ],
)  # fmt: skip
def test_the_error_of_a_direction_adds_up_in_squares(spread: float, wind_sd: float, expected: float) -> None:
    """Floor, spread (60° at most) and the error of the wind at 2 m/s, in degrees."""
    assert np.degrees(direction_sd_rad(spread, 2.0, wind_sd, SETTINGS)) == pytest.approx(expected)


def test_wind_around_a_time_is_that_of_a_minute_to_each_side() -> None:
    """Both ends in; fewer than three readings: the nearest three; none near: NaN."""
    time = np.array([0.0, 40.0, 60.0, 120.0, 121.0, 300.0])
    u, v = np.array([1.0, 2.0, 4.0, 5.0, 100.0, 100.0]), np.array([2.0, 0.0, 0.0, -2.0, 100.0, 100.0])
    wind = WindHistory(time, u, v, 0.1)
    angle = np.arctan2(v[:4], u[:4])
    epsilon = np.sqrt(1 - np.mean(np.cos(angle)) ** 2 - np.mean(np.sin(angle)) ** 2)
    spread = np.arcsin(epsilon) * (1 + 0.154701 * epsilon**3)
    assert wind_near(wind, 60.0, SETTINGS) == pytest.approx((3.0, 0.0, spread), abs=1e-6)
    for at in (210.0, 300.0):
        assert wind_near(wind, at, SETTINGS)[:2] == pytest.approx((205 / 3, 198 / 3))
    assert np.isnan(wind_near(wind, 601.0, SETTINGS)).all()
    assert wind_near(wind, -20.0, replace(SETTINGS, wind_window_s=160.0))[:2] == pytest.approx((7 / 3, 2 / 3))
    assert np.isnan(wind_near(WindHistory(*[np.empty(0)] * 3, 0.1), 0.0, SETTINGS)).all()
    assert wind_near(WindHistory(time[:1], u[:1], v[:1], 0.1), 0.0, SETTINGS) == pytest.approx(
        (1.0, 2.0, 0.0), abs=1e-7
    )


@pytest.mark.parametrize(
    ("speed", "elevation", "snapshot"), [(0.25, 0.31, True), (4.0, 1.0, True), (4.0, 1.0, False)]
)
def test_a_snapshot_is_spread_by_the_small_eddies_only(speed: float, elevation: float, snapshot: bool) -> None:
    """Six tenths of σv / U, not above 0.15, with U not below 0.5 m/s; the sun to the nearest 5°."""
    found = ribbons._plume(speed, elevation, SETTINGS, snapshot=snapshot)
    rounded = np.radians(5 * round(np.degrees(elevation) / 5))
    weather = obukhov_from_sun(speed, rounded, roughness_m=0.3, mixing_height_m=800.0)
    spread = min(0.6 * weather.lateral_sd_m_s / max(speed, 0.5), 0.15) if snapshot else None
    np.testing.assert_allclose(found.sigma_y_m, plume_of(weather, direction_sd_rad=spread).sigma_y_m)
    gentle = replace(SETTINGS, snapshot_width=0.05)
    narrow = ribbons._plume(speed, elevation, gentle, snapshot=True)
    expected = plume_of(weather, direction_sd_rad=0.05 * weather.lateral_sd_m_s / max(speed, 0.5))
    np.testing.assert_allclose(narrow.sigma_y_m, expected.sigma_y_m)
