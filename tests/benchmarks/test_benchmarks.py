"""The benchmarks run, on the smallest cases, so that they cannot rot."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import skill, speed
from benchmarks.rooms import run_rooms
from onevisit.truth.score.measures import share
from onevisit.truth.score.score import Scores


@pytest.mark.slow
def test_one_mission_is_simulated_processed_and_scored(tmp_path: Path) -> None:
    """One tuning seed gives a page with a row a measure, and nothing failed."""
    bench = skill.run_all([1], skill.Case(flights=False), tmp_path, workers=1)
    assert bench.failed == ()
    section = skill.section([bench], "test")
    assert "| `hotspots.recall` |" in section and "1 missions without flights" in section


@pytest.mark.slow
def test_a_mission_is_replayed_from_stored_tracks_while_they_are_valid(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first run makes it, the second starts from stored tracks with the same scores, unless a room changed."""
    case = skill.Case()
    runs = [skill.run_seed(1, case, tmp_path, replay=True) for _ in range(2)]
    assert [run.replayed for run in runs] == [False, True]
    assert runs[1].scores == runs[0].scores
    assert runs[1].process_s < runs[0].process_s
    monkeypatch.setattr(skill, "code_version", lambda packages: f"another {packages}" if "tracks" in packages else "")
    made_by = {"simulator": "", "size": "demo", "world": 1, "flights": True, "without": []}
    (tmp_path / case.folder / "1" / skill.MADE_BY).write_text(json.dumps(made_by), encoding="utf-8")
    again = skill.run_seed(1, case, tmp_path, replay=True)
    assert not again.replayed and again.simulate_s < 1.0


def _bench(world: int, keys: tuple[str, ...], *, failed: tuple[tuple[int, str], ...] = ()) -> skill.Bench:
    """Two missions: of every measure one hit, then one miss."""
    runs = [
        skill.Run(
            seed,
            Scores(seed, "district", tuple(share(key, f"about {key}", [hit]) for key in keys)),
            1.0,
            2.0,
            3.0,
            hit,
        )
        for seed, hit in enumerate((True, False))
    ]
    return skill.Bench(skill.Case("district", world), tuple(runs), failed, 60.0)


def test_worlds_stand_side_by_side_on_the_page() -> None:
    """A row a measure in the order of sections; what one world lacks is empty; failed missions are named."""
    benches = [_bench(1, ("a.x", "b.x")), _bench(2, ("a.x", "a.y", "b.x"), failed=((3, "X: broke"),))]
    lines = skill.section(benches, "the command").splitlines()
    assert lines[0] == "## Size `district`" and "Written by `the command`." in lines
    effort = "60 s in all on two processes (1.0 s to simulate, 2.0 s to process, 3.0 s to score one; 1 of them began"
    assert f"- World 2: 2 missions, {effort} from stored tracks)." in lines
    rows = [line for line in lines if line.startswith("| `")]
    assert rows == [
        "| `a.x` | about a.x | 50 % | 0 to 100 | 2 | 50 % | 0 to 100 | 2 |",
        "| `a.y` | about a.y |  |  |  | 50 % | 0 to 100 | 2 |",
        "| `b.x` | about b.x | 50 % | 0 to 100 | 2 | 50 % | 0 to 100 | 2 |",
    ]
    assert lines[-1] == "- seed 3: X: broke"


def test_a_section_replaces_that_of_its_size_alone() -> None:
    """Sections stand in the order of sizes, whichever is written first; a former page of another form is left."""
    first = skill.merge_section("# Skill\n\n| old |\n", "## Size `district`\n\nd1\n")
    both = skill.merge_section(first, "## Size `demo`\n\nm1\n")
    again = skill.merge_section(both, "## Size `district`\n\nd2\n")
    assert "old" not in first and again.index("m1") < again.index("d2") and "d1" not in again
    assert skill.merge_section(again, "## Size `district`\n\nd2\n") == again


def test_the_command_of_a_section_gives_it_again() -> None:
    """Options that are not the usual ones, in the form in which they are typed."""
    for given in ("", "--size city --no-flights --replay", "--world 2 --missions 7"):
        chosen = skill._parser().parse_args(given.split())
        command = skill._command(chosen, chosen.missions or skill.MISSIONS[chosen.size])
        assert command.split() == ["python", "-m", "benchmarks.skill", *given.split()]


def test_every_case_keeps_its_missions_apart() -> None:
    """Size, world, flights and confounders that are off."""
    cases = [
        skill.Case(),
        skill.Case(world=2),
        skill.Case(flights=False),
        skill.Case("city"),
        skill.Case(without=("calm",)),
    ]
    assert len({case.folder for case in cases}) == 5


def test_every_room_has_its_benchmark() -> None:
    """The names that the commands know are modules."""
    folder = Path(skill.__file__).parent
    for kind, rooms in (("skill", skill.ROOMS), ("speed", speed.ROOMS)):
        assert [room for room in rooms if not (folder / f"{kind}_{room}.py").is_file()] == []


def test_an_unknown_room_is_a_wrong_call(capsys: pytest.CaptureFixture[str]) -> None:
    """Status 2, and the known ones are named."""
    assert run_rooms("speed", speed.ROOMS, ["kitchen"]) == 2
    assert "known are ingest" in capsys.readouterr().err
