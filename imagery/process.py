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

from imagery.camera import heading_from_rotation
from imagery.checks import judge_headings, judge_heights, judge_pixels, judge_positions
from imagery.ortho import Tone, View, build_mosaic
from imagery.overlap import Overlap, measure_overlap
from imagery.schema import FramePose, Ortho, OrthoQuality, Station
from imagery.settings import ImagerySettings
from imagery.stations import footprint, ground_sd, off_nadir_rad, station_from_tags
from imagery.surface import Surface, surface_from_dem, surface_from_plane
from imagery.tiepoints import Features, PairMatch, extract_features, match_neighbours, neighbour_pairs, reduce_for
from ingest.coordinates import meridian_convergence_rad, to_grid
from ingest.errors import NothingUsable, SettingError
from ingest.schema import Decision, Frame, Outcome, Reject

__all__ = ["process_frames"]

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
    frames: Sequence[Frame], settings: ImagerySettings, *, crs: CRS, dem: xr.DataArray | None = None
) -> Outcome[Ortho]:
    """Turn the photos of a flight into one mosaic that says how far it may be wrong.

    Assumes photos that look more or less down on ground that is flat against the flying height, or a DEM. Every photo
    that is not used is a `Reject` and has a pose that says why; every tag that was overruled is a `Decision`.

    Parameters
    ----------
    frames : sequence of Frame
        In any order.
    crs : pyproj.CRS
        Projected grid CRS in metres.
    dem : DataArray, optional
        Ground heights [m] (`surface_from_dem`); without one the ground is the take-off plane or comes from tie points.

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
    flight, rejects, decisions = _usable_photos(frames, settings, crs)
    flight, matches, overlap, more, unseen = _tie(flight, settings)
    decisions, rejects = decisions + more, rejects + unseen
    stations, ground, more, unplaced = _place(flight, overlap, settings)
    decisions, rejects = decisions + more, rejects + unplaced
    if not stations:
        raise NothingUsable(_nothing(frames, rejects), rejects=rejects)
    surface = _surface(stations, ground, settings, crs, dem)
    poses, views = _poses(frames, stations, surface, rejects, crs, settings)
    geobox = _geobox(views, surface, settings, crs)
    bands = ("red", "green", "blue") if stations[0].frame.kind == "rgb" else ("value",)
    mosaic = build_mosaic(views, surface, geobox, settings, bands=bands)
    seconds = time.perf_counter() - started
    quality = _quality(frames, poses, decisions, geobox, settings, seconds)
    _log.info(
        "imagery: %d photos in, %d used, %d rejected, %.1f s", len(frames), len(stations), len(rejects), seconds
    )
    return Outcome(Ortho(mosaic, poses, quality), tuple(decisions), tuple(rejects))


def _usable_photos(
    frames: Sequence[Frame], settings: ImagerySettings, crs: CRS
) -> tuple[_Flight, list[Reject], list[Decision]]:
    """Photos of one kind, with a position and a camera, in order of time."""
    if not frames:
        raise NothingUsable("no photos: expected JPEG or TIFF files with GPS tags in images/")
    kinds = [f.kind for f in frames]
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
    features = tuple(extract_features(flight.frames, settings, coarse=coarse))
    rejects = judge_pixels(flight.frames, features, settings)
    flight = replace(flight, features=features).keep(rejects)
    pairs = neighbour_pairs(flight.centres, settings, reach_m=_reach(flight))
    wanted = settings.coarse_px if coarse else settings.feature_px
    scale = max((reduce_for(max(f.camera.width_px, f.camera.height_px), wanted) for f in flight.frames), default=1)
    matches = match_neighbours(flight.features, pairs, settings, scale_px=scale)
    overlap = measure_overlap(flight.frames, flight.centres, matches, settings)
    return flight, matches, overlap, [], rejects


def _reach(flight: _Flight) -> float:
    """Largest distance of stations whose photos can overlap: a footprint's diagonal, or 300 m without heights."""
    spans = [
        f.pose.height_above_takeoff_m / f.camera.focal_px * math.hypot(f.camera.width_px, f.camera.height_px)
        for f in flight.frames
        if f.pose.height_above_takeoff_m is not None and f.pose.height_above_takeoff_m > 0
    ]
    return float(np.median(spans)) if spans else 300.0


def _place(
    flight: _Flight, overlap: Overlap, settings: ImagerySettings
) -> tuple[list[Station], tuple[float, float], list[Decision], list[Reject]]:
    """Settle heading and height of every photo, and make stations of those that have both."""
    if not flight.frames:
        return [], (0.0, settings.ground_sd_m), [], []
    verdicts, decisions = judge_headings(flight.frames, flight.convergence, flight.centres, overlap, settings)
    heights, ground, ground_sd_m, more, rejects = judge_heights(flight.frames, overlap, settings)
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
        station = station_from_tags(frame, centre, float(flight.convergence[k]), verdict, settings)
        if off_nadir_rad(station) > settings.max_off_nadir_rad:
            degrees = math.degrees(off_nadir_rad(station))
            reason = f"looks {degrees:.0f}° away from straight down; a mosaic takes up to {math.degrees(settings.max_off_nadir_rad):.0f}°"
            rejects.append(Reject(frame.item, "pitch", reason))
            continue
        stations.append(station)
    return stations, (ground, ground_sd_m), decisions, rejects


def _surface(
    stations: Sequence[Station],
    ground: tuple[float, float],
    settings: ImagerySettings,
    crs: CRS,
    dem: xr.DataArray | None,
) -> Surface:
    plane = surface_from_plane(*ground)
    if dem is None:
        return plane
    bounds = shapely.unary_union([footprint(s, plane, settings) for s in stations]).buffer(50.0).bounds
    first = stations[0].centre
    return surface_from_dem(
        dem, crs=crs, bounds=bounds, takeoff=(first[0], first[1]), sd_m=settings.height_relative_sd_m
    )


def _poses(
    frames: Sequence[Frame],
    stations: Sequence[Station],
    surface: Surface,
    rejects: Sequence[Reject],
    crs: CRS,
    settings: ImagerySettings,
) -> tuple[tuple[FramePose, ...], list[View]]:
    """A row per photo in the order given, and what the mosaic needs of those that are used."""
    reasons = {reject.item: reject.reason for reject in rejects}
    placed = {station.frame.item: station for station in stations}
    poses: list[FramePose] = []
    views: list[View] = []
    for index, frame in enumerate(frames):
        station = placed.get(frame.item)
        if station is None:
            poses.append(_unused(frame, reasons.get(frame.item, "not placed"), crs))
            continue
        outline = footprint(station, surface, settings)
        poses.append(_used(station, outline, surface, crs))
        views.append(View(index, station, outline, Tone()))
    return tuple(poses), views


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
            f"the mosaic would have {pixels:.3g} pixels at {gsd:g} m (allowed {settings.max_pixels:.3g}); give a larger gsd_m"
        )
    return GeoBox.from_bbox(BoundingBox(*bounds, crs=crs.to_wkt()), resolution=gsd, anchor="edge")


def _quality(
    frames: Sequence[Frame],
    poses: Sequence[FramePose],
    decisions: Sequence[Decision],
    geobox: GeoBox,
    settings: ImagerySettings,
    seconds: float,
) -> OrthoQuality:
    used = [p for p in poses if p.used]
    items = {f.item for f in frames}
    return OrthoQuality(
        mode=settings.mode,
        photos=len(frames),
        used=len(used),
        corrected=len({d.item for d in decisions} & items),
        tied=sum(p.ties > 0 for p in used),
        tie_points=0,
        reprojection_error_px=math.nan,
        mismatch_m=math.nan,
        mismatch_p90_m=math.nan,
        position_error_m=float(np.median([p.position_error_m for p in used])),
        gsd_m=float(abs(geobox.resolution.x)),
        focal_px=float(np.median([p.camera.focal_px for p in used if p.camera is not None])),
        seconds=seconds,
    )


def _nothing(frames: Sequence[Frame], rejects: Sequence[Reject]) -> str:
    """Why nothing is left: the commonest reasons with their counts."""
    reasons = [reject.reason for reject in rejects]
    common = sorted(set(reasons), key=reasons.count, reverse=True)[:3]
    return f"none of {len(frames)} photos can be placed: " + "; ".join(f"{reasons.count(r)} × {r}" for r in common)
