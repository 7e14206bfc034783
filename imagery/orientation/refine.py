"""Refined mode: tie points, bundle adjustment and relief, from stations that only tags have placed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imagery.camera import normalise
from imagery.orientation.adjust import Adjusted, adjust_block
from imagery.orientation.control import control_of, mark_points, report_control, shift_untied, with_control
from imagery.orientation.tiepoints import Features, PairMatch
from imagery.orientation.ties import TiePoints, join_matches, thin_ties
from imagery.schema import ControlResult, Station
from imagery.settings import ImagerySettings
from imagery.surface import Surface, meet_ground, surface_from_plane, surface_from_points
from ingest.images.control import ControlPoint
from ingest.outcome import Notes, Reject

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Refined:
    """All stations (those that could not be tied as they were), the adjusted block, its relief, numbers per photo.

    ``tied`` (n,) tells which were adjusted; ``observations`` (n,) counts their tie points, ``error_px`` (n,) is the
    root mean square of their residuals in full pixels. ``control`` reports on surveyed points, ``refused`` are those
    that could not be adjusted on.
    """

    stations: tuple[Station, ...]
    adjusted: Adjusted
    surface: Surface
    tied: NDArray[np.bool_]
    observations: NDArray[np.intp]
    error_px: Floats
    control: tuple[ControlResult, ...] = ()
    refused: tuple[Reject, ...] = ()


def refine_stations(
    stations: Sequence[Station],
    features: Sequence[Features],
    matches: Sequence[PairMatch],
    ground: Surface,
    settings: ImagerySettings,
    *,
    scale_px: float,
    control: Sequence[ControlPoint] = (),
) -> Refined | None:
    """Adjust the stations on their tie points; None where there is nothing to adjust on.

    Parameters
    ----------
    features, matches
        Of the same photos in the same order.
    ground : Surface
        Where tie points are sought to begin with.
    scale_px : float
        Full pixels in a pixel of the photos in which the features were found.
    control : sequence of ControlPoint
        Surveyed points; the block is adjusted without them first, which shows those that are wrong.
    """
    ties = thin_ties(join_matches(features, matches), [s.camera for s in stations], per_cell=settings.ties_per_cell)
    ties, rows = _well_tied(ties, len(stations), settings)
    if len(rows) < 2:
        return None
    chosen = [stations[k] for k in rows]
    points = _first_points(chosen, ties, ground)
    sd_px = settings.tie_sd_px * scale_px
    adjusted = adjust_block(chosen, ties, points, settings, sd_px=sd_px)
    told: tuple[ControlResult, ...] = ()
    refused: tuple[Reject, ...] = ()
    if control:
        adjusted, told, refused = _onto_control(adjusted, chosen, ties, points, control, settings, sd_px)
    result = list(stations)
    for k, station in zip(rows, adjusted.stations, strict=True):
        result[k] = station
    tied = np.zeros(len(stations), bool)
    tied[rows] = True
    observations, error = np.zeros(len(stations), np.intp), np.full(len(stations), np.nan)
    count = np.bincount(adjusted.ties.photo, minlength=len(rows))
    square = np.bincount(adjusted.ties.photo, np.sum(adjusted.residuals**2, axis=1), minlength=len(rows))
    observations[rows], error[rows] = count, np.sqrt(square / np.maximum(count, 1))
    surface = _relief(adjusted, settings)
    everyone = tuple(shift_untied(result, tied, adjusted))
    return Refined(everyone, adjusted, surface, tied, observations, error, told, refused)


def _onto_control(
    adjusted: Adjusted,
    stations: Sequence[Station],
    ties: TiePoints,
    points: Floats,
    control: Sequence[ControlPoint],
    settings: ImagerySettings,
    sd_px: float,
) -> tuple[Adjusted, tuple[ControlResult, ...], tuple[Reject, ...]]:
    """Adjust again with the surveyed points that agree with one another, and report on all of them."""
    notes = Notes()
    marked = notes.take(mark_points(control, adjusted.stations))
    used, start = notes.take(control_of(marked, adjusted.stations, _relief(adjusted, settings), settings))
    kept: set[str] = set()
    if used:
        joined, first, known = with_control(ties, points, used, start, settings)
        adjusted = adjust_block(stations, joined, first, settings, sd_px=sd_px, control=known)
        left = adjusted.control.row if adjusted.control is not None else np.empty(0, np.intp)
        kept = {used[int(k)].point.name for k in left}
        for name in (m.point.name for m in used if m.point.name not in kept):
            notes.reject(name, "ground control", "control_point_marks_contradict")
    surface = _relief(adjusted, settings)
    told = report_control(marked, kept, notes.rejects, adjusted.stations, surface, adjusted.datum)
    return adjusted, told, tuple(notes.rejects)


def _well_tied(ties: TiePoints, photos: int, settings: ImagerySettings) -> tuple[TiePoints, NDArray[np.intp]]:
    """Photos with enough tie points, numbered anew; taking one out may leave another with too few."""
    rows = np.arange(photos)
    while True:
        enough = np.bincount(ties.photo, minlength=len(rows)) >= settings.min_matches
        if enough.all() or not len(rows):
            return ties, rows
        renumber = np.cumsum(enough) - 1
        kept = ties.select(enough[ties.photo])
        ties = TiePoints(renumber[kept.photo].astype(np.intp), kept.point, kept.pixels, kept.count)
        rows = rows[enough]


def ground_points(stations: Sequence[Station], ties: TiePoints, ground: Surface) -> Floats:
    """Where each observation's ray meets the ground, shape (n, 3)."""
    result = np.empty((len(ties.photo), 3))
    for k, station in enumerate(stations):
        mine = ties.photo == k
        xy = normalise(station.camera, ties.pixels[mine])
        rays = np.column_stack([xy, np.ones(len(xy))]) @ station.rotation
        result[mine] = meet_ground(station.centre, rays, ground)
    return result


def _first_points(stations: Sequence[Station], ties: TiePoints, ground: Surface) -> Floats:
    """Starting positions: the mean of where the rays of a tie point meet the ground."""
    each = ground_points(stations, ties, ground)
    each[~np.isfinite(each).all(axis=1)] = np.nanmean(each, axis=0)
    count = np.bincount(ties.point, minlength=ties.count)
    means = [np.bincount(ties.point, each[:, axis], minlength=ties.count) / count for axis in range(3)]
    return np.stack(means, axis=1)


def mismatches(stations: Sequence[Station], ties: TiePoints, ground: Surface) -> Floats:
    """Distances [m] on the ground between where two photos put the same tie point: each pair next in its chain."""
    each = ground_points(stations, ties, ground)
    order = np.lexsort((ties.photo, ties.point))
    point, place = ties.point[order], each[order]
    same = point[1:] == point[:-1]
    result: Floats = np.linalg.norm((place[1:] - place[:-1])[same][:, :2], axis=1)
    return result[np.isfinite(result)]


def _relief(adjusted: Adjusted, settings: ImagerySettings) -> Surface:
    """Relief of the points whose rays meet well; a level plane where those are too few to cover the ground."""
    height = float(np.median([s.centre[2] for s in adjusted.stations]) - np.median(adjusted.points[:, 2]))
    firm = adjusted.points[adjusted.height_sd <= settings.relief_sd_ratio * height]
    if len(firm) < settings.min_matches:
        level = float(np.median(adjusted.points[:, 2]))
        return surface_from_plane(level, settings.ground_sd_m)
    order = np.lexsort((firm[:, 0].round(-1), firm[:, 1].round(-1)))
    # What smooth relief leaves out: the step between points next to each other.
    sd = float(np.median(np.abs(np.diff(firm[order, 2]))))
    return surface_from_points(firm, cell_m=settings.surface_cell_m, sd_m=sd)
