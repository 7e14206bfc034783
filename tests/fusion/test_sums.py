"""Points onto cells."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fusion.partials import sum_by_cell
from fusion.sums import sum_blocks, tabulate
from ingest.errors import ContractError


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10_000), st.integers(0, 60), st.integers(1, 5))
def test_blocks_add_up_to_bincount(seed: int, n: int, blocks: int) -> None:
    """However the points are cut into blocks, counts and sums are those of numpy; off the grid and NaN stay out."""
    rng = np.random.default_rng(seed)
    cells, values = rng.integers(-2, 12, n), rng.normal(size=n)
    values[rng.random(n) < 0.1] = np.nan
    whole = sum_blocks(zip(np.array_split(cells, blocks), np.array_split(values, blocks), strict=True), size=10)
    use = (cells >= 0) & (cells < 10) & np.isfinite(values)
    np.testing.assert_array_equal(whole.count, np.bincount(cells[use], minlength=10))
    np.testing.assert_allclose(whole.sum, np.bincount(cells[use], values[use], minlength=10))
    assert np.isnan(whole.mean()[whole.count == 0]).all()


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


def test_a_block_of_unequal_lengths_is_refused() -> None:
    """A value without a cell is a broken contract."""
    with pytest.raises(ContractError, match="one cell for each value"):
        sum_blocks([(np.zeros(2, np.int64), np.zeros(3))], size=4)


def test_the_first_and_the_last_cell_count_and_those_beyond_do_not() -> None:
    """Cells −1 and 4 of four are off the grid; NaN and infinity are passed over; without blocks there is nothing."""
    cells = np.array([-1, 0, 3, 3, 4, 1, 2])
    values = np.array([9.0, 1.0, 2.0, 5.0, 9.0, np.nan, np.inf])
    found = sum_blocks([(cells, values), (cells[:2], values[:2])], size=4)
    assert (found.count.tolist(), found.sum.tolist()) == ([2.0, 0.0, 0.0, 2.0], [2.0, 0.0, 0.0, 7.0])
    np.testing.assert_array_equal(found.mean(), [1.0, np.nan, np.nan, 3.5])
    assert sum_blocks([], size=2).count.tolist() == [0.0, 0.0]


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
