"""Files → typed records. Nothing downstream opens an input file."""
