"""Cells that are no plain numbers: every way people write one, in traces, monitor records and registers alike."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.monitors.read import MonitorSettings, read_monitors
from ingest.outcome import Outcome
from ingest.registers.read import SiteSettings, read_sites
from ingest.text.cells import DECIMAL, MISSING_TOKENS, THOUSANDS, comma_of_column, read_cell, unit_of_cells
from ingest.traces.read import TraceSettings, read_traces
from onevisit.words.telling import tell

WAYS = {
    "plain": "1167.5",
    "thousands": "1,167.5",
    "space": "1 167.5",
    "narrow space": "1\u202f167.5",
    "apostrophe": "1'167.5",
    "curly apostrophe": "1’167.5",
    "german": "1.167,5",
    "comma": "1167,5",
    "wide": "１１６７．５",
    "wide comma": "1，167.5",
    "power": "1.1675E3",
    "fortran": "1.1675D+03",
    "times ten": "1.1675×10³",
    "caret": "1.1675*10^3",
    "plus": "+1167.5",
    "blanks": "  1167.5 ",
    "letter": "1167.5(N)",
    "star": "1167.5*",
}
"""1167.5 as people write it."""
COLUMN_UNITS = {
    "unit": "1167.5 μg/m³",
    "words": "1167.5微克/立方米",
    "milli": "1.1675 mg/m3",
    "bracket": "1167.5(ug/m3)",
}
NOTHING = {
    "E02": "error", "Err02": "error", "Error": "error", "NaN(S5)": "error", "####": "error", "#DIV/0!": "error",
    "#VALUE!": "error", "未检出": "below", "ND": "below", "N.D.": "below", "BDL": "below", "<0.025": "below",
    "≤0.5": "below", "小于0.5": "below", "0.12L": "below", ">300": "above", "超量程": "above",
    "OVER": "above", "OL": "above",
    "停运": "mark", "停产": "mark", "维护": "mark", "校准": "mark", "故障": "mark", "断电": "mark", "停电": "mark",
    "abc": "unknown", "1.2.3": "unknown", "6-9": "unknown", "12.3 furlong": "unknown",
}  # fmt: skip


def _told(outcome: Outcome[object]) -> str:
    said = [tell(d) for d in outcome.decisions]
    return "\n".join([f"{d.decision} ({d.evidence})" for d in said] + [tell(r).line for r in outcome.rejects])


def _trace(folder: Path, cells: list[str], name: str = "a.csv", delimiter: str = ",") -> tuple[xr.Dataset, str]:
    rows = [["time", "lon", "lat", "so2 (ug/m3)"]]
    rows += [[f"2024-05-01T10:00:{i:02d}Z", f"9.{i:02d}", "55.6", cell] for i, cell in enumerate(cells)]
    text = "\n".join(delimiter.join(f'"{c}"' if delimiter in c else c for c in row) for row in rows) + "\n"
    (folder / name).write_text(text, "utf-8")
    outcome = read_traces([folder / name], TraceSettings())
    return outcome.value[0], _told(outcome)


def _monitor(folder: Path, cells: list[str], *, long: bool = False) -> tuple[xr.Dataset, str]:
    lines = [
        "企业名称,监控点名称,监测时间,监测因子,实测值,单位"
        if long
        else "企业名称,监控点名称,监测时间,二氧化硫(ug/m3)"
    ]
    kind = "二氧化硫," if long else ""
    end = ",ug/m3" if long else ""
    lines += [f'甲,1号,2024-10-08 {i:02d}:00,{kind}"{cell}"{end}' for i, cell in enumerate(cells)]
    (folder / "m.csv").write_text("\n".join(lines) + "\n", "utf-8")
    outcome = read_monitors([folder / "m.csv"], MonitorSettings())
    return outcome.value[0], _told(outcome)


@pytest.mark.parametrize("text", [*WAYS.values(), *COLUMN_UNITS.values()], ids=[*WAYS, *COLUMN_UNITS])
def test_a_number_comes_back_from_all_readers(tmp_path: Path, text: str) -> None:
    """However it is written: from a trace, from a wide and from a long table of records."""
    cells = ["1100.5", text, "1200.5"]
    assert _trace(tmp_path, cells)[0]["so2"].values.tolist() == pytest.approx([1100.5, 1167.5, 1200.5])
    for long in (False, True):
        assert _monitor(tmp_path, cells, long=long)[0]["a21026"].values[1] == pytest.approx(1167.5)


@pytest.mark.parametrize(
    "text", ["104.0612", "104,0612", "１０４．０６１２", "104.0612°", "104.0612E", "104°3′40.32″"]
)
def test_a_longitude_comes_back_from_a_register(tmp_path: Path, text: str) -> None:
    """However it is written."""
    (tmp_path / "r.csv").write_text(f'企业名称,经度,纬度\n甲厂,"{text}","30,6611"\n', "utf-8")
    (site,) = read_sites([tmp_path / "r.csv"], SiteSettings()).value
    assert (site.lon, site.lat) == pytest.approx((104.0612, 30.6611), abs=1e-6)


@pytest.mark.parametrize(("text", "kind"), NOTHING.items())
def test_what_is_no_value_is_missing_marked_and_told(tmp_path: Path, text: str, kind: str) -> None:
    """Never a number; in a trace and in records it is told, limits and works leave a mark."""
    assert (read_cell(text, unit="ug/m3").kind, math.isnan(read_cell(text).value)) == (kind, True)
    trace, told = _trace(tmp_path, ["10", "11", text, "12"])
    assert np.isnan(trace["so2"].values).tolist() == [False, False, True, False] and text in told
    expected = {"below": 1 << 10, "above": 1 << 8, "mark": (1 << 11) | (1 << 12)}.get(kind, 0)
    assert bool(int(trace["so2_qc"].values[2]) & expected) == bool(expected)
    for long in (False, True):
        series, told = _monitor(tmp_path, ["10", "11", text, "12"], long=long)
        assert np.isnan(series["a21026"].values).tolist() == [False, False, True, False] and text in told
        marked = "a21026_mark" in series and bool(series["a21026_mark"].values[2])
        assert marked == (kind in ("below", "above", "mark"))


@settings(deadline=None, max_examples=40)
@given(odd=st.lists(st.sampled_from(sorted(NOTHING)), min_size=1, max_size=12))
def test_as_many_as_there_are_are_told(tmp_path_factory: pytest.TempPathFactory, odd: list[str]) -> None:
    """A column with k cells that are no numbers tells k."""
    folder = tmp_path_factory.mktemp("cells")
    cells = [str(10 + i) for i in range(20)] + odd
    (folder / "a.csv").write_text(
        "time,lon,lat,so2 (ug/m3)\n"
        + "".join(f"2024-05-01T10:00:{i:02d}Z,9.1,55.6,{cell}\n" for i, cell in enumerate(cells)),
        "utf-8",
    )
    said = read_traces([folder / "a.csv"], TraceSettings()).decisions
    assert sum(d.values["count"] for d in said if d.code in ("cells_of_column", "cells_taken_as_missing")) == len(odd)  # type: ignore[misc]


@given(value=st.integers(1_000, 9_999_999), digits=st.integers(0, 3))
def test_groups_of_three_are_thousands(value: int, digits: int) -> None:
    """With any number of decimals behind a point, or in a column of thousands without."""
    number = value + (0.125 if digits == 3 else 0.0)
    text = f"{number:,.{digits}f}"
    assert read_cell(text, comma=THOUSANDS).value == pytest.approx(round(number, digits))
    assert read_cell(text.replace(",", "\u00a0")).value == pytest.approx(round(number, digits))


@pytest.mark.parametrize(
    ("cells", "elsewhere", "meaning"),
    [
        (["64", "998", "1,167", "1,202"], "", THOUSANDS),
        (["1,2", "1,167"], "", DECIMAL),
        (["0,998", "1,167"], "", DECIMAL),
        (["63.86", "1,167"], "", THOUSANDS),
        (["2", "2,003", "1,998"], "", DECIMAL),
        (["2,003", "1,998"], DECIMAL, DECIMAL),
        (["2,003", "1,998"], THOUSANDS, THOUSANDS),
        (["1,234,567", "1,998"], DECIMAL, THOUSANDS),
    ],
)
def test_a_comma_is_decided_on_the_column(cells: list[str], elsewhere: str, meaning: str) -> None:
    """A number that has one reading, a point, a jump by 1000 against the rows beside, then the other columns."""
    found = comma_of_column(cells, elsewhere=elsewhere)
    assert found is not None and found.meaning == meaning


@pytest.mark.parametrize("delimiter", [";", "\t", ","])
def test_thousands_in_files_of_any_delimiter(tmp_path: Path, delimiter: str) -> None:
    """After 998 comes 1,167; beside 12,5 stands 1,167 for 1.167."""
    trace, told = _trace(tmp_path, ["64", "998", "1,167", "1,202"], delimiter=delimiter)
    assert trace["so2"].values.tolist() == [64, 998, 1167, 1202] and "thousands" in told
    trace, _ = _trace(tmp_path, ["1,2", "1,167", "1,25"], delimiter=delimiter)
    assert trace["so2"].values.tolist() == [1.2, 1.167, 1.25]


def test_units_behind_numbers_are_the_columns(tmp_path: Path) -> None:
    """Where the heading has none."""
    assert unit_of_cells(["3 ppb", "--", "4 ppb"]) == "ppb" and unit_of_cells(["3 ppb", "4"]) == ""
    rows = "".join(f"2024-05-01T10:00:0{i}Z,9.1,55.6,{i + 3} ppb\n" for i in range(5))
    (tmp_path / "u.csv").write_text("time,lon,lat,SO2\n" + rows, "utf-8")
    (trace,) = read_traces([tmp_path / "u.csv"], TraceSettings()).value
    assert trace["so2"].attrs["units"] == "ppb" and trace["so2"].values.tolist() == [3, 4, 5, 6, 7]


def test_the_end_of_a_range_is_no_value_of_a_record(tmp_path: Path) -> None:
    """9999 hour after hour is missing, marked and told; one hour of 999 is a value."""
    series, told = _monitor(tmp_path, ["10.5", "11.2", "9999", "9999", "9999", "12.1"])
    assert np.isnan(series["a21026"].values).tolist() == [False, False, True, True, True, False] and "9999" in told
    assert series["a21026_mark"].values[1:4].tolist() == [0, 8, 8]
    assert _monitor(tmp_path, ["10.5", "11.2", "999", "12.1"])[0]["a21026"].values[2] == 999


def test_tokens_of_no_value_are_missing() -> None:
    """Nothing is told of them."""
    assert {
        read_cell(token).kind for token in MISSING_TOKENS if "9999" not in token and token not in ("-8888", "-7777")
    } == {"missing"}
