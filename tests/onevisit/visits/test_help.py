"""Help: who is offered what, the files that hand it over, and what is never offered."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from ingest.registers.kinds import Case, Enterprise
from onevisit.handover.data.help import COLUMNS, write_help_geojson, write_help_xlsx
from onevisit.handover.page.help_sheet import write_help_sheet
from onevisit.leads.lawful import Known
from onevisit.leads.standing import Standing
from onevisit.schema import Disposition, Explanation, Help, Matter, VisitKind
from onevisit.visits.help import plan_help, working_days_after
from onevisit.words.strings import LANGUAGES, Words
from onevisit.words.telling import say
from tests.onevisit.conftest import text
from tests.onevisit.leads.weighing import DAY, weigh

Make = Callable[..., Any]
EVIL = "<script>alert(1)</script>=1"
FAULT = Matter(
    "S1", "ammonia_above_total_nitrogen", VisitKind.CASE, Disposition.HELP, text("ammonia above the total"), "A001",
    (Explanation("analyser_fault", 0.97), Explanation("wrong_mark", 0.03)),
)  # fmt: skip
PERMIT = replace(FAULT, code="permit", disposition=Disposition.REMIND, text=text("permit ends"), explanations=())


@pytest.fixture
def offered(make_site: Make) -> Help:
    """Help for one site, with a reminder that goes along."""
    leads = weigh([make_site(name=EVIL)], [], [], matters=[FAULT, PERMIT]).value
    (one,) = plan_help(leads, day=DAY)
    return one


def test_help_says_what_to_check_what_proves_it_and_by_when(offered: Help) -> None:
    """From Monday five working days are the next Monday; the reminder goes along."""
    (item,) = offered.items
    assert (offered.number, offered.site_id, item.evidence_id, item.due) == (1, "S1", "A001", date(2026, 3, 9))
    assert say(item.fault).startswith("one of the two analysers of nitrogen is off")
    assert say(item.check, "zh") == "先查总氮消解；再用同一水样核查两台分析仪"
    assert "ammonia below the total for two days" in say(item.proof)
    assert offered.others == (PERMIT.text,)


@pytest.mark.parametrize(
    ("day", "count", "due"),
    [
        (date(2026, 3, 2), 5, date(2026, 3, 9)),
        (date(2026, 3, 6), 1, date(2026, 3, 9)),
        (date(2026, 3, 7), 1, date(2026, 3, 9)),
    ],
)
def test_weekends_do_not_count(day: date, count: int, due: date) -> None:
    """A Friday and a Saturday are followed by the same Monday."""
    assert working_days_after(day, count) == due


def test_who_is_visited_or_reviewed_is_not_helped_beside_it(make_site: Make) -> None:
    """A visit takes the fault along; where a rectification is open the records are looked through first."""
    site = make_site()
    visit = replace(FAULT, code="exceedance", disposition=Disposition.VISIT)
    (entered,) = weigh([site], [], [], matters=[FAULT, visit]).value
    assert entered.disposition is Disposition.VISIT and plan_help([entered], day=DAY) == ()
    rectification = Case(Enterprise("S1"), None, date(2026, 4, 1), "整改中", "r.csv")
    known = Known(DAY, standings={"S1": Standing(rectifications=(rectification,))})
    (reviewed,) = weigh([site], [], [], matters=[FAULT], known=known).value
    assert reviewed.disposition is Disposition.REVIEW and plan_help([reviewed], day=DAY) == ()
    assert say(reviewed.why).startswith(
        "do not contact the firm; look through what is on record first: a visit is open"
    )


def test_an_unknown_kind_of_fault_is_one_of_values_and_a_request_none(make_site: Make) -> None:
    """What a firm asks for has nothing to mend."""
    matters = [replace(FAULT, code="unheard_of"), replace(FAULT, code="asked", kind=VisitKind.REQUEST)]
    (one,) = plan_help(weigh([make_site()], [], [], matters=matters).value, day=DAY)
    assert [say(item.fault).split(":")[0] for item in one.items] == [
        "the analyser reads too high or jumps", "none was seen; this is what was asked for",
    ]  # fmt: skip
    (asked,) = weigh([make_site()], [], [], matters=matters[1:]).value
    assert say(asked.why) == "help was asked for: ammonia above the total"


def test_help_as_geojson(tmp_path: Path, offered: Help) -> None:
    """A point a site; all texts in both languages."""
    write_help_geojson(tmp_path / "help.geojson", [offered])
    (feature,) = json.loads((tmp_path / "help.geojson").read_text("utf-8"))["features"]
    properties = feature["properties"]
    assert feature["geometry"] == {"type": "Point", "coordinates": [104.0, 30.0]}
    assert (properties["help"], properties["site_id"], properties["name"]) == (1, "S1", EVIL)
    (item,) = properties["items"]
    assert (item["evidence"], item["due"], item["seen"]) == ("A001", "2026-03-09", "ammonia above the total")
    assert item["likely_fault_zh"].startswith("氨氮与总氮分析仪之一异常")
    assert properties["others"] == [{"text": "permit ends", "text_zh": "permit ends"}]
    assert properties["reason_zh"].startswith("故障可能性最大，宜帮扶：")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_help_as_a_workbook(tmp_path: Path, offered: Help, lang: str) -> None:
    """A line an item, a blank to be answered, and no formula of a name."""
    write_help_xlsx(tmp_path / "help.xlsx", [replace(offered, name="=1+1")], lang=lang)
    rows = list(load_workbook(tmp_path / "help.xlsx").active.iter_rows(values_only=True))
    words = Words(lang)
    assert list(rows[0]) == [words(f"help_{name}") for name in COLUMNS]
    cells = dict(zip(COLUMNS, rows[1], strict=True))
    assert (cells["help"], cells["name"], cells["due"], cells["answered"]) == (1, "'=1+1", "2026-03-09", None)
    assert cells["proof"] == say(offered.items[0].proof, lang) and str(cells["navigate"]).startswith(
        "https://uri.amap"
    )


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_sheet_opens_alone(tmp_path: Path, offered: Help, lang: str) -> None:
    """Nothing is loaded, no markup of a name runs, and all is on it."""
    write_help_sheet(tmp_path / "sheet.html", offered, lang=lang)
    page = (tmp_path / "sheet.html").read_text("utf-8")
    assert "default-src 'none'" in page and "src=" not in page.replace("default-src", "") and "<script>" not in page
    item = offered.items[0]
    for part in (item.seen, item.fault, item.check, item.proof, offered.others[0]):
        assert say(part, lang) in page
    assert "2026-03-09" in page and Words(lang)("help_foot") in page
