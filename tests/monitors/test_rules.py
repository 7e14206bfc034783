"""All rules together: what is counted, what is said once, bad records, stored series, and what may not matter."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.monitors.stored import write_sites
from monitors.rules import seek_anomalies
from monitors.schema import Anomaly, Cause
from monitors.settle import settle
from onevisit.words.telling import tell
from tests.monitors.outlets import noisy, outlet


def upset(**attrs: str) -> xr.Dataset:
    """Two weeks with an exceedance, a frozen value, a negative and marks of a fault without one."""
    so2, nox = noisy(336), noisy(336, 60.0, seed=2)
    so2[50:55], so2[120:132], so2[200] = 70.0, 21.5, -5.0
    so2[50:55] += np.arange(5)
    marks = ["N"] * 336
    marks[250:254] = ["D"] * 4
    return outlet(
        {"a21026": so2, "a21002": nox},
        limits={"a21026": 50.0, "a21002": 150.0},
        marks={"a21026": marks},
        **attrs,
    )


def told(series: Sequence[xr.Dataset]) -> list[tuple[str, str, datetime, datetime, float]]:
    """What is found, without the files."""
    return [(one.kind, one.code, one.start, one.end, round(one.strength, 9)) for one in seek_anomalies(series).value]


def test_what_is_found_is_counted_by_kind() -> None:
    """Every kind with its number, and every anomaly weighed."""
    outcome = seek_anomalies([upset()])
    assert [one.kind for one in outcome.value] == ["exceedance", "constant", "negative", "mark_contradicted"]
    assert all(sum(one.causes.values()) == pytest.approx(1.0) for one in outcome.value)
    (asked,) = (tell(one) for one in outcome.decisions if one.code == "records_asked")
    assert asked.decision == "records of 1 site asked by all rules"
    assert asked.evidence == (
        "1 series, 1 of them with a limit; 4 anomalies: "
        "1 exceedance, 1 constant run, 1 negative run, 1 mark contradicted"
    )


def test_the_order_of_quantities_and_of_series_does_not_matter() -> None:
    """The same is found, in the same order."""
    series, other = upset(), upset(point="2#")
    turned = series[list(reversed(list(series.data_vars)))]
    assert told([series]) == told([turned])
    assert sorted(told([series, other])) == sorted(told([other, series]))


@settings(max_examples=10, deadline=None)
@given(st.sampled_from([1e-3, 0.1, 10.0, 1000.0]))
def test_units_of_values_and_limits_together_do_not_matter(factor: float) -> None:
    """In grams or micrograms the same is found, as strong."""
    series = upset()
    scaled = series.copy(deep=True)
    for name in ("a21026", "a21002"):
        digits = 2 - round(np.log10(factor))
        scaled[name].values[:] = np.round(series[name].values * factor, digits)
        scaled[name].attrs["limit"] *= factor
    fine = [one for one in told([series]) if one[0] != "negative"]
    again = [one for one in told([scaled]) if one[0] != "negative"]
    assert [one[:4] for one in fine] == [one[:4] for one in again]
    np.testing.assert_allclose([one[4] for one in fine], [one[4] for one in again], rtol=1e-6)


def test_a_series_that_came_twice_changes_nothing() -> None:
    """It is counted as such."""
    outcome = seek_anomalies([upset(), upset()])
    assert [one.kind for one in outcome.value] == [one.kind for one in seek_anomalies([upset()]).value]
    assert [tell(one).evidence for one in outcome.decisions if one.code == "series_not_judged"] == ["1 there twice"]


def test_series_of_which_nothing_can_be_said_are_counted_with_the_reason() -> None:
    """Moments, an empty one, and one without any quantity."""
    moments = outlet({"a21026": [1.0]}, interval="realtime")
    empty = outlet({"a21026": [1.0]}).isel(obs=slice(0))
    nothing = outlet({"a21026": [1.0]}).drop_vars("a21026")
    (said,) = (
        tell(one) for one in seek_anomalies([moments, empty, nothing]).decisions if one.code == "series_not_judged"
    )
    assert said.decision == "3 series not judged by any rule"
    assert said.evidence == (
        "1 without a row, 1 of readings of moments (means of minutes, hours or days are judged), "
        "1 without a known quantity"
    )


def test_odd_records_are_counted_and_stay() -> None:
    """Two values in an hour, a row of 2000, an unknown code, words nobody knows, two records that differ."""
    hours = [-229_000.0, *range(24), 23.5]
    one = outlet({"a21026": [9.0, *range(25)], "a0zz99": [1.0] * 26}, hours=hours, limits={"a21026": 50.0})
    two = outlet({"a21026": [*range(23), 99.0]}, marks={"mark": ["天知道"] * 2 + [""] * 22}, source="b.csv")
    outcome = seek_anomalies([one, two])
    (odd,) = (tell(said).evidence for said in outcome.decisions if said.code == "records_odd")
    assert odd == (
        "1 rows lie years apart from the record (a clock that began anew), 1 quantities have an unknown code, "
        "1 values differ from another one of the same slot (the later was taken), "
        "1 values differ between two records of one point (both were judged), "
        "2 values bear a mark whose words are not known"
    )


def test_holes_of_months_and_a_mark_without_end_are_borne() -> None:
    """Half a year of hours, half of them missing, then a mark until the end: found and counted."""
    hours = [*range(500), *range(4000, 4300)]
    marks = ["N"] * 700 + ["D"] * 100
    values = np.r_[noisy(700), np.full(100, np.nan)]
    outcome = seek_anomalies([outlet({"a21026": values}, hours=hours, marks={"a21026": marks})])
    (odd,) = (tell(said).evidence for said in outcome.decisions if said.code == "records_odd")
    assert odd == "1 records end under a mark that was never taken back"
    assert sorted({one.kind for one in outcome.value}) == ["marks_over_limit", "missing"]


def test_stored_series_say_the_same(tmp_path: Path) -> None:
    """Read by chunks of sites in tasks, more than one of them."""
    sites = [[upset(permit_code=f"P{k}", uscc=f"U{k}", site_name=f"厂{k}")] for k in range(5)]
    plain = seek_anomalies([one for own in sites for one in own])
    stored = seek_anomalies(write_sites(tmp_path, sites, sites_a_file=2))
    assert [(one.permit_code, one.kind, one.start) for one in stored.value] == [
        (one.permit_code, one.kind, one.start) for one in plain.value
    ]
    assert stored.decisions == plain.decisions


def test_many_sites_are_asked_in_tasks_and_none_is_lost() -> None:
    """250 sites of one bad hour each."""
    series = [
        outlet({"a21026": [60.0]}, limits={"a21026": 50.0}, permit_code=f"P{k}", uscc="", site_name="")
        for k in range(250)
    ]
    assert [one.permit_code for one in seek_anomalies(series).value] == [f"P{k}" for k in range(250)]


# --- one thing said once -------------------------------------------------------------------------------------------


def said(kind: str, first: int, last: int, *, strength: float = 1.0, code: str = "a21026") -> Anomaly:
    """An anomaly from one hour to another."""
    start = datetime(2026, 3, 2, tzinfo=UTC)
    return Anomaly(
        kind,
        "P1",
        "",
        "",
        "1#",
        "a.csv",
        code,
        start + timedelta(hours=first),
        start + timedelta(hours=last),
        strength,
    )


def test_two_rules_that_say_the_same_are_joined() -> None:
    """The stronger gives the values, both the span; another quantity is another matter."""
    (joined,) = settle([said("constant", 0, 10), said("constant", 5, 20, strength=3.0)])
    assert (joined.strength, joined.start.hour, joined.end.hour) == (3.0, 0, 20)
    assert len(settle([said("constant", 0, 10), said("constant", 5, 20, code="a21002")])) == 2


def test_what_another_kind_explains_is_left_out() -> None:
    """A substituted run is no constant one; one that covers less than half of it leaves it."""
    assert [one.kind for one in settle([said("constant", 0, 10), said("substituted", 0, 10)])] == ["substituted"]
    assert len(settle([said("constant", 0, 10), said("substituted", 0, 5)])) == 2


@given(st.permutations([said("step", 0, 1), said("constant", 0, 9), said("substituted", 0, 9), said("zero", 3, 4)]))
def test_the_order_in_which_rules_speak_does_not_matter(found: list[Anomaly]) -> None:
    """The same remains, in the same order."""
    assert [one.kind for one in settle(found)] == ["substituted", "zero"]


def test_emission_and_fault_are_told_apart() -> None:
    """A rise of both quantities over hours is emission; one that repeats its value alone is a fault."""
    so2, nox = noisy(336), noisy(336, 60.0, seed=2)
    rise = np.array([1.4, 1.9, 2.6, 3.1, 3.4, 3.3, 2.7, 2.0, 1.5])
    so2[100:109], nox[100:109] = so2[100:109] * rise, nox[100:109] * np.sqrt(rise)
    so2[200:209] = 80.0
    found = seek_anomalies([outlet({"a21026": so2, "a21002": nox}, limits={"a21026": 50.0})]).value
    causes = [one.cause for one in found if one.kind == "exceedance"]
    assert causes == [Cause.EMISSION, Cause.FAULT]
