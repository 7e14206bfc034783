"""Photo poses → ``reconstruction.json`` in OpenSfM's shape, so that other tools can go on from this adjustment.

OpenSfM (doc/source/dataset.rst): a camera sees x = R X + t with x right, y down, z forward; R is stored as an
angle-axis vector; the world is east, north, up at ``reference_lla``. Focal length and principal point are in units of
the larger image side, the principal point from the image centre.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS, Transformer

from imagery.camera import vector_from_rotation
from imagery.schema import FramePose
from ingest.coordinates import meridian_convergence_rad, to_lonlat
from ingest.schema import Camera
from onevisit.atomic import write_text

Floats = NDArray[np.float64]


def reconstruction(poses: Sequence[FramePose], crs: CRS) -> list[dict[str, Any]]:
    """Build OpenSfM's list of reconstructions: one, of the photos that are used; empty if none is.

    Heights are above the take-off point, so that the reference altitude is zero. Axes are turned from grid north to
    true north at each photo; the curvature of the earth (0.01° a kilometre) is left out of the attitudes.

    Parameters
    ----------
    crs : pyproj.CRS
        Grid CRS of the poses.
    """
    used = [p for p in poses if p.used and p.camera is not None and p.rotation is not None]
    if not used:
        return []
    x, y = np.array([p.easting_m for p in used]), np.array([p.northing_m for p in used])
    lon, lat = to_lonlat(x, y, crs)
    origin = (float(np.mean(lon)), float(np.mean(lat)))
    centres = _east_north_up(lon, lat, np.array([p.height_m for p in used]), origin)
    convergence = np.atleast_1d(meridian_convergence_rad(lon, lat, crs))
    cameras: dict[str, Camera] = {}
    shots: dict[str, Any] = {}
    for pose, centre, angle in zip(used, centres, convergence, strict=True):
        if pose.camera is None or pose.rotation is None:
            continue
        name = _camera_name(pose.camera, cameras)
        rotation = pose.rotation @ _grid_from_true(float(angle))
        shots[pose.item] = {
            "camera": name,
            "rotation": vector_from_rotation(rotation).tolist(),
            "translation": (-rotation @ centre).tolist(),
            "orientation": 1,
            "gps_position": centre.tolist(),
            "gps_dop": pose.position_error_m if math.isfinite(pose.position_error_m) else None,
        }
    return [
        {
            "cameras": {name: _camera(camera) for name, camera in cameras.items()},
            "shots": shots,
            "points": {},
            "reference_lla": {"longitude": origin[0], "latitude": origin[1], "altitude": 0.0},
        }
    ]


def write_reconstruction(poses: Sequence[FramePose], crs: CRS, path: Path) -> None:
    """Write ``reconstruction.json`` under a temporary name in the same folder, then rename it."""
    write_text(path, json.dumps(reconstruction(poses, crs), ensure_ascii=False, indent=1) + "\n")


def _east_north_up(lon: Floats, lat: Floats, height: Floats, origin: tuple[float, float]) -> Floats:
    """Topocentric coordinates (n, 3) [m] on the WGS 84 ellipsoid (PROJ: cart, topocentric)."""
    pipeline = Transformer.from_pipeline(
        "+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad +step +proj=cart +ellps=WGS84 "
        f"+step +proj=topocentric +ellps=WGS84 +lon_0={origin[0]!r} +lat_0={origin[1]!r} +h_0=0"
    )
    return np.stack(pipeline.transform(lon, lat, height), axis=1)


def _grid_from_true(convergence: float) -> Floats:
    """Rotation from true east, north, up to grid axes; grid north has the true bearing ``convergence``."""
    c, s = math.cos(convergence), math.sin(convergence)
    return np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])


def _camera_name(camera: Camera, known: dict[str, Camera]) -> str:
    """A name for each interior orientation: OpenSfM joins shots of one camera by it."""
    for name, other in known.items():
        if other == camera:
            return name
    model = (camera.model or "unknown").lower()
    name = f"v2 {model} {camera.width_px} {camera.height_px} brown {camera.focal_px / _side(camera):.4f}"
    name = name if name not in known else f"{name} {len(known)}"
    known[name] = camera
    return name


def _camera(camera: Camera) -> dict[str, Any]:
    k1, k2, p1, p2, k3 = camera.distortion
    side = _side(camera)
    return {
        "projection_type": "brown",
        "width": camera.width_px,
        "height": camera.height_px,
        "focal_x": camera.focal_px / side,
        "focal_y": camera.focal_px / side,
        "c_x": (camera.centre_x_px - (camera.width_px - 1) / 2.0) / side,
        "c_y": (camera.centre_y_px - (camera.height_px - 1) / 2.0) / side,
        "k1": k1,
        "k2": k2,
        "p1": p1,
        "p2": p2,
        "k3": k3,
    }


def _side(camera: Camera) -> int:
    return max(camera.width_px, camera.height_px)
