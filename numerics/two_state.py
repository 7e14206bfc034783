"""Background by a hidden Markov model of two states: background air, and air with a source in it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from numerics.compiled import compiled

Floats = NDArray[np.float64]
States = NDArray[np.int8]

_STEPS = 200  # of expectation–maximisation; it converges in 20–60
_TOLERANCE = 1e-7  # relative change of the log likelihood at which it stops
_LEAST_SD = 1e-6  # of the standardised values, keeps a state from shrinking to one value


@dataclass(frozen=True)
class TwoStateModel:
    """Means ``intercept + slope · tau`` and standard deviations per state, and the chance of a change per row.

    State 0 is background: the state with the lower mean over the trace. ``tau`` is time scaled to [0, 1].
    """

    intercept: tuple[float, float]
    slope: tuple[float, float]
    sd: tuple[float, float]
    stay: tuple[float, float]
    start: float


@compiled
def _posterior(tau: Floats, y: Floats, theta: Floats, gamma: Floats, counts: Floats) -> float:
    """Scaled forward–backward; ``theta`` is (a0, a1, b0, b1, sd0, sd1, stay0, stay1, start of state 1)."""
    n = len(y)
    forward = np.empty((n, 2))
    scale = np.empty(n)
    density = np.empty((n, 2))
    total = 0.0
    for i in range(n):
        for k in range(2):
            z = (y[i] - theta[k] - theta[2 + k] * tau[i]) / theta[4 + k]
            density[i, k] = np.exp(-0.5 * z * z) / theta[4 + k] + 1e-300
    for i in range(n):
        if i == 0:
            p0, p1 = 1 - theta[8], theta[8]
        else:
            p0 = forward[i - 1, 0] * theta[6] + forward[i - 1, 1] * (1 - theta[7])
            p1 = forward[i - 1, 0] * (1 - theta[6]) + forward[i - 1, 1] * theta[7]
        f0, f1 = p0 * density[i, 0], p1 * density[i, 1]
        scale[i] = f0 + f1
        forward[i, 0], forward[i, 1] = f0 / scale[i], f1 / scale[i]
        total += np.log(scale[i])
    b0 = b1 = 1.0
    counts[:] = 0.0
    for i in range(n - 1, -1, -1):
        g0, g1 = forward[i, 0] * b0, forward[i, 1] * b1
        gamma[i] = g1 / (g0 + g1)
        if i > 0:
            d0, d1 = density[i, 0] * b0 / scale[i], density[i, 1] * b1 / scale[i]
            counts[0] += forward[i - 1, 0] * theta[6] * d0
            counts[1] += forward[i - 1, 0] * (1 - theta[6]) * d1
            counts[2] += forward[i - 1, 1] * (1 - theta[7]) * d0
            counts[3] += forward[i - 1, 1] * theta[7] * d1
            b0, b1 = theta[6] * d0 + (1 - theta[6]) * d1, (1 - theta[7]) * d0 + theta[7] * d1
    return total


@compiled
def _viterbi(tau: Floats, y: Floats, theta: Floats) -> States:
    n = len(y)
    back = np.zeros((n, 2), np.int8)
    logs = np.log(np.array([theta[6], 1 - theta[6], 1 - theta[7], theta[7]]))
    best0, best1 = np.log(1 - theta[8]), np.log(theta[8])
    for i in range(n):
        if i > 0:
            stay0, come0 = best0 + logs[0], best1 + logs[2]
            come1, stay1 = best0 + logs[1], best1 + logs[3]
            back[i, 0] = 0 if stay0 >= come0 else 1
            back[i, 1] = 1 if stay1 >= come1 else 0
            best0, best1 = max(stay0, come0), max(come1, stay1)
        z0 = (y[i] - theta[0] - theta[2] * tau[i]) / theta[4]
        z1 = (y[i] - theta[1] - theta[3] * tau[i]) / theta[5]
        best0 += -0.5 * z0 * z0 - np.log(theta[4])
        best1 += -0.5 * z1 * z1 - np.log(theta[5])
    states = np.zeros(n, np.int8)
    if n:
        states[n - 1] = 0 if best0 >= best1 else 1
    for i in range(n - 1, 0, -1):
        states[i - 1] = back[i, states[i]]
    return states


def _line(tau: Floats, y: Floats, weight: Floats) -> tuple[float, float, float]:
    """Weighted straight line: intercept, slope, standard deviation of the residual."""
    total = weight.sum()
    mt, my = (weight * tau).sum() / total, (weight * y).sum() / total
    var = (weight * (tau - mt) ** 2).sum()
    slope = (weight * (tau - mt) * (y - my)).sum() / var if var > 1e-12 * total else 0.0
    intercept = my - slope * mt
    sd = np.sqrt((weight * (y - intercept - slope * tau) ** 2).sum() / total)
    return float(intercept), float(slope), max(float(sd), _LEAST_SD)


def fit_two_states(tau: Floats, y: Floats) -> TwoStateModel:
    """Fit two Gaussian states whose means drift linearly, by expectation–maximisation (Baum–Welch).

    Assumes rows at about equal intervals, and that state 0 (background) has the lower mean. Starts from the upper
    third of the values as source, so that the result does not depend on a random draw.

    Parameters
    ----------
    tau, y : arrays, shape (n,)
        Time scaled to [0, 1] and (transformed) values; n ≥ 10.

    Returns
    -------
    TwoStateModel

    References
    ----------
    Actkinson et al. 2021, doi:10.5194/amt-14-5809-2021 (the idea); Rabiner 1989, doi:10.1109/5.18626 (equations 27,
    37 and 40).
    """
    gamma = (y > np.quantile(y, 2 / 3)).astype(float)
    counts = np.empty(4)
    theta = np.array([0, 0, 0, 0, 1, 1, 0.98, 0.96, 1 / 3], float)
    before = -np.inf
    for step in range(_STEPS):
        for k, weight in enumerate((1 - gamma, gamma)):
            theta[k], theta[2 + k], theta[4 + k] = _line(tau, y, weight + 1e-12)
        if step:
            theta[6] = counts[0] / max(counts[0] + counts[1], 1e-300)
            theta[7] = counts[3] / max(counts[2] + counts[3], 1e-300)
            theta[8] = gamma[0]
        theta[6:] = np.clip(theta[6:], 1e-9, 1 - 1e-9)
        now = _posterior(tau, y, theta, gamma, counts)
        if abs(now - before) <= _TOLERANCE * abs(now):
            break
        before = now
    swap = theta[0] + theta[2] / 2 > theta[1] + theta[3] / 2
    a, b = (1, 0) if swap else (0, 1)
    return TwoStateModel(
        (float(theta[a]), float(theta[b])),
        (float(theta[2 + a]), float(theta[2 + b])),
        (float(theta[4 + a]), float(theta[4 + b])),
        (float(theta[6 + a]), float(theta[6 + b])),
        float(1 - theta[8] if swap else theta[8]),
    )


def most_likely_states(tau: Floats, y: Floats, model: TwoStateModel) -> States:
    """Return the most likely sequence of states (Viterbi): 0 background, 1 source; shape of ``y``."""
    theta = np.array([*model.intercept, *model.slope, *model.sd, *model.stay, model.start])
    theta[6:] = np.clip(theta[6:], 1e-9, 1 - 1e-9)
    return _viterbi(tau, y, theta)
