"""A mission folder in real file formats, and beside it the truth that `onevisit score` holds against the results.

::

    OUT/mission/traces/*.csv images/*.JPG registers/*.csv monitors/* roads/*.geojson
    OUT/truth.json, OUT/truth_scene.jpg       never read by ``process``
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import numpy as np
from PIL import Image

from ingest.coordinates import meridian_convergence_rad
from ingest.errors import SettingError
from onevisit.simulate.confounders import choose_confounders
from onevisit.simulate.flights import FlightCamera, Shot, fly_block, render_shot
from onevisit.simulate.handheld import write_handheld
from onevisit.simulate.monitors import draw_stations, write_monitors
from onevisit.simulate.outings import declared_lag, drive_all, stream
from onevisit.simulate.photos import PhotoTags, write_photo
from onevisit.simulate.registers import draw_entries, write_registers
from onevisit.simulate.scene import Scene, paint_scene
from onevisit.simulate.truth import Park, rules, truth_of
from onevisit.simulate.vehicle import air_along, write_log
from onevisit.simulate.world import SIZES, World, build_world

__all__ = ["simulate_mission"]


def simulate_mission(
    out: Path,
    *,
    seed: int,
    size: Literal["demo", "district", "city"] = "demo",
    without: tuple[str, ...] = (),
    only: tuple[str, ...] | None = None,
) -> None:
    """Write ``out/mission/`` and ``out/truth.json``; the same seed gives the same bytes.

    Parameters
    ----------
    out : Path
        Folder to write into; made where it is missing.
    seed : int
        Seeds 1000-1999 are for scoring, and never used to choose a threshold.
    size : {"demo", "district", "city"}
        About 45, 220 or 5000 sites.
    without : tuple of str
        Confounders to switch off (`onevisit.simulate.confounders.CONFOUNDERS`).
    only : tuple of str, optional
        Exactly these confounders are on.

    Raises
    ------
    SettingError
        If the size or a confounder is unknown.
    """
    if size not in SIZES:
        raise SettingError(f"no size {size!r}; known are {', '.join(SIZES)}")
    on = choose_confounders(stream(seed, "confounders"), without=without, only=only)
    world = build_world(SIZES[size], stream(seed, "world"))
    day = _day(seed)
    world, sources, outings = drive_all(world, day, seed, on)
    entries = draw_entries(
        world,
        day.date(),
        stream(seed, "registers"),
        shifted=on["register_shift"],
        sources=[s.place.site_id for s in sources],
    )
    stations = draw_stations(world.places, day, on, stream(seed, "monitors"))
    park = Park(seed, size, day, world, sources, outings, entries, stations, on)
    mission = out / "mission"
    (mission / "traces").mkdir(parents=True, exist_ok=True)
    for number, outing in enumerate(outings, 1):
        write_log(
            mission / outing.file,
            world,
            outing.log,
            outing.fixes,
            outing.drive,
            outing.start,
            outing.analyser,
            on,
            encoding=str(stream(seed, outing.file).choice(["utf-8-sig", "gb18030"])),
        )
        if number == 1 and (on["local_clock"] or stream(seed, "handheld").random() < 0.4):
            dust = air_along(sources, outing.per_source)["PM2.5"]
            write_handheld(
                mission / f"traces/dust_{outing.start:%Y%m%d}.csv", world, dust, outing.drive, outing.start,
                stream(seed, "handheld log"), says_utc=on["local_clock"],
            )  # fmt: skip
    write_registers(mission / "registers", world, entries, stream(seed, "addresses"))
    _write_roads(mission / "roads" / "道路.geojson", world)
    write_monitors(mission / "monitors", stations, day)
    _write_toml(mission / "mission.toml", world, declared_lag(outings[0].analyser, seed))
    truth = truth_of(park) | _fly(out, world, day, seed)
    text = json.dumps(truth, ensure_ascii=False, indent=1, sort_keys=True)
    (out / "truth.json").write_text(text + "\n", encoding="utf-8")


def _day(seed: int) -> datetime:
    """A working day of spring 2026, start of the first drive in local time."""
    rng = stream(seed, "day")
    day = datetime(2026, 3, 2) + timedelta(days=int(rng.integers(0, 100)))
    while day.weekday() > 4:
        day += timedelta(days=1)
    return day + timedelta(hours=9, minutes=int(rng.integers(0, 240)), seconds=int(rng.integers(0, 60)))


def _write_roads(path: Path, world: World) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    features = [
        {
            "type": "Feature",
            "geometry": world.geometry(street.line),
            "properties": {
                "name": street.name,
                "highway": "secondary" if street.main else "tertiary",
                "maxspeed": "50" if street.main else "40",
                "oneway": "no",
            },
        }
        for street in world.streets
    ]
    _write_json(path, {"type": "FeatureCollection", "features": features})


def _write_json(path: Path, content: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, sort_keys=True) + "\n", encoding="utf-8")


def _write_toml(path: Path, world: World, lag_s: float | None) -> None:
    given = rules(world)
    lines = [
        'time_zone = "Asia/Shanghai"',
        "",
        "[visits]",
        f"yearly_cap = {given['yearly_cap']}",
        "",
        "[teams]",
        f"teams = {given['teams']}",
        f"shift_h = {given['shift_h']}",
        f"depot = {given['depot']}",
    ]
    lines += [] if lag_s is None else ["", "[vehicle]", f"lag_s = {lag_s}"]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


# --- flights -------------------------------------------------------------------------------------------------------


def _fly(out: Path, world: World, day: datetime, seed: int) -> dict[str, Any]:
    """Render and write the photo block; return its truth."""
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
    return {
        "camera": {"focal_px": camera.focal_px, "width_px": camera.width_px, "height_px": camera.height_px},
        "photos": [_true_pose(shot, world, convergence) for shot in shots],
        "scene": _write_scene(out, scene, world),
        "features": [{"kind": f.kind, "geometry": world.geometry(f.polygon)} for f in scene.features],
    }


def _tags(shot: Shot, camera: FlightCamera, world: World, start: datetime) -> PhotoTags:
    lon, lat = world.lonlat(shot.tagged_x, shot.tagged_y)
    return PhotoTags(
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
