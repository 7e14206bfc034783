"""What the right answer is: where plumes reach the streets, how often they were there, and who is behind them.

A *true hotspot* is made of cells of `CELL_M` of the drives in which the true enhancement at the inlet, before the
instrument, exceeded `SEEN_NOISE` times the white noise of the channel; it is recurrent where two laps or more saw it.
Whose plume a reported hotspot shows is told by *doses*: enhancement integrated over all laps on pieces of street.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.ndimage import median_filter

from onevisit.truth.simulate.air.instrument import CHANNELS
from onevisit.truth.simulate.air.sources import EmissionSource
from onevisit.truth.simulate.drives.laps import Drive

Floats = NDArray[np.float64]
CELL_M = 20.0
SEEN_NOISE = 5.0
PIECE_M = 10.0
"""Side of the pieces of street on which doses are summed: about a second of driving."""
KEPT_NOISE_S = 0.1
"""A piece on which a source gave less than this many seconds of one standard deviation of the noise is left out."""
OTHER_SD = 3.0
"""What was measured beyond the sources counts where it exceeds this many standard deviations of the noise's sum."""
BACKGROUND_S = 601
"""Seconds of the running median above which a reading is an enhancement: longer than plumes, shorter than wander."""
_MICROGRAM = 1e6


@dataclass(frozen=True)
class TrueHotspot:
    """Where one species of one source was seen: all of it, and the part that at least two laps saw (or None)."""

    source_id: str
    species: str
    seen: shapely.Geometry
    recurrent: shapely.Geometry | None
    laps_seen: int
    largest: float


@dataclass(frozen=True)
class Dose:
    """µg s m-3 on pieces of street, which are told by column and row of a grid of `PIECE_M` in local metres.

    ``species`` says how many times as much of each species there is, by the profile of the source; what no source
    explains has no ``source_id`` and one species.
    """

    source_id: str | None
    species: Mapping[str, float]
    columns: tuple[int, ...]
    rows: tuple[int, ...]
    dose: tuple[float, ...]


def dose_of_sources(
    sources: Sequence[EmissionSource],
    drives: Sequence[Drive],
    per_source: Sequence[Floats],
    channels: Mapping[str, tuple[float, float]] | None = None,
) -> tuple[Dose, ...]:
    """Integrate what each source alone gave along the drives; parameters as in `find_true_hotspots`."""
    known, pieces = channels or _channels(), _Pieces(drives)
    doses = []
    for k, source in enumerate(sources):
        total = pieces.sum([values[:, k] for values in per_source]) * _MICROGRAM
        shares = {species: share for species, share in source.profile if share > 0}
        least = min(KEPT_NOISE_S * _noise(known, species) / share for species, share in shares.items())
        doses.append(pieces.dose(source.id, shares, total, total >= least))
    return tuple(doses)


def dose_of_others(
    sources: Sequence[EmissionSource],
    drives: Sequence[Drive],
    per_source: Sequence[Floats],
    measured: Sequence[Mapping[str, Floats]],
    channels: Mapping[str, tuple[float, float]] | None = None,
) -> tuple[Dose, ...]:
    """What was measured along the drives and no source explains: traffic, exhaust, faults of the instrument.

    Parameters
    ----------
    drives, per_source, channels
        As in `find_true_hotspots`.
    measured : sequence of mappings
        Enhancement in g m-3 per species at the second at which the inlet took it in, one mapping a drive.
    """
    known, pieces, doses = channels or _channels(), _Pieces(drives), []
    for species in known:
        if not all(species in m for m in measured):
            continue
        shares = np.array([dict(s.profile).get(species, 0.0) for s in sources])
        rest = [m[species] - own @ shares for m, own in zip(measured, per_source, strict=True)]
        total = pieces.sum(rest) * _MICROGRAM
        least = OTHER_SD * _noise(known, species) * np.sqrt(pieces.seconds)
        doses.append(pieces.dose(None, {species: 1.0}, total, total > least))
    return tuple(doses)


def above_background(readings: Floats) -> Floats:
    """Readings at 1 Hz above their running median."""
    return readings - median_filter(readings, BACKGROUND_S, mode="nearest")


class _Pieces:
    """The pieces of street that drives touched, in order of column and row."""

    def __init__(self, drives: Sequence[Drive]) -> None:
        xy = np.concatenate([np.column_stack([d.x, d.y]) for d in drives])
        self._places, self._number, self.seconds = np.unique(
            np.floor(xy / PIECE_M).astype(int), axis=0, return_inverse=True, return_counts=True
        )

    def sum(self, values: Sequence[Floats]) -> Floats:
        """The sum over all seconds of all drives on each piece."""
        return np.asarray(np.bincount(self._number.reshape(-1), np.concatenate(values), len(self._places)), float)

    def dose(
        self, source_id: str | None, species: Mapping[str, float], total: Floats, kept: NDArray[np.bool_]
    ) -> Dose:
        columns, rows = (tuple(int(v) for v in self._places[kept, axis]) for axis in (0, 1))
        return Dose(source_id, species, columns, rows, tuple(round(float(v), 2) for v in total[kept]))


def _channels() -> dict[str, tuple[float, float]]:
    """White noise and units per g m-3 of the simulated instrument's species."""
    return {c.species: (c.noise, c.per_g_m3) for c in CHANNELS}


def _noise(channels: Mapping[str, tuple[float, float]], species: str) -> float:
    """White noise of a species in µg m-3."""
    return channels[species][0] / channels[species][1] * _MICROGRAM


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
    known = channels or _channels()
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
