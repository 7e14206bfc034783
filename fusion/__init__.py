"""Passes and ortho → cube → hotspots → attribution."""

from fusion.attribution import attribute_hotspots
from fusion.cube import age_days, build_cube, cell_mean, cell_standard_error, cube_species, passes_crossed
from fusion.evidence import Evidence
from fusion.evidence_settings import EvidenceSettings
from fusion.grid import region_geobox
from fusion.hotspots import find_hotspots
from fusion.schema import Attribution, CredibleArea, Hotspot, SiteProbability
from fusion.settings import FusionSettings

__all__ = [
    "Attribution",
    "CredibleArea",
    "Evidence",
    "EvidenceSettings",
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
