"""Input file readers, one logger format a file."""
