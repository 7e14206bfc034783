"""Overviews of scratch rasters: what is seen is averaged, photo numbers are not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine
from rasterio.enums import ColorInterp

from onevisit.handover.overviews import add_overviews


def _write(path: Path, values: np.ndarray) -> Path:
    with rasterio.open(
        path, "w", driver="GTiff", height=values.shape[1], width=values.shape[2], count=len(values), tiled=True,
        dtype=values.dtype, crs="EPSG:4544", transform=Affine(1, 0, 5e5, 0, -1, 3.4e6), compress="zstd",
    ) as file:  # fmt: skip
        if values.dtype == np.uint8:
            file.colorinterp = [ColorInterp.red, ColorInterp.green, ColorInterp.blue, ColorInterp.alpha]
        file.write(values)
    return path


def test_colour_is_averaged_where_it_is_seen(tmp_path: Path) -> None:
    """A pixel beside an unseen one keeps its colour in the overview; an odd last column stands for itself."""
    values = np.zeros((4, 700, 1025), np.uint8)
    values[:3, :, ::2], values[3, :, ::2] = 100, 255
    path = _write(tmp_path / "x.tif", values)
    add_overviews(path, nearest=False)
    with rasterio.open(path) as file:
        assert file.overviews(1) == [2, 4]
        half = file.read(out_shape=(4, 350, 513))
    assert (half[:3] == 100).all()
    assert (half[3] == 255).all()


def test_gaps_of_values_do_not_spread(tmp_path: Path) -> None:
    """Measured values are averaged over those that are finite."""
    values = np.full((1, 600, 600), np.nan, np.float32)
    values[0, ::2, 2:] = 7.0
    path = _write(tmp_path / "x.tif", values)
    add_overviews(path, nearest=False)
    with rasterio.open(path) as file:
        half = file.read(1, out_shape=(300, 300))
    assert np.isnan(half[:, 0]).all()
    assert half[:, 1:] == pytest.approx(7.0)


def test_photo_numbers_are_not_averaged(tmp_path: Path) -> None:
    """Every value of an overview of numbers is one of the raster."""
    values = np.arange(600 * 600, dtype=np.float32).reshape(1, 600, 600)
    path = _write(tmp_path / "x.tif", values)
    add_overviews(path, nearest=True)
    with rasterio.open(path) as file:
        np.testing.assert_array_equal(file.read(1, out_shape=(300, 300)), values[0, ::2, ::2])


def test_raster_of_one_tile_has_none(tmp_path: Path) -> None:
    """Nothing is written beside a small raster."""
    path = _write(tmp_path / "x.tif", np.ones((1, 100, 512), np.float32))
    add_overviews(path, nearest=True)
    assert [p.name for p in tmp_path.iterdir()] == ["x.tif"]
