"""Pairs of places in two extracts of OpenStreetMap that a car cannot drive: ``python -m benchmarks.street_pairs``.

Forty places are drawn in the box of each extract and moved to the nearest vertex of any street; a pair cannot be
driven if no path leads from one to the other. Nothing here knows which of them should be reached: the number moves
when what counts as a street does.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import cKDTree

from benchmarks.real_data import data_folder
from ingest.outcome import Decision
from ingest.roads.read import Roads, read_roads
from onevisit.words.telling import tell

PLACES = 40
EXTRACTS = {
    "Helsinki.osm.pbf": (24.935, 60.164, 24.954, 60.180),
    "test.osm.pbf": (26.930, 60.520, 26.970, 60.540),
}


def undrivable_pairs(roads: Roads, box: tuple[float, float, float, float], count: int = PLACES, seed: int = 0) -> int:
    """How many of count x count pairs have no path, along the directions of the streets."""
    vertices = np.concatenate([line.vertices for line in roads.lines])
    nodes, index = np.unique(np.round(vertices, 7), axis=0, return_inverse=True)
    index = index.ravel()
    starts, ends, at = [], [], 0
    for line in roads.lines:
        own = index[at : at + len(line.vertices)]
        at += len(own)
        for start, end in [(own[:-1], own[1:])] * (line.oneway >= 0) + [(own[1:], own[:-1])] * (line.oneway <= 0):
            starts.append(start)
            ends.append(end)
    start, end = np.concatenate(starts), np.concatenate(ends)
    graph = csr_matrix((np.ones(len(start)), (start, end)), shape=(len(nodes),) * 2)
    random = np.random.default_rng(seed)
    places = random.uniform(box[:2], box[2:], size=(count, 2))
    _, nearest = cKDTree(nodes).query(places)
    return int(np.isinf(dijkstra(graph, indices=nearest, unweighted=True)[:, nearest]).sum())


def _left_out(decisions: tuple[Decision, ...]) -> str:
    return "; ".join(tell(d).evidence for d in decisions if d.code == "lines_left_out")


def main() -> None:
    """Print a line an extract."""
    folder = data_folder() / "routing" / "osm"
    for name, box in EXTRACTS.items():
        outcome = read_roads([folder / name])
        pairs = undrivable_pairs(outcome.value, box)
        print(f"{name}: {len(outcome.value.lines)} streets, {pairs} of {PLACES**2} pairs cannot be driven")
        print(f"  left out: {_left_out(outcome.decisions)}")


if __name__ == "__main__":
    main()
