"""Where one source stands and how much it emits, as fine as the data support: a posterior on cells that split.

`fusion.attribution` asks which of the known sites explains a hotspot; here the question is the place itself, for a
controlled release, a search on foot or a source that no register lists. Cells are halved where the probability is, so
a needle of 10 m across the wind and 500 m along it costs as little as a round spot.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.special import logsumexp

from fusion.crossing import Event, RatePrior, joint_log_odds, rate_prior
from fusion.schema import Area
from fusion.settings import FusionSettings
from ingest.errors import ContractError

__all__ = ["SourcePosition", "locate_source"]

Floats = NDArray[np.float64]
Pair = tuple[float, float]

_COARSE_M = 32.0
_SEARCH_M = (
    8.0  # down to these cells places are followed whose log-odds lie _SLACK below the best: needles are narrow
)
_SLACK = 7.0
_LARGEST_SHARE = 1e-3
_SIDES = 25
_RATES_PER_DECADE = 6


@dataclass(frozen=True, eq=False)
class SourcePosition:
    """Posterior of a source's place and rate, given that there is one.

    ``x``, ``y`` [m] centres of square cells, ``side`` [m] theirs, ``probability`` of each, all (cells,), densest
    first. ``mode``, ``mean`` [m] and ``covariance`` (2, 2) [m²] of the place; ``area`` the densest cells that hold
    ``credible`` of the probability, on the grid. ``rate`` is the median in (unit of the species) m3 s-1, ``rate_50``
    and ``rate_90`` the central intervals.
    """

    x: Floats
    y: Floats
    side: Floats
    probability: Floats
    mode: Pair
    mean: Pair
    covariance: Floats
    credible: float
    area: Area
    rate: float
    rate_50: Pair
    rate_90: Pair


def locate_source(
    events: Sequence[Event], settings: FusionSettings | None = None, *, finest_m: float = 2.0
) -> SourcePosition:
    """Posterior of the place and rate of the one source that made an event; flat prior over ground and log rate.

    Parameters
    ----------
    events : sequence of Event
        The same observations under one or several plume models, which are equally likely beforehand and of which one
        holds throughout: a wrong stability is wrong on every pass.
    settings : FusionSettings, optional
    finest_m : float
        Side below which cells are not split, m.

    Raises
    ------
    ContractError
        If no plume was crossed: silence alone says where no source is, not where one is.
    """
    settings = settings or FusionSettings()
    crossed = [unit.bins for event in events for unit in event.units if unit.crossed]
    if not crossed:
        raise ContractError("no plume was crossed in any event; a source cannot be located from silence")
    bins = np.concatenate(crossed)
    rates = _common_rates(events, settings)
    x, y = _start(bins, settings.reach_m)
    side = np.full(x.size, _COARSE_M)
    joint = _mixture(x, y, events, rates, settings)
    while (split := _to_split(joint, side, finest_m)).any():
        new_x, new_y, new_side = _quarters(x[split], y[split], side[split])
        x, y, side = (np.concatenate([a[~split], b]) for a, b in ((x, new_x), (y, new_y), (side, new_side)))
        joint = np.concatenate([joint[~split], _mixture(new_x, new_y, events, rates, settings)])
    return _summary(x, y, side, joint, rates, settings.credible)


def _common_rates(events: Sequence[Event], settings: FusionSettings) -> RatePrior:
    """One prior for all models, from the lowest of theirs."""
    priors = [rate_prior(event, settings, per_decade=_RATES_PER_DECADE) for event in events]
    return min(priors, key=lambda prior: float(prior.logs[0]))


def _start(bins: Floats, reach_m: float) -> tuple[Floats, Floats]:
    """Centres of coarse cells within reach of any bin of a plume."""
    low, high = bins[:, :2].min(axis=0) - reach_m, bins[:, :2].max(axis=0) + reach_m
    count = np.ceil((high - low) / _COARSE_M).astype(int)
    x, y = np.meshgrid(*(low[k] + (np.arange(count[k]) + 0.5) * _COARSE_M for k in (0, 1)))
    return x.ravel(), y.ravel()


def _mixture(x: Floats, y: Floats, events: Sequence[Event], rates: RatePrior, settings: FusionSettings) -> Floats:
    """Log-odds (cells, rates) with the plume model averaged out."""
    joint = joint_log_odds(x, y, events[0], rates, settings, sides=_SIDES, maker=True)
    for event in events[1:]:
        joint = np.logaddexp(joint, joint_log_odds(x, y, event, rates, settings, sides=_SIDES, maker=True))
    return np.asarray(joint - np.log(len(events)))


def _to_split(joint: Floats, side: Floats, finest_m: float) -> NDArray[np.bool_]:
    """Cells larger than ``finest_m`` that hold too much, or are coarse and near something likely."""
    density = logsumexp(joint, axis=1)
    share = np.exp(density - density.max()) * side**2
    share /= share.sum()
    coarse = (side > _SEARCH_M) & (density > density.max() - _SLACK)
    return np.asarray((side > 1.001 * finest_m) & (coarse | (share > _LARGEST_SHARE)))


def _quarters(x: Floats, y: Floats, side: Floats) -> tuple[Floats, Floats, Floats]:
    step = side[:, None] / 4
    return (
        (x[:, None] + step * np.array([-1, 1, -1, 1])).ravel(),
        (y[:, None] + step * np.array([-1, -1, 1, 1])).ravel(),
        np.repeat(side / 2, 4),
    )


def _summary(x: Floats, y: Floats, side: Floats, joint: Floats, rates: RatePrior, credible: float) -> SourcePosition:
    density = logsumexp(joint, axis=1)
    order = np.argsort(-density, kind="stable")
    x, y, side, joint, density = x[order], y[order], side[order], joint[order], density[order]
    mass = np.exp(joint - density[0]) * side[:, None] ** 2
    mass /= mass.sum()
    share = mass.sum(axis=1)
    place = np.stack([x, y])
    mean = place @ share
    off = place - mean[:, None]
    inside = slice(0, int(np.searchsorted(np.cumsum(share), credible)) + 1)
    half = side[inside] / 2
    squares = shapely.box(x[inside] - half, y[inside] - half, x[inside] + half, y[inside] + half)
    area = shapely.union_all(squares, grid_size=0.001)
    if not isinstance(area, shapely.Polygon | shapely.MultiPolygon):
        raise TypeError(f"the union of squares is a {area.geom_type}")
    low90, low50, median, high50, high90 = _quantiles(mass.sum(axis=0), rates, (0.05, 0.25, 0.5, 0.75, 0.95))
    return SourcePosition(
        x,
        y,
        side,
        share,
        (float(x[0]), float(y[0])),
        (float(mean[0]), float(mean[1])),
        np.asarray((off * share) @ off.T),
        credible,
        area,
        median,
        (low50, high50),
        (low90, high90),
    )


def _quantiles(weight: Floats, rates: RatePrior, shares: Sequence[float]) -> list[float]:
    """Quantiles of a rate whose logarithm is spread evenly about each node."""
    step = rates.logs[1] - rates.logs[0]
    edges = np.concatenate([rates.logs - step / 2, rates.logs[-1:] + step / 2])
    return [float(v) for v in np.exp(np.interp(shares, np.concatenate([[0.0], np.cumsum(weight)]), edges))]
