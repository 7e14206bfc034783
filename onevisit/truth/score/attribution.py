"""Who is behind hotspots: candidates, sets and places held against the source that each hotspot shows."""

from __future__ import annotations

import math
from collections.abc import Sequence

from onevisit.truth.score.doses import Match
from onevisit.truth.score.measures import Measure, median_of, not_built, share
from onevisit.truth.score.results import Feature, Truth, same_species

NONE = "none_of_these"


def score_attribution(truth: Truth, matches: Sequence[Match]) -> list[Measure]:
    """Whether the truth is the first or among the first three, and whether stated probabilities hold."""
    titles = {
        "attribution.top1": "true source is the likeliest explanation",
        "attribution.top3": "true source is among the first three",
        "attribution.top1_of_three": "true source is the likeliest, hotspots that three passes or more crossed",
        "attribution.top3_of_three": "true source is among the first three, of the same hotspots",
        "attribution.cone": "the nearest candidate in a wind cone of 30° either side would have been right",
        "attribution.set50": "true source lies in the 50 % set",
        "attribution.set90": "true source lies in the 90 % set",
        "attribution.listed": "hotspots of a listed source whose site is the likeliest explanation",
        "attribution.unlisted": "hotspots of an unlisted source that say none of these first",
        "attribution.false": "false hotspots given to a site first",
    }
    asked = [m for m in matches if m.hotspot.properties.get(NONE) is not None]
    if not asked:
        built = [not_built(key, title, "%") for key, title in titles.items()]
        return [*built, *_position_and_rate(asked, truth)]
    known = [(ranking_of(m.hotspot), answer_of(m)) for m in asked if m.source is not None]
    often = [
        (ranking_of(m.hotspot), answer_of(m)) for m in asked if m.source is not None and _crossed(m.hotspot) >= 3
    ]
    cone = [_wind_cone(m.hotspot) == answer_of(m) for m in asked if m.source is not None]
    unlisted, listed = ([(r, a) for r, a in known if (a == NONE) == none] for none in (True, False))
    false = [ranking_of(m.hotspot) for m in asked if m.source is None]
    return [
        share("attribution.top1", titles["attribution.top1"], [r[0][0] == a for r, a in known]),
        share("attribution.top3", titles["attribution.top3"], [a in [n for n, _ in r[:3]] for r, a in known]),
        share("attribution.top1_of_three", titles["attribution.top1_of_three"], [r[0][0] == a for r, a in often]),
        share("attribution.top3_of_three", titles["attribution.top3_of_three"],
              [a in [n for n, _ in r[:3]] for r, a in often]),
        share("attribution.cone", titles["attribution.cone"], cone),
        share("attribution.set50", titles["attribution.set50"], [a in _credible(r, 0.5) for r, a in known], "≥ 50"),
        share("attribution.set90", titles["attribution.set90"], [a in _credible(r, 0.9) for r, a in known], "≥ 90"),
        share("attribution.listed", titles["attribution.listed"], [r[0][0] == a for r, a in listed]),
        share("attribution.unlisted", titles["attribution.unlisted"], [r[0][0] == NONE for r, _ in unlisted]),
        share("attribution.false", titles["attribution.false"], [r[0][0] != NONE for r in false], "low"),
        *_position_and_rate(asked, truth),
    ]  # fmt: skip


def _crossed(hotspot: Feature) -> int:
    return int(hotspot.properties.get("passes_crossed", 0))


def _wind_cone(hotspot: Feature) -> str:
    """What others do: blame the nearest candidate within 30 degrees of upwind (all around without wind)."""
    wind = hotspot.properties.get("wind_from_deg")
    inside = [
        s for s in hotspot.properties.get("sites", ())
        if s.get("distance_m") is not None
        and (wind is None or abs((float(s["bearing_deg"]) - float(wind) + 180) % 360 - 180) <= 30)
    ]  # fmt: skip
    return str(min(inside, key=lambda s: float(s["distance_m"]))["site_id"]) if inside else NONE


def answer_of(match: Match) -> str:
    """The site that is the truth of a matched hotspot, or none of these."""
    return NONE if match.source is None or match.source["site_id"] is None else str(match.source["site_id"])


def ranking_of(hotspot: Feature) -> list[tuple[str, float]]:
    """Candidates with their probabilities, likeliest first; equal ones in the order of the file."""
    sites = [(str(s["site_id"]), float(s["probability"])) for s in hotspot.properties.get("sites", ())]
    return sorted([*sites, (NONE, float(hotspot.properties[NONE]))], key=lambda pair: -pair[1])


def _credible(ranking: Sequence[tuple[str, float]], level: float) -> set[str]:
    """The smallest set of candidates that holds ``level`` of the probability."""
    held, members = 0.0, set()
    for name, probability in ranking:
        if held >= level - 1e-9:
            break
        members.add(name)
        held += probability
    return members


def _position_and_rate(asked: Sequence[Match], truth: Truth) -> list[Measure]:
    """Error of the source's position and of its rate, where the output states them."""
    distances, factors, inside = [], [], []
    for match in asked:
        properties = match.hotspot.properties
        if match.source is None:
            continue
        source = truth.point(match.source)
        if properties.get("source_lon") is not None:
            distances.append(
                source.distance(truth.point({"lon": properties["source_lon"], "lat": properties["source_lat"]}))
            )
        if properties.get("rate_g_s"):
            true_rate = _true_rate(match)
            factors += [abs(math.log(properties["rate_g_s"] / true_rate))] if true_rate else []
        for area in properties.get("areas") or ():
            shape = truth.shape(area.get("geometry"))
            if shape is not None and abs(float(area["probability"]) - 0.9) < 0.01:
                inside.append(bool(shape.intersects(source)))
    position, rate = "error of the source's position", "error of the emission rate, as |ln(rate / truth)|"
    area_title = "true source lies in the 90 % area"
    return [
        median_of("source.position", position, "m", distances) if distances
        else not_built("source.position", position, "m", "low"),
        median_of("source.rate", rate, "ln", factors) if factors else not_built("source.rate", rate, "ln", "low"),
        share("source.area90", area_title, inside, "≥ 90") if inside else not_built("source.area90", area_title, "%"),
    ]  # fmt: skip


def _true_rate(match: Match) -> float | None:
    if match.source is None:
        return None
    for species, rate in match.source["rate_g_s"].items():
        if same_species(species, str(match.hotspot.properties.get("species", ""))):
            return float(rate)
    return None
