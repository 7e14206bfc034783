"""The drives of a mission: sources emit through all of them, the air is sampled, the vehicle measures."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import shapely
from numpy.typing import NDArray

from onevisit.truth.simulate.air.instrument import Analyser
from onevisit.truth.simulate.air.puffs import sample_puffs
from onevisit.truth.simulate.air.sources import EmissionSource, choose_sources, emitter_of
from onevisit.truth.simulate.air.wind import Wind, blow
from onevisit.truth.simulate.drives.laps import Drive, Fixes, drive_streets, measure_positions
from onevisit.truth.simulate.drives.vehicle import Log, air_along, draw_analyser, log_drive
from onevisit.truth.simulate.world import World

Floats = NDArray[np.float64]
SPIN_UP_S = 1200
"""Seconds for which sources emit before the first drive begins, so that plumes are there."""


@dataclass(frozen=True)
class Outing:
    """One drive: when it starts (local time), what the air held per source, and what was logged of it."""

    file: str
    start: datetime
    drive: Drive
    fixes: Fixes
    wind: Wind
    analyser: Analyser
    log: Log
    per_source: Floats


def stream(seed: int, part: str) -> np.random.Generator:
    """A random stream of its own for every part, so that a switch in one leaves the others as they are."""
    return np.random.default_rng([seed, zlib.crc32(part.encode())])


def declared_lag(analyser: Analyser, seed: int) -> float | None:
    """The lag as the crew measured it with a puff of gas before the drive; three crews in ten did not."""
    rng = stream(seed, "declared lag")
    return round(analyser.lag_s + float(rng.normal(0, 0.5)), 1) if rng.random() < 0.7 else None


def drive_all(
    world: World, day: datetime, seed: int, on: Mapping[str, bool]
) -> tuple[World, tuple[EmissionSource, ...], tuple[Outing, ...]]:
    """Lay out the drives of the mission, let the sources emit through all of them, and measure."""
    rng = stream(seed, "drives")
    drives, parts = [], []
    for _ in range(world.size.drives):
        laps = int(rng.integers(world.size.laps[0], world.size.laps[1] + 1))
        rows, columns = (min(n, world.size.window) for n in world.nodes.shape[:2])
        spare = world.nodes.shape[0] - rows, world.nodes.shape[1] - columns
        corner = int(rng.integers(0, spare[0] + 1)), int(rng.integers(0, spare[1] + 1))
        drives.append(drive_streets(world, laps, rng, corner=corner, span=(rows, columns)))
        part = world.nodes[corner[0] : corner[0] + rows, corner[1] : corner[1] + columns]
        parts.append(shapely.MultiPoint(part.reshape(-1, 2)).convex_hull)
    longest = max(len(d.x) for d in drives)
    world, sources = choose_sources(
        world,
        -SPIN_UP_S,
        SPIN_UP_S + longest,
        stream(seed, "sources"),
        unlisted=on["unlisted_source"],
        within=shapely.union_all(parts),
    )
    emitters = [emitter_of(s) for s in sources]
    analyser = draw_analyser(stream(seed, "analyser"))
    outings = []
    for number, drive in enumerate(drives, 1):
        rng = stream(seed, f"outing {number}")
        wind = blow(-SPIN_UP_S, SPIN_UP_S + len(drive.x), stream(seed, f"wind {number}"), calm_spells=on["calm"])
        per_source = sample_puffs(emitters, wind, drive.x, drive.y)
        fixes = measure_positions(drive, rng, jumps=int(rng.integers(0, 3)), tunnels=int(rng.integers(0, 2)))
        log = log_drive(air_along(sources, per_source), drive, wind, analyser, on, rng)
        start = day + timedelta(hours=3 * (number - 1))
        file = f"traces/走航_{start:%Y%m%d}_{number}.csv"
        outings.append(Outing(file, start, drive, fixes, wind, analyser, log, per_source))
    return world, sources, tuple(outings)
