"""Rival explanations: shares that sum to one, lawfulness from ratios, rates against permits."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fusion.schema import Attribution, SiteProbability
from ingest.errors import ContractError, SettingError
from monitors.schema import Anomaly, Cause
from onevisit.leads.rivals import explain_place, explain_record, probability_of, ratio_of_rate, unlawful_given
from onevisit.leads.tables import BUILT_IN, RivalTables
from onevisit.schema import Rival

SEEN = Attribution(
    "H1", (SiteProbability("S1", 0.5, 100.0, 0.0), SiteProbability("S2", 0.2, 100.0, 0.0)), 0.2, 0.1, 0.3, 0.0, 30.0,
    (), (),
)  # fmt: skip
RECORD = Anomaly(
    "exceedance", "P1", "", "", "DA001", "a.csv", "a24088", datetime(2026, 3, 2, 1, tzinfo=UTC),
    datetime(2026, 3, 2, 4, tzinfo=UTC), 1.0, causes={Cause.EMISSION: 0.6, Cause.FAULT: 0.3, Cause.TRANSMISSION: 0.1},
)  # fmt: skip


def test_a_place_by_hand() -> None:
    """Half is the site's: a tenth of it misplaced, a quarter of the rest unlawful; a fifth of all is a fault."""
    told = explain_place(SEEN, "S1", fault=0.2, misplaced=0.1, unlawful=0.25)
    named = {e.name: e.probability for e in told}
    assert named == pytest.approx({
        "permitted_emission": 0.5 * 0.9 * 0.75 * 0.8, "unlawful_emission": 0.5 * 0.9 * 0.25 * 0.8,
        "wrong_position": 0.5 * 0.1 * 0.8, "neighbour": 0.2 * 0.8, "unlisted_source": 0.2 * 0.8,
        "passing_traffic": 0.1 * 0.8, "analyser_fault": 0.2,
    })  # fmt: skip
    assert [e.probability for e in told] == sorted(named.values(), reverse=True)


def test_what_cannot_be_is_left_out() -> None:
    """A site that may emit nothing and stands where it stands has no lawful share and no wrong position."""
    told = explain_place(SEEN, "S1", fault=0.0, misplaced=0.0, unlawful=1.0)
    assert {e.name for e in told} == {"unlawful_emission", "neighbour", "unlisted_source", "passing_traffic"}


@given(
    shares=st.lists(st.floats(0.001, 1.0), min_size=4, max_size=4),
    unit=st.lists(st.floats(0.0, 1.0), min_size=3, max_size=3),
)
def test_explanations_sum_to_one(shares: list[float], unit: list[float]) -> None:
    """Whatever the numbers."""
    sites = tuple(SiteProbability(f"S{k}", p, 1.0, 0.0) for k, p in enumerate(shares[:2]))
    seen = replace(SEEN, sites=sites, unlisted=shares[2], background=shares[3])
    told = explain_place(seen, "S0", fault=unit[0], misplaced=unit[1], unlawful=unit[2])
    assert sum(e.probability for e in told) == pytest.approx(1.0)


def test_shares_that_are_none_are_refused() -> None:
    """Nothing but zeros has no explanation."""
    with pytest.raises(ContractError, match="H1"):
        explain_place(replace(SEEN, sites=(), unlisted=0.0, background=0.0), "S1", fault=0, misplaced=0, unlawful=0)


def test_a_record_by_hand() -> None:
    """What was lost counts as a fault; factors of the kind multiply, and the sum is one again."""
    plain = explain_record(RECORD, RivalTables(records={}))
    assert {e.name: e.probability for e in plain} == pytest.approx({"unlawful_emission": 0.6, "analyser_fault": 0.4})
    learnt = explain_record(RECORD, RivalTables(records={"exceedance": {"unlawful_emission": 0.5}}))
    assert {e.name: e.probability for e in learnt} == pytest.approx(
        {"analyser_fault": 4 / 7, "unlawful_emission": 3 / 7}
    )
    assert explain_record(replace(RECORD, causes={}), BUILT_IN) == ()


def test_probabilities_of_several_explanations_add_up() -> None:
    """Those that are named, and no others."""
    told = explain_record(RECORD, RivalTables(records={}))
    assert probability_of(told, Rival.UNLAWFUL, Rival.MARK) == pytest.approx(0.6)


@pytest.mark.parametrize(
    ("ratios", "expected"), [((), 1 / 3), ((2.0,), 0.5), ((2.0, 3.0), 0.75), ((0.5,), 0.2), ((1e308, 1e308), 1.0)]
)
def test_odds_are_multiplied(ratios: tuple[float, ...], expected: float) -> None:
    """One to two at first; twice that is even; six times three to one; half of it one to four."""
    assert unlawful_given(ratios, RivalTables(beyond_permit=1 / 3)) == pytest.approx(expected)


def test_a_rate_speaks_by_both_normals() -> None:
    """ln 1 = 0 lies between means -1 and 1 with equal deviations: no word; at 1 it is exp(2 / variance)."""
    tables = RivalTables(within=(-1.0, 0.6), beyond=(1.0, 0.6), rate_sd=0.8)
    assert ratio_of_rate(1.0, 0.0, tables) == pytest.approx(1.0)
    assert ratio_of_rate(math.e, 0.0, tables) == pytest.approx(math.exp(2.0 / (0.36 + 0.64)))
    assert ratio_of_rate(1e9, 0.0, tables) == pytest.approx(tables.rate_most)
    assert ratio_of_rate(1e-9, 0.0, tables) == pytest.approx(1 / tables.rate_most)


@pytest.mark.parametrize(
    "changes",
    [
        {"beyond_permit": 0.0},
        {"misplaced": {"settled": 1.0}},
        {"exceeds": 0.0},
        {"records": {"zero": {"wrong_mark": -1}}},
    ],
)
def test_numbers_that_no_odds_are_made_of_are_refused(changes: dict[str, object]) -> None:
    """Shares lie between 0 and 1, factors above 0."""
    with pytest.raises(SettingError, match="rivals"):
        RivalTables(**changes)  # type: ignore[arg-type]
