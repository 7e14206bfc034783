"""Trace → drive passes with background, enhancement and plumes."""

from tracks.process import process_trace
from tracks.quantify import quantify_parked
from tracks.rates import quantify_trace
from tracks.schema import RateEstimate, Track
from tracks.segments import map_segments
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
