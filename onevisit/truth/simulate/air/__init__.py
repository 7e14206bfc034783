"""Wind, sources, puffs and what an instrument makes of them."""
