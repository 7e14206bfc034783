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

from fusion import FusionSettings, build_cube, cell_mean, find_hotspots, region_geobox
from fusion.campaign import add_mission, campaign_keys, open_campaign
from ingest.errors import ContractError
from ingest.schema import check_cube

CRS = "EPSG:4544"
TILE = 32


def _cube(tracks, cell=20.0):
    lon = np.concatenate([t.passes["lon"].values for t in tracks])
    lat = np.concatenate([t.passes["lat"].values for t in tracks])
    return build_cube(
        tracks, region_geobox(lon, lat, crs=CRS, resolution_m=cell), None, FusionSettings(chunk_cells=32)
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
    campaign = open_campaign(tmp_path / "0")
    check_cube(campaign)
    for name in ("ch4_count", "ch4_sum"):
        assert float(campaign[name].sum()) == pytest.approx(sum(float(c[name].sum()) for c in cubes))
    assert float(campaign["no2_sum"].sum()) == pytest.approx(float(cubes[2]["no2_sum"].sum()))
    assert campaign["pass_start"].values.tolist() == sorted(campaign["pass_start"].values.tolist())


def test_every_mission_lands_on_the_same_cells(drives, track, tmp_path: Path) -> None:
    """A cell of a mission has the same place and the same values in the campaign."""
    cubes = _missions(drives, track)
    for cube in cubes:
        add_mission(tmp_path, cube, tile=TILE)
    campaign = open_campaign(tmp_path)
    for cube, key in zip(cubes, campaign_keys(tmp_path), strict=True):
        mine = campaign.isel({"pass": np.flatnonzero(campaign["mission"].values == key)}).sel(
            y=cube["y"], x=cube["x"]
        )
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
import conftest, fusion.campaign as campaign
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
def test_a_writer_killed_midway_leaves_nothing_and_a_retry_ends_in_the_same_bytes(
    drives, tmp_path: Path, after: int
) -> None:
    """Killed at the first tile, midway or at the last layer: no mission is seen until its marker is there."""
    here = str(Path(__file__).parent)
    store = tmp_path / "killed"
    code = _WRITER.format(paths=[here], after=after, store=str(store))
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
        alone = find_hotspots(_cube([t]), [t], FusionSettings(surrogates=99)).value
        assert all(h.single_sighting for h in alone)
        add_mission(tmp_path, _cube([t]), tile=TILE)
    found = find_hotspots(open_campaign(tmp_path), (), FusionSettings(surrogates=199)).value
    assert [h.single_sighting for h in found] == [False]
    assert found[0].passes_seen == 4
