"""One visit per site, its kind, and what the yearly cap counts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
import shapely

from ingest.errors import ContractError, SettingError
from ingest.outcome import Outcome
from ingest.schema import SitePlace, Visited
from onevisit.schema import Disposition, Evidence, Explanation, Lead, Matter, Visit, VisitKind
from onevisit.settings import VisitSettings
from onevisit.visits.plan import plan_visits, visits_in_year
from onevisit.words.telling import ToldDecision, ToldReject, tell
from tests.onevisit.conftest import text
from tests.onevisit.leads.weighing import weigh

DAY = date(2026, 3, 2)
PLAN = Matter("S1", "plan", VisitKind.DAILY, Disposition.VISIT, text("yearly plan"), "PLAN-1")
TWICE = tuple(Visited(date(2026, month, 5), "daily") for month in (1, 2))


def plan(sites, hotspots=(), attributions=(), *, matters=(), **thresholds):
    """Weigh leads and plan visits with these thresholds."""
    settings = VisitSettings(**thresholds)
    leads = weigh(sites, hotspots, attributions, settings, matters=matters).value
    return plan_visits(leads, sites, settings, day=DAY)


def test_all_matters_of_a_site_are_one_visit(make_site, make_hotspot, make_attribution):
    """Two hotspots, a plan and an expired permit are one entry with four matters."""
    site = make_site(permit_valid_to=date(2026, 1, 1))
    hotspots = [make_hotspot(), make_hotspot(id="H002", species="c2h6")]
    outcome = plan([site], hotspots, [make_attribution(S1=0.8), make_attribution("H002", S1=0.7)], matters=[PLAN])
    (visit,) = outcome.value
    assert [m.code for m in visit.matters] == ["emission", "emission", "plan", "permit"]
    assert visit.kind is VisitKind.CASE
    assert visit.service_s == (60 + 3 * 15) * 60


def test_case_is_not_counted_but_a_daily_matter_in_it_is(make_site, make_hotspot, make_attribution):
    """A case alone leaves the counter; an entry that also does the planned inspection does not."""
    sites, found = [make_site()], ([make_hotspot()], [make_attribution(S1=0.8)])
    assert not plan(sites, *found).value[0].counts_against_cap
    assert plan(sites, *found, matters=[PLAN]).value[0].counts_against_cap


def test_full_cap_holds_back_a_planned_inspection(make_site):
    """Two daily visits this year and a cap of two: the plan waits, and is named."""
    outcome = plan([make_site(visited=TWICE)], matters=[PLAN], yearly_cap=2)
    assert outcome.value == ()
    assert "the cap is 2" in tell(outcome.rejects[0]).reason


def test_full_cap_does_not_hold_back_a_case(make_site, make_hotspot, make_attribution):
    """The case is entered for, its daily matter waits, and a decision says so."""
    site = make_site(visited=TWICE)
    outcome = plan([site], [make_hotspot()], [make_attribution(S1=0.8)], matters=[PLAN], yearly_cap=2)
    assert [m.code for m in outcome.value[0].matters] == ["emission"]
    assert not outcome.value[0].counts_against_cap
    assert "yearly plan" in tell(outcome.decisions[0]).decision


def test_only_daily_visits_of_this_year_count(make_site):
    """Special and case visits, last year's and future ones are not counted."""
    visited = (
        Visited(date(2026, 1, 5), "daily"),
        Visited(date(2026, 1, 6), "case"),
        Visited(date(2026, 1, 7), "special"),
        Visited(date(2025, 12, 31), "daily"),
        Visited(date(2026, 12, 1), "daily"),
    )
    assert visits_in_year(make_site(visited=visited), DAY) == 1


def test_missing_cap_is_said_loudly(make_site):
    """Without a configured cap nothing is held back, and the first decision shouts."""
    outcome = plan([make_site(visited=TWICE)], matters=[PLAN])
    assert len(outcome.value) == 1
    assert tell(outcome.decisions[0]).decision.startswith("NO YEARLY CAP")


def test_reminder_alone_makes_no_visit(make_site):
    """An expired permit is settled off site."""
    assert plan([make_site(permit_valid_to=date(2026, 1, 1))]).value == ()


def test_two_leads_about_one_site_are_refused(make_site):
    """One door is entered once: a second lead is a mistake of the caller."""
    sites = [make_site()]
    leads = weigh(sites, [], [], matters=[PLAN]).value
    with pytest.raises(ContractError, match="S1"):
        plan_visits([*leads, *leads], sites, VisitSettings(), day=DAY)


def test_cap_must_be_a_whole_number():
    """Half a visit a year is refused."""
    with pytest.raises(SettingError, match="yearly_cap"):
        VisitSettings(yearly_cap=1.5)


# --- every field, exactly at a limit --------------------------------------------------------------------------------

Make = Callable[..., Any]
CASE = replace(PLAN, code="emission", kind=VisitKind.CASE, text=text("methane"), evidence_id="H001")
SPECIAL = replace(PLAN, code="campaign", kind=VisitKind.SPECIAL, text=text("campaign"))


def lead_of(
    *matters: Matter, probability: float = 0.8, disposition: Disposition = Disposition.VISIT, at_gate: bool = False
) -> Lead:
    """A lead with these matters."""
    return Lead(
        "S1", "named by the lead", "", 104.01, 30.02, (Evidence("hotspot", "H001", None, text("e")),),
        (Explanation("unlawful_emission", probability),), probability, disposition, text("why"), (text("why"),),
        matters, at_gate=at_gate,
    )  # fmt: skip


def entered(lead: Lead, site: Any, **thresholds: Any) -> Outcome[tuple[Visit, ...]]:
    """The visits for one lead."""
    return plan_visits([lead], [site], VisitSettings(**thresholds), day=DAY)


def test_every_field_of_a_visit_is_that_of_lead_site_and_settings(make_site: Make) -> None:
    """Position, reasons and probabilities are the lead's, the rest is the site's; two matters take 60 + 15 min."""
    site = make_site(
        permit_code="P1", address="No. 1", position_sd_m=12.0, gate=shapely.Point(104.01, 30.02), visited=TWICE[:1]
    )
    lead = lead_of(CASE, PLAN, at_gate=True)
    outcome = entered(lead, site, yearly_cap=2)
    assert outcome == Outcome(
        (
            Visit(
                "S1", "Works S1", "P1", "No. 1", 104.01, 30.02, True, 12.0, VisitKind.CASE, True, 1, 2,
                (CASE, PLAN), (text("why"),), lead.explanations, lead.evidence, 0.8, 4, 4500,
            ),
        )
    )  # fmt: skip


def test_a_site_without_a_gate_is_visited_at_its_reference_point(make_site: Make) -> None:
    """The visit says so; where the site is in doubt it has the places of the lead and the width of the first."""
    assert not entered(lead_of(CASE), make_site()).value[0].at_gate
    places = (SitePlace(104.01, 30.02, 44.0, 0.3, "GCJ-02"), SitePlace(104.0, 30.0, 10.0, 0.7, "WGS 84"))
    (visit,) = entered(replace(lead_of(CASE), places=places), make_site(elsewhere=places[:1])).value
    assert (visit.places, visit.position_sd_m) == (places, 44.0)


@pytest.mark.parametrize(
    ("matters", "probability", "kind", "priority"),
    [
        ((PLAN,), 0.95, VisitKind.DAILY, 1),
        ((PLAN, SPECIAL), 0.95, VisitKind.SPECIAL, 2),
        ((PLAN, SPECIAL, CASE), 0.5, VisitKind.CASE, 3),
        ((CASE,), 0.7499, VisitKind.CASE, 3),
        ((CASE,), 0.75, VisitKind.CASE, 4),
        ((CASE,), 0.8999, VisitKind.CASE, 4),
        ((CASE,), 0.9, VisitKind.CASE, 5),
        ((PLAN, replace(CASE, disposition=Disposition.MEASURE_AGAIN)), 0.95, VisitKind.DAILY, 1),
    ],
)
def test_kind_and_priority_are_those_of_the_strongest_matter_that_needs_an_entry(
    make_site: Make, matters: tuple[Matter, ...], probability: float, kind: VisitKind, priority: int
) -> None:
    """A plan is 1, a campaign 2, a case 3, 4 from 0.75 and 5 from 0.9; what needs no entry gives no kind."""
    (visit,) = entered(lead_of(*matters, probability=probability), make_site()).value
    assert (visit.kind, visit.priority) == (kind, priority)


@pytest.mark.parametrize(("cap", "is_entered"), [(None, True), (3, True), (2, False), (1, False), (0, False)])
def test_a_cap_is_full_when_it_is_reached(make_site: Make, cap: int | None, is_entered: bool) -> None:
    """Two of three leave one; two of two leave none; without a cap nothing is held back."""
    outcome = entered(lead_of(PLAN), make_site(visited=TWICE), yearly_cap=cap)
    assert len(outcome.value) == is_entered
    waits = ToldReject(
        "site S1",
        "yearly cap",
        f"2 daily visits registered this year, the cap is {cap}; its daily inspection waits, and what is on the list "
        "is settled off site",
    )
    assert [tell(r) for r in outcome.rejects] == ([] if is_entered else [waits])


def test_a_visit_made_today_counts(make_site: Make) -> None:
    """The first and the last day of the year so far are in it; tomorrow is not, nor the same day of last year."""
    days = (date(2026, 1, 1), DAY, date(2026, 3, 3), date(2025, 3, 2), date(2027, 1, 1))
    assert visits_in_year(make_site(visited=tuple(Visited(day, "daily") for day in days)), DAY) == 2


def test_a_full_cap_holds_only_daily_inspections_that_need_an_entry(make_site: Make) -> None:
    """A campaign is entered for, a reminder of the daily kind rides along, two plans wait and are both named."""
    reminder = replace(PLAN, code="permit", disposition=Disposition.REMIND)
    second = replace(PLAN, text=text("second plan"), evidence_id="PLAN-2")
    outcome = entered(lead_of(PLAN, SPECIAL, reminder, second), make_site(visited=TWICE), yearly_cap=2)
    assert outcome.value[0].matters == (SPECIAL, reminder)
    assert (outcome.value[0].kind, outcome.value[0].counts_against_cap) == (VisitKind.SPECIAL, False)
    assert outcome.value[0].service_s == 75 * 60 and outcome.value[0].visits_this_year == 2
    assert [tell(d) for d in outcome.decisions] == [
        ToldDecision(
            "site S1",
            "entered for its case only; daily matters wait: yearly plan, second plan",
            "2 daily visits registered this year, the cap is 2",
        ),
    ]


def test_nothing_that_waits_is_told_where_nothing_waits(make_site: Make) -> None:
    """With a cap that leaves room there is no decision at all."""
    assert entered(lead_of(PLAN), make_site(), yearly_cap=1).decisions == ()


@pytest.mark.parametrize(("count", "minutes"), [(1, 50), (2, 70), (6, 150), (7, 155), (8, 155)])
def test_the_stay_grows_with_the_matters_up_to_the_longest(make_site: Make, count: int, minutes: int) -> None:
    """50 min for the first, 20 for each further one, never more than 155."""
    (visit,) = entered(
        lead_of(*[CASE] * count), make_site(), service_min=50.0, matter_min=20.0, longest_min=155.0
    ).value
    assert visit.service_s == minutes * 60


def test_a_missing_cap_is_told_once_with_its_counts(make_site: Make) -> None:
    """Three visits, two of which would count; without any visit there is nothing to say."""
    sites = [make_site(f"S{k}") for k in range(4)]
    matters = {"S0": CASE, "S1": PLAN, "S2": PLAN}
    leads = [replace(lead_of(m), site_id=s) for s, m in matters.items()]
    leads.append(replace(lead_of(disposition=Disposition.REMIND), site_id="S3"))
    outcome = plan_visits(leads, sites, VisitSettings(), day=DAY)
    assert [v.site_id for v in outcome.value] == ["S0", "S1", "S2"]
    (told,) = outcome.decisions
    assert told.item == "visits" and tell(told).evidence == "3 visits proposed, 2 of them would count against a cap"
    assert plan_visits(leads[3:], sites, VisitSettings(), day=DAY) == Outcome(())


def test_a_lead_about_a_site_that_is_not_given_is_refused(make_site: Make) -> None:
    """Even where it asks for no entry."""
    with pytest.raises(ContractError, match="names site S1, which is not given"):
        plan_visits([lead_of(disposition=Disposition.NONE)], [make_site("S2")], VisitSettings(), day=DAY)
