"""One snapped grid per region, and the cells that positions fall into."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import shapely
import xarray as xr
from affine import Affine
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox

from ingest.coordinates import crs_from_text, meridian_convergence_rad, to_grid, to_lonlat
from ingest.errors import ContractError, SettingError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_BORDER = 1e-6
_MOST_CELLS = 1_000_000_000


_crs = lru_cache(maxsize=32)(crs_from_text)


def project(lon: Floats, lat: Floats, crs: str) -> tuple[Floats, Floats]:
    """Easting and northing [m] of WGS 84 degrees; NaN where the position is not finite."""
    ok = np.isfinite(lon) & np.isfinite(lat)
    easting, northing = np.full(lon.shape, np.nan), np.full(lon.shape, np.nan)
    easting[ok], northing[ok] = to_grid(lon[ok], lat[ok], _crs(crs))
    outside = ~(np.isfinite(easting) & np.isfinite(northing))
    easting[outside], northing[outside] = np.nan, np.nan
    return easting, northing


def unproject(easting: Floats, northing: Floats, crs: str) -> tuple[Floats, Floats]:
    """WGS 84 longitude and latitude [degree] of grid coordinates."""
    return to_lonlat(easting, northing, _crs(crs))


def region_geobox(lon: Floats, lat: Floats, *, crs: str, resolution_m: float) -> GeoBox:
    """Give the grid that covers all finite positions, its origin snapped to whole multiples of the cell size.

    Two missions of one region therefore share their cells wherever they overlap.

    Parameters
    ----------
    lon, lat : arrays, shape (n,)
        WGS 84 degrees; NaN is passed over.
    crs : str
        A projected CRS in metres.
    resolution_m : float
        Edge of a cell, m.

    Raises
    ------
    ContractError
        If no position is finite, the CRS is not projected in metres, or the grid would exceed 10⁹ cells.
    """
    if not resolution_m > 0:
        raise ContractError(f"resolution_m is {resolution_m}, expected a positive number of metres")
    try:
        easting, northing = project(np.asarray(lon, np.float64), np.asarray(lat, np.float64), crs)
    except SettingError as error:
        raise ContractError(error.phrase) from error
    ok = np.isfinite(easting)
    if not ok.any():
        raise ContractError("a grid needs at least one finite position; all are NaN or outside the CRS")
    left, right = _snap(easting[ok], resolution_m)
    bottom, top = _snap(northing[ok], resolution_m)
    if (right - left) * (top - bottom) / resolution_m**2 > _MOST_CELLS:
        raise ContractError(
            f"the positions span {(right - left) / 1000:.0f} x {(top - bottom) / 1000:.0f} km, too far for cells of "
            f"{resolution_m} m; check for stray positions or set a coarser cell"
        )
    shape = round((top - bottom) / resolution_m), round((right - left) / resolution_m)
    box = GeoBox(shape, Affine(resolution_m, 0.0, left, 0.0, -resolution_m, top), crs)
    if box.crs is None or not box.crs.projected or box.crs.units[0] not in ("metre", "meter", "m"):
        raise ContractError(f"crs {crs!r} is not projected in metres; give one such as EPSG:4544 or a UTM zone")
    return box


def _snap(values: Floats, step: float) -> tuple[float, float]:
    """Lower and upper multiple of ``step`` that hold all values (at least one cell)."""
    low = np.floor(values.min() / step)
    high = max(np.floor(values.max() / step) + 1, low + 1)
    return float(low * step), float(high * step)


def cell_index(lon: Floats, lat: Floats, geobox: GeoBox) -> Ints:
    """Flat row-major cell of every position (pixel corner convention), −1 off the grid or without a position.

    A position on the outer border of the grid is in the cell that it touches.
    """
    easting, northing = project(np.asarray(lon, np.float64), np.asarray(lat, np.float64), str(geobox.crs))
    inverse = ~geobox.affine
    ok = np.isfinite(easting)
    column = np.full(easting.shape, -1, np.int64)
    row = np.full(easting.shape, -1, np.int64)
    height, width = geobox.shape
    column[ok] = _whole_cells(inverse.a * easting[ok] + inverse.b * northing[ok] + inverse.c, width)
    row[ok] = _whole_cells(inverse.d * easting[ok] + inverse.e * northing[ok] + inverse.f, height)
    inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
    return np.where(inside, row * width + column, -1)


def _whole_cells(places: Floats, number: int) -> Floats:
    """Floor of places counted in cells, with a border that is met to a millionth of a cell taken as inside."""
    near = np.abs(places - np.clip(places, 0.0, number)) <= _BORDER
    return np.floor(np.where(near, np.clip(places, 0.0, number - 0.5), places))


def cell_centres(cells: Ints, geobox: GeoBox) -> tuple[Floats, Floats]:
    """Easting and northing [m] of the centres of flat cells."""
    row, column = np.divmod(np.asarray(cells, np.int64), geobox.shape[1])
    affine = geobox.affine
    x, y = column + 0.5, row + 0.5
    return affine.a * x + affine.b * y + affine.c, affine.d * x + affine.e * y + affine.f


def grid_north_rad(lon: float, lat: float, crs: str) -> float:
    """Clockwise angle from true north to the grid's at a place, rad; 0 where there is no place."""
    return float(meridian_convergence_rad(lon, lat, _crs(crs))) if np.isfinite(lon + lat) else 0.0


def to_wgs84(geometry: shapely.geometry.base.BaseGeometry, crs: str) -> shapely.Polygon | shapely.MultiPolygon:
    """A polygon of the grid in WGS 84, its rings in the order of RFC 7946."""

    def transform(points: Floats) -> Floats:
        return np.column_stack(unproject(points[:, 0], points[:, 1], crs))

    polygon = shapely.orient_polygons(shapely.transform(geometry, transform))
    if not isinstance(polygon, shapely.Polygon | shapely.MultiPolygon):
        raise ContractError(f"expected a polygon, got {type(polygon).__name__}")
    return polygon


def geobox_of(dataset: xr.Dataset) -> GeoBox:
    """Grid of a dataset from its grid mapping (``crs_wkt`` and ``GeoTransform``), also where it has a single cell."""
    attrs = dataset["spatial_ref"].attrs
    if "GeoTransform" not in attrs or "crs_wkt" not in attrs:
        raise ContractError("the grid mapping 'spatial_ref' needs crs_wkt and GeoTransform; build it with build_cube")
    affine = Affine.from_gdal(*(float(v) for v in str(attrs["GeoTransform"]).split()))
    return GeoBox((dataset.sizes["y"], dataset.sizes["x"]), affine, str(attrs["crs_wkt"]))


def cell_area_m2(geobox: GeoBox) -> float:
    """Area of one cell, m²."""
    return float(abs(geobox.affine.determinant))
