"""Pose sanity: every tag of a photo held against the others and against the overlap of the photos.

Nothing is projected before this has run. Each photo is used, corrected (from which evidence) or rejected.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from imagery.camera import heading_from_rotation, rotation_from_attitude
from imagery.orientation.overlap import Overlap, wrap
from imagery.orientation.tiepoints import Features, PairMatch
from imagery.settings import ImagerySettings
from ingest.outcome import Decision, Notes, Outcome, Phrase, Reject
from ingest.schema import Frame

Floats = NDArray[np.float64]
_VIEWERS = (
    "photo viewer",
    "photos",
    "picasa",
    "photoshop",
    "lightroom",
    "gimp",
    "irfanview",
    "xnview",
    "acdsee",
    "preview",
)
_YAW_CODES = {"gimbal yaw": "gimbal_yaw_reads", "flight yaw": "flight_yaw_reads"}


@dataclass(frozen=True)
class Verdict:
    """Grid bearing of the image top, its standard deviation, whether a tag was overruled, and what is said of it.

    ``heading_rad`` NaN means that neither tags nor overlap give one: the photo is rejected. ``turn_rad`` is by how
    much the pixels were turned after the photo was taken. ``quiet`` verdicts are told once for the flight.
    """

    heading_rad: float
    sd_rad: float
    corrected: bool = False
    decision: Decision | None = None
    turn_rad: float = 0.0
    quiet: bool = False


def judge_pixels(frames: Sequence[Frame], features: Sequence[Features], settings: ImagerySettings) -> list[Reject]:
    """Photos that show nothing: unreadable, black, flat, or blurred against the rest of the flight."""
    lit = [f.sharpness for f in features if not f.error and f.spread >= settings.flat_sd]
    usual = float(np.median(lit)) if lit else 0.0
    rejects = []
    for frame, seen in zip(frames, features, strict=True):
        fault = _pixel_fault(seen, usual, settings)
        if fault:
            rejects.append(Reject(frame.item, "pixels", fault.code, fault.values))
    return rejects


def _pixel_fault(seen: Features, usual: float, settings: ImagerySettings) -> Phrase | None:
    if seen.error:
        return seen.error
    if seen.level < settings.black_level:
        return Phrase("photo_black", {"level": seen.level, "usable_from": settings.black_level})
    if seen.spread < settings.flat_sd:
        return Phrase("photo_flat", {"spread": seen.spread})
    if seen.sharpness < settings.blur_ratio * usual:
        return Phrase(
            "photo_blurred", {"sharpness": seen.sharpness, "usual": usual, "usable_ratio": settings.blur_ratio}
        )
    return None


def judge_positions(frames: Sequence[Frame], centres: Floats, settings: ImagerySettings) -> list[Reject]:
    """Photos without a camera or position, or so far from the flight's median that they belong to another flight."""
    rejects = []
    finite = np.asarray(np.isfinite(centres).all(axis=1))
    middle = np.median(centres[finite], axis=0) if finite.any() else np.zeros(2)
    for frame, centre, there in zip(frames, centres, finite, strict=True):
        if not there:
            rejects.append(Reject(frame.item, "GPS", "photo_not_positioned"))
            continue
        away = float(np.hypot(*(centre - middle)))
        if away > settings.max_distance_m:
            rejects.append(Reject(frame.item, "GPS", "photo_of_another_flight", {"away_km": away / 1000}))
    return rejects


def judge_parts(
    frames: Sequence[Frame], centres: Floats, matches: Sequence[PairMatch], settings: ImagerySettings
) -> list[Decision]:
    """Warn of a flight that falls apart: nothing ties its parts but GPS, whose error may differ between them.

    Two flights in one folder, or a flight over water, are told by this.
    """
    n = len(frames)
    if n < 2:
        return []
    name = f"flight of {frames[0].item}"
    if not matches:
        return [Decision(name, "no_photo_matches_a_neighbour", {"points": settings.min_matches})]
    joined = np.array([(m.first, m.second) for m in matches])
    graph = csr_array((np.ones(len(joined)), (joined[:, 0], joined[:, 1])), shape=(n, n))
    _, label = connected_components(graph, directed=False)
    sizes = np.bincount(label)
    parts = np.flatnonzero(sizes > 1)
    alone = int((sizes == 1).sum())
    if len(parts) < 2 and not alone:
        return []
    middles = np.array([centres[label == part].mean(axis=0) for part in parts])
    apart = float(np.hypot(*np.ptp(middles, axis=0)))
    photos = tuple(int(v) for v in sorted(sizes[parts], reverse=True)[:8])
    return [
        Decision(
            name,
            "flight_in_parts_and_photos_alone" if alone else "flight_in_parts",
            {"parts": len(parts), "photos": photos, "alone": alone},
            Phrase("parts_share_too_little", {"points": settings.min_matches, "apart_m": apart}),
        )
    ]


def judge_headings(
    frames: Sequence[Frame], convergence: Floats, centres: Floats, overlap: Overlap, settings: ImagerySettings
) -> Outcome[list[Verdict]]:
    """Settle the heading of every photo from gimbal yaw, flight yaw, GPS course and overlap.

    The overlap decides where it reaches. A yaw source whose median disagrees with it over the flight is biased as a
    whole; a single photo that disagrees by half a turn was turned by a viewer; others follow the overlap.

    Parameters
    ----------
    convergence : array, shape (n,)
        Meridian convergence at each photo [rad].
    centres : array, shape (n, 2)
        Grid easting and northing [m], in order of time.
    """
    sources = {
        "gimbal yaw": _gimbal_headings(frames) - convergence,
        "flight yaw": np.array([_nan(f.flight_yaw_rad) for f in frames]) - convergence,
    }
    notes = Notes()
    tags, bias = notes.take(_choose_source(frames, sources, overlap.heading, settings))
    course = _courses(centres)
    verdicts = [
        _judge(frame, k, sources, tags, bias, overlap, float(course[k]), settings) for k, frame in enumerate(frames)
    ]
    notes.keep(*(v.decision for v in verdicts if v.decision and not v.quiet))
    return notes.outcome(verdicts)


def _gimbal_headings(frames: Sequence[Frame]) -> Floats:
    """Heading of the image top from yaw, pitch and roll together: a roll of 180° past nadir turns it."""
    result = np.full(len(frames), np.nan)
    for k, frame in enumerate(frames):
        pose = frame.pose
        if pose.yaw_rad is not None:
            pitch = -math.pi / 2 if pose.pitch_rad is None else pose.pitch_rad
            result[k] = heading_from_rotation(rotation_from_attitude(pose.yaw_rad, pitch, pose.roll_rad or 0.0))
    return result


def _nan(value: float | None) -> float:
    return math.nan if value is None else value


def _bias(off: Floats) -> float:
    """Circular median of deviations, folded so that photos turned by half a turn do not pull it; NaN without any."""
    off = off[np.isfinite(off)]
    if not len(off):
        return math.nan
    spread = np.abs(wrap(off[:, None] - off[None, :])).sum(axis=0) if len(off) <= 2000 else np.abs(off)
    return float(off[int(np.argmin(spread))])


def _choose_source(
    frames: Sequence[Frame], sources: dict[str, Floats], seen: Floats, settings: ImagerySettings
) -> Outcome[tuple[Floats, float]]:
    """The yaw tag to start from, less its bias over the whole flight, and the bias that was taken off.

    Whether the gimbal is biased is decided by the overlap (by flight yaw where nothing overlaps); by how much, by
    flight yaw where that agrees with the overlap, because a compass is steadier than short baselines.
    """
    gimbal, flight = sources["gimbal yaw"], sources["flight yaw"]
    if np.isnan(gimbal).all():
        return Outcome((flight, 0.0))
    tied = bool(np.isfinite(seen).any())
    against_seen, against_flight = _bias(wrap(gimbal - seen)), _bias(wrap(gimbal - flight))
    flight_off = _bias(wrap(flight - seen))
    doubt = against_seen if tied else against_flight
    if math.isnan(doubt) or abs(doubt) <= settings.yaw_tolerance_rad:
        return Outcome((gimbal, 0.0))
    believable = not math.isnan(flight_off) and abs(flight_off) <= settings.yaw_tolerance_rad
    bias = against_flight if believable or not tied else against_seen
    facts = (
        Phrase("gimbal_minus_flight_yaw", {"off_deg": math.degrees(against_flight)}),
        Phrase("gimbal_minus_overlap", {"off_deg": math.degrees(against_seen)}),
        Phrase("flight_yaw_minus_overlap", {"off_deg": math.degrees(flight_off)}),
    )
    known = np.isfinite([against_flight, against_seen, flight_off])
    decision = Decision(
        f"flight of {frames[0].item}",
        "gimbal_yaw_biased",
        {
            "bias_deg": math.degrees(bias),
            "photos": int(np.isfinite(gimbal).sum()),
            "medians": tuple(fact for fact, told in zip(facts, known, strict=True) if told),
        },
    )
    return Outcome((wrap(gimbal - bias), bias), (decision,))


def _courses(centres: Floats) -> Floats:
    """GPS course at each station from its neighbours in time [rad], NaN where it hardly moves."""
    if len(centres) < 2:
        return np.full(len(centres), np.nan)
    step = np.gradient(centres, axis=0)
    return np.where(np.hypot(step[:, 0], step[:, 1]) > 2.0, np.arctan2(step[:, 0], step[:, 1]), np.nan)


def _judge(
    frame: Frame,
    k: int,
    sources: dict[str, Floats],
    tags: Floats,
    bias: float,
    overlap: Overlap,
    course: float,
    settings: ImagerySettings,
) -> Verdict:
    tag, seen = float(tags[k]), float(overlap.heading[k])
    evidence = _evidence(frame, {name: float(values[k]) for name, values in sources.items()}, seen, course)
    if math.isnan(seen):
        return _judge_unseen(frame, tag, float(sources["flight yaw"][k]), evidence, settings)
    if math.isnan(tag):
        told = Decision(frame.item, "heading_from_overlap", evidence=evidence)
        return Verdict(seen, _overlap_sd(overlap, k), True, told)
    off = float(wrap(tag - seen))
    if abs(off) <= settings.yaw_tolerance_rad:
        if not bias:
            return Verdict(tag, settings.yaw_sd_rad, quiet=True)
        told = Decision(frame.item, "heading_less_gimbal_bias", {"change_deg": _degrees(-bias)}, evidence)
        return Verdict(tag, max(settings.yaw_sd_rad, settings.yaw_bias_rad / 2), True, told, quiet=True)
    for turn in (math.pi, math.pi / 2, -math.pi / 2):
        if abs(wrap(off - turn)) <= settings.yaw_tolerance_rad:
            told = Decision(
                frame.item,
                "photo_turned_afterwards",
                {"turn_deg": math.degrees(turn), "heading_deg": _degrees(tag - turn)},
                evidence,
            )
            return Verdict(float(wrap(tag - turn)), settings.yaw_sd_rad, True, told, turn)
    told = Decision(frame.item, "yaw_tag_overruled", {"heading_deg": _degrees(seen)}, evidence)
    return Verdict(seen, _overlap_sd(overlap, k), True, told)


def _judge_unseen(frame: Frame, tag: float, flight: float, evidence: Phrase, settings: ImagerySettings) -> Verdict:
    """A photo that no neighbour ties: the tags are all there is, and their disagreement is its doubt."""
    best = flight if math.isnan(tag) else tag
    if math.isnan(best):
        return Verdict(math.nan, math.nan)
    off = abs(float(wrap(best - flight))) if math.isfinite(flight) else 0.0
    viewer = _viewer(frame)
    if viewer or off > settings.yaw_tolerance_rad:
        told = Decision(
            frame.item,
            "heading_unconfirmed_after_viewer" if viewer else "heading_unconfirmed_tags_disagree",
            {"heading_deg": _degrees(best), "software": viewer},
            evidence,
        )
        return Verdict(best, max(0.3, off / 2), False, told)
    return Verdict(best, settings.yaw_sd_rad)


def _overlap_sd(overlap: Overlap, k: int) -> float:
    """Heading from overlap: some 5 degrees of one neighbour, better with more."""
    return 0.1 / math.sqrt(max(1, int(overlap.ties[k])))


def _viewer(frame: Frame) -> str:
    software = frame.tags.get("Software", "")
    return software if any(name in software.lower() for name in _VIEWERS) else ""


def _evidence(frame: Frame, tags: dict[str, float], seen: float, course: float) -> Phrase:
    parts = [
        Phrase(_YAW_CODES[name], {"heading_deg": _degrees(value)})
        for name, value in tags.items()
        if math.isfinite(value)
    ]
    if math.isfinite(course):
        parts.append(Phrase("gps_course_reads", {"heading_deg": _degrees(course)}))
    if math.isfinite(seen):
        parts.append(Phrase("overlap_reads", {"heading_deg": _degrees(seen)}))
    else:
        parts.append(Phrase("nothing_overlaps"))
    for name in ("Software", "Orientation"):
        text = frame.tags.get(name, "").strip()
        if text not in ("", "1"):
            parts.append(Phrase("tag_reads", {"tag": name, "text": text}))
    return Phrase("headings_compared", {"headings": tuple(parts)})


def _degrees(angle: float) -> float:
    return math.degrees(float(wrap(angle)))


def judge_heights(
    frames: Sequence[Frame], overlap: Overlap, settings: ImagerySettings
) -> Outcome[tuple[Floats, float, float]]:
    """Heights above take-off, and the height of the ground plane there, from tags and from the scale of overlaps.

    Returns
    -------
    heights : array, shape (n,)
        Height above take-off [m], NaN where it cannot be known.
    ground_m, ground_sd_m : float
        Height of the ground plane above take-off, and its standard deviation.
    """
    tagged = np.array([_nan(f.pose.height_above_takeoff_m) for f in frames])
    measured = overlap.gsd * np.array([f.camera.focal_px for f in frames])
    notes = Notes()
    absolute = np.array([_nan(f.pose.height_m) for f in frames])
    name = f"flight of {frames[0].item}"
    overlapping = int(np.isfinite(measured).sum())
    if np.isnan(tagged).all() and np.isfinite(absolute).any() and overlapping:
        low = float(np.nanmedian(absolute - measured))
        tagged = absolute - low
        notes.decide(name, "ground_below_tagged_altitude", {"ground_m": low, "photos": overlapping})
    doubtful = np.isnan([_nan(f.pose.height_above_takeoff_m) for f in frames]) & np.isfinite(measured)
    # An altitude of GPS alone is tens of metres wrong at times: the scale of the overlap is the better height.
    doubtful &= ~(np.abs(tagged / measured - 1.0) <= 2 * settings.scale_tolerance)
    if doubtful.any():
        level = float(np.nanmedian(measured))
        count = int(doubtful.sum())
        notes.decide(name, "height_from_scale", {"count": count, "height_m": level, "photos": overlapping})
        tagged = np.where(doubtful, level, tagged)
    notes.keep(*(_no_height(frame, float(h)) for frame, h in zip(frames, tagged, strict=True) if not h > 0))
    tagged = np.where(tagged > 0, tagged, np.nan)
    ground, sd = _ground_height(tagged, measured, settings)
    if abs(ground) > settings.takeoff_sd_m:
        seen_m, tagged_m = float(np.nanmedian(measured)), float(np.nanmedian(tagged))
        notes.decide(name, "ground_plane_moved", {"ground_m": ground, "seen_m": seen_m, "tagged_m": tagged_m})
    return notes.outcome((tagged, ground, sd))


def _no_height(frame: Frame, height: float) -> Reject:
    if math.isfinite(height):
        return Reject(frame.item, "altitude", "photo_below_takeoff", {"height_m": height})
    return Reject(frame.item, "altitude", "photo_without_height_or_scale")


def _ground_height(tagged: Floats, measured: Floats, settings: ImagerySettings) -> tuple[float, float]:
    """Weigh the scale of the overlaps against level ground at take-off height, by their variances.

    A median of n values has 1.25 times the standard error of their mean; a focal length that is off scales all
    heights.
    """
    off = (tagged - measured)[np.isfinite(tagged - measured)]
    if len(off) < 3:
        return 0.0, math.hypot(settings.ground_sd_m, settings.takeoff_sd_m)
    ground = float(np.median(off))
    error = math.hypot(
        1.2533 * 1.4826 * float(np.median(np.abs(off - ground))) / math.sqrt(len(off)),
        settings.focal_sd_ratio * float(np.nanmedian(measured)),
    )
    trust = settings.ground_sd_m**2 / (settings.ground_sd_m**2 + error**2)
    return trust * ground, math.hypot(error * math.sqrt(trust), settings.takeoff_sd_m)
