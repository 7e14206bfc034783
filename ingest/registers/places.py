"""Where a register says a site is: texts → numbers → WGS 84, with the coordinate system and where it came from.

Degrees may be WGS 84 (or CGCS2000, equal here), GCJ-02 or BD-09; metres may carry their zone number, or not; columns
may be swapped. What the values settle is settled, what they do not is left to `guess_crs` or stays unknown.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS
from shapely.geometry.base import BaseGeometry

from ingest.coordinates import (
    METRES_PER_DEGREE,
    crs_from_text,
    gcj02_from_bd09,
    grid_crs,
    is_mainland_china,
    metres_per_degree,
    to_lonlat,
    wgs84_from_gcj02,
)
from ingest.errors import OnevisitError
from ingest.outcome import Decision, Phrase
from ingest.schema import CrsSource
from ingest.text.spelled import parse_angle

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
class Place:
    """A position as written and as understood.

    ``x``, ``y`` are the numbers, easting or longitude first; ``crs`` their system, ``crs_source`` how it is known.
    ``rounding_m`` is half of the last written digit on the ground; ``notes`` say what was repaired or guessed, of an
    item that the caller knows.
    """

    x: float
    y: float
    crs: str
    crs_source: CrsSource
    lon: float
    lat: float
    rounding_m: float = 0.0
    notes: tuple[Decision, ...] = ()

    def in_system(self, crs: str) -> tuple[float, float]:
        """WGS 84 longitude and latitude if the numbers were of this system."""
        return to_wgs84(self.x, self.y, crs)


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


def read_place(
    x_text: str, y_text: str, crs: str, *, near: tuple[float, float] | None = None, section: str = "registers"
) -> Place | None:
    """Understand a pair of coordinates, easting or longitude first as labelled.

    Parameters
    ----------
    x_text, y_text : str
        Texts of the two columns; None comes back if either is empty.
    crs : str
        Declared system (`crs_name`), empty if nobody said.
    near : (lon, lat), optional
        Where the other sites are: chooses among zones for metres without zone number.
    section : str
        Section of ``mission.toml`` in which a system can be declared.

    Raises
    ------
    ImpossiblePlace
        If the values fit no coordinate system that is declared or can be told from them.
    """
    if not x_text.strip() or not y_text.strip():
        return None
    x, y = parse_angle(x_text), parse_angle(y_text)
    if x is None or y is None:
        raise ImpossiblePlace(Phrase("coordinates_not_numbers", {"x": x_text, "y": y_text}))
    if x == 0.0 and y == 0.0:
        raise ImpossiblePlace(Phrase("coordinates_of_zero"))
    if abs(x) <= 180.0 and abs(y) <= 180.0:
        # The finer of the two: a spreadsheet drops trailing zeros.
        return _degrees(x, y, crs, min(_rounding_deg(x_text), _rounding_deg(y_text)) * METRES_PER_DEGREE)
    return _metres(x, y, crs, near, section)


def distance_m(lon: float, lat: float, shape: BaseGeometry) -> float:
    """Metres from a point to a WGS 84 geometry (0 inside), on a local plane; good to 1 % within 100 km."""
    scale = np.array(metres_per_degree(lat))
    local = shapely.transform(shape, lambda xy: (xy - np.array([lon, lat])) * scale)
    return float(local.distance(shapely.Point(0.0, 0.0)))


# --- degrees -------------------------------------------------------------------------------------------------------


def _degrees(x: float, y: float, crs: str, rounding_m: float) -> Place:
    notes: tuple[Decision, ...] = ()
    # Longitude in the latitude column: beyond ±90, or in China's range of the other.
    if abs(y) > 90.0 or (17.0 <= x <= 54.5 and y >= 73.0):
        x, y = y, x
        notes = (Decision("", "degrees_swapped_back", {}, Phrase("latitude_elsewhere", {"latitude": x})),)
    if abs(y) > 90.0:
        raise ImpossiblePlace(Phrase("degrees_not_on_earth", {"longitude": x, "latitude": y}))
    if crs and crs not in HYPOTHESES and not crs_from_text(crs).is_geographic:
        raise ImpossiblePlace(Phrase("degrees_in_system_of_metres", {"x": x, "y": y, "crs": crs}))
    if crs:
        lon, lat = to_wgs84(x, y, crs)
        return Place(x, y, crs, CrsSource.DECLARED, lon, lat, rounding_m, notes)
    # Outside of China's box the three hypotheses are one: shifted systems are not used there.
    source = CrsSource.UNKNOWN if is_mainland_china(round(x, 2), round(y, 2)) else CrsSource.GUESSED
    return Place(x, y, WGS84, source, x, y, rounding_m, notes)


def _rounding_deg(text: str) -> float:
    """Half of the last written digit, for decimal degrees; 0 for degrees, minutes and seconds."""
    match = re.fullmatch(r"[-+]?\d+(?:\.(\d*))?", text.strip())
    return 0.5 * 10.0 ** -len(match.group(1) or "") if match else 0.0


# --- metres --------------------------------------------------------------------------------------------------------


def _metres(x: float, y: float, crs: str, near: tuple[float, float] | None, section: str) -> Place:
    notes: tuple[Decision, ...] = ()
    if crs in HYPOTHESES:
        raise ImpossiblePlace(Phrase("metres_in_system_of_degrees", {"x": x, "y": y, "crs": crs}))
    declared = crs
    if crs:
        system = crs_from_text(crs)
        if not _in_area(x, y, system) and _in_area(y, x, system):
            x, y = y, x
            notes = (Decision("", "metres_swapped_back", {}, Phrase("point_outside_as_labelled", {"crs": crs})),)
        if not _in_area(x, y, system):
            raise ImpossiblePlace(Phrase("metres_outside_system", {"x": x, "y": y, "crs": crs, "hint": _hint(x, y)}))
    else:
        if _is_northing(x) and (_is_easting(y) or _zone_of(y)):
            x, y = y, x
            notes = (Decision("", "metres_swapped_back", {}, Phrase("number_only_northing", {"northing": y})),)
        crs, evidence = _zone_from_values(x, y, near, section)
        notes = (*notes, Decision("", "coordinates_read_as", {"crs": crs}, evidence))
    lon, lat = to_wgs84(x, y, crs)
    return Place(x, y, crs, CrsSource.DECLARED if declared else CrsSource.GUESSED, lon, lat, 0.5, notes)


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


# --- the guess -----------------------------------------------------------------------------------------------------


def guess_crs(place: Place, references: Sequence[BaseGeometry], *, tolerance_m: float, margin: float) -> Place | None:
    """Choose among WGS 84, GCJ-02 and BD-09 the one that puts a site where its references are.

    Parameters
    ----------
    place : Place
        In degrees.
    references : geometries
        The site's own parcel, or its position in a register whose system is known (WGS 84).
    tolerance_m, margin : float
        The best hypothesis must be within the tolerance, and every other ``margin`` times further (or beyond).

    Returns
    -------
    Place, or None
        In the system that was found; None where the references do not tell.
    """
    distances = []
    for hypothesis in HYPOTHESES:
        lon, lat = to_wgs84(place.x, place.y, hypothesis)
        distances.append((min(distance_m(lon, lat, shape) for shape in references), hypothesis, lon, lat))
    distances.sort()
    (best, hypothesis, lon, lat), (second, *_) = distances[0], distances[1]
    if best > tolerance_m or second < max(margin * best, tolerance_m):
        return None
    apart = tuple(Phrase("distance_in_system", {"crs": name, "distance_m": value}) for value, name, *_ in distances)
    evidence = Phrase("distances_to_references", {"distances": apart})
    note = Decision("", "coordinates_read_as", {"crs": hypothesis}, evidence)
    return replace(place, crs=hypothesis, crs_source=CrsSource.GUESSED, lon=lon, lat=lat, notes=(*place.notes, note))
