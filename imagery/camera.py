"""Pixel ↔ ray: attitude, Brown's lens model, and the half pixel between photos and grids.

Camera axes are OpenCV's: x right, y down, z forward. World axes are the grid's: east, north, up. The rotation is in
the order yaw, pitch, roll of DJI's gimbal (north, east, down axes).
"""

from __future__ import annotations

import math
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from ingest.schema import Camera

Floats = NDArray[np.float64]


def rotation_from_attitude(yaw_rad: float, pitch_rad: float, roll_rad: float) -> Floats:
    """Rotation from grid axes (east, north, up) to camera axes (right, down, forward).

    Parameters
    ----------
    yaw_rad : float
        Clockwise from grid north (the true yaw minus the meridian convergence).
    pitch_rad, roll_rad : float
        −π/2 looks straight down; roll about the viewing direction, clockwise positive.

    Examples
    --------
    A photo taken straight down with its top to the north sees east on the right and south at the bottom:

    >>> (rotation_from_attitude(0.0, -math.pi / 2, 0.0).round(6) + 0.0).tolist()
    [[1.0, 0.0, 0.0], [0.0, -1.0, 0.0], [0.0, 0.0, -1.0]]
    """
    cy, sy, cp, sp = math.cos(yaw_rad), math.sin(yaw_rad), math.cos(pitch_rad), math.sin(pitch_rad)
    cr, sr = math.cos(roll_rad), math.sin(roll_rad)
    yaw = np.array([[cy, -sy, 0], [sy, cy, 0], [0, 0, 1]])
    pitch = np.array([[cp, 0, sp], [0, 1, 0], [-sp, 0, cp]])
    roll = np.array([[1, 0, 0], [0, cr, -sr], [0, sr, cr]])
    forward, right, down = (yaw @ pitch @ roll).T
    ned = np.stack([right, down, forward])
    return np.ascontiguousarray(np.stack([ned[:, 1], ned[:, 0], -ned[:, 2]], axis=1))


def heading_from_rotation(rotation: Floats) -> float:
    """Grid bearing of the top of the image [rad]: steady at every pitch from straight down to the horizon."""
    upward = rotation[2] - rotation[1]
    return math.atan2(upward[0], upward[1])


def rotation_from_vector(vector: Floats) -> Floats:
    """Rodrigues' formula: a rotation vector [rad] to its matrix."""
    return np.asarray(cv2.Rodrigues(np.asarray(vector, float).reshape(3, 1))[0], float)


def vector_from_rotation(rotation: Floats) -> Floats:
    """Undo `rotation_from_vector`, shape (3,)."""
    return np.asarray(cv2.Rodrigues(np.ascontiguousarray(rotation))[0], float).ravel()


def camera_matrix(camera: Camera) -> Floats:
    """OpenCV's camera matrix (3, 3)."""
    f = camera.focal_px
    return np.array([[f, 0, camera.centre_x_px], [0, f, camera.centre_y_px], [0, 0, 1.0]])


def distort(xy: Floats, distortion: tuple[float, ...]) -> Floats:
    """Apply Brown's model to normalised image coordinates (n, 2) (Brown 1966; OpenCV's k1, k2, p1, p2, k3)."""
    k1, k2, p1, p2, k3 = distortion
    x, y = xy[..., 0], xy[..., 1]
    r2 = x * x + y * y
    radial = 1.0 + r2 * (k1 + r2 * (k2 + r2 * k3))
    return np.stack(
        [x * radial + 2 * p1 * x * y + p2 * (r2 + 2 * x * x), y * radial + p1 * (r2 + 2 * y * y) + 2 * p2 * x * y], -1
    )


def normalise(camera: Camera, pixels: Floats) -> Floats:
    """Undistorted normalised coordinates (n, 2) of pixels (n, 2) in OpenCV's convention, by iteration."""
    points = np.ascontiguousarray(pixels, float).reshape(-1, 1, 2)
    result = cv2.undistortPoints(points, camera_matrix(camera), np.array(camera.distortion))
    return np.asarray(result, float).reshape(-1, 2)


def project(camera: Camera, rotation: Floats, centre: Floats, points: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """Project world points (..., 3) to pixels (..., 2); the mask is False behind the camera or beyond its lens model.

    Brown's polynomial folds back far outside of the image, so points beyond the corners' radius are not believed.
    """
    seen = (points - centre) @ rotation.T
    depth = seen[..., 2]
    in_front = depth > 1e-6
    xy = seen[..., :2] / np.where(in_front, depth, 1.0)[..., None]
    inside = in_front & (np.sum(xy * xy, axis=-1) <= max_radius_squared(camera))
    pixels = distort(xy, camera.distortion) * camera.focal_px
    return pixels + np.array([camera.centre_x_px, camera.centre_y_px]), inside


@lru_cache(maxsize=64)
def max_radius_squared(camera: Camera) -> float:
    """Largest squared normalised radius of the image's corners, with 10 % to spare."""
    corners = normalise(camera, image_outline(camera, steps=1))
    return float(np.max(np.sum(corners**2, axis=1)) * 1.1)


def image_outline(camera: Camera, *, steps: int) -> Floats:
    """Pixels along the outer edge of the image, clockwise from its top left corner, ``steps`` to a side.

    The outer edge of the first pixel is at −0.5: here OpenCV's centre convention meets GDAL's corner convention.
    """
    t = np.arange(steps) / steps
    w, h = float(camera.width_px), float(camera.height_px)
    sides = [(t * w, 0 * t), (0 * t + w, t * h), (w - t * w, 0 * t + h), (0 * t, h - t * h)]
    return np.concatenate([np.stack(side, axis=1) for side in sides]) - 0.5


def reduced_pixels(pixels: Floats, reduce: int) -> Floats:
    """Pixels of the full photo in the photo decoded ``reduce`` times smaller (pixel centres, OpenCV's convention)."""
    return (pixels - (reduce - 1) / 2.0) / reduce


def pixels_from_corner(corner: Floats) -> Floats:
    """Pixels counted from the outer corner of the first one (marks of ground control) in OpenCV's convention."""
    return corner - 0.5
