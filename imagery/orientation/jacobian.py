"""Collinearity equations with Brown's distortion and their analytic derivatives, for many observations at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imagery.orientation.ties import TiePoints

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Lens:
    """Per photo: ``adjustable`` (n, 3) f, k1, k2; ``rest`` (n, 3) p1, p2, k3; ``principal`` (n, 2) point [px]."""

    adjustable: Floats
    rest: Floats
    principal: Floats


@dataclass(frozen=True, eq=False)
class Observed:
    """Projected pixels (n, 2) and derivatives: ``pose`` (n, 2, 6), ``lens`` (n, 2, 3), ``point`` (n, 2, 3).

    The pose is three rotations about the camera axes (applied from the left) and the centre.
    """

    pixels: Floats
    pose: Floats
    lens: Floats
    point: Floats


def observe(rotations: Floats, centres: Floats, lens: Lens, points: Floats, ties: TiePoints) -> Observed:
    """Project every observation's point into its photo, with derivatives.

    Parameters
    ----------
    rotations, centres : arrays, shape (photos, 3, 3) and (photos, 3)
    points : array, shape (ties.count, 3)
    """
    rotation = rotations[ties.photo]
    c = np.einsum("nij,nj->ni", rotation, points[ties.point] - centres[ties.photo])
    depth = np.where(np.abs(c[:, 2]) < 1e-6, 1e-6, c[:, 2])
    x, y = c[:, 0] / depth, c[:, 1] / depth
    f, k1, k2 = lens.adjustable[ties.photo].T
    p1, p2, k3 = lens.rest[ties.photo].T
    r2 = x * x + y * y
    radial = 1 + r2 * (k1 + r2 * (k2 + r2 * k3))
    slope = k1 + r2 * (2 * k2 + 3 * r2 * k3)
    xd = x * radial + 2 * p1 * x * y + p2 * (r2 + 2 * x * x)
    yd = y * radial + p1 * (r2 + 2 * y * y) + 2 * p2 * x * y
    pixels = np.stack([f * xd, f * yd], axis=1) + lens.principal[ties.photo]
    mixed = 2 * x * y * slope + 2 * p1 * x + 2 * p2 * y
    bent = np.empty((len(x), 2, 2))
    bent[:, 0, 0] = radial + 2 * x * x * slope + 2 * p1 * y + 6 * p2 * x
    bent[:, 1, 1] = radial + 2 * y * y * slope + 6 * p1 * y + 2 * p2 * x
    bent[:, 0, 1] = bent[:, 1, 0] = mixed
    inner = np.zeros((len(x), 2, 3))
    inner[:, 0, 0] = inner[:, 1, 1] = 1 / depth
    inner[:, 0, 2], inner[:, 1, 2] = -x / depth, -y / depth
    to_camera = f[:, None, None] * (bent @ inner)
    point = to_camera @ rotation
    pose = np.concatenate([-to_camera @ _cross(c), -point], axis=2)
    lens_part = np.stack(
        [
            np.stack([xd, yd], axis=1),
            (f * r2)[:, None] * np.stack([x, y], 1),
            (f * r2**2)[:, None] * np.stack([x, y], 1),
        ],
        axis=2,
    )
    return Observed(pixels, pose, lens_part, point)


def _cross(v: Floats) -> Floats:
    """Matrices [v]× with [v]× w = v × w, shape (n, 3, 3)."""
    result = np.zeros((len(v), 3, 3))
    result[:, 0, 1], result[:, 0, 2] = -v[:, 2], v[:, 1]
    result[:, 1, 0], result[:, 1, 2] = v[:, 2], -v[:, 0]
    result[:, 2, 0], result[:, 2, 1] = -v[:, 1], v[:, 0]
    return result
