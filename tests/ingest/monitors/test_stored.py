"""Stored series: what is written comes back, sites stay whole, equal times are stored once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import netCDF4
import numpy as np
import pytest
import xarray as xr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.monitors.stored import StoredSites, write_sites
from ingest.schema import check_monitor
from tests.monitors.outlets import outlet


def full(rows: int = 5) -> xr.Dataset:
    """A series with marks, converted values, a position and a path."""
    series = outlet(
        {"a21026": np.arange(rows) / 8, "a19001": np.full(rows, np.nan)},
        limits={"a21026": 50.0},
        marks={"a21026": ["N", "D"] * (rows // 2) + ["C"] * (rows % 2), "mark": ["停运 检修"] * rows},
        corrected={"a21026": np.arange(rows) / 4},
    )
    place = {"lon": ((), 104.1, {"crs_source": "declared"}), "lat": 30.6, "path_lon": ("path_end", [104.0, 104.1])}
    return series.assign_coords({**place, "path_lat": ("path_end", [30.0, 30.1])})


def test_what_is_written_comes_back(tmp_path: Path) -> None:
    """Values, types, attributes, marks and places of every series, site after site."""
    sites = [[full(), full(3)], [full(4)]]
    (stored,) = write_sites(tmp_path, sites)
    assert stored.sites == 2
    for came, wrote in zip(stored.read(), [one for own in sites for one in own], strict=True):
        check_monitor(came)
        xr.testing.assert_identical(came, wrote)
        assert came["a21026_mark"].dtype == wrote["a21026_mark"].dtype


def test_sites_are_never_divided(tmp_path: Path) -> None:
    """Five sites of two series, two sites a file: three files of 4, 4 and 2 series."""
    stored = write_sites(tmp_path, [[full(), full()]] * 5, sites_a_file=2)
    assert [(one.sites, len(one.read())) for one in stored] == [(2, 4), (2, 4), (1, 2)]


def test_equal_times_are_stored_once(tmp_path: Path) -> None:
    """Ten series of one grid of five hours have five times in the file."""
    (stored,) = write_sites(tmp_path, [[full()]] * 10)
    with netCDF4.Dataset(stored.path) as file:
        assert file.dimensions["time_row"].size == 5
        assert file.dimensions["value_row"].size == 10 * 3 * 5


def test_a_file_of_another_version_is_refused(tmp_path: Path) -> None:
    """It may mean something else by the same names."""
    (stored,) = write_sites(tmp_path, [[full()]])
    with netCDF4.Dataset(stored.path, "a") as file:
        file.setncattr("stored_version", 0)
    with pytest.raises(ValueError, match="stored_version"):
        stored.read()


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.floats(width=64), min_size=1, max_size=20))
def test_no_value_changes(tmp_path: Path, values: list[float]) -> None:
    """Whatever a float can be, NaN and infinities among them."""
    (stored,) = write_sites(tmp_path, [[outlet({"a21026": values})]])
    np.testing.assert_array_equal(stored.read()[0]["a21026"].values, values)


def test_many_threads_may_read_at_once(tmp_path: Path) -> None:
    """Forty files by eight threads, as the rules do; without a lock HDF5 ends the process."""
    stored = write_sites(tmp_path, [[full(40)] for _ in range(40)], sites_a_file=1)
    with ThreadPoolExecutor(8) as pool:
        for _ in range(5):
            assert {found[0].sizes["obs"] for found in pool.map(StoredSites.read, stored)} == {40}
