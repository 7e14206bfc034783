"""The (pass, y, x) cube: partial sums of every species on one grid, densified only where and when they are read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import dask.array as da
import numpy as np
import xarray as xr
from dask.tokenize import tokenize
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox

from fusion.cube.partials import LAYERS, PassRecord, enhanced_species, pass_records
from fusion.settings import FusionSettings
from ingest.errors import ContractError

if TYPE_CHECKING:
    from tracks.schema import Track

_EMPTY = {"count": 0.0, "sum": 0.0, "sum_squares": 0.0, "background_sum": 0.0}

_NAMES = {
    "count": "number of samples",
    "sum": "sum of the enhancement",
    "sum_squares": "sum of the squared enhancement",
    "max": "largest enhancement",
    "background_sum": "sum of the background",
    "visited_at": "time of the first sample since the drive pass began",
}

_CELL_METHODS = {
    "count": "area: pass: sum",
    "sum": "area: sum",
    "sum_squares": "area: sum",
    "max": "area: maximum",
    "background_sum": "area: sum",
    "visited_at": "area: minimum",
}


def build_cube(
    tracks: Sequence[Track],
    geobox: GeoBox,
    ortho: xr.Dataset | None = None,
    settings: FusionSettings | None = None,
) -> xr.Dataset:
    """Grid the drive passes of all tracks onto ``geobox`` as partial sums that merge by addition.

    Samples with a rejecting flag, without a position or outside of any pass do not enter. What is kept in memory is
    one number per visited cell, pass and layer; the dense layers are dask arrays of one pass and
    ``settings.chunk_cells`` squared cells a chunk.

    Parameters
    ----------
    tracks : sequence of Track
        From `tracks.process_trace`.
    geobox : GeoBox
        From `region_geobox`, so that missions of one region share their cells.
    ortho : Dataset, optional
        A mosaic on a GeoBox of its own; its bands are averaged onto the cells.
    settings : FusionSettings, optional

    Returns
    -------
    Dataset, dims (pass, y, x)
        ``<species>_count``, ``_sum``, ``_sum_squares``, ``_max``, ``_background_sum``, ``_visited_at``; per pass
        ``pass_label``, ``pass_start``, ``pass_end``, ``wind_u``, ``wind_v``, ``wind_direction_sd``. CF-1.11.

    Raises
    ------
    ContractError
        If a species comes in two units under one name.
    """
    settings = settings or FusionSettings()
    records = [record for track in tracks for record in pass_records(track, geobox)]
    cube = _empty_cube(geobox, records)
    for name, attrs in _species_attributes(tracks).items():
        for layer in LAYERS:
            key = f"{name}_{layer}"
            cube[key] = (("pass", "y", "x"), _layer(records, name, layer, geobox, settings))
            cube[key].attrs = _layer_attributes(name, layer, attrs)
    if ortho is not None:
        from fusion.cube.mosaic import add_mosaic  # only where there is a mosaic: it imports rasterio

        cube = add_mosaic(cube, ortho, geobox)
    return cube


def _species_attributes(tracks: Sequence[Track]) -> dict[str, dict[str, str]]:
    """Attributes of every species with an enhancement, in order of appearance."""
    found: dict[str, dict[str, str]] = {}
    for track in tracks:
        for name in enhanced_species(track.passes):
            attrs = {key: str(value) for key, value in track.passes[name].attrs.items() if isinstance(value, str)}
            units = found.setdefault(name, attrs)["units"]
            if units != attrs["units"]:
                raise ContractError(
                    f"{track.passes['trajectory'].item()}: {name} is in {attrs['units']!r}, an earlier track has it "
                    f"in {units!r}; convert one, or give the variables different names"
                )
    return found


def _layer_attributes(name: str, layer: str, species: dict[str, str]) -> dict[str, str]:
    units = {"count": "1", "visited_at": "s", "sum_squares": f"({species['units']})2"}.get(layer, species["units"])
    attrs = {
        "long_name": f"{_NAMES[layer]} of {species.get('long_name', name)}",
        "units": units,
        "grid_mapping": "spatial_ref",
        "cell_methods": _CELL_METHODS[layer],
        "species": species["species"],
        "species_units": species["units"],
        "layer": layer,
    }
    if layer == "count":
        attrs["standard_name"] = "number_of_observations"
    else:
        attrs["ancillary_variables"] = f"{name}_count"
    return attrs


def _layer(records: Sequence[PassRecord], name: str, layer: str, geobox: GeoBox, settings: FusionSettings) -> Any:
    """Lazy (pass, y, x) array of one layer; cells that were not visited are 0 in sums and NaN elsewhere.

    One graph for all passes: a task a chunk, which holds its visited cells and nothing else.
    """
    height, width = geobox.shape
    rows, columns = _chunks(height, settings.chunk_cells), _chunks(width, settings.chunk_cells)
    fill = layer_fill(layer)
    if not records:
        return da.zeros((0, height, width), chunks=(1, rows, columns))
    parts = [_cells_of(record, name, layer) for record in records]
    label = f"{name}-{layer}-{tokenize(parts, rows, columns, fill)}"
    tasks = {
        (label, k, i, j): (_densify, *_local(cells, values, (top, left), (tall, wide), width), (1, tall, wide), fill)
        for k, (cells, values) in enumerate(parts)
        for i, (top, tall) in enumerate(_offsets(rows))
        for j, (left, wide) in enumerate(_offsets(columns))
    }
    return da.Array(tasks, label, ((1,) * len(records), rows, columns), np.float64)


def _cells_of(record: PassRecord, name: str, layer: str) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    part = record.species.get(name)
    return (np.empty(0, np.int64), np.empty(0)) if part is None else (part.cells, getattr(part, layer))


def _local(
    cells: NDArray[np.int64],
    values: NDArray[np.float64],
    corner: tuple[int, int],
    shape: tuple[int, int],
    width: int,
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Visited cells within one chunk, numbered from its corner, and their values."""
    lows, highs = np.searchsorted(cells, (corner[0] * width, (corner[0] + shape[0]) * width))
    row, column = np.divmod(cells[lows:highs], width)
    inside = (column >= corner[1]) & (column < corner[1] + shape[1])
    return (row[inside] - corner[0]) * shape[1] + column[inside] - corner[1], values[lows:highs][inside]


def _densify(
    local: NDArray[np.int64], values: NDArray[np.float64], shape: tuple[int, int, int], fill: float
) -> NDArray[np.float64]:
    """Dense tile from the visited cells of one pass."""
    dense = np.full(shape, fill)
    dense.ravel()[local] = values
    return dense


def _chunks(length: int, size: int) -> tuple[int, ...]:
    return (size,) * (length // size) + ((length % size,) if length % size else ())


def _offsets(chunks: tuple[int, ...]) -> list[tuple[int, int]]:
    starts = np.concatenate([[0], np.cumsum(chunks)[:-1]])
    return [(int(start), length) for start, length in zip(starts, chunks, strict=True)]


def _empty_cube(geobox: GeoBox, records: Sequence[PassRecord]) -> xr.Dataset:
    """Coordinates, grid mapping and what is known per pass."""
    names = np.array([r.label for r in records], dtype=str)
    mean = {"units": "m s-1", "cell_methods": "pass: mean"}
    spread = {
        "units": "rad",
        "long_name": "standard deviation of the wind direction",
        "cell_methods": "pass: standard_deviation",
    }
    start = {"standard_name": "time", "long_name": "start of the pass", "units_metadata": "leap_seconds: utc"}
    end = {"long_name": "end of the pass", "units_metadata": "leap_seconds: utc"}
    passes = xr.Dataset(
        {
            "wind_u": ("pass", np.array([r.u for r in records]), mean | {"standard_name": "eastward_wind"}),
            "wind_v": ("pass", np.array([r.v for r in records]), mean | {"standard_name": "northward_wind"}),
            "wind_direction_sd": ("pass", np.array([r.direction_sd_rad for r in records]), spread),
        },
        {
            "pass_label": ("pass", names, {"long_name": "name of the drive pass"}),
            "pass_start": ("pass", _times([r.start for r in records]), start),
            "pass_end": ("pass", _times([r.end for r in records]), end),
        },
    )
    return frame_of_cube(geobox, passes)


def frame_of_cube(geobox: GeoBox, passes: xr.Dataset) -> xr.Dataset:
    """A cube on ``geobox`` without layers: coordinates, grid mapping, and ``passes``, what is known per pass."""
    from odc.geo.xr import xr_coords  # importing it registers the .odc accessor

    coords = dict(xr_coords(geobox))
    height, width = (str(name) for name in geobox.dims)
    number = np.arange(passes.sizes["pass"], dtype=np.int32)
    across = {"long_name": "easting", "standard_name": "projection_x_coordinate", "units": "m", "axis": "X"}
    up = {"long_name": "northing", "standard_name": "projection_y_coordinate", "units": "m", "axis": "Y"}
    cube = passes.assign_coords(
        {
            "pass": ("pass", number, {"long_name": "drive pass", "units": "1"}),
            "y": ("y", coords[height].values, up),
            "x": ("x", coords[width].values, across),
            "spatial_ref": coords["spatial_ref"],
        }
    )
    cube.attrs = {
        "Conventions": "CF-1.11",
        "title": "drive passes on one grid: partial sums of enhancements",
        "source": "mobile monitoring",
    }
    cube["spatial_ref"].attrs.pop("GeoTransform", None)
    cube["spatial_ref"].attrs["long_name"] = "coordinate reference system"
    cube["spatial_ref"].attrs["GeoTransform"] = " ".join(repr(float(v)) for v in geobox.affine.to_gdal())
    return cube


def layer_fill(layer: str) -> float:
    """What a layer holds where nothing was measured: 0 in sums and counts, NaN elsewhere."""
    return _EMPTY.get(layer, np.nan)


def _times(values: Sequence[np.datetime64]) -> NDArray[np.datetime64]:
    return np.array(values, dtype="datetime64[ns]")


# --- what follows from the partials ---------------------------------------------------------------------------------


def cube_species(cube: xr.Dataset) -> tuple[str, ...]:
    """Names of the species in a cube."""
    suffix = "_count"
    return tuple(
        str(k)[: -len(suffix)] for k in cube.data_vars if str(k).endswith(suffix) and "layer" in cube[k].attrs
    )


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
