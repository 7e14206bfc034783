"""Dossiers of sites and the summary of districts and parks, as files and on the page."""

from __future__ import annotations

import csv
import json
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import shapely
from jinja2 import Environment

from ingest.registers.kinds import Area, AskedMatter, Case, Check, Enterprise, Order
from ingest.schema import Permitted, Visited
from monitors.schema import Anomaly, Cause
from onevisit.handover.data.dossiers import DossierSources, dossier_name, dossier_of, write_dossier
from onevisit.handover.data.summary import COLUMNS, AreaLine, summarise_areas, write_summary
from onevisit.handover.page.contents import ReportContents
from onevisit.handover.page.desk import dossier_card, render_desk
from onevisit.leads.law import REFERENCES, references_for
from onevisit.leads.standing import Standing
from onevisit.schema import Disposition, Lead
from onevisit.words.strings import LANGUAGES, Words
from onevisit.words.telling import say
from tests.onevisit.conftest import text
from tests.onevisit.leads.weighing import DAY, weigh

Make = Callable[..., Any]
WHO = Enterprise("P1")
ANOMALY = Anomaly(
    "treatment_off", "P1", "", "", "TA001", "a.csv", "TA001", datetime(2026, 3, 1, 1, tzinfo=UTC),
    datetime(2026, 3, 1, 3, tzinfo=UTC), 1.0, causes={Cause.EMISSION: 1.0},
)  # fmt: skip
STANDING = Standing(
    orders=(Order(WHO, "", date(2026, 3, 1), None, "D", "停产", "orders.csv"),),
    checks=(Check(WHO, date(2026, 2, 1), "应急局", "日常", "合格", "checks.csv"),),
    asked=(AskedMatter(WHO, "水科", "比对", "", date(2026, 3, 9), "企业", None, "matters.csv"),),
    complaints=(Case(WHO, date(2026, 2, 1), None, "", "complaints.csv"),),
    rectifications=(Case(WHO, None, date(2026, 3, 20), "整改中", "r.csv"),),
    accounts=("0081",),
)


@pytest.fixture
def site(make_site: Make) -> Any:
    """A site of which everything is known."""
    return make_site(
        permit_code="P1", uscc="U1", district="金牛区", park="东园", credit="环保警示", grade="引领性",
        species=("颗粒物",), permitted=(Permitted("颗粒物", 0.5),), permit_valid_to=date(2026, 3, 20),
        visited=(Visited(date(2026, 1, 5), "daily", "已整改"), Visited(date(2026, 3, 9), "daily")),
        origins={"credit": "信用.csv"}, sources=("名录.csv", "信用.csv"),
    )  # fmt: skip


@pytest.fixture
def dossier(site: Any) -> dict[str, Any]:
    """Its dossier, with a lead of its permit."""
    (lead,) = weigh([site], [], []).value
    sources = DossierSources(
        DAY, 2, {"S1": lead}, {"S1": STANDING}, {"S1": [("A001", ANOMALY)]}, {"S1": [("H001", 0.4)]}
    )
    return dossier_of(site, sources)


def test_a_dossier_holds_all_that_is_known(dossier: dict[str, Any]) -> None:
    """Facts with their registers, what others ask, records, hotspots and the lead; later visits are not known."""
    assert dossier["visits"] == {
        "daily_this_year": 1, "cap": 2, "past": [{"day": "2026-01-05", "kind": "daily", "result": "已整改"}],
        "checks_of_others": [
            {"day": "2026-02-01", "body": "应急局", "kind": "日常", "result": "合格", "source": "checks.csv"}
        ],
    }  # fmt: skip
    assert dossier["credit"] == {"label": "环保警示", "level": 3} and dossier["grade"]["letter"] == "A"
    assert dossier["permit"]["permitted"] == [{"species": "颗粒物", "kg_h": 0.5, "t_a": None}]
    assert dossier["orders"][0]["to"] is None and dossier["orders"][0]["in_force"] is True
    assert [dossier[key][0]["source"] for key in ("complaints", "rectifications", "asked")] == [
        "complaints.csv", "r.csv", "matters.csv",
    ]  # fmt: skip
    assert dossier["records"][0]["id"] == "A001"
    assert dossier["records"][0]["explanations"] == [{"name": "unlawful_emission", "probability": 1.0}]
    assert dossier["hotspots"] == [{"id": "H001", "probability": 0.4}]
    assert dossier["lead"]["disposition"] == "remind" and dossier["power_accounts"] == ["0081"]
    assert dossier["sources"] == {"registers": ["名录.csv", "信用.csv"], "facts": {"credit": "信用.csv"}}
    assert dossier["position"]["crs_source"] == "declared" and dossier["position"]["others"] == []


def test_a_dossier_of_nothing_is_whole(make_site: Make, tmp_path: Path) -> None:
    """Every part is there, empty, and the file is JSON."""
    empty = dossier_of(make_site(), DossierSources(DAY))
    assert empty["lead"] is None and empty["records"] == [] and empty["legal"] == []
    write_dossier(tmp_path / dossier_name("S1"), empty)
    assert json.loads((tmp_path / "sites" / "S1.json").read_text("utf-8")) == empty


def test_names_of_files_are_those_of_sites_and_never_meet() -> None:
    """What no file system takes is replaced, and told apart."""
    names = [dossier_name(key) for key in ("P1", "U1@104.1,30.2", "a/b", "a:b", "..")]
    assert names[:2] == ["sites/P1.json", "sites/U1@104.1,30.2.json"] and len(set(names)) == 5
    assert all("/" not in name.removeprefix("sites/") for name in names)


def test_rules_are_dated_and_none_is_checked(dossier: dict[str, Any]) -> None:
    """The code of 2026 takes over from single acts on its day; nobody has checked any."""
    assert {r["checked"] for r in dossier["legal"]} == {False} and len(dossier["legal"]) >= 1
    for day, title in ((date(2026, 8, 14), "Law on the prevention of air pollution"),
                       (date(2026, 8, 15), "Code of ecology and environment")):  # fmt: skip
        assert [one.title_en for one in references_for("idle_treatment", day)] == [title]
    assert references_for("emission", date(2010, 1, 1)) == ()
    assert all(one.valid_to is None or one.valid_from < one.valid_to for one in REFERENCES)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_dossier_in_words(dossier: dict[str, Any], lang: str) -> None:
    """Each row has its words, and what nobody knows is said."""
    card, words = dossier_card(dossier, Words(lang)), Words(lang)
    rows = dict(card.rows)
    assert (card.site_id, card.disposition) == ("S1", "remind") and card.why == dossier["lead"][f"reason_{lang}"]
    assert rows["d_grades"] == ["环保警示", "引领性"]
    assert rows["d_visits"][1:] == [f"2026-01-05 · {words('daily')} · 已整改", "2026-02-01 · 应急局 · 日常 · 合格"]
    assert rows["d_records"] == [
        f"A001 · 2026-03-01 · {words('record_treatment_off')} · TA001 · {words('unlawful_emission')} > 99 %"
    ]
    assert words("d_unchecked") in rows["d_legal"][0]
    bare = dossier_card({**dossier, "permit": {**dossier["permit"], "permitted": []}}, words)
    assert dict(bare.rows)["d_permitted"] == [words("d_unlimited")]


def lead_at(site_id: str, disposition: Disposition, **changes: Any) -> Lead:
    """A lead of a site or a place."""
    lead = Lead(site_id, "", "", 104.0, 30.0, (), (), 0.0, disposition, text("why"), ())
    return replace(lead, **changes)


def test_districts_and_parks_are_counted(make_site: Make) -> None:
    """Sites, steps, places without a site by where they lie, and what is asked; what is in no district comes last."""
    sites = [
        make_site("S1", district="乙区", park="东园"), make_site("S2", district="乙区"),
        make_site("S3", district="甲区"), make_site("S4"),
    ]  # fmt: skip
    leads = [
        lead_at("S1", Disposition.VISIT), lead_at("S2", Disposition.NONE, urgent=("H1",)),
        lead_at("unlisted@H2", Disposition.LOOK, lon=105.0),
    ]  # fmt: skip
    area = Area("甲区", "", shapely.box(104.5, 29.5, 105.5, 30.5), "a.geojson")
    lines = summarise_areas(sites, leads, {"S1": STANDING}, [area])
    assert [(a.level, a.district, a.park, a.sites, a.leads) for a in lines] == [
        ("all", "", "", 4, 2), ("district", "乙区", "", 2, 1), ("park", "乙区", "东园", 1, 1),
        ("district", "甲区", "", 1, 1), ("district", "", "", 1, 0),
    ]  # fmt: skip
    assert (lines[0].visit, lines[0].look, lines[0].urgent, lines[3].look) == (1, 1, 1, 1)
    asked = (lines[2].asked, lines[2].asked_by_sections, lines[2].complaints, lines[2].rectifications)
    assert asked == (1, 0, 1, 1)


def test_the_summary_as_a_table(tmp_path: Path) -> None:
    """A byte order mark for Excel, and a column a count."""
    write_summary(tmp_path / "summary.csv", [AreaLine("district", "甲区", "", 3, 2, visit=2)])
    raw = (tmp_path / "summary.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf") and raw.count(b"\r\n") == 2
    (row,) = csv.DictReader(raw.decode("utf-8-sig").splitlines())
    assert tuple(row) == COLUMNS and (row["district"], row["sites"], row["visit"]) == ("甲区", "3", "2")


def test_a_city_is_counted_in_a_second(make_site: Make) -> None:
    """5 000 sites of 23 districts with a lead each."""
    base = make_site()
    sites = [replace(base, site_id=f"S{k}", district=f"{k % 23:02d}区", park=f"园{k % 69}") for k in range(5000)]
    leads = [lead_at(site.site_id, Disposition.REMIND) for site in sites]
    began = time.process_time()
    lines = summarise_areas(sites, leads, {"S1": STANDING})
    assert time.process_time() - began < 1.0
    assert len([a for a in lines if a.level == "district"]) == 23 and lines[0].remind == 5000


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_desk_on_the_page(dossier: dict[str, Any], lang: str) -> None:
    """Columns that count nothing are left out, names of markup are escaped, and what is not shown is said."""
    words = Words(lang)
    environment = Environment(autoescape=True)
    environment.filters["say"] = lambda phrase: say(phrase, lang)
    evil = {**dossier, "name": "<b>x</b>"}
    contents = ReportContents(
        "m", (), areas=(AreaLine("all", "", "", 3, 1, visit=1), AreaLine("district", "甲区", "", 3, 1, visit=1)),
        dossiers=[evil] * 61,
    )  # fmt: skip
    page = render_desk(contents, words, environment)
    assert words("area_visit") in page and words("area_review") not in page and "甲区" in page
    assert "<b>x</b>" not in page and page.count("&lt;b&gt;x&lt;/b&gt;") == 60
    assert words("dossiers_unshown", n=1) in page and words("no_help") in page
    empty = render_desk(ReportContents("m", (), areas=(AreaLine("all", "", "", 3),)), words, environment)
    assert words("by_area_none") in empty and words("no_dossiers") in empty
