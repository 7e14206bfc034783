"""Traces and cubes as CF netCDF."""

from __future__ import annotations

import time

import dask.array as da
import netCDF4
import numpy as np
import pytest
import xarray as xr

from fusion import build_cube, region_geobox
from ingest.errors import ContractError
from ingest.schema import new_trace, species_names
from onevisit.handover.netcdf import join_traces, split_traces, write_cube, write_traces


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


def test_traces_come_back_row_by_row(tmp_path, make_track):
    """Two outings of different species survive the ragged array, each with its own variables."""
    traces = [make_track().passes, other_trace()]
    write_traces(tmp_path / "trace.nc", traces)
    with xr.open_dataset(tmp_path / "trace.nc") as joined:
        first, second = split_traces(joined.load())
    assert species_names(first) == ("ch4",) and species_names(second) == ("no2",)
    for before, after in zip(traces, (first, second), strict=True):
        np.testing.assert_array_equal(before["time"].values, after["time"].values)
        np.testing.assert_array_equal(before["lon"].values, after["lon"].values)
    np.testing.assert_array_equal(first["ch4"].values, traces[0]["ch4"].values)
    assert str(second["trajectory"].values) == "flight"


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

    def fail(block):
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
    cube = build_cube(tracks[:1], region_geobox(lon, lat, crs="EPSG:4544", resolution_m=20.0))
    write_cube(tmp_path / "cube.nc", cube)
    assert _findings(tmp_path / "trace.nc") == []
    assert _findings(tmp_path / "cube.nc") == []
