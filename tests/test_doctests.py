"""Every worked example in a docstring gives what it says."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

from onevisit.names import ROOMS


def _modules() -> list[str]:
    rooms = [importlib.import_module(room) for room in ROOMS]
    return [info.name for room in rooms for info in pkgutil.walk_packages(room.__path__, f"{room.__name__}.")]


@pytest.mark.parametrize("name", _modules())
def test_examples_run(name: str) -> None:
    """In every module of every room; a module without examples passes by being importable."""
    assert doctest.testmod(importlib.import_module(name), optionflags=doctest.ELLIPSIS).failed == 0


def test_examples_are_found() -> None:
    """A hundred of them: a finder that finds nothing would pass."""
    finder = doctest.DocTestFinder()
    found = [test for name in _modules() for test in finder.find(importlib.import_module(name)) if test.examples]
    assert len(found) > 50
