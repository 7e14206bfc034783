"""Heights where the tags leave a gap: a declared flying height, ellipsoidal heights over a DEM, laser ranges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import xarray as xr
from pyproj import CRS

from imagery.schema import Station
from imagery.settings import ImagerySettings
from imagery.surface import Surface, height_of_dem, surface_from_laser
from ingest.images.elevation import ellipsoid_heights
from ingest.outcome import Decision, Outcome
from ingest.schema import Frame

NO_GEOID = -9999.0


def settle_heights(
    frames: Sequence[Frame],
    *,
    crs: CRS,
    takeoff: tuple[float, float],
    dem: xr.DataArray | None,
    settings: ImagerySettings,
) -> Outcome[tuple[Frame, ...]]:
    """Give a height above take-off to the photos that tag none.

    Ellipsoidal heights (RTK) are held against a DEM brought to the ellipsoid; else a declared flying height is taken.
    Nothing else is guessed here: what is left goes on to `imagery.orientation.checks.judge_heights`.

    Parameters
    ----------
    takeoff : easting, northing
        Point in ``crs`` at which the flight's vertical frame has its zero.

    Raises
    ------
    SettingError
        If the DEM's datum cannot be brought to the ellipsoid (`ingest.images.elevation.ellipsoid_heights`).
    """
    untagged = [f for f in frames if f.pose.height_above_takeoff_m is None]
    absolute = [f for f in untagged if f.pose.height_m is not None and f.pose.vertical_datum == "ellipsoid"]
    if dem is not None and absolute:
        return _over_dem(frames, absolute, crs, takeoff, dem, settings)
    if settings.flying_height_m > 0 and untagged:
        declared = settings.flying_height_m
        given = tuple(_at(f, declared) if f.pose.height_above_takeoff_m is None else f for f in frames)
        told = Decision(_flight(frames), "flying_height_taken", {"photos": len(untagged), "height_m": declared})
        return Outcome(given, (told,))
    return Outcome(tuple(frames))


def _over_dem(
    frames: Sequence[Frame],
    absolute: Sequence[Frame],
    crs: CRS,
    takeoff: tuple[float, float],
    dem: xr.DataArray,
    settings: ImagerySettings,
) -> Outcome[tuple[Frame, ...]]:
    geoid = settings.geoid_height_m if settings.geoid_height_m != NO_GEOID else float("nan")
    lifted = ellipsoid_heights(dem, geoid_height_m=geoid)
    zero = height_of_dem(lifted.value, crs=crs, place=takeoff)
    items = {f.item for f in absolute}
    given = tuple(_at(f, (f.pose.height_m or 0.0) - zero) if f.item in items else f for f in frames)
    told = Decision(_flight(frames), "ellipsoidal_heights_used", {"photos": len(absolute), "zero_m": zero})
    return Outcome(given, (*lifted.decisions, told))


def _at(frame: Frame, height_m: float) -> Frame:
    return replace(frame, pose=replace(frame.pose, height_above_takeoff_m=height_m))


def laser_ground(stations: Sequence[Station], plane: Surface, settings: ImagerySettings) -> Outcome[Surface]:
    """Take the ground from the laser range finder where it knows it better than the plane does."""
    ranged = [s for s in stations if s.frame.target_distance_m is not None]
    if not ranged:
        return Outcome(plane)
    surface = surface_from_laser(
        np.array([s.centre for s in ranged]),
        np.array([s.rotation[2] for s in ranged]),
        np.array([s.frame.target_distance_m for s in ranged], float),
        laser_sd_m=settings.laser_sd_m,
        tilt_sd_rad=settings.tilt_sd_rad,
    )
    if surface.sd_m >= plane.sd_m:
        return Outcome(plane)
    told = Decision(
        _flight([s.frame for s in stations]),
        "ground_from_laser",
        {"ground_m": float(surface.heights[0, 0]), "sd_m": surface.sd_m, "photos": len(ranged)},
    )
    return Outcome(surface, (told,))


def _flight(frames: Sequence[Frame]) -> str:
    return f"flight of {frames[0].item}"
