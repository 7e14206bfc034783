"""The inner loops of `fusion.crossing`, compiled."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from tracks.compiled import compiled

__all__ = ["quiet_probability", "seen_odds"]

Floats = NDArray[np.float64]


@compiled
def _log_height(
    dx: float, dy: float, direction: float, log_first: float, log_step: float, sigma_y: Floats, log_axis: Floats
) -> float:
    """Logarithm of concentration over rate at an offset from the source, −1e9 where the plume is not."""
    along = dx * math.cos(direction) + dy * math.sin(direction)
    if along <= 1.0:
        return -1e9
    across = dy * math.cos(direction) - dx * math.sin(direction)
    if abs(across) > 2.0 * along + 20.0:
        return -1e9
    place = max((math.log(along) - log_first) / log_step, 0.0)
    k = min(int(place), sigma_y.size - 2)
    share = min(place - k, 1.0)
    spread = across / (sigma_y[k] + share * (sigma_y[k + 1] - sigma_y[k]))
    value: float = log_axis[k] + share * (log_axis[k + 1] - log_axis[k]) - 0.5 * spread * spread
    return value


@compiled
def _below(log_limit: float, log_height: float, sd: float) -> float:
    """Probability that a log-normal height stays below the limit."""
    return 0.5 * math.erfc((log_height - log_limit) / (sd * math.sqrt(2.0)))


@compiled
def seen_odds(
    source_x: Floats,
    source_y: Floats,
    centre: Floats,
    height: Floats,
    errors: Floats,
    quiet_x: Floats,
    quiet_y: Floats,
    log_first: float,
    log_step: float,
    sigma_y: Floats,
    log_axis: Floats,
    log_rates: Floats,
    odds: Floats,
) -> None:
    """Fill ``odds`` (sources, rates): logarithm of the likelihood of a plume that was seen over that of a puff.

    ``centre`` is x, y, direction of the wind and its error; ``height`` log peak, log limit and the density of puffs
    (per metre and log height); ``errors`` place [m], log height and the share of passes without the source.
    """
    log_peak, log_limit, puff = height[0], height[1], height[2]
    place_sd, height_sd, off_share = errors[0], errors[1], errors[2]
    tail = 0.05 / (2 * math.pi)
    for s in range(source_x.size):
        dx, dy = centre[0] - source_x[s], centre[1] - source_y[s]
        distance = max(math.sqrt(dx * dx + dy * dy), place_sd)
        bearing = math.atan2(dy, dx)
        if math.isinf(centre[3]):
            angular = 1 / (2 * math.pi)
        else:
            sd = math.sqrt(centre[3] ** 2 + (place_sd / distance) ** 2)
            off = bearing - centre[2]
            off -= 2 * math.pi * round(off / (2 * math.pi))
            angular = 0.95 * math.exp(-0.5 * (off / sd) ** 2) / (math.sqrt(2 * math.pi) * sd) + tail
        axis = _log_height(distance, 0.0, 0.0, log_first, log_step, sigma_y, log_axis)
        loudest = -1e9
        for i in range(quiet_x.size):
            here = _log_height(
                quiet_x[i] - source_x[s], quiet_y[i] - source_y[s], bearing, log_first, log_step, sigma_y, log_axis
            )
            loudest = max(loudest, here)
        quiet = _below(log_limit, log_peak + loudest - axis, height_sd)
        place = angular / distance * quiet
        for m in range(log_rates.size):
            miss = (log_peak - log_rates[m] - axis) / height_sd
            density = place * math.exp(-0.5 * miss * miss) / (math.sqrt(2 * math.pi) * height_sd)
            odds[s, m] = math.log((1 - off_share) * density / puff + off_share)


@compiled
def quiet_probability(
    source_x: Floats,
    source_y: Floats,
    direction: Floats,
    weight: Floats,
    log_limit: float,
    height_sd: float,
    quiet_x: Floats,
    quiet_y: Floats,
    log_first: float,
    log_step: float,
    sigma_y: Floats,
    log_axis: Floats,
    log_rates: Floats,
    odds: Floats,
) -> None:
    """Fill ``odds`` (sources, rates): probability that a pass that saw nothing would have seen nothing."""
    for s in range(source_x.size):
        odds[s] = 0.0
        for t in range(direction.size):
            loudest = -1e9
            for i in range(quiet_x.size):
                here = _log_height(
                    quiet_x[i] - source_x[s],
                    quiet_y[i] - source_y[s],
                    direction[t],
                    log_first,
                    log_step,
                    sigma_y,
                    log_axis,
                )
                loudest = max(loudest, here)
            for m in range(log_rates.size):
                odds[s, m] += weight[t] * _below(log_limit, log_rates[m] + loudest, height_sd)
