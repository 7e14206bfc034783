"""Routes: sites entered twice, caps and shifts broken, and how much further than need be."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

from onevisit.truth.score.measures import Measure, not_built, ratio, share, total
from onevisit.truth.score.results import Feature, Results, Truth

Floats = NDArray[np.float64]


def score_routes(results: Results, truth: Truth) -> list[Measure]:
    """Sites entered twice, caps and shifts broken, visits on a route, distance against a reference tour."""
    titles = {
        "routes.twice": "sites entered twice",
        "routes.cap": "visits beyond the yearly cap",
        "routes.shift": "routes longer than the shift",
        "routes.placed": "visits that are on a route",
        "routes.distance": "distance against the reference tour of the same stops",
    }
    if results.routes is None or results.visits is None:
        return [not_built(key, title) for key, title in titles.items()]
    lines = [f for f in results.routes if "stops" in f.properties]
    stops = [f for f in results.routes if "site_id" in f.properties]
    entered = [str(f.properties["site_id"]) for f in stops]
    placed = set(entered)
    return [
        total("routes.twice", titles["routes.twice"], len(entered) - len(placed)),
        total("routes.cap", titles["routes.cap"], _beyond_cap(results.visits, truth)),
        total("routes.shift", titles["routes.shift"], sum(_too_long(f, truth) for f in lines)),
        share(
            "routes.placed", titles["routes.placed"], [str(v.properties["site_id"]) in placed for v in results.visits]
        ),
        ratio("routes.distance", titles["routes.distance"], "", _distances(lines, stops, truth), "near 1"),
    ]


def _beyond_cap(visits: Sequence[Feature], truth: Truth) -> int:
    """Visits that count against the cap of a site whose cap is used up."""
    cap = truth.content["rules"]["yearly_cap"]
    used = {s["site_id"]: s["visits_this_year"] for s in truth.content["sites"]}
    return sum(
        bool(v.properties.get("counts_against_cap")) and used.get(str(v.properties["site_id"]), 0) >= cap
        for v in visits
    )


def _too_long(route: Feature, truth: Truth) -> bool:
    start, end = (datetime.fromisoformat(str(route.properties[k])) for k in ("start", "end"))
    return (end - start).total_seconds() > 3600.0 * float(truth.content["rules"]["shift_h"]) + 60.0


def _distances(lines: Sequence[Feature], stops: Sequence[Feature], truth: Truth) -> list[tuple[float, float]]:
    """Stated distance and reference length of every route with two stops or more."""
    streets = truth.content["streets"]
    pairs = []
    for line in lines:
        own = [s for s in stops if s.properties.get("route") == line.properties["route"] and s.shape is not None]
        if len(own) < 2:
            continue
        own.sort(key=lambda s: int(s.properties["stop"]))
        depot = truth.content["rules"].get("depot")
        points = [truth.point({"lon": depot[0], "lat": depot[1]})] if depot else []
        points += [shapely.Point(s.shape.centroid) for s in own if s.shape is not None]
        xy = np.array([[p.x, p.y] for p in points])
        length = reference_length(xy, streets, closed=bool(depot))
        if length > 0 and line.properties.get("distance_m") is not None:
            pairs.append((float(line.properties["distance_m"]), length))
    return pairs


def reference_length(xy: Floats, streets: dict[str, Any], *, closed: bool) -> float:
    """Length in metres of a good tour of points over the streets: nearest neighbour from every start, then 2-opt.

    Parameters
    ----------
    xy : array, shape (stop, 2)
        Metres; where ``closed``, the first is the depot to which the tour returns.
    streets : dict
        ``nodes`` ([x, y] in the same metres) and ``edges`` ([node, node]) of the true street network.
    """
    between = _road_distances(xy, streets)
    tours = []
    for start in range(1 if closed else len(xy)):
        left, tour = set(range(len(xy))) - {start}, [start]
        while left:
            tour.append(min(left, key=lambda k: (between[tour[-1], k], k)))
            left.remove(tour[-1])
        tours.append(_two_opt(tour, between, closed=closed))
    return min(_length(t, between, closed=closed) for t in tours)


def _length(tour: Sequence[int], between: Floats, *, closed: bool) -> float:
    path = [*tour, tour[0]] if closed else tour
    return float(sum(between[a, b] for a, b in itertools.pairwise(path)))


def _two_opt(tour: list[int], between: Floats, *, closed: bool) -> list[int]:
    """Turn parts of the tour round as long as that makes it shorter; the first stop of a closed tour stays first."""
    best, shorter = _length(tour, between, closed=closed), True
    while shorter:
        shorter = False
        for i, j in itertools.combinations(range(1 if closed else 0, len(tour) + 1), 2):
            turned = tour[:i] + tour[i:j][::-1] + tour[j:]
            length = _length(turned, between, closed=closed)
            if length < best - 1e-6:
                tour, best, shorter = turned, length, True
    return tour


def _road_distances(xy: Floats, streets: dict[str, Any]) -> Floats:
    """Distances over the streets between points, each joined to the nearest point of its nearest street."""
    nodes, edges = np.asarray(streets["nodes"], float), np.asarray(streets["edges"], int)
    a, b = nodes[edges[:, 0]], nodes[edges[:, 1]]
    span = b - a
    share_along = np.clip(((xy[:, None] - a) * span).sum(-1) / (span**2).sum(-1), 0, 1)
    foot = a + share_along[..., None] * span
    off = np.hypot(*(foot - xy[:, None]).transpose(2, 0, 1))
    nearest = off.argmin(axis=1)
    lengths = np.hypot(*span.T)
    graph = coo_array((lengths, (edges[:, 0], edges[:, 1])), shape=(len(nodes), len(nodes)))
    apart = dijkstra(graph.tocsr(), directed=False)
    rows = np.arange(len(xy))
    along = share_along[rows, nearest] * lengths[nearest]
    ends = [(edges[nearest, 0], along), (edges[nearest, 1], lengths[nearest] - along)]
    result = np.full((len(xy), len(xy)), np.inf)
    for from_node, from_m in ends:
        for to_node, to_m in ends:
            result = np.minimum(result, from_m[:, None] + apart[np.ix_(from_node, to_node)] + to_m[None])
    same = nearest[:, None] == nearest[None]
    direct = np.abs(along[:, None] - along[None])
    result = (
        np.where(same, np.minimum(result, direct), result) + off[rows, nearest][:, None] + off[rows, nearest][None]
    )
    np.fill_diagonal(result, 0.0)
    return np.asarray(result, float)
