"""A mosaic on the cells of the cube."""

from __future__ import annotations

from typing import Any

import dask
import dask.array as da
import numpy as np
import pytest
import xarray as xr
from affine import Affine
from odc.geo.geobox import GeoBox
from odc.geo.xr import xr_coords

from fusion.cube.mosaic import add_mosaic, aggregate_tile
from fusion.cube.touched import frame_of_cube
from ingest.errors import ContractError

CRS = "EPSG:4544"
BOX = GeoBox((3, 4), Affine(10.0, 0.0, 1000.0, 0.0, -10.0, 500.0), CRS)  # cells of 10 m, west 1000, north 500


def _cube() -> xr.Dataset:
    known = xr.Dataset(
        {name: ("pass", np.empty(0)) for name in ("wind_u", "wind_v", "wind_direction_sd")},
        {"pass_label": ("pass", np.empty(0, "U1"))},
    )
    return frame_of_cube(BOX, known)


def _mosaic(
    shape: tuple[int, int], pixel: float, west: float, north: float, *, crs: str = CRS, chunks: Any = 3, **bands: Any
) -> xr.Dataset:
    grid = GeoBox(shape, Affine(pixel, 0.0, west, 0.0, -pixel, north), crs)
    return xr.Dataset(
        {
            name: (("y", "x"), da.from_array(np.broadcast_to(v, shape).copy(), chunks=chunks), {"units": "K"})
            for name, v in bands.items()
        },
        xr_coords(grid),
    )


def test_pixels_of_a_tile_go_to_the_cells_of_their_centres() -> None:
    """Pixels of 4 m on cells of 10 m, off all four sides of the grid: each is summed once in its cell or nowhere."""
    tile = Affine(4.0, 0.0, 990.0, 0.0, -4.0, 510.0)
    values = np.arange(15 * 13, dtype=np.float64).reshape(13, 15)
    alpha = np.ones((13, 15), np.uint8)
    alpha[5, 5] = 0
    expected = np.zeros((3, 3, 4))
    for i in range(13):
        for j in range(15):
            row, column = (
                int(np.floor((500 - (510 - 4 * (i + 0.5))) / 10)),
                int(np.floor((990 + 4 * (j + 0.5) - 1000) / 10)),
            )
            if 0 <= row < 3 and 0 <= column < 4 and alpha[i, j]:
                expected[:, row, column] += [1.0, values[i, j], -2 * values[i, j]]
    found = aggregate_tile(alpha, [values, -2 * values], tile, BOX.affine, (3, 4))
    assert found.dtype == np.float64
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
    ("x", "y", "cell"),
    [
        (1000.0, 500.0, (0, 0)), (999.9, 495.0, None), (1000.0, 495.0, (0, 0)), (1039.9, 495.0, (0, 3)),
        (1040.0, 495.0, None), (1005.0, 500.1, None), (1005.0, 470.1, (2, 0)), (1005.0, 470.0, None),
        (1010.0, 490.0, (1, 1)),
    ],
)  # fmt: skip
def test_the_edges_of_the_grid(x: float, y: float, cell: tuple[int, int] | None) -> None:
    """The west and north edge belong to the grid, the east and south edge do not."""
    tile = Affine(1.0, 0.0, x - 0.5, 0.0, -1.0, y + 0.5)
    count = aggregate_tile(np.ones((1, 1)), [], tile, BOX.affine, (3, 4))[0]
    assert [tuple(place) for place in np.argwhere(count)] == ([] if cell is None else [cell])
    assert count.sum() == (cell is not None)


def test_a_tile_off_the_grid_or_unseen_adds_nothing() -> None:
    """Zeros of the full shape."""
    far = Affine(1.0, 0.0, 5000.0, 0.0, -1.0, 500.0)
    here = Affine(1.0, 0.0, 1000.0, 0.0, -1.0, 500.0)
    for alpha, tile in ((np.ones((2, 2)), far), (np.zeros((2, 2)), here)):
        found = aggregate_tile(alpha, [np.ones((2, 2))], tile, BOX.affine, (3, 4))
        assert found.shape == (2, 3, 4) and not found.any()


@pytest.mark.parametrize("chunks", [1, 3, (2, 5), -1])
def test_a_mosaic_is_summed_over_its_chunks(chunks: Any) -> None:
    """Whatever the chunks: pixels of 5 m, two by two a cell, the mean of each band and the share of the cell."""
    red = np.arange(6 * 8, dtype=np.float32).reshape(6, 8)
    alpha = np.full((6, 8), 255, np.uint8)
    alpha[0, 0] = 0
    alpha[4:, 6:] = 0
    mosaic = _mosaic((6, 8), 5.0, 1000.0, 500.0, chunks=chunks, red=red, blue=100.0 - red, alpha=alpha)
    cube = add_mosaic(_cube(), mosaic, BOX)
    seen = np.where(alpha > 0, red, np.nan).astype(np.float64)
    blocks = seen.reshape(3, 2, 4, 2).transpose(0, 2, 1, 3).reshape(3, 4, 4)
    count = np.isfinite(blocks).sum(axis=2)
    mean = np.where(count > 0, np.nansum(blocks, axis=2) / np.maximum(count, 1), np.nan)
    np.testing.assert_allclose(cube["ortho_area_fraction"].values, count / 4)
    np.testing.assert_allclose(cube["ortho_red"].values, mean)
    np.testing.assert_allclose(cube["ortho_blue"].values, 100.0 - mean)
    for name in ("ortho_area_fraction", "ortho_red", "ortho_blue"):
        assert cube[name].dtype == np.float64 == cube[name].values.dtype


def test_pixels_of_another_size_share_the_cell_by_their_ground() -> None:
    """One pixel of 2 m by 2 m is 4 % of a cell; more pixels than the cell holds make it whole, not more."""
    small = _mosaic((1, 1), 2.0, 1010.0, 490.0, red=7.0, alpha=1.0)
    share = add_mosaic(_cube(), small, BOX)["ortho_area_fraction"].values
    assert share[1, 1] == pytest.approx(0.04) and share.sum() == pytest.approx(0.04)
    large = _mosaic((1, 1), 30.0, 1000.0, 500.0, red=7.0, alpha=1.0)
    assert add_mosaic(_cube(), large, BOX)["ortho_area_fraction"].values[1, 1] == 1.0


def test_without_alpha_finite_pixels_are_seen() -> None:
    """A mosaic without a mask: where the first band is finite, photos saw the ground."""
    red = np.array([[1.0, np.nan], [3.0, np.nan]])
    cube = add_mosaic(_cube(), _mosaic((2, 2), 10.0, 1000.0, 500.0, red=red), BOX)
    assert cube["ortho_area_fraction"].values[:2, :2].tolist() == [[1.0, 0.0], [1.0, 0.0]]
    np.testing.assert_array_equal(cube["ortho_red"].values[:2, :2], [[1.0, np.nan], [3.0, np.nan]])


def test_what_is_no_band_stays_out_and_attributes_say_what_is() -> None:
    """Masks, counts and errors of the mosaic are not means of colour; every layer names its unit and its method."""
    others = dict.fromkeys(("alpha", "photo_count", "photo_index", "gsd", "position_error"), 1.0)
    mosaic = _mosaic((3, 4), 10.0, 1000.0, 500.0, heat=300.0, **others)
    mosaic["profile"] = ("x", np.zeros(4))
    plain = mosaic.assign(bare=mosaic["heat"].drop_attrs())
    cube = add_mosaic(_cube(), plain, BOX)
    assert {str(n) for n in cube.data_vars if str(n).startswith("ortho_")} == {
        "ortho_area_fraction", "ortho_heat", "ortho_bare",
    }  # fmt: skip
    assert cube["ortho_heat"].dims == ("y", "x") == cube["ortho_area_fraction"].dims
    assert cube["ortho_heat"].attrs == {
        "units": "K",
        "grid_mapping": "spatial_ref",
        "long_name": "mean of band heat of the mosaic",
        "cell_methods": "area: mean (where photos cover)",
        "ancillary_variables": "ortho_area_fraction",
    }
    assert cube["ortho_bare"].attrs["units"] == "1"
    assert cube["ortho_area_fraction"].attrs == {
        "units": "1",
        "grid_mapping": "spatial_ref",
        "standard_name": "area_fraction",
        "long_name": "share of the cell that photos cover",
    }


def test_another_crs_is_refused_and_nothing_is_computed() -> None:
    """Both systems are named; a mosaic in the right one stays lazy."""
    with pytest.raises(ContractError, match=r"4543.*4544"):
        add_mosaic(_cube(), _mosaic((2, 2), 10.0, 1000.0, 500.0, crs="EPSG:4543", red=1.0), BOX)

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("computed")

    with dask.config.set(scheduler=refuse):
        add_mosaic(_cube(), _mosaic((2, 2), 10.0, 1000.0, 500.0, red=1.0, alpha=1.0), BOX)
