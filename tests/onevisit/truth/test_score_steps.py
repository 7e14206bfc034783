"""Scores of steps, lift and explanations, by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pyproj import CRS

from onevisit.truth.score.doses import Match
from onevisit.truth.score.lift import rank_sites, score_lift
from onevisit.truth.score.measures import Measure, calibration_of, pool
from onevisit.truth.score.results import Feature, Results, Truth
from onevisit.truth.score.rivals import score_explanations
from onevisit.truth.score.steps import score_steps


def lead(site: str, disposition: str = "none", **more: Any) -> Feature:
    """A lead without a place."""
    explanations = [{"name": n, "probability": p} for n, p in more.pop("explanations", {}).items()]
    return Feature(None, {"site_id": site, "disposition": disposition, "explanations": explanations, **more})


def truth(**sites: dict[str, Any]) -> Truth:
    """Sites with what is expected of them."""
    told = [
        {"site_id": name, "expected": max(("none", *(c["expected"] for c in own.get("causes", ())))),
         "causes": own.get("causes", []), "management_class": own.get("cls", "")}
        for name, own in sites.items()
    ]  # fmt: skip
    content = {"version": 1, "sites": told, "sources": [], "doses": {}, "confounders": [], "anomalies": []}
    return Truth(content, Path(), CRS.from_epsg(4544))


def results(leads: list[Feature], visits: list[str] | None = None, anomalies: list[Feature] | None = None) -> Results:
    """What was written."""
    return Results(Path(), [], leads, [lead(site) for site in visits or []], None, None, anomalies)


def cause(expected: str, kind: str = "exceedance") -> dict[str, Any]:
    """One that files can show."""
    return {"cause": kind, "expected": expected, "findable": True, "also": []}


def shown(hotspot: str, source: dict[str, Any] | None) -> Match:
    """A hotspot and the source that it shows."""
    return Match(Feature(None, {"id": hotspot}), source, *([None] * (len(Match.__dataclass_fields__) - 2)))  # type: ignore[arg-type]


def by_key(measures: list[Measure]) -> dict[str, Measure]:
    """Measures by key."""
    return {m.key: m for m in measures}


LAWFUL = {"id": "S1", "site_id": "A", "lawful": True}
RECORD = {"evidence": [{"kind": "record", "id": "A001"}]}


def test_steps_by_hand() -> None:
    """Of a visit and a help one is reached; of two lawful emitters one is entered; one look of two, one review."""
    answer = truth(A={}, B={"causes": [cause("visit")]}, C={"causes": [cause("help")]}, D={})
    matches = [
        shown("H1", LAWFUL), shown("H2", {"id": "S2", "site_id": "D", "lawful": True}),
        shown("H3", {"id": "S3", "site_id": None}), shown("H4", None),
    ]  # fmt: skip
    leads = [
        lead("B", "visit", **RECORD), lead("A", "visit", hotspots=["H1"]), lead("C", "review", **RECORD),
        lead("unlisted@H3", "look"), lead("unlisted@H4", "look"),
    ]  # fmt: skip
    found = by_key(score_steps(results(leads, ["A", "B"]), answer, matches))
    assert {key: m.value for key, m in found.items()} == {
        "leads.recall_all": 50.0, "leads.lawful_visited": 50.0, "leads.look": 50.0, "leads.review": 0.0,
        "leads.day": 100.0,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "expected"), [("visit", 100.0), ("remind", 0.0)]
)  # fmt: skip
def test_a_day_without_a_right_visit_or_help_is_lost(kind: str, expected: float) -> None:
    """A reminder where a visit is due does not count; a day on which nothing is due is no day."""
    answer = truth(A={"causes": [cause("visit")]})
    assert by_key(score_steps(results([lead("A", kind, **RECORD)]), answer, []))["leads.day"].value == expected
    assert by_key(score_steps(results([]), truth(A={}), []))["leads.day"].items == ()


def test_without_leads_nothing_is_built() -> None:
    """None of the rows has a number."""
    none = Results(Path(), [], None, None, None, None)
    answer = truth(A={})
    rows = [*score_steps(none, answer, []), *score_explanations(none, answer, []), *score_lift(none, answer)]
    assert [m.key for m in rows if m.built] == []


def test_lift_by_hand() -> None:
    """Ten sites, two to enforce; a tenth is one visit: it finds one where chance finds 0.2 and the plan 1 of 4."""
    sites: dict[str, dict[str, Any]] = {f"S{k}": {"cls": "登记管理"} for k in range(10)}
    for key in ("S0", "S1", "S2", "S3"):
        sites[key] = {"cls": "重点管理"}
    sites["S3"]["causes"] = sites["S9"]["causes"] = [cause("visit")]
    leads = [lead("S5", explanations={"analyser_fault": 1.0}), lead("S3", explanations={"unlawful_emission": 0.9})]
    found = by_key(score_lift(results(leads), truth(**sites)))
    assert found["lift.prevalence"].value == 20.0
    assert found["lift.found_10"].value == 100.0
    assert found["lift.random_10"].value == pytest.approx(1 / 0.2)
    assert found["lift.plan_10"].value == pytest.approx(1 / 0.25)
    # the second visit is drawn among nine sites, one of which is to enforce
    assert found["lift.found_20"].value == pytest.approx(100 * (1 + 1 / 9) / 2)
    assert found["lift.plan_20"].value == pytest.approx((1 + 1 / 9) / 0.5)


def test_sites_are_ranked_by_what_there_is_to_enforce() -> None:
    """Both kinds of guilt add up; without any there is no rank; equal ones stay as leads come."""
    leads = [
        lead("A", explanations={"unlawful_emission": 0.2, "wrong_mark": 0.3}),
        lead("B", explanations={"maintenance": 1}),
        lead("C", explanations={"wrong_mark": 0.9}),
        lead("D", explanations={"unlawful_emission": 0.5}),
    ]  # fmt: skip
    assert rank_sites(leads) == ["C", "A", "D"]


def test_explanations_are_held_against_what_is_true() -> None:
    """A place of the site's own lawful source, a neighbour's, and a record that nothing true allows."""
    answer = truth(A={}, B={}, C={})
    leads = [
        lead("A", hotspots=["H1"], explanations={"permitted_emission": 0.8, "neighbour": 0.2}),
        lead("B", hotspots=["H1"], explanations={"unlawful_emission": 0.6, "neighbour": 0.4}),
        lead("C", **RECORD, explanations={"analyser_fault": 0.9, "permitted_emission": 0.1}),
        lead("D", "remind"),
    ]  # fmt: skip
    said = {
        "id": "A001",
        "kind": "zero",
        "site_id": "C",
        "start": "2026-03-04T09:00:00Z",
        "end": "2026-03-04T13:00:00Z",
    }
    found = by_key(score_explanations(results(leads, anomalies=[Feature(None, said)]), answer, [shown("H1", LAWFUL)]))
    assert found["explanations.likeliest"].items == (100.0, 0.0, 0.0)
    errors = (1 - 0.8) + 0.2 + 0.6 + (1 - 0.4) + 0.9 + (1 - 0.1)
    assert found["explanations.calibration"].value == pytest.approx(errors / 6)


@pytest.mark.parametrize(
    ("source", "name", "shifted"),
    [
        (None, "passing_traffic", False), ({"id": "S", "site_id": None}, "unlisted_source", False),
        ({"id": "S", "site_id": "Z"}, "neighbour", False), ({"id": "S", "site_id": "Z"}, "wrong_position", True),
        ({"id": "S", "site_id": "A", "lawful": False}, "unlawful_emission", False),
    ],
)  # fmt: skip
def test_what_is_true_of_a_place(source: dict[str, Any] | None, name: str, shifted: bool) -> None:
    """Whose source it shows, and whether the site stands where its register says."""
    answer = truth(A={})
    answer.content["confounders"].append({"name": "register_shift", "sites": ["A"] if shifted else []})  # type: ignore[attr-defined]
    told = lead(
        "A", hotspots=["H1"], explanations={"neighbour": 0.0, name: 1.0} if name != "neighbour" else {name: 1.0}
    )
    found = by_key(score_explanations(results([told]), answer, [shown("H1", source)]))
    assert found["explanations.likeliest"].value == 100.0 and found["explanations.calibration"].value == 0.0


def test_calibration_of_missions_is_that_of_all_their_numbers() -> None:
    """One mission is 0.1 above, the other 0.1 below, in the same class: together they are right."""
    high = calibration_of("c", "c", [(0.85, True)] * 3 + [(0.85, False)])
    low = calibration_of("c", "c", [(0.85, True)] * 19 + [(0.85, False)])
    assert (high.value, low.value) == (pytest.approx(0.1), pytest.approx(0.1))
    (pooled,) = pool([[high], [low]])
    assert pooled.value == pytest.approx(abs(0.85 - 22 / 24)) and pooled.low is not None
