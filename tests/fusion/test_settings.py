"""Thresholds that cannot be meant."""

from __future__ import annotations

import pytest

from fusion import FusionSettings
from ingest.errors import SettingError

POSITIVE = (
    "cell_m", "neighbourhood_m", "agreement_m", "alpha", "surrogates", "minimum_cells", "calm_m_s", "reach_m",
    "radius_calm_m", "bin_m", "site_extent_m", "rate_decades", "emitter_share", "roughness_m", "mixing_height_m",
)  # fmt: skip
SHARES = (
    "puff_share", "other_share", "alpha", "recurrence_share", "sighting_share", "persistent_share", "listed_share",
    "off_share", "credible", "elsewhere_share", "area_share",
)  # fmt: skip


@pytest.mark.parametrize("name", POSITIVE)
@pytest.mark.parametrize("value", [0, -1.0, float("nan")])
def test_lengths_numbers_and_speeds_are_positive(name: str, value: float) -> None:
    """Zero, negative and no number are refused with the name and what came."""
    with pytest.raises(SettingError, match=rf"fusion\.{name} is {value}, expected a positive number"):
        FusionSettings(**{name: value})


@pytest.mark.parametrize("name", SHARES)
@pytest.mark.parametrize("value", [1.0, 1.5, 0.0, float("nan")])
def test_shares_lie_between_none_and_all(name: str, value: float) -> None:
    """Neither limit is a share, nor is what lies beyond."""
    with pytest.raises(SettingError, match=rf"fusion\.{name} is {value}, expected"):
        FusionSettings(**{name: value})


@pytest.mark.parametrize("name", sorted({*POSITIVE, *SHARES}))
def test_small_positive_values_are_taken(name: str) -> None:
    """Just above nothing is something."""
    assert getattr(FusionSettings(**{name: 1e-6}), name) == 1e-6


def test_the_false_discovery_rate_has_two_names() -> None:
    """Benjamini with Hochberg or with Yekutieli, no other."""
    assert [FusionSettings(fdr=name).fdr for name in ("bh", "by")] == ["bh", "by"]
    with pytest.raises(SettingError, match="'bonferroni', expected 'bh' or 'by'"):
        FusionSettings(fdr="bonferroni")
