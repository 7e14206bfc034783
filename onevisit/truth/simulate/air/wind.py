"""Wind over the park: a mean that veers, meander, gusts and calm spells, with a weak turning over space.

Each part is an Ornstein-Uhlenbeck process, so that the series has the spectrum of first-order turbulence and one
time scale per part. The field is ``V(x, y, t) = V(t) + A(t) · (x, y)`` with a traceless ``A`` (no divergence).
Nothing is shared with `fusion`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Wind:
    """Wind at 10 m, one row a second from ``start_s``: ``u`` east, ``v`` north, m s-1; ``strain`` s-1, shape (t, 2).

    ``inverse_length_per_m`` is 1/L of Monin and Obukhov, ``roughness_m`` z0, ``turbulence`` the lateral intensity
    that the series does not resolve (σv / U).
    """

    start_s: int
    u: Floats
    v: Floats
    strain: Floats
    inverse_length_per_m: float
    roughness_m: float
    turbulence: float
    calm: NDArray[np.bool_]

    def at(self, second: int, x: Floats, y: Floats) -> tuple[Floats, Floats]:
        """Wind at places (local metres) in a second of the series, m s-1."""
        k = second - self.start_s
        stretch, shear = self.strain[k]
        return self.u[k] + stretch * x + shear * y, self.v[k] + shear * x - stretch * y


def ornstein_uhlenbeck(n: int, sd: float, scale_s: float, rng: np.random.Generator) -> Floats:
    """One value a second of a stationary Gauss-Markov process with standard deviation and time scale, shape (n,)."""
    keep = np.exp(-1.0 / scale_s)
    kicks = rng.normal(0.0, sd * np.sqrt(1.0 - keep**2), n)
    kicks[0] = rng.normal(0.0, sd)
    values = np.empty(n)
    last = 0.0
    for k, kick in enumerate(kicks):
        last = keep * last + kick if k else kick
        values[k] = last
    return values


def draw_mean_wind(rng: np.random.Generator) -> tuple[float, float]:
    """Mean speed in m s-1, and the bearing in radians towards which the wind blows: what `blow` draws first."""
    return float(rng.uniform(1.6, 4.2)), float(rng.uniform(0, 2 * np.pi))


def blow(start_s: int, n: int, rng: np.random.Generator, *, calm_spells: bool = True) -> Wind:
    """Draw the wind of a day.

    Parameters
    ----------
    start_s : int
        First second, counted from the start of the drive; negative for the time in which plumes build up.
    n : int
        Number of seconds.
    calm_spells : bool
        Whether one or two spells of 4-9 minutes below 0.5 m s-1 may occur.
    """
    t = np.arange(n)
    mean_speed, first = draw_mean_wind(rng)
    toward = first + rng.normal(0, 0.35) * t / 3600.0
    toward = toward + ornstein_uhlenbeck(n, np.radians(rng.uniform(8, 18)), 420.0, rng)
    toward = toward + ornstein_uhlenbeck(n, np.radians(rng.uniform(5, 10)), 40.0, rng)
    speed = mean_speed * np.exp(
        ornstein_uhlenbeck(n, 0.22, 300.0, rng) + ornstein_uhlenbeck(n, 0.18, 25.0, rng) - 0.04
    )
    damping = np.ones(n)
    (calm,) = rng.spawn(1)
    if calm_spells:
        for _ in range(int(calm.integers(1, 3))):
            middle, half = calm.uniform(0.3 * n, n), calm.uniform(120, 270)
            damping = damping * (1.0 - 0.9 / (1.0 + np.exp((np.abs(t - middle) - half) / 15.0)))
    speed = speed * damping
    strain = np.column_stack([ornstein_uhlenbeck(n, 1.5e-4, 600.0, rng) for _ in range(2)])
    stability = float(rng.uniform(-0.03, 0.005))
    return Wind(
        start_s,
        speed * np.sin(toward),
        speed * np.cos(toward),
        strain,
        stability,
        0.3,
        float(rng.uniform(0.12, 0.2)),
        damping < 0.5,
    )
