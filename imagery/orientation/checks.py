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
from ingest.outcome import Decision, Reject
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


@dataclass(frozen=True)
class Verdict:
    """Grid bearing of the image top, its standard deviation, whether a tag was overruled, and the sentence about it.

    ``heading_rad`` NaN means that neither tags nor overlap give one: the photo is rejected. ``turn_rad`` is by how
    much the pixels were turned after the photo was taken. ``quiet`` verdicts are told once for the flight.
    """

    heading_rad: float
    sd_rad: float
    corrected: bool = False
    decision: str = ""
    evidence: str = ""
    turn_rad: float = 0.0
    quiet: bool = False


def judge_pixels(frames: Sequence[Frame], features: Sequence[Features], settings: ImagerySettings) -> list[Reject]:
    """Photos that show nothing: unreadable, black, flat, or blurred against the rest of the flight."""
    lit = [f.sharpness for f in features if not f.error and f.spread >= settings.flat_sd]
    usual = float(np.median(lit)) if lit else 0.0
    rejects = []
    for frame, seen in zip(frames, features, strict=True):
        reason = _pixel_fault(seen, usual, settings)
        if reason:
            rejects.append(Reject(frame.item, "pixels", reason))
    return rejects


def _pixel_fault(seen: Features, usual: float, settings: ImagerySettings) -> str:
    if seen.error:
        return seen.error
    if seen.level < settings.black_level:
        return (
            f"black: mean level {seen.level:.1f} of 255 (usable from {settings.black_level:g}); take the photo again"
        )
    if seen.spread < settings.flat_sd:
        return f"flat: levels vary by {seen.spread:.2f} of 255 (lens cap, fog or saturation?); take the photo again"
    if seen.sharpness < settings.blur_ratio * usual:
        return (
            f"blurred: sharpness {seen.sharpness:.1f} where the flight's median is {usual:.1f} "
            f"(usable from {settings.blur_ratio:.0%} of it); take the photo again"
        )
    return ""


def judge_positions(frames: Sequence[Frame], centres: Floats, settings: ImagerySettings) -> list[Reject]:
    """Photos without a camera or position, or so far from the flight's median that they belong to another flight."""
    rejects = []
    finite = np.asarray(np.isfinite(centres).all(axis=1))
    middle = np.median(centres[finite], axis=0) if finite.any() else np.zeros(2)
    for frame, centre, there in zip(frames, centres, finite, strict=True):
        if not there:
            rejects.append(Reject(frame.item, "GPS", "no position; add it with a GPS logger or leave the photo out"))
            continue
        away = float(np.hypot(*(centre - middle)))
        if away > settings.max_distance_m:
            reason = (
                f"{away / 1000:.1f} km from the flight's median position: another flight; give it a folder of its own"
            )
            rejects.append(Reject(frame.item, "GPS", reason))
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
    needed = f"neighbours share fewer than {settings.min_matches} points"
    if not matches:
        return [Decision(name, "no photo matches a neighbour: its tags are believed unchecked", needed)]
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
    listed = ", ".join(str(v) for v in sorted(sizes[parts], reverse=True)[:8])
    decision = f"{len(parts)} parts that nothing ties to one another ({listed} photos)"
    decision += f" and {alone} photos tied to none" if alone else ""
    return [Decision(name, f"{decision}: between them only GPS holds", f"{needed}; parts {apart:.0f} m apart")]


def judge_headings(
    frames: Sequence[Frame], convergence: Floats, centres: Floats, overlap: Overlap, settings: ImagerySettings
) -> tuple[list[Verdict], list[Decision]]:
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
    tags, bias, decisions = _choose_source(frames, sources, overlap.heading, settings)
    course = _courses(centres)
    verdicts = [
        _judge(frame, k, sources, tags, bias, overlap, float(course[k]), settings) for k, frame in enumerate(frames)
    ]
    decisions += [
        Decision(f.item, v.decision, v.evidence)
        for f, v in zip(frames, verdicts, strict=True)
        if v.decision and not v.quiet
    ]
    return verdicts, decisions


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
) -> tuple[Floats, float, list[Decision]]:
    """The yaw tag to start from, less its bias over the whole flight, and the bias that was taken off.

    Whether the gimbal is biased is decided by the overlap (by flight yaw where nothing overlaps); by how much, by
    flight yaw where that agrees with the overlap, because a compass is steadier than short baselines.
    """
    gimbal, flight = sources["gimbal yaw"], sources["flight yaw"]
    if np.isnan(gimbal).all():
        return flight, 0.0, []
    tied = bool(np.isfinite(seen).any())
    against_seen, against_flight = _bias(wrap(gimbal - seen)), _bias(wrap(gimbal - flight))
    flight_off = _bias(wrap(flight - seen))
    doubt = against_seen if tied else against_flight
    if math.isnan(doubt) or abs(doubt) <= settings.yaw_tolerance_rad:
        return gimbal, 0.0, []
    believable = not math.isnan(flight_off) and abs(flight_off) <= settings.yaw_tolerance_rad
    bias = against_flight if believable or not tied else against_seen
    facts = [
        f"{name} {math.degrees(value):+.0f}°"
        for name, value in (
            ("gimbal yaw minus flight yaw", against_flight),
            ("gimbal yaw minus overlap", against_seen),
            ("flight yaw minus overlap", flight_off),
        )
        if math.isfinite(value)
    ]
    evidence = f"medians over {int(np.isfinite(gimbal).sum())} photos: " + ", ".join(facts)
    decision = f"gimbal yaw is biased on the whole flight: {math.degrees(bias):+.0f}° taken off every photo"
    return wrap(gimbal - bias), bias, [Decision(f"flight of {frames[0].item}", decision, evidence)]


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
        return Verdict(
            seen, _overlap_sd(overlap, k), True, "no yaw tag: heading from overlap with neighbours", evidence
        )
    off = float(wrap(tag - seen))
    if abs(off) <= settings.yaw_tolerance_rad:
        told = f"heading corrected by {_degrees(-bias)}: gimbal yaw is biased" if bias else ""
        sd = max(settings.yaw_sd_rad, settings.yaw_bias_rad / 2) if bias else settings.yaw_sd_rad
        return Verdict(tag, sd, bool(bias), told, evidence, quiet=True)
    for turn, words in ((math.pi, "by 180°"), (math.pi / 2, "by 90°"), (-math.pi / 2, "by -90°")):
        if abs(wrap(off - turn)) <= settings.yaw_tolerance_rad:
            decision = f"photo was turned {words} after it was taken: heading corrected to {_degrees(tag - turn)}"
            return Verdict(float(wrap(tag - turn)), settings.yaw_sd_rad, True, decision, evidence, turn)
    decision = f"yaw tag overruled: heading {_degrees(seen)} from overlap"
    return Verdict(seen, _overlap_sd(overlap, k), True, decision, evidence)


def _judge_unseen(frame: Frame, tag: float, flight: float, evidence: str, settings: ImagerySettings) -> Verdict:
    """A photo that no neighbour ties: the tags are all there is, and their disagreement is its doubt."""
    best = flight if math.isnan(tag) else tag
    if math.isnan(best):
        return Verdict(math.nan, math.nan, False, "", evidence)
    off = abs(float(wrap(best - flight))) if math.isfinite(flight) else 0.0
    viewer = _viewer(frame)
    if viewer or off > settings.yaw_tolerance_rad:
        doubt = f"opened by {viewer}, which may have turned it" if viewer else "its yaw tags disagree"
        decision = f"heading {_degrees(best)} kept without confirmation: {doubt} and no neighbour overlaps"
        return Verdict(best, max(0.3, off / 2), False, decision, evidence)
    return Verdict(best, settings.yaw_sd_rad, False, "", evidence)


def _overlap_sd(overlap: Overlap, k: int) -> float:
    """Heading from overlap: some 5 degrees of one neighbour, better with more."""
    return 0.1 / math.sqrt(max(1, int(overlap.ties[k])))


def _viewer(frame: Frame) -> str:
    software = frame.tags.get("Software", "")
    return software if any(name in software.lower() for name in _VIEWERS) else ""


def _evidence(frame: Frame, tags: dict[str, float], seen: float, course: float) -> str:
    parts = [f"{name} {_degrees(value)}" for name, value in tags.items() if math.isfinite(value)]
    if math.isfinite(course):
        parts.append(f"GPS course {_degrees(course)}")
    parts.append(f"overlap {_degrees(seen)}" if math.isfinite(seen) else "no overlap")
    for name in ("Software", "Orientation"):
        if frame.tags.get(name, "").strip() not in ("", "1"):
            parts.append(f'{name} "{frame.tags[name].strip()}"')
    return ", ".join(parts) + " (grid bearings of the image top)"


def _degrees(angle: float) -> str:
    return f"{math.degrees(float(wrap(angle))):+.0f}°"


def judge_heights(
    frames: Sequence[Frame], overlap: Overlap, settings: ImagerySettings
) -> tuple[Floats, float, float, list[Decision], list[Reject]]:
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
    decisions: list[Decision] = []
    absolute = np.array([_nan(f.pose.height_m) for f in frames])
    name = f"flight of {frames[0].item}"
    if np.isnan(tagged).all() and np.isfinite(absolute).any() and np.isfinite(measured).any():
        low = float(np.nanmedian(absolute - measured))
        tagged = absolute - low
        decisions.append(Decision(
            name, f"no height above take-off: ground taken at {low:.0f} m of the tagged altitude",
            f"scale of {int(np.isfinite(measured).sum())} photos that overlap",
        ))  # fmt: skip
    doubtful = np.isnan([_nan(f.pose.height_above_takeoff_m) for f in frames]) & np.isfinite(measured)
    # An altitude of GPS alone is tens of metres wrong at times: the scale of the overlap is the better height.
    doubtful &= ~(np.abs(tagged / measured - 1.0) <= 2 * settings.scale_tolerance)
    if doubtful.any():
        level = float(np.nanmedian(measured))
        decisions.append(Decision(
            name, f"{int(doubtful.sum())} photos without a usable height: {level:.0f} m above ground taken for them",
            f"scale of {int(np.isfinite(measured).sum())} photos that overlap",
        ))  # fmt: skip
        tagged = np.where(doubtful, level, tagged)
    rejects = [_no_height(frame, height) for frame, height in zip(frames, tagged, strict=True) if not height > 0]
    tagged = np.where(tagged > 0, tagged, np.nan)
    ground, sd = _ground_height(tagged, measured, settings)
    if abs(ground) > settings.takeoff_sd_m:
        decisions.append(Decision(
            name, f"ground plane at {ground:+.1f} m of the take-off height",
            f"overlaps say {np.nanmedian(measured):.1f} m above ground, tags {np.nanmedian(tagged):.1f} m",
        ))  # fmt: skip
    return tagged, ground, sd, decisions, rejects


def _no_height(frame: Frame, height: float) -> Reject:
    if math.isfinite(height):
        return Reject(frame.item, "altitude", f"{height:.0f} m above take-off: taken before or after the flight")
    reason = (
        "no height above ground: neither a relative altitude above 0 m nor an overlap that tells the scale; "
        "give a DEM with absolute heights, or fly with overlap"
    )
    return Reject(frame.item, "altitude", reason)


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
