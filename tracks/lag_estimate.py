"""Inlet lag from the drive itself: opposite directions must see a plume at one place."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tracks.settings import TrackSettings

__all__ = ["LagEstimate", "estimate_lag"]

Floats = NDArray[np.float64]

_GROUPS = 20  # parts of the map that are left out in turn to see how much the estimate moves
_CELLS_M = (10.0, 20.0, 30.0)  # sizes of the places that are compared, averaged over
_MIN_MEETINGS = 30  # fewer meetings of opposite directions tell nothing
_MIN_RELATIVE_SPEED = 2.0  # m s-1: at walking pace a lag of seconds does not move a plume


@dataclass(frozen=True)
class LagEstimate:
    """A lag in s, its standard deviation (jackknife over places), and how it was found.

    ``correlation`` is that of opposite directions at the lag, ``contrast`` how far it stands above the median over
    all lags tried, in standard deviations of those; ``meetings`` the number of pairs compared. ``confident`` when the
    settings' limits are met. NaN where nothing can be said.
    """

    lag_s: float
    sd_s: float
    correlation: float
    contrast: float
    meetings: int
    confident: bool


@dataclass(frozen=True)
class _Fixes:
    """Position and velocity over time, no NaN."""

    t: Floats
    x: Floats
    y: Floats
    vx: Floats
    vy: Floats


def estimate_lag(
    t: Floats,
    signal: Floats,
    fixes: tuple[Floats, Floats, Floats, Floats, Floats],
    settings: TrackSettings,
) -> LagEstimate:
    """Find the lag at which visits of one place in opposite directions agree best.

    For every lag tried, values are put where the platform was that much earlier; places are cells, visits of a cell
    more than a minute apart and in opposite directions make a pair, and the correlation of the pairs is the score.
    The lag is the centre of the score's peak. Same-direction visits carry no information and are left out. Stops
    being valid where sources come and go between visits, and where there are no opposite visits at all.

    Parameters
    ----------
    t, signal : arrays, shape (n,)
        Seconds, and a robust transform of the enhancement (≥ 0 with 0 for background), no NaN.
    fixes : t, x, y, vx, vy
        Seconds, m, m s-1 of the platform; no NaN.
    settings : TrackSettings
        ``lag_search_s``, ``lag_max_sd_s``, ``lag_min_contrast``.

    Returns
    -------
    LagEstimate
    """
    place = _Fixes(*fixes)
    if len(t) < _MIN_MEETINGS or len(place.t) < _MIN_MEETINGS:
        return LagEstimate(np.nan, np.nan, np.nan, np.nan, 0, False)
    lags = np.arange(-settings.lag_search_s / 6, settings.lag_search_s + 0.5, 1.0)
    sums = np.array([_scores(t, signal, place, lag, settings.pass_revisit_s) for lag in lags])
    meetings = int(sums[:, :, 3].sum(axis=1).max() / len(_CELLS_M))
    if meetings < _MIN_MEETINGS:
        return LagEstimate(np.nan, np.nan, np.nan, np.nan, meetings, False)
    best, curve = _peak(lags, sums.sum(axis=1))
    parts = np.array([_peak(lags, np.delete(sums, k, axis=1).sum(axis=1))[0] for k in range(_GROUPS)])
    sd_s = float(np.sqrt((_GROUPS - 1) / _GROUPS * ((parts - parts.mean()) ** 2).sum()))
    away = np.abs(lags - best) > settings.lag_search_s / 6
    scatter = max(float(curve[away].std()), 1e-9) if away.any() else np.inf
    contrast = float((curve.max() - np.median(curve[away])) / scatter) if away.any() else 0.0
    confident = sd_s <= settings.lag_max_sd_s and contrast >= settings.lag_min_contrast
    edge = not lags[0] + 1 < best < lags[-1] - 1
    return LagEstimate(best, sd_s, float(curve.max()), contrast, meetings, bool(confident and not edge))


def _scores(t: Floats, signal: Floats, place: _Fixes, lag_s: float, revisit_s: float) -> Floats:
    """Sums of a·b, a², b² and the number of pairs per group of places, shape (groups, 4), for one lag."""
    at = t - lag_s
    inside = (at >= place.t[0]) & (at <= place.t[-1])
    at, values = at[inside], signal[inside]
    x, y = np.interp(at, place.t, place.x), np.interp(at, place.t, place.y)
    vx, vy = np.interp(at, place.t, place.vx), np.interp(at, place.t, place.vy)
    sums = np.zeros((_GROUPS, 4))
    for size in _CELLS_M:
        key = np.floor(x / size).astype(np.int64) * 2_147_483_647 + np.floor(y / size).astype(np.int64)
        group = (np.floor(x / 200).astype(np.int64) * 7 + np.floor(y / 200).astype(np.int64) * 13) % _GROUPS
        sums += _pair_sums(key, at, values, (vx, vy), group, revisit_s)
    return sums


def _pair_sums(
    key: NDArray[np.int64],
    t: Floats,
    values: Floats,
    velocity: tuple[Floats, Floats],
    group: NDArray[np.int64],
    revisit_s: float,
) -> Floats:
    """Average the visits of each cell and sum over successive visits in opposite directions."""
    order = np.argsort(key, kind="stable")
    key, t, values, group = key[order], t[order], values[order], group[order]
    vx, vy = velocity[0][order], velocity[1][order]
    new = np.ones(len(key), bool)
    new[1:] = (np.diff(key) != 0) | (np.diff(t) > revisit_s)
    visit = np.cumsum(new) - 1
    count = np.bincount(visit)
    mean, mx, my = (np.bincount(visit, q) / count for q in (values, vx, vy))
    speed = np.hypot(mx, my)
    cosine = mx[1:] * mx[:-1] + my[1:] * my[:-1]
    pair = (key[new][1:] == key[new][:-1]) & (cosine < -0.5 * speed[1:] * speed[:-1])
    pair &= np.minimum(speed[1:], speed[:-1]) > _MIN_RELATIVE_SPEED
    a, b, part = mean[1:][pair], mean[:-1][pair], group[new][1:][pair]
    columns = (a * b, a * a, b * b, np.ones(len(a)))
    return np.column_stack([np.bincount(part, q, minlength=_GROUPS) for q in columns])


def _peak(lags: Floats, sums: Floats) -> tuple[float, Floats]:
    """Return the centre of the upper third of the correlation's peak, and the correlation at every lag."""
    with np.errstate(invalid="ignore", divide="ignore"):
        curve = np.nan_to_num(sums[:, 0] / np.sqrt(sums[:, 1] * sums[:, 2]))
    top = int(curve.argmax())
    floor = curve[top] - (curve[top] - np.median(curve)) / 3
    low = high = top
    while low > 0 and curve[low - 1] > floor:
        low -= 1
    while high < len(curve) - 1 and curve[high + 1] > floor:
        high += 1
    weight = curve[low : high + 1] - floor
    total = weight.sum()
    return (float((weight * lags[low : high + 1]).sum() / total) if total > 0 else float(lags[top])), curve
