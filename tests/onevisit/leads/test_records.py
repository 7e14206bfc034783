"""What records ask to be settled: whose, what, and how intrusive."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from ingest.schema import CrsSource, Site
from monitors.schema import Anomaly, Cause
from onevisit.leads.named import sites_of
from onevisit.leads.records import RECENT, dispose, matters_of_records, sites_in_question
from onevisit.leads.tables import RivalTables
from onevisit.schema import Disposition
from onevisit.settings import VisitSettings
from onevisit.words.telling import say
from tests.onevisit.leads.weighing import weigh

DAY, ZONE, SETTINGS = date(2026, 3, 5), "Asia/Shanghai", VisitSettings()
SURE = SETTINGS.visit_probability
PLAIN = RivalTables(records={})
"""Nothing was learnt: the causes stand as the rules weigh them."""
SITES = [
    Site("P1", "甲厂", 104.1, 30.6, 20.0, "WGS84", CrsSource.DECLARED, permit_code="P1", uscc="U1"),
    Site("P2", "乙厂", 104.2, 30.6, 20.0, "WGS84", CrsSource.DECLARED, permit_code="P2", uscc="U2"),
]
ONE = Anomaly(
    "treatment_off", "P1", "", "", "TA001", "a.csv", "TA001",
    datetime(2026, 3, 2, 1, tzinfo=UTC), datetime(2026, 3, 2, 4, 30, tzinfo=UTC), 1.5,
    causes={Cause.EMISSION: SURE + 0.05, Cause.FAULT: 0.95 - SURE},
)  # fmt: skip


def _like(kind: str, **causes: float) -> Anomaly:
    return replace(ONE, kind=kind, causes={Cause(name): share for name, share in causes.items()})


@pytest.mark.parametrize(
    ("one", "asked"),
    [
        (_like("treatment_off", emission=SURE, fault=1 - SURE), Disposition.VISIT),
        (_like("treatment_off", emission=SURE - 0.01, fault=1.01 - SURE), Disposition.REMIND),
        (_like("marked_exceedance", emission=SURE / 2, tampering=SURE / 2, fault=1 - SURE), Disposition.VISIT),
        (_like("near_limit", emission=1.0), Disposition.REMIND),
        (_like("constant", fault=0.6, emission=0.4), Disposition.HELP),
        (_like("constant", fault=0.9, tampering=0.1), Disposition.REVIEW),
        (_like("constant", fault=0.91, tampering=0.09), Disposition.HELP),
        (_like("marks_over_limit", operation=1.0), Disposition.REMIND),
        (_like("missing", transmission=0.9, tampering=0.1), Disposition.REMIND),
        (_like("exceedance", maintenance=0.5, emission=0.3, fault=0.2), Disposition.NONE),
        (_like("exceedance", maintenance=0.3, operation=0.2, emission=0.4, fault=0.1), Disposition.NONE),
        (_like("zero", operation=0.9, fault=0.1), Disposition.NONE),
        (_like("exceedance"), Disposition.REMIND),
    ],
)
def test_what_made_a_record_says_what_it_asks_for(one: Anomaly, asked: Disposition) -> None:
    """An entry needs the kind and the probability; a fault asks for help, the ordinary course for nothing."""
    assert dispose(one, SETTINGS, PLAIN) is asked


def test_the_gravest_anomaly_of_a_kind_speaks_for_all_of_them() -> None:
    """One matter a site and kind, with the id of the file, local times, what made it, and how often."""
    weaker, other = (
        replace(ONE, strength=1.1),
        replace(ONE, permit_code="P2", kind="constant", causes={Cause.FAULT: 1.0}),
    )
    matters = matters_of_records([weaker, other, ONE], SITES, SETTINGS, PLAIN, day=DAY, zone=ZONE)
    first, second = matters.value
    assert (first.site_id, first.code, first.disposition, first.evidence_id) == (
        "P1",
        "treatment_off",
        Disposition.VISIT,
        "A003",
    )
    assert say(first.text) == (
        "Production without treatment 2 times, the gravest at TA001, 2026-03-02 09:00 – 12:30 (A003); "
        f"likeliest: emission beyond what it may ({SURE + 0.05:.2f})"
    )
    assert say(first.text, "zh").startswith(
        "生产时治污设施未运行 2 次，最重一次为 TA001，2026-03-02 09:00 – 12:30（编号 A003）"
    )
    assert (first.time, second.site_id, second.disposition) == (ONE.end, "P2", Disposition.HELP)
    assert {e.name: e.probability for e in first.explanations} == pytest.approx(
        {"unlawful_emission": SURE + 0.05, "analyser_fault": 0.95 - SURE}
    )
    (told,) = matters.decisions
    assert {name: told.values[name] for name in ("matters", "anomalies", "unlisted", "old", "quiet")} == {
        "matters": 2, "anomalies": 3, "unlisted": 0, "old": 0, "quiet": 0,
    }  # fmt: skip


def test_what_is_no_matter_is_counted() -> None:
    """A month before the day is old to the second; a site on no list has no matter; the ordinary course is quiet."""
    first = datetime(2026, 3, 4, 16, tzinfo=UTC) - RECENT  # midnight of the day in Chengdu
    old, just = replace(ONE, end=first - timedelta(seconds=1)), replace(ONE, end=first)
    asked = [old, replace(ONE, permit_code="P9"), _like("zero", operation=1.0)]
    outcome = matters_of_records(asked, SITES, SETTINGS, PLAIN, day=DAY, zone=ZONE)
    assert outcome.value == ()
    assert [outcome.decisions[0].values[name] for name in ("old", "unlisted", "quiet")] == [1, 1, 1]
    assert len(matters_of_records([just], SITES, SETTINGS, PLAIN, day=DAY, zone=ZONE).value) == 1
    assert matters_of_records([], SITES, SETTINGS, PLAIN, day=DAY, zone=ZONE).decisions == ()


def test_a_site_that_only_its_records_speak_of_has_a_lead() -> None:
    """Its explanations are the causes of its gravest matter and sum to one; a hotspot of it there is none."""
    matters = matters_of_records(
        [ONE, _like("missing", transmission=1.0)], SITES, SETTINGS, PLAIN, day=DAY, zone=ZONE
    ).value
    (lead,) = weigh(SITES, (), (), matters=matters).value
    assert (lead.site_id, lead.disposition, lead.probability) == ("P1", Disposition.VISIT, 0.0)
    assert [e.name for e in lead.explanations] == ["unlawful_emission", "analyser_fault"]
    assert sum(e.probability for e in lead.explanations) == pytest.approx(1.0)
    assert [(e.kind, e.id) for e in lead.evidence] == [("record", "A001"), ("record", "A002")]


def test_sites_are_those_of_one_name_only() -> None:
    """By permit code, else credit code, else name; what is ordinary brings nobody into question."""
    said = [
        ONE,
        replace(ONE, permit_code="", uscc="U2"),
        replace(ONE, permit_code="", site_name="甲厂"),
        replace(ONE, permit_code="P9", uscc="U2"),
        replace(ONE, permit_code="P9"),
    ]
    assert [site.site_id if site else None for site in sites_of(said, SITES)] == ["P1", "P2", "P1", "P2", None]
    quiet = replace(_like("zero", operation=1.0), permit_code="P2")
    assert sites_in_question([ONE, quiet], SITES, PLAIN) == ("P1",)
