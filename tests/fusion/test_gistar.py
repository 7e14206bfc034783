"""Gi* against spdep and against a slow version."""

from __future__ import annotations

from pathlib import Path

import dask
import dask.array as da
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fusion.gistar import disc_kernel, gi_star, gi_star_cells, gi_star_lazy, neighbour_matrix, rank_normal


@pytest.mark.parametrize("band", [30, 60, 90, 120, 150])
def test_the_raster_of_getis_and_ord_gives_the_numbers_of_spdep(shared_data: Path, band: int) -> None:
    """All 256 cells of Getis and Ord 1996, edges included, equal spdep 1.2-7 to 1e-9."""
    path = shared_data / "fusion" / "getisord_1996" / "getisord_localG_spdep.csv"
    names = [name.strip('"') for name in path.read_text().splitlines()[0].split(",")]
    table = np.loadtxt(path, delimiter=",", skiprows=1)
    values, expected = (table[:, names.index(name)] for name in ("val", f"Gstar{band}"))
    row, column = (table[:, names.index(name)].astype(int) // 30 for name in ("y", "x"))
    grid = np.empty((16, 16))
    grid[row, column] = values
    kernel = disc_kernel(band / 30)
    assert np.abs(gi_star(grid, kernel)[row, column] - expected).max() < 1e-9
    cells = np.arange(256)
    scattered = gi_star_cells(grid.ravel(), neighbour_matrix(cells, cells, kernel, 16))
    assert np.abs(scattered[row * 16 + column] - expected).max() < 1e-9


def slow_gi_star(values: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Eq. 14 of Ord and Getis 1995, one cell at a time."""
    valid = np.isfinite(values)
    n, mean, sd = valid.sum(), values[valid].mean(), values[valid].std()
    result = np.full(values.shape, np.nan)
    reach = kernel.shape[0] // 2
    for i, j in zip(*np.nonzero(valid), strict=True):
        total = weight = squares = 0.0
        for k, m in zip(*np.nonzero(valid), strict=True):
            if abs(k - i) <= reach and abs(m - j) <= reach:
                w = kernel[k - i + reach, m - j + reach]
                total, weight, squares = total + w * values[k, m], weight + w, squares + w * w
        result[i, j] = (total - mean * weight) / (sd * np.sqrt((n * squares - weight**2) / (n - 1)))
    return result


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10_000), st.sampled_from(["box", "disc", "cone"]))
def test_convolution_with_gaps_equals_the_slow_sum(seed: int, shape: str) -> None:
    """Cells never visited take no part, whatever the kernel; negative values are as good as others."""
    rng = np.random.default_rng(seed)
    values = rng.normal(-3, 1, (7, 9))
    values[rng.random(values.shape) < 0.3] = np.nan
    kernel = np.ones((3, 3)) if shape == "box" else disc_kernel(1.5 if shape == "disc" else 2.0)
    if shape == "cone":
        kernel = kernel * 0.5
        kernel[2, 2] = 1.0
    fast = gi_star(values, kernel)
    np.testing.assert_allclose(fast, slow_gi_star(values, kernel), atol=1e-9)
    cells = np.flatnonzero(np.isfinite(values))
    scattered = gi_star_cells(values.ravel()[cells], neighbour_matrix(cells, cells, kernel, 9))
    np.testing.assert_allclose(scattered, fast.ravel()[cells], atol=1e-9)


def test_adding_a_constant_changes_nothing() -> None:
    """Gi* of values summing to zero or below is what it is for the same values raised."""
    values = np.random.default_rng(1).normal(size=(20, 20))
    values -= values.mean()
    np.testing.assert_allclose(gi_star(values, np.ones((3, 3))), gi_star(values + 1e4, np.ones((3, 3))), atol=1e-8)


def test_equal_values_are_neither_hot_nor_cold() -> None:
    """A map of one value has Gi* 0 everywhere, and a map of one cell too."""
    assert (gi_star(np.full((4, 5), 7.0), np.ones((3, 3))) == 0).all()
    assert gi_star(np.array([[3.0]]), np.ones((3, 3))).tolist() == [[0.0]]


def test_rank_normal_scores_keep_order_and_gaps() -> None:
    """A skewed value becomes a normal score; ties share one; NaN stays."""
    scores = rank_normal(np.array([1.0, 1000.0, 2.0, np.nan, 2.0]))
    assert np.isnan(scores[3])
    assert scores[2] == scores[4]
    assert scores[0] < scores[2] < scores[1]
    assert scores[1] == pytest.approx(1.0491314, abs=1e-6)  # normal quantile of (4 - 3/8) / (4 + 1/4)


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 10_000), st.integers(5, 20), st.sampled_from(["box", "disc"]))
def test_blocks_give_the_numbers_of_the_whole(seed: int, chunk: int, shape: str) -> None:
    """Gi* block by block equals Gi* in one piece, gaps and edges included."""
    rng = np.random.default_rng(seed)
    values = rng.normal(5, 1, (31, 44))
    values[rng.random(values.shape) < 0.3] = np.nan
    kernel = np.ones((5, 7)) if shape == "box" else disc_kernel(3.0)
    lazy = gi_star_lazy(da.from_array(values, chunks=chunk), kernel)
    np.testing.assert_allclose(lazy.compute(scheduler="sync"), gi_star(values, kernel), atol=1e-11)


def test_blocks_are_computed_only_when_read() -> None:
    """Building the lazy statistic computes nothing."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("computed")

    with dask.config.set(scheduler=refuse):
        gi_star_lazy(da.ones((40, 40), chunks=10), np.ones((3, 3)))
