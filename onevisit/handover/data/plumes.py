"""Plumes that the drives crossed, each on its own: what a crew saw, before anything is asked to be seen twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import shapely

from fusion.schema import Hotspot
from ingest.coordinates import metres_per_degree
from onevisit.handover.data.geojson import write_points
from tracks.schema import Track

_NEAR_HOTSPOT_M = 100.0
"""A plume nearer than this to a hotspot of its species is told by the hotspot: the wind moves it between passes."""


@dataclass(frozen=True)
class PlumeLine:
    """One plume; ``maximum`` ± ``noise_sd`` and ``area`` (``unit`` times m) are over the background.

    ``lon``, ``lat`` are of its maximum, ± ``position_sd_m`` per axis; ``passes_seen`` of ``passes_crossed`` passes of
    the same outing saw its place so.
    """

    trajectory: str
    pass_index: int
    source: int
    species: str
    unit: str
    maximum: float
    noise_sd: float
    background: float
    snr: float
    area: float
    width_m: float
    start: datetime
    peak: datetime
    end: datetime
    lon: float
    lat: float
    position_sd_m: float
    passes_seen: int
    passes_crossed: int


def plume_lines(tracks: Sequence[Track]) -> list[PlumeLine]:
    """Every plume of every outing, in order of outing, species and time."""
    return [line for track in tracks if track.plumes.sizes["plume"] for line in _lines(track)]


def strongest_outside(tracks: Sequence[Track], hotspots: Sequence[Hotspot], *, most: int = 8) -> list[PlumeLine]:
    """The strongest plumes over their noise that no hotspot of their species tells of, one per place and outing."""
    told: dict[str, list[shapely.Geometry]] = {}
    for hotspot in hotspots:
        told.setdefault(hotspot.species, []).append(hotspot.polygon)
    found: dict[tuple[str, str, int], PlumeLine] = {}
    for line in sorted(plume_lines(tracks), key=lambda line: -line.snr):
        key = (line.trajectory, line.species, line.source)
        if key not in found and not _is_told(line, told.get(line.species, [])):
            found[key] = line
            if len(found) == most:
                break
    return list(found.values())


def write_plumes(path: Path, tracks: Sequence[Track]) -> None:
    """Write ``plumes.geojson``: a point per plume at its maximum, with the fields of `PlumeLine`."""
    write_points(path, [((line.lon, line.lat), vars(line)) for line in plume_lines(tracks)])


def _is_told(line: PlumeLine, polygons: Sequence[shapely.Geometry]) -> bool:
    """Whether a polygon lies near, in degrees stretched to metres at the plume's latitude."""
    if not polygons:
        return False
    scale = np.array(metres_per_degree(line.lat))
    point = shapely.Point(0.0, 0.0)
    moved = shapely.transform(list(polygons), lambda xy: (xy - [line.lon, line.lat]) * scale)
    return bool((shapely.distance(moved, point) <= _NEAR_HOTSPOT_M).any())


def _lines(track: Track) -> list[PlumeLine]:
    passes = track.passes
    name = str(passes["trajectory"].values)
    position_sd = (
        passes["horizontal_sd"].values if "horizontal_sd" in passes else np.full(passes.sizes["obs"], np.nan)
    )
    return [
        PlumeLine(
            trajectory=name,
            pass_index=int(row["pass_index"]),
            source=int(row["source"]),
            species=str(row["species"]),
            unit=str(row["units"]),
            maximum=float(row["maximum"]),
            noise_sd=float(row["maximum"] / row["snr"]),
            background=float(row["background"]),
            snr=float(row["snr"]),
            area=float(row["area"]),
            width_m=float(row["width_m"]),
            start=_time(row["start_time"]),
            peak=_time(row["peak_time"]),
            end=_time(row["end_time"]),
            lon=float(row["lon"]),
            lat=float(row["lat"]),
            position_sd_m=float(position_sd[int(row["peak_row"])]),
            passes_seen=int(row["passes_seen"]),
            passes_crossed=int(row["passes_crossed"]),
        )
        for row in track.plumes.to_dataframe().to_dict("records")
    ]


def _time(value: pd.Timestamp) -> datetime:
    return value.to_pydatetime(warn=False).replace(tzinfo=UTC)
