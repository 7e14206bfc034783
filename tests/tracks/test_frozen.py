"""A frozen analyser: flagged, no plume; a coarse or idle one is left alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from ingest.flags import Flag
from onevisit.words.telling import tell
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
    assert [tell(d).decision for d in outcome.decisions].count("90 values of methane flagged value_stuck") == 1


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


def run_of(rows: int, *, repeats: int, n: int = 1000) -> np.ndarray:
    """Values that all differ but for ``repeats`` pairs, and a run of equal ones; the lowest is elsewhere."""
    values = 10 + np.arange(n, dtype=float)
    for k in range(repeats):
        values[100 + 4 * k] = values[101 + 4 * k]
    values[700 : 700 + rows] = 5000.0
    return values


@pytest.mark.parametrize(("seconds", "frozen"), [(30, True), (29, False)])
def test_a_run_as_long_as_the_limit_is_frozen(seconds: int, frozen: bool) -> None:
    """From the first to the last of the equal values at least 30 s; a second less is none. Every row of it counts."""
    found = frozen_rows(np.arange(1000.0), run_of(seconds + 1, repeats=5), 30.0)
    assert np.flatnonzero(found).tolist() == (list(range(700, 701 + seconds)) if frozen else [])


@pytest.mark.parametrize(
    ("length", "repeats", "frozen"), [(3, 21, True), (3, 22, False), (4, 55, True), (4, 56, False)]
)
def test_a_run_must_be_too_long_for_its_channel(length: int, repeats: int, frozen: bool) -> None:
    """Rows × share of repeats elsewhere to the power of the run's length is below 1/100, worked out beside."""
    share = repeats / (999 - length)
    assert (1000 * share**length < 0.01) == frozen
    found = frozen_rows(10 * np.arange(1000.0), run_of(length + 1, repeats=repeats), 30.0)
    assert found.any() == frozen


def test_the_floor_of_a_channel_may_last() -> None:
    """The lowest value held for long is the floor, the lowest but one is not; NaN ends a run and stays out."""
    values = run_of(100, repeats=2)
    values[700:800] = 9.0
    assert not frozen_rows(np.arange(1000.0), values, 30.0).any()
    values[5] = 8.0
    assert frozen_rows(np.arange(1000.0), values, 30.0).sum() == 100
    values[740] = np.nan
    found = np.flatnonzero(frozen_rows(np.arange(1000.0), values, 30.0))
    assert found.tolist() == [*range(700, 740), *range(741, 800)]


def test_runs_at_both_ends_are_found() -> None:
    """A channel frozen from the first row and to the last row."""
    values = 10 + np.arange(1000.0)
    values[:50], values[-50:] = 3000.0, 4000.0
    found = np.flatnonzero(frozen_rows(np.arange(1000.0), values, 30.0))
    assert found.tolist() == [*range(50), *range(950, 1000)]
    assert frozen_rows(np.arange(2.0), np.array([1.0, 1.0]), 0.0).tolist() == [False, False]


def test_each_frozen_species_is_told_with_its_count(make_drive: Make) -> None:
    """Decisions name the gas, the rows and the time; a species that is well gets no flags, flags keep attributes."""
    values = run_of(100, repeats=2)
    trace = make_drive(8.0 * np.arange(1000), methane=values)
    well = trace["methane"].copy(data=np.arange(1000.0))
    trace = trace.assign(well=well, methane_qc=("obs", np.zeros(1000, np.uint32), {"long_name": "mine"}))
    outcome = flag_frozen(trace, TrackSettings(frozen_s=20.0))
    said = [(d.item, tell(d).decision, tell(d).evidence) for d in outcome.decisions]
    why = "it repeats to the last digit for 20 s and more"
    assert said == [("drive", "100 values of methane flagged value_stuck", why)]
    assert outcome.value["methane_qc"].attrs == {"long_name": "mine"}
    assert "well_qc" not in outcome.value
    expected = np.zeros(1000, np.uint32)
    expected[700:800] = Flag.VALUE_STUCK
    np.testing.assert_array_equal(outcome.value["methane_qc"].values, expected)
    fresh = flag_frozen(trace.drop_vars("methane_qc"), TrackSettings()).value["methane_qc"]
    np.testing.assert_array_equal(fresh.values, expected)
    assert (fresh.attrs, fresh.values.dtype) == ({}, np.uint32)
    assert flag_frozen(trace, TrackSettings(frozen_s=100.0)).decisions == ()
