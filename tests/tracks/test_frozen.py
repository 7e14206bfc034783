"""A frozen analyser: flagged, no plume; a coarse or idle one is left alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from ingest.flags import Flag
from tracks import TrackSettings, process_trace
from tracks.frozen import flag_frozen, frozen_rows

Make = Callable[..., xr.Dataset]
Read = Callable[[Path], xr.Dataset]


def noisy(n: int = 900, *, digits: int = 3) -> np.ndarray:
    """Methane of 2 ppm with noise of 5 ppb."""
    return np.round(2.0 + np.random.default_rng(3).normal(0, 0.005, n), digits)


@pytest.mark.parametrize("lag_s", [0.0, 6.0, 7.5])
def test_a_flat_enhancement_of_a_frozen_analyser_is_no_plume(make_drive: Make, lag_s: float) -> None:
    """Ninety seconds of one high value are flagged where the lag puts them, said once, and give no plume."""
    methane = noisy()
    methane[400:490] = 2.5
    outcome = process_trace(make_drive(8.0 * np.arange(900), methane=methane), TrackSettings(lag_s=lag_s))
    stuck = np.flatnonzero(outcome.value.passes["methane_qc"].values & np.uint32(Flag.VALUE_STUCK))
    assert stuck[0] == np.floor(400 - lag_s)
    assert stuck[-1] == np.ceil(489 - lag_s)
    assert len(stuck) == stuck[-1] - stuck[0] + 1
    assert outcome.value.plumes.sizes["plume"] == 0
    assert [d.decision for d in outcome.decisions].count("90 values of methane flagged value_stuck") == 1


def test_a_plume_beside_the_frozen_stretch_stays(make_drive: Make) -> None:
    """A true plume two minutes later is found, with its height."""
    methane = noisy()
    methane[300:390] = 2.3
    methane[500:520] += 1.0
    plumes = process_trace(make_drive(8.0 * np.arange(900), methane=methane), TrackSettings(estimate_lag=False)).value
    assert plumes.plumes.sizes["plume"] == 1
    assert plumes.plumes["maximum"].values[0] == pytest.approx(1.0, abs=0.03)


def test_what_repeats_by_itself_is_not_frozen() -> None:
    """Coarse digits, a sensor read every minute, and the floor of a channel repeat for long without being frozen."""
    t = np.arange(3600.0)
    slow = np.repeat(np.random.default_rng(1).normal(size=60), 60)
    coarse = np.round(np.random.default_rng(2).normal(5.0, 0.12, 3600))
    floor = np.maximum(np.random.default_rng(4).normal(size=3600), 0.5)
    floor[1000:1200] = 0.5
    for values in (slow, coarse, floor, np.full(3600, 4.0), np.full(3600, np.nan)):
        assert not frozen_rows(t, values, 30.0).any()


def test_short_repeats_and_few_rows_are_not_frozen() -> None:
    """Ten equal seconds are below the limit; no row and one row are defined."""
    values = noisy()
    values[100:110] = 2.5
    assert not frozen_rows(np.arange(900.0), values, 30.0).any()
    assert not frozen_rows(np.empty(0), np.empty(0), 30.0).any()
    assert not frozen_rows(np.zeros(1), np.ones(1), 30.0).any()


def test_flags_that_a_value_came_with_are_kept(make_drive: Make) -> None:
    """A value out of range keeps its flag beside VALUE_STUCK, and the trace given in is not changed."""
    methane = noisy()
    methane[400:490] = 2.5
    flags = np.zeros(900, np.uint32)
    flags[450] = np.uint32(Flag.VALUE_OUT_OF_RANGE)
    trace = make_drive(8.0 * np.arange(900), methane=methane).assign(methane_qc=("obs", flags))
    checked = flag_frozen(trace, TrackSettings()).value
    assert checked["methane_qc"].values[450] == np.uint32(Flag.VALUE_OUT_OF_RANGE | Flag.VALUE_STUCK)
    assert trace["methane_qc"].values[449] == 0


def test_real_drives_are_not_frozen(shared_data: Path, amld_trace: Read) -> None:
    """Less than one row in a thousand of the AMLD drives, none of them frozen, is flagged."""
    stuck = rows = 0
    for path in sorted((shared_data / "amld").glob("*.gz")):
        trace = amld_trace(path)
        t = (trace["time"].values - trace["time"].values[0]) / np.timedelta64(1, "s")
        stuck += int(frozen_rows(t, trace["methane"].values, 30.0).sum())
        rows += len(t)
    assert stuck < rows / 1000
