"""A mission folder in real file formats, and beside it the truth that `onevisit score` holds against the results.

::

    OUT/mission/traces/*.csv images/*.JPG registers/*.csv monitors/* roads/*.geojson
    OUT/truth.json, OUT/truth_scene.jpg       never read by ``process``
"""

from __future__ import annotations

import json
import logging
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import numpy as np
import shapely
from numpy.typing import NDArray
from PIL import Image

from ingest.coordinates import meridian_convergence_rad
from ingest.errors import SettingError
from onevisit.simulate.answers import find_true_hotspots
from onevisit.simulate.confounders import CONFOUNDERS, choose_confounders
from onevisit.simulate.drives import Drive, Fixes, drive_streets, measure_positions
from onevisit.simulate.flights import FlightCamera, Shot, fly_block, render_shot
from onevisit.simulate.instrument import Analyser
from onevisit.simulate.photos import PhotoTags, write_photo
from onevisit.simulate.puffs import sample_puffs
from onevisit.simulate.registers import RegisterEntry, draw_entries, write_registers
from onevisit.simulate.scene import Scene, paint_scene
from onevisit.simulate.sources import Source, choose_sources, emitter_of, rates_of
from onevisit.simulate.vehicle import Log, air_along, draw_analyser, log_drive, write_log
from onevisit.simulate.wind import Wind, blow
from onevisit.simulate.world import SIZES, World, build_world

__all__ = ["simulate_mission"]

Floats = NDArray[np.float64]
logger = logging.getLogger(__name__)
_SPIN_UP_S = 1200


@dataclass(frozen=True)
class _Outing:
    """One drive: when it starts (local time), what the air held per source, and what was logged of it."""

    file: str
    start: datetime
    drive: Drive
    fixes: Fixes
    wind: Wind
    analyser: Analyser
    log: Log
    per_source: Floats


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
    on = choose_confounders(_stream(seed, "confounders"), without=without, only=only)
    world = build_world(SIZES[size], _stream(seed, "world"))
    day = _day(seed)
    world, sources, outings = _drive_all(world, day, seed, on)
    entries = draw_entries(
        world,
        day.date(),
        _stream(seed, "registers"),
        shifted=on["register_shift"],
        sources=[s.place.site_id for s in sources],
    )
    mission = out / "mission"
    (mission / "traces").mkdir(parents=True, exist_ok=True)
    for outing in outings:
        write_log(
            mission / outing.file,
            world,
            outing.log,
            outing.fixes,
            outing.drive,
            outing.start,
            outing.analyser,
            on,
            encoding=str(_stream(seed, outing.file).choice(["utf-8-sig", "gb18030"])),
        )
    write_registers(mission / "registers", world, entries, _stream(seed, "addresses"))
    _write_roads(mission / "roads" / "道路.geojson", world)
    _write_toml(mission / "mission.toml", world, _declared_lag(outings[0].analyser, seed))
    flight = _fly(out, world, day, seed)
    truth = _truth(seed, size, day, world, sources, outings, entries, on) | flight
    text = json.dumps(truth, ensure_ascii=False, indent=1, sort_keys=True)
    (out / "truth.json").write_text(text + "\n", encoding="utf-8")


def _stream(seed: int, part: str) -> np.random.Generator:
    """A random stream of its own for every part, so that a switch in one leaves the others as they are."""
    return np.random.default_rng([seed, zlib.crc32(part.encode())])


def _day(seed: int) -> datetime:
    """A working day of spring 2026, start of the first drive in local time."""
    rng = _stream(seed, "day")
    day = datetime(2026, 3, 2) + timedelta(days=int(rng.integers(0, 100)))
    while day.weekday() > 4:
        day += timedelta(days=1)
    return day + timedelta(hours=9, minutes=int(rng.integers(0, 240)), seconds=int(rng.integers(0, 60)))


# --- drives --------------------------------------------------------------------------------------------------------


def _drive_all(
    world: World, day: datetime, seed: int, on: Mapping[str, bool]
) -> tuple[World, tuple[Source, ...], tuple[_Outing, ...]]:
    """Lay out the drives of the mission, let the sources emit through all of them, and measure."""
    rng = _stream(seed, "drives")
    drives = []
    for _ in range(world.size.drives):
        laps = int(rng.integers(world.size.laps[0], world.size.laps[1] + 1))
        drives.append(drive_streets(world, laps, rng))
    longest = max(len(d.x) for d in drives)
    world, sources = choose_sources(
        world, -_SPIN_UP_S, _SPIN_UP_S + longest, _stream(seed, "sources"), unlisted=on["unlisted_source"]
    )
    emitters = [emitter_of(s) for s in sources]
    analyser = draw_analyser(_stream(seed, "analyser"))
    outings = []
    for number, drive in enumerate(drives, 1):
        stream = _stream(seed, f"outing {number}")
        wind = blow(-_SPIN_UP_S, _SPIN_UP_S + len(drive.x), _stream(seed, f"wind {number}"), calm_spells=on["calm"])
        per_source = sample_puffs(emitters, wind, drive.x, drive.y)
        fixes = measure_positions(drive, stream, jumps=int(stream.integers(0, 3)), tunnels=int(stream.integers(0, 2)))
        log = log_drive(air_along(sources, per_source), drive, wind, analyser, on, stream)
        start = day + timedelta(hours=3 * (number - 1))
        file = f"traces/走航_{start:%Y%m%d}_{number}.csv"
        outings.append(_Outing(file, start, drive, fixes, wind, analyser, log, per_source))
    return world, sources, tuple(outings)


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


def _declared_lag(analyser: Analyser, seed: int) -> float | None:
    """The lag as the crew measured it with a puff of gas before the drive; three crews in ten did not."""
    rng = _stream(seed, "declared lag")
    return round(analyser.lag_s + float(rng.normal(0, 0.5)), 1) if rng.random() < 0.7 else None


def _write_toml(path: Path, world: World, lag_s: float | None) -> None:
    rules = _rules(world)
    lines = [
        'time_zone = "Asia/Shanghai"',
        "",
        "[visits]",
        f"yearly_cap = {rules['yearly_cap']}",
        "",
        "[teams]",
        f"teams = {rules['teams']}",
        f"shift_h = {rules['shift_h']}",
        f"depot = {rules['depot']}",
    ]
    lines += [] if lag_s is None else ["", "[vehicle]", f"lag_s = {lag_s}"]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


# --- flights -------------------------------------------------------------------------------------------------------


def _fly(out: Path, world: World, day: datetime, seed: int) -> dict[str, Any]:
    """Render and write the photo block; return its truth."""
    camera = FlightCamera()
    rng = _stream(seed, "flight")
    middle = world.blocks[len(world.blocks) // 2].centroid
    centre = (float(middle.x), float(middle.y))
    lon, lat = world.lonlat(*centre)
    convergence = float(np.degrees(meridian_convergence_rad(lon, lat, world.crs)))
    shots = fly_block(
        centre, world.size.strips, world.size.photos_per_strip, rng, camera=camera, true_yaw_of_grid_north=convergence
    )
    extent = 2 * max(max(abs(s.x - centre[0]), abs(s.y - centre[1])) for s in shots) + 200.0
    scene = paint_scene(world, centre, extent, extent, _stream(seed, "scene"))
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


# --- truth ---------------------------------------------------------------------------------------------------------


def _truth(
    seed: int,
    size: str,
    day: datetime,
    world: World,
    sources: Sequence[Source],
    outings: Sequence[_Outing],
    entries: Sequence[RegisterEntry],
    on: Mapping[str, bool],
) -> dict[str, Any]:
    hotspots = find_true_hotspots(sources, [o.drive for o in outings], [o.per_source for o in outings])
    during = slice(_SPIN_UP_S, None)
    rates = rates_of(sources, during)
    return {
        "version": 1,
        "seed": seed,
        "size": size,
        "day": day.date().isoformat(),
        "crs": f"EPSG:{world.crs.to_epsg()}",
        "sources": [
            {
                "id": s.id,
                "site_id": s.place.site_id if s.place.listed else None,
                "place": s.place.site_id,
                **_lonlat(world, s.x, s.y),
                "height_m": round(s.height_m, 2),
                "leading": s.leading,
                "rate_g_s": {k: round(v, 5) for k, v in rates[s.id].items()},
                "recurrent": any(h.source_id == s.id and h.recurrent is not None for h in hotspots),
                "seen": any(h.source_id == s.id for h in hotspots),
            }
            for s in sources
        ],
        "hotspots": [
            {
                "source": h.source_id,
                "species": h.species,
                "laps_seen": h.laps_seen,
                "largest": round(h.largest, 2),
                "seen": world.geometry(h.seen),
                "recurrent": world.geometry(h.recurrent) if h.recurrent is not None else None,
            }
            for h in hotspots
        ],
        "sites": _sites(world, sources, entries, {h.source_id for h in hotspots if h.recurrent}, day.date()),
        "rules": _rules(world),
        "streets": {
            "nodes": np.round(world.nodes.reshape(-1, 2) + world.origin, 2).tolist(),
            "edges": [[s.start, s.end] for s in world.streets],
        },
        "drives": [_drive_truth(world, outing, _declared_lag(outings[0].analyser, seed)) for outing in outings],
        "confounders": _confounders(world, outings, entries, sources, on),
    }


def _rules(world: World) -> dict[str, Any]:
    """Cap, shift, teams and depot, as mission.toml gives them."""
    place = _lonlat(world, float(world.nodes[0, 0, 0]), float(world.nodes[0, 0, 1]))
    return {"yearly_cap": 2, "shift_h": 7.0, "teams": 2, "depot": [place["lon"], place["lat"]]}


def _lonlat(world: World, x: float, y: float) -> dict[str, float]:
    lon, lat = world.lonlat(x, y)
    return {"lon": round(float(lon), 7), "lat": round(float(lat), 7)}


def _expected(entry: RegisterEntry, active: set[str], today: date) -> str:
    """What should come of a site: a visit where it emits, a reminder where only its permit runs out."""
    if entry.place.site_id in active:
        return "visit"
    return "remind" if entry.valid_to <= today + timedelta(days=60) else "none"


def _sites(
    world: World, sources: Sequence[Source], entries: Sequence[RegisterEntry], recurrent: set[str], today: date
) -> list[dict[str, Any]]:
    active = {s.place.site_id for s in sources}
    findable = {s.place.site_id for s in sources if s.id in recurrent}
    return [
        {
            "site_id": e.place.site_id,
            "name": e.place.name,
            **_lonlat(world, e.place.stack.x, e.place.stack.y),
            "gate": world.geometry(e.place.gate),
            "parcel": world.geometry(e.place.parcel),
            "written_crs": e.written_crs,
            "declared_crs": e.declared_crs,
            "expected": _expected(e, active, today),
            "findable": _expected(e, active, today) != "visit" or e.place.site_id in findable,
            "visits_this_year": sum(d.year == 2026 and kind == "日常" for d, kind, _ in e.visits),
        }
        for e in entries
    ]


def _drive_truth(world: World, outing: _Outing, declared_lag_s: float | None) -> dict[str, Any]:
    drive, analyser = outing.drive, outing.analyser
    return {
        "file": outing.file,
        "start": (outing.start - timedelta(hours=8)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "seconds": len(drive.x),
        "laps": int(drive.lap.max()) + 1,
        "lag_s": round(analyser.lag_s, 3),
        "declared_lag_s": declared_lag_s,
        "response_s": round(analyser.response_s, 3),
        "gain": round(analyser.gain, 4),
        "clock_offset_s": round(analyser.clock_offset_s),
        "wind_speed_m_s": round(float(np.hypot(outing.wind.u, outing.wind.v)[_SPIN_UP_S:].mean()), 3),
        "position_jumps": [list(j) for j in outing.fixes.jumps],
        "tunnels": [list(t) for t in outing.fixes.tunnels],
        "track": world.geometry(shapely.LineString(np.column_stack([drive.x, drive.y])[::5]), digits=6),
    }


def _confounders(
    world: World,
    outings: Sequence[_Outing],
    entries: Sequence[RegisterEntry],
    sources: Sequence[Source],
    on: Mapping[str, bool],
) -> list[dict[str, Any]]:
    """Every confounder that is on, with the places (a geometry) or sites that it touches."""
    result = []
    for confounder in CONFOUNDERS:
        if not on[confounder.name]:
            continue
        episodes = [(o, e) for o in outings for e in o.log.episodes if e.confounder == confounder.name]
        result.append(
            {
                "name": confounder.name,
                "does": confounder.does,
                "episodes": [
                    {"file": o.file, "start_s": e.start_s, "end_s": e.end_s, "species": list(e.species)}
                    for o, e in episodes
                ],
                "where": _where(world, episodes),
                "sites": _touched(confounder.name, entries, sources, outings[0].start.date()),
            }
        )
    return result


def _where(world: World, episodes: Sequence[tuple[_Outing, Any]]) -> dict[str, Any] | None:
    """The piece of street on which episodes shorter than ten minutes took place, 25 m wide."""
    pieces = []
    for outing, episode in episodes:
        if episode.end_s - episode.start_s > 600:
            continue
        end = min(episode.end_s + 20, len(outing.drive.x))
        xy = np.column_stack([outing.drive.x, outing.drive.y])[episode.start_s : max(end, episode.start_s + 2)]
        pieces.append(shapely.LineString(xy).buffer(25.0, quad_segs=2))
    return world.geometry(shapely.unary_union(pieces), digits=6) if pieces else None


def _touched(name: str, entries: Sequence[RegisterEntry], sources: Sequence[Source], today: date) -> list[str]:
    if name == "register_shift":
        return [e.place.site_id for e in entries if e.shifted]
    if name == "nothing_wrong":
        active = {s.place.site_id for s in sources}
        return [e.place.site_id for e in entries if _expected(e, active, today) == "none"]
    return []
