"""Trace → drive passes with background, enhancement and plumes."""

from tracks.process import process_trace
from tracks.quantify import quantify_parked
from tracks.schema import RateEstimate, Track
from tracks.settings import TrackSettings

__all__ = ["RateEstimate", "Track", "TrackSettings", "process_trace", "quantify_parked"]
