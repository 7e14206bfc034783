"""The list of what nothing calls."""

from __future__ import annotations

import ast

from vulture import Vulture

from onevisit.names import ROOMS
from tests.docs.writers import DOCS


def _listed() -> set[str]:
    """Every name that the file excuses."""
    names: set[str] = set()
    for node in ast.parse((DOCS / "unreached.py").read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Tuple):
            names |= {name.id for name in node.value.elts if isinstance(name, ast.Name)}
        elif isinstance(node, ast.FunctionDef):
            names |= {part.attr for part in ast.walk(node) if isinstance(part, ast.Attribute)}
    return names


def test_what_is_excused_would_be_taken_for_dead() -> None:
    """Without the list each of its names is found unused; one that is called or deleted leaves it."""
    finder = Vulture()
    finder.scavenge([str(DOCS.parent / room) for room in ROOMS])
    found = {item.name for item in finder.get_unused_code(min_confidence=60)}
    assert len(_listed()) > 50
    assert _listed() - found == set()
