"""Frames → one georeferenced mosaic per flight that says how far it may be wrong, and what it shows."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

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

_HOMES = {
    "Finding": "imagery.schema",
    "Findings": "imagery.schema",
    "FramePose": "imagery.schema",
    "ImagerySettings": "imagery.settings",
    "Ortho": "imagery.schema",
    "OrthoQuality": "imagery.schema",
    "Station": "imagery.schema",
    "process_frames": "imagery.process",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used (PEP 562): who reads a mission file need not load the kernels."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
