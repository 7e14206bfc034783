"""The imagery job on one screen: photos in, one georeferenced mosaic and a row per photo out."""

from __future__ import annotations

import logging
import math
import time
from collections import Counter
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
from imagery.phrases import kind_of_photos, one_by_one
from imagery.schema import ControlResult, FramePose, Ortho, OrthoQuality, Station
from imagery.settings import ImagerySettings
from imagery.surface import Surface, surface_from_dem, surface_from_plane
from ingest.coordinates import meridian_convergence_rad, to_grid
from ingest.errors import NothingUsable, SettingError
from ingest.images.control import ControlPoint
from ingest.images.thermal import COUNT
from ingest.outcome import Decision, Notes, Outcome, Phrase, Reject
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
    notes = Notes()
    captured = assemble_captures(frames, settings)
    frames = captured.value
    notes.keep(*captured.decisions, *captured.rejects)
    flight = notes.take(_usable_photos(frames, settings, crs))
    takeoff = (float(flight.centres[0, 0]), float(flight.centres[0, 1])) if flight.frames else (math.nan, math.nan)
    settled = settle_heights(flight.frames, crs=crs, takeoff=takeoff, dem=dem, settings=settings)
    flight = replace(flight, frames=notes.take(settled))
    flight, matches, overlap = notes.take(_tie(flight, settings))
    stations, told, ground = notes.take(_place(flight, matches, overlap, settings))
    if not stations:
        raise NothingUsable(_nothing(frames, notes.rejects), rejects=notes.rejects)
    surface = notes.take(_surface(stations, ground, settings, crs, dem, takeoff))
    refined = None
    if settings.mode == "refined":
        refined = notes.take(_refine(flight, stations, matches, surface, settings, control))
    if refined is not None:
        stations = list(refined.stations)
        surface = surface if dem is not None else refined.surface
    surveyed = notes.take(_control(control, stations, surface, refined))
    poses, views = _poses(frames, stations, told, surface, notes.rejects, crs, settings, refined)
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
    done = {"photos": len(frames), "used": len(stations), "rejected": len(notes.rejects), "seconds": seconds}
    _log.info(Phrase("log_imagery", done))
    return notes.outcome(Ortho(mosaic, poses, quality, surface, surveyed))


def _usable_photos(frames: Sequence[Frame], settings: ImagerySettings, crs: CRS) -> Outcome[_Flight]:
    """Photos of one kind, with a position and a camera, in order of time."""
    if not frames:
        raise NothingUsable(Phrase("flight_without_photos"))
    kinds = [f.kind for f in frames for _ in range(len(band_names(f)) if f.kind == "multispectral" else 1)]
    kind = max(sorted(set(kinds), key=lambda k: k != "rgb"), key=kinds.count)
    notes = Notes()
    for frame in (f for f in frames if f.kind != kind):
        both = {"kind": kind_of_photos(frame.kind), "usual": kind_of_photos(kind)}
        notes.reject(frame.item, "kind", "photo_of_another_kind", both)
    for frame in (f for f in frames if f.kind == kind and not f.camera.focal_px > 0):
        notes.reject(frame.item, "camera", "photo_without_focal_length")
    notes.keep(*judge_units([f for f in frames if f.kind == kind]))
    gone = {r.item for r in notes.rejects}
    kept = sorted((f for f in frames if f.item not in gone), key=lambda f: (f.time is None, f.time or 0, f.item))
    lon, lat = np.array([f.pose.lon for f in kept]), np.array([f.pose.lat for f in kept])
    x, y = to_grid(lon, lat, crs)
    centres = np.stack([x, y], axis=1)
    notes.keep(*judge_positions(kept, centres, settings))
    convergence = meridian_convergence_rad(lon, lat, crs) if len(kept) else np.empty(0)
    return notes.outcome(_Flight(tuple(kept), centres, np.atleast_1d(convergence), ()).keep(notes.rejects))


def _tie(flight: _Flight, settings: ImagerySettings) -> Outcome[tuple[_Flight, list[PairMatch], Overlap]]:
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
    parts = judge_parts(flight.frames, flight.centres, matches, settings)
    return Outcome((flight, matches, overlap), tuple(parts), tuple(rejects))


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
) -> Outcome[tuple[list[Station], dict[str, Verdict], tuple[float, float]]]:
    """Settle heading and height of every photo, and make stations of those that have both."""
    if not flight.frames:
        return Outcome(([], {}, (0.0, settings.ground_sd_m)))
    notes = Notes()
    verdicts = notes.take(judge_headings(flight.frames, flight.convergence, flight.centres, overlap, settings))
    heights, ground, ground_sd_m = notes.take(judge_heights(flight.frames, overlap, settings))
    boresight = notes.take(_boresight(flight, verdicts, heights - ground, matches, settings))
    gone = {reject.item for reject in notes.rejects}
    stations = []
    for k, (frame, verdict) in enumerate(zip(flight.frames, verdicts, strict=True)):
        if frame.item in gone:
            continue
        if math.isnan(verdict.heading_rad):
            notes.reject(frame.item, "yaw", "photo_without_heading")
            continue
        centre = np.array([*flight.centres[k], heights[k]])
        convergence = float(flight.convergence[k])
        station = station_from_tags(frame, centre, convergence, verdict, settings, boresight=boresight)
        if off_nadir_rad(station) > settings.max_off_nadir_rad:
            off, most = math.degrees(off_nadir_rad(station)), math.degrees(settings.max_off_nadir_rad)
            notes.reject(frame.item, "pitch", "photo_too_oblique", {"off_deg": off, "allowed_deg": most})
            continue
        stations.append(station)
    told = {f.item: v for f, v in zip(flight.frames, verdicts, strict=True)}
    return notes.outcome((stations, told, (ground, ground_sd_m)))


def _boresight(
    flight: _Flight,
    verdicts: Sequence[Verdict],
    heights: Floats,
    matches: Sequence[PairMatch],
    settings: ImagerySettings,
) -> Outcome[Floats]:
    """Where the camera looks beyond what its tags say, told when it is three times its standard error."""
    headings = np.array([v.heading_rad for v in verdicts])
    turns = np.array([v.turn_rad for v in verdicts])
    angle, sd = estimate_boresight(flight.frames, flight.centres, heights, headings, turns, matches, settings)
    if not (np.abs(angle) > 3 * sd).any():
        return Outcome(np.zeros(2))
    (right, down), (right_sd, down_sd) = np.degrees(angle), np.degrees(sd)
    told = Decision(
        f"flight of {flight.frames[0].item}",
        "boresight_found",
        {
            "right_deg": float(right),
            "down_deg": float(down),
            "overlaps": len(matches),
            "right_sd_deg": float(right_sd),
            "down_sd_deg": float(down_sd),
        },
    )
    return Outcome(angle, (told,))


def _refine(
    flight: _Flight,
    stations: Sequence[Station],
    matches: Sequence[PairMatch],
    surface: Surface,
    settings: ImagerySettings,
    control: Sequence[ControlPoint],
) -> Outcome[Refined | None]:
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
        told = Decision(name, "flight_without_tie_points", {"pairs": len(matches), "points": settings.min_matches})
        return Outcome(None, (told,))
    untied = [s.frame.item for s, tied in zip(stations, refined.tied, strict=True) if not tied]
    decisions = (_adjustment_told(name, stations, refined), *(Decision(item, "photo_not_tied") for item in untied))
    return Outcome(refined, decisions)


def _control(
    control: Sequence[ControlPoint], stations: Sequence[Station], surface: Surface, refined: Refined | None
) -> Outcome[tuple[ControlResult, ...]]:
    """What surveyed points say; where nothing was adjusted all of them are check points."""
    if not control:
        return Outcome(())
    item = "ground control"
    if refined is not None:
        said = control_told(item, refined.control, refined.adjusted.datum)
        return Outcome(refined.control, tuple(said), refined.refused)
    notes = Notes()
    marked = notes.take(mark_points(control, stations))
    results = report_control(marked, (), (), stations, surface, np.zeros(3))
    notes.keep(*control_told(item, results, np.zeros(3)))
    return notes.outcome(results)


def _adjustment_told(name: str, stations: Sequence[Station], refined: Refined) -> Decision:
    before = next(s.camera for s, tied in zip(stations, refined.tied, strict=True) if tied)
    after = refined.adjusted.stations[0].camera
    tilt = [
        math.degrees(float(np.linalg.norm(vector_from_rotation(b.rotation @ a.rotation.T))))
        for a, b, tied in zip(stations, refined.stations, refined.tied, strict=True)
        if tied
    ]
    right, down, forward = (math.degrees(v) for v in refined.adjusted.boresight[0])
    return Decision(
        name,
        "orientation_adjusted",
        {
            "photos": int(refined.tied.sum()),
            "ties": refined.adjusted.ties.count,
            "focal_before_px": before.focal_px,
            "focal_after_px": after.focal_px,
            "k1": after.distortion[0],
            "right_deg": right,
            "down_deg": down,
            "forward_deg": forward,
            "turned_deg": float(np.median(tilt)),
        },
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
    reasons = {reject.item: reject.why for reject in rejects}
    placed = {station.frame.item: (k, station) for k, station in enumerate(stations)}
    poses: list[FramePose] = []
    views: list[View] = []
    for index, frame in enumerate(frames):
        if frame.item not in placed:
            poses.append(_unused(frame, reasons.get(frame.item, Phrase("photo_not_placed")), crs))
            continue
        k, station = placed[frame.item]
        outline = footprint(station, surface, settings)
        ties = 0 if refined is None else int(refined.observations[k])
        error = math.nan if refined is None else float(refined.error_px[k])
        pose, said = _used(station, outline, surface, crs), told[frame.item].decision
        poses.append(replace(pose, reason=said.what if said else pose.reason, ties=ties, reprojection_error_px=error))
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


def _unused(frame: Frame, reason: Phrase, crs: CRS) -> FramePose:
    x, y = to_grid(frame.pose.lon, frame.pose.lat, crs)
    nan = math.nan
    return FramePose(frame.item, False, reason, float(x), float(y), nan, nan, nan, shapely.Polygon())


def _used(station: Station, outline: shapely.Polygon, surface: Surface, crs: CRS) -> FramePose:
    pose = station.frame.pose
    convergence = float(meridian_convergence_rad(pose.lon, pose.lat, crs))
    x, y, height = (float(v) for v in station.centre)
    heading = heading_from_rotation(station.rotation) + convergence
    return FramePose(
        station.frame.item, True, Phrase("photo_used"), x, y, height, heading, ground_sd(station, surface), outline,
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


def _nothing(frames: Sequence[Frame], rejects: Sequence[Reject]) -> Phrase:
    """Why nothing is left: the commonest reasons with their counts, where their values differ with those of one."""
    reasons = []
    for code, count in Counter(reject.code for reject in rejects).most_common(3):
        first, *others = (reject.why for reject in rejects if reject.code == code)
        same = all(why == first for why in others)
        told = Phrase("reason_counted" if same else "reason_counted_for_instance", {"count": count, "reason": first})
        reasons.append(told)
    return Phrase("no_photo_placed", {"photos": len(frames), "reasons": one_by_one(reasons) if reasons else ""})
