"""The air on its way to a place: wind, back-trajectories and the plume along them."""
