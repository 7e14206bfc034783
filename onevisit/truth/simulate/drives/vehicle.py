"""The monitoring vehicle: the air along a drive, faults and traffic laid over it, and the file that it writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from onevisit.truth.simulate.air.instrument import CHANNELS, Analyser, measure
from onevisit.truth.simulate.air.sources import EmissionSource
from onevisit.truth.simulate.air.wind import Wind
from onevisit.truth.simulate.drives.files import stamps, texts, write_table
from onevisit.truth.simulate.drives.laps import Drive, Fixes
from onevisit.truth.simulate.world import World

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Episode:
    """Seconds of a drive in which a confounder acts, and on which species (empty: on all)."""

    confounder: str
    start_s: int
    end_s: int
    species: tuple[str, ...] = ()


@dataclass(frozen=True)
class Log:
    """What the vehicle logged at 1 Hz: readings per species, wind as its mast gives it, marks, and episodes."""

    readings: Mapping[str, Floats]
    wind_speed: Floats
    wind_from_deg: Floats
    status: tuple[str, ...]
    episodes: tuple[Episode, ...]


def draw_analyser(rng: np.random.Generator) -> Analyser:
    """Draw a vehicle's instrument: a lag of 3-14 s, a response of 1-4 s, a gain error of 4 %."""
    return Analyser(
        float(rng.uniform(3.0, 14.0)),
        float(rng.uniform(1.0, 4.0)),
        float(np.exp(rng.normal(0, 0.04))),
        0.0,
        float(rng.normal(0, 1.5)),
    )


def log_drive(
    air: Mapping[str, Floats],
    drive: Drive,
    wind: Wind,
    analyser: Analyser,
    on: Mapping[str, bool],
    rng: np.random.Generator,
) -> Log:
    """Measure true enhancements (g m-3 per species) along a drive, with traffic and faults.

    Traffic is added to the air, so that it passes lag and response as plumes do; faults are laid over readings.
    """
    n = len(drive.x)
    noise, mast, *own = rng.spawn(7)  # a stream for each, so that a switch leaves the others as they are
    air = {c.species: np.array(air.get(c.species, np.zeros(n))) for c in CHANNELS}
    episodes = _trucks(air, drive, own[0]) if on["trucks"] else []
    before = len(wind.u) - n
    u, v = wind.u[before:], wind.v[before:]
    if on["own_exhaust"]:
        episodes += _own_exhaust(air, drive, u, v, own[1])
    readings = {c.species: measure(air[c.species], c, analyser, noise) for c in CHANNELS}
    status = ["正常"] * n
    if on["frozen_analyser"]:
        episodes.append(_freeze(readings, n, own[2]))
    if on["drifting_analyser"]:
        episodes.append(_drift(readings, n, own[3]))
    if on["calibration"]:
        episodes.append(_calibrate(readings, status, n, own[4]))
    episodes += [Episode("calm", start, end) for start, end in _runs(wind.calm[before:])]
    speed = np.hypot(u, v) * np.exp(mast.normal(0, 0.08, n))
    direction = np.degrees(np.arctan2(-u, -v)) + mast.normal(0, 9.0, n)
    return Log(readings, speed, np.mod(direction, 360.0), tuple(status), tuple(episodes))


def _trucks(air: dict[str, Floats], drive: Drive, rng: np.random.Generator) -> list[Episode]:
    n = len(drive.x)
    episodes = []
    for _ in range(int(rng.poisson(n / 420.0)) + 1):
        start = int(rng.integers(20, n - 20))
        length = int(rng.integers(3, 11))
        shape = np.sin(np.pi * (np.arange(length) + 0.5) / length)
        size = np.exp(rng.normal(0, 0.5))
        for species, peak in (("NOx", 3.5e-4), ("CO", 9e-4), ("PM2.5", 6e-5), ("TVOC", 4e-5)):
            air[species][start : start + length] += size * peak * shape
        episodes.append(Episode("trucks", start, start + length, ("NOx", "CO", "PM2.5", "TVOC")))
    return episodes


def _own_exhaust(
    air: dict[str, Floats], drive: Drive, u: Floats, v: Floats, rng: np.random.Generator
) -> list[Episode]:
    """Where the vehicle stands and the wind comes from behind, its exhaust reaches the inlet."""
    episodes = []
    forward = u * np.sin(drive.heading_rad) + v * np.cos(drive.heading_rad)
    for start, end in _runs(drive.speed < 0.5):
        if end - start < 6 or forward[start:end].mean() < 0.2:
            continue
        ramp = np.clip(np.arange(end - start) / 8.0, 0, 1) * np.exp(rng.normal(0, 0.2, end - start))
        for species, level in (("NOx", 1.2e-4), ("CO", 8e-4), ("TVOC", 4e-5)):
            air[species][start:end] += level * ramp
        episodes.append(Episode("own_exhaust", start, end, ("NOx", "CO", "TVOC")))
    return episodes


def _runs(mask: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """First and one past the last index of every run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], mask.astype(int), [0]])))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _freeze(readings: dict[str, Floats], n: int, rng: np.random.Generator) -> Episode:
    species = str(rng.choice([c.species for c in CHANNELS]))
    start = int(rng.integers(60, n - 200))
    end = start + int(rng.integers(60, 180))
    readings[species][start:end] = readings[species][start]
    return Episode("frozen_analyser", start, end, (species,))


def _drift(readings: dict[str, Floats], n: int, rng: np.random.Generator) -> Episode:
    channel = CHANNELS[int(rng.integers(len(CHANNELS)))]
    rise = channel.background * rng.uniform(0.3, 0.7) * np.arange(n) / 3600.0
    readings[channel.species] = np.asarray(np.round(readings[channel.species] + rise, channel.digits), float)
    return Episode("drifting_analyser", 0, n, (channel.species,))


def _calibrate(readings: dict[str, Floats], status: list[str], n: int, rng: np.random.Generator) -> Episode:
    """Zero gas for a minute, span gas for two; the status column says so."""
    start = int(rng.integers(120, max(n - 400, 121)))
    for channel in CHANNELS:
        span = 5.0 * channel.background
        noise = rng.normal(0, channel.noise, 180)
        level = np.concatenate([np.full(60, channel.noise * 2), np.full(120, span)])
        readings[channel.species][start : start + 180] = np.round(np.maximum(level + noise, 0.0), channel.digits)
    status[start : start + 180] = ["校准"] * 180
    return Episode("calibration", start, start + 180)


def write_log(
    path: Path,
    world: World,
    log: Log,
    fixes: Fixes,
    drive: Drive,
    start: datetime,
    analyser: Analyser,
    on: Mapping[str, bool],
    *,
    encoding: str,
) -> None:
    """Write the vehicle's table: local time without a zone, positions, speed, species, wind, status."""
    n = len(drive.x)
    lon, lat = world.lonlat(fixes.x, fixes.y)
    lon, lat = (np.where(np.isfinite(fixes.x), a, np.nan) for a in (lon, lat))
    place = [("经度", texts(lon, 7)), ("纬度", texts(lat, 7))]
    if on["swapped_columns"]:
        place = [("经度", place[1][1]), ("纬度", place[0][1])]
    columns = [("时间", stamps(start, n, offset_s=analyser.clock_offset_s)), *place]
    columns.append(("车速(km/h)", texts(drive.speed * 3.6, 1)))
    columns.append(("航向(°)", texts(np.degrees(drive.heading_rad), 1)))
    for channel in CHANNELS:
        heading = "CO(ug/m3)" if channel.species == "CO" and on["mislabelled_units"] else channel.heading
        columns.append((heading, texts(log.readings[channel.species], channel.digits)))
    columns.append(("风速(m/s)", texts(log.wind_speed, 2)))
    columns.append(("风向(°)", texts(log.wind_from_deg, 0)))
    columns.append(("状态", list(log.status)))
    write_table(path, columns, encoding=encoding)


def air_along(sources: Sequence[EmissionSource], per_source: Floats) -> dict[str, Floats]:
    """Sum sources (second, source) of the leading species in g m-3 to species by the sources' profiles."""
    air: dict[str, Floats] = {c.species: np.zeros(per_source.shape[0]) for c in CHANNELS}
    for k, source in enumerate(sources):
        for species, share in source.profile:
            air[species] = air[species] + share * per_source[:, k]
    return air
