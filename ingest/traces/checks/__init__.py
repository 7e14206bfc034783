"""What a record says of itself, tested: positions, speeds, units, ranges, kinds."""
