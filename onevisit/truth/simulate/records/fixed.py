"""Fixed points that write minutes beside the drives: micro-stations, and an open path between two ends.

They measure while a vehicle is out and ten minutes before it, as an export for the hours of a mission holds them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from onevisit.truth.simulate.air.instrument import CHANNELS, Analyte
from onevisit.truth.simulate.air.wind import Wind, ornstein_uhlenbeck
from onevisit.truth.simulate.drives.files import write_table
from onevisit.truth.simulate.world import Street, World

Floats = NDArray[np.float64]

SAMPLE_S = 10
_PATH_PARTS = 12
_BESIDE_M = 10.0
_SPECIES: Mapping[str, tuple[str, ...]] = {"sensor": ("TVOC", "PM2.5", "CO"), "path": ("toluene", "xylene")}
_GAIN_SD: Mapping[str, float] = {"sensor": 0.2, "path": 0.05}
_FILES: Mapping[str, str] = {"sensor": "微型站分钟数据.csv", "path": "开放光路分钟数据.csv"}


@dataclass(frozen=True)
class FixedPoint:
    """A micro-station (one place) or an open path (places along it, its ends first and last), local metres."""

    number: str
    name: str
    kind: Literal["sensor", "path"]
    x: Floats
    y: Floats
    gains: Mapping[str, float]
    vane_deg: float

    @property
    def shape(self) -> shapely.Geometry:
        """A point or a line."""
        ends = [(float(self.x[k]), float(self.y[k])) for k in (0, -1)]
        return shapely.Point(ends[0]) if self.kind == "sensor" else shapely.LineString(ends)

    @property
    def file(self) -> str:
        """The file of the mission that holds its record."""
        return f"monitors/{_FILES[self.kind]}"


@dataclass(frozen=True)
class FixedRecord:
    """What a fixed point wrote beside one drive: beginning of each minute (local), readings, wind of a station."""

    point: FixedPoint
    minutes: tuple[datetime, ...]
    readings: Mapping[str, Floats]
    wind_speed: Floats
    wind_from_deg: Floats


def place_sensors(world: World, area: BaseGeometry, rng: np.random.Generator) -> tuple[FixedPoint, ...]:
    """Put one to three micro-stations beside streets of an area."""
    count, streets = int(rng.integers(1, 4)), _streets_of(world, area)
    chosen = rng.choice(len(streets), min(count, len(streets)), replace=False)
    points = []
    for number, index in enumerate(chosen, 1):
        x, y = _beside(streets[int(index)], np.array([rng.uniform(0.2, 0.8)]), float(rng.choice([-1.0, 1.0])))
        points.append(_install(f"微型站{number}", "sensor", x, y, rng))
    return tuple(points)


def place_path(world: World, area: BaseGeometry, rng: np.random.Generator) -> tuple[FixedPoint, ...]:
    """Put one open path of 150 to 250 m along a street of an area."""
    streets = _streets_of(world, area)
    street = streets[int(rng.integers(len(streets)))]
    length = min(float(rng.uniform(150.0, 250.0)) / street.line.length, 0.85)
    first = float(rng.uniform(0.05, 0.95 - length))
    shares = np.linspace(first, first + length, _PATH_PARTS)
    x, y = _beside(street, shares, float(rng.choice([-1.0, 1.0])))
    return (_install("开放光路1", "path", x, y, rng),)


def _streets_of(world: World, area: BaseGeometry) -> list[Street]:
    return [s for s in world.streets if area.buffer(5.0).contains(s.line)]


def _beside(street: Street, shares: Floats, side: float) -> tuple[Floats, Floats]:
    (x0, y0), (x1, y1) = np.asarray(street.line.coords)[[0, -1]]
    across = side * _BESIDE_M / street.line.length
    return x0 + shares * (x1 - x0) - across * (y1 - y0), y0 + shares * (y1 - y0) + across * (x1 - x0)


def _install(
    name: str, kind: Literal["sensor", "path"], x: Floats, y: Floats, rng: np.random.Generator
) -> FixedPoint:
    number = "".join(rng.choice(list("0123456789ABCDEF"), 24))
    gains = {s: float(np.exp(rng.normal(0.0, _GAIN_SD[kind]))) for s in _SPECIES[kind]}
    return FixedPoint(number, name, kind, x, y, gains, float(rng.normal(0.0, 5.0)))


def measure_minutes(
    point: FixedPoint, air: Mapping[str, Floats], wind: Wind, first_s: int, start: datetime, rng: np.random.Generator
) -> FixedRecord:
    """Make clock minutes of what a fixed point had about it.

    Parameters
    ----------
    air : mapping of str to array, shape (sample,)
        True enhancement by species in g m-3, every `SAMPLE_S` seconds, mean of a path.
    first_s : int
        Second of the first sample, counted from the start of the drive.
    start : datetime
        Local time at which the drive starts.
    """
    seconds = first_s + SAMPLE_S * np.arange(len(next(iter(air.values()))))
    minute = (seconds + start.second) // 60
    whole = [m for m in np.unique(minute) if (minute == m).sum() == 60 // SAMPLE_S]
    groups = [minute == m for m in whole]
    begins = tuple(start.replace(second=0, microsecond=0) + timedelta(minutes=int(m)) for m in whole)
    channels = [c for c in CHANNELS if c.species in _SPECIES[point.kind]]
    readings = {c.species: _read(c, point, air[c.species], groups, rng) for c in channels}
    u, v = np.array([wind.at(int(s), point.x[0], point.y[0]) for s in seconds]).T
    u, v = (np.array([component[g].mean() for g in groups]) for component in (u, v))
    direction = np.mod(np.degrees(np.arctan2(-u, -v)) + point.vane_deg, 360.0)
    return FixedRecord(point, begins, readings, np.hypot(u, v), direction)


def _read(
    channel: Analyte, point: FixedPoint, air: Floats, groups: Sequence[NDArray[np.bool_]], rng: np.random.Generator
) -> Floats:
    means = np.array([air[g].mean() for g in groups]) * channel.per_g_m3 * point.gains[channel.species]
    background = channel.background + ornstein_uhlenbeck(len(groups), channel.wander, 25.0, rng)
    return np.asarray(
        np.round(background + means + rng.normal(0.0, channel.noise, len(groups)), channel.digits), float
    )


def write_fixed(folder: Path, world: World, records: Sequence[FixedRecord]) -> None:
    """Write one table of minutes for the stations and one for the paths, each row with its place."""
    for kind, file in _FILES.items():
        own = [r for r in records if r.point.kind == kind]
        if own:
            write_table(folder / file, _columns(own, world), encoding="utf-8-sig")


def _columns(records: Sequence[FixedRecord], world: World) -> list[tuple[str, list[str]]]:
    point = records[0].point
    headings = ["MN号", "监控点名称", "监测时间"]
    headings += ["经度", "纬度"] if point.kind == "sensor" else ["起点经度", "起点纬度", "终点经度", "终点纬度"]
    headings.append("坐标系")
    channels = [c for c in CHANNELS if c.species in _SPECIES[point.kind]]
    headings += [c.heading for c in channels]
    headings += ["风速(m/s)", "风向(°)"] if point.kind == "sensor" else []
    rows = [row for r in records for row in _rows(r, channels, world)]
    return [(heading, [row[k] for row in rows]) for k, heading in enumerate(headings)]


def _rows(record: FixedRecord, channels: Sequence[Analyte], world: World) -> list[list[str]]:
    point = record.point
    lon, lat = world.lonlat(point.x[[0, -1]], point.y[[0, -1]])
    ends = [(float(a), float(b)) for a, b in zip(lon, lat, strict=True)][: 1 if point.kind == "sensor" else 2]
    places = [f"{value:.6f}" for end in ends for value in end]
    rows = []
    for k, begin in enumerate(record.minutes):
        values = [f"{record.readings[c.species][k]:.{c.digits}f}" for c in channels]
        wind = [f"{record.wind_speed[k]:.1f}", f"{record.wind_from_deg[k]:.0f}"] if point.kind == "sensor" else []
        rows.append([point.number, point.name, f"{begin:%Y-%m-%d %H:%M}", *places, "WGS84", *values, *wind])
    return rows
