"""Plumes that the drives crossed, each on its own, with the place that it is part of or why it is part of none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from fusion.schema import Hotspot
from ingest.outcome import Outcome
from ingest.species import substance_of
from tracks.schema import Track

if TYPE_CHECKING:
    from fusion.hotspots.crossings import Crossings

Apart = Literal["exhaust", "standing", "water", "no_position", "weak"]
"""Why a plume is in no place: it may be a passing vehicle's exhaust; the own vehicle stood among tracers of exhaust;
it is water vapour; its position is not known; passes do not agree on it and it is not clear enough by itself."""

_ONE_MOMENT_S, _ONE_MOMENT_M = 5.0, 25.0
"""Scales by which the crossing that a plume is part of is the nearest: those within which plumes are one crossing."""


@dataclass(frozen=True)
class PlumeLine:
    """One plume; ``maximum`` ± ``noise_sd`` and ``area`` (``unit`` times m) are over the background.

    ``lon``, ``lat`` are of its maximum, ± ``position_sd_m`` per axis; ``passes_seen`` of ``passes_crossed`` passes of
    the same outing saw its place so. ``place`` is the id of the hotspot that it is part of; None where it is part of
    none, and then ``apart`` says why. Plumes of one vehicle at one moment have the same ``crossing``.
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
    place: str | None = None
    apart: Apart | None = None
    crossing: int | None = None

    @property
    def value(self) -> float:
        """What stood in the air at the maximum: background and enhancement, in ``unit``."""
        return self.background + self.maximum


def list_plumes(
    tracks: Sequence[Track], hotspots: Sequence[Hotspot], *, crs: str, combustion: Sequence[str]
) -> Outcome[tuple[PlumeLine, ...]]:
    """Every plume of every outing, in order of outing, species and time, with its place.

    A plume is part of a hotspot where the crossing that it belongs to is one of those that the hotspot is made of,
    whichever logger of the vehicle measured it. A hotspot of cells alone has no crossings: it tells of the plumes of
    its species on its cells, on passes that saw it.

    Parameters
    ----------
    tracks : sequence of Track
        Of one region.
    hotspots : sequence of Hotspot
        Of the same region, from `fusion.find_hotspots`.
    crs : str
        Projected CRS of the region, in metres.
    combustion : sequence of str
        Species that mark exhaust (`fusion.settings.FusionSettings.combustion_species`).
    """
    from fusion.hotspots.crossings import find_crossings, is_exhaust_like

    tracks = [track for track in tracks if track.plumes.sizes.get("plume")]
    if not tracks:
        return Outcome(())
    crossings = find_crossings(tracks, crs)
    exhaust = is_exhaust_like(crossings, combustion)
    place_of = _places_of(crossings, hotspots)
    bare = [hotspot for hotspot in hotspots if not hotspot.met]
    lines = []
    for track in tracks:
        part = _lines(track)
        for line, number in zip(part, _crossings_of(part, crossings, crs), strict=True):
            place = place_of.get(number) if number is not None else None
            place = place or next((hotspot.id for hotspot in bare if _is_told(line, hotspot)), None)
            apart = None if place else _apart(line, number, crossings, exhaust)
            lines.append(replace(line, place=place, apart=apart, crossing=number))
    return Outcome(tuple(lines))


def _places_of(crossings: Crossings, hotspots: Sequence[Hotspot]) -> dict[int, str]:
    """Id of the hotspot by the number of each of its crossings."""
    met = {(m.label, _milliseconds(m.start.timestamp())): hotspot.id for hotspot in hotspots for m in hotspot.met}
    keys = [
        (crossings.drives[drive].label, _milliseconds(float(start)))
        for drive, start in zip(crossings.drive, crossings.start, strict=True)
    ]
    return {k: met[key] for k, key in enumerate(keys) if key in met}


def _milliseconds(seconds: float) -> int:
    return round(1000 * seconds)


def _crossings_of(lines: Sequence[PlumeLine], crossings: Crossings, crs: str) -> list[int | None]:
    """The crossing of every plume: of those with a plume of its species, the nearest in time and place."""
    from fusion.cube.grid import project

    seconds = np.array([line.peak.timestamp() for line in lines])
    x, y = project(np.array([line.lon for line in lines]), np.array([line.lat for line in lines]), crs)
    at = _moments(seconds, x, y)
    middle = _moments(crossings.peak, crossings.x, crossings.y)
    found: list[int | None] = []
    for line, here in zip(lines, at, strict=True):
        known = line.species in crossings.species and bool(np.isfinite(here).all())
        own = np.flatnonzero(crossings.plume[:, crossings.species.index(line.species)]) if known else np.empty(0, int)
        nearest = np.argmin(((middle[own] - here) ** 2).sum(axis=1)) if own.size else None
        found.append(None if nearest is None else int(own[nearest]))
    return found


def _moments(seconds: NDArray[np.float64], x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.column_stack([seconds / _ONE_MOMENT_S, x / _ONE_MOMENT_M, y / _ONE_MOMENT_M])


def _is_told(line: PlumeLine, hotspot: Hotspot) -> bool:
    """Whether a hotspot of cells tells of a plume: its species, met on its cells, on a pass that saw it."""
    named = {substance_of(name) for name in (hotspot.species, *hotspot.others)}
    return (
        substance_of(line.species) in named
        and f"{line.trajectory}#{line.pass_index}" in hotspot.seen_by
        and bool(hotspot.polygon.intersects(shapely.Point(line.lon, line.lat)))
    )


def _apart(line: PlumeLine, number: int | None, crossings: Crossings, exhaust: NDArray[np.bool_]) -> Apart:
    if number is None:
        return "no_position" if line.species in crossings.species else "water"
    if exhaust[number]:
        return "standing" if crossings.standing[number] else "exhaust"
    return "weak"


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
