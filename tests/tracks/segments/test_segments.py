"""Road segments: cut, matched by position and heading, and the median of pass means on them."""

from __future__ import annotations

from collections.abc import Callable
from math import comb
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from ingest.flags import REJECTING, Flag, is_usable
from ingest.roads.read import Road, Roads
from ingest.traces.read import TraceSettings, read_traces
from numerics.plane import Plane
from onevisit.words.telling import tell
from tracks import TrackSettings, process_trace
from tracks.schema import Track
from tracks.segments.matching import match_segments
from tracks.segments.medians import bootstrap_medians, map_segments, pass_means
from tracks.segments.network import cut_roads, roads_of_tracks

Make = Callable[..., xr.Dataset]
Passes = Callable[..., xr.Dataset]
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
    before, after = network.geometries(np.array([12, 13]))
    assert before.coords[-1] == pytest.approx(after.coords[0])


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
    result = map_segments([drive], SETTINGS, roads=streets).value.medians
    inside = result.isel(species=0, segment=(result["segment"].values >= 11) & (result["segment"].values <= 18))
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
    means = pass_means([drive], [segment])
    assert len(means) == 10
    own = means[(means["pass_index"] == 3) & (means["segment"] == 0)].iloc[0]
    rows = (drive.passes["pass_index"].values == 3) & (segment == 0)
    assert own["value"] == pytest.approx(np.nanmean(drive.passes["methane"].values[rows]))


def test_few_passes_have_no_interval(make_drive: Make) -> None:
    """Two passes give a median and no interval."""
    result = map_segments([loops(make_drive, level=(1.0, 2.0))], SETTINGS).value.medians
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
    network, result = outcome.value.network, outcome.value.medians
    assert network.source == "tracks"
    assert result.sizes["segment"] > 25
    assert "made from the tracks" in tell(outcome.decisions[0]).decision


def test_nothing_gives_nothing(make_drive: Make) -> None:
    """No track, no row, and rows without position give an empty table."""
    empty = process_trace(make_drive(np.empty(0)), SETTINGS).value
    nowhere = process_trace(make_drive(np.full(50, np.nan)), SETTINGS).value
    one = process_trace(make_drive(np.zeros(1)), SETTINGS).value
    for tracks in ([], [empty], [nowhere], [one], [empty, nowhere]):
        for roads in (None, Roads(()), Roads((street((0, 0), (990, 0)),))):
            assert map_segments(tracks, SETTINGS, roads=roads).value.medians.sizes["segment"] == 0


def test_the_streets_of_a_real_drive_are_driven_again(shared_data: Path) -> None:
    """Streets made from the Hamburg drive hold its usable moving rows, and are shorter by the passes that repeat."""
    folder = shared_data / "hamburg"
    files = [folder / "Hamburg_G2301_20181024.xlsx", folder / "20181024-095557.gpx.gz"]
    drive = process_trace(read_traces(files, TraceSettings(time_zone="UTC"), root=folder).value[0]).value
    found = map_segments([drive], SETTINGS).value
    network, result = found.network, found.medians
    speed = drive.passes["speed"].values
    moving = (speed > 2) & is_usable(drive.passes["qc_flag"].values)
    assert (match_segments(drive.passes, network, SETTINGS)[moving] >= 0).mean() > 0.99
    step = np.diff(drive.passes["time"].values).astype(float) * 1e-9
    driven = float(np.nansum(speed[1:] * np.minimum(step, 3.0)))
    assert np.hypot(*(network.edges[:, 2:] - network.edges[:, :2]).T).sum() < 0.8 * driven
    assert int((result["passes"] >= 2).any("species").sum()) > 600


# --- means and medians by hand ---------------------------------------------------------------------------------


def driven(make_passes: Passes, excess: dict[str, np.ndarray], number: np.ndarray, **more: object) -> Track:
    """Rows with a speed of 10 m/s eastwards."""
    n = len(number)
    passes = make_passes(10.0 * (np.arange(n) % 10), excess=excess, number=number, **more)
    speed, heading = np.full(n, 10.0), np.full(n, np.pi / 2)
    return Track(
        passes.assign(speed=("obs", speed), heading=("obs", heading), horizontal_sd=("obs", np.ones(n))), xr.Dataset()
    )


def test_means_by_pass_and_segment(make_passes: Passes) -> None:
    """Values are 50 and the excess; rows in no segment, in no pass and without excess do not count."""
    number = np.array([0, 0, 0, 1, 1, 1, -1, 1], np.int32)
    segment = np.array([4, 4, 7, 4, -1, 4, 4, 4], np.int32)
    excess = np.array([1.0, 2.0, 3.0, 10.0, 99.0, 20.0, 99.0, np.nan])
    table = pass_means([driven(make_passes, {"so2": excess, "co": -excess}, number)], [segment])
    columns = ["species", "units", "trajectory", "pass_index", "segment", "value", "enhancement"]
    assert set(table.columns) == {*columns, "first", "last"}
    rows = table[columns].to_numpy().tolist()
    assert rows == [
        ["so2", "ppb", "made", 0, 4, 51.5, 1.5],
        ["so2", "ppb", "made", 0, 7, 53.0, 3.0],
        ["so2", "ppb", "made", 1, 4, 65.0, 15.0],
        ["co", "ppb", "made", 0, 4, 48.5, -1.5],
        ["co", "ppb", "made", 0, 7, 47.0, -3.0],
        ["co", "ppb", "made", 1, 4, 35.0, -15.0],
    ]


@pytest.mark.parametrize("flag", list(Flag))
def test_unusable_rows_and_values_are_in_no_mean(make_passes: Passes, flag: Flag) -> None:
    """A refused row, or value, is left out of its mean; flags that inform are not."""
    number, segment = np.zeros(4, np.int32), np.zeros(4, np.int32)
    marks = np.array([0, int(flag), 0, 0], np.uint32)
    excess = np.array([1.0, 100.0, 2.0, 3.0])
    by_row = driven(make_passes, {"so2": excess}, number, flags=marks)
    plain = driven(make_passes, {"so2": excess}, number)
    by_value = Track(plain.passes.assign(so2_qc=("obs", marks)), plain.plumes)
    expected = 2.0 if flag & REJECTING else 26.5
    for one in (by_row, by_value):
        assert pass_means([one], [segment])["enhancement"].tolist() == [expected]


def test_no_usable_row_has_no_means(make_passes: Passes) -> None:
    """The columns stand, without a line."""
    table = pass_means([driven(make_passes, {"so2": np.ones(3)}, np.full(3, -1))], [np.zeros(3, np.int32)])
    assert table.shape == (0, 9)
    assert set(table.columns) == {
        "species", "units", "trajectory", "pass_index", "segment", "value", "enhancement", "first", "last"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("count", "low", "high"),
    [(1, 0, 0), (2, 0, 1), (3, 0, 2), (4, 0, 3), (5, 0, 4), (7, 1, 5), (9, 1, 7), (10, 1, 8), (25, 7, 17)],
)
def test_the_interval_is_that_of_the_binomial(count: int, low: int, high: int) -> None:
    """The bounds are the values at which the chance of a resample's median passes 2.5 and 97.5 %, row by row."""

    def at_most(k: int, needed: int) -> float:
        """Chance that at least ``needed`` of ``count`` draws are among the lowest k."""
        share = k / count
        return sum(comb(count, j) * share**j * (1 - share) ** (count - j) for j in range(needed, count + 1))

    lowest = next(k for k in range(1, count + 1) if at_most(k, (count + 1) // 2) > 0.025) - 1
    highest = next(k for k in range(1, count + 1) if at_most(k, count // 2 + 1) >= 0.975) - 1
    assert (lowest, highest) == (low, high)
    values = np.random.default_rng(0).permuted(np.tile(np.arange(float(count)), (3, 1)), axis=1)
    found = bootstrap_medians(values + 100 * np.arange(3.0)[:, None])
    np.testing.assert_array_equal(found[0], low + 100 * np.arange(3))
    np.testing.assert_array_equal(found[1], high + 100 * np.arange(3))


def grid_of(make_passes: Passes, levels: list[float], *, name: str = "so2", unit: str = "ppb") -> Track:
    """Passes of 10 rows along 90 m, each of one level above 50."""
    excess = np.repeat(levels, 10)
    one = driven(make_passes, {name: excess}, np.repeat(np.arange(len(levels)), 10))
    one.passes[name].attrs["units"] = unit
    return one


def test_every_value_of_a_map_by_hand(make_passes: Passes) -> None:
    """Two tracks, two species and two units: medians, intervals and passes in order of name and unit."""
    tracks = [
        grid_of(make_passes, [1.0, 5.0, 2.0]),
        grid_of(make_passes, [9.0, 4.0]),
        grid_of(make_passes, [7.0, 8.0], unit="ug m-3"),
        grid_of(make_passes, [3.0, 1.0, 2.0], name="co"),
    ]
    outcome = map_segments(tracks, SETTINGS, roads=Roads((street((0, 0), (90, 0)),)))
    network, result = outcome.value.network, outcome.value.medians
    assert network.segments == 3
    assert result["segment"].values.tolist() == [0, 1, 2]
    assert list(zip(result["species"].values.tolist(), result["units"].values.tolist(), strict=True)) == [
        ("co", "ppb"),
        ("so2", "ppb"),
        ("so2", "ug m-3"),
    ]
    assert result["passes"].values.tolist() == [[3] * 3, [5] * 3, [2] * 3]
    expected = {
        "enhancement": [2.0, 4.0, 7.5],
        "enhancement_low": [1.0, 1.0, np.nan],
        "enhancement_high": [3.0, 9.0, np.nan],
    }
    for name, column in expected.items():
        np.testing.assert_allclose(result[name].values, np.tile(np.array(column)[:, None], 3))
        value = name.replace("enhancement", "value")
        np.testing.assert_allclose(result[value].values, 50 + np.tile(np.array(column)[:, None], 3))
    assert result["value"].dims == ("species", "segment")
    assert result["passes"].dtype == np.int32
    assert (outcome.decisions[0].item, tell(outcome.decisions[0]).evidence) == (
        "segments",
        "100 of 100 moving rows are on a street within 15 m",
    )
    assert tell(outcome.decisions[0]).decision == "3 road segments of about 30 m from the street network"


def test_variables_of_a_map_say_what_they_are(make_passes: Passes) -> None:
    """Units and long names of medians and bounds, concentration and enhancement told apart."""
    result = map_segments([grid_of(make_passes, [1.0, 2.0])], SETTINGS).value.medians
    what = {"value": "concentration", "enhancement": "enhancement over the background"}
    ends = {"": "", "_low": ", lower bound of 95 %", "_high": ", upper bound of 95 %"}
    for name, words in what.items():
        for end, bound in ends.items():
            attrs = {"units": "units of the species", "long_name": f"median of pass means of the {words}{bound}"}
            assert result[f"{name}{end}"].attrs == attrs
    assert result["passes"].attrs == {"units": "1", "long_name": "drive passes with a usable value"}
    assert result["segment"].attrs == {"long_name": "number of the road segment"}


@pytest.mark.parametrize(("fewest", "bounded"), [(3, True), (4, False)])
def test_an_interval_needs_passes_enough(make_passes: Passes, fewest: int, bounded: bool) -> None:
    """As many passes as the setting asks for have an interval."""
    result = map_segments(
        [grid_of(make_passes, [1.0, 3.0, 2.0])], TrackSettings(segment_min_passes=fewest)
    ).value.medians
    assert np.isfinite(result["value_low"].values).all() == bounded
    assert np.isfinite(result["enhancement_high"].values).all() == bounded


def test_a_species_missing_on_a_segment_has_no_value_there(make_passes: Passes) -> None:
    """Segments of one species only: the other one has no median and no pass there."""
    one = grid_of(make_passes, [1.0])
    part = np.where(np.arange(10) < 5, 2.0, np.nan)
    both = driven(make_passes, {"so2": np.ones(10), "co": part}, np.zeros(10))
    result = map_segments([one, both], SETTINGS, roads=Roads((street((0, 0), (90, 0)),))).value.medians
    assert result["species"].values.tolist() == ["co", "so2"]
    assert result["passes"].values.tolist() == [[1, 1, 0], [2, 2, 2]]
    assert np.isnan(result["value"].values).tolist() == [[False, False, True], [False] * 3]
    np.testing.assert_allclose(result["value"].values[:, 0], [52, 51])


@pytest.mark.parametrize(("on", "source"), [(50, "roads"), (49, "tracks")])
def test_half_of_the_moving_rows_on_streets_are_enough(make_passes: Passes, on: int, source: str) -> None:
    """Of a hundred moving rows 50 on streets keep the streets, 49 do not; the decision counts them."""
    n = 104
    passes = make_passes(10.0 * np.arange(n), np.where(np.arange(n) < on, 0.0, 300.0), excess={"so2": np.ones(n)})
    speed = np.full(n, 10.0)
    speed[100:102] = 0.5
    lon = passes["lon"].values.copy()
    lon[102:] = np.nan
    passes = passes.assign(
        speed=("obs", speed), heading=("obs", np.full(n, np.pi / 2)), horizontal_sd=("obs", np.ones(n))
    ).assign_coords(lon=("obs", lon))
    outcome = map_segments([Track(passes, xr.Dataset())], SETTINGS, roads=Roads((street((-5, 0), (995, 0)),)))
    assert outcome.value.network.source == source
    assert tell(outcome.decisions[0]).evidence == f"{on} of 100 moving rows are on a street within 15 m"
    assert ("made from the tracks" in tell(outcome.decisions[0]).decision) == (source == "tracks")


def test_without_streets_the_decision_says_so(make_passes: Passes) -> None:
    """No network, and an empty one, give streets of the tracks."""
    for roads in (None, Roads(())):
        outcome = map_segments([grid_of(make_passes, [1.0, 2.0])], TrackSettings(segment_m=45.0), roads=roads)
        decision = outcome.decisions[0]
        assert (decision.item, tell(decision).evidence) == ("segments", "no street network was given")
        assert (
            tell(decision).decision
            == f"{outcome.value.network.segments} road segments of about 45 m made from the tracks"
        )


def test_times_and_repetition_by_hand(make_passes: Passes) -> None:
    """Seconds of the first and last row on each of three segments; two passes are again, one is not."""
    once, twice = grid_of(make_passes, [1.0], name="co"), grid_of(make_passes, [1.0, 5.0])
    streets = Roads((street((0, 0), (90, 0)),))
    found = map_segments([twice, once], SETTINGS, roads=streets).value
    assert found.medians["species"].values.tolist() == ["co", "so2"]
    start = np.datetime64("2024-05-01T02:00:00", "ns")
    first, last = (
        ((found.medians[name].values - start) / np.timedelta64(1, "s")).tolist() for name in ("first", "last")
    )
    rows = [np.flatnonzero(match_segments(twice.passes, found.network, SETTINGS)[:10] == k) for k in range(3)]
    assert first == [[float(r[0]) for r in rows]] * 2
    assert last == [[float(r[-1]) for r in rows], [float(r[-1]) + 10 for r in rows]]
    assert (found.driven_again, found.usual_length_m) == (3, pytest.approx(30.0, rel=1e-4))
    assert map_segments([once], SETTINGS, roads=streets).value.driven_again == 0
    nothing = map_segments([], SETTINGS).value
    assert nothing.driven_again == 0 and np.isnan(nothing.usual_length_m)


def test_a_species_missing_on_a_segment_has_no_time_there(make_passes: Passes) -> None:
    """NaT, as its median is NaN."""
    both = driven(make_passes, {"so2": np.ones(10), "co": np.where(np.arange(10) < 5, 2.0, np.nan)}, np.zeros(10))
    result = map_segments([both], SETTINGS, roads=Roads((street((0, 0), (90, 0)),))).value.medians
    assert np.isnat(result["first"].values).tolist() == [[False, False, True], [False] * 3]
    assert result["first"].attrs == {"long_name": "time of the first usable value"}
    assert result["last"].attrs == {"long_name": "time of the last usable value"}
    assert not result.xindexes
