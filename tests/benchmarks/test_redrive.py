"""The benchmark of second drives: its ways, its table, and one mission driven again."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from benchmarks import skill_redrive
from benchmarks.skill_redrive import ARMS, Second, errors_of, section
from onevisit.truth.simulate.confounders import choose_confounders
from onevisit.truth.simulate.drives.outings import stream
from onevisit.truth.simulate.mission import draw_park
from onevisit.truth.simulate.truth import Park


def _run(seed: int, first: str, planned: str, random: str) -> Second:
    """A mission whose sources are named right (``+``) or wrong (``-``)."""
    marks = {"first": first, "planned": planned, "planned_any_wind": planned, "repeated": random, "random": random}
    return Second(seed, {arm: tuple(m == "+" for m in row) for arm, row in marks.items()}, 4000.0, 1.0)


def test_errors_are_counted_over_sources_of_missions_with_a_plan() -> None:
    """By hand: 3 of 4 at first, 1 planned, 2 at random; a mission without a plan is not among them."""
    runs = [_run(0, "-+", "++", "-+"), _run(1, "--", "-+", "-+"), Second(2, {"first": (False,)}, 0.0, 1.0)]
    found = {e.arm: e for e in errors_of(runs)}
    assert {arm: (e.wrong, e.sources) for arm, e in found.items()} == {
        "first": (3, 4), "planned": (1, 4), "planned_any_wind": (1, 4), "repeated": (2, 4), "random": (2, 4),
    }  # fmt: skip
    assert (found["planned"].over_random, found["first"].over_random) == (0.5, 1.5)
    assert found["planned"].low == 0.0 and found["planned"].high == 0.5
    text = section(runs, [(7, "X: broke")], world=2, size="demo", command="test")
    assert "| planned streets, planned wind | 1 | 4 | 25.0 | 0.0–50.0 | 0.50 |" in text
    assert "1 of 1 sources are named wrong" in text and "Met." in text and "- seed 7 failed: X: broke" in text


def test_without_a_plan_there_is_no_table() -> None:
    """And nothing is met."""
    assert errors_of([Second(2, {"first": (False,)}, 0.0, 1.0)]) == []
    assert "Target" not in section([], [], world=1, size="demo", command="test")


@pytest.fixture(scope="module")
def park() -> Park:
    """A mission of world 1."""
    return draw_park(1, "demo", 1, choose_confounders(stream(1, "confounders"), world=1))


def test_ways_are_as_long_as_asked_and_along_streets(park: Park) -> None:
    """A repeated and a random one of 3 km; a plan of 600 m is driven there and back until it has 3 km."""
    rng = np.random.default_rng(1)
    for way in (skill_redrive._repeated(park, 3000.0), skill_redrive._random(park, 3000.0, rng)):
        assert skill_redrive._length_m(way, park) == pytest.approx(3000.0, abs=0.5)
    plan = skill_redrive._lonlat(park, [0, 1, 2])
    once = skill_redrive._length_m(plan, park)
    whole = skill_redrive._at_least(plan, park)
    assert skill_redrive._length_m(whole, park) == pytest.approx(np.ceil(3000.0 / once) * once)


def test_a_repeated_way_starts_as_the_first_drive_did(park: Park) -> None:
    """At its first crossing, and never from one crossing to one that no street joins to it."""
    way = skill_redrive._repeated(park, 2000.0)
    nodes = park.world.nodes.reshape(-1, 2)
    local = skill_redrive._local(way[:-1], park)
    at = [int(np.argmin(np.hypot(*(nodes - place).T))) for place in local]
    assert at[0] == 0
    joined = {frozenset((s.start, s.end)) for s in park.world.streets}
    assert all(frozenset(pair) in joined for pair in pairwise(at))


def test_a_plan_is_read_from_the_file_that_users_get(tmp_path: Path) -> None:
    """The first drive, not the streets; none in an empty file."""
    path = tmp_path / "redrive.geojson"
    line = {"type": "LineString", "coordinates": [[104.0, 30.0], [104.1, 30.0]]}
    features = [
        {"properties": {"what": "flight", "wind_from_deg": 10.0}, "geometry": line},
        {"properties": {"what": "drive", "wind_from_deg": 20.0}, "geometry": line},
    ]
    path.write_text(json.dumps({"features": features}), encoding="utf-8")
    way, wind = skill_redrive._planned(path)
    assert way is not None and way.tolist() == line["coordinates"] and wind == 20.0
    path.write_text(json.dumps({"features": []}), encoding="utf-8")
    assert skill_redrive._planned(path) == (None, None)


@pytest.mark.slow
def test_one_mission_is_driven_again(tmp_path: Path) -> None:
    """A tuning seed: every arm says of each source whether it is named."""
    runs, failed = skill_redrive.run_all([1], 2, _made(tmp_path), size="demo", workers=1)
    assert failed == []
    assert set(runs[0].right) == {"first", *ARMS}
    assert len({len(row) for row in runs[0].right.values()}) == 1
    again, _ = skill_redrive.run_all([1], 2, tmp_path, size="demo", workers=1)
    assert again == runs


def _made(folder: Path) -> Path:
    (folder / "demo-world2").mkdir()
    return folder
