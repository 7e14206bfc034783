"""Where one source stands and how much it emits, as fine as the data support: a posterior on cells that split.

`fusion.attribution.attribute` asks which of the known sites explains a hotspot; here the question is the place
itself, for a controlled release, a search on foot or a source that no register lists. Cells are halved where the
probability is, so a needle of 10 m across the wind and 500 m along it costs as little as a round spot.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fusion.attribution.crossing import Event, RatePrior, joint_log_odds, rate_prior
from fusion.attribution.places import COARSE_M, Places, Resolution, search_places
from fusion.schema import Area
from fusion.settings import FusionSettings
from ingest.errors import ContractError

Floats = NDArray[np.float64]
Pair = tuple[float, float]

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
    resolution = Resolution(finest_m, slack=_SLACK, share=_LARGEST_SHARE)
    places = search_places(x, y, lambda px, py: _mixture(px, py, events, rates, settings), resolution)
    return _summary(places, rates, settings.credible)


def _common_rates(events: Sequence[Event], settings: FusionSettings) -> RatePrior:
    """One prior for all models, from the lowest of theirs."""
    priors = [rate_prior(event, settings, per_decade=_RATES_PER_DECADE) for event in events]
    return min(priors, key=lambda prior: float(prior.logs[0]))


def _start(bins: Floats, reach_m: float) -> tuple[Floats, Floats]:
    """Centres of coarse cells within reach of any bin of a plume."""
    low, high = bins[:, :2].min(axis=0) - reach_m, bins[:, :2].max(axis=0) + reach_m
    count = np.ceil((high - low) / COARSE_M).astype(int)
    x, y = np.meshgrid(*(low[k] + (np.arange(count[k]) + 0.5) * COARSE_M for k in (0, 1)))
    return x.ravel(), y.ravel()


def _mixture(x: Floats, y: Floats, events: Sequence[Event], rates: RatePrior, settings: FusionSettings) -> Floats:
    """Log-odds (cells, rates) with the plume model averaged out."""
    joint = joint_log_odds(x, y, events[0], rates, settings, sides=_SIDES, maker=True)
    for event in events[1:]:
        joint = np.logaddexp(joint, joint_log_odds(x, y, event, rates, settings, sides=_SIDES, maker=True))
    return np.asarray(joint - np.log(len(events)))


def _summary(places: Places, rates: RatePrior, credible: float) -> SourcePosition:
    order = np.argsort(-places.odds, kind="stable")
    places = Places(places.x[order], places.y[order], places.side[order], places.joint[order])
    mean, covariance = places.moments()
    low90, low50, median, high50, high90 = rates.quantiles(places.rate_odds, (0.05, 0.25, 0.5, 0.75, 0.95))
    return SourcePosition(
        places.x,
        places.y,
        places.side,
        places.probability,
        (float(places.x[0]), float(places.y[0])),
        (float(mean[0]), float(mean[1])),
        covariance,
        credible,
        places.densest(credible)[0],
        median,
        (low50, high50),
        (low90, high90),
    )
