"""The command line: help that teaches, exit states, and where output goes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from onevisit.cli import cli
from onevisit.simulate import simulate_mission


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "onevisit.cli", *arguments],
        capture_output=True,
        text=True,
        check=False,
        encoding="utf-8",
    )


@pytest.mark.parametrize("verb", sorted(cli.commands))
def test_every_verb_explains_itself_with_an_example(verb: str) -> None:
    """The first line says what it does, and an example can be copied."""
    command = cli.commands[verb]
    assert command.help
    assert "Example:" in command.help
    assert f"onevisit {verb}" in command.help


@pytest.mark.parametrize("verb", sorted(cli.commands))
def test_every_verb_can_be_quiet(verb: str) -> None:
    """`--quiet` is part of the contract of every verb."""
    assert "--quiet" in {name for parameter in cli.commands[verb].params for name in parameter.opts}


def test_a_wrong_call_exits_with_2_and_says_what_is_wrong() -> None:
    """An unknown folder is the caller's mistake."""
    result = _run("process", "no-such-folder")
    assert result.returncode == 2
    assert "no-such-folder" in result.stderr
    assert result.stdout == ""


def test_a_mission_without_anything_exits_with_1_in_one_line(tmp_path: Path) -> None:
    """The message says what a mission is; there is no traceback."""
    result = _run("process", str(tmp_path))
    assert result.returncode == 1
    assert "holds no mission" in result.stderr
    assert "Traceback" not in result.stderr


def test_check_prints_json_on_standard_output_only(tmp_path: Path) -> None:
    """Scripts read standard output; with --quiet nothing else is said."""
    simulate_mission(tmp_path, seed=4)
    result = _run("check", str(tmp_path / "mission"), "--json", "--quiet")
    assert result.returncode == 0, result.stderr
    assert result.stderr == ""
    assert set(json.loads(result.stdout)) == {"found", "decisions", "rejects"}


def test_check_shows_a_person_the_first_of_each_kind_and_how_many_more(tmp_path: Path) -> None:
    """24 photos are 12 lines and a line that says 12 more."""
    simulate_mission(tmp_path, seed=4)
    result = _run("check", str(tmp_path / "mission"), "--quiet")
    photos = [line for line in result.stdout.splitlines() if line.startswith("photo")]
    assert len(photos) == 13
    assert "and 12 more" in photos[-1]
