"""Two levels of a record, and in which share of its intervals the upper one held."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from numerics.on_off import chance_any, runs_of, share_on, split_levels

HOURS = np.arange(24 * 14)
DAY_WORK = (HOURS % 24 >= 8) & (HOURS % 24 < 18)


def record(off: float, on: float, seed: int = 1) -> np.ndarray:
    """Two weeks of a machine that works by day, whose load scatters by a tenth."""
    return np.where(DAY_WORK, on, off) * np.exp(np.random.default_rng(seed).normal(0.0, 0.1, len(HOURS)))


@pytest.mark.parametrize("off", [0.0, 0.03, 3.0, 12.0])
def test_levels_are_those_of_standing_and_running(off: float) -> None:
    """Whatever standby a machine takes, nothing or an eighth of its load, both levels are found to a twentieth."""
    levels = split_levels(record(off, 100.0))
    assert levels is not None
    assert levels.off == pytest.approx(off, rel=0.05)
    assert levels.on == pytest.approx(100.0, rel=0.05)


@given(scale=st.floats(1e-3, 1e6), seed=st.integers(0, 20))
@settings(max_examples=30, deadline=None)
def test_another_unit_changes_nothing(scale: float, seed: int) -> None:
    """A record in W or MW instead of kW has the same shares."""
    values = record(6.0, 100.0, seed)
    levels, scaled = split_levels(values), split_levels(scale * values)
    assert levels is not None and scaled is not None
    np.testing.assert_allclose(share_on(scale * values, scaled), share_on(values, levels), atol=1e-6)


def test_time_reversed_is_the_same_reversed() -> None:
    """What a machine did does not depend on the direction in which its record is read."""
    values = record(6.0, 100.0)
    values[5::31] = 55.0
    levels = split_levels(values)
    assert levels is not None
    np.testing.assert_allclose(share_on(values[::-1], levels)[::-1], share_on(values, levels), atol=0.02)


@pytest.mark.parametrize("values", [np.full(50, 80.0), np.zeros(50), record(90.0, 100.0), np.array([1.0, 100.0])])
def test_one_level_is_not_split(values: np.ndarray) -> None:
    """A record that never changes, one whose load scatters, and one of two values know one level."""
    assert split_levels(values) is None


def test_nothing_and_standby_are_one_state() -> None:
    """Zero at weekends, 6 % by night: what runs is the load, not the standby."""
    values = np.where(HOURS // 24 % 7 >= 5, 0.0, record(6.0, 100.0))
    levels = split_levels(values)
    assert levels is not None
    ran = share_on(values, levels) > 0.5
    np.testing.assert_array_equal(ran, DAY_WORK & (HOURS // 24 % 7 < 5))


def test_a_mean_between_both_levels_is_a_share() -> None:
    """An hour at 40 between 0 and 100 ran for 40 % of it."""
    values = np.array([0.0] * 6 + [40.0] + [100.0] * 6 + [0.0] * 5)
    levels = split_levels(values)
    assert levels is not None
    assert share_on(values, levels)[6] == pytest.approx(0.4, abs=0.02)


def test_batches_do_not_lower_the_running_level() -> None:
    """Where every second hour holds a change, the running level is still that of the full hours."""
    rng = np.random.default_rng(3)
    part = np.where(HOURS % 2 == 0, rng.uniform(0.05, 0.95, len(HOURS)), 1.0)
    values = np.where(HOURS % 24 < 12, 4.0, 4.0 + 96.0 * part) * np.exp(rng.normal(0.0, 0.05, len(HOURS)))
    levels = split_levels(values)
    assert levels is not None
    assert levels.on == pytest.approx(100.0, rel=0.08)


def test_a_missing_value_says_nothing() -> None:
    """Its share is NaN, and its neighbours keep theirs."""
    values = record(0.0, 100.0)
    values[[10, 30]] = np.nan
    levels = split_levels(values)
    assert levels is not None
    share = share_on(values, levels)
    assert np.flatnonzero(np.isnan(share)).tolist() == [10, 30]
    assert share[9] > 0.95 and share[31] < 0.05


def test_a_day_of_little_energy_may_have_had_some() -> None:
    """A tenth of the usual energy means that it ran, not that it ran all day."""
    energy = np.array([1000.0, 1100, 950, 1020, 0, 0, 990, 100, 1010, 1000, 0, 1000])
    levels = split_levels(energy)
    assert levels is not None
    assert chance_any(energy, levels)[7] > 0.9
    assert share_on(energy, levels)[7] == pytest.approx(0.1, abs=0.05)


@given(st.lists(st.booleans(), max_size=40))
def test_runs_are_those_that_a_loop_finds(mask: list[bool]) -> None:
    """Held against the slow way."""
    expected, start = [], None
    for at, value in enumerate([*mask, False]):
        if value and start is None:
            start = at
        elif not value and start is not None:
            expected.append((start, at))
            start = None
    first, stop = runs_of(np.array(mask, np.bool_))
    assert list(zip(first.tolist(), stop.tolist(), strict=True)) == expected
