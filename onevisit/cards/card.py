"""Where results of a memory card go, and what is said when it is pulled out.

A card is never written to: its photos are evidence, and a card that is full or locked must not stop the job.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import psutil

from ingest.errors import NothingUsable
from ingest.outcome import Phrase
from onevisit.mission import InputFile

_CARD_SYSTEMS = {"vfat", "exfat", "msdos", "fat", "fat32", "fuseblk.exfat"}
"""File systems of cards and sticks; disks of computers have others."""


def default_out(folder: Path) -> tuple[Path, Phrase | None]:
    """Where results of a folder go when nobody says it, and why where that is not beside it.

    Beside the folder as ``FOLDER-out``. For the root of a drive, a folder on a card or stick, and one whose parent
    cannot be written: ``./onevisit-LABEL-DAY``, of the newest file's day, so that a second run finds it again.
    """
    real = folder.resolve()
    if _is_root(real):
        why = Phrase("out_of_drive_root")
    elif _is_on_card(real):
        why = Phrase("out_of_card")
    elif not os.access(real.parent, os.W_OK):
        why = Phrase("out_of_read_only")
    else:
        return real.with_name(real.name + "-out"), None
    return Path(f"onevisit-{_label(real)}-{_newest_day(real)}"), why


def _is_root(folder: Path) -> bool:
    return folder.parent == folder or os.path.ismount(folder)


def _is_on_card(folder: Path) -> bool:
    try:
        parts = psutil.disk_partitions(all=False)
    except OSError:
        return False
    holding = [part for part in parts if folder.is_relative_to(part.mountpoint)]
    part = max(holding, key=lambda one: len(one.mountpoint), default=None)
    return part is not None and (part.fstype.lower() in _CARD_SYSTEMS or "removable" in part.opts.split(","))


def _label(folder: Path) -> str:
    """A word for a drive or folder that any file system takes: ``CARD``, ``E``."""
    return re.sub(r"[^\w.-]+", "-", folder.name or folder.drive or "drive").strip("-.") or "drive"


def _newest_day(folder: Path) -> str:
    newest = max((_time(path) for path in _files(folder)), default=0.0)
    return datetime.fromtimestamp(newest, UTC).astimezone().date().isoformat()


def _files(folder: Path) -> Iterator[Path]:
    for name, _, files in os.walk(folder):
        yield from (Path(name) / file for file in files)


def _time(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


# --- a card that is pulled -----------------------------------------------------------------------------------------


def refuse_gone(files: Sequence[InputFile]) -> None:
    """Stop where input files are no longer there: what would come of the rest is not what the card holds.

    Raises
    ------
    NothingUsable
        With how many are gone, and the first.
    """
    gone = [file.item for file in files if not file.path.exists()]
    if gone:
        raise NothingUsable(Phrase("files_gone", {"gone": len(gone), "count": len(files), "first": gone[0]}))


@contextmanager
def watching(files: Sequence[InputFile]) -> Iterator[None]:
    """Tell an error of the system that comes of a pulled card from any other."""
    try:
        yield
    except OSError:
        refuse_gone(files)
        raise
