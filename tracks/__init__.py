"""Trace → drive passes with background, enhancement and plumes."""

from tracks.process import process_trace
from tracks.schema import Track
from tracks.settings import TrackSettings

__all__ = ["Track", "TrackSettings", "process_trace"]
