"""The drives of a mission: sources emit through all of them, the air is sampled, the vehicle measures."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from onevisit.truth.simulate.air.habits import add_partner, keep_to_permit, scatter_profile, stop_at_times
from onevisit.truth.simulate.air.instrument import Analyser
from onevisit.truth.simulate.air.puffs import Emitter, sample_puffs
from onevisit.truth.simulate.air.sources import EmissionSource, choose_sources, emitter_of
from onevisit.truth.simulate.air.wind import Wind, blow, draw_mean_wind
from onevisit.truth.simulate.drives.laps import Drive, Fixes, drive_streets, measure_positions
from onevisit.truth.simulate.drives.vane import STRAIGHT, channel_wind, draw_vane, turn_vane
from onevisit.truth.simulate.drives.vehicle import Log, air_along, draw_analyser, log_drive
from onevisit.truth.simulate.records.fixed import (
    SAMPLE_S,
    FixedPoint,
    FixedRecord,
    measure_minutes,
    place_path,
    place_sensors,
)
from onevisit.truth.simulate.world import World

Floats = NDArray[np.float64]
SPIN_UP_S = 1200
"""Seconds for which sources emit before the first drive begins, so that plumes are there."""
BETWEEN_DRIVES_S = 3 * 3600
"""Seconds from the start of a drive to the start of the next."""


@dataclass(frozen=True)
class Outing:
    """One drive: when it starts (local time), what the air held per source, what was logged of it and beside it."""

    file: str
    start: datetime
    drive: Drive
    fixes: Fixes
    wind: Wind
    analyser: Analyser
    log: Log
    per_source: Floats
    vane_offset_deg: float = 0.0
    fixed: tuple[FixedRecord, ...] = ()


def stream(seed: int, part: str) -> np.random.Generator:
    """A random stream of its own for every part, so that a switch in one leaves the others as they are."""
    return np.random.default_rng([seed, zlib.crc32(part.encode())])


def declared_lag(analyser: Analyser, seed: int, *, undeclared: bool = False) -> float | None:
    """The lag as the crew measured it with a puff of gas before the drive; three crews in ten did not.

    ``undeclared`` is the confounder of that name: this crew did not either.
    """
    rng = stream(seed, "declared lag")
    measured = round(analyser.lag_s + float(rng.normal(0, 0.5)), 1) if rng.random() < 0.7 else None
    return None if undeclared else measured


def drive_all(
    world: World, day: datetime, seed: int, on: Mapping[str, bool]
) -> tuple[World, tuple[EmissionSource, ...], tuple[Outing, ...]]:
    """Lay out the drives of the mission, let the sources emit through all of them, and measure."""
    drives, parts = _lay_out(world, seed, on)
    world, sources = _let_emit(world, [len(d.x) for d in drives], shapely.union_all(parts), seed, on)
    points = _place_points(world, parts[0], seed, on)
    analyser = draw_analyser(stream(seed, "analyser"))
    outings = []
    for number, drive in enumerate(drives, 1):
        rng = stream(seed, f"outing {number}")
        since_s = (number - 1) * BETWEEN_DRIVES_S
        start = day + timedelta(seconds=since_s)
        wind = blow(-SPIN_UP_S, SPIN_UP_S + len(drive.x), stream(seed, f"wind {number}"), calm_spells=on["calm"])
        per_source, at_points = _sample([emitter_of(s, since_s=since_s) for s in sources], wind, drive, points)
        records = tuple(
            measure_minutes(
                point, air_along(sources, air), wind, -_lead_s(), start, stream(seed, f"{point.name} {number}")
            )
            for point, air in zip(points, at_points, strict=True)
        )
        fixes = measure_positions(drive, rng, jumps=int(rng.integers(0, 3)), tunnels=int(rng.integers(0, 2)))
        log = log_drive(air_along(sources, per_source), drive, wind, analyser, on, rng)
        if on["street_wind"]:
            log = channel_wind(log, world, drive, wind, stream(seed, "street wind"))
        vane = STRAIGHT
        if on["vane_offset"]:
            vane = draw_vane(stream(seed, "vane"), stream(seed, f"vane {number}"))
            log = turn_vane(log, vane, drive, wind)
        file = f"traces/走航_{start:%Y%m%d}_{number}.csv"
        outings.append(Outing(file, start, drive, fixes, wind, analyser, log, per_source, vane.offset_deg, records))
    return world, sources, tuple(outings)


def _lay_out(world: World, seed: int, on: Mapping[str, bool]) -> tuple[list[Drive], list[BaseGeometry]]:
    """The drives, and the part of the park of each: where its sources may be, driven or not."""
    rng = stream(seed, "drives")
    drives, parts = [], []
    for number in range(1, world.size.drives + 1):
        laps = int(rng.integers(world.size.laps[0], world.size.laps[1] + 1))
        if on["few_passes"]:
            laps = int(stream(seed, f"few passes {number}").integers(1, 3))
        rows, columns = (min(n, world.size.window) for n in world.nodes.shape[:2])
        spare = world.nodes.shape[0] - rows, world.nodes.shape[1] - columns
        corner = int(rng.integers(0, spare[0] + 1)), int(rng.integers(0, spare[1] + 1))
        part = world.nodes[corner[0] : corner[0] + rows, corner[1] : corner[1] + columns]
        parts.append(shapely.MultiPoint(part.reshape(-1, 2)).convex_hull)
        span = rows, columns
        if on["undriven_streets"]:
            _, toward = draw_mean_wind(stream(seed, f"wind {number}"))
            corner, span = _without_upwind(part, corner, toward)
        drives.append(drive_streets(world, laps, rng, corner=corner, span=span))
    return drives, parts


def _without_upwind(
    part: Floats, corner: tuple[int, int], toward_rad: float
) -> tuple[tuple[int, int], tuple[int, int]]:
    """Corner and span of a part of the lattice less the quarter of it that lies upwind."""
    span = [part.shape[0], part.shape[1]]
    first = list(corner)
    downwind = np.array([np.sin(toward_rad), np.cos(toward_rad)])
    along = [float(downwind @ (part[-1, 0] - part[0, 0])), float(downwind @ (part[0, -1] - part[0, 0]))]
    axis = int(abs(along[1]) > abs(along[0]))
    left_out = max(span[axis] // 4, 1)
    span[axis] -= left_out
    first[axis] += left_out if along[axis] > 0 else 0
    return (first[0], first[1]), (span[0], span[1])


def _let_emit(
    world: World, seconds: Sequence[int], within: BaseGeometry, seed: int, on: Mapping[str, bool]
) -> tuple[World, tuple[EmissionSource, ...]]:
    """The sources of the mission, whose drives last so many seconds."""
    world, sources = choose_sources(
        world,
        -SPIN_UP_S,
        SPIN_UP_S + max(seconds),
        stream(seed, "sources"),
        unlisted=on["unlisted_source"],
        within=within,
    )
    if on["shared_plume"]:
        _, toward = draw_mean_wind(stream(seed, "wind 1"))
        sources += add_partner(world, sources, toward, stream(seed, "shared plume"), within=within)
    if on["scattered_profiles"]:
        sources = tuple(scatter_profile(s, stream(seed, f"profile {s.id}")) for s in sources)
    if on["lawful_sources"]:
        sources = tuple(keep_to_permit(s, stream(seed, f"permit {s.id}")) for s in sources)
    if on["stopping_sources"]:
        times = [(k * BETWEEN_DRIVES_S, k * BETWEEN_DRIVES_S + n) for k, n in enumerate(seconds)]
        sources = tuple(stop_at_times(s, times, stream(seed, f"stops {s.id}")) for s in sources)
    return world, sources


def _place_points(world: World, area: BaseGeometry, seed: int, on: Mapping[str, bool]) -> tuple[FixedPoint, ...]:
    """Fixed points in the part of the park that the first drive visits."""
    points: tuple[FixedPoint, ...] = ()
    if on["fixed_sensor"]:
        points += place_sensors(world, area, stream(seed, "fixed sensor"))
    if on["laser_path"]:
        points += place_path(world, area, stream(seed, "laser path"))
    return points


def _lead_s() -> int:
    """Seconds for which fixed points write before a drive begins, in whole samples."""
    return min(600, SPIN_UP_S) // SAMPLE_S * SAMPLE_S


def _sample(
    emitters: Sequence[Emitter], wind: Wind, drive: Drive, points: Sequence[FixedPoint]
) -> tuple[Floats, list[Floats]]:
    """What the air held of each source at the vehicle, and at fixed points every `SAMPLE_S` seconds."""
    if not points:
        return sample_puffs(emitters, wind, drive.x, drive.y), []
    lead = _lead_s()
    inlets = [[getattr(drive, axis), *np.concatenate([getattr(p, axis) for p in points])] for axis in ("x", "y")]
    x, y = (np.full((lead + len(drive.x), len(row)), np.nan) for row in inlets)
    for grid, row in zip((x, y), inlets, strict=True):
        grid[lead:, 0] = row[0]
        grid[::SAMPLE_S, 1:] = row[1:]
    air = sample_puffs(emitters, wind, x, y)
    ends = np.cumsum([len(p.x) for p in points])[:-1]
    at_points = np.split(air[::SAMPLE_S, 1:], ends, axis=1)
    return air[lead:, 0], [a.mean(axis=1) for a in at_points]
