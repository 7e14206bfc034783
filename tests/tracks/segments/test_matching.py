"""Map matching against the cheapest sequence found by looking at every street for every row."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import xarray as xr

from ingest.flags import BAD_POSITION, Flag
from numerics.plane import Plane
from tracks.segments.matching import match_segments
from tracks.segments.network import RoadNetwork, _network
from tracks.settings import TrackSettings

Make = Callable[..., xr.Dataset]
SETTINGS = TrackSettings()
PLANE = Plane(104.0, 30.0)


def network_of(*lines: list[tuple[float, float]], oneway: tuple[int, ...] = ()) -> RoadNetwork:
    """Streets through points in metres."""
    ways = oneway or (0,) * len(lines)
    return _network(PLANE, [np.array(line, float) for line in lines], ways, SETTINGS, "roads")


def rows_of(make_passes: Make, x: object, y: object, heading_deg: object, **changed: object) -> xr.Dataset:
    """Rows with place, heading, speed and uncertainty."""
    x, y = np.atleast_1d(np.asarray(x, float)), np.atleast_1d(np.asarray(y, float))
    n = len(x)
    passes = make_passes(x, y, excess={}, **{k: v for k, v in changed.items() if k in ("t", "flags")})
    return passes.assign(
        heading=("obs", np.radians(np.broadcast_to(np.asarray(heading_deg, float), n))),
        speed=("obs", np.broadcast_to(changed.get("speed", 5.0), n).astype(float)),
        horizontal_sd=("obs", np.broadcast_to(changed.get("sd", 2.0), n).astype(float)),
    )


def slow_match(passes: xr.Dataset, network: RoadNetwork, settings: TrackSettings) -> list[int]:
    """All streets of all rows in dictionaries, the cheapest way through them."""
    x, y = PLANE.forward(passes["lon"].values, passes["lat"].values)
    t = (passes["time"].values - passes["time"].values[0]) / np.timedelta64(1, "s")
    touching = {(int(key) // network.lines, int(key) % network.lines) for key in network.touching}
    ways: dict[int, tuple[float, list[int]]] = {}
    done: list[int] = []
    for i in range(len(x)):
        sd = np.hypot(passes["horizontal_sd"].values[i], settings.road_sd_m)
        best: dict[int, tuple[float, int]] = {}
        for e, (x0, y0, x1, y1) in enumerate(network.edges):
            along = np.clip(
                ((x[i] - x0) * (x1 - x0) + (y[i] - y0) * (y1 - y0)) / ((x1 - x0) ** 2 + (y1 - y0) ** 2), 0, 1
            )
            away = np.hypot(x0 + along * (x1 - x0) - x[i], y0 + along * (y1 - y0) - y[i])
            course = np.arctan2(x1 - x0, y1 - y0)
            turn = np.arccos(np.clip(np.cos(passes["heading"].values[i] - course), -1, 1))
            turn = {0: min(turn, np.pi - turn), 1: turn, -1: np.pi - turn}[int(network.oneway[e])]
            if away > settings.match_distance_m or turn > np.radians(settings.match_angle_deg):
                continue
            price = (away / sd) ** 2 + (turn / np.radians(settings.match_angle_sd_deg)) ** 2
            line = int(network.line[e])
            if line not in best or price < best[line][0]:
                best[line] = (price, e)
        weight = min(1.0, t[i] - t[i - 1]) if i else 1.0
        if not best or not ways:
            done += min(ways.values())[1] if ways else []
            ways = {line: (weight * price, [e]) for line, (price, e) in best.items()}
            if not best:
                done.append(-1)
            continue
        ways = {
            line: min(
                (
                    cost + (0 if before == line else 1 if (before, line) in touching else 9) + weight * price,
                    [*path, e],
                )
                for before, (cost, path) in ways.items()
            )
            for line, (price, e) in best.items()
        }
    done += min(ways.values())[1] if ways else []
    return [int(network.segment[e]) if e >= 0 else -1 for e in done]


@pytest.mark.parametrize("seed", range(12))
def test_the_cheapest_sequence_is_found(make_passes: Make, seed: int) -> None:
    """Five streets, of which some meet and some are one-way, and rows that wander over them at uneven intervals."""
    rng = np.random.default_rng(seed)
    corner = [(float(a), float(b)) for a, b in rng.uniform(-90, 90, (4, 2))]
    lines = [[corner[0], corner[1]], [corner[1], corner[2]], [corner[2], corner[3], corner[0]]]
    lines += [[tuple(p) for p in rng.uniform(-90, 90, (3, 2))] for _ in range(2)]
    network = network_of(*lines, oneway=(0, 1, 0, -1, 0))
    where = rng.integers(0, len(network.edges), 60)
    where = np.repeat(where[::4], 4)
    share = rng.random(60)
    edges = network.edges[where]
    x = edges[:, 0] + share * (edges[:, 2] - edges[:, 0]) + rng.normal(0, 5, 60)
    y = edges[:, 1] + share * (edges[:, 3] - edges[:, 1]) + rng.normal(0, 5, 60)
    course = np.degrees(np.arctan2(edges[:, 2] - edges[:, 0], edges[:, 3] - edges[:, 1]))
    heading = (course + rng.choice([0, 180], 60) + rng.normal(0, 25, 60)) % 360
    t = np.cumsum(rng.choice([0.2, 1.0, 4.0], 60))
    passes = rows_of(make_passes, x, y, heading, t=t, sd=rng.uniform(1, 6, 60))
    chosen = TrackSettings(match_distance_m=14.0, match_angle_deg=50.0, match_angle_sd_deg=15.0, road_sd_m=3.0)
    found = match_segments(passes, network, chosen)
    assert found.dtype == np.int32
    assert found.tolist() == slow_match(passes, network, chosen)


EAST = [(-300.0, 0.0), (300.0, 0.0)]


@pytest.mark.parametrize(
    ("x", "y", "heading", "on"),
    [
        (5, 14.99, 90, True),
        (5, 15.01, 90, False),
        (5, -14.99, 270, True),
        (5, -15.01, 270, False),
        (314.9, 0, 90, True),
        (315.1, 0, 90, False),
        (-314.9, 0, 90, True),
        (-315.1, 0, 90, False),
        (310.5, 10.5, 90, True),
        (310.7, 10.7, 90, False),
        (5, 0, 149.9, True),
        (5, 0, 150.1, False),
        (5, 0, 30.1, True),
        (5, 0, 29.9, False),
        (5, 0, 210.1, True),
        (5, 0, 209.9, False),
        (5, 0, 329.9, True),
        (5, 0, 330.1, False),
    ],
)
def test_distance_and_angle_end_where_they_say(
    make_passes: Make, x: float, y: float, heading: float, on: bool
) -> None:
    """15 m from the street or its ends and 60° from it, on all sides and in both directions."""
    found = match_segments(rows_of(make_passes, x, y, heading), network_of(EAST), SETTINGS)
    assert (found[0] >= 0) == on


@pytest.mark.parametrize(("way", "heading", "on"), [(1, 90, True), (1, 270, False), (-1, 90, False), (-1, 270, True)])
def test_a_one_way_street_is_driven_its_way(make_passes: Make, way: int, heading: float, on: bool) -> None:
    """1 along the line, −1 against it."""
    network = network_of(EAST, oneway=(way,))
    assert (match_segments(rows_of(make_passes, 5, 0, heading), network, SETTINGS)[0] >= 0) == on


@pytest.mark.parametrize("flag", list(Flag))
def test_rows_that_are_not_where_they_say_match_nothing(make_passes: Make, flag: Flag) -> None:
    """A bad position is on no street; other flags do not matter."""
    flags = np.array([0, int(flag), 0], np.uint32)
    found = match_segments(rows_of(make_passes, [0, 5, 10], [0] * 3, 90, flags=flags), network_of(EAST), SETTINGS)
    assert (found >= 0).tolist() == [True, not flag & BAD_POSITION, True]


def test_slow_rows_and_unknown_ones_match_nothing(make_passes: Make) -> None:
    """0.9 m/s is fast enough, less is not; no heading and no place are on no street."""
    speed, heading, x = np.array([0.9, 0.89, 5, 5, 5]), np.array([90, 90, np.nan, 90, 90]), np.arange(5.0)
    x[3] = np.nan
    found = match_segments(rows_of(make_passes, x, np.zeros(5), heading, speed=speed), network_of(EAST), SETTINGS)
    assert (found >= 0).tolist() == [True, False, False, False, True]
    empty = _network(PLANE, [], [], SETTINGS, "roads")
    assert match_segments(rows_of(make_passes, [0.0], [0.0], 90), empty, SETTINGS).tolist() == [-1]


def test_of_many_streets_the_nearest_counts(make_passes: Make) -> None:
    """Nine streets 2 m apart, more than are considered for one row: each row is on its own street."""
    network = network_of(*[[(-300.0, 2.0 * k), (300.0, 2.0 * k)] for k in (4, 7, 0, 2, 8, 1, 3, 6, 5)])
    for line, k in enumerate((4, 7, 0, 2, 8, 1, 3, 6, 5)):
        found = match_segments(rows_of(make_passes, 15.0, 2.0 * k + 0.3, 90), network, SETTINGS)
        assert network.line[np.searchsorted(network.segment, found[0])] == line


def test_cells_of_the_index_lose_no_street(make_passes: Make) -> None:
    """Rows all over a street that runs across many cells, on both sides of the origin, find it."""
    rng = np.random.default_rng(2)
    network = network_of([(-400.0, -333.0), (400.0, 300.0)])
    share, off = rng.random(400), rng.uniform(-14.9, 14.9, 400)
    length = np.hypot(800, 633)
    x = -400 + 800 * share - off * 633 / length
    y = -333 + 633 * share + off * 800 / length
    course = np.degrees(np.arctan2(800, 633))
    found = match_segments(rows_of(make_passes, x, y, course), network, SETTINGS)
    np.testing.assert_array_equal(found, np.minimum(np.floor(share * network.segments), network.segments - 1))


def test_more_rows_than_a_block_are_all_matched(make_passes: Make) -> None:
    """Beyond a hundred thousand rows the rest is matched too, row by row."""
    x = np.tile(np.arange(-299.5, 300.0, 1.0), 180)[:100_700]
    found = match_segments(rows_of(make_passes, x, 0 * x, 90), network_of(EAST), SETTINGS)
    np.testing.assert_array_equal(found, np.floor((x + 300) / 30))
