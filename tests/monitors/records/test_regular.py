"""Series as matrices: slots by hand, gaps, two values in a slot, clocks that began anew, conditions of marks."""

from __future__ import annotations

import numpy as np
import pytest

from monitors.records.conditions import Condition, condition_of
from monitors.records.regular import Regular, regular_of, resolution_of
from monitors.records.runs import Run, find_runs, join_runs, mark_runs
from tests.monitors.outlets import outlet


def regular(*args: object, **more: object) -> Regular:
    """Matrices that must be there."""
    found = regular_of(outlet(*args, **more))  # type: ignore[arg-type]
    assert found is not None
    return found


def test_a_hole_is_a_column_without_values() -> None:
    """Hours 0, 1 and 4 make five slots, of which two are empty."""
    found = regular({"a21026": [1.0, 2.0, 3.0]}, hours=[0, 1, 4])
    np.testing.assert_array_equal(found.values, [[1.0, 2.0, np.nan, np.nan, 3.0]])
    assert found.row.tolist() == [0, 1, -1, -1, 2]
    assert found.moment(4).isoformat() == "2026-03-01T20:00:00+00:00"


def test_the_last_of_two_rows_in_a_slot_counts() -> None:
    """5 and 6 in one hour: 6 stands, one conflict is counted; equal values are none."""
    found = regular({"a21026": [5.0, 6.0, 7.0, 7.0]}, hours=[0.0, 0.5, 1.0, 1.5])
    assert found.values.tolist() == [[6.0, 7.0]]
    assert found.odd.conflicts == 1


def test_rows_of_a_clock_that_began_anew_are_counted_and_left_out() -> None:
    """One row of the year 2000 before a record of 2026 does not make 26 years of slots."""
    found = regular({"a21026": [9.0, *range(20)]}, hours=[-229_000, *range(20)])
    assert (found.slots, found.odd.of_other_clock) == (20, 1)


def test_stamps_within_the_hour_fall_into_their_slot() -> None:
    """Stamps at half past are half an hour behind the start of theirs."""
    found = regular({"a21026": [1.0, 2.0]}, hours=[0.5, 1.5])
    assert found.values.tolist() == [[1.0, 2.0]]
    assert found.odd.offset_s == 1800.0


def test_a_day_begins_at_local_midnight() -> None:
    """Two days from 16:00 UTC on are two slots that begin there."""
    found = regular({"w01018": [1.0, 2.0]}, interval="day")
    assert found.slots == 2
    assert found.moment(0).isoformat() == "2026-03-01T16:00:00+00:00"


def test_moments_and_series_without_quantities_are_no_matrices() -> None:
    """A reading of a moment is the mean of nothing."""
    assert regular_of(outlet({"a21026": [1.0]}, interval="realtime")) is None
    assert regular_of(outlet({"a21026": [1.0]}).drop_vars("a21026")) is None


@pytest.mark.parametrize(
    ("values", "step"), [([1.25, 3.0], 0.01), ([10.0, np.nan], 1.0), ([1 / 3], 0.0), ([np.nan], 0.0)]
)
def test_resolution_is_the_coarsest_decimal_step(values: list[float], step: float) -> None:
    """1.25 is whole in hundredths, a third in none."""
    assert resolution_of(np.array(values)) == step


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("C", Condition.CALIBRATION),
        ("正常", Condition(0)),
        ("启炉", Condition.STARTING),
        ("停运|D", Condition.STOPPED | Condition.FAULT),
        ("数据替代", Condition.SUBSTITUTED),
        ("自动监测设备故障", Condition.FAULT),
        ("天知道", Condition.OTHER),
        ("maintenance", Condition.MAINTENANCE),
    ],
)
def test_words_of_marks_are_conditions(text: str, condition: Condition) -> None:
    """Letters, words of platforms, several at once, and words that nobody knows."""
    assert condition_of(text) == condition


def test_a_mark_of_one_quantity_is_not_one_of_others() -> None:
    """``a21026:校准`` says nothing of NOx."""
    found = regular({"a21026": [1.0, 2.0], "a21002": [1.0, 2.0]}, marks={"mark": ["a21026:校准", ""]})
    assert found.has(Condition.CALIBRATION).tolist() == [[True, False], [False, False]]
    assert not found.sent.any()
    assert found.marks_in(0, slice(0, 2)) == ("marked:校准",) and found.marks_in(1, slice(0, 2)) == ()


def test_runs_by_hand() -> None:
    """Runs of two rows of a matrix, joined over one slot, and back to a matrix."""
    flags = np.array([[1, 1, 0, 1, 0, 0], [0, 0, 0, 0, 1, 1]], bool)
    runs = find_runs(flags)
    assert runs == [Run(0, 0, 1), Run(0, 3, 3), Run(1, 4, 5)]
    assert join_runs(runs, 1) == [Run(0, 0, 3), Run(1, 4, 5)]
    np.testing.assert_array_equal(mark_runs(runs, flags.shape), flags)
    assert find_runs(flags, 2) == [Run(0, 0, 1), Run(1, 4, 5)]
