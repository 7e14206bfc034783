"""Street networks: GeoJSON lines, or extracts of OpenStreetMap (PBF, XML) → Roads."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from ingest.errors import FileError, OnevisitError, UnknownFormat
from ingest.outcome import Notes, Outcome, Phrase
from ingest.roads.osm import is_osm, read_extract
from ingest.roads.streets import (
    closed_reason,
    cut_at,
    is_closed_barrier,
    is_tagged,
    may_stop,
    one_way_words,
    place_of,
    tags_of,
)
from ingest.shapes import SettledShape, read_features, settle_shapes, shape_of
from ingest.systems import ImpossiblePlace

# Keys of the registers' messages on metres, which advise what does not exist for roads.
_METRES = ("metres_of_unknown_zone", "metres_not_in_china")


@dataclass(frozen=True)
class _Line:
    """A line that may be a street: its vertices, tags, and where it stands."""

    vertices: NDArray[np.float64]
    tags: Mapping[str, str]
    where: str


@dataclass(frozen=True)
class _File:
    """The lines of one file, the barriers on them, and how many features are no lines."""

    lines: list[_Line]
    barriers: frozenset[tuple[float, float]]
    others: int = 0


@dataclass(frozen=True, eq=False)
class Road:
    """One line of a street network: WGS 84 vertices, shape (n, 2); ``oneway`` 0 both ways, 1 along, −1 against.

    ``name`` is empty where the street has none. ``may_stop`` is False on motorways and in tunnels.
    """

    vertices: NDArray[np.float64]
    oneway: int = 0
    speed_km_h: float | None = None
    name: str = ""
    may_stop: bool = True


@dataclass(frozen=True)
class Roads:
    """A street network. Lines meet where they share a vertex, as OpenStreetMap's do; a bridge shares none."""

    lines: tuple[Road, ...]


def read_roads(files: Sequence[Path], *, root: Path | None = None) -> Outcome[Roads]:
    """Read every GeoJSON file and every extract of OpenStreetMap of ``roads/`` into one network.

    ``oneway`` and ``maxspeed`` are read as OpenStreetMap writes them (``yes``, ``-1``; ``60``, ``40 mph``) or
    Geofabrik (``F``, ``T``, ``B``). What a car may not drive is left out and counted by its tag
    (`ingest.roads.streets`), lines end before barriers. A file in which no line has a tag of a street is a
    network as it was drawn.

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
            found = _read_osm(path, item) if is_osm(path) else _read_geojson(path, item, notes)
            lines += _streets(found, item, notes)
        except FileError as error:
            notes.keep(error.reject)
    return notes.outcome(Roads(tuple(lines)))


def _streets(found: _File, item: str, notes: Notes) -> list[Road]:
    """Lines that a car may drive, with what was left out."""
    drawn = not any(is_tagged(line.tags) for line in found.lines)
    left: Counter[Phrase] = Counter()
    streets: list[_Line] = []
    for line in found.lines:
        reason = closed_reason(line.tags)
        if reason is None and not drawn and not is_tagged(line.tags):
            reason = Phrase("street_without_tags")
        if reason is None:
            streets.append(line)
        else:
            left[reason] += 1
    if not streets:
        reasons = tuple(Phrase("lines_of_reason", {"count": n, "reason": r}) for r, n in left.most_common(12))
        raise FileError(item, "no_line_for_cars" if not left else "only_lines_closed", {"reasons": reasons})
    words = {word for line in streets if (word := line.tags.get("oneway", "").lower())}
    ways = one_way_words(words, geofabrik=any("fclass" in line.tags for line in streets))
    parts = [(part, line) for line in streets for part in cut_at(line.vertices, found.barriers)]
    closed, vertices = sum(left.values()), sum(len(part) for part, _ in parts)
    values = {"lines": len(parts), "vertices": vertices, "closed": closed, "others": found.others}
    notes.decide(item, "streets_read", values)
    if left:
        reasons = tuple(Phrase("lines_of_reason", {"count": n, "reason": r}) for r, n in left.most_common(12))
        notes.decide(item, "lines_left_out", {"count": closed, "reasons": reasons})
    if len(parts) > len(streets):
        notes.decide(item, "streets_cut_at_barriers", {"count": len(parts) - len(streets)})
    if drawn:
        notes.decide(item, "streets_as_drawn", {"lines": len(parts)})
    return [_road(part, line.tags, ways) for part, line in parts]


def _read_osm(path: Path, item: str) -> _File:
    extract = read_extract(path, item)
    if not extract.ways:
        raise FileError(item, "no_way_for_cars")
    return _File([_Line(way.vertices, tags_of(way.tags), "") for way in extract.ways], extract.barriers)


def _read_geojson(path: Path, item: str, notes: Notes) -> _File:
    try:
        features = read_features(path.read_text(encoding="utf-8-sig"), item)
    except UnicodeDecodeError as error:
        raise UnknownFormat(item, "streets_not_geojson", {"error": str(error)}) from error
    except FileError as error:
        if error.reject.code == "register_json_not_valid":
            raise UnknownFormat(item, "streets_not_geojson", error.reject.values) from error
        raise UnknownFormat(item, "streets_without_features") from error
    lines, shapes, systems, others = list[_Line](), list[BaseGeometry | None](), list[str](), 0
    barriers: list[BaseGeometry] = []
    for feature in features:
        tags = tags_of(feature.properties)
        parts = _parts(feature.geometry)
        others += not parts
        if not parts and is_closed_barrier(tags) and (point := _point(feature.geometry)) is not None:
            barriers.append(point)
        for part in parts:
            lines.append(_Line(_vertices(part, item, feature.where), tags, feature.where))
            shapes.append(shapely.LineString(lines[-1].vertices))
            systems.append(feature.crs)
    system = systems[0] if systems else ""
    settled = settle_shapes([*shapes, *barriers], [*systems, *[system] * len(barriers)], section="roads")
    placed = [_placed(line, found, item) for line, found in zip(lines, settled, strict=False)]
    _say_settled(settled, item, notes)
    stops = (found.wgs84 for found in settled[len(lines) :] if isinstance(found, SettledShape))
    return _File(placed, frozenset(place_of(shapely.get_coordinates(stop)[0]) for stop in stops), others)


def _say_settled(settled: Sequence[object], item: str, notes: Notes) -> None:
    """Say once a file what was done to the order or the system of its lines."""
    said = {note.code: note for found in settled if isinstance(found, SettledShape) for note in found.notes}
    for note in said.values():
        notes.keep(replace(note, item=item))


def _placed(line: _Line, found: object, item: str) -> _Line:
    """A line in WGS 84, as its file was understood."""
    if isinstance(found, SettledShape):
        return replace(line, vertices=shapely.get_coordinates(found.wgs84))
    phrase = found.phrase if isinstance(found, OnevisitError) else Phrase("street_vertices_impossible")
    if phrase.code in _METRES or phrase.code == "degrees_not_on_earth":
        raise FileError(item, "street_vertices_impossible", where=line.where)
    raise FileError(item, "street_place_impossible", {"error": phrase}, where=line.where)


def _point(geometry: Any) -> BaseGeometry | None:
    try:
        found = shape_of(geometry)
    except ImpossiblePlace:
        return None
    return found if isinstance(found, shapely.Point) else None


def _parts(geometry: Any) -> list[Any]:
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    coordinates = geometry.get("coordinates") if isinstance(geometry, dict) else None
    if kind == "MultiLineString" and isinstance(coordinates, list):
        return coordinates
    return [coordinates] if kind in ("LineString", "MultiLineString") else []


def _vertices(coordinates: Any, item: str, where: str) -> NDArray[np.float64]:
    try:
        vertices = np.array([point[:2] for point in coordinates], dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise FileError(item, "street_coordinates_not_numbers", {"error": str(error)}, where=where) from error
    if vertices.shape != (max(len(vertices), 2), 2) or not np.isfinite(vertices).all():
        raise FileError(item, "street_vertices_impossible", where=where)
    return vertices


def _road(vertices: NDArray[np.float64], tags: Mapping[str, str], ways: Mapping[str, int]) -> Road:
    way = ways.get(tags.get("oneway", "").lower(), 0)
    return Road(vertices, way, _speed(tags.get("maxspeed")), tags.get("name", ""), may_stop(tags))


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
