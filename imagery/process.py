"""The imagery job on one screen: photos in, one georeferenced mosaic and a row per photo out."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely
import xarray as xr
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox
from odc.geo.geom import BoundingBox
from pyproj import CRS

from imagery.camera import heading_from_rotation, vector_from_rotation
from imagery.heights import laser_ground, settle_heights
from imagery.mosaic.ortho import View, build_mosaic
from imagery.mosaic.radiometry import Tone, balance_tones
from imagery.mosaic.thermal import judge_units, relative_tones, value_attributes
from imagery.multispectral import assemble_captures, band_names, reflectance_attributes
from imagery.orientation.checks import (
    Verdict,
    judge_headings,
    judge_heights,
    judge_parts,
    judge_pixels,
    judge_positions,
)
from imagery.orientation.control import control_told, mark_points, report_control
from imagery.orientation.overlap import Overlap, estimate_boresight, measure_overlap
from imagery.orientation.refine import Refined, mismatches, refine_stations
from imagery.orientation.stations import footprint, ground_sd, off_nadir_rad, station_from_tags
from imagery.orientation.tiepoints import (
    Features,
    PairMatch,
    decoding_reduction,
    neighbour_pairs,
    reduce_for,
    tie_photos,
)
from imagery.schema import ControlResult, FramePose, Ortho, OrthoQuality, Station
from imagery.settings import ImagerySettings
from imagery.surface import Surface, surface_from_dem, surface_from_plane
from ingest.coordinates import meridian_convergence_rad, to_grid
from ingest.errors import NothingUsable, SettingError
from ingest.images.control import ControlPoint
from ingest.images.thermal import COUNT
from ingest.outcome import Decision, Outcome, Reject
from ingest.schema import Frame

_log = logging.getLogger(__name__)
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class _Flight:
    """Photos that are still in play, in order of time, with where they are and what they share."""

    frames: tuple[Frame, ...]
    centres: Floats
    convergence: Floats
    features: tuple[Features, ...]

    def keep(self, rejects: Sequence[Reject]) -> _Flight:
        gone = {reject.item for reject in rejects}
        rows = [k for k, frame in enumerate(self.frames) if frame.item not in gone]
        features = tuple(self.features[k] for k in rows) if self.features else ()
        return _Flight(tuple(self.frames[k] for k in rows), self.centres[rows], self.convergence[rows], features)


def process_frames(
    frames: Sequence[Frame],
    settings: ImagerySettings,
    *,
    crs: CRS,
    dem: xr.DataArray | None = None,
    control: Sequence[ControlPoint] = (),
) -> Outcome[Ortho]:
    """Turn the photos of a flight into one mosaic that says how far it may be wrong.

    Assumes photos that look more or less down on ground that is flat against the flying height, or a DEM. Every photo
    that is not used is a `Reject` and has a pose that says why; every tag that was overruled is a `Decision`.

    Parameters
    ----------
    frames : sequence of Frame
        In any order.
    settings : ImagerySettings
        ``mode`` is "direct" (poses as tagged) or "refined" (adjusted by what overlapping photos show).
    crs : pyproj.CRS
        Projected grid CRS in metres.
    dem : DataArray, optional
        Ground heights [m] (`surface_from_dem`); without one the ground is the take-off plane or comes from tie
        points.
    control : sequence of ControlPoint
        Surveyed points marked in photos: refined mode is adjusted on them, check points are reported in both modes.

    Raises
    ------
    NothingUsable
        If no photo can be placed on the ground; the message counts the reasons.
    SettingError
        If the mode is unknown, or the mosaic would have more pixels than the settings allow.

    Examples
    --------
    See ``docs/`` and ``onevisit ortho --help``; a mosaic needs photos.
    """
    started = time.perf_counter()
    if settings.mode not in ("direct", "refined"):
        raise SettingError(f'imagery mode {settings.mode!r} is not known; use "direct" or "refined"')
    captured = assemble_captures(frames, settings)
    frames = captured.value
    flight, rejects, decisions = _usable_photos(frames, settings, crs)
    decisions, rejects = [*captured.decisions, *decisions], [*captured.rejects, *rejects]
    takeoff = (float(flight.centres[0, 0]), float(flight.centres[0, 1])) if flight.frames else (math.nan, math.nan)
    settled = settle_heights(flight.frames, crs=crs, takeoff=takeoff, dem=dem, settings=settings)
    flight, decisions = replace(flight, frames=settled.value), [*decisions, *settled.decisions]
    flight, matches, overlap, more, unseen = _tie(flight, settings)
    decisions, rejects = decisions + more, rejects + unseen
    stations, told, ground, more, unplaced = _place(flight, matches, overlap, settings)
    decisions, rejects = decisions + more, rejects + unplaced
    if not stations:
        raise NothingUsable(_nothing(frames, rejects), rejects=rejects)
    ground_found = _surface(stations, ground, settings, crs, dem, takeoff)
    surface, decisions = ground_found.value, [*decisions, *ground_found.decisions]
    refined = None
    if settings.mode == "refined":
        refined, more = _refine(flight, stations, matches, surface, settings, control)
        decisions += more
    if refined is not None:
        stations = list(refined.stations)
        surface = surface if dem is not None else refined.surface
    surveyed, more, unmarked = _control(control, stations, surface, refined)
    decisions, rejects = decisions + more, rejects + unmarked
    poses, views = _poses(frames, stations, told, surface, rejects, crs, settings, refined)
    views = _toned(views, flight, matches, settings)
    geobox = _geobox(views, surface, settings, crs)
    bands = band_names(stations[0].frame)
    mosaic = build_mosaic(views, surface, geobox, settings, bands=bands)
    if "value" in mosaic:
        mosaic["value"].attrs |= value_attributes(stations[0].frame)
    for name, attributes in reflectance_attributes(stations[0].frame).items():
        mosaic[name].attrs |= attributes
    seconds = time.perf_counter() - started
    quality = _quality(poses, told, geobox, settings, seconds, refined, surface)
    _log.info(
        "imagery: %d photos in, %d used, %d rejected, %.1f s", len(frames), len(stations), len(rejects), seconds
    )
    return Outcome(Ortho(mosaic, poses, quality, surface, surveyed), tuple(decisions), tuple(rejects))


def _usable_photos(
    frames: Sequence[Frame], settings: ImagerySettings, crs: CRS
) -> tuple[_Flight, list[Reject], list[Decision]]:
    """Photos of one kind, with a position and a camera, in order of time."""
    if not frames:
        raise NothingUsable("no photos: expected JPEG or TIFF files with GPS tags in images/")
    kinds = [f.kind for f in frames for _ in range(len(band_names(f)) if f.kind == "multispectral" else 1)]
    kind = max(sorted(set(kinds), key=lambda k: k != "rgb"), key=kinds.count)
    rejects = [
        Reject(f.item, "kind", f"{f.kind} photo among {kind} photos; give it a folder of its own")
        for f in frames
        if f.kind != kind
    ]
    rejects += [
        Reject(
            f.item,
            "camera",
            "no focal length: not in the tags, the camera is not in the table; add it to mission.toml",
        )
        for f in frames
        if f.kind == kind and not f.camera.focal_px > 0
    ]
    rejects += judge_units([f for f in frames if f.kind == kind])
    gone = {r.item for r in rejects}
    kept = sorted((f for f in frames if f.item not in gone), key=lambda f: (f.time is None, f.time or 0, f.item))
    lon, lat = np.array([f.pose.lon for f in kept]), np.array([f.pose.lat for f in kept])
    x, y = to_grid(lon, lat, crs)
    centres = np.stack([x, y], axis=1)
    rejects += judge_positions(kept, centres, settings)
    convergence = meridian_convergence_rad(lon, lat, crs) if len(kept) else np.empty(0)
    flight = _Flight(tuple(kept), centres, np.atleast_1d(convergence), ()).keep(rejects)
    return flight, rejects, []


def _tie(
    flight: _Flight, settings: ImagerySettings
) -> tuple[_Flight, list[PairMatch], Overlap, list[Decision], list[Reject]]:
    """Read every photo once, leave out those that show nothing, match neighbours, measure headings and scales."""
    coarse = settings.mode == "direct"
    kept = _kept_reduction(flight.frames, settings) if coarse else 0
    pairs = neighbour_pairs(flight.centres, settings, reach_m=_reach(flight))
    scale = _feature_scale(flight, settings)
    features, matches = tie_photos(flight.frames, pairs, settings, coarse=coarse, scale_px=scale, kept=kept)
    rejects = judge_pixels(flight.frames, features, settings)
    gone = {reject.item for reject in rejects}
    number = np.cumsum([frame.item not in gone for frame in flight.frames]) - 1
    matches = [
        replace(m, first=int(number[m.first]), second=int(number[m.second]))
        for m in matches
        if flight.frames[m.first].item not in gone and flight.frames[m.second].item not in gone
    ]
    flight = replace(flight, features=tuple(features)).keep(rejects)
    overlap = measure_overlap(flight.frames, flight.centres, matches, settings)
    return flight, matches, overlap, judge_parts(flight.frames, flight.centres, matches, settings), rejects


def _kept_reduction(frames: Sequence[Frame], settings: ImagerySettings) -> int:
    """Reduction at which the mosaic will want the photos if all of them fit into memory at that, else 0.

    Only for coarse features: finer ones are sought in what the JPEG decoder scales, which costs little beside them.
    """
    own = [
        f.pose.height_above_takeoff_m / f.camera.focal_px
        for f in frames
        if f.pose.height_above_takeoff_m is not None and f.pose.height_above_takeoff_m > 0
    ]
    if not own:
        return 0
    gsd = settings.gsd_m if settings.gsd_m > 0 else float(np.median(own))
    reduce = decoding_reduction(float(np.median(own)), gsd)
    size = sum(3 * f.camera.width_px * f.camera.height_px for f in frames) / reduce**2
    return reduce if size <= 0.9e6 * settings.cache_mb else 0


def _reach(flight: _Flight) -> float:
    """Largest distance of stations whose photos can overlap: a footprint's diagonal, or 300 m without heights."""
    spans = [
        f.pose.height_above_takeoff_m / f.camera.focal_px * math.hypot(f.camera.width_px, f.camera.height_px)
        for f in flight.frames
        if f.pose.height_above_takeoff_m is not None and f.pose.height_above_takeoff_m > 0
    ]
    return float(np.median(spans)) if spans else 300.0


def _place(
    flight: _Flight, matches: Sequence[PairMatch], overlap: Overlap, settings: ImagerySettings
) -> tuple[list[Station], dict[str, Verdict], tuple[float, float], list[Decision], list[Reject]]:
    """Settle heading and height of every photo, and make stations of those that have both."""
    if not flight.frames:
        return [], {}, (0.0, settings.ground_sd_m), [], []
    verdicts, decisions = judge_headings(flight.frames, flight.convergence, flight.centres, overlap, settings)
    heights, ground, ground_sd_m, more, rejects = judge_heights(flight.frames, overlap, settings)
    decisions += more
    boresight, more = _boresight(flight, verdicts, heights - ground, matches, settings)
    decisions += more
    gone = {reject.item for reject in rejects}
    stations = []
    for k, (frame, verdict) in enumerate(zip(flight.frames, verdicts, strict=True)):
        if frame.item in gone:
            continue
        if math.isnan(verdict.heading_rad):
            reason = "no heading: no yaw tag, and no overlap with neighbours that would tell it"
            rejects.append(Reject(frame.item, "yaw", reason))
            continue
        centre = np.array([*flight.centres[k], heights[k]])
        convergence = float(flight.convergence[k])
        station = station_from_tags(frame, centre, convergence, verdict, settings, boresight=boresight)
        if off_nadir_rad(station) > settings.max_off_nadir_rad:
            degrees = math.degrees(off_nadir_rad(station))
            most = math.degrees(settings.max_off_nadir_rad)
            reason = f"looks {degrees:.0f}° away from straight down; a mosaic takes up to {most:.0f}°"
            rejects.append(Reject(frame.item, "pitch", reason))
            continue
        stations.append(station)
    told = {f.item: v for f, v in zip(flight.frames, verdicts, strict=True)}
    return stations, told, (ground, ground_sd_m), decisions, rejects


def _boresight(
    flight: _Flight,
    verdicts: Sequence[Verdict],
    heights: Floats,
    matches: Sequence[PairMatch],
    settings: ImagerySettings,
) -> tuple[Floats, list[Decision]]:
    """Where the camera looks beyond what its tags say, told when it is three times its standard error."""
    headings = np.array([v.heading_rad for v in verdicts])
    turns = np.array([v.turn_rad for v in verdicts])
    angle, sd = estimate_boresight(flight.frames, flight.centres, heights, headings, turns, matches, settings)
    if not (np.abs(angle) > 3 * sd).any():
        return np.zeros(2), []
    right, down = np.degrees(angle)
    decision = f"camera looks {right:+.1f}° to the right and {down:+.1f}° to the bottom of its image beyond its tags"
    errors = f"standard errors {np.degrees(sd[0]):.1f}°, {np.degrees(sd[1]):.1f}°"
    evidence = f"baselines in {len(matches)} overlaps against GPS, {errors}"
    return angle, [Decision(f"flight of {flight.frames[0].item}", decision, evidence)]


def _refine(
    flight: _Flight,
    stations: Sequence[Station],
    matches: Sequence[PairMatch],
    surface: Surface,
    settings: ImagerySettings,
    control: Sequence[ControlPoint],
) -> tuple[Refined | None, list[Decision]]:
    """Adjust the placed photos on their tie points, and say what was found and who could not be tied."""
    row = {station.frame.item: k for k, station in enumerate(stations)}
    number = [row.get(frame.item, -1) for frame in flight.frames]
    features = [f for f, k in zip(flight.features, number, strict=True) if k >= 0]
    renumbered = [
        replace(m, first=number[m.first], second=number[m.second])
        for m in matches
        if min(number[m.first], number[m.second]) >= 0
    ]
    scale = _feature_scale(flight, settings)
    refined = refine_stations(stations, features, renumbered, surface, settings, scale_px=scale, control=control)
    name = f"flight of {flight.frames[0].item}"
    if refined is None:
        evidence = f"{len(matches)} pairs of neighbours match in {settings.min_matches} points or more"
        return None, [Decision(name, "no tie points: every photo stays on its tags (direct mode)", evidence)]
    decisions = [_adjustment_told(name, stations, refined)]
    decisions += [
        Decision(s.frame.item, "not tied to its neighbours: placed by its tags alone", "too few tie points")
        for s, tied in zip(stations, refined.tied, strict=True)
        if not tied
    ]
    return refined, decisions


def _control(
    control: Sequence[ControlPoint], stations: Sequence[Station], surface: Surface, refined: Refined | None
) -> tuple[tuple[ControlResult, ...], list[Decision], list[Reject]]:
    """What surveyed points say; where nothing was adjusted all of them are check points."""
    if not control:
        return (), [], []
    if refined is not None:
        item, datum = "ground control", refined.adjusted.datum
        return refined.control, control_told(item, refined.control, datum), list(refined.refused)
    marked, rejects = mark_points(control, stations)
    results = report_control(marked, (), (), stations, surface, np.zeros(3))
    return results, control_told("ground control", results, np.zeros(3)), rejects


def _adjustment_told(name: str, stations: Sequence[Station], refined: Refined) -> Decision:
    before = next(s.camera for s, tied in zip(stations, refined.tied, strict=True) if tied)
    after = refined.adjusted.stations[0].camera
    tilt = [
        math.degrees(float(np.linalg.norm(vector_from_rotation(b.rotation @ a.rotation.T))))
        for a, b, tied in zip(stations, refined.stations, refined.tied, strict=True)
        if tied
    ]
    bore = ", ".join(f"{math.degrees(v):+.1f}°" for v in refined.adjusted.boresight[0])
    return Decision(
        name,
        f"orientation of {int(refined.tied.sum())} photos adjusted on {refined.adjusted.ties.count} tie points",
        f"focal length {before.focal_px:.0f} → {after.focal_px:.0f} px, k1 {after.distortion[0]:+.4f}, "
        f"boresight {bore} (about image right, down, forward), attitudes turned by {np.median(tilt):.1f}° (median)",
    )


def _feature_scale(flight: _Flight, settings: ImagerySettings) -> int:
    """Full pixels in one pixel of the photos in which features were sought."""
    wanted = settings.coarse_px if settings.mode == "direct" else settings.feature_px
    sides = [max(f.camera.width_px, f.camera.height_px) for f in flight.frames]
    return max((reduce_for(side, wanted) for side in sides), default=1)


def _surface(
    stations: Sequence[Station],
    ground: tuple[float, float],
    settings: ImagerySettings,
    crs: CRS,
    dem: xr.DataArray | None,
    takeoff: tuple[float, float],
) -> Outcome[Surface]:
    """The DEM where there is one, else laser ranges, else the plane; tie points come later."""
    plane = surface_from_plane(*ground)
    if dem is None:
        return laser_ground(stations, plane, settings)
    bounds = shapely.unary_union([footprint(s, plane, settings) for s in stations]).buffer(50.0).bounds
    return Outcome(surface_from_dem(dem, crs=crs, bounds=bounds, takeoff=takeoff, sd_m=settings.height_relative_sd_m))


def _poses(
    frames: Sequence[Frame],
    stations: Sequence[Station],
    told: dict[str, Verdict],
    surface: Surface,
    rejects: Sequence[Reject],
    crs: CRS,
    settings: ImagerySettings,
    refined: Refined | None,
) -> tuple[tuple[FramePose, ...], list[View]]:
    """A row per photo in the order given, and what the mosaic needs of those that are used."""
    reasons = {reject.item: str(reject.why) for reject in rejects}
    placed = {station.frame.item: (k, station) for k, station in enumerate(stations)}
    poses: list[FramePose] = []
    views: list[View] = []
    for index, frame in enumerate(frames):
        if frame.item not in placed:
            poses.append(_unused(frame, reasons.get(frame.item, "not placed"), crs))
            continue
        k, station = placed[frame.item]
        outline = footprint(station, surface, settings)
        ties = 0 if refined is None else int(refined.observations[k])
        error = math.nan if refined is None else float(refined.error_px[k])
        reason = told[frame.item].decision or "used"
        pose = _used(station, outline, surface, crs)
        poses.append(replace(pose, reason=reason, ties=ties, reprojection_error_px=error))
        views.append(View(index, station, outline, Tone()))
    return tuple(poses), views


def _toned(
    views: Sequence[View], flight: _Flight, matches: Sequence[PairMatch], settings: ImagerySettings
) -> list[View]:
    """Views with the exposure that makes overlaps agree: gains for colour, offsets for temperature."""
    additive = flight.frames[0].kind == "thermal"
    if flight.frames[0].kind == "multispectral":
        return list(views)  # exposure and light are in the reflectance already
    cameras = [frame.camera for frame in flight.frames]
    tones = balance_tones(flight.features, cameras, matches, settings, additive=additive)
    if flight.frames[0].tags.get("ThermalUnit") == COUNT:
        tones = relative_tones(tones, flight.features)
    by_item: dict[str, Tone] = {frame.item: tone for frame, tone in zip(flight.frames, tones, strict=True)}
    return [replace(view, tone=by_item[view.station.frame.item]) for view in views]


def _unused(frame: Frame, reason: str, crs: CRS) -> FramePose:
    x, y = to_grid(frame.pose.lon, frame.pose.lat, crs)
    nan = math.nan
    return FramePose(frame.item, False, reason, float(x), float(y), nan, nan, nan, shapely.Polygon())


def _used(station: Station, outline: shapely.Polygon, surface: Surface, crs: CRS) -> FramePose:
    pose = station.frame.pose
    convergence = float(meridian_convergence_rad(pose.lon, pose.lat, crs))
    x, y, height = (float(v) for v in station.centre)
    heading = heading_from_rotation(station.rotation) + convergence
    return FramePose(
        station.frame.item, True, "used", x, y, height, heading, ground_sd(station, surface), outline,
        station.camera, station.rotation, station.covariance,
    )  # fmt: skip


def _geobox(views: Sequence[View], surface: Surface, settings: ImagerySettings, crs: CRS) -> GeoBox:
    """Grid over all footprints, snapped to whole pixels, at the asked or the photos' median resolution."""
    gsd = settings.gsd_m
    if gsd <= 0:
        level = float(np.median(surface.heights))
        own = float(np.median([(v.station.centre[2] - level) / v.station.camera.focal_px for v in views]))
        gsd = float(f"{own:.2g}")
    bounds = shapely.unary_union([v.footprint for v in views]).bounds
    pixels = (bounds[2] - bounds[0]) * (bounds[3] - bounds[1]) / gsd**2
    if pixels > settings.max_pixels:
        raise SettingError(
            f"the mosaic would have {pixels:.3g} pixels at {gsd:g} m (allowed {settings.max_pixels:.3g}); "
            "give a larger gsd_m"
        )
    return GeoBox.from_bbox(BoundingBox(*bounds, crs=crs.to_wkt()), resolution=gsd, anchor="edge")


def _quality(
    poses: Sequence[FramePose],
    told: dict[str, Verdict],
    geobox: GeoBox,
    settings: ImagerySettings,
    seconds: float,
    refined: Refined | None,
    surface: Surface,
) -> OrthoQuality:
    used = [p for p in poses if p.used]
    block = None if refined is None else refined.adjusted
    off = np.array([math.nan]) if block is None else mismatches(block.stations, block.ties, surface)
    return OrthoQuality(
        mode=settings.mode,
        photos=len(poses),
        used=len(used),
        corrected=sum(told[p.item].corrected for p in used),
        tied=sum(p.ties > 0 for p in used),
        tie_points=0 if block is None else block.ties.count,
        reprojection_error_px=math.nan if block is None else float(np.sqrt(np.mean(block.residuals**2) * 2)),
        mismatch_m=float(np.median(off)),
        mismatch_p90_m=float(np.quantile(off, 0.9)),
        position_error_m=float(np.median([p.position_error_m for p in used])),
        gsd_m=float(abs(geobox.resolution.x)),
        focal_px=float(np.median([p.camera.focal_px for p in used if p.camera is not None])),
        seconds=seconds,
    )


def _nothing(frames: Sequence[Frame], rejects: Sequence[Reject]) -> str:
    """Why nothing is left: the commonest reasons with their counts."""
    reasons = [str(reject.why) for reject in rejects]
    common = sorted(set(reasons), key=reasons.count, reverse=True)[:3]
    return f"none of {len(frames)} photos can be placed: " + "; ".join(f"{reasons.count(r)} × {r}" for r in common)
