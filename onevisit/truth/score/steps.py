"""What comes of a day's leads: who is reached, who is left alone, where somebody looks, what is reviewed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from onevisit.truth.score.doses import Match
from onevisit.truth.score.leads import ACTIONABLE, site_of, told_causes
from onevisit.truth.score.measures import Measure, not_built, share
from onevisit.truth.score.results import Feature, Results, Truth

_TITLES = {
    "leads.recall_all": "sites with something to enforce or to help with that files can show, with a lead that acts",
    "leads.lawful_visited": "lawful emitters seen that get a visit, and nothing else there calls for one",
    "leads.look": "places to look around that show a source on no list",
    "leads.review": "reviews at sites where a record or mark is not so, or something has to be enforced",
    "leads.day": "missions with a right visit or help, where the truth has one",
}
_NO_SITE = "unlisted@"
_BUILT_UP = ("visit", "help")


def score_steps(results: Results, truth: Truth, matches: Sequence[Match]) -> list[Measure]:
    """Rows on dispositions beside those of `onevisit.truth.score.leads`."""
    if results.leads is None:
        return [not_built(key, title, "%") for key, title in _TITLES.items()]
    by_site = {site_of(lead): lead for lead in results.leads}
    acting = {site for site, lead in by_site.items() if lead.properties.get("disposition") in ACTIONABLE}
    to_find = [s["site_id"] for s in truth.content["sites"] if any(_is_due(c) for c in s["causes"])]
    looks = [lead for lead in results.leads if lead.properties.get("disposition") == "look"]
    reviews = [lead for lead in results.leads if lead.properties.get("disposition") == "review"]
    return [
        _row("leads.recall_all", [site in acting for site in to_find]),
        _row("leads.lawful_visited", _lawful(results, truth, matches), "low"),
        _row("leads.look", [_shows_unlisted(lead, matches) for lead in looks]),
        _row("leads.review", [_is_in_doubt(site_of(lead), truth) for lead in reviews]),
        _row("leads.day", _day(by_site, truth, matches)),
    ]


def _row(key: str, hits: Sequence[bool], better: str = "high") -> Measure:
    return share(key, _TITLES[key], hits, better)


def _is_due(cause: Mapping[str, Any]) -> bool:
    return bool(cause["findable"]) and cause["expected"] in _BUILT_UP


def _lawful(results: Results, truth: Truth, matches: Sequence[Match]) -> list[bool]:
    """For every lawful listed source that a hotspot shows: whether its site is entered without another cause."""
    visited = {site_of(visit) for visit in results.visits or ()}
    causes = {s["site_id"]: s["causes"] for s in truth.content["sites"]}
    shown = {m.source["id"]: m.source for m in matches if m.source is not None and m.source.get("lawful")}
    return [
        source["site_id"] in visited and not any(c["expected"] == "visit" for c in causes[source["site_id"]])
        for source in shown.values()
        if source["site_id"] in causes
    ]


def _shows_unlisted(lead: Feature, matches: Sequence[Match]) -> bool:
    hotspot = site_of(lead).removeprefix(_NO_SITE)
    sources = [m.source for m in matches if str(m.hotspot.properties.get("id")) == hotspot]
    return any(source is not None and source["site_id"] is None for source in sources)


def _is_in_doubt(site_id: str, truth: Truth) -> bool:
    own = [a for a in truth.content.get("anomalies", ()) if a["site_id"] == site_id]
    expected = [c["expected"] for s in truth.content["sites"] if s["site_id"] == site_id for c in s["causes"]]
    return "visit" in expected or any(a.get("cause") == "tampering" for a in own)


def _day(by_site: Mapping[str, Feature], truth: Truth, matches: Sequence[Match]) -> list[bool]:
    """One item, where a site needs a visit or help that files can show: whether any such site got what is right."""
    due = [s["site_id"] for s in truth.content["sites"] if any(_is_due(c) for c in s["causes"])]
    if not due:
        return []
    right = [
        any(
            c["expected"] == by_site[site].properties["disposition"]
            for c in told_causes(by_site[site], truth, matches)
        )
        for site in due
        if site in by_site and by_site[site].properties.get("disposition") in _BUILT_UP
    ]
    return [any(right)]
