"""Videos with telemetry in subtitles (SRT) → frames at a chosen spacing on the ground; pixels are read later."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ingest.coordinates import apart_m
from ingest.errors import FileError
from ingest.images.srt import VideoPoint, read_srt
from ingest.outcome import Notes, Outcome, Phrase
from ingest.schema import Camera, Frame

VIDEO_TYPES = (".mp4", ".mov", ".avi", ".mkv")
_SECONDS = "VideoSeconds"


def pair_videos(files: Sequence[tuple[Path, str]]) -> Outcome[tuple[tuple[Path, str, Path, str], ...]]:
    """Join videos and subtitles of one name (path and item of each); what has no partner is rejected."""
    videos = {(p.parent, p.stem.lower()): (p, item) for p, item in files if p.suffix.lower() in VIDEO_TYPES}
    subtitles = {(p.parent, p.stem.lower()): (p, item) for p, item in files if p.suffix.lower() == ".srt"}
    notes = Notes()
    for key in sorted(videos.keys() - subtitles.keys()):
        notes.reject(videos[key][1], "telemetry", "video_without_subtitles")
    for key in sorted(subtitles.keys() - videos.keys()):
        notes.reject(subtitles[key][1], "video", "subtitles_without_video")
    return notes.outcome(tuple((*videos[key], *subtitles[key]) for key in sorted(videos.keys() & subtitles.keys())))


def read_video_frames(
    video: Path,
    item: str,
    subtitles: Path,
    subtitles_item: str,
    *,
    spacing_m: float,
    time_zone: str,
    focal_px: float,
    focal_sd: float,
) -> Outcome[tuple[Frame, ...]]:
    """Choose frames of one video by its telemetry, one for every ``spacing_m`` of way.

    Parameters
    ----------
    spacing_m : float
        Way between frames over the ground [m].
    time_zone : str
        Of the subtitles' clock; empty means that of the place.
    focal_px : float
        Declared focal length in pixels of the video; 0 takes the 35 mm equivalent of the subtitles.
    focal_sd : float
        Relative standard deviation of the latter: stabilisation crops the picture by an unknown part.

    Returns
    -------
    Outcome of tuple of Frame
        ``item`` is ``NAME.MP4@0012.30s``; ``tags["VideoSeconds"]`` is where its pixels are.

    Raises
    ------
    FileError
        If video or subtitles cannot be read, or nothing tells the focal length.
    """
    width, height, seconds = _size(video, item)
    notes = Notes()
    telemetry = notes.take(read_srt(subtitles, subtitles_item, time_zone=time_zone))
    chosen = _spaced([p for p in telemetry if p.video_s <= seconds], spacing_m)
    if not chosen:
        raise FileError(item, "video_before_telemetry", {"seconds": seconds})
    camera = _camera(item, width, height, chosen[0].focal_35mm, focal_px, focal_sd)
    frames = tuple(
        Frame(
            f"{item}@{p.video_s:07.2f}s",
            video,
            camera,
            p.pose,
            p.time,
            tags={_SECONDS: repr(p.video_s), "Model": "video"},
        )
        for p in chosen
    )
    equivalent = Phrase("focal_of_subtitles", {"focal_mm": chosen[0].focal_35mm})
    source = Phrase("focal_declared") if focal_px > 0 else equivalent
    notes.decide(
        item, "video_frames_taken",
        {
            "count": len(frames), "spacing_m": spacing_m, "subtitles": len(telemetry), "seconds": seconds,
            "columns": width, "rows": height,
        },
    )  # fmt: skip
    notes.decide(item, "video_focal", {"focal_px": camera.focal_px, "sd_px": camera.focal_sd_px}, source)
    if all(p.pose.pitch_rad is None for p in chosen):
        notes.decide(item, "video_looks_down")
    return notes.outcome(frames)


def read_video_image(frame: Frame, *, reduce: int = 1) -> NDArray[np.uint8] | None:
    """Decode a frame of a video (rows, columns, red-green-blue); None if the frame is a photo.

    Raises
    ------
    FileError
        If the video cannot be decoded at that moment.
    """
    if _SECONDS not in frame.tags:
        return None
    capture = cv2.VideoCapture(str(frame.path))
    try:
        capture.set(cv2.CAP_PROP_POS_MSEC, float(frame.tags[_SECONDS]) * 1000.0)
        read, pixels = capture.read()
    finally:
        capture.release()
    if not read or pixels is None:
        raise FileError(frame.item, "video_not_decoded")
    if reduce > 1:
        size = (-(-pixels.shape[1] // reduce), -(-pixels.shape[0] // reduce))
        pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(np.asarray(pixels, np.uint8)[:, :, ::-1])


def _size(video: Path, item: str) -> tuple[int, int, float]:
    """Width, height [px] and length [s] of a video."""
    capture = cv2.VideoCapture(str(video))
    try:
        width, height = (int(capture.get(k)) for k in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT))
        count, rate = capture.get(cv2.CAP_PROP_FRAME_COUNT), capture.get(cv2.CAP_PROP_FPS)
    finally:
        capture.release()
    if width <= 0 or height <= 0 or not rate > 0 or not count > 0:
        raise FileError(item, "video_unreadable")
    return width, height, (count - 1) / rate


def _spaced(points: Sequence[VideoPoint], spacing_m: float) -> list[VideoPoint]:
    """The first point, and every one that is ``spacing_m`` from the one taken before it."""
    chosen: list[VideoPoint] = []
    for point in points:
        if not chosen or _distance_m(chosen[-1], point) >= spacing_m:
            chosen.append(point)
    return chosen


def _distance_m(one: VideoPoint, two: VideoPoint) -> float:
    return apart_m((one.pose.lon, one.pose.lat), (two.pose.lon, two.pose.lat))


def _camera(item: str, width: int, height: int, focal_35mm: float | None, focal_px: float, focal_sd: float) -> Camera:
    """Pinhole over the whole picture; the 35 mm equivalent is taken for its width (36 mm)."""
    plain = Camera(width, height, focal_px, (width - 1) / 2.0, (height - 1) / 2.0, model="video", source="declared")
    if focal_px > 0:
        return replace(plain, focal_sd_px=0.005 * focal_px)
    if not focal_35mm or focal_35mm <= 0:
        raise FileError(item, "video_focal_unknown")
    focal = focal_35mm / 36.0 * width
    source = f"35 mm equivalent of {focal_35mm:g} mm in the subtitles, for the width of the picture"
    return replace(plain, focal_px=focal, source=source, focal_sd_px=focal_sd * focal)
