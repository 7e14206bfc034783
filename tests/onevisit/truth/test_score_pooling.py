"""Scores of many missions: pooled, with intervals, and how they are printed."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import shapely

from onevisit.truth.score import flights
from onevisit.truth.score.leads import score_leads
from onevisit.truth.score.measures import Measure, median_of, not_built, pool, ratio, share, total
from onevisit.truth.score.results import load_results, load_truth
from onevisit.truth.score.score import (
    pool_scores,
    render_pooled,
    render_scores,
    score_output,
    scores_dict,
    write_scores,
)
from tests.onevisit.truth.score_cases import RIGHT, _anomaly, _finding, _hotspot, _truth, _write


def test_pooled_shares_are_shares_of_all_items() -> None:
    """1 of 2 and 3 of 3 pool to 4 of 5, not to the mean of 50 and 100 %."""
    pooled = pool([[share("k", "", [True, False])], [share("k", "", [True, True, True])]])
    assert pooled[0].value == pytest.approx(80.0)
    assert pooled[0].low is not None
    assert pooled[0].high is not None
    assert pooled[0].low <= 80.0 <= pooled[0].high


def test_pooled_counts_are_means_per_mission() -> None:
    """3 and 1 false hotspots are 2 a mission."""
    assert pool([[total("k", "", 3)], [total("k", "", 1)]])[0].value == pytest.approx(2.0)


def test_interval_of_equal_missions_is_a_point() -> None:
    """Missions that all score the same leave nothing to doubt by resampling."""
    pooled = pool([[share("k", "", [True, False])]] * 5)[0]
    assert (pooled.low, pooled.high) == (50.0, 50.0)


@pytest.mark.parametrize("corner", [(0, 7), (7, 0), (24, 7), (7, 12)])
def test_a_patch_that_fits_best_at_the_edge_of_the_search_is_not_placed(corner: tuple[int, int]) -> None:
    """The top of the parabola would lie outside; one pixel further in it is placed."""
    around = np.random.default_rng(3).integers(0, 255, (44, 56), dtype=np.uint8)
    column, row = corner
    assert flights._shift(around[row : row + 32, column : column + 32], around, 6) is None
    column, row = min(max(column, 1), 23), min(max(row, 1), 11)
    found = flights._shift(around[row : row + 32, column : column + 32], around, 6)
    assert found == pytest.approx((column - 6, row - 6), abs=0.1)


def test_leads_that_are_not_there_are_per_cents_not_built(tmp_path: Path) -> None:
    """Unit and direction stand although no lead was written."""
    out, path = _write(tmp_path, _truth())
    truth = load_truth(path)
    measures = score_leads(replace(load_results(out, truth), leads=None, visits=None), truth, [])
    assert {m.key: (m.unit, m.value) for m in measures} == dict.fromkeys(
        ("leads.precision", "leads.disposition", "leads.recall", "leads.visit_precision", "leads.visits_lawful"),
        ("%", None),
    )


def test_not_built_stays_not_built() -> None:
    """A measure that no mission produced has no number in the pooled table."""
    rows = render_pooled(pool([[not_built("k", "title")], [not_built("k", "title")]]))
    assert rows == [("k", "title", "not built", "", "")]


def test_a_measure_without_items_is_a_dash() -> None:
    """Built, with nothing to be scored on, is neither zero nor not built."""
    measure = Measure("k", "title", "ratio", "%", "high")
    assert measure.value is None
    assert render_pooled(pool([[measure]]))[0][2] == "–"


def test_score_json_says_null_for_not_built(tmp_path: Path) -> None:
    """In score.json a line that is not built has value null and built false."""
    scores = score_output(*_write(tmp_path, _truth()))
    lines = scores_dict(scores)["measures"]
    assert all(line["value"] is None and line["built"] is False for line in lines)
    assert len(pool_scores([scores, scores])) == len(lines)


def test_rules_on_records_are_scored_per_anomaly(tmp_path: Path) -> None:
    """A frozen monitor found at A (right) and at D (wrong) of two that are frozen: precision and recall 50 %."""
    truth = _truth()
    truth["anomalies"] = [_anomaly("constant", site) for site in ("A", "B")]
    findings = [_finding("constant", site) for site in ("A", "D")]
    scores = score_output(*_write(tmp_path, truth, anomalies=findings))
    assert scores["monitors.constant.precision"].value == 50.0
    assert scores["monitors.constant.recall"].value == 50.0


def test_the_sum_of_a_measure_by_kind() -> None:
    """A ratio is sum by sum, a median the middle, a total the sum; without weight or items there is none."""
    assert Measure("k", "t", "ratio", "%", "high", (1.0, 2.0), (4.0, 8.0)).value == 0.25
    assert Measure("k", "t", "ratio", "%", "high", (1.0,), (0.0,)).value is None
    assert Measure("k", "t", "median", "m", "low", (9.0, 1.0, 2.0)).value == 2.0
    assert Measure("k", "t", "total", "", "low", (9.0, 1.0)).value == 10.0
    assert Measure("k", "t", "total", "", "low").value == 0.0
    assert Measure("k", "t", "median", "m", "low").value is None
    assert Measure("k", "t", "total", "", "low", (9.0,), built=False).value is None


def test_what_makes_a_measure_says_kind_unit_and_direction() -> None:
    """Shares are of a hundred, medians and totals better when low."""
    assert share("k", "t", [True, False]) == Measure("k", "t", "ratio", "%", "high", (100.0, 0.0), (1.0, 1.0))
    assert share("k", "t", [], "≥ 50") == Measure("k", "t", "ratio", "%", "≥ 50")
    assert ratio("k", "t", "u", [(1.0, 2.0), (3.0, 4.0)]) == Measure(
        "k", "t", "ratio", "u", "high", (1.0, 3.0), (2.0, 4.0)
    )
    assert median_of("k", "t", "m", [1.0]) == Measure("k", "t", "median", "m", "low", (1.0,))
    assert total("k", "t", 3) == Measure("k", "t", "total", "", "low", (3.0,))
    assert not_built("k", "t", "m", "low") == Measure("k", "t", "total", "m", "low", built=False)


@pytest.mark.parametrize(
    ("hits", "low", "high"),
    [([False, True, True], 0.0, 100.0), ([False, False, True], 0.0, 100.0), ([False, True], 0.0, 100.0)],
)
def test_an_interval_holds_95_percent_of_resampled_missions(hits: list[bool], low: float, high: float) -> None:
    """Of three missions all three draws are the odd one in 1 of 27, 3.7 %: inside of 95 %, outside of 90 %."""
    pooled = pool([[share("k", "t", [hit])] for hit in hits])[0]
    assert (pooled.low, pooled.high) == (low, high)
    assert pooled.value == pytest.approx(100.0 * sum(hits) / len(hits))
    assert (pooled.key, pooled.title, pooled.unit, pooled.better) == ("k", "t", "%", "high")


@pytest.mark.parametrize("kind", ["ratio", "median", "total"])
def test_an_interval_is_that_of_pooling_each_draw(kind: str) -> None:
    """The same draws, each pooled by the sums of its items and weights: the slow obvious way."""
    rng = np.random.default_rng(7)
    missions = [
        Measure("k", "t", kind, "", "high", tuple(rng.random(n)), tuple(rng.random(n)))
        for n in ([1] * 9 if kind == "total" else rng.integers(0, 4, 9))
    ]
    again, draws = np.random.default_rng(20240229), []
    for _ in range(200):
        drawn = [missions[k] for k in again.integers(0, 9, 9)]
        items = [v for m in drawn for v in m.items]
        if kind == "median" and items:
            draws.append(np.median(items))
        elif kind == "total":
            draws.append(sum(items) / 9)
        elif items:
            draws.append(sum(items) / sum(w for m in drawn for w in m.weights))
    pooled = pool([[m] for m in missions], resamples=200)[0]
    assert (pooled.low, pooled.high) == pytest.approx(tuple(np.percentile(draws, [2.5, 97.5])))


def test_a_pooled_measure_counts_what_it_rests_on() -> None:
    """Items and missions that were built; one alone has no interval; what is not built in one is left out."""
    one = pool([[share("k", "t", [True, False, True])], [not_built("k", "t", "%")]])[0]
    assert (one.items, one.missions, one.built, one.low, one.high) == (3, 1, True, None, None)
    two = pool([[median_of("k", "t", "m", [1.0, 9.0])], [median_of("k", "t", "m", [2.0])]])[0]
    assert (two.value, two.items, two.missions) == (2.0, 3, 2)
    empty = pool([[share("k", "t", [])], [share("k", "t", [])]])[0]
    assert (empty.value, empty.low, empty.high, empty.built) == (None, None, None, True)


def test_pooled_measures_stand_together_by_section() -> None:
    """What only a later mission has goes to its section, not to the end."""
    keys = [p.key for p in pool([[total("a.x", "", 1), total("b.x", "", 1)], [total("a.y", "", 1)]])]
    assert keys == ["a.x", "a.y", "b.x"]


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (100.4, "m", "100 m"),
        (99.96, "m", "100 m"),
        (5.0, "", "5"),
        (0.12345, "%", "0.123 %"),
        (-250.7, "", "-251"),
        (12.34, "px", "12.3 px"),
    ],
)
def test_figures_have_three_digits(value: float, unit: str, text: str) -> None:
    """Whole numbers and those from a hundred on none behind the point."""
    rows = render_pooled(pool([[Measure("k", "t", "median", unit, "low", (value,))]]))
    assert rows == [("k", "t", text, "", "1")]


def test_a_pooled_row_shows_its_interval() -> None:
    """From zero to a hundred."""
    rows = render_pooled(pool([[share("k", "t", [True])], [share("k", "t", [False])]]))
    assert rows == [("k", "t", "50 %", "0 to 100", "2")]


def test_the_table_of_one_mission_is_aligned(tmp_path: Path) -> None:
    """Columns as wide as their widest cell, no blanks at the end; a count where something was built."""
    scores = score_output(*_write(tmp_path, _truth(), hotspots=RIGHT))
    lines = render_scores(scores).splitlines()
    assert lines[0].split() == ["measure", "what", "it", "says", "value", "n"]
    line = next(text for text in lines if text.startswith("hotspots.recall "))
    assert line.endswith("100 %      2") or re.search(r"100 %\s+2$", line)
    start = {text.index("what it says") for text in lines[:1]}.pop()
    assert all(text[start - 2 : start] == "  " and text[start] != " " for text in lines)
    assert all(text == text.rstrip() for text in lines)
    assert (scores.seed, scores.size) == (1, "demo") and scores["hotspots.recall"].key == "hotspots.recall"


def test_score_json_holds_the_measures(tmp_path: Path) -> None:
    """Rounded to four digits, with title, unit, direction and number of items."""
    out, truth = _write(
        tmp_path, _truth(), hotspots=[*RIGHT, _hotspot("H3", "co", shapely.box(0, 900, 9, 909), {}, 1.0)]
    )
    scores = score_output(out, truth)
    write_scores(scores, tmp_path / "score.json")
    content = json.loads((tmp_path / "score.json").read_text(encoding="utf-8"))
    assert (content["seed"], content["size"]) == (1, "demo")
    found = next(m for m in content["measures"] if m["key"] == "hotspots.precision")
    assert found == {
        "key": "hotspots.precision",
        "title": "recurring hotspots that a true plume explains",
        "unit": "%",
        "better": "high",
        "built": True,
        "value": 66.6667,
        "items": 3,
    }
