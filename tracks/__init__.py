"""Trace → drive passes with background, enhancement and plumes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import lazy_loader

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

# a name's module is imported when the name is first used (PEP 562)
__getattr__, _, _ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "process": ["process_trace"],
        "rates.choose": ["quantify_trace"],
        "rates.parked": ["quantify_parked"],
        "schema": ["RateEstimate", "Track"],
        "segments.medians": ["map_segments"],
        "settings": ["TrackSettings"],
    },
)
