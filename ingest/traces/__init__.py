"""Logger files to traces."""
