"""FLIR's FFF structure (in radiometric JPEGs and ``.fff`` files) → degrees Celsius.

Layout after ExifTool's ``FLIR`` tags (Image::ExifTool::FLIR): a header of 64 bytes, a directory of 32-byte records;
record 1 is the raw image (plain or as a 16-bit PNG) and record 32 the camera's calibration.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ingest.errors import FileError

Singles = NDArray[np.float32]
_RAW, _CAMERA = 1, 32
_MAX_RECORDS = 256
_MAX_PIXELS = 100_000_000
_KELVIN = 273.15


@dataclass(frozen=True)
class FlirCalibration:
    """Planck constants of the camera and the scene it was told of: temperatures [K], distance [m], humidity [1]."""

    planck_r1: float
    planck_b: float
    planck_f: float
    planck_o: float
    planck_r2: float
    emissivity: float = 1.0
    distance_m: float = 0.0
    reflected_k: float = 293.15
    air_k: float = 293.15
    humidity: float = 0.5
    alpha_1: float = 0.006569
    alpha_2: float = 0.01262
    beta_1: float = -0.002276
    beta_2: float = -0.00667
    transmission_x: float = 1.9


def celsius_from_flir(fff: bytes, item: str) -> Singles:
    """Read the raw image and the calibration of an FFF structure, and convert.

    Raises
    ------
    FileError
        If it is not one, lacks either record, or is cut off.
    """
    records = _records(fff, item)
    if _RAW not in records or _CAMERA not in records:
        raise FileError(item, "flir_incomplete")
    return celsius_from_raw(_raw_image(records[_RAW], item), _calibration(records[_CAMERA], item))


def celsius_from_raw(raw: NDArray[np.float64], calibration: FlirCalibration) -> Singles:
    """Convert raw values to °C by the measurement equation: object, reflection and air each add their radiation.

    raw = ε τ raw(T) + (1 − ε) τ raw(T_reflected) + (1 − τ) raw(T_air), with
    raw(T) = R1 / (R2 (exp(B / T) − F)) − O.

    Source: Usamentiaga et al. 2014, Sensors 14, 12305, doi:10.3390/s140712305 (measurement equation, transmission of
    air); constants as FLIR stores them. A window in front of the camera is not taken into account.

    Examples
    --------
    >>> plain = FlirCalibration(16000.0, 1430.0, 1.0, -7000.0, 0.011)
    >>> celsius_from_raw(np.array([16000.0 / (0.011 * (np.exp(1430.0 / 298.15) - 1.0)) + 7000.0]), plain).tolist()
    [25.0]
    """
    c = calibration
    tau = _transmission(c)
    elsewhere = (1 - c.emissivity) * tau * _radiation(c.reflected_k, c) + (1 - tau) * _radiation(c.air_k, c)
    own = (np.asarray(raw, float) - elsewhere) / (c.emissivity * tau)
    inside = np.maximum(c.planck_r1 / (c.planck_r2 * np.maximum(own + c.planck_o, 1e-9)) + c.planck_f, 1.0 + 1e-12)
    return np.asarray(c.planck_b / np.log(inside) - _KELVIN, np.float32)


def _radiation(kelvin: float, c: FlirCalibration) -> float:
    return float(c.planck_r1 / (c.planck_r2 * (np.exp(c.planck_b / kelvin) - c.planck_f)) - c.planck_o)


def _transmission(c: FlirCalibration) -> float:
    """Share of the radiation that the air lets through, from distance and water vapour (Usamentiaga 2014)."""
    celsius = c.air_k - _KELVIN
    vapour = c.humidity * np.exp(1.5587 + 0.06939 * celsius - 2.7816e-4 * celsius**2 + 6.8455e-7 * celsius**3)
    root, wet = np.sqrt(c.distance_m), np.sqrt(vapour)
    one, two = np.exp(-root * (c.alpha_1 + c.beta_1 * wet)), np.exp(-root * (c.alpha_2 + c.beta_2 * wet))
    return float(c.transmission_x * one + (1 - c.transmission_x) * two)


# --- the structure -------------------------------------------------------------------------------------------------


def _records(fff: bytes, item: str) -> dict[int, bytes]:
    """Records by type, the first of each."""
    if len(fff) < 64 or fff[:4] != b"FFF\x00":
        raise FileError(item, "flir_without_fff")
    order = ">" if 100 <= struct.unpack_from(">I", fff, 0x14)[0] < 200 else "<"
    start, count = struct.unpack_from(order + "II", fff, 0x18)
    records: dict[int, bytes] = {}
    for at in range(start, start + 32 * min(count, _MAX_RECORDS), 32):
        if at + 32 > len(fff):
            break
        (kind,) = struct.unpack_from(order + "H", fff, at)
        offset, length = struct.unpack_from(order + "II", fff, at + 0x0C)
        if kind in (_RAW, _CAMERA) and kind not in records:
            if offset + length > len(fff):
                raise FileError(item, "flir_cut_off")
            records[kind] = fff[offset : offset + length]
    return records


def _order(record: bytes, item: str) -> str:
    """Byte order of a record: its first number is 2."""
    if len(record) < 32:
        raise FileError(item, "flir_cut_off")
    return "<" if struct.unpack_from("<H", record)[0] == 2 else ">"


def _raw_image(record: bytes, item: str) -> NDArray[np.float64]:
    order = _order(record, item)
    columns, rows = struct.unpack_from(order + "HH", record, 2)
    if not 0 < rows * columns <= _MAX_PIXELS:
        raise FileError(item, "flir_image_size", {"columns": columns, "rows": rows})
    body = record[32:]
    if body.startswith(b"\x89PNG"):
        image = cv2.imdecode(np.frombuffer(body, np.uint8), cv2.IMREAD_UNCHANGED)
        if image is None or image.shape != (rows, columns) or image.dtype != np.uint16:
            raise FileError(item, "flir_png_damaged")
        # FLIR writes little-endian values into a PNG, whose byte order is big-endian.
        return np.asarray(np.asarray(image, np.uint16).byteswap(), float)
    if len(body) < 2 * rows * columns:
        raise FileError(item, "flir_image_cut_off")
    return np.frombuffer(body, order + "u2", rows * columns).reshape(rows, columns).astype(float)


def _calibration(record: bytes, item: str) -> FlirCalibration:
    order = _order(record, item)
    if len(record) < 0x310:
        raise FileError(item, "flir_calibration_cut_off")

    def number(offset: int) -> float:
        return float(struct.unpack_from(order + "f", record, offset)[0])

    humidity = number(0x3C)
    found = FlirCalibration(
        planck_r1=number(0x58),
        planck_b=number(0x5C),
        planck_f=number(0x60),
        planck_o=float(struct.unpack_from(order + "i", record, 0x308)[0]),
        planck_r2=number(0x30C),
        emissivity=number(0x20),
        distance_m=number(0x24),
        reflected_k=number(0x28),
        air_k=number(0x2C),
        humidity=humidity / 100.0 if humidity > 2.0 else humidity,
        alpha_1=number(0x70),
        alpha_2=number(0x74),
        beta_1=number(0x78),
        beta_2=number(0x7C),
        transmission_x=number(0x80),
    )
    usable = found.planck_r1 > 0 and found.planck_r2 > 0 and found.planck_b > 0 and 0 < found.emissivity <= 1
    if not usable or not np.isfinite(list(vars(found).values())).all():
        raise FileError(item, "flir_calibration_implausible")
    return found
