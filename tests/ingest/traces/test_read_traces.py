"""The whole way from files to traces: what each holds to the last attribute, its name, its order, what is said."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from ingest.errors import UnknownFormat
from ingest.flags import Flag, flag_attributes
from ingest.outcome import Outcome
from ingest.traces.read import TraceSettings, read_traces, recognise
from onevisit.words.telling import tell
from tests.told import raises_told

MISSING, NOWHERE = int(Flag.VALUE_MISSING), int(Flag.POSITION_MISSING)


def _write(folder: Path, **files: str) -> list[Path]:
    paths = []
    for name, text in files.items():
        path = folder / name.replace("__", "/")
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        paths.append(path)
    return paths


def _rows(*values: str, start: int = 0, step: int = 1, headings: str = "no2 (ppb)", place: str = "104.0,30.6") -> str:
    text = f"time,lon,lat,{headings}\n"
    for i, value in enumerate(values):
        at = np.datetime64("2024-10-08T01:00:00") + np.timedelta64(start + i * step, "s")
        text += f"{at}Z,{place},{value}\n"
    return text


def _names(outcome: Outcome[tuple[xr.Dataset, ...]]) -> list[str]:
    return [str(trace["trajectory"].values) for trace in outcome.value]


def test_a_trace_to_its_last_attribute(tmp_path: Path) -> None:
    """Variables, flags of values with their attributes, source, name; and all that was said on the way."""
    (path,) = _write(tmp_path, **{"traces__drive.csv": _rows("5.5,1", ",2", "7.5,3", headings="no2 (ppb),hdop")})
    outcome = read_traces([path], TraceSettings(), root=tmp_path)
    (trace,) = outcome.value
    assert dict(trace.attrs) == {
        "Conventions": "CF-1.11",
        "featureType": "trajectory",
        "source": "traces/drive.csv",
    }
    assert list(trace.data_vars) == ["qc_flag", "no2", "hdop", "no2_qc"]
    assert str(trace["trajectory"].values) == "drive"
    np.testing.assert_array_equal(trace["no2"].values, [5.5, np.nan, 7.5])
    assert trace["hdop"].values.tolist() == [1.0, 2.0, 3.0]
    assert trace["no2"].attrs["ancillary_variables"] == "no2_qc" and "ancillary_variables" not in trace["hdop"].attrs
    assert trace["no2_qc"].values.tolist() == [0, MISSING, 0] and trace["no2_qc"].dtype == np.uint32
    attrs = {**flag_attributes(), "long_name": "quality-control flag of no2", "standard_name": "quality_flag"}
    assert trace["no2_qc"].attrs.keys() == attrs.keys()
    assert all(np.array_equal(trace["no2_qc"].attrs[key], value) for key, value in attrs.items())  # type: ignore[arg-type]
    assert trace["qc_flag"].values.tolist() == [0, 0, 0]
    assert [(d.item, tell(d).decision, tell(d).evidence) for d in outcome.decisions] == [
        ("traces/drive.csv", "read as delimited table", "recognised by its beginning")
    ]
    assert outcome.rejects == ()


def test_a_trace_without_a_root_is_called_by_its_file(tmp_path: Path) -> None:
    """Or where the file is elsewhere."""
    (path,) = _write(tmp_path, **{"traces__drive.csv": _rows("5", "6")})
    for root in (None, tmp_path / "elsewhere"):
        assert read_traces([path], TraceSettings(), root=root).value[0].attrs["source"] == "drive.csv"


def test_rows_without_a_place_are_flagged(tmp_path: Path) -> None:
    """Flags add; the instrument of the format is an attribute of the trace."""
    text = "##\nTimestamp,EAST_LONGITUDE(deg),NORTH_LATITUDE(deg),CO(ppb),status\n"
    text += "2024-10-08T01:00:00Z,,,300,fault\n2024-10-08T01:00:01Z,104,30,301,ok\n"
    (path,) = _write(tmp_path, **{"a.csv": text})
    (trace,) = read_traces([path], TraceSettings()).value
    assert trace["qc_flag"].values.tolist() == [NOWHERE | int(Flag.INSTRUMENT_FAULT), 0]
    assert trace.attrs["instrument"] == "RETIGO"
    assert "co_qc" not in trace


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("drive.csv", "drive"),
        ("drive.CSV", "drive"),
        ("drive.txt", "drive"),
        ("drive.tsv", "drive"),
        ("drive.log", "drive"),
        ("drive.data", "drive"),
        ("drive.dat", "drive"),
        ("drive.nmea", "drive"),
        ("drive.gpx", "drive"),
        ("drive.ict", "drive"),
        ("drive.nc", "drive"),
        ("drive.xls", "drive"),
        ("drive.xlsx", "drive"),
        ("drive.csv.gz", "drive"),
        ("drive.v2", "drive.v2"),
        (".csv", ".csv"),
        ("a__b.csv", "b"),
    ],
)
def test_names_of_traces(tmp_path: Path, file: str, name: str) -> None:
    """The file's name without the endings of the formats."""
    (path,) = _write(tmp_path, **{file: _rows("5", "6")})
    if file.endswith(".gz"):
        path.write_bytes(gzip.compress(path.read_bytes()))
    assert _names(read_traces([path], TraceSettings(), root=tmp_path)) == [name]


def test_traces_come_by_time_and_then_by_name(tmp_path: Path) -> None:
    """Whatever the order of the files; names stay apart by a plus."""
    paths = _write(
        tmp_path,
        **{
            "a.csv": _rows("1", "2", start=100),
            "b.csv": _rows("1", "2", start=50),
            "c.csv": _rows("1", "2", start=50),
            "x__a.csv": _rows("1", "2"),
            "y__a.csv": _rows("1", "2", start=1),
        },
    )
    outcome = read_traces(paths[::-1], TraceSettings(), root=tmp_path)
    assert _names(outcome) == ["a+", "a++", "b", "c", "a"]


@pytest.mark.parametrize(("pause", "parts"), [(1800, 1), (1801, 2)])
def test_an_outing_ends_with_a_pause_of_more_than_half_an_hour(tmp_path: Path, pause: int, parts: int) -> None:
    """Each part has a number, its own rows, and the limit is a setting."""
    text = _rows("1", "2") + "".join(_rows("3", "4", "5", start=1 + pause).splitlines(keepends=True)[1:])
    (path,) = _write(tmp_path, **{"d.csv": text})
    outcome = read_traces([path], TraceSettings())
    assert _names(outcome) == (["d"] if parts == 1 else ["d-1", "d-2"])
    values = [trace["no2"].values.tolist() for trace in outcome.value]
    assert values == ([[1, 2, 3, 4, 5]] if parts == 1 else [[1, 2], [3, 4, 5]])
    note = ("d.csv", "split into 2 outings", "pauses longer than 1800 s; the longest is 1801 s")
    said = [(d.item, tell(d).decision, tell(d).evidence) for d in outcome.decisions]
    assert (note in said) == (parts == 2)
    assert len(read_traces([path], TraceSettings(split_gap_s=1801.0)).value) == 1


def test_a_single_row_between_two_pauses_is_refused(tmp_path: Path) -> None:
    """The others keep their numbers."""
    text = (
        _rows("1", "2")
        + "2024-10-08T03:00:00Z,104,30,3\n2024-10-08T05:00:00Z,104,30,4\n2024-10-08T05:00:01Z,104,30,5\n"
    )
    (path,) = _write(tmp_path, **{"d.csv": text})
    outcome = read_traces([path], TraceSettings())
    assert _names(outcome) == ["d-1", "d-3"]
    assert [(r.item, r.where, tell(r).reason) for r in outcome.rejects] == [
        ("d.csv", "outing 2", "1 row between two pauses")
    ]


def test_what_is_too_little_for_a_trace(tmp_path: Path) -> None:
    """One row; no place and no quantity; weather on positions but no species; each with its reason."""
    paths = _write(
        tmp_path,
        **{
            "one.csv": _rows("1"),
            "none.csv": "time,status,no2 flag\n2024-10-08T01:00:00Z,ok,1\n2024-10-08T01:00:01Z,ok,1\n",
            "weather.csv": _rows("20", "21", headings="temperature (℃)"),
            "gas.csv": "time,humidity (%)\n2024-10-08T01:00:00Z,20\n2024-10-08T01:00:01Z,21\n",
        },
    )
    outcome = read_traces(paths, TraceSettings())
    assert outcome.value == ()
    assert sorted((r.item, r.where, tell(r).reason) for r in outcome.rejects) == [
        ("gas.csv", "columns", "no measured species was recognised, only other quantities"),
        ("none.csv", "columns", "neither a position nor a measured quantity was recognised"),
        ("one.csv", "rows", "1 usable rows; a trace needs 2"),
    ]


def test_a_fault_of_one_file_leaves_the_others(tmp_path: Path) -> None:
    """Unknown formats, empty files, equal stamps, no zone, no position: each a reject with its place."""
    paths = _write(
        tmp_path,
        **{
            "a.csv": "x\ny\n",
            "b.csv": "",
            "c.csv": _rows("1", "2", step=0),
            "d.csv": _rows("1", "2").replace("Z,", ",").replace("10-08", "10-20"),
            "e.csv": _rows("1", "2", place="0,0").replace("T01:00", "T05:17"),
            "f.csv": _rows("1", "2"),
        },
    )
    outcome = read_traces(paths, TraceSettings())
    assert _names(outcome) == ["f"]
    places = {r.item: (r.where, tell(r).reason[:30]) for r in outcome.rejects}
    assert places == {
        "a.csv": ("line 1", "no reader recognises it, and n"),
        "b.csv": ("", "the file is empty"),
        "c.csv": ("time column", "all 2 time stamps are equal (2"),
        "d.csv": ("time column", "times without a zone (first 20"),
        "e.csv": ("position columns", "no usable position in 2 rows ("),
    }


def test_clocks_are_settled_against_those_that_are_certain(tmp_path: Path) -> None:
    """A GNSS clock first, then what agrees with it; offsets after that; files in any order."""
    local = "time,no2 (ppb)\n" + "".join(f"2024-10-08 09:{i:02d}:00,{i}\n" for i in range(30))
    gnss = "time,GPS Time,lon,lat,co (ppb)\n"
    gnss += "".join(f"2024-10-08 09:{i:02d}:00,{3600 + 60 * i},104.{i:02d},30.6,{300 + i}\n" for i in range(30))
    paths = _write(tmp_path, **{"a.csv": local, "b.csv": gnss})
    for order in (paths, paths[::-1]):
        (trace,) = read_traces(order, TraceSettings(join_gap_s=60.0)).value
        assert trace["time"].values[0] == np.datetime64("2024-10-08T01:00:00")
        assert trace["no2"].values.tolist() == list(range(30))
    moved = read_traces(paths, TraceSettings(join_gap_s=60.0, clock_offset_s={"a.csv": 60.0})).value[0]
    np.testing.assert_array_equal(moved["no2"].values, [np.nan, *range(29)])


def test_a_joined_trace_is_called_after_its_instrument_or_its_positions(tmp_path: Path) -> None:
    """One instrument: its name; several: that of the positions; one that has positions itself: its own."""
    track = "time,lon,lat\n" + "".join(f"2024-10-08T01:00:{i:02d}Z,104.0,30.{i:02d}\n" for i in range(10))
    gas = "time,{} (ppb)\n" + "".join(f"2024-10-08T01:00:{i:02d}Z,{i}\n" for i in range(10))
    paths = _write(tmp_path, **{"track.csv": track, "gas.csv": gas.format("no2"), "more.csv": gas.format("co")})
    assert _names(read_traces(paths[:2], TraceSettings())) == ["gas"]
    assert _names(read_traces(paths, TraceSettings())) == ["track"]
    (placed,) = _write(tmp_path, **{"placed.csv": _rows(*"0123456789")})
    assert _names(read_traces([placed, paths[2]], TraceSettings())) == ["placed"]


def test_times_of_a_trace_are_repaired_before_it_is_joined(tmp_path: Path) -> None:
    """Late rows of an instrument stand in their order, with their flag, on the positions."""
    track = "time,lon,lat\n" + "".join(f"2024-10-08T01:00:{i:02d}Z,104.0,30.{i:02d}\n" for i in range(10))
    gas = "time,no2 (ppb)\n" + "".join(f"2024-10-08T01:00:{i:02d}Z,{i}\n" for i in (0, 2, 1, 3))
    paths = _write(tmp_path, **{"track.csv": track, "gas.csv": gas})
    (trace,) = read_traces(paths, TraceSettings()).value
    assert trace["no2"].values.tolist() == [0, 1, 2, 3]
    assert trace["qc_flag"].values.tolist() == [0, int(Flag.TIME_REPAIRED), 0, 0]
    assert trace["lat"].values.tolist() == [30.0, 30.01, 30.02, 30.03]


def test_no_reader_is_an_error_of_its_own() -> None:
    """Which the list of readers never comes to, since its last one takes anything."""
    with raises_told(UnknownFormat, match="file: no reader recognises it"):
        recognise(b"x", ())
