"""The snapped grid."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
import xarray as xr
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from odc.geo.geobox import GeoBox

from fusion.cube import grid
from fusion.cube.grid import (
    cell_area_m2,
    cell_centres,
    cell_index,
    geobox_of,
    grid_north_rad,
    project,
    region_geobox,
    to_wgs84,
    unproject,
)
from ingest.errors import ContractError
from tests.told import raises_told

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
    with raises_told(ContractError, match=message):
        region_geobox(lon, np.linspace(10.0, 30.7, lon.size), crs=crs, resolution_m=2)


def test_the_grid_of_a_cube_is_read_back(drives) -> None:
    """A dataset gives its grid back, also where one cell leaves no spacing between coordinates."""
    from fusion import build_cube, touch_cells

    box = region_geobox(np.array([104.0]), np.array([30.7]), crs=CRS, resolution_m=20)
    back = geobox_of(build_cube(touch_cells(drives(1), box)))
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


BOX = GeoBox((3, 4), Affine(20.0, 0.0, 405_000.0, 0.0, -20.0, 3_396_060.0), CRS)
WEST, EAST, SOUTH, NORTH = 405_000.0, 405_080.0, 3_396_000.0, 3_396_060.0


@pytest.mark.parametrize(
    ("x", "y", "cell"),
    [
        (WEST, NORTH, 0), (EAST, NORTH, 3), (WEST, SOUTH, 8), (EAST, SOUTH, 11),  # corners
        (WEST + 30, NORTH, 1), (EAST, NORTH - 30, 7), (WEST + 50, SOUTH, 10), (WEST, NORTH - 30, 4),  # sides
        (WEST - 1e-3, NORTH - 10, -1), (EAST + 1e-3, NORTH - 10, -1), (WEST + 10, NORTH + 1e-3, -1),
        (WEST + 10, SOUTH - 1e-3, -1), (WEST + 19.99, NORTH - 19.99, 0), (WEST + 20.01, NORTH - 20.01, 5),
        (WEST + 79.99, SOUTH + 0.01, 11), (WEST - 3000, NORTH - 10, -1), (WEST + 10, SOUTH - 3000, -1),
    ],
)  # fmt: skip
def test_cells_are_counted_from_the_north_west_and_borders_belong(x: float, y: float, cell: int) -> None:
    """Row by row from the north; on all four sides the border is in, a millimetre beyond it is out."""
    lon, lat = unproject(np.array([x]), np.array([y]), CRS)
    assert cell_index(lon, lat, BOX).tolist() == [cell]


@pytest.mark.parametrize(
    ("place", "cell"),
    [(-2e-6, -1.0), (-0.9e-6, 0.0), (0.0, 0.0), (0.5, 0.0), (2.5, 2.0), (3.0, 2.0), (3.0 + 0.9e-6, 2.0),
     (3.0 + 2e-6, 3.0), (1.0, 1.0), (1.0 - 1e-7, 0.0), (-5.0, -5.0), (7.5, 7.0)],
)  # fmt: skip
def test_a_border_is_met_to_a_millionth_of_a_cell(place: float, cell: float) -> None:
    """Outside of it cells are counted on, so that they can be told to be off the grid; inside borders are exact."""
    assert float(grid._whole_cells(np.array([place]), 3)[0]) == cell


def test_centres_are_half_a_cell_inside() -> None:
    """First, last of the first row, first of the last row, and the last cell."""
    x, y = cell_centres(np.array([0, 3, 8, 11]), BOX)
    assert x.tolist() == [WEST + 10, EAST - 10, WEST + 10, EAST - 10]
    assert y.tolist() == [NORTH - 10, NORTH - 10, SOUTH + 10, SOUTH + 10]


def test_a_turned_grid_keeps_its_cells() -> None:
    """Centres and areas follow the whole transform, not its diagonal alone."""
    turned = GeoBox((2, 3), Affine(3.0, 4.0, 405_000.0, 4.0, -3.0, 3_396_000.0), CRS)
    x, y = cell_centres(np.array([4]), turned)
    assert (x[0], y[0]) == (405_000.0 + 3 * 1.5 + 4 * 1.5, 3_396_000.0 + 4 * 1.5 - 3 * 1.5)
    assert cell_area_m2(turned) == 25.0 and cell_area_m2(BOX) == 400.0
    lon, lat = unproject(x, y, CRS)
    assert cell_index(lon, lat, turned).tolist() == [4]


def test_projecting_keeps_gaps_and_comes_back() -> None:
    """Easting first; NaN and infinity stay out; there and back is the same place."""
    lon, lat = np.array([104.0657, np.nan, 104.0, np.inf]), np.array([30.6574, 30.0, np.nan, 30.0])
    x, y = project(lon, lat, CRS)
    assert (x[0], y[0]) == pytest.approx((410_451.04, 3_393_363.76), abs=0.01)
    assert np.isnan(x[1:]).all() and np.isnan(y[1:]).all()
    assert [float(v[0]) for v in unproject(x[:1], y[:1], CRS)] == pytest.approx([104.0657, 30.6574], abs=1e-9)


def test_what_the_projection_cannot_hold_is_no_place() -> None:
    """Half a globe away from a zone: NaN, not infinity, and so off the grid."""
    x, y = project(np.array([-76.0, 104.0]), np.array([0.0, 30.7]), CRS)
    assert not np.isinf(x).any() and not np.isinf(y).any()
    assert np.isnan(x[0]) == np.isnan(y[0]) and np.isfinite(x[1])
    x, y = project(np.array([0.0]), np.array([90.0]), "EPSG:3857")
    assert np.isnan(x).all() == np.isnan(y).all()


def test_a_grid_holds_its_outermost_positions_on_whole_multiples() -> None:
    """Positions on multiples of the cell begin a cell on the east and the north, as the origin does."""
    x, y = np.array([405_000.0, 405_060.0]), np.array([3_396_000.0, 3_396_041.0])
    lon, lat = unproject(x + 0.01, y + 0.01, CRS)
    box = region_geobox(np.append(lon, np.nan), np.append(lat, 30.7), crs=CRS, resolution_m=20)
    assert tuple(box.boundingbox) == (405_000.0, 3_396_000.0, 405_080.0, 3_396_060.0)
    assert box.shape == (3, 4) and box.crs == CRS
    assert grid._snap(np.array([40.0, 40.0]), 20.0) == (40.0, 60.0)
    assert grid._snap(np.array([-1.0, 59.9]), 20.0) == (-20.0, 60.0)


@pytest.mark.parametrize("resolution", [0.0, -20.0, float("nan")])
def test_a_cell_has_a_size(resolution: float) -> None:
    """Zero, negative or no number of metres is refused."""
    with pytest.raises(ContractError, match="positive number of metres"):
        region_geobox(np.array([104.0]), np.array([30.7]), crs=CRS, resolution_m=resolution)


def test_a_grid_of_feet_is_refused_and_one_of_a_billion_cells_is_not_made() -> None:
    """Units of the axes are asked for; the limit is on cells, whatever their size."""
    with pytest.raises(ContractError, match="not projected in metres"):
        region_geobox(np.array([-74.0]), np.array([40.7]), crs="EPSG:2263", resolution_m=20)
    lon, lat = unproject(np.array([405_000.5, 505_000.5]), np.array([3_396_000.5, 3_496_000.5]), CRS)
    with pytest.raises(ContractError, match=r"100 x 100 km.*3.0 m"):
        region_geobox(lon, lat, crs=CRS, resolution_m=3.0)
    assert region_geobox(lon, lat, crs=CRS, resolution_m=3.2).shape[0] == pytest.approx(31_250, abs=2)


def test_north_of_the_grid_is_turned_by_the_convergence() -> None:
    """Chengdu on EPSG:4544: −0.48°, east of the central meridian positive, and 0 without a place."""
    assert np.degrees(grid_north_rad(104.0657, 30.6574, CRS)) == pytest.approx(-0.476, abs=1e-3)
    assert np.degrees(grid_north_rad(106.0, 30.6574, CRS)) == pytest.approx(np.sin(np.radians(30.6574)), abs=1e-3)
    assert grid_north_rad(np.nan, 30.0, CRS) == 0.0 == grid_north_rad(104.0, np.nan, CRS)


def test_polygons_in_degrees_are_wound_for_geojson() -> None:
    """Outer ring counter-clockwise, holes clockwise, coordinates those of the corners; a line is refused."""
    square = shapely.box(WEST, SOUTH, EAST, NORTH).difference(
        shapely.box(WEST + 20, SOUTH + 20, WEST + 40, SOUTH + 40)
    )
    polygon = to_wgs84(shapely.Polygon(square.exterior.coords[::-1], [square.interiors[0].coords]), CRS)
    assert shapely.is_ccw(polygon.exterior) and not shapely.is_ccw(polygon.interiors[0])
    lon, lat = unproject(np.array([WEST, EAST]), np.array([SOUTH, NORTH]), CRS)
    corners = np.asarray(polygon.exterior.coords)
    assert np.hypot(corners[:, 0] - lon[0], corners[:, 1] - lat[0]).min() < 1e-12
    assert np.hypot(corners[:, 0] - lon[1], corners[:, 1] - lat[1]).min() < 1e-12
    with pytest.raises(ContractError, match="LineString"):
        to_wgs84(shapely.LineString([(WEST, SOUTH), (EAST, NORTH)]), CRS)


@pytest.mark.parametrize("missing", ["GeoTransform", "crs_wkt"])
def test_a_grid_mapping_needs_both_of_its_parts(missing: str) -> None:
    """Transform and system: without one the grid is not guessed."""
    attrs = {"GeoTransform": "405000 20 0 3396060 0 -20", "crs_wkt": BOX.crs.to_wkt()}
    dataset = xr.Dataset(coords={"y": np.zeros(3), "x": np.zeros(4), "spatial_ref": ((), 0, attrs)})
    assert geobox_of(dataset) == BOX
    del dataset["spatial_ref"].attrs[missing]
    with pytest.raises(ContractError, match="crs_wkt and GeoTransform"):
        geobox_of(dataset)
