"""Numbers with which ranges end: what an instrument repeats that is beyond its range, or whose sensor died."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

#: Digits of full-scale numbers, wherever their point stands: nines, a one before nines, the ends of 10 to 32 bits.
_FULL_SCALE = re.compile(r"1?9{3,}|1023|2047|4095|8191|16383|32767|32768|65535|65534|2147483647|4294967295")
_ROWS = 3  # so often in a row, exactly, is no chance among decimals
_ROWS_OF_WHOLE = 10  # whole numbers repeat by chance: so often, or far above all others
_FAR = 1.2  # times the next lower value


def is_full_scale(value: float) -> bool:
    """Whether a number is one with which a range ends.

    Examples
    --------
    >>> [is_full_scale(value) for value in (999.9, 1999.9, 6553.5, -999.0, 99.9, 1200.0, 0.0)]
    [True, True, True, True, True, False, False]
    """
    digits = f"{abs(value):.6f}".rstrip("0").rstrip(".").replace(".", "").lstrip("0")
    return abs(value) >= 50 and bool(_FULL_SCALE.fullmatch(digits))


def rows_at_the_end(values: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Rows that hold a full-scale number which is the extreme of the column and repeats."""
    found = np.zeros(len(values), bool)
    finite = values[np.isfinite(values)]
    if len(finite) < _ROWS:
        return found
    lowest, highest = finite.min(), finite.max()
    for extreme in (highest, lowest):
        negative = extreme < 0
        if not is_full_scale(float(extreme)) or (extreme == lowest < highest and not negative):
            continue
        others = finite[finite != extreme]
        rows = values == extreme
        needed = _ROWS if negative or _is_far(extreme, others) or (others % 1 != 0).any() else _ROWS_OF_WHOLE
        if _longest_run(rows[np.isfinite(values)]) >= needed:
            found |= rows
    return found


def _is_far(extreme: float, others: NDArray[np.float64]) -> bool:
    return bool(len(others)) and abs(extreme) > _FAR * float(np.abs(others).max())


def _longest_run(rows: NDArray[np.bool_]) -> int:
    edges = np.flatnonzero(np.diff(np.r_[False, rows, False].astype(np.int8)))
    return int((edges[1::2] - edges[::2]).max()) if len(edges) else 0
