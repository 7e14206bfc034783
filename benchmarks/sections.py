"""What pages of benchmarks share: sections that several benchmarks write into one page, and intervals of shares."""

from __future__ import annotations

import math
import re

__all__ = ["put_section", "wilson_interval"]


def put_section(page: str, section: str) -> str:
    """The page with a section in place of the one of the same heading, or behind all others.

    Parameters
    ----------
    page : str
        Markdown; its sections begin with ``##`` and a blank.
    section : str
        One section, heading and all.

    Examples
    --------
    >>> put_section("# T\\n\\n## A\\n\\nold\\n\\n## B\\n\\nb\\n", "## A\\n\\nnew\\n")
    '# T\\n\\n## A\\n\\nnew\\n\\n## B\\n\\nb\\n'
    """
    parts = re.split(r"^(?=## )", page, flags=re.MULTILINE)
    heading = section.splitlines()[0]
    at = next((k for k, part in enumerate(parts) if part.splitlines()[:1] == [heading]), len(parts))
    parts[at : at + 1] = [section]
    return "\n\n".join(part.strip() for part in parts if part.strip()) + "\n"


def wilson_interval(part: int, whole: int) -> tuple[float, float]:
    """95 % interval of a share (Wilson 1927, doi:10.1080/01621459.1927.10502953).

    Examples
    --------
    >>> [round(float(end), 3) for end in wilson_interval(9, 10)]
    [0.596, 0.982]
    """
    z, p = 1.96, part / whole
    middle, spread = p + z**2 / (2 * whole), z * math.sqrt(p * (1 - p) / whole + z**2 / (4 * whole**2))
    return (middle - spread) / (1 + z**2 / whole), (middle + spread) / (1 + z**2 / whole)
