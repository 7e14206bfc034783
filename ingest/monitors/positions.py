"""Where monitor records say that a point is, or the two ends of an open path: texts as written → coordinates.

Nothing is known of the system but what a column (坐标系), ``crs`` under [monitors], or the numbers themselves say;
what is then unknown is read as WGS 84, and a decision says so.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

import numpy as np
import xarray as xr

from ingest.errors import SettingError
from ingest.outcome import Decision, Outcome, Reject
from ingest.registers.places import ImpossiblePlace, Place, crs_name, read_place
from ingest.schema import CrsSource

_Pairs = tuple[tuple[str, str], ...]
_ENDS: _Pairs = (("start_lon", "start_lat"), ("end_lon", "end_lat"))
_POINT: _Pairs = (("lon", "lat"),)
#: Roles of columns that say where a point is.
ROLES = frozenset(("height", *chain(*_ENDS, *_POINT)))
_HEIGHT = re.compile(r"([+-]?\d+(?:\.\d+)?)\s*(?:m|米)?", re.IGNORECASE)
_DECLARED = 'put `crs = "GCJ-02"` (or another) under [monitors] in mission.toml, or a column 坐标系'
_SAID = {
    CrsSource.DECLARED: "declared by a column or under [monitors]",
    CrsSource.GUESSED: "by their numbers: degrees outside of China are of one system, metres may carry their zone",
    CrsSource.UNKNOWN: f"nothing says which system; GCJ-02 or BD-09 would be 0.3 to 1.2 km off: {_DECLARED}",
}


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
    repairs: Counter[tuple[str, str, str]] = Counter()
    rejects: list[Reject] = []
    for spot in dict.fromkeys(spots):
        places = _places(spot, crs, rejects)
        height_m = _height_m(spot, rejects)
        source = places[0].crs_source if places else CrsSource.UNKNOWN
        found[spot] = Position(tuple(p.lon for p in places), tuple(p.lat for p in places), height_m, source)
        if places:
            systems[spot.item, places[0].crs, source] += 1
            repairs.update((spot.item, *note) for place in places for note in place.notes)
    decisions = [
        Decision(item, f"{count} positions read as {system}", _SAID[source])
        for (item, system, source), count in systems.items()
    ]
    decisions += [Decision(item, decision, evidence) for item, decision, evidence in repairs]
    return Outcome(found, tuple(decisions), tuple(rejects))


def _places(spot: Spot, crs: str, rejects: list[Reject]) -> Sequence[Place]:
    """One place, two, or none where any of them is none."""
    places: list[Place] = []
    for lon, lat in zip(spot.lons, spot.lats, strict=True):
        try:
            place = read_place(lon, lat, crs_name(spot.crs or crs))
        except (ImpossiblePlace, SettingError) as error:
            reason = str(error).replace("[registers]", "[monitors]")
            rejects.append(Reject(spot.item, spot.where, f"position not used: {reason}"))
            return ()
        if place is None:
            reason = f"position not used: longitude {lon!r}, latitude {lat!r}; write both, of both ends of a path"
            rejects.append(Reject(spot.item, spot.where, reason))
            return ()
        places.append(place)
    return places


def _height_m(spot: Spot, rejects: list[Reject]) -> float:
    match = _HEIGHT.fullmatch(spot.height)
    if match is None and spot.height:
        reason = f"height not used: {spot.height!r} is no number of metres above the ground"
        rejects.append(Reject(spot.item, spot.where, reason))
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
