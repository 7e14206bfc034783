"""What the recorder keeps, and that hashes tell what they must."""

from __future__ import annotations

import platform
import re
import tomllib
from importlib import metadata
from pathlib import Path

import numpy as np
import pytest

from ingest.outcome import Decision, Outcome, Phrase, Reject
from onevisit import manifest
from onevisit.manifest import Recorder, hash_inputs
from onevisit.mission import InputFile
from onevisit.names import ROOMS


def test_outcomes_leave_their_decisions_and_rejects() -> None:
    """The value goes on, what was said about it stays."""
    recorder = Recorder()
    outcome = Outcome(3, (Decision("a", "b", {"n": 1}),), (Reject("d", "e", "f"),))
    assert recorder.take(outcome) == 3
    assert (recorder.decisions, recorder.rejects) == (list(outcome.decisions), list(outcome.rejects))


def test_a_stage_counts_its_own_rejects_and_its_own_memory() -> None:
    """Rejects of earlier stages are not counted again; 200 MB held in a stage are its own peak only."""
    recorder = Recorder(rejects=[Reject("a", "", "")])
    with recorder.stage("large"):
        recorder.rejects.append(Reject("b", "", ""))
        held = np.ones(200 * 2**20, np.uint8)
        assert held.sum() == held.size
        del held
    with recorder.stage("small"):
        pass
    large, small = recorder.stages
    assert (large.rejected, small.rejected) == (1, 0)
    assert large.peak_mb > small.peak_mb + 150


def test_inputs_carry_the_hash_of_their_bytes(tmp_path: Path) -> None:
    """SHA-256 of the three bytes "abc" (FIPS 180-4, appendix B.1)."""
    path = tmp_path / "a"
    path.write_bytes(b"abc")
    record = hash_inputs([InputFile(path, "traces/a", "traces")])[0]
    assert record.sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert record.bytes == 3


def test_every_file_of_the_rooms_is_in_the_version_of_the_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Code, tables, templates: one byte more in any of them is another program; caches of Python are not."""
    for room in ROOMS:
        for name in (
            "a.py",
            "data/hj212_codes.csv",
            "templates/report.html.j2",
            "b.css",
            "__pycache__/a.cpython.pyc",
        ):
            path = tmp_path / room / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(name, encoding="utf-8")
    monkeypatch.setattr(manifest.resources, "files", lambda room: tmp_path / room)
    base = manifest.code_version.__wrapped__()
    for path in sorted(p for p in tmp_path.rglob("*") if p.is_file()):
        path.write_text(path.read_text(encoding="utf-8") + "x", encoding="utf-8")
        assert (manifest.code_version.__wrapped__() == base) == ("__pycache__" in path.parts), path
        path.write_text(path.read_text(encoding="utf-8")[:-1], encoding="utf-8")
    (tmp_path / "ingest" / "a.py").rename(tmp_path / "ingest" / "c.py")
    assert manifest.code_version.__wrapped__() != base


def test_libraries_are_those_that_the_program_requires() -> None:
    """Each requirement of pyproject.toml with the version that is installed, none of the developers'."""
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = {re.split(r"[^\w.-]", line)[0] for line in project["dependencies"]}
    assert manifest.library_versions() == {name: metadata.version(name) for name in names}


def test_another_library_is_another_program(monkeypatch: pytest.MonkeyPatch) -> None:
    """The key changes with a version."""
    base = manifest.program_key.__wrapped__()
    monkeypatch.setattr(manifest, "library_versions", lambda: {"numpy": "0.0"})
    assert manifest.program_key.__wrapped__() != base


def test_the_manifest_has_every_part_under_its_name() -> None:
    """Key, program, libraries, inputs, settings, what was said, stages in the words of the contract, outputs."""
    recorder = Recorder(rejects=[Reject("d", "e", "f")])
    recorder.decide("a", "b", {"n": 1})
    recorder.decide("c", "rejected_by_hand", {"comment": "x"}, Phrase("empty_folder", {"m": (2,)}))
    with recorder.stage("tracks") as stage:
        stage.taken, stage.given, stage.flagged, stage.stored = 4, 3, 2, True
    content = manifest.manifest_dict(
        recorder, key="k", settings={"x": 1}, outputs=[{"path": "p", "sha256": "s"}], summary={"leads": 1}
    )
    [told] = content.pop("stages")
    assert {**told, "seconds": 0, "peak_mb": 0} == {
        "name": "tracks", "in": 4, "out": 3, "flagged": 2, "rejected": 0, "stored": True, "seconds": 0, "peak_mb": 0
    }  # fmt: skip
    assert content == {
        "version": metadata.version("onevisit"), "key": "k", "code": manifest.code_version(),
        "python": platform.python_version(), "libraries": manifest.library_versions(), "inputs": [],
        "settings": {"x": 1},
        "decisions": [
            {"item": "a", "decision": "b (n 1)", "evidence": "b.why (n 1)", "code": "b", "values": {"n": 1}},
            {
                "item": "c", "decision": "rejected by hand: x", "evidence": "an empty folder",
                "code": "rejected_by_hand", "values": {"comment": "x"},
                "why": {"code": "empty_folder", "values": {"m": [2]}},
            },
        ],
        "rejects": [{"item": "d", "where": "e", "reason": "f", "code": "f", "values": {}}],
        "outputs": [{"path": "p", "sha256": "s"}], "summary": {"leads": 1},
    }  # fmt: skip
