"""Numbers that people spell: degrees, minutes and seconds; points of the compass in English and Chinese."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from functools import lru_cache

from ingest.outcome import Phrase
from ingest.text.cells import DECIMAL, NUMBER, THOUSANDS, read_cell

_NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?")
# An angle in a column of numbers must look like one: a sign of degrees, or a hemisphere beside the digits.
_ANGLE = re.compile(r"\d\s*[°º˚度]|\d\s*[′']|^\s*[NSEW东西南北]\S*\s*\d|\d\s*[NSEW]\s*$", re.IGNORECASE)
_POINTS = ("N", "NNE", "NE", "ENE", "E", "ESE", "SE", "SSE", "S", "SSW", "SW", "WSW", "W", "WNW", "NW", "NNW")
_LETTERS = str.maketrans("东東西南北", "EEWSN", "偏风風向")
_ORDERED = {"EN": "NE", "ES": "SE", "WN": "NW", "WS": "SW"}  # 东北 is north-east
_MOST_LETTERS = 20


def parse_angle(text: str) -> float | None:
    """Read decimal degrees, or degrees, minutes and seconds in any punctuation; metres come back as they are.

    Examples
    --------
    >>> parse_angle("104.0657"), round(parse_angle("104°3'56.52″E"), 6), round(parse_angle("西经 91度59分40秒"), 6)
    (104.0657, 104.0657, -91.994444)
    """
    text = text.strip()
    value = _number(text)
    if value is not None:
        return value
    parts = _NUMBER.findall(re.sub(r"(?<=\d)-(?=\d)", " ", text))
    if not 1 <= len(parts) <= 3 or len(text) > 60:
        return None
    values = [float(part) for part in parts]
    if any(not 0 <= value < 60 for value in values[1:]):
        return None
    size = sum(abs(value) / 60.0**power for power, value in enumerate(values))
    negative = values[0] < 0 or re.search(r"[WSws西南]", text) is not None
    return -size if negative else size


def _number(text: str) -> float | None:
    """A number as people write it; ``104,065`` has a decimal comma, ``500,123`` is one of metres."""
    decimal = read_cell(text, comma=DECIMAL)
    if decimal.kind != NUMBER or decimal.unit or decimal.letter:
        return None
    value = decimal.value if abs(decimal.value) <= 180.0 else read_cell(text, comma=THOUSANDS).value
    return value if math.isfinite(value) else None


def parse_compass(text: str) -> float | None:
    """Degrees clockwise from north of a point of the compass, in English or Chinese.

    Examples
    --------
    >>> parse_compass("东北风"), parse_compass("北东北"), parse_compass("SSW"), parse_compass("静风")
    (45.0, 22.5, 202.5, None)
    """
    if len(text) > _MOST_LETTERS:
        return None
    letters = text.strip().upper().translate(_LETTERS).replace("-", "")
    if len(letters) == 3:  # 北东北 is NNE, 东东北 is ENE, 东北偏北 (NE + N) is NNE
        pair, single = (letters[1:], letters[0]) if letters[1:] in _ORDERED or letters not in _POINTS else ("", "")
        if letters[:2] in _ORDERED:
            pair, single = letters[:2], letters[2]
        letters = single + _ORDERED.get(pair, pair) if pair else letters
    else:
        letters = _ORDERED.get(letters, letters)
    return _POINTS.index(letters) * 22.5 if letters in _POINTS else None


def read_spelled(texts: Sequence[str]) -> tuple[list[float | None], Phrase | None]:
    """Read a column whose fields are not plain numbers.

    Returns
    -------
    values, kind
        None where a field is neither; kind says that they are angles or points of the compass, None where not more
        than half of the fields are of one kind.
    """
    for reader, kind in ((_angle, Phrase("degrees_minutes_seconds")), (parse_compass, Phrase("compass_points"))):
        values = [reader(text) for text in texts]
        if sum(value is not None for value in values) > 0.5 * len(values):
            return values, kind
    return [None] * len(texts), None


@lru_cache(maxsize=4096)
def _angle(text: str) -> float | None:
    return parse_angle(text) if _ANGLE.search(text) else None
