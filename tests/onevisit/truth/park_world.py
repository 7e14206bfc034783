"""What the tests of simulate park share."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from onevisit.truth.simulate.names import INDUSTRIES
from onevisit.truth.simulate.world import SIZES, ParkSite, World

Floats = NDArray[np.float64]


def _place(name: str, x: float, y: float, *, listed: bool = True, industry: int = 0) -> ParkSite:
    stack = shapely.Point(x, y)
    parcel = shapely.box(x - 20, y - 15, x + 20, y + 15)
    gate = shapely.Point(x, y - 15)
    return ParkSite(name, f"厂{name}", f"U{name}", INDUSTRIES[industry], parcel, gate, stack, (), listed)


def _world(*places: ParkSite, **size: Any) -> World:
    nodes = np.array([[[-100.0, -100.0], [100.0, -100.0]], [[-100.0, 100.0], [100.0, 100.0]]])
    return World(replace(SIZES["demo"], **size), CRS.from_epsg(4544), 410000.0, 3393000.0, nodes, (), places, ())
