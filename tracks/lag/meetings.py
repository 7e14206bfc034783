"""Evidence on the lag: opposite directions must see a plume at one place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tracks.lag.estimate import LagEvidence, lag_grid
from tracks.settings import TrackSettings

Floats = NDArray[np.float64]

_CELLS_M = (10.0, 20.0, 30.0)  # sizes of the places that are compared, summed over
_MIN_PLACES = 30  # fewer places that were passed in both directions tell nothing
_MIN_SPEED = 2.0  # m s-1: at walking pace a lag of seconds does not move a plume
_ALONG = 0.5  # cosine of the angle to the street beyond which a direction counts
_NULL_EVERY = 4  # of the lags tried are also tried with shuffled signals
_MINUTE_S = 60.0
_LEAST_SCATTER = 0.02  # of correlations between unrelated signals, however many places


@dataclass(frozen=True)
class Motion:
    """Position, m, and velocity, m s-1, over time, s; no NaN."""

    t: Floats
    x: Floats
    y: Floats
    vx: Floats
    vy: Floats


def shuffled(t: Floats, signal: Floats, *, count: int = 16) -> Floats:
    """Signals unrelated to the drive, shape (count, n): minutes of the signal in random order, the same every time.

    Plumes stay whole; turning the whole signal around would not do, as laps repeat.
    """
    minute = np.floor((t - t[0]) / _MINUTE_S).astype(np.int64)
    rng = np.random.default_rng(0)
    orders = (rng.permutation(int(minute[-1]) + 1)[minute] for _ in range(count))
    return np.stack([signal[np.argsort(order, kind="stable")] for order in orders])


def compare_meetings(
    signals: Sequence[tuple[Floats, Floats]], place: Motion, settings: TrackSettings
) -> LagEvidence | None:
    """Correlate what both directions saw at the same places, for every lag; None with too few places.

    For every lag tried, values are put where the platform was that much earlier; places are cells. The mean of all
    values on the way out is correlated with that of all on the way back, over places, and compared with the same
    correlation of signals whose minutes are shuffled. Each species is scored by itself, and the best score counts:
    rush-hour traffic may fill one species and leave another alone. Ways in one direction carry no information and
    are left out. Stops being valid where sources come and go between visits: a wind that turns moves plumes as a
    lag does.

    Parameters
    ----------
    signals : sequence of (t, values)
        One pair of arrays of shape (n,) a species: seconds, and a robust transform of the enhancement (≥ 0, 0 for
        background), no NaN.
    place : Motion
    settings : TrackSettings

    Returns
    -------
    LagEvidence or None
    """
    lags = lag_grid(settings)
    scores, rivals, places = [], [], 0
    for t, signal in signals:
        if not len(t) or not signal.max() > 0:
            continue
        table = np.concatenate([signal[None], shuffled(t, signal)])
        own = np.array([_sums(t, table[:1], place, lag)[0] for lag in lags])
        if own[:, 3].max() < _MIN_PLACES:
            continue
        places = max(places, int(own[:, 3].max()))
        unrelated = _correlation(np.array([_sums(t, table[1:], place, lag) for lag in lags[::_NULL_EVERY]]))
        middle, scatter = float(np.median(unrelated)), max(float(unrelated.std()), _LEAST_SCATTER)
        scores.append((_correlation(own) - middle) / scatter)
        rivals.append((unrelated.max(axis=0) - middle) / scatter)
    if not scores:
        return None
    score, rival = np.max(scores, axis=0), np.max(rivals, axis=0)
    return LagEvidence(score, _chance(rival, float(score.max())), places)


def _chance(rivals: Floats, best: float) -> float:
    """Probability that unrelated signals score as high: of the Gumbel distribution with the moments of ``rivals``."""
    width = max(float(rivals.std()) * np.sqrt(6) / np.pi, 1e-9)
    depth = (best - float(rivals.mean())) / width + np.euler_gamma
    return float(-np.expm1(-np.exp(-min(max(depth, -5.0), 50.0))))


def _correlation(sums: Floats) -> Floats:
    """Correlation from sums of a·b, a² and b² along the last axis; 0 where nothing varies."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.nan_to_num(sums[..., 0] / np.sqrt(sums[..., 1] * sums[..., 2]))


def _sums(t: Floats, table: Floats, place: Motion, lag_s: float) -> Floats:
    """Sums of a·b, a², b² and the number of places, for each signal of ``table`` (k, n), shape (k, 4), at one lag."""
    at = t - lag_s
    moving = np.interp(at, place.t, np.hypot(place.vx, place.vy)) > _MIN_SPEED
    inside = (at >= place.t[0]) & (at <= place.t[-1]) & moving
    at, values = at[inside], table[:, inside]
    x, y, vx, vy = (np.interp(at, place.t, q) for q in (place.x, place.y, place.vx, place.vy))
    heading = np.arctan2(vy, vx)
    sums = np.zeros((len(table), 4))
    for size in _CELLS_M:
        key = np.floor(x / size).astype(np.int64) * 2_147_483_647 + np.floor(y / size).astype(np.int64)
        _, cell = np.unique(key, return_inverse=True)
        sums += _over_places(cell, heading, values)
    return sums / len(_CELLS_M)


def _over_places(cell: NDArray[np.int64], heading: Floats, table: Floats) -> Floats:
    """Average each direction of each cell and sum over cells, weighted by the values that a mean stands on."""
    if not len(cell):
        return np.zeros((len(table), 4))
    count = int(cell.max()) + 1
    street = np.arctan2(np.bincount(cell, np.sin(2 * heading), count), np.bincount(cell, np.cos(2 * heading), count))
    along = np.cos(heading - street[cell] / 2)
    out, back = along > _ALONG, along < -_ALONG
    n_out, n_back = np.bincount(cell[out], minlength=count), np.bincount(cell[back], minlength=count)
    both = (n_out > 0) & (n_back > 0)
    n_out, n_back = n_out[both], n_back[both]
    weight = 2.0 * n_out * n_back / (n_out + n_back)
    sums = np.empty((len(table), 4))
    for k, values in enumerate(table):
        a = np.bincount(cell[out], values[out], count)[both] / n_out
        b = np.bincount(cell[back], values[back], count)[both] / n_back
        sums[k] = weight @ (a * b), weight @ (a * a), weight @ (b * b), len(weight)
    return sums
