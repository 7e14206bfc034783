"""Templates, styles and scripts of the pages, read once."""

from __future__ import annotations

from functools import cache
from importlib import resources


@cache
def asset(name: str) -> str:
    """The text of one file of ``templates/``."""
    return (resources.files("onevisit.handover.page") / "templates" / name).read_text(encoding="utf-8")
