"""What registers say of each site on one day: orders, checks, complaints, rectifications, what others ask.

A row names a site by permit code, credit code or name. One that names no listed site, or several of a company, is
stated and counted, and so is what lies after the day, an order without an end, and what two registers say
differently.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TypeVar

from ingest.outcome import Notes, Outcome, Value
from ingest.registers.kinds import AskedMatter, Case, Check, Enterprise, Order, Registers, named_kind
from ingest.schema import Site
from onevisit.leads.grades import grade_letter
from onevisit.leads.named import Named, index_sites, sites_named

T = TypeVar("T", AskedMatter, Case, Check, Order)
_DONE = (
    "办结",
    "完成",
    "已整改",
    "关闭",
    "销号",
    "解除",
    "撤销",
    "closed",
    "done",
    "finished",
    "completed",
    "lifted",
)
_NOT_DONE = ("未", "待", "中", "not ", "open", "pending", "in progress")
_NAMED = 6
_LONG_AGO = timedelta(days=365)


@dataclass(frozen=True)
class Standing:
    """What registers say of one site on a day, beside its own row.

    ``orders`` are in force on that day or were during the year before it; ``complaints`` and ``rectifications`` are
    open, ``exemptions`` in force; ``checks`` are those of any body within the year before; ``accounts`` those of
    power.
    """

    orders: tuple[Order, ...] = ()
    checks: tuple[Check, ...] = ()
    asked: tuple[AskedMatter, ...] = ()
    complaints: tuple[Case, ...] = ()
    rectifications: tuple[Case, ...] = ()
    exemptions: tuple[Case, ...] = ()
    accounts: tuple[str, ...] = ()


def standing_of_sites(registers: Registers, sites: Sequence[Site], *, day: date) -> Outcome[dict[str, Standing]]:
    """What registers say of each of the listed sites of which they say anything.

    Parameters
    ----------
    registers : Registers
    sites : sequence of Site
        All listed sites, in reach of the measurements or not.
    day : date
        Of the visits; what is dated after it is not known yet.

    Returns
    -------
    Outcome of dict of str to Standing
        By the id of the site. Rows that name no listed site are rejects, by file and kind.
    """
    notes, named = Notes(), index_sites(sites)
    known = _Known(named, day, notes)
    accounts: dict[str, list[str]] = defaultdict(list)
    for account in registers.accounts:
        for site in known.owners("accounts", account.enterprise, account.source):
            accounts[site.site_id].append(account.account)
    orders = known.by_site("orders", [o for o in registers.orders if o.enterprise != Enterprise()], _order_day)
    _add_area_orders(orders, registers.orders, sites, known)
    checks = known.by_site("checks", registers.checks, lambda check: check.day)
    asked = known.by_site("matters", registers.matters, lambda _: None)
    cases = {
        kind: known.by_site(kind, rows, lambda case: case.start)
        for kind, rows in (
            ("complaints", registers.complaints),
            ("rectifications", registers.rectifications),
            ("exemptions", registers.exemptions),
        )
    }
    found: dict[str, Standing] = {}
    for site in sites:
        key = site.site_id
        own = Standing(
            orders=tuple(orders.get(key, ())),
            checks=tuple(checks.get(key, ())),
            asked=tuple(asked.get(key, ())),
            complaints=tuple(cases["complaints"].get(key, ())),
            rectifications=tuple(cases["rectifications"].get(key, ())),
            exemptions=tuple(cases["exemptions"].get(key, ())),
            accounts=tuple(accounts.get(key, ())),
        )
        if own != Standing():
            found[site.site_id] = _as_of(own, day)
    for site in sites:
        for _ in (visit for visit in site.visited if visit.day > day):
            known.later("checks", site.origins.get("visited", "registers/"))
    _note_orders(registers.orders, sites, found, known)
    known.tell()
    return notes.outcome(found)


def is_open(case: Case, day: date) -> bool:
    """Whether a complaint or a rectification is not settled yet: by its state, else by the day on which it ended."""
    text = case.state.lower()
    if text and any(word in text for word in _NOT_DONE):
        return True
    if any(word in text for word in _DONE):
        return False
    return case.end is None or case.end >= day


def _order_day(order: Order) -> date | None:
    return order.start


def _as_of(standing: Standing, day: date) -> Standing:
    """The same with what matters on a day only."""
    since = day - _LONG_AGO
    return replace(
        standing,
        orders=tuple(one for one in standing.orders if one.end is None or one.end >= since),
        checks=tuple(sorted((c for c in standing.checks if since <= c.day), key=lambda c: (c.day, c.body))),
        complaints=tuple(one for one in standing.complaints if is_open(one, day)),
        rectifications=tuple(one for one in standing.rectifications if _is_unsettled(one)),
        exemptions=tuple(one for one in standing.exemptions if one.end is None or one.end >= day),
    )


def _is_unsettled(case: Case) -> bool:
    """A rectification is open until somebody says that it is done: its end is when it is due."""
    text = case.state.lower()
    return any(word in text for word in _NOT_DONE) or not any(word in text for word in _DONE)


class _Known:
    """Gives rows to sites, and gathers what is said of rows that cannot be given."""

    def __init__(self, named: Named, day: date, notes: Notes) -> None:
        self.named, self.day, self.notes = named, day, notes
        self._strange: dict[tuple[str, str], list[str]] = defaultdict(list)
        self._several: Counter[tuple[str, str]] = Counter()
        self._later: Counter[tuple[str, str]] = Counter()

    def owners(self, kind: str, who: Enterprise, source: str) -> Sequence[Site]:
        """The site that a row is about; none where it names none, or a company of several sites."""
        same = sites_named(self.named, who.permit_code, who.uscc, who.name)
        if len(same) == 1:
            return same
        if same:
            self._several[kind, source] += 1
        else:
            self._strange[kind, source].append(who.name or who.permit_code or who.uscc)
        return ()

    def by_site(self, kind: str, rows: Sequence[T], day_of: Callable[[T], date | None]) -> dict[str, list[T]]:
        """Rows by the id of the site that they name; rows of later days are left out and counted."""
        found: dict[str, list[T]] = defaultdict(list)
        for row in rows:
            dated = day_of(row)
            if dated is not None and dated > self.day:
                self.later(kind, row.source)
                continue
            for site in self.owners(kind, row.enterprise, row.source):
                found[site.site_id].append(row)
        return found

    def later(self, kind: str, source: str) -> None:
        """Count a row that is dated after the day."""
        self._later[kind, source] += 1

    def tell(self) -> None:
        """Say what could not be given to a site, by file."""
        for (kind, source), names in self._strange.items():
            phrase = named_kind(kind)
            values: dict[str, Value] = {"kind": phrase, "count": len(names), "names": tuple(names[:_NAMED])}
            self.notes.reject(source, "rows", "register_rows_of_unknown_sites", values)
        for (kind, source), count in self._several.items():
            values_of_several: dict[str, Value] = {"kind": named_kind(kind), "count": count}
            self.notes.decide(source, "register_rows_of_several_sites", values_of_several)
        for (kind, source), count in self._later.items():
            values_of_later: dict[str, Value] = {
                "kind": named_kind(kind),
                "count": count,
                "day": self.day.isoformat(),
            }
            self.notes.decide(source, "register_rows_after_day", values_of_later)


def _add_area_orders(
    found: dict[str, list[Order]], orders: Sequence[Order], sites: Sequence[Site], known: _Known
) -> None:
    """Give orders for an area to the sites in it that are of their grade; one of no known area is said."""
    by_area: dict[str, list[Site]] = defaultdict(list)
    for site in sites:
        for area in {site.district, site.park} - {""}:
            by_area[area].append(site)
    for order in orders:
        if order.enterprise != Enterprise() or not order.area:
            continue
        if order.start is not None and order.start > known.day:
            known.later("orders", order.source)
            continue
        if order.area not in by_area:
            known.notes.reject(order.source, "rows", "order_of_unknown_area", {"area": order.area})
        for site in by_area.get(order.area, ()):
            if not order.grade or grade_letter(site.grade) == order.grade:
                found.setdefault(site.site_id, []).append(order)


def _note_orders(
    orders: Sequence[Order], sites: Sequence[Site], found: Mapping[str, Standing], known: _Known
) -> None:
    """Say which orders have no end, and where the grade of an order is another than that of the site's register."""
    endless = Counter(order.source for order in orders if order.end is None)
    for source, count in endless.items():
        known.notes.decide(source, "orders_without_end", {"count": count})
    for site in sites:
        letter = grade_letter(site.grade)
        others = {
            order.grade for order in found.get(site.site_id, Standing()).orders
            if order.enterprise != Enterprise() and order.grade and letter and order.grade != letter
        }  # fmt: skip
        for grade in sorted(others):
            values = {"stated": site.grade, "other": grade}
            known.notes.decide(f"site {site.site_id}", "grades_disagree", values)
