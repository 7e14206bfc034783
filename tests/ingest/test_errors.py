"""Errors that come back from another process say what they said there."""

from __future__ import annotations

import copy
import importlib
import pickle
import pkgutil
from collections.abc import Iterator
from typing import Any

import pytest

import ingest
import onevisit
import tracks
from ingest.errors import FileError, NothingUsable, OnevisitError
from ingest.outcome import Phrase, Reject

INNER = Phrase("as_said", {"text": "坏"})
SAID = Phrase("row_not_used", {"reason": INNER, "rows": (1, 2), "share": 0.5})


def _kinds(kind: type[OnevisitError]) -> Iterator[type[OnevisitError]]:
    yield kind
    for below in kind.__subclasses__():
        yield from _kinds(below)


def _all_kinds() -> list[type[OnevisitError]]:
    """Every error that a module of the readers, the tracks or the job defines."""
    for package in (ingest, tracks, onevisit):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if "__main__" not in module.name and not module.ispkg:
                importlib.import_module(module.name)
    return list(dict.fromkeys(_kinds(OnevisitError)))


def _made(kind: type[Any]) -> OnevisitError:
    error: OnevisitError
    if issubclass(kind, FileError):
        error = kind("a.csv", SAID.code, SAID.values, where="line 3")
    elif issubclass(kind, NothingUsable):
        error = kind(SAID, rejects=[Reject("a.csv", "line 3", "as_said", {"text": "x"})])
    else:
        error = kind(SAID)
    return error


@pytest.mark.parametrize("kind", _all_kinds(), ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("way", ["pickled", "copied"])
def test_an_error_keeps_its_phrase(kind: type[OnevisitError], way: str) -> None:
    """Code, values down to the inner phrase, place and rejects, of every kind of error there is."""
    error = _made(kind)
    again = pickle.loads(pickle.dumps(error)) if way == "pickled" else copy.deepcopy(error)
    assert type(again) is kind and str(again) == str(error)
    assert (again.phrase, again.phrase.values) == (SAID, SAID.values)
    assert again.phrase.values["reason"].values == {"text": "坏"}
    assert vars(again) == vars(error)
    if isinstance(error, NothingUsable):
        assert again.rejects[0].values == {"text": "x"}


def test_more_than_ten_kinds_are_tried() -> None:
    """The walk finds the errors of single modules too."""
    assert {"SettingError", "NoTimeZone", "UnusableRow", "NoMoment", "UnitError"} <= {
        k.__name__ for k in _all_kinds()
    }
