"""Wind that does not change: the limit in which puffs must add up to a plume."""

from __future__ import annotations

import numpy as np

from onevisit.truth.simulate.air.wind import Wind

__all__ = ["steady_wind"]


def steady_wind(
    speed: float,
    n: int,
    *,
    toward_rad: float = 0.0,
    inverse_length_per_m: float = 0.0,
    roughness_m: float = 0.1,
    turbulence: float = 0.1,
) -> Wind:
    """``n`` seconds of one wind."""
    u, v = np.full(n, speed * np.sin(toward_rad)), np.full(n, speed * np.cos(toward_rad))
    surface = inverse_length_per_m, roughness_m, turbulence
    return Wind(0, u, v, np.zeros((n, 2)), *surface, np.zeros(n, bool))
