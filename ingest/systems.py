"""Which coordinate system numbers are of: names of systems, degrees and metres, order of the axes, zones.

Degrees may be WGS 84 (or CGCS2000, equal here), GCJ-02 or BD-09; metres may carry their zone number, or not; the two
numbers may be swapped. What the values settle is settled here, for tables and shapes alike.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS
from shapely.geometry.base import BaseGeometry

from ingest.coordinates import crs_from_text, gcj02_from_bd09, grid_crs, to_lonlat, wgs84_from_gcj02
from ingest.errors import OnevisitError
from ingest.outcome import Decision, Phrase

WGS84, GCJ02, BD09 = "WGS 84", "GCJ-02", "BD-09"
HYPOTHESES = (WGS84, GCJ02, BD09)
_NAMES = {
    name: system
    for system, names in (
        (
            WGS84,
            "wgs84 wgs1984 gps 4326 crs84 4490 cgcs2000 2000 大地2000 国家2000 2000国家大地 国家大地2000",
        ),
        (
            GCJ02,
            "gcj02 gcj 高德 高德地图 腾讯 火星 火星坐标 火星坐标系 国测局 amap",
        ),
        (
            BD09,
            "bd09 bd 百度 百度地图 百度坐标 baidu",
        ),
    )
    for name in names.split()
}


class ImpossiblePlace(OnevisitError):
    """Coordinates that are on no map; the phrase says what came and what to try."""


@dataclass(frozen=True)
class Settled:
    """Numbers with easting or longitude first, their system (empty where degrees tell none), what was repaired."""

    x: float
    y: float
    crs: str
    notes: tuple[Decision, ...] = ()


def crs_name(text: str) -> str:
    """Return the system that a text names: one of `HYPOTHESES`, else the text for PROJ, empty for empty.

    Examples
    --------
    >>> crs_name("GCJ02坐标系"), crs_name("urn:ogc:def:crs:OGC:1.3:CRS84"), crs_name("EPSG:4544")
    ('GCJ-02', 'WGS 84', 'EPSG:4544')
    """
    key = re.sub(r"[\s_\-:：（）()]", "", text.strip().lower())
    key = re.sub(r"^(urnogcdefcrs)?(epsg|ogc1\.3|ogc)?", "", key) or key
    short = re.sub(r"(坐标系统?|坐标|经纬度)$", "", key)
    code = re.search(r"(?<!\d)(4[45]\d\d)(?!\d)", text)  # the CGCS2000 zones, as in "CGCS2000/4544"
    return _NAMES.get(key) or _NAMES.get(short) or (f"EPSG:{code.group(1)}" if code else text.strip())


def to_wgs84(x: float, y: float, crs: str) -> tuple[float, float]:
    """Convert coordinates of a named system to WGS 84 longitude and latitude."""
    if crs == WGS84:
        return x, y
    lon, lat = _to_wgs84_arrays(np.asarray(x), np.asarray(y), crs)
    return float(lon), float(lat)


def shape_to_wgs84(geometry: BaseGeometry, crs: str) -> BaseGeometry:
    """Convert a geometry of a named system (x first) to WGS 84 degrees."""
    if crs == WGS84:
        return geometry

    def convert(xy: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack(_to_wgs84_arrays(xy[:, 0], xy[:, 1], crs))

    return shapely.transform(geometry, convert)


def _to_wgs84_arrays(
    x: NDArray[np.float64], y: NDArray[np.float64], crs: str
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    if crs == GCJ02:
        return wgs84_from_gcj02(x, y)
    if crs == BD09:
        return wgs84_from_gcj02(*gcj02_from_bd09(x, y))
    return to_lonlat(x, y, crs_from_text(crs))


# --- degrees -------------------------------------------------------------------------------------------------------


def settle_degrees(x: float, y: float, crs: str) -> Settled:
    """Put longitude first; ``crs`` is what was declared.

    Raises
    ------
    ImpossiblePlace
        If they are not on the earth, or metres were declared.
    """
    notes: tuple[Decision, ...] = ()
    # Longitude in the latitude column: beyond ±90, or in China's range of the other.
    if abs(y) > 90.0 or is_latitude_first_in_china(x, y):
        x, y = y, x
        notes = (Decision("", "degrees_swapped_back", {}, Phrase("latitude_elsewhere", {"latitude": x})),)
    if abs(y) > 90.0:
        raise ImpossiblePlace(Phrase("degrees_not_on_earth", {"longitude": x, "latitude": y}))
    refuse_metres(x, y, crs)
    return Settled(x, y, crs, notes)


def is_latitude_first_in_china(x: float, y: float) -> bool:
    """Whether the numbers are in China's ranges of latitude and longitude, in this order."""
    return 17.0 <= x <= 54.5 and y >= 73.0


def refuse_metres(x: float, y: float, crs: str) -> None:
    """Raise `ImpossiblePlace` if degrees were declared to be of a system of metres."""
    if crs and crs not in HYPOTHESES and not crs_from_text(crs).is_geographic:
        raise ImpossiblePlace(Phrase("degrees_in_system_of_metres", {"x": x, "y": y, "crs": crs}))


# --- metres --------------------------------------------------------------------------------------------------------


def settle_metres(x: float, y: float, crs: str, near: tuple[float, float] | None, section: str) -> Settled:
    """Put easting first and find the system; ``crs`` is what was declared, ``near`` where the other sites are.

    "CGCS2000" alone names a datum, as offices write it, and the zone is found as if nothing had been declared.

    Raises
    ------
    ImpossiblePlace
        If degrees were declared, the point is outside of the declared system, or no zone can be told.
    """
    notes: tuple[Decision, ...] = ()
    of_degrees = crs in HYPOTHESES or (crs and crs_from_text(crs).is_geographic)
    if of_degrees and crs != WGS84:
        raise ImpossiblePlace(Phrase("metres_in_system_of_degrees", {"x": x, "y": y, "crs": crs}))
    if crs and not of_degrees:
        system = crs_from_text(crs)
        if not _in_area(x, y, system) and _in_area(y, x, system):
            x, y = y, x
            notes = (Decision("", "metres_swapped_back", {}, Phrase("point_outside_as_labelled", {"crs": crs})),)
        if not _in_area(x, y, system):
            raise ImpossiblePlace(Phrase("metres_outside_system", {"x": x, "y": y, "crs": crs, "hint": _hint(x, y)}))
        return Settled(x, y, crs, notes)
    if _is_northing(x) and (_is_easting(y) or _zone_of(y)):
        x, y = y, x
        notes = (Decision("", "metres_swapped_back", {}, Phrase("number_only_northing", {"northing": y})),)
    try:
        zoned, evidence = _zone_from_values(x, y, near, section)
    except ImpossiblePlace as error:
        if not of_degrees:
            raise
        said = Phrase("metres_in_system_of_degrees", {"x": x, "y": y, "crs": crs})
        raise ImpossiblePlace(said) from error
    return Settled(x, y, zoned, (*notes, Decision("", "coordinates_read_as", {"crs": zoned}, evidence)))


def _zone_from_values(x: float, y: float, near: tuple[float, float] | None, section: str) -> tuple[str, Phrase]:
    """System of metres that nobody declared: by the zone number, else by where the other sites are."""
    if not _is_northing(y):
        raise ImpossiblePlace(Phrase("metres_not_in_china", {"x": x, "y": y, "section": section}))
    zone = _zone_of(x)
    if zone:
        width_deg, number = (3, 4513 + zone - 25) if zone >= 25 else (6, 4491 + zone - 13)
        return f"EPSG:{number}", Phrase("easting_with_zone", {"easting_m": x, "zone": zone, "width_deg": width_deg})
    if _is_easting(x) and near is not None:
        code = grid_crs(*near).to_epsg()
        lon, lat = to_wgs84(x, y, f"EPSG:{code}")
        if math.hypot(lon - near[0], lat - near[1]) < 1.0:
            return f"EPSG:{code}", Phrase("zone_near_other_sites", {"longitude": lon})
    raise ImpossiblePlace(Phrase("metres_of_unknown_zone", {"x": x, "y": y, "section": section}))


def _zone_of(easting: float) -> int:
    """Zone number in front of an easting, 0 where there is none: 13-23 (6 degrees) or 25-45 (3 degrees)."""
    zone, rest = divmod(easting, 1_000_000.0)
    return int(zone) if 100_000.0 <= rest <= 900_000.0 and (13 <= zone <= 23 or 25 <= zone <= 45) else 0


def _is_easting(value: float) -> bool:
    return 100_000.0 <= value <= 900_000.0


def _is_northing(value: float) -> bool:
    return 1_900_000.0 <= value <= 6_000_000.0


def _in_area(x: float, y: float, system: CRS) -> bool:
    """Whether the point is within the system's area of use, with 2° of margin (zones are used beyond their edge)."""
    lon, lat = (float(value) for value in to_lonlat(x, y, system))
    if not (math.isfinite(lon) and math.isfinite(lat)):
        return False
    area = system.area_of_use
    if area is None:
        return abs(lat) <= 90.0
    return area.west - 2.0 <= lon <= area.east + 2.0 and area.south - 2.0 <= lat <= area.north + 2.0


def _hint(x: float, y: float) -> Phrase:
    zone = _zone_of(x) or _zone_of(y)
    if zone < 25:
        return Phrase("zone_to_be_found")
    return Phrase("zone_number_means", {"zone": zone, "crs": f"EPSG:{4513 + zone - 25}"})
