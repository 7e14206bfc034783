"""Quantities of HJ 212 that the rules know: their codes, names and units."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files


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
    """Quantities that the rules downstream know by code (HJ 212-2017, annex B; PM in µg m-3 as devices send it)."""
    text = (files("ingest.monitors") / "hj212_codes.csv").read_text(encoding="utf-8")
    return tuple(
        Code(r["code"], r["old"], r["name_zh"], r["name_en"], r["unit"], tuple(r["aliases"].split()))
        for r in csv.DictReader(text.splitlines())
    )


@lru_cache(maxsize=1)
def _by_name() -> Mapping[str, Code]:
    names = {}
    for code in hj212_codes():
        for name in (code.code, code.name_zh, code.name_en, *code.aliases):
            names[name.lower()] = code
    return names


@lru_cache(maxsize=1)
def _by_old() -> Mapping[str, Code]:
    return {code.old: code for code in hj212_codes() if code.old}


def code_of(name: str) -> Code | None:
    """Return the quantity with this code (2017 or 2005), Chinese or English name, or common abbreviation.

    Examples
    --------
    >>> code_of("COD").code, code_of("011").code, code_of("二氧化硫").name_en, code_of("电话")
    ('w01018', 'w01018', 'sulphur dioxide', None)
    """
    return _by_name().get(name.strip().lower()) or _by_old().get(name.strip())
