"""What tests of the vehicle and of its way share."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from onevisit.truth.simulate.drives.laps import Drive

Floats = NDArray[np.float64]


def straight_drive(x: Floats, speed: Floats | None = None, heading: float = math.pi / 2) -> Drive:
    """Along y = 0 at 5 m/s, a row a second."""
    n = len(x)
    speed = np.full(n, 5.0) if speed is None else speed
    return Drive(x, np.zeros(n), speed, np.full(n, heading), np.zeros(n, np.int64))
