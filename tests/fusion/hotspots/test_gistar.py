"""Gi* against spdep and against a slow version."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fusion.hotspots.gistar import disc_kernel, gi_star_cells, neighbour_matrix, rank_normal


def gi_star(values: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Gi* of a grid whose gaps are NaN, by the scattered cells that it holds."""
    cells = np.flatnonzero(np.isfinite(values))
    z = np.full(values.shape, np.nan)
    z.flat[cells] = gi_star_cells(values.flat[cells], neighbour_matrix(cells, cells, kernel, values.shape[1]))
    return z


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
    assert np.abs(gi_star(grid, disc_kernel(band / 30))[row, column] - expected).max() < 1e-9


def slow_gi_star(values: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Eq. 14 of Ord and Getis 1995, one cell at a time."""
    valid = np.isfinite(values)
    n, mean, sd = valid.sum(), values[valid].mean(), values[valid].std()
    result = np.full(values.shape, np.nan)
    tall, wide = kernel.shape[0] // 2, kernel.shape[1] // 2
    for i, j in zip(*np.nonzero(valid), strict=True):
        total = weight = squares = 0.0
        for k, m in zip(*np.nonzero(valid), strict=True):
            if abs(k - i) <= tall and abs(m - j) <= wide:
                w = kernel[k - i + tall, m - j + wide]
                total, weight, squares = total + w * values[k, m], weight + w, squares + w * w
        if weight**2 < n * squares - 1e-9:  # a window that holds everything has nothing to compare
            result[i, j] = (total - mean * weight) / (sd * np.sqrt((n * squares - weight**2) / (n - 1)))
        else:
            result[i, j] = 0.0
    return result


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10_000), st.sampled_from(["box", "disc", "cone"]))
def test_a_grid_with_gaps_equals_the_slow_sum(seed: int, shape: str) -> None:
    """Cells never visited take no part, whatever the kernel; negative values are as good as others."""
    rng = np.random.default_rng(seed)
    values = rng.normal(-3, 1, (7, 9))
    values[rng.random(values.shape) < 0.3] = np.nan
    kernel = np.ones((3, 3)) if shape == "box" else disc_kernel(1.5 if shape == "disc" else 2.0)
    if shape == "cone":
        kernel = kernel * 0.5
        kernel[2, 2] = 1.0
    np.testing.assert_allclose(gi_star(values, kernel), slow_gi_star(values, kernel), atol=1e-9)


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


@pytest.mark.parametrize(
    ("radius", "rows"),
    [(0.5, ["1"]), (1.0, ["010", "111", "010"]), (1.41, ["010", "111", "010"]), (np.sqrt(2), ["111"] * 3),
     (2.0, ["00100", "01110", "11111", "01110", "00100"]), (2.5, ["01110", "11111", "11111", "11111", "01110"])],
)  # fmt: skip
def test_a_disc_holds_the_cells_within_its_radius(radius: float, rows: list[str]) -> None:
    """The rim belongs to it."""
    assert disc_kernel(radius).tolist() == [[float(c) for c in row] for row in rows]
    assert disc_kernel(radius).dtype == np.float64


def test_a_large_or_weighted_kernel_gives_the_slow_sum() -> None:
    """With gaps and with weights that differ; a scaled box is a box."""
    rng = np.random.default_rng(7)
    values = rng.normal(4, 2, (16, 13))
    values[rng.random(values.shape) < 0.25] = np.nan
    cone = disc_kernel(5.0) / (1.0 + np.hypot(*np.mgrid[-5:6, -5:6]))
    for kernel in (disc_kernel(4.0), disc_kernel(5.0), cone, cone[2:-2, 1:-1], 0.25 * np.ones((3, 5))):
        np.testing.assert_allclose(gi_star(values, kernel), slow_gi_star(values, kernel), atol=1e-9)


@pytest.mark.parametrize("kernel", [np.ones((5, 5)), disc_kernel(6.0)])
def test_a_window_that_holds_everything_has_nothing_to_compare(kernel: np.ndarray) -> None:
    """Gi* is 0 there, not infinite; of two cells as of many."""
    values = np.full((9, 9), np.nan)
    values[3:5, 4] = [1.0, 2.0]
    z = gi_star(values, kernel)
    assert z[3:5, 4].tolist() == [0.0, 0.0] and np.isfinite(z).sum() == 2


def test_two_cells_apart_are_plus_and_minus_one() -> None:
    """n = 2, one cell a window: (x − mean) / sd √((2 − 1) / 1)."""
    values = np.full((1, 9), np.nan)
    values[0, [1, 7]] = [5.0, 9.0]
    for kernel in (np.ones((3, 3)), disc_kernel(1.0)):
        assert gi_star(values, kernel)[0, [1, 7]] == pytest.approx([-1.0, 1.0])


@pytest.mark.parametrize(("tall", "wide"), [(0, 0), (1, 0), (0, 2), (4, 1), (1, 9), (9, 9)])
def test_a_box_equals_the_slow_sum(tall: int, wide: int) -> None:
    """Windows narrower and wider than the map, on each axis."""
    rng = np.random.default_rng(11)
    values = rng.normal(-2, 3, (6, 5))
    values[rng.random((6, 5)) < 0.2] = np.nan
    box = np.ones((2 * tall + 1, 2 * wide + 1))
    np.testing.assert_allclose(gi_star(values, box), slow_gi_star(values, box), atol=1e-9)


@pytest.mark.parametrize("width", [5, 7])
def test_neighbours_are_those_under_the_kernel_and_not_around_the_edge(width: int) -> None:
    """Row by row against distances, for windows at visited and other places, on all four sides."""
    rng = np.random.default_rng(width)
    cells = np.sort(rng.choice(6 * width, 20, replace=False))
    at = rng.permutation(6 * width)[:15]
    kernel = np.array([[0.0, 1.0, 0.0], [2.0, 3.0, 4.0], [0.0, 5.0, 6.0]])
    slow = np.zeros((15, 20))
    for a, b in np.ndindex(15, 20):
        i, j = cells[b] // width - at[a] // width, cells[b] % width - at[a] % width
        if abs(i) <= 1 and abs(j) <= 1:
            slow[a, b] = kernel[i + 1, j + 1]
    matrix = neighbour_matrix(at, cells, kernel, width)
    np.testing.assert_array_equal(matrix.toarray(), slow)
    assert neighbour_matrix(at, np.empty(0, np.int64), kernel, width).shape == (15, 0)


def test_many_surrogates_are_one_column_each() -> None:
    """Columns do not mix; a window without a cell is NaN; equal values are 0."""
    rng = np.random.default_rng(5)
    cells = np.sort(rng.choice(60, 30, replace=False))
    at = np.r_[cells, 500]
    matrix = neighbour_matrix(at, cells, np.ones((3, 3)), 10)
    scores = rng.normal(size=(30, 4))
    scores[:, 2] = 7.0
    z = gi_star_cells(scores, matrix)
    for k in (0, 1, 3):
        np.testing.assert_allclose(z[:, k], gi_star_cells(scores[:, k], matrix))
    assert (z[:-1, 2] == 0).all() and np.isnan(z[-1]).all() and z.shape == (31, 4)


def test_scores_by_rank_are_those_of_blom() -> None:
    """(i − 3/8) / (n + 1/4) through the normal quantile; an infinite value takes no part."""
    scores = rank_normal(np.array([30.0, 10.0, np.inf, 20.0, np.nan]))
    expected = [0.8694238, -0.8694238, np.nan, 0.0, np.nan]  # quantiles of 2.625 / 3.25, 0.625 / 3.25 and one half
    np.testing.assert_allclose(scores, expected, atol=1e-6)
