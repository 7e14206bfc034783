"""The benchmark of findings runs, on one tuning seed, so that it cannot rot."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import shapely

from benchmarks import skill_findings
from imagery.schema import Finding, Findings

PATCH = shapely.box(0, 0, 20, 20)
SOIL = Finding("bare_soil-1", "bare_soil", PATCH, 400.0, 0.2, "1", 0.78, 1.5, "ortho.tif", "a.JPG")
FLIGHT = Findings((SOIL,), ("bare_soil",), shapely.box(0, 0, 100, 100))


@pytest.mark.slow
def test_a_park_is_flown_over_and_its_page_written(tmp_path: Path) -> None:
    """Soil and roof of a tuning seed are found; real flights that are absent are said to be."""
    score = skill_findings.score_seed(1, tmp_path)
    assert {s.kind: s.found for s in score.sought} == {"bare_soil": True, "hot_surface": True}
    text = skill_findings.page(score, range(1, 2), skill_findings.real_rows(tmp_path))
    assert "| `hot_surface` | 1 of 1 (100 %, 21 to 100)" in text
    assert text.count("not there") == len(skill_findings.REAL)


def test_a_finding_is_judged_by_what_it_lies_on() -> None:
    """Half on soil is right; on the net it is wrong and said so; on nothing named, other ground."""
    half, less = shapely.box(0, 0, 10, 20), shapely.box(0, 0, 9, 20)
    assert skill_findings.judge(SOIL, "bare_soil", [("bare_soil", half)]).right
    wrong = skill_findings.judge(SOIL, "bare_soil", [("bare_soil", less), ("covered_soil", PATCH)])
    assert (wrong.right, wrong.lies_on) == (False, "covered_soil")
    assert skill_findings.judge(SOIL, "bare_soil", []).lies_on == "other ground"


def test_a_feature_counts_where_photos_cover_it() -> None:
    """One outside the photos is not asked for; one that a finding covers by half is found, by less is missed."""
    features = [("bare_soil", shapely.box(200, 0, 300, 100)), ("bare_soil", shapely.box(0, 0, 40, 20))]
    (told,) = skill_findings.seek(FLIGHT, "bare_soil", "bare_soil", features)
    assert told.found and told.overlap == 0.5
    small = replace(FLIGHT, found=(replace(SOIL, polygon=shapely.box(0, 0, 19, 20)),))
    (missed,) = skill_findings.seek(small, "bare_soil", "bare_soil", features)
    assert not missed.found
