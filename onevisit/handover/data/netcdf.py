"""``trace.nc`` and ``cube.nc``: CF-1.11 netCDF-4, the same bytes for the same data."""

from __future__ import annotations

import re
from collections.abc import Hashable, Sequence
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import xarray as xr
from numpy.typing import NDArray

from ingest.errors import ContractError
from ingest.schema import check_cube
from onevisit.atomic import replacing

_EPOCH = "nanoseconds since 1970-01-01T00:00:00Z"
_HISTORY = "written by onevisit from the inputs that manifest.json lists"
_DERIVED = {"_background": "background", "_enhancement": "enhancement over background"}
_IDENTITY = ("species", "instrument", "units")


_TILE_CELLS = 256
"""Side of a tile in the file: half a megabyte, a few tiles a drive pass."""

_CACHE_BYTES = 1 << 27
"""Of tiles of all layers that HDF5 keeps until the file is closed; every tile is written once, and whole."""

_SLAB_CELLS = 16_000_000
"""Cells computed at once: 128 MB."""

_ZERO_WHERE_EMPTY = ("count", "sum", "sum_squares", "background_sum")
"""Layers of the cube that are zero, not missing, where nothing was measured."""


def write_traces(path: Path, traces: Sequence[xr.Dataset]) -> None:
    """Write all trajectories of a mission into one file (`join_traces`), compressed."""
    joined = join_traces(traces)
    encoding: dict[Hashable, dict[str, Any]] = {
        name: {"zlib": True, "complevel": 4, "shuffle": True}
        for name, variable in joined.variables.items()
        if variable.dims == ("obs",)
    }
    for name, variable in joined.variables.items():
        if variable.dtype.kind == "f":
            encoding[name] = {**encoding.get(name, {}), "_FillValue": np.nan}
        elif variable.dtype.kind == "M":
            encoding[name] = {**encoding.get(name, {}), "units": _EPOCH, "dtype": "int64", "_FillValue": None}
        elif variable.dtype.kind in "OUT":  # text in a variable named as its dimension would be a coordinate variable
            encoding[name] = {**encoding.get(name, {}), "dtype": "S1", "char_dim_name": f"{name}_length"}
    with replacing(path) as temporary:
        joined.to_netcdf(temporary, engine="netcdf4", encoding=encoding)


def join_traces(traces: Sequence[xr.Dataset]) -> xr.Dataset:
    """Join trajectories into one CF contiguous ragged array (CF-1.11, H.4.3): ``rowSize`` rows of each, one by one.

    A variable that a trajectory does not have is NaN there (flags 0, indices −1). Variables of one name that are not
    the same quantity (species, instrument, unit) in two trajectories get names with a number.

    Parameters
    ----------
    traces : sequence of xarray.Dataset
        As `ingest.schema` describes, also with what `tracks` added.

    Returns
    -------
    xarray.Dataset
        Dimensions ``trajectory`` and ``obs``.

    Raises
    ------
    ContractError
        If there is no trace, or two share a name.
    """
    if not traces:
        raise ContractError("no trace to join")
    labels = [str(trace["trajectory"].values) for trace in traces]
    if len(set(labels)) != len(labels):
        raise ContractError(f"trajectories share a name: {', '.join(sorted(labels))}")
    sizes = [trace.sizes["obs"] for trace in traces]
    names = _joint_names(traces)
    coordinates = {"time", "lon", "lat"}
    columns = {
        joint: ("obs", _column(traces, own, sizes), _described(joint, _attributes(traces, own)))
        for joint, own in names.items()
    }
    rows = ("trajectory", np.array(sizes, np.int32), {"long_name": "number of rows", "sample_dimension": "obs"})
    label = ("trajectory", np.array(labels, object), {"cf_role": "trajectory_id", "long_name": "name of the outing"})
    return xr.Dataset(
        {"rowSize": rows, **{k: v for k, v in columns.items() if k not in coordinates}},
        {"trajectory": label, **{k: v for k, v in columns.items() if k in coordinates}},
        {
            "Conventions": "CF-1.11",
            "featureType": "trajectory",
            "title": "what the mobile platforms of a mission measured",
            "history": _HISTORY,
        },
    )


def _described(name: str, attrs: dict[str, Any]) -> dict[str, Any]:
    """Attributes that CF asks for where a room left them out."""
    if name == "time":
        return {"units_metadata": "leap_seconds: utc", **attrs}
    stem, _, kind = re.sub(r"_\d+$", "", name).rpartition("_")
    if kind == "qc":
        return {"units": "1", **attrs}
    if f"_{kind}" in _DERIVED:
        return {"long_name": f"{_DERIVED[f'_{kind}']} of {stem}", **attrs}
    return attrs


def write_cube(path: Path, cube: xr.Dataset, touched: xr.Dataset | None = None) -> None:
    """Write the (pass, y, x) cube, tile by tile from its touched cells, other layers slab by slab.

    Tiles in which nothing was measured are left out: HDF5 gives their fill value back without storing them. Tiles are
    written in order, whichever is computed first, so that a second run gives the same bytes.

    Parameters
    ----------
    path : Path
    cube : Dataset, dims (pass, y, x)
        From `fusion.build_cube`.
    touched : Dataset, optional
        What it was made of, from `fusion.touch_cells`; without it all of the cube is computed to find what is empty.

    Raises
    ------
    ContractError
        If ``cube`` is not what `ingest.schema.check_cube` expects.
    """
    check_cube(cube)
    plain = cube.assign_attrs({"Conventions": "CF-1.11", "history": _HISTORY, **cube.attrs}).drop_encoding()
    lazy = [str(name) for name, variable in plain.data_vars.items() if variable.chunks]
    encoding: dict[Hashable, dict[str, Any]] = {}
    for name, variable in plain.drop_vars(lazy).variables.items():
        if variable.dtype.kind == "M":
            encoding[name] = {"units": _EPOCH, "dtype": "int64", "_FillValue": None}
        elif name in plain.dims:
            encoding[name] = {"_FillValue": None}  # a coordinate has no gaps
        elif variable.dtype.kind in "OUT" and variable.ndim:  # strings of variable length leave heap garbage in HDF5
            encoding[name] = {"dtype": "S1", "char_dim_name": f"{name}_length"}
    with replacing(path) as temporary:
        plain.drop_vars(lazy).to_netcdf(temporary, engine="netcdf4", encoding=encoding)
        with netCDF4.Dataset(temporary, "a") as file:
            for dimension, size in plain.sizes.items():
                if dimension not in file.dimensions:
                    file.createDimension(str(dimension), size)
            for name in lazy:
                _write_layer(file, name, plain[name], touched, _CACHE_BYTES // len(lazy))


def _write_layer(
    file: netCDF4.Dataset, name: str, layer: xr.DataArray, touched: xr.Dataset | None, cache: int
) -> None:
    """Write one lazy layer (..., y, x) tile by tile, empty tiles left out."""
    empty = 0.0 if str(layer.attrs.get("layer")) in _ZERO_WHERE_EMPTY else np.nan
    tile = (*[1] * (layer.ndim - 2), *(min(_TILE_CELLS, size) for size in layer.shape[-2:]))
    variable = file.createVariable(
        name,
        "f8",
        [str(d) for d in layer.dims],
        zlib=True,
        complevel=4,
        shuffle=True,
        chunksizes=tile,
        fill_value=empty,
    )
    variable.set_var_chunk_cache(min(cache, netCDF4.get_chunk_cache()[0]))
    variable.set_auto_mask(False)
    if empty == 0.0:
        variable.delncattr("_FillValue")  # zero samples is a value, not a gap; the file's own fill stays zero
    coordinates = [str(key) for key in layer.coords if key not in layer.dims and key != "spatial_ref"]
    variable.setncatts({**layer.attrs, **({"coordinates": " ".join(coordinates)} if coordinates else {})})
    if touched is not None and name in touched and "layer" in layer.attrs:
        _put_touched(variable, touched, str(layer.attrs["layer"]), empty)
    elif layer.ndim == 2:
        _put_tiles(variable, (), layer.values, empty, tile)
    else:
        _put_slabs(variable, layer, empty, tile)


def _put_touched(variable: netCDF4.Variable[Any], touched: xr.Dataset, layer: str, empty: float) -> None:
    """Write the tiles that were touched."""
    from fusion.cube.touched import layer_of

    for number, top, left, values in layer_of(touched, variable.name.removesuffix(f"_{layer}"), layer).tiles(
        _TILE_CELLS
    ):
        _put_tile(variable, (number,), (top, left), values, empty)


def _put_slabs(variable: netCDF4.Variable[Any], layer: xr.DataArray, empty: float, tile: tuple[int, ...]) -> None:
    """Write a layer (pass, y, x), a slab of passes at a time."""
    height = max(1, _SLAB_CELLS // max(1, layer.shape[-1] * layer.shape[-2]))
    for start in range(0, layer.shape[0], height):
        slab = layer.isel({layer.dims[0]: slice(start, start + height)}).values
        for offset, values in enumerate(slab):
            _put_tiles(variable, (start + offset,), values, empty, tile)


def _put_tiles(
    variable: netCDF4.Variable[Any], index: tuple[int, ...], values: NDArray[Any], empty: float, tile: tuple[int, ...]
) -> None:
    tall, wide = tile[-2:]
    for top in range(0, values.shape[0], tall):
        for left in range(0, values.shape[1], wide):
            _put_tile(variable, index, (top, left), values[top : top + tall, left : left + wide], empty)


def _put_tile(
    variable: netCDF4.Variable[Any], index: tuple[int, ...], corner: tuple[int, int], part: NDArray[Any], empty: float
) -> None:
    is_empty = np.isnan(part).all() if np.isnan(empty) else not part.any()
    if not is_empty:
        top, left = corner
        variable[(*index, slice(top, top + part.shape[0]), slice(left, left + part.shape[1]))] = part


def _joint_names(traces: Sequence[xr.Dataset]) -> dict[str, list[str | None]]:
    """Name in the joined file → name in each trace, None where it has none."""
    joint: dict[str, list[str | None]] = {}
    identities: dict[str, tuple[object, ...]] = {}
    for index, trace in enumerate(traces):
        for name in _row_variables(trace):
            identity = _identity(trace, name)
            key, number = name, 1
            while identities.setdefault(key, identity) != identity:
                number += 1
                key = f"{name}_{number}"
            joint.setdefault(key, [None] * len(traces))[index] = name
    return joint


def _row_variables(trace: xr.Dataset) -> list[str]:
    return [str(name) for name, variable in trace.variables.items() if variable.dims == ("obs",) and name != "obs"]


def _identity(trace: xr.Dataset, name: str) -> tuple[object, ...]:
    """What makes two variables of one name the same quantity; a derived one inherits that of its species."""
    stem = next((name.removesuffix(s) for s in ("_background", "_enhancement", "_qc") if name.endswith(s)), name)
    attrs = trace[stem].attrs if stem in trace.variables else trace[name].attrs
    return (*(attrs.get(key) for key in _IDENTITY), trace[name].dtype.kind)


def _column(traces: Sequence[xr.Dataset], own: Sequence[str | None], sizes: Sequence[int]) -> NDArray[Any]:
    dtype = next(trace[name].dtype for trace, name in zip(traces, own, strict=True) if name)
    missing = {"f": np.nan, "u": 0, "i": -1}.get(dtype.kind, 0)
    parts = [
        trace[name].values if name else np.full(size, missing, dtype)
        for trace, name, size in zip(traces, own, sizes, strict=True)
    ]
    return np.concatenate(parts)


def _attributes(traces: Sequence[xr.Dataset], own: Sequence[str | None]) -> dict[str, Any]:
    """The attributes on which all trajectories agree; those that differ are kept as a text, by trajectory."""
    held = [(str(t["trajectory"].values), t[name].attrs) for t, name in zip(traces, own, strict=True) if name]
    keys = list(dict.fromkeys(key for _, attrs in held for key in attrs))
    merged: dict[str, Any] = {}
    for key in keys:
        values = [(label, attrs[key]) for label, attrs in held if key in attrs]
        if all(np.array_equal(value, values[0][1]) for _, value in values[1:]):
            merged[key] = values[0][1]
        else:
            merged[key] = "; ".join(f"{label}: {value}" for label, value in values)
    return {key: int(value) if isinstance(value, bool) else value for key, value in merged.items()}
