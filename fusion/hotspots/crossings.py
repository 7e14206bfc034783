"""Crossings: what a vehicle met at one moment, all its species and loggers together.

A plume of `tracks` is one species of one logger. What one source blows over the road is met by all of them within
seconds: those plumes are one crossing, of one drive pass, however many instruments rode along.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from fusion.air.winds import ran_together, rode_along, seconds_of
from fusion.cube.grid import project
from fusion.cube.partials import enhanced_species, usable_rows
from ingest.species import species_of, substance_of

if TYPE_CHECKING:
    from tracks.schema import Track

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

_MEET_S = 5.0
"""Plumes of one pass whose maxima are met within this time of each other are of one crossing: residual lags and
responses of instruments beside each other (a few seconds each)."""
_MEET_M = 25.0
"""And within this way: what GNSS and lag leave in doubt; above 18 km/h it is the narrower limit."""
_NO_POLLUTANTS = ("h2o",)
"""Measured to dry the others: what a river or a sprinkler evaporates is no place to look at."""
_WALK_M_S = 1.0
"""Slower on average than this over a crossing, a vehicle stands for part of it."""


@dataclass(frozen=True, eq=False)
class Drive:
    """One pass of one vehicle: the label of its longest record's pass, and where it was; ``x``, ``y`` [m] (rows,)."""

    label: str
    x: Floats
    y: Floats

    @property
    def length_m(self) -> float:
        """Road driven."""
        return float(np.hypot(np.diff(self.x), np.diff(self.y)).sum())

    def road_near_m(self, x: float, y: float, reach_m: float) -> float:
        """Road of the pass within ``reach_m`` of a point."""
        steps = np.hypot(np.diff(self.x), np.diff(self.y))
        middle = np.hypot((self.x[1:] + self.x[:-1]) / 2 - x, (self.y[1:] + self.y[:-1]) / 2 - y)
        return float(steps[middle <= reach_m].sum())

    def comes_near(self, x: Floats, y: Floats, reach_m: float) -> bool:
        """Whether the pass came within ``reach_m`` of any of the points."""
        nearest, _ = cKDTree(np.column_stack([self.x, self.y])).query(np.column_stack([x, y]))
        return bool(np.min(nearest) <= reach_m)


@dataclass(frozen=True, eq=False)
class Crossings:
    """Crossings in order of vehicle and time; arrays of shape (crossings,) unless said otherwise.

    ``drives`` are the drive passes of all vehicles and ``drive`` (crossings,) says in which of them each crossing was
    met. ``substances`` are the slugs of ``species``. ``track`` is the number of the track whose plume leads (highest
    over its noise), ``vehicle`` (tracks,) the vehicle that each track rode on. ``start``, ``peak``, ``end`` are
    seconds since 1970, ``x``, ``y`` [m] the leading maximum. ``width_m`` is the road inside the leading plume.
    ``snr`` (crossings, species) is each species' largest enhancement in the crossing over its noise, NaN where it was
    not measured; ``plume`` (crossings, species) whether that was a plume of its own; ``lead`` is the species that
    leads, by its number in ``species``. ``combustion`` names the tracers of combustion.
    """

    species: tuple[str, ...]
    substances: tuple[str, ...]
    drives: tuple[Drive, ...]
    drive: Ints
    track: Ints
    start: Floats
    peak: Floats
    end: Floats
    x: Floats
    y: Floats
    width_m: Floats
    snr: Floats
    plume: Bools
    lead: Ints
    vehicle: Ints
    combustion: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """Number of crossings."""
        return int(self.peak.size)

    @property
    def strength(self) -> Floats:
        """The leading plume over its noise."""
        return np.asarray(self.snr[np.arange(self.size), self.lead])

    @property
    def composition(self) -> Floats:
        """What tells of a source: `snr` by substance (crossings, substances); wet, dry and a second logger's are one.

        NaN where traffic may have added it: where another gas leads, tracers of combustion say nothing of the source,
        a vehicle ahead adds them to any plume.
        """
        kinds, told = self._columns, self.snr
        if self.combustion:
            tracer = tracers_of(self, self.combustion)
            told = np.where(~tracer[self.lead][:, None] & tracer[None, :], np.nan, told)
        merged = [np.fmax.reduce(told[:, own], axis=1) for own in kinds]
        return np.asarray(np.array(merged).reshape(len(kinds), self.size).T)

    @property
    def risen(self) -> Ints:
        """Number of substances that had a plume of their own."""
        merged = [self.plume[:, own].any(axis=1) for own in self._columns]
        return np.asarray(np.array(merged).reshape(len(merged), self.size).sum(axis=0), np.int64)

    @property
    def _columns(self) -> list[list[int]]:
        kinds: dict[str, list[int]] = {}
        for k, slug in enumerate(self.substances):
            kinds.setdefault(substance_of(slug), []).append(k)
        return list(kinds.values())

    @property
    def standing(self) -> Bools:
        """Whether the vehicle hardly moved: it may have met its own exhaust, whose place means nothing."""
        return np.asarray(self.width_m < _WALK_M_S * (self.end - self.start))


@dataclass(frozen=True, eq=False)
class _Rows:
    """One track on the grid: seconds since 1970, metres, drive pass; (obs,) each."""

    time: Floats
    x: Floats
    y: Floats
    index: Ints


def find_crossings(tracks: Sequence[Track], crs: str, combustion: Sequence[str] = ()) -> Crossings:
    """Join the plumes of all species and loggers that one vehicle met at one moment.

    Parameters
    ----------
    tracks : sequence of Track
        With plumes, from `tracks.process_trace`.
    crs : str
        Projected CRS in metres.
    combustion : sequence of str
        Slugs of the tracers of combustion, which tell nothing of a plume that another gas leads.

    Returns
    -------
    Crossings
        Empty where no track has a plume.
    """
    rows = [_rows(track.passes, crs) for track in tracks]
    vehicles = _vehicles(tracks, crs)
    slugs = _slugs(tracks)
    species = tuple(slugs)
    plumes = _plumes(tracks, rows, vehicles, species)
    found = _crossings(plumes, tracks, rows, vehicles, slugs)
    return replace(found, combustion=tuple(combustion))


def _slugs(tracks: Sequence[Track]) -> dict[str, str]:
    """Variables with an enhancement, in order of name, and the slugs of what they measure; water is no pollutant."""
    found = {}
    for track in tracks:
        for name in enhanced_species(track.passes):
            kind = species_of(str(track.passes[name].attrs.get("species", name))) or species_of(name)
            found[name] = kind.slug if kind else name
    return {name: slug for name, slug in sorted(found.items()) if slug not in _NO_POLLUTANTS}


def _rows(passes: xr.Dataset, crs: str) -> _Rows:
    time = seconds_of(passes)
    x, y = project(passes["lon"].values, passes["lat"].values, crs)
    return _Rows(time, x, y, passes["pass_index"].values.astype(np.int64))


def _vehicles(tracks: Sequence[Track], crs: str) -> Ints:
    """The vehicle of every track: the number of the first track that rode along with it."""
    vehicle = np.arange(len(tracks))
    for k, own in enumerate(tracks):
        for j in range(k):
            if vehicle[j] == j and _one_vehicle(tracks[j].passes, own.passes, crs):
                vehicle[k] = j
                break
    return vehicle


def _one_vehicle(one: xr.Dataset, two: xr.Dataset, crs: str) -> bool:
    return ran_together(one, two) and rode_along(one, two, crs)


@dataclass(frozen=True, eq=False)
class _Plumes:
    """Plumes of all tracks in order of vehicle and peak; (plumes,) each."""

    track: Ints
    vehicle: Ints
    species: Ints
    start: Floats
    peak: Floats
    end: Floats
    x: Floats
    y: Floats
    width_m: Floats
    snr: Floats


def _plumes(tracks: Sequence[Track], rows: Sequence[_Rows], vehicles: Ints, species: Sequence[str]) -> _Plumes:
    number = {name: k for k, name in enumerate(species)}
    parts: list[Floats] = []
    for k, track in enumerate(tracks):
        plumes = track.plumes
        if not plumes.sizes.get("plume"):
            continue
        at = plumes["peak_row"].values
        times = [rows[k].time[plumes[name].values] for name in ("first_row", "peak_row", "last_row")]
        named = [number.get(str(name), -1) for name in plumes["species"].values]
        place = rows[k].x[at], rows[k].y[at]
        parts.append(
            np.column_stack(
                [
                    np.full(at.size, k),
                    np.full(at.size, vehicles[k]),
                    named,
                    *times,
                    *place,
                    plumes["width_m"].values,
                    plumes["snr"].values,
                ]
            )
        )
    table = np.concatenate(parts) if parts else np.empty((0, 10))
    table = table[np.isfinite(table[:, 6]) & (table[:, 2] >= 0)]
    table = table[np.lexsort((table[:, 4], table[:, 1]))]
    whole = table[:, :3].astype(np.int64).T
    return _Plumes(*whole, *table[:, 3:].T)


def _crossings(
    plumes: _Plumes, tracks: Sequence[Track], rows: Sequence[_Rows], vehicles: Ints, slugs: dict[str, str]
) -> Crossings:
    species, group = tuple(slugs), _meet(plumes)
    number = int(group[-1]) + 1 if group.size else 0
    order = np.lexsort((-plumes.snr, group))
    lead = order[np.searchsorted(group[order], np.arange(number))]
    present = np.zeros((number, len(species)), bool)
    present[group, plumes.species] = True
    start, end = plumes.start[lead], plumes.end[lead]
    drives, drive = _drives(plumes.vehicle[lead], plumes.peak[lead], tracks, rows, vehicles)
    snr = _largest(plumes.vehicle[lead], start, end, tracks, rows, vehicles, species)
    np.fmax.at(snr, (group, plumes.species), plumes.snr)  # some gases have plumes in rows refused for exhaust
    return Crossings(
        species,
        tuple(slugs.values()),
        drives,
        drive,
        plumes.track[lead],
        start,
        plumes.peak[lead],
        end,
        plumes.x[lead],
        plumes.y[lead],
        plumes.width_m[lead],
        snr,
        present,
        plumes.species[lead],
        vehicles,
    )


def _meet(plumes: _Plumes) -> Ints:
    """Number of the crossing of every plume: those met one after the other within `_MEET_S` and `_MEET_M`."""
    if not plumes.peak.size:
        return np.empty(0, np.int64)
    apart = np.hypot(np.diff(plumes.x), np.diff(plumes.y)) > _MEET_M
    later = np.diff(plumes.peak) > _MEET_S
    return np.cumsum(np.r_[False, (np.diff(plumes.vehicle) != 0) | later | apart])


def _drives(
    vehicle: Ints, peak: Floats, tracks: Sequence[Track], rows: Sequence[_Rows], vehicles: Ints
) -> tuple[tuple[Drive, ...], Ints]:
    """The passes of every vehicle, by its longest record, and that (crossings,) in which each crossing was met."""
    drives: list[Drive] = []
    met = np.zeros(vehicle.size, np.int64)
    for v in np.unique(vehicles):
        name, own = _longest(np.flatnonzero(vehicles == v), tracks, rows)
        passes, number = np.unique(own.index, return_inverse=True)
        crossed = np.flatnonzero(vehicle == v)
        if crossed.size:
            met[crossed] = len(drives) + number[_nearest(own.time, peak[crossed])]
        for j, k in enumerate(passes):
            drives.append(Drive(f"{name}#{k}", own.x[number == j], own.y[number == j]))
    return tuple(drives), met


def _longest(riders: Ints, tracks: Sequence[Track], rows: Sequence[_Rows]) -> tuple[str, _Rows]:
    """Name, and rows on a place and in a pass, of the track that was longest in passes of those that rode along."""
    found = []
    for k in riders:
        use = np.isfinite(rows[k].x) & (rows[k].index >= 0)
        own = _Rows(*(values[use] for values in (rows[k].time, rows[k].x, rows[k].y, rows[k].index)))
        found.append((str(tracks[k].passes["trajectory"].item()), own))
    return min(found, key=lambda one: (-float(np.ptp(one[1].time)) if one[1].time.size else 1.0, one[0]))


def _nearest(time: Floats, at: Floats) -> Ints:
    """Rows of sorted times that are nearest to other times."""
    later = np.clip(np.searchsorted(time, at), 1, max(time.size - 1, 1))
    earlier = later - 1
    later = np.minimum(later, time.size - 1)
    return np.asarray(np.where(at - time[earlier] <= time[later] - at, earlier, later), np.int64)


def _largest(
    vehicle: Ints,
    start: Floats,
    end: Floats,
    tracks: Sequence[Track],
    rows: Sequence[_Rows],
    vehicles: Ints,
    species: tuple[str, ...],
) -> Floats:
    """Largest enhancement over noise of every species from ``start`` to ``end``; the best of loggers riding along."""
    found = np.full((vehicle.size, len(species)), np.nan)
    for k, track in enumerate(tracks):
        own = np.flatnonzero(vehicle == vehicles[k])
        first = np.searchsorted(rows[k].time, start[own] - _MEET_S / 2, side="left")
        last = np.searchsorted(rows[k].time, end[own] + _MEET_S / 2, side="right")
        for name in set(enhanced_species(track.passes)) & set(species):
            excess = track.passes[f"{name}_enhancement"]
            noise = float(excess.attrs.get("noise_sd", np.nan))
            if not (np.isfinite(noise) and noise > 0):
                continue
            values = np.where(usable_rows(track.passes, name), excess.values / noise, np.nan)
            column = species.index(name)
            for i, a, b in zip(own, first, last, strict=True):
                part = values[a:b]
                if np.isfinite(part).any():
                    found[i, column] = np.fmax(found[i, column], np.nanmax(part))
    return found


def is_exhaust_like(crossings: Crossings, combustion: Sequence[str]) -> Bools:
    """Crossings (crossings,) that a vehicle may have made: it emits tracers of combustion, and solvents below them.

    No gas rose that vehicles hardly emit, and either nothing but tracers rose, or a gaseous one did and a tracer
    leads. Dust with solvents and without nitrogen oxides or carbon monoxide is no exhaust.
    """
    kinds = [species_of(slug) for slug in crossings.substances]
    tracer = tracers_of(crossings, combustion)
    rare = np.array([kind is not None and kind.rare_in_exhaust for kind in kinds], bool)
    gas = tracer & np.array([kind is None or kind.family != "particles" for kind in kinds], bool)
    only = ~(crossings.plume & ~tracer).any(axis=1)
    led = tracer[crossings.lead] & (crossings.plume & gas).any(axis=1)
    return np.asarray((only | led) & ~(crossings.plume & rare).any(axis=1))


def tracers_of(crossings: Crossings, combustion: Sequence[str]) -> Bools:
    """Species (species,) that every vehicle emits: tracers of combustion, wet or dry, and particles of any size."""
    kinds = [species_of(slug) for slug in crossings.substances]
    return np.array(
        [
            slug in combustion or (kind is not None and (kind.family == "particles" or kind.dry_of in combustion))
            for slug, kind in zip(crossings.substances, kinds, strict=True)
        ],
        bool,
    )
