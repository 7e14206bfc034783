"""Times whose parts stand in columns of their own: which columns they are, and the stamps that they make."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.text.times.parts import days_and_clocks, name_parts
from ingest.traces.read import read_traces
from ingest.traces.record import TraceSettings

START = datetime(2026, 3, 5, 9, 5, 3)
ROWS = [START + timedelta(seconds=k) for k in range(30)]


def read_times(folder: Path, heading: str, row: str) -> np.ndarray:
    """Times of a drive whose rows are written by a pattern over the moment ``t``; clocks are in UTC."""
    lines = []
    for k, t in enumerate(ROWS):
        fraction = (t - datetime(t.year, 1, 1)) / timedelta(days=1) + 1
        lines.append(row.format(t=t, doy=f"{t:%j}", fraction=fraction) + f",{104 + k / 1e4:.4f},30.6,{k % 7}")
    (folder / "a.csv").write_text("\n".join([f"{heading},Longitude,Latitude,NO2 (ppb)", *lines]) + "\n", "utf-8")
    (trace,) = read_traces([folder / "a.csv"], TraceSettings(time_zone="UTC")).value
    return np.asarray(trace["time"].values)


@pytest.mark.parametrize(
    ("heading", "row"),
    [
        ("Year,Month,Day,Hour,Minute,Second", "{t.year},{t.month},{t.day},{t.hour},{t.minute},{t.second}"),
        ("YYYY,MM,DD,HH,MI,SS", "{t:%Y,%m,%d,%H,%M,%S}"),
        ("年,月,日,时,分,秒", "{t.year},{t.month},{t.day},{t.hour},{t.minute},{t.second}.0"),
        ("yr,mon,day,hr,min,sec", "{t:%y},{t.month},{t.day},{t.hour},{t.minute},{t.second}"),
        ("Year,DOY,Hour,Min,Sec", "{t.year},{doy},{t.hour},{t.minute},{t.second}"),
        ("Year,DOY,Time", "{t.year},{doy},{t:%H:%M:%S}"),
        ("Year,Month,Day,Time", "{t.year},{t.month},{t.day},{t:%H:%M:%S}"),
        ("Year,Day of year", "{t.year},{fraction:.9f}"),
    ],
)
def test_parts_make_the_stamps_they_were_taken_from(tmp_path: Path, heading: str, row: str) -> None:
    """In English, Chinese, capital letters and by the day of the year."""
    times = read_times(tmp_path, heading, row)
    wanted = np.array(ROWS, "datetime64[ns]")
    assert np.abs((times - wanted) / np.timedelta64(1, "ms")).max() <= 1


def test_without_a_whole_day_nothing_is_renamed() -> None:
    """A minimum is no minute, and a second is no species where no hour stands beside it."""
    for headings in (["Year", "Month", "NO2"], ["Month", "Day", "Hour"], ["min", "max", "day"]):
        assert name_parts(headings) == headings
    assert name_parts(["Year", "Month", "Day", "min", "s"])[3:] == ["min", "s"]


@pytest.mark.parametrize(
    "parts", [(2026, 2, 30), (2026, 13, 1), (2026, 0, 1), (2026, 4, 31), (np.nan, 1, 1), (2026, 1, 32)]
)
def test_there_is_no_such_day(parts: tuple[float, float, float]) -> None:
    """Then there is no text, and the row is named as one without a time."""
    named = dict(zip(("stamp_year", "stamp_month", "stamp_day"), map(np.atleast_1d, map(float, parts)), strict=True))
    assert days_and_clocks(named)[0].to_list() == [None]


def test_day_366_is_of_leap_years_only() -> None:
    """2024 has one, 2026 has none."""
    days, _ = days_and_clocks({"stamp_year": np.array([2024.0, 2026.0]), "stamp_doy": np.array([366.0, 366.0])})
    assert days.to_list() == ["2024-12-31", None]


@given(st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1)))
def test_any_moment_comes_back(moment: datetime) -> None:
    """To the millisecond, by month and day and by the day of the year."""
    clock = {"stamp_hour": moment.hour, "stamp_minute": moment.minute, "stamp_second": moment.second}
    by_month = {"stamp_year": moment.year, "stamp_month": moment.month, "stamp_day": moment.day, **clock}
    by_day = {"stamp_year": moment.year, "stamp_doy": moment.timetuple().tm_yday, **clock}
    for parts in (by_month, by_day):
        days, clocks = days_and_clocks({name: np.array([float(value)]) for name, value in parts.items()})
        assert clocks is not None
        assert f"{days[0]} {clocks[0]}" == moment.strftime("%Y-%m-%d %H:%M:%S.000")
