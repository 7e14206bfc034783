"""The simulated vehicle's way: tours, laps, lights, speed, and where its receiver says that it is."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely

from onevisit.truth.simulate.drives.laps import drive_streets, follow_way, measure_positions, tour_of_crossings
from onevisit.truth.simulate.world import SIZES, World, build_world
from tests.onevisit.truth.dice import Dice
from tests.onevisit.truth.vehicle_world import straight_drive


def test_a_turned_tour_swaps_rows_and_columns() -> None:
    """By hand on two rows of three: the first column is kept for the way back, or the first row."""
    assert tour_of_crossings(2, 3, turned=False) == [(0, 0), (0, 1), (0, 2), (1, 2), (1, 1), (1, 0)]
    assert tour_of_crossings(3, 2, turned=True) == [(0, 0), (1, 0), (2, 0), (2, 1), (1, 1), (0, 1)]


def test_a_vehicle_speeds_up_brakes_for_corners_and_waits() -> None:
    """From rest by 1.4 m/s a second to 7.8; to 3 m/s before a corner by v² = 3² + 2 · 1.3 · way left."""
    points = np.array([[0.0, 0.0], [200.0, 0.0], [200.0, 100.0]])
    drive = follow_way(points, np.array([0, 0, 1]), Dice(0.5), 1000)  # type: ignore[arg-type]
    assert drive.speed[:7] == pytest.approx([0.0, 1.4, 2.8, 4.2, 5.6, 7.0, 7.8])
    along = np.concatenate([[0.0], np.cumsum(drive.speed[1:])])
    for k in range(1, len(drive.speed) - 1):
        ahead = next(corner for corner in (200.0, 300.0) if corner > along[k - 1]) - along[k - 1]
        allowed = min(7.8, math.sqrt(9.0 + 2.6 * ahead))
        assert drive.speed[k] == pytest.approx(np.clip(allowed, drive.speed[k - 1] - 2.2, drive.speed[k - 1] + 1.4))
    assert along[-1] >= 300.0 > along[-2]
    turn = int(np.argmax(along >= 200.0))
    assert np.degrees(drive.heading_rad[turn - 1]) == pytest.approx(90.0)
    assert np.degrees(drive.heading_rad[turn + 1]) == pytest.approx(0.0)
    assert drive.lap.tolist() == [0] * len(drive.lap)
    assert drive.x[3] == pytest.approx(np.mean(np.cumsum(drive.speed)[2:5]))


def test_lights_stop_a_vehicle_at_one_corner_in_six() -> None:
    """A throw below 0.16 is a stop, of 22 s on average; at 0.16 there is none."""
    points = np.array([[0.0, 0.0], [100.0, 0.0], [200.0, 0.0]])
    waits = {
        share: int((follow_way(points, np.zeros(3, int), Dice(share), 1000).speed == 0).sum()) - 1  # type: ignore[arg-type]
        for share in (0.159, 0.16)
    }
    assert waits == {0.159: 22, 0.16: 0}


def test_a_drive_ends_at_its_limit() -> None:
    """However long the way is."""
    points = np.array([[0.0, 0.0], [1e5, 0.0]])
    assert len(follow_way(points, np.zeros(2, int), Dice(0.5), 50).x) == 50  # type: ignore[arg-type]


def test_laps_go_round_by_turns_and_end_where_they_began(world: World) -> None:
    """A tour, the turned one, and both backwards; lap by lap."""
    drive = drive_streets(world, 4, Dice(0.5))  # type: ignore[arg-type]
    assert set(drive.lap) == {0, 1, 2, 3}
    corners = {lap: [] for lap in range(4)}  # type: dict[int, list[tuple[int, int]]]
    for x, y, lap in zip(drive.x, drive.y, drive.lap, strict=True):
        place = (round(x / 100), round(y / 100))
        if math.dist((x, y), (100.0 * place[0], 100.0 * place[1])) < 12 and corners[lap][-1:] != [place]:
            corners[lap].append(place)
    assert corners[0][:4] == [(0, 0), (1, 0), (1, 1), (0, 1)]
    assert corners[1][:4] == [(0, 0), (0, 1), (1, 1), (1, 0)]
    assert corners[2][:4] == [(0, 0), (0, 1), (1, 1), (1, 0)]
    assert corners[3][:4] == [(0, 0), (1, 0), (1, 1), (0, 1)]
    assert (drive.x[-1], drive.y[-1]) == pytest.approx((0.0, 0.0), abs=8.0)


def test_a_drive_keeps_to_its_window_of_crossings() -> None:
    """Two by two crossings from the second row and column on."""
    wide = build_world(SIZES["demo"], np.random.default_rng(1))
    drive = drive_streets(wide, 1, np.random.default_rng(2), corner=(1, 2), span=(2, 2))
    part = shapely.MultiPoint(wide.nodes[1:3, 2:4].reshape(-1, 2)).convex_hull.buffer(1.0)
    assert shapely.contains_xy(part, drive.x, drive.y).all()


def test_fixes_wander_jump_and_are_lost() -> None:
    """At one end of the dice: 8 s of a jump of 35 m to the north from second 30 on, then ten seconds without."""
    drive = straight_drive(np.arange(200.0))
    fixes = measure_positions(drive, Dice(0.0), jumps=1, tunnels=0)  # type: ignore[arg-type]
    off = np.zeros(200)
    off[30:38] = 35.0
    assert fixes.jumps == ((30, 38),) and fixes.tunnels == ()
    assert fixes.x.tolist() == drive.x.tolist() and fixes.y == pytest.approx(off)
    fixes = measure_positions(drive, Dice(0.0), jumps=0, tunnels=1)  # type: ignore[arg-type]
    assert fixes.tunnels == ((30, 40),) and np.flatnonzero(np.isnan(fixes.x)).tolist() == list(range(30, 40))
    assert np.isnan(fixes.y[30:40]).all()


def test_jumps_and_tunnels_are_no_longer_than_said() -> None:
    """At the other end: 24 s of 90 m, 34 s without, from a minute before the end."""
    drive = straight_drive(np.arange(200.0))
    fixes = measure_positions(drive, Dice(1.0), jumps=1, tunnels=1)  # type: ignore[arg-type]
    assert fixes.jumps == ((139, 163),) and fixes.tunnels == ((139, 173),)
    fixes = measure_positions(drive, Dice([1.0, 1.0, 0.25, 1.0]), jumps=1, tunnels=0)  # type: ignore[arg-type]
    assert np.flatnonzero(fixes.x - drive.x > 1).tolist() == list(range(139, 163))
    assert fixes.x[139:163] - drive.x[139:163] == pytest.approx(np.full(24, 90.0))
    assert fixes.y == pytest.approx(np.zeros(200), abs=1e-9)


def test_a_receiver_wanders_by_metres_and_scatters_by_decimetres() -> None:
    """1.4 m of slow error and 0.25 m of noise per axis; 6 m more within a jump."""
    drive = straight_drive(np.zeros(3))
    fixes = measure_positions(drive, Dice(z=1.0), jumps=0, tunnels=0)  # type: ignore[arg-type]
    keep = math.exp(-1 / 90)
    second = 1.4 * keep + 1.4 * math.sqrt(1 - keep**2)
    for axis in (fixes.x, fixes.y):
        assert axis[:2] == pytest.approx([1.65, second + 0.25])
    drive = straight_drive(np.zeros(200))
    calm, jumped = (measure_positions(drive, Dice(z=1.0), jumps=k, tunnels=0) for k in (0, 1))  # type: ignore[arg-type]
    assert (jumped.x - calm.x)[30:38] == pytest.approx(np.full(8, 6.0))
    assert (jumped.y - calm.y)[30:38] == pytest.approx(np.full(8, 41.0))
