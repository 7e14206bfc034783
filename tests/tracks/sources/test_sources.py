"""Plume sources: one line each, and one line per pass that came by, detections and non-detections."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import xarray as xr

from ingest.flags import Flag
from tracks import TrackSettings, process_trace
from tracks.sources.lines import list_crossings, list_sources

Make = Callable[..., xr.Dataset]
SETTINGS = TrackSettings(estimate_lag=False)


def drive(make_drive: Make, seen: tuple[bool, ...]) -> xr.Dataset:
    """Passes along 2 km, there and back; a plume of 1 ppm at 1 000 m on the passes that ``seen`` names."""
    rng = np.random.default_rng(3)
    one = 10.0 * np.arange(200)
    x = np.concatenate([one if k % 2 == 0 else one[::-1] for k in range(len(seen))])
    shape = np.exp(-(((x - 1000) / 15) ** 2) / 2) * np.repeat(seen, 200)
    return make_drive(x, methane=2 + rng.normal(0, 0.002, len(x)) + shape)


def test_one_source_is_one_line(make_drive: Make) -> None:
    """A source seen on three of five passes: one line, its place within 5 m, its share with an interval."""
    track = process_trace(drive(make_drive, (True, False, True, False, True)), SETTINGS).value
    table = list_sources(track)
    assert len(table) == 1
    line = table.iloc[0]
    assert (line["lon"] - 104) * 96486.3 == pytest.approx(1000, abs=5)
    assert (line["passes_seen"], line["passes_crossed"]) == (3, 5)
    assert line["seen_low"] < 0.6 < line["seen_high"]
    assert line["area"] == pytest.approx(15 * np.sqrt(2 * np.pi), rel=0.1)


def test_passes_that_saw_nothing_are_kept(make_drive: Make) -> None:
    """Five passes came by: five lines; those that saw nothing stay below the detection limit of their own."""
    track = process_trace(drive(make_drive, (True, False, True, False, True)), SETTINGS).value
    lines = list_crossings(track, SETTINGS)
    assert lines["seen"].tolist() == [True, False, True, False, True]
    assert lines["pass_index"].tolist() == [0, 1, 2, 3, 4]
    assert (lines["distance_m"] < 10).all()
    missed = lines[~lines["seen"]]
    assert (missed["maximum"] < 2 * missed["detection_limit"]).all()
    assert (lines[lines["seen"]]["maximum"] > 0.9).all()
    assert lines["time"].is_monotonic_increasing


def test_a_pass_without_a_usable_value_has_no_maximum(make_drive: Make) -> None:
    """A pass whose values are flagged came by and says nothing about the source."""
    trace = drive(make_drive, (True, True, False))
    flags = np.zeros(600, np.uint32)
    flags[400:] = int(Flag.INSTRUMENT_FAULT)
    lines = list_crossings(process_trace(trace.assign(qc_flag=("obs", flags)), SETTINGS).value, SETTINGS)
    assert lines["seen"].tolist() == [True, True, False]
    assert np.isnan(lines["maximum"].iloc[2])


def test_nothing_seen_is_an_empty_table(make_drive: Make) -> None:
    """No plume and no row give tables without lines, with their columns."""
    for trace in (drive(make_drive, (False, False)), make_drive(np.empty(0))):
        track = process_trace(trace, SETTINGS).value
        assert len(list_sources(track)) == 0
        assert "seen" in list_crossings(track, SETTINGS)
