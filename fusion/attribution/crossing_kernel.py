"""The inner loops of `fusion.attribution.crossing`, compiled."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from numerics.compiled import compiled

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_FAR = 4.5  # beyond this many widths there is no plume
_AT_ONCE = 4  # plumes whose odds are multiplied before their logarithm is taken
_FARTHEST = 16.0  # squared distance from a path, in widths and errors, beyond which a source cannot be its origin


class Stack(NamedTuple):
    """Units one after the other: unit ``u`` is made of bins ``first[u]`` to ``first[u + 1]``.

    ``bins`` (bins, 3) are x, y [m] and value; ``path`` (bins, nodes, 10) and ``box`` (bins, 4) as in
    `fusion.attribution.crossing.Stretch`; ``reach`` (units, 4) the union of a unit's boxes, endless where paths may
    turn; ``noise`` (units,) the standard deviation of a bin; ``directed`` (units,) whether the wind had a direction.
    """

    bins: Floats
    path: Floats
    box: Floats
    first: Ints
    reach: Floats
    noise: Floats
    directed: NDArray[np.bool_]


class Errors(NamedTuple):
    """Sideways moves in standard deviations with their weights, and turns in rad of paths without a direction.

    ``none`` is no move and no turn, ``even`` the weight of a turn; both (1,).
    """

    sides: Floats
    weights: Floats
    turns: Floats
    none: Floats
    even: Floats


class Shape(NamedTuple):
    """What holds for every unit.

    ``rates`` (rates,) and their logarithms; ``kernel`` the scatter of heights over them; ``table`` first abscissa,
    step, and values of the probability of silence over the logarithm of the predicted height in standard deviations;
    ``off_share`` the share of units in which the source was off; ``shared_bins`` how many bins share their error;
    ``tail`` is ν of the heavy tail (1 + miss / ν)^−ν of a misfit.
    """

    log_rates: Floats
    rates: Floats
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
def _inside(x: float, y: float, box: Floats, b: int) -> bool:
    return bool(box[b, 0] <= x <= box[b, 1] and box[b, 2] <= y <= box[b, 3])


@compiled
def _models(
    sx: float, sy: float, turn: float, bins: Floats, path: Floats, box: Floats, start: int, stop: int, model: Floats
) -> int:
    """Fill ``model`` for a source turned about each bin, and say how many of the bins have a path near it.

    Rows hold the log axis, the offset across and the error in widths, and the value of such a bin.
    """
    cos, sin = math.cos(turn), math.sin(turn)
    count = 0
    for b in range(start, stop):
        dx, dy = sx - bins[b, 0], sy - bins[b, 1]
        x, y = bins[b, 0] + cos * dx - sin * dy, bins[b, 1] + sin * dx + cos * dy
        if not _inside(x, y, box, b):
            continue
        axis, across, width, error = _nearest(x, y, math.sqrt(dx * dx + dy * dy), path, b)
        if axis > -1e8:
            narrow = 1.0 / width
            model[count, 0], model[count, 1], model[count, 2] = axis, across * narrow, error * narrow
            model[count, 3] = bins[b, 2]
            count += 1
    return count


@compiled
def _products(model: Floats, count: int, side: float) -> tuple[float, float]:
    """Sums over bins of the squared model, and of model times value, with the plume moved sideways."""
    square, cross = 0.0, 0.0
    for b in range(count):
        spread = model[b, 1] - side * model[b, 2]
        if abs(spread) < _FAR:
            height = math.exp(model[b, 0] - 0.5 * spread * spread)
            square += height * height
            cross += height * model[b, 3]
    return square, cross


@compiled
def _heavy_tail(miss: float, tail: float) -> float:
    """(1 + miss / tail)^−tail; the power of a whole default is two products."""
    share = tail / (tail + max(miss, 0.0))
    if tail == 4.0:
        square = share * share
        return square * square
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
def _errors_of(directed: bool, errors: Errors) -> tuple[Floats, Floats, Floats]:
    """Turns, sides and weights of a unit."""
    if directed:
        return errors.none, errors.sides, errors.weights
    return errors.turns, errors.none, errors.even


@compiled
def _fit_plume(
    sx: float, sy: float, bins: Floats, path: Floats, box: Floats, start: int, stop: int, scaled: float,
    turns: Floats, sides: Floats, weights: Floats, rates: Floats, until: int, tail: float, model: Floats, fit: Floats,
) -> int:  # fmt: skip
    """Fill ``fit`` up to rate ``until`` with how much better than no plume it fits; the last that does, or −1."""
    norm = 0.0
    for b in range(start, stop):
        norm += bins[b, 2] * bins[b, 2]
    silent = _heavy_tail(scaled * norm, tail)
    fit[:until] = 0.0
    highest = -1
    for turn in turns:
        count = _models(sx, sy, turn, bins, path, box, start, stop, model)
        if count == 0:
            continue
        for z in range(sides.size):
            square, cross = _products(model, count, sides[z])
            for m in range(until):
                lean = 2.0 * cross - rates[m] * square
                if lean <= 0.0:
                    break  # it fits worse than no plume, and so do all higher rates
                gain = _heavy_tail(scaled * (norm - rates[m] * lean), tail) - silent
                fit[m] += weights[z] * max(gain, 0.0)
                highest = max(highest, m)
    return highest


@compiled
def _multiply_plume(
    sx: float, sy: float, units: Stack, u: int, errors: Errors, shape: Shape, scale: Floats, without: float,
    low: int, high: int, model: Floats, fit: Floats, odds: Floats,
) -> None:  # fmt: skip
    """Multiply rates ``low`` to ``high`` of ``odds`` by those of a plume that was crossed, over another maker's.

    They are ``without`` where this source did not make it.
    """
    half = shape.kernel.size // 2
    turns, sides, weights = _errors_of(units.directed[u], errors)
    highest = _fit_plume(
        sx, sy, units.bins, units.path, units.box, units.first[u], units.first[u + 1],
        0.5 / (shape.shared_bins * units.noise[u] ** 2), turns, sides, weights,
        shape.rates, min(high + half, shape.rates.size), shape.tail, model, fit,
    )  # fmt: skip
    some = max(low, min(high, highest + half + 1)) if highest >= 0 else low
    for m in range(low, some):
        odds[m] *= without + scale[m] * _scattered(fit, shape.kernel, m, highest)
    for m in range(some, high):
        odds[m] *= without


@compiled
def _hear(
    sx: float, sy: float, bins: Floats, path: Floats, box: Floats, start: int, stop: int, variance: float,
    turns: Floats, sides: Floats, weights: Floats, log_rates: Floats, table: Floats,
    low: int, high: int, model: Floats, quiet: Floats,
) -> bool:  # fmt: skip
    """Fill ``quiet`` with the probability that a stretch stays quiet at some rates; False if it must."""
    last = table.size - 3
    finer = 1.0 / table[1]
    quiet[low:high] = 0.0
    certain = 0.0
    for turn in turns:
        count = _models(sx, sy, turn, bins, path, box, start, stop, model)
        for z in range(sides.size):
            square, _ = _products(model, count, sides[z])
            if square <= 0.0:
                certain += weights[z]
                continue
            height = 0.5 * math.log(square / variance) - table[0]
            for m in range(low, high):
                place = (log_rates[m] + height) * finer
                if place <= 0.0:
                    quiet[m] += weights[z]
                elif place < last:
                    k = int(place)
                    quiet[m] += weights[z] * (table[2 + k] + (place - k) * (table[3 + k] - table[2 + k]))
                else:
                    break  # nor at any higher rate
    quiet[low:high] += certain
    return certain < 1.0 - 1e-12


@compiled
def _add_silence(
    sx: float, sy: float, units: Stack, u: int, errors: Errors, shape: Shape,
    low: int, high: int, model: Floats, quiet: Floats, row: Floats,
) -> None:  # fmt: skip
    """Add to rates ``low`` to ``high`` of ``row`` the log-probability that a quiet stretch stays quiet."""
    turns, sides, weights = _errors_of(units.directed[u], errors)
    heard = _hear(
        sx, sy, units.bins, units.path, units.box, units.first[u], units.first[u + 1],
        shape.shared_bins * units.noise[u] ** 2, turns, sides, weights, shape.log_rates, shape.table,
        low, high, model, quiet,
    )  # fmt: skip
    for m in range(low, high if heard else low):
        if quiet[m] < 1.0 - 1e-12:
            row[m] += math.log(shape.off_share + (1.0 - shape.off_share) * quiet[m])


@compiled
def _scale(shape: Shape, other: float) -> Floats:
    """What turns a scattered fit into odds over another maker, (rates,); of the scatter, what stays on the nodes."""
    n = shape.rates.size
    even = np.ones(n)
    inside = np.array([_scattered(even, shape.kernel, m, n - 1) for m in range(n)])
    return (1.0 - shape.off_share) / (inside * other)


@compiled
def _longest(units: Stack) -> int:
    most = 0
    for u in range(units.noise.size):
        most = max(most, units.first[u + 1] - units.first[u])
    return int(most)


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
def _take_in(odds: Floats, row: Floats, low: int, high: int) -> None:
    """Add the logarithm of ``odds`` to rates ``low`` to ``high`` of ``row``, and set them to one."""
    for m in range(low, high):
        row[m] += math.log(odds[m])
        odds[m] = 1.0


@compiled
def _add_plumes(
    sx: float, sy: float, plumes: Stack, errors: Errors, shape: Shape, scale: Floats, without: float, gain: float,
    best: float, negligible: float, model: Floats, fit: Floats, odds: Floats, row: Floats,
) -> tuple[int, int]:  # fmt: skip
    """Add the log-odds of plumes to ``row``; the rates from first to last that were weighed to the end."""
    reached = 0
    for u in range(plumes.noise.size):
        reached += _inside(sx, sy, plumes.reach, u)
    row += math.log(without) * (plumes.noise.size - reached)
    low, high = _narrow(row, 0, row.size, gain * reached, best, negligible)
    odds[:] = 1.0
    for u in range(plumes.noise.size):
        if low == high:
            break
        if _inside(sx, sy, plumes.reach, u):
            _multiply_plume(sx, sy, plumes, u, errors, shape, scale, without, low, high, model, fit, odds)
            reached -= 1
            if reached % _AT_ONCE == 0:
                _take_in(odds, row, low, high)
                low, high = _narrow(row, low, high, gain * reached, best, negligible)
    return low, high


@compiled
def add_own(
    x: Floats, y: Floats, own: Stack, errors: Errors, shape: Shape, other: float, behind: float, total: Floats
) -> None:
    """Add to ``total`` (sources, rates) the log-odds of the plumes ``own`` over makers of likelihood ``other``.

    A source and rate that cannot come within ``behind`` of the best is left behind it by more than that.
    """
    scale = _scale(shape, other)
    fit, odds = np.empty(shape.rates.size), np.empty(shape.rates.size)
    model = np.empty((_longest(own), 4))
    without = shape.off_share
    nothing, gain = math.log(without), math.log(without + (1.0 - shape.off_share) / other)
    most = np.array([_most(x[s], y[s], own, nothing, gain) for s in range(x.size)])
    best = -math.inf
    for s in np.argsort(-most, kind="mergesort"):
        low, high = _add_plumes(
            x[s], y[s], own, errors, shape, scale, without, gain, best, behind, model, fit, odds, total[s]
        )
        for m in range(low, high):
            best = max(best, total[s, m])


@compiled
def add_elsewhere(
    x: Floats, y: Floats, order: Ints, plumes: Stack, quiet: Stack, errors: Errors, quiet_errors: Errors,
    shape: Shape, other: float, negligible: float, total: Floats,
) -> None:  # fmt: skip
    """Add to ``total`` (sources, rates) what plumes elsewhere and quiet stretches say, in ``order`` of the sources.

    A source and rate that cannot come within ``negligible`` of the best that was weighed is left behind it by more
    than that.
    """
    scale = _scale(shape, other)
    fit, odds = np.empty(shape.rates.size), np.empty(shape.rates.size)
    model = np.empty((max(_longest(plumes), _longest(quiet)), 4))
    without = 1.0  # it is another's then, as it was before
    gain = math.log(without + (1.0 - shape.off_share) / other)
    best = -math.inf
    for s in order:
        row = total[s]
        low, high = _add_plumes(
            x[s], y[s], plumes, errors, shape, scale, without, gain, best, negligible, model, fit, odds, row
        )
        for u in range(quiet.noise.size):
            if low == high:
                break
            if _inside(x[s], y[s], quiet.reach, u):
                _add_silence(x[s], y[s], quiet, u, quiet_errors, shape, low, high, model, fit, row)
                low, high = _narrow(row, low, high, 0.0, best, negligible)
        for m in range(low, high):
            best = max(best, row[m])
