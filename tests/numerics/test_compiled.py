"""Compiled loops: the same numbers, machine code on disk, and other threads go on meanwhile."""

from __future__ import annotations

import numpy as np

from numerics.compiled import compiled
from numerics.rolling import _place


def test_a_compiled_loop_gives_the_numbers_of_the_plain_one() -> None:
    """The function behind the compiled one is called with the same result."""

    def total(values: np.ndarray) -> float:
        found = 0.0
        for k in range(len(values)):
            found += values[k] * k
        return found

    values = np.arange(5.0)
    assert compiled(total)(values) == total(values) == 30.0


def test_machine_code_is_kept_and_the_lock_is_released() -> None:
    """The next start need not compile, and two drives are worked on at once."""
    assert _place.targetoptions["nogil"] is True
    assert _place.targetoptions["nopython"] is True
    assert type(_place._cache).__name__ == "FunctionCache"
