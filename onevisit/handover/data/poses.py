"""Photo poses → ``poses.geojson`` (RFC 7946): one feature a photo, used or not, with its footprint."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from pyproj import CRS

from imagery.schema import FramePose
from ingest.coordinates import to_lonlat
from onevisit.words.telling import say


def poses_collection(poses: Sequence[FramePose], crs: CRS) -> dict[str, Any]:
    """Build the GeoJSON feature collection; footprints are WGS 84, a photo that is not used has its position only.

    Parameters
    ----------
    crs : pyproj.CRS
        Grid CRS of the poses.
    """
    return {"type": "FeatureCollection", "features": [_feature(pose, crs) for pose in poses]}


def write_poses(poses: Sequence[FramePose], crs: CRS, path: Path) -> None:
    """Write ``poses.geojson`` under a temporary name in the same folder, then rename it."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    text = json.dumps(poses_collection(poses, crs), ensure_ascii=False, indent=1)
    try:
        part.write_text(text + "\n", encoding="utf-8")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _feature(pose: FramePose, crs: CRS) -> dict[str, Any]:
    properties = {
        "photo": pose.item,
        "used": pose.used,
        "reason": say(pose.reason),
        "code": pose.reason.code,
        "heading_deg": _number(math.degrees(pose.heading_rad) % 360.0, 1),
        "position_error_m": _number(pose.position_error_m, 2),
        "height_above_takeoff_m": _number(pose.height_m, 1),
        "ties": pose.ties,
        "reprojection_error_px": _number(pose.reprojection_error_px, 2),
    }
    return {"type": "Feature", "geometry": _geometry(pose, crs), "properties": properties}


def _geometry(pose: FramePose, crs: CRS) -> dict[str, Any] | None:
    if not pose.footprint.is_empty:
        ring = shapely.get_coordinates(shapely.orient_polygons(pose.footprint).exterior)
        lon, lat = to_lonlat(ring[:, 0], ring[:, 1], crs)
        return {"type": "Polygon", "coordinates": [np.column_stack([lon, lat]).round(8).tolist()]}
    if math.isfinite(pose.easting_m) and math.isfinite(pose.northing_m):
        lon, lat = to_lonlat(pose.easting_m, pose.northing_m, crs)
        return {"type": "Point", "coordinates": [round(float(lon), 8), round(float(lat), 8)]}
    return None


def _number(value: float, digits: int) -> float | None:
    """A rounded number, null in JSON where it is not known."""
    return round(value, digits) if math.isfinite(value) else None
