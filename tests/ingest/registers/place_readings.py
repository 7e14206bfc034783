"""How a test reads a place, and what it was told."""

from __future__ import annotations

from ingest.registers.places import Place, read_place
from onevisit.words.telling import tell


def read(x: float | str, y: float | str, crs: str = "", near: tuple[float, float] | None = None) -> Place:
    """Read a place that is there; numbers are written out in full."""
    place = read_place(x if isinstance(x, str) else repr(x), y if isinstance(y, str) else repr(y), crs, near=near)
    assert place is not None
    return place


def said(place: Place) -> list[tuple[str, str]]:
    """What was repaired or guessed and why, in words."""
    return [(told.decision, told.evidence) for told in map(tell, place.notes)]
