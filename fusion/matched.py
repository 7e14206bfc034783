"""The inner loop of the likelihood: sums of a plume over the bins of a pass, for each source and turn of wind."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tracks.compiled import compiled

__all__ = ["matched_sums"]

Floats = NDArray[np.float64]


@compiled
def matched_sums(
    source_x: Floats,
    source_y: Floats,
    x: Floats,
    y: Floats,
    value: Floats,
    direction: Floats,
    log_first: float,
    log_step: float,
    sigma_y: Floats,
    axis: Floats,
    cross: Floats,
    power: Floats,
) -> None:
    """Fill ``cross`` = Σ value φ and ``power`` = Σ φ², both (sources, directions).

    ``direction`` [rad] is where the wind blows to; ``sigma_y`` and ``axis`` (concentration over rate on the axis) are
    tabulated at equal steps of the logarithm of the distance from exp(``log_first``) on. Beyond five σy a plume is
    nothing.
    """
    last = sigma_y.size - 1
    nearest = np.exp(log_first)
    cosine, sine = np.cos(direction), np.sin(direction)
    for s in range(source_x.size):
        for t in range(direction.size):
            matched, squared = 0.0, 0.0
            for i in range(x.size):
                dx, dy = x[i] - source_x[s], y[i] - source_y[s]
                along = dx * cosine[t] + dy * sine[t]
                if along <= nearest:
                    continue
                across = dy * cosine[t] - dx * sine[t]
                place = (np.log(along) - log_first) / log_step
                k = min(int(place), last - 1)
                share = min(place - k, 1.0)
                width = sigma_y[k] + share * (sigma_y[k + 1] - sigma_y[k])
                off = across / width
                if off * off > 25.0:
                    continue
                phi = (axis[k] + share * (axis[k + 1] - axis[k])) * np.exp(-0.5 * off * off)
                matched += value[i] * phi
                squared += phi * phi
            cross[s, t] = matched
            power[s, t] = squared
