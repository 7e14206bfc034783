"""Registered sites as candidates: where each may really stand, and whether it is known to emit the species."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fusion.cube.grid import project
from fusion.settings import FusionSettings
from ingest.coordinates import is_mainland_china, wgs84_from_gcj02
from ingest.schema import Site
from ingest.text.headings import understand

Floats = NDArray[np.float64]

_FAMILIES = {
    "voc": ("tvoc", "nmhc", "benzene", "toluene", "ethylbenzene", "xylene", "styrene", "hcho"),
    "particles": ("pm1", "pm25", "pm4", "pm10", "pm_coarse", "pm_total", "pnc", "bc"),
    "nox": ("no", "no2", "nox"),
    "sulfur": ("so2", "h2s"),
}
_FAMILY_OF = {name: family for family, names in _FAMILIES.items() for name in names}
_WORDS = {"颗粒物": "particles", "烟尘": "particles", "粉尘": "particles", "非甲烷总烃": "voc", "恶臭": "sulfur"}


@dataclass(frozen=True, eq=False)
class Candidates:
    """Places where registered sites may stand; all arrays (places,), several places a site.

    ``site`` is the index of the site, ``x``, ``y`` [m] the place on the grid, ``sd`` [m] the standard deviation of
    the emission point about it, ``share`` the probability that the site stands there rather than at its other places.
    """

    ids: tuple[str, ...]
    species: tuple[tuple[str, ...], ...]
    site: NDArray[np.int64]
    x: Floats
    y: Floats
    sd: Floats
    share: Floats


def candidates_of(sites: Sequence[Site], crs: str, settings: FusionSettings) -> Candidates:
    """Place every site where its record says and, in China, where it stands if a "WGS 84" record holds GCJ-02.

    The offset of that mix-up is known (about 350 m in Chengdu), so it is a second place, not a wider error.
    """
    lon = np.array([s.lon for s in sites], np.float64)
    lat = np.array([s.lat for s in sites], np.float64)
    doubtful = np.array([_may_be_gcj02(s) for s in sites], bool)
    share = np.where(doubtful, 1 - settings.wrong_datum_share, 1.0)
    index = np.arange(len(sites))
    if doubtful.any():
        other_lon, other_lat = wgs84_from_gcj02(lon[doubtful], lat[doubtful])
        lon, lat = np.concatenate([lon, other_lon]), np.concatenate([lat, other_lat])
        share = np.concatenate([share, np.full(int(doubtful.sum()), settings.wrong_datum_share)])
        index = np.concatenate([index, index[doubtful]])
    x, y = project(lon, lat, crs)
    extent = np.array([_extent_m(s, settings) for s in sites], np.float64)
    sd = np.maximum(np.array([s.position_sd_m for s in sites], np.float64), extent)
    return Candidates(tuple(s.site_id for s in sites), tuple(s.species for s in sites), index, x, y, sd[index], share)


def _may_be_gcj02(site: Site) -> bool:
    """Whether a record that passes for WGS 84 (or CGCS2000, its equal) could hold GCJ-02 unnoticed."""
    plain = site.crs.upper().replace(" ", "").replace("-", "")
    return plain in ("WGS84", "CGCS2000", "EPSG:4326", "EPSG:4490", "") and is_mainland_china(site.lon, site.lat)


def _extent_m(site: Site, settings: FusionSettings) -> float:
    """Standard deviation of the emission point about the reference point, from the parcel's area if known."""
    if site.parcel is None or site.parcel.is_empty:
        return settings.site_extent_m
    metres = 111_200.0
    area = site.parcel.area * metres**2 * np.cos(np.radians(site.lat))
    return float(np.sqrt(area / 12))


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
    families = [_family(text) for text in listed]
    names = [name for name, _ in families]
    if base_name(species) in names or any(n in ("tvoc", "nmhc", "pm_total", "") and f == wanted for n, f in families):
        return 1.0
    if any(f == wanted for _, f in families):
        return settings.species_unknown
    return settings.species_unlisted


def _family(text: str) -> tuple[str, str]:
    """Name and family of a species as a register writes it; the name is empty where only the family is known."""
    for word, family in _WORDS.items():
        if word in text:
            return "", family
    meaning = understand(text)
    name = meaning.quantity.slug if meaning is not None else text.lower()
    return name, _FAMILY_OF.get(name, name)


def base_name(species: str) -> str:
    """``tvoc_2`` is tvoc from a second instrument."""
    return species if species in _FAMILY_OF else species.split("_")[0]


def family_of(species: str) -> str:
    """``toluene`` is of the family ``voc``; a species without relatives is its own family."""
    name = base_name(species)
    return _FAMILY_OF.get(name, name)


def lists_species(listed: Sequence[str], species: str) -> bool:
    """Whether a permit lists the species by its own name."""
    return base_name(species) in [name for name, _ in map(_family, listed)]


def lists_family(listed: Sequence[str], species: str) -> bool:
    """Whether a permit lists the family of a species, or another member of it."""
    wanted = family_of(species)
    return any(family == wanted for _, family in map(_family, listed))
