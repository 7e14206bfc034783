"""What a mark says of the condition of plant or analyser, whatever words a platform has for it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import IntFlag
from functools import lru_cache

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from ingest.flags import Flag
from ingest.species import fold
from ingest.text.marks import HJ212_FLAGS, meaning_of_text

Conditions = NDArray[np.uint16]


class Condition(IntFlag):
    """Conditions that a mark may state; several may hold at once, none is a normal value."""

    CALIBRATION = 1
    FAULT = 2
    MAINTENANCE = 4
    STOPPED = 8
    STARTING = 16
    NO_COMMUNICATION = 32
    BY_HAND = 64
    OVER_RANGE = 128
    SUBSTITUTED = 256
    OTHER = 512


IN_DOUBT = Condition.FAULT | Condition.MAINTENANCE | Condition.STOPPED | Condition.STARTING | Condition.OTHER
"""What takes a value out of judgement on the word of the firm."""
NOT_MEASURED = (
    IN_DOUBT | Condition.CALIBRATION | Condition.NO_COMMUNICATION | Condition.BY_HAND | Condition.SUBSTITUTED
)
"""What says that the value is not one of the outlet under ordinary conditions."""

_LETTERS = {
    "C": Condition.CALIBRATION,
    "D": Condition.FAULT,
    "M": Condition.MAINTENANCE,
    "F": Condition.STOPPED,
    "B": Condition.NO_COMMUNICATION,
    "S": Condition.BY_HAND,
    "T": Condition.OVER_RANGE,
}
"""HJ 212-2017, table 8."""
_WORDS = (
    (Condition.SUBSTITUTED, r"替代|替换|补遗|修约|插补|补充数据|substitut\w*|replaced"),
    (Condition.NO_COMMUNICATION, r"通讯|通信|掉线|离线|断线|传输|no communication|offline|off line"),
    (Condition.STARTING, r"启炉|起炉|烘炉|启动|启机|点火|升温|停炉降温|start\w*"),
    (Condition.STOPPED, r"停运|停产|停炉|停窑|停机|停用|焖炉|out of operation|stopped|shut ?down"),
    (Condition.MAINTENANCE, r"维护|维修|检修|保养|巡检|更换|maint\w*|repair"),
    (Condition.BY_HAND, r"手工|人工|set by hand|manual"),
    (Condition.OVER_RANGE, r"超量程|超测定上限|超上限|beyond upper limit|over ?range"),
    (Condition.CALIBRATION, r"标样|核查|比对|check"),
    (Condition.FAULT, r"事故|accident"),
)
_KNOWN = tuple((condition, re.compile(pattern)) for condition, pattern in _WORDS)
_MEANINGS = {flag.meaning: _LETTERS.get(flag.letter, Condition(0)) for flag in HJ212_FLAGS}


@lru_cache(maxsize=4096)
def condition_of(text: str) -> Condition:
    """Return what a mark's text says; ``Condition(0)`` for none and for normal, OTHER where no word of it is known.

    Examples
    --------
    >>> condition_of("D"), condition_of("启炉"), condition_of("正常"), condition_of("设备校准|停运")
    (<Condition.FAULT: 2>, <Condition.STARTING: 16>, <Condition: 0>, <Condition.CALIBRATION|STOPPED: 9>)
    """
    found = Condition(0)
    for part in (part.strip() for part in text.split("|")):
        if part:
            found |= _of_part(part)
    return found


def _of_part(part: str) -> Condition:
    if part in _LETTERS or part == "N":
        return _LETTERS.get(part, Condition(0))
    word = fold(part)
    if word.replace(" ", "_") in _MEANINGS:
        return _MEANINGS[word.replace(" ", "_")]
    found = Condition(0)
    for condition, pattern in _KNOWN:
        if pattern.search(word):
            found |= condition
    meaning = meaning_of_text(part)
    if meaning is not None and not meaning:
        return found
    if meaning is not None and Flag.CALIBRATION in meaning:
        found |= Condition.CALIBRATION
    if not found and meaning is not None:
        found = Condition.FAULT
    return found or Condition.OTHER


def conditions_of(variable: xr.DataArray, code: str = "") -> Conditions:
    """Return the conditions that a mark variable states for a quantity, shape of the variable.

    A text that names a quantity (``a21026:校准``) is of that quantity alone.
    """
    texts = words_of(variable)
    values = variable.values
    if not values.any():
        return np.zeros(values.shape, np.uint16)
    numbers = np.array(sorted(texts), np.int64)
    said = np.array([_for_code(texts[int(number)], code) for number in numbers], np.uint16)
    return np.asarray(said[np.searchsorted(numbers, values)], np.uint16)


def words_of(variable: xr.DataArray) -> dict[int, str]:
    """Words of a mark variable by its numbers, as its attributes say them; empty for no mark."""
    numbers = np.atleast_1d(variable.attrs["flag_values"]).tolist()
    words = str(variable.attrs["flag_meanings"]).split()
    return {number: "" if word == "no_mark" else word for number, word in zip(numbers, words, strict=True)}


def _for_code(text: str, code: str) -> int:
    return int(condition_of("|".join(said_of(text.split("|"), code))))


def said_of(parts: Iterable[str], code: str) -> tuple[str, ...]:
    """Return what the parts of a mark say of a quantity, without its code before them."""
    split = [part.partition(":") if re.match(r"[a-z]\w{4,7}:", part) else ("", "", part) for part in parts]
    return tuple(rest for named, _, rest in split if named in ("", code))
