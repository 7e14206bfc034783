"""Photos → `Frame`: tags are read, pixels are not, until `read_image` is asked for them.

>>> from pathlib import Path
>>> outcome = read_frames([Path("no such photo.jpg")], PhotoSettings())
>>> outcome.value, outcome.rejects[0].item
((), 'no such photo.jpg')
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from ingest.errors import FileError
from ingest.images.cameras import camera_from_tags, focal_source, photo_kind
from ingest.images.exif import PhotoTags, read_tags
from ingest.images.exposures import exposure_time
from ingest.images.mrk import apply_marks_of_exposure
from ingest.images.poses import PoseDefaults, pose_from_tags
from ingest.images.spectral import band_radiometry
from ingest.images.thermal import read_thermal, thermal_decision, thermal_kind
from ingest.images.video import VIDEO_TYPES, pair_videos, read_video_frames, read_video_image
from ingest.images.xmp import parse_xmp
from ingest.outcome import Decision, Notes, Outcome, Phrase
from ingest.schema import Camera, Frame
from ingest.settings import setting

Pixels = NDArray[np.uint8] | NDArray[np.uint16]

logger = logging.getLogger(__name__)
# OpenCV prints a warning for every TIFF tag it does not know (GPS, maker notes); its errors still come through.
cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)

_REDUCED = {
    1: cv2.IMREAD_COLOR,
    2: cv2.IMREAD_REDUCED_COLOR_2,
    4: cv2.IMREAD_REDUCED_COLOR_4,
    8: cv2.IMREAD_REDUCED_COLOR_8,
}
# Raw tags that later rooms need as evidence, by the name under which they are kept.
_KEPT_EXIF = ("Make", "Model", "Software", "LensModel")
_KEPT_XMP = {
    "RtkFlag": "drone-dji:RtkFlag", "GpsStatus": "drone-dji:GpsStatus", "AltitudeType": "drone-dji:AltitudeType",
    "SurveyingMode": "drone-dji:SurveyingMode", "DewarpFlag": "drone-dji:DewarpFlag",
    "ImageSource": "drone-dji:ImageSource", "CamReverse": "drone-dji:CamReverse",
    "GimbalReverse": "drone-dji:GimbalReverse", "FlightPitchDegree": "drone-dji:FlightPitchDegree",
    "FlightRollDegree": "drone-dji:FlightRollDegree", "CreatorTool": "xmp:CreatorTool",
    "CentralWavelength": "Camera:CentralWavelength", "ModelType": "Camera:ModelType",
}  # fmt: skip


@dataclass(frozen=True)
class PhotoSettings:
    """How photos are read: the camera clock's zone, and the accuracies taken where the tags state none."""

    time_zone: str = setting(
        "", unit="", source='choice: "" means the zone of OffsetTime, of GPS time, or of the place', bureau=True
    )
    clock_tolerance_s: float = setting(
        120.0, unit="s", source="choice: a camera clock set by hand; still tells zones 15 min apart"
    )
    focal_px: float = setting(
        0.0, unit="px", source="choice: 0 means the focal length is taken from the tags", bureau=True
    )
    calibrated_focal_sd: float = setting(
        0.005, unit="1", source="choice: a maker's nominal calibration against the single camera"
    )
    lens_focal_sd: float = setting(0.01, unit="1", source="choice: focal lengths are tagged with 2 to 3 digits")
    equivalent_focal_sd: float = setting(
        0.04, unit="1", source="choice: whole mm; 4 % between diagonal and width conventions on 4:3"
    )
    video_spacing_m: float = setting(
        10.0, unit="m", source="choice: two thirds overlap of a 16:9 video from 40 m; less way for lower flights"
    )
    video_focal_sd: float = setting(0.1, unit="1", source="choice: stabilisation crops videos by up to a tenth")
    horizontal_sd_m: float = setting(3.0, unit="m", source="GPS SPS Performance Standard 2020, 95 % < 8 m")
    vertical_sd_m: float = setting(5.0, unit="m", source="docs/coordinates.md: absolute heights are ± 5-30 m")
    rtk_sd_m: float = setting(0.03, unit="m", source="doi:10.3390/rs9020172, 2-3 cm")
    angle_sd_rad: float = setting(
        0.035, unit="rad", source="choice: 2°, bundle-adjusted against tagged tilt in Brighton"
    )
    position_conflict_m: float = setting(
        20.0, unit="m", source="choice: beyond what two roundings of one fix explain"
    )


def read_frames(
    files: Iterable[Path], settings: PhotoSettings, *, root: Path | None = None
) -> Outcome[tuple[Frame, ...]]:
    """Index photos: one frame each, without decoding any.

    Parameters
    ----------
    files : iterable of Path
        JPEG and TIFF photos, and the ``Timestamp.MRK`` of RTK flights beside them, in any order.
    settings : PhotoSettings
    root : Path, optional
        Folder to which the names shown to people are relative.

    Returns
    -------
    Outcome of tuple of Frame
        Sorted by time, then name (photos without a time last); a `Reject` for every file that is not a usable photo.
    """
    frames: list[Frame] = []
    notes = Notes()
    alike: dict[tuple[str, Decision], list[str]] = defaultdict(list)
    exposures: list[tuple[Path, str]] = []
    videos: list[tuple[Path, str]] = []
    for path in files:
        item = _item(path, root)
        if path.suffix.lower() == ".mrk":
            exposures.append((path, item))
            continue
        if path.suffix.lower() in (*VIDEO_TYPES, ".srt"):
            videos.append((path, item))
            continue
        try:
            frame, decisions = _read_frame(path, item, settings)
        except FileError as error:
            notes.keep(error.reject)
            continue
        frames.append(frame)
        for decision in decisions:
            alike[item.rpartition("/")[0], decision].append(item)
    notes.keep(*(replace(decision, item=_label(items)) for (_, decision), items in alike.items()))
    filmed = notes.take(_read_videos(videos, settings))
    given = notes.take(
        apply_marks_of_exposure([*frames, *filmed], exposures, conflict_m=settings.position_conflict_m)
    )
    frames = sorted(given, key=lambda f: (f.time is None, f.time.timestamp() if f.time else 0.0, f.item))
    refused = len(notes.rejects)
    logger.info(Phrase("log_photos", {"count": len(frames) + refused, "read": len(frames), "rejected": refused}))
    return notes.outcome(tuple(frames))


def read_image(frame: Frame, *, reduce: int = 1) -> Pixels:
    """Decode the pixels of a frame as its sensor saw them: the EXIF orientation is not applied.

    Parameters
    ----------
    frame : Frame
    reduce : {1, 2, 4, 8}
        Divide the size by this (rounded up); JPEGs are decoded at the smaller size, which is quicker.

    Returns
    -------
    array, shape (row, column, band)
        Bands in the order red, green, blue, or one band; uint8, uint16, or float32 (radiometric TIFF, °C).

    Raises
    ------
    FileError
        If the pixels are damaged or end early.
    """
    if reduce not in _REDUCED:
        raise ValueError(f"reduce is {reduce}, expected 1, 2, 4 or 8")
    if (moment := read_video_image(frame, reduce=reduce)) is not None:
        return moment
    jpeg = read_tags(frame.path, frame.item).container == "jpeg"  # raises where the file ends early
    flags = (_REDUCED[reduce] | cv2.IMREAD_IGNORE_ORIENTATION) if jpeg else cv2.IMREAD_UNCHANGED
    try:
        # Through memory, because OpenCV opens only names of the local code page on Windows.
        pixels = cv2.imdecode(np.fromfile(frame.path, np.uint8), flags)
    except (OSError, cv2.error) as error:
        raise FileError(frame.item, "photo_not_decoded", {"error": str(error)}) from error
    if pixels is None:
        raise FileError(frame.item, "pixels_not_decoded")
    if pixels.dtype not in (np.uint8, np.uint16, np.float32):
        raise FileError(frame.item, "pixels_of_unknown_type", {"type": str(pixels.dtype)})
    if not jpeg and reduce > 1:
        size = (-(-pixels.shape[1] // reduce), -(-pixels.shape[0] // reduce))
        pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    return _bands_last(cast(Pixels, pixels))


def read_values(frame: Frame, *, reduce: int = 1) -> Pixels | NDArray[np.float32]:
    """Read what the camera measured: of a thermal photo its values, of any other the same as `read_image`.

    Returns
    -------
    array, shape (row, column, band)
        Thermal values are float32 with one band, in the unit of ``frame.tags["ThermalUnit"]``.

    Raises
    ------
    FileError
        If the values are damaged, or the maker's tool fails on them.
    """
    if not frame.tags.get("ThermalUnit"):
        return read_image(frame, reduce=reduce)
    values = read_thermal(frame.path, frame.item, read_tags(frame.path, frame.item))
    if reduce > 1:
        size = (-(-values.shape[1] // reduce), -(-values.shape[0] // reduce))
        values = np.asarray(cv2.resize(values, size, interpolation=cv2.INTER_AREA), np.float32)
    return values[:, :, np.newaxis]


# --- one photo -----------------------------------------------------------------------------------------------------


def _read_frame(path: Path, item: str, settings: PhotoSettings) -> tuple[Frame, list[Decision]]:
    """Read one photo's frame, and what had to be decided about it (without item: photos alike are told together)."""
    tags = read_tags(path, item)
    xmp = parse_xmp(tags.xmp) if tags.xmp else {}
    defaults = PoseDefaults(
        settings.horizontal_sd_m,
        settings.vertical_sd_m,
        settings.rtk_sd_m,
        settings.angle_sd_rad,
        settings.position_conflict_m,
    )
    tagged = pose_from_tags(tags, xmp, item, defaults)
    camera = camera_from_tags(
        tags,
        xmp,
        item,
        calibrated_sd=settings.calibrated_focal_sd,
        lens_sd=settings.lens_focal_sd,
        equivalent_sd=settings.equivalent_focal_sd,
        focal_px=settings.focal_px or None,
    )
    time = exposure_time(
        tags,
        xmp,
        tagged.pose.lon,
        tagged.pose.lat,
        time_zone=settings.time_zone,
        clock_tolerance_s=settings.clock_tolerance_s,
    )
    kind, band = photo_kind(tags, xmp)
    thermal = thermal_kind(tags)
    if thermal.source == "flir":
        kind = "thermal"
    unit = {"ThermalUnit": thermal.unit} if kind == "thermal" and thermal.source else {}
    frame = Frame(
        item, path, camera, tagged.pose, time.utc, kind, band, tagged.flight_yaw_rad, tagged.target_distance_m,
        _kept_tags(tags, xmp) | unit, band_radiometry(tags, xmp) if kind == "multispectral" else None,
    )  # fmt: skip
    decisions = [_focal(camera), *(x.decision for x in (tagged, time) if x.decision)]
    if kind == "thermal":
        decisions.append(thermal_decision(thermal))
    return frame, decisions


def _focal(camera: Camera) -> Decision:
    """The focal length that is believed, in whole pixels so that photos of one camera are told together."""
    focal, sd = round(camera.focal_px, 0), round(camera.focal_sd_px, 0)
    seen_by = Phrase(
        "camera_of_photo" if camera.model else "camera_without_name",
        {"model": camera.model, "columns": camera.width_px, "rows": camera.height_px},
    )
    return Decision("", "photo_focal", {"focal_px": focal, "sd_px": sd, "source": focal_source(camera)}, seen_by)


def _read_videos(files: Sequence[tuple[Path, str]], settings: PhotoSettings) -> Outcome[tuple[Frame, ...]]:
    """Frames of every video that has its subtitles beside it."""
    notes = Notes()
    frames: list[Frame] = []
    for video, item, subtitles, subtitles_item in notes.take(pair_videos(files)):
        try:
            filmed = notes.take(
                read_video_frames(
                    video, item, subtitles, subtitles_item, spacing_m=settings.video_spacing_m,
                    time_zone=settings.time_zone, focal_px=settings.focal_px, focal_sd=settings.video_focal_sd,
                )
            )  # fmt: skip
        except FileError as error:
            notes.keep(error.reject)
            continue
        frames += filmed
    return notes.outcome(tuple(frames))


def _kept_tags(tags: PhotoTags, xmp: dict[str, str]) -> dict[str, str]:
    kept = {name: text for name in _KEPT_EXIF if (text := tags.text(name))}
    orientation = tags.number("Orientation")
    if orientation is not None:
        kept["Orientation"] = f"{orientation:.0f}"
    return kept | {name: xmp[tag] for name, tag in _KEPT_XMP.items() if xmp.get(tag)}


def _item(path: Path, root: Path | None) -> str:
    if root is not None and path.is_relative_to(root):
        return path.relative_to(root).as_posix()
    return path.name


def _label(items: Sequence[str]) -> str:
    return items[0] if len(items) == 1 else f"{items[0]} and {len(items) - 1} more"


def _bands_last(pixels: Pixels) -> Pixels:
    """(row, column) or OpenCV's (row, column, BGR[A]) → (row, column, band) with red first."""
    if pixels.ndim == 2:
        return pixels[:, :, np.newaxis]
    return cast(Pixels, np.ascontiguousarray(pixels[:, :, 2::-1])) if pixels.shape[2] >= 3 else pixels
