"""Two halves of one truth.json: the simulator that writes it, the score that reads it."""
