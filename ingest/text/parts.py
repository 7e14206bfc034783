"""Parts of a quantity that headings name beside it: measured, corrected, mark, limit, amount, extremes, dry and wet.

``二氧化硫折算浓度`` is the corrected part of SO2, ``SO2_flag`` its mark; a heading in two rows names the quantity in
the first and the part in the second.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib.resources import files

from ingest.species import fold

#: Parts that are values of another kind than the quantity's own: never to be read in its place.
OF_ANOTHER_KIND = ("corrected", "mark", "limit", "unit", "amount", "extreme", "spread")
# "11% O2", "6%O2", "基准氧": a concentration at a reference oxygen is a corrected one.
_AT_OXYGEN = re.compile(
    r"@|\d\s*(?:vol)?[%％]\s*(?:vol\.?\s*)?o[2₂]|o[2₂]\s*[=:]?\s*\d+(?:\.\d+)?\s*[%％]|基准氧|折氧", re.I
)
_BRACKETS = re.compile(r"[(（\[【]([^()（）\[\]【】]*)[)）\]】]")
_BETWEEN = " _-./·:："


def _table() -> Iterator[tuple[str, str]]:
    text = (files("ingest.text") / "heading_parts.csv").read_text(encoding="utf-8")
    return ((row["word"], row["part"]) for row in csv.DictReader(text.splitlines()))


@lru_cache(maxsize=1)
def _words() -> Mapping[str, str]:
    return {word: part for word, part in _table() if part != "inside"}


@lru_cache(maxsize=1)
def _inside() -> frozenset[str]:
    """Words for parts of an instrument: a temperature, humidity or pressure with one of them is not the air's."""
    return frozenset(word for word, part in _table() if part == "inside")


@lru_cache(maxsize=4096)
def is_of_instrument(text: str) -> bool:
    """Whether the words beside a quantity say that it is the instrument's own (cell, board, battery, 机箱).

    Examples
    --------
    >>> is_of_instrument("Electronics"), is_of_instrument("机箱"), is_of_instrument("AirMar")
    (True, True, False)
    """
    words = set(fold(text).split())
    return any(word in words if word.isascii() else word in text for word in _inside())


def _plain(text: str) -> str:
    return re.sub(r"[\s_\-./·:：*]+", "", unicodedata.normalize("NFKC", text).lower())


@lru_cache(maxsize=4096)
def part_of(text: str) -> str:
    """The part that a text without unit names, empty where it names none.

    Examples
    --------
    >>> part_of("折算浓度"), part_of("Flag"), part_of("二氧化硫")
    ('corrected', 'mark', '')
    """
    return _words().get(_plain(text), "")


def unwrapped(text: str) -> str:
    """Take parts out of brackets: ``SO2（折算）(mg/m3)`` is ``SO2 折算 (mg/m3)``.

    Examples
    --------
    >>> unwrapped("二氧化硫（折算）"), unwrapped("CO(mg/m3)")
    ('二氧化硫 折算', 'CO(mg/m3)')
    """
    return _BRACKETS.sub(lambda found: f" {found[1].strip()} " if part_of(found[1]) else found[0], text).strip()


def is_at_oxygen(text: str) -> bool:
    """Whether a heading speaks of a concentration at a reference oxygen content.

    Examples
    --------
    >>> is_at_oxygen("SO2 (mg/m3 @ 6% O2)"), is_at_oxygen("NOx(11%O2)"), is_at_oxygen("O2(%)")
    (True, True, False)
    """
    return _AT_OXYGEN.search(text) is not None


def split_part(name: str) -> Iterator[tuple[str, str]]:
    """Yield (subject, part) for every part that a name ends or begins with, the longest word first.

    Whether the subject is a quantity is for the caller to know: ``so2value`` may be the value of SO2.

    Examples
    --------
    >>> next(split_part("SO2_flag")), next(split_part("二氧化硫折算浓度")), list(split_part("NO2"))
    (('SO2', 'mark'), ('二氧化硫', 'corrected'), [])
    """
    folded = unicodedata.normalize("NFKC", name).strip()
    lower = folded.lower()
    if len(lower) != len(folded):
        return
    found: list[tuple[int, str, str]] = []
    for word, part in _words().items():
        latin = word.isascii()
        for size in _sizes(lower, word, at_end=True):
            rest = folded[: len(folded) - size]
            if not latin or rest[-1:] in _BETWEEN or len(word) > 2:
                found.append((len(word), rest.rstrip(_BETWEEN), part))
        for size in _sizes(lower, word, at_end=False):
            rest = folded[size:]
            if rest[:1] in _BETWEEN or not latin:
                found.append((len(word), rest.lstrip(_BETWEEN), part))
    for _, subject, part in sorted(found, key=lambda entry: -entry[0]):
        if subject:
            yield subject, part


def _sizes(lower: str, word: str, *, at_end: bool) -> Iterator[int]:
    """Characters at the end (or beginning) of a text that are this word."""
    if lower.endswith(word) if at_end else lower.startswith(word):
        yield len(word)
