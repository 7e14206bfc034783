"""Records are values: what one part of the program holds, no other part changes."""

from __future__ import annotations

import dataclasses
import importlib
import pkgutil

import pytest

import onevisit

MODULES = sorted(m.name for m in pkgutil.walk_packages(onevisit.__path__, "onevisit.") if not m.ispkg)


@pytest.mark.parametrize("name", MODULES)
def test_dataclasses_are_frozen(name: str) -> None:
    """But for the two that gather what a run says and measures of itself."""
    module = importlib.import_module(name)
    records = [r for r in vars(module).values() if isinstance(r, type) and dataclasses.is_dataclass(r)]
    own = [r for r in records if r.__module__ == name]
    loose = [r.__name__ for r in own if not r.__dataclass_params__.frozen]  # type: ignore[attr-defined]
    assert set(loose) <= {"Recorder", "StageRecord"}
