"""Marks of monitor series: texts as integers with their meanings, back to texts, and marks laid over a span of time.

A mark variable holds 0 where there is no mark, the number of `ingest.text.marks.HJ212_FLAGS` (from 1) for a letter of
HJ 212, and from 16 on the other texts of this variable, in order of the alphabet. ``flag_values`` and
``flag_meanings`` (CF-1.11, section 3.5) say what stands for what; meanings are words, so blanks become underscores.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from ingest.outcome import Notes, Outcome, Phrase
from ingest.text.marks import HJ212_FLAGS

_FIRST_TEXT = 16  # leaves room for letters that the standard may add
_LETTERS = {known.letter: number for number, known in enumerate(HJ212_FLAGS, 1)}
_BY_NUMBER = dict(enumerate(HJ212_FLAGS, 1))
_NO_MARK = "no_mark"


@dataclass(frozen=True)
class Mark:
    """A working-condition or maintenance mark: what it says, from when to when (ns, UTC), and of which point."""

    where: str
    text: str
    start_ns: int
    end_ns: int
    code: str
    mn: str
    point: str
    permit_code: str
    uscc: str
    site_name: str

    def covers(self, series: xr.Dataset) -> bool:
        """Whether the series is of the point that the mark speaks about."""
        own = {"mn": self.mn, "permit_code": self.permit_code, "uscc": self.uscc, "site_name": self.site_name}
        stated = {name: text for name, text in own.items() if text and series.attrs[name]}
        if not stated or any(series.attrs[name] != text for name, text in stated.items()):
            return False
        return not self.point or series.attrs["point"] in ("", self.point, series.attrs["mn"])


# --- texts and integers --------------------------------------------------------------------------------------------


def mark_variable(index: NDArray[np.integer], texts: Sequence[str]) -> xr.Variable:
    """Return a mark variable over ``obs``.

    Parameters
    ----------
    index : array of integers, shape (obs,)
        Which of the texts each row has.
    texts : sequence of str
        An empty one is no mark; a single letter of HJ 212 is that data flag, in either case.

    Returns
    -------
    xarray.Variable
        The smallest of int8, int16 and int32 that holds the numbers, with ``flag_values`` and ``flag_meanings`` of
        those that occur, 0 (``no_mark``) among them.

    Examples
    --------
    >>> mark_variable(np.array([1, 0, 2]), ["", "D", "停运 检修"]).attrs["flag_meanings"]
    'no_mark fault 停运_检修'
    """
    words = ["_".join(text.split()) for text in texts]
    used = [words[at] for at in np.unique(index)]
    free = sorted({word for word in used if word and word.upper() not in _LETTERS})
    numbers = {"": 0, **{word: number for number, word in enumerate(free, _FIRST_TEXT)}}
    table = np.array([numbers.get(word, _LETTERS.get(word.upper(), 0)) for word in words], np.int32)
    values = np.unique([0, *table[np.unique(index)]])
    meanings = {number: word for word, number in numbers.items()} | {0: _NO_MARK}
    kind = next(kind for kind in (np.int8, np.int16, np.int32) if values[-1] <= np.iinfo(kind).max)
    attributes = {
        "flag_values": values.astype(kind),
        "flag_meanings": " ".join(meanings[n] if n in meanings else _BY_NUMBER[n].meaning for n in values.tolist()),
    }
    return xr.Variable("obs", table[index].astype(kind), attributes)


def mark_texts(variable: xr.DataArray) -> Mapping[int, str]:
    """Texts of a mark variable as people know them, by its numbers: empty, a letter of HJ 212, or the words.

    Examples
    --------
    >>> mark_texts(xr.DataArray(mark_variable(np.array([1, 0, 2]), ["", "D", "停运 检修"])))
    {0: '', 3: 'D', 16: '停运 检修'}
    """
    numbers = np.atleast_1d(variable.attrs["flag_values"]).tolist()
    words = str(variable.attrs["flag_meanings"]).split()
    return {
        number: _BY_NUMBER[number].letter if number in _BY_NUMBER else word.replace("_", " ") if number else ""
        for number, word in zip(numbers, words, strict=True)
    }


# --- marks over a span of time -------------------------------------------------------------------------------------


def apply_marks(series: Sequence[xr.Dataset], marks: Sequence[Mark]) -> Outcome[list[xr.Dataset]]:
    """Lay marks over the series of their point: ``mark`` is their text, joined by ``|`` where they overlap.

    A mark of one quantity is written with its code (``a21026:校准``). A mark that fits no series is rejected by name.
    """
    used: set[int] = set()
    found, notes = [], Notes()
    for dataset in series:
        chosen = [index for index, mark in enumerate(marks) if mark.covers(dataset)]
        used.update(chosen)
        found.append(_with_marks(dataset, [marks[index] for index in chosen]) if chosen else dataset)
    for index, mark in enumerate(marks):
        if index not in used:
            item, _, where = mark.where.partition(", ")
            named = mark.mn or mark.point or mark.site_name or Phrase("mark_names_no_site")
            notes.reject(item, where, "mark_fits_no_series", {"text": mark.text, "named": named})
    return notes.outcome(found)


def _with_marks(series: xr.Dataset, marks: Sequence[Mark]) -> xr.Dataset:
    """Add the texts of marks to those of the rows that they cover; a combination of texts is a text of its own."""
    times = series["time"].values.astype(np.int64)
    texts, index = [""], np.zeros(len(times), np.int64)
    if "mark" in series:
        numbers, index = np.unique(series["mark"].values, return_inverse=True)
        by_number = mark_texts(series["mark"])
        texts = [by_number[number] for number in numbers.tolist()]
    for mark in marks:
        first, last = np.searchsorted(times, [mark.start_ns, max(mark.end_ns, mark.start_ns + 1)])
        before, inverse = np.unique(index[first:last], return_inverse=True)
        index[first:last] = len(texts) + inverse
        texts += [_joined(texts[at], f"{mark.code}:{mark.text}" if mark.code else mark.text) for at in before]
    return series.assign(mark=mark_variable(index, texts))


def _joined(before: str, said: str) -> str:
    """Texts joined by ``|``; one that is there already is not said twice."""
    return said if not before else before if said in before.split("|") else f"{before}|{said}"
