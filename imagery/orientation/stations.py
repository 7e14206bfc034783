"""Photos with settled tags become stations: position, rotation and covariance in the flight's frame."""

from __future__ import annotations

import math

import numpy as np
import shapely
from numpy.typing import NDArray

from imagery.camera import (
    heading_from_rotation,
    image_outline,
    normalise,
    rotation_from_attitude,
    rotation_from_vector,
)
from imagery.orientation.checks import Verdict
from imagery.orientation.overlap import wrap
from imagery.schema import Station
from imagery.settings import ImagerySettings
from imagery.surface import Surface, meet_ground
from ingest.schema import Frame

Floats = NDArray[np.float64]


def station_from_tags(
    frame: Frame,
    centre: Floats,
    convergence_rad: float,
    verdict: Verdict,
    settings: ImagerySettings,
    *,
    boresight: Floats,
) -> Station:
    """Direct georeferencing: the tagged attitude, turned about the viewing direction to the settled heading.

    Assumes the tagged pitch; a camera without one is taken to look straight down, with more doubt.
    ``boresight`` (2,) is how far the camera looks to the right and bottom of its image as taken, beyond the tags
    [rad].
    """
    pose = frame.pose
    pitch = -math.pi / 2 if pose.pitch_rad is None else pose.pitch_rad
    rotation = rotation_from_attitude((pose.yaw_rad or 0.0) - convergence_rad, pitch, pose.roll_rad or 0.0)
    turn = float(wrap(verdict.heading_rad - heading_from_rotation(rotation)))
    if pitch < -math.radians(70):
        rotation = rotation_from_vector(np.array([0.0, 0.0, -turn])) @ rotation
    else:
        rotation = rotation @ rotation_from_vector(np.array([0.0, 0.0, turn]))
    tilt = settings.tilt_sd_rad if pose.pitch_rad is not None else settings.untagged_tilt_sd_rad
    tagged = pose.height_above_takeoff_m is not None
    height_sd = settings.height_relative_sd_m if tagged else pose.vertical_sd_m
    sds = [tilt, tilt, verdict.sd_rad, pose.horizontal_sd_m, pose.horizontal_sd_m, height_sd]
    spin = rotation_from_vector(np.array([0.0, 0.0, -verdict.turn_rad]))
    right, down, _ = spin @ np.array([boresight[0], boresight[1], 0.0])
    rotation = rotation_from_vector(np.array([down, -right, 0.0])) @ rotation
    return Station(frame, frame.camera, centre, rotation, np.diag(np.square(sds)), verdict.turn_rad)


def off_nadir_rad(station: Station) -> float:
    """Angle between the viewing direction and straight down."""
    return float(np.arccos(np.clip(-station.rotation[2, 2], -1.0, 1.0)))


def footprint(station: Station, surface: Surface, settings: ImagerySettings) -> shapely.Polygon:
    """Ground polygon that the photo sees, cut where the view is flatter than the settings allow.

    Outline pixels that look too far out are drawn in to the limit along their own azimuth.
    """
    outline = normalise(station.camera, image_outline(station.camera, steps=8))
    rays = np.column_stack([outline, np.ones(len(outline))]) @ station.rotation
    flat = np.hypot(rays[:, 0], rays[:, 1])
    limit = np.tan(settings.max_off_nadir_rad)
    lowest = -flat / limit
    rays[:, 2] = np.minimum(rays[:, 2], np.where(flat > 0, lowest, -1.0))
    ground = meet_ground(station.centre, rays, surface)
    polygon = shapely.Polygon(ground[:, :2])
    if polygon.is_valid:
        return polygon
    west, south, east, north = polygon.bounds
    return shapely.box(west, south, east, north)


def ground_variance(station: Station, points: Floats, ground_sd_m: float) -> Floats:
    """Variance [m²] of easting plus northing of ground points (..., 3) seen from the station.

    First-order propagation of rotation (about camera axes), centre, focal length and ground height through the
    intersection of the ray with level ground: dX = P (dC + Rᵀ [c]× dω), P = [I | −d_xy/d_z].
    """
    d = points - station.centre
    c = d @ station.rotation.T
    slope = d[..., :2] / d[..., 2:3]
    cross = np.zeros((*c.shape, 3))
    cross[..., 0, 1], cross[..., 0, 2] = -c[..., 2], c[..., 1]
    cross[..., 1, 0], cross[..., 1, 2] = c[..., 2], -c[..., 0]
    cross[..., 2, 0], cross[..., 2, 1] = -c[..., 1], c[..., 0]
    turned = station.rotation.T @ cross
    full = np.concatenate([turned, np.broadcast_to(np.eye(3), turned.shape)], axis=-1)
    jacobian = full[..., :2, :] - slope[..., :, None] * full[..., 2:3, :]
    variance = np.einsum("...ij,jk,...ik->...", jacobian, station.covariance, jacobian)
    focal = station.camera.focal_sd_px / station.camera.focal_px
    spread = np.sum(slope**2, axis=-1)
    result: Floats = variance + spread * ground_sd_m**2 + np.sum(d[..., :2] ** 2, axis=-1) * focal**2
    return result


def ground_sd(station: Station, surface: Surface) -> float:
    """Standard error [m] of the ground point in the middle of the photo, NaN if it looks at the sky."""
    point = meet_ground(station.centre, station.rotation[2:3], surface)
    return float(np.sqrt(ground_variance(station, point, surface.sd_m))[0])
