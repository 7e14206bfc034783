"""A real drive with simulated plumes laid over it: real positions, noise and background, sources that are known.

The drive's own file is read by `ingest`; its positions stand for where the inlet was, so that the receiver's error
is not part of the truth. Sources and other sites are put beside the track at random.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shapely
import xarray as xr
from numpy.typing import NDArray

from ingest.coordinates import grid_crs, to_grid
from ingest.errors import NothingUsable
from ingest.outcome import Phrase
from ingest.schema import species_names
from ingest.traces.read import TraceSettings, read_traces
from ingest.units import STANDARD_ATMOSPHERE_PA, grams_per_m3
from onevisit.truth.simulate.air.puffs import sample_puffs
from onevisit.truth.simulate.air.sources import EmissionSource, choose_sources, emitter_of, rates_of
from onevisit.truth.simulate.air.wind import Wind, blow
from onevisit.truth.simulate.answers import (
    TrueHotspot,
    above_background,
    dose_of_others,
    dose_of_sources,
    find_true_hotspots,
)
from onevisit.truth.simulate.confounders import CONFOUNDERS
from onevisit.truth.simulate.drives.laps import Drive
from onevisit.truth.simulate.drives.outings import SPIN_UP_S, stream
from onevisit.truth.simulate.names import INDUSTRIES, company_name, permit_code, uscc
from onevisit.truth.simulate.records.registers import draw_entries, write_registers
from onevisit.truth.simulate.truth import told_doses
from onevisit.truth.simulate.world import SIZES, ParkSite, World

Floats = NDArray[np.float64]
SITES = 30
_NEW_VISIT_S = 60


def simulate_over_drive(out: Path, drive_file: Path, *, seed: int) -> None:
    """Write a mission whose one drive is a real one, with plumes of known sources added to one of its species.

    Parameters
    ----------
    out : Path
        Folder to write ``mission/`` and ``truth.json`` into.
    drive_file : Path
        Any logger file that `ingest.traces.read.read_traces` reads, with a species in mass per volume or a gas whose
        molar mass is known.
    seed : int
        Draws sites, sources, rates and wind.

    Raises
    ------
    NothingUsable
        If the file holds no drive of ten minutes with such a species.
    """
    trace, species, per_g_m3 = _read_drive(drive_file)
    world, drive, seconds = _follow(trace, seed)
    wind = blow(-SPIN_UP_S, SPIN_UP_S + len(drive.x), stream(seed, "wind 1"), calm_spells=False)
    world, chosen = choose_sources(
        world,
        -SPIN_UP_S,
        len(wind.u),
        stream(seed, "sources"),
        unlisted=False,
        within=shapely.box(-1e6, -1e6, 1e6, 1e6),
    )
    sources = tuple(replace(s, profile=((species, 1.0),)) for s in chosen)
    per_source = sample_puffs([emitter_of(s) for s in sources], wind, drive.x, drive.y)
    added = np.interp(seconds, np.arange(len(drive.x)), per_source.sum(axis=1)) * per_g_m3
    mission = out / "mission"
    (mission / "traces").mkdir(parents=True, exist_ok=True)
    _write_retigo(mission / "traces" / "drive.csv", trace, species, added, wind, seconds)
    day = pd.Timestamp(trace["time"].values[0]).to_pydatetime()
    entries = draw_entries(world, day.date(), stream(seed, "registers"), shifted=False, sources=())
    entries = tuple(replace(e, written_crs="WGS84", declared_crs="WGS84") for e in entries)
    write_registers(mission / "registers", world, entries, stream(seed, "addresses"))
    steps = np.abs(np.diff(trace[species].values))
    noise = 1.4826 / np.sqrt(2.0) * float(np.nanmedian(steps))
    channel = {species: (max(noise, 1e-9), per_g_m3)}
    hotspots = find_true_hotspots(sources, [drive], [per_source], channel)
    known = np.isfinite(trace[species].values)
    real = np.interp(np.arange(len(drive.x)), seconds[known], trace[species].values[known])
    measured = {species: above_background(real) / per_g_m3 + per_source.sum(axis=1)}
    doses = (
        *dose_of_sources(sources, [drive], [per_source], channel),
        *dose_of_others(sources, [drive], [per_source], [measured], channel),
    )
    truth = {**_truth(world, sources, hotspots, seed, day.date().isoformat()), "doses": told_doses(world, doses)}
    text = json.dumps(truth, ensure_ascii=False, indent=1, sort_keys=True)
    (out / "truth.json").write_text(text + "\n", encoding="utf-8")


def _read_drive(path: Path) -> tuple[xr.Dataset, str, float]:
    """The longest trace of a file, its first species that a rate in g s-1 can be added to, and units per g m-3."""
    traces = sorted(read_traces([path], TraceSettings()).value, key=lambda t: -t.sizes["obs"])
    for trace in traces[:1]:
        for name in species_names(trace):
            factor = _per_g_m3(str(trace[name].attrs["species"]), str(trace[name].attrs["units"]))
            duration = trace["time"].values[-1] - trace["time"].values[0]
            measured = float(np.isfinite(trace[name].values).mean())
            if factor and measured > 0.5 and duration > np.timedelta64(10, "m"):
                return trace, name, factor
    raise NothingUsable(Phrase("no_drive_to_lay_over", {"file": path.name}))


def _per_g_m3(species: str, unit_text: str) -> float | None:
    """How many units of a species one g m-3 is; None where that has no meaning."""
    grams = grams_per_m3(unit_text, species, temperature_k=298.15, pressure_pa=STANDARD_ATMOSPHERE_PA)
    return 1.0 / grams if grams else None


def _follow(trace: xr.Dataset, seed: int) -> tuple[World, Drive, Floats]:
    """The world beside a real drive, the drive at 1 Hz in it, and the seconds of its observations."""
    lon, lat = trace["lon"].values, trace["lat"].values
    good = np.isfinite(lon) & np.isfinite(lat)
    crs = grid_crs(lon[good], lat[good])
    east, north = to_grid(lon, lat, crs)
    origin = np.round([np.nanmedian(east), np.nanmedian(north)], -2)
    seconds = (trace["time"].values - trace["time"].values[0]) / np.timedelta64(1, "s")
    grid = np.arange(int(seconds[-1]) + 1, dtype=float)
    x, y = (np.interp(grid, seconds[good], values[good] - o) for values, o in zip((east, north), origin, strict=True))
    dx, dy = np.gradient(x), np.gradient(y)
    drive = Drive(x, y, np.hypot(dx, dy), np.mod(np.arctan2(dx, dy), 2 * np.pi), _visits(x, y))
    size = replace(SIZES["demo"], sources=(3, 3), block_m=150.0)
    places = _settle_along(drive, stream(seed, "world"))
    nodes = np.array([[[x[0], y[0]]]])
    world = World(size, crs, float(origin[0]), float(origin[1]), nodes, (), places, (), (0.0, 0.0, 0.0, 400.0))
    return world, drive, seconds


def _visits(x: Floats, y: Floats) -> NDArray[np.int64]:
    """For each second, how often its cell of 20 m had been entered before, a minute or more apart."""
    last: dict[tuple[int, int], tuple[int, int]] = {}
    result = np.zeros(len(x), np.int64)
    for k, cell in enumerate(zip((x // 20).astype(int), (y // 20).astype(int), strict=True)):
        count, when = last.get(cell, (-1, -(10**9)))
        count += k - when > _NEW_VISIT_S
        last[cell] = (count, k)
        result[k] = count
    return result


def _settle_along(drive: Drive, rng: np.random.Generator) -> tuple[ParkSite, ...]:
    """Sites 25 to 180 m beside the track, none nearer than 60 m to another."""
    moving = np.flatnonzero(drive.speed > 1.0)
    track = shapely.LineString(np.column_stack([drive.x, drive.y]))
    places: list[ParkSite] = []
    for _ in range(400):
        k = int(rng.choice(moving))
        bearing = drive.heading_rad[k] + float(rng.choice([-0.5, 0.5])) * np.pi
        away = float(rng.uniform(25.0, 180.0))
        stack = shapely.Point(drive.x[k] + away * np.sin(bearing), drive.y[k] + away * np.cos(bearing))
        if track.distance(stack) < 20.0 or any(p.stack.distance(stack) < 60.0 for p in places):
            continue
        industry, code = INDUSTRIES[int(rng.integers(len(INDUSTRIES)))], uscc(rng)
        parcel = stack.buffer(25.0, quad_segs=1)
        places.append(
            ParkSite(permit_code(code, 1, rng), company_name(industry, rng), code, industry, parcel, stack, stack, ())
        )
        if len(places) == SITES:
            break
    return tuple(places)


def _write_retigo(path: Path, trace: xr.Dataset, species: str, added: Floats, wind: Wind, seconds: Floats) -> None:
    """Write the real readings with the plumes added, and the simulated wind, in EPA's RETIGO format."""
    unit = str(trace[species].attrs["units"]).replace("ug m-3", "ug/m3")
    k = np.minimum(seconds.astype(int), len(wind.u) - SPIN_UP_S - 1) + SPIN_UP_S
    speed, direction = np.hypot(wind.u, wind.v)[k], np.mod(np.degrees(np.arctan2(-wind.u, -wind.v)), 360.0)[k]
    stamps = pd.DatetimeIndex(trace["time"].values).strftime("%Y-%m-%dT%H:%M:%S.%f")
    columns = (trace["lon"].values, trace["lat"].values, trace[species].values + added, speed, direction)
    heading = f"Timestamp(UTC),EAST_LONGITUDE(deg),NORTH_LATITUDE(deg),ID(-),{species}({unit})"
    lines = [heading + ",wind_speed(m/s),wind_direction(deg)"]
    for stamp, lon, lat, value, v, d in zip(stamps, *columns, strict=True):
        if np.isfinite(lon):
            reading = "-9999" if not np.isfinite(value) else f"{value:.4f}"
            lines.append(f"{stamp[:-4]}+00:00,{lon:.6f},{lat:.6f},drive,{reading},{v:.2f},{d:.0f}")
    path.write_bytes(("\n".join(lines) + "\n").encode("ascii"))


def _truth(
    world: World, sources: tuple[EmissionSource, ...], hotspots: tuple[TrueHotspot, ...], seed: int, day: str
) -> Mapping[str, Any]:
    """The truth in the form of a simulated mission's, as far as it applies."""
    rates = rates_of(sources, slice(SPIN_UP_S, None))
    recurrent = {h.source_id for h in hotspots if h.recurrent is not None}
    active = {s.place.site_id: s.id for s in sources}

    def lonlat(point: shapely.Point) -> dict[str, float]:
        lon, lat = world.lonlat(point.x, point.y)
        return {"lon": round(float(lon), 7), "lat": round(float(lat), 7)}

    def causes(place: ParkSite) -> list[dict[str, Any]]:
        source = active.get(place.site_id)
        return [{"cause": "plume", "expected": "visit", "findable": source in recurrent}] if source else []

    return {
        "version": 1, "world": 1, "seed": seed, "size": "overlay", "day": day, "crs": f"EPSG:{world.crs.to_epsg()}",
        "sources": [
            {"id": s.id, "site_id": s.place.site_id, "place": s.place.site_id, **lonlat(s.place.stack),
             "height_m": s.height_m, "leading": s.leading, "rate_g_s": rates[s.id], "recurrent": s.id in recurrent,
             "seen": any(h.source_id == s.id for h in hotspots), "lawful": s.lawful, "active": s.active}
            for s in sources
        ],
        "hotspots": [
            {"source": h.source_id, "species": h.species, "laps_seen": h.laps_seen, "largest": h.largest,
             "seen": world.geometry(h.seen), "recurrent": world.geometry(h.recurrent) if h.recurrent else None}
            for h in hotspots
        ],
        "sites": [
            {"site_id": p.site_id, "name": p.name, **lonlat(p.stack), "causes": causes(p), "place_written": "stack",
             "expected": "visit" if p.site_id in active else "none", "visits_this_year": 0}
            for p in world.places
        ],
        "anomalies": [], "photos": [], "drives": [],
        "rules": {"yearly_cap": 2, "shift_h": 7.0, "teams": 2, "depot": None},
        "streets": {"nodes": [], "edges": []},
        "confounders": [
            {"name": c.name, "does": c.does, "episodes": [], "where": None,
             "sites": [p.site_id for p in world.places if p.site_id not in active]}
            for c in CONFOUNDERS if c.name == "nothing_wrong"
        ],
    }  # fmt: skip
