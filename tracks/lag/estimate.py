"""Inlet lag from the drive itself: evidence tested against chance and weighed with published lags."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tracks.settings import TrackSettings

Floats = NDArray[np.float64]

_STEP_S = 1.0
_NO_LAG_SD_S = 1.0  # of traces that stand at the air's own time already
_BY_ACCIDENT = 0.05
_MODE_S, _ONE_MODE = 6.0, 0.9  # lags within this of the likeliest, and their probability for the rest to be left out
_LAST_CERTAIN_S = 2.5  # of winds that turn between passes, and of the response; from simulated drives, seeds 0–60


@dataclass(frozen=True)
class LagEvidence:
    """How well opposite directions agree at every lag of `lag_grid`.

    ``score`` is in standard deviations of the same statistic of signals whose minutes are shuffled (the null), above
    its median; ``chance`` is the probability that the best lag of such a signal scores as high as the best one here.
    ``places`` counts what was compared.
    """

    score: Floats
    chance: float
    places: int


@dataclass(frozen=True)
class LagEstimate:
    """Mean and standard deviation, s, of the lag given the evidence and the published lags.

    ``known`` when the standard deviation is within ``lag_max_sd_s`` and the evidence is none of chance. Without
    evidence the mean and standard deviation are those of the published lags.
    """

    lag_s: float
    sd_s: float
    known: bool
    evidence: LagEvidence | None


def lag_grid(settings: TrackSettings) -> Floats:
    """Lags that are tried, s: those that inlets of mobile laboratories have, and a little below none."""
    return np.arange(-2.0, settings.lag_search_s + _STEP_S / 2, _STEP_S)


def lag_prior(settings: TrackSettings) -> Floats:
    """Probability of every lag of `lag_grid` before the drive is looked at.

    A logarithmic normal distribution of the lags that mobile laboratories publish, and a share of traces without a
    lag: no inlet line, or corrected by their makers.

    Examples
    --------
    >>> prior, lags = lag_prior(TrackSettings()), lag_grid(TrackSettings())
    >>> round(float(prior.sum()), 6), round(float(prior @ lags), 1)
    (1.0, 6.4)
    """
    lags = lag_grid(settings)
    positive = np.maximum(lags, 1e-9)
    depth = (np.log(positive) - np.log(settings.lag_prior_median_s)) / settings.lag_prior_log_sd
    published = np.where(lags > 0, np.exp(-(depth**2) / 2) / positive, 0.0)
    none = np.exp(-((lags / _NO_LAG_SD_S) ** 2) / 2)
    share = settings.lag_none_share
    result: Floats = (1 - share) * published / published.sum() + share * none / none.sum()
    return result


def estimate_lag(evidence: LagEvidence | None, settings: TrackSettings) -> LagEstimate:
    """Weigh evidence and published lags by Bayes' rule.

    The likelihood of a lag is exp(z² / 2) of its score z where that is positive; with the probability ``chance``, and
    at least ``lag_chance``, the evidence is an accident that says nothing. The estimate is the delay of a plume's
    middle: inlet lag and response together, because that is what displaces plumes. Stops being valid where
    instruments behind one inlet differ by more than the standard deviation.

    Examples
    --------
    >>> nothing = estimate_lag(None, TrackSettings())
    >>> nothing.known, round(nothing.lag_s, 1)
    (False, 6.4)
    """
    lags, weight = lag_grid(settings), lag_prior(settings)
    if evidence is not None:
        log = np.clip(evidence.score, 0, None) ** 2 / 2
        likelihood = np.exp(log - log.max())
        chance = max(settings.lag_chance, evidence.chance)
        weight = weight * ((1 - chance) * likelihood / likelihood.sum() + chance / len(lags))
        weight = weight / weight.sum()
    around = np.abs(lags - lags[weight.argmax()]) <= _MODE_S
    one_mode = bool(weight[around].sum() >= _ONE_MODE)
    weight = np.where(around, weight, 0.0) / weight[around].sum() if one_mode else weight
    mean = float(weight @ lags)
    sd_s = float(np.sqrt(weight @ (lags - mean) ** 2 + _LAST_CERTAIN_S**2))
    known = evidence is not None and evidence.chance <= _BY_ACCIDENT and one_mode and sd_s <= settings.lag_max_sd_s
    return LagEstimate(mean, sd_s, known, evidence)
