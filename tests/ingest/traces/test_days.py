"""Days of traces: clocks that were never set, weeks that rolled over, GPS time, day and clock in two columns."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from ingest.outcome import Outcome
from ingest.traces.read import TraceSettings, read_traces
from onevisit.words.telling import tell

TODAY = date(2026, 6, 1)
ROWS = 12


def _read(folder: Path, files: dict[str, str], **declared: object) -> Outcome[tuple[xr.Dataset, ...]]:
    paths = []
    for name, text in files.items():
        (folder / name).write_text(text, "utf-8")
        paths.append(folder / name)
    given = {"time_zone": "UTC", "split_gap_s": 1e6, **declared}
    return read_traces(paths, TraceSettings(**given), today=TODAY)  # type: ignore[arg-type]


def _table(headings: str, rows: list[str]) -> str:
    body = "".join(f"{row},{104 + i * 1e-4:.4f},30.6,{20 + i}\n" for i, row in enumerate(rows))
    return f"{headings},lon,lat,no2 (ppb)\n{body}"


def _stamps(start: str, form: str = "%Y-%m-%d %H:%M:%S") -> list[str]:
    return [(datetime.fromisoformat(start) + timedelta(seconds=i)).strftime(form) for i in range(ROWS)]


def _told(outcome: Outcome[object]) -> str:
    said = [f"{tell(d).decision} ({tell(d).evidence})" for d in outcome.decisions]
    return "\n".join([*said, *(tell(r).line for r in outcome.rejects)])


def _first(outcome: Outcome[tuple[xr.Dataset, ...]]) -> str:
    [trace] = outcome.value
    assert trace.sizes["obs"] == ROWS, _told(outcome)
    return str(trace["time"].values[0])[:19]


@pytest.mark.parametrize(
    "start", ["1970-01-01 00:00:00", "1980-01-06", "2000-01-01", "2004-12-31", "2036-02-07", "2200-01-01"]
)
def test_a_file_of_an_impossible_day_is_refused(tmp_path: Path, start: str) -> None:
    """With the day, and a line for mission.toml that makes it right when it is followed."""
    text = _table("time", _stamps(start))
    outcome = _read(tmp_path, {"a.csv": text})
    assert not outcome.value and start[:10] in _told(outcome) and "clock_offset_s" in _told(outcome)
    seconds = (datetime(2024, 10, 8, 9) - datetime.fromisoformat(start)).total_seconds()
    assert _first(_read(tmp_path, {"a.csv": text}, clock_offset_s={"a.csv": seconds})) == "2024-10-08T09:00:00"


@pytest.mark.parametrize("weeks", [1024, 2048])
@pytest.mark.parametrize("name", ["20241008.csv", "drive_2024-10-08.csv", "2024年10月8日.csv", "20241008090000.csv"])
def test_weeks_are_added_by_the_name(tmp_path: Path, weeks: int, name: str) -> None:
    """The name has the day; the decision says how many weeks."""
    start = str(datetime(2024, 10, 8, 9) - timedelta(weeks=weeks))
    outcome = _read(tmp_path, {name: _table("time", _stamps(start))})
    assert _first(outcome) == "2024-10-08T09:00:00" and f"{weeks} weeks" in _told(outcome)


def test_rows_before_the_clock_and_weeks_that_rolled_over(tmp_path: Path) -> None:
    """In one file: those of 1980 are left out, those of 2005 moved."""
    stamps = [*_stamps("1980-01-06")[:3], *_stamps("2005-02-22 09:00:00")]
    outcome = _read(tmp_path, {"20241008.csv": _table("time", stamps)})
    assert _first(outcome) == "2024-10-08T09:00:00"
    assert "1024 weeks" in _told(outcome) and "3 of 15 rows" in _told(outcome)


def test_twelve_hours_without_halves_are_refused(tmp_path: Path) -> None:
    """One o'clock after 12:59 is said; a drive that crosses noon in 24 hours is read."""
    table = _table("time", _stamps("2024-10-08 12:59:55", "%Y-%m-%d %I:%M:%S"))
    outcome = _read(tmp_path, {"a.csv": table})
    assert not outcome.value and "AM or PM" in _told(outcome)
    assert _first(_read(tmp_path, {"a.csv": _table("time", _stamps("2024-10-08 12:59:55"))})).endswith("12:59:55")


def test_an_old_drive_with_its_day_in_the_name_is_right(tmp_path: Path) -> None:
    """2003 is no fault where the name says so, nor is a drive of 2006 where nothing else is known."""
    assert _first(_read(tmp_path, {"20030605.csv": _table("time", _stamps("2003-06-05"))})) == "2003-06-05T00:00:00"
    assert _first(_read(tmp_path, {"a.csv": _table("time", _stamps("2006-06-05"))})) == "2006-06-05T00:00:00"


def test_a_name_of_another_day_is_said(tmp_path: Path) -> None:
    """More than two days apart; a drive past midnight and a name of two days are not."""
    table = _table("time", _stamps("2024-10-08 23:59:55"))
    assert "says 2024-09-08" in _told(_read(tmp_path, {"20240908.csv": table}))
    for name in ("20241007.csv", "20241010.csv", "20241001-20241031.csv"):
        assert "name of the file" not in _told(_read(tmp_path, {name: table}))


@pytest.mark.parametrize(
    ("headings", "rows", "first"),
    [
        ("GPST", _stamps("2024-05-01 10:00:00"), "2024-05-01T09:59:42"),
        ("time (GPST)", _stamps("2012-05-01 10:00:00"), "2012-05-01T09:59:45"),
        ("GPS week,GPS seconds", [f"2312,{295200 + i}" for i in range(ROWS)], "2024-05-01T09:59:42"),
        ("GPS seconds", [f"{2312 * 604800 + 295200 + i}" for i in range(ROWS)], "2024-05-01T09:59:42"),
        ("time", _stamps("2024-05-01 10:00:00"), "2024-05-01T10:00:00"),
    ],
)
def test_gps_time_is_ahead_of_utc(tmp_path: Path, headings: str, rows: list[str], first: str) -> None:
    """By 18 s since 2017 and 15 s in 2012; weeks and seconds since 1980-01-06."""
    outcome = _read(tmp_path, {"a.csv": _table(headings, rows)})
    assert _first(outcome) == first
    assert ("GPS time" in _told(outcome)) == ("GPS" in headings)


def test_seconds_of_a_week_without_the_week_are_refused(tmp_path: Path) -> None:
    """The message says which column is missing."""
    told = _told(_read(tmp_path, {"a.csv": _table("GPS seconds", [str(295200 + i) for i in range(ROWS)])}))
    assert "GPS week" in told


@pytest.mark.parametrize(
    ("headings", "rows"),
    [
        ("date,clock", [s.replace(" ", ",") for s in _stamps("2024-10-08 09:05:03")]),
        ("date,clock", _stamps("2024-10-08 09:05:03", "%y%m%d,%H%M%S")),
        ("date,clock", [r.replace(",0", ",") for r in _stamps("2024-10-08 09:05:03", "%Y%m%d,%H%M%S")]),
        ("date,clock", [s.replace(" ", " 00:00:00,") for s in _stamps("2024-10-08 09:05:03")]),
        ("date,clock", [s.replace(" ", ",1899-12-30 ") for s in _stamps("2024-10-08 09:05:03")]),
        ("date,clock", [f"2024-10-08,{(9 * 3600 + 303 + i) / 86400:.9f}" for i in range(ROWS)]),
        ("date,clock", _stamps("2024-10-08 09:05:03", "%Y-%m-%d,上午 %I:%M:%S")),
        ("date,time", [f"{s},{s}" for s in _stamps("2024-10-08 09:05:03")]),
        ("date,time", [f"{s},{1728378303 + i}" for i, s in enumerate(_stamps("2024-10-08 09:05:03"))]),
    ],
)
def test_day_and_clock_in_two_columns(tmp_path: Path, headings: str, rows: list[str]) -> None:
    """Digits that lost a zero, midnights and empty days of spreadsheets, fractions, one column that has all."""
    assert _first(_read(tmp_path, {"a.csv": _table(headings, rows)})) == "2024-10-08T09:05:03"


def test_times_of_float32_are_said(tmp_path: Path) -> None:
    """Days of a spreadsheet in 32 bits step by 337.5 s."""
    days = 45573.375 + np.arange(1200) / 86400
    rows = [f"{float(np.float32(day)):.9f}" for day in days]
    outcome = _read(tmp_path, {"a.csv": _table("time", rows)})
    assert "step by 338 s" in _told(outcome)


def test_netcdf_of_a_gps_clock(tmp_path: Path) -> None:
    """The attributes of the time say so."""
    time = np.datetime64("2024-05-01T10:00:00", "ns") + np.arange(ROWS) * np.timedelta64(1, "s")
    for name, said, first in (("a.nc", "GPS time", "09:59:42"), ("b.nc", "time, UTC by GPS", "10:00:00")):
        data = xr.Dataset(
            {
                "lon": ("obs", 104 + np.arange(ROWS) * 1e-4), "lat": ("obs", np.full(ROWS, 30.6)),
                "no2": ("obs", 20.0 + np.arange(ROWS), {"units": "ppb"}),
            },
            {"time": ("obs", time, {"long_name": said, "standard_name": "time"})},
        )  # fmt: skip
        data.to_netcdf(tmp_path / name)
        [trace] = read_traces([tmp_path / name], TraceSettings(), today=TODAY).value
        assert str(trace["time"].values[0])[11:19] == first
