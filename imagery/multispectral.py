"""Bands of a multispectral camera → one registered image of reflectance per capture, used like a photo.

Each band has a lens and a sensor of its own. Its pixels are led into the reference band by both cameras' interior
orientation and one homography, which is the same for the whole flight (the rig is rigid, the ground is far) and is
found by maximising the correlation of gradients (ECC; Evangelidis & Psarakis 2008, doi:10.1109/TPAMI.2008.113).
"""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from imagery.camera import distort, normalise
from imagery.phrases import one_by_one
from imagery.settings import ImagerySettings
from ingest.errors import FileError
from ingest.images.read import read_image, read_values
from ingest.outcome import Decision, Notes, Outcome, Phrase
from ingest.schema import BandRadiometry, Camera, Frame

_log = logging.getLogger(__name__)
Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
_Matrix = tuple[float, ...]
_IDENTITY: _Matrix = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)


@dataclass(frozen=True)
class BandView:
    """One band of a capture; ``matrix`` (3 × 3, row by row) corrects its place in pixels of the reference band."""

    name: str
    frame: Frame
    matrix: _Matrix = _IDENTITY


@dataclass(frozen=True)
class Capture(Frame):
    """All bands of one moment: a frame (that of the reference band) with the bands to be read beside it."""

    bands: tuple[BandView, ...] = ()


def assemble_captures(frames: Sequence[Frame], settings: ImagerySettings) -> Outcome[tuple[Frame, ...]]:
    """Join the bands of every capture; photos that are not multispectral go through as they are.

    Returns
    -------
    Outcome of tuple of Frame
        Captures with all bands of the flight; incomplete captures are rejected, the registration is a decision.
    """
    single = [f for f in frames if f.kind != "multispectral"]
    groups = _group(sorted((f for f in frames if f.kind == "multispectral"), key=_moment))
    if not groups:
        return Outcome(tuple(frames))
    names = _common_bands(groups)
    complete = [g for g in groups if {_band(f) for f in g} == set(names)]
    notes = Notes()
    for group in (g for g in groups if g not in complete):
        for frame in group:
            notes.reject(frame.item, "bands", "capture_incomplete", {"bands": len(group), "of": len(names)})
    matrices = notes.take(_register(complete, names, settings))
    captures = tuple(_capture(group, names, matrices) for group in complete)
    notes.keep(*(_light_decision(capture) for capture in captures[:1]))
    return notes.outcome((*single, *captures))


def _moment(frame: Frame) -> tuple[float, str]:
    return (frame.time.timestamp() if frame.time else 0.0, frame.item)


def _group(frames: Sequence[Frame]) -> list[list[Frame]]:
    """Frames of one capture: by its identifier, else within 0.6 s with no band twice (frames in order of time)."""
    groups: list[list[Frame]] = []
    known: dict[str, list[Frame]] = {}
    for frame in frames:
        key = frame.radiometry.capture if frame.radiometry else ""
        if key:
            if key not in known:
                groups.append(known.setdefault(key, []))
            known[key].append(frame)
            continue
        last = groups[-1] if groups and not (groups[-1][0].radiometry and groups[-1][0].radiometry.capture) else []
        fits = last and _moment(frame)[0] - _moment(last[0])[0] <= 0.6 and _band(frame) not in map(_band, last)
        if fits:
            last.append(frame)
        else:
            groups.append([frame])
    return groups


def _band(frame: Frame) -> str:
    return "_".join(frame.band.lower().replace("-", " ").split()) or "band"


def _common_bands(groups: Sequence[Sequence[Frame]]) -> tuple[str, ...]:
    """The set of bands that most captures have, in order of wavelength, then name."""
    sets = [tuple(sorted({_band(f) for f in g})) for g in groups]
    best = max(sorted(set(sets)), key=lambda bands: (sets.count(bands), len(bands)))
    example = groups[sets.index(best)]
    wave = {_band(f): float(f.tags.get("CentralWavelength", "inf").split(",")[0] or "inf") for f in example}
    return tuple(sorted(best, key=lambda band: (wave[band], band)))


def _reference(names: Sequence[str]) -> str:
    """Green has the sharpest lens of most rigs and gradients in common with every other band; else the first one."""
    return "green" if "green" in names else names[0]


def _capture(group: Sequence[Frame], names: Sequence[str], matrices: dict[str, _Matrix]) -> Capture:
    frames = {_band(f): f for f in group}
    chief = frames[_reference(names)]
    bands = tuple(BandView(name, frames[name], matrices.get(name, _IDENTITY)) for name in names)
    return Capture(**vars(chief), bands=bands)


def band_names(frame: Frame) -> tuple[str, ...]:
    """Names of the mosaic's layers that a photo gives: colours, ``value``, or ``reflectance_<band>``."""
    if isinstance(frame, Capture):
        return tuple(f"reflectance_{band.name}" for band in frame.bands)
    return ("red", "green", "blue") if frame.kind == "rgb" else ("value",)


# --- radiometry ----------------------------------------------------------------------------------------------------


def reflectance(counts: NDArray[np.generic], radiometry: BandRadiometry) -> Singles:
    """Turn the counts (rows, columns) of one band into reflectance.

    L = V(x, y) · a1 · (p − dark) / (gain · exposure · range) · R(y), reflectance = π L / E where the calibration is
    absolute, else L / E, known up to one factor a band (MicaSense radiometric model; DJI P4M guide, Eq. 7-9).
    Without a light sensor E is left out.

    Parameters
    ----------
    counts : array of uint8, uint16 or float
        A full scale of 255 or 65535 is divided out of integers.
    """
    full = float(2 ** (8 * counts.dtype.itemsize)) if counts.dtype.kind == "u" else 1.0
    rows, columns = counts.shape[:2]
    signal = np.maximum(counts.astype(np.float32).reshape(rows, columns) - np.float32(radiometry.dark_level), 0)
    a1, a2, a3 = radiometry.row_model
    scale = a1 / (radiometry.gain * radiometry.exposure_s * full)
    if math.isfinite(radiometry.irradiance) and radiometry.irradiance > 0:
        scale *= (math.pi if radiometry.absolute else 1.0) / radiometry.irradiance
    result = signal * _flat_field(radiometry, rows, columns) * np.float32(scale)
    if a2 or a3:
        row = np.arange(rows, dtype=np.float32)[:, None]
        result /= 1.0 + a2 * row / np.float32(radiometry.exposure_s) - a3 * row
    return np.asarray(result, np.float32)


def _flat_field(radiometry: BandRadiometry, rows: int, columns: int) -> Singles:
    return _cached_flat_field(
        radiometry.vignette_centre,
        radiometry.vignette_radial,
        radiometry.vignette_divides,
        radiometry.vignette_surface,
        rows,
        columns,
    )


@lru_cache(maxsize=12)
def _cached_flat_field(
    centre: tuple[float, float] | None,
    radial: tuple[float, ...],
    divides: bool,
    surface: tuple[tuple[int, int, float], ...],
    rows: int,
    columns: int,
) -> Singles:
    """Factor by which the counts of every pixel are multiplied against the falling off towards the corners."""
    x, y = np.meshgrid(np.arange(columns, dtype=float), np.arange(rows, dtype=float))
    factor = np.ones((rows, columns))
    if radial and centre is not None:
        r = np.hypot(x - centre[0], y - centre[1])
        polynomial = 1.0 + sum(k * r ** (n + 1) for n, k in enumerate(radial))
        factor = 1.0 / polynomial if divides else polynomial
    if surface:
        factor = factor / sum(k * (x / columns) ** a * (y / rows) ** b for a, b, k in surface)
    return np.asarray(factor, np.float32)


def reflectance_attributes(frame: Frame) -> dict[str, dict[str, str]]:
    """Unit and name of every layer of a capture's mosaic."""
    if not isinstance(frame, Capture):
        return {}
    named = {band.name: _LIGHT[_light(band.frame)] for band in frame.bands}
    return {f"reflectance_{name}": {"units": "1", "long_name": f"{name}: {light}"} for name, light in named.items()}


_LIGHT = {
    "no_exposure": "counts; no exposure tags",
    "no_light_sensor": "counts per gain and exposure; no light sensor",
    "absolute": "reflectance",
    "relative": "relative reflectance, up to one factor of this band (no panel)",
}
_LIGHT_CODES = {
    "no_exposure": "band_values_counts",
    "no_light_sensor": "band_values_counts_per_exposure",
    "absolute": "band_values_reflectance",
    "relative": "band_values_relative_reflectance",
}


def _light(frame: Frame) -> str:
    """What the values of a band are: a key of `_LIGHT`."""
    radiometry = frame.radiometry
    if radiometry is None:
        return "no_exposure"
    if not math.isfinite(radiometry.irradiance):
        return "no_light_sensor"
    return "absolute" if radiometry.absolute else "relative"


def _light_decision(capture: Capture) -> Decision:
    kinds = sorted({_light(band.frame) for band in capture.bands}, key=_LIGHT.__getitem__)
    meaning = one_by_one([Phrase(_LIGHT_CODES[kind]) for kind in kinds])
    model = capture.camera.model
    why = Phrase("radiometric_tags_of_model", {"model": model}) if model else Phrase("radiometric_tags")
    return Decision(f"flight of {capture.item}", "multispectral_values", {"meaning": meaning}, why)


# --- registration --------------------------------------------------------------------------------------------------


def _register(
    captures: Sequence[Sequence[Frame]], names: Sequence[str], settings: ImagerySettings
) -> Outcome[dict[str, _Matrix]]:
    """Homography of every band from the capture in which it correlates best with the reference or a band on it."""
    if not captures:
        return Outcome({})
    step = max(1, len(captures) // settings.rig_captures)
    tried = captures[::step][: settings.rig_captures]
    chief = _reference(names)
    placed: dict[str, _Matrix] = {chief: _IDENTITY}
    notes = Notes()
    left = [name for name in names if name != chief]
    matches = {name: _match(tried, chief, chief, _IDENTITY, name) for name in left}
    while left:
        # The band that is most like one of those already placed comes next: near infrared by way of the red edge.
        name = max(left, key=lambda band: matches[band].likeness)
        match = matches[name]
        found = match.likeness >= settings.min_band_likeness
        placed[name] = tuple(match.matrix.ravel().tolist()) if found else _IDENTITY
        left.remove(name)
        if found:
            others = {band: _match(tried, chief, name, placed[name], band) for band in left}
            matches |= {band: other for band, other in others.items() if other.likeness > matches[band].likeness}
        notes.decide(
            f"flight of {captures[0][0].item}",
            "band_registered" if found else "band_not_registered",
            {
                "band": name,
                "beside": match.beside if found else chief,
                "likeness": match.likeness,
                "right_px": float(match.matrix[0, 2]),
                "down_px": float(match.matrix[1, 2]),
            },
        )
    return notes.outcome(placed)


@dataclass(frozen=True, eq=False)
class _Match:
    """Where a band lies in pixels of the reference, how alike the two are, and which band it was held against."""

    matrix: Floats
    likeness: float
    beside: str


def _match(captures: Sequence[Sequence[Frame]], chief: str, beside: str, matrix: _Matrix, name: str) -> _Match:
    """Match a band with one that is already placed, in pixels of the reference, in the capture that suits best."""
    best = _Match(np.eye(3), -1.0, beside)
    for group in captures:
        frames = {_band(f): f for f in group}
        camera = frames[chief].camera
        try:
            one, two = (read_image(frames[b])[..., 0].astype(np.float32) for b in (beside, name))
        except FileError as error:
            _log.info(Phrase("log_band_left_out", {"item": error.item, "why": error.phrase}))
            continue
        if beside != chief:
            one = _remap(one, camera, frames[beside].camera, matrix, inside=False)
        found, likeness = register_band(one, two, camera, frames[name].camera)
        if likeness > best.likeness:
            best = _Match(found, likeness, beside)
    return best


def register_band(
    reference: NDArray[np.generic], band: NDArray[np.generic], reference_camera: Camera, band_camera: Camera
) -> tuple[Floats, float]:
    """Find the homography that leads pixels of the reference to their place in the band, led over by the cameras.

    Returns
    -------
    matrix : array, shape (3, 3)
        In pixels of the reference.
    likeness : float
        Correlation of the gradients, −1 where none was found.
    """
    led = _remap(band.astype(np.float32), reference_camera, band_camera, _IDENTITY, inside=False)
    matrix, likeness = np.eye(3), -1.0
    for reduce in (8, 4, 2):
        one, two = (_gradients(image.astype(np.float32), reduce) for image in (reference, led))
        if reduce == 8:
            window = np.asarray(cv2.createHanningWindow(one.shape[::-1], cv2.CV_32F))
            (dx, dy), _ = cv2.phaseCorrelate(one, two, window)
            matrix[:2, 2] = np.array([dx, dy]) * reduce
        start = _scaled(matrix, 1.0 / reduce).astype(np.float32)
        criteria = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 60, 1e-5)
        try:
            rho, found = cv2.findTransformECC(one, two, start, cv2.MOTION_HOMOGRAPHY, criteria, None, 5)  # type: ignore[call-overload]
        except cv2.error:
            break
        matrix, likeness = _scaled(np.asarray(found, float), float(reduce)), float(rho)
    return matrix, likeness


def _gradients(image: Singles, reduce: int) -> Singles:
    """Magnitude of gradients: what is dark in one band and bright in another shares its edges."""
    size = (image.shape[1] // reduce, image.shape[0] // reduce)
    small = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA))
    magnitude = np.hypot(cv2.Sobel(small, cv2.CV_32F, 1, 0), cv2.Sobel(small, cv2.CV_32F, 0, 1))
    top = max(float(np.percentile(magnitude, 98)), 1e-6)
    return np.asarray(np.minimum(magnitude / top, 1.0), np.float32)


def _scaled(matrix: Floats, factor: float) -> Floats:
    """A homography of pixels as one of pixels ``factor`` times smaller (their centres as in `reduced_pixels`)."""
    shift = (factor - 1.0) / 2.0
    to = np.array([[factor, 0, shift], [0, factor, shift], [0, 0, 1.0]])
    scaled = to @ matrix @ np.linalg.inv(to)
    return np.asarray(scaled / scaled[2, 2])


@lru_cache(maxsize=12)
def _places(reference: Camera, band: Camera, matrix: _Matrix) -> Singles:
    """Pixels of the band (rows, columns, 2) that show what the pixels of the reference show."""
    x, y = np.meshgrid(np.arange(reference.width_px, dtype=float), np.arange(reference.height_px, dtype=float))
    points = np.stack([x.ravel(), y.ravel(), np.ones(x.size)], axis=1) @ np.array(matrix).reshape(3, 3).T
    plane = normalise(reference, points[:, :2] / points[:, 2:3])
    pixels = distort(plane, band.distortion) * band.focal_px + np.array([band.centre_x_px, band.centre_y_px])
    return np.asarray(pixels.reshape(*x.shape, 2), np.float32)


def _remap(image: Singles, reference: Camera, band: Camera, matrix: _Matrix, *, inside: bool = True) -> Singles:
    """The band as the reference sees it; where the band does not see, NaN if ``inside``, else its edge."""
    places = _places(reference, band, matrix)
    border = cv2.BORDER_CONSTANT if inside else cv2.BORDER_REPLICATE
    warped = cv2.remap(image, places, None, cv2.INTER_LINEAR, borderMode=border, borderValue=float("nan"))  # type: ignore[call-overload]
    return np.asarray(warped, np.float32)


# --- pixels --------------------------------------------------------------------------------------------------------


def read_measured(frame: Frame, *, reduce: int = 1) -> NDArray[np.generic]:
    """Read a photo's measured values; of a capture its registered reflectance, a band a channel, NaN beyond a band.

    Raises
    ------
    FileError
        If the pixels are damaged.
    """
    if not isinstance(frame, Capture):
        return read_values(frame, reduce=reduce)
    layers = [_read_band(frame, band) for band in frame.bands]
    if reduce > 1:
        size = (-(-frame.camera.width_px // reduce), -(-frame.camera.height_px // reduce))
        layers = [np.asarray(cv2.resize(layer, size, interpolation=cv2.INTER_AREA)) for layer in layers]
    return np.stack(layers, axis=-1)


def _read_band(capture: Capture, band: BandView) -> Singles:
    counts = read_image(band.frame)[..., 0]
    plain = replace(_BLANK, band=band.name)
    values = reflectance(counts, band.frame.radiometry or plain)
    if band.frame.path == capture.path:
        return values
    return _remap(values, capture.camera, band.frame.camera, band.matrix)


_BLANK = BandRadiometry("", "", 0.0, 1.0, 1.0, math.nan)
