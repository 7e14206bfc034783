"""Passes and ortho → cube → hotspots → attribution."""

from __future__ import annotations

from typing import TYPE_CHECKING

import lazy_loader

if TYPE_CHECKING:
    from fusion.attribution.activity import Activities
    from fusion.attribution.attribute import attribute_hotspots
    from fusion.attribution.evidence import FlightEvidence
    from fusion.attribution.evidence_settings import EvidenceSettings
    from fusion.attribution.history import History
    from fusion.attribution.joint.heard import hear_stations
    from fusion.cube.build import age_days, build_cube, cell_mean, cell_standard_error, gather_cells, passes_crossed
    from fusion.cube.grid import region_geobox
    from fusion.cube.touched import cube_species, touch_cells
    from fusion.hotspots.find import find_hotspots
    from fusion.schema import Attribution, CredibleArea, Earlier, Hotspot, Ran, SiteProbability
    from fusion.settings import FusionSettings

__all__ = [
    "Activities",
    "Attribution",
    "CredibleArea",
    "Earlier",
    "EvidenceSettings",
    "FlightEvidence",
    "FusionSettings",
    "History",
    "Hotspot",
    "Ran",
    "SiteProbability",
    "age_days",
    "attribute_hotspots",
    "build_cube",
    "cell_mean",
    "cell_standard_error",
    "cube_species",
    "find_hotspots",
    "gather_cells",
    "hear_stations",
    "passes_crossed",
    "region_geobox",
    "touch_cells",
]

# a name's module is imported when the name is first used (PEP 562)
__getattr__, _, _ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "attribution.activity": ["Activities"],
        "attribution.attribute": ["attribute_hotspots"],
        "attribution.evidence": ["FlightEvidence"],
        "attribution.evidence_settings": ["EvidenceSettings"],
        "attribution.history": ["History"],
        "attribution.joint.heard": ["hear_stations"],
        "cube.build": [
            "age_days",
            "build_cube",
            "cell_mean",
            "cell_standard_error",
            "gather_cells",
            "passes_crossed",
        ],
        "cube.grid": ["region_geobox"],
        "cube.touched": ["cube_species", "touch_cells"],
        "hotspots.find": ["find_hotspots"],
        "schema": ["Attribution", "CredibleArea", "Earlier", "Hotspot", "Ran", "SiteProbability"],
        "settings": ["FusionSettings"],
    },
)
