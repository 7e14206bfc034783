"""Evidence per site, rival explanations, disposition."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.errors import ContractError, SettingError
from ingest.schema import SitePlace
from onevisit.leads.clues import fault_probability
from onevisit.schema import Disposition, Matter, VisitKind
from onevisit.settings import VisitSettings
from onevisit.visits.plan import plan_visits
from onevisit.words.telling import say, tell
from tests.onevisit.conftest import text
from tests.onevisit.leads.weighing import DAY, SETTINGS, told, weigh


def only_lead(sites, hotspots, attributions, **options):
    """The one lead of these records."""
    (lead,) = weigh(sites, hotspots, attributions, **options).value
    return lead


def test_recurring_directed_and_clear_hotspot_asks_for_a_visit(make_site, make_hotspot, make_attribution):
    """A hotspot seen again, with wind, at 0.8 for one site, is worth an entry."""
    lead = only_lead([make_site()], [make_hotspot()], [make_attribution(S1=0.8)])
    assert lead.disposition is Disposition.VISIT
    assert lead.hotspot_ids == ("H001",)


@pytest.mark.parametrize(
    "changes",
    [
        {"single_sighting": True, "passes_seen": 1},
        {"passes_seen": 2, "passes_crossed": 12},
        {"wind_from_deg": None, "wind_speed": 0.4},
    ],
)
def test_doubtful_hotspot_is_measured_again_never_visited(make_site, make_hotspot, make_attribution, changes):
    """One sighting, rare sightings, calm: the site is not entered, however likely it is."""
    lead = only_lead([make_site()], [make_hotspot(**changes)], [make_attribution(S1=0.95)])
    assert lead.disposition is Disposition.MEASURE_AGAIN


@pytest.mark.parametrize("changes", [{"single_sighting": True}, {"exhaust": True}])
@pytest.mark.parametrize("seen", [1, 2, 4, 40])
@pytest.mark.parametrize("probability", [0.05, 0.2, 0.6, 0.999, 1.0])
def test_a_single_place_or_one_of_exhaust_is_never_entered(
    make_site, make_hotspot, make_attribution, changes, seen, probability
):
    """Whatever the probability and however many passes chance may have joined: a re-drive, or nothing below 0.2."""
    hotspot = make_hotspot(passes_seen=seen, passes_crossed=seen, p_value=1e-9, **changes)
    lead = only_lead([make_site()], [hotspot], [make_attribution(S1=probability)])
    assert lead.disposition is (Disposition.NONE if probability < 0.2 else Disposition.MEASURE_AGAIN)


@pytest.mark.parametrize(
    ("seen", "english", "chinese"),
    [
        (1, "seen in 1 of 4 passes, 2 are needed", "4 次通过中仅检出 1 次，至少需 2 次"),
        (2, "seen in 2 of 4 passes, which chance may explain", "4 次通过中检出 2 次，但不能排除偶然"),
    ],
)
def test_why_a_single_place_is_measured_again(make_site, make_hotspot, make_attribution, seen, english, chinese):
    """One pass is not enough; two that chance may join are told as that, not as too few."""
    hotspot = make_hotspot(single_sighting=True, passes_seen=seen)
    lead = only_lead([make_site()], [hotspot], [make_attribution(S1=0.95)])
    assert (told(lead), told(lead, "zh")) == ((f"hotspot H001: {english}",), (f"热点 H001：{chinese}",))


def test_a_place_of_three_species_is_one_matter_and_one_set_of_minutes(make_site, make_hotspot, make_attribution):
    """Toluene leads, TVOC and xylenes rose with it: one line, one evidence, an hour; another place is 15 min."""
    place = make_hotspot(species="toluene", unit="ug m-3", others=("tvoc", "xylene"))
    lead = only_lead([make_site()], [place], [make_attribution(S1=0.9)])
    assert [(say(m.text), say(m.text, "zh")) for m in lead.matters] == [
        (
            "toluene 3.20 µg m⁻³ above background at hotspot H001, with TVOC and xylenes",
            "热点 H001：甲苯 高出背景 3.20 µg m⁻³，同时检出 TVOC（总挥发性有机物）、二甲苯",
        )
    ]
    assert "above a background of 2.00, with TVOC and xylenes, seen in 3 of 4 passes" in say(lead.evidence[0].text)
    (visit,) = plan_visits([lead], [make_site()], SETTINGS, day=DAY).value
    assert len(lead.evidence) == 1 and visit.service_s == 60 * 60
    hotspots, attributions = (
        [place, make_hotspot(id="H002")],
        [make_attribution(S1=0.9), make_attribution("H002", S1=0.9)],
    )
    two = only_lead([make_site()], hotspots, attributions)
    assert plan_visits([two], [make_site()], SETTINGS, day=DAY).value[0].service_s == 75 * 60


def test_nothing_is_measured_again_before_an_urgent_place_is_cleared(make_site, make_hotspot, make_attribution):
    """A re-drive becomes nothing, and the duty officer comes first; another place of the site is driven again."""
    hotspots = [make_hotspot(single_sighting=True), make_hotspot(id="H002", single_sighting=True)]
    attributions = [make_attribution(S1=0.9), make_attribution("H002", S1=0.5)]
    lead = only_lead([make_site()], hotspots[:1], attributions[:1], urgent=["H001"])
    assert lead.disposition is Disposition.NONE and lead.urgent == ("H001",) and lead.matters == ()
    assert "; ".join(told(lead)) == (
        "hotspot H001: urgent: first inform the duty officer, no drive before it is cleared; "
        "seen in 3 of 4 passes, which chance may explain"
    )
    assert "；".join(told(lead, "zh")).startswith("热点 H001：紧急：先报告值班负责人，解除前不得复测；")
    both = only_lead([make_site()], hotspots, attributions, urgent={"H001"})
    assert both.disposition is Disposition.MEASURE_AGAIN and both.urgent == ("H001",)
    assert [m.evidence_id for m in both.matters] == ["H002"]
    assert [r.split(":")[0] for r in told(both)] == ["hotspot H002", "hotspot H001"]


def test_a_visit_to_an_urgent_place_comes_first_and_says_who_is_asked_first(
    make_site, make_hotspot, make_attribution
):
    """It stays a visit, of the highest priority, before one that is likelier; its first words are the officer's."""
    hotspots = [make_hotspot(), make_hotspot(id="H002")]
    attributions = [make_attribution(S1=0.95), make_attribution("H002", S2=0.7)]
    sites = [make_site("S1"), make_site("S2")]
    leads = weigh(sites, hotspots, attributions, urgent=["H002"]).value
    assert [(lead.site_id, lead.disposition, lead.urgent) for lead in leads] == [
        ("S2", Disposition.VISIT, ("H002",)), ("S1", Disposition.VISIT, ()),
    ]  # fmt: skip
    assert told(leads[0])[0].startswith("hotspot H002: urgent: first inform the duty officer; seen in 3 of 4")
    visits = plan_visits(leads, sites, SETTINGS, day=DAY).value
    cleared = "not before the duty officer has cleared it: CH₄ 3.20 ppm above background at hotspot H002"
    assert [say(m.text) for m in visits[0].matters] == [cleared]
    assert say(visits[0].matters[0].text, "zh").startswith("经值班负责人解除后方可：热点 H002：")
    assert [(visit.site_id, visit.priority) for visit in visits] == [("S2", 5), ("S1", 5)]
    assert plan_visits([replace(leads[0], urgent=())], sites, SETTINGS, day=DAY).value[0].priority == 3


@pytest.mark.parametrize(
    ("probability", "shown"), [(0.3, "0.30"), (0.594, "0.59"), (0.5988, "0.599"), (0.59996, "0.59996")]
)
def test_what_is_below_a_limit_is_written_below_it(make_site, make_hotspot, make_attribution, probability, shown):
    """0.5988 is not told as 0.60 below 0.60."""
    lead = only_lead([make_site()], [make_hotspot()], [make_attribution(S1=probability)])
    assert "; ".join(told(lead)) == f"hotspot H001: probability {shown} is below 0.60"


def test_attribution_without_direction_is_measured_again(make_site, make_hotspot, make_attribution):
    """Where the data support no direction, probability alone sends nobody."""
    lead = only_lead([make_site()], [make_hotspot()], [make_attribution(S1=0.9, bearing_deg=None)])
    assert lead.disposition is Disposition.MEASURE_AGAIN
    assert "; ".join(told(lead)).startswith("hotspot H001: the data support no direction")


@pytest.mark.parametrize(("bearing_deg", "borrowed"), [(None, False), (90.0, True)])
def test_unknown_wind_is_told_from_calm(make_site, make_hotspot, make_attribution, bearing_deg, borrowed):
    """Without a wind of its own a hotspot asks for a visit only where the wind of another logger gave a bearing."""
    hotspot = make_hotspot(wind_from_deg=None, wind_speed=None)
    lead = only_lead([make_site()], [hotspot], [make_attribution(S1=0.95, bearing_deg=bearing_deg)])
    assert lead.disposition is (Disposition.VISIT if borrowed else Disposition.MEASURE_AGAIN)
    assert ("no wind was measured" in "; ".join(told(lead))) != borrowed and "calm" not in "; ".join(told(lead))


PLACES = (
    SitePlace(104.01, 30.01, 31.0, 0.25, "GCJ-02", shapely.Point(104.011, 30.012)),
    SitePlace(104.02, 30.0, 31.0, 0.1, "BD-09"),
)


@pytest.mark.parametrize(
    ("place", "share", "at", "at_gate", "disposition"),
    [
        (0, 0.7, (104.001, 30.002), True, Disposition.VISIT),
        (0, 0.66, (104.001, 30.002), True, Disposition.MEASURE_AGAIN),
        (1, 0.99, (104.011, 30.012), True, Disposition.VISIT),
        (2, 0.9, (104.02, 30.0), False, Disposition.VISIT),
    ],
)
def test_a_team_drives_to_the_place_that_fits(
    make_site, make_hotspot, make_attribution, place, share, at, at_gate, disposition
):
    """Of several places the one that explains the hotspot, at its gate if known; a doubtful one is checked first."""
    site = make_site(elsewhere=PLACES, gate=shapely.Point(104.001, 30.002))
    attribution = make_attribution(S1=0.95)
    placed = tuple(replace(s, place=place, place_probability=share) for s in attribution.sites)
    lead = only_lead([site], [make_hotspot()], [replace(attribution, sites=placed)])
    assert (lead.lon, lead.lat) == at and lead.at_gate is at_gate
    assert lead.disposition is disposition
    assert lead.places[0] == site.places[place] and set(lead.places) == set(site.places)
    assert ("leaves 3 places" in "; ".join(told(lead))) == (disposition is Disposition.MEASURE_AGAIN)


def test_a_site_of_one_place_names_none(make_site, make_hotspot, make_attribution):
    """And a lead without a hotspot leads to the likeliest."""
    assert only_lead([make_site()], [make_hotspot()], [make_attribution(S1=0.95)]).places == ()
    lead = only_lead([make_site(elsewhere=PLACES, permit_valid_to=DAY)], [], [])
    assert (lead.lon, lead.lat, lead.at_gate) == (104.0, 30.0, False) and len(lead.places) == 3


def test_wrong_door_is_not_risked_when_the_position_is_doubtful(make_site, make_hotspot, make_attribution):
    """A site whose coordinates may be off by an industrial block is not entered, and a decision says so."""
    site = make_site(position_sd_m=350.0)
    outcome = weigh([site], [make_hotspot()], [make_attribution(S1=0.9)])
    assert outcome.value[0].disposition is Disposition.MEASURE_AGAIN
    assert "350" in tell(outcome.decisions[0]).evidence


def test_likely_neighbour_stops_a_visit(make_site, make_hotspot, make_attribution):
    """0.62 against 0.36 passes the threshold but not the ratio of 2."""
    sites = [make_site("S1"), make_site("S2")]
    leads = weigh(sites, [make_hotspot()], [make_attribution(S1=0.62, S2=0.36)]).value
    assert [lead.disposition for lead in leads] == [Disposition.MEASURE_AGAIN] * 2


def test_firm_hotspot_decides_over_a_likelier_doubtful_one(make_site, make_hotspot, make_attribution):
    """The lead takes its probabilities from the hotspot that decides it."""
    hotspots = [make_hotspot(), make_hotspot(id="H002", single_sighting=True, passes_seen=1)]
    attributions = [make_attribution(S1=0.7), make_attribution("H002", S1=0.95)]
    lead = only_lead([make_site()], hotspots, attributions)
    assert lead.disposition is Disposition.VISIT
    assert lead.hotspot_ids == ("H001", "H002")
    assert lead.probability == pytest.approx(0.7, abs=0.01)


def test_explanations_by_hand(make_site, make_hotspot, make_attribution):
    """Three sightings: fault odds 0.05 · 0.1² against 0.95; the rest is scaled by what the fault leaves."""
    lead = only_lead([make_site("S1"), make_site("S2")][:1], [make_hotspot()], [make_attribution(S1=0.7)])
    fault = 0.0005 / (0.0005 + 0.95)
    named = {e.name: e.probability for e in lead.explanations}
    assert named["analyser_fault"] == pytest.approx(fault)
    assert named["unlawful_emission"] == pytest.approx(0.7 * (1 - fault))
    assert named["unlisted_source"] == pytest.approx(0.2 * (1 - fault))


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    p=st.lists(st.floats(0.01, 1.0), min_size=3, max_size=3),
    seen=st.integers(1, 6),
)
def test_explanations_sum_to_one(make_site, make_hotspot, make_attribution, p, seen):
    """Whatever the numbers, the rivals of a lead share one whole."""
    total = sum(p)
    attribution = make_attribution(S1=p[0] / total, S2=p[1] / total)
    leads = weigh([make_site("S1"), make_site("S2")], [make_hotspot(passes_seen=seen)], [attribution]).value
    for lead in leads:
        assert sum(e.probability for e in lead.explanations) == pytest.approx(1.0)


def test_fault_fades_with_every_sighting():
    """A fault that repeats in one place is less likely each time."""
    assert fault_probability(1, SETTINGS) == pytest.approx(0.05)
    assert fault_probability(2, SETTINGS) < 0.006


def test_expired_permit_is_a_reminder_not_a_visit(make_site):
    """What a reminder settles never causes an entry."""
    lead = only_lead([make_site(permit_valid_to=date(2026, 2, 1))], [], [])
    assert lead.disposition is Disposition.REMIND
    assert "expired on 2026-02-01" in "; ".join(told(lead))
    assert lead.explanations == ()


def test_distant_permit_expiry_is_no_lead(make_site):
    """61 days are left where 60 are looked ahead: nothing is said."""
    site = make_site(permit_valid_to=date(2026, 5, 2))
    assert weigh([site], [], []).value == ()


def test_matter_of_an_unknown_site_is_rejected_by_name(make_site):
    """A complaint about a site in no register is not lost."""
    matter = Matter("S9", "complaint", VisitKind.CASE, Disposition.VISIT, text("smell"), "C-17")
    outcome = weigh([make_site()], [], [], matters=[matter])
    assert outcome.rejects[0].item == "C-17"


def test_site_below_mention_is_no_lead(make_site, make_hotspot, make_attribution):
    """A probability of 0.04 stays in hotspots.geojson only."""
    assert weigh([make_site()], [make_hotspot()], [make_attribution(S1=0.04)]).value == ()


def test_attribution_of_an_unknown_hotspot_is_a_contract_error(make_site, make_attribution):
    """Attributions and hotspots must belong together."""
    with pytest.raises(ContractError, match="H001"):
        weigh([make_site()], [], [make_attribution(S1=0.9)])


def test_gate_is_where_the_lead_points(make_site, make_hotspot, make_attribution):
    """The door is the gate, not the middle of the site."""
    lead = only_lead([make_site(gate=shapely.Point(104.01, 30.02))], [make_hotspot()], [make_attribution(S1=0.9)])
    assert (lead.lon, lead.lat) == (104.01, 30.02)


def test_settings_refuse_disordered_thresholds():
    """A visit may not be easier than another measurement."""
    with pytest.raises(SettingError, match="measure_probability"):
        VisitSettings(measure_probability=0.7)
