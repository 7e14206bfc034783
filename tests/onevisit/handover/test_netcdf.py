"""Traces and cubes as CF netCDF."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dask.array as da
import netCDF4
import numpy as np
import pytest
import xarray as xr
from dask.callbacks import Callback

from fusion import build_cube, region_geobox, touch_cells
from ingest.errors import ContractError
from ingest.schema import new_trace, species_names
from onevisit.handover.data import netcdf
from onevisit.handover.data.netcdf import join_traces, write_cube, write_traces


def other_trace():
    """A second outing that measures NO2, at another time."""
    clock = np.datetime64("2026-03-02T05:00:00", "ns") + np.arange(3) * np.timedelta64(1500, "ms")
    attrs = {"units": "ppb", "species": "no2", "instrument": "box", "long_name": "nitrogen dioxide"}
    return new_trace(
        "flight", clock, np.full(3, 104.0), np.full(3, 30.0), {"no2": (np.array([1.0, 2.0, np.nan]), attrs)}
    )


def cube_of(chunks):
    """A small lazy cube."""
    values = da.from_array(np.arange(24, dtype=np.float32).reshape(2, 3, 4), chunks=chunks)
    return xr.Dataset(
        {"ch4_sum": (("pass", "y", "x"), values, {"units": "ppm", "grid_mapping": "spatial_ref"})},
        {
            "spatial_ref": ((), 0, {"grid_mapping_name": "transverse_mercator"}),
            "y": [2.0, 1.0, 0.0],
            "x": np.arange(4.0),
        },
    )


def rows_of_each(joined: xr.Dataset) -> list[xr.Dataset]:
    """The rows of every trajectory of a contiguous ragged array, one after the other."""
    ends = np.cumsum(joined["rowSize"].values).tolist()
    return [joined.isel(obs=slice(first, last)) for first, last in itertools.pairwise([0, *ends])]


def test_traces_come_back_row_by_row(tmp_path, make_track):
    """Two outings of different species survive the ragged array, each with its own variables."""
    traces = [make_track().passes, other_trace()]
    write_traces(tmp_path / "trace.nc", traces)
    with xr.open_dataset(tmp_path / "trace.nc") as joined:
        first, second = rows_of_each(joined.load())
    assert joined["trajectory"].values.tolist() == ["drive", "flight"]
    assert {"ch4", "no2"} <= set(species_names(joined))
    assert np.isnan(first["no2"].values).all() and np.isnan(second["ch4"].values).all()
    for before, after in zip(traces, (first, second), strict=True):
        np.testing.assert_array_equal(before["time"].values, after["time"].values)
        np.testing.assert_array_equal(before["lon"].values, after["lon"].values)
    np.testing.assert_array_equal(first["ch4"].values, traces[0]["ch4"].values)
    np.testing.assert_array_equal(second["no2"].values, traces[1]["no2"].values)


def test_file_is_a_cf_ragged_array(tmp_path, make_track):
    """The attributes by which other programs recognise it (CF-1.11, H.4.3)."""
    write_traces(tmp_path / "trace.nc", [make_track().passes, other_trace()])
    with netCDF4.Dataset(tmp_path / "trace.nc") as file:
        assert file.Conventions == "CF-1.11" and file.featureType == "trajectory"
        assert file["rowSize"].sample_dimension == "obs"
        assert file["rowSize"][:].tolist() == [600, 3]
        assert file["trajectory"].cf_role == "trajectory_id"
        assert file["time"].units.startswith("nanoseconds since 1970-01-01")
        assert "flag_meanings" in file["qc_flag"].ncattrs()


def test_one_name_of_two_quantities_is_kept_apart(make_track):
    """ppm and ppb of one species are two variables, also after processing."""
    ppm, ppb = make_track().passes, make_track("second").passes
    ppb["ch4"] = ppb["ch4"] * 1000
    ppb["ch4"].attrs = {"units": "ppb", "species": "ch4", "instrument": "analyser"}
    joined = join_traces([ppm, ppb])
    assert joined["ch4"].attrs["units"] == "ppm" and joined["ch4_2"].attrs["units"] == "ppb"
    assert np.isnan(joined["ch4"].values[600:]).all() and np.isnan(joined["ch4_2"].values[:600]).all()
    assert {"ch4_background", "ch4_background_2"} <= set(joined.data_vars)


def test_traces_of_one_name_are_refused(make_track):
    """A trajectory id is unique in a mission."""
    with pytest.raises(ContractError, match="share a name"):
        join_traces([make_track().passes, make_track().passes])


def test_cube_comes_back(tmp_path):
    """Values, units and grid mapping are those that were given."""
    write_cube(tmp_path / "cube.nc", cube_of((1, 3, 4)))
    with xr.open_dataset(tmp_path / "cube.nc") as back:
        xr.testing.assert_equal(back.load(), cube_of((1, 3, 4)).compute())
        assert back.attrs["Conventions"] == "CF-1.11"
        assert back["ch4_sum"].attrs["units"] == "ppm"


def test_tiles_that_nobody_visited_cost_nothing_and_read_as_zero(tmp_path):
    """Nine tiles of 256 cells, one of them visited: zeros are zeros, gaps are gaps, the file is small."""
    count = np.zeros((1, 700, 700))
    count[0, 300, 300] = 2.0
    highest = np.where(count > 0, 5.0, np.nan)
    attrs = {"units": "1", "grid_mapping": "spatial_ref"}
    cube = xr.Dataset(
        {
            "ch4_count": (("pass", "y", "x"), da.from_array(count, (1, 512, 512)), attrs | {"layer": "count"}),
            "ch4_max": (("pass", "y", "x"), da.from_array(highest, (1, 512, 512)), attrs | {"layer": "max"}),
        },
        {"spatial_ref": ((), 0, {})},
    )
    write_cube(tmp_path / "cube.nc", cube)
    with xr.open_dataset(tmp_path / "cube.nc") as back:
        xr.testing.assert_equal(back.load(), cube.compute())
    assert (tmp_path / "cube.nc").stat().st_size < 60_000


def test_files_are_the_same_bytes_every_time(tmp_path, make_track):
    """Neither the clock nor the order in which chunks get ready is in them."""
    for number in range(2):
        write_cube(tmp_path / f"cube{number}.nc", cube_of((1, 2, 2)))
        write_traces(tmp_path / f"trace{number}.nc", [make_track().passes, other_trace()])
        time.sleep(1.1)
    for name in ("cube", "trace"):
        first, second = ((tmp_path / f"{name}{n}.nc").read_bytes() for n in range(2))
        assert first == second


def test_failed_write_leaves_the_old_file(tmp_path):
    """A chunk that cannot be computed leaves the last good cube, and no rest."""
    path = tmp_path / "cube.nc"
    write_cube(path, cube_of((1, 3, 4)))
    before = path.read_bytes()

    def fail(_block):
        """A chunk on a broken disk."""
        raise OSError("disk")

    broken = cube_of((1, 3, 4))
    broken["ch4_sum"] = broken["ch4_sum"].copy(
        data=broken["ch4_sum"].data.map_blocks(fail, dtype="f4", meta=np.empty((0, 0, 0), "f4"))
    )
    with pytest.raises(OSError, match="disk"):
        write_cube(path, broken)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["cube.nc"]


def test_dataset_that_is_no_cube_is_refused(tmp_path):
    """A missing dimension is a contract error, before anything is written."""
    with pytest.raises(ContractError, match="pass"):
        write_cube(tmp_path / "cube.nc", xr.Dataset({"a": ("x", [1.0])}))


def _findings(path) -> list[str]:
    """What an independent checker of CF-1.11 asks for, and we found missing once: each a line."""
    asked = []
    with netCDF4.Dataset(path) as file:
        asked += [f"global {name}" for name in ("title", "history", "Conventions") if not getattr(file, name, "")]
        for name, variable in file.variables.items():
            attrs = variable.ncattrs()
            text = variable.dtype is str or variable.dtype.kind == "S"
            if variable.dtype != np.int32 and not {"long_name", "standard_name"} & set(attrs):
                asked.append(f"{name}: long_name or standard_name")
            if not text and variable.dtype.kind == "f" and "units" not in attrs:
                asked.append(f"{name}: units")
            if name in file.dimensions and ((text and variable.ndim == 1) or "_FillValue" in attrs):
                asked.append(f"{name}: a coordinate variable is numeric and has no gaps")
            if "since" in getattr(variable, "units", "") and "units_metadata" not in attrs:
                asked.append(f"{name}: units_metadata")
            for method in str(getattr(variable, "cell_methods", "")).split(": ")[:-1]:
                axis = method.rpartition(" ")[2]
                if axis != "area" and axis not in variable.dimensions:
                    asked.append(f"{name}: cell_methods name {axis}")
    return asked


def test_files_hold_what_a_cf_checker_asks_for(tmp_path, make_track):
    """Titles, names, units, gapless coordinates, cell methods of known axes (CF-1.11)."""
    tracks = [make_track(), make_track("second")]
    tracks[1].passes["ch4"].attrs["units"] = "ppb"
    write_traces(tmp_path / "trace.nc", [t.passes for t in tracks])
    lon, lat = (np.concatenate([t.passes[v].values for t in tracks]) for v in ("lon", "lat"))
    cube = build_cube(touch_cells(tracks[:1], region_geobox(lon, lat, crs="EPSG:4544", resolution_m=20.0)))
    write_cube(tmp_path / "cube.nc", cube)
    assert _findings(tmp_path / "trace.nc") == []
    assert _findings(tmp_path / "cube.nc") == []


def test_a_cube_is_the_same_bytes_from_its_touched_cells(tmp_path, make_track):
    """Tiles of the table are those that a search of the whole cube finds; a sum of zero leaves none."""
    tracks = [make_track(), make_track("second")]
    tracks[1].passes["ch4_enhancement"][:] = 0.0
    lon, lat = (np.concatenate([t.passes[v].values for t in tracks]) for v in ("lon", "lat"))
    box = region_geobox(np.append(lon, 104.2), np.append(lat, lat[0]), crs="EPSG:4544", resolution_m=20.0)
    touched = touch_cells(tracks, box)
    cube = build_cube(touched)
    assert box.shape[1] > 256
    write_cube(tmp_path / "dense.nc", cube)
    write_cube(tmp_path / "touched.nc", cube, touched)
    assert (tmp_path / "dense.nc").read_bytes() == (tmp_path / "touched.nc").read_bytes()
    with xr.open_dataset(tmp_path / "touched.nc") as back:
        xr.testing.assert_equal(back.load(), cube.compute())


# --- every variable and attribute ----------------------------------------------------------------------------------

Make = Callable[..., Any]


def test_every_variable_of_two_outings(tmp_path: Path, make_track: Make) -> None:
    """Rows of the one, then of the other; what one does not have is NaN, a flag 0, an index −1."""
    first = make_track(rows=4).passes
    first["ch4_qc"] = ("obs", np.array([1, 0, 2, 0], np.uint32))
    first["qc_flag"][2] = np.uint32(8)
    write_traces(tmp_path / "trace.nc", [first, other_trace()])
    with xr.open_dataset(tmp_path / "trace.nc") as back:
        back.load()
    nan = [np.nan] * 3
    expected = {
        "lon": [*first["lon"].values, *[104.0] * 3], "lat": [30.0] * 7, "ch4": [*first["ch4"].values, *nan],
        "ch4_background": [2.0] * 4 + nan, "ch4_enhancement": [*(first["ch4"].values - 2.0), *nan],
        "no2": [np.nan] * 4 + [1.0, 2.0, np.nan],
    }  # fmt: skip
    for name, values in expected.items():
        np.testing.assert_allclose(back[name].values, values, rtol=1e-12)
        assert back[name].dtype == np.float64
    for name, numbers in {"qc_flag": [0, 0, 8, 0, 0, 0, 0], "ch4_qc": [1, 0, 2, 0, 0, 0, 0]}.items():
        assert back[name].values.tolist() == numbers and back[name].dtype == np.uint32
    assert back["pass_index"].values.tolist() == [0] * 4 + [-1] * 3 and back["pass_index"].dtype == np.int32
    assert back["rowSize"].values.tolist() == [4, 3] and back["rowSize"].dtype == np.int32
    assert back["trajectory"].values.astype(str).tolist() == ["drive", "flight"]
    assert back["time"].values.tolist() == [*first["time"].values.tolist(), *other_trace()["time"].values.tolist()]
    assert set(back.coords) == {"time", "lon", "lat", "trajectory"} and dict(back.sizes) == {
        "trajectory": 2,
        "obs": 7,
    }


def test_every_attribute_of_a_trace_file(tmp_path: Path, make_track: Make) -> None:
    """Those of the rooms are kept, those that CF asks for are added where they were left out; rows are packed."""
    track = make_track().passes
    track["ch4_qc"] = ("obs", np.zeros(600, np.uint32), {"flag_masks": np.array([1, 2], np.uint32)})
    track["ch4_enhancement"].attrs["was_smoothed"] = True
    write_traces(tmp_path / "trace.nc", [track])
    with netCDF4.Dataset(tmp_path / "trace.nc") as file:
        assert {k: file.getncattr(k) for k in file.ncattrs()} == {
            "Conventions": "CF-1.11", "featureType": "trajectory",
            "title": "what the mobile platforms of a mission measured",
            "history": "written by onevisit from the inputs that manifest.json lists",
        }  # fmt: skip
        attrs = {n: {k: v.getncattr(k) for k in v.ncattrs()} for n, v in file.variables.items()}
        assert attrs["rowSize"] == {"long_name": "number of rows", "sample_dimension": "obs"}
        assert attrs["trajectory"] == {
            "cf_role": "trajectory_id",
            "long_name": "name of the outing",
            "_Encoding": "utf-8",
        }
        assert attrs["time"] == {
            "units_metadata": "leap_seconds: utc", "standard_name": "time", "axis": "T",
            "units": "nanoseconds since 1970-01-01T00:00:00+00:00", "calendar": "proleptic_gregorian",
        }  # fmt: skip
        assert attrs["ch4_background"].pop("_FillValue") != 0 and attrs["ch4_background"] == {
            "long_name": "background of ch4", "units": "ppm", "coordinates": "lat lon time",
        }  # fmt: skip
        assert np.isnan(attrs["ch4_enhancement"].pop("_FillValue"))
        assert attrs["ch4_enhancement"] == {
            "long_name": "enhancement over background of ch4", "units": "ppm", "detection_limit": 0.02,
            "was_smoothed": 1, "coordinates": "lat lon time",
        }  # fmt: skip
        assert attrs["ch4_qc"]["units"] == "1" and attrs["ch4_qc"]["flag_masks"].tolist() == [1, 2]
        assert attrs["ch4"]["species"] == "ch4" and attrs["ch4"]["instrument"] == "analyser"
        for name in ("ch4", "time", "qc_flag", "lon"):
            packed = file[name].filters()
            assert (packed["zlib"], packed["complevel"], packed["shuffle"]) == (True, 4, True)
        assert file["time"].dtype == np.int64 and "_FillValue" not in file["time"].ncattrs()
        assert file["trajectory"].dimensions == ("trajectory", "trajectory_length")


def test_attributes_that_differ_are_kept_by_outing(make_track: Make) -> None:
    """The inlet lag of each; what only one has is as it is; arrays that agree stay arrays."""
    tracks = [make_track().passes, make_track("second").passes]
    for track, lag_s in zip(tracks, (6.5, 7.0), strict=True):
        track["ch4_enhancement"].attrs |= {"lag_s": lag_s, "bins": np.array([1.0, 2.0])}
    tracks[1]["ch4_enhancement"].attrs["model"] = "linear"
    attrs = join_traces(tracks)["ch4_enhancement"].attrs
    assert attrs["lag_s"] == "drive: 6.5; second: 7.0" and attrs["model"] == "linear"
    assert attrs["bins"].tolist() == [1.0, 2.0] and attrs["detection_limit"] == 0.02


def test_names_of_the_joint_file_are_told_of_their_own_species(make_track: Make) -> None:
    """The second quantity of a name is numbered, and so are what was derived from it and its flags."""
    ppm, ppb, again = (make_track(name).passes for name in ("a", "b", "c"))
    for trace, unit in ((ppb, "ppb"), (again, "ppb")):
        trace["ch4"].attrs["units"] = unit
    for trace in (ppm, ppb, again):
        trace["ch4_qc"] = ("obs", np.zeros(600, np.uint32))
    ppm["ch4"].attrs["instrument"] = "other"
    joined = join_traces([ppm, ppb, again])
    twice = ["ch4", "ch4_background", "ch4_enhancement", "ch4_qc"]
    assert {n for n in joined.data_vars if str(n).startswith("ch4")} == {*twice, *(f"{n}_2" for n in twice)}
    assert np.isfinite(joined["ch4_2"].values).tolist() == [False] * 600 + [True] * 1200
    assert joined["ch4_background_2"].attrs["long_name"] == "background of ch4"
    assert joined["ch4_qc_2"].attrs["units"] == "1"


def test_nothing_to_join_is_refused() -> None:
    """A mission without a drive has no file of traces."""
    with pytest.raises(ContractError, match="no trace to join"):
        join_traces([])


def big_cube() -> xr.Dataset:
    """A cube of 300 rows and 520 columns: times and names of passes in memory, four lazy layers."""
    count = np.zeros((2, 300, 520))
    count[0, 299, 519], count[1, 0, 0] = 3.0, 5.0
    attrs = {"units": "1", "grid_mapping": "spatial_ref"}
    flat = np.where(count.sum(axis=0) > 0, 1.0, np.nan)
    return xr.Dataset(
        {
            "ch4_count": (("pass", "y", "x"), da.from_array(count, (1, 200, 200)), attrs | {"layer": "count"}),
            "ch4_max": (("pass", "y", "x"), da.from_array(count + 0.5, (2, 300, 520)), attrs | {"layer": "max"}),
            "height": (("y", "x"), da.from_array(flat, (300, 520)), attrs),
            "known": (("pass",), np.array([1.5, np.nan])),
        },
        {
            "spatial_ref": ((), 0, {"grid_mapping_name": "transverse_mercator"}),
            "start": ("pass", np.array(["2026-03-01T01:00:00.25", "2026-03-02"], "datetime64[ns]")),
            "label": ("pass", np.array(["drive#0", "甲#1"], object)),
            "pass": np.arange(2),
            "y": np.arange(300.0)[::-1],
            "x": np.arange(520.0),
        },
        {"title": "a cube"},
    )


def test_every_layer_of_a_cube_comes_back_as_it_was(tmp_path: Path) -> None:
    """Values of every cell, to the last row and column, also of the tiles at the edges; types are kept."""
    write_cube(tmp_path / "cube.nc", big_cube())
    with xr.open_dataset(tmp_path / "cube.nc") as back:
        back.load()
    cube = big_cube().compute()
    for name in ("ch4_count", "ch4_max", "height", "known", "start", "pass", "y", "x"):
        np.testing.assert_array_equal(back[name].values, cube[name].values)
        assert back[name].dims == cube[name].dims
    assert back["label"].values.astype(str).tolist() == ["drive#0", "甲#1"]


def test_a_cube_is_tiled_packed_and_labelled(tmp_path: Path) -> None:
    """256 cells a side, zeros where nothing was counted, NaN elsewhere, times in nanoseconds."""
    write_cube(tmp_path / "cube.nc", big_cube())
    with netCDF4.Dataset(tmp_path / "cube.nc") as file:
        assert (file.title, file.Conventions) == ("a cube", "CF-1.11")
        assert file.history == "written by onevisit from the inputs that manifest.json lists"
        count, highest, flat = file["ch4_count"], file["ch4_max"], file["height"]
        assert count.chunking() == highest.chunking() == [1, 256, 256] and flat.chunking() == [256, 256]
        for layer in (count, highest, flat):
            packed = layer.filters()
            assert (packed["zlib"], packed["complevel"], packed["shuffle"]) == (True, 4, True)
            assert layer.dtype == np.float64 and layer.grid_mapping == "spatial_ref" and layer.units == "1"
        assert "_FillValue" not in count.ncattrs() and np.isnan(highest.getncattr("_FillValue"))
        assert count.coordinates == "start label" and "coordinates" not in flat.ncattrs()
        assert (
            file["start"].units == "nanoseconds since 1970-01-01T00:00:00+00:00" and file["start"].dtype == np.int64
        )
        assert file["label"].dimensions == ("pass", "label_length")
        for name in ("pass", "y", "x", "start"):
            assert "_FillValue" not in file[name].ncattrs()


@pytest.mark.parametrize("layer", ["count", "sum", "sum_squares", "background_sum", "max"])
def test_layers_of_sums_are_zero_where_nothing_was_measured(tmp_path: Path, layer: str) -> None:
    """Others are missing there; an empty tile is not stored at all."""
    empty = 0.0 if layer != "max" else np.nan
    values = da.from_array(np.full((1, 4, 5), empty), (1, 4, 5))
    attrs = {"layer": layer, "units": "1", "grid_mapping": "spatial_ref"}
    write_cube(
        tmp_path / "c.nc", xr.Dataset({"a": (("pass", "y", "x"), values, attrs)}, {"spatial_ref": ((), 0, {})})
    )
    with xr.open_dataset(tmp_path / "c.nc") as back:
        np.testing.assert_array_equal(back["a"].values, values.compute())


@pytest.mark.parametrize(("cells", "slabs"), [(1, 5), (24, 3), (36, 2), (10_000, 1)])
def test_slabs_of_any_size_give_the_same_cube(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cells: int, slabs: int
) -> None:
    """Five passes of twelve cells computed one, two, three or all at a time."""
    monkeypatch.setattr(netcdf, "_SLAB_CELLS", cells)
    values = np.arange(60.0).reshape(5, 3, 4) + 1
    attrs = {"units": "1", "grid_mapping": "spatial_ref"}
    layer = (("pass", "y", "x"), da.from_array(values, (1, 3, 4)), attrs)
    computed: list[object] = []
    with Callback(start=computed.append):
        write_cube(tmp_path / "c.nc", xr.Dataset({"a": layer}, {"spatial_ref": ((), 0, {})}))
    assert len(computed) == slabs
    with xr.open_dataset(tmp_path / "c.nc") as back:
        np.testing.assert_array_equal(back["a"].values, values)
