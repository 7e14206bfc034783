"""Oriented photos to one mosaic."""
