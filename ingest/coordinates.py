"""Horizontal coordinates and zones of clocks: the metric grid of a place, the shifted systems of Chinese maps.

WGS 84 and CGCS2000 are treated as equal (they differ by 0.8 m of plate motion in Chengdu), everything else that PROJ
could only relate by a "ballpark" null shift is refused: Xi'an 1980 and Beijing 1954 are tens of metres away.
``docs/coordinates.md`` holds the conventions.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, timedelta, timezone, tzinfo
from functools import lru_cache
from types import ModuleType
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pyproj import CRS, Proj, Transformer
from pyproj.exceptions import CRSError, ProjError

from ingest.errors import SettingError
from ingest.outcome import Phrase

Floats = NDArray[np.float64]

_WGS84 = CRS.from_epsg(4326)
# Names of datums that are WGS 84 to within a metre: ITRF realisations at the epochs in which they are used.
_SAME_AS_WGS84 = ("China 2000", "World Geodetic System 1984")
# PROJ knows shifts of Beijing 1954 for a few oil fields only, and would use them anywhere.
_LOCAL_SHIFTS_ONLY = ("Beijing 1954", "Xian 1980", "New Beijing")
# Wholly mainland, so that the time-zone map (a second to load) is asked only near borders: W, E, S, N in degrees.
_HEARTLAND = (100.0, 115.0, 25.0, 40.0)

_KRASOVSKY_A = 6378245.0
_KRASOVSKY_EE = 0.00669342162296594323
# Outside of this box the published GCJ-02 formula does nothing.
_GCJ_WEST, _GCJ_EAST, _GCJ_SOUTH, _GCJ_NORTH = 72.004, 137.8347, 0.8293, 55.8271
# Each round of the inverse divides the error by about 1000; it starts at 700 m.
_ROUNDS = 6
_BD_TURN = np.pi * 3000.0 / 180.0


# --- the grid ------------------------------------------------------------------------------------------------------


def grid_crs(lon: ArrayLike, lat: ArrayLike) -> CRS:
    """Choose the metric grid for data at these places, from their median.

    In mainland China the CGCS2000 3-degree zone whose central meridian is nearest to the median longitude, without
    zone number (EPSG:4534-4554), also where that leaves the zone's formal area; elsewhere the WGS 84 UTM zone.

    Parameters
    ----------
    lon, lat : array_like
        WGS 84 degrees; values that are not finite are left out.

    Raises
    ------
    SettingError
        If no position is finite.

    Examples
    --------
    >>> grid_crs(104.0657, 30.6574).to_epsg(), grid_crs([-91.99, -91.99], [46.84, 46.84]).to_epsg()
    (4544, 32615)
    """
    lon_, lat_ = np.atleast_1d(np.asarray(lon, float)), np.atleast_1d(np.asarray(lat, float))
    good = np.isfinite(lon_) & np.isfinite(lat_)
    if not good.any():
        raise SettingError('a grid needs at least one position; give crs = "EPSG:..." in mission.toml')
    middle_lon, middle_lat = float(np.median(lon_[good])), float(np.median(lat_[good]))
    if is_mainland_china(middle_lon, middle_lat):
        return CRS.from_epsg(4534 + int(np.clip(round(middle_lon / 3.0), 25, 45)) - 25)
    zone = int((middle_lon + 180.0) % 360.0 // 6.0) + 1
    return CRS.from_epsg((32600 if middle_lat >= 0 else 32700) + zone)


def is_mainland_china(lon: float, lat: float) -> bool:
    """Return whether the place keeps Beijing or Urumqi time by the time-zone map (not Hong Kong, Macau, Taiwan)."""
    west, east, south, north = _HEARTLAND
    if west <= lon <= east and south <= lat <= north:
        return True
    if not (73.0 <= lon <= 135.5 and 17.5 <= lat <= 54.0):
        return False
    return time_zone_at(lon, lat) in ("Asia/Shanghai", "Asia/Urumqi")


def time_zone_at(lon: float, lat: float) -> str:
    """Return the IANA time zone of a place (``"Asia/Shanghai"``), empty where the map has none.

    Lookups are cached on a grid of 0.01°, so the answer may be the neighbour's within 1 km of a border.

    Examples
    --------
    >>> time_zone_at(104.07, 30.66)
    'Asia/Shanghai'
    """
    return _time_zone_near(round(lon, 2), round(lat, 2))


@lru_cache(maxsize=4096)
def _time_zone_near(lon: float, lat: float) -> str:
    return str(_zone_finder().timezone_at(lng=lon, lat=lat) or "")


def crs_from_text(text: str | int) -> CRS:
    """Read a coordinate system as users write it: ``"EPSG:4544"``, ``4544``, WKT or a PROJ string.

    Raises
    ------
    SettingError
        If PROJ does not know it, or would relate it to WGS 84 only by a ballpark shift.
    """
    try:
        crs = CRS.from_user_input(text)
    except CRSError as error:
        raise SettingError(Phrase("crs_not_known", {"text": text, "error": str(error)})) from error
    transformer_to(crs)
    return crs


def to_grid(lon: ArrayLike, lat: ArrayLike, crs: CRS) -> tuple[Floats, Floats]:
    """Project WGS 84 degrees to easting and northing in metres of ``crs``.

    The easting comes first, whatever the official axis order of the system is.

    Examples
    --------
    >>> x, y = to_grid(104.0657, 30.6574, CRS.from_epsg(4544))
    >>> round(float(x), 2), round(float(y), 2)
    (410451.04, 3393363.76)
    """
    x, y = transformer_to(crs).transform(np.asarray(lon, float), np.asarray(lat, float))
    return np.asarray(x, float), np.asarray(y, float)


def to_lonlat(x: ArrayLike, y: ArrayLike, crs: CRS) -> tuple[Floats, Floats]:
    """Undo `to_grid`: easting and northing to WGS 84 longitude and latitude in degrees."""
    lon, lat = transformer_to(crs).transform(np.asarray(x, float), np.asarray(y, float), direction="INVERSE")
    return np.asarray(lon, float), np.asarray(lat, float)


def meridian_convergence_rad(lon: ArrayLike, lat: ArrayLike, crs: CRS) -> Floats:
    """Angle from true north clockwise to grid north, in radians: a grid bearing is the true bearing minus this.

    Negative west of the central meridian in the northern hemisphere (Chengdu on EPSG:4544: −0.48°).

    Examples
    --------
    >>> round(float(np.degrees(meridian_convergence_rad(104.0657, 30.6574, CRS.from_epsg(4544)))), 3)
    -0.476
    """
    factors = _projection(crs).get_factors(np.asarray(lon, float), np.asarray(lat, float), radians=False)
    convergence: Floats = np.radians(np.asarray(factors.meridian_convergence, float))
    return convergence


@lru_cache(maxsize=1)
def _zone_finder() -> Any:
    from timezonefinder import TimezoneFinder  # a second to import and load, seldom needed

    return TimezoneFinder(in_memory=True)


@lru_cache(maxsize=64)
def _projection(crs: CRS) -> Proj:
    return Proj(crs)


@lru_cache(maxsize=64)
def transformer_to(crs: CRS) -> Transformer:
    """WGS 84 degrees → ``crs`` (easting or longitude first), without any datum shift that PROJ has to invent.

    Every projection of the program is one of these, so that a system is refused everywhere or nowhere.

    Raises
    ------
    SettingError
        If PROJ would relate it to WGS 84 only by a ballpark shift.
    """
    geodetic = crs.geodetic_crs
    same = geodetic is not None and geodetic.datum is not None and geodetic.datum.name.startswith(_SAME_AS_WGS84)
    source = geodetic if same and not crs.is_bound else _WGS84
    if not crs.is_bound and geodetic is not None and geodetic.name.startswith(_LOCAL_SHIFTS_ONLY):
        raise _no_datum_shift(crs)
    try:
        return Transformer.from_crs(source, crs, always_xy=True, allow_ballpark=False)
    except ProjError as error:
        raise _no_datum_shift(crs) from error


def _no_datum_shift(crs: CRS) -> SettingError:
    return SettingError(Phrase("crs_without_datum_shift", {"name": crs.name}))


# --- the shifted systems of Chinese maps ---------------------------------------------------------------------------


def gcj02_from_wgs84(lon: ArrayLike, lat: ArrayLike) -> tuple[Floats, Floats]:
    """Shift WGS 84 to GCJ-02 (高德, 腾讯), by the formula published as eviltransform (Krasovsky ellipsoid).

    Valid within the box 72.004-137.8347° E, 0.8293-55.8271° N; outside the coordinates come back unchanged. The box
    also shifts Hong Kong, Taiwan and neighbouring countries, where real maps do not. The real GCJ-02 carries up to
    1-2 m of noise on top of the formula.

    Examples
    --------
    >>> lon, lat = gcj02_from_wgs84(121.5272106, 31.1774276)
    >>> round(float(lon), 9), round(float(lat), 9)
    (121.531541859, 31.175303984)
    """
    lon_, lat_ = _float_pair(lon, lat)
    shift_lon, shift_lat = _gcj02_shift(lon_, lat_)
    return lon_ + shift_lon, lat_ + shift_lat


def wgs84_from_gcj02(lon: ArrayLike, lat: ArrayLike) -> tuple[Floats, Floats]:
    """Undo `gcj02_from_wgs84` by fixed-point iteration, to less than 1 µm of the formula."""
    lon_, lat_ = _float_pair(lon, lat)
    if lon_.ndim == 0:
        one_lon, one_lat = _unshift_one(float(lon_), float(lat_))
        return np.asarray(one_lon), np.asarray(one_lat)
    wgs_lon, wgs_lat = lon_.copy(), lat_.copy()
    for _ in range(_ROUNDS):
        shift_lon, shift_lat = _gcj02_shift(wgs_lon, wgs_lat)
        wgs_lon, wgs_lat = lon_ - shift_lon, lat_ - shift_lat
    return wgs_lon, wgs_lat


def _unshift_one(lon: float, lat: float) -> tuple[float, float]:
    """Undo the shift of one place with plain floats, twenty times as quick as arrays of one."""
    wgs_lon, wgs_lat = lon, lat
    for _ in range(_ROUNDS):
        if not (_GCJ_WEST <= wgs_lon <= _GCJ_EAST and _GCJ_SOUTH <= wgs_lat <= _GCJ_NORTH):
            return lon, lat
        shift_lon, shift_lat = _shift_degrees(wgs_lon, wgs_lat, math)
        wgs_lon, wgs_lat = lon - shift_lon, lat - shift_lat
    return wgs_lon, wgs_lat


def bd09_from_gcj02(lon: ArrayLike, lat: ArrayLike) -> tuple[Floats, Floats]:
    """Shift GCJ-02 to BD-09 (百度) by the published formula: a turn, a stretch and an offset of about 900 m."""
    lon_, lat_ = _float_pair(lon, lat)
    radius = np.hypot(lon_, lat_) + 0.00002 * np.sin(lat_ * _BD_TURN)
    angle = np.arctan2(lat_, lon_) + 0.000003 * np.cos(lon_ * _BD_TURN)
    return radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006


def gcj02_from_bd09(lon: ArrayLike, lat: ArrayLike) -> tuple[Floats, Floats]:
    """Undo `bd09_from_gcj02` by fixed-point iteration, to less than 1 µm of the formula."""
    lon_, lat_ = _float_pair(lon, lat)
    gcj_lon, gcj_lat = lon_ - 0.0065, lat_ - 0.006
    for _ in range(30):  # the wobble has a slope of up to 0.6 %
        again_lon, again_lat = bd09_from_gcj02(gcj_lon, gcj_lat)
        step_lon, step_lat = lon_ - again_lon, lat_ - again_lat
        gcj_lon, gcj_lat = gcj_lon + step_lon, gcj_lat + step_lat
        if max(np.abs(step_lon).max(initial=0.0), np.abs(step_lat).max(initial=0.0)) < 1e-13:
            break
    return gcj_lon, gcj_lat


def _float_pair(lon: ArrayLike, lat: ArrayLike) -> tuple[Floats, Floats]:
    lon_, lat_ = np.broadcast_arrays(np.asarray(lon, np.float64), np.asarray(lat, np.float64))
    return lon_, lat_


def _gcj02_shift(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Degrees that GCJ-02 adds to WGS 84 longitude and latitude; zero outside the box."""
    shift_lon, shift_lat = _shift_degrees(lon, lat, np)
    inside = (lon >= _GCJ_WEST) & (lon <= _GCJ_EAST) & (lat >= _GCJ_SOUTH) & (lat <= _GCJ_NORTH)
    return np.where(inside, shift_lon, 0.0), np.where(inside, shift_lat, 0.0)


def _shift_degrees(lon: Any, lat: Any, m: ModuleType) -> tuple[Any, Any]:
    """Evaluate the published series with the functions of ``m``: numpy for arrays, math for plain floats."""
    pi, sin = m.pi, m.sin
    x, y = lon - 105.0, lat - 35.0
    root = m.sqrt(m.fabs(x))
    common = (20.0 * sin(6.0 * x * pi) + 20.0 * sin(2.0 * x * pi)) * 2.0 / 3.0
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + common
    north = north + (20.0 * sin(y * pi) + 40.0 * sin(y / 3.0 * pi)) * 2.0 / 3.0
    north = north + (160.0 * sin(y / 12.0 * pi) + 320.0 * sin(y * pi / 30.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + common
    east = east + (20.0 * sin(x * pi) + 40.0 * sin(x / 3.0 * pi)) * 2.0 / 3.0
    east = east + (150.0 * sin(x / 12.0 * pi) + 300.0 * sin(x / 30.0 * pi)) * 2.0 / 3.0
    latitude = m.radians(lat)
    magic = 1.0 - _KRASOVSKY_EE * sin(latitude) ** 2
    shift_lat = m.degrees(north / (_KRASOVSKY_A * (1.0 - _KRASOVSKY_EE) / magic**1.5))
    shift_lon = m.degrees(east / (_KRASOVSKY_A / m.sqrt(magic) * m.cos(latitude)))
    return shift_lon, shift_lat


# --- distances -----------------------------------------------------------------------------------------------------

EARTH_RADIUS_M = 6_371_008.8
"""Mean radius of the earth, IUGG 1980 (Moritz 2000, doi:10.1007/s001900050278)."""


METRES_PER_DEGREE = 111_320.0
"""Of longitude at the equator, and of latitude to within 0.7 %: where a hundredth of a distance does not matter."""


def metres_per_degree(lat: float) -> tuple[float, float]:
    """Length in m of one degree of longitude and of latitude, good to 1 %; `Plane` has the ellipsoid's.

    Examples
    --------
    >>> [round(metres) for metres in metres_per_degree(30.0)]
    [96406, 111320]
    """
    return METRES_PER_DEGREE * math.cos(math.radians(lat)), METRES_PER_DEGREE


def apart_m(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Metres between two places (longitude, latitude) by the parallel of the first; good to 1 % within 100 km.

    Examples
    --------
    >>> round(apart_m((104.0, 30.0), (104.0, 30.01)))
    1113
    """
    east = (one[0] - other[0]) * math.cos(math.radians(one[1]))
    return METRES_PER_DEGREE * math.hypot(east, one[1] - other[1])


# --- clocks ------------------------------------------------------------------------------------------------

_MOST_HOURS = 14
"""Of an offset from UTC: that of the Line Islands."""


def zone_of(name: str) -> tzinfo:
    """Return the zone that a declaration names: an IANA name, ``UTC``, or an offset such as ``+08:00``.

    Raises
    ------
    SettingError
        If it is none of these.
    """
    name = name.strip()
    offset = re.fullmatch(r"(?:UTC|GMT)?([+-])(\d{1,2}):?([0-5]\d)?", name.upper())
    if offset and int(offset[2]) <= _MOST_HOURS:
        minutes = int(offset[2]) * 60 + int(offset[3] or 0)
        return timezone(timedelta(minutes=minutes if offset[1] == "+" else -minutes))
    if name.upper() in ("UTC", "Z", "GMT"):
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise SettingError(Phrase("time_zone_not_known", {"name": name})) from error
