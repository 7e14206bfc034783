"""What a mosaic shows of sources."""
