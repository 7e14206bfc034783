"""What CONTRIBUTING.md says to type works: its first chapter is applied to a copy of the tree."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.writers import DOCS

ROOT = DOCS.parent
PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
CHAPTER = PAGE.partition("\n## Other additions")[0]


def _additions() -> list[tuple[str, str, str]]:
    """Path, kind and text of every block that belongs to a file: blocks belong to the path named last above them."""
    found, path = [], ""
    for name, kind, text in re.findall(r"^`([\w/]+\.py)`|^```(\w+)\n(.*?)^```", CHAPTER, re.M | re.S):
        path = name or path
        if kind in ("python", "diff"):
            found.append((path, kind, text))
    return found


def _patched(before: str, diff: str) -> str:
    """Put the lines with + between the lines around them, which stand in the file once."""
    lines = diff.splitlines()
    around = "\n".join(line[1:] for line in lines if line[:1] == " ")
    assert before.count(f"\n{around}\n") == 1, f"stands in the file {before.count(around)} times: {around}"
    return before.replace(f"\n{around}\n", "\n" + "\n".join(line[1:] for line in lines) + "\n")


def _copy_tree(copy: Path) -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, copy / name)


def _apply(copy: Path) -> None:
    for path, kind, text in _additions():
        before = (copy / path).read_text(encoding="utf-8") if kind == "diff" else ""
        (copy / path).write_text(_patched(before, text) if kind == "diff" else text, encoding="utf-8")


def _run(copy: Path, *command: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, *command], cwd=copy, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_example_touches_four_files() -> None:
    """The reader, its line in the table of readers, its test, its sample; two are new."""
    kinds = {path: kind for path, kind, _ in _additions()}
    assert list(kinds.values()) == ["python", "diff", "python", "diff"]
    assert [(ROOT / path).exists() for path in kinds] == [False, True, False, True]


@pytest.mark.slow
def test_the_example_works_in_a_copy_of_the_tree(tmp_path: Path) -> None:
    """Its tests pass, as the commands of the page run them; its row comes into docs/formats.md; its style is ours."""
    _copy_tree(tmp_path)
    _apply(tmp_path)
    [commands] = re.findall(r"^```sh\n(.*?)^```", CHAPTER, re.M | re.S)
    tests = [shlex.split(line)[1:] for line in commands.splitlines() if line.startswith(".venv/bin/python ")]
    for words in tests:
        assert " passed" in _run(tmp_path, *words)
    assert len(tests) == 2 and {"make docs", "make check"} <= set(commands.splitlines())
    _run(tmp_path, "docs/tables.py")
    assert "\n| MARLIN-7 | .csv | " in (tmp_path / "docs" / "formats.md").read_text(encoding="utf-8")
    paths = sorted({path for path, _, _ in _additions()})
    _run(tmp_path, "-m", "ruff", "check", "--no-cache", *paths)
    _run(tmp_path, "-m", "ruff", "format", "--no-cache", "--check", *paths)


def test_files_that_the_page_names_are_there() -> None:
    """All but those of the example, and what lies beside a clone only where somebody put it there."""
    new = {path for path, kind, _ in _additions() if kind == "python"}
    named = {path for path in re.findall(r"`((?:[\w.]+/)+(?:[\w.]+)?)`", PAGE) if path not in new}
    assert len(named) > 10
    for path in named:
        assert path.startswith("../") or (ROOT / path).exists(), path


def test_targets_that_the_page_names_are_in_the_makefile() -> None:
    """And every target of the Makefile is on the page, but its help and its broom."""
    targets = set(re.findall(r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    assert set(re.findall(r"(?:`| {4}|^)make ([a-z-]+)", PAGE, re.M)) == targets - {"help", "clean"}
