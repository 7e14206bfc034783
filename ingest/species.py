"""The one table of species, `species.csv`: what loggers, permits and monitors call each, its units, its molar mass.

A species has a slug, by which every room knows it. Variables of a trace are named by slugs (``so2``, or ``so2_2`` of
a second instrument), those of a monitor record by codes of HJ 212 (``a21026``); both lead to the same row.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType


@dataclass(frozen=True)
class Species:
    """A species: one row of the table.

    Attributes
    ----------
    slug, long_name : str
        Its name in code and in words; the words are written into ``long_name`` of every variable.
    words : tuple of str
        Headings in tables of loggers, folded (`fold`). Empty where no logger measures it.
    register_words : tuple of str
        How permits, disclosure lists and monitor records spell it besides; the first is what a permit lists.
    code, old_code : str
        HJ 212-2017 annex B (air), and of 2005; empty where the standard has none.
    printed_en, printed_zh : str
        As it is printed for a person.
    unit : str
        Of ambient stations: µg m-3 (GB 3095-2012; HJ 212), CO mg m-3; empty where air quality has none for it.
    monitor_unit : str
        In which devices at a source report it (HJ 212; particles in µg m-3 as they send it).
    logger_unit : str
        Of ``low`` and ``high``. A heading without a unit does not mean it: `guesses` does, or nothing.
    low, high : float
        Plausible range in ``logger_unit``: what an instrument on a street can see, wide on purpose, so that a value
        outside is a fault or a wrong unit, not a plume. From data sheets of the instruments in docs/formats.md.
    guesses : tuple of (str, float, float)
        Units that a heading without one may mean, with the range of the median that makes each believable.
    molar_mass_g_mol : float or None
        Of a gas of one substance (isomers alike): sum of IUPAC 2021 abridged standard atomic weights, g mol-1
        (H 1.008, C 12.011, N 14.007, O 15.999, F 18.998, S 32.06, Cl 35.45; doi:10.1515/pac-2019-0603).
    counted_as : str
        Slug of the gas whose mass a sum has by rule: NOx as NO2 (GB 3095-2012, EU 2008/50/EC).
    dry_of : str
        Slug of the species that this is the dry mole fraction of.
    family : str
        ``voc``, ``particles``, ``nox``, ``sulfur``, else its own slug: what one source tends to emit together.
    sum_of_family : bool
        Whether a permit that lists it means every member of the family.
    rare_in_exhaust : bool
        Whether vehicles hardly emit it, so that it speaks for a plant.
    cf : str
        The part of the CF standard name that names it; empty where CF has none.
    """

    slug: str
    long_name: str
    words: tuple[str, ...]
    register_words: tuple[str, ...]
    code: str
    old_code: str
    printed_en: str
    printed_zh: str
    unit: str
    monitor_unit: str
    logger_unit: str
    low: float
    high: float
    guesses: tuple[tuple[str, float, float], ...]
    molar_mass_g_mol: float | None
    counted_as: str
    dry_of: str
    family: str
    sum_of_family: bool
    rare_in_exhaust: bool
    cf: str


@lru_cache(maxsize=4096)
def fold(text: str) -> str:
    """Fold a name: compatibility characters, lower case, separators to single blanks.

    Examples
    --------
    >>> fold("ＳＯ２"), fold("PM2.5_Mass "), fold("CH4-dry")
    ('so2', 'pm2.5 mass', 'ch4 dry')
    """
    folded = unicodedata.normalize("NFKC", text).lower().replace("\ufeff", "")
    return " ".join(re.sub(r"[\s_\-/#\"':*]+", " ", folded).split()).strip(" .,;")


def _list(text: str) -> tuple[str, ...]:
    return tuple(text.split("|")) if text else ()


def _from_row(row: Mapping[str, str]) -> Species:
    guesses = (part.split(",") for part in row["guesses"].split(";") if part)
    return Species(
        slug=row["slug"],
        long_name=row["long_name"],
        words=_list(row["words"]),
        register_words=_list(row["register_words"]),
        code=row["code"],
        old_code=row["old_code"],
        printed_en=row["en"],
        printed_zh=row["zh"],
        unit=row["unit"],
        monitor_unit=row["monitor_unit"],
        logger_unit=row["logger_unit"],
        low=float(row["low"] or "-inf"),
        high=float(row["high"] or "inf"),
        guesses=tuple((unit, float(low), float(high)) for unit, low, high in guesses),
        molar_mass_g_mol=float(row["molar_mass"]) if row["molar_mass"] else None,
        counted_as=row["counted_as"],
        dry_of=row["dry_of"],
        family=row["family"] or row["dry_of"] or row["slug"],
        sum_of_family=row["sum_of_family"] == "yes",
        rare_in_exhaust=row["rare_in_exhaust"] == "yes",
        cf=row["cf"],
    )


def _read() -> tuple[Species, ...]:
    text = (files("ingest") / "species.csv").read_text(encoding="utf-8")
    return tuple(_from_row(row) for row in csv.DictReader(text.splitlines()))


SPECIES: Mapping[str, Species] = MappingProxyType({species.slug: species for species in _read()})
"""All species by slug, in the order of the table."""


def _by(names: Iterable[tuple[str, Species]]) -> Mapping[str, Species]:
    return MappingProxyType({name: species for name, species in names if name})


_BY_CODE = _by((code, species) for species in SPECIES.values() for code in (species.code, species.old_code))
_BY_WORD = _by(
    (fold(word), species)
    for species in SPECIES.values()
    for word in (*species.words, *species.register_words, species.long_name, species.slug, species.cf)
)


def species_of_code(code: str) -> Species | None:
    """The species with this code of HJ 212: of 2017, or of 2005, whose numbers mean others in water.

    Examples
    --------
    >>> species_of_code("a21026") is species_of_code("02") is SPECIES["so2"], species_of_code("w01018")
    (True, None)
    """
    return _BY_CODE.get(code)


def species_of_word(text: str) -> Species | None:
    """The species that a word means: of a logger, a permit, a list, CF or this program; in any case and width.

    The whole text is the word; what may stand around one is for those to know who read headings and lists.

    Examples
    --------
    >>> [species_of_word(text).slug for text in ("ＳＯ２", "二氧化硫", "烟尘", "PM2.5", "pm2p5")]
    ['so2', 'so2', 'pm_total', 'pm25', 'pm25']
    >>> species_of_word("二氧化硫排放量") is None
    True
    """
    return _BY_WORD.get(fold(text))


def species_of(name: str) -> Species | None:
    """The species of a variable: its slug, in any case, with or without what tells a second instrument's apart.

    Examples
    --------
    >>> [species_of(name).slug for name in ("SO2", "tvoc_2", "pm_coarse", "pm_coarse_b4_left", "co2_dry_2")]
    ['so2', 'tvoc', 'pm_coarse', 'pm_coarse', 'co2_dry']
    >>> species_of("hexane") is None
    True
    """
    parts = name.lower().split("_")
    stems = ("_".join(parts[:count]) for count in range(len(parts), 0, -1))
    return next((SPECIES[stem] for stem in stems if stem in SPECIES), None)


def substance_of(name: str) -> str:
    """Slug of what a variable measures, whichever instrument did and wet or dry; of an unlisted one its first part.

    Examples
    --------
    >>> substance_of("ch4_dry"), substance_of("CO2_2"), substance_of("pm_coarse"), substance_of("hexane_2")
    ('ch4', 'co2', 'pm_coarse', 'hexane')
    """
    species = species_of(name)
    return (species.dry_of or species.slug) if species else name.lower().split("_")[0]


def family_of(name: str) -> str:
    """Family of a variable's species; a species without relatives is its own family.

    Examples
    --------
    >>> family_of("toluene_2"), family_of("pnc"), family_of("ch4_dry"), family_of("hexane")
    ('voc', 'particles', 'ch4', 'hexane')
    """
    species = species_of(name)
    return species.family if species else substance_of(name)


def molar_mass_of(name: str) -> float | None:
    """Molar mass of a variable's gas, g mol-1; None for what is no gas of one substance.

    Examples
    --------
    >>> molar_mass_of("hcho"), molar_mass_of("ch4_dry"), molar_mass_of("so2_2"), molar_mass_of("tvoc")
    (30.026, 16.043, 64.058, None)
    """
    species = species_of(name)
    return species.molar_mass_g_mol if species else None
