"""Trace → drive passes with background, enhancement and plumes."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tracks.process import process_trace
    from tracks.rates.choose import quantify_trace
    from tracks.rates.parked import quantify_parked
    from tracks.schema import RateEstimate, Track
    from tracks.segments.medians import map_segments
    from tracks.settings import TrackSettings

__all__ = [
    "RateEstimate",
    "Track",
    "TrackSettings",
    "map_segments",
    "process_trace",
    "quantify_parked",
    "quantify_trace",
]

_HOMES = {
    "RateEstimate": "tracks.schema",
    "Track": "tracks.schema",
    "TrackSettings": "tracks.settings",
    "map_segments": "tracks.segments.medians",
    "process_trace": "tracks.process",
    "quantify_parked": "tracks.rates.parked",
    "quantify_trace": "tracks.rates.choose",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used (PEP 562): who reads a mission file need not load the kernels."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
