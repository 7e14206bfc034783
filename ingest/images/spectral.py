"""Radiometric tags of multispectral cameras: what is needed to turn a band's counts into reflectance.

=====================  ============================================  ============================================
camera                 tags                                          reflectance
=====================  ============================================  ============================================
MicaSense RedEdge-M,   ``MicaSense:RadiometricCalibration``,         absolute: π L / E with the light sensor's
-MX, Altum             ``Camera:HorizontalIrradiance``               horizontal irradiance
DJI P4 Multispectral,  ``SensorGain``, ``SensorGainAdjustment``,     relative: up to one factor a band, which a
Mavic 3M               ``Irradiance``, ``VignettingData``            panel of known reflectance would give
Parrot Sequoia         ``Camera:IrradianceList``,                    relative, likewise
                       ``Camera:VignettingPolynomial2D``
=====================  ============================================  ============================================

Sources: MicaSense, *RedEdge camera radiometric calibration model* (knowledge base) and imageprocessing (MIT); DJI,
*P4 Multispectral Image Processing Guide* v1.0 (2020.07), Eq. 7-9, and *Mavic 3M Image Processing Guide* v1.0
(2023.08); Parrot, application notes SEQ-AN-01 (irradiance of a pixel) and SEQ-AN-02 (vignetting).
"""

from __future__ import annotations

import base64
import binascii
import math
import struct
from collections.abc import Mapping

from ingest.images.exif import PhotoTags
from ingest.schema import BandRadiometry

# One reading of the Sequoia's sunshine sensor: time [µs], two channels, gain index, integration time [ms], attitude.
_READING = struct.Struct("<QHHHHfff")
_REFERENCE_GAIN = 1


def band_radiometry(tags: PhotoTags, xmp: Mapping[str, str]) -> BandRadiometry | None:
    """Read the radiometric tags of one band; None where exposure or gain is not stated."""
    exposure = _exposure_s(tags, xmp)
    gain = _number(xmp, "drone-dji:SensorGain") or (tags.number("ISOSpeed") or 0.0) / 100.0
    if exposure <= 0 or gain <= 0:
        return None
    adjust = _number(xmp, "drone-dji:SensorGainAdjustment") or 1.0
    rows = _numbers(xmp, "MicaSense:RadiometricCalibration")
    irradiance, absolute = _irradiance(tags, xmp, calibrated=len(rows) == 3)
    dark = tags.numbers("BlackLevel") or _numbers(xmp, "Camera:BlackLevel", "drone-dji:BlackLevel")
    radial, divide = _radial(xmp)
    centre = _numbers(xmp, "Camera:VignettingCenter") or _numbers(
        xmp, "drone-dji:CalibratedOpticalCenterX", "drone-dji:CalibratedOpticalCenterY", joined=True
    )
    names = ("Camera:CaptureUUID", "drone-dji:CaptureUUID", "MicaSense:CaptureId")
    return BandRadiometry(
        capture=next((xmp[name] for name in names if xmp.get(name)), ""),
        band=xmp.get("Camera:BandName", "") or xmp.get("drone-dji:BandName", ""),
        dark_level=sum(dark) / len(dark) if dark else 0.0,
        exposure_s=exposure,
        gain=gain / adjust,
        irradiance=irradiance,
        absolute=absolute,
        row_model=(rows[0], rows[1], rows[2]) if len(rows) == 3 else (1.0, 0.0, 0.0),
        vignette_centre=(centre[0], centre[1]) if len(centre) == 2 else None,
        vignette_radial=radial,
        vignette_divides=divide,
        vignette_surface=_surface(xmp),
    )


def sunshine_irradiance(encoded: str, calibration: str, at_us: float | None) -> float:
    """Irradiance in arbitrary units of the Sequoia's sunshine sensor at the moment of an exposure.

    Parameters
    ----------
    encoded : str
        ``Camera:IrradianceList``: readings of 28 bytes, base64.
    calibration : str
        ``Camera:IrradianceCalibrationMeasurement``: gain index, exposure and both channels, for each gain.
    at_us : float or None
        Time since the camera started [µs]; without it the last reading is taken.

    Returns
    -------
    float
        Counts over integration time and relative gain; NaN where there is no usable reading.
    """
    try:
        raw = base64.b64decode(encoded)
    except (binascii.Error, ValueError):
        return math.nan
    whole = len(raw) // _READING.size * _READING.size
    readings = [reading for reading in _READING.iter_unpack(raw[:whole]) if reading[4] > 0]
    if not readings:
        return math.nan
    chosen = readings[-1] if at_us is None else min(readings, key=lambda reading: abs(reading[0] - at_us))
    gains = _sunshine_gains(calibration)
    return float(chosen[1] / (chosen[4] * gains.get(chosen[3], math.nan)))


def _sunshine_gains(calibration: str) -> dict[int, float]:
    """Gain of each index relative to the reference, from counts of one light at one exposure; no saturated ones."""
    try:
        numbers = [float(part) for part in calibration.split(",")] if calibration else []
    except ValueError:
        return {}
    counts = {int(numbers[k]): numbers[k + 2] for k in range(0, len(numbers) - 3, 4) if 0 < numbers[k + 2] < 65535}
    reference = counts.get(_REFERENCE_GAIN)
    return {index: count / reference for index, count in counts.items()} if reference else {_REFERENCE_GAIN: 1.0}


def _exposure_s(tags: PhotoTags, xmp: Mapping[str, str]) -> float:
    """Exposure time: DJI writes microseconds into its XMP."""
    micro = _number(xmp, "drone-dji:ExposureTime")
    return micro / 1e6 if micro else tags.number("ExposureTime") or 0.0


def _irradiance(tags: PhotoTags, xmp: Mapping[str, str], *, calibrated: bool) -> tuple[float, bool]:
    """Irradiance, and whether reflectance from it is absolute; NaN where no light sensor was there."""
    horizontal = _number(xmp, "Camera:HorizontalIrradiance")
    if horizontal:
        scale = _number(xmp, "Camera:IrradianceScaleToSIUnits") or 0.01  # µW cm-2 nm-1 in W m-2 nm-1
        return horizontal * scale, calibrated
    if xmp.get("Camera:IrradianceList"):
        started = _since_start_us(tags)
        calibration = xmp.get("Camera:IrradianceCalibrationMeasurement", "")
        return sunshine_irradiance(xmp["Camera:IrradianceList"], calibration, started), False
    stated = _number(xmp, "drone-dji:Irradiance")
    return (stated, False) if stated else (math.nan, False)


def _since_start_us(tags: PhotoTags) -> float | None:
    """Time since the camera started: the Sequoia puts it into DateTimeDigitized, counted from 1970."""
    text, digits = tags.text("DateTimeDigitized"), tags.text("SubSecTime")
    if not text.startswith("1970:01:"):
        return None
    try:
        day, hour, minute, second = int(text[8:10]), int(text[11:13]), int(text[14:16]), int(text[17:19])
    except ValueError:
        return None
    micro = int(digits[:6].ljust(6, "0")) if digits.isascii() and digits.isdigit() else 0
    return (((day - 1) * 24 + hour) * 60 + minute) * 60e6 + second * 1e6 + micro


def _radial(xmp: Mapping[str, str]) -> tuple[tuple[float, ...], bool]:
    """Coefficients of r, r², ... and whether the image is divided by the polynomial (MicaSense; DJI multiplies)."""
    dji = _numbers(xmp, "drone-dji:VignettingData")
    if dji:
        return dji, False
    return _numbers(xmp, "Camera:VignettingPolynomial"), "drone-dji:SensorGain" not in xmp


def _surface(xmp: Mapping[str, str]) -> tuple[tuple[int, int, float], ...]:
    """Terms (power of x, power of y, coefficient) of the Sequoia's vignetting over the unit square."""
    powers = _numbers(xmp, "Camera:VignettingPolynomial2DName")
    values = _numbers(xmp, "Camera:VignettingPolynomial2D")
    if not values or len(powers) != 2 * len(values):
        return ()
    return tuple((int(powers[2 * k]), int(powers[2 * k + 1]), value) for k, value in enumerate(values))


def _number(xmp: Mapping[str, str], name: str) -> float | None:
    values = _numbers(xmp, name)
    return values[0] if values else None


def _numbers(xmp: Mapping[str, str], *names: str, joined: bool = False) -> tuple[float, ...]:
    """Finite numbers of the first of the named tags that is there, or of all of them joined."""
    texts = [xmp[name] for name in names if xmp.get(name)]
    text = ",".join(texts) if joined else texts[0] if texts else ""
    try:
        values = tuple(float(part) for part in text.replace(";", ",").split(",") if part.strip())
    except ValueError:
        return ()
    return values if all(math.isfinite(v) for v in values) else ()
