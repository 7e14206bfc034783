"""What the stages of earlier runs made, kept in ``OUT/.store`` and never believed without proof.

A file an entry: its first line names the format, its second the BLAKE2 hash of what follows, which is a pickle that
may hold nothing but records of the rooms and arrays (`_Reader`). An entry's name holds what it was made from and the
program that made it, so another input, setting, library or version of the program never finds it. An entry that is
cut off, changed, of another format, or whose files in OUT are no longer what they were is made again, and a line says
so.
``docs/design/0005-the-store-of-stages.md`` has the reasons.
"""

from __future__ import annotations

import dataclasses
import enum
import hashlib
import json
import pickle
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

from filelock import FileLock, Timeout

from ingest.errors import NothingUsable, OnevisitError
from ingest.outcome import Notes, Outcome, Phrase
from onevisit.atomic import write_text
from onevisit.mission import hash_file
from onevisit.names import ROOMS

FOLDER = ".store"
_FORMAT = b"onevisit store 2\n"
_RUNS, _OUTPUTS = "runs.json", "outputs.json"


class _NotBelieved(OnevisitError):
    """An entry that is no good, and why."""


@dataclass(frozen=True)
class _Entry:
    """One stored result, and the hash of each file in OUT that belongs to it."""

    outcome: Outcome[Any]
    files: Mapping[str, str]


class Store:
    """Results of stages by name, key and program; made by `open_store`.

    Parameters
    ----------
    out : Path
        The folder of results.
    program : str
        Key of the program that runs (`onevisit.manifest.program_key`).
    keep : int
        Number of runs whose results are kept, this one included; 0 believes and keeps nothing.
    notes : Notes
        Gathers what is not believed or cannot be kept.
    """

    def __init__(self, out: Path, program: str, *, keep: int, notes: Notes) -> None:
        self.out, self._folder, self._program = out, out / FOLDER, program
        self._keep, self._notes = keep, notes
        self._used: list[str] = []
        self._has_said_change = False
        self.outputs: dict[str, dict[str, str]] = _read_json(self._folder / _OUTPUTS, {}) if keep else {}

    def load(self, name: str, key: str, *, any_program: bool = False) -> Outcome[Any] | None:
        """What was kept under this key, or None.

        ``any_program`` takes the newest result of another version of the program where this one has none: for
        benchmarks, which start from stored tracks on purpose.
        """
        if not self._keep:
            return None
        path = self._path(name, key)
        others = sorted(self._folder.glob(f"{name}-{key}-*.bin"), key=lambda other: -other.stat().st_mtime_ns)
        if not path.is_file() and others:
            if not any_program:
                self._note_change()
                return None
            path = others[0]
        if not path.is_file():
            return None
        try:
            entry = _read(path)
            self._check_files(entry.files)
        except (OSError, _NotBelieved) as error:
            why = error.phrase if isinstance(error, _NotBelieved) else Phrase("system_says", {"error": str(error)})
            self._notes.decide(f"{FOLDER}/{path.name}", "stored_entry_not_believed", evidence=why)
            return None
        self._used.append(path.name)
        return entry.outcome

    def save(self, name: str, key: str, outcome: Outcome[Any], files: Iterable[str] = ()) -> None:
        """Keep a result and the hashes of its ``files`` in OUT; where there is no room the run goes on without."""
        if not self._keep:
            return
        path = self._path(name, key)
        try:
            _write(path, _Entry(outcome, {file: hash_file(self.out / file) for file in files}))
        except OSError as error:
            self._notes.decide(f"{FOLDER}/{path.name}", "stored_entry_not_kept", evidence=_of_system(error))
            return
        self._used.append(path.name)

    def hash_if_written(self, name: str, key: str) -> str | None:
        """SHA-256 of an output that an earlier run wrote under the same key and that stands unchanged, else None."""
        known = self.outputs.get(name, {})
        if known.get("key") != f"{key}-{self._program}" or not (self.out / name).is_file():
            return None
        return known["sha256"] if hash_file(self.out / name) == known["sha256"] else None

    def close(self, outputs: Mapping[str, tuple[str, str]]) -> None:
        """Note what this run used and wrote (``{name: (key, sha256)}``); remove what the last runs did not use."""
        if not self._keep:
            return
        runs = [sorted(self._used), *_read_json(self._folder / _RUNS, [])][: self._keep]
        written = {n: {"key": f"{key}-{self._program}", "sha256": sha} for n, (key, sha) in outputs.items()}
        wanted = {name for run in runs for name in run}
        try:
            write_text(self._folder / _OUTPUTS, json.dumps(written, indent=1))
            write_text(self._folder / _RUNS, json.dumps(runs, indent=1))
            for path in self._folder.glob("*.bin"):
                if path.name not in wanted:
                    path.unlink(missing_ok=True)
        except OSError as error:
            self._notes.decide(FOLDER, "store_not_kept", evidence=_of_system(error))

    def _note_change(self) -> None:
        """Note once that another version of the program made what is stored."""
        if not self._has_said_change:
            self._has_said_change = True
            self._notes.decide(FOLDER, "stored_by_another_program")

    def _path(self, name: str, key: str) -> Path:
        return self._folder / f"{name}-{key}-{self._program}.bin"

    def _check_files(self, files: Mapping[str, str]) -> None:
        for name, sha in files.items():
            if not (self.out / name).is_file():
                raise _NotBelieved(Phrase("stored_file_gone", {"file": name}))
            if hash_file(self.out / name) != sha:
                raise _NotBelieved(Phrase("stored_file_changed", {"file": name}))


@contextmanager
def open_store(out: Path, program: str, *, keep: int, notes: Notes) -> Iterator[Store]:
    """Open the store of a folder of results; where another run holds it or it cannot be made, do without and say so.

    The lock is the operating system's and ends with its process. What a run that fails or is killed has kept serves
    the next one; of a run that found nothing usable, in a folder that it made itself, nothing stays.
    """
    folder, is_new = out / FOLDER, not out.exists()
    if not keep:
        shutil.rmtree(folder, ignore_errors=True)
        yield Store(out, program, keep=0, notes=notes)
        return
    lock = FileLock(folder / "lock", timeout=0)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout:
        notes.decide(FOLDER, "store_not_used", evidence=Phrase("store_held_by_another_run"))
        keep = 0
    except OSError as error:
        why = Phrase("store_not_writable", {"error": str(error.strerror or error)})
        notes.decide(FOLDER, "store_not_used", evidence=why)
        keep = 0
    store = Store(out, program, keep=keep, notes=notes)
    try:
        yield store
    except NothingUsable:
        if is_new:
            shutil.rmtree(out, ignore_errors=True)
        raise
    finally:
        lock.release()


def _of_system(error: OSError) -> Phrase:
    """What the system says of an error, without the path."""
    return Phrase("system_says", {"error": str(error.strerror or error)})


def _read_json(path: Path, default: Any) -> Any:
    """Content of a file of the store; one that is not there or cut off knows nothing."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return default
    return content if isinstance(content, type(default)) else default


# --- an entry on disk ----------------------------------------------------------------------------------------------


class _Hashed:
    """A stream that hashes what goes through it."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream, self.hash = stream, hashlib.blake2b(digest_size=32)

    def write(self, data: Any) -> int:
        """Write and hash."""
        self.hash.update(data)
        return self._stream.write(data)


def _write(path: Path, entry: _Entry) -> None:
    """Write an entry under its name only when it is whole."""
    temporary = path.with_suffix(".part")
    try:
        with temporary.open("wb") as stream:
            hashed = _Hashed(stream)
            head = len(_FORMAT) + 65
            stream.write(b" " * head)
            pickle.dump(entry, hashed, protocol=5)
            stream.seek(0)
            stream.write(_FORMAT + hashed.hash.hexdigest().encode() + b"\n")
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _read(path: Path) -> _Entry:
    """Read an entry.

    Raises
    ------
    _NotBelieved
        If it is of another format, cut off, changed, or holds what no stage makes.
    """
    with path.open("rb") as stream:
        if stream.readline() != _FORMAT:
            raise _NotBelieved(Phrase("entry_of_another_format"))
        stated = stream.readline().strip().decode("ascii", "replace")
        start = stream.tell()
        if hashlib.file_digest(stream, lambda: hashlib.blake2b(digest_size=32)).hexdigest() != stated:
            raise _NotBelieved(Phrase("entry_cut_off_or_changed"))
        stream.seek(start)
        try:
            entry = _Reader(stream).load()
        except (pickle.UnpicklingError, AttributeError, TypeError, ValueError, ImportError, EOFError) as error:
            raise _NotBelieved(Phrase("entry_not_readable", {"error": str(error)})) from error
    if not isinstance(entry, _Entry):
        raise _NotBelieved(Phrase("entry_holds_no_result"))
    return entry


_MAKERS = {
    "builtins": {"set", "frozenset", "slice", "complex", "bytearray"},
    "collections": {"OrderedDict"},
    "datetime": {"date", "datetime", "time", "timedelta", "timezone"},
    "pathlib": {"Path", "PurePosixPath", "PosixPath", "PureWindowsPath", "WindowsPath"},
    "zoneinfo": {"ZoneInfo"},
    "numpy": {"dtype", "ndarray", "datetime64", "timedelta64"},
    "numpy._core.multiarray": {"_reconstruct", "scalar"},
    "numpy._core.numeric": {"_frombuffer"},
    "pandas": {"Index", "Timestamp", "DatetimeIndex", "RangeIndex", "StringDtype"},
    "pyproj.crs.crs": {"CRS"},
    "shapely": {"from_wkb"},
    "shapely.io": {"from_wkb"},
    "xarray.core.dataarray": {"DataArray"},
    "xarray.core.dataset": {"Dataset"},
    "xarray.core.variable": {"Variable", "IndexVariable"},
}
"""What a pickle of the records of the rooms calls, besides the records themselves."""


class _Reader(pickle.Unpickler):
    """Makes records of the rooms, enumerations, arrays, datasets, geometries and times, and nothing else.

    A folder of results may come from anybody: a pickle that names any other class or function is refused.
    """

    def find_class(self, module: str, name: str) -> Any:
        """Give the class a pickle asks for, where it is one of those that stages make."""
        if (module, name) == ("builtins", "getattr"):  # how times name their zone
            return _getattr_of_zone
        if name in _MAKERS.get(module, ()):
            return super().find_class(module, name)
        if module.partition(".")[0] in ROOMS:
            found = getattr(import_module(module), name, None)
            if isinstance(found, type) and (dataclasses.is_dataclass(found) or issubclass(found, enum.Enum)):
                return found
        raise _NotBelieved(Phrase("entry_names_other_code", {"name": f"{module}.{name}"}))


def _getattr_of_zone(owner: object, name: str) -> Any:
    if owner is not ZoneInfo or name != "_unpickle":
        raise _NotBelieved(Phrase("entry_names_other_code", {"name": f"getattr {name}"}))
    return getattr(ZoneInfo, name)
