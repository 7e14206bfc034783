"""What registers say of each site on a day, and what cannot be given to any."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from ingest.registers.kinds import Account, AskedMatter, Case, Check, Enterprise, Order, Registers
from ingest.schema import Visited
from onevisit.leads.grades import Credit, credit_of, grade_letter
from onevisit.leads.registers import asks_something, is_request, is_visit_open, matters_of_registers
from onevisit.leads.standing import Standing, is_open, standing_of_sites
from onevisit.schema import Disposition, Matter, VisitKind
from onevisit.settings import VisitSettings
from onevisit.visits.plan import plan_visits
from onevisit.words.telling import say, tell
from tests.onevisit.leads.weighing import DAY, SETTINGS, weigh

Make = Callable[..., Any]
WHO = Enterprise("P1")
ORDER = Order(WHO, "", date(2026, 3, 1), date(2026, 3, 4), "D", "停产", "orders.csv")
CASE = Case(WHO, date(2026, 2, 1), None, "", "cases.csv")
ASKED = AskedMatter(WHO, "水科", "在线比对", "", date(2026, 3, 9), "", None, "matters.csv")


def matters(site: Any, standing: Standing = Standing(), **settings: Any) -> list[Matter]:  # noqa: B008
    """Matters of one site."""
    return list(matters_of_registers([site], {site.site_id: standing}, VisitSettings(**settings), day=DAY))


def test_rows_go_to_the_sites_that_they_name(make_site: Make) -> None:
    """By permit code, credit code or name, whatever the kind of row."""
    sites = [make_site("P1", permit_code="P1"), make_site("P2", uscc="U2"), make_site("P3", name="丙厂")]
    registers = Registers(
        orders=(ORDER,),
        accounts=(Account("0081", Enterprise(name="丙厂"), "a.csv"),),
        checks=(Check(Enterprise(uscc="U2"), date(2026, 2, 20), "应急局", "日常", "", "c.csv"),),
        matters=(ASKED,),
        complaints=(CASE,),
    )
    outcome = standing_of_sites(registers, sites, day=DAY)
    assert outcome.value == {
        "P1": Standing(orders=(ORDER,), asked=(ASKED,), complaints=(CASE,)),
        "P2": Standing(checks=registers.checks),
        "P3": Standing(accounts=("0081",)),
    }
    assert outcome.decisions == () and outcome.rejects == ()


def test_rows_that_cannot_be_given_are_told_and_counted(make_site: Make) -> None:
    """Two of unknown sites, one of a company of two, one of tomorrow, an order without an end, one of no area."""
    sites = [make_site(f"P{k}", permit_code=f"P{k}", uscc="U1") for k in (1, 2)]
    strange = [replace(ASKED, enterprise=Enterprise(name=name)) for name in ("甲", "乙")]
    registers = Registers(
        orders=(replace(ORDER, end=None), Order(Enterprise(), "东区", None, date(2026, 4, 1), "", "限产", "o.csv")),
        matters=(*strange, replace(ASKED, enterprise=Enterprise(uscc="U1"))),
        complaints=(replace(CASE, start=date(2026, 3, 3)),),
    )
    outcome = standing_of_sites(registers, sites, day=DAY)
    assert set(outcome.value) == {"P1"} and outcome.value["P1"].orders[0].end is None
    assert [tell(r).line for r in outcome.rejects] == [
        "o.csv, rows: the order is for 东区, in which no listed site is known to lie; state district or park of the "
        "sites",
        "matters.csv, rows: matters: 2 rows name no listed site (甲, 乙); add the site to a register, or correct the "
        "code",
    ]
    assert [(d.item, d.code, d.values["count"]) for d in outcome.decisions] == [
        ("orders.csv", "orders_without_end", 1), ("matters.csv", "register_rows_of_several_sites", 1),
        ("cases.csv", "register_rows_after_day", 1),
    ]  # fmt: skip


def test_an_order_for_an_area_holds_for_its_grade(make_site: Make) -> None:
    """C and D stop in the park; whoever leads its industry does not, nor a C elsewhere; a differing grade is said."""
    sites = [
        make_site("C", park="东区", grade="C级"), make_site("A", park="东区", grade="引领性"),
        make_site("X", park="西区", grade="C"), make_site("P1", permit_code="P1", grade="B"),
    ]  # fmt: skip
    area = Order(Enterprise(), "东区", None, date(2026, 4, 1), "C", "停产", "o.csv")
    outcome = standing_of_sites(Registers(orders=(area, ORDER)), sites, day=DAY)
    assert outcome.value == {"C": Standing(orders=(area,)), "P1": Standing(orders=(ORDER,))}
    (told,) = outcome.decisions
    assert told.item == "site P1" and tell(told).decision == (
        "an order gives the site grade D, the register B; both are kept"
    )


def test_visits_of_later_days_are_a_register_newer_than_the_mission(make_site: Make) -> None:
    """They are counted under the file that holds them."""
    site = make_site(
        visited=(Visited(DAY, "daily"), Visited(date(2026, 3, 3), "daily")), origins={"visited": "v.csv"}
    )
    (told,) = standing_of_sites(Registers(), [site], day=DAY).decisions
    assert (told.item, told.code, told.values["count"]) == ("v.csv", "register_rows_after_day", 1)


@pytest.mark.parametrize(
    ("state", "end", "expected"),
    [
        ("", None, True), ("", date(2026, 3, 1), False), ("", DAY, True), ("已办结", None, False),
        ("未办结", date(2026, 1, 1), True), ("办理中", None, True), ("closed", None, False),
        ("not closed", None, True),
    ],
)  # fmt: skip
def test_a_complaint_is_open_by_its_state_else_by_its_end(state: str, end: date | None, expected: bool) -> None:
    """A state that says so decides."""
    assert is_open(replace(CASE, state=state, end=end), DAY) is expected


@pytest.mark.parametrize(
    ("label", "credit"),
    [
        ("环保诚信", Credit.HONEST), ("绿色", Credit.HONEST), ("环保良好企业", Credit.GOOD), ("黄", Credit.WARNED),
        ("环保不良", Credit.BAD), ("黑色", Credit.BLACK), ("D级", Credit.BAD), ("e", Credit.BLACK),
        ("好", None), ("", None),
    ],
)  # fmt: skip
def test_credit_is_ordered_whatever_the_label(label: str, credit: Credit | None) -> None:
    """Words, colours and letters; what is not known is none."""
    assert credit_of(label) is credit
    assert Credit.HONEST < Credit.GOOD < Credit.WARNED < Credit.BAD < Credit.BLACK


@pytest.mark.parametrize(
    ("label", "letter"),
    [("A", "A"), ("b级", "B"), ("B-", "B"), ("引领性", "A"), ("非引领性", "B"), ("", ""), ("E", "")],
)
def test_grades_of_an_episode(label: str, letter: str) -> None:
    """Leaders reduce on their own, as A does."""
    assert grade_letter(label) == letter


def test_a_permit_that_ends_is_reminded_of_and_a_missing_one_is_looked_up(make_site: Make) -> None:
    """Missing is only what others have, and makes no lead by itself."""
    ending = make_site("P1", permit_code="P1", permit_valid_to=date(2026, 4, 1))
    found = matters_of_registers([ending, make_site("S2")], {}, SETTINGS, day=DAY)
    assert [(m.site_id, m.code, m.disposition) for m in found] == [
        ("P1", "permit", Disposition.REMIND), ("S2", "registration", Disposition.NONE),
    ]  # fmt: skip
    assert matters(make_site("S2")) == []
    assert [lead.site_id for lead in weigh([ending, make_site("S2")], [], []).value] == ["P1"]


@pytest.mark.parametrize(
    ("changes", "code", "disposition"),
    [
        ({"credit": "环保警示"}, "credit", Disposition.NONE),
        ({"credit": "环保良好"}, None, None),
        ({"disclosure": "未按期披露"}, "disclosure", Disposition.REMIND),
        ({"disclosure": "已披露"}, None, None),
    ],
)
def test_grades_of_a_site(
    make_site: Make, changes: dict[str, str], code: str | None, disposition: Disposition | None
) -> None:
    """Low credit is checked along; late disclosure is reminded of."""
    found = [(m.code, m.disposition) for m in matters(make_site(**changes))]
    assert found == ([(code, disposition)] if code else [])


@pytest.mark.parametrize(
    ("standing", "code", "disposition", "kind", "english"),
    [
        (Standing(orders=(ORDER,)), "order", Disposition.NONE, VisitKind.DAILY,
         "order in force: 停产, grade D, until 2026-03-04"),
        (Standing(orders=(replace(ORDER, end=None),)), "order", Disposition.NONE, VisitKind.DAILY,
         "order in force: 停产, grade D, until it is lifted (no end stated)"),
        (Standing(complaints=(CASE,)), "complaint", Disposition.REVIEW, VisitKind.CASE,
         "complaint of 2026-02-01 not settled yet"),
        (Standing(rectifications=(replace(CASE, end=date(2026, 3, 1)),)), "rectification", Disposition.REMIND,
         VisitKind.CASE, "rectification overdue since 2026-03-01: proof is to be sent"),
        (Standing(rectifications=(replace(CASE, end=DAY),)), "rectification", Disposition.NONE, VisitKind.CASE,
         "rectification not finished, due 2026-03-02"),
        (Standing(exemptions=(CASE,)), "exemption", Disposition.NONE, VisitKind.DAILY, "exempt from planned checks"),
        (Standing(asked=(ASKED,)), "asked", Disposition.REMIND, VisitKind.DAILY,
         "asked by 水科: 在线比对 (due 2026-03-09)"),
        (Standing(asked=(replace(ASKED, entry=True),)), "asked", Disposition.VISIT, VisitKind.DAILY,
         "asked by 水科: 在线比对 (due 2026-03-09)"),
        (Standing(asked=(replace(ASKED, section="", asked_by="企业诉求"),)), "asked", Disposition.HELP,
         VisitKind.REQUEST, "asked by 企业诉求: 在线比对 (due 2026-03-09)"),
        (Standing(asked=(replace(ASKED, asked_by="园区吹哨", entry=True, due=date(2026, 3, 1)),)), "asked",
         Disposition.VISIT, VisitKind.REQUEST, "asked by 水科: 在线比对 (overdue since 2026-03-01)"),
    ],
)  # fmt: skip
def test_what_each_kind_of_row_asks_for(
    make_site: Make, standing: Standing, code: str, disposition: Disposition, kind: VisitKind, english: str
) -> None:
    """The lightest step that settles it, its kind, and its words."""
    (one,) = matters(make_site(), standing)
    assert (one.code, one.disposition, one.kind, say(one.text)) == (code, disposition, kind, english)
    assert say(one.text, "zh") != english and one.source == "register"


def test_an_exempt_site_is_entered_for_no_plan(make_site: Make) -> None:
    """A section's visit becomes a reminder; what the firm itself asks for stays."""
    plan, wish = replace(ASKED, entry=True), replace(ASKED, entry=True, asked_by="企业")
    found = matters(make_site(), Standing(asked=(plan, wish), exemptions=(CASE,)))
    assert [m.disposition for m in found if m.code == "asked"] == [Disposition.REMIND, Disposition.VISIT]
    assert is_request(wish) and not is_request(plan)


def test_what_was_asked_for_counts_against_nothing(make_site: Make) -> None:
    """With a full cap a firm's request is entered for, and a section's plan waits."""
    site = make_site(visited=tuple(Visited(date(2026, 1, k), "daily") for k in (5, 6)))
    asked = (replace(ASKED, entry=True), replace(ASKED, entry=True, asked_by="企业"))
    leads = weigh([site], [], [], matters=matters(site, Standing(asked=asked))).value
    (visit,) = plan_visits(leads, [site], VisitSettings(yearly_cap=2), day=DAY).value
    assert (visit.kind, visit.counts_against_cap) == (VisitKind.REQUEST, False)
    assert [m.kind for m in visit.matters] == [VisitKind.REQUEST]


@pytest.mark.parametrize(
    ("days", "is_told"), [((24, 25), True), ((1, 25), False), ((3, 10, 20), True), ((3, 10), False)]
)
def test_checks_by_all_bodies_are_counted(make_site: Make, days: tuple[int, ...], is_told: bool) -> None:
    """Two within a week or three within a month before the second of March."""
    checks = tuple(Check(WHO, date(2026, 2, day), "应急局", "", "", "c.csv") for day in days)
    assert [m.code for m in matters(make_site(), Standing(checks=checks))] == (["checks"] if is_told else [])


def test_who_waits_for_something_is_looked_at_anywhere() -> None:
    """Matters, complaints and rectifications; an order or a check alone asks for nothing."""
    assert asks_something(Standing(asked=(ASKED,))) and asks_something(Standing(complaints=(CASE,)))
    assert not asks_something(Standing(orders=(ORDER,)))
    assert is_visit_open(Standing(rectifications=(CASE,))) and not is_visit_open(Standing(complaints=(CASE,)))
