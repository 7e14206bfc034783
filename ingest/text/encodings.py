"""Files → text: size limits, gzip, byte-order marks, UTF-8, UTF-16, GB18030, zero bytes, endless lines."""

from __future__ import annotations

import gzip
import re
import zlib
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO

from ingest.errors import FileError
from ingest.outcome import Decision
from ingest.traces.record import Source, TraceSettings

HEAD_BYTES = 1 << 16


@dataclass(frozen=True)
class Decoded:
    """A text file as UTF-8 bytes without byte-order mark, and how it was encoded."""

    item: str
    data: bytes
    encoding: str
    decisions: tuple[Decision, ...] = ()


def open_source(path: Path, item: str, settings: TraceSettings) -> Source:
    """Look at the beginning of a file; the rest is loaded by the reader that claims it.

    Raises
    ------
    FileError
        If the file cannot be read, is empty, or is not the gzip it claims to be.
    """
    head = _read(path, item, settings, HEAD_BYTES)
    if not head.strip(b"\x00 \r\n\t"):
        raise FileError(item, "the file is empty")
    return Source(path, item, head, partial(_read, path, item, settings))


def _read(path: Path, item: str, settings: TraceSettings, first: int | None = None) -> bytes:
    """Read a file (or its first bytes), unpacking gzip, never beyond the allowed size or expansion."""
    allowed = int(settings.maximum_file_mb * 1e6)
    try:
        size = path.stat().st_size
        if size > allowed:
            raise FileError(
                item, f"{size / 1e6:.0f} MB; files up to {settings.maximum_file_mb:.0f} MB are read; split it"
            )
        with path.open("rb") as stream:
            if stream.read(2) != b"\x1f\x8b":
                stream.seek(0)
                return stream.read(-1 if first is None else first)
            stream.seek(0)
            return _unpack(stream, item, size, min(allowed, int(max(64e6, size * settings.maximum_expansion))), first)
    except OSError as error:
        raise FileError(item, f"cannot be read: {error.strerror or error}") from error


def _unpack(stream: BinaryIO, item: str, size: int, limit: int, first: int | None) -> bytes:
    try:
        with gzip.GzipFile(fileobj=stream) as packed:
            unpacked = packed.read(limit + 1 if first is None else first)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise FileError(item, f"not a readable gzip file ({error}); copy it again from the logger") from error
    if len(unpacked) > limit:
        raise FileError(
            item, f"unpacks to more than {limit / 1e6:.0f} MB from {size / 1e6:.2f} MB; refused as a likely bomb"
        )
    return unpacked


# --- encoding ------------------------------------------------------------------------------------------------------


def decode(source: Source, settings: TraceSettings) -> Decoded:
    """Bring a text file to UTF-8: byte-order marks, UTF-16 by its zeros, UTF-8, GB18030, else Windows Latin.

    Raises
    ------
    FileError
        If the file is binary, or has a line longer than allowed.
    """
    data, item = source.load(), source.item
    encoding = _guess_encoding(data)
    decisions = []
    if encoding == "utf-8":
        clean = data.removeprefix(b"\xef\xbb\xbf")
    else:
        text = data.decode(encoding, errors="replace").removeprefix("﻿")
        lost = text.count("�")
        evidence = (
            f"not valid UTF-8; {lost} bytes did not decode" if lost else "not valid UTF-8; decodes without loss"
        )
        decisions.append(Decision(item, f"text read as {encoding}", evidence))
        clean = text.encode("utf-8", errors="replace")
    if b"\x00" in clean:
        zeros = clean.count(b"\x00")
        if zeros > 0.2 * len(clean):
            raise FileError(item, "binary, not text; expected a table, GPX, NMEA or a known logger format")
        clean = clean.replace(b"\x00", b"")
        decisions.append(Decision(item, "zero bytes removed", f"{zeros} zero bytes in a text file"))
    if b"\n" not in clean and b"\r" in clean:
        clean = clean.replace(b"\r", b"\n")
    _check_lines(clean, item, settings)
    return Decoded(item, clean, encoding, tuple(decisions))


def _check_lines(data: bytes, item: str, settings: TraceSettings) -> None:
    limit = int(settings.maximum_line_mb * 1e6)
    start = 0
    while len(data) - start > limit:
        end = data.rfind(b"\n", start, start + limit)
        if end < 0:
            number = data.count(b"\n", 0, start) + 1
            raise FileError(
                item,
                f"a line longer than {settings.maximum_line_mb:g} MB; the file is damaged or not a table",
                where=f"line {number}",
            )
        start = end + 1


def _guess_encoding(data: bytes) -> str:
    if data[:3] == b"\xef\xbb\xbf":
        return "utf-8"
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    head = data[:4096]
    if head.count(0) > 0.3 * len(head):
        odd = head[1::2].count(0)
        return "utf-16-le" if odd > head[0::2].count(0) else "utf-16-be"
    if data.isascii() or _is_ascii_below_head(data) or _decodes(data, "utf-8"):
        return "utf-8"
    if _mostly_utf8(data):  # first, because damaged UTF-8 may decode as rare Chinese characters
        return "utf-8"
    return "gb18030" if _is_chinese(data) else "cp1252"


def _is_ascii_below_head(data: bytes) -> bool:
    """Whether the text is UTF-8 in its first lines and plain ASCII below: the usual case, told fast."""
    end = data.find(b"\n", 4096) + 1
    if not 0 < end < 1 << 20 or not _decodes(data[:end], "utf-8"):
        return False
    return all(data[start : start + (1 << 20)].isascii() for start in range(end, len(data), 1 << 20))


def _decodes(data: bytes, encoding: str) -> bool:
    try:
        data.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _mostly_utf8(data: bytes) -> bool:
    """Whether only a little of the text is broken and the rest is real UTF-8 (a damaged file)."""
    high = len(data) - len(data.decode("ascii", errors="ignore"))
    text = data.decode("utf-8", errors="replace")
    return text.count("�") < 0.1 * high


def _is_chinese(data: bytes) -> bool:
    """Whether the first bytes above ASCII decode as GB18030 and are, mostly, Chinese characters and punctuation."""
    first = re.search(rb"[\x80-\xff]", data)
    start = first.start() if first else 0
    text = data[start : start + (1 << 20)].decode("gb18030", errors="replace")
    high = [character for character in text if ord(character) > 127]
    chinese = sum(1 for character in high if "一" <= character <= "鿿" or character in "℃μ³％（），。：；、")
    return bool(high) and text.count("�") <= 0.02 * len(high) + 1 and chinese > 0.6 * len(high)
