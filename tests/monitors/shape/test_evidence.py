"""Evidence in nats: counted against the series itself, whatever its level and unit."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.shape.constant import weigh_holds
from monitors.shape.evidence import NORMAL_TAIL, Floats, detection_limit, nats_beyond, resolution_of, spread_over
from monitors.shape.outliers import weigh_outliers
from numerics.rolling import centred_median


def _noise(seed: int, n: int = 600) -> Floats:
    return np.random.default_rng(seed).normal(0.0, 1.0, n)


def test_a_tail_of_a_power_law_gives_its_own_chances() -> None:
    """Where the 90 % quantile is 1 and that of 99 % is 10 the tail is 1 / x: 10 is one in 100, 100 one in 1 000."""
    nats = nats_beyond(np.r_[np.full(905, 1.0), np.full(90, 10.0), np.full(5, 100.0)])
    assert nats[950] == pytest.approx(2 * np.log(10))
    assert nats[999] == pytest.approx(3 * np.log(10))


def test_no_tail_is_lighter_than_that_of_a_normal_deviation() -> None:
    """A deviation of e times the 90 % quantile has 1 / 0.2 nats more than that quantile, if tails end there."""
    deviation = np.r_[np.linspace(0.0, 1.0, 999), np.e * 0.9]
    nats = nats_beyond(deviation, least_tail=NORMAL_TAIL)
    assert nats[-1] == pytest.approx(np.log(10) + 5.0, abs=0.05)


@pytest.mark.parametrize("deviation", [np.zeros(0), np.zeros(5)])
def test_nothing_deviates_from_nothing(deviation: Floats) -> None:
    """No rows and rows that never move have no evidence."""
    assert not nats_beyond(deviation).any()


def test_resolution_is_the_smallest_usual_change() -> None:
    """Values in steps of 0.05 have this resolution, a constant has none."""
    assert resolution_of(np.array([1.0, 1.05, 1.15, 1.1, 1.1])) == pytest.approx(0.05, abs=1e-3)
    assert resolution_of(np.full(9, 3.0)) == 0.0


def test_a_detection_limit_is_seen_by_what_stands_for_less() -> None:
    """1.5 for less than 3; a lowest value that does not come again, or lies close to the next, stands for nothing."""
    assert detection_limit(np.array([1.5] * 5 + [3.0, 3.1, 4.2])) == 3.0
    assert detection_limit(np.array([1.5] * 4 + [3.0, 3.1, 4.2])) == 0.0
    assert detection_limit(np.array([2.5] * 5 + [3.0, 3.1, 4.2])) == 0.0
    assert detection_limit(np.array([1.5] * 9)) == detection_limit(np.zeros(9)) == 0.0


def test_evidence_spreads_over_its_neighbours() -> None:
    """Two rows to either side take the strongest of their neighbours."""
    assert spread_over(np.array([0.0, 0, 0, 5, 0, 0, 0]), 2).tolist() == [0, 5, 5, 5, 5, 5, 0]


@given(st.lists(st.integers(-50, 50), min_size=1, max_size=60), st.integers(1, 12))
def test_the_centred_median_is_that_of_pandas(values: list[int], half: int) -> None:
    """The window that is kept sorted gives what sorting each window gives, short ends included."""
    v = np.array(values, float)
    slow = pd.Series(v).rolling(2 * half + 1, center=True, min_periods=1).median().to_numpy()
    assert np.allclose(centred_median(v, half), slow)


@given(st.integers(0, 200), st.floats(0.01, 100.0), st.floats(-1000.0, 1000.0))
def test_level_and_unit_change_nothing(seed: int, times: float, more: float) -> None:
    """A series that is scaled and shifted leaves its curve in the same rows by the same evidence."""
    v = _noise(seed, 200)
    one, other = weigh_outliers(v, resolution_of(v)), weigh_outliers(times * v + more, times * resolution_of(v))
    for a, b in ((one.spike, other.spike), (one.pulse, other.pulse), (one.shift, other.shift)):
        assert np.allclose(a, b, atol=1e-4)


def test_a_spike_read_backwards_is_the_same_spike() -> None:
    """Spike and pulse do not depend on the direction of time."""
    v = _noise(7)
    v[200], v[400:404] = 15.0, -12.0
    there, back = weigh_outliers(v, 0.0), weigh_outliers(v[::-1], 0.0)
    assert np.allclose(there.spike, back.spike[::-1])
    assert np.allclose(there.pulse, back.pulse[::-1])
    assert int(np.argmax(there.spike)) == 200
    assert (there.pulse[400:404] > 8.0).all()


def test_a_step_is_a_shift_and_no_pulse() -> None:
    """A level that stays has no way back: its first rows are no pulse, the change is the strongest shift."""
    v = _noise(3, 8000)
    v[300:] += 20.0
    weighed = weigh_outliers(v, 0.0)
    assert weighed.shift[295:305].min() > 10.0
    assert weighed.pulse[300:310].max() < 5.0


def test_a_held_value_is_counted_in_the_habit_of_the_series() -> None:
    """In 44 rows of which 3 repeat p is 4 / 46, and three repeats are 3 ln(46 / 4) nats; a cycle is silent."""
    held = weigh_holds(np.r_[np.arange(20.0), [20.0] * 4, np.arange(20.0)])
    assert held[20:24] == pytest.approx(3 * np.log(46 / 4))
    assert not held[:20].any()
    cycle = weigh_holds(np.repeat(np.arange(300.0), 2))
    assert cycle.max() < 1.0
    assert weigh_holds(np.full(500, 3.0)).max() < 2.0


@pytest.mark.parametrize("values", [np.zeros(0), np.ones(1)])
def test_one_value_is_not_held(values: Floats) -> None:
    """An empty series and one value have nothing that could repeat."""
    assert not weigh_holds(values).any()
