"""Evidence per site, rival explanations, disposition."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.errors import ContractError, SettingError
from onevisit.leads import fault_probability, weigh_leads
from onevisit.schema import Disposition, Matter, VisitKind
from onevisit.settings import VisitSettings

DAY = date(2026, 3, 2)
SETTINGS = VisitSettings()


def only_lead(sites, hotspots, attributions, **options):
    """The one lead of these records."""
    leads = weigh_leads(sites, hotspots, attributions, SETTINGS, day=DAY, **options).value
    assert len(leads) == 1
    return leads[0]


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
        {"wind_from_deg": None, "wind_speed": None},
        {"wind_from_deg": 270.0, "wind_speed": 0.7},
    ],
)
def test_doubtful_hotspot_is_measured_again_never_visited(make_site, make_hotspot, make_attribution, changes):
    """One sighting, rare sightings, calm or unknown wind: the site is not entered, however likely it is."""
    lead = only_lead([make_site()], [make_hotspot(**changes)], [make_attribution(S1=0.95)])
    assert lead.disposition is Disposition.MEASURE_AGAIN


def test_attribution_without_direction_is_measured_again(make_site, make_hotspot, make_attribution):
    """Where the data support no direction, probability alone sends nobody."""
    lead = only_lead([make_site()], [make_hotspot()], [make_attribution(S1=0.9, bearing_deg=None)])
    assert lead.disposition is Disposition.MEASURE_AGAIN


def test_wrong_door_is_not_risked_when_the_position_is_doubtful(make_site, make_hotspot, make_attribution):
    """A site whose coordinates may be off by an industrial block is not entered, and a decision says so."""
    site = make_site(position_sd_m=350.0)
    outcome = weigh_leads([site], [make_hotspot()], [make_attribution(S1=0.9)], SETTINGS, day=DAY)
    assert outcome.value[0].disposition is Disposition.MEASURE_AGAIN
    assert "350" in outcome.decisions[0].evidence


def test_likely_neighbour_stops_a_visit(make_site, make_hotspot, make_attribution):
    """0.62 against 0.36 passes the threshold but not the ratio of 2."""
    sites = [make_site("S1"), make_site("S2")]
    leads = weigh_leads(sites, [make_hotspot()], [make_attribution(S1=0.62, S2=0.36)], SETTINGS, day=DAY).value
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
    assert named["instrument_fault"] == pytest.approx(fault)
    assert named["this_site"] == pytest.approx(0.7 * (1 - fault))
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
    leads = weigh_leads(
        [make_site("S1"), make_site("S2")], [make_hotspot(passes_seen=seen)], [attribution], SETTINGS, day=DAY
    ).value
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
    assert "expired on 2026-02-01" in lead.reason_en
    assert lead.explanations == ()


def test_distant_permit_expiry_is_no_lead(make_site):
    """61 days are left where 60 are looked ahead: nothing is said."""
    site = make_site(permit_valid_to=date(2026, 5, 2))
    assert weigh_leads([site], [], [], SETTINGS, day=DAY).value == ()


def test_matter_of_an_unknown_site_is_rejected_by_name(make_site):
    """A complaint about a site in no register is not lost."""
    matter = Matter("S9", "complaint", VisitKind.CASE, Disposition.VISIT, "smell", "异味", "C-17")
    outcome = weigh_leads([make_site()], [], [], SETTINGS, day=DAY, matters=[matter])
    assert outcome.rejects[0].item == "C-17"


def test_site_below_mention_is_no_lead(make_site, make_hotspot, make_attribution):
    """A probability of 0.04 stays in hotspots.geojson only."""
    assert weigh_leads([make_site()], [make_hotspot()], [make_attribution(S1=0.04)], SETTINGS, day=DAY).value == ()


def test_attribution_of_an_unknown_hotspot_is_a_contract_error(make_site, make_attribution):
    """Attributions and hotspots must belong together."""
    with pytest.raises(ContractError, match="H001"):
        weigh_leads([make_site()], [], [make_attribution(S1=0.9)], SETTINGS, day=DAY)


def test_gate_is_where_the_lead_points(make_site, make_hotspot, make_attribution):
    """The door is the gate, not the middle of the site."""
    import shapely

    lead = only_lead([make_site(gate=shapely.Point(104.01, 30.02))], [make_hotspot()], [make_attribution(S1=0.9)])
    assert (lead.lon, lead.lat) == (104.01, 30.02)


def test_settings_refuse_disordered_thresholds():
    """A visit may not be easier than another measurement."""
    with pytest.raises(SettingError, match="measure_probability"):
        VisitSettings(measure_probability=0.7)
