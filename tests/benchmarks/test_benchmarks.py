"""The benchmarks run, on the smallest cases, so that they cannot rot."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import skill, speed
from benchmarks.rooms import run_rooms


@pytest.mark.slow
def test_one_mission_is_simulated_processed_and_scored(tmp_path: Path) -> None:
    """One tuning seed gives a page with a row a measure, and nothing failed."""
    bench = skill.run_all([1], "demo", tmp_path, workers=1)
    assert bench.failed == ()
    page = skill.page(bench, "test")
    assert "`hotspots.recall`" in page and "not by hand" in page


@pytest.mark.slow
def test_a_mission_is_replayed_from_stored_tracks_while_they_are_valid(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first run makes it, the second starts from stored tracks with the same scores, unless a room changed."""
    runs = [skill.run_seed(1, "demo", tmp_path, (), replay=True) for _ in range(2)]
    assert [run.replayed for run in runs] == [False, True]
    assert runs[1].scores == runs[0].scores
    assert runs[1].process_s < runs[0].process_s
    monkeypatch.setattr(skill, "code_version", lambda packages: f"another {packages}" if "tracks" in packages else "")
    (tmp_path / "1" / skill.MADE_BY).write_text('{"simulator": "", "size": "demo", "without": []}', encoding="utf-8")
    again = skill.run_seed(1, "demo", tmp_path, (), replay=True)
    assert not again.replayed and again.simulate_s < 1.0


def test_every_room_has_its_benchmark() -> None:
    """The names that the commands know are modules."""
    folder = Path(skill.__file__).parent
    for kind, rooms in (("skill", skill.ROOMS), ("speed", speed.ROOMS)):
        assert [room for room in rooms if not (folder / f"{kind}_{room}.py").is_file()] == []


def test_an_unknown_room_is_a_wrong_call(capsys: pytest.CaptureFixture[str]) -> None:
    """Status 2, and the known ones are named."""
    assert run_rooms("speed", speed.ROOMS, ["kitchen"]) == 2
    assert "known are ingest" in capsys.readouterr().err
