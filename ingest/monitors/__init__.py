"""Monitor, power and treatment records to series."""
