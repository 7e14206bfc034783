"""Files get their names when they are whole, and not before."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from onevisit.atomic import replacing, write_bytes, write_text


def test_the_name_is_given_at_the_end(tmp_path: Path) -> None:
    """Until then the old file stands; the folder is made, and nothing else is left in it."""
    path = tmp_path / "new" / "a.tif"
    write_bytes(path, b"old")
    with replacing(path) as temporary:
        assert temporary == tmp_path / "new" / ".a.part.tif"
        temporary.write_bytes(b"new")
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"
    assert list(path.parent.iterdir()) == [path]


def test_a_failure_leaves_the_old_file_alone(tmp_path: Path) -> None:
    """And takes the half one away."""
    path = tmp_path / "a.txt"
    write_text(path, "old")
    with pytest.raises(RuntimeError), replacing(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError("disk")
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("a.txt", "old")]


def test_what_a_killed_run_left_is_overwritten(tmp_path: Path) -> None:
    """The temporary name is the same every time."""
    (tmp_path / ".a.part.txt").write_text("rest of a longer content")
    write_text(tmp_path / "a.txt", "new")
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("a.txt", "new")]


def test_text_is_utf_8_with_its_own_line_ends(tmp_path: Path) -> None:
    """Nothing is translated."""
    write_text(tmp_path / "a", "成都\r\nb\n")
    assert (tmp_path / "a").read_bytes() == b"\xe6\x88\x90\xe9\x83\xbd\r\nb\n"


def test_bytes_are_on_the_disk_before_the_name_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system is asked to write them out while the name holds the old content; no handle stays open."""
    seen: list[tuple[int, int, bytes]] = []

    def fsync(handle: int) -> None:
        seen.append((handle, os.fstat(handle).st_size, path.read_bytes()))

    path = tmp_path / "a"
    write_bytes(path, b"old")
    monkeypatch.setattr(os, "fsync", fsync)
    write_bytes(path, b"content")
    ((handle, *told),) = seen
    assert told == [7, b"old"]
    with pytest.raises(OSError):
        os.fstat(handle)
