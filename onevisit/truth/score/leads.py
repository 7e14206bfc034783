"""Leads and visits held against what is wrong at the sites, and against each confounder."""

from __future__ import annotations

from collections.abc import Sequence

from onevisit.truth.score.hotspots import Match
from onevisit.truth.score.measures import Measure, not_built, share, total
from onevisit.truth.score.results import Feature, Results, Truth

MONITOR_EVIDENCE = {"monitor", "power", "treatment"}
"""Kinds of evidence that rest on monitor, power or treatment records."""

ACTIONABLE = ("remind", "help", "visit")
"""Dispositions that somebody outside of the bureau would notice; ``measure_again`` and ``none`` are not."""


def score_leads(results: Results, truth: Truth, matches: Sequence[Match]) -> list[Measure]:
    """How many of the leads that act are real, how many real cases they reach, and what misled the others."""
    titles = {
        "leads.precision": "leads that ask for a visit, help or a reminder, and are right to",
        "leads.disposition": "of them with the disposition that is right",
        "leads.recall": "sites whose plume or permit could be seen, with a lead that acts",
        "leads.visit_precision": "visits to a site that has something wrong",
    }
    expected = {s["site_id"]: s["expected"] for s in truth.content["sites"]}
    if results.leads is None:
        return [not_built(key, title, "%") for key, title in titles.items()]
    acting = [lead for lead in results.leads if lead.properties.get("disposition") in ACTIONABLE]
    right = [expected.get(_site(lead), "none") != "none" for lead in acting]
    exact = [expected.get(_site(lead)) == lead.properties["disposition"] for lead in acting]
    reached = {_site(lead) for lead in acting}
    return [
        share("leads.precision", titles["leads.precision"], right),
        share("leads.disposition", titles["leads.disposition"], exact),
        share("leads.recall", titles["leads.recall"], [site in reached for site in _to_find(truth, monitors=False)]),
        _monitor_recall(results, truth, reached),
        _visit_precision(results, expected, titles["leads.visit_precision"]),
        *_false_leads(truth, acting, right, matches),
    ]


def _to_find(truth: Truth, *, monitors: bool) -> list[str]:
    """Sites with a cause that asks for something and that the files can show: from monitors, or from all else."""
    return sorted(
        site["site_id"]
        for site in truth.content["sites"]
        if any(
            c["findable"] and c["expected"] != "none" and (c["cause"] not in ("plume", "permit")) == monitors
            for c in site["causes"]
        )
    )


def _monitor_recall(results: Results, truth: Truth, reached: set[str]) -> Measure:
    """Recall of sites whose records show something; built once leads rest on monitor, power or treatment records."""
    title = "sites whose monitor, power or treatment records show something, with a lead that acts"
    kinds = {str(e.get("kind")) for lead in results.leads or () for e in lead.properties.get("evidence", ())}
    if not kinds & (MONITOR_EVIDENCE | {str(a["kind"]) for a in truth.content["anomalies"]}):
        return not_built("leads.recall_monitors", title, "%")
    return share("leads.recall_monitors", title, [site in reached for site in _to_find(truth, monitors=True)])


def _site(feature: Feature) -> str:
    return str(feature.properties.get("site_id", ""))


def _visit_precision(results: Results, expected: dict[str, str], title: str) -> Measure:
    if results.visits is None:
        return not_built("leads.visit_precision", title, "%")
    return share(
        "leads.visit_precision", title, [expected.get(_site(visit), "none") != "none" for visit in results.visits]
    )


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
            count += _site(lead) in touched or there
        title = f"of them touched by {confounder['name']}"
        measures.append(total(f"leads.false.{confounder['name']}", title, count))
    return measures


def score_monitor_rules(results: Results, truth: Truth) -> list[Measure]:
    """Precision and recall of the rules on monitor, power and treatment records, per type of anomaly.

    A rule's finding is a lead's evidence whose kind is the type of the anomaly, at the site where it was put.
    """
    anomalies = truth.content.get("anomalies", [])
    kinds = sorted({a["kind"] for a in anomalies})
    found = {
        (str(e.get("kind")), _site(lead)) for lead in results.leads or () for e in lead.properties.get("evidence", ())
    }
    known = {kind for kind, _ in found}
    measures = []
    for kind in kinds:
        real = {(kind, a["site_id"]) for a in anomalies if a["kind"] == kind}
        titles = f"{kind}: findings that are right", f"{kind}: cases that are found"
        if kind not in known:
            measures += [not_built(f"monitors.{kind}.precision", titles[0], "%")]
            measures += [not_built(f"monitors.{kind}.recall", titles[1], "%")]
            continue
        mine = sorted(f for f in found if f[0] == kind)
        measures.append(share(f"monitors.{kind}.precision", titles[0], [f in real for f in mine]))
        measures.append(share(f"monitors.{kind}.recall", titles[1], [r in found for r in sorted(real)]))
    return measures
