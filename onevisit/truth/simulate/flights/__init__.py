"""The ground, a flight over it, and its photos."""
