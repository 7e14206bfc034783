"""Ground control in the adjustment, and what control and check points say about the mosaic afterwards."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath

import numpy as np
from numpy.typing import NDArray

from imagery.camera import normalise, pixels_from_corner
from imagery.orientation.adjust import Adjusted, Control
from imagery.orientation.ties import TiePoints
from imagery.schema import ControlResult, Station
from imagery.settings import ImagerySettings
from imagery.surface import Surface, meet_ground
from ingest.images.control import ControlPoint
from ingest.outcome import Decision, Notes, Outcome, Reject

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class MarkedPoint:
    """A surveyed point with the stations (k,) that see it and its pixels there (k, 2) in OpenCV's convention."""

    point: ControlPoint
    rows: NDArray[np.intp]
    pixels: Floats


def mark_points(points: Sequence[ControlPoint], stations: Sequence[Station]) -> Outcome[list[MarkedPoint]]:
    """Find the photos of the marks; a point without a mark in a photo that is used cannot serve, and is told."""
    by_item = {s.frame.item: k for k, s in enumerate(stations)}
    by_name = {PurePath(item).name.lower(): k for item, k in by_item.items()}
    marked, notes = [], Notes()
    for point in points:
        found = [(by_item.get(m.photo, by_name.get(PurePath(m.photo).name.lower())), m) for m in point.marks]
        kept = [(k, m) for k, m in found if k is not None and _inside(stations[k], m.column_px, m.row_px)]
        if not kept:
            photos = tuple(sorted({m.photo for m in point.marks})[:3])
            notes.reject(
                point.name,
                "ground control",
                "control_point_not_in_a_used_photo",
                {"marks": len(point.marks), "photos": photos},
            )
            continue
        corner = np.array([[m.column_px, m.row_px] for _, m in kept])
        rows = np.array([k for k, _ in kept], np.intp)
        marked.append(MarkedPoint(point, rows, pixels_from_corner(corner)))
    return notes.outcome(marked)


def _inside(station: Station, column: float, row: float) -> bool:
    return 0 <= column <= station.camera.width_px and 0 <= row <= station.camera.height_px


def intersect(stations: Sequence[Station], marked: MarkedPoint, surface: Surface) -> Floats:
    """Where the rays of a point's marks meet (3,): least squares of distances, the ground where they hardly cross.

    The ground enters as one more observation of the height with its standard deviation, so that a point marked once
    lies where its ray meets the ground.
    """
    origin = stations[int(marked.rows[0])].centre
    normal, right, ground = np.zeros((3, 3)), np.zeros(3), []
    for k, pixel in zip(marked.rows, marked.pixels, strict=True):
        station = stations[int(k)]
        xy = normalise(station.camera, pixel[None])
        ray = np.column_stack([xy, np.ones(1)]) @ station.rotation
        ground.append(meet_ground(station.centre, ray, surface)[0])
        unit = ray[0] / np.linalg.norm(ray[0])
        across = np.eye(3) - np.outer(unit, unit)
        normal += across
        right += across @ (station.centre - origin)
    level = np.nanmean([g[2] for g in ground]) - origin[2]
    loose = 1e-4
    normal[2, 2] += loose
    right[2] += loose * level
    return np.asarray(np.linalg.solve(normal, right) + origin)


def control_of(
    marked: Sequence[MarkedPoint], stations: Sequence[Station], surface: Surface, settings: ImagerySettings
) -> Outcome[tuple[list[MarkedPoint], Floats]]:
    """Which points may be adjusted on, and the first guess of the datum (`Control.start`).

    A point that lies elsewhere than its neighbours say, or all of them if they lie too far from the photos, was
    typed, marked or projected wrongly.
    """
    usable = [m for m in marked if not m.point.check and len(m.rows) >= 2]
    single = [m for m in marked if not m.point.check and len(m.rows) < 2]
    notes = Notes((), [Reject(m.point.name, "ground control", "control_point_marked_once") for m in single])
    if not usable:
        return notes.outcome(([], np.zeros(3)))
    surveyed = np.array([[m.point.easting_m, m.point.northing_m, m.point.height_m] for m in usable])
    off = surveyed - np.array([intersect(stations, m, surface) for m in usable])
    middle = np.median(off[:, :2], axis=0)
    if (all_off := float(np.hypot(*middle))) > settings.control_gross_m:
        for m in usable:
            notes.reject(
                m.point.name,
                "ground control",
                "control_points_all_off",
                {"off_m": all_off, "allowed_m": settings.control_gross_m},
            )
        return notes.outcome(([], np.zeros(3)))
    away = np.linalg.norm(off[:, :2] - middle, axis=1)
    limit = settings.control_outlier_m + 5 * 1.4826 * float(np.median(away))
    good = away <= limit if len(usable) > 2 else np.ones(len(usable), bool)
    for m, ok, distance in zip(usable, good, away, strict=True):
        if not ok:
            notes.reject(
                m.point.name,
                "ground control",
                "control_point_off",
                {"off_m": float(distance), "allowed_m": limit},
            )
    heights = off[good, 2][np.isfinite(off[good, 2])]
    start = np.array([*-np.median(off[good, :2], axis=0), float(np.median(heights)) if len(heights) else 0.0])
    return notes.outcome(([m for m, ok in zip(usable, good, strict=True) if ok], start))


def with_control(
    ties: TiePoints, points: Floats, marked: Sequence[MarkedPoint], start: Floats, settings: ImagerySettings
) -> tuple[TiePoints, Floats, Control]:
    """Tie points with the control points behind them, their first places, and the control for the adjustment."""
    number = (ties.count + np.arange(len(marked))).astype(np.intp)
    photo = np.concatenate([ties.photo, *[m.rows for m in marked]]).astype(np.intp)
    point = np.concatenate([ties.point, *[np.full(len(m.rows), n) for n, m in zip(number, marked, strict=True)]])
    pixels = np.concatenate([ties.pixels, *[m.pixels for m in marked]])
    places = np.array([[m.point.easting_m, m.point.northing_m, m.point.height_m] for m in marked])
    sd = np.where(np.isfinite(places), settings.control_sd_m, math.inf)
    height = np.where(np.isfinite(places[:, 2]), places[:, 2] - start[2], float(np.median(points[:, 2])))
    # `adjust_block` takes the shift of the tags off all first places: control is where it was surveyed.
    first = np.column_stack([places[:, :2] + start[:2], height])
    joined = TiePoints(photo, point.astype(np.intp), pixels, ties.count + len(marked))
    rows = np.arange(len(marked))
    return joined, np.concatenate([points, first]), Control(rows, number, np.nan_to_num(places), sd, start)


def shift_untied(stations: Sequence[Station], tied: NDArray[np.bool_], adjusted: Adjusted) -> list[Station]:
    """Photos that tie points do not reach share the error of the tagged positions that control has told."""
    moved = np.array([*adjusted.datum[:2], 0.0])
    return [s if t else replace(s, centre=s.centre - moved) for s, t in zip(stations, tied, strict=True)]


def report_control(
    marked: Sequence[MarkedPoint],
    used: Collection[str],
    rejects: Sequence[Reject],
    stations: Sequence[Station],
    surface: Surface,
    datum: Floats,
) -> tuple[ControlResult, ...]:
    """Found less surveyed, at control and check points alike; heights only where control has told their datum."""
    refused = {reject.item for reject in rejects}
    results = []
    for m in marked:
        role = "control" if m.point.name in used else "check"
        role = "rejected" if m.point.name in refused and role == "check" else role
        found = intersect(stations, m, surface)
        height = found[2] + datum[2] - m.point.height_m if used and len(m.rows) > 1 else math.nan
        east, north = found[0] - m.point.easting_m, found[1] - m.point.northing_m
        results.append(ControlResult(m.point.name, role, len(m.rows), float(east), float(north), float(height)))
    return tuple(results)


def control_told(item: str, results: Sequence[ControlResult], datum: Floats) -> list[Decision]:
    """What control has changed, and how right check points say the mosaic is."""
    decisions = []
    control = [r for r in results if r.role == "control"]
    if control:
        east_m, north_m = (-float(v) for v in datum[:2])
        decisions.append(Decision(
            item, "positions_moved_onto_control",
            {"east_m": east_m, "north_m": north_m, "points": len(control), "left_m": rms(control)},
        ))  # fmt: skip
    check = [r for r in results if r.role == "check"]
    if check:
        worst = max(check, key=lambda r: math.hypot(r.east_m, r.north_m))
        decisions.append(Decision(
            item, "check_points_compared",
            {
                "points": len(check), "off_m": rms(check),
                "worst": worst.name, "east_m": worst.east_m, "north_m": worst.north_m,
            },
        ))  # fmt: skip
    return decisions


def rms(results: Sequence[ControlResult]) -> float:
    """Root mean square of horizontal distances [m], NaN without any."""
    if not results:
        return math.nan
    return math.sqrt(sum(r.east_m**2 + r.north_m**2 for r in results) / len(results))
