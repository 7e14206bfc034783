"""Evidence per site, rival explanations, disposition."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.errors import ContractError, SettingError
from ingest.outcome import Reject
from ingest.schema import CrsSource, SitePlace
from onevisit.leads.weigh import fault_probability, weigh_leads
from onevisit.schema import Disposition, Evidence, Explanation, Lead, Matter, VisitKind
from onevisit.settings import VisitSettings
from onevisit.visits.plan import plan_visits
from onevisit.words.telling import ToldDecision, tell

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
        (1, "seen in 1 of 4 passes, 2 are needed", "仅检出 1 次，至少需 2 次"),
        (2, "seen in 2 of 4 passes, which chance may explain", "4 次通过中检出 2 次，但不能排除偶然"),
    ],
)
def test_why_a_single_place_is_measured_again(make_site, make_hotspot, make_attribution, seen, english, chinese):
    """One pass is not enough; two that chance may join are told as that, not as too few."""
    hotspot = make_hotspot(single_sighting=True, passes_seen=seen)
    lead = only_lead([make_site()], [hotspot], [make_attribution(S1=0.95)])
    assert (lead.reason_en, lead.reason_zh) == (f"hotspot H001: {english}", f"热点 H001：{chinese}")


def test_a_place_of_three_species_is_one_matter_and_one_set_of_minutes(make_site, make_hotspot, make_attribution):
    """Toluene leads, TVOC and xylenes rose with it: one line, one evidence, an hour; another place is 15 min."""
    place = make_hotspot(species="toluene", unit="ug m-3", others=("tvoc", "xylene"))
    lead = only_lead([make_site()], [place], [make_attribution(S1=0.9)])
    assert [(m.text_en, m.text_zh) for m in lead.matters] == [
        (
            "toluene 3.20 µg m⁻³ above background at hotspot H001, with TVOC and xylenes",
            "热点 H001：甲苯 高出背景 3.20 µg m⁻³，同时检出 TVOC（总挥发性有机物）、二甲苯",
        )
    ]
    assert "above a background of 2.00, with TVOC and xylenes, seen in 3 of 4 passes" in lead.evidence[0].text_en
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
    assert lead.reason_en == (
        "hotspot H001: urgent: first inform the duty officer, no drive before it is cleared; "
        "seen in 3 of 4 passes, which chance may explain"
    )
    assert lead.reason_zh.startswith("热点 H001：紧急：先报告值班负责人，解除前不得复测；")
    both = only_lead([make_site()], hotspots, attributions, urgent={"H001"})
    assert both.disposition is Disposition.MEASURE_AGAIN and both.urgent == ("H001",)
    assert [m.evidence_id for m in both.matters] == ["H002"]
    assert [r.split(":")[0] for r in both.reasons_en] == ["hotspot H002", "hotspot H001"]


def test_a_visit_to_an_urgent_place_comes_first_and_says_who_is_asked_first(
    make_site, make_hotspot, make_attribution
):
    """It stays a visit, of the highest priority, before one that is likelier; its first words are the officer's."""
    hotspots = [make_hotspot(), make_hotspot(id="H002")]
    attributions = [make_attribution(S1=0.95), make_attribution("H002", S2=0.7)]
    sites = [make_site("S1"), make_site("S2")]
    leads = weigh_leads(sites, hotspots, attributions, SETTINGS, day=DAY, urgent=["H002"]).value
    assert [(lead.site_id, lead.disposition, lead.urgent) for lead in leads] == [
        ("S2", Disposition.VISIT, ("H002",)), ("S1", Disposition.VISIT, ()),
    ]  # fmt: skip
    assert leads[0].reason_en.startswith("hotspot H002: urgent: first inform the duty officer; seen in 3 of 4")
    visits = plan_visits(leads, sites, SETTINGS, day=DAY).value
    cleared = "not before the duty officer has cleared it: CH₄ 3.20 ppm above background at hotspot H002"
    assert [m.text_en for m in visits[0].matters] == [cleared]
    assert visits[0].matters[0].text_zh.startswith("经值班负责人解除后方可：热点 H002：")
    assert [(visit.site_id, visit.priority) for visit in visits] == [("S2", 5), ("S1", 5)]
    assert plan_visits([replace(leads[0], urgent=())], sites, SETTINGS, day=DAY).value[0].priority == 3


@pytest.mark.parametrize(
    ("probability", "shown"), [(0.3, "0.30"), (0.594, "0.59"), (0.5988, "0.599"), (0.59996, "0.59996")]
)
def test_what_is_below_a_limit_is_written_below_it(make_site, make_hotspot, make_attribution, probability, shown):
    """0.5988 is not told as 0.60 below 0.60."""
    lead = only_lead([make_site()], [make_hotspot()], [make_attribution(S1=probability)])
    assert lead.reason_en == f"hotspot H001: probability {shown} is below 0.60"


def test_attribution_without_direction_is_measured_again(make_site, make_hotspot, make_attribution):
    """Where the data support no direction, probability alone sends nobody."""
    lead = only_lead([make_site()], [make_hotspot()], [make_attribution(S1=0.9, bearing_deg=None)])
    assert lead.disposition is Disposition.MEASURE_AGAIN
    assert lead.reason_en.startswith("hotspot H001: the data support no direction")


@pytest.mark.parametrize(("bearing_deg", "borrowed"), [(None, False), (90.0, True)])
def test_unknown_wind_is_told_from_calm(make_site, make_hotspot, make_attribution, bearing_deg, borrowed):
    """Without a wind of its own a hotspot asks for a visit only where the wind of another logger gave a bearing."""
    hotspot = make_hotspot(wind_from_deg=None, wind_speed=None)
    lead = only_lead([make_site()], [hotspot], [make_attribution(S1=0.95, bearing_deg=bearing_deg)])
    assert lead.disposition is (Disposition.VISIT if borrowed else Disposition.MEASURE_AGAIN)
    assert ("no wind was measured" in lead.reason_en) != borrowed and "calm" not in lead.reason_en


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
    told = tuple(replace(s, place=place, place_probability=share) for s in attribution.sites)
    lead = only_lead([site], [make_hotspot()], [replace(attribution, sites=told)])
    assert (lead.lon, lead.lat) == at and lead.at_gate is at_gate
    assert lead.disposition is disposition
    assert lead.places[0] == site.places[place] and set(lead.places) == set(site.places)
    assert ("leaves 3 places" in lead.reason_en) == (disposition is Disposition.MEASURE_AGAIN)


def test_a_site_of_one_place_names_none(make_site, make_hotspot, make_attribution):
    """And a lead without a hotspot leads to the likeliest."""
    assert only_lead([make_site()], [make_hotspot()], [make_attribution(S1=0.95)]).places == ()
    lead = only_lead([make_site(elsewhere=PLACES, permit_valid_to=DAY)], [], [])
    assert (lead.lon, lead.lat, lead.at_gate) == (104.0, 30.0, False) and len(lead.places) == 3


def test_wrong_door_is_not_risked_when_the_position_is_doubtful(make_site, make_hotspot, make_attribution):
    """A site whose coordinates may be off by an industrial block is not entered, and a decision says so."""
    site = make_site(position_sd_m=350.0)
    outcome = weigh_leads([site], [make_hotspot()], [make_attribution(S1=0.9)], SETTINGS, day=DAY)
    assert outcome.value[0].disposition is Disposition.MEASURE_AGAIN
    assert "350" in tell(outcome.decisions[0]).evidence


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
    lead = only_lead([make_site(gate=shapely.Point(104.01, 30.02))], [make_hotspot()], [make_attribution(S1=0.9)])
    assert (lead.lon, lead.lat) == (104.01, 30.02)


def test_settings_refuse_disordered_thresholds():
    """A visit may not be easier than another measurement."""
    with pytest.raises(SettingError, match="measure_probability"):
        VisitSettings(measure_probability=0.7)


# --- every field ----------------------------------------------------------------------------------------------------

Make = Callable[..., Any]
SURE = VisitSettings(fault_prior=0.0)
"""Without instrument faults the explanations are those of the attribution."""


def weighed(sites: list[Any], hotspots: list[Any], attributions: list[Any], **options: Any) -> tuple[Lead, ...]:
    """The leads of these records without instrument faults."""
    return weigh_leads(sites, hotspots, attributions, SURE, day=DAY, **options).value


def test_every_field_of_a_lead_is_that_of_its_records(
    make_site: Make, make_hotspot: Make, make_attribution: Make
) -> None:
    """A hotspot, a complaint and an expired permit of one site, worked out by hand in both languages."""
    site = make_site(permit_code="P1", permit_valid_to=date(2026, 3, 1))
    complaint = Matter("S1", "complaint", VisitKind.SPECIAL, Disposition.HELP, "smell at night", "夜间异味", "C-17")
    permit = Matter(
        "S1", "permit", VisitKind.DAILY, Disposition.REMIND, "discharge permit expired on 2026-03-01",
        "排污许可证已于 2026-03-01 到期", "permit_valid_to",
    )  # fmt: skip
    emission = Matter(
        "S1", "emission", VisitKind.CASE, Disposition.VISIT, "CH₄ 3.20 ppm above background at hotspot H001",
        "热点 H001：CH₄（甲烷） 高出背景 3.20 ppm", "H001",
    )  # fmt: skip
    hotspot = make_hotspot(p_value=0.0123, background=1.987)
    attribution = make_attribution(S1=0.625, S2=0.25)
    (lead,) = weighed([site], [hotspot], [attribution], matters=[complaint])
    assert lead == Lead(
        "S1", "Works S1", "P1", 104.0, 30.0,
        (
            Evidence(
                "hotspot", "H001", datetime(2026, 3, 1, 2, 0, tzinfo=UTC),
                "CH₄ 3.20 ± 0.40 ppm above a background of 1.99, seen in 3 of 4 passes, p = 0.012; wind from 270° at "
                "2.5 m/s; this site explains it with probability 0.62",
                "CH₄（甲烷） 高出背景（1.99）3.20 ± 0.40 ppm，4 次通过中检出 3 次，p = 0.012；风向 270°，"
                "风速 2.5 m/s；该点位解释概率 0.62",
            ),
            Evidence("record", "C-17", None, "smell at night", "夜间异味"),
            Evidence("register", "permit_valid_to", None, permit.text_en, permit.text_zh),
        ),
        lead.explanations,
        0.625,
        Disposition.VISIT,
        (
            "hotspot H001: seen in 3 of 4 passes, and this site explains it with probability 0.62",
            "smell at night",
            "discharge permit expired on 2026-03-01",
        ),
        ("热点 H001：4 次通过中检出 3 次，该点位解释概率 0.62", "夜间异味", "排污许可证已于 2026-03-01 到期"),
        (emission, complaint, permit),
        ("H001",),
    )  # fmt: skip
    assert [e.name for e in lead.explanations] == [
        "this_site", "other_listed_sites", "unlisted_source", "background_or_traffic", "instrument_fault",
    ]  # fmt: skip
    assert [e.probability for e in lead.explanations] == pytest.approx([0.625, 0.25, 1 / 12, 1 / 24, 0.0])


@pytest.mark.parametrize(
    ("changes", "english", "chinese"),
    [
        ({"wind_speed": None, "wind_from_deg": None}, "wind unknown;", "无风资料；"),
        ({"wind_speed": 0.44, "wind_from_deg": None}, "calm (0.4 m/s);", "静风（0.4 m/s）；"),
        ({"wind_speed": 3.06, "wind_from_deg": 44.6}, "wind from 45° at 3.1 m/s;", "风向 45°，风速 3.1 m/s；"),
    ],
)
def test_wind_is_told_as_it_was(
    make_site: Make,
    make_hotspot: Make,
    make_attribution: Make,
    changes: dict[str, Any],
    english: str,
    chinese: str,
) -> None:
    """Unknown, calm, or from where and how fast."""
    (lead,) = weighed([make_site()], [make_hotspot(**changes)], [make_attribution(S1=0.8)])
    assert english in lead.evidence[0].text_en and chinese in lead.evidence[0].text_zh


@pytest.mark.parametrize("zone", [None, timezone(timedelta(hours=8))])
def test_times_of_evidence_are_utc(
    make_site: Make, make_hotspot: Make, make_attribution: Make, zone: timezone | None
) -> None:
    """A time without zone is UTC already, one with a zone is brought to it: the last sighting, not the first."""
    hotspot = make_hotspot(last_seen=datetime(2026, 3, 1, 12, 0, tzinfo=zone))
    (lead,) = weighed([make_site()], [hotspot], [make_attribution(S1=0.8)])
    assert lead.evidence[0].time == datetime(2026, 3, 1, 4 if zone else 12, 0, tzinfo=UTC)
    assert lead.evidence[0].time.utcoffset() == timedelta(0)


def test_explanations_are_shares_of_what_the_attribution_holds(
    make_site: Make, make_hotspot: Make, make_attribution: Make
) -> None:
    """Probabilities that sum to 0.8 are scaled to one: 0.4, 0.2 + 0.08, 0.08, 0.04 become 0.5, 0.35, 0.1, 0.05."""
    sites = make_attribution(S1=0.4, S2=0.2, S3=0.08)
    attribution = replace(sites, unlisted=0.08, background=0.04)
    (lead,) = weighed([make_site()], [make_hotspot()], [attribution])
    assert [e.probability for e in lead.explanations] == pytest.approx([0.5, 0.35, 0.1, 0.05, 0.0])
    assert lead.probability == pytest.approx(0.5)


@pytest.mark.parametrize(("sites", "unlisted"), [({"S1": 0.0}, 0.0), ({"S1": 0.5}, float("nan"))])
def test_an_attribution_that_cannot_be_scaled_to_one_is_a_contract_error(
    make_site: Make, make_hotspot: Make, make_attribution: Make, sites: dict[str, float], unlisted: float
) -> None:
    """Nothing but zeros, or a NaN; the hotspot is named."""
    attribution = replace(make_attribution(**sites), unlisted=unlisted, background=0.0)
    with pytest.raises(ContractError, match="H001"):
        weigh_leads([make_site()], [make_hotspot()], [attribution], VisitSettings(mention_probability=0.0), day=DAY)


# --- exactly at a threshold -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("probability", "disposition"),
    [
        (0.0499, None),
        (0.05, Disposition.NONE),
        (0.1999, Disposition.NONE),
        (0.2, Disposition.MEASURE_AGAIN),
        (0.5999, Disposition.MEASURE_AGAIN),
        (0.6, Disposition.VISIT),
    ],
)
def test_a_probability_at_a_threshold_has_reached_it(
    make_site: Make,
    make_hotspot: Make,
    make_attribution: Make,
    probability: float,
    disposition: Disposition | None,
) -> None:
    """Mentioned at 0.05, measured again at 0.2, entered at 0.6, and not a hair below."""
    leads = weighed([make_site()], [make_hotspot()], [make_attribution(S1=probability)])
    assert [lead.disposition for lead in leads] == ([] if disposition is None else [disposition])


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"passes_seen": 1, "passes_crossed": 1}, "seen in 1 of 1 passes, 2 are needed"),
        ({"passes_seen": 2, "passes_crossed": 2}, None),
        ({"passes_seen": 3, "single_sighting": True}, "seen in 3 of 4 passes, which chance may explain"),
        ({"exhaust": True}, "only tracers of exhaust rose, which passing vehicles emit too"),
        ({"passes_seen": 3, "passes_crossed": 10}, None),
        ({"passes_seen": 3, "passes_crossed": 11}, "seen in 3 of 11 passes, less than 30%"),
        ({"wind_speed": None}, None),
        ({"wind_speed": 0.6}, None),
        ({"wind_speed": 0.6, "wind_from_deg": None}, "calm (0.6 m/s)"),
    ],
)
def test_what_stops_a_visit_is_told_and_nothing_else(
    make_site: Make,
    make_hotspot: Make,
    make_attribution: Make,
    changes: dict[str, Any],
    reason: str | None,
) -> None:
    """Two sightings, three of ten passes and a wind with direction are enough; less is a doubt, in both languages."""
    (lead,) = weighed([make_site()], [make_hotspot(**changes)], [make_attribution(S1=0.8)])
    assert lead.disposition is (Disposition.MEASURE_AGAIN if reason else Disposition.VISIT)
    if reason:
        assert lead.reason_en.startswith(f"hotspot H001: {reason}") and lead.reason_en.count(";") == 0
        assert lead.reason_zh.count("；") == 0 and lead.reason_zh.startswith("热点 H001：")


def test_chinese_reasons_carry_the_same_numbers(make_site: Make, make_hotspot: Make, make_attribution: Make) -> None:
    """Sightings, share, wind, position, probability and rival, each where it belongs."""
    sites = [make_site(position_sd_m=151.0)]
    rare = make_hotspot(passes_seen=3, passes_crossed=11, wind_speed=0.5, wind_from_deg=None)
    once = make_hotspot(id="H002", passes_seen=1, passes_crossed=7, wind_speed=None)
    leads = weighed(
        sites, [rare, once], [make_attribution(S1=0.55, S2=0.4), make_attribution("H002", S1=0.5, bearing_deg=None)]
    )
    door = "点位坐标误差约 ± 151 m，须先核实名录坐标"
    assert leads[0].reasons_zh == (
        f"热点 H001：11 次通过中检出 3 次，低于 30%；静风（0.5 m/s），无法定向；{door}；概率 0.55 低于 0.60；"
        "另有名录内点位概率相近（0.40 对 0.55）",
        f"热点 H002：仅检出 1 次，至少需 2 次；无风向资料，无法定向；{door}；概率 0.50 低于 0.60",
    )
    assert leads[0].reasons_en[0].endswith("(0.40 against 0.55)")
    assert "good to ± 151 m only" in leads[0].reasons_en[0] and "(declared)" in leads[0].reasons_en[0]
    (unseen,) = weighed([make_site()], [make_hotspot()], [make_attribution(S1=0.1)])
    assert unseen.reasons_zh == ("热点 H001：概率 0.10 过低，暂不处置",)
    assert unseen.reasons_en == ("hotspot H001: probability 0.10 is too small to act on",)


@pytest.mark.parametrize(("sd", "is_told"), [(150.0, False), (150.1, True)])
def test_a_position_is_doubted_beyond_its_limit(
    make_site: Make, make_hotspot: Make, make_attribution: Make, sd: float, is_told: bool
) -> None:
    """150 m are allowed; beyond, a decision names the site, its error, its coordinate system and the limit."""
    site = make_site(position_sd_m=sd, crs_source=CrsSource.GUESSED)
    other = make_site("S2", position_sd_m=900.0, permit_valid_to=DAY)
    outcome = weigh_leads([site, other], [make_hotspot()], [make_attribution(S1=0.9)], SURE, day=DAY)
    assert outcome.value[0].disposition is (Disposition.REMIND if is_told else Disposition.VISIT)
    told = ToldDecision(
        "site S1",
        "no visit is proposed before its coordinates are checked",
        "position known to ± 150 m, coordinate system guessed; limit 150 m",
    )
    assert [tell(d) for d in outcome.decisions] == ([told] if is_told else [])


@pytest.mark.parametrize(("rival", "visited"), [(0.3, True), (0.31, False)])
def test_twice_as_likely_as_the_next_site_is_enough(
    make_site: Make, make_hotspot: Make, make_attribution: Make, rival: float, visited: bool
) -> None:
    """0.6 against 0.3 is a ratio of 2; the next site is the likeliest of the others, not their sum."""
    attribution = make_attribution(S1=0.6, S2=0.05, S3=rival)
    (lead,) = weighed([make_site()], [make_hotspot()], [attribution])
    assert (lead.disposition is Disposition.VISIT) == visited


@pytest.mark.parametrize(
    ("valid_to", "english", "chinese"),
    [
        (date(2026, 3, 1), "discharge permit expired on 2026-03-01", "排污许可证已于 2026-03-01 到期"),
        (date(2026, 3, 2), "discharge permit expires on 2026-03-02", "排污许可证将于 2026-03-02 到期"),
        (date(2026, 5, 1), "discharge permit expires on 2026-05-01", "排污许可证将于 2026-05-01 到期"),
        (date(2026, 5, 2), None, None),
        (None, None, None),
    ],
)
def test_a_permit_is_reminded_of_from_sixty_days_before(
    make_site: Make, valid_to: date | None, english: str | None, chinese: str | None
) -> None:
    """Exactly 60 days before and on its last day it expires; a day later it has; 61 days before, nothing."""
    leads = weigh_leads([make_site(permit_valid_to=valid_to)], [], [], SETTINGS, day=DAY).value
    assert [(lead.reason_en, lead.reason_zh) for lead in leads] == ([(english, chinese)] if english else [])


# --- several hotspots, several sites --------------------------------------------------------------------------------


def test_hotspots_of_a_lead_come_firm_first_then_likely_then_by_id(
    make_site: Make, make_hotspot: Make, make_attribution: Make
) -> None:
    """Three firm, two to measure again, one weak: evidence of all, matters of those that ask for something."""
    hotspots = [
        make_hotspot(id="H1", single_sighting=True),
        make_hotspot(id="H2"),
        make_hotspot(id="H3"),
        make_hotspot(id="H4", single_sighting=True),
        make_hotspot(id="H5"),
        make_hotspot(id="H6"),
    ]
    shares = {"H1": 0.5, "H2": 0.7, "H3": 0.9, "H4": 0.5, "H5": 0.1, "H6": 0.7}
    attributions = [make_attribution(name, S1=p) for name, p in reversed(shares.items())]
    (lead,) = weighed([make_site()], hotspots, attributions)
    order = ("H3", "H2", "H6", "H1", "H4", "H5")
    assert lead.hotspot_ids == tuple(e.id for e in lead.evidence) == order
    assert tuple(m.evidence_id for m in lead.matters) == order[:5]
    assert [m.disposition for m in lead.matters] == [Disposition.VISIT] * 3 + [Disposition.MEASURE_AGAIN] * 2
    assert [r.split(":")[0] for r in lead.reasons_en] == [f"hotspot {h}" for h in order[:5]]
    assert lead.probability == pytest.approx(0.9)


def test_leads_come_most_intrusive_first_then_likely_then_by_id(
    make_site: Make, make_hotspot: Make, make_attribution: Make
) -> None:
    """Visits before help, reminders, further measurements and what is only mentioned; equal ones by site id."""
    help_s3 = Matter("S3", "power", VisitKind.DAILY, Disposition.HELP, "a", "b")
    sites = [make_site(f"S{k}") for k in (9, 8, 7, 6, 5, 3, 2, 1)] + [make_site("S4", permit_valid_to=DAY)]
    hotspots = [make_hotspot(id=f"H{k}") for k in range(5)]
    attributions = [
        make_attribution("H0", S1=0.1),
        make_attribution("H1", S9=0.4, S2=0.4),
        make_attribution("H2", S8=0.7),
        make_attribution("H3", S7=0.7),
        make_attribution("H4", S6=0.9),
    ]
    leads = weighed(sites, hotspots, attributions, matters=[help_s3])
    assert [lead.site_id for lead in leads] == ["S6", "S7", "S8", "S3", "S4", "S2", "S9", "S1"]
    assert leads[3].disposition is Disposition.HELP and leads[3].probability == 0.0 and leads[3].hotspot_ids == ()


def test_matters_of_unknown_sites_are_rejected_and_of_others_kept(make_site: Make) -> None:
    """The reject has the evidence's id, or the code where it has none, and the site; so has the evidence."""
    plan = Matter("S1", "plan", VisitKind.DAILY, Disposition.VISIT, "yearly plan", "年度计划")
    lost = replace(plan, site_id="S9")
    outcome = weigh_leads([make_site()], [], [], SETTINGS, day=DAY, matters=[lost, plan])
    assert [(r.item, r.where) for r in outcome.rejects] == [("plan", "S9")]
    assert isinstance(outcome.rejects[0], Reject) and "no register" in tell(outcome.rejects[0]).reason
    assert outcome.value[0].matters == (plan,)
    assert outcome.value[0].evidence == (Evidence("record", "plan", None, "yearly plan", "年度计划"),)


def test_candidates_in_no_register_make_no_lead_but_are_rivals(
    make_site: Make, make_hotspot: Make, make_attribution: Make
) -> None:
    """A candidate that is not among the sites is left out as a lead, and counted as another listed site."""
    (lead,) = weighed([make_site()], [make_hotspot()], [make_attribution(S1=0.5, S2=0.5)])
    assert lead.site_id == "S1" and lead.explanations[1] == Explanation("other_listed_sites", 0.5)


def test_sites_of_one_id_are_named(make_site: Make) -> None:
    """The message lists the ids that come twice, not those that do not."""
    with pytest.raises(ContractError, match=r"share an id: S1, S3;"):
        weigh_leads([make_site(f"S{k}") for k in (3, 1, 2, 3, 1)], [], [], SETTINGS, day=DAY)


@pytest.mark.parametrize(
    ("passes", "prior", "repeat", "expected"),
    [
        (0, 0.05, 0.1, 0.05),
        (1, 0.05, 0.1, 0.05),
        (2, 0.2, 0.5, 0.1 / 0.9),
        (3, 0.2, 0.5, 0.05 / 0.85),
        (1, 0.0, 0.1, 0.0),
        (1, 1.0, 0.1, 1.0),
        (2, 1.0, 0.0, 0.0),
    ],
)
def test_fault_probability_by_hand(passes: int, prior: float, repeat: float, expected: float) -> None:
    """Odds of the prior times the repeat for each further pass, against the chance of no fault."""
    settings = VisitSettings(fault_prior=prior, fault_repeat=repeat)
    assert fault_probability(passes, settings) == pytest.approx(expected, rel=1e-12)
