"""The inner loops of `fusion.crossing`, compiled."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from tracks.compiled import compiled

__all__ = ["plume_odds", "silence_odds"]

Floats = NDArray[np.float64]

_FAR = 4.5  # beyond this many widths there is no plume
_FARTHEST = 16.0  # squared distance from a path, in widths and errors, beyond which a source cannot be its origin


@compiled
def _nearest(
    sx: float, sy: float, away: float, path: Floats, box: Floats, b: int
) -> tuple[float, float, float, float]:
    """Log axis, offset across, width and error of the likeliest node of a path; a log axis of −1e9 without one.

    Only nodes whose way from the bin is 0.7 to 1.8 times the distance ``away`` can be near: paths bend, not curl.
    """
    if sx < box[b, 0] or sx > box[b, 1] or sy < box[b, 2] or sy > box[b, 3]:
        return -1e9, 0.0, 1.0, 0.0
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
def _models(sx: float, sy: float, turn: float, bins: Floats, path: Floats, box: Floats, model: Floats) -> bool:
    """Fill ``model`` (bins, 4) by `_nearest` for a source turned about each bin; False if no path comes near it."""
    cos, sin = math.cos(turn), math.sin(turn)
    touched = False
    for b in range(bins.shape[0]):
        dx, dy = sx - bins[b, 0], sy - bins[b, 1]
        x, y = bins[b, 0] + cos * dx - sin * dy, bins[b, 1] + sin * dx + cos * dy
        away = math.sqrt(dx * dx + dy * dy)
        model[b, 0], model[b, 1], model[b, 2], model[b, 3] = _nearest(x, y, away, path, box, b)
        touched = touched or model[b, 0] > -1e8
    return touched


@compiled
def _products(model: Floats, bins: Floats, side: float) -> tuple[float, float]:
    """Sums over bins of the squared model, and of model times value, with the plume moved sideways."""
    square, cross = 0.0, 0.0
    for b in range(bins.shape[0]):
        if model[b, 0] > -1e8:
            spread = (model[b, 1] - side * model[b, 3]) / model[b, 2]
            if abs(spread) < _FAR:
                height = math.exp(model[b, 0] - 0.5 * spread * spread)
                square += height * height
                cross += height * bins[b, 2]
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
def silence_odds(
    source_x: Floats,
    source_y: Floats,
    bins: Floats,
    path: Floats,
    box: Floats,
    terms: Floats,
    sides: Floats,
    turns: Floats,
    weights: Floats,
    log_rates: Floats,
    table: Floats,
    total: Floats,
) -> None:
    """Add to ``total`` (sources, rates) the log-probability that a quiet stretch stays quiet.

    ``bins`` (bins, 3) are x, y, value; ``path`` (bins, nodes, 10) x, y, cos, sin, reach, log axis, sigma, error,
    1 / (sigma² + error²), length; ``box`` (bins, 4) what the paths reach; ``terms`` the variance of a bin (shared
    errors counted) and the share of units in which the source was off; ``table`` first abscissa, step, then values of
    the probability of silence over the logarithm of the predicted height in standard deviations.
    """
    variance, off_share = terms[0], terms[1]
    model = np.empty((bins.shape[0], 4))
    quiet = np.empty(log_rates.size)
    last = table.size - 3
    for s in range(source_x.size):
        quiet[:] = 0.0
        heard = False
        for t in range(turns.size):
            touched = _models(source_x[s], source_y[s], turns[t], bins, path, box, model)
            for z in range(sides.size):
                square = 0.0
                if touched:
                    square, _ = _products(model, bins, sides[z])
                if square <= 0.0:
                    quiet += weights[t, z]
                    continue
                heard = True
                height = 0.5 * math.log(square / variance)
                for m in range(log_rates.size):
                    place = (log_rates[m] + height - table[0]) / table[1]
                    if place <= 0.0:
                        quiet[m] += weights[t, z]
                    elif place < last:
                        k = int(place)
                        value = table[2 + k] + (place - k) * (table[3 + k] - table[2 + k])
                        quiet[m] += weights[t, z] * value
        if heard:
            for m in range(log_rates.size):
                if quiet[m] < 1.0 - 1e-12:
                    total[s, m] += math.log(off_share + (1.0 - off_share) * quiet[m])


@compiled
def plume_odds(
    source_x: Floats,
    source_y: Floats,
    bins: Floats,
    path: Floats,
    box: Floats,
    terms: Floats,
    sides: Floats,
    turns: Floats,
    weights: Floats,
    log_rates: Floats,
    kernel: Floats,
    total: Floats,
) -> None:
    """Add to ``total`` (sources, rates) the log-odds of a plume that was crossed; arguments as `silence_odds`.

    ``terms`` are the variance of a bin, the share of units in which the source was off, the likelihood of another
    maker, and ν of the heavy tail (1 + miss / ν)^−ν of the misfit; ``kernel`` the scatter of heights over the rates.
    """
    n_rates = log_rates.size
    scaled, off_share, other, tail = 0.5 / terms[0], terms[1], terms[2], terms[3]
    rates = np.exp(log_rates)
    even = np.ones(n_rates)
    inside = np.array([_scattered(even, kernel, m, n_rates - 1) for m in range(n_rates)])
    norm = 0.0
    for b in range(bins.shape[0]):
        norm += bins[b, 2] * bins[b, 2]
    fit = np.empty(n_rates)
    model = np.empty((bins.shape[0], 4))
    silent = _heavy_tail(scaled * norm, tail)
    nothing = math.log(off_share)
    for s in range(source_x.size):
        fit[:] = 0.0
        highest = -1
        for t in range(turns.size):
            if not _models(source_x[s], source_y[s], turns[t], bins, path, box, model):
                continue
            for z in range(sides.size):
                square, cross = _products(model, bins, sides[z])
                for m in range(n_rates):
                    lean = 2.0 * cross - rates[m] * square
                    if lean <= 0.0:
                        break  # it fits worse than no plume, and so do all higher rates
                    gain = _heavy_tail(scaled * (norm - rates[m] * lean), tail) - silent  # over no plume at all
                    fit[m] += weights[t, z] * max(gain, 0.0)
                    highest = max(highest, m)
        if highest < 0:
            total[s] += nothing
            continue
        for m in range(n_rates):
            value = _scattered(fit, kernel, m, highest)
            total[s, m] += math.log(off_share + (1.0 - off_share) * value / inside[m] / other)
