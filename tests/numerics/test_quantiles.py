"""Quantiles against numpy's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from numerics.quantiles import median, quantiles


@given(st.lists(st.integers(-99, 99), min_size=1, max_size=50), st.lists(st.floats(0.0, 1.0), max_size=4))
def test_quantiles_are_those_of_numpy(values: list[int], shares: list[float]) -> None:
    """Ties, one value and the shares 0 and 1 included."""
    v = np.array(values, float)
    assert quantiles(v, [*shares, 0.0, 1.0]) == pytest.approx([*np.quantile(v, shares), v.min(), v.max()], abs=1e-9)
    assert median(v) == pytest.approx(np.median(v))


def test_values_stay_in_their_order() -> None:
    """What is sorted is a copy."""
    v = np.array([3.0, 1.0, 2.0])
    assert median(v) == 2.0
    assert v.tolist() == [3.0, 1.0, 2.0]
