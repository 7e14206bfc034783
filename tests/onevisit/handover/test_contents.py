"""Mosaics reduced to pictures: colours, masks, places and figures by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine
from rasterio.enums import ColorInterp

from onevisit.handover.page.contents import picture_from_geotiff


def write(path: Path, values: np.ndarray, *, nodata: float | None = None) -> Path:
    """Bands (bands, rows, columns) on a grid of half a metre whose corner is at 1000 E, 5000 N."""
    kind = "rgb" if values.dtype == np.uint8 and len(values) >= 3 else "minisblack"
    with rasterio.open(
        path, "w", driver="GTiff", height=values.shape[1], width=values.shape[2], count=len(values), nodata=nodata,
        dtype=values.dtype, crs="EPSG:4544", transform=Affine(0.5, 0, 1000, 0, -0.5, 5000), photometric=kind,
    ) as file:  # fmt: skip
        if len(values) == 4:
            file.colorinterp = [ColorInterp.red, ColorInterp.green, ColorInterp.blue, ColorInterp.alpha]
        file.write(values)
    return path


def test_colours_stay_and_alpha_is_the_mask(tmp_path: Path) -> None:
    """Red, green and blue in their order; the edges are those of the pixels."""
    values = np.array([np.full((4, 6), v) for v in (10, 20, 30, 255)], np.uint8)
    values[3, :, :2] = 0
    picture = picture_from_geotiff(write(tmp_path / "a.tif", values), name="rgb")
    assert picture.rgba.dtype == np.uint8 and picture.rgba.shape == (4, 6, 4)
    assert picture.rgba[0, 2:].tolist() == [[10, 20, 30, 255]] * 4
    assert picture.rgba[:, :2, 3].max() == 0
    assert (picture.west, picture.south, picture.east, picture.north) == (1000.0, 4998.0, 1003.0, 5000.0)


def test_figures_are_passed_on(tmp_path: Path) -> None:
    """Each under its own name; unknown ones are None."""
    path = write(tmp_path / "a.tif", np.zeros((3, 2, 2), np.uint8))
    picture = picture_from_geotiff(
        path, name="thermal", gsd_m=0.05, photos=9, used=7, mismatch_m=0.2, position_error_m=1.5
    )
    assert picture.name == "thermal"
    assert (picture.gsd_m, picture.photos, picture.used) == (0.05, 9, 7)
    assert (picture.mismatch_m, picture.position_error_m) == (0.2, 1.5)
    bare = picture_from_geotiff(path, name="rgb")
    assert {bare.gsd_m, bare.photos, bare.used, bare.mismatch_m, bare.position_error_m} == {None}


@pytest.mark.parametrize(
    ("rows", "columns", "longest", "shape"),
    [
        (40, 60, 60, (40, 60)),
        (40, 60, 30, (20, 30)),
        (60, 40, 30, (30, 20)),
        (2, 60, 10, (1, 10)),
        (60, 2, 10, (10, 1)),
    ],
)
def test_a_picture_is_no_larger_than_asked(
    tmp_path: Path, rows: int, columns: int, longest: int, shape: tuple[int, int]
) -> None:
    """The longer side decides, no side vanishes, a small mosaic is not blown up; colours are averaged, masks not."""
    values = np.zeros((4, rows, columns), np.uint8)
    values[0, ::2], values[1, :, ::2], values[3] = 200, 100, 255
    picture = picture_from_geotiff(write(tmp_path / "a.tif", values), name="rgb", longest_px=longest)
    assert picture.rgba.shape == (*shape, 4)
    assert set(np.unique(picture.rgba[..., 3])) == {255}
    if shape == (20, 30):
        assert set(np.unique(picture.rgba[..., 0])) == {100} and set(np.unique(picture.rgba[..., 1])) == {50}


def test_pictures_have_1400_pixels_unless_asked(tmp_path: Path) -> None:
    """On their longer side."""
    path = write(tmp_path / "a.tif", np.zeros((3, 3, 1500), np.uint8))
    assert picture_from_geotiff(path, name="rgb").rgba.shape == (3, 1400, 4)


def test_one_band_is_stretched_between_its_2nd_and_98th_percentile(tmp_path: Path) -> None:
    """0 to 100 °C in steps of one: black up to 2, white from 98; gaps are transparent."""
    values = np.append(np.arange(101.0), np.nan).astype(np.float32).reshape(1, 6, 17)
    picture = picture_from_geotiff(write(tmp_path / "a.tif", values, nodata=np.nan), name="thermal")
    grey = picture.rgba[..., 0].ravel()
    expected = np.clip((np.arange(101.0) - 2.0) / 96.0, 0, 1) * 255
    assert np.abs(grey[:101] - np.floor(expected)).max() <= 1
    assert (grey[0], grey[2], grey[98], grey[100]) == (0, 0, 255, 255) and grey[50] in (127, 128)
    assert (picture.rgba[..., 0] == picture.rgba[..., 1]).all() and (
        picture.rgba[..., 0] == picture.rgba[..., 2]
    ).all()
    assert picture.rgba[..., 3].ravel().tolist() == [255] * 101 + [0]


def test_near_infrared_is_shown_red(tmp_path: Path) -> None:
    """Of five bands of reflectance the last, the second and the first, each stretched for itself."""
    rows, columns = np.mgrid[0:10.0, 0:10.0]
    bands = [columns, rows, 9 - columns, 9 - rows, rows + columns]
    picture = picture_from_geotiff(write(tmp_path / "a.tif", np.array(bands, np.float32)), name="multispectral")
    red, green, blue, alpha = np.moveaxis(picture.rgba.astype(float), 2, 0)
    assert red[0, 0] == 0 and red[9, 9] == 255 and red[0, 9] == red[9, 0] == pytest.approx(127, abs=2)
    assert green[0].max() == 0 and green[9].min() == 255
    assert blue[:, 0].max() == 0 and blue[:, 9].min() == 255
    assert alpha.min() == 255


@pytest.mark.parametrize("value", [7.0, np.nan])
def test_a_band_of_one_value_or_none_is_black(tmp_path: Path, value: float) -> None:
    """Nothing is divided by nothing."""
    values = np.full((1, 3, 3), value, np.float32)
    picture = picture_from_geotiff(write(tmp_path / "a.tif", values, nodata=np.nan), name="thermal")
    assert picture.rgba[..., :3].max() == 0
    assert picture.rgba[..., 3].min() == (255 if value == 7.0 else 0)


def test_what_is_masked_does_not_stretch_the_rest(tmp_path: Path) -> None:
    """A finite number that stands for no data, far below the rest, leaves the scale alone."""
    values = np.append(np.arange(101.0), -9999.0).astype(np.float32).reshape(1, 6, 17)
    picture = picture_from_geotiff(write(tmp_path / "a.tif", values, nodata=-9999.0), name="thermal")
    grey = picture.rgba[..., 0].ravel()
    assert (grey[0], grey[2], grey[98], grey[100]) == (0, 0, 255, 255) and grey[50] in (127, 128)
