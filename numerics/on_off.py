"""Whether something was on, from a record of its own power, flow or current: two levels and what lies between."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from numerics.compiled import compiled

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

_FEWEST = 6  # values from which two levels are told apart: a week of days has more
_TOP_PERCENT = 99.0  # of the values: full load, and one spike in a hundred is not it
_SOFT = 0.05  # of full load, added before the logarithm: zero and standby, a few percent of full load, become alike
_LEAST_SD = 0.3  # in logarithms: load scatters by that, so that nearer values are no states of their own
_TRIED = 8  # of the splits with the least error
_NORMAL_HALF = 1.349  # standard deviations that the middle half of a normal distribution is wide
_APART = 2.0  # Ashman's D above which two modes are told apart (doi:10.1086/117248)
_VALLEY = 0.7  # choice: modes of one load that merely scatters have none between them
_HALF = 0.5  # the lower level is at most this share of the upper one, else the upper is only more load
_USUAL_CHANGES = 2.0  # are added to those counted, so that a record without any is not sure of that
_STAYS_BETWEEN = 0.1  # chance that an interval with a change is followed by another one
_WITHOUT_BETWEEN = 0.3  # of the changes happen at the bounds of intervals


@dataclass(frozen=True)
class Levels:
    """Two levels of a record in its own unit, standard deviations about them in logarithms, and its full load."""

    off: float
    on: float
    off_sd: float
    on_sd: float
    top: float
    bound: float
    """Between both: what lies above it is nearer to ``on``."""


def _logs(values: Floats, top: float) -> Floats:
    return np.log(np.maximum(values, 0.0) / top + _SOFT)


def split_levels(values: Floats) -> Levels | None:
    """Tell two levels of a record apart by minimum error, with no threshold in its unit.

    Logarithms are taken above a floor of 5 % of full load, so that nothing and standby are one state. Two levels
    are believed when Ashman's D exceeds 2 and the lower is at most half of the upper: a machine that runs at half
    load is no machine that stands. Where many intervals hold a change, D of the densest halves counts, if fewer
    values lie midway.

    Parameters
    ----------
    values : array, shape (n,)
        NaN are passed over; negative values count as nothing.

    Returns
    -------
    Levels or None
        None where the record has one level only, or too few values.

    References
    ----------
    Kittler and Illingworth 1986, doi:10.1016/0031-3203(86)90030-0 (equation 15); Ashman, Bird and Zepf 1994,
    doi:10.1086/117248 (D); Andrews et al. 1972, Robust Estimates of Location (the shortest half).

    Examples
    --------
    >>> levels = split_levels(np.array([0.0, 2.0, 90.0, 100.0, 110.0, 1.0, 0.0, 95.0]))
    >>> levels.off, levels.on
    (0.0, 95.0)
    >>> split_levels(np.array([90.0, 100.0, 110.0, 95.0, 105.0, 100.0])) is None
    True
    """
    known = np.sort(np.maximum(values[np.isfinite(values)], 0.0))
    if len(known) < _FEWEST:
        return None
    top = float(np.percentile(known, _TOP_PERCENT))
    if top <= 0:
        return None
    y = _logs(known, top)
    for count in _least_errors(y):
        low, high = y[:count], y[count:]
        (off, off_sd), (on, on_sd) = _level(known[:count], low), _level(known[count:], high)
        ends = _logs(np.array([off, on]), top)
        dense = _apart(ends, off_sd, on_sd) >= _APART and _has_valley(y, ends)
        whole = _apart(np.array([low.mean(), high.mean()]), low.std(), high.std()) >= _APART
        if off <= _HALF * on and (dense or whole):
            return Levels(off, on, off_sd, on_sd, top, float(known[count - 1] + known[count]) / 2)
    return None


def _apart(centres: Floats, low_sd: float, high_sd: float) -> float:
    """Ashman's D."""
    least = _LEAST_SD / 2
    return float(np.sqrt(2.0) * (centres[1] - centres[0]) / np.hypot(max(low_sd, least), max(high_sd, least)))


def _has_valley(y: Floats, ends: Floats) -> bool:
    """Whether clearly fewer values lie in the third midway between two levels than about either."""
    reach = (ends[1] - ends[0]) / 6.0
    counts = [np.count_nonzero(np.abs(y - centre) <= reach) for centre in (ends[0], ends.mean(), ends[1])]
    return bool(counts[1] < _VALLEY * min(counts[0], counts[2]))


def _level(values: Floats, logs: Floats) -> tuple[float, float]:
    """Where the sorted values of a state are densest: median of their shortest half, and its sd in logarithms.

    Intervals with a change in them lie in the state to which they are nearer, and pull its mean and median along.
    """
    half = len(values) // 2 + 1
    widths = logs[half - 1 :] - logs[: len(logs) - half + 1]
    first = int(np.argmin(widths))
    return float(np.median(values[first : first + half])), max(float(widths[first]) / _NORMAL_HALF, _LEAST_SD / 2)


def _least_errors(y: Floats) -> list[int]:
    """How many of the sorted values are the lower state, where the error is least (Eq. 15), the best first."""
    n = len(y)
    below = np.arange(1, n, dtype=np.float64)
    above = n - below
    sums, squares = np.cumsum(y), np.cumsum(y * y)
    first = squares[:-1] / below - (sums[:-1] / below) ** 2
    second = (squares[-1] - squares[:-1]) / above - ((sums[-1] - sums[:-1]) / above) ** 2
    cost = np.zeros(n - 1)
    for count, variance in ((below, first), (above, second)):
        share = count / n
        cost += share * 0.5 * np.log(np.maximum(variance, 0.0) + _LEAST_SD**2) - share * np.log(share)
    cost[y[1:] == y[:-1]] = np.inf
    cost[[0, -1]] = np.inf  # one value is no state
    possible = np.flatnonzero(np.isfinite(cost))
    framed = np.concatenate([[np.inf], cost[possible], [np.inf]])
    lowest = possible[(framed[1:-1] <= framed[:-2]) & (framed[1:-1] <= framed[2:])]
    best = lowest[np.argsort(cost[lowest], kind="stable")][:_TRIED]
    return [int(at) + 1 for at in best]


@compiled
def _forward_backward(density: Floats, change: Floats, start: Floats) -> Floats:
    """Scaled forward–backward of three states (Rabiner 1989, equations 19–27, doi:10.1109/5.18626)."""
    n = len(density)
    forward = np.empty((n, 3))
    ahead = start.copy()
    for i in range(n):
        total = 0.0
        for k in range(3):
            forward[i, k] = ahead[k] * density[i, k]
            total += forward[i, k]
        for k in range(3):
            forward[i, k] /= total
        for k in range(3):
            ahead[k] = 0.0
            for j in range(3):
                ahead[k] += forward[i, j] * change[j, k]
    behind = np.ones(3)
    for i in range(n - 1, -1, -1):
        total = 0.0
        for k in range(3):
            forward[i, k] *= behind[k]
            total += forward[i, k]
        after = np.zeros(3)
        for k in range(3):
            weight = behind[k] * density[i, k]
            for j in range(3):
                after[j] += change[j, k] * weight
            forward[i, k] /= total
        most = max(after[0], after[1], after[2])
        for k in range(3):
            behind[k] = after[k] / most
    return forward


def share_on(values: Floats, levels: Levels) -> Floats:
    """Expected share of each interval in which the upper level held; NaN where there is no value.

    Three states persist as the record itself does: off, on, and an interval with a change in it, whose mean lies
    anywhere between both levels and tells the share. Means of an interval are assumed, at equal intervals.

    Parameters
    ----------
    values : array, shape (n,)
        At equal intervals, NaN where missing.
    levels : Levels

    Examples
    --------
    >>> power = np.array([0.0, 0.0, 0.0, 60.0, 100.0, 100.0, 100.0, 0.0, 0.0])
    >>> share_on(power, split_levels(power)).round(1)
    array([0. , 0. , 0. , 0.6, 1. , 1. , 1. , 0. , 0. ])
    """
    state, x = _states(values, levels)
    part = np.clip((x - levels.off) / (levels.on - levels.off), 0.0, 1.0)
    return np.where(np.isfinite(values), state[:, 2] + state[:, 1] * part, np.nan)


def chance_any(values: Floats, levels: Levels) -> Floats:
    """Chance that the upper level held in an interval at all; as `share_on` otherwise.

    Examples
    --------
    >>> energy = np.array([0.0, 10.0, 300.0, 900.0, 1000.0, 1100.0, 0.0])
    >>> chance_any(energy, split_levels(energy)).round(1)
    array([0., 0., 1., 1., 1., 1., 0.])
    """
    return np.where(np.isfinite(values), 1.0 - _states(values, levels)[0][:, 0], np.nan)


def _states(values: Floats, levels: Levels) -> tuple[Floats, Floats]:
    """Probability of off, between and on in each interval, and the values as they were held against the levels."""
    known = np.isfinite(values)
    x = np.where(known, np.maximum(values, 0.0), levels.off)
    above = x[known] > levels.bound
    changes = (np.count_nonzero(above[1:] != above[:-1]) + _USUAL_CHANGES) / (len(above) + 2 * _USUAL_CHANGES)
    share = (np.count_nonzero(above) + 1.0) / (len(above) + 2.0)
    density = np.where(known[:, None], _densities(x, levels), 1.0)
    leaves = [min(0.5, changes / (2.0 * part)) for part in (1.0 - share, share)]
    moves = np.array([
        [1.0 - leaves[0], leaves[0] * (1.0 - _WITHOUT_BETWEEN), leaves[0] * _WITHOUT_BETWEEN],
        [(1.0 - _STAYS_BETWEEN) / 2.0, _STAYS_BETWEEN, (1.0 - _STAYS_BETWEEN) / 2.0],
        [leaves[1] * _WITHOUT_BETWEEN, leaves[1] * (1.0 - _WITHOUT_BETWEEN), 1.0 - leaves[1]],
    ])  # fmt: skip
    return _forward_backward(density, moves, np.array([1.0 - share, changes, share])), x


def _densities(x: Floats, levels: Levels) -> Floats:
    """Density of the logarithm of each value in the states off, between and on."""
    y = _logs(x, levels.top)
    found = np.empty((len(x), 3))
    for k, level, sd, outside in ((0, levels.off, levels.off_sd, -1.0), (2, levels.on, levels.on_sd, 1.0)):
        z = (y - _logs(np.array([level]), levels.top)[0]) / sd
        z = np.where(z * outside > 0, 0.0, z)  # more than on is on, less than off is off
        found[:, k] = np.exp(-0.5 * z * z) / sd + 1e-12
    inside = (x >= levels.off) & (x <= levels.on)
    spread = (x + _SOFT * levels.top) / (levels.on - levels.off)
    found[:, 1] = np.sqrt(2.0 * np.pi) * np.where(inside, spread, 1e-6)
    return found


def runs_of(mask: Bools) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """First row of every run of true values, and the row behind its last.

    Examples
    --------
    >>> [edge.tolist() for edge in runs_of(np.array([True, False, True, True]))]
    [[0, 2], [1, 4]]
    """
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]])))
    return edges[::2], edges[1::2]
