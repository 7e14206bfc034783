"""A campaign: the cubes of many missions in one Zarr store, added in any order, retried at will.

Layout::

    store/
      grid.json                 CRS, cell size and tile, written first and never changed
      missions/<key>/           one Zarr group (format 2) per mission, chunks of one pass and one tile
      missions/<key>.json       the commit marker, written last: a group without it does not exist for readers

Every group has one writer and every chunk belongs to one group, so that no two writers ever share a chunk. ``key`` is
the hash of what the cube holds: the same mission added twice is the same group with the same bytes. Tiles lie on a
lattice that starts at the origin of the CRS, so that all missions of a region fall onto the same cells and tiles.
Nothing is ever appended: `open_campaign` puts the committed missions one after the other, by time.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dask.array as da
import dask.base
import numpy as np
import xarray as xr
from affine import Affine
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox

from fusion.cube.grid import geobox_of
from fusion.cube.touched import cube_species, frame_of_cube, layer_fill
from ingest.errors import ContractError
from ingest.schema import check_cube

try:
    import zarr
except ImportError as error:
    raise ImportError('a campaign is stored as zarr: pip install "onevisit[campaign]"') from error

_TILE = 256
_PER_PASS = ("wind_u", "wind_v", "wind_direction_sd", "pass_start", "pass_end")


@dataclass(frozen=True)
class Grid:
    """CRS (as WKT), edge of a cell [m] and cells along the edge of a tile: what all missions of a campaign share."""

    crs: str
    cell_m: float
    tile: int = _TILE


def create_campaign(store: Path, geobox: GeoBox, *, tile: int = _TILE) -> Grid:
    """Make an empty store for the region of ``geobox``; where there is one already, check that it is the same grid.

    Raises
    ------
    ContractError
        If the store holds another grid, or ``geobox`` is not snapped to whole cells with rows going down.
    """
    affine = geobox.affine
    cell = float(affine.a)
    snapped = all(abs(v / cell - round(v / cell)) < 1e-6 for v in (affine.c, affine.f))
    if geobox.crs is None or affine.e != -cell or affine.b or affine.d or not snapped:
        raise ContractError(
            f"a campaign needs a CRS and square cells on whole multiples of their size, got {geobox!r}"
        )
    grid = Grid(geobox.crs.to_wkt(), cell, tile)
    path = store / "grid.json"
    if not path.exists():
        (store / "missions").mkdir(parents=True, exist_ok=True)
        _write_json(path, vars(grid))
    there = Grid(**json.loads(path.read_text(encoding="utf-8")))
    if (there.cell_m, there.tile) != (cell, tile) or GeoBox((1, 1), affine, there.crs).crs != geobox.crs:
        raise ContractError(
            f"{store} holds cells of {there.cell_m} m in tiles of {there.tile}; the mission has {cell} m"
        )
    return there


def add_mission(store: Path, cube: xr.Dataset, *, tile: int = _TILE) -> str:
    """Add the cube of one mission; gives its key. Added before, it does nothing; killed midway, do it again.

    Parameters
    ----------
    store : Path
        A folder; made if absent.
    cube : Dataset, dims (pass, y, x)
        From `build_cube` on a `region_geobox`; mosaic layers are left out, they belong to the mission.

    Raises
    ------
    ContractError
        If the cube lies on another grid than the campaign.
    """
    check_cube(cube)
    geobox = geobox_of(cube)
    grid = create_campaign(store, geobox, tile=tile)
    key = _content_key(cube)
    marker = store / "missions" / f"{key}.json"
    if marker.exists():
        return key
    folder = store / "missions" / key
    box, top, left = _on_tiles(geobox, grid)
    _write_template(folder, cube, box, grid)
    group = zarr.open_group(folder, mode="r+", zarr_format=2)
    total = dict.fromkeys(cube_species(cube), 0.0)
    for k, name, layer, dense in _layers(cube):
        rows, columns = slice(top, top + dense.shape[0]), slice(left, left + dense.shape[1])
        _write_tiles(group[f"{name}_{layer}"], k, rows, columns, dense, grid.tile)
        if layer == "count":
            total[name] += float(dense.sum())
    _check_counts(group, total, folder)
    _write_json(marker, {"key": key, "samples": total, "start": str(cube["pass_start"].values.min())})
    return key


def campaign_keys(store: Path) -> tuple[str, ...]:
    """Keys of the committed missions, by the time of their first pass."""
    markers = [json.loads(path.read_text(encoding="utf-8")) for path in (store / "missions").glob("*.json")]
    return tuple(m["key"] for m in sorted(markers, key=lambda m: (m["start"], m["key"])))


def open_campaign(store: Path) -> xr.Dataset:
    """Open all committed missions as one lazy cube on the grid that covers them, passes in order of time.

    Returns
    -------
    Dataset, dims (pass, y, x)
        As from `build_cube`, with ``mission`` (pass) naming the mission of each pass: `gather_cells` (so
        `find_hotspots`), `fusion.campaign.persistence` and the derived layers of `fusion.cube.build` take it.

    Raises
    ------
    ContractError
        If no mission is committed.
    """
    keys = campaign_keys(store)
    if not keys:
        raise ContractError(f"{store} holds no committed mission; add one with add_mission")
    parts = [_open_mission(store / "missions" / key, key) for key in keys]
    boxes = [geobox_of(part) for part in parts]
    union = _union(boxes)
    names = list(dict.fromkeys(str(name) for part in parts for name in part.data_vars if part[name].ndim == 3))
    cube = frame_of_cube(union, _passes_of(parts))
    for name in names:
        blocks = [_spread(part, name, box, union) for part, box in zip(parts, boxes, strict=True)]
        attrs = next(part[name].attrs for part in parts if name in part)
        cube[name] = (("pass", "y", "x"), da.concatenate(blocks), attrs)
    return cube


def _passes_of(parts: list[xr.Dataset]) -> xr.Dataset:
    known = [part.reset_coords()[[*_PER_PASS, "pass_label", "mission"]].drop_vars("pass") for part in parts]
    return xr.concat(known, "pass").set_coords(["pass_label", "pass_start", "pass_end", "mission"])


# --- keys and tiles -------------------------------------------------------------------------------------------------


def _layers(cube: xr.Dataset) -> Iterator[tuple[int, str, str, NDArray[np.float64]]]:
    """Pass, species, layer and dense values, one pass in memory at a time."""
    named = [(name, str(cube[key].attrs["layer"]), key) for name in cube_species(cube) for key in _keys(cube, name)]
    for k in range(cube.sizes["pass"]):
        dense = dask.base.compute(*(cube[key][k].data for _, _, key in named))
        yield from ((k, name, layer, np.asarray(v)) for (name, layer, _), v in zip(named, dense, strict=True))


def _keys(cube: xr.Dataset, name: str) -> list[str]:
    return [
        str(k) for k, v in cube.data_vars.items() if "layer" in v.attrs and str(k) == f"{name}_{v.attrs['layer']}"
    ]


def _content_key(cube: xr.Dataset) -> str:
    """Hash of passes, attributes and visited cells; chunks and empty margins do not change it."""
    digest = hashlib.sha256()
    for name in (*_PER_PASS, "pass_label"):
        digest.update(name.encode())
        digest.update(str(cube[name].values.tolist()).encode())
    for k, name, layer, dense in _layers(cube):
        empty = layer_fill(layer)
        visited = ~np.isnan(dense) if np.isnan(empty) else dense != empty
        row, column = np.nonzero(visited)
        digest.update(f"{k} {name} {layer} {cube[f'{name}_sum'].attrs['units']}".encode())
        digest.update((cube["x"].values[column] if row.size else np.empty(0)).tobytes())
        digest.update((cube["y"].values[row] if row.size else np.empty(0)).tobytes())
        digest.update(dense[visited].tobytes())
    return digest.hexdigest()[:20]


def _on_tiles(geobox: GeoBox, grid: Grid) -> tuple[GeoBox, int, int]:
    """The whole tiles of the lattice that cover ``geobox``, and the row and column at which it begins in them."""
    left, top = round(geobox.affine.c / grid.cell_m), round(geobox.affine.f / grid.cell_m)
    height, width = geobox.shape
    west, north = left // grid.tile * grid.tile, -(-top // grid.tile) * grid.tile
    tall = -(-(north - top + height) // grid.tile) * grid.tile
    wide = -(-(left - west + width) // grid.tile) * grid.tile
    affine = Affine(grid.cell_m, 0.0, west * grid.cell_m, 0.0, -grid.cell_m, north * grid.cell_m)
    return GeoBox((tall, wide), affine, grid.crs), north - top, left - west


def _union(boxes: list[GeoBox]) -> GeoBox:
    """The smallest grid of the lattice that covers all boxes."""
    cell = float(boxes[0].affine.a)
    left = min(box.affine.c for box in boxes)
    top = max(box.affine.f for box in boxes)
    right = max(box.affine.c + cell * box.shape[1] for box in boxes)
    bottom = min(box.affine.f - cell * box.shape[0] for box in boxes)
    shape = round((top - bottom) / cell), round((right - left) / cell)
    return GeoBox(shape, Affine(cell, 0.0, left, 0.0, -cell, top), boxes[0].crs)


def _spread(part: xr.Dataset, name: str, box: GeoBox, union: GeoBox) -> Any:
    """A layer of one mission on the grid of all, empty around it (and everywhere, where the mission has no such)."""
    height, width = union.shape
    tile = part.attrs["tile"]
    fill = layer_fill(name.rpartition("_")[2] if name not in part else str(part[name].attrs["layer"]))
    if name not in part:
        return da.full((part.sizes["pass"], height, width), fill, chunks=(1, tile, tile))
    cell = float(union.affine.a)
    above = round((union.affine.f - box.affine.f) / cell)
    before = round((box.affine.c - union.affine.c) / cell)
    margins = (0, 0), (above, height - above - box.shape[0]), (before, width - before - box.shape[1])
    return da.pad(part[name].data, margins, constant_values=fill).rechunk((1, tile, tile))


# --- files ----------------------------------------------------------------------------------------------------------


def _write_template(folder: Path, cube: xr.Dataset, box: GeoBox, grid: Grid) -> None:
    """Everything but the tiles: coordinates, attributes, and layers of which no chunk is stored yet."""
    frame = frame_of_cube(box, cube[["wind_u", "wind_v", "wind_direction_sd"]])
    encoding: dict[Hashable, dict[str, Any]] = {}
    for name in (key for species in cube_species(cube) for key in _keys(cube, species)):
        fill = layer_fill(str(cube[name].attrs["layer"]))
        shape = (cube.sizes["pass"], *box.shape)
        frame[name] = (("pass", "y", "x"), da.full(shape, fill, chunks=(1, grid.tile, grid.tile)), cube[name].attrs)
        encoding[name] = {"chunks": (1, grid.tile, grid.tile), "_FillValue": np.nan if np.isnan(fill) else None}
    frame.attrs["tile"] = grid.tile
    frame.drop_encoding().to_zarr(
        folder, mode="w", compute=False, zarr_format=2, consolidated=False, encoding=encoding
    )


def _write_tiles(array: Any, k: int, rows: slice, columns: slice, dense: NDArray[np.float64], tile: int) -> None:
    """Write the tiles of one pass that hold anything, each whole."""
    empty = layer_fill(str(array.attrs["layer"]))
    padded = np.full(array.shape[1:], empty)
    padded[rows, columns] = dense
    for top in range(0, padded.shape[0], tile):
        for left in range(0, padded.shape[1], tile):
            part = padded[top : top + tile, left : left + tile]
            if not (np.isnan(part).all() if np.isnan(empty) else (part == empty).all()):
                array[k, top : top + tile, left : left + tile] = part


def _check_counts(group: Any, total: dict[str, float], folder: Path) -> None:
    """Read back what was written, before it is said to be there."""
    for name, expected in total.items():
        counts = group[f"{name}_count"]
        found = sum(float(counts[k].sum()) for k in range(counts.shape[0]))
        if found != expected:
            raise ContractError(
                f"{folder}: {found:.0f} samples of {name} read back, {expected:.0f} written; add it again"
            )


def _open_mission(folder: Path, key: str) -> xr.Dataset:
    part: xr.Dataset = xr.open_zarr(folder, zarr_format=2, consolidated=False, chunks={})
    return part.assign_coords(mission=("pass", np.full(part.sizes["pass"], key), {"long_name": "key of the mission"}))


def _write_json(path: Path, content: dict[str, Any]) -> None:
    """Under a temporary name in the same folder, then renamed."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_text(json.dumps(content, sort_keys=True, indent=1), encoding="utf-8")
    temporary.replace(path)
