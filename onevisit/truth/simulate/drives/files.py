"""Logger files as vehicles write them: a delimited table with Chinese headings."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def stamps(start: datetime, n: int, *, offset_s: float = 0.0, pattern: str = "%Y/%m/%d %H:%M:%S") -> list[str]:
    """One time stamp a second."""
    first = start + timedelta(seconds=round(offset_s))
    return [(first + timedelta(seconds=k)).strftime(pattern) for k in range(n)]


def write_table(path: Path, columns: Sequence[tuple[str, Sequence[str]]], *, encoding: str, title: str = "") -> None:
    """Write columns under their headings, comma-separated, CRLF as Windows software writes."""
    lines = [title] if title else []
    lines.append(",".join(heading for heading, _ in columns))
    lines += [",".join(row) for row in zip(*(values for _, values in columns), strict=True)]
    path.write_bytes(("\r\n".join(lines) + "\r\n").encode(encoding))


def texts(values: Floats, digits: int) -> list[str]:
    """Numbers with a fixed number of decimals; not-a-number is an empty cell."""
    return ["" if not np.isfinite(v) else f"{v:.{digits}f}" for v in values]
