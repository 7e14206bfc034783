"""Street networks: GeoJSON lines, or extracts of OpenStreetMap (PBF, XML) → Roads."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from ingest.errors import FileError, UnknownFormat
from ingest.outcome import Notes, Outcome
from ingest.roads.osm import is_osm, read_ways

_FORWARD = {"yes", "true", "1", "f", "forward"}
_BACKWARD = {"-1", "reverse", "t", "backward"}
# Ways of OpenStreetMap that no car may use; https://wiki.openstreetmap.org/wiki/Key:highway
_NO_CARS = {"footway", "path", "steps", "cycleway", "pedestrian", "bridleway", "corridor", "construction", "proposed"}


@dataclass(frozen=True, eq=False)
class Road:
    """One line of a street network: WGS 84 vertices, shape (n, 2); ``oneway`` 0 both ways, 1 along, −1 against.

    ``name`` is empty where the street has none.
    """

    vertices: NDArray[np.float64]
    oneway: int = 0
    speed_km_h: float | None = None
    name: str = ""


@dataclass(frozen=True)
class Roads:
    """A street network. Lines meet where they share a vertex, as OpenStreetMap's do; a bridge shares none."""

    lines: tuple[Road, ...]


def read_roads(files: Sequence[Path], *, root: Path | None = None) -> Outcome[Roads]:
    """Read every GeoJSON file and every extract of OpenStreetMap of ``roads/`` into one network.

    ``oneway`` and ``maxspeed`` are read as OpenStreetMap writes them (``yes``, ``-1``; ``60``, ``40 mph``); ways of
    ``highway`` kinds closed to cars are left out and counted.

    Returns
    -------
    Outcome of Roads
        With a decision per file, and a reject per file that cannot be read.
    """
    lines: list[Road] = []
    notes = Notes()
    for path in files:
        item = path.relative_to(root).as_posix() if root else path.name
        try:
            found, closed, others = _read_file(path, item)
        except FileError as error:
            notes.keep(error.reject)
            continue
        lines += found
        vertices = sum(len(line.vertices) for line in found)
        values = {"lines": len(found), "vertices": vertices, "closed": closed, "others": others}
        notes.decide(item, "streets_read", values)
    return notes.outcome(Roads(tuple(lines)))


def _read_file(path: Path, item: str) -> tuple[list[Road], int, int]:
    if is_osm(path):
        return _read_osm(path, item)
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise UnknownFormat(item, "streets_not_geojson", {"error": str(error)}) from error
    features = content.get("features") if isinstance(content, dict) else None
    if not isinstance(features, list):
        raise UnknownFormat(item, "streets_without_features")
    lines: list[Road] = []
    closed = others = 0
    for number, feature in enumerate(features, start=1):
        members = feature if isinstance(feature, dict) else {}
        tags = members.get("properties")
        tags = tags if isinstance(tags, dict) else {}
        parts = _parts(members.get("geometry"))
        if not parts:
            others += 1
        elif str(tags.get("highway", "")) in _NO_CARS:
            closed += 1
        else:
            lines += [_road(part, tags, item, number) for part in parts]
    if not lines:
        raise FileError(item, "no_line_for_cars")
    return lines, closed, others


def _read_osm(path: Path, item: str) -> tuple[list[Road], int, int]:
    ways = read_ways(path, item)
    open_to_cars = [way for way in ways if way.tags["highway"] not in _NO_CARS]
    if not open_to_cars:
        raise FileError(item, "no_way_for_cars")
    lines = [_road(way.vertices, way.tags, item, number) for number, way in enumerate(open_to_cars, start=1)]
    return lines, len(ways) - len(lines), 0


def _parts(geometry: Any) -> list[Any]:
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    coordinates = geometry.get("coordinates") if isinstance(geometry, dict) else None
    if kind == "MultiLineString" and isinstance(coordinates, list):
        return coordinates
    return [coordinates] if kind in ("LineString", "MultiLineString") else []


def _road(coordinates: Any, tags: Mapping[str, Any], item: str, number: int) -> Road:
    try:
        vertices = np.array([point[:2] for point in coordinates], dtype=np.float64)
    except (TypeError, ValueError) as error:
        where = f"feature {number}"
        raise FileError(item, "street_coordinates_not_numbers", {"error": str(error)}, where=where) from error
    if (
        vertices.shape != (max(len(vertices), 2), 2)
        or not np.isfinite(vertices).all()
        or not shapely.box(-180, -90, 180, 90).covers(shapely.LineString(vertices))
    ):
        raise FileError(item, "street_vertices_impossible", where=f"feature {number}")
    oneway = str(tags.get("oneway", "")).strip().lower()
    way = (oneway in _FORWARD) - (oneway in _BACKWARD)
    return Road(vertices, way, _speed(tags.get("maxspeed")), str(tags.get("name") or "").strip())


def _speed(text: object) -> float | None:
    """``maxspeed`` in km/h; None where it is absent or a word such as ``walk``."""
    words = str(text or "").split()
    try:
        value = float(words[0]) if words else math.nan
    except ValueError:
        return None
    if not (math.isfinite(value) and value > 0):
        return None
    return value * 1.609344 if len(words) > 1 and words[1].lower() == "mph" else value
