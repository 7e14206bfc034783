"""A mosaic brought onto the cells of the cube: the share of a cell that photos cover, and the mean of each band."""

from __future__ import annotations

from typing import Any

import dask.array as da
import numpy as np
import xarray as xr
from affine import Affine
from dask.delayed import delayed
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox

from fusion.cube.grid import cell_area_m2, geobox_of
from ingest.errors import ContractError

Floats = NDArray[np.float64]

_NOT_BANDS = ("alpha", "photo_count", "photo_index", "gsd", "position_error")


def add_mosaic(cube: xr.Dataset, mosaic: xr.Dataset, geobox: GeoBox) -> xr.Dataset:
    """Add ``ortho_area_fraction`` and ``ortho_<band>`` (y, x), lazily; pixels belong to the cell their centre is in.

    Parameters
    ----------
    cube : Dataset
        Being built on ``geobox``.
    mosaic : Dataset, dims (y, x)
        Bands and, if there is one, ``alpha`` (0 where no photo sees the ground); with a grid mapping, in the CRS of
        ``geobox``.

    Raises
    ------
    ContractError
        If the mosaic is in another CRS: reproject it first, so that it is resampled once and knowingly.
    """
    source = geobox_of(mosaic)
    if source.crs != geobox.crs:
        raise ContractError(f"the mosaic is in {source.crs}, the cube in {geobox.crs}; build both in one CRS")
    bands = [str(name) for name, v in mosaic.data_vars.items() if v.dims == ("y", "x") and name not in _NOT_BANDS]
    sums = _sums(mosaic, bands, source, geobox)
    share = da.clip(sums[0] * cell_area_m2(source) / cell_area_m2(geobox), 0, 1)
    common = {"units": "1", "grid_mapping": "spatial_ref"}
    cube["ortho_area_fraction"] = (
        ("y", "x"),
        share,
        {**common, "standard_name": "area_fraction", "long_name": "share of the cell that photos cover"},
    )
    for number, band in enumerate(bands, start=1):
        units = str(mosaic[band].attrs.get("units", "1"))
        cube[f"ortho_{band}"] = (
            ("y", "x"),
            sums[number] / da.where(sums[0] > 0, sums[0], np.nan),
            {
                **common,
                "units": units,
                "long_name": f"mean of band {band} of the mosaic",
                "cell_methods": "area: mean (where photos cover)",
                "ancillary_variables": "ortho_area_fraction",
            },
        )
    return cube


def _sums(mosaic: xr.Dataset, bands: list[str], source: GeoBox, geobox: GeoBox) -> Any:
    """Lazy (1 + bands, y, x): pixels that see the ground, and the sum of each band over them."""
    layers = {band: da.asarray(mosaic[band].data) for band in bands}
    layers["alpha"] = (
        da.asarray(mosaic["alpha"].data) if "alpha" in mosaic else da.isfinite(layers[bands[0]]).astype("uint8")
    )
    chunks = layers["alpha"].chunks
    layers = {name: layer.rechunk(chunks) for name, layer in layers.items()}
    blocks = {name: layer.to_delayed() for name, layer in layers.items()}
    total: Any = None
    for i, top in enumerate(np.cumsum([0, *chunks[0][:-1]])):
        for j, left in enumerate(np.cumsum([0, *chunks[1][:-1]])):
            tile = delayed(aggregate_tile)(
                blocks["alpha"][i, j],
                [blocks[band][i, j] for band in bands],
                _shift(source, int(top), int(left)),
                geobox.affine,
                tuple(geobox.shape),
            )
            total = tile if total is None else delayed(np.add)(total, tile)
    shape = (1 + len(bands), *geobox.shape)
    return da.from_delayed(total, shape, np.float64)


def _shift(geobox: GeoBox, row: int, column: int) -> Affine:
    a = geobox.affine
    return Affine(a.a, a.b, a.c + a.a * column + a.b * row, a.d, a.e, a.f + a.d * column + a.e * row)


def aggregate_tile(
    alpha: NDArray[Any], bands: list[NDArray[Any]], tile: Affine, grid: Affine, shape: tuple[int, int]
) -> Floats:
    """Sum the pixels of one tile into the cells their centres lie in: (1 + bands, y, x)."""
    column = np.floor((tile.a * (np.arange(alpha.shape[1]) + 0.5) + tile.c - grid.c) / grid.a).astype(np.int64)
    row = np.floor((tile.e * (np.arange(alpha.shape[0]) + 0.5) + tile.f - grid.f) / grid.e).astype(np.int64)
    cell = row[:, None] * shape[1] + column[None, :]
    inside = (row >= 0)[:, None] & (row < shape[0])[:, None] & ((column >= 0) & (column < shape[1]))[None, :]
    use = inside & (alpha > 0)
    result = np.zeros((1 + len(bands), shape[0] * shape[1]))
    if not use.any():
        return result.reshape(-1, *shape)
    result[0] = np.bincount(cell[use], minlength=result.shape[1])
    for number, band in enumerate(bands, start=1):
        values = band[use].astype(np.float64)
        result[number] = np.bincount(cell[use], np.where(np.isfinite(values), values, 0.0), minlength=result.shape[1])
    return result.reshape(-1, *shape)
