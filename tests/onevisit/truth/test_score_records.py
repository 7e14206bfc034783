"""What records are said to show is held against the truth: kinds, causes, activity."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from onevisit.truth.score.records import (
    Ran,
    Real,
    Said,
    allows,
    calibration,
    counted,
    found_cases,
    judge_activity,
    pair_findings,
)
from onevisit.truth.score.score import score_output
from tests.onevisit.truth.score_cases import _anomaly, _finding, _truth, _write


def _at(hour: float) -> np.datetime64:
    return np.datetime64("2026-03-04T00:00:00", "s") + np.timedelta64(int(3600 * hour), "s")


def _real(kind: str = "step", first: float = 100, last: float = 110, site: str = "A", **changed: Any) -> Real:
    own: dict[str, Any] = {"cause": "fault", **changed}
    return Real(kind, site, "a21026", _at(first), _at(last), **own)


def _said(kind: str = "step", first: float = 100, last: float = 110, site: str = "A", **changed: Any) -> Said:
    return Said(kind, site, "a21026", _at(first), _at(last), **changed)


@pytest.mark.parametrize(
    ("said", "right"),
    [
        (_said(), True),
        (_said(first=110, last=134), True),  # twelve of its hours lie within twelve of the truth's end
        (_said(first=110, last=135), False),
        (_said(first=122, last=123), False),
        (_said(first=121, last=122), True),
        (_said(first=0, last=400), False),  # an alarm over everything
        (_said(first=66, last=100), False),
        (_said(first=76, last=100), True),
        (_said(first=105, last=105), True),
        (_said(kind="drift"), False),
        (_said(kind="spike"), True),
    ],
)
def test_a_finding_is_right_where_half_of_it_is_near_a_truth_that_allows_its_kind(said: Said, right: bool) -> None:
    """From 100 to 110 h, widened by twelve to either side; its own kind or one that may be said, too."""
    assert allows(_real(also=("spike",)), said) is right


def test_a_finding_tells_of_its_own_kind_rather_than_of_another() -> None:
    """Of two at a site that allow it; of none at another site."""
    other, own = _real("drift", 95, 112, also=("step",)), _real("step", 90, 104)
    pairs = pair_findings([_said(), _said(site="B")], [other, own])
    assert [p.real for p in pairs] == [own, None]


def test_a_case_is_found_by_its_own_kind() -> None:
    """What may be said, too, does not find it; what need not be found is no case."""
    drift = _real("drift", also=("step",))
    assert found_cases([_said("step")], [drift, _real("missing", required=False)]) == [(drift, False)]
    assert found_cases([_said("drift")], [drift]) == [(drift, True)]


def test_what_nobody_has_to_find_counts_neither_way() -> None:
    """One finding is wrong, one right, one about a small gap."""
    real = [_real(), _real("missing", required=False)]
    pairs = pair_findings([_said(), _said("missing"), _said("zero")], real)
    assert [p.real is not None for p in counted(pairs)] == [True, False]


def test_kinds_that_are_said_and_are_never_true_count(tmp_path: Path) -> None:
    """A finding of a kind that the truth lacks is wrong; a case of a kind that nobody says is missed."""
    truth = _truth()
    truth["anomalies"] = [_anomaly("drift", "A"), _anomaly("constant", "B", also=["zero"])]
    findings = [_finding("step", "A"), _finding("zero", "B"), _finding("constant", "B")]
    scores = score_output(*_write(tmp_path, truth, anomalies=findings))
    told = {m.key.removeprefix("monitors."): m.value for m in scores.measures if m.key.startswith("monitors.")}
    assert told == {
        "constant.precision": 100.0, "constant.recall": 100.0, "drift.precision": None, "drift.recall": 0.0,
        "step.precision": 0.0, "step.recall": None, "zero.precision": 100.0, "zero.recall": None,
        "causes.faults": None, "causes.emissions": None,
    }  # fmt: skip


def test_causes_of_faults_and_of_emissions(tmp_path: Path) -> None:
    """Of two faults one is called so; of an exceedance and a false mark one is called a fault."""
    truth = _truth()
    truth["anomalies"] = [
        _anomaly("drift", "A", cause="fault"), _anomaly("constant", "B", cause="fault"),
        _anomaly("exceedance", "C", cause="emission"), _anomaly("mark_contradicted", "D", cause="tampering"),
        _anomaly("near_limit", "D", cause="tampering"),
    ]  # fmt: skip
    fault, emission = {"fault": 0.7, "emission": 0.3}, {"fault": 0.2, "emission": 0.8}
    findings = [
        _finding("drift", "A", causes=fault), _finding("constant", "B", causes=emission),
        _finding("exceedance", "C", causes=fault), _finding("mark_contradicted", "D", causes=emission),
        _finding("near_limit", "D", causes=fault), _finding("zero", "A", causes=fault),
    ]  # fmt: skip
    scores = score_output(*_write(tmp_path, truth, anomalies=findings))
    assert scores["monitors.causes.faults"].value == 50.0 and len(scores["monitors.causes.faults"].items) == 2
    assert scores["monitors.causes.emissions"].value == 50.0 and len(scores["monitors.causes.emissions"].items) == 2


TRUE = {"site_id": "A", "begins": "2026-03-04T00:00:00Z", "minutes": 240, "on": [[30, 90], [180, 240]]}
"""Half of the first two hours, none of the third, all of the fourth."""


def test_activity_is_judged_by_the_minutes_of_each_interval() -> None:
    """Shares of a half, a half, none and one; an hour of which nobody knows or after the truth is left out."""
    time = np.array([_at(h) for h in range(5)])
    ran = Ran("A", time, np.full(5, 3600.0), np.array([0.4, np.nan, 0.1, 0.9, 0.9]))
    stated, share, minutes = judge_activity(ran, TRUE)
    assert (stated.tolist(), share.tolist(), minutes.tolist()) == ([0.4, 0.1, 0.9], [0.5, 0.0, 1.0], [60.0] * 3)


def test_calibration_compares_statement_and_share_in_ten_classes() -> None:
    """Two intervals of the class from 0.8, of 60 and 30 minutes; one of certainty."""
    classes = calibration(np.array([0.8, 0.86, 1.0]), np.array([1.0, 0.4, 0.5]), np.array([60.0, 30.0, 10.0]))
    said, ran, weight = classes[8]
    assert (said, ran, weight) == (pytest.approx(0.82), pytest.approx(0.8), 90.0)
    assert classes[9] == (1.0, 0.5, 10.0) and classes[0][2] == 0.0


def test_activity_is_scored_where_it_is_given(tmp_path: Path) -> None:
    """Half of the first hour, all of the third and fourth: 5 of 6; the classes are off by 0.1, 0.1 and 0.1."""
    truth = _truth()
    truth["activity"] = [TRUE]
    properties = {
        "site_id": "A", "time": [f"2026-03-04T0{h}:00:00Z" for h in range(4)], "length_s": [3600.0] * 4,
        "running": [0.6, None, 0.1, 0.9],
    }  # fmt: skip
    feature = {"type": "Feature", "geometry": None, "properties": properties}
    scores = score_output(*_write(tmp_path, truth, activity=[feature]))
    assert scores["activity.right"].value == pytest.approx(100.0 * 2.5 / 3)
    assert scores["activity.calibration"].value == pytest.approx(0.1)
