"""Readers of workbooks and netCDF: what is written comes back."""

from __future__ import annotations

import datetime as dt
import gzip
import io
import zipfile
from pathlib import Path

import numpy as np
import openpyxl
import pytest
import xarray as xr

from ingest.errors import FileError
from ingest.flags import Flag
from ingest.schema import check_trace
from ingest.traces.formats.workbook import sheet_as_text
from ingest.traces.read import TraceSettings, read_traces
from onevisit.words.telling import tell
from tests.ingest.traces.readings import assert_channels, read_file, said, the_record, utc
from tests.told import raises_told


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
    assert any("sheet 数据 read" in tell(d).decision for d in outcome.decisions)


def test_workbook_without_a_table_names_its_sheets(tmp_path: Path) -> None:
    """Nothing to read: the reject says so per sheet."""
    _book(tmp_path / "a.xlsx", [["甲", "乙"], [1, 2]])
    outcome = read_traces([tmp_path / "a.xlsx"], TraceSettings())
    assert "no sheet holds a table" in tell(outcome.rejects[0]).reason


@pytest.mark.parametrize("data", [b"PK\x03\x04 but not a zip", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 100])
def test_damaged_workbook(tmp_path: Path, data: bytes) -> None:
    """Begins like a workbook and is none."""
    (tmp_path / "a.xlsx").write_bytes(data)
    outcome = read_traces([tmp_path / "a.xlsx"], TraceSettings())
    assert "not a readable workbook" in tell(outcome.rejects[0]).reason


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


# --- workbooks -----------------------------------------------------------------------------------------------------


def _sheets(**sheets: list[list[object]]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


_MOMENT = dt.datetime(2024, 10, 8, 9, 0, 0, 250000)
_SHEET: list[list[object]] = [
    ["time", "no2 (ppb)", "speed (m/s)", "remark"],
    [_MOMENT, 7.5, 3, "a\nb"],
    [_MOMENT, "-9999", 4, None],
]


def test_sheets_with_a_table_are_read(tmp_path: Path) -> None:
    """Values, units and times; sheets without a table and copies are named; headings may be declared."""
    outcome = read_file(tmp_path, "a.xlsx", _sheets(notes=[["x"]], empty=[], data=_SHEET, more=_SHEET))
    record = the_record(outcome)
    assert (record.item, record.instrument, record.zone) == ("a.xlsx", "", "")
    assert list(record.time) == utc("2024-10-08T09:00:00.250", "2024-10-08T09:00:00.250")
    assert_channels(
        record,
        {
            "no2": (
                [7.5, np.nan],
                {
                    "units": "ppb",
                    "long_name": "nitrogen dioxide",
                    "species": "no2",
                    "instrument": "unknown",
                    "standard_name": "mole_fraction_of_nitrogen_dioxide_in_air",
                },
            ),
            "speed": (
                [3, 4],
                {
                    "units": "m s-1",
                    "long_name": "platform speed over ground",
                    "standard_name": "platform_speed_wrt_ground",
                },
            ),
        },
    )
    assert said(outcome.decisions) == [
        ("sheet data read", "it holds a table; the file has 4 sheets or tables"),
        ("1 columns not read", "headings that mean nothing here: remark"),
        ("sheet more left out", "it repeats sheet data, value by value"),
        (
            "sheet or table notes not read",
            "no reader recognises it, and no line names a time and a measured quantity; it begins 'x'. Name the "
            "columns in mission.toml under [columns], or ask for a reader of this format",
        ),
    ]
    declared = [["当地", "S1"], [_MOMENT, 1], [_MOMENT, 2]]
    rules = TraceSettings(columns={"当地": "time", "S1": "so2 ppb"})
    alone = read_file(tmp_path, "a.xlsx", _sheets(only=declared), rules)
    assert said(alone.decisions)[0] == ("sheet only read", "it holds a table; others: none")
    assert the_record(alone).channels[0].name == "so2"


def test_sheets_of_one_quantity_are_joined_or_told_apart(tmp_path: Path) -> None:
    """A sheet of the next day goes on; one of the same minutes is another vehicle; one without rows is a reject."""
    second = dt.timedelta(seconds=1)
    head: list[object] = ["time", "no2 (ppb)"]
    first: list[list[object]] = [head, [_MOMENT, 1], [_MOMENT + second, 2]]
    later: list[list[object]] = [head, *([_MOMENT + n * second + dt.timedelta(days=1), n] for n in (3, 4))]
    beside: list[list[object]] = [head, [_MOMENT, 5], [_MOMENT + second, 6]]
    joined = the_record(read_file(tmp_path, "a.xlsx", _sheets(a=first, b=later)))
    assert joined.channels[0].values.tolist() == [1, 2, 3, 4] and joined.platform == ""
    apart = read_file(tmp_path, "b.xlsx", _sheets(车一=first, 车二=beside))
    assert [(r.platform, r.channels[0].values.tolist()) for r in apart.value] == [("车一", [1, 2]), ("车二", [5, 6])]
    empty: list[list[object]] = [head]
    outcome = read_file(tmp_path, "c.xlsx", _sheets(a=first, b=empty))
    assert the_record(outcome).channels[0].values.tolist() == [1, 2]
    assert [(r.where, r.code) for r in outcome.rejects] == [("sheet b", "no_rows_below_the_headings")]


def test_a_workbook_of_picarro_columns(tmp_path: Path) -> None:
    """As in a .dat: UTC, zeros are no values."""
    names = [
        "DATE",
        "TIME",
        "FRAC_DAYS_SINCE_JAN1",
        "EPOCH_TIME",
        "species",
        "CH4",
        "CO2",
        "GPS_ABS_LAT",
        "GPS_ABS_LONG",
    ]
    rows = [
        names,
        ["x", "y", 1.0, 1728349200.5, 2, 2.5, 0, 30.5, 104.5],
        ["x", "y", 1.0, 1728349201.5, 2, 2.75, 0, 30.5, 104.5],
    ]
    record = the_record(read_file(tmp_path, "CFADS2274-20170314-x.xlsx", _sheets(data=rows)))  # type: ignore[arg-type]
    assert (record.instrument, record.zone) == ("Picarro CFADS2274", "UTC")
    assert list(record.time) == utc("2024-10-08T01:00:00.500", "2024-10-08T01:00:01.500")
    values = {channel.name: channel.values.tolist() for channel in record.channels}
    assert values["ch4"] == [2.5, 2.75] and np.isnan(values["co2"]).all()


def test_cells_as_text() -> None:
    """Dates in ISO 8601, numbers with every digit, line ends and tabs as blanks, spans of time, truth values."""
    row: list[object] = [
        *(dt.datetime(2024, 10, 8, 9), dt.date(2024, 10, 8), dt.time(9, 5), dt.timedelta(minutes=90)),
        *(0.1 + 0.2, 5, True, "a\tb\nc", 'say "x"', ""),
    ]
    fields = ["2024-10-08 09:00:00", "2024-10-08", "09:05:00", "1:30:00", "0.30000000000000004", "5", "True", "a b c"]
    assert sheet_as_text([row, [1.0]]).decode() == "\t".join([*fields, '"say ""x"""', ""]) + "\n1.0\n"


def test_a_workbook_that_is_none_says_what_to_do(tmp_path: Path) -> None:
    """Not an archive, not a workbook, no table in any sheet: each sheet with its reason."""
    with raises_told(FileError, match="not a readable workbook"):
        read_file(tmp_path, "a.xlsx", b"PK\x03\x04 but not a zip")
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("a.txt", "x")
    with raises_told(FileError, match=r"not a readable workbook \(.*\); save it again as \.xlsx without a password"):
        read_file(tmp_path, "a.xlsx", stream.getvalue())
    with raises_told(FileError, match=r"no sheet holds a table.*\(sheet one: no reader recognises it.*sheet two: "):
        read_file(tmp_path, "a.xlsx", _sheets(one=[["x"]], two=[["y"]]))


@pytest.mark.parametrize(("count", "told"), [(3, ""), (4, "; and 1 more sheet)"), (6, "; and 3 more sheets)")])
def test_the_reasons_of_three_sheets_are_told(tmp_path: Path, count: int, told: str) -> None:
    """The rest is counted."""
    with raises_told(FileError, match=r"no sheet holds a table") as caught:
        read_file(tmp_path, "a.xlsx", _sheets(**{f"s{n}": [["x"]] for n in range(1, count + 1)}))
    words = tell(caught.value)
    assert [f"sheet s{n}: no reader recognises it" in words for n in range(1, 5)] == [True, True, True, False]
    assert words.endswith(told or "ask for a reader of this format)")


@pytest.mark.parametrize(("size", "refused"), [(64_000_000, False), (64_000_001, True)])
def test_a_workbook_that_states_to_unpack_to_more_than_64_mb(tmp_path: Path, size: int, refused: bool) -> None:
    """From a small file: refused before anything is unpacked."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("a", bytes(size - 1))
        archive.writestr("b", "x")
    match = r"unpacks to 64 MB from 0\.\d\d MB; refused as a likely bomb" if refused else "not a readable workbook"
    with raises_told(FileError, match=match):
        read_file(tmp_path, "a.xlsx", stream.getvalue())


def test_the_limit_of_a_file_holds_for_what_a_workbook_unpacks_to(tmp_path: Path) -> None:
    """And a larger expansion may be allowed."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", bytes(200_001))
    with raises_told(FileError, match="refused as a likely bomb"):
        read_file(tmp_path, "a.xlsx", stream.getvalue(), TraceSettings(maximum_file_mb=0.2))
    with raises_told(FileError, match="not a readable workbook"):
        read_file(tmp_path, "a.xlsx", stream.getvalue(), TraceSettings(maximum_file_mb=0.200001))


# --- netCDF --------------------------------------------------------------------------------------------------------


def _foreign() -> xr.Dataset:
    obs = "obs"
    return xr.Dataset(
        {
            "CH4": (
                obs,
                np.array([2000.5, 2001.5, 2002.5], "f4"),
                {"units": "nmol/mol", "long_name": "CH4 mole fraction"},
            ),
            "CO_pic": (obs, [1, 2, 3], {"units": "ppm", "instrument": "G2401", "standard_name": "x", "comment": "y"}),
            "odd": (obs, [1.0, 2.0, 3.0], {"units": "furlong"}),
            "own": (obs, [1.0, 2.0, 3.0], {"units": "K", "species": "heat"}),
            "temp": (obs, [1.0, 2.0, 3.0], {"units": "degC", "long_name": "air"}),
            "bare": (obs, [1.0, 2.0, 3.0]),
            "CH4_qc": (obs, [1, 2, 3], {"units": "1"}),
            "text": (obs, ["a", "b", "c"], {"units": "1"}),
            "other": ("x", [1.0], {"units": "ppm"}),
            "qc_flag": (obs, np.array([0, 4, 8], "u4"), {"flag_masks": np.array([1, 2], "u4"), "units": "1"}),
        },
        {
            "t": (obs, [0.25, np.nan, 2.0], {"standard_name": "time", "units": "seconds since 2024-10-08 01:00"}),
            "x": (obs, np.array([104.5, 104.75, 105.0], "f4"), {"standard_name": "longitude"}),
            "y": (obs, np.array([30.5, 30.75, 31.0], "f4"), {"standard_name": "latitude"}),
        },
        {"instrument": "a" * 250},
    )


def _netcdf(folder: Path, dataset: xr.Dataset) -> bytes:
    dataset.to_netcdf(folder / "source.nc")
    return (folder / "source.nc").read_bytes()


@pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore::xarray.SerializationWarning")
def test_every_variable_of_a_foreign_trajectory(tmp_path: Path) -> None:
    """Found by standard names; species by name and unit or by attribute; rows without a time are left out."""
    outcome = read_file(tmp_path, "a.nc", _netcdf(tmp_path, _foreign()))
    record = the_record(outcome)
    assert (record.item, record.instrument, record.zone) == ("a.nc", "a" * 200, "UTC")
    assert list(record.time) == utc("2024-10-08T01:00:00.250", "2024-10-08T01:00:02")
    assert record.lon is not None and record.lon.tolist() == [104.5, 105.0] and record.lon.dtype == np.float64
    assert record.lat is not None and record.lat.tolist() == [30.5, 31.0]
    assert record.qc_flag.tolist() == [0, 8] and record.qc_flag.dtype == np.uint32
    assert_channels(
        record,
        {
            "CH4": (
                [2000.5, 2002.5],
                {"units": "ppb", "long_name": "CH4 mole fraction", "species": "ch4", "instrument": "unknown"},
            ),
            "CO_pic": (
                [1, 3],
                {"units": "ppm", "long_name": "CO_pic", "standard_name": "x", "species": "co", "instrument": "G2401"},
            ),
            "odd": ([1, 3], {"units": "furlong"}),
            "own": ([1, 3], {"units": "K", "long_name": "own", "species": "heat", "instrument": "unknown"}),
            "temp": ([1, 3], {"units": "degC", "long_name": "air"}),
        },
    )
    assert said(outcome.decisions) == [("3 variables not read", "bare, CH4_qc, qc_flag")]


def test_a_trajectory_by_the_names_of_its_variables(tmp_path: Path) -> None:
    """Where standard names are missing; a place along another dimension is none; flags without masks are none."""
    dataset = _foreign().isel(obs=[0, 2]).rename(t="TIME", x="Longitude", y="lat")
    for name in ("TIME", "Longitude", "lat"):
        dataset[name].attrs.pop("standard_name")
    dataset["qc_flag"].attrs.pop("flag_masks")
    record = the_record(read_file(tmp_path, "a.nc", _netcdf(tmp_path, dataset)))
    assert record.lon is not None and record.lon.tolist() == [104.5, 105.0]
    assert record.lat is not None and record.lat.tolist() == [30.5, 31.0]
    assert record.qc_flag.tolist() == [0, 0] and record.qc_flag.dtype == np.uint32
    short = dataset.drop_vars(["Longitude", "lat"]).assign(lon=("x", [104.0]), latitude=((), 30.0))
    record = the_record(read_file(tmp_path, "b.nc", _netcdf(tmp_path, short)))
    assert (record.lon, record.lat) == (None, None)


@pytest.mark.parametrize(
    "break_it", [lambda d: d.drop_vars("t"), lambda d: d.assign_coords(t=("obs", [1.0, 2.0, 3.0]))]
)
def test_a_file_without_a_time_is_refused(tmp_path: Path, break_it) -> None:  # type: ignore[no-untyped-def]
    """None, or a number without a unit."""
    with raises_told(FileError, match="no time variable with units such as 'seconds since"):
        read_file(tmp_path, "a.nc", _netcdf(tmp_path, break_it(_foreign())))


def test_netcdf_of_the_wrong_size_or_packing(tmp_path: Path) -> None:
    """Gzipped, damaged, or stating more than is allowed."""
    data = _netcdf(tmp_path, _foreign().isel(obs=[0, 2]))
    with raises_told(FileError, match="gzipped netCDF is not read; unpack it"):
        read_file(tmp_path, "a.nc.gz", gzip.compress(data))
    with raises_told(FileError, match="not a readable netCDF file"):
        read_file(tmp_path, "a.nc", data[:300])
    big = xr.Dataset({"a": ("obs", np.zeros(1_000_000))}, {"time": ("obs", np.zeros(1_000_000, "M8[ns]"))})
    big.to_netcdf(tmp_path / "source.nc", encoding={"a": {"zlib": True}, "time": {"zlib": True, "dtype": "i8"}})
    rules = TraceSettings(maximum_file_mb=15.9)
    with raises_told(FileError, match="states 16 MB of variables; up to 16 MB are read; split it"):
        read_file(tmp_path, "a.nc", (tmp_path / "source.nc").read_bytes(), rules)
    assert read_file(
        tmp_path, "a.nc", (tmp_path / "source.nc").read_bytes(), TraceSettings(maximum_file_mb=16.0)
    ).value


def test_flags_of_our_own_files_come_back(tmp_path: Path) -> None:
    """Every bit of the rows, and what the values were flagged for is found again by the same checks."""
    rows = "".join(f"2024-10-08T01:00:0{s}Z,104.0,30.6,{v}\n" for s, v in enumerate([1, -500, 3]))
    (tmp_path / "a.csv").write_text("time,lon,lat,no2 (ppb)\n" + rows.replace("01Z,104.0,30.6", "01Z,0,0"))
    (trace,) = read_traces([tmp_path / "a.csv"], TraceSettings()).value
    trace.to_netcdf(tmp_path / "b.nc")
    (back,) = read_traces([tmp_path / "b.nc"], TraceSettings()).value
    assert back["qc_flag"].values.tolist() == [0, int(Flag.POSITION_MISSING), 0]
    assert back["no2_qc"].values.tolist() == [0, int(Flag.VALUE_OUT_OF_RANGE), 0]


def test_an_old_workbook_is_no_archive_and_not_refused_as_one(tmp_path: Path) -> None:
    """A damaged .xls comes to the reader of workbooks, which says what to do."""
    with raises_told(FileError, match=r"save it again as \.xlsx without a password"):
        read_file(tmp_path, "a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100))
