"""Marks put to the test, by hand: stops that ran, faults without one, hours of a year, industries, checks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from monitors.records.marks import seek_marks
from monitors.schema import Anomaly
from monitors.settings import RecordSettings
from tests.monitors.outlets import noisy, outlet, site_of


def letters(rows: int, **at: tuple[int, int]) -> list[str]:
    """Letters of normal hours, others from one hour to another."""
    marks = ["N"] * rows
    for letter, (first, last) in at.items():
        marks[first:last] = [letter] * (last - first)
    return marks


def told(found: object) -> list[tuple[str, str]]:
    """Kinds and codes."""
    return [(one.kind, one.code) for one in found if isinstance(one, Anomaly)]  # type: ignore[attr-defined]


def test_a_stop_in_which_the_site_ran() -> None:
    """Five hours marked F at 99 % of running; at 10 %, and where nobody knows, nothing is told."""
    series = outlet({"a21026": noisy(48)}, marks={"a21026": letters(48, F=(20, 25))})
    (found,) = seek_marks(site_of(series, running=[0.99] * 48))
    assert (found.kind, found.strength, found.values["running"]) == (
        "stop_marked_but_running",
        2.5,
        pytest.approx(0.99),
    )
    assert told(seek_marks(site_of(series, running=[0.1] * 48))) == []
    assert told(seek_marks(site_of(series))) == []


def test_values_that_say_themselves_that_it_stood_confirm_a_stop() -> None:
    """At 20.8 % of oxygen nothing burnt, whatever a meter says."""
    oxygen = np.r_[np.full(20, 9.0), np.full(5, 20.8), np.full(23, 9.0)]
    series = outlet({"a21026": noisy(48), "a19001": oxygen}, marks={"a21026": letters(48, F=(20, 25))})
    assert told(seek_marks(site_of(series, running=[0.99] * 48))) == []


@pytest.mark.parametrize("letter", ["D", "M"])
def test_a_mark_under_which_the_analyser_measured_as_always(letter: str) -> None:
    """Four hours like any others are told; wild, frozen or missing ones are what the mark says."""
    values = noisy(200)
    marks = {"a21026": letters(200, **{letter: (100, 104)})}
    assert told(seek_marks(site_of(outlet({"a21026": values}, marks=marks)))) == [("mark_contradicted", "a21026")]
    for broken in ([2.0, 70.0, 0.5, 90.0], [33.0] * 4, [np.nan] * 4):
        wrong = values.copy()
        wrong[100:104] = broken
        assert told(seek_marks(site_of(outlet({"a21026": wrong}, marks=marks)))) == []


def test_one_wild_quantity_makes_a_mark_of_all_believable() -> None:
    """Hands on one analyser, marked for both."""
    so2, nox = noisy(200), noisy(200, 60.0, seed=2)
    so2[100:104] = [2.0, 70.0, 0.5, 90.0]
    marks = letters(200, M=(100, 104))
    series = outlet({"a21026": so2, "a21002": nox}, marks={"a21026": marks, "a21002": marks})
    assert told(seek_marks(site_of(series))) == []


def test_hours_of_fault_in_a_year() -> None:
    """61 of 60 allowed hours are told, 60 are not; a bureau may set others."""
    values = np.full(100, np.nan)
    over = outlet({"a21026": values}, marks={"a21026": letters(100, D=(0, 61))})
    (found,) = seek_marks(site_of(over))
    assert (found.kind, found.values["hours"], found.strength) == ("marks_over_limit", 61.0, 61 / 60)
    at_limit = outlet({"a21026": values}, marks={"a21026": letters(100, D=(0, 60))})
    assert told(seek_marks(site_of(at_limit))) == []
    fewer = replace(RecordSettings(), marked_h=59.0)
    assert told(seek_marks(site_of(at_limit, settings=fewer))) == [("marks_over_limit", "a21026")]


@pytest.mark.parametrize(("industry", "kinds"), [("4620", ["marks_outside_industry"]), ("3011", []), ("", [])])
def test_marks_outside_the_industries(industry: str, kinds: list[str]) -> None:
    """Sewage treatment is none of them, cement is; of an unknown industry nothing is said."""
    series = outlet({"w01018": noisy(48)}, marks={"mark": ["故障"] * 3 + [""] * 45})
    assert [kind for kind, _ in told(seek_marks(site_of(series, industry=industry)))] == kinds


def test_a_calibration_of_hours_in_working_time() -> None:
    """From nine to twelve is told once for both quantities; by night, and for one hour, it is not."""
    values = {"a21026": noisy(48), "a21002": noisy(48, 60.0)}
    for hours, kinds in (((9, 12), ["calibration_in_work_hours"]), ((1, 4), []), ((9, 10), [])):
        marks = letters(48, C=hours)
        found = seek_marks(site_of(outlet(values, marks={"a21026": marks, "a21002": marks})))
        assert [kind for kind, _ in told(found)] == kinds


def test_a_daily_check_that_failed() -> None:
    """Checks at 2 o'clock give 25; 29 on the sixth day is 4 off where 2.5 are allowed, from the last good one on."""
    values, marks = noisy(240), ["N"] * 240
    for day in range(10):
        values[24 * day + 2], marks[24 * day + 2] = 25.0, "C"
    values[24 * 5 + 2] = 29.0
    (found,) = seek_marks(site_of(outlet({"a21026": values}, marks={"a21026": marks})))
    assert (found.kind, found.strength) == ("check_failed", pytest.approx(1.6))
    assert (found.start.isoformat(), found.end.isoformat()) == (
        "2026-03-05T19:00:00+00:00",
        "2026-03-06T19:00:00+00:00",
    )


def test_checks_of_several_standards_say_nothing() -> None:
    """Zero and span in turn have no one level."""
    values, marks = noisy(240), ["N"] * 240
    for day in range(10):
        values[24 * day + 2], marks[24 * day + 2] = (25.0, 80.0)[day % 2], "C"
    assert told(seek_marks(site_of(outlet({"a21026": values}, marks={"a21026": marks})))) == []
