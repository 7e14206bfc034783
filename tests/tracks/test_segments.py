"""Road segments: cut, matched by position and heading, and the median of pass means on them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from ingest.flags import is_usable
from ingest.roads import Road, Roads
from ingest.traces import TraceSettings, read_traces
from tracks import TrackSettings, process_trace
from tracks.matching import match_segments
from tracks.plane import Plane
from tracks.roads import cut_roads, roads_of_tracks
from tracks.schema import Track
from tracks.segments import bootstrap_medians, map_segments, pass_means

Make = Callable[..., xr.Dataset]
SETTINGS = TrackSettings(estimate_lag=False)
EAST = 10.0 * np.arange(100)


def street(*points: tuple[float, float], oneway: int = 0) -> Road:
    """A street through points in metres from (104 E, 30 N), where the simulated drives start."""
    x, y = np.array(points, float).T
    return Road(np.column_stack([104 + x / 96486.3, 30 + y / 110852.4]), oneway)


def track(make_drive: Make, x: np.ndarray, y: np.ndarray | None = None, *, noise: float = 0.0) -> Track:
    """A processed drive; ``noise`` scatters its fixes."""
    rng = np.random.default_rng(4)
    y = np.zeros(len(x)) if y is None else y
    drive = make_drive(x + rng.normal(0, noise, len(x)), y + rng.normal(0, noise, len(x)))
    return process_trace(drive, SETTINGS).value


def test_a_street_is_cut_into_equal_segments_of_about_30_m(make_drive: Make) -> None:
    """1 000 m with a bend give 33 segments of one length, which together are the street."""
    drive = track(make_drive, EAST)
    network = cut_roads(Roads((street((0, 0), (400, 0), (400, 600)),)), [drive], SETTINGS)
    lengths = np.bincount(network.segment, np.hypot(*(network.edges[:, 2:] - network.edges[:, :2]).T))
    np.testing.assert_allclose(lengths, 1000 / 33, rtol=1e-4)
    assert network.segments == 33
    assert network.geometry(13).coords[0] == pytest.approx(network.geometry(12).coords[-1])


def test_rows_get_the_segment_they_were_driven_on(make_drive: Make) -> None:
    """Along a straight street the segments follow each other, each with the rows of its 30 m."""
    drive = track(make_drive, EAST, noise=1.0)
    network = cut_roads(Roads((street((0, 0), (990, 0)),)), [drive], SETTINGS)
    segment = match_segments(drive.passes, network, SETTINGS)
    expected = np.minimum(np.floor(EAST / 30), 32)
    assert (np.abs(segment - expected) <= 1).all()
    assert (segment == expected).mean() > 0.8


def test_crossing_a_side_street_does_not_leave_the_street(make_drive: Make) -> None:
    """At a crossing the rows stay on the street of their heading, although the other one is as near."""
    drive = track(make_drive, EAST, noise=2.0)
    streets = Roads((street((0, 0), (990, 0)), street((500, -300), (500, 300))))
    network = cut_roads(streets, [drive], SETTINGS)
    segment = match_segments(drive.passes, network, SETTINGS)
    assert (network.line[np.searchsorted(network.segment, segment[segment >= 0])] == 0).all()


def test_a_parallel_street_is_not_jumped_to(make_drive: Make) -> None:
    """Of two streets 12 m apart the one driven is kept, although single rows scatter nearer to the other."""
    drive = track(make_drive, EAST, np.full(100, 4.0), noise=3.0)
    streets = Roads((street((0, 0), (990, 0)), street((0, 12), (990, 12))))
    network = cut_roads(streets, [drive], SETTINGS)
    segment = match_segments(drive.passes, network, SETTINGS)
    assert len(np.unique(network.line[np.searchsorted(network.segment, segment[segment >= 0])])) == 1


def test_one_way_streets_are_told_by_the_heading(make_drive: Make) -> None:
    """Two carriageways 8 m apart: each direction is matched to its own, also where fixes are nearer to the other."""
    streets = Roads((street((0, 0), (990, 0), oneway=1), street((0, 8), (990, 8), oneway=-1)))
    there, back = track(make_drive, EAST, np.full(100, 5.0)), track(make_drive, EAST[::-1], np.full(100, 3.0))
    for drive, line in ((there, 0), (back, 1)):
        network = cut_roads(streets, [drive], SETTINGS, plane=Plane(104.0, 30.0))
        segment = match_segments(drive.passes, network, SETTINGS)
        assert (segment >= 0).mean() > 0.95
        assert (network.line[np.searchsorted(network.segment, segment[segment >= 0])] == line).all()


def test_standing_and_far_rows_have_no_segment(make_drive: Make) -> None:
    """Rows that stand, and rows 40 m off the street, are on no segment."""
    x = np.concatenate([EAST, np.full(60, 990.0)])
    y = np.concatenate([np.where(EAST < 500, 0.0, 40.0), np.full(60, 40.0)])
    drive = track(make_drive, x, y)
    network = cut_roads(Roads((street((0, 0), (990, 0)),)), [drive], SETTINGS)
    segment = match_segments(drive.passes, network, SETTINGS)
    assert (segment[:48] >= 0).all()
    assert (segment[54:] == -1).all()


def test_matching_survives_the_antimeridian() -> None:
    """A street over 180° is matched on both sides."""
    from ingest.schema import new_trace

    time = np.datetime64("2024-05-01T00:00:00", "ns") + np.arange(60) * np.timedelta64(1, "s")
    lon = (179.998 + 1e-4 * np.arange(60) + 180) % 360 - 180
    values = {"so2": (np.ones(60), {"units": "ppb", "species": "so2", "instrument": "a"})}
    drive = process_trace(new_trace("fiji", time, lon, np.full(60, -17.0), values), SETTINGS).value
    road = Road(np.array([[179.997, -17.0], [180.0, -17.0], [-179.995, -17.0]]))
    network = cut_roads(Roads((road,)), [drive], SETTINGS)
    assert (match_segments(drive.passes, network, SETTINGS)[2:] >= 0).all()


def test_tracks_make_their_own_streets(make_drive: Make) -> None:
    """Six passes of a street with a bend, both ways and with noise, make one street; a side street makes another."""
    rng = np.random.default_rng(8)
    bend = np.column_stack([np.append(EAST, np.full(60, 990.0)), np.append(np.zeros(100), 10.0 * np.arange(1, 61))])
    path = np.concatenate([bend, bend[::-1], bend, bend[::-1], bend, bend[::-1]])
    path = path + rng.normal(0, 1.5, path.shape)
    drive = track(make_drive, path[:, 0], path[:, 1])
    network = roads_of_tracks([drive], SETTINGS)
    length = np.hypot(*(network.edges[:, 2:] - network.edges[:, :2]).T).sum()
    assert length == pytest.approx(1590, rel=0.12)
    assert (match_segments(drive.passes, network, SETTINGS) >= 0).mean() > 0.95


def loops(make_drive: Make, *, level: tuple[float, ...] = (1.0, 1.0, 1.0, 9.0, 1.0)) -> Track:
    """Passes of one way along 990 m; each has its own level of methane above 2 between 300 and 600 m."""
    x = np.concatenate([np.concatenate([EAST, [np.nan]]) for _ in level])
    t = np.concatenate([np.arange(101.0) + 500 * k for k in range(len(level))])
    rng = np.random.default_rng(1)
    methane = 2 + rng.normal(0, 0.002, len(x))
    for k, high in enumerate(level):
        rows = np.arange(101 * k, 101 * k + 100)
        methane[rows[(EAST >= 300) & (EAST < 600)]] += high
    return process_trace(make_drive(x, methane=methane, t=t), SETTINGS).value


def test_the_median_of_pass_means_is_not_moved_by_one_pass(make_drive: Make) -> None:
    """Of five passes, one nine times as high: the median of pass means is that of the others, the mean is not."""
    drive = loops(make_drive)
    streets = Roads((street((0, 0), (990, 0)),))
    _, result = map_segments([drive], SETTINGS, roads=streets).value
    inside = result.sel(segment=slice(11, 18)).isel(species=0)
    assert result["species"].values.tolist() == ["methane"]
    assert (inside["passes"] == 5).all()
    np.testing.assert_allclose(inside["value"], 3.0, atol=0.01)
    np.testing.assert_allclose(inside["enhancement"], 1.0, atol=0.02)
    np.testing.assert_allclose(inside["enhancement_high"], 9.0, atol=0.05)
    assert (inside["enhancement_low"] <= inside["enhancement"]).all()


def test_a_pass_counts_once_however_long_it_stayed(make_drive: Make) -> None:
    """A pass mean is the mean of its rows, and a slow pass has the weight of a fast one."""
    drive = loops(make_drive)
    segment = np.where(np.arange(505) % 101 < 50, 0, 1).astype(np.int32)
    means = pass_means(drive, segment)
    assert len(means) == 10
    own = means[(means["pass_index"] == 3) & (means["segment"] == 0)].iloc[0]
    rows = (drive.passes["pass_index"].values == 3) & (segment == 0)
    assert own["value"] == pytest.approx(np.nanmean(drive.passes["methane"].values[rows]))


def test_few_passes_have_no_interval(make_drive: Make) -> None:
    """Two passes give a median and no interval."""
    _, result = map_segments([loops(make_drive, level=(1.0, 2.0))], SETTINGS).value
    assert np.isfinite(result["value"].values).all()
    assert np.isnan(result["value_low"].values[result["passes"].values < 3]).all()


def test_the_interval_covers_the_true_median() -> None:
    """Of log-normal pass means the bootstrap interval of ten passes holds the true median in 90 to 99 % of cases."""
    values = np.exp(np.random.default_rng(2).normal(0, 0.6, (4000, 10)))
    low, high = bootstrap_medians(values)
    assert 0.90 < ((low <= 1) & (high >= 1)).mean() < 0.99


@pytest.mark.parametrize("count", [3, 4, 7, 10, 25])
def test_the_interval_is_that_of_drawn_resamples(count: int) -> None:
    """Of 20 000 resamples of one row, 2.5 % of the medians lie at or below the bounds' neighbours, as promised."""
    rng = np.random.default_rng(count)
    values = rng.normal(size=count)
    medians = np.median(values[rng.integers(0, count, (20_000, count))], axis=1)
    low, high = (bound[0] for bound in bootstrap_medians(values[None]))
    assert (medians < low).mean() < 0.03
    assert (medians > high).mean() < 0.03
    ordered = np.sort(values)
    assert count % 2 == 0 or count < 7 or (medians <= ordered[np.searchsorted(ordered, low)]).mean() > 0.02
    assert count % 2 == 0 or count < 7 or (medians >= ordered[np.searchsorted(ordered, high)]).mean() > 0.02


def test_streets_of_another_place_are_not_used(make_drive: Make) -> None:
    """Streets that fit less than half of the drive give way to streets made from the tracks, as a decision."""
    drive = loops(make_drive)
    outcome = map_segments([drive], SETTINGS, roads=Roads((street((5000, 5000), (6000, 5000)),)))
    network, result = outcome.value
    assert network.source == "tracks"
    assert result.sizes["segment"] > 25
    assert "made from the tracks" in outcome.decisions[0].decision


def test_nothing_gives_nothing(make_drive: Make) -> None:
    """No track, no row, and rows without position give an empty table."""
    empty = process_trace(make_drive(np.empty(0)), SETTINGS).value
    nowhere = process_trace(make_drive(np.full(50, np.nan)), SETTINGS).value
    one = process_trace(make_drive(np.zeros(1)), SETTINGS).value
    for tracks in ([], [empty], [nowhere], [one], [empty, nowhere]):
        for roads in (None, Roads(()), Roads((street((0, 0), (990, 0)),))):
            assert map_segments(tracks, SETTINGS, roads=roads).value[1].sizes["segment"] == 0


def test_the_streets_of_a_real_drive_are_driven_again(shared_data: Path) -> None:
    """Streets made from the Hamburg drive hold its usable moving rows, and are shorter by the passes that repeat."""
    folder = shared_data / "hamburg"
    files = [folder / "Hamburg_G2301_20181024.xlsx", folder / "20181024-095557.gpx.gz"]
    drive = process_trace(read_traces(files, TraceSettings(time_zone="UTC"), root=folder).value[0]).value
    network, result = map_segments([drive], SETTINGS).value
    speed = drive.passes["speed"].values
    moving = (speed > 2) & is_usable(drive.passes["qc_flag"].values)
    assert (match_segments(drive.passes, network, SETTINGS)[moving] >= 0).mean() > 0.99
    step = np.diff(drive.passes["time"].values).astype(float) * 1e-9
    driven = float(np.nansum(speed[1:] * np.minimum(step, 3.0)))
    assert np.hypot(*(network.edges[:, 2:] - network.edges[:, :2]).T).sum() < 0.8 * driven
    assert int((result["passes"] >= 2).any("species").sum()) > 600
