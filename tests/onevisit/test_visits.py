"""One visit per site, its kind, and what the yearly cap counts."""

from __future__ import annotations

from datetime import date

import pytest

from ingest.errors import ContractError, SettingError
from ingest.schema import Visited
from onevisit.leads import weigh_leads
from onevisit.schema import Disposition, Matter, VisitKind
from onevisit.settings import VisitSettings
from onevisit.visits import plan_visits, visits_in_year

DAY = date(2026, 3, 2)
PLAN = Matter("S1", "plan", VisitKind.DAILY, Disposition.VISIT, "yearly plan", "年度计划", "PLAN-1")
TWICE = tuple(Visited(date(2026, month, 5), "daily") for month in (1, 2))


def plan(sites, hotspots=(), attributions=(), *, matters=(), **thresholds):
    """Weigh leads and plan visits with these thresholds."""
    settings = VisitSettings(**thresholds)
    leads = weigh_leads(sites, hotspots, attributions, settings, day=DAY, matters=matters).value
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
    assert "the cap is 2" in outcome.rejects[0].reason


def test_full_cap_does_not_hold_back_a_case(make_site, make_hotspot, make_attribution):
    """The case is entered for, its daily matter waits, and a decision says so."""
    site = make_site(visited=TWICE)
    outcome = plan([site], [make_hotspot()], [make_attribution(S1=0.8)], matters=[PLAN], yearly_cap=2)
    assert [m.code for m in outcome.value[0].matters] == ["emission"]
    assert not outcome.value[0].counts_against_cap
    assert "yearly plan" in outcome.decisions[0].decision


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
    assert outcome.decisions[0].decision.startswith("NO YEARLY CAP")


def test_reminder_alone_makes_no_visit(make_site):
    """An expired permit is settled off site."""
    assert plan([make_site(permit_valid_to=date(2026, 1, 1))]).value == ()


def test_two_leads_about_one_site_are_refused(make_site):
    """One door is entered once: a second lead is a mistake of the caller."""
    sites = [make_site()]
    leads = weigh_leads(sites, [], [], VisitSettings(), day=DAY, matters=[PLAN]).value
    with pytest.raises(ContractError, match="S1"):
        plan_visits([*leads, *leads], sites, VisitSettings(), day=DAY)


def test_cap_must_be_a_whole_number():
    """Half a visit a year is refused."""
    with pytest.raises(SettingError, match="yearly_cap"):
        VisitSettings(yearly_cap=1.5)
