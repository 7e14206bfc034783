"""A park with known truth, written in real file formats."""

from onevisit.truth.simulate.mission import simulate_mission

__all__ = ["simulate_mission"]
