"""How results are held against the truth of a simulated mission: one module per kind of result."""
