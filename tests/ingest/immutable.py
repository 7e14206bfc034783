"""Which values of a module can be changed: none should, but for collections under way."""

from __future__ import annotations

import dataclasses
from types import ModuleType

__all__ = ["mutable_values"]


def mutable_values(module: ModuleType) -> list[str]:
    """Names of the module's own dataclasses that are not frozen."""
    own = [value for value in vars(module).values() if getattr(value, "__module__", "") == module.__name__]
    return [one.__name__ for one in own if dataclasses.is_dataclass(one) and not one.__dataclass_params__.frozen]
