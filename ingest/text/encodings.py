"""Bytes → text: byte-order marks, UTF-8, UTF-16, GB18030, zero bytes, endless lines."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ingest.errors import FileError
from ingest.outcome import Decision, Notes, Phrase
from ingest.text.sources import Limits, Source


@dataclass(frozen=True)
class Decoded:
    """A text file as UTF-8 bytes without byte-order mark, and how it was encoded."""

    item: str
    data: bytes
    encoding: str
    decisions: tuple[Decision, ...] = ()


# --- encoding ------------------------------------------------------------------------------------------------------


def decode(source: Source, limits: Limits) -> Decoded:
    """Bring a text file to UTF-8: byte-order marks, UTF-16 by its zeros, UTF-8, GB18030, else Windows Latin.

    Raises
    ------
    FileError
        If the file is binary, or has a line longer than allowed.
    """
    data, item = source.load(), source.item
    encoding = _guess_encoding(data)
    notes = Notes()
    if encoding == "utf-8":
        clean = data.removeprefix(b"\xef\xbb\xbf")
    else:
        text = data.decode(encoding, errors="replace").removeprefix("﻿")
        lost = text.count("�")
        evidence = Phrase("bytes_not_decoded" if lost else "all_bytes_decoded", {"count": lost})
        notes.decide(item, "text_read_as", {"encoding": encoding}, evidence)
        clean = text.encode("utf-8", errors="replace")
    if b"\x00" in clean:
        zeros = clean.count(b"\x00")
        if zeros > 0.2 * len(clean):
            raise FileError(item, "binary_not_text")
        clean = clean.replace(b"\x00", b"")
        notes.decide(item, "zero_bytes_removed", {"count": zeros})
    if b"\n" not in clean and b"\r" in clean:
        clean = clean.replace(b"\r", b"\n")
    _check_lines(clean, item, limits)
    return Decoded(item, clean, encoding, tuple(notes.decisions))


def _check_lines(data: bytes, item: str, limits: Limits) -> None:
    limit = int(limits.maximum_line_mb * 1e6)
    start = 0
    while len(data) - start > limit:
        end = data.rfind(b"\n", start, start + limit)
        if end < 0:
            number = data.count(b"\n", 0, start) + 1
            raise FileError(item, "line_too_long", {"limit_mb": limits.maximum_line_mb}, where=f"line {number}")
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
