"""Codes and names of enterprises that do not exist: credit codes with valid check digits, permit codes, names.

The unified social credit code is GB 32100-2015: 17 characters and a check character, weights 3^k mod 31. The permit
code of a site is the credit code, a three-digit place number and one letter (HJ 608-2017). A district code (510199)
that no place bears keeps the codes from being anybody's.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # GB 32100-2015, table 2: no I, O, S, V, Z
_REGION = "510199"


@dataclass(frozen=True)
class Industry:
    """A GB/T 4754-2017 class: its code, name, and what its sources emit relative to the leading species (g per g)."""

    code: str
    title: str
    word: str
    profile: tuple[tuple[str, float], ...]
    rate_g_s: float
    height_m: float


INDUSTRIES: tuple[Industry, ...] = (
    Industry(
        "3670", "汽车零部件及配件制造", "汽车部件", (("TVOC", 1.0), ("toluene", 0.22), ("xylene", 0.34)), 0.55, 8.0
    ),
    Industry("2110", "木质家具制造", "家具", (("TVOC", 1.0), ("toluene", 0.30), ("xylene", 0.12)), 0.45, 5.0),
    Industry(
        "2319", "包装装潢及其他印刷", "包装印务", (("TVOC", 1.0), ("toluene", 0.08), ("xylene", 0.02)), 0.60, 6.0
    ),
    Industry("2641", "涂料制造", "涂料", (("TVOC", 1.0), ("toluene", 0.18), ("xylene", 0.40)), 0.50, 4.0),
    Industry("3021", "水泥制品制造", "建材", (("PM2.5", 1.0), ("TVOC", 0.01)), 0.30, 3.0),
    Industry("4430", "热力生产和供应", "热力", (("NOx", 1.0), ("CO", 0.9), ("PM2.5", 0.03)), 0.80, 15.0),
    Industry("3973", "集成电路制造", "微电子", (("TVOC", 1.0), ("toluene", 0.01)), 0.25, 12.0),
    Industry("4620", "污水处理及其再生利用", "水务", (("TVOC", 1.0),), 0.10, 2.0),
    Industry("3311", "金属结构制造", "金属结构", (("PM2.5", 1.0), ("TVOC", 0.5), ("xylene", 0.2)), 0.25, 5.0),
    Industry("2929", "塑料零件及其他塑料制品制造", "塑胶", (("TVOC", 1.0), ("toluene", 0.05)), 0.35, 6.0),
)

_FIRST = "蓉锦川天华瑞鼎宏远泰安盛恒新科汇金诚信德润达兴隆"
_SECOND = "阳源通达和信业丰创美诺捷腾宇明晟奥力邦凯"
_FORMS = ("有限公司", "有限责任公司", "股份有限公司")


def uscc_check_character(first_17: str) -> str:
    """Return the check character of a unified social credit code (GB 32100-2015, weights 3^k mod 31).

    Examples
    --------
    >>> uscc_check_character("91130200699229617")
    'X'
    """
    total = sum(_ALPHABET.index(character) * pow(3, k, 31) for k, character in enumerate(first_17))
    return _ALPHABET[(31 - total % 31) % 31]


def uscc(rng: np.random.Generator) -> str:
    """Draw a valid unified social credit code: department 9 (commerce), kind 1 (company)."""
    body = "MA" + "".join(_ALPHABET[k] for k in rng.integers(0, 31, 7))
    first_17 = "91" + _REGION + body
    return first_17 + uscc_check_character(first_17)


def permit_code(credit_code: str, place: int, rng: np.random.Generator) -> str:
    """Permit code of a company's place (HJ 608-2017): 22 characters; the last is not a check character."""
    return f"{credit_code}{place:03d}{'PQRUVWXYZ'[int(rng.integers(0, 9))]}"


def company_name(industry: Industry, rng: np.random.Generator) -> str:
    """Draw a company name in the usual order: city, trade name, industry, legal form."""
    trade = _FIRST[int(rng.integers(len(_FIRST)))] + _SECOND[int(rng.integers(len(_SECOND)))]
    return f"成都{trade}{industry.word}{_FORMS[int(rng.integers(len(_FORMS)))]}"
