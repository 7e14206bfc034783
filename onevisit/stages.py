"""How a stage is done or taken from the store: its key is made of exactly what its function is given.

`Work.make` calls a function with inputs, or takes what an earlier run made of the same inputs. An input is a `Kept`
value of another step (its key goes into this step's key), a `Files` group (the names and hashes of its files do), or
settings and plain values (all of their fields do). What a function is not given, its result cannot depend on.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from enum import Enum
from pathlib import Path
from typing import Any, Generic, TypeVar

from pyproj import CRS

from ingest.outcome import Outcome
from onevisit.manifest import InputRecord, Recorder, StageRecord
from onevisit.mission import Mission, hash_file
from onevisit.names import STAGES
from onevisit.store import Store

T = TypeVar("T")

REPLAYED = ("ingest", "tracks", "imagery")
"""What a benchmark that replays missions takes from the store although the program has changed since."""


@dataclass(frozen=True)
class Kept(Generic[T]):
    """A value, and the key of all that it was made from."""

    value: T
    key: str


@dataclass(frozen=True)
class Files:
    """Input files of one kind: where they are, and what tells one content from another."""

    root: Path
    paths: tuple[Path, ...]
    records: tuple[InputRecord, ...]


def files_of(mission: Mission, records: Sequence[InputRecord], kind: str) -> Files:
    """The files of one kind of a mission (or one file, by its name) with their hashes, in order of name."""
    hashed = {record.path: record for record in records}
    chosen = [file for file in mission.files if kind in (file.kind, file.item)]
    return Files(mission.root, tuple(f.path for f in chosen), tuple(hashed[f.item] for f in chosen))


def later_stages(first: str | None) -> frozenset[str]:
    """The stage that ``--from`` names and those after it; none where nothing was named."""
    return frozenset(STAGES[STAGES.index(first) :]) if first else frozenset()


class Work:
    """Does the steps of one run, or takes them from the store, and tells the recorder what they said.

    Parameters
    ----------
    recorder : Recorder
    store : Store
    redo : set of str
        Stages that are done although the store has them.
    replay : bool
        Take `REPLAYED` stages from the store whatever version of the program made them.

    Attributes
    ----------
    written : dict
        SHA-256 of every file of this run by its name in OUT.
    """

    def __init__(self, recorder: Recorder, store: Store, *, redo: frozenset[str] = frozenset(), replay: bool = False):
        self.recorder, self.store = recorder, store
        self._redo, self._replay = redo, replay
        self._stage, self._made = "", 0
        self.written: dict[str, str] = {}
        self._keys: dict[str, str] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[StageRecord]:
        """Record a stage; it counts as taken from the store where no step of it that is stored was made."""
        self._stage, self._made = name, 0
        with self.recorder.stage(name) as record:
            yield record
            record.stored = self._made == 0

    def make(
        self,
        name: str,
        function: Callable[..., Outcome[T]],
        *inputs: Any,
        files: Callable[[T], Sequence[str]] | None = None,
        **named: Any,
    ) -> Kept[T]:
        """Call ``function`` with the plain inputs, given by place or by name, or take what it gave an earlier run.

        Parameters
        ----------
        name : str
            Of the step, in the store.
        function : callable
            Gives an `Outcome`; must depend on nothing but its arguments.
        files : callable, optional
            Names in OUT that belong to the value: where one is missing or changed the step is made again.
        """
        key = digest(name, inputs, named)
        outcome: Outcome[T] | None = None
        if self._stage not in self._redo:
            outcome = self.store.load(name, key, any_program=self._replay and self._stage in REPLAYED)
        if outcome is None:
            outcome = _call(function, inputs, named)
            self._made += 1
            self.store.save(name, key, outcome, files(outcome.value) if files else ())
        return Kept(self.recorder.take(outcome), key)

    def derive(self, name: str, function: Callable[..., Outcome[T]], *inputs: Any, **named: Any) -> Kept[T]:
        """Do a quick step, which no store needs to keep."""
        return Kept(self.recorder.take(_call(function, inputs, named)), digest(name, inputs, named))

    def write(self, name: str, writer: Callable[[Path], None], *inputs: Any) -> None:
        """Write a file of OUT, or leave the one that an earlier run wrote of the same inputs.

        Without inputs it is always written.
        """
        key = digest(name, inputs)
        known = inputs and self._stage not in self._redo
        sha = self.store.hash_if_written(name, key) if known else None
        if sha is None:
            writer(self.store.out / name)
            self._made += 1
            sha = hash_file(self.store.out / name)
        self.written[name] = sha
        self._keys[name] = key

    def note_files(self, names: Sequence[str]) -> None:
        """Count files that an earlier step wrote among those of this run."""
        self.written.update({name: hash_file(self.store.out / name) for name in names})

    def close(self) -> None:
        """Let the store know what this run used and wrote."""
        self.store.close({name: (key, self.written[name]) for name, key in self._keys.items()})


def digest(*parts: object) -> str:
    """A short hash of plain values, settings, files and kept values; equal parts give equal hashes on any machine.

    Raises
    ------
    TypeError
        If a part is of a kind that has no stable text: it would make keys that mean nothing.
    """
    text = json.dumps([_stable(part) for part in parts], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _call(function: Callable[..., T], inputs: Sequence[Any], named: Mapping[str, Any]) -> T:
    """Call a function with the values of what is kept, and everything else as it is."""
    return function(*map(_plain, inputs), **{name: _plain(part) for name, part in named.items()})


def _plain(part: Any) -> Any:
    return part.value if isinstance(part, Kept) else part


def _stable(part: Any) -> Any:
    """A part as values that JSON can write in one way only."""
    if part is None or isinstance(part, str | bool | int | float):
        return part
    if isinstance(part, Kept):
        return ["kept", part.key]
    if isinstance(part, Files):  # photos are read again later, from where they are now
        return ["files", str(part.root.resolve()), [[record.path, record.sha256] for record in part.records]]
    if isinstance(part, CRS):
        return ["crs", part.to_wkt()]
    if isinstance(part, date | Path):
        return [type(part).__name__, str(part)]
    if isinstance(part, Enum):
        return [type(part).__name__, part.value]
    if isinstance(part, list | tuple):
        return [_stable(one) for one in part]
    if isinstance(part, Mapping):
        return [[_stable(key), _stable(value)] for key, value in sorted(part.items())]
    if dataclasses.is_dataclass(part) and not isinstance(part, type):
        fields = {field.name: _stable(getattr(part, field.name)) for field in dataclasses.fields(part)}
        return [type(part).__name__, fields]
    raise TypeError(f"a key cannot be made of {type(part).__name__}")
