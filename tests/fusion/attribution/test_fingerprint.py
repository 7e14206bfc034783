"""Companions of a hotspot."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fusion import FusionSettings
from fusion.air.trajectory import WindHistory
from fusion.attribution.fingerprint import Companion, companions_of, fingerprint_weight
from fusion.attribution.observations import BinnedPass

SETTINGS = FusionSettings()
NO_WIND = WindHistory(*[np.empty(0)] * 3, float("nan"))


def _pass(value, *, label: str = "d#0", unit: str = "mg m-3", noise: float = 0.01, x=None) -> BinnedPass:
    value = np.asarray(value, float)
    n = value.size
    x = 12.5 + 25.0 * np.arange(n) if x is None else np.asarray(x, float)
    return BinnedPass(
        label, unit, x, np.full(n, 5.0), value, np.arange(n), noise, NO_WIND, np.empty((n, 1, 10)), np.empty((n, 4)),
        np.ones(n, bool),
    )  # fmt: skip


PLUME = np.array([0.0, 1.0, 3.0, 6.0, 2.0, 1.0])


def _of(**others):
    passes = {"ch4": [_pass(PLUME)], **{name: [p] for name, p in others.items()}}
    return companions_of("ch4", 75.0, 5.0, passes, SETTINGS)


def test_a_companion_rises_in_proportion() -> None:
    """Present with its slope through the origin; what stays flat is absent with none; itself is no companion."""
    flat = np.array([0.01, -0.01, 0.01, -0.01, 0.01, -0.01])
    found = _of(co=_pass(0.5 * PLUME), no2=_pass(flat), ch4_2=_pass(PLUME))
    slope = max(float(PLUME @ flat) / float(PLUME @ PLUME), 0.0)
    assert [(c.species, c.present) for c in found] == [("co", True), ("no2", False)]
    assert found[0].ratio == pytest.approx(0.5) and found[1].ratio == pytest.approx(slope)
    falling = _of(no2=_pass(-0.02 * PLUME))
    assert [(c.present, c.ratio) for c in falling] == [(False, 0.0)]


def test_a_slope_must_stand_above_its_error() -> None:
    """Three standard errors with two bins that share theirs; between three errors and absence nothing is said."""
    square = float(PLUME @ PLUME)
    for factor, present in ((0.99, True), (1.01, False)):
        noise = factor * 0.2 / 3 / np.sqrt(2.0 / square)
        found = _of(co=_pass(0.2 * PLUME, noise=noise))
        assert bool(found) is present
    for factor, absent in ((0.99, True), (1.01, False)):
        noise = factor * (0.03 - 0.01) / 2 / np.sqrt(2.0 / square)
        found = _of(co=_pass(0.01 * PLUME, noise=noise))
        assert [c.present for c in found] == ([False] if absent and 3 * noise * np.sqrt(2 / square) >= 0.01 else [])


@pytest.mark.parametrize(("limit", "present"), [(-1e-6, True), (1e-6, False)])
def test_companions_correlate(limit: float, present: bool) -> None:
    """At the correlation asked for it is one, below it is not."""
    other = np.array([1.0, 0.0, 2.0, 5.0, 3.0, 0.0])
    correlation = float(np.corrcoef(PLUME, other)[0, 1])
    settings = replace(SETTINGS, companion_correlation=correlation + limit)
    found = companions_of("ch4", 75.0, 5.0, {"ch4": [_pass(PLUME)], "co": [_pass(other)]}, settings)
    assert [c.present for c in found] == ([True] if present else [])


@pytest.mark.parametrize(
    "other",
    [
        _pass(0.5 * PLUME, unit="cm-3"), _pass(0.5 * PLUME, label="e#0"), _pass(0.5 * PLUME[:4]),
        _pass(np.full(6, 7.0)), _pass(0.5 * PLUME, x=12.5 + 25.0 * np.arange(6) + 1000.0),
    ],
    ids=["another unit", "another pass", "four bins", "no change", "another place"],
)  # fmt: skip
def test_what_cannot_be_compared_says_nothing(other: BinnedPass) -> None:
    """Five bins of both in one pass and one unit are needed, and values that differ."""
    assert _of(co=other) == ()


@pytest.mark.parametrize(
    ("units", "name", "ratio", "by_mass"),
    [
        (("mg m-3", "ug m-3"), "co", 0.5e-3, True), (("ppm", "ppb"), "co", 0.5e-3 * 28.01 / 16.043, True),
        (("ppb", "ppb"), "tvoc", 0.5, False), (("ug m-3", "ppb"), "tvoc", None, False),
    ],
)  # fmt: skip
def test_a_ratio_is_one_of_masses(units, name: str, ratio: float | None, by_mass: bool) -> None:
    """A thousandth from mg to µg, the molar masses from ppm to ppm; TVOC has none, and its ppb are compared alone."""
    lead = "co" if name == "tvoc" else "ch4"
    passes = {lead: [_pass(PLUME, unit=units[0])], name: [_pass(0.5 * PLUME, unit=units[1], noise=0.0)]}
    found = companions_of(lead, 75.0, 5.0, passes, replace(SETTINGS, companion_ratio=1e-9))
    expected = [] if ratio is None else [(by_mass, pytest.approx(ratio, rel=1e-3))]
    assert [(c.by_mass, c.ratio) for c in found] == expected


def test_bins_are_matched_by_the_ground_not_by_their_number() -> None:
    """The other logger begins two bins later and holds bins of its own: pairs are of the same square."""
    x = np.array([62.5, 87.5, 112.5, 137.5, 37.5, 12.5, 500.0])
    values = 0.3 * np.array([3.0, 6.0, 2.0, 1.0, 1.0, 0.0, 900.0])
    (found,) = _of(co=_pass(values, x=x))
    assert found.present and found.ratio == pytest.approx(0.3)


def test_only_what_is_near_and_of_all_passes_counts() -> None:
    """Within 150 m of the place, over both passes; the noise is the mean of theirs."""
    far = np.concatenate([PLUME, np.zeros(2), [50.0]])
    x = np.concatenate([12.5 + 25.0 * np.arange(8), [225.1]])
    one, two = _pass(far, x=x), _pass(2 * far, label="e#0", x=x)
    more = [_pass(np.r_[0.4 * PLUME, 0, 0, -99.0], x=x), _pass(np.r_[0.6 * PLUME, 0, 0, -99.0], label="e#0", x=x)]
    (found,) = companions_of("ch4", 75.0, 5.0, {"ch4": [one, two], "co": more}, SETTINGS)
    square = float(PLUME @ PLUME)
    assert found.ratio == pytest.approx((0.4 * square + 0.6 * 2 * square) / (5 * square))
    largest = found.ratio / 3 / np.sqrt(2.0 / (5 * square))
    for factor, some in ((0.99, True), (1.01, False)):
        noisy = [replace(more[0], noise=0.0), replace(more[1], noise=2 * factor * largest)]
        assert bool(companions_of("ch4", 75.0, 5.0, {"ch4": [one, two], "co": noisy}, SETTINGS)) is some


@pytest.mark.parametrize(
    ("listed", "chances"),
    [(None, (0.46, 0.46)), ((), (0.46, 0.46)), (("甲苯",), (0.8, 0.12)), (("苯",), (0.46, 0.12)),
     (("SO2",), (0.12, 0.8)), (("甲苯", "SO2"), (0.8, 0.8))],
)  # fmt: skip
def test_what_rose_together_fits_a_permit_by_its_chances(listed, chances: tuple[float, float]) -> None:
    """Listed 0.8, a relative or no list 0.46, not listed 0.12; absence by one less; species multiply."""
    one, two = chances
    toluene, so2 = Companion("toluene", True, 0.3), Companion("so2", True, 0.1)
    gone = replace(so2, present=False)
    assert fingerprint_weight(listed, [toluene, so2], SETTINGS) == pytest.approx(one * two)
    assert fingerprint_weight(listed, [toluene, gone], SETTINGS) == pytest.approx(one * (1 - two))
    assert fingerprint_weight(listed, [], SETTINGS) == 1.0
