"""Parked runs whose plume lies beside the winds: a rate that the winds cannot show is refused, never a number."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.schema import new_trace
from onevisit.cli import cli
from tracks.rates.parked import quantify_parked, vertical_density
from tracks.settings import TrackSettings

SETTINGS = TrackSettings(estimate_lag=False, inlet_height_m=2.7)
DISTANCE_M, HEIGHT_M, RATE_G_S = 60.0, 3.0, 0.6
REFUSALS = {
    "plume_centre_outside_the_winds_seen",
    "fit_ends_on_its_bound",
    "winds_rarely_at_the_plume_centre",
    "wind_rarely_from_the_source",
    "no_plume",
}


def run_beside(offset_deg: float, *, width_deg: float = 10.0, swing_deg: float = 25.0, seed: int = 1) -> xr.Dataset:
    """Twenty minutes of wind that swings about 0°, and the air of a source of 0.6 g/s whose plume lies ``offset_deg``
    beside it."""
    rng = np.random.default_rng(seed)
    n = 2400
    angle = np.radians(swing_deg) * np.sin(np.arange(n) / 97) + np.radians(2) * rng.normal(size=n)
    speed = np.full(n, 4.0)
    w = 0.4 * rng.normal(size=n)
    sigma_z = float(w.std()) / 4.0 * DISTANCE_M
    density = vertical_density(sigma_z_m=sigma_z, source_height_m=HEIGHT_M, sensor_height_m=2.7)
    across = np.radians(width_deg) * DISTANCE_M
    off_m = (angle - np.radians(offset_deg)) * DISTANCE_M
    kg_m3 = 1e-3 * RATE_G_S * density / 4.0 * np.exp(-((off_m / across) ** 2) / 2) / (across * np.sqrt(2 * np.pi))
    ppm = 2.0 + kg_m3 / (16.043e-3 * 101325 / 8.314462618 / 288.15) * 1e6
    wind, about = {"units": "m s-1"}, {"units": "ppm", "species": "ch4", "instrument": "a"}
    variables: dict[str, tuple[np.ndarray, dict[str, str]]] = {
        "sonic_u": (speed * np.cos(angle), wind),
        "sonic_v": (speed * np.sin(angle), wind),
        "sonic_w": (w, wind),
        "gas": (ppm + 0.003 * rng.normal(size=n), about),
        "temperature": (np.full(n, 288.15), {"units": "K"}),
        "pressure": (np.full(n, 101325.0), {"units": "Pa"}),
    }
    time = np.datetime64("2024-05-01T02:00:00", "ns") + np.arange(n) * np.timedelta64(500, "ms")
    return new_trace("parked", time, np.full(n, 104.0), np.full(n, 30.0), variables)


@settings(max_examples=25, deadline=None)
@given(st.floats(-60, 60), st.floats(6, 20), st.floats(10, 35))
def test_a_rate_holds_the_truth_or_is_refused(offset: float, width: float, swing: float) -> None:
    """Wherever the plume lies: the interval holds 0.6 g/s, or it is said why there is none."""
    trace = run_beside(offset, width_deg=width, swing_deg=swing)
    rate = quantify_parked(trace, distance_m=DISTANCE_M, source_height_m=HEIGHT_M, settings=SETTINGS)
    if rate.confidence == "none":
        assert np.isnan(rate.rate_g_s) and REFUSALS & set(rate.flags)
    else:
        assert rate.high_g_s / rate.low_g_s < 100 or "interval_wider_than_a_factor_of_ten" in rate.flags
        assert rate.low_g_s < RATE_G_S < rate.high_g_s or rate.confidence == "low"


@pytest.mark.parametrize("offset", [0.0, 5.0, -10.0])
def test_a_plume_amid_the_winds_has_its_rate(offset: float) -> None:
    """A plume that the winds sweep over whole: the rate within its interval, with high confidence."""
    rate = quantify_parked(
        run_beside(offset, width_deg=8.0, swing_deg=35.0), distance_m=60.0, source_height_m=3.0, settings=SETTINGS
    )
    assert (rate.confidence, rate.flags) == ("high", ())
    assert rate.low_g_s < RATE_G_S < rate.high_g_s


@pytest.mark.parametrize("offset", [40.0, -45.0, 60.0])
def test_a_plume_beside_the_winds_has_none(offset: float) -> None:
    """The winds saw its edge only."""
    rate = quantify_parked(
        run_beside(offset, width_deg=12.0), distance_m=60.0, source_height_m=3.0, settings=SETTINGS
    )
    assert rate.confidence == "none" and REFUSALS & set(rate.flags)


def test_what_was_assumed_of_the_height_widens_the_interval() -> None:
    """A crew that knows the height to 3 m gives a wider interval about the same rate."""
    trace = run_beside(0.0, width_deg=8.0, swing_deg=35.0)
    known, guessed = (
        quantify_parked(
            trace, distance_m=60.0, source_height_m=5.0, settings=replace(SETTINGS, rate_source_height_sd_m=sd)
        )
        for sd in (0.0, 3.0)
    )
    assert guessed.rate_g_s == known.rate_g_s
    assert guessed.high_g_s / guessed.low_g_s > 1.2 * known.high_g_s / known.low_g_s


def test_the_edge_of_a_plume_in_a_real_run(shared_data: Path) -> None:
    """The verb refuses it, and says why; it gave 28 g/s with medium confidence."""
    file = shared_data / "field" / "parked_run_edge_of_plume.csv"
    options = ["--distance-m", "57", "--source-height-m", "3.1", "--lag-s", "0", "--time-zone", "UTC"]
    result = CliRunner().invoke(cli, ["quantify", str(file), *options])
    assert result.exit_code == 0, result.output
    estimate = json.loads(next(line for line in result.stdout.splitlines() if line.startswith("{")))
    assert (estimate["rate_g_s"], estimate["confidence"]) == (None, "none")
    assert "plume_centre_outside_the_winds_seen" in estimate["flags"]
