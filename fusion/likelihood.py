"""How likely is what every pass measured around a hotspot, if a source stood here? Non-detections count.

For one pass with bins i, a source at s with rate q and a wind turned by δ predicts q φᵢ(s, δ). With errors of one
standard deviation σ per pass (noise, a share of the plume's peak) the log-likelihood over that of "nothing there" is

    q Σ yᵢφᵢ/σ² − ½ q² Σ φᵢ²/σ²,

so two sums over the bins serve every rate. δ is integrated over the uncertainty of the wind direction (the circle in
calm), the rate of a pass scatters log-normally about the mean rate of the source, and with a small probability the
pass tells nothing about the source (off, lofted, mis-modelled): a bounded, heavy-tailed influence of every pass.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from fusion.dispersion import Plume
from fusion.matched import matched_sums
from fusion.settings import FusionSettings

__all__ = ["PassEvidence", "RatePrior", "background_log_odds", "pass_log_odds", "rate_prior", "source_log_odds"]

Floats = NDArray[np.float64]

_TURNS = 13
_CIRCLE_TURNS = 36
_RATES = 31
_BUMP_WIDTHS_M = (10.0, 25.0, 60.0)
_AMPLITUDES = np.geomspace(0.3, 1.5, 6)  # of the peak of the pass


@dataclass(frozen=True, eq=False)
class PassEvidence:
    """What one pass measured around a hotspot, in bins.

    ``x``, ``y`` (n,) metres on the grid, ``value`` (n,) mean enhancement, ``sd`` its error (noise and model);
    ``towards_rad`` is where the wind blows to, counter-clockwise from east, ``direction_sd_rad`` its error (infinite
    in calm), ``plumes`` the variants of the spread (the same number in every pass); ``seen`` whether the pass saw the
    hotspot; ``near`` (n,) bins inside the window that must be explained.
    """

    label: str
    x: Floats
    y: Floats
    value: Floats
    sd: float
    towards_rad: float
    direction_sd_rad: float
    plumes: tuple[Plume, ...]
    seen: bool
    near: NDArray[np.bool_]
    wind_m_s: float | None = None


@dataclass(frozen=True, eq=False)
class RatePrior:
    """Nodes of the mean rate (flat in its logarithm) and the smoothing between mean rate and rate of one pass."""

    rates: Floats
    scatter: Floats


def rate_prior(reference: float, settings: FusionSettings) -> RatePrior:
    """Rates from ``reference`` over ``settings.rate_decades`` decades; ``scatter`` rows sum to one."""
    logs = np.linspace(0.0, settings.rate_decades, _RATES)
    distance = (logs[:, None] - logs[None, :]) * np.log(10.0)
    scatter = np.exp(-0.5 * (distance / settings.rate_ln_sd) ** 2)
    return RatePrior(reference * 10.0**logs, scatter / scatter.sum(axis=1, keepdims=True))


def turns_of(evidence: PassEvidence) -> tuple[Floats, Floats]:
    """Turns of the wind [rad] and their log-weights: normal, or the whole circle where direction is unknown."""
    if not np.isfinite(evidence.direction_sd_rad) or evidence.direction_sd_rad > np.radians(80):
        turns = np.asarray(np.arange(_CIRCLE_TURNS) * (2 * np.pi / _CIRCLE_TURNS), np.float64)
        return turns, np.full(_CIRCLE_TURNS, -np.log(_CIRCLE_TURNS))
    nodes = np.linspace(-3.0, 3.0, _TURNS)
    weights = np.asarray(np.exp(-0.5 * nodes**2), np.float64)
    return nodes * evidence.direction_sd_rad, np.asarray(np.log(weights / weights.sum()))


def pass_log_odds(
    source_x: Floats,
    source_y: Floats,
    evidence: PassEvidence,
    rates: RatePrior,
    settings: FusionSettings,
    *,
    variant: int = 0,
) -> Floats:
    """Log-odds (sources, rates) of one pass for a source of that mean rate against nothing there."""
    turns, weights = turns_of(evidence)
    plume = evidence.plumes[variant]
    axis = plume.on_axis(height_m=settings.inlet_height_m, source_height_m=settings.source_height_m)
    cross, power = (np.zeros((source_x.size, turns.size)) for _ in range(2))
    first, step = np.log(plume.distance_m[0]), np.log(plume.distance_m[1] / plume.distance_m[0])
    direction = evidence.towards_rad + turns
    matched_sums(
        source_x,
        source_y,
        evidence.x,
        evidence.y,
        evidence.value,
        direction,
        first,
        step,
        plume.sigma_y_m,
        axis,
        cross,
        power,
    )
    cross, power = cross / evidence.sd**2, power / evidence.sd**2
    rate = rates.rates[None, None, :]
    log_odds = rate * cross[:, :, None] - 0.5 * rate**2 * power[:, :, None]
    turned = log_sum(log_odds + weights[None, :, None], axis=1)
    top = turned.max(axis=1, keepdims=True)
    scattered = np.log(np.maximum(np.exp(turned - top) @ rates.scatter.T, 1e-300)) + top
    return np.asarray(np.logaddexp(np.log(1 - settings.off_share) + scattered, np.log(settings.off_share)))


def log_sum(values: Floats, axis: int) -> Floats:
    """Logarithm of the sum of exponentials along one axis."""
    top = values.max(axis=axis, keepdims=True)
    return np.asarray(np.log(np.exp(values - top).sum(axis=axis)) + np.squeeze(top, axis))


def source_log_odds(
    source_x: Floats,
    source_y: Floats,
    passes: Sequence[PassEvidence],
    rates: RatePrior,
    settings: FusionSettings,
) -> tuple[Floats, Floats]:
    """Log-odds (sources,) of all passes with rate and model variant integrated out, and the median rate (sources,).

    A variant of the spread holds for all passes together: the error of a model is systematic.
    """
    variants = len(passes[0].plumes) if passes else 1
    total = np.zeros((variants, source_x.size, rates.rates.size))
    for evidence in passes:
        for k in range(variants):
            total[k] += pass_log_odds(source_x, source_y, evidence, rates, settings, variant=k)
    mixed = log_sum(total, axis=0) - np.log(variants)
    log_odds = log_sum(mixed, axis=1) - np.log(rates.rates.size)
    cumulated = np.cumsum(np.exp(mixed - mixed.max(axis=1, keepdims=True)), axis=1)
    at = (cumulated < 0.5 * cumulated[:, -1:]).sum(axis=1)
    return log_odds, rates.rates[np.minimum(at, rates.rates.size - 1)]


def background_log_odds(passes: Sequence[PassEvidence], settings: FusionSettings) -> float:
    """Log-odds that each pass met an independent puff of traffic or background near the hotspot, against nothing.

    The puff is a bump of unknown place in the window, width and height. The first pass that saw the hotspot had one
    for certain (that is why it is looked at); each further pass with the probability ``settings.traffic_share``.
    """
    total, first = 0.0, True
    for evidence in sorted(passes, key=lambda e: not e.seen):
        bump = _bump_log_odds(evidence)
        share = 1.0 if first and evidence.seen else settings.traffic_share
        first = first and not evidence.seen
        total += float(np.logaddexp(np.log(share) + bump, np.log(max(1 - share, 1e-12))))
    return total


def _bump_log_odds(evidence: PassEvidence) -> float:
    near = np.flatnonzero(evidence.near)
    if near.size == 0:
        return 0.0
    x, y, value = evidence.x[near], evidence.y[near], evidence.value[near]
    squared = (x[:, None] - x[None, :]) ** 2 + (y[:, None] - y[None, :]) ** 2
    amplitude = _AMPLITUDES * max(float(value.max()), 1e-300)
    terms = []
    for width in _BUMP_WIDTHS_M:
        shape = np.exp(-0.5 * squared / width**2)
        cross, power = shape @ value / evidence.sd**2, (shape**2).sum(axis=1) / evidence.sd**2
        terms.append(amplitude[None, :] * cross[:, None] - 0.5 * amplitude[None, :] ** 2 * power[:, None])
    stacked = np.stack(terms)
    return float(logsumexp(stacked) - np.log(stacked.size))
