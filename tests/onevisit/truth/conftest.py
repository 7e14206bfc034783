"""The park that tests of the simulator drive through."""

from __future__ import annotations

import numpy as np
import pytest
from pyproj import CRS

from onevisit.truth.simulate.world import SIZES, World


@pytest.fixture
def world() -> World:
    """Nothing but a grid, whose local origin is 104° E 30° N of CGCS2000 zone 35."""
    crs = CRS.from_epsg(4544)
    nodes = np.array([[[0.0, 0.0], [100.0, 0.0]], [[0.0, 100.0], [100.0, 100.0]]])
    return World(SIZES["demo"], crs, 410000.0, 3393000.0, nodes, (), (), ())
