"""Hotspots held against the places where plumes really were, counted per hotspot and per source."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any

import shapely

from onevisit.truth.score.doses import Match, species_of_hotspot
from onevisit.truth.score.measures import Measure, not_built, ratio, share, total
from onevisit.truth.score.results import Feature, Results, Truth, same_species

APART_M = 40.0
"""Two sources this far apart across the wind should stay two."""
NEIGHBOURS_M = 100.0
"""Sources whose plumes met streets further apart than this are no pair: nobody would join them."""

_TITLES = {
    "hotspots.precision": ("recurring hotspots that a true plume explains", "%"),
    "hotspots.recall": ("sources seen in two laps or more that a hotspot shows", "%"),
    "hotspots.recall_recurrent": ("sources seen in two laps or more that a recurring hotspot shows", "%"),
    "hotspots.per_source": ("hotspots, recurring or single, for each source that they show", ""),
    "hotspots.separate": ("pairs of neighbouring sources 40 m apart across the wind that stay two", "%"),
    "hotspots.overlap": ("area of reported and true hotspots: intersection over union", "%"),
    "hotspots.single_precision": ("single sightings that a true plume explains", "%"),
    "hotspots.single_recall": ("sources seen in one lap only that a hotspot shows", "%"),
}


def score_hotspots(results: Results, truth: Truth, matches: Sequence[Match]) -> list[Measure]:
    """Precision, recall and overlap of hotspots, hotspots per source, and false ones per confounder."""
    if results.hotspots is None:
        return [not_built(key, title, unit) for key, (title, unit) in _TITLES.items()]
    recurring = [m for m in matches if _recurs(m.hotspot)]
    single = [m for m in matches if not _recurs(m.hotspot)]
    sources = truth.content["sources"]
    often = [s["id"] for s in sources if s["recurrent"]]
    once = [s["id"] for s in sources if s["seen"] and not s["recurrent"]]
    hits = {
        "hotspots.precision": [m.source is not None for m in recurring],
        "hotspots.recall": [source in _shown(matches) for source in often],
        "hotspots.recall_recurrent": [source in _shown(recurring) for source in often],
        "hotspots.separate": _stay_two(truth, matches),
        "hotspots.single_precision": [m.source is not None for m in single],
        "hotspots.single_recall": [source in _shown(matches) for source in once],
    }
    counts = [(float(count), 1.0) for count in _shown(matches).values()]
    measures = []
    for key, (title, unit) in _TITLES.items():
        if key == "hotspots.per_source":
            measures.append(ratio(key, title, unit, counts, "near 1"))
        elif key == "hotspots.overlap":
            measures.append(ratio(key, title, unit, _overlaps(results.hotspots, truth)))
        else:
            measures.append(share(key, title, hits[key]))
    return [*measures, *_false_hotspots(truth, recurring)]


def _recurs(hotspot: Feature) -> bool:
    """Whether it is of the recurrent tier, by either of the properties that say so."""
    tier = hotspot.properties.get("tier")
    return tier == "recurrent" if tier else not hotspot.properties.get("single_sighting", False)


def _shown(matches: Sequence[Match]) -> dict[str, int]:
    """Sources that hotspots show, and how many each."""
    counts: dict[str, int] = {}
    for match in matches:
        if match.source is not None:
            counts[match.source["id"]] = counts.get(match.source["id"], 0) + 1
    return counts


def _stay_two(truth: Truth, matches: Sequence[Match]) -> list[bool]:
    """For each pair of neighbours: True where each has a hotspot, False where one hotspot holds both.

    A pair of which one is in no hotspot was not joined but missed, which recall counts.
    """
    shown, result = _shown(matches), []
    for a, b in _neighbours(truth):
        joined = any(a["id"] in m.shares and b["id"] in m.shares for m in matches)
        both = a["id"] in shown and b["id"] in shown
        if both or joined:
            result.append(both)
    return result


def _neighbours(truth: Truth) -> list[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """Pairs of sources that recur, are `APART_M` apart across the wind of two laps, and meet the streets close by."""
    places: dict[str, list[Any]] = {}
    for hotspot in truth.content["hotspots"]:
        if hotspot["recurrent"]:
            places.setdefault(hotspot["source"], []).append(truth.shape(hotspot["recurrent"]))
    seen = {source: shapely.unary_union(shapes) for source, shapes in places.items()}
    recurring = [s for s in truth.content["sources"] if s["id"] in seen]
    return [
        (a, b)
        for a, b in itertools.combinations(recurring, 2)
        if seen[a["id"]].distance(seen[b["id"]]) <= NEIGHBOURS_M and _laps_apart(truth, a, b) >= 2
    ]


def _laps_apart(truth: Truth, a: Mapping[str, Any], b: Mapping[str, Any]) -> int:
    """Laps of the drives in whose mean wind two sources lie `APART_M` or more apart across it."""
    one, other = truth.point(a), truth.point(b)
    east, north = other.x - one.x, other.y - one.y
    laps = 0
    for drive in truth.content["drives"]:
        wind = math.radians(drive["wind_from_deg"])
        laps += int(drive["laps"]) * (abs(east * math.cos(wind) - north * math.sin(wind)) >= APART_M)
    return laps


def _overlaps(hotspots: Sequence[Feature], truth: Truth) -> list[tuple[float, float]]:
    """Intersection (in percent) and union of areas per species."""
    parts = []
    recurring = [(h.shape, species_of_hotspot(h)) for h in hotspots if _recurs(h) and h.shape is not None]
    species = sorted({h["species"] for h in truth.content["hotspots"]})
    for name in species:
        true = shapely.unary_union(
            [
                truth.shape(h["recurrent"])
                for h in truth.content["hotspots"]
                if h["species"] == name and h["recurrent"]
            ]
        )
        found = shapely.unary_union([shape for shape, own in recurring if any(same_species(name, s) for s in own)])
        parts.append((100.0 * true.intersection(found).area, true.union(found).area))
    stray = shapely.unary_union(
        [shape for shape, own in recurring if not any(same_species(a, b) for a in species for b in own)]
    )
    return [p for p in [*parts, (0.0, stray.area)] if p[1] > 0]


def _false_hotspots(truth: Truth, recurring: Sequence[Match]) -> list[Measure]:
    """False hotspots that lie where a confounder acted, and those that nothing explains."""
    false = [m.hotspot for m in recurring if m.source is None]
    measures = [total("hotspots.false", "false hotspots a mission", len(false))]
    for confounder in truth.content["confounders"]:
        where = truth.shape(confounder["where"])
        if where is None:
            continue
        there = [h for h in false if h.shape is not None and h.shape.intersects(where)]
        title = f"of them where {confounder['name']} acted"
        measures.append(total(f"hotspots.false.{confounder['name']}", title, len(there)))
    return measures
