"""HJ 212 packets (2005, 2017, 2025) → messages: framing, length, CRC, header, items.

Strict by default: whatever departs from the standard is an error of that message. Departures that a device
is known for can be tolerated by name; they are still counted. After garbage the stream is found again at the next
``##``. SM4-encrypted packets are not opened.

>>> raw = b"##0087QN=20240601085857223;ST=32;CN=1011;PW=123456;MN=010000A8900016F000169DC0;Flag=9;CP=&&&&2200"
>>> [message] = parse_stream(raw)
>>> message.cn, message.crc, message.flags["version"], message.errors
('1011', 'ok', 'HJ 212-2025', ())
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from ingest.monitors.crc import crc_modbus, crcs_hj212
from ingest.outcome import Phrase
from ingest.settings import setting

_BATCH_BYTES = 1 << 20
_HEAD, _TAIL = 6, 4  # "##" and the length; the CRC
_LONGEST = 9999
_CRC = re.compile(rb"[0-9A-Fa-f]{4}")
_HEADER_FIELD = re.compile(r"([A-Za-z]+)=([^;]*)")
_VERSIONS = {0: "HJ/T 212-2005", 1: "HJ 212-2017", 2: "HJ 212-2025"}
_PART_NUMBER = re.compile(r"[0-9]{1,9}")
_BLANK = b"\r\n\t \x00"
DEFECTS: Mapping[str, str] = MappingProxyType(
    {
        "packet_sum_modbus": "modbus",
        "packet_length_wrong": "length",
        "packet_length_missing": "length",
        "packet_too_long": "long",
    }
)
"""Departures that a device may be known for, by the code of what is said of them."""


@dataclass(frozen=True)
class Hj212Settings:
    """What is tolerated, and the standard's limits."""

    tolerated: tuple[str, ...] = setting(
        (), unit="", source='choice: strict; "<MN>:modbus", "<MN>:length", "<MN>:long", "*" for any device'
    )
    segment_limit: int = setting(1024, unit="byte", source="HJ 212-2017, 6.3.1, table 1")


@dataclass(frozen=True, slots=True)
class Message:
    """One packet: header, data by code, and what is wrong with it.

    ``crc`` is ``ok``, ``bad`` or ``modbus`` (the right sum of the wrong kind, bytes in either order); ``meta`` holds
    the data area's fields without a code (DataTime among them). ``errors`` is empty for a message that may be used;
    ``tolerated`` lists what would be an error of a stricter setting. Items are parsed even where there are errors.
    """

    mn: str
    st: str
    cn: str
    qn: str
    data_time: str
    crc: str
    length_ok: bool
    items: Mapping[str, Mapping[str, str]]
    flags: Mapping[str, object]
    errors: tuple[Phrase, ...] = ()
    tolerated: tuple[Phrase, ...] = ()
    meta: Mapping[str, str] = field(default_factory=dict)
    header: Mapping[str, str] = field(default_factory=dict)
    offset: int = 0


def parse_stream(source: bytes | Iterable[bytes], *, settings: Hj212Settings | None = None) -> Iterator[Message]:
    """Read messages from bytes, or from chunks as they come from a socket or a file.

    Parameters
    ----------
    source : bytes or iterable of bytes
        Chunks may cut packets anywhere.
    settings : Hj212Settings, optional

    Yields
    ------
    Message
        In the order of the stream. Bytes that belong to no packet come as one message without a header, whose error
        says how many there were and where.
    """
    options = settings or Hj212Settings()
    buffer, offset = b"", 0
    garbage = _Garbage()
    for chunk in _batches([source] if isinstance(source, bytes) else source):
        buffer += chunk
        frames, used = _find_frames(buffer, last=False)
        yield from _messages(buffer, frames, offset, options, garbage)
        buffer, offset = buffer[used:], offset + used
    frames, _ = _find_frames(buffer, last=True)
    yield from _messages(buffer, frames, offset, options, garbage)
    yield from garbage.flush()


def join_packets(messages: Iterable[Message]) -> Iterator[Message]:
    """Join the parts of split messages, by device, command and data time (their QN differ in the standard itself).

    Complete ones come when their last part has come; those that stay incomplete at the end of the stream come with an
    error. Messages that are not split pass through.
    """
    open_parts: dict[tuple[str, str, str], dict[int, Message]] = {}
    for message in messages:
        total, number = _part_numbers(message)
        if message.errors or total <= 1:
            yield message
            continue
        key = (message.mn, message.cn, message.data_time)
        parts = open_parts.setdefault(key, {})
        parts[number] = message
        if len(parts) == total:
            yield _joined(open_parts.pop(key))
    for parts in open_parts.values():
        joined = _joined(parts)
        total, _ = _part_numbers(joined)
        missing = Phrase("packet_incomplete", {"parts": tuple(sorted(parts)), "total": total})
        yield replace(joined, errors=(*joined.errors, missing))


# --- frames --------------------------------------------------------------------------------------------------------


class _Frame(NamedTuple):
    """A packet's place in the buffer: its segment, the length it declares, and its CRC as text.

    ``declared`` is −1 where the length is not a number, −2 for bytes that are no packet.
    """

    start: int
    begin: int
    length: int
    declared: int
    crc: bytes


def _batches(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Cut large chunks, so that memory stays bounded."""
    for chunk in chunks:
        for at in range(0, len(chunk), _BATCH_BYTES):
            yield chunk[at : at + _BATCH_BYTES]


def _find_frames(buffer: bytes, *, last: bool) -> tuple[list[_Frame], int]:
    """Find the packets of a buffer and how many bytes are done with; what may still grow is left for the next call.

    Only the length that a packet declares, the end of the line and the next ``##`` decide where it stops, so that the
    result does not depend on how the stream is cut into chunks.
    """
    frames: list[_Frame] = []
    at, size = 0, len(buffer)
    while at < size:
        start = buffer.find(b"##", at)
        if start < 0:
            start = size if last or buffer[-1:] != b"#" else size - 1
        if start > at and buffer[at:start].strip(_BLANK):
            frames.append(_Frame(at, at, start - at, -2, b""))
        at = start
        if at >= size:
            break
        digits = buffer[at + 2 : at + _HEAD]
        declared = int(digits) if digits.isdigit() and len(digits) == 4 else -1
        end = at + _HEAD + declared + _TAIL
        if end > size and not last:
            break
        if declared >= 2 and buffer[end - 6 : end - 4] == b"&&" and _CRC.fullmatch(buffer, end - 4, end):
            frames.append(_Frame(at, at + _HEAD, declared, declared, buffer[end - 4 : end]))
            at = end
            continue
        stop = _terminator(buffer, at + 2, at + _HEAD + _LONGEST + _TAIL)
        if stop >= size and not last and size - at < _HEAD + _LONGEST + _TAIL:
            break
        frame = _odd_frame(buffer, at, stop, declared)
        frames.append(frame)
        at = frame.begin + frame.length + len(frame.crc)
    return frames, at


def _terminator(buffer: bytes, at: int, limit: int) -> int:
    """Where a packet of doubtful length stops: the next packet, the end of the line, or the longest."""
    stop = buffer.find(b"##", at, limit)
    stop = min(limit, len(buffer)) if stop < 0 else stop
    for mark in (b"\r", b"\n"):
        found = buffer.find(mark, at, stop)
        stop = stop if found < 0 else found
    return stop


def _odd_frame(buffer: bytes, start: int, stop: int, declared: int) -> _Frame:
    """Build the frame of a packet whose length is wrong or that was cut: its CRC is what follows the last ``&&``."""
    begin = min(start + _HEAD, stop)
    close = buffer.rfind(b"&&", begin, stop)
    if close >= 0 and buffer.find(b"&&", begin, close) >= 0 and close + 6 <= stop:
        tail = buffer[close + 2 : close + 6]
        if _CRC.fullmatch(tail):
            return _Frame(start, begin, close + 2 - begin, declared, tail)
    return _Frame(start, begin, stop - begin, declared, b"")


class _Garbage:
    """Bytes that belong to no packet, gathered over chunks until the next packet."""

    def __init__(self) -> None:
        self._start, self._count = 0, 0

    def add(self, piece: bytes, start: int) -> None:
        """Count the bytes of a piece; line ends, blanks and zeros are no garbage."""
        kept = piece.lstrip(_BLANK)
        if kept and not self._count:
            self._start = start + len(piece) - len(kept)
        self._count += len(kept.translate(None, _BLANK))

    def flush(self) -> Iterator[Message]:
        """Yield the message that reports what was gathered, if anything was."""
        if self._count:
            note = Phrase("bytes_of_no_packet", {"count": self._count, "start": self._start})
            yield Message("", "", "", "", "", "bad", False, {}, {}, (note,), offset=self._start)
            self._count = 0


# --- messages ------------------------------------------------------------------------------------------------------


def _messages(
    buffer: bytes, frames: Sequence[_Frame], offset: int, options: Hj212Settings, garbage: _Garbage
) -> Iterator[Message]:
    """Parse the frames of a buffer; the sums of all of them are computed at once."""
    packets = [frame for frame in frames if frame.declared != -2]
    sums = crcs_hj212(
        buffer,
        np.array([frame.begin for frame in packets], np.int64),
        np.array([frame.length for frame in packets], np.int64),
    )
    expected = iter(sums.tolist())
    for frame in frames:
        if frame.declared == -2:
            garbage.add(buffer[frame.start : frame.start + frame.length], offset + frame.start)
        else:
            yield from garbage.flush()
            yield _message(buffer, frame, next(expected), offset, options)


def _message(buffer: bytes, frame: _Frame, expected: int, offset: int, options: Hj212Settings) -> Message:
    segment = buffer[frame.begin : frame.begin + frame.length]
    try:
        text = segment.decode("utf-8")
    except UnicodeDecodeError:
        text = segment.decode("gb18030", "replace")
    head, opened, area = text.partition("CP=&&")
    number, _, rest = head.partition(";")
    name, _, value = number.partition("=")
    common = _common_header(rest) if name == "QN" else _common_header(head)
    header = {"QN": value} | common.fields if name == "QN" else dict(common.fields)
    items: dict[str, dict[str, str]] = {}
    meta: dict[str, str] = {}
    problems: list[Phrase] = []
    if opened and area.endswith("&&"):
        _parse_items(area[:-2], items, meta, problems)
    else:
        problems.append(Phrase("packet_data_not_closed"))
    if frame.crc and int(frame.crc, 16) == expected:
        crc = "ok"
    else:
        crc = _other_crc(segment, frame.crc)
        problems.append(_sum_problem(crc, frame.crc, expected))
    if frame.declared != frame.length:
        lengths = {"declared": frame.declared, "came": frame.length}
        problems.append(Phrase("packet_length_missing" if frame.declared < 0 else "packet_length_wrong", lengths))
    if frame.length > options.segment_limit:
        problems.append(Phrase("packet_too_long", {"length": frame.length, "limit": options.segment_limit}))
    problems += common.problems
    data_time = meta.get("DataTime", "")
    if data_time and not _is_time(data_time):
        problems.append(Phrase("packet_time_not_understood", {"text": data_time}))
    mn = header.get("MN", "")
    errors, tolerated = _sort_problems(problems, mn, options.tolerated) if problems else ((), ())
    return Message(
        mn, header.get("ST", ""), header.get("CN", ""), header.get("QN", ""), data_time, crc,
        frame.declared == frame.length, items, common.flags, errors, tolerated, meta, header, offset + frame.start,
    )  # fmt: skip


def _parse_items(area: str, items: dict[str, dict[str, str]], meta: dict[str, str], problems: list[Phrase]) -> None:
    """Fill in items by code and field, fields without a code, and the parts of the data area that are neither."""
    odd = []
    for part in area.replace(",", ";").split(";"):
        key, equals, value = part.partition("=")
        code, name = _split_key(key) if equals else ("", "")
        if not code:
            if part:
                odd.append(part)
        elif not name:
            meta[code] = value
        elif code in items:
            items[code][name] = value
        else:
            items[code] = {name: value}
    if odd:
        problems.append(Phrase("packet_parts_odd", {"count": len(odd), "first": odd[0][:40]}))


@lru_cache(maxsize=4096)
def _split_key(key: str) -> tuple[str, str]:
    """Code and field name of ``a34002-Rtd``; no name for ``DataTime``; no code where it is neither."""
    code, hyphen, name = key.partition("-")
    return (code, name) if bool(hyphen) == bool(name) else ("", "")


class _CommonHeader(NamedTuple):
    """What a header says after its QN, which a device repeats in every packet: read once, then looked up."""

    fields: dict[str, str]
    flags: Mapping[str, object]
    problems: tuple[Phrase, ...]


@lru_cache(maxsize=4096)
def _common_header(text: str) -> _CommonHeader:
    fields = dict(_HEADER_FIELD.findall(text))
    problems: list[Phrase] = []
    flags = _flags(fields, problems)
    lacking = [name for name in ("ST", "CN", "MN") if not fields.get(name)]
    problems += [Phrase("packet_header_lacks", {"name": name}) for name in lacking]
    return _CommonHeader(fields, flags, tuple(problems))


def _flags(header: Mapping[str, str], problems: list[Phrase]) -> Mapping[str, object]:
    """Decode the Flag of a header, and note where it is no number or promises parts that are not numbered."""
    text = header.get("Flag", "")
    flags = _decode_flag(text)
    if text and flags["value"] is None:
        problems.append(Phrase("packet_flag_no_number", {"text": text}))
    if flags["split"] and not all(_PART_NUMBER.fullmatch(header.get(name, "")) for name in ("PNUM", "PNO")):
        problems.append(Phrase("packet_parts_not_numbered"))
    return flags


@lru_cache(maxsize=512)
def _decode_flag(text: str) -> Mapping[str, object]:
    """Version in bits 7 to 2, bit 1 split, bit 0 answer wanted (HJ 212-2017, 6.3.3); all None if it is no number."""
    if not text.isascii() or not text.isdigit() or len(text) > 3 or int(text) > 255:
        return MappingProxyType({"value": None, "version": None, "split": None, "ack": None})
    value = int(text)
    version = _VERSIONS.get(value >> 2)
    return MappingProxyType({"value": value, "version": version, "split": bool(value & 2), "ack": bool(value & 1)})


def _other_crc(segment: bytes, text: bytes) -> str:
    if not text:
        return "bad"
    modbus, came = crc_modbus(segment), int(text, 16)
    return "modbus" if came in (modbus, (modbus & 0xFF) << 8 | modbus >> 8) else "bad"


def _sum_problem(crc: str, came: bytes, expected: int) -> Phrase:
    if not came:
        return Phrase("packet_sum_missing", {"expected": expected})
    return Phrase(
        "packet_sum_modbus" if crc == "modbus" else "packet_sum_wrong",
        {"came": came.decode("ascii", "replace"), "expected": expected},
    )


def _sort_problems(
    problems: Sequence[Phrase], mn: str, tolerated: Sequence[str]
) -> tuple[tuple[Phrase, ...], tuple[Phrase, ...]]:
    """Part what is wrong into errors and what this device is allowed to do."""
    allowed = {defect for entry in tolerated for device, _, defect in [entry.rpartition(":")] if device in ("*", mn)}
    excused = tuple(problem for problem in problems if DEFECTS.get(problem.code) in allowed)
    return tuple(p for p in problems if p not in excused), excused


@lru_cache(maxsize=65536)
def _is_time(text: str) -> bool:
    if len(text) not in (14, 17) or not text.isascii() or not text.isdigit():
        return False
    try:
        datetime(int(text[:4]), int(text[4:6]), int(text[6:8]), int(text[8:10]), int(text[10:12]), int(text[12:14]))
    except ValueError:
        return False
    return True


def _part_numbers(message: Message) -> tuple[int, int]:
    """Number of parts and number of this one; (1, 1) for a message that is not split."""
    total, number = message.header.get("PNUM", ""), message.header.get("PNO", "")
    if not (_PART_NUMBER.fullmatch(total) and _PART_NUMBER.fullmatch(number)):
        return 1, 1
    if not 1 <= int(number) <= int(total) <= 9999:
        return 1, 1
    return int(total), int(number)


def _joined(parts: Mapping[int, Message]) -> Message:
    """First part with the items of all, in order."""
    ordered = [parts[number] for number in sorted(parts)]
    items: dict[str, dict[str, str]] = {}
    for part in ordered:
        for code, fields in part.items.items():
            items.setdefault(code, {}).update(fields)
    return replace(ordered[0], items=items, tolerated=tuple(t for part in ordered for t in part.tolerated))
