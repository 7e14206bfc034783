"""What the headings of offices' tables mean: registers of sites, exports of monitoring platforms."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files

from ingest.text.qualifiers import side_of


def field_of_heading(heading: str) -> str:
    """Return the field that a heading stands for, or an empty text.

    Examples
    --------
    >>> field_of_heading("经度（°）"), field_of_heading("Permit Code"), field_of_heading("电话")
    ('lon', 'permit_code', '')
    """
    text = re.sub(r"[（(\[【].*?[)）\]】]", "", heading.strip().lower())
    found = heading_vocabulary().get(re.sub(r"[\s_\-:：*/、.°\ufeff\"']", "", text), "")
    if found in _UNITS and not _states_unit(heading, _UNITS[found]):
        return ""
    if found in _OTHER_SIDE:
        inside = re.search(r"[（(\[【](.*?)[)）\]】]", heading)
        return _OTHER_SIDE[found] if inside and side_of(inside[1]) == -1 else found
    return found


_OTHER_SIDE = {"lon": "lon_west", "lat": "lat_south"}
_UNITS: Mapping[str, tuple[str, ...]] = {
    "permitted_kg_h": ("kg/h", "kgh-1", "千克/小时", "千克/时", "公斤/小时"),
    "permitted_t_a": ("t/a", "ta-1", "吨/年", "t/年", "吨/a", "t", "吨"),
}
"""Amounts are read in the unit that registers write; a heading that states another one is not understood."""


def _states_unit(heading: str, units: tuple[str, ...]) -> bool:
    """Whether what a heading has in brackets is one of these units; nothing in brackets is the usual one."""
    inside = re.search(r"[（(\[【](.*?)[)）\]】]", heading.lower())
    return inside is None or re.sub(r"[\s·^]", "", inside[1]) in units


#: Digits that a spreadsheet keeps of a number (IEEE 754 double precision).
_DIGITS_KEPT = 15


def is_rounded_code(text: str) -> bool:
    """Whether a code has become a number in a spreadsheet and lost its last digits: ``9.15101E+17``, ``...000``.

    Examples
    --------
    >>> [is_rounded_code(text) for text in ("9.15101E+17", "915101006604702000", "915101006604702148")]
    [True, True, False]
    """
    text = text.strip().strip("'\"`")
    if re.fullmatch(r"\d(?:\.\d+)?[eE]\+?\d{2}", text):
        return True
    return bool(re.fullmatch(r"\d{18,22}(?:\.0)?", text)) and not text.removesuffix(".0")[_DIGITS_KEPT:].strip("0")


@lru_cache(maxsize=1)
def heading_vocabulary() -> Mapping[str, str]:
    """Fields by heading, as they are compared: lower case, without spaces, units and punctuation."""
    text = (files("ingest.text") / "register_headings.csv").read_text(encoding="utf-8")
    return {row["heading"]: row["field"] for row in csv.DictReader(text.splitlines())}


@lru_cache(maxsize=1)
def monitor_headings() -> Mapping[str, str]:
    """Roles of the columns of monitor exports by heading: lower case, without spaces, units and hyphens."""
    text = (files("ingest.text") / "monitor_headings.csv").read_text(encoding="utf-8")
    return {row["heading"]: row["role"] for row in csv.DictReader(text.splitlines())}
