"""Which other species rose with a hotspot, and how well a permit's list of species fits that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fusion.attribution.candidates import lists_family, lists_species
from fusion.attribution.observations import BinnedPass
from fusion.settings import FusionSettings
from ingest.species import substance_of

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Companion:
    """Another species at a hotspot: whether it rose with it, and by how much per unit of the hotspot's species."""

    species: str
    present: bool
    ratio: float


def companions_of(
    species: str,
    x: float,
    y: float,
    passes: Mapping[str, Sequence[BinnedPass]],
    settings: FusionSettings,
) -> tuple[Companion, ...]:
    """Species that rose and fell with ``species`` around a place, and those that would have been seen and did not.

    A species is present where its correlation over the bins of all passes is above
    ``settings.companion_correlation``, and absent where its slope, with two standard errors, stays below
    ``settings.companion_ratio``. Anything between tells nothing, nor does a species in another unit.
    """
    found = []
    for other, binned in passes.items():
        if substance_of(other) == substance_of(species):
            continue
        one, two, noise = _joined(passes[species], binned, x, y, settings)
        if one.size < 5 or not one.std() > 0 or not two.std() > 0:
            continue
        square = float(one @ one)
        slope = float(one @ two) / square
        error = noise * np.sqrt(settings.shared_bins / square)
        correlation = float(np.corrcoef(one, two)[0, 1])
        if correlation >= settings.companion_correlation and slope > 3 * error:
            found.append(Companion(other, present=True, ratio=slope))
        elif slope + 2 * error < settings.companion_ratio:
            found.append(Companion(other, present=False, ratio=max(slope, 0.0)))
    return tuple(found)


def _joined(
    one: Sequence[BinnedPass], two: Sequence[BinnedPass], x: float, y: float, settings: FusionSettings
) -> tuple[Floats, Floats, float]:
    """Values of both species in the bins near a place that both measured in one pass, and the noise of the second."""
    by_label = {p.label: p for p in two}
    left, right, noises = [], [], []
    for p in one:
        other = by_label.get(p.label)
        near = np.hypot(p.x - x, p.y - y) <= 2 * settings.near_m
        if other is None or not near.any() or other.unit != p.unit:
            continue
        mine, theirs = (np.floor(np.column_stack([q.x, q.y]) / settings.bin_m).astype(np.int64) for q in (p, other))
        places = {tuple(row): k for k, row in enumerate(theirs)}
        pairs = [(k, places[tuple(mine[k])]) for k in np.flatnonzero(near) if tuple(mine[k]) in places]
        left += [p.value[a] for a, _ in pairs]
        right += [other.value[b] for _, b in pairs]
        noises.append(other.noise)
    return np.asarray(left), np.asarray(right), float(np.mean(noises)) if noises else 0.0


def fingerprint_weight(
    listed: Sequence[str] | None, companions: Sequence[Companion], settings: FusionSettings
) -> float:
    """Likelihood of what rose together, given what a permit lists (None: an unlisted source, which has no permit).

    Examples
    --------
    >>> settings = FusionSettings()
    >>> seen = (Companion("toluene", present=True, ratio=0.3),)
    >>> fingerprint_weight(("甲苯",), seen, settings) > fingerprint_weight(("颗粒物",), seen, settings)
    True
    """
    weight = 1.0
    for companion in companions:
        if not listed:
            chance = 0.5 * (settings.companion_listed + settings.companion_unlisted)
        elif lists_species(listed, companion.species):
            chance = settings.companion_listed
        elif lists_family(listed, companion.species):
            chance = 0.5 * (settings.companion_listed + settings.companion_unlisted)
        else:
            chance = settings.companion_unlisted
        weight *= chance if companion.present else 1 - chance
    return weight
