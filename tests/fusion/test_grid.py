"""The snapped grid."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fusion.grid import cell_centres, cell_index, geobox_of, region_geobox, unproject
from ingest.errors import ContractError

CRS = "EPSG:4544"


def test_the_origin_is_a_multiple_of_the_cell() -> None:
    """Two missions of one region share their cells, because every grid starts at whole multiples of the cell size."""
    lon, lat = unproject(np.array([405_003.0, 405_777.0]), np.array([3_396_011.0, 3_396_099.0]), CRS)
    box = region_geobox(lon, lat, crs=CRS, resolution_m=20)
    assert (box.affine.c % 20, box.affine.f % 20) == (0, 0)
    assert tuple(box.boundingbox) == (405_000.0, 3_396_000.0, 405_780.0, 3_396_100.0)


@settings(deadline=None, max_examples=30)
@given(st.floats(-900, 900), st.floats(-900, 900), st.sampled_from([5.0, 20.0, 30.0]))
def test_a_position_falls_into_the_cell_whose_centre_is_nearest(east: float, north: float, cell: float) -> None:
    """The centre of its cell is never farther than half a cell on each axis."""
    x, y = np.array([405_000.0, 405_000.0 + east]), np.array([3_396_000.0, 3_396_000.0 + north])
    lon, lat = unproject(x, y, CRS)
    box = region_geobox(lon, lat, crs=CRS, resolution_m=cell)
    centre = cell_centres(cell_index(lon, lat, box), box)
    assert np.abs(centre[0] - x).max() <= cell / 2 + 1e-4
    assert np.abs(centre[1] - y).max() <= cell / 2 + 1e-4


def test_a_single_position_gives_a_grid_of_one_cell() -> None:
    """One place is one cell."""
    box = region_geobox(np.array([104.0]), np.array([30.7]), crs=CRS, resolution_m=20)
    assert box.shape == (1, 1)
    assert cell_index(np.array([104.0, np.nan, 105.0]), np.array([30.7, 30.7, 30.7]), box).tolist() == [0, -1, -1]


@pytest.mark.parametrize(
    ("lon", "crs", "message"),
    [
        (np.array([np.nan]), CRS, "finite position"),
        (np.array([104.0]), "EPSG:4326", "not projected"),
        (np.array([104.0]), "EPSG:99999999", "not known"),
        (np.array([60.0, 104.0]), "EPSG:3857", "stray positions"),
    ],
)
def test_what_has_no_grid_says_so(lon: np.ndarray, crs: str, message: str) -> None:
    """No position, no metres, an unknown code, positions over half of a continent: one clear line each."""
    with pytest.raises(ContractError, match=message):
        region_geobox(lon, np.linspace(10.0, 30.7, lon.size), crs=crs, resolution_m=2)


def test_the_grid_of_a_cube_is_read_back(drives) -> None:
    """A dataset gives its grid back, also where one cell leaves no spacing between coordinates."""
    from fusion import build_cube

    box = region_geobox(np.array([104.0]), np.array([30.7]), crs=CRS, resolution_m=20)
    back = geobox_of(build_cube(drives(1), box))
    assert back.shape == box.shape
    assert back.affine == box.affine
    assert back.crs == box.crs


@pytest.mark.parametrize("east", [-40.0, 0.0, 40.0])
@pytest.mark.parametrize("north", [-40.0, 0.0, 40.0])
def test_a_position_on_the_border_is_in_the_cell_it_touches(east: float, north: float) -> None:
    """Whole multiples of the cell lie on borders; none of the positions that made the grid is off it."""
    x, y = np.array([405_000.0, 405_000.0 + east]), np.array([3_396_000.0, 3_396_000.0 + north])
    lon, lat = unproject(x, y, CRS)
    box = region_geobox(lon, lat, crs=CRS, resolution_m=20)
    assert (cell_index(lon, lat, box) >= 0).all()
