"""Records are values: what one part of the program holds, no other part changes."""

from __future__ import annotations

import dataclasses
import importlib
import pkgutil

import pytest

from onevisit.names import ROOMS

GATHERING = {"Recorder", "StageRecord", "Group", "Device", "_Groups", "Spoken"}
"""Those that gather what is read or said while it comes in, and leave no function that made them."""


def _modules() -> list[str]:
    rooms = [importlib.import_module(room) for room in ROOMS]
    return [info.name for room in rooms for info in pkgutil.walk_packages(room.__path__, f"{room.__name__}.")]


@pytest.mark.parametrize("name", _modules())
def test_dataclasses_are_frozen(name: str) -> None:
    """In every module of every room."""
    module = importlib.import_module(name)
    records = [r for r in vars(module).values() if isinstance(r, type) and dataclasses.is_dataclass(r)]
    own = [r for r in records if r.__module__ == name]
    loose = {r.__name__ for r in own if not r.__dataclass_params__.frozen}  # type: ignore[attr-defined]
    assert loose <= GATHERING
