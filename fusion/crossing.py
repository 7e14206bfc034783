"""How likely is what each pass met at a hotspot, if a source stood here? Crossings and non-detections both count.

A drive crosses a plume in seconds: a snapshot, whose height and place scatter about the mean plume. So a pass is
reduced to what is robust: whether it saw a plume there, where its centre was, how high it was, and where around it
nothing was seen. For a source at distance d with rate q, a pass that saw a plume of height A with its centre at an
angle φ off the wind contributes

    N(φ; σφ) / d · LN(A; q χ(d), σ_A) · P(nothing where nothing was seen | axis through the centre),

with σφ² = σ_wind² + (σ_place/d)², χ the axis of the plume; a pass that saw nothing contributes the probability that
the plume missed it or stayed below its detection limit, over all turns of the wind. Either is mixed with the chance
that the source was off or mis-modelled in that pass, and then the plume was a puff of traffic or background, of which
there are so many a kilometre. The result is relative to "all of them were puffs".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from fusion.crossing_kernel import quiet_probability, seen_odds
from fusion.dispersion import Plume
from fusion.settings import FusionSettings

__all__ = ["Crossing", "RatePrior", "crossing_log_odds", "rate_prior", "source_log_odds"]

Floats = NDArray[np.float64]

_RATES = 37
_TURNS = 13
_CIRCLE_TURNS = 24


@dataclass(frozen=True, eq=False)
class Crossing:
    """What one pass met at a hotspot.

    ``peak`` is the height of the plume it saw and ``x``, ``y`` [m] its centre (None and the hotspot where it saw
    none); ``limit`` the smallest height it could tell from noise. ``quiet_x``, ``quiet_y`` (n,) are places around
    where nothing was seen. ``towards_rad`` is where the wind blew to, counter-clockwise from east,
    ``direction_sd_rad`` the error of that (infinite in calm), ``plume`` the spread.
    """

    label: str
    peak: float | None
    x: float
    y: float
    limit: float
    quiet_x: Floats
    quiet_y: Floats
    towards_rad: float
    direction_sd_rad: float
    plume: Plume
    wind_m_s: float | None = None

    @property
    def seen(self) -> bool:
        """Whether the pass saw a plume here."""
        return self.peak is not None

    @property
    def directed(self) -> bool:
        """Whether the wind had a direction."""
        return bool(np.isfinite(self.direction_sd_rad))


@dataclass(frozen=True, eq=False)
class RatePrior:
    """Nodes of the logarithm of the rate, over which the prior is flat."""

    logs: Floats

    @property
    def rates(self) -> Floats:
        """The rates themselves, (unit of the species) m3 s-1."""
        return np.asarray(np.exp(self.logs))


def rate_prior(crossings: Sequence[Crossing], settings: FusionSettings) -> RatePrior:
    """Rates from one that no pass could see 20 m downwind, over ``settings.rate_decades`` decades."""
    near, abeam = np.asarray(20.0), np.asarray(0.0)
    heights = {"height_m": settings.inlet_height_m, "source_height_m": settings.source_height_m}
    unit = [float(c.plume.per_rate(near, abeam, **heights)) for c in crossings]
    lowest = min((c.limit / u for c, u in zip(crossings, unit, strict=True) if u > 0), default=1.0)
    return RatePrior(np.log(lowest) + np.linspace(0.0, settings.rate_decades, _RATES) * np.log(10.0))


def source_log_odds(
    source_x: Floats,
    source_y: Floats,
    crossings: Sequence[Crossing],
    rates: RatePrior,
    settings: FusionSettings,
) -> tuple[Floats, Floats]:
    """Log-odds (sources,) over "all puffs" with the rate integrated out, and the posterior median rate (sources,)."""
    total = np.zeros((source_x.size, rates.logs.size))
    for crossing in crossings:
        total += crossing_log_odds(source_x, source_y, crossing, rates, settings)
    odds = logsumexp(total, axis=1) - np.log(rates.logs.size)
    cumulated = np.cumsum(np.exp(total - total.max(axis=1, keepdims=True)), axis=1)
    at = (cumulated < 0.5 * cumulated[:, -1:]).sum(axis=1)
    return np.asarray(odds), rates.rates[np.minimum(at, rates.logs.size - 1)]


def crossing_log_odds(
    source_x: Floats, source_y: Floats, crossing: Crossing, rates: RatePrior, settings: FusionSettings
) -> Floats:
    """Log-odds (sources, rates) of one pass."""
    x, y = np.ascontiguousarray(source_x, np.float64), np.ascontiguousarray(source_y, np.float64)
    table = crossing.plume.distance_m
    first, step = float(np.log(table[0])), float(np.log(table[1] / table[0]))
    axis = crossing.plume.on_axis(height_m=settings.inlet_height_m, source_height_m=settings.source_height_m)
    log_axis = np.log(np.maximum(axis, 1e-300))
    odds = np.empty((x.size, rates.logs.size))
    if crossing.peak is not None:
        puff = settings.puffs_per_km / 1000.0 * _puff_height_density(crossing, settings)
        seen_odds(
            x,
            y,
            np.array([crossing.x, crossing.y, crossing.towards_rad, crossing.direction_sd_rad]),
            np.array([np.log(crossing.peak), np.log(crossing.limit), puff]),
            np.array([settings.place_sd_m, settings.height_ln_sd, settings.off_share]),
            crossing.quiet_x,
            crossing.quiet_y,
            first,
            step,
            crossing.plume.sigma_y_m,
            log_axis,
            rates.logs,
            odds,
        )
        return odds
    turns, weights = _turns(crossing)
    quiet_probability(
        x,
        y,
        crossing.towards_rad + turns,
        weights,
        float(np.log(crossing.limit)),
        settings.height_ln_sd,
        crossing.quiet_x,
        crossing.quiet_y,
        first,
        step,
        crossing.plume.sigma_y_m,
        log_axis,
        rates.logs,
        odds,
    )
    return np.asarray(np.log((1 - settings.off_share) * odds + settings.off_share))


def _puff_height_density(crossing: Crossing, settings: FusionSettings) -> float:
    """Density of the logarithm of the height of a puff, broad about five detection limits."""
    off = np.log((crossing.peak or crossing.limit) / (5 * crossing.limit)) / settings.puff_ln_sd
    return float(np.exp(-0.5 * off**2) / (np.sqrt(2 * np.pi) * settings.puff_ln_sd))


def _turns(crossing: Crossing) -> tuple[Floats, Floats]:
    """Turns of the wind and their weights: normal, or the whole circle without a direction."""
    if not crossing.directed:
        circle = np.arange(_CIRCLE_TURNS) * (2 * np.pi / _CIRCLE_TURNS)
        return np.asarray(circle, np.float64), np.full(_CIRCLE_TURNS, 1.0 / _CIRCLE_TURNS)
    nodes = np.linspace(-2.7, 2.7, _TURNS)
    weights = np.exp(-0.5 * nodes**2)
    return nodes * crossing.direction_sd_rad, np.asarray(weights / weights.sum(), np.float64)
