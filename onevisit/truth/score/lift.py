"""How many sites with something to enforce a day of visits finds: by leads, at random, and by a yearly plan.

The measure of the best studies of inspections: visits go to the 5, 10 and 20 % of all listed sites that are likeliest
to have something to enforce. Random choice finds the prevalence; a yearly plan goes through the classes of management
one after the other and is random within each.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from onevisit.truth.score.leads import site_of
from onevisit.truth.score.measures import Measure, not_built, ratio, share
from onevisit.truth.score.results import Feature, Results, Truth

SHARES = (5, 10, 20)
_PREVALENCE = "listed sites with something to enforce"
_GUILT = ("unlawful_emission", "wrong_mark")
_PLAN = ("重点管理", "简化管理", "登记管理")
"""In the order in which a yearly plan goes through them."""


def score_lift(results: Results, truth: Truth) -> list[Measure]:
    """Prevalence; then for each share of the sites what is found per visit, and over what else would find."""
    sites = truth.content["sites"]
    to_enforce = {s["site_id"] for s in sites if s["expected"] == "visit"}
    if results.leads is None:
        keys = [f"lift.{what}_{percent}" for percent in SHARES for what in ("found", "random", "plan")]
        return [not_built("lift.prevalence", _PREVALENCE, "%"), *(not_built(key, _title(key)) for key in keys)]
    prevalence = share("lift.prevalence", _PREVALENCE, [s["site_id"] in to_enforce for s in sites])
    ranked = rank_sites(results.leads)
    rows = [prevalence]
    for percent in SHARES:
        count = max(1, math.ceil(len(sites) * percent / 100))
        found = _found(ranked, sites, to_enforce, count)
        random = count * len(to_enforce) / len(sites)
        plan = _found_by_plan(sites, to_enforce, count)
        rows += [
            ratio(key, _title(key), unit, [(100.0 * found if unit == "%" else found, weight)])
            for key, unit, weight in (
                (f"lift.found_{percent}", "%", float(count)),
                (f"lift.random_{percent}", "×", random),
                (f"lift.plan_{percent}", "×", plan),
            )
        ]
    return rows


def rank_sites(leads: Sequence[Feature]) -> list[str]:
    """Sites by the probability that there is something to enforce, the likeliest first, else as leads come."""
    guilt = {site_of(lead): _guilt(lead) for lead in leads}
    order = {site: number for number, site in enumerate(guilt)}
    return sorted((site for site in guilt if guilt[site] > 0), key=lambda site: (-guilt[site], order[site]))


def _guilt(lead: Feature) -> float:
    told = lead.properties.get("explanations") or ()
    return sum(float(e["probability"]) for e in told if e["name"] in _GUILT)


def _found(ranked: Sequence[str], sites: Sequence[Mapping[str, Any]], to_enforce: set[str], count: int) -> float:
    """Sites with something to enforce among the first; what no lead speaks of is drawn at random."""
    listed = {str(s["site_id"]) for s in sites}
    first = [site for site in ranked if site in listed][:count]
    rest = listed - {site for site in ranked if site in listed}
    share_of_rest = len(rest & to_enforce) / len(rest) if rest else 0.0
    return sum(site in to_enforce for site in first) + (count - len(first)) * share_of_rest


def _found_by_plan(sites: Sequence[Mapping[str, Any]], to_enforce: set[str], count: int) -> float:
    """What is expected where visits go through the classes in their order, at random within each."""
    left, found = count, 0.0
    classes = [*_PLAN, ""]
    for name in classes:
        own = [s["site_id"] for s in sites if _class(s) == name]
        taken = min(left, len(own))
        found += taken * len(to_enforce & set(own)) / len(own) if own else 0.0
        left -= taken
    return found


def _class(site: Mapping[str, Any]) -> str:
    stated = str(site.get("management_class", ""))
    return stated if stated in _PLAN else ""


def _title(key: str) -> str:
    what, percent = key.removeprefix("lift.").split("_")
    return {
        "found": f"visits to {percent} % of the sites that find something to enforce",
        "random": f"at visits to {percent} % of the sites: found, over what random choice finds",
        "plan": f"at visits to {percent} % of the sites: found, over what a yearly plan by class finds",
    }[what]
