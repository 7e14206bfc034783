"""The (pass, y, x) cube: partial sums of every species on one grid, densified only where and when they are read."""

from __future__ import annotations

from typing import Any

import dask.array as da
import numpy as np
import xarray as xr
from dask.base import compute
from dask.delayed import delayed
from dask.tokenize import tokenize
from numpy.typing import NDArray

from fusion.cube.grid import geobox_of
from fusion.cube.partials import LAYERS, TouchedCells
from fusion.cube.touched import Layer, cube_species, layer_of, with_species
from fusion.settings import FusionSettings
from ingest.schema import check_cube

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def build_cube(
    touched: xr.Dataset, ortho: xr.Dataset | None = None, settings: FusionSettings | None = None
) -> xr.Dataset:
    """Spread the touched cells of a region over its grid, lazily.

    Nothing is computed here. A layer is one dask array over the table of touched cells, in chunks of one pass and
    ``settings.chunk_cells`` squared cells; cells that were not visited are 0 in sums and NaN elsewhere.

    Parameters
    ----------
    touched : Dataset
        From `touch_cells`.
    ortho : Dataset, optional
        A mosaic on a GeoBox of its own; its bands are averaged onto the cells.
    settings : FusionSettings, optional

    Returns
    -------
    Dataset, dims (pass, y, x)
        ``<species>_count``, ``_sum``, ``_sum_squares``, ``_max``, ``_background_sum``, ``_visited_at``; per pass
        ``pass_label``, ``pass_start``, ``pass_end``, ``wind_u``, ``wind_v``, ``wind_direction_sd``. CF-1.11.
    """
    settings = settings or FusionSettings()
    geobox, species = geobox_of(touched), cube_species(touched)
    cube = touched.drop_dims([f"{name}_touched" for name in species])
    for name in species:
        for layer in LAYERS:
            key = f"{name}_{layer}"
            dense = _spread(layer_of(touched, name, layer), key, settings.chunk_cells)
            cube[key] = (("pass", "y", "x"), dense, touched[key].attrs)
    if ortho is not None:
        from fusion.cube.mosaic import add_mosaic  # only where there is a mosaic: it imports rasterio

        cube = add_mosaic(cube, ortho, geobox)
    return cube


def _spread(layer: Layer, key: str, size: int) -> Any:
    """Lazy (pass, y, x) array of one layer: one layer of the graph, whose tasks slice the columns when they run."""
    passes, height, width = layer.shape
    chunks = (1,) * passes, _chunks(height, size), _chunks(width, size)
    if passes == 0:
        return da.zeros(layer.shape, chunks=(1, *chunks[1:]))
    name = f"{key}-{tokenize(layer.places, layer.values, layer.shape, size, layer.fill)}"
    columns = delayed(layer, name=f"columns-{name}", traverse=False)  # a key of its own: not sent with each task
    return da.map_blocks(_block, layer=columns, size=size, name=name, chunks=chunks, dtype=np.float64, meta=_NO_CELLS)


_NO_CELLS = np.empty((0, 0, 0))


def _block(layer: Layer, size: int, block_id: tuple[int, int, int]) -> Floats:
    """Dense values of one chunk."""
    _, height, width = layer.shape
    number, top, left = block_id[0], block_id[1] * size, block_id[2] * size
    return layer.block(number, (top, min(top + size, height)), (left, min(left + size, width)))


def _chunks(length: int, size: int) -> tuple[int, ...]:
    return (size,) * (length // size) + ((length % size,) if length % size else ())


def gather_cells(cube: xr.Dataset) -> xr.Dataset:
    """The table of touched cells of a cube that was stored, as `touch_cells` makes it of tracks.

    One compute, a chunk a task: what is in memory is the chunks in work and what was touched.

    Parameters
    ----------
    cube : Dataset, dims (pass, y, x)
        From `open_campaign` or a file; layers without dask are read as one chunk.
    """
    check_cube(cube)
    species = cube_species(cube)
    layers = [[da.asarray(cube[f"{name}_{layer}"].data) for layer in LAYERS] for name in species]
    found: tuple[TouchedCells, ...] = compute(*(delayed(_joined)(_gathered(arrays)) for arrays in layers))
    keys = [f"{name}_{layer}" for name in species for layer in LAYERS]
    flat = [str(k) for k, v in cube.data_vars.items() if v.dims == ("y", "x")]
    table = cube.drop_vars([*keys, *flat])
    for name, cells in zip(species, found, strict=True):
        table = with_species(table, name, cells, {layer: cube[f"{name}_{layer}"].attrs for layer in LAYERS})
    return table


def _gathered(layers: list[Any]) -> list[Any]:
    """Tasks that give the touched cells of each chunk."""
    chunks = layers[0].chunks
    blocks = [layer.rechunk(chunks).to_delayed() for layer in layers]
    corners = [np.cumsum([0, *sizes]) for sizes in chunks]
    return [
        delayed(_touched_in)(
            [grid[at] for grid in blocks], tuple(int(c[k]) for c, k in zip(corners, at, strict=True)), layers[0].shape
        )
        for at in np.ndindex(*blocks[0].shape)
    ]


def _touched_in(layers: list[Floats], corner: tuple[int, ...], shape: tuple[int, ...]) -> TouchedCells:
    """Touched cells of one chunk whose first cell is ``corner`` of an array of ``shape``."""
    at = np.nonzero(layers[0])
    places = np.ravel_multi_index([a + c for a, c in zip(at, corner, strict=True)], shape)
    return TouchedCells(np.asarray(places, np.int64), np.column_stack([layer[at] for layer in layers]))


def _joined(parts: list[TouchedCells]) -> TouchedCells:
    """Parts put together in order of place."""
    if not parts:
        return TouchedCells(np.empty(0, np.int64), np.empty((0, len(LAYERS))))
    places = np.concatenate([part.places for part in parts])
    order = np.argsort(places)
    return TouchedCells(places[order], np.concatenate([part.sums for part in parts])[order])


# --- what follows from the partials ---------------------------------------------------------------------------------


def cell_mean(cube: xr.Dataset, name: str, *, per_pass: bool = False) -> xr.DataArray:
    """Mean enhancement per cell (lazy); NaN where nothing was measured.

    Parameters
    ----------
    cube : Dataset, dims (pass, y, x)
        From `build_cube`.
    name : str
        A species of it.
    per_pass : bool
        One mean a pass, not one over all samples.
    """
    count, total = cube[f"{name}_count"], cube[f"{name}_sum"]
    if not per_pass:
        count, total = count.sum("pass"), total.sum("pass")
    mean = total / count.where(count > 0)
    mean.attrs = {
        "long_name": f"mean enhancement of {name}",
        "units": cube[f"{name}_sum"].attrs["units"],
        "grid_mapping": "spatial_ref",
        "cell_methods": "area: mean",
    }
    return mean


def cell_standard_error(cube: xr.Dataset, name: str) -> xr.DataArray:
    """Standard error of the cell mean (lazy), taking samples as independent: a lower bound; NaN below two samples."""
    count = cube[f"{name}_count"].sum("pass")
    total, squares = cube[f"{name}_sum"].sum("pass"), cube[f"{name}_sum_squares"].sum("pass")
    count = count.where(count > 1)
    variance = ((squares - total**2 / count) / (count - 1)).clip(min=0)
    error = (variance / count) ** 0.5
    error.attrs = {
        "long_name": f"standard error of the mean enhancement of {name}",
        "units": cube[f"{name}_sum"].attrs["units"],
        "grid_mapping": "spatial_ref",
    }
    return error


def passes_crossed(cube: xr.Dataset, name: str) -> xr.DataArray:
    """Number of drive passes that measured ``name`` in each cell (lazy)."""
    crossed = (cube[f"{name}_count"] > 0).sum("pass")
    crossed.attrs = {"long_name": "drive passes that crossed the cell", "units": "1", "grid_mapping": "spatial_ref"}
    return crossed


def age_days(cube: xr.Dataset, name: str, now: np.datetime64) -> xr.DataArray:
    """Days since the last pass through each cell (lazy), dims (y, x); NaN where none went.

    Parameters
    ----------
    cube : Dataset, dims (pass, y, x)
        From `build_cube`.
    name : str
        A species of it.
    now : datetime64
        UTC.
    """
    since = (now - cube["pass_end"]) / np.timedelta64(1, "D")
    age = since.where(cube[f"{name}_count"] > 0).min("pass")
    age.attrs = {"long_name": "time since the last drive pass", "units": "d", "grid_mapping": "spatial_ref"}
    return age
