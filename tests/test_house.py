"""The shape of the tree: folders that fit an eye, files and functions that fit a screen, one home for each idea."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from onevisit.names import ROOMS

ROOT = Path(__file__).resolve().parents[1]
FILES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
NOT_YET_SPLIT = {
    "tests/fusion/": "until the tests of places are whole",
    "tests/onevisit/handover/": "until maps, report and charts show places",
    "tests/ingest/registers/": "until places of sites in doubt are told in all registers",
}
"""Folders whose test files may still be longer than 500 lines, and until when."""
PUBLIC = [
    (room, name) for room in ROOMS for name in getattr(importlib.import_module(room), "__all__", ())
    if inspect.isfunction(getattr(importlib.import_module(room), name))
]  # fmt: skip


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_no_folder_holds_more_than_an_eye_takes_in() -> None:
    """About twenty modules; formats of loggers may be more."""
    folders = {path.parent for path in FILES if path.parent.name != "formats"}
    assert {_name(folder): n for folder in folders if (n := len(list(folder.glob("*.py")))) > 20} == {}


def test_no_file_is_longer_than_five_hundred_lines() -> None:
    """One idea a file."""
    assert [_name(path) for path in FILES if len(path.read_text(encoding="utf-8").splitlines()) > 500] == []


def test_no_file_of_tests_is_longer_either() -> None:
    """They are split by what they test; a folder that no longer needs its excuse leaves the list."""
    long = [_name(path) for path in TESTS if len(path.read_text(encoding="utf-8").splitlines()) > 500]
    assert [name for name in long if not name.startswith(tuple(NOT_YET_SPLIT))] == []
    assert [folder for folder in NOT_YET_SPLIT if not any(name.startswith(folder) for name in long)] == []


def _code_lines(function: ast.FunctionDef) -> int:
    """Lines of a function without its docstring."""
    said = ast.get_docstring(function, clean=False)
    length = (function.end_lineno or function.lineno) - function.lineno + 1
    return length - (len(said.splitlines()) if said else 0)


def test_no_function_is_longer_than_sixty_lines() -> None:
    """Its docstring is not counted."""
    found = [
        f"{_name(path)}: {node.name}"
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef) and _code_lines(node) > 60
    ]
    assert found == []


def test_lengths_of_degrees_and_radii_of_the_earth_have_one_home() -> None:
    """`ingest.coordinates` and the plane below it; nobody else writes 111 320 or takes a cosine of latitude."""
    stray = re.compile(
        r"(?<![#0-9])111[_]?[0-9]{3}\b|(?<![\d#.])6_?371(_?[0-9]{3})?(\.\d+)?\b|6378137|\.cos\(np\.(deg2rad|radians)\(lat"
    )
    homes = {"ingest/coordinates.py", "numerics/plane.py"}
    assert {_name(path) for path in FILES if stray.search(path.read_text(encoding="utf-8"))} - homes == set()


def _imports(path: Path) -> Iterator[str]:
    """Modules that a file imports when it is imported, or in a function; not those for types alone."""

    def of(node: ast.AST) -> Iterator[str]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.If) and getattr(child.test, "id", "") == "TYPE_CHECKING":
                continue
            if isinstance(child, ast.ImportFrom) and child.module:
                yield from (f"{child.module}.{alias.name}" for alias in child.names)
                yield child.module
            yield from of(child)

    return of(ast.parse(path.read_text(encoding="utf-8")))


def test_no_module_imports_itself_by_way_of_others() -> None:
    """Modules without an import among those left are taken away until none is left."""
    names = {_name(path).removesuffix(".py").removesuffix("/__init__").replace("/", "."): path for path in FILES}
    left = {name: {one for one in _imports(path) if one in names and one != name} for name, path in names.items()}
    while free := {name for name, wanted in left.items() if not wanted}:
        left = {name: wanted - free for name, wanted in left.items() if name not in free}
    assert left == {}


@pytest.mark.parametrize(("room", "name"), PUBLIC, ids=lambda value: value)
def test_what_a_room_offers_names_its_parameters(room: str, name: str) -> None:
    """From three on, each is in the docstring; what is returned and raised is where it is not plain."""
    function = getattr(importlib.import_module(room), name)
    parameters = list(inspect.signature(function).parameters)
    said = inspect.getdoc(function) or ""
    assert said
    if len(parameters) >= 3:
        assert "Parameters\n" in said
        for parameter in parameters:
            assert re.search(rf"^[\w, ]*\b{parameter}\b[\w, ]* : ", said, re.M), parameter
