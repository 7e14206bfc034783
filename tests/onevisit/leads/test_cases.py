"""The case that a city is proud of, from its records to what is handed over: a broken analyser is no offence.

A waste-water plant's ammonia nitrogen is abnormal for days and above total nitrogen, which cannot be: the analyser is
broken. The same again with a mark that its power and its own values contradict; and a device that breaks thrice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
import xarray as xr

from ingest.monitors.marks import mark_variable
from ingest.schema import CrsSource, Site
from monitors.rules import seek_anomalies
from monitors.schema import Anomaly, Cause
from monitors.settings import RecordSettings
from onevisit.leads.records import matters_of_records
from onevisit.leads.tables import BUILT_IN
from onevisit.schema import Disposition, Lead
from onevisit.settings import VisitSettings
from onevisit.visits.help import plan_help
from onevisit.visits.plan import plan_visits
from onevisit.words.telling import say
from tests.onevisit.leads.weighing import weigh

HOURS, DAY, ZONE = 28 * 24, date(2026, 3, 30), "Asia/Shanghai"
START = np.datetime64("2026-03-01T16:00", "ns")
SETTINGS = VisitSettings()
PLANT = Site(
    "P1", "净水厂", 104.0, 30.6, 10.0, "WGS84", CrsSource.DECLARED, permit_code="P1", industry_code="4620",
    species=("氨氮",),
)  # fmt: skip
BROKEN = slice(HOURS - 6 * 24, HOURS)


def _series(data: dict[str, xr.Variable], point: str, source: str) -> xr.Dataset:
    names = {"mn": "", "point": point, "permit_code": "P1", "uscc": "", "site_name": "净水厂", "source": source}
    time = START + np.arange(HOURS) * np.timedelta64(1, "h")
    return xr.Dataset(data, {"time": ("obs", time)}, {"interval": "hour", **names})


def _records(marks: Sequence[str]) -> list[xr.Dataset]:
    """Four weeks of both nitrogens, the first one broken for six days, and of a pump and a blower that run."""
    rng = np.random.default_rng(3)
    usual = np.exp(rng.normal(0.0, 0.08, HOURS))
    ammonia, total = np.round(1.5 * usual, 3), np.round(9.0 * np.exp(rng.normal(0.0, 0.05, HOURS)), 2)
    ammonia[BROKEN] = np.round(16.0 * usual[BROKEN], 3)
    named = list(dict.fromkeys(marks))
    mark = mark_variable(np.array([named.index(text) for text in marks]), named)
    data = {
        "w21003": xr.Variable("obs", ammonia, {"units": "mg L-1", "code": "w21003"}),
        "w21001": xr.Variable("obs", total, {"units": "mg L-1", "code": "w21001"}),
        "mark": mark,
    }
    power = {
        f"{name}_power": xr.Variable(
            "obs", 30.0 * np.exp(rng.normal(0.0, 0.02, HOURS)), {"units": "kW", "long_name": name, "role": role}
        )
        for name, role in (("进水泵", "production"), ("鼓风机", "treatment"))
    }
    return [_series(data, "DW001", "小时.csv"), _series(power, "", "用电.csv")]


def _lead(anomalies: Sequence[Anomaly]) -> Lead:
    """The lead of the plant, from what its records say."""
    matters = matters_of_records(anomalies, [PLANT], SETTINGS, BUILT_IN, day=DAY, zone=ZONE).value
    (lead,) = weigh([PLANT], (), (), matters=matters).value
    return lead


def test_a_broken_analyser_of_ammonia_is_helped_with_and_nobody_enters() -> None:
    """Fault, help, no visit; the firm is told what to check first and what proves it mended."""
    found = seek_anomalies(_records(["N"] * HOURS), [PLANT], (), RecordSettings()).value
    assert "ammonia_above_total_nitrogen" in {one.kind for one in found}
    lead = _lead(found)
    assert lead.disposition is Disposition.HELP and lead.explanations[0].name == "analyser_fault"
    assert plan_visits([lead], [PLANT], SETTINGS, day=DAY).value == ()
    (offered,) = plan_help([lead], day=DAY)
    (item,) = [one for one in offered.items if "Ammonia nitrogen above total nitrogen" in say(one.seen)]
    assert say(item.check) == "digestion of total nitrogen, then both analysers with one and the same sample"
    assert item.due == date(2026, 4, 6)
    assert say(lead.why, "zh").startswith("故障可能性最大，宜帮扶：")


def test_the_same_with_a_mark_that_is_contradicted_is_reviewed_and_nobody_is_contacted() -> None:
    """Six hours of the broken days are marked as a stop in which pump and blower ran: not help, and not a visit."""
    marks = ["N"] * HOURS
    marks[-60:-54] = ["F"] * 6
    found = seek_anomalies(_records(marks), [PLANT], (), RecordSettings()).value
    assert {"ammonia_above_total_nitrogen", "stop_marked_but_running"} <= {one.kind for one in found}
    lead = _lead(found)
    assert lead.disposition is Disposition.REVIEW
    assert plan_help([lead], day=DAY) == () and plan_visits([lead], [PLANT], SETTINGS, day=DAY).value == ()
    assert say(lead.why).startswith("do not contact the firm; look through what is on record first: Marked as")
    assert {e.name: e.probability for e in lead.explanations}["wrong_mark"] >= SETTINGS.review_probability


FAULT = Anomaly(
    "constant", "P1", "", "", "DW001", "a.csv", "w21003", datetime(2026, 3, 25, tzinfo=UTC),
    datetime(2026, 3, 26, tzinfo=UTC), 1.0, causes={Cause.FAULT: 1.0},
)  # fmt: skip


def _earlier(days: int, kind: str = "constant") -> Anomaly:
    return replace(FAULT, kind=kind, start=FAULT.start - timedelta(days=days), end=FAULT.end - timedelta(days=days))


@pytest.mark.parametrize(
    ("before", "disposition"),
    [
        ((60, 120), Disposition.VISIT),
        ((60,), Disposition.HELP),
        ((5, 10), Disposition.HELP),
        ((15, 30), Disposition.VISIT),
        ((60, 400), Disposition.HELP),
    ],
)
def test_the_third_fault_of_a_device_within_a_year_is_a_visit(
    before: tuple[int, ...], disposition: Disposition
) -> None:
    """Each after two weeks in order; days apart they are one fault, and more than a year ago they are forgotten."""
    lead = _lead([*(_earlier(days, "zero") for days in before), FAULT])
    assert lead.disposition is disposition
    assert ("repeated_fault" in [m.code for m in lead.matters]) == (disposition is Disposition.VISIT)


def test_faults_of_two_devices_are_not_added_up() -> None:
    """One of another outlet is its own first."""
    others = [replace(_earlier(60), point="DW002"), _earlier(120)]
    assert _lead([*others, FAULT]).disposition is Disposition.HELP
