"""From what registers say to what has to be settled at a site.

Only what somebody waits for makes a lead: a permit that ends, a report that is due, a rectification that is overdue,
a complaint, what another section, a park or the firm itself asks. All else (class, credit, orders, past visits) is
checked along when somebody enters anyway, and stands in the dossier. What a park or the firm asks is a kind of its
own and counts against nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta

from ingest.outcome import Phrase, Value
from ingest.registers.kinds import AskedMatter
from ingest.schema import Site
from onevisit.leads.grades import Credit, credit_of
from onevisit.leads.standing import Standing
from onevisit.schema import Disposition, Matter, VisitKind
from onevisit.settings import VisitSettings

_LATE = ("未按期", "逾期", "超期", "未披露", "未按时", "late", "overdue", "missing", "not filed")
_FIRM, _PARK = ("企业", "诉求", "firm", "enterprise"), ("园区", "吹哨", "park")
_WEEK, _MONTH = timedelta(days=7), timedelta(days=30)
_OFTEN_A_WEEK, _OFTEN_A_MONTH = 2, 3
"""Checks of one firm by all bodies from which Chengdu flags another one (一码检查, 2025-04-24)."""
_NOTHING, _REMIND, _HELP, _REVIEW, _VISIT = (
    Disposition.NONE, Disposition.REMIND, Disposition.HELP, Disposition.REVIEW, Disposition.VISIT,
)  # fmt: skip


def matters_of_registers(
    sites: Sequence[Site], standings: Mapping[str, Standing], settings: VisitSettings, *, day: date
) -> tuple[Matter, ...]:
    """What registers ask to be settled at each site, in order of site.

    Parameters
    ----------
    sites : sequence of Site
    standings : mapping of str to Standing
        By the id of the site (`onevisit.leads.standing.standing_of_sites`).
    settings : VisitSettings
        ``remind_days`` before its end a permit is a matter.
    day : date
        Of the visits.
    """
    found: list[Matter] = []
    permitted = any(site.permit_code for site in sites)
    for site in sites:
        standing = standings.get(site.site_id, Standing())
        found += _of_permit(site, settings, day, permitted=permitted)
        found += _of_grades(site)
        found += _of_orders(site, standing, day)
        found += _of_cases(site, standing, day)
        found += _of_others(site, standing, day)
        found += _of_checks(site, standing, day)
    return tuple(found)


def asks_something(standing: Standing) -> bool:
    """Whether somebody waits for something at a site, so that it is looked at wherever it lies."""
    return bool(standing.asked or standing.complaints or standing.rectifications)


def is_visit_open(standing: Standing) -> bool:
    """Whether a visit has been made whose result is still to be settled: nobody offers help beside it."""
    return bool(standing.rectifications)


def _matter(
    site: Site,
    code: str,
    disposition: Disposition,
    text: Phrase,
    evidence: str,
    kind: VisitKind = VisitKind.DAILY,
) -> Matter:
    return Matter(site.site_id, code, kind, disposition, text, evidence, source="register")


def _of_permit(site: Site, settings: VisitSettings, day: date, *, permitted: bool) -> Iterator[Matter]:
    """Its end, from so many days before; its absence, where other sites of the registers have one."""
    if site.permit_valid_to is not None and (site.permit_valid_to - day).days <= settings.remind_days:
        values = {"day": site.permit_valid_to.isoformat()}
        text = Phrase("permit_expired" if site.permit_valid_to < day else "permit_expires", values)
        yield _matter(site, "permit", _REMIND, text, "permit_valid_to")
    if permitted and not site.permit_code:
        yield _matter(site, "registration", _NOTHING, Phrase("registration_missing"), "permit_code")


def _of_grades(site: Site) -> Iterator[Matter]:
    credit = credit_of(site.credit)
    if credit is not None and credit >= Credit.WARNED:
        yield _matter(site, "credit", _NOTHING, Phrase("credit_low", {"label": site.credit}), "credit")
    if any(word in site.disclosure.lower() for word in _LATE):
        yield _matter(
            site, "disclosure", _REMIND, Phrase("disclosure_late", {"label": site.disclosure}), "disclosure"
        )


def _of_orders(site: Site, standing: Standing, day: date) -> Iterator[Matter]:
    for order in standing.orders:
        if order.is_in_force(day):
            values: dict[str, Value] = {
                "measure": order.measure or Phrase("order_unnamed"),
                "grade": order.grade or "–",
                "until": order.end.isoformat() if order.end else Phrase("until_lifted"),
            }
            yield _matter(site, "order", _NOTHING, Phrase("order_in_force", values), order.source)


def _of_cases(site: Site, standing: Standing, day: date) -> Iterator[Matter]:
    """Complaints that are open, rectifications that are open or overdue, exemptions in force."""
    for case in standing.complaints:
        text = Phrase("complaint_open", {"day": _day(case.start)})
        yield _matter(site, "complaint", _REVIEW, text, case.source, VisitKind.CASE)
    for case in standing.rectifications:
        overdue = case.end is not None and case.end < day
        text = Phrase("rectification_overdue" if overdue else "rectification_open", {"day": _day(case.end)})
        disposition = _REMIND if overdue else _NOTHING
        yield _matter(site, "rectification", disposition, text, case.source, VisitKind.CASE)
    if standing.exemptions:
        yield _matter(site, "exemption", _NOTHING, Phrase("exempt_from_checks"), standing.exemptions[0].source)


def _day(day: date | None) -> Value:
    return day.isoformat() if day else Phrase("day_not_stated")


def _of_others(site: Site, standing: Standing, day: date) -> Iterator[Matter]:
    for asked in standing.asked:
        kind, disposition = _asked_kind(asked), _asked_disposition(asked, bool(standing.exemptions))
        overdue = asked.due is not None and asked.due < day
        values: dict[str, Value] = {
            "matter": asked.matter or asked.basis,
            "by": asked.section or asked.asked_by or Phrase("somebody"),
            "due": _day(asked.due),
        }
        text = Phrase("asked_overdue" if overdue else "asked_for", values)
        yield _matter(site, "asked", disposition, text, asked.source, kind)


def is_request(asked: AskedMatter) -> bool:
    """Whether the firm or its park asks (诉求, 园区吹哨), not another section."""
    by = asked.asked_by.lower()
    return any(word in by for word in (*_FIRM, *_PARK))


def _asked_kind(asked: AskedMatter) -> VisitKind:
    """What a park or the firm asks for is a kind of its own; what a section asks for is of its yearly plan."""
    return VisitKind.REQUEST if is_request(asked) else VisitKind.DAILY


def _asked_disposition(asked: AskedMatter, exempt: bool) -> Disposition:
    """An entry only where it is asked for, and not by a plan where the site is exempt; else the lightest step."""
    requested = is_request(asked)
    if asked.entry and (requested or not exempt):
        return _VISIT
    return _HELP if requested else _REMIND


def _of_checks(site: Site, standing: Standing, day: date) -> Iterator[Matter]:
    """Checks by all bodies: one more would be one too many for the firm."""
    days = [check.day for check in standing.checks]
    days += [visit.day for visit in site.visited if visit.day <= day and visit.day not in days]
    week, month = (sum(day - span <= one for one in days) for span in (_WEEK, _MONTH))
    if week >= _OFTEN_A_WEEK or month >= _OFTEN_A_MONTH:
        text = Phrase("checked_often", {"week": week, "month": month})
        yield _matter(site, "checks", _NOTHING, text, "checks")
