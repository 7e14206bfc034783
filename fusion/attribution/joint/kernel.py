"""The compiled loops of the joint posterior: concentrations of a block, and its likelihood over turns and rates.

For a source at a place, block k, turn ψ of the vane and rate q in the block, the witnesses j add

    l(ψ, q) = Σ_j [ log T((y_j − b_j − q C_j(ψ)) / s_j) − log T((y_j − b_j) / n_j) ] / c,
    s_j² = n_j² + f² (b_j + q C_j)² + (e max(y_j, 0))²,

T the density of Student's t with ν degrees of freedom, b what other sources explain, c the witnesses that count as
one. A block may have turned by a little about the common turn, its rate scatter about the common one, or be nothing:

    L(ψ, q) = off + (1 − off) Σ_δ Σ_a κ(δ) λ(a) exp l(ψ + δ, a q).

The blocks are multiplied for each ψ and q that are common to all.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from numerics.compiled import compiled

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
Ints = NDArray[np.int64]

_NOTHING = 0.05  # of its error: a model value that changes nothing
_AT_ONCE = 10
_LIFTS = 3
_FEWEST, _ROUNDING = 3, 1e-12  # values of a pattern; its spread over its square, if not from rounding
_PERFECT = 0.999  # squared correlation: against a division by nothing
_BESIDE = 30.0  # squared widths of a plume beside its path where nothing is left of it


@compiled
def concentrations(
    x: float,
    y: float,
    point_x: Floats,
    point_y: Floats,
    first: Ints,
    level: Ints,
    table: Singles,
    turns: Ints,
    mirrored: bool,
    log_step: float,
    out: Floats,
) -> None:
    """Fill ``out`` (blocks, sensors, turns) with the means over each sensor's points for a source at (x, y)."""
    blocks, _, radii, angles = table.shape
    step = 2 * np.pi / angles
    points = point_x.size
    ring, bearing = np.empty(points), np.empty(points)
    for p in range(points):
        dx, dy = x - point_x[p], y - point_y[p]
        ring[p] = min(max(0.5 * np.log(max(dx * dx + dy * dy, 1.0)) / log_step, 0.0), radii - 1.000001)
        bearing[p] = np.arctan2(dy, dx) / step
    out[:] = 0.0
    for k in range(blocks):
        for j in range(first.size - 1):
            share = 1.0 / (first[j + 1] - first[j])
            rows = table[k, level[j]]
            for p in range(first[j], first[j + 1]):
                i = int(ring[p])
                w = ring[p] - i
                for t in range(turns.size):
                    at = bearing[p] - turns[t]
                    if mirrored:
                        at = -at
                    floor = int(np.floor(at))
                    v = at - floor
                    a = floor % angles
                    b = a + 1 if a + 1 < angles else 0
                    near = (1 - v) * rows[i, a] + v * rows[i, b]
                    far = (1 - v) * rows[i + 1, a] + v * rows[i + 1, b]
                    out[k, j, t] += share * ((1 - w) * near + w * far)


@compiled
def block_likelihood(
    model: Floats,
    y: Floats,
    noise: Floats,
    base: Floats,
    rates: Floats,
    error: float,
    surprise: float,
    tail: float,
    shared: float,
    out: Floats,
) -> None:
    """Fill ``out`` (turns, rates) with the gain of one block; ``model`` (sensors, turns), NaN in ``y`` is unread."""
    power, error2 = 0.5 * (tail + 1.0), error * error
    near, wide = np.ones(out.shape), np.ones(out.shape)
    out[:] = 0.0
    counted = 0
    for j in range(y.size):
        if np.isnan(y[j]):
            continue
        floor = noise[j] ** 2 + (surprise * max(y[j], 0.0)) ** 2
        alone = floor + error2 * base[j] ** 2
        before = (y[j] - base[j]) ** 2 / (tail * alone)
        smallest = _NOTHING * np.sqrt(floor)
        met = False
        for t in range(model.shape[1]):
            c = model[j, t]
            if c * rates[-1] < smallest:
                continue
            met = True
            for q in range(rates.size):
                m = c * rates[q]
                if m < smallest:
                    continue
                m += base[j]
                s2 = floor + error2 * m * m
                r = y[j] - m
                near[t, q] *= (1.0 + r * r / (tail * s2)) / (1.0 + before)
                wide[t, q] *= s2 / alone
        counted += met
        if counted == _AT_ONCE:  # a product of so many stays within the range of numbers
            out -= power * np.log(near) + 0.5 * np.log(wide)
            near[:], wide[:], counted = 1.0, 1.0, 0
    if counted:
        out -= power * np.log(near) + 0.5 * np.log(wide)
    out /= shared


@compiled
def mixed(
    gain: Floats,
    turn_kernel: Floats,
    rate_kernel: Floats,
    off: float,
    nothing: float,
    middle: Floats,
    out: Floats,
) -> None:
    """Add to ``out`` (turns, rates) the log of a block's mixture over its own turn, its own rate, and nothing."""
    turns, rates = gain.shape
    half_t, half_q = turn_kernel.size // 2, rate_kernel.size // 2
    highest = max(gain.max(), nothing)
    raised = np.exp(gain - highest)
    for t in range(turns):
        for q in range(rates):
            total = 0.0
            for a in range(rate_kernel.size):
                n = min(max(q + a - half_q, 0), rates - 1)
                total += rate_kernel[a] * raised[t, n]
            middle[t, q] = total
    idle = off * np.exp(nothing - highest)
    for t in range(turns):
        for q in range(rates):
            total = 0.0
            for a in range(turn_kernel.size):
                n = min(max(t + a - half_t, 0), turns - 1)
                total += turn_kernel[a] * middle[n, q]
            out[t, q] += np.log(idle + (1 - off) * total) + highest - nothing


@compiled
def lifted(
    model: Floats,
    y: Floats,
    noise: Floats,
    base: Floats,
    lift: float,
    rates: Floats,
    errors: Floats,
    one: Floats,
    out: Floats,
) -> float:
    """Fill ``out`` with the gain of a block whose background is higher by up to ``lift``; give the gain of no source.

    Both are over no source at the least background; nodes of the lift are equally likely.
    """
    nodes = _LIFTS if lift > 0 else 1
    nothing = 0.0
    tail = errors[2]
    for n in range(nodes):
        raised = y - lift * n / max(nodes - 1, 1)
        block_likelihood(model, raised, noise, base, rates, errors[0], errors[1], tail, errors[3], one)
        ahead = 0.0
        for j in range(y.size):
            if not np.isnan(y[j]):
                low = noise[j] ** 2 + (errors[1] * max(y[j], 0.0)) ** 2 + (errors[0] * base[j]) ** 2
                high = noise[j] ** 2 + (errors[1] * max(raised[j], 0.0)) ** 2 + (errors[0] * base[j]) ** 2
                ahead += 0.5 * (tail + 1) * (
                    np.log(1 + (y[j] - base[j]) ** 2 / (tail * low))
                    - np.log(1 + (raised[j] - base[j]) ** 2 / (tail * high))
                ) + 0.5 * np.log(low / high)
        ahead /= errors[3]
        if n == 0:
            out[:] = one
        else:
            for t in range(out.shape[0]):
                for q in range(out.shape[1]):
                    out[t, q] = np.logaddexp(out[t, q], one[t, q] + ahead)
            nothing = float(np.logaddexp(nothing, ahead))
    out -= np.log(nodes)
    return float(nothing - np.log(nodes))


@compiled
def weigh_places(
    x: Floats,
    y: Floats,
    point_x: Floats,
    point_y: Floats,
    first: Ints,
    level: Ints,
    table: Singles,
    turns: Ints,
    mirrored: bool,
    log_step: float,
    value: Floats,
    noise: Floats,
    base: Floats,
    lift: Floats,
    rates: Floats,
    errors: Floats,
    turn_kernel: Floats,
    rate_kernel: Floats,
    off: float,
) -> Floats:
    """Log-likelihood ratios (places, turns, rates) over nothing but ``base``."""
    blocks, sensors = value.shape
    model = np.empty((blocks, sensors, turns.size))
    gain, middle = np.empty((turns.size, rates.size)), np.empty((turns.size, rates.size))
    out = np.zeros((x.size, turns.size, rates.size))
    for n in range(x.size):
        concentrations(x[n], y[n], point_x, point_y, first, level, table, turns, mirrored, log_step, model)
        for k in range(blocks):
            nothing = lifted(model[k], value[k], noise[k], base[k], lift[k], rates, errors, middle, gain)
            mixed(gain, turn_kernel, rate_kernel, off, nothing, middle, out[n])
    return out


@compiled
def block_states(
    model: Floats,
    value: Floats,
    noise: Floats,
    base: Floats,
    lift: Floats,
    rates: Floats,
    errors: Floats,
    turn_weights: Floats,
    rate_weights: Floats,
    off: float,
) -> tuple[Floats, Floats, Floats]:
    """What a source at one place did in each block, its common turn and rate being known with weights.

    ``model`` (blocks, sensors, turns) for a unit rate; ``turn_weights`` (turns,) and ``rate_weights`` (rates,) are
    those of a block beforehand. Gives the chance that it was on (blocks,), the mean logarithm of its rate then
    (blocks,), and what it added to each sensor, (blocks, sensors).
    """
    blocks, sensors, turns = model.shape
    shape = turns, rates.size
    gain, one = np.empty(shape), np.empty(shape)
    on, log_rate, added = np.zeros(blocks), np.zeros(blocks), np.zeros((blocks, sensors))
    for k in range(blocks):
        nothing = lifted(model[k], value[k], noise[k], base[k], lift[k], rates, errors, one, gain)
        highest = max(gain.max(), nothing)
        total = 0.0
        for t in range(turns):
            for q in range(rates.size):
                weight = turn_weights[t] * rate_weights[q] * np.exp(gain[t, q] - highest)
                total += weight
                log_rate[k] += weight * np.log(rates[q])
                for j in range(sensors):
                    added[k, j] += weight * rates[q] * model[k, j, t]
        log_rate[k] /= max(total, 1e-300)
        on[k] = (1 - off) * total / ((1 - off) * total + off * np.exp(nothing - highest))
        added[k] *= on[k] / max(total, 1e-300)
    return on, log_rate, added


@compiled
def pattern_evidence(model: Floats, pattern: Floats, shared: float, least: int, whole: float, out: Floats) -> None:
    """Fill ``out`` (turns,) with the log-evidence of a pattern over none, rate and scale of errors integrated out.

    For roots m of ``model`` (blocks, sensors, turns) and what was met, x = ``pattern`` (NaN where unread), about
    their means and with r their correlation over all N values, a source that emits in blocks i to j has

        (1 − max(r, 0)²)^(−N / 2 c),

    c = ``shared`` values to one independent: the marginal likelihood of a line through x, errors of unknown size.
    All blocks together have the prior ``whole``, the spells of ``least`` blocks or more share what is left.
    """
    total, square, count = 0.0, 0.0, 0
    for x in pattern.flat:
        if not np.isnan(x):
            total += x
            square += x * x
            count += 1
    out[:] = 0.0
    spread = square - total * total / max(count, 1)
    if count < _FEWEST or spread <= _ROUNDING * square:
        return
    sums = np.zeros((3, pattern.shape[0] + 1))
    for t in range(model.shape[2]):
        for k in range(pattern.shape[0]):
            sums[:, k + 1] = sums[:, k]
            for j in range(pattern.shape[1]):
                x = pattern[k, j]
                if not np.isnan(x):
                    m = np.sqrt(model[k, j, t])
                    sums[0, k + 1] += m
                    sums[1, k + 1] += m * m
                    sums[2, k + 1] += m * x
        out[t] = _over_spells(sums, total / count, spread, count, count / shared, least, whole)


@compiled
def _over_spells(
    sums: Floats, mean: float, spread: float, count: int, independent: float, least: int, whole: float
) -> float:
    """Log of the mean of `pattern_evidence` over spells; ``sums`` (3, blocks + 1) of m, m² and m x up to a block."""
    blocks = sums.shape[1] - 1
    spells = 0
    for i in range(blocks):
        spells += max(blocks - i - least + 1, 0)
    likely = 0.0
    for i in range(blocks):
        for e in range(i + least, blocks + 1):
            first, second, both = sums[:, e] - sums[:, i]
            varied = second - first * first / count
            together = both - first * mean
            gain = 1.0
            if together > 0.0 and varied > 0.0:
                gain = (1.0 - min(together * together / (varied * spread), _PERFECT)) ** (-0.5 * independent)
            if e - i < blocks:
                likely += gain * (1.0 - whole) / (spells - 1)
            else:
                likely += gain * (whole if spells > 1 else 1.0)
    return float(np.log(likely)) if spells else 0.0


@compiled
def match_places(
    x: Floats,
    y: Floats,
    point_x: Floats,
    point_y: Floats,
    first: Ints,
    level: Ints,
    table: Singles,
    turns: Ints,
    mirrored: bool,
    log_step: float,
    pattern: Floats,
    shared: float,
    least: int,
    whole: float,
) -> Floats:
    """Log-evidence (places, turns) of the pattern of a source at each place."""
    model = np.empty((*pattern.shape, turns.size))
    out = np.zeros((x.size, turns.size))
    for n in range(x.size):
        concentrations(x[n], y[n], point_x, point_y, first, level, table, turns, mirrored, log_step, model)
        pattern_evidence(model, pattern, shared, least, whole, out[n])
    return out


@compiled
def fill_footprint(
    bearings: Floats,
    radii: Floats,
    sigma: Floats,
    axes: Floats,
    first_m: float,
    log_step: float,
    out: Singles,
) -> None:
    """Fill ``out`` (heights, radii, angles) with the mean over steps of a plume about its path.

    ``bearings`` (steps, radii) of the path [rad]; ``sigma`` (n,) crosswind spread [m] and ``axes`` (heights, n)
    concentration over rate on the axis, tabulated over distances of equal ratio from ``first_m``.
    """
    steps, heights, angles = bearings.shape[0], axes.shape[0], out.shape[2]
    step = 2 * np.pi / angles
    out[:] = 0.0
    for i in range(steps):
        for r in range(radii.size):
            for a in range(angles):
                off = a * step - bearings[i, r]
                along, across = radii[r] * np.cos(off), radii[r] * np.sin(off)
                at = min(max(np.log(max(along, first_m) / first_m) / log_step, 0.0), sigma.size - 1.000001)
                n = int(at)
                w = at - n
                wide = sigma[n] + w * (sigma[n + 1] - sigma[n])
                square = (across / wide) ** 2
                if along < 0.0:
                    square += (along / wide) ** 2
                if square > _BESIDE:
                    continue
                share = np.exp(-0.5 * square) / steps
                for z in range(heights):
                    out[z, r, a] += share * (axes[z, n] + w * (axes[z, n + 1] - axes[z, n]))
