"""The table of touched cells."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace

import dask
import numpy as np
import pytest
import xarray as xr
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from odc.geo.geobox import GeoBox

from fusion import FusionSettings, build_cube, cube_species, gather_cells, region_geobox, touch_cells
from fusion.cube.grid import cell_index
from fusion.cube.partials import LAYERS, usable_rows
from fusion.cube.touched import Layer, cells_by_pass, layer_of
from ingest.errors import ContractError
from tests.fusion.conftest import CRS, ORIGIN, make_track

_SHAPE = (5, 7)
_BOX = GeoBox(_SHAPE, Affine(20.0, 0.0, ORIGIN[0], 0.0, -20.0, ORIGIN[1] + 100.0), CRS)


def _random_tracks(seed: int, tracks: int, rows: int):
    """Tracks over the grid and a little beyond it, with passes in any order, gaps and two species."""
    rng = np.random.default_rng(seed)
    made = []
    for k in range(tracks):
        x, y = rng.uniform(-20, 160, rows), rng.uniform(-20, 120, rows)
        index = rng.integers(-1, 4, rows)
        t = make_track(x, y, rng.normal(size=rows), name=f"t{k}", pass_index=index, background=float(k))
        t.passes["ch4_enhancement"][rng.random(rows) < 0.2] = np.nan
        if k % 2:
            t.passes["no2"] = t.passes["ch4"].assign_attrs(species="NO2", units="ppb")
            t.passes["no2_enhancement"] = ("obs", rng.normal(size=rows))
        made.append(t)
    return made


def _slowly(tracks, name: str) -> dict[str, np.ndarray]:
    """Every layer as a dense array, sample by sample."""
    passes = [(t, k) for t in tracks for k in sorted(set(t.passes["pass_index"].values.tolist()) - {-1})]
    dense = {layer: np.full((len(passes), *_SHAPE), np.nan) for layer in LAYERS}
    for layer in ("count", "sum", "sum_squares", "background_sum"):
        dense[layer][:] = 0.0
    for number, (t, k) in enumerate(passes):
        if f"{name}_enhancement" not in t.passes:
            continue
        cells = cell_index(t.passes["lon"].values, t.passes["lat"].values, _BOX)
        rows = np.flatnonzero(t.passes["pass_index"].values == k)
        start = t.passes["time"].values[rows[0]]
        for row in rows:
            if cells[row] < 0 or not usable_rows(t.passes, name)[row]:
                continue
            at = (number, *divmod(int(cells[row]), _SHAPE[1]))
            value = float(t.passes[f"{name}_enhancement"][row])
            second = (t.passes["time"].values[row] - start) / np.timedelta64(1, "s")
            dense["count"][at] += 1
            dense["sum"][at] += value
            dense["sum_squares"][at] += value * value
            dense["background_sum"][at] += float(t.passes[f"{name}_background"][row]) if name == "ch4" else 0.0
            dense["max"][at] = np.fmax(dense["max"][at], value)
            dense["visited_at"][at] = np.fmin(dense["visited_at"][at], second)
    return dense


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10_000), st.integers(0, 4), st.integers(1, 40), st.sampled_from([1, 3, 64]))
def test_table_and_cube_hold_what_a_loop_over_samples_gives(seed: int, tracks: int, rows: int, chunk: int) -> None:
    """Every layer of every pass and species, in chunks of any size, read back from the cube, and by tiles."""
    made = _random_tracks(seed, tracks, rows)
    touched = touch_cells(made, _BOX)
    cube = build_cube(touched, None, FusionSettings(chunk_cells=chunk))
    for name in cube_species(touched):
        slow = _slowly(made, name)
        for layer in LAYERS:
            np.testing.assert_array_equal(cube[f"{name}_{layer}"].values, slow[layer], err_msg=f"{name}_{layer}")
            tiled = np.where(slow["count"] > 0, np.inf, slow[layer])
            for number, top, left, tile in layer_of(touched, name, layer).tiles(3):
                tiled[number, top : top + 3, left : left + 3] = tile
            np.testing.assert_array_equal(tiled, slow[layer])
        for (cells, where), visited in zip(cells_by_pass(touched, name), slow["count"], strict=True):
            assert cells.tolist() == np.flatnonzero(visited).tolist()
            assert touched[f"{name}_count"].values[where].tolist() == visited.flat[cells].tolist()
    xr.testing.assert_identical(gather_cells(cube), touched)


def test_every_usable_sample_is_in_one_cell(drives) -> None:
    """Counts of the table are the rows that may be used."""
    tracks = drives(3)
    tracks[1].passes["qc_flag"][:7] = np.uint32(1 << 31)
    touched = touch_cells(tracks, region_geobox(*_lonlat(tracks), crs=CRS, resolution_m=20.0))
    assert touched["ch4_count"].values.sum() == sum(int(usable_rows(t.passes, "ch4").sum()) for t in tracks)


def _lonlat(tracks):
    return tuple(np.concatenate([t.passes[key].values for t in tracks]) for key in ("lon", "lat"))


def test_the_table_takes_one_compute_a_track_a_task(drives) -> None:
    """All passes and species of all tracks at once."""
    tracks, computed = drives(4), []

    def count(dsk, keys, **_):
        computed.append(len(keys))
        return dask.get(dsk, keys)

    with dask.config.set(scheduler=count):
        touched = touch_cells(tracks, region_geobox(*_lonlat(tracks), crs=CRS, resolution_m=20.0))
        gather_cells(build_cube(touched))
    assert computed == [4, 1]  # the table; then that of a stored cube, a species a key


@pytest.mark.parametrize("number", [2, 9])
def test_a_layer_of_the_cube_is_one_layer_of_the_graph(drives, number: int) -> None:
    """Besides the columns it slices, whatever the number of passes."""
    tracks = drives(number)
    cube = build_cube(touch_cells(tracks, region_geobox(*_lonlat(tracks), crs=CRS, resolution_m=20.0)))
    blocks, columns = sorted(cube["ch4_sum"].data.dask.layers)
    assert columns == f"columns-{blocks}"
    assert cube["ch4_sum"].data.npartitions == number


def test_memory_is_that_of_touched_cells_not_of_the_region() -> None:
    """Three diagonals of 60 km through 20 m cells: table and tiles take a tenth of one dense layer."""
    x = np.linspace(0.0, 42_000.0, 2000)
    tracks = [make_track(x, x, np.ones(x.size), name=f"d{k}") for k in range(3)]
    box = region_geobox(*_lonlat(tracks), crs=CRS, resolution_m=20.0)
    touch_cells(tracks, box)
    tracemalloc.start()
    touched = touch_cells(tracks, box)
    tiles = sum(1 for _ in layer_of(touched, "ch4", "sum").tiles(256))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert tiles >= 3 * 9 and peak < box.shape[0] * box.shape[1] * 8 / 10


def test_the_table_cannot_be_written_to(drives) -> None:
    """Its arrays are shared with every cube over it."""
    tracks = drives(1)
    touched = touch_cells(tracks, region_geobox(*_lonlat(tracks), crs=CRS, resolution_m=20.0))
    for key in ("place", *LAYERS):
        with pytest.raises(ValueError, match="read-only"):
            touched[f"ch4_{key}"].values[0] = 1


def test_a_block_is_cut_from_the_middle() -> None:
    """Only the cells between its rows and columns, of its own pass; by hand."""
    layer = Layer(np.array([0, 6, 7, 11, 12 + 6]), np.array([1.0, 2.0, 3.0, 4.0, 5.0]), (2, 3, 4), -1.0)
    assert layer.block(0, (1, 3), (2, 4)).tolist() == [[[2.0, 3.0], [-1.0, 4.0]]]
    assert layer.block(1, (1, 2), (0, 4)).tolist() == [[[-1.0, -1.0, 5.0, -1.0]]]
    assert [(k, top, left) for k, top, left, _ in layer.tiles(2)] == [(0, 0, 0), (0, 0, 2), (0, 2, 2), (1, 0, 2)]


def test_tracks_without_passes_or_species_make_an_empty_table(track) -> None:
    """No pass, or none of a species: the columns are there and empty."""
    t = track(np.array([5.0, 25.0]), np.full(2, 5.0), np.ones(2))
    off = replace(t, passes=t.passes.assign(pass_index=("obs", np.full(2, -1, np.int32))))
    touched = touch_cells([off], _BOX)
    assert touched.sizes["pass"] == 0 and touched["ch4_count"].size == 0 and cells_by_pass(touched, "ch4") == []
    assert cube_species(touch_cells([], _BOX)) == ()


def test_what_holds_no_touched_cells_is_told_how_to_get_them(drives) -> None:
    """A cube is not read densely by mistake."""
    tracks = drives(1)
    cube = build_cube(touch_cells(tracks, region_geobox(*_lonlat(tracks), crs=CRS, resolution_m=20.0)))
    with pytest.raises(ContractError, match="gather_cells"):
        layer_of(cube, "ch4", "sum")
