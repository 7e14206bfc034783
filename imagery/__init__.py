"""Frames → one georeferenced mosaic, and what it shows."""
