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
from ingest.units import STANDARD_ATMOSPHERE_PA, grams_per_m3

_AIR_K = 298.15  # GB 3095-2012, amendment of 2018: reference state of gases

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Companion:
    """Another species at a hotspot: whether it rose with it, and by how much per unit of the hotspot's species.

    The ratio is one of masses (``by_mass``), or of values in a common unit that no mass is known for.
    """

    species: str
    present: bool
    ratio: float
    by_mass: bool = True


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
    ``settings.companion_ratio``. Anything between tells nothing, nor does a species that no common unit is known for.
    """
    found = []
    for other, binned in passes.items():
        if substance_of(other) == substance_of(species):
            continue
        one, two, noise, by_mass = _joined((species, other), (passes[species], binned), x, y, settings)
        if one.size < 5 or not one.std() > 0 or not two.std() > 0:
            continue
        square = float(one @ one)
        slope = float(one @ two) / square
        error = noise * np.sqrt(settings.shared_bins / square)
        correlation = float(np.corrcoef(one, two)[0, 1])
        if correlation >= settings.companion_correlation and slope > 3 * error:
            found.append(Companion(other, True, slope, by_mass))
        elif slope + 2 * error < settings.companion_ratio:
            found.append(Companion(other, False, max(slope, 0.0), by_mass))
    return tuple(found)


def _joined(
    species: tuple[str, str],
    passes: tuple[Sequence[BinnedPass], Sequence[BinnedPass]],
    x: float,
    y: float,
    settings: FusionSettings,
) -> tuple[Floats, Floats, float, bool]:
    """Values of two species in the bins near a place that both measured in one pass, and the noise of the second.

    The second is in the unit of the first, by mass if the last value says so.
    """
    by_label = {p.label: p for p in passes[1]}
    left, right, noises, by_mass = [], [], [], True
    for p in passes[0]:
        other = by_label.get(p.label)
        near = np.hypot(p.x - x, p.y - y) <= 2 * settings.near_m
        if other is None or not near.any() or (common := _in_common(species, (p.unit, other.unit))) is None:
            continue
        factor, is_mass = common
        mine, theirs = (np.floor(np.column_stack([q.x, q.y]) / settings.bin_m).astype(np.int64) for q in (p, other))
        places = {tuple(row): k for k, row in enumerate(theirs)}
        pairs = [(k, places[tuple(mine[k])]) for k in np.flatnonzero(near) if tuple(mine[k]) in places]
        left += [p.value[a] for a, _ in pairs]
        right += [factor * other.value[b] for _, b in pairs]
        noises.append(factor * other.noise)
        by_mass &= is_mass
    return np.asarray(left), np.asarray(right), float(np.mean(noises)) if noises else 0.0, by_mass


def _in_common(species: tuple[str, str], units: tuple[str, str]) -> tuple[float, bool] | None:
    """What turns the ratio of the second to the first into one of masses, and whether it does; None where nothing."""
    grams, other_grams = (
        grams_per_m3(unit, name, temperature_k=_AIR_K, pressure_pa=STANDARD_ATMOSPHERE_PA)
        for unit, name in zip(units, species, strict=True)
    )
    if grams is not None and other_grams is not None:
        return other_grams / grams, True
    return (1.0, False) if units[0] == units[1] else None


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
