"""Files → bytes: how large one may be, what it may unpack to, and its beginning, by which a reader knows it."""

from __future__ import annotations

import gzip
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO

from ingest.errors import FileError
from ingest.settings import setting

HEAD_BYTES = 1 << 16
ZIP_ERRORS = (zipfile.BadZipFile, zlib.error, RuntimeError, ValueError, OSError)
"""What a damaged, locked or too new archive raises (a later version than is known: a kind of RuntimeError)."""


@dataclass(frozen=True)
class Limits:
    """How large a file, what is packed in it, and a line of it may be."""

    maximum_file_mb: float = setting(1024.0, unit="MB", source="choice: ten times a day of 10 Hz data in 20 columns")
    maximum_expansion: float = setting(
        200.0, unit="1", source="choice: fixed-width logger text gzips 10 to 40 times; bombs reach 1000"
    )
    maximum_line_mb: float = setting(1.0, unit="MB", source="choice: a row of 1 000 columns is below 0.03 MB")

    @property
    def file_bytes(self) -> int:
        """Size of the largest file that is read, bytes."""
        return int(self.maximum_file_mb * 1e6)

    def unpacked_bytes(self, packed: int) -> int:
        """Size to which a file of ``packed`` bytes may unpack, bytes: small ones to 64 MB whatever they hold."""
        return min(self.file_bytes, int(max(64e6, packed * self.maximum_expansion)))


@dataclass(frozen=True)
class Source:
    """One file: its path, the name shown to people, its first 64 kB, and a way to load all of it.

    Both are unpacked where the file is gzipped. ``load`` raises `FileError` where the file cannot be read or is
    too large;
    nothing here keeps the bytes, so that a reader can let go of them as soon as it has the numbers.
    """

    path: Path
    item: str
    head: bytes
    load: Callable[[], bytes]


def open_source(path: Path, item: str, limits: Limits) -> Source:
    """Look at the beginning of a file; the rest is loaded by the reader that claims it.

    Raises
    ------
    FileError
        If the file cannot be read, is empty, or is not the gzip it claims to be.
    """
    head = _read(path, item, limits, HEAD_BYTES)
    if not head.strip(b"\x00 \r\n\t"):
        raise FileError(item, "file_empty")
    return Source(path, item, head, partial(_read, path, item, limits))


def _read(path: Path, item: str, limits: Limits, first: int | None = None) -> bytes:
    """Read a file (or its first bytes), unpacking gzip, never beyond the allowed size or expansion."""
    try:
        size = path.stat().st_size
        if size > limits.file_bytes:
            raise FileError(item, "file_too_large", {"size_mb": size / 1e6, "limit_mb": limits.maximum_file_mb})
        with path.open("rb", buffering=0) as stream:  # a buffer would be joined to the rest: a copy of the file
            if stream.read(2) != b"\x1f\x8b":
                stream.seek(0)
                return (stream.readall() if first is None else stream.read(first)) or b""
            stream.seek(0)
            return _unpack(stream, item, size, limits.unpacked_bytes(size), first)
    except OSError as error:
        raise FileError(item, "file_not_readable", {"error": str(error.strerror or error)}) from error


def _unpack(stream: BinaryIO, item: str, size: int, limit: int, first: int | None) -> bytes:
    try:
        with gzip.GzipFile(fileobj=stream) as packed:
            unpacked = packed.read(limit + 1 if first is None else first)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise FileError(item, "gzip_damaged", {"error": str(error)}) from error
    if len(unpacked) > limit:
        raise FileError(item, "gzip_bomb", {"limit_mb": limit / 1e6, "size_mb": size / 1e6})
    return unpacked
