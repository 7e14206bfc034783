"""Examples of the help run as they stand, in a folder that holds what they name."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from onevisit.cli import VERBS, cli

DRIVE = "\n".join(
    ["time,lon,lat,so2 ug/m3", *(f"2024-05-01 10:00:{k:02d},{104 + k * 1e-4:.4f},30.66,{k % 7}" for k in range(60))]
)


def _examples(verb: str) -> list[list[str]]:
    help_text = cli.commands[verb].help or ""
    return [shlex.split(line)[1:] for line in re.findall(r"^\s*(onevisit .+)$", help_text, re.MULTILINE)]


def _named(folder: Path) -> None:
    """What examples name: a mission, logger files, photos."""
    (folder / "flights" / "2026-05-01").mkdir(parents=True)
    (folder / "flights" / "2026-05-01" / "DRIVE.CSV").write_text(DRIVE, encoding="utf-8")


def _make(folder: Path, words: list[str]) -> None:
    """An empty file or folder for every word that names one."""
    for word in words:
        path = folder / word
        if re.fullmatch(r"[\w./-]+\.[A-Za-z]\w*", word):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        elif re.fullmatch(r"(?!Asia/)\w[\w/-]*", word) and not word.isdigit():
            path.mkdir(parents=True, exist_ok=True)


@pytest.mark.parametrize(("verb", "words"), [(v, e) for v in VERBS for e in _examples(v)], ids=str)
def test_an_example_is_a_right_call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, verb: str, words: list[str]
) -> None:
    """Every argument and option of it is one that the verb takes."""
    monkeypatch.chdir(tmp_path)
    output = [words[k + 1] for k, word in enumerate(words) if word in ("-o", "--output")]
    _make(tmp_path, [word for word in words[1:] if word not in output])
    command = cli.commands[words[0]]
    assert isinstance(command, click.Command)
    command.make_context(words[0], list(words[1:]))


def test_examples_of_a_first_day_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Check, a recipe, and the check of another folder with it, one after the other."""
    monkeypatch.chdir(tmp_path)
    _named(tmp_path)
    for verb in ("check", "init"):
        for words in _examples(verb):
            if words[0] != "process":
                done = CliRunner().invoke(cli, [*words, "--quiet"])
                assert done.exit_code == 0, done.output
    again = CliRunner().invoke(cli, ["check", "flights/2026-05-01", "--recipe", "van.toml", "--quiet", "--json"])
    assert again.exit_code == 0 and '"zone_declared"' in again.stdout
    taken = CliRunner().invoke(cli, ["init", "flights/2026-05-01", "-o", "van.toml"])
    assert taken.exit_code == 2 and "exists" in taken.output
