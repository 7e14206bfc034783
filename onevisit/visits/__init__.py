"""One visit per site, in a drivable order."""
