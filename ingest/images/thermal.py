"""Measured values of thermal photos: degrees Celsius where the file or the maker's tool tells them, else raw counts.

============================  =================================================================  =================
file                          how it becomes temperature                                         unit
============================  =================================================================  =================
FLIR radiometric JPEG         the calibration in the file (APP1 ``FLIR``, an FFF structure)      degC
radiometric TIFF, float       taken as degrees Celsius, as the makers' tools write it            degC
radiometric TIFF, 16 bit      0.01 K a count (MicaSense Altum), 0.04 K a count (FLIR TLinear)    degC
DJI R-JPEG, `dji_irp` there   the maker's own tool (DJI Thermal SDK) is asked                    degC
DJI R-JPEG, no tool           raw counts (APP3): good for differences within a flight only       count
============================  =================================================================  =================

The calibration of a DJI R-JPEG is not published: nothing here guesses it.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from ingest.errors import FileError
from ingest.images.exif import PhotoTags, jpeg_segments
from ingest.images.flir import celsius_from_flir
from ingest.outcome import Decision, Phrase

Singles = NDArray[np.float32]
DEGREE, COUNT = "degC", "count"
_TOOL = "dji_irp"
_TOOL_SECONDS = 60
# Kelvin a count of 16-bit TIFFs: MicaSense Altum (knowledge base, "LWIR"), FLIR TLinear high gain (Tau 2 SDD).
_KELVIN_PER_COUNT = {"MicaSense": 0.01, "FLIR": 0.04}
_PLAUSIBLE_C = (-60.0, 600.0)
# What tells degrees Celsius, by the source of the values.
_CELSIUS_CODES = {"flir": "calibration_in_file", "dji": "dji_tool_asked", "tiff": "radiometric_tiff"}


@dataclass(frozen=True)
class ThermalKind:
    """Where the values of a thermal photo come from and their unit; both empty where it holds only a picture."""

    source: str
    unit: str


def thermal_kind(tags: PhotoTags) -> ThermalKind:
    """Tell from the tags alone how the values of a thermal photo will be read."""
    if tags.container == "tiff":
        floating = tags.number("SampleFormat") == 3.0
        known = floating or tags.text("Make") in _KELVIN_PER_COUNT
        return ThermalKind("tiff", DEGREE if known else COUNT)
    if tags.thermal == "flir":
        return ThermalKind("flir", DEGREE)
    if tags.thermal == "dji":
        return ThermalKind("dji", DEGREE if shutil.which(_TOOL) else COUNT)
    return ThermalKind("", "")


def thermal_decision(kind: ThermalKind) -> Decision:
    """What is believed of the values of a thermal photo, and why; without item."""
    if not kind.source:
        return Decision("", "thermal_picture_only")
    if kind.unit == COUNT:
        why = Phrase("dji_tool_missing" if kind.source == "dji" else "tiff_scale_unknown")
        return Decision("", "thermal_counts_kept", evidence=why)
    return Decision("", "thermal_in_celsius", evidence=Phrase(_CELSIUS_CODES[kind.source]))


def read_thermal(path: Path, item: str, tags: PhotoTags) -> Singles:
    """Read the values of a thermal photo, shape (row, column) of the image, in the unit of `thermal_kind`.

    Raises
    ------
    FileError
        If the values are damaged, or the maker's tool fails on them.
    """
    kind = thermal_kind(tags)
    if kind.source == "tiff":
        values = _from_tiff(path, item, tags)
    elif kind.source == "flir":
        values = celsius_from_flir(b"".join(_flir_parts(path, item)), item)
    elif kind.source == "dji":
        values = (
            _ask_tool(path, item, tags) if kind.unit == DEGREE else dji_counts(path, item, tags).astype(np.float32)
        )
    else:
        raise FileError(item, "thermal_without_values")
    size = (tags.width_px, tags.height_px)
    if values.shape != size[::-1]:  # a picture enlarged from a smaller sensor
        values = np.asarray(cv2.resize(values, size, interpolation=cv2.INTER_LINEAR), np.float32)
    return values


def dji_counts(path: Path, item: str, tags: PhotoTags) -> NDArray[np.uint16]:
    """Raw counts of a DJI R-JPEG: its APP3 segments joined, 16-bit little-endian, in the picture's aspect.

    Raises
    ------
    FileError
        If the segments do not hold a whole image.
    """
    raw = b"".join(body for marker, body in jpeg_segments(path, item) if marker == 0xE3)
    shape = _sensor_shape(len(raw) // 2, tags)
    if shape is None or len(raw) % 2:
        raise FileError(
            item,
            "thermal_counts_do_not_fill",
            {"bytes": len(raw), "columns": tags.width_px, "rows": tags.height_px},
        )
    return np.frombuffer(raw, "<u2").reshape(shape)


def _sensor_shape(count: int, tags: PhotoTags) -> tuple[int, int] | None:
    """Rows and columns of the sensor whose picture may have been enlarged 2 times."""
    for factor in (1, 2):
        rows, columns = tags.height_px // factor, tags.width_px // factor
        if rows * columns == count:
            return rows, columns
    return None


def _ask_tool(path: Path, item: str, tags: PhotoTags) -> Singles:
    """Temperatures by DJI's `dji_irp` (DJI Thermal SDK), which writes float32 without a header."""
    tool = shutil.which(_TOOL)
    if tool is None:
        raise FileError(item, "dji_tool_gone")
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "celsius.raw"
        command = [tool, "-s", str(path.resolve()), "-a", "measure", "-o", str(out), "--measurefmt", "float32"]
        try:
            done = subprocess.run(command, capture_output=True, timeout=_TOOL_SECONDS, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise FileError(item, "dji_tool_not_run", {"error": str(error)}) from error
        if done.returncode != 0 or not out.is_file():
            said = (done.stderr or done.stdout).decode("utf-8", "replace").strip().splitlines()
            message = said[-1] if said else Phrase("dji_tool_silent")
            raise FileError(item, "dji_tool_failed", {"status": done.returncode, "message": message})
        values = np.fromfile(out, "<f4")
    shape = _sensor_shape(len(values), tags)
    if shape is None:
        raise FileError(
            item, "dji_tool_values_do_not_fill",
            {"values": len(values), "columns": tags.width_px, "rows": tags.height_px},
        )  # fmt: skip
    return values.reshape(shape)


def _from_tiff(path: Path, item: str, tags: PhotoTags) -> Singles:
    try:
        pixels = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_UNCHANGED)
    except (OSError, cv2.error) as error:
        raise FileError(item, "photo_not_decoded", {"error": str(error)}) from error
    if pixels is None or pixels.ndim != 2:
        raise FileError(item, "thermal_tiff_of_several_bands")
    values = cast(Singles, pixels.astype(np.float32))
    per_count = _KELVIN_PER_COUNT.get(tags.text("Make"))
    if pixels.dtype == np.uint16 and per_count is not None:
        values = values * np.float32(per_count) - np.float32(273.15)
    middle = float(np.nanmedian(values))
    if thermal_kind(tags).unit == DEGREE and not _PLAUSIBLE_C[0] <= middle <= _PLAUSIBLE_C[1]:
        raise FileError(item, "thermal_median_implausible", {"median": middle})
    return values


def _flir_parts(path: Path, item: str) -> list[bytes]:
    """The FFF structure of a FLIR JPEG: APP1 segments ``FLIR\\0 1 <number> <last>`` in order of their number."""
    parts = [
        (body[6], body[8:])
        for marker, body in jpeg_segments(path, item)
        if marker == 0xE1 and body.startswith(b"FLIR\x00") and len(body) > 8
    ]
    return [part for _, part in sorted(parts, key=lambda numbered: numbered[0])]
