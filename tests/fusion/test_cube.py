"""The cube of partial sums."""

from __future__ import annotations

from pathlib import Path

import dask
import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from fusion import (
    FusionSettings,
    age_days,
    build_cube,
    cell_mean,
    cell_standard_error,
    cube_species,
    passes_crossed,
    region_geobox,
)
from fusion.partials import merge_partials, sum_by_cell
from ingest.errors import ContractError
from ingest.flags import Flag
from ingest.schema import check_cube

CRS = "EPSG:4544"


def _box(tracks, cell=20.0):
    lon = np.concatenate([t.passes["lon"].values for t in tracks])
    lat = np.concatenate([t.passes["lat"].values for t in tracks])
    return region_geobox(lon, lat, crs=CRS, resolution_m=cell)


def test_the_cube_keeps_count_and_sum(drives) -> None:
    """Every sample is in exactly one cell."""
    tracks = drives(3)
    cube = build_cube(tracks, _box(tracks))
    check_cube(cube)
    assert cube_species(cube) == ("ch4",)
    assert float(cube["ch4_count"].sum()) == sum(t.passes.sizes["obs"] for t in tracks)
    total = sum(float(t.passes["ch4_enhancement"].sum()) for t in tracks)
    assert float(cube["ch4_sum"].sum()) == pytest.approx(total)


def test_flagged_and_unassigned_samples_stay_out(drives) -> None:
    """A rejecting flag, a rejected value, a missing value or a row outside of any pass does not enter the cube."""
    (track,) = drives(1)
    passes = track.passes
    passes["qc_flag"][0] = np.uint32(Flag.OWN_EXHAUST)
    passes["qc_flag"][1] = np.uint32(Flag.GNSS_POOR)  # informs only
    passes["pass_index"][2] = -1
    passes["ch4_enhancement"][3] = np.nan
    passes["ch4_qc"] = ("obs", np.where(np.arange(passes.sizes["obs"]) == 4, Flag.VALUE_STUCK, 0).astype(np.uint32))
    cube = build_cube([track], _box([track]))
    assert float(cube["ch4_count"].sum()) == passes.sizes["obs"] - 4


def test_building_computes_nothing_and_one_pass_is_read_alone(drives) -> None:
    """The layers stay lazy, one pass a chunk."""
    tracks = drives(4)
    computed = []

    def count(dsk, keys, **_):
        computed.append(keys)
        return dask.get(dsk, keys)

    with dask.config.set(scheduler=count):
        cube = build_cube(tracks, _box(tracks), None, FusionSettings(chunk_cells=64))
        mean = cell_mean(cube, "ch4")
        assert computed == []
        assert mean.chunks is not None
        cube["ch4_sum"][0].values  # noqa: B018  reading is the test
        assert len(computed) == 1
    assert cube["ch4_sum"].chunks[0] == (1, 1, 1, 1)
    assert max(cube["ch4_sum"].chunks[2]) == 64


def test_chunks_do_not_change_the_numbers(drives) -> None:
    """Tiles of 7 cells hold what one tile holds."""
    tracks = drives(2)
    box = _box(tracks)
    whole, tiled = build_cube(tracks, box), build_cube(tracks, box, None, FusionSettings(chunk_cells=7))
    xr.testing.assert_identical(whole.compute(), tiled.compute())


def test_what_follows_from_the_partials(track) -> None:
    """Mean, standard error, passes crossed and age of two cells, worked out by hand."""
    x, y = np.array([5.0, 6.0, 25.0]), np.full(3, 5.0)
    tracks = [
        track(x, y, np.array([1.0, 3.0, 10.0]), name="a", start="2024-05-01T00:00:00"),
        track(x[:2], y[:2], np.array([2.0, 2.0]), name="b", start="2024-05-03T00:00:00"),
    ]
    cube = build_cube(tracks, _box(tracks)).compute()
    assert cell_mean(cube, "ch4").values.tolist() == [[2.0, 10.0]]
    assert cell_standard_error(cube, "ch4").values[0, 0] == pytest.approx(np.sqrt((1 + 1) / 3 / 4))
    assert np.isnan(cell_standard_error(cube, "ch4").values[0, 1])
    assert passes_crossed(cube, "ch4").values.tolist() == [[2, 1]]
    age = age_days(cube, "ch4", np.datetime64("2024-05-04T00:00:01", "ns"))
    assert age.values[0] == pytest.approx([1.0, 3.0 - 1 / 86400], abs=1e-6)
    assert cube["ch4_max"].values[0].tolist() == [[3.0, 10.0]]
    assert cube["ch4_visited_at"].values[0].tolist() == [[0.0, 2.0]]
    assert cube["wind_u"].values.tolist() == [3.0, 3.0]


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10_000), st.integers(1, 40), st.integers(0, 40))
def test_partials_merge_by_addition(seed: int, first: int, second: int) -> None:
    """Two halves merged equal the whole, in either order."""
    rng = np.random.default_rng(seed)
    n = first + second
    cells, values = rng.integers(-1, 30, n), rng.normal(size=n)
    background, seconds = rng.random(n), np.arange(n, dtype=float)

    def part(rows: slice):
        return sum_by_cell(cells[rows], values[rows], background[rows], seconds[rows], size=30)

    whole = part(slice(None))
    for merged in (
        merge_partials([part(slice(first)), part(slice(first, None))]),
        merge_partials([part(slice(first, None)), part(slice(first))]),
    ):
        for name in ("cells", "count", "sum", "sum_squares", "max", "background_sum", "visited_at"):
            np.testing.assert_allclose(getattr(merged, name), getattr(whole, name))


def test_one_name_in_two_units_is_refused(drives) -> None:
    """Sums of ppm and ppb would be nonsense."""
    tracks = drives(2)
    tracks[1].passes["ch4"].attrs["units"] = "ppb"
    with pytest.raises(ContractError, match="ppb"):
        build_cube(tracks, _box(tracks))


def test_a_netcdf_file_keeps_the_grid_and_opens_in_gdal(drives, tmp_path: Path) -> None:
    """GDAL (so QGIS) reads CRS and transform of each layer of the file."""
    rasterio = pytest.importorskip("rasterio")
    tracks = drives(2)
    box = _box(tracks)
    path = tmp_path / "cube.nc"
    build_cube(tracks, box).to_netcdf(path)
    try:
        dataset = rasterio.open(f"netcdf:{path}:ch4_count")
    except rasterio.errors.RasterioIOError:
        pytest.skip("this GDAL has no netCDF driver")
    with dataset:
        assert dataset.crs.to_epsg() == 4544
        assert dataset.transform == box.affine
        assert dataset.count == 2


def test_a_mosaic_becomes_area_fractions_and_means(drives) -> None:
    """Pixels go to the cell of their centre; the share of the cell that photos cover goes with the mean."""
    import dask.array as da
    from affine import Affine
    from odc.geo.geobox import GeoBox
    from odc.geo.xr import xr_coords

    tracks = drives(1)
    box = _box(tracks)
    fine = GeoBox((40, 80), Affine(0.5, 0, box.affine.c + 10, 0, -0.5, box.affine.f), CRS)
    red = np.repeat(np.arange(80)[None] < 20, 40, axis=0) * 100
    alpha = np.full((40, 80), 255, np.uint8)
    alpha[:, 40:] = 0
    mosaic = xr.Dataset(
        {
            "red": (("y", "x"), da.from_array(red.astype(np.uint8), chunks=17), {"units": "1"}),
            "alpha": (("y", "x"), da.from_array(alpha, chunks=17), {"units": "1"}),
            "gsd": (("y", "x"), da.ones((40, 80), chunks=17), {"units": "m"}),
        },
        xr_coords(fine),
    )
    cube = build_cube(tracks, box, mosaic)
    assert "ortho_gsd" not in cube
    assert cube["ortho_area_fraction"].values[0, :3].tolist() == [0.5, 0.5, 0.0]
    assert cube["ortho_red"].values[0, :2].tolist() == [100.0, 0.0]
    assert np.isnan(cube["ortho_red"].values[0, 2])
