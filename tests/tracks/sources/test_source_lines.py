"""Lines of sources and of the passes that came by, every column by hand."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import beta

from ingest.flags import REJECTING, Flag
from tracks.plumes import find_plumes
from tracks.schema import Track
from tracks.settings import TrackSettings
from tracks.sources.group import group_sources, passes_by
from tracks.sources.lines import list_crossings, list_sources

Make = Callable[..., xr.Dataset]
SETTINGS = TrackSettings()
START = np.datetime64("2024-05-01T02:00:00", "ns")
EAST = 10.0 * np.arange(40)


def bump(height: float, *, at: int = 20) -> np.ndarray:
    """A plume of five rows in clean air."""
    excess = np.zeros(40)
    excess[at - 2 : at + 3] = height * np.array([0.4, 0.7, 1.0, 0.7, 0.4])
    return excess


def three_passes(make_passes: Make, **changed: object) -> Track:
    """Passes 0 and 2 see a plume at 200 and 240 m, 20 and 60 ppb high; pass 1, 12 m north, sees nothing."""
    x, y = np.tile(EAST, 3), np.repeat([0.0, 12.0, 0.0], 40)
    excess = np.concatenate([bump(20.0), 0.5 * np.cos(EAST), bump(60.0, at=24)])
    arguments = {"excess": {"nox": excess}, "number": np.repeat([0, 1, 2], 40), "noise": {"nox": 1.5}}
    passes = make_passes(x, y, **(arguments | changed))
    return Track(passes, find_plumes(passes, SETTINGS))


def test_every_column_of_a_source(make_passes: Make) -> None:
    """Place weighted by maximum, medians over plumes, first and last time, share with Jeffreys' interval."""
    table = list_sources(three_passes(make_passes))
    assert len(table) == 1
    line = table.iloc[0].to_dict()
    area = 10 * (0.4 / 2 + 0.7 + 1 + 0.7 + 0.4 / 2)
    expected = {
        "species": "nox",
        "units": "ppb",
        "source": 0,
        "lon": 104 + (200 * 20 + 240 * 60) / 80 / 96486.3,
        "lat": 30.0,
        "maximum": 40.0,
        "area": 40 * area,
        "width_m": 40.0,
        "first_seen": np.datetime64(START + np.timedelta64(20, "s")),
        "last_seen": np.datetime64(START + np.timedelta64(104, "s")),
        "passes_seen": 2,
        "passes_crossed": 3,
        "seen_share": 2 / 3,
        "seen_low": beta.ppf(0.025, 2.5, 1.5),
        "seen_high": beta.ppf(0.975, 2.5, 1.5),
    }
    assert list(table.columns) == list(expected)
    for name, value in expected.items():
        found = line[name]
        assert found == (pytest.approx(value, rel=1e-5) if isinstance(value, float) else value), name
    assert table["lon"].iloc[0] == pytest.approx(expected["lon"], abs=1e-8)


@pytest.mark.parametrize(("seen", "crossed", "low", "high"), [(5, 5, 0.621, 1.0), (1, 5, 0.0234, 0.6288)])
def test_the_interval_of_the_share_is_jeffreys(
    make_passes: Make, seen: int, crossed: int, low: float, high: float
) -> None:
    """Published limits for 5 of 5 and 1 of 5 (Brown, Cai and DasGupta 2001, table of Jeffreys' interval)."""
    excess = np.concatenate([bump(20.0) if k < seen else np.zeros(40) for k in range(crossed)])
    number = np.repeat(np.arange(crossed), 40)
    passes = make_passes(np.tile(EAST, crossed), excess={"nox": excess}, number=number)
    line = list_sources(Track(passes, find_plumes(passes, SETTINGS))).iloc[0]
    assert (line["passes_seen"], line["passes_crossed"]) == (seen, crossed)
    assert (line["seen_low"], line["seen_high"]) == (pytest.approx(low, abs=6e-3), pytest.approx(high, abs=6e-3))


def test_sources_are_listed_by_species_and_number(make_passes: Make) -> None:
    """Two places and two species are four lines, each with its own plume."""
    excess = {"nox": bump(20.0, at=5) + bump(30.0, at=30), "co": bump(40.0, at=6) + bump(50.0, at=31)}
    passes = make_passes(EAST, excess=excess)
    table = list_sources(Track(passes, find_plumes(passes, SETTINGS)))
    assert table[["species", "source", "maximum"]].to_numpy().tolist() == [
        ["co", 0, 40.0],
        ["co", 1, 50.0],
        ["nox", 0, 20.0],
        ["nox", 1, 30.0],
    ]


COLUMNS = "species units source lon lat maximum area width_m first_seen last_seen passes_seen passes_crossed"
CROSSING = "species units source trajectory pass_index time distance_m seen maximum detection_limit"


def test_no_source_has_the_columns_of_sources(make_passes: Make) -> None:
    """Empty tables have the columns of full ones."""
    passes = make_passes(EAST, excess={"nox": np.zeros(40)})
    track = Track(passes, find_plumes(passes, SETTINGS))
    assert list(list_sources(track).columns) == [*COLUMNS.split(), "seen_share", "seen_low", "seen_high"]
    assert list(list_crossings(track, SETTINGS).columns) == CROSSING.split()
    assert list(list_crossings(three_passes(make_passes), SETTINGS).columns) == CROSSING.split()


def test_every_column_of_a_crossing(make_passes: Make) -> None:
    """The source stands at 230 m: nearest row and its distance, largest excess within 30 m, limit, seen or not."""
    table = list_crossings(three_passes(make_passes), SETTINGS)
    quiet = 0.5 * np.cos(EAST[20:27])
    expected = {
        "species": ["nox"] * 3,
        "units": ["ppb"] * 3,
        "source": [0] * 3,
        "trajectory": ["made"] * 3,
        "pass_index": [0, 1, 2],
        "time": [START + np.timedelta64(row, "s") for row in (23, 63, 103)],
        "seen": [True, False, True],
        "detection_limit": [4.5] * 3,
    }
    for name, values in expected.items():
        assert table[name].tolist() == values or (table[name].to_numpy() == np.array(values)).all(), name
    np.testing.assert_allclose(table["distance_m"], [0, 12, 0], atol=0.02)
    near = np.hypot(EAST[20:27] - 230, 12) <= 30
    np.testing.assert_allclose(table["maximum"], [20.0, quiet[near].max(), 60.0])
    assert table["pass_index"].dtype == np.int32


@pytest.mark.parametrize("flag", list(Flag))
def test_only_usable_values_bound_a_source(make_passes: Make, flag: Flag) -> None:
    """A refused row or value of the pass that saw nothing has no maximum; the pass is listed."""
    marks = np.zeros(120, np.uint32)
    marks[40:80] = flag
    refused = bool(flag & REJECTING)
    by_row = three_passes(make_passes, flags=marks)
    by_value = three_passes(make_passes)
    by_value = Track(by_value.passes.assign(nox_qc=("obs", marks)), by_value.plumes)
    for track in (by_row, by_value):
        table = list_crossings(track, SETTINGS)
        assert table["pass_index"].tolist() == [0, 1, 2]
        assert np.isnan(table["maximum"].iloc[1]) == refused


def test_a_pass_out_of_reach_is_listed_when_its_plume_belongs_to_the_source(make_passes: Make) -> None:
    """With a reach of 20 m the plume at 200 m, 39 m from the source, is listed with the distance of its maximum."""
    track = three_passes(make_passes)
    table = list_crossings(track, TrackSettings(crossing_distance_m=11.0))
    assert table["pass_index"].tolist() == [0, 2]
    np.testing.assert_allclose(table["distance_m"], [0, 0], atol=0.02)
    y = np.repeat([40.0, 0.0, 0.0], 40)
    excess = np.concatenate([bump(20.0) + bump(15.0, at=27), np.zeros(40), bump(60.0, at=23)])
    passes = make_passes(np.tile(EAST, 3), y, excess={"nox": excess}, number=np.repeat([0, 1, 2], 40))
    track = Track(passes, find_plumes(passes, TrackSettings(plume_gap_s=1.0)))
    assert track.plumes["source"].values.tolist() == [0, 0, 0]
    table = list_crossings(track, TrackSettings(crossing_distance_m=20.0))
    # weights 20, 15 and 60 at (200, 40), (270, 40), (230, 0): the source stands at (230, 14.737)
    north = 35 * 40 / 95
    assert table["pass_index"].tolist() == [0, 1, 2]
    assert table["seen"].tolist() == [True, False, True]
    np.testing.assert_allclose(table["distance_m"], [np.hypot(30, 40 - north), north, north], atol=0.02)
    assert table["maximum"].tolist() == [20.0, 0.0, 60.0]
    assert (table["time"].to_numpy() == START + np.array([20, 63, 103]) * np.timedelta64(1, "s")).all()


def test_many_passes_are_listed_in_order_of_time(make_passes: Make) -> None:
    """Forty passes, more than a page, each with its line; rows outside of passes and without place do not come by."""
    x = np.tile(EAST, 40)
    number = np.repeat(np.arange(40), 40)
    number[x > 350] = -1
    excess = np.tile(bump(20.0), 40)
    x[(number == 7) & (EAST[np.arange(1600) % 40] == 200)] = np.nan
    excess[np.isnan(x)] = np.nan
    flags = np.where(np.isnan(x), np.uint32(Flag.POSITION_MISSING), np.uint32(0))
    passes = make_passes(x, excess={"nox": excess}, number=number, flags=flags)
    table = list_crossings(Track(passes, find_plumes(passes, SETTINGS)), SETTINGS)
    assert table["pass_index"].tolist() == list(range(40))
    assert (table["maximum"] == np.where(np.arange(40) == 7, 14.0, 20.0)).all()
    assert table["time"].is_monotonic_increasing


# --- grouping --------------------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 12), st.sampled_from([5.0, 30.0, 80.0]))
def test_passes_by_are_counted_row_by_row(seed: int, points: int, reach: float) -> None:
    """Every pass with a row within reach of a point counts once; unknown places and rows in no pass do not."""
    rng = np.random.default_rng(seed)
    x, y = np.cumsum(rng.normal(0, rng.choice([3.0, 20.0]), (2, 300)), axis=1)
    number = np.sort(rng.integers(-1, 8, 300)).astype(np.int32)
    x[rng.random(300) < 0.05] = np.nan
    px, py = rng.choice(np.nan_to_num(x), points) + rng.normal(0, 30, points), rng.choice(y, points)
    slow = [len(set(number[(number >= 0) & (np.hypot(x - a, y - b) <= reach)])) for a, b in zip(px, py, strict=True)]
    assert passes_by(x, y, number, px, py, reach).tolist() == slow


@pytest.mark.parametrize(("off", "counts"), [(30.0, 1), (30.001, 0)])
def test_a_pass_at_the_reach_came_by(off: float, counts: int) -> None:
    """Exactly at the reach is within it, in every direction."""
    for dx, dy in ((off, 0), (-off, 0), (0, off), (0, -off)):
        x, y, number = np.array([100.0, 100 + dx]), np.array([500.0, dy]), np.array([0, 1], np.int32)
        assert passes_by(x, y, number, np.array([100.0]), np.array([0.0]), 30.0).tolist() == [counts]


@pytest.mark.parametrize(("apart", "sources"), [(60.0, [0, 0, 0]), (60.001, [0, 1, 2])])
def test_single_linkage_joins_chains(apart: float, sources: list[int]) -> None:
    """Maxima 60 m apart in a chain are one source; a hair further each is its own."""
    x = apart * np.arange(3.0)
    number = np.array([0, 1, 1], np.int32)
    table = pd.DataFrame({"peak_row": [0, 1, 2], "pass_index": number, "maximum": [1.0, 2.0, 5.0]})
    found = group_sources(table, x, np.zeros(3), number, join_m=60.0, reach_m=1.0)
    assert found["source"].tolist() == sources
    assert found["passes_seen"].tolist() == ([2, 2, 2] if sources[1] == 0 else [1, 1, 1])
    # nobody drove within 1 m of the weighted middle: those who saw it came by at least
    assert found["passes_crossed"].tolist() == found["passes_seen"].tolist()
    assert all(values.dtype == np.int32 for values in found.values())


def test_the_place_of_a_source_is_weighted_by_maximum() -> None:
    """Maxima of 1 and 3 at 0 and 40 m in both axes: the source is at 30 m, where a third pass comes by."""
    x = np.array([0.0, 40.0, 30.0, 10.0])
    number = np.array([0, 1, 2, 3], np.int32)
    table = pd.DataFrame({"peak_row": [0, 1], "pass_index": [0, 1], "maximum": [1.0, 3.0]})
    found = group_sources(table, x, x, number, join_m=60.0, reach_m=15.0)
    assert found["passes_crossed"].tolist() == [2, 2]
    swapped = group_sources(table, x, x[::-1].copy(), number, join_m=1.0, reach_m=15.0)
    assert swapped["source"].tolist() == [0, 1]


def test_no_plume_has_no_source() -> None:
    """An empty table gives empty columns."""
    none = pd.DataFrame({"peak_row": np.empty(0, int), "pass_index": np.empty(0, int), "maximum": np.empty(0)})
    found = group_sources(none, np.zeros(1), np.zeros(1), np.zeros(1, np.int32), join_m=60.0, reach_m=30.0)
    assert {name: values.tolist() for name, values in found.items()} == {
        "source": [],
        "passes_seen": [],
        "passes_crossed": [],
    }
    assert all(values.dtype == np.int32 for values in found.values())
