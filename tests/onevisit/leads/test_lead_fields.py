"""Every field of a lead, its thresholds, and the order of several."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest

from ingest.errors import ContractError
from ingest.outcome import Reject
from ingest.schema import CrsSource
from onevisit.leads.clues import fault_probability
from onevisit.schema import Disposition, Evidence, Lead, Matter, VisitKind
from onevisit.settings import VisitSettings
from onevisit.words.telling import ToldDecision, say, tell
from tests.onevisit.conftest import text
from tests.onevisit.leads.weighing import DAY, SURE, told, weigh

# --- every field ----------------------------------------------------------------------------------------------------

Make = Callable[..., Any]


def weighed(sites: list[Any], hotspots: list[Any], attributions: list[Any], **options: Any) -> tuple[Lead, ...]:
    """The leads of these records without instrument faults."""
    return weigh(sites, hotspots, attributions, SURE, **options).value


def test_every_field_of_a_lead_is_that_of_its_records(
    make_site: Make, make_hotspot: Make, make_attribution: Make
) -> None:
    """A hotspot, a request and an expired permit of one site, worked out by hand in both languages."""
    site = make_site(permit_code="P1", permit_valid_to=date(2026, 3, 1))
    request = Matter("S1", "asked", VisitKind.SPECIAL, Disposition.HELP, text("new filter"), "C-17")
    (lead,) = weighed(
        [site], [make_hotspot(p_value=0.0123, background=1.987)], [make_attribution(S1=0.625, S2=0.25)],
        matters=[request],
    )  # fmt: skip
    assert (lead.site_id, lead.name, lead.permit_code, lead.lon, lead.lat) == ("S1", "Works S1", "P1", 104.0, 30.0)
    assert [(e.kind, e.id, e.time) for e in lead.evidence] == [
        ("hotspot", "H001", datetime(2026, 3, 1, 2, 0, tzinfo=UTC)), ("record", "C-17", None),
        ("register", "permit_valid_to", None),
    ]  # fmt: skip
    assert [say(e.text) for e in lead.evidence] == [
        "CH₄ 3.20 ± 0.40 ppm above a background of 1.99, seen in 3 of 4 passes, p = 0.012; wind from 270° at "
        "2.5 m/s; this site explains it with probability 0.62",
        "new filter",
        "discharge permit expired on 2026-03-01",
    ]
    assert say(lead.evidence[0].text, "zh") == (
        "CH₄（甲烷） 高出背景（1.99）3.20 ± 0.40 ppm，4 次通过中检出 3 次，p = 0.012；风向 270°，风速 2.5 m/s；"
        "该点位解释概率 0.62"
    )
    assert lead.probability == pytest.approx(0.625) and lead.disposition is Disposition.VISIT
    assert told(lead)[0].startswith("hotspot H001: seen in 3 of 4 passes, and this site explains it with probability")
    assert told(lead)[1:] == ("new filter", "discharge permit expired on 2026-03-01")
    assert say(lead.why) == f"worth a visit, approval to be obtained: {told(lead)[0]}"
    assert say(lead.why, "zh") == f"拟入企检查（待批准）：{told(lead, 'zh')[0]}"
    assert [(m.code, m.kind, m.disposition, m.evidence_id) for m in lead.matters] == [
        ("emission", VisitKind.CASE, Disposition.VISIT, "H001"),
        ("asked", VisitKind.SPECIAL, Disposition.HELP, "C-17"),
        ("permit", VisitKind.DAILY, Disposition.REMIND, "permit_valid_to"),
    ]
    assert [say(lead.matters[0].text, lang) for lang in ("en", "zh")] == [
        "CH₄ 3.20 ppm above background at hotspot H001", "热点 H001：CH₄（甲烷） 高出背景 3.20 ppm",
    ]  # fmt: skip
    named = {e.name: e.probability for e in lead.explanations}
    assert named["unlawful_emission"] == pytest.approx(0.625) and named["neighbour"] == pytest.approx(0.25)
    assert named["unlisted_source"] == pytest.approx(1 / 12) and named["passing_traffic"] == pytest.approx(1 / 24)


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
    assert english in say(lead.evidence[0].text) and chinese in say(lead.evidence[0].text, "zh")


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
    named = {e.name: e.probability for e in lead.explanations}
    assert [named[k] for k in ("unlawful_emission", "neighbour", "unlisted_source", "passing_traffic")] == (
        pytest.approx([0.5, 0.35, 0.1, 0.05])
    )
    assert lead.probability == pytest.approx(0.5)


@pytest.mark.parametrize(("sites", "unlisted"), [({"S1": 0.0}, 0.0), ({"S1": 0.5}, float("nan"))])
def test_an_attribution_that_cannot_be_scaled_to_one_is_a_contract_error(
    make_site: Make, make_hotspot: Make, make_attribution: Make, sites: dict[str, float], unlisted: float
) -> None:
    """Nothing but zeros, or a NaN; the hotspot is named."""
    attribution = replace(make_attribution(**sites), unlisted=unlisted, background=0.0)
    with pytest.raises(ContractError, match="H001"):
        weigh([make_site()], [make_hotspot()], [attribution], VisitSettings(mention_probability=0.0))


# --- exactly at a threshold -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("probability", "disposition"),
    [
        (0.0499, None),
        (0.05, Disposition.NONE),
        (0.1999, Disposition.NONE),
        (0.2, Disposition.MEASURE_AGAIN),
        (0.5999, Disposition.MEASURE_AGAIN),
        (0.6001, Disposition.VISIT),
    ],
)
def test_a_probability_at_a_threshold_has_reached_it(
    make_site: Make,
    make_hotspot: Make,
    make_attribution: Make,
    probability: float,
    disposition: Disposition | None,
) -> None:
    """Mentioned at 0.05, measured again at 0.2, entered above 0.6, and not a hair below."""
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
        assert told(lead)[0].startswith(f"hotspot H001: {reason}") and told(lead)[0].count(";") == 0
        assert told(lead, "zh")[0].count("；") == 0 and told(lead, "zh")[0].startswith("热点 H001：")


def test_chinese_reasons_carry_the_same_numbers(make_site: Make, make_hotspot: Make, make_attribution: Make) -> None:
    """Sightings, share, wind, position, probability and rival, each where it belongs."""
    sites = [make_site(position_sd_m=151.0)]
    rare = make_hotspot(passes_seen=3, passes_crossed=11, wind_speed=0.5, wind_from_deg=None)
    once = make_hotspot(id="H002", passes_seen=1, passes_crossed=7, wind_speed=None)
    leads = weighed(
        sites, [rare, once], [make_attribution(S1=0.55, S2=0.4), make_attribution("H002", S1=0.5, bearing_deg=None)]
    )
    door = "点位坐标（坐标系已声明）误差约 ± 151 m，须先核实名录坐标"
    assert told(leads[0], "zh") == (
        f"热点 H001：11 次通过中检出 3 次，低于 30%；静风（0.5 m/s），无法定向；{door}；概率 0.55 低于 0.60；"
        "另有名录内点位概率相近（0.40 对 0.55）",
        f"热点 H002：7 次通过中仅检出 1 次，至少需 2 次；无风向资料，无法定向；{door}；概率 0.50 低于 0.60",
    )
    assert told(leads[0])[0].endswith("(0.40 against 0.55)")
    assert "good to ± 151 m only" in told(leads[0])[0] and "(declared)" in told(leads[0])[0]
    (unseen,) = weighed([make_site()], [make_hotspot()], [make_attribution(S1=0.1)])
    assert told(unseen, "zh") == ("热点 H001：概率 0.10 过低，暂不处置",)
    assert told(unseen) == ("hotspot H001: probability 0.10 is too small to act on",)


@pytest.mark.parametrize(("sd", "is_told"), [(150.0, False), (150.1, True)])
def test_a_position_is_doubted_beyond_its_limit(
    make_site: Make, make_hotspot: Make, make_attribution: Make, sd: float, is_told: bool
) -> None:
    """150 m are allowed; beyond, a decision names the site, its error, its coordinate system and the limit."""
    site = make_site(position_sd_m=sd, crs_source=CrsSource.GUESSED)
    other = make_site("S2", position_sd_m=900.0, permit_valid_to=DAY)
    outcome = weigh([site, other], [make_hotspot()], [make_attribution(S1=0.9)], SURE)
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
    """0.6 and a hair against 0.3 is a ratio of 2; the next site is the likeliest of the others, not their sum."""
    attribution = make_attribution(S1=0.6001, S2=0.05, S3=rival)
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
    leads = weigh([make_site(permit_valid_to=valid_to)], [], []).value
    assert [(told(lead), told(lead, "zh")) for lead in leads] == ([((english,), (chinese,))] if english else [])


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
    assert [r.split(":")[0] for r in told(lead)] == [f"hotspot {h}" for h in order[:5]]
    assert lead.probability == pytest.approx(0.9)


def test_leads_come_most_intrusive_first_then_likely_then_by_id(
    make_site: Make, make_hotspot: Make, make_attribution: Make
) -> None:
    """Visits before help, reminders, further measurements and what is only mentioned; equal ones by site id."""
    help_s3 = Matter("S3", "power", VisitKind.DAILY, Disposition.HELP, text("a"))
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
    plan = Matter("S1", "plan", VisitKind.DAILY, Disposition.VISIT, text("yearly plan"))
    lost = replace(plan, site_id="S9")
    outcome = weigh([make_site()], [], [], matters=[lost, plan])
    assert [(r.item, r.where) for r in outcome.rejects] == [("plan", "S9")]
    assert isinstance(outcome.rejects[0], Reject) and "no register" in tell(outcome.rejects[0]).reason
    assert outcome.value[0].matters == (plan,)
    assert outcome.value[0].evidence == (Evidence("record", "plan", None, text("yearly plan")),)


def test_candidates_in_no_register_make_no_lead_but_are_rivals(
    make_site: Make, make_hotspot: Make, make_attribution: Make
) -> None:
    """A candidate that is not among the sites is left out as a lead, and counted as another listed site."""
    (lead,) = weighed([make_site()], [make_hotspot()], [make_attribution(S1=0.5, S2=0.5)])
    told_of = {e.name: e.probability for e in lead.explanations}
    assert lead.site_id == "S1" and told_of["neighbour"] == pytest.approx(0.5)


def test_sites_of_one_id_are_named(make_site: Make) -> None:
    """The message lists the ids that come twice, not those that do not."""
    with pytest.raises(ContractError, match=r"share an id: S1, S3;"):
        weigh([make_site(f"S{k}") for k in (3, 1, 2, 3, 1)], [], [])


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
