"""Overviews of scratch rasters: what is seen is averaged, photo numbers are not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine
from rasterio.enums import ColorInterp

from onevisit.handover.data.overviews import add_overviews, overview_path


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


@pytest.mark.parametrize(
    ("rows", "columns", "levels"),
    [
        (512, 512, []),
        (100, 513, [2]),
        (513, 100, [2]),
        (600, 1024, [2]),
        (600, 1025, [2, 4]),
        (1025, 600, [2, 4]),
        (600, 2048, [2, 4]),
        (600, 2050, [2, 4, 8]),
    ],
)
@pytest.mark.parametrize("nearest", [True, False])
def test_levels_go_down_to_a_tile(tmp_path: Path, rows: int, columns: int, levels: list[int], nearest: bool) -> None:
    """The last one has no side of more than 512 pixels; a raster of one tile has none."""
    path = _write(tmp_path / "x.tif", np.ones((1, rows, columns), np.float32))
    add_overviews(path, nearest=nearest)
    assert overview_path(path) == tmp_path / "x.tif.ovr" and overview_path(path).is_file() == bool(levels)
    with rasterio.open(path) as file:
        assert file.overviews(1) == levels


def test_every_square_lands_in_its_place(tmp_path: Path) -> None:
    """2100 by 1100 pixels are six squares of up to 1024: every mean is that of its own four pixels."""
    rows, columns = np.mgrid[0:1100, 0:2100]
    values = (rows * 4096.0 + columns).astype(np.float32)[None]
    path = _write(tmp_path / "x.tif", values)
    add_overviews(path, nearest=False)
    with rasterio.open(overview_path(path)) as half:
        assert half.shape == (550, 1050) and half.transform == Affine(2, 0, 5e5, 0, -2, 3.4e6)
        np.testing.assert_array_equal(half.read(1), values[0].reshape(550, 2, 1050, 2).mean(axis=(1, 3)))


def test_colour_counts_by_what_is_seen_of_it(tmp_path: Path) -> None:
    """Of four pixels none to all are seen: the mean of those, whatever lies under the others."""
    values = np.zeros((4, 2, 600), np.uint8)
    values[:3] = 250  # what is not seen must not shine through
    for square, seen in enumerate(
        ((), ((0, 0),), ((0, 0), (1, 1)), ((0, 0), (0, 1), (1, 0)), ((0, 0), (0, 1), (1, 0), (1, 1)))
    ):
        for number, (row, column) in enumerate(seen):
            values[:, row, 2 * square + column] = [10 * (number + 1), 100, 7, 255]
    path = _write(tmp_path / "x.tif", values)
    add_overviews(path, nearest=False)
    with rasterio.open(overview_path(path)) as half:
        pixels = half.read()[:, 0, :5].T.tolist()
    assert pixels == [[0, 0, 0, 0], [10, 100, 7, 255], [15, 100, 7, 255], [20, 100, 7, 255], [25, 100, 7, 255]]


def test_opaque_colour_is_averaged_plainly(tmp_path: Path) -> None:
    """Where all is seen, four pixels of 10, 20, 30 and 40 are 25, and alpha stays."""
    values = np.full((4, 2, 600), 255, np.uint8)
    values[0, 0, :2], values[0, 1, :2] = (10, 20), (30, 40)
    path = _write(tmp_path / "x.tif", values)
    add_overviews(path, nearest=False)
    with rasterio.open(overview_path(path)) as half:
        assert half.read()[:, 0, 0].tolist() == [25, 255, 255, 255]


def test_an_odd_row_and_column_stand_for_themselves(tmp_path: Path) -> None:
    """The last of 601 columns and of 3 rows is not mixed with anything beyond; numbers of photos neither."""
    values = np.arange(3 * 601, dtype=np.float32).reshape(1, 3, 601)
    for nearest, corner in ((False, values[0, 2, 600]), (True, values[0, 2, 600])):
        path = _write(tmp_path / f"{nearest}.tif", values)
        add_overviews(path, nearest=nearest)
        with rasterio.open(overview_path(path)) as half:
            assert half.shape == (2, 301)
            assert half.read(1)[1, 300] == corner
            assert half.read(1)[0, 300] == (values[0, 0, 600] if nearest else values[0, :2, 600].mean())
