"""Passes and ortho → cube → hotspots → attribution."""
