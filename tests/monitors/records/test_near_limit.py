"""Hugging: the chance by hand, days just below the limit, and how often noise alone is told."""

from __future__ import annotations

import numpy as np
from scipy.stats import norm

from monitors.records.near_limit import log_chance, seek_near_limit
from tests.monitors.outlets import noisy, outlet, site_of


def test_the_chance_of_a_stay_by_hand() -> None:
    """Half of the slots at -0.1 and 0.1 of the logarithm: a stay of 5 slots, 2 longer than the least, is p0 times the
    square of staying; a second stay of 3 adds one way to reach two: p² (3 - 2p)."""
    logs = np.tile([-0.1, 0.1], 50)
    width, spread, change = -np.log(0.94), 0.1 * 1.482602218505602, 0.2 * 1.482602218505602
    share = norm.cdf(0.0) - norm.cdf(-width / spread)
    places = (np.arange(200_000) + 0.5) / 200_000 * width  # anywhere in the band, one step stays in it
    stay = np.mean(norm.cdf((width - places) / change) - norm.cdf(-places / change))
    assert np.isclose(log_chance(logs, [5]), np.log(share) + 2 * np.log(stay), rtol=1e-6)
    assert np.isclose(log_chance(logs, [5, 3]), np.log(share) + np.log(stay**2 * (3 - 2 * stay)), rtol=1e-6)


def test_days_just_below_the_limit_are_one_case() -> None:
    """Sixty hours at 97 % of a limit of 50 in a month at 20, with a break of ten hours, are one case."""
    values = noisy(720)
    stay = np.r_[300:330, 340:370]
    values[stay] = 48.5 + np.random.default_rng(2).normal(0.0, 0.3, 60).clip(-1, 1)
    (found,) = seek_near_limit(site_of(outlet({"a21026": values}, limits={"a21026": 50.0})))
    assert (found.kind, found.values["intervals"]) == ("near_limit", 60.0)
    assert (found.end - found.start).total_seconds() == 70 * 3600
    assert found.strength > 1


def test_units_of_value_and_limit_together_change_nothing() -> None:
    """In g instead of mg the same case has the same strength."""
    values = noisy(720)
    values[300:360] = np.random.default_rng(2).uniform(47.8, 49.8, 60)
    strengths = [
        [
            one.strength
            for one in seek_near_limit(site_of(outlet({"a21026": values * k}, limits={"a21026": 50.0 * k})))
        ]
        for k in (1.0, 1e-3)
    ]
    assert len(strengths[0]) == 1
    np.testing.assert_allclose(strengths[0], strengths[1], rtol=1e-9)


def test_noise_that_comes_to_the_limit_is_not_told() -> None:
    """Of 40 series of a year whose smooth noise reaches the limit now and then none is told (0.04 are expected)."""
    told = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        steps, logs = rng.normal(0.0, 0.1, 8760), np.empty(8760)
        logs[0] = 0.0
        for k in range(1, 8760):  # a slow wander: correlation 0.9 from hour to hour
            logs[k] = 0.9 * logs[k - 1] + np.sqrt(1 - 0.81) * steps[k]
        series = outlet({"a21026": 45.0 * np.exp(logs)}, limits={"a21026": 50.0})
        told += len(list(seek_near_limit(site_of(series))))
    assert told == 0


def test_a_plant_often_above_its_limit_does_not_hug() -> None:
    """Every fifth hour above it is exceedance, not hugging."""
    values = noisy(720)
    values[300:360] = np.where(np.arange(60) % 5 == 4, 52.0, 48.5)
    assert list(seek_near_limit(site_of(outlet({"a21026": values}, limits={"a21026": 50.0})))) == []
