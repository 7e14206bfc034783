"""What a mission folder holds.

::

    MISSION/
      traces/      logger files of drives and flights       (optional)
      images/      photos of flights                        (optional)
      registers/   lists of sites                           (optional)
      monitors/    automatic-monitoring, power, treatment   (optional)
      roads/       street network: GeoJSON, .osm.pbf, .osm (optional)
      mission.toml what cannot be told from the files       (optional)
      edits.csv    human corrections                        (optional)

Files elsewhere are rejected by name: a folder is never searched for things that might be meant.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ingest.errors import NothingUsable, SettingError
from ingest.outcome import Phrase, Reject

KINDS = ("traces", "images", "registers", "monitors", "roads")
_FOLDERS = tuple(f"{kind}/" for kind in KINDS)
_SIDE_FILES = ("mission.toml", "edits.csv")
_NOISE = {".DS_Store", "Thumbs.db", "desktop.ini", "LICENSE"}


@dataclass(frozen=True)
class InputFile:
    """One file of the mission: its path, its name relative to the mission folder, and the kind of folder it is in."""

    path: Path
    item: str
    kind: str


@dataclass(frozen=True)
class Mission:
    """A mission folder that was looked through, nothing opened but ``mission.toml``."""

    root: Path
    files: tuple[InputFile, ...]
    configuration: Mapping[str, Any] = field(default_factory=dict)
    rejects: tuple[Reject, ...] = ()

    def paths(self, kind: str) -> list[Path]:
        """Files of one kind, in order of name."""
        return [file.path for file in self.files if file.kind == kind]


def open_mission(root: Path) -> Mission:
    """List what a mission folder holds.

    Parameters
    ----------
    root : Path
        The mission folder.

    Raises
    ------
    NothingUsable
        If ``root`` is not a folder, or holds no file in any of the folders of `KINDS`.
    SettingError
        If ``mission.toml`` is not valid TOML.
    """
    if not root.is_dir():
        raise NothingUsable(Phrase("mission_is_no_folder", {"path": str(root), "folders": _FOLDERS}))
    files = [
        InputFile(path, path.relative_to(root).as_posix(), kind)
        for kind in KINDS
        for path in _files_below(root / kind)
    ]
    files += [InputFile(root / name, name, "mission") for name in _SIDE_FILES if (root / name).is_file()]
    configuration = _read_configuration(root)
    files += _declared_files(root, configuration)
    if not any(file.kind in KINDS for file in files):
        found = tuple(sorted(path.name for path in root.iterdir())[:5]) or Phrase("empty_folder")
        raise NothingUsable(
            Phrase("folder_holds_no_mission", {"path": str(root), "folders": _FOLDERS, "found": found})
        )
    return Mission(root, tuple(files), configuration, _loose_files(root, {file.path for file in files}))


def _declared_files(root: Path, configuration: Mapping[str, Any]) -> list[InputFile]:
    """Files outside of the folders that ``mission.toml`` names: the elevation model."""
    imagery = configuration.get("imagery", {})
    name = imagery.get("dem", "") if isinstance(imagery, Mapping) else ""
    path = root / name if isinstance(name, str) else root
    if not name or not path.is_file():
        return []
    return [InputFile(path, path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name, "terrain")]


def _files_below(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.rglob("*") if path.is_file() and not _is_noise(path.relative_to(folder)))


def _is_noise(path: Path) -> bool:
    return path.name in _NOISE or any(part.startswith((".", "__MACOSX")) for part in path.parts)


def _loose_files(root: Path, declared: Set[Path]) -> tuple[Reject, ...]:
    known = {*KINDS, *_SIDE_FILES}
    loose = sorted(
        path
        for path in root.iterdir()
        if path.name not in known and path not in declared and not _is_noise(Path(path.name))
    )
    return tuple(
        Reject(
            path.name + ("/" if path.is_dir() else ""),
            "mission folder",
            "outside_of_mission_folders",
            {"folders": _FOLDERS},
        )
        for path in loose
    )


def _read_configuration(root: Path) -> Mapping[str, Any]:
    path = root / "mission.toml"
    if not path.is_file():
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingError(f"mission.toml: {error}; it must be TOML in UTF-8") from error


def hash_file(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
