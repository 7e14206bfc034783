"""Machine code is made once by a child, and what it makes is what a mission needs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numba  # noqa: F401  before its folder is set below: tests that compile nothing need not be slow
import pytest

from ingest.outcome import Phrase
from onevisit import warm
from onevisit.warm_drive import follow_a_drive


class Child:
    """Stands in for a process."""

    def __init__(self, *arguments: object, **_: object) -> None:
        self.arguments = arguments
        self.terminated = False
        Child.last = self

    last: Child

    def __enter__(self) -> Child:
        """Be the process."""
        return self

    def __exit__(self, *_: object) -> None:
        """Leave nothing."""

    def terminate(self) -> None:
        """Note it."""
        self.terminated = True


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder of machine code of its own."""
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "code"))
    monkeypatch.setattr(subprocess, "Popen", Child)
    return tmp_path / "code"


def test_a_first_run_starts_a_child(caplog: pytest.LogCaptureFixture) -> None:
    """Said once; the child does not outlive the run."""
    caplog.set_level("INFO", logger="onevisit.warm")
    with warm.warming():
        assert Child.last.arguments == ([sys.executable, "-m", "onevisit.warm"],)
        assert not Child.last.terminated
    assert Child.last.terminated
    assert [record.msg for record in caplog.records] == [Phrase("log_first_run")]


def test_a_later_run_starts_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The mark is there; another version of the program has another mark."""
    folder.mkdir()
    warm._mark().touch()
    monkeypatch.setattr(subprocess, "Popen", lambda *_, **__: pytest.fail("a child was started"))
    with warm.warming():
        pass
    monkeypatch.setattr(warm, "code_version", lambda packages: "-".join(packages))
    assert warm._mark() == folder / "onevisit-numerics-tracks-fusion.compiled"


def test_the_child_leaves_one_mark(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """That of an earlier version goes."""
    folder.mkdir()
    (folder / "onevisit-0.compiled").touch()
    monkeypatch.setattr("onevisit.warm_drive.follow_a_drive", lambda: 1)
    warm.main()
    assert list(folder.iterdir()) == [warm._mark()]


def test_machine_code_lies_beside_the_modules_where_nothing_else_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the folder that Python keeps its own in."""
    monkeypatch.delenv("NUMBA_CACHE_DIR")
    assert warm.machine_code_folder().parts[-2:] == ("numerics", "__pycache__")


def test_the_small_drive_shows_its_plume() -> None:
    """A hotspot, so that its attribution is done too."""
    assert follow_a_drive() >= 1


@pytest.mark.slow
def test_the_child_compiles_what_a_mission_runs(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is compiled by whoever follows a drive after it."""
    monkeypatch.undo()
    env = os.environ | {"NUMBA_CACHE_DIR": str(folder)}
    subprocess.run([sys.executable, "-m", "onevisit.warm"], check=True, env=env)
    code = (
        "from onevisit.warm_drive import follow_a_drive; from numba.core.dispatcher import Dispatcher; import gc;"
        "follow_a_drive();"
        "print(sum(sum(one.stats.cache_misses.values()) for one in gc.get_objects() if isinstance(one, Dispatcher)))"
    )
    said = subprocess.run([sys.executable, "-c", code], check=True, env=env, capture_output=True, text=True).stdout
    assert said.strip() == "0"
