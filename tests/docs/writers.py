"""The modules that write pages, found as `python docs/tables.py` finds them: beside it."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType

__all__ = ["DOCS", "writer"]

DOCS = Path(__file__).resolve().parents[2] / "docs"


def writer(name: str) -> ModuleType:
    """A module of the folder of the pages."""
    sys.path.insert(0, str(DOCS))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(DOCS))
