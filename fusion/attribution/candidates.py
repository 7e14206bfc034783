"""Registered sites as candidates: where each may really stand, and whether it is known to emit the species."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely
from numpy.typing import NDArray

from fusion.cube.grid import project
from fusion.settings import FusionSettings
from ingest.coordinates import metres_per_degree
from ingest.schema import Site, SitePlace
from ingest.species import SPECIES, family_of, species_of_word, substance_of
from ingest.text.headings import split_heading, understand

Floats = NDArray[np.float64]

_SUMS = {
    word: species
    for species in SPECIES.values()
    if species.sum_of_family
    for word in species.register_words
    if not word.isascii()
}
"""Words that mean a whole family also within a longer text; 甲苯 within 三甲苯 means another species."""


@dataclass(frozen=True, eq=False)
class Candidates:
    """Places where registered sites may stand; all arrays (places,), several places a site.

    ``site`` is the index of the site and ``place`` that of the place in its `Site.places`, ``x``, ``y`` [m] the place
    on the grid, ``sd`` [m] the standard deviation of the emission point about it, ``share`` the probability that the
    site stands there rather than at its other places. ``industries`` (sites,) are as the register has them.
    """

    ids: tuple[str, ...]
    species: tuple[tuple[str, ...], ...]
    site: NDArray[np.int64]
    place: NDArray[np.int64]
    x: Floats
    y: Floats
    sd: Floats
    share: Floats
    industries: tuple[str, ...] = ()


def candidates_of(sites: Sequence[Site], crs: str, settings: FusionSettings) -> Candidates:
    """Place every site wherever it may stand: a doubt between two points is two places, not a wider one.

    Where its parcel is known the stack may be anywhere in it, and the register's point, at a gate or an address, says
    no more: the place is the middle of the parcel.
    """
    places = [
        (k, number, _within_parcel(site, place, settings))
        for k, site in enumerate(sites)
        for number, place in enumerate(site.places)
    ]
    index, number = (np.array([row[j] for row in places], np.int64) for j in (0, 1))
    lon, lat, sd, share = (
        np.array([getattr(place, name) for *_, place in places], np.float64)
        for name in ("lon", "lat", "sd_m", "probability")
    )
    x, y = project(lon, lat, crs)
    ids, species = tuple(s.site_id for s in sites), tuple(s.species for s in sites)
    return Candidates(ids, species, index, number, x, y, sd, share, tuple(s.industry_code for s in sites))


def _within_parcel(site: Site, place: SitePlace, settings: FusionSettings) -> SitePlace:
    """A place as that of the emission point: in the middle of the parcel that it belongs to, with its spread."""
    if site.parcel is None or site.parcel.is_empty:
        return replace(place, sd_m=max(place.sd_m, settings.site_extent_m))
    metres = metres_per_degree(site.lat)
    sd_m = float(np.sqrt(site.parcel.area * np.prod(metres) / 12))
    if site.parcel.distance(shapely.Point(place.lon, place.lat)) * min(metres) > place.sd_m:
        return replace(place, sd_m=max(place.sd_m, sd_m))  # it stands elsewhere, if this is its place
    return replace(place, lon=site.parcel.centroid.x, lat=site.parcel.centroid.y, sd_m=sd_m)


def species_weight(listed: Sequence[str], species: str, settings: FusionSettings) -> float:
    """Weight of a site by what its permit lists: 1 for the species, less for its family, little for others only.

    Examples
    --------
    >>> settings = FusionSettings()
    >>> [species_weight(s, "toluene", settings) for s in (("甲苯",), ("挥发性有机物",), ("氮氧化物",), ())]
    [1.0, 1.0, 0.15, 0.5]
    """
    if not listed:
        return settings.species_unknown
    wanted = family_of(species)
    found = [_listed(text) for text in listed]
    if any(one.slug == substance_of(species) or (one.is_sum and one.family == wanted) for one in found):
        return 1.0
    if any(one.family == wanted for one in found):
        return settings.species_unknown
    return settings.species_unlisted


@dataclass(frozen=True)
class _Listed:
    """What a register's word means: slug, family, and whether the whole family is meant."""

    slug: str
    family: str
    is_sum: bool = False


def _listed(text: str) -> _Listed:
    """Understand a species as a register writes it: whole, else a family's word within it, else as a heading."""
    species = species_of_word(text) or species_of_word(split_heading(text).name)
    species = species or next((known for word, known in _SUMS.items() if word in text), None)
    if species is not None:
        return _Listed(substance_of(species.slug), species.family, species.sum_of_family)
    meaning = understand(text)
    name = meaning.quantity.slug if meaning is not None else text.lower()
    known = SPECIES.get(name)
    return _Listed(name, known.family if known else name, known is not None and known.sum_of_family)


def lists_species(listed: Sequence[str], species: str) -> bool:
    """Whether a permit lists the species by its own name."""
    return substance_of(species) in [one.slug for one in map(_listed, listed)]


def lists_family(listed: Sequence[str], species: str) -> bool:
    """Whether a permit lists the family of a species, or another member of it."""
    wanted = family_of(species)
    return any(one.family == wanted for one in map(_listed, listed))
