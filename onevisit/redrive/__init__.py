"""Where to measure again: the streets, winds and hours that would settle most, and flights."""
