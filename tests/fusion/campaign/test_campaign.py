"""The campaign store: any order, any number of tries, the same bytes."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from affine import Affine
from odc.geo.geobox import GeoBox

from fusion import FusionSettings, build_cube, cell_mean, find_hotspots, gather_cells, region_geobox, touch_cells
from fusion.campaign import store as campaign
from fusion.campaign.store import Grid, add_mission, campaign_keys, create_campaign, open_campaign
from ingest.errors import ContractError
from ingest.schema import check_cube

CRS = "EPSG:4544"
TILE = 32


def _cube(tracks, cell=20.0):
    lon = np.concatenate([t.passes["lon"].values for t in tracks])
    lat = np.concatenate([t.passes["lat"].values for t in tracks])
    return build_cube(
        touch_cells(tracks, region_geobox(lon, lat, crs=CRS, resolution_m=cell)), None, FusionSettings(chunk_cells=32)
    )


def _missions(drives, track):
    """Three missions on overlapping grids, days apart; one has a second species."""
    x = np.arange(0.0, 900.0, 8.0)
    far = track(x - 300.0, x + 35.0, np.sin(x / 50), name="far", start="2024-07-01T00:00:00")
    far.passes["no2"] = far.passes["ch4"].assign_attrs(species="NO2", units="ppb")
    far.passes["no2_enhancement"] = far.passes["ch4_enhancement"] * 2
    first, second = drives(2, length_m=1600.0), drives(3, seed=5, length_m=2400.0)
    for k, t in enumerate(second):
        t.passes["time"] = t.passes["time"] + np.timedelta64(20, "D")
        t.passes["trajectory"] = f"later{k}"
    return [_cube(first), _cube(second), _cube([far])]


def _bytes(store: Path) -> dict[str, bytes]:
    return {str(p.relative_to(store)): p.read_bytes() for p in sorted(store.rglob("*")) if p.is_file()}


def test_missions_added_in_any_order_give_the_same_bytes_and_sums(drives, track, tmp_path: Path) -> None:
    """A late flight costs nothing and changes nothing."""
    cubes = _missions(drives, track)
    stores = []
    for k, order in enumerate(itertools.permutations(range(3))):
        store = tmp_path / str(k)
        for i in order:
            add_mission(store, cubes[i], tile=TILE)
        stores.append(_bytes(store))
    assert all(s == stores[0] for s in stores[1:])
    whole = open_campaign(tmp_path / "0")
    check_cube(whole)
    for name in ("ch4_count", "ch4_sum"):
        assert float(whole[name].sum()) == pytest.approx(sum(float(c[name].sum()) for c in cubes))
    assert float(whole["no2_sum"].sum()) == pytest.approx(float(cubes[2]["no2_sum"].sum()))
    assert whole["pass_start"].values.tolist() == sorted(whole["pass_start"].values.tolist())


def test_every_mission_lands_on_the_same_cells(drives, track, tmp_path: Path) -> None:
    """A cell of a mission has the same place and the same values in the campaign."""
    cubes = _missions(drives, track)
    for cube in cubes:
        add_mission(tmp_path, cube, tile=TILE)
    whole = open_campaign(tmp_path)
    for cube, key in zip(cubes, campaign_keys(tmp_path), strict=True):
        mine = whole.isel({"pass": np.flatnonzero(whole["mission"].values == key)}).sel(y=cube["y"], x=cube["x"])
        for name in ("ch4_count", "ch4_max", "ch4_visited_at"):
            np.testing.assert_array_equal(mine[name].values, cube[name].values)
        xr.testing.assert_allclose(
            cell_mean(mine, "ch4").drop_vars("spatial_ref"), cell_mean(cube, "ch4").drop_vars("spatial_ref")
        )


def test_added_twice_it_is_there_once(drives, tmp_path: Path) -> None:
    """The key is that of the content, whatever the chunks."""
    tracks = drives(2, length_m=800.0)
    first = add_mission(tmp_path, _cube(tracks), tile=TILE)
    before = _bytes(tmp_path)
    rechunked = _cube(tracks).chunk({"pass": 2, "y": -1, "x": -1})
    assert add_mission(tmp_path, rechunked, tile=TILE) == first
    assert _bytes(tmp_path) == before
    assert open_campaign(tmp_path).sizes["pass"] == 2


_WRITER = """
import os, sys
from pathlib import Path
sys.path[:0] = {paths!r}
import conftest, fusion.campaign.store as campaign
from test_campaign import _cube, TILE
written = 0
def dying(array, k, *rest, **named):
    global written
    written += 1
    if written == {after}:
        os._exit(9)
    return whole(array, k, *rest, **named)
whole, campaign._write_tiles = campaign._write_tiles, dying
campaign.add_mission(Path({store!r}), _cube(conftest.road_drives(2, length_m=800.0)), tile=TILE)
"""


@pytest.mark.parametrize("after", [1, 7, 12])
@pytest.mark.slow
def test_a_writer_killed_midway_leaves_nothing_and_a_retry_ends_in_the_same_bytes(
    drives, tmp_path: Path, after: int
) -> None:
    """Killed at the first tile, midway or at the last layer: no mission is seen until its marker is there."""
    store = tmp_path / "killed"
    code = _WRITER.format(paths=[str(folder) for folder in Path(__file__).parents[:2]], after=after, store=str(store))
    run = subprocess.run([sys.executable, "-c", code], env={**os.environ, "PYTHONWARNINGS": ""}, check=False)
    assert run.returncode == 9
    assert campaign_keys(store) == ()
    with pytest.raises(ContractError, match="no committed mission"):
        open_campaign(store)
    cube = _cube(drives(2, length_m=800.0))
    add_mission(store, cube, tile=TILE)
    add_mission(tmp_path / "whole", cube, tile=TILE)
    assert _bytes(store) == _bytes(tmp_path / "whole")


def test_tiles_nobody_visited_are_not_stored(drives, tmp_path: Path) -> None:
    """Chunks are of one pass and one tile, and only those with samples exist."""
    key = add_mission(tmp_path, _cube(drives(2, length_m=1600.0)), tile=TILE)
    layer = tmp_path / "missions" / key / "ch4_count"
    described = json.loads((layer / ".zarray").read_text())
    assert described["chunks"] == [1, TILE, TILE]
    assert len([p for p in layer.iterdir() if not p.name.startswith(".")]) <= 2 * 4 * 2


def test_another_cell_size_is_refused(drives, tmp_path: Path) -> None:
    """Missions of 20 m and of 30 m share no cells."""
    tracks = drives(1, length_m=800.0)
    add_mission(tmp_path, _cube(tracks), tile=TILE)
    with pytest.raises(ContractError, match="30"):
        add_mission(tmp_path, _cube(tracks, cell=30.0), tile=TILE)


def test_hotspots_recur_over_missions(drives, tmp_path: Path) -> None:
    """Two missions of one drive each, with one plume: recurrent only in the campaign."""
    a, b, c, d = drives(4)
    for t in (a, b, c, d):
        alone = find_hotspots(gather_cells(_cube([t])), settings=FusionSettings(surrogates=99)).value
        assert all(h.single_sighting for h in alone)
        add_mission(tmp_path, _cube([t]), tile=TILE)
    found = find_hotspots(gather_cells(open_campaign(tmp_path)), settings=FusionSettings(surrogates=199)).value
    assert [h.single_sighting for h in found] == [False]
    assert found[0].passes_seen == 4


# --- the store in numbers -------------------------------------------------------------------------------------------

WEST, NORTH = 405_000.0, 3_396_000.0


def _at(track, x, y, values, *, name, start, cell: float = 20.0):
    return _cube(
        [track(np.asarray(x, float), np.asarray(y, float), np.asarray(values, float), name=name, start=start)]
    )


def test_a_campaign_starts_with_its_grid(tmp_path: Path) -> None:
    """CRS, cell and tile are written and given back; a second call, also from elsewhere, finds the same."""
    box = GeoBox((3, 4), Affine(20.0, 0.0, WEST, 0.0, -20.0, NORTH), CRS)
    grid = create_campaign(tmp_path / "store", box, tile=64)
    assert (grid.cell_m, grid.tile) == (20.0, 64) and "CGCS2000" in grid.crs
    assert json.loads((tmp_path / "store" / "grid.json").read_text()) == vars(grid)
    other = GeoBox((9, 9), Affine(20.0, 0.0, WEST - 400, 0.0, -20.0, NORTH + 60), CRS)
    assert create_campaign(tmp_path / "store", other, tile=64) == grid
    assert (tmp_path / "store" / "missions").is_dir()
    assert create_campaign(tmp_path / "default", box).tile == 256


@pytest.mark.parametrize(
    ("affine", "crs"),
    [
        (Affine(20.0, 0.0, WEST + 5, 0.0, -20.0, NORTH), CRS),
        (Affine(20.0, 0.0, WEST, 0.0, -20.0, NORTH + 5), CRS),
        (Affine(20.0, 0.0, WEST, 0.0, 20.0, NORTH), CRS),
        (Affine(20.0, 0.0, WEST, 0.0, -10.0, NORTH), CRS),
        (Affine(20.0, 0.1, WEST, 0.0, -20.0, NORTH), CRS),
        (Affine(20.0, 0.0, WEST, 0.1, -20.0, NORTH), CRS),
        (Affine(20.0, 0.0, WEST, 0.0, -20.0, NORTH), None),
    ],
)
def test_a_grid_that_is_not_snapped_is_refused(tmp_path: Path, affine: Affine, crs: str | None) -> None:
    """Off the lattice in x or y, upside down, not square, turned, without a CRS: nothing is written."""
    with pytest.raises(ContractError, match="whole multiples"):
        create_campaign(tmp_path, GeoBox((3, 4), affine, crs))
    assert not (tmp_path / "grid.json").exists()


@pytest.mark.parametrize(("cell", "tile", "crs"), [(30.0, 64, CRS), (20.0, 32, CRS), (20.0, 64, "EPSG:4543")])
def test_another_grid_than_that_of_the_store_is_refused(tmp_path: Path, cell: float, tile: int, crs: str) -> None:
    """Cell, tile and system must each be the same; what the store holds is said."""
    create_campaign(tmp_path, GeoBox((3, 4), Affine(20.0, 0.0, WEST, 0.0, -20.0, NORTH), CRS), tile=64)
    box = GeoBox((3, 4), Affine(cell, 0.0, 30 * cell, 0.0, -cell, 60 * cell), crs)
    with pytest.raises(ContractError, match=r"20\.0 m in tiles of 64"):
        create_campaign(tmp_path, box, tile=tile)


@pytest.mark.parametrize(
    ("left", "top", "shape", "expected"),
    [
        (0, 0, (10, 10), ((32, 32), 0, 0, 0, 0)),
        (5, -3, (10, 20), ((32, 32), 0, 0, 3, 5)),
        (-1, 1, (2, 2), ((64, 64), -32, 32, 31, 31)),
        (31, 32, (32, 2), ((32, 64), 0, 32, 0, 31)),
        (31, 32, (33, 1), ((64, 32), 0, 32, 0, 31)),
        (-64, 40, (8, 64), ((32, 64), -64, 64, 24, 0)),
        (-64, 40, (9, 65), ((64, 96), -64, 64, 24, 0)),
    ],
)
def test_tiles_lie_on_a_lattice_from_the_origin(left: int, top: int, shape: tuple[int, int], expected: tuple) -> None:
    """Whole tiles that cover the grid, and where it begins in them; west and south of the origin too."""
    grid = Grid(CRS, 20.0, 32)
    box = GeoBox(shape, Affine(20.0, 0.0, 20.0 * left, 0.0, -20.0, 20.0 * top), CRS)
    tiled, row, column = campaign._on_tiles(box, grid)
    found = tuple(tiled.shape), round(tiled.affine.c / 20), round(tiled.affine.f / 20), row, column
    assert found == expected
    assert (tiled.affine.a, tiled.affine.e, tiled.affine.b, tiled.affine.d) == (20.0, -20.0, 0.0, 0.0)


def test_the_grid_of_all_covers_each_on_all_four_sides() -> None:
    """West, south, east and north most of three boxes."""
    boxes = [
        GeoBox(shape, Affine(20.0, 0.0, west, 0.0, -20.0, north), CRS)
        for shape, west, north in (((2, 3), 100.0, 400.0), ((10, 1), 160.0, 300.0), ((1, 9), 40.0, 320.0))
    ]
    union = campaign._union(boxes)
    assert tuple(union.boundingbox) == (40.0, 100.0, 220.0, 400.0) and union.shape == (15, 9)
    assert union.crs == CRS


def test_a_mission_is_put_where_it_was_with_all_that_is_known(track, tmp_path: Path) -> None:
    """Two missions apart in time, place and species: every layer, coordinate and attribute comes back."""
    later = _at(track, [5, 25], [5, 5], [1.0, 2.0], name="later", start="2024-06-02T00:00:00")
    far = track(np.array([-2000.0, -1980.0]), np.array([-2900.0, -2900.0]), np.array([4.0, 8.0]), name="early")
    far.passes["no2"] = far.passes["ch4"].assign_attrs(species="NO2", units="ppb")
    far.passes["no2_enhancement"] = far.passes["ch4_enhancement"] * 2
    early = _cube([far])
    keys = [add_mission(tmp_path, cube, tile=TILE) for cube in (later, early)]
    assert campaign_keys(tmp_path) == (keys[1], keys[0])
    marker = json.loads((tmp_path / "missions" / f"{keys[1]}.json").read_text())
    assert marker == {"key": keys[1], "samples": {"ch4": 2.0, "no2": 2.0}, "start": "2024-05-01T02:00:00.000000000"}
    both = open_campaign(tmp_path)
    assert both["mission"].values.tolist() == [keys[1], keys[0]]
    assert both["mission"].attrs == {"long_name": "key of the mission"}
    assert both["pass_label"].values.tolist() == ["early#0", "later#0"] and both["pass"].values.tolist() == [0, 1]
    for k, cube in enumerate((early, later)):
        for name in ("wind_u", "wind_v", "wind_direction_sd", "pass_start", "pass_end"):
            assert both[name].values[k] == cube[name].values[0]
            assert both[name].attrs == cube[name].attrs
        for name in ("ch4_count", "ch4_sum", "ch4_sum_squares", "ch4_max", "ch4_background_sum", "ch4_visited_at"):
            here = both[name][k].sel(x=cube["x"], y=cube["y"])
            np.testing.assert_array_equal(here.values, cube[name].values[0])
            assert both[name].attrs == cube[name].attrs
            elsewhere = both[name][k].drop_sel(x=cube["x"], y=cube["y"]).values
            empty = np.isnan(elsewhere) if name in ("ch4_max", "ch4_visited_at") else elsewhere == 0
            assert empty.all()
    assert not both["no2_count"][1].values.any() and np.isnan(both["no2_max"][1].values).all()
    assert float(both["no2_sum"].sum()) == 24.0
    assert both["ch4_sum"].chunks[0] == (1, 1) and max(both["ch4_sum"].chunks[1] + both["ch4_sum"].chunks[2]) == TILE
    assert both["x"].values[0] <= early["x"].values[0] and both["x"].values[-1] >= later["x"].values[-1]


def test_the_key_is_that_of_what_was_measured_where_and_when(track) -> None:
    """Empty margins do not change it; a value, a place, a time, a name, the wind or a unit each do."""

    def key(value=2.0, x=25.0, name="a", start="2024-05-01T02:00:00", wind=(3.0, 0.0), units="ppm", margin=0.0):
        t = track(np.array([5.0, x]), np.array([5.0, 5.0]), np.array([1.0, value]), name=name, start=start, wind=wind)
        t.passes["ch4"].attrs["units"] = units
        lon, lat = t.passes["lon"].values, t.passes["lat"].values
        wide = np.append(lon, lon - margin), np.append(lat, lat + margin)
        return campaign._content_key(build_cube(touch_cells([t], region_geobox(*wide, crs=CRS, resolution_m=20))))

    first = key()
    assert len(first) == 20 and key() == first == key(margin=0.01)
    changed = [
        key(value=3.0), key(x=45.0), key(name="b"), key(start="2024-05-01T02:00:01"), key(wind=(3.0, 1.0)),
        key(units="ppb"),
    ]  # fmt: skip
    assert len({first, *changed}) == 7


def test_samples_that_are_lost_are_noticed_before_the_mission_is_committed(
    drives, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A tile that a disk swallowed: refused with both numbers, and no marker."""
    whole = campaign._write_tiles

    def forgetful(array, k, *rest):
        if k == 0 or not array.name.endswith("count"):
            whole(array, k, *rest)

    monkeypatch.setattr(campaign, "_write_tiles", forgetful)
    with pytest.raises(ContractError, match=r"100 samples of ch4 read back, 200 written"):
        add_mission(tmp_path, _cube(drives(2, length_m=800.0)), tile=TILE)
    assert campaign_keys(tmp_path) == ()
