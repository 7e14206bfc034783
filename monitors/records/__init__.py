"""Rules that read the records of an outlet as matrices of (quantity, slot), one family a file."""
