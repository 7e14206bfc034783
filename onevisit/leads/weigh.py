"""All that is known of a site in one lead: evidence, what else could explain it, and what to do about it.

Nothing is measured again before the duty officer has cleared it where a value was above a level of acute harm.
Where a visit is open at a site, help is no longer offered beside it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from fusion.schema import Attribution, Hotspot
from ingest.errors import ContractError
from ingest.outcome import Notes, Outcome, Phrase, Value
from ingest.schema import Site, SitePlace
from onevisit.leads.clues import Clue, read_clue
from onevisit.leads.lawful import Known, hear_lawfulness
from onevisit.leads.registers import is_visit_open
from onevisit.leads.standing import Standing
from onevisit.leads.tables import RivalTables
from onevisit.schema import LADDER, Disposition, Evidence, Explanation, Lead, Matter, VisitKind
from onevisit.settings import VisitSettings


def weigh_leads(
    sites: Sequence[Site],
    hotspots: Sequence[Hotspot],
    attributions: Sequence[Attribution],
    settings: VisitSettings,
    tables: RivalTables,
    *,
    known: Known,
    matters: Sequence[Matter] = (),
    urgent: Collection[str] = (),
) -> Outcome[tuple[Lead, ...]]:
    """Gather what speaks for looking at each site, weigh it against its rivals, and propose what to do.

    Hotspots of one mission share wind, instrument and register, so their probabilities are not multiplied: a lead
    takes those of what decides it. A ``visit`` for a hotspot needs one that recurs beyond chance, in another species
    than tracers of exhaust, was seen in ``visit_passes`` drive passes and ``visit_share_seen`` of those that crossed
    it, a wind above calm, a probability above ``visit_probability`` and ``rival_ratio`` times that of the next listed
    site, a site whose position is known to ``visit_position_sd_m``, and a probability of ``visit_probability`` that
    what it emits is more than it may; a hotspot that fails any of these is measured again or left alone.

    Parameters
    ----------
    sites : sequence of Site
        The listed sites.
    hotspots, attributions : sequences
        As from `fusion.attribution.attribute`; each attribution names its hotspot.
    settings : VisitSettings
    tables : RivalTables
    known : Known
        What registers and records say, for the lawfulness of what is emitted.
    matters : sequence of Matter
        What other sources have on these sites (monitor records, registers).
    urgent : collection of str
        Ids of hotspots with a value above an acute level (`onevisit.leads.urgent.find_alarms`): no drive is proposed
        there, and a visit waits for the duty officer.

    Returns
    -------
    Outcome of a tuple of `Lead`
        At most one per site, in the order of `in_order`.

    Raises
    ------
    ContractError
        If two sites share an id, or an attribution names no hotspot of ``hotspots``.
    """
    by_id = _index_sites(sites)
    notes = Notes()
    clues = _clues_by_site(by_id, hotspots, attributions, settings, tables, known, urgent)
    of_site: dict[str, list[Matter]] = {}
    for matter in matters:
        if matter.site_id in by_id:
            of_site.setdefault(matter.site_id, []).append(matter)
        else:
            notes.reject(matter.evidence_id or matter.code, matter.site_id, "site_in_no_register")
    leads = []
    for site in sites:
        own = _with_visit_open(of_site.get(site.site_id, []), known.standings.get(site.site_id, Standing()))
        lead = _weigh_site(site, clues.get(site.site_id, []), own)
        if lead is not None:
            leads.append(lead)
    _note_positions(leads, by_id, settings, notes)
    return notes.outcome(in_order(leads))


def in_order(leads: Sequence[Lead]) -> tuple[Lead, ...]:
    """Urgent ones first, then most intrusive first, then by probability, then by site id."""

    def rank(lead: Lead) -> tuple[bool, int, float, str]:
        return not lead.urgent, -LADDER.index(lead.disposition), -lead.probability, lead.site_id

    return tuple(sorted(leads, key=rank))


def why_of(disposition: Disposition, reason: Phrase) -> Phrase:
    """The one sentence on a disposition: what it is, and the reason that decides it."""
    return Phrase(_WHY_CODES[disposition], {"reason": reason})


def _why(disposition: Disposition, decides: Matter | None, clues: Sequence[Clue]) -> Phrase:
    """The one sentence on a lead of a site; help that somebody asked for is no fault."""
    reason = _deciding(decides, clues)
    if disposition is Disposition.HELP and decides is not None and decides.kind is VisitKind.REQUEST:
        return Phrase("why_help_asked", {"reason": reason})
    return why_of(disposition, reason)


_WHY_CODES: Mapping[str, str] = {
    "none": "why_none",
    "measure_again": "why_measure_again",
    "look": "why_look",
    "remind": "why_remind",
    "help": "why_help",
    "review": "why_review",
    "visit": "why_visit",
}


def _index_sites(sites: Sequence[Site]) -> dict[str, Site]:
    by_id = {site.site_id: site for site in sites}
    if len(by_id) != len(sites):
        twice = sorted({s.site_id for s in sites if sum(t.site_id == s.site_id for t in sites) > 1})
        raise ContractError(f"sites share an id: {', '.join(twice[:5])}; join them before weighing leads")
    return by_id


def _clues_by_site(
    sites: Mapping[str, Site],
    hotspots: Sequence[Hotspot],
    attributions: Sequence[Attribution],
    settings: VisitSettings,
    tables: RivalTables,
    known: Known,
    urgent: Collection[str],
) -> dict[str, list[Clue]]:
    by_id = {hotspot.id: hotspot for hotspot in hotspots}
    clues: dict[str, list[Clue]] = {}
    for attribution in attributions:
        if attribution.hotspot_id not in by_id:
            raise ContractError(f"an attribution names hotspot {attribution.hotspot_id!r}, which is not given")
        hotspot = by_id[attribution.hotspot_id]
        for candidate in attribution.sites:
            site = sites.get(candidate.site_id)
            if site is None or candidate.probability < settings.mention_probability:
                continue
            heard = hear_lawfulness(site, candidate, hotspot, known, tables)
            clue = read_clue(
                site, candidate, hotspot, attribution, heard=heard, settings=settings, tables=tables, urgent=urgent
            )
            clues.setdefault(site.site_id, []).append(clue)
    return clues


def _with_visit_open(matters: Sequence[Matter], standing: Standing) -> list[Matter]:
    """Help becomes a review where a visit is open at the site: what it found is settled first."""
    if not is_visit_open(standing):
        return list(matters)
    return [
        replace(m, disposition=Disposition.REVIEW, text=Phrase("beside_open_visit", {"matter": m.text}))
        if m.disposition is Disposition.HELP else m
        for m in matters
    ]  # fmt: skip


def _weigh_site(site: Site, clues: Sequence[Clue], matters: Sequence[Matter]) -> Lead | None:
    asking = [matter for matter in matters if matter.disposition is not Disposition.NONE]
    if not clues and not asking:
        return None
    ordered = sorted(clues, key=lambda c: (-LADDER.index(c.disposition), not c.urgent, -c.share, c.hotspot.id))
    from_hotspots = [_hotspot_matter(site, c) for c in ordered if c.disposition is not Disposition.NONE]
    everything = (*from_hotspots, *sorted(matters, key=lambda m: -LADDER.index(m.disposition)))
    decides = max((*from_hotspots, *asking), key=lambda m: LADDER.index(m.disposition), default=None)
    disposition = decides.disposition if decides else Disposition.NONE
    reasons = _reasons(ordered, [matter for matter in everything[len(from_hotspots) :] if matter in asking])
    places = _places_of(site, ordered)
    gate = places[0].gate
    return Lead(
        site.site_id,
        site.name,
        site.permit_code,
        gate.x if gate is not None else places[0].lon,
        gate.y if gate is not None else places[0].lat,
        (*(_hotspot_evidence(c) for c in ordered), *(_matter_evidence(m) for m in everything[len(from_hotspots) :])),
        _explanations(decides, ordered),
        ordered[0].probability if ordered else 0.0,
        disposition,
        _why(disposition, decides, ordered),
        reasons,
        everything,
        tuple(c.hotspot.id for c in ordered),
        at_gate=gate is not None,
        places=places if site.elsewhere else (),
        urgent=tuple(c.hotspot.id for c in ordered if c.urgent),
    )


def _explanations(decides: Matter | None, clues: Sequence[Clue]) -> tuple[Explanation, ...]:
    """Those of what decides; where that was not weighed, of the first hotspot."""
    if decides is not None and decides.explanations:
        return decides.explanations
    return clues[0].explanations if clues else ()


def _deciding(decides: Matter | None, clues: Sequence[Clue]) -> Phrase:
    """The reason of what decides: of a hotspot all that speaks in it, of another matter its text."""
    of_hotspot = [c for c in clues if decides is None or c.hotspot.id == decides.evidence_id]
    return of_hotspot[0].reason if of_hotspot else decides.text if decides else Phrase("nothing_known")


def _places_of(site: Site, ordered: Sequence[Clue]) -> tuple[SitePlace, ...]:
    """Places of a site, first the one from which it explains the hotspot that decides."""
    first = ordered[0].place if ordered else 0
    return (site.places[first], *site.places[:first], *site.places[first + 1 :])


def _reasons(clues: Sequence[Clue], asking: Sequence[Matter]) -> tuple[Phrase, ...]:
    shown = [*clues[:1]] + [c for c in clues[1:] if c.urgent or c.disposition is not Disposition.NONE]
    return (*(clue.reason for clue in shown), *(matter.text for matter in asking))


def _hotspot_matter(site: Site, clue: Clue) -> Matter:
    """All that one place asks for: one matter, whatever rose there."""
    h = clue.hotspot
    values: dict[str, Value] = {
        "id": h.id, "species": h.species, "value": h.enhancement, "unit": h.unit, "others": h.others,
    }  # fmt: skip
    text = Phrase("emission_at_hotspot", values)
    if clue.urgent:
        text = Phrase("not_before_cleared", {"matter": text})
    return Matter(
        site.site_id, "emission", VisitKind.CASE, clue.disposition, text, h.id, clue.explanations, _utc(h.last_seen),
        "hotspot",
    )  # fmt: skip


def hotspot_says(hotspot: Hotspot, share: float, of: str) -> Phrase:
    """What was seen at a hotspot, and the share of it that a site (or a source on no list) explains.

    Parameters
    ----------
    hotspot : Hotspot
    share : float
        Fusion's probability.
    of : str
        ``site``, or ``unlisted`` for a source on no list.
    """
    h = hotspot
    values: dict[str, Value] = {
        "species": h.species, "value": (h.enhancement, h.enhancement_sd), "unit": h.unit, "background": h.background,
        "others": h.others, "seen": h.passes_seen, "crossed": h.passes_crossed, "p": h.p_value,
        "wind": _wind(h), "share": share,
    }  # fmt: skip
    return Phrase("seen_for_site" if of == "site" else "seen_for_unlisted", values)


def _hotspot_evidence(clue: Clue) -> Evidence:
    h = clue.hotspot
    return Evidence("hotspot", h.id, _utc(h.last_seen), hotspot_says(h, clue.share, "site"))


def _wind(hotspot: Hotspot) -> Phrase:
    if hotspot.wind_speed is None:
        return Phrase("wind_unknown_here")
    if hotspot.wind_from_deg is None:
        return Phrase("wind_calm_here", {"speed": hotspot.wind_speed})
    return Phrase("wind_here", {"from_deg": hotspot.wind_from_deg, "speed": hotspot.wind_speed})


def _matter_evidence(matter: Matter) -> Evidence:
    return Evidence(matter.source, matter.evidence_id or matter.code, matter.time, matter.text)


def _utc(time: datetime) -> datetime:
    return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)


def _note_positions(leads: Sequence[Lead], sites: Mapping[str, Site], settings: VisitSettings, notes: Notes) -> None:
    """Note sites that hotspots point at and whose coordinates are too uncertain for a visit."""
    for lead in leads:
        site = sites[lead.site_id]
        if lead.hotspot_ids and site.position_sd_m > settings.visit_position_sd_m:
            notes.decide(
                f"site {lead.site_id}",
                "no_visit_before_position_checked",
                {
                    "sd_m": float(site.position_sd_m),
                    "crs_source": site.crs_source.phrase,
                    "limit_m": settings.visit_position_sd_m,
                },
            )
