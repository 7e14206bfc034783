"""The cube of partial sums."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import dask
import numpy as np
import pytest
import xarray as xr

from fusion import (
    FusionSettings,
    age_days,
    build_cube,
    cell_mean,
    cell_standard_error,
    cube_species,
    passes_crossed,
    region_geobox,
    touch_cells,
)
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
    cube = build_cube(touch_cells(tracks, _box(tracks)))
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
    cube = build_cube(touch_cells([track], _box([track])))
    assert float(cube["ch4_count"].sum()) == passes.sizes["obs"] - 4


def test_building_computes_nothing_and_one_pass_is_read_alone(drives) -> None:
    """The layers stay lazy, one pass a chunk."""
    tracks = drives(4)
    computed = []

    def count(dsk, keys, **_):
        computed.append(keys)
        return dask.get(dsk, keys)

    touched = touch_cells(tracks, _box(tracks))
    with dask.config.set(scheduler=count):
        cube = build_cube(touched, None, FusionSettings(chunk_cells=64))
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
    whole, tiled = (
        build_cube(touch_cells(tracks, box)),
        build_cube(touch_cells(tracks, box), None, FusionSettings(chunk_cells=7)),
    )
    xr.testing.assert_identical(whole.compute(), tiled.compute())


def test_what_follows_from_the_partials(track) -> None:
    """Mean, standard error, passes crossed and age of two cells, worked out by hand."""
    x, y = np.array([5.0, 6.0, 25.0]), np.full(3, 5.0)
    tracks = [
        track(x, y, np.array([1.0, 3.0, 10.0]), name="a", start="2024-05-01T00:00:00"),
        track(x[:2], y[:2], np.array([2.0, 2.0]), name="b", start="2024-05-03T00:00:00"),
    ]
    cube = build_cube(touch_cells(tracks, _box(tracks))).compute()
    assert cell_mean(cube, "ch4").values.tolist() == [[2.0, 10.0]]
    assert cell_standard_error(cube, "ch4").values[0, 0] == pytest.approx(np.sqrt((1 + 1) / 3 / 4))
    assert np.isnan(cell_standard_error(cube, "ch4").values[0, 1])
    assert passes_crossed(cube, "ch4").values.tolist() == [[2, 1]]
    age = age_days(cube, "ch4", np.datetime64("2024-05-04T00:00:01", "ns"))
    assert age.values[0] == pytest.approx([1.0, 3.0 - 1 / 86400], abs=1e-6)
    assert cube["ch4_max"].values[0].tolist() == [[3.0, 10.0]]
    assert cube["ch4_visited_at"].values[0].tolist() == [[0.0, 2.0]]
    assert cube["wind_u"].values.tolist() == [3.0, 3.0]


def test_one_name_in_two_units_is_refused(drives) -> None:
    """Sums of ppm and ppb would be nonsense."""
    tracks = drives(2)
    tracks[1].passes["ch4"].attrs["units"] = "ppb"
    with pytest.raises(ContractError, match="ppb"):
        build_cube(touch_cells(tracks, _box(tracks)))


def test_a_netcdf_file_keeps_the_grid_and_opens_in_gdal(drives, tmp_path: Path) -> None:
    """GDAL (so QGIS) reads CRS and transform of each layer of the file."""
    rasterio = pytest.importorskip("rasterio")
    tracks = drives(2)
    box = _box(tracks)
    path = tmp_path / "cube.nc"
    build_cube(touch_cells(tracks, box)).to_netcdf(path)
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
    cube = build_cube(touch_cells(tracks, box), mosaic)
    assert "ortho_gsd" not in cube
    assert cube["ortho_area_fraction"].values[0, :3].tolist() == [0.5, 0.5, 0.0]
    assert cube["ortho_red"].values[0, :2].tolist() == [100.0, 0.0]
    assert np.isnan(cube["ortho_red"].values[0, 2])


def _two_species(track):
    """One pass over three cells, the second species in two of them and in another unit; cells 20 m, one row."""
    x = np.array([5.0, 6.0, 25.0, 45.0])
    t = track(x, np.full(4, 5.0), np.array([1.0, -3.0, 10.0, 2.0]), name="a", background=7.0, step_s=2.0)
    t.passes["no2"] = t.passes["ch4"].assign_attrs(species="NO2", units="ppb", long_name="nitrogen dioxide")
    t.passes["no2_background"] = t.passes["ch4_background"]
    t.passes["no2_enhancement"] = ("obs", np.array([4.0, 6.0, np.nan, 8.0]))
    return t


def test_every_layer_holds_its_sums_and_what_is_empty(track) -> None:
    """Zero in sums, NaN in maxima and times where nothing was measured; both species, by hand."""
    t = _two_species(track)
    cube = build_cube(touch_cells([t], _box([t]))).compute()
    nan = np.nan
    expected = {
        "ch4_count": [2, 1, 1], "ch4_sum": [-2, 10, 2], "ch4_sum_squares": [10, 100, 4], "ch4_max": [1, 10, 2],
        "ch4_background_sum": [14, 7, 7], "ch4_visited_at": [0, 4, 6],
        "no2_count": [2, 0, 1], "no2_sum": [10, 0, 8], "no2_sum_squares": [52, 0, 64], "no2_max": [6, nan, 8],
        "no2_background_sum": [14, 0, 7], "no2_visited_at": [0, nan, 6],
    }  # fmt: skip
    for name, row in expected.items():
        np.testing.assert_array_equal(cube[name].values, [[row]], err_msg=name)
        assert cube[name].dtype == np.float64
    assert cube_species(cube) == ("ch4", "no2")


def test_every_layer_says_what_it_is(track) -> None:
    """CF attributes of layers and coordinates: unit, method, names, as netCDF readers meet them."""
    t = _two_species(track)
    cube = build_cube(touch_cells([t], _box([t])))
    methods = {"count": "area: pass: sum", "sum": "area: sum", "sum_squares": "area: sum", "max": "area: maximum",
               "background_sum": "area: sum", "visited_at": "area: minimum"}  # fmt: skip
    said = {
        "count": "number of samples", "sum": "sum of the enhancement", "max": "largest enhancement",
        "sum_squares": "sum of the squared enhancement", "background_sum": "sum of the background",
        "visited_at": "time of the first sample since the drive pass began",
    }  # fmt: skip
    units = {"count": "1", "visited_at": "s", "sum_squares": "(ppb)2"}
    for layer, method in methods.items():
        attrs = dict(cube[f"no2_{layer}"].attrs)
        other = attrs.pop("standard_name" if layer == "count" else "ancillary_variables")
        assert other == ("number_of_observations" if layer == "count" else "no2_count")
        assert attrs == {
            "long_name": f"{said[layer]} of nitrogen dioxide", "units": units.get(layer, "ppb"),
            "grid_mapping": "spatial_ref", "cell_methods": method, "species": "NO2", "species_units": "ppb",
            "layer": layer,
        }  # fmt: skip
    assert cube.attrs == {
        "Conventions": "CF-1.11", "source": "mobile monitoring",
        "title": "drive passes on one grid: partial sums of enhancements",
    }  # fmt: skip
    assert cube["x"].attrs == {
        "long_name": "easting", "standard_name": "projection_x_coordinate", "units": "m", "axis": "X",
    }  # fmt: skip
    assert cube["y"].attrs == {
        "long_name": "northing", "standard_name": "projection_y_coordinate", "units": "m", "axis": "Y",
    }  # fmt: skip
    assert cube["pass"].attrs == {"long_name": "drive pass", "units": "1"} and cube["pass"].dtype == np.int32
    assert cube["wind_u"].attrs == {
        "units": "m s-1", "cell_methods": "pass: mean", "standard_name": "eastward_wind",
    }  # fmt: skip
    assert cube["wind_v"].attrs["standard_name"] == "northward_wind"
    assert cube["wind_direction_sd"].attrs == {
        "units": "rad", "cell_methods": "pass: standard_deviation",
        "long_name": "standard deviation of the wind direction",
    }  # fmt: skip
    assert cube["pass_start"].attrs == {
        "standard_name": "time", "long_name": "start of the pass", "units_metadata": "leap_seconds: utc",
    }  # fmt: skip
    assert cube["pass_end"].attrs == {"long_name": "end of the pass", "units_metadata": "leap_seconds: utc"}
    assert cube["pass_label"].attrs == {"long_name": "name of the drive pass"}
    assert cube["spatial_ref"].attrs["long_name"] == "coordinate reference system"
    assert [float(v) for v in cube["spatial_ref"].attrs["GeoTransform"].split()] == list(_box([t]).affine.to_gdal())


def test_passes_are_told_by_name_time_and_wind(track) -> None:
    """One line a pass, in the order of the tracks; coordinates are centres of cells."""
    x, y = np.array([5.0, 25.0]), np.array([5.0, 25.0])
    turning = track(x, y, np.ones(2), name="b", start="2024-05-03T00:00:00")
    turning.passes["u"].values[:], turning.passes["v"].values[:] = [0.0, 4.0], [4.0, 0.0]
    tracks = [track(x, y, np.ones(2), name="a", wind=(3.0, -1.0)), turning]
    cube = build_cube(touch_cells(tracks, _box(tracks)))
    assert cube["pass_label"].values.tolist() == ["a#0", "b#0"] and cube["pass"].values.tolist() == [0, 1]
    assert cube["pass_start"].values.astype("datetime64[s]").astype(str).tolist() == [
        "2024-05-01T02:00:00", "2024-05-03T00:00:00",
    ]  # fmt: skip
    assert ((cube["pass_end"] - cube["pass_start"]).values / np.timedelta64(1, "s")).tolist() == [1.0, 1.0]
    assert (cube["wind_u"].values.tolist(), cube["wind_v"].values.tolist()) == ([3.0, 2.0], [-1.0, 2.0])
    epsilon = np.sqrt(0.5)
    assert cube["wind_direction_sd"].values == pytest.approx(
        [0.0, np.arcsin(epsilon) * (1 + 0.1547 * epsilon**3)], abs=1e-4
    )
    assert cube["x"].values.tolist() == [405_010.0, 405_030.0]
    assert cube["y"].values.tolist() == [3_396_030.0, 3_396_010.0]
    assert cube["ch4_count"].values[0].tolist() == [[0.0, 1.0], [1.0, 0.0]]


def test_no_tracks_make_an_empty_cube(track) -> None:
    """A grid without passes or species, and a species that only one of two tracks measured is empty in the other."""
    t = track(np.array([5.0, 25.0]), np.full(2, 5.0), np.ones(2), name="a")
    empty = build_cube(touch_cells([], _box([t])))
    assert cube_species(empty) == () and empty.sizes["pass"] == 0 and empty.sizes["x"] == 2
    off = replace(t, passes=t.passes.assign(pass_index=("obs", np.full(2, -1, np.int32))))
    cube = build_cube(touch_cells([off], _box([t])))
    assert cube["ch4_count"].shape == (0, 1, 2) and cube["ch4_count"].chunks[1:] == ((1,), (2,))
    both = build_cube(touch_cells([t, _two_species(track)], _box([t]))).compute()
    assert both["no2_count"].values.tolist() == [[[0.0, 0.0]], [[2.0, 0.0]]]
    assert np.isnan(both["no2_max"].values[0]).all()


@pytest.mark.parametrize(("length", "chunks"), [(1, (1,)), (7, (7,)), (8, (7, 1)), (14, (7, 7)), (20, (7, 7, 6))])
def test_layers_are_cut_into_chunks_of_the_setting(track, length: int, chunks: tuple[int, ...]) -> None:
    """Rows and columns alike; every visited cell is in the chunk where it belongs, whatever chunk that is."""
    x = np.arange(length) * 20.0 + 5.0
    t = track(x, x, np.arange(1.0, length + 1))
    cube = build_cube(touch_cells([t], _box([t])), None, FusionSettings(chunk_cells=7))
    assert cube["ch4_sum"].chunks == ((1,), chunks, chunks)
    np.testing.assert_array_equal(cube["ch4_sum"].values[0], np.diag(np.arange(1.0, length + 1))[::-1])


def test_standard_errors_means_and_ages_say_what_they_are(track) -> None:
    """Units, names and methods of what follows from the partials; per pass the mean keeps its passes."""
    t = _two_species(track)
    cube = build_cube(touch_cells([t, track(np.array([5.0]), np.array([5.0]), np.array([9.0]), name="b")], _box([t])))
    mean, each = cell_mean(cube, "ch4"), cell_mean(cube, "ch4", per_pass=True)
    assert mean.attrs == {
        "long_name": "mean enhancement of ch4", "units": "ppm", "grid_mapping": "spatial_ref",
        "cell_methods": "area: mean",
    } == each.attrs  # fmt: skip
    np.testing.assert_allclose(mean.values, [[7 / 3, 10.0, 2.0]])
    np.testing.assert_array_equal(each.values, [[[-1.0, 10.0, 2.0]], [[9.0, np.nan, np.nan]]])
    assert cell_standard_error(cube, "no2").attrs == {
        "long_name": "standard error of the mean enhancement of no2", "units": "ppb", "grid_mapping": "spatial_ref",
    }  # fmt: skip
    assert passes_crossed(cube, "ch4").attrs == {
        "long_name": "drive passes that crossed the cell", "units": "1", "grid_mapping": "spatial_ref",
    }  # fmt: skip
    age = age_days(cube, "no2", np.datetime64("2024-05-02T02:00:06", "ns"))
    assert age.attrs == {
        "long_name": "time since the last drive pass", "units": "d", "grid_mapping": "spatial_ref",
    }  # fmt: skip
    np.testing.assert_allclose(age.values, [[1.0, np.nan, 1.0]])


def test_the_standard_error_of_equal_samples_is_zero(track) -> None:
    """Rounding does not make a variance negative, nor its root NaN."""
    t = track(np.full(3, 5.0), np.full(3, 5.0), np.full(3, 0.1))
    error = cell_standard_error(build_cube(touch_cells([t], _box([t]))), "ch4").values[0, 0]
    assert error == pytest.approx(0.0, abs=1e-8)


def test_a_layer_needs_its_attribute_to_be_a_species(track) -> None:
    """A variable that happens to end in _count is none."""
    t = _two_species(track)
    cube = build_cube(touch_cells([t], _box([t]))).assign(photo_count=("pass", np.ones(1)))
    assert cube_species(cube) == ("ch4", "no2")
