"""What the monitors room gives away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class Anomaly:
    """Something that the records of one reporting point say and that asks for an explanation; never a verdict.

    ``kind`` names the rule family. ``permit_code``, ``uscc`` and ``site_name`` name the site as the record does, each
    empty where it is silent; ``source`` is the file, ``code`` the quantity. ``start`` and ``end`` are UTC, the end
    that of the last interval. ``strength`` is 1 where the rule begins to speak. ``values`` holds what was compared
    with what, by name; ``rivals`` the codes of what else could explain it, none where the record names nothing.
    """

    kind: str
    permit_code: str
    uscc: str
    site_name: str
    point: str
    source: str
    code: str
    start: datetime
    end: datetime
    strength: float
    values: Mapping[str, float | str] = field(default_factory=dict)
    rivals: tuple[str, ...] = ()
    lon: float | None = None
    lat: float | None = None
