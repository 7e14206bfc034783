"""The one place where numba is called, so that the kernels keep their types for the type checker."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

import numba

P = ParamSpec("P")
R = TypeVar("R")


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a loop over rows once, keep the machine code on disk, and release the interpreter lock."""
    return cast("Callable[P, R]", numba.njit(cache=True, nogil=True)(function))
