"""Back-trajectories in the wind of the drive."""

from __future__ import annotations

import numpy as np
import pytest

from fusion.air import trajectory
from fusion.air.dispersion import Plume
from fusion.air.trajectory import WindHistory, back_paths, wind_history

FLAT = Plume(np.array([1.0, 2000.0]), np.ones(2), np.ones(2), np.array([2.0, 2.0]))
"""A plume that is carried by 2 m/s at every distance."""


def test_wind_is_smoothed_over_the_seconds_beside_each_reading() -> None:
    """A centred mean with both ends of the window in; rows without wind or time are left out."""
    time = np.array([0.0, 1.0, 2.0, 4.0, np.nan, 8.0, 8.5])
    u = np.array([1.0, 3.0, np.nan, 5.0, 99.0, 7.0, 9.0])
    v = np.array([0.0, 2.0, 50.0, np.nan, 99.0, 4.0, 8.0])
    found = wind_history(time, u, v, np.array([0.3, 0.4, 9.0, 9.0, 9.0, np.nan, 1.2]), smooth_s=2.0)
    assert found.time.tolist() == [0.0, 1.0, 8.0, 8.5]
    assert found.u.tolist() == [2.0, 2.0, 8.0, 8.0] and found.v.tolist() == [1.0, 1.0, 6.0, 6.0]
    assert found.sd == pytest.approx(np.sqrt((0.09 + 0.16 + 1.44) / 3)) and found.known
    narrow = wind_history(time, u, v, np.full(7, np.nan), smooth_s=1.9)
    assert narrow.u.tolist() == [1.0, 3.0, 8.0, 8.0] and np.isnan(narrow.sd)


def test_no_wind_is_known_to_be_none() -> None:
    """Not a single row: empty arrays, an unknown error."""
    nothing = wind_history(np.arange(3.0), np.full(3, np.nan), np.zeros(3), np.ones(3), smooth_s=2.0)
    assert not nothing.known and nothing.time.size == nothing.u.size == nothing.v.size == 0 and np.isnan(nothing.sd)


def test_wind_between_readings_is_drawn_straight_and_held_at_the_ends() -> None:
    """A quarter of the way, before and after."""
    u, v = WindHistory(np.array([10.0, 14.0]), np.array([2.0, 6.0]), np.array([-1.0, 3.0]), 0.1).at(
        np.array([0.0, 11.0, 99.0])
    )
    assert (u.tolist(), v.tolist()) == ([2.0, 3.0, 6.0], [-1.0, 0.0, 3.0])


@pytest.mark.parametrize(
    ("reach", "lengths"),
    [(5.0, [10.0]), (10.0, [10.0]), (10.1, [10.0, 20.0]), (60.0, [10.0, 20.0, 30.0, 40.0, 50.0, 60.0]),
     (80.0, [10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 72.0, 86.4])],
)  # fmt: skip
def test_paths_grow_by_a_fifth_from_steps_of_ten_metres(reach: float, lengths: list[float]) -> None:
    """The last node is the first at the reach or beyond."""
    assert trajectory._path_lengths(reach) == pytest.approx(lengths)


def test_a_path_in_steady_wind_is_straight() -> None:
    """Places upwind at the lengths, direction as it blows, age by the transport wind, reach half of a step."""
    wind = WindHistory(np.array([0.0]), np.array([3.0]), np.array([-4.0]), 0.1)
    found = back_paths(
        np.array([100.0, 7.0]), np.array([50.0, 9.0]), np.array([0.0, 60.0]), wind, FLAT, 5.0, reach_m=80.0
    )
    length = np.array([10.0, 20, 30, 40, 50, 60, 72, 86.4])
    for k, (x, y) in enumerate([(100.0, 50.0), (7.0, 9.0)]):
        np.testing.assert_allclose(found.x[k], x - 0.6 * length)
        np.testing.assert_allclose(found.y[k], y + 0.8 * length)
        np.testing.assert_allclose(found.length[k], length)
        np.testing.assert_allclose(found.age[k], length / 2.0)  # two of five parts of 5 m/s
        np.testing.assert_allclose(found.reach[k], [5, 5, 5, 5, 5, 6, 7.2, 7.2])
        assert np.ptp(found.cos[k]) == 0 and (found.cos[k, 0], found.sin[k, 0]) == pytest.approx((0.6, -0.8))


def test_the_share_of_the_wind_that_carries_follows_the_distance() -> None:
    """A plume that is carried faster as it rises: steps of 10 m at the share of each length."""
    rising = Plume(np.array([10.0, 30.0]), np.ones(2), np.ones(2), np.array([1.0, 3.0]))
    wind = WindHistory(np.array([0.0]), np.array([4.0]), np.array([0.0]), 0.1)
    found = back_paths(np.zeros(1), np.zeros(1), np.zeros(1), wind, rising, 2.0, reach_m=30.0)
    np.testing.assert_allclose(found.age[0], np.cumsum([10 / 2.0, 10 / 4.0, 10 / 6.0]))
    light = back_paths(np.zeros(1), np.zeros(1), np.zeros(1), wind, rising, 0.0, reach_m=10.0)
    np.testing.assert_allclose(light.age[0], 10 / 40.0)  # a table of no wind counts as one of a tenth


def test_a_path_turns_with_the_wind_of_its_time() -> None:
    """Air met at 100 s blew from the west for the last 5 s at 2 m/s, and from the south before."""
    wind = WindHistory(np.array([0.0, 94.9, 95.0, 100.0]), np.array([0.0, 0, 2, 2]), np.array([2.0, 2, 0, 0]), 0.1)
    found = back_paths(np.array([0.0]), np.array([0.0]), np.array([100.0]), wind, FLAT, 2.0, reach_m=30.0)
    np.testing.assert_allclose(found.x[0], [-10.0, -20.0, -20.0])
    np.testing.assert_allclose(found.y[0], [0.0, 0.0, -10.0])
    np.testing.assert_allclose(found.age[0], [5.0, 10.0, 15.0])
    assert found.cos[0].tolist() == [1.0, 1.0, 0.0] and found.sin[0].tolist() == [0.0, 0.0, 1.0]


def test_still_air_creeps_from_the_west() -> None:
    """Without any wind the path has a direction, and moves at 0.2 m/s."""
    wind = WindHistory(np.array([0.0]), np.array([0.0]), np.array([0.0]), 0.1)
    found = back_paths(np.zeros(1), np.zeros(1), np.zeros(1), wind, FLAT, 2.0, reach_m=10.0)
    assert (found.x[0, 0], found.y[0, 0], found.cos[0, 0], found.sin[0, 0]) == (-10.0, 0.0, 1.0, 0.0)
    assert found.age[0, 0] == pytest.approx(50.0)
