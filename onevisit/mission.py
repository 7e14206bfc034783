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

Files elsewhere are sorted by what is in them (`ingest.kinds`), so that a memory card goes in as it is; what no
reader takes is rejected with the reason. Nothing is ever written to the folder.
"""

from __future__ import annotations

import hashlib
import os
import tomllib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ingest.errors import NothingUsable, SettingError
from ingest.kinds import Sorted, sort_file
from ingest.outcome import Decision, Phrase, Reject, Value

KINDS = ("traces", "images", "registers", "monitors", "roads")
_FOLDERS = tuple(f"{kind}/" for kind in KINDS)
_SIDE_FILES = ("mission.toml", "edits.csv")
_NOISE = {"Thumbs.db", "desktop.ini", "LICENSE"}
# What systems and cameras keep on a card for themselves: bins, indexes, small pictures and films beside the large.
_SYSTEM_FOLDERS = {"System Volume Information", "$RECYCLE.BIN", "RECYCLER", "LOST.DIR", "FOUND.000", "__MACOSX"}
_SMALL_COPIES = {".thm", ".lrv", ".lrf"}
_KIND_CODES = {
    "traces": "kind_traces",
    "images": "kind_images",
    "registers": "kind_registers",
    "monitors": "kind_monitors",
    "roads": "kind_roads",
}


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
    decisions: tuple[Decision, ...] = ()

    def paths(self, kind: str) -> list[Path]:
        """Files of one kind, in order of name."""
        return [file.path for file in self.files if file.kind == kind]


def open_mission(root: Path, *, recipe: Mapping[str, Any] | None = None) -> Mission:
    """List what a mission folder or a memory card holds.

    Parameters
    ----------
    root : Path
        The folder.
    recipe : mapping, optional
        A ``mission.toml`` that is kept elsewhere; where the folder's own says something else, that one wins.

    Raises
    ------
    NothingUsable
        If ``root`` is not a folder, or holds no file that any reader takes.
    SettingError
        If ``mission.toml`` is not valid TOML.
    """
    if not root.is_dir():
        raise NothingUsable(Phrase("mission_is_no_folder", {"path": str(root), "folders": _FOLDERS}))
    configuration = merged(recipe or {}, _read_configuration(root))
    listing = _walk(root)
    files = [_input(path, root, kind) for kind in KINDS for path in listing.paths if _folder_of(path, root) == kind]
    side = [InputFile(root / name, name, "mission") for name in _SIDE_FILES if (root / name).is_file()]
    declared = _declared_files(root, configuration)
    taken = {file.path for file in (*files, *side, *declared)}
    loose = [path for path in listing.paths if path not in taken]
    found = _sort_files(loose, root, configuration)
    files = sorted((*files, *(_input(path, root, one.kind) for path, one in found.items() if one.kind)), key=_by_kind)
    rejects = (*listing.rejects, *_not_used(found, root))
    if not files:
        names = tuple(sorted(path.name for path in root.iterdir())[:5]) or Phrase("empty_folder")
        values = {"path": str(root), "folders": _FOLDERS, "found": names}
        raise NothingUsable(Phrase("folder_holds_no_mission", values), rejects=rejects)
    decisions = (*_passed_over(listing.passed), *_sorted_by_content(found, root))
    return Mission(root, (*files, *side, *declared), configuration, rejects, decisions)


def merged(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    """Two configurations as one; where both say something, the second wins, inside of tables too.

    Examples
    --------
    >>> merged({"crs": "a", "vehicle": {"lag_s": 1}}, {"vehicle": {"inlet_height_m": 2}})
    {'crs': 'a', 'vehicle': {'lag_s': 1, 'inlet_height_m': 2}}
    """
    both = dict(first)
    for name, value in second.items():
        inner = both.get(name)
        both[name] = merged(inner, value) if isinstance(inner, Mapping) and isinstance(value, Mapping) else value
    return both


# --- what lies there -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Listing:
    """Files in order of name, what was passed over, and folders that could not be opened."""

    paths: tuple[Path, ...]
    passed: tuple[str, ...]
    rejects: tuple[Reject, ...]


def _walk(root: Path) -> _Listing:
    """List a folder's files, without what systems and cameras keep for themselves and results of earlier runs."""
    paths, passed, rejects = list[Path](), list[str](), list[Reject]()

    def refuse(error: OSError) -> None:
        item = os.path.relpath(error.filename or root, root)
        rejects.append(Reject(item, "", "folder_not_readable", {"error": error.strerror or str(error)}))

    for name, folders, files in os.walk(root, onerror=refuse):
        folder = Path(name)
        for inner in sorted(folders):
            if _is_noise(inner) or _is_results(folder / inner):
                folders.remove(inner)
                passed.append((folder / inner).relative_to(root).as_posix() + "/")
        for file in sorted(files):
            path = folder / file
            if _is_noise(file):
                passed.append(path.relative_to(root).as_posix())
            elif path.is_file():
                paths.append(path)
    return _Listing(tuple(sorted(paths)), tuple(sorted(passed)), tuple(rejects))


def _is_noise(name: str) -> bool:
    return (
        name.startswith(".")
        or name in _NOISE
        or name in _SYSTEM_FOLDERS
        or Path(name).suffix.lower() in _SMALL_COPIES
    )


def _is_results(folder: Path) -> bool:
    """Whether a folder is an OUT of this program."""
    return (folder / "manifest.json").is_file() and (
        (folder / ".store").is_dir() or (folder / "report.html").is_file()
    )


def _folder_of(path: Path, root: Path) -> str:
    """The first folder below the root on the way to a file; empty for a file of the root itself."""
    parts = path.relative_to(root).parts
    return parts[0] if len(parts) > 1 else ""


def _input(path: Path, root: Path, kind: str) -> InputFile:
    return InputFile(path, path.relative_to(root).as_posix(), kind)


def _by_kind(file: InputFile) -> tuple[int, Path]:
    return KINDS.index(file.kind), file.path


def _sort_files(paths: Sequence[Path], root: Path, configuration: Mapping[str, Any]) -> dict[Path, Sorted]:
    columns = configuration.get("columns", {})
    texts = isinstance(columns, Mapping) and all(isinstance(meaning, str) for meaning in columns.values())
    known = columns if texts else {}
    return {path: sort_file(path, path.relative_to(root).as_posix(), columns=known) for path in paths}


def _not_used(found: Mapping[Path, Sorted], root: Path) -> tuple[Reject, ...]:
    return tuple(
        Reject(path.relative_to(root).as_posix(), "file", "no_kind_of_input", {"cause": one.why})
        for path, one in found.items()
        if not one.kind
    )


def _passed_over(names: Sequence[str]) -> tuple[Decision, ...]:
    if not names:
        return ()
    return (Decision(names[0], "files_passed_over", {"count": len(names), "names": tuple(names[:5])}),)


def _sorted_by_content(found: Mapping[Path, Sorted], root: Path) -> tuple[Decision, ...]:
    """What was taken for what, and why: one decision for the files of a folder that were taken for one reason."""
    alike: dict[tuple[str, str, str], list[Path]] = defaultdict(list)
    for path, one in found.items():
        if one.kind:
            alike[path.parent.relative_to(root).as_posix(), one.kind, str(one.why)].append(path)
    decisions = []
    for (folder, kind, _), paths in alike.items():
        item = paths[0].relative_to(root).as_posix() if len(paths) == 1 else f"{folder}/"
        values: dict[str, Value] = {"kind": Phrase(_KIND_CODES[kind]), "count": len(paths)}
        decisions.append(Decision(item, "sorted_by_content", values, found[paths[0]].why))
    return tuple(decisions)


def _declared_files(root: Path, configuration: Mapping[str, Any]) -> list[InputFile]:
    """Files outside of the folders that ``mission.toml`` names: the elevation model."""
    imagery = configuration.get("imagery", {})
    name = imagery.get("dem", "") if isinstance(imagery, Mapping) else ""
    path = root / name if isinstance(name, str) else root
    if not name or not path.is_file():
        return []
    return [InputFile(path, path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name, "terrain")]


def _read_configuration(root: Path) -> Mapping[str, Any]:
    path = root / "mission.toml"
    if not path.is_file():
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingError(Phrase("mission_no_toml", {"error": str(error)})) from error


def hash_file(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
