"""The two-state model: every sequence of states counted one by one, and simulated chains found again."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from numerics.two_state import (
    TwoStateModel,
    _line,
    _posterior,
    fit_two_states,
    most_likely_states,
)

MODEL = TwoStateModel((0.1, 1.4), (0.5, -0.6), (0.4, 0.9), (0.9, 0.7), 0.35)
THETA = np.array([*MODEL.intercept, *MODEL.slope, *MODEL.sd, *MODEL.stay, MODEL.start])


def by_hand(tau: np.ndarray, y: np.ndarray) -> dict[tuple[int, ...], float]:
    """Probability of the values with every sequence of states, but for the factor of √2π."""
    change = np.array([[0.9, 0.1], [0.3, 0.7]])
    found = {}
    for states in itertools.product((0, 1), repeat=len(y)):
        chance = (0.65, 0.35)[states[0]]
        for before, after in itertools.pairwise(states):
            chance *= change[before, after]
        for x, value, k in zip(tau, y, states, strict=True):
            sd = MODEL.sd[k]
            chance *= np.exp(-(((value - MODEL.intercept[k] - MODEL.slope[k] * x) / sd) ** 2) / 2) / sd
        found[states] = float(chance)
    return found


def rows(seed: int, n: int = 7) -> tuple[np.ndarray, np.ndarray]:
    """A few values about both states."""
    rng = np.random.default_rng(seed)
    return np.linspace(0, 1, n), rng.normal(0.8, 1.0, n)


@pytest.mark.parametrize("seed", range(6))
def test_likelihood_and_states_are_sums_over_all_sequences(seed: int) -> None:
    """The likelihood, the chance of a source per row and the expected changes are those of all 2⁷ sequences."""
    tau, y = rows(seed)
    every = by_hand(tau, y)
    gamma, counts = np.empty(7), np.empty(4)
    log_likelihood = _posterior(tau, y, THETA, gamma, counts)
    total = sum(every.values())
    assert log_likelihood == pytest.approx(np.log(total))
    source = [sum(p for states, p in every.items() if states[i]) / total for i in range(7)]
    np.testing.assert_allclose(gamma, source, atol=1e-12)
    pairs = [(0, 0), (0, 1), (1, 0), (1, 1)]
    expected = [
        sum(p * list(itertools.pairwise(states)).count(pair) for states, p in every.items()) / total for pair in pairs
    ]
    np.testing.assert_allclose(counts, expected, atol=1e-12)


@pytest.mark.parametrize("seed", range(12))
def test_the_most_likely_states_are_the_best_of_all_sequences(seed: int) -> None:
    """Of all sequences of eight rows the one with the highest probability is found."""
    tau, y = rows(seed, 8)
    every = by_hand(tau, y)
    assert tuple(most_likely_states(tau, y, MODEL).tolist()) == max(every, key=lambda states: every[states])


def test_no_row_has_no_state() -> None:
    """Nothing in, nothing out."""
    assert most_likely_states(np.empty(0), np.empty(0), MODEL).shape == (0,)


def test_a_state_that_never_changes_is_defined() -> None:
    """Chances of one and of nothing are kept off the ends: the states follow the values."""
    sure = TwoStateModel((0.0, 5.0), (0.0, 0.0), (1.0, 1.0), (1.0, 1.0), 0.0)
    assert most_likely_states(np.linspace(0, 1, 4), np.array([0.0, 0.1, 0.0, 0.2]), sure).tolist() == [0] * 4
    y = np.array([0.0] * 20 + [9.0] * 20)
    assert most_likely_states(np.linspace(0, 1, 40), y, sure).tolist() == [0] * 20 + [1] * 20


def test_the_weighted_line_is_numpys() -> None:
    """Intercept and slope of a weighted fit, and the weighted scatter about it."""
    rng = np.random.default_rng(0)
    tau, y, weight = rng.random(30), rng.normal(size=30), rng.random(30)
    slope, intercept = np.polyfit(tau, y, 1, w=np.sqrt(weight))
    sd = np.sqrt(np.average((y - intercept - slope * tau) ** 2, weights=weight))
    assert _line(tau, y, weight) == (pytest.approx(intercept), pytest.approx(slope), pytest.approx(sd))


def test_one_moment_has_no_slope_and_a_constant_has_the_least_scatter() -> None:
    """Values of one time have their mean and no slope; a constant keeps a millionth of scatter."""
    assert _line(np.full(3, 0.5), np.array([1.0, 2.0, 6.0]), np.ones(3))[:2] == (3.0, 0.0)
    assert _line(np.linspace(0, 1, 5), np.full(5, 2.0), np.ones(5)) == (pytest.approx(2.0), pytest.approx(0.0), 1e-6)


def chain(*, high: float, seed: int = 0, n: int = 20_000) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A simulated chain: background 0.2 + 0.5 τ (sd 0.1), the other state ``high`` + 0.3 τ (sd 0.25)."""
    rng = np.random.default_rng(seed)
    states = np.empty(n, int)
    states[0] = 1
    leave = rng.random(n)
    for i in range(1, n):
        states[i] = states[i - 1] if leave[i] < (0.99, 0.95)[states[i - 1]] else 1 - states[i - 1]
    tau = np.linspace(0, 1, n)
    mean = np.where(states == 0, 0.2 + 0.5 * tau, high + 0.3 * tau)
    return tau, mean + rng.normal(size=n) * np.where(states == 0, 0.1, 0.25), states


@pytest.mark.parametrize("high", [2.0, -2.0])
def test_a_simulated_chain_is_found_again(high: float) -> None:
    """Means, drifts, scatters and stays come back; the state with the lower mean is 0, whichever is more frequent."""
    tau, y, states = chain(high=high)
    model = fit_two_states(tau, y)
    swap = high < 0
    order = (1, 0) if swap else (0, 1)
    np.testing.assert_allclose([model.intercept[k] for k in order], [0.2, high], atol=0.03)
    np.testing.assert_allclose([model.slope[k] for k in order], [0.5, 0.3], atol=0.06)
    np.testing.assert_allclose([model.sd[k] for k in order], [0.1, 0.25], rtol=0.03)
    np.testing.assert_allclose([model.stay[k] for k in order], [0.99, 0.95], atol=0.006)
    assert model.start == pytest.approx(0.0 if swap else 1.0, abs=1e-6)
    assert (most_likely_states(tau, y, model) == (states ^ swap)).mean() > 0.999


def test_the_fit_cannot_be_made_more_likely() -> None:
    """No parameter moved a little either way gives a higher likelihood."""
    tau, y, _ = chain(high=0.7, n=600, seed=3)
    model = fit_two_states(tau, y)
    theta = np.array([*model.intercept, *model.slope, *model.sd, *model.stay, model.start])

    def likelihood(values: np.ndarray) -> float:
        return _posterior(tau, y, values, np.empty(600), np.empty(4))

    best = likelihood(theta)
    for k in range(8):
        for factor in (0.97, 1.03):
            moved = theta.copy()
            moved[k] = min(moved[k] * factor, 1 - 1e-9) if k >= 6 else moved[k] * factor
            assert likelihood(moved) < best


def test_states_are_ordered_by_their_mean_over_the_trace() -> None:
    """Where the means cross, the state that is lower in the middle of the trace is the background."""
    rng = np.random.default_rng(1)
    tau = np.linspace(0, 1, 2000)
    states = (np.arange(2000) // 50) % 2
    y = np.where(states == 0, 1.0 - 0.5 * tau, 0.6 + 1.5 * tau) + rng.normal(0, 0.02, 2000)
    model = fit_two_states(tau, y)
    assert model.intercept == (pytest.approx(1.0, abs=0.02), pytest.approx(0.6, abs=0.02))
    assert model.slope == (pytest.approx(-0.5, abs=0.03), pytest.approx(1.5, abs=0.03))
