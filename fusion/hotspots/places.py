"""From crossings that one source could have made to a place: its outline, its numbers and where it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
import shapely
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox

from fusion.air.trajectory import WindHistory
from fusion.air.winds import seconds_of
from fusion.cube.grid import cell_area_m2, cell_index, grid_north_rad, unproject
from fusion.cube.partials import enhanced_species, usable_rows
from fusion.hotspots.agreement import cells_to_polygon, wind_from
from fusion.hotspots.chance import CrossingGroup
from fusion.hotspots.crossings import Crossings
from fusion.schema import Area, Hotspot, Met
from fusion.settings import FusionSettings
from ingest.species import substance_of

if TYPE_CHECKING:
    from tracks.schema import Track

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_TOGETHER_M = 60.0
"""Crossings nearer than this to the strongest tell how far the place scatters; others are of other streets."""
_WIND_S = 60.0
"""The wind of a place is that of a minute before and after each crossing."""


@dataclass(frozen=True, eq=False)
class Sampled:
    """The rows of one crossing in one species: cells, enhancement and background, (rows,) each."""

    cells: Ints
    value: Floats
    background: Floats

    @property
    def core(self) -> Ints:
        """Cells in which half of the largest enhancement is reached: what a map shows of a plume with long skirts."""
        above: Ints = self.cells[self.value >= 0.5 * self.value.max()]
        return above


def describe_place(
    group: CrossingGroup,
    crossings: Crossings,
    tracks: Sequence[Track],
    winds: Sequence[WindHistory],
    geobox: GeoBox,
    settings: FusionSettings,
    *,
    recurrent: bool,
    q_value: float,
) -> Hotspot:
    """One hotspot of a group of crossings; see `fusion.schema.Hotspot`.

    Parameters
    ----------
    group, crossings
        The group and all crossings of the region.
    tracks : sequence of Track
    winds : sequence of WindHistory
        Of every track, along the axes of the grid.
    geobox : GeoBox
    settings : FusionSettings
    recurrent : bool
        Whether its passes agree beyond chance.
    q_value : float
        Expected share of false ones among the places that are as sure.
    """
    members = group.members[np.argsort(-crossings.strength[group.members], kind="stable")]
    names = _species(crossings, members)
    leading, heard = next((n, h) for n in names if (h := _heard(crossings, members, n, tracks, geobox)))
    strongest = max((k for k, _ in heard), key=lambda k: _level(crossings, k, leading))
    cells = np.unique(np.concatenate([part.core for _, part in heard]))
    means, weights = _cell_means([part for _, part in heard])
    crs = str(geobox.crs)
    (lon,), (lat,) = unproject(crossings.x[[strongest]], crossings.y[[strongest]], crs)
    direction, speed = _wind(crossings, members, winds, float(lon), float(lat), crs, settings)
    met = _met(crossings, group.members, crs)
    return Hotspot(
        id="",
        species=leading,
        unit=_unit(tracks, leading),
        polygon=_from_strongest(cells_to_polygon(cells, geobox), float(lon), float(lat)),
        cells=int(cells.size),
        area_m2=cells.size * cell_area_m2(geobox),
        enhancement=float(np.average(means, weights=weights)),
        enhancement_sd=float(np.std(means, ddof=1)) if means.size > 1 else float("nan"),
        background=float(np.mean(np.concatenate([part.background for _, part in heard]))),
        p_value=float(-np.expm1(-group.expected)),
        q_value=q_value,
        passes_seen=int(group.seen.size),
        passes_crossed=int(group.crossed.size),
        single_sighting=not recurrent,
        first_seen=min(m.start for m in met),
        last_seen=max(m.end for m in met),
        lon=float(lon),
        lat=float(lat),
        position_error_m=_position_error(crossings, group.members, strongest, tracks, settings),
        wind_from_deg=direction,
        wind_speed=speed,
        trajectories=tuple(dict.fromkeys(m.label.rpartition("#")[0] for m in met)),
        seen_by=tuple(dict.fromkeys(m.label for m in met)),
        others=_others(leading, names),
        exhaust=group.exhaust,
        snr=float(crossings.strength[group.members].max()),
        met=met,
    )


def _from_strongest(outline: Area, lon: float, lat: float) -> Area:
    """The same outline, its parts in order of their distance from the strongest value."""
    if isinstance(outline, shapely.Polygon):
        return outline
    away = shapely.distance(shapely.get_parts(outline), shapely.Point(lon, lat))
    parts = shapely.get_parts(outline)[np.argsort(away, kind="stable")]
    return shapely.MultiPolygon(list(parts))


def _species(crossings: Crossings, members: Ints) -> list[str]:
    """The species that rose, those on most drives first, then the strongest."""
    plume, snr = crossings.plume[members], crossings.snr[members]
    order = []
    for k in np.flatnonzero(plume.any(axis=0)):
        drives = np.unique(crossings.drive[members[plume[:, k]]]).size
        order.append((-drives, -float(np.nanmax(snr[:, k])), crossings.species[k]))
    return [name for *_, name in sorted(order)]


def _others(leading: str, names: Sequence[str]) -> tuple[str, ...]:
    """The other species, each substance once."""
    kinds: dict[str, str] = {}
    for name in names:
        kinds.setdefault(substance_of(name), name)
    return tuple(name for kind, name in kinds.items() if kind != substance_of(leading))


def _heard(
    crossings: Crossings, members: Ints, species: str, tracks: Sequence[Track], geobox: GeoBox
) -> list[tuple[int, Sampled]]:
    """The crossings during which the species was measured, with their rows."""
    sampled = [(int(k), _sample(crossings, int(k), species, tracks, geobox)) for k in members]
    return [(k, part) for k, part in sampled if part.value.size]


def _level(crossings: Crossings, k: int, species: str) -> float:
    value = crossings.snr[k, crossings.species.index(species)]
    return float(value) if np.isfinite(value) else -np.inf


def _sample(crossings: Crossings, k: int, species: str, tracks: Sequence[Track], geobox: GeoBox) -> Sampled:
    """Rows of the crossing in which a logger of its vehicle measured the species."""
    track = _logger(crossings, k, species, tracks)
    if track is None:
        return Sampled(np.empty(0, np.int64), np.empty(0), np.empty(0))
    passes = track.passes
    rows = np.arange(*np.searchsorted(seconds_of(passes), [crossings.start[k], crossings.end[k] + 1e-3]))
    part = passes.isel(obs=rows)
    use = usable_rows(part, species)
    if not use.any():  # gases that vehicles hardly emit have plumes in rows refused for exhaust
        use = np.isfinite(part[f"{species}_enhancement"].values) & (part["pass_index"].values >= 0)
    cells = cell_index(part["lon"].values[use], part["lat"].values[use], geobox)
    background = part[f"{species}_background"].values[use] if f"{species}_background" in part else np.zeros(use.sum())
    on_grid = cells >= 0
    return Sampled(cells[on_grid], part[f"{species}_enhancement"].values[use][on_grid], background[on_grid])


def _logger(crossings: Crossings, k: int, species: str, tracks: Sequence[Track]) -> Track | None:
    """The track of the crossing's own logger, or of another that rode along, which measured the species."""
    own = int(crossings.track[k])
    along = np.flatnonzero(crossings.vehicle == crossings.vehicle[own])
    for track in (tracks[own], *(tracks[int(j)] for j in along)):
        time = track.passes["time"].values
        if species in enhanced_species(track.passes) and _covers(time, float(crossings.peak[k])):
            return track
    return None


def _covers(time: NDArray[np.datetime64], at_s: float) -> bool:
    seconds = time[[0, -1]].astype("datetime64[ns]").astype(np.int64) / 1e9
    return bool(seconds[0] <= at_s <= seconds[1])


def _cell_means(parts: Sequence[Sampled]) -> tuple[Floats, Floats]:
    """Mean enhancement of every cell and crossing, and the samples in it."""
    means, counts = [], []
    for part in parts:
        cell, group = np.unique(part.cells, return_inverse=True)
        count = np.bincount(group, minlength=cell.size)
        means.append(np.bincount(group, part.value, cell.size) / count)
        counts.append(count.astype(np.float64))
    return np.concatenate(means), np.concatenate(counts)


def _unit(tracks: Sequence[Track], species: str) -> str:
    return next(str(t.passes[species].attrs["units"]) for t in tracks if species in t.passes)


def _wind(
    crossings: Crossings,
    members: Ints,
    winds: Sequence[WindHistory],
    lon: float,
    lat: float,
    crs: str,
    settings: FusionSettings,
) -> tuple[float | None, float | None]:
    """Vector mean of the wind around the crossings: direction it comes from (degrees from true north) and speed."""
    parts = []
    for k in members:
        wind = winds[crossings.track[k]]
        near = np.abs(wind.time - crossings.peak[k]) <= _WIND_S
        if near.any():
            parts.append((wind.u[near].mean(), wind.v[near].mean()))
    if not parts:
        return None, None
    u, v = np.mean(parts, axis=0)
    turn = grid_north_rad(lon, lat, crs)
    return wind_from(
        float(u * np.cos(turn) + v * np.sin(turn)), float(v * np.cos(turn) - u * np.sin(turn)), settings.calm_m_s
    )


def _position_error(
    crossings: Crossings, members: Ints, strongest: int, tracks: Sequence[Track], settings: FusionSettings
) -> float:
    """Standard error per axis of the place of the strongest value: GNSS, what is left of the lag, and the scatter.

    The lag displaces a crossing along the road by speed times its error.
    """
    excess = tracks[crossings.track[strongest]].passes[f"{crossings.species[crossings.lead[strongest]]}_enhancement"]
    lag_sd_s = float(excess.attrs.get("lag_sd_s", np.nan))
    lag_sd_s = lag_sd_s if np.isfinite(lag_sd_s) else settings.position_lag_s
    seconds = max(float(crossings.end[strongest] - crossings.start[strongest]), 1.0)
    speed = float(crossings.width_m[strongest]) / seconds
    variance = settings.gnss_sd_m**2 + (speed * lag_sd_s) ** 2
    away = np.hypot(crossings.x[members] - crossings.x[strongest], crossings.y[members] - crossings.y[strongest])
    near = members[away <= _TOGETHER_M]
    if near.size > 1:
        variance += (crossings.x[near].var(ddof=1) + crossings.y[near].var(ddof=1)) / 2 / near.size
    return float(np.sqrt(variance))


def _met(crossings: Crossings, members: Ints, crs: str) -> tuple[Met, ...]:
    order = members[np.argsort(crossings.peak[members], kind="stable")]
    lon, lat = unproject(crossings.x[order], crossings.y[order], crs)
    return tuple(
        Met(
            crossings.drives[crossings.drive[k]].label,
            _utc(float(crossings.start[k])),
            _utc(float(crossings.end[k])),
            float(lon[i]),
            float(lat[i]),
        )
        for i, k in enumerate(order)
    )


def _utc(seconds: float) -> datetime:
    return datetime.fromtimestamp(round(seconds, 6), UTC)
