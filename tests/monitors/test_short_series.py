"""Records of any length, down to none, are asked by every rule without an error."""

from __future__ import annotations

import numpy as np
import pytest

from monitors import gather_stations, infer_activities, seek_anomalies
from onevisit.truth.simulate.records.alone import draw_records

DRAWN = draw_records(11, sites=12, weeks=4)


@pytest.mark.parametrize("rows", [0, 1, 2, 3, 4, 5, 7, 23, 24, 25])
@pytest.mark.parametrize("gap", [False, True])
def test_a_record_of_a_few_rows_is_asked_like_any_other(rows: int, gap: bool) -> None:
    """Of one value is told what it says itself, of none nothing; every series is counted."""
    cut = [one.isel(obs=slice(0, 2 * rows, 2) if gap else slice(0, rows)) for one in DRAWN.series]
    found = seek_anomalies(cut, DRAWN.sites, DRAWN.orders)
    infer_activities(cut, DRAWN.sites), gather_stations(cut)
    asked = [decision for decision in found.decisions if decision.code == "records_asked"]
    assert [decision.values["series"] for decision in asked] == [len(cut)]
    if rows < 2:
        assert {one.kind for one in found.value} <= {"exceedance", "marked_exceedance", "negative"}


@pytest.mark.parametrize("rows", [3, 30])
def test_a_record_without_any_value_is_asked_too(rows: int) -> None:
    """Of values that never came nothing is told but that they are missing, and no site ran for certain."""
    empty = [
        one.isel(obs=slice(0, rows)).map(lambda v: v * np.nan if v.dtype.kind == "f" else v, keep_attrs=True)
        for one in DRAWN.series
    ]
    found = seek_anomalies(empty, DRAWN.sites, DRAWN.orders).value
    assert {one.kind for one in found} <= {"missing", "meter_offline", "marks_outside_industry", "marks_over_limit"}
    gather_stations(empty)
    for activity in infer_activities(empty, DRAWN.sites).value:
        assert not (activity.running[np.isfinite(activity.running)] > 0.99).any()
