"""Passes → hotspots: one per place, of all species that one source could have made there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from fusion.air.dispersion import solar_elevation_rad
from fusion.air.ribbons import upwind_ribbons
from fusion.air.trajectory import Air, WindHistory
from fusion.air.winds import seconds_of, winds_of
from fusion.cube.grid import geobox_of
from fusion.cube.partials import usable_rows
from fusion.hotspots.agreement import seek_agreement
from fusion.hotspots.chance import CrossingGroup, group_crossings, judge_groups
from fusion.hotspots.crossings import Crossings, find_crossings, is_exhaust_like
from fusion.hotspots.joining import REACH_M, UpwindPath, join_crossings
from fusion.hotspots.places import describe_place
from fusion.schema import Hotspot
from fusion.settings import FusionSettings
from ingest.outcome import Decision, Notes, Outcome, Reject
from ingest.schema import check_cube
from ingest.species import substance_of

if TYPE_CHECKING:
    from tracks.schema import Track

Ints = NDArray[np.int64]

_SAME_PLACE_DEG = 5e-4
"""About 50 m."""
_CLEAR = 20.0
"""A plume of a gas that vehicles hardly emit is shown although one pass met it where it is this many times the level
that a tenth of its pass exceeds: 25 standard deviations of Gaussian noise; of noise as skewed as a lognormal of ln sd
1 one sample in 25 000 is as high."""
_GAUSSIAN_TENTH = 1.2816
"""Standard deviations that a tenth of Gaussian noise exceeds."""
_ALWAYS = 100.0
"""And any plume this far above it, whatever it is made of: what one pass met so clearly is never left out."""


def find_hotspots(
    table: xr.Dataset, tracks: Sequence[Track] = (), settings: FusionSettings | None = None
) -> Outcome[tuple[Hotspot, ...]]:
    """Find the places where a source is met: on several passes beyond chance, or clearly on one.

    Plumes that one vehicle meets at one moment are one crossing, of all its species (`find_crossings`); crossings
    that one source could have made are one place (`join_crossings`). It is *recurrent* where they agree beyond
    chance, by the plumes themselves (`judge_groups`) or by the cells of one species (`seek_agreement`), and *single*
    where one plume is clear. What only tracers of exhaust make once is listed apart as a vehicle's.

    Parameters
    ----------
    table : Dataset
        Touched cells, from `touch_cells`, or of an open campaign from `gather_cells`.
    tracks : sequence of Track
        The same passes with their plumes; without any, cells alone are asked, species by species.
    settings : FusionSettings, optional

    Returns
    -------
    Outcome of tuple of Hotspot
        Recurrent ones first, the clearest first; decisions name what was tested and what could not be.
    """
    settings = settings or FusionSettings()
    check_cube(table)
    notes = Notes()
    agreeing = notes.take(seek_agreement(table, settings))
    if any(track.plumes.sizes.get("plume") for track in tracks):
        places = notes.take(_places(table, tracks, settings))
        found = _with_agreement(places, [h for h in agreeing if not h.single_sighting])
    else:
        found = notes.take(_without_vehicles(agreeing, table, settings))
    found.sort(key=lambda h: h.rank)
    return notes.outcome(tuple(replace(h, id=f"H{k:03d}") for k, h in enumerate(found, start=1)))


# --- places of plumes -----------------------------------------------------------------------------------------------


def _places(table: xr.Dataset, tracks: Sequence[Track], settings: FusionSettings) -> Outcome[list[Hotspot]]:
    """Places of crossings, recurrent or single; crossings of vehicles and weak ones are counted apart."""
    geobox = geobox_of(table)
    crs = str(geobox.crs)
    crossings = find_crossings(tracks, crs, settings.combustion_species)
    winds = [aboard.wind for aboard in winds_of(tracks, crs, settings)]
    group = join_crossings(crossings, _paths(crossings, tracks, winds, settings))
    exhaust = is_exhaust_like(crossings, settings.combustion_species)
    alpha = settings.alpha
    groups = group_crossings(crossings, group, exhaust, crossings.standing)
    judged = judge_groups(groups, crossings, alpha=alpha)
    shown = [g for g in judged if g.expected <= alpha or _is_clear(g, crossings, tracks)]
    shares = _false_shares([g.expected for g in shown])
    notes = Notes()
    notes.keep(_tally(judged, shown, crossings, alpha))
    places = [
        describe_place(g, crossings, tracks, winds, geobox, settings, recurrent=g.expected <= alpha, q_value=share)
        for g, share in zip(shown, shares, strict=True)
    ]
    return notes.outcome(places)


def _paths(
    crossings: Crossings, tracks: Sequence[Track], winds: Sequence[WindHistory], settings: FusionSettings
) -> list[UpwindPath | None]:
    """The upwind path of every crossing in the wind of its vehicle; None in calm or without wind."""
    paths: list[UpwindPath | None] = [None] * crossings.size
    for number in np.unique(crossings.track):
        own = np.flatnonzero(crossings.track == number)
        passes = tracks[number].passes
        middle = np.datetime64(int(np.mean(crossings.peak[own]) * 1e9), "ns")
        elevation = solar_elevation_rad(middle, float(passes["lon"].mean()), float(passes["lat"].mean()))
        place = crossings.x[own], crossings.y[own], crossings.peak[own]
        ribbons, _, air = upwind_ribbons(*place, winds[number], elevation, settings)
        for k, ribbon, state in zip(own, ribbons, air, strict=True):
            if state == Air.MOVING:
                near = ribbon[ribbon[:, 9] <= REACH_M]
                paths[k] = UpwindPath(*near[:, [0, 1, 2, 3, 4, 6, 7]].T)
    return paths


def _is_clear(group: CrossingGroup, crossings: Crossings, tracks: Sequence[Track]) -> bool:
    """Whether the strongest crossing is shown although passes do not agree beyond chance."""
    strongest = int(group.members[np.argmax(crossings.strength[group.members])])
    strength = float(crossings.strength[strongest])
    if strength >= _ALWAYS or group.exhaust:
        return strength >= _ALWAYS
    return strength >= _CLEAR * _usual(crossings, strongest, group.members, tracks)


def _usual(crossings: Crossings, k: int, members: Ints, tracks: Sequence[Track]) -> float:
    """What a tenth of the rows of a crossing's pass exceed in the leading species, over its noise.

    Rows in the crossings of its own group do not count; a pass is not quieter than Gaussian noise.
    """
    passes, name = tracks[crossings.track[k]].passes, crossings.species[crossings.lead[k]]
    index = passes["pass_index"].values
    row = min(int(np.searchsorted(seconds_of(passes), crossings.peak[k])), index.size - 1)
    excess = passes[f"{name}_enhancement"]
    time = seconds_of(passes)
    own = np.zeros(time.size, bool)
    for start, end in zip(crossings.start[members], crossings.end[members], strict=True):
        own[slice(*np.searchsorted(time, [start, end + 1e-3]))] = True
    values = excess.values[(index == index[row]) & usable_rows(passes, name) & ~own]
    level = float(np.quantile(values, 0.9)) / float(excess.attrs["noise_sd"]) if values.size else 0.0
    return max(level, _GAUSSIAN_TENTH)


def _false_shares(expected: Sequence[float]) -> list[float]:
    """Expected share of false ones among the places that are as sure: of the k surest, E of the k-th over k."""
    order = np.argsort(expected, kind="stable")
    shares = np.minimum(np.asarray(expected)[order] / np.arange(1, len(order) + 1), 1.0)
    least = np.minimum.accumulate(shares[::-1])[::-1] if shares.size else shares
    result = np.empty(len(order))
    result[order] = least
    return [float(share) for share in result]


def _tally(
    judged: Sequence[CrossingGroup], shown: Sequence[CrossingGroup], crossings: Crossings, alpha: float
) -> Decision:
    left = [g for g in judged if not any(g is other for other in shown)]
    counts: dict[str, int] = {
        "crossings": crossings.size,
        "recurrent": sum(g.expected <= alpha for g in shown),
        "single": sum(not g.expected <= alpha for g in shown),
        "vehicles": sum(g.exhaust for g in left),
        "weak": sum(not g.exhaust for g in left),
    }
    return Decision("hotspots", "places_found", {**counts})


# --- places of cells ------------------------------------------------------------------------------------------------


def _with_agreement(places: Sequence[Hotspot], agreeing: Sequence[Hotspot]) -> list[Hotspot]:
    """Places with what the cells of single species say: a place in them recurs, cells without a place are one."""
    found = list(places)
    rest: list[Hotspot] = []
    for cells in sorted(agreeing, key=lambda h: (h.p_value, -h.enhancement)):
        touching = [k for k, place in enumerate(found) if _touch(place, cells)]
        own = [k for k in touching if _shares_species(found[k], cells)]
        for k in own:
            if cells.passes_seen > 1 and len(found[k].seen_by) > 1:
                p, q = min(found[k].p_value, cells.p_value), min(found[k].q_value, cells.q_value)
                found[k] = replace(found[k], p_value=p, q_value=q, single_sighting=False)
        if touching:
            continue
        beside = next((k for k, other in enumerate(rest) if _touch(other, cells)), None)
        if beside is None:
            rest.append(cells)
        elif substance_of(cells.species) != substance_of(rest[beside].species):
            rest[beside] = replace(rest[beside], others=(*rest[beside].others, cells.species))
    return found + rest


def _shares_species(place: Hotspot, cells: Hotspot) -> bool:
    own = {substance_of(name) for name in (place.species, *place.others)}
    return substance_of(cells.species) in own


def _without_vehicles(found: Sequence[Hotspot], cube: xr.Dataset, settings: FusionSettings) -> Outcome[list[Hotspot]]:
    """Drop what one pass saw once in two or more combustion tracers and in nothing else: a vehicle explains that.

    Spikes of several tracers of exhaust at once mark vehicles (Drewnick et al. 2012, doi:10.5194/amt-5-1443-2012). A
    stack of a furnace seen once is dropped with them; seen again it recurs, and recurrent hotspots are not touched.
    """
    single = [h for h in found if h.single_sighting]
    exhaust = [
        str(cube[f"{h.species}_count"].attrs["species"]).lower() in settings.combustion_species for h in single
    ]
    dropped: dict[int, Reject] = {}
    for h in single:
        near = [j for j, other in enumerate(single) if other.seen_by == h.seen_by and _touch(h, other)]
        tracers = sorted({single[j].species for j in near if exhaust[j]})
        if all(exhaust[j] for j in near) and len(tracers) > 1:
            where = f"{h.seen_by[0]}, {h.lon:.5f} {h.lat:.5f}"
            dropped[id(h)] = Reject(
                f"single sighting of {h.species}",
                where,
                "sighting_is_exhaust",
                {"tracers": tuple(tracers[:-1]), "last_tracer": tracers[-1]},
            )
    return Outcome([h for h in found if id(h) not in dropped], (), tuple(dropped.values()))


def _touch(one: Hotspot, other: Hotspot) -> bool:
    """Whether two polygons lie within some 50 m of each other."""
    return bool(one.polygon.distance(other.polygon) < _SAME_PLACE_DEG)
