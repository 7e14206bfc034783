"""Quantities of monitor records by code and by name: species of the air, and what else HJ 212 numbers."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from ingest.species import SPECIES, Species, fold

_NOT_IN_RECORDS = frozenset({"total"})
"""Headings of loggers that name a species beside their other columns only: a platform's total is that of anything."""


@dataclass(frozen=True)
class Code:
    """A quantity of HJ 212: its 2017 code, that of 2005, names, and the unit in which devices report it."""

    code: str
    old: str
    name_zh: str
    name_en: str
    unit: str
    aliases: tuple[str, ...]


@lru_cache(maxsize=1)
def hj212_codes() -> tuple[Code, ...]:
    """Quantities known by code (HJ 212-2017, annex B): species of the air, then water and operation."""
    text = (files("ingest.monitors") / "hj212_codes.csv").read_text(encoding="utf-8")
    others = (
        Code(r["code"], r["old"], r["name_zh"], r["name_en"], r["unit"], tuple(r["aliases"].split()))
        for r in csv.DictReader(text.splitlines())
    )
    return (*(_code_of_species(species) for species in SPECIES.values() if species.code), *others)


def _code_of_species(species: Species) -> Code:
    name_zh, *others = species.register_words
    aliases = tuple(word for word in (*others, *species.words) if word not in _NOT_IN_RECORDS)
    return Code(species.code, species.old_code, name_zh, species.long_name, species.monitor_unit, aliases)


@lru_cache(maxsize=1)
def _by_name() -> Mapping[str, Code]:
    return {
        fold(name): code for code in hj212_codes() for name in (code.code, code.name_zh, code.name_en, *code.aliases)
    }


@lru_cache(maxsize=1)
def _by_old() -> Mapping[str, Code]:
    return {code.old: code for code in hj212_codes() if code.old}


def code_of(name: str) -> Code | None:
    """Return the quantity with this code (2017 or 2005), Chinese or English name, or common abbreviation.

    Examples
    --------
    >>> code_of("COD").code, code_of("011").code, code_of("二氧化硫").name_en, code_of("电话")
    ('w01018', 'w01018', 'sulfur dioxide', None)
    """
    return _by_name().get(fold(name)) or _by_old().get(name.strip())
