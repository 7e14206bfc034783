"""What the mosaics show, polygon by polygon, and what they do not show where they look."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import shapely
from pyproj import CRS

from imagery.schema import Finding, Findings
from ingest.coordinates import to_lonlat
from onevisit.handover.data.geojson import write_shapes

G = TypeVar("G", shapely.Point, shapely.Polygon)


@dataclass(frozen=True)
class FindingLine:
    """One finding (see `imagery.Finding`); ``lon``, ``lat`` is a point inside it, WGS 84."""

    id: str
    kind: str
    area_m2: float
    contrast: float
    unit: str
    confidence: float
    lon: float
    lat: float
    position_error_m: float
    source: str
    photo: str


@dataclass(frozen=True)
class SoughtLine:
    """A kind that was sought in a mosaic: on how much ground, and how many were found."""

    kind: str
    hectares: float
    found: int


def finding_lines(findings: Sequence[Findings], crs: CRS) -> list[FindingLine]:
    """Every finding of a region, in order of mosaic, the largest first; ``crs`` is the grid's."""
    return [_line(finding, crs) for flight in findings for finding in flight.found]


def sought_lines(findings: Sequence[Findings]) -> list[SoughtLine]:
    """What was sought in every mosaic of a region."""
    return [
        SoughtLine(kind, float(shapely.area(flight.covered)) / 1e4, sum(f.kind == kind for f in flight.found))
        for flight in findings
        for kind in flight.sought
    ]


def write_findings(path: Path, regions: Sequence[tuple[Sequence[Findings], CRS]]) -> None:
    """Write ``findings.geojson``: a polygon per finding with the fields of `FindingLine`."""
    write_shapes(
        path,
        [
            (_on_globe(finding.polygon, crs), vars(_line(finding, crs)))
            for findings, crs in regions
            for flight in findings
            for finding in flight.found
        ],
    )


def _line(finding: Finding, crs: CRS) -> FindingLine:
    place = _on_globe(finding.polygon.representative_point(), crs)
    return FindingLine(
        id=finding.id,
        kind=finding.kind,
        area_m2=finding.area_m2,
        contrast=finding.contrast,
        unit=finding.unit,
        confidence=finding.confidence,
        lon=round(place.x, 7),
        lat=round(place.y, 7),
        position_error_m=finding.position_error_m,
        source=finding.source,
        photo=finding.photo,
    )


def _on_globe(geometry: G, crs: CRS) -> G:
    """A geometry of the grid in WGS 84 longitude and latitude."""
    return shapely.transform(geometry, lambda xy: np.column_stack(to_lonlat(xy[:, 0], xy[:, 1], crs)))
