"""Numbers as a person wants to read them: rounded by their uncertainty, with units."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

_SUPERSCRIPT = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
_WORDS: Mapping[str, str] = {"1": "", "degree": "°", "degrees": "°", "percent": "%"}


def rounded(value: float | None, digits: int = 3) -> str:
    """A number with so many significant digits, never in exponents between 1e-4 and 1e6; an en dash for none.

    Examples
    --------
    >>> rounded(1234.5), rounded(0.012345), rounded(None)
    ('1230', '0.0123', '–')
    """
    if value is None or not math.isfinite(value):
        return "–"
    if value == 0:
        return "0"
    near = float(f"{value:.{digits - 1}e}")
    size = math.floor(math.log10(abs(near)))
    if not -5 < size < 6:
        return f"{near:.{digits - 1}e}"
    return f"{near:.{max(digits - 1 - size, 0)}f}"


def with_error(value: float, error: float | None) -> str:
    """A number and its standard deviation: the deviation with two digits, the number to the same decimals.

    Examples
    --------
    >>> with_error(3.14159, 0.0271), with_error(182.3, 41.2), with_error(5.0, float("nan"))
    ('3.142 ± 0.027', '182 ± 41', '5.00')
    """
    if error is None or not math.isfinite(error) or error <= 0:
        return rounded(value)
    decimals = max(0, 1 - math.floor(math.log10(error)))
    return f"{value:.{decimals}f} ± {error:.{decimals}f}"


def p_text(p: float) -> str:
    """A p-value: ``0.012``; ``< 0.001`` below that."""
    if not math.isfinite(p):
        return "–"
    return "< 0.001" if p < 0.001 else f"{p:.2g}"


def probability_text(probability: float) -> str:
    """A probability in per cent, whole numbers; ``< 1 %`` and ``> 99 %`` at the ends, never 0 or 100.

    Examples
    --------
    >>> probability_text(0.724), probability_text(0.001), probability_text(0.9999)
    ('72 %', '< 1 %', '> 99 %')
    """
    if not math.isfinite(probability):
        return "–"
    if probability < 0.01:
        return "< 1 %"
    return "> 99 %" if probability > 0.99 else f"{100 * probability:.0f} %"


def unit_text(unit: str) -> str:
    """A UDUNITS string as it is printed.

    Examples
    --------
    >>> unit_text("ug m-3"), unit_text("m s-1"), unit_text("ppb")
    ('µg m⁻³', 'm s⁻¹', 'ppb')
    """
    if unit in _WORDS:
        return _WORDS[unit]
    text = re.sub(r"\bu(?=[gm]\b)", "µ", unit)
    return re.sub(r"(?<=[A-Za-z])-?\d+", lambda m: m.group().translate(_SUPERSCRIPT), text)
