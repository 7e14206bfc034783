"""Points onto places."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fusion.cube.partials import LAYERS, sum_by_place
from fusion.cube.sums import tabulate


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10_000), st.integers(1, 60), st.sampled_from([1, 7, 10**12]))
def test_sums_of_a_place_are_those_of_its_samples(seed: int, n: int, apart: int) -> None:
    """Every layer against the slow way, place by place, close together and far apart."""
    rng = np.random.default_rng(seed)
    places, values, background, seconds = rng.integers(3, 12, n) * apart, *rng.normal(size=(3, n))
    touched = sum_by_place(places, values, background, seconds)
    assert touched.places.tolist() == sorted({int(place) for place in places})
    for place, got in zip(touched.places, touched.sums, strict=True):
        here = [k for k in range(n) if places[k] == place]
        total, squares, below = 0.0, 0.0, 0.0
        for k in here:
            total, squares, below = total + values[k], squares + values[k] * values[k], below + background[k]
        assert got[:5].tolist() == pytest.approx([len(here), total, squares, max(values[here]), below], rel=1e-14)
        assert got[5] == min(seconds[here])


def test_nothing_leaves_no_place() -> None:
    """No sample, no row, and the columns are there."""
    none = np.empty(0)
    touched = sum_by_place(none.astype(np.int64), none, none, none)
    assert touched.places.size == 0 and touched.sums.shape == (0, len(LAYERS))


def test_a_table_is_filled_column_by_column() -> None:
    """Count, sum, squares, largest, background and first time; what stood there before is added to."""
    table = np.zeros((2, 6))
    table[:, 3], table[:, 5] = -np.inf, np.inf
    one = np.array([1, 1]), np.array([-3.0, -2.0]), np.array([5.0, 6.0]), np.array([8.0, 4.0])
    tabulate(*one, table)
    assert table[1].tolist() == [2.0, -5.0, 13.0, -2.0, 11.0, 4.0]
    tabulate(np.array([1]), np.array([-4.0]), np.array([1.0]), np.array([9.0]), table)
    assert table[1].tolist() == [3.0, -9.0, 29.0, -2.0, 12.0, 4.0]
    assert table[0].tolist() == [0.0, 0.0, 0.0, -np.inf, 0.0, np.inf]
