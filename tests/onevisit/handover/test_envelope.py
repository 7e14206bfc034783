"""Series reduced without losing a peak: exactly at the edges of a slice, and against a slow obvious version."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onevisit.handover.page.envelope import bin_index, envelope, highest_rows


def test_slices_are_of_equal_duration_and_hold_their_start() -> None:
    """Ten seconds in five slices: 2 s belong to the second, the last moment to the last."""
    time = np.array([0.0, 1.99, 2.0, 3.99, 4.0, 8.0, 9.99, 10.0])
    assert bin_index(time, 5).tolist() == [0, 0, 1, 1, 2, 4, 4, 4]
    assert bin_index(time + 100.0, 5).tolist() == [0, 0, 1, 1, 2, 4, 4, 4]


def test_a_moment_is_in_the_first_slice() -> None:
    """A series without any duration."""
    assert bin_index(np.array([3.0]), 4).tolist() == [0]


def test_an_envelope_has_lowest_and_highest_and_gaps() -> None:
    """Three slices: two values, none that is a number, one."""
    e = envelope(np.arange(6.0), np.array([3.0, -1.0, np.nan, np.inf, np.nan, 5.0]), 3)
    assert np.array_equal(e.low, [-1.0, np.nan, 5.0], equal_nan=True)
    assert np.array_equal(e.high, [3.0, np.nan, 5.0], equal_nan=True)


@given(
    values=st.lists(st.one_of(st.integers(-3, 3).map(float), st.just(np.nan)), max_size=60), most=st.integers(1, 12)
)
def test_highest_rows_are_the_first_maxima_of_equal_stretches(values: list[float], most: int) -> None:
    """Rows with a value, cut into as many stretches as asked for; of equal values the first row stays."""
    series = np.array(values, np.float64)
    rows = [k for k, v in enumerate(values) if np.isfinite(v)]
    if len(rows) > most:
        edges = [len(rows) * k // most for k in range(most + 1)]
        stretches = [rows[a:b] for a, b in itertools.pairwise(edges)]
        rows = [max(part, key=lambda k: (series[k], -k)) for part in stretches]
    assert highest_rows(series, most).tolist() == rows


@pytest.mark.parametrize("count", [4, 5])
def test_no_row_is_lost_where_all_have_room(count: int) -> None:
    """Five are asked for."""
    assert highest_rows(np.arange(float(count)), 5).tolist() == list(range(count))
