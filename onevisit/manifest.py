"""The manifest: inputs with their hashes, every decision, every reject, and what each stage took.

`Recorder` gathers what the stages say while the job runs; `manifest_dict` is the content of ``manifest.json``.
"""

from __future__ import annotations

import hashlib
import logging
import platform
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from functools import cache
from importlib import metadata, resources
from pathlib import Path
from typing import Any

import psutil

from ingest.outcome import Notes, Outcome, Phrase, Reject, Value
from onevisit.cards.card import refuse_gone
from onevisit.mission import InputFile, Mission, hash_file
from onevisit.names import ROOMS
from onevisit.words.telling import decision_dict, reject_dict

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class InputRecord:
    """One input file as the manifest names it."""

    path: str
    sha256: str
    kind: str
    bytes: int


@dataclass
class StageRecord:
    """What a stage took and gave. Counts are of the stage's own things: files, rows, photos, cells, sites.

    ``stored`` says that nothing of it was done: an earlier run had made it of the same inputs.
    """

    name: str
    seconds: float = 0.0
    peak_mb: float = 0.0
    taken: int = 0
    given: int = 0
    flagged: int = 0
    rejected: int = 0
    stored: bool = False


class Recorder(Notes):
    """Gathers decisions, rejects and stage records in the order in which they happen.

    Parameters
    ----------
    inputs : tuple of InputRecord
    rejects : sequence of Reject
        What was refused before anything was read.
    """

    def __init__(self, inputs: tuple[InputRecord, ...] = (), rejects: Sequence[Reject] = ()) -> None:
        super().__init__(rejects=rejects)
        self.inputs = inputs
        self.stages: list[StageRecord] = []

    @contextmanager
    def stage(self, name: str) -> Iterator[StageRecord]:
        """Time a stage, measure its peak memory, count its rejects, and log one line about it."""
        record = StageRecord(name)
        before = len(self.rejects)
        _reset_peak()
        start = time.perf_counter()
        yield record
        record.seconds = round(time.perf_counter() - start, 3)
        record.peak_mb = round(_peak_mb(), 1)
        record.rejected = len(self.rejects) - before
        self.stages.append(record)
        done: dict[str, Value] = {
            "taken": record.taken, "given": record.given, "flagged": record.flagged, "rejected": record.rejected,
        }  # fmt: skip
        stored = Phrase("log_stage_stored") if record.stored else ""
        logger.info(Phrase("log_stage", {"name": f"{name:<9}", "seconds": record.seconds, **done, "stored": stored}))


def hash_inputs(files: Sequence[InputFile]) -> tuple[InputRecord, ...]:
    """Hash every input file."""
    return tuple(InputRecord(f.item, hash_file(f.path), f.kind, f.path.stat().st_size) for f in files)


def gather_inputs(mission: Mission) -> Outcome[tuple[Mission, tuple[InputRecord, ...]]]:
    """Hash every input file of a mission; one that cannot be read (a damaged place on a card) is a reject.

    Raises
    ------
    NothingUsable
        If files are no longer there.
    """
    notes, kept, records = Notes(), list[InputFile](), list[InputRecord]()
    for file in mission.files:
        try:
            records += hash_inputs([file])
            kept.append(file)
        except OSError as error:
            refuse_gone(mission.files)
            notes.reject(file.item, "file", "file_not_readable", {"error": error.strerror or str(error)})
    return notes.outcome((replace(mission, files=tuple(kept)), tuple(records)))


@cache
def code_version(packages: tuple[str, ...] = ROOMS) -> str:
    """A hash over every file of the rooms (code, data tables, templates): a result depends on all of them."""
    total = hashlib.sha256()
    for package in packages:
        root = Path(str(resources.files(package)))
        for path in sorted(p for p in root.rglob("*") if p.is_file() and "__pycache__" not in p.parts):
            total.update(f"{package}/{path.relative_to(root).as_posix()}\0".encode())
            total.update(hash_file(path).encode())
    return total.hexdigest()[:16]


@cache
def library_versions() -> dict[str, str]:
    """Version of every library that the program requires, by name."""
    required = (re.match(r"[\w.-]+", line) for line in metadata.requires("onevisit") or () if "extra ==" not in line)
    names = sorted({match.group() for match in required if match})
    return {name: metadata.version(name) for name in names if _is_installed(name)}


@cache
def program_key() -> str:
    """A hash of all that a result depends on besides inputs and settings: program and libraries."""
    parts = (code_version(), platform.python_version(), sorted(library_versions().items()))
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def manifest_dict(
    recorder: Recorder,
    *,
    key: str,
    settings: Mapping[str, Any],
    outputs: Sequence[Mapping[str, str]],
    summary: Mapping[str, Any],
) -> dict[str, Any]:
    """The content of ``manifest.json``; ``key`` and ``outputs`` let a later run see that nothing changed."""
    return {
        "version": metadata.version("onevisit"),
        "key": key,
        "code": code_version(),
        "python": platform.python_version(),
        "libraries": library_versions(),
        "inputs": [asdict(record) for record in recorder.inputs],
        "settings": settings,
        "decisions": [decision_dict(decision) for decision in recorder.decisions],
        "rejects": [reject_dict(reject) for reject in recorder.rejects],
        "stages": [_stage_dict(stage) for stage in recorder.stages],
        "outputs": [dict(output) for output in outputs],
        "summary": dict(summary),
    }


def _stage_dict(stage: StageRecord) -> dict[str, Any]:
    record = asdict(stage)
    return {"name": record.pop("name"), "in": record.pop("taken"), "out": record.pop("given"), **record}


def _is_installed(name: str) -> bool:
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    return True


def _reset_peak() -> None:
    """Ask Linux to forget the process's peak memory; elsewhere the peak is that of the whole run."""
    try:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    except OSError:
        return


def _peak_mb() -> float:
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:
        return float(psutil.Process().memory_info().rss) / 2**20
    return float(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) / 1024
