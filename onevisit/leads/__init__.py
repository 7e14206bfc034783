"""Evidence per site, what else could explain it, and what to do about it."""
