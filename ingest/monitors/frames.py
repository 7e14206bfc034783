"""Where the packets of a stream of HJ 212 begin and end, and what stands between them.

Only the length that a packet declares, its sum, the end of the line and the next ``##`` decide, so that the result
does not depend on how the stream is cut into chunks.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import NamedTuple

import numpy as np

from ingest.monitors.crc import crc_modbus, crcs_hj212
from ingest.outcome import Phrase

_BATCH_BYTES = 1 << 20
_HEAD, _TAIL = 6, 4  # "##" and the length; the CRC
_LONGEST = 9999
_WINDOW = _HEAD + _LONGEST + _TAIL
_CRC = re.compile(rb"[0-9A-Fa-f]{4}")
_BLANK = b"\r\n\t \x00"
_LINE_ENDS = b"\r\n"
_HEAD_BYTES = 4096
_LONGEST_LINE = 1000  # of a log's own text
# What is left of a packet whose start is lost: ends of a data area, fields in a row.
_REMNANT = re.compile(
    rb"&&|[;,]\s*[\w-]+=|\b(QN|ST|CN|PW|MN|CP|Flag|PNUM|PNO|DataTime)=|-(Rtd|Avg|Min|Max|Cou|Flag|Zs\w+|RS|RT)=",
    re.IGNORECASE,
)


class FoundPacket(NamedTuple):
    """A packet's place in the buffer: its segment, the length it declares, and its CRC as text.

    ``declared`` is −1 where the length is not a number, −2 for bytes that are no packet. ``joined`` is the segment of
    a packet that the log broke over lines, without the line ends.
    """

    start: int
    begin: int
    length: int
    declared: int
    crc: bytes
    joined: bytes = b""


def batches(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Cut large chunks, so that memory stays bounded, and bring UTF-16 to UTF-8."""
    pieces = (chunk[at : at + _BATCH_BYTES] for chunk in chunks for at in range(0, len(chunk), _BATCH_BYTES))
    head = b""
    for piece in pieces:
        head += piece
        if len(head) >= _HEAD_BYTES:
            break
    codec = _utf_16(head[:_HEAD_BYTES])
    if not codec:
        yield from (piece for piece in chain([head], pieces) if piece)
        return
    decoder = codecs.getincrementaldecoder(codec)("replace")
    for piece in chain([head], pieces):
        yield decoder.decode(piece).encode("utf-8", "replace")
    yield decoder.decode(b"", final=True).encode("utf-8", "replace")


def is_stream(head: bytes) -> bool:
    """Whether the first bytes of a file hold a packet, in UTF-16 too."""
    codec = _utf_16(head)
    text = head.decode(codec, "replace").encode() if codec else head
    return b"##" in text and re.search(rb"CP\s*=\s*&&|(;|##\d{4})\s*(CN|ST|MN)\s*=", text, re.IGNORECASE) is not None


def _utf_16(head: bytes) -> str:
    """The codec if text starts as UTF-16: every other byte is zero and no ``##`` stands in one-byte letters."""
    if b"##" in head or head.count(0) < 0.3 * len(head) or len(head) < 4:
        return ""
    return "utf-16-le" if head[1::2].count(0) > head[0::2].count(0) else "utf-16-be"


def find_frames(buffer: bytes, *, last: bool) -> tuple[list[FoundPacket], int]:
    """Find the packets of a buffer, and how many bytes are done with; what may grow is left for the next call."""
    frames: list[FoundPacket] = []
    at, size = 0, len(buffer)
    while at < size:
        start = buffer.find(b"##", at)
        if start < 0:
            start = size if last or buffer[-1:] != b"#" else size - 1
        if start > at and buffer[at:start].strip(_BLANK):
            frames.append(FoundPacket(at, at, start - at, -2, b""))
        at = start
        if at >= size:
            break
        digits = buffer[at + 2 : at + _HEAD]
        declared = int(digits) if digits.isdigit() and len(digits) == 4 else -1
        end = at + _HEAD + declared + _TAIL
        if end > size and not last:
            break
        if declared >= 2 and _CRC.fullmatch(buffer, end - 4, end) and _is_whole(buffer, at, end):
            frames.append(FoundPacket(at, at + _HEAD, declared, declared, buffer[end - 4 : end]))
            at = end
            continue
        following = buffer.find(b"##", at + 2, at + _WINDOW)
        if following < 0 and not last and size - at < _WINDOW:
            break
        broken = _broken_frame(buffer, at, following if following >= 0 else min(size, at + _WINDOW), declared)
        frame, at = broken or _odd_frame(buffer, at, _terminator(buffer, at + 2, at + _WINDOW), declared)
        frames.append(frame)
    return frames, at


def _is_whole(buffer: bytes, start: int, end: int) -> bool:
    """Whether a packet of the length stated is closed before its sum, or its sum is right although it is not."""
    segment = buffer[start + _HEAD : end - _TAIL]
    return segment.endswith(b"&&") or (b"&&" in segment and _sum_is_right(segment, buffer[end - _TAIL : end]))


def _sum_is_right(segment: bytes, text: bytes) -> bool:
    came = int(text, 16)
    if came == int(crcs_hj212(segment, np.zeros(1, np.int64), np.array([len(segment)]))[0]):
        return True
    modbus = crc_modbus(segment)
    return came in (modbus, (modbus & 0xFF) << 8 | modbus >> 8)


def _terminator(buffer: bytes, at: int, limit: int) -> int:
    """Where a packet of doubtful length stops: the next packet, the end of the line, or the longest."""
    stop = buffer.find(b"##", at, limit)
    stop = min(limit, len(buffer)) if stop < 0 else stop
    for mark in (b"\r", b"\n"):
        found = buffer.find(mark, at, stop)
        stop = stop if found < 0 else found
    return stop


def _broken_frame(buffer: bytes, start: int, stop: int, declared: int) -> tuple[FoundPacket, int] | None:
    """Packet and end of a packet that a log broke over lines: without line ends, its length and its sum are right."""
    window = buffer[start + _HEAD : stop]
    text = window.translate(None, _LINE_ENDS)
    if declared < 2 or len(text) < declared + _TAIL or len(text) == len(window):
        return None
    segment, tail = text[:declared], text[declared : declared + _TAIL]
    if not (b"&&" in segment and _CRC.fullmatch(tail) and _sum_is_right(segment, tail)):
        return None
    ends = np.cumsum(~np.isin(np.frombuffer(window, np.uint8), np.frombuffer(_LINE_ENDS, np.uint8)))
    used = int(np.searchsorted(ends, declared + _TAIL)) + 1
    begin = start + _HEAD
    return FoundPacket(start, begin, used - _TAIL, declared, tail, segment), begin + used


def _odd_frame(buffer: bytes, start: int, stop: int, declared: int) -> tuple[FoundPacket, int]:
    """Packet and end of a packet whose length is wrong or that was cut: its CRC is what follows the last ``&&``."""
    begin = min(start + _HEAD, stop)
    close = buffer.rfind(b"&&", begin, stop)
    if close >= 0 and buffer.find(b"&&", begin, close) >= 0 and close + 6 <= stop:
        tail = buffer[close + 2 : close + 6]
        if _CRC.fullmatch(tail):
            return FoundPacket(start, begin, close + 2 - begin, declared, tail), close + 6
    return FoundPacket(start, begin, stop - begin, declared, b""), stop


class Between:
    """What stands between packets, gathered over chunks until the next packet: lines of text, and other bytes."""

    def __init__(self) -> None:
        self._line, self._line_start, self._too_long = bytearray(), 0, False
        self._bytes, self._bytes_start = 0, 0
        self._lines, self._lines_start = 0, 0

    def add(self, piece: bytes, start: int) -> None:
        """Take a piece; line ends, blanks, zeros and byte-order marks count for nothing."""
        for line in piece.splitlines(keepends=True):
            if not self._line and not self._too_long:
                kept = line.lstrip(_BLANK)
                self._line_start = start + len(line) - len(kept)
                self._line += kept
            else:
                self._line += line
            start += len(line)
            if len(self._line) > _LONGEST_LINE:
                self._count_bytes()
                self._too_long = True
            if line.endswith((b"\n", b"\r")):
                self._end_line()

    def flush(self) -> Iterator[tuple[int, Phrase]]:
        """Yield what was gathered, with its place, and forget it."""
        self._end_line()
        if self._bytes:
            yield self._bytes_start, Phrase("bytes_of_no_packet", {"count": self._bytes, "start": self._bytes_start})
        if self._lines:
            start = self._lines_start
            yield start, Phrase("text_between_packets", {"count": self._lines, "start": start})
        self._bytes = self._lines = 0

    def _end_line(self) -> None:
        if self._too_long or not _is_text(bytes(self._line)):
            self._count_bytes()
        elif self._line:
            self._lines_start = self._lines_start if self._lines else self._line_start
            self._lines += 1
        self._line.clear()
        self._too_long = False

    def _count_bytes(self) -> None:
        count = len(self._line.translate(None, _BLANK))
        if count and not self._bytes:
            self._bytes_start = self._line_start
        self._bytes += count
        self._line.clear()


def _is_text(line: bytes) -> bool:
    """Whether a line is text that a log writes of its own: it can be read, and nothing in it is part of a packet."""
    if _REMNANT.search(line):
        return False
    for codec in ("utf-8", "gb18030"):
        try:
            return re.sub("[\ufeff\r\n\t]", " ", line.decode(codec)).isprintable()
        except UnicodeDecodeError:
            continue
    return False
