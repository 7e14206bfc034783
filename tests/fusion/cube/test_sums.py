"""Points onto cells."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fusion.cube.partials import sum_by_cell
from fusion.cube.sums import tabulate


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10_000), st.integers(1, 60))
def test_partials_of_a_cell_are_those_of_its_samples(seed: int, n: int) -> None:
    """Every layer against the slow way, cell by cell."""
    rng = np.random.default_rng(seed)
    cells, values, background, seconds = rng.integers(-1, 9, n), rng.normal(size=n), rng.random(n), rng.random(n)
    parts = sum_by_cell(cells, values, background, seconds, size=8)
    assert parts.cells.tolist() == sorted({int(c) for c in cells if 0 <= c < 8})
    for k, cell in enumerate(parts.cells):
        here = cells == cell
        slow = here.sum(), values[here].sum(), (values[here] ** 2).sum(), values[here].max(), background[here].sum()
        got = parts.count[k], parts.sum[k], parts.sum_squares[k], parts.max[k], parts.background_sum[k]
        assert got == pytest.approx(slow)
        assert parts.visited_at[k] == seconds[here].min()


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
