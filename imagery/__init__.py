"""Frames → one georeferenced mosaic per flight that says how far it may be wrong, and what it shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import lazy_loader

if TYPE_CHECKING:
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

# a name's module is imported when the name is first used (PEP 562)
__getattr__, _, _ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "process": ["process_frames"],
        "schema": ["Finding", "Findings", "FramePose", "Ortho", "OrthoQuality", "Station"],
        "settings": ["ImagerySettings"],
    },
)
