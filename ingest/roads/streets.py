"""What is a street that a car may drive: by the tags of OpenStreetMap, Geofabrik's classes, barriers on nodes.

Values are those of https://wiki.openstreetmap.org/wiki/Key:access and ``Key:barrier``. Streets for customers,
deliveries and destinations are open: a visit is all three. What is closed is said with its tag, so that it can be
mended there.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ingest.outcome import Phrase

Tags = Mapping[str, str]
Vertices = NDArray[np.float64]

# https://wiki.openstreetmap.org/wiki/Key:highway; "unknown" is Geofabrik's word for "road"
_STREETS = frozenset(
    (
        "motorway", "motorway_link", "trunk", "trunk_link", "primary", "primary_link", "secondary",
        "secondary_link", "tertiary", "tertiary_link", "unclassified", "residential", "living_street",
        "service", "road", "track", "unknown", "yes",
    )
)  # fmt: skip
# Kinds that are open where a tag of cars says so; what is being built is closed whatever it says.
_OPENED_BY_TAG = frozenset(("pedestrian", "footway", "path", "cycleway", "bridleway", "busway", "bus_guideway"))
_CAR_KEYS = ("motorcar", "motor_vehicle", "vehicle", "access")  # the more special first
_OPEN = frozenset(
    ("yes", "permissive", "designated", "official", "destination", "customers", "delivery", "unknown", "public")
)
_CLOSED = frozenset(
    (
        "no", "private", "agricultural", "forestry", "emergency", "military", "psv", "bus", "permit",
        "residents", "restricted", "foot", "bicycle", "use_sidepath",
    )
)  # fmt: skip
_OPEN_BARRIERS = frozenset(
    (
        "gate", "lift_gate", "swing_gate", "sliding_gate", "sliding_beam", "sally_port", "entrance",
        "cattle_grid", "toll_booth", "border_control", "height_restrictor", "kerb", "no", "checkpoint",
        "hampshire_gate", "arch",
    )
)  # fmt: skip
# Lines that other things of a map have; with a highway as well they are streets (a tram in the street).
_OTHER_KEYS = (
    "railway", "waterway", "building", "power", "aeroway", "aerialway", "natural", "landuse", "leisure", "man_made",
    "boundary", "barrier", "amenity", "public_transport", "pipeline", "piste:type", "historic", "place", "water",
)  # fmt: skip
_ROAD_KEYS = ("highway", "fclass", "oneway", "maxspeed", "name")
_PAIR = re.compile(r'"((?:[^"\\]|\\.)*)"\s*=>\s*"((?:[^"\\]|\\.)*)"')
_LIST = re.compile(r"\['([^']*)'")
_GAP_DEG = 2e-5  # a street ends two metres before a barrier


def tags_of(properties: Mapping[str, Any]) -> dict[str, str]:
    """Tags of a feature as texts, keys in small letters: also those in ``tags`` and in GDAL's ``other_tags``."""
    tags: dict[str, str] = {}
    for key, value in properties.items():
        name = str(key).strip().lower()
        if isinstance(value, Mapping) and name in ("tags", "properties"):
            tags |= {k: v for k, v in tags_of(value).items() if k not in tags}
        elif name == "other_tags" and isinstance(value, str):
            tags |= {k.lower(): v for k, v in _PAIR.findall(value) if k.lower() not in tags}
        elif value is not None and (text := _text(value)):
            tags[name] = text
    return tags


def _text(value: Any) -> str:
    """A value as text; of several (OSMnx joins ways to lists) the first."""
    if isinstance(value, str) and (match := _LIST.match(value)):
        return match[1]
    if isinstance(value, list):
        return _text(value[0]) if value else ""
    return str(value).strip()


def is_tagged(tags: Tags) -> bool:
    """Whether a line has any tag of a street."""
    return any(tags.get(key) for key in _ROAD_KEYS)


def closed_reason(tags: Tags) -> Phrase | None:
    """Why a car may not drive a line; None where it may, or where nothing is said.

    Examples
    --------
    >>> str(closed_reason({"highway": "service", "access": "private"}))
    'street_closed (tag access=private)'
    >>> closed_reason({"highway": "pedestrian", "motor_vehicle": "destination"}) is None
    True
    """
    key = "highway" if tags.get("highway") else "fclass"
    kind = tags.get(key, "").lower()
    if not kind:
        if tags.get("route", "").lower() in ("ferry", "railway", "train", "subway", "tram"):
            return Phrase("street_closed", {"tag": f"route={tags['route']}"})
        other = next((k for k in _OTHER_KEYS if tags.get(k, "no").lower() not in ("no", "false", "0")), "")
        return Phrase("street_closed", {"tag": f"{other}={tags[other]}"}) if other else None
    if kind.startswith("track_grade"):  # of Geofabrik
        kind, tags = "track", {**tags, "tracktype": kind.removeprefix("track_")}
    access, word = _car_access(tags)
    if kind not in _STREETS and not (kind in _OPENED_BY_TAG and access not in ("", "access") and word in _OPEN):
        return Phrase("street_closed", {"tag": f"{key}={kind}"})
    if access and word in _CLOSED:
        return Phrase("street_closed", {"tag": f"{access}={word}"})
    for name, worst in (("tracktype", "grade5"), ("smoothness", "impassable"), ("area", "yes")):
        if tags.get(name, "").lower() == worst:
            return Phrase("street_closed", {"tag": f"{name}={worst}"})
    if tags.get("service", "").lower() in ("busway", "emergency_access"):
        return Phrase("street_closed", {"tag": f"service={tags['service']}"})
    return None


def may_stop(tags: Tags) -> bool:
    """Whether a car may go slowly and stop on a street: not on a motorway, not in a tunnel.

    Examples
    --------
    >>> [may_stop(t) for t in ({"highway": "motorway_link"}, {"highway": "primary", "tunnel": "yes"}, {"name": "a"})]
    [False, False, True]
    """
    kind = (tags.get("highway") or tags.get("fclass") or "").lower()
    fast = kind in ("motorway", "motorway_link") or tags.get("motorroad", "").lower() == "yes"
    return not fast and tags.get("tunnel", "").lower() in ("", "no", "f", "false", "0")


def _car_access(tags: Tags) -> tuple[str, str]:
    """The most special key that says something of cars, and what; of several values one that is open."""
    for key in _CAR_KEYS:
        words = [word.strip() for word in tags.get(key, "").lower().split(";") if word.strip()]
        if words:
            return key, next((word for word in words if word in _OPEN), words[0])
    return "", ""


def is_closed_barrier(tags: Tags) -> bool:
    """Whether a node stops a car: bollards and blocks do, gates if they are locked or private.

    Examples
    --------
    >>> [is_closed_barrier({"barrier": "gate"} | more) for more in ({}, {"access": "private"}, {"locked": "yes"})]
    [False, True, True]
    """
    kind = tags.get("barrier", "").lower()
    if not kind or kind == "no":
        return False
    key, word = _car_access(tags)
    if key and word in _OPEN:
        return False
    if key and word in _CLOSED:
        return True
    return kind not in _OPEN_BARRIERS or tags.get("locked", "").lower() == "yes"


def cut_at(vertices: Vertices, places: Collection[tuple[float, float]]) -> list[Vertices]:
    """Parts of a line between barriers, which end a little before them and so do not meet."""
    stops = [k for k, point in enumerate(vertices) if place_of(point) in places]
    if not stops:
        return [vertices]
    bounds = sorted({0, *stops, len(vertices) - 1})
    parts = []
    for start, end in pairwise(bounds):
        part = vertices[start : end + 1].copy()
        if start in stops:
            part[0] = _before(part[0], part[1])
        if end in stops:
            part[-1] = _before(part[-1], part[-2])
        parts.append(part)
    return parts


def place_of(point: Sequence[float] | Vertices) -> tuple[float, float]:
    """A vertex as it is compared: OpenStreetMap has seven decimals."""
    return round(float(point[0]), 7), round(float(point[1]), 7)


def _before(stop: Vertices, neighbour: Vertices) -> Vertices:
    step = neighbour - stop
    return np.asarray(stop + step * min(0.4, _GAP_DEG / max(float(np.hypot(*step)), 1e-12)))


def one_way_words(words: Collection[str], *, geofabrik: bool) -> Mapping[str, int]:
    """Direction of the words of a column ``oneway``: 1 as drawn, −1 against it.

    Geofabrik writes F, T, B (along, against, both); a database writes t and f for true and false.

    Examples
    --------
    >>> one_way_words({"t", "f"}, geofabrik=False)["t"], one_way_words({"t", "f", "b"}, geofabrik=False)["t"]
    (1, -1)
    """
    forward = dict.fromkeys(("yes", "true", "1", "1.0", "forward"), 1)
    backward = dict.fromkeys(("-1", "-1.0", "reverse", "backward"), -1)
    truth = bool(words) and set(words) <= {"t", "f"} and not geofabrik
    return forward | backward | ({"t": 1} if truth else {"f": 1, "t": -1})
