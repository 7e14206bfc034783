"""What the permits say of a hotspot: whether they list its species and those that rose with it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from fusion.attribution.candidates import Candidates, species_weight
from fusion.attribution.fingerprint import Companion, fingerprint_weight
from fusion.attribution.witnesses import Witness
from fusion.settings import FusionSettings

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def hear_permits(
    species: str,
    companions: Sequence[Companion],
    sites: Candidates,
    chosen: Ints,
    near: Ints,
    settings: FusionSettings,
) -> Witness:
    """The witness of the permits; an unlisted source has none and is like the registered ones around.

    Parameters
    ----------
    species : str
        That leads at the hotspot.
    companions : sequence of Companion
        Other species that rose with it or did not.
    sites : Candidates
    chosen : (sites,) indices of sites that may explain the hotspot.
    near : (places,) indices of places of sites around it.
    settings : FusionSettings
    """
    fitting = _fitting(sites, np.union1d(chosen, sites.site[near]), species, companions, settings)
    unlisted, background = _of_average(sites, near, fitting, companions, settings)
    data = tuple(f"rose:{name}" for name in (species, *(c.species for c in companions)))
    return Witness("permit", data, np.log(fitting[chosen]), unlisted, background, "permit")


def unlisted_density(sites: Candidates, near: Ints, settings: FusionSettings) -> float:
    """Unlisted emitters per m² of any species: as many as ``settings.listed_share`` leaves room for.

    Not below a density for places without registered sites.
    """
    return max(settings.unlisted_per_km2 / 1e6, _as_around(sites, near, settings))


def _as_around(sites: Candidates, near: Ints, settings: FusionSettings) -> float:
    emitters = settings.emitter_share * float(sites.share[near].sum()) / (np.pi * settings.neighbours_m**2)
    return float((1 - settings.listed_share) / settings.listed_share * emitters)


def _fitting(
    sites: Candidates, chosen: Ints, species: str, companions: Sequence[Companion], settings: FusionSettings
) -> Floats:
    """How well what the permit lists fits the species and its companions, (sites,); 0 where it is not needed."""
    weight = np.zeros(len(sites.ids))
    known: dict[tuple[str, ...], float] = {}
    for k in np.unique(chosen):
        listed = sites.species[k]
        if listed not in known:
            fit = fingerprint_weight(listed, companions, settings)
            known[listed] = fit * species_weight(listed, species, settings)
        weight[k] = known[listed]
    return weight


def _of_average(
    sites: Candidates, near: Ints, fitting: Floats, companions: Sequence[Companion], settings: FusionSettings
) -> tuple[float, float]:
    """Log ratios of unlisted emitters, which are like those around, and of an average maker of the same companions.

    The first is of their density, whose floor for places without registered sites fits as an unknown permit does.
    """
    blank = fingerprint_weight(None, companions, settings)
    share = sites.share[near]
    total = float(share.sum())
    mean = float(share @ fitting[sites.site[near]]) / total if total > 0 else settings.species_unknown * blank
    fewest = settings.unlisted_per_km2 / 1e6 * settings.species_unknown * blank
    fit = max(fewest, _as_around(sites, near, settings) * mean) / unlisted_density(sites, near, settings)
    return float(np.log(fit)), float(np.log(max(mean, settings.species_unlisted * blank)))
