"""Thresholds: the published ones and the chosen ones are what they say, and impossible ones are refused."""

from __future__ import annotations

from dataclasses import fields

import pytest

from ingest.errors import SettingError
from tracks.settings import TrackSettings

# What the sources named beside each threshold say, or what was chosen there; changed here and there together.
DEFAULTS: dict[str, tuple[object, str]] = {
    "lag_s": (0.0, "s"),
    "lag_of": ((), "s"),
    "estimate_lag": (True, "1"),
    "lag_search_s": (45.0, "s"),
    "lag_prior_median_s": (5.7, "s"),
    "lag_prior_log_sd": (0.9, "1"),
    "lag_none_share": (0.2, "1"),
    "lag_chance": (0.01, "1"),
    "lag_max_sd_s": (3.5, "s"),
    "lag_given_sd_s": (1.0, "s"),
    "response_of": ((), "s"),
    "frozen_s": (30.0, "s"),
    "value_gap_s": (3.0, "s"),
    "inlet_height_m": (2.5, "m"),
    "gnss_sd_m": (2.5, "m"),
    "acceleration_density": (1.0, "m2 s-3"),
    "jump_gate_sd": (6.0, "1"),
    "jump_reset_s": (5.0, "s"),
    "residual_sd": (2.0, "1"),
    "position_gap_s": (5.0, "s"),
    "hold_s": (2.0, "s"),
    "stuck_position_s": (5.0, "s"),
    "stuck_jump_m": (25.0, "m"),
    "min_satellites": (4.0, "1"),
    "max_hdop": (8.0, "1"),
    "outage_s": (300.0, "s"),
    "warm_up_s": (60.0, "s"),
    "depots": ((), "degree"),
    "stop_speed": (0.5, "m s-1"),
    "max_speed": (60.0, "m s-1"),
    "pass_cell_m": (30.0, "m"),
    "pass_revisit_s": (60.0, "s"),
    "pass_gap_s": (300.0, "s"),
    "segment_m": (30.0, "m"),
    "match_distance_m": (15.0, "m"),
    "match_angle_deg": (60.0, "degree"),
    "match_speed": (0.9, "m s-1"),
    "match_angle_sd_deg": (20.0, "degree"),
    "road_sd_m": (4.0, "m"),
    "segment_min_passes": (3, "1"),
    "correct_bc_loading": (False, ""),
    "correct_pm_humidity": (False, ""),
    "max_wind": (40.0, "m s-1"),
    "wind_sensor_sd": (0.3, "m s-1"),
    "flow_factor": (1.0, "1"),
    "flow_distortion_sd": (0.07, "1"),
    "flow_yaw_gain": (1.0, "1"),
    "background_model": ("percentile", ""),
    "background_window_s": (300.0, "s"),
    "background_percentile": (10.0, "%"),
    "phase_window_s": (3600.0, "s"),
    "phase_percentile": (1.0, "%"),
    "spline_block_s": (600.0, "s"),
    "background_step_s": (1.0, "s"),
    "detection_sd": (3.0, "1"),
    "plume_snr": (5.0, "1"),
    "plume_fraction": (0.1, "1"),
    "plume_gap_s": (5.0, "s"),
    "plume_samples": (2, "1"),
    "source_distance_m": (60.0, "m"),
    "crossing_distance_m": (30.0, "m"),
    "fingerprint_p": (0.001, "1"),
    "fingerprint_sd": (0.1, "1"),
    "combustion_species": (("co2", "co", "no", "no2", "nox", "pnc", "bc", "co2_dry"), ""),
    "exhaust_snr": (5.0, "1"),
    "exhaust_spike_s": (15.0, "s"),
    "exhaust_together_s": (3.0, "s"),
    "exhaust_probability": (0.5, "1"),
    "exhaust_window_s": (60.0, "s"),
    "parked_radius_m": (30.0, "m"),
    "rate_species": ("ch4", ""),
    "rate_background_percent": (5.0, "%"),
    "rate_bin_deg": (5.0, "degree"),
    "rate_bin_percent": (1.0, "%"),
    "rate_sector_deg": (60.0, "degree"),
    "rate_averaging": ((0.5, 0.75, 1.0), "1"),
    "rate_log_sd": (0.30, "1"),
    "transect_log_sd": (1.0, "1"),
    "transect_common_log_sd": (0.5, "1"),
    "transects_for_medium": (10, "1"),
    "min_rate_wind": (0.5, "m s-1"),
}


def test_every_threshold_has_the_value_and_unit_of_its_source() -> None:
    """Defaults and units are those of the sources that stand beside them."""
    found = {f.name: (f.default, f.metadata["unit"]) for f in fields(TrackSettings)}
    assert {name: line for name, line in DEFAULTS.items() if found.get(name) != line} == {}
    assert [f.name for f in fields(TrackSettings) if not isinstance(f.metadata["source"], str)] == []


@pytest.mark.parametrize("name", ["background_percentile", "phase_percentile"])
def test_a_percentile_is_between_0_and_100(name: str) -> None:
    """Both ends are percentiles; a little beyond either is refused with the name and the value."""
    for value in (0.0, 100.0):
        assert getattr(TrackSettings(**{name: value}), name) == value
    for value in (-0.1, 100.1):
        with pytest.raises(SettingError, match=f"{name} is {value}, expected 0 to 100"):
            TrackSettings(**{name: value})


@pytest.mark.parametrize(
    "name",
    [
        "gnss_sd_m",
        "acceleration_density",
        "pass_cell_m",
        "background_window_s",
        "background_step_s",
        "segment_m",
        "match_distance_m",
    ],
)
def test_what_is_divided_by_is_more_than_nothing(name: str) -> None:
    """Zero, less and no number at all are refused by name; the least more than zero is not."""
    assert TrackSettings(**{name: 1e-6}) is not None
    for value in (0.0, -1.0, float("nan")):
        with pytest.raises(SettingError, match=f"{name} is {value}, expected more than 0"):
            TrackSettings(**{name: value})


YARD = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0))


def test_a_depot_may_reach_the_ends_of_the_earth() -> None:
    """Three points are a polygon, at ±180° and ±90° too, whole numbers and lists as a profile writes them."""
    corners = ((180, 90), (-180, -90), [0.0, 0.0])
    assert TrackSettings(depots=(YARD, corners)).depots == (YARD, corners)


@pytest.mark.parametrize("point", [(180.1, 0), (-180.1, 0), (0, 90.1), (0, -90.1), (0,), (0, 0, 0), ("0", "0"), 5.0])
def test_a_depot_with_a_corner_nowhere_is_refused(point: object) -> None:
    """Degrees beyond the earth, one or three numbers, text and a bare number name the polygon they are in."""
    with pytest.raises(SettingError, match="depots, polygon 2"):
        TrackSettings(depots=(YARD, (*YARD, point)))


def test_an_unknown_model_is_named() -> None:
    """The refusal says what came, and every model that may be chosen."""
    with pytest.raises(SettingError, match=r"'magic'.*percentile, phase_shift, spline, two_state"):
        TrackSettings(background_model="magic")
