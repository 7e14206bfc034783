"""What the headings of offices' tables mean: registers of sites, exports of monitoring platforms."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files


def field_of_heading(heading: str) -> str:
    """Return the field that a heading stands for, or an empty text.

    Examples
    --------
    >>> field_of_heading("经度（°）"), field_of_heading("Permit Code"), field_of_heading("电话")
    ('lon', 'permit_code', '')
    """
    text = re.sub(r"[（(\[【].*?[)）\]】]", "", heading.strip().lower())
    return heading_vocabulary().get(re.sub(r"[\s_\-:：*/、.°\ufeff\"']", "", text), "")


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
