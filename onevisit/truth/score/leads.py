"""Leads and visits held against what is wrong at the sites, and against each confounder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from onevisit.truth.score.doses import Match
from onevisit.truth.score.measures import Measure, not_built, share, total
from onevisit.truth.score.results import Feature, Results, Truth

MONITOR_EVIDENCE = {"record"}
"""Kinds of evidence that rest on monitor, power or treatment records."""

_NO_RECORDS = ("plume", "permit", "disclosure")
"""Causes that the air or a register shows, not a record."""
ACTIONABLE = ("remind", "help", "visit")
"""Dispositions that somebody outside of the bureau would notice; ``measure_again`` and ``none`` are not."""


def score_leads(results: Results, truth: Truth, matches: Sequence[Match]) -> list[Measure]:
    """How many of the leads that act are real, how many real cases they reach, and what misled the others."""
    titles = {
        "leads.precision": "leads that ask for a visit, help or a reminder, and are right to",
        "leads.disposition": "of them with the disposition that is right",
        "leads.recall": "sites whose plume or permit could be seen, with a lead that acts",
        "leads.visit_precision": "visits whose cause, not another at the site, calls for one",
        "leads.visits_lawful": "visits for a plume that is what the permit allows",
    }
    expected = {s["site_id"]: s["expected"] for s in truth.content["sites"]}
    if results.leads is None:
        return [not_built(key, title, "%") for key, title in titles.items()]
    acting = [lead for lead in results.leads if lead.properties.get("disposition") in ACTIONABLE]
    told = [told_causes(lead, truth, matches) for lead in acting]
    right = [any(c["expected"] != "none" for c in causes) for causes in told]
    exact = [
        ok and expected.get(site_of(lead)) == lead.properties["disposition"]
        for ok, lead in zip(right, acting, strict=True)
    ]
    reached = {site_of(lead) for lead in acting}
    return [
        share("leads.precision", titles["leads.precision"], right),
        share("leads.disposition", titles["leads.disposition"], exact),
        share("leads.recall", titles["leads.recall"], [site in reached for site in _to_find(truth, monitors=False)]),
        _monitor_recall(results, truth, reached),
        *_visits(results, truth, matches, titles),
        *_false_leads(truth, acting, right, matches),
    ]


def _to_find(truth: Truth, *, monitors: bool) -> list[str]:
    """Sites with a cause that asks for something and that the files can show: from monitors, or from all else."""
    return sorted(
        site["site_id"]
        for site in truth.content["sites"]
        if any(
            c["findable"] and c["expected"] != "none" and (c["cause"] not in _NO_RECORDS) == monitors
            for c in site["causes"]
        )
    )


def _monitor_recall(results: Results, truth: Truth, reached: set[str]) -> Measure:
    """Recall of sites whose records show something; built once leads rest on monitor, power or treatment records."""
    title = "sites whose monitor, power or treatment records show something, with a lead that acts"
    kinds = {str(e.get("kind")) for lead in results.leads or () for e in lead.properties.get("evidence", ())}
    if not kinds & (MONITOR_EVIDENCE | {str(a["kind"]) for a in truth.content["anomalies"]}):  # by its own name, too
        return not_built("leads.recall_monitors", title, "%")
    return share("leads.recall_monitors", title, [site in reached for site in _to_find(truth, monitors=True)])


def site_of(feature: Feature) -> str:
    """The id of the site that a lead or a visit is about."""
    return str(feature.properties.get("site_id", ""))


def told_causes(lead: Feature, truth: Truth, matches: Sequence[Match]) -> list[Mapping[str, Any]]:
    """The true causes at a lead's site that the lead tells of.

    A plume is told of where a hotspot of the lead shows a source of that site; what registers say only where the lead
    reminds, because a reminder that is due makes no other call right; what records show where the lead names its
    kind, one that is right to say of it, too, or rests on records at all.
    """
    site = next((s for s in truth.content["sites"] if s["site_id"] == site_of(lead)), None)
    kinds = {str(e.get("kind")) for e in lead.properties.get("evidence", ())}
    reminds = lead.properties["disposition"] == "remind"

    def is_told(cause: Mapping[str, Any]) -> bool:
        if cause["cause"] == "plume":
            return bool(_sources_shown(lead, matches))
        if cause["cause"] in ("permit", "disclosure"):
            return bool(reminds)
        return bool(kinds & {cause["cause"], *cause.get("also", ()), *MONITOR_EVIDENCE})

    return [c for c in site["causes"] if is_told(c)] if site else []


def _sources_shown(lead: Feature, matches: Sequence[Match]) -> list[Mapping[str, Any]]:
    """The sources of a lead's own site that its hotspots show."""
    own = {str(h) for h in lead.properties.get("hotspots", ())}
    shown = [m.source for m in matches if str(m.hotspot.properties.get("id")) in own and m.source is not None]
    return [source for source in shown if source["site_id"] == site_of(lead)]


def _visits(
    results: Results, truth: Truth, matches: Sequence[Match], titles: Mapping[str, str]
) -> tuple[Measure, Measure]:
    """Whether what opened the door calls for a visit, and visits for what a permit allows.

    What opened the door is told by the lead of the visit's site.
    """
    keys = "leads.visit_precision", "leads.visits_lawful"
    if results.visits is None:
        return not_built(keys[0], titles[keys[0]], "%"), not_built(keys[1], titles[keys[1]], better="low")
    leads = {site_of(lead): lead for lead in results.leads or ()}
    opened = [leads[site_of(visit)] for visit in results.visits if site_of(visit) in leads]
    right = [any(c["expected"] == "visit" for c in told_causes(lead, truth, matches)) for lead in opened]
    lawful = [any(s.get("lawful", False) for s in _sources_shown(lead, matches)) for lead in opened]
    unled = [False] * (len(results.visits) - len(opened))
    return share(keys[0], titles[keys[0]], [*right, *unled]), total(keys[1], titles[keys[1]], sum(lawful))


def _false_leads(
    truth: Truth, acting: Sequence[Feature], right: Sequence[bool], matches: Sequence[Match]
) -> list[Measure]:
    """False leads at sites that a confounder touches, or that rest on a hotspot where it acted."""
    false = [lead for lead, ok in zip(acting, right, strict=True) if not ok]
    shapes = {str(m.hotspot.properties.get("id")): m.hotspot.shape for m in matches}
    measures = [total("leads.false", "false leads a mission", len(false))]
    for confounder in truth.content["confounders"]:
        where, touched = truth.shape(confounder["where"]), set(confounder["sites"])
        count = 0
        for lead in false:
            polygons = [shapes.get(str(h)) for h in lead.properties.get("hotspots", ())]
            there = where is not None and any(p is not None and p.intersects(where) for p in polygons)
            count += site_of(lead) in touched or there
        title = f"of them touched by {confounder['name']}"
        measures.append(total(f"leads.false.{confounder['name']}", title, count))
    return measures
