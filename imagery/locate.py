"""One pixel of one photo by its tags alone: which height, which ground, and where the ray ends."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from pyproj import CRS

from imagery.heights import laser_ground, settle_heights
from imagery.orientation.targets import Target, cast_pixel, station_of_single_photo
from imagery.schema import Station
from imagery.settings import ImagerySettings
from imagery.surface import height_of_dem, surface_from_dem, surface_from_plane
from ingest.coordinates import meridian_convergence_rad, to_grid
from ingest.errors import ContractError, FileError
from ingest.outcome import Decision, Outcome
from ingest.schema import Frame

Floats = NDArray[np.float64]

_REACHES_M = (400.0, 1500.0, 5000.0)
"""Over an elevation model the ground is sought near first: a window of it is interpolated for each."""

REACH_M = _REACHES_M[-1]
"""Distance along the ray beyond which it is taken to miss the ground."""


def locate_pixel(
    frame: Frame,
    pixel: tuple[float, float],
    settings: ImagerySettings,
    *,
    crs: CRS,
    dem: xr.DataArray | None = None,
    takeoff: tuple[float, float] | None = None,
    level: float = 0.9,
) -> Outcome[Target]:
    """Place one pixel of a photo that nothing else checks on the ground.

    Assumes tags that are right to within the standard deviations of the settings: a compass that is off by more, or
    pixels that a viewer turned, are not seen in one photo. Without a DEM the ground is level, at the height of the
    take-off or of what the laser range finder met.

    Parameters
    ----------
    pixel : x, y
        In OpenCV's convention (centre of the first pixel at 0, 0).
    crs : pyproj.CRS
        Projected grid CRS in metres, in which the place is told.
    dem : DataArray, optional
        Ground heights [m] around the photo (`ingest.images.elevation.read_elevation`).
    takeoff : easting, northing, optional
        Where the photo's height above take-off has its zero. Below the photo where not given: over a DEM the relief
        around it is then in the doubt.
    level : float
        Probability with which the ellipse holds the true place.

    Raises
    ------
    FileError
        If the photo has no focal length, no attitude or no height above the ground.
    ContractError
        If the pixel is outside of the photo, its ray meets no ground within `REACH_M`, or no ground that the DEM
        knows.
    SettingError
        If the DEM's datum is needed and cannot be brought to the ellipsoid.
    """
    x, y = (float(v) for v in to_grid(frame.pose.lon, frame.pose.lat, crs))
    zero = takeoff or (x, y)
    settled = settle_heights([frame], crs=crs, takeoff=zero, dem=dem, settings=settings)
    height_m = _usable_height(settled.value[0])
    convergence = float(meridian_convergence_rad(frame.pose.lon, frame.pose.lat, crs))
    known = _with_height_sd(frame, settings)
    station = station_of_single_photo(known, np.array([x, y, height_m]), convergence, settings)
    if dem is None:
        ground = laser_ground([station], surface_from_plane(0.0, settings.ground_sd_m), settings)
        said = ground.decisions or (_level_ground(frame, settings),)
        target = cast_pixel(station, pixel, ground.value, level=level, reach_m=REACH_M)
        return Outcome(target, (*settled.decisions, *said))
    # Heights above the ellipsoid on both sides: the zero between them cancels.
    guessed = takeoff is None and not (frame.pose.height_above_takeoff_m is None and _is_ellipsoidal(frame))
    doubt = _relief_around(station, dem, crs) if guessed else 0.0
    sd_m = math.hypot(settings.height_relative_sd_m, doubt)
    target = _cast_on_dem(station, pixel, dem, crs=crs, zero=zero, sd_m=sd_m, level=level)
    return Outcome(target, (*settled.decisions, *([_zero_guessed(frame, doubt)] if guessed else [])))


def _usable_height(frame: Frame) -> float:
    """Height above take-off of a photo that has all that one ray needs."""
    pose = frame.pose
    if not frame.camera.focal_px > 0:
        raise FileError(frame.item, "lone_photo_without_focal_length", where="camera")
    if pose.yaw_rad is None or pose.pitch_rad is None:
        raise FileError(frame.item, "lone_photo_without_attitude", where="attitude")
    height = pose.height_above_takeoff_m
    if height is None:
        raise FileError(frame.item, "lone_photo_without_height", where="altitude")
    if not height > 0:
        raise FileError(frame.item, "lone_photo_below_takeoff", {"height_m": float(height)}, where="altitude")
    return height


def _with_height_sd(frame: Frame, settings: ImagerySettings) -> Frame:
    """A height tagged above take-off is the barometer's; the tagged doubt is that of the absolute one."""
    if frame.pose.height_above_takeoff_m is None:
        return frame
    sd_m = math.hypot(settings.height_relative_sd_m, settings.takeoff_sd_m)
    return replace(frame, pose=replace(frame.pose, vertical_sd_m=sd_m))


def _is_ellipsoidal(frame: Frame) -> bool:
    return frame.pose.height_m is not None and frame.pose.vertical_datum == "ellipsoid"


def _level_ground(frame: Frame, settings: ImagerySettings) -> Decision:
    return Decision(frame.item, "level_ground_taken", {"sd_m": settings.ground_sd_m})


def _zero_guessed(frame: Frame, doubt_m: float) -> Decision:
    return Decision(frame.item, "takeoff_taken_below_photo", {"sd_m": doubt_m})


def _relief_around(station: Station, dem: xr.DataArray, crs: CRS) -> float:
    """How far the height of a take-off whose place is not known may be off that below the photo."""
    x, y = (float(v) for v in station.centre[:2])
    near = surface_from_dem(dem, crs=crs, bounds=_around(x, y, _REACHES_M[0]), takeoff=(x, y), sd_m=0.0)
    return float(np.sqrt(np.mean(near.heights**2)))


def _around(x: float, y: float, reach_m: float) -> tuple[float, float, float, float]:
    return x - reach_m, y - reach_m, x + reach_m, y + reach_m


def _cast_on_dem(
    station: Station,
    pixel: tuple[float, float],
    dem: xr.DataArray,
    *,
    crs: CRS,
    zero: tuple[float, float],
    sd_m: float,
    level: float,
) -> Target:
    """Seek the ground of a DEM in windows that grow, and refuse what lies beyond its edge."""
    x, y = (float(v) for v in station.centre[:2])
    for reach_m in _REACHES_M:
        surface = surface_from_dem(dem, crs=crs, bounds=_around(x, y, reach_m), takeoff=zero, sd_m=sd_m)
        try:
            target = cast_pixel(station, pixel, surface, level=level, reach_m=reach_m)
        except ContractError:
            if reach_m == REACH_M:
                raise
            continue
        break
    try:
        height_of_dem(dem, crs=crs, place=(target.easting_m, target.northing_m))
    except ContractError as error:
        raise ContractError(
            f"the elevation model has no height where the ray of {station.frame.item} comes down, "
            f"{target.slant_range_m:.0f} m away; give a larger one, or a pixel nearer to the photo"
        ) from error
    return target
