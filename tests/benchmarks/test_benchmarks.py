"""The benchmarks run, on the smallest cases, so that they cannot rot."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import skill, speed
from benchmarks.rooms import run_rooms


def test_one_mission_is_simulated_processed_and_scored(tmp_path: Path) -> None:
    """One tuning seed gives a page with a row a measure, and nothing failed."""
    bench = skill.run_all([1], "demo", tmp_path, workers=1)
    assert bench.failed == ()
    page = skill.page(bench, "test")
    assert "`hotspots.recall`" in page and "not by hand" in page


def test_every_room_has_its_benchmark() -> None:
    """The names that the commands know are modules."""
    folder = Path(skill.__file__).parent
    for kind, rooms in (("skill", skill.ROOMS), ("speed", speed.ROOMS)):
        assert [room for room in rooms if not (folder / f"{kind}_{room}.py").is_file()] == []


def test_an_unknown_room_is_a_wrong_call(capsys: pytest.CaptureFixture[str]) -> None:
    """Status 2, and the known ones are named."""
    assert run_rooms("speed", speed.ROOMS, ["kitchen"]) == 2
    assert "known are ingest" in capsys.readouterr().err
