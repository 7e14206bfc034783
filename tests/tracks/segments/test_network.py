"""Streets cut and drawn: coordinates by hand, and the drawing against a slow version without a table."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.flags import BAD_POSITION, Flag
from ingest.roads.read import Road, Roads
from numerics.plane import Plane
from tracks.schema import Track
from tracks.segments.network import RoadNetwork, _cut, _draw, _touching, cut_roads, roads_of_tracks
from tracks.settings import TrackSettings

Make = Callable[..., xr.Dataset]
SETTINGS = TrackSettings()
PLANE = Plane(104.0, 30.0)


def road(*points: tuple[float, float], oneway: int = 0) -> Road:
    """A street through points in metres from (104 E, 30 N)."""
    lon, lat = PLANE.inverse(*np.array(points, float).T)
    return Road(np.column_stack([lon, lat]), oneway)


def track_of(make_passes: Make, x: np.ndarray, y: np.ndarray | None = None, **changed: object) -> Track:
    """A track whose rows move at 10 m/s towards their next one, unless told."""
    y = np.zeros(len(x)) if y is None else y
    passes = make_passes(x, y, excess={}, **{k: v for k, v in changed.items() if k in ("number", "flags", "t")})
    step = np.diff(np.column_stack([x, y]), axis=0, append=[[np.nan, np.nan]])
    step[-1] = step[-2] if len(x) > 1 else (1, 0)
    course = np.arctan2(step[:, 0], step[:, 1]) % (2 * np.pi)
    passes = passes.assign(
        speed=("obs", np.broadcast_to(changed.get("speed", 10.0), len(x)).astype(float)),
        heading=("obs", np.asarray(changed.get("heading", course), float)),
    )
    return Track(passes, xr.Dataset())


@pytest.mark.parametrize(
    ("points", "edges", "parts"),
    [
        ([(0, 0), (70, 0)], [(0, 0, 35, 0), (35, 0, 70, 0)], [0, 1]),
        ([(0, 0), (0, 44)], [(0, 0, 0, 44)], [0]),
        ([(0, 0), (0, -46)], [(0, 0, 0, -23), (0, -23, 0, -46)], [0, 1]),
        ([(5, 5), (5, 8)], [(5, 5, 5, 8)], [0]),
        ([(0, 0), (30, 0), (60, 0)], [(0, 0, 30, 0), (30, 0, 60, 0)], [0, 1]),
        (
            [(0, 0), (40, 0), (40, 50)],
            [(0, 0, 30, 0), (30, 0, 40, 0), (40, 0, 40, 20), (40, 20, 40, 50)],
            [0, 1, 1, 2],
        ),
        ([(0, 0), (0, 0), (20, 0), (20, 0)], [(0, 0, 20, 0)], [0]),
        ([(3, 3), (3, 3)], [], []),
        ([(3, 3)], [], []),
    ],
)
def test_a_line_is_cut_into_equal_pieces(
    points: list[tuple[float, float]], edges: list[tuple[float, ...]], parts: list[int]
) -> None:
    """Pieces nearest to 30 m, cut at borders and corners, without repeated vertices."""
    found, part = _cut(np.array(points, float), 30.0)
    np.testing.assert_allclose(found, np.array(edges, float).reshape(-1, 4), atol=1e-9)
    assert part.tolist() == parts
    assert part.dtype == np.int64


def test_touching_lines_are_listed_both_ways() -> None:
    """Of four lines three meet at one vertex and one is alone; a centimetre apart is together, five are not."""
    lines = [
        np.array([[0, 0], [10, 0.0]]),
        np.array([[10.004, 0], [20, 0.0]]),
        np.array([[50, 50], [10.0, 0], [60, 60]]),
        np.array([[0, 0.05], [90, 9.0]]),
    ]
    pairs = {(0, 1), (1, 0), (0, 2), (2, 0), (1, 2), (2, 1)}
    assert _touching(lines).tolist() == sorted(4 * a + b for a, b in pairs)
    assert _touching([]).tolist() == []
    assert _touching(lines[:1]).tolist() == []


def test_a_network_by_hand(make_passes: Make) -> None:
    """Edges, lines, segments, ways, contacts and geometry of two streets that meet."""
    track = track_of(make_passes, 10.0 * np.arange(10))
    streets = Roads((road((0, 0), (60, 0), oneway=1), road((60, 0), (60, 20), oneway=-1)))
    network = cut_roads(streets, [track], SETTINGS, plane=PLANE)
    np.testing.assert_allclose(network.edges, [(0, 0, 30, 0), (30, 0, 60, 0), (60, 0, 60, 20)], atol=1e-6)
    assert network.line.tolist() == [0, 0, 1]
    assert network.segment.tolist() == [0, 1, 2]
    assert network.oneway.tolist() == [1, 1, -1]
    assert network.touching.tolist() == [1, 2]
    assert (network.lines, network.segments, network.source, network.plane) == (2, 3, "roads", PLANE)
    lon, lat = PLANE.inverse(np.array([30.0, 60.0]), np.zeros(2))
    np.testing.assert_allclose(
        np.array(network.geometries(np.array([1]))[0].coords), np.column_stack([lon, lat]), atol=1e-9
    )


def test_segments_know_their_streets_and_lengths(make_passes: Make) -> None:
    """Of the lines that are kept; a street that is not near leaves no name behind; tracks have none."""
    track = track_of(make_passes, 10.0 * np.arange(10))
    far = Road(road((9000, 0), (9100, 0)).vertices, name="far")
    named = [
        Road(one.vertices, name=name) for one, name in ((road((0, 0), (70, 0)), "a"), (road((70, 0), (70, 20)), "b"))
    ]
    network = cut_roads(Roads((far, *named)), [track], SETTINGS, plane=PLANE)
    assert network.names == ("a", "b")
    assert [network.street(k) for k in range(network.segments)] == ["a", "a", "b"]
    np.testing.assert_allclose(network.lengths(np.array([2, 0, 1])), [20, 35, 35], rtol=1e-6)
    own = roads_of_tracks([track], SETTINGS)
    assert own.names == () and own.street(0) == ""


def test_lines_of_several_segments_in_the_order_asked_for() -> None:
    """Each with its own vertices, however many; none of none."""
    edges = np.array([[0, 0, 30, 0], [30, 0, 40, 0], [40, 0, 40, 20], [40, 20, 40, 50.0]])
    ints = np.array([0, 1, 1, 2])
    network = RoadNetwork(PLANE, edges, np.zeros(4, int), ints, np.zeros(4, int), np.empty(0, int), "roads")
    last, first, bent = (np.column_stack(PLANE.forward(*np.array(g.coords).T)) for g in network.geometries([2, 0, 1]))
    np.testing.assert_allclose(last, [(40, 20), (40, 50)], atol=1e-6)
    np.testing.assert_allclose(first, [(0, 0), (30, 0)], atol=1e-6)
    np.testing.assert_allclose(bent, [(30, 0), (40, 0), (40, 20)], atol=1e-6)
    assert len(network.geometries(np.empty(0, int))) == 0


def test_a_bent_segment_is_one_line() -> None:
    """The geometry of a segment goes through its corner, and only through its own edges."""
    edges = np.array([[0, 0, 30, 0], [30, 0, 40, 0], [40, 0, 40, 20], [40, 20, 40, 50.0]])
    ints = np.array([0, 1, 1, 2])
    network = RoadNetwork(PLANE, edges, np.zeros(4, int), ints, np.zeros(4, int), np.empty(0, int), "roads")
    x, y = PLANE.forward(*np.array(network.geometries(np.array([1]))[0].coords).T)
    np.testing.assert_allclose(np.column_stack([x, y]), [(30, 0), (40, 0), (40, 20)], atol=1e-6)


def test_no_street_is_an_empty_network(make_passes: Make) -> None:
    """Without streets, without tracks and with a street that is a point there is no segment; numbers go on."""
    track = track_of(make_passes, 10.0 * np.arange(10))
    point = Road(np.array([[104.0, 30.0], [104.0, 30.0]]), 0)
    for roads, tracks in ((Roads(()), [track]), (Roads((road((0, 0), (60, 0)),)), []), (Roads((point,)), [track])):
        network = cut_roads(roads, tracks, SETTINGS)
        assert (network.lines, network.segments, network.edges.shape) == (0, 0, (0, 4))
    both = cut_roads(Roads((point, road((0, 0), (60, 0)))), [track], SETTINGS)
    assert both.segment.tolist() == [0, 1]
    assert both.line.tolist() == [1, 1]


@pytest.mark.parametrize(
    ("points", "near"),
    [
        (((514, 100), (900, 100)), True),
        (((516, 100), (900, 100)), False),
        (((-900, 100), (-14, 100)), True),
        (((-900, 100), (-16, 100)), False),
        (((100, 514), (100, 900)), True),
        (((100, 516), (100, 900)), False),
        (((100, -900), (100, -14)), True),
        (((100, -900), (100, -16)), False),
        (((-3000, 100), (3000, 120)), True),
        (((-3000, 700), (3000, 900)), False),
        (((100, -3000), (120, 3000)), True),
        (((700, -3000), (900, 3000)), False),
    ],
)
def test_streets_within_reach_of_a_cell_with_a_position_are_kept(
    make_passes: Make, points: tuple[tuple[float, float], ...], near: bool
) -> None:
    """One cell of 500 m is driven: a street is kept when its box comes within 15 m of it, on any side."""
    place = track_of(make_passes, np.array([10.0, 480.0]), np.array([10.0, 480.0]))
    assert bool(cut_roads(Roads((road(*points),)), [place], SETTINGS, plane=PLANE).lines) == near
    far = track_of(make_passes, 20_000 + 600.0 * np.arange(200), 20_000 + 600.0 * np.arange(200))
    assert bool(cut_roads(Roads((road(*points),)), [place, far], SETTINGS, plane=PLANE).lines) == near


@pytest.mark.parametrize("flag", list(Flag))
def test_positions_that_are_not_where_they_say_keep_no_street(make_passes: Make, flag: Flag) -> None:
    """The plane and the reach are those of usable positions; a wrong one far away brings no street with it."""
    flags = np.zeros(3, np.uint32)
    flags[0] = flag
    track = track_of(make_passes, np.array([9000.0, 0.0, 10.0]), flags=flags)
    streets = Roads((road((0, 0), (60, 0)), road((9000, 0), (9060, 0))))
    network = cut_roads(streets, [track], SETTINGS)
    bad = bool(flag & BAD_POSITION)
    assert network.lines == (1 if bad else 2)
    assert network.plane.lon == pytest.approx(104 + (0 if bad else 9000) / 96486.3)


# --- streets from tracks ---------------------------------------------------------------------------------------


def slow_draw(
    x: np.ndarray, y: np.ndarray, heading: np.ndarray, new: np.ndarray, reach: float, angle: float, step: float
) -> tuple[list[tuple[float, float]], list[int]]:
    """Every node is looked at for every row; nodes that close a street are not in reach of anybody."""
    nodes: list[tuple[float, float, int, float, bool]] = []
    at: tuple[float, float] | None = None
    drawing, number = False, -1
    for i in range(len(x)):
        if new[i]:
            drawing, at = False, None
        away = np.inf if at is None else np.hypot(x[i] - at[0], y[i] - at[1])
        if away < step:
            continue
        far, at = away > 5 * step, (x[i], y[i])
        best, nearest = None, reach
        for k, (nx, ny, line, towards, open_) in enumerate(nodes):
            off = abs(towards - heading[i]) % np.pi
            near = np.hypot(nx - x[i], ny - y[i])
            own = drawing and line == number and len(nodes) - k <= 6
            fits = open_ and not own and near <= nearest and min(off, np.pi - off) <= angle
            if fits and (best is None or near < nearest):
                best, nearest = k, near
        if best is not None:
            if drawing and not far:
                nodes.append((*nodes[best][:2], number, heading[i], False))
            drawing = False
            continue
        if not drawing or far:
            number, drawing = number + 1, True
        nodes.append((x[i], y[i], number, heading[i], True))
    return [node[:2] for node in nodes], [node[2] for node in nodes]


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([4.0, 8.0, 20.0]))
def test_drawing_is_the_slow_version(seed: int, speed: float) -> None:
    """Random drives that turn, come back, cross themselves and jump: the same nodes on the same streets."""
    rng = np.random.default_rng(seed)
    turn = np.cumsum(
        rng.choice([0.0, 0.3, np.pi / 2, np.pi], 160, p=[0.8, 0.14, 0.04, 0.02]) * rng.choice([-1, 1], 160)
    )
    jump = np.where(rng.random(160) < 0.01, 90.0, 0.0)
    x, y = np.cumsum(speed * np.sin(turn) + jump), np.cumsum(speed * np.cos(turn))
    x, y = x + rng.normal(0, 1, 160), y + rng.normal(0, 1, 160)
    new = rng.random(160) < 0.02
    new[0] = True
    heading = turn % (2 * np.pi)
    nodes, line = _draw(x, y, heading, new, np.array([15.0, np.radians(60), 10.0]))
    expected, lines = slow_draw(x, y, heading, new, 15.0, np.radians(60), 10.0)
    np.testing.assert_allclose(nodes, np.array(expected).reshape(-1, 2))
    assert line.tolist() == lines


@pytest.mark.parametrize(("off", "turned", "streets"), [(14.9, 59, 1), (15.1, 0, 2), (14.9, 61, 2)])
def test_a_second_pass_within_reach_and_angle_draws_nothing(
    make_passes: Make, off: float, turned: float, streets: int
) -> None:
    """The way back beside the way out is on its street up to 15 m and 60°."""
    x = 10.2 * np.arange(60)
    out = track_of(make_passes, x)
    back = track_of(
        make_passes, x[::-1], np.full(60, off), heading=np.full(60, np.radians(270 + turned) % (2 * np.pi))
    )
    network = roads_of_tracks([out, back], SETTINGS)
    assert (network.lines, network.source) == (streets, "tracks")
    length = np.hypot(*(network.edges[:, 2:] - network.edges[:, :2]).T).sum()
    assert length == pytest.approx(601.8 * streets, rel=1e-3)
    assert network.segments == 20 * streets
    assert not network.oneway.any()


def test_a_street_ends_with_its_pass_and_its_track(make_passes: Make) -> None:
    """A new pass, and another track of the same pass number, start a street of their own 20 m further on."""
    x = 10.2 * np.arange(60)
    two = track_of(make_passes, x, number=np.repeat([0, 1], 30))
    assert roads_of_tracks([two], SETTINGS).lines == 2
    halves = [track_of(make_passes, x[:30]), track_of(make_passes, x[30:])]
    assert roads_of_tracks(halves, SETTINGS).lines == 2
    assert roads_of_tracks([track_of(make_passes, x)], SETTINGS).lines == 1


@pytest.mark.parametrize("flag", list(Flag))
def test_only_rows_that_move_where_they_say_draw(make_passes: Make, flag: Flag) -> None:
    """Rows with a bad position, slower than 0.9 m/s, without heading or outside of a pass draw no street."""
    x = 10.2 * np.arange(60)
    flags = np.where(np.arange(60) < 30, np.uint32(flag), np.uint32(0))
    length = 295.8 if flag & BAD_POSITION else 601.8
    assert driven(roads_of_tracks([track_of(make_passes, x, flags=flags)], SETTINGS)) == pytest.approx(
        length, rel=1e-3
    )


def driven(network: RoadNetwork) -> float:
    """Length of all streets, m."""
    return float(np.hypot(*(network.edges[:, 2:] - network.edges[:, :2]).T).sum())


def test_slow_rows_and_rows_without_heading_draw_nothing(make_passes: Make) -> None:
    """0.9 m/s moves, a little less does not; no heading and no pass are left out; nothing at all is empty."""
    x = 10.2 * np.arange(60)
    half = np.arange(60) < 30
    for changed, length in (
        ({"speed": np.where(half, 0.9, 5.0)}, 601.8),
        ({"speed": np.where(half, 0.89, 5.0)}, 295.8),
        ({"heading": np.where(half, np.nan, np.pi / 2)}, 295.8),
        ({"number": np.where(half, -1, 0)}, 295.8),
        ({"number": np.where(half, 0, 1)}, 581.4),
        ({"speed": 0.0}, 0),
    ):
        assert driven(roads_of_tracks([track_of(make_passes, x, **changed)], SETTINGS)) == pytest.approx(
            length, rel=1e-3
        )
    assert roads_of_tracks([], SETTINGS).segments == 0
