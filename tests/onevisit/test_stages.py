"""Keys of stages: what a step is given makes its key, and a step is done again where its key or the user says so."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, fields, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pyproj import CRS

from ingest.outcome import Decision, Outcome, Reject
from onevisit.manifest import InputRecord, Recorder
from onevisit.mission import InputFile, Mission
from onevisit.names import STAGES
from onevisit.profile import Profile, profile_dict
from onevisit.result import IN_NO_KEY, Options
from onevisit.reuse import run_key
from onevisit.stages import Files, Kept, Work, digest, files_of, later_stages
from onevisit.store import open_store


@dataclass(frozen=True)
class _Settings:
    limit: float = 1.0
    names: tuple[str, ...] = ()


class _Run:
    """One run on a folder: counts how often each step is done."""

    def __init__(self, out: Path, *, program: str = "p", first: str | None = None, replay: bool = False) -> None:
        self.recorder, self.done = Recorder(), list[str]()
        self._open = open_store(out, program, keep=1, notes=self.recorder)
        self._first, self._replay = first, replay

    def __enter__(self) -> _Run:
        store = self._open.__enter__()
        self.work = Work(self.recorder, store, redo=later_stages(self._first), replay=self._replay)
        return self

    def __exit__(self, *error: Any) -> None:
        self._open.__exit__(*error)

    def step(self, stage: str, name: str, *inputs: Any, **named: Any) -> Kept[Any]:
        """A step that gives back what it is given."""

        def function(*values: Any, **more: Any) -> Outcome[Any]:
            self.done.append(name)
            return Outcome((values, more), (Decision(name, "done"),), (Reject(name, "", ""),))

        with self.work.stage(stage):
            return self.work.make(name, function, *inputs, **named)


def _files(tmp_path: Path, sha: str = "1") -> Files:
    return Files(tmp_path, (tmp_path / "a.csv",), (InputRecord("traces/a.csv", sha, "traces", 3),))


def test_a_step_is_given_plain_values_and_its_words_are_kept(tmp_path: Path) -> None:
    """Kept inputs arrive as their values, by place and by name; decisions and rejects are told in both runs."""
    for done in (["traces"], []):
        with _Run(tmp_path) as run:
            kept = run.step("ingest", "traces", Kept(3, "k"), 4, day=Kept(5, "j"))
        assert kept.value == ((3, 4), {"day": 5})
        assert run.done == done
        assert run.recorder.decisions == [Decision("traces", "done")]
        assert run.recorder.rejects == [Reject("traces", "", "")]
        assert [(stage.name, stage.stored, stage.rejected) for stage in run.recorder.stages] == [
            ("ingest", not done, 1)
        ]


def test_every_part_of_an_input_is_in_the_key(tmp_path: Path) -> None:
    """A field of the settings, the hash of a file, the key of an earlier step, a name, the place of an argument."""
    base = (Kept(1, "k1"), _files(tmp_path), _Settings(), CRS.from_epsg(4544), date(2026, 5, 1))
    same = (Kept(2, "k1"), _files(tmp_path), _Settings(), CRS.from_user_input("EPSG:4544"), date(2026, 5, 1))
    assert digest(*base) == digest(*same)
    others = (Kept(1, "k2"), _files(tmp_path, "2"), _Settings(limit=2.0), CRS.from_epsg(4543), date(2026, 5, 2))
    for place, other in enumerate(others):
        assert digest(*base[:place], other, *base[place + 1 :]) != digest(*base)
    assert digest(1, 2) != digest(2, 1)
    assert digest("ab") != digest("a", "b") != digest(("a", "b"))
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1}) != digest({"a": 1, "b": 3})
    assert digest(None) != digest("None") != digest(False) != digest(0)


@pytest.mark.parametrize("part", [np.zeros(3), object(), lambda: 0, {1, 2}])
def test_what_has_no_stable_text_makes_no_key(part: object) -> None:
    """An address in memory or a shortened array would make keys that mean nothing."""
    with pytest.raises(TypeError, match="cannot be made of"):
        digest(part)


def test_from_a_stage_does_it_and_the_later_ones_again(tmp_path: Path) -> None:
    """Earlier ones come from the store."""
    fusion = STAGES.index("fusion")
    for first, expected in ((None, STAGES), (None, ()), ("fusion", STAGES[fusion:]), ("handover", STAGES[-1:])):
        with _Run(tmp_path, first=first) as run:
            for stage in STAGES:
                run.step(stage, stage)
        assert tuple(run.done) == tuple(expected)
    assert later_stages(None) == frozenset()


def test_a_replay_believes_the_measurements_of_another_program_and_no_verdict(tmp_path: Path) -> None:
    """Ingest, tracks and imagery come from the store although the program changed; fusion does not."""
    with _Run(tmp_path, program="old") as run:
        for stage in STAGES:
            run.step(stage, stage)
    with _Run(tmp_path, program="new", replay=True) as run:
        for stage in STAGES:
            run.step(stage, stage)
    assert tuple(run.done) == STAGES[3:]


def test_a_file_of_results_is_written_where_its_inputs_or_its_bytes_changed(tmp_path: Path) -> None:
    """Same inputs and untouched: left; other inputs, changed by hand, or made of nothing that is known: written."""
    written = []

    def write(path: Path) -> None:
        written.append(path.name)
        path.write_bytes(b"abc")

    for inputs, spoil, expected in (
        ((1,), False, 1), ((1,), False, 0), ((2,), False, 1), ((2,), True, 1), ((), False, 1), ((), False, 1),
    ):  # fmt: skip
        if spoil:
            (tmp_path / "a.txt").write_bytes(b"changed")
        written.clear()
        with _Run(tmp_path) as run:
            with run.work.stage("handover"):
                run.work.write("a.txt", write, *inputs)
            run.work.close()
        assert len(written) == expected
        assert run.recorder.stages[0].stored == (expected == 0)
        assert run.work.written == {"a.txt": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"}


def test_files_of_a_kind_or_a_name(tmp_path: Path) -> None:
    """Paths and hashes in order; other kinds are left out."""
    files = tuple(InputFile(tmp_path / n, n, k) for n, k in (("traces/a", "traces"), ("edits.csv", "mission")))
    records = tuple(InputRecord(f.item, f"sha of {f.item}", f.kind, 1) for f in files)
    mission = Mission(tmp_path, files)
    assert files_of(mission, records, "traces") == Files(tmp_path, (tmp_path / "traces/a",), records[:1])
    assert files_of(mission, records, "edits.csv").records == records[1:]
    assert files_of(mission, records, "images").paths == ()


def test_every_option_is_in_the_key_or_on_the_list_of_those_that_change_nothing(tmp_path: Path) -> None:
    """Each field of the options changes the run's key, or is named as one that changes no result."""
    other: dict[str, Any] = {
        "lang": "zh",
        "from_stage": "fusion",
        "scheduler": "tcp://a:1",
        "memory": "4GB",
        "keep_store": 3,
        "recipe": Path("van.toml"),
        "time_zone": "UTC",
        "day": date(2026, 5, 6),
    }
    base = run_key(tmp_path, (), Profile(), Options())
    for field in fields(Options):
        if field.name == "profile":  # what it names is in the key as settings
            continue
        key = run_key(tmp_path, (), Profile(), replace(Options(), **{field.name: other[field.name]}))
        assert (key == base) == (field.name in IN_NO_KEY), field.name
    assert set(IN_NO_KEY) < {field.name for field in fields(Options)}


def test_every_setting_of_the_profile_is_in_the_key(tmp_path: Path) -> None:
    """A threshold that changes without changing the key would leave old results in place."""
    base = run_key(tmp_path, (), Profile(), Options())
    for room, values in profile_dict(Profile()).items():
        if not isinstance(values, dict):
            continue
        settings = getattr(Profile(), room)
        for name, value in values.items():
            changed = dataclasses.replace(settings)
            object.__setattr__(changed, name, _another(value))
            assert run_key(tmp_path, (), replace(Profile(), **{room: changed}), Options()) != base, f"{room}.{name}"


def _another(value: Any) -> Any:
    return {bool: lambda v: not v, int: lambda v: v + 1, float: lambda v: v + 1.0, str: lambda v: v + "x"}.get(
        type(value), lambda _v: "another"
    )(value)


def _settings_of_steps() -> dict[str, set[str]]:
    """Which rooms of the profile the steps of each stage are given, read from the code of the job."""
    import ast
    import inspect

    from onevisit import job, reading

    given: dict[str, set[str]] = {}
    for node in ast.walk(ast.parse(inspect.getsource(job) + inspect.getsource(reading))):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "profile":
            given.setdefault(node.attr, set()).add("")
    return given


def test_every_room_of_the_profile_reaches_a_step() -> None:
    """A room whose settings no step is given would be read by nobody."""
    rooms = {field.name for field in fields(Profile)} - {"name"}
    assert rooms <= set(_settings_of_steps())
