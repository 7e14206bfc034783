"""Cells in which passes agree, or one pass piles up, beyond what chance and weather make."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np
import shapely
import xarray as xr
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox
from scipy import ndimage, sparse

from fusion.cube.grid import cell_area_m2, cell_centres, geobox_of, to_wgs84, unproject
from fusion.cube.touched import cells_by_pass, cube_species
from fusion.hotspots.gistar import disc_kernel, gi_star_cells, neighbour_matrix
from fusion.hotspots.significance import (
    CellTest,
    PassScores,
    recurrence_test,
    score_pass,
    sighting_test,
    without_cells,
)
from fusion.schema import Hotspot
from fusion.settings import FusionSettings
from ingest.outcome import Decision, Notes, Outcome, Phrase, Reject

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class _PassCells:
    """Visited cells of one species in one pass: means over the samples, and the time of the first."""

    cells: Ints
    count: Floats
    mean: Floats
    square: Floats
    background: Floats
    visited_at: Floats


@dataclass(frozen=True, eq=False)
class _Candidate:
    """Joined cells before they become a `Hotspot`; ``sighted_by`` are the passes that found it each on its own."""

    cells: Ints
    peak: int
    p_value: float
    q_value: float
    recurrent: bool
    sighted_by: tuple[int, ...] = ()


def seek_agreement(table: xr.Dataset, settings: FusionSettings) -> Outcome[list[Hotspot]]:
    """Find, species by species, the cells in which passes agree beyond chance, or one pass piles up.

    Per pass the mean enhancement of each cell becomes a rank-normal score and Gi* measures its neighbourhood.
    Recurrent is where passes agree more than passes rotated apart do; a single sighting where one pass piles up more
    than random-phase surrogates of itself do. The two families share ``settings.alpha``, the share of maps without a
    source in which they may show anything. A steady gradient of the background, as of a busy road, agrees too.

    Parameters
    ----------
    table : Dataset
        Touched cells, from `touch_cells`, or of an open campaign from `gather_cells`.
    settings : FusionSettings
    """
    notes = Notes()
    found: list[Hotspot] = []
    for name in cube_species(table):
        of_species = notes.take(_species_hotspots(table, name, settings))
        found += of_species
    return notes.outcome(found)


def score_passes(cube: xr.Dataset, name: str, settings: FusionSettings) -> list[PassScores]:
    """Rank-normal scores of every pass of a cube in which anything can stand out."""
    geobox = geobox_of(cube)
    visited = _read_passes(cube, name)
    return [p for p in _scored(visited, geobox, settings) if p is not None]


def _kernel(geobox: GeoBox, settings: FusionSettings) -> Floats:
    return disc_kernel(max(1.0, settings.neighbourhood_m / abs(geobox.affine.a)))


def _scored(visited: Sequence[_PassCells], geobox: GeoBox, settings: FusionSettings) -> list[PassScores | None]:
    kernel, width = _kernel(geobox, settings), geobox.shape[1]
    return [
        score_pass(k, v.cells, v.mean, v.visited_at, width=width, kernel=kernel, settings=settings)
        for k, v in enumerate(visited)
    ]


def _species_hotspots(cube: xr.Dataset, name: str, settings: FusionSettings) -> Outcome[list[Hotspot]]:
    geobox = geobox_of(cube)
    width = geobox.shape[1]
    visited = _read_passes(cube, name)
    kernel = _kernel(geobox, settings)
    scored = _scored(visited, geobox, settings)
    passes = [p for p in scored if p is not None]
    notes = Notes()
    notes.keep(
        *(
            _unscored(str(cube["pass_label"].values[k]), name, v, settings)
            for k, (p, v) in enumerate(zip(scored, visited, strict=True))
            if p is None and v.cells.size
        )
    )
    if not passes:
        notes.decide(name, "no_hotspots_sought")
        return notes.outcome([])
    number = _surrogate_number(passes, kernel, settings)
    reach = settings.agreement_m / abs(geobox.affine.a)
    tested, found = _recurrent(passes, kernel, reach, number, width, settings)
    sightings = sighting_test(passes, width=width, kernel=kernel, number=number, settings=settings)
    numbered = list(zip([p.number for p in passes], sightings, strict=True))
    candidates = found + _sighted(numbered, found, width, settings)
    described = [_describe(c, cube, name, visited, passes, kernel, geobox, settings) for c in candidates]
    hotspots = [h for h in described if h.passes_seen]
    notes.keep(*(_unseen(h) for h in described if not h.passes_seen))
    notes.keep(_test_decision(name, passes, tested, number, hotspots))
    return notes.outcome(hotspots)


def _unseen(h: Hotspot) -> Reject:
    where = f"{h.lon:.5f} {h.lat:.5f}"
    return Reject(f"candidate of {h.species}", where, "candidate_high_in_no_pass")


def _unscored(label: str, name: str, v: _PassCells, settings: FusionSettings) -> Reject:
    if v.cells.size < settings.minimum_visited:
        minimum = settings.minimum_visited
        return Reject(label, name, "pass_of_few_cells", {"cells": int(v.cells.size), "minimum": minimum})
    return Reject(label, name, "pass_of_equal_cells")


def _test_decision(
    name: str, passes: Sequence[PassScores], tested: int, number: int, hotspots: Sequence[Hotspot]
) -> Decision:
    single = sum(h.single_sighting for h in hotspots)
    why = Phrase(
        "passes_tested" if tested else "passes_tested_nowhere_twice",
        {"passes": len(passes), "cells": tested, "surrogates": number},
    )
    return Decision(name, "hotspots_found", {"recurrent": len(hotspots) - single, "single": single}, why)


def _surrogate_number(passes: Sequence[PassScores], kernel: Floats, settings: FusionSettings) -> int:
    """Fewer surrogates where the map is so large that they would take minutes, never below 99."""
    work = sum(p.cells.size for p in passes) * kernel.sum() * (1 if not any(p.area for p in passes) else 2)
    return int(np.clip(settings.work_limit / max(work, 1), 99, settings.surrogates))


def _read_passes(cube: xr.Dataset, name: str) -> list[_PassCells]:
    """Visited cells of all passes: slices of the table of touched cells."""
    layers = ("count", "sum", "sum_squares", "background_sum", "visited_at")
    places = cells_by_pass(cube, name)
    count, *sums, visited_at = (cube[f"{name}_{layer}"].values for layer in layers)
    columns = [count, *(total / count for total in sums), visited_at]
    return [_PassCells(cells, *(column[rows] for column in columns)) for cells, rows in places]


# --- cells to candidates --------------------------------------------------------------------------------------------


def _recurrent(
    passes: Sequence[PassScores], kernel: Floats, reach: float, number: int, width: int, settings: FusionSettings
) -> tuple[int, list[_Candidate]]:
    """Cells tested, and recurrent candidates: what is found is left out and the rest tested again."""
    level = settings.alpha * settings.recurrence_share
    tested, found = 0, list[_Candidate]()
    for step in range(settings.step_downs + 1):
        test = recurrence_test(passes, width=width, kernel=kernel, reach=reach, number=number, settings=settings)
        if test is None:
            break
        tested = test.cells.size if step == 0 else tested
        new = _join(test, width, level, settings)
        if not new:
            break
        found += new
        taken = _grow(_grow(np.concatenate([c.cells for c in new]), width), width)
        passes = [rest for p in passes if (rest := without_cells(p, taken, settings)) is not None]
    return tested, found


def _sighted(
    sightings: Sequence[tuple[int, CellTest]], found: Sequence[_Candidate], width: int, settings: FusionSettings
) -> list[_Candidate]:
    """Single sightings; one that touches a recurrent hotspot, or one of another pass, belongs to it."""
    level = settings.alpha * settings.sighting_share
    taken = _grow(np.concatenate([c.cells for c in found]) if found else np.empty(0, np.int64), width)
    single = [
        replace(c, recurrent=False, sighted_by=(number,))
        for number, test in sightings
        for c in _join(test, width, level, settings)
    ]
    single = [c for c in single if not np.isin(c.cells, taken).any()]
    return _merge_touching(single, width)


def _join(test: CellTest, width: int, level: float, settings: FusionSettings) -> list[_Candidate]:
    """Connected cells with q below ``level`` whose strongest cell is significant over the whole map."""
    hot = np.flatnonzero(test.q <= level)
    if hot.size == 0 or test.p_map[hot].min() > level:
        return []
    labels = _connected(test.cells[hot], width)
    found = []
    for label in range(int(labels.max()) + 1):
        members = hot[labels == label]
        peak = members[np.argmax(test.statistic[members])]
        if members.size >= settings.minimum_cells and test.p_map[peak] <= level:
            found.append(
                _Candidate(
                    test.cells[members],
                    int(test.cells[peak]),
                    float(test.p_map[peak]),
                    float(test.q[peak]),
                    recurrent=True,
                )
            )
    return found


def _connected(cells: Ints, width: int) -> Ints:
    """Label of the group of each flat cell; cells at most two apart belong together (a drive skips cells)."""
    matrix = neighbour_matrix(cells, cells, np.ones((5, 5)), width)
    return np.asarray(sparse.csgraph.connected_components(matrix, directed=False)[1], np.int64)


def _grow(cells: Ints, width: int) -> Ints:
    """Flat cells and those around them; the end of a row is not beside the start of the next."""
    row, column = np.divmod(cells, width)
    near = [
        ((row + i) * width + column + j)[(column + j >= 0) & (column + j < width)]
        for i in (-1, 0, 1)
        for j in (-1, 0, 1)
    ]
    return np.unique(np.concatenate(near)) if cells.size else cells


def _merge_touching(single: list[_Candidate], width: int) -> list[_Candidate]:
    """Single sightings of different passes that touch are one place seen more than once."""
    merged: list[_Candidate] = []
    for candidate in sorted(single, key=lambda c: c.p_value):
        for k, other in enumerate(merged):
            if np.isin(_grow(candidate.cells, width), other.cells).any():
                cells = np.union1d(other.cells, candidate.cells)
                by = tuple(sorted({*other.sighted_by, *candidate.sighted_by}))
                merged[k] = replace(other, cells=cells, sighted_by=by, recurrent=len(by) > 1)
                break
        else:
            merged.append(candidate)
    return merged


# --- candidates to hotspots -----------------------------------------------------------------------------------------


def _describe(
    candidate: _Candidate,
    cube: xr.Dataset,
    name: str,
    visited: Sequence[_PassCells],
    passes: Sequence[PassScores],
    kernel: Floats,
    geobox: GeoBox,
    settings: FusionSettings,
) -> Hotspot:
    crossed, seen = _passes_at(candidate, visited, passes, kernel, geobox.shape[1], settings)
    if not candidate.recurrent:
        seen = list(candidate.sighted_by)
    use = seen or crossed
    means, weights, background = _values_at(candidate.cells, [visited[k] for k in use])
    labels = cube["pass_label"].values
    u, v = (
        np.nanmean(cube[w].values[use]) if np.isfinite(cube[w].values[use]).any() else np.nan
        for w in ("wind_u", "wind_v")
    )
    direction, speed = wind_from(float(u), float(v), settings.calm_m_s)
    crs = str(geobox.crs)
    easting, northing = cell_centres(np.array([candidate.peak]), geobox)
    lon, lat = unproject(easting, northing, crs)
    attrs = cube[f"{name}_sum"].attrs
    times = [_time_at(candidate.cells, visited[k], cube["pass_start"].values[k]) for k in use]
    return Hotspot(
        id="",
        species=name,
        unit=attrs["units"],
        polygon=cells_to_polygon(candidate.cells, geobox),
        cells=int(candidate.cells.size),
        area_m2=candidate.cells.size * cell_area_m2(geobox),
        enhancement=float(np.average(means, weights=weights)),
        enhancement_sd=float(np.std(means, ddof=1)) if means.size > 1 else float("nan"),
        background=background,
        p_value=candidate.p_value,
        q_value=candidate.q_value,
        passes_seen=len(seen),
        passes_crossed=len(crossed),
        single_sighting=len(seen) < 2,
        first_seen=_utc(min(times)),
        last_seen=_utc(max(times)),
        lon=float(lon[0]),
        lat=float(lat[0]),
        position_error_m=_position_error(candidate.cells, visited, use, geobox, settings),
        wind_from_deg=direction,
        wind_speed=speed,
        trajectories=tuple(dict.fromkeys(str(labels[k]).rpartition("#")[0] for k in use)),
        seen_by=tuple(str(labels[k]) for k in seen),
    )


def _passes_at(
    candidate: _Candidate,
    visited: Sequence[_PassCells],
    passes: Sequence[PassScores],
    kernel: Floats,
    width: int,
    settings: FusionSettings,
) -> tuple[list[int], list[int]]:
    """Numbers of the passes that went through the cells, and of those whose own highest cells lie there.

    High is high among the pass's own windows, and above the robust spread of its cells: a quiet pass sees nothing.
    """
    around = _grow(candidate.cells, width)
    crossed = [k for k, v in enumerate(visited) if np.isin(v.cells, around).any()]
    seen = []
    for p in passes:
        here = np.flatnonzero(np.isin(p.cells, around))
        if here.size == 0:
            continue
        z = gi_star_cells(p.scores, neighbour_matrix(p.cells, p.cells, kernel, width))
        high = np.nanmax(z[here]) >= max(np.nanquantile(z, 1 - settings.seen_share), 1.645)
        mean = visited[p.number].mean
        typical = np.median(mean)
        spread = 1.4826 * np.median(np.abs(mean - typical))
        if high and mean[here].max() >= typical + settings.seen_sigma * spread:
            seen.append(p.number)
    return crossed, seen


def _time_at(cells: Ints, visited: _PassCells, start: np.datetime64) -> np.datetime64:
    """When a pass came to the cells (its start, if it only touched their neighbours)."""
    here = np.isin(visited.cells, cells)
    seconds = float(visited.visited_at[here].min()) if here.any() else 0.0
    return start + np.timedelta64(round(seconds * 1e9), "ns")


def _values_at(cells: Ints, passes: Sequence[_PassCells]) -> tuple[Floats, Floats, float]:
    """Mean enhancement of each cell and pass, number of samples, and the mean background."""
    at = [np.flatnonzero(np.isin(p.cells, cells)) for p in passes]
    means = np.concatenate([p.mean[i] for p, i in zip(passes, at, strict=True)])
    weights = np.concatenate([p.count[i] for p, i in zip(passes, at, strict=True)])
    background = np.concatenate([p.background[i] for p, i in zip(passes, at, strict=True)])
    if means.size == 0:
        return np.array([np.nan]), np.array([1.0]), float("nan")
    return means, weights, float(np.average(background, weights=weights))


def _position_error(
    cells: Ints, visited: Sequence[_PassCells], use: Sequence[int], geobox: GeoBox, settings: FusionSettings
) -> float:
    """Standard error per axis: GNSS, cell size, and how far the peaks of the passes lie from each other."""
    peaks = []
    for k in use:
        at = np.flatnonzero(np.isin(visited[k].cells, cells))
        if at.size:
            peaks.append(visited[k].cells[at[np.argmax(visited[k].mean[at])]])
    variance = settings.gnss_sd_m**2 + cell_area_m2(geobox) / 12
    if len(peaks) > 1:
        easting, northing = cell_centres(np.array(peaks), geobox)
        variance += (easting.var(ddof=1) + northing.var(ddof=1)) / 2 / len(peaks)
    return float(np.sqrt(variance))


def wind_from(u: float, v: float, calm_m_s: float) -> tuple[float | None, float | None]:
    """Direction the wind comes from (degrees, None in calm or without wind) and its speed (None without wind)."""
    if not (np.isfinite(u) and np.isfinite(v)):
        return None, None
    speed = float(np.hypot(u, v))
    if speed < calm_m_s:
        return None, speed
    return float(np.degrees(np.arctan2(-u, -v)) % 360), speed


def cells_to_polygon(cells: Ints, geobox: GeoBox) -> shapely.Polygon | shapely.MultiPolygon:
    """Outline of flat cells in WGS 84, gaps of one cell closed."""
    row, column = np.divmod(cells, geobox.shape[1])
    top, left = row.min() - 2, column.min() - 2
    mask = np.zeros((row.max() - top + 3, column.max() - left + 3), bool)
    mask[row - top, column - left] = True
    closed = ndimage.binary_closing(mask, np.ones((3, 3), bool)) | mask
    r, c = np.nonzero(closed)
    affine = geobox.affine
    left, top = c + left, r + top
    boxes = shapely.box(
        affine.a * left + affine.c,
        affine.e * (top + 1) + affine.f,
        affine.a * (left + 1) + affine.c,
        affine.e * top + affine.f,
    )
    return to_wgs84(shapely.union_all(boxes), str(geobox.crs))


def _utc(time: np.datetime64) -> datetime:
    microseconds = int(time.astype("datetime64[us]").astype(np.int64))
    return datetime.fromtimestamp(microseconds / 1e6, UTC)
