"""Evidence per site, what else could explain it, and what to do about it.

Inspectors are sent only where a hotspot recurs beyond chance, is not what passing vehicles emit too, has a wind
direction, and points at one door rather than at its neighbours. All else is measured again, or settled off site;
nothing is measured again before the duty officer has cleared it where a value was above a level of acute harm.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

import numpy as np

from fusion.schema import Attribution, Hotspot, SiteProbability
from ingest.errors import ContractError
from ingest.outcome import Notes, Outcome
from ingest.schema import Site, SitePlace
from onevisit.schema import Disposition, Evidence, Explanation, Lead, Matter, Rival, VisitKind
from onevisit.settings import VisitSettings
from onevisit.words.numbers import rounded, unit_text, with_error
from onevisit.words.strings import Words

_LADDER = tuple(Disposition)
_EN, _ZH = Words("en"), Words("zh")


@dataclass(frozen=True)
class _Clue:
    """One hotspot as seen from one site."""

    hotspot: Hotspot
    probability: float
    explanations: tuple[Explanation, ...]
    disposition: Disposition
    why_en: str
    why_zh: str
    place: int
    urgent: bool = False


def weigh_leads(
    sites: Sequence[Site],
    hotspots: Sequence[Hotspot],
    attributions: Sequence[Attribution],
    settings: VisitSettings,
    *,
    day: date,
    matters: Sequence[Matter] = (),
    urgent: Collection[str] = (),
) -> Outcome[tuple[Lead, ...]]:
    """Gather what speaks for looking at each site, weigh it against its rivals, and propose what to do.

    Hotspots of one mission share wind, instrument and register, so their probabilities are not multiplied: a lead
    takes those of the hotspot that decides it. A ``visit`` needs a hotspot that recurs beyond chance, in another
    species than tracers of exhaust, was seen in ``visit_passes`` drive passes and ``visit_share_seen`` of those that
    crossed it, a wind above calm, a probability above
    ``visit_probability`` and ``rival_ratio`` times that of the next listed site, and a site whose position is known
    to ``visit_position_sd_m``; a hotspot that fails any of these is measured again.

    Parameters
    ----------
    sites : sequence of Site
        The listed sites.
    hotspots, attributions : sequences
        As from `fusion.attribution.attribute`; each attribution names its hotspot.
    settings : VisitSettings
    day : date
        The day for which permits are judged.
    matters : sequence of Matter
        What other sources have on these sites (monitor records, complaints, plans).
    urgent : collection of str
        Ids of hotspots with a value above an acute level (`onevisit.leads.urgent.find_alarms`): no drive is proposed
        there, and a visit waits for the duty officer.

    Returns
    -------
    Outcome of a tuple of `Lead`
        At most one per site, urgent ones first, then most intrusive first, then by probability, then by site id.

    Raises
    ------
    ContractError
        If two sites share an id, or an attribution names no hotspot of ``hotspots``.
    """
    by_id = _index_sites(sites)
    clues = _clues_by_site(by_id, hotspots, attributions, settings, urgent)
    known = [m for m in matters if m.site_id in by_id]
    notes = Notes()
    for matter in matters:
        if matter.site_id not in by_id:
            notes.reject(matter.evidence_id or matter.code, matter.site_id, "site_in_no_register")
    leads = []
    for site in sites:
        own = [m for m in known if m.site_id == site.site_id] + _permit_matters(site, settings, day)
        lead = _weigh_site(site, clues.get(site.site_id, []), own)
        if lead is not None:
            leads.append(lead)
    leads.sort(key=lambda lead: (not lead.urgent, -_LADDER.index(lead.disposition), -lead.probability, lead.site_id))
    _note_positions(leads, by_id, settings, notes)
    return notes.outcome(tuple(leads))


def fault_probability(passes_seen: int, settings: VisitSettings) -> float:
    """Probability that an enhancement seen in so many passes was made by the instrument or its set-up.

    A fault makes one enhancement with ``fault_prior`` and falls into the same cells again with ``fault_repeat`` on
    each further pass, so the odds shrink geometrically (Bayes' rule with independent passes). It does not hold for a
    fault tied to a place, such as a spot where the intake always meets the vehicle's own exhaust.

    Examples
    --------
    >>> round(fault_probability(1, VisitSettings()), 4), round(fault_probability(3, VisitSettings()), 5)
    (0.05, 0.00053)
    """
    odds = settings.fault_prior * settings.fault_repeat ** max(passes_seen - 1, 0)
    return odds / (odds + 1.0 - settings.fault_prior) if odds else 0.0


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
    urgent: Collection[str],
) -> dict[str, list[_Clue]]:
    by_id = {hotspot.id: hotspot for hotspot in hotspots}
    clues: dict[str, list[_Clue]] = {}
    for attribution in attributions:
        if attribution.hotspot_id not in by_id:
            raise ContractError(f"an attribution names hotspot {attribution.hotspot_id!r}, which is not given")
        hotspot = by_id[attribution.hotspot_id]
        for candidate in attribution.sites:
            if candidate.site_id in sites and candidate.probability >= settings.mention_probability:
                clue = _clue(sites[candidate.site_id], candidate, hotspot, attribution, settings)
                clues.setdefault(candidate.site_id, []).append(_with_alarm(clue) if hotspot.id in urgent else clue)
    return clues


def _clue(
    site: Site, candidate: SiteProbability, hotspot: Hotspot, attribution: Attribution, settings: VisitSettings
) -> _Clue:
    probability = candidate.probability
    others = [c.probability for c in attribution.sites if c.site_id != site.site_id]
    following = max(others, default=0.0)
    disposition, why_en, why_zh = _dispose(site, candidate, following, hotspot, attribution, settings)
    fault = fault_probability(hotspot.passes_seen, settings)
    explanations = _explanations(probability, sum(others), attribution, fault)
    return _Clue(hotspot, probability, explanations, disposition, why_en, why_zh, candidate.place)


def _with_alarm(clue: _Clue) -> _Clue:
    """The same clue at a place with a value of acute harm: nobody is sent there to measure."""
    visited = clue.disposition is Disposition.VISIT
    en = "urgent: first inform the duty officer" + ("" if visited else ", no drive before it is cleared")
    zh = "紧急：先报告值班负责人" + ("" if visited else "，解除前不得复测")
    disposition = Disposition.NONE if clue.disposition is Disposition.MEASURE_AGAIN else clue.disposition
    return replace(
        clue, disposition=disposition, why_en=f"{en}; {clue.why_en}", why_zh=f"{zh}；{clue.why_zh}", urgent=True
    )


def _explanations(
    probability: float, others: float, attribution: Attribution, fault: float
) -> tuple[Explanation, ...]:
    shares = {
        Rival.THIS_SITE: probability,
        Rival.OTHER_SITES: others,
        Rival.UNLISTED: attribution.unlisted,
        Rival.BACKGROUND: attribution.background,
    }
    total = sum(shares.values())
    if not np.isfinite(total) or total <= 0:
        raise ContractError(f"attribution of hotspot {attribution.hotspot_id}: probabilities sum to {total}")
    scaled = [Explanation(name.value, share / total * (1.0 - fault)) for name, share in shares.items()]
    return (*scaled, Explanation(Rival.FAULT.value, fault))


def _dispose(
    site: Site,
    candidate: SiteProbability,
    following: float,
    hotspot: Hotspot,
    attribution: Attribution,
    settings: VisitSettings,
) -> tuple[Disposition, str, str]:
    """What one hotspot asks for at one site, and the first reason that stops it from being more."""
    probability = candidate.probability
    if probability < settings.measure_probability:
        return (
            Disposition.NONE,
            f"probability {probability:.2f} is too small to act on",
            f"概率 {probability:.2f} 过低，暂不处置",
        )
    doubts = [
        *_sighting_doubts(hotspot, settings),
        *_wind_doubts(hotspot, attribution),
        *_place_doubts(site, candidate, settings),
        *_door_doubts(site, probability, following, settings),
    ]
    if doubts:
        return Disposition.MEASURE_AGAIN, "; ".join(d[0] for d in doubts), "；".join(d[1] for d in doubts)
    return (
        Disposition.VISIT,
        f"seen in {hotspot.passes_seen} of {hotspot.passes_crossed} passes, and this site explains it with "
        f"probability {probability:.2f}",
        f"{hotspot.passes_crossed} 次通过中检出 {hotspot.passes_seen} 次，该点位解释概率 {probability:.2f}",
    )


def _sighting_doubts(hotspot: Hotspot, settings: VisitSettings) -> list[tuple[str, str]]:
    seen, crossed, needed = hotspot.passes_seen, hotspot.passes_crossed, settings.visit_passes
    doubts = []
    if seen < needed:
        doubts.append(
            (f"seen in {seen} of {crossed} passes, {needed} are needed", f"仅检出 {seen} 次，至少需 {needed} 次")
        )
    elif hotspot.tier == "single":
        doubts.append(
            (
                f"seen in {seen} of {crossed} passes, which chance may explain",
                f"{crossed} 次通过中检出 {seen} 次，但不能排除偶然",
            )
        )
    elif seen < settings.visit_share_seen * crossed:
        share = f"{settings.visit_share_seen:.0%}"
        doubts.append(
            (
                f"seen in {seen} of {crossed} passes, less than {share}",
                f"{crossed} 次通过中检出 {seen} 次，低于 {share}",
            )
        )
    if hotspot.exhaust:
        doubts.append(
            ("only tracers of exhaust rose, which passing vehicles emit too", "仅见尾气示踪物，过往车辆亦可造成")
        )
    return doubts


def _wind_doubts(hotspot: Hotspot, attribution: Attribution) -> list[tuple[str, str]]:
    speed = hotspot.wind_speed
    if speed is None or not np.isfinite(speed):  # a logger without an anemometer may have borrowed the wind
        none = ("no wind was measured, so there is no direction", "无风向资料，无法定向")
        return [none] if attribution.bearing_deg is None else []
    if hotspot.wind_from_deg is None:
        return [(f"calm ({speed:.1f} m/s), so there is no direction", f"静风（{speed:.1f} m/s），无法定向")]
    if attribution.bearing_deg is None:
        return [("the data support no direction", "资料不足以定向")]
    return []


def _place_doubts(site: Site, candidate: SiteProbability, settings: VisitSettings) -> list[tuple[str, str]]:
    """A site of several places whose likeliest one is not ``rival_ratio`` times as likely as the rest."""
    share = candidate.place_probability
    if not site.elsewhere or share >= settings.rival_ratio * (1.0 - share):
        return []
    return [
        (
            f"the register leaves {1 + len(site.elsewhere)} places for the site, and it stands at the one that fits "
            f"with probability {share:.2f} only: check the register first",
            f"名录坐标存疑，该点位有 {1 + len(site.elsewhere)} 个可能位置，"
            f"与检测相符的位置概率仅 {share:.2f}，须先核实名录坐标",
        )
    ]


def _door_doubts(site: Site, probability: float, following: float, settings: VisitSettings) -> list[tuple[str, str]]:
    doubts = []
    if site.position_sd_m > settings.visit_position_sd_m:
        doubts.append(
            (
                f"the site's coordinates ({site.crs_source}) are good to ± {site.position_sd_m:.0f} m only: check "
                "the register first",
                f"点位坐标误差约 ± {site.position_sd_m:.0f} m，须先核实名录坐标",
            )
        )
    if probability < settings.visit_probability:
        limit, told = f"{settings.visit_probability:.2f}", _below(probability, settings.visit_probability)
        doubts.append((f"probability {told} is below {limit}", f"概率 {told} 低于 {limit}"))
    if probability < settings.rival_ratio * following:
        doubts.append(
            (
                f"another listed site is nearly as likely ({following:.2f} against {probability:.2f})",
                f"另有名录内点位概率相近（{following:.2f} 对 {probability:.2f}）",
            )
        )
    return doubts


def _below(value: float, limit: float) -> str:
    """A number with as many decimals as it takes to see that it is below the limit: two, where they are enough."""
    for decimals in range(2, 6):
        text = f"{value:.{decimals}f}"
        if float(text) < limit:
            return text
    return f"{value:g}"


def _permit_matters(site: Site, settings: VisitSettings, day: date) -> list[Matter]:
    if site.permit_valid_to is None:
        return []
    left = (site.permit_valid_to - day).days
    if left > settings.remind_days:
        return []
    until = site.permit_valid_to.isoformat()
    if left < 0:
        text_en, text_zh = f"discharge permit expired on {until}", f"排污许可证已于 {until} 到期"
    else:
        text_en, text_zh = f"discharge permit expires on {until}", f"排污许可证将于 {until} 到期"
    return [Matter(site.site_id, "permit", VisitKind.DAILY, Disposition.REMIND, text_en, text_zh, "permit_valid_to")]


def _weigh_site(site: Site, clues: Sequence[_Clue], matters: Sequence[Matter]) -> Lead | None:
    if not clues and not matters:
        return None
    ordered = sorted(clues, key=lambda c: (-_LADDER.index(c.disposition), not c.urgent, -c.probability, c.hotspot.id))
    from_hotspots = [_hotspot_matter(site, c) for c in ordered if c.disposition is not Disposition.NONE]
    everything = (*from_hotspots, *matters)
    disposition = max((m.disposition for m in everything), key=_LADDER.index, default=Disposition.NONE)
    reasons_en, reasons_zh = _reasons(ordered, matters)
    places = _places_of(site, ordered)
    gate = places[0].gate
    gravest = max(matters, key=lambda m: _LADDER.index(m.disposition), default=None)
    return Lead(
        site.site_id,
        site.name,
        site.permit_code,
        gate.x if gate is not None else places[0].lon,
        gate.y if gate is not None else places[0].lat,
        (*(_hotspot_evidence(c) for c in ordered), *(_matter_evidence(m) for m in matters)),
        ordered[0].explanations if ordered else gravest.explanations if gravest is not None else (),
        ordered[0].explanations[0].probability if ordered else 0.0,
        disposition,
        tuple(reasons_en),
        tuple(reasons_zh),
        everything,
        tuple(c.hotspot.id for c in ordered),
        at_gate=gate is not None,
        places=places if site.elsewhere else (),
        urgent=tuple(c.hotspot.id for c in ordered if c.urgent),
    )


def _places_of(site: Site, ordered: Sequence[_Clue]) -> tuple[SitePlace, ...]:
    """Places of a site, first the one from which it explains the hotspot that decides."""
    first = ordered[0].place if ordered else 0
    return (site.places[first], *site.places[:first], *site.places[first + 1 :])


def _reasons(clues: Sequence[_Clue], matters: Sequence[Matter]) -> tuple[list[str], list[str]]:
    shown = [*clues[:1]] + [c for c in clues[1:] if c.urgent or c.disposition is not Disposition.NONE]
    return (
        [f"hotspot {c.hotspot.id}: {c.why_en}" for c in shown] + [m.text_en for m in matters],
        [f"热点 {c.hotspot.id}：{c.why_zh}" for c in shown] + [m.text_zh for m in matters],
    )


def _hotspot_matter(site: Site, clue: _Clue) -> Matter:
    """All that one place asks for: one matter, whatever rose there."""
    h = clue.hotspot
    number = f"{rounded(h.enhancement)} {unit_text(h.unit)}"
    with_en, with_zh = _EN.others(h.others), _ZH.others(h.others)
    first_en, first_zh = (
        ("not before the duty officer has cleared it: ", "经值班负责人解除后方可：") if clue.urgent else ("", "")
    )
    return Matter(
        site.site_id,
        "emission",
        VisitKind.CASE,
        clue.disposition,
        f"{first_en}{_EN.species(h.species)} {number} above background at hotspot {h.id}{with_en}",
        f"{first_zh}热点 {h.id}：{_ZH.species(h.species)} 高出背景 {number}{with_zh}",
        h.id,
    )


def _hotspot_evidence(clue: _Clue) -> Evidence:
    h = clue.hotspot
    wind_en, wind_zh = _wind_words(h)
    number = f"{with_error(h.enhancement, h.enhancement_sd)} {unit_text(h.unit)}"
    above = rounded(h.background)
    text_en = (
        f"{_EN.species(h.species)} {number} above a background of {above}{_EN.others(h.others)}, seen in "
        f"{h.passes_seen} of {h.passes_crossed} passes, p = {h.p_value:.2g}; {wind_en}; this site explains it with "
        f"probability {clue.probability:.2f}"
    )
    text_zh = (
        f"{_ZH.species(h.species)} 高出背景（{above}）{number}{_ZH.others(h.others)}，"
        f"{h.passes_crossed} 次通过中检出 {h.passes_seen} 次，"
        f"p = {h.p_value:.2g}；{wind_zh}；该点位解释概率 {clue.probability:.2f}"
    )
    return Evidence("hotspot", h.id, _utc(h.last_seen), text_en, text_zh)


def _wind_words(hotspot: Hotspot) -> tuple[str, str]:
    if hotspot.wind_speed is None:
        return "wind unknown", "无风资料"
    if hotspot.wind_from_deg is None:
        return f"calm ({hotspot.wind_speed:.1f} m/s)", f"静风（{hotspot.wind_speed:.1f} m/s）"
    wind = f"{hotspot.wind_from_deg:.0f}°"
    return f"wind from {wind} at {hotspot.wind_speed:.1f} m/s", f"风向 {wind}，风速 {hotspot.wind_speed:.1f} m/s"


def _matter_evidence(matter: Matter) -> Evidence:
    kind = "register" if matter.code == "permit" else "record"
    return Evidence(kind, matter.evidence_id or matter.code, matter.time, matter.text_en, matter.text_zh)


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
