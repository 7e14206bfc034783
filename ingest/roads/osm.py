"""Extracts of OpenStreetMap: ways with a ``highway`` tag from PBF and XML files, read by libosmium."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import osmium
from numpy.typing import NDArray

from ingest.errors import FileError
from ingest.roads.streets import is_closed_barrier, place_of

_IMPLIED_ONE_WAY = {"motorway", "motorway_link"}  # https://wiki.openstreetmap.org/wiki/Key:oneway


@dataclass(frozen=True)
class Extract:
    """Streets of an extract, and the places of the barriers that stop a car."""

    ways: list[Way]
    barriers: frozenset[tuple[float, float]]


@dataclass(frozen=True, eq=False)
class Way:
    """One street: WGS 84 vertices, shape (n, 2), and its tags, ``oneway`` also where it is only implied."""

    vertices: NDArray[np.float64]
    tags: dict[str, str]


def is_osm(path: Path) -> bool:
    """True for a PBF or XML extract of OpenStreetMap, by its first bytes."""
    with path.open("rb") as stream:
        start = stream.read(1000)
    return start[4:15] == b"\n\tOSMHeader" or (start.lstrip(b"\xef\xbb\xbf \r\n\t")[:1] == b"<" and b"<osm" in start)


def read_extract(path: Path, item: str) -> Extract:
    """Read the streets of an extract, and the barriers on its nodes.

    Nodes that the extract does not hold (it was clipped) cut a way into the parts that it does hold.

    Parameters
    ----------
    path : Path
    item : str
        How the file is called in messages.

    Raises
    ------
    FileError
        If the file is damaged, or uses a compression or feature that libosmium does not know.
    """
    with path.open("rb") as stream:
        form = "pbf" if stream.read(15)[4:] == b"\n\tOSMHeader" else "osm"
    ways: list[Way] = []
    barriers: set[tuple[float, float]] = set()
    try:
        streets = osmium.FileProcessor(osmium.io.File(str(path), form)).with_locations("sparse_mem_array")
        for entity in streets.with_filter(osmium.filter.KeyFilter("highway", "barrier")):
            tags = {tag.k: tag.v for tag in entity.tags}
            if isinstance(entity, osmium.osm.Node) and is_closed_barrier(tags) and entity.location.valid():
                barriers.add(place_of((entity.location.lon, entity.location.lat)))
            elif isinstance(entity, osmium.osm.Way) and "highway" in tags:
                ways += [Way(part, _with_oneway(tags)) for part in _parts(entity)]
    except (RuntimeError, ValueError, UnicodeDecodeError) as error:
        raise FileError(item, "osm_data_unreadable", {"error": str(error)}) from error
    return Extract(ways, frozenset(barriers))


def _with_oneway(tags: dict[str, str]) -> dict[str, str]:
    implied = tags.get("junction") == "roundabout" or tags.get("highway") in _IMPLIED_ONE_WAY
    return {"oneway": "yes", **tags} if implied else tags


def _parts(way: osmium.osm.Way) -> list[NDArray[np.float64]]:
    """Vertices of the stretches of a way whose nodes are known."""
    runs: list[list[tuple[float, float]]] = [[]]
    for node in way.nodes:
        if node.location.valid():
            runs[-1].append((node.location.lon, node.location.lat))
        else:
            runs.append([])
    return [np.array(run) for run in runs if len(run) > 1]
