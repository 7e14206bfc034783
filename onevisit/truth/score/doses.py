"""Which true source a reported hotspot shows: the one that gave most of what was measured in its polygon.

A *dose* is the enhancement that a source alone made, integrated over the laps, on pieces of street
(`onevisit.truth.simulate.answers`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from onevisit.truth.score.results import Feature, Results, Truth, same_species

NEAR_M = 30.0
"""Distance that a reported hotspot may lie off the cells in which its plume was: lag, GNSS and one cell."""
DOSE_SHARE = 0.25
"""Share of what was measured that a source must have given, else traffic, exhaust or a fault made the hotspot."""


_Seen = tuple[str, str, BaseGeometry]
"""Source, species, and the cells in which its plume was seen."""


@dataclass(frozen=True)
class Match:
    """A reported hotspot, the true source that it shows (None: it is false), and all that gave a share of it."""

    hotspot: Feature
    source: Mapping[str, Any] | None
    shares: Mapping[str, float]


@dataclass(frozen=True)
class _Dose:
    """What one source (None: everything else) gave of some species, at the centres of pieces of street."""

    source_id: str | None
    species: Mapping[str, float]
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    dose: NDArray[np.float64]
    piece_m: float

    def within(self, area: BaseGeometry, species: str) -> float:
        """Dose of a species in an area."""
        times = sum(share for name, share in self.species.items() if same_species(name, species))
        return times * float(self.dose[shapely.contains_xy(area, self.x, self.y)].sum()) if times else 0.0


def match_hotspots(results: Results, truth: Truth) -> list[Match]:
    """Give every hotspot the source with the largest dose inside its polygon, by its leading species, else another.

    A source counts where a plume of that species was seen within `NEAR_M` and where it gave `DOSE_SHARE` or more of
    what was measured. Where none does inside of the polygon, the surroundings up to `NEAR_M` are asked.
    """
    sources = {s["id"]: s for s in truth.content["sources"]}
    doses = _read_doses(truth)
    places = [(h["source"], h["species"], truth.shape(h["seen"])) for h in truth.content["hotspots"]]
    seen = [(source, species, place) for source, species, place in places if place is not None]
    return [_match(hotspot, sources, doses, seen) for hotspot in results.hotspots or ()]


def species_of_hotspot(hotspot: Feature) -> list[str]:
    """Its leading species, then the others that were seen there."""
    others = hotspot.properties.get("others") or ()
    named = [str(o["species"]) if isinstance(o, Mapping) else str(o) for o in others]
    return [str(hotspot.properties.get("species", "")), *named]


def _read_doses(truth: Truth) -> list[_Dose]:
    told = truth.content["doses"]
    side, (east, north) = float(told["piece_m"]), told["origin"]
    return [
        _Dose(
            d["source"],
            d["species"],
            east + side * (np.asarray(d["columns"], float) + 0.5),
            north + side * (np.asarray(d["rows"], float) + 0.5),
            np.asarray(d["dose"], float),
            side,
        )
        for d in told["of"]
    ]


def _match(hotspot: Feature, sources: Mapping[str, Any], doses: Sequence[_Dose], seen: Sequence[_Seen]) -> Match:
    best, all_shares = None, dict[str, float]()
    for species in species_of_hotspot(hotspot):
        shares = _shares(hotspot.shape or shapely.Polygon(), species, doses, seen)
        best = best or max(shares, key=lambda source: shares[source], default=None)
        all_shares = shares | all_shares
    return Match(hotspot, sources[best] if best else None, all_shares)


def _shares(polygon: BaseGeometry, species: str, doses: Sequence[_Dose], seen: Sequence[_Seen]) -> dict[str, float]:
    """Sources that gave `DOSE_SHARE` or more of a species in the polygon; where none did, of that near it."""
    near = polygon.buffer(NEAR_M)
    there = {source for source, name, place in seen if same_species(name, species) and near.intersects(place)}
    around = polygon.buffer(NEAR_M + max((d.piece_m for d in doses), default=0.0) / 2)
    for area in (polygon, around) if there else ():
        given = [(d.source_id, d.within(area, species)) for d in doses]
        total = sum(dose for _, dose in given)
        shares = {str(s): dose / total for s, dose in given if s in there and dose >= DOSE_SHARE * total > 0}
        if shares:
            return shares
    return {}
