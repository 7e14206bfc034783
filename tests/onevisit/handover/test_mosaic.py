"""A mosaic that was written comes back as it was, chunk by chunk."""

from __future__ import annotations

from pathlib import Path

import dask.array as da
import numpy as np
import pytest
import xarray as xr
from odc.geo.geobox import GeoBox
from odc.geo.geom import BoundingBox
from odc.geo.xr import xr_coords

from onevisit.handover.data.cog import write_ortho
from onevisit.handover.data.mosaic import open_mosaic

BOX = GeoBox.from_bbox(BoundingBox(410_000, 3_393_000, 410_015, 3_394_050, crs="EPSG:4544"), resolution=0.5)


@pytest.fixture(scope="module")
def mosaic() -> xr.Dataset:
    """A thermal mosaic of 2100 rows and 30 columns, each pixel with a value of its own."""
    number = np.arange(2100 * 30, dtype=np.float32).reshape(2100, 30)
    layers = {"temperature": number / 1024, "photo_count": number % 7, "photo_index": number % 11 - 1}
    layers |= {"gsd": number % 3 / 8, "position_error": number % 5 / 4}
    attrs = {
        "temperature": {"units": "degC", "long_name": "surface temperature", "other": "x"},
        "gsd": {"units": "m"},
    }
    data = {n: (("y", "x"), da.from_array(v, chunks=(1024, 30)), attrs.get(n, {})) for n, v in layers.items()}
    return xr.Dataset(data, xr_coords(BOX))


def test_a_mosaic_comes_back_by_the_names_of_its_bands(mosaic: xr.Dataset, tmp_path: Path) -> None:
    """Both files as one dataset: numbers, labels and grid are those that were written, read 2048 pixels at a time."""
    write_ortho(mosaic, tmp_path / "thermal.tif")
    back = open_mosaic(tmp_path / "thermal.tif")
    assert list(back.data_vars) == ["temperature", "photo_count", "photo_index", "gsd", "position_error"]
    assert back.odc.geobox == BOX
    for name, band in back.data_vars.items():
        assert band.dims == ("y", "x") and band.dtype == np.float32 and band.chunks == ((2048, 52), (30,))
        assert band.attrs.pop("grid_mapping") == "spatial_ref"
        digits = {"gsd": 3, "position_error": 2}.get(str(name), 9)
        np.testing.assert_allclose(band.values, mosaic[name].values.round(digits), rtol=1e-6)
    assert back["temperature"].attrs == {"units": "degC", "long_name": "surface temperature"}
    assert back["gsd"].attrs == {"units": "m"} and back["photo_index"].attrs == {}
