"""Readers of workbooks and netCDF: what is written comes back."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import openpyxl
import pytest
import xarray as xr

from ingest.schema import check_trace
from ingest.traces import TraceSettings, read_traces


def _book(path: Path, rows: list[list[object]], *, title: str = "") -> None:
    book = openpyxl.Workbook()
    first = book.active
    assert first is not None
    first.append(["说明", "本表由走航系统导出"])
    sheet = book.create_sheet("数据")
    if title:
        sheet.append([title])
        sheet.merge_cells("A1:E1")
    for row in rows:
        sheet.append(row)
    book.save(path)


def test_workbook_with_a_title_and_real_dates(tmp_path: Path) -> None:
    """The second sheet holds the table, below a merged title, with Excel dates."""
    start = dt.datetime(2024, 10, 8, 9, 0, 0)
    rows: list[list[object]] = [["时间", "经度", "纬度", "TVOC(ppb)", "风速(m/s)"]]
    rows += [[start + dt.timedelta(seconds=s), 104.0 + s * 1e-4, 30.66, 20 + s, 2.0] for s in range(20)]
    _book(tmp_path / "a.xlsx", rows, title="某区走航数据")
    outcome = read_traces([tmp_path / "a.xlsx"], TraceSettings(time_zone="Asia/Shanghai"))
    trace = outcome.value[0]
    assert trace["time"].values[3] == np.datetime64("2024-10-08T01:00:03", "ns")
    assert trace["tvoc"].values[3] == 23
    assert any("sheet 数据 read" in d.decision for d in outcome.decisions)


def test_workbook_without_a_table_names_its_sheets(tmp_path: Path) -> None:
    """Nothing to read: the reject says so per sheet."""
    _book(tmp_path / "a.xlsx", [["甲", "乙"], [1, 2]])
    outcome = read_traces([tmp_path / "a.xlsx"], TraceSettings())
    assert "no sheet holds a table" in outcome.rejects[0].reason


@pytest.mark.parametrize("data", [b"PK\x03\x04 but not a zip", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 100])
def test_damaged_workbook(tmp_path: Path, data: bytes) -> None:
    """Begins like a workbook and is none."""
    (tmp_path / "a.xlsx").write_bytes(data)
    outcome = read_traces([tmp_path / "a.xlsx"], TraceSettings())
    assert "not a readable workbook" in outcome.rejects[0].reason


def test_our_own_trajectory_comes_back_the_same(tmp_path: Path) -> None:
    """A trace written as netCDF and read again is the same trace: values, units, species, flags."""
    rows = "".join(f"2024-10-08T01:00:{s:02d}Z,104.0,30.6,{s},{2 + s % 3},270\n" for s in range(30))
    (tmp_path / "a.csv").write_text("time,lon,lat,no2 (ppb),wind speed (m/s),wind direction (deg)\n" + rows)
    trace = read_traces([tmp_path / "a.csv"], TraceSettings()).value[0]
    trace.to_netcdf(tmp_path / "a.nc")
    back = read_traces([tmp_path / "a.nc"], TraceSettings()).value[0]
    check_trace(back)
    assert (back["time"].values == trace["time"].values).all()
    for name in ("lon", "lat", "no2", "u", "v"):
        np.testing.assert_array_equal(back[name].values, trace[name].values)
        assert back[name].attrs["units"] == trace[name].attrs["units"]
    assert back["no2"].attrs["species"] == "no2"
    np.testing.assert_array_equal(back["qc_flag"].values, trace["qc_flag"].values)


def test_a_foreign_trajectory_is_read_by_standard_names(tmp_path: Path) -> None:
    """Other variable names, float32, a species known by name and unit."""
    count = 10
    dataset = xr.Dataset(
        {"CH4": ("sample", np.linspace(2000, 2010, count, dtype="f4"), {"units": "ppb"})},
        {
            "t": ("sample", np.arange(count), {"standard_name": "time", "units": "seconds since 2024-10-08 01:00"}),
            "x": ("sample", np.full(count, 104.0, "f4"), {"standard_name": "longitude", "units": "degrees_east"}),
            "y": ("sample", np.full(count, 30.6, "f4"), {"standard_name": "latitude", "units": "degrees_north"}),
        },
        {"featureType": "trajectory"},
    )
    dataset.to_netcdf(tmp_path / "a.nc")
    trace = read_traces([tmp_path / "a.nc"], TraceSettings()).value[0]
    assert trace["time"].values[1] == np.datetime64("2024-10-08T01:00:01", "ns")
    assert trace["CH4"].attrs["species"] == "ch4"
    assert float(trace["lon"][0]) == 104.0


@pytest.mark.parametrize("cut", [10, 200, 3000])
def test_truncated_netcdf_is_refused(tmp_path: Path, cut: int) -> None:
    """A copy that broke off."""
    rows = "".join(f"2024-10-08T01:00:{s:02d}Z,104.0,30.6,{s}\n" for s in range(30))
    (tmp_path / "a.csv").write_text("time,lon,lat,no2 (ppb)\n" + rows)
    read_traces([tmp_path / "a.csv"], TraceSettings()).value[0].to_netcdf(tmp_path / "a.nc")
    (tmp_path / "b.nc").write_bytes((tmp_path / "a.nc").read_bytes()[:cut])
    outcome = read_traces([tmp_path / "b.nc"], TraceSettings())
    assert not outcome.value
    assert outcome.rejects[0].item == "b.nc"
