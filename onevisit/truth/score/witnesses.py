"""What each witness of a hotspot brings, and how good *none of these* is as a detector of sources on no list."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean
from typing import Any

from onevisit.truth.score.attribution import NONE, answer_of, ranking_of
from onevisit.truth.score.doses import Match
from onevisit.truth.score.measures import Measure, detector, not_built, ratio, share
from onevisit.truth.score.results import Feature, Results

_TITLES = {
    "none.auc": ("none of these as a detector: area under the curve", "", "high"),
    "none.brier": ("none of these as a detector: Brier score", "", "low"),
    "none.flagged": ("listed sources flagged where 80 % of the unlisted are", "%", "low"),
    "none.next_door": ("unlisted sources for whose plume a listed site is visited", "%", "low"),
}

PASSES = ("crossings", "silence")
"""What the drives themselves say is no witness that could be left out."""


def score_witnesses(matches: Sequence[Match]) -> list[Measure]:
    """Points of right likeliest explanations that each kind of witness adds, on the hotspots where it speaks or not.

    Without it the odds of each site are divided by its ratio, as `fusion.schema.Testimony` defines it.
    """
    known = [m for m in matches if m.source is not None and m.hotspot.properties.get(NONE) is not None]
    found = []
    for kind in sorted({kind for m in known for kind in _kinds(m.hotspot)} - set(PASSES)):
        right = [(_likeliest(m.hotspot), _likeliest(m.hotspot, without=kind), answer_of(m)) for m in known]
        gained = [(100.0 * ((having == truth) - (lacking == truth)), 1.0) for having, lacking, truth in right]
        title = f"more right likeliest explanations by the witness {kind}"
        found.append(ratio(f"witness.{kind}", title, "points", gained))
    return found


def score_none(results: Results, matches: Sequence[Match]) -> list[Measure]:
    """*None of these* held against sources that are on no list, once a source: the mean over its hotspots."""
    if not any(m.hotspot.properties.get(NONE) is not None for m in matches):
        return [not_built(key, title, unit, better) for key, (title, unit, better) in _TITLES.items()]
    stated: dict[str, list[float]] = {}
    unlisted: dict[str, bool] = {}
    for m in matches:
        if m.source is not None and m.hotspot.properties.get(NONE) is not None:
            stated.setdefault(m.source["id"], []).append(float(m.hotspot.properties[NONE]))
            unlisted[m.source["id"]] = m.source["site_id"] is None
    scores, truths = [fmean(stated[s]) for s in stated], [unlisted[s] for s in stated]
    visited = _visited(results.leads or (), matches)
    brier = [((score - truth) ** 2, 1.0) for score, truth in zip(scores, truths, strict=True)]
    doors = [source in visited for source in stated if unlisted[source]]
    return [
        detector("none.auc", _TITLES["none.auc"][0], "auc", scores, truths),
        ratio("none.brier", _TITLES["none.brier"][0], "", brier, "low"),
        detector("none.flagged", _TITLES["none.flagged"][0], "flagged", scores, truths),
        share("none.next_door", _TITLES["none.next_door"][0], doors, "low"),
    ]


def _visited(leads: Iterable[Feature], matches: Sequence[Match]) -> set[str]:
    """Unlisted sources that a visit to a listed site rests on."""
    shown = {
        str(m.hotspot.properties.get("id")): str(m.source["id"])
        for m in matches
        if m.source is not None and m.source["site_id"] is None
    }
    return {
        shown[str(hotspot)]
        for lead in leads
        if lead.properties.get("disposition") == "visit"
        for hotspot in lead.properties.get("hotspots", ())
        if str(hotspot) in shown
    }


def _kinds(hotspot: Feature) -> set[str]:
    return {str(w["kind"]) for site in hotspot.properties.get("sites", ()) for w in site.get("witnesses", ())}


def _likeliest(hotspot: Feature, *, without: str = "") -> str:
    """The likeliest explanation; with the odds of each site divided by the ratio of a kind of witness."""
    ratios = {s["site_id"]: _ratio(s, without) for s in hotspot.properties.get("sites", ())}
    sites = [(name, _lowered(p, ratios[name])) for name, p in ranking_of(hotspot) if name != NONE]
    left = (NONE, max(1.0 - sum(p for _, p in sites), 0.0))
    return max([*sites, left], key=lambda pair: pair[1])[0]


def _ratio(site: Mapping[str, Any], kind: str) -> float:
    return math.prod(float(w["ratio"]) for w in site.get("witnesses", ()) if w["kind"] == kind)


def _lowered(probability: float, by: float) -> float:
    odds = probability / max(1.0 - probability, 1e-9) / max(by, 1e-9)
    return odds / (1.0 + odds)
