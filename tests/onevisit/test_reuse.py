"""When a run has nothing to do: the key, every output as it was written, and a summary to repeat."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from onevisit.manifest import InputRecord
from onevisit.profile import Profile
from onevisit.result import Options
from onevisit.reuse import run_key, unchanged_summary


def _write(out: Path, **changes: Any) -> None:
    """A folder of results with two files and their manifest."""
    out.mkdir(exist_ok=True)
    outputs = []
    for name in ("a.txt", "b.txt"):
        (out / name).write_text(name, encoding="utf-8")
        outputs.append({"path": name, "sha256": hashlib.sha256(name.encode()).hexdigest()})
    manifest = {"key": "k", "outputs": outputs, "summary": {"leads": 3, "lines": ["as before"]}, **changes}
    (out / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


def test_complete_results_of_the_same_key_are_repeated(tmp_path: Path) -> None:
    """The counts, and a line that says so before the lines of then."""
    _write(tmp_path)
    assert unchanged_summary(tmp_path, "k", "en") == {
        "leads": 3, "lines": ["nothing changed since the last run; all results are in place", "as before"]
    }  # fmt: skip


def test_what_was_urgent_is_still_the_first_line(tmp_path: Path) -> None:
    """Before the line that nothing changed."""
    _write(tmp_path, summary={"urgent": 2, "lines": ["one", "two", "as before"]})
    summary = unchanged_summary(tmp_path, "k", "en")
    assert summary is not None
    assert summary["lines"] == [
        "one", "two", "nothing changed since the last run; all results are in place", "as before"
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["a.txt", "b.txt"])
def test_a_file_that_is_gone_or_changed_is_no_result(tmp_path: Path, name: str) -> None:
    """Each output counts."""
    _write(tmp_path)
    (tmp_path / name).write_text("changed", encoding="utf-8")
    assert unchanged_summary(tmp_path, "k", "en") is None
    (tmp_path / name).unlink()
    assert unchanged_summary(tmp_path, "k", "en") is None


def test_another_key_or_half_a_manifest_is_no_result(tmp_path: Path) -> None:
    """A key of other inputs, a manifest that was cut off, one without its parts, none at all."""
    _write(tmp_path)
    assert unchanged_summary(tmp_path, "other", "en") is None
    whole = (tmp_path / "manifest.json").read_text(encoding="utf-8")
    for text in (whole[:-5], "{}", '{"key": "k", "outputs": []}'):
        (tmp_path / "manifest.json").write_text(text, encoding="utf-8")
        assert unchanged_summary(tmp_path, "k", "en") is None
    (tmp_path / "manifest.json").unlink()
    assert unchanged_summary(tmp_path, "k", "en") is None


def test_the_key_holds_inputs_and_the_name_of_the_mission(tmp_path: Path) -> None:
    """Another hash, another name of a file or of the mission (the report bears it) is another run."""
    record = InputRecord("traces/a.csv", "1", "traces", 3)
    base = run_key(tmp_path, (record,), Profile(), Options())
    assert run_key(tmp_path, (record,), Profile(), Options()) == base
    for root, other in (
        (tmp_path, InputRecord("traces/a.csv", "2", "traces", 3)),
        (tmp_path, InputRecord("traces/b.csv", "1", "traces", 3)),
        (tmp_path / "else", record),
    ):
        assert run_key(root, (other,), Profile(), Options()) != base
