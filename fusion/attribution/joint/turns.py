"""What real vanes do: how far they are turned, and how often they are grossly wrong."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

TURN_SD_DEG = 10.0
"""Scale of a vane's turn; two masts were 7° and 13° off the plumes of their releases (Chilbolton, Ginninderra)."""
GROSS_SHARE = 0.01
"""Chance of each of seven gross errors: the other quarters of a circle, and all four with a sign wrong (choice)."""
_TAIL = 4.0  # degrees of freedom of a turn


def log_turn_density(turn_rad: Floats, scale_deg: float = TURN_SD_DEG) -> Floats:
    """Student's t with four degrees of freedom of a turn, up to a constant; 0 for a vane that is straight.

    Examples
    --------
    >>> [round(float(share), 4) for share in np.exp(log_turn_density(np.radians([0.0, 10.0, 90.0])))]
    [1.0, 0.5724, 0.0005]
    """
    off_deg = np.degrees(np.angle(np.exp(1j * np.asarray(turn_rad, np.float64))))
    return np.asarray(-0.5 * (_TAIL + 1) * np.log1p((off_deg / scale_deg) ** 2 / _TAIL))


def log_turn_prior(
    turn_rad: Floats, *, mirrored: bool, scale_deg: float = TURN_SD_DEG, gross_share: float = GROSS_SHARE
) -> Floats:
    """Log-prior of turns all round, up to a constant, of a vane as it says or ``mirrored``.

    Examples
    --------
    >>> as_said, turned = log_turn_prior(np.radians([0.0, 90.0]), mirrored=False)
    >>> round(float(np.exp(turned - as_said)), 4)
    0.0112
    """
    total = np.zeros(np.shape(turn_rad))
    for quarter in range(4):
        share = 1 - 7 * gross_share if quarter == 0 and not mirrored else gross_share
        total += share * np.exp(log_turn_density(turn_rad - quarter * np.pi / 2, scale_deg))
    return np.asarray(np.log(total))
