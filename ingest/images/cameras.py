"""Interior orientation of a photo's camera, from its calibration tags, its lens tags, or a table of known cameras."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import numpy as np

from ingest.errors import FileError
from ingest.images.exif import PhotoTags
from ingest.outcome import Phrase
from ingest.schema import Camera

_DIAGONAL_35MM = math.hypot(36.0, 24.0)
_MM_PER_UNIT = {2.0: 25.4, 3.0: 10.0, 4.0: 1.0, 5.0: 0.001}
# A focal length outside of 0.2 (150° field of view) to 60 image widths (1°) is a misread tag.
_PLAUSIBLE_WIDTHS = (0.2, 60.0)
# Where a focal length came from, as `Camera.source` says it.
_SOURCE_CODES = {
    "declared": "focal_declared",
    "maker's calibration": "focal_calibrated",
    "maker's calibration (fisheye)": "focal_calibrated_fisheye",
    "exif focal plane": "focal_of_focal_plane",
    "exif focal length, camera table": "focal_of_lens",
    "exif 35 mm equivalent": "focal_of_equivalent",
    "camera table": "focal_of_camera_table",
}


@dataclass(frozen=True)
class CameraRow:
    """One camera of the table: full sensor width and nominal focal length, both from the maker's specification."""

    model: str
    widths_px: frozenset[int]
    sensor_width_mm: float
    focal_mm: float | None
    kind: str


@dataclass(frozen=True)
class _Candidate:
    focal_px: float
    source: str
    relative_sd: float
    centre: tuple[float, float] | None = None
    distortion: tuple[float, float, float, float, float] = (0.0, 0.0, 0.0, 0.0, 0.0)


def camera_from_tags(
    tags: PhotoTags,
    xmp: Mapping[str, str],
    item: str,
    *,
    calibrated_sd: float,
    lens_sd: float,
    equivalent_sd: float,
    focal_px: float | None = None,
) -> Camera:
    """Build the interior orientation from the best evidence in a photo's tags.

    In this order: a focal length given by the user; the maker's calibration (DJI ``DewarpData`` and
    ``CalibratedFocalLength``, Pix4D ``PerspectiveFocalLength``); lens focal length with EXIF focal-plane resolution;
    with the camera table; the 35 mm equivalent; the table alone. A digital zoom narrows the view.

    Parameters
    ----------
    tags, xmp
        Tags of the photo.
    item : str
        Name of the photo, for messages.
    calibrated_sd, lens_sd, equivalent_sd : float
        Relative standard deviation of a focal length from each kind of evidence.
    focal_px : float, optional
        Focal length in pixels that overrides the tags.

    Raises
    ------
    FileError
        If nothing tells the focal length.

    Notes
    -----
    The table's sensor width is taken to span the image width: right for full images and for 16:9 crops of 4:3
    sensors, wrong for photos cropped at the sides. The 35 mm equivalent compares diagonals (CIPA DCG-001) of the full
    sensor, taken as 3:2 where the image is, else as 4:3.
    """
    width, height = tags.width_px, tags.height_px
    sds = (calibrated_sd, lens_sd, equivalent_sd)
    given = [_Candidate(focal_px, "declared", calibrated_sd)] if focal_px else []
    low, high = _PLAUSIBLE_WIDTHS
    for found in (*given, *_candidates(tags, xmp, sds)):
        if low * width <= found.focal_px <= high * width:
            centre = found.centre or ((width - 1) / 2.0, (height - 1) / 2.0)
            return Camera(
                width, height, found.focal_px, *centre, found.distortion, tags.text("Model"), found.source,
                found.relative_sd * found.focal_px,
            )  # fmt: skip
    raise FileError(item, "focal_unknown", {"model": tags.text("Model") or Phrase("camera_without_model")})


def focal_source(camera: Camera) -> Phrase:
    """Where the focal length of a photo's camera came from, for a sentence."""
    return Phrase(_SOURCE_CODES[camera.source])


def photo_kind(tags: PhotoTags, xmp: Mapping[str, str]) -> tuple[str, str]:
    """Return the kind of photo (``rgb``, ``thermal``, ``multispectral``) and the name of its band, if it has one."""
    band = xmp.get("Camera:BandName", "") or xmp.get("drone-dji:BandName", "")
    if band and "," not in band:
        return ("thermal" if "lwir" in band.lower() else "multispectral"), band
    if "infrared" in xmp.get("drone-dji:ImageSource", "").lower():
        return "thermal", ""
    row = _table_row(tags)
    return (row.kind if row else "rgb"), ""


# --- evidence ------------------------------------------------------------------------------------------------------


def _candidates(tags: PhotoTags, xmp: Mapping[str, str], sds: tuple[float, float, float]) -> Iterator[_Candidate]:
    """Yield what each kind of tag says about the camera, best first."""
    calibrated_sd, lens_sd, equivalent_sd = sds
    yield from _from_dji_calibration(tags, xmp, calibrated_sd)
    yield from _from_pix4d_calibration(tags, xmp, calibrated_sd)
    yield from _from_pix4d_fisheye(tags, xmp, calibrated_sd)
    zoom = tags.number("DigitalZoomRatio") or 1.0
    zoom = zoom if 1.0 <= zoom <= 100.0 else 1.0
    focal_mm = tags.number("FocalLength") or 0.0
    per_mm = _pixels_per_mm(tags)
    if focal_mm and per_mm:
        yield _Candidate(focal_mm * per_mm * zoom, "exif focal plane", lens_sd)
    row = _table_row(tags)
    if focal_mm and row:
        yield _Candidate(
            focal_mm / row.sensor_width_mm * tags.width_px * zoom, "exif focal length, camera table", lens_sd
        )
    if equivalent := tags.number("FocalLengthIn35mmFilm"):
        yield _Candidate(
            equivalent / _DIAGONAL_35MM * _sensor_diagonal_px(tags), "exif 35 mm equivalent", equivalent_sd
        )
    if row and row.focal_mm:
        yield _Candidate(row.focal_mm / row.sensor_width_mm * tags.width_px * zoom, "camera table", lens_sd)


def _from_dji_calibration(tags: PhotoTags, xmp: Mapping[str, str], sd: float) -> Iterator[_Candidate]:
    middle = ((tags.width_px - 1) / 2.0, (tags.height_px - 1) / 2.0)
    # "2022-06-08;3713.29,3713.29,7.02,-8.72,-0.1125,0.0149,-0.00008,-0.0001,-0.0271": fx fy cx cy k1 k2 p1 p2 k3, the
    # centre as an offset from the middle. DewarpFlag 1: the camera has taken the distortion out already.
    values = _floats(xmp.get("drone-dji:DewarpData", "").rpartition(";")[2])
    if len(values) == 9 and values[0] > 0:
        fx, _, cx, cy, k1, k2, p1, p2, k3 = values
        lens = (0.0, 0.0, 0.0, 0.0, 0.0) if xmp.get("drone-dji:DewarpFlag") == "1" else (k1, k2, p1, p2, k3)
        yield _Candidate(fx, "maker's calibration", sd, (middle[0] + cx, middle[1] + cy), lens)
    values = _floats(xmp.get("drone-dji:CalibratedFocalLength", ""))
    if len(values) == 1 and values[0] > 0:
        yield _Candidate(values[0], "maker's calibration", sd)


def _from_pix4d_calibration(tags: PhotoTags, xmp: Mapping[str, str], sd: float) -> Iterator[_Candidate]:
    per_mm = _pixels_per_mm(tags)
    focal = _floats(xmp.get("Camera:PerspectiveFocalLength", ""))
    if not per_mm or len(focal) != 1:
        return
    centre_mm, lens = (
        _floats(xmp.get("Camera:PrincipalPoint", "")),
        _floats(xmp.get("Camera:PerspectiveDistortion", "")),
    )
    centre = (centre_mm[0] * per_mm - 0.5, centre_mm[1] * per_mm - 0.5) if len(centre_mm) == 2 else None
    k1, k2, k3, t1, t2 = lens if len(lens) == 5 else (0.0,) * 5
    yield _Candidate(focal[0] * per_mm, "maker's calibration", sd, centre, (k1, k2, t1, t2, k3))


def _from_pix4d_fisheye(tags: PhotoTags, xmp: Mapping[str, str], sd: float) -> Iterator[_Candidate]:
    """Pix4D's fisheye (also of the Parrot Sequoia) as Brown's model, fitted over the image by least squares.

    ρ = p0 + p1 θ + p2 θ² + p3 θ³ with θ = 2/π atan(R/Z), pixels = C ρ: near the axis a focal length of 2 C / π.
    """
    matrix, polynomial = (_floats(xmp.get(f"Camera:Fisheye{name}", "")) for name in ("AffineMatrix", "Polynomial"))
    per_mm = _pixels_per_mm(tags)
    if len(matrix) != 4 or len(polynomial) != 4 or matrix[0] <= 0 or polynomial[1] <= 0:
        return
    focal = matrix[0] * polynomial[1] * 2.0 / math.pi
    corner = math.hypot(tags.width_px, tags.height_px) / 2.0 / focal
    ray = np.linspace(0.01, 1.1 * math.tan(min(corner, 1.3)), 200)
    theta = 2.0 / math.pi * np.arctan(ray)
    seen = sum(p * theta**k for k, p in enumerate(polynomial)) * matrix[0] / focal
    inside = seen <= 1.05 * corner
    powers = np.stack([ray**3, ray**5, ray**7], axis=1)[inside]
    k1, k2, k3 = np.linalg.lstsq(powers, (seen - ray)[inside], rcond=None)[0].tolist()
    centre_mm = _floats(xmp.get("Camera:PrincipalPoint", ""))
    centre = (centre_mm[0] * per_mm - 0.5, centre_mm[1] * per_mm - 0.5) if len(centre_mm) == 2 and per_mm else None
    yield _Candidate(focal, "maker's calibration (fisheye)", sd, centre, (k1, k2, 0.0, 0.0, k3))


def _pixels_per_mm(tags: PhotoTags) -> float | None:
    """Pixels of this image per mm of sensor, from EXIF; photos made smaller keep the tags of the full image."""
    resolution = tags.number("FocalPlaneXResolution")
    unit = _MM_PER_UNIT.get(tags.number("FocalPlaneResolutionUnit") or 2.0)
    if not resolution or not unit:
        return None
    full_width = tags.number("PixelXDimension") or tags.width_px
    return resolution / unit * tags.width_px / full_width


def _sensor_diagonal_px(tags: PhotoTags) -> float:
    long_px = max(tags.width_px, tags.height_px)
    three_to_two = abs(tags.width_px * 2 - tags.height_px * 3) < 0.02 * long_px
    return long_px * (math.hypot(3.0, 2.0) / 3.0 if three_to_two else 1.25)


def _floats(text: str) -> tuple[float, ...]:
    try:
        values = tuple(float(part) for part in text.split(",")) if text else ()
    except ValueError:
        return ()
    return values if all(math.isfinite(v) for v in values) else ()


# --- the table -----------------------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def camera_table() -> dict[str, tuple[CameraRow, ...]]:
    """Known cameras by upper-case model name; a row with widths comes before the row for any other width."""
    text = (files("ingest.images") / "cameras.csv").read_text(encoding="utf-8")
    table: dict[str, tuple[CameraRow, ...]] = {}
    for row in csv.DictReader(text.splitlines()):
        widths = frozenset(int(width) for width in row["widths_px"].split())
        focal = float(row["focal_mm"]) if row["focal_mm"] else None
        entry = CameraRow(row["model"], widths, float(row["sensor_width_mm"]), focal, row["kind"])
        rows = (*table.get(entry.model.upper(), ()), entry)
        table[entry.model.upper()] = tuple(sorted(rows, key=lambda r: not r.widths_px))
    return table


def _table_row(tags: PhotoTags) -> CameraRow | None:
    rows = camera_table().get(tags.text("Model").upper(), ())
    return next((row for row in rows if not row.widths_px or tags.width_px in row.widths_px), None)
