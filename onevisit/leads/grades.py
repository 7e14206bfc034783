"""Grades that registers give to a site, in order: credit of its environmental conduct, performance in an episode."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import IntEnum


class Credit(IntEnum):
    """Credit of environmental conduct from best to worst (环发〔2013〕150号; black where a province has five)."""

    HONEST = 1
    GOOD = 2
    WARNED = 3
    BAD = 4
    BLACK = 5


_CREDITS: Mapping[Credit, tuple[str, ...]] = {
    Credit.HONEST: ("诚信", "绿", "green", "honest"),
    Credit.GOOD: ("良好", "蓝", "blue", "good"),
    Credit.WARNED: ("警示", "黄", "yellow", "warn"),
    Credit.BAD: ("不良", "红", "red", "bad"),
    Credit.BLACK: ("黑", "black", "严重失信"),
}
_LETTERS = {"A": Credit.HONEST, "B": Credit.GOOD, "C": Credit.WARNED, "D": Credit.BAD, "E": Credit.BLACK}


def credit_of(label: str) -> Credit | None:
    """The credit that a local label means, None where it means none that is known.

    Examples
    --------
    >>> credit_of("环保不良"), credit_of("B级"), credit_of("3")
    (<Credit.BAD: 4>, <Credit.GOOD: 2>, None)
    """
    text = label.strip().lower()
    named = [credit for credit, words in _CREDITS.items() if any(word in text for word in words)]
    if named:
        return max(named)
    match = re.fullmatch(r"([a-e])\s*(级|类|grade|-)?", text)
    return _LETTERS[match[1].upper()] if match else None


def grade_letter(label: str) -> str:
    """The grade of performance (A to D) that decides what an order in an episode asks of a site; empty for none.

    Sites that lead their industry reduce on their own, as those of grade A do; those beside them as those of B.

    Examples
    --------
    >>> [grade_letter(text) for text in ("A级", "引领性", "B-", "非引领性", "重点")]
    ['A', 'A', 'B', 'B', '']
    """
    text = label.strip().upper()
    if "引领性" in text:
        return "B" if "非" in text else "A"
    match = re.fullmatch(r"([ABCD])[-+]?\s*(级|类)?", text)
    return match[1] if match else ""
