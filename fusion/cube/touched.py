"""The touched cells of a region: one sorted table of all drive passes, of which cube, hotspots and files are made.

A dataset with the frame of the cube (``pass``, ``y``, ``x``, grid mapping, what is known per pass) and, per species,
the layers of the cube at the places where anything was measured, compressed by gathering (CF-1.11, 8.2):
``<species>_place`` (n,) is the place in the flattened (pass, y, x) array, sorted and unique, and ``<species>_count``
and the other `LAYERS` (n,) are the values there. Its size is that of the touched cells, whatever the region's is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr
from dask.base import compute
from dask.delayed import delayed
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox

from fusion.cube.partials import LAYERS, TouchedCells, TrackRecord, enhanced_species, track_record
from ingest.errors import ContractError

if TYPE_CHECKING:
    from tracks.schema import Track

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

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


def touch_cells(tracks: Sequence[Track], geobox: GeoBox) -> xr.Dataset:
    """Reduce the drive passes of all tracks to partial sums in the cells of ``geobox`` they touch.

    Samples with a rejecting flag, without a position or outside of any pass do not enter. One compute, a track a
    task; time and memory grow with the rows and the touched cells, not with the region.

    Parameters
    ----------
    tracks : sequence of Track
        From `tracks.process_trace`.
    geobox : GeoBox
        From `region_geobox`, so that missions of one region share their cells.

    Returns
    -------
    Dataset
        Per species ``<species>_place``, ``_count``, ``_sum``, ``_sum_squares``, ``_max``, ``_background_sum``,
        ``_visited_at``; per pass ``pass_label``, ``pass_start``, ``pass_end``, ``wind_u``, ``wind_v``,
        ``wind_direction_sd``. `build_cube` and `find_hotspots` take it.

    Raises
    ------
    ContractError
        If a species comes in two units under one name.
    """
    species = _species_attributes(tracks)
    records: tuple[TrackRecord, ...] = compute(*(delayed(track_record)(track, geobox) for track in tracks))
    table = frame_of_cube(geobox, _passes_of(records))
    first = np.cumsum([0, *(len(record.labels) for record in records)]) * int(np.prod(geobox.shape))
    for name, attrs in species.items():
        parts = [
            TouchedCells(cells.places + start, cells.sums)
            for record, start in zip(records, first[:-1], strict=True)
            if (cells := record.species.get(name)) is not None
        ]
        joined = TouchedCells(
            np.concatenate([part.places for part in parts]), np.concatenate([part.sums for part in parts])
        )
        described = {layer: _layer_attributes(name, layer, attrs) for layer in LAYERS}
        table = with_species(table, name, joined, described)
    return table


def with_species(
    table: xr.Dataset, name: str, cells: TouchedCells, attributes: dict[str, dict[str, str]]
) -> xr.Dataset:
    """The table with one more species; its arrays cannot be written to."""
    columns = {"place": cells.places, **dict(zip(LAYERS, cells.sums.T.copy(), strict=True))}
    for values in columns.values():
        values.setflags(write=False)
    attributes = {"place": {"long_name": f"touched cells of {name}", "compress": "pass y x"}, **attributes}
    dimension = f"{name}_touched"
    return table.assign({f"{name}_{key}": (dimension, values, attributes[key]) for key, values in columns.items()})


# --- reading the table ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Layer:
    """One layer of the table: ``values`` (n,) at sorted ``places`` (n,) of an array of ``shape``, else ``fill``."""

    places: Ints
    values: Floats
    shape: tuple[int, int, int]
    fill: float

    def block(self, number: int, rows: tuple[int, int], columns: tuple[int, int]) -> Floats:
        """Dense (1, rows, columns) of one pass between two rows and two columns."""
        _, height, width = self.shape
        first = number * height * width
        ends = np.searchsorted(self.places, (first + rows[0] * width, first + rows[1] * width))
        row, column = np.divmod(self.places[slice(*ends)] - first, width)
        inside = (column >= columns[0]) & (column < columns[1])
        dense = np.full((1, rows[1] - rows[0], columns[1] - columns[0]), self.fill)
        dense[0, row[inside] - rows[0], column[inside] - columns[0]] = self.values[slice(*ends)][inside]
        return dense

    def tiles(self, side: int) -> Iterator[tuple[int, int, int, Floats]]:
        """Pass, first row, first column and dense values of every square of ``side`` cells that was touched.

        In order; squares at the end of a row or column are cut off at the edge of the grid.
        """
        _, height, width = self.shape
        number, cell = np.divmod(self.places, height * width)
        row, column = np.divmod(cell, width)
        tall, wide = -(-height // side), -(-width // side)
        tile = (number * tall + row // side) * wide + column // side
        order = np.argsort(tile, kind="stable")
        for at in np.split(order, np.flatnonzero(np.diff(tile[order])) + 1) if order.size else ():
            top, left = row[at[0]] // side * side, column[at[0]] // side * side
            dense = np.full((min(side, height - top), min(side, width - left)), self.fill)
            dense[row[at] - top, column[at] - left] = self.values[at]
            yield int(number[at[0]]), int(top), int(left), dense


def layer_of(table: xr.Dataset, name: str, layer: str) -> Layer:
    """One layer of one species of the table."""
    shape = (table.sizes["pass"], table.sizes["y"], table.sizes["x"])
    return Layer(places_of(table, name), table[f"{name}_{layer}"].values, shape, layer_fill(layer))


def places_of(table: xr.Dataset, name: str) -> Ints:
    """Places of the touched cells of a species in the flattened (pass, y, x) array.

    Raises
    ------
    ContractError
        If ``table`` is no table of touched cells.
    """
    if f"{name}_place" not in table:
        raise ContractError(
            f"no touched cells of {name}; give what touch_cells makes, or of an open cube what gather_cells makes"
        )
    return np.asarray(table[f"{name}_place"].values, np.int64)


def cells_by_pass(table: xr.Dataset, name: str) -> list[tuple[Ints, slice]]:
    """Of every pass its touched cells (sorted, flat row-major) and where they stand in the columns of the species."""
    places, cells = places_of(table, name), table.sizes["y"] * table.sizes["x"]
    ends = np.searchsorted(places, np.arange(table.sizes["pass"] + 1) * cells).tolist()
    return [(places[low:high] - k * cells, slice(low, high)) for k, (low, high) in enumerate(pairwise(ends))]


# --- what a layer and a cube are ------------------------------------------------------------------------------------


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


def layer_fill(layer: str) -> float:
    """What a layer holds where nothing was measured: 0 in sums and counts, NaN elsewhere."""
    return _EMPTY.get(layer, np.nan)


def cube_species(cube: xr.Dataset) -> tuple[str, ...]:
    """Names of the species in a cube, or in a table of touched cells."""
    suffix = "_count"
    return tuple(
        str(k)[: -len(suffix)] for k in cube.data_vars if str(k).endswith(suffix) and "layer" in cube[k].attrs
    )


def _passes_of(records: Sequence[TrackRecord]) -> xr.Dataset:
    """What is known per pass, the tracks one after the other."""
    mean = {"units": "m s-1", "cell_methods": "pass: mean"}
    spread = {
        "units": "rad",
        "long_name": "standard deviation of the wind direction",
        "cell_methods": "pass: standard_deviation",
    }
    start = {"standard_name": "time", "long_name": "start of the pass", "units_metadata": "leap_seconds: utc"}
    end = {"long_name": "end of the pass", "units_metadata": "leap_seconds: utc"}
    labels = np.array([label for record in records for label in record.labels], dtype=str)
    u, v, sd = (_joined([getattr(r, key) for r in records], "f8") for key in ("u", "v", "direction_sd_rad"))
    times = [_joined([getattr(r, key) for r in records], "datetime64[ns]") for key in ("start", "end")]
    return xr.Dataset(
        {
            "wind_u": ("pass", u, mean | {"standard_name": "eastward_wind"}),
            "wind_v": ("pass", v, mean | {"standard_name": "northward_wind"}),
            "wind_direction_sd": ("pass", sd, spread),
        },
        {
            "pass_label": ("pass", labels, {"long_name": "name of the drive pass"}),
            "pass_start": ("pass", times[0], start),
            "pass_end": ("pass", times[1], end),
        },
    )


def _joined(parts: Sequence[NDArray[np.generic]], kind: str) -> NDArray[np.generic]:
    return np.concatenate([np.empty(0, kind), *parts])


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
