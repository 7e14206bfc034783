"""Surrogates keep values and autocorrelation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fusion.hotspots import surrogates
from fusion.hotspots.surrogates import field_surrogates, phase_surrogates, rotation_surrogates


def _smooth(n: int, rng: np.random.Generator, width: int = 9) -> np.ndarray:
    return np.convolve(rng.standard_normal(n + width), np.ones(width) / np.sqrt(width), "same")[:n]


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 10_000), st.integers(3, 30), st.integers(1, 40))
def test_a_rotation_turns_the_series_of_the_drive(seed: int, n: int, number: int) -> None:
    """Along the order of visiting every surrogate is the whole series, begun elsewhere."""
    rng = np.random.default_rng(seed)
    scores, order = rng.normal(size=n), rng.permutation(n)
    found = rotation_surrogates(scores, order, number, rng)
    assert found.shape == (n, number)
    turns = [np.roll(scores[order], -k).tolist() for k in range(n)]
    for k in range(number):
        assert found[order, k].tolist() in turns


def test_rotations_begin_anywhere() -> None:
    """All offsets come, the first and the last too, about as often."""
    scores = np.arange(5.0)
    first = rotation_surrogates(scores, np.arange(5), 5000, np.random.default_rng(0))[0]
    counts = np.bincount(first.astype(int), minlength=5)
    assert counts.min() > 900 and counts.max() < 1100


@pytest.mark.parametrize("number", [1, 2, 7])
def test_phase_and_field_surrogates_are_the_values_in_another_order(number: int) -> None:
    """As many as asked for, odd or even, each with exactly the values of the data, no two alike."""
    rng = np.random.default_rng(3)
    scores, order = _smooth(120, rng), rng.permutation(120)
    row, column = np.divmod(np.arange(120), 12)
    for found in (
        phase_surrogates(scores, order, number, rng),
        field_surrogates(scores, row, column, number, rng),
    ):
        assert found.shape == (120, number)
        np.testing.assert_array_equal(np.sort(found, axis=0), np.repeat(np.sort(scores)[:, None], number, axis=1))
        assert len({tuple(c) for c in found.T}) == number


def _correlation(series: np.ndarray, lag: int) -> float:
    return float(np.mean([np.corrcoef(s[lag:], s[: s.size - lag])[0, 1] for s in series.T]))


@pytest.mark.parametrize("lag", [1, 4, 20])
def test_phase_surrogates_are_as_smooth_along_the_drive_as_the_data(lag: int) -> None:
    """Correlation of neighbours on the road, whatever the numbers of their cells."""
    rng = np.random.default_rng(5)
    series, order = _smooth(1500, rng), rng.permutation(1500)
    scores = np.empty(1500)
    scores[order] = series
    found = phase_surrogates(scores, order, 60, rng)[order]
    assert _correlation(found, lag) == pytest.approx(_correlation(series[:, None], lag), abs=0.05)
    assert abs(_correlation(found, 1500 // 3)) < 0.1


@pytest.mark.parametrize("lags", [(1, 0), (0, 1), (2, 0), (0, 4), (1, 2)])
def test_fields_are_as_smooth_as_the_data_along_both_axes(lags: tuple[int, int]) -> None:
    """A field smooth along its rows and rough across them stays so, also with gaps and away from the origin."""
    rng = np.random.default_rng(8)
    whole = np.array([_smooth(70, rng, 7) for _ in range(50)])
    row, column = (v.ravel() for v in np.mgrid[0:50, 0:70])
    kept = rng.random(row.size) < 0.8
    row, column = row[kept], column[kept]
    found = field_surrogates(whole[row, column], row + 31, column + 4, 30, rng)

    def correlation(values: np.ndarray) -> float:
        grid = np.full((50, 70), np.nan)
        grid[row, column] = values
        i, j = lags
        a, b = grid[i:, j:], grid[: 50 - i, : 70 - j]
        both = np.isfinite(a) & np.isfinite(b)
        return float(np.corrcoef(a[both], b[both])[0, 1])

    mean = float(np.mean([correlation(s) for s in found.T]))
    assert mean == pytest.approx(correlation(whole[row, column]), abs=0.06)


def test_autocovariance_is_the_mean_product_of_what_is_apart() -> None:
    """Against the slow sum, divided by the number of all; the series is centred first."""
    series = np.random.default_rng(2).normal(3.0, 1.0, 37)
    centred = series - series.mean()
    slow = [float(centred[k:] @ centred[: 37 - k]) / 37 for k in range(11)]
    np.testing.assert_allclose(surrogates._autocovariance(series, 10), slow, atol=1e-12)


@pytest.mark.parametrize(("at", "weight"), [(0.0, 1), (0.499, 1), (0.5, 1), (0.75, 0.5), (0.875, 0.5 - 0.5**1.5),
                                            (1.0, 0.0), (1.5, 0.0)])  # fmt: skip
def test_the_taper_is_flat_to_one_half_and_a_cosine_to_one(at: float, weight: float) -> None:
    """Tukey's window by hand."""
    assert float(surrogates._taper(np.array(at))) == pytest.approx(weight, abs=1e-12)


@pytest.mark.parametrize("length", [9, 20])
def test_the_spectrum_of_a_ring_is_that_of_its_covariance(length: int) -> None:
    """Against a sum of cosines over the tapered covariance; negative powers are cut."""
    covariance = np.array([2.0, 1.0, 0.9, -0.8, 0.7])
    taper = [1.0, 1.0, 1.0, 0.5 * (1 + np.cos(np.pi * 0.2)), 0.5 * (1 + np.cos(np.pi * 0.6))]
    ring = covariance * taper
    k = np.arange(length)
    slow = ring[0] + 2 * sum(ring[m] * np.cos(2 * np.pi * k * m / length) for m in range(1, 5))
    assert (slow < 0).any()
    np.testing.assert_allclose(surrogates._spectrum_1d(covariance, length), np.maximum(slow, 0.0), atol=1e-12)


def test_the_spectrum_of_a_field_is_that_of_its_pairs() -> None:
    """Against the slow mean over visited pairs at every lag, tapered by the distance in reaches."""
    rng = np.random.default_rng(4)
    row, column = (v.ravel() for v in np.mgrid[0:5, 0:7])
    kept = rng.random(35) < 0.7
    row, column = row[kept], column[kept]
    values = rng.normal(size=row.size)
    shape, reach = (8, 12), (2, 3)
    covariance = np.zeros(shape)
    for i in range(-4, 4):
        for j in range(-6, 6):
            there = {(r, c): v for r, c, v in zip(row, column, values, strict=True)}
            pairs = [v * there[r + i, c + j] for (r, c), v in there.items() if (r + i, c + j) in there]
            far = min(float(np.hypot(i / 3, j / 4)), 1.0)
            taper = 1.0 if far < 0.5 else 0.5 * (1 + np.cos(np.pi * (2 * far - 1)))
            covariance[i, j] = np.mean(pairs) * taper if pairs else 0.0
    slow = np.maximum(np.fft.fft2(covariance).real, 0.0)
    np.testing.assert_allclose(surrogates._spectrum_2d(values, row, column, shape, reach), slow, atol=1e-9)


@pytest.mark.parametrize(("length", "lags"), [(5, [0, 1, 2, -2, -1]), (4, [0, 1, -2, -1])])
def test_lags_of_a_ring_are_signed(length: int, lags: list[int]) -> None:
    """The second half goes backwards."""
    assert surrogates._signed(length).tolist() == lags


def test_complex_noise_is_two_fields_of_variance_one() -> None:
    """Real and imaginary parts are independent and standard."""
    noise = surrogates._complex_noise((200, 200), np.random.default_rng(1))
    assert noise.real.std() == pytest.approx(1.0, abs=0.02) == pytest.approx(noise.imag.std(), abs=0.02)
    assert abs(np.corrcoef(noise.real.ravel(), noise.imag.ravel())[0, 1]) < 0.02
