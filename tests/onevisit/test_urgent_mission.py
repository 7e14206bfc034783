"""A mission in which a level of acute harm is passed, from its files to the report."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from onevisit.job import process_mission
from onevisit.result import Options
from tests.onevisit import small_mission as made

LEVEL = '\n[acute.levels]\nso2 = {value = 0.02, unit = "ppm", averaging = "60 min", source = "a test"}\n'


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """The small mission, whose smelter puts some 60 ppb of SO2 on the street, with a level of 20 ppb."""
    root, out = tmp_path_factory.mktemp("urgent") / "park", tmp_path_factory.mktemp("out")
    made.write_mission(root, flown=False)
    with (root / "mission.toml").open("a", encoding="utf-8") as file:
        file.write(LEVEL)
    return out, process_mission(root, out, Options(), on_stage=lambda _what, _share: None)


def properties(out: Path, name: str) -> list[dict[str, Any]]:
    """Of every feature of a file."""
    return [f["properties"] for f in json.loads((out / name).read_text(encoding="utf-8"))["features"]]


def test_the_urgent_place_is_that_of_the_highest_plume(results: tuple[Path, dict[str, Any]]) -> None:
    """Its value is background and maximum of the largest plume of SO2 that names the place, in ppm of the level."""
    out, _ = results
    urgent = [h for h in properties(out, "hotspots.geojson") if h["urgent"]]
    plumes = [p for p in properties(out, "plumes.geojson") if p["species"] == "so2" and p["place"]]
    for hotspot in urgent:
        own = [p["background"] + p["maximum"] for p in plumes if p["place"] == hotspot["id"]]
        assert [a["value"] for a in hotspot["acute"]] == [pytest.approx(max(own) / 1000.0, rel=1e-4)]
    assert {h["id"] for h in urgent} == {p["place"] for p in plumes if p["background"] + p["maximum"] > 20.0} != set()


def test_it_is_the_first_line_of_screen_and_page_and_nothing_is_driven_again(
    results: tuple[Path, dict[str, Any]],
) -> None:
    """The smelter's lead says so, and asks for no re-drive."""
    out, summary = results
    assert summary["urgent"] > 0 and summary["lines"][0].startswith("URGENT: Inform the duty officer now")
    page = (out / "report.html").read_text(encoding="utf-8").split("<body>")[1]
    assert page.lstrip().startswith('<header class="page-head">\n  <div class="urgent"')
    leads = [lead for lead in properties(out, "leads.geojson") if lead["urgent"]]
    assert made.SMELTER.code in {lead["site_id"] for lead in leads}
    assert all(lead["disposition"] != "measure_again" for lead in leads)
