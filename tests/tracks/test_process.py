"""The room's job from end to end, on simulated and real drives and on bad input."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import tracks
from ingest.errors import ContractError, SettingError
from ingest.flags import Flag
from ingest.outcome import Phrase
from ingest.schema import check_trace, new_trace
from onevisit.words.telling import tell
from tracks import TrackSettings, process_trace
from tracks.background import add_enhancements
from tracks.exhaust import flag_exhaust
from tracks.frozen import flag_frozen
from tracks.lag.align import apply_lag, find_lags
from tracks.passes import split_passes
from tracks.plumes import find_plumes
from tracks.positions import clean_positions
from tracks.wind import add_wind

Make = Callable[..., xr.Dataset]
Read = Callable[[Path], xr.Dataset]


def plume_drive(make_drive: Make, *, seed: int = 0, lag: int = 0, loops: int = 3) -> xr.Dataset:
    """Loops of 2 km at 10 m/s past a plume of 1 ppm at x = 1 000 m, reported ``lag`` s late."""
    rng = np.random.default_rng(seed)
    one = np.concatenate([10.0 * np.arange(200), 10.0 * np.arange(200)[::-1]])
    x = np.tile(one, loops)
    y = np.tile(np.repeat([0.0, 3.0], 200), loops)
    methane = 2.0 + rng.normal(0, 0.002, len(x)) + np.exp(-(((x - 1000) / 20) ** 2) / 2)
    return make_drive(x, y, methane=np.roll(methane, lag))


def test_every_crossing_is_a_plume_of_one_source(make_drive: Make) -> None:
    """Six crossings of one plume give six plumes with one source, seen on all passes."""
    plumes = process_trace(plume_drive(make_drive)).value.plumes
    assert plumes.sizes["plume"] == 6
    assert len(np.unique(plumes["source"])) == 1
    np.testing.assert_allclose(plumes["maximum"], 1.0, atol=0.02)
    np.testing.assert_allclose(plumes["area"], 20 * np.sqrt(2 * np.pi), rtol=0.06)
    assert (plumes["passes_crossed"] == plumes["passes_seen"]).all()


def test_a_pass_that_saw_nothing_is_counted(make_drive: Make) -> None:
    """A source that stops after the first way out is still crossed on all passes."""
    trace = plume_drive(make_drive)
    trace["methane"][200:] = 2.0 + np.random.default_rng(1).normal(0, 0.002, trace.sizes["obs"] - 200)
    plumes = process_trace(trace).value.plumes
    assert plumes["passes_seen"].values.tolist() == [1]
    assert plumes["passes_crossed"].values[0] >= 5


def test_the_lag_puts_both_directions_on_one_place(make_drive: Make) -> None:
    """Peaks of opposite directions are 80 m apart without the lag of 4 s and together with it."""
    trace = plume_drive(make_drive, lag=4)
    apart = process_trace(trace, TrackSettings(estimate_lag=False)).value.plumes["lon"].values * 96486.3
    together = process_trace(trace, TrackSettings(lag_s=4.0)).value.plumes["lon"].values * 96486.3
    assert np.ptp(apart) == pytest.approx(80, abs=12)
    assert np.ptp(together) < 12


def test_a_lag_that_nobody_gave_is_found(make_drive: Make) -> None:
    """The lag of 7 s is estimated from opposite directions within 1 s, applied, and told as a decision."""
    outcome = process_trace(plume_drive(make_drive, lag=7, loops=8))
    assert outcome.value.passes["methane"].attrs["lag_s"] == pytest.approx(7, abs=1)
    assert any("inlet lag estimated" in tell(decision).decision for decision in outcome.decisions)


def test_no_lag_is_invented_without_opposite_directions(make_drive: Make) -> None:
    """One way along a street tells nothing about the lag, and none is applied."""
    methane = 2.0 + np.exp(-(((np.arange(600) - 300) / 4.0) ** 2))
    passes = process_trace(make_drive(10.0 * np.arange(600), methane=methane)).value.passes
    assert passes["methane"].attrs["lag_s"] == 0


def test_hamburg_lag_is_found(shared_data: Path) -> None:
    """The published 28 s of the Hamburg drive are found within 2 s."""
    from ingest.traces.read import TraceSettings, read_traces

    folder = shared_data / "hamburg"
    files = [folder / "Hamburg_G2301_20181024.xlsx", folder / "20181024-095557.gpx.gz"]
    trace = read_traces(files, TraceSettings(time_zone="UTC"), root=folder).value[0]
    passes = process_trace(trace).value.passes
    assert passes["ch4"].attrs["lag_s"] == pytest.approx(28, abs=2)


def test_rows_are_kept_and_the_result_is_a_trace(make_drive: Make) -> None:
    """No row is removed, time stays, and the passes still pass check_trace."""
    trace = plume_drive(make_drive)
    passes = process_trace(trace).value.passes
    check_trace(passes)
    np.testing.assert_array_equal(passes["time"], trace["time"])
    assert passes["pass_index"].dtype == np.int32
    attrs = passes["methane_enhancement"].attrs
    assert attrs["model"] == "percentile"
    assert attrs["background_of"] == "methane"
    assert attrs["detection_limit"] == pytest.approx(3 * attrs["noise_sd"])


def test_input_is_not_changed(make_drive: Make) -> None:
    """The trace given in is the same after as before."""
    trace = plume_drive(make_drive)
    before = trace.copy(deep=True)
    process_trace(trace, TrackSettings(lag_s=3.3))
    xr.testing.assert_identical(trace, before)


@pytest.mark.parametrize("rows", [0, 1, 2])
def test_few_rows_give_few_rows(make_drive: Make, rows: int) -> None:
    """No row, one row and two rows pass through without plumes."""
    track = process_trace(make_drive(10.0 * np.arange(rows))).value
    assert track.passes.sizes["obs"] == rows
    assert track.plumes.sizes["plume"] == 0
    assert track.plumes["maximum"].dtype == np.float64


def test_no_position_no_value_and_all_flagged_are_defined(make_drive: Make) -> None:
    """NaN everywhere, or every row flagged by hand, gives no plume and no crash."""
    nan = np.full(300, np.nan)
    for trace in (
        make_drive(nan),
        make_drive(10.0 * np.arange(300), methane=nan),
        plume_drive(make_drive).assign(qc_flag=("obs", np.full(1200, int(Flag.REMOVED_BY_HAND), np.uint32))),
    ):
        track = process_trace(trace).value
        assert track.plumes.sizes["plume"] == 0
        assert track.passes.sizes["obs"] == trace.sizes["obs"]


def test_a_gap_of_hours_splits_passes_and_plumes(make_drive: Make) -> None:
    """A plume on both sides of three hours of silence is two plumes on two passes."""
    t = np.concatenate([np.arange(300.0), 3 * 3600 + np.arange(300.0, 600.0)])
    methane = 2 + np.random.default_rng(0).normal(0, 0.002, 600)
    methane[290:310] += 1
    track = process_trace(make_drive(8.0 * np.arange(600), t=t, methane=methane)).value
    assert track.passes["pass_index"].values.max() == 1
    assert track.plumes["pass_index"].values.tolist() == [0, 1]


def test_a_trace_without_species_has_passes() -> None:
    """A trace without species gives passes and an empty table of plumes."""
    time = np.datetime64("2024-05-01", "ns") + np.arange(50) * np.timedelta64(1, "s")
    track = process_trace(new_trace("gps", time, 104 + 1e-4 * np.arange(50), np.full(50, 30.0), {})).value
    assert track.passes["pass_index"].values.max() == 0
    assert track.plumes.sizes["plume"] == 0


def test_what_is_not_a_trace_is_refused() -> None:
    """A dataset without time raises ContractError."""
    with pytest.raises(ContractError):
        process_trace(xr.Dataset())


def test_impossible_settings_are_refused() -> None:
    """An unknown background model and a percentile of 120 raise SettingError with what was expected."""
    with pytest.raises(SettingError, match="expected one of percentile"):
        TrackSettings(background_model="magic")
    with pytest.raises(SettingError, match="0 to 100"):
        TrackSettings(background_percentile=120)


def test_amld_drives_run(shared_data: Path, amld_trace: Read) -> None:
    """Every AMLD file gives a track with all its rows."""
    for path in sorted((shared_data / "amld").glob("*.gz")):
        trace = amld_trace(path)
        passes = process_trace(trace, TrackSettings(lag_s=4.0)).value.passes
        assert passes.sizes["obs"] == trace.sizes["obs"]


def test_retigo_drives_run(shared_data: Path, retigo_trace: Read) -> None:
    """RETIGO drives with many species give enhancements of each."""
    trace = retigo_trace(shared_data / "retigo" / "2012-09-20_northcarolina_chapelhill_0f81e.csv.gz")
    track = process_trace(trace).value
    assert {"CO_enhancement", "NO2_enhancement", "UFP_enhancement"} <= set(track.passes.data_vars)
    assert track.plumes.sizes["plume"] > 50


def test_the_job_is_its_stages_in_order_with_the_settings(make_drive: Make) -> None:
    """Every stage gets what the one before gave and the settings; decisions come in that order, none is lost."""
    trace = plume_drive(make_drive, lag=6, loops=3)
    rows = trace.sizes["obs"]
    lon = trace["lon"].values.copy()
    lon[500] += 0.01
    methane = trace["methane"].values.copy()
    methane[700:760] = 2.9
    wind = {"units": "m s-1"}
    speed = 8 + 3 * np.sin(np.arange(rows) / 20)
    tracers = {
        name: ("obs", 10 + 0.1 * np.sin(np.arange(rows) * k) + 50 * (np.abs(np.arange(rows) - 330) < 3))
        for k, name in ((1.1, "co2"), (1.3, "co"))
    }
    trace = trace.assign_coords(lon=("obs", lon)).assign(
        methane=("obs", methane, trace["methane"].attrs),
        u_apparent=("obs", -speed, wind),
        v_apparent=("obs", 0 * speed, wind),
        **tracers,
    )
    for name in tracers:
        trace[name].attrs = {"units": "ppm", "species": name, "instrument": "other"}
    chosen = TrackSettings(
        hold_s=1.5, frozen_s=25.0, lag_of=(("other", 1.0),), background_percentile=20.0, pass_gap_s=200.0,
        exhaust_probability=0.4, plume_snr=8.0, flow_factor=0.9,
    )  # fmt: skip
    outcome = process_trace(trace, chosen)
    placed = clean_positions(trace, chosen)
    checked = flag_frozen(placed.value, chosen)
    lagged = apply_lag(checked.value, chosen, find_lags(checked.value, chosen))
    windy = add_wind(lagged.value, chosen)
    enhanced = add_enhancements(split_passes(windy.value, chosen), chosen)
    judged = flag_exhaust(enhanced.value, chosen)
    xr.testing.assert_identical(outcome.value.passes, judged.value)
    xr.testing.assert_identical(outcome.value.plumes, find_plumes(judged.value, chosen))
    stages = (placed, checked, lagged, windy, enhanced, judged)
    assert [len(stage.decisions) > 0 for stage in stages] == [True, True, True, True, False, True]
    assert outcome.decisions == tuple(d for stage in stages for d in stage.decisions)
    assert outcome.rejects == ()
    assert outcome.value.plumes.sizes["plume"] > 0


def test_the_log_counts_rows_and_plumes(make_drive: Make, caplog: pytest.LogCaptureFixture) -> None:
    """One line of information with rows in, plumes out and what was flagged."""
    with caplog.at_level("INFO", logger="tracks.process"):
        track = process_trace(plume_drive(make_drive)).value
    assert len(caplog.records) == 1
    said: object = caplog.records[0].msg
    assert isinstance(said, Phrase) and said.code == "log_tracks"
    assert (said.values["rows"], said.values["plumes"]) == (1200, track.plumes.sizes["plume"])
    assert list(said.values) == ["rows", "plumes", "flagged", "seconds"]


def test_public_names_are_those_of_their_modules() -> None:
    """What the package offers is found by name, and nothing else is."""
    for name in tracks.__all__:
        assert getattr(tracks, name).__name__ == name
        assert getattr(tracks, name).__module__.startswith("tracks.")
    with pytest.raises(AttributeError, match="nothing_of_the_kind"):
        tracks.nothing_of_the_kind  # noqa: B018
