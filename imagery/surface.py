"""The ground the rays meet: the take-off plane, a DEM brought into the flight's frame, or relief from tie points."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from pyproj import CRS
from scipy.ndimage import distance_transform_edt, gaussian_filter, map_coordinates, median_filter

from ingest.coordinates import crs_from_text, metres_per_degree, to_grid, to_lonlat
from ingest.errors import ContractError

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Surface:
    """Ground heights above take-off on a regular grid, bilinear between its nodes and constant beyond its edge.

    ``heights`` (rows, columns) are at nodes; ``west``, ``north`` [m, grid CRS] are those of node (0, 0); rows go
    south. ``sd_m`` is the standard deviation of a height. ``source`` names where the heights come from.
    """

    west: float
    north: float
    cell_m: float
    heights: Floats
    sd_m: float
    source: str

    def at(self, x: Floats, y: Floats) -> Floats:
        """Height above take-off [m] at grid positions of any shape."""
        if self.heights.size == 1:
            return np.full(np.shape(x), float(self.heights[0, 0]))
        rows, cols = (self.north - np.asarray(y)) / self.cell_m, (np.asarray(x) - self.west) / self.cell_m
        result: Floats = map_coordinates(self.heights, [rows, cols], order=1, mode="nearest")
        return result


def surface_from_plane(height_m: float, sd_m: float) -> Surface:
    """Return a level plane at this height above take-off.

    Examples
    --------
    >>> surface_from_plane(1.5, 2.0).at(np.array([0.0]), np.array([0.0])).tolist()
    [1.5]
    """
    return Surface(0.0, 0.0, 1.0, np.array([[height_m]]), sd_m, "take-off plane")


def surface_from_dem(
    dem: xr.DataArray,
    *,
    crs: CRS,
    bounds: tuple[float, float, float, float],
    takeoff: tuple[float, float],
    sd_m: float,
) -> Surface:
    """Bring a DEM into the flight's frame: its own height at the take-off point is subtracted, its datum cancels.

    Parameters
    ----------
    dem : DataArray, dims (y, x)
        Heights [m] with coordinates in the CRS named by ``attrs["crs"]`` or a ``spatial_ref`` coordinate.
    bounds : west, south, east, north
        Area wanted, in ``crs`` [m].
    takeoff : easting, northing
        Take-off point in ``crs``: its DEM height becomes zero.

    Raises
    ------
    ContractError
        If the DEM has no CRS, or no height at the take-off point.
    """
    dem_crs = _dem_crs(dem)
    cell = max(float(np.abs(np.diff(dem["y"].values)).mean()), float(np.abs(np.diff(dem["x"].values)).mean()))
    cell = cell * metres_per_degree(float(dem["y"].mean()))[1] if dem_crs.is_geographic else cell
    west, south, east, north = bounds
    columns, rows = int((east - west) / cell) + 2, int((north - south) / cell) + 2
    x, y = np.meshgrid(west + cell * np.arange(columns), north - cell * np.arange(rows))
    heights = _sample(dem, *_between(crs, dem_crs, x, y))
    zero = height_of_dem(dem, crs=crs, place=takeoff)
    known = np.isfinite(heights)
    if not known.all():
        # Voids and what lies beyond the DEM take the nearest known height.
        nearest = distance_transform_edt(~known, return_distances=False, return_indices=True) if known.any() else None
        heights = heights[tuple(nearest)] if nearest is not None else np.full_like(heights, zero)
    return Surface(west, north, cell, heights - zero, sd_m, "DEM")


def height_of_dem(dem: xr.DataArray, *, crs: CRS, place: tuple[float, float]) -> float:
    """Height of a DEM at one place (easting, northing in ``crs``), in the DEM's own datum [m].

    Raises
    ------
    ContractError
        If there is none.
    """
    x, y = _between(crs, _dem_crs(dem), *(np.array([v]) for v in place))
    height = float(_sample(dem, x, y)[0])
    if not np.isfinite(height):
        where = ", ".join(f"{v:.0f}" for v in place)
        raise ContractError(f"the DEM has no height at the take-off point ({where}); give one that covers the flight")
    return height


def _dem_crs(dem: xr.DataArray) -> CRS:
    text = dem.attrs.get("crs") or (dem["spatial_ref"].attrs.get("crs_wkt") if "spatial_ref" in dem.coords else None)
    if not text:
        raise ContractError('a DEM needs its coordinate system in attrs["crs"] or a spatial_ref coordinate')
    return crs_from_text(text)


def _between(source: CRS, target: CRS, x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Positions of one system in another; those of the same system to the last bit."""
    if source == target:
        return x, y
    return to_grid(*to_lonlat(x, y, source), target)


def _sample(dem: xr.DataArray, x: Floats, y: Floats) -> Floats:
    return np.asarray(dem.interp(x=xr.DataArray(x), y=xr.DataArray(y)).to_numpy(), float)


def surface_from_laser(
    centres: Floats, forward: Floats, distances: Floats, *, laser_sd_m: float, tilt_sd_rad: float
) -> Surface:
    """Level plane through the targets of the cameras' laser range finder: the median of their heights.

    Assumes that the laser looks along the camera's axis and that the ground is level; the spread of the targets is in
    the plane's standard deviation.

    Parameters
    ----------
    centres, forward : array, shape (n, 3)
        Stations, and unit viewing directions in grid axes.
    distances : array, shape (n,)
        Measured ranges [m].
    laser_sd_m, tilt_sd_rad : float
        Standard deviations of a range and of a viewing direction.

    Examples
    --------
    >>> down = np.array([[0.0, 0.0, -1.0]])
    >>> surface_from_laser(np.array([[0.0, 0.0, 80.0]]), down, np.array([78.0]), laser_sd_m=0.2, tilt_sd_rad=0.0)
    Surface(west=0.0, north=0.0, cell_m=1.0, heights=array([[2.]]), sd_m=0.2, source='laser range')
    """
    heights = centres[:, 2] + forward[:, 2] * distances
    level = float(np.median(heights))
    # dz of one target: its range along the ray, and its tilt across it.
    flat = np.hypot(forward[:, 0], forward[:, 1])
    own = np.sqrt((forward[:, 2] * laser_sd_m) ** 2 + (flat * distances * tilt_sd_rad) ** 2)
    relief = 1.4826 * float(np.median(np.abs(heights - level)))
    return Surface(0.0, 0.0, 1.0, np.array([[level]]), float(np.hypot(np.median(own), relief)), "laser range")


def surface_from_points(points: Floats, *, cell_m: float, sd_m: float) -> Surface:
    """Smooth relief through tie points (n, 3): median in cells, linear between them, spikes removed.

    Valid for open ground; trees and roofs that carry few tie points are cut through.
    """
    from scipy.interpolate import griddata  # half a second to load

    west, south = points[:, :2].min(axis=0) - cell_m
    east, north = points[:, :2].max(axis=0) + cell_m
    columns, rows = int((east - west) / cell_m) + 1, int((north - south) / cell_m) + 1
    cell = ((north - points[:, 1]) / cell_m).astype(int) * columns + ((points[:, 0] - west) / cell_m).astype(int)
    order = np.lexsort((points[:, 2], cell))
    starts = np.flatnonzero(np.append(True, np.diff(cell[order]) > 0))
    counts = np.diff(np.append(starts, len(cell)))
    middle = points[order[starts + counts // 2], 2]
    filled = np.stack(np.divmod(cell[order[starts]], columns), axis=1).astype(float)
    row, col = np.mgrid[0:rows, 0:columns]
    nearest = griddata(filled, middle, (row, col), method="nearest")
    heights = nearest
    if len(filled) > 3 and np.ptp(filled, axis=0).min() > 0:
        linear = griddata(filled, middle, (row, col), method="linear")
        heights = np.where(np.isnan(linear), nearest, linear)
    smooth: Floats = gaussian_filter(median_filter(heights, size=3, mode="nearest"), 0.7, mode="nearest")
    return Surface(float(west + cell_m / 2), float(north - cell_m / 2), cell_m, smooth, sd_m, "tie points")


def meet_ground(centre: Floats, rays: Floats, surface: Surface) -> Floats:
    """Where rays (n, 3) from a station (3,) meet the ground, shape (n, 3); NaN for rays that do not go down.

    Fixed-point iteration: the plane at the height last found. Converges where the ground is less steep than the ray.
    """
    slope = np.where(rays[:, 2] < -1e-6, rays[:, 2], np.nan)
    height = np.full(len(rays), float(np.median(surface.heights)))
    for _ in range(1 if surface.heights.size == 1 else 6):
        ground = centre + rays * ((height - centre[2]) / slope)[:, None]
        height = surface.at(np.nan_to_num(ground[:, 0]), np.nan_to_num(ground[:, 1]))
    return np.asarray(centre + rays * ((height - centre[2]) / slope)[:, None])
