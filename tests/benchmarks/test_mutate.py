"""The program that puts faults into the code: which faults, where, and that a copy is changed, not the tree."""

from __future__ import annotations

import ast
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("cosmic_ray", reason="needs the developers' extra: pip install -e '.[dev]'")

from benchmarks import mutant_tests, mutants
from benchmarks.mutants import Mutant, function_at, operators, sample_mutants

CODE = '''"""Doc."""

from __future__ import annotations

__all__ = ["area"]

LIMIT: float = 2.5


def area(width: float, height: float | None = None) -> float:
    """Width times height, no more than the limit."""
    values = {"width": width}
    values["more"] = 1
    if height is None:
        return round(width * LIMIT, 2)
    return max(values["width"], height)


class Box:
    """A box."""

    def side(self, names: list[str]) -> str:
        """Join names."""
        names.sort(key=len)
        return "-".join(names)
'''


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A tree of one module."""
    (tmp_path / "room.py").write_text(CODE, encoding="utf-8")
    return tmp_path


def test_each_own_operator_does_what_its_example_says() -> None:
    """Before and after, as the class states them."""
    for name in mutants._OWN:
        for example in operators()[name].examples():
            made = mutants.mutate_code(example.pre_mutation_code, operators()[name], 0)
            assert made == example.post_mutation_code, name


def test_a_sample_is_the_same_for_a_seed_and_changes_what_is_computed(tree: Path) -> None:
    """Every fault is another program; annotations, docstrings and ``__all__`` are left alone, and so is the file."""
    sample = sample_mutants(tree, ["room.py"], count=25, seed=4)
    assert sample == sample_mutants(tree, ["room.py"], count=25, seed=4)
    assert sample != sample_mutants(tree, ["room.py"], count=25, seed=5)
    assert len({mutant.diff for mutant in sample}) == len(sample) >= 15
    for mutant in sample:
        ast.parse(mutant.code)
        changed = [line for line in mutant.diff.splitlines() if line.startswith("-")]
        assert not any('"""' in line or "__all__" in line or "import" in line for line in changed)
    assert (tree / "room.py").read_text(encoding="utf-8") == CODE


def test_every_kind_of_fault_is_found_in_time(tree: Path) -> None:
    """Numbers, comparisons, names, arguments and statements of the small module are all changed by some seed."""
    made = {mutant.change for seed in range(6) for mutant in sample_mutants(tree, ["room.py"], count=30, seed=seed)}
    for change in (
        "LIMIT: float = 2.5 -> LIMIT: float = 3.125",
        "if height is None: -> if height is not None:",
        'values["more"] = 1 -> pass',
        "names.sort(key=len) -> names.sort(key=None)",
        "return round(width * LIMIT, 2) -> return round(2, width * LIMIT)",
        'return max(values["width"], height) -> return max(values["widthx"], height)',
    ):
        assert change in made, change


def test_a_line_belongs_to_its_innermost_function() -> None:
    """Methods bear the name of their class; a line outside of functions has none."""
    parsed = ast.parse(CODE)
    assert [function_at(parsed, line) for line in (7, 10, 16, 23, 20)] == ["", "area", "area", "Box.side", ""]


def _mutant(function: str, code: str = "") -> Mutant:
    return Mutant("room.py", function, 1, "", code, "")


def test_tests_that_run_a_function_come_cheapest_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Outside of functions, all that run or read the module; what many tests of a file run, the whole file."""
    many = [f"tests/c.py::t{k}" for k in range(20)]
    known = mutant_tests.TestMap(
        {
            "tests/a.py": {"seconds": {"tests/a.py::x": 3.0, "tests/a.py::y": 1.0},
                           "runs": {"room.py::area": ["tests/a.py::x", "tests/a.py::y"]}},
            "tests/b.py": {"seconds": {"tests/b.py::z": 0.5}, "runs": {"room.py::Box.side": ["tests/b.py"]}},
            "tests/c.py": {"seconds": dict.fromkeys(many, 0.1), "runs": {"room.py::area": many}},
            "tests/d.py": {"seconds": {"tests/d.py::o": 0.1}, "runs": {"other.py::area": ["tests/d.py::o"]}},
        }
    )  # fmt: skip
    assert known.of(_mutant("area")) == [
        ("tests/a.py::y", 1.0),
        ("tests/c.py", pytest.approx(2.0)),
        ("tests/a.py::x", 3.0),
    ]
    assert known.of(_mutant("Box.side")) == [("tests/b.py", 0.5)]
    assert {name for name, _ in known.of(_mutant(""))} == {
        "tests/a.py::x",
        "tests/a.py::y",
        "tests/b.py",
        "tests/c.py",
    }
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "d.py").write_text("from a.room import SIDE_M\n", encoding="utf-8")
    monkeypatch.setattr(mutant_tests, "ROOT", tmp_path)
    mutant_tests._reads.cache_clear()
    assert known.of(replace(_mutant(""), module="a/room.py")) == [("tests/d.py", 0.1)]
    assert known.of(_mutant("lost")) == []
    assert len(known.of(_mutant("lost", "@compiled"))) == 4


@pytest.mark.slow
def test_a_fault_is_caught_in_a_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that compares a value fails in the copy and the tree stays; one that does not look survives."""
    root = tmp_path / "project"
    (root / "tests").mkdir(parents=True)
    (root / "ingest").mkdir()
    (root / "ingest" / "__init__.py").touch()
    (root / "ingest" / "room.py").write_text("def double(x: int) -> int:\n    return x * 2\n", encoding="utf-8")
    (root / "tests" / "test_room.py").write_text(
        "from ingest.room import double\n\n\ndef test_value() -> None:\n    assert double(3) == 6\n", encoding="utf-8"
    )
    (root / "tests" / "test_blind.py").write_text(
        "from ingest.room import double\n\n\ndef test_blind() -> None:\n    assert double(3)\n", encoding="utf-8"
    )
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    monkeypatch.setattr(mutant_tests, "ROOT", root)
    monkeypatch.setattr(mutant_tests, "KEPT", tmp_path / "kept")
    code = "def double(x: int) -> int:\n    return x * 3\n"
    fault = Mutant("ingest/room.py", "double", 2, "", code, "")
    with mutant_tests.borrow_copy() as copy:
        assert mutant_tests.run_mutant(fault, [("tests/test_room.py", 0.1)], copy)[0] == "caught"
        assert mutant_tests.run_mutant(fault, [("tests/test_blind.py", 0.1)], copy)[0] == "survived"
        assert mutant_tests.run_mutant(fault, [], copy) == ("no test", 0.0)
        assert "x * 2" in (copy.root / "ingest" / "room.py").read_text(encoding="utf-8")
    assert "x * 2" in (root / "ingest" / "room.py").read_text(encoding="utf-8")
