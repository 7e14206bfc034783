"""Passes and ortho → cube → hotspots → attribution."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fusion.attribution.attribute import attribute_hotspots
    from fusion.attribution.evidence import FlightEvidence
    from fusion.attribution.evidence_settings import EvidenceSettings
    from fusion.cube.build import age_days, build_cube, cell_mean, cell_standard_error, cube_species, passes_crossed
    from fusion.cube.grid import region_geobox
    from fusion.hotspots.find import find_hotspots
    from fusion.schema import Attribution, CredibleArea, Hotspot, SiteProbability
    from fusion.settings import FusionSettings

__all__ = [
    "Attribution",
    "CredibleArea",
    "EvidenceSettings",
    "FlightEvidence",
    "FusionSettings",
    "Hotspot",
    "SiteProbability",
    "age_days",
    "attribute_hotspots",
    "build_cube",
    "cell_mean",
    "cell_standard_error",
    "cube_species",
    "find_hotspots",
    "passes_crossed",
    "region_geobox",
]

_HOMES = {
    "Attribution": "fusion.schema",
    "CredibleArea": "fusion.schema",
    "FlightEvidence": "fusion.attribution.evidence",
    "EvidenceSettings": "fusion.attribution.evidence_settings",
    "FusionSettings": "fusion.settings",
    "Hotspot": "fusion.schema",
    "SiteProbability": "fusion.schema",
    "age_days": "fusion.cube.build",
    "attribute_hotspots": "fusion.attribution.attribute",
    "build_cube": "fusion.cube.build",
    "cell_mean": "fusion.cube.build",
    "cell_standard_error": "fusion.cube.build",
    "cube_species": "fusion.cube.build",
    "find_hotspots": "fusion.hotspots.find",
    "passes_crossed": "fusion.cube.build",
    "region_geobox": "fusion.cube.grid",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used (PEP 562): who reads a mission file need not load the kernels."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
