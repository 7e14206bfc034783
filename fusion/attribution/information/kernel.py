"""The inner loop of `fusion.attribution.information.passes`, compiled."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from numerics.compiled import compiled

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_UNSEEN = -8.0  # logarithm of height over limit that no scatter makes visible
_FIRST_M = 5.0  # nearer, a source is on the road


@compiled
def add_outcomes(
    x: Floats,
    y: Floats,
    towards: Floats,
    source: Floats,
    of: Ints,
    table: Floats,
    step: float,
    sides: Floats,
    weights: Floats,
    on_share: float,
    seen: Floats,
) -> None:
    """Add to ``seen`` (winds, stretches, bins, names) how likely each bin is where a plume is seen to stand highest.

    Parameters
    ----------
    x, y : arrays, shape (stretches, bins)
    source : array, shape (places, 6)
        x, y, standard deviation of the place [m], logarithm of rate over limit and its error, share of its name.
    of : array, shape (places,)
        Name of each place.
    table : array, shape (3, lengths)
        Logarithm of concentration over rate, width and error of the place, every ``step`` metres downwind.
    sides, weights : arrays, shape (sides,)
        Errors of the place across the wind, standard deviations.
    """
    last = table.shape[1] - 1
    for w in range(towards.size):
        cos, sin = math.cos(towards[w]), math.sin(towards[w])
        for s in range(x.shape[0]):
            for p in range(source.shape[0]):
                for z in range(sides.size):
                    best, where = _UNSEEN, -1
                    for b in range(x.shape[1]):
                        east, north = x[s, b] - source[p, 0], y[s, b] - source[p, 1]
                        along = east * cos + north * sin
                        if not along >= _FIRST_M:  # NaN beyond the last bin, too
                            continue
                        k = int(along / step)
                        if k >= last:
                            continue
                        t = along / step - k
                        sigma = table[1, k] + t * (table[1, k + 1] - table[1, k])
                        error = table[2, k] + t * (table[2, k + 1] - table[2, k])
                        across = north * cos - east * sin
                        off = (across + sides[z] * math.sqrt(error**2 + source[p, 2] ** 2)) / sigma
                        height = source[p, 3] + table[0, k] + t * (table[0, k + 1] - table[0, k]) - 0.5 * off * off
                        if height > best:
                            best, where = height, b
                    if where >= 0:
                        chance = 0.5 * math.erfc(-best / (source[p, 4] * math.sqrt(2.0)))
                        seen[w, s, where, of[p]] += on_share * source[p, 5] * weights[z] * chance
