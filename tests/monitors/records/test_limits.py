"""Exceedances: runs above the limit by hand, what ends one, and what is said of the marks in it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
import xarray as xr

from monitors.records.limits import seek_exceedances as seek_of_site
from monitors.rules import seek_anomalies
from monitors.schema import Anomaly
from onevisit.words.telling import tell
from tests.monitors.outlets import outlet, site_of

HOUR = np.timedelta64(1, "h")
START = np.datetime64("2026-03-01T16:00", "ns")


def series(values: list[float], *, interval: str = "hour", hours: list[int] | None = None, **more: Any) -> xr.Dataset:
    """SO2 of one stack with a limit of 50 mg m-3."""
    at = START + np.array(hours if hours is not None else range(len(values))) * HOUR
    so2 = ("obs", np.array(values), {"units": "mg m-3", "code": "a21026", "limit": 50.0})
    return xr.Dataset(
        {"a21026": so2, **more},
        {"time": ("obs", at)},
        {
            "interval": interval,
            "point": "1#",
            "permit_code": "P1",
            "uscc": "U1",
            "site_name": "厂",
            "source": "a.csv",
        },
    )


def seek_exceedances(one: xr.Dataset) -> tuple[Anomaly, ...]:
    """What is found in one series."""
    return tuple(seek_of_site(site_of(one)))


def test_a_run_above_the_limit_is_one_anomaly() -> None:
    """From the start of its first hour to the end of its last, as strong as its highest value."""
    (found,) = seek_exceedances(series([40, 51, 75, 60, 50]))
    assert (found.kind, found.code, found.point, found.source) == ("exceedance", "a21026", "1#", "a.csv")
    assert (found.permit_code, found.uscc, found.site_name) == ("P1", "U1", "厂")
    assert (found.start, found.end) == (
        datetime(2026, 3, 1, 17, tzinfo=UTC),
        datetime(2026, 3, 1, 20, tzinfo=UTC),
    )
    assert found.strength == 1.5
    stated = {name: found.values[name] for name in ("compared", "highest", "limit", "unit", "interval", "intervals")}
    assert stated == {
        "compared": "measured",
        "highest": 75.0,
        "limit": 50.0,
        "unit": "mg m-3",
        "interval": "hour",
        "intervals": 3.0,
    }
    assert (found.rivals, found.lon, found.lat) == ((), None, None)


def test_the_limit_itself_and_missing_values_are_not_above() -> None:
    """50 of 50 is allowed; of a missing hour nothing is known."""
    assert seek_exceedances(series([50.0, float("nan"), 49.0])) == ()


@pytest.mark.parametrize(("hours", "runs"), [([0, 1, 2], 1), ([0, 1, 3], 2)])
def test_a_gap_ends_a_run(hours: list[int], runs: int) -> None:
    """Nobody knows what was in the hour that is not there."""
    assert len(seek_exceedances(series([60, 60, 60], hours=hours))) == runs


def test_the_value_at_reference_oxygen_is_compared() -> None:
    """Where the record gives one: 40 measured are 80 corrected."""
    corrected = ("obs", np.array([80.0, 40.0]), {"units": "mg m-3", "code": "a21026"})
    (found,) = seek_exceedances(series([40, 60], a21026_corrected=corrected))
    assert (found.start.hour, found.strength, found.values["compared"]) == (16, 1.6, "corrected")


@pytest.mark.parametrize(("interval", "end"), [("day", datetime(2026, 3, 2, 16, tzinfo=UTC)), ("minute", None)])
def test_means_of_days_are_compared_and_readings_are_not(interval: str, end: datetime | None) -> None:
    """A limit is one for the mean of an hour or a day."""
    found = seek_exceedances(series([60], interval=interval))
    assert [one.end for one in found] == ([end] if end else [])


def test_what_was_marked_in_that_time_is_a_rival() -> None:
    """Once each, without the letter of a normal row and without marks of other hours."""
    letters = (
        "obs",
        np.array([3, 1, 3, 2], np.int8),
        {"flag_values": np.array([0, 1, 2, 3], np.int8), "flag_meanings": "no_mark normal calibration fault"},
    )
    declared = (
        "obs",
        np.array([0, 1, 1, 1], np.int8),
        {"flag_values": np.array([0, 1], np.int8), "flag_meanings": "no_mark 启炉"},
    )
    (found,) = seek_exceedances(series([40, 60, 60, 40], a21026_mark=letters, mark=declared))
    assert found.kind == "marked_exceedance"
    assert found.rivals == ("marked:fault", "marked:启炉")


def test_the_place_of_the_point_goes_with_it() -> None:
    """Where the series has one."""
    (found,) = seek_exceedances(series([60]).assign_coords(lon=104.1, lat=30.6))
    assert (found.lon, found.lat) == (104.1, 30.6)


def test_all_series_are_asked_and_counted() -> None:
    """Those without a limit say nothing; no series, no decision."""
    silent = series([90])
    del silent["a21026"].attrs["limit"]
    outcome = seek_anomalies([series([60]), silent])
    assert [one.strength for one in outcome.value] == [1.2]
    assert tell(outcome.decisions[0]).evidence == "2 series, 1 of them with a limit; 1 anomaly: 1 exceedance"
    assert seek_anomalies([]).decisions == ()


def test_marks_divide_a_run() -> None:
    """Two hours that bear a mark between two that do not: three anomalies, each with its own kind."""
    found = seek_exceedances(outlet({"a21026": [60.0] * 4}, limits={"a21026": 50.0}, marks={"a21026": list("NDDN")}))
    assert [(one.kind, one.start.hour) for one in found] == [
        ("exceedance", 16),
        ("exceedance", 19),
        ("marked_exceedance", 17),
    ]


def test_values_of_a_short_calibration_are_those_of_its_standard() -> None:
    """One hour of span gas above the limit is not told; a night of it is."""
    one = outlet({"a21026": [20.0, 80.0, 20.0]}, limits={"a21026": 50.0}, marks={"a21026": list("NCN")})
    night = outlet({"a21026": [80.0] * 4}, limits={"a21026": 50.0}, marks={"a21026": list("CCCC")})
    assert seek_exceedances(one) == ()
    assert [found.kind for found in seek_exceedances(night)] == ["marked_exceedance"]


def test_a_stop_that_was_one_is_not_told() -> None:
    """Converted at 20.8 % of oxygen, nothing becomes 300: with the mark of a stop it is not told, without it is."""
    values = {"a21026": [20.0] * 24 + [3.0] * 3, "a19001": [9.0] * 24 + [20.8] * 3}
    more = {"limits": {"a21026": 50.0}, "corrected": {"a21026": [25.0] * 24 + [300.0] * 3}}
    marked = outlet(values, marks={"a21026": list("N" * 24 + "FFF")}, **more)
    assert seek_exceedances(marked) == ()
    assert [found.strength for found in seek_exceedances(outlet(values, **more))] == [6.0]


def test_minutes_are_held_as_hours() -> None:
    """A minute of 600 in an hour of 10 makes 19.8, which a limit of 50 allows; an hour of 60 it does not."""
    minutes = [600.0] + [10.0] * 59 + [60.0] * 60
    (found,) = seek_exceedances(outlet({"a21026": minutes}, limits={"a21026": 50.0}, interval="minute"))
    assert (found.start.hour, found.strength) == (17, 1.2)


def test_waste_water_is_held_by_days_too() -> None:
    """Twelve hours of 80 and twelve of 40 are a day of 60 with a limit of 50; flue gas has no such day."""
    values = [80.0] * 12 + [40.0] * 12
    found = seek_exceedances(outlet({"w01018": values}, limits={"w01018": 50.0}))
    assert [(one.values["interval"], one.strength) for one in found] == [("hour", 1.6), ("day", 1.2)]
    found = seek_exceedances(outlet({"a21026": values}, limits={"a21026": 50.0}))
    assert [one.values["interval"] for one in found] == ["hour"]
