"""The page of the architecture tells of every room, folder and contract, and of files that are as it says."""

from __future__ import annotations

import ast
import subprocess
import tomllib

from onevisit.names import ROOMS
from tests.docs.writers import DOCS, writer

architecture = writer("architecture")
ROOT = DOCS.parent


def test_every_room_has_a_row() -> None:
    """In the order of imports, with a file to read first that is there."""
    rows = [room for room in architecture.TABLE if room.name in ROOMS]
    assert tuple(room.name for room in rows) == ROOMS
    for room in rows:
        assert (ROOT / room.read_first).is_file() and room.read_first.startswith(f"{room.name}/")


def test_every_folder_of_the_program_is_in_the_tree() -> None:
    """With a sentence of its own: a folder with code and no docstring cannot be told."""
    page = architecture.render_architecture()
    listed = subprocess.run(["git", "ls-files", *ROOMS], cwd=ROOT, capture_output=True, text=True, check=True)
    held = {(ROOT / name).parent for name in listed.stdout.splitlines() if name.endswith(".py")}
    told = {folder for room in ROOMS for folder in architecture.folders(room)}
    assert held - told == set()
    for folder in told:
        sentence = (ast.get_docstring(ast.parse((folder / "__init__.py").read_text("utf-8"))) or "").split("\n")[0]
        assert sentence.endswith(".") and f"{folder.name}/ " in page and f" {sentence}\n" in page


def test_the_picture_has_a_line_for_every_room_with_a_flow() -> None:
    """And none for a room that is not there."""
    picture = architecture.render_architecture().split("```")[1]
    for room in architecture.TABLE:
        assert (f"─{room.name}" in picture) == (room.name in ROOMS and room.name != "numerics")


def test_every_contract_is_told_with_its_layers() -> None:
    """Left to right as imports point, the room's own name left out."""
    page = architecture.render_architecture()
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    for contract in contracts:
        assert f"- {contract['name'].replace('<-', '◀')}" in page
    assert "\n  words ◀ leads, visits ◀ redrive ◀ handover.data ◀ " in page


def test_the_walk_is_ten_files_with_their_top_functions() -> None:
    """Each function is defined in the file that is named for it."""
    assert len(architecture.WALK) == len({step.path for step in architecture.WALK}) == 10
    for step in architecture.WALK:
        tree = ast.parse((ROOT / step.path).read_text(encoding="utf-8"))
        assert step.function in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
