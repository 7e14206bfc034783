"""Where monitor records say that a point is, or the two ends of an open path: texts as written → coordinates.

Nothing is known of the system but what a column (坐标系), ``crs`` under [monitors], or the numbers themselves say;
what is then unknown is read as WGS 84, and a decision says so.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain

import numpy as np
import xarray as xr

from ingest.errors import SettingError
from ingest.outcome import Decision, Notes, Outcome, Phrase
from ingest.registers.places import ImpossiblePlace, Place, crs_name, read_place
from ingest.schema import CrsSource

_Pairs = tuple[tuple[str, str], ...]
_ENDS: _Pairs = (("start_lon", "start_lat"), ("end_lon", "end_lat"))
_POINT: _Pairs = (("lon", "lat"),)
#: Roles of columns that say where a point is.
ROLES = frozenset(("height", *chain(*_ENDS, *_POINT)))
_HEIGHT = re.compile(r"([+-]?\d+(?:\.\d+)?)\s*(?:m|米)?", re.IGNORECASE)
_SOURCE_CODES = {
    "declared": "positions_crs_declared",
    "guessed": "positions_crs_guessed",
    "unknown": "positions_crs_unknown",
}
"""How the system of positions became known (`CrsSource`)."""


@dataclass(frozen=True)
class Spot:
    """Where a row says that its point is: longitudes and latitudes as written, of a point or of both ends of a path.

    ``item`` and ``where`` name the row; spots of different rows that say the same are equal.
    """

    lons: tuple[str, ...]
    lats: tuple[str, ...]
    height: str = ""
    crs: str = ""
    item: str = field(default="", compare=False)
    where: str = field(default="", compare=False)


@dataclass(frozen=True)
class Position:
    """WGS 84 degrees of a point (one each), of the ends of a path (two), or none; ``height_m`` NaN where unknown."""

    lons: tuple[float, ...]
    lats: tuple[float, ...]
    height_m: float
    crs_source: CrsSource


def spot_of(texts: Mapping[str, str], item: str, where: str) -> Spot | None:
    """What a row says of its position, by role of column; a path before a point, None where it says nothing."""
    if not ROLES & texts.keys():
        return None
    stated = (pairs for pairs in (_ENDS, _POINT) if any(name in texts for pair in pairs for name in pair))
    pairs = next(stated, ())
    lons, lats = (tuple(texts.get(pair[k], "") for pair in pairs) for k in (0, 1))
    return Spot(lons, lats, texts.get("height", ""), texts.get("crs", ""), item, where)


def read_positions(spots: Iterable[Spot], crs: str) -> Outcome[Mapping[Spot, Position]]:
    """Understand positions as written.

    Parameters
    ----------
    spots : iterable of Spot
        Each is understood once.
    crs : str
        System of those that have no column for it, empty if nobody said.

    Returns
    -------
    Outcome of mapping of Spot to Position
        Decisions count the positions of a file by system; what is no position is a reject, without its height if
        only that is none.
    """
    found: dict[Spot, Position] = {}
    systems: Counter[tuple[str, str, CrsSource]] = Counter()
    repairs: dict[str, Decision] = {}
    notes = Notes()
    for spot in dict.fromkeys(spots):
        places = _places(spot, crs, notes)
        height_m = _height_m(spot, notes)
        source = places[0].crs_source if places else CrsSource.UNKNOWN
        found[spot] = Position(tuple(p.lon for p in places), tuple(p.lat for p in places), height_m, source)
        if places:
            systems[spot.item, places[0].crs, source] += 1
            mended = (replace(note, item=spot.item) for place in places for note in place.notes)
            repairs |= {repr(note): note for note in mended}
    for (item, system, source), count in systems.items():
        why = Phrase(_SOURCE_CODES[source.value], {"column": "坐标系"})
        notes.decide(item, "positions_read_as", {"count": count, "crs": system}, why)
    notes.keep(*repairs.values())
    return notes.outcome(found)


def _places(spot: Spot, crs: str, notes: Notes) -> Sequence[Place]:
    """One place, two, or none where any of them is none."""
    places: list[Place] = []
    for lon, lat in zip(spot.lons, spot.lats, strict=True):
        try:
            place = read_place(lon, lat, crs_name(spot.crs or crs), section="monitors")
        except (ImpossiblePlace, SettingError) as error:
            notes.reject(spot.item, spot.where, "position_not_used", {"error": error.phrase})
            return ()
        if place is None:
            values = {"longitude": lon, "latitude": lat}
            notes.reject(spot.item, spot.where, "position_of_one_number", values)
            return ()
        places.append(place)
    return places


def _height_m(spot: Spot, notes: Notes) -> float:
    match = _HEIGHT.fullmatch(spot.height)
    if match is None and spot.height:
        notes.reject(spot.item, spot.where, "height_not_used", {"text": spot.height})
    return float(match.group(1)) if match else np.nan


def with_position(series: xr.Dataset, position: Position) -> xr.Dataset:
    """Give a series the coordinates of its point or path; what is unknown is absent."""
    dims, prefix = ((), "") if len(position.lons) == 1 else (("path_end",), "path_")
    coordinates: dict[str, tuple[tuple[str, ...], object, dict[str, str]]] = {}
    for name, values, standard, units in (
        ("lon", position.lons, "longitude", "degrees_east"),
        ("lat", position.lats, "latitude", "degrees_north"),
    ):
        if values:
            attributes = {"standard_name": standard, "units": units, "crs_source": position.crs_source.value}
            coordinates[f"{prefix}{name}"] = (dims, np.array(values if dims else values[0]), attributes)
    if np.isfinite(position.height_m):
        attributes = {"standard_name": "height", "units": "m", "positive": "up"}
        coordinates["height"] = ((), position.height_m, attributes)
    return series.assign_coords(coordinates)
