"""One visit per site: all of its matters merged into one entry, of one kind, counted once.

只进一次门、综合查一次、一次查多事. A case visit is not counted against the yearly cap; an entry that also does the
work of a planned daily inspection is.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from ingest.errors import ContractError
from ingest.outcome import Decision, Notes, Outcome, Reject
from ingest.schema import Site
from onevisit.schema import Disposition, Lead, Matter, Visit, VisitKind
from onevisit.settings import VisitSettings

_STRONGEST = (VisitKind.CASE, VisitKind.SPECIAL, VisitKind.DAILY, VisitKind.REQUEST)
"""Kinds of a visit; of several the first counts."""


def plan_visits(
    leads: Sequence[Lead], sites: Sequence[Site], settings: VisitSettings, *, day: date
) -> Outcome[tuple[Visit, ...]]:
    """Merge everything that is on the list for a site into one visit, for the sites that need an entry at all.

    A visit's kind is the strongest of the matters that need an entry: case before special before daily before what
    was asked for. Matters that a reminder would settle ride along, they never cause an entry. Where the yearly cap is
    reached, daily matters wait and a site with nothing else gets no visit.

    Parameters
    ----------
    leads : sequence of Lead
        At most one per site; those of places without a site are left out.
    sites : sequence of Site
        The sites the leads name.
    settings : VisitSettings
        ``yearly_cap`` of None means that no cap is known: nothing is held back, and a decision says so.
    day : date
        Day of the visits; the year of the cap.

    Returns
    -------
    Outcome of a tuple of `Visit`
        In the order of the leads, each site at most once.

    Raises
    ------
    ContractError
        If two leads are about one site, or a lead names a site that is not given.
    """
    by_id = {site.site_id: site for site in sites}
    leads = [lead for lead in leads if lead.is_of_site]
    _check_leads(leads, by_id)
    visits, notes = [], Notes()
    for lead in leads:
        if lead.disposition is not Disposition.VISIT:
            continue
        site = by_id[lead.site_id]
        used = visits_in_year(site, day)
        is_full = settings.yearly_cap is not None and used >= settings.yearly_cap
        due, waiting = _split_by_cap(lead.matters, is_full)
        if not any(m.disposition is Disposition.VISIT for m in due):
            notes.keep(_capped(lead, used, settings))
            continue
        if waiting:
            notes.keep(_postponed(lead, waiting, used, settings))
        visits.append(_merge(lead, site, due, used, settings))
    if visits and settings.yearly_cap is None:
        notes.keep(_no_cap(visits))
    return notes.outcome(tuple(visits))


def visits_in_year(site: Site, day: date) -> int:
    """Registered daily visits of the site in the calendar year of ``day``; special and case visits do not count."""
    return sum(v.kind == VisitKind.DAILY and v.day.year == day.year and v.day <= day for v in site.visited)


def _check_leads(leads: Sequence[Lead], sites: dict[str, Site]) -> None:
    seen: set[str] = set()
    for lead in leads:
        if lead.site_id in seen:
            raise ContractError(f"two leads are about site {lead.site_id}; merge them before planning visits")
        if lead.site_id not in sites:
            raise ContractError(f"a lead names site {lead.site_id}, which is not given")
        seen.add(lead.site_id)


def _split_by_cap(matters: Sequence[Matter], is_full: bool) -> tuple[list[Matter], list[Matter]]:
    """Matters that may be entered for today, and the daily ones that a full cap holds back."""
    held = [m for m in matters if is_full and _counts(m)]
    return [m for m in matters if m not in held], held


def _counts(matter: Matter) -> bool:
    return matter.kind is VisitKind.DAILY and matter.disposition is Disposition.VISIT


def _merge(lead: Lead, site: Site, matters: Sequence[Matter], used: int, settings: VisitSettings) -> Visit:
    kinds = {m.kind for m in matters if m.disposition is Disposition.VISIT}
    kind = next(k for k in _STRONGEST if k in kinds)
    asking = [m for m in matters if m.disposition is not Disposition.NONE]
    minutes = settings.service_min + settings.matter_min * (len(asking) - 1)
    return Visit(
        site.site_id,
        site.name,
        site.permit_code,
        site.address,
        lead.lon,
        lead.lat,
        lead.at_gate,
        lead.places[0].sd_m if lead.places else site.position_sd_m,
        kind,
        any(_counts(m) for m in matters),
        used,
        settings.yearly_cap,
        tuple(matters),
        lead.reasons,
        lead.explanations,
        lead.evidence,
        lead.probability,
        _priority(lead, kind),
        round(60 * min(minutes, settings.longest_min)),
        lead.places,
    )


def _priority(lead: Lead, kind: VisitKind) -> int:
    """1 for what is planned or asked for, 2 for a campaign, 3 to 5 for a case, by its probability; 5 if urgent."""
    if lead.urgent:
        return 5
    if kind is not VisitKind.CASE:
        return 2 if kind is VisitKind.SPECIAL else 1
    return 3 + (lead.probability >= 0.75) + (lead.probability >= 0.9)


def _capped(lead: Lead, used: int, settings: VisitSettings) -> Reject:
    cap = settings.yearly_cap
    return Reject(f"site {lead.site_id}", "yearly cap", "yearly_cap_reached", {"visits": used, "cap": cap})


def _postponed(lead: Lead, waiting: Sequence[Matter], used: int, settings: VisitSettings) -> Decision:
    matters = tuple(m.text for m in waiting)
    return Decision(
        f"site {lead.site_id}",
        "daily_matters_wait",
        {"matters": matters, "visits": used, "cap": settings.yearly_cap},
    )


def _no_cap(visits: Sequence[Visit]) -> Decision:
    counted = sum(visit.counts_against_cap for visit in visits)
    return Decision("visits", "no_yearly_cap", {"visits": len(visits), "counted": counted})
