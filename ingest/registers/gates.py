"""Register rows against the street network: a gate lies beside a street, and no site stands on one.

Registers that say WGS 84 and hold GCJ-02 cannot be told from the register alone. Where the mission has roads, the
gate and the place of every row are tried in the three systems; what that says of the file is weighed in
`ingest.registers.datum`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from ingest.coordinates import METRES_PER_DEGREE, metres_per_degree
from ingest.registers.datum import StreetTest
from ingest.registers.listings import Listing
from ingest.registers.places import HYPOTHESES, Place
from ingest.roads.read import Roads

Floats = NDArray[np.float64]

_BANDS_M = (6.0, 12.0, 18.0, 25.0, 50.0)
"""Edges of bands of distance from a street's centre line: the carriageway of two lanes; with verges, of four; half of
a wide street, and the fence; a plot behind (choice)."""
_BLUR = 5.0
"""Places of the ground that count beside the rows, so that a few rows look like any places (choice)."""
_PROVEN = 10.0
"""Nats by which another reading than that of the rows must be better: bands fitted to places anywhere gain three or
so for each reading (choice)."""
_AROUND_M = (250.0, 500.0, 1000.0)
"""Where a shifted place could be as well: between the offsets of GCJ-02 (350 m) and BD-09 (900 m)."""
_TURNS = 16
_SAMPLED = 300
"""Rows around which the ground is sampled: 14 000 places."""


@dataclass(frozen=True, eq=False)
class StreetDistances:
    """Metres from the gate and from the place of each listing to the nearest street by system, (rows, systems).

    NaN where there is none. ``gate_right`` and ``place_right`` are shares of right ones in the bands, ``chance`` are
    those of the ground around.
    """

    gate_m: Floats
    place_m: Floats
    gate_right: Floats
    place_right: Floats
    chance: Floats

    def tests(self, rows: Sequence[int]) -> tuple[StreetTest, StreetTest]:
        """The two tests of some rows."""
        gates, places = (_bands(metres[list(rows)]) for metres in (self.gate_m, self.place_m))
        return StreetTest(gates, self.gate_right, self.chance), StreetTest(places, self.place_right, self.chance)


def measure_streets(listings: Sequence[Listing], roads: Roads | None) -> StreetDistances | None:
    """Try gates and places of listings in every system against the streets; None where there is nothing to try.

    How far right gates and right places lie from the streets is learned from the rows: as they are read, or all in
    another system where that is much less like the ground around. Fails where most rows are wrong in different ways.
    """
    lines = [road.vertices for road in roads.lines if len(road.vertices) > 1] if roads is not None else []
    gates = [listing.place if listing.part == "gate" else listing.gate for listing in listings]
    points = [listing.place if listing.part == "site" else None for listing in listings]
    known = [place for place in (*gates, *points) if place is not None and _is_tried(place)]
    if not lines or not known:
        return None
    scale = np.array(metres_per_degree(float(np.median([place.lat for place in known]))))
    streets = shapely.STRtree([shapely.LineString(vertices * scale) for vertices in lines])
    gate_m, place_m = (_distances(streets, places, scale) for places in (gates, points))
    chance = _shares(_ground_distances(streets, known, scale), 1.0 / (1 + len(_BANDS_M)))
    gate_right, place_right = _right_shares(gates, gate_m, chance), _right_shares(points, place_m, chance)
    return StreetDistances(gate_m, place_m, gate_right, place_right, chance)


def _bands(metres: Floats) -> NDArray[np.int64]:
    """Bands of distances, −1 for NaN."""
    return np.where(np.isnan(metres), -1, np.searchsorted(_BANDS_M, np.nan_to_num(metres)))


def _shares(metres: Floats, prior: Floats | float) -> Floats:
    """Shares (bands,) of distances, blurred by a few that are as ``prior`` says."""
    count = np.bincount(_bands(metres[~np.isnan(metres)]), minlength=1 + len(_BANDS_M))
    return np.asarray((count + _BLUR * prior) / (count.sum() + _BLUR))


def _right_shares(places: Sequence[Place | None], metres: Floats, chance: Floats) -> Floats:
    """Shares (bands,) of right places of a kind: as they are read, unless another reading is proven."""
    read = [
        row[HYPOTHESES.index(place.crs)]
        for place, row in zip(places, metres, strict=True)
        if place is not None and _is_tried(place)
    ]
    as_read, *others = (_shares(column, chance) for column in (np.array(read, np.float64), *metres.T))
    best = max(others, key=lambda shares: _unlike(shares, chance))
    gain = len(read) * (_unlike(best, chance) - _unlike(as_read, chance))
    return best if gain > _PROVEN else as_read


def _unlike(shares: Floats, chance: Floats) -> float:
    """Nats a place by which some lie unlike the ground (Kullback and Leibler 1951, doi:10.1214/aoms/1177729694)."""
    return float(shares @ np.log(shares / chance))


def _is_tried(place: Place) -> bool:
    return place.crs in HYPOTHESES


def _distances(streets: shapely.STRtree, places: Sequence[Place | None], scale: Floats) -> Floats:
    """Metres to the nearest street under each system, shape (places, systems)."""
    found = np.full((len(places), len(HYPOTHESES)), np.nan)
    tried = [(k, place) for k, place in enumerate(places) if place is not None and _is_tried(place)]
    if tried:
        lonlat = np.array([[place.in_system(name) for name in HYPOTHESES] for _, place in tried])
        nearest_m = _nearest_m(streets, (lonlat * scale).reshape(-1, 2))
        found[[k for k, _ in tried]] = nearest_m.reshape(-1, len(HYPOTHESES))
    return found


def _ground_distances(streets: shapely.STRtree, known: Sequence[Place], scale: Floats) -> Floats:
    """Metres to the nearest street from places all around the rows, where shifted ones might be."""
    step = -(-len(known) // _SAMPLED)
    centres = np.array([[place.lon, place.lat] for place in known[::step]]) * scale
    angles = np.arange(_TURNS) * (2 * np.pi / _TURNS)
    circle = np.stack([np.cos(angles), np.sin(angles)], axis=-1)
    around = np.concatenate([radius * circle for radius in _AROUND_M])
    return _nearest_m(streets, (centres[:, None, :] + around).reshape(-1, 2))


def _nearest_m(streets: shapely.STRtree, points: Floats) -> Floats:
    (indices, _), nearest = streets.query_nearest(
        np.asarray(shapely.points(points)), return_distance=True, all_matches=False
    )
    distances = np.full(len(points), METRES_PER_DEGREE)
    distances[indices] = nearest
    return distances
