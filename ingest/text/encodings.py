"""Bytes → text: byte-order marks, UTF-8, UTF-16, GB18030, zero bytes, endless lines."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from ingest.errors import FileError
from ingest.outcome import Decision, Notes, Outcome, Phrase, Value
from ingest.text.sources import Limits, Source

_MARK = b"\xef\xbb\xbf"
_RUNS = (b"\xff\xff\xff", b"\x00\x00\x00")
_LINES_SHOWN = 5
_LATIN = frozenset(b"\xb0\xb1\xb2\xb3\xb5\xb7\xb9\xa0\xd7" + bytes(range(0xC0, 0xFF)))


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
    item = source.item
    notes = Notes()
    data = notes.take(without_broken_lines(source.load(), item))
    encoding = guess_encoding(data)
    if encoding == "utf-8":
        clean = data.removeprefix(_MARK)
        if _MARK[:1] in clean and _MARK in clean:
            clean = clean.replace(b"\n" + _MARK, b"\n")
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


def without_broken_lines(data: bytes, item: str) -> Outcome[bytes]:
    """Empty the lines in which a run of 0xFF or zero bytes stands, as a write that broke off leaves them.

    The lines stay as empty ones, so that those below keep their numbers. UTF-16 is left as it is.
    """
    # A single byte is looked for ten times faster than a run, and most files hold neither.
    full, empty = (run[:1] in data and run in data for run in _RUNS)
    if not full and (not empty or guess_encoding(data).startswith("utf-16")):
        return Outcome(data)
    lines = data.split(b"\n")
    broken = [index for index, line in enumerate(lines) if any(run in line for run in _RUNS)]
    for index in broken:
        lines[index] = b""
    numbers = tuple(index + 1 for index in broken[:_LINES_SHOWN])
    more = Phrase("and_more_lines", {"count": len(broken) - len(numbers)}) if len(broken) > len(numbers) else ""
    values: dict[str, Value] = {"count": len(broken), "lines": numbers, "more": more}
    return Outcome(b"\n".join(lines), (Decision(item, "broken_lines_left_out", values),))


def is_latin(data: bytes) -> bool:
    """Whether all bytes above ASCII are letters and signs of Windows Latin that stand in tables."""
    return all(byte < 128 or byte in _LATIN for byte in data)


def guess_encoding(data: bytes) -> str:
    """Name of the encoding: by its mark, by zeros, UTF-8 with a little damage at most, GB 18030, Windows Latin."""
    if data[:3] == b"\xef\xbb\xbf":
        return "utf-8"
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    head = data[:4096]
    if head.count(0) > 0.3 * len(head):
        odd = head[1::2].count(0)
        return "utf-16-le" if odd > head[0::2].count(0) else "utf-16-be"
    if _is_utf16_of_letters(head):
        return "utf-16-le" if head[1::2].count(0) else "utf-16-be"
    if data.isascii() or _is_ascii_below_head(data) or _decodes(data, "utf-8"):
        return "utf-8"
    if _mostly_utf8(data) or _headed_by_utf8(
        data
    ):  # first, because damaged UTF-8 may decode as rare Chinese characters
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


def _is_utf16_of_letters(head: bytes) -> bool:
    """Whether zeros stand at even or at odd places only, a line end among them: few zeros, for most is Chinese."""
    odd, even = head[1::2].count(0), head[0::2].count(0)
    ends = head.find(b"\n\x00") % 2 == 0 if odd else head.find(b"\x00\n") % 2 == 0
    return 0 in (odd, even) and odd + even > 0.05 * len(head) and ends


def _headed_by_utf8(data: bytes) -> bool:
    """Whether the first line above ASCII is UTF-8, and so are most lines: broken bytes cost their own lines only."""
    lines = data.split(b"\n")
    high = [line for line in lines if not line.isascii()]
    bad = sum(not _decodes(line, "utf-8") for line in high)
    return bool(high) and _decodes(high[0], "utf-8") and bad < 0.1 * len(lines)


def _is_chinese(data: bytes) -> bool:
    """Whether the first bytes above ASCII decode as GB18030 and are, mostly, Chinese characters and punctuation."""
    first = re.search(rb"[\x80-\xff]", data)
    start = first.start() if first else 0
    text = data[start : start + (1 << 20)].decode("gb18030", errors="replace")
    high = [character for character in text if ord(character) > 127]
    chinese = sum(1 for character in high if _is_common(character) or character in "℃μ³％（），。：；、")
    return bool(high) and text.count("�") <= 0.02 * len(high) + 1 and chinese > 0.6 * len(high)


@lru_cache(maxsize=8192)
def _is_common(character: str) -> bool:
    """Whether a character is Chinese and of the common ones: µg and °C in Latin-1 are rare ones (礸, 癈)."""
    return "一" <= character <= "鿿" and bool(character.encode("gb2312", errors="ignore"))
