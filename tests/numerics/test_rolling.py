"""Moving percentiles, means of blocks and the way back to rows, against slow obvious versions."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from numerics.rolling import block_means, interpolate_rows, rolling_percentile, windowed_median


@pytest.mark.parametrize("percentile", [0.0, 10.0, 49.9, 50.0, 50.1, 90.0, 100.0])
@pytest.mark.parametrize(("before", "after"), [(150.0, 150.0), (0.0, 400.0), (400.0, 0.0), (3.0, 2.0)])
def test_wide_windows_give_numpys_percentile(percentile: float, before: float, after: float) -> None:
    """Windows of hundreds of rows that climb, fall and repeat: numpy's percentile of each, to the last digit."""
    rng = np.random.default_rng(4)
    t = np.cumsum(rng.choice([1.0, 2.0, 30.0], 400, p=[0.8, 0.19, 0.01]))
    values = np.round(np.cumsum(rng.normal(size=400)) + 20 * np.sin(t / 300), 1)
    found = rolling_percentile(t, values, before_s=before, after_s=after, percentile=percentile)
    slow = [np.percentile(values[(t >= x - before) & (t <= x + after)], percentile) for x in t]
    np.testing.assert_allclose(found, slow, atol=1e-9)


@given(
    st.lists(st.tuples(st.sampled_from([1.0, 2.0, 40.0, 5000.0]), st.integers(-9, 9)), max_size=80),
    st.sampled_from([(0.0, 0.0), (12.0, 12.0), (0.0, 300.0), (90.0, 0.0)]),
)
def test_windows_that_grow_shrink_and_jump_give_numpys_median(
    rows: list[tuple[float, int]], reach: tuple[float, float]
) -> None:
    """Rows a second to more than a window apart, with many ties: the median of each window sorted anew."""
    t, values = np.cumsum([step for step, _ in rows]), np.array([value for _, value in rows], float)
    found = windowed_median(t, values, before_s=reach[0], after_s=reach[1])
    assert found.tolist() == [np.median(values[(t >= x - reach[0]) & (t <= x + reach[1])]) for x in t]


def test_the_window_holds_both_of_its_ends() -> None:
    """A value exactly before_s earlier or after_s later is in the window; a little further is not."""
    t, values = np.array([0.0, 2.0, 5.0]), np.array([1.0, 5.0, 0.0])
    assert rolling_percentile(t, values, before_s=2, after_s=3, percentile=0).tolist() == [1, 0, 0]
    assert rolling_percentile(t, values, before_s=1.9, after_s=2.9, percentile=0).tolist() == [1, 5, 0]
    assert rolling_percentile(t, values, before_s=2, after_s=3, percentile=100).tolist() == [5, 5, 0]


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 60), st.sampled_from([0.5, 1.0, 7.0]), st.integers(0, 10_000))
def test_blocks_are_the_groups_of_a_table(n: int, step: float, seed: int) -> None:
    """Mean time and value of what is usable and known, grouped by the block of time."""
    rng = np.random.default_rng(seed)
    t = np.append(0.0, np.cumsum(rng.choice([0.25, 0.5, 3.0], n)))[:n]
    values = np.where(rng.random(n) < 0.2, np.nan, rng.normal(size=n))
    usable = rng.random(n) < 0.7
    table = pd.DataFrame({"t": t, "v": values})[usable].dropna()
    means = table.groupby(np.floor(table["t"] / step)).mean()
    times, found = block_means(t, values, usable, step)
    np.testing.assert_allclose(times, means["t"])
    np.testing.assert_allclose(found, means["v"], atol=1e-12)


def test_a_row_at_the_border_begins_a_block() -> None:
    """Tenths of a second, which doubles hold only nearly, give blocks of ten rows; a slow trace keeps its values."""
    t = 0.1 * np.arange(100)
    times, means = block_means(t, np.arange(100.0), np.ones(100, bool), 1.0)
    np.testing.assert_allclose(times, 0.45 + np.arange(10))
    np.testing.assert_allclose(means, 4.5 + 10 * np.arange(10))
    slow = block_means(np.array([0.0, 60.0, 90.0]), np.array([3.0, 1.0, 2.0]), np.ones(3, bool), 1.0)
    assert [part.tolist() for part in slow] == [[0, 60, 90], [3, 1, 2]]


def test_nothing_usable_has_no_blocks() -> None:
    """No row, and no usable row, give no block."""
    for n in (0, 5):
        times, means = block_means(np.arange(float(n)), np.ones(n), np.zeros(n, bool), 1.0)
        assert (len(times), len(means)) == (0, 0)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 20), st.integers(0, 40), st.integers(0, 10_000))
def test_rows_between_blocks_are_numpys_interpolation(blocks: int, rows: int, seed: int) -> None:
    """Linear between blocks and constant beyond, at the blocks' own times too."""
    rng = np.random.default_rng(seed)
    times = np.cumsum(rng.choice([0.5, 1.0, 4.0], blocks))
    values = rng.normal(size=blocks)
    t = np.sort(np.append(rng.uniform(-2, times[-1] + 2, rows), times))
    np.testing.assert_allclose(interpolate_rows(t, times, values), np.interp(t, times, values), atol=1e-12)


def test_rows_without_blocks_are_not_known() -> None:
    """Without a block every row is NaN."""
    assert np.isnan(interpolate_rows(np.arange(3.0), np.empty(0), np.empty(0))).tolist() == [True] * 3
