"""What the drone saw as evidence on the ground of the attribution: a likelihood ratio for every place and species."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import shapely
from numpy.typing import NDArray

from fusion.attribution.evidence_settings import EvidenceSettings
from imagery.schema import Finding, Findings
from ingest.species import family_of

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class _Looked:
    """Where one kind was sought, and its findings widened by their position errors, with their confidence."""

    covered: shapely.Geometry
    found: tuple[tuple[shapely.Geometry, float], ...]


@dataclass(frozen=True, eq=False)
class FlightEvidence:
    """Findings of the mosaics of a region, in the grid CRS of the attribution, with the table that weighs them.

    Examples
    --------
    >>> ground = shapely.box(0, 0, 100, 100)
    >>> evidence = FlightEvidence((Findings((), ("bare_soil",), ground),))
    >>> np.exp(evidence.log_ratio(np.array([50.0, 500.0]), np.array([50.0, 50.0]), "pm10")).round(2).tolist()
    [0.8, 1.0]
    """

    findings: Sequence[Findings]
    settings: EvidenceSettings = field(default_factory=EvidenceSettings)
    _looked: dict[str, _Looked] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Prepare the polygons once: places are asked for thousands at a time, from several threads."""
        kinds = dict.fromkeys(kind for flight in self.findings for kind in flight.sought)
        object.__setattr__(self, "_looked", {kind: self._look(kind) for kind in kinds})

    def log_ratio(self, x: Floats, y: Floats, species: str) -> Floats:
        """Log-likelihood ratio that a source of ``species`` stands at each place, against nothing being known.

        Inside a finding, widened by its position error, *present* counts with the finding's confidence c and *absent*
        with 1 − c; on covered ground where the kind was sought and not found, *absent*; elsewhere 1. Kinds count as
        independent, so their product is clipped to ``settings.limit`` and its inverse. A place under several findings
        of one kind is weighed once, by the surest.

        Parameters
        ----------
        x, y : (n,) m
            Grid CRS.
        species : str
            Slug of a species; ``tvoc_2`` is tvoc of a second instrument.

        Returns
        -------
        (n,) natural logarithm; 0 where nothing was looked at or the kind says nothing about the species.
        """
        x, y = np.asarray(x, np.float64), np.asarray(y, np.float64)
        family, total = family_of(species), np.zeros(x.shape)
        for kind, looked in self._looked.items():
            row = getattr(self.settings, f"{kind}_{family}", None)
            if row is not None:
                total += np.log(_ratio(looked, row, x, y))
        bound = np.log(self.settings.limit)
        return np.clip(total, -bound, bound)

    def _look(self, kind: str) -> _Looked:
        flights = [flight for flight in self.findings if kind in flight.sought]
        covered = shapely.union_all([flight.covered for flight in flights])
        found = tuple(
            (self._widened(finding), finding.confidence)
            for flight in flights
            for finding in flight.found
            if finding.kind == kind
        )
        shapely.prepare([covered, *(polygon for polygon, _ in found)])
        return _Looked(covered, found)

    def _widened(self, finding: Finding) -> shapely.Geometry:
        error = finding.position_error_m if np.isfinite(finding.position_error_m) else 0.0
        return finding.polygon.buffer(self.settings.buffer_errors * error)


def _ratio(looked: _Looked, row: Sequence[float], x: Floats, y: Floats) -> Floats:
    present, absent = row
    confidence = np.zeros(x.shape)
    for polygon, sure in looked.found:
        inside = shapely.intersects_xy(polygon, x, y)
        confidence[inside] = np.maximum(confidence[inside], sure)
    mixed = confidence * present + (1 - confidence) * absent
    nothing = np.where(shapely.intersects_xy(looked.covered, x, y), absent, 1.0)
    return np.where(confidence > 0, mixed, nothing)
