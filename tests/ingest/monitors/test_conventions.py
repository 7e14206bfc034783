"""Records without units: whose convention they follow, and whether their values can be in it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from ingest.monitors.read import MonitorSettings, read_monitors
from ingest.outcome import Outcome


def read(folder: Path, *lines: str) -> Outcome[tuple[xr.Dataset, ...]]:
    """Read one table."""
    path = folder / "t.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return read_monitors([path], MonitorSettings())


def hours(heading: str, *values: str) -> list[str]:
    """A heading and a row an hour."""
    return [heading, *(f"2024-10-01 {hour:02d}:00,一号,{value}" for hour, value in enumerate(values))]


def units(outcome: Outcome[tuple[xr.Dataset, ...]]) -> dict[str, str]:
    """Units of all variables of the one series."""
    (series,) = outcome.value
    return {str(name): str(v.attrs["units"]) for name, v in series.data_vars.items() if v.dtype.kind == "f"}


def said(outcome: Outcome[tuple[xr.Dataset, ...]]) -> list[tuple[str, str]]:
    """Codes of what was believed of units, with their evidence, and of what was refused."""
    believed = [(d.code, d.why.code) for d in outcome.decisions if "unit" in d.code]
    return believed + [(r.code, r.where) for r in outcome.rejects]


@pytest.mark.parametrize(
    ("heading", "row", "expected"),
    [
        ("二氧化硫,氧含量,烟气温度", "35,11.5,120", {"a21026": "mg m-3", "a19001": "%", "a01012": "degC"}),
        ("二氧化硫,一氧化碳,PM2.5", "12,0.8,35", {"a21026": "ug m-3", "a21005": "mg m-3", "a34004": "ug m-3"}),
        ("二氧化硫(mg/m3),PM10", "0.012,60", {"a21026": "mg m-3", "a34002": "ug m-3"}),
        ("COD,pH值", "35.2,7.1", {"w01018": "mg L-1", "w01001": "1"}),
    ],
)
def test_whose_convention_is_taken(tmp_path: Path, heading: str, row: str, expected: dict[str, str]) -> None:
    """Of air where particles or ozone stand in the table, else of sources; a stated unit stays; it is said."""
    outcome = read(tmp_path, *hours(f"监测时间,监控点,{heading}", row, row))
    assert units(outcome) == expected
    why = "record_units_of_air" if "PM" in heading else "record_units_of_sources"
    assert said(outcome) == [("record_units_by_convention", why)]
    values = [float(text) for text in row.split(",")]
    assert [outcome.value[0][name].values.tolist() for name in expected] == [[value] * 2 for value in values]


@pytest.mark.parametrize(
    ("heading", "row", "left", "refused", "median"),
    [
        ("PM2.5,PM10", "0.035,60", ["a34002"], "a34004", 0.035),
        ("PM10,一氧化碳", "60,800", ["a34002"], "a21005", 800.0),
        ("PM10,二氧化硫", "60,0.012", ["a34002"], "a21026", 0.012),
        ("二氧化硫,废气流量", "35,52000", ["a21026"], "a00000", 52000.0),
        ("二氧化硫,氧含量", "35,95", ["a21026"], "a19001", 95.0),
        ("二氧化硫,氮氧化物", "35000,120", ["a21002"], "a21026", 35000.0),
        ("COD,pH值", "35,71", ["w01018"], "w01001", 71.0),
    ],
)
def test_values_that_cannot_be_in_it_are_refused(
    tmp_path: Path, heading: str, row: str, left: list[str], refused: str, median: float
) -> None:
    """Dust in mg, CO in µg, flow an hour, a stack in µg: the column by name, the others stay."""
    outcome = read(tmp_path, *hours(f"监测时间,监控点,{heading}", row, "0,0", row))
    assert list(units(outcome)) == left
    assert [(r.code, r.where) for r in outcome.rejects] == [("record_unit_implausible", f'column "{refused}"')]
    assert outcome.rejects[0].values["median"] == median


def test_a_unit_that_is_stated_is_not_doubted(tmp_path: Path) -> None:
    """However large the values are; and zeros say nothing of a unit that nobody states."""
    outcome = read(tmp_path, *hours("监测时间,监控点,废气流量(m3/h),二氧化硫", "52000,0", "52000,0"))
    assert units(outcome) == {"a00000": "m3 h-1", "a21026": "mg m-3"} and outcome.rejects == ()


def test_long_tables_follow_it_as_wide_ones(tmp_path: Path) -> None:
    """The quantities that rows name decide, with those that come below them; a unit in a row wins."""
    rows = [("二氧化硫", "12", ""), ("PM2.5", "35", ""), ("一氧化碳", "0.8", "mg/m3"), ("臭氧", "9000", "")]
    lines = [f"2024-10-01 {h:02d}:00,一号,{n},{v},{u}" for h in range(3) for n, v, u in rows]
    outcome = read(tmp_path, "监测时间,监控点,监测因子,实测值,单位", *lines)
    assert units(outcome) == {"a21026": "ug m-3", "a34004": "ug m-3", "a21005": "mg m-3"}
    (decision,) = (d for d in outcome.decisions if d.code == "record_units_by_convention")
    assert list(decision.values["columns"]) == ["二氧化硫 ug m-3", "PM2.5 ug m-3", "臭氧 ug m-3"]  # type: ignore[arg-type]
    assert [(r.where, r.values["median"]) for r in outcome.rejects] == [('column "a05024"', 9000.0)]
    assert np.allclose(outcome.value[0]["a21026"].values, 12.0)
