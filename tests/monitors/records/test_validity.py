"""Means of valid slots and converted values, by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.records.regular import regular_of
from monitors.records.validity import means_of, reference_oxygen, seek_converted, seek_nitrogen_oxides
from tests.monitors.outlets import outlet, site_of


@pytest.mark.parametrize(("missing", "mean"), [(15, 2.0), (16, np.nan)])
def test_an_hour_needs_45_minutes(missing: int, mean: float) -> None:
    """Sixty minutes of 2.0 without 15 have a mean, without 16 none."""
    minutes = regular_of(outlet({"a21026": [np.nan] * missing + [2.0] * (60 - missing)}, interval="minute"))
    assert minutes is not None
    np.testing.assert_array_equal(means_of(minutes, "hour", 45).values, [[mean]])


def test_marked_minutes_are_not_in_the_mean() -> None:
    """Ten marked minutes of 100 among fifty of 1.0 leave 1.0, and an hour without a mark."""
    marks = ["C"] * 10 + ["N"] * 50
    minutes = regular_of(outlet({"a21026": [100.0] * 10 + [1.0] * 50}, marks={"a21026": marks}, interval="minute"))
    assert minutes is not None
    hour = means_of(minutes, "hour", 45)
    assert hour.values.tolist() == [[1.0]] and not hour.conditions.any()


def test_a_day_is_local_and_needs_20_hours() -> None:
    """Hours from 04:00 local: 20 of the first day are enough, 19 of the next are not."""
    hours = regular_of(outlet({"w01018": [1.0] * 20 + [3.0] * 19}, hours=range(4, 43)))
    assert hours is not None
    days = means_of(hours, "day", 20)
    np.testing.assert_array_equal(days.values, [[1.0, np.nan]])
    assert days.moment(0).isoformat() == "2026-03-01T16:00:00+00:00"


@given(st.floats(3.0, 15.0), st.lists(st.integers(0, 59), max_size=20, unique=True))
def test_the_reference_is_found_whatever_a_third_of_the_rows_say(reference: float, wrong: list[int]) -> None:
    """Rows with another conversion do not move the one constant that explains the others."""
    oxygen = np.linspace(4.0, 16.0, 60)
    converted = 30.0 * (21.0 - reference) / (21.0 - oxygen)
    converted[wrong] *= 0.5
    assert reference_oxygen(np.full(60, 30.0), converted, oxygen) == pytest.approx(reference, abs=1e-9)


def test_a_converted_value_that_is_stated_too_low() -> None:
    """30 mg at 9 % of 6 % reference are 37.5; five hours of 20 are told, worst 17.5 beyond the tolerance."""
    oxygen = [9.0] * 40
    stated = [37.5] * 40
    stated[20:25] = [20.0] * 5
    series = outlet({"a21026": [30.0] * 40, "a19001": oxygen}, corrected={"a21026": stated})
    (found,) = seek_converted(site_of(series))
    assert (found.kind, found.code, found.start.hour, found.values["intervals"]) == (
        "converted_differs",
        "a21026",
        12,
        5,
    )
    assert found.values["recomputed"] == pytest.approx(37.5)
    # tolerance: 5 % of 37.5, and the rounding of 0.1 in both values
    assert found.strength == pytest.approx(17.5 / (0.05 * 37.5 + 1.0 * (1 + 15 / 12)), rel=0.5)


def test_values_of_a_plant_that_stands_are_not_recomputed() -> None:
    """At 20.8 % of oxygen nothing is converted."""
    oxygen = [9.0] * 40 + [20.8] * 10
    series = outlet({"a21026": [30.0] * 50, "a19001": oxygen}, corrected={"a21026": [37.5] * 40 + [30.0] * 10})
    assert list(seek_converted(site_of(series))) == []


def test_nox_that_is_the_plain_sum() -> None:
    """100 NO and 10 NO2 are 163.3 as NO2 (46.005 / 30.006), not 110."""
    nitrogen = {"a21003": [100.0] * 12, "a21004": [10.0] * 12}
    (found,) = seek_nitrogen_oxides(site_of(outlet({**nitrogen, "a21002": [110.0] * 12})))
    assert found.values["recomputed"] == pytest.approx(100 * 46.005 / 30.006 + 10, rel=1e-4)
    assert list(seek_nitrogen_oxides(site_of(outlet({**nitrogen, "a21002": [163.0] * 12})))) == []
