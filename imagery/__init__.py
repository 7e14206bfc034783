"""Frames → one georeferenced mosaic per flight that says how far it may be wrong, and what it shows."""

from __future__ import annotations

from imagery.process import process_frames
from imagery.schema import Finding, Findings, FramePose, Ortho, OrthoQuality, Station
from imagery.settings import ImagerySettings

__all__ = [
    "Finding",
    "Findings",
    "FramePose",
    "ImagerySettings",
    "Ortho",
    "OrthoQuality",
    "Station",
    "process_frames",
]
