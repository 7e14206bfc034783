"""Rows of a table that are no data: summaries (合计, Max), and what people write below (制表人, 备注)."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from itertools import pairwise


@lru_cache(maxsize=1)
def _words() -> Mapping[tuple[str, str], str]:
    text = (files("ingest.text") / "row_words.csv").read_text(encoding="utf-8")
    return {(row["kind"], row["word"]): row["word"] for row in csv.DictReader(text.splitlines())}


@lru_cache(maxsize=4096)
def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text[:40]).lower()
    return re.sub(r"[(\[][^)\]]*[)\]]|[\s_\-:*\"']+", "", folded)


def is_summary_word(text: str) -> bool:
    """Whether a whole cell names a summary of the rows above or below.

    Examples
    --------
    >>> is_summary_word("最大值"), is_summary_word(" Max. "), is_summary_word("合 计："), is_summary_word("Maxton")
    (True, True, True, False)
    """
    return ("summary", _plain(text).rstrip(".")) in _words()


def is_counter_word(text: str) -> bool:
    """Whether a heading is one that row counters have: ``No``, ``No.``, ``#``, ``序号``, ``ID``, ``Index``."""
    return ("counter", _plain(text)) in _words()


def aside_of(cells: Sequence[str]) -> str:
    """``summary`` or ``footer`` where a row without a time of its own is one, else empty.

    Examples
    --------
    >>> aside_of(["", "平均值", "12.1"]), aside_of(["制表人：张三", "", ""]), aside_of(["甲厂", "12.1"])
    ('summary', 'footer', '')
    """
    texts = [cell for cell in (cell.strip() for cell in cells) if cell]
    if any(is_summary_word(text) for text in texts):
        return "summary"
    if texts and any(("footer", word) in _words() for word in _beginnings(texts[0])):
        return "footer"
    return ""


def _beginnings(text: str) -> tuple[str, ...]:
    """The text, and what stands before its colon."""
    head, colon, _ = unicodedata.normalize("NFKC", text).partition(":")
    return (_plain(head),) if colon else (_plain(text),)


def counts_by_one(values: Sequence[float | None]) -> bool:
    """Whether numbers are those of a counter of rows: whole, and each one more than the one before, but for a few.

    Examples
    --------
    >>> counts_by_one([1, 2, 3, 4]), counts_by_one([3, 3, 4, 4]), counts_by_one([1.5, 2.5, 3.5])
    (True, False, False)
    """
    known = [value for value in values if value is not None and value == value]
    if len(known) < 3 or any(value != int(value) for value in known if abs(value) < 1e15):
        return False
    steps = sum(later - earlier == 1 for earlier, later in pairwise(known))
    return steps >= 0.9 * (len(known) - 1)
