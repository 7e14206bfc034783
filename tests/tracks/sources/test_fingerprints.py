"""Lines with errors in both, against a fit by minimising chi-square, and what rows of a plume go into one."""

from __future__ import annotations

from collections.abc import Callable
from math import comb

import numpy as np
import pytest
import xarray as xr
from scipy.optimize import minimize

from ingest.flags import REJECTING, Flag
from tracks.sources.detection import detection_curve
from tracks.sources.fingerprints import Line, fingerprint, york_fit

Make = Callable[..., xr.Dataset]


def points(seed: int = 0, n: int = 12) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Points about y = 2 + 0.7 x with errors of their own in both."""
    rng = np.random.default_rng(seed)
    x_sd, y_sd = rng.uniform(0.05, 0.5, n), rng.uniform(0.05, 0.5, n)
    true = np.linspace(0, 6, n)
    return true + x_sd * rng.normal(size=n), 2 + 0.7 * true + y_sd * rng.normal(size=n), x_sd, y_sd


@pytest.mark.parametrize("seed", range(4))
def test_the_line_has_the_least_chi_square(seed: int) -> None:
    """Slope and intercept minimise Σ (y − b x − a)² / (sy² + b² sx²); goodness is that over n − 2."""
    x, y, x_sd, y_sd = points(seed)

    def chi_square(line: np.ndarray) -> float:
        return float((((y - line[0] * x - line[1]) ** 2) / (y_sd**2 + (line[0] * x_sd) ** 2)).sum())

    best = minimize(chi_square, [0.5, 1.0], method="Nelder-Mead", options={"xatol": 1e-10, "fatol": 1e-12})
    line = york_fit(x, y, x_sd, y_sd)
    assert (line.slope, line.intercept) == (pytest.approx(best.x[0], abs=1e-6), pytest.approx(best.x[1], abs=1e-6))
    assert line.goodness == pytest.approx(best.fun / 10, rel=1e-6)
    assert line.points == 12


def test_standard_deviations_are_those_of_many_fits() -> None:
    """Of 500 sets of points the slopes and intercepts scatter as the fits say."""
    lines = [york_fit(*points(seed)) for seed in range(500)]
    z = np.array([((line.slope - 0.7) / line.slope_sd, (line.intercept - 2) / line.intercept_sd) for line in lines])
    np.testing.assert_allclose(z.std(axis=0), 1.0, atol=0.12)
    np.testing.assert_allclose(z.mean(axis=0), 0.0, atol=0.15)


def test_pearsons_goodness_is_published() -> None:
    """S / (n − 2) of Pearson's data with York's weights is 1.4833 (York et al. 2004)."""
    x = np.array([0.0, 0.9, 1.8, 2.6, 3.3, 4.4, 5.2, 6.1, 6.5, 7.4])
    y = np.array([5.9, 5.4, 4.4, 4.6, 3.5, 3.7, 2.8, 2.8, 2.4, 1.5])
    wx = np.array([1000.0, 1000, 500, 800, 200, 80, 60, 20, 1.8, 1.0])
    wy = np.array([1.0, 1.8, 4, 8, 20, 20, 70, 70, 100, 500])
    line = york_fit(x, y, wx**-0.5, wy**-0.5)
    assert line.goodness == pytest.approx(1.4833, abs=1e-4)
    assert line.slope_sd == pytest.approx(0.0580, abs=1e-4)
    assert line.intercept_sd == pytest.approx(0.2947, abs=3e-3)


def test_too_few_points_and_no_spread_have_no_line() -> None:
    """Two points, and points at one x, are NaN with their count; three are a line."""
    one = np.ones(3)
    for x in (np.array([1.0, 2.0]), one):
        line = york_fit(x, np.arange(float(len(x))), 0.1 * x, 0.1 * x)
        assert np.isnan([line.slope, line.intercept, line.slope_sd, line.intercept_sd, line.goodness]).all()
        assert line.points == len(x)
    three = york_fit(np.array([0.0, 1.0, 2.0]), np.array([1.0, 4.0, 7.0]), 0.1 * one, 0.2 * one)
    assert (three.slope, three.intercept, three.points) == (pytest.approx(3), pytest.approx(1), 3)


RAMP = np.concatenate([np.zeros(10), 4.0 * np.arange(1, 8), np.zeros(13)])


def test_a_fingerprint_is_a_line_of_each_species_with_the_noises(make_passes: Make) -> None:
    """Rows from first to last, both included; the noise of reference and species are the errors in x and y."""
    rng = np.random.default_rng(0)
    excess = {
        name: ratio * RAMP + rng.normal(0, 0.3, 30) for name, ratio in (("so2", 1.0), ("nox", 0.4), ("co", 3.0))
    }
    noise = {"so2": 0.5, "nox": 0.2, "co": 0.9}
    passes = make_passes(10.0 * np.arange(30), excess=excess, noise=noise)
    lines = fingerprint(passes, 9, 17, reference="so2")
    assert set(lines) == {"nox", "co"}
    for name, line in lines.items():
        sds = (np.full(9, noise[k]) for k in ("so2", name))
        assert line == york_fit(excess["so2"][9:18], excess[name][9:18], *sds)
        assert isinstance(line, Line)
    assert fingerprint(passes, 9, 17, reference="co").keys() == {"so2", "nox"}


@pytest.mark.parametrize("flag", list(Flag))
def test_refused_rows_are_in_no_fingerprint(make_passes: Make, flag: Flag) -> None:
    """A refused row, and a row without either value, do not count among the points."""
    flags = np.zeros(30, np.uint32)
    flags[12] = flag
    excess = {"so2": RAMP.copy(), "nox": 0.5 * RAMP}
    excess["so2"][13], excess["nox"][14] = np.nan, np.nan
    line = fingerprint(make_passes(10.0 * np.arange(30), excess=excess, flags=flags), 9, 17, reference="so2")["nox"]
    assert line.points == (6 if flag & REJECTING else 7)
    assert line.slope == pytest.approx(0.5)


# --- detection -------------------------------------------------------------------------------------------------


def test_the_chance_of_a_detection_by_counting() -> None:
    """Of m passes k saw the source: n drawn without replacement all miss it in C(m − k, n) of C(m, n) draws."""
    seen, crossed = np.array([2, 5, 0, 7, 3]), np.array([6, 9, 7, 7, 4])
    curve = detection_curve(seen, crossed, most_passes=5)
    kept = [(2, 6), (5, 9), (0, 7), (7, 7)]
    expected = [np.mean([1 - comb(m - k, n) / comb(m, n) for k, m in kept]) for n in range(1, 6)]
    np.testing.assert_allclose(curve.probability, expected)
    assert curve.passes.tolist() == [1, 2, 3, 4, 5]


def test_the_interval_is_a_bootstrap_over_sources() -> None:
    """Means of sources drawn with replacement: 2.5 and 97.5 % of them, the same for the same seed."""
    seen, crossed = np.array([2, 5, 0, 7]), np.array([6, 9, 7, 7])
    each = np.array(
        [[1 - comb(m - k, n) / comb(m, n) for n in (1, 2, 3)] for k, m in ((2, 6), (5, 9), (0, 7), (7, 7))]
    )
    pick = np.random.default_rng(4).integers(0, 4, (500, 4))
    low, high = np.percentile(each[pick].mean(axis=1), [2.5, 97.5], axis=0)
    curve = detection_curve(seen, crossed, most_passes=3, draws=500, seed=4)
    np.testing.assert_allclose(curve.low, low)
    np.testing.assert_allclose(curve.high, high)
    default = np.random.default_rng(0).integers(0, 4, (1000, 4))
    usual = np.percentile(each[default].mean(axis=1), 2.5, axis=0)
    np.testing.assert_allclose(detection_curve(seen, crossed, most_passes=3).low, usual)


def test_without_sources_crossed_enough_the_curve_is_unknown() -> None:
    """Ten passes unless told: nine are too few, ten are enough."""
    few = detection_curve(np.array([3]), np.array([9]))
    assert few.passes.tolist() == list(range(1, 11))
    for part in (few.probability, few.low, few.high):
        assert np.isnan(part).tolist() == [True] * 10
    assert detection_curve(np.array([3]), np.array([10])).probability[0] == pytest.approx(0.3)
