"""Real data is found in one place."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from benchmarks.real_data import VARIABLE, data_folder, missing_data
from onevisit.names import ROOMS

ROOT = Path(__file__).resolve().parents[2]


def test_it_is_beside_the_project_unless_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty variable tells nothing."""
    for set_or_not in (lambda: monkeypatch.delenv(VARIABLE, raising=False), lambda: monkeypatch.setenv(VARIABLE, "")):
        set_or_not()
        assert data_folder() == ROOT.parent / "shared" / "data"


def test_the_variable_names_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that is there needs no reason."""
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    assert (data_folder(), missing_data()) == (tmp_path, "")


def test_what_is_missing_is_said_with_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reason of a skip names the folder that was looked for and the variable."""
    monkeypatch.setenv(VARIABLE, str(tmp_path / "none"))
    assert re.fullmatch(rf"needs real .*{VARIABLE} names '.*none', .*set {VARIABLE} to .*", missing_data())


def test_nothing_else_looks_for_it() -> None:
    """No other Python file spells its path or its variable."""
    spelled = re.compile(r"shared\W+data\b|ONEVISIT_DATA")
    files = [path for folder in ("benchmarks", "docs", "tests", *ROOMS) for path in (ROOT / folder).rglob("*.py")]
    found = [path.relative_to(ROOT).as_posix() for path in files if spelled.search(path.read_text(encoding="utf-8"))]
    assert found == ["benchmarks/real_data.py", "tests/benchmarks/test_real_data.py"]
