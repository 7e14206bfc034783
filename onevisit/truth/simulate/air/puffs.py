"""Gaussian puffs carried by a wind that varies: what the air holds at a moving inlet.

A source gives off a puff every `RELEASE_S` seconds. Each is carried by the wind at the mean height of its own mass
and grows:

- vertically by the similarity theory of diffusion from the ground (van Ulden 1978, doi:10.1016/0004-6981(78)90167-1):
  the mean height of a ground-level puff obeys ``dz̄/dt = κ u* / φh(p z̄ / L)``, p = 1.55, with a Gaussian profile
  (σz = z̄ √(π/2)). A puff whose source is at height H grows with the diffusivity of that height,
  ``dσz/dt = K(H) / σz``, until it touches the ground, and never faster than σw = 1.3 u*;
- horizontally by the turbulence that the wind series does not resolve: Taylor (1921), doi:10.1112/plms/s2-20.1.196,
  ``dσ²/dt = 2 σv² T (1 − exp(−t/T))``.

Profiles and φh are those of Businger and Dyer. Valid over open and suburban ground from tens of metres to a few
kilometres; not inside a street canyon, nor for heavy or buoyant gas. No line of `fusion.air.dispersion` is
used here, and the model differs from its steady plume on purpose: an inverse that is given its own forward model
proves nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from onevisit.truth.simulate.air.wind import Wind

Floats = NDArray[np.float64]
RELEASE_S = 2
KARMAN = 0.4
_P = 1.55  # van Ulden (1978): height, in units of the mean height, at which K and u stand for the whole profile
_SPEED_HEIGHT = 0.6  # ibid.: the plume moves with the wind at 0.6 of its mean height
_LATERAL_TIME_S = 50.0  # Lagrangian time scale of the unresolved lateral motion; fits the widths of Prairie Grass
_MIN_LATERAL_SPEED = 0.12  # m s-1: wandering motion that stays in a calm
_MIN_FRICTION_VELOCITY = 0.06
_MIXING_HEIGHT_M = 800.0


@dataclass(frozen=True)
class Emitter:
    """A source as the air sees it: place and height (local metres), first size, and g s-1 for every second."""

    x: float
    y: float
    height_m: float
    first_size_m: float
    rate_g_s: Floats


def _phi_heat(zeta: Floats) -> Floats:
    """Dimensionless gradient of Businger and Dyer (Dyer 1974, doi:10.1007/BF00240838)."""
    return np.where(zeta >= 0, 1.0 + 5.0 * zeta, 1.0 / np.sqrt(1.0 - 16.0 * np.minimum(zeta, 0.0)))


def _psi_momentum(zeta: Floats) -> Floats:
    """Integrated stability correction of the wind profile (Paulson 1970 for unstable, −5 ζ for stable air)."""
    root = (1.0 - 16.0 * np.minimum(zeta, 0.0)) ** 0.25
    unstable = 2 * np.log((1 + root) / 2) + np.log((1 + root**2) / 2) - 2 * np.arctan(root) + np.pi / 2
    return np.where(zeta >= 0, -5.0 * zeta, unstable)


def friction_velocity(speed: Floats, wind: Wind, *, at_height_m: float = 10.0) -> Floats:
    """Friction velocity in m s-1 from the speed at a height, by the logarithmic profile with stability."""
    profile = np.log(at_height_m / wind.roughness_m)
    profile = profile - _psi_momentum(np.asarray(at_height_m * wind.inverse_length_per_m))
    return np.asarray(np.maximum(KARMAN * speed / profile, _MIN_FRICTION_VELOCITY), float)


def plume_speed(height_m: Floats, friction: Floats, wind: Wind) -> Floats:
    """Wind speed in m s-1 at a height above ground (from 2 z0 upwards)."""
    height = np.maximum(height_m, 2.0 * wind.roughness_m)
    return friction / KARMAN * (np.log(height / wind.roughness_m) - _psi_momentum(height * wind.inverse_length_per_m))


def vertical_growth(sigma_z: Floats, height_m: Floats, friction: Floats, inverse_length_per_m: float) -> Floats:
    """Rate dσz/dt in m s-1 of puffs of size ``sigma_z`` whose source is at ``height_m``."""
    ground = np.sqrt(np.pi / 2.0)
    mean_height = np.maximum(sigma_z / ground, height_m)
    growth = (
        KARMAN
        * friction
        / _phi_heat(_P * mean_height * inverse_length_per_m)
        * np.maximum(ground, height_m / sigma_z)
    )
    return np.minimum(growth, 1.3 * friction)


class _Cloud:
    """Puffs of all sources, in a ring: (source, slot) arrays that one step moves and grows."""

    def __init__(self, emitters: Sequence[Emitter], life_s: int) -> None:
        shape = (len(emitters), max(life_s // RELEASE_S, 1))
        self.emitters = emitters
        self.x, self.y = np.zeros(shape), np.zeros(shape)
        self.height = np.repeat([[e.height_m] for e in emitters], shape[1], axis=1)
        self.sigma, self.sigma_z, self.age = np.ones(shape), np.ones(shape), np.zeros(shape)
        self.mass = np.zeros(shape)
        self.slot = 0

    def release(self, k: int) -> None:
        """Put one puff of every source into the oldest slot."""
        for row, emitter in enumerate(self.emitters):
            self.x[row, self.slot], self.y[row, self.slot] = emitter.x, emitter.y
            self.sigma[row, self.slot] = emitter.first_size_m
            self.sigma_z[row, self.slot] = max(0.4 * emitter.first_size_m, 0.2)
            self.age[row, self.slot] = 0.0
            self.mass[row, self.slot] = emitter.rate_g_s[k] * RELEASE_S
        self.slot = (self.slot + 1) % self.mass.shape[1]

    def step(self, second: int, wind: Wind) -> None:
        """Carry and grow all puffs by one second."""
        u, v = wind.at(second, self.x, self.y)
        speed = np.hypot(u, v)
        friction = friction_velocity(speed, wind)
        mean_height = np.maximum(self.sigma_z * 0.798, self.height)
        carried = np.clip(plume_speed(_SPEED_HEIGHT * mean_height, friction, wind) / np.maximum(speed, 0.3), 0.0, 1.6)
        self.x += u * carried
        self.y += v * carried
        self.sigma_z += vertical_growth(self.sigma_z, self.height, friction, wind.inverse_length_per_m)
        np.minimum(self.sigma_z, 0.8 * _MIXING_HEIGHT_M, out=self.sigma_z)
        lateral = np.maximum(wind.turbulence * speed, _MIN_LATERAL_SPEED)
        grown = 2 * lateral**2 * _LATERAL_TIME_S * (1.0 - np.exp(-(self.age + 0.5) / _LATERAL_TIME_S))
        self.sigma = np.sqrt(self.sigma**2 + grown)
        self.age += 1.0

    def concentration(self, x: Floats, y: Floats, z: float) -> Floats:
        """Concentration of every source at receptors, g m-3, shape (receptor, source)."""
        result = np.zeros((len(x), len(self.emitters)))
        for k, (px, py) in enumerate(zip(x, y, strict=True)):
            square = ((self.x - px) ** 2 + (self.y - py) ** 2) / self.sigma**2
            near = (square < 36.0) & (self.mass > 0.0)
            rows = np.nonzero(near)[0]
            if not len(rows):
                continue
            sigma, sigma_z, height = self.sigma[near], self.sigma_z[near], self.height[near]
            vertical = np.exp(-0.5 * ((z - height) / sigma_z) ** 2) + np.exp(-0.5 * ((z + height) / sigma_z) ** 2)
            part = (
                self.mass[near] / ((2 * np.pi) ** 1.5 * sigma**2 * sigma_z) * np.exp(-0.5 * square[near]) * vertical
            )
            result[k] = np.bincount(rows, weights=part, minlength=len(self.emitters))
        return result


def sample_puffs(
    emitters: Sequence[Emitter], wind: Wind, x: Floats, y: Floats, *, inlet_m: float = 2.0, life_s: int = 1500
) -> Floats:
    """Concentration of each source at inlets that move.

    Parameters
    ----------
    emitters : sequence of Emitter
        Their ``rate_g_s`` has one value per second of ``wind``.
    wind : Wind
        Series that begins before the first sample, so that plumes are there when the drive starts.
    x, y : arrays, shape (second,) or (second, receptor)
        Inlet positions in local metres for the last ``len(x)`` seconds of the wind; NaN where nothing is sampled.
    inlet_m : float
        Height of the inlets.
    life_s : int
        Age at which a puff is forgotten.

    Returns
    -------
    array, shape (second, source) or (second, receptor, source)
        g m-3.
    """
    x2, y2 = (a[:, None] if a.ndim == 1 else a for a in (x, y))
    result = np.zeros((*x2.shape, len(emitters)))
    if not emitters:
        return result[:, 0] if x.ndim == 1 else result
    cloud = _Cloud(emitters, life_s)
    before = len(wind.u) - len(x2)
    for k in range(len(wind.u)):
        if k % RELEASE_S == 0:
            cloud.release(k)
        cloud.step(wind.start_s + k, wind)
        if k >= before and np.isfinite(x2[k - before]).any():
            row = k - before
            here = np.isfinite(x2[row])
            result[row, here] = cloud.concentration(x2[row, here], y2[row, here], inlet_m)
    return result[:, 0] if x.ndim == 1 else result
