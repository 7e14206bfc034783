"""A mosaic that was written is read back chunk by chunk, so that no photo is projected twice."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import dask.array as da
import rasterio
import xarray as xr
from dask.delayed import delayed
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox
from odc.geo.xr import xr_coords
from rasterio.windows import Window

_CHUNK_PX = 2048


def open_mosaic(path: Path) -> xr.Dataset:
    """Open ``ortho.tif`` and the ``-quality.tif`` beside it as one lazy dataset on their GeoBox.

    Returns
    -------
    xarray.Dataset
        A variable (y, x) for each band, by its name; pixels are read when they are computed.
    """
    quality = path.with_name(f"{path.stem}-quality{path.suffix}")
    with rasterio.open(path) as source:
        geobox = GeoBox((source.height, source.width), source.transform, source.crs)
    data: dict[str, Any] = {}
    for file in (path, quality):
        with rasterio.open(file) as source:
            bands = list(zip(source.indexes, source.descriptions, source.dtypes, strict=True))
            labels = {index: source.tags(index) for index in source.indexes}
        for index, name, dtype in bands:
            data[str(name)] = (
                ("y", "x"),
                _lazy_band(file, index, geobox.shape, dtype),
                {**_labels(labels[index]), "grid_mapping": "spatial_ref"},
            )
    return xr.Dataset(data, xr_coords(geobox))


def _labels(tags: dict[str, str]) -> dict[str, str]:
    return {name: tags[name] for name in ("units", "long_name") if name in tags}


def _lazy_band(path: Path, index: int, shape: Sequence[int], dtype: str) -> da.Array:
    def block(top: int, left: int, height: int, width: int) -> da.Array:
        window = Window(left, top, width, height)
        lazy: da.Array = da.from_delayed(delayed(_read_window)(path, index, window), (height, width), dtype)
        return lazy

    rows, columns = ([(s, min(_CHUNK_PX, n - s)) for s in range(0, n, _CHUNK_PX)] for n in shape)
    blocks = [[block(top, left, height, width) for left, width in columns] for top, height in rows]
    band: da.Array = da.block(blocks)
    return band


def _read_window(path: Path, index: int, window: Window) -> NDArray[Any]:
    with rasterio.open(path) as source:
        pixels: NDArray[Any] = source.read(index, window=window)
    return pixels
