"""What the right answer is: where plumes reach the streets, how often they were there, and who is behind them.

A *true hotspot* is made of cells of `CELL_M` of the drives in which the true enhancement at the inlet, before the
instrument, exceeded `SEEN_NOISE` times the white noise of the channel; it is recurrent where two laps or more saw it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from onevisit.truth.simulate.air.instrument import CHANNELS
from onevisit.truth.simulate.air.sources import EmissionSource
from onevisit.truth.simulate.drives.laps import Drive

Floats = NDArray[np.float64]
CELL_M = 20.0
SEEN_NOISE = 5.0


@dataclass(frozen=True)
class TrueHotspot:
    """Where one species of one source was seen: all of it, and the part that at least two laps saw (or None)."""

    source_id: str
    species: str
    seen: shapely.Geometry
    recurrent: shapely.Geometry | None
    laps_seen: int
    largest: float


def find_true_hotspots(
    sources: Sequence[EmissionSource],
    drives: Sequence[Drive],
    per_source: Sequence[Floats],
    channels: Mapping[str, tuple[float, float]] | None = None,
) -> tuple[TrueHotspot, ...]:
    """Find the true hotspots of every source and species.

    Parameters
    ----------
    drives, per_source : sequences
        True positions, and the leading species of each source in g m-3, shape (second, source).
    channels : mapping, optional
        White noise in the unit of the species, and units per g m-3; by default those of the simulated instrument.
    """
    found = []
    known = channels or {c.species: (c.noise, c.per_g_m3) for c in CHANNELS}
    for k, source in enumerate(sources):
        for species, share in source.profile:
            values = [share * c[:, k] for c in per_source]
            hotspot = _hotspot(
                source.id,
                species,
                drives,
                values,
                SEEN_NOISE * known[species][0] / known[species][1],
                known[species][1],
            )
            if hotspot is not None:
                found.append(hotspot)
    return tuple(found)


def _hotspot(
    source_id: str, species: str, drives: Sequence[Drive], values: Sequence[Floats], limit: float, scale: float
) -> TrueHotspot | None:
    laps_of_cell: dict[tuple[int, int], set[tuple[int, int]]] = {}
    for number, (drive, value) in enumerate(zip(drives, values, strict=True)):
        over = np.flatnonzero(value > limit)
        column, row = np.floor(drive.x[over] / CELL_M).astype(int), np.floor(drive.y[over] / CELL_M).astype(int)
        for i, j, lap in zip(column, row, drive.lap[over], strict=True):
            laps_of_cell.setdefault((int(i), int(j)), set()).add((number, int(lap)))
    if not laps_of_cell:
        return None
    recurrent = [cell for cell, laps in laps_of_cell.items() if len(laps) >= 2]
    return TrueHotspot(
        source_id,
        species,
        _union(list(laps_of_cell)),
        _union(recurrent) if recurrent else None,
        len(set().union(*laps_of_cell.values())),
        float(max(v.max() for v in values) * scale),
    )


def _union(cells: Sequence[tuple[int, int]]) -> shapely.Geometry:
    boxes = [shapely.box(i * CELL_M, j * CELL_M, (i + 1) * CELL_M, (j + 1) * CELL_M) for i, j in sorted(cells)]
    return shapely.unary_union(boxes)
