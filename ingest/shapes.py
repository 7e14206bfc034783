"""GeoJSON → shapes in WGS 84: features in any of the ways they come, order of axes, systems, rings.

One function for sites, parcels, areas, roads and airspace: what a file's numbers say of themselves is believed before
what a file says of them, and what is decided from one feature is tested against all of a file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from ingest.coordinates import crs_from_text
from ingest.errors import FileError, SettingError, UnknownFormat
from ingest.outcome import Decision, Phrase
from ingest.systems import (
    WGS84,
    ImpossiblePlace,
    crs_name,
    is_latitude_first_in_china,
    refuse_metres,
    settle_metres,
    shape_to_wgs84,
)

_GEOMETRIES = frozenset(
    ("Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon", "GeometryCollection")
)
_EPSG_URN = re.compile(r"(?:urn:ogc:def:crs:EPSG:[^:]*:|https?://www\.opengis\.net/def/crs/EPSG/[^/]*/)(\d+)", re.I)
_NEAR_DEG = 5.0


@dataclass(frozen=True)
class Feature:
    """One feature: where it stands, its properties, its geometry as JSON, and what its file says of coordinates."""

    where: str
    properties: Mapping[str, object]
    geometry: object = None
    crs: str = ""
    id: object = None


@dataclass(frozen=True)
class SettledShape:
    """A shape as written, with easting or longitude first, and in WGS 84; how it was understood."""

    written: BaseGeometry
    wgs84: BaseGeometry
    crs: str
    notes: tuple[Decision, ...] = ()


# --- features ------------------------------------------------------------------------------------------------------


def read_features(text: str, item: str) -> tuple[Feature, ...]:
    """Read the features of a collection, of collections in a list, a list of features, one feature, a bare shape.

    Raises
    ------
    FileError
        If it is no JSON, or JSON of something else.
    """
    try:
        document = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        raise FileError(item, "register_json_not_valid", {"error": str(error)}) from error
    if _is_esri(document):
        raise UnknownFormat(item, "json_of_esri")
    found = [*_features(document, "")]
    collections = isinstance(document, dict) and isinstance(document.get("features"), list)
    if not collections and not any(isinstance(feature, dict) for feature, _ in found):
        raise UnknownFormat(item, "register_json_without_features")
    return tuple(_feature(feature, f"feature {number}", crs) for number, (feature, crs) in enumerate(found, 1))


def _features(document: object, crs: str) -> Iterator[tuple[object, str]]:
    if isinstance(document, list):
        for one in document:
            if isinstance(one, dict | list):
                yield from _features(one, crs)
    elif isinstance(document, dict):
        crs = _crs_member(document) or crs
        features = document.get("features")
        if isinstance(features, list):
            yield from ((feature, crs) for feature in features)
        elif document.get("type") == "Feature":
            yield document, crs
        elif document.get("type") in _GEOMETRIES:
            yield {"geometry": document}, crs


def _feature(feature: object, where: str, crs: str) -> Feature:
    if not isinstance(feature, dict):
        return Feature(where, {}, None, crs)
    properties = feature.get("properties")
    own = properties if isinstance(properties, dict) else {}
    return Feature(where, own, feature.get("geometry"), _crs_member(feature) or crs, feature.get("id"))


def _crs_member(document: Mapping[str, object]) -> str:
    """What the member of the format of 2008 names, also in the form of its drafts (``EPSG`` with a code)."""
    crs = document.get("crs")
    properties = crs.get("properties") if isinstance(crs, dict) else None
    if not isinstance(crs, dict) or not isinstance(properties, dict):
        return ""
    name, code = properties.get("name"), properties.get("code")
    if crs.get("type") == "EPSG" and isinstance(code, int | str):
        return f"EPSG:{code}"
    return name if isinstance(name, str) else ""


def _is_esri(document: object) -> bool:
    features = document.get("features") if isinstance(document, dict) else None
    first = features[0] if isinstance(features, list) and features else None
    return isinstance(first, dict) and "attributes" in first and "type" not in first


# --- shapes --------------------------------------------------------------------------------------------------------


def shape_of(geometry: object) -> BaseGeometry | None:
    """Build a flat shape from GeoJSON; None where there is none (null, or no coordinates).

    Raises
    ------
    ImpossiblePlace
        If its coordinates are no shape, or not numbers.
    """
    if geometry is None or geometry == {}:
        return None
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if not isinstance(geometry, dict) or kind not in _GEOMETRIES:
        raise ImpossiblePlace(Phrase("shape_of_no_kind", {"kind": str(kind or geometry)[:40]}))
    if geometry.get("coordinates") == [] or geometry.get("geometries") == []:
        return None
    try:
        with np.errstate(invalid="ignore"):
            found = shapely.force_2d(shape(geometry))
    except (shapely.errors.ShapelyError, ValueError, TypeError, KeyError, AttributeError, IndexError) as error:
        raise ImpossiblePlace(Phrase("shape_not_read", {"kind": str(kind), "error": str(error)})) from error
    if found.is_empty or not np.isfinite(shapely.get_coordinates(found)).all():
        raise ImpossiblePlace(Phrase("shape_not_finite", {"kind": str(kind)}))
    return found


def parts_of(found: BaseGeometry) -> Iterator[BaseGeometry]:
    """Points, lines and polygons of which a shape is made."""
    members = getattr(found, "geoms", None)
    if members is None:
        yield found
    else:
        for member in members:
            yield from parts_of(member)


def main_polygon(found: BaseGeometry) -> tuple[shapely.Polygon | None, tuple[Decision, ...]]:
    """The largest polygon of a shape, with what was repaired and left out: crossings, rings that come twice."""
    notes: list[Decision] = []
    polygons: list[shapely.Polygon] = []
    for part in parts_of(found):
        if not isinstance(part, shapely.Polygon):
            continue
        if not part.is_valid:
            shell = shapely.Polygon(part.exterior)
            holes = [hole for hole in part.interiors if not shapely.Polygon(hole).equals(shell)]
            repaired = shapely.make_valid(shapely.Polygon(part.exterior, holes))
            polygons += [one for one in parts_of(repaired) if isinstance(one, shapely.Polygon)]
            why = Phrase("ring_reason", {"reason": shapely.is_valid_reason(part)})
            notes.append(Decision("", "ring_repaired", {}, why))
        else:
            polygons.append(part)
    unique: list[shapely.Polygon] = []
    for polygon in sorted(polygons, key=lambda one: -one.area):
        if not any(polygon.equals(other) for other in unique):
            unique.append(polygon)
    if len(unique) > 1:
        share = 100.0 * unique[0].area / sum(polygon.area for polygon in unique)
        why = Phrase("largest_part_share", {"count": len(unique), "percent": share})
        notes.append(Decision("", "largest_part_taken", {}, why))
    return (unique[0] if unique and unique[0].area > 0.0 else None), tuple(notes)


# --- order and system ----------------------------------------------------------------------------------------------


def settle_shapes(
    shapes: Sequence[BaseGeometry | None],
    declared: Sequence[str],
    *,
    near: tuple[float, float] | None = None,
    section: str = "registers",
) -> list[SettledShape | ImpossiblePlace | SettingError | None]:
    """Understand the shapes of one file.

    Parameters
    ----------
    shapes : sequence of geometries
        As written; None gives None.
    declared : sequence of str
        What was said of the system of each, as it was said; empty means WGS 84 (RFC 7946) where they are degrees.
    near : (lon, lat), optional
        Where the other sites are: tells the zone of metres, and the order of axes where neither numbers nor name do.
    section : str
        Section of ``mission.toml`` in which a system can be declared.

    Returns
    -------
    list
        A settled shape each, or why it is on no map.
    """
    orders = [None if one is None else _order(shapely.get_coordinates(one)) for one in shapes]
    first = {"latitude": orders.count("latitude"), "longitude": orders.count("longitude")}
    found: list[SettledShape | ImpossiblePlace | SettingError | None] = []
    for one, text, order in zip(shapes, declared, orders, strict=True):
        if one is None or order is None:
            found.append(None)
            continue
        try:
            if order == "metres":
                found.append(_settle_metres(one, crs_name(text), near, section))
            else:
                found.append(_settle_degrees(one, text, order, first, near))
        except (ImpossiblePlace, SettingError) as error:
            found.append(error)
    return found


def _order(xy: NDArray[np.float64]) -> str:
    """What the numbers say of themselves: metres, latitude or longitude first, either, or nonsense."""
    beyond = np.abs(xy).max(axis=0)
    if (np.abs(xy) > 180.0).any(axis=1).all():
        return "metres"
    if beyond.max() > 180.0 or beyond.min() > 90.0:
        return "none"
    (x0, y0), (x1, y1) = xy.min(axis=0), xy.max(axis=0)
    if beyond[1] > 90.0 or (is_latitude_first_in_china(x0, y0) and is_latitude_first_in_china(x1, y1)):
        return "latitude"
    if beyond[0] > 90.0 or (is_latitude_first_in_china(y0, x0) and is_latitude_first_in_china(y1, x1)):
        return "longitude"
    return "either"


def _settle_degrees(
    one: BaseGeometry, text: str, order: str, first: Mapping[str, int], near: tuple[float, float] | None
) -> SettledShape:
    xy = shapely.get_coordinates(one)
    x, y = (float(value) for value in xy[np.abs(xy).max(axis=1).argmax()])
    # Of one file, numbers beyond 90 are a fault where the others have longitude first; those of China are still told.
    if order == "latitude" and first["longitude"] and not is_latitude_first_in_china(xy[:, 0].min(), xy[:, 1].min()):
        order = "none"
    if order == "none":
        raise ImpossiblePlace(Phrase("degrees_not_on_earth", {"longitude": x, "latitude": y}))
    if not xy.any():
        raise ImpossiblePlace(Phrase("coordinates_of_zero"))
    crs = crs_name(text) or WGS84
    refuse_metres(x, y, crs)
    why = Phrase("latitude_elsewhere", {"latitude": y})
    swap = order == "latitude"
    if order == "either":
        swap, why = _either(xy, text, first, near)
    notes = (Decision("", "shape_latitude_first", {}, why),) if swap else ()
    written = _swapped(one) if swap else one
    return SettledShape(written, shape_to_wgs84(written, crs), crs, notes)


def _either(
    xy: NDArray[np.float64], text: str, first: Mapping[str, int], near: tuple[float, float] | None
) -> tuple[bool, Phrase]:
    """Whether latitude stands first where a shape's own numbers do not tell: the others, the neighbours, the name."""
    if first["latitude"] and first["longitude"]:
        raise ImpossiblePlace(Phrase("order_of_axes_mixed", dict(first)))
    if first["latitude"] or first["longitude"]:
        return bool(first["latitude"]), Phrase("latitude_first_in_others", {"count": first["latitude"]})
    x, y = xy.mean(axis=0)
    if near is not None and (np.hypot(x - near[0], y - near[1]) < _NEAR_DEG) != (
        np.hypot(y - near[0], x - near[1]) < _NEAR_DEG
    ):
        return bool(np.hypot(y - near[0], x - near[1]) < _NEAR_DEG), Phrase("latitude_first_near_others")
    return _is_latitude_first(text), Phrase("latitude_first_by_name", {"crs": text})


def _is_latitude_first(text: str) -> bool:
    """Whether a name in the form of OGC stands for a geographic system of EPSG: latitude is its first axis."""
    match = _EPSG_URN.search(text)
    return match is not None and crs_from_text(f"EPSG:{match[1]}").is_geographic


def _settle_metres(one: BaseGeometry, crs: str, near: tuple[float, float] | None, section: str) -> SettledShape:
    """Settle metres by one vertex, and test what was found on the corners of the shape."""
    x, y = (float(value) for value in shapely.get_coordinates(one)[0])
    settled = settle_metres(x, y, crs, near, section)
    written = _swapped(one) if (settled.x, settled.y) != (x, y) else one
    x0, y0, x1, y1 = written.bounds
    for corner in ((x0, y0), (x1, y1)):
        again = settle_metres(*corner, settled.crs, near, section)
        if (again.x, again.y) != corner:
            raise ImpossiblePlace(Phrase("order_of_axes_mixed", {"latitude": 1, "longitude": 1}))
    return SettledShape(written, shape_to_wgs84(written, settled.crs), settled.crs, settled.notes)


def _swapped(one: BaseGeometry) -> BaseGeometry:
    return shapely.transform(one, lambda xy: xy[:, ::-1])
