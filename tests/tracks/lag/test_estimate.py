"""Evidence and published lags weighed by Bayes' rule, against a slow version with scipy's distributions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.stats import lognorm, norm

from tracks.lag.estimate import LagEvidence, estimate_lag, lag_grid, lag_prior
from tracks.settings import TrackSettings

SETTINGS = TrackSettings()
CHOSEN = TrackSettings(
    lag_search_s=20.0,
    lag_prior_median_s=4.0,
    lag_prior_log_sd=0.6,
    lag_none_share=0.4,
    lag_chance=0.1,
    lag_max_sd_s=3.0,
)


def test_lags_are_tried_by_seconds_from_a_little_below_none() -> None:
    """−2 s to the longest that is searched, that one included, every second."""
    assert lag_grid(SETTINGS).tolist() == list(range(-2, 46))
    assert lag_grid(CHOSEN).tolist() == list(range(-2, 21))
    assert lag_grid(TrackSettings(lag_search_s=3.4)).tolist() == [-2, -1, 0, 1, 2, 3]


@pytest.mark.parametrize("chosen", [SETTINGS, CHOSEN])
def test_the_prior_is_lognormal_with_a_share_of_no_lag(chosen: TrackSettings) -> None:
    """Published lags are log-normal above zero; the share without a lag is normal about zero with an sd of 1 s."""
    lags = np.arange(-2.0, chosen.lag_search_s + 1)
    positive = lognorm.pdf(lags, chosen.lag_prior_log_sd, scale=chosen.lag_prior_median_s)
    around = norm.pdf(lags, 0, 1)
    share = chosen.lag_none_share
    expected = (1 - share) * positive / positive.sum() + share * around / around.sum()
    np.testing.assert_allclose(lag_prior(chosen), expected, rtol=1e-9)


def slow(score: np.ndarray | None, chance: float, chosen: TrackSettings) -> tuple[float, float, bool]:
    """Mean, standard deviation and whether it is known, written out lag by lag."""
    lags, weight = lag_grid(chosen), lag_prior(chosen)
    if score is not None:
        likelihood = np.array([np.exp((z**2 if z > 0 else 0.0) / 2) for z in score])
        accident = max(chance, chosen.lag_chance)
        weight = weight * ((1 - accident) * likelihood / likelihood.sum() + accident / len(lags))
        weight /= weight.sum()
    likeliest = lags[np.argmax(weight)]
    near = [bool(-6 <= lag - likeliest <= 6) for lag in lags]
    one_mode = sum(weight[near]) >= 0.9
    if one_mode:
        weight = np.where(near, weight, 0) / sum(weight[near])
    mean = sum(weight * lags)
    sd = np.sqrt(sum(weight * (lags - mean) ** 2) + 2.5**2)
    known = score is not None and chance <= 0.05 and one_mode and sd <= chosen.lag_max_sd_s
    return mean, sd, bool(known)


@settings(max_examples=80, deadline=None)
@given(hnp.arrays(float, 48, elements=st.floats(-3, 6)), st.sampled_from([0.0, 0.01, 0.05, 0.051, 0.5, 1.0]))
def test_the_estimate_is_the_mean_of_what_is_likely(score: np.ndarray, chance: float) -> None:
    """Mean, scatter and whether they are known, for scores at random."""
    for chosen, part in ((SETTINGS, score), (CHOSEN, score[:23])):
        evidence = LagEvidence(part, chance, 40)
        found = estimate_lag(evidence, chosen)
        mean, sd, known = slow(part, chance, chosen)
        assert (found.lag_s, found.sd_s) == (pytest.approx(mean, abs=1e-9), pytest.approx(sd))
        assert found.known == known
        assert found.evidence is evidence


@pytest.mark.parametrize("height", [2.0, 3.0, 3.6, 4.0, 5.0, 8.0])
@pytest.mark.parametrize("at", [0, 3, 8, 20, 40])
def test_a_peak_of_evidence_is_weighed_with_the_prior(height: float, at: int) -> None:
    """One peak of the score over a plateau of noise, low and high, near and far from published lags."""
    lags = lag_grid(SETTINGS)
    score = np.where(lags == at, height, -1.0)
    for chance in (0.0, 0.04, 0.2):
        found = estimate_lag(LagEvidence(score, chance, 40), SETTINGS)
        mean, sd, known = slow(score, chance, SETTINGS)
        assert (found.lag_s, found.sd_s, found.known) == (pytest.approx(mean, abs=1e-9), pytest.approx(sd), known)


def test_a_clear_lag_is_known_to_the_last_certainty() -> None:
    """Overwhelming evidence at 12 s gives 12 s, and the 2.5 s that no drive can tell."""
    score = np.where(lag_grid(SETTINGS) == 12, 30.0, 0.0)
    found = estimate_lag(LagEvidence(score, 0.0, 40), SETTINGS)
    assert (found.lag_s, found.sd_s, found.known) == (pytest.approx(12, abs=0.2), pytest.approx(2.5, abs=0.1), True)


@pytest.mark.parametrize(("chance", "known"), [(0.05, True), (0.0501, False)])
def test_one_in_twenty_is_still_evidence(chance: float, known: bool) -> None:
    """A score that chance gives once in twenty may be believed, a more frequent one not."""
    score = np.where(lag_grid(SETTINGS) == 5, 30.0, 0.0)
    assert estimate_lag(LagEvidence(score, chance, 40), SETTINGS).known == known


def test_a_lag_known_exactly_as_well_as_demanded_is_known() -> None:
    """The limit of the standard deviation belongs to what is known."""
    score = np.where(lag_grid(SETTINGS) == 5, 30.0, 0.0)
    sd = estimate_lag(LagEvidence(score, 0.0, 40), SETTINGS).sd_s
    for limit, known in ((sd, True), (np.nextafter(sd, 0), False)):
        assert estimate_lag(LagEvidence(score, 0.0, 40), TrackSettings(lag_max_sd_s=limit)).known == known


def test_without_evidence_the_published_lags_stand() -> None:
    """No drive that tells: the mean and scatter are those of the prior, and nothing is known."""
    found = estimate_lag(None, SETTINGS)
    prior, lags = lag_prior(SETTINGS), lag_grid(SETTINGS)
    mean = prior @ lags
    assert found.lag_s == pytest.approx(mean)
    assert found.sd_s == pytest.approx(np.sqrt(prior @ (lags - mean) ** 2 + 6.25))
    assert (found.known, found.evidence) == (False, None)
