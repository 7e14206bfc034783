"""Thermal photos in one mosaic: one unit, one level for the whole flight, and a label that says what the values are.

An uncooled camera drifts by degrees between its shutter corrections, so frames are levelled by their overlaps
(`imagery.mosaic.radiometry.balance_tones`, offsets). What is left is good for differences within the flight; the
level of the whole flight is that of the camera.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from imagery.mosaic.radiometry import Tone
from imagery.orientation.tiepoints import Features
from ingest.images.thermal import COUNT, DEGREE
from ingest.outcome import Phrase, Reject
from ingest.schema import Frame


def judge_units(frames: Sequence[Frame]) -> list[Reject]:
    """Refuse thermal photos whose values are in another unit than those of most photos of the flight."""
    units = [frame.tags.get("ThermalUnit", "") for frame in frames if frame.kind == "thermal"]
    if len(set(units)) < 2:
        return []
    unit = max(sorted(set(units)), key=units.count)
    return [
        Reject(
            frame.item,
            "values",
            "thermal_units_differ",
            {"unit": _unit(frame.tags.get("ThermalUnit", "")), "usual": _unit(unit)},
        )
        for frame in frames
        if frame.kind == "thermal" and frame.tags.get("ThermalUnit", "") != unit
    ]


def relative_tones(tones: Sequence[Tone], features: Sequence[Features]) -> tuple[Tone, ...]:
    """Move the zero of raw counts to the median of the levelled photos, so that nobody takes them for degrees."""
    levels = [
        float(np.nanmedian(f.small)) + tone.offset[0] for f, tone in zip(features, tones, strict=True) if f.small.size
    ]
    zero = float(np.median(levels)) if levels else 0.0
    return tuple(replace(tone, offset=tuple(value - zero for value in tone.offset)) for tone in tones)


def value_attributes(frame: Frame) -> dict[str, str]:
    """Unit and name of the mosaic's ``value`` band, as the photos of the flight give it."""
    unit = frame.tags.get("ThermalUnit", "")
    if frame.kind == "thermal" and unit == DEGREE:
        name = "temperature as the camera states it, frames levelled by their overlaps"
        return {"units": "degC", "long_name": name}
    if frame.kind == "thermal" and unit == COUNT:
        name = "thermal anomaly relative to the flight's median, in raw counts of the camera; not a temperature"
        return {"units": "1", "long_name": name}
    if frame.kind == "thermal":
        return {"units": "1", "long_name": "grey level of a thermal picture; not a temperature"}
    return {"units": "1", "long_name": f"{frame.band or frame.kind} value of the camera"}


def _unit(unit: str) -> str | Phrase:
    if unit == DEGREE:
        return "°C"
    return Phrase("thermal_counts" if unit == COUNT else "thermal_without_unit")
