"""The inner loops of `fusion.crossing`, compiled."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tracks.compiled import compiled

__all__ = ["Errors", "Shape", "Stack", "add_elsewhere", "add_own"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_FAR = 4.5  # beyond this many widths there is no plume
_FARTHEST = 16.0  # squared distance from a path, in widths and errors, beyond which a source cannot be its origin


class Stack(NamedTuple):
    """Units one after the other: unit ``u`` is made of bins ``first[u]`` to ``first[u + 1]``.

    ``bins`` (bins, 3) are x, y [m] and value; ``path`` (bins, nodes, 10) and ``box`` (bins, 4) as in
    `fusion.crossing.Unit`; ``reach`` (units, 4) the union of a unit's boxes, endless where paths may turn;
    ``noise`` (units,) the standard deviation of a bin; ``directed`` (units,) whether the wind had a direction.
    """

    bins: Floats
    path: Floats
    box: Floats
    first: Ints
    reach: Floats
    noise: Floats
    directed: NDArray[np.bool_]


class Errors(NamedTuple):
    """Sideways moves in standard deviations with their weights, and turns in rad of paths without a direction."""

    sides: Floats
    weights: Floats
    turns: Floats


class Shape(NamedTuple):
    """What holds for every unit.

    ``log_rates`` (rates,); ``kernel`` the scatter of heights over the rates; ``table`` first abscissa, step, then
    values of the probability of silence over the logarithm of the predicted height in standard deviations;
    ``off_share`` the share of units in which the source was off; ``shared_bins`` how many bins share their error;
    ``tail`` is ν of the heavy tail (1 + miss / ν)^−ν of a misfit.
    """

    log_rates: Floats
    kernel: Floats
    table: Floats
    off_share: float
    shared_bins: float
    tail: float


@compiled
def _nearest(sx: float, sy: float, away: float, path: Floats, b: int) -> tuple[float, float, float, float]:
    """Log axis, offset across, width and error of the likeliest node of a path; a log axis of −1e9 without one.

    Only nodes whose way from the bin is 0.7 to 1.8 times the distance ``away`` can be near: paths bend, not curl.
    """
    best, at = 1e9, -1
    for k in range(path.shape[1]):
        if path[b, k, 9] + path[b, k, 4] < 0.7 * away:
            continue
        if path[b, k, 9] > 1.8 * away + 40.0:
            break
        dx, dy = sx - path[b, k, 0], sy - path[b, k, 1]
        beyond = abs(dx * path[b, k, 2] + dy * path[b, k, 3]) - path[b, k, 4]
        off = dy * path[b, k, 2] - dx * path[b, k, 3]
        square = off * off
        if beyond > 0.0:
            square += 16.0 * beyond * beyond  # past the end of the path
        square *= path[b, k, 8]
        if square < _FARTHEST:
            cost = 0.5 * square - path[b, k, 5]
            if cost < best:
                best, at = cost, k
    if at < 0:
        return -1e9, 0.0, 1.0, 0.0
    dx, dy = sx - path[b, at, 0], sy - path[b, at, 1]
    beyond = max(abs(dx * path[b, at, 2] + dy * path[b, at, 3]) - path[b, at, 4], 0.0)
    across = dy * path[b, at, 2] - dx * path[b, at, 3]
    return path[b, at, 5] - 8.0 * beyond * beyond * path[b, at, 8], across, path[b, at, 6], path[b, at, 7]


@compiled
def _models(sx: float, sy: float, turn: float, units: Stack, u: int, model: Floats) -> bool:
    """Fill ``model`` (bins, 4) by `_nearest` for a source turned about each bin; False if no path comes near it."""
    cos, sin = math.cos(turn), math.sin(turn)
    touched = False
    start = units.first[u]
    for b in range(start, units.first[u + 1]):
        dx, dy = sx - units.bins[b, 0], sy - units.bins[b, 1]
        x, y = units.bins[b, 0] + cos * dx - sin * dy, units.bins[b, 1] + sin * dx + cos * dy
        model[b - start, 0] = -1e9
        if _inside(x, y, units.box, b):
            model[b - start] = _nearest(x, y, math.sqrt(dx * dx + dy * dy), units.path, b)
            touched = touched or model[b - start, 0] > -1e8
    return touched


@compiled
def _inside(x: float, y: float, box: Floats, b: int) -> bool:
    return bool(box[b, 0] <= x <= box[b, 1] and box[b, 2] <= y <= box[b, 3])


@compiled
def _products(model: Floats, units: Stack, u: int, side: float) -> tuple[float, float]:
    """Sums over bins of the squared model, and of model times value, with the plume moved sideways."""
    square, cross = 0.0, 0.0
    start = units.first[u]
    for b in range(units.first[u + 1] - start):
        if model[b, 0] > -1e8:
            spread = (model[b, 1] - side * model[b, 3]) / model[b, 2]
            if abs(spread) < _FAR:
                height = math.exp(model[b, 0] - 0.5 * spread * spread)
                square += height * height
                cross += height * units.bins[start + b, 2]
    return square, cross


@compiled
def _heavy_tail(miss: float, tail: float) -> float:
    """(1 + miss / tail)^−tail; the power of a whole default is two products."""
    share = 1.0 / (1.0 + max(miss, 0.0) / tail)
    if tail == 4.0:
        return share * share * share * share
    return float(share**tail)


@compiled
def _scattered(fit: Floats, kernel: Floats, m: int, last: int) -> float:
    """The kernel laid on ``fit`` about rate ``m``, up to rate ``last``."""
    half = kernel.size // 2
    value = 0.0
    for j in range(max(-half, -m), min(half, last - m) + 1):
        value += kernel[j + half] * fit[m + j]
    return value


@compiled
def _fit_plume(
    sx: float, sy: float, units: Stack, u: int, errors: Errors, shape: Shape, until: int, model: Floats, fit: Floats
) -> int:
    """Fill ``fit`` up to rate ``until`` with how much better than no plume it fits; the last that does, or −1."""
    scaled = 0.5 / (shape.shared_bins * units.noise[u] ** 2)
    norm = 0.0
    for b in range(units.first[u], units.first[u + 1]):
        norm += units.bins[b, 2] * units.bins[b, 2]
    silent = _heavy_tail(scaled * norm, shape.tail)
    fit[:] = 0.0
    highest = -1
    directed = units.directed[u]
    for t in range(1 if directed else errors.turns.size):
        if not _models(sx, sy, 0.0 if directed else errors.turns[t], units, u, model):
            continue
        for z in range(errors.sides.size if directed else 1):
            weight = errors.weights[z] if directed else 1.0 / errors.turns.size
            square, cross = _products(model, units, u, errors.sides[z] if directed else 0.0)
            for m in range(until):
                rate = math.exp(shape.log_rates[m])
                lean = 2.0 * cross - rate * square
                if lean <= 0.0:
                    break  # it fits worse than no plume, and so do all higher rates
                gain = _heavy_tail(scaled * (norm - rate * lean), shape.tail) - silent
                fit[m] += weight * max(gain, 0.0)
                highest = max(highest, m)
    return highest


@compiled
def _add_plume(
    sx: float, sy: float, units: Stack, u: int, errors: Errors, shape: Shape, other: float,
    low: int, high: int, inside: Floats, model: Floats, fit: Floats, row: Floats,
) -> None:  # fmt: skip
    """Add to rates ``low`` to ``high`` of ``row`` the log-odds of a plume that was crossed, over another maker's."""
    until = min(high + shape.kernel.size // 2, shape.log_rates.size)
    highest = -1
    if _inside(sx, sy, units.reach, u):
        highest = _fit_plume(sx, sy, units, u, errors, shape, until, model, fit)
    if highest < 0:
        row[low:high] += math.log(shape.off_share)
        return
    for m in range(low, high):
        value = _scattered(fit, shape.kernel, m, highest)
        row[m] += math.log(shape.off_share + (1.0 - shape.off_share) * value / inside[m] / other)


@compiled
def _add_silence(
    sx: float, sy: float, units: Stack, u: int, errors: Errors, shape: Shape,
    low: int, high: int, model: Floats, quiet: Floats, row: Floats,
) -> None:  # fmt: skip
    """Add to rates ``low`` to ``high`` of ``row`` the log-probability that a quiet stretch stays quiet."""
    variance = shape.shared_bins * units.noise[u] ** 2
    last = shape.table.size - 3
    quiet[:] = 0.0
    heard = False
    directed = units.directed[u]
    for t in range(1 if directed else errors.turns.size):
        touched = _models(sx, sy, 0.0 if directed else errors.turns[t], units, u, model)
        for z in range(errors.sides.size if directed else 1):
            weight = errors.weights[z] if directed else 1.0 / errors.turns.size
            square = 0.0
            if touched:
                square, _ = _products(model, units, u, errors.sides[z] if directed else 0.0)
            if square <= 0.0:
                quiet[low:high] += weight
                continue
            heard = True
            height = 0.5 * math.log(square / variance)
            for m in range(low, high):
                place = (shape.log_rates[m] + height - shape.table[0]) / shape.table[1]
                if place <= 0.0:
                    quiet[m] += weight
                elif place < last:
                    k = int(place)
                    quiet[m] += weight * (
                        shape.table[2 + k] + (place - k) * (shape.table[3 + k] - shape.table[2 + k])
                    )
    if heard:
        for m in range(low, high):
            if quiet[m] < 1.0 - 1e-12:
                row[m] += math.log(shape.off_share + (1.0 - shape.off_share) * quiet[m])


@compiled
def _within(shape: Shape) -> Floats:
    """Share of the scatter of heights about each rate that stays on the nodes, (rates,)."""
    n = shape.log_rates.size
    even = np.ones(n)
    return np.array([_scattered(even, shape.kernel, m, n - 1) for m in range(n)])


@compiled
def _longest(units: Stack) -> int:
    most = 0
    for u in range(units.noise.size):
        most = max(most, units.first[u + 1] - units.first[u])
    return int(most)


@compiled
def add_own(x: Floats, y: Floats, own: Stack, errors: Errors, shape: Shape, other: float, total: Floats) -> None:
    """Add to ``total`` (sources, rates) the log-odds of the plumes ``own`` over makers of likelihood ``other``."""
    n = shape.log_rates.size
    inside, fit, model = _within(shape), np.empty(n), np.empty((_longest(own), 4))
    for s in range(x.size):
        for u in range(own.noise.size):
            _add_plume(x[s], y[s], own, u, errors, shape, other, 0, n, inside, model, fit, total[s])


@compiled
def _narrow(row: Floats, low: int, high: int, left: float, best: float, negligible: float) -> tuple[int, int]:
    """The rates from first to last that may come within ``negligible`` of ``best`` with ``left`` still to be weighed.

    Those left behind get ``negligible`` less than they could.
    """
    while low < high and row[low] + left < best - negligible:
        row[low] += left - negligible
        low += 1
    while low < high and row[high - 1] + left < best - negligible:
        row[high - 1] += left - negligible
        high -= 1
    return low, high


@compiled
def _most(sx: float, sy: float, plumes: Stack, nothing: float, gain: float) -> float:
    """What plumes can add at most to the log-odds of a place: ``gain`` where one reaches it, else ``nothing``."""
    most = 0.0
    for u in range(plumes.noise.size):
        most += gain if _inside(sx, sy, plumes.reach, u) else nothing
    return most


@compiled
def add_elsewhere(
    x: Floats, y: Floats, order: Ints, plumes: Stack, quiet: Stack, errors: Errors, quiet_errors: Errors,
    shape: Shape, other: float, negligible: float, total: Floats,
) -> None:  # fmt: skip
    """Add to ``total`` (sources, rates) what plumes elsewhere and quiet stretches say, in ``order`` of the sources.

    A source and rate that cannot come within ``negligible`` of the best that was weighed is left behind it by more
    than that.
    """
    n = shape.log_rates.size
    inside, fit = _within(shape), np.empty(n)
    model = np.empty((max(_longest(plumes), _longest(quiet)), 4))
    nothing, gain = math.log(shape.off_share), math.log(shape.off_share + (1.0 - shape.off_share) / other)
    best = -math.inf
    for s in order:
        left, row = _most(x[s], y[s], plumes, nothing, gain), total[s]
        low, high = _narrow(row, 0, n, left, best, negligible)
        for u in range(plumes.noise.size):
            if low == high:
                break
            left -= gain if _inside(x[s], y[s], plumes.reach, u) else nothing
            _add_plume(x[s], y[s], plumes, u, errors, shape, other, low, high, inside, model, fit, row)
            low, high = _narrow(row, low, high, left, best, negligible)
        for u in range(quiet.noise.size):
            if low == high:
                break
            if _inside(x[s], y[s], quiet.reach, u):
                _add_silence(x[s], y[s], quiet, u, quiet_errors, shape, low, high, model, fit, row)
                low, high = _narrow(row, low, high, 0.0, best, negligible)
        for m in range(low, high):
            best = max(best, row[m])
