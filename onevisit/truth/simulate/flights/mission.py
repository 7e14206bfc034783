"""The flight of a mission: where it goes, its colour and thermal pictures, and what is true of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from ingest.coordinates import meridian_convergence_rad
from onevisit.truth.simulate.drives.outings import stream
from onevisit.truth.simulate.flights.block import THERMAL, FlightCamera, Shot, fly_block, render_shot
from onevisit.truth.simulate.flights.files import WrittenTags, write_photo, write_thermal
from onevisit.truth.simulate.flights.scene import Scene, paint_scene
from onevisit.truth.simulate.world import World


def fly_over(out: Path, world: World, day: datetime, seed: int) -> dict[str, Any]:
    """Render and write the photo block, in colour and in the thermal infrared; return its truth."""
    camera = FlightCamera()
    rng = stream(seed, "flight")
    middle = world.blocks[len(world.blocks) // 2].centroid
    centre = (float(middle.x), float(middle.y))
    lon, lat = world.lonlat(*centre)
    convergence = float(np.degrees(meridian_convergence_rad(lon, lat, world.crs)))
    shots = fly_block(
        centre, world.size.strips, world.size.photos_per_strip, rng, camera=camera, true_yaw_of_grid_north=convergence
    )
    extent = 2 * max(max(abs(s.x - centre[0]), abs(s.y - centre[1])) for s in shots) + 200.0
    scene = paint_scene(world, centre, extent, extent, stream(seed, "scene"))
    images = out / "mission" / "images"
    images.mkdir(parents=True, exist_ok=True)
    start = day + timedelta(hours=1, minutes=20)
    for shot in shots:
        pixels = render_shot(shot, camera, scene, world, rng)
        write_photo(images / shot.name, np.asarray(pixels, np.uint8), _tags(shot, camera, world, start))
    drifts = _write_thermal(images, shots, scene, world, start, stream(seed, "thermal"))
    return {
        "camera": {"focal_px": camera.focal_px, "width_px": camera.width_px, "height_px": camera.height_px},
        "photos": [_true_pose(shot, world, convergence) for shot in shots],
        "thermal": {"emissivity": 1.0, "offset_k": drifts},
        "scene": _write_scene(out, scene, world),
        "features": [{"kind": f.kind, "geometry": world.geometry(f.polygon)} for f in scene.features],
    }


def _write_thermal(
    images: Path, shots: Sequence[Shot], scene: Scene, world: World, start: datetime, rng: np.random.Generator
) -> dict[str, float]:
    """Write a radiometric picture beside every photo; return the error common to all pixels of each, K.

    A microbolometer drifts between its shutter corrections (± 0.5 K in a laboratory): one offset a picture.
    """
    drifts = {}
    for shot in shots:
        kelvin = np.asarray(render_shot(shot, THERMAL, scene, world, rng, band="kelvin"), np.float64)
        drift = float(rng.normal(0.0, 0.5))
        noise = rng.normal(0.0, 0.05, kelvin.shape)
        name = shot.name.replace(".JPG", "_T.tiff")
        write_thermal(
            images / name, (kelvin - 273.15 + drift + noise).astype(np.float32), _tags(shot, THERMAL, world, start)
        )
        drifts[f"images/{name}"] = round(drift, 3)
    return drifts


def _tags(shot: Shot, camera: FlightCamera, world: World, start: datetime) -> WrittenTags:
    lon, lat = world.lonlat(shot.tagged_x, shot.tagged_y)
    return WrittenTags(
        start + timedelta(seconds=round(shot.second)),
        float(lon),
        float(lat),
        512.0 + shot.tagged_height_m,
        shot.tagged_height_m,
        shot.tagged_yaw,
        shot.tagged_pitch,
        shot.tagged_roll,
        shot.flight_yaw,
        camera.model,
        camera.focal_mm,
        camera.focal_35mm,
        camera.focal_px,
        camera.width_px,
        camera.height_px,
        camera.source,
    )


def _true_pose(shot: Shot, world: World, convergence_deg: float) -> dict[str, Any]:
    lon, lat = world.lonlat(shot.x, shot.y)
    return {
        "photo": f"images/{shot.name}",
        "lon": round(float(lon), 9),
        "lat": round(float(lat), 9),
        "height_above_takeoff_m": round(shot.height_m, 3),
        "yaw_deg": round((shot.yaw + convergence_deg + 180.0) % 360.0 - 180.0, 4),
        "pitch_deg": round(shot.pitch, 4),
        "roll_deg": round(shot.roll, 4),
    }


def _write_scene(out: Path, scene: Scene, world: World, *, reduce: int = 2) -> dict[str, Any]:
    """Write the painted ground itself, the reference of the mosaic, at half its resolution."""
    picture = Image.fromarray(scene.rgb).reduce(reduce)
    picture.save(out / "truth_scene.jpg", "JPEG", quality=88)
    return {
        "file": "truth_scene.jpg",
        "crs": f"EPSG:{world.crs.to_epsg()}",
        "pixel_m": scene.pixel_m * reduce,
        "left": world.origin_x + scene.left,
        "top": world.origin_y + scene.top,
    }
