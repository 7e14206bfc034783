"""What the air held without the source: one air for all sensors of a time, and an offset of each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_LOW = 0.25  # share of the witnesses of a time that no source reaches, at the least
_ROUNDS = 12
_FEW = 4  # sensors that tell the air of one time
_WINDOW_S = 5400.0
_LOW_IN_TIME = 0.1  # share of the time in which a source does not reach a sensor, at the least
_LEAST_AIR = 0.05  # quantile over time of the air; a release may last almost as long as its readings
_BELOW_Q = 0.674  # of a standard normal, its quantile 0.25 below its middle
_FAR_OFFSET = 2.0  # spreads of the offsets: a sensor farther above the others stands in a plume
_OWN = 8  # values below the air that tell a sensor's own noise
_LEAST_NOISE = 0.003  # of the largest value: bookkeeping against a noise of zero


@dataclass(frozen=True, eq=False)
class Background:
    """Without the source: ``value`` (blocks, sensors) at the least, up to ``lift`` (blocks,) more.

    ``noise`` is the standard deviation of each, of the shape of ``value``.

    A rise that all sensors share is either air or a plume as wide as the site: only a model of the source can tell.
    """

    value: Floats
    lift: Floats
    noise: Floats


def first_background(value: Floats, start: Floats) -> Background:
    """Background before a source is known, from lower values.

    With four sensors or more, air of the time + offset of the sensor, polished by quantiles: a source reaches some
    of them at a time, none always. Offsets far above the others' are held near: such a sensor stands in a plume. The
    least air is a running low quantile over ± 90 minutes. With fewer sensors, that of each. The noise
    of a sensor is how far its values fall below.
    """
    near = [np.abs(start - at) <= _WINDOW_S for at in start]
    if np.isfinite(value).any(axis=0).sum() < _FEW:
        background = np.array([_quantile(value[rows], _LOW_IN_TIME, 0) for rows in near]).reshape(value.shape)
        return Background(background, np.zeros(start.size), _noise_below(value - background, value))
    offset = np.zeros(value.shape[1])
    for _ in range(_ROUNDS):
        air = _quantile(value - offset, _LOW, 1)
        offset = _near_the_others(_quantile(value - air[:, None], _LOW_IN_TIME, 0))
        offset -= np.median(offset)
    least = np.array([np.quantile(air[rows], _LEAST_AIR) for rows in near])
    least = np.minimum(least, air)
    noise = _noise_below(value - air[:, None] - offset, value)
    return Background(least[:, None] + offset + 0.5 * _BELOW_Q * noise, air - least, noise)


def above_running_low(value: Floats, start: Floats) -> Floats:
    """What rises above the low (quantile 0.1) of each sensor's own blocks within ± 90 minutes, (blocks, sensors)."""
    low = [_quantile(value[np.abs(start - at) <= _WINDOW_S], _LOW_IN_TIME, 0) for at in start]
    return np.asarray(value - np.array(low).reshape(value.shape))


def _near_the_others(offset: Floats) -> Floats:
    middle = float(np.median(offset))
    below = middle - offset[offset <= middle]
    return np.minimum(offset, middle + _FAR_OFFSET * 1.4826 * float(np.median(below)))


def _quantile(value: Floats, share: float, axis: int) -> Floats:
    """Quantile of what was read; 0 where nothing was."""
    read = np.isfinite(value).any(axis=axis)
    result = np.zeros(read.shape)
    chosen = value[:, read] if axis == 0 else value[read]
    if read.any():
        result[read] = np.nanquantile(chosen, share, axis=axis)
    return result


def _noise_below(rest: Floats, value: Floats) -> Floats:
    """Standard deviation (blocks, sensors): of the values of each sensor that lie below, or of all where few do."""
    below = [-column[column < 0] for column in rest.T]
    pooled = np.concatenate(below) if below else np.zeros(0)
    least = _LEAST_NOISE * max(float(np.nanmax(np.abs(rest), initial=0.0)), 1e-30)
    common = max(1.4826 * float(np.median(pooled)) if pooled.size else 0.0, least)
    own = [1.4826 * float(np.median(b)) if b.size >= _OWN else common for b in below]
    return np.broadcast_to(np.clip(own, 0.5 * common, 4 * common), value.shape).copy()
