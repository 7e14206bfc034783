"""One pixel of one photo → a place on the ground with an error ellipse: for a target that only one photo shows.

The ray is followed to the ground instead of adding the pixel's angles to those of the camera: at a pitch of −60° a
pixel 20° beside the axis is 36° away in azimuth, not 20°.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imagery.camera import normalise, rotation_from_attitude
from imagery.schema import Station
from imagery.settings import ImagerySettings
from imagery.surface import Surface
from ingest.errors import ContractError
from ingest.schema import Frame

Floats = NDArray[np.float64]
_STEPS = 512
_BISECTIONS = 40


@dataclass(frozen=True, eq=False)
class Target:
    """A place on the ground and how far it may be wrong.

    ``covariance`` (2, 2) is that of easting and northing [m²]. The ellipse holds the true place with probability
    ``level``: half axes [m] and the grid bearing of the longer one [rad, 0 to π]. ``slant_range_m`` is the distance
    from the camera.
    """

    easting_m: float
    northing_m: float
    height_m: float
    covariance: Floats
    level: float
    semi_major_m: float
    semi_minor_m: float
    bearing_rad: float
    slant_range_m: float


def station_of_single_photo(
    frame: Frame, centre: Floats, convergence_rad: float, settings: ImagerySettings
) -> Station:
    """Station of a photo that no other one checks: its tags as they are, with the doubt that they deserve.

    Unlike in a mosaic the camera may look far off nadir, so the yaw turns about the vertical, pitch and roll about
    the camera's own axes; a roll in doubt tilts a camera that looks down to its side.

    Parameters
    ----------
    centre : array, shape (3,)
        Easting and northing in the grid CRS, and height above the origin of the surface that is asked later [m].
    convergence_rad : float
        Meridian convergence of the grid CRS at the photo.

    Raises
    ------
    ContractError
        If the photo states no yaw or no pitch.
    """
    pose = frame.pose
    if pose.yaw_rad is None or pose.pitch_rad is None:
        raise ContractError(f"{frame.item} states no yaw or no pitch: a single photo cannot be placed without them")
    rotation = rotation_from_attitude(pose.yaw_rad - convergence_rad, pose.pitch_rad, pose.roll_rad or 0.0)
    upward = rotation[:, 2]
    roll = settings.tilt_sd_rad**2 if pose.roll_rad is not None else settings.untagged_tilt_sd_rad**2
    covariance = np.zeros((6, 6))
    covariance[:3, :3] = settings.single_yaw_sd_rad**2 * np.outer(upward, upward) + np.diag(
        [settings.tilt_sd_rad**2, roll * math.sin(pose.pitch_rad) ** 2, roll]
    )
    covariance[3:, 3:] = np.diag([pose.horizontal_sd_m**2, pose.horizontal_sd_m**2, pose.vertical_sd_m**2])
    return Station(frame, frame.camera, np.asarray(centre, float), rotation, covariance)


def cast_pixel(
    station: Station, pixel: tuple[float, float], surface: Surface, *, level: float = 0.9, reach_m: float = 5000.0
) -> Target:
    """Follow the ray of one pixel to the ground and propagate the station's covariance along it.

    Assumes errors that are small against the distance and normal, and ground that is level or evenly sloped within
    them; near the horizon both stop being true and the ellipse is too small.

    Parameters
    ----------
    pixel : x, y
        In OpenCV's convention (centre of the first pixel at 0, 0).
    level : float
        Probability with which the ellipse holds the true place.
    reach_m : float
        Distance along the ray [m] beyond which it is taken to miss the ground.

    Raises
    ------
    ContractError
        If the pixel is outside of the photo, or its ray does not meet the ground within ``reach_m``.

    Notes
    -----
    First-order propagation through the intersection with the ground plane of normal n: dX = P (dC + Rᵀ dc), with
    P = I − d nᵀ / (n·d), where dc holds the three rotations about the camera axes and the focal length. For level
    ground and uncorrelated errors it is the usual budget of one ray, θ off nadir and r from the nadir point:
    σ² = σ_gps² + (H σ_tilt / cos²θ)² + (r σ_yaw)² + (tan θ σ_H)² + (r σ_f / f)²; the law is that of the GUM (JCGM
    100:2008, Eq. 13, doi:10.59161/JCGM100-2008E). The ellipse of a bivariate normal at probability p has
    half axes √(−2 ln(1 − p) λ) with the eigenvalues λ of the covariance.
    """
    return cast_pixels(station, [pixel], surface, level=level, reach_m=reach_m)[0]


def cast_pixels(
    station: Station,
    pixels: Iterable[tuple[float, float]],
    surface: Surface,
    *,
    level: float = 0.9,
    reach_m: float = 5000.0,
) -> tuple[Target, ...]:
    """Cast several pixels of one photo: see `cast_pixel`."""
    if not 0.0 < level < 1.0:
        raise ContractError(f"level is {level:g}, expected a probability between 0 and 1")
    points = np.array(list(pixels), float).reshape(-1, 2)
    camera = station.camera
    for x, y in points:
        if not (-0.5 <= x <= camera.width_px - 0.5 and -0.5 <= y <= camera.height_px - 0.5):
            size = f"{camera.width_px} × {camera.height_px}"
            raise ContractError(f"pixel ({x:g}, {y:g}) is outside of {station.frame.item} ({size} px)")
    seen = np.column_stack([normalise(camera, points), np.ones(len(points))])
    rays = seen @ station.rotation
    return tuple(_target(station, c, ray, surface, level, reach_m) for c, ray in zip(seen, rays, strict=True))


def ellipse_holds(target: Target, easting_m: float, northing_m: float) -> bool:
    """Whether a place lies inside of the target's ellipse."""
    off = np.array([easting_m - target.easting_m, northing_m - target.northing_m])
    return bool(off @ np.linalg.solve(target.covariance, off) <= -2.0 * math.log(1.0 - target.level))


def _target(station: Station, seen: Floats, ray: Floats, surface: Surface, level: float, reach_m: float) -> Target:
    distance = _meet(station.centre, ray / np.linalg.norm(ray), surface, reach_m)
    if distance is None:
        raise ContractError(
            f"the ray does not meet the ground within {reach_m:g} m of {station.frame.item}: it looks at or above "
            "the horizon, or the ground is higher than the camera"
        )
    ray = ray / np.linalg.norm(ray) * distance
    place = station.centre + ray
    covariance = _covariance(station, seen, ray, _normal(surface, place), surface.sd_m)
    values, vectors = np.linalg.eigh(covariance)
    factor = math.sqrt(-2.0 * math.log(1.0 - level))
    minor, major = factor * np.sqrt(np.maximum(values, 0.0))
    bearing = math.atan2(vectors[0, 1], vectors[1, 1]) % math.pi
    east, north, height = (float(v) for v in place)
    return Target(east, north, height, covariance, level, float(major), float(minor), bearing, distance)


def _meet(centre: Floats, ray: Floats, surface: Surface, reach_m: float) -> float | None:
    """Distance along a unit ray to the first ground it meets: steps that grow with distance, then bisection."""

    def above(distance: Floats) -> Floats:
        points = centre + distance[:, None] * ray
        return np.asarray(points[:, 2] - surface.at(points[:, 0], points[:, 1]))

    distances = np.concatenate([[0.0], np.geomspace(0.5, reach_m, _STEPS)])
    height = above(distances)
    below = np.flatnonzero(height <= 0.0)
    if not len(below) or below[0] == 0:
        return None
    low, high = float(distances[below[0] - 1]), float(distances[below[0]])
    for _ in range(_BISECTIONS):
        middle = 0.5 * (low + high)
        if above(np.array([middle]))[0] > 0.0:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)


def _normal(surface: Surface, place: Floats) -> Floats:
    """Upward normal of the ground with a vertical component of one, over one cell of the surface."""
    if surface.heights.size == 1:
        return np.array([0.0, 0.0, 1.0])
    step = surface.cell_m
    east = surface.at(place[0] + np.array([-step, step]), np.full(2, place[1]))
    north = surface.at(np.full(2, place[0]), place[1] + np.array([-step, step]))
    return np.array([-(east[1] - east[0]) / (2 * step), -(north[1] - north[0]) / (2 * step), 1.0])


def _covariance(station: Station, seen: Floats, ray: Floats, normal: Floats, ground_sd_m: float) -> Floats:
    """Covariance (2, 2) of the place: orientation and centre, focal length, height of the ground."""
    along = float(normal @ ray)
    onto_ground = np.eye(3) - np.outer(ray, normal) / along
    c = station.rotation @ ray
    cross = np.array([[0.0, -c[2], c[1]], [c[2], 0.0, -c[0]], [-c[1], c[0], 0.0]])
    jacobian = onto_ground @ np.hstack([station.rotation.T @ cross, np.eye(3)])
    total = jacobian @ station.covariance @ jacobian.T
    camera = station.camera
    focal = np.array([seen[0], seen[1], 0.0]) * c[2] * camera.focal_sd_px / camera.focal_px
    by_focal = onto_ground @ (station.rotation.T @ focal)
    by_ground = ray / along * ground_sd_m
    total += np.outer(by_focal, by_focal) + np.outer(by_ground, by_ground)
    return np.asarray(total[:2, :2])
